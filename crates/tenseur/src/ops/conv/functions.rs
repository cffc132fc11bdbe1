//! Convolutions as functions over a graph, under TensorFlow's names.

use super::{Conv2D, Conv3D, ConvBackpropInput, DepthwiseConv2dNative};
use crate::error::Error;
use crate::graph::{Operand, Tensor};
use crate::ops::DataFormat;
use crate::ops::array::IntoShape;
use crate::ops::sliding::{Padding, Sliding};

/// The convolution of pictures x, `[batch, height, width, channels]`, with filters `[height, width, channels, filters]`,
/// which move by `strides` (down, across): `[batch, height, width, filters]`.
///
/// For dilations, or channels that come first, see [`Conv2d`].
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0, 3.0, 4.0]]).reshape([1, 1, 4, 1]);
/// let difference = tf.constant(array![[-1.0, 1.0]]).reshape([1, 2, 1, 1]);
/// let y = nn::conv2d(&x, &difference, [1, 1], nn::Padding::Same);
/// let y = Session::new(&tf)?.run(&y.reshape([4]), feeds![])?;
/// assert_eq!(y, array![1.0, 1.0, 1.0, -4.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn conv2d(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    strides: [usize; 2],
    padding: Padding,
) -> Tensor {
    conv2d_with(x, filter, Sliding::new(strides, padding))
}

/// As [`conv2d`], with all that can be said of how the filters slide.
#[track_caller]
pub fn conv2d_with(x: impl AsRef<Tensor>, filter: impl Into<Operand>, sliding: Sliding) -> Tensor {
    x.as_ref().with(Conv2D { sliding }, filter)
}

/// A [`conv2d`] of which more is said.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(3), Some(28), Some(28)], "x");
/// let filter = tf.variable(tf.truncated_normal([5, 5, 3, 8]).stddev(0.1), "filter");
/// let layer = nn::Conv2d::new().dilations(2, 2).padding(nn::Padding::Valid).channels_first();
/// assert_eq!(layer.apply(&x, &filter).shape().to_string(), "[?, 8, 20, 20]");
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does something when it is applied"]
pub struct Conv2d {
    sliding: Sliding,
}

impl Default for Conv2d {
    fn default() -> Conv2d {
        Conv2d::new()
    }
}

impl Conv2d {
    /// A convolution whose filters move by one and see padding where the picture ends.
    pub fn new() -> Conv2d {
        Conv2d { sliding: Sliding::new([1, 1], Padding::Same) }
    }

    /// How far the filters move, down and across.
    pub fn strides(mut self, down: usize, across: usize) -> Conv2d {
        self.sliding.strides = vec![down, across];
        self
    }

    /// How far the places of a filter are apart, down and across.
    pub fn dilations(mut self, down: usize, across: usize) -> Conv2d {
        self.sliding.dilations = vec![down, across];
        self
    }

    /// What is around a picture.
    pub fn padding(mut self, padding: Padding) -> Conv2d {
        self.sliding.padding = padding;
        self
    }

    /// Pictures are `[batch, channels, height, width]`.
    pub fn channels_first(mut self) -> Conv2d {
        self.sliding.data_format = DataFormat::Nchw;
        self
    }

    /// The convolution of x with these filters.
    #[track_caller]
    pub fn apply(&self, x: impl AsRef<Tensor>, filter: impl Into<Operand>) -> Tensor {
        conv2d_with(x, filter, self.sliding.clone())
    }
}

/// The convolution of rows x, `[batch, width, channels]`, with filters `[width, channels, filters]`.
#[track_caller]
pub fn conv1d(x: impl AsRef<Tensor>, filter: impl Into<Operand>, stride: usize, padding: Padding) -> Tensor {
    let x = x.as_ref();
    let filter = filter.into().tensor(x);
    let _scope = x.graph().name_scope("conv1d");
    let padding = match padding {
        Padding::Explicit(mut paddings) => {
            paddings.insert(0, (0, 0));
            Padding::Explicit(paddings)
        }
        padding => padding,
    };
    conv2d(x.expand_dims(1), filter.expand_dims(0), [1, stride], padding).squeeze(&[1])
}

