//! Templates: made, tried, changed, brought back and taken away by administrators.

use serde_json::{Value, json};

use crate::world::{KEY, Reply, World};

async fn ask(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    let path = format!("/crm/template{path}");
    world.ask(method, &path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

async fn made(world: &World, name: &str, source: &str) -> Value {
    let body =
        json!({ "kind": "email", "name": name, "subject": "About {{ record.label }}", "source": source });
    ask(world, "POST", "", Some(body)).await.expect(201)["template"].clone()
}

async fn by_key(world: &World, key: &str) -> Value {
    let list = ask(world, "GET", "", None).await.expect(200);
    let found = list["templates"].as_array().unwrap().iter().find(|template| template["key"] == key);
    found.unwrap().clone()
}

story! {
    async fn a_sales_order_pdf_and_every_letter_are_there_from_the_start(on: On) {
        let world = World::new(on).await;
        let list = ask(&world, "GET", "", None).await.expect(200);
        let shown: Vec<(&str, &str)> = list["templates"].as_array().unwrap().iter()
            .map(|template| (template["kind"].as_str().unwrap(), template["key"].as_str().unwrap()))
            .collect();
        assert_eq!(shown, [
            ("email", "comment_added"), ("email", "personnel_date"), ("email", "sales_order_status"), ("email", "ticket_closed"),
            ("email", "ticket_opened"), ("email", "out_of_hours"), ("email", "urgent_ticket"),
            ("pdf", "invoice_pdf"), ("pdf", "quote_pdf"), ("pdf", "sales_order_pdf"),
        ]);
        for (query, wanted) in [("?kind=pdf", 3), ("?kind=email", 7)] {
            let some = ask(&world, "GET", query, None).await.expect(200);
            let kinds: Vec<&Value> = some["templates"].as_array().unwrap().iter().map(|template| &template["kind"]).collect();
            assert!(kinds.len() == wanted && kinds.iter().all(|kind| query.ends_with(kind.as_str().unwrap())), "{query}: {kinds:?}");
        }
        for (query, said) in [
            ("?kind=sms", "kind must be one of: email, pdf"),
            ("?kind=", "kind must be one of: email, pdf"),
            ("?knd=pdf", "Unknown query parameter \"knd\"; did you mean \"kind\"?"),
        ] {
            assert_eq!(ask(&world, "GET", query, None).await.expect(400)["reason"], said, "{query}");
        }
        let order = by_key(&world, "sales_order_status").await;
        assert_eq!(
            (&order["name"], &order["shipped"], &order["changed"], &order["version"], &order["updated_by"], &order["used_by"]),
            (&json!("Sales order status"), &json!(true), &json!(false), &json!(1), &json!("Belfry"), &json!([]))
        );
        let whole = ask(&world, "GET", &format!("/{}", order["id"]), None).await.expect(200);
        assert!(whole["template"]["source"].as_str().unwrap().contains("{{ record.label }}"), "{whole}");
        assert!(whole["template"]["variables"].as_array().unwrap().len() > 20);
        assert!(whole["template"]["filters"].as_array().unwrap().iter().any(|filter| filter["name"] == "money"));
        let pdf = by_key(&world, "sales_order_pdf").await;
        let whole = ask(&world, "GET", &format!("/{}", pdf["id"]), None).await.expect(200);
        assert!(whole["template"]["source"].as_str().unwrap().contains("data.json"), "{whole}");
    }
}

story! {
    async fn a_template_is_made_changed_and_taken_away(on: On) {
        let world = World::new(on).await;
        let template = made(&world, "On its way", "Hello {{ contact.label }}").await;
        assert_eq!((&template["kind"], &template["key"], &template["shipped"], &template["version"]), (&json!("email"), &Value::Null, &json!(false), &json!(1)));
        let path = format!("/{}", template["id"]);
        let changed = ask(&world, "PUT", &path, Some(json!({"source": "Goodbye {{ contact.label }}", "version": 1}))).await.expect(200);
        assert_eq!((&changed["template"]["version"], &changed["template"]["subject"]), (&json!(2), &json!("About {{ record.label }}")));
        let stale = ask(&world, "PUT", &path, Some(json!({"source": "Late", "version": 1}))).await.expect(409);
        assert_eq!(stale["reason"], "Somebody changed the template meanwhile, it is at version 2; load it again and make your change there");
        // What changes nothing is no version.
        ask(&world, "PUT", &path, Some(json!({"source": "Goodbye {{ contact.label }}", "version": 2}))).await.expect(200);
        let versions = ask(&world, "GET", &format!("{path}/versions"), None).await.expect(200);
        let numbers: Vec<i64> = versions["versions"].as_array().unwrap().iter().map(|one| one["version"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [2, 1]);
        let first = ask(&world, "GET", &format!("{path}?version=1"), None).await.expect(200);
        assert_eq!((&first["template"]["source"], &first["template"]["version"]), (&json!("Hello {{ contact.label }}"), &json!(1)));
        let back = ask(&world, "POST", &format!("{path}/restore"), Some(json!({"version": 1}))).await.expect(200);
        assert_eq!((&back["template"]["source"], &back["template"]["version"]), (&json!("Hello {{ contact.label }}"), &json!(3)));
        ask(&world, "POST", &format!("{path}/restore"), Some(json!({"version": 9}))).await.expect(404);
        ask(&world, "POST", &format!("{path}/restore"), Some(json!({"shipped": true}))).await.expect(409);
        ask(&world, "POST", &format!("{path}/restore"), Some(json!({}))).await.expect(400);
        ask(&world, "DELETE", &path, None).await.expect(200);
        for (method, path) in [("GET", path.clone()), ("DELETE", path.clone()), ("GET", format!("{path}/versions")), ("GET", "/x".into()), ("GET", "/9007199254740993".into())] {
            ask(&world, method, &path, None).await.expect(404);
        }
        let audit = world.ask("GET", "/crm/audit?group=templates", &[("X-API-KEY", KEY)], None).await.expect(200);
        let told: Vec<(&Value, &Value, &Value)> = audit["entries"].as_array().unwrap().iter()
            .map(|entry| (&entry["field"], &entry["from"]["version"], &entry["to"]["version"])).collect();
        let name = json!("On its way");
        assert_eq!(told, [
            (&name, &json!(3), &Value::Null), (&name, &json!(2), &json!(3)), (&name, &json!(1), &json!(2)), (&name, &Value::Null, &json!(1)),
        ]);
    }
}

story! {
    async fn a_shipped_template_is_changed_and_comes_back(on: On) {
        let world = World::new(on).await;
        let ours = by_key(&world, "ticket_opened").await;
        let path = format!("/{}", ours["id"]);
        let shipped = ask(&world, "GET", &path, None).await.expect(200);
        let changed = ask(&world, "PUT", &path, Some(json!({"name": "Welcome", "source": "Welcome", "version": 1}))).await.expect(200);
        assert_eq!((&changed["template"]["changed"], &changed["template"]["key"], &changed["template"]["name"]), (&json!(true), &json!("ticket_opened"), &json!("Welcome")));
        let refused = ask(&world, "DELETE", &path, None).await.expect(409);
        assert_eq!(refused["reason"], "A template that Belfry comes with cannot be deleted; restore it instead");
        let back = ask(&world, "POST", &format!("{path}/restore"), Some(json!({"shipped": true}))).await.expect(200);
        assert_eq!(back["template"]["source"], shipped["template"]["source"]);
        assert_eq!((&back["template"]["changed"], &back["template"]["version"]), (&json!(false), &json!(3)));
    }
}

story! {
    async fn what_is_wrong_with_a_template_is_said_before_it_is_kept(on: On) {
        let world = World::new(on).await;
        made(&world, "Taken", "x").await;
        for (body, status, said) in [
            (json!({}), 400, "kind is required"),
            (json!({"kind": "sms"}), 400, "kind must be one of: email, pdf"),
            (json!({"kind": "email"}), 400, "name is required"),
            (json!({"kind": "email", "name": "A"}), 400, "subject is required"),
            (json!({"kind": "email", "name": "A", "subject": "x"}), 400, "source is required"),
            (json!({"kind": "email", "name": "a".repeat(101), "subject": "x", "source": "x"}), 400, "name must be at most 100 characters long"),
            (json!({"kind": "email", "name": "A", "subject": "{{ recrod }}", "source": "x"}), 400, "Subject: there is no variable recrod; did you mean record?"),
            (json!({"kind": "email", "name": "A", "subject": "x", "source": "a\n{{ record.lable }}"}), 400, "Line 2: record has no lable; did you mean record.label?"),
            (json!({"kind": "email", "name": "A", "subject": "x", "source": "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}"}), 400, "Line 1: the template does too much; make its loops shorter"),
            (json!({"kind": "email", "name": "A", "subject": "x", "source": "x".repeat(65_537)}), 400, "the source is longer than 64 KiB; make it shorter"),
            (json!({"kind": "email", "name": "TAKEN", "subject": "x", "source": "x"}), 409, "There is a template called \"TAKEN\" already; choose another name"),
            (json!({"kind": "email", "name": "A", "subjcet": "x"}), 400, "Unknown field \"subjcet\"; did you mean \"subject\"?"),
        ] {
            let refused = ask(&world, "POST", "", Some(body.clone())).await.expect(status);
            assert_eq!(refused["reason"], said, "{body}");
        }
        // Each kind has its own names, and a key makes it happen once.
        let body = json!({"kind": "email", "name": "Once", "subject": "x", "source": "x"}).to_string();
        let headers = [("X-API-KEY", KEY), ("Idempotency-Key", "once")];
        let first = world.ask("POST", "/crm/template", &headers, Some(body.clone())).await.expect(201);
        let again = world.ask("POST", "/crm/template", &headers, Some(body)).await.expect(201);
        assert_eq!(first["template"]["id"], again["template"]["id"]);
    }
}

story! {
    async fn a_letter_is_seen_before_it_is_kept(on: On) {
        let world = World::new(on).await;
        let body = json!({
            "kind": "email", "subject": "{{ record.label }}", "language": "de", "time_zone": "Europe/Berlin",
            "source": "Guten Tag {{ contact.label }},\n\n{{ record.fields.total|money('EUR') }} am {{ now|datetime }}",
        });
        let seen = ask(&world, "POST", "/preview", Some(body)).await.expect(200);
        assert_eq!(seen["subject"], "Order 1042");
        let text = seen["text"].as_str().unwrap();
        assert!(text.starts_with("Guten Tag Jane Doe,\n\n1.428,00 € am 2. März 2026, 10:31 Uhr (Europe/Berlin)\n"), "{text}");
        let html = seen["html"].as_str().unwrap();
        assert!(html.starts_with("<!doctype html>") && html.contains("1.428,00 €"), "{html}");
        let ticket = by_key(&world, "comment_added").await;
        let body = json!({"kind": "email", "subject": "x", "source": "{{ comment.author }}", "template_id": ticket["id"]});
        let seen = ask(&world, "POST", "/preview", Some(body)).await.expect(200);
        assert!(seen["text"].as_str().unwrap().starts_with("Ann Smith\n"), "{seen}");
        let body = json!({"kind": "email", "subject": "x", "source": "{{ record.label }}", "sample": {"module": "personnel"}});
        let seen = ask(&world, "POST", "/preview", Some(body)).await.expect(200);
        assert!(seen["text"].as_str().unwrap().starts_with("Chris Miller\n"), "{seen}");
        for (sample, said) in [
            (json!("sales_orders"), "sample must be an object such as {\"module\": \"sales_orders\"}"),
            (json!(["tickets"]), "sample must be an object such as {\"module\": \"sales_orders\"}"),
            (json!({"module": 5}), "sample.module must be a string"),
            (json!({"modul": "tickets"}), "Unknown field \"modul\"; did you mean \"module\"?"),
        ] {
            let body = json!({"kind": "email", "subject": "x", "source": "x", "sample": sample});
            let refused = ask(&world, "POST", "/preview", Some(body)).await.expect(400);
            assert_eq!(refused["reason"], said, "{sample}");
        }
        for sample in [Value::Null, json!({}), json!({"module": null})] {
            let body = json!({"kind": "email", "subject": "x", "source": "x", "sample": sample});
            ask(&world, "POST", "/preview", Some(body)).await.expect(200);
        }
        let refused = ask(&world, "POST", "/preview", Some(json!({"kind": "email", "subject": "x", "source": "\n<b>"}))).await.expect(400);
        assert_eq!(refused["reason"], "Line 2: <b> is not closed; add </b>");
    }
}

story! {
    async fn a_pdf_is_seen_before_it_is_kept(on: On) {
        let world = World::new(on).await;
        let ours = by_key(&world, "sales_order_pdf").await;
        let whole = ask(&world, "GET", &format!("/{}", ours["id"]), None).await.expect(200);
        let source = whole["template"]["source"].as_str().unwrap().to_owned();
        let seen = ask(&world, "POST", "/preview", Some(json!({"kind": "pdf", "source": source}))).await;
        assert!(seen.text.starts_with("%PDF-"), "{}", seen.text.chars().take(200).collect::<String>());
        assert_eq!(seen.header("content-type"), Some("application/pdf"));
        let made = ask(&world, "POST", "", Some(json!({"kind": "pdf", "name": "Ours", "source": "= Hello"}))).await.expect(201);
        assert_eq!((&made["template"]["subject"], &made["template"]["filters"]), (&json!(""), &json!([])));
        let refused = ask(&world, "POST", "", Some(json!({"kind": "pdf", "name": "Bad", "source": "a\n\n#nothing()"}))).await.expect(400);
        assert!(refused["reason"].as_str().unwrap().starts_with("Line 3: "), "{refused}");
        let bomb = json!({"kind": "pdf", "name": "Bad", "source": "#let n = 0\n#while n >= 0 { n += 1 }"});
        let bomb = ask(&world, "POST", "", Some(bomb)).await.expect(400);
        let said = bomb["reason"].as_str().unwrap();
        assert!(said.starts_with("Line 2: ") || said.contains("was stopped"), "{said}");
    }
}

story! {
    async fn a_template_that_a_setting_names_cannot_be_deleted(on: On) {
        let world = World::new(on).await;
        let template = made(&world, "For orders", "x").await;
        let path = format!("/{}", template["id"]);
        let set = async |id: &Value| {
            let body = json!({"email_template_id": id}).to_string();
            world.ask("PUT", "/crm/settings/sales_orders", &[("X-API-KEY", KEY)], Some(body)).await.expect(200)
        };
        set(&template["id"]).await;
        let shown = ask(&world, "GET", &path, None).await.expect(200);
        assert_eq!(shown["template"]["used_by"], json!(["Sales Order Settings: email_template_id"]));
        let refused = ask(&world, "DELETE", &path, None).await.expect(409);
        assert_eq!(refused["reason"], "The template is used by Sales Order Settings: email_template_id; choose another one there first");
        set(&Value::Null).await;
        ask(&world, "DELETE", &path, None).await.expect(200);
    }
}
