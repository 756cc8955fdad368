//! The conversion of a lead: what is made of it, and who hears of it.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::world::{On, Reply, Somebody};

const ADA: i64 = 1;

/// A lead of Ben's (2) that names a company, and Eve (3) to whom it may go.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    stage.choose(ADA, json!({"name": "Ada Admin"})).await;
    for id in [2, 3] {
        stage.user(id, json!({})).await;
    }
    lead(
        &stage,
        "1",
        json!({"company": "Acme Ltd", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com",
        "phone": "+44 20 7946 0000", "amount": 5000, "shoe_size": 38}),
    )
    .await;
    stage
}

async fn lead(stage: &Stage, id: &str, fields: Value) {
    let body =
        json!({"label": "Jane of Acme", "assigned_to": 2, "fields": fields, "send_notification": false});
    stage.admin("PUT", &format!("/crm/record/leads/{id}"), Some(body)).await.expect(201);
}

async fn switch_on(stage: &Stage) {
    stage
        .admin("PUT", "/crm/settings/leads", Some(json!({"conversion_notification": true})))
        .await
        .expect(200);
}

async fn convert(who: &Somebody<'_>, id: &str, body: Value) -> Reply {
    who.ask("POST", &format!("/crm/record/leads/{id}/convert"), Some(body)).await
}

story! {
    async fn a9_the_new_owner_gets_one_mail_with_a_link_to_each_record_made(on: On) {
        let stage = stage(on).await;
        switch_on(&stage).await;
        let ada = stage.sign_in(ADA).await;
        let made = convert(&ada, "1", json!({"assigned_to": 3, "opportunity": false})).await.expect(200);
        assert_eq!(made["opportunity"], Value::Null);
        stage.settles().await;
        let letters = stage.letters(3);
        assert_eq!(letters.len(), 1, "{:?}", stage.subjects(3));
        assert_eq!(letters[0].subject(), "Lead Jane of Acme was converted and assigned to you");
        let place = |what: &str, module: &str| {
            format!("{}/records/{module}/{}", stage.world.config.public_url, made[what]["id"].as_str().unwrap())
        };
        for body in [letters[0].text(), letters[0].html()] {
            assert!(body.contains(&place("company", "companies")) && body.contains(&place("contact", "contacts")), "{body}");
            assert!(!body.contains("/records/opportunities/") && !body.contains("/records/leads/"), "{body}");
        }
        let item = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!(item["type"], "lead_converted");
        let links = json!([
            {"label": "Company Acme Ltd", "url": place("company", "companies")},
            {"label": "Contact Jane Doe", "url": place("contact", "contacts")},
        ]);
        assert_eq!(item["metadata"], json!({"module": "leads", "record_id": "1", "links": links}));
        assert_eq!(item["message"], "Ada Admin converted it into Company Acme Ltd and Contact Jane Doe and assigned all of it to you. User 2 had it before.");
        // Ben hears nothing: the tick for previous owners is off.
        assert!(stage.letters(2).is_empty());
        stage.adds_up().await;
    }
}

story! {
    async fn a9_three_records_are_three_links_and_the_previous_owner_has_a_tick_of_his_own(on: On) {
        let stage = stage(on).await;
        switch_on(&stage).await;
        stage.admin("PUT", "/crm/settings/notifications", Some(json!({"previous_owner": {"leads": true}}))).await.expect(200);
        let ada = stage.sign_in(ADA).await;
        let made = convert(&ada, "1", json!({"assigned_to": 3})).await.expect(200);
        stage.settles().await;
        let letter = stage.letters(3).remove(0);
        for what in ["company", "contact", "opportunity"] {
            assert!(letter.text().contains(made[what]["id"].as_str().unwrap()), "{what}: {}", letter.text());
        }
        assert_eq!((stage.subjects(3).len(), stage.subjects(2)), (1, vec!["Lead Jane of Acme is no longer assigned to you".to_owned()]));
    }
}

story! {
    async fn a9_with_the_same_owner_nobody_is_told_and_off_the_lead_is_told_of_as_any_record(on: On) {
        let stage = stage(on).await;
        for id in ["2", "3", "4"] {
            lead(&stage, id, json!({"first_name": "Jane", "last_name": id})).await;
        }
        let (ada, eve) = (stage.sign_in(ADA).await, stage.sign_in(3).await);
        // Off, as it is by default.
        convert(&ada, "1", json!({"assigned_to": 3})).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.subjects(3), ["Lead Jane of Acme was assigned to you"]);
        switch_on(&stage).await;
        convert(&ada, "2", json!({"assigned_to": 2})).await.expect(200);
        convert(&ada, "3", json!({})).await.expect(200);
        // Nor is who does it.
        convert(&eve, "4", json!({"assigned_to": 3})).await.expect(200);
        stage.settles().await;
        assert_eq!((stage.subjects(2).len(), stage.subjects(3).len(), eve.titles("").await.len()), (0, 1, 1));
    }
}

