//! What becomes of a message, told from where its hand-over ended.
//!
//! What is wrong with the server or with our account there is never held against the recipient: it is tried again
//! until somebody has mended it. Only a no to this address or to this message is final.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::missing::Missing;
use super::session::{Matter, Step, Taken, Trouble};
use crate::channel::{Answer, Outcome};
use crate::config::SmtpLogin;

const DETAIL_BYTES: usize = 2048;

/// The outcome of one hand-over.
pub(super) fn of(result: Result<Taken, Trouble>, login: Option<&SmtpLogin>) -> Outcome {
    match result {
        Ok(taken) => {
            let summary = "The mail server took the message.".to_owned();
            Outcome::Sent(Answer { status: Some(taken.code), summary, detail: detail(&taken.words, login) })
        }
        Err(trouble) => {
            let status = match trouble.matter {
                Matter::Refused(code) => Some(code),
                _ => None,
            };
            let answer = Answer { status, summary: summary(&trouble), detail: detail(&trouble.words, login) };
            if is_final(&trouble) {
                return Outcome::Never { answer, gone: false };
            }
            Outcome::Later { answer, after: None, patient: true }
        }
    }
}

/// Nothing was tried, and nothing will help but another parcel.
pub(super) fn never(sentence: &str) -> Outcome {
    let answer = Answer { summary: sentence.to_owned(), ..Answer::default() };
    Outcome::Never { answer, gone: false }
}

/// Nothing was tried, since the configuration does not allow it: it can be mended.
pub(super) fn unusable(sentence: &str, words: &str) -> Outcome {
    let answer = Answer { status: None, summary: sentence.to_owned(), detail: detail(words, None) };
    Outcome::Later { answer, after: None, patient: true }
}

/// The same outcome; whoever looks at the try is told what the message had not.
pub(super) fn noting(mut outcome: Outcome, missing: &[Missing]) -> Outcome {
    let (Outcome::Sent(answer)
    | Outcome::Later { answer, .. }
    | Outcome::Never { answer, .. }
    | Outcome::Busy(answer)) = &mut outcome;
    for one in missing {
        answer.summary.push(' ');
        answer.summary.push_str(&one.sentence());
    }
    outcome
}

/// Whether the server said no to this address or to this message.
fn is_final(trouble: &Trouble) -> bool {
    let is_ours = trouble.step >= Step::Recipient;
    is_ours && matches!(trouble.matter, Matter::Refused(code) if code >= 500 && !is_our_fault(code))
}

/// Codes by which a server says that it did not understand us (500 to 504), or does not know us (53x).
fn is_our_fault(code: u16) -> bool {
    matches!(code, 500..=504 | 530 | 534 | 535 | 538)
}

fn summary(trouble: &Trouble) -> String {
    match (trouble.matter, trouble.step) {
        (Matter::Slow, Step::Waiting) => {
            "All connections to the mail server were busy: allow more by smtp.connections.".to_owned()
        }
        (Matter::Slow, Step::Content) | (Matter::Broken, Step::Content) => {
            "The mail server did not say whether it took the message: it gets it again with the same Message-ID."
                .to_owned()
        }
        (Matter::Slow, _) => "The mail server did not answer in time: we try again later.".to_owned(),
        (Matter::Unsafe, _) => "No safe connection to the mail server: give it a certificate for the name in \
                                smtp.host, and name a private authority in smtp.ca_file."
            .to_owned(),
        (Matter::Missing, Step::Encrypting) => {
            "The mail server offers no encryption: switch on STARTTLS there, or use port 465.".to_owned()
        }
        (Matter::Missing, Step::SigningIn) => {
            "The mail server takes no password (PLAIN or LOGIN) on this connection: allow it there, or leave \
             smtp.username out."
                .to_owned()
        }
        (Matter::Missing | Matter::Broken, Step::Connecting) => {
            "The mail server cannot be reached: check smtp.host and smtp.port, and that it runs.".to_owned()
        }
        (Matter::Missing | Matter::Broken, _) => {
            "The connection to the mail server broke off: we try again later.".to_owned()
        }
        (Matter::Refused(code), step) => refused(code, step),
    }
}

fn refused(code: u16, step: Step) -> String {
    match step {
        _ if code == 530 => format!(
            "The mail server wants us to sign in ({code}): set smtp.username and smtp.password in crm_config.yaml."
        ),
        Step::SigningIn if code >= 500 => format!(
            "The mail server refused the sign-in ({code}): correct smtp.username and smtp.password in \
             crm_config.yaml."
        ),
        Step::Sender if code >= 500 => {
            format!("The mail server refused the sender ({code}): correct smtp.from in crm_config.yaml.")
        }
        _ if code < 500 => format!("The mail server asks us to try again later: {code}."),
        Step::Recipient => format!("The mail server refused the address: {code}."),
        Step::Announcing | Step::Content => format!("The mail server refused the message: {code}."),
        _ => format!("The mail server refused the connection ({code}): allow this computer to send there."),
    }
}

/// What the server wrote, without control characters, without our password, and cut.
fn detail(words: &str, login: Option<&SmtpLogin>) -> Option<String> {
    let mut words: String =
        words.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    if let Some(SmtpLogin { username, password }) = login {
        let plain = BASE64_STANDARD.encode(format!("\0{username}\0{password}"));
        for secret in [password.clone(), BASE64_STANDARD.encode(password), plain] {
            words = words.replace(&secret, "…");
        }
    }
    words.truncate(words.floor_char_boundary(DETAIL_BYTES));
    (!words.trim().is_empty()).then_some(words)
}
