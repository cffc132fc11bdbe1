//! A function and its gradients over much data.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::prelude::*;
use burn::tensor::activation;
use tenseur_bench_protocol::{Job, Request};

use crate::{Given, job};

/// The mean cross-entropy of softmax(logits) with numbered classes, and its gradient with respect to the logits.
pub(crate) fn cross_entropy(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let labels = given.integers("labels")?;
    let logits = given.tensor::<2>("logits")?.require_grad();
    let cross_entropy = CrossEntropyLossConfig::new().init(&given.device);
    let loss = {
        let logits = logits.clone();
        move || cross_entropy.forward(logits.clone(), labels.clone())
    };
    let value = loss();
    let slope = logits.grad(&value.backward()).ok_or("no gradient of the logits")?;
    let job = job(vec![number(value)], move || drop(loss().backward()));
    Ok(job.check("logits", magnitude(slope)))
}

/// Σ g·PReLU(x), a slope α for each channel, and its gradients with respect to x and α. Channels come first here.
pub(crate) fn prelu(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let channels_first = |name: &str| -> Result<Tensor<4>, String> {
        let data = given.tensor::<4>(name)?.permute([0, 3, 1, 2]).into_data();
        Ok(Tensor::from_data(data, &given.device))
    };
    let (x, g) = (channels_first("x")?.require_grad(), channels_first("g")?);
    let alpha = given.tensor::<1>("alpha")?.require_grad();
    let loss = {
        let (x, alpha) = (x.clone(), alpha.clone());
        move || (activation::prelu(x.clone(), alpha.clone()) * g.clone()).sum()
    };
    let value = loss();
    let slopes = value.backward();
    let of_x = x.grad(&slopes).ok_or("no gradient of x")?;
    let of_alpha = alpha.grad(&slopes).ok_or("no gradient of alpha")?;
    let job = job(vec![number(value)], move || drop(loss().backward()));
    Ok(job.check("x", magnitude(of_x)).check("alpha", magnitude(of_alpha)))
}

fn number(scalar: Tensor<1>) -> f64 {
    f64::from(scalar.into_scalar::<f32>())
}

/// The sum of magnitudes, in double precision.
fn magnitude<const D: usize>(slope: Tensor<D>) -> f64 {
    slope.into_data().iter::<f64>().map(f64::abs).sum()
}
