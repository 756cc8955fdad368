//! How notifications are written and read over HTTP.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::metadata::judged;
use super::types::Types;
use super::{NewNotification, Notification, Page};
use crate::clock::Instant;
use crate::delivery::Ways;
use crate::http::body::{List, Object};
use crate::http::{Given, Problem};

/// The longest message, in characters.
pub const MESSAGE_CHARS: usize = 16_384;

/// The longest link, in characters.
pub(super) const LINK_CHARS: usize = 2_048;

/// A notification to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBody {
    /// ID of the user to notify
    #[serde(default)]
    #[schema(value_type = i64, required, minimum = 1, maximum = 9007199254740991i64, example = 123)]
    user_id: Given<i64>,
    /// Notification type: a built-in one, or one of `notification_types` in crm_config.yaml
    #[serde(default, rename = "type")]
    #[schema(value_type = crate::notification::wire::TypeName, required, example = "provision_complete")]
    kind: Given<String>,
    /// Notification title: at most 255 characters (Unicode scalar values)
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 255, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Service Activated")]
    title: Given<String>,
    /// Detailed notification message
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 16384, pattern = r"^[^\x00]*$", example = "Your mobile service has been successfully activated")]
    message: Given<String>,
    /// Where a click leads: an absolute http(s) URL, or a path that begins with one slash
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048, pattern = r"^(/([A-Za-z0-9_.~?#=&%+:@!$'()*,;-][A-Za-z0-9_.~?#=&%+:@!$'()*,;/-]*)?|https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][A-Za-z0-9_.~?#=&%+:@!$'()*,;/-]*)?)$", example = "/services/167")]
    link: Given<String>,
    /// Additional structured data, returned as it was sent: at most 16 KiB
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    metadata: Given<Object>,
    /// Associated ticket ID
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 42)]
    related_ticket_id: Given<i64>,
    /// Related user ID (e.g., who caused the event)
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    related_user_id: Given<i64>,
    /// Ways that it is to go by too, beside those that the settings give its type: `email`, `webhook` (whatever stands
    /// behind the user's URL). Needs the role admin.
    #[serde(default)]
    #[schema(value_type = Vec<ChannelFamily>, example = json!(["email"]))]
    channels: Given<Vec<String>>,
}

/// The ways that a sender may ask for, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "stands for its schema only")]
pub(super) enum ChannelFamily {
    Email,
    Webhook,
}

/// The ways that a sender asks for.
fn ways(channels: Option<Vec<String>>) -> Result<Ways, Problem> {
    let mut ways = Ways::default();
    for channel in channels.unwrap_or_default() {
        match &*channel {
            "email" => ways.email = true,
            "webhook" => ways.webhook = true,
            _ => {
                return Err(Problem::bad_request(
                    "channels may hold email and webhook; leave out anything else",
                ));
            }
        }
    }
    Ok(ways)
}

impl SendBody {
    /// The notification that the body describes, and the ways that it asks for.
    ///
    /// # Errors
    /// 400: first what is missing, in the order user_id, type, title; then types and lengths.
    pub fn judge(self, types: &Types) -> Result<(NewNotification, Ways), Problem> {
        self.user_id.present("user_id")?;
        self.kind.present("type")?;
        self.title.present("title")?;
        let required = |name: &str| Problem::bad_request(format!("{name} is required"));
        let wants = ways(self.channels.optional("channels")?)?;
        let new = NewNotification {
            user_id: self.user_id.id("user_id")?.ok_or_else(|| required("user_id"))?,
            kind: types.find(&self.kind.required("type")?)?,
            title: self.title.text("title", 255)?.ok_or_else(|| required("title"))?,
            message: self.message.text("message", MESSAGE_CHARS)?,
            link: self.link.text("link", LINK_CHARS)?.map(safe_link).transpose()?,
            metadata: self.metadata.optional("metadata")?.map(judged).transpose()?,
            related_ticket_id: self.related_ticket_id.id("related_ticket_id")?,
            related_user_id: self.related_user_id.id("related_user_id")?,
        };
        Ok((new, wants))
    }
}

