//! Reassignment: who hears that a record has another assigned user, who gets a copy, and what is written down.

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, address, hook};
use crate::world::{KEY, On, Somebody, World};

/// Ada does it: an administrator who is nobody's manager.
const ADA: i64 = 1;

/// A stage with Ada, and with Ben (2) and Eve (3), who hear by e-mail.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    for (id, name) in [(1, "Ada Admin"), (2, "Ben Support"), (3, "Eve Sales")] {
        if id != ADA {
            stage.user(id, json!({})).await;
        }
        stage.choose(id, json!({"name": name})).await;
    }
    stage
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/notifications", Some(settings)).await.expect(200);
}

/// Makes a record or changes it, as this person.
async fn put(who: &Somebody<'_>, place: &str, body: Value) -> Value {
    let reply = who.ask("PUT", &format!("/crm/record/{place}"), Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{place}: {}", reply.text);
    reply.body["record"].clone()
}

/// A record that Ben has and nobody was told of.
async fn bens(stage: &Stage, place: &str, label: &str) {
    let body = json!({"label": label, "assigned_to": 2, "send_notification": false});
    let reply = stage.admin("PUT", &format!("/crm/record/{place}"), Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

async fn give(who: &Somebody<'_>, place: &str, to: i64) -> Value {
    let reply = who.ask("PATCH", &format!("/crm/record/{place}"), Some(json!({"assigned_to": to}))).await;
    reply.expect(200)["record"].clone()
}

async fn titles(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("").await
}

story! {
    async fn a1_the_new_owner_is_told_and_each_module_has_its_switch(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({"assigned": {"contacts": true, "leads": false}})).await;
        bens(&stage, "contacts/7", "Jane Doe").await;
        bens(&stage, "leads/8", "John Roe").await;
        let ada = stage.sign_in(ADA).await;
        give(&ada, "contacts/7", 3).await;
        give(&ada, "leads/8", 3).await;
        stage.settles().await;
        assert_eq!(titles(&stage, 3).await, ["Contact Jane Doe was assigned to you"]);
        assert_eq!(stage.subjects(3), ["Contact Jane Doe was assigned to you"]);
        assert!(titles(&stage, 2).await.is_empty() && stage.subjects(2).is_empty());
        let item = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["related_user_id"]), (&json!("record_assigned"), &json!(ADA)));
        assert_eq!(item["message"], "Ada Admin assigned it to you. Ben Support had it before.");
        assert_eq!(item["metadata"], json!({"module": "contacts", "record_id": "7"}));
        let place = format!("{}/records/contacts/7", stage.world.config.public_url);
        assert_eq!(item["link"], place);
        let letter = stage.letters(3)[0].clone();
        assert!(letter.text().contains(&place) && letter.text().contains("Ben Support had it before."), "{}", letter.text());
        // What pages need is no fact for people.
        assert!(!letter.text().contains("Record Id"), "{}", letter.text());
        assert!(stage.log("").await.iter().all(|entry| entry["sending"] == "automated"));
        stage.adds_up().await;
    }
}

story! {
    async fn a1_a_record_made_for_somebody_counts_and_nobody_is_told_of_their_own_act(on: On) {
        let stage = stage(on).await;
        let (ada, eve) = (stage.sign_in(ADA).await, stage.sign_in(3).await);
        put(&ada, "contacts/1", json!({"label": "For Eve", "assigned_to": 3})).await;
        put(&eve, "contacts/2", json!({"label": "Her own", "assigned_to": 3})).await;
        bens(&stage, "contacts/3", "Taken").await;
        give(&eve, "contacts/3", 3).await;
        // A program may say for whom it acts.
        for (id, actor) in [(4, json!(3)), (5, Value::Null)] {
            let body = json!({"label": format!("By a program {id}"), "assigned_to": 3, "actor_id": actor});
            stage.admin("PUT", &format!("/crm/record/contacts/{id}"), Some(body)).await.expect(201);
        }
        // The same body again tells nobody, nor does a change of something else.
        put(&ada, "contacts/1", json!({"label": "For Eve", "assigned_to": 3})).await;
        put(&ada, "contacts/1", json!({"label": "For Eve and nobody else"})).await;
        stage.settles().await;
        let told = ["Contact By a program 5 was assigned to you", "Contact For Eve was assigned to you"];
        assert_eq!(eve.titles("").await, told);
        let page = eve.list("").await;
        assert_eq!(page["notifications"][1]["message"], "Ada Admin added it and assigned it to you.");
        assert_eq!(page["notifications"][0]["message"], "Provisioning notification system added it and assigned it to you.");
        assert_eq!(stage.letters(3).len(), 2);
    }
}

