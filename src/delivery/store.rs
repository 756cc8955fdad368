//! The SQL of deliveries.
//!
//! SQLite is quickest row by row, PostgreSQL with all rows in one statement: where many rows are written, both texts
//! stand side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::outside::{OUTSIDE, OutsideLetter};
use super::settle::{Settlement, Then};
use super::{Asked, Mail, Reason, Sending, backoff};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};
use crate::user::choice::ReceiveBy;

/// In how many rows a channel is counted, so that writers on PostgreSQL do not wait for each other.
const PARTS: i64 = 8;

/// The user and the notification of what goes to somebody who is no user: no table gives this number.
pub(super) const NOBODY: i64 = 0;

/// What the locks on addresses are told apart from others by.
const LETTERS_LOCK: i64 = 0x6c65_7474_6572;

/// A delivery to write.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub id: String,
    pub notification_id: i64,
    pub user_id: i64,
    pub kind: Arc<str>,
    pub sending: Sending,
    pub choice: ReceiveBy,
    pub channel: String,
    pub target: String,
    pub suppressed: Option<Reason>,
    pub due_at: Instant,
    pub held: bool,
    pub fallback_of: Option<String>,
    pub mail: Option<Mail>,
    /// What goes to somebody who is no user: then there is neither a user nor a notification.
    pub outside: Option<Arc<OutsideLetter>>,
    pub created_at: Instant,
}

impl Planned {
    /// A delivery that is due at once.
    pub fn new(asked: &Asked, choice: ReceiveBy, channel: &str, target: &str, now: Instant) -> Self {
        Self {
            id: new_id(now),
            notification_id: asked.notification_id,
            user_id: asked.user_id,
            kind: asked.kind.clone(),
            sending: asked.sending,
            choice,
            channel: channel.to_owned(),
            target: target.to_owned(),
            suppressed: None,
            due_at: now,
            held: false,
            fallback_of: None,
            mail: asked.mail.clone().filter(|_| channel == super::EMAIL),
            outside: None,
            created_at: now,
        }
    }

    /// A delivery of the same notification that takes the place of one that does not arrive: due at once, and held
    /// together with others where that one was.
    pub fn instead_of(
        row: &Claimed,
        choice: ReceiveBy,
        (channel, target): (&str, &str),
        now: Instant,
    ) -> Self {
        Self {
            id: new_id(now),
            notification_id: row.notification_id,
            user_id: row.user_id,
            kind: row.kind.clone(),
            sending: row.sending,
            choice,
            channel: channel.to_owned(),
            target: target.to_owned(),
            suppressed: None,
            due_at: now,
            held: row.held,
            fallback_of: Some(row.id.clone()),
            mail: None,
            outside: None,
            created_at: now,
        }
    }

    /// A letter to somebody who is no user, due at once.
    pub fn letter(letter: OutsideLetter, suppressed: Option<Reason>, now: Instant) -> Self {
        Self {
            id: new_id(now),
            notification_id: NOBODY,
            user_id: NOBODY,
            kind: letter.kind.into(),
            sending: letter.prompt.sending(),
            choice: ReceiveBy::Email,
            channel: super::EMAIL.to_owned(),
            target: OUTSIDE.to_owned(),
            suppressed,
            due_at: now,
            held: false,
            fallback_of: None,
            mail: None,
            outside: Some(Arc::new(letter)),
            created_at: now,
        }
    }

    fn state(&self) -> &'static str {
        if self.suppressed.is_some() { "suppressed" } else { "pending" }
    }

    fn mail(&self) -> Option<String> {
        match &self.outside {
            Some(letter) => Some(in_json(&**letter)),
            None => self.mail.as_ref().map(in_json),
        }
    }

    /// Whom a letter goes to, what it says in a line, and the record that it is about.
    fn outside(&self) -> [Option<&str>; 4] {
        self.outside.as_ref().map_or([None; 4], |letter| {
            let (module, record) = &letter.record;
            let address = Some(letter.address()).filter(|address| !address.is_empty());
            [address, Some(&letter.plain.subject), Some(module), Some(record)]
        })
    }

    fn settled_at(&self) -> Option<Instant> {
        self.suppressed.map(|_| self.created_at)
    }
}

