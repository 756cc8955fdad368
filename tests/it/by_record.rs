//! What people send from a record by hand: Notify, and requests to reassign.

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, hook};
use crate::world::{On, Reply, Somebody};

const ANN: i64 = 1;

/// Ann, and a company that Ben (2) has.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    for (id, name) in [(ANN, "Ann Agent"), (2, "Ben Support")] {
        stage.user(id, json!({"name": name})).await;
    }
    let body = json!({"label": "Acme Ltd", "assigned_to": 2, "send_notification": false});
    stage.admin("PUT", "/crm/record/companies/7", Some(body)).await.expect(201);
    stage
}

async fn post(who: &Somebody<'_>, what: &str, body: Value) -> Reply {
    who.ask("POST", &format!("/crm/record/companies/7/{what}"), Some(body)).await
}

story! {
    async fn m1_notify_goes_by_every_way_whatever_was_chosen(on: On) {
        let stage = stage(on).await;
        stage.user(3, json!({"receive_by": "none", "webhook_url": stage.net.url(&hook("c"))})).await;
        let ann = stage.sign_in(ANN).await;
        let body = json!({"users": [3], "subject": "Please look", "text": "They want a quote."});
        let answer = post(&ann, "notify", body).await.expect(200);
        assert_eq!(answer, json!({"result": "Success", "recipients": [{"user_id": 3, "channels": ["centre", "email", "webhook"], "suppressed": []}]}));
        stage.settles().await;
        assert_eq!((stage.subjects(3), stage.hooked("c")), (vec!["Please look".to_owned()], vec!["Please look".to_owned()]));
        let item = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["message"], &item["related_user_id"]), (&json!("manual"), &json!("They want a quote."), &json!(ANN)));
        assert_eq!(item["link"], format!("{}/records/companies/7", stage.world.config.public_url));
        assert_eq!(item["metadata"], json!({"from": "Ann Agent", "module": "companies", "record_id": "7"}));
        assert!(stage.log("").await.iter().all(|entry| entry["sending"] == "manual"));
        // The record stays as it is.
        let shown = ann.ask("GET", "/crm/record/companies/7", None).await.expect(200);
        assert_eq!((&shown["record"]["version"], &shown["record"]["assigned_to"]), (&json!(1), &json!(2)));
        let id = item["notification_id"].as_i64().unwrap();
        let why = stage.sign_in(3).await.ask("GET", &format!("/crm/notification/{id}/why"), None).await.expect(200);
        assert_eq!((&why["why"]["trigger"], &why["why"]["record_id"]), (&json!("manual"), &json!("7")), "{why}");
        assert!(why["why"]["sentence"].as_str().unwrap().contains("Ann Agent"), "{why}");
        stage.adds_up().await;
    }
}

story! {
    async fn d3_from_the_list_of_duplicates_a_word_is_enough(on: On) {
        let stage = stage(on).await;
        stage.user(3, json!({"receive_by": "none"})).await;
        stage.admin("POST", "/crm/group", Some(json!({"name": "Sales", "members": [2, 3]}))).await.expect(201);
        let body = json!({"label": "Acme Limited", "link": "https://crm.example/companies/8"});
        stage.admin("PUT", "/crm/record/companies/8", Some(body)).await.expect(201);
        let ann = stage.sign_in(ANN).await;
        let answer = ann.ask("POST", "/crm/record/companies/8/notify", Some(json!({"groups": ["Sales"]}))).await.expect(200);
        assert_eq!(answer["recipients"].as_array().unwrap().len(), 2);
        post(&ann, "notify", json!({"users": [3], "subject": " ", "link": "/duplicates/7"})).await.expect(200);
        stage.settles().await;
        let mut subjects = stage.subjects(3);
        // Two e-mails that leave at once arrive in whatever order.
        subjects.sort();
        assert_eq!(subjects, ["Notification About: Acme Limited", "Notification About: Acme Ltd"]);
        assert_eq!(stage.subjects(2), ["Notification About: Acme Limited"]);
        let page = stage.sign_in(3).await.list("").await;
        let links: Vec<&Value> = page["notifications"].as_array().unwrap().iter().map(|item| &item["link"]).collect();
        assert_eq!(links, [&json!("/duplicates/7"), &json!("https://crm.example/companies/8")]);
    }
}

