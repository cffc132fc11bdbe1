//! Ops that work element by element: they say what they compute in the scalar language of the kernels, and the rest
//! (types, broadcasting, shapes, lowering) is the same for all.
//!
//! Most have no attributes; such an op is a unit struct with a [`Formula`]:
//!
//! ```text
//! /// √x
//! #[derive(Clone, Debug, Default)]
//! pub struct Sqrt;
//!
//! impl ByFormula for Sqrt {
//!     const FORMULA: Formula = Formula::unary("Sqrt", Types::FLOATS, |p, x| p.unary(Unary::Sqrt, x))
//!         .grad(|node, dy| dy.graph().add(SqrtGrad, &[node.y(0), dy]));
//! }
//! ```

use std::fmt;
use std::fmt::Debug;

use smallvec::SmallVec;
use tenseur_kernels::{Binary, Constant, Layout, MapProgram, Value, element_count};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::complex;
use crate::ops::complex::arithmetic::Formula as ComplexFormula;
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// An op that computes each element of its output from the elements at the same place in its inputs, which broadcast.
/// Implementing it implements [`Op`].
pub trait Elementwise: Debug + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// How many inputs it has.
    const INPUTS: usize;

    /// Whether inputs of different shapes broadcast (`Add`) or are refused (`ReluGrad`).
    const BROADCASTS: bool;

    /// What it does to complex numbers, if it takes them.
    const COMPLEX: Option<ComplexFormula>;

    /// Its attributes as TensorFlow's NodeDef names them, types included.
    fn attrs(&self, node: Signature<'_>) -> Attrs;

    /// The op with these attributes.
    ///
    /// # Errors
    /// As [`Op::from_attrs`].
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// The output's type, given the inputs' types; `None` if the op does not take them.
    fn dtype(&self, inputs: &[DType]) -> Option<DType>;

    /// Whether a run can find it impossible for elements of some type.
    fn can_fail(&self) -> bool;

    /// One element of the output from one of each input.
    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value;

    /// How gradients go through it; for inputs that broadcast, [`Backward::sum_to`] brings them back.
    fn grad(&self) -> Grad<'_>;
}

impl<E: Elementwise> Op for E {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Elementwise::attrs(self, node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<E, Reason> {
        <E as Elementwise>::from_attrs(attrs)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != E::INPUTS {
            return Err(format!("it takes {} inputs and got {}", E::INPUTS, inputs.len()).into());
        }
        let dtypes: SmallVec<[DType; 4]> = inputs.iter().map(|fact| fact.dtype).collect();
        let takes = |dtype: DType| self.dtype(&[dtype; 8][..E::INPUTS]).is_some();
        let dtype = self.dtype(&dtypes).ok_or_else(|| refusal(&dtypes, takes))?;
        let shape = if E::BROADCASTS { broadcast_shape(inputs) } else { one_shape(inputs) };
        Ok(Fact::new(dtype, shape?).one())
    }

    fn effects(&self) -> Effects {
        Effects { can_fail: self.can_fail(), ..Effects::PURE }
    }

    fn grad(&self) -> Grad<'_> {
        Elementwise::grad(self)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let (true, Some(formula)) = (node.outputs[0].dtype.is_complex(), E::COMPLEX) {
            return Ok(complex::arithmetic::elementwise(E::NAME, node, formula));
        }
        broadcast_map(node, |program, x| self.scalar(program, x))
    }
}

/// An elementwise op without attributes, which is all in one formula. Implementing it implements [`Op`].
pub trait ByFormula: Debug + Default + Send + Sync + 'static {
    /// The formula.
    const FORMULA: Formula;
}

/// All there is to say of an elementwise op without attributes: see [`Formula::unary`] and [`Formula::binary`].
#[derive(Clone, Copy)]
pub struct Formula {
    sketch: Sketch,
    derivative: Derivative,
}

/// A [`Formula`] of which the derivative is still to be said.
#[derive(Clone, Copy)]
pub struct UnarySketch(Sketch);

/// A [`Formula`] of which the derivatives are still to be said.
#[derive(Clone, Copy)]
pub struct BinarySketch(Sketch);

