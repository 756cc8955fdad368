//! The variables of e-mail templates: what there is.

use serde::Serialize;
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
    variable(
        "document.sums",
        "What stands below the lines, as its PDF has it: each row has name, amount and strong (the total, what is left to pay)",
        "document.sums|length",
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
}
