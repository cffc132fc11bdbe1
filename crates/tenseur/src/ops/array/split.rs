//! One tensor as several: Split and SplitV cut it along an axis, Unpack takes its slices along one.

use std::ops::Range;

use smallvec::smallvec;
use tenseur_kernels::SplitKernel;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Error, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::concat::{ConcatV2, Pack, size_of};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{
    IntoShape, known_integer, must_be_index, must_be_index_or, must_be_scalar, must_be_vector,
    normalised_axis, wrong_count,
};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// More parts than these no node gives: a file could ask for more than any memory, whatever is split.
const MOST_PARTS: i64 = 1 << 16;

/// x, the second input, in parts of equal length along an axis, the first.
#[derive(Clone, Debug)]
pub struct Split {
    /// How many parts.
    pub num_split: i64,
}

impl Op for Split {
    fn name(&self) -> &'static str {
        "Split"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("num_split", self.num_split)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Split, Reason> {
        match attrs.require("num_split")? {
            num_split @ 1..=MOST_PARTS => Ok(Split { num_split }),
            bad => Err(format!("attribute \"num_split\" is {bad} and must be from 1 to {MOST_PARTS}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [axis, x] = inputs else { return Err(wrong_count(2, inputs)) };
        let parts = self.num_split as usize;
        let shape = match along(x, axis)? {
            Some((axis, sizes)) => {
                let mut sizes = sizes.to_vec();
                if let Some(size) = sizes[axis].filter(|size| !size.is_multiple_of(parts)) {
                    let text = format!("axis {axis} has size {size}, which is no multiple of {parts} parts");
                    return Err(text.into());
                }
                sizes[axis] = sizes[axis].map(|size| size / parts);
                sizes.into()
            }
            None => x.shape.rank().map_or(PartialShape::unknown(), PartialShape::of_rank),
        };
        let facts = std::iter::repeat_n(Fact::new(x.dtype, shape), parts).collect();
        Ok(moved_facts(self, inputs, 1..2, facts))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![None, whole(node, 0)]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 1..2) {
            return Ok(strings);
        }
        match known_integer(node.inputs[0]) {
            Some(axis) => cut(node, 1, axis),
            None => Ok(once_known(self, node)),
        }
    }
}

/// x in parts along an axis, the third input; the second says how long each is, and one may be −1, "what is left".
#[derive(Clone, Debug)]
pub struct SplitV {
    /// How many parts.
    pub num_split: i64,
}

impl Op for SplitV {
    fn name(&self) -> &'static str {
        "SplitV"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("Tlen", node.inputs[1].dtype);
        attrs.with("num_split", self.num_split)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SplitV, Reason> {
        Ok(SplitV { num_split: Split::from_attrs(attrs)?.num_split })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, lengths, axis] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_index_or(DType::Int8, lengths, "lengths")?;
        must_be_vector(lengths, "lengths")?;
        let parts = self.num_split as usize;
        if let Some(count) = lengths.shape.size(0).filter(|&count| count != parts) {
            return Err(format!("there are {count} lengths for {parts} parts").into());
        }
        let lengths = lengths.known_integers().unwrap_or_else(|| vec![None; parts]);
        let facts: Facts = match along(x, axis)? {
            Some((axis, sizes)) => {
                let lengths = part_lengths(&lengths, sizes[axis], axis)?;
                let shape = |length| {
                    let mut sizes = sizes.to_vec();
                    sizes[axis] = length;
                    Fact::new(x.dtype, sizes)
                };
                lengths.into_iter().map(shape).collect()
            }
            None => {
                let shape = x.shape.rank().map_or(PartialShape::unknown(), PartialShape::of_rank);
                std::iter::repeat_n(Fact::new(x.dtype, shape), parts).collect()
            }
        };
        Ok(moved_facts(self, inputs, 0..1, facts))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![whole(node, 2), None, None]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        match (known_integer(node.inputs[2]), node.inputs[1].integers()) {
            (Some(axis), Some(_)) => cut(node, 0, axis),
            _ => Ok(once_known(self, node)),
        }
    }
}

/// An axis, and the sizes along all of them.
type Along<'a> = (usize, &'a [Option<usize>]);

