//! Judges what settings name: people by their names, e-mail addresses or numbers, and templates by their numbers.

use futures_util::future::BoxFuture;

use super::listed;
use crate::auth::Refusal;
use crate::settings::{Judge, Reference, Referred};
use crate::storage::Tx;

/// Knows people and templates.
pub struct References;

impl Judge for References {
    fn judge<'a>(
        &'a self,
        tx: &'a mut Tx,
        references: &'a [Reference],
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move {
            for reference in references {
                match &reference.to {
                    Referred::People(list) => listed::judge_in(tx, reference.field, list).await?,
                    Referred::Person(id) => listed::judge_one_in(tx, reference.field, *id).await?,
                    Referred::Template(kind, id) => template_exists(tx, reference.field, kind, *id).await?,
                }
            }
            Ok(())
        })
    }
}

/// # Errors
/// 400 where there is no such template.
async fn template_exists(tx: &mut Tx, field: &str, kind: &str, id: i64) -> Result<(), Refusal> {
    let found = crate::template::custom::kind_in(tx, id).await?;
    if found.is_some_and(|found| found.name() == kind) {
        return Ok(());
    }
    let what = if kind == "pdf" { "PDF" } else { "e-mail" };
    Err(Refusal::invalid(format!(
        "{field}: there is no {what} template {id}; take the number of one from the list of templates"
    )))
}
