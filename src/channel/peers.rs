//! Writes what the peers look at: signed requests, and every card, as the channels would send them.
//!
//! `scripts/peers.sh` runs this and then hands the files in `target/peers` to verifiers and readers of others.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::samples::{SECRET, catch_up, huge, parcel, with_links};
use super::webhook::request;
use super::{Parcel, google_chat, ringcentral, slack, teams};
use crate::clock::Clock;

const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const URL: &str = "https://hooks.example.com/in";

fn write(name: &str, what: &Value) {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"));
    let folder = target.join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    // Whole or not at all, for whoever reads it at the same time.
    let beside = folder.join(format!("{name}.{}", std::process::id()));
    std::fs::write(&beside, serde_json::to_vec_pretty(what).unwrap()).unwrap();
    std::fs::rename(beside, folder.join(name)).unwrap();
}

/// A request as it goes out, signed `ago` and read by whoever knows `secret`.
struct Signed {
    name: String,
    secret: &'static str,
    headers: serde_json::Map<String, Value>,
    body: String,
    good: bool,
}

impl Signed {
    fn of(name: &str, parcel: &Parcel, by: &[&str], ago: i64) -> Signed {
        let mut parcel = parcel.clone();
        let (now, span) = (Clock::Real.now(), Duration::from_secs(ago.unsigned_abs()));
        parcel.now = if ago < 0 { now.plus(span) } else { now.minus(span) };
        let secrets: Vec<String> = by.iter().map(|secret| (*secret).to_owned()).collect();
        let (headers, body) = request(&parcel, &secrets).unwrap();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
        let body = String::from_utf8(body.to_vec()).unwrap();
        Signed { name: name.to_owned(), secret: SECRET, headers: headers.collect(), body, good: true }
    }

    fn bad(mut self) -> Signed {
        self.good = false;
        self
    }

    fn read_by(mut self, secret: &'static str) -> Signed {
        self.secret = secret;
        self
    }

    fn with(mut self, header: &str, change: impl Fn(&str) -> Option<String>) -> Signed {
        match change(self.headers[header].as_str().unwrap()) {
            Some(value) => self.headers.insert(header.to_owned(), json!(value)),
            None => self.headers.remove(header),
        };
        self
    }

    fn with_body(mut self, change: impl Fn(&str) -> String) -> Signed {
        self.body = change(&self.body);
        self
    }
}

#[test]
fn signed_requests_for_the_peers() {
    let small = parcel(URL);
    let fresh = |name: &str| Signed::of(name, &small, &[SECRET], 0);
    let mut cases = vec![
        fresh("good"),
        Signed::of("good, as large as can be", &huge(URL), &[SECRET], 0),
        Signed::of("good, with others along", &catch_up(URL), &[SECRET], 0),
        Signed::of("good, four minutes old", &small, &[SECRET], 240),
        Signed::of("good, a clock a minute ahead", &small, &[SECRET], -60),
        Signed::of("good, rotated, read by the old secret", &small, &[OTHER, SECRET], 0),
        Signed::of("good, rotated, read by the new secret", &small, &[OTHER, SECRET], 0).read_by(OTHER),
        Signed::of("old", &small, &[SECRET], 600).bad(),
        Signed::of("from the future", &small, &[SECRET], -600).bad(),
        Signed::of("by another secret", &small, &[OTHER], 0).bad(),
        fresh("altered body").with_body(|body| body.replacen("1042", "1043", 1)).bad(),
        fresh("longer body").with_body(|body| format!("{body} ")).bad(),
        fresh("cut body").with_body(|body| body[..body.len() - 1].to_owned()).bad(),
        fresh("empty body").with_body(|_| String::new()).bad(),
    ];
    type Change = fn(&str) -> Option<String>;
    let forgeries: [(&str, &str, Change); 12] = [
        ("another id", "webhook-id", |id| Some(format!("{id}x"))),
        ("another time", "webhook-timestamp", |at| Some((at.parse::<i64>().unwrap() + 1).to_string())),
        ("no time", "webhook-timestamp", |_| Some("soon".to_owned())),
        ("without an id", "webhook-id", |_| None),
        ("without a time", "webhook-timestamp", |_| None),
        ("without a signature", "webhook-signature", |_| None),
        ("empty signature", "webhook-signature", |_| Some(String::new())),
        ("only the version", "webhook-signature", |_| Some("v1,".to_owned())),
        ("cut signature", "webhook-signature", |text| Some(text[..text.len() - 5].to_owned())),
        ("longer signature", "webhook-signature", |text| Some(text.replace('=', "A="))),
        ("another version", "webhook-signature", |text| Some(text.replace("v1,", "v2,"))),
        ("altered signature", "webhook-signature", |text| {
            let flipped = if text.as_bytes()[10] == b'A' { "B" } else { "A" };
            Some(format!("{}{flipped}{}", &text[..10], &text[11..]))
        }),
    ];
    cases.extend(forgeries.map(|(name, header, change)| fresh(name).with(header, change).bad()));
    let cases = cases.into_iter().map(|case| {
        let Signed { name, secret, headers, body, good } = case;
        json!({"name": name, "secret": secret, "headers": headers, "body": body, "good": good})
    });
    write("signed.json", &cases.collect());
}