#[derive(Clone, Copy)]
struct Sketch {
    name: &'static str,
    types: Types,
    gives: Option<DType>,
    broadcasts: bool,
    can_fail: bool,
    complex: Option<ComplexFormula>,
    scalar: Scalar,
}

#[derive(Clone, Copy)]
enum Scalar {
    Unary(fn(&mut MapProgram, Value) -> Value),
    Binary(fn(&mut MapProgram, Value, Value) -> Value),
}

#[derive(Clone, Copy)]
enum Derivative {
    Unary(fn(&Backward<'_>, &Tensor) -> Tensor),
    Binary(fn(&Backward<'_>, &Tensor) -> [Tensor; 2]),
    Second(fn(&Backward<'_>, &Tensor) -> Tensor),
    None(&'static str),
}

impl Formula {
    /// An op of TensorFlow's type `name`, of one input of any of `types`, that gives the same type: `scalar` writes
    /// what it does to an element.
    pub const fn unary(
        name: &'static str,
        types: Types,
        scalar: fn(&mut MapProgram, Value) -> Value,
    ) -> UnarySketch {
        let scalar = Scalar::Unary(scalar);
        UnarySketch(Sketch {
            name,
            types,
            gives: None,
            broadcasts: true,
            can_fail: false,
            complex: None,
            scalar,
        })
    }

    /// An op of TensorFlow's type `name`, of two inputs of one type, any of `types`, that broadcast, and that gives the
    /// same type: `scalar` writes what it does to a pair of elements.
    pub const fn binary(
        name: &'static str,
        types: Types,
        scalar: fn(&mut MapProgram, Value, Value) -> Value,
    ) -> BinarySketch {
        let scalar = Scalar::Binary(scalar);
        BinarySketch(Sketch {
            name,
            types,
            gives: None,
            broadcasts: true,
            can_fail: false,
            complex: None,
            scalar,
        })
    }
}

impl UnarySketch {
    /// The same, which also takes complex numbers: what it does to one.
    pub const fn and_complex(self, formula: ComplexFormula) -> UnarySketch {
        UnarySketch(Sketch { complex: Some(formula), ..self.0 })
    }

    /// The same, whose output is of `dtype` whatever the input is.
    pub const fn giving(self, dtype: DType) -> UnarySketch {
        UnarySketch(Sketch { gives: Some(dtype), ..self.0 })
    }

    /// The gradient of the input, given the node and that of the output.
    pub const fn grad(self, rule: fn(&Backward<'_>, &Tensor) -> Tensor) -> Formula {
        Formula { sketch: self.0, derivative: Derivative::Unary(rule) }
    }

    /// No gradient goes through it, and why.
    pub const fn not_differentiable(self, why: &'static str) -> Formula {
        Formula { sketch: self.0, derivative: Derivative::None(why) }
    }
}

impl BinarySketch {
    /// The same, which also takes complex numbers: what it does to two.
    pub const fn and_complex(self, formula: ComplexFormula) -> BinarySketch {
        BinarySketch(Sketch { complex: Some(formula), ..self.0 })
    }

    /// The same, whose output is of `dtype` whatever the inputs are.
    pub const fn giving(self, dtype: DType) -> BinarySketch {
        BinarySketch(Sketch { gives: Some(dtype), ..self.0 })
    }

    /// The same, but inputs of different shapes are refused.
    pub const fn of_one_shape(self) -> BinarySketch {
        BinarySketch(Sketch { broadcasts: false, ..self.0 })
    }

    /// The same, but a run can find it impossible: an integer division by zero.
    pub const fn failing(self) -> BinarySketch {
        BinarySketch(Sketch { can_fail: true, ..self.0 })
    }

    /// The gradients of both inputs, given the node and that of the output. What was stretched by broadcasting is
    /// summed up again by who calls.
    pub const fn grad(self, rule: fn(&Backward<'_>, &Tensor) -> [Tensor; 2]) -> Formula {
        Formula { sketch: self.0, derivative: Derivative::Binary(rule) }
    }

    /// As [`grad`](BinarySketch::grad), for an op through whose first input no gradient goes.
    pub const fn grad_of_second(self, rule: fn(&Backward<'_>, &Tensor) -> Tensor) -> Formula {
        Formula { sketch: self.0, derivative: Derivative::Second(rule) }
    }

    /// No gradient goes through it, and why.
    pub const fn not_differentiable(self, why: &'static str) -> Formula {
        Formula { sketch: self.0, derivative: Derivative::None(why) }
    }
}

impl<F: ByFormula> Elementwise for F {
    const NAME: &'static str = F::FORMULA.sketch.name;
    const INPUTS: usize = match F::FORMULA.sketch.scalar {
        Scalar::Unary(_) => 1,
        Scalar::Binary(_) => 2,
    };
    const BROADCASTS: bool = F::FORMULA.sketch.broadcasts;
    const COMPLEX: Option<ComplexFormula> = F::FORMULA.sketch.complex;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        // An op of bools alone (LogicalAnd) has no type to name.
        if F::FORMULA.sketch.types == Types::BOOL {
            Attrs::new()
        } else {
            Attrs::new().with("T", node.inputs[0].dtype)
        }
    }

    fn from_attrs(_: &Attrs) -> Result<F, Reason> {
        Ok(F::default())
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        let complex = || F::COMPLEX.and_then(|_| Types::COMPLEX.one(inputs));
        let dtype = F::FORMULA.sketch.types.one(inputs).or_else(complex)?;
        Some(F::FORMULA.sketch.gives.unwrap_or(dtype))
    }

    fn can_fail(&self) -> bool {
        F::FORMULA.sketch.can_fail
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        match F::FORMULA.sketch.scalar {
            Scalar::Unary(scalar) => scalar(program, x[0]),
            Scalar::Binary(scalar) => scalar(program, x[0], x[1]),
        }
    }

    fn grad(&self) -> Grad<'_> {
        match F::FORMULA.derivative {
            Derivative::Unary(rule) => Grad::rule(move |node, dy| [Some(rule(node, dy))]),
            Derivative::Binary(rule) => Grad::rule(move |node, dy| {
                let [first, second] = rule(node, dy);
                [Some(node.sum_to(&first, 0)), Some(node.sum_to(&second, 1))]
            }),
            Derivative::Second(rule) => {
                Grad::rule(move |node, dy| [None, Some(node.sum_to(&rule(node, dy), 1))])
            }
            Derivative::None(why) => Grad::None(why),
        }
    }
}

/// Element types: those that an op takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Types(u32);

impl Types {
    /// float16, bfloat16, float32, float64.
    pub const FLOATS: Types = Types::of(&[DType::Float16, DType::BFloat16, DType::Float32, DType::Float64]);
    /// Signed integers.
    pub const SIGNED_INTEGERS: Types = Types::of(&[DType::Int8, DType::Int16, DType::Int32, DType::Int64]);
    /// Signed and unsigned integers.
    pub const INTEGERS: Types =
        Types::SIGNED_INTEGERS.and(Types::of(&[DType::UInt8, DType::UInt16, DType::UInt32, DType::UInt64]));
    /// Floats and integers.
    pub const NUMBERS: Types = Types::FLOATS.and(Types::INTEGERS);
    /// Floats and signed integers.
    pub const SIGNED: Types = Types::FLOATS.and(Types::SIGNED_INTEGERS);
    /// complex64 and complex128.
    pub const COMPLEX: Types = Types::of(&[DType::Complex64, DType::Complex128]);
    /// bool.
    pub const BOOL: Types = Types::of(&[DType::Bool]);

    /// These types.
    pub const fn of(dtypes: &[DType]) -> Types {
        let (mut bits, mut i) = (0, 0);
        while i < dtypes.len() {
            bits |= 1 << dtypes[i] as u32;
            i += 1;
        }
        Types(bits)
    }

    /// These types and those.
    pub const fn and(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Whether `dtype` is one of them.
    pub const fn contain(self, dtype: DType) -> bool {
        self.0 >> dtype as u32 & 1 == 1
    }

    /// The type of all inputs, if they have one type and it is one of these.
    pub fn one(self, inputs: &[DType]) -> Option<DType> {
        let &[first, ref rest @ ..] = inputs else { return None };
        (self.contain(first) && rest.iter().all(|&dtype| dtype == first)).then_some(first)
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(DType::all().filter(|&dtype| self.contain(dtype))).finish()
    }
}

/// The shape to which the inputs broadcast.
///
/// # Errors
/// Two shapes that do not.
pub(crate) fn broadcast_shape(inputs: &[&Fact]) -> Result<PartialShape, Reason> {
    inputs.iter().try_fold(PartialShape::scalar(), |shape, fact| {
        shape
            .broadcast(&fact.shape)
            .ok_or_else(|| format!("shapes {shape} and {} do not broadcast", fact.shape).into())
    })
}

/// The shape that all inputs have.
///
/// # Errors
/// Two shapes that differ.
pub(crate) fn one_shape(inputs: &[&Fact]) -> Result<PartialShape, Reason> {
    inputs.iter().try_fold(PartialShape::unknown(), |shape, fact| {
        shape.merge(&fact.shape).ok_or_else(|| format!("shapes {shape} and {} differ", fact.shape).into())
    })
}

/// Why an elementwise op does not take inputs of these types, where `takes` says whether it would if all were of one.
pub(crate) fn refusal(dtypes: &[DType], takes: impl Fn(DType) -> bool) -> Reason {
    let names = |dtypes: &[DType], last: &str| {
        let names: Vec<&str> = dtypes.iter().map(|dtype| dtype.name()).collect();
        match names.split_last() {
            Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
            _ => names.concat(),
        }
    };
    let unequal = dtypes.windows(2).any(|pair| pair[0] != pair[1]);
    let taken: Vec<DType> = DType::all().filter(|&dtype| takes(dtype)).collect();
    match (unequal, taken.is_empty()) {
        (true, false) => {
            format!("its inputs must have one type and have {}; cast one of them", names(dtypes, "and"))
                .into()
        }
        (false, false) => format!("it takes {}, not {}", names(&taken, "or"), dtypes[0]).into(),
        (_, true) => format!("it does not take inputs of {}", names(dtypes, "and")).into(),
    }
}

/// A map over the output's shape with one input for each of the node's, written by `body`.
pub(crate) fn broadcast_map(
    node: Signature<'_>,
    body: impl FnOnce(&mut MapProgram, &[Value]) -> Value,
) -> Result<Lowered, Reason> {
    map_program(node, body).map(Lowered::map)
}

/// A program with an input for each of the node's and its output, written by `body`.
pub(crate) fn map_program(
    node: Signature<'_>,
    body: impl FnOnce(&mut MapProgram, &[Value]) -> Value,
) -> Result<MapProgram, Reason> {
    let stored =
        |dtype: DType| dtype.scalar().ok_or_else(|| Reason::from(format!("there are no loops over {dtype}")));
    let mut program = MapProgram::new();
    let mut values: SmallVec<[Value; 4]> = SmallVec::new();
    for fact in node.inputs {
        values.push(program.input(stored(fact.dtype)?));
    }
    let out = body(&mut program, &values);
    program.output(out, stored(node.outputs[0].dtype)?);
    Ok(program)
}

/// For each element of shape `to`, which element of an array of shape `from` stands there when that is stretched to it.
///
/// # Errors
/// When `from` does not broadcast to `to`.
pub(crate) fn stretched(from: &[usize], to: &[usize]) -> Result<impl Iterator<Item = usize> + use<>, Reason> {
    let strides = Layout::broadcast(from, to)?.strides;
    let axes: SmallVec<[(usize, usize); 4]> =
        to.iter().zip(&strides).map(|(&size, &stride)| (size, stride.unsigned_abs())).rev().collect();
    Ok((0..element_count(to)?).map(move |place| {
        let step = |(rest, element): (usize, usize), &(size, stride): &(usize, usize)| {
            (rest / size, element + rest % size * stride)
        };
        axes.iter().fold((place, 0), step).1
    }))
}

/// `value` as it is after having been stored as `dtype` and loaded again.
pub(crate) fn narrowed(program: &mut MapProgram, value: Value, dtype: DType) -> Value {
    match dtype.scalar() {
        Some(stored) => program.narrow(value, stored),
        None => value,
    }
}

/// The number `value` in the type in which `like` is computed.
pub(crate) fn number(program: &mut MapProgram, like: Value, value: f64) -> Value {
    let stored = program.compute_type(like).stored();
    program.constant(stored, Constant::Float(value))
}

/// `value`, but 0 where x is 0, whatever the value is there.
pub(crate) fn zero_where_zero(program: &mut MapProgram, x: Value, value: Value) -> Value {
    let zero = number(program, x, 0.0);
    let is_zero = program.binary(Binary::Equal, x, zero);
    program.select(is_zero, zero, value)
}

impl Tensor {
    /// `op` of this tensor and `right`, which takes this one's type if it is a number.
    #[track_caller]
    pub(crate) fn with<O: Op>(&self, op: O, right: impl Into<Operand>) -> Tensor {
        let right = right.into().tensor(self);
        self.graph().add(op, &[self, &right])
    }
}

/// Cases for an op of one input: at `points`, where it is smooth, at one of them, at none, and at special values.
pub(super) fn unary_cases<O: Op + Default>(points: Array) -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(O::default(), &[&x[0]])];
    let special = array![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1.0, -1.0];
    vec![
        Case::fed("smooth", [points], build),
        Case::fed("a scalar", [Array::scalar(0.75f32)], build),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], build),
        Case::fed("special values", [special], build).at_kink(),
    ]
}

/// Cases for an op of two inputs that broadcast and are smooth for positive numbers.
pub(super) fn binary_cases<O: Op + Default>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(O::default(), &[&x[0], &x[1]])];
    let special = || array![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1.5, -1.5];
    vec![
        Case::fed("one shape", [array![[2.0, 3.25, 0.75]], array![[1.5, 0.5, 4.0]]], build),
        Case::fed("both stretched", [array![[2.0], [3.5]], array![1.5, 0.75, 4.25]], build),
        Case::fed("a scalar", [Array::scalar(2.0f32), array![[1.5, 0.75], [3.25, 5.5]]], build),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2]), array![[1.0]]], build),
        Case::fed("a size of one", [array![[2.0]], array![1.5]], build),
        Case::fed("special values", [special(), special().reshape([7, 1]).unwrap_or(special())], build)
            .at_kink(),
    ]
}

