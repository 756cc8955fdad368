//! What stands below the lines: their sum, discount, tax by rate and total.
//!
//! The record's own numbers win. Where the lines come to the same, what the sum is made of is shown as well; where they
//! do not, nothing is invented: the record's numbers stand alone.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::decimal::Decimal;
use super::goods::Line;
use super::read::{line, number};
use super::words::{Currency, Speech, Words, fill};

/// A row below the lines.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    pub name: String,
    pub amount: String,
    /// Whether it is what the reader looks for.
    pub strong: bool,
    /// What `amount` says.
    #[serde(skip)]
    pub value: Decimal,
}

impl Sum {
    /// What the document comes to.
    pub(super) fn total(value: Decimal, speech: Speech, currency: &Currency) -> Self {
        let amount = speech.money(value, currency);
        Self { name: speech.words.total.clone(), amount, strong: true, value }
    }

    /// For letters, where its amount is written as all others are.
    pub(super) fn listed(&self) -> Value {
        json!({ "name": self.name, "amount": self.value.to_f64(), "strong": self.strong })
    }
}

/// What a record says of its sums.
#[derive(Debug, Default)]
struct Stated {
    subtotal: Option<Decimal>,
    /// An amount, not below zero.
    discount: Option<Decimal>,
    /// In per cent of the subtotal.
    discount_rate: Option<Decimal>,
    shipping: Option<Decimal>,
    adjustment: Option<Decimal>,
    tax: Option<Decimal>,
    total: Option<Decimal>,
    paid: Option<Decimal>,
}

impl Stated {
    fn read(fields: &Map<String, Value>) -> Self {
        let given = |names: &[&str]| number(fields, names);
        let not_nothing = |names: &[&str]| number(fields, names).filter(|amount| *amount != Decimal::ZERO);
        // "5 %" says what it is; a bare number is an amount.
        let is_rate = line(fields, &["discount"]).ends_with('%');
        let (amount, rate) = if is_rate { ("", "discount") } else { ("discount", "") };
        Self {
            subtotal: given(&["subtotal", "nettotal", "net"]),
            discount: not_nothing(&["discountamount", "discounttotal", amount]).map(size),
            discount_rate: not_nothing(&["discountpercent", "discountrate", rate]),
            shipping: not_nothing(&["shipping", "shippingamount", "shippingtotal", "delivery", "freight"]),
            adjustment: not_nothing(&["adjustment"]),
            tax: given(&["tax", "taxtotal", "taxamount", "vat", "vattotal", "vatamount"]),
            total: given(&["total", "grandtotal", "grosstotal", "amount"]),
            paid: not_nothing(&["amountpaid", "paid"]),
        }
    }
}

/// Discounts are written with and without a minus.
fn size(amount: Decimal) -> Decimal {
    if amount.is_negative() { Decimal::ZERO.minus(amount).unwrap_or(amount) } else { amount }
}

/// What the lines come to.
#[derive(Debug)]
struct Reckoned {
    net: Decimal,
    discount: Decimal,
    /// By rate: what it is reckoned on, and the tax.
    taxes: BTreeMap<Decimal, (Decimal, Decimal)>,
    tax: Decimal,
    total: Decimal,
}

/// When tax is rounded: programs differ, by some cents.
#[derive(Clone, Copy, Debug)]
enum Rounding {
    ByRate,
    ByLine,
}

impl Reckoned {
    /// `None` unless every line has an amount.
    fn of(lines: &[Line], stated: &Stated, decimals: u32, rounding: Rounding) -> Option<Self> {
        if lines.is_empty() {
            return None;
        }
        let amounts = lines.iter().map(|line| line.amount);
        let net = amounts.clone().try_fold(Decimal::ZERO, |sum, amount| sum.plus(amount?))?;
        let discount = match (stated.discount, stated.discount_rate) {
            (Some(amount), _) => amount,
            (None, Some(rate)) => net.percent(rate)?.rounded(decimals),
            (None, None) => Decimal::ZERO,
        };
        let mut taxes: BTreeMap<Decimal, (Decimal, Decimal)> = BTreeMap::new();
        for (line, amount) in lines.iter().zip(amounts) {
            let (Some(rate), Some(amount)) = (line.rate, amount) else { continue };
            let base = if discount == Decimal::ZERO {
                amount
            } else {
                amount.minus(discount.share(amount, net)?)?
            };
            let tax = base.percent(rate)?;
            let sums = taxes.entry(rate).or_default();
            sums.0 = sums.0.plus(base)?;
            sums.1 = sums.1.plus(if matches!(rounding, Rounding::ByLine) {
                tax.rounded(decimals)
            } else {
                tax
            })?;
        }
        for (rate, (base, tax)) in &mut taxes {
            *base = base.rounded(decimals);
            if matches!(rounding, Rounding::ByRate) {
                *tax = base.percent(*rate)?.rounded(decimals);
            }
        }
        let tax = taxes.values().try_fold(Decimal::ZERO, |sum, (_, tax)| sum.plus(*tax))?;
        let beside = stated.shipping.unwrap_or_default().plus(stated.adjustment.unwrap_or_default())?;
        let total = net.minus(discount)?.plus(beside)?.plus(tax)?;
        Some(Self { net, discount, taxes, tax, total })
    }

