//! The credit limit: who may go beyond it, who is told of that, and what is written down.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::world::{On, Reply, Somebody};

/// Ada administers Belfry; Fin and Boss administer credit; Sam and Tim sell, and Tim may override.
const ADA: i64 = 1;
const FIN: i64 = 2;
const BOSS: i64 = 3;
const SAM: i64 = 4;
const TIM: i64 = 5;

async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    for (id, name) in [(FIN, "Fin Ance"), (BOSS, "Boss"), (SAM, "Sam Sales"), (TIM, "Tim Sales")] {
        stage.user(id, json!({"name": name})).await;
    }
    owes(&stage, 9_000).await;
    set(&stage, json!({"enabled": true, "administrators": "Fin Ance;Boss", "override_users": "Sam Sales"}))
        .await;
    stage
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/credit_check", Some(settings)).await.expect(200);
}

/// What ACME owes; it may owe 10,000 GBP.
async fn owes(stage: &Stage, balance: i64) {
    let fields = json!({"credit_limit": 10_000, "balance": balance, "currency": "GBP"});
    let body = json!({"label": "ACME Ltd", "fields": fields});
    let reply = stage.admin("PUT", "/crm/record/companies/acme", Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{}", reply.text);
}

fn order(total: f64) -> Value {
    json!({"label": "SO-1042", "fields": {"company_id": "acme", "total": total, "currency": "GBP"}})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn overriding(total: f64) -> Value {
    with(order(total), "override_credit_limit", json!(true))
}

async fn put(who: &Somebody<'_>, place: &str, body: Value) -> Reply {
    who.ask("PUT", &format!("/crm/record/{place}"), Some(body)).await
}

/// The reason for which something is refused.
#[track_caller]
fn refused(reply: Reply) -> String {
    reply.expect(409)["reason"].as_str().unwrap().to_owned()
}

async fn titles(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("?type=credit_override").await
}

/// What the history of a record says of overridden limits, newest first.
async fn overridden(stage: &Stage, place: &str) -> Vec<String> {
    let page = stage.admin("GET", &format!("/crm/record/{place}/history"), None).await.expect(200);
    let lines = page["history"].as_array().unwrap().iter();
    let overridden = lines.filter(|line| line["field"] == "credit_limit_override");
    overridden.map(|line| format!("{} {}", line["actor_id"], line["to"].as_str().unwrap())).collect()
}

story! {
    async fn o4_the_credit_administrators_hear_that_another_user_overrode_the_limit(on: On) {
        let stage = stage(on).await;
        let sam = stage.sign_in(SAM).await;
        // Under the limit nobody hears, whatever was asked for.
        put(&sam, "sales_orders/1", order(1_000.0)).await.expect(201);
        put(&sam, "sales_orders/2", overriding(999.99)).await.expect(201);
        assert!(titles(&stage, FIN).await.is_empty());
        put(&sam, "sales_orders/1042", overriding(1_500.0)).await.expect(201);
        stage.settles().await;
        for id in [FIN, BOSS] {
            assert_eq!(titles(&stage, id).await, ["Sam Sales overrode the credit limit of ACME Ltd"]);
            assert_eq!(stage.subjects(id), ["Sam Sales overrode the credit limit of ACME Ltd"]);
        }
        assert!(titles(&stage, SAM).await.is_empty() && titles(&stage, ADA).await.is_empty());
        let item = stage.sign_in(FIN).await.list("").await["notifications"][0].clone();
        let facts = ["company", "document", "total", "credit_limit", "balance", "over_by"].map(|name| item["metadata"][name].clone());
        let expected = ["ACME Ltd", "Sales Order SO-1042", "1500.00 GBP", "10000.00 GBP", "9000.00 GBP", "500.00 GBP"];
        assert_eq!(facts, expected.map(Value::from));
        let place = |module: &str, id: &str| format!("{}/records/{module}/{id}", stage.world.config.public_url);
        assert_eq!(item["link"], place("sales_orders", "1042"));
        assert_eq!(item["metadata"]["links"][0]["url"], place("companies", "acme"));
        let letter = stage.letters(FIN).remove(0);
        assert!(letter.text().contains("ACME Ltd is 500.00 GBP over its credit limit with it."), "{}", letter.text());
        // An invoice is a document like it; the same body again is nothing new.
        put(&sam, "invoices/7", with(overriding(2_000.0), "label", json!("INV-7"))).await.expect(201);
        put(&sam, "invoices/7", with(overriding(2_000.0), "label", json!("INV-7"))).await.expect(200);
        assert_eq!(titles(&stage, FIN).await.len(), 2);
        stage.adds_up().await;
    }
}

story! {
    async fn o4_what_was_overridden_stands_in_both_histories(on: On) {
        let stage = stage(on).await;
        let sam = stage.sign_in(SAM).await;
        put(&sam, "sales_orders/1042", overriding(1_500.0)).await.expect(201);
        let amounts = "total 1500.00 GBP, balance 9000.00 GBP, limit 10000.00 GBP, over by 500.00 GBP";
        assert_eq!(overridden(&stage, "sales_orders/1042").await, [format!("4 ACME Ltd: {amounts}")]);
        assert_eq!(overridden(&stage, "companies/acme").await, [format!("4 Sales Order SO-1042: {amounts}")]);
        put(&sam, "sales_orders/1", overriding(5.0)).await.expect(201);
        assert!(overridden(&stage, "sales_orders/1").await.is_empty());
    }
}

story! {
    async fn q34_whoever_overrode_it_is_not_told(on: On) {
        let stage = stage(on).await;
        let fin = stage.sign_in(FIN).await;
        put(&fin, "sales_orders/1042", overriding(1_500.0)).await.expect(201);
        assert_eq!((titles(&stage, FIN).await.len(), titles(&stage, BOSS).await.len()), (0, 1));
        let why = format!("/crm/explain?module=sales_orders&id=1042&user={FIN}");
        let told = stage.admin("GET", &why, None).await.expect(200).to_string();
        assert!(told.contains("nobody is told of what they did themselves"), "{told}");
        // A program acts for whom it says.
        let body = with(overriding(1_600.0), "actor_id", json!(BOSS));
        stage.admin("PUT", "/crm/record/sales_orders/1042", Some(body)).await.expect(200);
        assert_eq!((titles(&stage, FIN).await.len(), titles(&stage, BOSS).await.len()), (1, 1));
    }
}

story! {
    async fn o5_only_those_who_are_named_go_beyond_the_limit(on: On) {
        let stage = stage(on).await;
        let tim = stage.sign_in(TIM).await;
        let told = "Sales Order SO-1042 with a total of 1500.00 GBP would bring ACME Ltd, with a balance of 9000.00 GBP, \
                    500.00 GBP over its credit limit of 10000.00 GBP; ";
        let reason = refused(put(&tim, "sales_orders/1042", order(1_500.0)).await);
        let expected = "lower the total, or ask Fin Ance, Boss or Sam Sales to save it with override_credit_limit: true";
        assert_eq!(reason, format!("{told}{expected}"));
        let reason = refused(put(&tim, "sales_orders/1042", overriding(1_500.0)).await);
        assert_eq!(reason, format!("{told}you may not override it: lower the total, or ask Fin Ance, Boss or Sam Sales to save it"));
        // An administrator of Belfry is none of credit, and a program is nobody.
        let ada = stage.sign_in(ADA).await;
        assert!(refused(put(&ada, "sales_orders/1042", overriding(1_500.0)).await).contains("you may not override it"));
        let reason = refused(stage.admin("PUT", "/crm/record/sales_orders/1042", Some(overriding(1_500.0))).await);
        assert!(reason.contains("say by actor_id who overrides it"), "{reason}");
        // Who may is told how.
        let sam = stage.sign_in(SAM).await;
        let reason = refused(put(&sam, "sales_orders/1042", order(1_500.0)).await);
        assert!(reason.ends_with("send override_credit_limit: true beside fields to save it all the same"), "{reason}");
        // Programs need not read the sentence.
        for (who, body, may_override) in [(&sam, order(1_500.5), true), (&tim, overriding(1_500.5), false)] {
            let mut said = put(who, "sales_orders/1042", body).await.expect(409);
            said["reason"].take();
            let expected = json!({"result": "Failed", "reason": null, "code": "credit_limit", "company_id": "acme", "total": 1500.5,
                "balance": 9000, "credit_limit": 10_000, "over_by": 500.5, "may_override": may_override});
            assert_eq!(said, expected);
        }
        // Nothing of it was saved, and nobody heard.
        tim.ask("GET", "/crm/record/sales_orders/1042", None).await.expect(404);
        assert!(titles(&stage, FIN).await.is_empty());
        let made = tim.ask("POST", "/crm/record/invoices", Some(with(order(1_000.01), "label", json!("INV-1")))).await;
        assert!(refused(made).contains("0.01 GBP over"));
        // By PATCH and POST it goes as by PUT.
        sam.ask("POST", "/crm/record/invoices", Some(overriding(1_000.01))).await.expect(201);
        put(&sam, "sales_orders/9", order(10.0)).await.expect(201);
        let body = json!({"fields": {"total": 5_000}, "override_credit_limit": true});
        sam.ask("PATCH", "/crm/record/sales_orders/9", Some(body)).await.expect(200);
        assert_eq!(titles(&stage, FIN).await.len(), 2);
    }
}

story! {
    async fn o5_what_of_a_document_is_checked(on: On) {
        let stage = stage(on).await;
        let tim = stage.sign_in(TIM).await;
        put(&tim, "sales_orders/1", order(1_000.0)).await.expect(201);
        owes(&stage, 12_000).await;
        // Over the limit by now: what there is may be worked on, and become less.
        let change = async |fields: Value| tim.ask("PATCH", "/crm/record/sales_orders/1", Some(json!({"fields": fields}))).await;
        change(json!({"status": "Shipped"})).await.expect(200);
        change(json!({"total": 900})).await.expect(200);
        change(json!({"total": 901})).await.expect(409);
        change(json!({"status": "Cancelled", "total": 5_000})).await.expect(200);
        // Open again, it counts like a new one.
        change(json!({"status": "Created"})).await.expect(409);
        tim.ask("DELETE", "/crm/record/sales_orders/1", None).await.expect(200);
        // Quotes only where that is ticked; a company without a limit has the usual one.
        put(&tim, "quotes/1", order(50_000.0)).await.expect(201);
        set(&stage, json!({"quotes": true})).await;
        put(&tim, "quotes/2", order(50_000.0)).await.expect(409);
        let of = |id: &str, company: Value| {
            let fields = json!({"company_id": company, "total": 600});
            (format!("sales_orders/{id}"), json!({"label": format!("SO-{id}"), "fields": fields}))
        };
        for id in ["none", "42"] {
            let body = json!({"label": "Without a limit"});
            stage.admin("PUT", &format!("/crm/record/companies/{id}"), Some(body)).await.expect(201);
        }
        let (place, body) = of("20", json!("none"));
        put(&tim, &place, body).await.expect(201);
        set(&stage, json!({"default_limit": 500})).await;
        for company in [json!("none"), json!(42), json!("unknown")] {
            let (place, body) = of("21", company);
            let reason = refused(put(&tim, &place, body).await);
            assert!(reason.contains("100.00 over its credit limit of 500.00"), "{reason}");
        }
        // Off, everything goes.
        set(&stage, json!({"enabled": false})).await;
        put(&tim, "sales_orders/30", order(1e9)).await.expect(201);
    }
}

story! {
    async fn o5_a_document_that_adds_nothing_passes_whatever_its_company_owes(on: On) {
        let stage = stage(on).await;
        owes(&stage, 50_000).await;
        let tim = stage.sign_in(TIM).await;
        let of = |fields: Value| json!({"label": "SO-1", "fields": fields});
        for (place, fields) in [
            ("sales_orders/1", json!({"company_id": "acme"})),
            ("sales_orders/2", json!({"company_id": "acme", "total": 0})),
            ("sales_orders/3", json!({"company_id": "acme", "lines": [{"quantity": 1, "price": 0}]})),
            ("invoices/1", json!({"company_id": "acme", "total": -20})),
        ] {
            put(&tim, place, of(fields)).await.expect(201);
        }
        put(&tim, "invoices/1", of(json!({"company_id": "acme", "total": 0}))).await.expect(200);
        assert!(refused(put(&tim, "sales_orders/1", of(json!({"company_id": "acme", "total": 0.01}))).await).contains("0.01 GBP would bring"));
    }
}

story! {
    async fn o5_the_settings_name_users(on: On) {
        let stage = stage(on).await;
        let refused = stage.admin("PUT", "/crm/settings/credit_check", Some(json!({"administrators": "Fin Anse; Boss"}))).await;
        let reason = refused.expect(400)["reason"].as_str().unwrap().to_owned();
        assert!(reason.starts_with("administrators: there is no user Fin Anse"), "{reason}");
        // Commas do as well; one who is gone is passed over.
        set(&stage, json!({"administrators": "Fin Ance, 3", "override_users": ""})).await;
        stage.admin("DELETE", &format!("/crm/user/{FIN}"), None).await.expect(200);
        let tim = stage.sign_in(TIM).await;
        let reason = self::refused(put(&tim, "sales_orders/1042", order(1_500.0)).await);
        assert!(reason.ends_with("ask Boss to save it with override_credit_limit: true"), "{reason}");
        set(&stage, json!({"administrators": ""})).await;
        let reason = self::refused(put(&tim, "sales_orders/1042", overriding(1_500.0)).await);
        assert!(reason.ends_with("nobody may override it: lower the total, or name users in Credit Check Settings"), "{reason}");
        for limit in [json!(-1), json!("much")] {
            stage.admin("PUT", "/crm/settings/credit_check", Some(json!({"default_limit": limit}))).await.expect(400);
        }
    }
}

story! {
    async fn o4_a_crm_that_checks_limits_itself_tells_us(on: On) {
        let stage = stage(on).await;
        set(&stage, json!({"enabled": false})).await;
        let data = json!({"company_id": "acme", "company": "ACME Ltd", "document": "SO-77", "total": 1500, "credit_limit": 10_000, "balance": 9_000});
        let event = json!({"type": "credit_limit.overridden", "module": "sales_orders", "record_id": "77", "actor_id": SAM, "data": data});
        let reply = stage.admin("POST", "/crm/event", Some(event)).await;
        assert!((200..300).contains(&reply.status), "{}", reply.text);
        let item = stage.sign_in(FIN).await.list("").await["notifications"][0].clone();
        assert_eq!(item["title"], "Sam Sales overrode the credit limit of ACME Ltd");
        let facts = ["document", "total", "over_by"].map(|name| item["metadata"][name].clone());
        assert_eq!(facts, ["Sales Order SO-77", "1500.00 GBP", "500.00 GBP"].map(Value::from));
    }
}

story! {
    async fn o5_two_orders_at_once_are_measured_by_the_same_balance(on: On) {
        let stage = stage(on).await;
        let (sam, tim) = (stage.sign_in(SAM).await, stage.sign_in(TIM).await);
        // The balance is the CRM's: each of them fits, and both are saved; neither waits for ever.
        let (one, other) = tokio::join!(put(&sam, "sales_orders/1", order(900.0)), put(&tim, "sales_orders/2", order(900.0)));
        assert_eq!((one.status, other.status), (201, 201), "{} {}", one.text, other.text);
        let (one, other) = tokio::join!(put(&sam, "sales_orders/3", order(1_100.0)), put(&tim, "sales_orders/4", order(1_100.0)));
        assert_eq!((one.status, other.status), (409, 409), "{} {}", one.text, other.text);
    }
}

story! {
    async fn o5_a_document_without_a_total_is_measured_by_what_is_printed(on: On) {
        let stage = stage(on).await;
        let tim = stage.sign_in(TIM).await;
        let with = |own: Value| {
            let mut fields = json!({"company_id": "acme", "currency": "GBP"});
            fields.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            json!({"label": "SO-1042", "fields": fields})
        };
        let line = |price: f64| json!({"description": "SIM cards", "quantity": 10, "unit_price": price, "tax_rate": 20});
        // 10 times 90 and 20 per cent of it are 1,080; the company may owe 1,000 more.
        for own in [
            json!({"lines": [line(90.0)]}),
            json!({"total": null, "lines": [line(90.0)]}),
            json!({"Grand Total": "1,080.00"}),
            json!({"lines": [line(100.0)], "discount": "10 %"}),
            json!({"lines": [line(75.0)], "shipping": 180}),
            // What nothing can be said of leaves the rest as it is.
            json!({"lines": [line(90.0), "Delivered to the gate"]}),
            // The print says no total where the lines do not come to what the record says.
            json!({"lines": [line(90.0)], "subtotal": 5}),
        ] {
            for module in ["sales_orders", "invoices"] {
                let reason = refused(put(&tim, &format!("{module}/1042"), with(own.clone())).await);
                assert!(reason.contains("with a total of 1080.00 GBP would bring ACME Ltd"), "{own}: {reason}");
            }
        }
        // The record's own total wins, and what fits goes.
        for (id, own) in [
            ("1", json!({"total": 500, "lines": [line(90.0)]})),
            ("2", json!({"lines": [line(83.33)]})),
            ("3", json!({"lines": []})),
            ("4", json!({"lines": [line(-90.0)]})),
        ] {
            put(&tim, &format!("sales_orders/{id}"), with(own)).await.expect(201);
        }
        // Taken away from an order, the total is what its lines come to from then on.
        let change = json!({"fields": {"total": null}});
        let reason = refused(tim.ask("PATCH", "/crm/record/sales_orders/1", Some(change)).await);
        assert!(reason.contains("with a total of 1080.00 GBP"), "{reason}");
    }
}

story! {
    async fn o5_amounts_are_rounded_as_the_companys_currency_is(on: On) {
        let stage = stage(on).await;
        let tim = stage.sign_in(TIM).await;
        let company = json!({"label": "Kabushiki", "fields": {"credit_limit": 100, "currency": "JPY"}});
        stage.admin("PUT", "/crm/record/companies/kk", Some(company)).await.expect(201);
        // Nothing but the company says what its amounts are in: 100.4 is printed as 100.
        let of = |price: f64| json!({"label": "SO-1", "fields": {"company_id": "kk", "lines": [{"description": "x", "price": price}]}});
        put(&tim, "sales_orders/1", of(100.4)).await.expect(201);
        let reason = refused(put(&tim, "sales_orders/2", of(100.6)).await);
        assert!(reason.contains("with a total of 101.00 JPY"), "{reason}");
    }
}