/// The convolution of volumes x, `[batch, depth, height, width, channels]`, with filters `[depth, height, width,
/// channels, filters]`.
#[track_caller]
pub fn conv3d(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    strides: [usize; 3],
    padding: Padding,
) -> Tensor {
    x.as_ref().with(Conv3D { sliding: Sliding::new(strides, padding) }, filter)
}

/// The convolution of each channel of x with filters of its own, `[height, width, channels, multiplier]`: channel
/// `c · multiplier + q` of what comes out is channel c of x by filter q.
#[track_caller]
pub fn depthwise_conv2d(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    strides: [usize; 2],
    padding: Padding,
) -> Tensor {
    x.as_ref().with(DepthwiseConv2dNative { sliding: Sliding::new(strides, padding) }, filter)
}

/// A [`depthwise_conv2d`] with `depthwise`, `[height, width, channels, multiplier]`, then a [`conv2d`] with `pointwise`,
/// `[1, 1, channels · multiplier, filters]`.
#[track_caller]
pub fn separable_conv2d(
    x: impl AsRef<Tensor>,
    depthwise: impl Into<Operand>,
    pointwise: impl Into<Operand>,
    strides: [usize; 2],
    padding: Padding,
) -> Tensor {
    let x = x.as_ref();
    let (depthwise, pointwise) = (depthwise.into().tensor(x), pointwise.into().tensor(x));
    let _scope = x.graph().name_scope("separable_conv2d");
    conv2d(depthwise_conv2d(x, depthwise, strides, padding), pointwise, [1, 1], Padding::Valid)
}

/// The transposed convolution, which is the gradient of [`conv2d`]: x, `[batch, height, width, channels]`, is spread out
/// by filters `[height, width, filters, channels]` to `output_shape`, `[batch, height, width, filters]`.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0]]).reshape([1, 1, 2, 1]);
/// let filter = tf.constant(array![[1.0, 10.0]]).reshape([1, 2, 1, 1]);
/// let y = nn::conv2d_transpose(&x, &filter, [1, 1, 4, 1], [1, 2], nn::Padding::Same);
/// let y = Session::new(&tf)?.run(&y.reshape([4]), feeds![])?;
/// assert_eq!(y, array![1.0, 10.0, 2.0, 20.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn conv2d_transpose(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    output_shape: impl IntoShape,
    strides: [usize; 2],
    padding: Padding,
) -> Tensor {
    let x = x.as_ref();
    let filter = filter.into().tensor(x);
    let output_shape = output_shape.into_shape(x);
    let op = ConvBackpropInput::<2> { sliding: Sliding::new(strides, padding) };
    x.graph().add(op, &[&output_shape, &filter, x])
}

/// A [`conv2d`] whose filters' places are `rate` pixels apart, with strides of 1.
#[track_caller]
pub fn atrous_conv2d(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    rate: usize,
    padding: Padding,
) -> Tensor {
    conv2d_with(x, filter, Sliding { dilations: vec![rate; 2], ..Sliding::new([1, 1], padding) })
}

/// The transposed [`atrous_conv2d`]: as [`conv2d_transpose`], with strides of 1 and the filters' places `rate` pixels apart.
#[track_caller]
pub fn atrous_conv2d_transpose(
    x: impl AsRef<Tensor>,
    filter: impl Into<Operand>,
    output_shape: impl IntoShape,
    rate: usize,
    padding: Padding,
) -> Tensor {
    let x = x.as_ref();
    if matches!(padding, Padding::Explicit(_)) {
        return x.graph().fail(Error::invalid("an atrous convolution has padding SAME or VALID"));
    }
    let filter = filter.into().tensor(x);
    let output_shape = output_shape.into_shape(x);
    let sliding = Sliding { dilations: vec![rate; 2], ..Sliding::new([1, 1], padding) };
    x.graph().add(ConvBackpropInput::<2> { sliding }, &[&output_shape, &filter, x])
}

