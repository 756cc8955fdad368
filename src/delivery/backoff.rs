//! When a delivery that did not arrive is tried again (promise P11). Pure.

use std::time::Duration;

use crate::secret;

/// The waits between tries, in seconds: about a day in all.
const WAITS: [u64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];

/// How long a delivery is tried in all: the whole schedule at its longest. Where a target fails, others are tried in its
/// place, and it would otherwise wait for its own turns for days.
pub const LONGEST: Duration = Duration::from_secs(29 * 3_600);

/// How often a target is asked again that refuses for a reason that hardly passes.
const IMPATIENT: u32 = 3;

/// The longest that a target may ask us to wait.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// How far a wait may be stretched or cut, in parts of 1,000.
const JITTER: u64 = 200;

/// How long to wait after `tries` tries; `None` when the schedule is over.
///
/// The jitter of ± 20 % comes from the delivery's id, so that a burst that failed together does not come back
/// together, and the same delivery's waits are the same on every node. `after` is what the target asked for: never
/// earlier than that.
pub fn wait(delivery_id: &str, tries: u32, after: Option<Duration>, patient: bool) -> Option<Duration> {
    if !patient && tries > IMPATIENT {
        return None;
    }
    let index = usize::try_from(tries.checked_sub(1)?).ok()?;
    let planned = stretched(*WAITS.get(index)?, delivery_id, tries);
    Some(after.map_or(planned, |after| planned.max(after.min(LONGEST_ASKED))))
}

fn stretched(seconds: u64, delivery_id: &str, tries: u32) -> Duration {
    let digest = secret::sha256(format!("{delivery_id} {tries}").as_bytes());
    let random = u64::from(u16::from_be_bytes([digest[0], digest[1]]));
    let parts = 1_000 - JITTER + random * (2 * JITTER) / u64::from(u16::MAX);
    Duration::from_millis(seconds * parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_that_of_the_promise_within_a_fifth() {
        for id in 0..200 {
            let id = format!("delivery-{id}");
            for (index, seconds) in WAITS.iter().enumerate() {
                let tries = u32::try_from(index).unwrap() + 1;
                let wait = wait(&id, tries, None, true).unwrap().as_secs_f64();
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let planned = *seconds as f64;
                assert!((planned * 0.8..=planned * 1.2).contains(&wait), "{tries}: {wait}");
            }
            assert_eq!(wait(&id, 11, None, true), None, "eleven tries, then it is final");
        }
    }

    #[test]
    fn the_waits_of_different_deliveries_spread() {
        let mut waits: Vec<Duration> =
            (0..100).map(|id| wait(&id.to_string(), 4, None, true).unwrap()).collect();
        waits.sort_unstable();
        assert!(waits[95] - waits[5] > Duration::from_secs(150), "{waits:?}");
    }

    #[test]
    fn a_target_is_never_asked_earlier_than_it_said_but_after_an_hour() {
        let asked = |seconds| wait("a", 1, Some(Duration::from_secs(seconds)), true).unwrap();
        assert_eq!(asked(90), Duration::from_secs(90));
        assert_eq!(asked(1_000_000_000), Duration::from_secs(3_600));
        assert_eq!(asked(0), wait("a", 1, None, true).unwrap());
    }

    #[test]
    fn what_hardly_passes_is_tried_again_three_times() {
        assert!((1..=3).all(|tries| wait("a", tries, None, false).is_some()));
        assert_eq!(wait("a", 4, None, false), None);
    }
}
