//! What a change of a document adds to what its company owes.

use std::sync::Arc;

use serde_json::Value;

use super::{Amount, CreditSettings};
use crate::record::{Change, Course, Record};
use crate::template::pdf;

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
    /// `None` for a change that is not checked: see the table above. What a document without a total comes to depends on
    /// the currency of its company.
    pub fn of(change: &'c Change, settings: &CreditSettings, company: Option<&Record>) -> Option<Self> {
        let (record, company_id) = checked(change, settings)?;
        let total = |record| total(record, company);
        let before = change.before.as_ref().filter(|before| {
            !is_closed(before) && before.reference("company_id").as_ref() == Some(&company_id)
        });
        let before = before.map(|before| (total(before), is_in_balance(before)));
        let total = total(record);
        let added = match before {
            Some((before, _)) if total <= before => return None,
            Some((before, true)) => total.minus(before),
            _ => total,
        };
        (total.is_positive() && added.is_positive()).then_some(Self { record, company_id, total, added })
    }
}

/// A document that may be checked, and the id of its company.
fn checked<'c>(change: &'c Change, settings: &CreditSettings) -> Option<(&'c Record, Arc<str>)> {
    let record = change.after.as_ref()?;
    let is_checked = settings.checks(&record.module) && change.course == Course::Saved && !is_closed(record);
    Some((record, record.reference("company_id").filter(|_| is_checked)?))
}

/// The company of a document that may be checked and has no total, or had none.
pub(super) fn company_of_lines(change: &Change, settings: &CreditSettings) -> Option<Arc<str>> {
    let (after, company_id) = checked(change, settings)?;
    let mut records = change.before.iter().chain([after]);
    records.any(|record| stated(record).is_none()).then_some(company_id)
}

fn stated(record: &Record) -> Option<Amount> {
    Amount::of(record.fields.get("total"))
}

/// The record's own total, or else the one that a PDF of it shows; what its lines come to where that shows none.
fn total(record: &Record, company: Option<&Record>) -> Amount {
    let shown = || pdf::gross(&record.fields, company.map(|company| &company.fields));
    stated(record).or_else(|| shown().map(Amount::of_millionths)).unwrap_or_default()
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
