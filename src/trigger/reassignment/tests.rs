//! Who is told of a reassignment, who is not, and with which words.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use crate::audit::{Actor, By};
use crate::clock::Instant;
use crate::record::{Credit, Record};
use crate::settings::{Group, Snapshot};

/// Ada does it, Ben has it, Eve gets it; Mia is the manager of Ben and Eve, and Max has nobody above him.
const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;
const MAX: i64 = 4;
const MIA: i64 = 5;

pub(in crate::trigger) fn people() -> HashMap<i64, Figure> {
    let figure = |id, name: &str, reports_to| {
        let email = format!("{}@example.com", name.split(' ').next().unwrap().to_lowercase());
        (
            id,
            Figure {
                id,
                name: name.to_owned(),
                email,
                time_zone: "UTC".to_owned(),
                language: "en".to_owned(),
                reports_to,
                on_support: false,
                is_active: true,
                is_customer: false,
            },
        )
    };
    HashMap::from([
        figure(ADA, "Ada Admin", None),
        figure(BEN, "Ben Support", Some(MIA)),
        figure(EVE, "Eve Sales", Some(MIA)),
        figure(MAX, "Max Alone", None),
        figure(MIA, "Mia Manager", None),
    ])
}

pub(in crate::trigger) fn record(module: &str, id: &str, label: &str, assigned_to: Option<i64>) -> Record {
    Record {
        number: 1,
        module: module.into(),
        id: id.into(),
        label: label.to_owned(),
        link: None,
        assigned_to,
        previous_assigned_to: None,
        reassigned_at: None,
        fields: Map::new(),
        version: 1,
        created_at: Instant(0),
        updated_at: Instant(0),
    }
}

/// Somebody, or a program where nobody is named.
pub(in crate::trigger) fn actor(user_id: Option<i64>) -> Actor {
    let (name, by) = if user_id.is_some() { ("ada@example.com", By::User) } else { ("CRM sync", By::Api) };
    Actor { user_id, name: name.into(), by }
}

fn change(module: &str, before: Option<Option<i64>>, after: Option<i64>) -> Change {
    Change {
        before: before.map(|owner| record(module, "7", "Jane Doe", owner)),
        after: Some(record(module, "7", "Jane Doe", after)),
        actor: actor(Some(ADA)),
        send_notification: None,
        course: Course::Saved,
        credit: Credit::Kept,
    }
}

/// As Eve and Ben see it: who is told of what type, and who is not, with the words that tell why.
fn outcome(findings: &[Finding]) -> Vec<String> {
    let words = findings.iter().map(|finding| match finding {
        Finding::Tell(telling) => format!("{} {}", telling.user_id, telling.kind),
        Finding::Silent { user_id, why } => {
            let (_, because) = why.sentence.split_once(" because ").expect("it says why");
            format!("{user_id} not: {because}")
        }
    });
    words.collect()
}

fn found(changes: &[Change], settings: &NotificationSettings) -> Vec<Finding> {
    let people = people();
    let settings = Snapshot::default().with(settings.clone());
    let view = View {
        settings: &settings,
        people: &people,
        lists: &HashMap::new(),
        groups: &HashMap::new(),
        records: &HashMap::new(),
        templates: &HashMap::new(),
        fired: &HashMap::new(),
        now: Instant(0),
        public_url: "https://bell.example",
    };
    Reassignment.on_changes(changes, &view)
}

fn telling(findings: &[Finding], user_id: i64) -> &Telling {
    let mut told = findings.iter().filter_map(|finding| match finding {
        Finding::Tell(telling) if telling.user_id == user_id => Some(&**telling),
        _ => None,
    });
    let first = told.next().expect("they are told");
    assert!(told.next().is_none(), "they are told once");
    first
}

fn settings(assigned: &[(&str, bool)], previous_owner: &[(&str, bool)]) -> NotificationSettings {
    let switches =
        |given: &[(&str, bool)]| given.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
    NotificationSettings {
        assigned: switches(assigned),
        previous_owner: switches(previous_owner),
        ..NotificationSettings::default()
    }
}

