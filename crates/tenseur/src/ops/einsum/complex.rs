//! Sums of products of complex numbers, by plain loops.

use super::{Label, Labelled};
use crate::error::Reason;
use crate::lowering::{Lowered, known_shape};
use crate::ops::Signature;
use crate::ops::complex::{Complex, array_of, numbers};

/// For each element of the output, over all values of the labels that it does not have, the sum of the products of the operands.
/// Where the output has a label twice, only the diagonal is not zero.
pub(super) fn lower(labelled: &Labelled, node: Signature<'_>) -> Result<Lowered, Reason> {
    let (dtype, shape) = (node.outputs[0].dtype, known_shape(&node.outputs[0])?);
    let (mut outer, mut inner): (Vec<Label>, Vec<Label>) = (Vec::new(), Vec::new());
    for label in labelled.output.iter().chain(labelled.inputs.iter().flatten()) {
        let group = if labelled.output.contains(label) { &mut outer } else { &mut inner };
        if !group.contains(label) {
            group.push(*label);
        }
    }
    // By operand, where its elements are: from the output's labels, and then from the others'.
    let mut places = Vec::new();
    for (labels, fact) in labelled.inputs.iter().zip(node.inputs) {
        let sizes = known_shape(fact)?;
        let of = |group: &[Label]| offsets(labelled, group, labels, &sizes);
        places.push((of(&outer), of(&inner)));
    }
    let results = offsets(labelled, &outer, &labelled.output, &shape);
    Ok(Lowered::arrays("Einsum", node, move |arrays| {
        let operands = arrays.iter().map(numbers).collect::<Result<Vec<_>, _>>()?;
        let turns = places.first().map_or(0, |(_, inner)| inner.len());
        let mut sums = vec![Complex::default(); shape.elements()];
        for (element, &result) in results.iter().enumerate() {
            let term = |turn: usize| {
                let factors = operands.iter().zip(&places);
                factors
                    .map(|(numbers, (outer, inner))| numbers[outer[element] + inner[turn]])
                    .product::<Complex>()
            };
            sums[result] = (0..turns).map(term).sum();
        }
        Ok(vec![array_of(dtype, shape.clone(), &sums)?])
    }))
}

/// For all values of a group of labels, in row-major order, how far that takes one in an operand with these labels and sizes.
fn offsets(labelled: &Labelled, group: &[Label], labels: &[Label], sizes: &[usize]) -> Vec<usize> {
    let mut offsets = vec![0];
    for label in group {
        let step: usize = (0..labels.len())
            .filter(|&axis| labels[axis] == *label && sizes[axis] != 1)
            .map(|axis| sizes[axis + 1..].iter().product::<usize>())
            .sum();
        let size = labelled.size(*label).unwrap_or(0);
        offsets = offsets.into_iter().flat_map(|offset| (0..size).map(move |i| offset + i * step)).collect();
    }
    offsets
}
