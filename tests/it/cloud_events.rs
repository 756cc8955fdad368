//! CloudEvents 1.0 on the route of events: structured, binary and batched.

use belfry::storage::Error;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::events::ticket;
use crate::world::{KEY, On, Reply, World};

/// A request with its own content type, with the key of these stories.
async fn post(world: &World, headers: &[(&str, &str)], body: String) -> Reply {
    post_as(world, ("X-API-KEY", KEY), headers, body).await
}

/// The same, by anybody.
async fn post_as(world: &World, who: (&str, &str), headers: &[(&str, &str)], body: String) -> Reply {
    let mut request = world.client.post(format!("{}/crm/event", world.base)).header(who.0, who.1).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, headers, text, body }
}

fn event(id: &str, change: Value) -> Value {
    let Value::Object(mut event) = json!({"specversion": "1.0", "type": "ticket.updated", "source": "/helpdesk", "id": id,
        "subject": "tickets/42", "time": "2026-01-11T14:00:00Z", "datacontenttype": "application/json",
        "data": {"summary": "New parts"}})
    else {
        panic!()
    };
    event.extend(change.as_object().unwrap().clone());
    Value::Object(event)
}

const STRUCTURED: (&str, &str) = ("Content-Type", "application/cloudevents+json; charset=UTF-8");
const BATCH: (&str, &str) = ("Content-Type", "application/cloudevents-batch+json");

story! {
    async fn a_structured_event_and_a_binary_one_are_the_same_event(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        world.person(3, &[]).await;
        ticket(&world, "42").await;
        let first = post(&world, &[STRUCTURED], event("1", json!({"actorid": 3})).to_string()).await.expect(201);
        assert_eq!((&first["told"], &first["event"]["actor_id"], &first["event"]["time"]), (&json!(1), &json!(3), &json!("2026-01-11T14:00:00Z")));
        assert_eq!((&first["event"]["module"], &first["event"]["record_id"]), (&json!("tickets"), &json!("42")));
        let binary = |id: &'static str| [
            ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-type", "ticket.updated"),
            ("CE-Source", "/helpdesk"), ("ce-id", id), ("ce-subject", "tickets/42"), ("ce-actorid", "3"),
        ];
        let again = post(&world, &binary("1"), json!({"summary": "New parts"}).to_string()).await.expect(200);
        assert_eq!((&again["duplicate"], &again["event"]), (&json!(true), &first["event"]));
        let other = post(&world, &binary("Gr%C3%B6%C3%9Fe%20%22%25"), json!({"summary": "Newer parts"}).to_string()).await.expect(201);
        assert_eq!((&other["event"]["external_id"], &other["event"]["actor_id"]), (&json!("Größe \"%"), &json!(3)));
        let packed = event("2", json!({"data": null, "data_base64": "eyJzdW1tYXJ5IjoiUGFja2VkIn0="}));
        assert_eq!(post(&world, &[STRUCTURED], packed.to_string()).await.expect(201)["event"]["data"], json!({"summary": "Packed"}));
        let messages: Vec<Value> = ben.list("").await["notifications"].as_array().unwrap().iter().map(|item| item["message"].clone()).collect();
        assert_eq!(messages, ["Packed", "Newer parts", "New parts"]);
    }
}

