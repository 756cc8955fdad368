//! Holds what fired, and what people were told, against the activities that were set.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::broke;
use super::nodes::Life;
use super::setting::Activity;
use crate::database::Store;
use crate::report::{Broken, Findings};

/// How late a reminder may be while a server lives: nearly all, and each. Built for debugging, a server fires about
/// 1,000 a second, so what falls due at one instant takes it longer than promised.
const NEARLY_ALL: Duration = Duration::from_secs(if cfg!(debug_assertions) { 3 } else { 1 });
const EACH: Duration = Duration::from_secs(5);

/// How long after the next server is ready, where none lived.
const AFTER_READY: Duration = Duration::from_secs(5);

/// A row of what has fired.
#[derive(Debug)]
struct Fired {
    user: i64,
    due_at: i64,
    fired_at: i64,
}

/// What the database says of some activities, by their ids.
pub struct Rows {
    fired: HashMap<String, Vec<Fired>>,
    /// Who was told.
    told: HashMap<String, Vec<i64>>,
}

impl Rows {
    /// Notifications in all.
    pub fn told(&self) -> usize {
        self.told.values().map(Vec::len).sum()
    }
}

/// How late reminders were, in microseconds, smallest first.
#[derive(Debug, Default)]
pub struct Lateness {
    /// Since they were due, where a server lived from then on.
    pub while_up: Vec<i64>,
    /// Since the next server was ready, where none lived or the only one died meanwhile.
    pub after_ready: Vec<i64>,
}

/// Everything of activities whose ids begin so.
pub async fn rows(store: &Store, prefix: &str) -> anyhow::Result<Rows> {
    let (mut fired, mut told): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
    let all = store
        .texts(&format!(
            "SELECT record_id, CAST(COALESCE(user_id, 0) AS TEXT), CAST(due_at AS TEXT), CAST(fired_at AS TEXT)
             FROM fired_timers WHERE record_id LIKE '{prefix}%'"
        ))
        .await?;
    for row in all {
        let row_of = Fired { user: row[1].parse()?, due_at: row[2].parse()?, fired_at: row[3].parse()? };
        fired.entry(row[0].clone()).or_default().push(row_of);
    }
    let all =
        "SELECT CAST(user_id AS TEXT), metadata FROM notification_contents WHERE type = 'activity_reminder'";
    for row in store.texts(all).await? {
        let metadata: Value = serde_json::from_str(&row[1])?;
        let id = metadata.get("record_id").and_then(Value::as_str).unwrap_or_default();
        if id.starts_with(prefix) {
            told.entry(id.to_owned()).or_default().push(row[0].parse()?);
        }
    }
    Ok(Rows { fired, told })
}

/// When activities whose ids begin so were told of, as they begin: their ids, and the starts.
pub async fn occurrences(store: &Store, prefix: &str) -> anyhow::Result<HashMap<String, Vec<String>>> {
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    let all = "SELECT metadata FROM notification_contents WHERE type = 'activity_reminder'";
    for row in store.texts(all).await? {
        let metadata: Value = serde_json::from_str(&row[0])?;
        let [id, start] = ["record_id", "starts_at"].map(|name| metadata.get(name).and_then(Value::as_str));
        let (id, start) = (id.unwrap_or_default(), start.unwrap_or_default());
        if id.starts_with(prefix) {
            told.entry(id.to_owned()).or_default().push(start.to_owned());
        }
    }
    Ok(told)
}

/// The ids of those that have fired.
pub async fn fired(store: &Store, prefix: &str) -> anyhow::Result<Vec<String>> {
    let sql = format!("SELECT record_id FROM fired_timers WHERE record_id LIKE '{prefix}%'");
    Ok(store.texts(&sql).await?.into_iter().flatten().collect())
}

