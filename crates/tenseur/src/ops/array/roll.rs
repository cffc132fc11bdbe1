//! Elements moved along axes, those that leave at one end coming in at the other.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::moved_strings;
use crate::ops::array::{must_be_index, normalised_axis, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, Shape};

/// x, the first input, whose element at index i along an axis goes to index i + shift, counted in a circle. Shifts and axes, the
/// others, are one number or a vector of them; shifts along one axis add up.
#[derive(Clone, Debug)]
pub struct Roll;

impl Op for Roll {
    fn name(&self) -> &'static str {
        "Roll"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("Tshift", node.inputs[1].dtype)
            .with("Taxis", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Roll, Reason> {
        Ok(Roll)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, shifts, axes] = inputs else { return Err(wrong_count(3, inputs)) };
        for (fact, what) in [(shifts, "the shift"), (axes, "the axis")] {
            must_be_index(fact, what)?;
            if fact.shape.rank().is_some_and(|rank| rank > 1) {
                return Err(
                    format!("{what} must be a number or a vector and has shape {}", fact.shape).into()
                );
            }
        }
        if x.shape.rank() == Some(0) {
            return Err("a scalar has no axis along which it could be rolled".into());
        }
        if shifts.shape.merge(&axes.shape).is_none() {
            return Err(
                format!("there are shifts of shape {} for axes of {}", shifts.shape, axes.shape).into()
            );
        }
        if let (Some(rank), Some(axes)) = (x.shape.rank(), axes.integers()) {
            axes.into_iter().try_for_each(|axis| normalised_axis(axis, rank).map(|_| ()))?;
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(Roll, &[dy, &-node.x(1), node.x(2)])), None, None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        Ok(Lowered::arrays("Roll", node, |arrays| {
            let [x, shifts, axes] = arrays else { return Err("it takes 3 inputs".into()) };
            let mut by = vec![0i64; x.shape().rank()];
            for (shift, axis) in shifts.to_i64()?.into_iter().zip(axes.to_i64()?) {
                let axis = normalised_axis(axis, by.len())?;
                let size = x.shape()[axis].max(1) as i64;
                by[axis] = (by[axis] + shift.rem_euclid(size)) % size;
            }
            let mut rolled = x.clone();
            for (axis, by) in by.into_iter().enumerate().filter(|(_, by)| *by != 0) {
                rolled = along(&rolled, axis, by as usize)?;
            }
            Ok(vec![rolled])
        }))
    }
}

/// An array rolled along one axis, by less than its size.
fn along(x: &Array, axis: usize, by: usize) -> Result<Array, Reason> {
    let shape: &Shape = x.shape();
    let element = x.dtype().size().unwrap_or(0);
    let inner = shape[axis + 1..].iter().product::<usize>() * element;
    let mut rolled = x.bytes()?.to_vec();
    if !rolled.is_empty() {
        rolled.chunks_mut(shape[axis] * inner).for_each(|row| row.rotate_right(by * inner));
    }
    Ok(Array::from_bytes(x.dtype(), shape.clone(), &rolled)?)
}

impl Tensor {
    /// Its elements moved along `axis` by `shift`, those that leave at one end coming in at the other (`tf.roll`). Both are a
    /// number or a vector of them.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![0, 1, 2, 3, 4]).roll(2, 0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![3, 4, 0, 1, 2]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn roll(&self, shift: impl Into<Operand>, axis: impl Into<Operand>) -> Tensor {
        let number = self.graph().constant(0);
        let (shift, axis) = (shift.into().tensor(&number), axis.into().tensor(&number));
        self.graph().add(Roll, &[self, &shift, &axis])
    }
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("rows", [matrix()], |_, x| vec![x[0].roll(1, 0)])
            .expecting([array![[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]]),
        Case::fed("back, from the end", [matrix()], |_, x| vec![x[0].roll(-1, -1)])
            .expecting([array![[2.0, 3.0, 1.0], [5.0, 6.0, 4.0]]]),
        Case::fed("several, one axis twice", [matrix()], |_, x| {
            vec![x[0].roll(array![1, 1, 7], array![1, 1, 0])]
        })
        .expecting([array![[5.0, 6.0, 4.0], [2.0, 3.0, 1.0]]]),
        Case::fed("strings", [array!["a", "b", "c"]], |_, x| vec![x[0].roll(4, 0)])
            .expecting([array!["c", "a", "b"]]),
        Case::fed("nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].roll(3, 1)]),
        Case::fed("a shift that is fed", [matrix(), array![1, -1], array![0, 1]], |_, x| {
            vec![x[0].roll(&x[1], &x[2])]
        }),
    ]
}
