//! What calendars say, read back by a parser that is not ours; `scripts/peers.sh` shows the same ones to another.

use std::path::PathBuf;

use icalendar::parser::{Component, read_calendar, unfold};
use serde_json::json;

use super::*;

fn at(instant: &str, zone: &str) -> When {
    When::At { at: Instant::parse(instant).unwrap(), zone: zone.to_owned() }
}

fn shown(time: &str, zone: &str) -> When {
    When::Local { time: time.parse().unwrap(), zone: zone.to_owned() }
}

fn call() -> Calendar {
    Calendar {
        method: Method::Publish,
        uid: "activity-7@crm.example.com".to_owned(),
        sequence: 0,
        stamp: Instant::parse("2026-03-01T08:15:00Z").unwrap(),
        summary: "Call Jane Doe".to_owned(),
        description: "About the quote.\nBring numbers.".to_owned(),
        url: Some("https://crm.example.com/activities/7?a=1,2;b".to_owned()),
        location: None,
        starts: at("2026-03-03T10:00:00Z", "Europe/London"),
        ends: None,
        status: Status::Confirmed,
        rrule: None,
        organizer: None,
    }
}

/// A calendar as the parser reads it.
struct Read(icalendar::parser::Calendar<'static>);

impl Read {
    #[track_caller]
    fn of(calendar: &Calendar) -> Read {
        let text = calendar.to_text();
        for line in text.strip_suffix("\r\n").expect("the last line is ended too").split("\r\n") {
            assert!(line.len() <= 75 && !line.is_empty() && !line.contains(['\r', '\n']), "{line:?}");
        }
        let unfolded: &'static str = Box::leak(unfold(&text).into_boxed_str());
        Read(read_calendar(unfolded).unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    fn parts(&self, name: &str) -> Vec<&Component<'_>> {
        self.0.components.iter().filter(|part| part.name.as_str() == name).collect()
    }

    fn event(&self) -> &Component<'_> {
        let events = self.parts("VEVENT");
        assert_eq!(events.len(), 1);
        events[0]
    }

    fn method(&self) -> &str {
        self.0.properties.iter().find(|one| one.name.as_str() == "METHOD").unwrap().val.as_str()
    }

    /// The value of a property of the event; with its parameters where it has some.
    fn value(&self, name: &str) -> Option<String> {
        let found: Vec<_> = self.event().properties.iter().filter(|one| one.name.as_str() == name).collect();
        assert!(found.len() < 2, "{name} stands twice");
        let found = found.first()?;
        let parameters: String = found
            .params
            .iter()
            .map(|one| format!("{}={};", one.key, one.val.as_ref().map_or("", |val| val.as_str())))
            .collect();
        Some(format!("{parameters}{}", as_read(found.val.as_str())))
    }
}

/// A text as the parser reads it: it takes the `n` behind an escaped backslash for the end of a line. The other one, in
/// `tests/peers/calendars.py`, does not.
fn as_read(text: &str) -> String {
    text.replace("\\n", "\n")
}

#[test]
fn an_event_is_written_whole() {
    let expected = "BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Belfry//Notifications//EN\r
CALSCALE:GREGORIAN\r
METHOD:PUBLISH\r
BEGIN:VTIMEZONE\r
TZID:Europe/London\r
BEGIN:STANDARD\r
DTSTART:20251026T020000\r
RDATE:20261025T020000\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0000\r
TZNAME:GMT\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:20260329T010000\r
TZOFFSETFROM:+0000\r
TZOFFSETTO:+0100\r
TZNAME:BST\r
END:DAYLIGHT\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:activity-7@crm.example.com\r
SEQUENCE:2\r
DTSTAMP:20260301T081500Z\r
DTSTART;TZID=Europe/London:20260703T103000\r
DTEND;TZID=Europe/London:20260703T110000\r
SUMMARY:Call Jane Doe\r
DESCRIPTION:About the quote.\\nBring numbers.\r
LOCATION:Room 1\\, upstairs\r
URL:https://crm.example.com/activities/7?a=1,2;b\r
ORGANIZER;CN=CRM:mailto:crm@example.com\r
STATUS:CONFIRMED\r
END:VEVENT\r
END:VCALENDAR\r
";
    let whole = Calendar {
        sequence: 2,
        location: Some("Room 1, upstairs".to_owned()),
        starts: at("2026-07-03T09:30:00Z", "europe/london"),
        ends: Some(shown("2026-07-03T11:00:00", "Europe/London")),
        organizer: Some(Organizer { name: "CRM".to_owned(), address: "crm@example.com".to_owned() }),
        ..call()
    };
    assert_eq!(whole.to_text(), expected);
    let read = Read::of(&whole);
    assert_eq!(read.value("DTSTART").unwrap(), "TZID=Europe/London;20260703T103000");
    assert_eq!(read.value("LOCATION").unwrap(), "Room 1, upstairs");
    assert_eq!(read.value("DESCRIPTION").unwrap(), "About the quote.\nBring numbers.");
    let bare = Read::of(&Calendar { description: String::new(), url: Some("/a".to_owned()), ..call() });
    for name in ["DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "DTEND", "RRULE"] {
        assert_eq!(bare.value(name), None, "{name}");
    }
}

#[test]
fn an_end_says_so_whatever_its_status_and_keeps_its_number() {
    let ended = Calendar { method: Method::Cancel, sequence: 3, ..call() };
    let (read, before) = (Read::of(&ended), Read::of(&call()));
    assert_eq!((read.method(), before.method()), ("CANCEL", "PUBLISH"));
    assert_eq!(read.value("STATUS").unwrap(), "CANCELLED");
    assert_eq!((read.value("UID"), read.value("SEQUENCE").unwrap()), (before.value("UID"), "3".to_owned()));
    for (sequence, written) in [(-1, "0"), (i64::MAX, "2147483647")] {
        assert_eq!(Read::of(&Calendar { sequence, ..call() }).value("SEQUENCE").unwrap(), written);
    }
}

/// When an event starts, how that is written, and the kinds of changes that its zone is said to have.
const STARTS: &[(&str, &str, &str, usize)] = &[
    ("2026-01-11T14:30:00Z", "UTC", "20260111T143000Z", 0),
    ("2026-01-11T14:30:00Z", "Etc/UTC", "20260111T143000Z", 0),
    ("2026-01-11T14:30:00Z", "Mars/Olympus", "20260111T143000Z", 0),
    ("2026-01-11T14:30:00Z", "", "20260111T143000Z", 0),
    ("2026-01-11T14:30:00Z", "x\r\nATTACH:evil", "20260111T143000Z", 0),
    ("2026-01-11T14:30:00.987Z", "Europe/London", "TZID=Europe/London;20260111T143000", 2),
    ("2026-07-11T14:30:00Z", "Europe/London", "TZID=Europe/London;20260711T153000", 2),
    ("2026-07-11T14:30:00Z", "America/New_York", "TZID=America/New_York;20260711T103000", 2),
    ("2026-07-11T14:30:00Z", "Australia/Lord_Howe", "TZID=Australia/Lord_Howe;20260712T010000", 2),
    ("2026-07-11T14:30:00Z", "Asia/Kathmandu", "TZID=Asia/Kathmandu;20260711T201500", 2),
    ("2026-07-11T14:30:00Z", "Etc/GMT+5", "TZID=Etc/GMT+5;20260711T093000", 1),
    // The day that Samoa had not.
    ("2011-12-30T10:30:00Z", "Pacific/Apia", "TZID=Pacific/Apia;20111231T003000", 3),
    ("2011-12-30T09:30:00Z", "Pacific/Apia", "TZID=Pacific/Apia;20111229T233000", 3),
    // What clocks show twice: the second time cannot be said by them.
    ("2026-10-25T00:30:00Z", "Europe/London", "TZID=Europe/London;20261025T013000", 2),
    ("2026-10-25T01:30:00Z", "Europe/London", "20261025T013000Z", 0),
    // Two half hours of Lord Howe.
    ("2026-04-04T14:45:00Z", "Australia/Lord_Howe", "TZID=Australia/Lord_Howe;20260405T014500", 2),
    ("2026-04-04T15:15:00Z", "Australia/Lord_Howe", "20260404T151500Z", 0),
    // Right at a change.
    ("2026-03-29T01:00:00Z", "Europe/London", "TZID=Europe/London;20260329T020000", 2),
];

#[test]
fn instants_are_written_as_the_zone_of_the_reader_shows_them() {
    for (instant, zone, written, kinds) in STARTS {
        let read = Read::of(&Calendar { starts: at(instant, zone), ..call() });
        assert_eq!(read.value("DTSTART").unwrap(), *written, "{instant} {zone}");
        let zones = read.parts("VTIMEZONE");
        assert_eq!(zones.first().map_or(0, |zone| zone.components.len()), *kinds, "{instant} {zone}");
        assert_eq!(zones.len(), usize::from(*kinds > 0), "{zone}");
    }
}

#[test]
fn times_as_clocks_show_them_are_times_that_they_show() {
    for (time, zone, written) in [
        ("2026-03-03T10:00:00.5", "Europe/London", "TZID=Europe/London;20260303T100000"),
        // Skipped: at the moment of the jump, also at the first and the last second.
        ("2026-03-29T01:00:00", "Europe/London", "TZID=Europe/London;20260329T020000"),
        ("2026-03-29T01:30:00", "Europe/London", "TZID=Europe/London;20260329T020000"),
        ("2026-03-29T01:59:59", "Europe/London", "TZID=Europe/London;20260329T020000"),
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", "TZID=Australia/Lord_Howe;20261004T023000"),
        ("2011-12-30T12:00:00", "Pacific/Apia", "TZID=Pacific/Apia;20111231T000000"),
        // Shown twice: the first time.
        ("2026-10-25T01:30:00", "Europe/London", "TZID=Europe/London;20261025T013000"),
        ("2026-03-03T10:00:00", "UTC", "20260303T100000Z"),
        ("2026-03-03T10:00:00", "Nowhere", "20260303T100000Z"),
    ] {
        let read = Read::of(&Calendar { starts: shown(time, zone), ..call() });
        assert_eq!(read.value("DTSTART").unwrap(), written, "{time} {zone}");
        let series = Calendar { rrule: Some("FREQ=DAILY".to_owned()), starts: shown(time, zone), ..call() };
        let kept = Read::of(&series).value("DTSTART").unwrap();
        let clock: String = time[..19].replace(['-', ':'], "");
        assert_eq!(kept.split(';').next_back().unwrap().trim_end_matches('Z'), clock, "{zone}");
    }
    let day = |date: &str| When::Day(date.parse().unwrap());
    let task = Calendar { starts: day("2026-03-03"), ends: Some(day("2026-03-04")), ..call() };
    let read = Read::of(&task);
    assert_eq!(read.value("DTSTART").unwrap(), "VALUE=DATE;20260303");
    assert_eq!(read.value("DTEND").unwrap(), "VALUE=DATE;20260304");
    assert!(read.parts("VTIMEZONE").is_empty());
    let odd = Calendar { ends: Some(at("2026-03-04T00:00:00Z", "UTC")), ..task };
    assert_eq!(Read::of(&odd).value("DTEND"), None, "a day ends with a day");
}

#[test]
fn two_zones_are_both_defined() {
    let flight = Calendar {
        starts: shown("2026-07-03T10:00:00", "Europe/London"),
        ends: Some(shown("2026-07-03T13:00:00", "America/New_York")),
        ..call()
    };
    let read = Read::of(&flight);
    assert_eq!(read.parts("VTIMEZONE").len(), 2);
    assert_eq!(read.value("DTEND").unwrap(), "TZID=America/New_York;20260703T130000");
}

#[test]
fn a_series_lists_every_change_that_it_meets() {
    let times = |read: &Read| -> Vec<String> {
        let kinds = read.parts("VTIMEZONE")[0].components.iter();
        let of = kinds.flat_map(|kind| kind.properties.iter());
        let of = of.filter(|one| ["DTSTART", "RDATE"].contains(&one.name.as_str()));
        of.flat_map(|one| one.val.as_str().split(',').map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
    };
    let weekly = |rule: &str, start: &str| {
        let starts = shown(start, "Europe/London");
        Read::of(&Calendar { rrule: Some(rule.to_owned()), starts, ..call() })
    };
    let read = weekly("FREQ=WEEKLY;BYDAY=MO,-1FR;UNTIL=20280301T000000Z", "2026-03-03T10:00:00");
    assert_eq!(read.value("RRULE").unwrap(), "FREQ=WEEKLY;BYDAY=MO,-1FR;UNTIL=20280301T000000Z");
    // Both of 2025, those of 2026 to 2028, and the first one of 2029.
    assert_eq!(times(&read).len(), 2 + 6 + 1);
    // Without an end: for twenty years from when it is written, and from its beginning.
    let endless = times(&weekly("FREQ=WEEKLY", "2020-03-03T10:00:00"));
    assert!(endless.iter().any(|time| time.starts_with("201910")), "{endless:?}");
    assert!(endless.iter().any(|time| time.starts_with("204510")), "{endless:?}");
    assert!(endless.len() < 60, "{}", endless.len());
    let far = times(&weekly("FREQ=WEEKLY;UNTIL=99991231", "2026-03-03T10:00:00"));
    assert!(far.len() < 50, "nobody fills a mail with changes: {}", far.len());
}

#[test]
fn what_is_no_rule_is_left_out() {
    for rule in [
        "",
        "x",
        "FREQ=WEEKLY\r\nATTENDEE:mailto:a@b.example",
        "FREQ=WEEKLY\nSUMMARY:x",
        "FREQ=WEEKLY;",
        "FREQ=WEEKLY;BYDAY=\u{2028}MO",
        "FREQ=WEEKLY;X=\"a\"",
        "FREQ=WEEKLY;X=a:b",
        ";FREQ=WEEKLY",
        &format!("FREQ=WEEKLY;BYMINUTE={}", "1,".repeat(400)),
    ] {
        assert_eq!(Read::of(&Calendar { rrule: Some(rule.to_owned()), ..call() }).value("RRULE"), None);
    }
}

/// What an attacker would write into every text there is.
const EVIL: [&str; 16] = [
    "x\r\nATTENDEE:mailto:evil@example.net\r\ny",
    "x\nEND:VEVENT\nBEGIN:VALARM\nACTION:PROCEDURE\nEND:VALARM",
    "x\rATTACH:https://evil.example/a.exe\ry",
    "x\u{85}ATTACH:evil\u{2028}ATTACH:evil\u{2029}\u{b}\u{c}ATTACH:evil",
    "\\nATTACH:evil",
    "\\",
    "\\\\;\\,",
    ",;:\"'",
    "\";X=\"y\":z",
    "\r\n ATTACH:evil",
    "\r\n\tATTACH:evil",
    "\u{0}\u{1b}[31m\u{7f}",
    "\u{202e}txet\u{2066}",
    "=0D=0AATTACH:evil",
    "%0D%0AATTACH:evil",
    "{{7*7}} <b>&amp;",
];

#[test]
fn nothing_that_is_written_into_a_text_becomes_a_line() {
    let names = |read: &Read| -> Vec<String> {
        read.event().properties.iter().map(|one| one.name.as_str().to_owned()).collect()
    };
    let plain = Calendar {
        location: Some("Room".to_owned()),
        organizer: Some(Organizer { name: "CRM".to_owned(), address: "crm@example.com".to_owned() }),
        ..call()
    };
    let mut expected = names(&Read::of(&plain));
    expected.retain(|name| name != "URL" && name != "DTSTART");
    for evil in
        EVIL.map(str::to_owned).into_iter().chain(EVIL.map(|evil| format!("{}{evil}", "ä".repeat(40))))
    {
        let zone = format!("Europe/London{evil}");
        let poisoned = Calendar {
            uid: format!("u{evil}"),
            summary: evil.clone(),
            description: format!("d{evil}"),
            url: Some(format!("https://crm.example.com/{evil}")),
            location: Some(format!("l{evil}")),
            starts: at("2026-03-03T10:00:00Z", &zone),
            rrule: Some(format!("FREQ=DAILY{evil}")),
            organizer: Some(Organizer { name: evil.clone(), address: "crm@example.com".to_owned() }),
            ..call()
        };
        let read = Read::of(&poisoned);
        let mut found = names(&read);
        found.retain(|name| name != "URL" && name != "DTSTART");
        assert_eq!(found, expected, "{evil:?}");
        assert!(read.parts("VALARM").is_empty() && read.event().components.is_empty(), "{evil:?}");
        assert_eq!(read.0.components.len(), 1, "{evil:?}");
        assert_eq!(read.value("SUMMARY").unwrap(), as_read(&one_line(&evil)), "{evil:?}");
        assert_eq!(read.value("DESCRIPTION").unwrap(), as_read(&many_lines(&format!("d{evil}"))), "{evil:?}");
        assert!(poisoned.to_text().matches("\r\n").count() == poisoned.to_text().matches('\n').count());
    }
    for address in ["", "crm", "a@b\r\nX:y", "a@b,c@d", "a@b\";X=1", "ä@b"] {
        let organizer = Some(Organizer { name: "CRM".to_owned(), address: address.to_owned() });
        assert_eq!(Read::of(&Calendar { organizer, ..call() }).value("ORGANIZER"), None, "{address:?}");
    }
}

#[test]
fn long_texts_are_read_back_as_they_were() {
    for unit in ["ä", "🔔", "a\u{301}", "👨‍👩‍👧", "Größe, 5 €; \\ ", "日本語"] {
        let text = unit.repeat(300).trim().to_owned();
        let long = Calendar { summary: text.clone(), description: text.clone(), ..call() };
        let read = Read::of(&long);
        assert_eq!((read.value("SUMMARY"), read.value("DESCRIPTION")), (Some(text.clone()), Some(text)));
    }
}

/// Written for `tests/peers/calendars.py`, which reads them with PyPI's icalendar.
#[test]
fn calendars_for_the_peers() {
    let mut cases = Vec::new();
    let mut add = |name: &str, calendar: &Calendar| {
        let at = |when: &When| match when {
            When::Day(date) => date.to_string(),
            When::At { at, .. } => at.to_rfc3339(),
            When::Local { time, zone } => {
                let zone = TimeZone::get(zone).unwrap();
                resolved(*time, &zone).to_string()
            }
        };
        cases.push(json!({
            "name": name, "text": calendar.to_text(), "method": calendar.method.name(), "uid": calendar.uid,
            "sequence": calendar.sequence, "stamp": calendar.stamp.to_rfc3339(), "summary": one_line(&calendar.summary),
            "description": many_lines(&calendar.description), "location": calendar.location,
            "url": calendar.url, "starts": at(&calendar.starts), "ends": calendar.ends.as_ref().map(at),
            "status": calendar.status().name(), "rrule": calendar.rrule,
        }));
    };
    for (instant, zone, ..) in STARTS.iter().filter(|(.., zone, _, _)| !zone.contains('\r')) {
        add(&format!("{instant} in {zone}"), &Calendar { starts: at(instant, zone), ..call() });
    }
    for zone in
        ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Dublin"]
    {
        for rule in ["FREQ=WEEKLY;BYDAY=SU", "FREQ=DAILY;COUNT=400", "FREQ=MONTHLY;UNTIL=20290101T000000Z"] {
            let series = Calendar { starts: shown("2026-02-03T10:00:00", zone), ..call() };
            add(&format!("{rule} in {zone}"), &Calendar { rrule: Some(rule.to_owned()), ..series });
        }
    }
    for evil in EVIL {
        let texts = Calendar { summary: format!("s{evil}"), description: format!("d{evil}"), ..call() };
        add(&format!("{evil:?}"), &texts);
    }
    for unit in ["ä", "🔔", "👨‍👩‍👧", "Größe, 5 €; \\ "] {
        let text = unit.repeat(300).trim().to_owned();
        add(
            unit,
            &Calendar { summary: text.clone(), location: Some(text.clone()), description: text, ..call() },
        );
    }
    let moved = Calendar { sequence: 1, starts: at("2026-03-04T10:00:00Z", "Europe/London"), ..call() };
    add("moved", &moved);
    add("cancelled", &Calendar { method: Method::Cancel, sequence: 2, ..moved.clone() });
    add("with an end", &Calendar { ends: Some(at("2026-03-04T10:30:00Z", "Europe/London")), ..moved });
    let date = |text: &str| When::Day(text.parse().unwrap());
    add("a day", &Calendar { starts: date("2026-03-03"), ends: Some(date("2026-03-04")), ..call() });
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"));
    let folder = target.join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    let beside = folder.join(format!("calendars.json.{}", std::process::id()));
    std::fs::write(&beside, serde_json::to_vec_pretty(&cases).unwrap()).unwrap();
    std::fs::rename(beside, folder.join("calendars.json")).unwrap();
}
