//! Pixels that become batch or channels, and back: SpaceToBatchND, BatchToSpaceND, SpaceToDepth, DepthToSpace, and the
//! spellings SpaceToBatch and BatchToSpace. Elements are moved, none is computed; each op is the gradient of its inverse.

use tenseur_kernels::{Call, CopyKernel, KernelError, Layout};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::concat::size_of;
use crate::ops::array::rearrange::{moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, wrong_count};
use crate::ops::conv::numbers;
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// What pixels are taken apart by: blocks, and what is added before and after each axis, or cut off.
#[derive(Clone, Debug)]
struct Blocks {
    sizes: Vec<usize>,
    edges: Vec<(usize, usize)>,
}

/// Which of two inverse ops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ToBatch,
    ToSpace,
}

/// Pixels of blocks, of an image that is padded with zeros, become images of the batch. Inputs: x, the sizes of a block,
/// and for each of its axes how much padding comes before and after.
#[derive(Clone, Debug)]
pub struct SpaceToBatchNd;

/// The inverse of [`SpaceToBatchNd`]. Inputs: x, the sizes of a block, and for each of its axes how much is cut off before
/// and after.
#[derive(Clone, Debug)]
pub struct BatchToSpaceNd;

/// [`SpaceToBatchNd`] of pictures, by square blocks. Inputs: x and the paddings.
#[derive(Clone, Debug)]
pub struct SpaceToBatch {
    /// How large a block is.
    pub block_size: i64,
}

/// [`BatchToSpaceNd`] of pictures, by square blocks. Inputs: x and what is cut off.
#[derive(Clone, Debug)]
pub struct BatchToSpace {
    /// How large a block is.
    pub block_size: i64,
}

impl Blocks {
    /// Block sizes and edges, where they are known.
    ///
    /// # Errors
    /// When they are of another type or shape, or out of range.
    fn of(blocks: &Fact, edges: &Fact) -> Result<Option<Blocks>, Reason> {
        must_be_index(blocks, "block sizes")?;
        let Some(sizes) = blocks.integers() else {
            must_be_index(edges, "paddings and crops")?;
            return Ok(None);
        };
        Blocks::with(&sizes, edges)
    }

    fn with(sizes: &[i64], edges: &Fact) -> Result<Option<Blocks>, Reason> {
        must_be_index(edges, "paddings and crops")?;
        let shape = PartialShape::from([Some(sizes.len()), Some(2)]);
        if edges.shape.merge(&shape).is_none() {
            return Err(format!("paddings and crops have shape {shape} here, and not {}", edges.shape).into());
        }
        if let Some(bad) = sizes.iter().find(|&&size| size < 1) {
            return Err(format!("a block has size {bad}; it is 1 or more").into());
        }
        let Some(edges) = edges.integers() else { return Ok(None) };
        if let Some(bad) = edges.iter().find(|&&edge| edge < 0) {
            return Err(format!("a padding or crop is {bad}; it is 0 or more").into());
        }
        let edges = edges.chunks_exact(2).map(|pair| (pair[0] as usize, pair[1] as usize)).collect();
        Ok(Some(Blocks { sizes: sizes.iter().map(|&size| size as usize).collect(), edges }))
    }

    /// The shape of the output.
    fn output(&self, x: &PartialShape, way: Way) -> Result<PartialShape, Reason> {
        let Some(sizes) = x.sizes() else { return Ok(PartialShape::unknown()) };
        if sizes.len() < self.sizes.len() + 1 {
            return Err(format!("x has shape {x}, and a block has {} axes", self.sizes.len()).into());
        }
        let too_large = || Reason::from(format!("a tensor made of {x} would be too large"));
        let block = self.sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let block = block.ok_or_else(too_large)?;
        let mut output = sizes.to_vec();
        output[0] = match (sizes[0], way) {
            (Some(batch), Way::ToBatch) => Some(batch.checked_mul(block).ok_or_else(too_large)?),
            (Some(batch), Way::ToSpace) if !batch.is_multiple_of(block) => {
                return Err(format!("a batch of {batch} is not so many times a block of {block}").into());
            }
            (Some(batch), Way::ToSpace) => Some(batch / block),
            (None, _) => None,
        };
        for (axis, (&size, &(before, after))) in self.sizes.iter().zip(&self.edges).enumerate() {
            let Some(pixels) = sizes[axis + 1] else { continue };
            let edge = before.checked_add(after).ok_or_else(too_large)?;
            output[axis + 1] = Some(match way {
                Way::ToBatch => {
                    let padded = pixels.checked_add(edge).ok_or_else(too_large)?;
                    if !padded.is_multiple_of(size) {
                        return Err(format!(
                            "axis {} is {padded} with padding, not so many times {size}",
                            axis + 1
                        )
                        .into());
                    }
                    padded / size
                }
                Way::ToSpace => {
                    let all = pixels.checked_mul(size).ok_or_else(too_large)?;
                    all.checked_sub(edge).ok_or_else(|| {
                        Reason::from(format!("{edge} are cut off axis {}, which is {all}", axis + 1))
                    })?
                }
            });
        }
        let output = PartialShape::from(output);
        match output.known().is_none_or(|shape| shape.checked_elements().is_some()) {
            true => Ok(output),
            false => Err(too_large()),
        }
    }

