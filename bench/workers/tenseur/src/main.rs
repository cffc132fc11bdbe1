//! tenseur's part in the side-by-side benchmark: `tenseur-bench` answers the runner, as every system's worker does;
//! `tenseur-bench data REQUEST` writes the inputs and initial weights that all systems are given; and `tenseur-bench growth
//! RESULTS PICTURE` draws how cost grows with sizes.

mod chain;
mod data;
mod growth;
mod kernels;
mod networks;

use std::process::ExitCode;

use tenseur_bench_protocol::{Job, Request, serve};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        [] => {
            serve(|request| prepare(request).map_err(|error| error.to_string()));
            Ok(())
        }
        ["data", request] => data::write(request),
        ["growth", results, picture] => growth::draw(results, picture),
        _ => Err("tenseur-bench [data REQUEST | growth RESULTS PICTURE]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Whatever is wrong, as a sentence.
type Mistake = Box<dyn std::error::Error>;

fn prepare(request: &Request) -> Result<Job, Mistake> {
    match request.work.as_str() {
        "small" => networks::small(request, 1),
        "small1000" => networks::small(request, 1_000),
        "mlp" => networks::mlp(request),
        "conv" => networks::conv(request),
        "lstm" => networks::lstm(request),
        "cross_entropy" => kernels::cross_entropy(request),
        "prelu" => kernels::prelu(request),
        "chain" => chain::chain(request),
        _ => Ok(request.unknown()?),
    }
}
