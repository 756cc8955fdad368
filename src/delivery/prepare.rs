//! What is due, claimed and made ready: each delivery is looked at again before it goes out.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::letters::Wordings;
use super::plan::{COMPANY, Route};
use super::settings::Settings;
use super::settle::{Attempt, Settlement, Then};
use super::store::{self, Claimed, NOBODY, Planned};
use super::{Content, Deliveries, EMAIL, Reason, Sending, rules};
use crate::channel::{Address, Mailing, Message, Parcel, Recipient};
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::template;
use crate::user::Users;
use crate::user::choice::{self, Outlet};

/// How long a claim lasts; it is renewed while the node lives.
pub(super) const LEASE: std::time::Duration = std::time::Duration::from_secs(30);

/// When a node looks again at what it cannot read.
const UNREAD: std::time::Duration = std::time::Duration::from_secs(60);

/// A delivery that can go.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub row: Claimed,
    pub parcel: Parcel,
}

/// What was claimed.
#[derive(Default)]
pub(super) struct Claim {
    pub ready: Vec<Ready>,
    /// Whether there may be more.
    pub is_full: bool,
    /// When something else is due.
    pub next_due: Option<Instant>,
}

/// What is to be done with a delivery that was looked at again.
enum Look {
    Ready(Box<Parcel>),
    Then(Then),
    /// Not by this channel: but by that, if there is one.
    Elsewhere(Reason, Option<Box<Planned>>),
}

impl Deliveries {
    /// Claims what is due and makes it ready, in one transaction.
    pub(super) async fn claim_in(&self, tx: &mut Tx, most: i64) -> Result<Claim, Error> {
        let now = self.inner.clock.now();
        let node = &self.inner.node;
        let rows = store::claim(tx, node, now, now.plus(LEASE), most).await?;
        let next_due = store::next_due(tx, node).await?;
        if rows.is_empty() {
            return Ok(Claim { next_due, ..Claim::default() });
        }
        let users: Vec<i64> =
            rows.iter().map(|row| row.user_id).collect::<BTreeSet<i64>>().into_iter().collect();
        let outlets = choice::outlets(tx, &users).await?;
        let ids: Vec<(i64, i64)> = rows.iter().map(|row| (row.user_id, row.notification_id)).collect();
        let origin = self.origin().ok_or_else(|| Error::Unavailable("the node has ended".to_owned()))?;
        let contents = origin.contents(tx, &ids).await?;
        let wordings = Wordings::of(tx, &rows).await?;
        let is_full = rows.len() as i64 >= most;
        let settings = self.inner.settings.of::<Settings>();
        let mut claim = Claim { is_full, next_due, ..Claim::default() };
        let mut settled = Vec::new();
        for (row, content) in rows.into_iter().zip(contents) {
            let (row, unknown) = self.after_death(row, now);
            if let Some(unknown) = unknown {
                // It is due again at once.
                claim.is_full = true;
                settled.push(unknown);
                continue;
            }
            let outlet = outlets.get(&row.user_id);
            let row = towards(row, outlet, &settings);
            let look = match &row.outside {
                Some(letter) => match self.unfit(letter) {
                    Some(reason) => Look::Then(Then::Suppressed(reason)),
                    None => Look::Ready(Box::new(self.letter(&row, letter, &wordings, now))),
                },
                None if row.user_id == NOBODY => Look::Then(unread(&row, now)),
                None => self.look_at(&row, outlet, content, &settings, &wordings, now),
            };
            match look {
                Look::Ready(parcel) => claim.ready.push(Ready { row, parcel: *parcel }),
                Look::Then(then) => settled.push(Settlement { row, attempt: None, then }),
                Look::Elsewhere(reason, moved) => {
                    match moved {
                        Some(copy) if copy.is_copy() => self.write_copy(tx, &row, *copy).await?,
                        Some(planned) => self.write_in(tx, std::slice::from_ref(&planned)).await?,
                        None => self.fall_back_from(tx, &row, now).await?,
                    }
                    settled.push(Settlement { row, attempt: None, then: Then::Suppressed(reason) });
                }
            }
        }
        self.settle_in(tx, &settled, now).await?;
        Ok(claim)
    }

    /// A try whose process died is written down as unknown, and made again: it takes nothing from the schedule, or
    /// whatever a process claims that keeps dying would be given up without ever having been sent.
    fn after_death(&self, row: Claimed, now: Instant) -> (Claimed, Option<Settlement>) {
        let unknown = row.abandoned.then(|| Settlement {
            row: row.clone(),
            attempt: Some(Attempt::unknown(now)),
            then: Then::Again(now),
        });
        (row, unknown)
    }

    /// Somebody who chose webhook alone and has none that works any more hears by e-mail.
    async fn fall_back_from(&self, tx: &mut Tx, row: &Claimed, now: Instant) -> Result<(), Error> {
        match row.sending {
            Sending::Automated => self.fall_back(tx, row, now).await,
            Sending::Manual | Sending::Reminder | Sending::Api => Ok(()),
        }
    }

