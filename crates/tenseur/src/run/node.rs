//! One node, computed on arrays: how constants are folded.

use tenseur_kernels::Context;

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{self, Lowered, Work, known_shape};
use crate::ops::{Effect, Op, Signature};
use crate::run::lowered_node::computed;
use crate::value::{Array, DType};

/// Results up to this many elements are computed while the graph is built, so that shapes made of them are known.
const SMALL: usize = 64;

/// `facts`, with the values filled in where the op is pure, all inputs are known and the results are a few integers:
/// the arithmetic of shapes.
pub(crate) fn known_values(op: &dyn Op, inputs: &[&Fact], mut facts: Facts) -> Facts {
    let small_integers = |fact: &Fact| {
        matches!(fact.dtype, DType::Int32 | DType::Int64 | DType::Bool)
            && !fact.reference
            && fact.shape.known().is_some_and(|shape| shape.elements() <= SMALL)
    };
    let known = |fact: &&Fact| fact.value.is_some() && !fact.reference;
    let worth_it = !inputs.is_empty()
        && inputs.iter().all(known)
        && !facts.is_empty()
        && facts.iter().all(|fact| fact.value.is_none() && small_integers(fact))
        && op.effects().effect == Effect::Pure;
    if worth_it {
        let values: Option<Vec<Array>> = inputs.iter().map(|fact| fact.value.clone()).collect();
        // What fails here fails again at the run, which says so.
        if let Some(Ok(results)) = values.map(|values| compute(op, inputs, &facts, &values)) {
            for (fact, value) in facts.iter_mut().zip(results) {
                fact.value = Some(value);
            }
        }
    }
    facts
}

/// The outputs of a pure op for known inputs.
pub(crate) fn compute(
    op: &dyn Op,
    inputs: &[&Fact],
    outputs: &[Fact],
    values: &[Array],
) -> Result<Vec<Array>, Reason> {
    let node = Signature { inputs, outputs };
    let lowered = Lowered::of(op, node)?;
    let context = Context { threads: 1 };
    let reads = lowered.reads.clone();
    let arguments = || reads.iter().map(|&input| values[input].clone());
    match lowering::kernel(lowered, node)? {
        Ok(kernel) => {
            let arguments: Vec<Array> = arguments().collect();
            computed(&*kernel, &context, &arguments, node.outputs).map_err(text)
        }
        Err(Lowered { work: Work::Values(values), .. }) => Ok(values),
        Err(Lowered { work: Work::Alias, .. }) => {
            let shaped = |(x, fact): (Array, &Fact)| x.reshape(known_shape(fact)?).map_err(text);
            arguments().zip(node.outputs).map(shaped).collect()
        }
        Err(Lowered { work: Work::Host(function), .. }) => function(&arguments().collect::<Vec<_>>()),
        Err(Lowered { work: Work::NoOp, .. }) => Ok(Vec::new()),
        Err(_) => Err("it has state and cannot be computed on its own".into()),
    }
}

fn text(error: crate::Error) -> Reason {
    Reason::new(error.code(), error.message())
}
