//! Tickets and their response time (H1-H6, Q16-Q18): by when they are to be answered, and who hears that time runs out.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::world::On;

const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;

/// A Tuesday on which the company is open from nine to five.
const LOGGED: &str = "2026-03-03T15:00:00Z";

/// A stage with an administrator, and Ben and Eve in the group Support, neither of them on support. It is Tuesday at
/// 15:00.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.reaches(LOGGED).await;
    for (id, choices) in [
        (ADA, json!({"name": "Ada Admin", "roles": ["admin"]})),
        (BEN, json!({"name": "Ben Support"})),
        (EVE, json!({"name": "Eve Support"})),
    ] {
        stage.user(id, choices).await;
    }
    let group = json!({"name": "Support", "members": [BEN, EVE]});
    stage.admin("POST", "/crm/group", Some(group)).await.expect(201);
    stage
}

async fn set(stage: &Stage, group: &str, settings: Value) {
    stage.admin("PUT", &format!("/crm/settings/{group}"), Some(settings)).await.expect(200);
    computes(stage).await;
}

/// Waits until every timer is computed anew that is to be: the server does so by itself every second, and whoever comes
/// second passes over what the first one holds.
async fn computes(stage: &Stage) {
    const LEFT: &str = "SELECT (SELECT COUNT(*) FROM timer_bases WHERE next_basis IS NOT NULL) + (SELECT COUNT(*) FROM zone_changes)";
    for _ in 0..1_000 {
        stage.world.app.tick().await;
        if stage.world.number(LEFT).await == 0 {
            return;
        }
    }
    panic!("the timers are never computed");
}

