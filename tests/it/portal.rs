//! The customers' portal: who hears of what customers do there, and what becomes of documents that they upload.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::events::happens;
use crate::world::On;

/// Ada (1), Grace (7) to whom documents go, Ben (3) whose customer Jane is, and Max (4).
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(1).await;
    for id in [3, 4, 7] {
        stage.user(id, json!({})).await;
    }
    for (module, id, body) in [
        ("companies", "70", json!({"label": "Acme Ltd"})),
        (
            "contacts",
            "12",
            json!({"label": "Jane Doe", "assigned_to": 3, "fields": {"company_id": "70"}, "send_notification": false}),
        ),
    ] {
        stage.admin("PUT", &format!("/crm/record/{module}/{id}"), Some(body)).await.expect(201);
    }
    stage
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/portal", Some(settings)).await.expect(200);
}

fn upload(id: &str, data: Value) -> Value {
    json!({"type": "portal.document_uploaded", "module": "documents", "record_id": id, "data": data})
}

async fn document(stage: &Stage, id: &str) -> Value {
    stage.admin("GET", &format!("/crm/record/documents/{id}"), None).await.expect(200)["record"].clone()
}

story! {
    async fn p1_an_uploaded_document_is_assigned_linked_and_told_of(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({"document_user_id": 7, "document_text": "New file"})).await;
        let body = upload("88", json!({"name": "Plan.pdf", "size": 48213, "contact_id": "12", "link": "/documents/88"}));
        assert_eq!(happens(&stage.world, body).await.expect(201)["told"], 1);
        stage.settles().await;
        let kept = document(&stage, "88").await;
        assert_eq!((&kept["label"], &kept["assigned_to"], &kept["link"]), (&json!("Plan.pdf"), &json!(7), &json!("/documents/88")));
        assert_eq!(kept["fields"], json!({"file_name": "Plan.pdf", "size": 48213, "contact_id": "12", "company_id": "70"}));
        // One e-mail: that it is assigned to her goes without saying.
        assert_eq!(stage.subjects(7), ["Notification About: Plan.pdf"]);
        let letter = stage.letters(7).remove(0);
        let link = format!("{}/documents/88", stage.world.config.public_url);
        for body in [letter.text(), letter.html()] {
            assert!(body.contains("Notification About: Plan.pdf") && body.contains("New file") && body.contains(&link), "{body}");
        }
        let page = stage.sign_in(7).await.list("").await;
        let items = page["notifications"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{page}");
        assert_eq!((&items[0]["type"], &items[0]["title"], &items[0]["message"], &items[0]["link"]),
            (&json!("portal_activity"), &json!("Notification About: Plan.pdf"), &json!("New file"), &json!("/documents/88")));
        assert_eq!(items[0]["metadata"], json!({"module": "documents", "record_id": "88"}));
        for id in [1, 3, 4] {
            assert!(stage.subjects(id).is_empty(), "{id}");
        }
        assert!(stage.log("").await.iter().all(|entry| entry["sending"] == "automated"));
        // It is hers as any record is: the history says who had it before.
        let history = stage.admin("GET", "/crm/record/documents/88/history", None).await.expect(200);
        assert_eq!(history["history"][0]["field"], "record");
        stage.adds_up().await;
    }
}

story! {
    async fn p1_an_empty_file_is_an_error_and_no_document_and_no_mail(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({"document_user_id": 7})).await;
        for (data, said) in [
            (json!({"name": "Plan.pdf", "size": 0}), "data.size is 0: an empty file is no document; send it again"),
            (json!({"size": 5}), "data.name is required"),
            (json!({"name": " ", "size": 5}), "data.name is required"),
            (json!({"name": "Plan.pdf", "size": "5"}), "data.size must be the size in bytes, such as 48213"),
            (json!({"name": "Plan.pdf", "size": 5, "link": "javascript:x"}), "data.link must be an absolute http(s) URL"),
        ] {
            let refused = happens(&stage.world, upload("88", data.clone())).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().starts_with(said), "{data}: {refused}");
        }
        stage.settles().await;
        stage.admin("GET", "/crm/record/documents/88", None).await.expect(404);
        assert!(stage.subjects(7).is_empty() && stage.sign_in(7).await.titles("").await.is_empty());
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM events").await, 0);
    }
}

