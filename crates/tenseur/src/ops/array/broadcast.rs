//! Stretching to a larger shape by numpy's rules: BroadcastTo, and the two ops on shapes that go with broadcasting.
//!
//! Sizes are matched from the last axis backwards; an axis of size 1, or a missing one, is repeated.

use tenseur_kernels::Layout;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_vector, shape_from, vector_of, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape, Shape};

/// x stretched to a shape, the second input.
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
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, to).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(summed_like(dy, node.x(0))), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let (from, to) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        if from == to {
            return Ok(Lowered::alias());
        }
        Ok(Lowered::reading(1, Work::View(Layout::broadcast(&from, &to)?)))
    }
}

/// `dy` summed over the axes along which `x` was stretched to get its shape.
#[track_caller]
fn summed_like(dy: &Tensor, x: &Tensor) -> Tensor {
    if let (Some(from), Some(to)) = (x.shape().known(), dy.shape().known()) {
        let missing = to.rank().saturating_sub(from.rank());
        let stretched = |&axis: &usize| axis < missing || from[axis - missing] != to[axis];
        let axes: Vec<i32> = (0..to.rank()).filter(stretched).map(|axis| axis as i32).collect();
        return match axes.is_empty() {
            true => dy.clone(),
            false => dy.reduce_sum(&axes[..]).reshape_like(x),
        };
    }
    let axes = dy.graph().add(BroadcastGradientArgs, &[&x.shape_tensor(), &dy.shape_tensor()]);
    dy.reduce_sum(&axes).reshape_like(x)
}

/// For two shapes that meet: the axes of the result along which the first is stretched, and those along which the
/// second is; the gradients of an op that broadcasts are summed along them. As in TensorFlow, an axis of size 1 in both
/// is named in both lists (summing along it changes nothing), unless the shapes are equal.
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
        let (dtype, shapes) = two_shapes(inputs)?;
        let Some([x, y]) = shapes else {
            let vector = Fact::new(dtype, PartialShape::of_rank(1));
            return Ok([vector.clone(), vector].into_iter().collect());
        };
        let (mut of_x, mut of_y) = (Vec::new(), Vec::new());
        let both = broadcast(&x, &y)?;
        if x != y {
            let ones = |shape: &Shape| -> Vec<usize> {
                let missing = both.rank() - shape.rank();
                (0..both.rank()).filter(|&axis| axis < missing || shape[axis - missing] == 1).collect()
            };
            (of_x, of_y) = (ones(&x), ones(&y));
        }
        [of_x, of_y].iter().map(|axes| vector_of(dtype, axes).map(Fact::constant)).collect()
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("axes do not change when the elements do")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_known(self, node)
    }
}

/// The shape to which two shapes broadcast.
#[derive(Clone, Debug)]
pub struct BroadcastArgs;

impl Op for BroadcastArgs {
    fn name(&self) -> &'static str {
        "BroadcastArgs"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<BroadcastArgs, Reason> {
        Ok(BroadcastArgs)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (dtype, shapes) = two_shapes(inputs)?;
        Ok(match shapes {
            Some([x, y]) => Fact::constant(vector_of(dtype, &broadcast(&x, &y)?)?).one(),
            None => {
                let rank = inputs[0].shape.size(0).zip(inputs[1].shape.size(0)).map(|(x, y)| x.max(y));
                Fact::new(dtype, [rank]).one()
            }
        })
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a shape does not change when the elements do")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_known(self, node)
    }
}

/// The type and values of two inputs that are shapes; no values if one of them is not known yet.
fn two_shapes(inputs: &[&Fact]) -> Result<(DType, Option<[Shape; 2]>), Reason> {
    let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
    for shape in [x, y] {
        must_be_index(shape, "a shape")?;
        must_be_vector(shape, "a shape")?;
    }
    if x.dtype != y.dtype {
        return Err(format!("the shapes must have one type and have {} and {}", x.dtype, y.dtype).into());
    }
    Ok((x.dtype, shape_from(x)?.known().zip(shape_from(y)?.known()).map(|(x, y)| [x, y])))
}

fn broadcast(x: &Shape, y: &Shape) -> Result<Shape, Reason> {
    x.broadcast(y).ok_or_else(|| format!("shapes {x} and {y} do not broadcast").into())
}

