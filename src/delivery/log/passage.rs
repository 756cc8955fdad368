//! What became of one notification on each way out, for whoever asks why it came or did not.

use serde::Serialize;
use utoipa::ToSchema;

use super::{COPIED, Entry, Filter, store};
use crate::delivery::{Deliveries, Reason};
use crate::storage::{Error, Tx};

/// More ways out than there are, with every fallback and repetition.
const MOST: usize = 50;

/// What became of a notification on one way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Passage)]
pub struct Passage {
    /// email, teams, ringcentral, slack, google_chat, webhook
    #[schema(example = "email")]
    pub channel: String,
    /// pending, sent, final, suppressed
    #[schema(example = "suppressed")]
    pub state: String,
    /// Why it is suppressed or final, or null
    #[schema(required, example = "choice")]
    pub reason: Option<&'static str>,
    /// In a sentence: why it went out, waits, or did not go out
    pub explanation: &'static str,
    /// How it came to be sent.
    #[serde(skip)]
    pub sending: String,
}

impl Deliveries {
    /// What became of a notification on each way out, in the order in which they were decided.
    ///
    /// # Errors
    /// What the database says.
    pub async fn passages_in(&self, tx: &mut Tx, notification_id: i64) -> Result<Vec<Passage>, Error> {
        let now = self.inner.clock.now();
        let filter = Filter { notification_id: Some(notification_id), limit: MOST, ..Filter::default() };
        let entries = store::list(tx, &filter).await?;
        let passage = |entry: Entry| Passage {
            explanation: match (entry.reason, entry.state.as_str()) {
                (Some(reason), _) => reason.explanation(),
                (None, "sent") if entry.is_copy => COPIED,
                (None, "sent") => "It was sent.",
                (None, _) => entry.waiting(now).unwrap_or("It is on its way."),
            },
            reason: entry.reason.map(Reason::code),
            channel: entry.channel,
            state: entry.state,
            sending: entry.sending,
        };
        Ok(entries.into_iter().rev().map(passage).collect())
    }
}
