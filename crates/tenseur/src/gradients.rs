//! Reverse-mode differentiation: `gradients(ys, xs)` adds to the graph the nodes that compute ∂Σys/∂xs.
//!
//! Each op has its rule, and the chain rule does the rest, with one exception: the logarithm of a softmax is
//! differentiated as one function, so that its gradient is finite where a probability underflows.

mod body;
mod calls;
mod framed_loop;
mod log_softmax;
mod loops;
mod way_back;
mod while_loop;
mod within;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::error::{Code, Error};
use crate::graph::{Edge, Graph, NodeId, Tensor, Variable};
use crate::ops::array::BroadcastGradientArgs;
use crate::ops::{Backward, Grad, tensor_array};
use crate::run::{check_ops, order};
use crate::value::PartialShape;

pub(crate) use calls::{called_by, through_call};
use loops::Loop;

/// What a gradient can be taken with respect to: a tensor or a variable (its reference, so that every reading counts).
pub trait Differentiable {
    /// The tensor.
    fn tensor(&self) -> Tensor;
}

impl Differentiable for Tensor {
    fn tensor(&self) -> Tensor {
        self.clone()
    }
}

impl Differentiable for Variable {
    fn tensor(&self) -> Tensor {
        self.reference().clone()
    }
}

impl<D: Differentiable + ?Sized> Differentiable for &D {
    fn tensor(&self) -> Tensor {
        (**self).tensor()
    }
}

/// The gradient of the sum of all elements of `ys` with respect to each of `xs`, as new nodes of the graph; `None`
/// where no differentiable path leads from x to y. The result can itself be differentiated.
///
/// `log(softmax(a))` is differentiated as `log_softmax(a)`, however it was spelled, so that a cross-entropy written by
/// hand, `−Σ y·log(softmax(a))`, has the gradient `softmax(a)·Σy − y` at any logits.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>((), "x");
/// let cube = &x * &x * &x;
/// let slope = gradients(&[&cube], &[&x])[0].clone().unwrap(); // 3x²
/// let curve = gradients(&[&slope], &[&x])[0].clone().unwrap(); // 6x
/// let sess = Session::new(&tf)?;
/// assert_eq!(sess.run((&slope, &curve), feeds![x => 2.0])?, (12.0.into(), 12.0.into()));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn gradients(ys: &[impl AsRef<Tensor>], xs: &[impl Differentiable]) -> Vec<Option<Tensor>> {
    let ys: Vec<Tensor> = ys.iter().map(|y| y.as_ref().clone()).collect();
    let starts: Vec<Option<Tensor>> = vec![None; ys.len()];
    gradients_from(&ys, &starts, &xs.iter().map(Differentiable::tensor).collect::<Vec<_>>())
}

/// As [`gradients`], where `starts` holds the gradient with which each y begins (`grad_ys`); `None` is all ones.
#[track_caller]
pub fn gradients_from(ys: &[Tensor], starts: &[Option<Tensor>], xs: &[Tensor]) -> Vec<Option<Tensor>> {
    let Some(y) = ys.first() else { return vec![None; xs.len()] };
    let _scope = y.graph().name_scope("gradients");
    gradients_past(ys, starts, xs, &[])
}

