//! Choices as they are written: fields of the bodies and answers of users.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Choices, Wish};
use crate::http::body::{Field, Object};
use crate::http::{Given, Problem};
use crate::user::Users;
use crate::user::quiet::{self, DAYS};

/// Adds what everybody chooses for themselves to a body that changes a user.
macro_rules! with_choices {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        $vis struct $name {
            $($own)*
            /// How automated notifications come beside the centre: by e-mail, by webhook (by e-mail where there is no
            /// webhook), by both, or not at all
            #[serde(default)]
            #[schema(value_type = crate::user::choice::wire::ReceiveBy, example = "both")]
            receive_by: Given<String>,
            /// Address of a webhook: of Microsoft Teams, RingCentral, Slack, Google Chat, or of a program; null for
            /// none. What is shown stands for the address as it is. Saving it switches a webhook on that was switched
            /// off
            #[serde(default)]
            #[schema(value_type = Option<crate::user::choice::wire::WebhookUrl>, example = "https://hooks.example.com/belfry/4f1c")]
            webhook_url: Given<String>,
            /// What stands behind the address, where the address alone does not tell; null: the address tells
            #[serde(default)]
            #[schema(value_type = Option<crate::user::choice::wire::WebhookKind>, example = "teams")]
            webhook_kind: Given<String>,
            /// Windows of the week in which nothing automatic is sent, in the user's time zone: at most 7, or one
            /// alone; null or an empty list for none. What is held then comes at its end
            #[serde(default)]
            #[schema(value_type = Option<crate::user::choice::wire::QuietHours>)]
            quiet_hours: Given<crate::user::choice::wire::Windows>,
            /// What is not wanted, by type and channel; all of it. Null or an empty object: everything is
            #[serde(default)]
            #[schema(value_type = Option<crate::user::choice::wire::Matrix>)]
            matrix: Given<crate::http::body::Object>,
        }

        impl $name {
            /// What is to change about the user's choices.
            ///
            /// # Errors
            /// 400 for what is of another type.
            pub fn wish(&mut self) -> Result<crate::user::choice::Wish, Problem> {
                use std::mem::take;
                crate::user::choice::wire::wish(
                    take(&mut self.receive_by),
                    take(&mut self.webhook_url),
                    take(&mut self.webhook_kind),
                    take(&mut self.quiet_hours),
                    take(&mut self.matrix),
                )
            }
        }
    };
}
pub(in crate::user) use with_choices;

/// A list of windows, or one alone, as it was sent.
#[derive(Debug)]
pub(in crate::user) struct Windows(Value);

impl Field for Windows {
    const WHAT: &'static str = "a list of windows";
    fn read(raw: &str) -> Option<Self> {
        serde_json::from_str(raw).ok().map(Windows)
    }
}

/// What a body wants to change.
///
/// # Errors
/// 400 for what is of another type.
pub(in crate::user) fn wish(
    receive_by: Given<String>,
    webhook_url: Given<String>,
    webhook_kind: Given<String>,
    quiet_hours: Given<Windows>,
    matrix: Given<Object>,
) -> Result<Wish, Problem> {
    Ok(Wish {
        receive_by: receive_by.changed("receive_by")?,
        webhook_url: nullable(webhook_url, "webhook_url")?,
        webhook_kind: nullable(webhook_kind, "webhook_kind")?,
        quiet_hours: nullable(quiet_hours, "quiet_hours")?
            .map(|windows| windows.map_or(Value::Array(Vec::new()), |Windows(value)| value)),
        matrix: nullable(matrix, "matrix")?.map(|object| object.map(rows).unwrap_or_default()),
    })
}

fn rows(Object(text): Object) -> Map<String, Value> {
    serde_json::from_str(&text).expect("the body was read as JSON")
}

fn nullable<T: Field>(given: Given<T>, name: &str) -> Result<Option<Option<T>>, Problem> {
    if given.is_given() { given.optional(name).map(Some) } else { Ok(None) }
}

/// Since when and why a webhook is switched off.
#[derive(Serialize, ToSchema)]
pub(in crate::user) struct WebhookOff {
    /// UTC, whole seconds
    #[schema(format = DateTime)]
    since: String,
    /// One sentence
    reason: String,
}

