//! What an op becomes when every shape is known. Both executors run this: the reference one node by node, the planned
//! one after fusing and placing it in memory.

use std::sync::Arc;

use smallvec::SmallVec;
use tenseur_kernels::{
    CopyKernel, GemmKernel, GemmSpec, Kernel, KernelError, Layout, MapKernel, MapProgram, ReduceKernel,
    ReduceOp,
};

use crate::error::Reason;
use crate::graph::Fact;
use crate::ops::{Effect, Op, Signature};
pub use crate::run::value::{Kept, List, Object, Objects, TensorArray, Value};
use crate::value::{Array, DType, Shape};

/// A node's work and which of its inputs it needs in memory. (The axes of a reduction are an input of the node and
/// already part of the work.)
pub struct Lowered {
    /// What is to be done.
    pub work: Work,
    /// The node's inputs that are read, in the order in which the work takes them.
    pub reads: SmallVec<[usize; 4]>,
}

/// The kinds of work. Those whose inside the compiler understands, and may fuse, are spelled out; [`Work::Kernel`] is
/// everything else.
pub enum Work {
    /// Each output has the bytes of what is read for it, in another shape.
    Alias,
    /// The outputs are known now.
    Values(Vec<Array>),
    /// Each output is computed element by element, over the shape of output 0, from inputs that broadcast to it.
    Map(MapProgram),
    /// Output 0 is what is read, seen through a layout: a transpose, a slice, a broadcast.
    View(Layout),
    /// Output 0 is a map over the one input's shape, reduced over axes, and mapped again.
    Reduce(Reduce),
    /// Output 0 is the product of the two matrices (or batches of matrices) that are read.
    Gemm(GemmSpec),
    /// A kernel that reads what is read and writes every output.
    Kernel(Box<dyn Kernel>),
    /// A map whose output `k` is written into the variable that node input `targets[k]` refers to; the node's output 0,
    /// if there is one, is the first of those references.
    Update {
        /// The map, over the variable's shape.
        program: MapProgram,
        /// Which inputs of the node are written.
        targets: SmallVec<[usize; 3]>,
    },
    /// A kernel whose output `k` is the variable that node input `targets[k]` refers to, and which finds the
    /// variable's content before in the input that reads it.
    UpdateKernel {
        /// The kernel.
        kernel: Box<dyn Kernel>,
        /// Which inputs of the node are written.
        targets: SmallVec<[usize; 3]>,
    },
    /// What is read becomes the value of the variable that node input 0 refers to, initialised or not.
    Assign,
    /// A kernel that gives every output, and also takes, first, and gives, last, the 16 bytes of a random op's position in its stream.
    Random(Box<dyn Kernel>),
    /// A variable's own storage.
    Variable,
    /// What the variable that node input 0 refers to, the first of what is read, holds next, and the outputs: a function says
    /// both. A node whose output is a reference passes that of the variable on.
    Change(ChangeFunction),
    /// Whether the variable that node input 0 refers to holds something.
    Initialized,
    /// Nothing: its value is fed.
    Placeholder,
    /// Nothing.
    NoOp,
    /// Calls of functions of the graph, over all inputs.
    Call(Call),
    /// A piece of a conditional or loop in the graph itself, over all inputs.
    Flow(Flow),
    /// Work with tensor arrays, stacks and lists, which a run keeps beside arrays.
    Objects(ObjectsFunction),
    /// Anything over arrays: strings, outputs whose shapes only the values show. Runs in the allocating executor.
    Host(HostFunction),
}

/// Which functions are called, and when.
#[derive(Clone, Debug)]
pub enum Call {
    /// This one.
    Function(String),
    /// Input 0 decides; the others are the arguments.
    If {
        /// Called where input 0 is true.
        then_branch: String,
        /// Called where it is not.
        else_branch: String,
    },
    /// Input 0 says which one (the last, if it is out of range); the others are the arguments.
    Case {
        /// The functions.
        branches: Vec<String>,
    },
    /// While `condition` of the values is true they become `body` of the values.
    While {
        /// Gives a truth value.
        condition: String,
        /// Gives the next values.
        body: String,
    },
}

/// The pieces of which TensorFlow 1 makes conditionals and loops (Yu et al. 2018, "Dynamic control flow in large-scale
/// machine learning").
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// Output 1 is input 0 where input 1 is true, output 0 is it where that is false; the other output is dead.
    Switch,
    /// Output 0 is the first input that is not dead, output 1 its number.
    Merge,
    /// Input 0 enters a loop.
    Enter {
        /// The loop's frame.
        frame: String,
        /// Whether every turn sees it, and not only the first.
        constant: bool,
    },
    /// Input 0 leaves a loop.
    Exit,
    /// Input 0 goes to the next turn of a loop.
    NextIteration,
    /// Runs even after what is dead.
    Trigger,
}

