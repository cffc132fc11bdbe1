//! Where values come from: constants and what is fed.

use crate::conformance::Case;
use crate::error::{Error, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, Work};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Element, PartialShape, Shape};

/// A constant.
#[derive(Clone, Debug)]
pub struct Const {
    /// Its value.
    pub value: Array,
}

impl Op for Const {
    fn name(&self) -> &'static str {
        "Const"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.value.dtype()).with("value", self.value.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Const, Reason> {
        let value: Array = attrs.require("value")?;
        let dtype = attrs.optional("dtype", value.dtype())?;
        if dtype != value.dtype() {
            return Err(
                format!("attribute \"dtype\" says {dtype} and the value is of {}", value.dtype()).into()
            );
        }
        Ok(Const { value })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        no_inputs(inputs)?;
        Ok(Fact::constant(self.value.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a constant has no inputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::values([self.value.clone()]))
    }
}

/// A value that is fed at every run.
#[derive(Clone, Debug)]
pub struct Placeholder {
    /// Its element type.
    pub dtype: DType,
    /// What a fed array's shape must be.
    pub shape: PartialShape,
}

impl Op for Placeholder {
    fn name(&self) -> &'static str {
        "Placeholder"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype).with("shape", self.shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Placeholder, Reason> {
        let shape = attrs.optional("shape", PartialShape::unknown())?;
        Ok(Placeholder { dtype: attrs.require("dtype")?, shape })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        no_inputs(inputs)?;
        Ok(Fact::new(self.dtype, self.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a placeholder has no inputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Placeholder))
    }
}

/// Stands where something could not be built, and carries the reason. Not an op of any file.
#[derive(Clone, Debug)]
pub(crate) struct Invalid(pub(crate) Error);

impl Op for Invalid {
    fn name(&self) -> &'static str {
        "Invalid"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Invalid, Reason> {
        Err("it stands for an error, not for an op".into())
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Err(Reason::new(self.0.code(), self.0.message()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it stands for an error")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Err(Reason::new(self.0.code(), self.0.message()))
    }
}

fn no_inputs(inputs: &[&Fact]) -> Result<(), Reason> {
    match inputs.len() {
        0 => Ok(()),
        count => Err(format!("it takes no inputs and got {count}").into()),
    }
}

/// A Rust type that names an element type: the types of elements, and `String`.
pub trait Typed {
    /// The element type.
    const DTYPE: DType;
}

impl<T: Element> Typed for T {
    const DTYPE: DType = <T as Element>::DTYPE;
}

impl Typed for String {
    const DTYPE: DType = DType::String;
}

/// What a constant, or a variable's initial value, can be made of: an array, a number, a string, or a tensor as it is.
pub trait IntoConstant {
    /// The tensor.
    fn into_constant(self, graph: &Graph) -> Tensor;
}

impl IntoConstant for Tensor {
    fn into_constant(self, _: &Graph) -> Tensor {
        self
    }
}

impl IntoConstant for &Tensor {
    fn into_constant(self, _: &Graph) -> Tensor {
        self.clone()
    }
}

macro_rules! constants {
    ($($from:ty: $value:ident => $array:expr;)*) => { $(
        impl IntoConstant for $from {
            #[track_caller]
            fn into_constant(self, graph: &Graph) -> Tensor {
                let $value = self;
                graph.add(Const { value: $array }, &[])
            }
        }

        impl From<$from> for Array {
            fn from($value: $from) -> Array {
                $array
            }
        }
    )* };
}
constants! {
    f32: value => Array::scalar(value);
    i32: value => Array::scalar(value);
    bool: value => Array::scalar(value);
    &str: value => Array::from_literal(value);
}

impl IntoConstant for Array {
    #[track_caller]
    fn into_constant(self, graph: &Graph) -> Tensor {
        graph.add(Const { value: self }, &[])
    }
}

impl IntoConstant for &Array {
    #[track_caller]
    fn into_constant(self, graph: &Graph) -> Tensor {
        graph.add(Const { value: self.clone() }, &[])
    }
}

impl Graph {
    /// A value that is fed at every run: of element type `T`, of a shape whose sizes may be left open with `None`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(784)], "x");
    /// assert_eq!(x.shape().to_string(), "[?, 784]");
    /// ```
    #[track_caller]
    pub fn placeholder<T: Typed>(&self, shape: impl Into<PartialShape>, name: &str) -> Tensor {
        self.placeholder_of(T::DTYPE, shape, name)
    }

    /// As [`placeholder`](Graph::placeholder), of an element type known at run time.
    #[track_caller]
    pub fn placeholder_of(&self, dtype: DType, shape: impl Into<PartialShape>, name: &str) -> Tensor {
        self.add_named(Placeholder { dtype, shape: shape.into() }, &[], name)
    }

    /// A constant: a number, a string, or an array.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let weights = tf.constant(array![[0.5, 0.25]]).named("weights");
    /// let rate = tf.constant(0.01);
    /// assert_eq!(rate.dtype(), Some(DType::Float32));
    /// ```
    #[track_caller]
    pub fn constant(&self, value: impl IntoConstant) -> Tensor {
        value.into_constant(self)
    }

    /// Zeros of element type `T`.
    #[track_caller]
    pub fn zeros<T: Element>(&self, shape: impl Into<Shape>) -> Tensor {
        self.full_of(T::DTYPE, shape, 0.0)
    }

    /// Ones of element type `T`.
    #[track_caller]
    pub fn ones<T: Element>(&self, shape: impl Into<Shape>) -> Tensor {
        self.full_of(T::DTYPE, shape, 1.0)
    }

    /// `shape` filled with `value`, of an element type known at run time.
    #[track_caller]
    pub fn full_of(&self, dtype: DType, shape: impl Into<Shape>, value: f64) -> Tensor {
        match Array::full(dtype, shape, value) {
            Ok(array) => self.constant(array),
            Err(error) => self.fail(error),
        }
    }
}

pub(super) fn const_cases() -> Vec<Case> {
    vec![
        Case::new("matrix", |tf| vec![tf.constant(crate::array![[1.0, 2.0], [3.0, 4.0]])]),
        Case::new("empty", |tf| vec![tf.zeros::<i64>([0, 3])]),
        Case::new("string", |tf| vec![tf.constant("hello")]),
    ]
}

pub(super) fn placeholder_cases() -> Vec<Case> {
    vec![
        Case::fed("batch", [crate::array![[1.0, 2.0]]], |_, x| vec![x[0].clone()]),
        Case::fed("scalar", [Array::scalar(3i64)], |_, x| vec![x[0].clone()]),
    ]
}