story! {
    async fn in_a_batch_each_event_stands_by_itself(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        ticket(&world, "42").await;
        let batch = json!([
            event("1", json!({})),
            event("1", json!({})),
            event("2", json!({"specversion": "0.3"})),
            event("3", json!({"type": "ticket.mentioned", "data": {"mentions": [99]}})),
            event("4", json!({"actorid": 99})),
            event("5", json!({"type": "portal.document_uploaded", "subject": "documents/8", "data": {"name": "Empty.pdf", "size": 0}})),
            5,
            event("6", json!({"type": "portal.document_uploaded", "subject": "documents/9", "data": {"name": "Plan.pdf", "size": 5}})),
            event("7", json!({"type": "com.example.ticket.updated"})),
            event("8", json!({})),
        ]);
        let answer = post(&world, &[BATCH], batch.to_string()).await.expect(200);
        let results = answer["results"].as_array().unwrap();
        assert_eq!(statuses(&answer), [201, 200, 400, 404, 404, 400, 400, 201, 400, 201], "{answer:#}");
        assert_eq!((&results[0]["told"], &results[1]["duplicate"]), (&json!(1), &json!(true)));
        assert_eq!(results[2], json!({"status": 400, "reason": "specversion must be \"1.0\""}));
        assert_eq!(results[3]["reason"], "data.mentions: user 99 not found");
        assert!(results[8]["reason"].as_str().unwrap().contains("did you mean \"ticket.updated\"?"), "{}", results[8]);
        assert_eq!(ben.titles("").await.len(), 2);
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 3);
        assert_eq!(world.number("SELECT COUNT(*) FROM records WHERE module = 'documents'").await, 1);
        // The whole batch again, as somebody does who got no answer: nothing happens twice.
        let again = post(&world, &[BATCH], batch.to_string()).await.expect(200);
        assert_eq!(statuses(&again), [200, 200, 400, 404, 404, 400, 400, 200, 400, 200]);
        assert_eq!(ben.titles("").await.len(), 2);
        assert_eq!(post(&world, &[BATCH], "[]".to_owned()).await.expect(200)["results"], json!([]));
        // What somebody may not tell of is refused by itself as well.
        let bearer = format!("Bearer {}", ben.token);
        let batch = json!([event("9", json!({})), event("10", json!({"subject": "tickets/77"})), event("6", json!({"type": "provisioning.finished", "data": {"status": 0}}))]);
        let answer = post_as(&world, ("Authorization", &bearer), &[BATCH], batch.to_string()).await.expect(200);
        assert_eq!(statuses(&answer), [201, 404, 403], "{answer:#}");
    }
}

story! {
    async fn what_is_no_cloud_event_is_said(on: On) {
        let world = World::new(on).await;
        let good = event("1", json!({})).to_string();
        let many = format!("[{}]", vec!["1"; 1_001].join(","));
        for (headers, body, status, said) in [
            (vec![("Content-Type", "application/json")], good.clone(), 400, "A CloudEvent needs the header Content-Type"),
            (vec![("Content-Type", "application/cloudevents+xml")], good.clone(), 415, "Send the event as JSON"),
            (vec![("Content-Type", "text/plain")], good, 415, "Send the event as JSON"),
            (vec![STRUCTURED], "[]".to_owned(), 400, "The body must be a JSON object"),
            (vec![STRUCTURED], event("1", json!({"id": ""})).to_string(), 400, "id must be a string that is not empty"),
            (vec![STRUCTURED], event("1", json!({"datacontenttype": "text/xml"})).to_string(), 400, "datacontenttype must be application/json"),
            (vec![BATCH], many, 400, "A batch holds at most 1000 events"),
            (vec![("Content-Type", "application/json"), ("ce-type", "ticket.updated")], "{}".to_owned(), 400, "specversion is required"),
            (vec![("Content-Type", "application/json"), ("ce-id", "%")], "{}".to_owned(), 400, "The header ce-id cannot be read"),
        ] {
            let refused = post(&world, &headers, body).await;
            assert!(refused.status == status && refused.body["reason"].as_str().unwrap().starts_with(said), "{headers:?}: {}", refused.text);
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 0);
    }
}

/// The status of each event of a batch.
fn statuses(answer: &Value) -> Vec<i64> {
    answer["results"].as_array().unwrap().iter().map(|one| one["status"].as_i64().unwrap()).collect()
}

