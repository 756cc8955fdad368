//! Reminders by hand: each row an activity, a clock, and what comes of it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::audit::{Actor, By};
use crate::record::{Course, Credit};
use crate::trigger::{Figure, Fired, FiredTimes};

const EVE: i64 = 3;
const BEN: i64 = 4;

/// What a reminder is decided from.
struct Scene {
    record: Record,
    settings: ReminderSettings,
    people: HashMap<i64, Figure>,
    fired: HashMap<(Arc<str>, Arc<str>), FiredTimes>,
    now: Instant,
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A call of Eve's, who lives in London, in the winter of 2026 as it is seen at this time.
fn scene(fields: Value, now: &str) -> Scene {
    let figure = |id, name: &str, zone: &str| {
        let email = format!("{name}@example.com");
        (
            id,
            Figure {
                id,
                name: name.to_owned(),
                email,
                time_zone: zone.to_owned(),
                language: "en".to_owned(),
                reports_to: None,
                on_support: false,
                is_active: true,
                is_customer: false,
            },
        )
    };
    let Value::Object(fields) = fields else { panic!("{fields} is no object") };
    let record = Record {
        number: 1,
        module: ACTIVITIES.into(),
        id: "a1".into(),
        label: "Call with Jane Doe".to_owned(),
        link: Some("https://crm.example/a1".to_owned()),
        assigned_to: Some(EVE),
        previous_assigned_to: None,
        reassigned_at: None,
        fields,
        version: 4,
        created_at: Instant(0),
        updated_at: at("2026-03-01T00:00:00Z"),
    };
    Scene {
        record,
        settings: ReminderSettings::default(),
        people: HashMap::from([
            figure(EVE, "Eve Sales", "Europe/London"),
            figure(BEN, "Ben Support", "America/New_York"),
        ]),
        fired: HashMap::new(),
        now: at(now),
    }
}

impl Scene {
    fn with(mut self, days: u32, hours: u32, minutes: u32) -> Self {
        self.settings = ReminderSettings {
            default_days: days,
            default_hours: hours,
            default_minutes: minutes,
            ..self.settings
        };
        self
    }

    fn missed(mut self, missed: Missed) -> Self {
        self.settings.missed = missed;
        self
    }

