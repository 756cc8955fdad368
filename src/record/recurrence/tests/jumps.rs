//! Random rules around the jumps of clocks, against a scan of every minute.

use std::collections::BTreeSet;

use jiff::tz::TimeZoneDatabase;

use super::random::Random;
use super::*;

/// A zone, and an instant at which its clock jumps.
const JUMPS: [(&str, &str); 12] = [
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    ("Pacific/Chatham", "2025-09-27T14:00:00Z"),
    ("Pacific/Chatham", "2026-04-04T14:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
];

const SEED: u64 = 2_026;

struct Scene {
    zone: TimeZone,
    first: Timestamp,
    /// Every minute of four days, two on either side of the jump, with what the wall shows.
    minutes: Vec<(Timestamp, DateTime)>,
}

fn scene(random: &mut Random) -> Scene {
    let (zone, jump) = random.one_of(&JUMPS);
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    let jump: Timestamp = jump.parse().unwrap();
    let from = jump - SignedDuration::from_hours(48);
    let first = from + SignedDuration::from_mins(random.between(0, 48 * 60));
    let minutes = (0..96 * 60).map(|minute| from + SignedDuration::from_mins(minute));
    let minutes = minutes.map(|at| (at, zone.to_datetime(at))).collect();
    Scene { zone, first, minutes }
}

fn hours(random: &mut Random) -> BTreeSet<i8> {
    let early = (0..random.between(1, 4)).map(|_| i8::try_from(random.between(0, 6)).unwrap());
    early.collect::<Vec<_>>().into_iter().chain([23]).collect()
}

fn joined(numbers: &BTreeSet<i8>) -> String {
    numbers.iter().map(i8::to_string).collect::<Vec<_>>().join(",")
}

/// The occurrences in the scene, wherever one enters.
fn holds(scene: &Scene, rule: &str, expected: &[Timestamp], random: &mut Random) {
    let series = Series::new(Rule::parse(rule).unwrap(), scene.first, scene.zone.clone());
    let end = scene.minutes.last().unwrap().0;
    let what = || format!("{} from {}: {rule}", scene.zone.iana_name().unwrap(), scene.first);
    let found: Vec<Timestamp> =
        series.after(scene.first - SignedDuration::from_secs(1)).take_while(|at| *at <= end).collect();
    assert_eq!(found, expected, "{}", what());
    for _ in 0..6 {
        let (at, _) = scene.minutes[usize::try_from(random.between(0, 96 * 60 - 1)).unwrap()];
        let next = expected.iter().copied().find(|one| *one > at);
        assert_eq!(series.after(at).next().filter(|next| *next <= end), next, "after {at}: {}", what());
        let newest = expected.iter().copied().rfind(|one| *one <= at);
        assert_eq!(series.newest_until(at), newest, "newest until {at}: {}", what());
    }
}

#[test]
fn what_follows_real_time_is_what_a_scan_of_every_minute_finds() {
    let mut random = Random::new(SEED);
    for _ in 0..80 {
        let scene = scene(&mut random);
        let (interval, hours) = (random.one_of(&[1, 7, 15, 30, 60, 90]), hours(&mut random));
        // A day off before the jump, at it, or behind it.
        let day = scene.zone.to_datetime(scene.first).date() + random.between(0, 3).days();
        let weekday = day.weekday();
        let has_weekday = random.once_in(2);
        let by_day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
            [usize::try_from(weekday.to_monday_zero_offset()).unwrap()];
        let by_day = if has_weekday { format!(";BYDAY={by_day}") } else { String::new() };
        let rule = format!("FREQ=MINUTELY;INTERVAL={interval};BYHOUR={}{by_day}", joined(&hours));
        let is_named = |(at, wall): &&(Timestamp, DateTime)| {
            let passed = at.duration_since(scene.first).as_mins();
            let is_step = passed >= 0 && passed % interval == 0;
            let is_allowed =
                hours.contains(&wall.hour()) && (!has_weekday || wall.date().weekday() == weekday);
            // The start always occurs.
            *at == scene.first || is_step && is_allowed
        };
        let expected: Vec<Timestamp> = scene.minutes.iter().filter(is_named).map(|(at, _)| *at).collect();
        holds(&scene, &rule, &expected, &mut random);
    }
}

#[test]
fn what_follows_the_wall_is_what_a_scan_of_every_minute_finds() {
    let mut random = Random::new(SEED);
    for _ in 0..80 {
        let scene = scene(&mut random);
        let hours = hours(&mut random);
        let minutes: BTreeSet<i8> = (0..3).map(|_| i8::try_from(random.between(0, 59)).unwrap()).collect();
        let rule = format!("FREQ=DAILY;BYHOUR={};BYMINUTE={}", joined(&hours), joined(&minutes));
        let start = scene.zone.to_datetime(scene.first);
        let mut expected = BTreeSet::from([scene.first]);
        // Whenever the wall shows a later minute than ever before, what lies between is due.
        let mut latest = scene.minutes[0].1;
        for (at, wall) in &scene.minutes {
            let mut shown = latest;
            while shown < *wall {
                shown += 1.minute();
                let is_named = hours.contains(&shown.hour()) && minutes.contains(&shown.minute());
                if is_named && shown > start {
                    expected.insert((*at).max(scene.first));
                }
            }
            latest = latest.max(*wall);
        }
        let expected: Vec<Timestamp> = expected.into_iter().collect();
        holds(&scene, &rule, &expected, &mut random);
    }
}

#[test]
fn a_day_of_23_hours_or_25_is_not_taken_for_one_of_24() {
    let zone = TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    for (start, monday) in
        [("2026-03-06T09:00:00", "2026-03-09T04:00:00Z"), ("2026-10-30T09:00:00", "2026-11-02T05:00:00Z")]
    {
        let rule = Rule::parse("FREQ=MINUTELY;INTERVAL=30;BYDAY=MO;BYHOUR=0").unwrap();
        let series = Series::on_wall(rule, start.parse().unwrap(), zone.clone()).unwrap();
        let monday: Timestamp = monday.parse().unwrap();
        assert_eq!(series.after(series.first).next(), Some(monday));
        let half_past = monday + SignedDuration::from_mins(30);
        assert_eq!(series.newest_until(monday + SignedDuration::from_hours(100)), Some(half_past));
    }
}
