//! Choosing between two tensors, element by element; and keeping numbers between bounds.

use tenseur_kernels::{Binary, Layout, MapKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::complex::{Complex, array_of, numbers};
use crate::ops::elementwise::{broadcast_shape, map_program, stretched};
use crate::ops::{Attrs, Effects, Grad, Op, Signature, Types, broadcast_map};
use crate::value::{Array, DType, PartialShape, Shape};

const TYPES: Types = Types::NUMBERS.and(Types::COMPLEX).and(Types::of(&[DType::Bool, DType::String]));

/// x where the condition, the first input, is true and else y; all three broadcast.
#[derive(Clone, Debug)]
pub struct SelectV2;

impl Op for SelectV2 {
    fn name(&self) -> &'static str {
        "SelectV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SelectV2, Reason> {
        Ok(SelectV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let dtype = selected_type(inputs)?;
        Ok(Fact::new(dtype, broadcast_shape(inputs)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let condition = node.x(0);
            let [dx, dy] = [condition.where_(dy, 0.0), condition.where_(0.0, dy)];
            [None, Some(node.sum_to(&dx, 1)), Some(node.sum_to(&dy, 2))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(choose) = chooser(node.outputs[0].dtype) {
            let shape = known_shape(&node.outputs[0])?;
            return Ok(Lowered::arrays("SelectV2", node, move |inputs| {
                choose(inputs, inputs[0].shape(), &shape)
            }));
        }
        broadcast_map(node, |p, x| p.select(x[0], x[1], x[2]))
    }
}

/// x where the condition, the first input, is true and else y, which have one shape: the condition's, or the condition
/// is a scalar, or a vector that chooses along the first axis.
#[derive(Clone, Debug)]
pub struct Select;

impl Op for Select {
    fn name(&self) -> &'static str {
        "Select"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Select, Reason> {
        Ok(Select)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let dtype = selected_type(inputs)?;
        let (condition, x, y) = (&inputs[0].shape, &inputs[1].shape, &inputs[2].shape);
        let shape = x.merge(y).ok_or_else(|| format!("shapes {x} and {y} to choose from differ"))?;
        let refuse = || {
            Reason::from(format!(
                "the condition has shape {condition}; it must be that of what is chosen from, {shape}, or a scalar, \
                 or a vector as long as its first axis"
            ))
        };
        let shape = match condition.rank() {
            None | Some(0) => shape,
            Some(1) if shape.rank().is_none() => shape,
            Some(1) if shape.rank() > Some(1) => {
                let rest = std::iter::repeat_n(None, shape.rank().map_or(0, |rank| rank - 1));
                let rows: PartialShape = std::iter::once(condition.size(0)).chain(rest).collect();
                shape.merge(&rows).ok_or_else(refuse)?
            }
            Some(_) => shape.merge(condition).ok_or_else(refuse)?,
        };
        Ok(Fact::new(dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let zeros = node.x(1).zeros_like();
            let select = |x: &Tensor, y: &Tensor| Some(dy.graph().add(Select, &[node.x(0), x, y]));
            [None, select(dy, &zeros), select(&zeros, dy)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (condition, shape) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        // A vector chooses along the first axis: it is broadcast as if it had the other axes, of size 1.
        let rows: Shape = condition.iter().copied().chain(std::iter::repeat_n(1, shape.rank())).collect();
        let columns = condition.rank() == 1 && shape.rank() > 1;
        let stretched: Shape = if columns { rows[..shape.rank()].into() } else { condition };
        if let Some(choose) = chooser(node.outputs[0].dtype) {
            return Ok(Lowered::arrays("Select", node, move |inputs| choose(inputs, &stretched, &shape)));
        }
        if !columns {
            return broadcast_map(node, |p, x| p.select(x[0], x[1], x[2]));
        }
        let program = map_program(node, |p, x| p.select(x[0], x[1], x[2]))?.finish();
        let whole = Layout::contiguous(&shape);
        let layouts = [Layout::broadcast(&stretched, &shape)?, whole.clone(), whole];
        Ok(Lowered::kernel(MapKernel::new(program, &shape, &layouts)?))
    }
}

/// The type of what is chosen, by inputs condition, x and y.
fn selected_type(inputs: &[&Fact]) -> Result<DType, Reason> {
    let [condition, x, y] = inputs else { return Err(wrong_count(3, inputs)) };
    if condition.dtype != DType::Bool {
        return Err(format!("the condition is of {} and must be of bool", condition.dtype).into());
    }
    TYPES.one(&[x.dtype, y.dtype]).ok_or_else(|| match x.dtype == y.dtype {
        true => format!("it does not choose between tensors of {}", x.dtype).into(),
        false => format!("it chooses between {} and {}; cast one of them", x.dtype, y.dtype).into(),
    })
}

/// Chooses from the second or the third array by the condition, the first, seen in a shape, to another shape.
type Chooser = fn(&[Array], &Shape, &Shape) -> Result<Vec<Array>, Reason>;

/// What chooses between elements that the scalar language has no words for.
fn chooser(dtype: DType) -> Option<Chooser> {
    match dtype {
        DType::String => Some(select_strings),
        dtype if dtype.is_complex() => Some(select_complex),
        _ => None,
    }
}

/// Complex numbers chosen as a [`Chooser`] does.
fn select_complex(inputs: &[Array], condition: &Shape, shape: &Shape) -> Result<Vec<Array>, Reason> {
    let (choice, x, y) = (inputs[0].as_slice::<bool>()?, numbers(&inputs[1])?, numbers(&inputs[2])?);
    let sources = stretched(condition, shape)?
        .zip(stretched(inputs[1].shape(), shape)?)
        .zip(stretched(inputs[2].shape(), shape)?);
    let chosen: Vec<Complex> = sources.map(|((c, i), j)| if choice[c] { x[i] } else { y[j] }).collect();
    Ok(vec![array_of(inputs[1].dtype(), shape.clone(), &chosen)?])
}

/// The strings of the second or the third array by the condition, the first, seen in shape `condition`.
fn select_strings(inputs: &[Array], condition: &Shape, shape: &Shape) -> Result<Vec<Array>, Reason> {
    let (choice, x, y) = (inputs[0].as_slice::<bool>()?, inputs[1].as_strings()?, inputs[2].as_strings()?);
    let sources = stretched(condition, shape)?
        .zip(stretched(inputs[1].shape(), shape)?)
        .zip(stretched(inputs[2].shape(), shape)?);
    let chosen = sources.map(|((c, i), j)| if choice[c] { x[i].clone() } else { y[j].clone() });
    Ok(vec![Array::strings(shape.clone(), chosen)?])
}

/// x kept between two bounds, inputs 1 and 2, each a scalar or of x's shape.
#[derive(Clone, Debug)]
pub struct ClipByValue;

impl Op for ClipByValue {
    fn name(&self) -> &'static str {
        "ClipByValue"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<ClipByValue, Reason> {
        Ok(ClipByValue)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, low, high] = inputs else { return Err(wrong_count(3, inputs)) };
        let dtypes = [x.dtype, low.dtype, high.dtype];
        let refuse = || super::elementwise::refusal(&dtypes, |dtype| Types::NUMBERS.contain(dtype));
        let complex = x.dtype.is_complex() && dtypes.iter().all(|dtype| *dtype == x.dtype);
        let dtype = if complex { x.dtype } else { Types::NUMBERS.one(&dtypes).ok_or_else(refuse)? };
        for bound in [low, high] {
            if bound.shape.rank() != Some(0) && bound.shape.merge(&x.shape).is_none() {
                return Err(format!(
                    "a bound has shape {}; it must be a scalar or have the shape {} of what is bounded",
                    bound.shape, x.shape
                )
                .into());
            }
        }
        Ok(Fact::new(dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, low, high) = (node.x(0), node.x(1), node.x(2));
            let (below, above) = (x.less(low), x.greater(high));
            [
                Some(below.logical_or(&above).where_(0.0, dy)),
                Some(node.sum_to(&below.where_(dy, 0.0), 1)),
                Some(node.sum_to(&above.where_(dy, 0.0), 2)),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("ClipByValue", node, |arrays| Ok(vec![clipped_parts(arrays)?])));
        }
        broadcast_map(node, |p, x| {
            let most = p.binary(Binary::Minimum, x[0], x[2]);
            p.binary(Binary::Maximum, most, x[1])
        })
    }
}

/// Complex numbers with real and imaginary parts each between those of the bounds, as TensorFlow has it.
fn clipped_parts(arrays: &[Array]) -> Result<Array, Reason> {
    let all = arrays.iter().map(numbers).collect::<Result<Vec<_>, _>>()?;
    let [x, low, high] = &all[..] else { return Err("it has three inputs".into()) };
    let at = |bound: &[Complex], i: usize| if bound.len() == 1 { bound[0] } else { bound[i] };
    let clip = |x: f64, low: f64, high: f64| {
        let most = if high < x { high } else { x };
        if most < low { low } else { most }
    };
    let clipped = x.iter().enumerate().map(|(i, x)| {
        let (low, high) = (at(low, i), at(high, i));
        Complex::new(clip(x.re, low.re, high.re), clip(x.im, low.im, high.im))
    });
    array_of(arrays[0].dtype(), arrays[0].shape().clone(), &clipped.collect::<Vec<_>>())
}

impl Tensor {
    /// `x` where this condition, a tensor of bool, is true, and `y` elsewhere; all three broadcast (`tf.where(c, x, y)`).
    /// Two numbers give float32.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![-2.0, 3.0]);
    /// let y = x.greater(0.0).where_(&x, &x * 0.1);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![-0.2, 3.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn where_(&self, x: impl Into<Operand>, y: impl Into<Operand>) -> Tensor {
        let (x, y) = match (x.into(), y.into()) {
            (Operand::Number(x), Operand::Number(y)) => {
                (self.graph().constant(x as f32), self.graph().constant(y as f32))
            }
            (x @ Operand::Number(_), y) => {
                let y = y.tensor(self);
                (x.tensor(&y), y)
            }
            (x, y) => {
                let x = x.tensor(self);
                let y = y.tensor(&x);
                (x, y)
            }
        };
        self.graph().add(SelectV2, &[self, &x, &y])
    }

    /// x kept between `low` and `high`, element by element: `max(min(x, high), low)`, as `tf.clip_by_value` computes it.
    /// The bounds broadcast to the shape of x. NaN stays NaN; the gradient goes to x where it lies within or on the
    /// bounds.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![-2.0, 0.5, 3.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.clip_by_value(0.0, 1.0), feeds![])?, array![0.0, 0.5, 1.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn clip_by_value(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Tensor {
        let clipped = self.minimum(high).maximum(low);
        if self.shape().merge(&clipped.shape()).is_none() {
            return self.graph().fail(crate::Error::invalid(format!(
                "clip_by_value: bounds that stretch x from shape {} to {}",
                self.shape(),
                clipped.shape()
            )));
        }
        clipped
    }
}

pub(super) fn select_v2_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].where_(&x[1], &x[2])];
    vec![
        Case::fed("one shape", [array![true, false], array![1.0, 2.0], array![3.0, 4.0]], build)
            .expecting([array![1.0, 4.0]]),
        Case::fed("broadcast", [array![true, false], array![[1.0], [2.0]], array![3.0]], build)
            .expecting([array![[1.0, 3.0], [2.0, 3.0]]]),
        Case::fed(
            "a NaN not chosen",
            [array![true, false], array![1.0, f32::NAN], array![f32::NAN, 4.0]],
            build,
        )
        .at_kink()
        .expecting([array![1.0, 4.0]]),
        Case::fed("integers", [Array::scalar(false), array![1, 2], array![3, 4]], build)
            .expecting([array![3, 4]]),
        Case::fed("strings", [array![[true], [false]], array!["a", "b"], array!["c"]], build)
            .expecting([array![["a", "b"], ["c", "c"]]]),
        Case::fed("a number", [array![true, false], array![1.0, 2.0]], |_, x| vec![x[0].where_(0.0, &x[1])])
            .expecting([array![0.0, 2.0]]),
    ]
}

pub(super) fn select_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(Select, &[&x[0], &x[1], &x[2]])];
    let (x, y) = (|| array![[1.0, 2.0], [3.0, 4.0]], || array![[-1.0, -2.0], [-3.0, -4.0]]);
    vec![
        Case::fed("one shape", [array![[true, false], [false, true]], x(), y()], build)
            .expecting([array![[1.0, -2.0], [-3.0, 4.0]]]),
        Case::fed("rows", [array![true, false], x(), y()], build)
            .expecting([array![[1.0, 2.0], [-3.0, -4.0]]]),
        Case::fed("all or nothing", [Array::scalar(false), x(), y()], build).expecting([y()]),
        Case::fed(
            "rows of strings",
            [array![true, false], array![["a"], ["b"]], array![["c"], ["d"]]],
            build,
        )
        .expecting([array![["a"], ["d"]]]),
    ]
}

pub(super) fn clip_by_value_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(ClipByValue, &[&x[0], &x[1], &x[2]])];
    let scalar = |x: f32| Array::scalar(x);
    vec![
        Case::fed("scalars", [array![-2.0, 0.5, 3.0], scalar(-1.0), scalar(1.0)], build)
            .expecting([array![-1.0, 0.5, 1.0]]),
        Case::fed("each its own", [array![-2.0, 0.5], array![-3.0, -1.0], array![-2.5, 0.25]], build)
            .expecting([array![-2.5, 0.25]]),
        Case::fed("special values", [array![f32::NAN, f32::NEG_INFINITY], scalar(-1.0), scalar(1.0)], build)
            .at_kink()
            .expecting([array![f32::NAN, -1.0]]),
        Case::fed("crossed bounds give the lower", [array![5.0], scalar(2.0), scalar(1.0)], build)
            .at_kink()
            .expecting([array![2.0]]),
        Case::fed("as minimum and maximum", [array![-2.0, 0.5, 3.0]], |_, x| {
            vec![x[0].clip_by_value(-1.0, 1.0)]
        })
        .expecting([array![-1.0, 0.5, 1.0]]),
    ]
}
