//! Explaining a run: a plan's tasks, kernel by kernel, or the nodes of a run node by node.

use foldhash::HashMap;
use smallvec::SmallVec;
use tenseur_kernels::{GemmOutput, GemmSpec, Layout, MapProgram, ReduceOp};

use crate::compile::Request;
use crate::compile::explanation::{ExplainedInput, ExplainedStep, ExplainedValue, Explanation};
use crate::compile::formula::formulas;
use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId, read_over};
use crate::graph::{Contents, Edge, Fact, NodeId};
use crate::lowering::Reduce;
use crate::ops::Effect;
use crate::ops::source::Const;
use crate::ops::state::VariableV2;
use crate::run::{known_values, order};
use crate::value::{Array, DType, PartialShape};

/// Constants of at most so many elements are written out, and those that are one number throughout as that.
const SHORT: usize = 8;

/// What a plan of these tasks does.
pub(super) fn planned(contents: &Contents, request: &Request<'_>, tasks: &Tasks) -> Explanation {
    let mut names: HashMap<ValueId, String> = HashMap::default();
    let mut inputs: Vec<ExplainedInput> = Vec::new();
    let mut steps = Vec::new();
    for (value, info) in tasks.values.iter().enumerate() {
        if let Home::Feed(feed) = info.home {
            let name = tensor_name(contents, request.feeds[feed].0);
            names.insert(value, name.clone());
            inputs.push(ExplainedInput {
                value: ExplainedValue::new(name, info.dtype, (&info.shape).into()),
                fed: true,
            });
        }
    }
    let mut results = 0;
    for task in &tasks.list {
        for value in task.reads.iter().map(|(value, _)| *value).chain(task.writes.iter().copied()) {
            let root = tasks.root(value);
            let info = &tasks.values[root];
            if let (Home::State(node), false) = (&info.home, names.contains_key(&root)) {
                let name = contents.nodes[node.index()].name.to_string();
                names.insert(root, name.clone());
                if !is_stream(contents, *node) {
                    inputs.push(ExplainedInput {
                        value: ExplainedValue::new(name, info.dtype, (&info.shape).into()),
                        fed: false,
                    });
                }
            }
        }
        let text = task_text(contents, tasks, task, &names);
        let mut written = Vec::new();
        for &value in &task.writes {
            let info = &tasks.values[value];
            let root = tasks.root(value);
            match info.home {
                Home::State(node) if is_stream(contents, node) => continue,
                Home::State(_) => {}
                _ => {
                    results += 1;
                    names.insert(root, format!("%{results}"));
                }
            }
            written.push(ExplainedValue::new(names[&root].clone(), info.dtype, (&info.shape).into()));
        }
        let name = |node: &NodeId| contents.nodes[node.index()].name.to_string();
        let nodes: Vec<String> = task.absorbed.iter().chain([&task.origin]).map(name).collect();
        steps.push(ExplainedStep { node: name(&task.origin), nodes, text, results: written });
    }
    let fetches = tasks.fetches.iter().map(|&fetch| operand(tasks, fetch, &names)).collect();
    Explanation { inputs, steps, fetches }
}