/// A number for a delivery made at `now`: they stand in the order of time.
pub(super) fn new_id(now: Instant) -> String {
    let micros = u64::try_from(now.0).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).expect("less than a second");
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos)).to_string()
}

/// A delivery that this node tries now.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub id: String,
    pub notification_id: i64,
    pub user_id: i64,
    pub kind: Arc<str>,
    pub sending: Sending,
    pub channel: Arc<str>,
    pub target: Arc<str>,
    pub tries: u32,
    /// The tries that the schedule does not count: those before somebody had it repeated, and those that a process
    /// did not live to see the end of.
    pub first_try: u32,
    pub held: bool,
    /// What its e-mail has beside its words.
    pub mail: Arc<Mail>,
    /// The letter, where it goes to somebody who is no user.
    pub outside: Option<Arc<OutsideLetter>>,
    pub created_at: Instant,
    /// Whether another process had claimed it and did not live to say what became of it.
    pub abandoned: bool,
}

impl Claimed {
    /// When it is given up if its target fails. What quiet hours or a pace held may be older, and what somebody had
    /// repeated goes by its own schedule.
    pub fn ends_at(&self) -> Option<Instant> {
        (!self.held && self.first_try == 0).then(|| self.created_at.plus(backoff::LONGEST))
    }

    /// The number of the try that comes next in the schedule, 1 for the first.
    pub fn turn(&self) -> u32 {
        self.tries.saturating_sub(self.first_try) + 1
    }
}

pub(super) async fn insert(tx: &mut Tx, rows: &[Planned]) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        return insert_all(tx, rows).await;
    }
    for row in rows {
        let [recipient, subject, module, record_id] = row.outside();
        tx.execute(
            "INSERT INTO deliveries (id, notification_id, user_id, type, sending, choice, channel, target, state,
                reason, due_at, held, fallback_of, mail, created_at, settled_at, recipient, subject, module, record_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
            params![
                &row.id,
                row.notification_id,
                row.user_id,
                &*row.kind,
                row.sending.name(),
                row.choice.name(),
                &row.channel,
                &row.target,
                row.state(),
                row.suppressed.map(Reason::code),
                row.due_at,
                row.held,
                &row.fallback_of,
                &row.mail(),
                row.created_at,
                row.settled_at(),
                recipient,
                subject,
                module,
                record_id
            ],
        )
        .await?;
    }
    Ok(())
}

async fn insert_all(tx: &mut Tx, rows: &[Planned]) -> Result<(), Error> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let [recipient, subject, module, record_id] = row.outside();
            json!({
                "id": row.id, "notification_id": row.notification_id, "user_id": row.user_id, "type": &*row.kind,
                "sending": row.sending.name(), "choice": row.choice.name(), "channel": row.channel,
                "target": row.target, "state": row.state(), "reason": row.suppressed.map(Reason::code),
                "due_at": row.due_at.0, "held": row.held, "fallback_of": row.fallback_of, "mail": row.mail(),
                "created_at": row.created_at.0, "settled_at": row.settled_at().map(|at| at.0),
                "recipient": recipient, "subject": subject, "module": module, "record_id": record_id,
            })
        })
        .collect();
    tx.execute(
        "INSERT INTO deliveries (id, notification_id, user_id, type, sending, choice, channel, target, state, reason,
            due_at, held, fallback_of, mail, created_at, settled_at, recipient, subject, module, record_id)
         SELECT id, notification_id, user_id, type, sending, choice, channel, target, state, reason, due_at, held,
            fallback_of, mail, created_at, settled_at, recipient, subject, module, record_id
         FROM json_to_recordset($1::TEXT::JSON) AS row (id TEXT, notification_id BIGINT, user_id BIGINT, type TEXT,
            sending TEXT, choice TEXT, channel TEXT, target TEXT, state TEXT, reason TEXT, due_at BIGINT,
            held BOOLEAN, fallback_of TEXT, mail TEXT, created_at BIGINT, settled_at BIGINT, recipient TEXT,
            subject TEXT, module TEXT, record_id TEXT)",
        params![&serde_json::to_string(&rows).expect("rows are plain JSON")],
    )
    .await?;
    Ok(())
}

