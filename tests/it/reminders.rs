//! Activity reminders (R1-R5, Q29, Q30, Q36, promises P16-P19): who is reminded of what, when, by which ways, and how
//! often.

use std::time::Duration;

use belfry::clock::Instant;
use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, hook};
use crate::world::{On, World};

const EVE: i64 = 1;
const BEN: i64 = 2;

/// A day that is like others: nobody's clock is moved.
const DAY: &str = "2026-03-03";

/// A stage with Eve and Ben, who live by UTC and hear by e-mail.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    for (id, name) in [(EVE, "Eve Sales"), (BEN, "Ben Support")] {
        stage.user(id, json!({"name": name})).await;
    }
    stage
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/reminders", Some(settings)).await.expect(200);
    // Timers are computed anew within a second.
    stage.world.app.tick().await;
}

/// Makes an activity of Eve's, or changes it; nobody is told that it was assigned.
async fn put(stage: &Stage, id: &str, fields: Value) -> Value {
    let label = format!("Call {id}");
    let body = json!({"label": label, "assigned_to": EVE, "fields": fields, "send_notification": false});
    let reply = stage.admin("PUT", &format!("/crm/record/activities/{id}"), Some(body)).await;
    assert!([200, 201].contains(&reply.status), "{}", reply.text);
    reply.body["record"].clone()
}

/// An activity of Eve's that begins at this time of the day.
async fn call(stage: &Stage, id: &str, time: &str) {
    put(stage, id, json!({"activity_type": "call", "starts_at": format!("{DAY}T{time}:00Z")})).await;
}

async fn patch(stage: &Stage, id: &str, body: Value) -> Value {
    let path = format!("/crm/record/activities/{id}");
    stage.admin("PATCH", &path, Some(body)).await.expect(200)["record"].clone()
}

/// It is this time of the day, and whatever is due was done.
async fn clock(stage: &Stage, time: &str) {
    let time = if time.contains('T') { time.to_owned() } else { format!("{DAY}T{time}Z") };
    stage.reaches(&time).await;
}

/// The reminders that somebody has, oldest first.
async fn reminders(stage: &Stage, id: i64) -> Vec<Value> {
    let list = stage.sign_in(id).await.list("?type=activity_reminder&limit=100").await;
    list["notifications"].as_array().unwrap().iter().rev().cloned().collect()
}

async fn titles(stage: &Stage, id: i64) -> Vec<String> {
    let reminders = reminders(stage, id).await;
    reminders.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

story! {
    async fn r1_by_default_the_assigned_user_is_reminded_fifteen_minutes_before_a_call_a_meeting_a_task(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for kind in ["call", "meeting", "task"] {
            put(&stage, kind, json!({"activity_type": kind, "starts_at": format!("{DAY}T10:00:00Z"), "ends_at": format!("{DAY}T10:30:00Z")})).await;
        }
        clock(&stage, "09:44:59").await;
        assert_eq!(titles(&stage, EVE).await, [""; 0], "none at 09:44");
        clock(&stage, "09:45:00").await;
        let mut told = titles(&stage, EVE).await;
        told.sort();
        assert_eq!(told, ["Call call at 10:00", "Call meeting at 10:00", "Call task at 10:00"]);
        let told = reminders(&stage, EVE).await;
        let call = told.iter().find(|item| item["title"] == "Call call at 10:00").unwrap();
        assert_eq!(call["message"], "In 15 minutes: Call call, Tue 3 Mar 2026, 10:00–10:30 (UTC)");
        assert_eq!(
            call["metadata"],
            json!({"module": "activities", "record_id": "call", "activity_type": "call",
                "when": "Tue 3 Mar 2026, 10:00 (UTC)", "starts_at": format!("{DAY}T10:00:00Z")})
        );
        assert!(call["link"].as_str().unwrap().ends_with("/records/activities/call"), "{call}");
        // Once, and nobody else.
        for time in ["09:46:00", "10:00:00", "12:00:00"] {
            clock(&stage, time).await;
        }
        assert_eq!((titles(&stage, EVE).await.len(), titles(&stage, BEN).await.len()), (3, 0));
    }
}

story! {
    async fn r2_days_hours_and_minutes_of_0_switch_reminders_off(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "made before", "10:00").await;
        set(&stage, json!({"default_days": 0, "default_hours": 0, "default_minutes": 0})).await;
        call(&stage, "made after", "10:00").await;
        for time in ["09:45:00", "10:00:00", "10:15:00"] {
            clock(&stage, time).await;
        }
        assert_eq!(titles(&stage, EVE).await, [""; 0]);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM timers").await, 0);
    }
}

