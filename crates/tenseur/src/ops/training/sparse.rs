//! The steps of optimizers where a gradient has only some rows of the variable, named by indices: rows that are not named
//! stay as they are, and so do those of the slots. A row that is named twice takes two steps.

use tenseur_kernels::{ComplexMapKernel, MapProgram, RowMapKernel, Value};

use super::{Arithmetic, Role, Rule, complex_part, complex_step, kinds, penalties, trained};
use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::resource::{AssignVariableOp, ReadVariableOp, VarHandleOp};
use crate::ops::state::writable;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape, Shape};

/// A rule that TensorFlow has for gradients of some rows too.
pub trait SparseRule: Rule {
    /// TensorFlow's op type for reference variables.
    const SPARSE_NAME: &'static str;
    /// And for resource variables.
    const RESOURCE_SPARSE_NAME: &'static str;
}

macro_rules! sparse_rules {
    ($($rule:ident $name:literal;)*) => { $(
        impl SparseRule for super::$rule {
            const SPARSE_NAME: &'static str = concat!("SparseApply", $name);
            const RESOURCE_SPARSE_NAME: &'static str = concat!("ResourceSparseApply", $name);
        }
    )* };
}
sparse_rules! {
    Adadelta "Adadelta";
    Adagrad "Adagrad";
    AdagradDa "AdagradDA";
    AdagradV2 "AdagradV2";
    CenteredRmsProp "CenteredRMSProp";
    Ftrl "Ftrl";
    FtrlV2 "FtrlV2";
    KerasMomentum "KerasMomentum";
    Momentum "Momentum";
    ProximalAdagrad "ProximalAdagrad";
    ProximalGradientDescent "ProximalGradientDescent";
    RmsProp "RMSProp";
}

/// The op that applies a rule to some rows. Its inputs are the rule's, with the indices behind the gradient.
#[derive(Clone, Debug)]
pub struct SparseApply<R, const RESOURCE: bool = false> {
    /// The rule.
    pub rule: R,
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
}

/// Which input of the rule is the gradient; the indices follow it.
pub(crate) fn gradient_input<R: Rule>() -> usize {
    R::INPUTS.iter().position(|(_, role)| *role == Role::Tensor).unwrap_or_default()
}

impl<R: SparseRule, const RESOURCE: bool> Op for SparseApply<R, RESOURCE> {
    fn name(&self) -> &'static str {
        if RESOURCE { R::RESOURCE_SPARSE_NAME } else { R::SPARSE_NAME }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("Tindices", node.inputs[gradient_input::<R>() + 1].dtype)
            .with("use_locking", self.use_locking);
        self.rule.attrs().iter().fold(attrs, |attrs, (name, value)| attrs.with(name, value.clone()))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(SparseApply { rule: R::from_attrs(attrs)?, use_locking: attrs.optional("use_locking", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != R::INPUTS.len() + 1 {
            return Err(wrong_count(R::INPUTS.len() + 1, inputs));
        }
        let (variable, at) = (inputs[0], gradient_input::<R>());
        trained::<R>(variable.dtype)?;
        let indices = inputs[at + 1];
        if !matches!(indices.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("indices are int32 or int64 and these are {}", indices.dtype).into());
        }
        let named = indices.shape.merge(&PartialShape::of_rank(1));
        let named = named.ok_or_else(|| format!("indices are a list and these are {}", indices.shape))?;
        let mut shape = variable.shape.clone();
        let given = inputs[..=at].iter().chain(&inputs[at + 2..]);
        for (fact, (name, role)) in given.zip(R::INPUTS) {
            match role {
                Role::Count if fact.dtype == DType::Int64 => {}
                Role::Count => return Err(format!("{name} is int64, not {}", fact.dtype).into()),
                _ => writable(variable, fact)
                    .map_err(|reason| Reason::new(reason.code, format!("{name}: {}", reason.text)))?,
            }
            let fits = match role {
                Role::Variable => shape.merge(&fact.shape).map(|merged| shape = merged).is_some(),
                Role::Scalar | Role::Count => fact.shape.accepts(&Shape::scalar()),
                Role::Tensor => rows_fit(&shape, &named, &fact.shape),
            };
            if !fits || *role == Role::Variable && !fact.reference {
                return Err(format!(
                    "{name} has shape {}, the variable {shape} and the indices {}",
                    fact.shape, indices.shape
                )
                .into());
            }
        }
        Ok(if RESOURCE { Facts::new() } else { Fact::reference(variable.dtype, shape).one() })
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Writes(R::WRITES)).failing().of_empty(super::of_empty(RESOURCE))
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an update")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (dtype, at) = (node.inputs[0].dtype, gradient_input::<R>());
        let (shape, named) = (known_shape(node.inputs[0])?, known_shape(node.inputs[at + 1])?);
        let (&rows, rest) = shape.split_first().ok_or("a scalar has no rows")?;
        let sizes = [rows, named.elements(), rest.iter().product()];
        let indices = node.inputs[at + 1].dtype.scalar().ok_or("indices are int32 or int64")?;
        let (kinds, targets) = (kinds::<R>(), R::WRITES.iter().copied().collect());
        let reads = (0..=at).chain(at + 2..=R::INPUTS.len()).chain([at + 1]).collect();
        if let Some(part) = complex_part(dtype) {
            let program = complex_step(&self.rule);
            let kernel = Box::new(ComplexMapKernel::new(program, &kinds, part, Some(indices), sizes)?);
            return Ok(Lowered { work: Work::UpdateKernel { kernel, targets }, reads });
        }
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let mut program = MapProgram::new();
        let x: Vec<Value> = super::program_inputs::<R>(&mut program, stored);
        for value in self.rule.step(&mut Arithmetic { program: &mut program, stored }, &x) {
            program.output(value, stored);
        }
        let kernel = Box::new(RowMapKernel::new(program, &kinds, indices, sizes)?);
        let kernel = penalties::guarded::<R>(kernel, stored, true)?;
        Ok(Lowered { work: Work::UpdateKernel { kernel, targets }, reads })
    }
}