/// What a reader of Markdown must show as it is.
const HOSTILE: &[&str] = &[
    "[x](http://evil)",
    "![x](http://evil/a.png)",
    "[x][1]",
    "[1]: http://evil",
    "<http://evil>",
    "<at>Ana</at>",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<!-- x -->",
    "**bold**",
    "*slanted*",
    "__bold__",
    "_slanted_",
    "***both***",
    "plan_name_x",
    "~~gone~~",
    "`code`",
    "```code```",
    "~~~",
    "# Title",
    "###### Title",
    "Title\n===",
    "Title\n---",
    "- item",
    "+ item",
    "* item",
    "- [ ] item",
    "-",
    "---",
    "***",
    "___",
    "* * *",
    "1. first",
    "1) first",
    "007. first",
    "1.5 hours",
    "> quote",
    ">> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\\*b",
    "C:\\new\\*",
    "&lt;at&gt;",
    "&#42;x&#42;",
    "AT&T; R&D &copy;",
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}}",
    "{{TIME(2026-01-01T00:00:00Z)}}",
    "    code",
    "  - item",
    "\t- item",
    "a  \nb",
    "a\n\n\nb",
    "\\",
    "\\\\",
    "\\[x](http://evil)",
    "[x\\](http://evil)",
    "](http://evil)",
    "**[x](http://evil)**",
    "a\\\nb",
    "[a](b)[c](d)",
    "![](x)",
    "x](y",
    "((a))",
    "$x$",
    "==x==",
    "++x++",
];

#[test]
fn cards_for_the_peers() {
    let mut cards = Vec::new();
    let mut add = |name: &str, parcel: &Parcel, plain: Option<&str>| {
        let read = |bytes: bytes::Bytes| serde_json::from_slice::<Value>(&bytes).unwrap();
        let wrapped = read(teams::body(parcel, true, false));
        let bare = read(teams::body(parcel, false, true));
        let post = read(ringcentral::body(parcel));
        for (channel, card) in [
            ("teams", &wrapped["attachments"][0]["content"]),
            ("teams", &bare),
            ("ringcentral", &post["attachments"][0]),
        ] {
            cards.push(json!({"name": name, "channel": channel, "card": card, "plain": plain}));
        }
    };
    add("with something of everything", &parcel(URL), None);
    add("with others along", &catch_up(URL), None);
    add("as large as can be", &huge(URL), None);
    add("with three links", &with_links(URL, 3), None);
    add("with ten links", &with_links(URL, 10), None);
    let mut least = parcel(URL);
    (least.message.text, least.message.link, least.message.metadata) = (None, None, None);
    add("with a title alone", &least, None);
    for text in HOSTILE {
        let mut parcel = parcel(URL);
        parcel.message.title = (*text).to_owned();
        parcel.message.text = Some((*text).to_owned());
        parcel.message.metadata = Some(json!({"a": text, (*text): "b"}).to_string());
        add(text, &parcel, Some(text));
    }
    write("cards.json", &Value::Array(cards));
    let others = |parcel: &Parcel| {
        let read = |bytes: bytes::Bytes| serde_json::from_slice::<Value>(&bytes).unwrap();
        json!({"slack": read(slack::body(parcel)), "google_chat": read(google_chat::body(parcel))})
    };
    write("chats.json", &json!([others(&parcel(URL)), others(&catch_up(URL)), others(&with_links(URL, 10))]));
}
