//! The activity log: who changed what of records and of settings, and when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::dump::dump;
use crate::world::{KEY, Somebody, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

const FLOW: &str = "https://prod-12.westeurope.logic.azure.com/workflows/0abc/triggers/manual/paths/invoke?sig=a-long-signature";

async fn put(world: &World, path: &str, body: Value) -> Value {
    let reply = world.ask("PUT", path, &[("X-API-KEY", KEY)], Some(body.to_string())).await;
    assert!((200..300).contains(&reply.status), "{path}: {}", reply.text);
    reply.body
}

/// The entries of a page.
async fn entries(world: &World, query: &str) -> Vec<Value> {
    page(world, query).await["entries"].as_array().unwrap().clone()
}

async fn page(world: &World, query: &str) -> Value {
    world.ask("GET", &format!("/crm/audit{query}"), &[("X-API-KEY", KEY)], None).await.expect(200)
}

/// Field, from and to of each entry.
fn changes(entries: &[Value]) -> Vec<Value> {
    entries.iter().map(|entry| json!([entry["field"], entry["from"], entry["to"]])).collect()
}

async fn made(world: &World, module: &str, id: &str, label: &str, assigned_to: i64) {
    put(world, &format!("/crm/record/{module}/{id}"), json!({"label": label, "assigned_to": assigned_to}))
        .await;
}

async fn refused(who: &Somebody<'_>, status: u16) {
    who.ask("GET", "/crm/audit", None).await.expect(status);
}

story! {
    async fn each_change_of_a_setting_is_written_down_with_who_made_it(on: On) {
        let world = World::new(on).await;
        let boss = world.person(2, &["admin"]).await;
        boss.ask("PUT", "/crm/settings/delivery", Some(json!({"teams_card": "bare", "types": {"custom": ["email"]}}))).await.expect(200);
        world.passes(Duration::from_secs(60)).await;
        put(&world, "/crm/settings/delivery", json!({"teams_card": "wrapped"})).await;
        let all = entries(&world, "?group=delivery").await;
        assert_eq!(changes(&all), [
            json!(["teams_card", "bare", "wrapped"]),
            json!(["types", {}, {"custom": ["email"]}]),
            json!(["teams_card", "wrapped", "bare"]),
        ]);
        let newest = &all[0];
        assert_eq!((&newest["module"], &newest["record_id"], &newest["group"]), (&Value::Null, &Value::Null, &json!("delivery")));
        assert_eq!((&newest["actor"], &newest["actor_id"], &newest["by"]), (&json!("Provisioning notification system"), &Value::Null, &json!("Modified(API)")));
        assert_eq!(newest["at"], "2026-01-11T14:31:00Z");
        assert_eq!((&all[2]["actor"], &all[2]["actor_id"], &all[2]["by"]), (&json!("user2@example.com"), &json!(2), &json!("Modified(User)")));
        // What is as it was, and what is refused, is nobody's doing.
        put(&world, "/crm/settings/delivery", json!({"teams_card": "wrapped", "teams_flow_url": ""})).await;
        boss.ask("PUT", "/crm/settings/delivery", Some(json!({"teams_card": "bare", "types": 5}))).await.expect(400);
        assert_eq!(entries(&world, "").await, all);
    }
}

story! {
    async fn of_a_secret_it_is_written_down_only_that_it_was_changed(on: On) {
        let world = World::new(on).await;
        put(&world, "/crm/settings/delivery", json!({"teams_flow_url": FLOW})).await;
        put(&world, "/crm/settings/delivery", json!({"teams_flow_url": ""})).await;
        let all = entries(&world, "").await;
        assert_eq!(changes(&all), [json!(["teams_flow_url", null, "changed"]), json!(["teams_flow_url", null, "changed"])]);
        let stored = dump(&world.app.database).await;
        assert!(stored.iter().filter(|row| row.starts_with("history: ")).all(|row| !row.contains("signature")), "{stored:#?}");
    }
}

story! {
    async fn the_log_is_filtered_by_what_was_changed_by_whom_and_when(on: On) {
        let world = World::new(on).await;
        let boss = world.person(2, &["admin"]).await;
        world.person(3, &[]).await;
        made(&world, "contacts", "7", "Jane Doe", 3).await;
        made(&world, "leads", "7", "Acme", 3).await;
        world.passes(DAY).await;
        let boss = { drop(boss); world.sign_in(2).await };
        boss.ask("PATCH", "/crm/record/contacts/7", Some(json!({"assigned_to": 2}))).await.expect(200);
        put(&world, "/crm/settings/delivery", json!({"teams_card": "bare"})).await;
        let fields = async |query: &str| changes(&entries(&world, query).await);
        let (made, moved, set) = (json!(["record", null, "Jane Doe"]), json!(["assigned_to", 3, 2]), json!(["teams_card", "wrapped", "bare"]));
        assert_eq!(fields("").await, [set.clone(), moved.clone(), json!(["record", null, "Acme"]), made.clone()]);
        assert_eq!(fields("?module=contacts").await, [moved.clone(), made.clone()]);
        assert_eq!(fields("?module=contacts&record_id=7").await, [moved.clone(), made.clone()]);
        assert_eq!(fields("?module=contacts&record_id=8").await, [Value::Null; 0]);
        assert_eq!(fields("?group=delivery").await, std::slice::from_ref(&set));
        assert_eq!(fields("?actor_id=2").await, std::slice::from_ref(&moved));
        assert_eq!(fields("?from=2026-01-12T14:30:00Z").await, [set.clone(), moved.clone()]);
        assert_eq!(fields("?from=2026-01-12").await, [set.clone(), moved.clone()]);
        assert_eq!(fields("?until=2026-01-11&module=contacts").await, std::slice::from_ref(&made));
        assert_eq!(fields("?until=2026-01-12T14:30:00Z&module=contacts").await, [made]);
        assert_eq!(fields("?until=2026-01-12T15:30:00%2B01:00&from=2026-01-12T14:30:00Z").await, [Value::Null; 0]);
        for (query, said) in [
            ("?record_id=7", "Say also of which module"),
            ("?from=yesterday", "from must be an instant in RFC 3339"),
            ("?limit=0", "limit must be between 1 and 200"),
            ("?limit=201", "limit must be between 1 and 200"),
            ("?cursor=x", "cursor is none that this server gave"),
            ("?modul=contacts", "did you mean \"module\"?"),
        ] {
            let reply = world.ask("GET", &format!("/crm/audit{query}"), &[("X-API-KEY", KEY)], None).await;
            let reason = reply.expect(400)["reason"].as_str().unwrap().to_owned();
            assert!(reason.contains(said), "{query}: {reason}");
        }
        let ann = world.sign_in(3).await;
        refused(&ann, 403).await;
    }
}

story! {
    async fn the_log_is_turned_page_by_page_and_nothing_is_passed_over(on: On) {
        let world = World::new(on).await;
        for minute in 0..7 {
            let card = if minute % 2 == 0 { "bare" } else { "wrapped" };
            put(&world, "/crm/settings/delivery", json!({"teams_card": card, "types": {"custom": [], "system_alert": if minute % 2 == 0 { json!(["email"]) } else { json!([]) }}})).await;
        }
        let all = entries(&world, "").await;
        assert_eq!(all.len(), 14);
        let (mut turned, mut cursor) = (Vec::new(), String::new());
        for _ in 0..5 {
            let page = page(&world, &format!("?limit=3{cursor}")).await;
            turned.extend(page["entries"].as_array().unwrap().clone());
            cursor = page["next_cursor"].as_str().map_or_else(String::new, |next| format!("&cursor={next}"));
        }
        assert_eq!((turned, cursor), (all, String::new()));
    }
}

story! {
    async fn history_is_kept_for_two_years_unless_it_is_kept_for_ever(on: On) {
        for (days, left) in [(730, 1), (0, 2)] {
            let world = World::with(on, |config| config.retention.history_days = days).await;
            put(&world, "/crm/settings/delivery", json!({"teams_card": "bare"})).await;
            world.passes(DAY * 729).await;
            put(&world, "/crm/settings/delivery", json!({"teams_card": "wrapped"})).await;
            assert_eq!(entries(&world, "").await.len(), 2, "{days}");
            world.passes(DAY * 2).await;
            assert_eq!(entries(&world, "").await.len(), left, "{days}");
        }
    }
}
