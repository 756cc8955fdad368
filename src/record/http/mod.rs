//! The routes of records.

mod brief;
mod by_hand;
mod convert;
mod history;
mod many;
mod one;
pub(super) mod wire;

use axum::extract::FromRef;
use axum::extract::rejection::QueryRejection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Records, duplicates, save};
use crate::audit::Actor;
use crate::auth::{Auth, Caller, Refusal, Role};
use crate::http::Problem;
use crate::http::body::bad_query;
use crate::storage::Tx;

pub(in crate::record) use brief::{RecordInBrief, in_brief};
pub(in crate::record) use wire::RecordUser;

#[derive(Clone, FromRef)]
pub(super) struct Shared {
    pub records: Records,
    auth: Auth,
}

/// All routes of records.
pub fn routes(records: Records, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(many::list_modules))
        .routes(routes!(many::list_records, many::create_record))
        .routes(routes!(many::reassign_records))
        .routes(routes!(one::show_record, one::put_record, one::patch_record, one::delete_record))
        .routes(routes!(history::show_history))
        .routes(routes!(by_hand::notify_of_record))
        .routes(routes!(by_hand::request_reassign))
        .routes(routes!(convert::convert_lead))
        .routes(routes!(duplicates::http::list_duplicates))
        .routes(routes!(duplicates::http::list_duplicates_of_record))
        .routes(routes!(duplicates::http::dismiss_duplicate))
        .routes(routes!(duplicates::http::restore_duplicate))
        .with_state(Shared { records, auth })
}

/// Records are for programs and for the people of the company.
///
/// # Errors
/// 403 for somebody who is a customer and nothing else.
pub fn insider(caller: &Caller) -> Result<(), Problem> {
    match caller {
        Caller::Person(person) if person.roles.names() == [Role::Customer.name()] => {
            Err(Problem::forbidden("Customers have no access to records; ask somebody of the company"))
        }
        _ => Ok(()),
    }
}

/// Who does it: a person is themselves, a program acts for whom it says, an administrator for whomever they say.
///
/// # Errors
/// 403 for a person who acts for another and is no administrator.
pub fn acting(caller: &Caller, actor_id: Option<i64>) -> Result<Actor, Problem> {
    let actor = Actor::of(caller);
    let is_other = actor_id.is_some_and(|id| !caller.is_person(id));
    if is_other && matches!(caller, Caller::Person(_)) && !caller.roles().contains(Role::Admin) {
        return Err(Problem::forbidden(
            "Only administrators and programs act for somebody else; leave actor_id out",
        ));
    }
    Ok(Actor { user_id: actor_id.or(actor.user_id), ..actor })
}

/// # Errors
/// 404 for an actor who does not exist.
pub async fn actor_exists_in(tx: &mut Tx, actor: &Actor) -> Result<(), Refusal> {
    match actor.user_id {
        Some(user_id) => save::user_exists_in(tx, user_id).await,
        None => Ok(()),
    }
}

pub(in crate::record) fn unreadable(rejection: &QueryRejection) -> Problem {
    bad_query(&rejection.body_text())
}

/// Where a page begins, from what was given as `cursor`.
pub(in crate::record) fn cursor(text: Option<String>) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number > 0);
    number.map(Some).ok_or_else(|| {
        Problem::bad_request(
            "cursor is none that this server gave; use next_cursor of the page before, or leave it out",
        )
    })
}

/// How many a page holds.
pub(in crate::record) fn limit(given: Option<usize>, usual: usize, most: usize) -> Result<usize, Problem> {
    let limit = given.unwrap_or(usual);
    if !(1..=most).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be between 1 and {most}")));
    }
    Ok(limit)
}
