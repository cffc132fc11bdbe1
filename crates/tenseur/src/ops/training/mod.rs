//! The ops by which optimizers change variables: all work in place, element by element.

mod dual_averaging;
mod ftrl;
mod keras;
mod penalties;
mod proximal;
mod sign;
pub(super) mod sparse;

pub use dual_averaging::AdagradDa;
pub use ftrl::{Ftrl, FtrlV2};
pub use keras::{AdamWithAmsgrad, KerasMomentum};
pub use penalties::Ranges;
pub use proximal::{ProximalAdagrad, ProximalGradientDescent};
pub use sign::{AddSign, PowerSign};
pub(crate) use sparse::gradient_input;
pub use sparse::{SparseApply, SparseRule};

use tenseur_kernels::{
    Binary, ComplexMapKernel, Constant, Layout, MapKernel, MapProgram, RowInput, ScalarType, Unary, Value,
};

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::complex::real_type;
use crate::ops::resource::{AssignVariableOp, ReadVariableOp, VarHandleOp};
use crate::ops::state::writable;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// What an input of such an op is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A variable's reference, which the op writes.
    Variable,
    /// A number.
    Scalar,
    /// How many steps there were: a number of int64.
    Count,
    /// A tensor of the variable's shape.
    Tensor,
}

/// A rule by which variables change. Its inputs are named as in TensorFlow, the first is the variable being trained
/// and those it writes come first.
pub trait Rule: std::fmt::Debug + Clone + Send + Sync + Sized + 'static {
    /// TensorFlow's op type for reference variables.
    const NAME: &'static str;

    /// And for resource variables.
    const RESOURCE_NAME: &'static str;

    /// The inputs.
    const INPUTS: &'static [(&'static str, Role)];

    /// Which inputs are written.
    const WRITES: &'static [usize];

    /// Whether TensorFlow has it for complex numbers too.
    const COMPLEX: bool;

    /// Where its numbers must lie.
    const RANGES: Ranges;

    /// Its attributes other than `T` and `use_locking`.
    fn attrs(&self) -> Attrs;

    /// The rule with these attributes.
    ///
    /// # Errors
    /// As [`Op::from_attrs`].
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// Rules to be tried, each with its scalars in the order of the inputs.
    fn examples() -> Vec<(Self, &'static [f32])>;

    /// The new element of each variable that is written, from one element of each input.
    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value>;
}

/// The op that applies a rule to reference variables, or to resource variables.
#[derive(Clone, Debug)]
pub struct Apply<R, const RESOURCE: bool = false> {
    /// The rule.
    pub rule: R,
    /// TensorFlow's lock; kept.
    pub use_locking: bool,
}

impl<R, const RESOURCE: bool> Apply<R, RESOURCE> {
    /// The op that applies `rule`.
    pub fn new(rule: R) -> Self {
        Apply { rule, use_locking: false }
    }
}

