//! Lines of tables to columns: DecodeCSV.

use super::BYTES;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// A tensor for each column, of the records' shape. Inputs: records, strings, each a line; and for each column its default,
/// a scalar (or a vector of one) of the column's type, or a vector of none where a value must be there.
///
/// A field in quotes may have delimiters and line breaks in it, and quotes that are doubled; another has none of these.
#[derive(Clone, Debug)]
pub struct DecodeCsv {
    /// What stands between fields.
    pub field_delim: u8,
    /// Whether quotes have their meaning.
    pub use_quote_delim: bool,
    /// What, besides nothing, means that the default is to be taken.
    pub na_value: String,
    /// Which columns are taken, counted from 0, rising; all, if none is named.
    pub select_cols: Vec<i64>,
}

impl Default for DecodeCsv {
    fn default() -> DecodeCsv {
        DecodeCsv {
            field_delim: b',',
            use_quote_delim: true,
            na_value: String::new(),
            select_cols: Vec::new(),
        }
    }
}

/// The fields of a record, of those columns that are taken.
fn fields(record: &[u8], op: &DecodeCsv) -> Result<Vec<Vec<u8>>, Reason> {
    let (mut at, mut column, mut found) = (0, 0, Vec::new());
    let wanted = |column: i64| op.select_cols.is_empty() || op.select_cols.contains(&column);
    while at < record.len() {
        if matches!(record[at], b'\n' | b'\r') {
            at += 1;
            continue;
        }
        let quoted = op.use_quote_delim && record[at] == b'"';
        let mut field = Vec::new();
        if quoted {
            at += 1;
            let ends = |at: usize| record[at] == b'"' && record.get(at + 1) == Some(&op.field_delim);
            while at + 1 < record.len() && !ends(at) {
                if record[at] == b'"' {
                    if record[at + 1] != b'"' {
                        return Err("a quote inside a field in quotes must be doubled".into());
                    }
                    at += 1;
                }
                field.push(record[at]);
                at += 1;
            }
            let closed = record.get(at) == Some(&b'"') && (at + 1 == record.len() || ends(at));
            if !closed {
                return Err("a field in quotes ends with a quote, before a delimiter or the end".into());
            }
            at += 2;
        } else {
            while at < record.len() && record[at] != op.field_delim {
                let forbidden =
                    matches!(record[at], b'\n' | b'\r') || (op.use_quote_delim && record[at] == b'"');
                if forbidden {
                    return Err("a field without quotes has no quotes or line breaks in it".into());
                }
                field.push(record[at]);
                at += 1;
            }
            at += 1;
        }
        if wanted(column) {
            found.push(field);
            if found.len() == op.select_cols.len() {
                return Ok(found);
            }
        }
        column += 1;
    }
    // A delimiter at the end is followed by an empty field.
    if record.last() == Some(&op.field_delim) && wanted(column) {
        found.push(Vec::new());
    }
    Ok(found)
}

/// The number that a text is, if it is one.
fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.trim_ascii().parse().ok()
}

/// A column's values; `texts` has none where the default is to be taken.
fn column(
    texts: &[Option<Vec<u8>>],
    default: &Array,
    place: usize,
    shape: &crate::Shape,
) -> Result<Array, Reason> {
    fn parsed<T: crate::Element + std::str::FromStr>(
        texts: &[Option<Vec<u8>>],
        default: &Array,
        place: usize,
    ) -> Result<Vec<T>, Reason> {
        let value = |(record, text): (usize, &Option<Vec<u8>>)| match text {
            Some(text) => number(text).ok_or_else(|| {
                let text = String::from_utf8_lossy(text);
                Reason::from(format!("field {place} in record {record} is not a valid {}: {text}", T::DTYPE))
            }),
            None => Ok(default.as_slice::<T>()?[0]),
        };
        texts.iter().enumerate().map(value).collect()
    }
    Ok(match default.dtype() {
        DType::Int32 => Array::new(shape.clone(), parsed::<i32>(texts, default, place)?)?,
        DType::Int64 => Array::new(shape.clone(), parsed::<i64>(texts, default, place)?)?,
        DType::Float32 => Array::new(shape.clone(), parsed::<f32>(texts, default, place)?)?,
        DType::Float64 => Array::new(shape.clone(), parsed::<f64>(texts, default, place)?)?,
        _ => {
            let default = default.as_strings()?;
            let values = texts.iter().map(|text| text.clone().unwrap_or_else(|| default[0].clone()));
            Array::strings(shape.clone(), values)?
        }
    })
}

