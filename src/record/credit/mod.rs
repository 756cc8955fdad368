//! The credit check (O4, O5): a sales order or an invoice that would bring a company beyond its credit limit is refused,
//! unless somebody who may overrides the limit.
//!
//! What a company owes is the CRM's to know: the field `balance` of the company. We add nothing up ourselves, so two orders
//! that come at once are both measured by the balance that the CRM told last. A document adds to it what is not in it yet:
//!
//! | document                                            | adds                                              |
//! |-----------------------------------------------------|---------------------------------------------------|
//! | a new one, or one of another company than before    | its total                                         |
//! | a sales order or quote whose total grows            | its total: a balance has no orders in it          |
//! | an invoice that was a draft and whose total grows   | its total                                         |
//! | another invoice whose total grows                   | what it grows by: the rest is in the balance      |
//! | one whose total stays or falls, or is not above zero | adds nothing, and is not checked                 |
//! | a cancelled, void, paid, invoiced or rejected one   | is not checked; once it is open again, as if new  |
//!
//! Its total is its field `total`. Where that is no number, it is what a PDF of the document shows as its total, and where
//! that shows none either, what the lines come to: an order does not pass because nobody added it up.

mod amount;
mod document;
mod settings;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Change, Record, Records, module, store};
use crate::audit::{Entry, Subject};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user::{self, listed};

pub use amount::Amount;
pub use settings::CreditSettings;

use document::Document;

/// The module of companies.
const COMPANIES: &str = "companies";

/// What programs know the refusal by.
const OVER: &str = "credit_limit";

/// How many of those who may override are named.
const NAMED: usize = 5;

/// What is said of a credit limit as a record is saved, and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Credit {
    /// Nothing: where there is a limit, it holds.
    #[default]
    Kept,
    /// It is to be overridden, should there be need.
    Override,
    /// It was overridden.
    Overridden(Box<Excess>),
}

/// By how much a document brings a company beyond its credit limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Excess {
    /// Id of the company.
    pub company_id: Arc<str>,
    /// What it is called; its id where we do not know it.
    pub company: String,
    /// The total of the document.
    pub total: Amount,
    /// The limit of the company.
    pub credit_limit: Amount,
    /// What it owes without the document.
    pub balance: Amount,
    /// What it would owe beyond its limit.
    pub over_by: Amount,
    /// What the amounts of the company are in.
    pub currency: Option<String>,
    /// What the total is in.
    pub total_currency: Option<String>,
}

impl Records {
    /// Judges changes by the credit limits of their companies, and notes where one was overridden.
    ///
    /// # Errors
    /// 409 for a document beyond the limit where nobody who may overrides it, or what the database says.
    pub(super) async fn credit_checked_in<'c>(
        &self,
        tx: &mut Tx,
        mut changes: Cow<'c, [Change]>,
    ) -> Result<Cow<'c, [Change]>, Refusal> {
        let settings = self.inner.settings.of::<CreditSettings>();
        for index in 0..changes.len() {
            let company = match document::company_of_lines(&changes[index], &settings) {
                Some(company_id) => store::find(tx, COMPANIES, &company_id).await?,
                None => None,
            };
            let Some(document) = Document::of(&changes[index], &settings, company.as_ref()) else { continue };
            let Some(excess) = excess_in(tx, &document, &settings).await? else { continue };
            permit_in(tx, &changes[index], &excess, &settings).await?;
            changes.to_mut()[index].credit = Credit::Overridden(Box::new(excess));
        }
        Ok(changes)
    }
}

/// By how much a document brings its company beyond the limit, if it does.
async fn excess_in(
    tx: &mut Tx,
    document: &Document<'_>,
    settings: &CreditSettings,
) -> Result<Option<Excess>, Error> {
    // Held until the end, so that the limit and the balance are those that stand beside the document then.
    let company = store::locked(tx, COMPANIES, &document.company_id).await?;
    Ok(excess(document, company.as_ref(), settings))
}

/// The same, of a company that may be none that we know: then the usual limit is all it has.
fn excess(document: &Document<'_>, company: Option<&Record>, settings: &CreditSettings) -> Option<Excess> {
    let amount = |field: &str| Amount::of(company?.fields.get(field));
    let credit_limit = amount("credit_limit").or_else(|| settings.usual_limit())?;
    let balance = amount("balance").unwrap_or_default();
    let over_by = balance.plus(document.added).minus(credit_limit);
    if over_by <= Amount::default() {
        return None;
    }
    let (of_company, of_document) = (company.and_then(currency), currency(document.record));
    Some(Excess {
        company_id: document.company_id.clone(),
        company: company
            .map_or_else(|| format!("company {}", document.company_id), |known| known.label.clone()),
        total: document.total,
        credit_limit,
        balance,
        over_by,
        currency: of_company.clone().or_else(|| of_document.clone()),
        total_currency: of_document.or(of_company),
    })
}

