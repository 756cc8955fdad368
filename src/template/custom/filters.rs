//! What a value can be put through on its way into a letter. Each filter pays for the letters it touches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Rest, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, Value};
use serde::Serialize;
use utoipa::ToSchema;

use super::speech::Speech;
use crate::template::lines::cut;

/// Letters that all filters of one letter may touch.
const WORK: usize = 2 * 1024 * 1024;

/// The longest text that a filter makes, in bytes.
const LONGEST: usize = 64 * 1024;

/// A filter as it is described to whoever writes a template.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = TemplateFilter)]
pub(super) struct Filter {
    /// As it is written behind `|`
    #[schema(example = "money")]
    pub name: &'static str,
    /// What it does
    pub description: &'static str,
    /// How it is used
    pub example: &'static str,
}

const fn filter(name: &'static str, description: &'static str, example: &'static str) -> Filter {
    Filter { name, description, example }
}

/// Every filter.
pub(super) const ALL: &[Filter] = &[
    filter(
        "money",
        "An amount with two decimals, and the currency where it is said",
        "record.fields.total|money('EUR')",
    ),
    filter(
        "number",
        "A number as the reader writes it, with as many decimals as it has, or as said",
        "record.fields.hours|number(1)",
    ),
    filter("date", "A date in words", "record.fields.delivery_date|date"),
    filter("datetime", "A date and a time on the reader's clock", "now|datetime"),
    filter("time", "The time on the reader's clock", "now|time"),
    filter("default", "Something else where there is nothing", "contact.label|default('customer')"),
    filter("lines", "A text of several lines, with its ends of lines", "company.fields.address|lines"),
    filter("truncate", "At most so many characters", "comment.text|truncate(200)"),
    filter("upper", "In capitals", "record.status|upper"),
    filter("lower", "In small letters", "record.status|lower"),
    filter("capitalize", "With a capital at its beginning", "record.status|capitalize"),
    filter("trim", "Without spaces at its ends", "record.label|trim"),
    filter("replace", "With something else in place of a text", "record.fields.code|replace('_', ' ')"),
    filter("contains", "Whether a text or a list has it", "record.fields.tags|contains('vip')"),
    filter("join", "The values of a list behind each other", "record.fields.tags|join(', ')"),
    filter(
        "length",
        "How many: of a list its values, of a text its characters",
        "record.fields.lines|length",
    ),
    filter("first", "The first of a list", "record.fields.lines|first"),
    filter("last", "The last of a list", "record.fields.lines|last"),
    filter("plus", "A sum", "record.fields.subtotal|plus(record.fields.tax)"),
    filter("times", "A product", "line.quantity|times(line.price)"),
    filter("round", "Rounded to so many decimals", "record.fields.tax_rate|round(1)"),
];

/// What filters have touched so far.
#[derive(Clone, Default)]
struct Meter(Arc<AtomicUsize>);

impl Meter {
    fn pay(&self, letters: usize) -> Result<(), Error> {
        // A short text costs something too.
        let cost = letters + 16;
        match self.0.fetch_add(cost, Ordering::Relaxed) + cost > WORK {
            true => Err(wrong("the template does too much; make its loops shorter")),
            false => Ok(()),
        }
    }

    /// A text of this value, paid for.
    fn text(&self, value: &Value) -> Result<String, Error> {
        let text = text(value)?;
        self.pay(text.len())?;
        Ok(text)
    }
}

/// What went wrong, as it is told.
pub(super) fn wrong(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

/// A value as a text; nothing is an empty one.
fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(String::new()),
        ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Bool | ValueKind::Number => Ok(value.to_string()),
        _ => Err(wrong("a list cannot be shown as it is; write {% for %} or |join(', ')")),
    }
}

/// A value as a number: also one that is written as a text. Nothing is 0 where it is counted with.
fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str()?.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

fn is_nothing(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => true,
        ValueKind::String => value.as_str().is_some_and(|text| text.trim().is_empty()),
        _ => false,
    }
}

/// A number as whole as it is.
fn counted(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => Value::from(number as i64),
        false => Value::from(number),
    }
}

fn places(wanted: Option<&Value>, usual: usize) -> usize {
    wanted.and_then(Value::as_usize).unwrap_or(usual).min(10)
}

/// Adds every filter, for a reader who speaks so.
pub(super) fn add(environment: &mut Environment<'_>, speech: &Arc<Speech>) {
    let meter = Meter::default();
    add_for_numbers(environment, speech, &meter);
    add_for_dates(environment, speech, &meter);
    add_for_texts(environment, &meter);
    add_for_lists(environment, &meter);
}

fn add_for_numbers(environment: &mut Environment<'_>, speech: &Arc<Speech>, meter: &Meter) {
    let (paid, said) = (meter.clone(), speech.clone());
    environment.add_filter("money", move |value: Value, currency: Rest<Value>| -> Result<Value, Error> {
        let Some(amount) = number(&value) else { return Ok(value) };
        let currency = currency.first().map_or(Ok(String::new()), |currency| paid.text(currency))?;
        paid.pay(64)?;
        Ok(Value::from(said.money(amount, currency.trim())))
    });
    let (paid, said) = (meter.clone(), speech.clone());
    environment.add_filter("number", move |value: Value, wanted: Rest<Value>| -> Result<Value, Error> {
        paid.pay(64)?;
        let Some(amount) = number(&value) else { return Ok(value) };
        Ok(Value::from(match wanted.first() {
            Some(wanted) => said.number(amount, places(Some(wanted), 0)),
            None => said.plain(amount),
        }))
    });
    let paid = meter.clone();
    environment.add_filter("round", move |value: Value, wanted: Rest<Value>| -> Result<Value, Error> {
        paid.pay(16)?;
        let Some(amount) = number(&value) else { return Ok(value) };
        let scale = 10_f64.powi(i32::try_from(places(wanted.first(), 0)).unwrap_or(0));
        Ok(counted((amount * scale).round() / scale))
    });
    type Sum = fn(f64, f64) -> f64;
    for (name, sum) in [("plus", (|a, b| a + b) as Sum), ("times", |a, b| a * b)] {
        let paid = meter.clone();
        environment.add_filter(name, move |value: Value, other: Value| -> Result<Value, Error> {
            paid.pay(16)?;
            Ok(counted(sum(number(&value).unwrap_or(0.0), number(&other).unwrap_or(0.0))))
        });
    }
}

