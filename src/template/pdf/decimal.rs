//! Exact numbers with six decimals: what amounts, quantities and rates are reckoned in.

use serde_json::Value;

/// How many of it make one.
const ONE: i128 = 1_000_000;

/// The decimals kept.
const DECIMALS: u32 = 6;

/// Larger numbers are not read: products of two of these, and of a percentage, stay exact.
const MOST: i128 = 100_000_000_000 * ONE;

/// A number in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(i128);

impl Decimal {
    pub(super) const ZERO: Self = Self(0);
    pub(super) const ONE: Self = Self(ONE);

    /// Reads a JSON number, or a text that holds one as people write it: `1,234.50`, `1.234,50`, `20 %`, `£ 5`.
    ///
    /// A single comma or dot divides thousands only if the other one follows, or if it is a comma before exactly three
    /// digits.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(&plain(text)?),
            _ => None,
        }
    }

    /// Reads `-12.5` and `1e-3`; further decimals are rounded.
    fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, digits) = match digits.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, digits.strip_prefix('+').unwrap_or(digits)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.len() + fraction.len() == 0
            || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
        {
            return None;
        }
        // Twenty digits after the point say all that is kept, and fit.
        let fraction: String = fraction.chars().take(20).collect();
        let all: i128 = format!("{whole}{fraction}").parse().ok()?;
        let shift = i32::try_from(DECIMALS).ok()? + exponent - i32::try_from(fraction.len()).ok()?;
        let size = match shift {
            0.. => all.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?,
            _ => match 10_i128.checked_pow(shift.unsigned_abs()) {
                Some(unit) => divided(all, unit),
                None => 0,
            },
        };
        (size <= MOST).then_some(Self(if is_negative { -size } else { size }))
    }

    /// The sum; `None` where nobody could pay it.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        Some(Self(divided(self.0.checked_mul(other.0)?, ONE)))
    }

    /// So many per cent of it.
    pub(super) fn percent(self, rate: Self) -> Option<Self> {
        Some(Self(divided(self.0.checked_mul(rate.0)?, 100 * ONE)))
    }

    /// What stands to `whole` as `part` does to one: a share of an amount.
    pub(super) fn share(self, part: Self, whole: Self) -> Option<Self> {
        (whole.0 != 0).then(|| Some(Self(divided(self.0.checked_mul(part.0)?, whole.0))))?
    }

    /// Rounded to so many decimals, halves away from zero, as invoices are.
    pub(super) fn rounded(self, decimals: u32) -> Self {
        let unit = 10_i128.pow(DECIMALS - decimals.min(DECIMALS));
        Self(divided(self.0, unit) * unit)
    }

    pub(super) fn millionths(self) -> i128 {
        self.0
    }

    /// As JSON has numbers.
    pub(super) fn to_f64(self) -> f64 {
        // Below 10^17 millionths: what is lost is far behind the decimals that anybody sees.
        self.0 as f64 / ONE as f64
    }

    pub(super) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The digits before the point and, at least `least` of them, those after it; without a sign.
    pub(super) fn digits(self, least: u32) -> (String, String) {
        let size = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let mut fraction = format!("{:06}", size % one);
        while fraction.len() > least as usize && fraction.ends_with('0') {
            fraction.pop();
        }
        ((size / one).to_string(), fraction)
    }
}

/// Divides; halves go away from zero.
fn divided(number: i128, by: i128) -> i128 {
    let (whole, rest) = (number / by, number % by);
    let is_up = rest.unsigned_abs() * 2 >= by.unsigned_abs();
    let away = if (number < 0) == (by < 0) { 1 } else { -1 };
    if is_up { whole + away } else { whole }
}

/// A number as people write it, as a program would.
fn plain(text: &str) -> Option<String> {
    let is_mark = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '−');
    let kept: String = text.chars().filter(|c| is_mark(*c)).collect::<String>().replace('−', "-");
    // "Approx. 20", "2 x 10" and "1 of 3" are words.
    let is_word = |c: char| c.is_alphabetic() || matches!(c, '/' | '+' | '*' | ':');
    if text.chars().filter(|c| is_word(*c)).count() > 0 && !is_currency_around(text) {
        return None;
    }
    let dots = kept.matches('.').count();
    let commas = kept.matches(',').count();
    let comma_is_point = match (kept.rfind('.'), kept.rfind(',')) {
        (Some(dot), Some(comma)) => comma > dot,
        (None, Some(comma)) => commas == 1 && kept.len() - comma - 1 != 3,
        (Some(_), None) => dots > 1,
        (None, None) => false,
    };
    let kept = if comma_is_point { kept.replace('.', "").replace(',', ".") } else { kept.replace(',', "") };
    (!kept.is_empty()).then_some(kept)
}

/// Whether the only letters are a currency's three.
fn is_currency_around(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let has_others = text.chars().any(|c| matches!(c, '/' | '+' | '*' | ':'));
    !has_others && letters.len() == 3 && text.contains(letters.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(decimal: Decimal) -> String {
        let (whole, fraction) = decimal.digits(0);
        let sign = if decimal.is_negative() { "-" } else { "" };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    #[test]
    fn numbers_are_read_as_programs_and_as_people_write_them() {
        let table = [
            (json!(12), Some("12")),
            (json!(12.5), Some("12.5")),
            (json!(-0.1), Some("-0.1")),
            (json!(0.1 + 0.2), Some("0.3")),
            (json!(1e-7), Some("0")),
            (json!(5e-7), Some("0.000001")),
            (json!(1e6), Some("1000000")),
            (json!("1,234.50"), Some("1234.5")),
            (json!("1.234,50"), Some("1234.5")),
            (json!("1,234"), Some("1234")),
            (json!("1,5"), Some("1.5")),
            (json!("1.234"), Some("1.234")),
            (json!("1.234.567"), Some("1234567")),
            (json!("£ 5"), Some("5")),
            (json!("EUR 1.000,00"), Some("1000")),
            (json!("20 %"), Some("20")),
            (json!("−3"), Some("-3")),
            (json!("1 of 3"), None),
            (json!("2 x 10"), None),
            (json!("2026-11-22"), None),
            (json!(""), None),
            (json!("free"), None),
            (json!(1e30), None),
            (json!(null), None),
            (json!([1]), None),
        ];
        for (value, expected) in table {
            assert_eq!(Decimal::read(&value).map(shown).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let table = [
            ("0.125", 2, "0.13"),
            ("-0.125", 2, "-0.13"),
            ("0.124999", 2, "0.12"),
            ("2.5", 0, "3"),
            ("1.0005", 3, "1.001"),
        ];
        for (number, decimals, expected) in table {
            let number = Decimal::parse(number).unwrap();
            assert_eq!(shown(number.rounded(decimals)), expected);
        }
    }

    #[test]
    fn products_and_percentages_are_exact() {
        let read = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(read("3").times(read("19.99")), Some(read("59.97")));
        assert_eq!(read("0.1").times(read("0.1")), Some(read("0.01")));
        assert_eq!(read("59.97").percent(read("17.5")), Some(read("10.49475")));
        assert_eq!(read("10").share(read("1"), read("3")), Some(read("3.333333")));
        assert_eq!(read("99999999999").times(read("99999999999")).map(|_| ()), Some(()));
        assert_eq!(read("10").share(read("1"), Decimal::ZERO), None);
    }
}
