//! The administrator's settings of deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ways;
use crate::channel::Channels;
use crate::http::body::nearest;
use crate::outbound::Target;
use crate::settings::{Group, MOST_NAMES};
use crate::user::KnownTypes;
use crate::user::choice::Family;

/// How programs' notifications leave the house, and the company's own way to Microsoft Teams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// # Ways out by type
    ///
    /// By which channels notifications go out that programs send, beside the notification centre: for each type
    /// `email`, `webhook` or both. A type that is not listed is shown in the centre only.
    #[schemars(extend("maxProperties" = MOST_NAMES))]
    pub types: BTreeMap<String, Vec<Family>>,
    /// # Company flow for Microsoft Teams
    ///
    /// Address of one Power Automate flow that writes to whoever is named in the message, for all users without a
    /// webhook of their own. Empty: none.
    #[schemars(length(max = 2048))]
    pub teams_flow_url: String,
    /// # Form of the Teams card
    ///
    /// Whether flows are sent the card inside a message, as Microsoft's template expects it, or the bare card.
    pub teams_card: TeamsCard,
}

/// The form in which flows are sent a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamsCard {
    /// Inside a message.
    #[default]
    Wrapped,
    /// By itself.
    Bare,
}

/// What the settings are judged against.
pub struct Against {
    /// Tells which types of notification there are.
    pub types: KnownTypes,
    /// Tells which channel serves an address.
    pub channels: Channels,
}

impl Group for Settings {
    type Against = Arc<Against>;
    const KEY: &'static str = "delivery";
    const TITLE: &'static str = "Delivery Settings";
    const SEALED: &'static [&'static str] = &["teams_flow_url"];

    fn check(&mut self, against: &Self::Against) -> Result<(), String> {
        let known = (against.types)();
        if let Some(unknown) = self.types.keys().find(|kind| !known.contains(kind)) {
            return Err(unknown_type(unknown, &known));
        }
        for families in self.types.values_mut() {
            families.sort_unstable();
            families.dedup();
        }
        self.types.retain(|_, families| !families.is_empty());
        if self.teams_flow_url.is_empty() {
            return Ok(());
        }
        let refused = |why: &dyn std::fmt::Display| format!("teams_flow_url cannot be used: {why}");
        let url = Target::parse(&self.teams_flow_url).map_err(|why| refused(&why))?;
        against.channels.check(&url).map_err(|why| refused(&why))?;
        match against.channels.recognise(&url) {
            Ok("teams") => Ok(()),
            Ok(_) => Err(refused(&"enter the address that the flow's trigger shows in Power Automate")),
            // What its provider says to do instead is for a user's own address.
            Err(_) => Err(refused(
                &"Microsoft has switched off this kind of address; enter that of a flow made in Power Automate, \
                  as docs/webhooks.md describes it",
            )),
        }
    }
}

fn unknown_type(name: &str, known: &[String]) -> String {
    let name: String = name.chars().take(64).collect();
    match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("types: \"{name}\" is unknown; did you mean \"{near}\"?"),
        None => format!("types: \"{name}\" is unknown; use one of: {}", known.join(", ")),
    }
}

impl Settings {
    /// By which families notifications of this type go out that a program sends.
    pub fn ways(&self, kind: &str) -> Ways {
        let families = self.types.get(kind).map(Vec::as_slice).unwrap_or_default();
        Ways { email: families.contains(&Family::Email), webhook: families.contains(&Family::Webhook) }
    }

    /// The types that leave the house when a program sends them, and by which families.
    pub fn types_with_ways(&self) -> impl Iterator<Item = (&str, Ways)> {
        self.types.keys().map(|kind| (kind.as_str(), self.ways(kind)))
    }

    /// Whether there is a flow for everybody without a webhook.
    pub fn has_company_flow(&self) -> bool {
        !self.teams_flow_url.is_empty()
    }

    /// The flow for everybody without a webhook.
    pub fn company_flow(&self) -> Option<Target> {
        Target::parse(&self.teams_flow_url).ok()
    }

    /// Whether flows are sent the bare card.
    pub fn is_bare(&self) -> bool {
        self.teams_card == TeamsCard::Bare
    }
}
