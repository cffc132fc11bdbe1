//! One node, lowered for what is known of its inputs, and run on values: the work of both executors where there is no plan.

use std::sync::Arc;

use smallvec::SmallVec;
use tenseur_kernels::{Context, Kernel, call};

use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Fact, Facts, NodeId};
use crate::lowering::{self, Lowered, Work, known_shape};
use crate::ops::{Effect, Effects, Op, Signature, Stream};
use crate::run::first_position;
use crate::run::planned::uninitialized_error;
use crate::run::value::{Objects, Value};
use crate::run::variables::{Changing, Variables};
use crate::session::Cancellation;
use crate::value::{Array, DType};

/// A node's work, ready to be done for all inputs of which the same is known.
pub(crate) struct LoweredNode {
    /// What is known of the outputs.
    pub(crate) outputs: Facts,
    /// Which inputs the work reads; the others were looked at when it was made.
    pub(crate) reads: SmallVec<[usize; 4]>,
    /// Inputs that are variables' own references, in whose place work on what a run keeps takes what they hold.
    held: SmallVec<[usize; 2]>,
    work: Ready,
    stream: Stream,
    /// Of which kind the error is where a variable that it reads holds nothing.
    of_empty: Code,
}

enum Ready {
    Kernel(Box<dyn Kernel>),
    Update { kernel: Box<dyn Kernel>, targets: SmallVec<[usize; 3]> },
    Random(Box<dyn Kernel>),
    Other(Work),
}

/// What a run lends to its nodes.
pub(crate) struct Machine<'a, 's> {
    pub(crate) variables: &'a mut Variables<'s>,
    pub(crate) objects: &'a mut Objects,
    pub(crate) context: &'a Context,
    pub(crate) cancellation: &'a Cancellation,
    /// The name of the node that is run.
    pub(crate) name: &'a Arc<str>,
    /// The error of a variable, with its name.
    pub(crate) describe: &'a dyn Fn(NodeId, Error) -> Error,
}

impl LoweredNode {
    /// The work of an op for inputs of which this is known.
    ///
    /// # Errors
    /// When the inputs do not fit, or no shape follows from them.
    pub(crate) fn new(op: &dyn Op, facts: &[&Fact]) -> Result<LoweredNode, Reason> {
        let outputs: Facts = op.infer(facts).and_then(Fact::all_possible)?;
        let signature = Signature { inputs: facts, outputs: &outputs };
        let Lowered { work, reads } = Lowered::of(op, signature)?;
        let Effects { effect, of_empty, .. } = op.effects();
        let stream = match effect {
            Effect::Random(stream) => stream,
            _ => Stream::Seeded,
        };
        let targets = match &work {
            Work::Update { targets, .. } | Work::UpdateKernel { targets, .. } => Some(targets.clone()),
            _ => None,
        };
        let random = matches!(work, Work::Random(_));
        let work = match lowering::kernel(Lowered { work, reads: reads.clone() }, signature)? {
            Ok(kernel) => match targets {
                Some(targets) => Ready::Update { kernel, targets },
                None if random => Ready::Random(kernel),
                None => Ready::Kernel(kernel),
            },
            Err(Lowered { work, .. }) => Ready::Other(work),
        };
        // Ops that give references pass them on.
        let passes_on = outputs.iter().any(|fact| fact.reference);
        let own = facts.iter().enumerate().filter(|(_, fact)| fact.reference && !fact.resource && !passes_on);
        let held = own.map(|(input, _)| input).collect();
        Ok(LoweredNode { outputs, reads, held, work, stream, of_empty })
    }

    /// Whether it is a value that has to be fed.
    pub(crate) fn is_placeholder(&self) -> bool {
        matches!(self.work, Ready::Other(Work::Placeholder))
    }

