//! The routes of settings, for administrators.

use std::fmt;

use axum::extract::{FromRef, Path, State};
use axum::response::{IntoResponse, Response};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Declared, Settings};
use crate::audit::Actor;
use crate::auth::{Admin, Auth};
use crate::http::idempotency::Answer;
use crate::http::{Json, Problem};

#[derive(Clone, FromRef)]
struct Shared {
    settings: Settings,
    auth: Auth,
}

/// All routes of settings.
pub fn routes(settings: Settings, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_groups))
        .routes(routes!(show_group, change_group))
        .with_state(Shared { settings, auth })
}

/// A group of settings, without the settings.
#[derive(Serialize, ToSchema)]
struct GroupName {
    /// What it is called in paths
    #[schema(example = "delivery")]
    key: &'static str,
    /// What people call it
    #[schema(example = "Delivery Settings")]
    title: &'static str,
}

/// Every group of settings.
#[derive(Serialize, ToSchema)]
struct GroupsOfSettingsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// In the order of their keys
    groups: Vec<GroupName>,
}

/// A group of settings.
#[derive(Serialize, ToSchema)]
struct SettingsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// What the group is called in paths
    #[schema(example = "delivery")]
    key: &'static str,
    /// What people call it
    #[schema(example = "Delivery Settings")]
    title: &'static str,
    /// Every field; of a secret only the last four characters
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The JSON Schema of the fields, with titles, descriptions and defaults
    #[schema(value_type = Object)]
    schema: Value,
}

impl SettingsAnswer {
    fn of(settings: &Settings, group: &Declared) -> Self {
        Self {
            result: "Success",
            key: group.key,
            title: group.title,
            settings: settings.shown(group),
            schema: group.schema.clone(),
        }
    }
}

/// Any fields of a group; what is left out stays as it is, also a switch out of many.
#[derive(ToSchema)]
#[schema(as = SettingsBody, value_type = Object)]
struct Wish(Map<String, Value>);

impl<'de> Deserialize<'de> for Wish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Wish;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Wish, A::Error> {
                let mut fields = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("duplicate field `{name}`")));
                    }
                    fields.insert(name, value);
                }
                Ok(Wish(fields))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

/// List the groups of settings
///
/// For the role admin.
#[utoipa::path(get, path = "/crm/settings", tag = "settings",
    responses((status = 200, description = "Their keys and titles", body = GroupsOfSettingsAnswer)))]
async fn list_groups(State(Shared { settings, .. }): State<Shared>, _admin: Admin) -> Response {
    let groups = settings.inner.groups.values().map(|group| GroupName { key: group.key, title: group.title });
    Answer::ok(&GroupsOfSettingsAnswer { result: "Success", groups: groups.collect() }).into_response()
}

/// Show a group of settings
///
/// Every field, also those that nobody ever changed. For the role admin.
#[utoipa::path(get, path = "/crm/settings/{group}", tag = "settings",
    params(("group" = String, Path, description = "Key of the group")),
    responses((status = 200, description = "The group", body = SettingsAnswer),
        (status = 404, description = "There is no such group")))]
async fn show_group(
    State(Shared { settings, .. }): State<Shared>,
    _admin: Admin,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let group = settings.group(&key).ok_or_else(|| settings.missing(&key))?;
    Ok(Answer::ok(&SettingsAnswer::of(&settings, group)).into_response())
}

/// Change a group of settings
///
/// Any fields, all of them or none; what is left out stays as it is. That holds for switches too, of which a field has
/// one for each module. Every other field is replaced as a whole: lists, the opening hours of a week, hours by severity or
/// by group. The shown form of a secret leaves it as it is. Here it holds at once, on other nodes within two seconds. For
/// the role admin.
#[utoipa::path(put, path = "/crm/settings/{group}", tag = "settings",
    params(("group" = String, Path, description = "Key of the group")),
    request_body = Wish,
    responses((status = 200, description = "The group as it is now", body = SettingsAnswer),
        (status = 404, description = "There is no such group")))]
async fn change_group(
    State(Shared { settings, .. }): State<Shared>,
    Admin(caller): Admin,
    Path(key): Path<String>,
    Json { body: Wish(wish), .. }: Json<Wish>,
) -> Result<Response, Problem> {
    let group = settings.group(&key).ok_or_else(|| settings.missing(&key))?;
    settings.change(&key, wish, Actor::of(&caller)).await?;
    Ok(Answer::ok(&SettingsAnswer::of(&settings, group)).into_response())
}
