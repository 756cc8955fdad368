//! Records of the CRM: saved, found, reassigned, and what is kept of every change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{KEY, Reply, Somebody, World};

/// A request of the CRM, with its key.
async fn crm(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    let path = format!("/crm/record{path}");
    world.ask(method, &path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

async fn put(world: &World, path: &str, body: Value) -> Reply {
    crm(world, "PUT", path, Some(body)).await
}

async fn record(world: &World, path: &str) -> Value {
    crm(world, "GET", path, None).await.expect(200)["record"].clone()
}

/// The history of a record without what every entry has: newest first, as `[field, from, to]`.
async fn history(world: &World, path: &str) -> Vec<Value> {
    let page = crm(world, "GET", &format!("{path}/history"), None).await.expect(200);
    page["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["field"], one["from"], one["to"]]))
        .collect()
}

#[track_caller]
fn reason(refused: Reply, status: u16) -> String {
    let body = refused.expect(status);
    assert_eq!(body["result"], "Failed");
    body["reason"].as_str().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<&str> {
    page["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

async fn set(world: &World, group: &str, fields: Value) {
    let path = format!("/crm/settings/{group}");
    world.ask("PUT", &path, &[("X-API-KEY", KEY)], Some(fields.to_string())).await.expect(200);
}

async fn people(world: &World, all: &[i64]) {
    for id in all {
        world.person(*id, &[]).await;
    }
}

story! {
    async fn a_record_is_made_changed_shown_and_deleted(on: On) {
        let world = World::new(on).await;
        people(&world, &[5, 6]).await;
        let body = json!({"label": "Jane Doe", "link": "/contacts/7", "assigned_to": 5, "fields": {"email": "jane@example.com", "shoe_size": 38}});
        let made = put(&world, "/contacts/7", body).await.expect(201);
        let mut expected = json!({
            "module": "contacts", "id": "7", "label": "Jane Doe", "link": "/contacts/7", "assigned_to": 5,
            "previous_assigned_to": null, "reassigned_at": null, "fields": {"email": "jane@example.com", "shoe_size": 38},
            "version": 1, "created_at": "2026-01-11T14:30:00Z", "updated_at": "2026-01-11T14:30:00Z",
            "assigned_user": {"id": 5, "name": "User 5"}, "previous_assigned_user": null
        });
        assert_eq!(made, json!({"result": "Success", "record": expected}));
        assert_eq!(record(&world, "/contacts/7").await, expected);
        assert_eq!(record(&world, "/contacts/7/").await, expected);

        world.passes(Duration::from_secs(60)).await;
        let changed = crm(&world, "PATCH", "/contacts/7", Some(json!({"label": "Jane Dow", "link": null, "fields": {"email": null, "phone": "1"}})));
        expected["label"] = json!("Jane Dow");
        expected["link"] = Value::Null;
        expected["fields"] = json!({"phone": "1", "shoe_size": 38});
        expected["version"] = json!(2);
        expected["updated_at"] = json!("2026-01-11T14:31:00Z");
        assert_eq!(changed.await.expect(200)["record"], expected, "PATCH merges fields by key, and null takes one away");
        let replaced = put(&world, "/contacts/7", json!({"fields": {"mobile": "2", "phone": null}})).await.expect(200);
        assert_eq!(replaced["record"]["fields"], json!({"mobile": "2"}), "PUT replaces all fields");
        assert_eq!(replaced["record"]["label"], "Jane Dow", "what is left out stays as it is");

        let gone = crm(&world, "DELETE", "/contacts/7", None).await.expect(200);
        assert_eq!(gone, json!({"result": "Success", "message": "Record deleted"}));
        for method in ["GET", "DELETE"] {
            assert_eq!(reason(crm(&world, method, "/contacts/7", None).await, 404), "Contact 7 not found");
        }
        let again = put(&world, "/contacts/7", json!({"label": "Another"})).await.expect(201);
        assert_eq!(again["record"]["version"], 1);
    }
}

story! {
    async fn the_same_body_again_changes_nothing_and_tells_nobody(on: On) {
        let world = World::new(on).await;
        let ann = world.person(5, &[]).await;
        let body = json!({"label": "Jane Doe", "link": "/contacts/7", "assigned_to": 5, "fields": {"a": [1, {"b": null}], "c": null}, "send_notification": true});
        let made = put(&world, "/contacts/7", body.clone()).await.expect(201);
        world.passes(Duration::from_secs(60)).await;
        let told = ann.unread().await;
        for method in ["PUT", "PATCH", "PUT"] {
            let again = crm(&world, method, "/contacts/7", Some(body.clone())).await.expect(200);
            assert_eq!(again, made, "{method}: the same body, the same record, the same version");
        }
        assert_eq!(ann.unread().await, told);
        assert_eq!(history(&world, "/contacts/7").await, [json!(["record", null, "Jane Doe"])]);
    }
}

story! {
    async fn whoever_saves_an_older_version_is_told_which_there_is(on: On) {
        let world = World::new(on).await;
        put(&world, "/leads/L-1", json!({"label": "A lead"})).await.expect(201);
        put(&world, "/leads/L-1", json!({"label": "B lead", "version": 1})).await.expect(200);
        let told = "Lead L-1 is at version 2 by now, not 1; read it again and repeat the change with that version";
        for method in ["PUT", "PATCH"] {
            let stale = crm(&world, method, "/leads/L-1", Some(json!({"label": "C lead", "version": 1}))).await;
            assert_eq!(stale.body["code"], "version_conflict", "{}", stale.text);
            assert_eq!(reason(stale, 409), told);
        }
        assert_eq!(reason(crm(&world, "DELETE", "/leads/L-1?version=1", None).await, 409), told);
        let kept = record(&world, "/leads/L-1").await;
        assert_eq!((&kept["label"], &kept["version"]), (&json!("B lead"), &json!(2)));
        let none = put(&world, "/leads/L-2", json!({"label": "New", "version": 3})).await;
        assert_eq!(none.body["code"], "version_conflict", "{}", none.text);
        assert_eq!(reason(none, 409), "There is no Lead L-2; leave version out to make it");
        crm(&world, "DELETE", "/leads/L-1?version=2", None).await.expect(200);
    }
}

story! {
    async fn a3_a_new_owner_leaves_the_date_and_the_previous_one_on_the_record(on: On) {
        let world = World::new(on).await;
        people(&world, &[5, 6]).await;
        put(&world, "/contacts/7", json!({"label": "Jane Doe", "assigned_to": 5})).await.expect(201);
        world.passes(Duration::from_secs(60)).await;
        put(&world, "/contacts/7", json!({"assigned_to": 6})).await.expect(200);
        let stamped = record(&world, "/contacts/7").await;
        assert_eq!(stamped["reassigned_at"], "2026-01-11T14:31:00Z");
        assert_eq!(stamped["previous_assigned_user"], json!({"id": 5, "name": "User 5"}));
        assert_eq!((&stamped["assigned_to"], &stamped["previous_assigned_to"]), (&json!(6), &json!(5)));

        world.passes(Duration::from_secs(60)).await;
        let saved = put(&world, "/contacts/7", json!({"label": "Jane Dow", "assigned_to": 6})).await.expect(200);
        for stamp in ["reassigned_at", "previous_assigned_to", "previous_assigned_user"] {
            assert_eq!(saved["record"][stamp], stamped[stamp], "saved without another owner");
        }
        let taken = put(&world, "/contacts/7", json!({"assigned_to": null})).await.expect(200);
        let taken = &taken["record"];
        assert_eq!((&taken["assigned_user"], &taken["previous_assigned_to"]), (&Value::Null, &json!(6)));
        assert_eq!(taken["reassigned_at"], "2026-01-11T14:32:00Z");
    }
}

story! {
    async fn a6_history_says_who_changed_what_from_what_to_what(on: On) {
        let world = World::new(on).await;
        people(&world, &[5, 6]).await;
        let ada = world.person(7, &["admin"]).await;
        put(&world, "/contacts/7", json!({"label": "Jane Doe", "assigned_to": 5, "fields": {"email": "a", "phone": "1"}})).await.expect(201);
        put(&world, "/contacts/7", json!({"label": "Jane", "assigned_to": 6, "link": "/x", "fields": {"email": "b"}, "actor_id": 5})).await.expect(200);
        let page = crm(&world, "GET", "/contacts/7/history", None).await.expect(200);
        assert_eq!(page["next_cursor"], Value::Null);
        assert_eq!(page["history"], json!([
            {"field": "assigned_to", "from": 5, "to": 6, "actor_id": 5, "actor": "Provisioning notification system", "at": "2026-01-11T14:30:00Z", "by": "Modified(API)"},
            {"field": "record", "from": null, "to": "Jane Doe", "actor_id": null, "actor": "Provisioning notification system", "at": "2026-01-11T14:30:00Z", "by": "Modified(API)"},
        ]));

        set(&world, "audit", json!({"fields": "Contacts:email | contacts:label"})).await;
        let changed = ada.ask("PATCH", "/crm/record/contacts/7", Some(json!({"label": "Jane Dow", "link": null, "fields": {"email": "c", "phone": "2"}})));
        changed.await.expect(200);
        let page = crm(&world, "GET", "/contacts/7/history?limit=2", None).await.expect(200);
        let newest = &page["history"];
        assert_eq!(newest[1], json!({"field": "label", "from": "Jane", "to": "Jane Dow", "actor_id": 7, "actor": "user7@example.com", "at": "2026-01-11T14:30:00Z", "by": "Modified(User)"}));
        assert_eq!((&newest[0]["field"], &newest[0]["from"], &newest[0]["to"]), (&json!("email"), &json!("b"), &json!("c")));
        let next = format!("/contacts/7/history?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
        let older = crm(&world, "GET", &next, None).await.expect(200);
        assert_eq!((&older["history"][0]["field"], &older["next_cursor"]), (&json!("assigned_to"), &Value::Null));

        set(&world, "audit", json!({"fields": "", "log_all": true})).await;
        put(&world, "/contacts/7", json!({"link": "/y", "fields": {"email": "c", "ids": [1]}})).await.expect(200);
        crm(&world, "DELETE", "/contacts/7", None).await.expect(200);
        let after = history(&world, "/contacts/7").await;
        assert_eq!(after[..4], [
            json!(["record", "Jane Dow", null]),
            json!(["phone", "2", null]),
            json!(["ids", null, [1]]),
            json!(["link", null, "/y"]),
        ]);
    }
}

story! {
    async fn a7_several_records_get_another_owner_all_or_none(on: On) {
        let world = World::new(on).await;
        people(&world, &[5, 6]).await;
        for (id, owner) in [("c1", 5), ("c2", 5), ("c3", 6), ("4", 5)] {
            put(&world, &format!("/contacts/{id}"), json!({"label": id, "assigned_to": owner})).await.expect(201);
        }
        let reassign = async |body: Value| crm(&world, "POST", "/contacts/reassign", Some(body)).await;
        for (body, status, told) in [
            (json!({"ids": ["c1", "nope"], "assigned_to": 6}), 404, "Contact nope not found"),
            (json!({"ids": ["c1"], "assigned_to": 999}), 404, "User 999 not found"),
            (json!({"ids": ["c1"], "assigned_to": 6, "actor_id": 999}), 404, "User 999 not found"),
            (json!({"ids": ["c1"]}), 400, "assigned_to is required; null takes the records from everybody"),
            (json!({"assigned_to": 6}), 400, "ids is required"),
            (json!({"ids": [], "assigned_to": 6}), 400, "ids must name 1 to 1000 records; send the rest after them"),
            (json!({"ids": vec!["c1"; 1001], "assigned_to": 6}), 400, "ids must name 1 to 1000 records; send the rest after them"),
            (json!({"ids": "c1", "assigned_to": 6}), 400, "ids must be a list"),
            (json!({"ids": [["c1"]], "assigned_to": 6}), 400, "ids must be a list of ids, such as [\"7\", \"8\"]"),
        ] {
            assert_eq!(reason(reassign(body).await, status), told);
            assert_eq!(record(&world, "/contacts/c1").await["version"], 1, "{told}: nothing is changed");
        }
        world.passes(Duration::from_secs(60)).await;
        let done = reassign(json!({"ids": ["c2", "c1", "c3", "c2", 4], "assigned_to": 6, "actor_id": 5})).await.expect(200);
        assert_eq!((&done["result"], &done["reassigned"]), (&json!("Success"), &json!(3)));
        assert_eq!(ids(&done), ["c2", "c1", "c3", "4"], "each once, in the order in which they were named");
        for (id, version, previous, at) in
            [("c1", 2, json!(5), json!("2026-01-11T14:31:00Z")), ("c3", 1, Value::Null, Value::Null), ("4", 2, json!(5), json!("2026-01-11T14:31:00Z"))]
        {
            let now = record(&world, &format!("/contacts/{id}")).await;
            assert_eq!((&now["assigned_to"], &now["version"]), (&json!(6), &json!(version)), "{id}");
            assert_eq!((&now["previous_assigned_to"], &now["reassigned_at"]), (&previous, &at), "{id}");
            let shown = done["records"].as_array().unwrap().iter().find(|record| record["id"] == id).unwrap();
            let mut whole = shown.clone();
            assert_eq!(whole.as_object_mut().unwrap().insert("fields".to_owned(), json!({})), None, "a thousand would be long");
            assert_eq!(whole, now, "what was answered is what is stored");
        }
        for id in ["c1", "c2", "4"] {
            let entries = history(&world, &format!("/contacts/{id}")).await;
            assert_eq!(entries, [json!(["assigned_to", 5, 6]), json!(["record", null, id])], "A6: also bulk");
        }
        assert_eq!(history(&world, "/contacts/c3").await.len(), 1);
        let again = reassign(json!({"ids": ["c1", "c2"], "assigned_to": 6})).await.expect(200);
        assert_eq!(again["reassigned"], 0);
        let freed = reassign(json!({"ids": ["c1"], "assigned_to": null})).await.expect(200);
        assert_eq!((&freed["reassigned"], &freed["records"][0]["assigned_user"]), (&json!(1), &Value::Null));
    }
}

story! {
    async fn a_list_is_newest_first_filtered_and_paged(on: On) {
        let world = World::new(on).await;
        let ann = world.person(5, &[]).await;
        for (id, label, owner, status) in [
            ("1", "Äpfel 100%", json!(5), json!("Open")),
            ("2", "Birnen_!", json!(null), json!("Closed")),
            ("3", "äpfel 1000", json!(5), json!("Open")),
            ("4", "Birnenx!", json!(6), json!(7)),
            ("5", "Citronen", json!(5), json!("Closed")),
        ] {
            if owner == 6 {
                people(&world, &[6]).await;
            }
            put(&world, &format!("/vessels/{id}"), json!({"label": label})).await.expect(404);
            put(&world, &format!("/projects/{id}"), json!({"label": label, "assigned_to": owner, "fields": {"condition": status}})).await.expect(201);
            let text = status.as_str().unwrap_or("Other");
            crm(&world, "PATCH", &format!("/projects/{id}"), Some(json!({"fields": {"status": text}}))).await.expect(200);
        }
        put(&world, "/quotes/1", json!({"label": "Elsewhere"})).await.expect(201);
        for (query, expected) in [
            ("", vec!["5", "4", "3", "2", "1"]),
            ("?assigned_to=5", vec!["5", "3", "1"]),
            ("?assigned_to=none", vec!["2"]),
            ("?q=%C3%84PFEL", vec!["3", "1"]),
            ("?q=100%25", vec!["1"]),
            ("?q=_!", vec!["2"]),
            ("?status=Open", vec!["3", "1"]),
            ("?status=open", vec![]),
            ("?assigned_to=5&status=Closed&q=c", vec!["5"]),
        ] {
            let page = crm(&world, "GET", &format!("/projects{query}"), None).await.expect(200);
            assert_eq!(ids(&page), expected, "{query}");
            assert_eq!(page["next_cursor"], Value::Null, "{query}");
        }
        let mine = ann.ask("GET", "/crm/record/projects?assigned_to=me", None).await.expect(200);
        assert_eq!(ids(&mine), ["5", "3", "1"]);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = crm(&world, "GET", &format!("/projects?limit=2{cursor}"), None).await.expect(200);
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
            // What comes meanwhile moves nothing.
            put(&world, &format!("/projects/new-{}", seen.len()), json!({"label": "New"})).await.expect(201);
        }
        assert_eq!(seen, ["5", "4", "3", "2", "1"]);
        for query in ["limit=0", "limit=201", "cursor=0", "cursor=x", "assigned_to=me", "assigned_to=x", "assigned_to=0", "q=%00", "status=%00", "foo=1"] {
            crm(&world, "GET", &format!("/projects?{query}"), None).await.expect(400);
        }
    }
}

story! {
    async fn ids_are_the_crms_own_whatever_signs_they_have(on: On) {
        let world = World::new(on).await;
        let long = "x".repeat(64);
        for (path, id) in [
            ("a.b-c_d~e", "a.b-c_d~e"),
            ("Gr%C3%B6%C3%9Fe%20%26%20%E7%BB%84", "Größe & 组"),
            ("100%25", "100%"),
            ("a%3Fb%23c", "a?b#c"),
            ("%F0%9F%9A%80", "🚀"),
            ("{x}", "{x}"),
            (long.as_str(), long.as_str()),
            ("history", "history"),
        ] {
            let path = format!("/contacts/{path}");
            let made = put(&world, &path, json!({"label": id})).await.expect(201);
            assert_eq!(made["record"]["id"], id);
            assert_eq!(record(&world, &path).await["label"], id);
            assert_eq!(history(&world, &path).await.len(), 1, "{path}");
            crm(&world, "DELETE", &path, None).await.expect(200);
        }
        assert_ne!(record_made(&world, "A").await, record_made(&world, "a").await);
        let longer = "x".repeat(65);
        for bad in ["a%2Fb", "%00", "a%0Ab", "%20", "%C2%85", longer.as_str()] {
            let told = reason(put(&world, &format!("/contacts/{bad}"), json!({"label": "x"})).await, 400);
            assert_eq!(told, "The id of a record must be 1 to 64 characters, without / and control characters", "{bad}");
            for method in ["GET", "DELETE"] {
                crm(&world, method, &format!("/contacts/{bad}"), None).await.expect(404);
            }
            crm(&world, "GET", &format!("/contacts/{bad}/history"), None).await.expect(404);
        }
        let ours = crm(&world, "POST", "/contacts", Some(json!({"label": "Ours"}))).await.expect(201);
        let id = ours["record"]["id"].as_str().unwrap();
        assert_eq!((id.len(), &id[14..15]), (36, "7"), "a UUID in the order of time");
        assert_eq!(record(&world, &format!("/contacts/{id}")).await, ours["record"]);
    }
}

/// Ids differ by case.
async fn record_made(world: &World, id: &str) -> Value {
    put(world, &format!("/companies/{id}"), json!({"label": id})).await.expect(201)["record"]["id"].clone()
}

story! {
    async fn what_cannot_be_taken_is_refused_with_what_to_write(on: On) {
        let world = World::new(on).await;
        let large = "x".repeat(65_536);
        let deep = (0..16).fold(json!(1), |inner, _| json!([inner]));
        for (path, body, status, told) in [
            ("/contact/1", json!({"label": "x"}), 404, "Unknown module \"contact\"; did you mean \"contacts\"? There are: leads, contacts,"),
            ("/contacts/1", json!({}), 400, "label is required"),
            ("/contacts/1", json!({"label": " "}), 400, "label is required"),
            ("/contacts/1", json!({"label": null}), 400, "label must be a string; leave it out to keep it"),
            ("/contacts/1", json!({"label": 1}), 400, "label must be a string"),
            ("/contacts/1", json!({"label": "a\nb"}), 400, "label must be at most 255 characters long, in one line"),
            ("/contacts/1", json!({"label": "x".repeat(256)}), 400, "label must be at most 255 characters long, in one line"),
            ("/contacts/1", json!({"label": "x", "link": "javascript:alert(1)"}), 400, "link must be an absolute http or https URL"),
            ("/contacts/1", json!({"label": "x", "assigned_to": "5"}), 400, "assigned_to must be an integer"),
            ("/contacts/1", json!({"label": "x", "assigned_to": 999}), 404, "User 999 not found"),
            ("/contacts/1", json!({"label": "x", "actor_id": 999}), 404, "User 999 not found"),
            ("/contacts/1", json!({"label": "x", "send_notification": "no"}), 400, "send_notification must be true or false"),
            ("/contacts/1", json!({"label": "x", "version": 0}), 400, "version must be between 1 and"),
            ("/contacts/1", json!({"label": "x", "fields": []}), 400, "fields must be an object"),
            ("/contacts/1", json!({"label": "x", "fields": null}), 400, "fields must be an object; leave it out to keep it"),
            ("/contacts/1", json!({"label": "x", "field": {}}), 400, "Unknown field \"field\"; did you mean \"fields\"?"),
            ("/contacts/1", json!({"label": "x", "fields": {"birth_date": "1.2.1990"}}), 400, "fields.birth_date must be a day, such as \"2026-03-31\""),
            ("/companies/1", json!({"label": "x", "fields": {"credit_limit": "much"}}), 400, "fields.credit_limit must be a number, such as 1250.5"),
            ("/activities/1", json!({"label": "x", "fields": {"starts_at": "tomorrow"}}), 400, "fields.starts_at must be"),
            ("/contacts/1", json!({"label": "x", "fields": {"a": large}}), 400, "fields must be at most 65536 bytes of JSON in all"),
            ("/contacts/1", json!({"label": "x", "fields": {"a": deep}}), 400, "fields.a must nest at most 16 levels deep"),
            ("/contacts/1", json!({"label": "x", "fields": {"a": "\0"}}), 400, "fields.a must not contain the character NUL"),
        ] {
            for method in ["PUT", "PATCH"] {
                let refused = reason(crm(&world, method, path, Some(body.clone())).await, status);
                assert!(refused.starts_with(told), "{method} {path}: {refused}");
            }
        }
        for raw in ["1e400", "\"\\ud800\"", &"[".repeat(200)] {
            let close = "]".repeat(raw.matches('[').count());
            let body = format!("{{\"label\":\"x\",\"fields\":{{\"a\":{raw}{close}}}}}");
            let refused = world.ask("PUT", "/crm/record/contacts/1", &[("X-API-KEY", KEY)], Some(body)).await;
            assert!(reason(refused, 400).starts_with("fields must not hold numbers beyond 1.7e308"), "{raw}");
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM records").await, 0);
        assert_eq!(world.number("SELECT COUNT(*) FROM history").await, 0);

        let half = "x".repeat(40_000);
        put(&world, "/contacts/1", json!({"label": "x", "fields": {"a": half}})).await.expect(201);
        let more = crm(&world, "PATCH", "/contacts/1", Some(json!({"fields": {"b": half}}))).await;
        assert!(reason(more, 400).starts_with("fields must be at most 65536 bytes"), "merged ones are limited too");
    }
}

story! {
    async fn people_act_for_themselves_and_customers_not_at_all(on: On) {
        let world = World::new(on).await;
        let (ann, ada) = (world.person(5, &[]).await, world.person(7, &["admin"]).await);
        people(&world, &[6]).await;
        let customer = world.person(8, &["customer"]).await;
        world.person(9, &["customer", "support"]).await.ask("GET", "/crm/record", None).await.expect(200);
        put(&world, "/contacts/1", json!({"label": "x", "assigned_to": 6})).await.expect(201);
        for (method, path, body) in [
            ("GET", "", None),
            ("GET", "/contacts", None),
            ("POST", "/contacts", Some(json!({"label": "y"}))),
            ("POST", "/contacts/reassign", Some(json!({"ids": ["1"], "assigned_to": 8}))),
            ("GET", "/contacts/1", None),
            ("PUT", "/contacts/1", Some(json!({"label": "y"}))),
            ("PATCH", "/contacts/1", Some(json!({"label": "y"}))),
            ("GET", "/contacts/1/history", None),
            ("DELETE", "/contacts/1", None),
        ] {
            let told = reason(customer.ask(method, &format!("/crm/record{path}"), body).await, 403);
            assert_eq!(told, "Customers have no access to records; ask somebody of the company", "{method} {path}");
        }
        let patch = async |who: &Somebody<'_>, body: Value| who.ask("PATCH", "/crm/record/contacts/1", Some(body)).await;
        patch(&ann, json!({"assigned_to": 5, "actor_id": 5})).await.expect(200);
        let told = "Only administrators and programs act for somebody else; leave actor_id out";
        assert_eq!(reason(patch(&ann, json!({"assigned_to": 6, "actor_id": 6})).await, 403), told);
        let bulk = json!({"ids": ["1"], "assigned_to": 6, "actor_id": 6});
        assert_eq!(reason(ann.ask("POST", "/crm/record/contacts/reassign", Some(bulk)).await, 403), told);
        assert_eq!(reason(ann.ask("DELETE", "/crm/record/contacts/1?actor_id=6", None).await, 403), told);
        patch(&ada, json!({"assigned_to": 6, "actor_id": 5})).await.expect(200);
        assert_eq!(reason(patch(&ada, json!({"assigned_to": 5, "actor_id": 999})).await, 404), "User 999 not found");
        crm(&world, "DELETE", "/contacts/1?actor_id=999", None).await.expect(404);
        crm(&world, "DELETE", "/contacts/1?actor_id=6", None).await.expect(200);
        let page = crm(&world, "GET", "/contacts/1/history", None).await.expect(200);
        let said: Vec<Value> =
            page["history"].as_array().unwrap().iter().map(|one| json!([one["field"], one["actor_id"], one["actor"], one["by"]])).collect();
        assert_eq!(said, [
            json!(["record", 6, "Provisioning notification system", "Modified(API)"]),
            json!(["assigned_to", 5, "user7@example.com", "Modified(User)"]),
            json!(["assigned_to", 5, "user5@example.com", "Modified(User)"]),
            json!(["record", null, "Provisioning notification system", "Modified(API)"]),
        ]);
    }
}

story! {
    async fn somebody_who_is_gone_is_no_name_any_more(on: On) {
        let world = World::new(on).await;
        people(&world, &[5, 6]).await;
        put(&world, "/contacts/1", json!({"label": "x", "assigned_to": 5})).await.expect(201);
        world.ask("DELETE", "/crm/user/5", &[("X-API-KEY", KEY)], None).await.expect(200);
        let left = record(&world, "/contacts/1").await;
        assert_eq!((&left["assigned_to"], &left["assigned_user"]), (&json!(5), &Value::Null));
        let same = put(&world, "/contacts/1", json!({"label": "y", "assigned_to": 5})).await.expect(200);
        assert_eq!(same["record"]["assigned_to"], 5, "what is as it was is not asked about");
        put(&world, "/contacts/1", json!({"assigned_to": 6})).await.expect(200);
        assert_eq!(reason(put(&world, "/contacts/1", json!({"assigned_to": 5})).await, 404), "User 5 not found");
    }
}

story! {
    async fn modules_tell_what_they_hold_and_the_operators_stand_beside_them(on: On) {
        let world = World::with(on, |config| config.record_modules = vec!["service_visits".to_owned()]).await;
        let answer = crm(&world, "GET", "", None).await.expect(200);
        let modules = answer["modules"].as_array().unwrap();
        let names: Vec<&str> = modules.iter().map(|module| module["name"].as_str().unwrap()).collect();
        assert_eq!(names, [
            "leads", "contacts", "companies", "opportunities", "activities", "tickets", "sales_orders", "invoices",
            "quotes", "contracts", "projects", "documents", "personnel", "service_visits",
        ]);
        let orders = &modules[6];
        assert_eq!((&orders["title"], &orders["singular"], &orders["announces"]), (&json!("Sales Orders"), &json!("Sales Order"), &json!(true)));
        let field = |module: &Value, name: &str| -> Value {
            module["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone()
        };
        assert_eq!(field(&modules[4], "status")["options"], json!(["Not Started", "In Progress", "Completed", "Cancelled"]));
        assert_eq!(field(&modules[4], "starts_at")["type"], "datetime");
        assert_eq!(field(&modules[4], "starts_at")["options"], Value::Null);
        assert_eq!(modules[13], json!({"name": "service_visits", "title": "Service Visits", "singular": "Service Visit", "fields": [], "announces": true}));
        put(&world, "/service_visits/1", json!({"label": "A visit", "fields": {"anything": {"at": ["all"]}}})).await.expect(201);
        crm(&world, "DELETE", "/service_visits/1", None).await.expect(200);
        assert_eq!(reason(crm(&world, "GET", "/service_visits/1", None).await, 404), "Service Visit 1 not found");
    }
}

story! {
    async fn one_key_saves_once(on: On) {
        let world = World::new(on).await;
        let headers = [("X-API-KEY", KEY), ("Idempotency-Key", "once")];
        for (method, path) in [("POST", "/crm/record/contacts"), ("PUT", "/crm/record/contacts/1"), ("PATCH", "/crm/record/contacts/2")] {
            let body = json!({"label": "Once"}).to_string();
            let first = world.ask(method, path, &headers, Some(body.clone())).await;
            let again = world.ask(method, path, &headers, Some(body)).await;
            assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body), "{method}");
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{method}");
            world.ask(method, path, &headers, Some(json!({"label": "Other"}).to_string())).await.expect(422);
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM records").await, 3);
        let reassign = json!({"ids": ["1"], "assigned_to": null}).to_string();
        world.ask("POST", "/crm/record/contacts/reassign", &headers, Some(reassign)).await.expect(200);
    }
}

story! {
    async fn many_who_save_one_record_at_once_all_count(on: On) {
        let world = World::new(on).await;
        let saving = (0..20).map(|number| {
            let body = json!({"label": "One for all", "fields": {format!("f{number}"): number}});
            let world = &world;
            async move { crm(world, "PATCH", "/contacts/1", Some(body)).await }
        });
        let replies = futures_util::future::join_all(saving).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 201)), "{replies:?}");
        let kept = record(&world, "/contacts/1").await;
        assert_eq!((made, &kept["version"]), (1, &json!(20)));
        assert_eq!(kept["fields"].as_object().unwrap().len(), 20);

        let ids: Vec<String> = (0..30).map(|number| format!("r{number}")).collect();
        people(&world, &[5, 6]).await;
        for id in &ids {
            put(&world, &format!("/leads/{id}"), json!({"label": id})).await.expect(201);
        }
        let reassigning = (0..10).map(|turn| {
            let mut ids = ids.clone();
            ids.rotate_left(turn * 3);
            if turn % 2 == 0 {
                ids.reverse();
            }
            let body = json!({"ids": ids, "assigned_to": 5 + turn % 2, "send_notification": false});
            let world = &world;
            async move { crm(world, "POST", "/leads/reassign", Some(body)).await }
        });
        for reply in futures_util::future::join_all(reassigning).await {
            assert_eq!(reply.status, 200, "nobody waits for each other for ever: {}", reply.text);
        }
    }
}

story! {
    async fn records_live_through_a_restart(on: On) {
        let world = World::new(on).await;
        people(&world, &[5]).await;
        put(&world, "/contacts/1", json!({"label": "x", "assigned_to": 5, "fields": {"n": 1.5, "t": "ü"}})).await.expect(201);
        let before = record(&world, "/contacts/1").await;
        let world = world.restart().await;
        assert_eq!(record(&world, "/contacts/1").await, before);
    }
}
