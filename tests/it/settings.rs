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
