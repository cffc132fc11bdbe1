//! How cost grows with batch, width, depth, nodes and threads, in tenseur and in TensorFlow.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::statistics::Summary;
use super::systems::{System, TENSEUR};
use super::works::{self, Unit};
use super::{FOLDER, Options, quantity, rounds};

/// The panels of the picture.
pub(super) struct Growth {
    panels: Vec<Panel>,
}

struct Panel {
    /// What is measured, as the table says it.
    title: &'static str,
    /// The same in few letters, for the picture: with what it grows with, at most 25.
    short: &'static str,
    /// What it grows with.
    x: &'static str,
    /// For each line: sizes, and seconds.
    lines: BTreeMap<String, Vec<(f64, f64)>>,
}

const BATCHES: [usize; 6] = [1, 4, 16, 64, 256, 1024];
const WIDTHS: [usize; 6] = [32, 64, 128, 256, 512, 1024];
const DEPTHS: [usize; 5] = [1, 2, 4, 8, 16];
const NODES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// Chains that would take TensorFlow many minutes are not asked of it.
const NODES_FOR_ALL: usize = 10_000;

/// Rounds, and seconds in each: a curve needs less care than a ratio.
const ROUNDS: usize = 3;
const SECONDS: f64 = 0.2;

/// Measures all of it, one thread but where threads are what grows.
pub(super) fn measure(options: &Options, systems: &[&'static System]) -> Result<Growth, String> {
    let shown: Vec<&'static System> =
        systems.iter().copied().filter(|system| ["tenseur", "tensorflow"].contains(&system.key)).collect();
    let seconds = options.seconds.min(SECONDS);
    type Layers<'a> = &'a dyn Fn(usize) -> (Vec<usize>, usize);
    let networks = |title, short, x, sizes: &[usize], layers: Layers<'_>| {
        eprintln!("growth with {x}");
        let mut panel = Panel { title, short, x, lines: BTreeMap::new() };
        for &size in sizes {
            let (widths, batch) = layers(size);
            panel.step(&shown, size, 1, "mlp", &json!({ "widths": widths, "batch": batch }), seconds)?;
        }
        Ok::<Panel, String>(panel)
    };
    let mut panels = vec![
        networks("A step of 784-512-256-10", "784-512-256-10", "batch", &BATCHES, &|batch| {
            (vec![784, 512, 256, 10], batch)
        })?,
        networks("A step, batch 128, two hidden layers", "Two layers", "width", &WIDTHS, &|width| {
            (vec![width, width, width, 10], 128)
        })?,
        networks("A step, batch 128, layers of 128", "Layers of 128", "depth", &DEPTHS, &|depth| {
            (std::iter::repeat_n(128, depth + 1).chain([10]).collect(), 128)
        })?,
    ];
    panels.extend(chains(&shown)?);
    eprintln!("growth with threads");
    for (work, title, short) in [
        ("mlp", "A step of 784-512-256-10", "784-512-256-10"),
        ("conv", "A step of the convolutional network", "Convolutions"),
    ] {
        let mut panel = Panel { title, short, x: "threads", lines: BTreeMap::new() };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for threads in std::iter::successors(Some(1), |threads| Some(threads * 2)).take_while(|&t| t <= cores)
        {
            panel.step(&shown, threads, threads, work, &works::sizes(work), seconds)?;
        }
        panels.push(panel);
    }
    Ok(Growth { panels })
}

