//! What may go wrong in a body: some three hundred requests to the send route, each with its verdict, which is the same
//! to the letter on both databases.

use serde_json::{Value, json};

use crate::world::{KEY, On, Somebody, World, client};

const NOT_OBJECT: &str = "The body must be a JSON object";
const NOT_JSON: &str = "The body is not valid JSON";
const NOT_INTEGER: &str = "must be an integer";
const OUT_OF_RANGE: &str = "must be between 1 and 9007199254740991";
const NO_HALVES: &str = "metadata must not contain the character NUL or half a surrogate pair";

/// A request to the send route, and what must come of it.
struct Case {
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    verdict: Verdict,
}

enum Verdict {
    /// Stored, and given back with this in it.
    Kept(String),
    /// Refused with this status, for a reason with this in it.
    Refused(u16, String),
}

fn kept(body: String, echo: &str) -> Case {
    Case { headers: json_type(), body: body.into(), verdict: Verdict::Kept(echo.to_owned()) }
}

fn refused(body: impl Into<Vec<u8>>, reason: &str) -> Case {
    Case { headers: json_type(), body: body.into(), verdict: Verdict::Refused(400, reason.to_owned()) }
}

fn json_type() -> Vec<(&'static str, String)> {
    vec![("Content-Type", "application/json".to_owned())]
}

