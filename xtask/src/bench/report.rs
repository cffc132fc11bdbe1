//! What was measured, as a page.

use std::fmt::Write;

use super::growth::Growth;
use super::rounds::Row;
use super::statistics::Summary;
use super::systems::{System, TENSEUR};
use super::works::{Unit, WORKS};
use super::{bars, quantity};

/// What is ours beside the peer that was fastest.
struct Comparison<'a> {
    ours: Summary,
    /// Of the limit, in the same rounds.
    limits: Option<Summary>,
    best: Option<(&'a System, Summary, Summary)>,
}

/// None if what is ours was not measured.
fn compared(row: &Row) -> Option<Comparison<'_>> {
    let (_, ours) = row.systems.iter().find(|(system, _)| system.key == row.ours.key)?;
    let peers = row.systems.iter().filter(|(system, _)| system.key != row.ours.key);
    let best = peers
        .filter_map(|(system, sample)| {
            Some((*system, Summary::of(sample)?, Summary::of_ratios(ours, sample)?))
        })
        .min_by(|a, b| a.1.median.total_cmp(&b.1.median));
    Some(Comparison { ours: Summary::of(ours)?, limits: Summary::of_ratios(ours, &row.limit), best })
}

/// The page in Markdown, and which command wrote it.
pub(super) fn page(
    command: &str,
    rows: &[Row],
    systems: &[&System],
    rounds: usize,
    growth: Option<&Growth>,
) -> String {
    let mut page = String::from("# Side by side\n\n");
    let versions: Vec<String> = systems
        .iter()
        .map(|system| format!("{} {}", system.title, system.version()).trim().to_string())
        .collect();
    let _ = writeln!(
        page,
        "`{command}` wrote this page; [README.md](README.md) says how it measures. {}. {rounds} rounds. {}.\n",
        machine(),
        versions.join(", "),
    );
    page.push_str(
        "A number is the median of the rounds, with the quartiles in parentheses where there is room. A ratio is the median \
         of the ratios in each round. The best peer is the fastest of the other systems.\n",
    );
    let mut with_threads: Vec<usize> = rows.iter().map(|row| row.threads).collect();
    with_threads.dedup();
    with_threads.sort_unstable();
    with_threads.dedup();
    for threads in with_threads {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.threads == threads).collect();
        let name = if threads == 1 { "One thread".to_string() } else { format!("{threads} threads") };
        let _ = writeln!(page, "\n## {name}\n\n![{name}]({})\n", bars::file_name(threads));
        page.push_str(&ratios(&rows));
        page.push('\n');
        page.push_str(&times(&rows, systems));
    }
    page.push_str(&speed_up(rows));
    if let Some(growth) = growth {
        page.push_str("\n## How cost grows\n\n![How cost grows](growth.svg)\n");
        page.push_str(&growth.table());
    }
    page
}

/// tenseur, its limit and the best peer.
fn ratios(rows: &[&Row]) -> String {
    let mut table = String::from(
        "| work | limit | tenseur | of the limit | best peer | | tenseur : best peer | goal |\n\
         |---|---:|---:|---:|---|---:|---:|---:|\n",
    );
    for row in rows {
        if let Some(line) = line(row) {
            let _ = writeln!(table, "{line}");
        }
    }
    table
}

/// The line of a work in that table; none if what is ours was not measured.
pub(super) fn line(row: &Row) -> Option<String> {
    let Comparison { ours, limits, best } = compared(row)?;
    let amount = |value: f64| quantity(value, row.unit);
    let limit = Summary::of(&row.limit).map_or("–".into(), |limit| amount(limit.median));
    let of_limit = limits.map_or("–".into(), |ratio| format!("{:.2} ×", ratio.median));
    let (peer, time, ratio) = match best {
        Some((system, time, ratio)) => (system.title, amount(time.median), share(ratio)),
        None => ("–", "–".into(), "–".into()),
    };
    let goal = row.goal.map_or("–".into(), fraction);
    let (title, ours) = (&row.title, amount(ours.median));
    Some(format!("| {title} | {limit} | **{ours}** | {of_limit} | {peer} | {time} | **{ratio}** | {goal} |"))
}

/// What tenseur has of a second thread, in the same rounds; nothing if no work was done with both.
fn speed_up(rows: &[Row]) -> String {
    let mut table = String::new();
    for row in rows.iter().filter(|row| !row.with_one.is_empty()) {
        let Some(work) = WORKS.iter().find(|work| work.title == row.title) else { continue };
        let ours = row.systems.iter().find(|(system, _)| system.key == TENSEUR.key);
        let with_two = ours.map(|(_, sample)| &sample[..]).unwrap_or_default();
        let (Some(one), Some(two)) = (Summary::of(&row.with_one), Summary::of(with_two)) else { continue };
        let Some(times) = Summary::of_ratios(&row.with_one, with_two) else { continue };
        let amount = |value| quantity(value, Unit::Seconds);
        let _ = writeln!(
            table,
            "| {} | {} | {} | **{:.2} ({:.2} – {:.2})** | {:.2} |",
            work.title,
            amount(one.median),
            amount(two.median),
            times.median,
            times.low,
            times.high,
            work.speed_up
        );
    }
    match table.is_empty() {
        true => table,
        false => format!(
            "\n## Two threads beside one\n\n| tenseur | one thread | two | times as fast | goal |\n|---|---:|---:|---:|---:|\n{table}"
        ),
    }
}