    fn look_at(
        &self,
        row: &Claimed,
        outlet: Option<&Outlet>,
        content: Option<Content>,
        settings: &Settings,
        wordings: &Wordings,
        now: Instant,
    ) -> Look {
        let Some(outlet) = outlet else {
            return Look::Then(Then::Suppressed(Reason::UserGone));
        };
        let Some(content) = content else {
            return Look::Then(Then::Suppressed(Reason::Deleted));
        };
        // What somebody sent by hand goes out in any case, and so do copies.
        let is_theirs = row.sending != Sending::Manual && !row.is_copy();
        let known = if content.is_archived {
            Some(Reason::Archived)
        } else {
            content.is_read.then_some(Reason::Read)
        };
        if let Some(reason) = known.filter(|_| is_theirs) {
            return match row.copy(outlet, now) {
                Some(copy) => Look::Elsewhere(reason, Some(Box::new(copy))),
                None => Look::Then(Then::Suppressed(reason)),
            };
        }
        let quiet = (rules::can_wait(row.sending) && !row.is_copy())
            .then(|| crate::user::quiet::held_until(&outlet.quiet, &outlet.time_zone, now))
            .flatten();
        if let Some(due_at) = quiet {
            return Look::Then(Then::Back { due_at, held: true });
        }
        let address = if &*row.channel == EMAIL {
            Ok(self.mail(row, outlet, wordings))
        } else {
            self.url(row, outlet, settings, now)
        };
        match address {
            Ok(address) => Look::Ready(Box::new(self.parcel(row, outlet, content, address, now))),
            Err(look) => look,
        }
    }

    fn mail(&self, row: &Claimed, outlet: &Outlet, wordings: &Wordings) -> Address {
        let cc = row.mail.copied_to(&outlet.email);
        let config = self.inner.config.load();
        // Nobody unsubscribes somebody else: the link would be in the hands of those in cc.
        let can_unsubscribe = row.sending != Sending::Manual && cc.is_empty();
        let unsubscribe = can_unsubscribe
            .then(|| self.inner.users.unsubscribe_url(outlet.user_id, &row.kind, &config.public_url));
        Address::Mail(Mailing {
            cc,
            attachments: row.mail.attachments.clone(),
            unsubscribe,
            is_copy: row.is_copy(),
            letter: wordings.letter(row.mail.letter.as_ref()),
            prints: wordings.prints(&row.mail.prints),
            outside: None,
        })
    }

    fn url(
        &self,
        row: &Claimed,
        outlet: &Outlet,
        settings: &Settings,
        now: Instant,
    ) -> Result<Address, Look> {
        let Some(route) = Route::of(outlet, settings) else {
            return Err(Look::Elsewhere(Reason::NoUrl, None));
        };
        if route.off {
            return Err(Look::Elsewhere(Reason::EndpointOff, None));
        }
        if route.channel != *row.channel {
            let to = (&*route.channel, &*route.target);
            let moved = Planned::instead_of(row, outlet.receive_by, to, now);
            return Err(Look::Elsewhere(Reason::Moved, Some(Box::new(moved))));
        }
        let company = route.target == COMPANY;
        let url = if company { settings.company_flow() } else { self.inner.users.open_url(outlet) };
        let Some(url) = url else {
            return Err(Look::Elsewhere(Reason::NoUrl, None));
        };
        let secrets = if company { Vec::new() } else { own_secrets(&self.inner.users, outlet, now) };
        Ok(Address::Url { url, secrets, company, bare: settings.is_bare() })
    }

    fn parcel(
        &self,
        row: &Claimed,
        outlet: &Outlet,
        content: Content,
        address: Address,
        now: Instant,
    ) -> Parcel {
        let config = self.inner.config.load();
        let links = content
            .metadata
            .as_deref()
            .map(|metadata| template::links(metadata, |link| absolute(link, config.crm_url())));
        let message = Message {
            notification_id: row.notification_id,
            kind: Arc::clone(&row.kind),
            title: content.title,
            text: content.message,
            link: content.link.map(|link| absolute(&link, config.crm_url())),
            metadata: content.metadata,
            links: links.unwrap_or_default(),
            related_ticket_id: content.related_ticket_id,
            related_user_id: content.related_user_id,
            created_at: content.created_at,
            along: Vec::new(),
            unnamed: 0,
            centre: format!("{}/", config.public_url),
        };
        let recipient = Recipient {
            user_id: outlet.user_id,
            email: outlet.email.clone(),
            name: outlet.name.clone(),
            language: outlet.language.clone(),
            time_zone: outlet.time_zone.clone(),
        };
        Parcel { delivery_id: row.id.clone(), attempt: row.tries + 1, now, message, recipient, address }
    }
}

/// Where a user's URL was changed for another of the same channel, pace and health are the new one's.
fn towards(row: Claimed, outlet: Option<&Outlet>, settings: &Settings) -> Claimed {
    let route = outlet.filter(|_| &*row.channel != EMAIL).and_then(|outlet| Route::of(outlet, settings));
    match route {
        Some(route) if *route.channel == *row.channel => Claimed { target: route.target.into(), ..row },
        _ => row,
    }
}

/// What signs for the user's own URL.
fn own_secrets(users: &Users, outlet: &Outlet, now: Instant) -> Vec<String> {
    outlet.webhook.as_ref().map_or_else(Vec::new, |webhook| {
        users.webhook_secrets(outlet.user_id, webhook.generation, webhook.rotated_at, now)
    })
}

/// What goes to nobody that this version knows: a newer one wrote it, which runs beside this one or will again. It waits
/// for that one for as long as a delivery is tried.
fn unread(row: &Claimed, now: Instant) -> Then {
    match row.ends_at().is_some_and(|end| now < end) {
        true => Then::Back { due_at: now.plus(UNREAD), held: row.held },
        false => Then::Suppressed(Reason::UserGone),
    }
}

/// A path leads into the CRM.
pub(super) fn absolute(link: &str, crm: &str) -> String {
    if link.starts_with('/') { format!("{crm}{link}") } else { link.to_owned() }
}
