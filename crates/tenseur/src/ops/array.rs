//! Ops on shapes: the same elements, otherwise arranged.

use smallvec::smallvec;
use tenseur_kernels::Layout;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::source::IntoConstant;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape as KnownShape};

/// x itself; of a variable's reference, its value at this moment.
#[derive(Clone, Debug)]
pub struct Identity;

impl Op for Identity {
    fn name(&self) -> &'static str {
        "Identity"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Identity, Reason> {
        Ok(Identity)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(Fact { reference: false, ..(*x).clone() }.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// The same elements in another shape: inputs `x` and `shape`, integers of which one may be −1, "whatever fits".
#[derive(Clone, Debug)]
pub struct Reshape;

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "Reshape"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tshape", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Reshape, Reason> {
        Ok(Reshape)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, shape] = inputs else { return Err(wrong_count(2, inputs)) };
        let out = match shape.integers() {
            Some(sizes) => reshaped(&x.shape, &sizes)?,
            None => shape.shape.size(0).map_or(PartialShape::unknown(), PartialShape::of_rank),
        };
        Ok(Fact::new(x.dtype, out).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.reshape_like(node.x(0))), None])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// The shape that `x` gets when it is reshaped to `sizes`.
fn reshaped(x: &PartialShape, sizes: &[i64]) -> Result<PartialShape, Reason> {
    if let Some(bad) = sizes.iter().find(|&&size| size < -1) {
        return Err(format!("a size is {bad}; sizes are 0 or more, or −1 once").into());
    }
    let open = sizes.iter().filter(|&&size| size == -1).count();
    if open > 1 {
        return Err(format!("{open} sizes are −1 and only one can be").into());
    }
    let known: KnownShape = sizes.iter().filter(|&&size| size >= 0).map(|&size| size as usize).collect();
    let elements =
        x.known().map(|shape| shape.checked_elements().ok_or("its input is too large")).transpose()?;
    let rest = match (elements, open, known.checked_elements()) {
        (_, _, None) => return Err(format!("a tensor of shape {known} would be too large").into()),
        (None, ..) => None,
        (Some(have), 0, Some(want)) if have == want => None,
        (Some(have), 1, Some(want)) if want > 0 && have.is_multiple_of(want) => Some(have / want),
        (Some(have), _, Some(want)) => {
            let times = if open == 1 { "times a whole number" } else { "exactly" };
            return Err(
                format!("{x} has {have} elements, and the new shape {sizes:?} needs {want} {times}").into()
            );
        }
    };
    Ok(sizes.iter().map(|&size| if size == -1 { rest } else { Some(size as usize) }).collect())
}

/// The sizes of x along each axis, as integers.
#[derive(Clone, Debug)]
pub struct Shape {
    /// int32 or int64.
    pub out_type: DType,
}

