//! Stages that arrange elements as they are: take, skip, repeat, concatenate, zip.

use super::{Dataset, Element, Result, Source, Stage, turn_within};
use crate::error::Error;

impl Dataset {
    /// The first `count` elements.
    #[must_use]
    pub fn take(&self, count: u64) -> Dataset {
        Dataset::new(Taken { input: self.clone(), count })
    }

    /// All but the first `count` elements.
    #[must_use]
    pub fn skip(&self, count: u64) -> Dataset {
        Dataset::new(Skipped { input: self.clone(), count })
    }

    /// The elements over and over: `count` times, or for ever. A shuffle before it has another order each time.
    #[must_use]
    pub fn repeat(&self, count: Option<u64>) -> Dataset {
        Dataset::new(Repeated { input: self.clone(), count })
    }

    /// These elements, then those of `other`.
    #[must_use]
    pub fn concatenate(&self, other: &Dataset) -> Dataset {
        Dataset::new(Concatenated { inputs: [self.clone(), other.clone()] })
    }

    /// Elements that have the arrays of an element of each dataset, until one of those ends.
    ///
    /// # Errors
    /// When there is no dataset.
    ///
    /// ```
    /// use tenseur::array;
    /// use tenseur::data::pipeline::Dataset;
    /// let (a, b) = (Dataset::from_arrays(&[array![1, 2, 3]])?, Dataset::from_arrays(&[array![true, false]])?);
    /// let both = Dataset::zip(&[a, b])?.batch(9, false).iter()?.collect::<tenseur::Result<Vec<_>>>()?;
    /// assert_eq!(both, [[array![1, 2], array![true, false]]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn zip(datasets: &[Dataset]) -> Result<Dataset> {
        match datasets.is_empty() {
            true => Err(Error::invalid("a zip is of one dataset or more, and none is given")),
            false => Ok(Dataset::new(Zipped { inputs: datasets.to_vec() })),
        }
    }
}

struct Taken {
    input: Dataset,
    count: u64,
}

impl Source for Taken {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Taking { input: self.input.source.open(turn)?, left: self.count }))
    }
}

struct Taking {
    input: Box<dyn Stage>,
    left: u64,
}

impl Stage for Taking {
    fn next(&mut self) -> Result<Option<Element>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.input.next()
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let passed = self.input.skip(count.min(self.left))?;
        self.left -= passed;
        Ok(passed)
    }
}

struct Skipped {
    input: Dataset,
    count: u64,
}

impl Source for Skipped {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        let mut input = self.input.source.open(turn)?;
        input.skip(self.count)?;
        Ok(input)
    }
}

struct Repeated {
    input: Dataset,
    count: Option<u64>,
}

impl Source for Repeated {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        let Repeated { input, count } = self;
        Ok(Box::new(Repeating {
            input: input.clone(),
            outer: turn,
            number: 0,
            left: *count,
            now: None,
            empty: true,
        }))
    }
}

struct Repeating {
    input: Dataset,
    outer: u64,
    /// Which repetition comes next.
    number: u64,
    /// How many come, if they end.
    left: Option<u64>,
    now: Option<Box<dyn Stage>>,
    /// Whether the repetition under way has had no element.
    empty: bool,
}

impl Repeating {
    /// Uses the elements of each repetition in turn, until one gives something.
    fn with_turns<T>(
        &mut self,
        mut take: impl FnMut(&mut dyn Stage) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        loop {
            if let Some(stage) = &mut self.now {
                if let Some(taken) = take(stage.as_mut())? {
                    self.empty = false;
                    return Ok(Some(taken));
                }
                self.now = None;
                // Nothing, repeated for ever, is nothing.
                if self.empty {
                    self.left = Some(0);
                }
            }
            match &mut self.left {
                Some(0) => return Ok(None),
                Some(left) => *left -= 1,
                None => {}
            }
            self.now = Some(self.input.source.open(turn_within(self.outer, self.number))?);
            self.number += 1;
            self.empty = true;
        }
    }
}

impl Stage for Repeating {
    fn next(&mut self) -> Result<Option<Element>> {
        self.with_turns(|stage| stage.next())
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let mut passed = 0;
        while passed < count {
            let more =
                self.with_turns(|stage| Ok(Some(stage.skip(count - passed)?).filter(|&more| more > 0)))?;
            match more {
                Some(more) => passed += more,
                None => break,
            }
        }
        Ok(passed)
    }
}

struct Concatenated {
    inputs: [Dataset; 2],
}

impl Source for Concatenated {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        let [first, second] = &self.inputs;
        Ok(Box::new(Concatenating { now: first.source.open(turn)?, then: Some(second.clone()), turn }))
    }
}

struct Concatenating {
    now: Box<dyn Stage>,
    then: Option<Dataset>,
    turn: u64,
}

impl Concatenating {
    /// Goes on to what comes then; false if nothing does.
    fn go_on(&mut self) -> Result<bool> {
        match self.then.take() {
            Some(then) => {
                self.now = then.source.open(self.turn)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl Stage for Concatenating {
    fn next(&mut self) -> Result<Option<Element>> {
        match self.now.next()? {
            None if self.go_on()? => self.now.next(),
            other => Ok(other),
        }
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let mut passed = self.now.skip(count)?;
        if passed < count && self.go_on()? {
            passed += self.now.skip(count - passed)?;
        }
        Ok(passed)
    }
}

struct Zipped {
    inputs: Vec<Dataset>,
}

impl Source for Zipped {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        let stages = self.inputs.iter().map(|input| input.source.open(turn)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(Zipping { stages }))
    }
}

struct Zipping {
    stages: Vec<Box<dyn Stage>>,
}

impl Stage for Zipping {
    fn next(&mut self) -> Result<Option<Element>> {
        let mut all = Vec::new();
        for stage in &mut self.stages {
            match stage.next()? {
                Some(element) => all.extend(element),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let mut least = count;
        for stage in &mut self.stages {
            least = least.min(stage.skip(count)?);
        }
        Ok(least)
    }
}
