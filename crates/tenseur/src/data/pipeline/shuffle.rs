//! Shuffling within a buffer: each element that is given is drawn from the buffer, and its place is taken by the next.

use super::{Dataset, Element, Result, Source, Stage};
use crate::data::random::Random;

impl Dataset {
    /// The elements in another order: each is drawn from the next `buffer` ones, so that with a buffer as large as the
    /// dataset all orders are equally likely. The seed decides, and which repetition it is.
    ///
    /// ```
    /// use tenseur::array;
    /// use tenseur::data::pipeline::Dataset;
    /// let numbers = Dataset::from_arrays(&[array![0, 1, 2, 3, 4, 5, 6, 7]])?.shuffle(8, 1).repeat(None);
    /// let first: Vec<_> = numbers.iter()?.take(20).collect::<tenseur::Result<_>>()?;
    /// let mut again = numbers.iter_from(11)?;
    /// assert_eq!(again.next().unwrap()?, first[11]);
    /// assert_ne!(first[..8], first[8..16]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn shuffle(&self, buffer: usize, seed: u64) -> Dataset {
        Dataset::new(Shuffled { input: self.clone(), buffer: buffer.max(1), seed })
    }
}

struct Shuffled {
    input: Dataset,
    buffer: usize,
    seed: u64,
}

impl Source for Shuffled {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Shuffling {
            input: Some(self.input.source.open(turn)?),
            size: self.buffer,
            buffer: Vec::new(),
            random: Random::new(self.seed, turn),
        }))
    }
}

struct Shuffling {
    /// None when it has come to its end.
    input: Option<Box<dyn Stage>>,
    size: usize,
    buffer: Vec<Element>,
    random: Random,
}

impl Stage for Shuffling {
    fn next(&mut self) -> Result<Option<Element>> {
        while let Some(input) = self.input.as_mut().filter(|_| self.buffer.len() < self.size) {
            match input.next()? {
                Some(element) => self.buffer.push(element),
                None => self.input = None,
            }
        }
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let drawn = self.random.below(self.buffer.len() as u64) as usize;
        Ok(Some(self.buffer.swap_remove(drawn)))
    }
}
