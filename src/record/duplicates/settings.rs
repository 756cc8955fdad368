//! The administrator's settings of duplicates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{LABEL, Rule, Way};
use crate::http::body::nearest;
use crate::record::Modules;
use crate::record::module::Module;
use crate::settings::{Group, MOST_NAMES, Reference};
use crate::user::listed::LONGEST;

/// How many rules there may be.
const MOST_RULES: usize = 100;

/// The most letters that First X compares.
const LONGEST_FIRST: i64 = 64;

/// Which records are compared, by which rules, and who is told of what is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicateSettings {
    /// # Modules
    ///
    /// For each module whether its records are compared with each other as they are saved. A module that is left out is
    /// not ticked.
    #[schemars(extend("maxProperties" = MOST_NAMES))]
    pub modules: BTreeMap<String, bool>,
    /// # Send notification when a duplicate is created
    ///
    /// Whether the users below are told when a record that matches another one is made, or changed in a field that a rule
    /// looks at. A save that leaves all of these as they were tells nobody: it makes nothing more alike than it was.
    pub send_notification: bool,
    /// # Users
    ///
    /// Who is told: numbers, names or e-mail addresses of users, separated by semicolons or commas. Nobody is told of
    /// what they saved themselves.
    #[schemars(length(max = LONGEST))]
    pub users: String,
    /// # Duplicate checking rules
    ///
    /// Two records of a module that is ticked are likely the same where any of its rules says so.
    #[schemars(length(max = MOST_RULES))]
    pub rules: Vec<Rule>,
}

impl Default for DuplicateSettings {
    fn default() -> Self {
        let rule = |(module, field, rule): &(&str, &str, Way)| Rule {
            module: (*module).to_owned(),
            field: (*field).to_owned(),
            rule: *rule,
            length: None,
        };
        let rules = [
            ("contacts", LABEL, Way::Exact),
            ("contacts", "email", Way::Email),
            ("contacts", "phone", Way::Phone),
            ("companies", LABEL, Way::Exact),
            ("companies", "website", Way::Website),
            ("leads", "email", Way::Email),
            ("leads", "phone", Way::Phone),
            ("projects", LABEL, Way::Exact),
        ];
        Self {
            modules: BTreeMap::new(),
            send_notification: false,
            users: String::new(),
            rules: rules.iter().map(rule).collect(),
        }
    }
}

impl Group for DuplicateSettings {
    type Against = Modules;
    const KEY: &'static str = "duplicates";
    const TITLE: &'static str = "Duplicate Check Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, against: &Modules) -> Result<(), String> {
        let known = against.names();
        if let Some(unknown) = self.modules.keys().find(|module| !known.contains(module)) {
            return Err(format!("modules: {}", against.unknown(unknown)));
        }
        if self.rules.len() > MOST_RULES {
            return Err(format!("rules: there may be {MOST_RULES} at most; leave some out"));
        }
        let mut rules: Vec<Rule> = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let rule = usual(rule, against).map_err(|wrong| format!("rules[{index}].{wrong}"))?;
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        self.rules = rules;
        self.complete(against);
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::people("users", &self.users)]
    }

    fn complete(&mut self, against: &Modules) {
        let known = against.names();
        self.modules.retain(|module, _| known.contains(module));
        for module in known.iter() {
            self.modules.entry(module.clone()).or_insert(false);
        }
        self.rules.retain(|rule| known.contains(&rule.module));
    }
}

/// A rule as it is stored, however its module and field were called.
fn usual(rule: &Rule, against: &Modules) -> Result<Rule, String> {
    let module = against
        .named(rule.module.trim())
        .ok_or_else(|| format!("module: {}", against.unknown(&rule.module)))?;
    let length = match (rule.rule, rule.length) {
        (Way::First, Some(length)) if (1..=LONGEST_FIRST).contains(&length) => Some(length),
        (Way::First, _) => {
            return Err(format!(
                "length must say how many letters are compared by \"first\": 1 to {LONGEST_FIRST}"
            ));
        }
        _ => None,
    };
    let field = field(rule.field.trim(), module).map_err(|wrong| format!("field: {wrong}"))?;
    Ok(Rule { module: module.name.to_string(), field, rule: rule.rule, length })
}

/// The name of a field, by its name or its title. Of modules that the operator added no fields are known.
fn field(words: &str, module: &Module) -> Result<String, String> {
    let known = module.fields.iter();
    let mut named = known
        .filter(|known| known.name.eq_ignore_ascii_case(words) || known.title.eq_ignore_ascii_case(words));
    if words.eq_ignore_ascii_case(LABEL) {
        return Ok(LABEL.to_owned());
    }
    if let Some(known) = named.next() {
        return Ok(known.name.to_owned());
    }
    let is_possible = !words.is_empty() && words.chars().count() <= 100 && !words.contains(char::is_control);
    if module.fields.is_empty() && is_possible {
        return Ok(words.to_owned());
    }
    let shown: String = words.chars().take(64).collect();
    let names: Vec<&str> = [LABEL].into_iter().chain(module.fields.iter().map(|known| known.name)).collect();
    Err(match nearest(&shown, names.iter().copied()) {
        Some(near) => format!("\"{shown}\" is no field of {}; did you mean \"{near}\"?", module.name),
        None => format!("\"{shown}\" is no field of {}; use one of: {}", module.name, names.join(", ")),
    })
}

impl DuplicateSettings {
    /// Whether the records of a module are compared.
    pub fn is_on(&self, module: &str) -> bool {
        self.modules.get(module).copied().unwrap_or(false)
    }

    /// The modules whose records are compared.
    pub(super) fn on(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().filter(|(_, is_on)| **is_on).map(|(module, _)| module.as_str())
    }

    /// The rules that are in force for a module.
    pub(super) fn rules_of<'s>(&'s self, module: &'s str) -> impl Iterator<Item = &'s Rule> + 's {
        self.rules.iter().filter(move |rule| rule.module == module && self.is_on(module))
    }

    /// What the index of a module is computed from: where it is another text than it was, it is computed anew.
    pub(super) fn basis(&self, module: &str) -> String {
        let mut codes: Vec<_> = self.rules_of(module).map(Rule::code).collect();
        codes.sort_unstable();
        codes.join("\n")
    }
}

#[cfg(test)]
mod tests;
