//! Belfry, the notification server of a CRM.
//!
//! The modules stand outermost first: a module uses only modules below it. `tests/tidy.rs` holds the order.

/// The command line: every subcommand of `belfry`.
pub mod cli;
/// What a running node holds: open, routes, run, stop.
pub mod app;
/// What decides, from a change or a due timer, who should hear what: one file a kind.
pub mod trigger;
/// What happens beside changes of records: events, and what is said about tickets.
pub mod event;
/// Records of the CRM: what they are, who they are assigned to, and how they change.
pub mod record;
/// The inbox: send, list, count, read, snooze, archive, delete.
pub mod notification;
/// Who gets what by which channel, the outbox, dispatch, and the log of it.
pub mod delivery;
/// Open streams: who listens, and what they are told at once.
pub mod live;
/// People and groups.
pub mod user;
/// The administrator's settings: typed groups, declared by who uses them.
pub mod settings;
/// The ways out: e-mail, Teams, RingCentral, webhooks.
pub mod channel;
/// What is written around a notification when it leaves the house.
pub mod template;
/// Who changed what, and when.
pub mod audit;
/// API keys, sign-in, tokens, lock-out, and who is asking.
pub mod auth;
/// The shared edge of HTTP: accept loop, errors, bodies, limits, idempotency, OpenAPI.
pub mod http;
/// Wakes whatever is due; knows no domain.
pub mod schedule;
/// One SQL text on SQLite and PostgreSQL: transactions, group commit, migrations, backup.
pub mod storage;
/// The only code that connects to an address that somebody entered: vetted, limited, never redirected.
pub mod outbound;
/// What the operator sees: logs and metrics.
pub mod telemetry;
/// `crm_config.yaml`: what the operator says once.
pub mod config;
/// Secrets: made at first start, random tokens, digests.
pub mod secret;
/// The only reader of the system clock.
pub mod clock;
