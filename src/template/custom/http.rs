//! The routes of templates, for administrators.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Kind;
use super::check::Trial;
use super::filters::{self, Filter};
use super::sample::Sample;
use super::shelf::{self, Back, Card, Edition, New, Templates, Wish};
use super::variables::{self, Variable};
use crate::audit::Actor;
use crate::auth::{Admin, Auth, Done};
use crate::http::body::{LARGEST_ID, Object, bad_query, parse};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem};
use crate::storage::Tx;

#[derive(Clone, FromRef)]
struct Shared {
    templates: Templates,
    auth: Auth,
}

/// All routes of templates.
pub fn routes(templates: Templates, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_templates, create_template))
        .routes(routes!(preview_template))
        .routes(routes!(show_template, change_template, delete_template))
        .routes(routes!(list_versions))
        .routes(routes!(restore_template))
        .with_state(Shared { templates, auth })
}

/// A template as it stands in the list.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
struct Shown {
    /// Its number: what settings name it by
    #[schema(example = 7)]
    id: i64,
    kind: Kind,
    /// What people find it by
    #[schema(example = "Sales order status")]
    name: String,
    /// Which of ours it is, or null
    #[schema(required, example = "sales_order_status")]
    key: Option<String>,
    /// Whether Belfry comes with it: it can be restored, and not deleted
    shipped: bool,
    /// Whether an administrator changed one that Belfry comes with
    changed: bool,
    /// The template of the subject; empty for a PDF
    subject: String,
    /// The version that this is
    version: i64,
    /// When it was last changed
    #[schema(format = DateTime)]
    updated_at: String,
    /// By whom
    updated_by: String,
    /// The settings that name it
    #[schema(example = json!(["Sales Order Settings: email_template_id"]))]
    used_by: Vec<String>,
}

impl Shown {
    fn of(templates: &Templates, card: Card) -> Self {
        Self {
            used_by: templates.uses_of(card.id),
            id: card.id,
            kind: card.kind,
            name: card.name,
            shipped: card.key.is_some(),
            key: card.key,
            changed: card.is_changed,
            subject: card.subject,
            version: card.version,
            updated_at: card.updated_at.to_rfc3339(),
            updated_by: card.updated_by,
        }
    }
}

/// The templates.
#[derive(Serialize, ToSchema)]
struct TemplatesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// By kind and name
    templates: Vec<Shown>,
}

/// A template with all that whoever changes it needs.
#[derive(Serialize, ToSchema)]
#[schema(as = WholeTemplate)]
struct Whole {
    #[serde(flatten)]
    card: Shown,
    /// The template itself: MJML with variables, or the language of typst
    source: String,
    /// What stands between `{{` and `}}`; none for a PDF
    variables: Vec<Variable>,
    /// What stands behind `|`; none for a PDF
    filters: Vec<Filter>,
}

/// A template.
#[derive(Serialize, ToSchema)]
struct TemplateAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    template: Whole,
}

impl TemplateAnswer {
    fn of(templates: &Templates, (card, source): (Card, String)) -> Self {
        let (variables, filters) = match card.kind {
            Kind::Email => (variables::ALL.to_vec(), filters::ALL.to_vec()),
            Kind::Pdf => (Vec::new(), Vec::new()),
        };
        let template = Whole { card: Shown::of(templates, card), source, variables, filters };
        Self { result: "Success", template }
    }
}

fn number(id: &str) -> Result<i64, Problem> {
    let id = id.parse().ok().filter(|id| (1..=LARGEST_ID).contains(id));
    id.ok_or_else(|| Problem::not_found("Template not found"))
}

fn kind(name: Option<String>) -> Result<Kind, Problem> {
    kind_named(&name.ok_or_else(|| Problem::bad_request("kind is required"))?)
}

fn kind_named(name: &str) -> Result<Kind, Problem> {
    match name {
        "email" => Ok(Kind::Email),
        "pdf" => Ok(Kind::Pdf),
        _ => Err(Problem::bad_request("kind must be one of: email, pdf")),
    }
}

/// A text without NUL, however long: longer sources are refused where they are judged.
fn text(given: Given<String>, name: &str) -> Result<Option<String>, Problem> {
    match given.changed(name)? {
        Some(text) if text.contains('\0') => {
            Err(Problem::bad_request(format!("{name} must not contain the character NUL")))
        }
        text => Ok(text),
    }
}

/// Which templates.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those of this kind
    #[param(value_type = Option<Kind>)]
    kind: Option<String>,
}

/// List the templates
///
/// E-mail and PDF templates, those that Belfry comes with among them. For the role admin.
#[utoipa::path(get, path = "/crm/template", tag = "templates", params(ListQuery),
    responses((status = 200, description = "Every template, or every one of the kind", body = TemplatesAnswer)))]
