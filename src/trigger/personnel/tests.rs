//! Which rules tell whom, and when.

use std::collections::HashMap;

use super::*;
use crate::trigger::Figure;
use crate::trigger::reassignment::tests::record;
use crate::trigger::scene::Scene;

const EVE: i64 = 3;
const MAX: i64 = 4;
const MIA: i64 = 5;

fn figure(id: i64, name: &str, zone: &str, reports_to: Option<i64>) -> (i64, Figure) {
    let (name, email) = (name.to_owned(), format!("user{id}@example.com"));
    let (time_zone, language) = (zone.to_owned(), "en".to_owned());
    (
        id,
        Figure {
            id,
            name,
            email,
            time_zone,
            language,
            reports_to,
            on_support: false,
            is_active: true,
            is_customer: false,
        },
    )
}

/// Eve in New York, whom Max leads; Mia is a user like others.
fn scene(rules: Vec<Rule>, now: &str) -> Scene {
    let people = [
        figure(EVE, "Eve Sales", "America/New_York", Some(MAX)),
        figure(MAX, "Max Manager", "Europe/London", None),
        figure(MIA, "Mia", "UTC", None),
    ];
    Scene {
        settings: Snapshot::default().with(PersonnelSettings { rules }),
        people: HashMap::from(people),
        lists: HashMap::from([("Mia".to_owned(), vec![MIA]), ("Gone; Mia".to_owned(), vec![MIA])]),
        now: Instant::parse(now).unwrap(),
        ..Scene::default()
    }
}

fn rule(field: &str, days_before: u16, yearly: bool, recipients: &str) -> Rule {
    let (field, recipients) = (field.to_owned(), recipients.to_owned());
    Rule { field, days_before, yearly: Some(yearly), recipients, template: None, enabled: true }
}

fn eve(fields: Value) -> Record {
    let Value::Object(mut fields) = fields else { panic!("{fields} is no object") };
    fields.entry("user_id").or_insert(EVE.into());
    Record { fields, ..record(MODULE, "p3", "Eve Sales", None) }
}

/// When the timers of a record are due.
fn due(record: &Record, scene: &Scene) -> Vec<String> {
    Personnel.timers(record, &scene.view()).iter().map(|timer| timer.due_at.to_rfc3339()).collect()
}

