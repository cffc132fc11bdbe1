//! Gradients through a While: what records the turns becomes more variables of the same loop.

use std::sync::Arc;

use super::body::{Again, Body, BodyGradient, active, argument, differentiate};
use super::calls::{add, arguments_of, copied};
use super::way_back::{Turns, empty, state_arguments, types_of, way_back};
use crate::error::{Error, Result};
use crate::graph::{Copying, Edge, Fact, Function, Graph, Node, NodeId, Provision, Tensor};
use crate::ops::function::{ExtendedCall, PartitionedCall, StatefulPartitionedCall};
use crate::ops::held::Held;
use crate::ops::list::TensorListPushBack;
use crate::ops::math::AddN;
use crate::ops::{Backward, Grad, Op};
use crate::value::{DType, PartialShape};

/// The gradients that a While sends to its inputs. The loop itself keeps what the way back needs, in lists that it has besides
/// its variables. These begin empty, before the loop: where there is nothing before it that they can begin with, the loop
/// becomes one of a function that the node calls, which has its own beginning.
#[track_caller]
pub(super) fn through_while(
    graph: &Graph,
    condition: &str,
    body: &str,
    extended: &ExtendedCall<'_>,
    node: &Backward<'_>,
) -> Result<Vec<Option<Tensor>>> {
    let provision = graph.read().provision.clone();
    let Some(provision) = provision else { return through_call_of_loop(graph, node) };
    let (inputs, finals, outputs) = (node.inputs, node.gradients, node.outputs);
    let functions = graph.read().functions.clone();
    let (test, turn) = (functions.get(condition)?, functions.get(body)?);
    let count = inputs.len();
    if turn.arguments.len() != count || turn.results.len() != count || test.arguments.len() != count {
        return Err(Error::invalid("its functions do not fit its inputs"));
    }
    // What a turn hands on as it is goes round like anything else, but its gradient is a sum over all turns.
    let unchanged: Vec<bool> = (0..count).map(|i| passed_on(&turn, i)).collect();
    let round: Vec<usize> = (0..count).filter(|&i| !unchanged[i]).collect();
    let same: Vec<usize> = (0..count).filter(|&i| unchanged[i]).collect();
    let order: Vec<usize> = round.iter().chain(&same).copied().collect();
    let own = graph.for_body_of(body)?;
    let facts = settled(graph, &turn, inputs);
    let arguments: Vec<Tensor> =
        order.iter().enumerate().map(|(place, &i)| argument(&own, place, &facts[i])).collect();
    provide(&own, &turn);
    let wanted: Vec<Edge> = round.iter().map(|&i| turn.results[i]).collect();
    let (results, effects) = copied(&turn, &own, &in_order(&order, &arguments), &wanted);
    let kept: Vec<bool> = (0..count).map(|place| place >= round.len()).collect();
    let body = Body { graph: own, arguments, results };
    let last: Vec<Option<Tensor>> = round.iter().map(|&i| finals[i].clone()).collect();
    let started = active(&body, &last);
    let gradient = differentiate(graph, body, &kept, Again::Turns, &vec![true; count], &started)?;

    let turning = Turning { test: &test, inputs, order: &order, gradient: &gradient, effects: &effects };
    let turns = turning.record(graph, outputs[0].edge().node, extended, &provision)?;
    let ordered: Vec<Tensor> = order.iter().map(|&i| inputs[i].clone()).collect();
    let finals: Vec<Option<Tensor>> = order.iter().map(|&i| finals[i].clone()).collect();
    let outputs: Vec<Option<Tensor>> = round.iter().map(|&i| Some(outputs[i].clone())).collect();
    let (begin, kept) = ordered.split_at(round.len());
    let found = way_back(graph, &gradient, &turns, &finals[..round.len()], &outputs, begin, kept, "while")?;
    let mut all: Vec<Option<Tensor>> = vec![None; count];
    for ((&i, found), last) in order.iter().zip(found).zip(&finals) {
        // What was handed on as it is also left the loop.
        all[i] = match (found, last.as_ref().filter(|_| unchanged[i])) {
            (Some(found), Some(last)) => Some(graph.add(AddN, &[&found, last])),
            (found, last) => found.or_else(|| last.cloned()),
        };
    }
    Ok(all)
}