async fn list_templates(
    State(Shared { templates, .. }): State<Shared>,
    _admin: Admin,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let kind = query.kind.map(|name| kind_named(&name)).transpose()?;
    let cards = templates.list(kind).await?;
    let shown = cards.into_iter().map(|card| Shown::of(&templates, card)).collect();
    Ok(Answer::ok(&TemplatesAnswer { result: "Success", templates: shown }).into_response())
}

/// Which wording.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShowQuery {
    /// An older version; the newest where nothing is said
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    version: Option<i64>,
}

/// Show a template
///
/// With its source and with what can stand in it. For the role admin.
#[utoipa::path(get, path = "/crm/template/{id}", tag = "templates",
    params(("id" = i64, Path, description = "Number of the template", minimum = 1, maximum = 9007199254740991i64), ShowQuery),
    responses((status = 200, description = "The template", body = TemplateAnswer),
        (status = 404, description = "There is no such template or version")))]
async fn show_template(
    State(Shared { templates, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
    query: Result<Query<ShowQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let whole = templates.show(number(&id)?, query.version).await?;
    Ok(Answer::ok(&TemplateAnswer::of(&templates, whole)).into_response())
}

/// A template to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateTemplateBody {
    /// `email` or `pdf`
    #[serde(default)]
    #[schema(value_type = Kind, required)]
    kind: Given<String>,
    /// What people find it by; each kind has a name once
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$", example = "Order is on its way")]
    name: Given<String>,
    /// The template of the subject, for e-mail
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000, pattern = r"^[^\x00]*$", example = "{{ record.label }} is on its way")]
    subject: Given<String>,
    /// The template itself, at most 64 KiB
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 65536, pattern = r"^[^\x00]*$", example = "Hello {{ contact.label }},\n\nyour order {{ record.label }} is on its way.")]
    source: Given<String>,
}

/// Make a template
///
/// It is tried on samples first; what is wrong is said with its line. For the role admin.
#[utoipa::path(post, path = "/crm/template", tag = "templates",
    request_body = CreateTemplateBody,
    responses((status = 201, description = "The template", body = TemplateAnswer),
        (status = 409, description = "There is one of this name already")))]
async fn create_template(
    State(Shared { templates, .. }): State<Shared>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json { body, bytes }: Json<CreateTemplateBody>,
) -> Result<Response, Problem> {
    let kind = kind(body.kind.optional("kind")?)?;
    let name = shelf::judged_name(&body.name.required("name")?)?;
    let subject = shelf::judged_subject(kind, &text(body.subject, "subject")?.unwrap_or_default())?;
    body.source.present("source")?;
    let source = text(body.source, "source")?.unwrap_or_default();
    templates.check().source(kind, &subject, &source).await?;
    let now = templates.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} template", caller.scope()), &bytes, now)?;
    let (by, actor) = (templates.clone(), Actor::of(&caller));
    let new = New { kind, name, subject, source };
    idempotency::perform(&templates.inner.database, claim, move |tx| {
        Box::pin(async move {
            let id = shelf::create_in(tx, new, &actor, now).await?;
            let whole = shelf::whole_in(tx, id, None).await?;
            Ok(Answer::with(StatusCode::CREATED, &TemplateAnswer::of(&by, whole)))
        })
    })
    .await
}

/// What is to change about a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeTemplateBody {
    /// What people find it by
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    name: Given<String>,
    /// The template of the subject, for e-mail
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000, pattern = r"^[^\x00]*$")]
    subject: Given<String>,
    /// The template itself, at most 64 KiB
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 65536, pattern = r"^[^\x00]*$")]
    source: Given<String>,
    /// The version that was changed: another one meanwhile is 409
    #[serde(default)]
    #[schema(value_type = i64, required, minimum = 1, maximum = 9007199254740991i64)]
    version: Given<i64>,
}

/// Change a template
///
/// What is left out stays as it is. The older wording is kept as a version. For the role admin.
#[utoipa::path(put, path = "/crm/template/{id}", tag = "templates",
    params(("id" = i64, Path, description = "Number of the template", minimum = 1, maximum = 9007199254740991i64)),
    request_body = ChangeTemplateBody,
    responses((status = 200, description = "The template as it is now", body = TemplateAnswer),
        (status = 404, description = "There is no such template"),
        (status = 409, description = "Somebody changed it meanwhile, or the name is taken")))]
