//! Access tokens, refresh tokens, tickets, and what the cookie of a session holds.
//!
//! An access token is a JWT for a quarter of an hour that names a person and a session. A refresh token is
//! opaque: the session's id, 256 random bits, and a mark by which we know our own. The mark lets a spent token
//! be told from a made-up one without keeping a list of all that were ever spent. Cookies and
//! tickets are made alike, each kind with a mark of its own: none can stand for another, and what was made up is
//! known without asking the database.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::Instant;
use crate::secret;

const ISSUER: &str = "belfry";
const AUDIENCE: &str = "crm";
const KIND: &str = "access";

/// The longest token that is looked at; ours have some 300 characters.
const LONGEST: usize = 1024;

/// How far ahead another node's clock may be.
const LEEWAY: Duration = Duration::from_secs(60);

const SESSION_BYTES: usize = 16;
const RANDOM_BYTES: usize = 32;
const MARK_BYTES: usize = 16;

/// Makes and reads tokens.
pub(super) struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    header: Header,
    /// The first part of every token of ours, with its dot. Nothing in a header is ever chosen by a caller.
    head: String,
    marking: hmac::Key,
    cookie_marking: hmac::Key,
    ticket_marking: hmac::Key,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// Whom a good access token names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub user_id: i64,
    pub session_id: String,
    pub expires_at: Instant,
}

/// Why an access token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is none of ours.
    Foreign,
    /// It was ours; its time is over.
    Expired,
}

impl Tokens {
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = derive(secret, "access tokens");
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(KIND.to_owned());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the system clock; `read` asks ours.
        validation.validate_exp = false;
        Self {
            signing: EncodingKey::from_secret(&key),
            verifying: DecodingKey::from_secret(&key),
            validation,
            head: format!(
                "{}.",
                URL_SAFE_NO_PAD.encode(serde_json::to_string(&header).expect("a plain struct"))
            ),
            header,
            marking: hmac::Key::new(hmac::HMAC_SHA256, &derive(secret, "refresh tokens")),
            cookie_marking: hmac::Key::new(hmac::HMAC_SHA256, &derive(secret, "cookies")),
            ticket_marking: hmac::Key::new(hmac::HMAC_SHA256, &derive(secret, "tickets")),
        }
    }

    /// An access token for `ttl` from `now`.
    pub fn access(&self, user_id: i64, session_id: &str, now: Instant, ttl: Duration) -> String {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user_id.to_string(),
            sid: session_id.to_owned(),
            iat: now.seconds(),
            exp: now.plus(ttl).seconds(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
            .expect("an HMAC key signs every plain struct")
    }

    /// Whom an access token names, if it is ours and `now` lies in its time.
    pub fn read(&self, token: &str, now: Instant) -> Result<Named, Bad> {
        if token.len() > LONGEST || !token.starts_with(&self.head) {
            return Err(Bad::Foreign);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)
            .map_err(|_| Bad::Foreign)?
            .claims;
        let user_id = claims.sub.parse().map_err(|_| Bad::Foreign)?;
        if claims.iat > now.plus(LEEWAY).seconds() {
            return Err(Bad::Foreign);
        }
        if claims.exp <= now.seconds() {
            return Err(Bad::Expired);
        }
        let expires_at = Instant(claims.exp.saturating_mul(1_000_000));
        Ok(Named { user_id, session_id: claims.sid, expires_at })
    }

    /// A new refresh token for a session.
    pub fn refresh(&self, session_id: &str) -> String {
        opaque(&self.marking, session_id)
    }

    /// The session for which a refresh token was made; `None` if it was not made here.
    pub fn session_of(&self, refresh_token: &str) -> Option<String> {
        session_in(&self.marking, refresh_token)
    }

    /// What the cookie of a session holds.
    pub fn cookie(&self, session_id: &str) -> String {
        opaque(&self.cookie_marking, session_id)
    }

    /// The session for which a cookie was made; `None` if it was not made here.
    pub fn session_of_cookie(&self, cookie: &str) -> Option<String> {
        session_in(&self.cookie_marking, cookie)
    }

    /// A new ticket for a stream of a session.
    pub fn ticket(&self, session_id: &str) -> String {
        opaque(&self.ticket_marking, session_id)
    }

    /// The session for which a ticket was made; `None` if it was not made here.
    pub fn session_of_ticket(&self, ticket: &str) -> Option<String> {
        session_in(&self.ticket_marking, ticket)
    }
}