/// Counts what was accepted, in the transaction that accepts it.
pub(super) async fn count_accepted(tx: &mut Tx, counts: &BTreeMap<&str, i64>) -> Result<(), Error> {
    let part = part();
    for (channel, count) in counts {
        tx.execute(
            "INSERT INTO delivery_totals (channel, part, accepted, forgotten_sent, forgotten_final, forgotten_suppressed)
             VALUES ($1, $2, $3, 0, 0, 0)
             ON CONFLICT (channel, part) DO UPDATE SET accepted = delivery_totals.accepted + excluded.accepted",
            params![*channel, part, *count],
        )
        .await?;
    }
    Ok(())
}

fn part() -> i64 {
    i64::from(crate::secret::random::<1>()[0]) % PARTS
}

const CLAIMED: &str = "id, notification_id, user_id, type, sending, channel, target, tries, held, mail, \
                       created_at, lease IS NOT NULL, first_try";

fn read_claimed(row: &Row<'_>) -> Result<Claimed, Error> {
    let target: Arc<str> = row.get::<String>(6)?.into();
    let beside: Option<String> = row.get(9)?;
    // One that cannot be read must not hold the others up.
    let (mail, outside) = match beside {
        Some(text) if &*target == OUTSIDE => (Arc::default(), serde_json::from_str(&text).ok().map(Arc::new)),
        Some(text) => (Arc::new(serde_json::from_str(&text).unwrap_or_default()), None),
        None => (Arc::default(), None),
    };
    Ok(Claimed {
        id: row.get(0)?,
        notification_id: row.get(1)?,
        user_id: row.get(2)?,
        kind: row.get::<String>(3)?.into(),
        sending: Sending::from_stored(&row.get::<String>(4)?),
        channel: row.get::<String>(5)?.into(),
        target,
        tries: u32::try_from(row.get::<i64>(7)?).unwrap_or(u32::MAX),
        held: row.get(8)?,
        mail,
        outside,
        created_at: row.instant(10)?,
        abandoned: row.get(11)?,
        first_try: u32::try_from(row.get::<i64>(12)?).unwrap_or(u32::MAX),
    })
}

/// Claims what is due, the longest due first: nobody else tries it before `until`.
///
/// What this node claimed before is in its memory and is not given out again, however far the clock was moved.
pub(super) async fn claim(
    tx: &mut Tx,
    node: &str,
    now: Instant,
    until: Instant,
    most: i64,
) -> Result<Vec<Claimed>, Error> {
    let skip = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE SKIP LOCKED",
    };
    let due = format!(
        "SELECT {CLAIMED} FROM deliveries
         WHERE state = 'pending' AND due_at <= $1 AND (lease IS NULL OR lease <> $2) ORDER BY due_at LIMIT $3{skip}"
    );
    let mut claimed = tx.all(&due, params![now, node, most], read_claimed).await?;
    // What quiet hours or a pace held back goes out as one message: all of it, wherever it stands in the queue.
    let held: BTreeSet<(i64, Arc<str>)> =
        claimed.iter().filter(|row| row.held).map(|row| (row.user_id, row.channel.clone())).collect();
    if !held.is_empty() && claimed.len() as i64 == most {
        let rest = format!(
            "SELECT {CLAIMED} FROM deliveries
             WHERE user_id = $1 AND channel = $2 AND state = 'pending' AND due_at <= $3 AND held
                AND (lease IS NULL OR lease <> $4) LIMIT 500{skip}"
        );
        for (user_id, channel) in &held {
            let more = tx.all(&rest, params![*user_id, &**channel, now, node], read_claimed).await?;
            let new = |row: &Claimed| !claimed.iter().any(|known| known.id == row.id);
            let more: Vec<Claimed> = more.into_iter().filter(new).collect();
            claimed.extend(more);
        }
    }
    let ids: Vec<&str> = claimed.iter().map(|row| row.id.as_str()).collect();
    lease(tx, &ids, node, until).await?;
    Ok(claimed)
}

async fn lease(tx: &mut Tx, ids: &[&str], node: &str, until: Instant) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        let ids: Vec<Option<&str>> = ids.iter().copied().map(Some).collect();
        tx.execute(
            "UPDATE deliveries SET lease = $1, due_at = $2 WHERE id = ANY($3::TEXT[])",
            &[Value::Text(node), Value::Int(until.0), Value::MaybeTexts(&ids)],
        )
        .await?;
        return Ok(());
    }
    for id in ids {
        tx.execute("UPDATE deliveries SET lease = $1, due_at = $2 WHERE id = $3", params![node, until, *id])
            .await?;
    }
    Ok(())
}

