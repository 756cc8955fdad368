//! Sessions of our own pages, which go by a cookie in place of tokens.
//!
//! Such a session ends when it was idle for [`IDLE`], and at the latest when a refresh token would. Its row always
//! says until when it is good, so nothing else needs to know of idleness.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;

use super::session::Session;
use super::sign_in::{Begun, Origin};
use super::tokens::new_session_id;
use super::{Auth, Person, store};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::site::Site;
use crate::secret::sha256_hex;
use crate::storage::{Database, Error};

/// A session that is not used for so long ends.
const IDLE: Duration = Duration::from_secs(12 * 60 * 60);

/// How much of its use is not written down: every request would be a write otherwise.
const USE_GRAIN: Duration = Duration::from_secs(5 * 60);

/// Whoever signed in by cookie.
pub(super) struct BegunByCookie {
    pub person: Person,
    /// What the cookie is to hold.
    pub cookie: String,
}

impl Auth {
    /// Our pages, as browsers see them.
    pub(super) fn site(&self) -> Arc<Site> {
        self.inner.site.load_full()
    }

    /// Signs somebody in by cookie. Always a new session, so that nobody can have theirs chosen for them; the one
    /// of `before`, which the browser held until now, ends.
    ///
    /// # Errors
    /// As [`Auth::sign_in`].
    pub(super) async fn begin_by_cookie(
        &self,
        email: &str,
        password: String,
        origin: Origin,
        before: Option<&str>,
    ) -> Result<BegunByCookie, Problem> {
        let (applicant, hash) = self.prove(email, password, &origin).await?;
        let (user_id, now, session_id) = (applicant.id, self.inner.clock.now(), new_session_id());
        let cookie = self.inner.tokens.cookie(&session_id);
        let expires_at = self.idle_end(now, now);
        let begun = Begun {
            session_id: session_id.clone(),
            digest: sha256_hex(cookie.as_bytes()),
            now,
            expires_at,
            replaced: before.and_then(|cookie| self.inner.tokens.session_of_cookie(cookie)),
        };
        self.begin(user_id, hash, origin, begun).await?;
        let (email, name, roles) = (applicant.email, applicant.name, applicant.roles);
        Ok(BegunByCookie { person: Person::new(user_id, email, name, roles, session_id, expires_at), cookie })
    }

    /// Until when a session is good that began and was used at these instants.
    fn idle_end(&self, created_at: Instant, used_at: Instant) -> Instant {
        used_at.plus(IDLE).min(created_at.plus(self.inner.rules.load().refresh_token_ttl))
    }

    /// The person whose session a cookie holds, as they are now.
    ///
    /// # Errors
    /// 401 for a session that is not alive, 429 for a user who asks too often.
    pub(super) async fn person_by_cookie(&self, cookie: &str) -> Result<Person, Problem> {
        let now = self.inner.clock.now();
        let ended = || Problem::unauthorized("Your session has ended; sign in again");
        let session_id = self.inner.tokens.session_of_cookie(cookie).ok_or_else(ended)?;
        let session = self.session(session_id, now).await?.ok_or_else(ended)?;
        let shown = sha256_hex(cookie.as_bytes());
        aws_lc_rs::constant_time::verify_slices_are_equal(shown.as_bytes(), session.digest.as_bytes())
            .map_err(|_| ended())?;
        self.count_request(session.person.id, now)?;
        if now.since(session.used_at) >= USE_GRAIN {
            self.note_use(&session, now);
        }
        Ok(session.person.clone())
    }

    fn note_use(&self, session: &Session, now: Instant) {
        let expires_at = self.idle_end(session.created_at, now);
        self.inner.uses.note(session.person.session_id.clone(), Use { used_at: now, expires_at });
    }

    /// Whether a cookie holds the session in which this person asks.
    pub(super) fn is_cookie_of(&self, cookie: &str, person: &Person) -> bool {
        self.inner.tokens.session_of_cookie(cookie).is_some_and(|id| id == person.session_id)
    }
}

/// Uses of sessions that are to be written down, by their ids.
#[derive(Default)]
pub(super) struct Uses(DashMap<String, Use>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Use {
    used_at: Instant,
    expires_at: Instant,
}

impl Uses {
    fn note(&self, session_id: String, usage: Use) {
        self.0.insert(session_id, usage);
    }

    /// Writes down what was noted.
    pub async fn flush(&self, database: &Database) -> Result<(), Error> {
        let noted: Vec<(String, Use)> =
            self.0.iter().map(|entry| (entry.key().clone(), *entry.value())).collect();
        if noted.is_empty() {
            return Ok(());
        }
        let rows = noted.clone();
        database
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    for (id, usage) in &rows {
                        store::note_use_of_session(tx, id, usage.used_at, usage.expires_at).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        for (id, usage) in noted {
            self.0.remove_if(&id, |_, now| *now == usage);
        }
        Ok(())
    }
}