#[cfg(test)]
mod tests {
    use super::super::numbers;
    use crate::prelude::*;

    fn values(tensor: &Tensor) -> Vec<f64> {
        Session::new(tensor.graph()).unwrap().run(tensor, feeds![]).unwrap().to_f64().unwrap()
    }

    #[test]
    fn a_convolution_of_rows_is_one_of_pictures_of_height_one() {
        let tf = Graph::new();
        let (x, w) = (tf.constant(numbers([2, 7, 3])), tf.constant(numbers([3, 3, 2])));
        let y = nn::conv1d(&x, &w, 2, nn::Padding::Same);
        assert_eq!(y.shape().to_string(), "[2, 4, 2]");
        let picture = nn::conv2d(x.reshape([2, 1, 7, 3]), w.reshape([1, 3, 3, 2]), [1, 2], nn::Padding::Same);
        assert_eq!(values(&y), values(&picture));
        let explicit = nn::conv1d(&x, &w, 1, nn::Padding::Explicit(vec![(2, 0)]));
        assert_eq!(explicit.shape().to_string(), "[2, 7, 2]");
    }

    #[test]
    fn a_separable_convolution_is_one_with_the_product_of_the_filters() {
        let tf = Graph::new();
        let x = tf.constant(numbers([1, 5, 6, 2]));
        let (depthwise, pointwise) = (numbers([3, 2, 2, 2]), numbers([1, 1, 4, 3]));
        let y = nn::separable_conv2d(&x, &depthwise, &pointwise, [1, 1], nn::Padding::Valid);
        // filter[h, w, c, f] = Σ_q depthwise[h, w, c, q] · pointwise[c·2 + q, f]
        let (d, p) = (depthwise.to_f64().unwrap(), pointwise.to_f64().unwrap());
        let mut filter = vec![0f32; 3 * 2 * 2 * 3];
        for (i, sum) in filter.iter_mut().enumerate() {
            let (place, c, f) = (i / 6, i / 3 % 2, i % 3);
            *sum = (0..2).map(|q| d[(place * 2 + c) * 2 + q] * p[(c * 2 + q) * 3 + f]).sum::<f64>() as f32;
        }
        let filter = Array::new([3, 2, 2, 3], filter).unwrap();
        let whole = nn::conv2d(&x, filter, [1, 1], nn::Padding::Valid);
        for (got, want) in values(&y).into_iter().zip(values(&whole)) {
            assert!((got - want).abs() < 1e-3, "{got} and {want}");
        }
    }

    #[test]
    fn a_transposed_convolution_is_the_gradient_of_a_convolution() {
        let tf = Graph::new();
        let (x, w) = (tf.constant(numbers([2, 5, 4, 3])), tf.constant(numbers([3, 2, 3, 2])));
        let y = nn::conv2d(&x, &w, [2, 1], nn::Padding::Same);
        let dy = tf.constant(numbers([2, 3, 4, 2]));
        let slope = gradients(&[&(&y * &dy)], &[&x])[0].clone().unwrap();
        let transposed = nn::conv2d_transpose(&dy, &w, [2, 5, 4, 3], [2, 1], nn::Padding::Same);
        assert_eq!(values(&slope), values(&transposed));
        let holes = nn::atrous_conv2d(&x, &w, 2, nn::Padding::Valid);
        assert_eq!(holes.shape().to_string(), "[2, 1, 2, 2]");
        let back = nn::atrous_conv2d_transpose(&holes, &w, [2, 5, 4, 3], 2, nn::Padding::Valid);
        assert_eq!(back.shape().to_string(), "[2, 5, 4, 3]");
        tf.check().unwrap();
    }
}