/// Cases for an op of two inputs of one shape, the first positive.
pub(super) fn same_shape_cases<O: Op + Default>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(O::default(), &[&x[0], &x[1]])];
    vec![
        Case::fed("smooth", [array![[0.5, 0.25], [0.75, 0.125]], array![[1.5, -0.5], [2.0, 1.0]]], build),
        Case::fed("empty", [Array::from_literal([0.0; 0]), Array::from_literal([0.0; 0])], build),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_would_fit() {
        let floats = |dtype: DType| Types::FLOATS.contain(dtype);
        let text = |dtypes: &[DType]| refusal(dtypes, floats).text;
        assert_eq!(text(&[DType::Int32]), "it takes float16, bfloat16, float32 or float64, not int32");
        assert_eq!(
            text(&[DType::Float32, DType::Int32]),
            "its inputs must have one type and have float32 and int32; cast one of them"
        );
    }

    #[test]
    fn arrays_are_stretched_as_numpy_does() {
        let sources = |from: &[usize], to: &[usize]| stretched(from, to).unwrap().collect::<Vec<_>>();
        assert_eq!(sources(&[2, 1], &[2, 3]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(sources(&[3], &[2, 3]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(sources(&[], &[2]), [0, 0]);
        assert!(sources(&[1, 3], &[0, 3]).is_empty());
        assert!(stretched(&[2], &[3]).is_err());
    }

    #[test]
    fn types_are_one_or_refused() {
        assert_eq!(Types::NUMBERS.one(&[DType::Int8, DType::Int8]), Some(DType::Int8));
        assert_eq!(Types::NUMBERS.one(&[DType::Int8, DType::Int16]), None);
        assert_eq!(Types::NUMBERS.one(&[DType::Bool]), None);
        assert_eq!(Types::NUMBERS.one(&[]), None);
    }
}
