//! What people choose: by which ways they are written to, which types by which of them, and when not at all.

pub(super) mod http;
mod matrix;
/// Choices as they are stored, and how webhooks fare.
pub mod store;
pub(super) mod webhook;
pub(super) mod wire;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::quiet::{self, Window};
use super::{Users, missing};
use crate::auth::{Refusal, Status};
use crate::clock::Instant;
use crate::http::body::nearest;
use crate::outbound::{Refused, Target};
use crate::storage::{Error, Tx};

pub use matrix::Matrix;
pub use webhook::Webhook;

/// How automated notifications reach a user beside the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiveBy {
    /// By e-mail.
    #[default]
    Email,
    /// By the user's webhook; by e-mail where there is none.
    Webhook,
    /// By e-mail and by the user's webhook.
    Both,
    /// In the centre only.
    None,
}

impl ReceiveBy {
    /// Every choice.
    pub const ALL: [ReceiveBy; 4] = [ReceiveBy::Email, ReceiveBy::Webhook, ReceiveBy::Both, ReceiveBy::None];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            ReceiveBy::Email => "email",
            ReceiveBy::Webhook => "webhook",
            ReceiveBy::Both => "both",
            ReceiveBy::None => "none",
        }
    }

    /// The choice of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// Whether e-mails are wanted.
    pub fn wants_email(self) -> bool {
        matches!(self, ReceiveBy::Email | ReceiveBy::Both)
    }

    /// Whether the webhook is wanted.
    pub fn wants_webhook(self) -> bool {
        matches!(self, ReceiveBy::Webhook | ReceiveBy::Both)
    }
}

/// A family of channels: what choices speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// E-mail.
    Email,
    /// Whatever stands behind the user's webhook URL.
    Webhook,
}

impl Family {
    /// Both.
    pub const ALL: [Family; 2] = [Family::Email, Family::Webhook];

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Family::Email => "email",
            Family::Webhook => "webhook",
        }
    }

    /// The family of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }
}

/// What a user has chosen, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// How automated notifications reach the user.
    pub receive_by: ReceiveBy,
    /// The user's webhook.
    pub webhook: Option<Webhook>,
    /// The channel behind the webhook where the user named it; otherwise the URL tells.
    pub webhook_kind: Option<String>,
    /// Which signing secret is in force.
    pub generation: i64,
    /// When it was exchanged for the one before.
    pub rotated_at: Option<Instant>,
    /// Since when the webhook is switched off, and why.
    pub off: Option<(Instant, String)>,
    /// When nothing automatic is sent.
    pub quiet: Vec<Window>,
    /// Which types do not go by which family.
    pub matrix: Matrix,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            receive_by: ReceiveBy::default(),
            webhook: None,
            webhook_kind: None,
            generation: 1,
            rotated_at: None,
            off: None,
            quiet: Vec::new(),
            matrix: Matrix::default(),
        }
    }
}

/// A user as whoever delivers sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Number of the user.
    pub user_id: i64,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Language tag.
    pub language: String,
    /// Name of a time zone.
    pub time_zone: String,
    /// Whether the user may sign in.
    pub status: Status,
    /// How automated notifications reach the user.
    pub receive_by: ReceiveBy,
    /// The user's webhook.
    pub webhook: Option<Webhook>,
    /// When nothing automatic is sent: [`quiet::held_until`].
    pub quiet: Vec<Window>,
    /// Which types do not go by which family.
    pub matrix: Matrix,
}

/// These users as whoever delivers sees them; those who are gone are left out.
///
/// # Errors
/// What the database says.
pub async fn outlets(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Outlet>, Error> {
    store::outlets(tx, ids).await
}

/// A webhook that was switched off for failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Whose it is.
    pub user_id: i64,
    /// The channel behind it.
    pub channel: String,
    /// Why: a sentence without its full stop.
    pub reason: String,
}

/// What is to change about somebody's choices; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Another choice.
    pub receive_by: Option<String>,
    /// Another URL, or none.
    pub webhook_url: Option<Option<String>>,
    /// Another channel behind it, or whatever the URL tells.
    pub webhook_kind: Option<Option<String>>,
    /// Other quiet hours.
    pub quiet_hours: Option<Value>,
    /// Another matrix.
    pub matrix: Option<Map<String, Value>>,
}

impl Wish {
    /// Whether anything is to change.
    pub fn is_empty(&self) -> bool {
        self.receive_by.is_none()
            && self.webhook_url.is_none()
            && self.webhook_kind.is_none()
            && self.quiet_hours.is_none()
            && self.matrix.is_none()
    }
}

impl Users {
    /// Changes what a user has chosen; returns all of it.
    ///
    /// # Errors
    /// What cannot be taken, nobody with this id, or what the database says.
    pub async fn choose(&self, id: i64, wish: Wish) -> Result<Choices, Refusal> {
        let (users, now) = (self.clone(), self.clock.now());
        self.database.write(move |tx| Box::pin(async move { users.choose_in(tx, now, id, wish).await })).await
    }

