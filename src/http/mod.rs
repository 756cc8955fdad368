//! The shared edge of HTTP: accept loop, errors, bodies, limits, idempotency, OpenAPI.

/// Reading JSON bodies: every field is judged by the handler, in the handler's order.
pub mod body;
/// OpenAPI document and Swagger UI.
pub mod docs;
/// What surrounds every route: one request in, one answer out, measured and logged.
pub mod edge;
/// Answers that say what to do.
pub mod error;
/// The same key and body: the same answer.
pub mod idempotency;
/// The pages that `npm run build` makes.
pub mod pages;
/// Rate limits.
pub mod rate;
/// The accept loop, with limits on time and number.
pub mod server;
/// Our own pages: their cookie, and whether a request was made by one of them.
pub mod site;

pub use body::{Given, Json, MaybeJson, Raw};
pub use error::Problem;
