//! A stream's frames as they come over the wire, strictly: what a browser would pass over is a mistake here.

use serde::Deserialize;
use serde_json::Value;

/// What happened to an inbox, with the notification that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Created(i64),
    Changed(i64),
    Removed(i64),
    /// Everything up to this notification was read; `None` is all.
    Read(Option<i64>),
    Reset,
}

/// An event of a stream.
#[derive(Debug)]
pub struct Event {
    pub rev: i64,
    pub what: What,
    pub unread_count: i64,
    pub notification: Value,
    pub read_at: Option<String>,
}

/// What stands between two empty lines.
#[derive(Debug)]
pub enum Frame {
    /// Where a stream begins that was opened for what comes next.
    Hello(i64),
    Comment,
    Event(Event),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    rev: i64,
    unread_count: i64,
    notification: Value,
    #[serde(default)]
    up_to: Option<i64>,
    read_at: Option<String>,
}

/// Takes the first whole frame from what has come; `None` if its end is still to come.
pub fn take(heard: &mut Vec<u8>) -> Option<Result<Frame, String>> {
    let end = heard.windows(2).position(|pair| pair == b"\n\n")?;
    let frame: Vec<u8> = heard.drain(..end + 2).collect();
    let text = String::from_utf8_lossy(&frame);
    Some(read(&text).map_err(|error| format!("{error} in the frame {text:?}")))
}

fn read(text: &str) -> Result<Frame, String> {
    let (mut id, mut name, mut data) = (None, None, None);
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ").ok_or("a line is no field")? {
            ("id", revision) => id = Some(revision.parse::<i64>().map_err(|error| error.to_string())?),
            ("event", said) => name = Some(said),
            ("data", said) => data = Some(serde_json::from_str(said).map_err(|error| error.to_string())?),
            ("" | "retry", _) => {}
            (field, _) => return Err(format!("{field} is no field of a stream")),
        }
    }
    match (id, name, data) {
        (Some(id), Some(name), Some(data)) => Ok(Frame::Event(event(id, name, data)?)),
        (Some(id), None, None) => Ok(Frame::Hello(id)),
        (None, None, None) => Ok(Frame::Comment),
        _ => Err("an event needs id, event and data".to_owned()),
    }
}

fn event(id: i64, name: &str, data: Data) -> Result<Event, String> {
    let Data { rev, unread_count, notification, up_to, read_at } = data;
    if id != rev {
        return Err(format!("id is {id}, rev is {rev}"));
    }
    let which = || notification.get("notification_id").and_then(Value::as_i64).ok_or("no notification_id");
    let what = match name {
        "notification.created" => What::Created(which()?),
        "notification.changed" => What::Changed(which()?),
        "notification.removed" => What::Removed(which()?),
        "inbox.read" => What::Read(up_to),
        "reset" => What::Reset,
        _ => return Err(format!("{name} is no event")),
    };
    Ok(Event { rev, what, unread_count, notification, read_at })
}