const NEW_OFF: &str = "“Notify the new user” is not ticked for";
const PREVIOUS_OFF: &str = "“Notify the previous owner” is not ticked for";
const OWN: &str = "nobody is told of what they did themselves.";
const UNTICKED: &str = "Ada Admin left Send Notification unticked.";

#[test]
fn who_is_told_of_one_record() {
    let off = |module: &str| format!("3 not: {NEW_OFF} {module} in Notification Settings.");
    let kept = |module: &str| format!("2 not: {PREVIOUS_OFF} {module} in Notification Settings.");
    let (usual, ticks) = (settings(&[], &[]), settings(&[], &[("contacts", true), ("activities", true)]));
    let none = settings(&[("contacts", false), ("activities", false)], &[]);
    let (assigned, away) = ("3 record_assigned".to_owned(), "2 record_reassigned_away".to_owned());
    let (ben, eve) = (Some(BEN), Some(EVE));
    let contact = |before, after| change("contacts", before, after);
    let activity = |before, after| change("activities", before, after);
    let sent = |change: Change, send| Change { send_notification: Some(send), ..change };
    let by = |change: Change, who| Change { actor: actor(who), ..change };
    let companion = |change: Change| Change { course: Course::Companion, ..change };
    let together = "it was made together with something else, and people are told of that.";
    let table: Vec<(&str, Change, &NotificationSettings, Vec<String>)> = vec![
        ("reassigned", contact(Some(ben), eve), &usual, vec![assigned.clone(), kept("contacts")]),
        ("both", contact(Some(ben), eve), &ticks, vec![assigned.clone(), away.clone()]),
        ("made for somebody", contact(None, eve), &usual, vec![assigned.clone()]),
        ("from nobody", contact(Some(None), eve), &usual, vec![assigned.clone()]),
        ("to nobody", contact(Some(ben), None), &ticks, vec![away.clone()]),
        ("no other owner", contact(Some(eve), eve), &ticks, vec![]),
        ("made for nobody", contact(None, None), &ticks, vec![]),
        ("module off", contact(Some(ben), eve), &none, vec![off("contacts"), kept("contacts")]),
        ("another module off", change("leads", Some(None), eve), &none, vec![assigned.clone()]),
        ("off and ticked", sent(contact(Some(None), eve), true), &none, vec![off("contacts")]),
        ("activity off", activity(Some(None), eve), &none, vec![off("activities")]),
        (
            "activity ticked",
            sent(activity(Some(ben), eve), true),
            &none,
            vec![assigned.clone(), kept("activities")],
        ),
        (
            "activity unticked",
            sent(activity(Some(ben), eve), false),
            &ticks,
            vec![format!("3 not: {UNTICKED}"), format!("2 not: {UNTICKED}")],
        ),
        ("unticked", sent(contact(Some(None), eve), false), &usual, vec![format!("3 not: {UNTICKED}")]),
        ("taken", by(contact(Some(ben), eve), eve), &ticks, vec![format!("3 not: {OWN}"), away]),
        (
            "given away",
            by(contact(Some(ben), eve), ben),
            &ticks,
            vec![assigned.clone(), format!("2 not: {OWN}")],
        ),
        ("made for oneself", by(contact(None, eve), eve), &usual, vec![format!("3 not: {OWN}")]),
        ("by a program", by(contact(Some(None), eve), None), &usual, vec![assigned]),
        ("companion", companion(contact(None, eve)), &usual, vec![format!("3 not: {together}")]),
    ];
    for (name, change, settings, expected) in table {
        assert_eq!(outcome(&found(&[change], settings)), expected, "{name}");
    }
    let deleted = Change { after: None, ..change("contacts", Some(ben), None) };
    assert!(found(&[deleted], &ticks).is_empty());
}

