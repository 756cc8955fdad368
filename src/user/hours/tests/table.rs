//! Sums of opening hours, by a table in the wall time of each zone.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::*;

const OFFICE: &str = r#"{"mon":["09:00","17:00"],"tue":["09:00","17:00"],"wed":["09:00","17:00"],"thu":["09:00","17:00"],"fri":["09:00","17:00"]}"#;
const LUNCH: &str =
    r#"{"mon":[["09:00","12:00"],["13:00","17:00"]],"tue":[["09:00","12:00"],["13:00","17:00"]]}"#;
const SATURDAY: &str = r#"{"mon":["09:00","17:00"],"fri":["09:00","17:00"],"sat":["09:00","13:00"]}"#;
const ALWAYS: &str = r#"{"mon":["00:00","24:00"],"tue":["00:00","24:00"],"wed":["00:00","24:00"],"thu":["00:00","24:00"],"fri":["00:00","24:00"],"sat":["00:00","24:00"],"sun":["00:00","24:00"]}"#;
const EVENING: &str = r#"{"mon":["18:00","24:00"],"tue":["18:00","24:00"]}"#;
const FRIDAY_NIGHT: &str = r#"{"fri":["22:00","24:00"],"sat":["00:00","06:00"]}"#;
const ONE_HOUR: &str = r#"{"wed":["10:00","11:00"]}"#;
const NEVER: &str = "{}";

/// On the Sunday on which the clock jumps.
const TO_SIX: &str = r#"{"sun":["00:00","06:00"]}"#;
const TO_TWO: &str = r#"{"sun":["00:00","02:00"]}"#;
const TO_HALF_PAST_ONE: &str = r#"{"sun":["00:00","01:30"]}"#;
const ONE_TO_TWO: &str = r#"{"sun":["01:00","02:00"]}"#;
const ONE_TO_THREE: &str = r#"{"sun":["01:00","03:00"]}"#;
const ONE_TO_HALF_PAST_TWO: &str = r#"{"sun":["01:00","02:30"]}"#;
const TWO_TO_THREE: &str = r#"{"sun":["02:00","03:00"]}"#;
const HALF_PAST_TWO_TO_FOUR: &str = r#"{"sun":["02:30","04:00"]}"#;
const SATURDAY_NIGHT: &str = r#"{"sat":["22:00","24:00"]}"#;

const UTC: &str = "UTC";
const LONDON: &str = "Europe/London";
const NEW_YORK: &str = "America/New_York";
const LORD_HOWE: &str = "Australia/Lord_Howe";
const SAO_PAULO: &str = "America/Sao_Paulo";
const BEIRUT: &str = "Asia/Beirut";
const APIA: &str = "Pacific/Apia";

const CHRISTMAS: &str = "2026-12-25 2026-12-28 2027-01-01";
const EASTER: &str = "2026-04-03 2026-04-06";

