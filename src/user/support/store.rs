//! The SQL of the group Support.

use super::{Member, Named};
use crate::auth::Status;
use crate::params;
use crate::storage::{Error, Tx};

/// The group with this name in lower case.
pub(super) async fn group(tx: &mut Tx, name_key: &str) -> Result<Option<Named>, Error> {
    tx.one("SELECT id, name FROM user_groups WHERE name_key = $1", params![name_key], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await
}

/// The members of a group, by name.
pub(super) async fn members(tx: &mut Tx, group_id: i64) -> Result<Vec<Member>, Error> {
    tx.all(
        "SELECT u.id, u.name, u.on_support, u.status FROM group_members m JOIN users u ON u.id = m.user_id
         WHERE m.group_id = $1 ORDER BY u.name_key, u.id",
        params![group_id],
        |row| {
            Ok(Member {
                id: row.get(0)?,
                name: row.get(1)?,
                on_support: row.get(2)?,
                status: Status::from_stored(&row.get::<String>(3)?),
            })
        },
    )
    .await
}
