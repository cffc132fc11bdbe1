//! Convolutions, of pictures (Conv2D) and volumes (Conv3D), with the ops that are their gradients.
//!
//! `y[n, o, f] = Σₖ Σ_c x[n, o · stride + k · dilation − before, c] · w[k, c, f]`
//!
//! Filters are `[height, width, channels, filters]`, wherever the channels of the images are. Where images have a
//! multiple of the filters' channels, channels and filters come in groups. Each of the three ops is the gradient of the
//! other two, so that second derivatives are convolutions as well.

mod backprop;
mod depthwise;
mod functions;

pub use backprop::{ConvBackpropFilter, ConvBackpropInput};
pub use depthwise::{
    DepthwiseConv2dNative, DepthwiseConv2dNativeBackpropFilter, DepthwiseConv2dNativeBackpropInput,
};
pub use functions::{
    Conv2d, atrous_conv2d, atrous_conv2d_transpose, conv1d, conv2d, conv2d_transpose, conv2d_with, conv3d,
    depthwise_conv2d, separable_conv2d,
};

pub(super) use backprop::{
    conv2d_backprop_filter_cases, conv2d_backprop_input_cases, conv3d_backprop_filter_cases,
    conv3d_backprop_input_cases,
};
pub(super) use depthwise::{
    depthwise_backprop_filter_cases, depthwise_backprop_input_cases, depthwise_conv2d_cases,
};

use tenseur_kernels::{ChannelsFirstKernel, ConvKernel, ConvSpec, Images, Kernel};

