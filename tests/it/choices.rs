//! What people choose for themselves: ways, webhooks and their secrets, quiet hours, the matrix, mutes, unsubscribing.

use std::collections::BTreeMap;
use std::time::Duration;

use belfry::storage::Error;
use belfry::user::choice::{self, Family, Outlet, ReceiveBy, SwitchedOff};
use belfry::user::mute::{Record, mutes};
use serde_json::{Value, json};

use crate::dump::dump;
use crate::site::Site;
use crate::world::{KEY, Reply, Somebody, World};

const URL: &str = "https://hooks.example.com/belfry/Zq3-a-path-that-is-a-secret-7f3a";
const SHOWN: &str = "https://hooks.example.com/…7f3a";
const SECRET_PATH: &str = "Zq3-a-path-that-is-a-secret";

async fn change(person: &Somebody<'_>, body: Value) -> Reply {
    person.ask("PUT", "/crm/user/me", Some(body)).await
}

async fn me(person: &Somebody<'_>) -> Value {
    person.ask("GET", "/crm/user/me", None).await.expect(200)["user"].clone()
}

async fn admin(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    world.ask(method, path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

async fn outlets(world: &World, ids: Vec<i64>) -> BTreeMap<i64, Outlet> {
    let read = world
        .app
        .database
        .read::<_, Error, _>(move |tx| Box::pin(async move { choice::outlets(tx, &ids).await }));
    read.await.unwrap()
}

async fn outlet(world: &World, id: i64) -> Outlet {
    outlets(world, vec![id]).await.remove(&id).unwrap()
}

async fn noted(world: &World, id: i64, key: &str, is_ok: bool) -> Option<SwitchedOff> {
    let (key, now) = (key.to_owned(), world.app.clock.now());
    let noted = world.app.database.write::<_, Error, _>(move |tx| {
        Box::pin(async move { choice::store::note_webhook_result(tx, id, &key, is_ok, now).await })
    });
    noted.await.unwrap()
}

story! {
    async fn every_choice_is_shown_as_it_was_made(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let before = me(&ann).await;
        for (name, value) in [
            ("receive_by", json!("email")), ("webhook_url", Value::Null), ("webhook_kind", Value::Null), ("webhook_channel", Value::Null),
            ("webhook_off", Value::Null), ("quiet_hours", Value::Null), ("matrix", json!({})),
        ] {
            assert_eq!(before[name], value, "{name}");
        }
        for receive_by in ["webhook", "both", "none", "email"] {
            let changed = change(&ann, json!({"receive_by": receive_by})).await.expect(200);
            assert_eq!((&changed["user"]["receive_by"], &me(&ann).await["receive_by"]), (&json!(receive_by), &json!(receive_by)));
        }
        let night = json!([{"days": ["mon", "sun"], "from": "22:00", "to": "07:00"}]);
        let wish = json!({
            "receive_by": "both", "webhook_url": URL, "quiet_hours": {"days": ["sun", "mon"], "from": "22:00", "to": "07:00"},
            "matrix": {"custom": {"email": false, "webhook": true}, "system_alert": {"webhook": true}}
        });
        let user = change(&ann, wish).await.expect(200)["user"].clone();
        for (name, value) in [
            ("receive_by", json!("both")), ("webhook_url", json!(SHOWN)), ("webhook_kind", Value::Null), ("webhook_channel", json!("webhook")),
            ("quiet_hours", night.clone()), ("matrix", json!({"custom": {"email": false}})),
        ] {
            assert_eq!(user[name], value, "{name}");
        }
        assert_eq!(me(&ann).await, user);
        // Whatever is shown may be written back, and nothing changes.
        let again = json!({
            "receive_by": user["receive_by"], "webhook_url": user["webhook_url"], "webhook_kind": user["webhook_kind"],
            "quiet_hours": user["quiet_hours"], "matrix": user["matrix"]
        });
        assert_eq!(change(&ann, again).await.expect(200)["user"], user);
        let stored = outlet(&world, 1).await;
        assert_eq!(world.app.users.open_url(&stored).unwrap().as_str(), URL);
        assert_eq!((stored.receive_by, stored.quiet.len(), stored.time_zone.as_str()), (ReceiveBy::Both, 1, "UTC"));
        assert!(!stored.matrix.permits("custom", Family::Email) && stored.matrix.permits("custom", Family::Webhook));
        // Each by itself leaves the others.
        for body in [json!({"matrix": null}), json!({"quiet_hours": null}), json!({"webhook_url": null})] {
            change(&ann, body).await.expect(200);
        }
        let cleared = me(&ann).await;
        assert_eq!((&cleared["matrix"], &cleared["quiet_hours"], &cleared["webhook_url"]), (&json!({}), &Value::Null, &Value::Null));
        assert_eq!((&cleared["webhook_channel"], &cleared["receive_by"]), (&Value::Null, &json!("both")));
        assert!(outlet(&world, 1).await.webhook.is_none());
        change(&ann, json!({"quiet_hours": []})).await.expect(200);
        change(&ann, json!({"name": "Ann"})).await.expect(200);
        assert_eq!(me(&ann).await["receive_by"], "both");
    }
}

story! {
    async fn the_channel_is_told_by_the_url_or_by_its_user(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for (url, channel) in [
            ("https://hooks.slack.com/services/T0/B0/XXXXXXXX", "slack"),
            ("https://prod-12.westeurope.logic.azure.com:443/workflows/0abc/triggers/manual/paths/invoke?sig=abcdefgh", "teams"),
            ("https://hooks.ringcentral.com/webhook/v2/abcdefgh", "ringcentral"),
            ("https://chat.googleapis.com/v1/spaces/A/messages?key=abcdefgh", "google_chat"),
            (URL, "webhook"),
        ] {
            let user = change(&ann, json!({"webhook_url": url})).await.expect(200)["user"].clone();
            assert_eq!((&user["webhook_channel"], &user["webhook_kind"]), (&json!(channel), &Value::Null), "{url}");
            assert!(!user["webhook_url"].as_str().unwrap().contains("XXXXX"));
        }
        let named = change(&ann, json!({"webhook_kind": "teams"})).await.expect(200)["user"].clone();
        assert_eq!((&named["webhook_channel"], &named["webhook_kind"], &named["webhook_url"]), (&json!("teams"), &json!("teams"), &json!(SHOWN)));
        let key = outlet(&world, 1).await.webhook.unwrap().key;
        let told = change(&ann, json!({"webhook_kind": null})).await.expect(200)["user"].clone();
        assert_eq!((&told["webhook_channel"], &told["webhook_kind"]), (&json!("webhook"), &Value::Null));
        assert_eq!(outlet(&world, 1).await.webhook.unwrap().key, key, "the same URL is known by the same key");
        // Without a URL the name waits for one, and goes with one.
        change(&ann, json!({"webhook_url": null, "webhook_kind": "slack"})).await.expect(200);
        assert_eq!(change(&ann, json!({"webhook_url": URL})).await.expect(200)["user"]["webhook_channel"], "slack");
        change(&ann, json!({"webhook_url": null})).await.expect(200);
        assert_eq!(change(&ann, json!({"webhook_url": URL})).await.expect(200)["user"]["webhook_channel"], "webhook");
    }
}

story! {
    async fn what_is_wrong_with_a_choice_is_said_and_nothing_is_changed(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        change(&ann, json!({"webhook_url": URL, "receive_by": "both"})).await.expect(200);
        let before = me(&ann).await;
        for (body, said) in [
            (json!({"receive_by": "emial"}), "receive_by \"emial\" is unknown; did you mean \"email\"?"),
            (json!({"receive_by": "x"}), "receive_by \"x\" is unknown; use one of: email, webhook, both, none"),
            (json!({"receive_by": null}), "receive_by must be a string; leave it out to keep it"),
            (json!({"receive_by": 1}), "receive_by must be a string"),
            (json!({"webhook_url": 1}), "webhook_url must be a string"),
            (json!({"webhook_url": ""}), "webhook_url cannot be used: enter an address such as https://hooks.example.com/path"),
            (json!({"webhook_url": "ftp://example.com/x"}), "webhook_url cannot be used: begin the address with https:// or http://"),
            (json!({"webhook_url": "https://user:pw@example.com/x"}), "webhook_url cannot be used: take what stands before @ out of the address"),
            (
                json!({"webhook_url": "http://localhost:9/x"}),
                "webhook_url cannot be used: localhost leads to this machine, not to a public address; enter a public one, or have the operator allow its range in outbound.allow_cidrs",
            ),
            (json!({"webhook_url": "https://0x7f.1/x"}), "webhook_url cannot be used: write the host of the address as 127.0.0.1"),
            (
                json!({"webhook_url": "https://hooks.example.com/…9999"}),
                "webhook_url is shortened here; enter the whole address, from https:// to its end",
            ),
            (
                json!({"webhook_url": "https://example.webhook.office.com/webhookb2/abcdefgh"}),
                "Microsoft has switched off this kind of address: in Teams, open Workflows, create \"Send webhook alerts to a chat\" and paste \
                 the URL that it shows",
            ),
            (json!({"webhook_kind": "temas"}), "webhook_kind \"temas\" is unknown; did you mean \"teams\"?"),
            (json!({"webhook_kind": "email"}), "webhook_kind \"email\" is unknown; use one of: teams, ringcentral, slack, google_chat, webhook"),
            (json!({"webhook_off": null}), "Unknown field \"webhook_off\"; did you mean \"webhook_url\"?"),
            (json!({"webhook_secret": "whsec_AAAA"}), "Unknown field \"webhook_secret\"; did you mean \"webhook_url\"?"),
            (json!({"quiet_hours": [{"from": "25:00", "to": "07:00"}]}), "quiet_hours: from must be a time from 00:00 to 23:59, such as 22:00"),
            (
                json!({"quiet_hours": {"from": "00:00", "to": "00:00"}}),
                "quiet_hours must leave some time of the week; to be sent nothing at all, choose receive_by none",
            ),
            (json!({"matrix": {"custm": {"email": false}}}), "matrix: type \"custm\" is unknown; did you mean \"custom\"?"),
            (json!({"matrix": {"custom": {"mail": false}}}), "matrix: channel \"mail\" is unknown; did you mean \"email\"?"),
            (json!({"matrix": {"custom": {"email": "no"}}}), "matrix: custom.email must be true or false"),
            (json!({"matrix": []}), "matrix must be an object"),
            // What is right beside what is wrong is not taken either.
            (json!({"receive_by": "none", "name": "Other", "webhook_kind": "x"}), "webhook_kind \"x\" is unknown; use one of: teams, ringcentral, slack, google_chat, webhook"),
        ] {
            let refused = change(&ann, body.clone()).await.expect(400);
            assert_eq!(refused["reason"], said, "{body}");
        }
        assert_eq!(me(&ann).await, before);
    }
}

story! {
    async fn choices_are_their_users_and_the_administrators(on: On) {
        let world = World::new(on).await;
        let (ann, bob) = (world.person(1, &[]).await, world.person(2, &["support"]).await);
        change(&ann, json!({"webhook_url": URL})).await.expect(200);
        for person in [&ann, &bob] {
            person.ask("PUT", "/crm/user/1", Some(json!({"receive_by": "none"}))).await.expect(403);
        }
        let changed = admin(&world, "PUT", "/crm/user/1", Some(json!({"receive_by": "webhook", "matrix": {"custom": {"webhook": false}}}))).await;
        let changed = changed.expect(200)["user"].clone();
        assert_eq!((&changed["receive_by"], &changed["webhook_url"]), (&json!("webhook"), &json!(SHOWN)));
        assert_eq!(me(&ann).await["matrix"], json!({"custom": {"webhook": false}}));
        // What signs is shown to its user alone, and the URL whole to nobody.
        let secret = me(&ann).await["webhook_secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        assert_ne!(me(&bob).await["webhook_secret"], secret.as_str());
        for path in ["/crm/user", "/crm/user/1", "/crm/user?q=user1"] {
            for answer in [admin(&world, "GET", path, None).await, bob.ask("GET", path, None).await] {
                assert!(answer.text.contains(SHOWN), "{}", answer.text);
                assert!(!answer.text.contains("whsec_") && !answer.text.contains(SECRET_PATH), "{path}: {}", answer.text);
            }
        }
        assert!(!ann.ask("GET", "/crm/user/1", None).await.text.contains("whsec_"));
        assert_eq!(me(&bob).await["receive_by"], "email");
    }
}

story! {
    async fn nothing_of_a_url_or_a_secret_lies_about(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        change(&ann, json!({"webhook_url": URL})).await.expect(200);
        let headers = [("Idempotency-Key", "rotate-once")];
        let first = ann.ask_with("POST", "/crm/user/me/webhook-secret", &headers, Some(json!({}))).await.expect(200);
        let flow = "https://prod-12.westeurope.logic.azure.com/workflows/0abc/triggers/manual/paths/invoke?sig=Flow-Signature-12";
        admin(&world, "PUT", "/crm/settings/delivery", Some(json!({"teams_flow_url": flow}))).await.expect(200);
        let secret = first["webhook_secret"].as_str().unwrap().to_owned();
        let needles = [SECRET_PATH, "whsec_", &secret[6..], "Flow-Signature", "/belfry/"];
        for row in dump(&world.app.database).await {
            assert!(!needles.iter().any(|needle| row.contains(needle)), "{row}");
        }
        // Every byte of the data folder, journals and secrets included, also once the database is closed.
        let world = world.restart().await;
        let mut looked_at = 0;
        let mut folders = vec![world.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                looked_at += bytes.len();
                for needle in needles {
                    let is_there = bytes.windows(needle.len()).any(|some| some == needle.as_bytes());
                    assert!(!is_there, "{needle} stands in {}", path.display());
                }
            }
        }
        assert!(looked_at >= 64, "{looked_at}");
        // And it is all still known.
        assert_eq!(world.app.users.open_url(&outlet(&world, 1).await).unwrap().as_str(), URL);
        let ann = world.sign_in(1).await;
        let again = ann.ask_with("POST", "/crm/user/me/webhook-secret", &headers, Some(json!({}))).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(again.expect(200), first, "what was kept is given as it was");
        assert_eq!(me(&ann).await["webhook_secret"], first["webhook_secret"]);
    }
}

story! {
    async fn another_seal_key_forgets_urls_and_harms_nothing_else(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        change(&ann, json!({"webhook_url": URL, "receive_by": "both"})).await.expect(200);
        std::fs::remove_file(world.folder().join("secrets/seal.key")).unwrap();
        let world = world.restart().await;
        let ann = world.sign_in(1).await;
        let user = me(&ann).await;
        assert_eq!((&user["webhook_url"], &user["webhook_channel"], &user["receive_by"]), (&Value::Null, &Value::Null, &json!("both")));
        assert!(world.app.users.open_url(&outlet(&world, 1).await).is_none());
        let refused = change(&ann, json!({"webhook_kind": "teams"})).await.expect(409);
        assert_eq!(refused["reason"], "The webhook URL cannot be read any more; enter webhook_url again");
        assert_eq!(change(&ann, json!({"webhook_url": URL})).await.expect(200)["user"]["webhook_url"], SHOWN);
    }
}

story! {
    async fn a_secret_is_exchanged_and_both_sign_for_a_day(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        change(&ann, json!({"webhook_url": URL})).await.expect(200);
        let old = me(&ann).await["webhook_secret"].clone();
        let signing = async || {
            let webhook = outlet(&world, 1).await.webhook.unwrap();
            world.app.users.webhook_secrets(1, webhook.generation, webhook.rotated_at, world.app.clock.now())
        };
        assert_eq!(json!(signing().await), json!([old]));
        let rotated = ann.ask("POST", "/crm/user/me/webhook-secret", None).await.expect(200);
        assert_eq!((&rotated["result"], &rotated["old_secret_until"]), (&json!("Success"), &json!("2026-01-12T14:30:00Z")));
        let new = rotated["webhook_secret"].clone();
        assert_ne!(new, old);
        assert_eq!(me(&ann).await["webhook_secret"], new);
        assert_eq!(json!(signing().await), json!([new, old]));
        world.app.clock.advance(Duration::from_secs(24 * 3600 - 1));
        assert_eq!(json!(signing().await), json!([new, old]));
        world.app.clock.advance(Duration::from_secs(1));
        assert_eq!(json!(signing().await), json!([new]));
        // Another URL keeps the secret; another body under the same key is refused.
        let ann = world.sign_in(1).await;
        change(&ann, json!({"webhook_url": "https://other.example.com/another-long-path"})).await.expect(200);
        assert_eq!(json!(signing().await), json!([new]));
        let headers = [("Idempotency-Key", "once")];
        let once = async |body| ann.ask_with("POST", "/crm/user/me/webhook-secret", &headers, Some(body)).await;
        let third = once(json!({})).await.expect(200)["webhook_secret"].clone();
        assert_eq!(once(json!({})).await.expect(200)["webhook_secret"], third);
        assert_eq!(json!(signing().await), json!([third, new]));
        once(json!({"now": true})).await.expect(422);
        world.ask("POST", "/crm/user/me/webhook-secret", &[("X-API-KEY", KEY)], None).await.expect(401);
    }
}

story! {
    async fn a_webhook_that_does_nothing_but_fail_is_switched_off_until_it_is_saved(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let bearer = world.sign_in(1).await;
        change(&bearer, json!({"webhook_url": URL})).await.expect(200);
        let key = outlet(&world, 1).await.webhook.unwrap().key;
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(noted(&world, 1, &key, false).await, None);
        world.app.clock.advance(3 * day);
        assert_eq!(noted(&world, 1, &key, false).await, None);
        // What arrives in between counts.
        assert_eq!(noted(&world, 1, &key, true).await, None);
        assert_eq!(noted(&world, 1, &key, false).await, None);
        world.app.clock.advance(5 * day - Duration::from_secs(1));
        assert_eq!(noted(&world, 1, &key, false).await, None);
        world.app.clock.advance(Duration::from_secs(1));
        assert_eq!(noted(&world, 1, "another-key", false).await, None);
        let off = noted(&world, 1, &key, false).await.unwrap();
        assert_eq!((off.user_id, off.channel.as_str(), off.reason.as_str()), (1, "webhook", "Nothing arrived there for five days"));
        assert_eq!(noted(&world, 1, &key, false).await, None, "it is told once");
        assert!(outlet(&world, 1).await.webhook.unwrap().off);
        let ann = world.sign_in(1).await;
        let shown = me(&ann).await;
        assert_eq!(shown["webhook_off"], json!({"since": "2026-01-19T14:30:00Z", "reason": "Nothing arrived there for five days"}));
        change(&ann, json!({"webhook_kind": "teams", "receive_by": "both"})).await.expect(200);
        assert_eq!(me(&ann).await["webhook_off"], shown["webhook_off"], "only its URL switches it on");
        for url in [SHOWN, URL] {
            let saved = change(&ann, json!({"webhook_url": url})).await.expect(200)["user"].clone();
            assert_eq!((&saved["webhook_off"], &saved["webhook_url"]), (&Value::Null, &json!(SHOWN)));
            assert!(!outlet(&world, 1).await.webhook.unwrap().off);
            // The failures before are forgotten with it.
            assert_eq!(noted(&world, 1, &key, false).await, None);
            let (key, now) = (key.clone(), world.app.clock.now());
            let off = world.app.database.write::<_, Error, _>(move |tx| {
                Box::pin(async move { choice::store::switch_off(tx, 1, &key, "It is gone", now).await })
            });
            assert_eq!(off.await.unwrap().unwrap().reason, "It is gone");
        }
        assert_eq!(change(&ann, json!({"webhook_url": null})).await.expect(200)["user"]["webhook_off"], Value::Null);
    }
}

story! {
    async fn whoever_delivers_reads_many_users_at_once(on: On) {
        let world = World::new(on).await;
        let wished: Vec<i64> = (1..=70).collect();
        for id in &wished {
            let body = json!({"id": id, "email": format!("user{id}@example.com"), "name": "X", "language": "de"});
            admin(&world, "POST", "/crm/user", Some(body)).await.expect(201);
        }
        admin(&world, "PUT", "/crm/user/70", Some(json!({"webhook_url": URL, "status": "Locked"}))).await.expect(200);
        let mut asked = wished.clone();
        asked.extend([5, 999, -1]);
        let found = outlets(&world, asked).await;
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), wished);
        assert_eq!((found[&7].email.as_str(), found[&7].language.as_str()), ("user7@example.com", "de"));
        let last = &found[&70];
        assert_eq!((last.webhook.as_ref().unwrap().channel.as_str(), last.status), ("webhook", belfry::auth::Status::Locked));
        assert!(!format!("{last:?}").contains("hooks.example.com"));
        assert!(outlets(&world, vec![]).await.is_empty());
    }
}

