//! Triggers decide, from a change of a record or a timer that is due, who should hear what.
//!
//! A trigger is pure: it reads nothing and asks no clock, so its tests are tables. [`engine`] gives it what it may know,
//! stores what it decides, and fires its timers, all in the transaction of the cause.

mod auto_reply;
mod beside;
mod credit_override;
mod engine;
mod explain;
mod ground;
mod happening;
mod http;
mod lead_conversion;
mod lockout;
mod letter;
mod personnel;
mod phrases;
mod portal;
mod provisioning;
mod reassignment;
mod reminder;
mod sales_order_status;
#[cfg(test)]
mod scene;
mod sla;
mod ticket;
mod timers;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::clock::Instant;
use crate::delivery::{Mail, OutsideLetter, Sending};
use crate::event::Event;
use crate::notification::why::Why;
use crate::record::{Change, Record};
use crate::settings::{Groups, Snapshot};

pub use crate::user::Figure;
pub use beside::Beside;
pub use engine::{Parts, Triggers};
pub use http::routes;

/// Every trigger: one line each.
fn all() -> Vec<Box<dyn Trigger>> {
    vec![
        Box::new(reassignment::Reassignment),
        Box::new(lead_conversion::LeadConversion),
        Box::new(reminder::Reminder),
        Box::new(sales_order_status::SalesOrderStatus),
        Box::new(credit_override::CreditOverride),
        Box::new(lockout::Lockout),
        Box::new(personnel::Personnel),
        Box::new(sla::Sla),
        Box::new(auto_reply::AutoReply),
        Box::new(ticket::Ticket),
        Box::new(portal::Portal),
        Box::new(provisioning::Provisioning),
    ]
}

/// The settings of every trigger.
#[must_use]
pub fn settings(groups: Groups, against: &Against) -> Groups {
    all().iter().fold(groups, |groups, trigger| trigger.settings(groups, against))
}

/// What the settings of triggers are judged against.
#[derive(Clone)]
pub struct Against {
    /// The names of the modules there are.
    pub modules: Arc<[String]>,
}

/// Decides who should hear what.
pub trait Trigger: Send + Sync {
    /// What it is called in the database and in explanations.
    fn name(&self) -> &'static str;

    /// Declares its group of settings.
    fn settings(&self, groups: Groups, against: &Against) -> Groups;

    /// Whether people are told of a new assigned user where nothing is said: whether Send Notification is ticked.
    fn announces(&self, _module: &str, _settings: &Snapshot) -> bool {
        false
    }

    /// What it must know beside the cause itself to decide: asked before it is given a [`View`].
    fn needs(&self, _cause: &Cause<'_>, _settings: &Snapshot) -> Needs {
        Needs::default()
    }

