//! The administrator's settings: shown with their schema, changed field by field, seen by every node.

use belfry::app::App;
use belfry::delivery::settings::{Settings, TeamsCard};
use serde_json::{Value, json};

use crate::dump::dump;
use crate::world::{KEY, Reply, World};

const FLOW: &str = "https://prod-12.westeurope.logic.azure.com/workflows/0abc/triggers/manual/paths/invoke?sig=a-long-signature";

async fn ask(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    world
        .ask(
            method,
            &format!("/crm/settings{path}"),
            &[("X-API-KEY", KEY)],
            body.map(|body| body.to_string()),
        )
        .await
}

async fn put(world: &World, body: Value) -> Reply {
    ask(world, "PUT", "/delivery", Some(body)).await
}

story! {
    async fn a_group_is_listed_shown_and_changed_field_by_field(on: On) {
        let world = World::new(on).await;
        let list = ask(&world, "GET", "", None).await.expect(200);
        assert!(list["groups"].as_array().unwrap().contains(&json!({"key": "delivery", "title": "Delivery Settings"})), "{list}");
        let group = ask(&world, "GET", "/delivery", None).await.expect(200);
        assert_eq!((&group["result"], &group["key"], &group["title"]), (&json!("Success"), &json!("delivery"), &json!("Delivery Settings")));
        assert_eq!(group["settings"], json!({"types": {}, "teams_flow_url": "", "teams_card": "wrapped"}));
        for (field, title) in [("types", "Ways out by type"), ("teams_flow_url", "Company flow for Microsoft Teams"), ("teams_card", "Form of the Teams card")] {
            let schema = &group["schema"]["properties"][field];
            assert_eq!(schema["title"], title, "{schema}");
            assert!(schema["description"].is_string() && schema.get("default").is_some(), "{schema}");
        }
        assert_eq!(group["schema"]["properties"]["teams_flow_url"]["writeOnly"], true);
        let changed = put(&world, json!({"types": {"custom": ["webhook", "email", "email"], "system_alert": []}})).await.expect(200);
        assert_eq!(changed["settings"], json!({"types": {"custom": ["email", "webhook"]}, "teams_flow_url": "", "teams_card": "wrapped"}));
        assert_eq!(changed["schema"], group["schema"]);
        let changed = put(&world, json!({"teams_card": "bare", "teams_flow_url": FLOW})).await.expect(200);
        assert_eq!(changed["settings"], json!({"types": {"custom": ["email", "webhook"]}, "teams_flow_url": "…ture", "teams_card": "bare"}));
        assert_eq!(ask(&world, "GET", "/delivery", None).await.expect(200), changed);
        // What is shown may be written back as it is.
        assert_eq!(put(&world, changed["settings"].clone()).await.expect(200), changed);
        let used = world.app.administration.of::<Settings>();
        assert_eq!((used.teams_card, used.company_flow().unwrap().as_str()), (TeamsCard::Bare, FLOW));
        assert!(used.ways("custom").email && used.ways("custom").webhook && !used.ways("system_alert").email);
        let cleared = put(&world, json!({"teams_flow_url": ""})).await.expect(200);
        assert_eq!(cleared["settings"]["teams_flow_url"], "");
        assert!(!world.app.administration.of::<Settings>().has_company_flow());
    }
}

