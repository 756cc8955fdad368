//! Stories: what users of Belfry see, over HTTP, on both databases.

#[macro_use]
mod world;

mod dump;
mod peers;
mod site;

mod audit;
mod auth;
mod by_record;
mod choices;
mod commands;
mod conversion;
mod cookies;
mod deliveries;
mod forged;
mod idempotency;
mod inbox;
mod isolation;
mod keys;
mod limits;
mod listening;
mod logs;
mod malformed;
mod matrix;
mod node;
mod pages;
mod people;
mod records;
mod reassignment;
mod reload;
mod reminders;
mod retention;
mod seed;
mod sending;
mod settings;
mod snooze;
mod stop;
mod storage;
mod streams;
mod tickets;
mod why;
