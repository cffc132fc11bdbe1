//! The dataflow graph as blocks and lines with their places, for programs that draw it themselves.

use super::blocks::{Blocks, Kind};
use super::layout::Layout;
use crate::graph::Contents;

/// A dataflow graph, laid out from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPicture {
    /// How wide it is, with a margin; lengths are in pixels for text of 12.
    pub width: f64,
    /// How high it is, with a margin.
    pub height: f64,
    /// The blocks, each once.
    pub blocks: Vec<GraphBlock>,
    /// The lines. Links over many layers have none: their ends are named in the blocks.
    pub links: Vec<GraphLink>,
}

/// A node, or a folded name scope.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphBlock {
    /// The node's or the scope's name.
    pub name: String,
    /// The op's type; of a scope, how many ops it has.
    pub what: String,
    /// What it stands for.
    pub kind: BlockKind,
    /// What is to be written in it.
    pub lines: Vec<String>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// What a block stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// What is fed.
    Placeholder,
    /// A variable, with its initializer and its reading.
    Variable,
    /// A constant.
    Constant,
    /// Any other op.
    Operation,
    /// A folded name scope.
    Scope,
}

/// A line from a block to another.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphLink {
    /// The block where it begins.
    pub from: usize,
    /// The block where it ends.
    pub to: usize,
    /// Type and shape of what flows along it; nothing where it is only an order.
    pub label: String,
    /// Whether it only says what runs before what.
    pub control: bool,
    /// Its points, from the lower edge of the one block to the upper edge of the other.
    pub points: Vec<(f64, f64)>,
}

pub(super) fn picture(contents: &Contents, blocks: &Blocks) -> GraphPicture {
    let layout = Layout::new(blocks);
    let bottoms: Vec<f64> = layout.blocks.iter().map(|placed| placed.y + placed.height).collect();
    let places = blocks.blocks.iter().zip(layout.blocks);
    let drawn = places.map(|(block, placed)| GraphBlock {
        name: block.name.clone(),
        what: block.what.clone(),
        kind: match block.kind {
            Kind::Placeholder => BlockKind::Placeholder,
            Kind::Variable => BlockKind::Variable,
            Kind::Constant => BlockKind::Constant,
            Kind::Operation => BlockKind::Operation,
            Kind::Scope => BlockKind::Scope,
        },
        lines: placed.lines,
        nodes: block.members.iter().map(|id| contents.nodes[id.index()].name.to_string()).collect(),
        x: placed.x,
        y: placed.y,
        width: placed.width,
        height: placed.height,
    });
    let drawn: Vec<GraphBlock> = drawn.collect();
    let links = layout.routes.into_iter().map(|route| {
        let port = &blocks.blocks[route.from].ports[route.port];
        let (label, control) = (port.label.clone(), port.control);
        let mut points = route.points;
        // In an SVG the label is between block and line; here who draws says where it is.
        points[0].1 = bottoms[route.from];
        GraphLink { from: route.from, to: route.to, label, control, points }
    });
    let links = links.collect();
    GraphPicture { width: layout.width, height: layout.height, blocks: drawn, links }
}