story! {
    async fn r3_what_an_activity_says_itself_wins_over_the_default(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        set(&stage, json!({"default_minutes": 0})).await;
        let starts = format!("{DAY}T10:00:00Z");
        put(&stage, "hour", json!({"activity_type": "call", "starts_at": starts, "reminder_minutes": 60})).await;
        clock(&stage, "08:59:59").await;
        assert_eq!(titles(&stage, EVE).await, [""; 0]);
        clock(&stage, "09:00:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call hour at 10:00"]);
        // Minutes of 0, switched on: as it begins (Q29).
        let now = put(&stage, "now", json!({"activity_type": "call", "starts_at": starts, "reminder_minutes": 0})).await;
        assert_eq!((&now["reminder"]["on"], &now["reminder"]["minutes"], &now["reminder"]["from"]), (&json!(true), &json!(0), &json!("activity")));
        set(&stage, json!({"default_minutes": 15})).await;
        let off = put(&stage, "off", json!({"activity_type": "call", "starts_at": starts, "reminder_on": false})).await;
        assert_eq!((&off["reminder"]["on"], &off["reminder"]["from"], &off["reminder"]["next"]), (&json!(false), &json!("off"), &json!([])));
        clock(&stage, "09:59:59").await;
        assert_eq!(titles(&stage, EVE).await, ["Call hour at 10:00"]);
        clock(&stage, "10:00:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call hour at 10:00", "Call now at 10:00"]);
    }
}

story! {
    async fn r4_reminders_go_by_e_mail_and_webhook_whatever_the_user_chose(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        stage.choose(EVE, json!({"receive_by": "none", "webhook_url": stage.net.url(&hook("eve"))})).await;
        call(&stage, "first", "10:00").await;
        clock(&stage, "09:45:00").await;
        let told = reminders(&stage, EVE).await[0]["notification_id"].as_i64().unwrap();
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook sent"]);
        assert_eq!((stage.subjects(EVE).len(), stage.hooked("eve")), (1, vec!["Call first at 10:00".to_owned()]));
        // Without a URL: by e-mail alone, and that is no error (Q36).
        stage.choose(EVE, json!({"webhook_url": null})).await;
        call(&stage, "second", "11:00").await;
        clock(&stage, "10:45:00").await;
        let told = reminders(&stage, EVE).await[1]["notification_id"].as_i64().unwrap();
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook suppressed no_url"]);
        assert_eq!(stage.subjects(EVE).len(), 2);
    }
}

story! {
    async fn r5_an_activity_that_is_moved_after_its_reminder_is_reminded_of_once_more(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        // Moved before it: only the new time counts.
        call(&stage, "a", "10:30").await;
        clock(&stage, "09:45:00").await;
        assert_eq!(titles(&stage, EVE).await, [""; 0]);
        clock(&stage, "10:15:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call a at 10:30"]);
        call(&stage, "a", "11:30").await;
        clock(&stage, "11:14:59").await;
        assert_eq!(titles(&stage, EVE).await.len(), 1);
        for time in ["11:15:00", "11:16:00", "11:30:00"] {
            clock(&stage, time).await;
        }
        assert_eq!(titles(&stage, EVE).await, ["Call a at 10:30", "Call a at 11:30"]);
        // The calendar that has the first has it moved by the second.
        let events: Vec<Value> = stage.letters(EVE).iter().map(|letter| letter.0["calendars"][0].clone()).collect();
        assert_eq!((events.len(), &events[0]["uid"]), (2, &events[1]["uid"]), "{events:#?}");
        assert!(events[0]["sequence"].as_i64() < events[1]["sequence"].as_i64(), "{events:#?}");
    }
}

