//! The administrator's settings of reassignments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Ground, Part};
use crate::http::body::nearest;
use crate::notification::why::Setting;
use crate::settings::{Group, MOST_NAMES, Reference};
use crate::trigger::{Against, View};
use crate::user::fields;
use crate::user::listed::LONGEST;

/// Whether a module is on.
type Switches = BTreeMap<String, bool>;

/// Who is told when records are assigned to somebody else, and who gets a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationSettings {
    /// # Notify the new user
    ///
    /// For each module whether the user is told to whom a record is assigned, when it is made for them and when it is
    /// reassigned. Ticked for activities, Send Notification is ticked by itself when the assigned user changes. A
    /// module is ticked until somebody unticks it.
    #[schemars(extend("maxProperties" = MOST_NAMES))]
    pub assigned: Switches,
    /// # Notify the previous owner
    ///
    /// For each module whether the user is told from whom a record is taken when it is reassigned. No module is
    /// ticked until somebody ticks it.
    #[schemars(extend("maxProperties" = MOST_NAMES))]
    pub previous_owner: Switches,
    /// # CC address
    ///
    /// One or more e-mail addresses, separated by commas or semicolons, that get a copy of the e-mail of every
    /// reassignment notification. Empty: none.
    #[schemars(length(max = LONGEST))]
    pub cc_address: String,
    /// # CC the user's manager
    ///
    /// Whether the manager (Reports to) of the user who is told gets a copy of the e-mail of every reassignment
    /// notification.
    pub cc_manager: bool,
    /// # Users to notify of a lock-out
    ///
    /// Users, by name, e-mail address or number, separated by commas or semicolons, who are told when somebody locks
    /// themselves out by too many wrong passwords. Nobody is told when an administrator locks an account.
    #[schemars(length(max = LONGEST))]
    pub lockout_users: String,
}

impl Group for NotificationSettings {
    type Against = Against;
    const KEY: &'static str = "notifications";
    const TITLE: &'static str = "Notification Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, against: &Against) -> Result<(), String> {
        for (field, switches) in [("assigned", &self.assigned), ("previous_owner", &self.previous_owner)] {
            if let Some(unknown) = switches.keys().find(|module| !against.modules.contains(module)) {
                return Err(unknown_module(field, unknown, &against.modules));
            }
        }
        self.cc_address = usual(&self.cc_address)?;
        self.complete(against);
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::people("lockout_users", &self.lockout_users)]
    }

    fn complete(&mut self, against: &Against) {
        for (switches, usual) in [(&mut self.assigned, true), (&mut self.previous_owner, false)] {
            switches.retain(|module, _| against.modules.contains(module));
            for module in against.modules.iter() {
                switches.entry(module.clone()).or_insert(usual);
            }
        }
    }
}

impl NotificationSettings {
    /// Whether the new user is told: whether Send Notification is ticked by itself.
    pub fn announces(&self, module: &str) -> bool {
        self.assigned.get(module).copied().unwrap_or(true)
    }

    /// Whether the previous user is told.
    pub fn tells_previous(&self, module: &str) -> bool {
        self.previous_owner.get(module).copied().unwrap_or(false)
    }

    /// The addresses that get a copy.
    pub fn cc_addresses(&self) -> impl Iterator<Item = &str> {
        addresses(&self.cc_address)
    }
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';']).map(str::trim).filter(|address| !address.is_empty())
}

/// The addresses as they are stored: `a@example.com, b@example.com`.
fn usual(text: &str) -> Result<String, String> {
    for address in addresses(text) {
        if fields::email(address).is_err() {
            let address: String = address.chars().take(64).collect();
            return Err(format!(
                "cc_address: \"{address}\" is no e-mail address; enter addresses such as ann@example.com, \
                 separated by commas"
            ));
        }
    }
    Ok(addresses(text).collect::<Vec<_>>().join(", "))
}

fn unknown_module(field: &str, name: &str, known: &[String]) -> String {
    let name: String = name.chars().take(64).collect();
    match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("{field}: \"{name}\" is unknown; did you mean \"{near}\"?"),
        None => format!("{field}: \"{name}\" is unknown; use one of: {}", known.join(", ")),
    }
}

/// The setting by which it was decided, where one was asked.
pub(super) fn decisive(case: &Case, view: &View<'_>) -> Option<Setting> {
    if !matches!(case.ground, Ground::On | Ground::Off) {
        return None;
    }
    let settings = view.settings.of::<NotificationSettings>();
    let module = &*case.module;
    let (field, value) = match case.part {
        Part::New => ("assigned", settings.announces(module)),
        Part::Previous => ("previous_owner", settings.tells_previous(module)),
    };
    Some(Setting {
        group: NotificationSettings::KEY.to_owned(),
        title: NotificationSettings::TITLE.to_owned(),
        field: format!("{field}.{module}"),
        value: value.into(),
    })
}
