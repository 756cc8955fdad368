//! Credit limit override (O4): the credit administrators hear that another user overrode the limit of a company for a
//! sales order or an invoice, be it here or in a CRM that checks limits itself and tells us of it.

#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Against, Beside, Cause, Finding, Needs, Telling, Trigger, View};
use crate::audit::Actor;
use crate::delivery::Sending;
use crate::event::Event;
use crate::notification::why::{Setting, Why};
use crate::record::credit::{Amount, Amounts, CreditSettings, Excess};
use crate::record::{Change, Credit, Record, module};
use crate::settings::{Group, Groups, Snapshot};

const NAME: &str = "credit_override";

/// What a CRM calls it that checks limits itself.
const OVERRIDDEN: &str = "credit_limit.overridden";

/// The module of companies.
const COMPANIES: &str = "companies";

/// See the module.
pub struct CreditOverride;

/// A limit that was overridden.
struct Case<'a> {
    actor: &'a Actor,
    /// The document, by module and id.
    document_id: Option<(Arc<str>, Arc<str>)>,
    /// What it is called: `Sales Order SO-1042`.
    document: Option<String>,
    /// Where it is.
    link: Option<String>,
    company_id: Option<Arc<str>>,
    /// What it is called.
    company: Option<String>,
    /// The amounts that are known, by their names.
    amounts: Vec<(&'static str, String)>,
}

impl Trigger for CreditOverride {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<CreditSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let companies: Vec<Arc<str>> = match cause {
            Cause::Changes(changes) => {
                changes.iter().filter_map(excess).map(|excess| excess.company_id.clone()).collect()
            }
            Cause::Event(event) if &*event.kind == OVERRIDDEN => company_of(event).into_iter().collect(),
            Cause::Records(records) if records.iter().any(|record| is_checked(record)) => Vec::new(),
            _ => return Needs::default(),
        };
        let is_change = matches!(cause, Cause::Changes(_));
        if is_change && companies.is_empty() {
            return Needs::default();
        }
        let records = companies.into_iter().map(|id| (COMPANIES.into(), id)).collect();
        let lists = vec![settings.of::<CreditSettings>().administrators.clone()];
        Needs { lists, records, ..Needs::default() }
    }

    fn on_change(&self, change: &Change, view: &View<'_>) -> Vec<Finding> {
        let Some(excess) = excess(change) else { return Vec::new() };
        findings(&of_change(change, excess, view), view)
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        if &*event.kind != OVERRIDDEN {
            return Vec::new();
        }
        findings(&of_event(event, view), view)
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        let settings = view.settings.of::<CreditSettings>();
        if !is_checked(record) || !settings.enabled {
            return Vec::new();
        }
        let is_listed = view.listed(&settings.administrators).contains(&user_id);
        vec![words::outlook(is_listed, &view.name(user_id))]
    }
}

/// Whether a record is of those whose company has a limit.
fn is_checked(record: &Record) -> bool {
    matches!(&*record.module, "sales_orders" | "invoices" | "quotes")
}

fn excess(change: &Change) -> Option<&Excess> {
    match &change.credit {
        Credit::Overridden(excess) => Some(excess),
        Credit::Kept | Credit::Override => None,
    }
}

fn company_of(event: &Event) -> Option<Arc<str>> {
    event.reference("company_id").map(Arc::from)
}

fn of_change<'a>(change: &'a Change, excess: &Excess, view: &View<'_>) -> Case<'a> {
    let record = change.record();
    let Amounts { total, credit_limit, balance, over_by } = excess.amounts();
    Case {
        actor: &change.actor,
        document_id: Some((record.module.clone(), record.id.clone())),
        document: Some(super::phrases::noun(record)),
        link: Some(view.link(record)),
        company_id: Some(excess.company_id.clone()),
        company: Some(excess.company.clone()),
        amounts: vec![
            ("total", total),
            ("credit_limit", credit_limit),
            ("balance", balance),
            ("over_by", over_by),
        ],
    }
}

