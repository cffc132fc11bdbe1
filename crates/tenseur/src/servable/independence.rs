//! Whether each row of a signature's results comes of the same row of its arguments alone, so that rows of several callers can be
//! computed in one run: found out by a trial.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use half::{bf16, f16};

use foldhash::HashSet;

use crate::error::Result;
use crate::formats::meta_graph::Signature;
use crate::gradients::called_by;
use crate::graph::{Contents, Edge, NodeId, Tensor};
use crate::ops::Effect;
use crate::run::order;
use crate::session::{Cancellation, Feeds, Session};
use crate::value::{Array, DType, PartialShape, Shape};

/// The rows of the trial.
const ROWS: usize = 3;

/// The size of axes that are open.
const OPEN_AXIS: usize = 8;

/// Arguments with larger rows are not tried.
const LARGEST_ROW: usize = 1 << 22;

/// A loop may turn for ever on such arguments.
const LONGEST_TRIAL: Duration = Duration::from_secs(2);

/// Whether a trial gave every row of the results the same bits alone and among others.
pub(super) fn rows_are_independent(session: &Session, signature: &Signature, feeds: &Feeds) -> bool {
    let open = |tensor: &Tensor| {
        let shape = tensor.shape();
        shape.rank() != Some(0) && shape.size(0).is_none()
    };
    let fits = !signature.inputs.is_empty()
        && signature.inputs.values().all(|tensor| open(tensor) && tensor.rank().is_some())
        && signature.outputs.values().all(open);
    fits && only_computes(&session.graph().read(), signature)
        && trial(session, signature, feeds).unwrap_or(false)
}

/// Whether nothing that the results come of has an effect.
fn only_computes(contents: &Contents, signature: &Signature) -> bool {
    let targets: Vec<NodeId> = signature.outputs.values().map(|tensor| tensor.edge().node).collect();
    let arguments = signature.inputs.values().map(Tensor::edge).collect();
    let mut seen = HashSet::default();
    pure(contents, &targets, &arguments, &mut seen)
}

fn pure(
    contents: &Contents,
    targets: &[NodeId],
    arguments: &HashSet<Edge>,
    seen: &mut HashSet<String>,
) -> bool {
    order(&contents.nodes, targets, arguments).nodes.iter().all(|id| {
        let node = &contents.nodes[id.index()];
        match node.op.effects().effect {
            Effect::Pure | Effect::Reads => true,
            Effect::Writes(_) | Effect::Random(_) | Effect::Outside | Effect::Takes => false,
            Effect::Flow => called_by(node).into_iter().all(|name| {
                if !seen.insert(name.clone()) {
                    return true;
                }
                let Ok(function) = contents.functions.get(&name) else { return false };
                let results = function.results.iter().map(|edge| edge.node);
                let targets: Vec<NodeId> = results.chain(function.effects.iter().copied()).collect();
                let arguments = function.arguments.iter().map(|&node| Edge { node, output: 0 }).collect();
                pure(&function.graph.read(), &targets, &arguments, seen)
            }),
        }
    })
}

/// Runs rows together, and each alone.
fn trial(session: &Session, signature: &Signature, feeds: &Feeds) -> Result<bool> {
    let started = Instant::now();
    let over = Cancellation::asking(move || started.elapsed() > LONGEST_TRIAL);
    let session = &session.clone().cancelled_by(&over);
    let mut together = BTreeMap::new();
    let mut alone = vec![BTreeMap::new(); ROWS];
    for (place, (name, tensor)) in signature.inputs.iter().enumerate() {
        let (Some(dtype), Some(shape)) = (tensor.dtype(), row_shape(&tensor.shape())) else {
            return Ok(false);
        };
        let rows: Vec<Array> =
            (0..ROWS).map(|row| sample(dtype, &shape, row + place)).collect::<Result<_>>()?;
        for (row, arguments) in rows.iter().zip(&mut alone) {
            arguments.insert(name.clone(), row.clone());
        }
        together.insert(name.clone(), Array::concatenate(&rows)?);
    }
    let whole = signature.run(session, &together, feeds.clone())?;
    for (row, arguments) in alone.iter().enumerate() {
        let results = signature.run(session, arguments, feeds.clone())?;
        for (name, result) in &results {
            let same = whole[name].shape().first() == Some(&ROWS)
                && result.shape().first() == Some(&1)
                && same_bits(&whole[name].rows(row, 1)?, result);
            if !same {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The shape of one row, of which open axes have some size.
fn row_shape(shape: &PartialShape) -> Option<Shape> {
    let sizes = shape.sizes()?.iter().skip(1).map(|size| size.unwrap_or(OPEN_AXIS));
    let shape: Shape = std::iter::once(1).chain(sizes).collect();
    shape.checked_elements().filter(|&count| count <= LARGEST_ROW).map(|_| shape)
}

/// A row that differs from others: small numbers, of either sign where the type has both.
fn sample(dtype: DType, shape: &Shape, row: usize) -> Result<Array> {
    let count = shape.elements();
    match dtype {
        DType::String => Array::strings(shape.clone(), vec![vec![b'a' + row as u8; row]; count]),
        dtype if dtype.is_float() => {
            let number = |i: usize| ((i * 37 + row * 101) % 199) as f32 / 97.0 - 1.0;
            let numbers = (0..count).map(number);
            match dtype {
                DType::Float16 => Array::new(shape.clone(), numbers.map(f16::from_f32).collect::<Vec<_>>()),
                DType::BFloat16 => Array::new(shape.clone(), numbers.map(bf16::from_f32).collect::<Vec<_>>()),
                DType::Float64 => Array::new(shape.clone(), numbers.map(f64::from).collect::<Vec<_>>()),
                _ => Array::new(shape.clone(), numbers.collect::<Vec<_>>()),
            }
        }
        // Indices that most tables have.
        _ => Array::full(dtype, shape.clone(), (row % 2) as f64),
    }
}

fn same_bits(a: &Array, b: &Array) -> bool {
    match (a.bytes(), b.bytes()) {
        (Ok(x), Ok(y)) => a.shape() == b.shape() && x == y,
        _ => a == b,
    }
}
