//! The templates of what is due: their newest wordings, read once for all that is claimed together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::store::Claimed;
use crate::channel::{Filled, Print};
use crate::storage::{Error, Tx};
use crate::template::custom::{self, LetterUse, PrintUse, Wording};

/// Wordings by the ids of their templates; what is not there was deleted.
#[derive(Debug, Default)]
pub(super) struct Wordings(HashMap<i64, Arc<Wording>>);

impl Wordings {
    /// Those that these rows are written and printed by.
    pub async fn of(tx: &mut Tx, rows: &[Claimed]) -> Result<Self, Error> {
        let ids: BTreeSet<i64> = rows.iter().flat_map(template_ids).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let found = custom::wordings_in(tx, &ids).await?;
        Ok(Self(found.into_iter().map(|(id, wording)| (id, Arc::new(wording))).collect()))
    }

    /// A letter made ready to be written.
    pub fn letter(&self, used: Option<&LetterUse>) -> Option<Filled> {
        used.map(|used| self.filled(used.template_id, &used.data))
    }

    /// Files made ready to be printed.
    pub fn prints(&self, used: &[PrintUse]) -> Vec<Print> {
        let print = |used: &PrintUse| Print {
            file_name: used.file_name.clone(),
            filled: self.filled(used.template_id, &used.data),
        };
        used.iter().map(print).collect()
    }

    fn filled(&self, template_id: i64, data: &serde_json::Value) -> Filled {
        Filled { wording: self.0.get(&template_id).cloned(), data: Arc::new(data.clone()) }
    }
}

fn template_ids(row: &Claimed) -> impl Iterator<Item = i64> {
    let outside = row.outside.as_deref();
    let letter = outside.map_or(&row.mail.letter, |outside| &outside.letter);
    let prints = outside.map_or(&row.mail.prints, |outside| &outside.prints);
    letter.iter().map(|used| used.template_id).chain(prints.iter().map(|used| used.template_id))
}
