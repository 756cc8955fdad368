//! Computes timers anew where what they were computed from has changed: a setting, or the clock on somebody's wall.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::store;
use crate::record::{Record, Records};
use crate::storage::{Error, Tx};
use crate::trigger::Cause;
use crate::trigger::engine::Triggers;

/// Records whose timers are computed in one transaction.
const PAGE: i64 = 500;

/// Transactions in one run, so that a node that stops need not wait for a million records.
const PAGES: usize = 20;

/// Users whose timers are computed in one run.
const USERS: i64 = 100;

/// Whose timers are computed anew.
enum Work {
    /// Those of the trigger with this index, from this.
    Trigger(usize, Arc<str>),
    /// Those of the user with this id.
    User(i64),
}

/// What is done in one transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The next page of records.
    Page,
    /// The next record.
    One,
    /// The next record is left as it is, if it is the one after this number: another run may have come further.
    PassOver(i64),
}

impl Step {
    fn most(self) -> i64 {
        if self == Step::Page { PAGE } else { 1 }
    }
}

/// A record whose turn it is.
struct Next {
    number: i64,
    module: Arc<str>,
    id: Arc<str>,
    /// Whether nobody else holds it.
    is_held: bool,
}

impl Next {
    fn of(module: &str, rows: Vec<(i64, String, bool)>) -> impl Iterator<Item = Self> {
        let module: Arc<str> = module.into();
        let next = move |(number, id, is_held): (i64, String, bool)| Self {
            number,
            module: module.clone(),
            id: id.into(),
            is_held,
        };
        rows.into_iter().map(next)
    }
}

