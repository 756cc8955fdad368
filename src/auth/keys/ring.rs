//! The keys that are accepted, in memory: finding one costs a SHA-256 and a look into a map.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::store;
use crate::auth::Roles;
use crate::clock::Instant;
use crate::config::{Config, ConfiguredKey};
use crate::http::Problem;
use crate::http::rate::{Limiter, Rate};
use crate::secret::{self, Digest};
use crate::storage::{Database, Error};

/// The lengths, in bytes, that a key may have.
const SHORTEST: usize = 32;
const LONGEST: usize = 512;

/// Finer than this nobody wants to know when a key was last used.
const USE_GRAIN: Duration = Duration::from_secs(1);

/// A key that is accepted.
#[derive(Debug)]
pub struct ApiKey {
    /// Its number; none for a key of the configuration.
    pub id: Option<i64>,
    /// What logs call it.
    pub description: String,
    /// What it may do beside sending.
    pub roles: Roles,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    digest: Digest,
    usage: Arc<Usage>,
}

/// What outlives a reload: how often and when the key was used.
#[derive(Debug)]
struct Usage {
    limiter: Limiter,
    /// Microseconds since 1970; 0 = not since the start.
    used_at: AtomicI64,
    written_at: AtomicI64,
}

impl ApiKey {
    /// Who the key is to idempotency keys.
    pub(in crate::auth) fn scope(&self) -> String {
        match self.id {
            Some(id) => format!("key:{id}"),
            None => format!("key:{}", secret::hex(&self.digest[..16])),
        }
    }

    /// May one more notification be sent with it at `now`? If so it is counted.
    pub(in crate::auth) fn may_send(&self, now: Instant) -> Result<(), Problem> {
        let verdict = self.usage.limiter.check(now);
        if verdict.allowed {
            return Ok(());
        }
        Err(verdict.refusal("send", "Too many notifications with this API key; slow down and send it again"))
    }

    fn note_use(&self, now: Instant) {
        let last = Instant(self.usage.used_at.load(Ordering::Relaxed));
        if now.since(last) >= USE_GRAIN {
            self.usage.used_at.fetch_max(now.0, Ordering::Relaxed);
        }
    }
}

type Keys = HashMap<Digest, Arc<ApiKey>>;

/// Every key that is accepted.
pub(in crate::auth) struct Keyring {
    keys: ArcSwap<Keys>,
    sources: Mutex<Sources>,
    /// One reading at a time, so that an older one never replaces what a newer one found.
    reading: tokio::sync::Mutex<()>,
}

/// Where keys come from. What the configuration says goes before the database.
#[derive(Default)]
struct Sources {
    configured: Vec<ConfiguredKey>,
    stored: Vec<Stored>,
    rate: Option<Rate>,
}

/// A key of the database that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub id: i64,
    pub description: String,
    pub roles: Roles,
    pub expires_at: Option<Instant>,
    pub digest: Digest,
}

impl Keyring {
    pub fn new(settings: &Config) -> Self {
        let ring = Self {
            keys: ArcSwap::default(),
            sources: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        };
        ring.reload(settings);
        ring
    }

    /// The key that was presented, if it is accepted at `now`.
    pub fn find(&self, presented: &[u8], now: Instant) -> Option<Arc<ApiKey>> {
        if !(SHORTEST..=LONGEST).contains(&presented.len()) {
            return None;
        }
        let keys = self.keys.load();
        let key = keys.get(&secret::sha256(presented))?;
        if key.expires_at.is_some_and(|end| end <= now) {
            tracing::warn!(
                by = key.description,
                "An API key that has expired was refused: {}",
                key.description
            );
            return None;
        }
        key.note_use(now);
        Some(key.clone())
    }

    /// Takes over the keys and the rate of a changed configuration.
    pub fn reload(&self, settings: &Config) {
        self.change(|sources| {
            sources.configured = settings.api_keys.clone();
            sources.rate = Some(Rate::per_second(settings.limits.send_per_key_per_second));
        });
    }