story! {
    async fn r5_the_new_assigned_user_is_reminded_and_the_old_one_is_not(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        patch(&stage, "a", json!({"assigned_to": BEN, "send_notification": false})).await;
        clock(&stage, "09:45:00").await;
        assert_eq!((titles(&stage, EVE).await.len(), titles(&stage, BEN).await), (0, vec!["Call a at 10:00".to_owned()]));
        patch(&stage, "a", json!({"assigned_to": null, "send_notification": false})).await;
        clock(&stage, "10:00:00").await;
        assert_eq!((titles(&stage, EVE).await.len(), titles(&stage, BEN).await.len()), (0, 1));
    }
}

story! {
    async fn r5_nobody_is_reminded_of_what_is_done_cancelled_or_deleted(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for id in ["done", "cancelled", "deleted", "stands"] {
            call(&stage, id, "10:00").await;
        }
        patch(&stage, "done", json!({"fields": {"status": "Completed"}})).await;
        patch(&stage, "cancelled", json!({"fields": {"status": "Cancelled"}})).await;
        stage.admin("DELETE", "/crm/record/activities/deleted", None).await.expect(200);
        clock(&stage, "09:45:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call stands at 10:00"]);
    }
}

story! {
    async fn whoever_was_reminded_hears_that_it_is_off_and_their_calendar_too(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for id in ["cancelled", "deleted", "given"] {
            call(&stage, id, "10:00").await;
        }
        clock(&stage, "09:45:00").await;
        patch(&stage, "cancelled", json!({"fields": {"status": "Cancelled"}})).await;
        patch(&stage, "given", json!({"assigned_to": BEN, "actor_id": BEN})).await;
        stage.admin("DELETE", "/crm/record/activities/deleted", None).await.expect(200);
        stage.settles().await;
        let told = titles(&stage, EVE).await.split_off(3);
        assert_eq!(told, ["Cancelled: Call cancelled at 10:00", "No longer yours: Call given at 10:00", "Cancelled: Call deleted at 10:00"]);
        let letters = stage.letters(EVE);
        let methods: Vec<&str> = letters.iter().map(|letter| letter.0["calendars"][0]["method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["PUBLISH", "PUBLISH", "PUBLISH", "CANCEL", "CANCEL", "CANCEL"]);
        // Ben has it now and it begins in a quarter of an hour: he hears at once.
        clock(&stage, "09:50:00").await;
        assert_eq!(titles(&stage, BEN).await, ["Call given at 10:00"]);
        // Cancelled once more, after it began: nobody hears of it.
        clock(&stage, "10:01:00").await;
        stage.admin("DELETE", "/crm/record/activities/given", None).await.expect(200);
        assert_eq!(titles(&stage, BEN).await.len(), 1);
    }
}

story! {
    async fn what_is_put_back_after_it_was_taken_away_is_reminded_of_anew(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for id in ["cancelled", "deleted", "given", "moved"] {
            call(&stage, id, "10:00").await;
        }
        clock(&stage, "09:45:00").await;
        assert_eq!(titles(&stage, EVE).await.len(), 4);
        patch(&stage, "cancelled", json!({"fields": {"status": "Cancelled"}})).await;
        stage.admin("DELETE", "/crm/record/activities/deleted", None).await.expect(200);
        patch(&stage, "given", json!({"assigned_to": BEN, "actor_id": BEN})).await;
        call(&stage, "moved", "11:00").await;
        clock(&stage, "09:46:00").await;
        assert_eq!((titles(&stage, EVE).await.len(), titles(&stage, BEN).await.len()), (7, 1), "three hear that it is off");
        patch(&stage, "cancelled", json!({"fields": {"status": "Planned"}})).await;
        call(&stage, "deleted", "10:00").await;
        patch(&stage, "given", json!({"assigned_to": EVE, "actor_id": EVE})).await;
        call(&stage, "moved", "10:00").await;
        clock(&stage, "09:47:00").await;
        let mut told = titles(&stage, EVE).await.split_off(7);
        told.sort();
        assert_eq!(told, ["Call cancelled at 10:00", "Call deleted at 10:00", "Call given at 10:00"]);
        assert_eq!(titles(&stage, BEN).await, ["Call given at 10:00", "No longer yours: Call given at 10:00"]);
        // What calendars get of the one that was deleted and made again outdoes what they have.
        let letters = stage.letters(EVE);
        let events = letters.iter().map(|letter| &letter.0["calendars"][0]);
        let of_deleted: Vec<i64> = events
            .filter(|event| event["uid"].as_str().unwrap().starts_with("activity-deleted@"))
            .map(|event| event["sequence"].as_i64().unwrap())
            .collect();
        assert!(of_deleted.len() == 3 && of_deleted.is_sorted_by(|a, b| a < b), "{of_deleted:?}");
        clock(&stage, "12:00:00").await;
        assert_eq!((titles(&stage, EVE).await.len(), titles(&stage, BEN).await.len()), (10, 2), "once each");
    }
}

story! {
    async fn a_series_that_is_deleted_between_two_of_its_times_leaves_the_calendar(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        put(&stage, "weekly", json!({"activity_type": "call", "starts_at": format!("{DAY}T10:00:00Z"), "rrule": "FREQ=WEEKLY"})).await;
        clock(&stage, "09:45:00").await;
        clock(&stage, "2026-03-05T12:00:00Z").await;
        stage.admin("DELETE", "/crm/record/activities/weekly", None).await.expect(200);
        stage.settles().await;
        assert_eq!(titles(&stage, EVE).await, ["Call weekly at 10:00", "Cancelled: Call weekly on Tue 10 Mar 2026 at 10:00"]);
        assert_eq!(stage.letters(EVE)[1].0["calendars"][0]["method"], "CANCEL");
    }
}

story! {
    async fn many_that_are_given_away_at_once_are_told_once(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for id in ["a", "b", "c", "d"] {
            call(&stage, id, "10:00").await;
        }
        clock(&stage, "09:45:00").await;
        let give = |ids: Value| json!({"ids": ids, "assigned_to": BEN, "actor_id": BEN});
        stage.admin("POST", "/crm/record/activities/reassign", Some(give(json!(["a", "b"])))).await.expect(200);
        stage.settles().await;
        assert_eq!(titles(&stage, EVE).await.split_off(4), ["2 activities are no longer yours"]);
        assert_eq!(stage.letters(EVE).len(), 5);
        // Where previous owners are told anyway, that one e-mail says it all.
        stage.admin("PUT", "/crm/settings/notifications", Some(json!({"previous_owner": {"activities": true}}))).await.expect(200);
        stage.admin("POST", "/crm/record/activities/reassign", Some(give(json!(["c", "d"])))).await.expect(200);
        stage.settles().await;
        let letters = stage.letters(EVE);
        assert_eq!((letters.len(), titles(&stage, EVE).await.len()), (6, 5));
        assert_eq!(stage.subjects(EVE)[5], "2 activities are no longer assigned to you");
        let methods: Vec<&str> = letters[5].0["calendars"].as_array().unwrap().iter().map(|event| event["method"].as_str().unwrap()).collect();
        assert!(methods.len() >= 2 && methods.iter().all(|method| *method == "CANCEL"), "{methods:?}");
    }
}

story! {
    async fn a_longer_lead_reminds_of_each_time_of_a_series_that_is_due_by_it(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        set(&stage, json!({"default_days": 1, "default_minutes": 0})).await;
        put(&stage, "daily", json!({"activity_type": "call", "starts_at": "2026-03-04T10:00:00Z", "rrule": "FREQ=DAILY"})).await;
        clock(&stage, "10:00:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call daily on Wed 4 Mar 2026 at 10:00"]);
        clock(&stage, "12:00:00").await;
        set(&stage, json!({"default_days": 3})).await;
        stage.world.app.tick().await;
        assert_eq!(titles(&stage, EVE).await[1..], ["Call daily on Thu 5 Mar 2026 at 10:00", "Call daily on Fri 6 Mar 2026 at 10:00"]);
        clock(&stage, "2026-03-04T10:00:00Z").await;
        assert_eq!(titles(&stage, EVE).await[3..], ["Call daily on Sat 7 Mar 2026 at 10:00"]);
    }
}

story! {
    async fn what_is_made_inside_the_window_is_told_at_once_and_after_the_start_never(on: On) {
        let stage = stage(on).await;
        clock(&stage, "09:50:00").await;
        call(&stage, "soon", "10:00").await;
        call(&stage, "past", "09:49").await;
        stage.world.app.tick().await;
        let told = reminders(&stage, EVE).await;
        assert_eq!((told.len(), &told[0]["message"]), (1, &json!("In 10 minutes: Call soon, Tue 3 Mar 2026, 10:00 (UTC)")));
        assert_eq!(told[0]["metadata"]["late_seconds"], Value::Null);
        clock(&stage, "11:00:00").await;
        assert_eq!(titles(&stage, EVE).await.len(), 1);
    }
}

story! {
    async fn what_fell_due_while_the_server_was_down_is_told_once_and_says_how_late_it_is(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        call(&stage, "changed", "10:00").await;
        let stop = Instant::parse(&format!("{DAY}T11:45:00Z")).unwrap();
        stage.world.app.clock.set(stop);
        // Also where somebody touches it after it began and before the server looks.
        patch(&stage, "changed", json!({"fields": {"note": "Ask for the invoice"}})).await;
        let stage = stage.restart().await;
        stage.world.app.tick().await;
        let mut told = titles(&stage, EVE).await;
        told.sort();
        assert_eq!(told, ["Call a at 10:00", "Call changed at 10:00"]);
        for item in reminders(&stage, EVE).await {
            assert!(item["message"].as_str().unwrap().starts_with("This reminder is 2 hours late: Call "), "{item}");
            assert_eq!(item["metadata"]["late_seconds"], 7_200);
        }
        let stage = stage.restart().await;
        stage.passes(60).await;
        assert_eq!(titles(&stage, EVE).await.len(), 2, "once");
    }
}

story! {
    async fn of_a_series_each_time_is_told_and_of_what_was_missed_the_newest(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        let daily = json!({"activity_type": "meeting", "starts_at": "2026-03-03T10:00", "rrule": "FREQ=DAILY;COUNT=6"});
        let shown = put(&stage, "daily", daily).await;
        let next: Vec<String> = (3..8).map(|day| format!("2026-03-0{day}T09:45:00Z")).collect();
        assert_eq!(shown["reminder"]["next"], json!(next));
        clock(&stage, "09:45:00").await;
        clock(&stage, "2026-03-04T09:45:00Z").await;
        assert_eq!(titles(&stage, EVE).await.len(), 2);
        // Down from then until the 7th, at noon.
        stage.world.app.clock.set(Instant::parse("2026-03-07T12:00:00Z").unwrap());
        let stage = stage.restart().await;
        stage.world.app.tick().await;
        let told = reminders(&stage, EVE).await;
        assert_eq!((told.len(), &told[2]["metadata"]["starts_at"]), (3, &json!("2026-03-07T10:00:00Z")));
        assert_eq!(told[2]["metadata"]["late_seconds"], 8_100);
        // Those that were not made up for are written down.
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM fired_timers WHERE user_id IS NULL").await, 2);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM reasons WHERE notification_id IS NULL AND trigger_name = 'reminder'").await, 2);
        clock(&stage, "2026-03-08T09:45:00Z").await;
        clock(&stage, "2026-03-09T09:45:00Z").await;
        assert_eq!(titles(&stage, EVE).await.len(), 4, "six times in all");
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM timers").await, 0);
    }
}