impl Panel {
    /// Adds a point to each line.
    fn step(
        &mut self,
        systems: &[&'static System],
        size: usize,
        threads: usize,
        work: &str,
        sizes: &Value,
        seconds: f64,
    ) -> Result<(), String> {
        let mut workers = rounds::start(systems, threads, |_| true)?;
        let data = rounds::data(work, sizes)?;
        rounds::prepare(&mut workers, &json!({ "prepare": work, "data": data, "threads": threads }))?;
        for (system, sample) in rounds::steps(&mut workers, ROUNDS, seconds)? {
            self.add(system.title.to_string(), size, &sample);
        }
        Ok(())
    }

    fn add(&mut self, line: String, size: usize, sample: &[f64]) {
        let point = Summary::of(sample).map(|summary| (size as f64, summary.median));
        self.lines.entry(line).or_default().extend(point);
    }
}

/// What a chain's parts cost by its nodes; what is not measured per node here is the whole.
fn chains(systems: &[&'static System]) -> Result<Vec<Panel>, String> {
    let parts = [
        ("build", "Building a chain", "Chain: build"),
        ("gradients", "A chain's gradients", "Chain: gradients"),
        ("first run", "A chain's first run", "Chain: first run"),
        ("run", "A run of a chain", "Chain: run"),
    ];
    let panel = |(_, title, short): (&str, &'static str, &'static str)| Panel {
        title,
        short,
        x: "nodes",
        lines: BTreeMap::new(),
    };
    let mut panels: Vec<Panel> = parts.map(panel).into();
    eprintln!("growth with nodes");
    for nodes in NODES {
        let mut workers =
            rounds::start(systems, 1, |system| nodes <= NODES_FOR_ALL || system.key == TENSEUR.key)?;
        let command = json!({ "prepare": "chain", "nodes": nodes, "factors": "matrices", "threads": 1 });
        rounds::prepare(&mut workers, &command)?;
        for worker in &mut workers {
            let figures = worker.measure(SECONDS)?;
            for ((name, ..), panel) in parts.iter().zip(&mut panels) {
                let found = figures.iter().filter(|(figure, _)| figure == name);
                let sample: Vec<f64> = found.map(|(_, seconds)| seconds * nodes as f64).collect();
                panel.add(worker.system.title.to_string(), nodes, &sample);
            }
        }
    }
    Ok(panels)
}

impl Growth {
    /// The points as tables.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        for panel in &self.panels {
            let mut sizes: Vec<f64> = panel.lines.values().flatten().map(|(size, _)| *size).collect();
            sizes.sort_by(f64::total_cmp);
            sizes.dedup();
            let _ = write!(text, "\n| {}, by {} |", panel.title, panel.x);
            for size in &sizes {
                let _ = write!(text, " {size} |");
            }
            text.push_str("\n|---|");
            text.push_str(&"---:|".repeat(sizes.len()));
            text.push('\n');
            for (name, points) in &panel.lines {
                let _ = write!(text, "| {name} |");
                for size in &sizes {
                    let point = points.iter().find(|(at, _)| at == size);
                    let cell = point.map_or("–".into(), |(_, seconds)| quantity(*seconds, Unit::Seconds));
                    let _ = write!(text, " {cell} |");
                }
                text.push('\n');
            }
        }
        text
    }

    /// What the program that draws is given.
    fn request(&self) -> Value {
        let panels: Vec<Value> = self
            .panels
            .iter()
            .map(|panel| json!({ "title": format!("{} by {}", panel.short, panel.x), "lines": panel.lines }))
            .collect();
        json!({ "title": "How cost grows: seconds", "panels": panels })
    }
}

/// Draws it, as SVG.
pub(super) fn draw(growth: &Growth, picture: &Path) -> Result<(), String> {
    let points = format!("{FOLDER}/growth.json");
    std::fs::write(&points, growth.request().to_string()).map_err(|error| format!("{points}: {error}"))?;
    let mut command = TENSEUR.command(1);
    command.args(["growth", &points]).arg(picture);
    crate::run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_each_size() {
        let mut panel = Panel { title: "A step", short: "Step", x: "batch", lines: BTreeMap::new() };
        panel.add("tenseur".into(), 1, &[3e-6, 1e-6, 2e-6]);
        panel.add("tenseur".into(), 100, &[0.5]);
        panel.add("TensorFlow 1".into(), 1, &[1e-3]);
        let growth = Growth { panels: vec![panel] };
        let table = growth.table();
        assert!(table.contains("| A step, by batch | 1 | 100 |"), "{table}");
        assert!(table.contains("| tenseur | 2.00 µs | 500 ms |"), "{table}");
        assert!(table.contains("| TensorFlow 1 | 1.00 ms | – |"), "{table}");
        assert_eq!(growth.request()["panels"][0]["title"], json!("Step by batch"));
        assert_eq!(growth.request()["panels"][0]["lines"]["tenseur"], json!([[1.0, 2e-6], [100.0, 0.5]]));
    }
}
