//! What becomes of templates.

use serde_json::json;

use super::{FRAME, called, saved, sent, wording};
use crate::template::custom::sample::Sample;
use crate::template::custom::shipped;
use crate::template::custom::{Frame, Kind, render};

#[test]
fn what_a_user_wrote_is_never_a_template() {
    for wild in ["{{7*7}}", "{% for a in range(9) %}", "${7*7}", "<%= 7*7 %>", "{# x #}", "{{ '{{7*7}}' }}"] {
        let letter = super::super::render(
            &wording("About {{ record.label }}", "<p>{{ record.label }}</p>"),
            &called(wild),
            &FRAME,
        );
        let letter = letter.unwrap();
        let shown = wild.replace('<', "&lt;").replace('>', "&gt;");
        assert!(
            letter.html.contains(&shown) || letter.html.contains(&shown.replace('\'', "&#39;")),
            "{wild}: {}",
            letter.html
        );
        assert_eq!(letter.subject, format!("About {wild}"));
        assert!(letter.text.contains(wild), "{wild}: {}", letter.text);
        assert!(!letter.html.contains("49"), "{wild}");
    }
}

#[test]
fn what_a_user_wrote_is_never_markup() {
    let places = [
        "{{ record.label }}",
        "<p>{{ record.label }}</p>",
        "<mj-text>{{ record.label|lines }}</mj-text>",
        "<p title=\"{{ record.label }}\">x</p>",
        "<p title='{{ record.label }}'>x</p>",
        "<p style=\"color:{{ record.label }}\">x</p>",
        "<a href=\"{{ record.label }}\">x</a>",
        "<mj-button href=\"{{ record.label }}\">{{ record.label }}</mj-button>",
        "<mj-image src=\"{{ record.label }}\" alt=\"{{ record.label }}\" />",
        "<mj-text color=\"{{ record.label }}\" css-class=\"{{ record.label }}\">x</mj-text>",
        "<mj-table><tr><td>{{ record.label }}</td></tr></mj-table>",
    ];
    let payloads = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "'><svg onload=alert(1)>",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "&#106;avascript:alert(1)",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\\\"><script>alert(1)</script>",
        "red;background:url(https://evil.example/x)",
        "expression(alert(1))",
        "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "-->\u{2028}<script>",
        "]]><script>alert(1)</script>",
        "<mj-include path=\"/etc/passwd\" />",
        "\u{e000}1\u{e001}<script>",
        "<\u{0}script>alert(1)</script>",
    ];
    for place in places {
        for payload in payloads {
            let letter = match sent(place, &called(payload)) {
                Ok(letter) => letter,
                Err(error) => panic!("{place} with {payload}: {error}"),
            };
            let page = letter.html.to_lowercase();
            for bad in [
                "<script",
                "<svg",
                "<img src=x",
                "<mj-",
                "href=\"java",
                "href=\"data",
                "src=\"data",
                "src=\"java",
            ] {
                assert!(!page.contains(bad), "{place} with {payload} has {bad}: {page}");
            }
            for style in page.split("style=\"").skip(1) {
                let style = style.split('"').next().unwrap_or_default();
                assert!(
                    !style.contains("url(") && !style.contains("expression("),
                    "{place} with {payload}: {style}"
                );
            }
            let has_handler = page.split('<').any(|tag| {
                let tag = tag.split('>').next().unwrap_or_default();
                let unquoted: String = tag.split('"').step_by(2).collect();
                unquoted.contains("onerror") || unquoted.contains("onload")
            });
            assert!(!has_handler, "{place} with {payload}: {page}");
        }
    }
}

