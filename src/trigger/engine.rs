//! Asks triggers, and stores what they decide, in the transaction of the cause.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::ground::Ground;
use super::timers::store::{self, Firing};
use super::{Cause, Finding, Telling, Trigger, beside};
use crate::clock::Clock;
use crate::delivery::{Chosen, Deliveries, OutsideLetter};
use crate::event::{self, Event, Events, Heard};
use crate::http::body::LARGEST_ID;
use crate::notification::{NewNotification, Notice, Notifications};
use crate::record::{Change, Record, Records, Watch};
use crate::schedule::Bell;
use crate::settings::Settings;
use crate::storage::{Database, Error, Tx};

/// The longest title of a notification, in characters.
const TITLE_CHARS: usize = 255;

/// How long what has fired matters: longer than the longest time before its beginning that somebody is reminded.
pub(super) const REMEMBERED: Duration = Duration::from_secs(400 * 24 * 3600);

/// The triggers of a node. Clones are the same.
#[derive(Clone)]
pub struct Triggers {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub triggers: Vec<Box<dyn Trigger>>,
    pub database: Database,
    pub clock: Clock,
    pub notifications: Notifications,
    deliveries: Deliveries,
    pub records: Records,
    pub settings: Settings,
    pub public_url: Arc<str>,
    /// The numbers of shipped templates that were asked for so far.
    pub templates: RwLock<HashMap<&'static str, i64>>,
    /// Wakes whoever fires timers, where one was set that is due earlier than any other.
    pub bell: Bell,
}

/// What triggers stand on.
pub struct Parts {
    /// The database.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// The one door.
    pub notifications: Notifications,
    /// The ways out: for letters to people who are no users.
    pub deliveries: Deliveries,
    /// Records.
    pub records: Records,
    /// Events.
    pub events: Events,
    /// The administrator's settings.
    pub settings: Settings,
    /// Where the centre is.
    pub public_url: String,
}

impl Triggers {
    /// The triggers of a node: from now on they hear of every change.
    pub fn new(parts: Parts) -> Self {
        let Parts { database, clock, notifications, deliveries, records, events, settings, public_url } =
            parts;
        let inner = Inner {
            triggers: super::all(),
            database,
            clock,
            notifications,
            deliveries,
            records,
            settings,
            public_url: public_url.into(),
            templates: RwLock::default(),
            bell: Bell::default(),
        };
        let this = Self { inner: Arc::new(inner) };
        this.inner.records.watched_by(Arc::new(this.clone()));
        events.watched_by(Arc::new(this.clone()));
        this
    }

    /// What wakes whoever fires timers.
    pub fn bell(&self) -> Bell {
        self.inner.bell.clone()
    }

    /// Stores what triggers found: notifications, and why others are not told. Returns how many people are told.
    pub(super) async fn tell_in(&self, tx: &mut Tx, findings: Vec<Finding>) -> Result<usize, Error> {
        let (mut notices, mut silent) = (Vec::new(), Vec::new());
        for finding in findings {
            match finding {
                Finding::Tell(telling) => notices.extend(self.notice(*telling)),
                Finding::Silent { user_id, why } => silent.push((user_id, why)),
            }
        }
        let notifications = &self.inner.notifications;
        let mut stored = 0;
        if !notices.is_empty() {
            let told = notifications.notify_in(tx, &notices).await?;
            for refused in told.iter().filter_map(|told| told.as_ref().err()) {
                tracing::warn!("Somebody who is to be told by a trigger is passed over: {refused}");
            }
            stored = told.iter().filter(|told| told.is_ok()).count();
            notifications.count_in(tx, stored);
        }
        if !silent.is_empty() {
            notifications.note_silent_in(tx, &silent).await?;
        }
        Ok(stored)
    }

