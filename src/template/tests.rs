//! What letters look like, and that nothing a sender wrote is read as a part of them.

use super::*;

const LINK: &str = "https://crm.example.com/orders/7?tab=a&b=c";
const CENTRE: &str = "https://crm.example.com/centre";
const UNSUBSCRIBE: &str = "https://crm.example.com/crm/unsubscribe/abc";

fn letter() -> Letter<'static> {
    Letter {
        kind: "provision_failed",
        title: "Hosting could not be set up",
        text: Some("The server said no.\nTwice.\n\nPlease look."),
        link: Some(LINK),
        metadata: Some(r#"{"plan_name":"Premium Hosting","attempts":3}"#),
        links: &[],
        ticket: Some(4711),
        sent_at: Instant(1_768_141_800_000_000),
        along: &[],
        unnamed: 0,
        centre: CENTRE,
        unsubscribe: Some(UNSUBSCRIBE),
        copy_of: None,
        language: "en",
        time_zone: "Europe/London",
    }
}

#[test]
fn a_letter_is_written_for_reading() {
    let written = render(&letter());
    assert_eq!(written.subject, "Hosting could not be set up");
    let expected = "Hosting could not be set up

The server said no.
Twice.

Please look.

Ticket: #4711
Plan Name: Premium Hosting
Attempts: 3

Open in the CRM:
https://crm.example.com/orders/7?tab=a&b=c

-- 
Sent on 11 January 2026, 14:30 (Europe/London).
You get this e-mail because notifications of the type “Provision Failed” come to you by e-mail.

See all notifications and choose what you get:
https://crm.example.com/centre

No more e-mails of this type:
https://crm.example.com/crm/unsubscribe/abc
";
    assert_eq!(written.text, expected);
    for part in [
        "<title>Hosting could not be set up</title>",
        "The server said no.<br />Twice.</p>",
        "Premium Hosting</td>",
        "href=\"https://crm.example.com/orders/7?tab=a&amp;b=c\"",
        "Open in the CRM</a>",
        "lang=\"en\"",
        "name=\"color-scheme\" content=\"light dark\"",
    ] {
        assert!(written.html.contains(part), "{part}\n{}", written.html);
    }
}

#[test]
fn a_german_reader_gets_german_words() {
    let written = render(&Letter { language: "de-AT", time_zone: "Europe/Vienna", ..letter() });
    for part in [
        "Im CRM öffnen:",
        "Gesendet am 11. Januar 2026, 15:30 Uhr (Europe/Vienna).",
        "Benachrichtigungen der Art „Provision Failed“",
        "Keine E-Mails dieser Art mehr:",
    ] {
        assert!(written.text.contains(part), "{part}\n{}", written.text);
    }
    assert!(written.html.contains("lang=\"de\"") && written.html.contains("Im CRM öffnen"));
}

#[test]
fn what_waits_too_is_listed_and_counted() {
    let along = [("Second", Some(LINK)), ("Third", None)];
    let written = render(&Letter { along: &along, unnamed: 12, ..letter() });
    assert_eq!(written.subject, "Hosting could not be set up (+14)");
    let list = format!("Also waiting:\n- Second\n  {LINK}\n- Third\n- 12 more in the CRM\n");
    assert!(written.text.contains(&list), "{}", written.text);
    assert!(written.html.contains("12 more in the CRM"));
    let written = render(&Letter { unnamed: 1, ..letter() });
    assert!(written.text.contains("Also waiting:\n- 1 more in the CRM\n"), "{}", written.text);
}

fn lead(label: &str, url: &str) -> Link {
    Link { label: label.to_owned(), url: url.to_owned() }
}

#[test]
fn each_of_several_links_stands_for_itself() {
    let links = [lead("Contact Jane & Co. <b>", LINK), lead("Opportunity 7", CENTRE)];
    let written = render(&Letter { links: &links, ..letter() });
    let list = format!("Links:\n- Contact Jane & Co. <b>\n  {LINK}\n- Opportunity 7\n  {CENTRE}\n\n-- \n");
    assert!(written.text.contains(&list), "{}", written.text);
    let row = format!("<a href=\"{CENTRE}\" style=\"color:#1d4ed8;\">Opportunity 7</a>");
    assert!(written.html.contains(&row), "{}", written.html);
    assert!(written.html.contains("Contact Jane &amp; Co. &lt;b&gt;</a>"));
    loads_nothing(&written.html);
}

#[test]
fn a_copy_says_whose_notification_it_is() {
    let written = render(&Letter { copy_of: Some("Zoë <b>\r\nX"), unsubscribe: None, ..letter() });
    let head =
        "Hosting could not be set up\n\n(Copy of a notification for Zoë <b>  X)\n\nThe server said no.";
    assert!(written.text.starts_with(head), "{}", written.text);
    assert!(
        written
            .text
            .ends_with("\nYou get this e-mail because notifications of this kind are copied to you.\n")
    );
    assert!(written.html.contains("Copy of a notification for Zoë &lt;b&gt;  X"));
    assert!(!written.html.contains(CENTRE), "there is nothing to choose for whoever reads a copy");
    let german = render(&Letter { copy_of: Some("Zoë"), unsubscribe: None, language: "de", ..letter() });
    assert!(german.text.contains("(Kopie einer Benachrichtigung für Zoë)"));
}

