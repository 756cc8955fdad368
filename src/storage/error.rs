//! What can go wrong with a database, sorted by what the caller can do.

/// A failed read or write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, is busy or is read-only: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk is full: nothing can be written until there is room.
    #[error("the disk is full: {0}")]
    Full(String),
    /// More units of work wait than the queue may hold.
    #[error("too many writes wait for the database")]
    Overloaded,
    /// A unique constraint was violated.
    #[error("a unique value stands already: {0}")]
    Duplicate(String),
    /// The schema is newer than this binary.
    #[error("{0}")]
    NewerSchema(String),
    /// A fault of ours or of the file.
    #[error("the database failed: {0}")]
    Fault(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
        };
        let text = error.to_string();
        if let rusqlite::Error::SqliteFailure(cause, _) = &error {
            let constraint = cause.extended_code;
            if constraint == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                || constraint == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            {
                return Error::Duplicate(text);
            }
            return match cause.code {
                DiskFull => Error::Full(text),
                DatabaseBusy | DatabaseLocked | ReadOnly | CannotOpen | SystemIoFailure => {
                    Error::Unavailable(text)
                }
                _ => Error::Fault(text),
            };
        }
        Error::Fault(text)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let text = error.as_db_error().map_or_else(|| whole(&error), ToString::to_string);
        match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => Error::Duplicate(text),
            Some(&SqlState::DISK_FULL) => Error::Full(text),
            // Classes: 08 connection, 25 read-only, 40 rolled back, 53 resources, 55 locked, 57 operator.
            Some(state) => match state.code().get(..2) {
                Some("08" | "25" | "40" | "53" | "55" | "57") => Error::Unavailable(text),
                _ => Error::Fault(text),
            },
            None if error.is_closed() || caused_by_io(&error) => Error::Unavailable(text),
            None => Error::Fault(text),
        }
    }
}

/// The driver's own text names only what it was doing; the cause says why it failed.
fn whole(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn caused_by_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Error::Unavailable(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_a_fault() {
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
        assert!(matches!(Error::from(full), Error::Full(_)));
        let misuse = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(21), None);
        assert!(matches!(Error::from(misuse), Error::Fault(_)));
    }
}
