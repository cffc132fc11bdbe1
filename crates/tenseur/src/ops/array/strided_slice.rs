//! What `x[1:, ..., ::-2, tf.newaxis, 3]` means: StridedSlice and its gradient.
//!
//! The three operands hold one number for each item between the brackets, and five masks, one bit for each item, say
//! what else it is: its beginning or end is left open, it is the ellipsis, a new axis, or an index, whose axis goes.

use smallvec::smallvec;
use tenseur_kernels::{Layout, PlaceKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::indexing::Index;
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{must_be_index_or, must_be_one_per_axis, shape_from, view, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// What the items of an index are besides three numbers: bit `i` is item `i`'s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Its beginning is the first element (the last, where the stride is negative).
    pub begin: i64,
    /// Its end is beyond the last element (before the first, where the stride is negative).
    pub end: i64,
    /// It stands for as many whole axes as are left.
    pub ellipsis: i64,
    /// It is a new axis of size 1.
    pub new_axis: i64,
    /// It is an index, its beginning, and its axis goes.
    pub shrink_axis: i64,
}

impl Masks {
    pub(super) fn attrs(&self, attrs: Attrs) -> Attrs {
        attrs
            .with("begin_mask", self.begin)
            .with("ellipsis_mask", self.ellipsis)
            .with("end_mask", self.end)
            .with("new_axis_mask", self.new_axis)
            .with("shrink_axis_mask", self.shrink_axis)
    }

    pub(super) fn from_attrs(attrs: &Attrs) -> Result<Masks, Reason> {
        Ok(Masks {
            begin: attrs.optional("begin_mask", 0)?,
            end: attrs.optional("end_mask", 0)?,
            ellipsis: attrs.optional("ellipsis_mask", 0)?,
            new_axis: attrs.optional("new_axis_mask", 0)?,
            shrink_axis: attrs.optional("shrink_axis_mask", 0)?,
        })
    }
}

/// The elements of x that an index takes: inputs are x, and `begin`, `end` and `strides`, vectors with a number for
/// each item of the index.
#[derive(Clone, Debug)]
pub struct StridedSlice {
    /// What else the items are.
    pub masks: Masks,
}

impl Op for StridedSlice {
    fn name(&self) -> &'static str {
        "StridedSlice"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("Index", node.inputs[1].dtype).with("T", node.inputs[0].dtype);
        self.masks.attrs(attrs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<StridedSlice, Reason> {
        Ok(StridedSlice { masks: Masks::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, index @ ..] = inputs else { return Err(wrong_count(4, inputs)) };
        let shape = slice_shape(&x.shape, index, self.masks)?;
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (begin, end, strides) = (node.x(1), node.x(2), node.x(3));
            let shape = match begin.dtype() {
                Some(dtype) => node.x(0).shape_tensor().cast_to(dtype),
                None => node.x(0).shape_tensor(),
            };
            let op = StridedSliceGrad { masks: self.masks };
            [Some(dy.graph().add(op, &[&shape, begin, end, strides, dy])), None, None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let shape = known_shape(node.inputs[0])?;
        match layout(&shape, &node.inputs[1..4], self.masks)? {
            Some(layout) => view(layout, &known_shape(&node.outputs[0])?),
            None => Ok(once_known(self, node)),
        }
    }
}

/// The gradient of [`StridedSlice`]: zeros of the shape that is the first input, with `dy`, the last, where the slice
/// was.
#[derive(Clone, Debug)]
pub struct StridedSliceGrad {
    /// What else the items are.
    pub masks: Masks,
}

impl Op for StridedSliceGrad {
    fn name(&self) -> &'static str {
        "StridedSliceGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("Index", node.inputs[1].dtype).with("T", node.inputs[4].dtype);
        self.masks.attrs(attrs)
    }

    fn from_attrs(attrs: &Attrs) -> Result<StridedSliceGrad, Reason> {
        Ok(StridedSliceGrad { masks: Masks::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape, begin, end, strides, dy] = inputs else { return Err(wrong_count(5, inputs)) };
        let to = shape_from(shape)?;
        let slice = slice_shape(&to, &[begin, end, strides], self.masks)?;
        if slice.merge(&dy.shape).is_none() {
            return Err(format!("the slice has shape {slice} and its gradient {}", dy.shape).into());
        }
        Ok(Fact::new(dy.dtype, to).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let op = StridedSlice { masks: self.masks };
            let back = ddx.graph().add(op, &[ddx, node.x(1), node.x(2), node.x(3)]);
            [None, None, None, None, Some(back)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, [4]) {
            return Ok(strings);
        }
        let (shape, dy) = (known_shape(&node.outputs[0])?, node.inputs[4]);
        let Some(layout) = layout(&shape, &node.inputs[1..4], self.masks)? else {
            return Ok(once_known(self, node));
        };
        let size = dy.dtype.size().ok_or_else(|| format!("there are no loops over {}", dy.dtype))?;
        let kernel = PlaceKernel::new(size, &known_shape(dy)?, layout)?;
        Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![4] })
    }
}

/// The shape of what the index takes of a tensor of shape `x`, as far as it is known.
pub(super) fn slice_shape(x: &PartialShape, index: &[&Fact], masks: Masks) -> Result<PartialShape, Reason> {
    Ok(match (x.sizes(), items(index)?) {
        (Some(sizes), Some(items)) => {
            let (ranges, out) = resolve(sizes, &items, masks)?;
            out.iter().map(|out| out.map_or(Some(1), |axis| ranges[axis].count)).collect()
        }
        _ => PartialShape::unknown(),
    })
}

/// One item of an index: its beginning, end and stride, as far as they are known.
type Item = [Option<i64>; 3];

/// The items that the operands `begin`, `end` and `strides` hold; `None` if not even their number is known.
fn items(operands: &[&Fact]) -> Result<Option<Vec<Item>>, Reason> {
    let [begin, end, strides] = operands else { return Err(wrong_count(4, operands)) };
    let mut count: Option<usize> = None;
    for (operand, what) in [(begin, "begin"), (end, "end"), (strides, "strides")] {
        must_be_index_or(DType::Int16, operand, what)?;
        must_be_one_per_axis(operand, what)?;
        if let Some(size) = operand.shape.size(0)
            && *count.get_or_insert(size) != size
        {
            return Err(format!(
                "begin, end and strides have shapes {}, {} and {}, which differ",
                begin.shape, end.shape, strides.shape
            )
            .into());
        }
    }
    let Some(count) = count else { return Ok(None) };
    let values = |fact: &Fact| fact.known_integers().unwrap_or_else(|| vec![None; count]);
    let (begin, end, strides) = (values(begin), values(end), values(strides));
    Ok(Some((0..count).map(|i| [begin[i], end[i], strides[i]]).collect()))
}

/// Which elements are taken along an axis of x.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    /// The first, if it is known.
    begin: Option<i64>,
    /// How far it is to the next, if it is known.
    stride: Option<i64>,
    /// How many, if that is known.
    count: Option<usize>,
}

/// For each axis of x, of these sizes, what is taken along it; and for each axis of the result, the axis of x from
/// which it comes, `None` for a new one.
fn resolve(
    sizes: &[Option<usize>],
    items: &[Item],
    masks: Masks,
) -> Result<(Vec<Range>, Vec<Option<usize>>), Reason> {
    let bit = |mask: i64, i: usize| i < 64 && mask >> i & 1 == 1;
    let ellipsis = (0..items.len()).filter(|&i| bit(masks.ellipsis, i)).collect::<Vec<_>>();
    // Bits beyond the items count too, as in TensorFlow.
    if masks.ellipsis.count_ones() > 1 {
        return Err("an index has at most one ellipsis".into());
    }
    // Without an ellipsis there is one at the end.
    let ellipsis = ellipsis.first().copied().unwrap_or(items.len());
    let is_new = |i: usize| i != ellipsis && bit(masks.new_axis, i);
    let taken = (0..items.len()).filter(|&i| i != ellipsis && !is_new(i)).count();
    let Some(whole) = sizes.len().checked_sub(taken) else {
        return Err(format!("the index has {taken} items for a tensor of {} axes", sizes.len()).into());
    };
    let (mut ranges, mut out) = (Vec::with_capacity(sizes.len()), Vec::new());
    for i in 0..=items.len() {
        if i == ellipsis {
            for _ in 0..whole {
                out.push(Some(ranges.len()));
                ranges.push(Range { begin: Some(0), stride: Some(1), count: sizes[ranges.len()] });
            }
        }
        if i == ellipsis || i == items.len() {
            continue;
        }
        if is_new(i) {
            out.push(None);
            continue;
        }
        let (axis, shrinks) = (ranges.len(), bit(masks.shrink_axis, i));
        let open = [bit(masks.begin, i), bit(masks.end, i)];
        ranges.push(range(axis, sizes[axis], items[i], open, shrinks)?);
        if !shrinks {
            out.push(Some(axis));
        }
    }
    Ok((ranges, out))
}

/// What an item takes along an axis of size `size`.
fn range(
    axis: usize,
    size: Option<usize>,
    item: Item,
    open: [bool; 2],
    shrinks: bool,
) -> Result<Range, Reason> {
    let [begin, end, stride] = item;
    if stride == Some(0) {
        return Err(format!("the stride along axis {axis} is 0").into());
    }
    if shrinks {
        if stride.is_some_and(|stride| stride < 0) {
            return Err(format!("the stride of the index along axis {axis} is not 1").into());
        }
        let counted = match (begin, size) {
            (Some(begin), Some(size)) => {
                let counted = if begin < 0 { begin + size as i64 } else { begin };
                if !(0..size as i64).contains(&counted) {
                    return Err(format!("index {begin} is outside axis {axis}, which has size {size}").into());
                }
                Some(counted)
            }
            _ => None,
        };
        return Ok(Range { begin: counted, stride: Some(1), count: Some(1) });
    }
    let (Some(size), Some(stride)) = (size, stride) else {
        return Ok(Range { begin: None, stride, count: None });
    };
    // Where walking starts at the latest and ends at the latest: backwards, from the last element to before the first.
    let size = size as i64;
    let (lowest, highest) = if stride > 0 { (0, size) } else { (-1, size - 1) };
    let place = |at: Option<i64>, open: bool, whole: i64| match (at, open) {
        (_, true) => Some(whole),
        (Some(at), false) => Some((if at < 0 { at.saturating_add(size) } else { at }).clamp(lowest, highest)),
        (None, false) => None,
    };
    let (first, last) = if stride > 0 { (lowest, highest) } else { (highest, lowest) };
    let (begin, end) = (place(begin, open[0], first), place(end, open[1], last));
    let count = begin.zip(end).map(|(begin, end)| {
        let way = if stride > 0 { end - begin } else { begin - end };
        usize::try_from(way).map_or(0, |way| way.div_ceil(stride.unsigned_abs() as usize))
    });
    Ok(Range { begin, stride: Some(stride), count })
}

/// Where the elements that the index takes lie in a tensor of shape `shape`; `None` if the index is not known yet.
pub(super) fn layout(shape: &[usize], index: &[&Fact], masks: Masks) -> Result<Option<Layout>, Reason> {
    let Some(items) = items(index)? else { return Ok(None) };
    let sizes: Vec<Option<usize>> = shape.iter().map(|&size| Some(size)).collect();
    let (ranges, out) = resolve(&sizes, &items, masks)?;
    let mut layout = Layout::contiguous(shape);
    let empty = ranges.iter().any(|range| range.count == Some(0));
    let mut strides = Vec::with_capacity(ranges.len());
    for (range, &stride) in ranges.iter().zip(&layout.strides) {
        let (Some(begin), Some(step), Some(_)) = (range.begin, range.stride, range.count) else {
            return Ok(None);
        };
        strides.push(stride.saturating_mul(step as isize));
        layout.offset += if empty { 0 } else { begin as usize * stride as usize };
    }
    layout.strides = out.iter().map(|out| out.map_or(0, |axis| strides[axis])).collect();
    Ok(Some(layout))
}

pub(in crate::ops) fn strided_slice_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let fed = |masks: Masks| {
        move |tf: &crate::Graph, x: &[crate::Tensor]| {
            vec![tf.add(StridedSlice { masks }, &[&x[0], &x[1], &x[2], &x[3]])]
        }
    };
    vec![
        Case::fed("a row", [matrix()], |_, x| vec![x[0].at(1)]).expecting([array![4.0, 5.0, 6.0]]),
        Case::fed("from the end", [matrix()], |_, x| vec![x[0].at((.., -1))]).expecting([array![3.0, 6.0]]),
        Case::fed("ranges", [matrix()], |_, x| vec![x[0].at((..1, 1..))]).expecting([array![[2.0, 3.0]]]),
        Case::fed("steps backwards", [matrix()], |_, x| vec![x[0].at((.., Index::from(..).step(-2)))])
            .expecting([array![[3.0, 1.0], [6.0, 4.0]]]),
        Case::fed("a new axis and an ellipsis", [matrix()], |_, x| {
            vec![x[0].at((Index::NewAxis, Index::Ellipsis, 0, Index::NewAxis))]
        })
        .expecting([array![[[1.0], [4.0]]]]),
        Case::fed("beyond the end", [matrix()], |_, x| vec![x[0].at((5.., -9..9))]),
        Case::fed("everything", [matrix()], |_, x| vec![x[0].at((.., ..))]),
        Case::fed(
            "operands that are fed",
            [matrix(), array![0, -1], array![2, -4], array![1, -2]],
            fed(Masks::default()),
        )
        .expecting([array![[3.0, 1.0], [6.0, 4.0]]]),
        Case::fed(
            "an index that is fed",
            [matrix(), array![1], array![2], array![1]],
            fed(Masks { shrink_axis: 1, ..Masks::default() }),
        )
        .expecting([array![4.0, 5.0, 6.0]]),
        Case::fed("strings", [array!["a", "b", "c"]], |_, x| vec![x[0].at(Index::from(..).step(-1))])
            .expecting([array!["c", "b", "a"]]),
        Case::fed("part of a shape", [matrix()], |_, x| vec![x[0].shape_tensor().at(1)])
            .expecting([3.into()]),
    ]
}

pub(in crate::ops) fn strided_slice_grad_cases() -> Vec<Case> {
    let case = |name: &str, shape: Array, index: [Array; 3], dy: Array, masks: Masks| {
        let [begin, end, strides] = index;
        Case::fed(name, [dy], move |tf, x| {
            let operands = [&shape, &begin, &end, &strides].map(|array| tf.constant(array));
            let [shape, begin, end, strides] = &operands;
            vec![tf.add(StridedSliceGrad { masks }, &[shape, begin, end, strides, &x[0]])]
        })
    };
    vec![
        case(
            "every second, backwards",
            array![2, 3],
            [array![0, -1], array![2, -4], array![1, -2]],
            array![[1.0, 2.0], [3.0, 4.0]],
            Masks::default(),
        )
        .expecting([array![[2.0, 0.0, 1.0], [4.0, 0.0, 3.0]]]),
        case(
            "a row",
            array![2, 2],
            [array![1], array![2], array![1]],
            array![5.0, 6.0],
            Masks { shrink_axis: 1, ..Masks::default() },
        )
        .expecting([array![[0.0, 0.0], [5.0, 6.0]]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn what_is_known_of_the_shape_is_kept() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(4), Some(5)], "x");
        assert_eq!(x.at(0).shape().to_string(), "[4, 5]");
        assert_eq!(x.at((.., 1..3)).shape().to_string(), "[?, 2, 5]");
        assert_eq!(x.at((1.., Index::Ellipsis, -1)).shape().to_string(), "[?, 4]");
        let n = tf.placeholder::<i32>((), "n");
        assert_eq!(x.at((.., &n, Index::NewAxis)).shape().to_string(), "[?, 1, 5]");
    }

    #[test]
    fn wrong_indices_are_refused_with_the_numbers() {
        let refusal = |index: &dyn Fn(&Tensor) -> Tensor| {
            let tf = Graph::new();
            index(&tf.constant(array![[1, 2, 3]]));
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(refusal(&|x| x.at((.., 3))), "index 3 is outside axis 1, which has size 3");
        assert_eq!(refusal(&|x| x.at(-2)), "index -2 is outside axis 0, which has size 1");
        assert_eq!(refusal(&|x| x.at((0, 0, 0))), "the index has 3 items for a tensor of 2 axes");
        assert_eq!(refusal(&|x| x.at(Index::from(..).step(0))), "the stride along axis 0 is 0");
        let two = || (Index::Ellipsis, Index::Ellipsis);
        assert_eq!(refusal(&|x| x.at(two())), "an index has at most one ellipsis");
    }
}
