//! Which level counts, by when a ticket is to be answered, who hears of it, and with which words: in tables.

use serde_json::{Value, json};

use super::levels::{Kind, Level};
use super::who::By;
use super::*;
use crate::settings::Group;
use crate::trigger::reassignment::tests::{people, record};
use crate::trigger::scene::Scene;
use crate::trigger::{Fired, FiredTimes};

const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("the case has an instant")
}

fn with(mut record: Record, fields: Value) -> Record {
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    record.fields = fields;
    record
}

/// A ticket that was made on Tuesday, 3 March 2026, at 15:00.
fn ticket(fields: Value) -> Record {
    let made = with(record(TICKETS, "4711", "Printer on fire", None), fields);
    Record { created_at: at("2026-03-03T15:00:00Z"), ..made }
}

fn put(scene: &mut Scene, record: Record) {
    scene.records.insert((record.module.clone(), record.id.clone()), record);
}

fn at_time(text: &str) -> Scene {
    Scene { now: at(text), people: people(), ..Scene::default() }
}

#[test]
fn the_most_specific_level_that_says_something_counts() {
    let (high, low) = (json!("High"), json!("Low"));
    let gold = json!({"sla_response_hours": 6, "sla_severity_hours": {"High": 2}});
    let silver = json!({"sla_response_hours": 6});
    let bronze = json!({"sla_severity_hours": {"High": 2}});
    let none = json!({});
    let to = |address: &str| json!(address);
    let vip = || to("vip@example.com");
    // Default 8; global High 4, Low 24; to vip@example.com 1.
    let table: Vec<(Value, Option<Value>, Value, u8, f64)> = vec![
        // Severity, contract, support e-mail: level, hours.
        (none.clone(), None, none.clone(), 1, 8.0),
        (json!(""), None, to(""), 1, 8.0),
        (json!("Odd"), None, to("nobody@example.com"), 1, 8.0),
        (json!(null), None, json!(null), 1, 8.0),
        (high.clone(), None, none.clone(), 2, 4.0),
        (json!(" high "), None, none.clone(), 2, 4.0),
        (json!("HIGH"), None, to("other@example.com"), 2, 4.0),
        (low.clone(), None, none.clone(), 2, 24.0),
        (json!(3), None, none.clone(), 2, 3.0),
        (json!(3.0), None, none.clone(), 2, 3.0),
        (json!("3"), None, none.clone(), 2, 3.0),
        (none.clone(), Some(silver.clone()), none.clone(), 3, 6.0),
        (high.clone(), Some(silver.clone()), none.clone(), 3, 6.0),
        (low.clone(), Some(silver.clone()), none.clone(), 3, 6.0),
        (none.clone(), Some(json!({"sla_response_hours": "6.5"})), none.clone(), 3, 6.5),
        (high.clone(), Some(gold.clone()), none.clone(), 4, 2.0),
        (json!("hIGH "), Some(gold.clone()), none.clone(), 4, 2.0),
        (high.clone(), Some(bronze.clone()), to("other@example.com"), 4, 2.0),
        (low.clone(), Some(gold.clone()), none.clone(), 3, 6.0),
        (low.clone(), Some(bronze.clone()), none.clone(), 2, 24.0),
        (none.clone(), Some(bronze.clone()), none.clone(), 1, 8.0),
        (high.clone(), Some(gold.clone()), vip(), 5, 1.0),
        (none.clone(), None, to(" VIP@Example.com "), 5, 1.0),
        (high.clone(), None, vip(), 5, 1.0),
        (low.clone(), Some(silver.clone()), vip(), 5, 1.0),
        // Blank, 0, below 0 and what is no number fall through.
        (
            high.clone(),
            Some(json!({"sla_response_hours": 6, "sla_severity_hours": {"High": 0}})),
            none.clone(),
            3,
            6.0,
        ),
        (
            high.clone(),
            Some(json!({"sla_response_hours": 6, "sla_severity_hours": {"High": ""}})),
            none.clone(),
            3,
            6.0,
        ),
        (
            high.clone(),
            Some(json!({"sla_response_hours": 6, "sla_severity_hours": {"High": null}})),
            none.clone(),
            3,
            6.0,
        ),
        (
            high.clone(),
            Some(json!({"sla_response_hours": 6, "sla_severity_hours": {"High": -1}})),
            none.clone(),
            3,
            6.0,
        ),
        (
            high.clone(),
            Some(json!({"sla_response_hours": 6, "sla_severity_hours": [2]})),
            none.clone(),
            3,
            6.0,
        ),
        (
            high.clone(),
            Some(json!({"sla_response_hours": 0, "sla_severity_hours": {}})),
            none.clone(),
            2,
            4.0,
        ),
        (high.clone(), Some(json!({"sla_response_hours": "soon"})), none.clone(), 2, 4.0),
        (high.clone(), Some(json!({"sla_response_hours": null})), none.clone(), 2, 4.0),
        (high.clone(), Some(json!({"sla_response_hours": "nan"})), none.clone(), 2, 4.0),
        (high.clone(), Some(json!({})), none.clone(), 2, 4.0),
        (json!("Odd"), Some(json!({"sla_response_hours": -3})), none.clone(), 1, 8.0),
        (json!("Zero"), None, none.clone(), 1, 8.0),
        // Nothing is too long to be added up.
        (none.clone(), Some(json!({"sla_response_hours": 1e300})), none.clone(), 3, 10_000.0),
    ];
    let mut settings = HelpdeskSettings {
        severity_hours: [("High", 4.0), ("Low", 24.0), ("3", 3.0), ("Zero", 0.0)]
            .map(|(name, hours)| (name.to_owned(), hours))
            .into(),
        email_hours: [("vip@example.com".to_owned(), 1.0)].into(),
        ..HelpdeskSettings::default()
    };
    assert_eq!(settings.check(&()), Ok(()));
    assert!(table.len() >= 30);
    for (severity, contract, address, number, hours) in table {
        let case = format!("{severity} {contract:?} {address}");
        let ticket = ticket(json!({"severity": severity, "support_email": address}));
        let contract = contract.map(|fields| with(record("contracts", "gold", "Gold", None), fields));
        let level = Level::of(&ticket, contract.as_ref(), &settings);
        assert_eq!((level.kind.number(), level.hours), (number, hours), "{case}");
    }
    let kinds = [Kind::Default, Kind::Severity, Kind::Contract, Kind::ContractSeverity, Kind::Email];
    let names = kinds.map(|kind| (kind.number(), kind.name()));
    assert_eq!(
        names,
        [(1, "default"), (2, "severity"), (3, "contract"), (4, "contract_severity"), (5, "email")]
    );
}

