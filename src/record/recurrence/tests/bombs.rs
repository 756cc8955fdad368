//! Rules that would keep a careless reader busy for ever: each question about them ends, soon.

use std::time::{Duration, Instant};

use super::*;

/// What may be asked about a series takes no longer. Built for debugging, everything takes some twenty times as long.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 50 });

const BOMBS: [&str; 16] = [
    "FREQ=MINUTELY",
    "FREQ=MINUTELY;COUNT=10000",
    "FREQ=MINUTELY;UNTIL=99991231T235959Z",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=23;BYMINUTE=59",
    "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=3;BYDAY=MO",
    "FREQ=HOURLY;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSETPOS=366,-366",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=2",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31;COUNT=10000",
    "FREQ=MONTHLY;BYDAY=5MO,-5TU;BYMONTHDAY=1",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,12;BYMINUTE=0,30;BYSETPOS=-1,366;COUNT=10000",
    "FREQ=YEARLY;INTERVAL=100000",
];

fn series(rule: &str) -> Series {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    Series::on_wall(Rule::parse(rule).unwrap(), "1970-01-01T09:30".parse().unwrap(), zone).unwrap()
}

fn soon<T>(what: &str, ask: impl Fn() -> T) -> T {
    // The quickest of three: what others do on this machine is not the question.
    for tries_left in (0..3).rev() {
        let began = Instant::now();
        let answer = ask();
        let took = began.elapsed();
        if took <= LONGEST {
            return answer;
        }
        assert!(tries_left > 0, "{what} took {took:?}");
    }
    unreachable!("the last try returns or fails")
}

#[test]
fn every_question_about_every_bomb_ends_soon() {
    let now: Timestamp = "2026-03-08T06:59:59Z".parse().unwrap();
    for rule in BOMBS {
        let series = series(rule);
        for at in [series.first, now, Timestamp::MAX] {
            let next = soon(rule, || series.after(at).next());
            assert!(next.is_none_or(|next| next > at), "{rule}");
            let newest = soon(rule, || series.newest_until(at));
            assert!(newest.is_some_and(|newest| newest <= at), "{rule}");
        }
        let mut all = series.after(Timestamp::MIN);
        let found = soon(rule, || series.after(Timestamp::MIN).count());
        assert!(found <= MOST_STEPS && all.by_ref().count() == found, "{rule}: {found}");
        assert!(all.steps <= MOST_STEPS, "{rule}: {} steps", all.steps);
    }
}

#[test]
fn a_rule_from_1970_is_entered_where_one_asks() {
    let now: Timestamp = "2026-03-08T06:59:59Z".parse().unwrap();
    for (rule, next) in [
        ("FREQ=MINUTELY;INTERVAL=5", "2026-03-08T07:00:00Z"),
        ("FREQ=HOURLY", "2026-03-08T07:30:00Z"),
        ("FREQ=DAILY", "2026-03-08T13:30:00Z"),
        ("FREQ=WEEKLY", "2026-03-12T13:30:00Z"),
        ("FREQ=MONTHLY", "2026-04-01T13:30:00Z"),
        ("FREQ=YEARLY", "2027-01-01T14:30:00Z"),
    ] {
        let series = series(rule);
        let mut after = series.after(now);
        assert_eq!(after.next().unwrap().to_string(), next, "{rule}");
        assert!(after.steps <= 8, "{rule}: {} steps", after.steps);
    }
}

#[test]
fn what_is_rare_is_found_in_few_steps() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for (rule, next) in [
        // A Monday that is a leap day.
        ("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=23;BYMINUTE=59", "2044-03-01T04:59:00Z"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "2044-02-29T14:30:00Z"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "2044-02-29T14:30:00Z"),
    ] {
        let series = series(rule);
        let mut after = series.after(start);
        assert_eq!(after.next().unwrap().to_string(), next, "{rule}");
        assert!(after.steps < 2_000, "{rule}: {} steps", after.steps);
        let next = next.parse().unwrap();
        assert_eq!(series.newest_until(next), Some(next), "{rule}");
        let before = series.newest_until(next - SignedDuration::from_secs(1)).unwrap();
        assert_eq!(
            TimeZone::UTC.to_datetime(before - SignedDuration::from_hours(6)).date().to_string(),
            "2016-02-29"
        );
    }
}

#[test]
fn the_calendar_ends_with_the_year_9999() {
    let last: Timestamp = "9999-12-29T00:00:00Z".parse().unwrap();
    for rule in [
        "FREQ=MINUTELY;INTERVAL=100000",
        "FREQ=HOURLY",
        "FREQ=DAILY",
        "FREQ=WEEKLY",
        "FREQ=MONTHLY",
        "FREQ=YEARLY",
    ] {
        let series = series(rule);
        let found = series.after(last).count();
        assert!(found <= 46, "{rule}: {found}");
        assert!(series.newest_until(Timestamp::MAX).is_some(), "{rule}");
    }
}
