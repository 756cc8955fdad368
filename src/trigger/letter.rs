//! The variables of letters: a record with its company, contact and owner, whoever reads it, and who writes.
//!
//! | variable                       | what it is                                                                       |
//! |--------------------------------|----------------------------------------------------------------------------------|
//! | `record`                       | `module`, `id`, `label`, `link`, `status`, and all of its `fields`                 |
//! | `company`, `contact`           | the same of the records that `company_id` and `contact_id` name; null where none   |
//! | `owner`                        | the assigned user: `name`, `email`; null where there is none                       |
//! | `recipient`                    | whoever reads it: `name`, `email`, `language`                                      |
//! | `letterhead`                   | Company Information: `name`, `address`, `phone`, `email` …                         |
//! | `language`, `time_zone`, `now` | how the reader reads, and the present instant in UTC                               |
//!
//! What a letter knows beside that (`actor`, `change`, `document`, `comment`, `due`) adds whoever writes it;
//! `template/custom/variables.rs` describes all of it to administrators.

use serde_json::{Map, Value, json};

use super::{Figure, Needs, View};
use crate::audit::Actor;
use crate::record::Record;
use crate::user::company::Company;

/// The module of companies.
const COMPANIES: &str = "companies";

/// The module of contacts.
const CONTACTS: &str = "contacts";

/// Whoever reads a letter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader<'a> {
    /// Somebody of ours.
    User(&'a Figure),
    /// A customer.
    Contact {
        /// Their record.
        record: &'a Record,
        /// Language tag.
        language: &'a str,
    },
}

/// What letters about these records must know: their companies and contacts.
pub(super) fn needs(records: &[&Record]) -> Needs {
    let mut needs = Needs::default();
    for record in records {
        needs.record(COMPANIES, record.reference("company_id").as_deref());
        needs.record(CONTACTS, record.reference("contact_id").as_deref());
    }
    needs
}

/// The variables of a letter about a record, where [`needs`] was asked for.
pub(super) fn data(record: &Record, reader: &Reader<'_>, view: &View<'_>) -> Map<String, Value> {
    let named = |module, field| {
        let found = record.reference(field).and_then(|id| view.record(module, &id));
        found.map_or(Value::Null, |found| about(found, view))
    };
    let letterhead = view.settings.of::<Company>();
    let (language, time_zone) = match reader {
        Reader::User(figure) => (figure.language.as_str(), figure.time_zone.as_str()),
        Reader::Contact { language, .. } => (*language, letterhead.time_zone.as_str()),
    };
    let owner = record.assigned_to.and_then(|id| view.people.get(&id));
    let variables = [
        ("record", about(record, view)),
        ("company", named(COMPANIES, "company_id")),
        ("contact", named(CONTACTS, "contact_id")),
        ("owner", owner.map_or(Value::Null, |figure| json!({ "name": figure.name, "email": figure.email }))),
        ("recipient", recipient(reader, language)),
        ("letterhead", heading(&letterhead)),
        ("language", json!(language)),
        ("time_zone", json!(time_zone)),
        ("now", json!(view.now.to_rfc3339())),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Who did what a letter is about, as its variable `actor`: a program by what its key is called.
pub(super) fn actor(actor: &Actor, view: &View<'_>) -> Value {
    match actor.user_id.map(|id| (id, view.people.get(&id))) {
        Some((_, Some(figure))) => json!({ "name": figure.name, "email": figure.email }),
        Some((id, None)) => json!({ "name": view.name(id), "email": null }),
        None => json!({ "name": &*actor.name, "email": null }),
    }
}

fn about(record: &Record, view: &View<'_>) -> Value {
    json!({
        "module": &*record.module,
        "id": &*record.id,
        "label": record.label,
        "link": view.link(record),
        "status": record.fields.get("status"),
        "fields": record.fields,
    })
}

fn recipient(reader: &Reader<'_>, language: &str) -> Value {
    let (name, email) = match reader {
        Reader::User(figure) => (&figure.name, Some(figure.email.as_str())),
        Reader::Contact { record, .. } => (&record.label, record.fields.get("email").and_then(Value::as_str)),
    };
    json!({ "name": name, "email": email, "language": language })
}

/// Without the logo: mail programs show no SVG, and every letter that waits would carry it along.
fn heading(company: &Company) -> Value {
    json!({
        "name": company.name,
        "address": company.address,
        "phone": company.phone,
        "email": company.email,
        "website": company.website,
        "registration": company.registration,
        "vat_number": company.vat_number,
        "bank_details": company.bank_details,
    })
}

#[cfg(test)]
mod tests;
