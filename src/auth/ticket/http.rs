//! The route that gives tickets for streams.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::GOOD_FOR;
use crate::auth::http::secret;
use crate::auth::{Auth, Person};
use crate::http::Problem;
use crate::http::idempotency::Answer;

/// The route of tickets.
pub(in crate::auth) fn routes(auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(give_stream_ticket)).with_state(auth)
}

/// A ticket.
#[derive(Serialize, ToSchema)]
struct TicketAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Open the stream with it: `/crm/notification/stream?ticket=<ticket>`
    ticket: String,
    /// Seconds for which it is good
    #[schema(minimum = 1, example = 60)]
    expires_in: u64,
}

/// Get a ticket for a stream
///
/// For pages of other origins, whose `EventSource` can send no header. Each ticket opens one stream, which ends when
/// the token ends with which the ticket was asked for. `Idempotency-Key` has no effect here.
#[utoipa::path(post, path = "/crm/notification/stream-ticket", tag = "notifications",
    responses((status = 200, description = "A ticket, good once", body = TicketAnswer)))]
async fn give_stream_ticket(State(auth): State<Auth>, person: Person) -> Result<Response, Problem> {
    let ticket = auth.give_ticket(person).await?;
    let answer = TicketAnswer { result: "Success", ticket, expires_in: GOOD_FOR.as_secs() };
    Ok(secret(Answer::ok(&answer).into_response()))
}