    /// Does the work of node `own` (the number that the session knows it by) on these inputs, which it may take.
    pub(crate) fn run(
        &self,
        own: NodeId,
        inputs: &mut [Value],
        machine: &mut Machine<'_, '_>,
    ) -> Result<SmallVec<[Value; 2]>> {
        let referred = |input: usize| match &inputs[input] {
            Value::Reference(variable) => Ok(*variable),
            _ => Err(Error::invalid("its first input must be a variable's reference and was fed")),
        };
        let one = |value: Value| SmallVec::from_iter([value]);
        match &self.work {
            Ready::Kernel(kernel) => {
                let arguments = self.arguments(inputs, machine)?;
                let results = computed(&**kernel, machine.context, &arguments, &self.outputs)?;
                Ok(results.into_iter().map(Value::Array).collect())
            }
            Ready::Update { kernel, targets } => {
                let variables: SmallVec<[NodeId; 3]> =
                    targets.iter().map(|&input| referred(input)).collect::<Result<_>>()?;
                // Here, where the error can be described; nobody takes a value away.
                self.arguments(inputs, machine)?;
                let mut changing = machine.variables.change();
                let read = |&input: &usize| held(&changing, &inputs[input], self.of_empty);
                let arguments: SmallVec<[Array; 4]> = self.reads.iter().map(read).collect::<Result<_>>()?;
                let mut written: SmallVec<[Fact; 3]> = SmallVec::new();
                for &variable in &variables {
                    let value = held(&changing, &Value::Reference(variable), self.of_empty)?;
                    written.push(Fact::new(value.dtype(), value.shape()));
                }
                let results = computed(&**kernel, machine.context, &arguments, &written)?;
                for (variable, value) in variables.iter().zip(results) {
                    changing.set(*variable, value);
                }
                Ok(self.outputs.iter().map(|_| Value::Reference(variables[0])).collect())
            }
            Ready::Random(kernel) => self.draw(&**kernel, own, inputs, machine),
            Ready::Other(work) => match work {
                Work::Variable => Ok(self.outputs.iter().map(|_| Value::Reference(own)).collect()),
                Work::Initialized => {
                    let held = machine.variables.get(referred(0)?).is_some();
                    Ok(one(Value::Array(Array::scalar(held))))
                }
                Work::Assign => {
                    let variable = referred(0)?;
                    let value = array(&inputs[self.reads[0]], machine, self.of_empty)?;
                    machine.variables.change().set(variable, value);
                    Ok(self.outputs.iter().map(|_| Value::Reference(variable)).collect())
                }
                Work::Change(function) => {
                    // Here, where the error can be described; nobody takes a value away.
                    let arguments = self.arguments(inputs, machine)?;
                    let variable = referred(0)?;
                    let mut changing = machine.variables.change();
                    let held =
                        changing.get(variable).cloned().ok_or_else(|| uninitialized_error(self.of_empty))?;
                    let (next, results) = function(&held, &arguments[1..])?;
                    changing.set(variable, next);
                    if self.outputs.iter().any(|output| output.reference) {
                        return Ok(self.outputs.iter().map(|_| Value::Reference(variable)).collect());
                    }
                    Ok(results.into_iter().map(Value::Array).collect())
                }
                Work::Alias if self.reads.iter().any(|&input| passes_on(&inputs[input], &self.outputs)) => {
                    Ok(self.reads.iter().map(|&input| inputs[input].clone()).collect())
                }
                Work::Alias => {
                    let arguments = self.arguments(inputs, machine)?;
                    let shaped = |(x, fact): (Array, &Fact)| -> Result<Value> {
                        // Of a variable that a function is given, its body says what it expects.
                        if x.dtype() != fact.dtype {
                            let text = format!("a value of {} is read as {}", x.dtype(), fact.dtype);
                            return Err(Error::invalid(text));
                        }
                        Ok(Value::Array(x.reshape(known_shape(fact)?)?))
                    };
                    arguments.into_iter().zip(&self.outputs).map(shaped).collect()
                }
                Work::Objects(function) => {
                    for &input in &self.held {
                        if let Value::Reference(_) = inputs[input] {
                            inputs[input] = Value::Array(array(&inputs[input], machine, self.of_empty)?);
                        }
                    }
                    machine.objects.begin(own, machine.name);
                    let results = function(machine.objects, &mut inputs[..self.reads.len()])?;
                    Ok(results.into())
                }
                Work::Values(values) => Ok(values.iter().cloned().map(Value::Array).collect()),
                Work::Host(function) => {
                    let arguments = self.arguments(inputs, machine)?;
                    let results = machine.cancellation.while_calling(|| function(&arguments));
                    if results.is_err() {
                        // Who gave up because of that need not say so.
                        machine.cancellation.check()?;
                    }
                    Ok(results?.into_iter().map(Value::Array).collect())
                }
                Work::NoOp => Ok(SmallVec::new()),
                _ => Err(Error::invalid("it has state and cannot be computed on its own")),
            },
        }
    }

