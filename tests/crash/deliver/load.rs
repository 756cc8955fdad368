//! Those who send through the API and notify by hand while the server is killed, each until it is acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::figures::Figures;
use crate::client::{As, Client, Heard};
use crate::random::Random;
use crate::report::Broken;

/// The longest pause of a writer between two sends, in milliseconds.
const PAUSE: u64 = 120;

/// Recipients of what is sent by hand.
const BY_HAND: usize = 3;

/// What all who take part share.
pub struct Scene {
    pub client: Client,
    pub users: Vec<i64>,
    /// The sessions, by user.
    tokens: Mutex<BTreeMap<i64, String>>,
    /// Grows when a server dies and when one is ready: it is even while one lives.
    life: AtomicU64,
    pub is_over: AtomicBool,
    next: AtomicU64,
    /// What was acknowledged: its title, and to whom it goes.
    acknowledged: Mutex<BTreeMap<String, Vec<i64>>>,
    figures: Mutex<Figures>,
}

impl Scene {
    pub fn new(client: Client, users: Vec<i64>, tokens: BTreeMap<i64, String>) -> Self {
        Self {
            client,
            users,
            tokens: Mutex::new(tokens),
            life: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            next: AtomicU64::new(0),
            acknowledged: Mutex::default(),
            figures: Mutex::default(),
        }
    }

    pub fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().expect("nobody panics while noting something")
    }

    pub fn acknowledged(&self) -> MutexGuard<'_, BTreeMap<String, Vec<i64>>> {
        self.acknowledged.lock().expect("see above")
    }

    pub fn broke(&self, promise: Broken, sentence: String) {
        self.figures().findings.broke(promise, sentence);
    }

    /// A kill begins, or a server is ready.
    pub fn life_changes(&self) {
        self.life.fetch_add(1, Ordering::SeqCst);
    }

    pub fn life(&self) -> u64 {
        self.life.load(Ordering::SeqCst)
    }

    /// What was begun in this life went wrong: a mistake, unless the server was killed meanwhile.
    fn blame(&self, begun_in: u64, sentence: impl FnOnce() -> String) {
        if begun_in.is_multiple_of(2) && self.life() == begun_in {
            self.broke(Broken::Wrong, format!("though the server lives: {}", sentence()));
        }
    }

    fn token(&self, user: i64) -> String {
        self.tokens.lock().expect("see above")[&user].clone()
    }
}

/// A title that is found again in any channel's form: letters and digits alone.
fn title(what: &str, number: u64) -> String {
    format!("{what} x{number}x")
}

/// Sends by e-mail and webhook until the run is over.
pub async fn write(scene: Arc<Scene>, mut random: Random) {
    while !scene.is_over.load(Ordering::SeqCst) {
        let number = scene.next.fetch_add(1, Ordering::Relaxed);
        let user = random.pick(&scene.users).expect("there are users");
        let body = json!({
            "user_id": user, "type": "custom", "title": title("Call", number), "channels": ["email", "webhook"],
            "message": "A customer waits for an answer. ".repeat(random.between(1, 20) as usize),
            "link": format!("/calls/{number}"), "metadata": { "call": number },
        });
        let send = Post { path: "/crm/notification/send", who: None, body, key: format!("deliver-{number}") };
        if send.until(&scene, &mut random, 201).await {
            scene.acknowledged().insert(title("Call", number), vec![user]);
        }
        sleep(Duration::from_millis(random.between(0, PAUSE))).await;
    }
}

/// Notifies by hand until the run is over.
pub async fn notify(scene: Arc<Scene>, mut random: Random) {
    while !scene.is_over.load(Ordering::SeqCst) {
        let number = scene.next.fetch_add(1, Ordering::Relaxed);
        let mut users: Vec<i64> =
            (0..BY_HAND).map(|_| random.pick(&scene.users).expect("there are users")).collect();
        users.sort_unstable();
        users.dedup();
        let body = json!({ "users": users, "subject": title("Notify", number), "text": "Please call back." });
        let who = random.pick(&scene.users);
        let post = Post { path: "/crm/notification/notify", who, body, key: format!("deliver-{number}") };
        if post.until(&scene, &mut random, 200).await {
            scene.acknowledged().insert(title("Notify", number), users);
        }
        sleep(Duration::from_millis(random.between(200, 600))).await;
    }
}

struct Post {
    path: &'static str,
    /// Who is signed in; a program if nobody.
    who: Option<i64>,
    body: serde_json::Value,
    key: String,
}

impl Post {
    /// Asks until this is answered; false where the server refuses.
    async fn until(&self, scene: &Scene, random: &mut Random, expected: u16) -> bool {
        loop {
            let begun_in = scene.life();
            let token = self.who.map(|user| scene.token(user));
            let who = token.as_deref().map_or(As::Program, As::Person);
            let (body, key) = (Some(self.body.to_string()), Some(self.key.as_str()));
            let heard = scene.client.ask(Method::POST, self.path, who, body, key).await;
            match &heard {
                Heard::Answer(status, _) if *status == expected => return true,
                // A person has notified often enough for a while.
                Heard::Answer(429, _) => sleep(Duration::from_secs(2)).await,
                Heard::Answer(400..500, _) => {
                    scene.broke(Broken::Wrong, format!("{}: {heard:?}", self.path));
                    return false;
                }
                _ => scene.blame(begun_in, || format!("{}: {heard:?}", self.path)),
            }
            scene.figures().unknown += u64::from(matches!(heard, Heard::Nothing(_)));
            sleep(Duration::from_millis(random.between(20, 60))).await;
        }
    }
}
