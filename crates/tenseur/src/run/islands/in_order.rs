//! Runs a schedule whose pieces all run, one after the other. A piece that is the last to read a value gets the value itself.

use smallvec::SmallVec;

use crate::error::Result;
use crate::run::value::Value;

use super::Run;
use super::schedule::Schedule;

impl Run<'_, '_> {
    /// The values fetched, after all pieces have run.
    pub(super) fn in_order(&mut self, schedule: &Schedule, feeds: Vec<Value>) -> Result<Vec<Value>> {
        let mut values: Vec<Option<Value>> = Vec::with_capacity(schedule.edges.len());
        values.extend(feeds.into_iter().zip(&schedule.wanted).map(|(value, wanted)| wanted.then_some(value)));
        values.resize_with(schedule.edges.len(), || None);
        let ends = self.depth == 0 && !schedule.fetches_references;
        for (number, piece) in schedule.pieces.iter().enumerate() {
            let mut inputs: SmallVec<[Value; 4]> = SmallVec::with_capacity(piece.inputs.len());
            for input in &piece.inputs {
                let place = &mut values[input.slot];
                let value = if input.last { place.take() } else { place.clone() };
                inputs.push(value.ok_or_else(|| schedule.missing(schedule.edges[input.slot]))?);
            }
            let last = ends && number + 1 == schedule.pieces.len();
            let outputs = self.piece(schedule, piece, &mut inputs, last)?;
            for (slot, output) in piece.outputs.clone().zip(outputs) {
                if schedule.wanted[slot] {
                    values[slot] = Some(output);
                }
            }
        }
        let fetch =
            |&slot: &usize| values[slot].clone().ok_or_else(|| schedule.missing(schedule.edges[slot]));
        schedule.fetches.iter().map(fetch).collect()
    }
}
