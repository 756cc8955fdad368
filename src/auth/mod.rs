//! Who is asking, and what they may do: API keys, sign-in, tokens, sessions, lock-out.

mod caller;
mod cookie;
mod http;
pub mod keys;
pub mod passwords;
mod refusal;
mod roles;
mod session;
mod sign_in;
mod status;
mod store;
mod ticket;
mod tokens;
mod watch;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

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
pub use watch::{LockedOut, Watch};

use crate::clock::{Clock, Instant};
use crate::config::{self, Config};
use crate::http::Problem;
use crate::http::rate::{KeyedLimiter, Rate};
use crate::http::site::Site;
use crate::secret;
use crate::secret::Seal;
use crate::storage::{self, Database, Tx};
use cookie::Uses;
use keys::Keyring;
use passwords::Hashing;
use session::{Session, Sessions};
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
    /// When sessions that go by cookie were used, as far as it is not written down.
    uses: Uses,
    hashing: Hashing,
    sign_ins: KeyedLimiter<IpAddr>,
    requests: KeyedLimiter<i64>,
    rules: ArcSwap<config::Auth>,
    site: ArcSwap<Site>,
    watch: RwLock<Option<Arc<dyn Watch>>>,
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
                uses: Uses::default(),
                hashing: Hashing::new(),
                sign_ins: KeyedLimiter::new(Rate::per_minute(limits.login_per_address_per_minute), COUNTED),
                requests: KeyedLimiter::new(Rate::per_second(limits.requests_per_user_per_second), COUNTED),
                rules: ArcSwap::from_pointee(settings.auth.clone()),
                site: ArcSwap::from_pointee(Site::of(&settings.public_url)),
                watch: RwLock::new(None),
            }),
        };
        auth.refresh_keys().await?;
        Ok(auth)
    }

    /// Says who hears of lock-outs. Once, before anybody signs in.
    pub fn watched_by(&self, watch: Arc<dyn Watch>) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    /// Lets go of it: the two refer to each other, and a node that has ended is to be dropped whole.
    pub fn let_go(&self) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// # Errors
    /// The node has ended.
    fn watch(&self) -> Result<Arc<dyn Watch>, storage::Error> {
        let watch = self.inner.watch.read().unwrap_or_else(PoisonError::into_inner).clone();
        watch.ok_or_else(|| storage::Error::Unavailable("the node has ended".to_owned()))
    }

    /// Takes over changed settings: API keys, limits, lifetimes. What is in flight goes on.
    pub fn reload(&self, settings: &Config) {
        let (inner, limits) = (&self.inner, &settings.limits);
        inner.rules.store(Arc::new(settings.auth.clone()));
        inner.site.store(Arc::new(Site::of(&settings.public_url)));
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

    /// Writes down when API keys and cookies were last used, in one go.
    ///
    /// # Errors
    /// A database that does not answer; what was not written is written the next time.
    pub async fn flush_last_use(&self) -> anyhow::Result<()> {
        self.inner.keyring.flush_last_use(&self.inner.database).await?;
        Ok(self.inner.uses.flush(&self.inner.database).await?)
    }

    /// Removes sessions that nobody can use any more, a few at a time, and tickets whose minute is over.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn forget_expired_sessions(&self) -> Result<(), storage::Error> {
        let now = self.inner.clock.now();
        self.inner
            .database
            .write::<_, storage::Error, _>(move |tx| Box::pin(store::forget_expired_tickets(tx, now)))
            .await?;
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

    /// Which of these sessions are not alive any more: signed out, too long idle or too old, or of a user who may
    /// not sign in. What open streams are held against.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn ended_sessions(&self, sessions: &[String]) -> Result<Vec<String>, storage::Error> {
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let (asked, now) = (sessions.to_vec(), self.inner.clock.now());
        let alive = self
            .inner
            .database
            .read::<_, storage::Error, _>(move |tx| {
                Box::pin(async move { store::alive(tx, &asked, now).await })
            })
            .await?;
        let alive: HashSet<String> = alive.into_iter().collect();
        Ok(sessions.iter().filter(|session| !alive.contains(*session)).cloned().collect())
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
        let session = self.session(named.session_id, now).await?;
        let session = session
            .filter(|session| session.person.id == named.user_id)
            .ok_or_else(|| Problem::unauthorized("Invalid token: its session has ended; sign in again"))?;
        self.count_request(session.person.id, now)?;
        let mut person = session.person.clone();
        person.good_until = named.expires_at.min(session.expires_at);
        Ok(person)
    }

    fn count_request(&self, user_id: i64, now: Instant) -> Result<(), Problem> {
        let verdict = self.inner.requests.check(user_id, now);
        if verdict.allowed {
            return Ok(());
        }
        Err(verdict.refusal("user", "Too many requests of this user; slow down and try again"))
    }

    /// The session with this id, if it is alive.
    async fn session(&self, id: String, now: Instant) -> Result<Option<Arc<Session>>, storage::Error> {
        let inner = &self.inner;
        if let Some(session) = inner.sessions.recall(&id, now) {
            return Ok(Some(session));
        }
        let mark = inner.sessions.mark();
        let found = inner.database.read(move |tx| Box::pin(async move { store::session(tx, &id).await }));
        match found.await? {
            Some((session, Status::Active)) if now < session.expires_at => {
                let session = Arc::new(session);
                inner.sessions.keep(mark, session.clone(), now);
                Ok(Some(session))
            }
            _ => Ok(None),
        }
    }
}
