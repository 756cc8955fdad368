//! Quiet hours, by a table and against an oracle that looks at every minute.

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn windows(value: Value) -> Vec<Window> {
    parse(&value).unwrap()
}

/// Zone, windows, now, and until when it is quiet.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

const NIGHT: &str = r#"[{"from":"22:00","to":"07:00"}]"#;
const LUNCH: &str = r#"[{"from":"12:00","to":"13:30"}]"#;
const WORKDAYS: &str = r#"[{"days":["mon","tue","wed","thu","fri"],"from":"22:00","to":"07:00"}]"#;
const WEEKEND: &str = r#"[{"days":["sat","sun"],"from":"00:00","to":"00:00"}]"#;
const FRIDAY_ON: &str = r#"[{"days":["fri"],"from":"18:00","to":"00:00"},{"days":["sat","sun"],"from":"00:00","to":"00:00"},{"days":["mon"],"from":"00:00","to":"08:00"}]"#;
const SUNDAY: &str = r#"[{"days":["sun"],"from":"00:00","to":"00:00"}]"#;
const SUNDAY_NOON: &str = r#"[{"days":["sun"],"from":"12:00","to":"12:00"}]"#;

/// In the repeated or the missing hour of each zone.
const SMALL: &str = r#"[{"from":"01:15","to":"01:45"}]"#;
const TO_SMALL: &str = r#"[{"from":"22:00","to":"01:45"}]"#;
const TO_ONE: &str = r#"[{"from":"22:00","to":"01:00"}]"#;
const TO_TWO: &str = r#"[{"from":"22:00","to":"02:00"}]"#;
const FROM_ONE: &str = r#"[{"from":"01:00","to":"04:00"}]"#;
const FROM_SMALL: &str = r#"[{"from":"01:30","to":"04:00"}]"#;
const AT_TWO: &str = r#"[{"from":"02:15","to":"02:45"}]"#;
const TO_AT_TWO: &str = r#"[{"from":"22:00","to":"02:30"}]"#;
const FROM_AT_TWO: &str = r#"[{"from":"02:30","to":"05:00"}]"#;

const LONDON: &str = "Europe/London";
const NEW_YORK: &str = "America/New_York";
const LORD_HOWE: &str = "Australia/Lord_Howe";

