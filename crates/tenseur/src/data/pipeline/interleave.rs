//! Several datasets at once, in turn: of many files a few, so that neighbours come from different ones.

use std::sync::Arc;

use super::{Dataset, Element, Result, Source, Stage, turn_within};

type Open = dyn Fn(Element) -> Result<Dataset> + Send + Sync;

impl Dataset {
    /// `block` elements at a time of each of `cycle` datasets that `open` makes of these elements; when one ends, the next
    /// takes its place.
    ///
    /// ```
    /// use tenseur::data::pipeline::Dataset;
    /// use tenseur::{Array, array};
    /// let starts = Dataset::from_arrays(&[array![10, 20, 30]])?;
    /// let all = starts.interleave(2, 1, |element| {
    ///     let start = element[0].item::<i32>()?;
    ///     Dataset::from_arrays(&[Array::new([2], [start, start + 1])?])
    /// });
    /// let all = all.batch(9, false).iter()?.collect::<tenseur::Result<Vec<_>>>()?;
    /// assert_eq!(all[0][0], array![10, 20, 11, 21, 30, 31]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn interleave(
        &self,
        cycle: usize,
        block: usize,
        open: impl Fn(Element) -> Result<Dataset> + Send + Sync + 'static,
    ) -> Dataset {
        Dataset::new(Interleaved {
            input: self.clone(),
            cycle: cycle.max(1),
            block: block.max(1),
            open: Arc::new(open),
        })
    }
}

struct Interleaved {
    input: Dataset,
    cycle: usize,
    block: usize,
    open: Arc<Open>,
}

impl Source for Interleaved {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Interleaving {
            input: Some(self.input.source.open(turn)?),
            turn,
            opened: 0,
            slots: (0..self.cycle).map(|_| None).collect(),
            slot: 0,
            left: self.block,
            block: self.block,
            open: self.open.clone(),
        }))
    }
}

struct Interleaving {
    /// None when it has come to its end.
    input: Option<Box<dyn Stage>>,
    turn: u64,
    opened: u64,
    slots: Vec<Option<Box<dyn Stage>>>,
    slot: usize,
    /// How many elements the slot still gives before the next one's turn.
    left: usize,
    block: usize,
    open: Arc<Open>,
}

impl Interleaving {
    fn next_slot(&mut self) {
        self.slot = (self.slot + 1) % self.slots.len();
        self.left = self.block;
    }

    /// Puts the next dataset into the slot, if there is one.
    fn refill(&mut self) -> Result<()> {
        let Some(input) = &mut self.input else { return Ok(()) };
        match input.next()? {
            Some(element) => {
                let dataset = (self.open)(element)?;
                self.slots[self.slot] = Some(dataset.source.open(turn_within(self.turn, self.opened))?);
                self.opened += 1;
            }
            None => self.input = None,
        }
        Ok(())
    }
}

impl Stage for Interleaving {
    fn next(&mut self) -> Result<Option<Element>> {
        let mut idle = 0;
        while idle < self.slots.len() || self.input.is_some() {
            if self.slots[self.slot].is_none() {
                self.refill()?;
            }
            let Some(stage) = &mut self.slots[self.slot] else {
                idle += 1;
                self.next_slot();
                continue;
            };
            match stage.next()? {
                Some(element) => {
                    self.left -= 1;
                    if self.left == 0 {
                        self.next_slot();
                    }
                    return Ok(Some(element));
                }
                None => {
                    idle = 0;
                    self.slots[self.slot] = None;
                    self.next_slot();
                }
            }
        }
        Ok(None)
    }
}
