//! The table of jumps: at each edge of each, and a second before and after it, things are due when `edges.tsv` says.

use std::collections::BTreeSet;

use jiff::tz::TimeZoneDatabase;

use super::*;

const TABLE: &str = include_str!("edges.tsv");

struct Edge {
    name: &'static str,
    zone: TimeZone,
    wall: DateTime,
    due: Timestamp,
}

fn edges() -> Vec<Edge> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [name, zone, _, wall, due] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        Edge { name, zone, wall: wall.parse().unwrap(), due: due.parse().unwrap() }
    })
    .collect()
}

/// Holds that a rule which began at `start` on the wall is due at the edge, once, wherever one enters it.
fn holds(edge: &Edge, start: DateTime, rule: &str) {
    let series = Series::on_wall(Rule::parse(rule).unwrap(), start, edge.zone.clone()).unwrap();
    let (second, half_a_day) = (SignedDuration::from_secs(1), SignedDuration::from_hours(12));
    let what = || format!("{} at {}, {rule} from {start}", edge.name, edge.wall);
    assert_eq!(series.after(edge.due - second).find(|at| *at >= edge.due), Some(edge.due), "{}", what());
    assert_eq!(series.newest_until(edge.due), Some(edge.due), "{}", what());
    let around = series.after(edge.due - half_a_day).take_while(|at| *at < edge.due + half_a_day);
    assert_eq!(around.filter(|at| *at == edge.due).count(), 1, "{}", what());
}

#[test]
fn the_table_has_more_than_forty_jumps_at_three_distances() {
    let edges = edges();
    let names: BTreeSet<&str> = edges.iter().map(|edge| edge.name).collect();
    let jumps: BTreeSet<&str> = names.iter().filter_map(|name| name.strip_suffix(": from")).collect();
    assert!(jumps.len() >= 40, "{} jumps", jumps.len());
    assert_eq!(edges.len(), names.len() * 3);
}

#[test]
fn a_time_on_the_wall_is_due_when_the_table_says() {
    for edge in edges() {
        assert_eq!(instant_on_wall(edge.wall, &edge.zone), Some(edge.due), "{} at {}", edge.name, edge.wall);
    }
}

#[test]
fn what_recurs_by_days_weeks_months_and_years_is_due_when_the_table_says() {
    for edge in edges() {
        holds(&edge, edge.wall - 40.days(), "FREQ=DAILY");
        holds(&edge, edge.wall - 39.days(), "FREQ=DAILY;INTERVAL=3;COUNT=20");
        holds(&edge, edge.wall - 8.weeks(), "FREQ=WEEKLY;INTERVAL=2");
        holds(&edge, edge.wall - 4.years(), "FREQ=YEARLY");
        let day = edge.wall.day();
        holds(&edge, edge.wall.first_of_month() - 7.months(), &format!("FREQ=MONTHLY;BYMONTHDAY={day}"));
        let from_end = edge.wall.days_in_month() - day + 1;
        holds(
            &edge,
            edge.wall.first_of_month() - 2.months(),
            &format!("FREQ=MONTHLY;BYMONTHDAY=-{from_end}"),
        );
    }
}

#[test]
fn what_recurs_by_hours_stays_an_hour_apart_across_every_jump() {
    let (hour, minute) = (SignedDuration::from_hours(1), SignedDuration::from_mins(1));
    for edge in edges() {
        let first = edge.due - hour * 5;
        for (rule, distance) in [("FREQ=HOURLY", hour), ("FREQ=MINUTELY;INTERVAL=30", minute * 30)] {
            let series = Series::new(Rule::parse(rule).unwrap(), first, edge.zone.clone());
            let found: Vec<Timestamp> = series.after(first - minute).take(12).collect();
            let expected: Vec<Timestamp> = (0..12).map(|index| first + distance * index).collect();
            assert_eq!(found, expected, "{} {rule}", edge.name);
        }
    }
}

/// Some by hand, so that the table is not the only witness.
#[test]
fn jumps_by_hand() {
    let due = |wall: &str, zone: &str| {
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        instant_on_wall(wall.parse().unwrap(), &zone).unwrap().to_string()
    };
    assert_eq!(due("2026-03-08T02:30", "America/New_York"), "2026-03-08T07:00:00Z");
    assert_eq!(due("2026-11-01T01:30", "America/New_York"), "2026-11-01T05:30:00Z");
    assert_eq!(due("2026-03-29T01:30", "Europe/London"), "2026-03-29T01:00:00Z");
    assert_eq!(due("2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T00:30:00Z");
    assert_eq!(due("2026-10-04T02:15", "Australia/Lord_Howe"), "2026-10-03T15:30:00Z");
    assert_eq!(due("2018-11-04T00:00", "America/Sao_Paulo"), "2018-11-04T03:00:00Z");
    assert_eq!(due("2011-12-30T09:00", "Pacific/Apia"), "2011-12-30T10:00:00Z");
    assert_eq!(due("2026-07-01T12:00", "Asia/Kathmandu"), "2026-07-01T06:15:00Z");
}
