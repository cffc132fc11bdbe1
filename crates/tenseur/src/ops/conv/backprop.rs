//! The gradients of a convolution: with respect to its images, and to its filters.

use tenseur_kernels::{ConvFilterGradientKernel, ConvInputGradientKernel};

use super::{Conv, Filters, Sizes, numbers, one_type, volumes, ways};
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{shape_from, wrong_count};
use crate::ops::sliding::Sliding;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, PartialShape};

/// The gradient of a convolution with respect to its images, and so the transposed convolution. Inputs: the images'
/// shape, w, and the gradient of the output.
#[derive(Clone, Debug)]
pub struct ConvBackpropInput<const AXES: usize> {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

/// The gradient of a convolution with respect to its filters. Inputs: x, the filters' shape, and the gradient of the
/// output.
#[derive(Clone, Debug)]
pub struct ConvBackpropFilter<const AXES: usize> {
    /// How the filters slide over the images.
    pub sliding: Sliding,
}

impl<const AXES: usize> Op for ConvBackpropInput<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "Conv2DBackpropInput" } else { "Conv3DBackpropInputV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = self.sliding.attrs(Attrs::new().with("T", node.inputs[1].dtype));
        if AXES == 3 { attrs.with("Tshape", node.inputs[0].dtype) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<ConvBackpropInput<AXES>, Reason> {
        Ok(ConvBackpropInput { sliding: Sliding::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sizes, filter, dy] = inputs else { return Err(wrong_count(3, inputs)) };
        self.sliding.check(AXES)?;
        one_type(&[filter, dy])?;
        let filters = Filters::of(&filter.shape, AXES)?;
        let output = self.sliding.extents(&dy.shape, "the output's gradient")?;
        let said = shape_from(sizes)?;
        // A shape may be that of the image alone.
        let said = match said.sizes() {
            Some(image) if image.len() == AXES => {
                let mut all = output.clone();
                (all.image, all.channels) = (image.to_vec(), filters.channels);
                self.sliding.shape(&all)
            }
            Some(_) => said,
            None => PartialShape::of_rank(AXES + 2),
        };
        let images = self.sliding.extents(&said, "the shape of x")?;
        filters.fit(images.channels, output.channels)?;
        must_agree(&self.sliding, &images.image, &filters.sizes, &output.image)?;
        if let (Some(have), Some(got)) = (images.batch, output.batch)
            && have != got
        {
            return Err(format!("there are {have} images and the output's gradient is of {got}").into());
        }
        Ok(Fact::new(dy.dtype, said).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let (filter, dy) = (node.x(1), node.x(2));
            let graph = ddx.graph();
            let weights = ConvBackpropFilter::<AXES> { sliding: self.sliding.clone() };
            let output = Conv::<AXES> { sliding: self.sliding.clone() };
            [
                None,
                Some(graph.add(weights, &[ddx, &filter.shape_tensor(), dy])),
                Some(graph.add(output, &[ddx, filter])),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let output = &node.outputs[0];
        if output.shape.known().is_none() {
            return Ok(once_known(self, node));
        }
        if let Some(zeros) = Lowered::sums_of_nothing(node, [1, 2])? {
            return Ok(zeros);
        }
        let work = Sizes::new(&self.sliding, output, &node.inputs[1].shape, &node.inputs[2].shape)?;
        let kernel = ConvInputGradientKernel::new(work.spec)?;
        let mut lowered = work.lowered(kernel, [None, Some(work.output.images())], work.input.images())?;
        lowered.reads = [1, 2].into_iter().collect();
        Ok(lowered)
    }
}

impl<const AXES: usize> Op for ConvBackpropFilter<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "Conv2DBackpropFilter" } else { "Conv3DBackpropFilterV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.sliding.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ConvBackpropFilter<AXES>, Reason> {
        Ok(ConvBackpropFilter { sliding: Sliding::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, sizes, dy] = inputs else { return Err(wrong_count(3, inputs)) };
        self.sliding.check(AXES)?;
        one_type(&[x, dy])?;
        let said = shape_from(sizes)?;
        let said = if said.rank().is_none() { PartialShape::of_rank(AXES + 2) } else { said };
        Filters::of(&said, AXES)?;
        // Before a run TensorFlow looks at nothing else for pictures.
        if AXES != 2 {
            self.fits(&x.shape, &said, &dy.shape)?;
        }
        Ok(Fact::new(dy.dtype, said).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddw| {
            let (x, dy) = (node.x(0), node.x(2));
            let graph = ddw.graph();
            let input = ConvBackpropInput::<AXES> { sliding: self.sliding.clone() };
            let output = Conv::<AXES> { sliding: self.sliding.clone() };
            [Some(graph.add(input, &[&x.shape_tensor(), ddw, dy])), None, Some(graph.add(output, &[x, ddw]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let filter = &node.outputs[0].shape;
        if filter.known().is_none() {
            return Ok(once_known(self, node));
        }
        self.fits(&node.inputs[0].shape, filter, &node.inputs[2].shape)?;
        if let Some(zeros) = Lowered::sums_of_nothing(node, [0, 2])? {
            return Ok(zeros);
        }
        let work = Sizes::new(&self.sliding, node.inputs[0], filter, &node.inputs[2].shape)?;
        let kernel = ConvFilterGradientKernel::new(work.spec)?;
        let images = [Some(work.input.images()), Some(work.output.images())];
        let mut lowered = work.lowered(kernel, images, None)?;
        lowered.reads = [0, 2].into_iter().collect();
        Ok(lowered)
    }
}

impl<const AXES: usize> ConvBackpropFilter<AXES> {
    /// Whether images, filters and the gradient of the output go together, as far as their shapes are known.
    fn fits(&self, x: &PartialShape, filter: &PartialShape, dy: &PartialShape) -> Result<(), Reason> {
        let images = self.sliding.extents(x, "x")?;
        let output = self.sliding.extents(dy, "the output's gradient")?;
        let filters = Filters::of(filter, AXES)?;
        filters.fit(images.channels, output.channels)?;
        must_agree(&self.sliding, &images.image, &filters.sizes, &output.image)?;
        match (images.batch, output.batch) {
            (Some(have), Some(got)) if have != got => {
                Err(format!("there are {have} images and the output's gradient is of {got}").into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a window of `sizes` over `images` is laid down as often as the output is large, as far as that is known.
pub(super) fn must_agree(
    sliding: &Sliding,
    images: &[Option<usize>],
    sizes: &[Option<usize>],
    output: &[Option<usize>],
) -> Result<(), Reason> {
    let computed = sliding.outputs(images, sizes)?;
    for (axis, (want, got)) in computed.iter().zip(output).enumerate() {
        if let (Some(want), Some(got)) = (want, got)
            && want != got
        {
            return Err(format!(
                "along axis {axis} of the image the output is {want} large, and its gradient {got}"
            )
            .into());
        }
    }
    Ok(())
}

/// The shape of the output of a convolution of these sizes.
fn output_shape(sliding: &Sliding, x: &[usize], filter: &[usize]) -> Vec<usize> {
    let x: PartialShape = x.iter().copied().map(Some).collect();
    let sizes: Vec<Option<usize>> = filter[..sliding.axes()].iter().copied().map(Some).collect();
    let mut output = sliding.extents(&x, "x").expect("a case that fits");
    output.image = sliding.outputs(&output.image, &sizes).expect("a case that fits");
    output.channels = filter.last().copied();
    sliding.shape(&output).known().expect("a case of known shape").to_vec()
}

/// Cases over all ways to slide: with the shape as a constant.
fn input_cases<const AXES: usize>(ways: Vec<(&'static str, Sliding, Vec<usize>, Vec<usize>)>) -> Vec<Case> {
    ways.into_iter()
        .map(|(name, sliding, x, filter)| {
            let dy = output_shape(&sliding, &x, &filter);
            Case::fed(name, [numbers(filter), numbers(dy)], move |tf: &Graph, inputs: &[Tensor]| {
                let shape = tf.constant(shape_of(&x));
                let op = ConvBackpropInput::<AXES> { sliding: sliding.clone() };
                vec![tf.add(op, &[&shape, &inputs[0], &inputs[1]])]
            })
        })
        .collect()
}

fn filter_cases<const AXES: usize>(ways: Vec<(&'static str, Sliding, Vec<usize>, Vec<usize>)>) -> Vec<Case> {
    ways.into_iter()
        .map(|(name, sliding, x, filter)| {
            let dy = output_shape(&sliding, &x, &filter);
            Case::fed(name, [numbers(x), numbers(dy)], move |tf: &Graph, inputs: &[Tensor]| {
                let shape = tf.constant(shape_of(&filter));
                let op = ConvBackpropFilter::<AXES> { sliding: sliding.clone() };
                vec![tf.add(op, &[&inputs[0], &shape, &inputs[1]])]
            })
        })
        .collect()
}

fn shape_of(sizes: &[usize]) -> Array {
    let sizes: Vec<i32> = sizes.iter().map(|&size| size as i32).collect();
    Array::new([sizes.len()], sizes).expect("a vector")
}

fn owned<const N: usize>(
    ways: Vec<(&'static str, Sliding, [usize; N], [usize; N])>,
) -> Vec<(&'static str, Sliding, Vec<usize>, Vec<usize>)> {
    ways.into_iter().map(|(name, sliding, x, filter)| (name, sliding, x.to_vec(), filter.to_vec())).collect()
}

pub(in crate::ops) fn conv2d_backprop_input_cases() -> Vec<Case> {
    let mut cases = input_cases::<2>(owned(ways()));
    let op = || ConvBackpropInput::<2> { sliding: ways().remove(0).1 };
    let feeds = || [numbers([3, 2, 2, 3]), numbers([2, 4, 3, 3])];
    let with_shape = |shape: Array| {
        let [filter, dy] = feeds();
        [filter, dy, shape]
    };
    let build = move |tf: &Graph, x: &[Tensor]| vec![tf.add(op(), &[&x[2], &x[0], &x[1]])];
    cases.push(Case::fed("a shape that is fed", with_shape(shape_of(&[2, 4, 3, 2])), build));
    cases.push(Case::fed("the image's shape alone", with_shape(shape_of(&[4, 3])), build));
    cases
}

pub(in crate::ops) fn conv2d_backprop_filter_cases() -> Vec<Case> {
    let mut cases = filter_cases::<2>(owned(ways()));
    let op = || ConvBackpropFilter::<2> { sliding: ways().remove(0).1 };
    let feeds = [numbers([2, 4, 3, 2]), numbers([2, 4, 3, 3]), shape_of(&[3, 2, 2, 3])];
    cases.push(Case::fed("a shape that is fed", feeds, move |tf, x| {
        vec![tf.add(op(), &[&x[0], &x[2], &x[1]])]
    }));
    cases
}

pub(in crate::ops) fn conv3d_backprop_input_cases() -> Vec<Case> {
    input_cases::<3>(owned(volumes()))
}

pub(in crate::ops) fn conv3d_backprop_filter_cases() -> Vec<Case> {
    filter_cases::<3>(owned(volumes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn a_gradient_of_another_size_is_refused() {
        let tf = Graph::new();
        let sliding = Sliding::new([1, 1], nn::Padding::Same);
        let dy = tf.zeros::<f32>([1, 5, 4, 2]);
        let filter = tf.zeros::<f32>([3, 3, 1, 2]);
        tf.add(ConvBackpropInput::<2> { sliding }, &[&tf.constant(array![1, 4, 4, 1]), &filter, &dy]);
        let said = tf.check().unwrap_err().message().to_string();
        assert_eq!(said, "along axis 0 of the image the output is 4 large, and its gradient 5");
    }
}
