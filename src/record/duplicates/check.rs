//! Compares what waits in the queue, and writes what came of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::look::{Depth, Looked, letters, look_in};
use super::rules::{Key, Reason};
use super::store::{self, Basis, Queued};
use super::{DuplicateSettings, Pair, Waiting};
use crate::clock::Instant;
use crate::record::Records;
use crate::storage::{Error, Tx};

/// Records that are compared together.
const AT_ONCE: i64 = 20;

/// Records of which is written in one transaction: fewer, for on SQLite whatever is saved meanwhile waits for it.
const WRITTEN_AT_ONCE: usize = 4;

/// Steps in one run, so that a node that stops need not wait for all that waits.
const STEPS: usize = 25;

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something was done: there may be more.
    More,
    /// There is nothing to do before this instant, if one is known.
    Rest(Option<Instant>),
}

/// Saves of a record that are compared as one.
#[derive(Clone, Debug)]
struct Group {
    /// Their places in the queue.
    ids: Vec<i64>,
    /// All of them in one.
    waiting: Waiting,
}

/// What was read to be written.
struct Sheet {
    turn: i64,
    lines: Vec<(Group, Looked)>,
}

impl Records {
    /// Compares saved records with the others of their module, and indexes anew where other rules are in force: to be
    /// called when the bell rings and every second or so. Returns when there is something to do next, where that is
    /// known.
    ///
    /// # Errors
    /// What the database says; what was not done is done the next time.
    pub async fn check_duplicates(&self) -> Result<Option<Instant>, Error> {
        for _ in 0..STEPS {
            if let Step::Rest(until) = self.check_once().await? {
                return Ok(until);
            }
        }
        Ok(Some(self.inner.clock.now()))
    }

    async fn check_once(&self) -> Result<Step, Error> {
        let settings = self.inner.settings.of::<DuplicateSettings>();
        let bases = self.inner.database.read::<_, Error, _>(|tx| Box::pin(store::bases(tx))).await?;
        let is_outdated =
            |module: &str| bases.get(module).map_or("", Basis::wanted) != settings.basis(module);
        let known = bases.keys().map(String::as_str);
        if settings.on().chain(known).any(is_outdated) {
            return self.begin_anew().await;
        }
        let is_ready = |module: &&str| bases.get(*module).is_some_and(|basis| basis.next_basis.is_none());
        let ready: Arc<[String]> = settings.on().filter(is_ready).map(str::to_owned).collect();
        if !ready.is_empty() && self.check_some(&settings, &ready).await? == Step::More {
            return Ok(Step::More);
        }
        let renewing = bases.into_iter().filter(|(_, basis)| basis.next_basis.is_some());
        match renewing.min_by_key(|(_, basis)| basis.begins_at) {
            Some((_, basis)) if basis.begins_at > self.inner.clock.now() => {
                Ok(Step::Rest(Some(basis.begins_at)))
            }
            Some((module, _)) => self.renew(&settings, module.into()).await,
            None => Ok(Step::Rest(None)),
        }
    }

    /// Compares some of what waits.
    async fn check_some(
        &self,
        settings: &Arc<DuplicateSettings>,
        modules: &Arc<[String]>,
    ) -> Result<Step, Error> {
        match self.check_batch(settings, modules, AT_ONCE).await {
            // One that cannot be compared must not hold up those beside it.
            Err(Error::Fault(_)) => {}
            checked => return checked,
        }
        for module in modules.iter() {
            let alone: Arc<[String]> = Arc::new([module.clone()]);
            if let Err(Error::Fault(fault)) = self.check_batch(settings, &alone, 1).await {
                tracing::error!(
                    module,
                    "A record cannot be compared with others and is passed over: {fault}"
                );
                self.pass_over(module.clone()).await?;
            }
        }
        Ok(Step::More)
    }

