//! Copies a live SQLite database to a file, consistently and without holding up its writers.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Error;
use crate::config::DatabaseUrl;

/// Copies the database at `url` to `target`, checks the copy, and returns its size in bytes.
///
/// # Errors
/// A target that exists, a PostgreSQL database (pg_dump is the tool for it), a copy that fails its check.
pub fn backup(url: &DatabaseUrl, target: &Path) -> Result<u64, Error> {
    let DatabaseUrl::Sqlite(source) = url else {
        return Err(Error::Fault(
            "this database is PostgreSQL; back it up with pg_dump, which copies it consistently while it runs".to_owned(),
        ));
    };
    if target.exists() {
        return Err(Error::Fault(format!("{} exists already; name a new file", target.display())));
    }
    if !source.exists() {
        return Err(Error::Fault(format!(
            "there is no database at {}; check database_url",
            source.display()
        )));
    }
    let partial = target.with_extension("partial");
    let _ = std::fs::remove_file(&partial);
    let done = copy(source, &partial).and_then(|()| check(&partial)).and_then(|()| settle(&partial, target));
    if done.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    done
}

/// One step over all pages: a single read transaction, so the copy is one instant of the database.
fn copy(source: &Path, partial: &Path) -> Result<(), Error> {
    let source = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(std::time::Duration::from_secs(10))?;
    let mut copy = Connection::open(partial)?;
    {
        let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
        match backup.step(-1)? {
            rusqlite::backup::StepResult::Done => {}
            other => return Err(Error::Unavailable(format!("the copy stopped ({other:?}); try again"))),
        }
    }
    // The copy stands alone: no write-ahead log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| Error::from(error))
}

fn check(partial: &Path) -> Result<(), Error> {
    let copy = Connection::open_with_flags(partial, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = copy.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(Error::Fault(format!("the copy failed its check: {verdict}"))),
    }
}

fn settle(partial: &Path, target: &Path) -> Result<u64, Error> {
    let write =
        |error: std::io::Error| Error::Unavailable(format!("cannot write {}: {error}", target.display()));
    let file = std::fs::File::open(partial).map_err(write)?;
    file.sync_all().map_err(write)?;
    let size = file.metadata().map_err(write)?.len();
    std::fs::rename(partial, target).map_err(write)?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(write)?;
    }
    Ok(size)
}
