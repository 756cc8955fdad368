//! What happened to each inbox, revision by revision, as the database itself holds it.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;

use super::event::What;
use crate::database::Store;

/// What a revision was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This notification came; `None` if it was removed later, so that the database holds no more of it.
    Came(Option<i64>),
    /// What is written down.
    Did(What),
}

/// One inbox's past.
#[derive(Debug, Default)]
pub struct History {
    /// From the first revision on: the first one is 1.
    pub steps: Vec<Step>,
    /// At which revision each was removed.
    pub removed: HashMap<i64, i64>,
    /// How many notifications came, by the steps and by the inbox itself.
    pub came: (i64, i64),
}

impl History {
    /// Whether `step`, at `rev`, need not be told again: what it was about is removed later.
    pub fn is_moot(&self, rev: i64, step: Step) -> bool {
        match step {
            Step::Came(None) => true,
            Step::Did(What::Changed(id)) => self.removed.get(&id).is_some_and(|removed| *removed > rev),
            _ => false,
        }
    }

    /// Whether this is how `step`, at `rev`, is told.
    pub fn is_told_by(&self, rev: i64, step: Step, what: What) -> bool {
        match (step, what) {
            (Step::Came(Some(came)), What::Created(id)) => came == id,
            (Step::Came(None), What::Created(id)) => {
                self.removed.get(&id).is_some_and(|removed| *removed > rev)
            }
            (Step::Did(did), what) => did == what,
            _ => false,
        }
    }
}

/// Every inbox's past, by user.
pub async fn read(store: &Store) -> anyhow::Result<BTreeMap<i64, History>> {
    let mut numbered: HashMap<(i64, i64), i64> = HashMap::new();
    for row in numbers(store, &["user_id", "seq", "id"], "notification_contents").await? {
        numbered.insert((known(row[0])?, known(row[1])?), known(row[2])?);
    }
    let mut changes: HashMap<(i64, i64), What> = HashMap::new();
    let columns = ["user_id", "revision", "kind", "notification_id"];
    for row in numbers(store, &columns, "inbox_changes").await? {
        let what = match (known(row[2])?, row[3]) {
            (0, Some(id)) => What::Changed(id),
            (1, Some(id)) => What::Removed(id),
            (2, up_to) => What::Read(up_to),
            _ => What::Reset,
        };
        changes.insert((known(row[0])?, known(row[1])?), what);
    }
    let mut histories = BTreeMap::new();
    for row in numbers(store, &["user_id", "revision", "head_seq"], "inboxes").await? {
        let (user, revision, head_seq) = (known(row[0])?, known(row[1])?, known(row[2])?);
        let mut history = History::default();
        for rev in 1..=revision {
            history.steps.push(match changes.get(&(user, rev)) {
                Some(what) => {
                    if let What::Removed(id) = what {
                        history.removed.insert(*id, rev);
                    }
                    Step::Did(*what)
                }
                None => {
                    history.came.0 += 1;
                    Step::Came(numbered.get(&(user, history.came.0)).copied())
                }
            });
        }
        history.came.1 = head_seq;
        histories.insert(user, history);
    }
    Ok(histories)
}

fn known(number: Option<i64>) -> anyhow::Result<i64> {
    number.context("a column that is never null is null")
}

async fn numbers(store: &Store, columns: &[&str], table: &str) -> anyhow::Result<Vec<Vec<Option<i64>>>> {
    let columns: Vec<String> = columns.iter().map(|name| format!("CAST({name} AS TEXT)")).collect();
    let rows = store.texts(&format!("SELECT {} FROM {table}", columns.join(", "))).await?;
    Ok(rows.into_iter().map(|row| row.iter().map(|text| text.parse().ok()).collect()).collect())
}