/// A computation over what flows in a run, which it may take, and what the run keeps.
pub type ObjectsFunction =
    Arc<dyn Fn(&mut Objects, &mut [Value]) -> Result<Vec<Value>, Reason> + Send + Sync>;

/// What a variable holds next, and the outputs: from what it holds, and the arrays that are read besides.
pub type ChangeFunction = Arc<dyn Fn(&Array, &[Array]) -> Result<(Array, Vec<Array>), Reason> + Send + Sync>;

/// A computation over arrays.
pub type HostFunction = Arc<dyn Fn(&[Array]) -> Result<Vec<Array>, Reason> + Send + Sync>;

/// A reduction with maps before and after.
#[derive(Clone)]
pub struct Reduce {
    /// Computes the elements to be reduced, from inputs over the shape before.
    pub prologue: MapProgram,
    /// The axes that go, counted over the shape before.
    pub axes: Vec<usize>,
    /// What is done along them.
    pub op: ReduceOp,
    /// Computes the output from the reduced elements.
    pub epilogue: Option<MapProgram>,
}

impl Lowered {
    /// What an op becomes at a node whose inputs and outputs are known: what it says itself. But where one of these is
    /// [endless](Shape::is_endless) and nothing comes out, nothing is done, and where more comes out than memory holds, that is the
    /// error: the op, which might go through its places, is not asked.
    ///
    /// # Errors
    /// Those of the op, and ResourceExhausted.
    pub(crate) fn of(op: &dyn Op, node: Signature<'_>) -> Result<Lowered, Reason> {
        let endless = |fact: &Fact| fact.shape.known().is_some_and(|shape| shape.is_endless());
        let array = |fact: &Fact| {
            let held = fact.dtype.size().is_some() || fact.dtype == DType::String;
            held && !fact.reference && fact.shape.known().is_some()
        };
        let mut facts = node.inputs.iter().copied().chain(node.outputs);
        let asked = !node.inputs.is_empty() && facts.any(endless) && node.outputs.iter().all(array);
        if asked && op.effects().effect == Effect::Pure {
            let zeros = zeros(node.outputs)?;
            if zeros.iter().all(Array::is_empty) {
                return Ok(Lowered::values(zeros));
            }
        }
        op.lower(node)
    }

    /// Zeros, where one of the inputs `factors` has no elements, for an op whose outputs are sums of products with what each of
    /// them has: there is nothing to add up, and a kernel would lay out its windows first, of which there may be without end.
    ///
    /// # Errors
    /// When the outputs do not fit into memory.
    pub(crate) fn sums_of_nothing(
        node: Signature<'_>,
        factors: [usize; 2],
    ) -> Result<Option<Lowered>, Reason> {
        let empty =
            |&input: &usize| node.inputs[input].shape.known().is_some_and(|shape| shape.elements() == 0);
        match factors.iter().any(empty) {
            true => Ok(Some(Lowered::values(zeros(node.outputs)?))),
            false => Ok(None),
        }
    }

    /// Work that reads the node's first inputs, `count` of them.
    pub fn reading(count: usize, work: Work) -> Lowered {
        Lowered { work, reads: (0..count).collect() }
    }

    /// A map of the node's first inputs, one for each of the program's.
    pub fn map(program: MapProgram) -> Lowered {
        Lowered::reading(program.inputs().len(), Work::Map(program.finish()))
    }

    /// Outputs that are known now.
    pub fn values(values: impl IntoIterator<Item = Array>) -> Lowered {
        Lowered::reading(0, Work::Values(values.into_iter().collect()))
    }

    /// Input 0 in another shape.
    pub fn alias() -> Lowered {
        Lowered::reading(1, Work::Alias)
    }

    /// A kernel that reads the node's first inputs, one for each of its own.
    pub fn kernel(kernel: impl Kernel + 'static) -> Lowered {
        Lowered::reading(kernel.input_bytes().len(), Work::Kernel(Box::new(kernel)))
    }

    /// Work of the node's first `count` inputs with what a run keeps.
    pub fn objects(
        count: usize,
        function: impl Fn(&mut Objects, &mut [Value]) -> Result<Vec<Value>, Reason> + Send + Sync + 'static,
    ) -> Lowered {
        Lowered::reading(count, Work::Objects(Arc::new(function)))
    }

    /// Work that changes the variable that input 0 refers to and reads the other inputs, `count` with it.
    pub fn change(
        count: usize,
        function: impl Fn(&Array, &[Array]) -> Result<(Array, Vec<Array>), Reason> + Send + Sync + 'static,
    ) -> Lowered {
        Lowered::reading(count, Work::Change(Arc::new(function)))
    }