/// As [`gradients_from`], in the name scope that is open, and with the tensors of `stops` taken for constants
/// (`stop_gradients`): what they are computed from gets nothing through them.
///
/// ```
/// use tenseur::gradients::gradients_past;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(3.0);
/// let square = x.square();
/// let y = &square * &x; // x³, and s·x where s is a constant
/// let slope = gradients_past(&[y], &[None], &[x, square.clone()], &[square]);
/// let sess = Session::new(&tf)?;
/// let slopes = (slope[0].as_ref().unwrap(), slope[1].as_ref().unwrap());
/// assert_eq!(sess.run(slopes, feeds![])?, (9.0.into(), 3.0.into()));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn gradients_past(
    ys: &[Tensor],
    starts: &[Option<Tensor>],
    xs: &[Tensor],
    stops: &[Tensor],
) -> Vec<Option<Tensor>> {
    let Some(graph) = ys.first().map(|y| y.graph().clone()) else { return vec![None; xs.len()] };
    if let Some(stranger) = ys.iter().chain(xs).find(|tensor| !tensor.graph().is(&graph)) {
        let name = stranger.name();
        graph.fail(Error::invalid(format!("gradients: \"{name}\" belongs to another graph")));
        return vec![None; xs.len()];
    }
    if let Some(y) = ys.iter().find(|y| y.fact().is_none()) {
        graph.fail(why_unknown(y));
        return vec![None; xs.len()];
    }
    let _differentiation = graph.begin_differentiation(tensor_array::free_source(&graph));
    let loops = loops::loops(&graph.read());
    if let Some(error) = within_a_loop(&loops, ys, xs) {
        graph.fail(error);
        return vec![None; xs.len()];
    }
    let between = between(&graph, ys, xs);
    // What has arrived at each output of each node so far, and what is wanted of it in the end.
    let mut arriving: Vec<SmallVec<[(u32, Tensor); 1]>> = vec![SmallVec::new(); between.len()];
    for (y, start) in ys.iter().zip(starts) {
        let start = match start {
            Some(start) => start.clone(),
            None => y.ones_like(),
        };
        if between[y.edge().node.index()] {
            arriving[y.edge().node.index()].push((y.edge().output, start));
        }
    }
    let wanted: HashSet<Edge> = xs.iter().map(Tensor::edge).collect();
    let wanted_nodes: HashSet<NodeId> = wanted.iter().map(|edge| edge.node).collect();
    let mut done: HashMap<Edge, Tensor> = HashMap::default();
    for step in steps(&graph, &loops, &between) {
        let id = match step {
            Step::Node(id) => id,
            Step::Loop(around) => {
                let done = &mut done;
                back_through(&graph, around, &mut arriving, &between, &wanted, done);
                continue;
            }
        };
        let (op, inputs, outputs, name) = {
            let contents = graph.read();
            let node = &contents.nodes[id.index()];
            let outputs = node.outputs.as_ref().map(|outputs| outputs.len());
            (node.op.clone(), node.inputs.clone(), outputs, node.name.clone())
        };
        // What it computes is known only where what it reads is; rules count on that.
        let Some(outputs) = outputs else {
            if !arriving[id.index()].is_empty() && inputs.iter().any(|input| between[input.node.index()]) {
                let message = format!(
                    "no gradient goes through \"{name}\": it is an op that is not known, or reads one"
                );
                graph.fail(Error::new(Code::Unimplemented, message));
            }
            continue;
        };
        let mut arrived: SmallVec<[Option<Tensor>; 2]> = {
            let mut terms: SmallVec<[SmallVec<[Tensor; 2]>; 2]> =
                SmallVec::from_elem(SmallVec::new(), outputs);
            for (output, term) in std::mem::take(&mut arriving[id.index()]) {
                // A node that failed has no outputs; its error stands.
                if let Some(terms) = terms.get_mut(output as usize) {
                    terms.push(term);
                }
            }
            terms.into_iter().map(|terms| sum_of(&graph, terms)).collect()
        };
        if wanted_nodes.contains(&id) {
            for (output, sum) in arrived.iter().enumerate() {
                let edge = Edge { node: id, output: output as u32 };
                if let Some(sum) = sum.as_ref().filter(|_| wanted.contains(&edge)) {
                    done.insert(edge, sum.clone());
                }
            }
        }
        for stop in stops.iter().filter(|stop| stop.edge().node == id) {
            if let Some(here) = arrived.get_mut(stop.edge().output as usize) {
                *here = None;
            }
        }
        if arrived.iter().all(Option::is_none) || !inputs.iter().any(|input| between[input.node.index()]) {
            continue;
        }
        let told = graph.read().told.gradient(id);
        let rule = match (&told, op.grad()) {
            (Some(told), _) => Box::new(|node: &Backward<'_>| told(node)),
            (None, Grad::Rule(rule) | Grad::Once(rule, _)) => rule,
            (None, Grad::None(_)) => continue,
            (None, Grad::Undefined(why)) => {
                let message = format!("\"{name}\": op {} has no gradient: {why}", op.name());
                graph.fail(Error::new(Code::Unimplemented, message));
                continue;
            }
        };
        let tensor = |edge: Edge| Tensor::new(graph.clone(), edge);
        let values: SmallVec<[Tensor; 3]> = inputs.iter().copied().map(tensor).collect();
        let results: SmallVec<[Tensor; 2]> =
            (0..outputs as u32).map(|output| tensor(Edge { node: id, output })).collect();
        let _own = graph.name_scope(&format!("{name}_grad"));
        let node = Backward { inputs: &values, outputs: &results, gradients: &arrived };
        let flowing: SmallVec<[(Edge, Tensor); 2]> =
            match log_softmax::through_logarithm(&*op, &node, &wanted).filter(|_| told.is_none()) {
                Some(flowing) => flowing,
                None => {
                    let gradients = rule(&node);
                    debug_assert_eq!(
                        gradients.len(),
                        inputs.len(),
                        "{} has a gradient for each input",
                        op.name()
                    );
                    let each = inputs.iter().copied().zip(gradients);
                    each.filter_map(|(input, gradient)| Some((input, gradient?))).collect()
                }
            };
        for (edge, gradient) in flowing {
            if between[edge.node.index()] {
                arriving[edge.node.index()].push((edge.output, gradient));
            }
        }
    }
    xs.iter().map(|x| done.get(&x.edge()).cloned()).collect()
}

/// Why nothing is known of a tensor: it needs ops that are not there, or is itself not there.
fn why_unknown(y: &Tensor) -> Error {
    let contents = y.graph().read();
    let order = order(&contents.nodes, &[y.edge().node], &HashSet::default());
    let not_there =
        || Error::new(Code::NotFound, format!("there is no tensor \"{}\"", contents.tensor_name(y.edge())));
    check_ops(&contents, &order.nodes).err().unwrap_or_else(not_there).context("gradients")
}

/// Refuses tensors that have another value in every turn of a loop.
fn within_a_loop(loops: &[Loop], ys: &[Tensor], xs: &[Tensor]) -> Option<Error> {
    let within = |tensor: &&Tensor| {
        let id = tensor.edge().node;
        let left = |around: &Loop| around.variables.iter().any(|variable| variable.exit == Some(id));
        loops.iter().any(|around| around.nodes.contains(&id) && !left(around))
    };
    let tensor = ys.iter().chain(xs).find(within)?;
    let text = format!("gradients: \"{}\" is within a loop, and has a value in every turn", tensor.name());
    Some(Error::invalid(text).hint("differentiate what leaves the loop, with respect to what enters it"))
}

/// What gradients go back through at once.
enum Step<'a> {
    Node(NodeId),
    Loop(&'a Loop),
}

/// The nodes on a path, and loops as a whole, each after everything that reads it.
fn steps<'a>(graph: &Graph, loops: &'a [Loop], between: &[bool]) -> Vec<Step<'a>> {
    let backwards = (0..between.len() as u32).rev().map(NodeId).filter(|id| between[id.index()]);
    if loops.is_empty() {
        return backwards.map(Step::Node).collect();
    }
    // A loop's nodes stand for one: its last.
    let mut place: Vec<usize> = (0..between.len()).collect();
    let mut whole: HashMap<usize, &Loop> = HashMap::default();
    for around in loops {
        let Some(last) = around.nodes.last().map(|id| id.index()) else { continue };
        whole.insert(last, around);
        for id in &around.nodes {
            place[id.index()] = last;
        }
    }
    let contents = graph.read();
    let mut readers: HashMap<usize, usize> = HashMap::default();
    let mut reads: HashMap<usize, Vec<usize>> = HashMap::default();
    for id in backwards {
        let own = place[id.index()];
        readers.entry(own).or_default();
        for input in contents.nodes[id.index()].inputs.iter().filter(|input| between[input.node.index()]) {
            let read = place[input.node.index()];
            if read != own {
                reads.entry(own).or_default().push(read);
                *readers.entry(read).or_default() += 1;
            }
        }
    }
    let mut ready: std::collections::BinaryHeap<usize> =
        readers.iter().filter(|(_, count)| **count == 0).map(|(own, _)| *own).collect();
    let mut steps = Vec::new();
    while let Some(own) = ready.pop() {
        steps.push(match whole.get(&own) {
            Some(around) => Step::Loop(around),
            None => Step::Node(NodeId(own as u32)),
        });
        for read in reads.remove(&own).unwrap_or_default() {
            let left = readers.entry(read).or_default();
            *left -= 1;
            if *left == 0 {
                ready.push(read);
            }
        }
    }
    steps
}

