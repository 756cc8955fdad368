//! Stories: what users of Belfry see, over HTTP, on both databases.

#[macro_use]
mod world;

mod dump;

mod auth;
mod forged;
mod idempotency;
mod inbox;
mod isolation;
mod keys;
mod limits;
mod matrix;
mod node;
mod people;
mod retention;
mod seed;
mod sending;
mod snooze;
mod storage;
