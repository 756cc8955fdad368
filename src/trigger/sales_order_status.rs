//! Sales order status (O1-O3): the chosen users hear that a field of a sales order came to one of the listed values.
//!
//! It is the way into a value that counts: an order that stays where it is tells nobody, one that is made with a listed
//! value, goes from one listed value to another, or comes back to one does.
//!
//! | who                       | is told where                                                           |
//! |---------------------------|-------------------------------------------------------------------------|
//! | the users of the settings | the notification is switched on, and the new value is among those listed  |
//! | whoever did it            | never                                                                   |
//! | anybody                   | not where the CRM said `send_notification: false`                       |

mod print;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use serde_json::{Map, Value, json};

use super::letter::{self, Reader};
use super::phrases::{noun, who};
use super::{Against, Beside, Cause, Figure, Finding, Needs, Telling, Trigger, View};
use crate::delivery::{Mail, Sending};
use crate::notification::why::Why;
use crate::record::credit::Amount;
use crate::record::{Change, Record};
use crate::settings::{Groups, Snapshot};
use crate::template::custom::{LetterUse, PrintUse};

pub use settings::SalesOrderSettings;

const NAME: &str = "sales_order_status";

/// The module that it watches.
const SALES_ORDERS: &str = "sales_orders";

/// See the module.
pub struct SalesOrderStatus;

/// The way of an order into a listed value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    from: Option<String>,
    to: String,
}

/// Why somebody is told, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// The notification is switched on.
    On,
    /// It is not.
    Off,
    /// Nobody was to be told of the change.
    Unticked,
    /// They did it themselves.
    OwnAct,
}

impl Trigger for SalesOrderStatus {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<SalesOrderSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let settings = settings.of::<SalesOrderSettings>();
        let mut values: Vec<String> = settings.values().map(str::to_owned).collect();
        let records: Vec<&Record> = match cause {
            Cause::Changes(changes) => {
                let stepped = changes.iter().filter_map(|change| Some((change, step(change, &settings)?)));
                let stepped = stepped.map(|(change, step)| {
                    values.extend(step.from);
                    change.record()
                });
                stepped.collect()
            }
            // Whoever looks at an order may ask who will hear of it.
            Cause::Records(records) => {
                records.iter().copied().filter(|record| &*record.module == SALES_ORDERS).collect()
            }
            Cause::Event(_) => Vec::new(),
        };
        if records.is_empty() {
            return Needs::default();
        }
        let mut needs = Needs { lists: vec![settings.users.clone()], ..letter::needs(&records) };
        if settings.watches_users() {
            needs.users.extend(values.iter().filter_map(|value| value.parse::<i64>().ok()));
        }
        needs
    }

    fn on_change(&self, change: &Change, view: &View<'_>) -> Vec<Finding> {
        let settings = view.settings.of::<SalesOrderSettings>();
        let Some(step) = step(change, &settings) else { return Vec::new() };
        let shown = |value: String| shown(value, &settings, view);
        let step = Step { from: step.from.map(shown), to: shown(step.to) };
        let people = view.listed(&settings.users).iter().filter_map(|id| view.people.get(id));
        people.map(|figure| finding(change, &step, figure, &settings, view)).collect()
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        if &*record.module != SALES_ORDERS {
            return Vec::new();
        }
        let settings = view.settings.of::<SalesOrderSettings>();
        let is_listed = view.listed(&settings.users).contains(&user_id);
        words::outlook(&settings, is_listed, &view.name(user_id), view).into_iter().collect()
    }
}

/// The way of an order into a listed value, if a change is one.
fn step(change: &Change, settings: &SalesOrderSettings) -> Option<Step> {
    let after = change.after.as_ref().filter(|after| &*after.module == SALES_ORDERS)?;
    let to = value(after, &settings.trigger_field).filter(|value| settings.lists(value))?;
    let from = change.before.as_ref().and_then(|before| value(before, &settings.trigger_field));
    (from.as_ref() != Some(&to)).then_some(Step { from, to })
}