/// Zone, week, holidays, start, hours, and when they have passed. Times are what the zone's wall shows, or another's
/// where an offset follows.
type Row = (&'static str, &'static str, &'static str, &'static str, f64, &'static str);

const AFTER: &[Row] = &[
    // The example: logged at 15:00, eight hours, nine to five.
    (UTC, OFFICE, "", "Mon 2026-01-12 15:00", 8.0, "Tue 2026-01-13 15:00"),
    (LONDON, OFFICE, "", "Mon 2026-01-12 15:00", 8.0, "Tue 2026-01-13 15:00"),
    // Within a day, and from one to the next.
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 1.0, "Mon 2026-01-12 10:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 16:30", 1.0, "Tue 2026-01-13 09:30"),
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 40.5, "Mon 2026-01-19 09:30"),
    (UTC, OFFICE, "", "Fri 2026-01-16 09:00", 80.0, "Thu 2026-01-29 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 12:00", 2000.0, "Mon 2026-12-28 12:00"),
    // Parts of an hour.
    (UTC, OFFICE, "", "Mon 2026-01-12 16:30", 0.5, "Mon 2026-01-12 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 16:45", 0.5, "Tue 2026-01-13 09:15"),
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 7.25, "Mon 2026-01-12 16:15"),
    (UTC, OFFICE, "", "Mon 2026-01-12 13:15", 7.25, "Tue 2026-01-13 12:30"),
    // Due exactly at closing stays that day.
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 8.0, "Mon 2026-01-12 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 10:00", 7.0, "Mon 2026-01-12 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 16.0, "Tue 2026-01-13 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 40.0, "Fri 2026-01-16 17:00"),
    (UTC, OFFICE, "", "Fri 2026-01-16 16:00", 1.0, "Fri 2026-01-16 17:00"),
    // Logged exactly at opening, and exactly at closing.
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 2.0, "Mon 2026-01-12 11:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 17:00", 1.0, "Tue 2026-01-13 10:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 17:00", 8.0, "Tue 2026-01-13 17:00"),
    (UTC, OFFICE, "", "Fri 2026-01-16 17:00", 1.0, "Mon 2026-01-19 10:00"),
    // No time at all: at once, or at the next opening.
    (UTC, OFFICE, "", "Mon 2026-01-12 09:00", 0.0, "Mon 2026-01-12 09:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 12:34", 0.0, "Mon 2026-01-12 12:34"),
    (UTC, OFFICE, "", "Mon 2026-01-12 17:00", 0.0, "Tue 2026-01-13 09:00"),
    (UTC, OFFICE, "", "Sat 2026-01-17 12:00", 0.0, "Mon 2026-01-19 09:00"),
    // Logged out of hours: before opening, after closing, at the weekend.
    (UTC, OFFICE, "", "Mon 2026-01-12 00:00", 1.0, "Mon 2026-01-12 10:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 06:00", 8.0, "Mon 2026-01-12 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 08:59", 1.0, "Mon 2026-01-12 10:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 20:00", 8.0, "Tue 2026-01-13 17:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 23:59", 9.0, "Wed 2026-01-14 10:00"),
    (UTC, OFFICE, "", "Fri 2026-01-16 17:30", 1.0, "Mon 2026-01-19 10:00"),
    (UTC, OFFICE, "", "Sat 2026-01-17 10:00", 4.0, "Mon 2026-01-19 13:00"),
    (UTC, OFFICE, "", "Sun 2026-01-18 15:00", 8.0, "Mon 2026-01-19 17:00"),
    // Over a weekend.
    (UTC, OFFICE, "", "Fri 2026-01-16 15:00", 8.0, "Mon 2026-01-19 15:00"),
    (UTC, OFFICE, "", "Fri 2026-01-16 16:00", 1.5, "Mon 2026-01-19 09:30"),
    // Holidays, also before and after a weekend and on one.
    (LONDON, OFFICE, "2026-01-13", "Mon 2026-01-12 15:00", 8.0, "Wed 2026-01-14 15:00"),
    (LONDON, OFFICE, CHRISTMAS, "Thu 2026-12-24 15:00", 8.0, "Tue 2026-12-29 15:00"),
    (LONDON, OFFICE, CHRISTMAS, "Thu 2026-12-24 15:00", 2.0, "Thu 2026-12-24 17:00"),
    (LONDON, OFFICE, CHRISTMAS, "Fri 2026-12-25 11:00", 8.0, "Tue 2026-12-29 17:00"),
    (LONDON, OFFICE, CHRISTMAS, "Mon 2026-12-28 11:00", 1.0, "Tue 2026-12-29 10:00"),
    (LONDON, OFFICE, CHRISTMAS, "Wed 2026-12-30 15:00", 16.0, "Mon 2027-01-04 15:00"),
    (LONDON, OFFICE, EASTER, "Thu 2026-04-02 15:00", 8.0, "Tue 2026-04-07 15:00"),
    (LONDON, OFFICE, EASTER, "Sun 2026-04-05 15:00", 0.0, "Tue 2026-04-07 09:00"),
    (LONDON, OFFICE, "2026-01-17", "Fri 2026-01-16 15:00", 8.0, "Mon 2026-01-19 15:00"),
    (LONDON, OFFICE, "2025-01-13", "Mon 2026-01-12 15:00", 8.0, "Tue 2026-01-13 15:00"),
    // Holidays of every year.
    (LONDON, OFFICE, "12-25", "Thu 2026-12-24 16:00", 2.0, "Mon 2026-12-28 10:00"),
    (LONDON, OFFICE, "12-25", "Fri 2028-12-22 16:00", 2.0, "Tue 2028-12-26 10:00"),
    (LONDON, OFFICE, "01-01 12-25 12-26", "Thu 2026-12-31 16:00", 2.0, "Mon 2027-01-04 10:00"),
    (LONDON, OFFICE, "02-29", "Mon 2028-02-28 16:00", 2.0, "Wed 2028-03-01 10:00"),
    (LONDON, OFFICE, "02-29", "Fri 2027-02-26 16:00", 2.0, "Mon 2027-03-01 10:00"),
    // A break at noon.
    (UTC, LUNCH, "", "Mon 2026-01-12 11:30", 1.0, "Mon 2026-01-12 13:30"),
    (UTC, LUNCH, "", "Mon 2026-01-12 11:00", 1.0, "Mon 2026-01-12 12:00"),
    (UTC, LUNCH, "", "Mon 2026-01-12 12:00", 1.0, "Mon 2026-01-12 14:00"),
    (UTC, LUNCH, "", "Mon 2026-01-12 12:15", 1.0, "Mon 2026-01-12 14:00"),
    (UTC, LUNCH, "", "Mon 2026-01-12 12:15", 0.0, "Mon 2026-01-12 13:00"),
    (UTC, LUNCH, "", "Mon 2026-01-12 15:00", 7.0, "Tue 2026-01-13 15:00"),
    // Half a Saturday.
    (UTC, SATURDAY, "", "Fri 2026-01-16 16:00", 2.0, "Sat 2026-01-17 10:00"),
    (UTC, SATURDAY, "", "Sat 2026-01-17 12:00", 1.0, "Sat 2026-01-17 13:00"),
    (UTC, SATURDAY, "", "Sat 2026-01-17 12:00", 2.0, "Mon 2026-01-19 10:00"),
    (UTC, SATURDAY, "2026-01-17", "Fri 2026-01-16 16:00", 2.0, "Mon 2026-01-19 10:00"),
    // Until midnight, and past it in two parts.
    (UTC, EVENING, "", "Mon 2026-01-12 20:00", 4.0, "Tue 2026-01-13 00:00"),
    (UTC, EVENING, "", "Mon 2026-01-12 20:00", 5.0, "Tue 2026-01-13 19:00"),
    (UTC, FRIDAY_NIGHT, "", "Fri 2026-01-16 23:00", 2.0, "Sat 2026-01-17 01:00"),
    (UTC, FRIDAY_NIGHT, "2026-01-17", "Fri 2026-01-16 23:00", 2.0, "Fri 2026-01-23 23:00"),
    // Around the clock, also on the days of 23 and 25 hours.
    (UTC, ALWAYS, "", "Fri 2026-01-16 15:00", 24.0, "Sat 2026-01-17 15:00"),
    (UTC, ALWAYS, "", "Mon 2026-01-12 00:00", 168.0, "Mon 2026-01-19 00:00"),
    (UTC, ALWAYS, "2026-01-13", "Mon 2026-01-12 12:00", 12.0, "Tue 2026-01-13 00:00"),
    (UTC, ALWAYS, "2026-01-13", "Mon 2026-01-12 12:00", 24.0, "Wed 2026-01-14 12:00"),
    (LONDON, ALWAYS, "", "Sat 2026-03-28 12:00", 24.0, "Sun 2026-03-29 13:00"),
    (LONDON, ALWAYS, "", "Sat 2026-10-24 12:00", 24.0, "Sun 2026-10-25 11:00"),
    (LONDON, ALWAYS, "", "Sun 2026-03-29 00:00", 23.0, "Mon 2026-03-30 00:00"),
    (LONDON, ALWAYS, "", "Sun 2026-10-25 00:00", 25.0, "Mon 2026-10-26 00:00"),
    (LONDON, ALWAYS, "", "Sun 2026-10-25 01:30 +01:00", 1.0, "Sun 2026-10-25 01:30 +00:00"),
    (LONDON, ALWAYS, "", "Sun 2026-10-25 01:30 +00:00", 1.0, "Sun 2026-10-25 02:30"),
    (NEW_YORK, ALWAYS, "2026-03-08", "Sat 2026-03-07 23:00", 2.0, "Mon 2026-03-09 01:00"),
    // One hour a week.
    (UTC, ONE_HOUR, "", "Mon 2026-01-12 09:00", 1.0, "Wed 2026-01-14 11:00"),
    (UTC, ONE_HOUR, "", "Wed 2026-01-14 10:30", 1.0, "Wed 2026-01-21 10:30"),
    (UTC, ONE_HOUR, "2026-01-21", "Wed 2026-01-14 10:30", 1.0, "Wed 2026-01-28 10:30"),
    (UTC, ONE_HOUR, "", "Mon 2026-01-12 00:00", 52.0, "Wed 2027-01-06 11:00"),
    (LONDON, ONE_HOUR, "", "Thu 2026-03-26 00:00", 1.0, "Wed 2026-04-01 11:00"),
    // Office hours do not notice that the clock was moved at the weekend.
    (LONDON, OFFICE, "", "Fri 2026-03-27 15:00", 8.0, "Mon 2026-03-30 15:00"),
    (LONDON, OFFICE, "", "Fri 2026-10-23 15:00", 8.0, "Mon 2026-10-26 15:00"),
    (NEW_YORK, OFFICE, "", "Fri 2026-03-06 15:00", 8.0, "Mon 2026-03-09 15:00"),
    (NEW_YORK, OFFICE, "", "Fri 2026-10-30 15:00", 8.0, "Mon 2026-11-02 15:00"),
    (LORD_HOWE, OFFICE, "", "Fri 2026-10-02 15:00", 8.0, "Mon 2026-10-05 15:00"),
    // What the clock leaves out is not open: 2026-03-08, 02:00 to 03:00 in New York.
    (NEW_YORK, TO_SIX, "", "Sun 2026-03-08 00:00", 5.0, "Sun 2026-03-08 06:00"),
    (NEW_YORK, TO_SIX, "", "Sun 2026-03-08 01:30", 1.0, "Sun 2026-03-08 03:30"),
    (NEW_YORK, TWO_TO_THREE, "", "Sat 2026-03-07 12:00", 1.0, "Sun 2026-03-15 03:00"),
    (NEW_YORK, HALF_PAST_TWO_TO_FOUR, "", "Sun 2026-03-08 00:00", 0.0, "Sun 2026-03-08 03:00"),
    (NEW_YORK, HALF_PAST_TWO_TO_FOUR, "", "Sun 2026-03-08 00:00", 1.0, "Sun 2026-03-08 04:00"),
    (NEW_YORK, ONE_TO_HALF_PAST_TWO, "", "Sun 2026-03-08 00:00", 1.0, "Sun 2026-03-08 03:00"),
    (NEW_YORK, ONE_TO_HALF_PAST_TWO, "", "Sun 2026-03-08 00:00", 1.5, "Sun 2026-03-15 01:30"),
    // What it shows twice counts twice: 2026-11-01, 01:00 to 02:00.
    (NEW_YORK, TO_SIX, "", "Sun 2026-11-01 00:00", 6.0, "Sun 2026-11-01 05:00"),
    (NEW_YORK, TO_SIX, "", "Sun 2026-11-01 00:00", 7.0, "Sun 2026-11-01 06:00"),
    (NEW_YORK, ONE_TO_TWO, "", "Sun 2026-11-01 00:00", 1.0, "Sun 2026-11-01 01:00 -05:00"),
    (NEW_YORK, ONE_TO_TWO, "", "Sun 2026-11-01 00:00", 2.0, "Sun 2026-11-01 02:00"),
    (NEW_YORK, TO_HALF_PAST_ONE, "", "Sun 2026-11-01 00:00", 1.5, "Sun 2026-11-01 01:30 -04:00"),
    (NEW_YORK, TO_HALF_PAST_ONE, "", "Sun 2026-11-01 00:00", 2.0, "Sun 2026-11-01 01:30 -05:00"),
    // Half an hour on Lord Howe Island.
    (LORD_HOWE, ALWAYS, "", "Sun 2026-10-04 00:00", 23.5, "Mon 2026-10-05 00:00"),
    (LORD_HOWE, ALWAYS, "", "Sun 2026-04-05 00:00", 24.5, "Mon 2026-04-06 00:00"),
    (LORD_HOWE, ONE_TO_THREE, "", "Sun 2026-10-04 00:00", 1.5, "Sun 2026-10-04 03:00"),
    (LORD_HOWE, ONE_TO_THREE, "", "Sun 2026-04-05 00:00", 2.5, "Sun 2026-04-05 03:00"),
    // Days without a midnight, and a midnight that comes twice.
    (SAO_PAULO, ALWAYS, "", "Sat 2018-11-03 12:00", 12.0, "Sun 2018-11-04 01:00"),
    (SAO_PAULO, TO_TWO, "", "Sat 2018-11-03 12:00", 1.0, "Sun 2018-11-04 02:00"),
    (SAO_PAULO, SATURDAY_NIGHT, "", "Sat 2018-02-17 20:00", 3.0, "Sun 2018-02-18 00:00"),
    (BEIRUT, TO_SIX, "", "Sat 2026-03-28 20:00", 5.0, "Sun 2026-03-29 06:00"),
    (BEIRUT, ALWAYS, "", "Sat 2026-10-24 20:00", 5.0, "Sun 2026-10-25 00:00"),
    // A Friday that never was.
    (APIA, ALWAYS, "", "Thu 2011-12-29 12:00", 24.0, "Sat 2011-12-31 12:00"),
    (APIA, OFFICE, "", "Thu 2011-12-29 15:00", 8.0, "Mon 2012-01-02 15:00"),
    // It is the company's wall that counts, wherever the ticket came from.
    ("Asia/Kathmandu", OFFICE, "", "Mon 2026-01-12 15:00", 8.0, "Tue 2026-01-13 15:00"),
    ("Asia/Kathmandu", OFFICE, "", "Mon 2026-01-12 15:00 +00:00", 8.0, "Tue 2026-01-13 17:00"),
    ("Asia/Tokyo", OFFICE, "", "Sun 2026-01-11 22:00 +00:00", 1.0, "Mon 2026-01-12 10:00"),
    ("America/Los_Angeles", OFFICE, "", "Sat 2026-01-17 00:30 +00:00", 1.0, "Mon 2026-01-19 09:30"),
    ("Pacific/Kiritimati", OFFICE, "", "Sun 2026-01-11 20:00 +00:00", 8.0, "Tue 2026-01-13 10:00"),
    ("Pacific/Pago_Pago", OFFICE, "", "Sat 2026-01-17 03:00 +00:00", 8.0, "Mon 2026-01-19 16:00"),
    ("Pacific/Kiritimati", OFFICE, "2026-01-13", "Mon 2026-01-12 23:00 +00:00", 1.0, "Wed 2026-01-14 10:00"),
    // Nothing ever falls due where it is never open, nor a lifetime away.
    (UTC, NEVER, "", "Mon 2026-01-12 15:00", 8.0, "never"),
    (UTC, NEVER, "", "Mon 2026-01-12 15:00", 0.0, "never"),
    (UTC, ONE_HOUR, "", "Mon 2026-01-12 15:00", 5000.0, "Wed 2121-11-05 11:00"),
    (UTC, ONE_HOUR, "", "Mon 2026-01-12 15:00", 10000.0, "never"),
];