impl<R: Rule, const RESOURCE: bool> Op for Apply<R, RESOURCE> {
    fn name(&self) -> &'static str {
        if RESOURCE { R::RESOURCE_NAME } else { R::NAME }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("use_locking", self.use_locking);
        self.rule.attrs().iter().fold(attrs, |attrs, (name, value)| attrs.with(name, value.clone()))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Apply { rule: R::from_attrs(attrs)?, use_locking: attrs.optional("use_locking", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != R::INPUTS.len() {
            return Err(wrong_count(R::INPUTS.len(), inputs));
        }
        let variable = inputs[0];
        trained::<R>(variable.dtype)?;
        let mut shape = variable.shape.clone();
        for (fact, (name, role)) in inputs.iter().zip(R::INPUTS) {
            match role {
                Role::Count if fact.dtype == DType::Int64 => {}
                Role::Count => return Err(format!("{name} is int64, not {}", fact.dtype).into()),
                _ => writable(variable, fact)
                    .map_err(|reason| Reason::new(reason.code, format!("{name}: {}", reason.text)))?,
            }
            match role {
                Role::Variable if !fact.reference => {
                    return Err(format!("{name} must be a variable's reference").into());
                }
                Role::Scalar | Role::Count if !fact.shape.accepts(&Shape::scalar()) => {
                    return Err(format!("{name} must be a scalar and has shape {}", fact.shape).into());
                }
                Role::Scalar | Role::Count => {}
                Role::Variable | Role::Tensor => {
                    let both = shape.merge(&fact.shape);
                    shape = both
                        .ok_or_else(|| format!("the variable has shape {shape} and {name} {}", fact.shape))?;
                }
            }
        }
        Ok(if RESOURCE { Facts::new() } else { Fact::reference(variable.dtype, shape).one() })
    }

    fn effects(&self) -> Effects {
        let effects = Effects::of(Effect::Writes(R::WRITES)).of_empty(of_empty(RESOURCE));
        if penalties::guards::<R>(false).is_empty() { effects } else { effects.failing() }
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an update")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        if let Some(part) = complex_part(dtype) {
            let sizes = [1, 1, known_shape(node.inputs[0])?.elements()];
            let kernel = ComplexMapKernel::new(complex_step(&self.rule), &kinds::<R>(), part, None, sizes)?;
            let (kernel, targets) = (Box::new(kernel), R::WRITES.iter().copied().collect());
            return Ok(Lowered::reading(R::INPUTS.len(), Work::UpdateKernel { kernel, targets }));
        }
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let mut program = MapProgram::new();
        let x = program_inputs::<R>(&mut program, stored);
        for value in self.rule.step(&mut Arithmetic { program: &mut program, stored }, &x) {
            program.output(value, stored);
        }
        let targets = R::WRITES.iter().copied().collect();
        let work = match penalties::guards::<R>(false).is_empty() {
            true => Work::Update { program: program.finish(), targets },
            false => {
                let shape = known_shape(node.inputs[0])?;
                let layout = |fact: &&Fact| -> Result<Layout, Reason> {
                    Ok(Layout::broadcast(&known_shape(fact)?, &shape)?)
                };
                let layouts = node.inputs.iter().map(layout).collect::<Result<Vec<_>, Reason>>()?;
                let kernel = Box::new(MapKernel::new(program.finish(), &shape, &layouts)?);
                Work::UpdateKernel { kernel: penalties::guarded::<R>(kernel, stored, false)?, targets }
            }
        };
        Ok(Lowered::reading(x.len(), work))
    }
}

/// What TensorFlow's updates call it that a variable holds nothing.
const fn of_empty(resource: bool) -> Code {
    if resource { Code::Internal } else { Code::FailedPrecondition }
}

/// Whether a rule trains variables of this type: of floats, and where it is no more than arithmetic of complex numbers.
fn trained<R: Rule>(dtype: DType) -> Result<(), Reason> {
    match dtype {
        float if float.is_float() => Ok(()),
        complex if complex.is_complex() && R::COMPLEX => Ok(()),
        other => Err(format!("it changes variables of floats and this one is of {other}").into()),
    }
}

/// The type of the parts of complex numbers.
fn complex_part(dtype: DType) -> Option<ScalarType> {
    real_type(dtype).and_then(DType::scalar)
}

/// A rule's step as a program whose numbers may be taken as complex ones.
fn complex_step<R: Rule>(rule: &R) -> MapProgram {
    let (mut program, stored) = (MapProgram::new(), ScalarType::F64);
    let x: Vec<Value> = R::INPUTS.iter().map(|_| program.input(stored)).collect();
    for value in rule.step(&mut Arithmetic { program: &mut program, stored }, &x) {
        program.output(value, stored);
    }
    program
}

/// The inputs of a rule as inputs of a program.
fn program_inputs<R: Rule>(program: &mut MapProgram, stored: ScalarType) -> Vec<Value> {
    let input = |(_, role): &(&str, Role)| match role {
        Role::Count => {
            let count = program.input(ScalarType::I64);
            program.cast(count, stored)
        }
        _ => program.input(stored),
    };
    R::INPUTS.iter().map(input).collect()
}

/// What each input of a rule is to a kernel that works on rows.
fn kinds<R: Rule>() -> Vec<RowInput> {
    let kind = |(input, (_, role)): (usize, &(&str, Role))| match role {
        Role::Variable => {
            RowInput::Variable(R::WRITES.iter().position(|&write| write == input).unwrap_or_default())
        }
        Role::Scalar | Role::Count => RowInput::Scalar,
        Role::Tensor => RowInput::Rows,
    };
    R::INPUTS.iter().enumerate().map(kind).collect()
}