    /// What the lines come to, rounded as the record rounds, where it says the same.
    fn agreeing(lines: &[Line], stated: &Stated, currency: &Currency) -> Option<Self> {
        let ways = [Rounding::ByRate, Rounding::ByLine].into_iter();
        ways.filter_map(|rounding| Self::of(lines, stated, currency.decimals, rounding))
            .find(|reckoned| reckoned.agrees(stated))
    }

    /// Whether the record says the same, wherever it says anything.
    fn agrees(&self, stated: &Stated) -> bool {
        let after = self.net.minus(self.discount);
        stated.total.is_none_or(|total| total == self.total)
            && stated.tax.is_none_or(|tax| tax == self.tax)
            && stated.subtotal.is_none_or(|subtotal| subtotal == self.net || Some(subtotal) == after)
    }
}

/// The total that is printed. Where none is, because the lines do not come to what the record says or one of them has
/// no amount: what those come to that have one, or else the record's subtotal, with the record's own tax.
pub(super) fn gross(fields: &Map<String, Value>, lines: &[Line], currency: &Currency) -> Option<Decimal> {
    let stated = Stated::read(fields);
    let printed = || Reckoned::agreeing(lines, &stated, currency).map(|reckoned| reckoned.total);
    if let Some(total) = stated.total.or_else(printed) {
        return Some(total);
    }
    let mut priced: Vec<Line> = lines.iter().filter(|line| line.amount.is_some()).cloned().collect();
    if priced.is_empty() {
        priced.push(Line { amount: Some(stated.subtotal?), ..Line::default() });
    }
    let reckoned = Reckoned::of(&priced, &stated, currency.decimals, Rounding::ByRate)?;
    reckoned.total.minus(reckoned.tax)?.plus(stated.tax.unwrap_or(reckoned.tax))
}

/// The rows below the lines, and what is left to pay where it is known.
pub(super) fn sums(
    fields: &Map<String, Value>,
    lines: &[Line],
    speech: Speech,
    currency: &Currency,
) -> (Vec<Sum>, Option<Decimal>) {
    let stated = Stated::read(fields);
    let reckoned = Reckoned::agreeing(lines, &stated, currency);
    let mut sheet = Sheet { rows: Vec::new(), speech, currency };
    let total = match reckoned {
        Some(reckoned) => sheet.reckoned(&reckoned, &stated),
        None => sheet.stated(&stated),
    };
    let left = total.and_then(|total| sheet.left(total, stated.paid));
    (sheet.rows, left)
}

struct Sheet<'a> {
    rows: Vec<Sum>,
    speech: Speech,
    currency: &'a Currency,
}

impl Sheet<'_> {
    fn row(&mut self, name: &str, value: Decimal) {
        let amount = self.speech.number(value, self.currency.decimals);
        self.rows.push(Sum { name: name.to_owned(), amount, strong: false, value });
    }

    fn strong(&mut self, name: &str, value: Decimal) {
        let amount = self.speech.money(value, self.currency);
        self.rows.push(Sum { name: name.to_owned(), amount, strong: true, value });
    }

    fn words(&self) -> &'static Words {
        self.speech.words
    }

    fn reckoned(&mut self, reckoned: &Reckoned, stated: &Stated) -> Option<Decimal> {
        let words = self.words();
        if reckoned.total != reckoned.net || !reckoned.taxes.is_empty() {
            self.row(&words.subtotal, reckoned.net);
        }
        self.beside(Some(reckoned.discount), stated);
        for (rate, (base, tax)) in &reckoned.taxes {
            let rate = self.speech.percent(*rate);
            let base = self.speech.number(*base, self.currency.decimals);
            let name = match reckoned.taxes.len() {
                1 => fill(&words.tax_at, &[("rate", &rate)]),
                _ => fill(&words.tax_at_on, &[("rate", &rate), ("net", &base)]),
            };
            self.row(&name, *tax);
        }
        self.rows.push(Sum::total(reckoned.total, self.speech, self.currency));
        Some(reckoned.total)
    }

    fn stated(&mut self, stated: &Stated) -> Option<Decimal> {
        let words = self.words();
        if let Some(subtotal) = stated.subtotal {
            self.row(&words.subtotal, subtotal);
        }
        self.beside(stated.discount, stated);
        if let Some(tax) = stated.tax {
            self.row(&words.tax, tax);
        }
        let total = stated.total?;
        self.rows.push(Sum::total(total, self.speech, self.currency));
        Some(total)
    }

    fn beside(&mut self, discount: Option<Decimal>, stated: &Stated) {
        let words = self.words();
        if let Some(discount) = discount.filter(|discount| *discount != Decimal::ZERO) {
            self.row(&words.discount, Decimal::ZERO.minus(discount).unwrap_or(discount));
        }
        if let Some(shipping) = stated.shipping {
            self.row(&words.shipping, shipping);
        }
        if let Some(adjustment) = stated.adjustment {
            self.row(&words.adjustment, adjustment);
        }
    }

    /// What is left to pay.
    fn left(&mut self, total: Decimal, paid: Option<Decimal>) -> Option<Decimal> {
        let Some(paid) = paid else { return Some(total) };
        let left = total.minus(paid)?;
        self.row(&self.words().paid, Decimal::ZERO.minus(paid)?);
        self.strong(&self.words().left_to_pay, left);
        Some(left)
    }
}