use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::sliding::{Extents, Known, Padding, Sliding};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// The convolution of images with filters. Inputs: x, `[batch, …, channels]`, and w, `[…, channels, filters]`.
#[derive(Clone, Debug)]
pub struct Conv<const AXES: usize> {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

/// The convolution of pictures.
pub type Conv2D = Conv<2>;
/// The convolution of volumes.
pub type Conv3D = Conv<3>;

impl<const AXES: usize> Op for Conv<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "Conv2D" } else { "Conv3D" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.sliding.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Conv<AXES>, Reason> {
        Ok(Conv { sliding: Sliding::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, filter] = inputs else { return Err(wrong_count(2, inputs)) };
        self.sliding.check(AXES)?;
        one_type(&[x, filter])?;
        let images = self.sliding.extents(&x.shape, "x")?;
        let filters = Filters::of(&filter.shape, AXES)?;
        filters.fit(images.channels, None)?;
        let image = self.sliding.outputs(&images.image, &filters.sizes)?;
        let output = Extents { batch: images.batch, image, channels: filters.filters };
        Ok(Fact::new(x.dtype, self.sliding.shape(&output)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, filter) = (node.x(0), node.x(1));
            let graph = dy.graph();
            let input = ConvBackpropInput::<AXES> { sliding: self.sliding.clone() };
            let weights = ConvBackpropFilter::<AXES> { sliding: self.sliding.clone() };
            [
                Some(graph.add(input, &[&x.shape_tensor(), filter, dy])),
                Some(graph.add(weights, &[x, &filter.shape_tensor(), dy])),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        // A filter that sees nothing TensorFlow refuses in a run: without channels always, without places if anything should come
        // of it. One that gives nothing it takes.
        let gives = node.outputs[0].shape.known().is_none_or(|shape| shape.elements() > 0);
        if let (2, Some([places @ .., seen, _])) = (AXES, node.inputs[1].shape.sizes())
            && (*seen == Some(0) || gives && places.contains(&Some(0)))
        {
            return Err(format!("the filter has shape {} and sees nothing", node.inputs[1].shape).into());
        }
        if let Some(zeros) = Lowered::sums_of_nothing(node, [0, 1])? {
            return Ok(zeros);
        }
        let work = Sizes::new(&self.sliding, node.inputs[0], &node.inputs[1].shape, &node.outputs[0].shape)?;
        work.lowered(ConvKernel::new(work.spec)?, [Some(work.input.images()), None], work.output.images())
    }
}

/// The sizes of a filter, as far as they are known.
#[derive(Clone, Debug)]
struct Filters {
    sizes: Vec<Option<usize>>,
    channels: Option<usize>,
    filters: Option<usize>,
}

impl Filters {
    fn of(shape: &PartialShape, axes: usize) -> Result<Filters, Reason> {
        match shape.sizes() {
            None => Ok(Filters { sizes: vec![None; axes], channels: None, filters: None }),
            Some([sizes @ .., channels, filters]) if sizes.len() == axes => {
                Ok(Filters { sizes: sizes.to_vec(), channels: *channels, filters: *filters })
            }
            Some(_) => Err(format!("the filter must have {} axes and has shape {shape}", axes + 2).into()),
        }
    }

    /// Whether images of so many channels, and outputs of so many, go with them.
    fn fit(&self, channels: Option<usize>, outputs: Option<usize>) -> Result<(), Reason> {
        if let (Some(filters), Some(outputs)) = (self.filters, outputs)
            && filters != outputs
        {
            return Err(format!("there are {filters} filters and the output has {outputs} channels").into());
        }
        let (Some(seen), Some(channels)) = (self.channels, channels) else { return Ok(()) };
        if seen == 0 && channels == 0 {
            return Ok(());
        }
        if seen == 0 || !channels.is_multiple_of(seen) {
            return Err(format!("x has {channels} channels and the filter sees {seen} of them").into());
        }
        match self.filters {
            Some(filters) if channels > 0 && !filters.is_multiple_of(channels / seen) => {
                Err(format!("{filters} filters do not come in {} equal groups", channels / seen).into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether all are of one type that has convolutions.
fn one_type(facts: &[&Fact]) -> Result<(), Reason> {
    let dtypes: Vec<DType> = facts.iter().map(|fact| fact.dtype).collect();
    let takes = |dtype: DType| dtype.is_float() || dtype == DType::Int32;
    match takes(dtypes[0]) && dtypes.iter().all(|&dtype| dtype == dtypes[0]) {
        true => Ok(()),
        false => Err(refusal(&dtypes, takes)),
    }
}

/// A convolution whose sizes are known.
struct Sizes {
    spec: ConvSpec,
    input: Known,
    output: Known,
    data_format: DataFormat,
}

impl Sizes {
    /// The convolution of images of `x`'s type and shape.
    fn new(
        sliding: &Sliding,
        x: &Fact,
        filter: &PartialShape,
        output: &PartialShape,
    ) -> Result<Sizes, Reason> {
        let dtype = x.dtype.scalar().ok_or_else(|| format!("there are no convolutions of {}", x.dtype))?;
        let input = sliding.known(&x.shape, "x")?;
        let filters = filter.known().ok_or("the filter's shape is not known before the run")?;
        let (sizes, [channels, outputs]) = filters.split_at(sliding.axes()) else {
            return Err(format!("the filter has shape {filters}").into());
        };
        let window = sliding.window(&input, sizes)?;
        let groups = if *channels == 0 { 1 } else { input.channels / channels };
        let spec = ConvSpec { dtype, window, filters: *outputs, groups };
        let output = sliding.known(output, "the output")?;
        Ok(Sizes { spec, input, output, data_format: sliding.data_format })
    }

    /// A kernel, turned round where the channels come first.
    fn lowered(
        &self,
        kernel: impl Kernel + 'static,
        inputs: [Option<Images>; 2],
        output: impl Into<Option<Images>>,
    ) -> Result<Lowered, Reason> {
        channels_last(self.data_format, self.spec.dtype.size(), kernel, &inputs, &[output.into()])
    }
}

/// `kernel`, which has channels last, over images of this format.
pub(super) fn channels_last(
    format: DataFormat,
    size: usize,
    kernel: impl Kernel + 'static,
    inputs: &[Option<Images>],
    outputs: &[Option<Images>],
) -> Result<Lowered, Reason> {
    Ok(match format {
        DataFormat::Nhwc => Lowered::kernel(kernel),
        DataFormat::Nchw => Lowered::kernel(ChannelsFirstKernel::new(kernel, size, inputs, outputs)?),
    })
}

/// Numbers of this shape that follow no pattern and are small.
pub(super) fn numbers(shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    let values: Vec<f32> =
        (0..shape.elements()).map(|i| ((i * 7919 + 13) % 101) as f32 / 32.0 - 1.5).collect();
    Array::new(shape, values).expect("cases are small")
}

/// Ways to slide over pictures, each with the sizes of x and the filter.
fn ways() -> Vec<(&'static str, Sliding, [usize; 4], [usize; 4])> {
    let way = |strides: [usize; 2], dilations: [usize; 2], padding: Padding| Sliding {
        dilations: dilations.to_vec(),
        ..Sliding::new(strides, padding)
    };
    let explicit = Padding::Explicit(vec![(2, 0), (1, 3)]);
    let first = Sliding { data_format: DataFormat::Nchw, ..way([1, 2], [1, 1], Padding::Same) };
    vec![
        ("same", way([1, 1], [1, 1], Padding::Same), [2, 4, 3, 2], [3, 2, 2, 3]),
        ("valid", way([1, 1], [1, 1], Padding::Valid), [1, 4, 5, 2], [2, 3, 2, 2]),
        ("strides", way([2, 3], [1, 1], Padding::Same), [2, 5, 4, 1], [3, 3, 1, 2]),
        ("strides that skip", way([3, 2], [1, 1], Padding::Valid), [1, 7, 5, 1], [2, 1, 1, 2]),
        ("dilations", way([1, 1], [2, 1], Padding::Valid), [1, 6, 4, 2], [3, 2, 2, 2]),
        ("explicit padding", way([2, 1], [1, 2], explicit), [1, 4, 4, 2], [3, 2, 2, 2]),
        ("groups", way([1, 1], [1, 1], Padding::Same), [2, 3, 3, 4], [2, 2, 2, 6]),
        ("channels first", first, [2, 2, 4, 5], [3, 2, 2, 3]),
        ("no images", way([1, 1], [1, 1], Padding::Same), [0, 4, 3, 2], [3, 2, 2, 3]),
        ("one pixel", way([1, 1], [1, 1], Padding::Same), [1, 1, 1, 3], [1, 1, 3, 2]),
    ]
}

pub(super) fn conv2d_cases() -> Vec<Case> {
    let build = |sliding: &Sliding| {
        let sliding = sliding.clone();
        move |tf: &Graph, x: &[Tensor]| vec![tf.add(Conv2D { sliding: sliding.clone() }, &[&x[0], &x[1]])]
    };
    let mut cases: Vec<Case> = ways()
        .into_iter()
        .map(|(name, sliding, x, filter)| Case::fed(name, [numbers(x), numbers(filter)], build(&sliding)))
        .collect();
    let plain = Sliding::new([1, 1], Padding::Valid);
    let row = |values: Vec<f32>| Array::new([1, 1, values.len(), 1], values).expect("a row");
    let filter = Array::new([1, 2, 1, 1], vec![1.0f32, 10.0]).expect("a filter");
    cases.push(
        Case::fed("a row", [row(vec![1.0, 2.0, 3.0]), filter.clone()], build(&plain))
            .expecting([row(vec![21.0, 32.0])]),
    );
    for dtype in [DType::Float16, DType::BFloat16, DType::Int32] {
        let feeds = [as_type(row(vec![1.0, 2.0, 3.0]), dtype), as_type(filter.clone(), dtype)];
        cases.push(
            Case::fed(dtype.name(), feeds, build(&plain)).expecting([as_type(row(vec![21.0, 32.0]), dtype)]),
        );
    }
    cases
}

pub(super) fn conv3d_cases() -> Vec<Case> {
    volumes()
        .into_iter()
        .map(|(name, sliding, x, filter)| {
            Case::fed(name, [numbers(x), numbers(filter)], move |tf, x| {
                vec![tf.add(Conv3D { sliding: sliding.clone() }, &[&x[0], &x[1]])]
            })
        })
        .collect()
}

/// Ways to slide over volumes, each with the sizes of x and the filter.
fn volumes() -> Vec<(&'static str, Sliding, [usize; 5], [usize; 5])> {
    let first = Sliding { data_format: DataFormat::Nchw, ..Sliding::new([1, 1, 1], Padding::Valid) };
    vec![
        ("same", Sliding::new([1, 2, 1], Padding::Same), [1, 3, 3, 4, 2], [2, 3, 2, 2, 2]),
        ("channels first", first, [2, 2, 3, 2, 3], [2, 1, 2, 2, 3]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn said(x: &[usize], filter: &[usize], layer: nn::Conv2d) -> String {
        let tf = Graph::new();
        let full = |shape: &[usize]| tf.full_of(DType::Float32, shape, 1.0);
        let _ = layer.apply(full(x), full(filter));
        tf.check().unwrap_err().message().to_string()
    }

    #[test]
    fn what_does_not_fit_is_said_with_the_numbers() {
        let valid = || nn::Conv2d::new().padding(nn::Padding::Valid);
        assert_eq!(
            said(&[1, 4, 4, 3], &[2, 2, 2, 1], valid()),
            "x has 3 channels and the filter sees 2 of them"
        );
        assert_eq!(said(&[1, 4, 4, 4], &[2, 2, 2, 3], valid()), "3 filters do not come in 2 equal groups");
        assert!(
            said(&[4, 4, 3], &[2, 2, 3, 1], valid())
                .starts_with("x must have 4 axes and has shape [4, 4, 3]")
        );
        assert!(said(&[1, 2, 4, 3], &[4, 2, 3, 1], valid()).contains("does not fit into the 2 of axis 0"));
        assert!(said(&[1, 2, 4, 3], &[4, 2, 3, 1], valid().strides(0, 1)).contains("strides [0, 1]"));
    }

    #[test]
    fn shapes_are_inferred_as_far_as_they_are_known() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, None, Some(28), Some(3)], "x");
        let y = nn::conv2d(&x, tf.zeros::<f32>([5, 5, 3, 32]), [1, 2], nn::Padding::Valid);
        assert_eq!(y.shape().to_string(), "[?, ?, 12, 32]");
        let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
        assert_eq!(slope.shape().to_string(), "[?, ?, 28, 3]");
        tf.check().unwrap();
    }
}
