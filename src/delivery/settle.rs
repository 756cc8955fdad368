//! What became of a try, and what follows from it: try again, fall back to e-mail, switch a webhook off.

use super::plan::COMPANY;
use super::store::{self, Claimed, Planned};
use super::{Deliveries, EMAIL, Reason, Sending, backoff};
use crate::channel::Outcome;
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user::choice;

/// The most that is kept of what a target wrote, in bytes.
const DETAIL: usize = 2_048;

/// What became of a delivery of this node.
#[derive(Clone, Debug)]
pub(super) struct Settlement {
    pub row: Claimed,
    /// The try that was made, if one was.
    pub attempt: Option<Attempt>,
    pub then: Then,
}

/// One try.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub at: Instant,
    pub duration_ms: i64,
    /// `sent`, `later`, `never`, or `unknown` where a process died.
    pub outcome: &'static str,
    pub status: Option<u16>,
    /// What may be shown to whom the target belongs, and what it wrote.
    pub summary: String,
    pub detail: Option<String>,
    /// Whether the target itself is gone for good.
    pub is_gone: bool,
}

/// What follows.
#[derive(Clone, Debug)]
pub(super) enum Then {
    Sent,
    Again(Instant),
    Final(Reason),
    Suppressed(Reason),
    /// This delivery carried it along.
    Folded(String),
    /// Not tried: it waits.
    Back {
        due_at: Instant,
        held: bool,
    },
}

impl Attempt {
    /// Of a process that died: nobody knows.
    pub fn unknown(now: Instant) -> Self {
        Self {
            at: now,
            duration_ms: 0,
            outcome: "unknown",
            status: None,
            summary: "The server stopped while this was under way; it may have arrived.".to_owned(),
            detail: None,
            is_gone: false,
        }
    }

    /// Whether it is one of the schedule's.
    pub fn counts(&self) -> bool {
        self.outcome != "unknown"
    }

    /// Of a try that came to its end.
    pub fn of(outcome: &Outcome, at: Instant, duration_ms: i64) -> Self {
        let answer = outcome.answer();
        let name = match outcome {
            Outcome::Sent(_) => "sent",
            Outcome::Later { .. } | Outcome::Busy(_) => "later",
            Outcome::Never { .. } => "never",
        };
        Self {
            at,
            duration_ms,
            outcome: name,
            status: answer.status,
            summary: answer.summary.clone(),
            detail: answer.detail.clone(),
            is_gone: matches!(outcome, Outcome::Never { gone: true, .. }),
        }
    }

    /// The first line is our own sentence, what follows are the target's words.
    pub fn words(&self) -> String {
        let mut words = self.summary.replace('\n', " ");
        if let Some(detail) = &self.detail {
            words.push('\n');
            let end = (0..=DETAIL.min(detail.len())).rev().find(|end| detail.is_char_boundary(*end));
            // PostgreSQL takes no NUL.
            words.push_str(&detail[..end.unwrap_or(0)].replace('\0', "\u{2400}"));
        }
        words
    }
}

/// What follows from the outcome of a try of this delivery.
pub(super) fn follows(row: &Claimed, outcome: &Outcome, now: Instant) -> Then {
    match outcome {
        Outcome::Sent(_) => Then::Sent,
        Outcome::Never { .. } => Then::Final(Reason::Refused),
        Outcome::Busy(_) => match backoff::wait(&row.id, row.turn(), None, true) {
            Some(wait) => Then::Again(now.plus(wait)),
            None => Then::Final(Reason::Exhausted),
        },
        Outcome::Later { after, patient, .. } => {
            let Some(wait) = backoff::wait(&row.id, row.turn(), *after, *patient) else {
                return Then::Final(Reason::Exhausted);
            };
            match row.ends_at().filter(|_| after.is_none()) {
                Some(ends) if ends <= now => Then::Final(Reason::Exhausted),
                Some(ends) => Then::Again(now.plus(wait).min(ends)),
                None => Then::Again(now.plus(wait)),
            }
        }
    }
}

impl Deliveries {
    /// Writes down what became of deliveries, and does what follows from it, in one transaction.
    pub(super) async fn settle_in(&self, tx: &mut Tx, all: &[Settlement], now: Instant) -> Result<(), Error> {
        let ours = store::settle(tx, &self.inner.node, all, now).await?;
        for settlement in all.iter().filter(|settlement| ours.contains(&settlement.row.id)) {
            let row = &settlement.row;
            if &*row.channel == EMAIL {
                if matches!(settlement.then, Then::Final(_)) {
                    self.copy_instead(tx, row, now).await?;
                }
                continue;
            }
            if let Some(attempt) = &settlement.attempt {
                self.note_health(tx, row, attempt, now).await?;
            }
            if matches!(settlement.then, Then::Final(_)) {
                self.fall_back(tx, row, now).await?;
            }
        }
        Ok(())
    }

    /// Remembers since when a user's own webhook does nothing but fail; after five days, or where its target says
    /// that it is gone, it is switched off and its owner and the administrators are told.
    async fn note_health(
        &self,
        tx: &mut Tx,
        row: &Claimed,
        attempt: &Attempt,
        now: Instant,
    ) -> Result<(), Error> {
        if &*row.target == COMPANY || attempt.outcome == "unknown" {
            return Ok(());
        }
        let is_ok = attempt.outcome == "sent";
        let switched = if attempt.is_gone {
            choice::store::switch_off(
                tx,
                row.user_id,
                &row.target,
                "Its target says that it is gone for good",
                now,
            )
            .await?
        } else {
            choice::store::note_webhook_result(tx, row.user_id, &row.target, is_ok, now).await?
        };
        match (switched, self.origin()) {
            (Some(switched), Some(origin)) => origin.switched_off(tx, &switched).await,
            _ => Ok(()),
        }
    }

    /// A webhook that failed for good falls back to e-mail, once.
    pub(super) async fn fall_back(&self, tx: &mut Tx, row: &Claimed, now: Instant) -> Result<(), Error> {
        if &*row.channel == EMAIL || store::has_mail(tx, row.notification_id).await? {
            return Ok(());
        }
        // What the e-mail that was not chosen would have had.
        let beside = store::mail_of(tx, row.notification_id).await?;
        let outlets = choice::outlets(tx, &[row.user_id]).await?;
        let Some(outlet) = outlets.get(&row.user_id) else {
            return Ok(());
        };
        let narrowed =
            row.sending != Sending::Manual && !outlet.matrix.permits(&row.kind, choice::Family::Email);
        let suppressed = if narrowed {
            Some(Reason::Narrowed)
        } else if outlet.email.is_empty() {
            Some(Reason::NoEmail)
        } else {
            (!self.can_mail()).then_some(Reason::NotConfigured)
        };
        let mail = Planned::instead_of(row, outlet.receive_by, (EMAIL, EMAIL), now);
        let mail = Planned { suppressed, mail: beside, ..mail };
        self.write_in(tx, &[mail]).await
    }
}