/// A session's id, 256 random bits, and the mark of `marking`.
fn opaque(marking: &hmac::Key, session_id: &str) -> String {
    let mut bytes = bytes_of(session_id);
    bytes.extend(secret::random::<RANDOM_BYTES>());
    let mark = hmac::sign(marking, &bytes);
    bytes.extend(&mark.as_ref()[..MARK_BYTES]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The session's id in what [`opaque`] made; `None` if it was not made here, or with another mark.
fn session_in(marking: &hmac::Key, opaque: &str) -> Option<String> {
    if opaque.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(opaque).ok()?;
    if bytes.len() != SESSION_BYTES + RANDOM_BYTES + MARK_BYTES {
        return None;
    }
    let (signed, mark) = bytes.split_at(SESSION_BYTES + RANDOM_BYTES);
    let expected = hmac::sign(marking, signed);
    aws_lc_rs::constant_time::verify_slices_are_equal(&expected.as_ref()[..MARK_BYTES], mark).ok()?;
    Some(secret::hex(&signed[..SESSION_BYTES]))
}

/// The id of a new session: 128 random bits in hexadecimal.
pub(super) fn new_session_id() -> String {
    secret::hex(&secret::random::<SESSION_BYTES>())
}

/// A key for one purpose, from the node's secret.
pub(super) fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let derived = hmac::sign(&key, purpose.as_bytes());
    derived.as_ref().try_into().expect("an HMAC-SHA256 has 32 bytes")
}

fn bytes_of(session_id: &str) -> Vec<u8> {
    let pairs = session_id.as_bytes().chunks(2);
    let bytes =
        pairs.map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    bytes.map(|byte| byte.expect("session ids are hexadecimal")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Instant = Instant(1_800_000_000_000_000);
    const TTL: Duration = Duration::from_secs(900);

    fn tokens() -> Tokens {
        Tokens::new(&[7; 32])
    }

    fn named() -> Named {
        let expires_at = Instant(NOW.plus(TTL).seconds() * 1_000_000);
        Named { user_id: 123, session_id: "00ff".to_owned(), expires_at }
    }

    fn claims() -> Value {
        let now = NOW.seconds();
        json!({"iss": "belfry", "aud": "crm", "sub": "123", "sid": "00ff", "iat": now, "exp": now + 900})
    }

    /// A token signed with our own key, whatever its header and claims say.
    fn signed(header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(&[7; 32], "access tokens"));
        let signature = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn header() -> String {
        let head = tokens().head;
        String::from_utf8(URL_SAFE_NO_PAD.decode(head.trim_end_matches('.')).unwrap()).unwrap()
    }

    #[test]
    fn a_token_names_its_person_and_session_until_it_ends() {
        let token = tokens().access(123, "00ff", NOW, TTL);
        assert_eq!(tokens().read(&token, NOW), Ok(named()));
        assert_eq!(tokens().read(&token, NOW.plus(Duration::from_secs(899))), Ok(named()));
        assert_eq!(tokens().read(&token, NOW.plus(TTL)), Err(Bad::Expired));
        assert_eq!(tokens().read(&token, NOW.minus(Duration::from_secs(61))), Err(Bad::Foreign));
        assert_eq!(Tokens::new(&[8; 32]).read(&token, NOW), Err(Bad::Foreign));
    }

    #[test]
    fn a_token_with_another_header_is_foreign_even_if_it_is_well_signed() {
        let claims = claims().to_string();
        assert_eq!(tokens().read(&signed(&header(), &claims), NOW), Ok(named()));
        for header in [
            r#"{"typ":"access","alg":"none"}"#,
            r#"{"typ":"access","alg":"None"}"#,
            r#"{"typ":"access","alg":"nOnE"}"#,
            r#"{"typ":"access","alg":"HS384"}"#,
            r#"{"typ":"access","alg":"RS256"}"#,
            r#"{"typ":"access","alg":"ES256"}"#,
            r#"{"typ":"access"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"typ":"refresh","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"typ":"access","alg":"HS256","kid":"../../dev/null"}"#,
            r#"{"typ":"access","alg":"HS256","kid":"' OR 1=1 --"}"#,
            r#"{"typ":"access","alg":"HS256","kid":"https://evil.example/key"}"#,
            r#"{"typ":"access","alg":"HS256","jku":"https://evil.example/jwks"}"#,
            r#"{"typ":"access","alg":"HS256","x5u":"https://evil.example/x"}"#,
            r#"{"typ":"access","alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#,
            r#"{"typ":"access","alg":"HS256","crit":["exp"]}"#,
            r#" {"typ":"access","alg":"HS256"}"#,
            "",
            "[]",
        ] {
            assert_eq!(tokens().read(&signed(header, &claims), NOW), Err(Bad::Foreign), "{header}");
        }
    }

    #[test]
    fn a_token_with_odd_claims_is_refused_even_if_it_is_well_signed() {
        let changed = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            claims.to_string()
        };
        let without = |name: &str| {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            claims.to_string()
        };
        let doubled = claims().to_string().replacen('{', r#"{"exp":9999999999,"#, 1);
        let mut odd = vec![doubled, "{}".to_owned(), "null".to_owned(), String::new()];
        odd.extend(["iss", "aud", "sub", "sid", "iat", "exp"].map(without));
        odd.extend([
            changed("exp", json!("9999999999")),
            changed("exp", json!(1.8e300)),
            changed("exp", json!(1_900_000_000.5)),
            changed("exp", json!(-1)),
            changed("exp", json!(0)),
            changed("exp", json!(null)),
            changed("exp", json!([1_900_000_000])),
            changed("exp", json!(u64::MAX)),
            changed("exp", json!(NOW.seconds())),
            changed("iat", json!(NOW.seconds() + 61)),
            changed("iat", json!("now")),
            changed("iss", json!("somebody")),
            changed("aud", json!("else")),
            changed("sub", json!("1 OR 1=1")),
            changed("sub", json!(123)),
            changed("sid", json!(null)),
            changed("role", json!("admin")),
        ]);
        for claims in odd {
            assert!(tokens().read(&signed(&header(), &claims), NOW).is_err(), "{claims}");
        }
    }

    #[test]
    fn a_token_that_was_tampered_with_is_foreign() {
        let token = tokens().access(123, "00ff", NOW, TTL);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (head, payload) = message.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(claims().to_string().replace("123", "1"));
        for bad in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            message.to_owned(),
            format!("{message}."),
            format!("{message}.{signature}="),
            format!("{message}.{signature}."),
            format!("{message}.{signature}.{signature}"),
            format!(" {token}"),
            format!("{token} "),
            format!("{token}\n"),
            format!("{head}.{other}.{signature}"),
            format!("{head}..{signature}"),
            format!("{head}.{payload}=.{signature}"),
            format!("{message}.{}", signature.to_lowercase()),
            format!("{message}.{}", "A".repeat(signature.len())),
            format!("{message}.{}", "A".repeat(1024 * 1024)),
            URL_SAFE_NO_PAD.encode(&token),
        ] {
            assert_eq!(tokens().read(&bad, NOW), Err(Bad::Foreign), "{bad:.80}");
        }
    }

    #[test]
    fn a_refresh_token_is_known_as_ours_even_when_it_is_spent() {
        let session = new_session_id();
        let (first, second) = (tokens().refresh(&session), tokens().refresh(&session));
        assert_ne!(first, second);
        assert_eq!(tokens().session_of(&first), Some(session.clone()));
        assert_eq!(tokens().session_of(&second), Some(session));
        assert_eq!(Tokens::new(&[8; 32]).session_of(&first), None);
        let mut forged = URL_SAFE_NO_PAD.decode(&first).unwrap();
        forged[SESSION_BYTES] ^= 1;
        for bad in ["", "x", &first[1..], &format!("{first}="), &URL_SAFE_NO_PAD.encode(forged)] {
            assert_eq!(tokens().session_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cookie_is_no_refresh_token_and_a_refresh_token_no_cookie() {
        let session = new_session_id();
        let (cookie, refresh) = (tokens().cookie(&session), tokens().refresh(&session));
        assert_eq!(tokens().session_of_cookie(&cookie), Some(session));
        assert_eq!(Tokens::new(&[8; 32]).session_of_cookie(&cookie), None);
        assert_eq!((tokens().session_of(&cookie), tokens().session_of_cookie(&refresh)), (None, None));
    }
}
