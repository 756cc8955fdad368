//! The routes of what is said about tickets.

use std::collections::{BTreeSet, HashMap};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Comment, Draft, FORMER, Said, TICKETS, store};
use crate::audit::Actor;
use crate::auth::{Caller, Known};
use crate::delivery::Chosen;
use crate::event::Events;
use crate::event::http::Shared;
use crate::http::body::{LARGEST_ID, bad_query};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem};
use crate::record::{Record, acting, actor_exists_in, insider};
use crate::storage::{Error, Tx};
use crate::user::{self, Figure};

/// The longest comment, in characters.
const LONGEST: usize = 10_000;

/// How many people one comment may name by their numbers.
const MOST_MENTIONS: usize = 100;

/// The longest name of a customer, in characters.
const LONGEST_AUTHOR: usize = 255;

/// How many comments a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// What is said about a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::event) struct CommentBody {
    /// 1 to 10,000 characters. `@name`, `@"Full Name"` and `@` with what stands before the @ of an e-mail address mention
    /// people; what is nobody's name is left alone
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 10000, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "@grace have a look")]
    text: Given<String>,
    /// IDs of users who are mentioned besides, at most 100; none who is only a customer
    #[serde(default)]
    #[schema(value_type = Vec<i64>, max_items = 100)]
    mentions: Given<Vec<i64>>,
    /// Whether the customer said it; then their words mention nobody by name. False where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    from_customer: Given<bool>,
    /// Whether it stays in the team and never goes to the customer. Where nothing is said it does if it mentions somebody or
    /// tries to (`@Support`), and if a program says it without `actor_id`
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    internal: Given<bool>,
    /// Name of the customer who said it; the ticket's contact where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    author: Given<String>,
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
}

impl CommentBody {
    fn judge(self) -> Result<(Draft, Option<i64>), Problem> {
        self.text.present("text")?;
        let text = self.text.text("text", LONGEST)?.unwrap_or_default();
        let mentions = self.mentions.optional("mentions")?.unwrap_or_default();
        if mentions.len() > MOST_MENTIONS {
            return Err(Problem::bad_request(format!("mentions must be at most {MOST_MENTIONS} users")));
        }
        if !mentions.iter().all(|id| (1..=LARGEST_ID).contains(id)) {
            return Err(Problem::bad_request(format!("mentions must be between 1 and {LARGEST_ID}")));
        }
        let from_customer = self.from_customer.optional("from_customer")?.unwrap_or(false);
        let author = self.author.text("author", LONGEST_AUTHOR)?.filter(|author| !author.trim().is_empty());
        if author.as_ref().is_some_and(|author| author.contains(char::is_control)) {
            return Err(Problem::bad_request("author must be in one line"));
        }
        if author.is_some() && !from_customer {
            return Err(Problem::bad_request(
                "author names the customer: send from_customer: true with it, or leave it out",
            ));
        }
        let internal = self.internal.optional("internal")?;
        if internal == Some(true) && from_customer {
            return Err(Problem::bad_request(
                "internal is for what the team says: leave it out beside from_customer: true",
            ));
        }
        let draft = Draft { text, mentions, from_customer, internal, author };
        Ok((draft, self.actor_id.id("actor_id")?))
    }
}

/// Who said something.
#[derive(Serialize, ToSchema)]
struct CommentAuthor {
    /// ID of the user; null: a customer, a program, or somebody who is gone
    #[schema(required)]
    id: Option<i64>,
    /// As they are called; customers as they were called then; those who are gone are `a former user`
    #[schema(example = "Grace Sales")]
    name: String,
}

/// What was said about a ticket.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketComment)]
struct CommentShown {
    /// Number of the comment
    id: i64,
    /// The ticket's id in the CRM
    ticket_id: String,
    /// What was said
    text: String,
    author: CommentAuthor,
    /// Whether the customer said it
    from_customer: bool,
    /// Whether it stays in the team and never goes to the customer
    internal: bool,
    /// When
    #[schema(format = DateTime)]
    at: String,
}

impl CommentShown {
    fn of(comment: Comment, ticket: &Record, people: &HashMap<i64, Figure>) -> Self {
        let author = match comment.author_id.map(|id| people.get(&id)) {
            None => CommentAuthor { id: None, name: comment.author },
            Some(Some(figure)) => CommentAuthor { id: Some(figure.id), name: figure.name.clone() },
            // Retention forgets the name that is kept.
            Some(None) => CommentAuthor { id: None, name: FORMER.to_owned() },
        };
        Self {
            id: comment.id,
            ticket_id: ticket.id.to_string(),
            text: comment.text,
            author,
            from_customer: comment.from_customer,
            internal: comment.internal,
            at: comment.at.to_rfc3339(),
        }
    }
}

/// A letter to the customer.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketLetter)]
struct LetterShown {
    /// Number of the delivery: the delivery log says what becomes of it
    delivery_id: String,
    /// `pending` or `suppressed`
    #[schema(example = "pending")]
    state: &'static str,
    /// Why it does not go out, or null
    #[schema(required)]
    reason: Option<&'static str>,
    /// The same in a sentence, or null
    #[schema(required)]
    explanation: Option<&'static str>,
}

impl LetterShown {
    fn of(letter: Chosen) -> Self {
        Self {
            delivery_id: letter.delivery_id,
            state: if letter.suppressed.is_some() { "suppressed" } else { "pending" },
            reason: letter.suppressed.map(|reason| reason.code()),
            explanation: letter.suppressed.map(|reason| reason.explanation()),
        }
    }
}