#[test]
fn the_new_owner_reads_who_did_it_and_who_had_it() {
    let findings = found(&[change("contacts", Some(Some(BEN)), Some(EVE))], &settings(&[], &[]));
    let told = telling(&findings, EVE);
    assert_eq!(told.title, "Contact Jane Doe was assigned to you");
    assert_eq!(told.message.as_deref(), Some("Ada Admin assigned it to you. Ben Support had it before."));
    assert_eq!(told.link.as_deref(), Some("https://bell.example/records/contacts/7"));
    assert_eq!(Value::Object(told.metadata.clone()), json!({"module": "contacts", "record_id": "7"}));
    assert_eq!((told.sending, told.related_user_id, &told.mail), (Sending::Automated, Some(ADA), &None));
    let setting = told.why.setting.clone().unwrap();
    assert_eq!((&*setting.group, &*setting.title), ("notifications", "Notification Settings"));
    assert_eq!((&*setting.field, setting.value), ("assigned.contacts", json!(true)));
    assert_eq!(told.why.records, [("contacts".into(), "7".into())]);
    assert_eq!(
        told.why.cause,
        "Ada Admin changed the assigned user of Contact Jane Doe from Ben Support to Eve Sales"
    );
    assert_eq!(
        told.why.sentence,
        "You were told because Ada Admin assigned Contact Jane Doe to you and “Notify the new user” is ticked for contacts in Notification Settings."
    );
    let Finding::Silent { user_id: BEN, why } = &findings[1] else { panic!("{findings:?}") };
    assert_eq!(
        why.sentence,
        "Ben Support was not told of Contact Jane Doe because “Notify the previous owner” is not ticked for contacts in Notification Settings."
    );
    let setting = why.setting.clone().unwrap();
    assert_eq!((&*setting.field, setting.value), ("previous_owner.contacts", json!(false)));
}

#[test]
fn the_words_fit_what_happened() {
    let ticks = settings(&[], &[("sales_orders", true)]);
    let order = |before, after, who| {
        let change = change("sales_orders", before, after);
        found(&[Change { actor: actor(who), ..change }], &ticks)
    };
    let (ada, ben, eve) = (Some(ADA), Some(BEN), Some(EVE));
    for (findings, user, title, message) in [
        (
            order(None, eve, ada),
            EVE,
            "Sales Order Jane Doe was assigned to you",
            "Ada Admin added it and assigned it to you.",
        ),
        (
            order(Some(None), eve, None),
            EVE,
            "Sales Order Jane Doe was assigned to you",
            "CRM sync assigned it to you. Nobody had it before.",
        ),
        (
            order(Some(ben), eve, ben),
            EVE,
            "Sales Order Jane Doe was assigned to you",
            "Ben Support, who had it before, assigned it to you.",
        ),
        (
            order(Some(ben), eve, ada),
            BEN,
            "Sales Order Jane Doe is no longer assigned to you",
            "Ada Admin assigned it to Eve Sales.",
        ),
        (
            order(Some(ben), eve, eve),
            BEN,
            "Sales Order Jane Doe is no longer assigned to you",
            "Eve Sales took it over.",
        ),
        (
            order(Some(ben), None, ada),
            BEN,
            "Sales Order Jane Doe is no longer assigned to you",
            "Ada Admin took it from you and assigned it to nobody.",
        ),
    ] {
        let told = telling(&findings, user);
        assert_eq!((&*told.title, told.message.as_deref()), (title, Some(message)));
    }
}

#[test]
fn a_link_of_the_crm_is_the_link() {
    let mut change = change("contacts", None, Some(EVE));
    change.after.as_mut().unwrap().link = Some("https://crm.example/contact/7".to_owned());
    let findings = found(&[change], &settings(&[], &[]));
    assert_eq!(telling(&findings, EVE).link.as_deref(), Some("https://crm.example/contact/7"));
}

fn bulk(owners: &[i64], new: i64) -> Vec<Change> {
    let numbered = owners.iter().enumerate();
    let changes = numbered.map(|(at, owner)| {
        let (id, label) = (at.to_string(), format!("Contact {at}"));
        Change {
            before: Some(record("contacts", &id, &label, Some(*owner))),
            after: Some(record("contacts", &id, &label, Some(new))),
            ..change("contacts", None, None)
        }
    });
    changes.collect()
}