/// What a field of an order says, as it would be written in a list of values; `None` where it says nothing, or much.
fn value(record: &Record, field: &str) -> Option<String> {
    let text = match field {
        "label" => record.label.clone(),
        "assigned_to" => record.assigned_to?.to_string(),
        "link" => record.link.clone()?,
        _ => match record.fields.get(field)? {
            Value::String(text) => text.clone(),
            Value::Bool(is) => is.to_string(),
            Value::Number(number) if number.is_f64() => number.as_f64()?.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        },
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A value of the watched field as people read it: a user by their name.
fn shown(value: String, settings: &SalesOrderSettings, view: &View<'_>) -> String {
    match value.parse() {
        Ok(user_id) if settings.watches_users() => view.name(user_id),
        _ => value,
    }
}

fn finding(
    change: &Change,
    step: &Step,
    figure: &Figure,
    settings: &SalesOrderSettings,
    view: &View<'_>,
) -> Finding {
    let ground = ground(change, figure.id, settings);
    let record = change.record();
    let why = Why {
        trigger: NAME,
        records: vec![(record.module.clone(), record.id.clone())],
        cause: words::cause(change, step, settings, view),
        setting: settings::decisive(ground, settings),
        chosen: "one of the users of Sales Order Settings".to_owned(),
        sentence: words::sentence(ground, change, step, &figure.name, view),
    };
    if ground != Ground::On {
        return Finding::Silent { user_id: figure.id, why };
    }
    Finding::Tell(Box::new(Telling {
        user_id: figure.id,
        kind: "sales_order_status",
        title: words::title(record, step, settings),
        message: Some(words::message(change, step, settings, view)),
        link: Some(view.link(record)),
        metadata: facts(change, step, view),
        sending: Sending::Automated,
        related_user_id: change.actor.user_id,
        mail: mail(change, step, figure, settings, view),
        beside: Beside::Alone,
        why,
    }))
}

fn ground(change: &Change, user_id: i64, settings: &SalesOrderSettings) -> Ground {
    match change.send_notification {
        _ if change.actor.user_id == Some(user_id) => Ground::OwnAct,
        _ if !settings.status_notification => Ground::Off,
        Some(false) => Ground::Unticked,
        _ => Ground::On,
    }
}

fn facts(change: &Change, step: &Step, view: &View<'_>) -> Map<String, Value> {
    let record = change.record();
    let company = record.reference("company_id").and_then(|id| view.record("companies", &id));
    let currency = record.fields.get("currency").and_then(Value::as_str);
    let total = Amount::of(record.fields.get("total")).map(|total| total.with(currency));
    let facts = [
        ("module", Some(record.module.to_string())),
        ("record_id", Some(record.id.to_string())),
        ("company", company.map(|company| company.label.clone())),
        ("from", step.from.clone()),
        ("to", Some(step.to.clone())),
        ("total", total),
        ("changed_by", Some(who(change, view))),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
}

/// The e-mail by the chosen template, with the order as the chosen PDF. Where none is chosen it is an e-mail like every
/// other one.
fn mail(
    change: &Change,
    step: &Step,
    figure: &Figure,
    settings: &SalesOrderSettings,
    view: &View<'_>,
) -> Option<Mail> {
    let record = change.record();
    let letter = settings.email_template_id.map(|template_id| {
        let mut data = letter::data(record, &Reader::User(figure), view);
        data.insert("actor".to_owned(), letter::actor(&change.actor, view));
        data.insert("document".to_owned(), print::listed(record, &figure.language, view));
        let field = &settings.trigger_field;
        data.insert("change".to_owned(), json!({ "field": field, "from": step.from, "to": step.to }));
        LetterUse { template_id, data: data.into() }
    });
    let print = settings.pdf_template_id.map(|template_id| PrintUse {
        template_id,
        file_name: print::file_name(&noun(record)),
        data: print::data(record, &figure.language, view),
    });
    let prints: Vec<PrintUse> = print.into_iter().collect();
    (letter.is_some() || !prints.is_empty()).then(|| Mail { letter, prints, ..Mail::default() })
}