/// The axis, if it is known, and the sizes of x, if their number is.
fn along<'a>(x: &'a Fact, axis: &Fact) -> Result<Option<Along<'a>>, Reason> {
    must_be_index(axis, "the axis")?;
    must_be_scalar(axis, "the axis")?;
    match (x.shape.sizes(), known_integer(axis)) {
        (Some(sizes), Some(axis)) => Ok(Some((normalised_axis(axis, sizes.len())?, sizes))),
        _ => Ok(None),
    }
}

/// How long each part is, as far as that is known, of an axis of size `size`.
fn part_lengths(
    lengths: &[Option<i64>],
    size: Option<usize>,
    axis: usize,
) -> Result<Vec<Option<usize>>, Reason> {
    if let Some(bad) = lengths.iter().flatten().find(|&&length| length < -1) {
        return Err(format!("a length is {bad}; lengths are 0 or more, or −1 once").into());
    }
    let open = lengths.iter().filter(|length| **length == Some(-1)).count();
    if open > 1 {
        return Err(format!("{open} lengths are −1 and only one can be").into());
    }
    // TensorFlow takes the one part of a whole as it is, and −1 for a length.
    if let ([Some(-1)], Some(size)) = (lengths, size) {
        return Err(format!("the one part is −1 long, and axis {axis} has size {size}").into());
    }
    let fixed: i64 =
        lengths.iter().flatten().filter(|&&length| length >= 0).fold(0, |a, b| a.saturating_add(*b));
    let rest = size.map(|size| size as i64 - fixed);
    let all_known = !lengths.contains(&None);
    if let (Some(size), Some(rest)) = (size, rest)
        && (rest < 0 || (rest > 0 && open == 0 && all_known))
    {
        return Err(format!("the lengths sum to {fixed} and axis {axis} has size {size}").into());
    }
    let length = |length: &Option<i64>| match length {
        Some(-1) if all_known => rest.map(|rest| rest as usize),
        Some(-1) | None => None,
        Some(length) => Some(*length as usize),
    };
    Ok(lengths.iter().map(length).collect())
}

/// The kernel that cuts input `x` along `axis` into the outputs.
fn cut(node: Signature<'_>, x: usize, axis: i64) -> Result<Lowered, Reason> {
    let shape = known_shape(node.inputs[x])?;
    let axis = normalised_axis(axis, shape.rank())?;
    let inner = |out: &Fact| Ok(known_shape(out)?[axis..].iter().product());
    let inner: Vec<usize> = node.outputs.iter().map(inner).collect::<Result<_, Reason>>()?;
    lower_cut(node.inputs[x].dtype, &shape[..axis], inner, x)
}

fn lower_cut(dtype: DType, outer: &[usize], inner: Vec<usize>, x: usize) -> Result<Lowered, Reason> {
    let mut lowered = match inner.len() {
        1 => Lowered::alias(),
        _ => Lowered::kernel(SplitKernel::new(size_of(dtype)?, outer.iter().product(), inner)?),
    };
    lowered.reads = smallvec![x];
    Ok(lowered)
}

/// The gradients of the parts, joined again along the axis that input `axis` is.
#[track_caller]
fn whole(node: &Backward<'_>, axis: usize) -> Option<Tensor> {
    let parts = gradients_or_zeros(node)?;
    let inputs: Vec<&Tensor> = parts.iter().chain([node.x(axis)]).collect();
    Some(node.x(axis).graph().add(ConcatV2, &inputs))
}

/// The gradient of each output, zeros where none arrived; `None` if none did at all.
#[track_caller]
fn gradients_or_zeros(node: &Backward<'_>) -> Option<Vec<Tensor>> {
    let outputs: Range<usize> = 0..node.outputs.len();
    outputs.clone().find_map(|i| node.dy(i))?;
    Some(outputs.map(|i| node.dy(i).cloned().unwrap_or_else(|| node.y(i).zeros_like())).collect())
}

/// The slices of x along an axis, which goes.
#[derive(Clone, Debug)]
pub struct Unpack {
    /// How many slices there are.
    pub num: i64,
    /// The axis; it may count from the end.
    pub axis: i64,
}