#[test]
fn a_ticket_is_due_after_so_much_open_time_from_its_last_action() {
    // The company is open from nine to five, in UTC. 3 March 2026 is a Tuesday.
    for (fields, hours, approaching, due) in [
        (json!({}), 8.0, "2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z"),
        (json!({}), 2.0, "2026-03-03T16:30:00Z", "2026-03-03T17:00:00Z"),
        (json!({}), 1.0, "2026-03-03T15:45:00Z", "2026-03-03T16:00:00Z"),
        (json!({}), 2.5, "2026-03-03T16:52:30Z", "2026-03-04T09:30:00Z"),
        (
            json!({"last_action_date": "2026-03-06T16:00:00Z"}),
            4.0,
            "2026-03-09T11:00:00Z",
            "2026-03-09T12:00:00Z",
        ),
        (
            json!({"last_action_date": "2026-03-06T17:00:00+01:00"}),
            4.0,
            "2026-03-09T11:00:00Z",
            "2026-03-09T12:00:00Z",
        ),
        (
            json!({"last_action_date": "2026-03-06T16:00"}),
            4.0,
            "2026-03-09T11:00:00Z",
            "2026-03-09T12:00:00Z",
        ),
        (
            json!({"last_action_date": "2026-03-07T03:00:00Z"}),
            8.0,
            "2026-03-09T16:00:00Z",
            "2026-03-09T17:00:00Z",
        ),
        (json!({"last_action_date": ""}), 8.0, "2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z"),
        (json!({"last_action_date": "soon"}), 8.0, "2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z"),
    ] {
        let mut scene = at_time("2026-03-03T15:00:00Z");
        scene.settings = scene
            .settings
            .with(HelpdeskSettings { default_response_hours: hours, ..HelpdeskSettings::default() });
        let term = Term::of(&ticket(fields.clone()), &scene.view()).expect("its clock runs");
        assert_eq!((term.approaching_at, term.due_at), (Some(at(approaching)), at(due)), "{fields} {hours}");
    }
}

