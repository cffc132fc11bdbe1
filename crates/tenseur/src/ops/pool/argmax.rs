//! The greatest that a window sees, with where it stands, and gradients that go by that.

use tenseur_kernels::{
    Call, Context, KernelError, MaxPlaces, MaxPoolKernel, ScalarType, ScatterAddKernel, call,
};

use super::max::of_numbers;
use super::{Pooling, distinct};
use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::sliding::{Padding, Sliding};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The greatest of what a window sees of each channel of x, `[batch, height, width, channels]`, and where it stands: the
/// number `(y · width + x) · channels + c` of its place in the image.
#[derive(Clone, Debug)]
pub struct MaxPoolWithArgmax {
    /// The window, and how it slides.
    pub pooling: Pooling,
    /// Whether places are int32 or int64.
    pub places: DType,
    /// Whether places are counted through the whole batch.
    pub include_batch_in_index: bool,
}

/// The gradient of [`MaxPoolWithArgmax`]. Inputs: x, the gradient of the output, and the places.
#[derive(Clone, Debug)]
pub struct MaxPoolGradWithArgmax {
    /// The window, and how it slides.
    pub pooling: Pooling,
    /// Whether places are counted through the whole batch.
    pub include_batch_in_index: bool,
}

/// The gradient of [`MaxPoolGradWithArgmax`]. Inputs: x, a tensor like it, and the places, at which that is taken.
#[derive(Clone, Debug)]
pub struct MaxPoolGradGradWithArgmax {
    /// The window, and how it slides.
    pub pooling: Pooling,
    /// Whether places are counted through the whole batch.
    pub include_batch_in_index: bool,
}

/// "padding", "ksize" and "strides": there is no data format.
fn attrs_of(pooling: &Pooling, attrs: Attrs) -> Attrs {
    pooling
        .attrs(attrs)
        .iter()
        .filter(|(name, _)| *name != "data_format")
        .map(|(n, a)| (n, a.clone()))
        .collect()
}

fn pooling_from(attrs: &Attrs) -> Result<Pooling, Reason> {
    let pooling = Pooling::from_attrs(attrs, 2)?;
    match pooling.channels == 1 && pooling.sliding.data_format == DataFormat::Nhwc {
        true => Ok(pooling),
        false => {
            let why = "places are found along height and width, with channels last";
            Err(Reason::from(why).deferred())
        }
    }
}

