//! A reduction of few numbers, written down as the calls of its loops: see `recording.rs`.

use super::ReduceKernel;
use super::plan::{GROUP_ROWS, Input, Walk};
use crate::block::LANES;
use crate::recording::{Address, Call, Recorder};

impl ReduceKernel {
    /// Writes down what a run does, where each result is made of one block.
    pub(super) fn write_down(&self, recorder: &mut Recorder) -> Option<()> {
        let space: usize = self.space.iter().product();
        if self.count == 0 || self.parts > 1 || self.units() != 1 || space > self.lanes.min(LANES) {
            return None;
        }
        let results = match self.walk {
            Walk::Within { period, width, .. } => self.write_within(recorder, space, period, width)?,
            Walk::Across { length, rows, stride } => {
                self.write_across(recorder, space, length, rows, stride)?
            }
        };
        let mut operands = vec![results];
        for (number, input) in self.further_inputs.iter().enumerate() {
            let first = recorder.input(self.inputs.len() + number);
            operands.push(match input.uniform {
                true => first.plus(input.source.first()),
                false => input.source.record(&self.kept_space, recorder, first, self.kept)?,
            });
        }
        operands.extend((0..self.output_sizes.len()).map(|output| recorder.output(output)));
        self.epilogue.record(recorder, self.level, &operands, self.kept)?;
        Some(())
    }

    /// Folds the space, at each place of the outer space, into a row of results.
    fn write_within(
        &self,
        recorder: &mut Recorder,
        space: usize,
        period: usize,
        width: usize,
    ) -> Option<Address> {
        let places = self.kept / period;
        // The last row of results is folded in more lanes than it keeps.
        let results = recorder.scratch((places.checked_sub(1)? * period + width) * self.size);
        for place in 0..places {
            let lanes = results.plus(place * period * self.size);
            self.fill(recorder, lanes, width)?;
            let numbers = self.write_block(recorder, place, space)?;
            let (n, width) = (u32::try_from(space).ok()?, u32::try_from(width).ok()?);
            let (level, kept) = (self.level, u32::try_from(period).ok()?);
            recorder.call(Call::FoldLanes { fold: self.folds.lanes, level, lanes, numbers, n, width });
            recorder.call(Call::FoldTogether { fold: self.folds.together, level, lanes, width, kept });
        }
        Some(results)
    }

    /// Folds what lies at the places of the outer space, one upon the other.
    fn write_across(
        &self,
        recorder: &mut Recorder,
        space: usize,
        length: usize,
        rows: usize,
        stride: isize,
    ) -> Option<Address> {
        let places: usize = self.outer.iter().product();
        if places > GROUP_ROWS {
            return None;
        }
        let kept = space / length;
        let lanes = recorder.scratch(kept * self.size);
        self.fill(recorder, lanes, kept)?;
        let (level, n) = (self.level, u32::try_from(kept).ok()?);
        for place in (0..places).step_by(rows) {
            let numbers = self.write_block(recorder, place, space)?;
            if length == 1 {
                let (fold, stride) = (self.folds.rows, i32::try_from(stride).ok()?);
                let rows = u32::try_from(rows.min(places - place)).ok()?;
                recorder.call(Call::FoldRows { fold, level, lanes, numbers, stride, rows, n });
            } else {
                let (fold, length) = (self.folds.short, u32::try_from(length).ok()?);
                recorder.call(Call::FoldShort { fold, level, lanes, numbers, n, length });
            }
        }
        Some(lanes)
    }

    /// Runs the prologue on the space at a place of the outer space; returns where the results are.
    fn write_block(&self, recorder: &mut Recorder, place: usize, n: usize) -> Option<Address> {
        let mut operands = Vec::with_capacity(self.inputs.len());
        for (number, input) in self.inputs.iter().enumerate() {
            let first = recorder.input(number);
            operands.push(match input.uniform {
                true => first.plus(input.source.first()),
                false => {
                    let first = first.plus(usize::try_from(self.bytes_to(input, place)).ok()?);
                    input.source.record(&self.space, recorder, first, n)?
                }
            });
        }
        self.prologue.record(recorder, self.level, &operands, n)?.first().copied()
    }

    /// Bytes from an input's first place of the outer space to another.
    fn bytes_to(&self, input: &Input, place: usize) -> isize {
        let (mut rest, mut bytes) = (place, 0);
        for (&size, &stride) in self.outer.iter().zip(&input.outer_strides).rev() {
            bytes += (rest % size) as isize * stride;
            rest /= size;
        }
        bytes
    }

    /// Writes down that `n` lanes get what folding nothing gives.
    fn fill(&self, recorder: &mut Recorder, to: Address, n: usize) -> Option<()> {
        let (n, size, bits) = (u32::try_from(n).ok()?, u32::try_from(self.size).ok()?, self.identity);
        recorder.call(Call::Fill { to, n, size, bits });
        Some(())
    }
}