story! {
    async fn p1_a_named_company_counts_and_an_upload_that_is_told_twice_is_one(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({"document_user_id": 7})).await;
        let mut body = upload("88", json!({"name": "Plan.pdf", "size": 5, "contact_id": 12, "company_id": "71"}));
        body["source"] = "/portal".into();
        body["id"] = "u-1".into();
        happens(&stage.world, body.clone()).await.expect(201);
        assert_eq!(happens(&stage.world, body).await.expect(200)["duplicate"], true);
        stage.settles().await;
        let kept = document(&stage, "88").await;
        assert_eq!((&kept["version"], &kept["fields"]["company_id"]), (&json!(1), &json!("71")));
        assert_eq!(stage.subjects(7), ["Notification About: Plan.pdf"]);
        // The default words, and the document in the centre where the portal gives no link.
        let item = stage.sign_in(7).await.list("").await["notifications"][0].clone();
        assert_eq!(item["message"], "Jane Doe uploaded Document Plan.pdf in the portal.");
        assert_eq!(item["link"], format!("{}/records/documents/88", stage.world.config.public_url));
        // A new edition of it keeps what is known of it.
        stage.admin("PATCH", "/crm/record/documents/88", Some(json!({"fields": {"folder": "Plans"}}))).await.expect(200);
        happens(&stage.world, upload("88", json!({"name": "Plan 2.pdf", "size": 9}))).await.expect(201);
        let kept = document(&stage, "88").await;
        assert_eq!((&kept["label"], &kept["fields"]["folder"], &kept["fields"]["company_id"], &kept["fields"]["size"]), (&json!("Plan 2.pdf"), &json!("Plans"), &json!("71"), &json!(9)));
        assert_eq!(stage.sign_in(7).await.titles("").await.len(), 2);
    }
}

story! {
    async fn p1_without_a_user_the_document_is_kept_and_the_customer_s_own_user_hears(on: On) {
        let stage = stage(on).await;
        let body = |id: &str| upload(id, json!({"name": "Plan.pdf", "size": 5, "contact_id": "12"}));
        assert_eq!(happens(&stage.world, body("1")).await.expect(201)["told"], 1);
        stage.settles().await;
        assert_eq!(document(&stage, "1").await["assigned_to"], Value::Null);
        assert_eq!(stage.subjects(3), ["Notification About: Plan.pdf"]);
        // Nor with one who is gone by now.
        let unknown = stage.admin("PUT", "/crm/settings/portal", Some(json!({"document_user_id": 99}))).await.expect(400);
        assert!(unknown["reason"].as_str().unwrap().starts_with("document_user_id: there is no user 99"), "{unknown}");
        set(&stage, json!({"document_user_id": 4})).await;
        stage.admin("DELETE", "/crm/user/4", None).await.expect(200);
        assert_eq!(happens(&stage.world, body("2")).await.expect(201)["told"], 1);
        assert_eq!(document(&stage, "2").await["assigned_to"], Value::Null);
        // Nobody at all: it is kept, and the administrators hear.
        assert_eq!(happens(&stage.world, upload("3", json!({"name": "Plan.pdf", "size": 5}))).await.expect(201)["told"], 1);
        assert_eq!(document(&stage, "3").await["label"], "Plan.pdf");
        assert_eq!(stage.sign_in(1).await.titles("").await, ["Notification About: Plan.pdf"]);
    }
}

