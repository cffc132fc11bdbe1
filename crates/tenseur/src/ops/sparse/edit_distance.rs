//! How far sequences are from others: the least number of elements to put in, take out or change (EditDistance).
//!
//! V. Levenshtein, *Binary codes capable of correcting deletions, insertions, and reversals*, 1966.

use std::collections::BTreeMap;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::{Places, SparseTensor, parts};
use crate::ops::unique::keys;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The distance between the sequences along the last axes of two sparse tensors, the first three inputs and the other three:
/// a float32 for each pair.
#[derive(Clone, Debug)]
pub struct EditDistance {
    /// Whether distances are divided by the lengths of the second sequences.
    pub normalize: bool,
}

impl OverArrays for EditDistance {
    const NAME: &'static str = "EditDistance";
    const NO_GRADIENT: &'static str = "a distance of sequences does not change a little";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("normalize", self.normalize)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(EditDistance { normalize: attrs.optional("normalize", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [i, v, s, j, w, t] = inputs else { return Err(wrong_count(6, inputs)) };
        let ((_, one), (_, other)) = (parts(i, v, s)?, parts(j, w, t)?);
        if v.dtype != w.dtype {
            return Err(format!("sequences are of one type, not of {} and {}", v.dtype, w.dtype).into());
        }
        match (one, other) {
            (Some(one), Some(other)) if one != other => {
                Err(format!("one has {one} axes and the other {other}").into())
            }
            (Some(0), _) | (_, Some(0)) => Err("a scalar is no sequence".into()),
            _ => {
                let shape = one.or(other).map(|rank| PartialShape::of_rank(rank - 1));
                Ok(Fact::new(DType::Float32, shape.unwrap_or_default()).one())
            }
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let hypothesis = Places::new(&inputs[0], &inputs[2])?;
        let truth = Places::new(&inputs[3], &inputs[5])?;
        if hypothesis.rank() != truth.rank() || truth.rank() == 0 {
            return Err(
                format!("shapes {:?} and {:?} are not compared", hypothesis.sizes, truth.sizes).into()
            );
        }
        let pairs = hypothesis.sizes.iter().zip(&truth.sizes).map(|(&one, &other)| one.max(other) as usize);
        let shape: Vec<usize> = pairs.take(truth.rank() - 1).collect();
        let mut distances = Array::zeros(DType::Float32, shape.clone())?;
        let (one, other) = (keys(&inputs[1])?, keys(&inputs[4])?);
        let (one, other) = (sequences(&hypothesis, &one, &shape)?, sequences(&truth, &other, &shape)?);
        let none = Vec::new();
        let all = one.keys().chain(other.keys()).copied();
        for place in all {
            let (hypothesis, truth) = (one.get(&place).unwrap_or(&none), other.get(&place).unwrap_or(&none));
            let distance = distance(hypothesis, truth) as f32;
            let length = if self.normalize { truth.len() as f32 } else { 1.0 };
            distances.as_mut_slice::<f32>()?[place] = distance / length;
        }
        Ok(vec![distances])
    }
}

/// By place among `shape`, the elements of a sequence.
fn sequences<'a, K>(
    places: &Places,
    keys: &'a [K],
    shape: &[usize],
) -> Result<BTreeMap<usize, Vec<&'a K>>, Reason> {
    let mut sequences: BTreeMap<usize, Vec<&K>> = BTreeMap::new();
    for (row, key) in places.rows().into_iter().zip(keys) {
        // Where within its sequence an element stands does not matter, only in which sequence.
        if row
            .iter()
            .zip(shape)
            .any(|(&index, &size)| usize::try_from(index).map_or(true, |index| index >= size))
        {
            return Err(
                format!("the element at {row:?} is of no sequence of a batch of shape {shape:?}").into()
            );
        }
        let place = row.iter().zip(shape).fold(0, |place, (&index, &size)| place * size + index as usize);
        sequences.entry(place).or_default().push(key);
    }
    Ok(sequences)
}

/// The least number of elements to put in, take out or change.
fn distance<K: PartialEq>(one: &[K], other: &[K]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, x) in one.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in other.iter().enumerate() {
            let change = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[other.len()]
}

impl SparseTensor {
    /// How far each of its sequences, along the last axis, is from that of `truth`: the least number of elements to put in, take
    /// out or change, over the length of the latter if `normalize` (`tf.edit_distance`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 0], [0, 1]], array!["a", "b"], [1, 2]);
    /// let y = SparseTensor::from_parts(&tf, &[[0, 0], [0, 1]], array!["a", "c"], [1, 2]);
    /// assert_eq!(Session::new(&tf)?.run(&x.edit_distance(&y, true), feeds![])?, array![0.5]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn edit_distance(&self, truth: &SparseTensor, normalize: bool) -> Tensor {
        let inputs: Vec<&Tensor> = self.parts().into_iter().chain(truth.parts()).collect();
        self.values.graph().add(ByArrays(EditDistance { normalize }), &inputs)
    }
}

pub(in crate::ops) fn edit_distance_cases() -> Vec<Case> {
    let build = |normalize| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let one = SparseTensor::from_parts(tf, &[[0, 0], [0, 1], [0, 2], [2, 0]], &x[0], [3, 3]);
            let other = SparseTensor::from_parts(tf, &[[0, 0], [0, 1], [1, 0]], &x[1], [3, 2]);
            vec![one.edit_distance(&other, normalize)]
        }
    };
    vec![
        Case::fed("strings", [array!["a", "b", "c", "d"], array!["a", "c", "e"]], build(false))
            .expecting([array![1.0, 1.0, 1.0]]),
        Case::fed("integers, over lengths", [array![1, 2, 3, 4], array![1, 3, 5]], build(true))
            .at_kink()
            .expecting([array![0.5, 1.0, f32::INFINITY]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn known_distances() {
        for (one, other, want) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(one.as_bytes(), other.as_bytes()), want, "{one} {other}");
            assert_eq!(distance(other.as_bytes(), one.as_bytes()), want, "{other} {one}");
        }
    }
}
