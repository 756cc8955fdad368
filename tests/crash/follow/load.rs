//! Those who send, and those who read and tidy their inboxes meanwhile.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::scene::Scene;
use crate::client::{As, Client, Heard, now, stored_ids};
use crate::content::Mark;
use crate::random::Random;
use crate::report::Broken;

/// Notifications in a batch.
const BATCH: usize = 10;

/// In a hundred notifications, those to the first user: what such a user misses does not fit into one look.
const TO_THE_BUSY_ONE: u64 = 20;

/// What is changed is one of so many that came last.
const LATEST: usize = 40;

/// Sends this writer's share of `all` notifications, `per_second` by all writers together, each until it is
/// acknowledged.
pub async fn send(scene: Arc<Scene>, mut random: Random, begun: Instant, per_second: u64, all: usize) {
    loop {
        let most = if random.chance(2) { BATCH } else { 1 };
        let first = scene.next.fetch_add(most, Ordering::Relaxed);
        if first >= all {
            return;
        }
        sleep_until(begun + Duration::from_micros(first as u64 * 1_000_000 / per_second)).await;
        let count = most.min(all - first);
        let mut someone = || match random.chance(TO_THE_BUSY_ONE) {
            true => scene.users[0],
            false => random.pick(&scene.users).expect("there are users"),
        };
        let users: Vec<i64> = (0..count).map(|_| someone()).collect();
        send_until_acknowledged(&scene, &mut random, first, &users, most > 1).await;
    }
}

async fn send_until_acknowledged(
    scene: &Scene,
    random: &mut Random,
    number: usize,
    users: &[i64],
    is_batch: bool,
) {
    let key = format!("follow-{number}");
    loop {
        let begun_in = scene.life();
        let heard = scene.client.send(number, Some(&key), users, is_batch).await;
        if let Heard::Answer(status, answer) = &heard
            && let Some(ids) = stored_ids(is_batch, *status, answer)
        {
            let mut acknowledged = scene.acknowledged();
            for (index, (user, id)) in users.iter().zip(ids).enumerate() {
                acknowledged.entry(*user).or_default().insert((number, index), id);
            }
            return;
        }
        scene.blame(begun_in, || format!("send {number}: {heard:?}"));
        if matches!(heard, Heard::Answer(400..500, _)) {
            return;
        }
        sleep(Duration::from_millis(random.between(20, 60))).await;
    }
}

/// Changes these users' notifications until all are on their way. Nobody else changes them.
pub async fn tidy(scene: Arc<Scene>, random: Random, users: Vec<i64>, pause: Duration, all: usize) {
    let mut owner = Owner { scene, random, gone: HashSet::new() };
    while owner.scene.next.load(Ordering::Relaxed) < all {
        if let Some(user) = owner.random.pick(&users) {
            owner.change(user).await;
        }
        let pause = owner.random.between(0, 2 * pause.as_millis() as u64 + 1);
        sleep(Duration::from_millis(pause)).await;
    }
}

struct Owner {
    scene: Arc<Scene>,
    random: Random,
    /// What was deleted, or perhaps was.
    gone: HashSet<i64>,
}

impl Owner {
    async fn change(&mut self, user: i64) {
        let Some(id) = self.some_notification(user) else { return };
        let one = |action: &str| format!("/crm/notification/{id}{action}");
        let mut body = None;
        let (method, path) = match self.random.between(0, 100) {
            0..25 => (Method::POST, one("/mark-read")),
            25..35 => (Method::POST, one("/mark-unread")),
            35..45 => (Method::POST, one("/archive")),
            45..53 => (Method::POST, one("/unarchive")),
            53..63 => {
                let until = now() + jiff::SignedDuration::from_hours(24);
                body = Some(json!({ "until": until.to_string() }));
                (Method::POST, one("/snooze"))
            }
            63..70 => (Method::POST, one("/unsnooze")),
            70..85 => (Method::DELETE, one("")),
            up_to => {
                body = (up_to < 95).then(|| json!({ "up_to": id }));
                (Method::POST, "/crm/notification/mark-all-read".to_owned())
            }
        };
        let was_there = !self.gone.contains(&id);
        if method == Method::DELETE {
            self.gone.insert(id);
        }
        let begun_in = self.scene.life();
        let (client, token): (&Client, &str) = (&self.scene.client, self.scene.token(user));
        let body = body.map(|body| body.to_string());
        let heard = client.ask(method.clone(), &path, As::Person(token), body, None).await;
        match &heard {
            Heard::Answer(200, _) => self.scene.figures().changes += 1,
            Heard::Answer(404, _) if !was_there => {}
            Heard::Answer(404, _) => {
                let sentence = format!("{id} of user {user} was sent and is not there: {method} {path}");
                self.scene.broke(Broken::Lost, sentence);
            }
            _ => self.scene.blame(begun_in, || format!("{method} {path}: {heard:?}")),
        }
    }

    /// One of the latest that were acknowledged, rarely one that is gone.
    fn some_notification(&mut self, user: i64) -> Option<i64> {
        let latest: Vec<i64> = {
            let acknowledged = self.scene.acknowledged();
            let of_user: Option<Vec<(&Mark, &i64)>> =
                acknowledged.get(&user).map(|all| all.iter().rev().take(LATEST).collect());
            of_user.into_iter().flatten().map(|(_, id)| *id).collect()
        };
        let mut there: Vec<i64> = latest.iter().copied().filter(|id| !self.gone.contains(id)).collect();
        if there.is_empty() || self.random.chance(3) {
            there = latest;
        }
        self.random.pick(&there)
    }
}
