//! `tenseur profile`: where the time of a run goes.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tenseur::session::Limits;
use tenseur::{Code, Error, Result};

use crate::run::{Ready, Request};
use crate::{Ended, say};

/// What `profile` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    request: Request,
    /// How often it is run; each step's time is the median
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    runs: usize,
    /// Also write the last run as a trace for chrome://tracing or Perfetto
    #[arg(long, value_name = "FILE.json")]
    trace: Option<PathBuf>,
    /// As JSON: an object for each step
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tenseur profile model.pb --feed x=x.npy --fetch y
  tenseur profile model.meta --init --feed x=x.npy --feed y=y.npy --fetch train --runs 100 --threads 1
  tenseur profile model.pb --feed x=x.npy --fetch y --trace trace.json

\"of limit\" says how near a step is to what the machine could do at best, by its arithmetic or by the bytes that it must move,
whichever takes longer; both are measured first. Steps whose numbers are in a cache can be faster than memory.";

pub(crate) fn profile(arguments: &Arguments) -> Result<Ended> {
    let Ready { session, wanted, feeds, .. } = arguments.request.ready()?;
    let mut profile = session.profile(&wanted, feeds, arguments.runs)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    profile.limits = Some(Limits::measure(arguments.request.threads.unwrap_or(threads).min(threads)));
    if let Some(file) = &arguments.trace {
        std::fs::write(file, profile.chrome_trace())
            .map_err(|error| Error::new(Code::Unavailable, format!("{}: {error}", file.display())))?;
    }
    if arguments.json {
        let steps = profile.steps.iter().map(|step| {
            json!({
                "node": step.node,
                "computes": step.text,
                "kernel": step.kernel,
                "seconds": step.time.as_secs_f64(),
                "bytes": step.bytes,
                "operations": step.operations,
            })
        });
        say(&json!(steps.collect::<Vec<_>>()).to_string());
    } else {
        say(profile.to_string().trim_end());
    }
    Ok(Ended::Done)
}