/// Takes the gradients of what left a loop back to what entered it.
#[track_caller]
fn back_through(
    graph: &Graph,
    around: &Loop,
    arriving: &mut [SmallVec<[(u32, Tensor); 1]>],
    between: &[bool],
    wanted: &HashSet<Edge>,
    done: &mut HashMap<Edge, Tensor>,
) {
    let mut finals: Vec<Option<Tensor>> = Vec::new();
    for variable in &around.variables {
        let terms = variable.exit.map(|exit| std::mem::take(&mut arriving[exit.index()])).unwrap_or_default();
        let sum = sum_of(graph, terms.into_iter().map(|(_, term)| term).collect());
        if let (Some(node), Some(sum)) = (variable.exit, &sum) {
            let edge = Edge { node, output: 0 };
            if wanted.contains(&edge) {
                done.insert(edge, sum.clone());
            }
        }
        finals.push(sum);
    }
    let enters: Vec<Edge> = {
        let contents = graph.read();
        let enters =
            around.variables.iter().map(|variable| variable.enter).chain(around.kept.iter().copied());
        enters.map(|enter| contents.nodes[enter.index()].inputs[0]).collect()
    };
    if finals.iter().all(Option::is_none) || !enters.iter().any(|edge| between[edge.node.index()]) {
        return;
    }
    // What goes round is always followed, since one variable of a loop may lead to another.
    let count = around.variables.len();
    let asked: Vec<bool> =
        enters.iter().enumerate().map(|(i, edge)| i < count || between[edge.node.index()]).collect();
    match framed_loop::through_loop(graph, around, &finals, &asked) {
        Ok(gradients) => {
            for (edge, gradient) in enters.into_iter().zip(gradients) {
                if let Some(gradient) = gradient.filter(|_| between[edge.node.index()]) {
                    arriving[edge.node.index()].push((edge.output, gradient));
                }
            }
        }
        Err(error) => {
            graph.fail(error);
        }
    }
}