async fn muted(world: &World, records: &[(i64, &str, &str)]) -> Vec<Record> {
    let asked: Vec<Record> = records
        .iter()
        .map(|(id, module, record)| (*id, (*module).to_owned(), (*record).to_owned()))
        .collect();
    let now = world.app.clock.now();
    let found = world
        .app
        .database
        .read::<_, Error, _>(move |tx| Box::pin(async move { mutes(tx, &asked, now).await }));
    found.await.unwrap().into_iter().collect()
}

story! {
    async fn a_record_is_muted_for_its_user_and_until_its_time(on: On) {
        let world = World::new(on).await;
        let (ann, bob) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let list = async |person: &Somebody<'_>| person.ask("GET", "/crm/user/me/mute", None).await.expect(200)["mutes"].clone();
        assert_eq!(list(&ann).await, json!([]));
        let mute = async |path: &str, body: Option<Value>| ann.ask("PUT", &format!("/crm/user/me/mute/{path}"), body).await;
        let answer = mute("tickets/42", Some(json!({"until": "2026-01-11T16:30:00+01:00"}))).await.expect(200);
        assert_eq!(answer, json!({"result": "Success", "mute": {"module": "tickets", "record_id": "42", "until": "2026-01-11T15:30:00Z"}}));
        mute("sales_orders/A%20b%2F7", None).await.expect(200);
        mute("tickets/43", Some(json!({"until": null}))).await.expect(200);
        let told = json!([
            {"module": "sales_orders", "record_id": "A b/7", "until": null},
            {"module": "tickets", "record_id": "42", "until": "2026-01-11T15:30:00Z"},
            {"module": "tickets", "record_id": "43", "until": null},
        ]);
        assert_eq!(list(&ann).await, told);
        assert_eq!(list(&bob).await, json!([]));
        let all = [(1, "tickets", "42"), (1, "sales_orders", "A b/7"), (2, "tickets", "42"), (1, "leads", "42")];
        assert_eq!(muted(&world, &all).await.len(), 2);
        assert_eq!(muted(&world, &vec![(1, "tickets", "43"); 70]).await, [(1, "tickets".to_owned(), "43".to_owned())]);
        assert_eq!(muted(&world, &[]).await, []);
        world.app.clock.advance(Duration::from_secs(3600));
        assert_eq!(muted(&world, &all).await, [(1, "sales_orders".to_owned(), "A b/7".to_owned())]);
        let ann = world.sign_in(1).await;
        assert_eq!(list(&ann).await.as_array().unwrap().len(), 2);
        // Again with another end; then taken back.
        ann.ask("PUT", "/crm/user/me/mute/tickets/43", Some(json!({"until": "2026-02-01T00:00:00Z"}))).await.expect(200);
        assert_eq!(list(&ann).await[1]["until"], "2026-02-01T00:00:00Z");
        let bob = world.sign_in(2).await;
        bob.ask("DELETE", "/crm/user/me/mute/tickets/43", None).await.expect(404);
        let gone = ann.ask("DELETE", "/crm/user/me/mute/tickets/43", None).await.expect(200);
        assert_eq!(gone, json!({"result": "Success", "message": "Mute taken back"}));
        let missing = ann.ask("DELETE", "/crm/user/me/mute/tickets/43", None).await.expect(404);
        assert_eq!(missing["reason"], "This record is not muted; list the mutes to see which are");
        for (path, body, said) in [
            ("tickets/1", json!({"until": "2026-01-11T14:00:00Z"}), "until must lie in the future; leave it out to mute the record for good"),
            ("tickets/1", json!({"until": "tomorrow"}), "until must be a time in RFC 3339 with an offset, such as 2030-01-31T08:00:00Z"),
            ("tickets/1", json!({"until": 5}), "until must be a string"),
            ("tickets/1", json!({"untill": null}), "Unknown field \"untill\"; did you mean \"until\"?"),
            ("Tickets/1", json!({}), "module must be at most 50 small letters, digits and _, such as tickets or sales_orders"),
            ("tickets/a%0Ab", json!({}), "record_id must be 1 to 200 characters, in one line"),
            ("tickets/%20", json!({}), "record_id must be 1 to 200 characters, in one line"),
        ] {
            let refused = ann.ask("PUT", &format!("/crm/user/me/mute/{path}"), Some(body.clone())).await.expect(400);
            assert_eq!(refused["reason"], said, "{path} {body}");
        }
        // With its user they are gone.
        admin(&world, "DELETE", "/crm/user/1", None).await.expect(200);
        assert_eq!(world.number("SELECT COUNT(*) FROM record_mutes").await, 0);
    }
}

