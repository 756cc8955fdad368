//! What holds of any hours, at any microsecond.

use super::case::{Case, Random};
use super::*;

/// A start that is on no minute, and lengths that are none.
fn instant(random: &mut Random, case: &Case) -> Instant {
    Instant(case.start * 60_000_000 + random.below(30 * DAY))
}

fn length(random: &mut Random) -> Duration {
    Duration::from_micros(random.below(100 * 60 * MINUTE).unsigned_abs() + 1)
}

fn hold(seed: u64) {
    let random = &mut Random::new(seed);
    let case = Case::random(random);
    let hours = case.hours();
    let (start, other) = (instant(random, &case), instant(random, &case));
    let (short, more) = (length(random), length(random));
    let told = format!("seed {seed}: {start:?}, {other:?}, {short:?}, {more:?} of {case:?}");
    let Some(opened) = hours.next_open(start) else {
        assert_eq!(hours.after(start, short), None, "{told}");
        assert_eq!(hours.before(start, short), None, "{told}");
        return;
    };
    assert!(opened >= start && hours.is_open(opened), "{told}");
    assert_eq!(hours.between(start, opened), Duration::ZERO, "{told}");

    let due = hours.after(start, short).unwrap();
    assert_eq!(hours.between(start, due), short, "{told}");
    assert!(hours.is_open(due.minus(Duration::from_micros(1))), "{told}");
    assert_eq!(hours.before(due, short), Some(opened), "{told}");
    // In two steps as in one; more is later; a later start is not due earlier.
    let later = hours.after(due, more).unwrap();
    assert_eq!(hours.after(start, short + more), Some(later), "{told}");
    assert!(later > due, "{told}");
    let (first, last) = (start.min(other), start.max(other));
    assert!(hours.after(first, short) <= hours.after(last, short), "{told}");

    let (open, middle) = (hours.between(first, last), first.plus(last.since(first) / 3));
    assert_eq!(hours.between(first, middle) + hours.between(middle, last), open, "{told}");
    if !open.is_zero() {
        let reached = hours.after(first, open).unwrap();
        assert!(reached <= last && hours.between(reached, last).is_zero(), "{told}");
    }

    let warned = hours.before(start, short).unwrap();
    assert!(warned < start && hours.is_open(warned), "{told}");
    assert_eq!(hours.between(warned, start), short, "{told}");
    let back = hours.after(warned, short).unwrap();
    assert_eq!(back == start, hours.is_open(start.minus(Duration::from_micros(1))), "{told}");
    assert!(back <= start, "{told}");
}

#[test]
fn there_and_back_in_one_step_or_two_it_is_the_same_time() {
    (1_000_001..=1_005_000).for_each(hold);
}

#[test]
fn whatever_is_asked_is_answered_soon() {
    let day = |day: i64| timestamp(day * DAY).unwrap().to_zoned(TimeZone::UTC).strftime("%m-%d").to_string();
    // Every day of a leap year is a holiday.
    let every_day: Vec<String> = (730..1096).map(day).collect();
    let always = r#"{"mon":["00:00","24:00"],"tue":["00:00","24:00"]}"#;
    let never = hours("Europe/London", always, &every_day.join(" "));
    let start = Instant::parse("2026-01-12T15:00:00Z").unwrap();
    assert_eq!(never.after(start, Duration::ZERO), None);
    assert_eq!(never.before(start, Duration::from_secs(1)), None);
    assert_eq!(never.between(start, Instant(i64::MAX)), Duration::ZERO);

    let some = hours("Europe/London", always, "");
    for far in [Instant(i64::MIN), Instant(i64::MAX), Instant(Timestamp::MAX.as_microsecond())] {
        assert!(!some.is_open(far));
        assert_eq!(some.after(far, Duration::MAX), None);
        assert_eq!(some.before(far, Duration::MAX), None);
    }
    assert_eq!(some.after(start, Duration::MAX), None);
    assert_eq!(some.between(Instant(i64::MIN), Instant(i64::MAX)), Duration::ZERO);
}
