//! Cases of records of sequences: some lists of each type, in the context and in steps.

use std::collections::BTreeMap;

use super::sequence::{BATCH, BATCH_V2, Lists, ParseSequenceExample, SINGLE};
use crate::array;
use crate::conformance::Case;
use crate::formats::proto::example::{
    BytesList, Feature, FeatureKind, FeatureList, FeatureLists, Features, Int64List, SequenceExample,
};
use crate::graph::{Graph, Tensor};
use crate::ops::by_arrays::ByArrays;
use crate::value::{Array, DType, PartialShape};
use prost::Message;

/// The bytes of a record whose context has a length, and whose steps have pairs of integers and any number of words.
fn record(length: i64, pairs: &[[i64; 2]], words: &[&[&str]]) -> Vec<u8> {
    let integers =
        |value: &[i64]| Feature { kind: Some(FeatureKind::Integers(Int64List { value: value.to_vec() })) };
    let strings = |words: &&[&str]| Feature {
        kind: Some(FeatureKind::Bytes(BytesList {
            value: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        })),
    };
    let pairs = FeatureList { feature: pairs.iter().map(|pair| integers(pair)).collect() };
    let words = FeatureList { feature: words.iter().map(strings).collect() };
    SequenceExample {
        context: Some(Features { feature: BTreeMap::from([("length".to_string(), integers(&[length]))]) }),
        feature_lists: Some(FeatureLists {
            feature_list: BTreeMap::from([("pairs".to_string(), pairs), ("words".to_string(), words)]),
        }),
    }
    .encode_to_vec()
}

fn two_records() -> Array {
    let records =
        [record(3, &[[1, 2], [3, 4], [5, 6]], &[&["a"], &[], &["b", "c"]]), record(1, &[[7, 8]], &[&["d"]])];
    Array::strings([2], records).expect("two records")
}

/// The op that takes the length and the pairs as dense lists, the words as a sparse one or a ragged one.
fn op<const FORM: u8>() -> ParseSequenceExample<FORM> {
    let ragged = FORM == BATCH_V2;
    let context =
        Lists { dense: vec![DType::Int64], dense_shapes: vec![PartialShape::scalar()], ..Lists::default() };
    let steps = Lists {
        sparse: if ragged { Vec::new() } else { vec![DType::String] },
        dense: vec![DType::Int64],
        dense_shapes: vec![[2].into()],
        ragged: if ragged { vec![(DType::String, DType::Int32)] } else { Vec::new() },
    };
    let key = |key: &str| vec![key.as_bytes().to_vec()];
    let keys = match FORM {
        BATCH => [Vec::new(), key("length"), key("words"), key("pairs")],
        _ => [const { Vec::new() }; 4],
    };
    ParseSequenceExample { context, steps, keys, may_be_missing: Vec::new() }
}

fn built<const FORM: u8>(tf: &Graph, inputs: &[&Tensor], outputs: usize) -> Vec<Tensor> {
    let node = tf.add_op(ByArrays(op::<FORM>()), inputs, None);
    (0..outputs).map(|output| node.output(output)).collect()
}

fn integers(array: Array) -> Array {
    crate::conformance::as_type(array, DType::Int64)
}

pub(super) fn single_cases() -> Vec<Case> {
    let one = two_records().rows(0, 1).and_then(|one| one.reshape([])).expect("a record");
    let build = |tf: &Graph, x: &[Tensor]| {
        let word = |word: &str| tf.constant(Array::strings([], [word]).expect("a word"));
        let (none, no_default) = (
            tf.constant(Array::from_literal([""; 0])),
            tf.constant(Array::zeros(DType::Int64, [0]).expect("none")),
        );
        let keys = [word("length"), word("words"), word("pairs"), word("")];
        let [length, words, pairs, name] = &keys;
        built::<SINGLE>(tf, &[&x[0], &none, length, words, pairs, &no_default, name], 5)
    };
    vec![Case::fed("one", [one], build).expecting([
        integers(Array::scalar(3)),
        integers(array![[0, 0], [2, 0], [2, 1]]),
        array!["a", "b", "c"],
        integers(array![3, 2]),
        integers(array![[1, 2], [3, 4], [5, 6]]),
    ])]
}

pub(super) fn batch_cases() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| {
        let none = tf.constant(Array::from_literal([""; 0]));
        let no_default = tf.constant(Array::zeros(DType::Int64, [0]).expect("none"));
        built::<BATCH>(tf, &[&x[0], &none, &no_default], 6)
    };
    vec![Case::fed("two", [two_records()], build).expecting([
        integers(array![3, 1]),
        integers(array![[0, 0, 0], [0, 2, 0], [0, 2, 1], [1, 0, 0]]),
        array!["a", "b", "c", "d"],
        integers(array![2, 3, 2]),
        integers(array![[[1, 2], [3, 4], [5, 6]], [[7, 8], [0, 0], [0, 0]]]),
        integers(array![3, 1]),
    ])]
}

pub(super) fn batch_v2_cases() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| {
        let words = |words: &[&str]| {
            tf.constant(Array::strings([words.len()], words.iter().copied()).expect("some words"))
        };
        let keys = [words(&[]), words(&["length"]), words(&["pairs"]), words(&["words"])];
        let [none, length, pairs, ragged] = &keys;
        let required = tf.constant(Array::new([1], [false]).expect("one"));
        let no_default = tf.constant(Array::zeros(DType::Int64, [0]).expect("none"));
        let inputs = [&x[0], none, none, length, none, none, pairs, ragged, &required, &no_default];
        built::<BATCH_V2>(tf, &inputs, 6)
    };
    vec![Case::fed("two", [two_records()], build).expecting([
        integers(array![3, 1]),
        integers(array![[[1, 2], [3, 4], [5, 6]], [[7, 8], [0, 0], [0, 0]]]),
        integers(array![3, 1]),
        array!["a", "b", "c", "d"],
        array![0, 3, 4],
        array![0, 1, 1, 3, 4],
    ])]
}
