//! Who is asking, and what they may do: API keys, sign-in, tokens, sessions, lock-out.

mod caller;
mod http;
pub mod keys;
pub mod passwords;
mod refusal;
mod roles;
mod seal;
mod session;
mod sign_in;
mod status;
mod store;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;

pub use caller::{Admin, Caller, Known, Person, Staff};
pub use http::{Done, routes};
pub use keys::ApiKey;
pub use refusal::Refusal;
pub use roles::{Role, Roles};
pub(crate) use sign_in::email_key;
pub use status::Status;
pub use store::end_sessions;

use crate::clock::{Clock, Instant};
use crate::config::{self, Config};
use crate::http::Problem;
use crate::http::rate::{KeyedLimiter, Rate};
use crate::secret;
use crate::storage::{self, Database, Tx};
use caller::too_many;
use keys::Keyring;
use passwords::Hashing;
use seal::Seal;
use session::Sessions;
use tokens::{Bad, Tokens, derive};

/// Addresses and users whose requests are counted at one time.
const COUNTED: usize = 100_000;

/// Expired sessions removed in one transaction.
const SESSIONS_AT_ONCE: i64 = 200;

/// Knows who is asking. Clones are the same.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    tokens: Tokens,
    seal: Seal,
    fingerprints: hmac::Key,
    keyring: Keyring,
    sessions: Sessions,
    hashing: Hashing,
    sign_ins: KeyedLimiter<IpAddr>,
    requests: KeyedLimiter<i64>,
    rules: ArcSwap<config::Auth>,
}

impl Auth {
    /// Reads the API keys. `secret` is the node's: with another one, everybody has to sign in again.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn open(
        database: Database,
        clock: Clock,
        secret: [u8; 32],
        settings: &Config,
    ) -> anyhow::Result<Self> {
        let limits = &settings.limits;
        let auth = Self {
            inner: Arc::new(Inner {
                database,
                clock,
                tokens: Tokens::new(&secret),
                seal: Seal::new(&derive(&secret, "kept answers")),
                fingerprints: hmac::Key::new(hmac::HMAC_SHA256, &derive(&secret, "fingerprints")),
                keyring: Keyring::new(settings),
                sessions: Sessions::new(),
                hashing: Hashing::new(),
                sign_ins: KeyedLimiter::new(Rate::per_minute(limits.login_per_address_per_minute), COUNTED),
                requests: KeyedLimiter::new(Rate::per_second(limits.requests_per_user_per_second), COUNTED),
                rules: ArcSwap::from_pointee(settings.auth.clone()),
            }),
        };
        auth.refresh_keys().await?;
        Ok(auth)
    }

    /// Takes over changed settings: API keys, limits, lifetimes. What is in flight goes on.
    pub fn reload(&self, settings: &Config) {
        let (inner, limits) = (&self.inner, &settings.limits);
        inner.rules.store(Arc::new(settings.auth.clone()));
        inner.sign_ins.change_rate(Rate::per_minute(limits.login_per_address_per_minute));
        inner.requests.change_rate(Rate::per_second(limits.requests_per_user_per_second));
        inner.keyring.reload(settings);
    }

    /// Takes over what another process did to the API keys: to be called every second or two.
    ///
    /// # Errors
    /// A database that does not answer; the keys stay as they were.
    pub async fn refresh_keys(&self) -> anyhow::Result<()> {
        Ok(self.inner.keyring.refresh(&self.inner.database).await?)
    }

    /// Writes down when API keys were last used, in one go.
    ///
    /// # Errors
    /// A database that does not answer; what was not written is written the next time.
    pub async fn flush_last_use(&self) -> anyhow::Result<()> {
        Ok(self.inner.keyring.flush_last_use(&self.inner.database).await?)
    }

    /// Removes sessions that nobody can refresh any more, a few at a time.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn forget_expired_sessions(&self) -> Result<(), storage::Error> {
        let now = self.inner.clock.now();
        loop {
            let forgotten = self
                .inner
                .database
                .write::<_, storage::Error, _>(move |tx| {
                    Box::pin(store::forget_expired_sessions(tx, now, SESSIONS_AT_ONCE))
                })
                .await?;
            if forgotten == 0 {
                return Ok(());
            }
        }
    }

    /// A session has ended: its access tokens are dead from now on.
    pub fn forget_session(&self, session_id: &str) {
        self.inner.sessions.forget(session_id);
    }

    /// A person's roles, status, name or sessions have changed: the next request sees it.
    pub fn forget_user(&self, user_id: i64) {
        self.inner.sessions.forget_user(user_id);
    }

    /// As [`Auth::forget_user`], once the transaction is durable and before its caller is answered.
    pub fn forget_user_after(&self, tx: &mut Tx, user_id: i64) {
        let auth = self.clone();
        tx.after_commit(move || auth.forget_user(user_id));
    }

    /// Hashes a password off the async threads.
    ///
    /// # Errors
    /// 400 for one that nobody may have, 503 when too many wait.
    pub async fn hash_password(&self, password: String) -> Result<passwords::Hash, Problem> {
        self.inner.hashing.hash(password).await
    }

    /// The fingerprint of an idempotent request whose body holds a password. A plain digest of it would let
    /// whoever reads the database try passwords at full speed.
    pub fn keyed_fingerprint(&self, body: &[u8]) -> String {
        secret::hex(hmac::sign(&self.inner.fingerprints, body).as_ref())
    }

    fn find_key(&self, presented: &[u8]) -> Option<Arc<ApiKey>> {
        self.inner.keyring.find(presented, self.inner.clock.now())
    }

    /// The person whom an access token names, as they are now.
    async fn person(&self, token: &str) -> Result<Person, Problem> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let named = inner.tokens.read(token, now).map_err(|bad| match bad {
            Bad::Foreign => Problem::unauthorized("Invalid token: sign in at /crm/auth/login to get one"),
            Bad::Expired => {
                Problem::unauthorized("Invalid token: it has expired; refresh it or sign in again")
            }
        })?;
        let person = match inner.sessions.recall(&named.session_id, now) {
            Some(person) => person,
            None => self.read_person(named.session_id, now).await?,
        };
        if person.id != named.user_id {
            return Err(ended());
        }
        let verdict = inner.requests.check(person.id, now);
        if !verdict.allowed {
            return Err(too_many(
                &verdict,
                "user",
                "Too many requests of this user; slow down and try again",
            ));
        }
        Ok(person)
    }

    async fn read_person(&self, session_id: String, now: Instant) -> Result<Person, Problem> {
        let inner = &self.inner;
        let mark = inner.sessions.mark();
        let live = inner
            .database
            .read(move |tx| Box::pin(async move { store::live_session(tx, &session_id).await }));
        match live.await? {
            Some(live) if live.status == Status::Active && now < live.expires_at => {
                inner.sessions.keep(mark, &live.person, live.expires_at, now);
                Ok(live.person)
            }
            _ => Err(ended()),
        }
    }
}

fn ended() -> Problem {
    Problem::unauthorized("Invalid token: its session has ended; sign in again")
}
