//! Stories: what users of Belfry see, over HTTP, on both databases.

#[macro_use]
mod world;

mod idempotency;
mod inbox;
mod isolation;
mod node;
mod retention;
mod seed;
mod sending;
mod snooze;
mod storage;