impl Op for Shape {
    fn name(&self) -> &'static str {
        "Shape"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Shape, Reason> {
        match attrs.optional("out_type", DType::Int32)? {
            out_type @ (DType::Int32 | DType::Int64) => Ok(Shape { out_type }),
            other => Err(format!("attribute \"out_type\" should be int32 or int64 and is {other}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(match x.shape.known() {
            Some(shape) => Fact::constant(integers(self.out_type, &shape)?).one(),
            None => {
                let rank = [x.shape.rank()].into_iter().collect::<PartialShape>();
                Fact::new(self.out_type, rank).one()
            }
        })
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a shape does not change when the elements do")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shape = known_shape(node.inputs[0])?;
        Ok(Lowered::values([integers(self.out_type, &shape)?]))
    }
}

/// x stretched to a shape, the second input, by numpy's rules of broadcasting.
#[derive(Clone, Debug)]
pub struct BroadcastTo;

impl Op for BroadcastTo {
    fn name(&self) -> &'static str {
        "BroadcastTo"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<BroadcastTo, Reason> {
        Ok(BroadcastTo)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, shape] = inputs else { return Err(wrong_count(2, inputs)) };
        let to = shape_from(shape)?;
        let fits = to.rank().zip(x.shape.rank()).is_none_or(|(to, from)| from <= to);
        if !fits || x.shape.broadcast(&to).is_none_or(|both| both.merge(&to).is_none()) {
            return Err(format!("shape {} does not broadcast to {to}", x.shape).into());
        }
        Ok(Fact::new(x.dtype, to).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let back = |dy: &Tensor| {
                let axes =
                    dy.graph().add(BroadcastGradientArgs, &[&node.x(0).shape_tensor(), &dy.shape_tensor()]);
                dy.reduce_sum(&axes).reshape_like(node.x(0))
            };
            vec![node.dy(0).map(back), None]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (from, to) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        if from == to {
            return Ok(Lowered::alias());
        }
        Ok(Lowered::reading(1, Work::View(Layout::broadcast(&from, &to)?)))
    }
}

/// The axes of the second shape along which the first is stretched when it broadcasts to it; the gradient of a
/// broadcasting op is summed along them. (TensorFlow's op of this name gives the axes for both of two shapes that meet;
/// given one and the shape of the result, they are the same, and its second output is for the second.)
#[derive(Clone, Debug)]
pub struct BroadcastGradientArgs;

impl Op for BroadcastGradientArgs {
    fn name(&self) -> &'static str {
        "BroadcastGradientArgs"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<BroadcastGradientArgs, Reason> {
        Ok(BroadcastGradientArgs)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [a, b] = inputs else { return Err(wrong_count(2, inputs)) };
        let (Some(x), Some(y)) = (a.integers(), b.integers()) else {
            let vector = Fact::new(a.dtype, PartialShape::of_rank(1));
            return Ok([vector.clone(), vector].into_iter().collect());
        };
        let rank = x.len().max(y.len());
        let at = |sizes: &[i64], axis: usize| (axis + sizes.len()).checked_sub(rank).map(|axis| sizes[axis]);
        let (mut of_x, mut of_y) = (Vec::new(), Vec::new());
        for axis in 0..rank {
            match (at(&x, axis), at(&y, axis)) {
                (Some(x), Some(y)) if x == y && x != 1 => {}
                // Where both are 1 TensorFlow sums both, which changes nothing.
                (Some(1) | None, Some(1) | None) => {
                    of_x.push(axis);
                    of_y.push(axis);
                }
                (Some(1) | None, _) => of_x.push(axis),
                (_, Some(1) | None) => of_y.push(axis),
                (Some(a), Some(b)) => return Err(format!("sizes {a} and {b} do not broadcast").into()),
            }
        }
        let facts = [integers(a.dtype, &of_x)?, integers(a.dtype, &of_y)?];
        Ok(facts.into_iter().map(Fact::constant).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("axes do not change when the elements do")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        Ok(match (&node.outputs[0].value, &node.outputs[1].value) {
            (Some(x), Some(y)) => Lowered::values([x.clone(), y.clone()]),
            _ => Lowered::host(2, move |shapes| {
                let facts: Vec<Fact> = shapes.iter().map(|shape| Fact::constant(shape.clone())).collect();
                let facts = BroadcastGradientArgs.infer(&facts.iter().collect::<Vec<_>>())?;
                let nothing = || Array::zeros(dtype, [0]).map_err(|error| Reason::from(error.message()));
                facts.into_iter().map(|fact| fact.value.map_or_else(nothing, Ok)).collect()
            }),
        })
    }
}

/// A shape, the first input, filled with one value, the second.
#[derive(Clone, Debug)]
pub struct Fill;

impl Op for Fill {
    fn name(&self) -> &'static str {
        "Fill"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("index_type", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Fill, Reason> {
        Ok(Fill)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dims, value] = inputs else { return Err(wrong_count(2, inputs)) };
        if !value.shape.accepts(&KnownShape::scalar()) {
            return Err(format!("the value must be a scalar and has shape {}", value.shape).into());
        }
        Ok(Fact::new(value.dtype, shape_from(dims)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [None, Some(dy.reduce_sum(..))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.outputs[0].dtype;
        if dtype == DType::String {
            let shape = known_shape(&node.outputs[0])?;
            return Ok(Lowered::host(2, move |inputs| {
                let read = |error: crate::Error| Reason::from(error.message());
                let value = inputs[1].as_strings().map_err(read)?[0].clone();
                Ok(vec![Array::strings(shape.clone(), vec![value; shape.elements()]).map_err(read)?])
            }));
        }
        let to = known_shape(&node.outputs[0])?;
        let layout = Layout::broadcast(&[], &to)?;
        Ok(Lowered { work: Work::View(layout), reads: smallvec![1] })
    }
}

/// The shape that a vector of integers says, as far as it is known.
pub(super) fn shape_from(sizes: &Fact) -> Result<PartialShape, Reason> {
    let Some(values) = sizes.integers() else {
        return Ok(sizes.shape.size(0).map_or(PartialShape::unknown(), PartialShape::of_rank));
    };
    if sizes.shape.rank() != Some(1) {
        return Err(format!("a shape is a vector of integers and this has shape {}", sizes.shape).into());
    }
    let size =
        |&size: &i64| usize::try_from(size).map_err(|_| format!("a size is {size}; sizes are 0 or more"));
    let shape: Result<KnownShape, String> = values.iter().map(size).collect();
    let shape = shape?;
    match shape.checked_elements() {
        Some(_) => Ok(shape.into()),
        None => Err(Reason::from(format!("a tensor of shape {shape} would be too large"))),
    }
}

/// A vector of sizes as `dtype`, int32 or int64.
fn integers(dtype: DType, sizes: &[usize]) -> Result<Array, Reason> {
    let too_large = |size: &usize| Reason::from(format!("size {size} does not fit in {dtype}"));
    let array = match dtype {
        DType::Int64 => {
            Array::new([sizes.len()], sizes.iter().map(|&size| size as i64).collect::<Vec<i64>>())
        }
        _ => {
            let sizes: Result<Vec<i32>, Reason> =
                sizes.iter().map(|size| i32::try_from(*size).map_err(|_| too_large(size))).collect();
            sizes.map(|sizes| Array::new([sizes.len()], sizes))?
        }
    };
    array.map_err(|error| error.message().into())
}

pub(super) fn wrong_count(want: usize, inputs: &[&Fact]) -> Reason {
    format!("it takes {want} inputs and got {}", inputs.len()).into()
}

impl Tensor {
    /// The same elements in another shape: integers, one of which may be −1, or a tensor of integers.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(28), Some(28)], "x");
    /// assert_eq!(x.reshape([-1, 784]).shape().to_string(), "[?, 784]");
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape(self);
        self.graph().add(Reshape, &[self, &shape])
    }

    /// The same elements in the shape of `like`.
    #[track_caller]
    pub(crate) fn reshape_like(&self, like: &Tensor) -> Tensor {
        let (mine, wanted) = (self.shape(), like.shape());
        match wanted.known() {
            Some(known) if mine.known().as_ref() == Some(&known) => self.clone(),
            Some(known) => self.reshape(&known[..]),
            None => self.reshape(&like.shape_tensor()),
        }
    }

    /// The sizes along each axis, as a tensor of int32 known at the run (`tf.shape`).
    #[track_caller]
    pub fn shape_tensor(&self) -> Tensor {
        self.graph().add(Shape { out_type: DType::Int32 }, &[self])
    }

    /// x stretched to a shape by numpy's rules of broadcasting.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape(self);
        self.graph().add(BroadcastTo, &[self, &shape])
    }

    /// Zeros of the same type and shape.
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        self.filled_like(0.0)
    }