async fn put(stage: &Stage, module: &str, id: &str, label: &str, fields: Value) -> Value {
    let body = json!({"label": label, "fields": fields, "send_notification": false});
    let reply = stage.admin("PUT", &format!("/crm/record/{module}/{id}"), Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{}", reply.text);
    reply.body["record"].clone()
}

async fn ticket(stage: &Stage, id: &str, fields: Value) -> Value {
    put(stage, "tickets", id, "Printer on fire", fields).await
}

async fn patch(stage: &Stage, id: &str, body: Value) -> Value {
    let path = format!("/crm/record/tickets/{id}");
    stage.admin("PATCH", &path, Some(body)).await.expect(200)["record"].clone()
}

async fn shown(stage: &Stage, id: &str) -> Value {
    stage.admin("GET", &format!("/crm/record/tickets/{id}"), None).await.expect(200)["record"]["sla"].clone()
}

async fn due(stage: &Stage, id: &str) -> String {
    shown(stage, id).await["due_at"].as_str().unwrap_or("none").to_owned()
}

async fn ticks(stage: &Stage, id: i64, on_support: bool) {
    let me = stage.sign_in(id).await;
    let answer = me.ask("PUT", "/crm/user/me", Some(json!({"on_support": on_support}))).await.expect(200);
    assert_eq!(answer["user"]["on_support"], on_support);
}

/// What somebody was told of tickets, oldest first: the type and which ticket.
async fn alerts(stage: &Stage, id: i64) -> Vec<String> {
    let list = stage.sign_in(id).await.list("?limit=100").await;
    let items = list["notifications"].as_array().unwrap().iter().rev();
    let alerts = items.filter(|item| item["type"].as_str().unwrap().starts_with("sla_"));
    let words = alerts.map(|item| {
        let kind = item["type"].as_str().unwrap().trim_start_matches("sla_");
        format!("{kind} {}", item["metadata"]["record_id"].as_str().unwrap())
    });
    words.collect()
}

const NONE: [&str; 0] = [];

story! {
    async fn h1_a_ticket_for_which_nothing_else_is_said_is_due_after_eight_open_hours(on: On) {
        let stage = stage(on).await;
        let made = ticket(&stage, "1", json!({})).await;
        let sla = &made["sla"];
        assert_eq!((&sla["level"], &sla["level_name"], &sla["state"]), (&json!(1), &json!("default"), &json!("on_time")));
        assert_eq!((sla["hours"].as_f64(), &sla["due_at"]), (Some(8.0), &json!("2026-03-04T15:00:00Z")));
        assert_eq!(sla["approaching_at"], "2026-03-04T14:00:00Z");
        assert_eq!(sla["sentence"], "Due on Wed 4 Mar 2026 at 15:00 (UTC): 8 hours by default.");
        set(&stage, "helpdesk", json!({"default_response_hours": 0.5})).await;
        assert_eq!(shown(&stage, "1").await["due_at"], "2026-03-03T15:30:00Z");
        assert_eq!(shown(&stage, "1").await["approaching_at"], "2026-03-03T15:22:30Z", "a quarter is less than an hour");
    }
}

story! {
    async fn h2_of_five_levels_the_most_specific_that_is_not_blank_wins(on: On) {
        let stage = stage(on).await;
        set(&stage, "helpdesk", json!({"severity_hours": {"High": 4, "Low": 24}, "email_hours": {"vip@example.com": 1}})).await;
        for (id, fields) in [
            ("gold", json!({"sla_response_hours": 6, "sla_severity_hours": {"High": 2, "Normal": 0}})),
            ("silver", json!({"sla_response_hours": 6})),
            ("bronze", json!({"sla_severity_hours": {"High": 2}})),
            ("blank", json!({"sla_response_hours": null, "sla_severity_hours": {}})),
        ] {
            put(&stage, "contracts", id, id, fields).await;
        }
        for (number, fields, level, hours) in [
            (1, json!({}), 1, 8.0),
            (2, json!({"severity": "Odd"}), 1, 8.0),
            (3, json!({"severity": "High"}), 2, 4.0),
            (4, json!({"severity": "Low"}), 2, 24.0),
            (5, json!({"severity": "high", "contract_id": "silver"}), 3, 6.0),
            (6, json!({"contract_id": "gold"}), 3, 6.0),
            (7, json!({"severity": "High", "contract_id": "gold"}), 4, 2.0),
            (8, json!({"severity": "Normal", "contract_id": "gold"}), 3, 6.0),
            (9, json!({"severity": "Low", "contract_id": "bronze"}), 2, 24.0),
            (10, json!({"contract_id": "bronze"}), 1, 8.0),
            (11, json!({"severity": "High", "contract_id": "blank"}), 2, 4.0),
            (12, json!({"severity": "High", "contract_id": "nowhere"}), 2, 4.0),
            (13, json!({"severity": "High", "contract_id": "gold", "support_email": "vip@example.com"}), 5, 1.0),
            (14, json!({"support_email": " VIP@example.com "}), 5, 1.0),
            (15, json!({"severity": "High", "contract_id": "gold", "support_email": "help@example.com"}), 4, 2.0),
            (16, json!({"severity": "High", "contract_id": "gold", "support_email": ""}), 4, 2.0),
        ] {
            let sla = ticket(&stage, &number.to_string(), fields.clone()).await["sla"].clone();
            assert_eq!((sla["level"].as_i64(), sla["hours"].as_f64()), (Some(level), Some(hours)), "{fields}: {sla}");
        }
    }
}

story! {
    async fn h3_a_ticket_of_15_00_with_eight_hours_is_due_at_15_00_the_next_open_day_and_its_two_alerts_come_in_order(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "4711", json!({})).await;
        // Friday at 15:00 is due on Monday at 15:00.
        ticket(&stage, "friday", json!({"last_action_date": "2026-03-06T15:00:00Z"})).await;
        assert_eq!(due(&stage, "friday").await, "2026-03-09T15:00:00Z");
        assert_eq!(due(&stage, "4711").await, "2026-03-04T15:00:00Z");
        stage.reaches("2026-03-04T13:59:59Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE);
        stage.reaches("2026-03-04T14:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 4711"]);
        assert_eq!(shown(&stage, "4711").await["state"], "approaching");
        stage.reaches("2026-03-04T14:59:59Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 4711"]);
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 4711", "breached 4711"]);
        assert_eq!(shown(&stage, "4711").await["state"], "breached");
        for time in ["2026-03-04T15:01:00Z", "2026-03-05T09:00:00Z", "2026-03-05T15:00:00Z"] {
            stage.reaches(time).await;
        }
        assert_eq!(alerts(&stage, BEN).await.len(), 2, "each once");
        stage.reaches("2026-03-09T15:00:00Z").await;
        assert_eq!(alerts(&stage, EVE).await, ["approaching 4711", "breached 4711", "breached friday"]);
        let list = stage.sign_in(BEN).await.list("?type=sla_breached").await;
        let told = &list["notifications"].as_array().unwrap()[1];
        assert_eq!(told["title"], "Ticket 4711 is past its response time: Printer on fire");
        assert_eq!(told["related_ticket_id"], 4711);
        assert!(told["link"].as_str().unwrap().ends_with("/records/tickets/4711"), "{told}");
    }
}

