//! The routes of duplicates.

use std::collections::{BTreeSet, HashMap};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::{self, Reason};
use super::tell::noun;
use super::{DuplicateSettings, Filter, Pair, store};
use crate::auth::{Caller, Known, Refusal};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::idempotency::{self, Answer, Claim};
use crate::record::http::{RecordInBrief, RecordUser, Shared, cursor, in_brief, insider, limit, unreadable};
use crate::record::store as records;
use crate::record::{Record, Records};
use crate::storage::{Error, Tx};
use crate::user;

/// How many pairs a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// Why two records are likely the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DuplicateReason {
    /// The field whose values match, or `label`
    #[schema(example = "email")]
    field: String,
    /// What people call it
    #[schema(example = "E-mail")]
    title: String,
    /// How they match: exact, contains, first, email, phone, website
    #[schema(example = "email")]
    rule: String,
    /// How many letters `first` compared; null for other rules
    #[schema(required)]
    length: Option<i64>,
    /// What `record` has
    #[schema(example = "Jane@Example.com")]
    value: String,
    /// What `other` has
    #[schema(example = "jane@example.com")]
    other_value: String,
}

/// What a message about two records says at first, to be sent by POST to `path` with `users` or `groups`.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DuplicateLetter {
    /// Where it is sent to
    #[schema(example = "/crm/record/contacts/8/notify")]
    path: String,
    /// Who might want to know: the assigned users of both
    users: Vec<i64>,
    /// One line
    #[schema(example = "Possible duplicate: Contact Jane Doe")]
    subject: String,
    /// The words below it, with a link to the other record
    text: String,
}

/// Two records that are likely the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Duplicate {
    /// ID of the pair
    id: i64,
    /// Name of their module
    #[schema(example = "contacts")]
    module: String,
    /// The newer one; of the duplicates of a record: that record
    record: RecordInBrief,
    /// The other one
    other: RecordInBrief,
    /// Every rule that says so
    reasons: Vec<DuplicateReason>,
    /// When it was found
    #[schema(format = DateTime)]
    found_at: String,
    /// When somebody said that they are two different things, or null
    #[schema(required, format = DateTime)]
    dismissed_at: Option<String>,
    /// Who did, or null: nobody, or a program
    #[schema(required)]
    dismissed_by: Option<RecordUser>,
    /// What a message about them says at first
    notify: DuplicateLetter,
}

/// A page of pairs, the newest found first.
#[derive(Serialize, ToSchema)]
struct DuplicatesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The newest found first
    duplicates: Vec<Duplicate>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
    /// The modules whose records are compared
    modules: Vec<String>,
    /// Whether records wait to be compared: the list may be longer in a moment
    is_checking: bool,
}

/// A pair.
#[derive(Serialize, ToSchema)]
struct DuplicateAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    duplicate: Duplicate,
}

/// Which pairs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::record) struct DuplicatesQuery {
    /// Only those of this module
    #[param(example = "contacts")]
    module: Option<String>,
    /// `true`: those that were dismissed, instead of those that were not
    dismissed: Option<bool>,
    /// How many, 1 to 100; 20 where nothing is said
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

/// Which pairs of a record.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::record) struct OwnDuplicatesQuery {
    /// `true`: those that were dismissed, instead of those that were not
    dismissed: Option<bool>,
    /// How many, 1 to 100; 20 where nothing is said
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

impl OwnDuplicatesQuery {
    fn judge(self) -> Result<(Filter, usize), Problem> {
        let limit = limit(self.limit, PAGE, LARGEST_PAGE)?;
        let filter = Filter {
            dismissed: self.dismissed.unwrap_or(false),
            before: cursor(self.cursor)?,
            most: i64::try_from(limit).expect("a page is small") + 1,
            ..Filter::default()
        };
        Ok((filter, limit))
    }
}

