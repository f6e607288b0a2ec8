//! Numbers as decimal text, exact at any size: a serial number of thirty digits comes back digit for digit.
//!
//! No number goes through floating point; the bounds, which are, take part by their shortest decimal text.

use std::cmp::Ordering;

use super::Field;
use super::invalid::{Invalid, name, quote};

/// The most digits on either side of the point.
const MAX_DIGITS: usize = 100;

/// The shortest plain decimal text of a number: no plus, no exponent, no needless zeros.
pub(super) fn normalise(text: &str) -> Result<String, String> {
    let decimal = Decimal::parse(text)?;
    if decimal.whole.len() > MAX_DIGITS || decimal.fraction.len() > MAX_DIGITS {
        return Err(too_many_digits());
    }
    Ok(decimal.to_string())
}

/// Checks a normal form, or the empty text, against what the field asks of its numbers.
pub(super) fn check_bounds(normal: &str, field: &Field) -> Result<(), Invalid> {
    if normal.is_empty() {
        return Ok(());
    }
    let decimal = Decimal::of_plain(normal);
    if field.integer && !decimal.fraction.is_empty() {
        return Err(Invalid::new(format!("{} is not a whole number", quote(normal))));
    }
    // The display form of a finite f64 is plain decimal text, the shortest that names it.
    let bound = |bound: Option<f64>| {
        bound
            .filter(|bound| bound.is_finite())
            .map(|bound| bound.to_string())
    };
    if let Some(min) = bound(field.min)
        && decimal.compare(&Decimal::of_plain(&min)) == Ordering::Less
    {
        return Err(Invalid::new(format!(
            "{} is under {min}, the least that is allowed",
            quote(normal)
        )));
    }
    if let Some(max) = bound(field.max)
        && decimal.compare(&Decimal::of_plain(&max)) == Ordering::Greater
    {
        return Err(Invalid::new(format!(
            "{} is over {max}, the most that is allowed",
            quote(normal)
        )));
    }
    Ok(())
}

/// A decimal number; zero is never negative.
struct Decimal {
    negative: bool,
    /// Digits before the point, without zeros in front; empty for 0.
    whole: String,
    /// Digits after the point, without zeros at the end.
    fraction: String,
}