/// Keeps what this node tries for longer.
pub(super) async fn renew(tx: &mut Tx, node: &str, now: Instant, until: Instant) -> Result<(), Error> {
    tx.execute(
        "UPDATE deliveries SET due_at = $1 WHERE state = 'pending' AND due_at > $2 AND due_at <= $1 AND lease = $3",
        params![until, now, node],
    )
    .await?;
    Ok(())
}

/// What a process that is no more had claimed is due at once: on SQLite there is no other one.
pub(super) async fn take_over(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.execute(
        "UPDATE deliveries SET due_at = $1 WHERE state = 'pending' AND lease IS NOT NULL",
        params![now],
    )
    .await
}

/// When the next delivery is due, if any waits.
pub(super) async fn next_due(tx: &mut Tx, node: &str) -> Result<Option<Instant>, Error> {
    let next = tx
        .one(
            "SELECT due_at FROM deliveries WHERE state = 'pending' AND (lease IS NULL OR lease <> $1)
             ORDER BY due_at LIMIT 1",
            params![node],
            |row| row.instant(0),
        )
        .await?;
    Ok(next)
}

/// Writes down what became of deliveries of this node; returns those that were its own still.
pub(super) async fn settle(
    tx: &mut Tx,
    node: &str,
    all: &[Settlement],
    now: Instant,
) -> Result<BTreeSet<String>, Error> {
    if tx.engine() == Engine::Postgres {
        return settle_all(tx, node, all, now).await;
    }
    let mut ours = BTreeSet::new();
    for settlement in all {
        let row = Settled::of(settlement, now);
        let changed = tx
            .execute(
                "UPDATE deliveries SET state = $1, reason = $2, tries = $3, first_try = $4,
                    due_at = COALESCE($5, due_at), lease = NULL, held = $6, folded_into = $7, settled_at = $8
                 WHERE id = $9 AND lease = $10 AND state = 'pending'",
                params![
                    row.state,
                    row.reason,
                    row.tries,
                    row.first_try,
                    row.due_at,
                    row.held,
                    row.folded_into,
                    row.settled_at,
                    row.id,
                    node
                ],
            )
            .await?;
        if changed == 1 {
            ours.insert(settlement.row.id.clone());
            insert_attempt(tx, settlement).await?;
        }
    }
    Ok(ours)
}

/// A row as it is to stand.
struct Settled<'a> {
    id: &'a str,
    state: &'static str,
    reason: Option<&'static str>,
    tries: i64,
    first_try: i64,
    due_at: Option<Instant>,
    held: bool,
    folded_into: Option<&'a str>,
    settled_at: Option<Instant>,
}

impl<'a> Settled<'a> {
    fn of(settlement: &'a Settlement, now: Instant) -> Self {
        let row = &settlement.row;
        let attempt = settlement.attempt.as_ref();
        let tries = i64::from(row.tries) + i64::from(attempt.is_some());
        let first_try =
            i64::from(row.first_try) + i64::from(attempt.is_some_and(|attempt| !attempt.counts()));
        let plain = Self {
            id: &row.id,
            state: "pending",
            reason: None,
            tries,
            first_try,
            due_at: None,
            held: row.held,
            folded_into: None,
            settled_at: Some(now),
        };
        match &settlement.then {
            Then::Sent => Self { state: "sent", ..plain },
            Then::Final(reason) => Self { state: "final", reason: Some(reason.code()), ..plain },
            Then::Suppressed(reason) => Self { state: "suppressed", reason: Some(reason.code()), ..plain },
            Then::Folded(into) => Self {
                state: "suppressed",
                reason: Some(Reason::Folded.code()),
                folded_into: Some(into),
                ..plain
            },
            Then::Again(due_at) => Self { due_at: Some(*due_at), settled_at: None, ..plain },
            Then::Back { due_at, held } => {
                Self { due_at: Some(*due_at), held: *held, settled_at: None, ..plain }
            }
        }
    }
}

