//! Cards: what is in them, what stays out, and what is cut when there is too much.

use serde_json::Value;

use super::fit::MOST;
use super::*;
use crate::channel::samples::{catch_up, huge, parcel, with_links};
use crate::channel::{Brief, Parcel};

const URL: &str = "https://hooks.example.com/in";

fn read(parcel: &Parcel, dialect: Dialect) -> Value {
    let bytes = body(parcel, dialect, |card| card);
    assert!(bytes.len() <= MOST, "{}", bytes.len());
    serde_json::from_slice(&bytes).unwrap()
}

/// Everything that stands in text blocks, in order.
fn texts(card: &Value) -> Vec<&str> {
    card["body"].as_array().unwrap().iter().filter_map(|element| element["text"].as_str()).collect()
}

#[test]
fn the_two_dialects_differ_in_width_and_heading_alone() {
    let mut teams = read(&parcel(URL), Dialect::Teams);
    let ringcentral = read(&parcel(URL), Dialect::RingCentral);
    assert_eq!(teams["msteams"]["width"], "Full");
    assert_eq!(teams["version"], "1.3");
    teams.as_object_mut().unwrap().remove("msteams");
    assert_eq!(teams["body"][0].as_object_mut().unwrap().remove("style"), Some("heading".into()));
    assert_eq!(teams, ringcentral);
}

#[test]
fn a_card_speaks_the_language_of_its_reader() {
    let mut parcel = parcel(URL);
    for (language, open) in
        [("en-GB", "Open in the CRM"), ("de-AT", "Im CRM öffnen"), ("fr", "Open in the CRM")]
    {
        parcel.recipient.language = language.to_owned();
        assert_eq!(read(&parcel, Dialect::Teams)["actions"][0]["title"], open);
    }
}

#[test]
fn buttons_lead_only_where_browsers_go() {
    let mut parcel = parcel(URL);
    for (link, buttons) in [
        (Some("https://crm.example.com/1"), 2),
        (Some("http://crm.example.com/1"), 2),
        (Some("javascript:alert(1)"), 1),
        (Some("file:///etc/passwd"), 1),
        (Some("/relative"), 1),
        (Some(""), 1),
        (None, 1),
    ] {
        parcel.message.link = link.map(str::to_owned);
        assert_eq!(read(&parcel, Dialect::Teams)["actions"].as_array().unwrap().len(), buttons, "{link:?}");
    }
    parcel.message.link = Some(format!("https://crm.example.com/{}", "x".repeat(9_000)));
    assert_eq!(read(&parcel, Dialect::Teams)["actions"].as_array().unwrap().len(), 1);
    parcel.message.centre = String::new();
    assert_eq!(read(&parcel, Dialect::Teams).get("actions"), None);
}

#[test]
fn a_few_links_are_buttons_and_more_of_them_are_listed() {
    let titles = |card: &Value| -> Vec<String> {
        let actions = card["actions"].as_array().unwrap().iter();
        actions.map(|action| action["title"].as_str().unwrap().to_owned()).collect()
    };
    for dialect in [Dialect::Teams, Dialect::RingCentral] {
        let card = read(&with_links(URL, 3), dialect);
        let label = |n: usize| format!("Contact [Jane](http://evil.example) <b> & *{n}*");
        assert_eq!(titles(&card), ["Open in the CRM", &label(1), &label(2), &label(3), "All notifications"]);
        assert_eq!(card["actions"][3]["url"], "https://crm.example.com/contacts/3?view=(all)&a=b");
        assert_eq!(texts(&card).len(), 2, "what is a button is not listed");
        for count in [4, 10] {
            let card = read(&with_links(URL, count), dialect);
            assert_eq!(titles(&card), ["Open in the CRM", "All notifications"]);
            assert_eq!(texts(&card).len(), 2 + count);
            let last = format!(
                r"• [Contact \[Jane\](http://evil.example) \<b\> & \*{count}\*](https://crm.example.com/contacts/{count}?view=%28all%29&a=b)"
            );
            assert_eq!(*texts(&card).last().unwrap(), last);
        }
    }
    let mut parcel = with_links(URL, 3);
    parcel.message.links[1].url = format!("https://crm.example.com/{}", "x".repeat(500));
    parcel.message.links[2].label = "ä".repeat(100);
    let shown = titles(&read(&parcel, Dialect::Teams));
    assert_eq!((shown.len(), shown[2].chars().count()), (4, LONGEST_BUTTON));
}

