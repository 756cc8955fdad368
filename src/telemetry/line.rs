//! The form of a log line: one JSON object, or one line of text whatever the words in it.

use std::fmt::{self, Write as _};
use std::io;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::{Clock, Instant};

/// Writes the time of our own clock, UTC with microseconds.
pub(super) struct Time;

impl FormatTime for Time {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let Instant(micros) = Clock::Real.now();
        let timestamp = jiff::Timestamp::from_microsecond(micros).map_err(|_| fmt::Error)?;
        write!(writer, "{timestamp:.6}")
    }
}

/// Names that a line gives a meaning; a field of the same name gets an underscore.
const RESERVED: [&str; 4] = ["timestamp", "level", "target", "spans"];

/// Writes an event as one JSON object: `timestamp`, `level`, `target`, `message`, then the fields, then under `spans`
/// the fields of each open span by its name.
///
/// The library's own JSON format would print the `log.*` fields of every line that comes from the `log` crate.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields { json: String::new(), target: None };
        event.record(&mut fields);
        let target = fields.target.as_deref().unwrap_or_else(|| event.metadata().target());

        writer.write_str("{\"timestamp\":\"")?;
        Time.format_time(&mut writer)?;
        write!(
            writer,
            "\",\"level\":\"{}\",\"target\":{}{}",
            event.metadata().level(),
            quoted(target),
            fields.json
        )?;
        let mut separator = ",\"spans\":{";
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            // `JsonFields` has made an object of them, or nothing where there are none.
            let fields = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
            let fields = if fields.is_empty() { "{}" } else { fields };
            write!(writer, "{separator}{}:{fields}", quoted(span.name()))?;
            separator = ",";
        }
        writer.write_str(if separator == "," { "}}\n" } else { "}\n" })
    }
}

/// The text as a JSON string, so that no character of it can end the line or command a terminal.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("any text can be written as JSON");
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return json;
    }
    // JSON leaves as they are: DEL, the controls from U+0080 on, and further line ends.
    let mut tame = String::with_capacity(json.len());
    for character in json.chars() {
        match is_wild(character) {
            true => write!(tame, "\\u{:04x}", u32::from(character)).expect("writing to a string cannot fail"),
            false => tame.push(character),
        }
    }
    tame
}

/// Whether a terminal or a reader of lines would obey the character and not show it.
fn is_wild(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The fields of an event as JSON members, each after a comma.
struct Fields {
    json: String,
    /// Where a line of the `log` crate says it comes from.
    target: Option<String>,
}

impl Fields {
    fn member(&mut self, field: &Field, json: impl fmt::Display) {
        let name = field.name();
        // What the bridge from the `log` crate adds: only the target is worth having.
        if name.starts_with("log.") {
            return;
        }
        let underscore = if RESERVED.contains(&name) { "_" } else { "" };
        let name = quoted(&format!("{name}{underscore}"));
        write!(self.json, ",{name}:{json}").expect("writing to a string cannot fail");
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match serde_json::Number::from_f64(value) {
            Some(number) => self.member(field, number),
            None => self.member(field, "null"),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.target = Some(value.to_owned());
        }
        self.member(field, quoted(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field, quoted(&format!("{value:?}")));
    }
}

/// Writes every event of the text format in one line: control characters in it are shown, not obeyed.
pub(super) struct OneLine<W>(pub W);

impl<W: io::Write> io::Write for OneLine<W> {
    /// `event` is a whole event: the text format hands each over in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let mut line = String::with_capacity(text.len() + 1);
        for character in text.chars() {
            match is_wild(character) {
                true => line.extend(character.escape_default()),
                false => line.push(character),
            }
        }
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
