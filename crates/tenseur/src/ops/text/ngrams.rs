//! n-grams: neighbouring strings of a row, joined.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_index, must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, must_be_strings};
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType, PartialShape, room};

/// The n-grams of rows of strings: inputs are the strings, behind each other, and where rows begin, and the end; outputs are the
/// n-grams and where theirs begin. Of each row come those of the first width, then those of the second, ….
#[derive(Clone, Debug)]
pub struct StringNGrams {
    /// What stands between strings that are joined.
    pub separator: Vec<u8>,
    /// How many strings are joined.
    pub ngram_widths: Vec<i64>,
    /// What stands before a row where there is room for it.
    pub left_pad: Vec<u8>,
    /// What stands behind a row.
    pub right_pad: Vec<u8>,
    /// How many of these there are, at most one less than are joined; as many as that where it is negative.
    pub pad_width: i64,
    /// Whether a row that is too short for any n-gram gives one of all it has.
    pub preserve_short_sequences: bool,
}

/// No row is longer.
const LONGEST: i64 = i32::MAX as i64;

impl StringNGrams {
    fn padding(&self, width: i64) -> i64 {
        if self.pad_width < 0 { width - 1 } else { self.pad_width.min(width - 1) }
    }

    /// How many n-grams of a width there are.
    fn count(&self, length: usize, width: i64) -> i64 {
        (length as i64 + 2 * self.padding(width) - width + 1).max(0)
    }

    /// N-gram `index` of `count` of a row.
    fn joined(&self, row: &[Vec<u8>], width: i64, index: i64, count: i64) -> Result<Vec<u8>, Reason> {
        let padding = self.padding(width);
        let left = (padding - index).max(0);
        let right = (padding - (count - index - 1)).max(0);
        let strings = (width - left - right).max(0) as usize;
        let first = if left > 0 { 0 } else { (index - padding).max(0) as usize };
        let row = row.get(first..first + strings).ok_or("an n-gram is longer than its row")?;
        let times =
            |pad: &Vec<u8>, times: i64| (pad.len() + self.separator.len()).saturating_mul(times as usize);
        let own: usize = row.iter().map(|string| string.len() + self.separator.len()).sum();
        let size =
            own.saturating_add(times(&self.left_pad, left)).saturating_add(times(&self.right_pad, right));
        let mut joined: Vec<u8> = room(size)?;
        let pads = |pad, count: i64| std::iter::repeat_n(pad, count as usize);
        let parts = pads(&self.left_pad, left).chain(row).chain(pads(&self.right_pad, right));
        for (place, part) in parts.enumerate() {
            if place > 0 {
                joined.extend(&self.separator);
            }
            joined.extend(part);
        }
        Ok(joined)
    }
}

impl OverArrays for StringNGrams {
    const NAME: &'static str = "StringNGrams";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Tsplits", node.inputs[1].dtype)
            .with("left_pad", self.left_pad.clone())
            .with("ngram_widths", self.ngram_widths.clone())
            .with("pad_width", self.pad_width)
            .with("preserve_short_sequences", self.preserve_short_sequences)
            .with("right_pad", self.right_pad.clone())
            .with("separator", self.separator.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (pad_width, ngram_widths): (i64, Vec<i64>) =
            (attrs.require("pad_width")?, attrs.require("ngram_widths")?);
        if let Some(other) = ngram_widths.iter().find(|width| **width > LONGEST) {
            return Err(format!("attribute \"ngram_widths\" has {other}, which is too large").into());
        }
        if pad_width > LONGEST {
            return Err(format!("attribute \"pad_width\" is {pad_width}, which is too large").into());
        }
        Ok(StringNGrams {
            separator: attrs.require("separator")?,
            ngram_widths,
            left_pad: attrs.require("left_pad")?,
            right_pad: attrs.require("right_pad")?,
            pad_width,
            preserve_short_sequences: attrs.require("preserve_short_sequences")?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [strings, splits] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(strings)?;
        must_be_vector(strings, "the strings")?;
        must_be_index(splits, "splits")?;
        must_be_vector(splits, "splits")?;
        let splits = Fact::new(splits.dtype, splits.shape.clone());
        Ok([Fact::new(DType::String, PartialShape::of_rank(1)), splits].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        if let Some(width) = self.ngram_widths.iter().find(|width| **width <= 0) {
            return Err(format!("ngram_widths are above 0, and one is {width}").into());
        }
        let (strings, splits) = (inputs[0].as_strings()?, inputs[1].to_i64()?);
        let rises = splits.windows(2).all(|pair| pair[0] <= pair[1]);
        let whole = splits.first() == Some(&0) && splits.last() == Some(&(strings.len() as i64));
        if !(splits.is_empty() || whole && rises) {
            return Err(format!("splits rise from 0 to {}, and are {splits:?}", strings.len()).into());
        }
        // Without rows TensorFlow gives as many empty strings as there are strings.
        if splits.is_empty() {
            return Ok(vec![Array::zeros(DType::String, inputs[0].shape().clone())?, inputs[1].clone()]);
        }
        let (mut ngrams, mut places): (Vec<Vec<u8>>, Vec<i64>) = (Vec::new(), vec![0; splits.len().min(1)]);
        for pair in splits.windows(2) {
            let row = &strings[pair[0] as usize..pair[1] as usize];
            let first = ngrams.len();
            for &width in self.ngram_widths.iter().filter(|_| !strings.is_empty()) {
                let count = self.count(row.len(), width);
                ngrams.try_reserve(count as usize).map_err(|_| "the n-grams do not fit into memory")?;
                for index in 0..count {
                    ngrams.push(self.joined(row, width, index, count)?);
                }
            }
            if self.preserve_short_sequences && ngrams.len() == first && !row.is_empty() {
                if self.pad_width < 0 {
                    return Err(
                        "pad_width is 0 or more where short rows are kept and there are no widths".into()
                    );
                }
                ngrams.push(self.joined(row, row.len() as i64 + 2 * self.pad_width, 0, 1)?);
            }
            places.push(ngrams.len() as i64);
        }
        let places = match inputs[1].dtype() {
            DType::Int32 => Array::new([places.len()], places.iter().map(|&x| x as i32).collect::<Vec<_>>())?,
            _ => Array::new([places.len()], places)?,
        };
        Ok(vec![Array::strings([ngrams.len()], ngrams)?, places])
    }
}

pub(in crate::ops) fn string_ngrams_cases() -> Vec<Case> {
    vec![
        Case::fed("pairs", [array!["a", "b", "c"], as_type(array![0, 3, 3], DType::Int64)], |tf, x| {
            let attrs = Attrs::new()
                .with("separator", " ")
                .with("ngram_widths", vec![2i64])
                .with("left_pad", "<")
                .with("right_pad", ">")
                .with("pad_width", -1i64)
                .with("preserve_short_sequences", Attr::Bool(false));
            let op = StringNGrams::from_attrs(&attrs).expect("all attributes are there");
            let node = tf.add_op(ByArrays(op), &[&x[0], &x[1]], None);
            vec![node.output(0), node.output(1)]
        })
        .expecting([array!["< a", "a b", "b c", "c >", "< >"], as_type(array![0, 4, 5], DType::Int64)]),
    ]
}
