//! A function and its gradients over much data.

use candle_core::{DType, Error, Result, Tensor, Var};
use candle_nn::loss;
use tenseur_bench_protocol::{Job, Request};

use crate::{Given, job, number};

/// The mean cross-entropy of softmax(logits) with numbered classes, and its gradient with respect to the logits.
pub(crate) fn cross_entropy(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    let (logits, labels) = (given.variable("logits")?, given.tensor("labels")?.to_dtype(DType::U32)?);
    let variable = logits.clone();
    with_gradients(&[("logits", &variable)], move || loss::cross_entropy(&logits, &labels))
}

/// Σ g·PReLU(x), a slope α for each channel, and its gradients with respect to x and α. Channels lie side by side, where
/// α is broadcast as it is; candle's own layer would have them in the second axis.
pub(crate) fn prelu(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    let (x, alpha, g) = (given.variable("x")?, given.variable("alpha")?, given.tensor("g")?.clone());
    let variables = (x.clone(), alpha.clone());
    with_gradients(&[("x", &variables.0), ("alpha", &variables.1)], move || {
        let y = (x.relu()? - x.neg()?.relu()?.broadcast_mul(&alpha)?)?;
        (y * &g)?.sum_all()
    })
}

fn with_gradients(
    with_respect_to: &[(&str, &Var)],
    loss: impl Fn() -> Result<Tensor> + 'static,
) -> Result<Job> {
    let value = loss()?;
    let slopes = value.backward()?;
    let mut checks = Vec::new();
    for (name, variable) in with_respect_to {
        let slope = slopes.get(variable).ok_or_else(|| Error::Msg(format!("no gradient of {name}")))?;
        checks.push((*name, slope.to_dtype(DType::F64)?.abs()?.sum_all()?.to_scalar::<f64>()?));
    }
    let job = job(vec![number(&value)?], move || loss()?.backward().map(drop));
    Ok(checks.into_iter().fold(job, |job, (name, sum)| job.check(name, sum)))
}