/// Holds an inbox on PostgreSQL until two others wait for it.
async fn held_up(world: &World, held: oneshot::Sender<()>) {
    let (let_go, gone) = oneshot::channel::<()>();
    let holding = world.app.database.write::<_, Error, _>(move |tx| {
        Box::pin(async move {
            tx.execute("UPDATE inboxes SET head_seq = head_seq WHERE user_id = 3", &[]).await?;
            held.send(()).unwrap();
            gone.await.unwrap();
            Ok(())
        })
    });
    let watching = async {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while world.number(waiting).await < 2 {
            tokio::task::yield_now().await;
        }
        let_go.send(()).unwrap();
    };
    let (held, ()) = tokio::join!(holding, watching);
    held.unwrap();
}

story! {
    async fn two_batches_that_tell_the_same_people_crosswise_both_arrive(on: On) {
        let world = World::new(on).await;
        for id in [1, 2, 3] {
            world.person(id, &[]).await;
        }
        let batch = |source: &str, people: [i64; 3]| {
            let one = |id: &i64| event(&id.to_string(), json!({"type": "ticket.mentioned", "source": source, "data": {"mentions": [id]}}));
            Value::Array(people.iter().map(one).collect()).to_string()
        };
        // Each tells one first whom the other tells last, and both wait for user 3 between them.
        let (held, is_held) = oneshot::channel();
        let holding = async {
            match on {
                On::Postgres => held_up(&world, held).await,
                On::Sqlite => held.send(()).unwrap(),
            }
        };
        let telling = async {
            is_held.await.unwrap();
            tokio::join!(post(&world, &[BATCH], batch("/a", [1, 3, 2])), post(&world, &[BATCH], batch("/b", [2, 3, 1])))
        };
        let ((), (first, second)) = tokio::join!(holding, telling);
        for reply in [first, second] {
            assert_eq!(statuses(&reply.expect(200)), [201, 201, 201]);
        }
        for id in [1, 2, 3] {
            assert_eq!(world.sign_in(id).await.titles("").await.len(), 2, "{id}");
        }
    }
}

story! {
    async fn a_document_that_cannot_be_kept_is_no_matter_to_the_others(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        ticket(&world, "42").await;
        let full = json!({"label": "Full", "fields": {"words": "x".repeat(65_500)}});
        world.ask("PUT", "/crm/record/documents/9", &[("X-API-KEY", KEY)], Some(full.to_string())).await.expect(201);
        let upload = |subject: &str| json!({"type": "portal.document_uploaded", "subject": subject, "data": {"name": "Plan.pdf", "size": 5}});
        let batch = json!([event("1", json!({})), event("2", upload("documents/9")), event("3", upload("documents/8"))]);
        let answer = post(&world, &[BATCH], batch.to_string()).await.expect(200);
        assert_eq!(statuses(&answer), [201, 400, 201], "{answer:#}");
        assert!(answer["results"][1]["reason"].as_str().unwrap().starts_with("fields must be at most 65536 bytes"), "{answer:#}");
        assert_eq!((ben.titles("").await.len(), world.number("SELECT COUNT(*) FROM events").await), (1, 2));
        // Once there is room the same batch tells of it.
        let room = json!({"fields": {"words": null}});
        world.ask("PATCH", "/crm/record/documents/9", &[("X-API-KEY", KEY)], Some(room.to_string())).await.expect(200);
        assert_eq!(statuses(&post(&world, &[BATCH], batch.to_string()).await.expect(200)), [200, 201, 200]);
    }
}

story! {
    async fn a_batch_with_a_key_is_answered_as_it_was(on: On) {
        let world = World::new(on).await;
        let ben = world.person(2, &[]).await;
        ticket(&world, "42").await;
        let headers = [BATCH, ("Idempotency-Key", "once")];
        let batch = json!([event("1", json!({})), event("2", json!({"specversion": "0.3"}))]).to_string();
        let first = post(&world, &headers, batch.clone()).await.expect(200);
        assert_eq!(statuses(&first), [201, 400]);
        let again = post(&world, &headers, batch).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(again.expect(200), first);
        post(&world, &headers, json!([event("3", json!({}))]).to_string()).await.expect(422);
        assert_eq!(ben.titles("").await.len(), 1);
    }
}
