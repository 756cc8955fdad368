//! Why somebody was told, or was not: the chain from a change to a person.

pub(super) mod http;
pub(super) mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Error, Notifications};
use crate::clock::Instant;
use crate::delivery::Passage;
use crate::storage::{self, Tx};
use store::Kept;

/// The setting that decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DecidingSetting)]
pub struct Setting {
    /// Key of its group
    #[schema(example = "notifications")]
    pub group: String,
    /// Title of its group
    #[schema(example = "Notification Settings")]
    pub title: String,
    /// The field, and the member of it where it has several: `assigned.contacts`
    #[schema(example = "assigned.contacts")]
    pub field: String,
    /// What it was
    #[schema(required)]
    pub value: Value,
}

/// The chain from a change to a person, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Name of the trigger.
    pub trigger: &'static str,
    /// The records that it is about, module and id: one, or those of a bulk change.
    pub records: Vec<(Arc<str>, Arc<str>)>,
    /// What happened: "Ada Admin changed the assigned user of Contact Jane Doe from Ben Support to Eve Sales".
    pub cause: String,
    /// The setting that decided.
    pub setting: Option<Setting>,
    /// How the person was chosen: "the new assigned user".
    pub chosen: String,
    /// All of it in one sentence to the person: "You were told because …" or "… was not told because …".
    pub sentence: String,
}

impl Why {
    /// Somebody pressed Notify and named the person, or a group of theirs.
    pub fn by_hand(sender: &str, record: Option<(Arc<str>, Arc<str>)>) -> Self {
        Self {
            trigger: "manual",
            records: record.into_iter().collect(),
            cause: format!("{sender} notified people by hand"),
            setting: None,
            chosen: format!("named by {sender}, or a member of a group that was"),
            sentence: format!("{sender} sent it to you by hand."),
        }
    }

    /// Somebody tried how notifications reach them.
    pub(super) fn test() -> Self {
        Self {
            trigger: "test",
            records: Vec::new(),
            cause: "You asked for a test".to_owned(),
            setting: None,
            chosen: "who asked for it".to_owned(),
            sentence: "You sent yourself a test.".to_owned(),
        }
    }

    /// Each record that it is about; nothing where it is about none, once.
    fn about(&self) -> Vec<(Option<&str>, Option<&str>)> {
        if self.records.is_empty() {
            return vec![(None, None)];
        }
        self.records.iter().map(|(module, id)| (Some(&**module), Some(&**id))).collect()
    }
}

/// What was decided about a user because of a record, or because of nothing that is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// When.
    pub at: Instant,
    /// The notification; `None` where the user was not told.
    pub notification_id: Option<i64>,
    /// About whom.
    pub user_id: i64,
    /// Module of the record.
    pub module: Option<String>,
    /// Id of the record.
    pub record_id: Option<String>,
    /// Name of the trigger.
    pub trigger: String,
    /// What happened.
    pub cause: String,
    /// The setting that decided.
    pub setting: Option<Setting>,
    /// How the person was chosen.
    pub chosen: String,
    /// All of it in one sentence to the person.
    pub sentence: String,
}

/// A reason, and what became of it on each way out.
#[derive(Clone, Debug)]
struct Explained {
    reason: Reason,
    passages: Vec<Passage>,
}

impl Notifications {
    /// Keeps why people were not told who could have expected to be.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_silent_in(&self, tx: &mut Tx, silent: &[(i64, Why)]) -> Result<(), storage::Error> {
        let kept = |(user_id, why)| Kept { notification_id: None, user_id, why };
        let kept: Vec<Kept<'_>> = silent.iter().map(|(user_id, why)| kept((*user_id, why))).collect();
        store::insert(tx, &kept, self.clock.now()).await
    }

    /// What was decided about a user because of a record, newest first, each with what became of it on the ways out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn decided_in(
        &self,
        tx: &mut Tx,
        user_id: i64,
        record: (&str, &str),
        most: i64,
    ) -> Result<Vec<(Reason, Vec<Passage>)>, storage::Error> {
        let mut decided = Vec::new();
        for reason in store::about(tx, user_id, record, most).await? {
            let passages = match reason.notification_id {
                Some(id) => self.deliveries.passages_in(tx, id).await?,
                None => Vec::new(),
            };
            decided.push((reason, passages));
        }
        Ok(decided)
    }

    /// Why a user has a notification of theirs.
    async fn why(&self, user_id: i64, id: i64) -> Result<Explained, Error> {
        let this = self.clone();
        self.database.read(move |tx| Box::pin(async move { this.why_in(tx, user_id, id).await })).await
    }

    async fn why_in(&self, tx: &mut Tx, user_id: i64, id: i64) -> Result<Explained, Error> {
        let (content, created_at) =
            super::store::contents(tx, user_id, &[id]).await?.remove(&id).ok_or(Error::NotFound)?;
        let passages = self.deliveries.passages_in(tx, id).await?;
        // A second row says only that there are several records.
        let mut rows = store::of_notification(tx, id, 2).await?.into_iter();
        let reason = match (rows.next(), rows.next()) {
            (Some(first), Some(_)) => Reason { record_id: None, ..first },
            (Some(only), None) => only,
            (None, _) => unsaid(&content, id, created_at, &passages),
        };
        Ok(Explained { reason, passages })
    }
}

/// Where something came from of which no reason is kept: a program's, or older than reasons are.
fn unsaid(content: &super::NewNotification, id: i64, at: Instant, passages: &[Passage]) -> Reason {
    let is_by_hand = passages.first().is_some_and(|passage| passage.sending == "manual");
    let (trigger, cause, chosen) = match is_by_hand {
        true => {
            ("manual", "Somebody sent it by hand", "named by its sender, or a member of a group that was")
        }
        false => ("api", "A program sent it through the API", "named by the program as its recipient"),
    };
    let ticket = content.related_ticket_id.map(|ticket| ticket.to_string());
    Reason {
        at,
        notification_id: Some(id),
        user_id: content.user_id,
        module: ticket.is_some().then(|| "tickets".to_owned()),
        record_id: ticket,
        trigger: trigger.to_owned(),
        cause: cause.to_owned(),
        setting: None,
        chosen: chosen.to_owned(),
        sentence: format!("{cause}."),
    }
}
