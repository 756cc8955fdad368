//! The administrator's rules of personnel dates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::body::nearest;
use crate::settings::{Group, Reference};
use crate::user::listed;

/// The most rules.
const MOST_RULES: usize = 100;

/// The longest time before a date, in days.
const MOST_DAYS: u16 = 366;

/// The word for the person themselves among recipients.
const PERSON: &str = "person";

/// The word for the person's manager among recipients.
const MANAGER: &str = "manager";

/// The dates that personnel records have without the operator's own fields.
const KNOWN: [&str; 6] =
    ["birth_date", "start_date", "appraisal_date", "probation_end", "contract_end", "leaving_date"];

/// Those of them whose day comes every year.
const YEARLY: [&str; 2] = ["birth_date", "start_date"];

/// Who is told of dates in personnel records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PersonnelSettings {
    /// # Rules
    ///
    /// Each tells people some days before a date of a personnel record, at 09:00 of the person's time zone. The rules
    /// that are there from the beginning are switched off.
    #[schemars(length(max = MOST_RULES))]
    pub rules: Vec<Rule>,
}

/// Who is told how long before a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// # Field
    ///
    /// The field of personnel with the date: birth_date, start_date, appraisal_date, probation_end, contract_end,
    /// leaving_date, or one of your own.
    #[schemars(length(max = 64))]
    pub field: String,
    /// # Days before
    ///
    /// How many days before the date they are told; 0 is the day itself.
    #[schemars(range(min = 0, max = 366))]
    pub days_before: u16,
    /// # Every year
    ///
    /// Whether it is told every year on that day; otherwise once, in the year of the date. Left out: every year for
    /// birth_date and start_date, once for every other field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub yearly: Option<bool>,
    /// # Recipients
    ///
    /// Who is told: person, manager, and users by name, e-mail address or number, separated by commas or semicolons.
    #[schemars(length(max = listed::LONGEST))]
    pub recipients: String,
    /// # E-mail template
    ///
    /// Number of the e-mail template; the shipped one where it is empty.
    pub template: Option<i64>,
    /// # In force
    ///
    /// Whether the rule is in force.
    pub enabled: bool,
}

impl Default for Rule {
    /// What a rule that somebody writes leaves out: it is written to be in force.
    fn default() -> Self {
        Self {
            field: String::new(),
            days_before: 0,
            yearly: None,
            recipients: String::new(),
            template: None,
            enabled: true,
        }
    }
}

impl Default for PersonnelSettings {
    fn default() -> Self {
        let rule = |field: &str, days_before, recipients: &str| Rule {
            field: field.to_owned(),
            days_before,
            yearly: Some(YEARLY.contains(&field)),
            recipients: recipients.to_owned(),
            template: None,
            enabled: false,
        };
        Self {
            rules: vec![
                rule("birth_date", 1, MANAGER),
                rule("start_date", 7, MANAGER),
                rule("appraisal_date", 14, "person, manager"),
                rule("probation_end", 14, MANAGER),
                rule("contract_end", 30, MANAGER),
                rule("leaving_date", 7, MANAGER),
            ],
        }
    }
}

impl PersonnelSettings {
    /// The rules that are in force.
    pub fn in_force(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.enabled)
    }
}

impl Rule {
    /// Whether it is told every year on the day.
    pub fn is_yearly(&self) -> bool {
        self.yearly.unwrap_or_else(|| YEARLY.contains(&self.field.as_str()))
    }

    /// Whether the person themselves is told.
    pub fn tells_person(&self) -> bool {
        self.says(PERSON)
    }

    /// Whether the person's manager is told.
    pub fn tells_manager(&self) -> bool {
        self.says(MANAGER)
    }

    fn says(&self, word: &str) -> bool {
        listed::entries(&self.recipients).any(|entry| entry.eq_ignore_ascii_case(word))
    }

    /// The others who are told, as a list of users.
    pub fn named(&self) -> String {
        let is_word = |entry: &str| [PERSON, MANAGER].iter().any(|word| entry.eq_ignore_ascii_case(word));
        let named: Vec<&str> = listed::entries(&self.recipients).filter(|entry| !is_word(entry)).collect();
        named.join("; ")
    }

    fn check(&mut self, number: usize) -> Result<(), String> {
        self.field = self.field.trim().to_owned();
        self.recipients = self.recipients.trim().to_owned();
        self.yearly = Some(self.is_yearly());
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        if self.field.is_empty() || self.field.len() > 64 || !self.field.chars().all(is_name) {
            return Err(format!(
                "rules: rule {number} needs the name of a date field of personnel, such as birth_date"
            ));
        }
        if !KNOWN.contains(&self.field.as_str())
            && let Some(near) = nearest(&self.field, KNOWN.into_iter())
            && strsim::damerau_levenshtein(&self.field, near) <= 2
        {
            return Err(format!("rules: rule {number} names the field {}; did you mean {near}?", self.field));
        }
        if self.days_before > MOST_DAYS {
            return Err(format!("rules: rule {number} may tell people 0 to {MOST_DAYS} days before"));
        }
        if self.enabled && listed::entries(&self.recipients).next().is_none() {
            return Err(format!(
                "rules: rule {number} tells nobody; write person, manager or names of users as its recipients"
            ));
        }
        Ok(())
    }
}

impl Group for PersonnelSettings {
    type Against = ();
    const KEY: &'static str = "personnel";
    const TITLE: &'static str = "Personnel Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &()) -> Result<(), String> {
        if self.rules.len() > MOST_RULES {
            return Err(format!("rules: there may be at most {MOST_RULES}"));
        }
        self.rules.iter_mut().zip(1..).try_for_each(|(rule, number)| rule.check(number))
    }

    fn references(&self) -> Vec<Reference> {
        let of = |rule: &Rule| {
            let people = Reference::people("rules", &rule.named());
            std::iter::once(people)
                .chain(Reference::template("rules", "email", rule.template))
                .collect::<Vec<_>>()
        };
        self.rules.iter().flat_map(of).collect()
    }
}
