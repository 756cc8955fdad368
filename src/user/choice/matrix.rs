//! The matrix: which types of notification a user wants by which family of channels. It only ever narrows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Family;
use crate::auth::Refusal;
use crate::http::body::nearest;

/// What a user left out, by type. What is not in it goes as the user's other choices say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix(BTreeMap<String, LeftOut>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LeftOut {
    email: bool,
    webhook: bool,
}

impl LeftOut {
    fn of(&mut self, family: Family) -> &mut bool {
        match family {
            Family::Email => &mut self.email,
            Family::Webhook => &mut self.webhook,
        }
    }
}

impl Matrix {
    /// Whether notifications of this type may go by this family.
    pub fn permits(&self, kind: &str, family: Family) -> bool {
        self.0.get(kind).copied().is_none_or(|mut left_out| !*left_out.of(family))
    }

    /// Says whether notifications of this type may go by this family. Returns whether that is new.
    pub fn set(&mut self, kind: &str, family: Family, wanted: bool) -> bool {
        if self.permits(kind, family) == wanted {
            return false;
        }
        let left_out = self.0.entry(kind.to_owned()).or_default();
        *left_out.of(family) = !wanted;
        self.0.retain(|_, left_out| *left_out != LeftOut::default());
        true
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The matrix that somebody wants.
    ///
    /// # Errors
    /// An unknown type or channel, by name, or a value that is neither true nor false.
    pub(in crate::user) fn parse(wish: &Map<String, Value>, types: &[String]) -> Result<Self, Refusal> {
        let mut matrix = Matrix::default();
        for (kind, row) in wish {
            if !types.contains(kind) {
                return Err(Refusal::invalid(unknown("type", kind, types.iter().map(String::as_str))));
            }
            let Value::Object(row) = row else {
                return Err(Refusal::invalid(format!(
                    "matrix: {kind} must be an object such as {{\"email\": false}}"
                )));
            };
            for (name, permitted) in row {
                let family = Family::from_name(name).ok_or_else(|| {
                    Refusal::invalid(unknown("channel", name, Family::ALL.into_iter().map(Family::name)))
                })?;
                let permitted = permitted.as_bool().ok_or_else(|| {
                    Refusal::invalid(format!("matrix: {kind}.{name} must be true or false"))
                })?;
                matrix.set(kind, family, permitted);
            }
        }
        Ok(matrix)
    }

    /// What is left out, as it is stored and shown.
    pub(in crate::user) fn to_json(&self) -> Map<String, Value> {
        let rows = self.0.iter().map(|(kind, left_out)| {
            let families = Family::ALL.into_iter().filter(|family| *left_out.clone().of(*family));
            let row: Map<String, Value> =
                families.map(|family| (family.name().to_owned(), json!(false))).collect();
            (kind.clone(), Value::Object(row))
        });
        rows.collect()
    }

    /// The matrix as it was stored; what this program does not understand leaves nothing out.
    pub(in crate::user) fn from_stored(text: &str) -> Self {
        let rows: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(text).unwrap_or_default();
        let mut matrix = Matrix::default();
        for (kind, row) in &rows {
            let left_out = row.iter().filter(|(_, permitted)| **permitted == false);
            for family in left_out.filter_map(|(name, _)| Family::from_name(name)) {
                matrix.set(kind, family, false);
            }
        }
        matrix
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let name: String = name.chars().take(64).collect();
    match nearest(&name, known.clone()) {
        Some(near) => format!("matrix: {what} \"{name}\" is unknown; did you mean \"{near}\"?"),
        None => {
            let known: Vec<&str> = known.collect();
            format!("matrix: {what} \"{name}\" is unknown; use one of: {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(wish: Value) -> Result<Matrix, String> {
        let types = ["custom".to_owned(), "ticket_assigned".to_owned()];
        Matrix::parse(wish.as_object().unwrap(), &types).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn what_is_not_left_out_is_not_kept() {
        let wish = json!({"custom": {"email": false, "webhook": true}, "ticket_assigned": {"email": true}});
        let matrix = parsed(wish).unwrap();
        assert_eq!(Value::Object(matrix.to_json()), json!({"custom": {"email": false}}));
        assert!(!matrix.permits("custom", Family::Email));
        assert!(
            matrix.permits("custom", Family::Webhook) && matrix.permits("ticket_assigned", Family::Email)
        );
        let stored = Value::Object(matrix.to_json()).to_string();
        assert_eq!(Matrix::from_stored(&stored), matrix);
        assert!(parsed(json!({"custom": {}})).unwrap().is_empty());
    }

    #[test]
    fn it_is_set_and_taken_back_cell_by_cell() {
        let mut matrix = Matrix::default();
        assert!(matrix.set("custom", Family::Email, false) && !matrix.set("custom", Family::Email, false));
        assert!(matrix.set("custom", Family::Webhook, false) && matrix.set("custom", Family::Email, true));
        assert!(matrix.permits("custom", Family::Email) && !matrix.permits("custom", Family::Webhook));
        assert!(matrix.set("custom", Family::Webhook, true) && matrix.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        for (wish, said) in [
            (json!({"custm": {}}), "matrix: type \"custm\" is unknown; did you mean \"custom\"?"),
            (json!({"zzz": {}}), "matrix: type \"zzz\" is unknown; use one of: custom, ticket_assigned"),
            (
                json!({"custom": {"emial": false}}),
                "matrix: channel \"emial\" is unknown; did you mean \"email\"?",
            ),
            (
                json!({"custom": {"teams": false}}),
                "matrix: channel \"teams\" is unknown; use one of: email, webhook",
            ),
            (json!({"custom": {"email": 0}}), "matrix: custom.email must be true or false"),
            (json!({"custom": false}), "matrix: custom must be an object such as {\"email\": false}"),
        ] {
            assert_eq!(parsed(wish).unwrap_err(), said);
        }
    }

    #[test]
    fn what_another_version_stored_leaves_nothing_out() {
        for text in ["", "[]", "{\"custom\":1}", "{\"custom\":{\"pigeon\":false,\"email\":\"no\"}}"] {
            assert!(Matrix::from_stored(text).is_empty(), "{text}");
        }
    }
}
