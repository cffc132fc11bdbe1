//! Ops that make of tensors what TensorBoard shows: each gives a scalar string, the bytes of a `Summary` message.
//!
//! - [`scalar`]: numbers, the join of several summaries, and tensors as they are;
//! - [`histogram`]: how numbers are spread;
//! - [`image`], [`audio`]: pictures and sounds.
//!
//! Programs use [`summary`](crate::summary).

pub mod audio;
pub mod histogram;
pub mod image;
pub mod scalar;

use prost::Message;

use crate::error::Reason;
use crate::formats::proto::summary::{Summary, SummaryKind, SummaryValue};
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::value::{Array, DType, PartialShape};

/// Why no gradient goes through a summary.
const BYTES: &str = "bytes do not change a little";

/// The fact of a summary.
fn one_string() -> Facts {
    Fact::new(DType::String, PartialShape::scalar()).one()
}

/// The message as an op's output.
fn given(values: Vec<SummaryValue>) -> Result<Vec<Array>, Reason> {
    Ok(vec![Array::strings([], [Summary { value: values }.encode_to_vec()])?])
}

/// A value under a tag.
pub(crate) fn value(tag: impl Into<String>, kind: SummaryKind) -> SummaryValue {
    SummaryValue { tag: tag.into(), value: Some(kind), ..SummaryValue::default() }
}

/// The tag, which is a scalar string.
fn tag_of(tag: &Array) -> Result<String, Reason> {
    let [tag] = tag.as_strings()? else { return Err("the tag must be a scalar".into()) };
    Ok(String::from_utf8_lossy(tag).into_owned())
}

/// The first input is the tag, and there are `count` inputs.
fn check_tag(inputs: &[&Fact], count: usize) -> Result<(), Reason> {
    if inputs.len() != count {
        return Err(wrong_count(count, inputs));
    }
    match inputs[0].dtype == DType::String && inputs[0].shape.accepts(&crate::value::Shape::scalar()) {
        true => Ok(()),
        false => {
            Err(format!("the tag is a scalar string, not {} {}", inputs[0].dtype, inputs[0].shape).into())
        }
    }
}

/// A number type that is no complex one.
fn is_real(dtype: DType) -> bool {
    dtype.size().is_some() && !matches!(dtype, DType::Bool | DType::Complex64 | DType::Complex128)
}

/// The tags of several pictures or sounds: one is called `tag/kind`, of several each `tag/kind/number`.
fn numbered(tag: &str, kind: &str, most: i64, number: usize) -> String {
    if most == 1 { format!("{tag}/{kind}") } else { format!("{tag}/{kind}/{number}") }
}
