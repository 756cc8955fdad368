//! Every type takes its own example, and what is wrong is named.

use super::*;
use crate::http::Problem;

fn judged(kind: &str, data: &str) -> String {
    let Ok(Value::Object(data)) = serde_json::from_str(data) else { panic!("data is an object") };
    match find(kind).and_then(|kind| kind.judge(data)) {
        Ok(data) => Value::Object(data).to_string(),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            assert_eq!(problem.status, 400);
            problem.reason.into_owned()
        }
    }
}

#[test]
fn every_type_takes_its_own_example() {
    for kind in all() {
        let Ok(Value::Object(example)) = serde_json::from_str(kind.example) else { panic!("{}", kind.name) };
        assert_eq!(kind.judge(example.clone()).unwrap(), example, "{}", kind.name);
        assert!(
            !kind.needs_record || !kind.modules.is_empty(),
            "{}: of which module is the record?",
            kind.name
        );
        for member in kind.data.iter().filter(|member| member.required) {
            let mut without = example.clone();
            without.remove(member.name);
            let reason = Problem::from(kind.judge(without).unwrap_err()).reason;
            assert!(reason.starts_with(&format!("data.{} is required", member.name)), "{reason}");
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(256));
    for (kind, data, said) in [
        ("ticket.mentioned", r#"{}"#, "data.mentions is required"),
        (
            "ticket.mentioned",
            r#"{"mention": [5]}"#,
            "data.mentions is required; is it what you called data.mention?",
        ),
        (
            "ticket.mentioned",
            r#"{"mentions": 5}"#,
            "data.mentions must be a list of at most 100 numbers of users, such as [5]",
        ),
        (
            "ticket.mentioned",
            r#"{"mentions": [0]}"#,
            "data.mentions must be a list of at most 100 numbers of users, such as [5]",
        ),
        (
            "ticket.mentioned",
            r#"{"mentions": ["5"]}"#,
            "data.mentions must be a list of at most 100 numbers of users, such as [5]",
        ),
        ("ticket.updated", r#"{"sumary": "x"}"#, "data.sumary is unknown; did you mean data.summary?"),
        (
            "ticket.updated",
            r#"{"link": "javascript:x"}"#,
            "data.link must be an absolute http(s) URL, or a path that begins with one slash",
        ),
        ("ticket.updated", "{\"colour\": \"\\u0000\"}", "data.colour must not contain the character NUL"),
        ("portal.document_uploaded", r#"{"size": 5}"#, "data.name is required"),
        ("portal.document_uploaded", r#"{"name": "  ", "size": 5}"#, "data.name is required"),
        (
            "portal.document_uploaded",
            r#"{"name": "a\nb", "size": 5}"#,
            "data.name must be a text of at most 255 characters, in one line",
        ),
        (
            "portal.document_uploaded",
            &long,
            "data.name must be a text of at most 255 characters, in one line",
        ),
        (
            "portal.document_uploaded",
            r#"{"name": "x", "size": 0}"#,
            "data.size is 0: an empty file is no document; send it again",
        ),
        (
            "portal.document_uploaded",
            r#"{"name": "x", "size": -1}"#,
            "data.size must be the size in bytes, such as 48213",
        ),
        (
            "portal.document_uploaded",
            r#"{"name": "x", "contact_id": "a/b"}"#,
            "data.contact_id must be the id of a record, such as \"42\"",
        ),
        ("provisioning.finished", r#"{"status": 4}"#, "data.status must be a whole number from 0 to 3"),
        ("provisioning.finished", r#"{"status": "2"}"#, "data.status must be a whole number from 0 to 3"),
        ("user.locked_out", r#"{"attempts": 5}"#, "data.user_id or data.email is required"),
        ("credit_limit.overridden", r#"{"total": "12"}"#, "data.total must be a number, such as 1250.5"),
    ] {
        assert_eq!(judged(kind, data), said, "{kind} {data}");
    }
}

#[test]
fn nulls_are_not_said_and_what_is_unknown_is_kept() {
    for (kind, data, kept) in [
        ("ticket.updated", r#"{"summary":null,"colour":"red"}"#, r#"{"colour":"red"}"#),
        ("provisioning.finished", r#"{"status":2.0,"job":17.0}"#, r#"{"job":17,"status":2}"#),
        (
            "provisioning.finished",
            r#"{"job":"provision/fibre","status":0}"#,
            r#"{"job":"provision/fibre","status":0}"#,
        ),
    ] {
        assert_eq!(judged(kind, data), kept);
    }
}

#[test]
fn an_unknown_type_is_answered_with_the_nearest_and_the_list() {
    for (name, near) in [
        ("ticket.mention", "ticket.mentioned"),
        ("com.example.portal.order_signed", "portal.order_signed"),
        ("provisioning.finnished", "provisioning.finished"),
    ] {
        let reason = judged(name, "{}");
        let said =
            format!("type \"{name}\" is unknown (did you mean \"{near}\"?); use one of: ticket.mentioned, ");
        assert!(reason.starts_with(&said), "{reason}");
    }
    assert!(judged("zzz", "{}").starts_with("type \"zzz\" is unknown; use one of: "));
    assert!(judged("ticket.commented", "{}").contains("POST /crm/record/tickets/{id}/comment"));
}
