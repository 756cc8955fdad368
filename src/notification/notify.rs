//! The one door: whatever reaches an inbox or leaves by a channel goes through here, in one transaction.

use std::sync::Arc;

use super::feed;
use super::store::Placed;
use super::why::store::Kept;
use super::why::{self, Why};
use super::{Error, NewNotification, Notifications, Stored, store};
use crate::clock::Instant;
use crate::delivery::{Asked, Chosen, Mail, Sending, Ways};
use crate::storage::{self, Tx};

/// What somebody is to hear, and how it came to be sent.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The notification.
    pub new: Arc<NewNotification>,
    /// How it came to be sent: which of the user's choices count.
    pub sending: Sending,
    /// What its sender asked for beside what the type's setting says; API sends only.
    pub wants: Ways,
    /// The record it is about, module and id: users may mute one.
    pub record: Option<(Arc<str>, Arc<str>)>,
    /// What an e-mail of it has beside its words.
    pub mail: Option<Mail>,
    /// Why its user is told; kept with it. Programs that send by the API need not say.
    pub why: Option<Why>,
}

impl Notice {
    /// What a program sends.
    pub fn api(new: Arc<NewNotification>, wants: Ways) -> Self {
        Self { wants, ..Self::of(new, Sending::Api) }
    }

    /// A notification about the ticket that it names, if it names one.
    pub fn of(new: Arc<NewNotification>, sending: Sending) -> Self {
        let record = new.related_ticket_id.map(|id| (Arc::from("tickets"), Arc::from(id.to_string())));
        Self { new, sending, wants: Ways::default(), record, mail: None, why: None }
    }

    /// What the ways out need to know of it once it is stored.
    pub(super) fn asked(&self, notification_id: i64) -> Asked {
        Asked {
            notification_id,
            user_id: self.new.user_id,
            kind: self.new.kind.clone(),
            sending: self.sending,
            wants: self.wants,
            record: self.record.clone(),
            mail: self.mail.clone(),
        }
    }
}

/// A notification that is stored, and where it goes beside the centre.
#[derive(Clone, Debug)]
pub struct Told {
    /// The notification.
    pub stored: Stored,
    /// One for each channel that was considered.
    pub chosen: Vec<Chosen>,
}

impl Notifications {
    /// Stores notices in a transaction of their own, as [`Notifications::notify_in`] does: what a trigger calls.
    ///
    /// # Errors
    /// What the database says; then none is stored.
    pub async fn notify(&self, notices: Vec<Notice>) -> Result<Vec<Result<Told, Error>>, storage::Error> {
        let notices = Arc::new(notices);
        let this = self.clone();
        let stored = self.database.write(move |tx| {
            let (this, notices) = (this.clone(), notices.clone());
            Box::pin(async move { this.notify_in(tx, &notices).await })
        });
        stored.await
    }

    /// Counts notifications as stored once the transaction is durable: for whoever calls [`Notifications::notify_in`].
    pub fn count_in(&self, tx: &mut Tx, stored: usize) {
        let counter = self.metrics.stored.clone();
        tx.after_commit(move || {
            counter.inc_by(stored as u64);
        });
    }

    /// Stores each notice in its user's inbox with the deliveries that the channel rules choose, in the transaction of
    /// what caused it. Each has its own outcome. Who listens is told, and the ways out look, once it is durable.
    ///
    /// # Errors
    /// What the database says; then none is stored.
    pub async fn notify_in(
        &self,
        tx: &mut Tx,
        notices: &[Notice],
    ) -> Result<Vec<Result<Told, Error>>, storage::Error> {
        let desk = self.desk();
        let news: Vec<Arc<NewNotification>> = notices.iter().map(|notice| notice.new.clone()).collect();
        let placed = store::append(tx, &desk.pending, &news, desk.now).await?;
        let known = notices.iter().zip(&placed);
        let asked: Vec<Asked> =
            known.filter_map(|(notice, placed)| Some(notice.asked(placed.as_ref()?.id))).collect();
        let mut chosen = self.deliveries.plan_in(tx, &asked, desk.now).await?.into_iter();
        keep_why(tx, notices, &placed, desk.now).await?;
        let mut outcomes = Vec::with_capacity(notices.len());
        for (notice, placed) in notices.iter().zip(placed) {
            let Some(placed) = placed else {
                outcomes.push(Err(Error::UserUnknown(notice.new.user_id)));
                continue;
            };
            let stored = Stored::new(placed.id, notice.new.clone(), desk.now);
            let (live, told) = (desk.live.clone(), stored.clone());
            tx.after_commit(move || feed::arrived(&live, &told, &placed));
            outcomes.push(Ok(Told { stored, chosen: chosen.next().unwrap_or_default() }));
        }
        Ok(outcomes)
    }
}

/// Keeps why people are told where it is said: what programs send costs nothing more.
async fn keep_why(
    tx: &mut Tx,
    notices: &[Notice],
    placed: &[Option<Placed>],
    now: Instant,
) -> Result<(), storage::Error> {
    let known = notices.iter().zip(placed);
    let kept: Vec<Kept<'_>> = known
        .filter_map(|(notice, placed)| {
            let (why, notification_id) = (notice.why.as_ref()?, Some(placed.as_ref()?.id));
            Some(Kept { notification_id, user_id: notice.new.user_id, why })
        })
        .collect();
    why::store::insert(tx, &kept, now).await
}