/// List likely duplicates
///
/// Pairs of records that are likely the same by the rules of Duplicate Check Settings, the newest found first. A record
/// is compared a moment after it was saved. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/duplicate", tag = "duplicates", params(DuplicatesQuery),
    responses((status = 200, description = "A page of pairs", body = DuplicatesAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such module")))]
pub(in crate::record) async fn list_duplicates(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    query: Result<Query<DuplicatesQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Query(DuplicatesQuery { module, dismissed, limit, cursor }) =
        query.map_err(|rejection| unreadable(&rejection))?;
    if let Some(module) = &module {
        records.inner.modules.find(module)?;
    }
    let (filter, limit) = OwnDuplicatesQuery { dismissed, limit, cursor }.judge()?;
    let this = records.clone();
    let page = records.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move { Ok(this.page_in(tx, Filter { module, ..filter }, limit).await?) })
    });
    Ok(Answer::ok(&page.await?).into_response())
}

/// List the likely duplicates of a record
///
/// The newest found first. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record/{module}/{id}/duplicates", tag = "duplicates",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM"), OwnDuplicatesQuery),
    responses((status = 200, description = "A page of pairs", body = DuplicatesAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such record or module")))]
pub(in crate::record) async fn list_duplicates_of_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
    query: Result<Query<OwnDuplicatesQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Query(query) = query.map_err(|rejection| unreadable(&rejection))?;
    let (filter, limit) = query.judge()?;
    let this = records.clone();
    let page = records.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            let record = this.existing_in(tx, &module, &id).await?;
            Ok(this.page_in(tx, Filter { number: Some(record.number), ..filter }, limit).await?)
        })
    });
    Ok(Answer::ok(&page.await?).into_response())
}

