//! Google Chat: what it is sent, and what its answers mean.

use super::*;
use crate::channel::samples::{NOW, catch_up, huge, parcel, reply, target, told, with_links};

const URL: &str = "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k&token=0123456789abcdef";

#[test]
fn texts_are_no_markup() {
    let mut parcel = parcel(URL);
    parcel.message.title = "<b>x</b>\nis now".to_owned();
    parcel.message.text = Some("<a href=\"http://evil\">Open</a> & <users/all>\n2".to_owned());
    let sent: Value = serde_json::from_slice(&body(&parcel)).unwrap();
    let card = &sent["cardsV2"][0]["card"];
    assert_eq!(card["header"]["title"], "<b>x</b> is now", "a header is plain text");
    let widgets = card["sections"][0]["widgets"].as_array().unwrap();
    assert_eq!(
        widgets[0]["textParagraph"]["text"],
        "&lt;a href=\"http://evil\"&gt;Open&lt;/a&gt; &amp; &lt;users/all&gt;\n2"
    );
    assert_eq!(
        widgets[1]["decoratedText"],
        json!({"topLabel": "Customer", "text": "Acme &amp; Söhne", "wrapText": true})
    );
    let buttons = &widgets.last().unwrap()["buttonList"]["buttons"];
    assert_eq!(buttons[0]["onClick"]["openLink"]["url"], "https://crm.example.com/orders/1042");
    assert_eq!(buttons[1]["text"], "All notifications");
}

#[test]
fn each_of_several_links_is_a_button() {
    let sent: Value = serde_json::from_slice(&body(&with_links(URL, 10))).unwrap();
    let widgets = sent["cardsV2"][0]["card"]["sections"][0]["widgets"].as_array().unwrap();
    let buttons = widgets.last().unwrap()["buttonList"]["buttons"].as_array().unwrap();
    assert_eq!(buttons.len(), 12);
    assert_eq!(
        buttons[1],
        json!({
            "text": "Contact [Jane](http://evil.example) <b> & *1*",
            "onClick": {"openLink": {"url": "https://crm.example.com/contacts/1?view=(all)&a=b"}},
        })
    );
}

#[test]
fn whatever_is_sent_stays_below_32_kb() {
    for parcel in [catch_up(URL), huge(URL)] {
        let body = body(&parcel);
        assert!(body.len() < 30_000, "{}", body.len());
    }
    assert!(String::from_utf8_lossy(&body(&catch_up(URL))).contains("12 weitere im CRM"));
}

#[test]
fn answers_are_taken_for_what_they_are() {
    for (status, body, expected) in [
        (200, r#"{"name":"spaces/AAAA/messages/B.B","text":""}"#, "sent"),
        (200, "", "not yet"),
        (200, "{}", "not yet"),
        (200, "<html>", "not yet"),
        (400, r#"{"error":{"code":400,"status":"INVALID_ARGUMENT"}}"#, "never"),
        (401, "", "not yet"),
        (403, r#"{"error":{"status":"PERMISSION_DENIED"}}"#, "not yet"),
        (404, r#"{"error":{"status":"NOT_FOUND"}}"#, "not yet"),
        (410, "", "gone"),
        (429, r#"{"error":{"status":"RESOURCE_EXHAUSTED"}}"#, "later"),
        (500, "", "later"),
        (503, "", "later"),
    ] {
        let reply = reply(status, body);
        let outcome = verdict(&Heard { reply: &reply, url: &target(URL), now: NOW });
        assert_eq!(told(&outcome), expected, "{status} {body}");
    }
}