story! {
    async fn h3_only_open_time_counts_in_the_companys_zone(on: On) {
        let stage = stage(on).await;
        set(&stage, "company", json!({"time_zone": "America/New_York", "opening_hours": {"tue": ["08:00", "12:00"], "wed": [["08:00", "10:00"], ["14:00", "16:00"]]}})).await;
        // 15:00 UTC is 10:00 in New York: two hours on Tuesday, four on Wednesday, two a week later.
        ticket(&stage, "1", json!({})).await;
        assert_eq!(due(&stage, "1").await, "2026-03-10T14:00:00Z");
        // Without an offset, it is the clock on the company's wall.
        ticket(&stage, "2", json!({"last_action_date": "2026-03-04T09:00", "assigned_to": BEN})).await;
        assert_eq!(shown(&stage, "2").await["since"], "2026-03-04T14:00:00Z");
        // The group may work at other hours.
        set(&stage, "company", json!({"group_hours": {"Support": {"opening_hours": {"tue": ["00:00", "24:00"]}}}})).await;
        assert_eq!(due(&stage, "1").await, "2026-03-03T23:00:00Z");
    }
}

story! {
    async fn h4_those_on_support_in_the_group_support_are_told_and_the_others_are_not(on: On) {
        let stage = stage(on).await;
        ticks(&stage, BEN, true).await;
        // On support, and not in the group.
        ticks(&stage, ADA, true).await;
        ticket(&stage, "1", json!({})).await;
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1"]);
        assert_eq!((alerts(&stage, EVE).await.len(), alerts(&stage, ADA).await.len()), (0, 0));
        let eve = stage.sign_in(EVE).await;
        let why = eve.ask("GET", "/crm/explain?module=tickets&id=1", None).await;
        assert!(why.text.contains("Eve Support is not on support, and others are."), "{}", why.text);
    }
}

story! {
    async fn h4_where_nobody_is_on_support_all_of_the_group_are_told(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "1", json!({})).await;
        stage.reaches("2026-03-04T14:00:00Z").await;
        assert_eq!((alerts(&stage, BEN).await, alerts(&stage, EVE).await), (vec!["approaching 1".to_owned()], vec!["approaching 1".to_owned()]));
        // Whoever is on support is locked: nobody is.
        ticks(&stage, EVE, true).await;
        stage.choose(EVE, json!({"status": "Locked"})).await;
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1", "breached 1"]);
        stage.choose(EVE, json!({"status": "Active"})).await;
        assert_eq!(alerts(&stage, EVE).await, ["approaching 1"]);
    }
}

story! {
    async fn h4_without_the_group_the_assigned_user_is_told_and_without_one_the_administrators(on: On) {
        let stage = stage(on).await;
        let groups = stage.admin("GET", "/crm/group", None).await.expect(200);
        let id = groups["groups"][0]["id"].as_i64().unwrap();
        stage.admin("PUT", &format!("/crm/group/{id}"), Some(json!({"members": []}))).await.expect(200);
        ticket(&stage, "unassigned", json!({})).await;
        patch(&stage, "unassigned", json!({"fields": {"severity": "High"}})).await;
        ticket(&stage, "eve's", json!({})).await;
        patch(&stage, "eve's", json!({"assigned_to": EVE, "send_notification": false})).await;
        stage.reaches("2026-03-04T14:00:00Z").await;
        assert_eq!((alerts(&stage, EVE).await, alerts(&stage, BEN).await), (vec!["approaching eve's".to_owned()], vec![]));
        stage.admin("DELETE", &format!("/crm/group/{id}"), None).await.expect(200);
        // A group of another name is none.
        stage.admin("POST", "/crm/group", Some(json!({"name": "Support Team", "members": [BEN]}))).await.expect(201);
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, EVE).await, ["approaching eve's", "breached eve's"]);
        assert_eq!(alerts(&stage, ADA).await, ["approaching unassigned", "breached unassigned"]);
        assert_eq!(alerts(&stage, BEN).await, NONE);
    }
}

