//! Runs a case on an executor and compares what comes with what TensorFlow gave.

use std::collections::BTreeMap;

use tenseur::formats::npz;
use tenseur::session::{Fetch as Ask, Wanted};
use tenseur::train::{self, Optimizer};
use tenseur::{Array, Error, Executor, Feeds, Graph, Operation, Session, Tensor, Variable, gradients};

use crate::case::{Case, Fetch, MinimizeEntry, Refusal, Step, Strings, canonical};
use crate::compare::compare;
use crate::suite::Files;

/// The case that the files describe.
///
/// # Errors
/// When `case.json` is not one.
pub fn read(files: &Files) -> Result<Case, String> {
    serde_json::from_slice(&files.case).map_err(|error| format!("case.json: {error}"))
}

/// Runs a case.
///
/// # Errors
/// What was expected and what came.
pub fn run(case: &Case, files: &Files, executor: Executor) -> Result<(), String> {
    let data = npz::decode(&files.data).map_err(|error| format!("data.npz: {error}"))?;
    let (prepared, early) = match prepare(case, files, executor) {
        Ok(prepared) => (prepared, case.load_error.as_ref()),
        Err(error) => return refused_early(case, &error),
    };
    if let (Some(refusal), []) = (early, &case.steps[..]) {
        return Err(format!("expected {}, and it loaded", refusal.describe()));
    }
    for (number, step) in case.steps.iter().enumerate() {
        let outcome = prepared.step(number, step, &data);
        let refusal = if number == 0 { early.or(step.error.as_ref()) } else { step.error.as_ref() };
        match (outcome, refusal) {
            (Err(Failure::Refused(error)), Some(refusal)) => fits(refusal, &error, number)?,
            (Err(Failure::Refused(error)), None) => {
                return Err(format!("step {number}: expected to run, and got {}", brief(&error)));
            }
            (Err(Failure::Wrong(_)) | Ok(_), Some(refusal)) => {
                return Err(format!("step {number}: expected {}, and it ran", refusal.describe()));
            }
            (Err(Failure::Wrong(what)), None) => return Err(format!("step {number}: {what}")),
            (Ok(()), None) => {}
        }
        if number == 0 && early.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// An error in the whole graph: right if that is expected, or if a case that may be refused as a whole expects one in a run.
fn refused_early(case: &Case, error: &Error) -> Result<(), String> {
    let in_a_run = || case.steps.iter().find_map(|step| step.error.as_ref());
    let expected = match &case.load_error {
        Some(refusal) => Some(refusal),
        None if case.name.starts_with("error_load_") => in_a_run(),
        None => None,
    };
    match expected {
        Some(refusal) => fits(refusal, error, 0),
        None => Err(format!("expected to load, and got {}", brief(error))),
    }
}

fn fits(refusal: &Refusal, error: &Error, step: usize) -> Result<(), String> {
    match refusal.accepts(error.code()) {
        true => Ok(()),
        false => Err(format!("step {step}: expected {}, and got {}", refusal.describe(), brief(error))),
    }
}

/// The error on one line, with its kind.
fn brief(error: &Error) -> String {
    let text = error.to_string();
    format!("{}: {}", canonical(error.code()), text.lines().next().unwrap_or_default())
}

/// A graph with all that the case adds to it, and a session.
pub(crate) struct Prepared {
    pub(crate) graph: Graph,
    session: Session,
    pub(crate) gradients: Vec<Option<Tensor>>,
    pub(crate) train: Option<Operation>,
    pub(crate) init: Option<Operation>,
}

/// Why a step did not give what was expected.
enum Failure {
    Refused(Error),
    Wrong(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Refused(error)
    }
}

/// Imports the case's graph and adds what it asks for.
pub(crate) fn prepare(case: &Case, files: &Files, executor: Executor) -> Result<Prepared, Error> {
    let graph = Graph::from_graph_def(&files.graph)?;
    let mut found = Vec::new();
    if let Some(entry) = &case.gradients {
        let wrt: Vec<Tensor> = entry.wrt.iter().map(|name| graph.tensor(name)).collect::<Result<_, _>>()?;
        found = gradients(&[&graph.tensor(&entry.loss)?], &wrt);
        graph.check()?;
        for (index, gradient) in found.iter().enumerate() {
            if gradient.is_some() == entry.none.contains(&index) {
                let verb = if gradient.is_some() { "depends" } else { "does not depend" };
                let message = format!("@grad/{index}: the loss {verb} on \"{}\"", entry.wrt[index]);
                return Err(Error::invalid(message));
            }
        }
    }
    let (mut train, mut init) = (None, None);
    if let Some(entry) = &case.minimize {
        let mut variables = BTreeMap::new();
        for entry in &case.variables {
            let variable = graph.adopt_variable(
                &graph.tensor(&entry.tensor)?,
                &graph.tensor(&entry.read)?,
                &graph.operation(&entry.initializer)?,
                entry.trainable,
            );
            variables.insert(entry.name.as_str(), variable);
        }
        train = Some(minimize(&graph, entry, &variables)?);
        init = Some(graph.global_variables_initializer());
        graph.check()?;
    }
    let session = Session::new(&graph)?.executor(executor);
    Ok(Prepared { graph, session, gradients: found, train, init })
}

/// Adds the training step.
fn minimize(
    graph: &Graph,
    entry: &MinimizeEntry,
    variables: &BTreeMap<&str, Variable>,
) -> Result<Operation, Error> {
    let named = |name: &str| {
        let found = variables.get(name).cloned();
        found.ok_or_else(|| Error::invalid(format!("the case has no variable \"{name}\"")))
    };
    let number = |key: &str| entry.hyperparameters.get(key).and_then(serde_json::Value::as_f64);
    let get = |key: &str| {
        number(key)
            .ok_or_else(|| Error::invalid(format!("the case has no number \"{key}\" for its optimizer")))
    };
    let flag =
        |key: &str| entry.hyperparameters.get(key).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let rate = entry.hyperparameters.get("learning_rate").and_then(|rate| rate.get("tensor")?.as_str());
    let rate: train::LearningRate = match rate {
        Some(tensor) => (&graph.tensor(tensor)?).into(),
        None => get("learning_rate")?.into(),
    };
    let optimizer: Box<dyn Optimizer> = match entry.optimizer.as_str() {
        "GradientDescent" => Box::new(train::GradientDescentOptimizer::new(rate)),
        "Momentum" => {
            let optimizer = train::MomentumOptimizer::new(rate, get("momentum")?);
            Box::new(if flag("use_nesterov") { optimizer.nesterov() } else { optimizer })
        }
        "Adagrad" => Box::new(
            train::AdagradOptimizer::new(rate).initial_accumulator_value(get("initial_accumulator_value")?),
        ),
        "Adadelta" => Box::new(train::AdadeltaOptimizer::new(rate).with(get("rho")?, get("epsilon")?)),
        "RMSProp" => {
            let optimizer = train::RmsPropOptimizer::new(rate)
                .decay(get("decay")?)
                .momentum(get("momentum")?)
                .epsilon(get("epsilon")?);
            Box::new(if flag("centered") { optimizer.centered() } else { optimizer })
        }
        "Adam" => Box::new(
            train::AdamOptimizer::new(rate).betas(get("beta1")?, get("beta2")?).epsilon(get("epsilon")?),
        ),
        "Ftrl" => Box::new(
            train::FtrlOptimizer::new(rate)
                .learning_rate_power(get("learning_rate_power")?)
                .initial_accumulator_value(get("initial_accumulator_value")?)
                .l1(get("l1_regularization_strength")?)
                .l2(get("l2_regularization_strength")?),
        ),
        other => return Err(Error::invalid(format!("there is no optimizer \"{other}\""))),
    };
    let loss = graph.tensor(&entry.loss)?;
    let chosen: Vec<Variable> = entry.var_list.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
    let step = entry.global_step.as_deref().map(named).transpose()?;
    let gradients = optimizer.compute_gradients_of(&loss, &chosen);
    Ok(optimizer.apply_gradients_counting(&gradients, step.as_ref()))
}

impl Prepared {
    /// Runs a step and compares what it gives.
    fn step(&self, number: usize, step: &Step, data: &BTreeMap<String, Array>) -> Result<(), Failure> {
        let stored = |key: String| {
            data.get(&key).cloned().ok_or_else(|| Failure::Wrong(format!("data.npz has no {key}")))
        };
        let mut feeds = Feeds::new();
        for (index, feed) in step.feeds.iter().enumerate() {
            let value = match &feed.string {
                Some(strings) => self::strings(strings)?,
                None => stored(format!("f{number}__{index}"))?,
            };
            feeds = feeds.with(self.graph.tensor(&feed.name)?, value);
        }
        let mut asked = Wanted::default();
        for fetch in &step.fetches {
            match fetch.kind.as_str() {
                "op" => (&self.operation(&fetch.name)?).ask(&mut asked),
                _ => (&self.tensor(&fetch.name)?).ask(&mut asked),
            }
        }
        let results = self.session.run(&asked, feeds)?;
        let tensors = step.fetches.iter().enumerate().filter(|(_, fetch)| fetch.kind != "op");
        for ((index, fetch), got) in tensors.zip(&results) {
            let Fetch { name, rtol, atol, .. } = fetch;
            let want = match &fetch.string {
                Some(strings) => self::strings(strings)?,
                None => stored(format!("e{number}__{index}"))?,
            };
            let declared = fetch.dtype.as_deref().is_none_or(|dtype| dtype == want.dtype().to_string())
                && fetch.shape.as_ref().is_none_or(|shape| **shape == **want.shape());
            if !declared {
                return Err(Failure::Wrong(format!("fetch {name}: case.json and data.npz disagree")));
            }
            compare(got, &want, *rtol, *atol)
                .map_err(|what| Failure::Wrong(format!("fetch {name}: {what}")))?;
        }
        Ok(())
    }

    fn tensor(&self, name: &str) -> Result<Tensor, Error> {
        let Some(index) = name.strip_prefix("@grad/") else { return self.graph.tensor(name) };
        let gradient = index.parse().ok().and_then(|index: usize| self.gradients.get(index)?.clone());
        gradient.ok_or_else(|| Error::invalid(format!("there is no {name}")))
    }

    fn operation(&self, name: &str) -> Result<Operation, Error> {
        let own = match name {
            "@train" => self.train.clone(),
            "@init" => self.init.clone(),
            _ => return self.graph.operation(name),
        };
        own.ok_or_else(|| Error::invalid(format!("there is no {name}")))
    }
}

fn strings(strings: &Strings) -> Result<Array, Error> {
    Array::strings(strings.shape.as_slice(), strings.values.iter().map(String::as_bytes))
}
