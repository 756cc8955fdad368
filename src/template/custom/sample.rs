//! What the variables of templates are in a preview.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::template::pdf::{self, DocumentInput, Letterhead, Party, Person};

/// What a preview is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// A sales order, an invoice, a quote: with lines and totals.
    Order(&'static str),
    /// A ticket with a comment.
    Ticket,
    /// A person whose probation ends.
    Personnel,
}

impl Sample {
    /// That of a module; an order for whatever has none.
    pub(super) fn of_module(module: &str) -> Self {
        match module {
            "tickets" => Sample::Ticket,
            "personnel" => Sample::Personnel,
            "invoices" => Sample::Order("invoices"),
            "quotes" => Sample::Order("quotes"),
            _ => Sample::Order("sales_orders"),
        }
    }

    /// That of a shipped template.
    pub(super) fn of_key(key: Option<&str>) -> Self {
        match key {
            Some("personnel_date") => Sample::Personnel,
            Some("ticket_opened" | "comment_added" | "ticket_closed" | "urgent_ticket" | "out_of_hours") => {
                Sample::Ticket
            }
            Some("invoice_pdf") => Sample::Order("invoices"),
            Some("quote_pdf") => Sample::Order("quotes"),
            _ => Sample::Order("sales_orders"),
        }
    }

    /// The variables, for a reader of this language.
    pub(super) fn data(self, language: &str) -> Value {
        let mut data = json!({
            "company": {
                "module": "companies", "id": "31", "label": "Acme Ltd",
                "link": "https://crm.example.com/companies/31",
                "fields": {
                    "name": "Acme Ltd", "phone": "+44 161 496 0000", "vat_number": "GB123456789",
                    "address": "12 Mill Lane\nManchester\nM1 1AA\nUnited Kingdom",
                },
            },
            "contact": {
                "module": "contacts", "id": "77", "label": "Jane Doe",
                "link": "https://crm.example.com/contacts/77",
                "fields": { "first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example" },
            },
            "owner": { "name": "Ann Smith", "email": "ann@example.com" },
            "recipient": { "name": "Bea Jones", "email": "bea@example.com", "language": "en" },
            "actor": { "name": "Ann Smith", "email": "ann@example.com" },
            "letterhead": {
                "name": "Example Trading Ltd", "address": "1 High Street\nLondon\nEC1A 1AA",
                "phone": "+44 20 7946 0000", "email": "office@example.com",
                "website": "https://www.example.com",
            },
            "now": "2026-03-02T09:31:00Z",
        });
        let more = match self {
            Sample::Order(module) => order(module),
            Sample::Ticket => ticket(),
            Sample::Personnel => personnel(),
        };
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        if matches!(self, Sample::Order(_)) {
            data["document"] =
                self.printed(&data, (language, "UTC"), Date::constant(2026, 3, 2), pdf::listed);
        }
        data
    }