story! {
    async fn h5_without_automated_escalation_nobody_is_told(on: On) {
        let stage = stage(on).await;
        let usual = stage.admin("GET", "/crm/settings/helpdesk", None).await.expect(200);
        assert!(usual.to_string().contains("\"escalation\":true"), "{usual}");
        ticket(&stage, "1", json!({})).await;
        set(&stage, "helpdesk", json!({"escalation": false})).await;
        ticket(&stage, "2", json!({})).await;
        for time in ["2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z", "2026-03-05T09:00:00Z"] {
            stage.reaches(time).await;
        }
        assert_eq!(alerts(&stage, BEN).await, NONE);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM timers").await, 0);
        let why = stage.sign_in(BEN).await.ask("GET", "/crm/explain?module=tickets&id=1", None).await;
        assert!(why.text.contains("“Enable automated ticket escalation” is off"), "{}", why.text);
        // Its times are shown all the same; on again, what is over is told of once.
        assert_eq!(due(&stage, "1").await, "2026-03-04T15:00:00Z");
        set(&stage, "helpdesk", json!({"escalation": true})).await;
        stage.reaches("2026-03-05T10:00:00Z").await;
        let mut told = alerts(&stage, BEN).await;
        told.sort();
        assert_eq!(told, ["breached 1", "breached 2"]);
    }
}

story! {
    async fn h6_whoever_acts_begins_the_clock_anew_and_no_late_alert_comes(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "1", json!({})).await;
        stage.reaches("2026-03-04T14:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1"]);
        stage.reaches("2026-03-04T14:30:00Z").await;
        let acted = patch(&stage, "1", json!({"fields": {"last_action_date": "2026-03-04T14:30:00Z"}})).await;
        assert_eq!(acted["sla"]["due_at"], "2026-03-05T14:30:00Z");
        assert_eq!(acted["sla"]["state"], "on_time");
        stage.reaches("2026-03-04T15:00:00Z").await;
        stage.reaches("2026-03-05T13:29:59Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1"], "nothing of the clock before");
        stage.reaches("2026-03-05T13:30:00Z").await;
        stage.reaches("2026-03-05T14:30:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1", "approaching 1", "breached 1"], "once per restart");
    }
}

story! {
    async fn the_hours_of_a_contract_and_a_holiday_move_the_alerts(on: On) {
        let stage = stage(on).await;
        put(&stage, "contracts", "gold", "Gold", json!({"sla_response_hours": 8})).await;
        ticket(&stage, "1", json!({"contract_id": "gold"})).await;
        ticket(&stage, "2", json!({})).await;
        put(&stage, "contracts", "gold", "Gold", json!({"sla_response_hours": 4})).await;
        computes(&stage).await;
        assert_eq!(due(&stage, "1").await, "2026-03-04T11:00:00Z");
        stage.reaches("2026-03-04T11:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1"]);
        set(&stage, "company", json!({"holidays": ["2026-03-04"]})).await;
        assert_eq!(due(&stage, "2").await, "2026-03-05T15:00:00Z");
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1"], "the holiday does not count, and what was told is not told again");
        stage.reaches("2026-03-05T14:00:00Z").await;
        stage.reaches("2026-03-05T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1", "approaching 2", "breached 2"]);
        // Shorter hours, after which it is over already: at once, and once.
        ticket(&stage, "3", json!({"contract_id": "gold"})).await;
        stage.reaches("2026-03-06T09:30:00Z").await;
        put(&stage, "contracts", "gold", "Gold", json!({"sla_response_hours": 1})).await;
        computes(&stage).await;
        stage.reaches("2026-03-06T09:30:02Z").await;
        stage.reaches("2026-03-06T12:30:02Z").await;
        assert_eq!(alerts(&stage, BEN).await[3..], ["breached 3"]);
        let list = stage.sign_in(BEN).await.list("?type=sla_breached&limit=1").await;
        assert!(list["notifications"][0]["metadata"]["late_seconds"].is_null(), "it is not late: {list}");
        // A contract that is taken away leaves the default.
        stage.admin("DELETE", "/crm/record/contracts/gold", None).await.expect(200);
        assert_eq!(shown(&stage, "3").await["level"], 1);
    }
}

