//! CloudEvents 1.0 on the route of events: structured, binary and batched.

use serde_json::{Value, json};

use crate::events::ticket;
use crate::world::{KEY, Reply, World};

/// A request with its own content type.
async fn post(world: &World, headers: &[(&str, &str)], body: String) -> Reply {
    let mut request =
        world.client.post(format!("{}/crm/event", world.base)).header("X-API-KEY", KEY).body(body);
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
        let statuses: Vec<i64> = results.iter().map(|one| one["status"].as_i64().unwrap()).collect();
        assert_eq!(statuses, [201, 200, 400, 404, 404, 400, 400, 201, 400, 201], "{answer:#}");
        assert_eq!((&results[0]["told"], &results[1]["duplicate"]), (&json!(1), &json!(true)));
        assert_eq!(results[2], json!({"status": 400, "reason": "specversion must be \"1.0\""}));
        assert_eq!(results[3]["reason"], "data.mentions: user 99 not found");
        assert!(results[8]["reason"].as_str().unwrap().contains("did you mean \"ticket.updated\"?"), "{}", results[8]);
        assert_eq!(ben.titles("").await.len(), 2);
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 3);
        assert_eq!(world.number("SELECT COUNT(*) FROM records WHERE module = 'documents'").await, 1);
        // The whole batch again, as somebody does who got no answer: nothing happens twice.
        let again = post(&world, &[BATCH], batch.to_string()).await.expect(200);
        let statuses: Vec<i64> = again["results"].as_array().unwrap().iter().map(|one| one["status"].as_i64().unwrap()).collect();
        assert_eq!(statuses, [200, 200, 400, 404, 404, 400, 400, 200, 400, 200]);
        assert_eq!(ben.titles("").await.len(), 2);
        assert_eq!(post(&world, &[BATCH], "[]".to_owned()).await.expect(200)["results"], json!([]));
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