#[test]
fn a_subject_is_one_line_whatever_stands_in_it() {
    for evil in ["a\r\nBcc: x@evil.example", "a\nb", "a\u{2028}b", "a\0b", "a\u{85}b", "\u{202e}abc"] {
        let letter =
            super::super::render(&wording("Re: {{ record.label }}", "x"), &called(evil), &FRAME).unwrap();
        assert!(
            !letter.subject.contains(|c: char| c.is_control() || "\u{2028}\u{85}\u{202e}".contains(c)),
            "{:?}",
            letter.subject
        );
        assert!(letter.subject.starts_with("Re: "), "{}", letter.subject);
    }
    let long = super::super::render(&wording("{{ record.label }}", "x"), &called(&"ä".repeat(9_000)), &FRAME)
        .unwrap();
    assert_eq!(long.subject.chars().count(), 301);
    let none = super::super::render(&wording("{{ contact.label }}", "x"), &json!({}), &FRAME).unwrap();
    assert_eq!(none.subject, "Notification");
}

#[test]
fn plain_words_are_a_letter_with_paragraphs() {
    let source = "Hello {{ contact.label }},\n\nyour order {{ record.label }}\nis on its way.\n{% if record.fields.total > 1000 %}\nIt is a large one.\n{% endif %}\n\nBest regards\n{{ owner.name }}";
    let letter = saved(source).unwrap();
    assert_eq!(
        letter.text,
        "Hello Jane Doe,\n\nyour order Order 1042\nis on its way.\nIt is a large one.\n\nBest regards\nAnn Smith\n"
    );
    assert_eq!(letter.html.matches("<p ").count(), 3, "{}", letter.html);
    assert!(
        letter.html.contains("your order Order 1042<br />is on its way.<br />It is a large one."),
        "{}",
        letter.html
    );
}

#[test]
fn conditions_and_loops_stand_anywhere() {
    let source = r#"
        {% if record.fields.lines %}
        <mj-section>
          {% for line in record.fields.lines %}
          <mj-column><mj-text>{{ loop.index }}. {{ line.name }}: {{ line.quantity|times(line.price)|money('GBP') }}</mj-text></mj-column>
          {% endfor %}
        </mj-section>
        {% else %}
        <mj-text>Nothing was ordered.</mj-text>
        {% endif %}
        {% if record.status not in ['New', 'Cancelled'] %}<mj-button href="{{ record.link }}">Open</mj-button>{% endif %}"#;
    let letter = saved(source).unwrap();
    assert_eq!(
        letter.text,
        "1. Desk, oak, 160 cm: £840.00\n\n2. Chair “Ergo”: £300.00\n\n3. Delivery and assembly: £50.00\n\nOpen:\nhttps://crm.example.com/sales_orders/1042\n"
    );
    let bare = sent(source, &json!({})).unwrap();
    assert!(bare.text.starts_with("Nothing was ordered."), "{}", bare.text);
    assert!(!bare.text.contains("Open"), "a button that leads nowhere is left out");
}

#[test]
fn whole_mjml_is_taken_as_it_is_and_ends_with_our_foot() {
    let source = r##"<mjml><mj-head><mj-attributes><mj-all font-family="Georgia" /></mj-attributes>
        <mj-style>.a { color: red; }</mj-style></mj-head>
        <mj-body background-color="#ffeedd"><mj-section><mj-column><mj-text css-class="a">Hello &amp; welcome&nbsp;{{ contact.label }}<br>
        <img src="https://www.example.com/a.png" alt="Our house" width="20"></mj-text></mj-column></mj-section></mj-body></mjml>"##;
    let frame = Frame {
        centre: Some("https://crm.example.com/centre"),
        unsubscribe: Some("https://crm.example.com/stop"),
        note: Some("The PDF could not be attached: it would be larger than 10 MiB."),
        ..FRAME
    };
    let letter = render(&wording("Hello", source), &Sample::Ticket.data("en"), &frame).unwrap();
    for part in [
        "#ffeedd",
        "Georgia",
        ".a { color: red; }",
        "Hello &amp; welcome&nbsp;Jane Doe",
        "https://crm.example.com/stop",
        "larger than 10 MiB",
        "lang=\"en\"",
        "<title>Hello</title>",
        "a.png",
    ] {
        assert!(letter.html.contains(part), "{part}: {}", letter.html);
    }
    assert_eq!(
        letter.text,
        "Hello & welcome Jane Doe\nOur house\n\nThe PDF could not be attached: it would be larger than 10 MiB.\n\n-- \nYou get this e-mail because you are to hear of it by e-mail.\n\nSee all notifications and choose what you get:\nhttps://crm.example.com/centre\n\nNo more e-mails of this type:\nhttps://crm.example.com/stop\n"
    );
}