/// A good body with one field written as `raw`.
fn with(field: &str, raw: &str) -> String {
    let good = [("user_id", "1"), ("type", "\"custom\""), ("title", "\"x\"")];
    let mut fields: Vec<(&str, &str)> = good.into_iter().filter(|(name, _)| *name != field).collect();
    fields.push((field, raw));
    let fields: Vec<String> = fields.iter().map(|(name, raw)| format!("\"{name}\":{raw}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn no_objects() -> Vec<Case> {
    let good = with("title", "\"x\"");
    let texts =
        ["", " ", "\n", "null", "true", "0", "\"x\"", "[]", "[{}]", "nul", "\0", "x", "]", "-", "NaN", "[[["];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(format!("\u{feff}{good}").into());
    bodies.push(format!("[{good}]").into());
    bodies.push("[".repeat(100_000).into());
    bodies.into_iter().map(|body| refused(body, NOT_OBJECT)).collect()
}

fn no_json() -> Vec<Case> {
    let bodies = r#"{ {] {"user_id" {"user_id": {"user_id"1} {'user_id':1} {user_id:1} {,} {}x {}{}"#;
    let values = r#"NaN Infinity -Infinity - 01 +1 1. .5 1e 0x10 1_000 undefined "x 'x' "\x41" "\u12" "\u12g4" "\" [1,]
        {"a":1,} [ {"a"}"#;
    let values = values.split_whitespace().chain(["", "\"a\nb\"", "\"a\tb\"", "\"a\0b\""]);
    let within = values.flat_map(|raw| ["user_id", "title", "metadata"].map(|field| with(field, raw)));
    let bodies = bodies.split(' ').map(str::to_owned).chain(within);
    bodies.map(|body| refused(body, NOT_JSON)).collect()
}

fn no_utf_8() -> Vec<Case> {
    let forms = "80 bf c080 c1bf c2 c328 e08080 e09fbf e282 e228a1 eda080 edbfbf eda0bdedb880 f0808080 f09f98 f4908080 \
        f5808080 f888808080 fe ff";
    let bytes = |form: &str| -> Vec<u8> {
        let pairs = (0..form.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&form[at..at + 2], 16).unwrap()).collect()
    };
    let titled =
        |form: &str| [br#"{"user_id":1,"type":"custom","title":""#, &bytes(form)[..], br#""}"#].concat();
    let mut bodies: Vec<Vec<u8>> = forms.split_whitespace().map(titled).collect();
    bodies.push(with("title", "\"é\"").encode_utf16().flat_map(u16::to_le_bytes).collect());
    bodies.into_iter().map(|body| refused(body, "The body is not valid UTF-8")).collect()
}

fn numbers() -> Vec<Case> {
    let digits = format!("1{}", "0".repeat(400));
    let refusals = [
        (NOT_INTEGER, r#""1" "" true [1] {} 1.5 1e-1 1e400 -1e400"#),
        (NOT_INTEGER, &digits),
        (
            OUT_OF_RANGE,
            "0 -0 -0.0 -1 9007199254740992 9007199254740993 9007199254740993.0 9223372036854775807",
        ),
        (OUT_OF_RANGE, "9223372036854775808 18446744073709551616 -9223372036854775809 1e300"),
    ];
    let mut cases = Vec::new();
    for field in ["user_id", "related_ticket_id", "related_user_id"] {
        for (reason, values) in refusals {
            let reason = format!("{field} {reason}");
            cases.extend(values.split(' ').map(|raw| refused(with(field, raw), &reason)));
        }
        cases.extend(
            ["1", "1.0", "1e0", "10e-1"].map(|raw| kept(with(field, raw), &format!("\"{field}\":1,"))),
        );
    }
    cases.push(refused(with("user_id", "null"), "user_id is required"));
    cases.push(kept(with("related_ticket_id", "null"), "\"metadata\":null,\"is_read\""));
    cases.push(kept(with("related_user_id", "9007199254740991"), "\"related_user_id\":9007199254740991"));
    let nobody = Verdict::Refused(404, "User 9007199254740991 not found".to_owned());
    cases.push(Case { verdict: nobody, ..refused(with("user_id", "9007199254740991"), "") });
    cases
}

/// Every strange character in every text.
fn characters() -> Vec<Case> {
    let strange = [
        0x00, 0x01, 0x08, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0xad, 0x200b, 0x200f, 0x2028,
        0x202e, 0x2066, 0xfeff, 0xfffd, 0xffff, 0x1f600, 0xe0001, 0x10ffff,
    ];
    let mut cases = Vec::new();
    for character in strange.map(|number| char::from_u32(number).unwrap()) {
        let text = quoted(&format!("/a{character}b"));
        let spoils_link = character.is_control()
            || character.is_whitespace()
            || "\u{200b}\u{200f}\u{202e}\u{2066}\u{feff}".contains(character);
        for field in ["title", "message", "link"] {
            cases.push(match (field, character) {
                ("link", _) if spoils_link && character != '\0' => {
                    refused(with(field, &text), "link must be")
                }
                (_, '\0') => {
                    refused(with(field, &text), &format!("{field} must not contain the character NUL"))
                }
                _ => kept(with(field, &text), &format!("\"{field}\":{text}")),
            });
        }
        cases.push(refused(with("type", &text), "is unknown; use one of: provision_complete, "));
        for metadata in [format!("{{\"a\":{text}}}"), format!("{{{text}:[1]}}")] {
            cases.push(match character {
                '\0' => refused(with("metadata", &metadata), NO_HALVES),
                _ => kept(with("metadata", &metadata), &format!("\"metadata\":{metadata}")),
            });
        }
    }
    cases
}

fn texts() -> Vec<Case> {
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let marks = format!("e{}", "\u{301}".repeat(1_000));
    let mut cases = Vec::new();
    for half in [r"\ud800", r"\udc00", r"\udbffx", r"\ud83d\n", r"\ud83d\ud83d\ude00", r"\ude00\ud83d"] {
        for field in ["title", "message", "link"] {
            cases.push(refused(
                with(field, &format!("\"{half}\"")),
                &format!("{field} must not hold half a surrogate pair"),
            ));
        }
        cases.push(refused(with("metadata", &format!("{{\"a\":\"{half}\"}}")), NO_HALVES));
        cases.push(refused(with("metadata", &format!("{{\"{half}\":1}}")), NO_HALVES));
    }
    for blank in ["", " ", "\t\n", "\u{a0}", "\u{3000}", "\u{2003}"] {
        cases.push(refused(with("title", &quoted(blank)), "title is required"));
        cases.push(kept(with("message", &quoted(blank)), &format!("\"message\":{}", quoted(blank))));
    }
    for (title, is_short) in [(family.repeat(36), true), (family.repeat(37), false), (marks.clone(), false)] {
        let body = with("title", &quoted(&title));
        cases.push(if is_short {
            kept(body, &quoted(&title))
        } else {
            refused(body, "title must be at most 255 characters")
        });
    }
    for message in
        [marks, family.repeat(2_340), "\u{202e}evil\u{202c}".to_owned(), "\u{10ffff}".repeat(16_384)]
    {
        cases.push(kept(with("message", &quoted(&message)), &quoted(&message)));
    }
    cases.push(refused(
        with("message", &quoted(&"x".repeat(16_385))),
        "message must be at most 16384 characters",
    ));
    cases.push(kept(with("title", r#""\ud83d\ude00\u0041""#), "\"title\":\"😀A\""));
    cases
}

fn metadata() -> Vec<Case> {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{{\"a\":{}1{}}}", open.repeat(times), close.repeat(times))
    };
    let many = |keys: usize| {
        format!("{{{}}}", (0..keys).map(|key| format!("\"k{key}\":{key}")).collect::<Vec<_>>().join(","))
    };
    let mut cases = Vec::new();
    for raw in [
        "1e308",
        "-0",
        "-0.0",
        "1.10",
        "18446744073709551616",
        "9007199254740993",
        "\"1e400\"",
        "\"\\\\u0000\"",
        "\"\\ud83d\\ude00\"",
    ] {
        let metadata = format!("{{\"n\":{raw}}}");
        cases.push(kept(with("metadata", &metadata), &metadata));
    }
    for metadata in [
        "{}",
        "{\"a\":1,\"a\":2}",
        "{\"\":{\"\":[]}}",
        "{\"__proto__\":{}}",
        &many(256),
        &nested("[", "]", 31),
        &nested("{\"a\":", "}", 31),
    ] {
        cases.push(kept(with("metadata", metadata), metadata));
    }
    cases.push(kept(with("metadata", " { \"a b\" :\t[ 1 , \" \" ] } "), "{\"a b\":[1,\" \"]}"));
    cases.push(kept(with("metadata", "null"), "\"metadata\":null"));
    for raw in ["1e400", "-1E+400", "[1,1e999]", &"9".repeat(400)] {
        cases.push(refused(with("metadata", &format!("{{\"n\":{raw}}}")), "numbers beyond 1.7e308"));
    }
    for raw in ["[]", "[{}]", "\"{}\"", "1", "true"] {
        cases.push(refused(with("metadata", raw), "metadata must be an object"));
    }
    for times in [32, 127, 128, 1_000] {
        cases.push(refused(
            with("metadata", &nested("[", "]", times)),
            "metadata must nest at most 32 levels deep",
        ));
        cases.push(refused(with("title", &nested("{\"a\":", "}", times)), "title must be a string"));
    }
    for large in [many(10_000), nested("[", "]", 100_000), format!("{{\"a\":\"{}\"}}", "x".repeat(16_384))] {
        cases.push(refused(with("metadata", &large), "metadata must be at most 16384 bytes of JSON"));
    }
    cases
}

fn names() -> Vec<Case> {
    let mut cases = Vec::new();
    let known = [
        ("user_id", "1"),
        ("type", "\"custom\""),
        ("title", "\"x\""),
        ("message", "null"),
        ("link", "null"),
        ("metadata", "{}"),
        ("related_ticket_id", "1"),
        ("related_user_id", "1"),
    ];
    for (name, raw) in known {
        let doubled = with(name, raw).replacen('{', &format!("{{\"{name}\":{raw},"), 1);
        cases.push(refused(doubled, &format!("{name} is given twice; give it once")));
    }
    cases.push(refused(with("\\u0074itle", "\"y\""), "title is given twice; give it once"));
    for name in [
        "is_read",
        "created_at",
        "id",
        "__proto__",
        "Title",
        "title ",
        "",
        "\\u0000",
        "\\ud83d\\ude00",
        "expected `x`",
        "a\\nb",
    ] {
        cases.push(refused(with(name, "1"), "Unknown field \""));
    }
    cases.push(refused(with(&"é".repeat(100_000), "1"), &format!("Unknown field \"{}\"", "é".repeat(64))));
    cases.push(refused("{\"a\":".repeat(40_000), "Unknown field \"a\"; leave it out"));
    cases
}

fn media() -> Vec<Case> {
    let titled = |name: &'static str, value: &str, verdict: Verdict| {
        let mut headers = if name == "Content-Type" { Vec::new() } else { json_type() };
        headers.push((name, value.to_owned()));
        Case { headers, body: with("title", "\"m\"").into(), verdict }
    };
    let good = || Verdict::Kept("\"title\":\"m\"".to_owned());
    let bad = |reason: &str| Verdict::Refused(415, reason.to_owned());
    let (no_json, encoded) = ("Send the body as JSON in UTF-8", "Send the body without Content-Encoding");
    let mut cases = Vec::new();
    for media in [
        "application/json;charset=utf-8",
        "Application/JSON; charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
        "application/json; v=1",
    ] {
        cases.push(titled("Content-Type", media, good()));
    }
    for media in [
        "",
        "json",
        "*/*",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/problem+json",
        "application/vnd.api+json",
        "application/json; charset=utf-16",
        "application/json;charset=latin1",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
    ] {
        cases.push(titled("Content-Type", media, bad(no_json)));
    }
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, identity"] {
        cases.push(titled("Content-Encoding", encoding, bad(encoded)));
    }
    cases.push(titled("Content-Encoding", "identity", good()));
    cases.push(Case { headers: Vec::new(), ..titled("Content-Type", "", bad(no_json)) });
    for (spaces, verdict) in [
        (262_000, good()),
        (262_145, Verdict::Refused(413, "The body may hold at most 262144 bytes".to_owned())),
    ] {
        let mut case = titled("Content-Type", "application/json", verdict);
        case.body.splice(0..0, vec![b' '; spaces]);
        cases.push(case);
    }
    for key in ["", "é", "a b", &"x".repeat(256)] {
        cases.push(titled(
            "Idempotency-Key",
            key,
            Verdict::Refused(400, "Idempotency-Key must be".to_owned()),
        ));
    }
    cases
}

fn corpus() -> Vec<Case> {
    [no_objects(), no_json(), no_utf_8(), numbers(), characters(), texts(), metadata(), names(), media()]
        .into_iter()
        .flatten()
        .collect()
}

/// What is answered, without what differs from one notification to the next.
type Told = (u16, String);

/// Sends every case and holds each answer against its verdict; returns the answers.
async fn judge_all(on: On) -> Vec<Told> {
    let world = World::new(on).await;
    let ann = world.person(1, &[]).await;
    let client = client();
    let mut told = Vec::new();
    for case in corpus() {
        let mut request =
            client.post(format!("{}/crm/notification/send", world.base)).header("X-API-KEY", KEY);
        for (name, value) in &case.headers {
            request = request.header(*name, value);
        }
        let response = request.body(case.body.clone()).send().await.unwrap();
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        let shown: String = String::from_utf8_lossy(&case.body).chars().take(300).collect();
        told.push((status, hold(&case.verdict, status, &text, &ann, &shown).await));
    }
    told
}

async fn hold(verdict: &Verdict, status: u16, text: &str, ann: &Somebody<'_>, shown: &str) -> String {
    let mut answer: Value =
        serde_json::from_str(text).unwrap_or_else(|_| panic!("{shown} → no JSON: {text}"));
    match verdict {
        Verdict::Kept(echo) => {
            assert_eq!((status, &answer["result"]), (201, &json!("Success")), "{shown} → {text}");
            assert!(text.contains(echo), "{shown} → {text}");
            let stored = ann.ask("GET", "/crm/notification/?limit=1", None).await;
            assert!(stored.text.contains(echo), "{shown} is stored as {}", stored.text);
            answer["notification"]["notification_id"].take();
        }
        Verdict::Refused(expected, because) => {
            let reason = answer["reason"].as_str().unwrap_or_default();
            assert!(status == *expected && reason.contains(because), "{shown} → {status} {text}");
            assert_eq!(answer, json!({"result": "Failed", "reason": reason}), "{shown}");
            assert!(reason.len() < 1_000, "{shown} → {reason}");
        }
    }
    answer.to_string()
}

story! {
    async fn whatever_is_sent_is_stored_as_it_is_or_refused_with_a_reason(on: On) {
        let told = judge_all(on).await;
        assert!(told.len() >= 400, "{} cases", told.len());
        if on == On::Postgres {
            assert_eq!(told, judge_all(On::Sqlite).await);
        }
    }
}

story! {
    async fn paths_and_query_strings_that_are_no_text_are_refused_in_the_usual_shape(on: On) {
        let world = World::new(on).await;
        let root = world.person(1, &["admin"]).await;
        let routes = ["/crm/user/{}", "/crm/group/{}", "/crm/api-key/{}", "/crm/notification/{}", "/crm/{}", "/{}"];
        for route in routes {
            for id in ["%FF", "%C3%28", "%ED%A0%80", "%00", "1%00", "x", "0x1", "%F0%9F%98%80", "%zz", "1.0", "99999999999999999999", "-1"] {
                let path = route.replace("{}", id);
                let reply = root.ask("DELETE", &path, None).await;
                assert_eq!((reply.status, &reply.body["result"]), (404, &json!("Failed")), "{path} → {}", reply.text);
            }
        }
        for query in ["q=%00", "q=", "limit=0", "limit=1.0", "limit=x", "cursor=0", "cursor=01", "unread=yes", "type=x", "foo=1", "limit=1&limit=2"] {
            let reply = root.ask("GET", &format!("/crm/notification/?{query}"), None).await;
            assert_eq!((reply.status, &reply.body["result"]), (400, &json!("Failed")), "{query} → {}", reply.text);
        }
    }
}
