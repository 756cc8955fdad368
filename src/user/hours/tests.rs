//! Opening hours: how they are written, a table of sums, a count of every minute, and what always holds.

mod case;
mod forms;
mod laws;
mod minutes;
mod table;

use jiff::tz::TimeZoneDatabase;
use serde_json::{Value, json};

use super::*;

/// Hours of a zone: the week as JSON, holidays parted by blanks.
fn hours(zone: &str, week: &str, holidays: &str) -> Hours {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    let week = Week::parse(&serde_json::from_str(week).unwrap()).unwrap();
    Hours::new(zone, week, Holidays::parse(holidays.split_whitespace()).unwrap())
}