story! {
    async fn what_is_made_of_a_lead_is_what_it_said(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        stage.passes(60).await;
        let made = convert(&ada, "1", json!({})).await.expect(200);
        assert_eq!(made["result"], "Success");
        let [company, contact, opportunity] = ["company", "contact", "opportunity"].map(|what| made[what].clone());
        assert_eq!((&company["label"], &contact["label"], &opportunity["label"]), (&json!("Acme Ltd"), &json!("Jane Doe"), &json!("Acme Ltd")));
        assert_eq!((&company["module"], &contact["module"], &opportunity["module"]), (&json!("companies"), &json!("contacts"), &json!("opportunities")));
        for record in [&company, &contact, &opportunity] {
            assert_eq!((&record["assigned_to"], &record["version"]), (&json!(2), &json!(1)), "{record}");
            let shown = ada.ask("GET", &format!("/crm/record/{}/{}", record["module"].as_str().unwrap(), record["id"].as_str().unwrap()), None).await.expect(200);
            assert_eq!(shown["record"], *record);
        }
        assert_eq!(company["fields"], json!({"phone": "+44 20 7946 0000"}));
        let fields = json!({"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "phone": "+44 20 7946 0000", "company_id": company["id"]});
        assert_eq!(contact["fields"], fields);
        let fields = json!({"amount": 5000, "company_id": company["id"], "contact_id": contact["id"], "stage": "Prospecting", "status": "Open"});
        assert_eq!(opportunity["fields"], fields);
        let lead = &made["lead"];
        assert_eq!((&lead["fields"]["status"], &lead["version"], &lead["assigned_to"]), (&json!("Converted"), &json!(2), &json!(2)));
        assert_eq!((&lead["fields"]["contact_id"], &lead["fields"]["shoe_size"]), (&contact["id"], &json!(38)));
        let history = ada.ask("GET", "/crm/record/leads/1/history", None).await.expect(200);
        let newest = &history["history"][0];
        assert_eq!((&newest["field"], &newest["from"], &newest["to"], &newest["actor_id"]), (&json!("status"), &Value::Null, &json!("Converted"), &json!(ADA)), "{history}");
        // It is found by its status, and is among all leads.
        let found = ada.ask("GET", "/crm/record/leads?status=Converted", None).await.expect(200);
        assert_eq!(found["records"].as_array().unwrap().len(), 1);
    }
}

story! {
    async fn a_company_of_that_name_is_linked_where_it_is_wanted(on: On) {
        let stage = stage(on).await;
        for id in ["2", "3"] {
            lead(&stage, id, json!({"company": "  ACME   ltd ", "last_name": "Doe"})).await;
        }
        lead(&stage, "4", json!({"last_name": "Private"})).await;
        let known = json!({"label": "Acme Ltd", "assigned_to": 2, "send_notification": false});
        stage.admin("PUT", "/crm/record/companies/c1", Some(known)).await.expect(201);
        switch_on(&stage).await;
        let ada = stage.sign_in(ADA).await;
        let linked = convert(&ada, "2", json!({"assigned_to": 3, "opportunity": false})).await.expect(200);
        assert_eq!((&linked["company"]["id"], &linked["company"]["assigned_to"]), (&json!("c1"), &json!(2)), "it stays as it is");
        assert_eq!(linked["contact"]["fields"]["company_id"], "c1");
        let other = convert(&ada, "3", json!({"link_company": false})).await.expect(200);
        assert_ne!(other["company"]["id"], "c1");
        assert_eq!(other["company"]["label"], "ACME ltd");
        let private = convert(&ada, "4", json!({"opportunity": true})).await.expect(200);
        assert_eq!((&private["company"], &private["opportunity"]["label"]), (&Value::Null, &json!("Private")));
        stage.settles().await;
        // What was there before was not made: one link.
        let item = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!(item["metadata"]["links"].as_array().unwrap().len(), 1, "{item}");
    }
}

story! {
    async fn a_lead_is_converted_once_and_wholly_or_not_at_all(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        let count = "SELECT COUNT(*) FROM records";
        for (id, body, status, said) in [
            ("1", json!({"assigned_to": 99}), 404, "User 99 not found"),
            ("9", json!({}), 404, "Lead 9 not found"),
            ("1", json!({"opportunity": "no"}), 400, "opportunity must be true or false"),
            ("1", json!({"company": "Other"}), 400, "Unknown field \"company\""),
            ("1", json!({"assigned_to": 0}), 400, "assigned_to must be between"),
        ] {
            let refused = convert(&ada, id, body.clone()).await;
            assert!(refused.status == status && refused.body["reason"].as_str().unwrap().starts_with(said), "{body}: {}", refused.text);
        }
        assert_eq!(stage.world.number(count).await, 1, "nothing was made");
        let key = [("Idempotency-Key", "convert-1")];
        let path = "/crm/record/leads/1/convert";
        let first = ada.ask_with("POST", path, &key, Some(json!({"assigned_to": 3}))).await.expect(200);
        let again = ada.ask_with("POST", path, &key, Some(json!({"assigned_to": 3}))).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(again.expect(200), first);
        let second = convert(&ada, "1", json!({})).await.expect(409);
        assert!(second["reason"].as_str().unwrap().starts_with("Lead 1 was converted already"), "{second}");
        assert_eq!(stage.world.number(count).await, 4);
        stage.settles().await;
        assert_eq!(stage.letters(3).len(), 1);
    }
}