#[test]
fn a_letter_loads_nothing_but_the_pictures_it_names() {
    for source in ["Hello", "<mj-image src=\"https://www.example.com/a.png\" alt=\"x\" />"] {
        let letter = saved(source).unwrap();
        for bad in ["<link", "<script", "@import", "fonts.g", "url(", "<iframe", "http-equiv=\"refresh"] {
            assert!(!letter.html.contains(bad), "{bad}: {}", letter.html);
        }
        assert_eq!(letter.html.matches("src=").count(), usize::from(source != "Hello"), "{}", letter.html);
    }
}

#[test]
fn every_shipped_letter_reads_well_in_every_language_and_without_anything() {
    for ours in shipped::ALL.iter().filter(|ours| ours.kind == Kind::Email) {
        for language in ["en", "de"] {
            let frame = Frame { language, ..FRAME };
            let own = Sample::of_key(Some(ours.key));
            let letter = render(&wording(ours.subject, ours.source), &own.data("en"), &frame).unwrap();
            assert!(
                letter.text.contains(if language == "de" { "Guten Tag" } else { "Hello" }),
                "{}: {}",
                ours.key,
                letter.text
            );
            assert!(
                letter.html.len() < 30_000 && letter.html.contains(&format!("lang=\"{language}\"")),
                "{}",
                ours.key
            );
            for hole in [" ,", " .", "()", "“”", "„“", "  "] {
                assert!(!letter.text.contains(hole), "{} has {hole:?}: {}", ours.key, letter.text);
            }
            render(&wording(ours.subject, ours.source), &json!({}), &frame).unwrap();
        }
    }
}

#[test]
fn the_shipped_order_letter_says_what_was_ordered() {
    let ours = shipped::of("sales_order_status").unwrap();
    let english =
        render(&wording(ours.subject, ours.source), &Sample::of_key(Some(ours.key)).data("en"), &FRAME)
            .unwrap();
    assert_eq!(english.subject, "Order 1042: eSigned");
    assert_eq!(
        english.text,
        "Order 1042: eSigned\n\nHello Bea Jones,\n\nOrder 1042 of Acme Ltd is now eSigned (it was New).\n\nItem | Quantity | Amount\nDesk, oak, 160 cm | 2 pcs | £840.00\nChair “Ergo” | 2 pcs | £300.00\nDelivery and assembly | 1 | £50.00\nSubtotal | £1,190.00\nVAT 20% | £238.00\nTotal | £1,428.00\n\nDelivery: 20 March 2026\n\nOpen in the CRM:\nhttps://crm.example.com/sales_orders/1042\n"
    );
    let frame = Frame { language: "de-AT", ..FRAME };
    let german =
        render(&wording(ours.subject, ours.source), &Sample::of_key(Some(ours.key)).data("de"), &frame)
            .unwrap();
    assert!(
        german.text.contains("USt. 20 % | 238,00 £\nGesamtbetrag | 1.428,00 £")
            && german.text.contains("20. März 2026"),
        "{}",
        german.text
    );
}

#[test]
fn a_name_that_is_no_more_is_nothing_on_the_way() {
    let letter =
        sent("a{{ whatever.it.was }}b{{ owner.nickname }}c", &json!({ "owner": { "name": "Ann" } })).unwrap();
    assert_eq!(letter.text, "abc\n");
}
