//! Gives triggers what they may know, and stores what they decide, in the transaction of the cause.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::timers::store;
use super::{Figure, Finding, FiredTimes, Telling, Trigger, View, beside};
use crate::clock::{Clock, Instant};
use crate::notification::{NewNotification, Notice, Notifications};
use crate::record::{Change, Record, Records, Watch};
use crate::schedule::Bell;
use crate::settings::{Settings, Snapshot};
use crate::storage::{Database, Error, Tx};
use crate::user;

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
    pub records: Records,
    pub settings: Settings,
    public_url: Arc<str>,
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
    /// Records.
    pub records: Records,
    /// The administrator's settings.
    pub settings: Settings,
    /// Where the centre is.
    pub public_url: String,
}

/// What triggers may know of some records, as it is in one transaction.
pub(super) struct Ground {
    settings: Snapshot,
    people: HashMap<i64, Figure>,
    pub fired: HashMap<(Arc<str>, Arc<str>), FiredTimes>,
    pub now: Instant,
    public_url: Arc<str>,
}

impl Ground {
    pub fn view(&self) -> View<'_> {
        View {
            settings: &self.settings,
            people: &self.people,
            fired: &self.fired,
            now: self.now,
            public_url: &self.public_url,
        }
    }
}

impl Triggers {
    /// The triggers of a node: from now on they hear of every change.
    pub fn new(parts: Parts) -> Self {
        let Parts { database, clock, notifications, records, settings, public_url } = parts;
        let inner = Inner {
            triggers: super::all(),
            database,
            clock,
            notifications,
            records,
            settings,
            public_url: public_url.into(),
            bell: Bell::default(),
        };
        let this = Self { inner: Arc::new(inner) };
        this.inner.records.watched_by(Arc::new(this.clone()));
        this
    }

    /// What wakes whoever fires timers.
    pub fn bell(&self) -> Bell {
        self.inner.bell.clone()
    }

    /// What triggers may know of these records, and of these users beside those that the records name.
    pub(super) async fn ground_in(
        &self,
        tx: &mut Tx,
        records: &[&Record],
        users: impl IntoIterator<Item = i64>,
    ) -> Result<Ground, Error> {
        let named =
            records.iter().flat_map(|record| [record.assigned_to, record.previous_assigned_to]).flatten();
        let ids: BTreeSet<i64> = named.chain(users).collect();
        let mut people = user::figures_in(tx, &ids).await?;
        let managers = people.values().filter_map(|figure| figure.reports_to);
        let managers: BTreeSet<i64> = managers.filter(|id| !people.contains_key(id)).collect();
        people.extend(user::figures_in(tx, &managers).await?);
        let inner = &self.inner;
        let now = inner.clock.now();
        let mut fired: HashMap<_, FiredTimes> = HashMap::new();
        for (module, records) in self.timed(records) {
            let ids: Vec<&str> = records.iter().map(|record| &*record.id).collect();
            for trigger in self.of_module(&module) {
                for firing in store::fired(tx, &module, trigger.name(), &ids, now).await? {
                    fired.entry((firing.module, firing.record_id)).or_default().push(firing.fired);
                }
            }
        }
        let (settings, public_url) = (inner.settings.snapshot(), inner.public_url.clone());
        Ok(Ground { settings, people, fired, now, public_url })
    }

    /// The same, and the clocks on the walls of the assigned users stay as they are until this transaction ends: for
    /// whoever writes timers. To be called before anything is written of people or their inboxes, which whoever
    /// changes a user locks after the user.
    pub(super) async fn ground_held_in(
        &self,
        tx: &mut Tx,
        records: &[&Record],
        users: impl IntoIterator<Item = i64>,
    ) -> Result<Ground, Error> {
        let timed = self.timed(records).into_values().flatten();
        let assigned: BTreeSet<i64> = timed.filter_map(|record| record.assigned_to).collect();
        store::hold_users(tx, &assigned).await?;
        self.ground_in(tx, records, users).await
    }

