//! The command line of tenseur: parses, shows. What it does is in the library.

mod data_source;
mod draw;
mod feed;
mod freeze;
mod graph_source;
mod inspect;
mod interrupt;
mod keeping;
mod literal;
mod play;
mod predict;
mod profile;
mod progress;
mod results;
mod run;
mod serve;
mod train;
mod train_url;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Deep learning as a dataflow graph.
#[derive(Parser)]
#[command(name = "tenseur", version, about, after_help = EXIT_CODES)]
struct Arguments {
    /// Say more on standard error (-v: what is done, -vv: details)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Results go to standard output; progress and messages to standard error.
Exit codes: 0 done, 1 it failed, 2 the arguments make no sense, 130 interrupted (what was learned is kept).";

#[derive(Subcommand)]
enum Command {
    /// Train a network, and keep it in a run folder
    Train(Box<train::Arguments>),
    /// Score a trained network on other data
    Eval(predict::EvalArguments),
    /// Let a trained network predict, one line for each example
    Predict(predict::PredictArguments),
    /// Show where the time of a run goes, step by step
    Profile(Box<profile::Arguments>),
    /// Run any graph: feed tensors, fetch others
    Run(Box<run::Arguments>),
    /// Serve a trained model by TensorFlow Serving's REST API
    Serve(Box<serve::Arguments>),
    /// Serve the playground: build a small network in the browser, and see it learn
    Play(play::Arguments),
    /// Draw a graph: as neurons and weights, as formulas, or as the dataflow graph that it is
    Draw(draw::Arguments),
    /// Say what a graph takes and gives, its variables and its ops
    Inspect(inspect::Arguments),
    /// Write a graph with its variables as constants, and what its outputs need alone
    Freeze(freeze::Arguments),
    /// List the ops there are: whether gradients go through (yes; once, not through the gradient; no, where there is none;
    /// missing), the types they take, and what they compute
    Ops {
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
}

/// How a command ended, if not by an error.
enum Ended {
    Done,
    Interrupted,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = match arguments.verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .init();
    let outcome = match arguments.command {
        Command::Train(arguments) => train::run(&arguments),
        Command::Eval(arguments) => predict::eval(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Profile(arguments) => profile::profile(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Play(arguments) => play::run(&arguments),
        Command::Draw(arguments) => draw::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Freeze(arguments) => freeze::run(&arguments),
        Command::Ops { json } => ops(json),
    };
    match outcome {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line to standard output. Whoever reads it may stop early (`tenseur ops | head`): that is no failure.
fn say(line: &str) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

fn ops(json: bool) -> tenseur::Result<Ended> {
    use tenseur::ops::Differentiates;
    for entry in tenseur::ops::OPS {
        let capabilities = entry.capabilities();
        let gradient = match capabilities.differentiates {
            Differentiates::Yes => "yes",
            Differentiates::Once => "once",
            Differentiates::No => "no",
            Differentiates::Missing => "missing",
        };
        match json {
            true => {
                let dtypes: Vec<String> = capabilities.dtypes.iter().map(ToString::to_string).collect();
                let row = serde_json::json!({
                    "op": entry.name, "doc": entry.doc, "dtypes": dtypes, "gradient": gradient,
                });
                say(&row.to_string());
            }
            false => {
                let dtypes = kinds(&capabilities.dtypes);
                say(&format!("{:34} {gradient:8} {dtypes:30} {}", entry.name, entry.doc));
            }
        }
    }
    Ok(Ended::Done)
}

/// Types, those of a kind that are all there by the name of the kind.
fn kinds(dtypes: &[tenseur::DType]) -> String {
    use tenseur::DType::*;
    let kinds: [(&str, &[tenseur::DType]); 4] = [
        ("float", &[Float16, BFloat16, Float32, Float64]),
        ("int", &[Int8, Int16, Int32, Int64]),
        ("uint", &[UInt8, UInt16, UInt32, UInt64]),
        ("complex", &[Complex64, Complex128]),
    ];
    let mut names = Vec::new();
    let mut left = dtypes.to_vec();
    for (name, kind) in kinds {
        if kind.iter().all(|dtype| left.contains(dtype)) {
            names.push(name.to_string());
            left.retain(|dtype| !kind.contains(dtype));
        }
    }
    names.extend(left.iter().map(ToString::to_string));
    names.join(" ")
}