/// The same, backwards: the end, hours, and from when on they pass until then.
const BEFORE: &[Row] = &[
    (UTC, OFFICE, "", "Tue 2026-01-13 15:00", 1.0, "Tue 2026-01-13 14:00"),
    (UTC, OFFICE, "", "Tue 2026-01-13 09:30", 1.0, "Mon 2026-01-12 16:30"),
    (UTC, OFFICE, "", "Mon 2026-01-19 09:15", 0.5, "Fri 2026-01-16 16:45"),
    // Exactly an opening: that, and not the closing before it.
    (UTC, OFFICE, "", "Tue 2026-01-13 10:00", 1.0, "Tue 2026-01-13 09:00"),
    (UTC, OFFICE, "", "Mon 2026-01-12 17:00", 8.0, "Mon 2026-01-12 09:00"),
    (UTC, LUNCH, "", "Mon 2026-01-12 14:00", 1.0, "Mon 2026-01-12 13:00"),
    // From an opening, from a closing, from out of hours.
    (UTC, OFFICE, "", "Tue 2026-01-13 09:00", 1.0, "Mon 2026-01-12 16:00"),
    (UTC, OFFICE, "", "Tue 2026-01-13 17:00", 1.0, "Tue 2026-01-13 16:00"),
    (UTC, OFFICE, "", "Sat 2026-01-17 12:00", 1.0, "Fri 2026-01-16 16:00"),
    (LONDON, OFFICE, CHRISTMAS, "Tue 2026-12-29 09:30", 1.0, "Thu 2026-12-24 16:30"),
    // No time at all.
    (UTC, OFFICE, "", "Tue 2026-01-13 10:00", 0.0, "Tue 2026-01-13 10:00"),
    (UTC, OFFICE, "", "Tue 2026-01-13 09:00", 0.0, "Tue 2026-01-13 09:00"),
    (UTC, OFFICE, "", "Tue 2026-01-13 17:00", 0.0, "Tue 2026-01-13 17:00"),
    (UTC, OFFICE, "", "Tue 2026-01-13 20:00", 0.0, "Tue 2026-01-13 17:00"),
    // Over a jump of the clock.
    (NEW_YORK, TO_SIX, "", "Sun 2026-03-08 04:00", 2.0, "Sun 2026-03-08 01:00"),
    (NEW_YORK, TO_SIX, "", "Sun 2026-11-01 02:00", 2.0, "Sun 2026-11-01 01:00 -04:00"),
    (NEW_YORK, ONE_TO_TWO, "", "Sun 2026-11-01 06:00", 1.5, "Sun 2026-11-01 01:30 -04:00"),
    (SAO_PAULO, SATURDAY_NIGHT, "", "Sun 2018-02-18 00:00", 3.0, "Sat 2018-02-17 22:00"),
    (LONDON, OFFICE, "", "Mon 2026-03-30 10:00", 2.0, "Fri 2026-03-27 16:00"),
    (UTC, NEVER, "", "Mon 2026-01-12 15:00", 1.0, "never"),
];