    /// What is made of these variables where a document is printed of them, for a reader of this language and time zone.
    pub(super) fn printed(
        self,
        data: &Value,
        (language, time_zone): (&str, &str),
        today: Date,
        make: impl FnOnce(&DocumentInput<'_>) -> Value,
    ) -> Value {
        let (kind, id) = match self {
            Sample::Order("invoices") => (pdf::Kind::Invoice, "1042"),
            Sample::Order("quotes") => (pdf::Kind::Quote, "1042"),
            _ => (pdf::Kind::SalesOrder, "1042"),
        };
        let text = |path: &str| data.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let nothing = Map::new();
        let fields = |path: &str| data.pointer(path).and_then(Value::as_object).unwrap_or(&nothing);
        let letterhead = Letterhead {
            name: text("/letterhead/name").to_owned(),
            address: text("/letterhead/address").to_owned(),
            phone: text("/letterhead/phone").to_owned(),
            email: text("/letterhead/email").to_owned(),
            website: text("/letterhead/website").to_owned(),
            currency: "GBP".to_owned(),
            ..Letterhead::default()
        };
        make(&DocumentInput {
            kind,
            id,
            label: text("/record/label"),
            fields: fields("/record/fields"),
            company: Some(Party { label: text("/company/label"), fields: fields("/company/fields") }),
            contact: Some(Party { label: text("/contact/label"), fields: fields("/contact/fields") }),
            owner: Some(Person { name: text("/owner/name"), email: text("/owner/email") }),
            letterhead: &letterhead,
            language,
            today,
            time_zone,
        })
    }
}

fn order(module: &str) -> Value {
    let (label, status) = match module {
        "invoices" => ("Invoice 2026-0042", "Sent"),
        "quotes" => ("Quote 517", "Reviewed"),
        _ => ("Order 1042", "eSigned"),
    };
    json!({
        "record": {
            "module": module, "id": "1042", "label": label, "status": status,
            "link": format!("https://crm.example.com/{module}/1042"),
            "fields": {
                "status": status, "number": "1042", "subject": "Office furniture", "currency": "GBP",
                "date": "2026-03-02", "due_date": "2026-04-01", "delivery_date": "2026-03-20",
                "purchase_order": "PO-7781", "company_id": "31", "contact_id": "77",
                "terms": "Payable within 30 days.", "notes": "Please deliver to the rear entrance.",
                "subtotal": 1190.0, "discount": 0.0, "tax": 238.0, "tax_rate": 20, "total": 1428.0,
                "lines": [
                    { "code": "DSK-160", "name": "Desk, oak, 160 cm", "quantity": 2, "unit": "pcs", "price": 420.0, "tax_rate": 20, "total": 840.0 },
                    { "code": "CHR-ERG", "name": "Chair “Ergo”", "quantity": 2, "unit": "pcs", "price": 150.0, "tax_rate": 20, "total": 300.0 },
                    { "code": "DEL", "name": "Delivery and assembly", "quantity": 1, "unit": "", "price": 50.0, "tax_rate": 20, "total": 50.0 },
                ],
            },
        },
        "change": { "field": "status", "from": "New", "to": status },
    })
}

fn ticket() -> Value {
    json!({
        "record": {
            "module": "tickets", "id": "4711", "label": "The printer on the second floor prints nothing",
            "status": "Open", "link": "https://crm.example.com/tickets/4711",
            "fields": {
                "status": "Open", "severity": "High", "number": "4711", "company_id": "31", "contact_id": "77",
                "description": "Since this morning every page comes out empty.", "contract_id": "9",
            },
        },
        "comment": {
            "text": "We have changed the drum.\nPlease print a test page and tell us.",
            "author": "Ann Smith", "at": "2026-03-02T09:30:00Z",
        },
        "change": { "field": "status", "from": "New", "to": "Open" },
        "due": { "field": "sla", "label": "First answer", "at": "2026-03-02T17:00:00Z", "date": "2026-03-02", "days": 0 },
    })
}

fn personnel() -> Value {
    json!({
        "record": {
            "module": "personnel", "id": "12", "label": "Chris Miller", "status": "Active",
            "link": "https://crm.example.com/personnel/12",
            "fields": {
                "first_name": "Chris", "last_name": "Miller", "job_title": "Buyer", "probation_end": "2026-03-31",
                "birth_date": "1990-07-14",
            },
        },
        "due": { "field": "probation_end", "label": "End of probation", "date": "2026-03-31", "days": 14 },
        "change": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::custom::variables::{is_root, members};

    #[test]
    fn a_sample_has_nothing_that_is_not_described() {
        for sample in [Sample::Order("quotes"), Sample::Ticket, Sample::Personnel] {
            for (root, value) in sample.data("en").as_object().unwrap() {
                assert!(is_root(root), "{root}");
                let known = members(root).unwrap_or_default();
                for member in value.as_object().into_iter().flat_map(|object| object.keys()) {
                    assert!(known.contains(&member.as_str()), "{root}.{member}");
                }
            }
        }
    }
}