story! {
    async fn another_default_counts_for_what_stands_already(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        call(&stage, "b", "12:00").await;
        set(&stage, json!({"default_hours": 2, "default_minutes": 30})).await;
        assert_eq!(titles(&stage, EVE).await, ["Call a at 10:00"], "its time is past by now");
        clock(&stage, "09:29:59").await;
        assert_eq!(titles(&stage, EVE).await.len(), 1);
        clock(&stage, "09:30:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call a at 10:00", "Call b at 12:00"]);
        // Nobody is reminded again of what they were reminded of.
        set(&stage, json!({"default_hours": 0, "default_minutes": 15})).await;
        for time in ["09:45:00", "11:45:00"] {
            clock(&stage, time).await;
        }
        assert_eq!(titles(&stage, EVE).await.len(), 2);
    }
}

story! {
    async fn the_clock_on_the_wall_of_the_assigned_user_counts(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        put(&stage, "wall", json!({"activity_type": "call", "starts_at": format!("{DAY}T12:00")})).await;
        call(&stage, "instant", "12:00").await;
        // Eve flies to Helsinki, where it is two hours later.
        stage.choose(EVE, json!({"time_zone": "Europe/Helsinki"})).await;
        stage.world.app.tick().await;
        clock(&stage, "09:44:59").await;
        assert_eq!(titles(&stage, EVE).await, [""; 0]);
        clock(&stage, "09:45:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call wall at 12:00"]);
        clock(&stage, "11:45:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call wall at 12:00", "Call instant at 14:00"]);
        assert!(reminders(&stage, EVE).await[1]["message"].as_str().unwrap().ends_with("14:00 (Europe/Helsinki)"));
    }
}

