//! The next number there is.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::{broadcast_shape, refusal, stretched};
use crate::ops::{Attrs, Effects, Grad, Op, Signature, Types};
use crate::value::{Array, DType, Element, Shape};

const TYPES: Types = Types::of(&[DType::Float32, DType::Float64]);

/// The number of the type that comes after x, the first input, on the way to y, the second; the two broadcast. Numbers near zero
/// count too.
#[derive(Clone, Debug)]
pub struct NextAfter;

impl Op for NextAfter {
    fn name(&self) -> &'static str {
        "NextAfter"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<NextAfter, Reason> {
        Ok(NextAfter)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        let dtypes = [x.dtype, y.dtype];
        let dtype = TYPES.one(&dtypes).ok_or_else(|| refusal(&dtypes, |dtype| TYPES.contain(dtype)))?;
        Ok(Fact::new(dtype, broadcast_shape(inputs)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(node.sum_to(dy, 0)), Some(node.sum_to(&dy.zeros_like(), 1))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("NextAfter", node, |arrays| {
            let shape =
                arrays[0].shape().broadcast(arrays[1].shape()).ok_or("the shapes do not broadcast")?;
            Ok(vec![match arrays[0].dtype() {
                DType::Float32 => each::<f32>(arrays, shape, libm::nextafterf)?,
                _ => each::<f64>(arrays, shape, libm::nextafter)?,
            }])
        }))
    }
}

/// The numbers as they are stored: as others, those near zero would be taken as zero.
fn each<T: Element>(arrays: &[Array], shape: Shape, after: fn(T, T) -> T) -> Result<Array, Reason> {
    let (x, y) = (arrays[0].as_slice::<T>()?, arrays[1].as_slice::<T>()?);
    let places = stretched(arrays[0].shape(), &shape)?.zip(stretched(arrays[1].shape(), &shape)?);
    let numbers: Vec<T> = places.map(|(i, j)| after(x[i], y[j])).collect();
    Ok(Array::new(shape, numbers)?)
}

pub(super) fn cases() -> Vec<Case> {
    let after = |tf: &Graph, x: &[Tensor]| vec![tf.add(NextAfter, &[&x[0], &x[1]])];
    vec![
        Case::fed("up, down, there", [array![1.0, 1.0, 2.0], array![2.0, -2.0, 2.0]], after)
            .at_kink()
            .expecting([array![1.0 + f32::EPSILON, 1.0 - f32::EPSILON / 2.0, 2.0]]),
        Case::fed("stretched", [array![[1.0], [2.0]], array![5.0]], after).at_kink(),
    ]
}
