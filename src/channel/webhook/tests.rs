//! Plain webhooks: what is sent, how it is signed, and what answers mean.

use serde_json::{Value, json};

use super::*;
use crate::channel::samples::{
    NOW, SECRET, address, catch_up, huge, parcel, reply, reply_with, target, told,
};

const URL: &str = "https://hooks.example.com/in/AbCdEfGh";

fn read(parcel: &Parcel) -> Value {
    serde_json::from_slice(&payload::body(parcel)).unwrap()
}

#[test]
fn the_notification_is_sent_whole() {
    assert_eq!(
        read(&parcel(URL)),
        json!({
            "type": "notification.created",
            "timestamp": "2026-01-11T14:30:00Z",
            "data": {
                "notification_id": 1042,
                "user_id": 5,
                "user_email": "ana@example.com",
                "type": "sales_order",
                "title": "SO-1042 is now eSigned",
                "message": "Status: Draft → eSigned\nby [Ana](http://evil.example)",
                "link": "https://crm.example.com/orders/1042",
                "metadata": {"customer": "Acme & Söhne", "plan_name": "**Gold**", "amount": 19.9, "lines": [1, 2]},
                "related_ticket_id": 7,
                "related_user_id": null,
                "created_at": "2026-01-11T14:30:00Z",
                "along": [],
                "unnamed": 0,
            },
        })
    );
    let text = String::from_utf8(payload::body(&parcel(URL)).to_vec()).unwrap();
    assert!(text.contains(r#""amount":19.90,"#), "metadata stays as it was sent: {text}");
}

#[test]
fn others_are_carried_along_and_nothing_is_cut() {
    let read_catch_up = read(&catch_up(URL));
    assert_eq!(read_catch_up["data"]["along"].as_array().unwrap().len(), 20);
    assert_eq!(
        read_catch_up["data"]["along"][1],
        json!({
            "notification_id": 2,
            "title": "Ticket #2 [was](http://evil.example) assigned to you",
            "link": "https://crm.example.com/tickets/2?view=(all)",
        })
    );
    assert_eq!(read_catch_up["data"]["unnamed"], 12);
    let huge = huge(URL);
    assert_eq!(read(&huge)["data"]["message"].as_str(), huge.message.text.as_deref());
    let mut plain = parcel(URL);
    plain.message.metadata = Some("{broken".to_owned());
    plain.recipient.email.clear();
    assert_eq!(read(&plain)["data"]["metadata"], Value::Null);
    assert_eq!(read(&plain)["data"].get("user_email"), None);
}

#[test]
fn every_try_has_its_own_time_and_the_same_id_and_body() {
    let secrets = [SECRET.to_owned()];
    let mut parcel = parcel(URL);
    let (first, first_body) = request(&parcel, &secrets).unwrap();
    parcel.now = NOW.plus(Duration::from_secs(30));
    parcel.attempt = 3;
    let (third, third_body) = request(&parcel, &secrets).unwrap();
    assert_eq!(first_body, third_body);
    let names = ["content-type", "belfry-hop", "webhook-id", "webhook-timestamp", "webhook-signature"];
    assert_eq!(first.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(first[2].1, "dlv_0199f1c2a4e67c3e9d2b");
    assert_eq!((&first[3].1, &third[3].1), (&1_768_141_800_i64.into(), &1_768_141_830_i64.into()));
    assert_eq!(first[2], third[2]);
    assert_ne!(first[4], third[4]);
}

#[test]
fn without_a_secret_nothing_is_sent() {
    let mut parcel = parcel(URL);
    assert!(request(&parcel, &[]).is_none());
    assert!(request(&parcel, &["whsec_short".to_owned()]).is_none());
    assert_eq!(told(&unsigned()), "never");
    parcel.delivery_id = "two\nlines".to_owned();
    assert!(request(&parcel, &[SECRET.to_owned()]).is_none());
}

#[test]
fn the_pace_is_as_the_operator_says() {
    assert_eq!(
        pace(50),
        Pace { burst: 100, every: Duration::from_millis(20), per_hour: 0, at_once: 4, folds: false }
    );
    assert_eq!((pace(0).every, pace(0).burst), (Duration::ZERO, 1));
    assert_eq!(pace(1).every, Duration::from_secs(1));
}

#[test]
fn answers_are_taken_for_what_they_are() {
    let url = target(URL);
    let table: &[(u16, &str)] = &[
        (200, "sent"),
        (201, "sent"),
        (202, "sent"),
        (204, "sent"),
        (299, "sent"),
        (300, "not yet"),
        (301, "not yet"),
        (302, "not yet"),
        (303, "not yet"),
        (304, "not yet"),
        (307, "not yet"),
        (308, "not yet"),
        (400, "not yet"),
        (401, "not yet"),
        (403, "not yet"),
        (404, "not yet"),
        (405, "not yet"),
        (408, "later"),
        (409, "not yet"),
        (410, "gone"),
        (413, "not yet"),
        (422, "not yet"),
        (425, "later"),
        (429, "later"),
        (500, "later"),
        (501, "later"),
        (502, "later"),
        (503, "later"),
        (504, "later"),
        (599, "later"),
    ];
    for (status, expected) in table {
        // A plain receiver may write what it likes.
        for body in ["", "error: failed", r#"{"status":"error"}"#] {
            let reply = reply(*status, body);
            let outcome = verdict(&Heard { reply: &reply, url: &url, now: NOW });
            assert_eq!(told(&outcome), *expected, "{status}");
        }
    }
}

#[test]
fn receivers_say_when_to_come_again_and_when_no_more() {
    let url = target(URL);
    for (status, name, value, expected) in [
        (429, "retry-after", "90", "later 90"),
        (503, "retry-after", "Sun, 11 Jan 2026 14:30:20 GMT", "later 20"),
        (500, "retry-after", "86400", "later 3600"),
        (404, "retry-after", "60", "not yet 60"),
        (200, "webhook-delivery", "disable", "gone"),
        (500, "webhook-delivery", " Disable ", "gone"),
        (400, "webhook-delivery", "enable", "not yet"),
    ] {
        let reply = reply_with(status, name, value, "");
        assert_eq!(
            told(&verdict(&Heard { reply: &reply, url: &url, now: NOW })),
            expected,
            "{status} {name}: {value}"
        );
    }
}

/// The standard's own crate reads what we signed, by both secrets while one is exchanged for the other.
#[test]
fn the_standards_own_verifier_takes_our_signatures() {
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let mut parcel = huge(URL);
    parcel.now = crate::clock::Clock::Real.now();
    parcel.address = address(URL, &[other, SECRET], false, false);
    let (headers, body) = request(&parcel, &[other.to_owned(), SECRET.to_owned()]).unwrap();
    let headers: hyper::HeaderMap = headers.into_iter().collect();
    for secret in [other, SECRET] {
        standardwebhooks::Webhook::new(secret).unwrap().verify(&body, &headers).unwrap();
    }
    let verifier = standardwebhooks::Webhook::new("whsec_plJ3nmyCDGBKInavdOK15jsl").unwrap();
    verifier.verify(&body, &headers).unwrap_err();
    let mut altered = body.to_vec();
    altered[20] ^= 1;
    standardwebhooks::Webhook::new(SECRET).unwrap().verify(&altered, &headers).unwrap_err();
}
