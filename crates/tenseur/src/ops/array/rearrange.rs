//! What ops that only move elements have in common (Slice, Concat, Transpose, Gather, …): where the elements of their
//! outputs come from is found by letting the op move *positions*, the numbers 1, 2, 3, … in place of the elements. A
//! zero in the output is an element that comes from nowhere: the frame that Pad puts around a tensor.
//!
//! So strings are moved by the loops that move numbers, and what is known of a part of a shape,
//! `[tf.shape(x)[0], 784]`, stays known through Pack, StridedSlice and the like.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::{Op, Signature};
use crate::run::compute;
use crate::value::{Array, DType};

/// Up to this many integers are followed one by one.
const SMALL: usize = 64;

/// The work of an op on strings, if its inputs `data` are of strings: its other inputs say how they are moved.
pub(in crate::ops) fn moved_strings<O: Op + Clone>(
    op: &O,
    node: Signature<'_>,
    data: impl IntoIterator<Item = usize>,
) -> Option<Lowered> {
    let data: SmallVec<[usize; 4]> = data.into_iter().collect();
    if node.inputs.get(*data.first()?)?.dtype != DType::String {
        return None;
    }
    Some(moving_strings(Arc::new(op.clone()), node.inputs.len(), data))
}

fn moving_strings(op: Arc<dyn Op>, inputs: usize, data: SmallVec<[usize; 4]>) -> Lowered {
    Lowered::host(inputs, move |arrays| {
        let strings = data.iter().map(|&i| arrays[i].as_strings()).collect::<Result<Vec<_>, _>>()?.concat();
        let facts: Vec<Fact> = arrays.iter().map(|array| Fact::constant(array.clone())).collect();
        let facts = with_positions(&facts.iter().collect::<Vec<_>>(), &data)?;
        let facts: Vec<&Fact> = facts.iter().collect();
        let outputs = op.infer(&facts)?;
        let chosen = |from: Option<usize>| from.map_or_else(Vec::new, |from| strings[from].clone());
        let moved = positions(&*op, &facts, &outputs)?
            .into_iter()
            .map(|(array, from)| Ok(Array::strings(array.shape().clone(), from.into_iter().map(chosen))?));
        moved.collect()
    })
}

/// The work of an op whose operands' values say how it is to be done, where those are not known yet: when they are, it
/// is lowered again.
pub(in crate::ops) fn once_known<O: Op + Clone>(op: &O, node: Signature<'_>) -> Lowered {
    known_at_last(Arc::new(op.clone()), node.inputs.len())
}

fn known_at_last(op: Arc<dyn Op>, inputs: usize) -> Lowered {
    Lowered::host(inputs, move |arrays| {
        let facts: Vec<Fact> = arrays.iter().map(|array| Fact::constant(array.clone())).collect();
        let facts: Vec<&Fact> = facts.iter().collect();
        let outputs = op.infer(&facts)?;
        compute(&*op, &facts, &outputs, arrays)
    })
}

/// `outputs`, the facts of `op`, with what is known of the integers that its inputs `data` bring.
pub(in crate::ops) fn moved_facts<O: Op>(
    op: &O,
    inputs: &[&Fact],
    data: impl IntoIterator<Item = usize>,
    mut outputs: Facts,
) -> Facts {
    let data: SmallVec<[usize; 4]> = data.into_iter().collect();
    let mut moving = data.iter().map(|&i| inputs[i]);
    let small = |fact: &Fact| fact.shape.known().is_some_and(|shape| shape.elements() <= SMALL);
    let worth_it = moving.clone().any(|fact| fact.value.is_none())
        && moving.clone().any(|fact| fact.known_integers().is_some())
        && moving.all(|fact| small(fact) && !fact.reference)
        && inputs.iter().enumerate().all(|(i, fact)| data.contains(&i) || fact.value.is_some())
        && outputs.iter().all(small);
    if !worth_it {
        return outputs;
    }
    let elements = |&i: &usize| {
        let unknown = || vec![None; inputs[i].shape.known().map_or(0, |shape| shape.elements())];
        inputs[i].known_integers().unwrap_or_else(unknown)
    };
    let known: Vec<Option<i64>> = data.iter().flat_map(elements).collect();
    let found = with_positions(inputs, &data).and_then(|facts| {
        let facts: Vec<&Fact> = facts.iter().collect();
        let numbered: Facts =
            outputs.iter().map(|fact| Fact::new(DType::Int64, fact.shape.clone())).collect();
        positions(op, &facts, &numbered)
    });
    // What fails here fails again at the run, which says so.
    for (fact, (_, from)) in outputs.iter_mut().zip(found.unwrap_or_default()) {
        let elements: Vec<Option<i64>> =
            from.into_iter().map(|from| from.map_or(Some(0), |from| known[from])).collect();
        let all: Option<Vec<i64>> = elements.iter().copied().collect();
        fact.value = all.and_then(|all| integer_array(fact, &all));
        fact.elements = fact.value.is_none().then_some(elements);
    }
    outputs
}

/// The integers as an array of the fact's type and shape.
fn integer_array(fact: &Fact, values: &[i64]) -> Option<Array> {
    let shape = fact.shape.known()?;
    match fact.dtype {
        DType::Int32 => {
            let values: Option<Vec<i32>> = values.iter().map(|&x| i32::try_from(x).ok()).collect();
            Array::new(shape, values?).ok()
        }
        DType::Int64 => Array::new(shape, values).ok(),
        _ => None,
    }
}

/// The facts with those of `data` turned into positions, counted from 1 through all of them.
fn with_positions(inputs: &[&Fact], data: &[usize]) -> Result<Vec<Fact>, Reason> {
    let mut facts: Vec<Fact> = inputs.iter().map(|&fact| fact.clone()).collect();
    let mut next = 1i64;
    for &i in data {
        let shape = facts[i].shape.known().ok_or("its shape is not known")?;
        let end = next + shape.elements() as i64;
        facts[i] = Fact::constant(Array::new(shape, (next..end).collect::<Vec<i64>>())?);
        next = end;
    }
    Ok(facts)
}

/// Where each element of an output comes from: nothing, or the place of an element of the input.
type Places = Vec<Option<usize>>;

/// For each output of an op on positions: the array of them, and for each of its elements which it is, if it is one.
fn positions(op: &dyn Op, inputs: &[&Fact], outputs: &[Fact]) -> Result<Vec<(Array, Places)>, Reason> {
    let values: Option<Vec<Array>> = inputs.iter().map(|fact| fact.value.clone()).collect();
    let arrays = compute(op, inputs, outputs, &values.ok_or("its operands are not known")?)?;
    let indices = |array: Array| {
        let from = array.as_slice::<i64>()?.iter().map(|&from| (from as usize).checked_sub(1)).collect();
        Ok((array, from))
    };
    arrays.into_iter().map(indices).collect()
}