/// Makes a While that of a function which its node calls instead, and takes the gradients through that.
#[track_caller]
fn through_call_of_loop(graph: &Graph, node: &Backward<'_>) -> Result<Vec<Option<Tensor>>> {
    let id = node.outputs[0].edge().node;
    let Some(around) = graph.node(id) else { return Ok(vec![None; node.inputs()]) };
    let body = graph.for_body();
    let arguments = arguments_of(&body, node.inputs);
    let (name, stateful) = (around.name.to_string(), around.op.name() == "While");
    let inputs = arguments.iter().map(Tensor::edge).collect();
    let own = body.add_node(Node {
        inputs,
        control_inputs: Default::default(),
        outputs: None,
        record: None,
        ..around
    });
    let results = (0..node.outputs() as u32).map(|output| Edge { node: own, output }).collect();
    let name = add(graph, &name, body, &arguments, results, vec![own]);
    let types = types_of(node.outputs);
    let functions = [("f", &*name)];
    let op: Arc<dyn Op> = match stateful {
        true => Arc::new(StatefulPartitionedCall::of(&functions, types, &[])?),
        false => Arc::new(PartitionedCall::of(&functions, types, &[])?),
    };
    graph.extend(id, op.clone(), &[], &[])?;
    match op.grad() {
        Grad::Rule(rule) => Ok(rule(node)),
        _ => Ok(vec![None; node.inputs()]),
    }
}

/// A While, seen from the gradient of a turn.
struct Turning<'a> {
    /// Whether there is another turn.
    test: &'a Function,
    inputs: &'a [Tensor],
    /// By argument of the turn's gradient, which of the inputs it is.
    order: &'a [usize],
    gradient: &'a BodyGradient,
    /// Nodes of the turn that must have run.
    effects: &'a [NodeId],
}

impl Turning<'_> {
    /// Makes the loop keep what is handed over, and count its turns, as far as it does not yet.
    fn record(
        &self,
        graph: &Graph,
        id: NodeId,
        extended: &ExtendedCall<'_>,
        provision: &Provision,
    ) -> Result<Turns> {
        let output = |output: usize| Tensor::new(graph.clone(), Edge { node: id, output: output as u32 });
        let mut more: Vec<Edge> = Vec::new();
        let mut place = |known: Option<usize>, first: Edge| {
            known.unwrap_or_else(|| {
                more.push(first);
                self.inputs.len() + more.len() - 1
            })
        };
        let counter = place(self.counter(), provision.count);
        let mut lists = Vec::new();
        let mut further = Vec::new();
        for &edge in &self.gradient.saved {
            let dtype = self.gradient.saved_type(edge);
            let empty = provision.lists.get(&dtype).copied();
            let empty = empty.ok_or_else(|| Error::invalid(format!("there is no list of {dtype}")))?;
            let known = self.list_of(edge);
            lists.push(place(known, empty));
            further.extend(known.is_none().then_some((edge, dtype)));
        }
        if !more.is_empty() {
            let state = more.iter().map(|&edge| Tensor::new(graph.clone(), edge));
            let state: Vec<Tensor> = self.inputs.iter().cloned().chain(state).collect();
            let functions = self.functions(graph, &state, counter, &further)?;
            graph.extend(id, extended(&functions, types_of(&state[self.inputs.len()..]))?, &more, &[])?;
        }
        Ok(Turns { count: output(counter), lists: lists.into_iter().map(output).collect() })
    }

    /// The condition and the body of the loop over `state`: its own inputs, its count if that is new, and more lists.
    fn functions(
        &self,
        graph: &Graph,
        state: &[Tensor],
        counter: usize,
        further: &[(Edge, DType)],
    ) -> Result<[String; 2]> {
        let count = self.inputs.len();
        let condition = {
            let own = graph.for_body();
            let arguments = state_arguments(&own, state);
            let (results, effects) = copied(self.test, &own, &arguments, &self.test.results);
            add(graph, "while_cond", own, &arguments, results, effects)
        };
        let own = graph.for_body();
        let arguments = state_arguments(&own, state);
        let all = |_: NodeId| true;
        let mut copying = Copying::new(&self.gradient.graph, &own, &all);
        for (inner, &i) in self.gradient.arguments.iter().zip(self.order) {
            copying.replace_argument(inner.edge().node, &arguments[i]);
        }
        // What it hands on as it is, it does not compute.
        let mut results: Vec<Edge> = arguments.iter().map(Tensor::edge).collect();
        for (result, &i) in copying.edges(&self.gradient.results).iter().zip(self.order) {
            results[i] = result.edge();
        }
        if counter >= count {
            results[counter] = (&arguments[counter] + 1.0).edge();
        }
        let values: Vec<Edge> = further.iter().map(|(edge, _)| *edge).collect();
        let first = state.len() - further.len();
        for (i, (value, &(_, element_dtype))) in copying.edges(&values).iter().zip(further).enumerate() {
            let push = Held(TensorListPushBack { element_dtype });
            results[first + i] = own.add(push, &[&arguments[first + i], value]).edge();
        }
        let effects = copying.nodes(self.effects);
        own.check()?;
        Ok([condition, add(graph, "while_body", own, &arguments, results, effects)])
    }

    /// The variable of the loop that counts its turns, if it has one.
    fn counter(&self) -> Option<usize> {
        let whole = |fact: Option<Fact>| match fact {
            Some(Fact { dtype: DType::Int32, value: Some(value), .. }) => {
                value.to_i64().ok()?.first().copied()
            }
            _ => None,
        };
        self.variable(|node, argument, first| {
            let adds = matches!(node.op.name(), "AddV2" | "Add") && node.inputs[0] == argument;
            adds && whole(self.gradient.fact(node.inputs[1])) == Some(1) && whole(first.fact()) == Some(0)
        })
    }

    /// The variable of the loop that is a list of the values that `edge` of the turn had, if it has one.
    fn list_of(&self, edge: Edge) -> Option<usize> {
        self.variable(|node, argument, first| {
            let pushes = node.op.name() == "TensorListPushBack" && node.inputs[..] == [argument, edge];
            pushes && first.op().op_type() == "EmptyTensorList"
        })
    }

    /// The first variable of which this holds: of the node of a turn that gives its next value, of what it is in a turn, and
    /// of what it begins with.
    fn variable(&self, holds: impl Fn(&Node, Edge, &Tensor) -> bool) -> Option<usize> {
        let variables = self.gradient.results.iter().zip(&self.gradient.arguments).zip(self.order);
        let holding = |((result, argument), i): &((&Edge, &Tensor), &usize)| {
            let node = self.gradient.graph.node(result.node);
            node.is_some_and(|node| holds(&node, argument.edge(), &self.inputs[**i]))
        };
        variables.filter(holding).map(|(_, &i)| i).next()
    }
}