    /// The work. Walks the images that are whole, `[batch, …pixels]`, and finds the place of each pixel among the blocks.
    fn lowered(&self, node: Signature<'_>, way: Way) -> Result<Lowered, Reason> {
        let size = size_of(node.inputs[0].dtype)?;
        let (from, to) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        let axes = self.sizes.len();
        let run = size * from[axes + 1..].iter().product::<usize>();
        let (whole, apart) =
            if way == Way::ToBatch { (from.clone(), to.clone()) } else { (to.clone(), from.clone()) };
        let bytes = [from.elements() * size, to.elements() * size];
        let Blocks { sizes, edges } = self.clone();
        let name = if way == Way::ToBatch { "SpaceToBatch" } else { "BatchToSpace" };
        let work = Call::new(name, vec![bytes[0]], vec![bytes[1]], move |inputs, outputs| {
            if way == Way::ToBatch {
                outputs[0].fill(0);
            }
            let pixels: usize = whole[..=axes].iter().product();
            for pixel in (0..pixels).filter(|_| run > 0) {
                let (mut rest, mut image, mut place, mut step) = (pixel, 0, 0, 1);
                let mut images = 1;
                for axis in (0..axes).rev() {
                    let at = rest % whole[axis + 1] + edges[axis].0;
                    rest /= whole[axis + 1];
                    image += at % sizes[axis] * images;
                    images *= sizes[axis];
                    place += at / sizes[axis] * step;
                    step *= apart[axis + 1];
                }
                let other = ((image * whole[0] + rest) * step + place) * run;
                let (to, from) =
                    if way == Way::ToBatch { (other, pixel * run) } else { (pixel * run, other) };
                let source = inputs[0].get(from..from + run);
                let target = outputs[0].get_mut(to..to + run);
                match target.zip(source) {
                    Some((target, source)) => target.copy_from_slice(source),
                    None => return Err(KernelError::invalid(format!("pixel {pixel} has no place"))),
                }
            }
            Ok(())
        });
        Ok(Lowered::kernel(work))
    }
}

/// The op of blocks that are an input.
macro_rules! by_input {
    ($name:ident, $op_name:literal, $inverse:ident, $way:expr, $edges:literal) => {
        impl Op for $name {
            fn name(&self) -> &'static str {
                $op_name
            }

            fn attrs(&self, node: Signature<'_>) -> Attrs {
                let attrs = Attrs::new().with("T", node.inputs[0].dtype);
                attrs.with("Tblock_shape", node.inputs[1].dtype).with($edges, node.inputs[2].dtype)
            }

            fn from_attrs(_: &Attrs) -> Result<$name, Reason> {
                Ok($name)
            }

            fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
                let [x, blocks, edges] = inputs else { return Err(wrong_count(3, inputs)) };
                let shape = match Blocks::of(blocks, edges)? {
                    Some(blocks) => blocks.output(&x.shape, $way)?,
                    None => x.shape.rank().map_or(PartialShape::unknown(), PartialShape::of_rank),
                };
                Ok(Fact::new(x.dtype, shape).one())
            }

            fn effects(&self) -> Effects {
                Effects::PURE.failing()
            }

            fn grad(&self) -> Grad<'_> {
                Grad::rule(|node, dy| {
                    let back = dy.graph().add($inverse, &[dy, node.x(1), node.x(2)]);
                    [Some(back), None, None]
                })
            }

            fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
                if let Some(strings) = moved_strings(self, node, 0..1) {
                    return Ok(strings);
                }
                match Blocks::of(node.inputs[1], node.inputs[2])? {
                    Some(blocks) => blocks.lowered(node, $way),
                    None => Ok(once_known(self, node)),
                }
            }
        }
    };
}
by_input!(SpaceToBatchNd, "SpaceToBatchND", BatchToSpaceNd, Way::ToBatch, "Tpaddings");
by_input!(BatchToSpaceNd, "BatchToSpaceND", SpaceToBatchNd, Way::ToSpace, "Tcrops");

