//! Where the greatest, or the least, stands along an axis.

use tenseur_kernels::{Call, ScalarType};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::once_known;
use crate::ops::array::wrong_count;
use crate::ops::array::{known_integer, must_be_scalar, normalised_axis};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The index along an axis (its second input) of the greatest or the least; of equals the first.
#[derive(Clone, Debug)]
pub struct ArgExtreme<const GREATEST: bool> {
    /// int64, or int32, int16 or uint16.
    pub output_type: DType,
}

/// Where the greatest stands.
pub type ArgMax = ArgExtreme<true>;

/// Where the least stands.
pub type ArgMin = ArgExtreme<false>;

impl<const GREATEST: bool> Op for ArgExtreme<GREATEST> {
    fn name(&self) -> &'static str {
        if GREATEST { "ArgMax" } else { "ArgMin" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("Tidx", node.inputs[1].dtype)
            .with("output_type", self.output_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("output_type", DType::Int64)? {
            output_type @ (DType::Int64 | DType::Int32 | DType::Int16 | DType::UInt16) => {
                Ok(ArgExtreme { output_type })
            }
            other => Err(format!("attribute \"output_type\" should be int64 and is {other}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axis] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() && x.dtype != DType::Bool {
            return Err(format!("it does not compare {}", x.dtype).into());
        }
        must_be_scalar(axis, "the axis")?;
        let (Some(sizes), Some(axis)) = (x.shape.sizes(), known_integer(axis)) else {
            let left = x.shape.rank().and_then(|rank| rank.checked_sub(1));
            let shape = left.map_or(PartialShape::unknown(), PartialShape::of_rank);
            return Ok(Fact::new(self.output_type, shape).one());
        };
        let axis = normalised_axis(axis, sizes.len())?;
        if sizes[axis] == Some(0) {
            return Err(format!("axis {axis} of {} has size 0: there is no index to give", x.shape).into());
        }
        let mut left = sizes.to_vec();
        left.remove(axis);
        Ok(Fact::new(self.output_type, left).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("an index does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let x = node.inputs[0];
        let Some(axis) = known_integer(node.inputs[1]) else { return Ok(once_known(self, node)) };
        let shape = known_shape(x)?;
        let axis = normalised_axis(axis, shape.rank())?;
        let inner: usize = shape[axis + 1..].iter().product();
        let (size, outer) = (shape[axis], shape[..axis].iter().product::<usize>());
        let stored = x.dtype.scalar().ok_or_else(|| format!("it does not compare {}", x.dtype))?;
        let index_bytes = self.output_type.size().unwrap_or(8);
        let sizes = (outer, size, inner);
        let output = vec![outer * inner * index_bytes];
        let kernel = Call::new("ArgReduce", vec![stored.size() * shape.elements()], output, move |x, out| {
            write_indices::<GREATEST>(stored, x[0], out[0], sizes, index_bytes);
            Ok(())
        });
        Ok(Lowered::kernel(kernel))
    }
}

/// Writes the index of each extreme, for elements `[outer, size, inner]`.
fn write_indices<const GREATEST: bool>(
    stored: ScalarType,
    x: &[u8],
    out: &mut [u8],
    sizes: (usize, usize, usize),
    index_bytes: usize,
) {
    let mut write = |place: usize, index: usize| {
        let bytes = &mut out[place * index_bytes..][..index_bytes];
        match index_bytes {
            2 => bytes.copy_from_slice(&(index as u16).to_ne_bytes()),
            4 => bytes.copy_from_slice(&(index as i32).to_ne_bytes()),
            _ => bytes.copy_from_slice(&(index as i64).to_ne_bytes()),
        }
    };
    fn find<const GREATEST: bool, T: bytemuck::Pod + PartialOrd>(
        x: &[u8],
        (outer, size, inner): (usize, usize, usize),
        write: &mut dyn FnMut(usize, usize),
    ) {
        let x: &[T] = bytemuck::cast_slice(x);
        for o in 0..outer {
            for i in 0..inner {
                let at = |k: usize| x[(o * size + k) * inner + i];
                let better = |a: T, b: T| if GREATEST { a > b } else { a < b };
                let number = |k: &usize| at(*k).partial_cmp(&at(*k)).is_some();
                // What is not a number is never the greatest, as in TensorFlow.
                let best =
                    (0..size).filter(number).reduce(|best, k| if better(at(k), at(best)) { k } else { best });
                write(o * inner + i, best.unwrap_or(0));
            }
        }
    }
    let write = &mut write;
    match stored {
        ScalarType::Bool | ScalarType::U8 => find::<GREATEST, u8>(x, sizes, write),
        ScalarType::I8 => find::<GREATEST, i8>(x, sizes, write),
        ScalarType::I16 => find::<GREATEST, i16>(x, sizes, write),
        ScalarType::I32 => find::<GREATEST, i32>(x, sizes, write),
        ScalarType::I64 => find::<GREATEST, i64>(x, sizes, write),
        ScalarType::U16 => find::<GREATEST, u16>(x, sizes, write),
        ScalarType::U32 => find::<GREATEST, u32>(x, sizes, write),
        ScalarType::U64 => find::<GREATEST, u64>(x, sizes, write),
        ScalarType::F16 => find::<GREATEST, half::f16>(x, sizes, write),
        ScalarType::BF16 => find::<GREATEST, half::bf16>(x, sizes, write),
        ScalarType::F32 => find::<GREATEST, f32>(x, sizes, write),
        ScalarType::F64 => find::<GREATEST, f64>(x, sizes, write),
    }
}

impl Tensor {
    /// The index of the greatest along `axis`, int64; of equals the first.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (scores, labels) = (tf.constant(array![[0.1, 0.9], [0.8, 0.2]]), tf.constant(array![1, 1]));
    /// let hits = scores.argmax(1).cast::<i32>().equal(&labels);
    /// let accuracy = hits.cast::<f32>().reduce_mean(..);
    /// assert_eq!(Session::new(&tf)?.run(&accuracy, feeds![])?, 0.5.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn argmax(&self, axis: i32) -> Tensor {
        let axis = self.graph().constant(axis);
        self.graph().add(ArgMax { output_type: DType::Int64 }, &[self, &axis])
    }

    /// The index of the least along `axis`, int64; of equals the first.
    #[track_caller]
    pub fn argmin(&self, axis: i32) -> Tensor {
        let axis = self.graph().constant(axis);
        self.graph().add(ArgMin { output_type: DType::Int64 }, &[self, &axis])
    }
}

fn arg_extreme_cases<const GREATEST: bool>() -> Vec<Case> {
    let find = |axis: i32, output_type: DType| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(ArgExtreme::<GREATEST> { output_type }, &[&x[0], &tf.constant(axis)])]
        }
    };
    let answer = |greatest: Array, least: Array| if GREATEST { greatest } else { least };
    let matrix = || array![[1.0, 3.0, 2.0], [4.0, 4.0, 1.0]];
    let small = if GREATEST { DType::UInt16 } else { DType::Int32 };
    vec![
        Case::fed("rows, of equals the first", [matrix()], find(1, DType::Int64))
            .expecting([as_type(answer(array![1, 0], array![0, 2]), DType::Int64)]),
        Case::fed("columns, from the end", [array![[1, 3], [4, 2]]], find(-2, DType::Int32))
            .expecting([answer(array![1, 0], array![0, 1])]),
        Case::fed("small indices of bools", [array![false, true, true]], find(0, small))
            .expecting([as_type(answer(1.into(), 0.into()), small)]),
        Case::fed(
            "not a number",
            [array![[f32::NAN, 1.0, 3.0], [1.0, f32::NAN, 3.0]]],
            find(1, DType::Int64),
        )
        .at_kink()
        .expecting([as_type(answer(array![2, 2], array![1, 0]), DType::Int64)]),
        Case::fed("no rows", [Array::from_literal([[0.0; 3]; 0])], find(1, DType::Int64)),
        Case::fed("an axis that is fed", [matrix(), 0.into()], |tf, x| {
            vec![tf.add(ArgExtreme::<GREATEST> { output_type: DType::Int64 }, &[&x[0], &x[1]])]
        })
        .expecting([as_type(answer(array![1, 1, 0], array![0, 0, 1]), DType::Int64)]),
    ]
}

pub(in crate::ops) fn arg_max_cases() -> Vec<Case> {
    arg_extreme_cases::<true>()
}

pub(in crate::ops) fn arg_min_cases() -> Vec<Case> {
    arg_extreme_cases::<false>()
}
