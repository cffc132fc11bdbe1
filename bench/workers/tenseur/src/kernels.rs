//! A function and its gradients over much data. What it is a function of lies in variables, as it would lie within a network.

use tenseur::prelude::*;
use tenseur_bench_protocol::{Job, Request};

use crate::Mistake;
use crate::networks::Given;

/// The mean cross-entropy of softmax(logits) with numbered classes, and its gradient with respect to the logits.
pub(crate) fn cross_entropy(request: &Request) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let (logits, labels) =
        (given.variable("logits")?, given.graph.variable_untrained(given.array("labels")?, "labels"));
    let loss = nn::sparse_softmax_cross_entropy_with_logits(&*labels, &*logits).reduce_mean(..);
    with_gradients(request, &given, &loss, &[("logits", &logits)])
}

/// Σ g·PReLU(x), a slope α for each channel, and its gradients with respect to x and α.
pub(crate) fn prelu(request: &Request) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let (x, alpha) = (given.variable("x")?, given.variable("alpha")?);
    let upstream = given.graph.variable_untrained(given.array("g")?, "g");
    let loss = (nn::prelu(&*x, &*alpha) * &*upstream).reduce_sum(..);
    with_gradients(request, &given, &loss, &[("x", &x), ("alpha", &alpha)])
}

fn with_gradients(
    request: &Request,
    given: &Given,
    loss: &Tensor,
    with_respect_to: &[(&str, &Variable)],
) -> Result<Job, Mistake> {
    let variables: Vec<&Tensor> = with_respect_to.iter().map(|(_, variable)| &***variable).collect();
    let mut fetches = vec![loss.clone()];
    for slope in gradients(&[loss], &variables) {
        fetches.push(slope.ok_or("the loss depends on every variable")?);
    }
    let sess = given.session(request.threads)?;
    let mut call = sess.prepare(&fetches[..], &[])?;
    call.run(&[])?;
    let numbers = |index| -> Result<Vec<f64>, Mistake> { Ok(call.output(index).to_array()?.to_f64()?) };
    let losses = numbers(0)?;
    let mut checks = Vec::new();
    for (index, (name, _)) in with_respect_to.iter().enumerate() {
        let sum: f64 = numbers(index + 1)?.iter().map(|slope| slope.abs()).sum();
        checks.push((name.to_string(), sum));
    }
    let run = move |calls| (0..calls).try_for_each(|_| call.run(&[])).map_err(|error| error.to_string());
    Ok(checks.iter().fold(Job::steps(losses, run), |job, (name, sum)| job.check(name, *sum)))
}
