//! Runs what cannot be planned as a whole: conditionals and loops, calls, strings, shapes that only values show, functions of
//! the program. As much of it as can be is planned ([`island`]), the rest runs node by node ([`one_node`]); what is to be
//! done in which order ([`schedule`]) is found once. [`in_order`] runs what always runs whole, [`turns`] what values choose
//! from.
//!
//! No lock of graph or variables is held but for a plan or a node that uses them: functions of the program may wait for
//! other runs.

mod in_order;
mod island;
mod labels;
mod one_node;
mod schedule;
mod schedules;
mod seen;
mod turns;

use std::sync::RwLock;

use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Result};
use crate::graph::{Functions, Graph, NodeId};
use crate::lowering::Call;
use crate::run::lowered_node::Machine;
use crate::run::planned::describe;
use crate::run::reference::{CALLS_ON_A_STACK, DEEPEST, Request, no_value, on_own_stack, split, truth};
use crate::run::value::{Objects, Value};
use crate::run::variables::Variables;
use crate::run::{State, Trace};
use crate::session::Cancellation;
use crate::value::Array;

use one_node::OneNode;
use schedule::{Piece, PieceWork, Schedule};

pub(crate) use schedules::Schedules;

/// A run under way, in a graph or in the body of a function that it calls.
pub(crate) struct Run<'a, 's> {
    schedules: &'a Schedules,
    portable: bool,
    functions: &'a Functions,
    variables: &'a mut Variables<'s>,
    objects: &'a mut Objects,
    context: &'a Context,
    cancellation: &'a Cancellation,
    /// Whether a function of the program has been called, which cannot be taken back.
    called_program: &'a mut bool,
    trace: &'a mut Option<Trace>,
    depth: usize,
}

/// Why a run failed.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether the run may be tried again without others noticing.
    pub(crate) repeatable: bool,
}

/// Runs a request on `state`, whose variables are as they were if the run fails. `trace` gets each step's time.
#[allow(clippy::too_many_arguments)] // What a session has, and the trace.
pub(crate) fn run(
    graph: &Graph,
    request: &Request<'_>,
    schedules: &Schedules,
    state: &RwLock<State>,
    context: &Context,
    portable: bool,
    cancellation: &Cancellation,
    trace: &mut Option<Trace>,
) -> std::result::Result<Vec<Array>, Failure> {
    let mut called_program = false;
    let mut variables = Variables::new(state);
    let mut fetch = || {
        let schedule = schedules.of_request(graph, request, portable)?;
        let functions = graph.read().functions.clone();
        let mut objects = Objects::new(variables.resources(), cancellation);
        let mut run = Run {
            schedules,
            portable,
            functions: &functions,
            variables: &mut variables,
            objects: &mut objects,
            context,
            cancellation,
            called_program: &mut called_program,
            trace: &mut *trace,
            depth: 0,
        };
        let feeds = request.feeds.iter().map(|(_, array)| Value::Array(array.clone())).collect();
        let values = run.pieces(&schedule, feeds)?;
        let fetch = |(edge, value)| match value {
            Value::Array(array) => Ok(array),
            // A reference gives the variable's value at the end of the run.
            Value::Reference(variable) => {
                run.variables.read(variable).map_err(|error| schedule.at(variable, error))
            }
            Value::Object(_) | Value::List(_) | Value::Kept(_) => {
                let edge: &crate::graph::Edge = edge;
                Err(no_value(&schedule.name(edge.node)))
            }
        };
        request.fetches.iter().zip(values).map(fetch).collect::<Result<Vec<Array>>>()
    };
    let outcome = fetch();
    if outcome.is_err() {
        variables.take_back();
    }
    outcome.map_err(|error| Failure { error, repeatable: !called_program })
}

impl Run<'_, '_> {
    /// Runs all pieces of a schedule and gives what is fetched of it.
    fn pieces(&mut self, schedule: &Schedule, feeds: Vec<Value>) -> Result<Vec<Value>> {
        match schedule.has_flow {
            true => turns::run(self, schedule, feeds),
            false => self.in_order(schedule, feeds),
        }
    }

    /// Runs a piece that is not one of control flow.
    fn piece(
        &mut self,
        schedule: &Schedule,
        piece: &Piece,
        inputs: &mut SmallVec<[Value; 4]>,
        last: bool,
    ) -> Result<SmallVec<[Value; 2]>> {
        self.cancellation.check()?;
        let outputs = match &piece.work {
            PieceWork::Island(island) => self.island(schedule, island, inputs, last),
            PieceWork::Node(node) => self.one_node(schedule, node, inputs),
            PieceWork::Call(call) => {
                self.read_late(schedule, piece, inputs.iter_mut().map(Some))?;
                self.call(call, std::mem::take(inputs).into_vec()).map(SmallVec::from_vec)
            }
            PieceWork::Flow(..) => Ok(SmallVec::new()),
        };
        outputs.map_err(|error| schedule.at(NodeId(schedule.base + piece.first.0), error))
    }

