//! Numbers from text (StringToNumber) and as text (AsString).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::complex::{Complex, numbers};
use crate::ops::text::printf::Format;
use crate::ops::text::{TEXT, each_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, Element};

/// The number that each string says; spaces around it do not count.
#[derive(Clone, Debug)]
pub struct StringToNumber {
    /// The type of the numbers.
    pub out_type: DType,
}

impl OverArrays for StringToNumber {
    const NAME: &'static str = "StringToNumber";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        use DType::*;
        match attrs.optional("out_type", Float32)? {
            out_type @ (Float32 | Float64 | Int32 | Int64 | UInt32 | UInt64) => {
                Ok(StringToNumber { out_type })
            }
            other => Err(format!("attribute \"out_type\" is {other}; text becomes 32 or 64 bits").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, self.out_type)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let numbers = match self.out_type {
            DType::Float64 => parsed(&inputs[0], |text| text.parse().ok().or_else(|| unusual(text))),
            DType::Int32 => parsed::<i32>(&inputs[0], |text| text.parse().ok()),
            DType::Int64 => parsed::<i64>(&inputs[0], |text| text.parse().ok()),
            DType::UInt32 => parsed::<u32>(&inputs[0], |text| text.parse().ok()),
            DType::UInt64 => parsed::<u64>(&inputs[0], |text| text.parse().ok()),
            _ => parsed(&inputs[0], |text| text.parse().ok().or_else(|| unusual(text).map(|x| x as f32))),
        };
        Ok(vec![numbers?])
    }
}

/// A number with a fraction as few write it: in base sixteen, `0x1.8p3`, or what is none with a remark, `nan(1)`.
fn unusual(text: &str) -> Option<f64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.to_ascii_lowercase();
    if let Some(remark) = rest.strip_prefix("nan(").and_then(|rest| rest.strip_suffix(')')) {
        let fits = remark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        return fits.then_some(f64::NAN);
    }
    let rest = rest.strip_prefix("0x")?;
    let (digits, exponent) = match rest.split_once('p') {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut number, mut shift) = (0u64, i64::from(exponent) - 4 * fraction.len() as i64);
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        // What lies beyond the bits of a number counts only by being there.
        match number >> 58 {
            0 => number = number << 4 | digit,
            _ => (number, shift) = (number | u64::from(digit != 0), shift + 4),
        }
    }
    // In two steps, so that neither power is out of range where the number is not.
    let shift = shift.clamp(-4000, 4000) as i32;
    Some(sign * number as f64 * 2f64.powi(shift / 2) * 2f64.powi(shift - shift / 2))
}

fn parsed<T: Element>(texts: &Array, parse: impl Fn(&str) -> Option<T>) -> Result<Array, Reason> {
    let parse = |text: &Vec<u8>| {
        let number = std::str::from_utf8(text).ok().and_then(|text| parse(text.trim()));
        number.ok_or_else(|| {
            Reason::from(format!("\"{}\" is no number of type {}", String::from_utf8_lossy(text), T::DTYPE))
        })
    };
    let numbers = texts.as_strings()?.iter().map(parse).collect::<Result<Vec<T>, _>>()?;
    Ok(Array::new(texts.shape().clone(), numbers)?)
}

/// Each number as text, as printf writes it; booleans as `true` and `false`.
#[derive(Clone, Debug)]
pub struct AsString {
    /// How.
    pub format: Format,
}