/// The op of square blocks whose size is an attribute.
macro_rules! by_attribute {
    ($name:ident, $op_name:literal, $inverse:ident, $way:expr) => {
        impl Op for $name {
            fn name(&self) -> &'static str {
                $op_name
            }

            fn attrs(&self, node: Signature<'_>) -> Attrs {
                let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype);
                attrs.with("block_size", self.block_size)
            }

            fn from_attrs(attrs: &Attrs) -> Result<$name, Reason> {
                Ok($name { block_size: attrs.require("block_size")? })
            }

            fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
                let [x, edges] = inputs else { return Err(wrong_count(2, inputs)) };
                if x.shape.rank().is_some_and(|rank| rank != 4) || self.block_size < 2 {
                    return Err(format!(
                        "x must have 4 axes, blocks 2 or more; they are {} and {}",
                        x.shape, self.block_size
                    )
                    .into());
                }
                let shape = match Blocks::with(&[self.block_size; 2], edges)? {
                    Some(blocks) => blocks.output(&x.shape, $way)?,
                    None => PartialShape::of_rank(4),
                };
                Ok(Fact::new(x.dtype, shape).one())
            }

            fn effects(&self) -> Effects {
                Effects::PURE.failing()
            }

            fn grad(&self) -> Grad<'_> {
                Grad::rule(|node, dy| {
                    let op = $inverse { block_size: self.block_size };
                    [Some(dy.graph().add(op, &[dy, node.x(1)])), None]
                })
            }

            fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
                if let Some(strings) = moved_strings(self, node, 0..1) {
                    return Ok(strings);
                }
                match Blocks::with(&[self.block_size; 2], node.inputs[1])? {
                    Some(blocks) => blocks.lowered(node, $way),
                    None => Ok(once_known(self, node)),
                }
            }
        }
    };
}
by_attribute!(SpaceToBatch, "SpaceToBatch", BatchToSpace, Way::ToBatch);
by_attribute!(BatchToSpace, "BatchToSpace", SpaceToBatch, Way::ToSpace);

/// The pixels of each block of a picture become channels of one pixel.
#[derive(Clone, Debug)]
pub struct SpaceToDepth {
    /// How large a block is.
    pub block_size: i64,
    /// Where the channels are.
    pub data_format: DataFormat,
}

/// The inverse of [`SpaceToDepth`].
#[derive(Clone, Debug)]
pub struct DepthToSpace {
    /// How large a block is.
    pub block_size: i64,
    /// Where the channels are.
    pub data_format: DataFormat,
}

/// The shape after blocks of `size` pixels have become channels, or have come of them.
fn depth_shape(
    x: &PartialShape,
    size: i64,
    format: DataFormat,
    to_depth: bool,
) -> Result<PartialShape, Reason> {
    let size = usize::try_from(size).ok().filter(|&size| size >= 2);
    let size = size.ok_or("a block has size 2 or more")?;
    let Some(sizes) = x.sizes() else { return Ok(PartialShape::of_rank(4)) };
    if sizes.len() != 4 {
        return Err(format!("x must have 4 axes and has shape {x}").into());
    }
    let channels = format.channel_axis(4);
    let mut output = sizes.to_vec();
    for axis in 1..4 {
        let Some(have) = sizes[axis] else { continue };
        let by = if axis == channels { size.checked_mul(size).ok_or("a block is too large")? } else { size };
        let grows = (axis == channels) == to_depth;
        output[axis] = match grows {
            true => Some(have.checked_mul(by).ok_or("the output is too large")?),
            false if have.is_multiple_of(by) => Some(have / by),
            false => return Err(format!("axis {axis} of {x} is not so many times {by}").into()),
        };
    }
    Ok(output.into())
}

