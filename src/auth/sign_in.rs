//! Signing in, refreshing, signing out, and locking out.

use std::net::IpAddr;

use super::session::http::Open;
use super::store::{self, Applicant, NewSession};
use super::tokens::new_session_id;
use super::{Auth, LockedOut, Person, Roles, Status};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::rate::subject_of;
use crate::secret::sha256_hex;
use crate::storage::{Error, Tx};

const WRONG: &str = "Invalid email or password";
const LOCKED: &str = "This account is locked; ask an administrator to unlock it";
const SPENT: &str = "Invalid refresh token: sign in again";

/// How many of their sessions a person is shown.
const MOST_SHOWN: i64 = 100;

/// Where a sign-in comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// A pair of tokens, and whose they are.
pub(super) struct Granted {
    pub token: String,
    pub refresh_token: String,
    pub expires_in: u64,
    pub user_id: i64,
    pub email: String,
    pub name: String,
    pub roles: Roles,
}

/// A session that is to begin.
pub(super) struct Begun {
    pub session_id: String,
    /// SHA-256 of the refresh token, or of what the cookie holds.
    pub digest: String,
    pub now: Instant,
    pub expires_at: Instant,
    /// The session that the browser leaves for it.
    pub replaced: Option<String>,
}

/// What a wrong password led to.
enum Wrong {
    Counted,
    LockedOut(LockedOut),
}

