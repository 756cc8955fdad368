//! Where templates are used: which settings name them.

use futures_util::future::BoxFuture;

use super::{Referred, Settings};
use crate::storage::Error;
use crate::template::custom::Uses;

impl Uses for Settings {
    fn uses(&self) -> Vec<(i64, String)> {
        let current = self.inner.current.load();
        let mut uses = Vec::new();
        for group in self.inner.groups.values() {
            let Some(fields) = current.get(group.key).map(|now| now.fields.clone()) else { continue };
            for reference in (group.references)(&fields) {
                if let Referred::Template(_, id) = reference.to {
                    uses.push((id, format!("{}: {}", group.title, reference.field)));
                }
            }
        }
        uses
    }

    fn refresh(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(Settings::refresh(self))
    }
}
