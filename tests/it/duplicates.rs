//! Duplicates: what matches, who hears of it, and what becomes of the list (D1-D3).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, hook};
use crate::world::On;

/// Ada saves records: an administrator.
const ADA: i64 = 1;

/// A stage with Ada and with users 3 and 7, who are to be told.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    stage.choose(ADA, json!({"name": "Ada Admin"})).await;
    for id in [3, 7] {
        stage.user(id, json!({})).await;
    }
    stage
}

/// Contacts whose e-mail address is compared, and "3;7" told.
fn by_email() -> Value {
    json!({
        "modules": {"contacts": true}, "send_notification": true, "users": "3;7",
        "rules": [{"module": "contacts", "field": "email", "rule": "exact"}],
    })
}

/// Sets the settings and waits until every module is indexed by them.
async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/duplicates", Some(settings)).await.expect(200);
    stage.world.app.tick().await;
    stage.passes(5).await;
}

/// Saves a record as Ada.
async fn save(stage: &Stage, place: &str, label: &str, fields: Value) {
    save_as(stage, ADA, place, label, fields).await;
}

async fn save_as(stage: &Stage, actor: i64, place: &str, label: &str, fields: Value) {
    let body = json!({"label": label, "fields": fields, "actor_id": actor});
    let reply = stage.admin("PUT", &format!("/crm/record/{place}"), Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{place}: {}", reply.text);
}

/// Compares what waits.
async fn check(stage: &Stage) {
    stage.world.app.tick().await;
}

async fn titles(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("?type=duplicate_created").await
}

async fn list(stage: &Stage, query: &str) -> Value {
    stage.admin("GET", &format!("/crm/duplicate{query}"), None).await.expect(200)
}

/// The pairs of a list: both ids, the newer record's first, and the fields that match.
async fn pairs(stage: &Stage, query: &str) -> Vec<String> {
    let page = list(stage, query).await;
    let text = |pair: &Value, of: &str| pair[of]["id"].as_str().unwrap().to_owned();
    let fields = |pair: &Value| {
        let reasons = pair["reasons"].as_array().unwrap().iter();
        reasons.map(|reason| reason["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(",")
    };
    let pairs = page["duplicates"].as_array().unwrap().iter();
    pairs.map(|pair| format!("{}~{} {}", text(pair, "record"), text(pair, "other"), fields(pair))).collect()
}

story! {
    async fn d1_the_users_of_the_list_are_told_of_a_saved_match_with_links(on: On) {
        let stage = stage(on).await;
        set(&stage, by_email()).await;
        save(&stage, "contacts/1", "Jane Doe", json!({"email": "jane@example.com"})).await;
        check(&stage).await;
        assert!(titles(&stage, 3).await.is_empty(), "there is nothing that it matches");
        save(&stage, "contacts/2", "J. Doe", json!({"email": "JANE@example.com"})).await;
        check(&stage).await;
        for id in [3, 7] {
            assert_eq!(titles(&stage, id).await, ["Possible duplicate: Contact J. Doe"]);
            let item = stage.sign_in(id).await.list("").await["notifications"][0].clone();
            assert_eq!((&item["type"], &item["related_user_id"]), (&json!("duplicate_created"), &json!(ADA)));
            let message = "Ada Admin added it. It may be the same as:\nJane Doe (E-mail jane@example.com)";
            assert_eq!(item["message"], message);
            let place = |id: i64| format!("{}/records/contacts/{id}", stage.world.config.public_url);
            assert_eq!(item["link"], place(2));
            let links = json!([{"label": "Contact Jane Doe", "url": place(1)}]);
            let metadata =
                json!({"module": "contacts", "record_id": "2", "links": links, "matched_on": "E-mail"});
            assert_eq!(item["metadata"], metadata);
            let letter = stage.letters(id)[0].clone();
            assert!(letter.text().contains(&place(1)) && letter.text().contains(&place(2)), "{}", letter.text());
        }
        assert!(stage.log("").await.iter().all(|entry| entry["sending"] == "automated"));
        let seen = stage.sign_in(3).await;
        let id = seen.list("").await["notifications"][0]["notification_id"].as_i64().unwrap();
        let why = seen.ask("GET", &format!("/crm/notification/{id}/why"), None).await.expect(200);
        let sentence = "You were told because Ada Admin added Contact J. Doe, which may be the same as Contact Jane Doe, \
            and you are named in Duplicate Check Settings.";
        assert!(why.to_string().contains(sentence), "{why:#}");
        stage.adds_up().await;
    }
}

story! {
    async fn d1_nobody_is_told_where_the_module_or_the_tick_is_off_or_nothing_matches(on: On) {
        let stage = stage(on).await;
        let save_two = async |first: i64| {
            for id in [first, first + 1] {
                let fields = json!({"email": format!("{first}@example.com")});
                save(&stage, &format!("contacts/{id}"), &format!("Contact {id}"), fields).await;
            }
            check(&stage).await;
        };
        let with = |field: &str, value: Value| {
            let mut settings = by_email();
            settings[field] = value;
            settings
        };
        // Out of the box.
        save_two(10).await;
        // The module is off, the tick is missing, nobody is named.
        set(&stage, with("modules", json!({"contacts": false, "leads": true}))).await;
        save_two(20).await;
        assert!(pairs(&stage, "").await.is_empty(), "what is off is not compared");
        set(&stage, with("send_notification", json!(false))).await;
        save_two(30).await;
        set(&stage, with("users", json!(""))).await;
        save_two(40).await;
        // Nothing matches, or what matches is empty.
        set(&stage, by_email()).await;
        for (id, fields) in [(50, json!({"email": "other@example.com"})), (51, json!({"email": " "})), (52, json!({"email": " "})), (53, json!({})), (54, json!({"email": "-"}))] {
            save(&stage, &format!("contacts/{id}"), "Somebody", fields).await;
        }
        // Silenced by whoever saved it.
        let body = json!({"label": "Silent", "fields": {"email": "40@example.com"}, "send_notification": false});
        stage.admin("PUT", "/crm/record/contacts/60", Some(body)).await.expect(201);
        check(&stage).await;
        assert!(titles(&stage, 3).await.is_empty() && titles(&stage, 7).await.is_empty());
        // The list is of those that match, told or not.
        let expected = ["60~41 email", "60~40 email", "41~40 email", "31~30 email", "21~20 email", "11~10 email"];
        let listed: BTreeSet<String> = pairs(&stage, "").await.into_iter().collect();
        assert_eq!(listed, expected.map(str::to_owned).into());
    }
}

story! {
    async fn d2_first_x_contains_and_exact_match(on: On) {
        let stage = stage(on).await;
        let by = |rules: Value| json!({"modules": {"contacts": true, "companies": true}, "rules": rules});
        set(&stage, by(json!([
            {"module": "contacts", "field": "last_name", "rule": "first", "length": 4},
            {"module": "companies", "field": "label", "rule": "contains"},
        ]))).await;
        save(&stage, "contacts/1", "A", json!({"last_name": "Smith"})).await;
        save(&stage, "contacts/2", "B", json!({"last_name": "Smithers"})).await;
        save(&stage, "contacts/3", "C", json!({"last_name": "Smythe"})).await;
        for (id, label) in [(1, "Smith"), (2, "Smith-Jones"), (3, "Jones & Partners"), (4, "Ms"), (5, "Smythe")] {
            save(&stage, &format!("companies/{id}"), label, json!({})).await;
        }
        check(&stage).await;
        assert_eq!(pairs(&stage, "?module=contacts").await, ["2~1 last_name"]);
        assert_eq!(pairs(&stage, "?module=companies").await, ["2~1 label"]);
        // The new value may be the part as well.
        save(&stage, "companies/6", "jones", json!({})).await;
        check(&stage).await;
        let found: BTreeSet<String> = pairs(&stage, "?module=companies").await.into_iter().collect();
        assert_eq!(found, ["2~1 label", "6~2 label", "6~3 label"].map(str::to_owned).into());
        let reason = list(&stage, "?module=contacts").await["duplicates"][0]["reasons"][0].clone();
        let expected = json!({"field": "last_name", "title": "Last Name", "rule": "first", "length": 4,
            "value": "Smithers", "other_value": "Smith"});
        assert_eq!(reason, expected);
        // A match of any rule is one, and every rule that matches is said.
        set(&stage, by(json!([
            {"module": "contacts", "field": "last_name", "rule": "first", "length": 2},
            {"module": "contacts", "field": "phone", "rule": "phone"},
            {"module": "contacts", "field": "label", "rule": "exact"},
        ]))).await;
        save(&stage, "contacts/4", "Ädam-Ümit", json!({"last_name": "Smart", "phone": "020 7946 0000"})).await;
        save(&stage, "contacts/5", "adam umit", json!({"phone": "+44 (0)20 7946 0000"})).await;
        check(&stage).await;
        let found: BTreeSet<String> = pairs(&stage, "?module=contacts").await.into_iter().collect();
        let sm = ["2~1", "3~1", "3~2", "4~1", "4~2", "4~3"].map(|pair| format!("{pair} last_name"));
        assert_eq!(found, sm.into_iter().chain(["5~4 phone,label".to_owned()]).collect());
    }
}

story! {
    async fn d3_the_notify_link_goes_by_both_ways_whatever_was_chosen(on: On) {
        let stage = stage(on).await;
        let url = stage.net.url(&hook("seven"));
        stage.choose(7, json!({"receive_by": "none", "webhook_url": url})).await;
        set(&stage, json!({"modules": {"contacts": true}})).await;
        let body = |id: i64| json!({"label": "Jane Doe", "assigned_to": if id == 1 { 3 } else { 7 }, "send_notification": false});
        for id in [1, 2] {
            stage.admin("PUT", &format!("/crm/record/contacts/{id}"), Some(body(id))).await.expect(201);
        }
        check(&stage).await;
        let ada = stage.sign_in(ADA).await;
        let pair = ada.ask("GET", "/crm/duplicate", None).await.expect(200)["duplicates"][0].clone();
        let notify = &pair["notify"];
        assert_eq!(notify["users"], json!([3, 7]), "the assigned users of both");
        assert_eq!(notify["subject"], "Possible duplicate: Contact Jane Doe");
        let place = format!("{}/records/contacts/1", stage.world.config.public_url);
        assert!(notify["text"].as_str().unwrap().contains(&place), "{notify}");
        let body = json!({"users": [7], "subject": notify["subject"], "text": notify["text"]});
        let sent = ada.ask("POST", notify["path"].as_str().unwrap(), Some(body)).await.expect(200);
        assert_eq!(sent["recipients"][0]["channels"], json!(["centre", "email", "webhook"]));
        stage.settles().await;
        assert_eq!(stage.subjects(7), ["Possible duplicate: Contact Jane Doe"]);
        assert_eq!(stage.hooked("seven"), ["Possible duplicate: Contact Jane Doe"]);
        assert!(stage.letters(7)[0].text().contains(&place));
        // In the list of one record it is that record's, and the text leads to the other one.
        let own = stage.admin("GET", "/crm/record/contacts/1/duplicates", None).await.expect(200);
        let own = own["duplicates"][0].clone();
        assert_eq!((&own["record"]["id"], &own["other"]["id"], &own["id"]), (&json!("1"), &json!("2"), &pair["id"]));
        assert_eq!(own["notify"]["path"], "/crm/record/contacts/1/notify");
        assert!(own["notify"]["text"].as_str().unwrap().contains("/records/contacts/2"));
        assert_eq!(own["record"]["assigned_user"], json!({"id": 3, "name": "User 3"}));
    }
}

story! {
    async fn q40_one_notification_lists_all_and_an_edit_counts_as_a_save(on: On) {
        let stage = stage(on).await;
        set(&stage, by_email()).await;
        for id in 1..=23 {
            save(&stage, &format!("contacts/{id}"), &format!("Old {id}"), json!({"email": "x@example.com"})).await;
        }
        check(&stage).await;
        for id in [3, 7] {
            let all = stage.sign_in(id).await;
            all.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        }
        let unread = async || stage.sign_in(3).await.titles("?unread=true").await;
        save(&stage, "contacts/30", "New", json!({})).await;
        save(&stage, "contacts/30", "New", json!({"email": "x@example.com"})).await;
        check(&stage).await;
        assert_eq!(unread().await, ["Possible duplicate: Contact New"], "made and changed in one go");
        let item = stage.sign_in(3).await.list("?unread=true").await["notifications"][0].clone();
        let message = item["message"].as_str().unwrap();
        assert_eq!(message.lines().count(), 1 + 20 + 1, "{message}");
        assert!(message.contains("Old 23 (E-mail x@example.com)") && message.ends_with("… and 3 more"), "{message}");
        assert_eq!(item["metadata"]["links"].as_array().unwrap().len(), 20);
        // An edit that makes the match again is told again; one of something else, or of nothing, is not.
        save(&stage, "contacts/30", "New", json!({"email": "y@example.com"})).await;
        check(&stage).await;
        assert_eq!(unread().await.len(), 1);
        save(&stage, "contacts/30", "New", json!({"email": "x@example.com"})).await;
        check(&stage).await;
        assert_eq!(unread().await.len(), 2);
        save(&stage, "contacts/30", "New", json!({"email": "x@example.com", "phone": "1"})).await;
        save(&stage, "contacts/30", "Renamed", json!({"email": "x@example.com", "phone": "1"})).await;
        save(&stage, "contacts/30", "Renamed", json!({"email": "x@example.com", "phone": "1"})).await;
        let given = stage.admin("PATCH", "/crm/record/contacts/30", Some(json!({"assigned_to": 3, "send_notification": false}))).await;
        given.expect(200);
        check(&stage).await;
        assert_eq!(unread().await.len(), 2);
        let item = stage.sign_in(3).await.list("?unread=true").await["notifications"][0].clone();
        assert!(item["message"].as_str().unwrap().starts_with("Ada Admin changed it. "), "{item}");
    }
}

story! {
    async fn a_rename_makes_a_match_and_another_one_unmakes_it(on: On) {
        let stage = stage(on).await;
        let mut settings = by_email();
        settings["rules"] = json!([{"module": "contacts", "field": "label", "rule": "exact"}]);
        set(&stage, settings).await;
        save(&stage, "contacts/1", "Jane Doe", json!({})).await;
        save(&stage, "contacts/2", "John Roe", json!({})).await;
        check(&stage).await;
        assert!(pairs(&stage, "").await.is_empty());
        save(&stage, "contacts/1", "john roe", json!({})).await;
        check(&stage).await;
        // The newer record is named first, whichever was saved last.
        assert_eq!(pairs(&stage, "").await, ["2~1 label"]);
        let reason = list(&stage, "").await["duplicates"][0]["reasons"][0].clone();
        assert_eq!((&reason["value"], &reason["other_value"]), (&json!("John Roe"), &json!("john roe")));
        assert_eq!(titles(&stage, 3).await, ["Possible duplicate: Contact john roe"]);
        save(&stage, "contacts/2", "Rita Roe", json!({})).await;
        check(&stage).await;
        assert!(pairs(&stage, "").await.is_empty());
        assert_eq!(titles(&stage, 3).await.len(), 1);
    }
}

story! {
    async fn what_is_deleted_is_a_duplicate_of_nothing(on: On) {
        let stage = stage(on).await;
        set(&stage, by_email()).await;
        for id in 1..=3 {
            save(&stage, &format!("contacts/{id}"), "Jane", json!({"email": "jane@example.com"})).await;
        }
        check(&stage).await;
        assert_eq!(pairs(&stage, "").await.len(), 3);
        stage.admin("DELETE", "/crm/record/contacts/1", None).await.expect(200);
        assert_eq!(pairs(&stage, "").await, ["3~2 email"], "at once");
        check(&stage).await;
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM duplicates").await, 1);
        for table in ["SELECT COUNT(*) FROM duplicate_keys", "SELECT COUNT(*) FROM duplicate_entries"] {
            assert_eq!(stage.world.number(table).await, 2, "{table}");
        }
        // Gone before anybody looked.
        save(&stage, "contacts/4", "Jane", json!({"email": "jane@example.com"})).await;
        let before = titles(&stage, 3).await.len();
        stage.admin("DELETE", "/crm/record/contacts/4", None).await.expect(200);
        check(&stage).await;
        assert_eq!(titles(&stage, 3).await.len(), before);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM duplicate_queue").await, 0);
        // Its id may come again: it is another record.
        save(&stage, "contacts/4", "Jane", json!({"email": "other@example.com"})).await;
        check(&stage).await;
        assert_eq!(pairs(&stage, "").await, ["3~2 email"]);
    }
}

story! {
    async fn other_rules_bring_the_list_into_line_and_tell_nobody(on: On) {
        let stage = stage(on).await;
        for (id, label) in [(1, "Smith"), (2, "Smithers"), (3, "Jones")] {
            save(&stage, &format!("contacts/{id}"), label, json!({"email": "same@example.com"})).await;
        }
        let by = |rules: Value| {
            let mut settings = by_email();
            settings["rules"] = rules;
            settings
        };
        set(&stage, by_email()).await;
        assert_eq!(pairs(&stage, "").await.len(), 3);
        set(&stage, by(json!([{"module": "contacts", "field": "label", "rule": "first", "length": 4}]))).await;
        assert_eq!(pairs(&stage, "").await, ["2~1 label"]);
        set(&stage, by(json!([{"module": "contacts", "field": "label", "rule": "contains"}]))).await;
        assert_eq!(pairs(&stage, "").await, ["2~1 label"]);
        assert!(stage.world.number("SELECT COUNT(*) FROM duplicate_threes").await > 0);
        assert!(titles(&stage, 3).await.is_empty());
        // What is saved while it goes on is told of once it is done.
        stage.admin("PUT", "/crm/settings/duplicates", Some(by_email())).await.expect(200);
        save(&stage, "contacts/4", "Late", json!({"email": "same@example.com"})).await;
        // One node of several waits a moment, until all know of it.
        if on == On::Postgres {
            assert_eq!(list(&stage, "").await["is_checking"], true);
        }
        for _ in 0..2 {
            stage.passes(5).await;
        }
        assert_eq!(pairs(&stage, "").await.len(), 6);
        assert_eq!(titles(&stage, 3).await, ["Possible duplicate: Contact Late"]);
        let page = list(&stage, "").await;
        assert_eq!((&page["is_checking"], &page["modules"]), (&json!(false), &json!(["contacts"])));
        // Off: nothing is left of it.
        let off = json!({"modules": {"contacts": false}});
        set(&stage, off).await;
        assert!(pairs(&stage, "").await.is_empty());
        for table in ["keys", "threes", "entries", "queue"] {
            let sql: &'static str = match table {
                "keys" => "SELECT COUNT(*) FROM duplicate_keys",
                "threes" => "SELECT COUNT(*) FROM duplicate_threes",
                "entries" => "SELECT COUNT(*) FROM duplicate_entries",
                _ => "SELECT COUNT(*) FROM duplicate_queue",
            };
            assert_eq!(stage.world.number(sql).await, 0, "{table}");
        }
        assert_eq!(list(&stage, "").await["modules"], json!([]));
    }
}

story! {
    async fn nobody_is_told_of_their_own_act(on: On) {
        let stage = stage(on).await;
        set(&stage, by_email()).await;
        save_as(&stage, 3, "contacts/1", "Jane", json!({"email": "jane@example.com"})).await;
        save_as(&stage, 3, "contacts/2", "Jane", json!({"email": "jane@example.com"})).await;
        check(&stage).await;
        assert!(titles(&stage, 3).await.is_empty());
        assert_eq!(titles(&stage, 7).await.len(), 1);
        // Two people at once: each hears of the other.
        save_as(&stage, 3, "contacts/3", "Jane", json!({"email": "jane@example.com"})).await;
        save_as(&stage, 7, "contacts/3", "Jane", json!({"email": "Jane@example.com"})).await;
        check(&stage).await;
        assert_eq!((titles(&stage, 3).await.len(), titles(&stage, 7).await.len()), (1, 2));
        let seen = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert!(seen["message"].as_str().unwrap().starts_with("User 7 changed it. "), "{seen}");
        let told = stage.admin("GET", "/crm/explain?module=contacts&id=2&user=3", None).await.expect(200);
        let sentence = "User 3 was not told that Contact Jane may be a duplicate because nobody is told of what they did themselves.";
        assert!(told.to_string().contains(sentence), "{told:#}");
    }
}

story! {
    async fn a_dismissed_pair_stays_away_until_another_rule_finds_it(on: On) {
        let stage = stage(on).await;
        let mut settings = by_email();
        settings["rules"] = json!([
            {"module": "contacts", "field": "email", "rule": "email"},
            {"module": "contacts", "field": "phone", "rule": "phone"},
        ]);
        set(&stage, settings).await;
        save(&stage, "contacts/1", "Jane", json!({"email": "office@example.com"})).await;
        save(&stage, "contacts/2", "John", json!({"email": "office@example.com"})).await;
        check(&stage).await;
        let id = list(&stage, "").await["duplicates"][0]["id"].as_i64().unwrap();
        let seven = stage.sign_in(7).await;
        let done = seven.ask("POST", &format!("/crm/duplicate/{id}/dismiss"), None).await.expect(200);
        assert_eq!(done["duplicate"]["dismissed_by"], json!({"id": 7, "name": "User 7"}));
        assert!(done["duplicate"]["dismissed_at"].is_string());
        // Again: the same answer.
        stage.passes(60).await;
        let again = stage.admin("POST", &format!("/crm/duplicate/{id}/dismiss"), None).await.expect(200);
        assert_eq!(again, done);
        assert!(pairs(&stage, "").await.is_empty() && pairs(&stage, "?module=contacts").await.is_empty());
        assert_eq!(pairs(&stage, "?dismissed=true").await, ["2~1 email"]);
        // Nobody hears of it by the same rule.
        save(&stage, "contacts/2", "John", json!({"email": "Office+1@example.com"})).await;
        check(&stage).await;
        assert!(pairs(&stage, "").await.is_empty());
        assert_eq!(titles(&stage, 3).await.len(), 1);
        // By another one they do.
        save(&stage, "contacts/1", "Jane", json!({"email": "office@example.com", "phone": "+49 30 123456"})).await;
        save(&stage, "contacts/2", "John", json!({"email": "office@example.com", "phone": "030 123456"})).await;
        check(&stage).await;
        assert_eq!(pairs(&stage, "").await, ["2~1 email,phone"]);
        assert_eq!(list(&stage, "").await["duplicates"][0]["dismissed_by"], Value::Null);
        assert!(titles(&stage, 3).await.len() > 1);
        // By hand as well.
        stage.admin("POST", &format!("/crm/duplicate/{id}/dismiss"), None).await.expect(200);
        let restored = stage.admin("POST", &format!("/crm/duplicate/{id}/restore"), None).await.expect(200);
        assert_eq!(restored["duplicate"]["dismissed_at"], Value::Null);
        assert_eq!(pairs(&stage, "").await.len(), 1);
        for path in ["/crm/duplicate/999/dismiss", "/crm/duplicate/x/restore"] {
            let reply = stage.admin("POST", path, None).await;
            assert_eq!(reply.status, 404, "{}", reply.text);
        }
    }
}

/// Has somebody dismiss every pair at the very moment when what was compared is about to be written.
async fn dismiss_as_it_is_written(stage: &Stage, on: On) {
    let dismiss = "UPDATE duplicates SET dismissed_at = 1, dismissed_by = 7";
    let texts = match on {
        On::Sqlite => {
            vec![format!("CREATE TRIGGER meanwhile AFTER UPDATE ON duplicate_turns BEGIN {dismiss}; END")]
        }
        On::Postgres => vec![
            format!(
                "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {dismiss}; RETURN NULL; END $$"
            ),
            "CREATE TRIGGER meanwhile AFTER UPDATE ON duplicate_turns EXECUTE FUNCTION meanwhile()"
                .to_owned(),
        ],
    };
    let made = stage.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
        Box::pin(async move {
            for text in texts {
                tx.execute(&text, &[]).await?;
            }
            Ok(())
        })
    });
    made.await.unwrap();
}