    /// Who should hear of this event.
    fn on_event(&self, _event: &Event, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// Who should hear of these changes, all of one request.
    fn on_changes(&self, changes: &[Change], view: &View<'_>) -> Vec<Finding> {
        changes.iter().flat_map(|change| self.on_change(change, view)).collect()
    }

    /// Who should hear of this change.
    fn on_change(&self, _change: &Change, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// What people are written who are no users: customers.
    fn letters(&self, _cause: &Cause<'_>, _view: &View<'_>) -> Vec<OutsideLetter> {
        Vec::new()
    }

    /// Which of the timers that fired count no more because of these changes, as if they never had.
    fn forgotten(&self, _changes: &[Change], _view: &View<'_>) -> Vec<Timer> {
        Vec::new()
    }

    /// What is to be remembered of these changes, or of this event, as if a timer of its had fired:
    /// [`View::fired_of`] has it from now on.
    fn noted(&self, _cause: &Cause<'_>, _view: &View<'_>) -> Vec<Timer> {
        Vec::new()
    }

    /// The module whose records it sets timers for.
    fn timed_module(&self) -> Option<&'static str> {
        None
    }

    /// Whether its timers go by the clocks of other people than the assigned users of its records: then every one is
    /// computed anew when somebody's zone changes.
    fn goes_by_other_clocks(&self) -> bool {
        false
    }

    /// The timers of a record as it is now: what is to be done at once, due now, and the next one after now. What has
    /// fired already may be among them and is passed over, so the next one is the first that has not.
    ///
    /// What was due before, and waits only because no server ran, need not be among them: it stays as long as
    /// [`Trigger::on_due`] has anything to say of it.
    fn timers(&self, _record: &Record, _view: &View<'_>) -> Vec<Timer> {
        Vec::new()
    }

    /// What is to be done as a timer falls due, or has been for a while: for its own time of the record, and for
    /// others that were missed as well. Nothing where the record is no longer as it was when the timer was set.
    fn on_due(&self, _timer: &Timer, _record: &Record, _view: &View<'_>) -> Vec<Due> {
        Vec::new()
    }

    /// Whether these changes, of records other than those that it sets timers for, change when its timers are due:
    /// then every one is computed anew.
    fn unsettles(&self, _changes: &[Change], _settings: &Snapshot) -> bool {
        false
    }

    /// What its timers depend on beside their records and the zones of people: when it is another text than it was,
    /// every timer is computed anew.
    fn basis(&self, _settings: &Snapshot) -> String {
        String::new()
    }

    /// Whether what was over before its timers were first computed is history: it counts as fired, and nobody is told.
    fn leaves_history(&self) -> bool {
        false
    }

    /// What is to be shown with a record.
    fn shown(&self, _record: &Record, _view: &View<'_>) -> Map<String, Value> {
        Map::new()
    }

    /// What will or will not happen to a user by this trigger because of a record, in sentences.
    fn outlook(&self, _record: &Record, _user_id: i64, _view: &View<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// What a trigger is asked about.
#[derive(Clone, Copy)]
pub enum Cause<'a> {
    /// Records changed, all of one request.
    Changes(&'a [Change]),
    /// Something happened.
    Event(&'a Event),
    /// Timers of these records are due or to be set, or they are shown.
    Records(&'a [&'a Record]),
}

impl Cause<'_> {
    /// Every record that it is about, as it was and as it is.
    pub fn records(&self) -> Vec<&Record> {
        match self {
            Cause::Changes(changes) => {
                let both = changes.iter().flat_map(|change| [change.before.as_ref(), change.after.as_ref()]);
                both.flatten().collect()
            }
            Cause::Event(event) => event.record.iter().collect(),
            Cause::Records(records) => records.to_vec(),
        }
    }
}

/// Asked for as a list: every administrator who may sign in. Nobody writes such a list: it is no name.
const ADMINISTRATORS: &str = "\u{1}administrators";

/// What a trigger must know beside the cause itself.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Lists of users, as settings have them.
    pub lists: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Other records, by module and id.
    pub records: Vec<(Arc<str>, Arc<str>)>,
    /// Users by their numbers.
    pub users: Vec<i64>,
    /// Shipped templates by their keys.
    pub templates: Vec<&'static str>,
}

impl Needs {
    /// The record of a module that a field of a record names, if it names one.
    pub fn record(&mut self, module: &str, id: Option<&str>) {
        self.records.extend(id.map(|id| (module.into(), id.into())));
    }
}

/// What a trigger may know beside the change itself.
pub struct View<'a> {
    /// The administrator's settings.
    pub settings: &'a Snapshot,
    /// The people that matter: assigned users, actors, and their managers, and whom [`Trigger::needs`] asked for.
    pub people: &'a HashMap<i64, Figure>,
    /// Who is meant by the lists that were asked for.
    pub lists: &'a HashMap<String, Vec<i64>>,
    /// The members of the groups that were asked for, by name; those that do not exist are left out.
    pub groups: &'a HashMap<String, Vec<i64>>,
    /// The records that were asked for, those that there are.
    pub records: &'a HashMap<(Arc<str>, Arc<str>), Record>,
    /// The numbers of the shipped templates that were asked for, by their keys.
    pub templates: &'a HashMap<&'static str, i64>,
    /// What has fired already of the records that matter, by module and id.
    ///
    /// All of what begins after now, and of what is past the last few that somebody was told of.
    pub fired: &'a HashMap<(Arc<str>, Arc<str>), FiredTimes>,
    /// The present instant.
    pub now: Instant,
    /// Where the centre is: links begin with it.
    pub public_url: &'a str,
}