story! {
    async fn a_ticket_that_is_closed_or_waits_in_time_alerts_nobody_and_one_that_is_opened_again_begins_anew(on: On) {
        let stage = stage(on).await;
        for id in ["closed", "waits", "reopened", "deleted"] {
            ticket(&stage, id, json!({"status": "Open"})).await;
        }
        let closed = patch(&stage, "closed", json!({"fields": {"status": "Closed"}})).await;
        assert_eq!((&closed["sla"]["due_at"], &closed["sla"]["state"]), (&Value::Null, &json!("stopped")));
        patch(&stage, "waits", json!({"fields": {"status": "Waiting for Customer"}})).await;
        patch(&stage, "reopened", json!({"fields": {"status": "Resolved"}})).await;
        stage.admin("DELETE", "/crm/record/tickets/deleted", None).await.expect(200);
        stage.reaches("2026-03-05T10:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE);
        let again = patch(&stage, "reopened", json!({"fields": {"status": "Open"}})).await;
        assert_eq!(again["sla"]["due_at"], "2026-03-06T10:00:00Z", "{again}");
        stage.reaches("2026-03-05T16:00:00Z").await;
        // It keeps to that: another change does not matter.
        let other = patch(&stage, "reopened", json!({"fields": {"category": "Printers"}})).await;
        assert_eq!(other["sla"]["due_at"], "2026-03-06T10:00:00Z", "{other}");
        stage.reaches("2026-03-06T09:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching reopened"]);
        stage.reaches("2026-03-06T10:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching reopened", "breached reopened"]);
        // Whoever says when somebody acted on it is believed.
        let said = json!({"fields": {"status": "Open", "last_action_date": "2026-03-06T09:00:00Z"}});
        assert_eq!(patch(&stage, "waits", said).await["sla"]["due_at"], "2026-03-06T17:00:00Z");
    }
}

story! {
    async fn a_customer_who_answers_a_ticket_that_waits_for_them_sets_its_clock_going(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "1", json!({"status": "Waiting for Customer"})).await;
        assert_eq!(shown(&stage, "1").await["state"], "stopped");
        stage.reaches("2026-03-05T10:00:00Z").await;
        let says = |text: &str, from_customer: bool| json!({"text": text, "from_customer": from_customer});
        let path = "/crm/record/tickets/1/comment";
        stage.admin("POST", path, Some(says("It still burns.", true))).await.expect(201);
        assert_eq!(due(&stage, "1").await, "2026-03-06T10:00:00Z");
        stage.reaches("2026-03-06T09:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1"]);
        // The team answers: it is the customer's turn again.
        stage.admin("POST", path, Some(says("Try water.", false))).await.expect(201);
        assert_eq!(shown(&stage, "1").await["state"], "stopped");
        stage.reaches("2026-03-10T10:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1"]);
        // Told of by the CRM, it is the same.
        let reply = json!({"type": "ticket.customer_replied", "module": "tickets", "record_id": "1", "data": {"text": "Worse."}});
        stage.admin("POST", "/crm/event", Some(reply)).await.expect(201);
        assert_eq!(due(&stage, "1").await, "2026-03-11T10:00:00Z");
        stage.reaches("2026-03-11T10:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1", "breached 1"]);
    }
}

