//! What is said about tickets, by the team and by customers (N34).
//!
//! A comment is kept, restarts the clock of response times, and is an event, all in one transaction. What a team says always
//! restarts the clock; what a customer says does so where the ticket waited for them, and only then: a customer who asks again
//! is not answered later for it.
//!
//! A comment that is internal stays in the team. Whoever mentions a colleague, or tries to, speaks to the team, and a program
//! does not know who reads it: such comments are internal unless somebody says otherwise.

pub(super) mod http;
mod mentions;
mod store;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{BATCH, DAY, Event, Events, Heard};
use crate::audit::{self, Actor, Entry, Subject};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::record::{Fields, Record, Records, Wish};
use crate::storage::{Error, Tx};
use crate::user;

/// Who said what somebody said who was erased since.
const FORMER: &str = "a former user";

/// What the event is called.
pub const COMMENTED: &str = "ticket.commented";

/// The module of tickets.
pub const TICKETS: &str = "tickets";

/// The status of a ticket about which the customer is to do something.
const WAITS: &str = "Waiting for Customer";

/// How many characters of a comment the history shows.
const IN_HISTORY: usize = 200;

/// What somebody wants to say.
#[derive(Clone, Debug)]
struct Draft {
    text: String,
    mentions: Vec<i64>,
    from_customer: bool,
    /// Whether it stays in the team, where that is said.
    internal: Option<bool>,
    /// What the customer is called.
    author: Option<String>,
}

/// What was said.
#[derive(Clone, Debug, PartialEq)]
struct Comment {
    id: i64,
    at: Instant,
    author_id: Option<i64>,
    author: String,
    from_customer: bool,
    /// Whether it stays in the team.
    internal: bool,
    text: String,
}

/// What became of a comment.
#[derive(Clone, Debug)]
struct Said {
    comment: Comment,
    mentions: Vec<i64>,
    heard: Heard,
    ticket: Record,
}

impl Events {
    /// Keeps a comment and tells whoever is to hear of it.
    ///
    /// # Errors
    /// 404 for a ticket or a mentioned user who is not there, 400 for one who is a customer, or what the database says.
    async fn comment_in(&self, tx: &mut Tx, id: &str, draft: Draft, actor: &Actor) -> Result<Said, Refusal> {
        let now = self.inner.clock.now();
        let ticket = self.inner.records.held_in(tx, TICKETS, id).await?;
        let mentions = mentioned_in(tx, &draft).await?;
        let (author_id, author) = author_in(tx, &draft, &ticket, actor).await?;
        let mut comment = Comment {
            id: 0,
            at: now,
            author_id,
            author,
            from_customer: draft.from_customer,
            internal: is_internal(&draft, &mentions, actor),
            text: draft.text,
        };
        comment.id = store::insert(tx, &ticket, &comment).await?;
        audit::note_in(tx, &[entry(&comment, &ticket, actor)]).await?;
        let ticket = match restarts_clock(&ticket, comment.from_customer) {
            true => self.acted_on_in(tx, &ticket, actor, now).await?,
            false => ticket,
        };
        let event = event(&comment, &mentions, ticket.clone(), actor);
        let heard = self.happens_in(tx, event).await?;
        Ok(Said { comment, mentions, heard, ticket })
    }

    /// Writes down that something was done about a ticket: its response time begins anew.
    async fn acted_on_in(
        &self,
        tx: &mut Tx,
        ticket: &Record,
        actor: &Actor,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let date = Map::from_iter([("last_action_date".to_owned(), Value::from(now.to_rfc3339()))]);
        let wish = Wish { fields: Some(Fields::Some(date)), ..Wish::default() };
        self.inner.records.save_in_course(tx, (TICKETS, &ticket.id), wish, actor, now).await
    }

    /// The address that a comment on a ticket goes to unless it is internal; `None` where nobody would be written to.
    ///
    /// # Errors
    /// What the database says.
    async fn writes_to_in(
        &self,
        tx: &mut Tx,
        ticket: &Record,
        actor: &Actor,
    ) -> Result<Option<String>, Error> {
        let comment = Comment {
            id: 0,
            at: self.inner.clock.now(),
            author_id: actor.user_id,
            author: actor.name.to_string(),
            from_customer: false,
            internal: false,
            text: String::new(),
        };
        let event = event(&comment, &[], ticket.clone(), actor);
        let letters = self.watch()?.foreseen(tx, &event).await?;
        Ok(letters.into_iter().map(|letter| letter.to).find(|address| !address.trim().is_empty()))
    }

    /// Forgets what was said about tickets more than `days` ago, 0 for never, and who said it of those who were erased;
    /// returns how many comments were forgotten.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire_comments(&self, days: u32) -> Result<u64, Error> {
        let database = &self.inner.database;
        while database.write::<_, Error, _>(|tx| Box::pin(store::forget_authors(tx, BATCH))).await? > 0 {}
        let mut forgotten = 0;
        if days == 0 {
            return Ok(forgotten);
        }
        let before = self.inner.clock.now().minus(DAY * days);
        loop {
            match database.write::<_, Error, _>(move |tx| Box::pin(store::forget(tx, before, BATCH))).await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }
}

/// Whether a comment stays in the team: as is said, or else where it mentions somebody or tries to, and where a program
/// says it by itself. What customers say is no secret of the team's.
fn is_internal(draft: &Draft, mentioned: &[i64], actor: &Actor) -> bool {
    let is_among = || !mentioned.is_empty() || mentions::is_tried(&draft.text) || actor.user_id.is_none();
    !draft.from_customer && draft.internal.unwrap_or_else(is_among)
}

