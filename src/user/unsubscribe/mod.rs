//! Unsubscribing by the link in an e-mail: one type, by e-mail, without signing in.

pub(super) mod http;
mod page;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::choice::{self, Family};
use super::{Users, store};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::secret::{self, Seal};
use crate::storage::{Error, Tx};

/// Bytes of a token before its user and type: 128 bits of a digest, which nobody guesses.
const MARK: usize = 16;

/// Makes and reads the tokens in unsubscribe links.
pub(super) struct Tokens([u8; 32]);

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    user_id: i64,
    kind: String,
}

impl Tokens {
    pub fn new(seal: &Seal) -> Self {
        Tokens(seal.derive("unsubscribe"))
    }

    fn make(&self, user_id: i64, kind: &str) -> String {
        let text = format!("{user_id}:{kind}");
        let mark = secret::mac(&self.0, text.as_bytes());
        URL_SAFE_NO_PAD.encode([&mark[..MARK], text.as_bytes()].concat())
    }

    /// `None` for a token that was not made here, or was altered.
    fn read(&self, token: &str) -> Option<Wish> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let text = std::str::from_utf8(bytes.get(MARK..)?).ok()?;
        let (user_id, kind) = text.split_once(':')?;
        let wish = Wish { user_id: user_id.parse().ok()?, kind: kind.to_owned() };
        let expected = self.make(wish.user_id, &wish.kind);
        let is_ours =
            aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), token.as_bytes());
        is_ours.is_ok().then_some(wish)
    }
}

impl Users {
    /// Where one POST ends the e-mails of a type to a user, and where a person is asked first.
    pub fn unsubscribe_url(&self, user_id: i64, kind: &str, public_url: &str) -> String {
        let token = self.tokens.make(user_id, kind);
        format!("{}/crm/unsubscribe/{token}", public_url.trim_end_matches('/'))
    }
}

/// The language of the user whom a wish is about; `None` if there is no such user any more.
async fn language_of(tx: &mut Tx, wish: &Wish) -> Result<Option<String>, Error> {
    Ok(store::find(tx, wish.user_id).await?.map(|user| user.language))
}

/// Ends the e-mails of a type to a user; returns the user's language, or `None` if there is no such user any more.
async fn unsubscribe_in(tx: &mut Tx, now: Instant, wish: &Wish) -> Result<Option<String>, Refusal> {
    let Some(language) = language_of(tx, wish).await? else {
        return Ok(None);
    };
    let Some(mut choices) = choice::store::locked(tx, wish.user_id, now).await? else {
        return Ok(None);
    };
    if choices.matrix.set(&wish.kind, Family::Email, false) {
        choice::store::put(tx, wish.user_id, &choices).await?;
    }
    Ok(Some(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_user_and_type_alone() {
        let tokens = Tokens::new(&Seal::new(&[3; 32]));
        let token = tokens.make(123, "ticket_assigned");
        assert!(token.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)), "{token}");
        assert_eq!(tokens.read(&token), Some(Wish { user_id: 123, kind: "ticket_assigned".to_owned() }));
        let mark = &URL_SAFE_NO_PAD.decode(&token).unwrap()[..MARK];
        let other_user = URL_SAFE_NO_PAD.encode([mark, b"124:ticket_assigned"].concat());
        let other_type = URL_SAFE_NO_PAD.encode([mark, b"123:custom"].concat());
        let elsewhere = Tokens::new(&Seal::new(&[4; 32])).make(123, "ticket_assigned");
        let padded = format!("{token}=");
        let with_zero = URL_SAFE_NO_PAD.encode([mark, b"0123:ticket_assigned"].concat());
        for forged in [
            &other_user,
            &other_type,
            &elsewhere,
            &padded,
            &with_zero,
            "",
            "x",
            "AAAA",
            &token[1..],
            &token[..20],
        ] {
            assert_eq!(tokens.read(forged), None, "{forged}");
        }
    }
}
