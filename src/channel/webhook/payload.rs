//! What a plain webhook is sent: the notification whole, whatever its size. `docs/webhooks.md` lists the fields.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::channel::{Brief, Parcel};

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    event: &'static str,
    /// When it happened, not when it was sent: the bytes are the same at every try.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    notification_id: i64,
    user_id: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_email: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    message: Option<&'a str>,
    link: Option<&'a str>,
    metadata: Option<&'a RawValue>,
    related_ticket_id: Option<i64>,
    related_user_id: Option<i64>,
    created_at: String,
    along: Vec<Other<'a>>,
    unnamed: usize,
}

#[derive(Serialize)]
struct Other<'a> {
    notification_id: i64,
    title: &'a str,
    link: Option<&'a str>,
}

impl<'a> Other<'a> {
    fn of(brief: &'a Brief) -> Self {
        Other { notification_id: brief.notification_id, title: &brief.title, link: brief.link.as_deref() }
    }
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    let message = &parcel.message;
    let created_at = message.created_at.to_rfc3339();
    let payload = Payload {
        event: "notification.created",
        timestamp: created_at.clone(),
        data: Data {
            notification_id: message.notification_id,
            user_id: parcel.recipient.user_id,
            user_email: &parcel.recipient.email,
            kind: &message.kind,
            title: &message.title,
            message: message.text.as_deref(),
            link: message.link.as_deref(),
            metadata: message.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            related_ticket_id: message.related_ticket_id,
            related_user_id: message.related_user_id,
            created_at,
            along: message.along.iter().map(Other::of).collect(),
            unnamed: message.unnamed,
        },
    };
    serde_json::to_vec(&payload).expect("a payload holds only what JSON can write").into()
}
