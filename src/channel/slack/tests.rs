//! Slack: which addresses are its own, what it is sent, and what its answers mean.

use super::*;
use crate::channel::samples::{NOW, catch_up, huge, parcel, reply, reply_with, target, told, with_links};

const URL: &str = "https://hooks.slack.com/services/T000/B000/XXXXXXXX";

fn read(parcel: &Parcel) -> Value {
    serde_json::from_slice(&body(parcel)).unwrap()
}

#[test]
fn texts_are_no_markup() {
    let mut parcel = parcel(URL);
    parcel.message.title = "*x* <!channel> & <http://evil|crm>".to_owned();
    parcel.message.text = Some("<@U1> &lt;\n<http://evil|Open in the CRM>".to_owned());
    let sent = read(&parcel);
    assert_eq!(sent["text"], "∗x∗ &lt;!channel&gt; &amp; &lt;http://evil|crm&gt;");
    let texts: Vec<&str> =
        sent["blocks"].as_array().unwrap().iter().map(|b| b["text"]["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            "*∗x∗ &lt;!channel&gt; &amp; &lt;http://evil|crm&gt;*",
            "&lt;@U1&gt; &amp;lt;\n&lt;http://evil|Open in the CRM&gt;",
            "Customer: Acme &amp; Söhne\nPlan name: **Gold**\nAmount: 19.90",
            "<https://crm.example.com/orders/1042|Open in the CRM> · <https://belfry.example.com/inbox|All notifications>",
        ]
    );
}

#[test]
fn each_of_several_links_stands_for_itself() {
    let sent = read(&with_links(URL, 2));
    let text = sent["blocks"][3]["text"]["text"].as_str().unwrap();
    let expected = [
        "• <https://crm.example.com/contacts/1?view=(all)&amp;a=b|Contact [Jane](http://evil.example) &lt;b&gt; &amp; *1*>",
        "• <https://crm.example.com/contacts/2?view=(all)&amp;a=b|Contact [Jane](http://evil.example) &lt;b&gt; &amp; *2*>",
    ];
    assert_eq!(text.split('\n').collect::<Vec<_>>(), expected);
    let mut bad = with_links(URL, 1);
    bad.message.links[0].label = "x> <!channel>|<http://evil|y".to_owned();
    let sent = read(&bad);
    let text = sent["blocks"][3]["text"]["text"].as_str().unwrap();
    assert!(text.ends_with("|x&gt; &lt;!channel&gt;|&lt;http://evil|y>"), "{text}");
}

#[test]
fn blocks_stay_within_slacks_limits() {
    for parcel in [catch_up(URL), huge(URL)] {
        let sent = read(&parcel);
        for block in sent["blocks"].as_array().unwrap() {
            let text = block["text"]["text"].as_str().unwrap();
            assert!(text.chars().count() <= 3_000 && !text.is_empty());
        }
        assert!(
            sent.to_string().contains("12 weitere im CRM") || parcel.message.text.unwrap().len() > 60_000
        );
    }
    let mut bad = parcel(URL);
    bad.message.link = Some("https://crm/?a=1&b=|<>".to_owned());
    assert!(read(&bad).to_string().contains("<https://crm/?a=1&amp;b=%7C%3C%3E|Open in the CRM>"));
    for link in ["javascript:alert(1)".to_owned(), format!("https://crm/{}", "x".repeat(1_300))] {
        bad.message.link = Some(link);
        assert!(!read(&bad).to_string().contains("Open in the CRM"), "a part of an address leads nowhere");
    }
}

#[test]
fn addresses_and_answers_are_taken_for_what_they_are() {
    let slack = |url: &str| is_slack(&target(url));
    assert!(
        slack(URL)
            && !slack("https://hooks.slack.com/workflows/T/A/1/x")
            && !slack("https://slack.com/services/T")
    );
    for (status, body, expected) in [
        (200, "ok", "sent"),
        (200, "", "not yet"),
        (200, "<html>", "not yet"),
        (400, "invalid_payload", "never"),
        (400, "no_text", "never"),
        (400, "user_not_found", "not yet"),
        (403, "action_prohibited", "not yet"),
        (403, "invalid_token", "gone"),
        (403, "posting_to_general_channel_denied", "not yet"),
        (404, "channel_not_found", "not yet"),
        (404, "no_service", "gone"),
        (404, "no_team", "gone"),
        (410, "channel_is_archived", "gone"),
        (429, "rate_limited", "later"),
        (500, "rollup_error", "later"),
        (503, "", "later"),
        (302, "", "not yet"),
    ] {
        let reply = reply(status, body);
        let outcome = verdict(&Heard { reply: &reply, url: &target(URL), now: NOW });
        assert_eq!(told(&outcome), expected, "{status} {body}");
    }
    let reply = reply_with(429, "retry-after", "12", "rate_limited");
    assert_eq!(told(&verdict(&Heard { reply: &reply, url: &target(URL), now: NOW })), "later 12");
}
