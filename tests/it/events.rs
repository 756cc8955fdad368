//! Events: what happens in and around a CRM that is no change of a record, told once, judged by its type.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::world::{KEY, Reply, World};

/// Tells of an event with the key of these stories.
pub async fn happens(world: &World, body: Value) -> Reply {
    world.ask("POST", "/crm/event", &[("X-API-KEY", KEY)], Some(body.to_string())).await
}

/// A ticket that nobody has and Ben (2) follows.
pub async fn ticket(world: &World, id: &str) {
    let body =
        json!({"label": "Printer on fire", "fields": {"subscribers": [2]}, "send_notification": false});
    world
        .ask("PUT", &format!("/crm/record/tickets/{id}"), &[("X-API-KEY", KEY)], Some(body.to_string()))
        .await
        .expect(201);
}

story! {
    async fn what_is_told_twice_happens_once(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        ticket(&world, "42").await;
        let body = json!({"type": "ticket.updated", "record_id": 42, "data": {"summary": "The part has arrived."},
            "source": "/helpdesk", "id": "A-1", "time": "2026-01-11T15:00:00+01:00"});
        let first = happens(&world, body.clone()).await.expect(201);
        assert_eq!((&first["result"], &first["duplicate"], &first["told"]), (&json!("Success"), &json!(false), &json!(1)));
        let event = json!({"id": first["event"]["id"], "type": "ticket.updated", "module": "tickets", "record_id": "42",
            "actor_id": null, "data": {"summary": "The part has arrived."}, "time": "2026-01-11T14:00:00Z",
            "source": "/helpdesk", "external_id": "A-1"});
        assert_eq!(first["event"], event);
        // The same again, and what is said of it otherwise: it was told.
        let other = json!({"type": "ticket.updated", "record_id": "42", "data": {}, "source": "/helpdesk", "id": "A-1"});
        for body in [body.clone(), other] {
            let again = happens(&world, body).await.expect(200);
            assert_eq!((&again["duplicate"], &again["told"], &again["event"]), (&json!(true), &json!(0), &event));
        }
        assert_eq!(ben.titles("").await, ["Ticket Printer on fire was updated"]);
        // Another source has names of its own, and who gives none tells of something new each time.
        let elsewhere = json!({"type": "ticket.updated", "record_id": "42", "source": "/other", "id": "A-1"});
        happens(&world, elsewhere).await.expect(201);
        for _ in 0..2 {
            happens(&world, json!({"type": "ticket.updated", "record_id": "42"})).await.expect(201);
        }
        assert_eq!(ben.titles("").await.len(), 4);
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 4);
    }
}

