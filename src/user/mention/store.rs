//! The SQL of mentions.

use super::Meant;
use crate::auth::{Role, Roles};
use crate::storage::{Error, Tx, Value};
use crate::user::store::escaped;

/// Those who are called one of these names, or whose e-mail address begins with one of these and an @, and who are not
/// only customers.
pub(super) async fn meant(tx: &mut Tx, names: &[String], boxes: &[String]) -> Result<Vec<Meant>, Error> {
    let beginnings: Vec<String> = boxes.iter().map(|name| format!("{}@%", escaped(name))).collect();
    let customer = Roles::of(&[Role::Customer]).to_json();
    let by_name = (2..).take(names.len()).map(|number| format!("name_key = ${number}"));
    let by_box = (names.len() + 2..).map(|number| format!("email_key LIKE ${number} ESCAPE '!'"));
    let conditions: Vec<String> = by_name.chain(by_box.take(beginnings.len())).collect();
    let sql = format!(
        "SELECT id, name_key, email_key FROM users WHERE roles <> $1 AND ({}) ORDER BY id LIMIT 1000",
        conditions.join(" OR ")
    );
    let texts = std::iter::once(&customer).chain(names).chain(&beginnings);
    let params: Vec<Value<'_>> = texts.map(|text| Value::Text(text)).collect();
    tx.all(&sql, &params, |row| Ok(Meant { id: row.get(0)?, name: row.get(1)?, email: row.get(2)? })).await
}
