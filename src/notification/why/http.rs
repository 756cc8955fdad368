//! The route that answers why one has a notification.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Explained, Setting};
use crate::auth::Person;
use crate::delivery::Passage;
use crate::http::Problem;
use crate::http::idempotency::Answer;
use crate::notification::http::{Shared, notification_id};

/// Why somebody has a notification.
#[derive(Serialize, ToSchema)]
struct Why {
    /// All of it in a sentence
    #[schema(example = "You were told because Contact Jane Doe was assigned to you.")]
    sentence: String,
    /// What decided it: `reminder`, `reassignment`, `lead_conversion`, `manual`, `test`, `webhook_switched_off`, `api`
    trigger: String,
    /// What happened
    cause: String,
    /// How the person was chosen
    chosen: String,
    /// The setting that decided, or null
    #[schema(required)]
    setting: Option<Setting>,
    /// The module of the record that it is about, or null
    #[schema(required)]
    module: Option<String>,
    /// The record that it is about, or null: none, or several
    #[schema(required)]
    record_id: Option<String>,
    /// When it was decided
    #[schema(format = DateTime)]
    at: String,
    /// One for each way out that was considered, beside the notification centre
    channels: Vec<Passage>,
}

impl From<Explained> for Why {
    fn from(Explained { reason, passages }: Explained) -> Self {
        Self {
            sentence: reason.sentence,
            trigger: reason.trigger,
            cause: reason.cause,
            chosen: reason.chosen,
            setting: reason.setting,
            module: reason.module,
            record_id: reason.record_id,
            at: reason.at.to_rfc3339(),
            channels: passages,
        }
    }
}

/// Why somebody has a notification.
#[derive(Serialize, ToSchema)]
struct WhyAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    why: Why,
}

/// Show why one has a notification
///
/// What happened, what decided, how its user was chosen, and what became of it on each way out.
#[utoipa::path(get, path = "/crm/notification/{id}/why", tag = "notifications",
    params(("id" = i64, Path, description = "notification_id", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "Why", body = WhyAnswer),
        (status = 404, description = "The caller has no such notification")))]
pub(in crate::notification) async fn show_why(
    State(shared): State<Arc<Shared>>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let why = shared.notifications.why(person.id, notification_id(&id)?).await?.into();
    Ok(Answer::ok(&WhyAnswer { result: "Success", why }).into_response())
}
