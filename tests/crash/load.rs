//! The clients that work while the server is killed: sixteen writers, and owners who read and tidy their inboxes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

use crate::client::{Client, Heard, stored_ids};
use crate::model::Model;
use crate::random::Random;
use crate::report::Broken;

/// What all clients share. It outlives the server.
#[derive(Clone, Default)]
pub struct Shared {
    model: Arc<Mutex<Model>>,
    /// The sessions that were acknowledged, by user.
    tokens: Arc<Mutex<BTreeMap<i64, String>>>,
    killed: Arc<AtomicBool>,
}

impl Shared {
    pub fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().expect("no client panics while it notes something")
    }

    pub fn token(&self, user: i64) -> Option<String> {
        self.tokens.lock().expect("see above").get(&user).cloned()
    }

    pub fn keep_token(&self, user: i64, answer: &Value) {
        if let Some(token) = answer.get("token").and_then(Value::as_str) {
            self.tokens.lock().expect("see above").insert(user, token.to_owned());
        }
    }

    /// From now on a connection may break.
    pub fn kill_begins(&self) {
        self.killed.store(true, Ordering::SeqCst);
    }

    pub fn server_lives(&self) {
        self.killed.store(false, Ordering::SeqCst);
    }

    /// A request to a living server went wrong.
    pub fn complain(&self, what: &str, heard: &Heard) {
        let mut model = self.model();
        match heard {
            Heard::Nothing(_) if self.killed.load(Ordering::SeqCst) => {}
            Heard::Nothing(error) => {
                model.report.broke(Broken::Wrong, format!("{what}: no answer from a living server: {error}"));
            }
            Heard::Answer(status, answer) if *status > 500 => {
                *model.report.server_errors.entry(format!("{what}: {status} {answer}")).or_default() += 1;
            }
            Heard::Answer(status, answer) => {
                model.report.broke(Broken::Wrong, format!("{what}: {status} {answer}"));
            }
        }
    }
}

/// Sends until the server is gone: new notifications, batches, and what was sent before under its key.
pub async fn write(shared: Shared, client: Client, mut random: Random, users: Vec<i64>) {
    loop {
        let number = {
            let mut model = shared.model();
            let again = if random.chance(30) { model.earlier_wish(&mut random) } else { None };
            again.unwrap_or_else(|| model.new_wish(&mut random, &users))
        };
        if !send(&shared, &client, number).await {
            return;
        }
    }
}

/// Makes one send and notes what was heard; false if there was no answer.
pub async fn send(shared: &Shared, client: &Client, number: usize) -> bool {
    let (key, users, is_batch) = {
        let mut model = shared.model();
        model.begin(number);
        let wish = &model.wishes[number];
        (wish.key.clone(), wish.pieces.iter().map(|piece| piece.user).collect::<Vec<_>>(), wish.is_batch)
    };
    let heard = client.send(number, key.as_deref(), &users, is_batch).await;
    let Heard::Answer(status, answer) = &heard else {
        shared.complain("send", &heard);
        return false;
    };
    let mut model = shared.model();
    match stored_ids(is_batch, *status, answer) {
        Some(ids) => model.hear(number, &ids),
        None => {
            drop(model);
            shared.complain(if is_batch { "batch" } else { "send" }, &heard);
        }
    }
    true
}
