//! Teams: which addresses are its own, what it is sent, and what its answers mean.

use serde_json::{Value, json};

use super::*;
use crate::channel::samples::{NOW, catch_up, huge, parcel, reply, reply_with, target, told};
use crate::channel::verdict::Heard;

const URL: &str = "https://abc.01.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0a/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=c2VjcmV0";

#[test]
fn addresses_are_told_by_host_and_path() {
    let workflow = "/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sig=x";
    let direct = "/powerautomate/automations/direct/workflows/0a/triggers/manual/paths/invoke?sig=x";
    let by_host = [
        URL.to_owned(),
        format!("https://default0a.1b.environment.api.powerplatform.com:443{direct}"),
        format!("https://abc.environment.api.gov.powerplatform.microsoft.us{direct}"),
        format!("https://abc.environment.api.high.powerplatform.microsoft.us{direct}"),
        format!("https://abc.environment.api.appsplatform.us{direct}"),
        format!("https://abc.environment.api.powerplatform.partner.microsoftonline.cn{direct}"),
        format!("https://prod-12.westeurope.logic.azure.com:443{workflow}"),
        format!("https://prod-12.usgovvirginia.logic.azure.us{workflow}"),
        format!("https://prod-12.chinaeast.logic.azure.cn{workflow}"),
        format!("https://PROD-12.WestEurope.Logic.Azure.com{workflow}"),
    ];
    let by_path = [
        format!("https://relay.example.com{workflow}"),
        format!("https://relay.example.com{direct}"),
        format!("http://10.0.0.7:8080/teams{workflow}"),
        "https://relay.example.com/powerautomate/automations/direct/workflows/0a/other".to_owned(),
    ];
    let retired = [
        "https://outlook.office.com/webhook/0a@1b/IncomingWebhook/2c/3d".to_owned(),
        "https://outlook.office.com/webhookb2/0a@1b/IncomingWebhook/2c/3d".to_owned(),
        "https://outlook.office365.com/webhook/0a".to_owned(),
        "https://outlook.office365.com/anything".to_owned(),
        "https://contoso.webhook.office.com/webhookb2/0a@1b/IncomingWebhook/2c/3d".to_owned(),
    ];
    let not = [
        "https://outlook.office.com/mail/",
        "https://webhook.office.com.evil.example/webhookb2/0a",
        "https://logic.azure.com.evil.example/workflows/0a",
        "https://evillogic.azure.com/workflows/0a",
        "https://example.com/workflows/0a/triggers/other/paths/invoke",
        "https://example.com/?x=/workflows/0a/triggers/manual/paths/invoke",
        "https://hooks.slack.com/services/T/B/x",
        "https://hooks.ringcentral.com/webhook/v2/x",
    ];
    for (urls, expected) in [
        (&by_host[..], Recognised::ByHost),
        (&by_path[..], Recognised::ByPath),
        (&retired[..], Recognised::Retired(RETIRED)),
        (&not.map(str::to_owned)[..], Recognised::No),
    ] {
        for url in urls {
            assert_eq!(recognise(&target(url)), expected, "{url}");
        }
    }
}

