//! Seals what must be kept but not be readable in the database: AES-256-GCM under the node's secret.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Digest;

/// Seals and opens texts, and makes keys for other purposes.
pub struct Seal {
    key: [u8; 32],
    cipher: RandomizedNonceKey,
}

impl Seal {
    /// Seals under this key.
    pub fn new(key: &[u8; 32]) -> Self {
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, key).expect("the key has 32 bytes");
        Seal { key: *key, cipher }
    }

    /// The sealed text, which opens only under the same `label`.
    pub fn close(&self, label: &str, text: &str) -> String {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = self.cipher.seal_in_place_append_tag(Aad::from(label.as_bytes()), &mut sealed);
        let nonce = nonce.expect("a short text can be sealed");
        STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// The text; `None` if it was sealed under another key or label, or was changed.
    pub fn open(&self, label: &str, sealed: &str) -> Option<String> {
        let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let text = self.cipher.open_in_place(nonce, Aad::from(label.as_bytes()), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    /// A key for one purpose: who learns it learns nothing of this one or of the others.
    pub fn derive(&self, purpose: &str) -> Digest {
        super::derive(&self.key, purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_under_its_own_key_and_label() {
        let seal = Seal::new(&[1; 32]);
        let sealed = seal.close("label", "bfy_secret");
        assert!(!sealed.contains("secret"));
        assert_ne!(sealed, seal.close("label", "bfy_secret"));
        assert_eq!(seal.open("label", &sealed).as_deref(), Some("bfy_secret"));
        assert_eq!(seal.open("other", &sealed), None);
        assert_eq!(Seal::new(&[2; 32]).open("label", &sealed), None);
        assert_eq!(seal.open("label", &sealed[4..]), None);
        assert_eq!(seal.open("label", ""), None);
    }

    #[test]
    fn a_derived_key_differs_by_purpose_and_by_key() {
        let seal = Seal::new(&[1; 32]);
        assert_eq!(seal.derive("one"), seal.derive("one"));
        assert_ne!(seal.derive("one"), seal.derive("two"));
        assert_ne!(seal.derive("one"), Seal::new(&[2; 32]).derive("one"));
        assert_ne!(seal.derive("one"), [1; 32]);
    }
}