/// Whether a gradient of this shape can have a row of the variable for each index.
fn rows_fit(variable: &PartialShape, indices: &PartialShape, gradient: &PartialShape) -> bool {
    let (Some(sizes), Some(count)) = (variable.sizes(), indices.sizes()) else { return true };
    let rows: PartialShape = count.iter().chain(sizes.get(1..).unwrap_or_default()).copied().collect();
    !sizes.is_empty() && rows.merge(gradient).is_some()
}

/// The inputs of a step: variables and gradient as given, then indices, scalars as constants.
fn inputs<R: Rule>(given: &[Tensor], scalars: &[f32], indices: &Tensor) -> Vec<Tensor> {
    let mut all = super::inputs::<R>(given, scalars);
    all.insert(gradient_input::<R>() + 1, indices.clone());
    all
}

fn feeds(variables: usize) -> Vec<crate::Array> {
    let mut feeds = vec![array![[1.0, -2.0], [0.5, 3.0], [0.25, -1.0]]];
    feeds.extend((1..variables).map(|_| array![[0.1, 0.2], [0.4, 0.3], [0.6, 0.5]]));
    feeds.push(array![[3.0, 4.0], [-0.25, 0.5], [1.0, -1.0]]);
    feeds
}

fn variables<R: Rule>() -> usize {
    R::INPUTS.iter().filter(|(_, role)| *role == Role::Variable).count()
}

/// Two runs of each example of a rule on rows of reference variables, one of them named twice.
pub(in crate::ops) fn cases<R: SparseRule>() -> Vec<Case> {
    let count = variables::<R>();
    let case = |(rule, scalars): (R, &'static [f32])| {
        Case::fed("rows 2, 0 and 2", feeds(count), move |tf, x| {
            let op = SparseApply::<R> { rule: rule.clone(), use_locking: false };
            let all = inputs::<R>(x, scalars, &tf.constant(array![2, 0, 2]));
            vec![tf.add(op, &all.iter().collect::<Vec<_>>())]
        })
        .with_variables(count, 2)
    };
    R::examples().into_iter().map(case).collect()
}

/// A step of each example of a rule on rows of resource variables.
pub(in crate::ops) fn resource_cases<R: SparseRule>() -> Vec<Case> {
    let count = variables::<R>();
    let case = |(rule, scalars): (R, &'static [f32])| {
        Case::fed("rows 1, 2 and 0", feeds(count), move |tf, x| {
            let dtype = DType::Float32;
            let made = x[..count].iter().map(|initial| {
                let (container, shared_name) = (String::new(), String::new());
                let handle = VarHandleOp { dtype, shape: [3, 2].into(), container, shared_name };
                let handle = tf.add(handle, &[]);
                let set = AssignVariableOp { dtype, validate_shape: false };
                (handle.clone(), tf.add_op(set, &[&handle, initial], None))
            });
            let (mut given, sets): (Vec<Tensor>, Vec<_>) = made.unzip();
            given.extend_from_slice(&x[count..]);
            let _set = tf.control_dependencies(&sets);
            let op = SparseApply::<R, true> { rule: rule.clone(), use_locking: false };
            let all = inputs::<R>(&given, scalars, &tf.constant(array![1, 2, 0]).cast::<i64>());
            let step = tf.add_op(op, &all.iter().collect::<Vec<_>>(), None);
            let _stepped = tf.control_dependencies([&step]);
            given[..count].iter().map(|handle| tf.add(ReadVariableOp { dtype }, &[handle])).collect()
        })
    };
    R::examples().into_iter().map(case).collect()
}