story! {
    async fn a_pair_that_is_dismissed_while_it_is_compared_is_told_of_no_more(on: On) {
        let stage = stage(on).await;
        let mut settings = by_email();
        settings["rules"][0]["rule"] = json!("email");
        set(&stage, settings).await;
        save(&stage, "contacts/1", "Jane", json!({"email": "x@example.com"})).await;
        save(&stage, "contacts/2", "John", json!({"email": "x@example.com"})).await;
        check(&stage).await;
        assert_eq!((titles(&stage, 3).await.len(), pairs(&stage, "").await.len()), (1, 1));
        dismiss_as_it_is_written(&stage, on).await;
        save(&stage, "contacts/1", "Jane", json!({"email": "x+1@example.com"})).await;
        check(&stage).await;
        assert_eq!((titles(&stage, 3).await.len(), pairs(&stage, "").await.len()), (1, 0));
    }
}

story! {
    async fn a_restart_between_save_and_check_loses_nothing_and_tells_once(on: On) {
        let stage = stage(on).await;
        set(&stage, by_email()).await;
        save(&stage, "contacts/1", "Jane", json!({"email": "jane@example.com"})).await;
        check(&stage).await;
        save(&stage, "contacts/2", "Jane", json!({"email": "jane@example.com"})).await;
        let stage = stage.restart().await;
        for _ in 0..3 {
            check(&stage).await;
        }
        assert_eq!(titles(&stage, 3).await.len(), 1);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM duplicate_queue").await, 0);
        // What is refused waits for nothing: the place in the queue is part of the save.
        let stale = json!({"label": "Jane", "version": 9, "fields": {"email": "jane@example.com"}});
        stage.admin("PUT", "/crm/record/contacts/2", Some(stale)).await.expect(409);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM duplicate_queue").await, 0);
        // Two that look at the same moment tell once.
        save(&stage, "contacts/3", "Jane", json!({"email": "jane@example.com"})).await;
        let (one, other) = tokio::join!(stage.world.app.tick(), stage.world.app.tick());
        assert_eq!((one, other), ((), ()));
        assert_eq!(titles(&stage, 3).await.len(), 2);
    }
}

