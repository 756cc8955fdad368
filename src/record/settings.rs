//! What of records is audited beside what always is: the group Audit Log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Modules;
use crate::settings::Group;

/// The longest list of fields, in characters.
const LONGEST: usize = 10_000;

/// Which changes of records are written into their history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// # Fields to log
    ///
    /// Changes of these fields are written into the history of their records: `Module:Field`, separated by `|`, such as
    /// `contacts:email|leads:status`. Label and link are called `label` and `link`. New assigned users, and that a
    /// record was made or deleted, are always written down.
    #[schemars(length(max = LONGEST))]
    pub fields: String,
    /// # Log every field
    ///
    /// Writes every change of every field into the history, whatever is listed.
    pub log_all: bool,
}

impl Group for Audit {
    type Against = Modules;
    const KEY: &'static str = "audit";
    const TITLE: &'static str = "Audit Log";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, against: &Self::Against) -> Result<(), String> {
        if self.fields.chars().count() > LONGEST {
            return Err(format!("fields must be at most {LONGEST} characters long; use log_all instead"));
        }
        let mut entries: Vec<String> = Vec::new();
        for entry in self.fields.split('|').map(str::trim).filter(|entry| !entry.is_empty()) {
            let entry = normal(entry, against)?;
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        self.fields = entries.join("|");
        Ok(())
    }
}

/// `contacts:email`, however its module was called.
fn normal(entry: &str, modules: &Modules) -> Result<String, String> {
    let shown: String = entry.chars().take(64).collect();
    let parts = entry.split_once(':').map(|(module, field)| (module.trim(), field.trim()));
    let Some((module, field)) = parts.filter(|(module, field)| !module.is_empty() && !field.is_empty())
    else {
        return Err(format!("fields: \"{shown}\" must be written Module:Field, such as contacts:email"));
    };
    if field.contains([':', '|']) || field.contains(char::is_control) {
        return Err(format!("fields: write \"{shown}\" as one Module:Field, and | between it and the next"));
    }
    match modules.named(module) {
        Some(known) => Ok(format!("{}:{field}", known.name)),
        None => Err(format!("fields: {}", modules.unknown(module))),
    }
}

impl Audit {
    /// Whether changes of a field are to be written down.
    pub fn logs(&self, module: &str, field: &str) -> bool {
        let is_it = |entry: &str| entry.split_once(':') == Some((module, field));
        self.log_all || self.fields.split('|').any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: &str) -> Result<String, String> {
        let mut audit = Audit { fields: fields.to_owned(), log_all: false };
        audit.check(&Modules::with(&["vessels".to_owned()])).map(|()| audit.fields)
    }

    #[test]
    fn the_list_is_brought_into_its_usual_form() {
        for (given, kept) in [
            ("", ""),
            ("contacts:email", "contacts:email"),
            (" Contacts : email | leads:status||contacts:email |", "contacts:email|leads:status"),
            ("Sales Orders:total|vessels:Port of Call", "sales_orders:total|vessels:Port of Call"),
            ("contacts:Email|contacts:email", "contacts:Email|contacts:email"),
        ] {
            assert_eq!(checked(given).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn what_is_no_list_of_fields_is_refused() {
        for (given, told) in [
            ("email", "fields: \"email\" must be written Module:Field, such as contacts:email"),
            ("contacts:", "fields: \"contacts:\" must be written Module:Field, such as contacts:email"),
            (":email", "fields: \":email\" must be written Module:Field, such as contacts:email"),
            ("contact:email", "fields: Unknown module \"contact\"; did you mean \"contacts\"?"),
            ("a:b:c", "fields: write \"a:b:c\" as one Module:Field, and | between it and the next"),
        ] {
            let refused = checked(given).unwrap_err();
            assert!(refused.starts_with(told), "{given}: {refused}");
        }
    }

    #[test]
    fn a_field_is_logged_where_it_is_listed_or_everything_is() {
        let some = Audit { fields: "contacts:email|leads:status".to_owned(), log_all: false };
        let all = Audit { log_all: true, ..Audit::default() };
        for (module, field, is_listed) in [
            ("contacts", "email", true),
            ("leads", "status", true),
            ("contacts", "Email", false),
            ("contacts", "status", false),
            ("tickets", "email", false),
        ] {
            assert_eq!(some.logs(module, field), is_listed, "{module}:{field}");
            assert!(all.logs(module, field) && !Audit::default().logs(module, field), "{module}:{field}");
        }
    }
}
