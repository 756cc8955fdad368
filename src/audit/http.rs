//! The route of the audit, for administrators.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Query, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Audit, Filter, Line, Noted};
use crate::auth::{Admin, Auth};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::body::bad_query;
use crate::http::idempotency::Answer;

/// How many entries a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

#[derive(Clone, FromRef)]
struct Shared {
    audit: Audit,
    auth: Auth,
}

/// All routes of the audit.
pub fn routes(audit: Audit, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list_changes)).with_state(Shared { audit, auth })
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those of records of this module
    #[param(example = "contacts", max_length = 64, pattern = r"^[^\x00]*$")]
    module: Option<String>,
    /// Only those of the record with this id; together with module
    #[param(max_length = 64, pattern = r"^[^\x00]*$")]
    record_id: Option<String>,
    /// Only those of this group of settings
    #[param(example = "reminders", max_length = 64, pattern = r"^[^\x00]*$")]
    group: Option<String>,
    /// Only what this user did
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Option<i64>,
    /// Only those made at this instant or later: RFC 3339, or a date, from its beginning in UTC
    #[param(example = "2026-01-01T00:00:00Z")]
    from: Option<String>,
    /// Only those made before this instant: RFC 3339, or a date, to its end in UTC
    #[param(example = "2026-02-01T00:00:00Z")]
    until: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = r"^-?[0-9]{1,19}\.[0-9]{1,19}$")]
    cursor: Option<String>,
}

impl ListQuery {
    fn judge(self) -> Result<Filter, Problem> {
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Problem::bad_request(format!("limit must be between 1 and {LARGEST_PAGE}")));
        }
        if self.record_id.is_some() && self.module.is_none() {
            return Err(Problem::bad_request(
                "Say also of which module: record_id is unique in its module only",
            ));
        }
        Ok(Filter {
            module: name("module", self.module)?,
            record_id: name("record_id", self.record_id)?,
            group: name("group", self.group)?,
            actor_id: self.actor_id,
            from: instant("from", self.from, false)?,
            until: instant("until", self.until, true)?,
            before: self.cursor.as_deref().map(cursor).transpose()?,
            limit,
        })
    }
}

fn name(what: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let is_bad = |text: &String| text.contains('\0') || text.chars().count() > 64;
    if text.as_ref().is_some_and(is_bad) {
        return Err(Problem::bad_request(format!("{what} must be at most 64 characters, without NUL")));
    }
    Ok(text)
}

/// An instant, or the beginning or end of a day.
fn instant(name: &str, text: Option<String>, at_end: bool) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    // A plus that stands in a query string as it is means a space.
    let found = Instant::parse(&text.replace(' ', "+")).or_else(|| day(&text, at_end));
    found.map(Some).ok_or_else(|| {
        Problem::bad_request(format!(
            "{name} must be an instant in RFC 3339, 2026-01-31T08:00:00Z, or a date, 2026-01-31"
        ))
    })
}

fn day(text: &str, at_end: bool) -> Option<Instant> {
    let day: Date = text.parse().ok().filter(|_| text.len() == "2026-01-31".len())?;
    let day = if at_end { day.tomorrow().ok()? } else { day };
    let start = day.to_zoned(TimeZone::UTC).ok()?;
    Some(Instant(start.timestamp().as_microsecond()))
}

fn cursor(text: &str) -> Result<(Instant, i64), Problem> {
    let parts = text.split_once('.').and_then(|(at, id)| Some((Instant(at.parse().ok()?), id.parse().ok()?)));
    parts.ok_or_else(|| {
        Problem::bad_request(
            "cursor is none that this server gave; use next_cursor of the page before, or leave it out",
        )
    })
}

/// One field of one subject, before and after.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct Shown {
    /// Its number
    id: i64,
    /// The module of the record that was changed, or null
    #[schema(required)]
    module: Option<String>,
    /// The record that was changed, or null
    #[schema(required)]
    record_id: Option<String>,
    /// The group of settings that was changed, or null
    #[schema(required)]
    group: Option<String>,
    #[serde(flatten)]
    line: Line,
}

impl From<Noted> for Shown {
    fn from(noted: Noted) -> Self {
        let Noted { id, module, record_id, group, line } = noted;
        Self { id, module, record_id, group, line }
    }
}

/// A page of what was changed, newest first.
#[derive(Serialize, ToSchema)]
struct AuditAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    entries: Vec<Shown>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List what was changed
///
/// Of records and of settings, one entry a field, newest first: who, when, from what to what. Of secrets only that they
/// were changed. For the role admin.
#[utoipa::path(get, path = "/crm/audit", tag = "audit", params(ListQuery),
    responses((status = 200, description = "A page of changes", body = AuditAnswer)))]
async fn list_changes(
    State(Shared { audit, .. }): State<Shared>,
    _admin: Admin,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let mut filter = query.judge()?;
    let limit = filter.limit;
    filter.limit += 1;
    let mut found = audit.list(filter).await?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next_cursor =
        found.last().filter(|_| is_more).map(|last| format!("{}.{}", last.line.changed_at.0, last.id));
    let entries = found.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&AuditAnswer { result: "Success", entries, next_cursor }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_whole_day_and_an_instant_is_itself() {
        let at = |text: &str, at_end| instant("from", Some(text.to_owned()), at_end).ok().flatten();
        assert_eq!(at("2026-01-31", false), Instant::parse("2026-01-31T00:00:00Z"));
        assert_eq!(at("2026-01-31", true), Instant::parse("2026-02-01T00:00:00Z"));
        assert_eq!(at("2026-01-31T08:00:00 01:00", true), Instant::parse("2026-01-31T07:00:00Z"));
        for bad in ["", "yesterday", "2026-02-30", "2026-01-31T08:00:00", "20260131", "9999-12-31T"] {
            assert_eq!(at(bad, false), None, "{bad}");
        }
    }
}