/// Whether a comment restarts the clock of a ticket's response time.
fn restarts_clock(ticket: &Record, from_customer: bool) -> bool {
    let status = ticket.fields.get("status").and_then(Value::as_str).unwrap_or_default();
    !from_customer || status.trim().eq_ignore_ascii_case(WAITS)
}

/// Who is mentioned, by number and in the text; in what a customer writes nobody is by their name.
async fn mentioned_in(tx: &mut Tx, draft: &Draft) -> Result<Vec<i64>, Refusal> {
    let ids: BTreeSet<i64> = draft.mentions.iter().copied().collect();
    if let Some(unknown) = user::group::first_unknown_in(tx, &ids).await? {
        return Err(Refusal::missing(format!("mentions: user {unknown} not found")));
    }
    let people = user::figures_in(tx, &ids).await?;
    if let Some(customer) = ids.iter().find(|id| people.get(id).is_some_and(|figure| figure.is_customer)) {
        return Err(Refusal::invalid(format!(
            "mentions: user {customer} is a customer, who does not hear what the team says; leave them out"
        )));
    }
    let mut mentioned = ids;
    if !draft.from_customer {
        mentioned.extend(mentions::people_in(tx, &draft.text).await?);
    }
    Ok(mentioned.into_iter().collect())
}

/// Who said it: a user, or as a customer or a program is called.
async fn author_in(
    tx: &mut Tx,
    draft: &Draft,
    ticket: &Record,
    actor: &Actor,
) -> Result<(Option<i64>, String), Error> {
    if draft.from_customer {
        return Ok((None, customer_in(tx, draft, ticket).await?));
    }
    let name = match actor.user_id {
        Some(user_id) => user::name_in(tx, user_id).await?,
        None => None,
    };
    Ok((actor.user_id, name.unwrap_or_else(|| actor.name.to_string())))
}

async fn customer_in(tx: &mut Tx, draft: &Draft, ticket: &Record) -> Result<String, Error> {
    if let Some(author) = &draft.author {
        return Ok(author.clone());
    }
    let contact = match ticket.fields.get("contact_id").and_then(Value::as_str) {
        Some(id) => Records::find_many_in(tx, &[("contacts".into(), id.into())]).await?.into_iter().next(),
        None => None,
    };
    Ok(contact.map_or_else(|| "The customer".to_owned(), |contact| contact.label))
}

fn entry(comment: &Comment, ticket: &Record, actor: &Actor) -> Entry {
    let text = format!("{}: {}", comment.author, comment.text);
    let shown = match text.char_indices().nth(IN_HISTORY) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    Entry {
        subject: Subject::Record(TICKETS.into(), ticket.id.clone()),
        field: "comment".to_owned(),
        from: None,
        to: Some(shown.into()),
        actor: actor.clone(),
        at: comment.at,
    }
}

fn event(comment: &Comment, mentions: &[i64], ticket: Record, actor: &Actor) -> Event {
    Event {
        kind: COMMENTED.into(),
        subject: Some((ticket.module.clone(), ticket.id.clone())),
        record: Some(ticket),
        actor: actor.clone(),
        data: data(comment, mentions),
        at: comment.at,
        origin: None,
    }
}

fn data(comment: &Comment, mentions: &[i64]) -> Map<String, Value> {
    let said = [
        ("comment_id", json!(comment.id)),
        ("text", json!(comment.text)),
        ("from_customer", json!(comment.from_customer)),
        ("internal", json!(comment.internal)),
        ("author", json!(comment.author)),
        ("mentions", json!(mentions)),
    ];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_in_the_team() {
        let person = Actor { user_id: Some(2), name: "ben@example.com".into(), by: audit::By::User };
        let program = Actor { user_id: None, name: "a key".into(), by: audit::By::Api };
        for (text, from_customer, internal, mentioned, actor, expected) in [
            ("It is on its way", false, None, &[][..], &person, false),
            ("It is on its way", false, None, &[], &program, true),
            ("It is on its way", false, None, &[5], &person, true),
            ("@Support, is it?", false, None, &[], &person, true),
            ("@Support, is it?", false, Some(false), &[5], &program, false),
            ("It is on its way", false, Some(true), &[], &person, true),
            ("@Support?", true, None, &[5], &program, false),
        ] {
            let draft =
                Draft { text: text.to_owned(), mentions: Vec::new(), from_customer, internal, author: None };
            assert_eq!(is_internal(&draft, mentioned, actor), expected, "{text} {internal:?} {mentioned:?}");
        }
    }

    #[test]
    fn what_restarts_the_clock() {
        for (status, from_customer, restarts) in [
            (json!("Open"), false, true),
            (json!("Waiting for Customer"), false, true),
            (json!("Open"), true, false),
            (json!(" waiting for customer "), true, true),
            (Value::Null, true, false),
            (json!(3), true, false),
        ] {
            let ticket = Record {
                number: 1,
                module: TICKETS.into(),
                id: "42".into(),
                label: "Printer".to_owned(),
                link: None,
                assigned_to: None,
                previous_assigned_to: None,
                reassigned_at: None,
                fields: Map::from_iter([("status".to_owned(), status.clone())]),
                version: 1,
                created_at: Instant(0),
                updated_at: Instant(0),
            };
            assert_eq!(restarts_clock(&ticket, from_customer), restarts, "{status} {from_customer}");
        }
    }
}
