//! From figures to SVG.

use std::fmt::Write;

use crate::draw::svg::escaped;
use crate::figure::axis::Scale;
use crate::figure::{Figure, Line, Panel};

/// Each line's colour on white, its colour on black, and its dashes.
const STYLES: [(&str, &str, &str); 8] = [
    ("#1f6fb2", "#6db3f2", "none"),
    ("#c4501b", "#f29b6d", "6 4"),
    ("#1a7f4b", "#5fd39a", "2 3"),
    ("#7b4fb5", "#c2a2f2", "10 4 2 4"),
    ("#8a6d00", "#e0c050", "14 4"),
    ("#b5307a", "#f28cc0", "4 2"),
    ("#0f7c86", "#5cc9d4", "8 3 2 3 2 3"),
    ("#555", "#bbb", "1 3"),
];

/// The size of one panel's chart where panels stand beside each other, and the room around it.
const SIDE: f64 = 172.0;
const LEFT: f64 = 64.0;
const GAP: f64 = 52.0;
const TOP: f64 = 58.0;
/// The size of a chart that stands alone in its row, without the names to its right.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
/// How wide a letter is, about, and the stroke that shows how a line looks, with the room beside it.
const LETTER: f64 = 7.4;
const SAMPLE: f64 = 28.0;
const ROW: f64 = 17.0;

/// A rectangle in which a chart is drawn.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// The text of the SVG file.
pub(super) fn draw(figure: &Figure) -> String {
    let mut names: Vec<&str> = Vec::new();
    for line in figure.panels.iter().flat_map(|panel| &panel.lines) {
        if !names.contains(&&*line.name) {
            names.push(&line.name);
        }
    }
    let columns = figure.columns.min(figure.panels.len()).max(1);
    let rows = figure.panels.len().div_ceil(columns);
    let mut body = String::new();
    let (width, height) = if columns == 1 {
        let labels = figure.panels.iter().flat_map(|panel| panel.lines.iter().map(|line| label(panel, line)));
        let right = labels.map(|label| text_width(&label)).fold(0.0, f64::max).min(260.0) + SAMPLE + 12.0;
        for (row, panel) in figure.panels.iter().enumerate() {
            let top = TOP + row as f64 * (HEIGHT + GAP);
            let frame = Frame { left: LEFT, top, width: WIDTH - LEFT - right, height: HEIGHT };
            draw_panel(&mut body, panel, frame, &names, true);
        }
        (WIDTH, TOP + rows as f64 * (HEIGHT + GAP))
    } else {
        let side = SIDE.max((WIDTH - 16.0) / columns as f64 - LEFT);
        let width = columns as f64 * (side + LEFT) + 16.0;
        let legend = draw_legend(&mut body, &names, width);
        for (number, panel) in figure.panels.iter().enumerate() {
            let (row, column) = ((number / columns) as f64, (number % columns) as f64);
            let (left, top) = (LEFT + column * (side + LEFT), TOP + legend + row * (SIDE + GAP));
            draw_panel(&mut body, panel, Frame { left, top, width: side, height: SIDE }, &names, false);
        }
        (width, TOP + legend + rows as f64 * (SIDE + GAP))
    };
    let title = escaped(&figure.title);
    let style = style(names.len().min(STYLES.len()));
    let shown = escaped(&fitted(&figure.title, width - LEFT));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n{style}<rect class=\"f\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"t\" x=\"{LEFT}\" y=\"26\">{shown}</text>\n{body}</svg>\n"
    )
}

/// The style sheet for so many lines.
fn style(lines: usize) -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for (number, (on_white, on_black, dashes)) in STYLES.iter().take(lines).enumerate() {
        let _ = write!(light, ".l{number}{{stroke:{on_white};stroke-dasharray:{dashes}}}");
        let _ = write!(dark, ".l{number}{{stroke:{on_black}}}");
    }
    format!(
        "<style>\n\
         text{{font:13px system-ui,sans-serif;fill:#333}}.t{{font-size:15px;font-weight:600}}.p{{font-weight:600}}\
         .g{{stroke:#ddd}}.o{{stroke:#999}}.f{{fill:#fff}}\n\
         path{{fill:none;stroke-width:2}}{light}\n\
         @media(prefers-color-scheme:dark){{text{{fill:#ddd}}.g{{stroke:#444}}.o{{stroke:#888}}.f{{fill:#1c1c1e}}{dark}}}\n\
         </style>\n"
    )
}