    fn seen<T>(&self, see: impl FnOnce(&View<'_>) -> T) -> T {
        let settings = Snapshot::default().with(self.settings.clone());
        see(&View {
            settings: &settings,
            people: &self.people,
            lists: &HashMap::new(),
            groups: &HashMap::new(),
            records: &HashMap::new(),
            templates: &HashMap::new(),
            fired: &self.fired,
            now: self.now,
            public_url: "https://bell.example",
        })
    }

    /// The timers: `start <- due`, or why there are none.
    fn timers(&self) -> Vec<String> {
        let timers = self.seen(|view| Reminder.timers(&self.record, view));
        let words = timers.iter().map(|timer| {
            let (start, user_id) = named(&timer.occurrence).unwrap();
            assert_eq!(Some(user_id), self.record.assigned_to);
            format!("{} <- {}", start.to_rfc3339(), timer.due_at.to_rfc3339())
        });
        words.collect()
    }

    fn due(&self, start: &str, due: &str) -> Vec<Due> {
        let timer = Timer {
            trigger: NAME,
            module: ACTIVITIES.into(),
            record_id: "a1".into(),
            occurrence: format!("{}:{EVE}", at(start).0),
            due_at: at(due),
        };
        self.seen(|view| Reminder.on_due(&timer, &self.record, view))
    }

    /// What comes of a timer that was set for this start and this instant: `title | message`, `not start`.
    fn falls_due(&self, start: &str, due: &str) -> Vec<String> {
        let words = self.due(start, due).into_iter().map(|due| match &due.findings[..] {
            [Finding::Tell(telling)] => format!("{} | {}", telling.title, telling.message.as_ref().unwrap()),
            [Finding::Silent { .. }] => format!("not {}", named(&due.occurrence).unwrap().0.to_rfc3339()),
            other => panic!("{other:?}"),
        });
        words.collect()
    }

    fn fired(mut self, start: &str, user_id: i64) -> Self {
        let fired = Fired {
            trigger: NAME.to_owned(),
            occurrence: format!("{}:{user_id}", at(start).0),
            user_id: Some(user_id),
            due_at: at(start),
        };
        self.fired.entry((self.record.module.clone(), self.record.id.clone())).or_default().push(fired);
        self
    }

    fn outlook(&self) -> String {
        self.seen(|view| Reminder.outlook(&self.record, EVE, view)).join(" ")
    }
}

const TEN: &str = "2026-03-03T10:00:00Z";

fn ten() -> Value {
    json!({"activity_type": "call", "starts_at": "2026-03-03T10:00", "ends_at": "2026-03-03T10:30"})
}

/// The same with more fields.
fn ten_with(more: Value) -> Value {
    let mut fields = ten();
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

#[test]
fn one_timer_is_set_for_the_start_less_the_lead() {
    let (default, off) = ((0, 0, 15), (0, 0, 0));
    type Row<'a> = (Value, (u32, u32, u32), &'a [&'a str]);
    let rows: [Row<'_>; 14] = [
        (ten(), default, &["2026-03-03T10:00:00Z <- 2026-03-03T09:45:00Z"]),
        (ten(), (1, 2, 3), &["2026-03-03T10:00:00Z <- 2026-03-02T07:57:00Z"]),
        (ten(), off, &[]),
        (ten_with(json!({"reminder_minutes": 60})), off, &["2026-03-03T10:00:00Z <- 2026-03-03T09:00:00Z"]),
        (
            ten_with(json!({"reminder_minutes": 60})),
            default,
            &["2026-03-03T10:00:00Z <- 2026-03-03T09:00:00Z"],
        ),
        (
            ten_with(json!({"reminder_minutes": 0})),
            default,
            &["2026-03-03T10:00:00Z <- 2026-03-03T10:00:00Z"],
        ),
        (ten_with(json!({"reminder_on": true})), off, &["2026-03-03T10:00:00Z <- 2026-03-03T10:00:00Z"]),
        (ten_with(json!({"reminder_on": true})), default, &["2026-03-03T10:00:00Z <- 2026-03-03T09:45:00Z"]),
        (ten_with(json!({"reminder_on": false})), default, &[]),
        (ten_with(json!({"reminder_on": false, "reminder_minutes": 60})), default, &[]),
        (ten_with(json!({"status": "Completed"})), default, &[]),
        (ten_with(json!({"status": "cancelled"})), default, &[]),
        (
            ten_with(json!({"status": "In Progress"})),
            default,
            &["2026-03-03T10:00:00Z <- 2026-03-03T09:45:00Z"],
        ),
        (json!({"activity_type": "task"}), default, &[]),
    ];
    for (fields, (days, hours, minutes), expected) in rows {
        let scene = scene(fields.clone(), "2026-03-01T00:00:00Z").with(days, hours, minutes);
        assert_eq!(scene.timers(), expected, "{fields}, {days}/{hours}/{minutes}");
    }
}

#[test]
fn what_was_made_too_late_is_due_at_once_and_never_after_its_start() {
    for (now, expected) in [
        ("2026-03-03T09:44:59Z", &["2026-03-03T10:00:00Z <- 2026-03-03T09:45:00Z"][..]),
        ("2026-03-03T09:45:00Z", &["2026-03-03T10:00:00Z <- 2026-03-03T09:45:00Z"]),
        ("2026-03-03T09:59:59Z", &["2026-03-03T10:00:00Z <- 2026-03-03T09:59:59Z"]),
        ("2026-03-03T10:00:00Z", &[]),
        ("2026-03-03T11:00:00Z", &[]),
    ] {
        assert_eq!(scene(ten(), now).timers(), expected, "{now}");
    }
    let scene = scene(ten(), "2026-03-03T09:50:00Z");
    assert_eq!(
        scene.falls_due(TEN, "2026-03-03T09:50:00Z"),
        [
            "Call with Jane Doe at 10:00 | In 10 minutes: Call with Jane Doe, Tue 3 Mar 2026, 10:00–10:30 (Europe/London)"
        ],
        "it is not late: it was made then"
    );
}

#[test]
fn nobody_is_reminded_twice_of_the_same_start() {
    assert!(scene(ten(), "2026-03-03T09:50:00Z").fired(TEN, EVE).timers().is_empty());
    assert_eq!(scene(ten(), "2026-03-03T09:50:00Z").fired(TEN, BEN).timers().len(), 1, "another's reminder");
    let daily = ten_with(json!({"rrule": "FREQ=DAILY"}));
    // The clock went back after the one of the 4th fired: that of the 5th is next.
    let back = scene(daily, "2026-03-03T12:00:00Z").fired(TEN, EVE).fired("2026-03-04T10:00:00Z", EVE);
    assert_eq!(back.timers(), ["2026-03-05T10:00:00Z <- 2026-03-05T09:45:00Z"]);
}

#[test]
fn it_is_said_what_begins_when_and_how_late_it_is_said() {
    let call = "Call with Jane Doe, Tue 3 Mar 2026, 10:00–10:30 (Europe/London)";
    for (now, title, message) in [
        ("2026-03-03T09:45:00Z", "at 10:00", format!("In 15 minutes: {call}")),
        ("2026-03-03T09:45:15Z", "at 10:00", format!("In 15 minutes: {call}")),
        (
            "2026-03-03T09:45:16Z",
            "at 10:00",
            format!("This reminder is 16 seconds late: in 15 minutes, {call}"),
        ),
        (
            "2026-03-03T09:55:00Z",
            "at 10:00",
            format!("This reminder is 10 minutes late: in 5 minutes, {call}"),
        ),
        ("2026-03-03T11:45:00Z", "at 10:00", format!("This reminder is 2 hours late: {call}")),
        (
            "2026-03-05T10:45:00Z",
            "on Tue 3 Mar 2026 at 10:00",
            format!("This reminder is 2 days 1 hour late: {call}"),
        ),
    ] {
        let fallen = scene(ten(), now).falls_due(TEN, "2026-03-03T09:45:00Z");
        assert_eq!(fallen, [format!("Call with Jane Doe {title} | {message}")], "{now}");
    }
    let day_before = scene(ten(), "2026-03-02T10:00:00Z").with(1, 0, 0);
    assert_eq!(
        day_before.falls_due(TEN, "2026-03-02T10:00:00Z"),
        [format!("Call with Jane Doe on Tue 3 Mar 2026 at 10:00 | In 1 day: {call}")]
    );
    let at_start = scene(ten_with(json!({"reminder_minutes": 0})), TEN);
    assert_eq!(at_start.falls_due(TEN, TEN), [format!("Call with Jane Doe at 10:00 | Now: {call}")]);
}

#[test]
fn a_telling_bears_what_pages_and_calendars_need() {
    let mut due = scene(ten(), "2026-03-03T11:45:00Z").due(TEN, "2026-03-03T09:45:00Z");
    let Finding::Tell(telling) = due.remove(0).findings.remove(0) else { panic!("somebody is told") };
    assert_eq!(
        Value::Object(telling.metadata.clone()),
        json!({"module": "activities", "record_id": "a1", "activity_type": "call", "late_seconds": 7200,
            "when": "Tue 3 Mar 2026, 10:00 (Europe/London)", "starts_at": "2026-03-03T10:00:00Z"})
    );
    assert_eq!(
        (telling.user_id, telling.kind, telling.sending),
        (EVE, "activity_reminder", Sending::Reminder)
    );
    assert_eq!((telling.link.as_deref(), telling.related_user_id), (Some("https://crm.example/a1"), None));
    let calendar = calendar(&telling);
    for line in [
        "METHOD:PUBLISH",
        "UID:activity-a1@bell.example",
        "SEQUENCE:194486400",
        "SUMMARY:Call with Jane Doe",
        "DTSTART;TZID=Europe/London:20260303T100000",
        "DTEND;TZID=Europe/London:20260303T103000",
    ] {
        assert!(calendar.lines().any(|known| known == line), "{line}\n{calendar}");
    }
    assert_eq!(telling.why.setting.as_ref().unwrap().field, "default_minutes");
    assert!(
        telling.why.sentence.ends_with("15 minutes before it begins. It was sent 2 hours late."),
        "{}",
        telling.why.sentence
    );
}

fn calendar(telling: &Telling) -> String {
    use base64::Engine;
    let file = &telling.mail.as_ref().unwrap().attachments[0];
    let bytes = base64::engine::general_purpose::STANDARD.decode(&file.content).unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_timer_of_what_is_no_longer_so_comes_to_nothing() {
    let due = |scene: Scene| scene.falls_due(TEN, "2026-03-03T09:45:00Z");
    let now = "2026-03-03T09:45:00Z";
    assert_eq!(due(scene(ten(), now)).len(), 1);
    assert!(due(scene(json!({"starts_at": "2026-03-03T11:00"}), now)).is_empty(), "moved");
    assert!(due(scene(ten_with(json!({"status": "Completed"})), now)).is_empty(), "done");
    assert!(due(scene(ten_with(json!({"reminder_on": false})), now)).is_empty(), "switched off");
    assert!(due(scene(ten(), now).with(0, 0, 5)).is_empty(), "due later by now");
    assert!(due(scene(ten(), now).with(0, 0, 0)).is_empty(), "the default is off by now");
    let mut given = scene(ten(), now);
    given.record.assigned_to = Some(BEN);
    assert!(due(given).is_empty(), "another's");
    let mut gone = scene(ten(), now);
    gone.people.remove(&EVE);
    assert!(due(gone).is_empty(), "the user is gone");
}

#[test]
fn of_what_was_missed_the_newest_is_made_up_for_or_all_or_none() {
    let daily = || ten_with(json!({"rrule": "FREQ=DAILY"}));
    let due = |missed, now| {
        let fallen = scene(daily(), now).missed(missed).falls_due(TEN, "2026-03-03T09:45:00Z");
        let short = |text: &String| text.split(" | ").next().unwrap().replace("Call with Jane Doe ", "");
        fallen.iter().map(short).collect::<Vec<_>>()
    };
    // Down until the afternoon of the third day.
    let three = "2026-03-05T14:00:00Z";
    assert_eq!(
        due(Missed::Newest, three),
        ["not 2026-03-03T10:00:00Z", "not 2026-03-04T10:00:00Z", "at 10:00"]
    );
    assert_eq!(
        due(Missed::None, three),
        ["not 2026-03-03T10:00:00Z", "not 2026-03-04T10:00:00Z", "not 2026-03-05T10:00:00Z"]
    );
    // Both lie in the last day.
    let two = "2026-03-04T09:44:00Z";
    assert_eq!(due(Missed::Newest, two), ["on Tue 3 Mar 2026 at 10:00"]);
    let morning = "2026-03-04T09:45:00Z";
    assert_eq!(due(Missed::All, morning), ["on Tue 3 Mar 2026 at 10:00", "at 10:00"]);
    assert_eq!(due(Missed::Newest, morning), ["not 2026-03-03T10:00:00Z", "at 10:00"]);
    // What has not begun yet is not missed.
    assert_eq!(due(Missed::None, "2026-03-04T09:50:00Z"), ["not 2026-03-03T10:00:00Z", "at 10:00"]);
    // Weekly, and longer ago than a day.
    let weekly = scene(ten_with(json!({"rrule": "FREQ=WEEKLY"})), "2026-03-05T14:00:00Z");
    assert_eq!(weekly.falls_due(TEN, "2026-03-03T09:45:00Z"), ["not 2026-03-03T10:00:00Z"]);
    // Once, and however long ago.
    assert_eq!(scene(ten(), "2026-06-05T14:00:00Z").falls_due(TEN, "2026-03-03T09:45:00Z").len(), 1);
}

#[test]
fn a_year_of_minutes_is_made_up_for_in_short() {
    let minutely =
        scene(ten_with(json!({"rrule": "FREQ=MINUTELY", "reminder_minutes": 0})), "2027-03-03T10:00:30Z");
    let fallen = minutely.falls_due(TEN, TEN);
    let told = fallen.iter().filter(|words| !words.starts_with("not ")).count();
    assert!(told == 1 && fallen.len() < 1_700, "{told} of {}", fallen.len());
    assert!(fallen.last().unwrap().starts_with("Call with Jane Doe at 10:00 |"), "{:?}", fallen.last());
}

/// Promise P18: the clock on the user's wall decides when it begins, and real time how long before.
#[test]
fn wall_times_are_kept_across_jumps_of_the_clock() {
    let weekly = json!({"starts_at": "2026-03-28T01:30", "rrule": "FREQ=DAILY"});
    for (now, expected) in [
        ("2026-03-28T00:00:00Z", "2026-03-28T01:30:00Z <- 2026-03-28T01:15:00Z"),
        // 01:30 is left out on the 29th: at the first moment after.
        ("2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z <- 2026-03-29T00:45:00Z"),
        ("2026-03-29T12:00:00Z", "2026-03-30T00:30:00Z <- 2026-03-30T00:15:00Z"),
        // Shown twice on 25 October: at the first of the two.
        ("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z <- 2026-10-25T00:15:00Z"),
        ("2026-10-25T01:20:00Z", "2026-10-26T01:30:00Z <- 2026-10-26T01:15:00Z"),
    ] {
        assert_eq!(scene(weekly.clone(), now).timers(), [expected], "{now}");
    }
    // The same words are another time for somebody in New York.
    let mut given = scene(ten(), "2026-03-01T00:00:00Z");
    given.record.assigned_to = Some(BEN);
    assert_eq!(given.timers(), ["2026-03-03T15:00:00Z <- 2026-03-03T14:45:00Z"]);
}

#[test]
fn timers_rest_on_the_default_lead_and_nothing_else() {
    let basis = |settings: ReminderSettings| Reminder.basis(&Snapshot::default().with(settings));
    let usual = ReminderSettings::default();
    assert_eq!(basis(usual.clone()), basis(ReminderSettings { missed: Missed::All, ..usual.clone() }));
    assert_ne!(basis(usual.clone()), basis(ReminderSettings { default_hours: 1, ..usual }));
}

#[test]
fn it_is_told_what_will_happen_or_why_nothing_will() {
    let before = "2026-03-01T00:00:00Z";
    for (scene, sentence) in [
        (
            scene(ten(), before),
            "Eve Sales will be reminded on Tue 3 Mar 2026 at 09:45 (Europe/London), 15 minutes before it begins.",
        ),
        (
            scene(ten(), "2026-03-03T09:50:00Z"),
            "Eve Sales is reminded at once: it begins in less than 15 minutes.",
        ),
        (
            scene(ten(), before).with(0, 0, 0),
            "No reminder: Reminder Settings are 0 days, 0 hours, 0 minutes and the activity says nothing else.",
        ),
        (
            scene(ten_with(json!({"reminder_on": false})), before),
            "No reminder: it is switched off in the activity itself.",
        ),
        (scene(ten_with(json!({"status": "Completed"})), before), "No reminder: the status is Completed."),
        (scene(json!({}), before), "No reminder: the activity has no start."),
        (scene(ten(), "2026-03-04T00:00:00Z"), "No reminder: the start lies in the past."),
        (
            scene(ten(), "2026-03-04T00:00:00Z").fired(TEN, EVE),
            "Eve Sales was reminded, and no further time lies ahead.",
        ),
    ] {
        assert_eq!(scene.outlook(), sentence);
    }
    let scene = scene(ten(), before);
    let of_ben = scene.seen(|view| Reminder.outlook(&scene.record, BEN, view));
    assert_eq!(
        of_ben,
        ["Ben Support will not be reminded: reminders go to the assigned user, who is Eve Sales."]
    );
    let shown = scene.seen(|view| Reminder.shown(&scene.record, view));
    assert_eq!(
        shown["reminder"],
        json!({"on": true, "minutes": 15, "from": "default", "next": ["2026-03-03T09:45:00Z"], "time_zone": "Europe/London",
            "sentence": "Eve Sales will be reminded on Tue 3 Mar 2026 at 09:45 (Europe/London), 15 minutes before it begins."})
    );
}

/// A change of the activity of a scene; without `after` it is deleted.
fn change(scene: &Scene, after: Option<Record>, actor_id: Option<i64>, send: Option<bool>) -> Change {
    Change {
        before: Some(scene.record.clone()),
        after,
        actor: Actor { user_id: actor_id, name: "CRM".into(), by: By::Api },
        send_notification: send,
        course: Course::Saved,
        credit: Credit::Kept,
    }
}

/// The activity of a scene with other fields.
fn with_fields(scene: &Scene, fields: Value) -> Record {
    let mut record = Record { version: 5, updated_at: scene.now, ..scene.record.clone() };
    record.fields.extend(fields.as_object().unwrap().clone());
    record.fields.retain(|_, value| !value.is_null());
    record
}

/// What changes come to: `title | message`.
fn told(scene: &Scene, changes: &[Change]) -> Vec<String> {
    let found = scene.seen(|view| Reminder.on_changes(changes, view));
    let words = found.iter().map(|finding| match finding {
        Finding::Tell(telling) => format!("{} | {}", telling.title, telling.message.as_ref().unwrap()),
        Finding::Silent { why, .. } => why.sentence.clone(),
    });
    words.collect()
}

/// What is forgotten by a change: the starts.
fn forgotten(scene: &Scene, change: &Change) -> Vec<String> {
    let timers = scene.seen(|view| Reminder.forgotten(std::slice::from_ref(change), view));
    timers.iter().map(|timer| named(&timer.occurrence).unwrap().0.to_rfc3339()).collect()
}

/// What a change of Eve's call comes to at 09:50, when she was reminded of it: `title | message`.
fn withdrawn(
    after: impl FnOnce(&mut Record) -> bool,
    actor_id: Option<i64>,
    send: Option<bool>,
) -> Vec<String> {
    let scene = scene(ten(), "2026-03-03T09:50:00Z").fired(TEN, EVE);
    let mut changed = with_fields(&scene, json!({}));
    let stays = after(&mut changed);
    let change = change(&scene, stays.then_some(changed), actor_id, send);
    let found = scene.seen(|view| Reminder.on_changes(std::slice::from_ref(&change), view));
    for finding in &found {
        let Finding::Tell(telling) = finding else { continue };
        let calendar = calendar(telling);
        // Seconds from 2020 to 3 March 2026, 09:50.
        assert!(
            calendar.contains("METHOD:CANCEL") && calendar.contains("SEQUENCE:194694600\n"),
            "{calendar}"
        );
        assert_eq!(telling.user_id, EVE);
    }
    told(&scene, &[change])
}

#[test]
fn whoever_was_reminded_hears_that_it_is_off() {
    let cancel = |record: &mut Record| drop(record.fields.insert("status".to_owned(), "Cancelled".into()));
    let call = "Call with Jane Doe, Tue 3 Mar 2026, 10:00–10:30 (Europe/London)";
    let cancelled = withdrawn(|record| (cancel(record), true).1, Some(BEN), None);
    assert_eq!(
        cancelled,
        [format!("Cancelled: Call with Jane Doe at 10:00 | Ben Support cancelled it: {call}")]
    );
    let deleted = withdrawn(|_| false, None, None);
    assert_eq!(deleted, [format!("Cancelled: Call with Jane Doe at 10:00 | CRM deleted it: {call}")]);
    let given = withdrawn(|record| (record.assigned_to = Some(BEN), true).1, Some(BEN), None);
    assert_eq!(
        given,
        [format!(
            "No longer yours: Call with Jane Doe at 10:00 | Ben Support assigned it to Ben Support: {call}"
        )]
    );
    // Whoever did it knows, and nobody is told where that was unticked.
    assert!(withdrawn(|_| false, Some(EVE), None).is_empty());
    assert_eq!(
        withdrawn(|_| false, Some(BEN), Some(false)),
        ["Eve Sales was not told: Send Notification was not ticked."]
    );
    // Completed, or moved: nothing is withdrawn.
    assert!(
        withdrawn(
            |record| (record.fields.insert("status".to_owned(), "Completed".into()), true).1,
            Some(BEN),
            None
        )
        .is_empty()
    );
    assert!(
        withdrawn(
            |record| (record.fields.insert("starts_at".to_owned(), "2026-03-03T11:00".into()), true).1,
            Some(BEN),
            None
        )
        .is_empty()
    );
}

#[test]
fn a_longer_lead_loses_none_of_a_series() {
    let daily = ten_with(json!({"rrule": "FREQ=DAILY"}));
    // Of that of the 4th she was reminded a day before; now it is three days.
    let raised = scene(daily, "2026-03-03T12:00:00Z").with(3, 0, 0).fired("2026-03-04T10:00:00Z", EVE);
    assert_eq!(
        raised.timers(),
        ["2026-03-05T10:00:00Z <- 2026-03-03T12:00:00Z", "2026-03-07T10:00:00Z <- 2026-03-04T10:00:00Z"]
    );
    let said = raised.falls_due("2026-03-05T10:00:00Z", "2026-03-03T12:00:00Z");
    let said: Vec<&str> = said.iter().map(|words| words.split(": ").next().unwrap()).collect();
    // Neither is late: both are due only since the lead is longer.
    assert_eq!(
        said,
        [
            "Call with Jane Doe on Thu 5 Mar 2026 at 10:00 | In 1 day 22 hours",
            "Call with Jane Doe on Fri 6 Mar 2026 at 10:00 | In 2 days 22 hours"
        ]
    );
    let raised = raised.fired("2026-03-05T10:00:00Z", EVE).fired("2026-03-06T10:00:00Z", EVE);
    assert_eq!(raised.timers(), ["2026-03-07T10:00:00Z <- 2026-03-04T10:00:00Z"]);
}

#[test]
fn each_time_of_a_dense_series_is_reminded_of_once_and_in_order() {
    let hourly = json!({"starts_at": "2026-03-03T10:00", "rrule": "FREQ=HOURLY"});
    let mut scene = scene(hourly, "2026-03-03T12:30:00Z").with(10, 0, 0);
    let mut told: Vec<Instant> = Vec::new();
    let now = scene.now;
    for _ in 0..240 {
        let timers = scene.seen(|view| Reminder.timers(&scene.record, view));
        let Some(timer) = timers.iter().find(|timer| timer.due_at <= now) else { break };
        let starts: Vec<Instant> = scene
            .seen(|view| Reminder.on_due(timer, &scene.record, view))
            .iter()
            .filter(|due| matches!(due.findings[..], [Finding::Tell(_)]))
            .map(|due| named(&due.occurrence).unwrap().0)
            .collect();
        for start in starts {
            scene = scene.fired(&start.to_rfc3339(), EVE);
            told.push(start);
        }
    }
    assert_eq!(told.len(), 240);
    assert!(told.is_sorted_by(|a, b| a < b), "in order, and each but once");
}

#[test]
fn what_was_withdrawn_is_forgotten_so_that_it_can_be_put_back() {
    let scene = scene(ten(), "2026-03-03T09:50:00Z")
        .fired(TEN, EVE)
        .fired(TEN, BEN)
        .fired("2026-03-02T10:00:00Z", EVE);
    let cancelled = with_fields(&scene, json!({"status": "Cancelled"}));
    let given = Record { assigned_to: Some(BEN), ..with_fields(&scene, json!({})) };
    for (name, after, actor_id, send, is_forgotten) in [
        ("told", Some(cancelled.clone()), Some(BEN), None, true),
        ("deleted", None, Some(BEN), None, true),
        ("given", Some(given), None, None, true),
        ("her own act", Some(cancelled.clone()), Some(EVE), None, true),
        ("nobody told her", Some(cancelled), Some(BEN), Some(false), false),
        (
            "moved",
            Some(with_fields(&scene, json!({"starts_at": "2026-03-03T11:00"}))),
            Some(BEN),
            None,
            false,
        ),
        ("done", Some(with_fields(&scene, json!({"status": "Completed"}))), Some(BEN), None, false),
    ] {
        let expected: &[&str] = if is_forgotten { &[TEN] } else { &[] };
        assert_eq!(forgotten(&scene, &change(&scene, after, actor_id, send)), expected, "{name}");
    }
}

#[test]
fn a_series_is_withdrawn_between_two_of_its_times() {
    let weekly = || ten_with(json!({"rrule": "FREQ=WEEKLY;COUNT=2"}));
    let deleted = |now| {
        let scene = scene(weekly(), now).fired(TEN, EVE);
        told(&scene, &[change(&scene, None, None, None)])
    };
    assert_eq!(
        deleted("2026-03-05T09:00:00Z"),
        [
            "Cancelled: Call with Jane Doe on Tue 10 Mar 2026 at 10:00 | CRM deleted it: Call with Jane Doe, Tue 10 Mar 2026, 10:00–10:30 (Europe/London)"
        ]
    );
    assert_eq!(deleted("2026-03-10T10:00:00Z"), [""; 0], "none is left");
    let unheard = scene(weekly(), "2026-03-01T09:00:00Z");
    assert_eq!(told(&unheard, &[change(&unheard, None, None, None)]), [""; 0], "she was never reminded");
    let over = scene(ten(), "2026-03-03T10:00:00Z").fired(TEN, EVE);
    assert_eq!(told(&over, &[change(&over, None, None, None)]), [""; 0], "it has begun");
    let done = scene(ten_with(json!({"status": "Completed"})), "2026-03-03T09:50:00Z").fired(TEN, EVE);
    assert_eq!(told(&done, &[change(&done, None, None, None)]), [""; 0], "it is over");
}

#[test]
fn without_its_start_it_is_withdrawn() {
    let scene = scene(ten(), "2026-03-03T09:50:00Z").fired(TEN, EVE);
    let undated = with_fields(&scene, json!({"starts_at": null, "ends_at": null}));
    let change = change(&scene, Some(undated), Some(BEN), None);
    assert_eq!(
        told(&scene, std::slice::from_ref(&change)),
        [
            "No longer scheduled: Call with Jane Doe at 10:00 | Ben Support took the start out of it: Call with Jane Doe, Tue 3 Mar 2026, 10:00–10:30 (Europe/London)"
        ]
    );
    assert_eq!(forgotten(&scene, &change), [TEN]);
}

/// Many calls of Eve's that were given to Ben by one request, after she was reminded of each.
fn many(number: usize) -> (Scene, Vec<Change>) {
    let mut scene = scene(ten(), "2026-03-03T09:50:00Z").fired(TEN, EVE);
    let fired = scene.fired.values().next().unwrap().clone();
    let changes = (0..number).map(|n| {
        let mut given = change(&scene, Some(with_fields(&scene, json!({}))), Some(BEN), None);
        for record in [given.before.as_mut(), given.after.as_mut()].into_iter().flatten() {
            (record.id, record.label) = (format!("a{n}").into(), format!("Call {n}"));
        }
        given.after.as_mut().unwrap().assigned_to = Some(BEN);
        given
    });
    let changes: Vec<Change> = changes.collect();
    for change in &changes {
        scene.fired.insert((ACTIVITIES.into(), change.record().id.clone()), fired.clone());
    }
    (scene, changes)
}

#[test]
fn what_one_request_withdraws_is_told_once() {
    let (scene, mut changes) = many(60);
    let found = scene.seen(|view| Reminder.on_changes(&changes[..12], view));
    let [Finding::Tell(telling)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(telling.title, "12 activities are no longer yours");
    assert_eq!(telling.beside, Beside::Within("record_reassigned_away"));
    let message = telling.message.as_ref().unwrap();
    assert!(message.starts_with("Ben Support assigned them to Ben Support:\nCall 0\nCall 1\n"), "{message}");
    assert!(message.ends_with("\nCall 9\n… and 2 more"), "{message}");
    let files = &telling.mail.as_ref().unwrap().attachments;
    let names: std::collections::BTreeSet<&str> = files.iter().map(|file| &*file.name).collect();
    assert_eq!((files.len(), names.len()), (12, 12));
    assert!(files.iter().all(|file| file.content_type.contains("method=CANCEL")));
    assert_eq!((telling.why.records.len(), telling.metadata.get("record_id")), (12, None));
    let found = scene.seen(|view| Reminder.on_changes(&changes, view));
    let [Finding::Tell(telling)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(telling.mail.as_ref().unwrap().attachments.len(), 50);
    for change in &mut changes {
        change.after = None;
    }
    let deleted = told(&scene, &changes[..2]);
    assert_eq!(deleted, ["2 activities were cancelled | Ben Support deleted them:\nCall 0\nCall 1"]);
    for change in &mut changes {
        change.send_notification = Some(false);
    }
    assert_eq!(told(&scene, &changes[..2]), ["Eve Sales was not told: Send Notification was not ticked."]);
}
