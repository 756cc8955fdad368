//! The administrator's settings of reminders.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notification::why::Setting;
use crate::settings::Group;

/// When people are reminded of their calls, meetings and tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReminderSettings {
    /// # Default Days
    ///
    /// How many days before its start the assigned user is reminded of a call, a meeting or a task that says nothing
    /// else; hours and minutes are added to them. Days, hours and minutes all 0: nobody is reminded by default, and a
    /// time set in an activity itself still counts.
    #[schemars(range(max = 365))]
    pub default_days: u32,
    /// # Default Hours
    ///
    /// How many hours before its start, added to the days.
    #[schemars(range(max = 168))]
    pub default_hours: u32,
    /// # Default Minutes
    ///
    /// How many minutes before its start, added to days and hours.
    #[schemars(range(max = 1440))]
    pub default_minutes: u32,
    /// # Missed reminders of recurring activities
    ///
    /// What is sent of a recurring activity's reminders that fell due while the server was down and whose activity has
    /// begun since: the newest one of the last 24 hours, all of the last 24 hours, or none. An activity that occurs
    /// once is always reminded of, late.
    pub missed: Missed,
}

/// Which missed reminders of a recurring activity are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The newest one.
    #[default]
    Newest,
    /// All of them.
    All,
    /// None.
    None,
}

impl Default for ReminderSettings {
    fn default() -> Self {
        Self { default_days: 0, default_hours: 0, default_minutes: 15, missed: Missed::default() }
    }
}

impl Group for ReminderSettings {
    type Against = ();
    const KEY: &'static str = "reminders";
    const TITLE: &'static str = "Reminder Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &()) -> Result<(), String> {
        Ok(())
    }
}

impl ReminderSettings {
    /// How long before its start people are reminded of what says nothing else; `None`: not at all.
    pub fn lead(&self) -> Option<Duration> {
        let Self { default_days: days, default_hours: hours, default_minutes: minutes, .. } = *self;
        let minutes = (u64::from(days) * 24 + u64::from(hours)) * 60 + u64::from(minutes);
        (minutes > 0).then(|| Duration::from_secs(minutes * 60))
    }

    /// `0 days, 0 hours, 15 minutes`.
    pub fn in_words(&self) -> String {
        let count = |count: u32, unit: &str| match count {
            1 => format!("1 {unit}"),
            _ => format!("{count} {unit}s"),
        };
        let Self { default_days: days, default_hours: hours, default_minutes: minutes, .. } = *self;
        format!("{}, {}, {}", count(days, "day"), count(hours, "hour"), count(minutes, "minute"))
    }

    /// The field that says most of the lead.
    pub fn decisive(&self) -> Setting {
        let (field, value) = match *self {
            Self { default_days: days @ 1.., .. } => ("default_days", days),
            Self { default_hours: hours @ 1.., .. } => ("default_hours", hours),
            Self { default_minutes: minutes, .. } => ("default_minutes", minutes),
        };
        setting(field, value.into())
    }

    /// The field that says what is sent of what was missed.
    pub fn decisive_of_missed(&self) -> Setting {
        setting("missed", serde_json::to_value(self.missed).expect("a name is plain JSON"))
    }
}

fn setting(field: &str, value: serde_json::Value) -> Setting {
    Setting {
        group: ReminderSettings::KEY.to_owned(),
        title: ReminderSettings::TITLE.to_owned(),
        field: field.to_owned(),
        value,
    }
}