story! {
    async fn a2_the_previous_owner_is_told_by_a_separate_tick(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        bens(&stage, "contacts/7", "Jane Doe").await;
        give(&ada, "contacts/7", 3).await;
        stage.settles().await;
        assert_eq!((stage.subjects(2).len(), stage.subjects(3).len()), (0, 1), "off: the new owner only");
        set(&stage, json!({"previous_owner": {"contacts": true}})).await;
        bens(&stage, "contacts/8", "John Roe").await;
        bens(&stage, "leads/9", "Another module").await;
        give(&ada, "contacts/8", 3).await;
        // E-mails that wait together may come in any order.
        stage.settles().await;
        give(&ada, "leads/9", 3).await;
        stage.settles().await;
        assert_eq!(stage.subjects(2), ["Contact John Roe is no longer assigned to you"]);
        assert_eq!(stage.subjects(3)[1], "Contact John Roe was assigned to you");
        let item = stage.sign_in(2).await.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["message"]), (&json!("record_reassigned_away"), &json!("Ada Admin assigned it to Eve Sales.")));
        // The ticks are independent: here the new owner is not told.
        set(&stage, json!({"assigned": {"contacts": false}})).await;
        bens(&stage, "contacts/10", "Only Ben").await;
        give(&ada, "contacts/10", 3).await;
        stage.settles().await;
        assert_eq!((stage.subjects(2).len(), stage.subjects(3).len()), (2, 3));
    }
}

story! {
    async fn a3_the_record_bears_when_it_was_reassigned_and_from_whom(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        let made = put(&ada, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 2})).await;
        assert_eq!((&made["previous_assigned_to"], &made["reassigned_at"]), (&Value::Null, &Value::Null));
        stage.passes(60).await;
        let reassigned = give(&ada, "contacts/7", 3).await;
        assert_eq!((&reassigned["assigned_to"], &reassigned["previous_assigned_to"]), (&json!(3), &json!(2)));
        assert_eq!(reassigned["previous_assigned_user"], json!({"id": 2, "name": "Ben Support"}));
        assert_eq!(reassigned["reassigned_at"], "2026-01-11T14:31:00Z");
        stage.passes(60).await;
        let saved = put(&ada, "contacts/7", json!({"label": "Jane Doe-Roe"})).await;
        for stamp in ["assigned_to", "previous_assigned_to", "reassigned_at"] {
            assert_eq!(saved[stamp], reassigned[stamp], "{stamp}");
        }
    }
}

/// Whether Send Notification is ticked by itself on a new assigned user of activities.
async fn box_is_ticked(world: &World) -> bool {
    let listed = world.ask("GET", "/crm/record", &[("X-API-KEY", KEY)], None).await.expect(200);
    let modules = listed["modules"].as_array().unwrap().clone();
    let activities = modules.iter().find(|module| module["name"] == "activities").unwrap();
    activities["announces"].as_bool().unwrap()
}

story! {
    async fn a4_the_send_notification_box_of_activities(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        for id in 1..=5 {
            bens(&stage, &format!("activities/{id}"), &format!("Call {id}")).await;
        }
        let save = async |id: i64, body: Value| {
            ada.ask("PATCH", &format!("/crm/record/activities/{id}"), Some(body)).await.expect(200);
        };
        // Ticked by itself as the user changes, and sent.
        assert!(box_is_ticked(&stage.world).await);
        save(1, json!({"assigned_to": 3})).await;
        save(2, json!({"assigned_to": 3, "send_notification": true})).await;
        // Unticked and saved: nothing is sent.
        save(3, json!({"assigned_to": 3, "send_notification": false})).await;
        // Off: not ticked by itself, and may be ticked by hand.
        set(&stage, json!({"assigned": {"activities": false}})).await;
        assert!(!box_is_ticked(&stage.world).await);
        save(4, json!({"assigned_to": 3})).await;
        save(5, json!({"assigned_to": 3, "send_notification": true})).await;
        stage.settles().await;
        let told = ["Activity Call 1 was assigned to you", "Activity Call 2 was assigned to you", "Activity Call 5 was assigned to you"];
        assert_eq!(stage.subjects(3), told);
        assert_eq!(titles(&stage, 3).await.len(), 3);
    }
}

