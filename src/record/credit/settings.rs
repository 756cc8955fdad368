//! The group Credit Check Settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Amount;
use crate::settings::{Group, Reference};
use crate::user::listed::LONGEST;

/// Whether and how far companies may owe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreditSettings {
    /// # Enable Credit Check
    ///
    /// Whether a sales order or an invoice is refused where its total and the balance of its company together are above
    /// the company's credit limit, unless somebody who may overrides it. A document without a total is measured by
    /// what its lines come to. Amounts are compared as they are: nothing is converted between currencies.
    pub enabled: bool,
    /// # Default Credit Limit
    ///
    /// The limit of companies whose own Credit Limit is empty. Empty: they have none. 0 is a limit: every order needs
    /// to be overridden.
    #[schemars(range(min = 0))]
    pub default_limit: Option<f64>,
    /// # Credit Rating Administrators
    ///
    /// The users who may override the limit and who are told when another user did: names, e-mail addresses or numbers,
    /// separated by semicolons or commas. Administrators of Belfry are not among them unless they are named.
    #[schemars(length(max = LONGEST))]
    pub administrators: String,
    /// # Users who may override the credit limit
    ///
    /// Further users who may override it, and are not told when others do; written like the administrators.
    #[schemars(length(max = LONGEST))]
    pub override_users: String,
    /// # Enable Credit Checking from within Quotes
    ///
    /// Whether quotes are checked as well.
    pub quotes: bool,
}

impl Group for CreditSettings {
    type Against = ();
    const KEY: &'static str = "credit_check";
    const TITLE: &'static str = "Credit Check Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, (): &()) -> Result<(), String> {
        if self.default_limit.is_some_and(|limit| !(0.0..=1e15).contains(&limit)) {
            return Err("default_limit must be an amount from 0 to 1e15, or null for none".to_owned());
        }
        for list in [&mut self.administrators, &mut self.override_users] {
            *list = list.trim().to_owned();
        }
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        vec![
            Reference::people("administrators", &self.administrators),
            Reference::people("override_users", &self.override_users),
        ]
    }
}

impl CreditSettings {
    /// Whether documents of a module are checked.
    pub(super) fn checks(&self, module: &str) -> bool {
        match module {
            "sales_orders" | "invoices" => self.enabled,
            "quotes" => self.enabled && self.quotes,
            _ => false,
        }
    }

    /// The limit of companies without one of their own.
    pub(super) fn usual_limit(&self) -> Option<Amount> {
        Amount::of(self.default_limit.map(Value::from).as_ref())
    }

    /// All who may override, as a list.
    pub(super) fn entitled(&self) -> String {
        format!("{};{}", self.administrators, self.override_users)
    }
}
