//! Amounts of money, exactly as they were written: 0.1 and 0.2 are 0.3.

use std::fmt;

use serde_json::Value;

/// So many digits behind the point count; finer ones are cut.
const DIGITS: usize = 6;

/// An amount, in millionths of a currency.
///
/// JSON brings amounts as binary numbers. Each is read as the shortest decimal that stands for it, which is what was
/// written, and from there on nothing is rounded. What no company owes, beyond 10³², counts as that much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

impl Amount {
    /// What a field says, where it says a number.
    pub fn of(value: Option<&Value>) -> Option<Self> {
        let Value::Number(number) = value? else { return None };
        match number.as_f64() {
            // Whole numbers beyond 2⁵³ would lose digits as binary fractions.
            Some(float) if number.is_f64() => Some(read(&format!("{float}"))),
            _ => Some(read(&number.to_string())),
        }
    }

    /// So many millionths of a currency.
    pub fn of_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left once the other is taken away.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether it is above zero: it adds to what somebody owes.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// As JSON has it: a whole amount without a fraction.
    pub fn to_json(self) -> Value {
        let one = 10_i128.pow(u32::try_from(DIGITS).expect("there are few digits"));
        let whole = i64::try_from(self.0 / one).ok().filter(|_| self.0 % one == 0);
        whole.map_or_else(|| self.to_string().parse::<f64>().map_or(Value::Null, Value::from), Value::from)
    }

    /// `1500.00 GBP`; without the currency where nobody says one.
    pub fn with(self, currency: Option<&str>) -> String {
        currency.map_or_else(|| self.to_string(), |currency| format!("{self} {currency}"))
    }
}

/// Reads `-12.5`, which has no exponent.
fn read(text: &str) -> Amount {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(DIGITS).collect();
    // So many digits that they do not fit are more than anything there is.
    let most = 10_i128.pow(38);
    let millionths = format!("{whole}{fraction}").parse().unwrap_or(most).min(most);
    Amount(sign * millionths)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.0.unsigned_abs(), width = DIGITS + 1);
        let (whole, fraction) = digits.split_at(digits.len() - DIGITS);
        let (shown, finer) = fraction.split_at(2);
        write!(f, "{sign}{whole}.{shown}{}", finer.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn amount(value: Value) -> Amount {
        Amount::of(Some(&value)).unwrap()
    }

    #[test]
    fn amounts_are_written_as_they_came() {
        for (value, written) in [
            (json!(0), "0.00"),
            (json!(1500), "1500.00"),
            (json!(1500.5), "1500.50"),
            (json!(0.1), "0.10"),
            (json!(-0.05), "-0.05"),
            (json!(12.345), "12.345"),
            (json!(1e3), "1000.00"),
            (json!(1e-9), "0.00"),
            (json!(0.000_001_9), "0.000001"),
            (json!(9_007_199_254_740_993_u64), "9007199254740993.00"),
            (json!(19_999_999_999.99), "19999999999.99"),
            (json!(1e300), "100000000000000000000000000000000.00"),
            (json!(-1e300), "-100000000000000000000000000000000.00"),
        ] {
            assert_eq!(amount(value.clone()).to_string(), written, "{value}");
        }
        assert_eq!(amount(json!(7)).with(Some("EUR")), "7.00 EUR");
        assert_eq!(amount(json!(7)).with(None), "7.00");
    }

    #[test]
    fn what_is_no_number_is_no_amount() {
        for value in [json!("1500"), json!(null), json!([1]), json!(true)] {
            assert_eq!(Amount::of(Some(&value)), None, "{value}");
        }
        assert_eq!(Amount::of(None), None);
    }

    #[test]
    fn nothing_is_rounded() {
        let (tenth, fifth) = (amount(json!(0.1)), amount(json!(0.2)));
        assert_eq!(tenth.plus(fifth), amount(json!(0.3)));
        assert_eq!(amount(json!(0.3)).minus(tenth), fifth);
        let mut sum = Amount::default();
        for _ in 0..1_000 {
            sum = sum.plus(amount(json!(0.01)));
        }
        assert_eq!(sum, amount(json!(10)));
        assert!(amount(json!(10000.01)) > amount(json!(10000)));
        assert!(
            !amount(json!(-1)).is_positive()
                && !amount(json!(0)).is_positive()
                && amount(json!(0.01)).is_positive()
        );
        for same in [json!(1500), json!(-7), json!(0.1), json!(12.345), json!(0)] {
            assert_eq!(amount(same.clone()).to_json(), same);
        }
        let most = amount(json!(1e300));
        assert!(most.plus(most) >= most && most.minus(most) == Amount::default());
    }
}
