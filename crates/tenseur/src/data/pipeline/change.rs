//! Stages that change elements: map, filter, batch.

use std::sync::Arc;

use super::{Dataset, Element, Result, Source, Stage};
use crate::error::Error;
use crate::value::{Array, DType};

type Map = dyn Fn(Element) -> Result<Element> + Send + Sync;
type Predicate = dyn Fn(&Element) -> Result<bool> + Send + Sync;

impl Dataset {
    /// What `function` makes of each element.
    #[must_use]
    pub fn map(&self, function: impl Fn(Element) -> Result<Element> + Send + Sync + 'static) -> Dataset {
        Dataset::new(Mapped { input: self.clone(), function: Arc::new(function) })
    }

    /// The elements of which `predicate` is true.
    #[must_use]
    pub fn filter(&self, predicate: impl Fn(&Element) -> Result<bool> + Send + Sync + 'static) -> Dataset {
        Dataset::new(Filtered { input: self.clone(), predicate: Arc::new(predicate) })
    }

    /// Every `size` elements as one, along a new first axis. The last may be smaller, unless `drop_remainder`.
    #[must_use]
    pub fn batch(&self, size: usize, drop_remainder: bool) -> Dataset {
        Dataset::new(Batched { input: self.clone(), size: size.max(1), drop_remainder })
    }
}

struct Mapped {
    input: Dataset,
    function: Arc<Map>,
}

impl Source for Mapped {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Mapping { input: self.input.source.open(turn)?, function: self.function.clone() }))
    }
}

struct Mapping {
    input: Box<dyn Stage>,
    function: Arc<Map>,
}

impl Stage for Mapping {
    fn next(&mut self) -> Result<Option<Element>> {
        self.input.next()?.map(|element| (self.function)(element)).transpose()
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        self.input.skip(count)
    }
}

struct Filtered {
    input: Dataset,
    predicate: Arc<Predicate>,
}

impl Source for Filtered {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Filtering { input: self.input.source.open(turn)?, predicate: self.predicate.clone() }))
    }
}

struct Filtering {
    input: Box<dyn Stage>,
    predicate: Arc<Predicate>,
}

impl Stage for Filtering {
    fn next(&mut self) -> Result<Option<Element>> {
        while let Some(element) = self.input.next()? {
            if (self.predicate)(&element)? {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }
}

struct Batched {
    input: Dataset,
    size: usize,
    drop_remainder: bool,
}

impl Source for Batched {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        let Batched { input, size, drop_remainder } = self;
        Ok(Box::new(Batching {
            input: input.source.open(turn)?,
            size: *size,
            drop_remainder: *drop_remainder,
        }))
    }
}

struct Batching {
    input: Box<dyn Stage>,
    size: usize,
    drop_remainder: bool,
}

impl Stage for Batching {
    fn next(&mut self) -> Result<Option<Element>> {
        let mut elements = Vec::new();
        while elements.len() < self.size {
            match self.input.next()? {
                Some(element) => elements.push(element),
                None => break,
            }
        }
        let enough = elements.len() == self.size || !(self.drop_remainder || elements.is_empty());
        if enough { stacked(&elements).map(Some) } else { Ok(None) }
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let size = self.size as u64;
        let passed = self.input.skip(count.saturating_mul(size))?;
        Ok(if self.drop_remainder { passed / size } else { passed.div_ceil(size) })
    }
}

/// Elements along a new first axis.
fn stacked(elements: &[Element]) -> Result<Element> {
    let Some(first) = elements.first() else { return Ok(Vec::new()) };
    let mut batch = Vec::with_capacity(first.len());
    for (part, like) in first.iter().enumerate() {
        let mut arrays = Vec::with_capacity(elements.len());
        for element in elements {
            match element.get(part).filter(|_| element.len() == first.len()) {
                Some(array) if array.dtype() == like.dtype() && array.shape() == like.shape() => {
                    arrays.push(array)
                }
                Some(array) => {
                    return Err(Error::invalid(format!(
                        "{} {} and {} {} cannot be in one batch: part {part} of the elements must be alike",
                        like.dtype(),
                        like.shape(),
                        array.dtype(),
                        array.shape()
                    )));
                }
                None => {
                    let (a, b) = (first.len(), element.len());
                    return Err(Error::invalid(format!(
                        "elements of {a} and {b} arrays cannot be in one batch"
                    )));
                }
            }
        }
        batch.push(stack(&arrays, like)?);
    }
    Ok(batch)
}

fn stack(arrays: &[&Array], like: &Array) -> Result<Array> {
    let shape: Vec<usize> = [arrays.len()].into_iter().chain(like.shape().iter().copied()).collect();
    if like.dtype() == DType::String {
        let mut strings = Vec::new();
        for array in arrays {
            strings.extend_from_slice(array.as_strings()?);
        }
        return Array::strings(shape, strings);
    }
    let mut stack = Array::zeros(like.dtype(), shape)?;
    let size = like.bytes()?.len();
    if size > 0 {
        for (place, array) in stack.bytes_mut()?.chunks_exact_mut(size).zip(arrays) {
            place.copy_from_slice(array.bytes()?);
        }
    }
    Ok(stack)
}
