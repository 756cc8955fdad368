//! Random rules from a seed, so that what failed can be tried again.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, ToSpan};

/// Random numbers from a seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number from `from` to `to`, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from(to - from + 1).unwrap();
        from + i64::try_from(self.next() % span).unwrap()
    }

    /// Whether something happens that does so once in `times`.
    pub fn once_in(&mut self, times: i64) -> bool {
        self.between(1, times) == 1
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.between(0, i64::try_from(all.len()).unwrap() - 1)).unwrap()]
    }

    /// Up to `most` numbers from the range, each once; without 0.
    fn some(&mut self, most: i64, from: i64, to: i64) -> Vec<i64> {
        let mut some: Vec<i64> = (0..self.between(1, most)).map(|_| self.between(from, to)).collect();
        some.retain(|number| from >= 0 || *number != 0);
        some.sort_unstable();
        some.dedup();
        some
    }
}

const FREQUENCIES: [&str; 6] = ["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"];

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A rule and its start in UTC.
pub struct Sample {
    pub rule: String,
    pub start: DateTime,
}

fn list<T: ToString>(name: &str, values: &[T]) -> Option<String> {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    (!values.is_empty()).then(|| format!("{name}={}", values.join(",")))
}

/// What the independent implementations read as we do. They read otherwise, and RFC 5545 as we do, where BYDAY mixes
/// days with and without a number, and where BYSETPOS counts in a first week of which only the rest is left.
pub fn sample(random: &mut Random) -> Sample {
    let frequency = random.one_of(&FREQUENCIES);
    let mut start = Date::constant(1970, 1, 1)
        .checked_add(random.between(0, 43_000).days())
        .unwrap()
        .at(0, 0, 0, 0)
        .checked_add(SignedDuration::from_secs(random.between(0, 24 * 60 - 1) * 60))
        .unwrap();
    if random.once_in(4) {
        start = start.checked_add(random.between(0, 59).seconds()).unwrap();
    }
    let week_start = random.one_of(&WEEKDAYS);
    let mut parts = vec![format!("FREQ={frequency}")];
    if random.once_in(2) {
        parts.push(format!("INTERVAL={}", interval(random, frequency)));
    }
    if random.once_in(2) {
        parts.push(format!("WKST={week_start}"));
    }
    let days = day_parts(random, frequency);
    let has_days = !days.is_empty();
    parts.extend(days);
    let times = time_parts(random, frequency);
    parts.extend(times);
    let is_whole_week = frequency != "WEEKLY" || {
        // The first week shall not have begun before the start.
        let wanted = parts.iter().find_map(|part| part.strip_prefix("WKST=")).unwrap_or("MO").to_owned();
        let day = usize::try_from(start.date().weekday().to_monday_zero_offset()).unwrap();
        WEEKDAYS[day] == wanted
    };
    if has_days && is_whole_week && random.once_in(5) {
        parts.extend(list("BYSETPOS", &positions(random, frequency)));
    }
    parts.extend(end(random, frequency, start));
    Sample { rule: parts.join(";"), start }
}

/// Mostly ones that meet every hour and minute in time, and every month.
fn interval(random: &mut Random, frequency: &str) -> i64 {
    match frequency {
        "YEARLY" => random.between(1, 5),
        _ if random.once_in(6) => random.between(1, 40),
        _ => random.one_of(&[1, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]),
    }
}

/// Mostly ones that occur: a day has few times, and an hour few minutes.
fn positions(random: &mut Random, frequency: &str) -> Vec<i64> {
    let most = if ["WEEKLY", "MONTHLY", "YEARLY"].contains(&frequency) { 7 } else { 2 };
    let mut positions = random.some(3, -most, most);
    if !random.once_in(10) {
        positions.push(random.one_of(&[1, -1]));
    }
    positions
}

fn day_parts(random: &mut Random, frequency: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if random.once_in(4) {
        parts.extend(list("BYMONTH", &random.some(4, 1, 12)));
    }
    if frequency != "WEEKLY" && random.once_in(3) {
        parts.extend(list("BYMONTHDAY", &random.some(4, -31, 31)));
    }
    // Both together leave few days.
    let wants_weekdays = if parts.iter().any(|part| part.starts_with("BYMONTHDAY")) { 8 } else { 2 };
    if random.once_in(wants_weekdays) {
        let is_numbered = ["MONTHLY", "YEARLY"].contains(&frequency) && random.once_in(2);
        let most = if frequency == "YEARLY" && random.once_in(2) { 53 } else { 5 };
        let count = random.between(1, 4);
        let days: Vec<String> = (0..count)
            .map(|_| {
                let day = random.one_of(&WEEKDAYS);
                let number = random.between(1, most) * random.one_of(&[1, -1]);
                if is_numbered { format!("{number}{day}") } else { day.to_owned() }
            })
            .collect();
        parts.extend(list("BYDAY", &days));
    }
    parts
}

fn time_parts(random: &mut Random, frequency: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if random.once_in(6) {
        parts.extend(list("BYHOUR", &random.some(3, 0, 23)));
    }
    if random.once_in(6) {
        let minutes = random.some(if frequency == "MINUTELY" { 12 } else { 3 }, 0, 59);
        parts.extend(list("BYMINUTE", &minutes));
    }
    parts
}

fn end(random: &mut Random, frequency: &str, start: DateTime) -> Option<String> {
    if random.once_in(3) {
        return Some(format!("COUNT={}", random.between(1, 60)));
    }
    if !random.once_in(3) {
        return None;
    }
    let period = match frequency {
        "MINUTELY" => 60,
        "HOURLY" => 3600,
        "DAILY" => 86_400,
        "WEEKLY" => 604_800,
        "MONTHLY" => 2_629_800,
        _ => 31_557_600,
    };
    let ahead = random.between(0, 40 * period);
    let end = start.checked_add(SignedDuration::from_secs(ahead)).unwrap();
    Some(format!("UNTIL={}", end.strftime("%Y%m%dT%H%M%SZ")))
}