/// The copy that turns blocks into channels, or channels into blocks.
fn depth_copy(
    node: Signature<'_>,
    block: usize,
    format: DataFormat,
    to_depth: bool,
) -> Result<Lowered, Reason> {
    let size = size_of(node.inputs[0].dtype)?;
    let (x, y) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
    let small = if to_depth { &y } else { &x };
    let (height, width, channels) = match format {
        DataFormat::Nhwc => (small[1], small[2], small[3] / (block * block)),
        DataFormat::Nchw => (small[2], small[3], small[1] / (block * block)),
    };
    // Axes: batch, block row, block column, row in it, column in it, channel. As pixels and as channels they lie in memory
    // in these orders.
    let sizes = [x[0], height, width, block, block, channels];
    let (pixels, depth) = match format {
        DataFormat::Nhwc => ([0, 1, 3, 2, 4, 5], [0, 1, 2, 3, 4, 5]),
        DataFormat::Nchw => ([0, 5, 1, 3, 2, 4], [0, 3, 4, 5, 1, 2]),
    };
    let (from, to) = if to_depth { (pixels, depth) } else { (depth, pixels) };
    let mut strides = [0; 6];
    let mut stride = 1;
    for &axis in from.iter().rev() {
        strides[axis] = stride as isize;
        stride *= sizes[axis];
    }
    let layout =
        Layout { offset: 0, strides: to.iter().map(|&axis| strides[axis]).collect(), elements: x.elements() };
    Ok(Lowered::kernel(CopyKernel::new(size, &to.map(|axis| sizes[axis]), layout)?))
}

/// The op of pixels and channels.
macro_rules! of_depth {
    ($name:ident, $op_name:literal, $inverse:ident, $to_depth:literal) => {
        impl Op for $name {
            fn name(&self) -> &'static str {
                $op_name
            }

            fn attrs(&self, node: Signature<'_>) -> Attrs {
                let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("block_size", self.block_size);
                attrs.with("data_format", self.data_format.name())
            }

            fn from_attrs(attrs: &Attrs) -> Result<$name, Reason> {
                let data_format = DataFormat::from_attrs(attrs)?;
                Ok($name { block_size: attrs.require("block_size")?, data_format })
            }

            fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
                let [x] = inputs else { return Err(wrong_count(1, inputs)) };
                let shape = depth_shape(&x.shape, self.block_size, self.data_format, $to_depth)?;
                Ok(Fact::new(x.dtype, shape).one())
            }

            fn effects(&self) -> Effects {
                Effects::PURE
            }

            fn grad(&self) -> Grad<'_> {
                Grad::rule(|_, dy| {
                    let $name { block_size, data_format } = *self;
                    [Some(dy.graph().add($inverse { block_size, data_format }, &[dy]))]
                })
            }

            fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
                match moved_strings(self, node, 0..1) {
                    Some(strings) => Ok(strings),
                    None => depth_copy(node, self.block_size as usize, self.data_format, $to_depth),
                }
            }
        }
    };
}
of_depth!(SpaceToDepth, "SpaceToDepth", DepthToSpace, true);
of_depth!(DepthToSpace, "DepthToSpace", SpaceToDepth, false);

impl Tensor {
    /// The pixels of blocks become images of the batch. x is `[batch, …image, …]`; along the axes of the image it is padded
    /// with zeros, `paddings` `[axes, 2]` before and after, and then cut into blocks of `sizes`.
    #[track_caller]
    pub fn space_to_batch(&self, sizes: impl IntoShape, paddings: impl AsRef<Tensor>) -> Tensor {
        self.graph().add(SpaceToBatchNd, &[self, &sizes.into_shape(self), paddings.as_ref()])
    }

    /// The inverse of [`space_to_batch`](Tensor::space_to_batch), which cuts off `crops` `[axes, 2]` before and after.
    #[track_caller]
    pub fn batch_to_space(&self, sizes: impl IntoShape, crops: impl AsRef<Tensor>) -> Tensor {
        self.graph().add(BatchToSpaceNd, &[self, &sizes.into_shape(self), crops.as_ref()])
    }

    /// The pixels of each block, `block_size` high and wide, of pictures `[batch, height, width, channels]` become
    /// channels of one pixel.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]).reshape([1, 2, 2, 1]);
    /// let y = x.space_to_depth(2);
    /// assert_eq!(y.shape().to_string(), "[1, 1, 1, 4]");
    /// let again = y.depth_to_space(2).reshape([2, 2]);
    /// assert_eq!(Session::new(&tf)?.run(&again, feeds![])?, array![[1, 2], [3, 4]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn space_to_depth(&self, block_size: i64) -> Tensor {
        self.graph().add(SpaceToDepth { block_size, data_format: DataFormat::Nhwc }, &[self])
    }

    /// The inverse of [`space_to_depth`](Tensor::space_to_depth).
    #[track_caller]
    pub fn depth_to_space(&self, block_size: i64) -> Tensor {
        self.graph().add(DepthToSpace { block_size, data_format: DataFormat::Nhwc }, &[self])
    }
}