async fn change_template(
    State(Shared { templates, .. }): State<Shared>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Json { body, .. }: Json<ChangeTemplateBody>,
) -> Result<Response, Problem> {
    body.version.present("version")?;
    let version = body.version.id("version")?.unwrap_or_default();
    let id = number(&id)?;
    let (card, source) = templates.show(id, None).await?;
    let name = text(body.name, "name")?.map(|name| shelf::judged_name(&name)).transpose()?;
    let subject = text(body.subject, "subject")?
        .map(|subject| shelf::judged_subject(card.kind, &subject))
        .transpose()?;
    let wish = Wish { name, subject, source: text(body.source, "source")?, version };
    if wish.source.is_some() || wish.subject.is_some() {
        let subject = wish.subject.as_ref().unwrap_or(&card.subject);
        templates.check().source(card.kind, subject, wish.source.as_ref().unwrap_or(&source)).await?;
    }
    let (actor, now) = (Actor::of(&caller), templates.inner.clock.now());
    let changed = templates.inner.database.write(move |tx: &mut Tx| {
        Box::pin(async move {
            shelf::change_in(tx, id, wish, &actor, now).await?;
            shelf::whole_in(tx, id, None).await
        })
    });
    let whole = changed.await?;
    Ok(Answer::ok(&TemplateAnswer::of(&templates, whole)).into_response())
}

/// Delete a template
///
/// Not one that a setting names, nor one that Belfry comes with. For the role admin.
#[utoipa::path(delete, path = "/crm/template/{id}", tag = "templates",
    params(("id" = i64, Path, description = "Number of the template", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "It is gone", body = Done),
        (status = 404, description = "There is no such template"),
        (status = 409, description = "A setting names it, or Belfry comes with it")))]
async fn delete_template(
    State(Shared { templates, .. }): State<Shared>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let (actor, now) = (Actor::of(&caller), templates.inner.clock.now());
    let uses = templates.newest_uses_of(id).await?;
    let deleted = templates.inner.database.write(move |tx: &mut Tx| {
        Box::pin(async move { shelf::delete_in(tx, id, &uses, &actor, now).await })
    });
    deleted.await?;
    Ok(Answer::ok(&Done { result: "Success", message: "Template deleted" }).into_response())
}

/// One wording of a template.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateVersion)]
struct ShownEdition {
    /// Its number, from 1
    version: i64,
    /// The template of the subject
    subject: String,
    /// When it was made
    #[schema(format = DateTime)]
    at: String,
    /// By whom
    actor: String,
}

impl From<Edition> for ShownEdition {
    fn from(edition: Edition) -> Self {
        let Edition { version, subject, at, actor } = edition;
        Self { version, subject, at: at.to_rfc3339(), actor }
    }
}

/// The wordings of a template.
#[derive(Serialize, ToSchema)]
struct TemplateVersionsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Newest first; the last hundred are kept
    versions: Vec<ShownEdition>,
}

/// List the versions of a template
///
/// The source of one is shown by the template's own route. For the role admin.
#[utoipa::path(get, path = "/crm/template/{id}/versions", tag = "templates",
    params(("id" = i64, Path, description = "Number of the template", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "Its versions", body = TemplateVersionsAnswer),
        (status = 404, description = "There is no such template")))]
async fn list_versions(
    State(Shared { templates, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let versions = templates.versions(number(&id)?).await?;
    let versions = versions.into_iter().map(ShownEdition::from).collect();
    Ok(Answer::ok(&TemplateVersionsAnswer { result: "Success", versions }).into_response())
}

/// What is to come back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RestoreBody {
    /// One of its versions
    #[serde(default)]
    #[schema(value_type = i64, minimum = 1, maximum = 9007199254740991i64)]
    version: Given<i64>,
    /// True: the wording that Belfry comes with
    #[serde(default)]
    #[schema(value_type = bool)]
    shipped: Given<bool>,
}

impl RestoreBody {
    fn judge(self) -> Result<Back, Problem> {
        let shipped = self.shipped.optional("shipped")?.unwrap_or(false);
        match (self.version.id("version")?, shipped) {
            (Some(version), false) => Ok(Back::Version(version)),
            (None, true) => Ok(Back::Shipped),
            _ => Err(Problem::bad_request("Say either a version or \"shipped\": true")),
        }
    }
}

/// Bring back an older wording
///
/// One of its versions, or the wording that Belfry comes with. It becomes the newest version. For the role admin.
#[utoipa::path(post, path = "/crm/template/{id}/restore", tag = "templates",
    params(("id" = i64, Path, description = "Number of the template", minimum = 1, maximum = 9007199254740991i64)),
    request_body = RestoreBody,
    responses((status = 200, description = "The template as it is now", body = TemplateAnswer),
        (status = 404, description = "There is no such template or version"),
        (status = 409, description = "Belfry does not come with it")))]