story! {
    async fn what_is_wrong_with_a_setting_is_said_and_nothing_is_changed(on: On) {
        let world = World::new(on).await;
        put(&world, json!({"teams_card": "bare"})).await.expect(200);
        let before = ask(&world, "GET", "/delivery", None).await.expect(200);
        for (body, said) in [
            (json!({"team_card": "bare"}), "Unknown field \"team_card\"; did you mean \"teams_card\"?"),
            (json!({"zzz": 1}), "Unknown field \"zzz\"; leave it out"),
            (json!({"teams_card": "naked"}), "teams_card must be one of: wrapped, bare"),
            (json!({"teams_card": null}), "teams_card must be one of: wrapped, bare"),
            (json!({"teams_flow_url": 5}), "teams_flow_url must be a string"),
            (json!({"types": ["custom"]}), "types must be an object"),
            (json!({"types": {"custom": "email"}}), "types.custom must be a list"),
            (json!({"types": {"custom": ["email", "teams"]}}), "types.custom[1] must be one of: email, webhook"),
            (json!({"types": {"custm": ["email"]}}), "types: \"custm\" is unknown; did you mean \"custom\"?"),
            (json!({"teams_flow_url": "ftp://x"}), "teams_flow_url cannot be used: begin the address with https:// or http://"),
            (
                json!({"teams_flow_url": "https://hooks.example.com/x"}),
                "teams_flow_url cannot be used: enter the address that the flow's trigger shows in Power Automate",
            ),
            (json!({"types": {"custom": ["email"]}, "teams_card": 1}), "teams_card must be one of: wrapped, bare"),
        ] {
            let refused = put(&world, body.clone()).await.expect(400);
            assert_eq!(refused["reason"], said, "{body}");
        }
        for (text, said) in [
            ("[]", "The body must be a JSON object"),
            (r#"{"teams_card":"bare","teams_card":"wrapped"}"#, "teams_card is given twice; give it once"),
        ] {
            let refused = world.ask("PUT", "/crm/settings/delivery", &[("X-API-KEY", KEY)], Some(text.to_owned())).await;
            assert_eq!(refused.expect(400)["reason"], said, "{text}");
        }
        let retired = put(&world, json!({"teams_flow_url": "https://outlook.office.com/webhook/abcdefgh"})).await.expect(400);
        assert!(retired["reason"].as_str().unwrap().contains("Microsoft has switched off"), "{retired}");
        let missing = ask(&world, "GET", "/delivry", None).await.expect(404);
        assert!(missing["reason"].as_str().unwrap().starts_with("Settings group delivry not found; there are: "), "{missing}");
        ask(&world, "PUT", "/delivry", Some(json!({}))).await.expect(404);
        assert_eq!(ask(&world, "GET", "/delivery", None).await.expect(200), before);
    }
}

story! {
    async fn settings_are_for_administrators_and_it_is_written_down_who_changed_them(on: On) {
        let world = World::new(on).await;
        let (ann, boss) = (world.person(1, &["support"]).await, world.person(2, &["admin"]).await);
        for (method, path, body) in [
            ("GET", "/crm/settings", None), ("GET", "/crm/settings/delivery", None),
            ("PUT", "/crm/settings/delivery", Some(json!({"teams_card": "bare"}))), ("GET", "/crm/settings/nothing", None),
        ] {
            ann.ask(method, path, body.clone()).await.expect(403);
            world.ask(method, path, &[], body.map(|body| body.to_string())).await.expect(401);
        }
        boss.ask("PUT", "/crm/settings/delivery", Some(json!({"teams_card": "bare"}))).await.expect(200);
        let by = async || {
            let rows = dump(&world.app.database).await;
            rows.into_iter().find(|row| row.starts_with("settings: ")).unwrap()
        };
        assert!(by().await.contains("user2@example.com"), "{}", by().await);
        put(&world, json!({"types": {"custom": ["email"]}, "teams_flow_url": FLOW})).await.expect(200);
        let row = by().await;
        assert!(row.contains("Provisioning notification system") && !row.contains("a-long-signature"), "{row}");
    }
}

story! {
    async fn every_node_sees_a_change_within_a_moment(on: On) {
        // A second server on the same SQLite is refused, so there it is the same node after a restart.
        let world = World::new(on).await;
        put(&world, json!({"teams_flow_url": FLOW})).await.expect(200);
        if on == crate::world::On::Sqlite {
            let world = world.restart().await;
            assert_eq!(world.app.administration.of::<Settings>().company_flow().unwrap().as_str(), FLOW);
            return;
        }
        let other = App::open(world.config.clone(), world.app.clock.clone()).await.unwrap();
        assert_eq!(other.administration.of::<Settings>().company_flow().unwrap().as_str(), FLOW);
        let both = futures_util::future::join(
            put(&world, json!({"types": {"custom": ["email"]}})),
            put(&world, json!({"teams_card": "bare"})),
        ).await;
        both.0.expect(200);
        both.1.expect(200);
        assert_eq!(other.administration.of::<Settings>().teams_card, TeamsCard::Wrapped);
        other.tick().await;
        let seen = other.administration.of::<Settings>();
        assert_eq!((seen.teams_card, seen.ways("custom").email), (TeamsCard::Bare, true), "neither of two changes at once is lost");
        other.database.close().await;
    }
}

story! {
    async fn no_setting_takes_what_a_database_cannot_keep_or_what_is_too_much(on: On) {
        let world = World::new(on).await;
        let groups = ask(&world, "GET", "", None).await.expect(200);
        for group in groups["groups"].as_array().unwrap() {
            let path = format!("/{}", group["key"].as_str().unwrap());
            let before = ask(&world, "GET", &path, None).await.expect(200);
            let schema = &before["schema"];
            for (field, own) in schema["properties"].as_object().unwrap() {
                for (said, value) in wrong(schema, own, &own["default"], &format!("{path} {field}")) {
                    let refused = ask(&world, "PUT", &path, Some(json!({(field): value}))).await;
                    let reason = refused.body["reason"].as_str().unwrap_or_default();
                    assert!(refused.status == 400 && reason.contains(said), "{path} {field}, {said}: {}", refused.text);
                }
            }
            assert_eq!(ask(&world, "GET", &path, None).await.expect(200), before);
        }
    }
}

/// Values that a schema must not admit, each with a word of what is said of it: texts with NUL, and of texts, lists and
/// objects one more than there may be. Every text that is no name out of a few must have a limit, and so must every list
/// and every object of whatever names.
fn wrong(root: &Value, schema: &Value, usual: &Value, place: &str) -> Vec<(&'static str, Value)> {
    const NUL: &str = "a\u{0}b";
    if let Some(target) = schema["$ref"].as_str() {
        return wrong(root, root.pointer(&target[1..]).unwrap(), usual, place);
    }
    if let Some(ways) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return ways.iter().flat_map(|way| wrong(root, way, usual, place)).collect();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let is_name = |schema: &Value| ["enum", "const", "oneOf"].iter().any(|way| schema.get(way).is_some());
    let most = |limit: &str| {
        let most = schema[limit].as_u64().unwrap_or_else(|| panic!("{place} has no {limit}: {schema}"));
        usize::try_from(most).unwrap() + 1
    };
    let mut found = Vec::new();
    if kinds.contains(&"string") && !is_name(schema) {
        found.push(("NUL", json!(NUL)));
        if schema.get("pattern").is_none() {
            found.push(("at most", json!("x".repeat(most("maxLength")))));
        }
    }
    if kinds.contains(&"integer") {
        found.push(("must be an integer from ", json!(9_223_372_036_854_775_808_u64)));
    }
    if kinds.contains(&"array") {
        let (items, one) = (&schema["items"], usual.get(0).cloned().unwrap_or_default());
        let within = wrong(root, items, &one, &format!("{place}[]"));
        found.extend(within.into_iter().map(|(said, item)| (said, json!([item]))));
        // What names some of a few is brought down to each of them once.
        let target = items["$ref"].as_str().and_then(|target| root.pointer(&target[1..])).unwrap_or(items);
        if !is_name(target) {
            found.push(("at most", json!(vec![one; most("maxItems")])));
        }
    }
    if kinds.contains(&"object") {
        let with = |name: &str, member: Value| {
            let mut whole = if usual.is_object() { usual.clone() } else { json!({}) };
            whole[name] = member;
            whole
        };
        for (name, own) in schema["properties"].as_object().into_iter().flatten() {
            let within = wrong(root, own, &usual[name], &format!("{place}.{name}"));
            found.extend(within.into_iter().map(|(said, member)| (said, with(name, member))));
        }
        if schema["additionalProperties"].is_object() {
            let within = wrong(root, &schema["additionalProperties"], &Value::Null, &format!("{place}.*"));
            found.extend(within.into_iter().map(|(said, member)| (said, json!({"x": member}))));
            found.push(("NUL", json!({(NUL): null})));
            let many: serde_json::Map<String, Value> =
                (0..most("maxProperties")).map(|name| (format!("x{name}"), Value::Null)).collect();
            found.push(("at most", many.into()));
        }
    }
    found
}

story! {
    async fn a_list_of_users_has_a_hundred_entries_at_most(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let set = async |entries: Vec<&str>| {
            let body = json!({"ticket_opened_users": entries.join(",")});
            ask(&world, "PUT", "/portal", Some(body)).await
        };
        set(vec!["1"; 100]).await.expect(200);
        let refused = set(vec!["1"; 101]).await.expect(400);
        assert_eq!(refused["reason"], "ticket_opened_users: a list may have 100 entries at most; leave some out");
        // One that nobody is called is said among them.
        let refused = set([vec!["1"; 50], vec!["User 2"]].concat()).await.expect(400);
        assert!(refused["reason"].as_str().unwrap().starts_with("ticket_opened_users: there is no user User 2"), "{refused}");
    }
}

story! {
    async fn a_switch_that_is_left_out_stays_and_every_other_map_is_replaced(on: On) {
        let world = World::new(on).await;
        let set = async |group: &str, body: Value| {
            ask(&world, "PUT", &format!("/{group}"), Some(body)).await.expect(200)["settings"].clone()
        };
        set("notifications", json!({"assigned": {"contacts": false}, "previous_owner": {"contacts": true}})).await;
        let now = set("notifications", json!({"assigned": {"leads": false}, "previous_owner": {"leads": true}})).await;
        assert_eq!((&now["assigned"]["contacts"], &now["assigned"]["leads"], &now["assigned"]["tickets"]), (&json!(false), &json!(false), &json!(true)));
        assert_eq!((&now["previous_owner"]["contacts"], &now["previous_owner"]["tickets"]), (&json!(true), &json!(false)));
        let now = set("notifications", json!({"assigned": {"contacts": true}})).await;
        assert_eq!((&now["assigned"]["contacts"], &now["assigned"]["leads"]), (&json!(true), &json!(false)));
        set("duplicates", json!({"modules": {"contacts": true}})).await;
        let now = set("duplicates", json!({"modules": {"leads": true}})).await;
        assert_eq!((&now["modules"]["contacts"], &now["modules"]["leads"]), (&json!(true), &json!(true)));
        // A week is written whole.
        let now = set("company", json!({"opening_hours": {"mon": ["10:00", "12:00"], "tue": null}})).await;
        assert_eq!(now["opening_hours"], json!({
            "mon": ["10:00", "12:00"], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [],
        }));
        // What people add by name they can take away as well.
        let group = json!({"opening_hours": {"mon": ["08:00", "20:00"]}});
        set("company", json!({"group_hours": {"Support": group}})).await;
        let now = set("company", json!({"group_hours": {"Sales": group}})).await;
        assert!(now["group_hours"].get("Support").is_none() && now["group_hours"].get("Sales").is_some(), "{now}");
        assert_eq!(now["group_hours"]["Sales"]["opening_hours"]["tue"], json!([]), "a week of a group is written whole");
        set("helpdesk", json!({"severity_hours": {"High": 4}})).await;
        let now = set("helpdesk", json!({"severity_hours": {"Low": 16}})).await;
        assert_eq!(now["severity_hours"], json!({"Low": 16.0}));
    }
}

story! {
    async fn a_number_of_nobody_and_a_name_with_a_comma_are_refused_with_what_to_write(on: On) {
        let world = World::new(on).await;
        let smith = world.person(1, &[]).await;
        smith.ask("PUT", "/crm/user/me", Some(json!({"name": "Smith, John"}))).await.expect(200);
        let refused = async |group: &str, body: Value| {
            ask(&world, "PUT", &format!("/{group}"), Some(body)).await.expect(400)["reason"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            refused("portal", json!({"document_user_id": 999})).await,
            "document_user_id: there is no user 999; write the number of a user"
        );
        assert_eq!(
            refused("sales_orders", json!({"pdf_template_id": 9_223_372_036_854_775_808_u64})).await,
            "pdf_template_id must be an integer from 1 to 9007199254740991, or null"
        );
        for list in ["Smith, John", "smith,john", "Smith"] {
            assert_eq!(
                refused("duplicates", json!({"users": list})).await,
                "users: a comma separates users here, so that Smith, John cannot be written by name; write the number or the e-mail address of that user",
                "{list}"
            );
        }
        // Whoever else is called nearly so is still offered.
        let other = world.person(2, &[]).await;
        other.ask("PUT", "/crm/user/me", Some(json!({"name": "Smithers"}))).await.expect(200);
        let said = refused("duplicates", json!({"users": "Smither"})).await;
        assert!(said.starts_with("users: there is no user Smither; did you mean Smithers? Or write"), "{said}");
        for list in ["1", "user1@example.com"] {
            ask(&world, "PUT", "/duplicates", Some(json!({"users": list}))).await.expect(200);
        }
    }
}

story! {
    async fn a_template_that_another_node_has_just_chosen_cannot_be_deleted(on: On) {
        let world = World::new(on).await;
        let key = [("X-API-KEY", KEY)];
        let template = json!({"kind": "email", "name": "For orders", "subject": "x", "source": "x"}).to_string();
        let made = world.ask("POST", "/crm/template", &key, Some(template)).await.expect(201);
        let id = made["template"]["id"].as_i64().unwrap();
        // Another node stores it; this one has not heard of it yet.
        let stored = world.app.database.write::<_, belfry::storage::Error, _>(move |tx| Box::pin(async move {
            let sql = format!("INSERT INTO settings (name, value, changed_at, changed_by)
                VALUES ('sales_orders', '{{\"email_template_id\":{id}}}', 0, 'another node')");
            tx.execute(&sql, &[]).await
        }));
        stored.await.unwrap();
        let refused = world.ask("DELETE", &format!("/crm/template/{id}"), &key, None).await.expect(409);
        assert!(refused["reason"].as_str().unwrap().contains("is used by Sales Order Settings"), "{refused}");
    }
}