impl Decimal {
    fn parse(text: &str) -> Result<Self, String> {
        if text.contains(',') {
            return Err("write the decimal point as . and leave thousands separators out".into());
        }
        let (negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        if let Some(wrong) = mantissa.chars().find(|c| !c.is_ascii_digit() && *c != '.') {
            return Err(format!("{} is not allowed", name(wrong)));
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if fraction.contains('.') {
            return Err("it has more than one decimal point".into());
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err("it has no digits".into());
        }
        let shift = exponent.map_or(Ok(0), parse_exponent)?;
        Ok(Self::shifted(negative, whole, fraction, shift))
    }

    /// Reads text that is known to be plain: digits, at most one point, at most a minus in front.
    fn of_plain(text: &str) -> Self {
        let unsigned = text.strip_prefix('-');
        let digits = unsigned.unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        Self::shifted(unsigned.is_some(), whole, fraction, 0)
    }

    /// The number with its point moved by `shift` digits, to the right where that is positive.
    fn shifted(negative: bool, whole: &str, fraction: &str, shift: i16) -> Self {
        let distance = usize::from(shift.unsigned_abs());
        let (whole, fraction) = if shift >= 0 {
            let moved = fraction.len().min(distance);
            let (left, right) = fraction.split_at(moved);
            (
                format!("{whole}{left}{}", "0".repeat(distance - moved)),
                right.to_owned(),
            )
        } else {
            let moved = whole.len().min(distance);
            let (left, right) = whole.split_at(whole.len() - moved);
            (
                left.to_owned(),
                format!("{}{right}{fraction}", "0".repeat(distance - moved)),
            )
        };
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        Self {
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        let size = |number: &Self| number.whole.len();
        size(self)
            .cmp(&size(other))
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        write!(f, "{sign}{whole}")?;
        if self.fraction.is_empty() {
            Ok(())
        } else {
            write!(f, ".{}", self.fraction)
        }
    }
}

fn parse_exponent(text: &str) -> Result<i16, String> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() {
        return Err("the digits after e are missing".into());
    }
    if let Some(wrong) = digits.chars().find(|c| !c.is_ascii_digit()) {
        return Err(format!("{} is not allowed after e", name(wrong)));
    }
    // A thousand is far beyond the digits allowed, and too little to cost anything.
    let size = digits.trim_start_matches('0');
    let size: i16 = if size.is_empty() {
        0
    } else {
        size.parse().map_err(|_| too_many_digits())?
    };
    if size > 1000 {
        return Err(too_many_digits());
    }
    Ok(if negative { -size } else { size })
}

fn too_many_digits() -> String {
    format!("{MAX_DIGITS} digits before the decimal point and {MAX_DIGITS} after it are allowed")
}

#[cfg(test)]
mod tests {
    use super::super::{FieldName, FieldType};
    use super::*;
    use proptest::prelude::*;

    fn number() -> Field {
        let name = FieldName::parse("n").expect("a name");
        Field {
            field_type: FieldType::Number,
            ..Field::plain(name)
        }
    }

    #[test]
    fn numbers_are_written_one_way() {
        for (text, normal) in [
            ("007", "7"),
            ("1.50", "1.5"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("\u{2212}3", "-3"),
            ("1e3", "1000"),
            ("1.25E+1", "12.5"),
            ("12e-3", "0.012"),
            ("1e21", "1000000000000000000000"),
            ("0e0", "0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (
                "0.1000000000000000055511151231257827",
                "0.1000000000000000055511151231257827",
            ),
        ] {
            assert_eq!(number().accept(text).as_deref(), Ok(normal), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, why) in [
            (
                "1,5",
                "write the decimal point as . and leave thousands separators out",
            ),
            ("1 000", "a space is not allowed"),
            ("12a", "a is not allowed"),
            ("0x1f", "x is not allowed"),
            ("NaN", "N is not allowed"),
            ("1.2.3", "it has more than one decimal point"),
            (".", "it has no digits"),
            ("-", "it has no digits"),
            ("e5", "it has no digits"),
            ("1e", "the digits after e are missing"),
            ("1e-", "the digits after e are missing"),
            ("1e+-5", "- is not allowed after e"),
            ("--1", "- is not allowed"),
            ("٣", "٣ is not allowed"),
        ] {
            let said = number().accept(text).expect_err(text).to_string();
            assert_eq!(said, format!("{text} is not a number: {why}"));
        }
    }

    #[test]
    fn exponents_cannot_be_used_to_make_much_of_little() {
        for text in [
            "1e101",
            "1e999999999999999999999",
            "1e-101",
            "1e32768",
            "1e-32768",
        ] {
            let said = number().accept(text).expect_err(text).to_string();
            assert!(said.contains("100 digits before"), "{said}");
        }
        assert!(number().accept(&"9".repeat(101)).is_err());
        assert_eq!(number().accept(&"0".repeat(60_000)).as_deref(), Ok("0"));
    }

    #[test]
    fn bounds_are_exact() {
        let field = Field {
            min: Some(0.1),
            max: Some(9_007_199_254_740_992.0),
            ..number()
        };
        assert!(field.accept("0.1").is_ok());
        assert!(field.accept("9007199254740992").is_ok());
        assert_eq!(
            field.accept("9007199254740993").expect_err("over").to_string(),
            "9007199254740993 is over 9007199254740992, the most that is allowed"
        );
        assert_eq!(
            field.accept("0.09").expect_err("under").to_string(),
            "0.09 is under 0.1, the least that is allowed"
        );
        assert!(field.accept("-5").is_err());
        let negative = Field {
            min: Some(-10.0),
            max: Some(-2.0),
            ..number()
        };
        assert!(negative.accept("-2").is_ok());
        assert!(negative.accept("-1.99").is_err());
        assert!(negative.accept("-10.1").is_err());
        assert_eq!(negative.accept(" ").as_deref(), Ok(""));
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        let field = Field {
            integer: true,
            ..number()
        };
        assert_eq!(field.accept("2.0").as_deref(), Ok("2"));
        assert_eq!(
            field.accept("2.5").expect_err("half").to_string(),
            "2.5 is not a whole number"
        );
    }

    proptest! {
        #[test]
        fn comparing_decimals_agrees_with_integers(left: i64, right: i64, zeros in 0usize..4) {
            let scaled = |n: i64| format!("{n}{}", "0".repeat(zeros));
            let compared = Decimal::of_plain(&scaled(left)).compare(&Decimal::of_plain(&scaled(right)));
            prop_assert_eq!(compared, left.cmp(&right));
        }

        #[test]
        fn a_shift_and_its_opposite_cancel_out(n: i64, shift in 0i16..50) {
            let normal = normalise(&format!("{n}e{shift}")).expect("a number");
            prop_assert_eq!(normalise(&format!("{normal}e-{shift}")), Ok(n.to_string()));
        }
    }
}
