//! Lowering a flow to tasks: each reads and writes values, and each value has a home.

use foldhash::HashMap;
use smallvec::SmallVec;
use tenseur_kernels::{CopyKernel, GemmSpec, Kernel, Layout, MapProgram, PassKernel, ScalarType};

use crate::compile::{Flow, Source, Unplanned};
use crate::error::{Code, Error};
use crate::graph::{Contents, NodeId};
use crate::lowering::{Lowered, Reduce, Work};
use crate::ops::{Effect, Signature};
use crate::run::reference::not_fed;
use crate::value::{Array, DType, Shape};

/// Which value of a [`Tasks`].
pub(crate) type ValueId = usize;

/// Where a value lives.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// In the arena, from the task that writes it to the last that reads it.
    Arena,
    /// In the feed of this number.
    Feed(usize),
    /// In the session: a variable, or the counter of a random op.
    State(NodeId),
    /// In the plan.
    Constant(Array),
    /// Where another value does, seen in another shape.
    Alias(ValueId),
}

/// Something that tasks read and write.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
    pub(crate) home: Home,
}

/// What a task does.
pub(crate) enum Kind {
    /// A map over `shape`.
    Map { program: MapProgram, shape: Shape },
    /// A reduction of a map over `shape`; reads beyond the prologue's belong to the epilogue.
    Reduce { reduce: Reduce, shape: Shape },
    /// A product of matrices: A, B, and what its epilogue or its accumulation reads.
    Gemm(GemmSpec),
    /// A kernel that takes its inputs whole, of an op of this type.
    Kernel { op: &'static str, kernel: Box<dyn Kernel> },
    /// Maps and reductions that go through what they read together.
    Pass { members: Vec<Task>, kernel: Box<PassKernel> },
}

impl Kind {
    /// Whether a run can find it impossible, where its op says `op_can`: shapes, which fail many an op, are settled by now.
    fn can_fail(&self, op_can: bool) -> bool {
        match self {
            Kind::Map { program, .. } => program.can_fail(),
            Kind::Reduce { reduce, .. } => {
                reduce.prologue.can_fail() || reduce.epilogue.as_ref().is_some_and(MapProgram::can_fail)
            }
            Kind::Gemm(_) => false,
            Kind::Kernel { .. } => op_can,
            Kind::Pass { members, .. } => members.iter().any(|task| task.can_fail),
        }
    }
}

/// A piece of work over values.
pub(crate) struct Task {
    /// The node it comes from; of several that were fused, the last.
    pub(crate) origin: NodeId,
    /// The others of those.
    pub(crate) absorbed: Vec<NodeId>,
    pub(crate) kind: Kind,
    /// What it reads, and how it lies over the task's shape (for a kernel: whole).
    pub(crate) reads: Vec<(ValueId, Layout)>,
    pub(crate) writes: Vec<ValueId>,
    /// Whether it must run even if nobody reads what it writes.
    pub(crate) effect: bool,
    pub(crate) can_fail: bool,
}

/// The tasks of a plan, in order.
pub(crate) struct Tasks {
    pub(crate) list: Vec<Task>,
    pub(crate) values: Vec<Value>,
    pub(crate) fetches: Vec<ValueId>,
    /// How many feeds there are.
    pub(crate) feeds: usize,
    /// Variables whose first use is an assignment: they need hold nothing before.
    pub(crate) assigned_first: Vec<NodeId>,
    /// What it is called by its first use that a variable holds nothing.
    pub(crate) of_empty: HashMap<NodeId, Code>,
}

impl Tasks {
    /// The value whose place this one shares.
    pub(crate) fn root(&self, mut value: ValueId) -> ValueId {
        while let Home::Alias(next) = self.values[value].home {
            value = next;
        }
        value
    }

    fn add(&mut self, dtype: DType, shape: Shape, home: Home) -> ValueId {
        self.values.push(Value { dtype, shape, home });
        self.values.len() - 1
    }

