//! The routes of modules: what there is, lists, new records, and reassigning many.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::brief::{RecordInBrief, in_brief};
use super::wire::{Extent, RecordAnswer, RecordBody, Shown};
use super::{Shared, acting, actor_exists_in, cursor, insider, limit, unreadable};
use crate::audit::Actor;
use crate::auth::{Caller, Known};
use crate::clock::Instant;
use crate::http::body::{Field as _, Id, LARGEST_ID, List};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem};
use crate::record::module::{Field, Module};
use crate::record::save::Saved;
use crate::record::{Change, Course, Credit, Filter, Owner, Record, Records, store};
use crate::storage::Tx;

/// How many records a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 200;

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 100;

/// How many records may be reassigned at once.
const MOST_REASSIGNED: usize = 1_000;

/// A field of the records of a module.
#[derive(Serialize, ToSchema)]
struct RecordField {
    /// As it is called in `fields`
    #[schema(example = "starts_at")]
    name: &'static str,
    /// What people call it
    #[schema(example = "Start")]
    title: &'static str,
    /// What it holds: text, number, integer, boolean, date, datetime, picklist, user, list, object
    #[schema(example = "datetime")]
    r#type: &'static str,
    /// The usual values of a picklist, others may be sent as well; null for other types
    #[schema(required)]
    options: Option<&'static [&'static str]>,
    /// What it means
    description: &'static str,
}

impl From<&'static Field> for RecordField {
    fn from(field: &'static Field) -> Self {
        Self {
            name: field.name,
            title: field.title,
            r#type: field.kind.name(),
            options: (!field.options.is_empty()).then_some(field.options),
            description: field.about,
        }
    }
}

/// A kind of record.
#[derive(Serialize, ToSchema)]
struct RecordModule {
    /// As it is called in paths
    #[schema(example = "sales_orders")]
    name: String,
    /// What people call all of its records
    #[schema(example = "Sales Orders")]
    title: String,
    /// What people call one of them
    #[schema(example = "Sales Order")]
    singular: String,
    /// The fields that are known; records may hold others as well
    fields: Vec<RecordField>,
    /// Whether people are told of a new assigned user where the body does not say
    announces: bool,
}

impl RecordModule {
    fn of(module: &Module, announces: bool) -> Self {
        Self {
            name: module.name.to_string(),
            title: module.title.to_string(),
            singular: module.singular.to_string(),
            fields: module.fields.iter().map(RecordField::from).collect(),
            announces,
        }
    }
}

/// Every module.
#[derive(Serialize, ToSchema)]
pub(super) struct ModulesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The built-in ones first
    modules: Vec<RecordModule>,
}

/// List the modules
///
/// With the fields of each that are known. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record", tag = "records",
    responses((status = 200, description = "The modules", body = ModulesAnswer),
        (status = 403, description = "Customers have no access to records")))]
pub(super) async fn list_modules(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let watch = records.watch()?;
    let modules = records.inner.modules.iter();
    let modules = modules.map(|module| RecordModule::of(module, watch.announces(&module.name))).collect();
    Ok(Answer::ok(&ModulesAnswer { result: "Success", modules }).into_response())
}

/// Which records of a module.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordsQuery {
    /// Only those of this user: an ID, `me`, or `none` for those without an assigned user
    #[param(pattern = "^([1-9][0-9]{0,15}|me|none)$", example = "me")]
    assigned_to: Option<String>,
    /// Only those with these words in their label, whatever their case
    #[param(max_length = 100, pattern = r"^[^\x00]*$")]
    q: Option<String>,
    /// Only those with this status
    #[param(max_length = 255, pattern = r"^[^\x00]*$", example = "Not Started")]
    status: Option<String>,
    /// How many, 1 to 200; 20 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

impl RecordsQuery {
    fn judge(self, caller: &Caller) -> Result<(Filter, usize), Problem> {
        let limit = limit(self.limit, PAGE, LARGEST_PAGE)?;
        let filter = Filter {
            owner: self.assigned_to.as_deref().map_or(Ok(Owner::Anybody), |text| owner(text, caller))?,
            words: words("q", self.q, LONGEST_SEARCH)?,
            status: words("status", self.status, 255)?,
            before: cursor(self.cursor)?,
            most: i64::try_from(limit).expect("a page is small") + 1,
        };
        Ok((filter, limit))
    }
}

fn owner(text: &str, caller: &Caller) -> Result<Owner, Problem> {
    match (text, caller) {
        ("none", _) => Ok(Owner::Nobody),
        ("me", Caller::Person(person)) => Ok(Owner::User(person.id)),
        ("me", Caller::Key(_)) => Err(Problem::bad_request(
            "assigned_to=me is for people who are signed in; send the id of a user instead",
        )),
        _ => {
            let id = text.parse().ok().filter(|id| (1..=LARGEST_ID).contains(id));
            id.map(Owner::User)
                .ok_or_else(|| Problem::bad_request("assigned_to must be the id of a user, me or none"))
        }
    }
}

fn words(name: &str, text: Option<String>, most: usize) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.contains('\0') || text.chars().count() > most => {
            Err(Problem::bad_request(format!("{name} must be at most {most} characters long, without NUL")))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// A page of records, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Newest first
    records: Vec<Shown>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List the records of a module
///
/// Newest first. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record/{module}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"), RecordsQuery),
    responses((status = 200, description = "A page of records", body = RecordsAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such module")))]
pub(super) async fn list_records(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(module): Path<String>,
    query: Result<Query<RecordsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.inner.modules.find(&module)?;
    let Query(query) = query.map_err(|rejection| unreadable(&rejection))?;
    let (filter, limit) = query.judge(&caller)?;
    let this = records.clone();
    let page = records.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            let mut found = store::page(tx, &module, &filter).await?;
            let is_more = found.len() > limit;
            found.truncate(limit);
            let next_cursor = found.last().filter(|_| is_more).map(|record| record.number.to_string());
            Ok((this.shown_in(tx, &found).await?, next_cursor))
        })
    });
    let (records, next_cursor) = page.await?;
    Ok(Answer::ok(&RecordsAnswer { result: "Success", records, next_cursor }).into_response())
}