/// What a user has chosen, as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Choices)]
pub(in crate::user) struct ShownChoices {
    /// How automated notifications come beside the centre
    #[schema(value_type = ReceiveBy)]
    receive_by: &'static str,
    /// Address of the user's webhook, but for its last four characters kept secret; or null
    #[schema(required, example = "https://hooks.example.com/…4f1c")]
    webhook_url: Option<String>,
    /// What stands behind the address, where the user named it; or null
    #[schema(required, value_type = Option<WebhookKind>)]
    webhook_kind: Option<String>,
    /// The channel by which the webhook is served, or null
    #[schema(required, value_type = Option<WebhookKind>)]
    webhook_channel: Option<String>,
    /// Whether the webhook is switched off because everything sent there failed; saving its address switches it on
    #[schema(required)]
    webhook_off: Option<WebhookOff>,
    /// Windows of the week in which nothing automatic is sent, in the user's time zone; or null
    #[schema(required, value_type = Option<Vec<QuietWindow>>)]
    quiet_hours: Option<Value>,
    /// What is not wanted, by type and channel
    #[schema(value_type = Matrix)]
    matrix: Map<String, Value>,
}

impl ShownChoices {
    pub fn of(users: &Users, id: i64, choices: Choices) -> Self {
        let url = users.url_of(id, &choices);
        let mut matrix = choices.matrix.to_json();
        if !matrix.is_empty() {
            // A type that the operator took out again could not be written back.
            let known = (users.types)();
            matrix.retain(|kind, _| known.contains(kind));
        }
        Self {
            receive_by: choices.receive_by.name(),
            webhook_channel: choices.webhook.filter(|_| url.is_some()).map(|webhook| webhook.channel),
            webhook_url: url.map(|url| url.shown()),
            webhook_kind: choices.webhook_kind,
            webhook_off: choices.off.map(|(since, reason)| WebhookOff { since: since.to_rfc3339(), reason }),
            quiet_hours: (!choices.quiet.is_empty()).then(|| quiet::to_json(&choices.quiet)),
            matrix,
        }
    }
}

/// Stands for a schema in the document.
macro_rules! stands_for {
    ($(#[$doc:meta])* $name:ident, $schema:expr) => {
        $(#[$doc])*
        pub(in crate::user) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {}
    };
}

fn one_of(names: &[&'static str]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names.to_vec()))
}

stands_for! {
    /// Stands for the choices in the document.
    ReceiveBy, one_of(&super::ReceiveBy::ALL.map(super::ReceiveBy::name))
}

stands_for! {
    /// Stands for the channels behind a webhook in the document.
    WebhookKind, one_of(&super::webhook::KINDS)
}

stands_for! {
    /// Stands for the address of a webhook in the document: what is always taken.
    WebhookUrl, ObjectBuilder::new().schema_type(Type::String).max_length(Some(2048)).pattern(Some(
        r"^https?://[a-z]([a-z0-9-]{0,60}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,60}[a-z0-9])?){1,2}(:[1-9][0-9]{3})?(/[A-Za-z0-9/_.~?=&+-]*)?$"
    ))
}

fn time_of_day() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"))
}

stands_for! {
    /// Stands for a window of quiet hours in the document.
    QuietWindow, {
        let days = utoipa::openapi::ArrayBuilder::new()
            .items(one_of(&DAYS).build())
            .min_items(Some(1))
            .description(Some("The days on which it begins; every day where nothing is said"));
        ObjectBuilder::new()
            .property("days", days)
            .property("from", time_of_day().description(Some("When it begins")).examples(["22:00"]))
            .property("to", time_of_day().description(Some("When it ends: on the next day, unless later than it begins")).examples(["07:00"]))
            .required("from")
            .required("to")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
    }
}

stands_for! {
    /// Stands for quiet hours in the document.
    QuietHours, {
        let list = utoipa::openapi::ArrayBuilder::new().items(QuietWindow::schema()).max_items(Some(7));
        utoipa::openapi::schema::AnyOfBuilder::new().item(list).item(QuietWindow::schema())
    }
}

stands_for! {
    /// Stands for the matrix in the document.
    Matrix, {
        let permitted = |what: &str| ObjectBuilder::new().schema_type(Type::Boolean).description(Some(what)).build();
        let row = ObjectBuilder::new()
            .property("email", permitted("Whether it goes by e-mail"))
            .property("webhook", permitted("Whether it goes by webhook"))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .build();
        ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(row.into()))))
            .examples([serde_json::json!({"system_alert": {"email": false}})])
    }
}