story! {
    async fn a5_the_manager_or_a_fixed_address_gets_a_copy(on: On) {
        let stage = stage(on).await;
        for (id, choices) in [(4, json!({})), (5, json!({"name": "Mia Manager"}))] {
            stage.user(id, choices).await;
        }
        let ada = stage.sign_in(ADA).await;
        stage.choose(3, json!({"reports_to": 5})).await;
        set(&stage, json!({"cc_manager": true})).await;
        put(&ada, "contacts/1", json!({"label": "With a manager", "assigned_to": 3})).await;
        put(&ada, "contacts/2", json!({"label": "Without", "assigned_to": 4})).await;
        stage.settles().await;
        let letter = stage.letters(3).remove(0);
        assert_eq!((letter.header("To"), letter.header("Cc")), ("Eve Sales <user3@example.com>", "user5@example.com"));
        assert_eq!(letter.recipients(), [address(3), address(5)]);
        let letter = stage.letters(4).remove(0);
        assert_eq!((letter.header("Cc"), letter.recipients().len()), ("", 1));
        // The manager is no reader of the centre, and who does it needs no copy.
        assert!(titles(&stage, 5).await.is_empty());
        let mia = stage.sign_in(5).await;
        put(&mia, "contacts/3", json!({"label": "By the manager", "assigned_to": 3})).await;
        stage.settles().await;
        assert_eq!(stage.letters(3)[1].header("Cc"), "");
        // A fixed address too; on the previous owner's e-mail as well.
        set(&stage, json!({"cc_address": "log@example.com; user5@example.com", "previous_owner": {"contacts": true}})).await;
        bens(&stage, "contacts/4", "Both").await;
        give(&ada, "contacts/4", 3).await;
        stage.settles().await;
        for id in [2, 3] {
            let letter = stage.letters(id).pop().unwrap();
            assert_eq!(letter.header("Cc"), "log@example.com, user5@example.com", "{id}");
        }
    }
}

story! {
    async fn a5_the_copy_goes_even_where_the_user_hears_otherwise(on: On) {
        let stage = stage(on).await;
        stage.user(4, json!({"receive_by": "none"})).await;
        stage.user(5, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("a"))})).await;
        set(&stage, json!({"cc_address": "log@example.com"})).await;
        let ada = stage.sign_in(ADA).await;
        for id in [4, 5] {
            put(&ada, &format!("contacts/{id}"), json!({"label": format!("Of {id}"), "assigned_to": id})).await;
        }
        stage.settles().await;
        let copies: Vec<String> = stage.mail.to("log@example.com").iter().map(|letter| letter.subject().to_owned()).collect();
        assert_eq!(copies.len(), 2, "{copies:?}");
        assert!(stage.letters(4).is_empty() && stage.letters(5).is_empty());
        assert_eq!(stage.hooked("a"), ["Contact Of 5 was assigned to you"]);
        stage.adds_up().await;
    }
}

async fn make_five(stage: &Stage, ada: &Somebody<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=5 {
        let owner = if number < 5 { 2 } else { 4 };
        let body =
            json!({"label": format!("Contact {number}"), "assigned_to": owner, "send_notification": false});
        put(ada, &format!("contacts/c{number}"), body).await;
        ids.push(format!("c{number}"));
    }
    stage.settles().await;
    ids
}

