//! The customers' portal (P1, P2): its settings, and what becomes of a document that a customer uploads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Event, Events};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::record::{Fields, Record, Records, Wish};
use crate::settings::{Group, Reference};
use crate::storage::Tx;
use crate::user;
use crate::user::listed::LONGEST;

/// The type of event that says that a customer uploaded a document.
pub const UPLOADED: &str = "portal.document_uploaded";

/// Who is told of what customers do in their portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PortalSettings {
    /// # User to assign documents to when uploaded from portal
    ///
    /// The number of a user, who is told of each. Where nobody is named, the document is kept and the assigned user of
    /// the customer's contact is told, or else the group Support.
    pub document_user_id: Option<i64>,
    /// # Default notification text to be sent to the assigned to when a new document is uploaded
    ///
    /// The words of that notification. Empty: that the customer uploaded it.
    #[schemars(length(max = LONGEST_WORDS))]
    pub document_text: String,
    /// # Notify when a ticket is opened in the portal
    pub ticket_opened: bool,
    /// # Users told of tickets that are opened in the portal
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons. Empty: the ticket's assigned user, or else
    /// the customer's, or else the group Support.
    #[schemars(length(max = LONGEST))]
    pub ticket_opened_users: String,
    /// # Notify when a ticket is commented on in the portal
    pub ticket_commented: bool,
    /// # Users told of tickets that are commented on in the portal
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons. Empty: the ticket's assigned user, or else
    /// the customer's, or else the group Support.
    #[schemars(length(max = LONGEST))]
    pub ticket_commented_users: String,
    /// # Notify when customers change their details
    pub details_changed: bool,
    /// # Users told of changed details
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons. Empty: the assigned user of the
    /// contact or company, or else the group Support.
    #[schemars(length(max = LONGEST))]
    pub details_changed_users: String,
    /// # Notify when a sales order is signed in the portal
    pub order_signed: bool,
    /// # Users told of signed sales orders
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons. Empty: the order's assigned user, or else
    /// the customer's, or else the group Support.
    #[schemars(length(max = LONGEST))]
    pub order_signed_users: String,
    /// # Notify when a project is commented on in the portal
    pub project_commented: bool,
    /// # Users told of projects that are commented on in the portal
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons. Empty: the project's assigned user, or else
    /// the customer's, or else the group Support.
    #[schemars(length(max = LONGEST))]
    pub project_commented_users: String,
}

impl Default for PortalSettings {
    /// Whoever has the portal tell of something wants somebody to hear of it: all of it is on.
    fn default() -> Self {
        Self {
            document_user_id: None,
            document_text: String::new(),
            ticket_opened: true,
            ticket_opened_users: String::new(),
            ticket_commented: true,
            ticket_commented_users: String::new(),
            details_changed: true,
            details_changed_users: String::new(),
            order_signed: true,
            order_signed_users: String::new(),
            project_commented: true,
            project_commented_users: String::new(),
        }
    }
}

impl Group for PortalSettings {
    type Against = ();
    const KEY: &'static str = "portal";
    const TITLE: &'static str = "Portal Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &()) -> Result<(), String> {
        if self.document_text.chars().count() > LONGEST_WORDS || self.document_text.contains('\0') {
            return Err(format!(
                "document_text must be at most {LONGEST_WORDS} characters long, without NUL"
            ));
        }
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        let document_user = self.document_user_id.map(|id| id.to_string());
        let lists = [
            ("ticket_opened_users", &self.ticket_opened_users),
            ("ticket_commented_users", &self.ticket_commented_users),
            ("details_changed_users", &self.details_changed_users),
            ("order_signed_users", &self.order_signed_users),
            ("project_commented_users", &self.project_commented_users),
        ];
        let lists = lists.into_iter().map(|(field, list)| Reference::people(field, list));
        document_user.map(|id| Reference::people("document_user_id", &id)).into_iter().chain(lists).collect()
    }
}

/// The longest text that administrators may set, in characters.
const LONGEST_WORDS: usize = 4_000;

/// Who is told of a type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'s> {
    /// The field that says whether anybody is.
    pub field: &'static str,
    /// Whether anybody is.
    pub is_on: bool,
    /// Who; empty: whoever has the record or looks after the customer.
    pub users: &'s str,
}

impl PortalSettings {
    /// The rule of a type of event, where it has a switch.
    pub fn rule(&self, kind: &str) -> Option<Rule<'_>> {
        let (field, is_on, users) = match kind {
            "portal.ticket_opened" => ("ticket_opened", self.ticket_opened, &self.ticket_opened_users),
            "portal.ticket_commented" => {
                ("ticket_commented", self.ticket_commented, &self.ticket_commented_users)
            }
            "portal.details_changed" => {
                ("details_changed", self.details_changed, &self.details_changed_users)
            }
            "portal.order_signed" => ("order_signed", self.order_signed, &self.order_signed_users),
            "portal.project_commented" => {
                ("project_commented", self.project_commented, &self.project_commented_users)
            }
            _ => return None,
        };
        Some(Rule { field, is_on, users })
    }
}

impl Events {
    /// Keeps a document that a customer uploaded: named as it is, linked to the contact and their company, and assigned to
    /// the user of Portal Settings.
    pub(super) async fn document_in(
        &self,
        tx: &mut Tx,
        event: &Event,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let (_, id) = event.subject.as_ref().ok_or_else(|| Refusal::invalid("record_id is required"))?;
        let wish = Wish {
            label: event.text("name").map(str::to_owned),
            link: event.text("link").map(|link| Some(link.to_owned())),
            assigned_to: self.document_user_in(tx).await?.map(Some),
            fields: Some(Fields::Some(fields_in(tx, event).await?)),
            version: None,
        };
        self.inner.records.save_in_course(tx, ("documents", id), wish, &event.actor, now).await
    }

    /// To whom documents are assigned: whoever is gone by now is passed over.
    async fn document_user_in(&self, tx: &mut Tx) -> Result<Option<i64>, Refusal> {
        let Some(user_id) = self.inner.settings.of::<PortalSettings>().document_user_id else {
            return Ok(None);
        };
        if user::name_in(tx, user_id).await?.is_some() {
            return Ok(Some(user_id));
        }
        tracing::warn!(
            user_id,
            "Documents from the portal are assigned to nobody: the user of Portal Settings is gone; name another"
        );
        Ok(None)
    }
}

/// What a document says of the upload. Its company is the contact's own where no other is named.
async fn fields_in(tx: &mut Tx, event: &Event) -> Result<Map<String, Value>, Refusal> {
    let contact_id = event.reference("contact_id");
    let mut company_id = event.reference("company_id");
    if let (None, Some(contact_id)) = (&company_id, &contact_id) {
        let wanted = ("contacts".into(), contact_id.as_str().into());
        let contact = Records::find_many_in(tx, &[wanted]).await?.into_iter().next();
        company_id = contact.and_then(|contact| Some(contact.reference("company_id")?.to_string()));
    }
    let said = [
        ("file_name", event.data.get("name").cloned()),
        ("size", event.data.get("size").cloned()),
        ("contact_id", contact_id.map(Value::from)),
        ("company_id", company_id.map(Value::from)),
    ];
    Ok(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}