story! {
    async fn a_daily_call_keeps_its_hour_when_the_clocks_are_changed(on: On) {
        let stage = stage(on).await;
        stage.choose(EVE, json!({"time_zone": "America/New_York"})).await;
        clock(&stage, "2026-03-07T12:00:00Z").await;
        put(&stage, "daily", json!({"activity_type": "call", "starts_at": "2026-03-07T02:30", "rrule": "FREQ=DAILY"})).await;
        let mut told = Vec::new();
        // 02:30 is left out on the 8th: it begins at the moment of the jump, 03:00.
        for (before, at) in [
            ("2026-03-08T06:44:59Z", "2026-03-08T06:45:00Z"), ("2026-03-09T06:14:59Z", "2026-03-09T06:15:00Z"),
        ] {
            clock(&stage, before).await;
            assert_eq!(titles(&stage, EVE).await, told, "{before}");
            clock(&stage, at).await;
            told.push(if told.is_empty() { "Call daily at 03:00" } else { "Call daily at 02:30" }.to_owned());
            assert_eq!(titles(&stage, EVE).await, told, "{at}");
        }
    }
}

story! {
    async fn a_clock_that_is_stepped_repeats_and_loses_nothing(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        put(&stage, "daily", json!({"activity_type": "call", "starts_at": format!("{DAY}T10:00:00Z"), "rrule": "FREQ=DAILY"})).await;
        call(&stage, "once", "10:00").await;
        clock(&stage, "09:50:00").await;
        assert_eq!(titles(&stage, EVE).await.len(), 2);
        clock(&stage, "09:00:00").await;
        // Also where everything is computed anew meanwhile.
        patch(&stage, "daily", json!({"label": "Call every day"})).await;
        patch(&stage, "once", json!({"label": "Call but once"})).await;
        for time in ["09:45:00", "09:50:00", "10:00:00"] {
            clock(&stage, time).await;
        }
        assert_eq!(titles(&stage, EVE).await.len(), 2, "nothing twice");
        clock(&stage, "2026-03-04T09:45:00Z").await;
        assert_eq!(titles(&stage, EVE).await.split_off(2), ["Call every day at 10:00"]);
    }
}