impl Op for Unpack {
    fn name(&self) -> &'static str {
        "Unpack"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("axis", self.axis).with("num", self.num)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Unpack, Reason> {
        match attrs.require("num")? {
            num @ 0..=MOST_PARTS => Ok(Unpack { num, axis: attrs.optional("axis", 0)? }),
            bad => Err(format!("attribute \"num\" is {bad} and must be from 0 to {MOST_PARTS}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let shape = match x.shape.sizes() {
            Some(sizes) => {
                let mut sizes = sizes.to_vec();
                let axis = normalised_axis(self.axis, sizes.len())?;
                if let Some(size) = sizes.remove(axis).filter(|&size| size as i64 != self.num) {
                    return Err(format!(
                        "axis {axis} has size {size} and {} slices were asked for",
                        self.num
                    )
                    .into());
                }
                sizes.into()
            }
            None => PartialShape::unknown(),
        };
        let facts = std::iter::repeat_n(Fact::new(x.dtype, shape), self.num as usize).collect();
        Ok(moved_facts(self, inputs, 0..1, facts))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let slices = gradients_or_zeros(node);
            let pack = |slices: Vec<Tensor>| {
                let inputs: Vec<&Tensor> = slices.iter().collect();
                node.x(0).graph().add(Pack { axis: self.axis }, &inputs)
            };
            vec![slices.map(pack)]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let shape: Shape = known_shape(node.inputs[0])?;
        let axis = normalised_axis(self.axis, shape.rank())?;
        let inner = shape[axis + 1..].iter().product();
        lower_cut(node.inputs[0].dtype, &shape[..axis], vec![inner; node.outputs.len()], 0)
    }
}

impl Tensor {
    /// x in parts of these lengths along an axis; one length may be −1, "what is left" (`tf.split`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2, 3], [4, 5, 6]]);
    /// let parts = x.split(&[1, -1], 1);
    /// assert_eq!(Session::new(&tf)?.run(&parts[1], feeds![])?, array![[2, 3], [5, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn split(&self, lengths: &[i32], axis: i32) -> Vec<Tensor> {
        self.split_lengths(&lengths.into_shape(self), &self.graph().constant(axis))
    }

    /// x in `parts` parts of equal length along an axis (`tf.split` with a number).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let gates = tf.placeholder::<f32>([None, Some(12)], "gates").split_evenly(4, 1);
    /// assert_eq!((gates.len(), gates[0].shape().to_string()), (4, "[?, 3]".into()));
    /// ```
    #[track_caller]
    pub fn split_evenly(&self, parts: usize, axis: i32) -> Vec<Tensor> {
        if parts == 0 {
            return vec![self.graph().fail(Error::invalid("split_evenly: 0 parts were asked for"))];
        }
        let axis = self.graph().constant(axis);
        let node = self.graph().add_op(Split { num_split: parts as i64 }, &[&axis, self], None);
        (0..parts).map(|part| node.output(part)).collect()
    }

    /// x in parts along an axis, where the lengths, a vector of known size, and the axis are tensors.
    #[track_caller]
    pub(crate) fn split_lengths(&self, lengths: &Tensor, axis: &Tensor) -> Vec<Tensor> {
        let Some(parts) = lengths.shape().size(0) else {
            let error = Error::invalid("split: the number of lengths must be known while the graph is built");
            return vec![self.graph().fail(error)];
        };
        let node = self.graph().add_op(SplitV { num_split: parts as i64 }, &[self, lengths, axis], None);
        (0..parts).map(|part| node.output(part)).collect()
    }

    /// The slices of x along an axis, whose size must be known (`tf.unstack`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let steps = tf.placeholder::<f32>([None, Some(3), Some(8)], "x").unstack(1);
    /// assert_eq!((steps.len(), steps[0].shape().to_string()), (3, "[?, 8]".into()));
    /// ```
    #[track_caller]
    pub fn unstack(&self, axis: i32) -> Vec<Tensor> {
        let shape = self.shape();
        let size = shape.rank().and_then(|rank| shape.size(normalised_axis(axis.into(), rank).ok()?));
        match size {
            Some(size) => self.unstack_into(size, axis.into()),
            None => {
                let text = format!("unstack: the size of axis {axis} of shape {shape} is not known");
                vec![self.graph().fail(Error::invalid(text))]
            }
        }
    }

    /// The `count` slices of x along an axis.
    #[track_caller]
    pub(crate) fn unstack_into(&self, count: usize, axis: i64) -> Vec<Tensor> {
        let node = self.graph().add_op(Unpack { num: count as i64, axis }, &[self], None);
        (0..count).map(|slice| node.output(slice)).collect()
    }
}

pub(in crate::ops) fn split_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
    vec![
        Case::fed("columns", [matrix()], |_, x| x[0].split_evenly(2, 1))
            .expecting([array![[1.0, 2.0], [5.0, 6.0]], array![[3.0, 4.0], [7.0, 8.0]]]),
        Case::fed("rows, one used", [matrix()], |_, x| vec![x[0].split_evenly(2, -2)[1].clone()]),
        Case::fed("one part", [matrix()], |_, x| x[0].split_evenly(1, 0)),
        Case::fed("an axis that is fed", [matrix(), 1.into()], |tf, x| {
            vec![tf.add(Split { num_split: 4 }, &[&x[1], &x[0]])]
        })
        .expecting([array![[1.0], [5.0]]]),
        Case::fed("strings", [array!["a", "b"]], |_, x| x[0].split_evenly(2, 0))
            .expecting([array!["a"], array!["b"]]),
    ]
}

