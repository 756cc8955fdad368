//! Lock-out: who hears that somebody locked themselves out, and who says after how many wrong passwords.

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, address};
use crate::world::On;

/// Ada, who administers, Ben and Eve, who hear by e-mail.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(1).await;
    for (id, name) in [(1, "Ada Admin"), (2, "Ben Support"), (3, "Eve Sales")] {
        if id != 1 {
            stage.user(id, json!({})).await;
        }
        stage.choose(id, json!({"name": name})).await;
    }
    stage
}

async fn set(stage: &Stage, group: &str, settings: Value) {
    stage.admin("PUT", &format!("/crm/settings/{group}"), Some(settings)).await.expect(200);
}

async fn wrong_passwords(stage: &Stage, id: i64, times: usize) {
    for _ in 0..times {
        stage.world.login(&address(id), "not the password").await.expect(401);
    }
}

async fn status(stage: &Stage, id: i64) -> String {
    let user = stage.admin("GET", &format!("/crm/user/{id}"), None).await.expect(200);
    user["user"]["status"].as_str().unwrap().to_owned()
}

/// A member of each of somebody's lock-outs, the newest first.
async fn of_each(stage: &Stage, id: i64, member: &str) -> Vec<Value> {
    let page = stage.sign_in(id).await.list("?type=user_locked_out").await;
    page["notifications"].as_array().unwrap().iter().map(|item| item[member].clone()).collect()
}

async fn messages(stage: &Stage, id: i64) -> Vec<Value> {
    of_each(stage, id, "message").await
}

async fn links(stage: &Stage, id: i64) -> Vec<Value> {
    of_each(stage, id, "link").await
}

async fn lock_outs(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("?type=user_locked_out").await
}

story! {
    async fn t1_the_fifth_wrong_password_locks_and_tells_each_of_the_chosen_once(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ada Admin; 2"})).await;
        wrong_passwords(&stage, 3, 4).await;
        assert_eq!((status(&stage, 3).await.as_str(), lock_outs(&stage, 2).await.len()), ("Active", 0));
        wrong_passwords(&stage, 3, 1).await;
        assert_eq!(status(&stage, 3).await, "Locked - Failed Attempts");
        // The sixth and seventh change nothing.
        wrong_passwords(&stage, 3, 2).await;
        for id in [1, 2] {
            assert_eq!(lock_outs(&stage, id).await, ["Eve Sales is locked out"]);
        }
        stage.settles().await;
        for id in [1, 2] {
            assert_eq!(stage.subjects(id), ["Eve Sales is locked out"]);
        }
    }
}

story! {
    async fn t1_whom_an_administrator_locks_nobody_hears_of(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ben Support"})).await;
        stage.admin("PUT", "/crm/user/3", Some(json!({"status": "Locked"}))).await.expect(200);
        wrong_passwords(&stage, 3, 6).await;
        assert_eq!(status(&stage, 3).await, "Locked");
        assert!(lock_outs(&stage, 2).await.is_empty());
    }
}

story! {
    async fn t1_of_customers_who_lock_themselves_out_nobody_hears(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ben Support"})).await;
        stage.choose(3, json!({"roles": ["customer"]})).await;
        wrong_passwords(&stage, 3, 5).await;
        assert_eq!(status(&stage, 3).await, "Locked - Failed Attempts");
        // Nor where the CRM tells of it.
        let event = json!({"type": "user.locked_out", "data": {"user_id": 3, "attempts": 5}});
        assert_eq!(stage.admin("POST", "/crm/event", Some(event)).await.expect(201)["told"], 0);
        assert!(lock_outs(&stage, 2).await.is_empty());
        // Whoever is more than a customer is one of the team.
        stage.choose(1, json!({"roles": ["admin", "customer"]})).await;
        wrong_passwords(&stage, 1, 5).await;
        assert_eq!(lock_outs(&stage, 2).await, ["Ada Admin is locked out"]);
    }
}