    fn notice(&self, telling: Telling) -> Option<Notice> {
        let kind = match self.inner.notifications.types().find(telling.kind) {
            Ok(kind) => kind,
            Err(unknown) => {
                tracing::error!("A trigger's notification was not sent: {}", unknown.reason);
                return None;
            }
        };
        let record = match &telling.why.records[..] {
            [record] => Some(record.clone()),
            _ => None,
        };
        let new = NewNotification {
            user_id: telling.user_id,
            kind,
            title: cut(telling.title),
            message: telling.message,
            link: telling.link,
            metadata: (!telling.metadata.is_empty()).then(|| Value::Object(telling.metadata).to_string()),
            related_ticket_id: record.as_ref().and_then(ticket_number),
            related_user_id: telling.related_user_id,
        };
        let mut notice = Notice::of(Arc::new(new), telling.sending);
        notice.record = record;
        notice.mail = telling.mail;
        notice.why = Some(telling.why);
        Some(notice)
    }
}

/// The number of a ticket, where this is one and its id is a number.
fn ticket_number((module, id): &(Arc<str>, Arc<str>)) -> Option<i64> {
    let number = id.parse().ok().filter(|_| &**module == "tickets");
    number.filter(|number| (1..=LARGEST_ID).contains(number))
}

fn cut(title: String) -> String {
    match title.char_indices().nth(TITLE_CHARS) {
        None => title,
        Some(_) => title.chars().take(TITLE_CHARS - 1).chain(['…']).collect(),
    }
}

/// Whether somebody would hear of what they did themselves: triggers see to it, and this is the last guard. Reminders
/// are no such news.
fn is_own_act(finding: &Finding, mut actors: impl Iterator<Item = i64>) -> bool {
    let Finding::Tell(telling) = finding else {
        return false;
    };
    let own = telling.sending == crate::delivery::Sending::Automated
        && actors.any(|actor| actor == telling.user_id);
    if own {
        tracing::warn!(kind = telling.kind, user_id = telling.user_id, "Nobody is told of their own act");
    }
    own
}

impl Watch for Triggers {
    fn changed<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let actors = || changes.iter().filter_map(|change| change.actor.user_id);
            let mut ground = self.ground_held_in(tx, Cause::Changes(changes), actors()).await?;
            let view = ground.view();
            let found = self.inner.triggers.iter().flat_map(|trigger| trigger.on_changes(changes, &view));
            let findings = beside::settled(found.filter(|finding| !is_own_act(finding, actors())).collect());
            let forgotten = self.inner.triggers.iter().flat_map(|trigger| trigger.forgotten(changes, &view));
            let noted = self.noted(&Cause::Changes(changes), &ground);
            let letters = self.letters(&Cause::Changes(changes), &ground);
            store::forget(tx, &forgotten.collect::<Vec<_>>()).await?;
            self.tell_in(tx, findings).await?;
            self.write_in(tx, &letters).await?;
            self.note_in(tx, noted, &mut ground).await?;
            let standing: Vec<&Record> = changes.iter().filter_map(|change| change.after.as_ref()).collect();
            let gone = changes.iter().filter(|change| change.after.is_none());
            let gone: Vec<&Record> = gone.filter_map(|change| change.before.as_ref()).collect();
            self.set_timers_in(tx, &standing, &gone, &ground).await?;
            self.unsettle_in(tx, changes).await
        })
    }

    fn shown<'a>(
        &'a self,
        tx: &'a mut Tx,
        records: &'a [Record],
    ) -> BoxFuture<'a, Result<Vec<Map<String, Value>>, Error>> {
        Box::pin(async move {
            let all: Vec<&Record> = records.iter().collect();
            if self.timed(&all).is_empty() {
                return Ok(records.iter().map(|_| Map::new()).collect());
            }
            let ground = self.ground_in(tx, Cause::Records(&all), []).await?;
            let view = ground.view();
            let shown = |record| {
                self.inner.triggers.iter().flat_map(|trigger| trigger.shown(record, &view)).collect()
            };
            Ok(records.iter().map(shown).collect())
        })
    }

    fn announces(&self, module: &str) -> bool {
        let settings = self.inner.settings.snapshot();
        self.inner.triggers.iter().any(|trigger| trigger.announces(module, &settings))
    }
}

