//! The stretches of time in which the clock of a zone does not jump.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::timestamp;

/// A stretch of time, in microseconds since 1970-01-01 UTC, and how far ahead of UTC the wall's clock is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: i64,
    /// Not in it any more; later than `from`.
    pub(super) until: i64,
    /// In microseconds, negative west of Greenwich.
    pub(super) offset: i64,
}

/// How far ahead of UTC the wall's clock is, in microseconds; `None` beyond the years that jiff knows.
pub(super) fn offset_at(zone: &TimeZone, at: i64) -> Option<i64> {
    Some(offset(zone, timestamp(at)?))
}

fn offset(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds()) * 1_000_000
}

/// The stretches from `start` until `limit`, in order.
pub(super) fn forward(zone: &TimeZone, start: i64, limit: i64) -> impl Iterator<Item = Stretch> {
    let mut from = start;
    let limit = limit.min(Timestamp::MAX.as_microsecond());
    std::iter::from_fn(move || {
        let at = timestamp(from).filter(|_| from < limit)?;
        let jump = zone.following(at).next().map_or(limit, |jump| jump.timestamp().as_microsecond());
        let stretch = Stretch { from, until: jump.min(limit), offset: offset(zone, at) };
        from = stretch.until;
        Some(stretch)
    })
}

/// The stretches from `end` back to `limit`, the last first.
pub(super) fn backward(zone: &TimeZone, end: i64, limit: i64) -> impl Iterator<Item = Stretch> {
    let mut until = end;
    let limit = limit.max(Timestamp::MIN.as_microsecond());
    std::iter::from_fn(move || {
        let at = timestamp(until).filter(|_| limit < until)?;
        let jump = zone.preceding(at).next().map_or(limit, |jump| jump.timestamp().as_microsecond());
        let from = jump.max(limit);
        let stretch = Stretch { from, until, offset: offset_at(zone, from)? };
        until = from;
        Some(stretch)
    })
}
