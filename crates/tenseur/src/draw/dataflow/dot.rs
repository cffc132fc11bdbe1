//! The dataflow graph in Graphviz's language, for its tools.

use std::fmt::Write;

use super::blocks::{Blocks, Kind};

fn shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Placeholder => "parallelogram",
        Kind::Variable => "cylinder",
        Kind::Constant => "octagon",
        Kind::Operation => "box",
        Kind::Scope => "folder",
    }
}

pub(super) fn dot(title: &str, blocks: &Blocks) -> String {
    let mut dot = format!("digraph {} {{\n  node [fontname=monospace];\n", quoted(title));
    for (number, block) in blocks.blocks.iter().enumerate() {
        let (label, shape) = (quoted(&block.lines.join("\n")), shape(block.kind));
        let _ = writeln!(dot, "  b{number} [label={label}, tooltip={}, shape={shape}];", quoted(&block.name));
    }
    for link in &blocks.links {
        let port = &blocks.blocks[link.from].ports[link.port];
        let look = match port.control {
            true => "style=dashed".to_string(),
            false => format!("label={}", quoted(&port.label)),
        };
        let _ = writeln!(dot, "  b{} -> b{} [{look}];", link.from, link.to);
    }
    dot.push_str("}\n");
    dot
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', " "))
}