    /// The variable or counter in which a value lives.
    pub(crate) fn state(&self, value: ValueId) -> Option<NodeId> {
        match self.values[self.root(value)].home {
            Home::State(node) => Some(node),
            _ => None,
        }
    }
}

/// How a value of shape `from` lies over `to`, to which it broadcasts.
///
/// # Errors
/// When it does not.
pub(crate) fn read_over(from: &[usize], to: &[usize]) -> Result<Layout, String> {
    // Of one shape, it is read as it lies, axes of size 1 included: fusion looks for that.
    match from == to {
        true => Ok(Layout::contiguous(to)),
        false => Layout::broadcast(from, to),
    }
}

/// A task that copies `from` to `to`, both of one shape.
fn copy(origin: NodeId, from: ValueId, to: ValueId, stored: ScalarType, shape: &Shape, effect: bool) -> Task {
    let mut program = MapProgram::new();
    let x = program.input(stored);
    program.output(x, stored);
    Task {
        origin,
        absorbed: Vec::new(),
        kind: Kind::Map { program: program.finish(), shape: shape.clone() },
        reads: vec![(from, Layout::contiguous(shape))],
        writes: vec![to],
        effect,
        can_fail: false,
    }
}

/// Lowers every node of the flow.
pub(crate) fn tasks(contents: &Contents, flow: &Flow) -> Result<Tasks, Unplanned> {
    let nodes = flow.nodes.len();
    let mut builder = Builder {
        contents,
        flow,
        tasks: Tasks {
            list: Vec::with_capacity(nodes),
            values: Vec::with_capacity(nodes + flow.feeds.len()),
            fetches: Vec::new(),
            feeds: flow.feeds.len() - flow.references.len(),
            assigned_first: Vec::new(),
            of_empty: HashMap::default(),
        },
        of_source: HashMap::with_capacity_and_hasher(nodes, Default::default()),
        states: HashMap::default(),
        readings: Vec::new(),
        last_use: HashMap::with_capacity_and_hasher(nodes, Default::default()),
    };
    for (index, node) in flow.nodes.iter().enumerate() {
        for &input in &node.inputs {
            builder.last_use.insert(input, index);
        }
    }
    for &fetch in &flow.fetches {
        builder.last_use.insert(fetch, usize::MAX);
    }
    for (feed, fact) in flow.feeds.iter().enumerate() {
        let shape = fact.shape.known().ok_or_else(|| Unplanned::Dynamic(Vec::new()))?;
        let value = match feed.checked_sub(builder.tasks.feeds) {
            None => builder.tasks.add(fact.dtype, shape, Home::Feed(feed)),
            Some(reference) => builder.state(flow.references[reference], fact.dtype, shape),
        };
        builder.of_source.insert(Source::Feed(feed), value);
    }
    for index in 0..flow.nodes.len() {
        builder.lower(index)?;
    }
    for &fetch in &flow.fetches {
        let value = builder.fetched(fetch);
        builder.tasks.fetches.push(value);
    }
    let mut tasks = builder.tasks;
    drop_unused(&mut tasks);
    Ok(tasks)
}

struct Builder<'a> {
    contents: &'a Contents,
    flow: &'a Flow,
    tasks: Tasks,
    of_source: HashMap<Source, ValueId>,
    /// The value that stands for each variable or counter.
    states: HashMap<NodeId, ValueId>,
    /// Values that alias a variable's storage, with their sources: readings made so far.
    readings: Vec<(Source, ValueId)>,
    /// The last node of the flow that uses a value; `usize::MAX` for a fetch.
    last_use: HashMap<Source, usize>,
}

