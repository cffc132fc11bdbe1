//! The command line of tenseur: parses, shows. What it does is in the library.

mod data_source;
mod draw;
mod feed;
mod freeze;
mod graph_source;
mod inspect;
mod interrupt;
mod literal;
mod play;
mod predict;
mod progress;
mod results;
mod run;
mod train;
mod train_url;

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
    /// Run any graph: feed tensors, fetch others
    Run(Box<run::Arguments>),
    /// Serve the playground: build a small network in the browser, and see it learn
    Play(play::Arguments),
    /// Draw a graph: as neurons and weights, as formulas, or as the dataflow graph that it is
    Draw(draw::Arguments),
    /// Say what a graph takes and gives, its variables and its ops
    Inspect(inspect::Arguments),
    /// Write a graph with its variables as constants, and what its outputs need alone
    Freeze(freeze::Arguments),
    /// List the ops there are
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
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).without_time().init();
    let outcome = match arguments.command {
        Command::Train(arguments) => train::run(&arguments),
        Command::Eval(arguments) => predict::eval(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Run(arguments) => run::run(&arguments),
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
    for entry in tenseur::ops::OPS {
        match json {
            true => say(&serde_json::json!({ "op": entry.name, "doc": entry.doc }).to_string()),
            false => say(&format!("{:28} {}", entry.name, entry.doc)),
        }
    }
    Ok(Ended::Done)
}
