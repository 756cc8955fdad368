//! Personnel: people are told of birthdays, appraisals and ends of contracts some days before.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::world::On;

/// On the first of March 2026, at noon in London: Ada administers, Max leads Eve, and Ben is named in rules.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(1).await;
    for (id, choices) in [
        (1, json!({"name": "Ada Admin"})),
        (2, json!({"name": "Ben Support"})),
        (3, json!({"name": "Eve Sales", "time_zone": "America/New_York"})),
        (4, json!({"name": "Max Manager"})),
    ] {
        if id != 1 {
            stage.user(id, json!({})).await;
        }
        stage.choose(id, choices).await;
    }
    stage.admin("PUT", "/crm/user/3", Some(json!({"reports_to": 4}))).await.expect(200);
    stage
}

async fn rules(stage: &Stage, rules: Value) {
    stage.admin("PUT", "/crm/settings/personnel", Some(json!({"rules": rules}))).await.expect(200);
}

fn rule(field: &str, days_before: u16, recipients: &str) -> Value {
    json!({"field": field, "days_before": days_before, "recipients": recipients, "enabled": true})
}

async fn eve(stage: &Stage, fields: Value) {
    let mut all = json!({"user_id": 3});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let body = json!({"label": "Eve Sales", "fields": all});
    let reply = stage.admin("PUT", "/crm/record/personnel/p3", Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{}", reply.text);
}

async fn told(stage: &Stage, id: i64) -> Vec<String> {
    stage.sign_in(id).await.titles("?type=personnel_date").await
}

/// Moves time and lets timers fire.
async fn at(stage: &Stage, instant: &str) {
    stage.reaches(instant).await;
    stage.settles().await;
}

story! {
    async fn t3_person_manager_and_named_users_are_told_at_nine_of_the_persons_morning_days_before(on: On) {
        let stage = stage(on).await;
        at(&stage, "2027-03-01T12:00:00Z").await;
        rules(&stage, json!([rule("appraisal_date", 14, "person, manager; Ben Support")])).await;
        eve(&stage, json!({"appraisal_date": "2027-03-24"})).await;
        // The tenth of March at nine in New York, where the clocks are still on winter time until the fourteenth.
        at(&stage, "2027-03-10T13:59:59Z").await;
        assert!(told(&stage, 3).await.is_empty());
        at(&stage, "2027-03-10T14:00:01Z").await;
        for id in [2, 3, 4] {
            assert_eq!(told(&stage, id).await, ["Eve Sales: Appraisal Date is in 14 days"], "{id}");
            assert_eq!(stage.subjects(id).len(), 1, "{id}");
        }
        assert!(told(&stage, 1).await.is_empty());
        at(&stage, "2027-03-30T14:00:00Z").await;
        assert_eq!(told(&stage, 4).await.len(), 1);
    }
}

story! {
    async fn t3_a_birthday_is_told_of_every_year(on: On) {
        let stage = stage(on).await;
        at(&stage, "2027-01-01T12:00:00Z").await;
        // Birthdays come every year, and a rule that somebody writes is in force: neither need be said.
        let birthdays = json!([{"field": "birth_date", "days_before": 1, "recipients": "manager"}]);
        rules(&stage, birthdays).await;
        eve(&stage, json!({"birth_date": "1992-02-29"})).await;
        at(&stage, "2027-02-27T14:00:01Z").await;
        assert_eq!(told(&stage, 4).await, ["Eve Sales's birthday is tomorrow"]);
        // A year later the first one has gone by retention; the letters were sent.
        at(&stage, "2028-02-28T13:59:59Z").await;
        assert_eq!(stage.subjects(4).len(), 1);
        at(&stage, "2028-02-28T14:00:01Z").await;
        assert_eq!(stage.subjects(4).len(), 2);
        assert_eq!(told(&stage, 4).await, ["Eve Sales's birthday is tomorrow"]);
    }
}

story! {
    async fn t3_what_a_rule_leaves_out_is_as_the_shipped_rules_have_it(on: On) {
        let stage = stage(on).await;
        let brief = |field: &str| json!({"field": field, "recipients": "manager"});
        let said = json!([
            brief("birth_date"), brief("start_date"), brief("leaving_date"), brief("medical_check"),
            {"field": "birth_date", "recipients": "manager", "yearly": false, "enabled": false},
            {"field": "contract_end", "recipients": "manager", "yearly": true, "enabled": true},
        ]);
        rules(&stage, said).await;
        let shown = stage.admin("GET", "/crm/settings/personnel", None).await.expect(200);
        let kept: Vec<(bool, bool)> = shown["settings"]["rules"].as_array().unwrap().iter()
            .map(|rule| (rule["yearly"].as_bool().unwrap(), rule["enabled"].as_bool().unwrap()))
            .collect();
        assert_eq!(kept, [(true, true), (true, true), (false, true), (false, true), (false, false), (true, true)]);
        // What is shown may be written back as it is.
        rules(&stage, shown["settings"]["rules"].clone()).await;
        assert_eq!(stage.admin("GET", "/crm/settings/personnel", None).await.expect(200), shown);
    }
}

story! {
    async fn t3_it_is_told_at_once_if_that_hour_has_passed_today_and_once_only(on: On) {
        let stage = stage(on).await;
        at(&stage, "2027-03-01T18:00:00Z").await;
        rules(&stage, json!([rule("leaving_date", 0, "manager")])).await;
        eve(&stage, json!({"leaving_date": "2027-03-01"})).await;
        at(&stage, "2027-03-01T18:00:01Z").await;
        assert_eq!(told(&stage, 4).await, ["Eve Sales: Leaving Date is today"]);
        eve(&stage, json!({"leaving_date": "2027-03-01", "job_title": "Seller"})).await;
        at(&stage, "2027-03-02T18:00:01Z").await;
        assert_eq!(told(&stage, 4).await.len(), 1);
    }
}

story! {
    async fn t3_another_date_another_zone_and_a_rule_taken_out_of_force_move_what_is_told(on: On) {
        let stage = stage(on).await;
        at(&stage, "2027-03-01T12:00:00Z").await;
        rules(&stage, json!([rule("contract_end", 7, "manager")])).await;
        eve(&stage, json!({"contract_end": "2027-03-12"})).await;
        eve(&stage, json!({"contract_end": "2027-03-22"})).await;
        at(&stage, "2027-03-10T12:00:00Z").await;
        assert!(told(&stage, 4).await.is_empty());
        // She moves to Tokyo: nine in the morning comes thirteen hours earlier.
        stage.choose(3, json!({"time_zone": "Asia/Tokyo"})).await;
        at(&stage, "2027-03-14T23:59:59Z").await;
        assert!(told(&stage, 4).await.is_empty());
        at(&stage, "2027-03-15T00:00:01Z").await;
        assert_eq!(told(&stage, 4).await, ["Eve Sales: End of Contract is in 7 days"]);
        eve(&stage, json!({"contract_end": "2027-04-22"})).await;
        rules(&stage, json!([{"field": "contract_end", "days_before": 7, "recipients": "manager", "enabled": false}]))
            .await;
        at(&stage, "2027-04-22T12:00:00Z").await;
        assert_eq!(told(&stage, 4).await.len(), 1);
    }
}

story! {
    async fn t3_rules_are_shipped_and_switched_off_and_wrong_ones_are_refused(on: On) {
        let stage = stage(on).await;
        let shown = stage.admin("GET", "/crm/settings/personnel", None).await.expect(200);
        let shipped = shown["settings"]["rules"].as_array().unwrap();
        assert!(shipped.len() >= 5 && shipped.iter().all(|rule| rule["enabled"] == false), "{shown}");
        for (wrong, says) in [
            (rule("birthdate", 1, "manager"), "did you mean birth_date?"),
            (json!({"field": "appraisal_date", "day_before": 1}), "rules[0].day_before is unknown; did you mean \"days_before\"?"),
            (rule("appraisal_date", 400, "manager"), "366"),
            (rule("appraisal_date", 1, ""), "tells nobody"),
            (rule("appraisal_date", 1, "manager; Max Manger"), "did you mean Max Manager?"),
        ] {
            let refused =
                stage.admin("PUT", "/crm/settings/personnel", Some(json!({"rules": [wrong]}))).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().contains(says), "{refused}");
        }
    }
}

story! {
    async fn t3_the_e_mail_says_what_comes_and_when(on: On) {
        let stage = stage(on).await;
        at(&stage, "2027-03-10T15:00:00Z").await;
        rules(&stage, json!([rule("appraisal_date", 14, "manager")])).await;
        eve(&stage, json!({"appraisal_date": "2027-03-24"})).await;
        at(&stage, "2027-03-10T15:00:01Z").await;
        let letters = stage.letters(4);
        let [letter] = &letters[..] else { panic!("{} letters", letters.len()) };
        assert!(letter.subject().contains("Appraisal Date") && letter.subject().contains("Eve Sales"), "{}", letter.subject());
        assert!(letter.text().contains("in 14 days"), "{}", letter.text());
    }
}