story! {
    async fn a6_reassignments_are_audited_on_the_record_and_in_the_activity_log(on: On) {
        let stage = stage(on).await;
        stage.user(4, json!({})).await;
        let ada = stage.sign_in(ADA).await;
        let ids = make_five(&stage, &ada).await;
        stage.passes(60).await;
        let body = json!({"ids": ids[..3], "assigned_to": 3});
        let answer = ada.ask("POST", "/crm/record/contacts/reassign", Some(body)).await.expect(200);
        assert_eq!((&answer["reassigned"], answer["records"].as_array().unwrap().len()), (&json!(3), 3));
        for id in &ids[..3] {
            let history = ada.ask("GET", &format!("/crm/record/contacts/{id}/history"), None).await.expect(200);
            let newest = &history["history"][0];
            assert_eq!((&newest["field"], &newest["from"], &newest["to"]), (&json!("assigned_to"), &json!(2), &json!(3)), "{history}");
            assert_eq!((&newest["actor_id"], &newest["by"], &newest["at"]), (&json!(ADA), &json!("Modified(User)"), &json!("2026-01-11T14:31:00Z")));
        }
        let log = ada.ask("GET", &format!("/crm/audit?module=contacts&actor_id={ADA}"), None).await.expect(200);
        let entries = log["entries"].as_array().unwrap();
        let changes: Vec<&Value> = entries.iter().filter(|entry| entry["field"] == "assigned_to").collect();
        assert_eq!(changes.len(), 3, "{log:#}");
        assert!(changes.iter().all(|entry| entry["from"] == 2 && entry["to"] == 3));
        // Also a single one.
        give(&ada, "contacts/c4", 3).await;
        let history = ada.ask("GET", "/crm/record/contacts/c4/history", None).await.expect(200);
        assert_eq!(history["history"][0]["field"], "assigned_to");
    }
}

story! {
    async fn a7_several_are_given_away_at_once_with_one_summary_a_person(on: On) {
        let stage = stage(on).await;
        stage.user(4, json!({})).await;
        set(&stage, json!({"previous_owner": {"contacts": true}})).await;
        let ada = stage.sign_in(ADA).await;
        let ids = make_five(&stage, &ada).await;
        let body = json!({"ids": ids, "assigned_to": 3});
        let answer = ada.ask("POST", "/crm/record/contacts/reassign", Some(body.clone())).await.expect(200);
        assert_eq!(answer["reassigned"], 5);
        for id in &ids {
            let shown = ada.ask("GET", &format!("/crm/record/contacts/{id}"), None).await.expect(200);
            assert_eq!(shown["record"]["assigned_to"], 3, "{id}");
        }
        stage.settles().await;
        assert_eq!(stage.subjects(3), ["5 contacts were assigned to you by Ada Admin"]);
        assert_eq!(stage.subjects(2), ["4 contacts are no longer assigned to you"]);
        assert_eq!(stage.subjects(4), ["Contact Contact 5 is no longer assigned to you"]);
        let item = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!(item["message"], "Contact 1\nContact 2\nContact 3\nContact 4\nContact 5");
        assert_eq!(item["link"], format!("{}/records/contacts?assigned_to=me", stage.world.config.public_url));
        // The history is complete.
        let counted = "SELECT COUNT(*) FROM history WHERE field = 'assigned_to' AND module = 'contacts'";
        assert_eq!(stage.world.number(counted).await, 5);
        // Again: they are hers already, and nobody hears it twice. One of several is as one by itself.
        let answer = ada.ask("POST", "/crm/record/contacts/reassign", Some(body)).await.expect(200);
        assert_eq!(answer["reassigned"], 0);
        let one = json!({"ids": ["c1"], "assigned_to": 2});
        ada.ask("POST", "/crm/record/contacts/reassign", Some(one)).await.expect(200);
        let quietly = json!({"ids": ["c2", "c3"], "assigned_to": 2, "send_notification": false});
        ada.ask("POST", "/crm/record/contacts/reassign", Some(quietly)).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.subjects(2)[1..], ["Contact Contact 1 was assigned to you"]);
        assert_eq!(stage.subjects(3)[1..], ["Contact Contact 1 is no longer assigned to you"]);
    }
}