#[track_caller]
fn is_harmless_page(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("Content-Type"), Some("text/html; charset=utf-8"));
    let policy =
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    assert_eq!(reply.header("Content-Security-Policy"), Some(policy));
    assert_eq!(
        (reply.header("Cache-Control"), reply.header("Referrer-Policy")),
        (Some("no-store"), Some("no-referrer"))
    );
    assert!(!reply.text.contains("<script") && !reply.text.contains(" style="), "{}", reply.text);
    assert_eq!(reply.header("Set-Cookie"), None);
}

story! {
    async fn one_post_from_an_e_mail_unsubscribes(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.person(2, &[]).await;
        let public = "https://belfry.example.com/";
        let url = world.app.users.unsubscribe_url(1, "custom", public);
        let path = url.strip_prefix("https://belfry.example.com").unwrap();
        assert!(path.starts_with("/crm/unsubscribe/"), "{url}");
        let stored = async || me(&ann).await["matrix"].clone();
        change(&ann, json!({"matrix": {"custom": {"webhook": false}, "system_alert": {"email": false}}})).await.expect(200);
        // Mail programs look at links, as HEAD or GET: that changes nothing.
        for method in ["GET", "HEAD"] {
            let page = world.ask(method, path, &[], None).await;
            is_harmless_page(&page, 200);
            assert_eq!(page.text.contains("<form method=\"post\"><button>Stop these e-mails</button></form>"), method == "GET");
        }
        assert_eq!(stored().await, json!({"custom": {"webhook": false}, "system_alert": {"email": false}}));
        // One click, as RFC 8058 has it, from anywhere, signed in or not; and twice is once.
        let one_click = |path: String, origin: &'static str| {
            let request = world.client.post(format!("{}{path}", world.base)).header("Origin", origin);
            let request = request.header("Content-Type", "application/x-www-form-urlencoded");
            async move { request.body("List-Unsubscribe=One-Click").send().await.unwrap() }
        };
        for _ in 0..2 {
            let reply = one_click(path.to_owned(), "https://mail.example").await;
            assert_eq!(reply.status(), 200);
            assert!(reply.text().await.unwrap().contains("You are unsubscribed"));
            assert_eq!(stored().await, json!({"custom": {"email": false, "webhook": false}, "system_alert": {"email": false}}));
        }
        let empty = world.ask("POST", path, &[], None).await;
        is_harmless_page(&empty, 200);
        assert!(!empty.text.contains("user1@example.com"), "{}", empty.text);
        // In the user's language.
        change(&ann, json!({"language": "de-AT"})).await.expect(200);
        assert!(world.ask("GET", path, &[], None).await.text.contains("Diese E-Mails abbestellen?"));
        let sheet = world.ask("GET", "/crm/unsubscribe.css", &[], None).await;
        assert_eq!((sheet.status, sheet.header("Content-Type")), (200, Some("text/css; charset=utf-8")));
    }
}