/// Writes a rule's arithmetic down in the scalar language.
pub struct Arithmetic<'p> {
    program: &'p mut MapProgram,
    stored: ScalarType,
}

impl Arithmetic<'_> {
    fn number(&mut self, value: f64) -> Value {
        self.program.constant(self.stored, Constant::Float(value))
    }

    /// A number as TensorFlow has it between two operations: of two bytes, it is rounded after each.
    fn rounded(&mut self, x: Value) -> Value {
        match self.stored {
            ScalarType::F16 | ScalarType::BF16 => self.program.narrow(x, self.stored),
            _ => x,
        }
    }

    fn binary(&mut self, op: Binary, x: Value, y: Value) -> Value {
        let result = self.program.binary(op, x, y);
        self.rounded(result)
    }

    fn add(&mut self, x: Value, y: Value) -> Value {
        self.binary(Binary::Add, x, y)
    }

    fn sub(&mut self, x: Value, y: Value) -> Value {
        self.binary(Binary::Sub, x, y)
    }

    fn mul(&mut self, x: Value, y: Value) -> Value {
        self.binary(Binary::Mul, x, y)
    }

    fn div(&mut self, x: Value, y: Value) -> Value {
        self.binary(Binary::Div, x, y)
    }

    fn sqrt(&mut self, x: Value) -> Value {
        let root = self.program.unary(Unary::Sqrt, x);
        self.rounded(root)
    }

    fn rsqrt(&mut self, x: Value) -> Value {
        let root = self.program.unary(Unary::Rsqrt, x);
        self.rounded(root)
    }

    /// 1 − x
    fn rest(&mut self, x: Value) -> Value {
        let one = self.number(1.0);
        self.sub(one, x)
    }

    /// mean + (sample − mean)·weight, where weight is 1 − decay.
    fn moving(&mut self, mean: Value, sample: Value, decay: Value) -> Value {
        let weight = self.rest(decay);
        let difference = self.sub(sample, mean);
        let change = self.mul(difference, weight);
        self.add(mean, change)
    }
}

use Role::{Scalar, Tensor as OfShape, Variable};

/// var ← var − α·δ
#[derive(Clone, Debug)]
pub struct GradientDescent;

impl Rule for GradientDescent {
    const NAME: &'static str = "ApplyGradientDescent";
    const RESOURCE_NAME: &'static str = "ResourceApplyGradientDescent";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("alpha", Scalar), ("delta", OfShape)];
    const WRITES: &'static [usize] = &[0];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<GradientDescent, Reason> {
        Ok(GradientDescent)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(GradientDescent, &[0.5])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let change = p.mul(x[1], x[2]);
        vec![p.sub(x[0], change)]
    }
}

/// accum ← momentum·accum + grad; var ← var − lr·accum, or with Nesterov's correction var − lr·(grad + momentum·accum)
/// (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning").
#[derive(Clone, Debug)]
pub struct Momentum {
    /// Whether the step looks ahead, as Nesterov's does.
    pub use_nesterov: bool,
}