#[test]
fn links_are_left_out_last_and_spoken_of() {
    let mut parcel = huge(URL);
    parcel.message.along.clear();
    parcel.message.unnamed = 0;
    parcel.message.link = Some(format!("https://crm.example.com/{}", "\"".repeat(3_900)));
    let card = read(&parcel, Dialect::Teams);
    let listed = texts(&card).iter().filter(|text| text.starts_with("• [")).count();
    assert!((1..10).contains(&listed), "{listed}");
    assert!(card["body"].as_array().unwrap().iter().all(|element| element.get("facts").is_none()));
    assert_eq!(*texts(&card).last().unwrap(), "… mehr im CRM");
}

#[test]
fn others_are_named_with_their_links_and_the_rest_is_counted() {
    let card = read(&catch_up(URL), Dialect::Teams);
    let texts = texts(&card);
    assert_eq!(texts[2], r"• Ticket #1 \[was\](http://evil.example) assigned to you");
    assert_eq!(
        texts[3],
        r"• [Ticket #2 \[was\](http://evil.example) assigned to you](https://crm.example.com/tickets/2?view=%28all%29)"
    );
    assert_eq!(*texts.last().unwrap(), "12 weitere im CRM");
    assert_eq!(texts.len(), 2 + 20 + 1);
}

#[test]
fn the_text_is_cut_first_and_says_so() {
    let mut parcel = catch_up(URL);
    parcel.message.text = Some("𝛑".repeat(16_384));
    let card = read(&parcel, Dialect::Teams);
    let texts = texts(&card);
    assert_eq!(texts.len(), 3 + 20 + 1, "all others are there");
    assert_eq!(texts[2], "… mehr im CRM");
    assert_eq!(card["body"][3]["facts"].as_array().unwrap().len(), 3);
    let size = serde_json::to_vec(&card).unwrap().len();
    assert!(size > MOST - 10, "as much as fits: {size}");
}

#[test]
fn then_what_stands_last_is_left_out_and_counted() {
    let card = read(&huge(URL), Dialect::RingCentral);
    let facts = card["body"].as_array().unwrap().iter().find_map(|element| element["facts"].as_array());
    let shown = texts(&card);
    assert!(shown.iter().any(|text| text.ends_with("weitere im CRM")), "{shown:?}");
    assert!(facts.is_some_and(|facts| !facts.is_empty()));
    assert!(shown[1].starts_with(r"𝛑\*\[𝛑"));
    let mut long_links = catch_up(URL);
    for brief in &mut long_links.message.along {
        brief.title = "𝛑".repeat(500);
        brief.link = Some(format!("https://crm.example.com/{}", "x".repeat(470)));
    }
    let card = read(&long_links, Dialect::Teams);
    let left = texts(&card);
    let named = left.iter().filter(|text| text.starts_with('•')).count();
    assert!((1..20).contains(&named), "{named}");
    assert_eq!(**left.last().unwrap(), format!("{} weitere im CRM", 12 + 20 - named));
}

#[test]
fn facts_that_are_left_out_are_spoken_of() {
    let mut parcel = parcel(URL);
    let members: Vec<String> = (0..13).map(|n| format!("\"key_{n}\":{n}")).collect();
    parcel.message.metadata = Some(format!("{{{}}}", members.join(",")));
    let card = read(&parcel, Dialect::Teams);
    assert_eq!(texts(&card).last(), Some(&"… more in the CRM"));
    assert_eq!(card["body"][2]["facts"].as_array().unwrap().len(), 12);
}

#[test]
fn every_size_of_text_makes_a_card_that_fits() {
    let mut parcel = parcel(URL);
    for unit in ["x", "ä", "𝛑", "*", "\n-", "\u{1}", "\"\\"] {
        for count in [0, 1, 599, 600, 601, 3_000, 9_000, 17_000, 18_000, 65_536 / unit.len()] {
            parcel.message.text = Some(unit.repeat(count));
            read(&parcel, Dialect::Teams);
        }
    }
    parcel.message.along.push(Brief { notification_id: 1, title: String::new(), link: None });
    read(&parcel, Dialect::Teams);
}