#[test]
fn several_records_are_one_summary_a_person() {
    let ticks = settings(&[], &[("contacts", true)]);
    // Two are Eve's already, one is Max's.
    let owners = [BEN, EVE, BEN, MAX, BEN, EVE];
    let findings = found(&bulk(&owners, EVE), &ticks);
    assert_eq!(
        outcome(&findings),
        ["3 record_assigned", "2 record_reassigned_away", "4 record_reassigned_away"]
    );
    let eve = telling(&findings, EVE);
    assert_eq!(eve.title, "4 contacts were assigned to you by Ada Admin");
    assert_eq!(eve.message.as_deref(), Some("Contact 0\nContact 2\nContact 3\nContact 4"));
    assert_eq!(eve.link.as_deref(), Some("https://bell.example/records/contacts?assigned_to=me"));
    assert_eq!(Value::Object(eve.metadata.clone()), json!({"module": "contacts"}));
    assert_eq!(eve.why.cause, "Ada Admin changed the assigned user of 4 contacts");
    let ids: Vec<&str> = eve.why.records.iter().map(|(_, id)| &**id).collect();
    assert_eq!(ids, ["0", "2", "3", "4"]);
    let ben = telling(&findings, BEN);
    assert_eq!(ben.title, "3 contacts are no longer assigned to you");
    assert_eq!(
        ben.message.as_deref(),
        Some("Ada Admin assigned them to Eve Sales.\nContact 0\nContact 2\nContact 4")
    );
    assert_eq!(ben.link.as_deref(), Some("https://bell.example/records/contacts?assigned_to=3"));
    // Of one record the ordinary words.
    assert_eq!(telling(&findings, MAX).title, "Contact Contact 3 is no longer assigned to you");
}

#[test]
fn a_summary_names_ten() {
    let findings = found(&bulk(&[BEN; 1000], EVE), &settings(&[], &[]));
    let message = telling(&findings, EVE).message.clone().unwrap();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[9], lines[10]),
        (11, "Contact 0", "Contact 9", "… and 990 more")
    );
    assert_eq!(
        telling(&found(&bulk(&[BEN; 10], EVE), &settings(&[], &[])), EVE)
            .message
            .as_ref()
            .unwrap()
            .lines()
            .count(),
        10
    );
}

#[test]
fn copies_go_to_the_address_and_the_manager_each_once() {
    let with = |cc_address: &str, cc_manager| NotificationSettings {
        cc_address: cc_address.to_owned(),
        cc_manager,
        ..settings(&[], &[("contacts", true)])
    };
    let cc = |settings: &NotificationSettings, after, who, told| {
        let change = change("contacts", Some(Some(BEN)), Some(after));
        let findings = found(&[Change { actor: actor(Some(who)), ..change }], settings);
        telling(&findings, told).mail.clone().map_or_else(Vec::new, |mail| mail.cc)
    };
    for (address, manager, after, who, told, expected) in [
        ("", false, EVE, ADA, EVE, ""),
        ("", true, EVE, ADA, EVE, "mia@example.com"),
        ("", true, EVE, ADA, BEN, "mia@example.com"),
        // Without a manager there is no copy.
        ("", true, MAX, ADA, MAX, ""),
        // The manager who did it knows.
        ("", true, EVE, MIA, EVE, ""),
        ("", true, EVE, MIA, BEN, ""),
        ("log@example.com; all@example.com", false, EVE, ADA, EVE, "log@example.com, all@example.com"),
        ("Mia@Example.com", true, EVE, ADA, EVE, "Mia@Example.com"),
        // Nobody gets a copy of their own e-mail.
        ("EVE@example.com, log@example.com", false, EVE, ADA, EVE, "log@example.com"),
        ("eve@example.com", true, EVE, ADA, BEN, "eve@example.com, mia@example.com"),
    ] {
        let copies = cc(&with(address, manager), after, who, told);
        assert_eq!(copies.join(", "), expected, "{address:?} {manager} {after} {who} {told}");
    }
}

