//! What a session keeps between runs: variables, and how far random ops have come in their streams.

use std::hash::{BuildHasher, Hasher, RandomState};

use tenseur_kernels::Buffer;

use foldhash::HashMap;

use crate::graph::NodeId;
use crate::ops::Stream;
use crate::run::value::Resources;
use crate::session::not_finite;
use crate::value::{Array, DType};

/// The cells, in the order in which they were first used. Arrays share their data until one is written, so a clone
/// costs little.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    cells: Vec<Cell>,
    index: HashMap<NodeId, usize>,
    /// What is kept beside them; a clone shares it.
    pub(crate) resources: Resources,
}

#[derive(Clone, Debug)]
struct Cell {
    node: NodeId,
    value: Option<Array>,
    /// How often it was written: who wants to take a write back sees whether another came since.
    writes: u64,
}

impl State {
    /// What the node's cell holds, if it holds something.
    pub(crate) fn get(&self, node: NodeId) -> Option<&Array> {
        self.cells[*self.index.get(&node)?].value.as_ref()
    }

    /// Puts a value into the node's cell.
    pub(crate) fn set(&mut self, node: NodeId, value: Option<Array>) {
        let cell = self.cell(node);
        self.set_at(cell, value);
    }

    /// The number of the node's cell, which it keeps for good.
    pub(crate) fn cell(&mut self, node: NodeId) -> usize {
        *self.index.entry(node).or_insert_with(|| {
            self.cells.push(Cell { node, value: None, writes: 0 });
            self.cells.len() - 1
        })
    }

    /// What cell number `cell` holds.
    pub(crate) fn at(&self, cell: usize) -> Option<&Array> {
        self.cells[cell].value.as_ref()
    }

    /// Puts a value into cell number `cell`.
    pub(crate) fn set_at(&mut self, cell: usize, value: Option<Array>) {
        self.cells[cell].writes += 1;
        self.cells[cell].value = value;
    }

    /// How often cell number `cell` was written.
    pub(crate) fn writes_at(&self, cell: usize) -> u64 {
        self.cells[cell].writes
    }

    /// What each cell holds, to be written, and how often it was, which is to be counted on with each write; in order of
    /// their numbers.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = (&mut Option<Array>, &mut u64)> {
        self.cells.iter_mut().map(|cell| (&mut cell.value, &mut cell.writes))
    }

    /// Whether a cell holds NaN or an infinity.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.cells.iter().filter_map(|cell| cell.value.as_ref()).any(|value| not_finite(value).is_some())
    }

    /// What each cell holds, in order of their numbers.
    pub(crate) fn values(&self) -> impl Iterator<Item = (NodeId, Option<&Array>)> {
        self.cells.iter().map(|cell| (cell.node, cell.value.as_ref()))
    }
}

/// The position of a random op that has not run.
pub(crate) fn first_position(stream: Stream) -> Array {
    // The standard library seeds its hash tables with numbers from the operating system.
    let unforeseeable = || RandomState::new().build_hasher().finish();
    let position = match stream {
        Stream::Seeded => [0, 0],
        Stream::Unforeseeable => [unforeseeable(), unforeseeable()],
    };
    Array::from_buffer(DType::UInt64, [2].into(), Buffer::from_slice::<u64>(&position).into())
}