    /// Reads again what a call or a piece of control flow comes after a write of.
    fn read_late<'v>(
        &self,
        schedule: &Schedule,
        piece: &Piece,
        inputs: impl IntoIterator<Item = Option<&'v mut Value>>,
    ) -> Result<()> {
        if piece.late.is_empty() {
            return Ok(());
        }
        let mut inputs: SmallVec<[_; 4]> = inputs.into_iter().collect();
        for &(input, variable) in &piece.late {
            if let Some(Some(value)) = inputs.get_mut(input) {
                let held = self.variables.read(variable).map_err(|error| schedule.at(variable, error))?;
                **value = Value::Array(held);
            }
        }
        Ok(())
    }

    fn one_node(
        &mut self,
        schedule: &Schedule,
        node: &OneNode,
        inputs: &mut [Value],
    ) -> Result<SmallVec<[Value; 2]>> {
        *self.called_program |= node.of_the_program;
        let began = self.trace.as_ref().map(Trace::now);
        let of_variable = |variable, error| describe(&schedule.graph.read(), variable, error);
        let mut machine = Machine {
            variables: self.variables,
            objects: self.objects,
            context: self.context,
            cancellation: self.cancellation,
            name: node.name(),
            describe: &of_variable,
        };
        let outputs = node.run(inputs, &mut machine);
        if let (Some(trace), Some(began)) = (&mut *self.trace, began) {
            trace.node(&schedule.graph, node.own, began);
        }
        outputs
    }

    /// Calls functions as `call` says.
    fn call(&mut self, call: &Call, mut inputs: Vec<Value>) -> Result<Vec<Value>> {
        match call {
            Call::Function(name) => self.call_function(name, inputs),
            Call::If { then_branch, else_branch } => {
                let condition = truth(&self.array(split(&inputs)?.0)?)?;
                inputs.remove(0);
                self.call_function(if condition { then_branch } else { else_branch }, inputs)
            }
            Call::Case { branches } => {
                let index = self.array(split(&inputs)?.0)?.to_i64()?.first().copied().unwrap_or_default();
                inputs.remove(0);
                // What is out of range is the last branch.
                let last = branches.len().saturating_sub(1);
                let chosen = usize::try_from(index).map_or(last, |index| index.min(last));
                let branch = branches.get(chosen).ok_or_else(|| Error::invalid("it has no branches"))?;
                self.call_function(branch, inputs)
            }
            Call::While { condition, body } => loop {
                self.cancellation.check()?;
                let outcome = self.call_function(condition, inputs.clone())?;
                if !truth(&self.array(split(&outcome)?.0)?)? {
                    return Ok(inputs);
                }
                // The body gets the values themselves, so that a list that only it has grows where it is.
                inputs = self.call_function(body, inputs)?;
            },
        }
    }

    fn array(&self, value: &Value) -> Result<Array> {
        match value {
            Value::Reference(variable) => self.variables.read(*variable),
            other => Ok(other.array()?.clone()),
        }
    }

    fn call_function(&mut self, name: &str, inputs: Vec<Value>) -> Result<Vec<Value>> {
        let function = self.functions.get(name)?;
        if self.depth >= DEEPEST {
            let message = format!("functions call each other more than {DEEPEST} deep, the last \"{name}\"");
            return Err(Error::new(Code::ResourceExhausted, message));
        }
        if inputs.len() != function.arguments.len() {
            return Err(Error::invalid(format!(
                "the function \"{name}\" takes {} arguments and got {}",
                function.arguments.len(),
                inputs.len()
            )));
        }
        let schedule = self.schedules.of_function(name, &function, self.portable)?;
        let depth = self.depth + 1;
        let mut inner = Run {
            schedules: self.schedules,
            portable: self.portable,
            functions: self.functions,
            variables: self.variables,
            objects: self.objects,
            context: self.context,
            cancellation: self.cancellation,
            called_program: self.called_program,
            trace: self.trace,
            depth,
        };
        let portable = self.portable;
        let values = || inner.pieces(&schedule, inputs);
        match depth.is_multiple_of(CALLS_ON_A_STACK) {
            false => values(),
            true if portable => on_own_stack(|| {
                // Which kernels are made is a matter of the thread.
                tenseur_kernels::at_level(tenseur_kernels::Level::Portable, values)
            }),
            true => on_own_stack(values),
        }
    }
}
