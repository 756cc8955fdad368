//! What the company is called and when it is open: the group Company Information.

mod svg;

use std::collections::BTreeMap;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::fields;
use super::hours::Hours;
use super::hours::holidays::Holidays;
use super::hours::week::Week;
use crate::settings::Group;

/// The longest line of a letterhead, in characters.
const LONGEST_LINE: usize = 200;

/// The longest text of several lines, in characters.
const LONGEST_TEXT: usize = 2000;

/// The most groups with hours of their own.
const MOST_GROUPS: usize = 200;

/// What stands on the company's documents, and when it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Company {
    /// # Name
    ///
    /// The company's name as it stands on its documents.
    #[schemars(length(max = LONGEST_LINE))]
    pub name: String,
    /// # Address
    ///
    /// The postal address without the name, in several lines.
    #[schemars(length(max = LONGEST_TEXT), extend("format" = "multiline"))]
    pub address: String,
    /// # Phone
    ///
    /// The phone number for customers.
    #[schemars(length(max = LONGEST_LINE))]
    pub phone: String,
    /// # E-mail
    ///
    /// The e-mail address for customers.
    #[schemars(length(max = 254))]
    pub email: String,
    /// # Website
    ///
    /// The address of the website, such as `www.example.com`.
    #[schemars(length(max = LONGEST_LINE))]
    pub website: String,
    /// # Company registration
    ///
    /// Where and under which number the company is registered.
    #[schemars(length(max = LONGEST_LINE))]
    pub registration: String,
    /// # VAT number
    ///
    /// The number under which the company pays value added tax.
    #[schemars(length(max = LONGEST_LINE))]
    pub vat_number: String,
    /// # Bank details
    ///
    /// Where customers pay to, in several lines.
    #[schemars(length(max = LONGEST_TEXT), extend("format" = "multiline"))]
    pub bank_details: String,
    /// # Logo
    ///
    /// The company's logo as the text of an SVG file of at most 64 KiB, without scripts and without anything that would
    /// have to be loaded. Empty: none.
    #[schemars(length(max = svg::LONGEST), extend("format" = "svg"))]
    pub logo_svg: String,
    /// # Time zone
    ///
    /// The time zone of the opening hours and holidays: a name of the IANA database, such as `Europe/London`.
    #[schemars(length(max = LONGEST_LINE))]
    pub time_zone: String,
    /// # Opening hours
    ///
    /// When the company is open: for each day a pair of times such as `["09:00", "17:00"]`, or a list of such pairs. A day
    /// that is empty or left out is closed; `24:00` is the midnight that ends the day, and what lasts past it is split.
    /// Response times count only while the company is open: if it never is, nothing ever falls due.
    pub opening_hours: Week,
    /// # Holidays
    ///
    /// Days on which the company is closed, whatever the opening hours say: `2026-12-25` for one day, `12-25` for that day
    /// of every year.
    pub holidays: Holidays,
    /// # Hours of groups
    ///
    /// Opening hours and holidays of single groups, by the names of the groups: `{"Support": {"opening_hours": {"mon":
    /// ["08:00", "20:00"]}}}`. What is left out is as it is for the company; the time zone always is.
    #[serde(deserialize_with = "group_hours")]
    #[schemars(extend("maxProperties" = MOST_GROUPS))]
    pub group_hours: BTreeMap<String, GroupHours>,
}

/// Hours of a group where they are other than the company's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GroupHours {
    /// When the group works; the company's opening hours if left out.
    pub opening_hours: Option<Week>,
    /// When it does not, whatever the opening hours say; the company's holidays if left out.
    pub holidays: Option<Holidays>,
}

impl Default for Company {
    fn default() -> Self {
        let none = String::new;
        Self {
            name: none(),
            address: none(),
            phone: none(),
            email: none(),
            website: none(),
            registration: none(),
            vat_number: none(),
            bank_details: none(),
            logo_svg: none(),
            time_zone: fields::USUAL_TIME_ZONE.to_owned(),
            opening_hours: Week::usual(),
            holidays: Holidays::default(),
            group_hours: BTreeMap::new(),
        }
    }
}

/// Says of which group it is that something is wrong.
fn group_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, GroupHours>, D::Error> {
    let given = BTreeMap::<String, Value>::deserialize(deserializer)?;
    let read = given.into_iter().map(|(name, hours)| match serde_json::from_value(hours) {
        Ok(hours) => Ok((name, hours)),
        Err(why) => Err(D::Error::custom(format!("group_hours.{}.{why}", short(&name)))),
    });
    read.collect()
}

fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

impl Group for Company {
    type Against = ();
    const KEY: &'static str = "company";
    const TITLE: &'static str = "Company Information";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, (): &()) -> Result<(), String> {
        line("name", &mut self.name)?;
        lines("address", &mut self.address)?;
        line("phone", &mut self.phone)?;
        self.email = self.email.trim().to_owned();
        if !self.email.is_empty() {
            fields::email(&self.email).map_err(|why| why.to_string())?;
        }
        line("website", &mut self.website)?;
        line("registration", &mut self.registration)?;
        line("vat_number", &mut self.vat_number)?;
        lines("bank_details", &mut self.bank_details)?;
        self.logo_svg = self.logo_svg.trim().to_owned();
        if !self.logo_svg.is_empty() {
            svg::check(&self.logo_svg).map_err(|why| format!("logo_svg {why}"))?;
        }
        self.time_zone = fields::time_zone(self.time_zone.trim()).map_err(|why| why.to_string())?;
        self.check_groups()
    }
}

impl Company {
    fn check_groups(&mut self) -> Result<(), String> {
        let mut groups: BTreeMap<String, GroupHours> = BTreeMap::new();
        for (name, hours) in std::mem::take(&mut self.group_hours) {
            let name = name.trim();
            fields::name(name).map_err(|why| format!("group_hours: the {why}, for each group"))?;
            if groups.keys().any(|other| is_same_group(other, name)) {
                return Err(format!("group_hours names the group \"{}\" twice; leave one out", short(name)));
            }
            if hours != GroupHours::default() {
                groups.insert(name.to_owned(), hours);
            }
        }
        if groups.len() > MOST_GROUPS {
            return Err(format!("group_hours must be of at most {MOST_GROUPS} groups; leave some out"));
        }
        self.group_hours = groups;
        Ok(())
    }

    /// When the company is open, or this group of it; the company's hours for a group without any of its own.
    pub fn hours(&self, group: Option<&str>) -> Hours {
        let is_asked = |name: &str| group.is_some_and(|asked| is_same_group(name, asked));
        let own = self.group_hours.iter().find(|(name, _)| is_asked(name)).map(|(_, hours)| hours);
        let week = own.and_then(|own| own.opening_hours.as_ref()).unwrap_or(&self.opening_hours);
        let holidays = own.and_then(|own| own.holidays.as_ref()).unwrap_or(&self.holidays);
        Hours::new(self.zone(), week.clone(), holidays.clone())
    }

    /// The company's time zone; UTC for one that this version does not know.
    pub fn zone(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// Groups are called the same in capitals and without.
fn is_same_group(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn line(field: &str, text: &mut String) -> Result<(), String> {
    *text = text.trim().to_owned();
    if text.chars().count() > LONGEST_LINE || text.contains(char::is_control) {
        return Err(format!("{field} must be at most {LONGEST_LINE} characters long, in one line"));
    }
    Ok(())
}

fn lines(field: &str, text: &mut String) -> Result<(), String> {
    *text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("{field} must be at most {LONGEST_TEXT} characters long; shorten it"));
    }
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(format!("{field} must be plain text; take out tabs and other control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