impl Triggers {
    /// What will or will not happen to a user because of a record, in sentences.
    pub(super) async fn outlook_in(
        &self,
        tx: &mut Tx,
        record: &Record,
        user_id: i64,
    ) -> Result<Vec<String>, Error> {
        let ground = self.ground_in(tx, Cause::Records(&[record]), [user_id]).await?;
        let view = ground.view();
        Ok(self.inner.triggers.iter().flat_map(|trigger| trigger.outlook(record, user_id, &view)).collect())
    }
}

impl event::Watch for Triggers {
    fn happened<'a>(
        &'a self,
        tx: &'a mut Tx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Heard>, Error>> {
        Box::pin(async move {
            let mut heard = Vec::with_capacity(events.len());
            for event in events {
                let mut ground = self.ground_in(tx, Cause::Event(event), event.actor.user_id).await?;
                let view = ground.view();
                let found = self.inner.triggers.iter().flat_map(|trigger| trigger.on_event(event, &view));
                let actor = || event.actor.user_id.into_iter();
                let findings: Vec<Finding> = found.filter(|finding| !is_own_act(finding, actor())).collect();
                let noted = self.noted(&Cause::Event(event), &ground);
                let letters = self.letters(&Cause::Event(event), &ground);
                let told = self.tell_in(tx, beside::settled(findings)).await?;
                heard.push(Heard { told, letters: self.write_in(tx, &letters).await? });
                if self.note_in(tx, noted, &mut ground).await? {
                    let records: Vec<&Record> = event.record.iter().collect();
                    self.set_timers_in(tx, &records, &[], &ground).await?;
                }
            }
            Ok(heard)
        })
    }

    fn foreseen<'a>(
        &'a self,
        tx: &'a mut Tx,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Vec<OutsideLetter>, Error>> {
        Box::pin(async move {
            let ground = self.ground_in(tx, Cause::Event(event), event.actor.user_id).await?;
            Ok(self.letters(&Cause::Event(event), &ground))
        })
    }
}

impl Triggers {
    /// What triggers want to be remembered of a cause.
    fn noted(&self, cause: &Cause<'_>, ground: &Ground) -> Vec<Firing> {
        let view = ground.view();
        let noted = self.inner.triggers.iter().flat_map(|trigger| trigger.noted(cause, &view));
        noted.map(Firing::noted).collect()
    }

    /// What customers are written because of it.
    fn letters(&self, cause: &Cause<'_>, ground: &Ground) -> Vec<OutsideLetter> {
        let view = ground.view();
        self.inner.triggers.iter().flat_map(|trigger| trigger.letters(cause, &view)).collect()
    }

    async fn write_in(&self, tx: &mut Tx, letters: &[OutsideLetter]) -> Result<Vec<Chosen>, Error> {
        self.inner.deliveries.letters_in(tx, letters).await
    }

    /// Remembers it; returns whether there is anything.
    async fn note_in(&self, tx: &mut Tx, noted: Vec<Firing>, ground: &mut Ground) -> Result<bool, Error> {
        let is_any = !noted.is_empty();
        store::fire(tx, &noted, ground.now).await?;
        for Firing { module, record_id, fired } in noted {
            ground.fired.entry((module, record_id)).or_default().push(fired);
        }
        Ok(is_any)
    }

    /// Has the timers computed anew that go by what these changes changed.
    async fn unsettle_in(&self, tx: &mut Tx, changes: &[Change]) -> Result<(), Error> {
        let settings = self.inner.settings.snapshot();
        for trigger in &self.inner.triggers {
            if trigger.unsettles(changes, &settings) {
                store::begin_anew(tx, trigger.name(), &trigger.basis(&settings)).await?;
            }
        }
        Ok(())
    }
}
