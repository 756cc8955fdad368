//! The lines of a document: what was sold, how much of it and for how much.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::decimal::Decimal;
use super::read::{field, line, number, text};
use super::words::{Currency, Speech};
use crate::template::lines::one_line;

/// More lines are left out; a record holds about two thousand of the shortest.
const MOST_LINES: usize = 5_000;

/// A line as a record has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub description: String,
    pub code: String,
    pub note: String,
    pub quantity: Option<Decimal>,
    /// As it was written, where it is no number: "on demand".
    pub quantity_words: String,
    pub unit: String,
    pub unit_price: Option<Decimal>,
    /// In per cent.
    pub discount: Option<Decimal>,
    /// In per cent.
    pub rate: Option<Decimal>,
    /// What the record says that the line comes to, without tax; or what its numbers come to.
    pub amount: Option<Decimal>,
}

/// The lines of a record; what is no line is left out.
pub(super) fn read(fields: &Map<String, Value>, currency: &Currency) -> Vec<Line> {
    let Some(Value::Array(lines)) = field(fields, &["lines", "lineitems", "items", "products"]) else {
        return Vec::new();
    };
    let read = lines.iter().filter_map(|line| match line {
        Value::Object(fields) => Some(Line::read(fields, currency)),
        Value::String(text) => Some(Line { description: text.trim().to_owned(), ..Line::default() }),
        _ => None,
    });
    read.take(MOST_LINES).collect()
}

impl Line {
    fn read(fields: &Map<String, Value>, currency: &Currency) -> Self {
        let quantity = &["quantity", "qty"];
        let mut read = Self {
            description: text(fields, &["description", "name", "product", "title", "item"]),
            code: line(fields, &["code", "sku", "productcode", "partnumber"]),
            note: text(fields, &["note", "notes", "comment"]),
            quantity: number(fields, quantity),
            quantity_words: line(fields, quantity),
            unit: line(fields, &["unit", "unitname"]),
            unit_price: number(fields, &["unitprice", "price", "listprice"]),
            discount: number(fields, &["discountpercent", "discount"]).filter(|rate| *rate != Decimal::ZERO),
            rate: number(fields, &["taxrate", "taxpercent", "vatrate", "vatpercent", "vat", "tax"]),
            amount: number(fields, &["amount", "linetotal", "net", "netamount", "total"]),
        };
        read.amount = read.amount.or_else(|| read.worth(currency.decimals));
        read
    }

    /// Price by quantity, less the discount. One is meant where no quantity is given.
    fn worth(&self, decimals: u32) -> Option<Decimal> {
        if self.quantity.is_none() && !self.quantity_words.is_empty() {
            return None;
        }
        let whole = self.unit_price?.times(self.quantity.unwrap_or(Decimal::ONE))?;
        let off = whole.percent(self.discount.unwrap_or_default())?;
        Some(whole.minus(off)?.rounded(decimals))
    }

    /// The line for a letter: numbers, and a quantity that is no number as it was written.
    pub(super) fn listed(&self) -> Value {
        let name = if self.description.is_empty() { &self.code } else { &self.description };
        let words = Some(self.quantity_words.as_str()).filter(|words| !words.is_empty());
        let quantity = self.quantity.map(|quantity| json!(quantity.to_f64()));
        json!({
            "description": one_line(name),
            "code": self.code,
            "quantity": quantity.or_else(|| words.map(Value::from)),
            "unit": self.unit,
            "unit_price": self.unit_price.map(Decimal::to_f64),
            "amount": self.amount.map(Decimal::to_f64),
        })
    }
}

/// A line as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    position: String,
    description: String,
    code: String,
    note: String,
    quantity: String,
    unit_price: String,
    discount: String,
    tax: String,
    amount: String,
}

impl Shown {
    pub(super) fn of(at: usize, line: Line, speech: Speech, currency: &Currency) -> Self {
        let number = |number: Option<Decimal>| number.map(|number| speech.number(number, currency.decimals));
        let percent = |rate: Option<Decimal>| rate.map(|rate| speech.percent(rate)).unwrap_or_default();
        let quantity = line.quantity.map_or(line.quantity_words, |quantity| speech.number(quantity, 0));
        let unit = if quantity.is_empty() { String::new() } else { line.unit };
        Self {
            position: (at + 1).to_string(),
            description: line.description,
            code: line.code,
            note: line.note,
            quantity: format!("{quantity} {unit}").trim().to_owned(),
            unit_price: number(line.unit_price).unwrap_or_default(),
            discount: percent(line.discount),
            tax: percent(line.rate),
            amount: number(line.amount).unwrap_or_default(),
        }
    }
}

/// The headings of the columns that are needed, by the name of the column.
pub(super) fn columns(lines: &[Shown], speech: Speech) -> Map<String, Value> {
    let words = speech.words;
    let is_used = |said: fn(&Shown) -> &String| lines.iter().any(|line| !said(line).is_empty());
    let columns = [
        ("position", &words.position, lines.len() > 1),
        ("description", &words.description, true),
        ("quantity", &words.quantity, is_used(|line| &line.quantity)),
        ("unit_price", &words.unit_price, is_used(|line| &line.unit_price)),
        ("discount", &words.discount, is_used(|line| &line.discount)),
        ("tax", &words.tax, is_used(|line| &line.tax)),
        ("amount", &words.amount, true),
    ];
    let needed = columns.into_iter().filter(|(.., is_needed)| *is_needed);
    needed.map(|(name, heading, _)| (name.to_owned(), Value::from(heading.as_str()))).collect()
}