#[test]
fn no_clock_runs_where_nobody_of_ours_is_to_act() {
    for (status, state) in [
        (json!("Open"), "on_time"),
        (json!(""), "on_time"),
        (json!(null), "on_time"),
        (json!("Closed"), "stopped"),
        (json!(" closed "), "stopped"),
        (json!("RESOLVED"), "stopped"),
        (json!("Waiting for Customer"), "stopped"),
        (json!("Waiting"), "on_time"),
    ] {
        let scene = at_time("2026-03-03T15:00:00Z");
        let shown = &Sla.shown(&ticket(json!({"status": status})), &scene.view())["sla"];
        assert_eq!(shown["state"], state, "{status}");
        assert_eq!(shown["due_at"].is_null(), state == "stopped", "{shown}");
        assert_eq!((&shown["level"], &shown["hours"]), (&json!(1), &json!(8.0)));
    }
    let never = Company { opening_hours: crate::user::hours::week::Week::default(), ..Company::default() };
    let mut scene = at_time("2026-03-03T15:00:00Z");
    scene.settings = scene.settings.with(never);
    let shown = &Sla.shown(&ticket(json!({})), &scene.view())["sla"];
    assert_eq!(shown["sentence"], "No response time: by Company Information the company is never open.");
    assert!(Sla.timers(&ticket(json!({})), &scene.view()).is_empty());
}

#[test]
fn both_alerts_are_set_and_only_the_second_where_time_is_over() {
    let ticket = ticket(json!({}));
    let base = ticket.created_at.0;
    let occurrences = |scene: &Scene| -> Vec<(String, Instant)> {
        let timers = Sla.timers(&ticket, &scene.view());
        timers.into_iter().map(|timer| (timer.occurrence, timer.due_at)).collect()
    };
    let (approaching, breached) = (format!("approaching@{base}"), format!("breached@{base}"));
    let (first, second) = (at("2026-03-04T14:00:00Z"), at("2026-03-04T15:00:00Z"));
    assert_eq!(
        occurrences(&at_time("2026-03-03T15:00:00Z")),
        [(approaching.clone(), first), (breached.clone(), second)]
    );
    // What has been due for a while is due now; what has fired, the engine takes out.
    let between = at_time("2026-03-04T14:30:00Z");
    assert_eq!(occurrences(&between), [(approaching, between.now), (breached.clone(), second)]);
    let over = at_time("2026-03-05T09:00:00Z");
    assert_eq!(occurrences(&over), [(breached, over.now)]);
    let mut off = at_time("2026-03-03T15:00:00Z");
    off.settings = off.settings.with(HelpdeskSettings { escalation: false, ..HelpdeskSettings::default() });
    assert_eq!(occurrences(&off), []);
    let mut late_only = at_time("2026-03-03T15:00:00Z");
    late_only.settings =
        late_only.settings.with(HelpdeskSettings { approaching_minutes: 0, ..HelpdeskSettings::default() });
    assert_eq!(occurrences(&late_only).len(), 1);
}

#[test]
fn what_was_over_before_the_ticket_was_known_or_a_year_ago_is_history() {
    // Made here on Tuesday, 3 March, at 15:00; open from nine to five, eight hours.
    for (last_action, now, wanted) in [
        ("2025-01-01T09:00:00Z", "2026-03-03T15:00:00Z", &[][..]),
        ("2025-01-01T09:00:00Z", "2026-03-20T15:00:00Z", &[]),
        ("2026-03-02T14:59:00Z", "2026-03-03T15:00:00Z", &[]),
        ("2026-03-02T15:30:00Z", "2026-03-03T15:00:00Z", &["breached"]),
        ("2026-03-02T16:30:00Z", "2026-03-03T15:00:00Z", &["approaching", "breached"]),
        ("2026-03-03T15:00:00Z", "2027-03-04T15:00:00Z", &["breached"]),
        ("2026-03-03T15:00:00Z", "2027-03-04T15:00:01Z", &[]),
    ] {
        let timers = Sla.timers(&ticket(json!({"last_action_date": last_action})), &at_time(now).view());
        let steps: Vec<&str> =
            timers.iter().map(|timer| timer.occurrence.split_once('@').unwrap().0).collect();
        assert_eq!(steps, wanted, "{last_action} {now}");
    }
    let scene = team("2026-03-05T15:00:00Z");
    let old = ticket(json!({"last_action_date": "2025-01-01T09:00:00Z"}));
    assert_eq!(
        words::outlook(&old, BEN, &scene.view()),
        "The response time of Ticket Printer on fire was over before Belfry knew it, and nobody is told."
    );
}

