//! The route of triggers: why somebody was told of a record, or was not.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Triggers;
use super::explain::{Explanation, Question};
use crate::auth::{Auth, Caller, Known};
use crate::delivery::Passage;
use crate::http::Problem;
use crate::http::body::bad_query;
use crate::http::idempotency::Answer;
use crate::notification::why::{Reason, Setting};
use crate::record::insider;

#[derive(Clone, FromRef)]
struct Shared {
    triggers: Triggers,
    auth: Auth,
}

/// All routes of triggers.
pub fn routes(triggers: Triggers, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(explain)).with_state(Shared { triggers, auth })
}

/// Who, and which record.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// Module of the record
    #[param(required, example = "contacts", min_length = 1, max_length = 64, pattern = r"^[^\x00]*$")]
    module: Option<String>,
    /// ID of the record
    #[param(required, example = "42", min_length = 1, max_length = 64, pattern = r"^[^\x00]*$")]
    id: Option<String>,
    /// Whom it is about; oneself where nothing is said
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    user: Option<i64>,
}

impl ExplainQuery {
    fn judge(self, caller: &Caller) -> Result<Question, Problem> {
        let user_id = self.user.or(match caller {
            Caller::Person(person) => Some(person.id),
            Caller::Key(_) => None,
        });
        Ok(Question {
            module: named("module", self.module)?.into(),
            record_id: named("id", self.id)?.into(),
            user_id: user_id.ok_or_else(|| Problem::bad_request("user is required: say whom it is about"))?,
        })
    }
}

fn named(name: &str, text: Option<String>) -> Result<String, Problem> {
    let text = text.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Problem::bad_request(format!("{name} is required")))?;
    if text.contains('\0') || text.chars().count() > 64 {
        return Err(Problem::bad_request(format!("{name} must be at most 64 characters, without NUL")));
    }
    Ok(text)
}

/// What was decided about somebody because of a record.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct Shown {
    /// When
    #[schema(format = DateTime)]
    at: String,
    /// Whether they were told
    told: bool,
    /// The notification, or null: they were not told
    #[schema(required)]
    notification_id: Option<i64>,
    /// What decided it: `reminder`, `reassignment`, `lead_conversion`, `manual`
    trigger: String,
    /// All of it in a sentence, to the person where they were told
    sentence: String,
    /// What happened
    cause: String,
    /// How they were chosen
    chosen: String,
    /// The setting that decided, or null
    #[schema(required)]
    setting: Option<Setting>,
    /// One for each way out that was considered, beside the notification centre
    channels: Vec<Passage>,
}

impl From<(Reason, Vec<Passage>)> for Shown {
    fn from((reason, channels): (Reason, Vec<Passage>)) -> Self {
        Self {
            at: reason.at.to_rfc3339(),
            told: reason.notification_id.is_some(),
            notification_id: reason.notification_id,
            trigger: reason.trigger,
            sentence: reason.sentence,
            cause: reason.cause,
            chosen: reason.chosen,
            setting: reason.setting,
            channels,
        }
    }
}

/// Why somebody was told of a record, or was not.
#[derive(Serialize, ToSchema)]
struct ExplainAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The answer in a sentence
    sentence: String,
    /// What was decided about them because of the record, newest first, at most 50
    findings: Vec<Shown>,
    /// What will or will not happen to them because of the record as it is now, in sentences
    outlook: Vec<String>,
}

/// Explain why somebody was told of a record, or was not
///
/// About oneself for everybody, about others for their managers and the role admin; to others the record is as missing.
/// Records that were deleted are explained as well.
#[utoipa::path(get, path = "/crm/explain", tag = "records", params(ExplainQuery),
    responses((status = 200, description = "Why", body = ExplainAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such record or user, or it is not for the caller to know")))]
async fn explain(
    State(Shared { triggers, .. }): State<Shared>,
    Known(caller): Known,
    query: Result<Query<ExplainQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let question = query.judge(&caller)?;
    triggers.inner.records.findable(&question.module, &question.record_id)?;
    let (this, database) = (triggers.clone(), triggers.inner.database.clone());
    let explained = database.read(move |tx| {
        Box::pin(async move { this.explain_in(tx, &caller, &question).await.map_err(Problem::from) })
    });
    let Explanation { sentence, findings, outlook } = explained.await?;
    let findings = findings.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&ExplainAnswer { result: "Success", sentence, findings, outlook }).into_response())
}