    /// Those of these records that timers are set for, each once, by their modules.
    pub(super) fn timed<'r>(&self, records: &[&'r Record]) -> BTreeMap<Arc<str>, Vec<&'r Record>> {
        let mut timed: BTreeMap<Arc<str>, Vec<&Record>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for record in records {
            let is_timed =
                self.inner.triggers.iter().any(|trigger| trigger.timed_module() == Some(&*record.module));
            if is_timed && known.insert((&record.module, &record.id)) {
                timed.entry(record.module.clone()).or_default().push(record);
            }
        }
        timed
    }

    /// Stores what triggers found: notifications, and why others are not told.
    pub(super) async fn tell_in(&self, tx: &mut Tx, findings: Vec<Finding>) -> Result<(), Error> {
        let (mut notices, mut silent) = (Vec::new(), Vec::new());
        for finding in findings {
            match finding {
                Finding::Tell(telling) => notices.extend(self.notice(*telling)),
                Finding::Silent { user_id, why } => silent.push((user_id, why)),
            }
        }
        let notifications = &self.inner.notifications;
        if !notices.is_empty() {
            let told = notifications.notify_in(tx, &notices).await?;
            for refused in told.iter().filter_map(|told| told.as_ref().err()) {
                tracing::warn!("Somebody who is to be told by a trigger is passed over: {refused}");
            }
            notifications.count_in(tx, told.iter().filter(|told| told.is_ok()).count());
        }
        if silent.is_empty() {
            return Ok(());
        }
        notifications.note_silent_in(tx, &silent).await
    }

    fn notice(&self, telling: Telling) -> Option<Notice> {
        let kind = match self.inner.notifications.types().find(telling.kind) {
            Ok(kind) => kind,
            Err(unknown) => {
                tracing::error!("A trigger's notification was not sent: {}", unknown.reason);
                return None;
            }
        };
        let new = NewNotification {
            user_id: telling.user_id,
            kind,
            title: cut(telling.title),
            message: telling.message,
            link: telling.link,
            metadata: (!telling.metadata.is_empty()).then(|| Value::Object(telling.metadata).to_string()),
            related_ticket_id: None,
            related_user_id: telling.related_user_id,
        };
        let record = match &telling.why.records[..] {
            [record] => Some(record.clone()),
            _ => None,
        };
        let mut notice = Notice::of(Arc::new(new), telling.sending);
        notice.record = record;
        notice.mail = telling.mail;
        notice.why = Some(telling.why);
        Some(notice)
    }
}

fn cut(title: String) -> String {
    match title.char_indices().nth(TITLE_CHARS) {
        None => title,
        Some(_) => title.chars().take(TITLE_CHARS - 1).chain(['…']).collect(),
    }
}

/// Whether somebody would hear of what they did themselves: triggers see to it, and this is the last guard. Reminders
/// are no such news.
fn is_own_act(finding: &Finding, changes: &[Change]) -> bool {
    let Finding::Tell(telling) = finding else {
        return false;
    };
    let own = telling.sending == crate::delivery::Sending::Automated
        && changes.iter().any(|change| change.actor.user_id == Some(telling.user_id));
    if own {
        tracing::warn!(kind = telling.kind, user_id = telling.user_id, "Nobody is told of their own act");
    }
    own
}

impl Watch for Triggers {
    fn changed<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let both = changes.iter().flat_map(|change| [change.before.as_ref(), change.after.as_ref()]);
            let all: Vec<&Record> = both.flatten().collect();
            let actors = changes.iter().filter_map(|change| change.actor.user_id);
            let ground = self.ground_held_in(tx, &all, actors).await?;
            let view = ground.view();
            let found = self.inner.triggers.iter().flat_map(|trigger| trigger.on_changes(changes, &view));
            let findings = beside::settled(found.filter(|finding| !is_own_act(finding, changes)).collect());
            let forgotten = self.inner.triggers.iter().flat_map(|trigger| trigger.forgotten(changes, &view));
            store::forget(tx, &forgotten.collect::<Vec<_>>()).await?;
            self.tell_in(tx, findings).await?;
            let standing: Vec<&Record> = changes.iter().filter_map(|change| change.after.as_ref()).collect();
            let gone = changes.iter().filter(|change| change.after.is_none());
            let gone: Vec<&Record> = gone.filter_map(|change| change.before.as_ref()).collect();
            self.set_timers_in(tx, &standing, &gone, &ground).await
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
            let ground = self.ground_in(tx, &all, []).await?;
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
        let ground = self.ground_in(tx, &[record], [user_id]).await?;
        let view = ground.view();
        Ok(self.inner.triggers.iter().flat_map(|trigger| trigger.outlook(record, user_id, &view)).collect())
    }
}