impl Builder<'_> {
    fn state(&mut self, node: NodeId, dtype: DType, shape: Shape) -> ValueId {
        if let Some(&value) = self.states.get(&node) {
            return value;
        }
        let value = self.tasks.add(dtype, shape, Home::State(node));
        self.states.insert(node, value);
        value
    }

    fn lower(&mut self, index: usize) -> Result<(), Unplanned> {
        let (contents, flow) = (self.contents, self.flow);
        let node = &flow.nodes[index];
        let facts = flow.input_facts(node);
        let signature = Signature { inputs: &facts, outputs: &node.outputs };
        let graph_node = &contents.nodes[node.origin.index()];
        let explain = |reason| Error::from(reason).at(|| contents.describe(graph_node));
        let lowered = Lowered::of(&*node.op, signature).map_err(explain)?;
        let effects = node.op.effects();
        let effect = node.checks || !matches!(effects.effect, Effect::Pure | Effect::Reads);
        let shapes: SmallVec<[Shape; 2]> =
            node.outputs.iter().map(|fact| fact.shape.known().unwrap_or_default()).collect();
        let input = |builder: &Builder<'_>, i: usize| builder.of_source[&node.inputs[i]];
        let reads: Vec<ValueId> = lowered.reads.iter().map(|&i| input(self, i)).collect();
        for (source, _) in node.inputs.iter().zip(&facts).filter(|(_, fact)| fact.reference) {
            if let Some(variable) = self.of_source.get(source).and_then(|&value| self.tasks.state(value)) {
                self.tasks.of_empty.entry(variable).or_insert(effects.of_empty);
            }
        }
        let whole = |builder: &Builder<'_>, values: &[ValueId]| -> Vec<(ValueId, Layout)> {
            values.iter().map(|&v| (v, Layout::contiguous(&builder.tasks.values[v].shape))).collect()
        };
        let over = |builder: &Builder<'_>, values: &[ValueId], shape: &Shape| -> Result<Vec<_>, Error> {
            let layout = |&v: &ValueId| match read_over(&builder.tasks.values[v].shape, shape) {
                Ok(layout) => Ok((v, layout)),
                Err(text) => Err(explain(text.into())),
            };
            values.iter().map(layout).collect()
        };
        let mut outputs: SmallVec<[ValueId; 2]> = SmallVec::new();
        let (kind, reads) = match lowered.work {
            Work::Placeholder => {
                return Err(not_fed(&graph_node.name).at(|| contents.describe(graph_node)).into());
            }
            Work::Host(_)
            | Work::Initialized
            | Work::Change(_)
            | Work::Call(_)
            | Work::Flow(_)
            | Work::Objects(_) => {
                return Err(Unplanned::Dynamic(vec![node.origin]));
            }
            Work::NoOp => return Ok(()),
            Work::Values(values) => {
                for (i, value) in values.into_iter().enumerate() {
                    let id = self.tasks.add(value.dtype(), value.shape().clone(), Home::Constant(value));
                    self.of_source.insert(Source::Node(index, i), id);
                }
                return Ok(());
            }
            Work::Variable => {
                let own = contents.kept_under(node.origin);
                let value = self.state(own, node.outputs[0].dtype, shapes[0].clone());
                self.of_source.insert(Source::Node(index, 0), value);
                return Ok(());
            }
            Work::Alias => {
                for (i, &read) in reads.iter().enumerate() {
                    if node.outputs[i].resource {
                        self.of_source.insert(Source::Node(index, i), read);
                        continue;
                    }
                    let value = self.tasks.add(node.outputs[i].dtype, shapes[i].clone(), Home::Alias(read));
                    if self.tasks.state(value).is_some() {
                        self.readings.push((Source::Node(index, i), value));
                    }
                    self.of_source.insert(Source::Node(index, i), value);
                }
                return Ok(());
            }
            Work::Assign => {
                let variable = input(self, 0);
                self.keep_readings(index, &[variable], node.origin);
                let shape = self.tasks.values[reads[0]].shape.clone();
                let state = self.tasks.state(variable).ok_or_else(|| explain(not_a_reference()))?;
                let touched = |task: &Task| {
                    let mut all = task.reads.iter().map(|(v, _)| *v).chain(task.writes.iter().copied());
                    all.any(|v| self.tasks.state(v) == Some(state))
                };
                if !self.tasks.list.iter().any(touched) {
                    self.tasks.assigned_first.push(state);
                }
                let root = self.tasks.root(variable);
                self.tasks.values[root].shape = shape.clone();
                let (stored, shape) = scalars(self.tasks.values[root].dtype, &shape).map_err(explain)?;
                self.tasks.list.push(copy(node.origin, reads[0], root, stored, &shape, true));
                if !node.outputs.is_empty() {
                    self.of_source.insert(Source::Node(index, 0), variable);
                }
                return Ok(());
            }
            Work::Update { program, targets } => {
                let written: Vec<ValueId> = targets.iter().map(|&i| input(self, i)).collect();
                self.keep_readings(index, &written, node.origin);
                let shape = self.tasks.values[written[0]].shape.clone();
                let reads = over(self, &reads, &shape)?;
                let writes = self.references(&written).ok_or_else(|| explain(not_a_reference()))?;
                let kind = Kind::Map { program, shape };
                let can_fail = kind.can_fail(effects.can_fail);
                self.tasks.list.push(Task {
                    origin: node.origin,
                    absorbed: Vec::new(),
                    kind,
                    reads,
                    writes,
                    effect: true,
                    can_fail,
                });
                for i in 0..node.outputs.len() {
                    self.of_source.insert(Source::Node(index, i), written[0]);
                }
                return Ok(());
            }
            Work::UpdateKernel { kernel, targets } => {
                let written: Vec<ValueId> = targets.iter().map(|&i| input(self, i)).collect();
                self.keep_readings(index, &written, node.origin);
                let reads = whole(self, &reads);
                let writes = self.references(&written).ok_or_else(|| explain(not_a_reference()))?;
                let (kind, can_fail) = (Kind::Kernel { op: node.op.name(), kernel }, effects.can_fail);
                self.tasks.list.push(Task {
                    origin: node.origin,
                    absorbed: Vec::new(),
                    kind,
                    reads,
                    writes,
                    effect: true,
                    can_fail,
                });
                for i in 0..node.outputs.len() {
                    self.of_source.insert(Source::Node(index, i), written[0]);
                }
                return Ok(());
            }
            Work::Random(kernel) => {
                let counter = self.state(contents.kept_under(node.origin), DType::UInt64, [2].into());
                let mut all = vec![counter];
                all.extend(&reads);
                let reads = whole(self, &all);
                let mut writes = Vec::with_capacity(node.outputs.len() + 1);
                for (output, (fact, shape)) in node.outputs.iter().zip(&shapes).enumerate() {
                    let value = self.tasks.add(fact.dtype, shape.clone(), Home::Arena);
                    self.of_source.insert(Source::Node(index, output), value);
                    writes.push(value);
                }
                writes.push(counter);
                let (origin, can_fail) = (node.origin, effects.can_fail);
                self.tasks.list.push(Task {
                    origin,
                    absorbed: Vec::new(),
                    kind: Kind::Kernel { op: node.op.name(), kernel },
                    reads,
                    writes,
                    effect: true,
                    can_fail,
                });
                return Ok(());
            }
            Work::Map(program) => {
                let reads = over(self, &reads, &shapes[0])?;
                (Kind::Map { program, shape: shapes[0].clone() }, reads)
            }
            Work::View(layout) if node.outputs[0].dtype.is_complex() => {
                let size = node.outputs[0].dtype.size().unwrap_or(1);
                let kernel =
                    CopyKernel::new(size, &shapes[0], layout).map_err(|text| explain(text.into()))?;
                let kernel = Box::new(kernel);
                (Kind::Kernel { op: node.op.name(), kernel }, whole(self, &reads))
            }
            Work::View(layout) => {
                let stored = scalar(node.outputs[0].dtype).map_err(explain)?;
                let mut program = MapProgram::new();
                let x = program.input(stored);
                program.output(x, stored);
                (Kind::Map { program: program.finish(), shape: shapes[0].clone() }, vec![(reads[0], layout)])
            }
            Work::Reduce(reduce) => {
                let shape = self.tasks.values[reads[0]].shape.clone();
                let reads = over(self, &reads, &shape)?;
                (Kind::Reduce { reduce, shape }, reads)
            }
            Work::Gemm(spec) => (Kind::Gemm(spec), whole(self, &reads)),
            Work::Kernel(kernel) => (Kind::Kernel { op: node.op.name(), kernel }, whole(self, &reads)),
        };
        for (i, fact) in node.outputs.iter().enumerate() {
            let value = self.tasks.add(fact.dtype, shapes[i].clone(), Home::Arena);
            self.of_source.insert(Source::Node(index, i), value);
            outputs.push(value);
        }
        let can_fail = kind.can_fail(effects.can_fail);
        let (origin, writes) = (node.origin, outputs.to_vec());
        let absorbed = Vec::new();
        self.tasks.list.push(Task { origin, absorbed, kind, reads, writes, effect, can_fail });
        Ok(())
    }

    /// The storage behind each of these references; `None` if one is not a reference.
    fn references(&self, values: &[ValueId]) -> Option<Vec<ValueId>> {
        values.iter().map(|&v| self.tasks.state(v).map(|_| self.tasks.root(v))).collect()
    }

    /// Before node `index` writes these variables: readings of them that are still wanted afterwards get a copy.
    fn keep_readings(&mut self, index: usize, variables: &[ValueId], origin: NodeId) {
        for &variable in variables {
            let Some(state) = self.tasks.state(variable) else { continue };
            for (source, value) in self.readings.clone() {
                let wanted = self.last_use.get(&source).is_some_and(|&last| last > index);
                if self.tasks.state(value) != Some(state) || !wanted {
                    continue;
                }
                let Value { dtype, shape, .. } = self.tasks.values[value].clone();
                let Ok((stored, all)) = scalars(dtype, &shape) else { continue };
                let kept = self.tasks.add(dtype, shape, Home::Arena);
                self.tasks.list.push(copy(origin, value, kept, stored, &all, false));
                self.of_source.insert(source, kept);
            }
            let tasks = &self.tasks;
            self.readings.retain(|(_, value)| tasks.state(*value) != Some(state));
        }
    }

    /// The value of a fetch: one that lives in the arena or among the constants, and so outlasts the run.
    fn fetched(&mut self, fetch: Source) -> ValueId {
        let value = self.of_source[&fetch];
        let origin = match fetch {
            Source::Node(node, _) => self.flow.nodes[node].origin,
            // What is fed has no node of its own in the flow; any will do for a copy, which cannot fail.
            Source::Feed(_) => NodeId(0),
        };
        let Value { dtype, shape, .. } = self.tasks.values[value].clone();
        let lasting =
            matches!(self.tasks.values[self.tasks.root(value)].home, Home::Arena | Home::Constant(_));
        match scalars(dtype, &shape) {
            // A variable's own tensor gives its value at the end of the run.
            Ok((stored, all)) if !lasting => {
                let own = self.tasks.add(dtype, shape, Home::Arena);
                self.tasks.list.push(copy(origin, value, own, stored, &all, false));
                own
            }
            _ => value,
        }
    }
}

