//! What is sent: every notification carries a mark by which it is known again, and its text follows from the mark.

use serde_json::{Value, json};

const TYPES: [&str; 4] = ["custom", "provision_complete", "ticket_assigned", "system_alert"];

/// Which notification: the number of its send, and its place in that (0 but for batches).
pub type Mark = (usize, usize);

/// The body of a send, or one element of a batch.
pub fn element(mark: Mark, user: i64, key: Option<&str>) -> Value {
    let (number, index) = mark;
    json!({
        "user_id": user,
        "type": TYPES[(number + index) % TYPES.len()],
        "title": format!("Call {number}.{index} of Zoë \u{1f514}"),
        "message": (number % 3 > 0).then(|| "A customer waits for an answer. ".repeat(number % 40)),
        "link": (number % 2 > 0).then(|| format!("/calls/{number}")),
        "metadata": { "mark": format!("{number}.{index}"), "key": key },
    })
}

/// The mark in a notification's metadata.
pub fn mark_in(metadata: &Value) -> Option<Mark> {
    let (number, index) = metadata.get("mark")?.as_str()?.split_once('.')?;
    Some((number.parse().ok()?, index.parse().ok()?))
}

/// What differs between a notification as it was sent and as it is shown; `None` if nothing does.
pub fn difference(sent: &Value, shown: &Value) -> Option<String> {
    let members = sent.as_object().expect("an element is an object");
    let differing = members.iter().find(|(name, value)| shown.get(name.as_str()) != Some(value));
    differing.map(|(name, value)| {
        format!(
            "{name} was sent as {value} and is shown as {}",
            shown.get(name.as_str()).unwrap_or(&Value::Null)
        )
    })
}
