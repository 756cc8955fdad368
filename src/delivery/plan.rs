//! What is to go out where: the channel rules applied, and written down.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{self, Standing, Verdict};
use super::settings::Settings;
use super::store::{self, Planned};
use super::{Asked, Deliveries, EMAIL, Reason, Sending, Ways};
use crate::channel::Channels;
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user::choice::{self, Outlet};

/// What pacing and circuits go by where it is no user's own URL.
pub(super) const COMPANY: &str = "company";

/// What was decided for one channel.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Number of the delivery.
    pub delivery_id: String,
    /// The channel.
    pub channel: String,
    /// Why it does not go out; `None` if it does.
    pub suppressed: Option<Reason>,
}

/// Where the webhook family leads for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The channel.
    pub channel: String,
    /// What pacing and circuits go by.
    pub target: String,
    /// Whether it is switched off.
    pub off: bool,
}

impl Route {
    /// The user's own URL, or the company's flow where the user has none.
    pub fn of(outlet: &Outlet, settings: &Settings) -> Option<Self> {
        let own = outlet.webhook.as_ref().map(|webhook| Route {
            channel: webhook.channel.clone(),
            target: webhook.key.clone(),
            off: webhook.off,
        });
        let company = || Route { channel: "teams".to_owned(), target: COMPANY.to_owned(), off: false };
        own.or_else(|| settings.has_company_flow().then(company))
    }
}

impl Deliveries {
    /// Decides for each notification where it goes, and writes one delivery a channel, also of what is refused.
    /// They go out once the transaction is durable.
    ///
    /// # Errors
    /// What the database says.
    pub async fn plan_in(&self, tx: &mut Tx, all: &[Asked], now: Instant) -> Result<Vec<Vec<Chosen>>, Error> {
        let settings = self.inner.settings.of::<Settings>();
        let wants: Vec<Ways> = all.iter().map(|asked| asked.wants.or(settings.ways(&asked.kind))).collect();
        let has_copies = |asked: &Asked| asked.mail.as_ref().is_some_and(|mail| !mail.cc.is_empty());
        let leaves = |asked: &Asked, wants: &Ways| {
            asked.sending != Sending::Api || !wants.is_none() || has_copies(asked)
        };
        let leaving = || all.iter().zip(&wants).filter(|(asked, wants)| leaves(asked, wants));
        let users: BTreeSet<i64> = leaving().map(|(asked, _)| asked.user_id).collect();
        if users.is_empty() {
            return Ok(all.iter().map(|_| Vec::new()).collect());
        }
        let users: Vec<i64> = users.into_iter().collect();
        let outlets = choice::outlets(tx, &users).await?;
        let muted = self.muted(tx, leaving().map(|(asked, _)| asked), now).await?;
        let mut rows = Vec::new();
        let mut chosen = Vec::with_capacity(all.len());
        for (asked, wants) in all.iter().zip(wants) {
            let outlet = outlets.get(&asked.user_id).filter(|_| leaves(asked, &wants));
            let planned = outlet.map_or_else(Vec::new, |outlet| {
                let muted = is_muted(&muted, asked);
                self.planned(asked, wants, outlet, &settings, muted, now)
            });
            chosen.push(planned.iter().filter(|row| !row.is_copy()).map(Chosen::of).collect());
            rows.extend(planned);
        }
        self.write_in(tx, &rows).await?;
        Ok(chosen)
    }

    /// Writes deliveries, counts them, and has the dispatcher look once they are durable.
    pub(super) async fn write_in(&self, tx: &mut Tx, rows: &[Planned]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        store::insert(tx, rows).await?;
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        for row in rows {
            *counts.entry(&row.channel).or_default() += 1;
        }
        store::count_accepted(tx, &counts).await?;
        if rows.iter().any(|row| row.suppressed.is_none()) {
            let this = self.clone();
            tx.after_commit(move || this.look());
        }
        Ok(())
    }

    async fn muted<'a>(
        &self,
        tx: &mut Tx,
        leaving: impl Iterator<Item = &'a Asked>,
        now: Instant,
    ) -> Result<BTreeSet<(i64, String, String)>, Error> {
        let records: Vec<(i64, String, String)> = leaving
            .filter(|asked| rules::can_wait(asked.sending))
            .filter_map(|asked| {
                let (module, id) = asked.record.as_ref()?;
                Some((asked.user_id, module.to_string(), id.to_string()))
            })
            .collect();
        if records.is_empty() {
            return Ok(BTreeSet::new());
        }
        crate::user::mute::mutes(tx, &records, now).await
    }

    fn planned(
        &self,
        asked: &Asked,
        wants: Ways,
        outlet: &Outlet,
        settings: &Settings,
        muted: bool,
        now: Instant,
    ) -> Vec<Planned> {
        let route = Route::of(outlet, settings);
        let decision =
            rules::decide(asked.sending, wants, &self.standing(outlet, route.as_ref(), &asked.kind, muted));
        let held_until = rules::can_wait(asked.sending)
            .then(|| crate::user::quiet::held_until(&outlet.quiet, &outlet.time_zone, now))
            .flatten();
        let planned = |channel: &str, target: &str, verdict: Verdict| {
            let suppressed = match verdict {
                Verdict::Nothing => return None,
                Verdict::Suppress(reason) => Some(reason),
                Verdict::Send => None,
            };
            let held_until = held_until.filter(|_| suppressed.is_none());
            Some(Planned {
                due_at: held_until.unwrap_or(now),
                held: held_until.is_some(),
                suppressed,
                ..Planned::new(asked, outlet.receive_by, channel, target, now)
            })
        };
        let (channel, target) =
            route.as_ref().map_or(("webhook", "none"), |route| (&*route.channel, &*route.target));
        let rows = [planned(EMAIL, EMAIL, decision.email), planned(channel, target, decision.webhook)];
        let mut rows: Vec<Planned> = rows.into_iter().flatten().collect();
        if decision.email != Verdict::Send {
            self.plan_copy(asked, outlet, &mut rows, now);
        }
        rows
    }

    /// What the rules need to know of a user.
    pub(super) fn standing(
        &self,
        outlet: &Outlet,
        route: Option<&Route>,
        kind: &str,
        muted: bool,
    ) -> Standing {
        Standing {
            choice: outlet.receive_by,
            has_email: !outlet.email.is_empty(),
            has_url: route.is_some(),
            url_off: route.is_some_and(|route| route.off),
            narrowed: Ways {
                email: !outlet.matrix.permits(kind, choice::Family::Email),
                webhook: !outlet.matrix.permits(kind, choice::Family::Webhook),
            },
            muted,
            can_mail: self.can_mail(),
        }
    }

    /// The ways out.
    pub fn channels(&self) -> &Channels {
        &self.inner.channels
    }
}

fn is_muted(muted: &BTreeSet<(i64, String, String)>, asked: &Asked) -> bool {
    let record = asked.record.as_ref().filter(|_| rules::can_wait(asked.sending));
    record.is_some_and(|(module, id)| muted.contains(&(asked.user_id, module.to_string(), id.to_string())))
}

impl Chosen {
    pub(super) fn of(planned: &Planned) -> Self {
        Self {
            delivery_id: planned.id.clone(),
            channel: planned.channel.clone(),
            suppressed: planned.suppressed,
        }
    }
}