/// What is done when the nodes of a request run one by one.
pub(crate) fn node_by_node(contents: &Contents, request: &Request<'_>) -> Explanation {
    let fed = request.feeds.iter().map(|(edge, _)| *edge).collect();
    let fetched = request.fetches.iter().filter(|edge| !request.feeds.iter().any(|(fed, _)| fed == *edge));
    let targets: Vec<NodeId> = fetched.map(|edge| edge.node).chain(request.targets.iter().copied()).collect();
    let mut known: HashMap<Edge, (String, Fact)> = HashMap::default();
    let mut explanation = Explanation { inputs: Vec::new(), steps: Vec::new(), fetches: Vec::new() };
    for (edge, fact) in request.feeds {
        let name = tensor_name(contents, *edge);
        let value = ExplainedValue::new(name.clone(), fact.dtype, fact.shape.clone());
        explanation.inputs.push(ExplainedInput { value, fed: true });
        known.insert(*edge, (name, fact.clone()));
    }
    let mut results = 0;
    for id in order(&contents.nodes, &targets, &fed).nodes {
        let node = &contents.nodes[id.index()];
        let inputs: SmallVec<[(String, Fact); 4]> =
            node.inputs.iter().filter_map(|edge| known.get(edge).cloned()).collect();
        let facts: SmallVec<[&Fact; 4]> = inputs.iter().map(|(_, fact)| fact).collect();
        // What does not fit is the run's to say; until then, what the graph knows has to do.
        let inferred = node.op.infer(&facts).map(|outputs| known_values(&*node.op, &facts, outputs));
        let Some(outputs) = inferred.ok().or_else(|| node.outputs.clone()) else { continue };
        let mut written = Vec::new();
        for (output, fact) in outputs.into_iter().enumerate() {
            let value = |name: &str| ExplainedValue::new(name.to_string(), fact.dtype, fact.shape.clone());
            let name = match (node.op.downcast::<Const>(), inputs.first()) {
                (Some(constant), _) => constant_text(&constant.value),
                (None, None) if node.op.downcast::<VariableV2>().is_some() => {
                    explanation.inputs.push(ExplainedInput { value: value(&node.name), fed: false });
                    node.name.to_string()
                }
                // A reference stands for the variable.
                (None, Some((variable, _))) if fact.reference => {
                    written.push(value(variable));
                    variable.clone()
                }
                _ => {
                    results += 1;
                    written.push(value(&format!("%{results}")));
                    format!("%{results}")
                }
            };
            known.entry(Edge { node: id, output: output as u32 }).or_insert((name, fact));
        }
        if !written.is_empty() {
            let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
            let text = format!("{}({})", node.op.name(), names.join(", "));
            let name = node.name.to_string();
            let nodes = vec![name.clone()];
            explanation.steps.push(ExplainedStep { node: name, nodes, text, results: written });
        }
    }
    let fetch = |edge: &Edge| known.get(edge).map(|(name, _)| name.clone());
    explanation.fetches = request.fetches.iter().filter_map(fetch).collect();
    explanation
}

impl ExplainedValue {
    fn new(name: String, dtype: DType, shape: PartialShape) -> ExplainedValue {
        ExplainedValue { name, dtype, shape }
    }
}

/// The tensor's name, without the number of its output if that is the first.
fn tensor_name(contents: &Contents, edge: Edge) -> String {
    let name = contents.tensor_name(edge);
    name.strip_suffix(":0").map_or(name.clone(), str::to_string)
}

/// Whether the node is a random op, whose position in its stream is kept as variables are.
fn is_stream(contents: &Contents, node: NodeId) -> bool {
    matches!(contents.nodes[node.index()].op.effects().effect, Effect::Random(_))
}

fn constant_text(array: &Array) -> String {
    if let (true, Ok(numbers)) = (array.dtype().is_float(), array.to_f64())
        && let [first, rest @ ..] = &numbers[..]
        && rest.iter().all(|number| number == first)
        && let Ok(one) = Array::scalar_of(array.dtype(), *first)
    {
        return one.to_string();
    }
    match array.len() <= SHORT {
        true => array.to_string(),
        false => format!("constant {}", array.shape()),
    }
}

/// What a value is called where it is read.
fn operand(tasks: &Tasks, value: ValueId, names: &HashMap<ValueId, String>) -> String {
    let root = tasks.root(value);
    match (&tasks.values[root].home, names.get(&root)) {
        (Home::Constant(array), _) => constant_text(array),
        (_, Some(name)) => name.clone(),
        _ => "?".to_string(),
    }
}

