//! What leaves the house: by which channel, when, how often, and what the log says of it.

mod by_hand;
mod calendars;
mod copies;
mod failing;
mod folding;
mod forms;
mod letters;
mod log;
mod nodes;
mod quiet;
mod rechecked;
mod requests;
mod retries;
mod rules;
mod secrets;
pub mod stage;
mod switched_off;
mod templates;
mod truth;