/// Notes what loops of a function's body may begin with that its gradient adds to them, where there are any.
pub(super) fn provide(own: &Graph, function: &Function) {
    let repeats = |node: &Node| matches!(node.op.name(), "While" | "StatelessWhile");
    if !function.graph.read().nodes.iter().any(repeats) {
        return;
    }
    let lists = DType::all().map(|dtype| (dtype, empty(own, dtype).edge())).collect();
    let count = own.constant(0).edge();
    own.write().provision = Some(Provision { count, lists });
}

/// What belongs to argument `order[place]`, by place, put in the order of the arguments.
fn in_order(order: &[usize], arguments: &[Tensor]) -> Vec<Tensor> {
    let mut sorted: Vec<(usize, Tensor)> = order.iter().copied().zip(arguments.iter().cloned()).collect();
    sorted.sort_by_key(|(i, _)| *i);
    sorted.into_iter().map(|(_, argument)| argument).collect()
}

/// Whether a turn hands argument `i` on as it is.
fn passed_on(turn: &Function, i: usize) -> bool {
    let contents = turn.graph.read();
    let mut edge = turn.results[i];
    while let Some(&before) = contents.nodes[edge.node.index()]
        .inputs
        .first()
        .filter(|_| contents.nodes[edge.node.index()].op.name() == "Identity")
    {
        edge = before;
    }
    edge.node == turn.arguments[i]
}

/// What is known of a While's inputs in every turn.
fn settled(graph: &Graph, turn: &Function, inputs: &[Tensor]) -> Vec<Fact> {
    let unknown = || Fact::new(DType::Float32, PartialShape::unknown());
    let mut facts: Vec<Fact> = inputs.iter().map(|input| input.fact().unwrap_or_else(unknown)).collect();
    loop {
        let own = graph.for_body();
        let all = |_: NodeId| true;
        let mut copying = Copying::new(&turn.graph, &own, &all);
        for (i, fact) in facts.iter().enumerate() {
            copying.replace_argument(turn.arguments[i], &argument(&own, i, fact));
        }
        let results = copying.edges(&turn.results);
        let mut settled = true;
        for (fact, result) in facts.iter_mut().zip(&results) {
            let shape = fact.shape.common(&result.shape());
            settled &= shape == fact.shape;
            fact.shape = shape;
        }
        if settled {
            return facts;
        }
    }
}