/// The form of an e-mail address by which people are found.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Auth {
    /// Signs somebody in.
    ///
    /// # Errors
    /// 401 for whoever gave a wrong password or is unknown, after the same time; 403 for a locked account with the
    /// right password; 429 for an address that tries too often; 503 when too many wait.
    pub(super) async fn sign_in(
        &self,
        email: &str,
        password: String,
        origin: Origin,
    ) -> Result<Granted, Problem> {
        let (applicant, hash) = self.prove(email, password, &origin).await?;
        let (user_id, now) = (applicant.id, self.inner.clock.now());
        let session_id = new_session_id();
        let granted = self.grant(&session_id, applicant, now);
        let begun = Begun {
            session_id,
            digest: sha256_hex(granted.refresh_token.as_bytes()),
            now,
            expires_at: now.plus(self.inner.rules.load().refresh_token_ttl),
            replaced: None,
        };
        self.begin(user_id, hash, origin, begun).await?;
        Ok(granted)
    }

    /// Who has this e-mail address and password, and the hash that was compared.
    ///
    /// # Errors
    /// As [`Auth::sign_in`].
    pub(super) async fn prove(
        &self,
        email: &str,
        password: String,
        origin: &Origin,
    ) -> Result<(Applicant, String), Problem> {
        self.limit_sign_ins(origin.address)?;
        let key = email_key(email);
        let found = self
            .inner
            .database
            .read(move |tx| Box::pin(async move { store::applicant(tx, &key).await }))
            .await?;
        let hash = found.as_ref().and_then(|applicant| applicant.password_hash.clone());
        let is_right = self.inner.hashing.verify(hash.clone(), password).await?;
        match (found, hash) {
            (Some(applicant), Some(hash)) if is_right => Ok((applicant, hash)),
            (found, _) => {
                let (user_id, address) = (found.as_ref().map(|applicant| applicant.id), origin.address);
                tracing::info!(
                    ?user_id,
                    ?address,
                    "A sign-in failed: wrong password, or nobody of that e-mail"
                );
                self.count_wrong_password(found.map(|applicant| applicant.id), origin.address).await?;
                Err(Problem::unauthorized(WRONG))
            }
        }
    }

    /// Whether this is the person's own password, asked for once more before something grave. A wrong one counts
    /// as it does at sign-in.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn is_own_password(
        &self,
        user_id: i64,
        password: String,
        address: Option<IpAddr>,
    ) -> Result<bool, Problem> {
        let found = self.inner.database.read(move |tx| Box::pin(store::applicant_by_id(tx, user_id))).await?;
        let is_right =
            self.inner.hashing.verify(found.and_then(|found| found.password_hash), password).await?;
        if !is_right {
            self.count_wrong_password(Some(user_id), address).await?;
        }
        Ok(is_right)
    }

    fn limit_sign_ins(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        let Some(address) = address else {
            return Ok(());
        };
        let verdict = self.inner.sign_ins.check(subject_of(address), self.inner.clock.now());
        if verdict.allowed {
            return Ok(());
        }
        Err(verdict.refusal("login", "Too many sign-ins from this address; wait, then try again"))
    }

    /// Begins a session of whoever has proved who they are by the password with this hash.
    ///
    /// # Errors
    /// As [`Auth::sign_in`].
    pub(super) async fn begin(
        &self,
        user_id: i64,
        hash: String,
        origin: Origin,
        begun: Begun,
    ) -> Result<(), Problem> {
        let address = origin.address.map(|address| address.to_string());
        let auth = self.clone();
        let has_begun = self.inner.database.write(move |tx| {
            Box::pin(async move {
                if !store::clear_wrong_passwords(tx, user_id, &hash).await? {
                    return Ok::<_, Error>(false);
                }
                let new = NewSession {
                    id: &begun.session_id,
                    user_id,
                    refresh_digest: &begun.digest,
                    user_agent: origin.user_agent.as_deref(),
                    address: address.as_deref(),
                    now: begun.now,
                    expires_at: begun.expires_at,
                };
                store::insert_session(tx, &new).await?;
                if let Some(replaced) = begun.replaced {
                    store::delete_session(tx, &replaced).await?;
                    tx.after_commit(move || auth.forget_session(&replaced));
                }
                Ok(true)
            })
        });
        if has_begun.await? {
            return Ok(());
        }
        self.refuse_locked(user_id).await
    }

    /// The password was right and yet there is no session: the account is locked, or was changed just now.
    async fn refuse_locked<T>(&self, user_id: i64) -> Result<T, Problem> {
        let now = self.inner.database.read(move |tx| Box::pin(store::applicant_by_id(tx, user_id))).await?;
        match now {
            Some(applicant) if applicant.status != Status::Active => Err(Problem::forbidden(LOCKED)),
            _ => Err(Problem::unauthorized(WRONG)),
        }
    }

    fn grant(&self, session_id: &str, applicant: Applicant, now: Instant) -> Granted {
        let ttl = self.inner.rules.load().access_token_ttl;
        Granted {
            token: self.inner.tokens.access(applicant.id, session_id, now, ttl),
            refresh_token: self.inner.tokens.refresh(session_id),
            expires_in: ttl.as_secs(),
            user_id: applicant.id,
            email: applicant.email,
            name: applicant.name,
            roles: applicant.roles,
        }
    }

    async fn count_wrong_password(
        &self,
        user_id: Option<i64>,
        address: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let (now, watch) = (self.inner.clock.now(), self.watch()?);
        let most = i64::from(watch.most_wrong_passwords());
        let auth = self.clone();
        let counted = self.inner.database.write(move |tx| {
            Box::pin(async move {
                let wrong = count(tx, user_id, address, most, now).await?;
                if let Wrong::LockedOut(who) = &wrong {
                    auth.forget_user_after(tx, who.user_id);
                    watch.locked_out(tx, who).await?;
                }
                Ok::<_, Error>(wrong)
            })
        });
        if let Wrong::LockedOut(LockedOut { user_id, .. }) = counted.await? {
            tracing::warn!(user_id, "User {user_id} is locked out after {most} wrong passwords");
        }
        Ok(())
    }

    /// Exchanges a refresh token for a new pair. One that was spent before ends its session: somebody has a copy.
    ///
    /// # Errors
    /// 401 for one that is not in force.
    pub(super) async fn refresh(&self, refresh_token: &str) -> Result<Granted, Problem> {
        let Some(session_id) = self.inner.tokens.session_of(refresh_token) else {
            return Err(Problem::unauthorized(SPENT));
        };
        let now = self.inner.clock.now();
        let next = self.inner.tokens.refresh(&session_id);
        let digests = (sha256_hex(refresh_token.as_bytes()), sha256_hex(next.as_bytes()));
        let expires_at = now.plus(self.inner.rules.load().refresh_token_ttl);
        let (auth, session) = (self.clone(), session_id.clone());
        let rotated = self.inner.database.write(move |tx| {
            Box::pin(async move {
                let user_id = store::rotate(tx, &session, &digests.0, &digests.1, now, expires_at).await?;
                let applicant = match user_id {
                    Some(user_id) => store::applicant_by_id(tx, user_id).await?,
                    None => None,
                };
                if let Some(applicant) = applicant.filter(|applicant| applicant.status == Status::Active) {
                    return Ok::<_, Error>(Some(applicant));
                }
                if let Some(user_id) = store::delete_session(tx, &session).await? {
                    tracing::warn!(
                        user_id,
                        "A refresh token of user {user_id} was shown again; its session is ended"
                    );
                    tx.after_commit(move || auth.forget_session(&session));
                }
                Ok(None)
            })
        });
        let applicant = rotated.await?.ok_or_else(|| Problem::unauthorized(SPENT))?;
        Ok(Granted { refresh_token: next, ..self.grant(&session_id, applicant, now) })
    }

    /// Ends the person's session, and the one of `refresh_token` if that is theirs too.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn sign_out(
        &self,
        person: Person,
        refresh_token: Option<String>,
    ) -> Result<(), Problem> {
        let other = refresh_token.and_then(|token| self.inner.tokens.session_of(&token));
        let sessions: Vec<String> = std::iter::once(person.session_id).chain(other).collect();
        let auth = self.clone();
        let ended = self.inner.database.write(move |tx| {
            Box::pin(async move {
                for session in sessions {
                    auth.end_in(tx, person.id, session).await?;
                }
                Ok::<_, Error>(())
            })
        });
        Ok(ended.await?)
    }

    /// Ends one of a person's sessions; returns whether there was such a one.
    pub(super) async fn end_session_of(&self, user_id: i64, session_id: String) -> Result<bool, Error> {
        // PostgreSQL takes no NUL in a text; no id of ours has anything but digits and letters.
        if !session_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(false);
        }
        let auth = self.clone();
        let ended = self
            .inner
            .database
            .write(move |tx| Box::pin(async move { auth.end_in(tx, user_id, session_id).await }));
        ended.await
    }

    async fn end_in(&self, tx: &mut Tx, user_id: i64, session_id: String) -> Result<bool, Error> {
        let ended = store::delete_session_of(tx, &session_id, user_id).await?;
        let auth = self.clone();
        tx.after_commit(move || auth.forget_session(&session_id));
        Ok(ended)
    }

    /// Where a person is signed in.
    pub(super) async fn open_sessions(&self, user_id: i64) -> Result<Vec<Open>, Error> {
        let now = self.inner.clock.now();
        let found = self.inner.database.read(move |tx| {
            Box::pin(async move { store::open_sessions(tx, user_id, now, MOST_SHOWN).await })
        });
        found.await
    }
}

/// Counts a wrong password and locks the account at the last one.
async fn count(
    tx: &mut Tx,
    user_id: Option<i64>,
    address: Option<IpAddr>,
    most: i64,
    now: Instant,
) -> Result<Wrong, Error> {
    let attempts = match user_id {
        Some(user_id) => store::count_wrong_password(tx, user_id).await?,
        None => None,
    };
    let (Some(user_id), Some(attempts)) = (user_id, attempts) else {
        store::count_miss(tx).await?;
        return Ok(Wrong::Counted);
    };
    if attempts < most {
        return Ok(Wrong::Counted);
    }
    store::lock_out(tx, user_id, now).await?;
    store::end_sessions(tx, user_id, None).await?;
    let applicant = store::applicant_by_id(tx, user_id).await?;
    let (name, email) = applicant.map(|applicant| (applicant.name, applicant.email)).unwrap_or_default();
    let address = address.map(|address| address.to_string());
    Ok(Wrong::LockedOut(LockedOut { user_id, name, email, attempts, address, at: now }))
}
