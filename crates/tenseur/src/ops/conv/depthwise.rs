//! Convolutions that keep channels apart, with the ops that are their gradients.
//!
//! `y[n, o, c · m + q] = Σₖ x[n, o · stride + k · dilation − before, c] · w[k, c, q]` for q < m

use tenseur_kernels::{DepthwiseKernel, DepthwiseOutput, Images};

use super::backprop::must_agree;
use super::{channels_last, numbers, one_type};
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{shape_from, wrong_count};
use crate::ops::sliding::{Extents, Known, Padding, Sliding};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The convolution of each channel with filters of its own. Inputs: x, `[batch, height, width, channels]`, and w,
/// `[height, width, channels, m]`.
#[derive(Clone, Debug)]
pub struct DepthwiseConv2dNative {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

/// The gradient of a depthwise convolution with respect to its images. Inputs: the images' shape, w, and the gradient of
/// the output.
#[derive(Clone, Debug)]
pub struct DepthwiseConv2dNativeBackpropInput {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

/// The gradient of a depthwise convolution with respect to its filters. Inputs: x, the filters' shape, and the gradient of
/// the output.
#[derive(Clone, Debug)]
pub struct DepthwiseConv2dNativeBackpropFilter {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

impl Op for DepthwiseConv2dNative {
    fn name(&self) -> &'static str {
        "DepthwiseConv2dNative"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.sliding.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<DepthwiseConv2dNative, Reason> {
        Ok(DepthwiseConv2dNative { sliding: sliding_from(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, filter] = inputs else { return Err(wrong_count(2, inputs)) };
        self.sliding.check(2)?;
        one_type(&[x, filter])?;
        let images = self.sliding.extents(&x.shape, "x")?;
        let filters = Filters::of(&filter.shape)?;
        let image = self.sliding.outputs(&images.image, &filters.sizes)?;
        let channels = filters.outputs(images.channels)?;
        let output = Extents { batch: images.batch, image, channels };
        Ok(Fact::new(x.dtype, self.sliding.shape(&output)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, filter, graph) = (node.x(0), node.x(1), dy.graph());
            let input = DepthwiseConv2dNativeBackpropInput { sliding: self.sliding.clone() };
            let weights = DepthwiseConv2dNativeBackpropFilter { sliding: self.sliding.clone() };
            [
                Some(graph.add(input, &[&x.shape_tensor(), filter, dy])),
                Some(graph.add(weights, &[x, &filter.shape_tensor(), dy])),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (x, filter, y) = (&node.inputs[0].shape, &node.inputs[1].shape, &node.outputs[0].shape);
        lowered(&self.sliding, DepthwiseOutput::Output, node, [x, filter, y])
    }
}

impl Op for DepthwiseConv2dNativeBackpropInput {
    fn name(&self) -> &'static str {
        "DepthwiseConv2dNativeBackpropInput"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.sliding.attrs(Attrs::new().with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<DepthwiseConv2dNativeBackpropInput, Reason> {
        Ok(DepthwiseConv2dNativeBackpropInput { sliding: sliding_from(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sizes, filter, dy] = inputs else { return Err(wrong_count(3, inputs)) };
        self.sliding.check(2)?;
        one_type(&[filter, dy])?;
        let said = shape_from(sizes)?;
        let said = if said.rank().is_none() { PartialShape::of_rank(4) } else { said };
        agree(&self.sliding, &said, &filter.shape, &dy.shape)?;
        Ok(Fact::new(dy.dtype, said).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let (filter, dy, graph) = (node.x(1), node.x(2), ddx.graph());
            let weights = DepthwiseConv2dNativeBackpropFilter { sliding: self.sliding.clone() };
            let output = DepthwiseConv2dNative { sliding: self.sliding.clone() };
            [
                None,
                Some(graph.add(weights, &[ddx, &filter.shape_tensor(), dy])),
                Some(graph.add(output, &[ddx, filter])),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (x, filter, dy) = (&node.outputs[0].shape, &node.inputs[1].shape, &node.inputs[2].shape);
        if x.known().is_none() {
            return Ok(once_known(self, node));
        }
        lowered(&self.sliding, DepthwiseOutput::InputGradient, node, [x, filter, dy])
    }
}

impl Op for DepthwiseConv2dNativeBackpropFilter {
    fn name(&self) -> &'static str {
        "DepthwiseConv2dNativeBackpropFilter"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.sliding.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<DepthwiseConv2dNativeBackpropFilter, Reason> {
        Ok(DepthwiseConv2dNativeBackpropFilter { sliding: sliding_from(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, sizes, dy] = inputs else { return Err(wrong_count(3, inputs)) };
        self.sliding.check(2)?;
        one_type(&[x, dy])?;
        let said = shape_from(sizes)?;
        let said = if said.rank().is_none() { PartialShape::of_rank(4) } else { said };
        agree(&self.sliding, &x.shape, &said, &dy.shape)?;
        Ok(Fact::new(dy.dtype, said).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddw| {
            let (x, dy, graph) = (node.x(0), node.x(2), ddw.graph());
            let input = DepthwiseConv2dNativeBackpropInput { sliding: self.sliding.clone() };
            let output = DepthwiseConv2dNative { sliding: self.sliding.clone() };
            [Some(graph.add(input, &[&x.shape_tensor(), ddw, dy])), None, Some(graph.add(output, &[x, ddw]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (x, filter, dy) = (&node.inputs[0].shape, &node.outputs[0].shape, &node.inputs[2].shape);
        if filter.known().is_none() {
            return Ok(once_known(self, node));
        }
        lowered(&self.sliding, DepthwiseOutput::FilterGradient, node, [x, filter, dy])
    }
}

/// How filters slide, as the attributes say.
fn sliding_from(attrs: &Attrs) -> Result<Sliding, Reason> {
    let strides: Vec<i64> = attrs.require("strides")?;
    Sliding::from_attrs(attrs, 2).map_err(|reason| {
        match strides.iter().filter(|&&stride| stride != 1).count() {
            0 => reason,
            // TensorFlow says of strides alone that they are wrong, and not that they are missing.
            _ => Reason { code: Code::InvalidArgument, ..reason },
        }
    })
}

/// The sizes of a filter, as far as they are known.
struct Filters {
    sizes: Vec<Option<usize>>,
    channels: Option<usize>,
    multiplier: Option<usize>,
}

impl Filters {
    fn of(shape: &PartialShape) -> Result<Filters, Reason> {
        match shape.sizes() {
            None => Ok(Filters { sizes: vec![None; 2], channels: None, multiplier: None }),
            Some([height, width, channels, multiplier]) => {
                Ok(Filters { sizes: vec![*height, *width], channels: *channels, multiplier: *multiplier })
            }
            Some(_) => {
                Err(format!("the filter must be [height, width, channels, multiplier] and has shape {shape}")
                    .into())
            }
        }
    }

    /// The channels of the output, of images with so many.
    fn outputs(&self, channels: Option<usize>) -> Result<Option<usize>, Reason> {
        if let (Some(filters), Some(channels)) = (self.channels, channels)
            && filters != channels
        {
            return Err(format!("x has {channels} channels and the filter is for {filters}").into());
        }
        Ok(self.channels.or(channels).zip(self.multiplier).and_then(|(c, m)| c.checked_mul(m)))
    }
}

/// Whether shapes of x, filter and output go together, as far as they are known.
fn agree(sliding: &Sliding, x: &PartialShape, filter: &PartialShape, y: &PartialShape) -> Result<(), Reason> {
    let (images, output) = (sliding.extents(x, "x")?, sliding.extents(y, "the output's gradient")?);
    let filters = Filters::of(filter)?;
    let channels = filters.outputs(images.channels)?;
    must_agree(sliding, &images.image, &filters.sizes, &output.image)?;
    let others = [("images", images.batch, output.batch), ("channels", channels, output.channels)];
    for (what, want, got) in others {
        if let (Some(want), Some(got)) = (want, got)
            && want != got
        {
            return Err(format!("the output has {want} {what}, and its gradient {got}").into());
        }
    }
    Ok(())
}

/// The kernel that computes one of x, w and y, of these shapes, from the other two.
fn lowered(
    sliding: &Sliding,
    which: DepthwiseOutput,
    node: Signature<'_>,
    [x, filter, y]: [&PartialShape; 3],
) -> Result<Lowered, Reason> {
    let dtype = node.outputs[0].dtype;
    let stored = dtype.scalar().ok_or_else(|| format!("there are no convolutions of {dtype}"))?;
    if sliding.strides.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(
            format!("strides are the same along rows and columns, and here {:?}", sliding.strides).into()
        );
    }
    let input = sliding.known(x, "x")?;
    let output = sliding.known(y, "the output")?;
    let filter = filter.known().ok_or("the filter's shape is not known before the run")?;
    let [height, width, _, multiplier] = filter[..] else {
        return Err(format!("the filter has shape {filter}").into());
    };
    let window = sliding.window(&input, &[height, width])?;
    let reads = match which {
        DepthwiseOutput::Output => [0, 1],
        DepthwiseOutput::InputGradient => [1, 2],
        DepthwiseOutput::FilterGradient => [0, 2],
    };
    if let Some(zeros) = Lowered::sums_of_nothing(node, reads)? {
        return Ok(zeros);
    }
    let kernel = DepthwiseKernel::new(stored, which, window, multiplier)?;
    let images = |known: &Known| -> Option<Images> { Some(known.images()) };
    let (inputs, outputs) = match which {
        DepthwiseOutput::Output => ([images(&input), None], images(&output)),
        DepthwiseOutput::InputGradient => ([None, images(&output)], images(&input)),
        DepthwiseOutput::FilterGradient => ([images(&input), images(&output)], None),
    };
    let mut lowered = channels_last(sliding.data_format, stored.size(), kernel, &inputs, &[outputs])?;
    lowered.reads = reads.into_iter().collect();
    Ok(lowered)
}

/// A name, and the rest of a way to slide.
type Way = (&'static str, Sliding, [usize; 4], [usize; 4], [usize; 4]);

/// Ways to slide, with the sizes of x, the filter and the output.
fn ways() -> Vec<Way> {
    let same = |strides: [usize; 2]| Sliding::new(strides, Padding::Same);
    let explicit = Padding::Explicit(vec![(1, 0), (0, 2)]);
    let dilated = Sliding { dilations: vec![2, 1], ..Sliding::new([1, 1], Padding::Valid) };
    let first = Sliding { data_format: DataFormat::Nchw, ..same([2, 2]) };
    vec![
        ("same", same([1, 1]), [2, 3, 4, 2], [2, 3, 2, 1], [2, 3, 4, 2]),
        ("several for each channel", same([2, 2]), [1, 4, 3, 2], [3, 2, 2, 3], [1, 2, 2, 6]),
        ("dilations", dilated, [1, 4, 3, 2], [2, 2, 2, 2], [1, 2, 2, 4]),
        ("explicit padding", Sliding::new([2, 2], explicit), [1, 3, 3, 1], [2, 2, 1, 2], [1, 2, 2, 2]),
        ("channels first", first, [2, 2, 3, 4], [2, 2, 2, 2], [2, 4, 2, 2]),
        ("no images", same([1, 1]), [0, 3, 4, 2], [2, 3, 2, 1], [0, 3, 4, 2]),
    ]
}

fn shape_of(sizes: [usize; 4]) -> Array {
    Array::new([4], sizes.map(|size| size as i32)).expect("a vector")
}

pub(in crate::ops) fn depthwise_conv2d_cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ways()
        .into_iter()
        .map(|(name, sliding, x, filter, _)| {
            Case::fed(name, [numbers(x), numbers(filter)], move |tf: &Graph, x: &[Tensor]| {
                vec![tf.add(DepthwiseConv2dNative { sliding: sliding.clone() }, &[&x[0], &x[1]])]
            })
        })
        .collect();
    let (x, filter) = (numbers([1, 3, 3, 2]), numbers([2, 2, 2, 1]));
    let halves = [as_type(x, DType::Float16), as_type(filter, DType::Float16)];
    cases.push(Case::fed("halves", halves, |tf, x| {
        let sliding = Sliding::new([1, 1], Padding::Same);
        vec![tf.add(DepthwiseConv2dNative { sliding }, &[&x[0], &x[1]])]
    }));
    cases
}

pub(in crate::ops) fn depthwise_backprop_input_cases() -> Vec<Case> {
    let cases = ways().into_iter().map(|(name, sliding, x, filter, y)| {
        Case::fed(name, [numbers(filter), numbers(y), shape_of(x)], move |tf: &Graph, inputs: &[Tensor]| {
            let op = DepthwiseConv2dNativeBackpropInput { sliding: sliding.clone() };
            vec![tf.add(op, &[&inputs[2], &inputs[0], &inputs[1]])]
        })
    });
    cases.collect()
}

pub(in crate::ops) fn depthwise_backprop_filter_cases() -> Vec<Case> {
    let cases = ways().into_iter().map(|(name, sliding, x, filter, y)| {
        Case::fed(name, [numbers(x), numbers(y), shape_of(filter)], move |tf: &Graph, inputs: &[Tensor]| {
            let op = DepthwiseConv2dNativeBackpropFilter { sliding: sliding.clone() };
            vec![tf.add(op, &[&inputs[0], &inputs[2], &inputs[1]])]
        })
    });
    cases.collect()
}
