//! Cuts a message until the request that holds its card is small enough: first its text, then what stands last.

use bytes::Bytes;
use serde::Serialize;

use super::{Card, Dialect, Draft, Shown};
use crate::channel::Parcel;

/// The longest request, in bytes. Teams refuses cards of more than 21 to 28 KB, depending on the way they take.
pub(super) const MOST: usize = 18_000;

/// How much of the text stays while other things can be left out, in bytes.
const TEXT_TO_KEEP: usize = 600;

/// The body of the request that brings a parcel's card, in whatever `wrap` puts around it.
pub(in crate::channel) fn body<T: Serialize>(
    parcel: &Parcel,
    dialect: Dialect,
    wrap: impl Fn(Card) -> T,
) -> Bytes {
    let draft = Draft::new(&parcel.message, &parcel.recipient, dialect);
    let written = |shown: Shown| {
        serde_json::to_vec(&wrap(draft.card(shown))).expect("a card holds only what JSON can write")
    };
    let fits = |shown: Shown| written(shown).len() <= MOST;
    written(fit(draft.everything(), fits)).into()
}

/// The most that fits. `fits` must say yes to less of everything if it says yes to more.
fn fit(everything: Shown, fits: impl Fn(Shown) -> bool) -> Shown {
    if fits(everything) {
        return everything;
    }
    let mut shown = everything;
    shown.text = everything.text.min(TEXT_TO_KEEP);
    if fits(shown) {
        // No text of this length fits, whatever it is made of.
        let too_long = everything.text.min(MOST + 1);
        shown.text = most(shown.text, too_long, |text| fits(Shown { text, ..shown }));
        return shown;
    }
    while shown.along > 0 && !fits(shown) {
        shown.along -= 1;
    }
    while shown.facts > 0 && !fits(shown) {
        shown.facts -= 1;
    }
    while shown.links > 0 && !fits(shown) {
        shown.links -= 1;
    }
    shown
}

/// The largest number for which `fits` holds, from one that does up to one that does not.
fn most(mut good: usize, mut bad: usize, fits: impl Fn(usize) -> bool) -> usize {
    while good + 1 < bad {
        let middle = good + (bad - good) / 2;
        if fits(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}
