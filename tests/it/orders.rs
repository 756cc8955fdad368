//! Sales order status: who hears that an order came to a listed value, by which letter, and with which file.

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, address};
use crate::peers::Letter;
use crate::site::Site;
use crate::world::{KEY, On, Somebody};

/// Sam (4) does it; ship (2) and ops (3) are to hear.
const SAM: i64 = 4;

async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(1).await;
    for (id, name) in [(2, "ship"), (3, "ops"), (SAM, "Sam Sales")] {
        stage.user(id, json!({"name": name})).await;
    }
    let company = json!({"label": "ACME Ltd", "fields": {"currency": "GBP"}});
    stage.admin("PUT", "/crm/record/companies/acme", Some(company)).await.expect(201);
    stage
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/sales_orders", Some(settings)).await.expect(200);
}

/// As the first story has it, with the shipped templates.
async fn on(stage: &Stage) {
    let (email, pdf) = (shipped(stage, "sales_order_status").await, shipped(stage, "sales_order_pdf").await);
    set(
        stage,
        json!({"status_notification": true, "trigger_field": "status", "trigger_values": "eSigned, Delivered",
        "users": "ship,ops", "email_template_id": email, "pdf_template_id": pdf}),
    )
    .await;
}

/// The number of a shipped template.
async fn shipped(stage: &Stage, key: &str) -> i64 {
    let listed = stage.admin("GET", "/crm/template", None).await.expect(200);
    let templates = listed["templates"].as_array().unwrap();
    let found = templates.iter().find(|template| template["key"] == key);
    found.unwrap_or_else(|| panic!("{key} is not shipped: {listed}"))["id"].as_i64().unwrap()
}

/// Takes the templates away that [`on`] chose.
async fn without_templates(stage: &Stage) {
    let gone = stage.world.app.database.write::<_, belfry::storage::Error, _>(|tx| {
        let sql = "DELETE FROM templates WHERE shipped_key IN ('sales_order_status', 'sales_order_pdf')";
        Box::pin(async move { tx.execute(sql, &[]).await })
    });
    assert_eq!(gone.await.unwrap(), 2);
}

/// Makes the order or changes it.
async fn save(who: &Somebody<'_>, fields: Value) -> Value {
    let body = json!({"label": "SO-1042", "fields": fields});
    let reply = who.ask("PATCH", "/crm/record/sales_orders/1042", Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{}", reply.text);
    reply.body["record"].clone()
}

fn order(status: &str) -> Value {
    json!({"status": status, "company_id": "acme", "total": 1428, "currency": "GBP",
        "lines": [{"name": "Desk, oak", "quantity": 2, "price": 714, "total": 1428}]})
}

/// The names of a letter's files.
fn files(letter: &Letter) -> Vec<&str> {
    let files = letter.0["attachments"].as_array().unwrap().iter();
    files
        .map(|file| {
            assert!(file["content"].as_str().unwrap().starts_with("%PDF-"), "{file}");
            file["name"].as_str().unwrap()
        })
        .collect()
}

async fn titles(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("?type=sales_order_status").await
}

story! {
    async fn o1_shipping_is_mailed_the_pdf_as_an_order_is_esigned(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        let sam = stage.sign_in(SAM).await;
        save(&sam, order("New")).await;
        save(&sam, json!({"status": "eSigned"})).await;
        stage.settles().await;
        for id in [2, 3] {
            let letters = stage.letters(id);
            let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
            assert_eq!(files(letter), ["Sales Order SO-1042.pdf"]);
            assert!(letter.text().contains("eSigned") && letter.text().contains("SO-1042"), "{}", letter.text());
        }
        let item = stage.sign_in(2).await.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["title"]), (&json!("sales_order_status"), &json!("Sales Order SO-1042 is now eSigned")));
        assert_eq!(item["message"], "Sam Sales changed Status of it from New to eSigned.");
        let facts = ["company", "from", "to", "total", "changed_by"].map(|name| item["metadata"][name].clone());
        assert_eq!(facts, ["ACME Ltd", "New", "eSigned", "1428.00 GBP", "Sam Sales"].map(Value::from));
        let place = format!("{}/records/sales_orders/1042", stage.world.config.public_url);
        assert_eq!((&item["link"], &item["related_user_id"]), (&json!(place), &json!(SAM)));
        // Another field while it is eSigned: nobody. Cancelled, which is not listed: nobody.
        save(&sam, json!({"purchase_order": "PO-7781"})).await;
        save(&sam, json!({"status": "Cancelled"})).await;
        stage.settles().await;
        assert_eq!((stage.letters(2).len(), stage.letters(3).len(), stage.letters(SAM).len()), (1, 1, 0));
        assert_eq!(titles(&stage, 2).await.len(), 1);
        stage.adds_up().await;
    }
}