story! {
    async fn a8_and_m2_a_reassign_request_is_sent_logged_and_to_be_followed_up(on: On) {
        let stage = stage(on).await;
        stage.user(3, json!({"receive_by": "none"})).await;
        let ann = stage.sign_in(ANN).await;
        let body = json!({"user_id": 3, "subject": "Who takes Acme?", "text": "Ben is away."});
        let answer = post(&ann, "request-reassign", body).await.expect(200);
        assert_eq!(answer["recipients"], json!([{"user_id": 3, "channels": ["centre", "email"], "suppressed": [{"channel": "webhook", "reason": "no_url"}]}]));
        stage.settles().await;
        // An e-mail with a link to the record …
        let letters = stage.letters(3);
        assert_eq!(letters.len(), 1, "the activities themselves are no news: {:?}", stage.subjects(3));
        let place = format!("{}/records/companies/7", stage.world.config.public_url);
        assert!(letters[0].subject() == "Who takes Acme?" && letters[0].text().contains(&place), "{}", letters[0].text());
        let reception = stage.sign_in(3).await;
        let item = reception.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["message"]), (&json!("reassign_request"), &json!("Ben is away.")));
        // … an activity that logs it on the record …
        let get = async |what: &str| {
            let id = answer[what]["id"].as_str().unwrap();
            ann.ask("GET", &format!("/crm/record/activities/{id}"), None).await.expect(200)["record"].clone()
        };
        let request = get("request").await;
        assert_eq!(request, answer["request"]);
        let fields = json!({"category": "Reassign Request", "status": "Completed", "related_module": "companies", "related_id": "7",
            "company_id": "7", "subject": "Who takes Acme?", "description": "Ben is away."});
        assert_eq!((&request["fields"], &request["assigned_to"], &request["label"]), (&fields, &json!(ANN), &json!("Who takes Acme?")));
        // … and something to do for whoever was asked.
        let follow_up = get("follow_up").await;
        assert_eq!((&follow_up["assigned_to"], &follow_up["fields"]["activity_type"], &follow_up["fields"]["status"]), (&json!(3), &json!("task"), &json!("Not Started")));
        assert_eq!((&follow_up["fields"]["related_module"], &follow_up["fields"]["related_id"]), (&json!("companies"), &json!("7")));
        let theirs = reception.ask("GET", "/crm/record/activities?assigned_to=me", None).await.expect(200);
        assert_eq!(theirs["records"].as_array().unwrap().len(), 1);
        // The owner is who it was.
        let shown = ann.ask("GET", "/crm/record/companies/7", None).await.expect(200);
        assert_eq!((&shown["record"]["assigned_to"], &shown["record"]["version"]), (&json!(2), &json!(1)));
        let words = post(&ann, "request-reassign", json!({"user_id": 2})).await.expect(200);
        assert_eq!(words["request"]["label"], "Reassign Request: Acme Ltd");
        stage.settles().await;
        assert_eq!(stage.subjects(2), ["Reassign Request: Acme Ltd"]);
        assert!(stage.letters(2)[0].text().contains("Ann Agent asks you to reassign Company Acme Ltd."));
    }
}

story! {
    async fn nothing_is_sent_or_made_where_something_is_wrong(on: On) {
        let stage = stage(on).await;
        stage.user(3, json!({})).await;
        stage.choose(3, json!({"roles": ["customer"]})).await;
        let (ann, customer) = (stage.sign_in(ANN).await, stage.sign_in(3).await);
        for (what, body, status, said) in [
            ("notify", json!({"subject": "x"}), 400, "Say whom to notify"),
            ("notify", json!({"users": [2, 99]}), 404, "User 99 not found"),
            ("notify", json!({"groups": ["Nobody"]}), 404, "Group Nobody not found"),
            ("notify", json!({"users": [2], "subject": "x".repeat(256)}), 400, "subject must be at most"),
            ("notify", json!({"users": [2], "link": "javascript:x"}), 400, "link must be"),
            ("notify", json!({"users": [2], "sms": true}), 400, "Unknown field \"sms\""),
            ("request-reassign", json!({}), 400, "user_id is required"),
            ("request-reassign", json!({"user_id": 99}), 404, "User 99 not found"),
            ("request-reassign", json!({"user_id": 2, "users": [2]}), 400, "Unknown field \"users\""),
        ] {
            let refused = post(&ann, what, body.clone()).await;
            assert!(refused.status == status && refused.body["reason"].as_str().unwrap().starts_with(said), "{what} {body}: {}", refused.text);
        }
        for (path, said) in [
            ("/crm/record/companies/8/notify", "Company 8 not found"),
            ("/crm/record/vessels/7/notify", "Unknown module \"vessels\""),
        ] {
            let refused = ann.ask("POST", path, Some(json!({"users": [2]}))).await.expect(404);
            assert!(refused["reason"].as_str().unwrap().starts_with(said), "{refused}");
        }
        for (what, body) in [("notify", json!({"users": [2]})), ("request-reassign", json!({"user_id": 2}))] {
            post(&customer, what, body).await.expect(403);
        }
        stage.settles().await;
        assert!(stage.mail.all().is_empty());
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM records").await, 1);
    }
}

story! {
    async fn a_program_speaks_for_itself_or_for_somebody_and_a_request_is_made_once(on: On) {
        let stage = stage(on).await;
        let place = "/crm/record/companies/7";
        stage.admin("POST", &format!("{place}/notify"), Some(json!({"users": [2]}))).await.expect(200);
        stage.admin("POST", &format!("{place}/notify"), Some(json!({"users": [2], "actor_id": ANN}))).await.expect(200);
        let page = stage.sign_in(2).await.list("").await;
        let from: Vec<&Value> = page["notifications"].as_array().unwrap().iter().map(|item| &item["metadata"]["from"]).collect();
        assert_eq!(from, [&json!("Ann Agent"), &json!("Provisioning notification system")]);
        let ann = stage.sign_in(ANN).await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let key = [("Idempotency-Key", "ask-once")];
            let path = format!("{place}/request-reassign");
            answers.push(ann.ask_with("POST", &path, &key, Some(json!({"user_id": 2}))).await.expect(200));
        }
        assert_eq!(answers[0], answers[1]);
        stage.settles().await;
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM records WHERE module = 'activities'").await, 2);
        // Others' names are for administrators.
        post(&ann, "notify", json!({"users": [2], "actor_id": 2})).await.expect(403);
    }
}
