//! One message handed to a mail server, step by step, so that it is known at which step it ended.

use std::error::Error as _;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as From, Rcpt};
use lettre::transport::smtp::extension::MailParameter;
use lettre::transport::smtp::response::{Code, Response, Severity};

use super::message::Mail;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Waiting for one of the connections that the operator allows.
    Waiting,
    /// Reaching the server, until it has said what it can.
    Connecting,
    /// Making the connection one that nobody else can read.
    Encrypting,
    /// Showing who we are.
    SigningIn,
    /// Saying whom the message comes from.
    Sender,
    /// Saying who is to get it.
    Recipient,
    /// Saying that it comes now.
    Announcing,
    /// The message itself, and the word that it was taken.
    Content,
}

/// Why a message was not taken.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Where it ended.
    pub step: Step,
    /// What the matter is.
    pub matter: Matter,
    /// What the server or the library said.
    pub words: String,
}

/// What the matter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    /// The server said no with this code.
    Refused(u16),
    /// No answer, or none that can be read.
    Broken,
    /// No answer in time.
    Slow,
    /// No encryption, or none that can be trusted.
    Unsafe,
    /// The server does not offer what the configuration asks for.
    Missing,
}

impl Trouble {
    /// The trouble that an error is.
    pub(super) fn of(step: Step, error: &Error) -> Self {
        let matter = match error.status() {
            Some(code) => Matter::Refused(number(code)),
            None if error.is_timeout() => Matter::Slow,
            None if error.is_tls() || is_certificate(error) => Matter::Unsafe,
            None if error.is_client() => Matter::Missing,
            None => Matter::Broken,
        };
        let words = match (matter, error.source()) {
            (Matter::Refused(_), Some(words)) => words.to_string(),
            _ => error.to_string(),
        };
        Self { step, matter, words }
    }

    /// No connection came about.
    pub(super) fn unreachable(step: Step, error: &std::io::Error) -> Self {
        let matter = if error.kind() == std::io::ErrorKind::TimedOut { Matter::Slow } else { Matter::Broken };
        Self { step, matter, words: error.to_string() }
    }

    /// Whether the connection had died while it lay idle: then another may be tried, since nothing was handed over.
    pub(super) fn is_stale(&self) -> bool {
        self.step < Step::Content && matches!(self.matter, Matter::Broken | Matter::Refused(421))
    }

    /// Whether the connection can be used again.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(self.matter, Matter::Refused(code) if code != 421)
    }

    /// Whether the server will never take it as it is.
    pub(super) fn is_for_good(&self) -> bool {
        matches!(self.matter, Matter::Refused(code) if code >= 500)
    }
}

/// What the server said when it had taken a message.
#[derive(Debug)]
pub(super) struct Taken {
    /// Its code.
    pub code: u16,
    /// Its words, and whom it would not take a copy for.
    pub words: String,
}

/// Hands over one message, which comes back to this sender where it cannot be delivered; to nobody without one.
///
/// # Errors
/// It was not taken. Copies that are refused do not keep the message from its recipient.
pub(super) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    sender: Option<&Address>,
    step: &mut Step,
) -> Result<Taken, Trouble> {
    *step = Step::Sender;
    let from = From::new(sender.cloned(), Vec::<MailParameter>::new());
    expect(*step, connection.command(from).await, Severity::PositiveCompletion)?;
    *step = Step::Recipient;
    let to = Rcpt::new(mail.to.clone(), Vec::new());
    expect(*step, connection.command(to).await, Severity::PositiveCompletion)?;
    let mut refused = String::new();
    for copy in &mail.cc {
        let answer = connection.command(Rcpt::new(copy.clone(), Vec::new())).await;
        match expect(*step, answer, Severity::PositiveCompletion) {
            Ok(_) => {}
            Err(trouble) if trouble.leaves_connection() => {
                refused += &format!("; no copy to {copy}: {}", trouble.words);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    *step = Step::Announcing;
    expect(*step, connection.command(Data).await, Severity::PositiveIntermediate)?;
    *step = Step::Content;
    let taken = expect(*step, connection.message(&mail.bytes).await, Severity::PositiveCompletion)?;
    let words = taken.message().collect::<Vec<_>>().join("\n");
    Ok(Taken { code: number(taken.code()), words: words + &refused })
}

/// The response if it is of the kind that this step asks for: an answer to something else would be taken for success.
fn expect(step: Step, answer: Result<Response, Error>, severity: Severity) -> Result<Response, Trouble> {
    let response = answer.map_err(|error| Trouble::of(step, &error))?;
    if response.code().severity == severity {
        return Ok(response);
    }
    let words = format!("an answer out of turn: {}", response.code());
    Err(Trouble { step, matter: Matter::Broken, words })
}

fn number(code: Code) -> u16 {
    code.to_string().parse().expect("a code has three digits")
}

/// Whether an error comes from a certificate, or from the encryption around it.
fn is_certificate(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        let inner = next.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if next.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = next.source();
    }
    false
}