    /// Takes over what the database holds now.
    pub async fn refresh(&self, database: &Database) -> Result<(), Error> {
        let _turn = self.reading.lock().await;
        let stored = database.read(|tx| Box::pin(store::accepted(tx))).await?;
        let is_changed = self.sources.lock().unwrap_or_else(PoisonError::into_inner).stored != stored;
        if is_changed {
            self.change(|sources| sources.stored = stored);
        }
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Sources)) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut sources);
        let keys = sources.keys(&self.keys.load());
        self.keys.store(Arc::new(keys));
    }

    /// Writes down when keys of the database were last used.
    pub async fn flush_last_use(&self, database: &Database) -> Result<(), Error> {
        let keys: Vec<_> = self.keys.load().values().filter(|key| key.id.is_some()).cloned().collect();
        let unwritten = |key: &Arc<ApiKey>| {
            let used_at = key.usage.used_at.load(Ordering::Relaxed);
            (used_at > key.usage.written_at.load(Ordering::Relaxed)).then(|| (key.clone(), used_at))
        };
        let uses: Vec<_> = keys.iter().filter_map(unwritten).collect();
        if uses.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> =
            uses.iter().filter_map(|(key, used_at)| Some((key.id?, Instant(*used_at)))).collect();
        database.write(move |tx| Box::pin(async move { store::note_uses(tx, &rows).await })).await?;
        for (key, used_at) in uses {
            key.usage.written_at.store(used_at, Ordering::Relaxed);
        }
        Ok(())
    }

    /// When the key with this digest was last used here, since the start.
    pub fn used_at(&self, digest: &Digest) -> Option<Instant> {
        let used_at = self.keys.load().get(digest)?.usage.used_at.load(Ordering::Relaxed);
        (used_at > 0).then_some(Instant(used_at))
    }

    /// When the key with this number was last used here, since the start.
    pub fn used_at_by_id(&self, id: i64) -> Option<Instant> {
        let keys = self.keys.load();
        let used_at = keys.values().find(|key| key.id == Some(id))?.usage.used_at.load(Ordering::Relaxed);
        (used_at > 0).then_some(Instant(used_at))
    }

    /// The keys of the configuration in force.
    pub fn configured(&self) -> Vec<ConfiguredKey> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).configured.clone()
    }
}

impl Sources {
    /// The keys to accept from now on. A key that was accepted `before` keeps its count.
    fn keys(&self, before: &Keys) -> Keys {
        let rate = self.rate.unwrap_or(Rate::UNLIMITED);
        let stored = self.stored.iter().map(|key| ApiKey {
            id: Some(key.id),
            description: key.description.clone(),
            roles: key.roles,
            expires_at: key.expires_at,
            digest: key.digest,
            usage: usage(before, &key.digest, rate),
        });
        let configured = self.configured.iter().map(|key| ApiKey {
            id: None,
            description: key.description.clone(),
            roles: Roles::parse(&key.roles).unwrap_or_default(),
            expires_at: key.expires,
            digest: key.sha256,
            usage: usage(before, &key.sha256, rate),
        });
        stored.chain(configured).map(|key| (key.digest, Arc::new(key))).collect()
    }
}

fn usage(before: &Keys, digest: &Digest, rate: Rate) -> Arc<Usage> {
    let Some(known) = before.get(digest) else {
        let limiter = Limiter::new(rate);
        return Arc::new(Usage { limiter, used_at: AtomicI64::new(0), written_at: AtomicI64::new(0) });
    };
    known.usage.limiter.change_rate(rate);
    known.usage.clone()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::auth::Role;

    const KEY: &str = "a-key-of-at-least-32-characters-000";
    const OTHER: &str = "b-key-of-at-least-32-characters-000";
    const NOW: Instant = Instant(1_000_000_000);

    fn settings(keys: &[&str], rate: u32) -> Config {
        let mut settings = Config::with_defaults(Path::new("data"));
        settings.api_keys = keys.iter().map(|key| ConfiguredKey::new(key, "Backup", &["admin"])).collect();
        settings.limits.send_per_key_per_second = rate;
        settings
    }

    #[test]
    fn a_key_is_found_whole_and_not_by_its_parts() {
        let ring = Keyring::new(&settings(&[KEY, "short"], 0));
        let found = ring.find(KEY.as_bytes(), NOW).unwrap();
        assert_eq!((found.description.as_str(), found.roles.contains(Role::Admin)), ("Backup", true));
        let bad = ["", "short", &KEY[..32], OTHER, &format!("{KEY} "), &KEY.to_uppercase(), &KEY.repeat(20)];
        for bad in bad {
            assert!(ring.find(bad.as_bytes(), NOW).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_expired_key_is_not_accepted() {
        let mut settings = settings(&[KEY], 0);
        settings.api_keys[0].expires = Some(NOW);
        let ring = Keyring::new(&settings);
        assert!(ring.find(KEY.as_bytes(), NOW.minus(Duration::from_secs(1))).is_some());
        assert!(ring.find(KEY.as_bytes(), NOW).is_none());
    }

    #[test]
    fn a_reload_keeps_the_count_of_a_key_and_drops_keys_that_are_gone() {
        let ring = Keyring::new(&settings(&[KEY], 1));
        let send = |key: &str| ring.find(key.as_bytes(), NOW).map(|key| key.may_send(NOW).is_ok());
        assert_eq!((send(KEY), send(KEY)), (Some(true), Some(false)));
        ring.reload(&settings(&[KEY, OTHER], 1));
        assert_eq!((send(KEY), send(OTHER)), (Some(false), Some(true)));
        ring.reload(&settings(&[OTHER], 0));
        assert_eq!((send(KEY), send(OTHER)), (None, Some(true)));
    }

    #[test]
    fn the_last_use_is_noted() {
        let ring = Keyring::new(&settings(&[KEY], 0));
        let digest = secret::sha256(KEY.as_bytes());
        assert_eq!(ring.used_at(&digest), None);
        ring.find(KEY.as_bytes(), NOW);
        assert_eq!(ring.used_at(&digest), Some(NOW));
    }
}
