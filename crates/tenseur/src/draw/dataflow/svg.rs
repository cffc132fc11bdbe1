//! The dataflow graph as SVG.

use std::collections::HashMap;
use std::fmt::Write;

use super::blocks::{Blocks, Kind};
use super::layout::{FONT, LINE, Layout, Placed, Route};
use crate::draw::svg::{Picture, escaped, shortened};

const STYLE: &str = "\
.n,.l{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:12px;text-anchor:middle}
.l{font-size:11px;fill:#555}.m{font-style:italic}.b{font-weight:600}
.s{fill:none;stroke:#777;stroke-width:1.3}.c{stroke-dasharray:5 4}.h{fill:#777}
.block path,.legend path{stroke-width:1.4}
.placeholder{fill:#e3f3e3;stroke:#3c7d3c}.variable{fill:#fdeed2;stroke:#a8690a}.constant{fill:#efefef;stroke:#757575}
.operation{fill:#e6f0fb;stroke:#2f68a8}.scope{fill:#f0e8fa;stroke:#7a4fb0}";

const DARK: &str = ".l{fill:#aaa}.s{stroke:#8a8a8a}.h{fill:#8a8a8a}
.placeholder{fill:#1d331f;stroke:#7cc47c}.variable{fill:#3a2c10;stroke:#e0a84a}.constant{fill:#2e2e30;stroke:#a0a0a0}
.operation{fill:#182c42;stroke:#74aee8}.scope{fill:#2e2240;stroke:#b591e6}";

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Placeholder => "placeholder",
        Kind::Variable => "variable",
        Kind::Constant => "constant",
        Kind::Operation => "operation",
        Kind::Scope => "scope",
    }
}

/// The outline of a block: every kind has its own.
fn outline(kind: Kind, x: f64, y: f64, width: f64, height: f64) -> String {
    let (right, bottom) = (x + width, y + height);
    match kind {
        Kind::Placeholder => {
            let slant = height.min(20.0) * 0.4;
            format!("M{:.1} {y:.1}H{right:.1}L{:.1} {bottom:.1}H{x:.1}Z", x + slant, right - slant)
        }
        Kind::Variable => {
            let (radius, arc) = (width / 2.0, height.min(40.0) * 0.12);
            let (top, low) = (y + arc, bottom - arc);
            format!(
                "M{x:.1} {top:.1}V{low:.1}A{radius:.1} {arc:.1} 0 0 0 {right:.1} {low:.1}V{top:.1}\
                 A{radius:.1} {arc:.1} 0 0 0 {x:.1} {top:.1}A{radius:.1} {arc:.1} 0 0 0 {right:.1} {top:.1}"
            )
        }
        Kind::Constant => {
            let cut = height.min(20.0) * 0.4;
            let (left, end, top, low) = (x + cut, right - cut, y + cut, bottom - cut);
            format!(
                "M{left:.1} {y:.1}H{end:.1}L{right:.1} {top:.1}V{low:.1}L{end:.1} {bottom:.1}H{left:.1}\
                 L{x:.1} {low:.1}V{top:.1}Z"
            )
        }
        Kind::Operation => {
            let r = height.min(20.0) * 0.4;
            let (across, down) = (width - 2.0 * r, height - 2.0 * r);
            format!(
                "M{:.1} {y:.1}h{across:.1}a{r} {r} 0 0 1 {r} {r}v{down:.1}a{r} {r} 0 0 1 -{r} {r}h-{across:.1}\
                 a{r} {r} 0 0 1 -{r} -{r}v-{down:.1}a{r} {r} 0 0 1 {r} -{r}Z",
                x + r
            )
        }
        // A pile of sheets.
        Kind::Scope => {
            let sheet = height.min(20.0) * 0.18;
            let (front, low) = (right - sheet, bottom - sheet);
            format!(
                "M{:.1} {low:.1}V{bottom:.1}H{right:.1}V{:.1}H{front:.1}V{low:.1}ZM{x:.1} {y:.1}H{front:.1}V{low:.1}H{x:.1}Z",
                x + sheet,
                y + sheet
            )
        }
    }
}

pub(super) fn svg(title: &str, blocks: &Blocks) -> String {
    let layout = Layout::new(blocks);
    let mut body = String::new();
    lines(&mut body, blocks, &layout);
    for (block, placed) in blocks.blocks.iter().zip(&layout.blocks) {
        let Placed { x, y, width, height, .. } = *placed;
        let _ = writeln!(
            body,
            "<g class=\"block\"><title>{}</title><path class=\"{}\" d=\"{}\"/>",
            escaped(&block.details),
            class(block.kind),
            outline(block.kind, x, y, width, height)
        );
        let middle = x + width / 2.0;
        let text = placed.lines.len() as f64 * LINE;
        let lowered = if block.kind == Kind::Variable { 3.0 } else { 0.0 };
        let first = y + (height - text) / 2.0 + FONT + lowered;
        let named = placed.lines.len() - placed.mentions;
        for (index, line) in placed.lines.iter().enumerate() {
            let class = match index {
                0 => "n b",
                index if index >= named => "n m",
                _ => "n",
            };
            let y = first + index as f64 * LINE;
            let _ = writeln!(
                body,
                "<text class=\"{class}\" x=\"{middle:.1}\" y=\"{y:.1}\">{}</text>",
                escaped(line)
            );
        }
        body.push_str("</g>\n");
        for (port, x) in block.ports.iter().zip(&placed.ports).filter(|(port, _)| !port.control) {
            let (y, label) = (placed.y + height + FONT, escaped(&port.label));
            let _ = writeln!(body, "<text class=\"l\" x=\"{x:.1}\" y=\"{y:.1}\">{label}</text>");
        }
    }
    let nodes: usize = blocks.blocks.iter().map(|block| block.members.len()).sum();
    let legend_width = legend(&mut body, blocks, &layout);
    let title = match blocks.blocks.len() {
        count if count == nodes => format!("{}: {nodes} nodes", shortened(title, 80)),
        count => format!("{}: {nodes} nodes in {count} blocks", shortened(title, 80)),
    };
    let counts: Vec<String> =
        counts(blocks).iter().map(|(kind, count)| format!("{}: {count}", kind.word())).collect();
    Picture {
        width: layout.width.max(legend_width).max(40.0 + 9.0 * title.chars().count() as f64),
        height: layout.height + 36.0,
        title: &title,
        description: &format!("{}; lines: {}", counts.join(", "), blocks.links.len()),
        style: STYLE,
        dark_style: DARK,
        body: &body,
    }
    .svg()
}

fn counts(blocks: &Blocks) -> Vec<(Kind, usize)> {
    let count = |kind| blocks.blocks.iter().filter(|block| block.kind == kind).count();
    Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
}

/// Lines from the same port share their way, which is drawn once.
fn lines(body: &mut String, blocks: &Blocks, layout: &Layout) {
    let mut drawn: HashMap<(usize, usize), usize> = HashMap::new();
    for Route { from, port, to: _, points } in &layout.routes {
        let shared = drawn.entry((*from, *port)).or_insert(0);
        // All points but the last are the port's way; a line that goes on from there begins at the last one drawn.
        let own = points.len() - 1;
        let begin = (*shared).min(own).saturating_sub(1);
        *shared = (*shared).max(own);
        let mut path = format!("M{:.1} {:.1}", points[begin].0, points[begin].1);
        for pair in points[begin..].windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let middle = (y + to_y) / 2.0;
            let _ = match (x - to_x).abs() < 0.05 {
                true => write!(path, "V{to_y:.1}"),
                false => write!(path, "C{x:.1} {middle:.1} {to_x:.1} {middle:.1} {to_x:.1} {to_y:.1}"),
            };
        }
        let control = if blocks.blocks[*from].ports[*port].control { " c" } else { "" };
        let (x, y) = points[points.len() - 1];
        let _ = writeln!(
            body,
            "<path class=\"s{control}\" d=\"{path}\"/><path class=\"h\" d=\"M{x:.1} {y:.1}l-3.5 -7h7z\"/>"
        );
    }
}

/// What the shapes mean; gives how wide that is.
fn legend(body: &mut String, blocks: &Blocks, layout: &Layout) -> f64 {
    let (mut x, y) = (20.0, layout.height + 2.0);
    let word = |body: &mut String, x: &mut f64, word: &str| {
        let _ = writeln!(body, "<text x=\"{:.1}\" y=\"{:.1}\">{word}</text>", *x + 34.0, y + 13.0);
        *x += 54.0 + 7.5 * word.chars().count() as f64;
    };
    for (kind, _) in counts(blocks) {
        let (class, outline) = (class(kind), outline(kind, x, y, 26.0, 18.0));
        let _ = write!(body, "<g class=\"legend\"><path class=\"{class}\" d=\"{outline}\"/></g>");
        word(body, &mut x, kind.word());
    }
    if blocks.links.iter().any(|link| blocks.blocks[link.from].ports[link.port].control) {
        let _ = write!(body, "<path class=\"s c\" d=\"M{x:.1} {:.1}h26\"/>", y + 9.0);
        word(body, &mut x, "runs before");
    }
    if layout.blocks.iter().any(|block| block.mentions > 0) {
        let _ = write!(body, "<text class=\"m\" x=\"{x:.1}\" y=\"{:.1}\">← →</text>", y + 13.0);
        word(body, &mut x, "from, to something far away");
    }
    x + 6.0
}
