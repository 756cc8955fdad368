//! What the history says of changes.

use serde_json::{Map, Value};

use super::settings::Audit;
use super::{Change, Course, Record};
use crate::audit::{Entry, Subject};
use crate::clock::Instant;

/// What the history says of a change.
pub(super) fn entries_of(change: &Change, settings: &Audit, now: Instant) -> Vec<Entry> {
    let record = change.record();
    let entry = |field: &str, from: Option<Value>, to: Option<Value>| Entry {
        subject: Subject::Record(record.module.clone(), record.id.clone()),
        field: field.to_owned(),
        from,
        to,
        actor: change.actor.clone(),
        at: now,
    };
    let (before, after) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (before, after),
        // What it was assigned to and held at first stands in what it is changed from.
        (before, after) => {
            let label = |record: &Option<Record>| record.as_ref().map(|record| record.label.as_str().into());
            return vec![entry("record", label(before), label(after))];
        }
    };
    let is_converted = matches!(change.course, Course::Converted(_));
    let is_kept = |field: &str| settings.logs(&record.module, field) || (is_converted && field == "status");
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let mut entries = Vec::new();
    if before.assigned_to != after.assigned_to {
        let id = |id: Option<i64>| id.map(Value::from);
        entries.push(entry("assigned_to", id(before.assigned_to), id(after.assigned_to)));
    }
    if before.label != after.label && is_kept("label") {
        entries.push(entry("label", Some(before.label.as_str().into()), Some(after.label.as_str().into())));
    }
    if before.link != after.link && is_kept("link") {
        entries.push(entry("link", text(&before.link), text(&after.link)));
    }
    for name in other_fields(&before.fields, &after.fields) {
        if is_kept(name) {
            entries.push(entry(name, before.fields.get(name).cloned(), after.fields.get(name).cloned()));
        }
    }
    entries
}

/// The names of the fields that are not the same, in their order.
fn other_fields<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a str> {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    let mut names: Vec<&str> = before.keys().chain(added).map(String::as_str).collect();
    names.retain(|name| before.get(*name) != after.get(*name));
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::audit::{Actor, By};
    use crate::record::Credit;

    fn record(label: &str, link: Option<&str>, assigned_to: Option<i64>, fields: &Value) -> Record {
        Record {
            number: 1,
            module: Arc::from("leads"),
            id: Arc::from("7"),
            label: label.to_owned(),
            link: link.map(str::to_owned),
            assigned_to,
            previous_assigned_to: None,
            reassigned_at: None,
            fields: fields.as_object().unwrap().clone(),
            version: 1,
            created_at: Instant(0),
            updated_at: Instant(0),
        }
    }

    fn told(before: Option<Record>, after: Option<Record>, course: Course, settings: &Audit) -> Vec<Value> {
        let actor = Actor { user_id: None, name: Arc::from("a key"), by: By::Api };
        let credit = Credit::Kept;
        let change = Change { before, after, actor, send_notification: None, course, credit };
        let entries = entries_of(&change, settings, Instant(9)).into_iter();
        entries.map(|entry| json!([entry.field, entry.from, entry.to])).collect()
    }

    #[test]
    fn what_is_always_kept_and_what_the_settings_ask_for() {
        let old = record("A", None, Some(5), &json!({"status": "New", "phone": "1", "gone": true}));
        let new = record("B", Some("/x"), None, &json!({"status": "Converted", "phone": "1", "more": [2]}));
        let nothing = Audit::default();
        let some = Audit { fields: "leads:more|contacts:status|leads:link".to_owned(), log_all: false };
        let all = Audit { fields: String::new(), log_all: true };
        let owner = json!(["assigned_to", 5, null]);
        let status = json!(["status", "New", "Converted"]);
        let converted = Course::Converted(Vec::new());
        let (link, more) = (json!(["link", null, "/x"]), json!(["more", null, [2]]));
        let (label, gone) = (json!(["label", "A", "B"]), json!(["gone", true, null]));
        for (course, settings, expected) in [
            (Course::Saved, &nothing, vec![owner.clone()]),
            (converted, &nothing, vec![owner.clone(), status.clone()]),
            (Course::Saved, &some, vec![owner.clone(), link.clone(), more.clone()]),
            (Course::Saved, &all, vec![owner, label, link, gone, more, status]),
        ] {
            assert_eq!(told(Some(old.clone()), Some(new.clone()), course, settings), expected);
        }
    }

    #[test]
    fn that_a_record_came_and_went_is_kept_by_its_label_alone() {
        let one = record("A", Some("/x"), Some(5), &json!({"status": "New"}));
        let all = Audit { fields: String::new(), log_all: true };
        assert_eq!(told(None, Some(one.clone()), Course::Saved, &all), [json!(["record", null, "A"])]);
        assert_eq!(told(Some(one), None, Course::Saved, &all), [json!(["record", "A", null])]);
    }
}
