//! The calendar file of an activity: the whole of it, recurring ones with their rule, under one name for ever.

use url::Url;

use super::plan::Plan;
use crate::channel::Attachment;
use crate::clock::Instant;
use crate::record::Record;
use crate::template::calendar::{Calendar, Method, Status, When};
use crate::trigger::View;

/// 2020 began then, in seconds.
const FIRST: i64 = 1_577_836_800;

/// A change counts for calendars only if its number is higher than that of the one before it, also where the activity
/// was deleted between the two and made again: seconds since 2020, which are 31 bit until 2088.
fn sequence(at: Instant) -> i64 {
    (at.seconds() - FIRST).clamp(0, i64::from(i32::MAX))
}

/// What calendars know an activity by.
fn uid(record: &Record, public_url: &str) -> String {
    let host = Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    format!("activity-{}@{}", record.id, host.as_deref().unwrap_or("belfry"))
}

/// The file of an activity as this person's calendar is to have it, and when it became so.
pub(super) fn file(plan: &Plan<'_>, method: Method, since: Instant, view: &View<'_>) -> Attachment {
    let record = plan.record;
    let at = |at| When::At { at, zone: plan.user.time_zone.clone() };
    let activity = &plan.activity;
    let text = |name: &str| record.fields.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let calendar = Calendar {
        method,
        uid: uid(record, view.public_url),
        sequence: sequence(since),
        stamp: view.now,
        summary: record.label.clone(),
        description: text("description").unwrap_or_default(),
        url: Some(view.link(record)),
        location: text("location"),
        starts: at(activity.starts_at),
        ends: activity.ends_at.map(at),
        status: Status::Confirmed,
        rrule: activity.rrule.clone(),
        organizer: None,
    };
    Attachment::calendar(&calendar)
}
