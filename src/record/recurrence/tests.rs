//! Rules by hand, and what holds of random ones.

mod bombs;
mod edges;
mod jumps;
mod oracle;
mod random;
mod reading;

use super::*;

/// The first occurrences in UTC, without those that share a date with the one before written in full.
fn list(start: &str, rule: &str, most: usize) -> Vec<String> {
    let series = Series::on_wall(Rule::parse(rule).unwrap(), start.parse().unwrap(), TimeZone::UTC).unwrap();
    let all = series.after(Timestamp::MIN).take(most);
    all.map(|at| TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()).collect()
}

/// The dates alone.
fn dates(start: &str, rule: &str, most: usize) -> Vec<String> {
    list(start, rule, most).into_iter().map(|text| text[..10].to_owned()).collect()
}

#[test]
fn every_other_week_begins_where_the_rule_says() {
    // From RFC 5545: the same days, with weeks that begin on Monday and on Sunday.
    let rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=";
    assert_eq!(
        dates("1997-08-05T09:00", &format!("{rule}MO"), 9),
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    );
    assert_eq!(
        dates("1997-08-05T09:00", &format!("{rule}SU"), 9),
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]
    );
}

#[test]
fn months_are_counted_from_both_ends() {
    assert_eq!(
        dates("2026-01-31T09:00", "FREQ=MONTHLY", 4),
        ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]
    );
    assert_eq!(
        dates("2028-01-31T09:00", "FREQ=MONTHLY;BYMONTHDAY=-1", 4),
        ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
    );
    assert_eq!(
        dates("2026-01-30T09:00", "FREQ=MONTHLY;BYDAY=-1FR", 3),
        ["2026-01-30", "2026-02-27", "2026-03-27"]
    );
    // The last working day.
    assert_eq!(
        dates("2026-01-30T09:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 4),
        ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30"]
    );
    assert_eq!(
        dates("2026-02-13T09:00", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", 3),
        ["2026-02-13", "2026-03-13", "2026-11-13"]
    );
}

#[test]
fn a_leap_day_comes_every_four_years_and_not_in_2100() {
    let years = ["2088-02-29", "2092-02-29", "2096-02-29", "2104-02-29", "2108-02-29"];
    assert_eq!(dates("2088-02-29T09:00", "FREQ=YEARLY", 5), years);
    assert_eq!(dates("2088-02-29T09:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", 5), years);
}

#[test]
fn a_day_with_a_number_and_days_without_one_go_together() {
    // dateutil finds no day at all here; the RFC says: all that are named.
    assert_eq!(
        dates("2026-03-02T09:00", "FREQ=MONTHLY;BYDAY=MO,2TU;COUNT=6", 9),
        ["2026-03-02", "2026-03-09", "2026-03-10", "2026-03-16", "2026-03-23", "2026-03-30"]
    );
    assert_eq!(
        dates("2026-01-05T09:00", "FREQ=YEARLY;BYDAY=20MO,-1SU;COUNT=3", 9),
        ["2026-01-05", "2026-05-18", "2026-12-27"]
    );
}

#[test]
fn a_place_in_the_first_week_is_counted_from_its_beginning() {
    // From Wednesday: the week's second day of these is Tuesday, which is over; dateutil takes Friday.
    assert_eq!(
        dates("2026-03-04T09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2", 3),
        ["2026-03-04", "2026-03-10", "2026-03-17"]
    );
}

#[test]
fn the_start_occurs_and_counts_even_if_the_rule_does_not_name_it() {
    assert_eq!(
        dates("2026-03-02T09:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=3", 9),
        ["2026-03-02", "2026-03-03", "2026-03-10"]
    );
    assert_eq!(dates("2026-03-02T09:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=1", 9), ["2026-03-02"]);
    assert_eq!(dates("2026-03-02T09:00", "FREQ=DAILY;UNTIL=20200101", 9), ["2026-03-02"]);
    let rule = Rule::parse("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260301").unwrap();
    let series = Series::on_wall(rule, "2026-03-02T09:00".parse().unwrap(), TimeZone::UTC).unwrap();
    assert_eq!(series.newest_until(series.first), Some(series.first));
    assert_eq!(series.newest_until(Timestamp::MAX), Some(series.first));
    assert_eq!(series.newest_until(series.first - SignedDuration::from_secs(1)), None);
    assert_eq!(series.after(series.first).next(), None);
}

#[test]
fn an_end_is_part_of_what_it_ends() {
    let days = ["2026-03-02", "2026-03-03", "2026-03-04"];
    for until in ["20260304", "20260304T090000", "20260304T090000Z", "20260305T085959Z"] {
        assert_eq!(dates("2026-03-02T09:00", &format!("FREQ=DAILY;UNTIL={until}"), 9), days, "{until}");
        assert_eq!(
            dates("2026-03-02T09:00", &format!("FREQ=HOURLY;INTERVAL=24;UNTIL={until}"), 9),
            days,
            "{until}"
        );
    }
    assert_eq!(dates("2026-03-02T09:00", "FREQ=DAILY;UNTIL=20260304T085959", 9), days[..2]);
}

#[test]
fn an_end_without_an_offset_is_on_the_wall() {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    let count = |rule: &str| {
        let start = "2026-03-02T21:00".parse().unwrap();
        let series = Series::on_wall(Rule::parse(rule).unwrap(), start, zone.clone()).unwrap();
        series.after(Timestamp::MIN).count()
    };
    // 21:00 in New York on 4 March is 02:00 of the next day in UTC.
    for (until, expected) in [
        ("20260304", 3),
        ("20260304T210000", 3),
        ("20260304T210000Z", 2),
        ("20260305T020000Z", 3),
        ("20260305T015959Z", 2),
    ] {
        assert_eq!(count(&format!("FREQ=DAILY;UNTIL={until}")), expected, "DAILY until {until}");
        assert_eq!(
            count(&format!("FREQ=HOURLY;INTERVAL=24;UNTIL={until}")),
            expected,
            "HOURLY until {until}"
        );
    }
}

#[test]
fn hours_and_minutes_multiply_days_and_choose_among_hours() {
    assert_eq!(
        list("2026-03-02T09:00", "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30;COUNT=5", 9),
        ["2026-03-02 09:00", "2026-03-02 09:30", "2026-03-02 17:00", "2026-03-02 17:30", "2026-03-03 09:00"]
    );
    assert_eq!(
        list("2026-03-06T16:15", "FREQ=HOURLY;BYHOUR=16,17;BYDAY=MO,FR;BYMINUTE=0,15;COUNT=5", 9),
        ["2026-03-06 16:15", "2026-03-06 17:00", "2026-03-06 17:15", "2026-03-09 16:00", "2026-03-09 16:15"]
    );
}

#[test]
fn several_in_one_gap_are_one() {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    let rule = Rule::parse("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30").unwrap();
    let series = Series::on_wall(rule, "2026-03-08T02:00".parse().unwrap(), zone).unwrap();
    let found: Vec<String> = series.after(Timestamp::MIN).take(3).map(|at| at.to_string()).collect();
    assert_eq!(found, ["2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:00:00Z"]);
}

#[test]
fn a_start_in_the_second_of_two_hours_stays_there_and_the_next_days_follow_the_wall() {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    let second: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
    let series = Series::new(Rule::parse("FREQ=DAILY").unwrap(), second, zone);
    let found: Vec<String> = series.after(Timestamp::MIN).take(2).map(|at| at.to_string()).collect();
    assert_eq!(found, ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]);
}
