//! What people read about the status of sales orders.

use super::{Ground, SalesOrderSettings, Step, shown};
use crate::record::{Change, Record};
use crate::trigger::View;
use crate::trigger::phrases::{noun, who};

/// What the switch is called.
const SWITCH: &str = "“Toggle Sales Order Status Notification”";

pub(super) fn title(record: &Record, step: &Step, settings: &SalesOrderSettings) -> String {
    let thing = noun(record);
    match &*settings.trigger_field {
        "status" => format!("{thing} is now {}", step.to),
        _ => format!("{thing}: {} is now {}", settings.field_title(), step.to),
    }
}

pub(super) fn message(
    change: &Change,
    step: &Step,
    settings: &SalesOrderSettings,
    view: &View<'_>,
) -> String {
    format!("{}.", done(change, step, "it", settings, view))
}

pub(super) fn cause(change: &Change, step: &Step, settings: &SalesOrderSettings, view: &View<'_>) -> String {
    done(change, step, &noun(change.record()), settings, view)
}

/// `Eve Sales changed Status of it from New to eSigned`.
fn done(change: &Change, step: &Step, thing: &str, settings: &SalesOrderSettings, view: &View<'_>) -> String {
    let (who, field, to) = (who(change, view), settings.field_title(), &step.to);
    match &step.from {
        _ if change.before.is_none() => format!("{who} added {thing} with {field} {to}"),
        Some(from) => format!("{who} changed {field} of {thing} from {from} to {to}"),
        None => format!("{who} changed {field} of {thing} to {to}"),
    }
}

/// All of it in one sentence.
pub(super) fn sentence(
    ground: Ground,
    change: &Change,
    step: &Step,
    person: &str,
    view: &View<'_>,
) -> String {
    let thing = noun(change.record());
    let silent = format!("{person} was not told that {thing} became {} because", step.to);
    match ground {
        Ground::On => format!(
            "You were told because {thing} became {}, which is one of the values in Sales Order Settings, and you are one of \
             the users there.",
            step.to
        ),
        Ground::Off => format!("{silent} {SWITCH} is not ticked in Sales Order Settings."),
        Ground::Unticked => format!("{silent} {} left Send Notification unticked.", who(change, view)),
        Ground::OwnAct => format!("{silent} nobody is told of what they did themselves."),
    }
}

/// Whether somebody will be told of an order; nothing where no value is listed.
pub(super) fn outlook(
    settings: &SalesOrderSettings,
    is_listed: bool,
    person: &str,
    view: &View<'_>,
) -> Option<String> {
    let values: Vec<String> =
        settings.values().map(|value| shown(value.to_owned(), settings, view)).collect();
    if values.is_empty() {
        return None;
    }
    let becomes = format!("when {} of a sales order becomes {}", settings.field_title(), values.join(" or "));
    Some(match (settings.status_notification, is_listed) {
        (true, true) => {
            format!("{person} is told {becomes}: they are one of the users in Sales Order Settings.")
        }
        (true, false) => {
            format!("{person} is not told {becomes}: they are none of the users in Sales Order Settings.")
        }
        (false, _) => {
            format!("Nobody is told {becomes}: {SWITCH} is not ticked in Sales Order Settings.")
        }
    })
}