story! {
    async fn an_unsubscribe_link_is_good_for_its_user_and_type_alone(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.person(2, &[]).await;
        let url = world.app.users.unsubscribe_url(2, "custom", "");
        let token = url.rsplit('/').next().unwrap().to_owned();
        let other = world.app.users.unsubscribe_url(1, "custom", "");
        let other = other.rsplit('/').next().unwrap();
        // The mark of one and the words of the other.
        let mixed = format!("{}{}", &token[..20], &other[20..]);
        let first = if token.starts_with('A') { 'B' } else { 'A' };
        let before = dump(&world.app.database).await;
        for forged in [mixed, format!("{first}{}", &token[1..]), token[..token.len() - 1].to_owned(), format!("{token}A"), "x".to_owned(), "A".repeat(4000)] {
            for method in ["GET", "POST"] {
                let reply = world.ask(method, &format!("/crm/unsubscribe/{forged}"), &[], None).await;
                is_harmless_page(&reply, 404);
                assert!(reply.text.contains("This link does not work"), "{forged}: {}", reply.text);
            }
        }
        assert_eq!(dump(&world.app.database).await, before);
        // After the user is gone, and after another key.
        admin(&world, "DELETE", "/crm/user/2", None).await.expect(200);
        for method in ["GET", "POST"] {
            is_harmless_page(&world.ask(method, &format!("/crm/unsubscribe/{token}"), &[], None).await, 404);
        }
        assert_eq!(me(&ann).await["matrix"], json!({}));
    }
}

