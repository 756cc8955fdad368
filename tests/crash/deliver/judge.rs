//! Holds what the receivers had against what was acknowledged and what the database says became of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::load::Scene;
use super::log::{Kill, Reception};
use super::receivers::channel_of;
use crate::database::Store;
use crate::report::Broken;

/// What is received is settled by then, while the server lives.
const SETTLED_WITHIN: Duration = Duration::from_secs(2);

/// So many are named in a message that carries others along.
const NAMED: usize = 20;

/// A delivery as it ended.
#[derive(Clone, Debug)]
pub struct Row {
    user: i64,
    channel: String,
    state: String,
    reason: String,
    folded_into: String,
    title: String,
}

/// Every delivery, by its number.
pub async fn rows(store: &Store) -> anyhow::Result<HashMap<String, Row>> {
    let rows = store
        .texts(
            "SELECT d.id, CAST(d.user_id AS TEXT), d.channel, d.state, d.reason, d.folded_into, c.title
             FROM deliveries d LEFT JOIN notification_contents c ON c.id = d.notification_id",
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let [id, user, channel, state, reason, folded_into, title] =
                <[String; 7]>::try_from(row).expect("so many columns were asked for");
            Ok((id, Row { user: user.parse()?, channel, state, reason, folded_into, title }))
        })
        .collect()
}

/// The deliveries that are not settled.
pub async fn pending(store: &Store) -> anyhow::Result<HashSet<String>> {
    let rows = store.texts("SELECT id FROM deliveries WHERE state = 'pending'").await?;
    Ok(rows.into_iter().flatten().collect())
}

/// Everything that was promised, at the end.
pub fn everything(
    scene: &Scene,
    rows: &HashMap<String, Row>,
    receptions: &[Reception],
    kills: &[Kill],
    accepted: &BTreeMap<String, i64>,
) {
    let mut received: HashMap<&str, Vec<&Reception>> = HashMap::new();
    for reception in receptions {
        received.entry(&reception.id).or_default().push(reception);
    }
    for (id, receptions) in &received {
        messages(scene, id, rows.get(*id), receptions, kills);
    }
    for (id, row) in rows {
        ended(scene, id, row, &received, rows);
    }
    folded(scene, rows, &received);
    acknowledged(scene, rows);
    conserved(scene, rows, accepted);
    let mut figures = scene.figures();
    figures.received = receptions.len();
    figures.again = receptions.len() - received.len();
    for row in rows.values() {
        let ended = if row.reason.is_empty() { &row.state } else { &row.reason };
        *figures.ended.entry((row.channel.clone(), ended.clone())).or_default() += 1;
    }
    let in_flight = |kill: &Kill, life| {
        let unsettled = receptions.iter().filter(|it| it.life == life && kill.pending.contains(&it.id));
        unsettled.map(|it| it.id.as_str()).collect::<HashSet<_>>().len()
    };
    figures.in_flight = kills.iter().enumerate().map(|(life, kill)| in_flight(kill, life)).sum();
    figures.pending = kills.iter().map(|kill| kill.pending.len()).sum();
    if figures.again > figures.in_flight {
        let sentence = format!("{} messages came again, {} were in flight", figures.again, figures.in_flight);
        figures.findings.broke(Broken::Duplicated, sentence);
    }
}

/// All messages of one delivery: each but the last was in flight at the kill that ended its life.
fn messages(scene: &Scene, id: &str, row: Option<&Row>, all: &[&Reception], kills: &[Kill]) {
    let Some(row) = row else {
        let channel = all[0].channel;
        return scene.broke(Broken::Wrong, format!("{channel} received {id:?}, which is no delivery"));
    };
    if let Some(other) = all.iter().find(|reception| reception.channel != row.channel) {
        scene.broke(Broken::Wrong, format!("{id} by {} was received by {}", row.channel, other.channel));
    }
    // What was received and not settled may have been folded into another one after the kill.
    let excused = if row.state == "sent" { &all[..all.len() - 1] } else { all };
    let mut lives = HashSet::new();
    for reception in excused {
        let was_in_flight = kills
            .get(reception.life)
            .filter(|kill| kill.pending.contains(id) && lives.insert(reception.life));
        let Some(kill) = was_in_flight else {
            let sentence = format!(
                "{id} by {} ({}) came again, though it was settled in life {} already: {:?}",
                row.channel,
                row.state,
                reception.life,
                all.iter().map(|it| it.life).collect::<Vec<_>>()
            );
            scene.broke(Broken::Duplicated, sentence);
            continue;
        };
        let unsettled = kill.at.saturating_duration_since(reception.answered.unwrap_or(reception.at));
        let mut figures = scene.figures();
        figures.longest_unsettled = figures.longest_unsettled.max(unsettled);
        if unsettled > SETTLED_WITHIN {
            let sentence = format!("{id} was received {unsettled:?} before a kill and not settled yet");
            figures.findings.broke(Broken::Wrong, sentence);
        }
    }
}

