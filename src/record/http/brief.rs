//! Records in brief, where many of them are answered at once: without their fields, and what triggers show with them.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::RecordUser;
use crate::clock::Instant;
use crate::record::Record;
use crate::storage::{Error, Tx};
use crate::user::{self, Figure};

/// A record, without its fields.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::record) struct RecordInBrief {
    /// Name of its module
    #[schema(example = "contacts")]
    module: String,
    /// Its id in the CRM
    #[schema(example = "7")]
    id: String,
    /// What people call it
    #[schema(example = "Jane Doe")]
    label: String,
    /// Where it is in the CRM, or null
    #[schema(required)]
    link: Option<String>,
    /// ID of the assigned user, or null
    #[schema(required)]
    assigned_to: Option<i64>,
    /// ID of the user who was assigned before, or null
    #[schema(required)]
    previous_assigned_to: Option<i64>,
    /// When the assigned user last changed, or null
    #[schema(required, format = DateTime)]
    reassigned_at: Option<String>,
    /// Grows by one with every change
    version: i64,
    /// When it was made
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed
    #[schema(format = DateTime)]
    updated_at: String,
    /// The assigned user, or null: nobody, or somebody who is gone
    #[schema(required)]
    assigned_user: Option<RecordUser>,
    /// The user who was assigned before, or null
    #[schema(required)]
    previous_assigned_user: Option<RecordUser>,
}

impl RecordInBrief {
    fn of(record: Record, people: &HashMap<i64, Figure>) -> Self {
        let user = |id: Option<i64>| people.get(&id?).map(RecordUser::of);
        Self {
            module: record.module.to_string(),
            id: record.id.to_string(),
            label: record.label,
            link: record.link,
            assigned_to: record.assigned_to,
            previous_assigned_to: record.previous_assigned_to,
            reassigned_at: record.reassigned_at.map(Instant::to_rfc3339),
            version: record.version,
            created_at: record.created_at.to_rfc3339(),
            updated_at: record.updated_at.to_rfc3339(),
            assigned_user: user(record.assigned_to),
            previous_assigned_user: user(record.previous_assigned_to),
        }
    }
}

/// Records in brief, in the same order.
///
/// # Errors
/// What the database says.
pub(in crate::record) async fn in_brief(
    tx: &mut Tx,
    records: Vec<Record>,
) -> Result<Vec<RecordInBrief>, Error> {
    let users = records.iter().flat_map(|record| [record.assigned_to, record.previous_assigned_to]);
    let users: BTreeSet<i64> = users.flatten().collect();
    let people = user::figures_in(tx, &users).await?;
    Ok(records.into_iter().map(|record| RecordInBrief::of(record, &people)).collect())
}
