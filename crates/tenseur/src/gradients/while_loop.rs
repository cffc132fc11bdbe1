//! Gradients through loops.
//!
//! The forward loop puts what a turn's gradient needs into lists, one element a turn, and counts its turns; a loop of its
//! own goes back through them: it takes the last element of each list, and turns the gradients of what a turn gave into
//! those of what it got. What every turn saw gets the sum of all turns' gradients. The way back is a While whose body is made
//! of ops that have gradients themselves, lists included, so that it can be differentiated again.

use super::body::{Body, BodyGradient, active, argument, differentiate};
use super::calls::repeatable;
use super::loops::{Loop, LoopVariable};
use crate::error::{Error, Reason, Result};
use crate::graph::{Copying, Edge, Fact, Function, Graph, NodeId, Tensor};
use crate::ops::control_flow::{Enter, Exit, Merge, NextIteration, Switch};
use crate::ops::function::{StatelessWhile, While};
use crate::ops::held::Held;
use crate::ops::list::{EmptyTensorList, TensorListPopBack, TensorListPushBack};
use crate::ops::math::AddN;
use crate::ops::resource::ReadVariableOp;
use crate::value::{DType, PartialShape};

/// What a loop left for the way back.
struct Turns {
    /// How many there were.
    count: Tensor,
    /// By what is handed over: the list of its values.
    lists: Vec<Tensor>,
}

/// The gradients that a loop of TensorFlow 1's sends to what enters it: by its variables, and by what every turn sees.
/// `finals` are the gradients of what left it.
#[track_caller]
pub(super) fn through_loop(
    graph: &Graph,
    around: &Loop,
    finals: &[Option<Tensor>],
    wanted: &[bool],
) -> Result<Vec<Option<Tensor>>> {
    let count = around.variables.len();
    let (body, origins) = around.body(graph);
    let kept: Vec<bool> = (0..body.arguments.len()).map(|argument| argument >= count).collect();
    let started = active(&body, finals);
    let gradient = differentiate(graph, body, &kept, wanted, &started)?;
    let turns = record(graph, around, &gradient, |edge| around.original(&gradient.arguments, &origins, edge));
    let entered = |&enter: &NodeId| {
        let edge = graph.read().nodes[enter.index()].inputs[0];
        Tensor::new(graph.clone(), edge)
    };
    let kept: Vec<Tensor> = around.kept.iter().map(entered).collect();
    let left = |variable: &LoopVariable| {
        variable.exit.map(|exit| Tensor::new(graph.clone(), Edge { node: exit, output: 0 }))
    };
    let outputs: Vec<Option<Tensor>> = around.variables.iter().map(left).collect();
    let begin: Vec<Tensor> = around.variables.iter().map(|variable| entered(&variable.enter)).collect();
    way_back(graph, &gradient, &turns, finals, &outputs, &begin, &kept, &around.frame)
}

/// Makes the loop keep what is handed over, and count its turns: more variables of the same loop.
fn record(graph: &Graph, around: &Loop, gradient: &BodyGradient, original: impl Fn(Edge) -> Edge) -> Turns {
    let goes_on = Tensor::new(graph.clone(), Edge { node: around.condition, output: 0 });
    let round = |first: &Tensor, turn: &dyn Fn(&Tensor) -> Tensor| {
        let enter = graph.add(Enter::new(&around.frame, false), &[first]);
        let merge = graph.add(Merge::new(2), &[&enter]);
        let sides = graph.add_op(Switch::new(), &[&merge, &goes_on], None);
        let next = graph.add(NextIteration::new(), &[&turn(&sides.output(1))]);
        graph.lead_back(&merge, &next);
        graph.add(Exit::new(), &[&sides.output(0)])
    };
    let one = graph.add(Enter::new(&around.frame, true), &[&graph.constant(1)]);
    let count = round(&graph.constant(0), &|count| count + &one);
    let keep = |&edge: &Edge| {
        let element_dtype = gradient.saved_type(edge);
        let value = Tensor::new(graph.clone(), original(edge));
        let push = |list: &Tensor| graph.add(Held(TensorListPushBack { element_dtype }), &[list, &value]);
        round(&empty(graph, element_dtype), &push)
    };
    Turns { count, lists: gradient.saved.iter().map(keep).collect() }
}