/// The outputs, if all inputs are known; else the work of finding them when they are.
fn lower_known<O: Op + Clone>(op: &O, node: Signature<'_>) -> Result<Lowered, Reason> {
    let values: Option<Vec<_>> = node.outputs.iter().map(|fact| fact.value.clone()).collect();
    Ok(values.map_or_else(|| once_known(op, node), Lowered::values))
}

impl Tensor {
    /// x stretched to a shape by numpy's rules of broadcasting.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[1.0], [2.0]]).broadcast_to([2, 3]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape(self);
        self.graph().add(BroadcastTo, &[self, &shape])
    }
}

impl crate::Graph {
    /// The shape to which two shapes, tensors of integers, broadcast (`tf.broadcast_dynamic_shape`).
    #[track_caller]
    pub fn broadcast_dynamic_shape(&self, x: &Tensor, y: &Tensor) -> Tensor {
        self.add(BroadcastArgs, &[x, y])
    }
}

pub(in crate::ops) fn broadcast_to_cases() -> Vec<Case> {
    let column = || array![[1.0], [2.0]];
    vec![
        Case::fed("rows", [column()], |_, x| vec![x[0].broadcast_to([3, 2, 2])]),
        Case::fed("to its own shape", [column()], |_, x| vec![x[0].broadcast_to([2, 1])]),
        Case::fed("to nothing", [array![[1.0]]], |_, x| vec![x[0].broadcast_to([0, 3])]),
        Case::fed("a scalar to the shape of another", [array![0.5], column()], |_, x| {
            vec![x[0].reshape([] as [i32; 0]).broadcast_to(x[1].shape_tensor())]
        }),
        Case::fed("to a shape that is fed", [column(), array![2, 3]], |_, x| vec![x[0].broadcast_to(&x[1])])
            .expecting([array![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]),
        Case::fed("strings", [array![["a"], ["b"]]], |_, x| vec![x[0].broadcast_to([2, 2])])
            .expecting([array![["a", "a"], ["b", "b"]]]),
    ]
}

pub(in crate::ops) fn broadcast_gradient_args_cases() -> Vec<Case> {
    let case = |name: &str, x: Vec<i64>, y: Vec<i64>, of_x: Vec<i64>, of_y: Vec<i64>| {
        let vector = |values: &[i64]| {
            let values: Vec<usize> = values.iter().map(|&value| value as usize).collect();
            vector_of(DType::Int32, &values).unwrap_or_else(|_| array![-1])
        };
        Case::fed(name, [vector(&x), vector(&y)], |tf, x| {
            let both = tf.add_op(BroadcastGradientArgs, &[&x[0], &x[1]], None);
            vec![both.output(0), both.output(1)]
        })
        .expecting([vector(&of_x), vector(&of_y)])
    };
    vec![
        case("stretched on both sides", vec![2, 1, 3], vec![4, 2, 5, 3], vec![0, 2], vec![]),
        case("size 1 on both sides", vec![2, 1], vec![3, 1, 1], vec![0, 2], vec![1, 2]),
        case("equal shapes", vec![2, 1], vec![2, 1], vec![], vec![]),
        case("a scalar and one element", vec![], vec![1], vec![0], vec![0]),
        case("two scalars", vec![], vec![], vec![], vec![]),
        case("nothing stretched to nothing", vec![1, 0], vec![0], vec![0], vec![0]),
        case("an empty axis from one of size 1", vec![1, 3], vec![0, 1], vec![0], vec![1]),
    ]
}

pub(in crate::ops) fn broadcast_args_cases() -> Vec<Case> {
    vec![
        Case::fed("known at the run", [array![2, 1, 3], array![4, 2, 5, 3]], |tf, x| {
            vec![tf.broadcast_dynamic_shape(&x[0], &x[1])]
        })
        .expecting([array![4, 2, 5, 3]]),
        Case::new("known before", |tf| {
            let shape = |sizes| tf.constant(as_type(sizes, DType::Int64));
            vec![tf.broadcast_dynamic_shape(&shape(array![0, 1]), &shape(array![1, 7]))]
        })
        .expecting([as_type(array![0, 7], DType::Int64)]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn what_does_not_broadcast_is_refused() {
        let tf = Graph::new();
        tf.constant(array![1.0, 2.0]).broadcast_to([3]);
        assert!(tf.check().unwrap_err().message().contains("shape [2] does not broadcast to [3]"));
        let tf = Graph::new();
        tf.constant(array![[1.0, 2.0]]).broadcast_to([2]);
        assert!(tf.check().is_err());
    }
}
