//! Judges the signature of a plain webhook as its receiver does (Standard Webhooks 1.0.0).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Instant;

/// How far the clocks of sender and receiver may be apart, in seconds.
const TOLERANCE: u64 = 5 * 60;

/// What a receiver looks at.
pub(super) struct Signed<'a> {
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// `v1,…`, several with a space between them.
    pub signatures: &'a str,
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Whether one of the signatures was made now with one of the secrets.
    pub fn is_good(&self, secrets: &[String], now: Instant) -> bool {
        let Ok(seconds) = self.timestamp.parse::<i64>() else { return false };
        if now.seconds().abs_diff(seconds) > TOLERANCE {
            return false;
        }
        let given =
            self.signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
        let given: Vec<Vec<u8>> = given.collect();
        secrets.iter().any(|secret| {
            let Some(key) = key(secret) else { return false };
            given.iter().any(|tag| hmac::verify(&key, &self.content(), tag).is_ok())
        })
    }

    fn content(&self) -> Vec<u8> {
        [self.id.as_bytes(), b".", self.timestamp.as_bytes(), b".", self.body].concat()
    }
}

fn key(secret: &str) -> Option<hmac::Key> {
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const AT: i64 = 1_614_265_330;
    const GOOD: Signed = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        body: br#"{"test": 2432232314}"#,
    };

    fn judge(signed: &Signed, secret: &str, after: i64) -> bool {
        signed.is_good(&["whsec_AAAA".to_owned(), secret.to_owned()], Instant((AT + after) * 1_000_000))
    }

    #[test]
    fn the_signature_of_the_specification_is_good_for_five_minutes() {
        assert!(judge(&GOOD, SECRET, 0));
        assert!(judge(&GOOD, SECRET, 299) && judge(&GOOD, SECRET, -299));
        assert!(!judge(&GOOD, SECRET, 301) && !judge(&GOOD, SECRET, -301));
        let several = format!("v1a,xx v1,AAAA {} v1,!", GOOD.signatures);
        assert!(judge(&Signed { signatures: &several, ..GOOD }, SECRET, 0));
    }

    #[test]
    fn what_was_altered_is_not() {
        for altered in [
            Signed { id: "msg_other", ..GOOD },
            Signed { timestamp: "1614265331", ..GOOD },
            Signed { timestamp: "now", ..GOOD },
            Signed { timestamp: "99999999999999999999", ..GOOD },
            Signed { timestamp: "9223372036854775807", ..GOOD },
            Signed { timestamp: "-9223372036854775808", ..GOOD },
            Signed { signatures: "", ..GOOD },
            Signed { signatures: "v1,g0hM9SsE", ..GOOD },
            Signed { signatures: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..GOOD },
            Signed { body: br#"{"test": 2432232315}"#, ..GOOD },
        ] {
            assert!(!judge(&altered, SECRET, 0), "{} {}", altered.timestamp, altered.signatures);
        }
        assert!(!judge(&GOOD, "whsec_AAAA", 0) && !judge(&GOOD, &SECRET[6..], 0));
    }
}
