//! Signatures of the Standard Webhooks specification: HMAC-SHA256 over id, timestamp and the very bytes of the body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// With which every secret begins.
const PREFIX: &str = "whsec_";

/// How many bytes a secret has, by the specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A signature by each secret, newest first: `v1,… v1,…`. `None` if none of them is a secret.
pub(super) fn all(secrets: &[String], id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let keys = secrets.iter().filter_map(|secret| key(secret));
    let signatures: Vec<String> = keys.map(|key| one(&key, id, timestamp, body)).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

fn key(secret: &str) -> Option<hmac::Key> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    LENGTHS.contains(&bytes.len()).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn one(key: &hmac::Key, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::samples::SECRET;

    fn sign(secrets: &[&str]) -> Option<String> {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        all(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#)
    }

    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(&[SECRET]).as_deref(), Some(expected));
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let both = sign(&[other, SECRET]).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(second, expected);
        assert_eq!(Some(first.to_owned()), sign(&[other]));
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        let long = format!("{PREFIX}{}", STANDARD.encode([7; 65]));
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%", &long]
        {
            assert_eq!(sign(&[wrong]), None, "{wrong}");
        }
        assert_eq!(sign(&[]), None);
        assert_eq!(sign(&["whsec_", SECRET]), sign(&[SECRET]));
    }
}