story! {
    async fn p2_each_deed_has_its_switch_and_its_people(on: On) {
        let stage = stage(on).await;
        for (module, label) in [("tickets", "Printer"), ("sales_orders", "SO-1"), ("projects", "Roof")] {
            let body = json!({"label": label, "assigned_to": 4, "send_notification": false});
            stage.admin("PUT", &format!("/crm/record/{module}/5"), Some(body)).await.expect(201);
        }
        let deeds = [
            ("ticket_opened", "tickets", "5", "Jane Doe opened Ticket Printer in the portal"),
            ("ticket_commented", "tickets", "5", "Jane Doe commented on Ticket Printer in the portal"),
            ("order_signed", "sales_orders", "5", "Jane Doe signed Sales Order SO-1 in the portal"),
            ("project_commented", "projects", "5", "Jane Doe commented on Project Roof in the portal"),
            ("details_changed", "contacts", "12", "Jane Doe changed their details in the portal"),
        ];
        let tell_of = async |deed: &str, module: &str, id: &str| {
            let body = json!({"type": format!("portal.{deed}"), "module": module, "record_id": id, "data": {"contact_id": "12"}});
            happens(&stage.world, body).await.expect(201)["told"].clone()
        };
        for (deed, module, id, title) in deeds {
            // On by default, to whoever has the record.
            assert_eq!(tell_of(deed, module, id).await, 1, "{deed}");
            let owner = if module == "contacts" { 3 } else { 4 };
            let item = stage.sign_in(owner).await.list("").await["notifications"][0].clone();
            assert_eq!((&item["title"], &item["type"]), (&json!(title), &json!("portal_activity")));
            // To those who are named: by name or number, comma or semicolon.
            let names = json!({(format!("{deed}_users")): "User 7; 3"});
            set(&stage, names).await;
            assert_eq!(tell_of(deed, module, id).await, 2, "{deed}");
            assert_eq!(stage.sign_in(7).await.titles("").await[0], title);
            // Off: nobody.
            set(&stage, json!({(deed): false})).await;
            assert_eq!(tell_of(deed, module, id).await, 0, "{deed}");
            let wrong = json!({(format!("{deed}_users")): "User 8"});
            let refused = stage.admin("PUT", "/crm/settings/portal", Some(wrong)).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().starts_with(&format!("{deed}_users: there is no user User 8; did you mean")), "{refused}");
        }
        stage.settles().await;
        assert_eq!(stage.subjects(7).len(), 5);
        stage.adds_up().await;
    }
}

story! {
    async fn p2_what_nobody_is_named_for_or_assigned_reaches_the_group_support_or_else_the_administrators(on: On) {
        let stage = stage(on).await;
        let opened = json!({"type": "portal.ticket_opened", "record_id": "42", "data": {"text": "Fire"}});
        let tell_of = async || happens(&stage.world, opened.clone()).await.expect(201)["told"].clone();
        let heard = async |id: i64| stage.sign_in(id).await.titles("").await.len();
        // A ticket that is not kept here, of a customer whom nobody has.
        assert_eq!(tell_of().await, 1);
        assert_eq!(heard(1).await, 1);
        stage.admin("POST", "/crm/group", Some(json!({"name": "Support", "members": [4, 7]}))).await.expect(201);
        assert_eq!(tell_of().await, 2);
        assert_eq!((heard(1).await, heard(4).await, heard(7).await), (1, 1, 1));
        let ben = stage.sign_in(4).await;
        let item = ben.list("").await["notifications"][0]["notification_id"].clone();
        let why = ben.ask("GET", &format!("/crm/notification/{item}/why"), None).await.expect(200);
        assert!(why.to_string().contains("nobody is named for it or has it, and you are in the group Support"), "{why}");
        // Whoever is named is gone, and so is whoever had it; whoever may not sign in is nobody.
        set(&stage, json!({"ticket_opened_users": "User 3"})).await;
        stage.admin("DELETE", "/crm/user/3", None).await.expect(200);
        stage.choose(7, json!({"status": "Locked"})).await;
        assert_eq!(tell_of().await, 1);
        assert_eq!(heard(4).await, 2);
        // Off is off.
        set(&stage, json!({"ticket_opened": false})).await;
        assert_eq!(tell_of().await, 0);
    }
}

story! {
    async fn p2_whoever_did_it_is_not_told_and_can_ask_why(on: On) {
        let stage = stage(on).await;
        let order = json!({"label": "SO-1", "assigned_to": 4, "send_notification": false});
        stage.admin("PUT", "/crm/record/sales_orders/5", Some(order)).await.expect(201);
        let signed = json!({"type": "portal.order_signed", "record_id": "5", "actor_id": 4, "data": {"contact_id": "12"}});
        assert_eq!(happens(&stage.world, signed).await.expect(201)["told"], 0);
        let why = stage.admin("GET", "/crm/explain?module=sales_orders&id=5&user=4", None).await.expect(200);
        assert!(why.to_string().contains("User 4 was not told of it because nobody is told of what they did themselves."), "{why}");
    }
}