/// What became of a comment.
#[derive(Serialize, ToSchema)]
struct CommentedAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    comment: CommentShown,
    /// IDs of those who are mentioned, by number or by name
    mentions: Vec<i64>,
    /// How many people are told
    told: usize,
    /// The letter that the customer is written because of it; null: none, since it is internal, or no automatic reply is
    /// switched on for it, or nobody is known whom to write to
    #[schema(required)]
    letter: Option<LetterShown>,
    /// The ticket's Last Action Date by now: its response time begins there; null: nobody has done anything yet
    #[schema(required)]
    last_action_date: Option<String>,
}

/// Say something about a ticket
///
/// The comment is kept. Who is mentioned is told; of what the team says the ticket's subscribers are, of what the customer
/// says its assigned user and its subscribers; each once, and nobody of what they said themselves. Who is only a customer
/// hears nothing of what the team says; the ticket's contact is written to of what is not internal, where that is switched
/// on. What the team says sets the ticket's Last Action Date and so restarts its response time; what the customer says does so
/// where the ticket is `Waiting for Customer`. For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/record/tickets/{id}/comment", tag = "events",
    params(("id" = String, Path, description = "The ticket's id in the CRM")),
    request_body = CommentBody,
    responses((status = 201, description = "It is said", body = CommentedAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such ticket or user")))]
pub(in crate::event) async fn comment_on_ticket(
    State(Shared { events, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { body, bytes }: Json<CommentBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let (draft, actor_id) = body.judge()?;
    let actor = acting(&caller, actor_id)?;
    let now = events.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} comment tickets/{id}", caller.scope()), &bytes, now)?;
    let this = events.clone();
    idempotency::perform(&events.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &actor).await?;
            let said = this.comment_in(tx, &id, draft, &actor).await?;
            log(tx, &caller, &said);
            Ok(Answer::with(StatusCode::CREATED, &commented_in(tx, said).await?))
        })
    })
    .await
}

fn log(tx: &mut Tx, caller: &Caller, said: &Said) {
    let (by, ticket, told) = (caller.description().to_owned(), said.ticket.id.clone(), said.heard.told);
    tx.after_commit(move || tracing::info!(by, ticket = &*ticket, told, "A ticket was commented on"));
}

async fn commented_in(tx: &mut Tx, said: Said) -> Result<CommentedAnswer, Error> {
    let Said { comment, mentions, heard, ticket } = said;
    let date = ticket.fields.get("last_action_date").and_then(|date| date.as_str());
    Ok(CommentedAnswer {
        result: "Success",
        comment: shown_in(tx, &ticket, vec![comment]).await?.remove(0),
        mentions,
        told: heard.told,
        letter: heard.letters.into_iter().next().map(LetterShown::of),
        last_action_date: date.map(str::to_owned),
    })
}

/// Comments on a ticket as they are shown, in the same order.
async fn shown_in(tx: &mut Tx, ticket: &Record, comments: Vec<Comment>) -> Result<Vec<CommentShown>, Error> {
    let authors: BTreeSet<i64> = comments.iter().filter_map(|comment| comment.author_id).collect();
    let people = user::figures_in(tx, &authors).await?;
    Ok(comments.into_iter().map(|comment| CommentShown::of(comment, ticket, &people)).collect())
}

/// Which part of what was said.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::event) struct CommentsQuery {
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

impl CommentsQuery {
    fn judge(self) -> Result<(usize, Option<i64>), Problem> {
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Problem::bad_request(format!("limit must be between 1 and {LARGEST_PAGE}")));
        }
        let Some(cursor) = self.cursor else { return Ok((limit, None)) };
        let number = cursor.parse().ok().filter(|number: &i64| *number > 0);
        let number = number.ok_or_else(|| {
            Problem::bad_request(
                "cursor is none that this server gave; use next_cursor of the page before, or leave it out",
            )
        })?;
        Ok((limit, Some(number)))
    }
}

/// A page of what was said about a ticket, newest first.
#[derive(Serialize, ToSchema)]
struct CommentsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Newest first
    comments: Vec<CommentShown>,
    /// The address of the customer to whom a comment goes that is not internal; null: none goes out, since that is switched
    /// off or there is no address
    #[schema(required)]
    writes_to: Option<String>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List what was said about a ticket
///
/// Newest first. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record/tickets/{id}/comments", tag = "events",
    params(("id" = String, Path, description = "The ticket's id in the CRM"), CommentsQuery),
    responses((status = 200, description = "A page of comments", body = CommentsAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such ticket")))]
pub(in crate::event) async fn list_comments(
    State(Shared { events, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
    query: Result<Query<CommentsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let (limit, before) = query.judge()?;
    let (this, actor): (Events, Actor) = (events.clone(), Actor::of(&caller));
    let answer = events.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            // One more than a page holds tells that there is another.
            let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let ticket = this.inner.records.one_in(tx, TICKETS, &id).await?;
            let mut comments = store::page(tx, &ticket, before, most).await?;
            let is_more = comments.len() > limit;
            comments.truncate(limit);
            let next_cursor = comments.last().filter(|_| is_more).map(|last| last.id.to_string());
            let writes_to = this.writes_to_in(tx, &ticket, &actor).await?;
            let comments = shown_in(tx, &ticket, comments).await?;
            Ok(CommentsAnswer { result: "Success", comments, writes_to, next_cursor })
        })
    });
    Ok(Answer::ok(&answer.await?).into_response())
}