    /// As [`Users::choose`], in a transaction that goes on.
    ///
    /// # Errors
    /// What cannot be taken, nobody with this id, or what the database says.
    pub(super) async fn choose_in(
        &self,
        tx: &mut Tx,
        now: Instant,
        id: i64,
        wish: Wish,
    ) -> Result<Choices, Refusal> {
        let mut choices = store::locked(tx, id, now).await?.ok_or_else(|| missing(id))?;
        if let Some(name) = &wish.receive_by {
            choices.receive_by = ReceiveBy::from_name(name).ok_or_else(|| unknown_choice(name))?;
        }
        if let Some(value) = &wish.quiet_hours {
            choices.quiet = quiet::parse(value)?;
        }
        if let Some(rows) = &wish.matrix {
            choices.matrix = Matrix::parse(rows, &(self.types)())?;
        }
        if wish.webhook_url.is_some() || wish.webhook_kind.is_some() {
            self.point(id, &mut choices, wish)?;
        }
        store::put(tx, id, &choices).await?;
        Ok(choices)
    }

    /// Points a user's webhook elsewhere, or at the same place anew: that switches it on.
    fn point(&self, id: i64, choices: &mut Choices, wish: Wish) -> Result<(), Refusal> {
        if let Some(kind) = wish.webhook_kind {
            choices.webhook_kind = kind.map(known_kind).transpose()?;
        } else if wish.webhook_url == Some(None) {
            choices.webhook_kind = None;
        }
        let url = match &wish.webhook_url {
            None => self.present_url(id, choices)?,
            Some(None) => None,
            Some(Some(text)) => Some(self.entered(id, choices, text)?),
        };
        let Some(url) = url else {
            (choices.webhook, choices.off) = (None, None);
            return Ok(());
        };
        self.channels.check(&url).map_err(cannot_be_used)?;
        let recognised = self.channels.recognise(&url);
        let recognised =
            recognised.map_err(|instead| Refusal::invalid(instead.trim_end_matches('.').to_owned()))?;
        if wish.webhook_url.is_some() {
            choices.off = None;
        }
        choices.webhook = Some(Webhook {
            channel: choices.webhook_kind.clone().unwrap_or_else(|| recognised.to_owned()),
            key: self.vault.key_of(&url),
            sealed: self.vault.close(id, &url),
            off: choices.off.is_some(),
            generation: choices.generation,
            rotated_at: choices.rotated_at,
        });
        Ok(())
    }

    fn present_url(&self, id: i64, choices: &Choices) -> Result<Option<Target>, Refusal> {
        let url = self.url_of(id, choices);
        if url.is_none() && choices.webhook.is_some() {
            return Err(Refusal::conflict(
                "The webhook URL cannot be read any more; enter webhook_url again",
            ));
        }
        Ok(url)
    }

    /// The URL that a user's webhook points to; `None` also if it was sealed with another seal.key.
    pub fn url_of(&self, id: i64, choices: &Choices) -> Option<Target> {
        choices.webhook.as_ref().and_then(|webhook| self.vault.open(id, &webhook.sealed))
    }

    /// The URL that somebody entered; the shown form of the present one stands for that.
    fn entered(&self, id: i64, choices: &Choices, text: &str) -> Result<Target, Refusal> {
        if text.contains('…') {
            let same = self.url_of(id, choices).filter(|url| url.shown() == text);
            return same.ok_or_else(|| {
                Refusal::invalid(
                    "webhook_url is shortened here; enter the whole address, from https:// to its end",
                )
            });
        }
        Target::parse(text).map_err(cannot_be_used)
    }

    /// Where a user's webhook points to; `None` if there is none, or if it was sealed with another seal.key.
    pub fn open_url(&self, outlet: &Outlet) -> Option<Target> {
        outlet.webhook.as_ref().and_then(|webhook| self.vault.open(outlet.user_id, &webhook.sealed))
    }

    /// What signs the webhooks of a user, newest first: two for a day after one was exchanged for the other.
    pub fn webhook_secrets(
        &self,
        user_id: i64,
        generation: i64,
        rotated_at: Option<Instant>,
        now: Instant,
    ) -> Vec<String> {
        self.vault.secrets(user_id, generation, rotated_at, now)
    }
}

fn cannot_be_used(refused: Refused) -> Refusal {
    Refusal::invalid(format!("webhook_url cannot be used: {refused}"))
}

fn unknown_choice(name: &str) -> Refusal {
    Refusal::invalid(unknown("receive_by", name, &ReceiveBy::ALL.map(ReceiveBy::name)))
}

fn known_kind(name: String) -> Result<String, Refusal> {
    if webhook::KINDS.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(Refusal::invalid(unknown("webhook_kind", &name, &webhook::KINDS)))
}

fn unknown(field: &str, name: &str, known: &[&str]) -> String {
    let name: String = name.chars().take(64).collect();
    match nearest(&name, known.iter().copied()) {
        Some(near) => format!("{field} \"{name}\" is unknown; did you mean \"{near}\"?"),
        None => format!("{field} \"{name}\" is unknown; use one of: {}", known.join(", ")),
    }
}
