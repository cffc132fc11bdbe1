//! Numbers, tensors, and the join of summaries: ScalarSummary, TensorSummaryV2, MergeSummary.

use std::collections::HashSet;

use prost::Message;

use super::{BYTES, check_tag, given, is_real, one_string, tag_of, value};
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::formats::proto::summary::{Summary, SummaryKind, SummaryMetadata, SummaryValue};
use crate::formats::tensor_proto::proto_from_array;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Numbers, each under its tag.
#[derive(Clone, Debug)]
pub struct ScalarSummary;

impl OverArrays for ScalarSummary {
    const NAME: &'static str = "ScalarSummary";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ScalarSummary)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [tags, values] = inputs else { return Err(wrong_count(2, inputs)) };
        if tags.dtype != DType::String || !is_real(values.dtype) {
            return Err(
                format!("it takes strings and numbers, not {} and {}", tags.dtype, values.dtype).into()
            );
        }
        if tags.shape.merge(&values.shape).is_none() {
            let why = format!("there are tags {} for values {}: one for each", tags.shape, values.shape);
            return Err(why.into());
        }
        Ok(one_string())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (tags, values) = (inputs[0].as_strings()?, inputs[1].to_f64()?);
        if inputs[0].shape() != inputs[1].shape() {
            let (tags, values) = (inputs[0].shape(), inputs[1].shape());
            return Err(format!("there are tags {tags} for values {values}: one for each").into());
        }
        let number = |(tag, number): (&Vec<u8>, f64)| {
            value(String::from_utf8_lossy(tag), SummaryKind::Simple(number as f32))
        };
        given(tags.iter().zip(values).map(number).collect())
    }
}

/// A tensor as it is, for what the metadata names: texts are such.
#[derive(Clone, Debug)]
pub struct TensorSummaryV2;

impl OverArrays for TensorSummaryV2 {
    const NAME: &'static str = "TensorSummaryV2";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(TensorSummaryV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        check_tag(inputs, 3)?;
        if inputs[2].dtype != DType::String {
            return Err(format!("the metadata is a string, not {}", inputs[2].dtype).into());
        }
        Ok(one_string())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [metadata] = inputs[2].as_strings()? else { return Err("the metadata must be a scalar".into()) };
        let metadata = SummaryMetadata::decode(metadata.as_slice())
            .map_err(|error| format!("the metadata is damaged: {error}"))?;
        let kind = SummaryKind::Tensor(proto_from_array(&inputs[1]));
        let tensor = SummaryValue { metadata: Some(metadata), ..value(tag_of(&inputs[0])?, kind) };
        given(vec![tensor])
    }
}

/// The values of several summaries as one.
#[derive(Clone, Debug)]
pub struct MergeSummary;

impl OverArrays for MergeSummary {
    const NAME: &'static str = "MergeSummary";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("N", node.inputs.len() as i64)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        attrs.require::<i64>("N").map(|_| MergeSummary)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.iter().find(|input| input.dtype != DType::String) {
            _ if inputs.is_empty() => Err("it takes one summary or more".into()),
            Some(other) => Err(format!("summaries are strings, not {}", other.dtype).into()),
            None => Ok(one_string()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let mut all = Vec::new();
        for input in inputs {
            for bytes in input.as_strings()? {
                let summary = Summary::decode(bytes.as_slice()).map_err(|error| {
                    Reason::new(Code::InvalidArgument, format!("an input is no summary: {error}"))
                })?;
                all.extend(summary.value);
            }
        }
        let mut tags = HashSet::new();
        match all.iter().find(|value| !value.tag.is_empty() && !tags.insert(value.tag.clone())) {
            Some(twice) => Err(format!("two of the summaries are called \"{}\"", twice.tag).into()),
            None => given(all),
        }
    }
}

pub(in crate::ops) fn scalar_cases() -> Vec<Case> {
    let loss = Array::strings([], ["loss"]).expect("a scalar");
    let two = Array::strings([2], ["a", "b"]).expect("two");
    // Field 1 (a value): tag 1 "loss", then field 2, the float 0.5.
    let bytes = b"\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f".to_vec();
    let nothing = |dtype| Array::zeros(dtype, [0]).expect("no elements");
    let add = |tf: &crate::Graph, x: &[crate::Tensor]| vec![tf.add(ByArrays(ScalarSummary), &[&x[0], &x[1]])];
    vec![
        Case::fed("one", [loss, Array::scalar(0.5f32)], add)
            .expecting([Array::strings([], [bytes]).expect("a scalar")]),
        Case::fed("several", [two, crate::array![1, -2]], add),
        Case::fed("none", [nothing(DType::String), nothing(DType::Float64)], add),
    ]
}

pub(in crate::ops) fn tensor_cases() -> Vec<Case> {
    let metadata = SummaryMetadata { display_name: "words".into(), ..SummaryMetadata::default() };
    let metadata = Array::strings([], [metadata.encode_to_vec()]).expect("a scalar");
    let tag = || Array::strings([], ["t"]).expect("a scalar");
    let add = |tf: &crate::Graph, x: &[crate::Tensor]| {
        vec![tf.add(ByArrays(TensorSummaryV2), &[&x[0], &x[1], &x[2]])]
    };
    let words = Array::strings([2], ["a", "b"]).expect("two");
    vec![
        Case::fed("strings", [tag(), words, metadata.clone()], add),
        Case::fed("numbers", [tag(), crate::array![[1.0, 2.0]], metadata], add),
    ]
}

pub(in crate::ops) fn merge_cases() -> Vec<Case> {
    let summary = |tag: &str| Summary { value: vec![value(tag, SummaryKind::Simple(1.0))] }.encode_to_vec();
    let (a, b) = (summary("a"), summary("b"));
    let both = Array::strings([], [[a.clone(), b.clone()].concat()]).expect("a scalar");
    let one = |bytes: Vec<u8>| Array::strings([], [bytes]).expect("a scalar");
    vec![
        Case::fed("two", [one(a), one(b)], |tf, x| vec![tf.add(ByArrays(MergeSummary), &[&x[0], &x[1]])])
            .expecting([both]),
        Case::fed("one of nothing", [one(Vec::new())], |tf, x| {
            vec![tf.add(ByArrays(MergeSummary), &[&x[0]])]
        }),
    ]
}
