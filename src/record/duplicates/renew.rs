//! Indexes a module anew where other rules are in force, record by record, and tells nobody of what was there before.

use std::sync::Arc;
use std::time::Duration;

use super::DuplicateSettings;
use super::check::{Step, put_in};
use super::look::{Depth, Looked, look_in};
use super::store::{self, Basis};
use crate::record::Records;
use crate::record::store as records;
use crate::storage::{Engine, Error, Tx};

/// Records that are indexed in one transaction.
const PAGE: i64 = 50;

/// Every node knows of other settings after this. Until then one may save a record by the rules before: from then on
/// what it saved is found by going through all of them.
const KNOWN_AFTER: Duration = Duration::from_secs(3);

/// What was read to be written.
struct Page {
    turn: i64,
    /// Number of its last record; `None`: there are no more.
    to: Option<i64>,
    looked: Vec<Looked>,
}

impl Records {
    /// Has every module be indexed anew whose rules are not those that it is indexed by.
    pub(super) async fn begin_anew(&self) -> Result<Step, Error> {
        // What another node was told a moment ago must not be undone by what this one knew before.
        self.inner.settings.refresh().await?;
        let settings = self.inner.settings.of::<DuplicateSettings>();
        let begins_at = match self.inner.database.engine() {
            Engine::Sqlite => self.inner.clock.now(),
            Engine::Postgres => self.inner.clock.now().plus(KNOWN_AFTER),
        };
        let begun = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let bases = store::bases(tx).await?;
                let known = bases.keys().map(String::as_str).filter(|module| !settings.is_on(module));
                for module in settings.on().chain(known) {
                    let basis = settings.basis(module);
                    if bases.get(module).map_or("", Basis::wanted) != basis {
                        store::begin_anew(tx, module, &basis, begins_at).await?;
                    }
                }
                Ok(())
            })
        });
        begun.await.map(|()| Step::More)
    }

    /// Indexes the next records of a module.
    pub(super) async fn renew(
        &self,
        settings: &Arc<DuplicateSettings>,
        module: Arc<str>,
    ) -> Result<Step, Error> {
        match self.renew_page(settings, &module, PAGE).await {
            // One that cannot be indexed must not hold up those beside it.
            Err(Error::Fault(_)) => {}
            renewed => return renewed.map(|()| Step::More),
        }
        for _ in 0..PAGE {
            if let Err(Error::Fault(fault)) = self.renew_page(settings, &module, 1).await {
                tracing::error!(%module, "A record cannot be compared with others and is passed over: {fault}");
                self.pass_over_next(module.clone()).await?;
            }
        }
        Ok(Step::More)
    }

    async fn renew_page(
        &self,
        settings: &Arc<DuplicateSettings>,
        module: &Arc<str>,
        most: i64,
    ) -> Result<(), Error> {
        let (own, name) = (settings.clone(), module.clone());
        let page = self
            .inner
            .database
            .read::<_, Error, _>(move |tx| Box::pin(async move { page_in(tx, &name, &own, most).await }));
        let Some(page) = page.await? else { return Ok(()) };
        let (settings, module, clock) = (settings.clone(), module.clone(), self.inner.clock.clone());
        let written = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if !store::take_turn(tx, page.turn).await? {
                    return Ok(());
                }
                let basis = settings.basis(&module);
                put_in(tx, &page.looked, clock.now()).await?;
                if let Some(to) = page.to {
                    return store::done_to(tx, &module, &basis, to).await;
                }
                if basis.is_empty() {
                    store::unqueue_all(tx, &module).await?;
                }
                store::end_anew(tx, &module, &basis).await
            })
        });
        written.await
    }

    async fn pass_over_next(&self, module: Arc<str>) -> Result<(), Error> {
        let passed = self.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let Some(basis) = store::bases(tx).await?.remove(&*module) else { return Ok(()) };
                let next = records::batch(tx, &module, basis.done_to, 1).await?;
                match next.first() {
                    Some(record) => store::done_to(tx, &module, basis.wanted(), record.number).await,
                    None => Ok(()),
                }
            })
        });
        passed.await
    }
}

/// The next records of a module, compared; `None` where it is to be indexed by other rules than this node knows.
async fn page_in(
    tx: &mut Tx,
    module: &str,
    settings: &DuplicateSettings,
    most: i64,
) -> Result<Option<Page>, Error> {
    let turn = store::turn(tx).await?;
    let basis = store::bases(tx).await?.remove(module);
    let own = settings.basis(module);
    let Some(basis) = basis.filter(|basis| basis.next_basis.as_ref() == Some(&own)) else { return Ok(None) };
    let numbers: Vec<i64> =
        records::batch(tx, module, basis.done_to, most).await?.iter().map(|record| record.number).collect();
    let looked = look_in(tx, &numbers, settings, Depth::Index).await?;
    Ok(Some(Page { turn, to: numbers.last().copied(), looked }))
}