story! {
    async fn what_the_team_says_begins_the_clock_anew_and_what_the_customer_adds_does_not(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "1", json!({})).await;
        let path = "/crm/record/tickets/1/comment";
        stage.reaches("2026-03-04T10:00:00Z").await;
        stage.admin("POST", path, Some(json!({"text": "Any news?", "from_customer": true}))).await.expect(201);
        assert_eq!(due(&stage, "1").await, "2026-03-04T15:00:00Z");
        stage.admin("POST", path, Some(json!({"text": "We look."}))).await.expect(201);
        assert_eq!(due(&stage, "1").await, "2026-03-05T10:00:00Z");
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE, "no late alert");
    }
}

story! {
    async fn what_fell_due_while_no_server_ran_is_told_late_and_only_the_last_step_of_it(on: On) {
        let mut stage = stage(on).await;
        ticket(&stage, "both", json!({})).await;
        ticket(&stage, "first", json!({"last_action_date": "2026-03-03T16:00:00Z"})).await;
        let clock = stage.world.app.clock.clone();
        stage = stage.restart().await;
        clock.set(belfry::clock::Instant::parse("2026-03-04T15:30:00Z").unwrap());
        stage = stage.restart().await;
        stage.reaches("2026-03-04T15:30:00Z").await;
        let mut told = alerts(&stage, BEN).await;
        told.sort();
        assert_eq!(told, ["approaching first", "breached both"]);
        let list = stage.sign_in(BEN).await.list("?type=sla_breached").await;
        let late = &list["notifications"][0];
        assert_eq!(late["metadata"]["late_seconds"], 1800, "{late}");
        assert!(late["message"].as_str().unwrap().starts_with("This alert is 30 minutes late. "), "{late}");
        stage = stage.restart().await;
        stage.reaches("2026-03-04T15:45:00Z").await;
        assert_eq!(alerts(&stage, BEN).await.len(), 2, "a restart tells nothing twice");
    }
}

story! {
    async fn a_ticket_that_is_given_to_somebody_else_keeps_its_clock(on: On) {
        let stage = stage(on).await;
        stage.choose(EVE, json!({"time_zone": "Asia/Tokyo"})).await;
        ticket(&stage, "1", json!({"last_action_date": "2026-03-03T15:00"})).await;
        stage.reaches("2026-03-04T14:00:00Z").await;
        let given = patch(&stage, "1", json!({"assigned_to": EVE, "send_notification": false})).await;
        assert_eq!(given["sla"]["due_at"], "2026-03-04T15:00:00Z");
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["approaching 1", "breached 1"]);
        let list = stage.sign_in(EVE).await.list("?type=sla_breached").await;
        let told = &list["notifications"][0];
        assert_eq!(told["metadata"]["due"], "Thu 5 Mar 2026, 00:00 (Asia/Tokyo)", "everybody reads their own clock");
        assert_eq!(told["metadata"]["assigned_to"], "Eve Support");
    }
}

story! {
    async fn the_outlook_of_a_ticket_says_who_will_be_told_when(on: On) {
        let stage = stage(on).await;
        ticks(&stage, BEN, true).await;
        ticket(&stage, "1", json!({})).await;
        let ask = |id: i64| format!("/crm/explain?module=tickets&id=1&user={id}");
        let ben = stage.admin("GET", &ask(BEN), None).await.expect(200);
        let eve = stage.admin("GET", &ask(EVE), None).await.expect(200);
        assert!(ben.to_string().contains("Ben Support will be told on Wed 4 Mar 2026 at 14:00 (UTC) if nobody acts."), "{ben}");
        assert!(eve.to_string().contains("Eve Support will not be told that time runs out: those who are on support are."), "{eve}");
    }
}

/// Has the response times be as in a database of a version that knew none, and the clock stand at this instant.
async fn never_computed(stage: &Stage, now: &str) {
    let (clock, now) = (stage.world.app.clock.clone(), belfry::clock::Instant::parse(now).unwrap());
    let forgotten = stage.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
        Box::pin(async move {
            tx.execute("DELETE FROM timers WHERE trigger_name = 'sla'", &[]).await?;
            tx.execute("DELETE FROM timer_bases WHERE trigger_name = 'sla'", &[]).await?;
            clock.set(now);
            Ok(())
        })
    });
    forgotten.await.unwrap();
}

