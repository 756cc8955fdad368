//! The order as a document: what is printed of it, and what the file is called.

use serde_json::Value;

use crate::record::Record;
use crate::template::pdf::{self, DocumentInput, Kind, Letterhead, Party, Person};
use crate::trigger::View;
use crate::user::company::Company;

/// The longest name of a file, in characters, without its ending.
const LONGEST_NAME: usize = 120;

/// What a template of sales orders shows of an order, in this language.
pub(super) fn data(record: &Record, language: &str, view: &View<'_>) -> Value {
    document(record, language, view, pdf::data)
}

/// What a letter in this language says of an order's lines and sums: the same as the document.
pub(super) fn listed(record: &Record, language: &str, view: &View<'_>) -> Value {
    document(record, language, view, pdf::listed)
}

fn document(
    record: &Record,
    language: &str,
    view: &View<'_>,
    make: impl Fn(&DocumentInput<'_>) -> Value,
) -> Value {
    let company = view.settings.of::<Company>();
    let letterhead = letterhead(&company);
    let named = |module, field| record.reference(field).and_then(|id| view.record(module, &id)).map(party);
    let owner = record.assigned_to.and_then(|id| view.people.get(&id));
    let now = jiff::Timestamp::from_microsecond(view.now.0).unwrap_or(jiff::Timestamp::MAX);
    make(&DocumentInput {
        kind: Kind::SalesOrder,
        id: &record.id,
        label: &record.label,
        fields: &record.fields,
        company: named("companies", "company_id"),
        contact: named("contacts", "contact_id"),
        owner: owner.map(|figure| Person { name: &figure.name, email: &figure.email }),
        letterhead: &letterhead,
        language,
        today: now.to_zoned(company.zone()).date(),
        time_zone: &company.time_zone,
    })
}

fn party(record: &Record) -> Party<'_> {
    Party { label: &record.label, fields: &record.fields }
}

fn letterhead(company: &Company) -> Letterhead {
    Letterhead {
        name: company.name.clone(),
        address: company.address.clone(),
        phone: company.phone.clone(),
        email: company.email.clone(),
        website: company.website.clone(),
        registration_number: company.registration.clone(),
        vat_number: company.vat_number.clone(),
        bank_details: company.bank_details.clone(),
        logo_svg: company.logo_svg.clone(),
        ..Letterhead::default()
    }
}

/// `Sales Order SO-1042.pdf`, without what files may not be called.
pub(super) fn file_name(name: &str) -> String {
    let is_odd = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let name: String = name.chars().map(|c| if is_odd(c) { '-' } else { c }).take(LONGEST_NAME).collect();
    format!("{}.pdf", name.trim_matches([' ', '.']))
}
