//! Personnel (T3): people are told some days before a date of a personnel record: a birthday, an appraisal, the end of
//! a probation or a contract, the last day of work, or any other date.
//!
//! A rule is told of at nine in the morning of the person's own zone, or at once if that hour has passed today when the
//! record or the rule is saved; of a date that is nearer than the rule's days before, on the first morning that it is
//! known. What fell due while no server ran is told of when one runs again.

mod dates;
mod settings;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::letter::{self, Reader};
use super::phrases::noun;
use super::{Against, Beside, Cause, Due, Finding, Needs, Telling, Timer, Trigger, View};
use crate::clock::Instant;
use crate::delivery::{Mail, Sending};
use crate::notification::why::{Setting, Why};
use crate::record::Record;
use crate::settings::{Group, Groups, Snapshot};
use crate::template::custom::LetterUse;

pub use settings::{PersonnelSettings, Rule};

const NAME: &str = "personnel";
const MODULE: &str = "personnel";

/// The key of the shipped e-mail template.
const LETTER: &str = "personnel_date";

/// See the module.
pub struct Personnel;

impl Trigger for Personnel {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<PersonnelSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let records = cause.records();
        let personnel: Vec<&Record> =
            records.into_iter().filter(|record| &*record.module == MODULE).collect();
        let settings = settings.of::<PersonnelSettings>();
        if personnel.is_empty() || settings.in_force().next().is_none() {
            return Needs::default();
        }
        let lists = settings.in_force().map(|rule| rule.named());
        let users = personnel.iter().flat_map(|record| [person(record), supervisor(record)]).flatten();
        let (lists, users) = (lists.filter(|list| !list.is_empty()).collect(), users.collect());
        Needs { lists, users, templates: vec![LETTER], ..letter::needs(&personnel) }
    }

    fn timed_module(&self) -> Option<&'static str> {
        Some(MODULE)
    }

    fn goes_by_other_clocks(&self) -> bool {
        true
    }

    fn timers(&self, record: &Record, view: &View<'_>) -> Vec<Timer> {
        let settings = view.settings.of::<PersonnelSettings>();
        let mut timers: Vec<Timer> = Vec::new();
        for rule in settings.in_force() {
            for day in dates::coming(record, rule, view) {
                let timer = Timer {
                    trigger: NAME,
                    module: record.module.clone(),
                    record_id: record.id.clone(),
                    occurrence: occurrence(rule, day),
                    due_at: dates::due_at(record, rule, day, view),
                };
                // Two rules may say the same of different people.
                if !timers.iter().any(|known| known.occurrence == timer.occurrence) {
                    timers.push(timer);
                }
            }
        }
        timers
    }

    fn on_due(&self, timer: &Timer, record: &Record, view: &View<'_>) -> Vec<Due> {
        let settings = view.settings.of::<PersonnelSettings>();
        let mut findings: Vec<Finding> = Vec::new();
        let mut due_at = None;
        for rule in settings.in_force() {
            let meant = dates::day_of(record, rule, &timer.occurrence, occurrence);
            let Some(day) = meant else { continue };
            let due = dates::due_at(record, rule, day, view);
            // Whoever moved west has not come to that hour yet.
            if due > view.now {
                continue;
            }
            due_at.get_or_insert(due);
            for user_id in recipients(record, rule, view) {
                let is_told =
                    |finding: &Finding| matches!(finding, Finding::Tell(known) if known.user_id == user_id);
                if !findings.iter().any(is_told) {
                    findings.push(Finding::Tell(Box::new(telling(record, rule, day, user_id, view))));
                }
            }
        }
        let occurrence = timer.occurrence.clone();
        due_at.map(|due_at| Due { occurrence, due_at, findings }).into_iter().collect()
    }

    fn basis(&self, settings: &Snapshot) -> String {
        let rules = settings.of::<PersonnelSettings>();
        let when: Vec<Value> =
            rules.in_force().map(|rule| json!([rule.field, rule.days_before, rule.is_yearly()])).collect();
        let zone = settings.of::<crate::user::company::Company>().time_zone.clone();
        json!([when, zone]).to_string()
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        if &*record.module != MODULE {
            return Vec::new();
        }
        let settings = view.settings.of::<PersonnelSettings>();
        let of_rule = |rule: &Rule| {
            let day = dates::coming(record, rule, view).into_iter().next_back()?;
            let told = recipients(record, rule, view).contains(&user_id);
            told.then(|| format!("{} will be told {}.", view.name(user_id), dates::when(rule, day)))
        };
        settings.in_force().filter_map(of_rule).collect()
    }
}