#[test]
fn the_card_is_wrapped_unless_it_is_wanted_bare() {
    let parcel = parcel(URL);
    let read = |company, bare| -> Value { serde_json::from_slice(&body(&parcel, company, bare)).unwrap() };
    let wrapped = read(false, false);
    assert_eq!(wrapped["type"], "message");
    assert_eq!(wrapped["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(wrapped["attachments"][0]["contentUrl"], Value::Null);
    assert_eq!(wrapped.as_object().unwrap().len(), 2);
    let bare = read(false, true);
    assert_eq!(bare, wrapped["attachments"][0]["content"]);
    for mut told in [read(true, false), read(true, true)] {
        let to = told.as_object_mut().unwrap();
        assert_eq!(to.remove("recipient"), Some(json!("ana@example.com")));
        assert_eq!(to.remove("recipient_name"), Some(json!("Ana Díaz")));
        assert!(told == wrapped || told == bare, "{told}");
    }
}

#[test]
fn the_card_is_as_it_was() {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let sent: Value = serde_json::from_slice(&body(&parcel(URL), false, false)).unwrap();
    assert_eq!(sent, golden, "{sent:#}");
}

#[test]
fn whatever_is_sent_stays_below_18_kb() {
    for parcel in [parcel(URL), catch_up(URL), huge(URL)] {
        for (company, bare) in [(false, false), (true, false), (true, true)] {
            let body = body(&parcel, company, bare);
            assert!(body.len() <= 18_000, "{}", body.len());
            serde_json::from_slice::<Value>(&body).unwrap();
        }
    }
}

/// Status, body, and what is made of them. Bodies that begin with "Webhook" were recorded inside a 200.
const ANSWERS: &[(u16, &str, &str)] = &[
    (202, "", "sent"),
    (200, "", "sent"),
    (200, " \r\n", "sent"),
    (200, "1", "sent"),
    (202, r#"{"name":"08584","status":"Accepted"}"#, "sent"),
    (200, r#"{"error":null}"#, "sent"),
    (200, r#"{"status":200}"#, "sent"),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0,server=msgapi-production-cse-azsc7-2-35,cv=x.0,MS-CV=x.0..",
        "later",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId tcid=622824298674363899,server=DB5PEPF00003FC8,cv=x.1.0..",
        "never",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400 with ContextId tcid=385194272617051900,server=BL2PEPF000001C8,cv=x.0..",
        "never",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 500 with ContextId MS-CV=x",
        "later",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 502 with ContextId MS-CV=x",
        "later",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 504 with ContextId MS-CV=x",
        "later",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 412 with ContextId MS-CV=x",
        "later",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 403 with ContextId MS-CV=x",
        "not yet",
    ),
    (
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 404 with ContextId MS-CV=x",
        "not yet",
    ),
    (200, "Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint", "later"),
    (200, "System.Net.Http.HttpRequestException: Error while copying content to a stream.", "later"),
    (200, "Summary or Text is required.", "never"),
    (200, "Bad payload received by generic incoming webhook.", "never"),
    (200, "Webhook Bad Request - Null or empty event", "never"),
    (200, "webhook bad request - x", "never"),
    (202, "Too Many Requests", "later"),
    (202, "Something failed", "not yet"),
    (200, "<!DOCTYPE html><title>Sign in</title> error", "not yet"),
    (200, "<html><body>Welcome</body></html>", "not yet"),
    (200, r#"{"error":{"code":"429","message":"Rate limit is exceeded."}}"#, "later"),
    (200, r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 17 seconds."}"#, "later"),
    (200, r#"{"error":{"code":"TooManyRequests","message":"x"}}"#, "later"),
    (200, r#"{"error":"failed"}"#, "not yet"),
    (200, r#"{"error":{"code":"RequestEntityTooLarge","message":"x"}}"#, "never"),
    (
        200,
        r#"{"error":{"code":"X","message":"Microsoft Teams endpoint returned HTTP error 429 with x"}}"#,
        "later",
    ),
    (
        400,
        r#"{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body for trigger 'manual' of type 'Request' did not match its schema definition."}}"#,
        "never",
    ),
    (400, r#"{"error":{"code":"InvalidRequestContent","message":"x"}}"#, "never"),
    (
        400,
        r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow trigger 'manual' with state 'Disabled': trigger is not enabled."}}"#,
        "later",
    ),
    (400, r#"{"error":{"code":"BadRequest","message":"x"}}"#, "not yet"),
    (400, "Bad payload received by generic incoming webhook.", "never"),
    (400, "Summary or Text is required.", "never"),
    (
        200,
        r#"{"message":"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with x"}"#,
        "later",
    ),
    (200, r#"{"status":"Failed"}"#, "not yet"),
    (200, r#"{"status":"Accepted","errors":0}"#, "sent"),
    (400, "", "not yet"),
    (400, "Bad Request", "not yet"),
    (
        401,
        r#"{"error":{"code":"DirectApiAuthorizationRequired","message":"The OAuth authorization scheme is required."}}"#,
        "not yet",
    ),
    (200, r#"{"error":{"code":"DirectApiAuthorizationRequired"}}"#, "not yet"),
    (403, "", "not yet"),
    (404, r#"{"error":{"code":"WorkflowNotFound","message":"x"}}"#, "not yet"),
    (404, "", "not yet"),
    (405, "", "not yet"),
    (408, "", "later"),
    (410, "", "gone"),
    (412, "", "later"),
    (413, "", "never"),
    (418, "", "not yet"),
    (425, "", "later"),
    (429, "", "later"),
    (500, "", "later"),
    (502, "<html>502 Bad Gateway</html>", "later"),
    (503, "", "later"),
    (504, r#"{"error":{"code":"GatewayTimeout"}}"#, "later"),
    (301, "", "not yet"),
    (302, "", "not yet"),
    (308, "", "not yet"),
];

#[test]
fn answers_are_taken_for_what_they_are() {
    let url = target(URL);
    for (status, body, expected) in ANSWERS {
        let reply = reply(*status, body);
        let outcome = verdict::of(&Heard { reply: &reply, url: &url, now: NOW });
        assert_eq!(told(&outcome), *expected, "{status} {body}");
        let summary = &outcome.answer().summary;
        assert!(summary.ends_with('.') && !summary.contains("tcid"), "{summary}");
        assert_eq!(outcome.answer().status, Some(*status));
    }
}

#[test]
fn teams_says_when_to_come_again() {
    let url = target(URL);
    for (status, body, after, expected) in [
        (429, "", "120", "later 120"),
        (429, "", "Sun, 11 Jan 2026 14:31:00 GMT", "later 60"),
        (429, "", "90000", "later 3600"),
        (429, "", "-1", "later"),
        (503, "", "7", "later 7"),
        (200, "Microsoft Teams endpoint returned HTTP error 429 with ContextId x", "33", "later 33"),
        (404, "", "10", "not yet 10"),
    ] {
        let reply = reply_with(status, "retry-after", after, body);
        assert_eq!(told(&verdict::of(&Heard { reply: &reply, url: &url, now: NOW })), expected);
    }
}

#[test]
fn the_secret_of_an_address_is_in_no_answer() {
    let url = target(URL);
    let reply = reply(400, &format!("Bad Request for {URL} with sig c2VjcmV0"));
    let outcome = verdict::of(&Heard { reply: &reply, url: &url, now: NOW });
    assert!(!format!("{outcome:?}").contains("c2VjcmV0"), "{outcome:?}");
}