    /// The arrays that the work reads.
    fn arguments(&self, inputs: &[Value], machine: &Machine<'_, '_>) -> Result<SmallVec<[Array; 4]>> {
        self.reads.iter().map(|&input| array(&inputs[input], machine, self.of_empty)).collect()
    }

    /// Draws from the node's stream, whose position moves on.
    fn draw(
        &self,
        kernel: &dyn Kernel,
        own: NodeId,
        inputs: &[Value],
        machine: &mut Machine<'_, '_>,
    ) -> Result<SmallVec<[Value; 2]>> {
        let mut arguments = self.arguments(inputs, machine)?;
        // Strings are not moved by kernels: their places are, and then they follow.
        let strings = self.outputs[0].dtype == DType::String;
        let whole = arguments.first().cloned().filter(|_| strings);
        let mut drawn: Vec<Fact> = self.outputs.to_vec();
        if let Some(whole) = &whole {
            let places: Vec<i64> = (0..whole.len() as i64).collect();
            arguments[0] = Array::new(whole.shape().clone(), places)?;
            drawn[0].dtype = DType::Int64;
        }
        drawn.push(Fact::new(DType::UInt64, [2]));
        let mut changing = machine.variables.change();
        let position = changing.get(own).cloned().unwrap_or_else(|| first_position(self.stream));
        arguments.insert(0, position);
        let mut numbers = computed(kernel, machine.context, &arguments, &drawn)?;
        if let Some(next) = numbers.pop() {
            changing.set(own, next);
        }
        if let Some(whole) = whole {
            let all = whole.as_strings()?;
            let moved = numbers[0].as_slice::<i64>()?.iter().map(|&place| all[place as usize].clone());
            numbers = vec![Array::strings(whole.shape().clone(), moved)?];
        }
        Ok(numbers.into_iter().map(Value::Array).collect())
    }
}

/// What a kernel gives for these arguments.
pub(crate) fn computed(
    kernel: &dyn Kernel,
    context: &Context,
    arguments: &[Array],
    outputs: &[Fact],
) -> Result<Vec<Array>> {
    let mut results = Vec::with_capacity(outputs.len());
    for fact in outputs {
        results.push(Array::zeros(fact.dtype, known_shape(fact)?)?);
    }
    let inputs: SmallVec<[&[u8]; 4]> = arguments.iter().map(Array::bytes).collect::<Result<_>>()?;
    let mut places: SmallVec<[&mut [u8]; 2]> =
        results.iter_mut().map(Array::bytes_mut).collect::<Result<_>>()?;
    call(kernel, context, &inputs, &mut places).map_err(Reason::from)?;
    drop(places);
    Ok(results)
}

/// The value as an array; of a variable, what it holds.
fn array(value: &Value, machine: &Machine<'_, '_>, of_empty: Code) -> Result<Array> {
    match value {
        Value::Reference(variable) => {
            let held = machine.variables.get(*variable).ok_or_else(|| uninitialized_error(of_empty));
            held.map_err(|error| (machine.describe)(*variable, error))
        }
        other => Ok(other.array()?.clone()),
    }
}

/// As [`array`], while nobody else touches the variables.
fn held(changing: &Changing<'_>, value: &Value, of_empty: Code) -> Result<Array> {
    match value {
        Value::Reference(variable) => {
            changing.get(*variable).cloned().ok_or_else(|| uninitialized_error(of_empty))
        }
        other => Ok(other.array()?.clone()),
    }
}

/// Whether aliases hand the input on as it is, and do not read it.
fn passes_on(input: &Value, outputs: &[Fact]) -> bool {
    match input {
        Value::Array(_) => false,
        Value::Reference(_) => outputs.iter().all(|fact| fact.reference),
        Value::Object(_) | Value::List(_) | Value::Kept(_) => true,
    }
}
