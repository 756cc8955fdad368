//! Who is asking: a program with an API key, or a person with a bearer token.
//!
//! An API key decides wherever one is sent, good token or not. Where only people may ask, a key must be good too
//! if it is sent, and the token says who asks. Keys are read from the header `X-API-KEY` and from nowhere else.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use super::keys::ApiKey;
use super::{Auth, Role, Roles};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::rate::Verdict;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// As the seed says it, for a key that is wrong, absent, too short, expired or revoked.
pub(super) const INVALID_KEY: &str = "Invalid API key";

const SIGN_IN: &str = "Sign in first: send Authorization: Bearer <token>";
const SIGN_IN_OR_KEY: &str = "Sign in first: send Authorization: Bearer <token>, or an API key as X-API-KEY";

/// A person who is signed in, as they are now: a changed role holds from the next request on.
///
/// As an extractor: a bearer token, and no API key alone.
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
    label: String,
}

impl Person {
    pub(super) fn new(id: i64, email: String, name: String, roles: Roles, session_id: String) -> Self {
        Self { id, email, name, roles, session_id, label: format!("user {id}") }
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
    /// Who sent these headers; `None` if they claim nothing.
    async fn caller(&self, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
        if let Some(key) = self.key_of(headers)? {
            return Ok(Some(Caller::Key(key)));
        }
        Ok(self.person_of(headers).await?.map(Caller::Person))
    }

    async fn known(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        self.caller(headers).await?.ok_or_else(|| Problem::unauthorized(SIGN_IN_OR_KEY))
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

    async fn person_of(&self, headers: &HeaderMap) -> Result<Option<Person>, Problem> {
        match bearer(headers) {
            Some(token) => self.person(token).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The token after `Bearer`, in whatever case the word is written.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What an extractor finds in the headers of a request.
macro_rules! extractor {
    ($kind:ty, |$auth:ident, $headers:ident| $find:expr) => {
        impl<S: Send + Sync> FromRequestParts<S> for $kind
        where
            Auth: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let ($auth, $headers) = (Auth::from_ref(state), &parts.headers);
                $find
            }
        }
    };
}

extractor!(Caller, |auth, headers| {
    auth.caller(headers).await?.ok_or_else(|| Problem::unauthorized(INVALID_KEY))
});

extractor!(Known, |auth, headers| auth.known(headers).await.map(Known));

extractor!(Person, |auth, headers| {
    auth.key_of(headers)?;
    auth.person_of(headers).await?.ok_or_else(|| Problem::unauthorized(SIGN_IN))
});

extractor!(Admin, |auth, headers| {
    let caller = auth.known(headers).await?;
    caller.with_one_of(&[Role::Admin], "This needs the role admin; ask an administrator").map(Admin)
});

extractor!(Staff, |auth, headers| {
    let caller = auth.known(headers).await?;
    caller
        .with_one_of(
            &[Role::Admin, Role::Support],
            "This needs the role admin or support; ask an administrator",
        )
        .map(Staff)
});

/// 429 under the policy's `name`.
pub(super) fn too_many(verdict: &Verdict, name: &str, reason: &'static str) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, reason);
    verdict.headers(name).fold(problem, |problem, (name, value)| problem.with_header(name, value))
}

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