pub(in crate::ops) fn split_v_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("columns", [matrix()], |_, x| x[0].split(&[1, -1], 1))
            .expecting([array![[1.0], [4.0]], array![[2.0, 3.0], [5.0, 6.0]]]),
        Case::fed("nothing and all", [matrix()], |_, x| x[0].split(&[0, 2], 0)),
        Case::fed("lengths that are fed", [matrix(), as_type(array![2, 1], DType::Int64)], |tf, x| {
            let node = tf.add_op(SplitV { num_split: 2 }, &[&x[0], &x[1], &tf.constant(1)], None);
            vec![node.output(1), node.output(0)]
        })
        .expecting([array![[3.0], [6.0]], array![[1.0, 2.0], [4.0, 5.0]]]),
        Case::fed("strings", [array!["a", "b", "c"]], |_, x| x[0].split(&[-1, 1], 0))
            .expecting([array!["a", "b"], array!["c"]]),
    ]
}

pub(in crate::ops) fn unpack_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("rows", [matrix()], |_, x| x[0].unstack_into(2, 0))
            .expecting([array![1.0, 2.0, 3.0], array![4.0, 5.0, 6.0]]),
        Case::fed("columns, two used", [matrix()], |_, x| {
            let columns = x[0].unstack_into(3, -1);
            vec![&columns[2] * &columns[0]]
        })
        .expecting([array![3.0, 24.0]]),
        Case::fed("one", [array![[1.5, 2.5]]], |_, x| x[0].unstack_into(1, 0)),
        Case::fed("strings", [array![["a", "b"]]], |_, x| x[0].unstack_into(2, 1))
            .expecting([array!["a"], array!["b"]]),
        Case::fed("empty slices", [Array::from_literal([[0; 0]; 2])], |_, x| x[0].unstack_into(2, 0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let lengths = |lengths: &[i64], size| {
            let lengths: Vec<Option<i64>> = lengths.iter().map(|&length| Some(length)).collect();
            part_lengths(&lengths, Some(size), 0).map_err(|reason| reason.text)
        };
        assert_eq!(lengths(&[1, -1, 2], 5), Ok(vec![Some(1), Some(2), Some(2)]));
        assert_eq!(lengths(&[2, 2], 5).unwrap_err(), "the lengths sum to 4 and axis 0 has size 5");
        assert!(lengths(&[4, -1, 2], 5).is_err() && lengths(&[-1, -1], 5).is_err());
        assert!(lengths(&[-2, 7], 5).is_err());
        assert_eq!(part_lengths(&[None, Some(2)], None, 0), Ok(vec![None, Some(2)]));
    }
}