fn add_for_dates(environment: &mut Environment<'_>, speech: &Arc<Speech>, meter: &Meter) {
    type Said = fn(&Speech, &str) -> Option<String>;
    let said: [(&str, Said); 3] =
        [("date", Speech::date), ("datetime", Speech::datetime), ("time", Speech::time)];
    for (name, say) in said {
        let (paid, speech) = (meter.clone(), speech.clone());
        environment.add_filter(name, move |value: Value| -> Result<String, Error> {
            let text = paid.text(&value)?;
            paid.pay(256)?;
            Ok(say(&speech, &text).unwrap_or(text))
        });
    }
}

fn add_for_texts(environment: &mut Environment<'_>, meter: &Meter) {
    type Change = fn(&str) -> String;
    let changes: [(&str, Change); 4] = [
        ("upper", |text| text.to_uppercase()),
        ("lower", |text| text.to_lowercase()),
        ("trim", |text| text.trim().to_owned()),
        ("capitalize", |text| {
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }),
    ];
    for (name, change) in changes {
        let paid = meter.clone();
        environment.add_filter(name, move |value: Value| -> Result<String, Error> {
            bounded(change(&paid.text(&value)?))
        });
    }
    let paid = meter.clone();
    environment.add_filter("truncate", move |value: Value, most: Value| -> Result<String, Error> {
        Ok(cut(&paid.text(&value)?, most.as_usize().unwrap_or(100)))
    });
    let paid = meter.clone();
    environment.add_filter("replace", move |value: Value, old: Value, new: Value| -> Result<String, Error> {
        let (text, old, new) = (paid.text(&value)?, paid.text(&old)?, paid.text(&new)?);
        if old.is_empty() {
            return Ok(text);
        }
        let count = text.matches(&old).count();
        if text.len() + count * new.len() > LONGEST {
            return Err(wrong("a text becomes too long by |replace; put less into it"));
        }
        paid.pay(text.len() + count * new.len())?;
        Ok(text.replace(&old, &new))
    });
    let paid = meter.clone();
    environment.add_filter("lines", move |state: &State<'_, '_>, value: Value| -> Result<Value, Error> {
        let text = paid.text(&value)?;
        if !matches!(state.auto_escape(), AutoEscape::Html) {
            return Ok(Value::from(text));
        }
        let lines: Vec<String> = text.lines().map(escaped).collect();
        bounded(lines.join("<br/>")).map(Value::from_safe_string)
    });
    let paid = meter.clone();
    environment.add_filter("default", move |value: Value, other: Value| -> Result<Value, Error> {
        paid.pay(16)?;
        Ok(if is_nothing(&value) { other } else { value })
    });
}

fn add_for_lists(environment: &mut Environment<'_>, meter: &Meter) {
    let paid = meter.clone();
    environment.add_filter("join", move |value: Value, between: Rest<Value>| -> Result<String, Error> {
        let between = between.first().map_or(Ok(String::new()), |between| paid.text(between))?;
        let mut joined = String::new();
        for (index, item) in items(&value)?.enumerate() {
            let item = paid.text(&item)?;
            paid.pay(between.len())?;
            if index > 0 {
                joined.push_str(&between);
            }
            joined.push_str(&item);
            if joined.len() > LONGEST {
                return Err(wrong("a text becomes too long by |join; show less of the list"));
            }
        }
        Ok(joined)
    });
    let paid = meter.clone();
    environment.add_filter("contains", move |value: Value, wanted: Value| -> Result<bool, Error> {
        if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            for item in items(&value)? {
                paid.pay(item.as_str().map_or(0, str::len))?;
                if item == wanted {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        Ok(paid.text(&value)?.contains(&paid.text(&wanted)?))
    });
    let paid = meter.clone();
    environment.add_filter("length", move |value: Value| -> Result<usize, Error> {
        paid.pay(value.as_str().map_or(0, str::len))?;
        Ok(value.len().unwrap_or(0))
    });
    let paid = meter.clone();
    environment.add_filter("first", move |value: Value| -> Result<Value, Error> {
        paid.pay(0)?;
        Ok(items(&value)?.next().unwrap_or(Value::UNDEFINED))
    });
    let paid = meter.clone();
    environment.add_filter("last", move |value: Value| -> Result<Value, Error> {
        let last = value.len().unwrap_or(0).checked_sub(1);
        paid.pay(0)?;
        Ok(last.and_then(|last| value.get_item_by_index(last).ok()).unwrap_or(Value::UNDEFINED))
    });
}

/// The values of a list; none of what is none.
fn items(value: &Value) -> Result<impl Iterator<Item = Value>, Error> {
    let items = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Some(value.try_iter()?),
        _ => None,
    };
    Ok(items.into_iter().flatten())
}

fn bounded(text: String) -> Result<String, Error> {
    match text.len() > LONGEST {
        true => Err(wrong("a text is too long; show less of it with |truncate(1000)")),
        false => Ok(text),
    }
}

/// A text in which nothing is markup. Slashes stay as they are, since scanners that rewrite links look for `https://`.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