story! {
    async fn five_hundred_in_the_same_second_are_told_each_once(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        for n in 0..500 {
            call(&stage, &n.to_string(), "10:00").await;
        }
        stage.world.app.clock.set(Instant::parse(&format!("{DAY}T09:45:00Z")).unwrap());
        let begun = tokio::time::Instant::now();
        stage.world.app.triggers.fire_due().await.unwrap();
        println!("500 reminders fired in {:?}", begun.elapsed());
        stage.passes(1).await;
        assert_eq!(stage.world.number("SELECT COUNT(DISTINCT title) FROM notification_contents WHERE type = 'activity_reminder'").await, 500);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM notification_contents WHERE type = 'activity_reminder'").await, 500);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM timers").await, 0);
    }
}

story! {
    async fn a_timer_of_a_record_that_is_no_more_goes_without_a_word(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        // Behind the server's back.
        let write = stage.world.app.database.write::<_, belfry::storage::Error, _>(|tx| {
            Box::pin(async move { tx.execute("DELETE FROM records", &[]).await })
        });
        write.await.unwrap();
        clock(&stage, "09:45:00").await;
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM timers").await, 0);
    }
}

story! {
    async fn what_has_fired_is_forgotten_once_it_cannot_matter_any_more(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        call(&stage, "a", "10:00").await;
        clock(&stage, "09:45:00").await;
        let fired = "SELECT COUNT(*) FROM fired_timers";
        clock(&stage, "2027-04-06T00:00:00Z").await;
        assert_eq!(stage.world.number(fired).await, 1);
        clock(&stage, "2027-04-08T00:00:00Z").await;
        assert_eq!(stage.world.number(fired).await, 0);
    }
}

