//! JSON as TensorFlow Serving speaks it, which has three numbers that JSON has not: `NaN`, `Infinity` and `-Infinity`.

mod parse;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use parse::parse;

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A whole number written without point or exponent.
    Integer(i64),
    /// One beyond int64.
    Unsigned(u64),
    /// Any other number.
    Decimal(f64),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

/// So many characters of a text are shown in a message.
const SHOWN: usize = 40;

/// What it is, for messages: `the text "abc"`, `a list`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Unsigned(value) => write!(f, "{value}"),
            Value::Decimal(value) => write!(f, "{value:?}"),
            Value::Text(text) => write!(f, "the text {}", shown(text)),
            Value::List(list) => write!(f, "a list of {}", list.len()),
            Value::Object(_) => f.write_str("an object"),
        }
    }
}

/// A text in quotes, as far as a message shows it.
pub(crate) fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(SHOWN).collect();
    let more = if beginning.len() < text.len() { "…" } else { "" };
    format!("{beginning:?}{more}")
}

/// Appends a text in quotes.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Appends a number with the fewest digits that tell it from its neighbours, a point or an exponent always among them.
pub(crate) fn write_f32(number: f32, out: &mut String) {
    match number.is_finite() {
        true => out.push_str(&format!("{number:?}")),
        false => write_f64(number.into(), out),
    }
}

/// Appends a number as [`write_f32`] does.
pub(crate) fn write_f64(number: f64, out: &mut String) {
    match number {
        number if number.is_nan() => out.push_str("NaN"),
        f64::INFINITY => out.push_str("Infinity"),
        f64::NEG_INFINITY => out.push_str("-Infinity"),
        number => out.push_str(&format!("{number:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back_to_the_bit(bits: u64) {
            let (double, single) = (f64::from_bits(bits), f32::from_bits(bits as u32));
            let mut text = String::from("[");
            write_f64(double, &mut text);
            text.push(',');
            write_f32(single, &mut text);
            text.push(']');
            let Ok(Value::List(list)) = parse(text.as_bytes(), 9) else { panic!("{text}") };
            let [Value::Decimal(a), Value::Decimal(b)] = list[..] else { panic!("{text}: {list:?}") };
            prop_assert!(a == double || a.is_nan() && double.is_nan());
            prop_assert!(b as f32 == single || b.is_nan() && single.is_nan());
        }

        #[test]
        fn texts_come_back(text: String) {
            let mut written = String::new();
            write_text(&text, &mut written);
            prop_assert_eq!(parse(written.as_bytes(), 1), Ok(Value::Text(text)));
        }
    }
}