/// A link that leads to http(s) or within the CRM, and nowhere else (security S12).
///
/// # Errors
/// 400 for any other.
pub fn safe_link(link: String) -> Result<String, Problem> {
    let bad = || {
        Err(Problem::bad_request(
            "link must be an absolute http or https URL, or a path that begins with a single slash",
        ))
    };
    if link.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || is_invisible(c)) {
        return bad();
    }
    if let Some(path) = link.strip_prefix('/') {
        return if path.starts_with('/') { bad() } else { Ok(link) };
    }
    match link.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.is_empty() || host.contains('@') { bad() } else { Ok(link) }
        }
        _ => bad(),
    }
}

/// Marks that turn the direction of writing or take no room: they make a link look like another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A notification as it is shown: the seed's members, and ours after them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown<'a> {
    /// Number of the notification
    notification_id: i64,
    /// ID of the user whose it is
    user_id: i64,
    /// Notification type
    #[serde(rename = "type")]
    kind: &'a str,
    /// Notification title
    title: &'a str,
    /// Detailed message, or null
    #[schema(required)]
    message: Option<&'a str>,
    /// Where a click leads, or null
    #[schema(required)]
    link: Option<&'a str>,
    /// What was sent as metadata, or null
    #[schema(required, value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    metadata: Option<&'a RawValue>,
    /// Associated ticket ID; only where it was sent
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    related_ticket_id: Option<i64>,
    /// Related user ID; only where it was sent
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    related_user_id: Option<i64>,
    /// Whether it was read
    is_read: bool,
    /// When it was sent: UTC, whole seconds
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was read, or null
    #[schema(required, format = DateTime)]
    read_at: Option<String>,
    /// When it was archived, or null
    #[schema(required, format = DateTime)]
    archived_at: Option<String>,
    /// When it comes back, or null
    #[schema(required, format = DateTime)]
    snoozed_until: Option<String>,
}

impl<'a> Shown<'a> {
    pub fn of(notification: &'a Notification) -> Self {
        let content = &notification.content;
        Self {
            notification_id: notification.id,
            user_id: content.user_id,
            kind: &content.kind,
            title: &content.title,
            message: content.message.as_deref(),
            link: content.link.as_deref(),
            metadata: content.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            related_ticket_id: content.related_ticket_id,
            related_user_id: content.related_user_id,
            is_read: notification.is_read,
            created_at: notification.created_at.to_rfc3339(),
            read_at: notification.read_at.map(Instant::to_rfc3339),
            archived_at: notification.archived_at.map(Instant::to_rfc3339),
            snoozed_until: notification.snoozed_until.map(Instant::to_rfc3339),
        }
    }
}

/// A notification as JSON, encoded once for whoever is told of it.
pub fn shown_as(notification: &Notification) -> Arc<RawValue> {
    let text = serde_json::value::to_raw_value(&Shown::of(notification));
    text.expect("a notification is a plain struct").into()
}

/// The answer to a send.
#[derive(Serialize, ToSchema)]
pub(super) struct SentAnswer<'a> {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Always `Notification sent successfully`
    message: &'static str,
    #[schema(inline, value_type = Shown<'a>)]
    notification: &'a RawValue,
}

/// The text of the answer to a send, with the notification as JSON.
pub fn sent(shown: &RawValue) -> String {
    let answer =
        SentAnswer { result: "Success", message: "Notification sent successfully", notification: shown };
    serde_json::to_string(&answer).expect("an answer is a plain struct")
}

/// A page of notifications, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct ListAnswer<'a> {
    /// Always `Success`
    result: &'static str,
    /// Newest first
    #[schema(inline)]
    notifications: Vec<Shown<'a>>,
    /// How many unread ones the inbox holds in all
    unread_count: i64,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<'a> ListAnswer<'a> {
    pub fn of(page: &'a Page) -> Self {
        Self {
            result: "Success",
            notifications: page.notifications.iter().map(Shown::of).collect(),
            unread_count: page.unread_count,
            next_cursor: page.next.map(|seq| seq.to_string()),
        }
    }
}