impl OverArrays for DecodeCsv {
    const NAME: &'static str = "DecodeCSV";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.outputs.iter().map(|fact| fact.dtype).collect();
        Attrs::new()
            .with("OUT_TYPE", types)
            .with("field_delim", vec![self.field_delim])
            .with("use_quote_delim", self.use_quote_delim)
            .with("na_value", &self.na_value[..])
            .with("select_cols", self.select_cols.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let field_delim: Vec<u8> = attrs.optional("field_delim", vec![b','])?;
        let [field_delim] = field_delim[..] else {
            return Err(
                format!("attribute \"field_delim\" should be one letter and is {field_delim:?}").into()
            );
        };
        let select_cols: Vec<i64> = attrs.optional("select_cols", Vec::new())?;
        if select_cols.first().is_some_and(|&first| first < 0) || !select_cols.is_sorted_by(|a, b| a < b) {
            return Err(format!("attribute \"select_cols\" should rise from 0 and is {select_cols:?}").into());
        }
        Ok(DecodeCsv {
            field_delim,
            use_quote_delim: attrs.optional("use_quote_delim", true)?,
            na_value: attrs.optional("na_value", String::new())?,
            select_cols,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [records, defaults @ ..] = inputs else { return Err(wrong_count(1, inputs)) };
        if records.dtype != DType::String {
            return Err(format!("records are strings, not {}", records.dtype).into());
        }
        if !self.select_cols.is_empty() && self.select_cols.len() != defaults.len() {
            let (columns, count) = (self.select_cols.len(), defaults.len());
            return Err(format!("{columns} columns are taken, and there are {count} defaults").into());
        }
        let kind = |(place, default): (usize, &&Fact)| {
            use DType::{Float32, Float64, Int32, Int64, String};
            if !matches!(default.dtype, Float32 | Float64 | Int32 | Int64 | String) {
                return Err(Reason::from(format!("a column is not of {}", default.dtype)));
            }
            match default.shape.sizes() {
                Some(&[Some(2..)] | &[_, _, ..]) => Err(format!(
                    "default {place} should be one value or none and has shape {}",
                    default.shape
                )
                .into()),
                _ => Ok(Fact::new(default.dtype, records.shape.clone())),
            }
        };
        defaults.iter().enumerate().map(kind).collect()
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (records, defaults) = (inputs[0].as_strings()?, &inputs[1..]);
        let mut columns: Vec<Vec<Option<Vec<u8>>>> = vec![Vec::new(); defaults.len()];
        for (number, record) in records.iter().enumerate() {
            let found = fields(record, self)?;
            if found.len() != defaults.len() {
                let (want, got) = (defaults.len(), found.len());
                return Err(format!("{want} fields were expected, and record {number} has {got}").into());
            }
            for (place, (field, column)) in found.into_iter().zip(&mut columns).enumerate() {
                let missing = field.is_empty() || field == self.na_value.as_bytes();
                if missing && defaults[place].is_empty() {
                    return Err(format!("field {place} is required, and missing in record {number}").into());
                }
                column.push(if missing { None } else { Some(field) });
            }
        }
        let shape = inputs[0].shape();
        let made = columns.iter().zip(defaults).enumerate();
        made.map(|(place, (texts, default))| column(texts, default, place, shape)).collect()
    }
}

impl Tensor {
    /// The columns of these lines of a table, each of its default's type; `record_defaults` are scalars, or vectors without
    /// elements where a value must be there.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let lines = tf.constant(array!["1,\"a, b\"", ",c"]);
    /// let columns = lines.decode_csv(&[tf.constant(0.5), tf.constant(array!["none"])]);
    /// let (numbers, words) = Session::new(&tf)?.run((&columns[0], &columns[1]), feeds![])?;
    /// assert_eq!(numbers, array![1.0, 0.5]);
    /// assert_eq!(words, array!["a, b", "c"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn decode_csv(&self, record_defaults: &[Tensor]) -> Vec<Tensor> {
        let inputs: Vec<&Tensor> = std::iter::once(self).chain(record_defaults).collect();
        let op = self.graph().add_op(ByArrays(DecodeCsv::default()), &inputs, None);
        (0..record_defaults.len()).map(|column| op.output(column)).collect()
    }
}

pub(in crate::ops) fn decode_csv_cases() -> Vec<Case> {
    let records = crate::array!["1,2.5,\"a \"\"b\"\", c\"", "-7,,x", ",1e3,"];
    let defaults = [Array::scalar(9i32), Array::scalar(0.5f32), crate::array!["none"]];
    let feeds: Vec<Array> = [records].into_iter().chain(defaults).collect();
    vec![
        Case::fed("three types", feeds, |_, x| x[0].decode_csv(&x[1..])).expecting([
            crate::array![1, -7, 9],
            crate::array![2.5, 0.5, 1000.0],
            crate::array!["a \"b\", c", "x", "none"],
        ]),
        Case::fed("a column", [crate::array!["a;b;c"], crate::array![""]], |tf, x| {
            let op = DecodeCsv { field_delim: b';', select_cols: vec![1], ..DecodeCsv::default() };
            vec![tf.add(ByArrays(op), &[&x[0], &x[1]])]
        })
        .expecting([crate::array!["b"]]),
    ]
}
