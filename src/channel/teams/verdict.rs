//! What the answer of a workflow means, by its status and by what is written in it.
//!
//! The bodies were recorded: Teams' own failures inside a 200 (msteams-docs issues 400, 1736, 1810, 7425, 7635), and
//! the error codes of Power Automate, which stand in front of it.

use serde_json::Value;

use crate::channel::Outcome;
use crate::channel::verdict::Heard;

/// Codes of Power Automate that say that the request itself is wrong.
const WRONG: &[&str] = &[
    "TriggerInputSchemaMismatch",
    "InvalidRequestContent",
    "InvalidJSON",
    "RequestBodyInvalid",
    "TriggerRequestMethodNotValid",
];

/// Codes of Power Automate that say that the workflow is switched off, perhaps only while somebody works on it.
const SWITCHED_OFF: &[&str] = &["WorkflowTriggerIsNotEnabled", "WorkflowDisabled", "WorkflowSuspended"];

/// Sentences of Teams that say that it will never take this message.
const NEVER: &[&str] =
    &["summary or text is required", "bad payload received", "webhook bad request", "invalid payload"];

/// Words that no acceptance has in it.
const FAILED: &[&str] = &["error", "failed", "failure", "exception", "invalid", "bad request", "not found"];

/// What an answer means.
pub(super) fn of(heard: &Heard) -> Outcome {
    let text = heard.text();
    let object = heard.object();
    let inside = match &object {
        Some(object) => in_json(object, &text, heard),
        None if heard.is_page() => None,
        None => in_words(&text, heard),
    };
    match heard.reply.status {
        200..=299 => inside.unwrap_or_else(|| without_known_failure(&text, object.is_some(), heard)),
        400 => inside.unwrap_or_else(|| {
            heard.not_yet(
                "The workflow refused the message (400): look into its run history in Power Automate.",
            )
        }),
        401 | 403 => not_let_in(heard),
        404 => not_found(heard),
        412 => throttled(heard),
        413 => too_large(heard),
        _ => heard.by_status().expect("successes were dealt with"),
    }
}

/// What a success by status is, in which nothing stands that was ever seen to mean a failure.
fn without_known_failure(text: &str, is_json: bool, heard: &Heard) -> Outcome {
    let lower = text.to_ascii_lowercase();
    if heard.is_page() {
        return heard
            .not_yet("A page for people answered, not a workflow: look whether the address is right.");
    }
    if !is_json && FAILED.iter().any(|word| lower.contains(word)) {
        return heard
            .not_yet("The workflow answered with an error: look into its run history in Power Automate.");
    }
    heard.sent("The workflow has accepted it.")
}

/// What a JSON answer says of a failure: `{"error":{"code":…}}`, `{"statusCode":429,…}`.
fn in_json(object: &Value, text: &str, heard: &Heard) -> Option<Outcome> {
    let error = object.get("error").filter(|error| !error.is_null());
    let code = error.map(|error| error.get("code").unwrap_or(error));
    let status = ["statusCode", "status", "code"].iter().find_map(|name| as_status(object.get(name)?));
    if let Some(status) = code.and_then(as_status).or(status) {
        return Some(by_inner_status(status, heard));
    }
    let known =
        code.and_then(Value::as_str).and_then(|code| by_code(code, heard)).or_else(|| in_words(text, heard));
    let has_failed = error.is_some()
        || object.get("status").and_then(Value::as_str).is_some_and(|status| {
            ["error", "failed", "failure"].iter().any(|word| status.eq_ignore_ascii_case(word))
        });
    known.or_else(|| {
        has_failed.then(|| {
            heard.not_yet("The workflow answered with an error: look into its run history in Power Automate.")
        })
    })
}

/// What a code of Power Automate means.
fn by_code(code: &str, heard: &Heard) -> Option<Outcome> {
    let lower = code.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    Some(if code == "RequestEntityTooLarge" {
        too_large(heard)
    } else if WRONG.contains(&code) {
        heard.never("The workflow cannot read the message: choose the other form of card in the settings.")
    } else if SWITCHED_OFF.contains(&code) {
        heard.later("The workflow is switched off: switch it on in Power Automate.")
    } else if says(&["throttl", "toomanyrequests", "ratelimit", "quota"]) {
        throttled(heard)
    } else if says(&["authorization", "authentication"]) {
        not_let_in(heard)
    } else if says(&["notfound"]) {
        not_found(heard)
    } else {
        return None;
    })
}

/// What a sentence says that was seen to mean a failure.
fn in_words(text: &str, heard: &Heard) -> Option<Outcome> {
    let lower = text.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    if let Some(status) = status_in(&lower) {
        return Some(by_inner_status(status, heard));
    }
    if says(NEVER) {
        return Some(heard.never("Teams cannot read the message."));
    }
    if says(&["too many requests", "throttl", "rate limit"]) {
        return Some(throttled(heard));
    }
    if says(&["request entity too large"]) {
        return Some(too_large(heard));
    }
    says(&["webhook message delivery failed", "httprequestexception"])
        .then(|| heard.later("Teams could not be reached from the workflow: we try again later."))
}

/// The number behind "HTTP error": "Microsoft Teams endpoint returned HTTP error 429 with ContextId …".
fn status_in(lower: &str) -> Option<u16> {
    let behind = lower.split_once("http error ")?.1;
    let digits = &behind[..behind.bytes().take_while(u8::is_ascii_digit).count()];
    digits.parse().ok()
}

/// A status of a failure, as a number or in digits.
fn as_status(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

fn by_inner_status(status: u16, heard: &Heard) -> Outcome {
    match status {
        412 | 429 => throttled(heard),
        413 => too_large(heard),
        408 | 425 | 500..=599 => {
            heard.later(&format!("Teams cannot take messages at the moment ({status}): we try again later."))
        }
        401 | 403 => not_let_in(heard),
        404 | 410 => not_found(heard),
        _ => heard.never(&format!("Teams refused the message ({status}).")),
    }
}

fn throttled(heard: &Heard) -> Outcome {
    heard.later("Teams has been sent too much: we try again later.")
}

fn too_large(heard: &Heard) -> Outcome {
    heard.never("The message is too large for Teams.")
}

fn not_let_in(heard: &Heard) -> Outcome {
    heard.not_yet(
        "The workflow does not let us in: set \"Who can trigger the flow\" to Anyone, or store the URL of a new workflow.",
    )
}

fn not_found(heard: &Heard) -> Outcome {
    heard.not_yet(
        "The workflow or its chat was not found: look whether it was deleted or its owner has left, and store the URL of a new one.",
    )
}