#[test]
fn what_is_missing_leaves_no_gap() {
    let bare = Letter {
        text: None,
        link: None,
        metadata: None,
        ticket: None,
        unsubscribe: None,
        centre: "nowhere",
        title: " \r\n",
        ..letter()
    };
    let written = render(&bare);
    assert_eq!(written.subject, "Notification");
    let foot = "-- \nSent on 11 January 2026, 14:30 (Europe/London).\n\
                You get this e-mail because you are to hear of it by e-mail.\n";
    assert_eq!(written.text, format!("Notification\n\n{foot}"));
    assert!(!written.html.contains("href"), "{}", written.html);
}

/// Markup of every language that takes part in making a letter.
const MARKUP: [&str; 10] = [
    "{{7*7}}",
    "{% for a in b %}x{% endfor %}",
    "{# gone #}",
    "{{ words.open }}",
    "<script>alert(1)</script>",
    "<mj-text>x</mj-text>",
    "<img src=https://evil.example/a.png>",
    "\"><a href='https://evil.example'>x</a>",
    "&lt;b&gt; &amp; <!-- -->",
    "]]> <![endif]--> <!--[if mso]>",
];

#[test]
fn what_a_sender_wrote_is_data() {
    for markup in MARKUP {
        let metadata = serde_json::json!({ format!("key {markup}"): markup }).to_string();
        let evil = Letter {
            kind: markup,
            title: markup,
            text: Some(markup),
            metadata: Some(&metadata),
            along: &[(markup, Some(markup))],
            link: Some(markup),
            links: &[lead(markup, LINK)],
            copy_of: None,
            language: markup,
            time_zone: markup,
            ..letter()
        };
        let written = render(&evil);
        assert_eq!(written.subject, format!("{markup} (+1)"));
        assert!(written.text.starts_with(&format!("{markup}\n\n{markup}\n")), "{}", written.text);
        let escaped = markup.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;").replace('\'', "&#39;");
        assert!(written.html.matches(&escaped).count() >= 5, "{markup}\n{}", written.html);
        let of_49 =
            |written: &Rendered| written.html.matches("49").count() + written.text.matches("49").count();
        assert_eq!(of_49(&written), of_49(&render(&letter())), "{markup}");
        loads_nothing(&written.html);
    }
}

/// Fails if a mail client would fetch anything to show this page, or if it leads anywhere else than to our links.
#[track_caller]
fn loads_nothing(html: &str) {
    let known = [LINK, CENTRE, UNSUBSCRIBE].map(|link| link.replace('&', "&amp;"));
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.split([' ', '\n']).next().unwrap().to_lowercase();
        assert!(
            !["img", "link", "script", "iframe", "object", "base", "svg"].contains(&name.as_str()),
            "{tag}"
        );
        for (attribute, value) in attributes(tag) {
            match attribute {
                "href" => assert!(known.iter().any(|link| link == value), "{tag}"),
                "src" | "srcset" | "background" | "action" | "poster" => panic!("{tag}"),
                "style" => assert!(!value.contains("url("), "{tag}"),
                _ => assert!(!attribute.starts_with("on"), "{tag}"),
            }
        }
    }
    for (at, _) in html.match_indices("<style") {
        let style = &html[at..at + html[at..].find("</style>").unwrap()];
        assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("://"), "{style}");
    }
}

fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, behind) = after.split_once('"').unwrap();
        found.push((before.rsplit([' ', '\n']).next().unwrap(), value));
        rest = behind;
    }
    found
}

#[test]
fn a_letter_loads_nothing_from_anywhere() {
    loads_nothing(&render(&letter()).html);
    loads_nothing(&render(&Letter { along: &[("Second", Some(LINK))], unnamed: 2, ..letter() }).html);
}

#[test]
fn a_letter_is_never_longer_than_mail_programs_show() {
    let filler = "&\"'".repeat(30_000);
    let link = format!("https://crm.example.com/{}", "&".repeat(4000));
    let brief = (filler.as_str(), Some(link.as_str()));
    let along = [brief; 20];
    let members: Vec<String> = (0..500).map(|n| format!("\"k{n}\":\"{}\"", "&".repeat(300))).collect();
    let metadata = format!("{{{}}}", members.join(","));
    let huge = Letter {
        kind: &filler,
        title: &filler,
        text: Some(&filler),
        link: Some(&link),
        metadata: Some(&metadata),
        links: &vec![lead(&"&".repeat(100), &link); 10],
        along: &along,
        unnamed: 1000,
        ..letter()
    };
    let html = render(&huge).html;
    assert!(html.len() <= HTML_BYTES, "{}", html.len());
    let (before, _) = html.split_once(" more in the CRM").unwrap();
    let unlisted: usize = before.rsplit('>').next().unwrap().parse().unwrap();
    let listed = html.matches("…</a></td></tr>").count();
    assert_eq!(listed + unlisted, 1020, "what is not listed is counted");
    let long = render(&Letter { text: Some(&filler), ..letter() });
    assert!(long.html.len() <= HTML_BYTES && long.html.contains("longer than an e-mail should be"));
    assert!(long.html.contains("Premium Hosting") && long.text.contains("longer than an e-mail should be"));
    let short = "äöü & co. ".repeat(4_000);
    assert!(!render(&Letter { text: Some(&short), ..letter() }).html.contains("longer than an e-mail"));
}