story! {
    async fn an_upgrade_alarms_nobody_of_what_was_over_before_and_misses_nothing_that_comes(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "old", json!({})).await;
        ticket(&stage, "changed", json!({})).await;
        ticket(&stage, "near", json!({"last_action_date": "2026-03-04T10:30:00Z"})).await;
        ticket(&stage, "ahead", json!({"last_action_date": "2026-03-05T09:00:00Z"})).await;
        never_computed(&stage, "2026-03-05T10:00:00Z").await;
        patch(&stage, "changed", json!({"fields": {"category": "Printers"}})).await;
        computes(&stage).await;
        stage.reaches("2026-03-05T10:00:01Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE);
        assert_eq!(shown(&stage, "old").await["state"], "breached", "it is over all the same");
        stage.reaches("2026-03-05T10:30:00Z").await;
        stage.reaches("2026-03-05T16:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached near", "approaching ahead"]);
        // Somebody acts on it: its new clock is one like any other.
        patch(&stage, "old", json!({"fields": {"last_action_date": "2026-03-05T16:00:00Z"}})).await;
        stage.reaches("2026-03-06T09:00:00Z").await;
        stage.reaches("2026-03-06T15:00:00Z").await;
        stage.reaches("2026-03-06T16:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await[2..], ["breached ahead", "approaching old", "breached old"]);
        // Other settings make no news of it, and neither does another start.
        set(&stage, "helpdesk", json!({"default_response_hours": 7})).await;
        let stage = stage.restart().await;
        stage.reaches("2026-03-06T16:30:00Z").await;
        assert_eq!(alerts(&stage, BEN).await.len(), 5);
    }
}

story! {
    async fn tickets_that_are_brought_in_alarm_nobody_of_what_was_over_before_they_came(on: On) {
        let stage = stage(on).await;
        for id in ["1", "2", "3"] {
            ticket(&stage, id, json!({"last_action_date": "2025-01-01T09:00:00Z"})).await;
        }
        // Due in half an hour: it was near its end before it came.
        ticket(&stage, "near", json!({"last_action_date": "2026-03-02T15:30:00Z"})).await;
        stage.reaches("2026-03-03T15:00:01Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE);
        assert_eq!((shown(&stage, "1").await["state"].clone(), due(&stage, "near").await), (json!("breached"), "2026-03-03T15:30:00Z".to_owned()));
        stage.reaches("2026-03-03T15:30:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached near"]);
        let why = stage.sign_in(BEN).await.ask("GET", "/crm/explain?module=tickets&id=1", None).await;
        assert!(why.text.contains("was over before Belfry knew it, and nobody is told."), "{}", why.text);
        patch(&stage, "1", json!({"fields": {"last_action_date": "2026-03-03T15:30:00Z"}})).await;
        stage.reaches("2026-03-04T15:30:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached near", "breached 1"]);
    }
}

story! {
    async fn what_was_told_of_a_ticket_is_not_told_again_after_years(on: On) {
        let stage = stage(on).await;
        ticket(&stage, "1", json!({})).await;
        stage.reaches("2026-03-04T15:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1"]);
        stage.reaches("2027-05-04T09:00:00Z").await;
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM fired_timers").await, 0, "it is forgotten");
        set(&stage, "company", json!({"holidays": ["2027-12-24"]})).await;
        patch(&stage, "1", json!({"fields": {"category": "Printers"}})).await;
        stage.reaches("2027-05-04T09:00:01Z").await;
        assert_eq!(alerts(&stage, BEN).await, NONE);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM fired_timers").await, 0);
        patch(&stage, "1", json!({"fields": {"last_action_date": "2027-05-04T09:00:00Z"}})).await;
        stage.reaches("2027-05-04T17:00:00Z").await;
        assert_eq!(alerts(&stage, BEN).await, ["breached 1"]);
    }
}
