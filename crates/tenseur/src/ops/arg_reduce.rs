//! Where the greatest, or the least, stands along an axis.

use tenseur_kernels::{Call, ScalarType};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::reduce::normalised_axis;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// The index along an axis (its second input) of the greatest or the least; of equals the first.
#[derive(Clone, Debug)]
pub struct ArgExtreme<const GREATEST: bool> {
    /// int32 or int64.
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
            output_type @ (DType::Int32 | DType::Int64) => Ok(ArgExtreme { output_type }),
            other => Err(format!("attribute \"output_type\" should be int32 or int64 and is {other}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axis] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() && x.dtype != DType::Bool {
            return Err(format!("it does not compare {}", x.dtype).into());
        }
        let (Some(sizes), Some(axis)) = (x.shape.sizes(), axis.integers()) else {
            return Ok(Fact::new(self.output_type, PartialShape::unknown()).one());
        };
        let &[axis] = &axis[..] else { return Err("it works along one axis".into()) };
        let axis = normalised_axis(axis, sizes.len())?;
        if sizes[axis] == Some(0) {
            return Err(format!("axis {axis} of {} has size 0: there is no index to give", x.shape).into());
        }
        let mut left = sizes.to_vec();
        left.remove(axis);
        Ok(Fact::new(self.output_type, left).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("an index does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let x = node.inputs[0];
        let shape = known_shape(x)?;
        let axis = node.inputs[1].integers().ok_or("its axis is not known before the run")?;
        let axis = normalised_axis(axis.first().copied().unwrap_or(0), shape.rank())?;
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
                let best = (1..size).fold(0, |best, k| if better(at(k), at(best)) { k } else { best });
                write(o * inner + i, best);
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

pub(super) fn arg_max_cases() -> Vec<Case> {
    vec![
        Case::fed("rows", [array![[1.0, 3.0, 2.0], [4.0, 4.0, 1.0]]], |_, x| vec![x[0].argmax(1)])
            .expecting([crate::Array::new([2], vec![1i64, 0]).unwrap_or_else(|_| array![0])]),
        Case::fed("columns, from the end", [array![[1, 3], [4, 2]]], |_, x| vec![x[0].argmax(-2)]),
    ]
}

pub(super) fn arg_min_cases() -> Vec<Case> {
    vec![Case::fed("columns", [array![[1.0, 3.0], [4.0, 2.0]]], |_, x| vec![x[0].argmin(0)])]
}
