use super::*;
use crate::prelude::*;

fn blocks(drawing: &Dataflow) -> Blocks {
    let contents = drawing.graph.read();
    let shown = vec![true; contents.nodes.len()];
    Blocks::new(&contents, &shown, &Folding { depth: drawing.depth, open: &drawing.open })
}
