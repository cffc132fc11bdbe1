//! One node, computed on arrays: how constants are folded and how the reference executor does everything.

use tenseur_kernels::{Context, call};

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{self, Lowered, Work, known_shape};
use crate::ops::{Effect, Op, Signature};
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
    evaluate(op.lower(node)?, node, values, &Context { threads: 1 })
}

/// Does the work of a node without state on the arrays of its inputs.
pub(crate) fn evaluate(
    lowered: Lowered,
    node: Signature<'_>,
    values: &[Array],
    context: &Context,
) -> Result<Vec<Array>, Reason> {
    let reads = lowered.reads.clone();
    let arguments = || reads.iter().map(|&input| values[input].clone());
    match lowering::kernel(lowered, node)? {
        Ok(kernel) => {
            let mut results = Vec::with_capacity(node.outputs.len());
            for fact in node.outputs {
                results.push(Array::zeros(fact.dtype, known_shape(fact)?).map_err(text)?);
            }
            let arguments: Vec<Array> = arguments().collect();
            let inputs: Vec<&[u8]> =
                arguments.iter().map(Array::bytes).collect::<Result<_, _>>().map_err(text)?;
            let mut outputs: Vec<&mut [u8]> =
                results.iter_mut().map(Array::bytes_mut).collect::<Result<_, _>>().map_err(text)?;
            call(&*kernel, context, &inputs, &mut outputs)?;
            Ok(results)
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
