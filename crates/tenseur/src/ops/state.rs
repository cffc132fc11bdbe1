//! Variables, and the ops that write them.

use smallvec::smallvec;
use tenseur_kernels::{Binary, Layout, MapKernel, MapProgram};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::complex::real_type;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// A variable's storage: its output is a reference. It holds nothing until an Assign has run.
#[derive(Clone, Debug)]
pub struct VariableV2 {
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: PartialShape,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which TensorFlow's sessions share it; kept.
    pub shared_name: String,
}

impl Op for VariableV2 {
    fn name(&self) -> &'static str {
        "VariableV2"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("container", self.container.as_str())
            .with("dtype", self.dtype)
            .with("shape", self.shape.clone())
            .with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<VariableV2, Reason> {
        Ok(VariableV2 {
            dtype: attrs.require("dtype")?,
            shape: attrs.require("shape")?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 => Ok(Fact::reference(self.dtype, self.shape.clone()).one()),
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

/// Sets a variable: inputs are its reference and the value; the output is the reference.
#[derive(Clone, Debug)]
pub struct Assign {
    /// Whether the value must have the variable's shape.
    pub validate_shape: bool,
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
}

impl Op for Assign {
    fn name(&self) -> &'static str {
        "Assign"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("use_locking", self.use_locking)
            .with("validate_shape", self.validate_shape)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Assign, Reason> {
        Ok(Assign {
            validate_shape: attrs.optional("validate_shape", true)?,
            use_locking: attrs.optional("use_locking", true)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable, value] = inputs else { return Err(wrong_count(2, inputs)) };
        writable(variable, value)?;
        if !self.validate_shape {
            return Ok(Fact::reference(variable.dtype, value.shape.clone()).one());
        }
        let shape = variable.shape.merge(&value.shape).ok_or_else(|| {
            format!("the variable has shape {} and the value {}", variable.shape, value.shape)
        })?;
        Ok(Fact::reference(variable.dtype, shape).one())
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

/// var ← var + value, or − value: inputs are the variable's reference and the value; the output is the reference.
#[derive(Clone, Debug)]
pub struct AssignChange<const SUBTRACT: bool> {
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
}

/// var ← var + value
pub type AssignAdd = AssignChange<false>;

/// var ← var − value
pub type AssignSub = AssignChange<true>;

impl<const SUBTRACT: bool> AssignChange<SUBTRACT> {
    /// The op.
    pub fn new() -> Self {
        AssignChange { use_locking: false }
    }
}

impl<const SUBTRACT: bool> Default for AssignChange<SUBTRACT> {
    fn default() -> Self {
        AssignChange::new()
    }
}

impl<const SUBTRACT: bool> Op for AssignChange<SUBTRACT> {
    fn name(&self) -> &'static str {
        if SUBTRACT { "AssignSub" } else { "AssignAdd" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("use_locking", self.use_locking)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(AssignChange { use_locking: attrs.optional("use_locking", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable, value] = inputs else { return Err(wrong_count(2, inputs)) };
        writable(variable, value)?;
        if !variable.dtype.is_number() && !variable.dtype.is_complex() {
            return Err(
                format!("it changes variables of numbers and this one is of {}", variable.dtype).into()
            );
        }
        let shape = variable.shape.merge(&value.shape);
        let differ = || format!("the variable has shape {} and the value {}", variable.shape, value.shape);
        Ok(Fact::reference(variable.dtype, shape.ok_or_else(differ)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(&[0]))
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an assignment")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_change(node, if SUBTRACT { Binary::Sub } else { Binary::Add })
    }
}

/// A variable, input 0, changed by a value, input 1.
pub(super) fn lower_change(node: Signature<'_>, operation: Binary) -> Result<Lowered, Reason> {
    let dtype = node.inputs[0].dtype;
    let parts = real_type(dtype).unwrap_or(dtype);
    let stored = parts.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
    let mut program = MapProgram::new();
    let (variable, value) = (program.input(stored), program.input(stored));
    let changed = program.binary(operation, variable, value);
    program.output(changed, stored);
    let program = program.finish();
    if !dtype.is_complex() {
        return Ok(Lowered::reading(2, Work::Update { program, targets: smallvec![0] }));
    }
    // The sum of complex numbers is that of their parts.
    let count = [2 * known_shape(node.inputs[0])?.elements()];
    let every = Layout::contiguous(&count);
    let kernel = MapKernel::new(program, &count, &[every.clone(), every])?;
    Ok(Lowered::reading(2, Work::UpdateKernel { kernel: Box::new(kernel), targets: smallvec![0] }))
}

/// Whether `variable` is a reference to which a value like `value` can be written.
pub(super) fn writable(variable: &Fact, value: &Fact) -> Result<(), Reason> {
    if !variable.reference {
        return Err("its first input must be a variable (its reference, not a reading of it)".into());
    }
    if variable.dtype != value.dtype {
        return Err(format!(
            "the variable is of {} and the value of {}; cast the value",
            variable.dtype, value.dtype
        )
        .into());
    }
    Ok(())
}

pub(super) fn variable_cases() -> Vec<Case> {
    vec![Case::fed("read", [array![[1.0, 2.0]]], |_, x| vec![&x[0] + 1.0]).with_variables(1, 2)]
}

pub(super) fn assign_cases() -> Vec<Case> {
    vec![
        Case::fed("to a sum", [array![1.0, 2.0], array![3.0, 4.0]], |tf, x| {
            let assign = Assign { validate_shape: true, use_locking: true };
            vec![tf.add(assign, &[&x[0], &(&x[1] + 1.0)])]
        })
        .with_variables(1, 2),
    ]
}

pub(super) fn assign_add_cases() -> Vec<Case> {
    vec![
        Case::fed("two runs", [array![1.0, 2.0], array![3.0, 4.0]], |tf, x| {
            vec![tf.add(AssignAdd::new(), &[&x[0], &x[1]])]
        })
        .with_variables(1, 2),
    ]
}

pub(super) fn assign_sub_cases() -> Vec<Case> {
    vec![
        Case::fed("two runs", [array![1, 2], array![3, 4]], |tf, x| {
            vec![tf.add(AssignSub::new(), &[&x[0], &x[1]])]
        })
        .with_variables(1, 2),
    ]
}