    /// Ones of the same type and shape.
    #[track_caller]
    pub fn ones_like(&self) -> Tensor {
        self.filled_like(1.0)
    }

    #[track_caller]
    pub(crate) fn filled_like(&self, value: f64) -> Tensor {
        let value = self.graph().constant_like(value, self);
        match self.shape().known() {
            Some(shape) if shape.rank() == 0 => value,
            Some(shape) => self.graph().add(Fill, &[&(&shape[..]).into_shape(self), &value]),
            None => self.graph().add(Fill, &[&self.shape_tensor(), &value]),
        }
    }

    /// x itself, as a node of its own; of a variable, its value at this moment.
    #[track_caller]
    pub fn identity(&self) -> Tensor {
        self.graph().add(Identity, &[self])
    }
}

/// What can say a shape, or axes, in a call: integers, or a tensor of integers.
pub trait IntoShape {
    /// The tensor, in the graph of `like`.
    fn into_shape(self, like: &Tensor) -> Tensor;
}

impl IntoShape for &Tensor {
    fn into_shape(self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl IntoShape for Tensor {
    fn into_shape(self, _: &Tensor) -> Tensor {
        self
    }
}

impl<const N: usize> IntoShape for [i32; N] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        (&self[..]).into_shape(like)
    }
}

impl IntoShape for &[i32] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        match Array::new([self.len()], self) {
            Ok(array) => array.into_constant(like.graph()),
            Err(error) => like.graph().fail(error),
        }
    }
}