const TABLE: &[Row] = &[
    // A window of one day: its beginning is in it, its end is not. 2026-01-12 is a Monday.
    ("UTC", "[]", "2026-01-12T03:00:00Z", None),
    ("UTC", LUNCH, "2026-01-12T11:59:59Z", None),
    ("UTC", LUNCH, "2026-01-12T12:00:00Z", Some("2026-01-12T13:30:00Z")),
    ("UTC", LUNCH, "2026-01-12T13:29:59Z", Some("2026-01-12T13:30:00Z")),
    ("UTC", LUNCH, "2026-01-12T13:30:00Z", None),
    // A window past midnight.
    ("UTC", NIGHT, "2026-01-12T21:59:59Z", None),
    ("UTC", NIGHT, "2026-01-12T22:00:00Z", Some("2026-01-13T07:00:00Z")),
    ("UTC", NIGHT, "2026-01-13T00:00:00Z", Some("2026-01-13T07:00:00Z")),
    ("UTC", NIGHT, "2026-01-13T06:59:59Z", Some("2026-01-13T07:00:00Z")),
    ("UTC", NIGHT, "2026-01-13T07:00:00Z", None),
    // It belongs to the day on which it begins.
    ("UTC", WORKDAYS, "2026-01-16T23:00:00Z", Some("2026-01-17T07:00:00Z")),
    ("UTC", WORKDAYS, "2026-01-17T03:00:00Z", Some("2026-01-17T07:00:00Z")),
    ("UTC", WORKDAYS, "2026-01-17T23:00:00Z", None),
    ("UTC", WORKDAYS, "2026-01-19T03:00:00Z", None),
    ("UTC", WORKDAYS, "2026-01-19T22:30:00Z", Some("2026-01-20T07:00:00Z")),
    // Whole days, and windows that touch.
    ("UTC", SUNDAY, "2026-01-17T23:59:59Z", None),
    ("UTC", SUNDAY, "2026-01-18T00:00:00Z", Some("2026-01-19T00:00:00Z")),
    ("UTC", SUNDAY, "2026-01-19T00:00:00Z", None),
    ("UTC", SUNDAY_NOON, "2026-01-18T11:59:00Z", None),
    ("UTC", SUNDAY_NOON, "2026-01-19T11:59:00Z", Some("2026-01-19T12:00:00Z")),
    ("UTC", WEEKEND, "2026-01-17T09:00:00Z", Some("2026-01-19T00:00:00Z")),
    ("UTC", FRIDAY_ON, "2026-01-16T17:59:00Z", None),
    ("UTC", FRIDAY_ON, "2026-01-16T18:00:00Z", Some("2026-01-19T08:00:00Z")),
    ("UTC", FRIDAY_ON, "2026-01-19T08:00:00Z", None),
    // In the user's zone, also where its day is another one.
    ("Asia/Tokyo", NIGHT, "2026-01-12T13:00:00Z", Some("2026-01-12T22:00:00Z")),
    ("Asia/Tokyo", NIGHT, "2026-01-12T12:59:00Z", None),
    ("Asia/Kathmandu", NIGHT, "2026-01-12T16:15:00Z", Some("2026-01-13T01:15:00Z")),
    ("Pacific/Kiritimati", SUNDAY, "2026-01-17T10:00:00Z", Some("2026-01-18T10:00:00Z")),
    ("No/Where", NIGHT, "2026-01-12T23:00:00Z", Some("2026-01-13T07:00:00Z")),
    // London goes forward at 01:00 UTC: a night is an hour shorter, a Sunday has 23.
    (LONDON, NIGHT, "2026-03-28T22:00:00Z", Some("2026-03-29T06:00:00Z")),
    (LONDON, NIGHT, "2026-03-29T06:00:00Z", None),
    (LONDON, SUNDAY, "2026-03-29T00:00:00Z", Some("2026-03-29T23:00:00Z")),
    // 01:15 to 01:45 does not occur; a window to 01:45 ends with the jump, one from 01:30 begins with it.
    (LONDON, SMALL, "2026-03-29T01:00:00Z", None),
    (LONDON, SMALL, "2026-03-29T00:59:59Z", None),
    (LONDON, TO_SMALL, "2026-03-29T00:59:59Z", Some("2026-03-29T01:00:00Z")),
    (LONDON, TO_SMALL, "2026-03-29T01:00:00Z", None),
    (LONDON, FROM_SMALL, "2026-03-29T00:59:59Z", None),
    (LONDON, FROM_SMALL, "2026-03-29T01:00:00Z", Some("2026-03-29T03:00:00Z")),
    (LONDON, TO_ONE, "2026-03-29T00:59:59Z", Some("2026-03-29T01:00:00Z")),
    // London goes back at 01:00 UTC: a night is an hour longer, a Sunday has 25.
    (LONDON, NIGHT, "2026-10-24T21:00:00Z", Some("2026-10-25T07:00:00Z")),
    (LONDON, SUNDAY, "2026-10-24T23:00:00Z", Some("2026-10-26T00:00:00Z")),
    // The hour from 01:00 comes twice: quiet from the first 01:15 to the last 01:45, and nobody is woken between.
    (LONDON, SMALL, "2026-10-25T00:14:59Z", None),
    (LONDON, SMALL, "2026-10-25T00:15:00Z", Some("2026-10-25T01:45:00Z")),
    (LONDON, SMALL, "2026-10-25T01:05:00Z", Some("2026-10-25T01:45:00Z")),
    (LONDON, SMALL, "2026-10-25T01:45:00Z", None),
    (LONDON, TO_SMALL, "2026-10-25T00:50:00Z", Some("2026-10-25T01:45:00Z")),
    (LONDON, FROM_SMALL, "2026-10-25T00:30:00Z", Some("2026-10-25T04:00:00Z")),
    // The clock never goes behind the first 01:00; at 02:00 it does.
    (LONDON, TO_ONE, "2026-10-24T23:59:00Z", Some("2026-10-25T00:00:00Z")),
    (LONDON, TO_ONE, "2026-10-25T00:30:00Z", None),
    (LONDON, TO_TWO, "2026-10-25T00:30:00Z", Some("2026-10-25T02:00:00Z")),
    (LONDON, FROM_ONE, "2026-10-25T00:00:00Z", Some("2026-10-25T04:00:00Z")),
    // New York: 02:00 to 03:00 is missing on 8 March, 01:00 to 02:00 comes twice on 1 November.
    (NEW_YORK, NIGHT, "2026-03-08T03:00:00Z", Some("2026-03-08T11:00:00Z")),
    (NEW_YORK, AT_TWO, "2026-03-08T07:00:00Z", None),
    (NEW_YORK, TO_AT_TWO, "2026-03-08T06:59:00Z", Some("2026-03-08T07:00:00Z")),
    (NEW_YORK, FROM_AT_TWO, "2026-03-08T07:00:00Z", Some("2026-03-08T09:00:00Z")),
    (NEW_YORK, NIGHT, "2026-11-01T02:00:00Z", Some("2026-11-01T12:00:00Z")),
    (NEW_YORK, SMALL, "2026-11-01T05:15:00Z", Some("2026-11-01T06:45:00Z")),
    (NEW_YORK, TO_ONE, "2026-11-01T04:30:00Z", Some("2026-11-01T05:00:00Z")),
    (NEW_YORK, TO_TWO, "2026-11-01T05:30:00Z", Some("2026-11-01T07:00:00Z")),
    // Lord Howe moves by half an hour: 02:00 to 02:30 is missing on 4 October, 01:30 to 02:00 comes twice on 5 April.
    (LORD_HOWE, NIGHT, "2026-10-03T12:00:00Z", Some("2026-10-03T20:00:00Z")),
    (LORD_HOWE, AT_TWO, "2026-10-03T15:30:00Z", Some("2026-10-03T15:45:00Z")),
    (LORD_HOWE, TO_TWO, "2026-10-03T15:29:00Z", Some("2026-10-03T15:30:00Z")),
    (LORD_HOWE, FROM_AT_TWO, "2026-10-03T15:30:00Z", Some("2026-10-03T18:00:00Z")),
    (LORD_HOWE, SMALL, "2026-04-04T14:15:00Z", Some("2026-04-04T15:15:00Z")),
    (LORD_HOWE, SMALL, "2026-04-04T14:50:00Z", Some("2026-04-04T15:15:00Z")),
    (LORD_HOWE, SUNDAY, "2026-04-04T13:00:00Z", Some("2026-04-05T13:30:00Z")),
    // Samoa left out 30 December 2011, a Friday: its windows do not occur, and Thursday's ends on Saturday.
    ("Pacific/Apia", NIGHT, "2011-12-30T09:00:00Z", Some("2011-12-30T17:00:00Z")),
];