#[test]
fn what_is_to_come_depends_on_whose_it_is() {
    let people = people();
    let settings = Snapshot::default().with(settings(&[("leads", false)], &[("contacts", true)]));
    let view = View {
        settings: &settings,
        people: &people,
        lists: &HashMap::new(),
        groups: &HashMap::new(),
        records: &HashMap::new(),
        templates: &HashMap::new(),
        fired: &HashMap::new(),
        now: Instant(0),
        public_url: "",
    };
    let outlook =
        |module| Reassignment.outlook(&record(module, "7", "Jane Doe", Some(BEN)), EVE, &view).remove(0);
    assert_eq!(
        outlook("contacts"),
        "Eve Sales is told when somebody else assigns it to them: “Notify the new user” is ticked for contacts in Notification Settings."
    );
    assert!(outlook("leads").starts_with("Eve Sales is not told when"));
    let theirs = Reassignment.outlook(&record("contacts", "7", "Jane Doe", Some(EVE)), EVE, &view);
    assert_eq!(
        theirs,
        [
            "Eve Sales is told when somebody else assigns it to another user: “Notify the previous owner” is ticked for contacts in Notification Settings."
        ]
    );
    assert!(Reassignment.announces("contacts", &settings) && !Reassignment.announces("leads", &settings));
}

#[test]
fn the_settings_hold_every_module_and_are_judged() {
    let against = Against { modules: ["leads", "contacts"].map(str::to_owned).to_vec().into() };
    let checked = |mut settings: NotificationSettings| settings.check(&against).map(|()| settings);
    let full = checked(settings(&[("leads", false)], &[("contacts", true)])).unwrap();
    assert_eq!(
        full,
        settings(&[("contacts", true), ("leads", false)], &[("contacts", true), ("leads", false)])
    );
    assert!(full.announces("contacts") && !full.announces("leads") && full.announces("unheard_of"));
    assert!(
        full.tells_previous("contacts")
            && !full.tells_previous("leads")
            && !full.tells_previous("unheard_of")
    );
    assert_eq!(
        checked(settings(&[("contcts", true)], &[])).unwrap_err(),
        "assigned: \"contcts\" is unknown; did you mean \"contacts\"?"
    );
    assert_eq!(
        checked(settings(&[], &[("zzz", true)])).unwrap_err(),
        "previous_owner: \"zzz\" is unknown; use one of: leads, contacts"
    );
    // What the operator took out of the configuration is no obstacle.
    let mut stored = settings(&[("vessels", false), ("leads", false)], &[]);
    stored.complete(&against);
    assert_eq!(
        stored,
        settings(&[("contacts", true), ("leads", false)], &[("contacts", false), ("leads", false)])
    );
}

#[test]
fn addresses_may_be_several() {
    let against = Against { modules: Vec::new().into() };
    let checked = |text: &str| {
        let mut settings =
            NotificationSettings { cc_address: text.to_owned(), ..NotificationSettings::default() };
        settings.check(&against).map(|()| settings.cc_address)
    };
    assert_eq!(checked("a@example.com").unwrap(), "a@example.com");
    assert_eq!(checked(" a@example.com;b@example.com , ").unwrap(), "a@example.com, b@example.com");
    assert_eq!(checked("").unwrap(), "");
    for bad in
        ["ann", "a@example.com b@example.com", "a@example.com, ann", "a@example.com\r\nBcc: x@example.com"]
    {
        let said = checked(bad).unwrap_err();
        assert!(
            said.starts_with("cc_address: \"") && said.contains("is no e-mail address; enter"),
            "{bad}: {said}"
        );
    }
}

#[test]
fn nobody_tells_somebody_who_is_gone() {
    let gone = 99;
    let found =
        found(&[change("contacts", Some(Some(gone)), Some(EVE))], &settings(&[], &[("contacts", true)]));
    assert_eq!(outcome(&found), [format!("{EVE} record_assigned")]);
}