impl View<'_> {
    /// The name of somebody, or their number where they are gone.
    pub fn name(&self, user_id: i64) -> String {
        self.people.get(&user_id).map_or_else(|| format!("user {user_id}"), |figure| figure.name.clone())
    }

    /// Who is meant by a list of users that was asked for.
    pub fn listed(&self, list: &str) -> &[i64] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// A record that was asked for.
    pub fn record(&self, module: &str, id: &str) -> Option<&Record> {
        self.records.get(&(module.into(), id.into()))
    }

    /// The number of a shipped template that was asked for.
    pub fn template(&self, key: &str) -> Option<i64> {
        self.templates.get(key).copied()
    }

    /// Whether a trigger has fired for this time of a record.
    pub fn has_fired(&self, record: &Record, trigger: &str, occurrence: &str) -> bool {
        let fired = self.fired.get(&(record.module.clone(), record.id.clone()));
        fired.is_some_and(|fired| fired.has(trigger, occurrence))
    }

    /// What of a trigger has fired for a record.
    pub fn fired_of<'v>(&'v self, record: &Record, trigger: &'v str) -> impl Iterator<Item = &'v Fired> {
        let fired = self.fired.get(&(record.module.clone(), record.id.clone()));
        fired.into_iter().flat_map(FiredTimes::iter).filter(move |fired| fired.trigger == trigger)
    }

    /// Where a record is: in the CRM where it has a link, in the centre otherwise.
    pub fn link(&self, record: &Record) -> String {
        record.place(self.public_url)
    }

    /// Where the records of a module are that are assigned to whoever looks.
    pub fn own_list(&self, module: &str) -> String {
        format!("{}/records/{module}?assigned_to=me", self.public_url)
    }
}

/// What a trigger decides about one person.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are few of them, and not for long")]
pub enum Finding {
    /// They are to hear of it.
    Tell(Box<Telling>),
    /// They could have expected to, and are not.
    Silent {
        /// Who.
        user_id: i64,
        /// Why not.
        why: Why,
    },
}

/// What somebody is to hear.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Who.
    pub user_id: i64,
    /// Type of the notification.
    pub kind: &'static str,
    /// At most 255 characters; longer ones are cut.
    pub title: String,
    /// The words below it.
    pub message: Option<String>,
    /// Where a click leads.
    pub link: Option<String>,
    /// Facts, and what pages need to know: `module`, `record_id` and the like.
    pub metadata: Map<String, Value>,
    /// How it is sent.
    pub sending: Sending,
    /// Who caused it.
    pub related_user_id: Option<i64>,
    /// What an e-mail has beside its words.
    pub mail: Option<Mail>,
    /// How it goes together with what other triggers find of the same changes.
    pub beside: Beside,
    /// Why.
    pub why: Why,
}

/// A promise to look again at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Name of the trigger.
    pub trigger: &'static str,
    /// Module of the record.
    pub module: Arc<str>,
    /// Id of the record.
    pub record_id: Arc<str>,
    /// Which time of the record is meant: fires once.
    pub occurrence: String,
    /// When.
    pub due_at: Instant,
}

/// What is done as a timer falls due.
#[derive(Clone, Debug)]
pub struct Due {
    /// Which time of the record it is done for: this is done once.
    pub occurrence: String,
    /// When it was due.
    pub due_at: Instant,
    /// What it comes to.
    pub findings: Vec<Finding>,
}

/// What has fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Name of the trigger.
    pub trigger: String,
    /// Which time of the record.
    pub occurrence: String,
    /// Who was told, if anybody was.
    pub user_id: Option<i64>,
    /// When it was due.
    pub due_at: Instant,
}

/// What has fired of a record: it is asked for by the time of the record that is meant.
#[derive(Clone, Debug, Default)]
pub struct FiredTimes {
    by_occurrence: HashMap<String, Vec<Fired>>,
}

impl FiredTimes {
    fn push(&mut self, fired: Fired) {
        self.by_occurrence.entry(fired.occurrence.clone()).or_default().push(fired);
    }

    fn has(&self, trigger: &str, occurrence: &str) -> bool {
        let of_time = self.by_occurrence.get(occurrence);
        of_time.is_some_and(|fired| fired.iter().any(|fired| fired.trigger == trigger))
    }

    fn iter(&self) -> impl Iterator<Item = &Fired> {
        self.by_occurrence.values().flatten()
    }
}