/// How many unread notifications there are.
#[derive(Serialize, ToSchema)]
pub(super) struct CountAnswer {
    /// Always `Success`
    pub result: &'static str,
    /// How many unread ones the inbox holds
    pub unread_count: i64,
}

/// What was done, and how many unread notifications there are now.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangedAnswer {
    /// Always `Success`
    pub result: &'static str,
    /// What was done
    pub message: Cow<'static, str>,
    /// How many unread ones the inbox holds now
    pub unread_count: i64,
}

/// How far everything is to be read.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadAllBody {
    /// `notification_id` of the newest that counts as read; everything in the inbox where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 42)]
    pub up_to: Given<i64>,
}

/// Until when a notification is to stay away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SnoozeBody {
    /// When it comes back: RFC 3339, in the future, within ten years
    #[serde(default)]
    #[schema(value_type = String, required, format = DateTime, example = "2030-01-31T08:00:00Z")]
    pub until: Given<String>,
}

/// What an element of a batch describes, and the ways that it asks for; or what is wrong with it.
pub(super) type Judged = Result<(NewNotification, Ways), Problem>;

/// Many notifications to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    /// 1 to 1,000 notifications, each as for a single send
    #[serde(default)]
    #[schema(value_type = Vec<SendBody>, required, min_items = 1, max_items = 1000)]
    pub notifications: Given<List>,
}

impl BatchBody {
    /// What each element describes, or what is wrong with it.
    ///
    /// # Errors
    /// 400 if there are none, or more than a thousand.
    pub fn judge(self, types: &Types) -> Result<Vec<Judged>, Problem> {
        let elements = self
            .notifications
            .optional("notifications")?
            .ok_or_else(|| Problem::bad_request("notifications is required"))?;
        if !(1..=1000).contains(&elements.0.len()) {
            return Err(Problem::bad_request("notifications must hold 1 to 1000 elements"));
        }
        let judged = elements.0.iter().map(|element| {
            crate::http::body::parse::<SendBody>(element.get().as_bytes()).and_then(|body| body.judge(types))
        });
        Ok(judged.collect())
    }
}

/// The results of a batch, in the order of its elements.
#[derive(Serialize, ToSchema)]
pub(super) struct BatchAnswer<'a> {
    /// Always `Success`: the batch was judged, each element has its own status
    pub result: &'static str,
    /// One for each element, in their order
    #[schema(inline)]
    pub results: Vec<BatchResult<'a>>,
}

/// What became of one element.
#[derive(Serialize, ToSchema)]
pub(super) struct BatchResult<'a> {
    /// 201, or what a single send would have answered
    pub status: u16,
    /// The notification, where it was stored
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false, value_type = Option<Shown<'a>>)]
    pub notification: Option<&'a RawValue>,
    /// What to do, where it was not
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<Cow<'a, str>>,
}

/// The names of the types, for the document.
#[derive(ToSchema)]
#[schema(as = NotificationType)]
pub(super) struct TypeName(#[expect(dead_code, reason = "stands for its schema only")] String);

/// Metadata, for the document: [`crate::http::docs`] says what it may hold.
#[derive(ToSchema)]
pub(super) struct Metadata(#[expect(dead_code, reason = "stands for its schema only")] String);

/// The type's name, shared.
pub(super) fn kind_filter(types: &Types, name: &str) -> Result<Arc<str>, Problem> {
    types.find(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_http_or_within_the_crm() {
        for good in ["/", "/services/167", "/a?b=c#d", "https://crm.example/x", "HTTP://crm.example", "/a//b"]
        {
            assert!(safe_link(good.to_owned()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "services",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "java\tscript:x",
            "data:text/html,x",
            "vbscript:x",
            "blob:x",
            "https:evil.example",
            "http://",
            "ftp://x",
            "https://user@evil.example",
            "/a b",
            " /a",
            "/a\n",
            "/\u{202e}gnp",
            "file:///etc/passwd",
            "?x",
            "#x",
        ] {
            assert!(safe_link(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
