//! The schema of a group, and whether a value is of it: said by the value's place, in words of ours.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Group;

/// The JSON Schema of a group. A secret is marked `writeOnly`, since it is never shown whole.
pub(super) fn of<T: Group>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    schema["title"] = T::TITLE.into();
    for name in T::SEALED {
        if let Some(field) = schema.pointer_mut(&format!("/properties/{name}")) {
            field["writeOnly"] = true.into();
        }
    }
    schema
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
    match root["properties"].get(field) {
        Some(schema) => fits(root, schema, field, value),
        None => Ok(()),
    }
}

fn fits(root: &Value, schema: &Value, place: &str, value: &Value) -> Result<(), String> {
    if let Some(target) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return root.pointer(target).map_or(Ok(()), |schema| fits(root, schema, place, value));
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
        Value::Object(members) => members_fit(root, schema, place, members),
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            let mut judged =
                numbered.map(|(at, item)| fits(root, &schema["items"], &format!("{place}[{at}]"), item));
            judged.find(Result::is_err).unwrap_or(Ok(()))
        }
        _ => Ok(()),
    }
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
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
        return Err(format!("{place}.{missing} is required"));
    }
    for (name, member) in members {
        let short: String = name.chars().take(64).collect();
        match schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]) {
            Value::Bool(false) => return Err(format!("{place}.{short} is unknown; leave it out")),
            schema => fits(root, schema, &format!("{place}.{short}"), member)?,
        }
    }
    Ok(())
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
    let kinds: Vec<&str> = kinds(schema).into_iter().map(word).collect();
    let range = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    format!("{place} must be {}{range}", kinds.join(" or "))
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
