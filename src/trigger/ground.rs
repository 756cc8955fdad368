//! What triggers may know of a cause: looked up before they are asked, in the transaction of the cause.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use super::engine::Triggers;
use super::timers::store;
use super::{ADMINISTRATORS, Cause, Figure, FiredTimes, Needs, View};
use crate::clock::Instant;
use crate::record::{Record, Records};
use crate::settings::Snapshot;
use crate::storage::{Error, Tx};
use crate::template::custom;
use crate::user;

/// What triggers may know of some records, as it is in one transaction.
pub(super) struct Ground {
    settings: Snapshot,
    people: HashMap<i64, Figure>,
    lists: HashMap<String, Vec<i64>>,
    groups: HashMap<String, Vec<i64>>,
    records: HashMap<(Arc<str>, Arc<str>), Record>,
    templates: HashMap<&'static str, i64>,
    pub fired: HashMap<(Arc<str>, Arc<str>), FiredTimes>,
    pub now: Instant,
    public_url: Arc<str>,
}

/// What triggers asked for.
#[derive(Default)]
struct Known {
    lists: HashMap<String, Vec<i64>>,
    groups: HashMap<String, Vec<i64>>,
    records: HashMap<(Arc<str>, Arc<str>), Record>,
    templates: HashMap<&'static str, i64>,
    users: BTreeSet<i64>,
}

impl Ground {
    pub fn view(&self) -> View<'_> {
        View {
            settings: &self.settings,
            people: &self.people,
            lists: &self.lists,
            groups: &self.groups,
            records: &self.records,
            templates: &self.templates,
            fired: &self.fired,
            now: self.now,
            public_url: &self.public_url,
        }
    }
}

impl Triggers {
    /// What triggers may know of a cause, and of these users beside those that its records name.
    pub(super) async fn ground_in(
        &self,
        tx: &mut Tx,
        cause: Cause<'_>,
        users: impl IntoIterator<Item = i64>,
    ) -> Result<Ground, Error> {
        let inner = &self.inner;
        let (settings, records, now) = (inner.settings.snapshot(), cause.records(), inner.clock.now());
        let known = self.known_in(tx, self.needs(&cause, &settings)).await?;
        let Known { lists, groups, records: others, templates, users: further } = known;
        let named = records.iter().copied().chain(others.values());
        let named = named.flat_map(|record| [record.assigned_to, record.previous_assigned_to]).flatten();
        let ids: BTreeSet<i64> = named.chain(users).chain(further).collect();
        let mut people = user::figures_in(tx, &ids).await?;
        let managers = people.values().filter_map(|figure| figure.reports_to);
        let managers: BTreeSet<i64> = managers.filter(|id| !people.contains_key(id)).collect();
        people.extend(user::figures_in(tx, &managers).await?);
        let fired = self.fired_in(tx, &records, now).await?;
        let public_url = inner.public_url.clone();
        Ok(Ground { settings, people, lists, groups, records: others, templates, fired, now, public_url })
    }

    /// What all triggers together must know beside the cause itself.
    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        self.inner.triggers.iter().fold(Needs::default(), |mut needs, trigger| {
            let Needs { lists, groups, records, users, templates } = trigger.needs(cause, settings);
            needs.lists.extend(lists);
            needs.groups.extend(groups);
            needs.records.extend(records);
            needs.users.extend(users);
            needs.templates.extend(templates);
            needs
        })
    }

    /// Looks up what is needed. Whom a list names and who is gone by now is passed over.
    async fn known_in(&self, tx: &mut Tx, needs: Needs) -> Result<Known, Error> {
        let mut known = Known { users: needs.users.into_iter().collect(), ..Known::default() };
        let mut lists: BTreeSet<String> = needs.lists.into_iter().collect();
        if let Some(list) = lists.take(ADMINISTRATORS) {
            let admins = user::admins_in(tx).await?;
            known.users.extend(&admins);
            known.lists.insert(list, admins);
        }
        for (list, listed) in user::listed::people_of_each_in(tx, lists).await? {
            for unknown in listed.unknown {
                tracing::warn!(
                    "Somebody who is to be told is passed over: there is no user {unknown} any more; correct the setting"
                );
            }
            known.users.extend(&listed.known);
            known.lists.insert(list, listed.known);
        }
        let groups: BTreeSet<String> = needs.groups.into_iter().collect();
        for group in groups {
            if let Some(members) = user::group::members_in(tx, &group).await? {
                known.users.extend(&members);
                known.groups.insert(group, members);
            }
        }
        let wanted: BTreeSet<(Arc<str>, Arc<str>)> = needs.records.into_iter().collect();
        let wanted: Vec<(Arc<str>, Arc<str>)> = wanted.into_iter().collect();
        let found = Records::find_many_in(tx, &wanted).await?;
        known.records =
            found.into_iter().map(|record| ((record.module.clone(), record.id.clone()), record)).collect();
        known.templates = self.templates_in(tx, needs.templates).await?;
        Ok(known)
    }

    /// The numbers of shipped templates: they never change, so that each is asked for once.
    async fn templates_in(
        &self,
        tx: &mut Tx,
        wanted: Vec<&'static str>,
    ) -> Result<HashMap<&'static str, i64>, Error> {
        let cache = &self.inner.templates;
        let mut found = HashMap::new();
        for key in wanted {
            let known = cache.read().unwrap_or_else(PoisonError::into_inner).get(key).copied();
            let id = match known {
                Some(id) => Some(id),
                None => custom::by_key_in(tx, key).await?,
            };
            let Some(id) = id else {
                tracing::warn!(
                    key,
                    "A shipped template is missing; it comes back when Belfry is started anew"
                );
                continue;
            };
            found.insert(key, id);
            if known.is_none() {
                cache.write().unwrap_or_else(PoisonError::into_inner).insert(key, id);
            }
        }
        Ok(found)
    }

    /// What has fired already of records.
    async fn fired_in(
        &self,
        tx: &mut Tx,
        records: &[&Record],
        now: Instant,
    ) -> Result<HashMap<(Arc<str>, Arc<str>), FiredTimes>, Error> {
        let mut fired: HashMap<_, FiredTimes> = HashMap::new();
        for (module, records) in self.timed(records) {
            let ids: Vec<&str> = records.iter().map(|record| &*record.id).collect();
            for trigger in self.of_module(&module) {
                for firing in store::fired(tx, &module, trigger.name(), &ids, now).await? {
                    fired.entry((firing.module, firing.record_id)).or_default().push(firing.fired);
                }
            }
        }
        Ok(fired)
    }

    /// The same, and the clocks on the walls of the assigned users stay as they are until this transaction ends: for
    /// whoever writes timers. To be called before anything is written of people or their inboxes, which whoever
    /// changes a user locks after the user.
    pub(super) async fn ground_held_in(
        &self,
        tx: &mut Tx,
        cause: Cause<'_>,
        users: impl IntoIterator<Item = i64>,
    ) -> Result<Ground, Error> {
        let records = cause.records();
        let timed = self.timed(&records).into_values().flatten();
        let assigned: BTreeSet<i64> = timed.filter_map(|record| record.assigned_to).collect();
        store::hold_users(tx, &assigned).await?;
        self.ground_in(tx, cause, users).await
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
}