/// Dismiss a likely duplicate
///
/// The two are different things: the pair is listed no more and nobody is told of it, unless another rule finds it again.
/// For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/duplicate/{id}/dismiss", tag = "duplicates",
    params(("id" = i64, Path, description = "ID of the pair", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "It is dismissed", body = DuplicateAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such pair")))]
pub(in crate::record) async fn dismiss_duplicate(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    settle(records, caller, id, &headers, true).await
}

/// Restore a likely duplicate that was dismissed
///
/// For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/duplicate/{id}/restore", tag = "duplicates",
    params(("id" = i64, Path, description = "ID of the pair", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "It is listed again", body = DuplicateAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such pair")))]
pub(in crate::record) async fn restore_duplicate(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    settle(records, caller, id, &headers, false).await
}

async fn settle(
    records: Records,
    caller: Caller,
    id: String,
    headers: &HeaderMap,
    dismisses: bool,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let now = records.inner.clock.now();
    let (what, done) = if dismisses { ("dismiss", "dismissed") } else { ("restore", "restored") };
    let claim = Claim::of(headers, format!("{} {what} duplicate {id}", caller.scope()), &[], now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            let pair = found(tx, &id).await?;
            if pair.dismissed_at.is_some() != dismisses {
                let by = match &caller {
                    Caller::Person(person) => Some(person.id),
                    Caller::Key(_) => None,
                };
                store::dismiss(tx, pair.id, dismisses.then_some((now, by))).await?;
                let (by, pair) = (caller.description().to_owned(), pair.id);
                tx.after_commit(move || tracing::info!(by, pair, "A likely duplicate was {done}"));
            }
            let pair = found(tx, &id).await?;
            let duplicate = this.duplicates_in(tx, vec![pair], None).await?.pop();
            let duplicate = duplicate.ok_or_else(|| missing(&id))?;
            Ok(Answer::ok(&DuplicateAnswer { result: "Success", duplicate }))
        })
    })
    .await
}

async fn found(tx: &mut Tx, id: &str) -> Result<Pair, Refusal> {
    let number: i64 = id.parse().map_err(|_| missing(id))?;
    store::find(tx, number).await?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Refusal {
    let id: String = id.chars().take(20).collect();
    Refusal::missing(format!("Duplicate {id} not found"))
}

impl Records {
    async fn page_in(&self, tx: &mut Tx, filter: Filter, limit: usize) -> Result<DuplicatesAnswer, Error> {
        let mut pairs = store::page(tx, &filter).await?;
        let is_more = pairs.len() > limit;
        pairs.truncate(limit);
        let next_cursor = pairs.last().filter(|_| is_more).map(|pair| pair.id.to_string());
        let duplicates = self.duplicates_in(tx, pairs, filter.number).await?;
        let settings = self.inner.settings.of::<DuplicateSettings>();
        let bases = store::bases(tx).await?;
        let is_indexed = |module: &str| {
            bases.get(module).is_none_or(|basis| basis.next_basis.is_none())
                && bases.get(module).map_or("", store::Basis::wanted) == settings.basis(module)
        };
        let known = bases.keys().map(String::as_str);
        let mut is_checking = !settings.on().chain(known).all(is_indexed);
        for module in settings.on() {
            is_checking = is_checking || store::is_waiting(tx, module).await?;
        }
        let modules = settings.on().map(str::to_owned).collect();
        Ok(DuplicatesAnswer { result: "Success", duplicates, next_cursor, modules, is_checking })
    }

    /// Pairs as they are shown, in the same order; seen from the record with this number where one is named.
    async fn duplicates_in(
        &self,
        tx: &mut Tx,
        pairs: Vec<Pair>,
        seen_from: Option<i64>,
    ) -> Result<Vec<Duplicate>, Error> {
        let numbers: BTreeSet<i64> = pairs.iter().flat_map(|pair| [pair.number, pair.other_number]).collect();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let found = records::numbered(tx, &numbers).await?;
        let brief = in_brief(tx, found.clone()).await?;
        let both: HashMap<i64, (Record, RecordInBrief)> =
            found.into_iter().zip(brief).map(|(record, brief)| (record.number, (record, brief))).collect();
        let users: BTreeSet<i64> = pairs.iter().filter_map(|pair| pair.dismissed_by).collect();
        let people = user::figures_in(tx, &users).await?;
        let shown = |pair: Pair| {
            let by = pair.dismissed_by.and_then(|id| people.get(&id)).map(RecordUser::of);
            let pair = if seen_from == Some(pair.other_number) { turned(pair) } else { pair };
            let (record, other) = (both.get(&pair.number)?, both.get(&pair.other_number)?);
            Some(self.duplicate(pair, record, other, by))
        };
        Ok(pairs.into_iter().filter_map(shown).collect())
    }

    fn duplicate(
        &self,
        pair: Pair,
        (record, brief): &(Record, RecordInBrief),
        (other, other_brief): &(Record, RecordInBrief),
        dismissed_by: Option<RecordUser>,
    ) -> Duplicate {
        let reasons: Vec<DuplicateReason> =
            pair.reasons.into_iter().map(|reason| self.reason(record, reason)).collect();
        Duplicate {
            id: pair.id,
            module: pair.module.to_string(),
            notify: self.letter(record, other, &reasons),
            record: brief.clone(),
            other: other_brief.clone(),
            reasons,
            found_at: pair.found_at.to_rfc3339(),
            dismissed_at: pair.dismissed_at.map(Instant::to_rfc3339),
            dismissed_by,
        }
    }

    fn reason(&self, record: &Record, reason: Reason) -> DuplicateReason {
        let Reason { field, rule, length, value, other_value } = reason;
        let title = rules::title(&record.module, &field);
        DuplicateReason { field, title, rule, length, value, other_value }
    }

    fn letter(&self, record: &Record, other: &Record, reasons: &[DuplicateReason]) -> DuplicateLetter {
        let users: BTreeSet<i64> = [record.assigned_to, other.assigned_to].into_iter().flatten().collect();
        let id: String = url::form_urlencoded::byte_serialize(record.id.as_bytes()).collect();
        let why: Vec<String> = reasons
            .iter()
            .map(|reason| format!("{}: {} / {}", reason.title, reason.value, reason.other_value))
            .collect();
        DuplicateLetter {
            path: format!("/crm/record/{}/{}/notify", record.module, id.replace('+', "%20")),
            users: users.into_iter().collect(),
            subject: crate::record::convert::one_line(&format!("Possible duplicate: {}", noun(record))),
            text: format!(
                "{} may be the same as {}: {}\n{}",
                noun(record),
                noun(other),
                other.place(&self.inner.public_url),
                why.join("\n")
            ),
        }
    }
}

/// The same pair, seen from the other record.
fn turned(pair: Pair) -> Pair {
    Pair {
        number: pair.other_number,
        other_number: pair.number,
        reasons: pair.reasons.into_iter().map(Reason::turned).collect(),
        ..pair
    }
}
