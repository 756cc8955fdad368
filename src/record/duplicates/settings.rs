//! The administrator's settings of duplicates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::normalise::folded;
use super::rules::{LABEL, Rule, Way};
use crate::record::Modules;
use crate::record::module::Module;
use crate::settings::{Group, MOST_NAMES, Reference};
use crate::user::listed::LONGEST;

/// How many rules there may be.
const MOST_RULES: usize = 100;

/// The longest name of a field, in characters: records take no longer ones.
const LONGEST_FIELD: usize = 100;

/// The most letters that First X compares.
const LONGEST_FIRST: i64 = 64;

/// Which records are compared, by which rules, and who is told of what is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicateSettings {
    /// # Modules
    ///
    /// For each module whether its records are compared with each other as they are saved. No module is
    /// ticked until somebody ticks it.
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

/// The name of a field, by its name or its title. Records may hold fields of the CRM's own, so that any name is taken
/// that is not plainly a slip of a known one.
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
    let shown: String = words.chars().take(64).collect();
    if let Some(meant) = slip(words, module) {
        return Err(format!("\"{shown}\" is no field of {}; did you mean \"{meant}\"?", module.name));
    }
    if words.is_empty() || words.chars().count() > LONGEST_FIELD || words.contains(char::is_control) {
        let known: Vec<&str> =
            [LABEL].into_iter().chain(module.fields.iter().map(|known| known.name)).collect();
        return Err(format!(
            "\"{shown}\" is no field of {}; use one of: {}, or a name of your own of at most {LONGEST_FIELD} \
             characters",
            module.name,
            known.join(", ")
        ));
    }
    Ok(words.to_owned())
}

/// The known field that a name is plainly a slip of: the same letters, but for one, or for two of a long name. Another
/// number at the end is another field, and short words are like each other by chance.
fn slip(words: &str, module: &Module) -> Option<&'static str> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if words.chars().count() > LONGEST_FIELD {
        return None;
    }
    let (letters, number) = (folded(words), digits(words));
    let most = match letters.chars().count() {
        0 => return None,
        1..=4 => 0,
        5..=7 => 1,
        _ => 2,
    };
    let known = module.fields.iter().flat_map(|known| [(known.name, known.name), (known.title, known.name)]);
    known
        .chain([(LABEL, LABEL)])
        .filter(|(called, _)| digits(called) == number)
        .map(|(called, name)| (strsim::damerau_levenshtein(&letters, &folded(called)), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
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