fn currency(record: &Record) -> Option<String> {
    let text = record.fields.get("currency").and_then(Value::as_str).map(str::trim);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// # Errors
/// 409 unless whoever saves overrides the limit and may.
async fn permit_in(
    tx: &mut Tx,
    change: &Change,
    excess: &Excess,
    settings: &CreditSettings,
) -> Result<(), Refusal> {
    let entitled = listed::people_in(tx, &settings.entitled()).await?.known;
    let may = change.actor.user_id.is_some_and(|id| entitled.contains(&id));
    if may && change.credit == Credit::Override {
        return Ok(());
    }
    let named = named_in(tx, &entitled).await?;
    let advice = advice(change, may, &named);
    let thing = format!("{} {}", module::singular(&change.record().module), change.record().label);
    Err(Refusal::coded(OVER, format!("{}; {advice}", excess.told(&thing)), excess.members(may)))
}

/// What to do about a document that is refused.
fn advice(change: &Change, may: bool, named: &str) -> String {
    let is_asked = change.credit == Credit::Override;
    match change.actor.user_id {
        _ if named.is_empty() => {
            "nobody may override it: lower the total, or name users in Credit Check Settings".to_owned()
        }
        None if is_asked => {
            format!("say by actor_id who overrides it, for a program itself may not: {named} may")
        }
        _ if may => {
            "lower the total, or send override_credit_limit: true beside fields to save it all the same"
                .to_owned()
        }
        _ if is_asked => format!("you may not override it: lower the total, or ask {named} to save it"),
        _ => format!("lower the total, or ask {named} to save it with override_credit_limit: true"),
    }
}

/// `Fin Ance, Boss or Sam Sales`, or how many more there are.
async fn named_in(tx: &mut Tx, entitled: &[i64]) -> Result<String, Error> {
    let some: BTreeSet<i64> = entitled.iter().copied().take(NAMED).collect();
    let people = user::figures_in(tx, &some).await?;
    let mut names: Vec<String> =
        entitled.iter().filter_map(|id| people.get(id)).map(|figure| figure.name.clone()).collect();
    if entitled.len() > names.len() {
        names.push("another user of Credit Check Settings".to_owned());
    }
    Ok(match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    })
}

impl Excess {
    /// `Sales Order SO-1042 with a total of 1500.00 GBP would bring ACME Ltd, with a balance of …`.
    fn told(&self, thing: &str) -> String {
        let Amounts { total, credit_limit, balance, over_by } = self.amounts();
        format!(
            "{thing} with a total of {total} would bring {}, with a balance of {balance}, {over_by} over its credit limit \
             of {credit_limit}",
            self.company
        )
    }

    /// What programs are told of it, and of whoever asks: whether they may override it.
    fn members(&self, may_override: bool) -> Map<String, Value> {
        let members = [
            ("company_id", json!(&*self.company_id)),
            ("total", self.total.to_json()),
            ("balance", self.balance.to_json()),
            ("credit_limit", self.credit_limit.to_json()),
            ("over_by", self.over_by.to_json()),
            ("may_override", json!(may_override)),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Its amounts, as people read them.
    pub fn amounts(&self) -> Amounts {
        let currency = self.currency.as_deref();
        Amounts {
            total: self.total.with(self.total_currency.as_deref()),
            credit_limit: self.credit_limit.with(currency),
            balance: self.balance.with(currency),
            over_by: self.over_by.with(currency),
        }
    }
}

/// The amounts of an [`Excess`] with their currencies, such as `1500.00 GBP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// The total of the document.
    pub total: String,
    /// The limit of the company.
    pub credit_limit: String,
    /// What it owes without the document.
    pub balance: String,
    /// What it would owe beyond its limit.
    pub over_by: String,
}

/// What the histories of a document and of its company say of an overridden limit.
pub(super) fn entries_of(change: &Change, now: Instant) -> Vec<Entry> {
    let Credit::Overridden(excess) = &change.credit else { return Vec::new() };
    let record = change.record();
    let Amounts { total, credit_limit, balance, over_by } = excess.amounts();
    let words = format!("total {total}, balance {balance}, limit {credit_limit}, over by {over_by}");
    let thing = format!("{} {}", module::singular(&record.module), record.label);
    let entry = |module: &Arc<str>, id: &Arc<str>, about: &str| Entry {
        subject: Subject::Record(module.clone(), id.clone()),
        field: "credit_limit_override".to_owned(),
        from: None,
        to: Some(format!("{about}: {words}").into()),
        actor: change.actor.clone(),
        at: now,
    };
    vec![
        entry(&record.module, &record.id, &excess.company),
        entry(&COMPANIES.into(), &excess.company_id, &thing),
    ]
}

#[cfg(test)]
mod tests;