#[test]
fn quiet_lasts_as_long_as_the_table_says() {
    assert!(TABLE.len() >= 40);
    let mut wrong = Vec::new();
    for (zone, text, now, expected) in TABLE {
        let found = held_until(&windows(serde_json::from_str(text).unwrap()), zone, at(now));
        if found != expected.map(at) {
            let found = found.map(Instant::to_rfc3339);
            wrong.push(format!("{zone} {text} at {now}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_held_for_ever() {
    let always = Window { days: 0b111_1111, from: TimeOfDay(60), to: TimeOfDay(60) };
    let now = at("2026-01-12T12:00:00Z");
    assert_eq!(held_until(&[always], "UTC", now), Some(now.plus(LONGEST)));
}

#[test]
fn windows_are_shown_as_they_were_written() {
    let one = windows(json!({"days": ["sun", "mon", "sun"], "from": "22:00", "to": "07:05"}));
    let shown = json!([{"days": ["mon", "sun"], "from": "22:00", "to": "07:05"}]);
    assert_eq!(to_json(&one), shown);
    assert_eq!(from_stored(&shown.to_string()), one);
    assert_eq!(windows(json!([{"days": null, "from": "00:00", "to": "06:00"}]))[0].days(), DAYS);
    assert_eq!(windows(json!([])), []);
    assert_eq!(from_stored("nonsense"), []);
}

#[test]
fn what_is_wrong_with_a_window_is_said() {
    let time = "must be a time from 00:00 to 23:59, such as 22:00";
    let days = "days must be some of mon, tue, wed, thu, fri, sat, sun; leave it out for all";
    let mut cases = vec![
        (json!("night"), SHAPE.to_owned()),
        (json!([1]), SHAPE.to_owned()),
        (json!([{"from": "22:00"}]), format!("quiet_hours: to {time}")),
        (json!([{"to": "22:00"}]), format!("quiet_hours: from {time}")),
        (json!([{"from": "22:00", "to": "07:00", "days": []}]), format!("quiet_hours: {days}")),
        (json!([{"from": "22:00", "to": "07:00", "days": ["monday"]}]), format!("quiet_hours: {days}")),
        (json!([{"from": "22:00", "to": "07:00", "days": "mon"}]), format!("quiet_hours: {days}")),
        (
            json!([{"from": "22:00", "to": "07:00", "day": ["mon"]}]),
            "quiet_hours: unknown field \"day\"; did you mean \"days\"?".to_owned(),
        ),
        (
            json!([{"from": "22:00", "to": "07:00", "zone": "UTC"}]),
            "quiet_hours: unknown field \"zone\"; a window has days, from and to".to_owned(),
        ),
        (
            json!({"from": "07:00", "to": "07:00"}),
            "quiet_hours must leave some time of the week; to be sent nothing at all, choose receive_by none"
                .to_owned(),
        ),
        (
            json!(vec![json!({"from": "22:00", "to": "07:00"}); 8]),
            "quiet_hours must be at most 7 windows; join some".to_owned(),
        ),
    ];
    for from in ["24:00", "22:60", "7:00", "07:0", "22", "", "+7:00", "22:00:00", "２２:00"] {
        cases.push((json!({"from": from, "to": "07:00"}), format!("quiet_hours: from {time}")));
    }
    for (value, said) in cases {
        assert_eq!(parse(&value).unwrap_err().to_string(), said, "{value}");
    }
}

const DAY: i64 = 24 * 60;

/// Every minute around a jump of a zone's clock, as the clock on the wall shows it.
struct Span {
    zone: &'static str,
    /// The jump, in minutes since 1970.
    jump: i64,
    first: i64,
    /// The wall clock's minutes, counted from 1970-01-01 00:00 of its own.
    wall: Vec<i64>,
}

impl Span {
    fn around(zone: &'static str, jump: &str) -> Self {
        let database = TimeZoneDatabase::bundled().get(zone).unwrap();
        let jump = at(jump).seconds() / 60;
        let (first, last) = (jump - 6 * DAY, jump + 22 * DAY);
        let wall = (first..last).map(|minute| {
            let time = Timestamp::from_second(minute * 60).unwrap().to_zoned(database.clone()).datetime();
            let date = time.date().since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
            i64::from(date) * DAY + i64::from(time.hour()) * 60 + i64::from(time.minute())
        });
        Span { zone, jump, first, wall: wall.collect() }
    }

    /// Which minutes are quiet: for each day of the window, from the first minute at which the clock shows its
    /// beginning or later, to the last at which it shows less than its end.
    fn quiet(&self, windows: &[Window]) -> Vec<bool> {
        let mut quiet = vec![false; self.wall.len()];
        let (low, high) = (self.wall[0], self.wall[self.wall.len() - 1]);
        for window in windows {
            for day in low.div_euclid(DAY) + 1..high.div_euclid(DAY) {
                // 1970-01-01 was a Thursday.
                if window.days & (1 << (day + 3).rem_euclid(7)) == 0 {
                    continue;
                }
                let last = if window.from < window.to { day } else { day + 1 };
                let (from, to) = (day * DAY + i64::from(window.from.0), last * DAY + i64::from(window.to.0));
                let start = self.wall.iter().position(|shown| *shown >= from).unwrap();
                let end = self.wall.iter().rposition(|shown| *shown < to).unwrap();
                (start..=end).for_each(|minute| quiet[minute] = true);
            }
        }
        quiet
    }

    fn held_until(&self, windows: &[Window], now: i64) -> Option<i64> {
        let quiet = self.quiet(windows);
        let at = usize::try_from(now - self.first).unwrap();
        if !quiet[at] {
            return None;
        }
        let length = quiet[at..].iter().position(|is_quiet| !is_quiet).unwrap();
        Some(now + i64::try_from(length).unwrap())
    }
}

fn spans() -> &'static [Span] {
    static SPANS: OnceLock<Vec<Span>> = OnceLock::new();
    SPANS.get_or_init(|| {
        vec![
            Span::around(LONDON, "2026-03-29T01:00:00Z"),
            Span::around(LONDON, "2026-10-25T01:00:00Z"),
            Span::around(NEW_YORK, "2026-03-08T07:00:00Z"),
            Span::around(NEW_YORK, "2026-11-01T06:00:00Z"),
            Span::around(LORD_HOWE, "2026-10-03T15:30:00Z"),
            Span::around(LORD_HOWE, "2026-04-04T15:00:00Z"),
        ]
    })
}

/// Mostly in the small hours, in which clocks jump.
fn time_of_day() -> impl Strategy<Value = TimeOfDay> {
    prop_oneof![3 => 30_u16..200, 1 => 0_u16..1440, 1 => (0_u16..8).prop_map(|step| 60 + step * 15)]
        .prop_map(TimeOfDay)
}

fn any_window() -> impl Strategy<Value = Window> {
    let days = prop_oneof![Just(0b111_1111), 1_u8..0b111_1111];
    (days, time_of_day(), time_of_day()).prop_map(|(days, from, to)| Window { days, from, to })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn quiet_ends_when_the_clock_on_the_wall_says_so(
        span in 0_usize..6,
        windows in proptest::collection::vec(any_window(), 1..4),
        away in prop_oneof![3 => -120_i64..180, 1 => -3 * DAY..3 * DAY],
        seconds in 0_i64..60,
    ) {
        prop_assume!(!covers_the_week(&windows));
        let span = &spans()[span];
        let now = span.jump + away;
        let expected = span.held_until(&windows, now).map(|minute| Instant(minute * 60_000_000));
        let found = held_until(&windows, span.zone, Instant((now * 60 + seconds) * 1_000_000));
        prop_assert_eq!(
            found.map(Instant::to_rfc3339),
            expected.map(Instant::to_rfc3339),
            "{} {} {}", span.zone, to_json(&windows), Instant(now * 60_000_000).to_rfc3339()
        );
    }
}
