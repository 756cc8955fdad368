//! Documents as PDF: what they say (`order`), and the worker process that prints them (`press`).
//!
//! The process is this program, started as `belfry pdf-worker`: there a template of an administrator may loop or eat
//! memory as it likes, and is ended. The printer itself is the crate in `pdf/`, of which this one knows nothing but
//! the two ends of a pipe.

mod decimal;
mod goods;
mod letterhead;
mod order;
mod press;
mod read;
mod sums;
mod trouble;
mod words;
mod worker;

#[cfg(test)]
mod tests;

pub use letterhead::Letterhead;
pub use order::{DocumentInput, Kind, Party, Person, data, gross, listed};
pub use press::{Limits, Press, Request};
pub use trouble::{Mistake, Unprinted};

/// The shipped template. It serves sales orders, invoices and quotes alike: what differs are words and rows, and
/// those are in the [data].
pub const SHIPPED: &str = include_str!("sales_order.typ");
