//! Activities that are set through the API, many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::USERS;
use crate::client::{As, Client, Heard};
use crate::random::Random;

/// One in so many reminders falls due at the same instant.
pub const SHARE_AT_ONCE: usize = 5;

const AT_ONCE: usize = 12;

/// The lead of a new server: 15 minutes, in microseconds.
pub const LEAD: i64 = 15 * 60 * 1_000_000;

/// An activity and when its user is to be reminded of it, in microseconds since 1970.
#[derive(Clone, Debug)]
pub struct Activity {
    pub id: String,
    pub user: i64,
    pub due: i64,
    /// The rule by which it recurs.
    pub rule: Option<&'static str>,
    /// It was set after it was due, so that it was due as it was set.
    pub is_late: bool,
}

impl Activity {
    /// Due at a whole millisecond.
    pub fn new(id: String, user: i64, due: i64) -> Self {
        Self { id, user, due: due - due.rem_euclid(1_000), rule: None, is_late: false }
    }

    async fn put(&self, client: &Client) -> anyhow::Result<()> {
        let starts_at = jiff::Timestamp::from_microsecond(self.due + LEAD)?.to_string();
        let body = json!({
            "label": format!("Call {}", self.id), "assigned_to": self.user, "send_notification": false,
            "fields": { "activity_type": "call", "starts_at": starts_at, "rrule": self.rule },
        });
        let path = format!("/crm/record/activities/{}", self.id);
        match client.ask(Method::PUT, &path, As::Program, Some(body.to_string()), None).await {
            Heard::Answer(201, _) => Ok(()),
            heard => bail!("PUT {path} was answered with {heard:?}"),
        }
    }
}

/// So many reminders over a time that begins then, a fifth of them at one instant in the middle.
pub fn spread(
    prefix: &str,
    count: usize,
    begins: i64,
    lasts: Duration,
    random: &mut Random,
) -> Vec<Activity> {
    let lasts = lasts.as_micros() as u64;
    let activity = |number: usize| {
        let after = match number {
            0 => 0,
            _ if number % SHARE_AT_ONCE == 1 => lasts / 2,
            _ => random.between(0, lasts),
        };
        Activity::new(format!("{prefix}{number:05}"), number as i64 % USERS + 1, begins + after as i64)
    };
    (0..count).map(activity).collect()
}

/// Sets all of these, several at once, by all of these servers.
pub async fn put_all(clients: &[Client], activities: &[Activity]) -> anyhow::Result<()> {
    let (activities, next) = (Arc::new(activities.to_vec()), Arc::new(AtomicUsize::new(0)));
    let mut putting = JoinSet::new();
    for number in 0..AT_ONCE {
        let client = clients[number % clients.len()].clone();
        let (activities, next) = (activities.clone(), next.clone());
        putting.spawn(async move {
            while let Some(activity) = activities.get(next.fetch_add(1, Ordering::Relaxed)) {
                activity.put(&client).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(put) = putting.join_next().await {
        put.context("somebody who sets activities panicked")??;
    }
    Ok(())
}