story! {
    async fn a_rule_that_matches_very_many_is_bounded(on: On) {
        let stage = stage(on).await;
        let mut settings = by_email();
        settings["rules"] = json!([{"module": "contacts", "field": "label", "rule": "first", "length": 1}]);
        set(&stage, settings).await;
        for id in 1..=70 {
            save(&stage, &format!("contacts/{id}"), &format!("Anna {id}"), json!({})).await;
        }
        for _ in 0..3 {
            check(&stage).await;
        }
        let before = stage.world.number("SELECT COUNT(*) FROM duplicates").await;
        save(&stage, "contacts/100", "Abel", json!({})).await;
        check(&stage).await;
        let item = stage.sign_in(3).await.list("?limit=1").await["notifications"][0].clone();
        assert!(item["message"].as_str().unwrap().ends_with("… and at least 30 more"), "{item}");
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM duplicates").await, before + 50);
        // The pages of the list.
        let mut seen = 0;
        let mut cursor = String::new();
        loop {
            let page = list(&stage, &format!("?limit=100{cursor}")).await;
            seen += page["duplicates"].as_array().unwrap().len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(i64::try_from(seen).unwrap(), before + 50);
    }
}

story! {
    async fn a_setting_that_names_what_there_is_not_is_refused(on: On) {
        let stage = stage(on).await;
        let refused = async |settings: Value| {
            let reply = stage.admin("PUT", "/crm/settings/duplicates", Some(settings)).await;
            reply.expect(400)["reason"].as_str().unwrap().to_owned()
        };
        let reason = refused(json!({"users": "3; Usr 7"})).await;
        assert!(reason.contains("did you mean User"), "{reason}");
        let reason = refused(json!({"modules": {"contcts": true}})).await;
        assert!(reason.contains("did you mean \"contacts\"?"), "{reason}");
        let reason = refused(json!({"rules": [{"module": "contacts", "field": "emall", "rule": "exact"}]})).await;
        assert!(reason.contains("did you mean \"email\"?"), "{reason}");
        let reason = refused(json!({"rules": [{"module": "contacts", "field": "email", "rule": "like"}]})).await;
        assert!(reason.contains("exact") && reason.contains("contains"), "{reason}");
        // Names, e-mail addresses and ids; commas and semicolons.
        let mut settings = by_email();
        settings["users"] = json!("User 3, user7@example.com; 1");
        set(&stage, settings).await;
        for id in 1..=2 {
            save_as(&stage, 3, &format!("contacts/{id}"), "Jane", json!({"email": "jane@example.com"})).await;
        }
        check(&stage).await;
        assert_eq!((titles(&stage, 3).await.len(), titles(&stage, 7).await.len(), titles(&stage, 1).await.len()), (0, 1, 1));
        // One who is gone later is passed over.
        stage.admin("DELETE", "/crm/user/7", None).await.expect(200);
        save_as(&stage, 3, "contacts/3", "Jane", json!({"email": "jane@example.com"})).await;
        check(&stage).await;
        assert_eq!(titles(&stage, 1).await.len(), 2);
        tokio::time::timeout(Duration::from_secs(60), check(&stage)).await.unwrap();
    }
}

story! {
    async fn d2_a_field_of_the_crms_own_is_compared_like_any_other(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({
            "modules": {"contacts": true},
            "rules": [{"module": "contacts", "field": "surname", "rule": "first", "length": 4}],
        })).await;
        save(&stage, "contacts/1", "Jane", json!({"surname": "Smithers"})).await;
        save(&stage, "contacts/2", "Jim", json!({"surname": "Smith"})).await;
        save(&stage, "contacts/3", "Joe", json!({"surname": "Smi"})).await;
        check(&stage).await;
        assert_eq!(pairs(&stage, "").await, ["2~1 surname"]);
        let slip = json!({"rules": [{"module": "contacts", "field": "emial", "rule": "exact"}]});
        let refused = stage.admin("PUT", "/crm/settings/duplicates", Some(slip)).await.expect(400);
        assert_eq!(refused["reason"], "rules[0].field: \"emial\" is no field of contacts; did you mean \"email\"?");
        let slip = json!({"rules": [{"module": "contacts", "field": "surname", "rule": "first", "lenght": 4}]});
        let refused = stage.admin("PUT", "/crm/settings/duplicates", Some(slip)).await.expect(400);
        assert_eq!(refused["reason"], "rules[0].lenght is unknown; did you mean \"length\"?");
    }
}
