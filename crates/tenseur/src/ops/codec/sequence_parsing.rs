//! Records of sequences for programs that build a graph.

use super::example::ParsedFeature;
use super::sequence::{BATCH, Lists, ParseSequenceExample};
use crate::graph::{Operation, Tensor};
use crate::ops::by_arrays::ByArrays;
use crate::value::{Array, DType};

/// What [`parse_sequence_example`](Tensor::parse_sequence_example) gives, feature by feature.
#[derive(Clone, Debug)]
pub struct ParsedSequences {
    /// Of the context: of fixed length a tensor `[records, …]`; of variable length the indices, values and shape of a sparse
    /// one `[records, values]`.
    pub context: Vec<Vec<Tensor>>,
    /// Of the steps: of fixed length a tensor `[records, steps, …]`, with zeros behind a record's last step, and how many steps
    /// each record has, `[records]`; of variable length the three parts of a sparse tensor `[records, steps, values]`.
    pub steps: Vec<Vec<Tensor>>,
}

/// The features as lists, their keys (of sparse ones, and of dense ones) and the dense ones' defaults.
fn lists(features: &[ParsedFeature]) -> (Lists, [Vec<Vec<u8>>; 2], Vec<Array>) {
    let (mut lists, mut keys, mut defaults) = (Lists::default(), [const { Vec::new() }; 2], Vec::new());
    for feature in features {
        match feature {
            ParsedFeature::VariableLength { key, dtype } => {
                lists.sparse.push(*dtype);
                keys[0].push(key.as_bytes().to_vec());
            }
            ParsedFeature::FixedLength { key, shape, default } => {
                lists.dense.push(default.dtype());
                lists.dense_shapes.push(shape.clone());
                keys[1].push(key.as_bytes().to_vec());
                defaults.push(default.clone());
            }
        }
    }
    (lists, keys, defaults)
}

/// The outputs of a node from `first` on, feature by feature; a dense one has `parts` of them.
fn by_feature(node: &Operation, first: usize, features: &[ParsedFeature], parts: usize) -> Vec<Vec<Tensor>> {
    let is_sparse = |feature: &&ParsedFeature| matches!(feature, ParsedFeature::VariableLength { .. });
    let sparse = features.iter().filter(is_sparse).count();
    let dense = features.len() - sparse;
    let (mut next_sparse, mut next_dense) = (first, first + 3 * sparse);
    let mut outputs = |feature: &ParsedFeature| match feature {
        ParsedFeature::VariableLength { .. } => {
            next_sparse += 1;
            (0..3).map(|part| node.output(next_sparse - 1 + part * sparse)).collect()
        }
        ParsedFeature::FixedLength { .. } => {
            next_dense += 1;
            (0..parts).map(|part| node.output(next_dense - 1 + part * dense)).collect()
        }
    };
    features.iter().map(&mut outputs).collect()
}

impl Tensor {
    /// What `context` and `steps` name of these records, a vector of strings, each the bytes of a `tf.SequenceExample`. A feature
    /// of the steps with fixed length has the shape of one step; a record need not have it if its default has elements.
    ///
    /// ```
    /// use tenseur::data::SequenceExample;
    /// use tenseur::ops::codec::example::ParsedFeature;
    /// use tenseur::prelude::*;
    /// let verse = SequenceExample::default().with_steps("word", ["veni", "vidi", "vici"]);
    /// let tf = Graph::new();
    /// let records = tf.constant(Array::strings([1], [verse.to_bytes()])?);
    /// let required = Array::zeros(DType::String, [0])?;
    /// let word = ParsedFeature::FixedLength { key: "word".into(), shape: ().into(), default: required };
    /// let parsed = records.parse_sequence_example(&[], &[word]);
    /// let (words, counts) = Session::new(&tf)?.run((&parsed.steps[0][0], &parsed.steps[0][1]), feeds![])?;
    /// assert_eq!(words, array![["veni", "vidi", "vici"]]);
    /// assert_eq!(counts.item::<i64>()?, 3);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn parse_sequence_example(
        &self,
        context: &[ParsedFeature],
        steps: &[ParsedFeature],
    ) -> ParsedSequences {
        let tf = self.graph();
        let (context_lists, [context_sparse, context_dense], defaults) = lists(context);
        let (step_lists, [step_sparse, step_dense], step_defaults) = lists(steps);
        let may_be_missing = step_dense.iter().zip(&step_defaults).filter(|(_, default)| !default.is_empty());
        let op = ParseSequenceExample::<BATCH> {
            may_be_missing: may_be_missing.map(|(key, _)| key.clone()).collect(),
            context: context_lists,
            steps: step_lists,
            keys: [context_sparse, context_dense, step_sparse, step_dense],
        };
        let names = match Array::zeros(DType::String, [0]) {
            Ok(none) => tf.constant(none),
            Err(error) => tf.fail(error),
        };
        let defaults: Vec<Tensor> = defaults.into_iter().map(|default| tf.constant(default)).collect();
        let inputs: Vec<&Tensor> = [self, &names].into_iter().chain(&defaults).collect();
        let node = tf.add_op(ByArrays(op), &inputs, None);
        let of_context: usize = context
            .iter()
            .map(|feature| match feature {
                ParsedFeature::VariableLength { .. } => 3,
                ParsedFeature::FixedLength { .. } => 1,
            })
            .sum();
        ParsedSequences {
            context: by_feature(&node, 0, context, 1),
            steps: by_feature(&node, of_context, steps, 2),
        }
    }
}