impl OverArrays for AsString {
    const NAME: &'static str = "AsString";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let Format { precision, scientific, shortest, width, fill } = &self.format;
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("fill", fill.as_str())
            .with("precision", *precision)
            .with("scientific", *scientific)
            .with("shortest", *shortest)
            .with("width", *width)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let format = Format {
            precision: attrs.optional("precision", -1)?,
            scientific: attrs.optional("scientific", false)?,
            shortest: attrs.optional("shortest", false)?,
            width: attrs.optional("width", -1)?,
            fill: attrs.optional("fill", String::new())?,
        };
        if format.scientific && format.shortest {
            return Err("attributes \"scientific\" and \"shortest\" exclude each other".into());
        }
        if !matches!(&format.fill[..], "" | " " | "+" | "-" | "0" | "#") {
            return Err(format!("attribute \"fill\" is \"{}\"; it is a flag of printf", format.fill).into());
        }
        // No number is longer; a file could ask for any.
        if format.precision > 4096 || format.width > 4096 {
            return Err("attributes \"precision\" and \"width\" are at most 4096".into());
        }
        Ok(AsString { format })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if x.dtype.size().is_none() && x.dtype != DType::String {
            return Err(format!("it does not write {}", x.dtype).into());
        }
        let with_point = self.format.precision >= 0 || self.format.scientific || self.format.shortest;
        let pointless = x.dtype.is_integer() || x.dtype == DType::Bool;
        match with_point && pointless {
            true => Err(format!("a precision is for floats, not for {}", x.dtype).into()),
            false => Ok(Fact::new(DType::String, x.shape.clone()).one()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let x = &inputs[0];
        let texts: Vec<String> = match x.dtype() {
            DType::String => return Ok(vec![x.clone()]),
            DType::Bool => x.as_slice::<bool>()?.iter().map(bool::to_string).collect(),
            DType::UInt64 => x.as_slice::<u64>()?.iter().map(|&x| self.format.integer(x.into())).collect(),
            dtype if dtype.is_integer() => {
                x.to_i64()?.into_iter().map(|x| self.format.integer(x.into())).collect()
            }
            dtype if dtype.is_complex() => {
                let text = |z: Complex| format!("({},{})", self.format.float(z.re), self.format.float(z.im));
                numbers(x)?.into_iter().map(text).collect()
            }
            _ => x.to_f64()?.into_iter().map(|x| self.format.float(x)).collect(),
        };
        Ok(vec![Array::strings(x.shape().clone(), texts)?])
    }
}

impl Tensor {
    /// The numbers that its strings say (`tf.string_to_number`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array!["1.5", " -2 "]).string_to_number(DType::Float32);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![1.5, -2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn string_to_number(&self, dtype: DType) -> Tensor {
        self.graph().add(ByArrays(StringToNumber { out_type: dtype }), &[self])
    }

    /// Its numbers as text (`tf.as_string`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![7, -12]).as_string();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array!["7", "-12"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn as_string(&self) -> Tensor {
        let fill = String::new();
        let format = Format { precision: -1, scientific: false, shortest: false, width: -1, fill };
        self.graph().add(ByArrays(AsString { format }), &[self])
    }
}

pub(in crate::ops) fn string_to_number_cases() -> Vec<Case> {
    let build = |dtype| move |_: &crate::Graph, x: &[Tensor]| vec![x[0].string_to_number(dtype)];
    vec![
        Case::fed("floats", [array!["1.5", " -2e3", "inf"]], build(DType::Float32)).expecting([array![
            1.5,
            -2000.0,
            f32::INFINITY
        ]]),
        Case::fed("integers", [array![["12"], ["-7"]]], build(DType::Int64))
            .expecting([as_type(array![[12], [-7]], DType::Int64)]),
        Case::fed("doubles", [array!["0.1"]], build(DType::Float64)),
    ]
}

pub(in crate::ops) fn as_string_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].as_string()];
    vec![
        Case::fed("integers", [array![[7, -12]]], build).expecting([array![["7", "-12"]]]),
        Case::fed("floats", [array![0.5, f32::NAN]], build).expecting([array!["0.500000", "nan"]]),
        Case::fed("booleans", [array![true, false]], build).expecting([array!["true", "false"]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn text_that_is_no_number_is_named() {
        for (text, dtype) in [("1.5x", DType::Float32), ("3000000000", DType::Int32), ("", DType::Float64)] {
            let tf = Graph::new();
            let y = tf.constant(array![text]).string_to_number(dtype);
            let error = Session::new(&tf).and_then(|sess| sess.run(&y, feeds![])).unwrap_err();
            assert!(error.message().contains(&format!("\"{text}\" is no number of type {dtype}")), "{error}");
        }
    }
}
