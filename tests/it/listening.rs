//! Somebody who listens to a stream.

use std::time::Duration;

use serde_json::Value;

use crate::world::{Somebody, World};

/// Nothing that is told takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
pub struct Listening {
    response: reqwest::Response,
    heard: Vec<u8>,
    /// The last id that was told.
    pub last_id: Option<i64>,
    /// The last `retry` that was told.
    pub retry: Option<u64>,
}

/// What came: an event, a comment, or the stream's end.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Event { id: i64, name: String, data: Value },
    Comment(String),
    End,
}

impl Listening {
    pub async fn open(world: &World, headers: &[(&str, &str)], query: &str) -> Listening {
        let mut request = world.client.get(format!("{}/crm/notification/stream{query}", world.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Listening { response, heard: Vec::new(), last_id: None, retry: None }
    }

    /// A stream that begins with what comes next; its first frame was heard.
    pub async fn of(somebody: &Somebody<'_>) -> Listening {
        let bearer = format!("Bearer {}", somebody.token);
        let mut listening = Listening::open(somebody.world, &[("Authorization", &bearer)], "").await;
        assert_eq!(listening.hear().await, Heard::Comment("hello".to_owned()));
        assert!(listening.last_id.is_some());
        assert!((2_000..=10_000).contains(&listening.retry.unwrap()));
        listening
    }

    /// A stream that begins after a revision.
    pub async fn after(somebody: &Somebody<'_>, rev: impl ToString) -> Listening {
        let bearer = format!("Bearer {}", somebody.token);
        let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", &rev.to_string())];
        let mut listening = Listening::open(somebody.world, &headers, "").await;
        assert_eq!(
            listening.hear().await,
            Heard::Comment("hello".to_owned()),
            "also where nothing was missed"
        );
        listening
    }

    /// The next frame.
    pub async fn hear(&mut self) -> Heard {
        tokio::time::timeout(PATIENCE, self.frame()).await.expect("something is told")
    }

    /// The next event: its name and data.
    #[track_caller]
    pub fn event(&mut self) -> impl Future<Output = (String, Value)> {
        let place = std::panic::Location::caller();
        async move {
            loop {
                match self.hear().await {
                    Heard::Event { id, name, data } => {
                        assert_eq!(data["rev"], id, "{data}");
                        return (name, data);
                    }
                    Heard::Comment(_) => {}
                    Heard::End => panic!("the stream ended before the event that {place} waits for"),
                }
            }
        }
    }

    /// Everything that still comes until the stream ends.
    pub async fn hear_out(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            match self.hear().await {
                Heard::End => return all,
                heard => all.push(heard),
            }
        }
    }

    async fn frame(&mut self) -> Heard {
        loop {
            if let Some(end) = self.heard.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.heard.drain(..end + 2).collect();
                return self.read(std::str::from_utf8(&frame).unwrap());
            }
            // A reset is an end too.
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.heard.extend_from_slice(&bytes),
                Ok(None) | Err(_) => return Heard::End,
            }
        }
    }

    /// As WHATWG HTML reads it; strict where that is lenient.
    fn read(&mut self, frame: &str) -> Heard {
        let (mut name, mut data, mut comment) = (None, None, None);
        for line in frame.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ").expect("a field, a colon and a space") {
                ("", text) => comment = Some(text.to_owned()),
                ("id", id) => self.last_id = Some(id.parse().unwrap()),
                ("retry", millis) => self.retry = Some(millis.parse().unwrap()),
                ("event", text) => name = Some(text.to_owned()),
                ("data", text) => data = Some(serde_json::from_str(text).unwrap()),
                other => panic!("{other:?} is no field of a stream"),
            }
        }
        match data {
            Some(data) => Heard::Event { id: self.last_id.unwrap(), name: name.unwrap(), data },
            None => Heard::Comment(comment.expect("a frame without data is a comment")),
        }
    }
}
