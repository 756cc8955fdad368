//! The directory: names and numbers of people and groups, for whoever assigns records to them or notifies them.

mod http;
mod store;

pub(super) use http::routes;

/// Somebody who may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Number.
    id: i64,
    /// Name.
    name: String,
}
