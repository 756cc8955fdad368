//! Administrators look after people and groups; everybody looks after themselves.

use serde_json::{Value, json};

use crate::world::{KEY, PASSWORD, Reply, World};

async fn admin(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    world.ask(method, path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

#[track_caller]
fn reason(refused: Value) -> String {
    assert_eq!(refused["result"], "Failed");
    refused["reason"].as_str().unwrap().to_owned()
}

story! {
    async fn a_user_is_added_shown_changed_found_and_deleted(on: On) {
        let world = World::new(on).await;
        world.person(5, &["support"]).await;
        let added = admin(&world, "POST", "/crm/user", Some(json!({
            "id": 123, "email": "Grace.Sales@example.com", "name": "Grace Sales", "roles": ["finance", "customer", "finance"],
            "time_zone": "europe/london", "language": "pt-BR", "reports_to": 5
        }))).await.expect(201);
        let mut user = json!({
            "id": 123, "email": "Grace.Sales@example.com", "name": "Grace Sales", "roles": ["finance", "customer"],
            "status": "Active", "time_zone": "Europe/London", "language": "pt-BR", "reports_to": 5, "on_support": false,
            "receive_by": "email", "webhook_url": null, "webhook_kind": null, "webhook_channel": null, "webhook_off": null,
            "quiet_hours": null, "matrix": {},
            "created_at": "2026-01-11T14:30:00Z", "updated_at": "2026-01-11T14:30:00Z"
        });
        assert_eq!(added, json!({"result": "Success", "user": user}));
        assert_eq!(admin(&world, "GET", "/crm/user/123", None).await.expect(200), added);
        world.passes(std::time::Duration::from_secs(60)).await;
        let changed = admin(&world, "PUT", "/crm/user/123", Some(json!({"name": "Grace Hopper", "reports_to": null}))).await;
        user["name"] = json!("Grace Hopper");
        user["reports_to"] = Value::Null;
        user["updated_at"] = json!("2026-01-11T14:31:00Z");
        assert_eq!(changed.expect(200)["user"], user);
        for (query, ids) in [("", vec![5, 123]), ("?q=HOPPER", vec![123]), ("?q=grace.s", vec![123]), ("?q=%25", vec![]), ("?limit=1", vec![5])] {
            let page = admin(&world, "GET", &format!("/crm/user{query}"), None).await.expect(200);
            let found: Vec<i64> = page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
            assert_eq!(found, ids, "{query}");
        }
        let next = admin(&world, "GET", "/crm/user?limit=1&cursor=5", None).await.expect(200);
        assert_eq!((&next["users"][0]["id"], &next["next_cursor"]), (&json!(123), &Value::Null));
        let gone = admin(&world, "DELETE", "/crm/user/123", None).await.expect(200);
        assert_eq!(gone, json!({"result": "Success", "message": "User deleted"}));
        assert_eq!(reason(admin(&world, "GET", "/crm/user/123", None).await.expect(404)), "User 123 not found");
        admin(&world, "DELETE", "/crm/user/123", None).await.expect(404);
    }
}

story! {
    async fn those_who_are_locked_are_found_among_all(on: On) {
        let world = World::new(on).await;
        for id in 1..=4 {
            world.person(id, &["support"]).await;
        }
        for _ in 0..5 {
            world.login("user3@example.com", "not the password").await.expect(401);
        }
        for id in [2, 4] {
            admin(&world, "PUT", &format!("/crm/user/{id}"), Some(json!({"status": "Locked"}))).await.expect(200);
        }
        let found = async |query: &str| {
            let page = admin(&world, "GET", &format!("/crm/user?{query}"), None).await.expect(200);
            let ids = page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
            (ids, page["next_cursor"].clone())
        };
        for (query, ids) in [
            ("status=Active", vec![1]),
            ("status=Locked", vec![2, 4]),
            ("status=Locked%20-%20Failed%20Attempts", vec![3]),
            ("status=Locked&q=USER4", vec![4]),
            ("status=Locked&q=user3", vec![]),
        ] {
            assert_eq!(found(query).await, (ids, Value::Null), "{query}");
        }
        // The pages count those alone.
        assert_eq!(found("status=Locked&limit=1").await, (vec![2], json!("2")));
        assert_eq!(found("status=Locked&limit=1&cursor=2").await, (vec![4], Value::Null));
        for wrong in ["locked", "", "LockedOut"] {
            let refused = admin(&world, "GET", &format!("/crm/user?status={wrong}"), None).await;
            assert!(reason(refused.expect(400)).starts_with("status must be Active, Locked or"), "{wrong}");
        }
        // The directory and the groups know no status.
        admin(&world, "GET", "/crm/group?status=Locked", None).await.expect(400);
    }
}

story! {
    async fn a_salesperson_looks_up_whom_to_assign_a_record_to_and_a_customer_does_not(on: On) {
        let world = World::new(on).await;
        let eve = world.person(5, &[]).await;
        world.person(2, &["support"]).await;
        world.person(9, &["customer"]).await;
        admin(&world, "PUT", "/crm/user/2", Some(json!({"name": "Ben Support"}))).await.expect(200);
        admin(&world, "PUT", "/crm/user/9", Some(json!({"name": "An Outsider", "status": "Locked"}))).await.expect(200);
        admin(&world, "PUT", "/crm/user/9", Some(json!({"status": "Active"}))).await.expect(200);
        admin(&world, "POST", "/crm/group", Some(json!({"name": "Support"}))).await.expect(201);
        let found = eve.ask("GET", "/crm/user/directory?q=SUPP", None).await.expect(200);
        let expected = json!({"result": "Success", "people": [{"id": 2, "name": "Ben Support"}], "groups": ["Support"]});
        assert_eq!(found, expected);
        admin(&world, "PUT", "/crm/user/2", Some(json!({"status": "Locked"}))).await.expect(200);
        let found = eve.ask("GET", "/crm/user/directory?q=supp", None).await.expect(200);
        assert_eq!(found["people"], json!([]), "whoever cannot sign in is not offered");
        let customer = world.sign_in(9).await.ask("GET", "/crm/user/directory", None).await;
        assert!(reason(customer.expect(403)).contains("Customers have no directory"));
    }
}

story! {
    async fn an_id_is_never_given_twice(on: On) {
        let world = World::new(on).await;
        let add = async |body: Value| admin(&world, "POST", "/crm/user", Some(body)).await;
        world.person(7, &[]).await;
        world.notify(7, "For the first one").await;
        admin(&world, "DELETE", "/crm/user/7", None).await.expect(200);
        let refused = add(json!({"id": 7, "email": "other@example.com", "name": "Other"})).await.expect(409);
        assert!(reason(refused).contains("Id 7 was that of a user who is gone"));
        let next = add(json!({"email": "user7@example.com", "name": "The same address"})).await.expect(201);
        assert_eq!(next["user"]["id"], 8);
        assert_eq!(world.send(json!({"user_id": 7, "type": "custom", "title": "x"})).await.expect(404)["reason"], "User 7 not found");
        let world = world.restart().await;
        world.passes(std::time::Duration::from_secs(3600)).await;
        assert_eq!(world.number("SELECT COUNT(*) FROM notification_contents").await, 0);
        admin(&world, "DELETE", "/crm/user/8", None).await.expect(200);
        let third = json!({"email": "third@example.com", "name": "Third"});
        let third = admin(&world, "POST", "/crm/user", Some(third)).await.expect(201);
        assert_eq!(third["user"]["id"], 9);
    }
}

story! {
    async fn the_last_administrator_is_kept(on: On) {
        let world = World::new(on).await;
        let boss = world.person(1, &["admin"]).await;
        world.person(2, &["support"]).await;
        let refused = "This is the last active administrator; make somebody else one first";
        for body in [json!({"roles": ["support"]}), json!({"status": "Locked"}), json!({"roles": [], "status": "Active"})] {
            assert_eq!(reason(boss.ask("PUT", "/crm/user/1", Some(body.clone())).await.expect(409)), refused, "{body}");
        }
        assert_eq!(reason(admin(&world, "DELETE", "/crm/user/1", None).await.expect(409)), refused);
        // One who is locked cannot let anybody in, so does not count.
        admin(&world, "PUT", "/crm/user/2", Some(json!({"roles": ["admin"], "status": "Locked"}))).await.expect(200);
        boss.ask("DELETE", "/crm/user/1", None).await.expect(409);
        admin(&world, "PUT", "/crm/user/2", Some(json!({"status": "Active"}))).await.expect(200);
        let both = futures_util::future::join(
            admin(&world, "DELETE", "/crm/user/1", None),
            admin(&world, "PUT", "/crm/user/2", Some(json!({"roles": []}))),
        ).await;
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "one of two administrators stays");
        assert_eq!(world.number(r#"SELECT COUNT(*) FROM users WHERE status = 'Active' AND roles LIKE '%"admin"%'"#).await, 1);
    }
}

story! {
    async fn somebody_elses_profile_is_answered_like_one_that_does_not_exist(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &["finance", "customer"]).await;
        world.person(2, &["admin"]).await;
        let (theirs, none) = (ann.ask("GET", "/crm/user/2", None).await, ann.ask("GET", "/crm/user/3", None).await);
        assert_eq!((theirs.status, theirs.text.replace('2', "3")), (404, none.text));
        assert_eq!(ann.ask("GET", "/crm/user/1", None).await.expect(200)["user"]["id"], 1);
        for nonsense in ["0", "-1", "me2", "99999999999999999999", "1e3"] {
            ann.ask("GET", &format!("/crm/user/{nonsense}"), None).await.expect(404);
        }
        for (method, path, body) in [
            ("GET", "/crm/user", None), ("PUT", "/crm/user/1", Some(json!({"roles": ["admin"]}))), ("DELETE", "/crm/user/2", None),
            ("POST", "/crm/user", Some(json!({"email": "x@example.com", "name": "X", "roles": ["admin"]}))),
        ] {
            ann.ask(method, path, body).await.expect(403);
        }
        let bob = world.person(4, &["support"]).await;
        assert_eq!(bob.ask("GET", "/crm/user/2", None).await.expect(200)["user"]["email"], "user2@example.com");
    }
}

story! {
    async fn everybody_changes_what_is_their_own(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.person(2, &[]).await;
        let wish = json!({"name": "Ann Archer", "time_zone": "Asia/Tokyo", "language": "ja", "email": "ann@example.com"});
        let mut proved = wish.clone();
        proved["current_password"] = json!(PASSWORD);
        let changed = ann.ask("PUT", "/crm/user/me", Some(proved)).await.expect(200);
        for (name, value) in wish.as_object().unwrap() {
            assert_eq!(&changed["user"][name], value);
        }
        assert_eq!(ann.ask("GET", "/crm/user/me", None).await.expect(200), changed);
        assert_eq!(ann.ask("GET", "/crm/auth/me", None).await.expect(200)["user"]["name"], "Ann Archer");
        world.login("ANN@example.com", PASSWORD).await.expect(200);
        world.login("user1@example.com", PASSWORD).await.expect(401);
        assert_eq!(ann.ask("PUT", "/crm/user/me", Some(json!({}))).await.expect(200), changed);
        for (body, status, said) in [
            (json!({"roles": ["admin"]}), 400, "Unknown field \"roles\""),
            (json!({"status": "Active"}), 400, "Unknown field \"status\""),
            (json!({"id": 2}), 400, "Unknown field \"id\""),
            (json!({"reports_to": 1}), 400, "Unknown field \"reports_to\""),
            (json!({"email": "USER2@example.com", "current_password": PASSWORD}), 409, "A user with this email exists already"),
            (json!({"time_zone": "Asia/Tokio"}), 400, "did you mean \"Asia/Tokyo\"?"),
            (json!({"name": null}), 400, "name"),
        ] {
            let refused = ann.ask("PUT", "/crm/user/me", Some(body.clone())).await.expect(status);
            assert!(reason(refused.clone()).contains(said), "{body} → {refused}");
        }
        assert_eq!(ann.ask("GET", "/crm/user/me", None).await.expect(200), changed);
        world.ask("PUT", "/crm/user/me", &[("X-API-KEY", KEY)], Some("{}".to_owned())).await.expect(401);
    }
}

story! {
    async fn another_e_mail_needs_the_password(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let wish = |current: Value| json!({"email": "ann@example.com", "name": "Ann", "current_password": current});
        for (body, status, said) in [
            (json!({"email": "ann@example.com", "name": "Ann"}), 403, "To change the e-mail, send current_password too"),
            (json!({"email": "USER1@example.com"}), 403, "To change the e-mail, send current_password too"),
            (wish(json!("not the password")), 403, "current_password is wrong"),
            (wish(Value::Null), 400, "current_password"),
        ] {
            let refused = ann.ask("PUT", "/crm/user/me", Some(body.clone())).await.expect(status);
            assert!(reason(refused.clone()).contains(said), "{body} → {refused}");
        }
        // Saying it again changes nothing and needs nothing.
        let same = json!({"email": "user1@example.com", "name": "Ann"});
        let changed = ann.ask("PUT", "/crm/user/me", Some(same)).await.expect(200);
        assert_eq!((&changed["user"]["email"], &changed["user"]["name"]), (&json!("user1@example.com"), &json!("Ann")));
        let changed = ann.ask("PUT", "/crm/user/me", Some(wish(json!(PASSWORD)))).await.expect(200);
        assert_eq!(changed["user"]["email"], "ann@example.com");
        world.login("ann@example.com", PASSWORD).await.expect(200);
    }
}

story! {
    async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let elsewhere = world.sign_in(1).await;
        let new = "another battery staple";
        let wish = |current: Value| json!({"password": new, "current_password": current});
        for (body, status, said) in [
            (json!({"password": new}), 403, "send current_password too"),
            (wish(json!("not the password")), 403, "current_password is wrong"),
            (wish(Value::Null), 400, "current_password"),
            (json!({"password": "short", "current_password": PASSWORD}), 400, "password must be 8 to 1024 characters long"),
        ] {
            let refused = ann.ask("PUT", "/crm/user/me", Some(body.clone())).await.expect(status);
            assert!(reason(refused.clone()).contains(said), "{body} → {refused}");
        }
        ann.ask("PUT", "/crm/user/me", Some(wish(json!(PASSWORD)))).await.expect(200);
        ann.ask("GET", "/crm/auth/me", None).await.expect(200);
        elsewhere.ask("GET", "/crm/auth/me", None).await.expect(401);
        world.login("user1@example.com", PASSWORD).await.expect(401);
        world.login("user1@example.com", new).await.expect(200);
        // Whoever found a screen unlocked cannot try passwords for ever.
        for _ in 0..5 {
            ann.ask("PUT", "/crm/user/me", Some(wish(json!("not the password")))).await.expect(403);
        }
        ann.ask("GET", "/crm/auth/me", None).await.expect(401);
        world.login("user1@example.com", new).await.expect(403);
    }
}

story! {
    async fn what_is_wrong_with_a_user_is_said_by_its_name(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        for (field, value, status, said) in [
            ("email", Value::Null, 400, "email is required"),
            ("email", json!("user1@EXAMPLE.com"), 409, "A user with this email exists already"),
            ("email", json!("a@b\r\nBcc: c@d"), 400, "email must be an e-mail address"),
            ("email", json!(7), 400, "email must be a string"),
            ("name", json!(" "), 400, "name is required"),
            ("name", json!("x".repeat(201)), 400, "name must be at most 200 characters"),
            ("id", json!(1), 409, "User 1 exists already"),
            ("id", json!(0), 400, "id must be"),
            ("id", json!(9_007_199_254_740_992_i64), 400, "id must be"),
            ("roles", json!(["superuser"]), 400, "roles are admin, support, finance, customer"),
            ("roles", json!([1]), 400, "roles must be"),
            ("password", json!("seven77"), 400, "password must be 8 to 1024 characters long"),
            ("time_zone", json!("Europe/Londn"), 400, "did you mean \"Europe/London\"?"),
            ("language", json!("english"), 400, "language must be a language tag"),
            ("reports_to", json!(999), 404, "User 999 not found"),
            ("status", json!("Active"), 400, "Unknown field \"status\""),
            ("e_mail", json!("x@y"), 400, "did you mean \"email\"?"),
        ] {
            let mut body = json!({"email": "new@example.com", "name": "New"});
            body[field] = value;
            let refused = admin(&world, "POST", "/crm/user", Some(body.clone())).await.expect(status);
            assert!(reason(refused.clone()).contains(said), "{body} → {refused}");
        }
        let themselves = admin(&world, "PUT", "/crm/user/1", Some(json!({"reports_to": 1}))).await.expect(409);
        assert!(reason(themselves).contains("Nobody reports to themselves"));
        assert_eq!(world.number("SELECT COUNT(*) FROM users").await, 1);
    }
}

story! {
    async fn a_group_is_made_shown_changed_and_deleted(on: On) {
        let world = World::new(on).await;
        for id in 1..=3 {
            world.person(id, &[]).await;
        }
        let made = admin(&world, "POST", "/crm/group", Some(json!({"name": "Billing", "members": [3, 1, 3]}))).await.expect(201);
        let id = made["group"]["id"].as_i64().unwrap();
        assert_eq!(made, json!({"result": "Success", "group": {"id": id, "name": "Billing", "members": [1, 3]}}));
        let path = format!("/crm/group/{id}");
        assert_eq!(admin(&world, "GET", &path, None).await.expect(200), made);
        let changed = admin(&world, "PUT", &path, Some(json!({"members": [2]}))).await.expect(200);
        assert_eq!(changed["group"], json!({"id": id, "name": "Billing", "members": [2]}));
        let changed = admin(&world, "PUT", &path, Some(json!({"name": "Ünits"}))).await.expect(200);
        assert_eq!(changed["group"], json!({"id": id, "name": "Ünits", "members": [2]}));
        let found = admin(&world, "GET", "/crm/group?q=%C3%BCN", None).await.expect(200);
        assert_eq!(found["groups"], json!([changed["group"]]));
        for (body, status, said) in [
            (json!({"name": "üNITS"}), 409, "A group with this name exists already"),
            (json!({"name": ""}), 400, "name is required"),
            (json!({"name": "X", "members": [1, 999]}), 404, "User 999 not found"),
            (json!({"name": "X", "members": [0]}), 400, "members must be"),
            (json!({"name": "X", "members": "1"}), 400, "members must be"),
            (json!({"name": "X", "users": [1]}), 400, "Unknown field \"users\""),
        ] {
            let refused = admin(&world, "POST", "/crm/group", Some(body.clone())).await.expect(status);
            assert!(reason(refused.clone()).contains(said), "{body} → {refused}");
        }
        admin(&world, "DELETE", "/crm/user/2", None).await.expect(200);
        assert_eq!(admin(&world, "GET", &path, None).await.expect(200)["group"]["members"], json!([]));
        admin(&world, "DELETE", &path, None).await.expect(200);
        for method in ["GET", "DELETE"] {
            assert_eq!(reason(admin(&world, method, &path, None).await.expect(404)), format!("Group {id} not found"));
        }
    }
}