/// Whether one delivery ended as it may.
fn ended(
    scene: &Scene,
    id: &str,
    row: &Row,
    received: &HashMap<&str, Vec<&Reception>>,
    rows: &HashMap<String, Row>,
) {
    match (row.state.as_str(), row.reason.as_str()) {
        ("sent", _) if received.contains_key(id) => {}
        ("sent", _) => {
            scene.broke(
                Broken::Lost,
                format!("{id} by {} is noted as sent and was never received", row.channel),
            );
        }
        ("suppressed", "folded") => {
            let carrier = rows.get(&row.folded_into).filter(|carrier| {
                carrier.state == "sent" && carrier.user == row.user && carrier.channel == row.channel
            });
            if carrier.is_none() {
                let sentence = format!("{id} is folded into {:?}, which did not carry it", row.folded_into);
                scene.broke(Broken::Lost, sentence);
            }
        }
        ("pending", _) => scene.broke(Broken::Lost, format!("{id} by {} still waits", row.channel)),
        _ => scene.broke(Broken::Wrong, format!("{id} ended as {row:?}")),
    }
}

/// What was folded is named in the message that carried it, up to twenty of them.
fn folded(scene: &Scene, rows: &HashMap<String, Row>, received: &HashMap<&str, Vec<&Reception>>) {
    let mut along: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in rows.values().filter(|row| row.reason == "folded") {
        along.entry(&row.folded_into).or_default().push(&row.title);
    }
    for (carrier, titles) in along {
        let Some(last) = received.get(carrier).and_then(|all| all.last()) else { continue };
        let named = titles.iter().filter(|title| last.text.contains(**title)).count();
        if named < titles.len().min(NAMED) {
            let sentence = format!("{carrier} carried {} along and names {named} of them", titles.len());
            scene.broke(Broken::Lost, sentence);
        }
    }
}

/// Everything that was acknowledged has its deliveries: one by e-mail, one by its user's webhook.
fn acknowledged(scene: &Scene, rows: &HashMap<String, Row>) {
    let mut there: HashMap<(&str, i64), Vec<&str>> = HashMap::new();
    for row in rows.values() {
        there.entry((&row.title, row.user)).or_default().push(&row.channel);
    }
    let (mut count, mut sentences) = (0, Vec::new());
    let acknowledged = std::mem::take(&mut *scene.acknowledged());
    for (title, users) in &acknowledged {
        for user in users {
            count += 1;
            let mut channels = there.remove(&(title.as_str(), *user)).unwrap_or_default();
            channels.sort_unstable();
            let mut expected = ["email", channel_of(*user)];
            expected.sort_unstable();
            let promise = if channels.len() > expected.len() { Broken::Duplicated } else { Broken::Lost };
            if channels != expected {
                sentences
                    .push((promise, format!("{title} for {user} was acknowledged and has {channels:?}")));
            }
        }
    }
    sentences.extend(there.into_keys().map(|what| (Broken::Wrong, format!("nobody sent {what:?}"))));
    let mut figures = scene.figures();
    figures.acknowledged = count;
    sentences.into_iter().for_each(|(promise, sentence)| figures.findings.broke(promise, sentence));
}

/// What the summary calls accepted is what there is.
fn conserved(scene: &Scene, rows: &HashMap<String, Row>, accepted: &BTreeMap<String, i64>) {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows.values() {
        *counts.entry(row.channel.clone()).or_default() += 1;
    }
    if counts != *accepted {
        scene.broke(Broken::Wrong, format!("accepted are {accepted:?}, stored are {counts:?}"));
    }
}
