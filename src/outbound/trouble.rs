//! Why a call has no answer.

use std::error::Error;

use super::connect::Failure;
use super::target::Refused;

/// Why there is no answer. No text among it holds more of the address than its host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The address may not be called, so that trying again is of no use; the sentence says what to do.
    #[error("{0}")]
    Refused(String),
    /// There is no connection, so that nothing was sent.
    #[error("{0}")]
    Connect(String),
    /// No answer came in time.
    #[error("no answer came in time; look whether the other side is overloaded")]
    Timeout {
        /// Whether a part of the request may have left.
        sent: bool,
    },
    /// The connection ended before the answer came.
    #[error("{what}; look into the log of the other side")]
    Broken {
        /// Whether a part of the request may have left.
        sent: bool,
        /// What happened.
        what: String,
    },
    /// The answer has too many headers, or too long ones; the request has arrived.
    #[error("the answer has more than 100 headers or 64 KiB of them; look into what answers there")]
    TooLarge,
}

impl Trouble {
    /// Whether the other side may have seen the request.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Trouble::Refused(_) | Trouble::Connect(_) => false,
            Trouble::Timeout { sent } | Trouble::Broken { sent, .. } => *sent,
            Trouble::TooLarge => true,
        }
    }

    pub(super) fn of(error: &hyper_util::client::legacy::Error, sent: bool) -> Trouble {
        if let Some(failure) = cause::<Failure>(error) {
            return match failure {
                Failure::Refused(refused) => refused.clone().into(),
                Failure::Failed(what) => Trouble::Connect(what.clone()),
                Failure::Late => Trouble::Timeout { sent: false },
            };
        }
        let what = match cause::<hyper::Error>(error) {
            Some(error) if error.is_parse_too_large() => return Trouble::TooLarge,
            Some(error) if error.is_parse() => "what came back is no HTTP answer",
            _ => "the connection ended before an answer came",
        };
        Trouble::Broken { sent, what: what.to_owned() }
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Trouble {
        Trouble::Refused(refused.to_string())
    }
}

/// The first `T` among an error and what caused it.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut chain = std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source());
    chain.find_map(|error| error.downcast_ref())
}
