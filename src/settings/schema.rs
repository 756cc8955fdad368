//! The schema of a group, and whether a value is of it: said by the value's place, in words of ours.
//!
//! A `pattern` is for pages that draw the field: whatever reads such a text says in better words what is wrong with it.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Group;
use crate::http::body::{LARGEST_ID, nearest};

/// The JSON Schema of a group. A secret is marked `writeOnly`, since it is never shown whole; numbers of things have the
/// range that ids have.
pub(super) fn of<T: Group>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    bound(&mut schema);
    schema["title"] = T::TITLE.into();
    for name in T::SEALED {
        if let Some(field) = schema.pointer_mut(&format!("/properties/{name}")) {
            field["writeOnly"] = true.into();
        }
    }
    schema
}

/// Gives every `i64` without a range of its own that of ids.
fn bound(schema: &mut Value) {
    let is_id = schema["format"] == "int64" && ["minimum", "maximum"].iter().all(|end| schema[end].is_null());
    match schema {
        Value::Object(members) if is_id => {
            members.insert("minimum".to_owned(), 1.into());
            members.insert("maximum".to_owned(), LARGEST_ID.into());
        }
        Value::Object(members) => members.values_mut().for_each(bound),
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}

/// A schema that tells the defaults of this node: completed ones, such as a switch for each of its modules.
pub(super) fn with_defaults(mut schema: Value, defaults: &Map<String, Value>) -> Value {
    for (name, default) in defaults {
        if let Some(field) = schema.pointer_mut(&format!("/properties/{name}")) {
            field["default"] = default.clone();
        }
    }
    schema
}

/// Judges one field of a group.
///
/// # Errors
/// One sentence that says what it must be.
pub(super) fn judge(root: &Value, field: &str, value: &Value) -> Result<(), String> {
    is_plain(field, value)?;
    match root["properties"].get(field) {
        Some(schema) => fits(root, schema, field, value),
        None => Ok(()),
    }
}

/// What becomes of a field where this is wished of it. Of switches, one for each of what there is, those that are left
/// out stay as they are: a switch is turned off and never taken away. Everything else is replaced as a whole.
pub(super) fn merged(root: &Value, field: &str, present: &Value, wish: Value) -> Value {
    match (present, wish) {
        (Value::Object(present), Value::Object(wish)) if are_switches(root, &root["properties"][field]) => {
            let mut all = present.clone();
            all.extend(wish);
            Value::Object(all)
        }
        (_, wish) => wish,
    }
}

fn are_switches(root: &Value, schema: &Value) -> bool {
    match target(root, schema) {
        Some(schema) => are_switches(root, schema),
        None => schema["additionalProperties"]["type"] == "boolean",
    }
}

/// What a reference refers to.
fn target<'s>(root: &'s Value, schema: &Value) -> Option<&'s Value> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

/// Whether a database can keep every text and every name in a value: PostgreSQL refuses NUL.
fn is_plain(place: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(format!("{place} must not contain the character NUL; take it out"))
        }
        Value::Array(items) => {
            let mut numbered = items.iter().enumerate();
            numbered.try_for_each(|(at, item)| is_plain(&format!("{place}[{at}]"), item))
        }
        Value::Object(members) => members.iter().try_for_each(|(name, member)| match name.contains('\0') {
            true => Err(format!("{place} must not contain the character NUL in a name; take it out")),
            false => is_plain(&format!("{place}.{}", short(name)), member),
        }),
        _ => Ok(()),
    }
}

fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

fn fits(root: &Value, schema: &Value, place: &str, value: &Value) -> Result<(), String> {
    if let Some(schema) = target(root, schema) {
        return fits(root, schema, place, value);
    }
    if let Some(ways) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return fits_one(root, ways, place, value);
    }
    if !kinds(schema).is_empty() && !kinds(schema).iter().any(|kind| is_of(kind, value)) {
        return Err(must_be(schema, place));
    }
    if let Some(known) = names(schema)
        && !known.contains(&value)
    {
        return Err(must_be_one_of(place, &known));
    }
    let is_below = value.as_f64().zip(schema["minimum"].as_f64()).is_some_and(|(value, least)| value < least);
    let is_above = value.as_f64().zip(schema["maximum"].as_f64()).is_some_and(|(value, most)| value > most);
    if is_below || is_above {
        return Err(must_be(schema, place));
    }
    match value {
        Value::String(text) => is_short_enough(schema, place, text),
        Value::Object(members) => members_fit(root, schema, place, members),
        Value::Array(items) => {
            has_room(schema, "maxItems", place, items.len())?;
            let numbered = items.iter().enumerate();
            let mut judged =
                numbered.map(|(at, item)| fits(root, &schema["items"], &format!("{place}[{at}]"), item));
            judged.find(Result::is_err).unwrap_or(Ok(()))
        }
        _ => Ok(()),
    }
}

