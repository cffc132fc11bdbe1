//! Bars: for each work, how long each system takes. A block has a scale of its own, from zero to its longest bar.

use std::fmt::Write;

use super::quantity;
use super::rounds::Row;
use super::statistics::Summary;
use super::systems::System;

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 16.0;
const NAMES: f64 = 175.0;
const TIMES: f64 = 90.0;
const BAR: f64 = 16.0;
const LINE: f64 = 22.0;
const TITLE: f64 = 30.0;

/// The picture of works with so many threads.
pub(super) fn file_name(threads: usize) -> String {
    format!("threads-{threads}.svg")
}

/// Draws what was measured with so many threads, and with more than one system.
pub(super) fn draw(rows: &[Row], systems: &[&System], threads: usize) -> String {
    let blocks: Vec<(&Row, Vec<(&System, Summary)>)> = rows
        .iter()
        .filter(|row| row.threads == threads && row.drawn)
        .map(|row| {
            let of = |system: &&System| row.systems.iter().find(|(found, _)| found.key == system.key);
            let found = systems.iter().filter_map(|system| Some((*system, Summary::of(&of(system)?.1)?)));
            (row, found.collect())
        })
        .filter(|(_, bars): &(_, Vec<_>)| bars.len() > 1)
        .collect();
    let height: f64 =
        2.0 * MARGIN + blocks.iter().map(|(_, bars)| TITLE + LINE * bars.len() as f64).sum::<f64>();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<style>text {{ fill: #222 }} .title {{ font-weight: 600 }} .page {{ fill: #fff }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .page {{ fill: #161616 }} }}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n",
    );
    let mut y = MARGIN;
    for (row, bars) in blocks {
        let _ = writeln!(
            svg,
            "<text class=\"title\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text>",
            y + 18.0,
            escaped(&row.title)
        );
        y += TITLE;
        let longest = bars.iter().map(|(_, summary)| summary.median).fold(f64::MIN_POSITIVE, f64::max);
        for (system, summary) in bars {
            let from = MARGIN + NAMES;
            let length = (WIDTH - 2.0 * MARGIN - NAMES - TIMES) * summary.median / longest;
            let base = y + 13.0;
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{length:.2}\" height=\"{BAR}\" fill=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{base:.1}\">{}</text>",
                from - 8.0,
                escaped(system.title),
                system.colour,
                from + length + 6.0,
                quantity(summary.median, row.unit),
            );
            y += LINE;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::systems::{PEERS, TENSEUR};
    use super::super::works::Unit;
    use super::*;

    #[test]
    fn bars_are_as_long_as_times() {
        let row = |threads, systems| Row {
            title: "a < b".into(),
            threads,
            unit: Unit::Seconds,
            limit: Vec::new(),
            ours: &TENSEUR,
            systems,
            with_one: Vec::new(),
            goal: None,
            drawn: true,
        };
        let both = || vec![(&TENSEUR, vec![1e-3]), (&PEERS[0], vec![4e-3])];
        let rows = [row(1, both()), row(1, vec![(&TENSEUR, vec![1.0])]), row(2, both())];
        let svg = draw(&rows, &[&TENSEUR, &PEERS[0]], 1);
        let widths: Vec<f64> = svg
            .split("<rect x=")
            .skip(1)
            .filter_map(|bar| bar.split("width=\"").nth(1)?.split('"').next()?.parse().ok())
            .collect();
        assert_eq!(widths.len(), 2, "one system alone is compared with nothing: {svg}");
        assert!((widths[1] / widths[0] - 4.0).abs() < 0.01, "{widths:?}");
        assert!(svg.contains("a &lt; b") && svg.contains("4.00 ms"), "{svg}");
    }
}