fn edges(values: &[[i32; 2]]) -> Array {
    Array::new([values.len(), 2], values.concat()).expect("a matrix")
}

pub(super) fn space_to_batch_nd_cases() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| vec![tf.add(SpaceToBatchNd, &[&x[0], &x[1], &x[2]])];
    let row = array![1.0, 2.0, 3.0, 4.0].reshape([1, 4]).expect("a row");
    vec![
        Case::fed("a row", [row, array![2], edges(&[[0, 0]])], build)
            .expecting([array![[1.0, 3.0], [2.0, 4.0]]]),
        Case::fed("padded", [numbers([2, 3, 4, 2]), array![2, 3], edges(&[[1, 0], [0, 2]])], build),
        Case::fed("known", [numbers([1, 4, 2])], |tf, x| {
            let paddings = tf.constant(edges(&[[1, 1]]));
            vec![x[0].space_to_batch([3], &paddings)]
        }),
        Case::fed("strings", [array![["a", "b"]], array![2], edges(&[[0, 0]])], build)
            .expecting([array![["a"], ["b"]]]),
        Case::fed("none", [numbers([0, 4, 2]), array![2], edges(&[[0, 0]])], build),
        Case::fed(
            "halves",
            [as_type(numbers([1, 2, 3]), DType::Float16), array![2], edges(&[[0, 0]])],
            build,
        ),
    ]
}

pub(super) fn batch_to_space_nd_cases() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| vec![tf.add(BatchToSpaceNd, &[&x[0], &x[1], &x[2]])];
    vec![
        Case::fed("a row", [array![[1.0, 3.0], [2.0, 4.0]], array![2], edges(&[[0, 0]])], build)
            .expecting([array![[1.0, 2.0, 3.0, 4.0]]]),
        Case::fed("cropped", [numbers([12, 2, 2, 2]), array![2, 3], edges(&[[1, 0], [0, 2]])], build),
    ]
}

pub(super) fn space_to_batch_cases() -> Vec<Case> {
    vec![Case::fed("padded", [numbers([2, 3, 4, 2]), edges(&[[1, 0], [0, 2]])], |tf, x| {
        vec![tf.add(SpaceToBatch { block_size: 2 }, &[&x[0], &x[1]])]
    })]
}

pub(super) fn batch_to_space_cases() -> Vec<Case> {
    vec![Case::fed("cropped", [numbers([4, 3, 4, 2]), edges(&[[1, 0], [0, 2]])], |tf, x| {
        vec![tf.add(BatchToSpace { block_size: 2 }, &[&x[0], &x[1]])]
    })]
}

/// Four numbers one after the other.
fn four(shape: [usize; 4]) -> Array {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i| i as f32).collect();
    Array::new(shape, values).expect("cases are small")
}

pub(super) fn space_to_depth_cases() -> Vec<Case> {
    let build = |data_format| {
        move |tf: &Graph, x: &[Tensor]| vec![tf.add(SpaceToDepth { block_size: 2, data_format }, &[&x[0]])]
    };
    let answer = Array::new([1, 1, 2, 4], vec![0f32, 1., 4., 5., 2., 3., 6., 7.]).expect("two pixels");
    let first = Array::new([1, 4, 1, 2], vec![0f32, 2., 1., 3., 4., 6., 5., 7.]).expect("two pixels");
    vec![
        Case::fed("two blocks", [four([1, 2, 4, 1])], build(DataFormat::Nhwc)).expecting([answer]),
        Case::fed("channels first", [four([1, 1, 2, 4])], build(DataFormat::Nchw)).expecting([first]),
        Case::fed("channels", [numbers([2, 4, 2, 3])], build(DataFormat::Nhwc)),
        Case::fed("channels first, several", [numbers([2, 3, 4, 2])], build(DataFormat::Nchw)),
        Case::fed("none", [numbers([0, 4, 2, 3])], build(DataFormat::Nhwc)),
    ]
}

pub(super) fn depth_to_space_cases() -> Vec<Case> {
    let build = |data_format| {
        move |tf: &Graph, x: &[Tensor]| vec![tf.add(DepthToSpace { block_size: 2, data_format }, &[&x[0]])]
    };
    vec![
        Case::fed("channels", [numbers([2, 2, 1, 12])], build(DataFormat::Nhwc)),
        Case::fed("channels first", [numbers([2, 12, 2, 1])], build(DataFormat::Nchw)),
    ]
}
