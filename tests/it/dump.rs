//! What somebody sees who gets hold of the whole database.

use belfry::params;
use belfry::storage::{Database, Engine, Error, Tx};

/// Every row of every table and view as text, its table before it, in order.
pub async fn dump(database: &Database) -> Vec<String> {
    let read = database.read::<_, Error, _>(|tx| {
        Box::pin(async move {
            let mut rows = Vec::new();
            for table in tables(tx).await? {
                let sql = rows_as_text(tx, &table).await?;
                let texts = tx.all(&sql, &[], |row| row.get::<String>(0)).await?;
                rows.extend(texts.into_iter().map(|text| format!("{table}: {text}")));
            }
            rows.sort();
            Ok(rows)
        })
    });
    read.await.unwrap()
}

async fn tables(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    tx.all(sql, &[], |row| row.get(0)).await
}

async fn rows_as_text(tx: &mut Tx, table: &str) -> Result<String, Error> {
    if tx.engine() == Engine::Postgres {
        return Ok(format!("SELECT CAST(t AS TEXT) FROM \"{table}\" t"));
    }
    let columns = "SELECT name FROM pragma_table_info($1)";
    let quoted =
        tx.all(columns, params![table], |row| Ok(format!("quote(\"{}\")", row.get::<String>(0)?))).await?;
    Ok(format!("SELECT {} FROM \"{table}\"", quoted.join(" || ', ' || ")))
}