async fn insert_attempt(tx: &mut Tx, settlement: &Settlement) -> Result<(), Error> {
    let Some(attempt) = &settlement.attempt else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome, status, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            &settlement.row.id,
            i64::from(settlement.row.tries) + 1,
            attempt.at,
            attempt.duration_ms,
            attempt.outcome,
            attempt.status.map(i64::from),
            &attempt.words()
        ],
    )
    .await?;
    Ok(())
}

async fn settle_all(
    tx: &mut Tx,
    node: &str,
    all: &[Settlement],
    now: Instant,
) -> Result<BTreeSet<String>, Error> {
    let rows: Vec<_> = all
        .iter()
        .map(|settlement| {
            let row = Settled::of(settlement, now);
            json!({
                "id": row.id, "state": row.state, "reason": row.reason, "tries": row.tries,
                "first_try": row.first_try, "due_at": row.due_at.map(|at| at.0), "held": row.held, "folded_into": row.folded_into,
                "settled_at": row.settled_at.map(|at| at.0),
            })
        })
        .collect();
    let ours: BTreeSet<String> = tx
        .all(
            "UPDATE deliveries SET state = row.state, reason = row.reason, tries = row.tries,
                first_try = row.first_try, due_at = COALESCE(row.due_at, deliveries.due_at), lease = NULL, held = row.held,
                folded_into = row.folded_into, settled_at = row.settled_at
             FROM json_to_recordset($1::TEXT::JSON) AS row (id TEXT, state TEXT, reason TEXT, tries BIGINT,
                first_try BIGINT, due_at BIGINT, held BOOLEAN, folded_into TEXT, settled_at BIGINT)
             WHERE deliveries.id = row.id AND deliveries.lease = $2 AND deliveries.state = 'pending'
             RETURNING deliveries.id",
            params![&serde_json::to_string(&rows).expect("rows are plain JSON"), node],
            |row| row.get(0),
        )
        .await?
        .into_iter()
        .collect();
    let attempts: Vec<_> = all
        .iter()
        .filter(|settlement| ours.contains(&settlement.row.id))
        .filter_map(|settlement| {
            let attempt = settlement.attempt.as_ref()?;
            Some(json!({
                "delivery_id": settlement.row.id, "number": settlement.row.tries + 1, "at": attempt.at.0,
                "duration_ms": attempt.duration_ms, "outcome": attempt.outcome, "status": attempt.status,
                "detail": attempt.words(),
            }))
        })
        .collect();
    if !attempts.is_empty() {
        tx.execute(
            "INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome, status, detail)
             SELECT delivery_id, number, at, duration_ms, outcome, status, detail
             FROM json_to_recordset($1::TEXT::JSON) AS row (delivery_id TEXT, number BIGINT, at BIGINT,
                duration_ms BIGINT, outcome TEXT, status BIGINT, detail TEXT)",
            params![&serde_json::to_string(&attempts).expect("rows are plain JSON")],
        )
        .await?;
    }
    Ok(ours)
}

/// Has an e-mail go with this from now on.
pub(super) async fn write_mail(tx: &mut Tx, id: &str, mail: &Mail) -> Result<(), Error> {
    let mail = in_json(mail);
    tx.execute("UPDATE deliveries SET mail = $1 WHERE id = $2", params![&mail, id]).await?;
    Ok(())
}

fn in_json(beside: &impl serde::Serialize) -> String {
    serde_json::to_string(beside).expect("names, base64 and JSON are plain JSON")
}