fn on_support(scene: &mut Scene, ids: &[i64]) {
    for id in ids {
        scene.people.get_mut(id).expect("they exist").on_support = true;
    }
}

fn locked(scene: &mut Scene, ids: &[i64]) {
    for id in ids {
        scene.people.get_mut(id).expect("they exist").is_active = false;
    }
}

#[test]
fn no_alert_is_lost_because_nobody_is_on_support() {
    type Case = (&'static [i64], &'static [i64], &'static [i64], Option<i64>, &'static [i64], By);
    // Members, on support, locked, assigned: told, how.
    let table: &[Case] = &[
        (&[BEN, EVE], &[BEN], &[], None, &[BEN], By::OnSupport),
        (&[BEN, EVE], &[BEN, EVE], &[], None, &[BEN, EVE], By::OnSupport),
        (&[BEN, EVE], &[], &[], None, &[BEN, EVE], By::WholeGroup),
        (&[BEN, EVE], &[ADA], &[], None, &[BEN, EVE], By::WholeGroup),
        (&[BEN, EVE], &[BEN], &[BEN], None, &[EVE], By::WholeGroup),
        (&[BEN, EVE], &[BEN], &[BEN, EVE], Some(ADA), &[ADA], By::Assigned),
        (&[], &[BEN], &[], Some(EVE), &[EVE], By::Assigned),
        (&[], &[], &[EVE], Some(EVE), &[ADA], By::Administrators),
        (&[], &[], &[], None, &[ADA], By::Administrators),
    ];
    for (members, on, away, assigned, told, by) in table {
        let mut scene = at_time("2026-03-03T15:00:00Z");
        on_support(&mut scene, on);
        locked(&mut scene, away);
        if !members.is_empty() {
            scene.groups.insert(SUPPORT.to_owned(), members.to_vec());
        }
        scene.lists.insert(ADMINISTRATORS.to_owned(), vec![ADA]);
        let ticket = Record { assigned_to: *assigned, ..ticket(json!({})) };
        let audience = Audience::of(&ticket, &scene.view());
        assert_eq!((&audience.told[..], audience.by), (*told, *by), "{members:?} {on:?} {away:?}");
    }
}

fn due(scene: &Scene, ticket: &Record, step: Step) -> Vec<Due> {
    let timer = Timer {
        trigger: NAME,
        module: TICKETS.into(),
        record_id: "4711".into(),
        occurrence: step.occurrence(ticket.created_at),
        due_at: ticket.created_at,
    };
    Sla.on_due(&timer, ticket, &scene.view())
}

fn team(now: &str) -> Scene {
    let mut scene = at_time(now);
    scene.groups.insert(SUPPORT.to_owned(), vec![BEN, EVE]);
    on_support(&mut scene, &[BEN]);
    put(&mut scene, record("companies", "acme", "ACME Ltd", None));
    scene
}

