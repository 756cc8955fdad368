//! The types of notification: the seed's, ours, and the operator's.

use std::collections::HashMap;
use std::sync::Arc;

use crate::http::Problem;
use crate::http::body::nearest;

/// The seed's, in its order, then ours (design, part 12).
const BUILT_IN: &[&str] = &[
    "provision_complete",
    "provision_failed",
    "ticket_mention",
    "ticket_assigned",
    "ticket_updated",
    "customer_reply",
    "system_alert",
    "billing_invoice",
    "billing_payment",
    "service_expiring",
    "custom",
    "activity_reminder",
    "record_assigned",
    "record_reassigned_away",
    "lead_converted",
    "sales_order_status",
    "credit_override",
    "user_locked_out",
    "personnel_date",
    "duplicate_created",
    "portal_activity",
    "sla_approaching",
    "sla_breached",
    "manual",
    "reassign_request",
    "webhook_switched_off",
];

/// The types that may be sent.
#[derive(Debug)]
pub struct Types {
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, Arc<str>>,
}

impl Types {
    /// The built-in types and the operator's own.
    pub fn with(own: &[String]) -> Self {
        let mut names: Vec<Arc<str>> = BUILT_IN.iter().map(|name| Arc::from(*name)).collect();
        for name in own {
            if !names.iter().any(|known| **known == **name) {
                names.push(Arc::from(name.as_str()));
            }
        }
        let by_name = names.iter().map(|name| (name.clone(), name.clone())).collect();
        Self { names, by_name }
    }

    /// The names, built-in ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// The type of this name.
    ///
    /// # Errors
    /// 400 that lists the known ones.
    pub fn find(&self, name: &str) -> Result<Arc<str>, Problem> {
        self.by_name.get(name).cloned().ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Problem {
        let known = self.names().collect::<Vec<_>>().join(", ");
        let shown: String = name.chars().take(64).collect();
        let hint = nearest(&shown, self.names())
            .map_or(String::new(), |near| format!(" (did you mean \"{near}\"?)"));
        Problem::bad_request(format!("type \"{shown}\" is unknown{hint}; use one of: {known}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_is_answered_with_the_known_ones() {
        let types = Types::with(&["rack_on_fire".to_owned()]);
        assert!(types.find("rack_on_fire").is_ok());
        let reason = types.find("provision_completed").unwrap_err().reason;
        assert!(reason.contains("did you mean \"provision_complete\"?"), "{reason}");
        assert!(reason.contains("service_expiring, custom, "), "{reason}");
    }
}
