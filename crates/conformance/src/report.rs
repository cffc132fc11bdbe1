//! Runs all cases of a suite, each on both executors, and counts.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::time::Duration;

use tenseur::Executor;

use crate::case::Case;
use crate::run;
use crate::suite::Files;

/// No case takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a suite went.
#[derive(Debug, Default)]
pub struct Report {
    /// By area, how many cases passed and how many there are.
    pub areas: BTreeMap<String, (usize, usize)>,
    /// A line for each case that failed.
    pub failures: Vec<String>,
}

impl Report {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.areas.values().map(|(passed, _)| passed).sum()
    }

    /// The table by area, and the line of totals.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for (area, (passed, total)) in &self.areas {
            text += &format!("{area:12} {passed:4} / {total:4}\n");
        }
        text + &format!("{} passed, {} failed", self.passed(), self.failures.len())
    }
}

/// Runs every case on both executors; `failed` sees each failure as it comes.
pub fn run_all(suite: &BTreeMap<String, Files>, failed: &mut dyn FnMut(&str)) -> Report {
    let mut report = Report::default();
    for (name, files) in suite {
        let (area, outcome) = match run::read(files) {
            Ok(case) => (case.area.clone(), on_both(&case, files)),
            Err(error) => ("unreadable".to_string(), Err(error)),
        };
        let counts = report.areas.entry(area).or_default();
        counts.1 += 1;
        match outcome {
            Ok(()) => counts.0 += 1,
            Err(what) => {
                let line = format!("{name}: {what}");
                failed(&line);
                report.failures.push(line);
            }
        }
    }
    report
}

/// Runs a case on both executors.
///
/// # Errors
/// What was expected and what came, on the first executor where they differ.
pub fn on_both(case: &Case, files: &Files) -> Result<(), String> {
    for executor in [Executor::Reference, Executor::Planned] {
        guarded(case, files, executor).map_err(|what| format!("{executor:?}: {what}"))?;
    }
    Ok(())
}

/// Runs a case on a thread of its own, so that neither a panic nor an endless loop ends the others.
fn guarded(case: &Case, files: &Files, executor: Executor) -> Result<(), String> {
    let (sender, receiver) = channel();
    let (case, files) = (case.clone(), files.clone());
    std::thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| run::run(&case, &files, executor)));
        // Whoever waited may have lost patience.
        let _ = sender.send(outcome.unwrap_or_else(|_| Err("it panicked".to_string())));
    });
    let impatient = format!("it did not end in {} s", PATIENCE.as_secs());
    receiver.recv_timeout(PATIENCE).unwrap_or(Err(impatient))
}