#[test]
fn those_on_support_read_what_is_due_by_when() {
    let ticket = ticket(json!({"company_id": "acme", "severity": "High"}));
    let scene = team("2026-03-04T14:00:00Z");
    let found = due(&scene, &ticket, Step::Approaching).remove(0).findings;
    let [Finding::Tell(told), Finding::Silent { user_id, why }] = &found[..] else {
        panic!("Ben is told and Eve is not: {found:?}");
    };
    assert_eq!((told.user_id, told.kind), (BEN, "sla_approaching"));
    assert_eq!(told.title, "Ticket 4711 is due in 1 hour: Printer on fire");
    assert_eq!(
        told.message.as_deref(),
        Some(
            "Its clock has run since Tue 3 Mar 2026 at 15:00 (UTC). It is to be answered by Wed 4 Mar 2026 at 15:00 (UTC): 8 hours by default."
        )
    );
    assert_eq!(
        Value::Object(told.metadata.clone()),
        json!({"module": "tickets", "record_id": "4711", "due": "Wed 4 Mar 2026, 15:00 (UTC)",
            "response_time": "8 hours by default", "severity": "High", "company": "ACME Ltd"})
    );
    assert_eq!(*user_id, EVE);
    assert_eq!(
        why.sentence,
        "Eve Sales was not told of Ticket Printer on fire because Eve Sales is not on support, and others are."
    );
    assert!(told.why.sentence.ends_with("and you are on support."), "{}", told.why.sentence);

    let over = team("2026-03-04T15:00:00Z");
    assert!(due(&over, &ticket, Step::Approaching).remove(0).findings.is_empty(), "only the second is told");
    let found = due(&over, &ticket, Step::Breached).remove(0).findings;
    let Finding::Tell(told) = &found[0] else { panic!("Ben is told") };
    assert_eq!(
        (told.kind, told.title.as_str()),
        ("sla_breached", "Ticket 4711 is past its response time: Printer on fire")
    );
}

#[test]
fn an_alert_of_a_clock_that_began_anew_says_nothing() {
    let acted = ticket(json!({"last_action_date": "2026-03-04T10:00:00Z"}));
    let scene = team("2026-03-05T15:00:00Z");
    assert!(due(&scene, &acted, Step::Breached).is_empty(), "it is the timer of the clock before");
    // Opened again a while later: that counts.
    let mut again = team("2026-03-05T15:00:00Z");
    let mut fired = FiredTimes::default();
    fired.push(Fired {
        trigger: NAME.to_owned(),
        occurrence: Mark::Restarted.occurrence(at("2026-03-05T12:00:00Z")),
        user_id: None,
        due_at: at("2026-03-05T12:00:00Z"),
    });
    again.fired.insert((TICKETS.into(), "4711".into()), fired);
    let term = Term::of(&ticket(json!({})), &again.view()).expect("its clock runs");
    assert_eq!((term.base, term.due_at), (at("2026-03-05T12:00:00Z"), at("2026-03-06T12:00:00Z")));
}

#[test]
fn an_outlook_says_who_will_hear_of_it_and_when() {
    let scene = team("2026-03-03T15:00:00Z");
    let said = |ticket: &Record, user_id| Sla.outlook(ticket, user_id, &scene.view()).join(" ");
    let open = ticket(json!({}));
    assert_eq!(said(&open, BEN), "Ben Support will be told on Wed 4 Mar 2026 at 14:00 (UTC) if nobody acts.");
    assert_eq!(
        said(&open, EVE),
        "Eve Sales will not be told that time runs out: those who are on support are."
    );
    assert_eq!(
        said(&ticket(json!({"status": "Closed"})), BEN),
        "Ben Support will not be told that time runs out. No response time: the status is Closed."
    );
}

#[test]
fn settings_are_refused_with_what_to_do() {
    let read = |fields: Value| serde_json::from_value::<HelpdeskSettings>(fields).unwrap().check(&());
    for (fields, said) in [
        (
            json!({"severity_hours": {"High": 0.1}}),
            "severity_hours.High must be a number of hours from 0.25 to 10000",
        ),
        (json!({"severity_hours": {"High": 10001}}), "severity_hours.High must be a number of hours"),
        (
            json!({"severity_hours": {"High": 1, "high ": 2}}),
            "severity_hours names the severity \"high\" twice",
        ),
        (json!({"severity_hours": {" ": 1}}), "severity_hours: write each severity in one line"),
        (json!({"email_hours": {"support": 1}}), "email_hours: \"support\" is no e-mail address"),
    ] {
        let refused = read(fields.clone()).unwrap_err();
        assert!(refused.starts_with(said), "{fields}: {refused}");
    }
    let mut usual: HelpdeskSettings = serde_json::from_value(
        json!({"closed_statuses": "Done;Closed,", "severity_hours": {" Odd ": 1.5, "Low": 0}}),
    )
    .unwrap();
    usual.check(&()).unwrap();
    assert_eq!(usual.closed_statuses, "Done, Closed");
    assert_eq!(usual.severity_hours, [("Odd".to_owned(), 1.5)].into());
}
