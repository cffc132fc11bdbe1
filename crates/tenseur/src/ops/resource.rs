//! Resource variables: TensorFlow's second kind. Their tensor is a handle, and reading is an op of its own.
//!
//! Inside they are what reference variables are; a handle's fact has the variable's type and shape, as a reference's has.

use std::marker::PhantomData;

use smallvec::smallvec;
use tenseur_kernels::Binary;

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work};
use crate::ops::array::wrong_count;
use crate::ops::state::{lower_change, writable};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// A resource variable's storage: its output is a handle. It holds nothing until an AssignVariableOp has run.
#[derive(Clone, Debug)]
pub struct VarHandleOp {
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: PartialShape,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which TensorFlow's sessions share it; kept.
    pub shared_name: String,
}

impl Op for VarHandleOp {
    fn name(&self) -> &'static str {
        "VarHandleOp"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("container", self.container.as_str())
            .with("dtype", self.dtype)
            .with("shape", self.shape.clone())
            .with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<VarHandleOp, Reason> {
        Ok(VarHandleOp {
            dtype: attrs.require("dtype")?,
            shape: attrs.require("shape")?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 => Ok(Fact::handle(self.dtype, self.shape.clone()).one()),
            _ => Err(wrong_count(0, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Reads)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a variable has no inputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Variable))
    }
}

/// The value that a resource variable has at this moment.
#[derive(Clone, Debug)]
pub struct ReadVariableOp {
    /// Its element type.
    pub dtype: DType,
}

impl Op for ReadVariableOp {
    fn name(&self) -> &'static str {
        "ReadVariableOp"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ReadVariableOp, Reason> {
        Ok(ReadVariableOp { dtype: attrs.require("dtype")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle] = inputs else { return Err(wrong_count(1, inputs)) };
        check_handle(handle, self.dtype)?;
        Ok(Fact::new(self.dtype, handle.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// Sets a resource variable: inputs are its handle and the value; there is no output.
#[derive(Clone, Debug)]
pub struct AssignVariableOp {
    /// Its element type.
    pub dtype: DType,
    /// Whether the value must have the shape of what the variable holds, and not only one that it was declared with.
    pub validate_shape: bool,
}

impl Op for AssignVariableOp {
    fn name(&self) -> &'static str {
        "AssignVariableOp"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype).with("validate_shape", self.validate_shape)
    }

    fn from_attrs(attrs: &Attrs) -> Result<AssignVariableOp, Reason> {
        Ok(AssignVariableOp {
            dtype: attrs.require("dtype")?,
            validate_shape: attrs.optional("validate_shape", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle, value] = inputs else { return Err(wrong_count(2, inputs)) };
        check_handle(handle, self.dtype)?;
        writable(handle, value)?;
        match handle.shape.merge(&value.shape) {
            Some(_) => Ok(Facts::new()),
            None => {
                Err(format!("the variable has shape {} and the value {}", handle.shape, value.shape).into())
            }
        }
    }

    fn effects(&self) -> Effects {
        let effects = Effects::of(Effect::Writes(&[0]));
        if self.validate_shape { effects } else { effects.reshaping() }
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an assignment")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered { work: Work::Assign, reads: smallvec![1] })
    }
}

/// var ← var + value, or − value, of a resource variable: inputs are its handle and the value; there is no output.
#[derive(Clone, Debug)]
pub struct AssignChangeVariableOp<const SUBTRACT: bool> {
    /// Its element type.
    pub dtype: DType,
}

/// var ← var + value
pub type AssignAddVariableOp = AssignChangeVariableOp<false>;

/// var ← var − value
pub type AssignSubVariableOp = AssignChangeVariableOp<true>;

impl<const SUBTRACT: bool> Op for AssignChangeVariableOp<SUBTRACT> {
    fn name(&self) -> &'static str {
        if SUBTRACT { "AssignSubVariableOp" } else { "AssignAddVariableOp" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(AssignChangeVariableOp { dtype: attrs.require("dtype")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle, value] = inputs else { return Err(wrong_count(2, inputs)) };
        check_handle(handle, self.dtype)?;
        writable(handle, value)?;
        if !self.dtype.is_number() && !self.dtype.is_complex() {
            return Err(format!("it changes variables of numbers and this one is of {}", self.dtype).into());
        }
        match handle.shape.merge(&value.shape) {
            Some(_) => Ok(Facts::new()),
            None => {
                Err(format!("the variable has shape {} and the value {}", handle.shape, value.shape).into())
            }
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(&[0])).of_empty(Code::NotFound)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an assignment")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_change(node, if SUBTRACT { Binary::Sub } else { Binary::Add })
    }
}

/// The shape of a resource variable's value.
#[derive(Clone, Debug)]
pub struct VariableShape {
    /// int32 or int64.
    pub out_type: DType,
}

impl Op for VariableShape {
    fn name(&self) -> &'static str {
        "VariableShape"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<VariableShape, Reason> {
        Ok(VariableShape { out_type: attrs.optional("out_type", DType::Int32)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [handle] = inputs else { return Err(wrong_count(1, inputs)) };
        check_handle(handle, handle.dtype)?;
        if let Some(shape) = handle.shape.known() {
            return Ok(Fact::constant(sizes(&shape, self.out_type)?).one());
        }
        let rank = handle.shape.rank();
        Ok(Fact::new(self.out_type, [rank].into_iter().collect::<PartialShape>()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.of_empty(Code::NotFound)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a shape is not differentiable")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let out_type = self.out_type;
        match node.inputs[0].shape.known() {
            Some(shape) => Ok(Lowered::values([sizes(&shape, out_type)?])),
            None => Ok(Lowered::host(1, move |x| Ok(vec![sizes(x[0].shape(), out_type)?]))),
        }
    }
}

fn sizes(shape: &[usize], out_type: DType) -> Result<Array, Reason> {
    let array = match out_type {
        DType::Int64 => Array::new([shape.len()], shape.iter().map(|&size| size as i64).collect::<Vec<_>>()),
        _ => Array::new([shape.len()], shape.iter().map(|&size| size as i32).collect::<Vec<_>>()),
    };
    array.map_err(|error| Reason::new(error.code(), error.message()))
}

/// Whether a variable holds something.
#[derive(Clone, Debug)]
pub struct InitializedQuery<K>(PhantomData<fn() -> K>);

/// Which kind of variable is asked about.
pub trait AskedAbout: std::fmt::Debug + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;
    /// Whether it is about a handle.
    const RESOURCE: bool;
}

/// A resource variable, by its handle.
#[derive(Clone, Debug)]
pub struct ByHandle;

/// A variable by its reference.
#[derive(Clone, Debug)]
pub struct ByReference;

impl AskedAbout for ByHandle {
    const NAME: &'static str = "VarIsInitializedOp";
    const RESOURCE: bool = true;
}

impl AskedAbout for ByReference {
    const NAME: &'static str = "IsVariableInitialized";
    const RESOURCE: bool = false;
}

/// Whether a resource variable holds something.
pub type VarIsInitializedOp = InitializedQuery<ByHandle>;

/// Whether a reference variable holds something.
pub type IsVariableInitialized = InitializedQuery<ByReference>;

impl<K> InitializedQuery<K> {
    /// The op.
    pub fn new() -> Self {
        InitializedQuery(PhantomData)
    }
}

impl<K> Default for InitializedQuery<K> {
    fn default() -> Self {
        InitializedQuery::new()
    }
}

impl<K: AskedAbout> Op for InitializedQuery<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        if K::RESOURCE { Attrs::new() } else { Attrs::new().with("dtype", node.inputs[0].dtype) }
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(InitializedQuery::new())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable] = inputs else { return Err(wrong_count(1, inputs)) };
        if !variable.reference {
            return Err("its input must be a variable (its reference or handle, not a reading of it)".into());
        }
        Ok(Fact::new(DType::Bool, PartialShape::scalar()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Reads)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it is a truth value")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Initialized))
    }
}

/// Whether `handle` is that of a variable of this type.
pub(super) fn check_handle(handle: &Fact, dtype: DType) -> Result<(), Reason> {
    if !handle.reference {
        return Err("its first input must be a variable's handle".into());
    }
    // Of a handle that is a function's argument nothing is known until it is called.
    if handle.dtype != dtype && handle.dtype != DType::Resource {
        return Err(
            format!("attribute \"dtype\" says {dtype}, and the variable is of {}", handle.dtype).into()
        );
    }
    Ok(())
}

/// A resource variable that starts as `initial`, and what `change` adds, read before and after.
fn stepped(initial: Array, change: impl Fn(&crate::Graph, &Tensor) + Send + Sync + 'static) -> Case {
    Case::fed("set, changed and read", [initial], move |tf, x| {
        let dtype = x[0].dtype_or(DType::Float32);
        let op =
            VarHandleOp { dtype, shape: x[0].shape(), container: String::new(), shared_name: String::new() };
        let handle = tf.add(op, &[]);
        let set = tf.add_op(AssignVariableOp { dtype, validate_shape: false }, &[&handle, &x[0]], None);
        let _after = tf.control_dependencies([&set]);
        let before = tf.add(ReadVariableOp { dtype }, &[&handle]);
        let _then = tf.control_dependencies([&before.op()]);
        let first = tf.len();
        change(tf, &handle);
        let changes: Vec<_> = tf.operations().split_off(first);
        let _last = tf.control_dependencies(&changes);
        vec![before, tf.add(ReadVariableOp { dtype }, &[&handle])]
    })
}

pub(super) fn resource_cases() -> Vec<Case> {
    vec![
        stepped(array![1.0, 2.0], |_, _| {}),
        stepped(array![[1, 2], [3, 4]], |tf, handle| {
            let value = tf.constant(array![[10, 20], [30, 40]]);
            tf.add_op(
                AssignVariableOp { dtype: DType::Int32, validate_shape: true },
                &[handle, &value],
                None,
            );
        }),
    ]
}

pub(super) fn assign_add_cases() -> Vec<Case> {
    vec![stepped(array![1.0, 2.0], |tf, handle| {
        let value = tf.constant(array![0.5, -4.0]);
        tf.add_op(AssignAddVariableOp { dtype: DType::Float32 }, &[handle, &value], None);
    })]
}

pub(super) fn assign_sub_cases() -> Vec<Case> {
    vec![stepped(array![1, 2], |tf, handle| {
        let value = tf.constant(array![5, -4]);
        tf.add_op(AssignSubVariableOp { dtype: DType::Int32 }, &[handle, &value], None);
    })]
}

pub(super) fn variable_shape_cases() -> Vec<Case> {
    vec![Case::fed("of a matrix", [array![[1.0, 2.0, 3.0]]], |tf, x| {
        let op = VarHandleOp {
            dtype: DType::Float32,
            shape: [1, 3].into(),
            container: String::new(),
            shared_name: String::new(),
        };
        let handle = tf.add(op, &[]);
        vec![&x[0] * 1.0, tf.add(VariableShape { out_type: DType::Int64 }, &[&handle])]
    })]
}

pub(super) fn var_is_initialized_cases() -> Vec<Case> {
    vec![Case::fed("of what nobody sets", [array![1.0]], |tf, x| {
        let op = VarHandleOp {
            dtype: DType::Float32,
            shape: x[0].shape(),
            container: String::new(),
            shared_name: String::new(),
        };
        let handle = tf.add(op, &[]);
        vec![&x[0] + 1.0, tf.add(VarIsInitializedOp::new(), &[&handle])]
    })]
}

pub(super) fn is_variable_initialized_cases() -> Vec<Case> {
    vec![
        Case::fed("of one that is set", [array![1.0, 2.0]], |tf, x| {
            vec![tf.add(IsVariableInitialized::new(), &[&x[0]])]
        })
        .with_variables(1, 1),
    ]
}