/// The lines' names under the title, in rows; gives the height of all rows.
fn draw_legend(svg: &mut String, names: &[&str], width: f64) -> f64 {
    let (mut x, mut y) = (LEFT, TOP - 10.0);
    for (number, name) in names.iter().enumerate() {
        let needs = SAMPLE + text_width(name) + 20.0;
        if x > LEFT && x + needs > width {
            (x, y) = (LEFT, y + ROW);
        }
        draw_name(svg, number, &fitted(name, width - LEFT - SAMPLE), x, y);
        x += needs;
    }
    if names.is_empty() { 0.0 } else { y + ROW + 18.0 - TOP }
}

/// A stroke that looks like a line, and its name.
fn draw_name(svg: &mut String, number: usize, name: &str, x: f64, y: f64) {
    let _ = writeln!(
        svg,
        r#"<path class="l{}" d="M{x:.1} {:.1}h22"/><text x="{:.1}" y="{:.1}">{}</text>"#,
        number % STYLES.len(),
        y,
        x + SAMPLE,
        y + 4.0,
        escaped(name)
    );
}

/// One panel: grid, numbers along both axes, lines, and their names if they stand beside them.
fn draw_panel(svg: &mut String, panel: &Panel, frame: Frame, names: &[&str], named: bool) {
    svg.push_str(if panel.measured { "<g class=\"measured\">\n" } else { "<g>\n" });
    let Frame { left, top, width, height } = frame;
    let points = || panel.lines.iter().flat_map(|line| shown(panel, line).flatten());
    let x = across_scale(panel, points().map(|point| point.0), width);
    let y = panel.y.scale(points().map(|point| point.1), 4.0);
    for (value, text) in &y.ticks {
        let at = top + height - y.place(*value) * height;
        let _ = writeln!(
            svg,
            r#"<line class="g" x1="{left}" x2="{:.1}" y1="{at:.1}" y2="{at:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{text}</text>"#,
            left + width,
            left - 8.0,
            at + 4.0
        );
    }
    for (value, text) in &x.ticks {
        let at = left + x.place(*value) * width;
        let _ = writeln!(
            svg,
            r#"<text x="{at:.1}" y="{:.1}" text-anchor="middle">{text}</text>"#,
            top + height + 18.0
        );
    }
    let across = |svg: &mut String, class: &str, x1: f64, x2: f64, y1: f64, y2: f64| {
        let _ =
            writeln!(svg, r#"<line class="{class}" x1="{x1:.1}" x2="{x2:.1}" y1="{y1:.1}" y2="{y2:.1}"/>"#);
    };
    if let Some(zero) = x.zero() {
        across(svg, "o", left + zero * width, left + zero * width, top, top + height);
    }
    if let Some(zero) = y.zero() {
        across(svg, "o", left, left + width, top + height * (1.0 - zero), top + height * (1.0 - zero));
    }
    let title = escaped(&fitted(&panel.title, width + 16.0));
    let _ = writeln!(svg, r#"<text class="p" x="{left}" y="{:.1}">{title}</text>"#, top - 8.0);
    let label = escaped(&fitted(&panel.x.label, width));
    if !label.is_empty() {
        let (right, below) = (left + width, top + height + 34.0);
        let _ = writeln!(svg, r#"<text x="{right:.1}" y="{below:.1}" text-anchor="end">{label}</text>"#);
    }
    draw_lines(svg, panel, frame, (&x, &y), names);
    if named {
        draw_names(svg, panel, frame, &y, names);
    }
    svg.push_str("</g>\n");
}

/// The axis from left to right, with as many numbers as have room beside each other.
fn across_scale(panel: &Panel, values: impl Iterator<Item = f64> + Clone, width: f64) -> Scale {
    let mut count = width / 50.0;
    loop {
        let scale = panel.x.scale(values.clone(), count);
        let room = |two: &[(f64, String)]| {
            let needs = (text_width(&two[0].1) + text_width(&two[1].1)) / 2.0 + 8.0;
            (scale.place(two[1].0) - scale.place(two[0].0)) * width >= needs
        };
        if count < 1.0 || scale.ticks.windows(2).all(room) {
            return scale;
        }
        count /= 1.5;
    }
}

/// The points of a line that have a place, one after the other; none where there is a gap.
fn shown<'a>(panel: &'a Panel, line: &'a Line) -> impl Iterator<Item = Option<(f64, f64)>> + Clone + 'a {
    line.points.iter().map(|&(x, y)| (panel.x.shows(x) && panel.y.shows(y)).then_some((x, y)))
}

fn draw_lines(svg: &mut String, panel: &Panel, frame: Frame, (x, y): (&Scale, &Scale), names: &[&str]) {
    // A drawing within the drawing cuts off what leaves it; a line's width more, so that lines on the edge stay whole.
    let (left, top) = (frame.left - 2.0, frame.top - 2.0);
    let _ = writeln!(
        svg,
        r#"<svg x="{left:.1}" y="{top:.1}" width="{:.1}" height="{:.1}">"#,
        frame.width + 4.0,
        frame.height + 4.0
    );
    for line in &panel.lines {
        let place = |(x_value, y_value): (f64, f64)| {
            let across = 2.0 + (x.place(x_value) * frame.width).clamp(-1e4, 1e4);
            (across, 2.0 + (frame.height - y.place(y_value) * frame.height).clamp(-1e4, 1e4))
        };
        let path = path(shown(panel, line).map(|point| point.map(place)));
        if !path.is_empty() {
            let _ = writeln!(svg, r#"<path class="l{}" d="{path}"/>"#, style_of(line, names));
        }
    }
    svg.push_str("</svg>\n");
}

/// A path through these places, with a new stroke after each gap.
fn path(places: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut path = String::new();
    let mut stroke: Vec<(f64, f64)> = Vec::new();
    for place in places.chain([None]) {
        match place {
            Some(place) => stroke.push(place),
            None => {
                draw_stroke(&mut path, &stroke);
                stroke.clear();
            }
        }
    }
    path
}

/// One stroke. Where many points stand above one another only the first, the lowest, the highest and the last are drawn:
/// the others would not be seen.
fn draw_stroke(path: &mut String, stroke: &[(f64, f64)]) {
    let mut last = String::new();
    let mut drawn = 0;
    for column in stroke.chunk_by(|one, other| one.0.round() == other.0.round()) {
        let by_height = |one: &usize, other: &usize| column[*one].1.total_cmp(&column[*other].1);
        let every = 0..column.len();
        let extremes = [every.clone().min_by(by_height), every.max_by(by_height)];
        let mut kept = [Some(0), extremes[0], extremes[1], Some(column.len() - 1)];
        kept.sort_unstable();
        for &(across, down) in kept.iter().flatten().map(|&index| &column[index]) {
            let place = format!("{across:.1} {down:.1}");
            if place != last {
                path.push(if drawn == 0 { 'M' } else { 'L' });
                path.push_str(&place);
                drawn += 1;
                last = place;
            }
        }
    }
    if drawn == 1 {
        // A point that is alone becomes a short stroke, or it would not be seen.
        path.push_str("m-2 0h4");
    }
}

fn style_of(line: &Line, names: &[&str]) -> usize {
    names.iter().position(|name| *name == line.name).unwrap_or(0) % STYLES.len()
}

/// The names to the right of the lines, each as near the height of its line's end as the others leave room for.
fn draw_names(svg: &mut String, panel: &Panel, frame: Frame, y: &Scale, names: &[&str]) {
    let (top, bottom) = (frame.top, frame.top + frame.height);
    let end = |line: &Line| Some(bottom - y.place(shown(panel, line).flatten().last()?.1) * frame.height);
    let mut ends: Vec<(f64, &Line)> =
        panel.lines.iter().filter_map(|line| Some((end(line)?.clamp(top, bottom), line))).collect();
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    for number in 1..ends.len() {
        ends[number].0 = ends[number].0.max(ends[number - 1].0 + ROW);
    }
    let mut lowest = bottom;
    for (at, _) in ends.iter_mut().rev() {
        *at = at.min(lowest);
        lowest = *at - ROW;
    }
    for (at, line) in ends {
        let text = fitted(&label(panel, line), WIDTH - frame.left - frame.width - SAMPLE - 10.0);
        draw_name(svg, style_of(line, names), &text, frame.left + frame.width + 8.0, at);
    }
}

/// A line's name, with its last value if that is to be written.
fn label(panel: &Panel, line: &Line) -> String {
    match (panel.last_value, shown(panel, line).flatten().last()) {
        (Some(decimals), Some((_, value))) => format!("{} {value:.*}", line.name, decimals.min(17)),
        _ => line.name.clone(),
    }
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// The text, cut so that it is at most about so wide.
fn fitted(text: &str, width: f64) -> String {
    let letters = (width / LETTER).max(2.0) as usize;
    match text.chars().count() > letters {
        true => text.chars().take(letters - 1).chain(['…']).collect(),
        false => text.to_string(),
    }
}
