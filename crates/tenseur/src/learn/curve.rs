//! The learning curve as an SVG: loss and accuracy by epoch, on the training data and on what was held back.

use std::fmt::Write;

use crate::draw::svg::escaped;
use crate::learn::EpochRecord;

const WIDTH: f64 = 720.0;
const PANEL: f64 = 220.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 150.0;
const GAP: f64 = 46.0;

/// One line of a panel.
struct Line<'a> {
    name: &'a str,
    class: &'a str,
    points: Vec<(f64, f64)>,
}

/// The learning curve. Colours follow the reader's light or dark scheme; the lines differ in dash too.
pub fn learning_curve(title: &str, epochs: &[EpochRecord]) -> String {
    let along = |value: &dyn Fn(&EpochRecord) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs.iter().filter_map(|e| Some((e.epoch as f64, value(e)?))).filter(|p| p.1.is_finite()).collect()
    };
    let line = |name, class, points| Line { name, class, points };
    let mut panels = vec![(
        "loss",
        vec![
            line("training", "a", along(&|e| Some(e.training.loss))),
            line("held back", "b", along(&|e| e.held_back.map(|s| s.loss))),
        ],
    )];
    let accuracy = vec![
        line("training", "a", along(&|e| e.training.accuracy)),
        line("held back", "b", along(&|e| e.held_back.and_then(|s| s.accuracy))),
    ];
    if accuracy.iter().any(|line| !line.points.is_empty()) {
        panels.push(("accuracy", accuracy));
    }
    let height = 40.0 + panels.len() as f64 * (PANEL + GAP) + 10.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="learning curve: {0}">
<style>
text{{font:13px system-ui,sans-serif;fill:#333}}.t{{font-size:15px;font-weight:600}}.g{{stroke:#ddd}}.f{{fill:#fff}}
path{{fill:none;stroke-width:2}}.a{{stroke:#1f6fb2}}.b{{stroke:#c4501b;stroke-dasharray:6 4}}
@media(prefers-color-scheme:dark){{text{{fill:#ddd}}.g{{stroke:#444}}.f{{fill:#1c1c1e}}.a{{stroke:#6db3f2}}.b{{stroke:#f29b6d}}}}
</style>
<rect class="f" width="100%" height="100%"/>
<text class="t" x="{LEFT}" y="26">{0}</text>
"#,
        escaped(title)
    );
    for (index, (name, lines)) in panels.iter().enumerate() {
        panel(&mut svg, name, lines, 48.0 + index as f64 * (PANEL + GAP));
    }
    svg.push_str("</svg>\n");
    svg
}

/// One panel: grid, numbers along both axes, lines and their names.
fn panel(svg: &mut String, name: &str, lines: &[Line<'_>], top: f64) {
    let all = || lines.iter().flat_map(|line| &line.points);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::MIN, f64::max);
    let (first, last) = (all().map(|p| p.0).fold(f64::MAX, f64::min), most(&mut all().map(|p| p.0)));
    let (low, high) = match name {
        "accuracy" => (all().map(|p| p.1).fold(1.0, f64::min), 1.0),
        _ => (0.0, most(&mut all().map(|p| p.1)).max(1e-9)),
    };
    let step = tick((high - low).max(1e-9) / 4.0);
    let low = (low / step).floor() * step;
    let high = ((high / step).ceil() * step).max(low + step);
    let x = |epoch: f64| LEFT + (epoch - first) / (last - first).max(1.0) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| top + PANEL - (value - low) / (high - low) * PANEL;
    let mut at = low;
    while at <= high + step / 2.0 {
        let _ = writeln!(
            svg,
            r#"<line class="g" x1="{LEFT}" x2="{:.1}" y1="{2:.1}" y2="{2:.1}"/><text x="{:.1}" y="{3:.1}" text-anchor="end">{4}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            y(at),
            y(at) + 4.0,
            (at * 1e6).round() / 1e6
        );
        at += step;
    }
    let by = tick(((last - first) / 6.0).max(1.0)).max(1.0);
    let mut epoch = (first / by).ceil() * by;
    while epoch <= last {
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{epoch}</text>"#,
            x(epoch),
            top + PANEL + 18.0
        );
        epoch += by;
    }
    let _ = writeln!(svg, r#"<text x="{LEFT}" y="{:.1}">{name}</text>"#, top - 6.0);
    let _ = writeln!(
        svg,
        r#"<text x="{:.1}" y="{:.1}" text-anchor="end">epoch</text>"#,
        WIDTH - RIGHT,
        top + PANEL + 34.0
    );
    let mut label = f64::MIN;
    for line in lines.iter().filter(|line| !line.points.is_empty()) {
        let path: Vec<String> = line.points.iter().map(|p| format!("{:.1} {:.1}", x(p.0), y(p.1))).collect();
        let _ = writeln!(svg, r#"<path class="{}" d="M{}"/>"#, line.class, path.join("L"));
        let end = line.points[line.points.len() - 1];
        // Names stand beside the ends of their lines, and not on each other.
        let crowded = (y(end.1) - label).abs() < 16.0;
        let step = if label + 16.0 > top + PANEL { -16.0 } else { 16.0 };
        label = if crowded { label + step } else { y(end.1) };
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}">{} {:.3}</text>"#,
            WIDTH - RIGHT + 8.0,
            label + 4.0,
            line.name,
            end.1
        );
    }
}

/// The nearest of 1, 2, 5 times a power of ten at or above `step`.
fn tick(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= step * 0.999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Score;

    #[test]
    fn ticks_are_round() {
        assert_eq!((tick(0.03), tick(1.0), tick(60.0)), (0.05, 1.0, 100.0));
    }

    #[test]
    fn a_curve_of_one_epoch_and_none_is_still_a_picture() {
        let score = Score { loss: 0.5, accuracy: Some(0.9), examples: 10 };
        let one = [EpochRecord { epoch: 1, training: score, held_back: Some(score), seconds: 0.1 }];
        let picture = learning_curve("a <b>", &one);
        assert!(
            picture.contains("a &lt;b&gt;") && !picture.contains("NaN") && !picture.contains("inf"),
            "{picture}"
        );
        assert!(!learning_curve("none", &[]).contains("NaN"));
    }
}