    async fn pass_over(&self, module: String) -> Result<(), Error> {
        let passed = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let ids: Vec<i64> =
                    store::queued(tx, &module, 1).await?.iter().map(|queued| queued.id).collect();
                store::unqueue(tx, &ids).await
            })
        });
        passed.await
    }

    async fn check_batch(
        &self,
        settings: &Arc<DuplicateSettings>,
        modules: &Arc<[String]>,
        most: i64,
    ) -> Result<Step, Error> {
        let (own, modules) = (settings.clone(), modules.clone());
        let sheet = self.inner.database.read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let turn = store::turn(tx).await?;
                let mut queued = Vec::new();
                for module in modules.iter() {
                    queued.extend(store::queued(tx, module, most).await?);
                }
                let groups = grouped(queued);
                let numbers: Vec<i64> = groups.iter().map(|group| group.waiting.number).collect();
                let looked = look_in(tx, &numbers, &own, Depth::Save).await?;
                Ok(Sheet { turn, lines: groups.into_iter().zip(looked).collect() })
            })
        });
        let sheet = sheet.await?;
        if sheet.lines.is_empty() {
            return Ok(Step::Rest(None));
        }
        self.write(sheet, settings).await.map(|()| Step::More)
    }

    /// Writes what was read, a few records at a time, for as long as nobody comes between.
    async fn write(&self, sheet: Sheet, settings: &Arc<DuplicateSettings>) -> Result<(), Error> {
        let mut lines = sheet.lines.into_iter();
        for turn in sheet.turn.. {
            let some: Vec<(Group, Looked)> = lines.by_ref().take(WRITTEN_AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let (this, settings) = (self.clone(), settings.clone());
            let written = self.inner.database.write::<_, Error, _>(move |tx| {
                Box::pin(async move { this.write_in(tx, turn, some, &settings).await })
            });
            if !written.await? {
                // Another node came first: what it left is read anew.
                break;
            }
        }
        Ok(())
    }

    /// Writes what came of some records. Returns `false`, and writes nothing, where another node took this turn.
    async fn write_in(
        &self,
        tx: &mut Tx,
        turn: i64,
        lines: Vec<(Group, Looked)>,
        settings: &DuplicateSettings,
    ) -> Result<bool, Error> {
        if !store::take_turn(tx, turn).await? {
            return Ok(false);
        }
        let (groups, mut looked): (Vec<Group>, Vec<Looked>) = lines.into_iter().unzip();
        look_again_in(tx, &mut looked).await?;
        put_in(tx, &looked, self.inner.clock.now()).await?;
        self.tell_in(tx, groups.iter().map(|group| &group.waiting).zip(&looked), settings).await?;
        let ids: Vec<i64> = groups.iter().flat_map(|group| group.ids.iter().copied()).collect();
        store::unqueue(tx, &ids).await?;
        Ok(true)
    }
}

/// One for each record: what somebody saved several times is compared once. What another one saved in between waits for
/// the next turn, for of that others are told.
fn grouped(queued: Vec<Queued>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Queued { id, waiting } in queued {
        let Some(group) = groups.iter_mut().find(|group| group.waiting.number == waiting.number) else {
            groups.push(Group { ids: vec![id], waiting });
            continue;
        };
        if (group.waiting.actor_id, &group.waiting.actor) == (waiting.actor_id, &waiting.actor) {
            group.ids.push(id);
            group.waiting.is_new |= waiting.is_new;
            group.waiting.is_told |= waiting.is_told;
        }
    }
    groups
}

/// Brings known pairs to how they are now: somebody may have dismissed one since it was read, which takes no turn.
async fn look_again_in(tx: &mut Tx, looked: &mut [Looked]) -> Result<(), Error> {
    let matches = || looked.iter().flat_map(|one| &one.matches);
    let ids: Vec<i64> = matches().filter_map(|found| found.pair.as_ref()).map(|pair| pair.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let pairs: HashMap<i64, Pair> =
        store::pairs(tx, &ids).await?.into_iter().map(|pair| (pair.id, pair)).collect();
    for pair in looked.iter_mut().flat_map(|one| &mut one.matches).filter_map(|found| found.pair.as_mut()) {
        if let Some(now) = pairs.get(&pair.id) {
            *pair = now.clone();
        }
    }
    Ok(())
}

/// Writes what came of a look: the index and the pairs.
pub(super) async fn put_in(tx: &mut Tx, looked: &[Looked], now: Instant) -> Result<(), Error> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for one in looked.iter().filter(|one| one.had != one.keys) {
        old.extend(one.had.iter().filter(|key| !one.keys.contains(key)).map(|key| (key.clone(), one.number)));
        new.extend(one.keys.iter().filter(|key| !one.had.contains(key)).map(|key| (key.clone(), one.number)));
        store::put_entry(tx, one.number, &one.keys).await?;
    }
    store::delete_keys(tx, &old).await?;
    store::delete_threes(tx, &threes(&old)).await?;
    store::put_keys(tx, &new).await?;
    store::put_threes(tx, &threes(&new)).await?;
    for one in looked {
        put_pairs_in(tx, one, now).await?;
    }
    let gone: Vec<i64> = looked.iter().flat_map(|one| one.gone.iter().copied()).collect();
    store::delete_pairs(tx, &gone).await
}

fn threes(keys: &[(Key, i64)]) -> Vec<store::Three> {
    let of = |(key, number): &(Key, i64)| {
        let (rule, number) = (key.0.clone(), *number);
        letters(key).into_iter().map(move |three| (rule.clone(), three, number)).collect::<Vec<_>>()
    };
    keys.iter().flat_map(of).collect()
}

async fn put_pairs_in(tx: &mut Tx, one: &Looked, now: Instant) -> Result<(), Error> {
    let Some(record) = &one.record else { return Ok(()) };
    for found in &one.matches {
        let is_newer = record.number > found.other.number;
        let numbers = match is_newer {
            true => (record.number, found.other.number),
            false => (found.other.number, record.number),
        };
        let reasons: Vec<Reason> = match is_newer {
            true => found.reasons.clone(),
            false => found.reasons.iter().cloned().map(Reason::turned).collect(),
        };
        if found.pair.as_ref().is_none_or(|pair| pair.reasons != reasons) {
            store::put_pair(tx, &record.module, numbers, &reasons, now, found.lifts()).await?;
        }
    }
    Ok(())
}
