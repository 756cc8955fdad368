//! What would reach a user by which channel: the rules applied to nothing but the user's choices.

use serde::Serialize;
use utoipa::ToSchema;

use super::plan::Route;
use super::rules::{self, Verdict};
use super::settings::Settings;
use super::{Deliveries, Sending, Ways};
use crate::clock::Instant;
use crate::storage::Error;
use crate::user::choice;

/// The types that our own triggers send, and how. What else there is comes through the API.
const TYPES: [(&str, Sending); 14] = [
    ("activity_reminder", Sending::Reminder),
    ("record_assigned", Sending::Automated),
    ("record_reassigned_away", Sending::Automated),
    ("lead_converted", Sending::Automated),
    ("sales_order_status", Sending::Automated),
    ("credit_override", Sending::Automated),
    ("user_locked_out", Sending::Automated),
    ("personnel_date", Sending::Automated),
    ("duplicate_created", Sending::Automated),
    ("portal_activity", Sending::Automated),
    ("sla_approaching", Sending::Automated),
    ("sla_breached", Sending::Automated),
    ("reassign_request", Sending::Manual),
    ("manual", Sending::Manual),
];

/// Whether one family of channels would be used.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewWay)]
pub(super) struct Way {
    /// Whether it would go out
    sent: bool,
    /// Why not, or null
    #[schema(required)]
    reason: Option<&'static str>,
    /// The channel, or null where nothing would have gone that way
    #[schema(required)]
    channel: Option<String>,
}

/// What would become of one type.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewRow)]
pub(super) struct Shown {
    /// The type
    r#type: String,
    /// automated, manual, reminder, api
    sending: &'static str,
    /// Always true: everything is in the notification centre
    centre: bool,
    /// By e-mail
    email: Way,
    /// By whatever stands behind the webhook URL
    webhook: Way,
}

impl Deliveries {
    /// What would reach a user now, by type; and until when quiet hours hold what can wait.
    pub(super) async fn preview(&self, user_id: i64) -> Result<(Vec<Shown>, Option<Instant>), Error> {
        let outlets = self
            .inner
            .database
            .read::<_, Error, _>(move |tx| Box::pin(async move { choice::outlets(tx, &[user_id]).await }));
        let Some(outlet) = outlets.await?.remove(&user_id) else {
            return Ok((Vec::new(), None));
        };
        let settings = self.inner.settings.of::<Settings>();
        let route = Route::of(&outlet, &settings);
        let asked_for =
            settings.types_with_ways().filter(|(kind, _)| !TYPES.iter().any(|(own, _)| own == kind));
        let own = TYPES.iter().map(|(kind, sending)| ((*kind).to_owned(), *sending, Ways::default()));
        let all = own.chain(asked_for.map(|(kind, ways)| (kind.to_owned(), Sending::Api, ways)));
        let rows = all.map(|(kind, sending, ways)| {
            let standing = self.standing(&outlet, route.as_ref(), &kind, false);
            let decision = rules::decide(sending, ways, &standing);
            let channel = route.as_ref().map(|route| route.channel.clone());
            Shown {
                r#type: kind,
                sending: sending.name(),
                centre: true,
                email: Way::of(decision.email, Some(super::EMAIL.to_owned())),
                webhook: Way::of(decision.webhook, channel),
            }
        });
        let now = self.inner.clock.now();
        let quiet_until = crate::user::quiet::held_until(&outlet.quiet, &outlet.time_zone, now);
        Ok((rows.collect(), quiet_until))
    }
}

impl Way {
    fn of(verdict: Verdict, channel: Option<String>) -> Self {
        match verdict {
            Verdict::Send => Self { sent: true, reason: None, channel },
            Verdict::Suppress(reason) => Self { sent: false, reason: Some(reason.code()), channel },
            Verdict::Nothing => Self { sent: false, reason: None, channel: None },
        }
    }
}