impl IntoShape for &[usize] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        let sizes: Option<Vec<i32>> = self.iter().map(|&size| i32::try_from(size).ok()).collect();
        match sizes {
            Some(sizes) => (&sizes[..]).into_shape(like),
            None => {
                like.graph().fail(crate::Error::invalid(format!("the sizes {self:?} do not fit in int32")))
            }
        }
    }
}

pub(super) fn identity_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].identity()]),
        Case::fed("a variable", [array![1.0, 2.0]], |_, x| vec![x[0].identity()]).with_variables(1, 1),
    ]
}

pub(super) fn reshape_cases() -> Vec<Case> {
    vec![
        Case::fed("flatten", [array![[1.0, 2.0], [3.0, 4.0]]], |_, x| vec![x[0].reshape([-1])]),
        Case::fed("to a scalar", [array![[7.0]]], |_, x| vec![x[0].reshape([] as [i32; 0])]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reshape([0, 5])]),
        Case::fed("like another", [array![[1.0, 2.0]], array![1.0, 2.0]], |_, x| {
            vec![x[0].reshape(x[1].shape_tensor())]
        }),
    ]
}

pub(super) fn broadcast_to_cases() -> Vec<Case> {
    vec![Case::fed("rows", [array![[1.0], [2.0]]], |_, x| vec![x[0].broadcast_to([3, 2, 2])])]
}

pub(super) fn broadcast_gradient_args_cases() -> Vec<Case> {
    vec![
        Case::fed("known at the run", [array![2, 1, 3], array![4, 2, 5, 3]], |tf, x| {
            vec![tf.add(BroadcastGradientArgs, &[&x[0], &x[1]])]
        })
        .expecting([array![0, 2]]),
    ]
}

pub(super) fn fill_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![0.5]], |tf, x| {
            vec![tf.add(Fill, &[&tf.constant(array![2, 3]), &x[0].reshape([] as [i32; 0])])]
        }),
        Case::new("strings", |tf| vec![tf.add(Fill, &[&tf.constant(array![2]), &tf.constant("a")])])
            .expecting([array!["a", "a"]]),
    ]
}

pub(super) fn shape_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].shape_tensor()]).expecting([array![1, 2]]),
        Case::fed("scalar", [Array::scalar(1.0f32)], |_, x| vec![x[0].shape_tensor()])
            .expecting([Array::from_literal([0; 0])]),
    ]
}