/// The instant of a row's time; the weekday before it must be right.
fn at(zone: &TimeZone, text: &str) -> Instant {
    let mut parts = text.splitn(4, ' ');
    let mut next = || parts.next();
    let (weekday, date, time, offset) = (next().unwrap(), next().unwrap(), next().unwrap(), next());
    let wall: DateTime = format!("{date}T{time}").parse().unwrap();
    assert_eq!(wall.strftime("%a").to_string(), weekday, "{text}");
    let timestamp = match offset {
        Some(offset) => format!("{date}T{time}{offset}").parse().unwrap(),
        None => zone.to_ambiguous_timestamp(wall).unambiguous().unwrap(),
    };
    Instant(timestamp.as_microsecond())
}

fn told(zone: &TimeZone, at: Option<Instant>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    let timestamp = timestamp(at.0).unwrap();
    let offset: Offset = zone.to_offset(timestamp);
    format!("{} {offset}", zone.to_datetime(timestamp).strftime("%a %Y-%m-%d %H:%M:%S"))
}

fn hold(rows: &[Row], sum: impl Fn(&Hours, Instant, Duration) -> Option<Instant>) {
    for row in rows {
        let (zone, week, holidays, start, open, expected) = *row;
        let hours = hours(zone, week, holidays);
        let found = sum(&hours, at(&hours.zone, start), Duration::from_secs_f64(open * 3600.0));
        let wanted = (expected != "never").then(|| at(&hours.zone, expected));
        assert_eq!(found, wanted, "{row:?} is {}", told(&hours.zone, found));
    }
}

