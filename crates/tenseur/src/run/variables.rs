//! The variables of a session as one run sees them: it writes them where they are, beside other runs, and takes back what
//! it wrote if it fails.

use std::sync::{RwLock, RwLockWriteGuard};

use crate::error::{Code, Result};
use crate::graph::NodeId;
use crate::run::State;
use crate::run::planned::uninitialized_error;
use crate::run::value::Resources;
use crate::value::Array;

/// The session's variables, and what this run has written over. The lock is held for one reading or one write at a time.
pub(crate) struct Variables<'a> {
    pub(crate) state: &'a RwLock<State>,
    pub(crate) written: Written,
}

/// What a run has written over, by cell.
#[derive(Default)]
pub(crate) struct Written(Vec<Before>);

/// A cell before a run wrote it.
struct Before {
    cell: usize,
    value: Option<Array>,
    /// How often it had been written after this run's last write.
    writes: u64,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(state: &'a RwLock<State>) -> Variables<'a> {
        Variables { state, written: Written::default() }
    }

    /// What the session keeps beside variables.
    pub(crate) fn resources(&self) -> Resources {
        self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner()).resources.clone()
    }

    /// What the variable, or the position of a random op, holds.
    pub(crate) fn get(&self, node: NodeId) -> Option<Array> {
        self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(node).cloned()
    }

    /// What the variable holds.
    ///
    /// # Errors
    /// When it holds nothing yet.
    pub(crate) fn read(&self, node: NodeId) -> Result<Array> {
        self.get(node).ok_or_else(|| uninitialized_error(Code::FailedPrecondition))
    }

    /// Reads and writes while no other run does either.
    pub(crate) fn change(&mut self) -> Changing<'_> {
        let state = self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        Changing { state, written: &mut self.written }
    }

    /// Takes back what this run wrote, where no other has written since.
    pub(crate) fn take_back(&mut self) {
        if self.written.0.is_empty() {
            return;
        }
        let mut state = self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        for before in self.written.0.drain(..) {
            if state.writes_at(before.cell) == before.writes {
                state.set_at(before.cell, before.value);
            }
        }
    }
}

/// Variables that no other run touches for now.
pub(crate) struct Changing<'v> {
    state: RwLockWriteGuard<'v, State>,
    written: &'v mut Written,
}

impl Changing<'_> {
    /// What the variable, or the position of a random op, holds.
    pub(crate) fn get(&self, node: NodeId) -> Option<&Array> {
        self.state.get(node)
    }

    /// Puts a value into its cell.
    pub(crate) fn set(&mut self, node: NodeId, value: Array) {
        let cell = self.state.cell(node);
        self.written.note(&self.state, cell);
        self.state.set_at(cell, Some(value));
        self.written.wrote(&self.state, cell);
    }
}

impl Written {
    /// Keeps what a cell holds, before it is written.
    pub(crate) fn note(&mut self, state: &State, cell: usize) {
        let writes = state.writes_at(cell);
        match self.0.iter_mut().find(|before| before.cell == cell) {
            Some(before) if before.writes == writes => {}
            // Another run has written it in between, and that is what is to be had again.
            Some(before) => *before = Before { cell, value: state.at(cell).cloned(), writes },
            None => self.0.push(Before { cell, value: state.at(cell).cloned(), writes }),
        }
    }

    /// Notes that the cell has been written.
    pub(crate) fn wrote(&mut self, state: &State, cell: usize) {
        if let Some(before) = self.0.iter_mut().find(|before| before.cell == cell) {
            before.writes = state.writes_at(cell);
        }
    }
}
