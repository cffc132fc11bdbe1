//! Parts are computed as parts: a split is a slice for each part, which whoever reads it can read where it lies; and of a product
//! of matrices from which one slice of columns is all that is read, no other column is computed. (An LSTM's gates are a split, and
//! of the gradient that reaches its input and its state together only the state's columns are wanted.)

use foldhash::HashMap;

use crate::compile::rewrite::{Replacement, Rewriting, rewrite};
use crate::compile::{Flow, FlowNode, Source};
use crate::graph::NodeId;
use crate::ops::Effect;
use crate::ops::array::slice::Slice;
use crate::ops::array::split::{Split, SplitV};
use crate::ops::matmul::MatMul;
use crate::ops::source::Const;
use crate::value::Array;

/// In more parts than this one kernel is better than one for each.
const MOST_PARTS: usize = 8;

/// How many multiply-adds take as long as copying a number of the other matrix.
const MULTIPLY_ADDS_A_COPY: usize = 20;

/// Rewrites splits, then products.
pub(crate) fn slices(flow: &mut Flow) {
    if flow.nodes.iter().any(|node| split(flow, node).is_some()) {
        let readers = readers(flow);
        rewrite(flow, |rewriting, index, origin| parts(rewriting, index, &readers, origin));
    }
    if flow.nodes.iter().any(|node| node.op.downcast::<Slice>().is_some()) {
        let readers = readers(flow);
        // By the number of the slice: the product of just its columns.
        let mut narrow: HashMap<usize, Source> = HashMap::default();
        rewrite(flow, |rewriting, index, origin| {
            if let [Reader::Node(slice)] = readers.of(Source::Node(index, 0))
                && let Some(columns) = narrowed(rewriting, index, *slice, origin)
            {
                narrow.insert(*slice, columns);
            }
            narrow.get(&index).map(|&product| Replacement::Everywhere(product))
        });
    }
}

/// Who wants a value.
enum Reader {
    Node(usize),
    Fetch,
}

/// Who wants each value, of those that anybody wants.
struct Readers(HashMap<Source, Vec<Reader>>);

impl Readers {
    fn of(&self, value: Source) -> &[Reader] {
        self.0.get(&value).map_or(&[], |readers| readers)
    }
}

/// Who wants each value, not counting nodes that nobody wants.
fn readers(flow: &Flow) -> Readers {
    let mut readers = Readers(HashMap::default());
    for &fetch in &flow.fetches {
        readers.0.entry(fetch).or_default().push(Reader::Fetch);
    }
    for (index, node) in flow.nodes.iter().enumerate().rev() {
        let read = (0..node.outputs.len()).any(|output| !readers.of(Source::Node(index, output)).is_empty());
        if read || node.checks || node.op.effects().effect != Effect::Pure {
            for &input in &node.inputs {
                readers.0.entry(input).or_default().push(Reader::Node(index));
            }
        }
    }
    readers
}

/// What a node cuts in parts, if it does and slices are as good.
fn split(flow: &Flow, node: &FlowNode) -> Option<Source> {
    let (x, settled) = match () {
        () if node.op.downcast::<Split>().is_some() => (node.inputs[1], node.inputs[0]),
        () if node.op.downcast::<SplitV>().is_some() => (node.inputs[0], node.inputs[2]),
        () => return None,
    };
    let few = (2..=MOST_PARTS).contains(&node.outputs.len());
    let numbers = node.outputs.iter().all(|part| part.dtype.scalar().is_some());
    (few && numbers && !node.checks && flow.constant(settled).is_some()).then_some(x)
}

/// A slice for each part that is read, if the node is a split.
fn parts(
    rewriting: &mut Rewriting<'_>,
    index: usize,
    readers: &Readers,
    origin: NodeId,
) -> Option<Replacement> {
    let flow = rewriting.old();
    let node = &flow.nodes[index];
    let whole = split(flow, node)?;
    let shape = flow.fact(whole).shape.known()?;
    let sizes = node.outputs.iter().map(|part| part.shape.known()).collect::<Option<Vec<_>>>()?;
    // A part as long as the whole leaves nothing for the others, whichever axis it is.
    let cut = |axis: &usize| sizes.iter().any(|size| size[*axis] != shape[*axis]);
    let axis = (0..shape.rank()).find(cut)?;
    let x = rewriting.reading(whole);
    let mut begin = vec![0; shape.rank()];
    let mut slices = Vec::new();
    for (output, size) in sizes.iter().enumerate() {
        if !readers.of(Source::Node(index, output)).is_empty() {
            slices.push((output, sliced(rewriting, x, &begin, size, origin)?));
        }
        begin[axis] += size[axis];
    }
    Some(Replacement::Outputs(slices))
}

/// The columns that node `slice` takes of the product that node `index` is, if it is one and they are much less work.
fn narrowed(rewriting: &mut Rewriting<'_>, index: usize, slice: usize, origin: NodeId) -> Option<Source> {
    let flow = rewriting.old();
    let (product, slice) = (&flow.nodes[index], &flow.nodes[slice]);
    let matmul = product.op.downcast::<MatMul>()?.clone();
    slice.op.downcast::<Slice>()?;
    let begin = flow.constant(slice.inputs[1])?.to_i64().ok()?;
    let [rows, columns] = product.outputs[0].shape.known()?[..] else { return None };
    let [kept_rows, kept] = slice.outputs[0].shape.known()?[..] else { return None };
    let saved = rows * (columns - kept);
    let b_shape = flow.fact(product.inputs[1]).shape.known()?;
    if kept_rows != rows || kept == 0 || saved < MULTIPLY_ADDS_A_COPY * kept {
        return None;
    }
    let (a, b) = (rewriting.reading(product.inputs[0]), rewriting.reading(product.inputs[1]));
    let first = usize::try_from(begin[1]).ok()?;
    let b = match matmul.transpose_b {
        true => sliced(rewriting, b, &[first, 0], &[kept, b_shape[1]], origin)?,
        false => sliced(rewriting, b, &[0, first], &[b_shape[0], kept], origin)?,
    };
    rewriting.add(matmul, &[a, b], origin)
}

/// The slice of x of this size, from `begin` on.
fn sliced(
    rewriting: &mut Rewriting<'_>,
    x: Source,
    begin: &[usize],
    size: &[usize],
    origin: NodeId,
) -> Option<Source> {
    let mut vector = |numbers: &[usize]| {
        let numbers: Vec<i64> = numbers.iter().map(|&number| number as i64).collect();
        rewriting.add(Const { value: Array::new([numbers.len()], numbers).ok()? }, &[], origin)
    };
    let inputs = [x, vector(begin)?, vector(size)?];
    rewriting.add(Slice, &inputs, origin)
}
