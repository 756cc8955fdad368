//! A world with receivers around it, and verbs about what leaves.

use std::sync::Arc;
use std::time::Duration;

use belfry::clock::Instant;
use belfry::config::Config;
use belfry::delivery::{Sending, Ways};
use belfry::notification::{NewNotification, Notice};
use belfry::template::pdf::{Limits, Press};
use serde_json::{Value, json};

use crate::peers::{Letter, Mail, Receiver};
use crate::world::{KEY, On, PASSWORD, Reply, Somebody, World};

/// A path that Belfry takes for a workflow of Teams.
pub fn teams(name: &str) -> String {
    format!("/workflows/{name}/triggers/manual/paths/invoke")
}

/// A path that Belfry takes for RingCentral.
pub fn ringcentral(name: &str) -> String {
    format!("/webhook/v2/{name}")
}

/// A path of no known kind.
pub fn hook(name: &str) -> String {
    format!("/hook/{name}")
}

/// The address of a user who has no other one.
pub fn address(id: i64) -> String {
    format!("user{id}@example.com")
}

/// A server, a mail server, and a receiver of webhooks.
pub struct Stage {
    pub world: World,
    pub mail: Mail,
    pub net: Receiver,
}

impl Stage {
    pub async fn new(on: On) -> Stage {
        Stage::with(on, |_| {}).await
    }

    pub async fn with(on: On, change: impl FnOnce(&mut Config)) -> Stage {
        Stage::with_press(on, Press::new(env!("CARGO_BIN_EXE_belfry").into(), Limits::default()), change)
            .await
    }

    /// The same, where PDFs are printed by this press.
    pub async fn with_press(on: On, press: Press, change: impl FnOnce(&mut Config)) -> Stage {
        let mail = Mail::start();
        let world = World::with_press(on, press, |config| {
            config.smtp = Some(mail.config());
            config.outbound.allow_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
            config.limits.login_per_address_per_minute = 0;
            change(config);
        })
        .await;
        let net = Receiver::start(world.app.clock.clone()).await;
        let stage = Stage { world, mail, net };
        stage.answers().await;
        stage
    }

    /// Stops the server and starts it again.
    pub async fn restart(self) -> Stage {
        let Stage { world, mail, net } = self;
        let stage = Stage { world: world.restart().await, mail, net };
        stage.answers().await;
        stage
    }

    /// Whoever is answered knows that the server runs, its dispatcher too.
    async fn answers(&self) {
        self.world.ask("GET", "/readyz", &[], None).await.expect(200);
    }

    /// As an administrator.
    pub async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.world.ask(method, path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
    }

    /// Adds a user who chose this.
    pub async fn user(&self, id: i64, choices: Value) {
        let body =
            json!({"id": id, "email": address(id), "name": format!("User {id}"), "password": PASSWORD});
        self.admin("POST", "/crm/user", Some(body)).await.expect(201);
        self.choose(id, choices).await;
    }

    /// Adds an administrator.
    pub async fn administrator(&self, id: i64) {
        self.user(id, json!({})).await;
        self.choose(id, json!({"roles": ["admin"]})).await;
    }

    pub async fn choose(&self, id: i64, choices: Value) {
        if choices.as_object().is_some_and(|choices| !choices.is_empty()) {
            self.admin("PUT", &format!("/crm/user/{id}"), Some(choices)).await.expect(200);
        }
    }

    /// Somebody's record as an administrator sees it.
    pub async fn shown(&self, id: i64) -> Value {
        self.admin("GET", &format!("/crm/user/{id}"), None).await.expect(200)["user"].clone()
    }