story! {
    async fn c6_every_system_notification_is_in_the_centre_too(on: On) {
        let stage = stage(on).await;
        stage.user(4, json!({"receive_by": "none"})).await;
        set(&stage, json!({"previous_owner": {"leads": true}})).await;
        stage.admin("PUT", "/crm/settings/leads", Some(json!({"conversion_notification": true}))).await.expect(200);
        let (ada, max) = (stage.sign_in(ADA).await, stage.sign_in(4).await);
        put(&ada, "leads/1", json!({"label": "Jane Doe", "assigned_to": 4, "fields": {"company": "Acme"}})).await;
        give(&ada, "leads/1", 3).await;
        ada.ask("POST", "/crm/record/leads/1/convert", Some(json!({"assigned_to": 4}))).await.expect(200);
        ada.ask("POST", "/crm/record/leads/1/notify", Some(json!({"users": [4]}))).await.expect(200);
        ada.ask("POST", "/crm/record/leads/1/request-reassign", Some(json!({"user_id": 4}))).await.expect(200);
        stage.settles().await;
        let page = max.list("").await;
        let kinds: Vec<&str> = page["notifications"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["reassign_request", "manual", "lead_converted", "record_reassigned_away", "record_assigned"]);
        assert_eq!(page["unread_count"], 5);
        // Of the automated ones nothing leaves the house, of those sent by hand an e-mail does.
        let mut subjects = stage.subjects(4);
        // Two e-mails that leave at once arrive in whatever order.
        subjects.sort();
        assert_eq!(subjects, ["Notification About: Jane Doe", "Reassign Request: Jane Doe"]);
    }
}

story! {
    async fn the_choice_of_the_new_owner_governs_what_leaves_the_house(on: On) {
        let stage = stage(on).await;
        let url = |name: &str| stage.net.url(&hook(name));
        for (id, choices) in [
            (4, json!({"receive_by": "webhook", "webhook_url": url("d")})),
            (5, json!({"receive_by": "none", "webhook_url": url("e")})),
            (6, json!({"receive_by": "webhook"})),
        ] {
            stage.user(id, choices).await;
        }
        let ada = stage.sign_in(ADA).await;
        for id in 3..=6 {
            put(&ada, &format!("contacts/{id}"), json!({"label": format!("Of {id}"), "assigned_to": id})).await;
        }
        stage.settles().await;
        let letters: Vec<usize> = (3..=6).map(|id| stage.letters(id).len()).collect();
        assert_eq!(letters, [1, 0, 0, 1]);
        assert_eq!((stage.hooked("d").len(), stage.hooked("e").len()), (1, 0));
        assert!(!titles(&stage, 5).await.is_empty());
    }
}

story! {
    async fn the_settings_show_every_module_and_refuse_what_is_unknown(on: On) {
        let stage = Stage::with(on, |config| config.record_modules = vec!["vessels".to_owned()]).await;
        let shown = stage.admin("GET", "/crm/settings/notifications", None).await.expect(200);
        assert_eq!(shown["title"], "Notification Settings");
        let settings = &shown["settings"];
        assert_eq!((settings["assigned"].as_object().unwrap().len(), settings["previous_owner"].as_object().unwrap().len()), (14, 14));
        assert!(settings["assigned"].as_object().unwrap().values().all(|on| on == true));
        assert!(settings["previous_owner"].as_object().unwrap().values().all(|on| on == false));
        assert_eq!((&settings["assigned"]["vessels"], &settings["cc_address"], &settings["cc_manager"]), (&json!(true), &json!(""), &json!(false)));
        let changed = json!({"assigned": {"vessels": false}, "cc_address": "a@example.com;b@example.com"});
        let shown = stage.admin("PUT", "/crm/settings/notifications", Some(changed)).await.expect(200);
        assert_eq!((&shown["settings"]["assigned"]["vessels"], &shown["settings"]["assigned"]["leads"]), (&json!(false), &json!(true)));
        assert_eq!(shown["settings"]["cc_address"], "a@example.com, b@example.com");
        for (body, said) in [
            (json!({"assigned": {"contcts": true}}), "assigned: \"contcts\" is unknown; did you mean \"contacts\"?"),
            (json!({"previous_owner": {"contacts": "yes"}}), "previous_owner.contacts must be true or false"),
            (json!({"cc_address": "nobody"}), "cc_address: \"nobody\" is no e-mail address; enter addresses such as ann@example.com, separated by commas"),
        ] {
            let refused = stage.admin("PUT", "/crm/settings/notifications", Some(body.clone())).await.expect(400);
            assert_eq!(refused["reason"], said, "{body}");
        }
        let leads = stage.admin("GET", "/crm/settings/leads", None).await.expect(200);
        assert_eq!((&leads["title"], &leads["settings"]), (&json!("Lead Settings"), &json!({"conversion_notification": false})));
    }
}
