//! Who is asking: a program with an API key, or a person with a bearer token or the cookie of a session.
//!
//! An API key decides wherever one is sent, good token or not. Where only people may ask, a key must be good too
//! if it is sent, and the token says who asks. Keys are read from the header `X-API-KEY` and from nowhere else. A
//! cookie counts only where neither header is sent, and only for pages of ours where something is to be changed.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};

use super::keys::ApiKey;
use super::{Auth, Role, Roles};
use crate::clock::Instant;
use crate::http::Problem;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// As the seed says it, for a key that is wrong, absent, too short, expired or revoked.
pub(super) const INVALID_KEY: &str = "Invalid API key";

const SIGN_IN: &str = "Sign in first: send Authorization: Bearer <token>";
const SIGN_IN_OR_KEY: &str = "Sign in first: send Authorization: Bearer <token>, or an API key as X-API-KEY";

const FOREIGN_PAGE: &str = "This is done with the cookie from our own pages only: \
     send Authorization: Bearer <token>, or Sec-Fetch-Site: same-origin or our Origin with the cookie";

/// A person who is signed in, as they are now: a changed role holds from the next request on.
///
/// As an extractor: a bearer token or the cookie of a session, and no API key alone.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user's id.
    pub id: i64,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Roles,
    /// The session that the token belongs to.
    pub session_id: String,
    /// Until when the token or cookie that was shown is good.
    pub good_until: Instant,
    label: String,
}

impl Person {
    pub(super) fn new(
        id: i64,
        email: String,
        name: String,
        roles: Roles,
        session_id: String,
        good_until: Instant,
    ) -> Self {
        Self { id, email, name, roles, session_id, good_until, label: format!("user {id}") }
    }
}

/// Anybody who is known. As an extractor it says `Invalid API key` to whom it does not know.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A program.
    Key(Arc<ApiKey>),
    /// A person.
    Person(Person),
}

impl Caller {
    /// What the caller may do.
    pub fn roles(&self) -> Roles {
        match self {
            Caller::Key(key) => key.roles,
            Caller::Person(person) => person.roles,
        }
    }

    /// What logs call the caller: the key's description, or `user 5`. Never the key, and no address.
    pub fn description(&self) -> &str {
        match self {
            Caller::Key(key) => &key.description,
            Caller::Person(person) => &person.label,
        }
    }

    /// What an administrator reads about who did something: the key's description, or the person's e-mail.
    pub fn signature(&self) -> &str {
        match self {
            Caller::Key(key) => &key.description,
            Caller::Person(person) => &person.email,
        }
    }

    /// Who the caller is to idempotency keys: the same for every request of theirs, and for nobody else's.
    pub fn scope(&self) -> String {
        match self {
            Caller::Key(key) => key.scope(),
            Caller::Person(person) => format!("user:{}", person.id),
        }
    }

    /// Whether this is the person with this id.
    pub fn is_person(&self, id: i64) -> bool {
        matches!(self, Caller::Person(person) if person.id == id)
    }

    /// May the caller send a notification now? If so it is counted.
    ///
    /// # Errors
    /// 403 for a person without the role admin (any key may send), 429 for a key that sends too often.
    pub fn may_send(&self, now: Instant) -> Result<(), Problem> {
        match self {
            Caller::Person(person) if person.roles.contains(Role::Admin) => Ok(()),
            Caller::Person(_) => Err(Problem::forbidden(
                "Sending needs an API key or the role admin; ask an administrator for one of them",
            )),
            Caller::Key(key) => key.may_send(now),
        }
    }

    fn with_one_of(self, roles: &[Role], reason: &'static str) -> Result<Self, Problem> {
        if roles.iter().any(|role| self.roles().contains(*role)) {
            Ok(self)
        } else {
            Err(Problem::forbidden(reason))
        }
    }
}

/// A person or a key with the role admin.
#[derive(Clone, Debug)]
pub struct Admin(pub Caller);

/// A person or a key with the role admin or support.
#[derive(Clone, Debug)]
pub struct Staff(pub Caller);

/// A person or a key with whatever role, asked to sign in if unknown.
#[derive(Clone, Debug)]
pub struct Known(pub Caller);

impl Auth {
    /// Who sent this; `None` if nobody is claimed.
    async fn caller(&self, parts: &Parts) -> Result<Option<Caller>, Problem> {
        if let Some(key) = self.key_of(&parts.headers)? {
            return Ok(Some(Caller::Key(key)));
        }
        Ok(self.person_of(parts).await?.map(Caller::Person))
    }

    async fn known(&self, parts: &Parts) -> Result<Caller, Problem> {
        self.caller(parts).await?.ok_or_else(|| Problem::unauthorized(SIGN_IN_OR_KEY))
    }

    fn key_of(&self, headers: &HeaderMap) -> Result<Option<Arc<ApiKey>>, Problem> {
        let mut sent = headers.get_all(API_KEY).iter();
        let Some(key) = sent.next() else {
            return Ok(None);
        };
        // Two keys are none: a proxy and we might not choose the same one.
        let found = if sent.next().is_none() { self.find_key(key.as_bytes()) } else { None };
        found.map(Some).ok_or_else(|| Problem::unauthorized(INVALID_KEY))
    }

    async fn person_of(&self, parts: &Parts) -> Result<Option<Person>, Problem> {
        let headers = &parts.headers;
        if let Some(token) = bearer(headers) {
            return self.person(token).await.map(Some);
        }
        if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(API_KEY) {
            return Ok(None);
        }
        let site = self.site();
        let Some(cookie) = site.cookie(headers) else {
            return Ok(None);
        };
        // Browsers send the cookie whoever's page asks; what a foreign page asks is not done.
        if !is_reading(&parts.method) && site.made_by_own_page(headers) != Some(true) {
            return Err(Problem::forbidden(FOREIGN_PAGE));
        }
        self.person_by_cookie(cookie).await.map(Some)
    }
}

fn is_reading(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// The token after `Bearer`, in whatever case the word is written.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What an extractor finds in the head of a request.
macro_rules! extractor {
    ($kind:ty, |$auth:ident, $parts:ident| $find:expr) => {
        impl<S: Send + Sync> FromRequestParts<S> for $kind
        where
            Auth: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let ($auth, $parts) = (Auth::from_ref(state), &*parts);
                $find
            }
        }
    };
}

extractor!(Caller, |auth, parts| {
    auth.caller(parts).await?.ok_or_else(|| Problem::unauthorized(INVALID_KEY))
});

extractor!(Known, |auth, parts| auth.known(parts).await.map(Known));

extractor!(Person, |auth, parts| {
    auth.key_of(&parts.headers)?;
    auth.person_of(parts).await?.ok_or_else(|| Problem::unauthorized(SIGN_IN))
});

extractor!(Admin, |auth, parts| {
    let caller = auth.known(parts).await?;
    caller.with_one_of(&[Role::Admin], "This needs the role admin; ask an administrator").map(Admin)
});

extractor!(Staff, |auth, parts| {
    let caller = auth.known(parts).await?;
    caller
        .with_one_of(
            &[Role::Admin, Role::Support],
            "This needs the role admin or support; ask an administrator",
        )
        .map(Staff)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_found_whatever_the_case_of_its_scheme() {
        let cases = [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc", Some("abc")),
            ("Bearer", None),
            ("Basic abc", None),
            ("abc", None),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(bearer(&headers), expected, "{value}");
        }
    }
}
