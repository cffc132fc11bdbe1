//! Arrays in JSON: lists of lists, as deep as there are axes.
//!
//! Texts stand for strings; bytes that need not be UTF-8 are `{"b64": "…"}`, in base64.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use half::{bf16, f16};
use tenseur::{Array, DType, Element};

use crate::json::{Value, write_f32, write_f64, write_text};

/// With or without `=` at the end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The end of the names of strings that are bytes rather than text.
const BYTES: &str = "_bytes";

/// The text of `{"b64": text}`.
pub(crate) fn base64_text(value: &Value) -> Option<&str> {
    match value {
        Value::Object(object) if object.len() == 1 => match object.get("b64") {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The bytes of a text, or of `{"b64": text}`.
pub(crate) fn bytes_of(value: &Value) -> Result<Vec<u8>, String> {
    match (value, base64_text(value)) {
        (Value::Text(text), _) => Ok(text.clone().into_bytes()),
        (_, Some(text)) => BASE64
            .decode(text)
            .map_err(|error| format!("{} is not base64: {error}", Value::Text(text.to_string()))),
        (value, None) => Err(format!("{value} is no string: a text or {{\"b64\": …}} was expected")),
    }
}

/// An element of an array that a value may be.
trait FromJson: Sized {
    fn from_json(value: &Value) -> Option<Self>;
}

macro_rules! integers {
    ($($rust:ty),*) => { $(
        impl FromJson for $rust {
            fn from_json(value: &Value) -> Option<$rust> {
                match *value {
                    Value::Integer(value) => value.try_into().ok(),
                    Value::Unsigned(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        }
    )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// A whole number must be one that the type has; any other is rounded, and must not become infinite.
macro_rules! floats {
    ($($rust:ty: $from:expr, $to:expr;)*) => { $(
        impl FromJson for $rust {
            fn from_json(value: &Value) -> Option<$rust> {
                let whole = |value: i128| {
                    let number: $rust = $from(value as f64);
                    let back: f64 = $to(number);
                    (back.is_finite() && back as i128 == value).then_some(number)
                };
                match *value {
                    Value::Integer(value) => whole(value.into()),
                    Value::Unsigned(value) => whole(value.into()),
                    Value::Decimal(value) => {
                        let number: $rust = $from(value);
                        let back: f64 = $to(number);
                        (back.is_finite() || !value.is_finite()).then_some(number)
                    }
                    _ => None,
                }
            }
        }
    )* };
}
floats! {
    f16: f16::from_f64, f16::to_f64;
    bf16: bf16::from_f64, bf16::to_f64;
    f32: |value| value as f32, f64::from;
    f64: |value| value, |value| value;
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Option<bool> {
        match *value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
}

/// The array that a value is.
pub(crate) fn read(value: &Value, dtype: DType) -> Result<Array, String> {
    let shape = shape_of(value);
    array(&[value], &shape, shape.clone(), dtype, false)
}

/// The array whose rows these values are, all of one shape.
pub(crate) fn read_rows(rows: &[&Value], dtype: DType) -> Result<Array, String> {
    let row = rows.first().map(|first| shape_of(first)).unwrap_or_default();
    let shape = std::iter::once(rows.len()).chain(row.iter().copied()).collect();
    array(rows, &row, shape, dtype, true)
}

/// The lengths of the first list, of its first list, and so on.
fn shape_of(mut value: &Value) -> Vec<usize> {
    let mut shape = Vec::new();
    while let Value::List(list) = value {
        shape.push(list.len());
        match list.first() {
            Some(first) => value = first,
            None => break,
        }
    }
    shape
}

/// The array of `shape` whose elements are those of `values`, each of which has the shape `each`.
fn array(
    values: &[&Value],
    each: &[usize],
    shape: Vec<usize>,
    dtype: DType,
    rows: bool,
) -> Result<Array, String> {
    let reader = Reader { values, shape: each, rows };
    match dtype {
        DType::Float16 => reader.numbers::<f16>(shape),
        DType::BFloat16 => reader.numbers::<bf16>(shape),
        DType::Float32 => reader.numbers::<f32>(shape),
        DType::Float64 => reader.numbers::<f64>(shape),
        DType::Int8 => reader.numbers::<i8>(shape),
        DType::Int16 => reader.numbers::<i16>(shape),
        DType::Int32 => reader.numbers::<i32>(shape),
        DType::Int64 => reader.numbers::<i64>(shape),
        DType::UInt8 => reader.numbers::<u8>(shape),
        DType::UInt16 => reader.numbers::<u16>(shape),
        DType::UInt32 => reader.numbers::<u32>(shape),
        DType::UInt64 => reader.numbers::<u64>(shape),
        DType::Bool => reader.numbers::<bool>(shape),
        DType::String => {
            let strings = reader.elements(&bytes_of)?;
            Array::strings(shape, strings).map_err(|error| error.to_string())
        }
        other => Err(format!("there is no way to write {other} in JSON")),
    }
}

struct Reader<'a> {
    values: &'a [&'a Value],
    /// The shape of each of the values.
    shape: &'a [usize],
    /// Whether the values are rows, which messages then number.
    rows: bool,
}

impl Reader<'_> {
    fn numbers<T: FromJson + Element>(&self, shape: Vec<usize>) -> Result<Array, String> {
        let element =
            |value: &Value| T::from_json(value).ok_or_else(|| format!("{value} is no {}", T::DTYPE));
        let numbers = self.elements(&element)?;
        Array::new(shape, numbers).map_err(|error| error.to_string())
    }

    fn elements<T>(&self, element: &dyn Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut elements = Vec::new();
        let mut place = Vec::new();
        for (row, value) in self.values.iter().enumerate() {
            place.clear();
            if self.rows {
                place.push(row);
            }
            fill(value, self.shape, &mut place, element, &mut elements)?;
        }
        Ok(elements)
    }
}

/// Appends the elements of a value of this shape. `place` says where the value stands, for messages.
fn fill<T>(
    value: &Value,
    shape: &[usize],
    place: &mut Vec<usize>,
    element: &dyn Fn(&Value) -> Result<T, String>,
    elements: &mut Vec<T>,
) -> Result<(), String> {
    let wrong = |place: &[usize], what: String| {
        let mut text = String::new();
        place.iter().for_each(|place| {
            let _ = write!(text, "[{place}]");
        });
        match text.is_empty() {
            true => what,
            false => format!("at {text}: {what}"),
        }
    };
    match (value, shape.split_first()) {
        (Value::List(list), Some((&size, inner))) if list.len() == size => {
            for (i, value) in list.iter().enumerate() {
                place.push(i);
                fill(value, inner, place, element, elements)?;
                place.pop();
            }
            Ok(())
        }
        (value, Some((size, _))) => Err(wrong(
            place,
            format!("{value} stands where a list of {size}, as in the first place, was expected"),
        )),
        (Value::List(_), None) => {
            Err(wrong(place, format!("{value} stands where, as in the first place, no list was expected")))
        }
        (value, None) => {
            elements.push(element(value).map_err(|what| wrong(place, what))?);
            Ok(())
        }
    }
}

/// An array that is being written.
pub(crate) struct Written<'a> {
    shape: &'a [usize],
    elements: Elements<'a>,
}

enum Elements<'a> {
    Single(&'a [f32]),
    Double(Vec<f64>),
    Short(Vec<f64>),
    Integers(Vec<i64>),
    Unsigned(&'a [u64]),
    Bools(&'a [bool]),
    Strings(&'a [Vec<u8>], bool),
}

impl<'a> Written<'a> {
    /// An array that is called `name`: strings whose names end in `_bytes` are written in base64, as is any that is not UTF-8.
    ///
    /// # Errors
    /// When JSON has nothing for its type.
    pub(crate) fn new(name: &str, array: &'a Array) -> Result<Written<'a>, String> {
        let refused = |error: tenseur::Error| error.to_string();
        let elements = match array.dtype() {
            DType::Float32 => Elements::Single(array.as_slice().map_err(refused)?),
            DType::Float64 => Elements::Double(array.to_f64().map_err(refused)?),
            DType::Float16 | DType::BFloat16 => Elements::Short(array.to_f64().map_err(refused)?),
            DType::Bool => Elements::Bools(array.as_slice().map_err(refused)?),
            DType::UInt64 => Elements::Unsigned(array.as_slice().map_err(refused)?),
            DType::String => Elements::Strings(array.as_strings().map_err(refused)?, name.ends_with(BYTES)),
            dtype if dtype.is_integer() => Elements::Integers(array.to_i64().map_err(refused)?),
            dtype => return Err(format!("\"{name}\" is of {dtype}, for which JSON has nothing")),
        };
        Ok(Written { shape: array.shape(), elements })
    }

    /// The number of rows, if it has any.
    pub(crate) fn rows(&self) -> Option<usize> {
        self.shape.first().copied()
    }

    /// Appends the whole array.
    pub(crate) fn write(&self, out: &mut String) {
        self.write_part(self.shape, &mut 0, out);
    }

    /// Appends one row.
    pub(crate) fn write_row(&self, row: usize, out: &mut String) {
        let inner = self.shape.get(1..).unwrap_or_default();
        let mut next = row * inner.iter().product::<usize>();
        self.write_part(inner, &mut next, out);
    }

    fn write_part(&self, shape: &[usize], next: &mut usize, out: &mut String) {
        let Some((&size, inner)) = shape.split_first() else {
            self.write_element(*next, out);
            *next += 1;
            return;
        };
        out.push('[');
        for i in 0..size {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_part(inner, next, out);
        }
        out.push(']');
    }

    fn write_element(&self, place: usize, out: &mut String) {
        match &self.elements {
            Elements::Single(numbers) => write_f32(numbers[place], out),
            Elements::Double(numbers) => write_f64(numbers[place], out),
            Elements::Short(numbers) => write_f32(numbers[place] as f32, out),
            Elements::Integers(numbers) => out.push_str(&numbers[place].to_string()),
            Elements::Unsigned(numbers) => out.push_str(&numbers[place].to_string()),
            Elements::Bools(bits) => out.push_str(if bits[place] { "true" } else { "false" }),
            Elements::Strings(strings, as_bytes) => match std::str::from_utf8(&strings[place]) {
                Ok(text) if !as_bytes => write_text(text, out),
                _ => {
                    out.push_str("{\"b64\": ");
                    write_text(&BASE64.encode(&strings[place]), out);
                    out.push('}');
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use proptest::prelude::*;
    use tenseur::array;

    fn value(text: &str) -> Value {
        parse(text.as_bytes(), usize::MAX).unwrap()
    }

    fn written(name: &str, array: &Array) -> String {
        let mut text = String::new();
        Written::new(name, array).unwrap().write(&mut text);
        text
    }

    proptest! {
        #[test]
        fn arrays_come_back(dtype in 0usize..14, shape in proptest::collection::vec(1usize..4, 0..4), seed: u64) {
            let dtype = DType::all().nth(dtype).unwrap();
            let count: usize = shape.iter().product();
            let array = match dtype {
                DType::String => {
                    let string = |i: usize| (seed >> (i % 60)).to_le_bytes()[..i % 8].to_vec();
                    Array::strings(shape, (0..count).map(string)).unwrap()
                }
                dtype => {
                    let size = dtype.size().unwrap();
                    let byte = |i: usize| (seed.rotate_left((i % 64) as u32) ^ i as u64) as u8;
                    let byte = |i| if dtype == DType::Bool { byte(i) & 1 } else { byte(i) };
                    let bytes: Vec<u8> = (0..count * size).map(byte).collect();
                    Array::from_bytes(dtype, shape, &bytes).unwrap()
                }
            };
            let text = written("x", &array);
            let again = read(&value(&text), dtype).unwrap();
            let same = again == array || text.contains("NaN") && written("x", &again) == text;
            prop_assert!(same, "{text}: {again:?} {array:?}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_type() {
        for (text, dtype, fits) in [
            ("1", DType::Float32, true),
            ("16777217", DType::Float32, false),
            ("16777217", DType::Float64, true),
            ("18446744073709551615", DType::Float64, false),
            ("18446744073709551615", DType::UInt64, true),
            ("18446744073709551615", DType::Int64, false),
            ("0.1", DType::Float32, true),
            ("1e39", DType::Float32, false),
            ("1e39", DType::Float64, true),
            ("70000", DType::Float16, false),
            ("NaN", DType::Float32, true),
            ("Infinity", DType::Float16, true),
            ("1.0", DType::Int32, false),
            ("2147483648", DType::Int32, false),
            ("-1", DType::UInt8, false),
            ("256", DType::UInt8, false),
            ("true", DType::Bool, true),
            ("1", DType::Bool, false),
            ("true", DType::Int32, false),
            ("null", DType::Float32, false),
            ("\"1\"", DType::Float32, false),
            ("{\"b64\": \"YQ==\"}", DType::Float32, false),
            ("1", DType::String, false),
            ("1", DType::Complex64, false),
        ] {
            assert_eq!(read(&value(text), dtype).is_ok(), fits, "{text} as {dtype}");
        }
    }

    #[test]
    fn strings_are_texts_or_base64() {
        let read = |text| read(&value(text), DType::String).map(|array| array.as_strings().unwrap().to_vec());
        assert_eq!(
            read(r#"["é", {"b64": "/wA="}, {"b64": "/wA"}]"#).unwrap(),
            ["é".as_bytes(), b"\xff\0", b"\xff\0"]
        );
        assert!(read(r#"{"b64": "?"}"#).unwrap_err().contains("is not base64"));
        assert!(read(r#"{"b64": 1}"#).unwrap_err().contains("is no string"));
        let array = Array::strings([2], [b"a".to_vec(), b"\xff".to_vec()]).unwrap();
        assert_eq!(written("word", &array), r#"["a", {"b64": "/w=="}]"#);
        assert_eq!(written("word_bytes", &array), r#"[{"b64": "YQ=="}, {"b64": "/w=="}]"#);
    }

    #[test]
    fn what_is_ragged_is_told_with_its_place() {
        let ragged = |text| read(&value(text), DType::Float32).unwrap_err();
        assert_eq!(
            ragged("[[1, 2], [3]]"),
            "at [1]: a list of 1 stands where a list of 2, as in the first place, was expected"
        );
        assert_eq!(
            ragged("[[1, 2], [3, [4]]]"),
            "at [1][1]: a list of 1 stands where, as in the first place, no list was expected"
        );
        assert_eq!(
            ragged("[[[1]], 2]"),
            "at [1]: 2 stands where a list of 1, as in the first place, was expected"
        );
        assert_eq!(ragged("\"a\""), "the text \"a\" is no float32");
        let rows = [&value("[1, 2]"), &value("[1, true]")];
        assert_eq!(read_rows(&rows, DType::Int8).unwrap_err(), "at [1][1]: true is no int8");
        assert_eq!(read_rows(&[&value("1.5"), &value("2")], DType::Float32).unwrap(), array![1.5, 2.0]);
    }
}
