//! Tensors of one value: Fill, Empty, and zeros and ones like another tensor.

use smallvec::smallvec;
use tenseur_kernels::{Constant, Layout, MapProgram};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::moved_strings;
use crate::ops::array::{IntoShape, as_vector, must_be_one, shape_from, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

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
        must_be_one(value, "the value")?;
        Ok(Fact::new(value.dtype, shape_from(&as_vector(dims))?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [None, Some(dy.reduce_sum(..))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 1..2) {
            return Ok(strings);
        }
        let to = known_shape(&node.outputs[0])?;
        Ok(Lowered { work: Work::View(Layout::broadcast(&[], &to)?), reads: smallvec![1] })
    }
}

/// A tensor of the shape that the input says, whose values nobody relies on; zeros, here as where TensorFlow's `init` asks for them.
#[derive(Clone, Debug)]
pub struct Empty {
    /// The type.
    pub dtype: DType,
    /// Whether zeros are asked for.
    pub init: bool,
}

impl Op for Empty {
    fn name(&self) -> &'static str {
        "Empty"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype).with("init", self.init)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Empty, Reason> {
        Ok(Empty { dtype: attrs.require("dtype")?, init: attrs.optional("init", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape] = inputs else { return Err(wrong_count(1, inputs)) };
        match shape.dtype {
            DType::Int32 => Ok(Fact::new(self.dtype, shape_from(shape)?).one()),
            other => Err(format!("the shape is int32, not {other}").into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it depends on a shape alone")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = self.dtype;
        Ok(Lowered::arrays("Empty", node, move |arrays| {
            let shape = shape_from(&Fact::constant(arrays[0].clone()))?;
            Ok(vec![Array::zeros(dtype, shape.known().ok_or("a size is not known")?)?])
        }))
    }
}

/// Zeros (`false`, or empty strings) of the type and shape of x; ones where `ONES`.
#[derive(Clone, Debug)]
pub struct Like<const ONES: bool>;

/// Zeros, `false` or empty strings, of the type and shape of x.
pub type ZerosLike = Like<false>;

/// Ones, or `true`, of the type and shape of x.
pub type OnesLike = Like<true>;

impl<const ONES: bool> Op for Like<ONES> {
    fn name(&self) -> &'static str {
        if ONES { "OnesLike" } else { "ZerosLike" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Like)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if x.dtype == DType::String && ONES {
            return Err("there is no one among strings".into());
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it looks at the type and shape alone")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fact = &node.outputs[0];
        if fact.dtype == DType::Variant {
            return Ok(Lowered::objects(1, |_, x| Ok(vec![crate::ops::list::zeros_like(&x[0])?])));
        }
        if fact.dtype.is_complex() {
            let value = f64::from(u8::from(ONES));
            return Ok(Lowered::values([Array::full(fact.dtype, known_shape(fact)?, value)?]));
        }
        let Some(stored) = fact.dtype.scalar() else {
            let zeros = Array::zeros(fact.dtype, known_shape(fact)?)?;
            return Ok(Lowered::host(0, move |_| Ok(vec![zeros.clone()])));
        };
        let mut program = MapProgram::new();
        let value = program.constant(stored, Constant::Bool(ONES));
        program.output(value, stored);
        Ok(Lowered::map(program))
    }
}

impl Tensor {
    /// Zeros of the same type and shape.
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        match self.dtype() {
            Some(DType::String | DType::Bool | DType::Variant) => self.graph().add(Like::<false>, &[self]),
            _ => self.filled_like(0.0),
        }
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
}

impl crate::Graph {
    /// A shape, integers or a tensor of integers known at the run, filled with `value`, a scalar.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.fill([2, 2], tf.constant(7.0));
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[7.0, 7.0], [7.0, 7.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn fill(&self, shape: impl IntoShape, value: impl crate::ops::source::IntoConstant) -> Tensor {
        let value = value.into_constant(self);
        let shape = shape.into_shape(&value);
        self.add(Fill, &[&shape, &value])
    }
}

pub(in crate::ops) fn fill_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [Array::scalar(0.5f32)], |tf, x| vec![tf.fill([2, 3], &x[0])]),
        Case::fed(
            "a shape that is fed",
            [as_type(array![2, 1], DType::Int64), Array::scalar(true)],
            |tf, x| vec![tf.fill(&x[0], &x[1])],
        )
        .expecting([array![[true], [true]]]),
        Case::fed("nothing", [Array::scalar(0.5f32)], |tf, x| vec![tf.fill([3, 0], &x[0])]),
        Case::fed("a scalar", [Array::scalar(0.5f32)], |tf, x| vec![tf.fill([] as [i32; 0], &x[0])]),
        Case::new("strings", |tf| vec![tf.fill([2], "a")]).expecting([array!["a", "a"]]),
    ]
}

pub(in crate::ops) fn empty_cases() -> Vec<Case> {
    let empty = |dtype| Empty { dtype, init: true };
    vec![
        Case::fed("a shape that is fed", [array![2, 1]], move |tf, x| {
            vec![tf.add(empty(DType::Int64), &[&x[0]])]
        }),
        Case::new("strings", move |tf| vec![tf.add(empty(DType::String), &[&tf.constant(array![2])])])
            .expecting([array!["", ""]]),
    ]
}

fn like_cases<const ONES: bool>(strings: bool) -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(Like::<ONES>, &[&x[0]])];
    let value = if ONES { 1.0 } else { 0.0 };
    let mut cases = vec![
        Case::fed("matrix", [array![[1.5, f32::NAN]]], build).at_kink().expecting([array![[value, value]]]),
        Case::fed("bools", [array![true, false]], build).expecting([array![ONES, ONES]]),
        Case::fed("a scalar of bytes", [as_type(3.into(), DType::UInt8)], build),
        Case::fed("nothing", [Array::from_literal([[0; 0]; 2])], build),
    ];
    if strings {
        cases.push(Case::fed("strings", [array!["a", "b"]], build).expecting([array!["", ""]]));
    }
    cases
}

pub(in crate::ops) fn zeros_like_cases() -> Vec<Case> {
    like_cases::<false>(true)
}

pub(in crate::ops) fn ones_like_cases() -> Vec<Case> {
    like_cases::<true>(false)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_shape_beyond_all_memory_is_refused() {
        let tf = Graph::new();
        tf.fill([1 << 30, 1 << 30, 1 << 30], 1.0);
        assert!(tf.check().unwrap_err().message().contains("would be too large"));
        let tf = Graph::new();
        tf.fill([-1], 1.0);
        assert!(tf.check().unwrap_err().message().contains("a size is -1"));
    }
}