/// Every system's median and quartiles.
fn times(rows: &[&Row], systems: &[&System]) -> String {
    let measured = |system: &&&System| {
        rows.iter().any(|row| {
            row.systems.iter().any(|(found, sample)| found.key == system.key && !sample.is_empty())
        })
    };
    let systems: Vec<&System> = systems.iter().filter(measured).copied().collect();
    let mut table = String::from("| work |");
    for system in &systems {
        let _ = write!(table, " {} |", system.title);
    }
    table.push_str("\n|---|");
    table.push_str(&"---:|".repeat(systems.len()));
    table.push('\n');
    for row in rows {
        let _ = write!(table, "| {} |", row.title);
        for system in &systems {
            let sample =
                row.systems.iter().find(|(found, _)| found.key == system.key).map(|(_, sample)| sample);
            let cell =
                sample.and_then(|sample| Summary::of(sample)).map_or("–".into(), |s| spread(s, row.unit));
            let _ = write!(table, " {cell} |");
        }
        table.push('\n');
    }
    table
}

fn spread(summary: Summary, unit: Unit) -> String {
    let amount = |value| quantity(value, unit);
    let (low, high) = (amount(summary.low), amount(summary.high));
    format!("{} ({low} – {high})", amount(summary.median))
}

/// A ratio and its quartiles.
fn share(ratio: Summary) -> String {
    format!("{} ({} – {})", fraction(ratio.median), fraction(ratio.low), fraction(ratio.high))
}

/// A ratio as people say it: 0.75, or 1/15.
fn fraction(ratio: f64) -> String {
    match ratio {
        r if r < 0.3 => {
            let parts = 1.0 / r;
            if parts < 9.95 {
                format!("1/{}", (parts * 10.0).round() / 10.0)
            } else {
                format!("1/{parts:.0}")
            }
        }
        r => format!("{r:.2}"),
    }
}

/// The processor, how many cores and how much memory, as far as the system tells.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_string();
        line.split_once(':').map(|(_, value)| value.trim().to_string()).unwrap_or_default()
    };
    let processor = read("/proc/cpuinfo");
    let model = value(&processor, "model name");
    let flags = value(&processor, "flags");
    let widest = ["avx512f", "avx2"].into_iter().find(|&wanted| flags.split(' ').any(|flag| flag == wanted));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory: f64 =
        value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0) / 1048576.0;
    let model = if model.is_empty() { std::env::consts::ARCH.to_string() } else { model };
    format!("{model} ({}), {cores} cores, {memory:.0} GiB", widest.unwrap_or(std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    use super::super::systems;
    use super::*;

    fn row() -> Row {
        Row {
            title: "work".into(),
            threads: 1,
            unit: Unit::Seconds,
            limit: vec![0.001, 0.002, 0.001],
            ours: &TENSEUR,
            systems: vec![
                (&TENSEUR, vec![0.002, 0.004, 0.002]),
                (&systems::PEERS[0], vec![0.1, 0.1, 0.1]),
                (&systems::PEERS[1], vec![0.008, 0.016, 0.008]),
            ],
            with_one: Vec::new(),
            goal: Some(0.2),
            drawn: true,
        }
    }

    #[test]
    fn the_best_peer_is_the_fastest() {
        let row = row();
        let found = compared(&row).expect("tenseur was measured");
        let (best, _, ratio) = found.best.expect("there are peers");
        assert_eq!((best.key, ratio.median, ratio.low, ratio.high), ("jax", 0.25, 0.25, 0.25));
        assert_eq!(found.limits.map(|ratio| ratio.median), Some(2.0));
    }

    #[test]
    fn a_line_says_it_all() {
        let row = row();
        let table = ratios(&[&row]);
        let expected =
            "| work | 1.00 ms | **2.00 ms** | 2.00 × | JAX | 8.00 ms | **1/4 (1/4 – 1/4)** | 1/5 |";
        assert_eq!(table.lines().last(), Some(expected));
        let table = times(&[&row], &[&TENSEUR, &systems::PEERS[2], &systems::PEERS[1]]);
        assert!(!table.contains("PyTorch"), "it was not measured: {table}");
        assert!(table.contains("| 2.00 ms (2.00 ms – 3.00 ms) | 8.00 ms (8.00 ms – 12.0 ms) |"), "{table}");
    }

    #[test]
    fn a_second_thread_is_compared_round_by_round() {
        let work = &WORKS[0];
        assert_eq!(speed_up(&[row()]), "");
        // The second round is slow with one thread and with two.
        let two = Row {
            title: work.title.to_string(),
            threads: 2,
            with_one: vec![0.003, 0.009, 0.003],
            systems: vec![(&TENSEUR, vec![0.002, 0.006, 0.002])],
            ..row()
        };
        let table = speed_up(&[row(), two]);
        let line =
            format!("| {} | 3.00 ms | 2.00 ms | **1.50 (1.50 – 1.50)** | {:.2} |", work.title, work.speed_up);
        assert_eq!(table.lines().last(), Some(line.as_str()));
    }

    #[test]
    fn ratios_read_as_they_are_said() {
        assert_eq!(
            [0.75, 0.2, 1.0 / 15.0, 1.0 / 2.5, 1.0 / 3.5].map(fraction),
            ["0.75", "1/5", "1/15", "0.40", "1/3.5"]
        );
    }
}
