//! What a browser takes, and what it has already.

use axum::http::{HeaderMap, header};

/// A way in which the build compressed each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The smaller first.
    pub const ALL: [Encoding; 2] = [Encoding::Brotli, Encoding::Gzip];

    /// As HTTP calls it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Brotli => "br",
            Encoding::Gzip => "gzip",
        }
    }

    /// What the build hangs on a file's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Encoding::Brotli => ".br",
            Encoding::Gzip => ".gz",
        }
    }
}

/// The encodings that are taken, the smaller first, whatever the client prefers among them.
pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Encoding> {
    Encoding::ALL.into_iter().filter(|encoding| takes(headers, encoding.name()))
}

fn takes(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut by_star = false;
    for item in lines.flat_map(|line| line.split(',')) {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        if coding.trim().eq_ignore_ascii_case(name) {
            return !is_zero(weight);
        }
        by_star |= coding.trim() == "*" && !is_zero(weight);
    }
    by_star
}

/// Whether a weight says never: `q=0`, `q=0.000`.
fn is_zero(weight: &str) -> bool {
    let value = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="));
    value.is_some_and(|value| value.trim().parse() == Ok(0.0))
}

/// Whether the client has the file with this tag.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    // A proxy that compresses may have made our tags weak; what they name is the same.
    let is_it = |known: &str| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag;
    lines.flat_map(|line| line.split(',')).any(|known| is_it(known.trim()))
}