    /// A computation over all inputs as arrays, for an op whose loop is not what costs: a kernel of a plan where types and
    /// shapes are known and of numbers, else as [`host`](Lowered::host).
    pub fn arrays(
        name: &'static str,
        node: Signature<'_>,
        function: impl Fn(&[Array]) -> Result<Vec<Array>, Reason> + Send + Sync + 'static,
    ) -> Lowered {
        Lowered::arrays_by(name, node, Arc::new(function))
    }

    fn arrays_by(name: &'static str, node: Signature<'_>, function: HostFunction) -> Lowered {
        let kind = |fact: &Fact| {
            let (size, shape) = (fact.dtype.size()?, fact.shape.known()?);
            Some((fact.dtype, shape.clone(), size.checked_mul(shape.checked_elements()?)?))
        };
        let inputs: Option<Vec<_>> = node.inputs.iter().map(|fact| kind(fact)).collect();
        let outputs: Option<Vec<_>> = node.outputs.iter().map(kind).collect();
        let count = node.inputs.len();
        let (Some(inputs), Some(outputs)) = (inputs, outputs) else {
            return Lowered::reading(count, Work::Host(function));
        };
        let bytes = |kinds: &[(DType, Shape, usize)]| kinds.iter().map(|(.., bytes)| *bytes).collect();
        let (input_bytes, output_bytes) = (bytes(&inputs), bytes(&outputs));
        Lowered::kernel(tenseur_kernels::Call::new(name, input_bytes, output_bytes, move |given, results| {
            let mut arrays = Vec::with_capacity(inputs.len());
            for ((dtype, shape, _), bytes) in inputs.iter().zip(given) {
                arrays.push(Array::from_bytes(*dtype, shape.clone(), bytes)?);
            }
            let computed = function(&arrays).map_err(KernelError::from)?;
            for ((array, result), (_, shape, _)) in computed.iter().zip(results).zip(&outputs) {
                let bytes = array.bytes()?;
                if bytes.len() != result.len() {
                    let got = array.shape();
                    return Err(KernelError::invalid(format!(
                        "its result has shape {got} and not {shape}, as foreseen"
                    )));
                }
                result.copy_from_slice(bytes);
            }
            Ok(())
        }))
    }

    /// A computation over all inputs as arrays.
    pub fn host(
        inputs: usize,
        function: impl Fn(&[Array]) -> Result<Vec<Array>, Reason> + Send + Sync + 'static,
    ) -> Lowered {
        Lowered::reading(inputs, Work::Host(Arc::new(function)))
    }
}

fn zeros(facts: &[Fact]) -> Result<Vec<Array>, Reason> {
    facts.iter().map(|fact| Ok(Array::zeros(fact.dtype, known_shape(fact)?)?)).collect()
}

/// The whole shape of a fact, which the compiler has made sure is known.
///
/// # Errors
/// Unimplemented, naming what is unknown, where it has not.
pub fn known_shape(fact: &Fact) -> Result<Shape, Reason> {
    fact.shape.known().ok_or_else(|| format!("its shape {} is not known before the run", fact.shape).into())
}

/// The kernel of a piece of work that is one kernel, for a node with these facts; `None` for the other kinds.
pub(crate) fn kernel(
    lowered: Lowered,
    node: Signature<'_>,
) -> Result<Result<Box<dyn Kernel>, Lowered>, Reason> {
    let Lowered { work, reads } = lowered;
    let shape_of = |input: usize| known_shape(node.inputs[input]);
    let layouts = |to: &Shape| -> Result<Vec<Layout>, Reason> {
        reads.iter().map(|&input| Ok(Layout::broadcast(&shape_of(input)?, to)?)).collect()
    };
    Ok(Ok(match work {
        Work::Map(program) => {
            let shape = known_shape(&node.outputs[0])?;
            let layouts = layouts(&shape)?;
            Box::new(MapKernel::new(program, &shape, &layouts)?)
        }
        Work::Update { program, targets } => {
            let shape = shape_of(targets[0])?;
            let layouts = layouts(&shape)?;
            Box::new(MapKernel::new(program, &shape, &layouts)?)
        }
        Work::Reduce(reduce) => {
            let shape = shape_of(reads[0])?;
            let layouts = layouts(&shape)?;
            let epilogue = reduce.epilogue.map(|program| (program, Vec::new()));
            Box::new(ReduceKernel::new(reduce.prologue, &shape, &layouts, &reduce.axes, reduce.op, epilogue)?)
        }
        Work::View(layout) => {
            let fact = &node.outputs[0];
            let size = fact.dtype.size().ok_or_else(|| format!("there are no views of {}", fact.dtype))?;
            Box::new(CopyKernel::new(size, &known_shape(fact)?, layout)?)
        }
        Work::Gemm(spec) => Box::new(GemmKernel::new(spec)?),
        Work::Kernel(kernel) | Work::UpdateKernel { kernel, .. } | Work::Random(kernel) => kernel,
        work => return Ok(Err(Lowered { work, reads })),
    }))
}