/// By node, whether it lies on a path from an x to a y.
fn between(graph: &Graph, ys: &[Tensor], xs: &[Tensor]) -> Vec<bool> {
    let contents = graph.read();
    let mut above = vec![false; contents.nodes.len()];
    for x in xs {
        above[x.edge().node.index()] = true;
    }
    // Loops lead back to earlier nodes.
    loop {
        let mut again = false;
        for (id, node) in contents.nodes.iter().enumerate() {
            let before = above[id];
            above[id] |= node.inputs.iter().any(|input| above[input.node.index()]);
            again |= above[id] && !before && matches!(node.op.name(), "NextIteration" | "RefNextIteration");
        }
        if !again {
            break;
        }
    }
    let mut found = vec![false; contents.nodes.len()];
    let mut open: Vec<NodeId> = ys.iter().map(|y| y.edge().node).collect();
    while let Some(id) = open.pop() {
        if above[id.index()] && !found[id.index()] {
            found[id.index()] = true;
            open.extend(contents.nodes[id.index()].inputs.iter().map(|input| input.node));
        }
    }
    found
}

/// The sum of gradients that arrive along several paths, if any did.
#[track_caller]
fn sum_of(graph: &Graph, mut terms: SmallVec<[Tensor; 2]>) -> Option<Tensor> {
    match terms.len() {
        0 | 1 => terms.pop(),
        _ => Some(graph.add(crate::ops::math::AddN, &terms.iter().collect::<Vec<_>>())),
    }
}

