//! Changing the type of numbers.

use half::{bf16, f16};
use tenseur_kernels::Call;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::source::Typed;
use crate::ops::{Attrs, Effects, Grad, Op, Signature, Types, broadcast_map};
use crate::value::{Array, DType};

const TYPES: Types = Types::NUMBERS.and(Types::BOOL).and(Types::COMPLEX);

/// x as numbers of another type. Floats are cut off towards 0 where the other is of integers, integers wrap, a bool
/// says whether x is not 0. Of a complex number it is the real part that becomes a real one, or a bool.
///
/// A float beyond the integer's range, or NaN, gives what TensorFlow gives on x86: for types of up to 32 bits the low
/// bits of −2³¹ (uint32: of −2⁶³), for int64 and uint64 −2⁶³.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The other type.
    pub to: DType,
    /// Whether a float is cut off, not rounded, where the other type is a narrower float. (As TensorFlow's, it does
    /// nothing from float64 to bfloat16.)
    pub truncate: bool,
}

impl Op for Cast {
    fn name(&self) -> &'static str {
        "Cast"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("DstT", self.to).with("SrcT", node.inputs[0].dtype).with("Truncate", self.truncate)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Cast, Reason> {
        Ok(Cast { to: attrs.require("DstT")?, truncate: attrs.optional("Truncate", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        for dtype in [x.dtype, self.to] {
            if !TYPES.contain(dtype) {
                return Err(refusal(&[dtype], |dtype| TYPES.contain(dtype)));
            }
        }
        Ok(Fact::new(self.to, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        let smooth = |dtype: DType| dtype.is_float() || dtype.is_complex();
        match smooth(self.to) {
            true => Grad::rule(move |node, dy| {
                let from = node.x(0).dtype().filter(|&dtype| smooth(dtype));
                [from.map(|from| dy.cast_to(from))]
            }),
            false => Grad::None("integers and bools do not change smoothly"),
        }
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (from, to) = (node.inputs[0].dtype, self.to);
        if from == to {
            return Ok(Lowered::alias());
        }
        if from.is_complex() || to.is_complex() {
            return Ok(crate::ops::complex::arithmetic::cast(node, to));
        }
        if self.truncate
            && let Some(cut) = truncation(from, to)
        {
            let count = known_shape(node.inputs[0])?.elements();
            let bytes = |dtype: DType| vec![count * dtype.size().unwrap_or(0)];
            return Ok(Lowered::kernel(Call::new(
                "truncate",
                bytes(from),
                bytes(to),
                move |inputs, outputs| {
                    cut(inputs[0], outputs[0]);
                    Ok(())
                },
            )));
        }
        let stored = to.scalar().ok_or_else(|| format!("there are no loops over {to}"))?;
        broadcast_map(node, |p, x| p.cast(x[0], stored))
    }
}

/// From the bytes of floats to those of narrower ones, cut off.
type Truncation = fn(&[u8], &mut [u8]);

/// The cut from one type of floats to a narrower one: the last bits, for which the narrower has no place, are set to
/// 0 before the number is converted.
fn truncation(from: DType, to: DType) -> Option<Truncation> {
    fn each<T: bytemuck::Pod, U: bytemuck::Pod>(from: &[u8], to: &mut [u8], cut: impl Fn(T) -> U) {
        let (from, to) = (bytemuck::cast_slice::<u8, T>(from), bytemuck::cast_slice_mut::<u8, U>(to));
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = cut(from));
    }
    fn cut_f64(x: f64, bits: u32) -> f64 {
        if x.is_nan() { x } else { f64::from_bits(x.to_bits() >> bits << bits) }
    }
    fn cut_f32(x: f32, bits: u32) -> f32 {
        if x.is_nan() { x } else { f32::from_bits(x.to_bits() >> bits << bits) }
    }
    // A float64 has 52 bits behind the point, a float32 23, a float16 10, a bfloat16 7.
    match (from, to) {
        (DType::Float64, DType::Float32) => Some(|from, to| each(from, to, |x| cut_f64(x, 52 - 23) as f32)),
        (DType::Float64, DType::Float16) => {
            Some(|from, to| each(from, to, |x| f16::from_f64(cut_f64(x, 52 - 10))))
        }
        (DType::Float32, DType::Float16) => {
            Some(|from, to| each(from, to, |x| f16::from_f32(cut_f32(x, 23 - 10))))
        }
        (DType::Float32, DType::BFloat16) => {
            Some(|from, to| each(from, to, |x| bf16::from_f32(cut_f32(x, 23 - 7))))
        }
        _ => None,
    }
}

impl Tensor {
    /// The same numbers as elements of type `T` (`tf.cast`): floats are cut off towards 0 where `T` is an integer,
    /// integers wrap, and a bool says whether the number is not 0. Gradients go through between floats.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let hits = tf.constant(array![true, false, true, true]);
    /// let accuracy = hits.cast::<f32>().reduce_sum(..) / 4.0;
    /// assert_eq!(Session::new(&tf)?.run(&accuracy, feeds![])?, 0.75.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn cast<T: Typed>(&self) -> Tensor {
        self.cast_to(T::DTYPE)
    }

    /// As [`cast`](Tensor::cast), to an element type known at run time. To its own type it is the tensor itself.
    #[track_caller]
    pub fn cast_to(&self, dtype: DType) -> Tensor {
        match self.dtype() == Some(dtype) {
            true => self.clone(),
            false => self.graph().add(Cast { to: dtype, truncate: false }, &[self]),
        }
    }
}

pub(super) fn cast_cases() -> Vec<Case> {
    let mut cases = vec![
        Case::fed("cut off", [array![1.9, -1.9, 0.5]], |_, x| vec![x[0].cast::<i32>()])
            .expecting([array![1, -1, 0]]),
        Case::fed("wrapped", [array![300, -1, 128]], |_, x| vec![x[0].cast::<u8>(), x[0].cast::<i8>()])
            .expecting([array_of::<u8>(&[44, 255, 128]), array_of::<i8>(&[44, -1, -128])]),
        Case::fed("to bool", [array![0.0, -0.0, 0.5, f32::NAN]], |_, x| vec![x[0].cast::<bool>()])
            .at_kink()
            .expecting([array![false, false, true, true]]),
        Case::fed("from bool", [array![true, false]], |_, x| vec![x[0].cast::<f32>(), x[0].cast::<i64>()])
            .expecting([array![1.0, 0.0], array_of::<i64>(&[1, 0])]),
        Case::fed("beyond the range", [array![3e9, -1e30, f32::NAN]], |_, x| {
            vec![x[0].cast::<i32>(), x[0].cast::<i64>()]
        })
        .at_kink()
        .expecting([
            array![i32::MIN, i32::MIN, i32::MIN],
            array_of::<i64>(&[3_000_000_000, i64::MIN, i64::MIN]),
        ]),
        Case::fed("rounded or cut", [array![1.999_999_9, -1.999_999_9, 65_520.0]], |tf, x| {
            let cut = |to| tf.add(Cast { to, truncate: true }, &[&x[0]]);
            vec![x[0].cast::<bf16>(), cut(DType::BFloat16), x[0].cast::<f16>(), cut(DType::Float16)]
        })
        .at_kink()
        .expecting([
            array_of(&[2.0, -2.0, 65_536.0].map(bf16::from_f32)),
            array_of(&[1.992_187_5, -1.992_187_5, 65_280.0].map(bf16::from_f32)),
            array_of(&[2.0, -2.0, f32::INFINITY].map(f16::from_f32)),
            array_of(&[1.999_023_4, -1.999_023_4, 65_504.0].map(f16::from_f32)),
        ]),
        Case::fed("there and back", [array![1.5, -2.25]], |_, x| {
            vec![x[0].cast::<f64>().square().cast::<f32>()]
        }),
    ];
    for from in DType::all().filter(|&dtype| TYPES.contain(dtype)) {
        let numbers = Array::full(from, [2], 1.0).unwrap_or_else(|_| array![1.0, 1.0]);
        cases.push(
            Case::fed(&format!("{from} to all"), [numbers], |_, x| {
                DType::all().filter(|&dtype| TYPES.contain(dtype)).map(|to| x[0].cast_to(to)).collect()
            })
            .at_kink(),
        );
    }
    cases
}

fn array_of<T: crate::Element>(values: &[T]) -> Array {
    Array::new([values.len()], values).expect("as many values as the shape says")
}
