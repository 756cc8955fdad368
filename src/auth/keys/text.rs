//! The text of a key: `bfy_`, 256 random bits, and a checksum by which scanners of code tell a key from a word.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret;

const PREFIX: &str = "bfy_";

/// Characters of the random part that are shown later: enough to tell keys apart, no help in guessing one.
const SHOWN: usize = 4;

/// The text of a key that was made just now. `Debug` hides it.
pub struct NewText(String);

impl NewText {
    pub(super) fn random() -> Self {
        let random = secret::token();
        let checksum = checksum(&random);
        NewText(format!("{PREFIX}{random}{checksum}"))
    }

    /// The key itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// How it begins: `bfy_Ab3d…`.
    pub(super) fn hint(&self) -> String {
        format!("{}…", &self.0[..PREFIX.len() + SHOWN])
    }

    pub(super) fn digest(&self) -> String {
        super::digest_of(&self.0)
    }
}

impl std::fmt::Debug for NewText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hint())
    }
}

/// What stands for a key of the configuration, of which only the digest is known.
pub(super) fn hint_of_digest(digest: &secret::Digest) -> String {
    format!("sha256:{}…", secret::hex(&digest[..4]))
}

/// Six characters; a text of this form with a right checksum is one of our keys.
fn checksum(random: &str) -> String {
    let digest = secret::sha256(format!("{PREFIX}{random}").as_bytes());
    URL_SAFE_NO_PAD.encode(&digest[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM_CHARS: usize = 43;

    fn is_well_formed(text: &str) -> bool {
        let Some(rest) = text.strip_prefix(PREFIX) else { return false };
        rest.split_at_checked(RANDOM_CHARS).is_some_and(|(random, sum)| sum == checksum(random))
    }

    #[test]
    fn a_key_can_be_told_from_a_word_and_shows_only_its_beginning() {
        let key = NewText::random();
        assert_eq!(key.reveal().len(), PREFIX.len() + RANDOM_CHARS + 6);
        assert!(is_well_formed(key.reveal()));
        assert!(!is_well_formed(&key.reveal().replace("bfy_", "bfx_")));
        let mut mistyped = key.reveal().to_owned();
        let last = if mistyped.ends_with('A') { 'B' } else { 'A' };
        mistyped.pop();
        mistyped.push(last);
        assert!(!is_well_formed(&mistyped));
        assert_eq!(key.hint(), format!("{}…", &key.reveal()[..8]));
        assert_eq!(format!("{key:?}"), key.hint());
    }

    #[test]
    fn a_configured_key_is_known_by_its_digest() {
        assert_eq!(hint_of_digest(&[0xab; 32]), "sha256:abababab…");
    }
}