/// Many activities like this one, written at once behind the server's back.
async fn copies(stage: &Stage, of: &'static str, number: usize) {
    let write = stage.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
        Box::pin(async move {
            for n in 0..number {
                let id = format!("{of}{n}");
                tx.execute(
                    "INSERT INTO records (module, id, label, label_key, assigned_to, fields, version, created_at, updated_at)
                     SELECT module, $1, label, label_key, assigned_to, fields, version, created_at, updated_at
                     FROM records WHERE id = $2",
                    belfry::params![&id, of],
                )
                .await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
}

story! {
    async fn one_record_that_cannot_be_read_leaves_the_others_their_timers(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        put(&stage, "wall", json!({"activity_type": "call", "starts_at": format!("{DAY}T12:00")})).await;
        copies(&stage, "wall", 1_020).await;
        let write = stage.world.app.database.write::<_, belfry::storage::Error, _>(|tx| {
            Box::pin(async move { tx.execute("UPDATE records SET fields = '{' WHERE id = 'wall700'", &[]).await })
        });
        write.await.unwrap();
        let due = async |time: &str| {
            let due = Instant::parse(&format!("{DAY}T{time}Z")).unwrap().0;
            let sql: &'static str = format!("SELECT COUNT(*) FROM timers WHERE due_at = {due}").leak();
            stage.world.number(sql).await
        };
        // What another run holds just then is left to a later one.
        let settled = async |sql: &'static str| {
            for _ in 0..200 {
                if stage.world.number(sql).await == 0 {
                    return;
                }
                stage.world.app.tick().await;
            }
            panic!("it comes to no end: {sql}");
        };
        set(&stage, json!({"default_hours": 1, "default_minutes": 0})).await;
        settled("SELECT COUNT(*) FROM timer_bases WHERE next_basis IS NOT NULL").await;
        assert_eq!(due("11:00:00").await, 1_020, "by the settings: all but one");
        stage.choose(EVE, json!({"time_zone": "Europe/Helsinki"})).await;
        settled("SELECT COUNT(*) FROM zone_changes").await;
        assert_eq!(due("09:00:00").await, 1_020, "by the clock on her wall: all but one");
    }
}

story! {
    async fn what_fired_long_ago_is_known_and_not_counted(on: On) {
        let stage = stage(on).await;
        clock(&stage, "08:00:00").await;
        put(&stage, "often", json!({"activity_type": "call", "starts_at": "2025-01-01T00:00:00Z",
            "rrule": "FREQ=MINUTELY;INTERVAL=30;UNTIL=20260303T090000Z"})).await;
        let write = stage.world.app.database.write::<_, belfry::storage::Error, _>(|tx| {
            Box::pin(async move {
                let now = Instant::parse(&format!("{DAY}T08:00:00Z")).unwrap();
                for n in 1..=19_200 {
                    let start = now.minus(Duration::from_secs(1800 * n));
                    let occurrence = format!("{}:{EVE}", start.0);
                    tx.execute(
                        "INSERT INTO fired_timers (module, record_id, trigger_name, occurrence, user_id, due_at, fired_at)
                         VALUES ('activities', 'often', 'reminder', $1, $2, $3, $3)",
                        belfry::params![&occurrence, EVE, start],
                    )
                    .await?;
                }
                Ok(())
            })
        });
        write.await.unwrap();
        let shown = async || {
            let begun = tokio::time::Instant::now();
            let reply = stage.admin("GET", "/crm/record/activities/often", None).await.expect(200)["record"]["reminder"].clone();
            println!("shown beside 19,200 that fired in {:?}", begun.elapsed());
            reply
        };
        assert_eq!(shown().await["next"], json!([format!("{DAY}T08:15:00Z"), format!("{DAY}T08:45:00Z")]));
        clock(&stage, "08:15:00").await;
        clock(&stage, "08:45:00").await;
        assert_eq!(titles(&stage, EVE).await, ["Call often at 08:30", "Call often at 09:00"]);
        assert_eq!(shown().await["next"], json!([]), "both have fired and lie ahead");
        clock(&stage, "09:05:00").await;
        assert_eq!(shown().await["sentence"], "Eve Sales was reminded, and no further time lies ahead.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_tell_each_reminder_once() {
    if std::env::var_os("BELFRY_TEST_POSTGRES").is_none() {
        println!("PASSED OVER: no PostgreSQL here; `make test` starts one");
        return;
    }
    let stage = stage(On::Postgres).await;
    let config = stage.world.config.clone();
    let beside = World::with(On::Sqlite, |own| *own = config).await;
    beside.ask("GET", "/readyz", &[], None).await.expect(200);
    clock(&stage, "08:00:00").await;
    for n in 0..300 {
        call(&stage, &n.to_string(), "10:00").await;
    }
    let due = Instant::parse(&format!("{DAY}T09:45:00Z")).unwrap();
    beside.app.clock.set(due);
    stage.world.app.clock.set(due);
    let (here, there) = tokio::join!(stage.world.app.triggers.fire_due(), beside.app.triggers.fire_due());
    here.unwrap();
    there.unwrap();
    stage.passes(1).await;
    let count = "SELECT COUNT(*) FROM notification_contents WHERE type = 'activity_reminder'";
    assert_eq!(stage.world.number(count).await, 300);
    // The default is changed here; there, a change is made before its node knows of it.
    stage
        .admin("PUT", "/crm/settings/reminders", Some(json!({"default_hours": 1, "default_minutes": 0})))
        .await
        .expect(200);
    let body = json!({"label": "Late", "assigned_to": EVE, "send_notification": false,
        "fields": {"starts_at": format!("{DAY}T12:00:00Z")}});
    let key = [("X-API-KEY", crate::world::KEY)];
    beside.ask("PUT", "/crm/record/activities/late", &key, Some(body.to_string())).await.expect(201);
    for _ in 0..2 {
        stage.world.app.tick().await;
        beside.app.tick().await;
    }
    let due_at = stage.world.number("SELECT due_at FROM timers").await;
    assert_eq!(Instant(due_at), Instant::parse(&format!("{DAY}T11:00:00Z")).unwrap());
    let late = Instant(due_at).plus(Duration::from_secs(1));
    beside.app.clock.set(late);
    stage.world.app.clock.set(late);
    tokio::join!(stage.world.app.tick(), beside.app.tick());
    assert_eq!(stage.world.number(count).await, 301);
}