/// What is told once: that this rule's days before this date have come.
fn occurrence(rule: &Rule, day: Date) -> String {
    format!("{}@{day}-{}", rule.field, rule.days_before)
}

/// The user that the person is.
fn person(record: &Record) -> Option<i64> {
    record.fields.get("user_id").and_then(Value::as_i64)
}

/// The user who leads the person, as the record says.
fn supervisor(record: &Record) -> Option<i64> {
    record.fields.get("supervisor_id").and_then(Value::as_i64)
}

/// Who leads the person: as the record says, or whom the user reports to.
fn manager(record: &Record, view: &View<'_>) -> Option<i64> {
    let reports_to = || view.people.get(&person(record)?)?.reports_to;
    // A record keeps the number of somebody who is gone.
    supervisor(record).filter(|id| view.people.contains_key(id)).or_else(reports_to)
}

/// Who is told, each once. Those who are gone are left out.
fn recipients(record: &Record, rule: &Rule, view: &View<'_>) -> Vec<i64> {
    let roles = [(rule.tells_person(), person(record)), (rule.tells_manager(), manager(record, view))];
    let by_role = roles.into_iter().filter_map(|(is_told, user)| user.filter(|_| is_told));
    let named = rule.named();
    let mut told: Vec<i64> = Vec::new();
    for user_id in by_role.chain(view.listed(&named).iter().copied()) {
        if view.people.contains_key(&user_id) && !told.contains(&user_id) {
            told.push(user_id);
        }
    }
    told
}

fn telling(record: &Record, rule: &Rule, day: Date, user_id: i64, view: &View<'_>) -> Telling {
    let (what, when) = (dates::named(rule, record, day), dates::in_days(dates::left(record, day, view)));
    let title = format!("{what} {when}");
    let metadata = Map::from_iter([
        ("module".to_owned(), Value::from(&*record.module)),
        ("record_id".to_owned(), Value::from(&*record.id)),
        (dates::title(&rule.field), Value::from(dates::written(day))),
    ]);
    Telling {
        user_id,
        kind: "personnel_date",
        message: Some(format!("{} is on {}.", what, dates::written(day))),
        link: Some(view.link(record)),
        metadata,
        sending: Sending::Automated,
        related_user_id: person(record),
        mail: mail(record, rule, day, user_id, &title, view),
        beside: Beside::Alone,
        why: why(record, rule, day, user_id, view),
        title,
    }
}

/// The e-mail by the rule's template, or by the shipped one.
fn mail(record: &Record, rule: &Rule, day: Date, user_id: i64, title: &str, view: &View<'_>) -> Option<Mail> {
    let template_id = rule.template.or_else(|| view.template(LETTER))?;
    let mut data = letter::data(record, &Reader::User(view.people.get(&user_id)?), view);
    let due = json!({
        "field": rule.field,
        "label": dates::title(&rule.field),
        "date": day.to_string(),
        "days": dates::left(record, day, view),
        "title": title,
    });
    data.insert("due".to_owned(), due);
    let letter = Some(LetterUse { template_id, data: Value::Object(data) });
    Some(Mail { letter, ..Mail::default() })
}

fn why(record: &Record, rule: &Rule, day: Date, user_id: i64, view: &View<'_>) -> Why {
    let name = dates::title(&rule.field);
    let chosen = if person(record) == Some(user_id) {
        "the person themselves"
    } else if manager(record, view) == Some(user_id) {
        "the person's manager"
    } else {
        "one of those named in the rule"
    };
    let days = rule.days_before;
    Why {
        trigger: NAME,
        records: vec![(Arc::clone(&record.module), Arc::clone(&record.id))],
        cause: format!("{name} of {} is on {}", noun(record), dates::written(day)),
        setting: Some(Setting {
            group: PersonnelSettings::KEY.to_owned(),
            title: PersonnelSettings::TITLE.to_owned(),
            field: format!("rules.{}", rule.field),
            value: json!({"days_before": days, "recipients": rule.recipients}),
        }),
        chosen: chosen.to_owned(),
        sentence: format!(
            "You were told because {name} of {} is on {} and a rule of Personnel Settings tells you ({chosen}) {days} days before.",
            noun(record),
            dates::written(day)
        ),
    }
}

/// Nothing is due before the first instant that can be told.
const NEVER: Instant = Instant(i64::MAX);
