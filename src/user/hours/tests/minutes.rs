//! Another way to the same sums: what a clock on the wall shows at every minute of UTC, counted where it is open.

use jiff::civil::{Date, DateTime};

use super::case::{Case, Random};
use super::*;

/// How many cases are counted.
const CASES: u64 = 20_000;

/// Nothing is counted further than this many minutes: three weeks.
const CAP: i64 = 21 * 1440;

/// Looks at the wall minute by minute.
struct Wall {
    zone: TimeZone,
    /// For each weekday from Monday on, whether each of its minutes is open.
    minutes: Vec<Vec<bool>>,
    /// How many minutes of each quarter of an hour are.
    quarters: Vec<Vec<i64>>,
    holidays: Vec<String>,
    /// The last date that was asked for, and whether it is a holiday.
    date: Option<(Date, bool)>,
}

/// What was found by counting.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    /// The first minute that is open.
    first: Option<i64>,
    /// How many had passed when it ended.
    open: i64,
    /// The minute at which all had passed.
    due: Option<i64>,
}

impl Wall {
    fn of(case: &Case) -> Self {
        let day = |openings: &Vec<(i64, i64)>| -> Vec<bool> {
            let mut minutes = vec![false; 1440];
            for (from, until) in openings {
                minutes[usize::try_from(*from).unwrap()..usize::try_from(*until).unwrap()].fill(true);
            }
            minutes
        };
        let minutes: Vec<Vec<bool>> = case.week.iter().map(day).collect();
        let quarter = |minutes: &[bool]| minutes.iter().map(|is_open| i64::from(*is_open)).sum();
        Wall {
            zone: TimeZoneDatabase::bundled().get(case.zone).unwrap(),
            quarters: minutes.iter().map(|day| day.chunks(15).map(quarter).collect()).collect(),
            minutes,
            holidays: case.holidays.clone(),
            date: None,
        }
    }

    fn shows(&self, minute: i64) -> DateTime {
        self.zone.to_datetime(Timestamp::from_second(minute * 60).unwrap())
    }

    fn is_holiday(&mut self, date: Date) -> bool {
        if let Some((asked, is_holiday)) = self.date
            && asked == date
        {
            return is_holiday;
        }
        let written = date.to_string();
        let is_holiday = self.holidays.iter().any(|holiday| *holiday == written || *holiday == written[5..]);
        self.date = Some((date, is_holiday));
        is_holiday
    }

    fn is_open(&mut self, minute: i64) -> bool {
        let shown = self.shows(minute);
        let (hour, minute) =
            (usize::try_from(shown.hour()).unwrap(), usize::try_from(shown.minute()).unwrap());
        self.minutes[day_of(shown)][hour * 60 + minute] && !self.is_holiday(shown.date())
    }

    /// The open minutes of the quarter of an hour that begins here, if the wall shows one without a jump.
    fn quarter(&mut self, minute: i64) -> Option<i64> {
        let offset = |minute: i64| self.zone.to_offset(Timestamp::from_second(minute * 60).unwrap());
        let first = self.shows(minute);
        if first.minute() % 15 != 0 || offset(minute) != offset(minute + 14) {
            return None;
        }
        let index =
            usize::try_from(first.hour()).unwrap() * 4 + usize::try_from(first.minute()).unwrap() / 15;
        Some(if self.is_holiday(first.date()) { 0 } else { self.quarters[day_of(first)][index] })
    }

    /// Counts from a minute on until `wanted` open ones have passed; of none at all, until one is open.
    fn count(&mut self, start: i64, wanted: i64, cap: i64, by_quarters: bool) -> Counted {
        let mut counted = Counted { first: None, open: 0, due: None };
        let mut at = start;
        while at < cap && counted.due.is_none() {
            let quarter = if by_quarters && at + 15 <= cap { self.quarter(at) } else { None };
            let passes = |open: &i64| *open == 0 || counted.first.is_some() && counted.open + open < wanted;
            match quarter.filter(passes) {
                Some(open) => {
                    counted.open += open;
                    at += 15;
                }
                None => {
                    counted.look(at, self.is_open(at), wanted);
                    at += 1;
                }
            }
        }
        counted
    }
}

impl Counted {
    fn look(&mut self, minute: i64, is_open: bool, wanted: i64) {
        if !is_open {
            return;
        }
        self.first.get_or_insert(minute);
        self.open += i64::from(wanted > 0);
        if self.open == wanted {
            self.due = Some(if wanted > 0 { minute + 1 } else { minute });
        }
    }
}

fn day_of(shown: DateTime) -> usize {
    usize::try_from(shown.weekday().to_monday_zero_offset()).unwrap()
}

fn instant(minute: i64) -> Instant {
    Instant(minute * 60_000_000)
}

fn minutes(count: i64) -> Duration {
    Duration::from_secs(60 * count.unsigned_abs())
}

fn hold(seed: u64) {
    let random = &mut Random::new(seed);
    let case = Case::random(random);
    // Mostly up to a day, and now and then up to a hundred hours.
    let longest = if random.is_one_in(3) { 6000 } else { 1440 };
    let wanted = if random.is_one_in(20) { 0 } else { random.below(longest) };
    let (hours, mut wall) = (case.hours(), Wall::of(&case));
    let (start, cap) = (case.start, case.start + CAP);
    let by_quarters = !seed.is_multiple_of(50);
    let told = format!("seed {seed}: {wanted} minutes from minute {start} of {case:?}");
    assert_eq!(hours.is_open(instant(start)), wall.is_open(start), "{told}");
    let counted = wall.count(start, wanted, cap, by_quarters);
    let next_open = hours.next_open(instant(start));
    match counted.first {
        Some(minute) => assert_eq!(next_open, Some(instant(minute)), "{told}"),
        None => assert!(next_open.is_none_or(|at| at >= instant(cap)), "{told}"),
    }
    let after = hours.after(instant(start), minutes(wanted));
    let end = counted.due.unwrap_or(cap);
    match counted.due {
        Some(minute) => {
            assert_eq!(after, Some(instant(minute)), "{told}");
            // Backwards from there is the first open minute.
            assert_eq!(hours.before(instant(minute), minutes(wanted)), next_open, "{told}");
        }
        None => assert!(after.is_none_or(|at| at > instant(cap)), "{told}"),
    }
    assert_eq!(hours.between(instant(start), instant(end)), minutes(counted.open), "{told}");
    if seed.is_multiple_of(4) && wanted > 0 {
        hold_before(&hours, &mut wall, start, wanted, &told);
    }
}

/// From what is found backwards, exactly as many minutes are counted, and its first is one of them.
fn hold_before(hours: &Hours, wall: &mut Wall, end: i64, wanted: i64, told: &str) {
    let Some(before) = hours.before(instant(end), minutes(wanted)) else { return };
    let before = before.0.div_euclid(60_000_000);
    if end - before < CAP {
        let counted = wall.count(before, i64::MAX, end, true);
        assert_eq!((counted.first, counted.open), (Some(before), wanted), "{told}: before {before}");
    }
}

#[test]
fn a_count_of_every_minute_agrees_on_twenty_thousand_random_cases() {
    (1..=CASES).for_each(hold);
}
