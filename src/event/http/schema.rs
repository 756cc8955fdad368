//! What the document says of events: the names of the types, and the data of each.

use std::borrow::Cow;

use serde_json::Value;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::event::kind::{self, Holds, Kind};

/// The names of the types.
pub(super) struct TypeSchema;

impl PartialSchema for TypeSchema {
    fn schema() -> RefOr<Schema> {
        let names: Vec<&str> = kind::all().iter().map(|kind| kind.name).collect();
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for TypeSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EventTypeName")
    }
}

/// The data of any type.
pub(super) struct DataSchema;

impl PartialSchema for DataSchema {
    fn schema() -> RefOr<Schema> {
        let any = AnyOfBuilder::new().description(Some("What the type says that it may be"));
        kind::all().iter().fold(any, |any, kind| any.item(data(kind))).into()
    }
}

impl ToSchema for DataSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EventData")
    }
}

fn data(kind: &Kind) -> Schema {
    let example: Value = serde_json::from_str(kind.example).expect("a test reads every example");
    let object = ObjectBuilder::new()
        .title(Some(kind.name))
        .description(Some(format!("{}. {}", kind.title, kind.about)))
        .examples([example]);
    let object = kind.data.iter().fold(object, |object, member| {
        let object = object.property(member.name, holds(member.holds, member.about));
        if member.required { object.required(member.name) } else { object }
    });
    object.into()
}

fn holds(holds: Holds, about: &str) -> Schema {
    let plain = |kind: Type| ObjectBuilder::new().schema_type(kind).description(Some(about));
    let user = || {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).minimum(Some(1))
    };
    match holds {
        Holds::Line | Holds::Name => plain(Type::String).max_length(Some(255)).into(),
        Holds::Text => plain(Type::String).max_length(Some(10_000)).into(),
        Holds::Reference => plain(Type::String).max_length(Some(64)).into(),
        Holds::Link => plain(Type::String).max_length(Some(2_048)).into(),
        Holds::Number => plain(Type::Number).into(),
        Holds::Whole(least, most) => plain(Type::Integer).minimum(Some(least)).maximum(Some(most)).into(),
        Holds::Size => plain(Type::Integer).minimum(Some(1)).into(),
        Holds::User => user().description(Some(about)).into(),
        Holds::Users => {
            ArrayBuilder::new().items(user()).max_items(Some(100)).description(Some(about)).into()
        }
        Holds::Lines => {
            let line = ObjectBuilder::new().schema_type(Type::String).max_length(Some(255));
            ArrayBuilder::new().items(line).max_items(Some(100)).description(Some(about)).into()
        }
    }
}
