//! The way back through loops.
//!
//! The forward loop puts what a turn's gradient needs into lists, one element a turn, and counts its turns; a loop of its
//! own goes back through them: it takes the last element of each list, and turns the gradients of what a turn gave into
//! those of what it got. What every turn saw gets the sum of all turns' gradients. The way back is a While whose body is made
//! of ops that have gradients themselves, lists included, so that it can be differentiated again.

use super::body::{BodyGradient, argument};
use super::calls::add;
use crate::error::{Error, Reason, Result};
use crate::graph::{Fact, Graph, Tensor};
use crate::ops::function::{StatelessWhile, While};
use crate::ops::held::Held;
use crate::ops::list::{EmptyTensorList, TensorListPopBack};
use crate::ops::math::AddN;
use crate::ops::resource::ReadVariableOp;
use crate::value::{DType, PartialShape};

/// What a loop left for the way back.
pub(super) struct Turns {
    /// How many there were.
    pub(super) count: Tensor,
    /// By what is handed over: the list of its values.
    pub(super) lists: Vec<Tensor>,
}

/// Goes back through the turns. `finals` are the gradients of what left the loop, `outputs` that itself, `begin` what
/// entered it, `kept` what every turn saw. Gives the gradients of `begin` and of `kept`.
#[track_caller]
#[expect(clippy::too_many_arguments, reason = "each is another side of one loop")]
pub(super) fn way_back(
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
        add(graph, "while_grad_cond", own, &arguments, results, Vec::new())
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
        add(graph, "while_grad_body", own, &arguments, results, Vec::new())
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

fn while_loop(graph: &Graph, condition: &str, body: &str, state: &[Tensor]) -> Result<Vec<Tensor>, Reason> {
    let types = types_of(state);
    let functions = [("cond", condition), ("body", body)];
    let inputs: Vec<&Tensor> = state.iter().collect();
    let node = match state.iter().any(|x| x.fact().is_some_and(|fact| fact.reference)) {
        true => graph.add_op(While::of(&functions, types, &[])?, &inputs, Some("while")),
        false => graph.add_op(StatelessWhile::of(&functions, types, &[])?, &inputs, Some("while")),
    };
    Ok((0..state.len()).map(|output| node.output(output)).collect())
}

pub(super) fn empty(graph: &Graph, element_dtype: DType) -> Tensor {
    let any = graph.constant(-1);
    graph.add(Held(EmptyTensorList { element_dtype }), &[&any, &any])
}

/// The arguments of a function over these tensors; what changes from turn to turn may change its shape.
pub(super) fn state_arguments(own: &Graph, state: &[Tensor]) -> Vec<Tensor> {
    let open = |(i, tensor): (usize, &Tensor)| {
        let fact = tensor.fact().unwrap_or_else(|| Fact::new(DType::Float32, PartialShape::unknown()));
        let shape = if fact.reference { fact.shape.clone() } else { PartialShape::unknown() };
        argument(own, i, &Fact { shape, ..fact })
    };
    state.iter().enumerate().map(open).collect()
}

/// The types of tensors as calls name them.
pub(super) fn types_of(tensors: &[Tensor]) -> Vec<DType> {
    let kind = |fact: Fact| if fact.resource { DType::Resource } else { fact.dtype };
    tensors.iter().map(|x| x.fact().map_or(DType::Float32, kind)).collect()
}
