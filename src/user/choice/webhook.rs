//! A user's webhook: its address, which is a secret, and the secret that signs what is sent there.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Instant;
use crate::outbound::Target;
use crate::secret::{self, Seal};

/// For how long the secret that was exchanged for another signs too.
pub const OLD_SECRET_SIGNS_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The channels that may stand behind a user's URL.
pub const KINDS: [&str; 5] = ["teams", "ringcentral", "slack", "google_chat", "webhook"];

/// Where a user is written to, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The channel that serves the URL.
    pub channel: String,
    /// A keyed digest of the URL: what pacing and circuits go by, and nothing of the URL is in it.
    pub key: String,
    /// The URL, sealed: [`crate::user::Users::open_url`].
    pub sealed: String,
    /// Whether it is switched off for failing.
    pub off: bool,
    /// Which signing secret is in force.
    pub generation: i64,
    /// When that secret was exchanged for the one before.
    pub rotated_at: Option<Instant>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({} {}, off: {})", self.channel, self.key, self.off)
    }
}

/// What the seal is good for here.
pub(in crate::user) struct Vault {
    seal: std::sync::Arc<Seal>,
    keys: [u8; 32],
    secrets: [u8; 32],
}

impl Vault {
    pub fn new(seal: std::sync::Arc<Seal>) -> Self {
        let (keys, secrets) = (seal.derive("webhook_key"), seal.derive("webhook_secret"));
        Self { seal, keys, secrets }
    }

    /// What pacing and circuits know a URL by.
    pub fn key_of(&self, url: &Target) -> String {
        secret::hex(&secret::mac(&self.keys, url.as_str().as_bytes())[..16])
    }

    pub fn close(&self, user_id: i64, url: &Target) -> String {
        self.seal.close(&label(user_id), url.as_str())
    }

    /// `None` if the URL was sealed with another seal.key: the user must enter it again.
    pub fn open(&self, user_id: i64, sealed: &str) -> Option<Target> {
        self.seal.open(&label(user_id), sealed).and_then(|url| Target::parse(&url).ok())
    }

    /// The signing secret of one generation.
    pub fn secret(&self, user_id: i64, generation: i64) -> String {
        let digest = secret::mac(&self.secrets, format!("{user_id}:{generation}").as_bytes());
        format!("whsec_{}", STANDARD.encode(digest))
    }

    /// Every secret that signs now, newest first.
    pub fn secrets(
        &self,
        user_id: i64,
        generation: i64,
        rotated_at: Option<Instant>,
        now: Instant,
    ) -> Vec<String> {
        let is_young = rotated_at.is_some_and(|at| now < at.plus(OLD_SECRET_SIGNS_FOR));
        let before = (is_young && generation > 1).then(|| self.secret(user_id, generation - 1));
        std::iter::once(self.secret(user_id, generation)).chain(before).collect()
    }
}

fn label(user_id: i64) -> String {
    format!("users.webhook_url:{user_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(std::sync::Arc::new(Seal::new(&[7; 32])))
    }

    #[test]
    fn a_url_opens_for_its_own_user_alone() {
        let url = Target::parse("https://hooks.example.com/services/T0/B0/secret").unwrap();
        let sealed = vault().close(5, &url);
        assert_eq!(vault().open(5, &sealed).unwrap().as_str(), url.as_str());
        assert!(vault().open(6, &sealed).is_none());
        assert!(Vault::new(std::sync::Arc::new(Seal::new(&[8; 32]))).open(5, &sealed).is_none());
        let key = vault().key_of(&url);
        assert!(key.len() == 32 && key == vault().key_of(&url));
        assert_ne!(
            key,
            vault().key_of(&Target::parse("https://hooks.example.com/services/T0/B0/other").unwrap())
        );
    }

    #[test]
    fn the_secret_before_signs_for_a_day() {
        let (start, vault) = (Instant(1_000_000), vault());
        let almost = start.plus(OLD_SECRET_SIGNS_FOR).minus(Duration::from_micros(1));
        let (old, new) = (vault.secret(5, 1), vault.secret(5, 2));
        assert!(old.starts_with("whsec_") && STANDARD.decode(&old[6..]).unwrap().len() == 32);
        assert_ne!(old, vault.secret(6, 1));
        for (generation, rotated_at, now, expected) in [
            (1, None, start, vec![&old]),
            (1, Some(start), start, vec![&old]),
            (2, Some(start), start, vec![&new, &old]),
            (2, Some(start), almost, vec![&new, &old]),
            (2, Some(start), start.plus(OLD_SECRET_SIGNS_FOR), vec![&new]),
            (2, None, start, vec![&new]),
        ] {
            let secrets = vault.secrets(5, generation, rotated_at, now);
            assert_eq!(secrets.iter().collect::<Vec<_>>(), expected, "{generation} {rotated_at:?} {now:?}");
        }
    }
}
