//! What is measured, in burn, by its backend for processors.

mod given;
mod kernels;
mod networks;

use given::Given;
use tenseur_bench_protocol::{Job, serve};

fn main() {
    serve(|request| match request.work.as_str() {
        "small" => networks::small(request),
        "mlp" => networks::mlp(request),
        "conv" => networks::conv(request),
        "lstm" => networks::lstm(request),
        "cross_entropy" => kernels::cross_entropy(request),
        "prelu" => kernels::prelu(request),
        _ => request.unknown(),
    });
}

/// A job whose step is `step`.
fn job(losses: Vec<f64>, mut step: impl FnMut() + 'static) -> Job {
    Job::steps(losses, move |steps| {
        (0..steps).for_each(|_| step());
        Ok(())
    })
}