/// Make a record with an id of ours
///
/// For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/record/{module}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts")),
    request_body = RecordBody,
    responses((status = 201, description = "The record is made", body = RecordAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such module or user"),
        (status = 409, description = "A version was sent, and a new record has none; or it goes beyond a credit limit")))]
pub(super) async fn create_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(module): Path<String>,
    headers: HeaderMap,
    Json { body, bytes }: Json<RecordBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.inner.modules.find(&module)?;
    let saving = body.judge(Extent::Whole, &caller)?;
    let now = records.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} record {module}", caller.scope()), &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &saving.actor).await?;
            let after = this.make_in(tx, &module, None, saving.wish.clone(), now).await?;
            this.answer_in(tx, &caller, Saved { before: None, after }, saving, now).await
        })
    })
    .await
}

/// Which records are to be given to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReassignBody {
    /// Ids of 1 to 1,000 records of the module
    #[serde(default)]
    #[schema(value_type = Vec<String>, required, min_items = 1, max_items = 1000, example = json!(["7", "8"]))]
    ids: Given<List>,
    /// ID of the user who is to have them, or null: nobody
    #[serde(default)]
    #[schema(value_type = Option<i64>, required, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    assigned_to: Given<i64>,
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
    /// Whether people are told; where nothing is said, as Notification Settings say
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    send_notification: Given<bool>,
}

/// What somebody wants to reassign.
struct Reassignment {
    ids: Vec<Arc<str>>,
    assigned_to: Option<i64>,
    actor: Actor,
    send_notification: Option<bool>,
}

impl ReassignBody {
    fn judge(self, caller: &Caller) -> Result<Reassignment, Problem> {
        self.ids.present("ids")?;
        if !self.assigned_to.is_given() {
            return Err(Problem::bad_request(
                "assigned_to is required; null takes the records from everybody",
            ));
        }
        let ids = self.ids.required("ids")?;
        if !(1..=MOST_REASSIGNED).contains(&ids.0.len()) {
            return Err(Problem::bad_request(format!(
                "ids must name 1 to {MOST_REASSIGNED} records; send the rest after them"
            )));
        }
        Ok(Reassignment {
            ids: ids.0.iter().map(|raw| id(raw.get())).collect::<Result<_, _>>()?,
            assigned_to: self.assigned_to.id("assigned_to")?,
            actor: acting(caller, self.actor_id.id("actor_id")?)?,
            send_notification: self.send_notification.optional("send_notification")?,
        })
    }
}

/// An id as it stands in a list: a text, or a number as many CRMs have them.
fn id(raw: &str) -> Result<Arc<str>, Problem> {
    let id = Id::read(raw).map(|id| id.0.into());
    id.ok_or_else(|| Problem::bad_request("ids must be a list of ids, such as [\"7\", \"8\"]"))
}

/// What was reassigned.
#[derive(Serialize, ToSchema)]
pub(super) struct ReassignedAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// How many have another assigned user now
    reassigned: usize,
    /// All that were named, each once, as they are now, without their fields and reminders
    records: Vec<RecordInBrief>,
}

/// Reassign records
///
/// All of them or none. People are told by one notification each. The answer has the records without their `fields`
/// and reminders: GET shows them. For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/record/{module}/reassign", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts")),
    request_body = ReassignBody,
    responses((status = 200, description = "They are reassigned", body = ReassignedAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such module or user, or one of the records does not exist")))]
pub(super) async fn reassign_records(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(module): Path<String>,
    headers: HeaderMap,
    Json { body, bytes }: Json<ReassignBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.inner.modules.find(&module)?;
    let wanted = body.judge(&caller)?;
    let now = records.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} reassign {module}", caller.scope()), &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            let (reassigned, records) = this.reassign_all_in(tx, &module, wanted, now).await?;
            let by = caller.description().to_owned();
            tx.after_commit(move || {
                tracing::info!(by, module, records = reassigned, "Records were reassigned")
            });
            Ok(Answer::ok(&ReassignedAnswer { result: "Success", reassigned, records }))
        })
    })
    .await
}

impl Records {
    /// Returns how many have another assigned user, and all that were named.
    async fn reassign_all_in(
        &self,
        tx: &mut Tx,
        module: &str,
        wanted: Reassignment,
        now: Instant,
    ) -> Result<(usize, Vec<RecordInBrief>), Problem> {
        let Reassignment { ids, assigned_to, actor, send_notification } = wanted;
        actor_exists_in(tx, &actor).await?;
        let both = self.reassign_in(tx, module, &ids, assigned_to, now).await?;
        let records: Vec<Record> = both.iter().map(|(_, after)| after.clone()).collect();
        let others = both.into_iter().filter(|(before, after)| before != after);
        let changes: Vec<Change> = others
            .map(|(before, after)| Change {
                before: Some(before),
                after: Some(after),
                actor: actor.clone(),
                send_notification,
                course: Course::Saved,
                credit: Credit::Kept,
            })
            .collect();
        self.announce_in(tx, &changes, now).await?;
        Ok((changes.len(), in_brief(tx, records).await?))
    }
}