impl Backward<'_> {
    /// `gradient`, of the shape to which the node's inputs were broadcast, summed back to the shape of input `i`.
    ///
    /// Where the shapes are not known well enough, the axes are found at run time, by BroadcastGradientArgs.
    #[track_caller]
    pub fn sum_to(&self, gradient: &Tensor, i: usize) -> Tensor {
        let x = self.x(i);
        let (from, to) = (gradient.shape(), x.shape());
        let others: Vec<PartialShape> =
            (0..self.inputs()).filter(|&other| other != i).map(|other| self.x(other).shape()).collect();
        let Some(axes) = stretched_axes(&from, &to, &others) else {
            let axes = x.graph().add(BroadcastGradientArgs, &[&x.shape_tensor(), &gradient.shape_tensor()]);
            return gradient.reduce_sum(&axes).reshape(x.shape_tensor());
        };
        match axes.is_empty() {
            true => gradient.clone(),
            false => gradient.reduce_sum(&axes[..]).reshape_like(x),
        }
    }
}

/// The axes of `from` along which a tensor of shape `to` was stretched when it met `others`; `None` if that cannot be
/// said yet.
fn stretched_axes(from: &PartialShape, to: &PartialShape, others: &[PartialShape]) -> Option<Vec<i32>> {
    let (from, to) = (from.sizes()?, to.sizes()?);
    let missing = from.len().checked_sub(to.len())?;
    let mut axes: Vec<i32> = (0..missing as i32).collect();
    for axis in missing..from.len() {
        let stretched = match (from[axis], to[axis - missing]) {
            (Some(1), _) => false,
            (_, Some(1)) => true,
            (_, Some(_)) => false,
            // Nothing else can have stretched this axis if everything else has size 1 there, or no such axis.
            (_, None) => {
                let alone = |other: &PartialShape| {
                    let other = other.sizes()?;
                    match (axis + other.len()).checked_sub(from.len()) {
                        Some(axis) => (other[axis] == Some(1)).then_some(()),
                        None => Some(()),
                    }
                };
                others.iter().try_for_each(alone)?;
                false
            }
        };
        if stretched {
            axes.push(axis as i32);
        }
    }
    Some(axes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_what_failed_is_no_panic() {
        let tf = Graph::new();
        let (x, y) = (tf.constant(1.0), tf.full_of(crate::DType::Float64, [2], 1.0));
        let product = &x * &y;
        assert!(gradients(&[&product], &[&x])[0].is_none());
        assert!(tf.check().unwrap_err().message().contains("float64"));
    }

    #[test]
    fn a_bias_needs_no_look_at_run_time() {
        let batch = PartialShape::from([None, Some(8)]);
        let bias = PartialShape::from([8]);
        assert_eq!(stretched_axes(&batch, &bias, std::slice::from_ref(&batch)), Some(vec![0]));
        assert_eq!(stretched_axes(&batch, &batch, std::slice::from_ref(&bias)), Some(vec![]));
        assert_eq!(stretched_axes(&batch, &batch, std::slice::from_ref(&batch)), None);
        assert_eq!(stretched_axes(&[2, 3].into(), &[2, 1].into(), &[[2, 3].into()]), Some(vec![1]));
        assert_eq!(stretched_axes(&[1, 3].into(), &[1, 3].into(), &[[1, 3].into()]), Some(vec![]));
    }
}
