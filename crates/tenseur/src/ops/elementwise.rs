//! Ops that work element by element: they say what they compute in the scalar language of the kernels, and the rest
//! (broadcasting, shapes, lowering) is the same for all.

use std::fmt::Debug;

use tenseur_kernels::{MapProgram, Value};

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// An op that computes each element of its output from the elements at the same place in its inputs, which broadcast.
/// Implementing it implements [`Op`].
pub trait Elementwise: Debug + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// How many inputs it has.
    const INPUTS: usize;

    /// Whether inputs of different shapes broadcast (`Add`) or are refused (`ReluGrad`).
    const BROADCASTS: bool;

    /// Its attributes other than `T`, the type of its inputs.
    fn attrs(&self, node: Signature<'_>) -> Attrs;

    /// The op with these attributes.
    ///
    /// # Errors
    /// As [`Op::from_attrs`].
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// The output's type, given the inputs' types; `None` if the op does not take them.
    fn dtype(&self, inputs: &[DType]) -> Option<DType>;

    /// Whether a run can find it impossible for elements of type `dtype`.
    fn can_fail(&self) -> bool;

    /// One element of the output from one of each input.
    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value;

    /// How gradients go through it; for inputs that broadcast, [`sum_to`](crate::gradients::sum_to) brings them back.
    fn grad(&self) -> Grad<'_>;
}

impl<E: Elementwise> Op for E {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let first = node.inputs.first().map_or(DType::Float32, |fact| fact.dtype);
        let own = Elementwise::attrs(self, node);
        // An op that has types of its own (Cast: SrcT and DstT) names them itself.
        let attrs = if own.get("T").is_none() && own.get("SrcT").is_none() {
            Attrs::new().with("T", first)
        } else {
            Attrs::new()
        };
        own.iter().fold(attrs, |attrs, (name, value)| attrs.with(name, value.clone()))
    }

    fn from_attrs(attrs: &Attrs) -> Result<E, Reason> {
        <E as Elementwise>::from_attrs(attrs)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != E::INPUTS {
            return Err(format!("it takes {} inputs and got {}", E::INPUTS, inputs.len()).into());
        }
        let dtypes: smallvec::SmallVec<[DType; 4]> = inputs.iter().map(|fact| fact.dtype).collect();
        let dtype = self.dtype(&dtypes).ok_or_else(|| refusal(&dtypes))?;
        let mut shape = inputs.first().map_or(PartialShape::scalar(), |fact| fact.shape.clone());
        for fact in inputs.iter().skip(1) {
            let both = if E::BROADCASTS { shape.broadcast(&fact.shape) } else { shape.merge(&fact.shape) };
            shape = both.ok_or_else(|| {
                let verb = if E::BROADCASTS { "do not broadcast" } else { "differ" };
                format!("shapes {shape} and {} {verb}", fact.shape)
            })?;
        }
        Ok(Fact::new(dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects { can_fail: self.can_fail(), ..Effects::PURE }
    }

    fn grad(&self) -> Grad<'_> {
        Elementwise::grad(self)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        broadcast_map(node, |program, x| self.scalar(program, x))
    }
}

/// Why an elementwise op does not take inputs of these types.
fn refusal(dtypes: &[DType]) -> Reason {
    match dtypes {
        [first, rest @ ..] if rest.iter().any(|dtype| dtype != first) => {
            let names: Vec<&str> = dtypes.iter().map(|dtype| dtype.name()).collect();
            format!("its inputs must have one type and have {}; cast one of them", names.join(" and ")).into()
        }
        [first, ..] => format!("it does not take {first}").into(),
        [] => "it has no inputs".into(),
    }
}

/// A map over the output's shape with one input for each of the node's, written by `body`.
pub(crate) fn broadcast_map(
    node: Signature<'_>,
    body: impl FnOnce(&mut MapProgram, &[Value]) -> Value,
) -> Result<Lowered, Reason> {
    let mut program = MapProgram::new();
    let mut values = Vec::with_capacity(node.inputs.len());
    for fact in node.inputs {
        let stored = fact.dtype.scalar().ok_or_else(|| format!("there are no loops over {}", fact.dtype))?;
        values.push(program.input(stored));
    }
    let out = body(&mut program, &values);
    let dtype = node.outputs[0].dtype;
    let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
    program.output(out, stored);
    Ok(Lowered::map(program))
}

/// `value` as it is after having been stored as `dtype` and loaded again.
pub(crate) fn narrowed(program: &mut MapProgram, value: Value, dtype: DType) -> Value {
    match dtype.scalar() {
        Some(stored) => program.narrow(value, stored),
        None => value,
    }
}