fn not_a_reference() -> crate::error::Reason {
    "its first input must be a variable's reference and was fed".into()
}

fn scalar(dtype: DType) -> Result<ScalarType, crate::error::Reason> {
    dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}").into())
}

/// How the elements of a type are stored, and in which shape: a complex number is two real ones.
fn scalars(dtype: DType, shape: &Shape) -> Result<(ScalarType, Shape), crate::error::Reason> {
    let pairs = || shape.iter().copied().chain([2]).collect();
    match dtype {
        DType::Complex64 => Ok((ScalarType::F32, pairs())),
        DType::Complex128 => Ok((ScalarType::F64, pairs())),
        _ => Ok((scalar(dtype)?, shape.clone())),
    }
}

/// Drops tasks whose results nobody reads.
pub(crate) fn drop_unused(tasks: &mut Tasks) {
    let mut wanted = vec![false; tasks.values.len()];
    for &fetch in &tasks.fetches {
        wanted[tasks.root(fetch)] = true;
    }
    let mut keep = vec![false; tasks.list.len()];
    for (index, task) in tasks.list.iter().enumerate().rev() {
        keep[index] = task.effect || task.writes.iter().any(|&value| wanted[tasks.root(value)]);
        if keep[index] {
            for (value, _) in &task.reads {
                wanted[tasks.root(*value)] = true;
            }
        }
    }
    let mut index = 0;
    tasks.list.retain(|_| {
        index += 1;
        keep[index - 1]
    });
}