/// What a value is called where it is read through a layout over `shape`.
fn viewed(
    tasks: &Tasks,
    (value, layout): &(ValueId, Layout),
    shape: &[usize],
    names: &HashMap<ValueId, String>,
) -> String {
    let name = operand(tasks, *value, names);
    let plain = read_over(&tasks.values[*value].shape, shape);
    match plain.is_ok_and(|plain| plain == *layout) || layout.elements == 1 {
        true => name,
        false => format!("view({name})"),
    }
}

fn task_text(contents: &Contents, tasks: &Tasks, task: &Task, names: &HashMap<ValueId, String>) -> String {
    let over = |reads: &[(ValueId, Layout)], shape: &[usize]| -> Vec<String> {
        reads.iter().map(|read| viewed(tasks, read, shape, names)).collect()
    };
    match &task.kind {
        Kind::Map { program, shape } => formulas(program, &over(&task.reads, shape)).join("; "),
        Kind::Reduce { reduce, shape } => {
            let (before, after) = task.reads.split_at(reduce.prologue.inputs().len());
            let mut inputs = vec![reduction(reduce, shape.len(), &over(before, shape))];
            inputs.extend(after.iter().map(|(value, _)| operand(tasks, *value, names)));
            finished(reduce.epilogue.as_ref(), &inputs)
        }
        Kind::Gemm(spec) => {
            let read = |i: usize| operand(tasks, task.reads[i].0, names);
            product(spec, &[read(0), read(1)], || (2..task.reads.len()).map(read).collect())
        }
        Kind::Kernel { op, .. } => {
            let stream = |value: ValueId| tasks.state(value).is_some_and(|node| is_stream(contents, node));
            let reads = task.reads.iter().filter(|(value, _)| !stream(*value));
            let reads: Vec<String> = reads.map(|(value, _)| operand(tasks, *value, names)).collect();
            format!("{op}({})", reads.join(", "))
        }
        Kind::Pass { members, .. } => {
            let texts = members.iter().map(|task| task_text(contents, tasks, task, names));
            texts.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A reduction before its epilogue: `sum(x * y, axis 1)`.
fn reduction(reduce: &Reduce, rank: usize, inputs: &[String]) -> String {
    let name = match reduce.op {
        ReduceOp::Sum => "sum",
        ReduceOp::Prod => "prod",
        ReduceOp::Max => "max",
        ReduceOp::Min => "min",
        ReduceOp::Any => "any",
        ReduceOp::All => "all",
    };
    let of = formulas(&reduce.prologue, inputs).join("; ");
    let axes: Vec<String> = reduce.axes.iter().map(usize::to_string).collect();
    match &axes[..] {
        all if all.len() == rank => format!("{name}({of})"),
        [axis] => format!("{name}({of}, axis {axis})"),
        axes => format!("{name}({of}, axes {})", axes.join(", ")),
    }
}

/// A product of matrices with its epilogue, or added to a variable.
fn product(spec: &GemmSpec, matrices: &[String; 2], others: impl Fn() -> Vec<String>) -> String {
    let turned =
        |turned: bool, name: &str| if turned { format!("transpose({name})") } else { name.to_string() };
    let (a, b) = (turned(spec.transpose_a, &matrices[0]), turned(spec.transpose_b, &matrices[1]));
    let product = format!("matmul({a}, {b})");
    let others = others();
    match spec.output {
        GemmOutput::Write => {
            let inputs: Vec<String> = std::iter::once(product).chain(others).collect();
            finished(spec.epilogue.as_ref().map(|epilogue| &epilogue.program), &inputs)
        }
        GemmOutput::Accumulate { alpha: 1.0 } => format!("{} + {product}", others[0]),
        GemmOutput::Accumulate { alpha } => format!("{} + {alpha} * {product}", others[0]),
        GemmOutput::AccumulateScaled => format!("{} - {} * {product}", others[0], others[1]),
    }
}

/// What an epilogue makes of its input 0.
fn finished(epilogue: Option<&MapProgram>, inputs: &[String]) -> String {
    epilogue.map_or_else(|| inputs[0].clone(), |program| formulas(program, inputs).join("; "))
}
