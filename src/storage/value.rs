//! What goes into a statement and what comes out of a row, alike on both databases.

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::Error;
use crate::clock::Instant;

/// One parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// A BIGINT.
    Int(i64),
    /// A BOOLEAN.
    Bool(bool),
    /// A TEXT.
    Text(&'a str),
    /// An array of BIGINT; PostgreSQL only.
    Ints(&'a [i64]),
    /// An array of BIGINT with gaps; PostgreSQL only.
    MaybeInts(&'a [Option<i64>]),
    /// An array of TEXT with gaps; PostgreSQL only.
    MaybeTexts(&'a [Option<&'a str>]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<Instant> for Value<'_> {
    fn from(value: Instant) -> Self {
        Value::Int(value.0)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().into()
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The parameters of a statement, in the order of their first appearance in its text.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::storage::Value::from($value)),*] };
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Integer(*value),
            Value::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Ints(_) | Value::MaybeInts(_) | Value::MaybeTexts(_) => {
                return Err(rusqlite::Error::ToSqlConversionFailure("SQLite has no arrays".into()));
            }
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Value::Int(value) => value.to_sql(kind, out),
            Value::Bool(value) => value.to_sql(kind, out),
            Value::Text(value) => value.to_sql(kind, out),
            Value::Ints(values) => values.to_sql(kind, out),
            Value::MaybeInts(values) => values.to_sql(kind, out),
            Value::MaybeTexts(values) => values.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row of an answer.
pub enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of column `index`, counted from 0.
    ///
    /// # Errors
    /// A column of another type is a fault of ours.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        match self {
            Row::Sqlite(row) => T::from_sqlite(row, index),
            Row::Postgres(row) => T::from_postgres(row, index),
        }
    }

    /// The instant in column `index`.
    ///
    /// # Errors
    /// A column of another type is a fault of ours.
    pub fn instant(&self, index: usize) -> Result<Instant, Error> {
        Ok(Instant(self.get(index)?))
    }

    /// The instant in column `index`, if there is one.
    ///
    /// # Errors
    /// A column of another type is a fault of ours.
    pub fn maybe_instant(&self, index: usize) -> Result<Option<Instant>, Error> {
        Ok(self.get::<Option<i64>>(index)?.map(Instant))
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads it from SQLite.
    fn from_sqlite(row: &rusqlite::Row<'_>, index: usize) -> Result<Self, Error>;
    /// Reads it from PostgreSQL.
    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, Error>;
}

macro_rules! column {
    ($($kind:ty),*) => { $(
        impl Column for $kind {
            fn from_sqlite(row: &rusqlite::Row<'_>, index: usize) -> Result<Self, Error> {
                Ok(row.get(index)?)
            }
            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, Error> {
                Ok(row.try_get(index)?)
            }
        }
    )* };
}

column!(i64, bool, String, Option<i64>, Option<String>);