fn is_short_enough(schema: &Value, place: &str, text: &str) -> Result<(), String> {
    let count = text.chars().count();
    match (limit(schema, "minLength"), limit(schema, "maxLength")) {
        (Some(_), _) if count == 0 => Err(format!("{place} must not be empty")),
        (Some(least), _) if count < least => Err(format!("{place} must be at least {least} characters long")),
        (_, Some(most)) if count > most => {
            Err(format!("{place} must be at most {most} characters long; shorten it"))
        }
        _ => Ok(()),
    }
}

/// Whether a list or an object has no more entries than its schema allows under this name.
fn has_room(schema: &Value, name: &str, place: &str, count: usize) -> Result<(), String> {
    match limit(schema, name) {
        Some(most) if count > most => {
            Err(format!("{place} must have at most {most} entries; leave some out"))
        }
        _ => Ok(()),
    }
}

fn limit(schema: &Value, name: &str) -> Option<usize> {
    schema[name].as_u64().and_then(|limit| usize::try_from(limit).ok())
}

fn fits_one(root: &Value, ways: &[Value], place: &str, value: &Value) -> Result<(), String> {
    let judged: Vec<_> = ways.iter().map(|way| fits(root, way, place, value)).collect();
    if judged.iter().any(Result::is_ok) {
        return Ok(());
    }
    let known: Option<Vec<&Value>> =
        ways.iter().map(names).collect::<Option<Vec<_>>>().map(|all| all.concat());
    match known {
        Some(known) => Err(must_be_one_of(place, &known)),
        None => judged.into_iter().next().unwrap_or(Ok(())),
    }
}

fn members_fit(
    root: &Value,
    schema: &Value,
    place: &str,
    members: &Map<String, Value>,
) -> Result<(), String> {
    has_room(schema, "maxProperties", place, members.len())?;
    let own = |name: &str| schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
    // First, since a name that is wrong is often why another is missing.
    if let Some(unknown) = members.keys().find(|name| own(name) == &Value::Bool(false)) {
        return Err(unknown_member(schema, place, &short(unknown)));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
        return Err(format!("{place}.{missing} is required"));
    }
    members
        .iter()
        .try_for_each(|(name, member)| fits(root, own(name), &format!("{place}.{}", short(name)), member))
}

fn unknown_member(schema: &Value, place: &str, name: &str) -> String {
    let known = schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    match nearest(name, known.clone()) {
        Some(near) => format!("{place}.{name} is unknown; did you mean \"{near}\"?"),
        None => {
            let known: Vec<&str> = known.collect();
            format!("{place}.{name} is unknown; use one of: {}", known.join(", "))
        }
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// The only values that a schema admits, if it names them.
fn names(schema: &Value) -> Option<Vec<&Value>> {
    match (&schema["enum"], schema.get("const")) {
        (Value::Array(names), _) => Some(names.iter().collect()),
        (_, Some(name)) => Some(vec![name]),
        _ => None,
    }
}

fn must_be_one_of(place: &str, known: &[&Value]) -> String {
    let known: Vec<&str> = known.iter().filter_map(|name| name.as_str()).collect();
    format!("{place} must be one of: {}", known.join(", "))
}

fn must_be(schema: &Value, place: &str) -> String {
    let is_nullable = kinds(schema).contains(&"null");
    let kinds: Vec<&str> = kinds(schema).into_iter().filter(|kind| *kind != "null").map(word).collect();
    let range = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    let or_null = match (is_nullable, range.is_empty()) {
        (false, _) => "",
        (true, true) => " or null",
        (true, false) => ", or null",
    };
    format!("{place} must be {}{range}{or_null}", kinds.join(" or "))
}

fn word(kind: &str) -> &str {
    match kind {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "true or false",
        "object" => "an object",
        "array" => "a list",
        kind => kind,
    }
}