fn empty(graph: &Graph, element_dtype: DType) -> Tensor {
    let any = graph.constant(-1);
    graph.add(Held(EmptyTensorList { element_dtype }), &[&any, &any])
}

/// The gradients that a While sends to its inputs. It is run a second time, and then keeps what the way back needs.
#[track_caller]
pub(super) fn through_while(
    graph: &Graph,
    condition: &str,
    body: &str,
    inputs: &[Tensor],
    finals: &[Option<Tensor>],
) -> Result<Vec<Option<Tensor>>> {
    let functions = graph.read().functions.clone();
    let (test, turn) = (functions.get(condition)?, functions.get(body)?);
    let count = inputs.len();
    if turn.arguments.len() != count || turn.results.len() != count || test.arguments.len() != count {
        return Err(Error::invalid("its functions do not fit its inputs"));
    }
    repeatable(&functions, condition)?;
    repeatable(&functions, body)?;
    // What a turn hands on as it is goes round like anything else, but its gradient is a sum over all turns.
    let unchanged: Vec<bool> = (0..count).map(|i| passed_on(&turn, i)).collect();
    let round: Vec<usize> = (0..count).filter(|&i| !unchanged[i]).collect();
    let same: Vec<usize> = (0..count).filter(|&i| unchanged[i]).collect();
    let order: Vec<usize> = round.iter().chain(&same).copied().collect();
    let own = graph.for_body_of(body)?;
    let facts = settled(graph, &turn, inputs);
    let arguments: Vec<Tensor> =
        order.iter().enumerate().map(|(place, &i)| argument(&own, place, &facts[i])).collect();
    let all = |_: NodeId| true;
    let results = {
        let mut copying = Copying::new(&turn.graph, &own, &all);
        for (&i, argument) in order.iter().zip(&arguments) {
            copying.replace(Edge { node: turn.arguments[i], output: 0 }, argument.clone());
        }
        let wanted: Vec<Edge> = round.iter().map(|&i| turn.results[i]).collect();
        copying.edges(&wanted).iter().map(Tensor::edge).collect()
    };
    let kept: Vec<bool> = (0..count).map(|place| place >= round.len()).collect();
    let turn = Body { graph: own, arguments, results };
    let last: Vec<Option<Tensor>> = round.iter().map(|&i| finals[i].clone()).collect();
    let started = active(&turn, &last);
    let gradient = differentiate(graph, turn, &kept, &vec![true; count], &started)?;

    // The loop again, with a count and a list for each value that is handed over.
    let lists: Vec<DType> = gradient.saved.iter().map(|&edge| gradient.saved_type(edge)).collect();
    let ordered: Vec<Tensor> = order.iter().map(|&i| inputs[i].clone()).collect();
    let mut state: Vec<Tensor> = ordered.clone();
    state.push(graph.constant(0));
    state.extend(lists.iter().map(|&dtype| empty(graph, dtype)));
    let condition = {
        let own = graph.for_body();
        let arguments = state_arguments(&own, &state);
        let mut copying = Copying::new(&test.graph, &own, &all);
        for (place, &i) in order.iter().enumerate() {
            copying.replace(Edge { node: test.arguments[i], output: 0 }, arguments[place].clone());
        }
        let results = copying.edges(&test.results).iter().map(Tensor::edge).collect();
        function(graph, "while_cond", own, &arguments, results)
    };
    let body = {
        let own = graph.for_body();
        let arguments = state_arguments(&own, &state);
        let mut copying = Copying::new(&gradient.graph, &own, &all);
        for (inner, argument) in gradient.arguments.iter().zip(&arguments) {
            copying.replace(inner.edge(), argument.clone());
        }
        let mut results: Vec<Edge> = copying.edges(&gradient.results).iter().map(Tensor::edge).collect();
        let values = copying.edges(&gradient.saved);
        results.extend(arguments[round.len()..count].iter().map(Tensor::edge));
        results.push((&arguments[count] + 1.0).edge());
        for ((value, &element_dtype), list) in values.iter().zip(&lists).zip(&arguments[count + 1..]) {
            results.push(own.add(Held(TensorListPushBack { element_dtype }), &[list, value]).edge());
        }
        function(graph, "while_body", own, &arguments, results)
    };
    let again = while_loop(graph, &condition, &body, &state).map_err(Error::from)?;
    let turns = Turns { count: again[count].clone(), lists: again[count + 1..].to_vec() };
    let finals: Vec<Option<Tensor>> = order.iter().map(|&i| finals[i].clone()).collect();
    let outputs: Vec<Option<Tensor>> = again[..round.len()].iter().cloned().map(Some).collect();
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
            copying.replace(Edge { node: turn.arguments[i], output: 0 }, argument(&own, i, fact));
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

/// The arguments of a function over these tensors; what changes from turn to turn may change its shape.
fn state_arguments(own: &Graph, state: &[Tensor]) -> Vec<Tensor> {
    let open = |(i, tensor): (usize, &Tensor)| {
        let fact = tensor.fact().unwrap_or_else(|| Fact::new(DType::Float32, PartialShape::unknown()));
        let shape = if fact.reference { fact.shape.clone() } else { PartialShape::unknown() };
        argument(own, i, &Fact { shape, ..fact })
    };
    state.iter().enumerate().map(open).collect()
}

fn function(graph: &Graph, name: &str, own: Graph, arguments: &[Tensor], results: Vec<Edge>) -> String {
    let arguments = arguments.iter().map(|argument| argument.edge().node).collect();
    let name = format!("{}_{name}", graph.differentiation());
    graph.add_function(&name, Function { graph: own, arguments, results, effects: Vec::new() })
}

fn while_loop(graph: &Graph, condition: &str, body: &str, state: &[Tensor]) -> Result<Vec<Tensor>, Reason> {
    let handle = |fact: Fact| if fact.resource { DType::Resource } else { fact.dtype };
    let types: Vec<DType> = state.iter().map(|x| x.fact().map_or(DType::Float32, handle)).collect();
    let functions = [("cond", condition), ("body", body)];
    let inputs: Vec<&Tensor> = state.iter().collect();
    let node = match state.iter().any(|x| x.fact().is_some_and(|fact| fact.reference)) {
        true => graph.add_op(While::of(&functions, types, &[])?, &inputs, Some("while")),
        false => graph.add_op(StatelessWhile::of(&functions, types, &[])?, &inputs, Some("while")),
    };
    Ok((0..state.len()).map(|output| node.output(output)).collect())
}

/// Goes back through the turns. `finals` are the gradients of what left the loop, `outputs` that itself, `begin` what
/// entered it, `kept` what every turn saw. Gives the gradients of `begin` and of `kept`.
#[track_caller]
#[expect(clippy::too_many_arguments, reason = "each is another side of one loop")]
fn way_back(
    graph: &Graph,
    gradient: &BodyGradient,
    turns: &Turns,
    finals: &[Option<Tensor>],
    outputs: &[Option<Tensor>],
    begin: &[Tensor],
    kept: &[Tensor],
    name: &str,
) -> Result<Vec<Option<Tensor>>> {
    let _own = graph.name_scope(&format!("{name}_grad"));
    // In this order: the count, gradients of what goes round, sums for what is the same in every turn, lists, and that.
    let round: Vec<usize> = (0..finals.len()).filter(|&i| gradient.start(i).is_some()).collect();
    let summed: Vec<usize> =
        (0..kept.len()).filter(|&i| gradient.gradients[finals.len() + i].is_some()).collect();
    let mut state = vec![turns.count.clone()];
    for &i in &round {
        state.push(match (&finals[i], &outputs[i]) {
            (Some(last), _) => last.clone(),
            (None, Some(output)) => output.zeros_like(),
            (None, None) => begin[i].zeros_like(),
        });
    }
    for &i in &summed {
        let edge = gradient.gradients[finals.len() + i];
        state.push(zeros(&kept[i], edge.and_then(|edge| gradient.fact(edge))));
    }
    state.extend(turns.lists.iter().cloned());
    state.extend(kept.iter().cloned());
    let (first_sum, first_list) = (1 + round.len(), 1 + round.len() + summed.len());
    let first_kept = first_list + turns.lists.len();

    let condition = {
        let own = graph.for_body();
        let arguments = state_arguments(&own, &state);
        let results = vec![arguments[0].greater(0.0).edge()];
        function(graph, "while_grad_cond", own, &arguments, results)
    };
    let body = {
        let own = graph.for_body();
        let arguments = state_arguments(&own, &state);
        let mut results = vec![(&arguments[0] - 1.0).edge()];
        let mut left = Vec::new();
        let mut saved = Vec::new();
        for (&edge, list) in gradient.saved.iter().zip(&arguments[first_list..]) {
            let pop = Held(TensorListPopBack { element_dtype: gradient.saved_type(edge) });
            let both = own.add_op(pop, &[list, &own.constant(-1)], None);
            left.push(both.output(0).edge());
            saved.push(both.output(1));
        }
        let mut starts: Vec<Option<Tensor>> = vec![None; finals.len()];
        for (&i, argument) in round.iter().zip(&arguments[1..]) {
            starts[i] = Some(argument.clone());
        }
        let mut given: Vec<Option<Tensor>> = vec![None; finals.len()];
        given.extend(arguments[first_kept..].iter().cloned().map(Some));
        let found = {
            let _same = own.name_scope(&format!("{}/", graph.differentiation()));
            gradient.emit(&own, &starts, &given, &saved)
        };
        for (&i, argument) in round.iter().zip(&arguments[1..]) {
            let next = found[i].clone();
            results.push(next.unwrap_or_else(|| argument.zeros_like()).edge());
        }
        for (&i, sum) in summed.iter().zip(&arguments[first_sum..]) {
            results.push(match &found[finals.len() + i] {
                Some(term) => own.add(AddN, &[sum, term]).edge(),
                None => sum.edge(),
            });
        }
        results.extend(left);
        results.extend(arguments[first_kept..].iter().map(Tensor::edge));
        own.check()?;
        function(graph, "while_grad_body", own, &arguments, results)
    };
    let after = while_loop(graph, &condition, &body, &state).map_err(Error::from)?;
    let mut all: Vec<Option<Tensor>> = vec![None; finals.len() + kept.len()];
    for (place, &i) in round.iter().enumerate() {
        all[i] = Some(shaped(&after[1 + place], &begin[i]));
    }
    for (place, &i) in summed.iter().enumerate() {
        all[finals.len() + i] = Some(shaped(&after[first_sum + place], &kept[i]));
    }
    Ok(all)
}

/// The gradient of `x`, of which a While does not say the shape.
fn shaped(gradient: &Tensor, x: &Tensor) -> Tensor {
    match x.fact() {
        Some(fact) if fact.shape.rank().is_some() && fact.dtype != DType::Variant && !fact.resource => {
            gradient.reshape_like(x)
        }
        _ => gradient.clone(),
    }
}

/// Zeros like what a tensor holds, be it a resource's handle.
fn zeros(x: &Tensor, gradient: Option<Fact>) -> Tensor {
    match (x.fact().is_some_and(|fact| fact.resource), gradient) {
        (true, Some(fact)) => x.graph().add(ReadVariableOp { dtype: fact.dtype }, &[x]).zeros_like(),
        _ => x.zeros_like(),
    }
}
