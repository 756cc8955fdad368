//! What a change of a document adds to what its company owes.

use std::sync::Arc;

use serde_json::Value;

use super::{Amount, CreditSettings};
use crate::record::{Change, Course, Record};

/// The states in which a document claims nothing, whatever their capitals.
const CLOSED: [&str; 10] = [
    "cancelled",
    "canceled",
    "void",
    "voided",
    "paid",
    "invoiced",
    "rejected",
    "expired",
    "declined",
    "lost",
];

/// A document that is to be measured by the credit limit of its company.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document<'c> {
    /// As it is to be.
    pub record: &'c Record,
    /// Id of its company.
    pub company_id: Arc<str>,
    /// Its total.
    pub total: Amount,
    /// What of it the balance of the company has not in it.
    pub added: Amount,
}

impl<'c> Document<'c> {
    /// `None` for a change that is not checked: see the table above.
    pub fn of(change: &'c Change, settings: &CreditSettings) -> Option<Self> {
        let record = change.after.as_ref()?;
        if !settings.checks(&record.module) || change.course != Course::Saved || is_closed(record) {
            return None;
        }
        let company_id = record.reference("company_id")?;
        let total = total(record);
        let before = change.before.as_ref().filter(|before| {
            !is_closed(before) && before.reference("company_id").as_ref() == Some(&company_id)
        });
        let added = match before {
            Some(before) if total <= self::total(before) => return None,
            Some(before) if is_in_balance(before) => total.minus(self::total(before)),
            _ => total,
        };
        (!total.is_negative()).then_some(Self { record, company_id, total, added })
    }
}

fn total(record: &Record) -> Amount {
    Amount::of(record.fields.get("total")).unwrap_or_default()
}

fn status(record: &Record) -> &str {
    record.fields.get("status").and_then(Value::as_str).map_or("", str::trim)
}

fn is_closed(record: &Record) -> bool {
    CLOSED.iter().any(|closed| status(record).eq_ignore_ascii_case(closed))
}

/// Whether the CRM counts a document among what its company owes: an invoice that was sent.
fn is_in_balance(record: &Record) -> bool {
    let status = status(record);
    &*record.module == "invoices" && !status.is_empty() && !status.eq_ignore_ascii_case("draft")
}
