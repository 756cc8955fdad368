//! The panel Support users: who is in the group Support, and who of them is on support now.

use serde_json::{Value, json};

use crate::world::{KEY, Reply, World};

const BEN: i64 = 2;
const EVE: i64 = 3;

async fn admin(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    world.ask(method, path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

async fn panel(world: &World) -> Value {
    admin(world, "GET", "/crm/support", None).await.expect(200)
}

story! {
    async fn everybody_ticks_themselves_and_an_administrator_anybody(on: On) {
        let world = World::new(on).await;
        let ben = world.person(BEN, &["support"]).await;
        let eve = world.person(EVE, &[]).await;
        let none = panel(&world).await;
        assert_eq!((&none["group"], &none["group_id"], &none["members"]), (&Value::Null, &Value::Null, &json!([])));
        assert!(none["hint"].as_str().unwrap().starts_with("There is no group Support: "), "{none}");
        let group = json!({"name": "Support", "members": [BEN, EVE]});
        let group = admin(&world, "POST", "/crm/group", Some(group)).await.expect(201)["group"]["id"].clone();

        let all = panel(&world).await;
        let member = |id: i64, on: bool| json!({"id": id, "name": format!("User {id}"), "on_support": on, "status": "Active"});
        assert_eq!((&all["group"], &all["group_id"]), (&json!("Support"), &group));
        assert_eq!(all["members"], json!([member(BEN, false), member(EVE, false)]));
        assert!(all["hint"].as_str().unwrap().starts_with("Nobody is on support: "), "{all}");

        let me = ben.ask("PUT", "/crm/user/me", Some(json!({"on_support": true}))).await.expect(200);
        assert_eq!(me["user"]["on_support"], true);
        assert_eq!(ben.ask("GET", "/crm/user/me", None).await.expect(200)["user"]["on_support"], true);
        // Seen by those who are not administrators as well.
        let seen = eve.ask("GET", "/crm/support", None).await.expect(200);
        assert_eq!(seen["members"], json!([member(BEN, true), member(EVE, false)]));
        assert_eq!(seen["hint"], "Alerts about tickets go to User 2.");

        let path = format!("/crm/user/{EVE}");
        assert_eq!(ben.ask("PUT", &path, Some(json!({"on_support": true}))).await.status, 403);
        let shown = admin(&world, "PUT", &path, Some(json!({"on_support": true}))).await.expect(200);
        assert_eq!(shown["user"]["on_support"], true);
        assert_eq!(panel(&world).await["hint"], "Alerts about tickets go to the 2 who are on support.");
        // What else is changed leaves it.
        let shown = admin(&world, "PUT", &path, Some(json!({"language": "de"}))).await.expect(200);
        assert_eq!(shown["user"]["on_support"], true);
        let me = ben.ask("PUT", "/crm/user/me", Some(json!({"on_support": false}))).await.expect(200);
        assert_eq!(me["user"]["on_support"], false);
        for (wrong, body) in [("a text", json!({"on_support": "yes"})), ("null", json!({"on_support": null}))] {
            let refused = ben.ask("PUT", "/crm/user/me", Some(body)).await;
            assert_eq!(refused.status, 400, "{wrong}: {}", refused.text);
        }
        let customer = world.person(9, &["customer"]).await;
        assert_eq!(customer.ask("GET", "/crm/support", None).await.status, 403);
    }
}

story! {
    async fn the_group_support_keeps_its_name_and_is_not_deleted_with_members_in_it(on: On) {
        let world = World::new(on).await;
        world.person(BEN, &[]).await;
        let made = admin(&world, "POST", "/crm/group", Some(json!({"name": "Support", "members": [BEN]}))).await.expect(201);
        let path = format!("/crm/group/{}", made["group"]["id"]);
        let refused = admin(&world, "PUT", &path, Some(json!({"name": "Helpdesk"}))).await;
        let reason = refused.body["reason"].as_str().unwrap_or_default().to_owned();
        assert_eq!(refused.status, 409);
        assert_eq!(reason, "The group Support keeps its name, since alerts about tickets go to its members; make another group instead");
        // Its members may be changed, and so may its name be sent along.
        admin(&world, "PUT", &path, Some(json!({"name": "Support", "members": [BEN]}))).await.expect(200);
        let refused = admin(&world, "DELETE", &path, None).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(refused.text.contains("take all of them out of it before you delete it"), "{}", refused.text);
        admin(&world, "PUT", &path, Some(json!({"members": []}))).await.expect(200);
        admin(&world, "DELETE", &path, None).await.expect(200);
        assert_eq!(admin(&world, "DELETE", &path, None).await.status, 404);
    }
}
