//! Activities by hand.

use jiff::tz::TimeZoneDatabase;
use serde_json::json;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("{value} is no object") };
    fields
}

fn read(value: Value, name: &str) -> Activity {
    Activity::read(&fields(value), &zone(name)).unwrap().unwrap()
}

fn refused(value: Value) -> String {
    let fields = fields(value);
    let sentence = check(&fields).unwrap_err();
    assert_eq!(Activity::read(&fields, &TimeZone::UTC).unwrap_err(), sentence);
    sentence
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn texts(starts: impl Iterator<Item = Instant>) -> Vec<String> {
    starts.map(Instant::to_rfc3339).collect()
}

#[test]
fn a_start_without_an_offset_is_the_wall_time_of_whoever_it_is_assigned_to() {
    for written in
        ["2026-07-01T10:00", "2026-07-01T10:00:00", "2026-07-01 10:00", " 2026-07-01t10:00:00.0000001 "]
    {
        let start = json!({"starts_at": written});
        assert_eq!(read(start.clone(), "Europe/London").starts_at, at("2026-07-01T09:00:00Z"), "{written}");
        assert_eq!(read(start, "America/New_York").starts_at, at("2026-07-01T14:00:00Z"), "{written}");
    }
}

#[test]
fn a_start_with_an_offset_is_an_instant_wherever_one_lives() {
    for written in ["2026-07-01T10:00:00Z", "2026-07-01T12:00+02:00", "2026-07-01T06:00:00-04:00"] {
        assert_eq!(
            read(json!({"starts_at": written}), "Asia/Kathmandu").starts_at,
            at("2026-07-01T10:00:00Z")
        );
    }
}

#[test]
fn without_a_start_there_is_nothing_to_be_reminded_of() {
    for value in [json!({}), json!({"starts_at": null}), json!({"starts_at": " ", "rrule": "FREQ=DAILY"})] {
        assert!(check(&fields(value.clone())).is_ok());
        assert!(Activity::read(&fields(value), &TimeZone::UTC).unwrap().is_none());
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_its_name() {
    let time = "must be a date with a time, such as \"2026-03-03T10:00\" for the clock of the assigned user or \
                \"2026-03-03T10:00:00Z\"";
    for wrong in
        [json!("2026-03-03"), json!("soon"), json!(5), json!("2026-02-30T10:00"), json!("T"), json!("")]
    {
        if wrong != json!("") {
            assert_eq!(refused(json!({"starts_at": wrong.clone()})), format!("fields.starts_at {time}"));
            assert_eq!(refused(json!({"ends_at": wrong})), format!("fields.ends_at {time}"));
        }
    }
    for wrong in
        ["2026-03-03T10:00[Europe/London]", "0001-03-03T10:00", "-002026-03-03T10:00", "2026-03-03T25:00Z"]
    {
        assert_eq!(refused(json!({"starts_at": wrong})), format!("fields.starts_at {time}"));
    }
    assert_eq!(
        refused(json!({"starts_at": "9999-12-31T23:00"})),
        "fields.starts_at must lie before the year 9999 ends"
    );
    assert_eq!(refused(json!({"reminder_on": "yes"})), "fields.reminder_on must be true or false");
    for wrong in [json!(-1), json!(525_601), json!(1.5), json!("15")] {
        let sentence = "fields.reminder_minutes must be a whole number from 0 to 525600, such as 15";
        assert_eq!(refused(json!({"reminder_minutes": wrong})), sentence);
    }
    assert_eq!(refused(json!({"status": 1})), "fields.status must be a text, such as \"In Progress\"");
    assert_eq!(
        refused(json!({"activity_type": []})),
        "fields.activity_type must be a text, such as \"meeting\""
    );
    assert_eq!(
        refused(json!({"rrule": 1})),
        "fields.rrule must be a text, such as \"FREQ=WEEKLY;BYDAY=MO,WE\""
    );
    assert_eq!(
        refused(json!({"rrule": "FREQ=SECONDLY"})),
        "fields.rrule cannot be read: FREQ=SECONDLY is too often; write FREQ=MINUTELY or longer"
    );
}

#[test]
fn it_ends_after_it_starts() {
    let sentence = "fields.ends_at must not lie before fields.starts_at";
    assert_eq!(refused(json!({"starts_at": "2026-03-03T10:00", "ends_at": "2026-03-03T09:59"})), sentence);
    assert_eq!(
        refused(json!({"starts_at": "2026-03-03T10:00Z", "ends_at": "2026-03-03T10:00+01:00"})),
        sentence
    );
    let hour = read(json!({"starts_at": "2026-03-03T10:00", "ends_at": "2026-03-03T11:00"}), "Europe/London");
    assert_eq!(hour.length(), Some(Duration::from_secs(3600)));
    // One of them is known only with the zone: that is nobody's mistake, and lasts no time.
    let mixed =
        read(json!({"starts_at": "2026-03-03T10:00", "ends_at": "2026-03-03T11:00Z"}), "America/New_York");
    assert_eq!(mixed.length(), Some(Duration::ZERO));
    assert_eq!(read(json!({"starts_at": "2026-03-03T10:00"}), "UTC").length(), None);
}

#[test]
fn what_is_completed_or_cancelled_is_over() {
    let is_over =
        |status: &str| read(json!({"starts_at": "2026-03-03T10:00Z", "status": status}), "UTC").is_over;
    assert!(["Completed", "Cancelled", "completed ", "CANCELED"].into_iter().all(is_over));
    assert!(!["Not Started", "In Progress", "", "Waiting"].into_iter().any(is_over));
}

#[test]
fn its_own_lead_wins_over_the_setting() {
    let lead = |value: Value| {
        let mut fields = fields(value);
        fields.insert("starts_at".into(), json!("2026-03-03T10:00Z"));
        Activity::read(&fields, &TimeZone::UTC).unwrap().unwrap().lead
    };
    let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
    assert_eq!(lead(json!({})), Lead::Default);
    assert_eq!(lead(json!({"reminder_on": null, "reminder_minutes": null})), Lead::Default);
    assert_eq!((Lead::Default.before(15), Lead::Default.before(0)), (minutes(15), None));
    assert_eq!(lead(json!({"reminder_on": true})), Lead::On);
    assert_eq!((Lead::On.before(15), Lead::On.before(0)), (minutes(15), minutes(0)));
    assert_eq!(lead(json!({"reminder_on": false, "reminder_minutes": 60})), Lead::Off);
    assert_eq!((Lead::Off.before(15), Lead::Off.before(0)), (None, None));
    assert_eq!(lead(json!({"reminder_minutes": 60})), Lead::Minutes(60));
    assert_eq!(lead(json!({"reminder_on": true, "reminder_minutes": 60.0})), Lead::Minutes(60));
    assert_eq!((Lead::Minutes(60).before(15), Lead::Minutes(60).before(0)), (minutes(60), minutes(60)));
    assert_eq!(Lead::Minutes(0).before(15), minutes(0));
}

#[test]
fn the_lead_is_taken_from_the_instant_and_not_from_the_wall() {
    // In New York the clock goes from 02:00 to 03:00 on this day: two hours before 03:30 it shows 00:30.
    let early = read(json!({"starts_at": "2026-03-08T03:30", "reminder_minutes": 120}), "America/New_York");
    let due = early.starts_at.minus(early.lead.before(15).unwrap());
    assert_eq!(due, at("2026-03-08T00:30:00-05:00"));
}

#[test]
fn what_happens_once_starts_once() {
    let once = read(json!({"starts_at": "2026-03-03T10:00Z"}), "UTC");
    let start = at("2026-03-03T10:00:00Z");
    assert!(!once.is_recurring());
    assert_eq!(once.starting_after(Instant(start.0 - 1)).collect::<Vec<_>>(), [start]);
    assert_eq!(once.starting_after(start).count(), 0);
    assert_eq!(once.starting_between(start, Instant(start.0 + 1)).count(), 1);
    assert_eq!(once.starting_between(Instant(0), start).count(), 0);
    assert_eq!(once.newest_starting_at_or_before(start), Some(start));
    assert_eq!(once.newest_starting_at_or_before(Instant(start.0 - 1)), None);
}

#[test]
fn what_recurs_keeps_the_time_on_the_wall() {
    // With an offset or without: 09:00 in London, before and after its clock goes forward on 29 March.
    for start in ["2026-03-27T09:00", "2026-03-27T09:00:00Z", "2026-03-27T10:00:00+01:00"] {
        let stand_up =
            read(json!({"starts_at": start, "rrule": "RRULE:FREQ=DAILY;COUNT=4"}), "Europe/London");
        assert!(stand_up.is_recurring());
        assert_eq!(stand_up.rrule.as_deref(), Some("FREQ=DAILY;COUNT=4"));
        assert_eq!(
            texts(stand_up.starting_after(Instant(0))),
            ["2026-03-27T09:00:00Z", "2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z", "2026-03-30T08:00:00Z"]
        );
        let (from, until) = (at("2026-03-28T09:00:00Z"), at("2026-03-30T08:00:00Z"));
        assert_eq!(
            texts(stand_up.starting_between(from, until)),
            ["2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z"]
        );
        assert_eq!(
            stand_up.newest_starting_at_or_before(Instant(until.0 - 1)),
            Some(at("2026-03-29T08:00:00Z"))
        );
        assert_eq!(stand_up.newest_starting_at_or_before(Instant(i64::MAX)), Some(until));
        assert_eq!(stand_up.newest_starting_at_or_before(Instant(i64::MIN)), None);
    }
}

#[test]
fn whoever_moves_to_another_zone_takes_the_wall_time_along() {
    let weekly = json!({"starts_at": "2026-03-02T09:00", "rrule": "FREQ=WEEKLY"});
    let after = at("2026-03-10T00:00:00Z");
    assert_eq!(
        read(weekly.clone(), "America/New_York").starting_after(after).next(),
        Some(at("2026-03-16T13:00:00Z"))
    );
    assert_eq!(read(weekly, "Asia/Kathmandu").starting_after(after).next(), Some(at("2026-03-16T03:15:00Z")));
}

#[test]
fn when_it_is_can_be_read() {
    let meeting = read(json!({"starts_at": "2026-03-03T10:00:00Z"}), "Europe/London");
    assert_eq!(meeting.when(meeting.starts_at), "Tue 3 Mar 2026, 10:00 (Europe/London)");
    let far = read(json!({"starts_at": "2026-03-03T21:30:00Z"}), "Asia/Kathmandu");
    assert_eq!(far.when(far.starts_at), "Wed 4 Mar 2026, 03:15 (Asia/Kathmandu)");
    let utc = read(json!({"starts_at": "2026-03-03T10:00:00Z"}), "UTC");
    assert_eq!(utc.when(utc.starts_at), "Tue 3 Mar 2026, 10:00 (UTC)");
}

#[test]
fn a_rule_is_handed_on_as_calendars_write_it() {
    let cases = [
        ("freq=weekly;byday=mo,we", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=DAILY;UNTIL=20260331", "FREQ=DAILY;UNTIL=20260331T215959Z"),
        ("FREQ=DAILY;UNTIL=20260331T120000", "FREQ=DAILY;UNTIL=20260331T100000Z"),
        ("FREQ=DAILY;UNTIL=20260331T120000Z", "FREQ=DAILY;UNTIL=20260331T120000Z"),
    ];
    for (given, written) in cases {
        let activity = read(json!({"starts_at": "2026-03-02T09:00", "rrule": given}), "Europe/Berlin");
        assert_eq!(activity.rrule.as_deref(), Some(written), "{given}");
    }
}