    pub async fn sign_in(&self, id: i64) -> Somebody<'_> {
        self.world.sign_in(id).await
    }

    /// Stores a notice, and does not wait for what becomes of it. Returns the number of the notification.
    pub async fn hand_over(&self, notice: Notice) -> i64 {
        let told = self.world.app.notifications.notify(vec![notice]).await.unwrap();
        told.into_iter().next().unwrap().unwrap().stored.notification.id
    }

    /// Tells somebody something, and waits until it went where it goes now.
    pub async fn tell(&self, sending: Sending, user_id: i64, title: &str) -> i64 {
        let id = self.hand_over(notice(sending, user_id, title)).await;
        self.settles().await;
        id
    }

    /// Tells somebody what a trigger would.
    pub async fn automated(&self, user_id: i64, title: &str) -> i64 {
        self.tell(Sending::Automated, user_id, title).await
    }

    /// Waits until everything that is due now was tried.
    pub async fn settles(&self) {
        self.world.app.deliveries.drain().await;
    }

    pub async fn passes(&self, seconds: u64) {
        self.world.passes(Duration::from_secs(seconds)).await;
    }

    pub fn now(&self) -> Instant {
        self.world.app.clock.now()
    }

    /// Moves the clock to this instant and does what is due then.
    pub async fn reaches(&self, instant: &str) {
        self.world.app.clock.set(Instant::parse(instant).unwrap());
        self.world.app.tick().await;
    }

    /// The delivery log with this query, oldest first.
    pub async fn log(&self, query: &str) -> Vec<Value> {
        let page = self.admin("GET", &format!("/crm/delivery?{query}"), None).await.expect(200);
        let mut entries = page["deliveries"].as_array().unwrap().clone();
        entries.reverse();
        entries
    }

    /// The deliveries of a notification in words: `email sent`, `webhook suppressed no_url`.
    pub async fn outcome(&self, notification_id: i64) -> Vec<String> {
        let mut words: Vec<String> = self.of(notification_id).await.iter().map(in_words).collect();
        words.sort();
        words
    }

    /// The deliveries of a notification, oldest first.
    pub async fn of(&self, notification_id: i64) -> Vec<Value> {
        self.log(&format!("notification_id={notification_id}")).await
    }

    /// The one delivery of a notification by this channel.
    pub async fn by(&self, channel: &str, notification_id: i64) -> Value {
        let mut found = self.of(notification_id).await;
        found.retain(|entry| entry["channel"] == channel);
        assert_eq!(found.len(), 1, "{channel} of {notification_id}: {found:#?}");
        found.remove(0)
    }

    /// When the next delivery is due, in microseconds: the log shows whole seconds.
    pub async fn next_due(&self) -> Instant {
        Instant(self.world.number("SELECT MIN(due_at) FROM deliveries WHERE state = 'pending'").await)
    }

    /// The subjects of the e-mails that a user has.
    pub fn subjects(&self, id: i64) -> Vec<String> {
        self.mail.to(&address(id)).iter().map(|letter| letter.subject().to_owned()).collect()
    }

    pub fn letters(&self, id: i64) -> Vec<Letter> {
        self.mail.to(&address(id))
    }

    /// The titles that came to a path of no known kind.
    pub fn hooked(&self, name: &str) -> Vec<String> {
        let got = self.net.got(&hook(name));
        got.iter().map(|got| got.json()["data"]["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Promise P10: what was accepted is sent, waits, is final or suppressed. Returns the sums of each channel.
    pub async fn adds_up(&self) -> Value {
        let summary = self.admin("GET", "/crm/delivery/summary", None).await.expect(200);
        assert_eq!(summary["balanced"], true, "{summary:#}");
        for (channel, counts) in summary["channels"].as_object().unwrap() {
            let of = |name: &str| counts[name].as_i64().unwrap();
            let stand = of("sent") + of("pending") + of("final") + of("suppressed");
            assert_eq!(of("accepted"), stand, "{channel}: {summary:#}");
        }
        summary["channels"].clone()
    }
}

pub fn notice(sending: Sending, user_id: i64, title: &str) -> Notice {
    typed(sending, "record_assigned", user_id, title)
}

pub fn typed(sending: Sending, kind: &str, user_id: i64, title: &str) -> Notice {
    let new = NewNotification {
        user_id,
        kind: Arc::from(kind),
        title: title.to_owned(),
        message: Some("What there is to say.".to_owned()),
        link: Some("/contacts/7".to_owned()),
        metadata: None,
        related_ticket_id: None,
        related_user_id: None,
    };
    Notice { wants: Ways { email: true, webhook: true }, ..Notice::of(Arc::new(new), sending) }
}

/// A notice about a ticket.
pub fn about(sending: Sending, ticket: i64, user_id: i64, title: &str) -> Notice {
    let plain = notice(sending, user_id, title);
    let new = NewNotification { related_ticket_id: Some(ticket), ..(*plain.new).clone() };
    Notice { wants: plain.wants, ..Notice::of(Arc::new(new), sending) }
}

pub fn in_words(entry: &Value) -> String {
    let words = ["channel", "state", "reason"].iter().filter_map(|name| entry[name].as_str());
    words.collect::<Vec<_>>().join(" ")
}

/// The outcomes of the tries of a delivery.
pub fn tries(entry: &Value) -> Vec<&str> {
    entry["attempts"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect()
}
