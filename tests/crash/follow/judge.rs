//! Holds what the followers heard against the lists and the tables.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::Value;

use super::event::What;
use super::follower::Follower;
use super::history::History;
use super::inbox::Lists;
use super::scene::Scene;
use crate::client::{As, Heard};
use crate::content;
use crate::report::Broken;

/// What the API says of one user.
pub struct Truth {
    lists: Lists,
    unread_count: i64,
}

/// Where a user's inbox stands.
pub async fn revision(scene: &Scene, user: i64) -> anyhow::Result<i64> {
    let answer = ask(scene, user, "/crm/notification/stream?poll=0").await?;
    answer.get("rev").and_then(Value::as_i64).context("a poll is answered with rev")
}

/// Everything that a user has.
pub async fn truth(scene: &Scene, user: i64) -> anyhow::Result<Truth> {
    let count = ask(scene, user, "/crm/notification/unread-count").await?;
    let unread_count = count.get("unread_count").and_then(Value::as_i64).context("no unread_count")?;
    let mut lists = Lists::default();
    for (list, query) in lists.iter_mut().zip(["", "archived=true&", "snoozed=true&"]) {
        let mut cursor = String::new();
        loop {
            let page = ask(scene, user, &format!("/crm/notification?{query}limit=100{cursor}")).await?;
            let shown = page.get("notifications").and_then(Value::as_array);
            list.extend(shown.context("a list holds notifications")?.iter().cloned());
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    Ok(Truth { lists, unread_count })
}

async fn ask(scene: &Scene, user: i64, path: &str) -> anyhow::Result<Value> {
    match scene.client.ask(Method::GET, path, As::Person(scene.token(user)), None, None).await {
        Heard::Answer(200, answer) => Ok(answer),
        other => bail!("{path} of user {user} was answered with {other:?}"),
    }
}

/// Whether everything that was acknowledged is there or was removed, once, as it was sent.
pub fn stored(scene: &Scene, user: i64, truth: &Truth, history: &History) {
    if history.came.0 != history.came.1 {
        scene.broke(
            Broken::Wrong,
            format!("user {user}: so many came by steps and by inbox: {:?}", history.came),
        );
    }
    let acknowledged = scene.acknowledged().get(&user).cloned().unwrap_or_default();
    let mut there = BTreeMap::new();
    for item in truth.lists.iter().flatten() {
        let mark = item.get("metadata").and_then(content::mark_in);
        let id = item.get("notification_id").and_then(Value::as_i64);
        let (Some(mark), Some(id)) = (mark, id) else {
            scene.broke(Broken::Wrong, format!("user {user} has what nobody sent: {item}"));
            continue;
        };
        if let Some(other) = there.insert(mark, id) {
            scene.broke(Broken::Duplicated, format!("user {user} has {mark:?} as {other} and as {id}"));
        }
        let sent = content::element(mark, user, Some(&format!("follow-{}", mark.0)));
        if let Some(difference) = content::difference(&sent, item) {
            scene.broke(Broken::Wrong, format!("notification {id} of user {user}: {difference}"));
        }
    }
    for (mark, id) in &acknowledged {
        if there.get(mark) != Some(id) && !history.removed.contains_key(id) {
            scene.broke(
                Broken::Lost,
                format!("user {user}: {mark:?} was acknowledged as {id} and is not there"),
            );
        }
    }
    let sent = |id: &i64| acknowledged.values().any(|acknowledged| acknowledged == id);
    for id in there.values().filter(|id| !sent(id)) {
        scene.broke(Broken::Duplicated, format!("user {user}: {id} was acknowledged under another id"));
    }
}

/// Whether a follower heard everything, in order, nothing twice, and knows what the lists show.
pub fn follower(scene: &Scene, follower: &Follower, truth: &Truth, history: &History) {
    scene.figures().events += follower.heard.len();
    scene.figures().resets += follower.heard.iter().filter(|(_, what)| *what == What::Reset).count();
    if follower.is_lost {
        return;
    }
    if let Err(sentence) = told(scene, follower, history) {
        scene.broke(Broken::Lost, format!("{}: {sentence}", follower.name()));
        return;
    }
    if let Some(difference) = difference(&follower.inbox.lists(), truth, follower.inbox.unread_count) {
        scene.broke(Broken::Wrong, format!("{}: {difference}", follower.name()));
    }
    let told_of = |mentions: fn(&What) -> Option<i64>| -> HashSet<i64> {
        follower.heard.iter().filter_map(|(_, what)| mentions(what)).collect()
    };
    let created = told_of(|what| if let What::Created(id) = what { Some(*id) } else { None });
    let removed = told_of(|what| if let What::Removed(id) = what { Some(*id) } else { None });
    let acknowledged = scene.acknowledged();
    let of_user = acknowledged.get(&follower.user);
    for id in of_user
        .iter()
        .flat_map(|all| all.values())
        .filter(|id| !created.contains(id) && !removed.contains(id))
    {
        scene.broke(Broken::Lost, format!("{}: {id} was acknowledged and never told", follower.name()));
    }
}

/// Walks along the inbox's past beside what was told.
fn told(scene: &Scene, follower: &Follower, history: &History) -> Result<(), String> {
    let first = follower.first.ok_or("no stream ever began")?;
    let mut heard = follower.heard.iter().peekable();
    let mut left_out = 0;
    for (rev, step) in (1..).zip(&history.steps).filter(|(rev, _)| *rev > first) {
        match heard.next_if(|(told, _)| *told == rev) {
            Some((_, what)) if history.is_told_by(rev, *step, *what) => {}
            Some((_, what)) => return Err(format!("revision {rev} was {step:?} and was told as {what:?}")),
            None if history.is_moot(rev, *step) => left_out += 1,
            None => return Err(format!("revision {rev} was not told: {step:?}")),
        }
    }
    scene.figures().left_out += left_out;
    match heard.next() {
        Some((rev, what)) => Err(format!("revision {rev} was told and is not there: {what:?}")),
        None => Ok(()),
    }
}

/// How what somebody knows differs from what the lists show.
fn difference(known: &Lists, truth: &Truth, unread_count: i64) -> Option<String> {
    if unread_count != truth.unread_count {
        return Some(format!("the count is {}, known is {unread_count}", truth.unread_count));
    }
    for ((known, shown), name) in known.iter().zip(&truth.lists).zip(["inbox", "archive", "snoozed"]) {
        if let Some(place) =
            (0..known.len().max(shown.len())).find(|place| known.get(*place) != shown.get(*place))
        {
            let (known, shown) = (known.get(place), shown.get(place));
            return Some(format!("{name}, place {place}: the list shows {shown:?}, known is {known:?}"));
        }
    }
    None
}