story! {
    async fn o1_the_letter_says_of_lines_and_total_what_the_pdf_says(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        let sam = stage.sign_in(SAM).await;
        // As many CRMs have it: a price and no amounts.
        save(&sam, json!({"status": "eSigned", "company_id": "acme", "currency": "GBP", "lines": [
            {"description": "Router X1", "quantity": 2, "price": 450, "discount_percent": 10, "tax_rate": 20},
            {"code": "INST", "unit_price": 120.5, "quantity": "as agreed"}, {"code": "CABLE", "unit_price": 5, "quantity": 4}]}))
        .await;
        stage.settles().await;
        let letters = stage.letters(2);
        let text = letters[0].text();
        for said in ["Router X1 | 2 | £810.00", "INST | as agreed", "CABLE | 4 | £20.00", "Total | £992.00"] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}

story! {
    async fn o1_the_way_into_a_listed_value_counts_each_time(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        set(&stage, json!({"email_template_id": null, "pdf_template_id": null})).await;
        let sam = stage.sign_in(SAM).await;
        // Made with a listed value; from one to another; back again; the same once more.
        for status in ["eSigned", "Delivered", "New", "eSigned", "eSigned", "esigned"] {
            save(&sam, json!({"status": status})).await;
        }
        let now = |status: &str| format!("Sales Order SO-1042 is now {status}");
        assert_eq!(titles(&stage, 2).await, [now("eSigned"), now("Delivered"), now("eSigned")]);
        // Many at once, and a change of which nobody is to be told.
        let body = json!({"label": "SO-1", "fields": {"status": "eSigned"}, "send_notification": false});
        sam.ask("PUT", "/crm/record/sales_orders/1", Some(body)).await.expect(201);
        assert_eq!(titles(&stage, 2).await.len(), 3);
        let why = "/crm/explain?module=sales_orders&id=1&user=2";
        let told = stage.admin("GET", why, None).await.expect(200).to_string();
        assert!(told.contains("ship was not told that Sales Order SO-1 became eSigned because Sam Sales left Send"), "{told}");
        // Nobody is told of their own act.
        set(&stage, json!({"users": "ship; Sam Sales"})).await;
        save(&sam, json!({"status": "Delivered"})).await;
        assert_eq!((titles(&stage, 2).await.len(), titles(&stage, SAM).await.len()), (4, 0));
    }
}

story! {
    async fn o1_any_field_may_be_the_one_that_is_watched(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        set(&stage, json!({"trigger_field": "Courier", "trigger_values": "Air; 7"})).await;
        let sam = stage.sign_in(SAM).await;
        for fields in [json!({"status": "eSigned"}), json!({"Courier": "Sea"}), json!({"Courier": "Air"}), json!({"Courier": 7})] {
            save(&sam, fields).await;
        }
        let expected = ["Sales Order SO-1042: Courier is now 7", "Sales Order SO-1042: Courier is now Air"];
        assert_eq!(titles(&stage, 2).await, expected);
        // A field is known by what pages call it, too.
        set(&stage, json!({"trigger_field": "Purchase Order", "trigger_values": "PO-1"})).await;
        let settings = stage.admin("GET", "/crm/settings/sales_orders", None).await.expect(200);
        assert!(settings.to_string().contains(r#""trigger_field":"purchase_order""#), "{settings}");
        save(&sam, json!({"purchase_order": "PO-1"})).await;
        assert_eq!(titles(&stage, 2).await[0], "Sales Order SO-1042: Purchase Order is now PO-1");
        // An order of somebody else's hands.
        set(&stage, json!({"trigger_field": "assigned_to", "trigger_values": "1, 4"})).await;
        sam.ask("PATCH", "/crm/record/sales_orders/1042", Some(json!({"assigned_to": 1}))).await.expect(200);
        assert_eq!(titles(&stage, 3).await[0], "Sales Order SO-1042: Assigned To is now User 1");
        sam.ask("PATCH", "/crm/record/sales_orders/1042", Some(json!({"assigned_to": 4}))).await.expect(200);
        let told = stage.sign_in(3).await.list("").await["notifications"][0].clone();
        assert_eq!(told["message"], "Sam Sales changed Assigned To of it from User 1 to Sam Sales.");
        let refused = stage.admin("PUT", "/crm/settings/sales_orders", Some(json!({"trigger_field": " "}))).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
}

story! {
    async fn o2_switched_off_nobody_hears_and_why_is_said(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        set(&stage, json!({"status_notification": false})).await;
        let sam = stage.sign_in(SAM).await;
        save(&sam, order("New")).await;
        save(&sam, json!({"status": "eSigned"})).await;
        stage.settles().await;
        assert!(titles(&stage, 2).await.is_empty() && stage.letters(2).is_empty() && stage.letters(3).is_empty());
        let told = stage.admin("GET", "/crm/explain?module=sales_orders&id=1042&user=2", None).await.expect(200).to_string();
        assert!(told.contains("because “Toggle Sales Order Status Notification” is not ticked"), "{told}");
    }
}

story! {
    async fn o3_an_unknown_user_is_refused_and_one_who_is_gone_is_passed_over(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        let refused = stage.admin("PUT", "/crm/settings/sales_orders", Some(json!({"users": "ship, nobody"}))).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        let reason = refused.body["reason"].as_str().unwrap();
        assert!(reason.starts_with("users: there is no user nobody"), "{reason}");
        // By number and address too; with semicolons, spaces and an empty entry.
        set(&stage, json!({"users": format!(" ship ;; {} ", address(3))})).await;
        let sam = stage.sign_in(SAM).await;
        save(&sam, order("eSigned")).await;
        stage.settles().await;
        assert_eq!((stage.letters(2).len(), stage.letters(3).len()), (1, 1));
        stage.admin("DELETE", "/crm/user/3", None).await.expect(200);
        save(&sam, json!({"status": "Delivered"})).await;
        stage.settles().await;
        assert_eq!((stage.letters(2).len(), stage.letters(3).len()), (2, 1));
        // What is not touched is not held against anybody.
        set(&stage, json!({"trigger_values": "eSigned; Delivered"})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o3_that_somebody_is_gone_is_logged() {
    let site = Site::new("");
    site.add_user(2, &["admin"]);
    site.add_user(3, &[]);
    let server = site.serve().await;
    let key = [("X-API-KEY", KEY)];
    let settings = json!({"status_notification": true, "trigger_values": "eSigned", "users": "2, 3"});
    server.ask("PUT", "/crm/settings/sales_orders", &key, Some(settings)).await.expect(200);
    server.ask("DELETE", "/crm/user/3", &key, None).await.expect(200);
    let order = json!({"label": "SO-1042", "fields": {"status": "eSigned"}});
    server.ask("PUT", "/crm/record/sales_orders/1042", &key, Some(order)).await.expect(201);
    let lines = server.stop().await.join("\n");
    let told = "there is no user 3 any more; correct the setting";
    assert!(lines.lines().any(|line| line.contains("WARN") && line.contains(told)), "{lines}");
}

story! {
    async fn q33_without_its_template_the_e_mail_says_what_is_plain(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        let sam = stage.sign_in(SAM).await;
        save(&sam, order("New")).await;
        // What a setting uses is kept; what somebody takes out of the database is not there.
        without_templates(&stage).await;
        save(&sam, json!({"status": "eSigned"})).await;
        stage.settles().await;
        let letter = stage.letters(2).remove(0);
        assert_eq!((letter.subject(), files(&letter).len()), ("Sales Order SO-1042 is now eSigned", 0));
        assert!(letter.text().contains("Sam Sales changed Status of it from New to eSigned."), "{}", letter.text());
        stage.adds_up().await;
        // One that there is not is refused.
        let refused = stage.admin("PUT", "/crm/settings/sales_orders", Some(json!({"email_template_id": 4711}))).await;
        assert!(refused.status == 400 && refused.text.contains("there is no e-mail template 4711"), "{}", refused.text);
    }
}

story! {
    async fn q33_without_a_chosen_template_the_e_mail_is_like_every_other_one(on: On) {
        let stage = stage(on).await;
        super::on(&stage).await;
        set(&stage, json!({"email_template_id": null, "pdf_template_id": null})).await;
        let sam = stage.sign_in(SAM).await;
        save(&sam, order("eSigned")).await;
        stage.settles().await;
        let letter = stage.letters(2).remove(0);
        assert_eq!((letter.subject(), files(&letter).len()), ("Sales Order SO-1042 is now eSigned", 0));
        assert!(letter.text().contains("ACME Ltd") && letter.text().contains("1428.00 GBP"), "{}", letter.text());
    }
}