/// What an e-mail of this notification to its user would have had beside its words, had it been chosen.
pub(super) async fn mail_of(tx: &mut Tx, notification_id: i64) -> Result<Option<Mail>, Error> {
    let found: Option<String> = tx
        .one(
            "SELECT mail FROM deliveries WHERE notification_id = $1 AND channel = 'email' AND target = 'email'
                AND mail IS NOT NULL LIMIT 1",
            params![notification_id],
            |row| row.get(0),
        )
        .await?;
    Ok(found.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Has whoever else writes letters to one of these addresses wait until this transaction ends: each counts those of the
/// others. On SQLite there is one writer.
pub(super) async fn hold_addresses(tx: &mut Tx, addresses: &BTreeSet<String>) -> Result<(), Error> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    for address in addresses {
        let sql = "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended($1, $2))";
        tx.one(sql, params![address, LETTERS_LOCK], |_| Ok(())).await?;
    }
    Ok(())
}

/// How many letters of a sort its address was let have since an instant: in all, and about its record.
pub(super) async fn letters_since(
    tx: &mut Tx,
    letter: &OutsideLetter,
    since: Instant,
) -> Result<(i64, i64), Error> {
    let address = letter.address().to_ascii_lowercase();
    let (module, record_id) = &letter.record;
    let found = tx
        .one(
            "SELECT CAST(COUNT(*) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN module = $1 AND record_id = $2 THEN 1 ELSE 0 END), 0) AS BIGINT)
             FROM deliveries WHERE recipient IS NOT NULL AND state <> 'suppressed' AND LOWER(recipient) = $3
                AND created_at > $4 AND sending = $5",
            params![&**module, &**record_id, &address, since, letter.prompt.sending().name()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .await?;
    Ok(found.unwrap_or_default())
}

/// Whether an e-mail of this notification to its user went out, waits, or was refused for another reason than the choice
/// of channel: then there is nothing to fall back to. A copy for others is none.
pub(super) async fn has_mail(tx: &mut Tx, notification_id: i64) -> Result<bool, Error> {
    let found = tx
        .one(
            "SELECT 1 FROM deliveries WHERE notification_id = $1 AND channel = 'email' AND target = 'email'
                AND (state <> 'suppressed' OR reason <> 'choice') LIMIT 1",
            params![notification_id],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
}

/// Removes deliveries that were settled before an instant, a few at a time, and counts them as forgotten.
pub(super) async fn forget(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    // Numbers of deliveries begin with the time at which they were made: the oldest stand together.
    let gone: Vec<(String, String)> = tx
        .all(
            "DELETE FROM deliveries WHERE id IN (
                SELECT id FROM (SELECT id, created_at, state FROM deliveries ORDER BY id LIMIT $1) oldest
                WHERE created_at < $2 AND state <> 'pending')
             RETURNING channel, state, id",
            params![most, before],
            |row| Ok((row.get::<String>(0)? + " " + &row.get::<String>(1)?, row.get(2)?)),
        )
        .await?;
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (what, id) in &gone {
        *counts.entry(what).or_default() += 1;
        tx.execute("DELETE FROM delivery_attempts WHERE delivery_id = $1", params![id]).await?;
    }
    let part = part();
    for (what, count) in counts {
        let (channel, state) = what.split_once(' ').unwrap_or((what, ""));
        let of = |name: &str| if state == name { count } else { 0 };
        tx.execute(
            "INSERT INTO delivery_totals (channel, part, accepted, forgotten_sent, forgotten_final, forgotten_suppressed)
             VALUES ($1, $2, 0, $3, $4, $5)
             ON CONFLICT (channel, part) DO UPDATE SET
                forgotten_sent = delivery_totals.forgotten_sent + excluded.forgotten_sent,
                forgotten_final = delivery_totals.forgotten_final + excluded.forgotten_final,
                forgotten_suppressed = delivery_totals.forgotten_suppressed + excluded.forgotten_suppressed",
            params![channel, part, of("sent"), of("final"), of("suppressed")],
        )
        .await?;
    }
    Ok(gone.len() as u64)
}

/// What was ever accepted by each channel, and what was forgotten of it: sent, final, suppressed.
pub(super) async fn totals(tx: &mut Tx) -> Result<Vec<(String, [i64; 4])>, Error> {
    tx.all(
        "SELECT channel, CAST(SUM(accepted) AS BIGINT), CAST(SUM(forgotten_sent) AS BIGINT),
            CAST(SUM(forgotten_final) AS BIGINT), CAST(SUM(forgotten_suppressed) AS BIGINT)
         FROM delivery_totals GROUP BY channel ORDER BY channel",
        &[],
        |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])),
    )
    .await
}

/// How many deliveries stand where.
pub(super) async fn standing(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, Error> {
    tx.all("SELECT channel, state, COUNT(*) FROM deliveries GROUP BY channel, state", &[], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
    .await
}

/// Since when the oldest delivery that is due waits.
pub(super) async fn oldest_due(tx: &mut Tx, now: Instant) -> Result<Option<Instant>, Error> {
    tx.one(
        "SELECT due_at FROM deliveries WHERE state = 'pending' AND due_at <= $1 AND lease IS NULL ORDER BY due_at LIMIT 1",
        params![now],
        |row| row.instant(0),
    )
    .await
}
