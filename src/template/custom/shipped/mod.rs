//! The templates that come with the program: one a kind of letter, in all languages, and one a document.
//!
//! To add one: its file, and its line in [`ALL`].

use super::Kind;
use crate::template::pdf;

/// A template of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipped {
    /// What code calls it.
    pub key: &'static str,
    /// What it is made into.
    pub kind: Kind,
    /// What administrators find it by.
    pub name: &'static str,
    /// The template of the subject; empty for a PDF.
    pub subject: &'static str,
    /// The template itself.
    pub source: &'static str,
}

const fn letter(
    key: &'static str,
    name: &'static str,
    subject: &'static str,
    source: &'static str,
) -> Shipped {
    Shipped { key, kind: Kind::Email, name, subject, source }
}

/// A document; all of them are one template, for what differs are words and rows, and those are in its data.
const fn document(key: &'static str, name: &'static str) -> Shipped {
    Shipped { key, kind: Kind::Pdf, name, subject: "", source: pdf::SHIPPED }
}

/// Every one of them.
pub(super) const ALL: &[Shipped] = &[
    letter(
        "sales_order_status",
        "Sales order status",
        "{{ record.label }}: {{ change.to }}",
        include_str!("sales_order_status.mjml"),
    ),
    letter(
        "personnel_date",
        "Personnel date",
        "{{ due.label|default(due.field) }}: {{ record.label }}, {{ due.date|date }}",
        include_str!("personnel_date.mjml"),
    ),
    letter(
        "ticket_opened",
        "Ticket opened",
        "{% if language == 'de' %}Ihre Anfrage{% else %}Your request{% endif %} {{ record.id }}: {{ record.label }}",
        include_str!("ticket_opened.mjml"),
    ),
    letter(
        "comment_added",
        "Comment added",
        "{% if language == 'de' %}Neues zu Ihrer Anfrage{% else %}News about your request{% endif %} {{ record.id }}: {{ record.label }}",
        include_str!("comment_added.mjml"),
    ),
    letter(
        "ticket_closed",
        "Ticket closed",
        "{% if language == 'de' %}Erledigt: Ihre Anfrage{% else %}Closed: your request{% endif %} {{ record.id }}: {{ record.label }}",
        include_str!("ticket_closed.mjml"),
    ),
    letter(
        "urgent_ticket",
        "Urgent ticket",
        "{% if language == 'de' %}Ihre dringende Anfrage{% else %}Your urgent request{% endif %} {{ record.id }}: {{ record.label }}",
        include_str!("urgent_ticket.mjml"),
    ),
    letter(
        "out_of_hours",
        "Ticket out of hours",
        "{% if language == 'de' %}Ihre Anfrage{% else %}Your request{% endif %} {{ record.id }}: {{ record.label }}",
        include_str!("out_of_hours.mjml"),
    ),
    document("sales_order_pdf", "Sales order"),
    document("invoice_pdf", "Invoice"),
    document("quote_pdf", "Quote"),
];

/// The template of a key.
pub(super) fn of(key: &str) -> Option<&'static Shipped> {
    ALL.iter().find(|shipped| shipped.key == key)
}