impl Triggers {
    /// Computes anew some of the timers that rest on something that has changed: to be called every second. Whatever
    /// is left, the next run does, of this node or another one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn renew_timers(&self) -> Result<(), Error> {
        // What another node was told a moment ago must not be undone by what this one knew before.
        self.inner.settings.refresh().await?;
        let mut renewed = Ok(());
        for index in 0..self.inner.triggers.len() {
            if self.inner.triggers[index].timed_module().is_some() {
                renewed = renewed.and(self.renew_by_basis(index).await);
            }
        }
        // Whatever became of those: who travels waits for nobody.
        self.renew_by_zone().await.and(renewed)
    }

    /// Computes some of it, until all is done or it goes no further now.
    async fn renew(&self, work: &Work) -> Result<(), Error> {
        for _ in 0..PAGES {
            let is_over = match self.step(work, Step::Page).await {
                // One that cannot be computed must not hold up those beside it.
                Err(Error::Fault(_)) => self.renew_singly(work).await?,
                stepped => stepped?,
            };
            if is_over {
                break;
            }
        }
        Ok(())
    }

    /// Computes the timers of a page record by record, and passes over those that cannot be computed.
    async fn renew_singly(&self, work: &Work) -> Result<bool, Error> {
        for _ in 0..PAGE {
            let from = self.done_to(work).await?;
            let is_over = match self.step(work, Step::One).await {
                Err(Error::Fault(fault)) => {
                    tracing::error!("The timers of a record cannot be computed: {fault}");
                    self.step(work, Step::PassOver(from)).await?
                }
                stepped => stepped?,
            };
            if is_over {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Up to which record it has come.
    async fn done_to(&self, work: &Work) -> Result<i64, Error> {
        let read = match work {
            Work::Trigger(index, _) => {
                let name = self.inner.triggers[*index].name();
                let read =
                    self.inner.database.read::<_, Error, _>(move |tx| Box::pin(store::basis(tx, name)));
                read.await?.map(|basis| basis.done_to)
            }
            Work::User(user_id) => {
                let user_id = *user_id;
                let read = self
                    .inner
                    .database
                    .read::<_, Error, _>(move |tx| Box::pin(store::zone_change(tx, user_id)));
                read.await?.map(|(_, done_to)| done_to)
            }
        };
        Ok(read.unwrap_or(0))
    }

    /// Returns whether it goes no further now.
    async fn step(&self, work: &Work, step: Step) -> Result<bool, Error> {
        match work {
            Work::Trigger(index, basis) => self.renew_page(*index, basis, step).await,
            Work::User(user_id) => self.renew_page_of_user(*user_id, step).await,
        }
    }

    async fn renew_by_basis(&self, index: usize) -> Result<(), Error> {
        let trigger = &self.inner.triggers[index];
        let basis: Arc<str> = trigger.basis(&self.inner.settings.snapshot()).into();
        let name = trigger.name();
        let stored =
            self.inner.database.read::<_, Error, _>(move |tx| Box::pin(store::basis(tx, name))).await?;
        if stored.as_ref().is_none_or(|stored| stored.wanted() != &*basis) {
            let basis = basis.clone();
            let begun = self.inner.database.write::<_, Error, _>(move |tx| {
                Box::pin(async move { store::begin_anew(tx, name, &basis).await })
            });
            begun.await?;
        } else if stored.is_some_and(|stored| stored.next_basis.is_none()) {
            return Ok(());
        }
        self.renew(&Work::Trigger(index, basis)).await
    }

    /// Computes the next page anew; returns whether it goes no further now: all is done, or another node has turned
    /// to something else, or somebody holds the record that is next.
    async fn renew_page(&self, index: usize, basis: &Arc<str>, step: Step) -> Result<bool, Error> {
        let (this, own) = (self.clone(), basis.clone());
        let renewed = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let trigger = &this.inner.triggers[index];
                let stored = store::basis(tx, trigger.name()).await?;
                let Some(from) = stored.filter(|basis| basis.next_basis.as_deref() == Some(&*own)) else {
                    return Ok(None);
                };
                let module = trigger.timed_module().expect("only triggers with timers are renewed");
                let page = store::page(tx, module, from.done_to, step.most()).await?;
                let page = Next::of(module, page).collect();
                let to = this.page_in(tx, page, from.done_to, step).await?;
                if to.is_none() && from.is_first() && trigger.leaves_history() {
                    say_what_is_history(trigger.name(), store::silent(tx, module, trigger.name()).await?);
                }
                Ok(Some((from.done_to, to)))
            })
        });
        let Some((from, to)) = renewed.await? else {
            return Ok(true);
        };
        // In a transaction of its own: it waits for whoever computes timers, and so must hold no record. Should it be
        // lost, the page is computed once more.
        let (name, basis) = (self.inner.triggers[index].name(), basis.clone());
        let noted = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                match to {
                    None => store::end_anew(tx, name, &basis, from).await,
                    Some(to) => store::done_to(tx, name, &basis, (from, to)).await,
                }
            })
        });
        noted.await?;
        Ok(to.is_none_or(|to| to == from))
    }

    /// Computes the timers of the next records anew; returns how far it came, `None` where there are none. It stops
    /// before a record that somebody else holds, for whoever does may yet leave it as it was.
    async fn page_in(
        &self,
        tx: &mut Tx,
        page: Vec<Next>,
        from: i64,
        step: Step,
    ) -> Result<Option<i64>, Error> {
        if page.is_empty() {
            return Ok(None);
        }
        let held: Vec<Next> = page.into_iter().take_while(|next| next.is_held).collect();
        let to = held.last().map_or(from, |next| next.number);
        if let Step::PassOver(after) = step {
            if after != from {
                return Ok(Some(from));
            }
            for Next { module, id, .. } in &held {
                tracing::error!(%module, %id, "The timers of a record are left as they are");
            }
            return Ok(Some(to));
        }
        let wanted: Vec<(Arc<str>, Arc<str>)> = held.into_iter().map(|next| (next.module, next.id)).collect();
        let records = Records::find_many_in(tx, &wanted).await?;
        let all: Vec<&Record> = records.iter().collect();
        let ground = self.ground_held_in(tx, Cause::Records(&all), []).await?;
        self.set_timers_in(tx, &all, &[], &ground).await?;
        Ok(Some(to))
    }

    async fn renew_by_zone(&self) -> Result<(), Error> {
        let users =
            self.inner.database.read::<_, Error, _>(|tx| Box::pin(store::zone_changes(tx, USERS))).await?;
        for user_id in users {
            self.renew(&Work::User(user_id)).await?;
        }
        Ok(())
    }

    /// Computes the next page of a user anew; returns whether it goes no further now.
    async fn renew_page_of_user(&self, user_id: i64, step: Step) -> Result<bool, Error> {
        let this = self.clone();
        let renewed = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move { this.page_of_user_in(tx, user_id, step).await })
        });
        renewed.await
    }

    async fn page_of_user_in(&self, tx: &mut Tx, user_id: i64, step: Step) -> Result<bool, Error> {
        let Some((asked, from)) = store::zone_change(tx, user_id).await? else {
            return Ok(true);
        };
        let modules: BTreeSet<&str> =
            self.inner.triggers.iter().filter_map(|trigger| trigger.timed_module()).collect();
        let mut page: Vec<Next> = Vec::new();
        for module in modules {
            let rows = store::page_of_user(tx, (module, user_id), from, step.most()).await?;
            page.extend(Next::of(module, rows));
        }
        page.sort_by_key(|next| next.number);
        page.truncate(usize::try_from(step.most()).expect("a page is small"));
        // The user is held from here on, and is so by whoever asks for it again: nobody does between this and the end.
        match self.page_in(tx, page, from, step).await? {
            None => {
                self.other_clocks_in(tx).await?;
                store::forget_zone_change(tx, user_id, (asked, from)).await.map(|()| true)
            }
            Some(to) => {
                store::zone_done_to(tx, user_id, (asked, from), to).await?;
                Ok(to == from || store::zone_change(tx, user_id).await? != Some((asked, to)))
            }
        }
    }

    /// Has every timer computed anew that goes by the clock of somebody else than the assigned user.
    async fn other_clocks_in(&self, tx: &mut Tx) -> Result<(), Error> {
        let settings = self.inner.settings.snapshot();
        for trigger in self.inner.triggers.iter().filter(|trigger| trigger.goes_by_other_clocks()) {
            store::begin_anew(tx, trigger.name(), &trigger.basis(&settings)).await?;
        }
        Ok(())
    }
}

/// To be said once, as the timers of a trigger have been computed for the first time.
fn say_what_is_history(trigger: &str, count: i64) {
    if count > 0 {
        tracing::info!(
            trigger,
            count,
            "What was over before this version first looked is history: nobody is told of it"
        );
    }
}
