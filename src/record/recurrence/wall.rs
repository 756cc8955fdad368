//! From the clock on the wall to the instant, across the jumps of a zone's clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The instant at which the wall's clock shows this time: the first of the two where it does so twice, the moment of
/// the jump where it leaves it out. `None` beyond the year 9999.
///
/// A later time on the wall never has an earlier instant.
pub(super) fn instant(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).ok()
        }
        AmbiguousOffset::Gap { after, .. } => {
            let before_jump = after.to_timestamp(time).ok()?;
            let jump = zone.following(before_jump).find(|jump| jump.offset() == after)?;
            Some(jump.timestamp())
        }
    }
}

/// The clock's next jump after this instant.
pub(super) fn jump_after(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    zone.following(at).next().map(|jump| jump.timestamp())
}

/// The clock's last jump at this instant or before it.
pub(super) fn jump_until(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let after = at.checked_add(jiff::SignedDuration::from_micros(1)).ok()?;
    zone.preceding(after).next().map(|jump| jump.timestamp())
}