impl Rule for Momentum {
    const NAME: &'static str = "ApplyMomentum";
    const RESOURCE_NAME: &'static str = "ResourceApplyMomentum";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("accum", Variable), ("lr", Scalar), ("grad", OfShape), ("momentum", Scalar)];
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("use_nesterov", self.use_nesterov)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Momentum, Reason> {
        Ok(Momentum { use_nesterov: attrs.optional("use_nesterov", false)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        [false, true].into_iter().map(|use_nesterov| (Momentum { use_nesterov }, &[0.1, 0.9][..])).collect()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, lr, grad, momentum] = x else { return Vec::new() };
        let kept = p.mul(accum, momentum);
        let accum = p.add(kept, grad);
        let mut step = p.mul(accum, lr);
        if self.use_nesterov {
            let now = p.mul(grad, lr);
            let ahead = p.mul(accum, momentum);
            let ahead = p.mul(ahead, lr);
            step = p.add(now, ahead);
        }
        vec![p.sub(var, step), accum]
    }
}

/// accum ← accum + grad²; var ← var − lr·grad/√accum (Duchi et al. 2011, "Adaptive subgradient methods").
#[derive(Clone, Debug)]
pub struct Adagrad {
    /// Whether accum changes.
    pub update_slots: bool,
}

impl Rule for Adagrad {
    const NAME: &'static str = "ApplyAdagrad";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdagrad";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("accum", Variable), ("lr", Scalar), ("grad", OfShape)];
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("update_slots", self.update_slots)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Adagrad, Reason> {
        Ok(Adagrad { update_slots: attrs.optional("update_slots", true)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        [true, false].into_iter().map(|update_slots| (Adagrad { update_slots }, &[0.1][..])).collect()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, lr, grad] = x else { return Vec::new() };
        let square = p.mul(grad, grad);
        let accum = if self.update_slots { p.add(accum, square) } else { accum };
        let step = p.mul(grad, lr);
        let scale = p.rsqrt(accum);
        let step = p.mul(step, scale);
        vec![p.sub(var, step), accum]
    }
}

/// accum ← ρ·accum + (1−ρ)·grad²; update = √(accum_update+ε)/√(accum+ε)·grad; accum_update ← ρ·accum_update +
/// (1−ρ)·update²; var ← var − lr·update (Zeiler 2012, "ADADELTA").
#[derive(Clone, Debug)]
pub struct Adadelta;

impl Rule for Adadelta {
    const NAME: &'static str = "ApplyAdadelta";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdadelta";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("accum", Variable),
        ("accum_update", Variable),
        ("lr", Scalar),
        ("rho", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Adadelta, Reason> {
        Ok(Adadelta)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(Adadelta, &[1.0, 0.95, 1e-6])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, accum_update, lr, rho, epsilon, grad] = x else { return Vec::new() };
        let rest = p.rest(rho);
        let decayed = |p: &mut Arithmetic<'_>, mean, sample| {
            let kept = p.mul(mean, rho);
            let square = p.mul(sample, sample);
            let new = p.mul(square, rest);
            p.add(kept, new)
        };
        let accum = decayed(p, accum, grad);
        let above = p.add(accum_update, epsilon);
        let above = p.sqrt(above);
        let below = p.add(accum, epsilon);
        let below = p.rsqrt(below);
        let update = p.mul(above, below);
        let update = p.mul(update, grad);
        let accum_update = decayed(p, accum_update, update);
        let step = p.mul(update, lr);
        vec![p.sub(var, step), accum, accum_update]
    }
}

/// ms ← ms + (1−ρ)(grad² − ms); mom ← momentum·mom + lr·grad/√(ms+ε); var ← var − mom (Hinton's lecture 6e).
#[derive(Clone, Debug)]
pub struct RmsProp;

impl Rule for RmsProp {
    const NAME: &'static str = "ApplyRMSProp";
    const RESOURCE_NAME: &'static str = "ResourceApplyRMSProp";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("ms", Variable),
        ("mom", Variable),
        ("lr", Scalar),
        ("rho", Scalar),
        ("momentum", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<RmsProp, Reason> {
        Ok(RmsProp)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(RmsProp, &[0.01, 0.9, 0.5, 1e-10])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, ms, mom, lr, rho, momentum, epsilon, grad] = x else { return Vec::new() };
        let square = p.mul(grad, grad);
        let ms = p.moving(ms, square, rho);
        let mom = rms_step(p, ms, mom, [lr, momentum, epsilon], grad);
        vec![p.sub(var, mom), ms, mom]
    }
}

/// momentum·mom + lr·grad/√(square + ε)
fn rms_step(p: &mut Arithmetic<'_>, square: Value, mom: Value, scalars: [Value; 3], grad: Value) -> Value {
    let [lr, momentum, epsilon] = scalars;
    let kept = p.mul(mom, momentum);
    let step = p.mul(grad, lr);
    let scale = p.add(square, epsilon);
    let scale = p.rsqrt(scale);
    let step = p.mul(step, scale);
    p.add(kept, step)
}

/// As [`RmsProp`], with mg ← mg + (1−ρ)(grad − mg) and ms − mg² in the place of ms (Graves 2013, "Generating sequences
/// with recurrent neural networks").
#[derive(Clone, Debug)]
pub struct CenteredRmsProp;

impl Rule for CenteredRmsProp {
    const NAME: &'static str = "ApplyCenteredRMSProp";
    const RESOURCE_NAME: &'static str = "ResourceApplyCenteredRMSProp";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("mg", Variable),
        ("ms", Variable),
        ("mom", Variable),
        ("lr", Scalar),
        ("rho", Scalar),
        ("momentum", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2, 3];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<CenteredRmsProp, Reason> {
        Ok(CenteredRmsProp)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        // The mean's square stays below the mean of squares, as it does when both come from gradients.
        vec![(CenteredRmsProp, &[0.01, 0.9, 0.5, 0.5])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, mg, ms, mom, lr, rho, momentum, epsilon, grad] = x else { return Vec::new() };
        let square = p.mul(grad, grad);
        let ms = p.moving(ms, square, rho);
        let mg = p.moving(mg, grad, rho);
        let mean_square = p.mul(mg, mg);
        let variance = p.sub(ms, mean_square);
        let mom = rms_step(p, variance, mom, [lr, momentum, epsilon], grad);
        vec![p.sub(var, mom), mg, ms, mom]
    }
}

/// m ← m + (1−β₁)(grad − m); v ← v + (1−β₂)(grad² − v); var ← var − α·m/(√v + ε), where α = lr·√(1−β₂ᵗ)/(1−β₁ᵗ)
/// (Kingma & Ba 2014, "Adam"; ε stands where TensorFlow has it, "epsilon hat" in the paper).
#[derive(Clone, Debug)]
pub struct Adam {
    /// Whether the step looks ahead, as Nesterov's does (Dozat 2016).
    pub use_nesterov: bool,
}

impl Rule for Adam {
    const NAME: &'static str = "ApplyAdam";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdam";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("m", Variable),
        ("v", Variable),
        ("beta1_power", Scalar),
        ("beta2_power", Scalar),
        ("lr", Scalar),
        ("beta1", Scalar),
        ("beta2", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("use_nesterov", self.use_nesterov)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Adam, Reason> {
        Ok(Adam { use_nesterov: attrs.optional("use_nesterov", false)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        let scalars = &[0.9, 0.999, 0.01, 0.9, 0.999, 1e-8][..];
        [false, true].into_iter().map(|use_nesterov| (Adam { use_nesterov }, scalars)).collect()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad] = x else {
            return Vec::new();
        };
        let above = p.rest(beta2_power);
        let above = p.sqrt(above);
        let above = p.mul(lr, above);
        let below = p.rest(beta1_power);
        let alpha = p.div(above, below);
        let m = p.moving(m, grad, beta1);
        let square = p.mul(grad, grad);
        let v = p.moving(v, square, beta2);
        let mut direction = m;
        if self.use_nesterov {
            let rest = p.rest(beta1);
            let now = p.mul(grad, rest);
            let ahead = p.mul(m, beta1);
            direction = p.add(now, ahead);
        }
        let step = p.mul(direction, alpha);
        let scale = p.sqrt(v);
        let scale = p.add(scale, epsilon);
        let step = p.div(step, scale);
        vec![p.sub(var, step), m, v]
    }
}

/// m ← m + (1−β₁)(grad − m); v ← max(β₂·v, |grad|); var ← var − lr/(1−β₁ᵗ)·m/(v + ε) (Kingma & Ba 2014, section 7.1).
#[derive(Clone, Debug)]
pub struct AdaMax;

impl Rule for AdaMax {
    const NAME: &'static str = "ApplyAdaMax";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdaMax";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("m", Variable),
        ("v", Variable),
        ("beta1_power", Scalar),
        ("lr", Scalar),
        ("beta1", Scalar),
        ("beta2", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<AdaMax, Reason> {
        Ok(AdaMax)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(AdaMax, &[0.9, 0.01, 0.9, 0.999, 1e-8])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, m, v, beta1_power, lr, beta1, beta2, epsilon, grad] = x else { return Vec::new() };
        let m = p.moving(m, grad, beta1);
        let kept = p.mul(beta2, v);
        let size = p.program.unary(Unary::Abs, grad);
        let v = p.program.binary(Binary::Maximum, kept, size);
        let below = p.rest(beta1_power);
        let rate = p.div(lr, below);
        let scale = p.add(v, epsilon);
        let direction = p.div(m, scale);
        let step = p.mul(rate, direction);
        vec![p.sub(var, step), m, v]
    }
}

/// accum ← accum + grad²; var ← var − lr·grad/(√accum + ε)
#[derive(Clone, Debug)]
pub struct AdagradV2 {
    /// Whether accum changes.
    pub update_slots: bool,
}

impl Rule for AdagradV2 {
    const NAME: &'static str = "ApplyAdagradV2";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdagradV2";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("accum", Variable), ("lr", Scalar), ("epsilon", Scalar), ("grad", OfShape)];
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("update_slots", self.update_slots)
    }

    fn from_attrs(attrs: &Attrs) -> Result<AdagradV2, Reason> {
        Ok(AdagradV2 { update_slots: attrs.optional("update_slots", true)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        [true, false].into_iter().map(|update_slots| (AdagradV2 { update_slots }, &[0.1, 1e-7][..])).collect()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, lr, epsilon, grad] = x else { return Vec::new() };
        let square = p.mul(grad, grad);
        let accum = if self.update_slots { p.add(accum, square) } else { accum };
        let step = p.mul(grad, lr);
        let scale = p.sqrt(accum);
        let scale = p.add(scale, epsilon);
        let step = p.div(step, scale);
        vec![p.sub(var, step), accum]
    }
}

/// Two runs of each example of a rule, on reference variables.
pub(super) fn cases<R: Rule>() -> Vec<Case> {
    let variables = R::INPUTS.iter().filter(|(_, role)| *role == Variable).count();
    let case = |(rule, scalars): (R, &'static [f32])| {
        Case::fed("two steps", feeds(variables), move |tf, x| {
            vec![tf.add(Apply::<R>::new(rule.clone()), &inputs::<R>(x, scalars).iter().collect::<Vec<_>>())]
        })
        .with_variables(variables, 2)
    };
    R::examples().into_iter().map(case).collect()
}

/// A step of each example of a rule, on resource variables.
pub(super) fn resource_cases<R: Rule>() -> Vec<Case> {
    let variables = R::INPUTS.iter().filter(|(_, role)| *role == Variable).count();
    let case = |(rule, scalars): (R, &'static [f32])| {
        Case::fed("a step", feeds(variables), move |tf, x| {
            let dtype = DType::Float32;
            let mut handles = Vec::new();
            for initial in &x[..variables] {
                let (container, shared_name) = (String::new(), String::new());
                let handle =
                    tf.add(VarHandleOp { dtype, shape: initial.shape(), container, shared_name }, &[]);
                let set = AssignVariableOp { dtype, validate_shape: false };
                let set = tf.add_op(set, &[&handle, initial], None);
                handles.push((handle, set));
            }
            let sets: Vec<_> = handles.iter().map(|(_, set)| set.clone()).collect();
            let mut given: Vec<Tensor> = handles.into_iter().map(|(handle, _)| handle).collect();
            given.extend_from_slice(&x[variables..]);
            let _set = tf.control_dependencies(&sets);
            let op = Apply::<R, true>::new(rule.clone());
            let step = tf.add_op(op, &inputs::<R>(&given, scalars).iter().collect::<Vec<_>>(), None);
            let _stepped = tf.control_dependencies([&step]);
            given[..variables].iter().map(|handle| tf.add(ReadVariableOp { dtype }, &[handle])).collect()
        })
    };
    R::examples().into_iter().map(case).collect()
}

/// Where the variables start, and a gradient.
fn feeds(variables: usize) -> Vec<Array> {
    let mut feeds = vec![array![1.0, -2.0, 0.5]];
    feeds.extend((1..variables).map(|_| array![0.1, 0.2, 0.4]));
    feeds.push(array![3.0, 4.0, -0.25]);
    feeds
}

/// The inputs of a rule's op: variables and gradient as given, scalars as constants.
fn inputs<R: Rule>(given: &[Tensor], scalars: &[f32]) -> Vec<Tensor> {
    let graph = given[0].graph();
    let mut numbers = scalars.iter().map(|&value| graph.constant(value));
    let mut given = given.iter().cloned();
    let of = |(_, role): &(&str, Role)| match role {
        Role::Scalar => numbers.next(),
        Role::Count => numbers.next().map(|number| number.cast_to(DType::Int64)),
        _ => given.next(),
    };
    R::INPUTS.iter().filter_map(of).collect()
}