async fn restore_template(
    State(Shared { templates, .. }): State<Shared>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { body, bytes }: Json<RestoreBody>,
) -> Result<Response, Problem> {
    let (back, id) = (body.judge()?, number(&id)?);
    let now = templates.inner.clock.now();
    let scope = format!("{} template/{id}/restore", caller.scope());
    let claim = Claim::of(&headers, scope, &bytes, now)?;
    let (by, actor) = (templates.clone(), Actor::of(&caller));
    idempotency::perform(&templates.inner.database, claim, move |tx| {
        Box::pin(async move {
            shelf::restore_in(tx, id, back, &actor, now).await?;
            let whole = shelf::whole_in(tx, id, None).await?;
            Ok(Answer::ok(&TemplateAnswer::of(&by, whole)))
        })
    })
    .await
}

/// What a preview is made of.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SampleBody {
    /// A record of this module
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "sales_orders", max_length = 64, pattern = r"^[^\x00]*$")]
    module: Given<String>,
}

/// The module of a sample, where one is named.
fn module_of(sample: Given<Object>) -> Result<Option<String>, Problem> {
    let Ok(sample) = sample.optional("sample") else {
        return Err(Problem::bad_request("sample must be an object such as {\"module\": \"sales_orders\"}"));
    };
    let Some(Object(text)) = sample else { return Ok(None) };
    parse::<SampleBody>(text.as_bytes())?.module.text("sample.module", 64)
}

/// A template to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// `email` or `pdf`
    #[serde(default)]
    #[schema(value_type = Kind, required)]
    kind: Given<String>,
    /// The template of the subject, for e-mail
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000, pattern = r"^[^\x00]*$", example = "{{ record.label }} is on its way")]
    subject: Given<String>,
    /// The template itself, at most 64 KiB
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 65536, pattern = r"^[^\x00]*$", example = "Hello {{ contact.label }}")]
    source: Given<String>,
    /// The template that it is or was: says what it is tried on where `sample` does not
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    template_id: Given<i64>,
    /// What it is tried on: a made-up sales order where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<SampleBody>)]
    sample: Given<Object>,
    /// The reader's language; English where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 35, pattern = r"^[^\x00]*$", example = "de")]
    language: Given<String>,
    /// The reader's time zone; UTC where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64, pattern = r"^[^\x00]*$", example = "Europe/Berlin")]
    time_zone: Given<String>,
}

/// A letter as it would be sent.
#[derive(Serialize, ToSchema)]
struct PreviewAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    subject: String,
    /// A whole page: show it in a frame without rights
    html: String,
    /// The same for a reader of plain text
    text: String,
}

/// Look at a template before it is kept
///
/// A letter as JSON, a PDF as itself, made of a sample. What is wrong is said with its line. For the role admin.
#[utoipa::path(post, path = "/crm/template/preview", tag = "templates",
    request_body = PreviewBody,
    responses((status = 200, description = "A letter as JSON, or a PDF", content(
            (PreviewAnswer = "application/json"), (Vec<u8> = "application/pdf"))),
        (status = 404, description = "There is no such template")))]
async fn preview_template(
    State(Shared { templates, .. }): State<Shared>,
    _admin: Admin,
    Json { body, .. }: Json<PreviewBody>,
) -> Result<Response, Problem> {
    let kind = kind(body.kind.optional("kind")?)?;
    body.source.present("source")?;
    let source = text(body.source, "source")?.unwrap_or_default();
    let subject = text(body.subject, "subject")?.unwrap_or_default();
    let sample = match (module_of(body.sample)?, body.template_id.id("template_id")?) {
        (Some(module), _) => Sample::of_module(&module),
        (None, Some(id)) => Sample::of_key(templates.show(id, None).await?.0.key.as_deref()),
        (None, None) => Sample::of_key(None),
    };
    let trial = Trial {
        sample,
        language: body.language.text("language", 35)?.unwrap_or_else(|| "en".to_owned()),
        time_zone: body.time_zone.text("time_zone", 64)?.unwrap_or_else(|| "UTC".to_owned()),
    };
    if kind == Kind::Pdf {
        let pdf = templates.check().print(&source, &trial).await?;
        let kind = HeaderValue::from_static("application/pdf");
        return Ok(([(header::CONTENT_TYPE, kind)], pdf).into_response());
    }
    let letter = templates.check().letter(subject, source, trial).await?;
    let answer =
        PreviewAnswer { result: "Success", subject: letter.subject, html: letter.html, text: letter.text };
    Ok(Answer::ok(&answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::custom::shipped;

    #[test]
    fn every_shipped_template_has_a_sample_of_its_own() {
        for ours in shipped::ALL {
            let sample = Sample::of_key(Some(ours.key));
            let is_ticket =
                ours.key.contains("ticket") || ours.key.contains("comment") || ours.key.contains("hours");
            assert_eq!(sample == Sample::Ticket, is_ticket, "{}", ours.key);
        }
    }
}