/// What a CRM tells; what it leaves out is as we know it, or is left out.
fn of_event<'a>(event: &'a Event, view: &View<'_>) -> Case<'a> {
    let company_id = company_of(event);
    let company = company_id.as_ref().and_then(|id| view.record(COMPANIES, id));
    let known = event.record.as_ref();
    let amount = |name: &str| Amount::of(event.data.get(name));
    let amounts = ["total", "credit_limit", "balance"].map(|name| (name, amount(name)));
    let over_by = match amounts {
        [(_, Some(total)), (_, Some(limit)), (_, Some(balance))] => Some(balance.plus(total).minus(limit)),
        _ => None,
    };
    let over_by = over_by.filter(|over_by| *over_by > Amount::default());
    let told =
        [known, company].into_iter().flatten().find_map(|record| record.fields.get("currency")?.as_str());
    let currency = event.text("currency").or(told);
    let amounts = amounts.into_iter().chain([("over_by", over_by)]);
    let said = |name: &str| event.text(name).map(str::to_owned);
    Case {
        actor: &event.actor,
        document_id: event.subject.clone(),
        document: known.map(super::phrases::noun).or_else(|| {
            let Some((module, id)) = &event.subject else { return said("document") };
            Some(format!("{} {}", module::singular(module), event.text("document").unwrap_or(id)))
        }),
        link: said("link").or_else(|| known.or(company).map(|record| view.link(record))),
        company: said("company")
            .or_else(|| company.map(|company| company.label.clone()))
            .or_else(|| company_id.as_ref().map(|id| format!("company {id}"))),
        company_id,
        amounts: amounts.filter_map(|(name, amount)| Some((name, amount?.with(currency)))).collect(),
    }
}

fn findings(case: &Case<'_>, view: &View<'_>) -> Vec<Finding> {
    let settings = view.settings.of::<CreditSettings>();
    let people = view.listed(&settings.administrators).iter().copied();
    let people = people.filter(|user_id| view.people.contains_key(user_id));
    people.map(|user_id| finding(case, user_id, &settings, view)).collect()
}

fn finding(case: &Case<'_>, user_id: i64, settings: &CreditSettings, view: &View<'_>) -> Finding {
    let is_own_act = case.actor.user_id == Some(user_id);
    let company = case.company_id.clone().map(|id| (COMPANIES.into(), id));
    let why = Why {
        trigger: NAME,
        records: case.document_id.clone().into_iter().chain(company).collect(),
        cause: words::title(case, view),
        setting: (!is_own_act).then(|| Setting {
            group: CreditSettings::KEY.to_owned(),
            title: CreditSettings::TITLE.to_owned(),
            field: "administrators".to_owned(),
            value: settings.administrators.clone().into(),
        }),
        chosen: "one of the Credit Rating Administrators".to_owned(),
        sentence: words::sentence(case, is_own_act, user_id, view),
    };
    if is_own_act {
        return Finding::Silent { user_id, why };
    }
    Finding::Tell(Box::new(Telling {
        user_id,
        kind: "credit_override",
        title: words::title(case, view),
        message: Some(words::message(case, view)),
        link: case.link.clone(),
        metadata: facts(case, view),
        sending: Sending::Automated,
        related_user_id: case.actor.user_id,
        mail: None,
        beside: Beside::Alone,
        why,
    }))
}

fn facts(case: &Case<'_>, view: &View<'_>) -> Map<String, Value> {
    let company = case.company_id.as_ref().and_then(|id| view.record(COMPANIES, id));
    let links =
        company.map(|company| json!([{ "label": super::phrases::noun(company), "url": view.link(company) }]));
    let (module, id) = case.document_id.clone().unzip();
    let facts = [
        ("module", module.map(|module| Value::from(&*module))),
        ("record_id", id.map(|id| Value::from(&*id))),
        ("links", links),
        ("company", case.company.clone().map(Value::from)),
        ("document", case.document.clone().map(Value::from)),
    ];
    let amounts = case.amounts.iter().map(|(name, amount)| (*name, Some(Value::from(amount.as_str()))));
    let facts = facts.into_iter().chain(amounts);
    facts.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
