//! What a stream tells: one change of one inbox, encoded once for everybody who listens.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock::Instant;

/// What happened to an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A notification came, or came back from its snooze.
    Created,
    /// One was read, made unread, archived, snoozed, or brought back.
    Changed,
    /// One is gone for good.
    Removed,
    /// Many were read at once.
    Read,
    /// More happened than can be told: fetch the lists again.
    Reset,
}

impl Kind {
    /// The event's name on the wire (design, part 12).
    pub fn name(self) -> &'static str {
        match self {
            Kind::Created => "notification.created",
            Kind::Changed => "notification.changed",
            Kind::Removed => "notification.removed",
            Kind::Read => "inbox.read",
            Kind::Reset => "reset",
        }
    }
}

/// One change of one inbox.
#[derive(Clone, Debug)]
pub struct Event {
    /// The inbox's revision with this change: the event's id.
    pub rev: i64,
    /// What happened.
    pub kind: Kind,
    /// How many unread ones the inbox holds: to be taken over, never to be added to.
    pub unread_count: i64,
    /// The notification as JSON, where it is about one.
    pub notification: Option<Arc<RawValue>>,
    /// For [`Kind::Read`]: when, and the newest of those that were read; `None` for all.
    pub read: Option<(Instant, Option<i64>)>,
}

/// The data of an event. `up_to` and `read_at` are there for `inbox.read` alone.
#[derive(Serialize)]
struct Data<'a> {
    rev: i64,
    unread_count: i64,
    notification: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    up_to: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
}

impl Event {
    fn told(&self) -> Data<'_> {
        Data {
            rev: self.rev,
            unread_count: self.unread_count,
            notification: self.notification.as_deref(),
            up_to: self.read.map(|(_, up_to)| up_to),
            read_at: self.read.map(|(at, _)| at.to_rfc3339()),
        }
    }

    /// Its data as JSON.
    pub fn data(&self) -> Box<RawValue> {
        serde_json::value::to_raw_value(&self.told()).expect("an event's data is a plain struct")
    }

    /// The event as it goes over the wire (WHATWG HTML, server-sent events).
    pub fn frame(&self) -> Frame {
        let (rev, name) = (self.rev, self.kind.name());
        let length = self.notification.as_ref().map_or(0, |text| text.get().len());
        let mut bytes = Vec::with_capacity(length + 160);
        write!(bytes, "id: {rev}\nevent: {name}\ndata: ").expect("a vector takes all that is written to it");
        serde_json::to_writer(&mut bytes, &self.told()).expect("an event's data is a plain struct");
        bytes.extend_from_slice(b"\n\n");
        Frame { rev, bytes: bytes.into() }
    }
}

/// An encoded event. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The inbox's revision.
    pub rev: i64,
    /// What is written to the client.
    pub bytes: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_three_lines_and_an_empty_one() {
        let notification = RawValue::from_string(r#"{"notification_id":7}"#.to_owned()).unwrap();
        let event = Event {
            rev: 12,
            kind: Kind::Removed,
            unread_count: 3,
            notification: Some(notification.into()),
            read: None,
        };
        let expected = "id: 12\nevent: notification.removed\n\
             data: {\"rev\":12,\"unread_count\":3,\"notification\":{\"notification_id\":7}}\n\n";
        assert_eq!(event.frame().bytes, expected);
    }

    #[test]
    fn reading_at_once_says_up_to_where() {
        let read = |up_to| Event {
            rev: 2,
            kind: Kind::Read,
            unread_count: 0,
            notification: None,
            read: Some((Instant(0), up_to)),
        };
        let (all, some) = (read(None).data().to_string(), read(Some(9)).data().to_string());
        assert!(all.contains(r#""notification":null,"up_to":null,"read_at":"1970"#), "{all}");
        assert!(some.contains(r#""up_to":9"#), "{some}");
    }
}
