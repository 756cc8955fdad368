//! The administrator's settings of signing in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::Group;

/// The most wrong passwords that an administrator may allow.
const MOST: u32 = 1_000;

/// How signing in is kept safe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// # Failed logins before lock-out
    ///
    /// How many wrong passwords in a row lock an account: its status becomes Locked - Failed Attempts until an
    /// administrator sets it to Active. Whoever is chosen in Notification Settings is told of it once. Until it is
    /// saved here, auth.max_failed_logins of the configuration holds.
    #[schemars(range(min = 1, max = 1000))]
    pub max_failed_logins: u32,
}

impl Group for Security {
    /// What the configuration says.
    type Against = u32;
    const KEY: &'static str = "security";
    const TITLE: &'static str = "Security Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &u32) -> Result<(), String> {
        if (1..=MOST).contains(&self.max_failed_logins) {
            return Ok(());
        }
        Err(format!("max_failed_logins must be a whole number from 1 to {MOST}"))
    }

    fn complete(&mut self, configured: &u32) {
        if self.max_failed_logins == 0 {
            self.max_failed_logins = *configured;
        }
    }
}
