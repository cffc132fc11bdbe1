//! What is measured, in candle, on the processor.

mod kernels;
mod networks;

use std::collections::HashMap;

use candle_core::{Error, Result, Tensor, Var};
use tenseur_bench_protocol::{Job, Request, serve};

fn main() {
    serve(|request| match request.work.as_str() {
        "small" => said(networks::small(request)),
        "mlp" => said(networks::mlp(request)),
        "conv" => said(networks::conv(request)),
        "lstm" => said(networks::lstm(request)),
        "cross_entropy" => said(kernels::cross_entropy(request)),
        "prelu" => said(kernels::prelu(request)),
        _ => request.unknown(),
    });
}

fn said<T>(result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error| error.to_string())
}

/// The inputs and initial weights of a work, by name.
struct Given {
    tensors: HashMap<String, Tensor>,
}

impl Given {
    fn load(request: &Request) -> Result<Given> {
        Ok(Given { tensors: Tensor::read_npz(&request.data)?.into_iter().collect() })
    }

    fn tensor(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| Error::Msg(format!("the data holds no array \"{name}\"")))
    }

    /// A variable that starts with the array.
    fn variable(&self, name: &str) -> Result<Var> {
        Var::from_tensor(self.tensor(name)?)
    }
}

/// A job whose step is `step`.
fn job(losses: Vec<f64>, mut step: impl FnMut() -> Result<()> + 'static) -> Job {
    Job::steps(losses, move |steps| said((0..steps).try_for_each(|_| step())))
}

fn number(scalar: &Tensor) -> Result<f64> {
    Ok(f64::from(scalar.to_scalar::<f32>()?))
}
