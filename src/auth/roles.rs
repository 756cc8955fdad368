//! Roles, and what they permit.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Refusal;
use crate::http::body::nearest;

/// What somebody is to the CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Sees people and groups.
    Support,
    /// Looks after money.
    Finance,
    /// A customer, in the portal.
    Customer,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Support, Role::Finance, Role::Customer];

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Support => "support",
            Role::Finance => "finance",
            Role::Customer => "customer",
        }
    }

    /// What it permits beside [`FOR_EVERYBODY`].
    fn permits(self) -> &'static [&'static str] {
        match self {
            Role::Admin => &[
                "manage_api_keys",
                "manage_groups",
                "manage_users",
                "send_notification",
                "view_groups",
                "view_users",
            ],
            Role::Support => &["view_groups", "view_users"],
            Role::Finance | Role::Customer => &[],
        }
    }
}

/// What everybody may do who can sign in, with no role at all.
const FOR_EVERYBODY: [&str; 2] = ["edit_own_profile", "view_own_notifications"];

/// A set of roles. What it permits is the union over its roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// The set of these roles.
    pub fn of(roles: &[Role]) -> Self {
        Roles(roles.iter().fold(0, |bits, role| bits | bit(*role)))
    }

    /// The set of the roles with these names, each as often as one likes.
    ///
    /// # Errors
    /// A name that is no role.
    pub fn parse<T: AsRef<str>>(names: &[T]) -> Result<Self, Refusal> {
        names.iter().try_fold(Roles::default(), |Roles(bits), name| {
            let name = name.as_ref();
            match Role::ALL.into_iter().find(|role| role.name() == name) {
                Some(role) => Ok(Roles(bits | bit(role))),
                None => Err(Refusal::invalid(unknown(name))),
            }
        })
    }

    /// The set as it is stored. A role that this program does not know permits nothing.
    pub fn from_json(text: &str) -> Self {
        let names: Vec<Cow<'_, str>> = serde_json::from_str(text).unwrap_or_default();
        let known = Role::ALL.into_iter().filter(|role| names.iter().any(|name| name == role.name()));
        Roles(known.fold(0, |bits, role| bits | bit(role)))
    }

    /// The set as it is stored: a JSON list.
    pub fn to_json(self) -> String {
        serde_json::to_string(&self).expect("a list of names is plain JSON")
    }

    /// Whether the set holds this role.
    pub fn contains(self, role: Role) -> bool {
        self.0 & bit(role) != 0
    }

    /// The names of its roles.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Role::name).collect()
    }

    /// What it permits: each permission once, in alphabetical order.
    pub fn permissions(self) -> Vec<&'static str> {
        let mut permissions: Vec<&str> = FOR_EVERYBODY.to_vec();
        permissions.extend(self.iter().flat_map(Role::permits));
        permissions.sort_unstable();
        permissions.dedup();
        permissions
    }

    fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

fn bit(role: Role) -> u8 {
    1 << role as u8
}

fn unknown(name: &str) -> String {
    let names = Role::ALL.map(Role::name);
    match nearest(name, names.into_iter()) {
        Some(nearest) => format!("Unknown role \"{name}\"; did you mean \"{nearest}\"?"),
        None => format!("Unknown role \"{name}\"; roles are {}", names.join(", ")),
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Role::name))
    }
}

impl PartialSchema for Roles {
    fn schema() -> RefOr<Schema> {
        let role =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Role::ALL.map(Role::name)));
        ArrayBuilder::new().items(role.build()).into()
    }
}

impl ToSchema for Roles {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_are_those_of_the_configuration() {
        assert_eq!(Role::ALL.map(Role::name), crate::config::ROLES);
    }

    #[test]
    fn what_is_permitted_is_the_union_over_the_roles() {
        let cases: [(&[Role], &[&str], &[&str]); 4] = [
            (&[], &["view_own_notifications"], &["send_notification", "view_users"]),
            (&[Role::Support], &["view_own_notifications", "view_users"], &["send_notification"]),
            (&[Role::Support, Role::Admin], &["send_notification", "view_users", "manage_api_keys"], &[]),
            (&[Role::Finance, Role::Customer], &["view_own_notifications"], &["manage_users"]),
        ];
        for (roles, permitted, not) in cases {
            let permissions = Roles::of(roles).permissions();
            assert!(permissions.is_sorted_by(|a, b| a < b), "{permissions:?}");
            assert!(permitted.iter().all(|permission| permissions.contains(permission)), "{permissions:?}");
            assert!(!not.iter().any(|permission| permissions.contains(permission)), "{permissions:?}");
        }
    }

    #[test]
    fn roles_are_read_back_as_they_were_stored() {
        let roles = Roles::parse(&["support", "admin", "admin"]).unwrap();
        assert_eq!(roles.to_json(), r#"["admin","support"]"#);
        assert_eq!(Roles::from_json(&roles.to_json()), roles);
        assert_eq!(Roles::from_json(r#"["emperor","finance"]"#), Roles::of(&[Role::Finance]));
    }

    #[test]
    fn an_unknown_role_is_refused_by_name() {
        let told = Roles::parse(&["Admin"]).unwrap_err().to_string();
        assert_eq!(told, "Unknown role \"Admin\"; did you mean \"admin\"?");
        assert!(
            Roles::parse(&["x"])
                .unwrap_err()
                .to_string()
                .ends_with("roles are admin, support, finance, customer")
        );
    }
}
