//! Random hours: zones whose clocks jump in every way, weeks of up to three openings a day, and holidays.

use super::*;

const ZONES: [&str; 42] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Europe/Chisinau",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Santiago",
    "America/Havana",
    "America/Nuuk",
    "America/Asuncion",
    "America/Phoenix",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Juba",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Asia/Yangon",
    "Asia/Amman",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Antarctica/Troll",
    "Atlantic/Azores",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
];

/// Numbers that are the same for the same seed (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `most`.
    pub(super) fn below(&mut self, most: i64) -> i64 {
        i64::try_from(self.next() % most.unsigned_abs()).unwrap()
    }

    pub(super) fn is_one_in(&mut self, many: i64) -> bool {
        self.below(many) == 0
    }
}

/// Hours as they are written, and a start.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) zone: &'static str,
    /// Minutes of opening and closing, for each day from Monday on.
    pub(super) week: [Vec<(i64, i64)>; 7],
    /// As they are written.
    pub(super) holidays: Vec<String>,
    /// Minutes since 1970-01-01 UTC.
    pub(super) start: i64,
}

impl Case {
    pub(super) fn random(random: &mut Random) -> Self {
        let zone = ZONES[usize::try_from(random.below(ZONES.len() as i64)).unwrap()];
        let start = start(random, zone);
        let (is_always, is_night) = (random.is_one_in(10), random.is_one_in(3));
        let week = std::array::from_fn(|_| match is_always {
            true => vec![(0, 1440)],
            false => openings(random, if is_night { 300 } else { 1440 }),
        });
        let holidays = (0..random.below(5)).map(|_| holiday(random, start)).collect();
        Case { zone, week, holidays, start }
    }

    pub(super) fn hours(&self) -> Hours {
        let written = |minutes: &i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let day = |day: &Vec<(i64, i64)>| -> Value {
            day.iter().map(|(from, until)| json!([written(from), written(until)])).collect()
        };
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let week: Value =
            names.iter().zip(&self.week).map(|(name, openings)| (*name, day(openings))).collect();
        hours(self.zone, &week.to_string(), &self.holidays.join(" "))
    }
}

/// From 2000 to 2040, half of them within five days of a jump of the clock.
fn start(random: &mut Random, zone: &str) -> i64 {
    const YEAR: i64 = 31_556_952;
    let anywhere = Timestamp::from_second(30 * YEAR + random.below(40 * YEAR)).unwrap();
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    let jump = zone.following(anywhere).next().filter(|_| random.is_one_in(2));
    let around = jump.map(|jump| jump.timestamp().as_second() - random.below(5 * 24 * 3600));
    around.unwrap_or(anywhere.as_second()) / 60
}

/// Up to three openings within so many minutes from midnight; some touch.
fn openings(random: &mut Random, most: i64) -> Vec<(i64, i64)> {
    let wanted = usize::try_from(2 * random.below(4)).unwrap();
    let mut marks: Vec<i64> = (0..wanted).map(|_| random.below(most + 1)).collect();
    marks.sort_unstable();
    let pairs = marks.chunks(2).map(|pair| (pair[0], pair[1]));
    pairs.filter(|(from, until)| from < until).collect()
}

/// A date from a week before the start to four weeks after it, or that day of every year.
fn holiday(random: &mut Random, start: i64) -> String {
    let day = start.div_euclid(1440) + random.below(35) - 7;
    let date = TimeZone::UTC.to_datetime(Timestamp::from_second(day * 86_400).unwrap()).date().to_string();
    if random.is_one_in(2) { date[5..].to_owned() } else { date }
}
