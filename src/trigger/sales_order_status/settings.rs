//! The group Sales Order Settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ground, SALES_ORDERS};
use crate::notification::why::Setting;
use crate::record::module;
use crate::settings::{Group, Reference};
use crate::user::listed;

/// The longest list, in characters.
const LONGEST: usize = 4_000;

/// The longest name of a field, in characters.
const LONGEST_FIELD: usize = 100;

/// Who hears what happens to sales orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SalesOrderSettings {
    /// # Toggle Sales Order Status Notification
    ///
    /// Whether the users below are told when the field below of a sales order comes to one of the values below.
    pub status_notification: bool,
    /// # Field values that trigger the notification
    ///
    /// The values, separated by commas, such as `eSigned, Delivered`. Spaces around them do not count, capitals do.
    #[schemars(length(max = LONGEST))]
    pub trigger_values: String,
    /// # Sales order field that triggers the notification
    ///
    /// Name of the field that is watched: `status`, any other field of sales orders, `label`, or `assigned_to`, whose value
    /// is the number of a user. Fields of your own count too, so a name that is misspelt is never found.
    #[schemars(length(min = 1, max = LONGEST_FIELD))]
    pub trigger_field: String,
    /// # Users who receive the notification
    ///
    /// The users, separated by commas: names, e-mail addresses or numbers.
    #[schemars(length(max = listed::LONGEST))]
    pub users: String,
    /// # Sales Order PDF template
    ///
    /// ID of the PDF template by which the order is attached to the e-mail. Empty: nothing is attached.
    pub pdf_template_id: Option<i64>,
    /// # Email Template
    ///
    /// ID of the e-mail template by which the e-mail is written. Empty: it has the words of the notification.
    pub email_template_id: Option<i64>,
}

impl Default for SalesOrderSettings {
    fn default() -> Self {
        Self {
            status_notification: false,
            trigger_values: String::new(),
            trigger_field: "status".to_owned(),
            users: String::new(),
            pdf_template_id: None,
            email_template_id: None,
        }
    }
}

impl Group for SalesOrderSettings {
    type Against = ();
    const KEY: &'static str = "sales_orders";
    const TITLE: &'static str = "Sales Order Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, (): &()) -> Result<(), String> {
        for text in [&mut self.trigger_values, &mut self.trigger_field, &mut self.users] {
            *text = text.trim().to_owned();
        }
        if self.trigger_field.is_empty() {
            return Err("trigger_field must name a field of sales orders, such as status".to_owned());
        }
        if let Some(known) = known(&self.trigger_field) {
            self.trigger_field = known.to_owned();
        }
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        let people = Reference::people("users", &self.users);
        let templates = [
            Reference::template("pdf_template_id", "pdf", self.pdf_template_id),
            Reference::template("email_template_id", "email", self.email_template_id),
        ];
        std::iter::once(people).chain(templates.into_iter().flatten()).collect()
    }
}

/// The field that is called like this in pages or with other capitals: `Status` is `status`.
fn known(name: &str) -> Option<&'static str> {
    let fields = || module::fields_of(SALES_ORDERS).iter();
    if fields().any(|field| field.name == name) {
        return None;
    }
    let is_it = |called: &str| called.eq_ignore_ascii_case(name);
    fields().find(|field| is_it(field.title) || is_it(field.name)).map(|field| field.name)
}

impl SalesOrderSettings {
    /// The values that are listed.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        listed::entries(&self.trigger_values)
    }

    /// Whether a value is among them.
    pub(super) fn lists(&self, value: &str) -> bool {
        self.values().any(|listed| listed == value)
    }

    /// Whether what is watched is a user, by their number.
    pub(super) fn watches_users(&self) -> bool {
        let is_it =
            |field: &module::Field| field.name == self.trigger_field && field.kind == module::Kind::User;
        self.trigger_field == "assigned_to" || module::fields_of(SALES_ORDERS).iter().any(is_it)
    }

    /// What people call the field that is watched.
    pub(super) fn field_title(&self) -> String {
        let field = &self.trigger_field;
        module::field_title(SALES_ORDERS, field).unwrap_or_else(|| match field.as_str() {
            "assigned_to" => "Assigned To".to_owned(),
            "label" => "Label".to_owned(),
            _ => field.clone(),
        })
    }
}

/// The setting by which it was decided, where one was asked.
pub(super) fn decisive(ground: Ground, settings: &SalesOrderSettings) -> Option<Setting> {
    let (field, value) = match ground {
        Ground::On => ("users", settings.users.clone().into()),
        Ground::Off => ("status_notification", false.into()),
        Ground::Unticked | Ground::OwnAct => return None,
    };
    Some(Setting {
        group: SalesOrderSettings::KEY.to_owned(),
        title: SalesOrderSettings::TITLE.to_owned(),
        field: field.to_owned(),
        value,
    })
}