#[test]
fn h3_only_open_time_counts_and_q18_the_clock_starts_at_the_next_opening() {
    hold(AFTER, Hours::after);
}

#[test]
fn the_warning_before_it_falls_due_is_within_opening_hours() {
    hold(BEFORE, Hours::before);
}

#[test]
fn it_is_open_at_the_opening_and_closed_at_the_closing() {
    let hours = hours(LONDON, LUNCH, "2026-01-13");
    let is_open = |text: &str| hours.is_open(at(&hours.zone, text));
    for open in ["Mon 2026-01-12 09:00", "Mon 2026-01-12 11:59", "Mon 2026-01-12 13:00"] {
        assert!(is_open(open), "{open}");
    }
    for closed in
        ["Mon 2026-01-12 08:59", "Mon 2026-01-12 12:00", "Tue 2026-01-13 10:00", "Sun 2026-01-18 10:00"]
    {
        assert!(!is_open(closed), "{closed}");
    }
}

#[test]
fn a_day_around_the_clock_has_as_many_hours_as_the_clock_shows() {
    let open = |zone: &str, from: &str, until: &str| {
        let hours = hours(zone, ALWAYS, "");
        hours.between(at(&hours.zone, from), at(&hours.zone, until)).as_secs_f64() / 3600.0
    };
    assert_eq!(open(LONDON, "Sun 2026-03-29 00:00", "Mon 2026-03-30 00:00"), 23.0);
    assert_eq!(open(LONDON, "Sun 2026-10-25 00:00", "Mon 2026-10-26 00:00"), 25.0);
    assert_eq!(open(LORD_HOWE, "Sun 2026-10-04 00:00", "Mon 2026-10-05 00:00"), 23.5);
    assert_eq!(open(BEIRUT, "Sun 2026-03-29 01:00", "Mon 2026-03-30 00:00"), 23.0);
    assert_eq!(open(LONDON, "Mon 2026-03-30 00:00", "Sun 2026-03-29 00:00"), 0.0);
}