/// Field, its value, days before, yearly, now, when it is due.
type Case = (&'static str, &'static str, u16, bool, &'static str, &'static [&'static str]);

#[test]
fn a_rule_is_due_at_nine_of_the_persons_morning() {
    let table: &[Case] = &[
        ("appraisal_date", "2027-03-24", 14, false, "2027-01-01T00:00:00Z", &["2027-03-10T14:00:00Z"]),
        // After the clocks went forward in New York.
        ("appraisal_date", "2027-03-24", 2, false, "2027-01-01T00:00:00Z", &["2027-03-22T13:00:00Z"]),
        (
            "appraisal_date",
            "2027-03-24T10:30:00Z",
            14,
            false,
            "2027-01-01T00:00:00Z",
            &["2027-03-10T14:00:00Z"],
        ),
        ("leaving_date", "2027-03-01", 0, false, "2027-03-01T20:00:00Z", &["2027-03-01T14:00:00Z"]),
        // In New York it is still the first of March.
        ("leaving_date", "2027-03-01", 0, false, "2027-03-02T03:00:00Z", &["2027-03-01T14:00:00Z"]),
        ("leaving_date", "2027-03-01", 0, false, "2027-03-02T06:00:00Z", &[]),
        // Known late: on the first morning that there is.
        ("probation_end", "2027-03-10", 14, false, "2027-03-04T12:00:00Z", &["2027-03-04T14:00:00Z"]),
        ("probation_end", "2027-03-10", 14, false, "2027-03-04T20:00:00Z", &["2027-03-04T14:00:00Z"]),
        ("probation_end", "2027-03-10", 14, false, "2027-03-11T20:00:00Z", &[]),
        ("contract_end", "", 14, false, "2027-03-04T12:00:00Z", &[]),
        ("contract_end", "soon", 14, false, "2027-03-04T12:00:00Z", &[]),
        (
            "birth_date",
            "1992-05-17",
            1,
            true,
            "2027-03-04T12:00:00Z",
            &["2027-05-16T13:00:00Z", "2028-05-16T13:00:00Z"],
        ),
        (
            "birth_date",
            "1992-01-02",
            7,
            true,
            "2027-03-04T12:00:00Z",
            &["2027-12-26T14:00:00Z", "2028-12-26T14:00:00Z"],
        ),
        (
            "birth_date",
            "1992-02-29",
            0,
            true,
            "2027-01-04T12:00:00Z",
            &["2027-02-28T14:00:00Z", "2028-02-29T14:00:00Z"],
        ),
        (
            "start_date",
            "2030-02-01",
            0,
            true,
            "2027-01-04T12:00:00Z",
            &["2030-02-01T14:00:00Z", "2031-02-01T14:00:00Z"],
        ),
        ("medical_check", "2027-06-01", 0, false, "2027-01-04T12:00:00Z", &["2027-06-01T13:00:00Z"]),
    ];
    for (field, value, days_before, yearly, now, wanted) in table {
        let scene = scene(vec![rule(field, *days_before, *yearly, "manager")], now);
        let found = due(&eve(json!({*field: value})), &scene);
        assert_eq!(found, *wanted, "{field} {value}, {days_before} days before, at {now}");
    }
}

#[test]
fn whoever_is_no_user_goes_by_the_companys_clock_and_rules_out_of_force_by_none() {
    let stranger = || {
        let fields = Map::from_iter([("appraisal_date".to_owned(), json!("2027-03-24"))]);
        Record { fields, ..record(MODULE, "p9", "Kim", None) }
    };
    let mut scene = scene(vec![rule("appraisal_date", 14, false, "Mia")], "2027-01-01T00:00:00Z");
    assert_eq!(due(&stranger(), &scene), ["2027-03-10T09:00:00Z"]);
    let company = crate::user::company::Company { time_zone: "Asia/Tokyo".to_owned(), ..Default::default() };
    scene.settings = scene.settings.with(company);
    assert_eq!(due(&stranger(), &scene), ["2027-03-10T00:00:00Z"]);
    let off = Rule { enabled: false, ..rule("appraisal_date", 14, false, "Mia") };
    scene.settings = scene.settings.with(PersonnelSettings { rules: vec![off] });
    assert!(due(&stranger(), &scene).is_empty());
}

#[test]
fn nobody_is_told_of_a_birthday_of_somebody_who_has_left() {
    let scene = scene(vec![rule("birth_date", 0, true, "manager")], "2027-03-04T12:00:00Z");
    let left = eve(json!({"birth_date": "1992-05-17", "leaving_date": "2027-04-30"}));
    assert!(due(&left, &scene).is_empty());
    assert!(due(&eve(json!({"birth_date": "1992-05-17", "status": "Left"})), &scene).is_empty());
    let later = eve(json!({"birth_date": "1992-05-17", "leaving_date": "2027-05-17"}));
    assert_eq!(due(&later, &scene), ["2027-05-17T13:00:00Z"]);
}

/// Who is told which title at this instant, of what is due.
fn told(record: &Record, scene: &Scene, occurrence: &str) -> Vec<(i64, String)> {
    let timer = Timer {
        trigger: NAME,
        module: MODULE.into(),
        record_id: record.id.clone(),
        occurrence: occurrence.to_owned(),
        due_at: scene.now,
    };
    let due = Personnel.on_due(&timer, record, &scene.view());
    let tellings = due.into_iter().flat_map(|due| due.findings).filter_map(|finding| match finding {
        Finding::Tell(telling) => Some((telling.user_id, telling.title)),
        _ => None,
    });
    tellings.collect()
}

#[test]
fn those_whom_the_rules_of_a_day_name_are_told_once_each() {
    let rules = vec![
        rule("appraisal_date", 14, false, "person, Manager"),
        rule("appraisal_date", 14, false, "manager; Gone; Mia"),
        rule("appraisal_date", 7, false, "Mia"),
    ];
    let at = scene(rules, "2027-03-10T14:00:00Z");
    let record = eve(json!({"appraisal_date": "2027-03-24"}));
    let told = |record: &Record, scene: &Scene| told(record, scene, "appraisal_date@2027-03-24-14");
    let title = "Eve Sales: Appraisal Date is in 14 days".to_owned();
    assert_eq!(told(&record, &at), [(EVE, title.clone()), (MAX, title.clone()), (MIA, title)]);
    // The record's own word on who leads her goes before the user's.
    let led = eve(json!({"appraisal_date": "2027-03-24", "supervisor_id": MIA}));
    assert_eq!(told(&led, &at).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [EVE, MIA]);
    // Whoever led her and is gone hides nobody.
    let gone = eve(json!({"appraisal_date": "2027-03-24", "supervisor_id": 99}));
    assert_eq!(told(&gone, &at).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [EVE, MAX, MIA]);
    // Another date by now, or another hour where she is: nothing.
    assert!(told(&eve(json!({"appraisal_date": "2027-03-25"})), &at).is_empty());
    let early = Scene { now: Instant::parse("2027-03-10T13:59:59Z").unwrap(), ..at };
    assert!(told(&record, &early).is_empty());
}

#[test]
fn what_comes_is_said_in_words() {
    // (field, value, now, title)
    let table = [
        ("birth_date", "1992-03-24", "2027-03-24T13:00:00Z", "Eve Sales's birthday is today"),
        ("birth_date", "1992-03-24", "2027-03-25T14:00:00Z", "Eve Sales's birthday was yesterday"),
        ("start_date", "2017-03-24", "2027-03-24T13:00:00Z", "Eve Sales: 10 years with us is today"),
        ("start_date", "2026-03-24", "2027-03-24T13:00:00Z", "Eve Sales: 1 year with us is today"),
        ("start_date", "2027-03-24", "2027-03-24T13:00:00Z", "Eve Sales: Start Date is today"),
        ("medical_check", "2020-03-24", "2027-03-27T13:00:00Z", "Eve Sales: medical check was 3 days ago"),
    ];
    for (field, value, now, title) in table {
        let scene = scene(vec![rule(field, 0, true, "manager")], now);
        let told = told(&eve(json!({field: value})), &scene, &format!("{field}@2027-03-24-0"));
        assert_eq!(told, [(MAX, title.to_owned())], "{field} {value} {now}");
    }
}

#[test]
fn the_outlook_names_the_next_day() {
    let scene = scene(vec![rule("appraisal_date", 14, false, "person")], "2027-01-01T00:00:00Z");
    let record = eve(json!({"appraisal_date": "2027-03-24"}));
    let outlook = Personnel.outlook(&record, EVE, &scene.view());
    assert_eq!(outlook, ["Eve Sales will be told 14 days before Appraisal Date, Wed 24 Mar 2027."]);
    assert!(Personnel.outlook(&record, MAX, &scene.view()).is_empty());
}
