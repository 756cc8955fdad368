//! The route that converts a lead.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::Shown;
use super::{Shared, acting, actor_exists_in, insider};
use crate::auth::{Caller, Known};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, MaybeJson, Problem};
use crate::record::Records;
use crate::record::convert::{Conversion, Converted};
use crate::storage::{Error, Tx};

/// How a lead is to be converted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConvertBody {
    /// ID of the user to whom the lead and all that is made of it is assigned; as the lead is where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    assigned_to: Given<i64>,
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
    /// Whether an opportunity is made; true where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = true)]
    opportunity: Given<bool>,
    /// Whether an existing company of the name that the lead gives is taken; true where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = true)]
    link_company: Given<bool>,
}

/// What became of a lead.
#[derive(Serialize, ToSchema)]
struct ConvertedAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The lead, with the status `Converted`
    lead: Shown,
    /// The company, made or found; null where the lead names none
    #[schema(required)]
    company: Option<Shown>,
    /// The contact that was made
    contact: Shown,
    /// The opportunity that was made, or null
    #[schema(required)]
    opportunity: Option<Shown>,
}

/// Convert a lead
///
/// Into a company, a contact and an opportunity, all of them or none. Where it goes to another user by it and Lead
/// Settings say so, that user is told once, with a link to each record made. The lead stays, with the status
/// `Converted`: lists of leads show it unless they are asked for another status. For programs and everybody but
/// customers.
#[utoipa::path(post, path = "/crm/record/leads/{id}/convert", tag = "records",
    params(("id" = String, Path, description = "The lead's id in the CRM")),
    request_body = ConvertBody,
    responses((status = 200, description = "The lead is converted", body = ConvertedAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such lead or user"),
        (status = 409, description = "The lead was converted already")))]
pub(super) async fn convert_lead(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
    MaybeJson { body, bytes }: MaybeJson<ConvertBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let conversion = Conversion {
        assigned_to: body.assigned_to.id("assigned_to")?,
        opportunity: body.opportunity.optional("opportunity")?.unwrap_or(true),
        link_company: body.link_company.optional("link_company")?.unwrap_or(true),
    };
    let actor = acting(&caller, body.actor_id.id("actor_id")?)?;
    let now = records.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} convert leads/{id}", caller.scope()), &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &actor).await?;
            let converted = this.convert_in(tx, &id, &conversion, &actor, now).await?;
            log(tx, &caller, id);
            Ok(Answer::ok(&this.converted_in(tx, converted).await?))
        })
    })
    .await
}

fn log(tx: &mut Tx, caller: &Caller, id: String) {
    let by = caller.description().to_owned();
    tx.after_commit(move || tracing::info!(by, record = id, "A lead was converted"));
}

impl Records {
    async fn converted_in(&self, tx: &mut Tx, converted: Converted) -> Result<ConvertedAnswer, Error> {
        let Converted { lead, company, contact, opportunity } = converted;
        Ok(ConvertedAnswer {
            result: "Success",
            lead: self.one_shown_in(tx, lead).await?,
            company: match company {
                Some(company) => Some(self.one_shown_in(tx, company).await?),
                None => None,
            },
            contact: self.one_shown_in(tx, contact).await?,
            opportunity: match opportunity {
                Some(opportunity) => Some(self.one_shown_in(tx, opportunity).await?),
                None => None,
            },
        })
    }
}
