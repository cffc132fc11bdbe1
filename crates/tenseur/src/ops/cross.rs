//! The cross product of vectors in space.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Element};

/// x × y along the last axis, which has size 3, of tensors of one shape.
#[derive(Clone, Debug)]
pub struct Cross;

impl Op for Cross {
    fn name(&self) -> &'static str {
        "Cross"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Cross, Reason> {
        Ok(Cross)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        if x.dtype != y.dtype || !x.dtype.is_number() {
            return Err(refusal(&[x.dtype, y.dtype], DType::is_number));
        }
        let shape = x.shape.merge(&y.shape);
        let shape = shape.ok_or_else(|| format!("x has shape {} and y {}", x.shape, y.shape))?;
        match shape.sizes() {
            None | Some([.., None | Some(3)]) => Ok(Fact::new(x.dtype, shape).one()),
            Some(_) => {
                let text = format!("the last axis has size 3, and the shape is {shape}");
                Err(Reason::new(Code::FailedPrecondition, text))
            }
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(node.x(1).cross(dy)), Some(dy.cross(node.x(0)))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("Cross", node, |arrays| {
            let (x, y) = (&arrays[0], &arrays[1]);
            macro_rules! floats {
                ($number:ty) => {
                    cross::<$number>(x, y, |a, b, c, d| a * b - c * d)
                };
            }
            macro_rules! integers {
                ($number:ty) => {
                    cross::<$number>(x, y, |a, b, c, d| a.wrapping_mul(b).wrapping_sub(c.wrapping_mul(d)))
                };
            }
            let product = match x.dtype() {
                DType::Float16 => floats!(half::f16),
                DType::BFloat16 => floats!(half::bf16),
                DType::Float32 => floats!(f32),
                DType::Float64 => floats!(f64),
                DType::Int8 => integers!(i8),
                DType::Int16 => integers!(i16),
                DType::Int32 => integers!(i32),
                DType::Int64 => integers!(i64),
                DType::UInt8 => integers!(u8),
                DType::UInt16 => integers!(u16),
                DType::UInt32 => integers!(u32),
                DType::UInt64 => integers!(u64),
                other => Err(refusal(&[other], DType::is_number)),
            };
            Ok(vec![product?])
        }))
    }
}

/// The products, where `difference` is `a·b − c·d`.
fn cross<T: Element>(x: &Array, y: &Array, difference: impl Fn(T, T, T, T) -> T) -> Result<Array, Reason> {
    let pairs = x.as_slice::<T>()?.chunks_exact(3).zip(y.as_slice::<T>()?.chunks_exact(3));
    let products =
        pairs.flat_map(|(x, y)| [[1, 2], [2, 0], [0, 1]].map(|[i, j]| difference(x[i], y[j], x[j], y[i])));
    Ok(Array::new(x.shape().clone(), products.collect::<Vec<T>>())?)
}

impl Tensor {
    /// x × y along the last axis, which has size 3 (`tf.cross`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let z = tf.constant(array![1, 0, 0]).cross(array![0, 1, 0]);
    /// assert_eq!(Session::new(&tf)?.run(&z, feeds![])?, array![0, 0, 1]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn cross(&self, y: impl Into<Operand>) -> Tensor {
        self.graph().add(Cross, &[self, &y.into().tensor(self)])
    }
}

pub(super) fn cross_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].cross(&x[1])];
    let (x, y) = (|| array![[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]], || array![[4.0, 5.0, 6.5], [1.0, 1.0, -2.0]]);
    vec![
        Case::fed("two", [x(), y()], build).expecting([array![[-2.0, 5.5, -3.0], [0.0, 3.0, 1.5]]]),
        Case::fed("integers", [array![1, 2, 3], array![4, 5, 6]], build).expecting([array![-3, 6, -3]]),
        Case::fed("bytes wrap", [array![1, 2, 3], array![4, 5, 6]].map(|x| as_type(x, DType::UInt8)), build)
            .expecting([as_type(array![253, 6, 253], DType::UInt8)]),
    ]
}
