//! What is checked over HTTP once a killed server runs again.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::client::{As, Client, Heard, Page, now, page};
use crate::load::{self, Shared};
use crate::model::{Model, Sight};
use crate::random::Random;
use crate::report::Broken;
use crate::state::{Read, Shelf, State};

/// How often an inbox is read again because something woke while it was read.
const ATTEMPTS: usize = 40;

/// A snooze that is over for longer must have ended.
const WAKES_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// Sends again what was not answered: `percent` of it.
pub async fn retry_unanswered(shared: &Shared, client: &Client, random: &mut Random, percent: u64) {
    let unanswered: Vec<usize> = {
        let model = shared.model();
        let wishes = model.wishes.iter().enumerate();
        wishes
            .filter(|(_, wish)| wish.key.is_some() && wish.heard.is_none())
            .map(|(number, _)| number)
            .collect()
    };
    for number in unanswered {
        if random.chance(percent) {
            load::send(shared, client, number).await;
        }
    }
}

/// Everything that one user has.
struct Holdings {
    inbox: Vec<Sight>,
    unread: Vec<Sight>,
    archive: Vec<Sight>,
    snoozed: Vec<Sight>,
    unread_count: i64,
}

/// Reads all lists of a user to their ends and holds them against what is known; returns how many snoozes should
/// have ended and have not.
pub async fn inbox(shared: Shared, client: Client, user: i64, limit: u64) -> anyhow::Result<usize> {
    let token = token(&shared, &client, user).await?;
    for _ in 0..ATTEMPTS {
        if let Some(holdings) =
            holdings(&client, &token, limit).await.with_context(|| format!("user {user}"))?
        {
            judge(&mut shared.model(), user, &holdings);
            return Ok(holdings.snoozed.iter().filter(|sight| overslept(&sight.shown)).count());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the inbox of user {user} did not rest, though nobody changes it");
}

/// The session that was acknowledged before the kill, which must be good still; else a new one.
async fn token(shared: &Shared, client: &Client, user: i64) -> anyhow::Result<String> {
    if let Some(token) = shared.token(user) {
        match client.list(&token, "limit=1").await {
            Heard::Answer(200, _) => return Ok(token),
            other => {
                let sentence = format!("the session of user {user} is not good after the kill: {other:?}");
                shared.model().report.broke(Broken::Lost, sentence);
            }
        }
    }
    let heard = client.sign_in(user).await;
    let Heard::Answer(200, answer) = &heard else {
        bail!("user {user} cannot sign in: {heard:?}");
    };
    shared.keep_token(user, answer);
    shared.token(user).context("a sign-in was answered without a token")
}

/// `None` where something changed meanwhile: a snooze ran out, which always changes the count.
async fn holdings(client: &Client, token: &str, limit: u64) -> anyhow::Result<Option<Holdings>> {
    let before = unread_count(client, token).await?;
    let mut counts = HashSet::from([before]);
    let snoozed = whole_list(client, token, &format!("snoozed=true&limit={limit}"), &mut counts).await?;
    let inbox = whole_list(client, token, &format!("limit={limit}"), &mut counts).await?;
    let unread = whole_list(client, token, &format!("unread=true&limit={limit}"), &mut counts).await?;
    let archive = whole_list(client, token, &format!("archived=true&limit={limit}"), &mut counts).await?;
    counts.insert(unread_count(client, token).await?);
    Ok((counts.len() == 1).then_some(Holdings { inbox, unread, archive, snoozed, unread_count: before }))
}

async fn unread_count(client: &Client, token: &str) -> anyhow::Result<i64> {
    let path = "/crm/notification/unread-count";
    match client.ask(reqwest::Method::GET, path, As::Person(token), None, None).await {
        Heard::Answer(200, answer) => {
            answer.get("unread_count").and_then(Value::as_i64).context("no unread_count")
        }
        other => bail!("the count was answered with {other:?}"),
    }
}

async fn whole_list(
    client: &Client,
    token: &str,
    query: &str,
    counts: &mut HashSet<i64>,
) -> anyhow::Result<Vec<Sight>> {
    let mut sights = Vec::new();
    let mut cursor = String::new();
    loop {
        let Page { sights: more, unread_count, next } =
            match client.list(token, &format!("{query}{cursor}")).await {
                Heard::Answer(200, answer) => page(&answer)?,
                other => bail!("the list {query} was answered with {other:?}"),
            };
        sights.extend(more);
        counts.insert(unread_count);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(sights),
        }
    }
}

fn judge(model: &mut Model, user: i64, holdings: &Holdings) {
    let Holdings { inbox, unread, archive, snoozed, unread_count } = holdings;
    let wrong = |model: &mut Model, sentence: String| {
        model.report.broke(Broken::Wrong, format!("user {user}: {sentence}"));
    };
    let mut seen = HashSet::new();
    let mut ids = HashSet::new();
    for (list, shelf) in [(inbox, Shelf::Inbox), (archive, Shelf::Archive), (snoozed, Shelf::Snoozed)] {
        for sight in list {
            model.see(user, sight);
            if !ids.insert(sight.id) {
                wrong(model, format!("notification {} is listed twice", sight.id));
            }
            if !seen.insert(sight.mark) {
                let sentence = format!("user {user} has {:?} twice, the second as {}", sight.mark, sight.id);
                model.report.broke(Broken::Duplicated, sentence);
            }
            if !matches!(sight.state, State::On(stands, _) if stands == shelf) {
                wrong(
                    model,
                    format!("{} stands in the list of the {shelf:?} as {:?}", sight.id, sight.state),
                );
            }
        }
        order(model, user, list);
    }
    model.see_no_more(user, &seen);
    let listed: Vec<i64> = inbox
        .iter()
        .filter(|sight| sight.state == State::On(Shelf::Inbox, Read::No))
        .map(|sight| sight.id)
        .collect();
    if i64::try_from(listed.len()) != Ok(*unread_count) {
        wrong(model, format!("unread_count is {unread_count}, but {} are listed as unread", listed.len()));
    }
    if !listed.iter().eq(unread.iter().map(|sight| &sight.id)) {
        wrong(model, format!("unread=true lists {}, not the {} unread ones", unread.len(), listed.len()));
    }
}

/// Newest first; and what was heard before another was begun is the older one.
fn order(model: &mut Model, user: i64, list: &[Sight]) {
    let mut before = i64::MAX;
    let mut oldest_above = u64::MAX;
    for sight in list {
        let Some(wish) = model.wishes.get(sight.mark.0) else { continue };
        if wish.pieces[sight.mark.1].is_restless {
            continue;
        }
        let (begun, heard) = (wish.begun, wish.heard.unwrap_or(u64::MAX));
        if sight.id >= before || begun > oldest_above {
            let sentence = format!("user {user}: {} stands below {before}, which is older", sight.id);
            model.report.broke(Broken::Wrong, sentence);
        }
        before = sight.id;
        oldest_above = oldest_above.min(heard);
    }
}

fn overslept(shown: &Value) -> bool {
    let until = shown.get("snoozed_until").and_then(Value::as_str);
    until.and_then(|text| text.parse().ok()).is_some_and(|until| now().duration_since(until) > WAKES_WITHIN)
}