impl Op for MaxPoolWithArgmax {
    fn name(&self) -> &'static str {
        "MaxPoolWithArgmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_of(&self.pooling, Attrs::new().with("T", node.inputs[0].dtype))
            .with("Targmax", self.places)
            .with("include_batch_in_index", self.include_batch_in_index)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPoolWithArgmax, Reason> {
        let places = attrs.optional("Targmax", DType::Int64)?;
        Ok(MaxPoolWithArgmax {
            pooling: pooling_from(attrs)?,
            places,
            include_batch_in_index: attrs.optional("include_batch_in_index", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        of_numbers(&[x])?;
        if !matches!(self.places, DType::Int32 | DType::Int64) {
            return Err(format!("places are int32 or int64, and not {}", self.places).into());
        }
        self.pooling.check(2)?;
        let shape = self.pooling.output(&x.shape)?;
        Ok([Fact::new(x.dtype, shape.clone()), Fact::new(self.places, shape)].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let MaxPoolWithArgmax { pooling, include_batch_in_index, .. } = self.clone();
            let op = MaxPoolGradWithArgmax { pooling, include_batch_in_index };
            [Some(dy.graph().add(op, &[node.x(0), dy, node.y(1)]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let x = node.inputs[0];
        if known_shape(x)?.elements() == 0 {
            return Err(format!("there are no places in pictures of shape {}", x.shape).into());
        }
        let stored = x.dtype.scalar().ok_or_else(|| format!("there is no pooling of {}", x.dtype))?;
        let window = self.pooling.window(&self.pooling.sliding.known(&x.shape, "x")?)?;
        let dtype = if self.places == DType::Int32 { ScalarType::I32 } else { ScalarType::I64 };
        let places = MaxPlaces { dtype, through_batch: self.include_batch_in_index };
        Ok(Lowered::kernel(MaxPoolKernel::new(stored, window, Some(places))?))
    }
}

impl Op for MaxPoolGradWithArgmax {
    fn name(&self) -> &'static str {
        "MaxPoolGradWithArgmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_of(&self.pooling, Attrs::new().with("T", node.inputs[0].dtype))
            .with("Targmax", node.inputs[2].dtype)
            .with("include_batch_in_index", self.include_batch_in_index)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPoolGradWithArgmax, Reason> {
        let include_batch_in_index = attrs.optional("include_batch_in_index", false)?;
        Ok(MaxPoolGradWithArgmax { pooling: pooling_from(attrs)?, include_batch_in_index })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, dy, places] = inputs else { return Err(wrong_count(3, inputs)) };
        of_numbers(&[x, dy])?;
        alike(dy, places)?;
        self.pooling.check(2)?;
        super::must_be_like_output(&self.pooling, &x.shape, dy)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let MaxPoolGradWithArgmax { pooling, include_batch_in_index } = self.clone();
            let op = MaxPoolGradGradWithArgmax { pooling, include_batch_in_index };
            [None, Some(ddx.graph().add(op, &[node.x(0), ddx, node.x(2)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there is no pooling of {dtype}"))?;
        let (x, dy) = (known_shape(node.inputs[0])?, known_shape(node.inputs[1])?);
        let (count, numbers) = (dy.elements(), x.elements());
        let places = Placed::new(node.inputs[2], x[0], count, numbers, self.include_batch_in_index);
        let scatter = ScatterAddKernel::new(stored, ScalarType::I64, count, 1, numbers)?;
        let bytes = vec![count * stored.size(), places.bytes()];
        let sum = Call::new(self.name(), bytes, vec![numbers * stored.size()], move |inputs, outputs| {
            let places = Array::new([count], places.read(inputs[1])?).map_err(said)?;
            let places = places.bytes().map_err(said)?;
            call(&scatter, &Context { threads: 1 }, &[inputs[0], places], outputs)
        });
        let mut lowered = Lowered::kernel(sum);
        lowered.reads = [1, 2].into_iter().collect();
        Ok(lowered)
    }
}

impl Op for MaxPoolGradGradWithArgmax {
    fn name(&self) -> &'static str {
        "MaxPoolGradGradWithArgmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_of(&self.pooling, Attrs::new().with("T", node.inputs[0].dtype))
            .with("Targmax", node.inputs[2].dtype)
            .with("include_batch_in_index", self.include_batch_in_index)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPoolGradGradWithArgmax, Reason> {
        let include_batch_in_index = attrs.optional("include_batch_in_index", false)?;
        Ok(MaxPoolGradGradWithArgmax { pooling: pooling_from(attrs)?, include_batch_in_index })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, like, places] = inputs else { return Err(wrong_count(3, inputs)) };
        of_numbers(&[x, like])?;
        self.pooling.check(2)?;
        let Some(both) = x.shape.merge(&like.shape) else {
            return Err(format!("x has shape {} and the tensor like it {}", x.shape, like.shape).into());
        };
        let output = Fact::new(x.dtype, self.pooling.output(&both)?);
        alike(&output, places)?;
        Ok(output.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, d| {
            let MaxPoolGradGradWithArgmax { pooling, include_batch_in_index } = self.clone();
            let op = MaxPoolGradWithArgmax { pooling, include_batch_in_index };
            [None, Some(d.graph().add(op, &[node.x(0), d, node.x(2)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let size = dtype.size().ok_or_else(|| format!("there is no pooling of {dtype}"))?;
        let (x, y) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        let (count, numbers) = (y.elements(), x.elements());
        let places = Placed::new(node.inputs[2], x[0], count, numbers, self.include_batch_in_index);
        let bytes = vec![numbers * size, places.bytes()];
        let take = Call::new(self.name(), bytes, vec![count * size], move |inputs, outputs| {
            let places = places.read(inputs[1])?;
            for (place, to) in places.into_iter().zip(outputs[0].chunks_exact_mut(size)) {
                to.copy_from_slice(&inputs[0][place as usize * size..][..size]);
            }
            Ok(())
        });
        let mut lowered = Lowered::kernel(take);
        lowered.reads = [1, 2].into_iter().collect();
        Ok(lowered)
    }
}

fn said(error: crate::Error) -> KernelError {
    KernelError::invalid(error.to_string())
}

/// Whether there is a place for each output.
fn alike(output: &Fact, places: &Fact) -> Result<(), Reason> {
    if !matches!(places.dtype, DType::Int32 | DType::Int64) {
        return Err(format!("places are int32 or int64, and not {}", places.dtype).into());
    }
    match output.shape.merge(&places.shape) {
        Some(_) => Ok(()),
        None => Err(format!("the output has shape {} and the places {}", output.shape, places.shape).into()),
    }
}

/// Places as they are given: how many, in how many images, of how many numbers.
#[derive(Clone, Copy, Debug)]
struct Placed {
    wide: bool,
    count: usize,
    images: usize,
    numbers: usize,
    through_batch: bool,
}

impl Placed {
    fn new(fact: &Fact, images: usize, count: usize, numbers: usize, through_batch: bool) -> Placed {
        Placed { wide: fact.dtype == DType::Int64, count, images, numbers, through_batch }
    }

    fn bytes(&self) -> usize {
        self.count * if self.wide { 8 } else { 4 }
    }

    /// The places, counted through the batch.
    fn read(&self, bytes: &[u8]) -> Result<Vec<i64>, KernelError> {
        let given: Vec<i64> = match self.wide {
            true => bytemuck::pod_collect_to_vec(bytes),
            false => bytemuck::pod_collect_to_vec::<u8, i32>(bytes).into_iter().map(i64::from).collect(),
        };
        let (each, image) = (self.count / self.images.max(1), self.numbers / self.images.max(1));
        let absolute = |(i, place): (usize, i64)| {
            let before = if self.through_batch { 0 } else { i / each.max(1) * image };
            let place = place.checked_add(before as i64).unwrap_or(-1);
            match (0..self.numbers as i64).contains(&place) {
                true => Ok(place),
                false => Err(KernelError::invalid(format!(
                    "output {i} has place {place}, of {} numbers",
                    self.numbers
                ))),
            }
        };
        given.into_iter().enumerate().map(absolute).collect()
    }
}

/// The greatest that a window sees of each channel of pictures x, `[batch, height, width, channels]`, and where it stands:
/// the number `(y · width + x) · channels + c` of its place in the image, as int64.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0, 5.0, 0.0]]).reshape([1, 1, 4, 1]);
/// let (_, place) = nn::max_pool_with_argmax(&x, [1, 2], [1, 2], nn::Padding::Valid);
/// let place = Session::new(&tf)?.run(&place.reshape([2]), feeds![])?;
/// assert_eq!(place.to_i64()?, [1, 2]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn max_pool_with_argmax(
    x: impl AsRef<Tensor>,
    sizes: [usize; 2],
    strides: [usize; 2],
    padding: Padding,
) -> (Tensor, Tensor) {
    let x = x.as_ref();
    let pooling = Pooling::new(sizes, Sliding::new(strides, padding));
    let op = MaxPoolWithArgmax { pooling, places: DType::Int64, include_batch_in_index: false };
    let node = x.graph().add_op(op, &[x], None);
    (node.output(0), node.output(1))
}

fn pooling() -> Pooling {
    Pooling::new([2, 2], Sliding::new([2, 1], Padding::Same))
}

fn pooled(tf: &Graph, x: &Tensor, places: DType, include_batch_in_index: bool) -> [Tensor; 2] {
    let node =
        tf.add_op(MaxPoolWithArgmax { pooling: pooling(), places, include_batch_in_index }, &[x], None);
    [node.output(0), node.output(1)]
}

pub(in crate::ops) fn max_pool_with_argmax_cases() -> Vec<Case> {
    let case = |name, places, through_batch| {
        Case::fed(name, [distinct([2, 3, 4, 2])], move |tf, x| {
            pooled(tf, &x[0], places, through_batch).into()
        })
    };
    let row = array![1.0, 4.0, 2.0, 3.0].reshape([1, 1, 4, 1]).expect("a row");
    let answer = |values: [i64; 4]| Array::new([1, 1, 4, 1], values).expect("a row");
    vec![
        case("in each image", DType::Int64, false),
        case("through the batch, int32", DType::Int32, true),
        Case::fed("a row", [row], |tf, x| vec![pooled(tf, &x[0], DType::Int64, false)[1].clone()])
            .expecting([answer([1, 1, 3, 3])]),
    ]
}

pub(in crate::ops) fn max_pool_grad_with_argmax_cases() -> Vec<Case> {
    let case = |name, places, include_batch_in_index| {
        Case::fed(name, [distinct([2, 3, 4, 2]), distinct([2, 2, 4, 2])], move |tf, x| {
            let [_, place] = pooled(tf, &x[0], places, include_batch_in_index);
            let op = MaxPoolGradWithArgmax { pooling: pooling(), include_batch_in_index };
            vec![tf.add(op, &[&x[0], &x[1], &place])]
        })
    };
    vec![case("in each image", DType::Int64, false), case("through the batch, int32", DType::Int32, true)]
}

pub(in crate::ops) fn max_pool_grad_grad_with_argmax_cases() -> Vec<Case> {
    let case = |name, places, include_batch_in_index| {
        Case::fed(name, [distinct([2, 3, 4, 2]), distinct([2, 3, 4, 2])], move |tf, x| {
            let [_, place] = pooled(tf, &x[0], places, include_batch_in_index);
            let op = MaxPoolGradGradWithArgmax { pooling: pooling(), include_batch_in_index };
            vec![tf.add(op, &[&x[0], &x[1], &place])]
        })
    };
    vec![case("in each image", DType::Int64, false), case("through the batch, int32", DType::Int32, true)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn a_place_outside_is_an_error() {
        let tf = Graph::new();
        let x = tf.constant(distinct([1, 2, 1, 1]));
        let dy = tf.constant(distinct([1, 1, 1, 1]));
        let op = MaxPoolGradWithArgmax { pooling: pooling(), include_batch_in_index: false };
        let place = tf.constant(Array::new([1, 1, 1, 1], [2i64]).unwrap());
        let dx = tf.add(op, &[&x, &dy, &place]);
        let error = Session::new(&tf).unwrap().run(&dx, feeds![]).unwrap_err();
        assert_eq!(error.message(), "output 0 has place 2, of 2 numbers");
    }
}
