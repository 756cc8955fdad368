//! The variables of e-mail templates: what there is, and what it looks like in a preview.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A variable as it is described to whoever writes a template.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = TemplateVariable)]
pub(super) struct Variable {
    /// As it is written between the braces
    #[schema(example = "record.label")]
    pub name: &'static str,
    /// What it says
    pub description: &'static str,
    /// How it may look
    pub example: &'static str,
}

const fn variable(name: &'static str, description: &'static str, example: &'static str) -> Variable {
    Variable { name, description, example }
}

/// Every variable. What a letter has no value for is shown as nothing.
pub(super) const ALL: &[Variable] = &[
    variable("record.label", "What the record is called", "Order 1042"),
    variable("record.module", "Its module", "sales_orders"),
    variable("record.id", "Its number in the CRM", "1042"),
    variable("record.link", "Where it is opened", "https://crm.example.com/orders/1042"),
    variable("record.status", "Its status", "eSigned"),
    variable("record.fields", "Each of its fields by name: record.fields.total", "1428.00"),
    variable(
        "company.label",
        "The company that the record belongs to; company.fields has its fields",
        "Acme Ltd",
    ),
    variable("company.id", "Its number", "31"),
    variable("company.module", "Always companies", "companies"),
    variable("company.link", "Where it is opened", "https://crm.example.com/companies/31"),
    variable("company.fields", "Each of its fields by name", "company.fields.phone"),
    variable(
        "contact.label",
        "The contact that the record belongs to; contact.fields has its fields",
        "Jane Doe",
    ),
    variable("contact.id", "Its number", "77"),
    variable("contact.module", "Always contacts", "contacts"),
    variable("contact.link", "Where it is opened", "https://crm.example.com/contacts/77"),
    variable("contact.fields", "Each of its fields by name", "contact.fields.email"),
    variable("owner.name", "Whom the record is assigned to", "Ann Smith"),
    variable("owner.email", "Their e-mail address", "ann@example.com"),
    variable("recipient.name", "Who reads the letter", "Bea Jones"),
    variable("recipient.email", "Their e-mail address", "bea@example.com"),
    variable("recipient.language", "Their language", "en"),
    variable("actor.name", "Who did what the letter is about", "Ann Smith"),
    variable("actor.email", "Their e-mail address", "ann@example.com"),
    variable("change.field", "Which field was changed", "status"),
    variable("change.from", "What it was before", "New"),
    variable("change.to", "What it is now", "eSigned"),
    variable(
        "document.lines",
        "What an order lists, as its PDF does: each line has description, code, quantity, unit, unit_price and amount",
        "document.lines|length",
    ),
    variable("document.total", "What the order comes to, as its PDF says", "1428"),
    variable("document.currency", "The currency of the amounts", "GBP"),
    variable("comment.text", "What was said about a ticket", "The printer works again."),
    variable("comment.author", "Who said it", "Ann Smith"),
    variable("comment.at", "When", "2026-03-02T09:30:00Z"),
    variable("due.field", "Which date is coming", "probation_end"),
    variable("due.label", "What that date is called", "End of probation"),
    variable("due.date", "The date", "2026-03-31"),
    variable("due.at", "The instant, where there is one", "2026-03-31T09:00:00Z"),
    variable("due.days", "How many days are left", "14"),
    variable("letterhead.name", "Your own company", "Example Trading Ltd"),
    variable("letterhead.address", "Its address", "1 High Street, London"),
    variable("letterhead.phone", "Its telephone number", "+44 20 7946 0000"),
    variable("letterhead.email", "Its e-mail address", "office@example.com"),
    variable("letterhead.website", "Its pages", "https://www.example.com"),
    variable(
        "letterhead.registration",
        "Where and under which number it is registered",
        "Registered in England 01234567",
    ),
    variable("letterhead.vat_number", "Its number for value added tax", "GB987654321"),
    variable("letterhead.bank_details", "Where customers pay to", "IBAN GB29 NWBK 6016 1331 9268 19"),
    variable("language", "The reader's language: de, or en for all others", "en"),
    variable("time_zone", "The reader's time zone", "Europe/London"),
    variable("now", "When the letter is written", "2026-03-02T09:31:00Z"),
];

/// The names before the first dot, in their order.
pub(super) fn roots() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    ALL.iter().filter_map(move |variable| {
        let root = root(variable.name);
        (std::mem::replace(&mut last, root) != root).then_some(root)
    })
}

/// Whether there is a variable of this name.
pub(super) fn is_root(name: &str) -> bool {
    ALL.iter().any(|variable| root(variable.name) == name)
}

/// What a variable has; `None` for one that has nothing in it.
pub(super) fn members(name: &str) -> Option<Vec<&'static str>> {
    let behind = ALL.iter().filter_map(|variable| {
        let (root, member) = variable.name.split_once('.')?;
        (root == name).then_some(member)
    });
    Some(behind.collect::<Vec<_>>()).filter(|members| !members.is_empty())
}

fn root(name: &'static str) -> &'static str {
    name.split_once('.').map_or(name, |(root, _)| root)
}

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

    /// The variables.
    pub(super) fn data(self) -> Value {
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
        data
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
        "document": {
            "currency": "GBP", "total": 1428.0,
            "lines": [
                { "code": "DSK-160", "description": "Desk, oak, 160 cm", "quantity": 2, "unit": "pcs", "unit_price": 420.0, "amount": 840.0 },
                { "code": "CHR-ERG", "description": "Chair “Ergo”", "quantity": 2, "unit": "pcs", "unit_price": 150.0, "amount": 300.0 },
                { "code": "DEL", "description": "Delivery and assembly", "quantity": 1, "unit": "", "unit_price": 50.0, "amount": 50.0 },
            ],
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

    #[test]
    fn every_variable_is_described_and_has_a_place() {
        let roots: Vec<&str> = roots().collect();
        assert_eq!(
            roots,
            [
                "record",
                "company",
                "contact",
                "owner",
                "recipient",
                "actor",
                "change",
                "document",
                "comment",
                "due",
                "letterhead",
                "language",
                "time_zone",
                "now"
            ]
        );
        assert_eq!(members("change"), Some(vec!["field", "from", "to"]));
        assert_eq!(members("now"), None);
        assert!(is_root("record") && !is_root("record.label") && !is_root("records"));
    }

    #[test]
    fn a_sample_has_nothing_that_is_not_described() {
        for sample in [Sample::Order("quotes"), Sample::Ticket, Sample::Personnel] {
            for (root, value) in sample.data().as_object().unwrap() {
                assert!(is_root(root), "{root}");
                let known = members(root).unwrap_or_default();
                for member in value.as_object().into_iter().flat_map(|object| object.keys()) {
                    assert!(known.contains(&member.as_str()), "{root}.{member}");
                }
            }
        }
    }
}