/// Each of these has fired once and its user was told once; nothing else of theirs did.
pub fn once(activities: &[Activity], rows: &Rows, findings: &mut Findings) {
    for Activity { id, user, due, is_late, .. } in activities {
        match rows.told.get(id).map_or(&[][..], Vec::as_slice) {
            [told] if told == user => {}
            [told] => broke(findings, Broken::Wrong, id, &format!("{told} was told in place of {user}")),
            [] => broke(findings, Broken::Lost, id, "nobody was told"),
            told => broke(findings, Broken::Duplicated, id, &format!("told {} times: {told:?}", told.len())),
        }
        match rows.fired.get(id).map_or(&[][..], Vec::as_slice) {
            [row]
                if row.user == *user
                    && (row.due_at == *due || (*is_late && row.due_at > *due))
                    && row.fired_at >= *due => {}
            [] => broke(findings, Broken::Lost, id, "it did not fire"),
            [row] => {
                broke(findings, Broken::Wrong, id, &format!("due at {due} for {user}, it fired as {row:?}"))
            }
            rows => broke(findings, Broken::Duplicated, id, &format!("it fired as {rows:?}")),
        }
    }
    let known: HashMap<&str, ()> = activities.iter().map(|activity| (&*activity.id, ())).collect();
    for id in rows.told.keys().chain(rows.fired.keys()).filter(|id| !known.contains_key(id.as_str())) {
        broke(findings, Broken::Wrong, id, "it fired, though it was not to");
    }
}

/// What waits still waits, and no timer of what has fired is left.
pub async fn none_of_those_that_wait(
    store: &Store,
    waiting: usize,
    prefix: &str,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let sql = format!("SELECT record_id FROM timers WHERE record_id LIKE '{prefix}%'");
    let left: Vec<String> = store.texts(&sql).await?.into_iter().flatten().collect();
    let others = left.iter().filter(|id| !id.contains("waits"));
    others.for_each(|id| broke(findings, Broken::Wrong, id, "its timer is left"));
    let kept = left.iter().filter(|id| id.contains("waits")).count();
    if kept != waiting {
        findings.broke(Broken::Lost, format!("of {waiting} timers that wait {kept} are left"));
    }
    Ok(())
}

/// How late each was.
pub fn lateness(activities: &[Activity], rows: &Rows, lives: &[Life]) -> Lateness {
    let up = merged(lives);
    let mut lateness = Lateness::default();
    for Activity { id, due, .. } in activities {
        let Some([Fired { fired_at, .. }]) = rows.fired.get(id).map(Vec::as_slice) else { continue };
        let Some(life) = up.iter().find(|life| life.killed > *due) else { continue };
        if life.ready > *due {
            lateness.after_ready.push((fired_at - life.ready).max(0));
            continue;
        }
        if *fired_at <= life.killed {
            lateness.while_up.push(fired_at - due);
            continue;
        }
        // It lived long enough to have done it.
        if life.killed - due > NEARLY_ALL.as_micros() as i64 {
            lateness.while_up.push(life.killed - due);
        }
        if let Some(next) = up.iter().find(|next| next.ready > life.killed) {
            lateness.after_ready.push((fired_at - next.ready).max(0));
        }
    }
    lateness.while_up.sort_unstable();
    lateness.after_ready.sort_unstable();
    lateness
}

/// When some server lived, in order; they do not touch.
fn merged(lives: &[Life]) -> Vec<Life> {
    let mut lives = lives.to_vec();
    lives.sort_unstable_by_key(|life| life.ready);
    let mut merged: Vec<Life> = Vec::new();
    for life in lives {
        match merged.last_mut().filter(|last| life.ready <= last.killed) {
            Some(last) => last.killed = last.killed.max(life.killed),
            None => merged.push(life),
        }
    }
    merged
}

/// Nothing was later than promised.
pub fn in_time(lateness: &Lateness, findings: &mut Findings) {
    let promises = [
        ("p99 while a server lives", percentile(&lateness.while_up, 99), NEARLY_ALL),
        ("the latest while a server lives", percentile(&lateness.while_up, 100), EACH),
        ("the latest after a server was ready", percentile(&lateness.after_ready, 100), AFTER_READY),
    ];
    for (what, late, most) in promises {
        if late > most {
            findings.broke(
                Broken::Wrong,
                format!("{what}: {} ms, and at most {most:?} was promised", late.as_millis()),
            );
        }
    }
}

/// What so many in a hundred of these do not exceed.
pub fn percentile(sorted: &[i64], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    let value = sorted.get(rank.max(1) - 1).copied().unwrap_or_default();
    Duration::from_micros(u64::try_from(value).unwrap_or_default())
}
