//! Timers: promises to look again at an instant, kept in the database beside what they are about.
//!
//! A record's timers are written by whoever holds the record: a change of it, a firing, or a computation anew. On
//! SQLite there is one writer. On PostgreSQL each of them first locks the record and then touches its timers, so for
//! one record they stand in a line, and what each of them reads is what the one before it left:
//!
//! - *A record changes while its timer falls due.* Whoever locks the record first comes first. Where it is the change,
//!   the firing passes the timer over (SKIP LOCKED) and finds on its next look what the change made of it; where it is
//!   the firing, the change finds what has fired among what triggers may know. Firing never waits for a lock on a
//!   record, and so is never part of a circle.
//! - *Two nodes.* They pass over what the other one holds. Should two ever fire the same all the same, the row in
//!   `fired_timers` decides: it is unique, and written in the transaction of the notification.
//! - *A user moves to another time zone while a record is written.* Whoever writes timers first locks the assigned
//!   users against changes, after the records and before anything else, and then reads their zones. Whoever changes a
//!   user locks no record, so this is no circle. Where the record comes first, the computation anew finds it; where
//!   the user does, the timers are computed from the new zone.
//! - *A crash.* Before the commit nothing has happened and the timer stands; after it the row stands and the timer is
//!   gone. Between the two there is nothing.
//! - *Settings change while timers fire.* Each timer is judged as it falls due by the settings of that moment
//!   ([`Trigger::on_due`](super::Trigger::on_due)); those that others would have been due earlier are computed anew. A
//!   node that does not know of the change yet notes whose timers it computed, and they are computed again. Turning to
//!   another basis waits for whoever computes from the one before.
//! - *A trigger is new.* Where its timers were never computed, the records are older than it: what was over by then counts as
//!   fired, if the trigger wants so ([`Trigger::leaves_history`](super::Trigger::leaves_history)). An upgrade alarms nobody.
//! - *The clock is stepped.* Forward: everything is due at once, and fires once. Back: what has fired stays fired;
//!   what comes next is the first that has not.

mod fire;
mod forget;
mod rebuild;
pub(super) mod store;

use std::collections::BTreeSet;

use super::engine::Triggers;
use super::ground::Ground;
use super::{Timer, Trigger, View};
use crate::clock::Instant;
use crate::record::Record;
use crate::storage::{Error, Tx};
use store::{Basis, Firing, Stored};

/// What is to be written of timers.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    gone: Vec<Stored>,
    new: Vec<Timer>,
    /// What was over before its trigger was there.
    history: Vec<Timer>,
}

/// What of a module's triggers is so before their timers are compared.
struct Standing {
    /// Those that leave history and whose timers were never computed.
    new: Vec<&'static str>,
    /// Whether timers are to be computed from something else than this node knows.
    is_doubtful: bool,
}

impl Triggers {
    /// Brings the timers of records into line with what the records are now; those of records that are gone, go.
    pub(super) async fn set_timers_in(
        &self,
        tx: &mut Tx,
        standing: &[&Record],
        gone: &[&Record],
        ground: &Ground,
    ) -> Result<(), Error> {
        let view = ground.view();
        let mut difference = Difference::default();
        for (module, records) in self.timed(standing) {
            let triggers = self.standing_in(tx, &module, &view).await?;
            let ids: Vec<&str> = records.iter().map(|record| &*record.id).collect();
            let stored = store::of_records(tx, &module, &ids).await?;
            for record in &records {
                let own = stored.iter().filter(|timer| timer.record_id == record.id);
                self.compare(record, own.cloned().collect(), &triggers.new, &view, &mut difference);
            }
            if triggers.is_doubtful {
                // They are computed anew a little later.
                let users: BTreeSet<i64> = records.iter().filter_map(|record| record.assigned_to).collect();
                store::look_again(tx, &users).await?;
            }
        }
        for (module, records) in self.timed(gone) {
            let ids: Vec<&str> = records.iter().map(|record| &*record.id).collect();
            difference.gone.extend(store::of_records(tx, &module, &ids).await?);
        }
        store::delete(tx, &difference.gone).await?;
        store::put(tx, &difference.new).await?;
        let history: Vec<Firing> = difference.history.into_iter().map(Firing::noted).collect();
        store::fire(tx, &history, view.now).await?;
        if let Some(first) = difference.new.iter().map(|timer| timer.due_at).min() {
            let bell = self.inner.bell.clone();
            tx.after_commit(move || bell.ring_for(first));
        }
        Ok(())
    }

    pub(super) fn of_module<'t>(&'t self, module: &'t str) -> impl Iterator<Item = &'t dyn Trigger> + 't {
        let timed = self.inner.triggers.iter().map(AsRef::as_ref);
        timed.filter(move |trigger| trigger.timed_module() == Some(module))
    }

    fn timer<'t>(&'t self, stored: &'t Stored) -> Option<(&'t dyn Trigger, Timer)> {
        let Stored { module, record_id, occurrence, due_at, .. } = stored.clone();
        let trigger = self.of_module(&stored.module).find(|trigger| trigger.name() == stored.trigger)?;
        Some((trigger, Timer { trigger: trigger.name(), module, record_id, occurrence, due_at }))
    }

    /// What is other than it should be of a record's timers.
    fn compare(
        &self,
        record: &Record,
        stored: Vec<Stored>,
        new: &[&str],
        view: &View<'_>,
        difference: &mut Difference,
    ) {
        let of_module = self.of_module(&record.module);
        let mut wanted: Vec<Timer> = of_module.flat_map(|trigger| trigger.timers(record, view)).collect();
        wanted.retain(|timer| !view.has_fired(record, timer.trigger, &timer.occurrence));
        for timer in stored {
            let Some(index) = wanted.iter().position(|wanted| timer.is_for(wanted)) else {
                if !self.still_stands(&timer, record, view) {
                    difference.gone.push(timer);
                }
                continue;
            };
            // What has been due since a while says how late it is.
            let is_due = |at: Instant| at <= view.now;
            if timer.due_at == wanted[index].due_at || (is_due(timer.due_at) && is_due(wanted[index].due_at))
            {
                wanted.swap_remove(index);
            }
        }
        let is_history = |timer: &Timer| timer.due_at <= view.now && new.contains(&timer.trigger);
        let (history, ahead): (Vec<Timer>, Vec<Timer>) = wanted.into_iter().partition(is_history);
        difference.history.extend(history);
        difference.new.extend(ahead);
    }

    /// Whether a timer is due and only waits for its turn: nothing may take it away that leaves its record as it was.
    fn still_stands(&self, timer: &Stored, record: &Record, view: &View<'_>) -> bool {
        timer.due_at <= view.now
            && self
                .timer(timer)
                .is_some_and(|(trigger, timer)| !trigger.on_due(&timer, record, view).is_empty())
    }

    /// From what the timers of a module's triggers are computed: nobody turns to anything else until this transaction ends.
    async fn standing_in(&self, tx: &mut Tx, module: &str, view: &View<'_>) -> Result<Standing, Error> {
        let mut standing = Standing { new: Vec::new(), is_doubtful: false };
        for trigger in self.of_module(module) {
            let basis = store::basis_held(tx, trigger.name()).await?;
            if trigger.leaves_history() && basis.as_ref().is_none_or(Basis::is_first) {
                standing.new.push(trigger.name());
            }
            let is_ours = basis.is_some_and(|basis| basis.wanted() == trigger.basis(view.settings));
            standing.is_doubtful |= !is_ours;
        }
        Ok(standing)
    }
}