story! {
    async fn t1_a_lock_out_of_the_crm_is_not_mended_here(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ben Support"})).await;
        wrong_passwords(&stage, 3, 5).await;
        for data in [json!({"email": "kim@example.com", "attempts": 5}), json!({"user_id": 1})] {
            let event = json!({"type": "user.locked_out", "data": data});
            stage.admin("POST", "/crm/event", Some(event)).await.expect(201);
        }
        assert_eq!(messages(&stage, 2).await, [
            "Ada Admin locked themselves out after too many wrong passwords. Let them in again where they sign in; if it was not them, somebody is trying passwords.",
            "kim@example.com locked themselves out after 5 wrong passwords in a row. Let them in again where they sign in; if it was not them, somebody is trying passwords.",
            "Eve Sales locked themselves out after 5 wrong passwords in a row. Ask an administrator to unlock them; if it was not them, somebody is trying passwords.",
        ]);
        assert_eq!(links(&stage, 2).await, [Value::Null, Value::Null, Value::Null]);
    }
}

story! {
    async fn t2_an_administrator_is_led_to_the_page_where_they_are_unlocked_and_nobody_else_is(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ada Admin; Ben Support"})).await;
        wrong_passwords(&stage, 3, 5).await;
        let page = &*format!("{}/administration/users/3", stage.world.config.public_url);
        assert_eq!(links(&stage, 1).await, [page]);
        assert_eq!(messages(&stage, 1).await, [
            "Eve Sales locked themselves out after 5 wrong passwords in a row. Unlock them on their page to let them in again; if it was not them, somebody is trying passwords.",
        ]);
        // Ben may not open it.
        assert_eq!(links(&stage, 2).await, [Value::Null]);
        stage.settles().await;
        let letter = |id: i64| stage.letters(id).remove(0).text().to_owned();
        assert!(letter(1).contains(page), "{}", letter(1));
        assert!(!letter(2).contains("/administration/users"), "{}", letter(2));
        // What is done there.
        stage.admin("PUT", "/crm/user/3", Some(json!({"status": "Active"}))).await.expect(200);
        stage.sign_in(3).await;
        // Ada was the only one who could.
        wrong_passwords(&stage, 1, 5).await;
        let told = messages(&stage, 2).await;
        assert!(told[0].as_str().unwrap().contains("run belfry user unlock on the server"), "{}", told[0]);
    }
}

story! {
    async fn t2_active_again_the_count_begins_anew_and_the_next_lock_out_is_news(on: On) {
        let stage = stage(on).await;
        set(&stage, "notifications", json!({"lockout_users": "Ben Support"})).await;
        wrong_passwords(&stage, 3, 5).await;
        stage.admin("PUT", "/crm/user/3", Some(json!({"status": "Active"}))).await.expect(200);
        wrong_passwords(&stage, 3, 1).await;
        assert_eq!((status(&stage, 3).await.as_str(), lock_outs(&stage, 2).await.len()), ("Active", 1));
        wrong_passwords(&stage, 3, 4).await;
        assert_eq!(lock_outs(&stage, 2).await.len(), 2);
    }
}

story! {
    async fn the_limit_is_what_the_configuration_says_until_security_settings_say_otherwise(on: On) {
        let stage = stage(on).await;
        let shown = stage.admin("GET", "/crm/settings/security", None).await.expect(200);
        assert_eq!(shown["settings"]["max_failed_logins"], 5, "{shown}");
        set(&stage, "security", json!({"max_failed_logins": 2})).await;
        wrong_passwords(&stage, 3, 2).await;
        assert_eq!(status(&stage, 3).await, "Locked - Failed Attempts");
        for wrong in [json!(0), json!(1001), json!("many")] {
            let refused = stage.admin("PUT", "/crm/settings/security", Some(json!({"max_failed_logins": wrong}))).await;
            assert_eq!(refused.status, 400, "{}", refused.text);
        }
    }
}

story! {
    async fn a_name_that_nobody_has_is_refused_with_the_nearest_and_one_that_is_gone_later_is_passed_over(on: On) {
        let stage = stage(on).await;
        let wanted = Some(json!({"lockout_users": "Ada Admin, Ben Suport"}));
        let refused = stage.admin("PUT", "/crm/settings/notifications", wanted).await.expect(400);
        let reason = refused["reason"].as_str().unwrap();
        assert!(reason.contains("there is no user Ben Suport; did you mean Ben Support?"), "{reason}");
        set(&stage, "notifications", json!({"lockout_users": "Ben Support; user1@example.com"})).await;
        stage.admin("DELETE", "/crm/user/2", None).await.expect(200);
        wrong_passwords(&stage, 3, 5).await;
        assert_eq!(lock_outs(&stage, 1).await, ["Eve Sales is locked out"]);
        // Another field of the group is saved although the name is unknown by now.
        set(&stage, "notifications", json!({"cc_manager": true})).await;
    }
}