story! {
    async fn an_id_of_many_digits_stays_the_id_that_it_is(on: On) {
        let world = World::new(on).await;
        let crm = async |method: &str, path: &str, body: String| world.ask(method, path, &[("X-API-KEY", KEY)], Some(body)).await;
        for id in ["9223372036854775807", "10000000000000000000", "10000000000000000001", "-9223372036854775809", "1000000000000000000000000000001"] {
            let told = crm("POST", "/crm/event", format!(r#"{{"type":"ticket.updated","record_id":{id},"source":"/crm","id":{id}}}"#)).await.expect(201);
            assert_eq!((&told["event"]["record_id"], &told["event"]["external_id"]), (&json!(id), &json!(id)));
            ticket(&world, id).await;
            let given = crm("POST", "/crm/record/tickets/reassign", format!(r#"{{"ids":[{id}],"assigned_to":null}}"#)).await.expect(200);
            assert_eq!(given["records"][0]["id"], id);
        }
        // What cannot be kept to its last digit is refused, in the data of an event and in a field too.
        let event = |data: &str| format!(r#"{{"type":"portal.ticket_opened","record_id":"1","data":{{{data}}}}}"#);
        for (path, body, said) in [
            ("/crm/event", r#"{"type":"ticket.updated","record_id":1e20}"#.to_owned(), "record_id must be a text or a whole number"),
            ("/crm/event", event(r#""contact_id":1e20"#), "data.contact_id must be the id of a record, such as \"42\""),
            ("/crm/event", event(r#""contact_id":1000000000000000000000000000001"#), "data.contact_id must be the id of a record, such as \"42\""),
            ("/crm/record/tickets/reassign", r#"{"ids":[1e20],"assigned_to":null}"#.to_owned(), "ids must be a list of ids, such as [\"7\", \"8\"]"),
            ("/crm/record/tickets", r#"{"label":"T","fields":{"contact_id":1e20}}"#.to_owned(), "fields.contact_id must be the id of a record, such as \"42\""),
        ] {
            assert_eq!(crm("POST", path, body).await.expect(400)["reason"], said);
        }
        // Two customers whose numbers differ in the last digit stay two.
        for (id, name) in [("10000000000000000000", "Jane"), ("10000000000000000001", "John")] {
            crm("PUT", &format!("/crm/record/contacts/{id}"), json!({"label": name}).to_string()).await.expect(201);
        }
        let ben = world.person(2, &[]).await;
        let opened = format!(r#"{{"type":"portal.ticket_opened","record_id":10000000000000000000,"data":{{"contact_id":{}}}}}"#, "10000000000000000001");
        crm("PATCH", "/crm/record/tickets/10000000000000000000", json!({"assigned_to": 2, "send_notification": false}).to_string()).await.expect(200);
        crm("POST", "/crm/event", opened).await.expect(201);
        let titles = ben.titles("?type=portal_activity").await;
        assert!(titles.len() == 1 && titles[0].starts_with("John "), "{titles:?}");
    }
}

story! {
    async fn t1_a_crm_that_says_only_the_address_of_whom_it_locked_out_is_understood(on: On) {
        let world = World::new(on).await;
        let ada = world.person(1, &["admin"]).await;
        for (id, name, roles) in [(2, "Ben Support", json!(["support"])), (3, "Carla Customer", json!(["customer"]))] {
            world.person(id, &[]).await;
            let change = json!({"name": name, "roles": roles}).to_string();
            world.ask("PUT", &format!("/crm/user/{id}"), &[("X-API-KEY", KEY)], Some(change)).await.expect(200);
        }
        ada.ask("PUT", "/crm/settings/notifications", Some(json!({"lockout_users": "1;2"}))).await.expect(200);
        let locked = async |email: &str| happens(&world, json!({"type": "user.locked_out", "data": {"email": email}})).await.expect(201);
        // Of him she hears by his name, and he himself knows.
        let told = locked("User2@Example.com").await;
        assert_eq!((&told["told"], &told["event"]["data"]), (&json!(1), &json!({"email": "User2@Example.com"})));
        assert_eq!(ada.titles("").await, ["Ben Support is locked out"]);
        // Of customers nobody hears; who is nobody here is called as they were called.
        assert_eq!(locked("user3@example.com").await["told"], 0);
        assert_eq!(locked("else@example.com").await["told"], 2);
        assert_eq!(ada.titles("").await[0], "else@example.com is locked out");
    }
}

story! {
    async fn a_source_and_id_that_name_another_event_are_refused_with_its_name(on: On) {
        let world = World::new(on).await;
        world.person(1, &["admin"]).await;
        let named = |mut body: Value| {
            body["source"] = "/crm".into();
            body["id"] = "42".into();
            body
        };
        happens(&world, named(json!({"type": "ticket.updated", "record_id": "42"}))).await.expect(201);
        // A CRM whose numbers are of each kind: another type, and another record.
        for body in [json!({"type": "provisioning.finished", "data": {"status": 2}}), json!({"type": "ticket.updated", "record_id": "43"}), json!({"type": "ticket.mentioned", "record_id": "42", "data": {"mentions": [1]}})] {
            let refused = happens(&world, named(body)).await.expect(409);
            assert_eq!(refused["reason"], "source and id name another event already: ticket.updated of tickets/42; give every event an id of its own");
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 1);
        // One that is about no record.
        let mut body = json!({"type": "provisioning.finished", "data": {"status": 2}, "source": "/jobs", "id": "1"});
        assert_eq!(happens(&world, body.clone()).await.expect(201)["told"], 1);
        body["module"] = "tickets".into();
        body["record_id"] = "42".into();
        let refused = happens(&world, body).await.expect(409);
        assert!(refused["reason"].as_str().unwrap().contains("another event already: provisioning.finished; give"), "{refused}");
    }
}

story! {
    async fn an_event_that_was_told_is_a_duplicate_although_somebody_it_names_is_gone(on: On) {
        let world = World::new(on).await;
        for id in [2, 3] {
            world.person(id, &[]).await;
        }
        let body = json!({"type": "ticket.mentioned", "record_id": "42", "actor_id": 3, "data": {"mentions": [2]}, "source": "/crm", "id": "1"});
        assert_eq!(happens(&world, body.clone()).await.expect(201)["told"], 1);
        for id in [2, 3] {
            world.ask("DELETE", &format!("/crm/user/{id}"), &[("X-API-KEY", KEY)], None).await.expect(200);
        }
        assert_eq!(happens(&world, body).await.expect(200)["duplicate"], true);
    }
}

story! {
    async fn n34_a_person_tells_of_tickets_that_are_kept_here_in_their_own_name_and_of_nothing_else(on: On) {
        let world = World::new(on).await;
        let (ada, ben) = (world.person(1, &["admin"]).await, world.person(2, &["support"]).await);
        let eve = world.person(3, &[]).await;
        ticket(&world, "42").await;
        let listed = ben.ask("GET", "/crm/event", None).await.expect(200);
        let types = listed["types"].as_array().unwrap();
        for one in types.iter().filter(|one| one["told_by"] == "programs") {
            let refused = ben.ask("POST", "/crm/event", Some(one["example"].clone())).await.expect(403);
            let said = format!("{} is told of by programs and administrators only; send it with an API key", one["name"].as_str().unwrap());
            assert_eq!(refused["reason"], said);
        }
        let theirs: Vec<&Value> = types.iter().filter(|one| one["told_by"] == "company").map(|one| &one["name"]).collect();
        assert_eq!(theirs, ["ticket.mentioned", "ticket.updated", "ticket.customer_replied"]);
        let mention = |record: &str, data: Value| json!({"type": "ticket.mentioned", "record_id": record, "data": data});
        let refused = ben.ask("POST", "/crm/event", Some(mention("77", json!({"mentions": [3]})))).await.expect(404);
        assert_eq!(refused["reason"], "Ticket 77 not found");
        let refused = ben.ask("POST", "/crm/event", Some(mention("42", json!({"mentions": [3], "link": "https://evil.example/tickets/42"})))).await.expect(400);
        assert_eq!(refused["reason"], "data.link must be a path that begins with one slash; only programs and administrators link elsewhere");
        assert_eq!((eve.titles("").await.len(), world.number("SELECT COUNT(*) FROM events").await), (0, 0), "nothing was stored");
        // In his own name, and of the ticket as it is called.
        let posing = json!({"mentions": [3], "author": "Payroll", "label": "Your salary", "text": "Look", "link": "/tickets/42#c1"});
        let told = ben.ask("POST", "/crm/event", Some(mention("42", posing.clone()))).await.expect(201);
        assert_eq!(told["event"]["data"], json!({"mentions": [3], "text": "Look", "link": "/tickets/42#c1"}));
        let reply = json!({"type": "ticket.customer_replied", "record_id": "42", "data": {"author": "Payroll", "text": "Sign in again"}});
        ada.ask("POST", "/crm/record/tickets/42/comment", Some(json!({"text": "x"}))).await.expect(201);
        world.ask("PATCH", "/crm/record/tickets/42", &[("X-API-KEY", KEY)], Some(json!({"fields": {"subscribers": [3]}}).to_string())).await.expect(200);
        ben.ask("POST", "/crm/event", Some(reply)).await.expect(201);
        assert_eq!(eve.titles("").await, ["The customer replied to Ticket Printer on fire", "User 2 mentioned you in Ticket Printer on fire"]);
        // An administrator and a program say what they like.
        ada.ask("POST", "/crm/event", Some(mention("77", posing.clone()))).await.expect(201);
        happens(&world, mention("77", posing)).await.expect(201);
        assert_eq!(eve.titles("").await[0], "Payroll mentioned you in Ticket Your salary");
    }
}

story! {
    async fn n35_a_job_is_called_as_it_likes(on: On) {
        let world = World::new(on).await;
        let ada = world.person(1, &["admin"]).await;
        let job = |job: Value| json!({"type": "provisioning.finished", "data": {"status": 2, "job": job}});
        let long = "fibre/".repeat(40);
        for (name, title) in [
            (json!("provision/fibre_activation"), "Provisioning job provision/fibre_activation failed".to_owned()),
            (json!(1042), "Provisioning job 1042 failed".to_owned()),
            (json!(0), "Provisioning job 0 failed".to_owned()),
            (json!(17.0), "Provisioning job 17 failed".to_owned()),
            (json!(long), format!("Provisioning job {long} failed").chars().take(254).chain(['…']).collect()),
        ] {
            happens(&world, job(name)).await.expect(201);
            assert_eq!(ada.titles("").await[0], title);
        }
        for wrong in [json!("x".repeat(256)), json!("a\nb"), json!([1]), json!(1.5)] {
            let refused = happens(&world, job(wrong)).await.expect(400);
            assert_eq!(refused["reason"], "data.job must be a name of at most 255 characters, in one line, or a whole number");
        }
    }
}

story! {
    async fn a_key_for_idempotency_counts_here_as_everywhere(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        ticket(&world, "42").await;
        let ask = async |body: Value| {
            let headers = [("X-API-KEY", KEY), ("Idempotency-Key", "once")];
            world.ask("POST", "/crm/event", &headers, Some(body.to_string())).await
        };
        let body = json!({"type": "ticket.updated", "record_id": "42"});
        let first = ask(body.clone()).await.expect(201);
        let again = ask(body).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(again.expect(201), first);
        ask(json!({"type": "ticket.updated", "record_id": "43"})).await.expect(422);
        assert_eq!(ben.titles("").await.len(), 1);
    }
}

story! {
    async fn what_is_wrong_with_an_event_is_said_and_nothing_is_stored(on: On) {
        let world = World::new(on).await;
        world.person(2, &[]).await;
        let one = |change: Value| {
            let Value::Object(mut body) = json!({"type": "ticket.mentioned", "record_id": "42", "data": {"mentions": [2]}}) else { panic!() };
            body.extend(change.as_object().unwrap().clone());
            Value::Object(body)
        };
        for (body, status, said) in [
            (json!({}), 400, "type is required"),
            (one(json!({"type": "ticket.mention"})), 400, "type \"ticket.mention\" is unknown (did you mean \"ticket.mentioned\"?); use one of: ticket.mentioned, "),
            (one(json!({"type": "ticket.commented"})), 400, "ticket.commented is told of by POST /crm/record/tickets/{id}/comment"),
            (one(json!({"type": 5})), 400, "type must be a string"),
            (one(json!({"data": []})), 400, "data must be an object"),
            (one(json!({"data": {}})), 400, "data.mentions is required"),
            (one(json!({"data": {"mentions": ["grace"]}})), 400, "data.mentions must be a list"),
            (one(json!({"data": {"mentions": [2, 99]}})), 404, "data.mentions: user 99 not found"),
            (one(json!({"actor_id": 99})), 404, "User 99 not found"),
            (one(json!({"module": "leads"})), 400, "module must be tickets for ticket.mentioned"),
            (one(json!({"record_id": "a/b"})), 400, "record_id must be 1 to 64 characters"),
            (one(json!({"record_id": null})), 400, "record_id is required for ticket.mentioned"),
            (one(json!({"time": "soon"})), 400, "time must be an instant in RFC 3339"),
            (one(json!({"id": "1"})), 400, "source is required beside id"),
            (one(json!({"recordid": "1"})), 400, "Unknown field \"recordid\"; did you mean \"record_id\"?"),
        ] {
            let refused = happens(&world, body.clone()).await;
            let reason = refused.body["reason"].as_str().unwrap_or_default();
            assert!(refused.status == status && reason.starts_with(said), "{body}: {}", refused.text);
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 0);
        // Customers tell of nothing here, and nobody acts for another.
        let (ben, customer) = (world.sign_in(2).await, world.person(5, &["customer"]).await);
        customer.ask("POST", "/crm/event", Some(one(json!({})))).await.expect(403);
        customer.ask("GET", "/crm/event", None).await.expect(403);
        ben.ask("POST", "/crm/event", Some(one(json!({"actor_id": 5})))).await.expect(403);
        ticket(&world, "42").await;
        assert_eq!(ben.ask("POST", "/crm/event", Some(one(json!({})))).await.expect(201)["told"], 0, "his own act");
    }
}

story! {
    async fn the_types_are_listed_and_documented_and_each_takes_its_example(on: On) {
        let world = World::new(on).await;
        for id in [2, 5] {
            world.person(id, &[]).await;
        }
        let listed = world.ask("GET", "/crm/event", &[("X-API-KEY", KEY)], None).await.expect(200);
        let types = listed["types"].as_array().unwrap();
        let names: Vec<&str> = types.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["ticket.mentioned", "ticket.updated", "ticket.customer_replied", "credit_limit.overridden",
            "user.locked_out", "portal.document_uploaded", "portal.ticket_opened", "portal.ticket_commented",
            "portal.details_changed", "portal.order_signed", "portal.project_commented", "provisioning.finished"]);
        for one in types {
            let taken = happens(&world, one["example"].clone()).await;
            assert_eq!(taken.status, 201, "{}: {}", one["name"], taken.text);
            assert!(one["title"].is_string() && one["description"].is_string() && one["data"].is_array(), "{one}");
        }
        let document = world.ask("GET", "/crm/openapi.json", &[], None).await.expect(200);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["EventTypeName"]["enum"], json!(names));
        let data: Vec<&str> = schemas["EventData"]["anyOf"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
        assert_eq!(data, names);
        let media = &document["paths"]["/crm/event"]["post"]["requestBody"]["content"];
        for form in ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"] {
            assert!(media[form]["schema"].is_object(), "{form}: {media}");
        }
    }
}

story! {
    async fn events_are_forgotten_with_the_history(on: On) {
        let world = World::with(on, |config| config.retention.history_days = 10).await;
        let day = std::time::Duration::from_secs(24 * 3600);
        let body = |id: &str, time: &str| json!({"type": "provisioning.finished", "data": {"status": 1}, "source": "/jobs", "id": id, "time": time});
        happens(&world, body("1", "2026-01-11T00:00:00Z")).await.expect(201);
        world.passes(day * 9).await;
        // What is told of late is no older than its news.
        happens(&world, body("2", "2020-01-01T00:00:00Z")).await.expect(201);
        world.passes(day * 2).await;
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 1);
        happens(&world, body("2", "2020-01-01T00:00:00Z")).await.expect(200);
        world.passes(day * 9).await;
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 0);
    }
}

story! {
    async fn n35_a_failed_job_is_an_item_and_an_email_and_an_ignored_failure_is_none(on: On) {
        let stage = Stage::new(on).await;
        stage.administrator(1).await;
        stage.user(2, json!({"receive_by": "none"})).await;
        stage.user(3, json!({})).await;
        let job = |status: i64, more: Value| {
            let Value::Object(mut data) = json!({"status": status, "job": "1042", "playbook": "fibre_activation"}) else { panic!() };
            data.extend(more.as_object().unwrap().clone());
            json!({"type": "provisioning.finished", "data": data})
        };
        // Whoever started it hears, e-mail included whatever he chose: he says so by being the actor, or by name.
        let mut failed = job(2, json!({"error": "ONT not reachable"}));
        failed["actor_id"] = 2.into();
        assert_eq!(happens(&stage.world, failed).await.expect(201)["told"], 1);
        stage.settles().await;
        assert_eq!(stage.subjects(2), ["Provisioning job 1042 failed"]);
        let item = stage.sign_in(2).await.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["message"]), (&json!("provision_failed"), &json!("The playbook fibre_activation failed.\nONT not reachable")));
        assert_eq!(item["metadata"], json!({"job": "1042", "playbook": "fibre_activation"}));
        // Running, and failed but ignored: nobody.
        for status in [1, 3] {
            assert_eq!(happens(&stage.world, job(status, json!({"user_id": 2}))).await.expect(201)["told"], 0, "{status}");
        }
        // Success is told as he chose: in the centre alone.
        happens(&stage.world, job(0, json!({"user_id": 2}))).await.expect(201);
        stage.settles().await;
        assert_eq!(stage.sign_in(2).await.titles("").await, ["Provisioning job 1042 is complete", "Provisioning job 1042 failed"]);
        assert_eq!(stage.subjects(2).len(), 1);
        // Nobody known: the administrators; and whoever is on the list.
        happens(&stage.world, job(2, json!({}))).await.expect(201);
        let unknown = stage.admin("PUT", "/crm/settings/provisioning", Some(json!({"failure_users": "User 33"}))).await.expect(400);
        assert!(unknown["reason"].as_str().unwrap().contains("there is no user User 33; did you mean User 3?"), "{unknown}");
        stage.admin("PUT", "/crm/settings/provisioning", Some(json!({"failure_users": "User 3"}))).await.expect(200);
        happens(&stage.world, job(2, json!({"user_id": 2}))).await.expect(201);
        stage.settles().await;
        assert_eq!((stage.subjects(1).len(), stage.subjects(2).len(), stage.subjects(3).len()), (1, 2, 1));
        stage.adds_up().await;
    }
}
