//! Who hears of a lock-out, and in which words.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::audit::{Actor, By};
use crate::clock::Instant;
use crate::trigger::reassignment::tests::people;
use crate::trigger::scene::Scene;

const CHOSEN: &str = "Ada Admin; Ben Support";

fn locked_out(data: Value) -> Event {
    let Value::Object(data) = data else { panic!("{data} is no object") };
    Event {
        kind: LOCKED_OUT.into(),
        subject: None,
        record: None,
        actor: Actor { user_id: None, name: "sign-in".into(), by: By::User },
        data,
        at: Instant(0),
        origin: None,
    }
}

/// Who is told what where Ada (1) and Ben (2) are chosen.
fn told(event: &Event) -> Vec<(i64, String, Map<String, Value>)> {
    let settings = NotificationSettings { lockout_users: CHOSEN.to_owned(), ..Default::default() };
    let settings = Snapshot::default().with(settings);
    assert_eq!(Lockout.needs(&Cause::Event(event), &settings).lists, [CHOSEN, ADMINISTRATORS]);
    let lists = HashMap::from([(CHOSEN.to_owned(), vec![1, 2])]);
    let scene = Scene { settings, people: people(), lists, ..Scene::default() };
    let told = Lockout.on_event(event, &scene.view()).into_iter().filter_map(|finding| match finding {
        Finding::Tell(telling) => Some((telling.user_id, telling.title, telling.metadata)),
        Finding::Silent { .. } => None,
    });
    told.collect()
}

#[test]
fn the_chosen_are_told_who_it_was_and_from_where() {
    let event =
        locked_out(json!({"user_id": 3, "email": "eve@example.com", "attempts": 5, "address": "10.0.0.9"}));
    let told = told(&event);
    assert_eq!(told.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(told[0].1, "Eve Sales is locked out");
    let facts = json!({"E-mail": "eve@example.com", "Wrong passwords": 5, "From address": "10.0.0.9"});
    assert_eq!(Value::Object(told[0].2.clone()), facts);
}

#[test]
fn whoever_is_locked_out_is_not_told_of_it() {
    let told = told(&locked_out(json!({"user_id": 2, "attempts": 5})));
    assert_eq!(told.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_user_whom_only_the_crm_knows_is_called_as_it_calls_them() {
    for (data, title) in [
        (json!({"email": "kim@example.com"}), "kim@example.com is locked out"),
        (json!({"name": "Kim", "email": "kim@example.com", "user_id": 77}), "Kim is locked out"),
        (json!({}), "Somebody is locked out"),
    ] {
        assert_eq!(told(&locked_out(data))[0].1, title);
    }
}

/// What Ada (1), who administers, and Ben (2), who does not, are told to do, and where.
fn remedies(data: Value, is_active: bool, is_customer: bool) -> Vec<(String, Option<String>)> {
    remedies_by(&[1], data, is_active, is_customer)
}

/// What Ada (1) and Ben (2) are told where these administer who may sign in.
fn remedies_by(
    administrators: &[i64],
    data: Value,
    is_active: bool,
    is_customer: bool,
) -> Vec<(String, Option<String>)> {
    let mut people = people();
    let eve = people.get_mut(&3).unwrap();
    (eve.is_active, eve.is_customer) = (is_active, is_customer);
    let settings = NotificationSettings { lockout_users: CHOSEN.to_owned(), ..Default::default() };
    let settings = Snapshot::default().with(settings);
    let lists = HashMap::from([
        (CHOSEN.to_owned(), vec![1, 2]),
        (ADMINISTRATORS.to_owned(), administrators.to_vec()),
    ]);
    let scene = Scene { settings, people, lists, ..Scene::default() };
    let told =
        Lockout.on_event(&locked_out(data), &scene.view()).into_iter().filter_map(|finding| match finding {
            Finding::Tell(telling) => Some((telling.message.unwrap_or_default(), telling.link)),
            Finding::Silent { .. } => None,
        });
    told.collect()
}

#[test]
fn an_administrator_is_led_to_the_page_that_unlocks_and_others_are_told_whom_to_ask() {
    let after = "Eve Sales locked themselves out after 5 wrong passwords in a row.";
    let end = "if it was not them, somebody is trying passwords.";
    let page = "https://belfry.example/administration/users/3".to_owned();
    assert_eq!(
        remedies(json!({"user_id": 3, "attempts": 5}), false, false),
        [
            (format!("{after} Unlock them on their page to let them in again; {end}"), Some(page)),
            (format!("{after} Ask an administrator to unlock them; {end}"), None),
        ]
    );
}

#[test]
fn where_no_administrator_is_left_the_server_itself_lets_them_in() {
    for (message, link) in remedies_by(&[], json!({"user_id": 3}), false, false) {
        assert!(message.contains("run belfry user unlock on the server"), "{message}");
        assert_eq!(link, None);
    }
}

#[test]
fn nobody_is_told_of_customers_nor_to_unlock_somebody_who_is_not_locked_here() {
    for elsewhere in [json!({"user_id": 3}), json!({"email": "kim@example.com"})] {
        for (message, link) in remedies(elsewhere, true, false) {
            assert!(message.contains("Let them in again where they sign in"), "{message}");
            assert_eq!(link, None);
        }
    }
    assert_eq!(remedies(json!({"user_id": 3}), false, true), []);
}

#[test]
fn other_events_are_none_of_its_business() {
    let other = Event { kind: Arc::from("ticket.updated"), ..locked_out(json!({})) };
    let settings = Snapshot::default();
    assert!(Lockout.needs(&Cause::Event(&other), &settings).lists.is_empty());
}