story! {
    async fn a_type_that_the_operator_took_out_is_not_in_the_way(on: On) {
        let world = World::with(on, |config| config.notification_types = vec!["rack_on_fire".to_owned()]).await;
        let ann = world.person(1, &[]).await;
        let wish = json!({"matrix": {"rack_on_fire": {"email": false}, "custom": {"email": false}}});
        assert_eq!(change(&ann, wish.clone()).await.expect(200)["user"]["matrix"], wish["matrix"]);
        let mut config = world.config.clone();
        config.notification_types = vec![];
        world.app.reload(config);
        let shown = me(&ann).await["matrix"].clone();
        assert_eq!(shown, json!({"custom": {"email": false}}));
        change(&ann, json!({"matrix": shown})).await.expect(200);
        let refused = change(&ann, wish).await.expect(400);
        assert!(refused["reason"].as_str().unwrap().starts_with("matrix: type \"rack_on_fire\" is unknown"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_url_and_no_secret_is_logged_at_any_level() {
    let site = Site::new("");
    site.add_user(1, &["admin"]);
    let mut command = site.command(&["serve"]);
    command.env("RUST_LOG", "trace");
    let server = crate::site::Server::start(command).await;
    let bearer = server.bearer(1).await;
    let ask = async |method: &str, path: &str, body: Value| {
        server.ask(method, path, &[("Authorization", &bearer)], Some(body)).await
    };
    ask("PUT", "/crm/user/me", json!({"webhook_url": URL})).await.expect(200);
    ask("PUT", "/crm/user/me", json!({"webhook_url": format!("{URL}#x")})).await.expect(400);
    ask("PUT", "/crm/user/1", json!({"webhook_url": URL, "webhook_kind": "teams"})).await.expect(200);
    let rotated = ask("POST", "/crm/user/me/webhook-secret", json!({})).await.expect(200);
    let flow = "https://prod-12.westeurope.logic.azure.com/workflows/0abc/triggers/manual/paths/invoke?sig=Flow-Signature-12";
    ask("PUT", "/crm/settings/delivery", json!({"teams_flow_url": flow})).await.expect(200);
    ask("PUT", "/crm/settings/delivery", json!({"teams_flow_url": "https://example.com/Flow-Signature-13"}))
        .await
        .expect(400);
    let metrics = server.ask("GET", "/crm/metrics", &[], None).await.text;
    let mut written = server.stop().await.join("\n");
    assert!(written.contains("Settings were changed"), "the log tells that they were");
    written.push_str(&site.read("data/api.log"));
    written.push_str(&metrics);
    let secret = rotated["webhook_secret"].as_str().unwrap();
    for needle in [SECRET_PATH, "whsec_", &secret[6..], "Flow-Signature"] {
        let line = written.lines().find(|line| line.contains(needle));
        assert!(line.is_none(), "{needle} stands in: {line:?}");
    }
}
