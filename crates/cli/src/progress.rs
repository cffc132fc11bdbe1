//! How training shows itself while it goes on: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tenseur::learn::{EpochRecord, Score};

/// The progress of a run, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    on_terminal: bool,
    start: Instant,
    examples: usize,
    /// A moving mean of the batches' loss and accuracy: single batches jump about.
    recent: Option<(f64, Option<f64>)>,
    last_line: Instant,
}

impl Progress {
    /// A run of `steps` steps, of which `done` are done.
    pub(crate) fn new(steps: u64, done: u64) -> Progress {
        let on_terminal = std::io::stderr().is_terminal();
        let target =
            if on_terminal { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_position(done);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} % · {msg} · {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        let now = Instant::now();
        Progress { bar, on_terminal, start: now, examples: 0, recent: None, last_line: now }
    }

    /// A step has been made.
    pub(crate) fn step(&mut self, score: Score) {
        const WEIGHT: f64 = 0.05;
        let mix = |old: f64, new: f64| old + (new - old) * WEIGHT;
        self.recent = Some(match self.recent {
            None => (score.loss, score.accuracy),
            Some((loss, accuracy)) => {
                (mix(loss, score.loss), accuracy.zip(score.accuracy).map(|(old, new)| mix(old, new)))
            }
        });
        self.examples += score.examples;
        self.bar.inc(1);
        if self.on_terminal && self.bar.position().is_multiple_of(16) {
            self.bar.set_message(self.text());
        }
    }

    /// An epoch has been made; on a terminal the bar says enough.
    pub(crate) fn epoch(&mut self, record: &EpochRecord, of: u64) {
        if self.on_terminal || (self.last_line.elapsed() < Duration::from_secs(2) && record.epoch != of) {
            return;
        }
        self.last_line = Instant::now();
        let held_back =
            record.held_back.map(|score| format!(", held back {}", said(score))).unwrap_or_default();
        eprintln!("epoch {}/{of}: {}{held_back}", record.epoch, said(record.training));
    }

    /// The run is over.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
        let seconds = self.start.elapsed().as_secs_f64();
        eprintln!("{} in {seconds:.1} s", self.text());
    }

    fn text(&self) -> String {
        let rate = self.examples as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        let (loss, accuracy) = self.recent.unwrap_or((0.0, None));
        let accuracy = accuracy.map(|accuracy| format!(" · accuracy {accuracy:.3}")).unwrap_or_default();
        format!("loss {loss:.4}{accuracy} · {rate:.0} samples/s")
    }
}

fn said(score: Score) -> String {
    let accuracy = score.accuracy.map(|accuracy| format!(" accuracy {accuracy:.3}")).unwrap_or_default();
    format!("loss {:.4}{accuracy}", score.loss)
}
