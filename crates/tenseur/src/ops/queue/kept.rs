//! A queue as a session keeps it: elements, each a tuple of arrays, and those who wait for them or for room.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tenseur_kernels::random::Philox;

use super::Kind;
use super::waiting::{NAP, NAPS_ALONE};
use crate::error::{Code, Reason};
use crate::lowering::Objects;
use crate::ops::random::words::Words;
use crate::value::{Array, DType, PartialShape, Shape};

/// An array for each component.
pub(super) type Element = Vec<Array>;

/// What a queue takes, and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) kind: Kind,
    /// The types of the components.
    pub(super) types: Vec<DType>,
    /// Their shapes, if they are told.
    pub(super) shapes: Option<Vec<PartialShape>>,
    /// How many elements there may be.
    pub(super) capacity: usize,
    /// How many elements stay where they are taken by chance.
    pub(super) least: usize,
    pub(super) seeds: (i64, i64),
}

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) terms: Terms,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    elements: Elements,
    words: Words,
    closed: bool,
    /// Who has come so far, and who waits, first come, first served: those with elements, and those for some.
    tickets: u64,
    putting: VecDeque<u64>,
    taking: VecDeque<u64>,
    /// How often those who wait for room were sent away.
    sent_away: u64,
}

#[derive(Debug)]
enum Elements {
    InOrder(VecDeque<Element>),
    /// By priority, and then by when they came.
    ByPriority(BTreeMap<(i64, u64), Element>, u64),
}

/// The two lines in front of a queue.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Putting,
    Taking,
}

impl State {
    fn line(&mut self, line: Line) -> &mut VecDeque<u64> {
        match line {
            Line::Putting => &mut self.putting,
            Line::Taking => &mut self.taking,
        }
    }

    fn len(&self) -> usize {
        match &self.elements {
            Elements::InOrder(elements) => elements.len(),
            Elements::ByPriority(elements, _) => elements.len(),
        }
    }

    fn put(&mut self, element: Element) -> Result<(), Reason> {
        match &mut self.elements {
            Elements::InOrder(elements) => elements.push_back(element),
            Elements::ByPriority(elements, count) => {
                let priority = element.first().ok_or("there is no priority")?.item::<i64>()?;
                *count += 1;
                elements.insert((priority, *count), element);
            }
        }
        Ok(())
    }

    /// The next element, if one may be taken.
    fn take(&mut self, terms: &Terms) -> Option<Element> {
        let least = if self.closed { 0 } else { terms.least };
        if self.len() <= least {
            return None;
        }
        match &mut self.elements {
            Elements::InOrder(elements) if terms.kind == Kind::RandomShuffle => {
                let place = self.words.next() as usize % elements.len();
                elements.swap_remove_back(place)
            }
            Elements::InOrder(elements) => elements.pop_front(),
            Elements::ByPriority(elements, _) => elements.pop_first().map(|(_, element)| element),
        }
    }

    /// Puts elements back that were taken in vain.
    fn put_back(&mut self, taken: Vec<Element>) {
        for element in taken.into_iter().rev() {
            match &mut self.elements {
                Elements::InOrder(elements) => elements.push_front(element),
                // An element without priority was never there.
                Elements::ByPriority(..) => drop(self.put(element)),
            }
        }
    }
}

impl Queue {
    pub(super) fn new(name: String, terms: Terms) -> Queue {
        let seeds = match terms.seeds {
            (0, 0) => {
                let unforeseeable = || RandomState::new().build_hasher().finish() as i64;
                (unforeseeable(), unforeseeable())
            }
            seeds => seeds,
        };
        let elements = match terms.kind {
            Kind::Priority => Elements::ByPriority(BTreeMap::new(), 0),
            _ => Elements::InOrder(VecDeque::new()),
        };
        let state = State {
            elements,
            words: Words::new(Philox::new(seeds.0, seeds.1)),
            closed: false,
            tickets: 0,
            putting: VecDeque::new(),
            taking: VecDeque::new(),
            sent_away: 0,
        };
        Queue { name, terms, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn closed(&self) -> Reason {
        Reason::new(Code::Cancelled, format!("the queue \"{}\" is closed", self.name))
    }

    /// Lets nothing in from now on; with `cancel`, not even what waits for room.
    pub(super) fn close(&self, cancel: bool) -> Result<(), Reason> {
        let mut state = self.lock();
        if state.closed && !cancel {
            return Err(Reason::new(
                Code::Cancelled,
                format!("the queue \"{}\" is already closed", self.name),
            ));
        }
        state.closed = true;
        state.sent_away += u64::from(cancel);
        self.changed.notify_all();
        Ok(())
    }

    /// Puts elements in, one after the other, waiting for room.
    pub(super) fn enqueue(&self, objects: &Objects, elements: Vec<Element>) -> Result<(), Reason> {
        let state = self.lock();
        if state.closed {
            return Err(self.closed());
        }
        let sent_away = state.sent_away;
        let mut elements = elements.into_iter().peekable();
        self.in_line(objects, state, Line::Putting, |state| {
            if state.sent_away != sent_away {
                return Err(self.closed());
            }
            while state.len() < self.terms.capacity
                && let Some(element) = elements.next()
            {
                state.put(element)?;
            }
            Ok(elements.peek().is_none().then_some(()))
        })
    }

    /// Takes `count` elements, waiting for them; if `fewer` will do, what is left of a closed queue.
    pub(super) fn dequeue(
        &self,
        objects: &Objects,
        count: usize,
        fewer: bool,
    ) -> Result<Vec<Element>, Reason> {
        let state = self.lock();
        let mut taken = Vec::new();
        let got = self.in_line(objects, state, Line::Taking, |state| {
            while taken.len() < count
                && let Some(element) = state.take(&self.terms)
            {
                taken.push(element);
            }
            // Who waits for room may still bring some.
            let ended = state.closed && state.putting.is_empty();
            if taken.len() == count || ended && fewer && !taken.is_empty() {
                return Ok(Some(()));
            }
            match ended {
                true => {
                    let (name, there) = (&self.name, taken.len());
                    let why = format!(
                        "the queue \"{name}\" is closed and has {there} elements, where {count} are asked for"
                    );
                    Err(Reason::new(Code::OutOfRange, why))
                }
                false => Ok(None),
            }
        });
        if let Err(reason) = got {
            self.lock().put_back(taken);
            self.changed.notify_all();
            return Err(reason);
        }
        Ok(taken)
    }

    /// Tries, once all who came before are served, until `attempt` has come to an end.
    fn in_line(
        &self,
        objects: &Objects,
        mut state: MutexGuard<'_, State>,
        line: Line,
        mut attempt: impl FnMut(&mut State) -> Result<Option<()>, Reason>,
    ) -> Result<(), Reason> {
        state.tickets += 1;
        let ticket = state.tickets;
        state.line(line).push_back(ticket);
        let mut alone = 0;
        let outcome = loop {
            let before = state.len();
            let first = state.line(line).front() == Some(&ticket);
            let tried = if first { attempt(&mut state) } else { Ok(None) };
            match tried {
                Ok(None) if state.len() != before => self.changed.notify_all(),
                Ok(None) => {}
                Ok(Some(())) => break Ok(()),
                Err(reason) => break Err(reason),
            }
            if let Err(reason) = objects.check_cancelled() {
                break Err(reason);
            }
            alone = if objects.is_alone() { alone + 1 } else { 0 };
            // In a browser nobody else can come.
            if alone > NAPS_ALONE || cfg!(target_family = "wasm") {
                break Err(self.in_vain(line, &state));
            }
            let slept = self.changed.wait_timeout(state, NAP);
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.line(line).retain(|waiting| *waiting != ticket);
        drop(state);
        self.changed.notify_all();
        outcome
    }

    fn in_vain(&self, line: Line, state: &State) -> Reason {
        let (name, there) = (&self.name, state.len());
        let why = match line {
            Line::Putting => format!("the queue \"{name}\" is full, with {there} elements"),
            Line::Taking => format!("the queue \"{name}\" has too few elements, {there}, and is not closed"),
        };
        Reason::new(
            Code::DeadlineExceeded,
            format!("{why}; and no other run is under way that could change that"),
        )
    }

    /// Whether arrays, below `rows` of which stand if it is told, are components of this queue.
    pub(super) fn check(&self, components: &[Array], rows: Option<usize>) -> Result<(), Reason> {
        let types = &self.terms.types;
        if components.len() != types.len() {
            let (got, wanted) = (components.len(), types.len());
            return Err(format!("elements of the queue have {wanted} components, and here are {got}").into());
        }
        for (number, (array, dtype)) in components.iter().zip(types).enumerate() {
            if array.dtype() != *dtype {
                return Err(format!("component {number} is {dtype}, and not {}", array.dtype()).into());
            }
            let shape = match rows {
                None => array.shape().clone(),
                Some(_) => match array.shape().split_first() {
                    Some((_, rest)) => rest.into(),
                    None => return Err(format!("component {number} is a scalar and has no rows").into()),
                },
            };
            if rows.is_some_and(|rows| array.shape()[0] != rows) {
                return Err(format!(
                    "component {number} has shape {}, and another {rows:?} rows",
                    array.shape()
                )
                .into());
            }
            if let Some(wanted) = self.terms.shapes.as_ref().map(|shapes| &shapes[number])
                && !wanted.accepts(&shape)
            {
                return Err(format!("component {number} is {shape} where the queue has {wanted}").into());
            }
        }
        Ok(())
    }

    /// Elements as arrays of one more axis, one for each component.
    pub(super) fn stacked(&self, elements: &[Element]) -> Result<Vec<Array>, Reason> {
        let Some(shapes) = &self.terms.shapes else {
            return Err("several elements are taken at once only from a queue with \"shapes\"".into());
        };
        let component = |(number, shape): (usize, &PartialShape)| -> Result<Array, Reason> {
            let parts: Vec<&Array> = elements.iter().map(|element| &element[number]).collect();
            let mut sizes: Vec<usize> =
                shape.sizes().unwrap_or_default().iter().map(|size| size.unwrap_or(0)).collect();
            for part in &parts {
                for (size, &own) in sizes.iter_mut().zip(part.shape().iter()) {
                    *size = own.max(*size);
                }
            }
            let whole: Shape = std::iter::once(parts.len()).chain(sizes.iter().copied()).collect();
            if parts.is_empty() {
                return match self.terms.types[number] {
                    DType::String => Ok(Array::strings(whole, Vec::<Vec<u8>>::new())?),
                    dtype => Ok(Array::zeros(dtype, whole)?),
                };
            }
            let rows = parts.into_iter().map(|part| {
                let padded = padded(part, &whole[1..])?;
                Ok(padded.reshape(std::iter::once(1).chain(whole[1..].iter().copied()).collect::<Shape>())?)
            });
            Ok(Array::concatenate(&rows.collect::<Result<Vec<_>, Reason>>()?)?)
        };
        shapes.iter().enumerate().map(component).collect()
    }
}

/// The array with zeros, or empty strings, behind it along each axis up to these sizes.
fn padded(array: &Array, sizes: &[usize]) -> Result<Array, Reason> {
    if array.shape()[..] == *sizes {
        return Ok(array.clone());
    }
    let whole = Shape::from(sizes);
    let strides = whole.strides();
    // Where each element of the array goes.
    let place = |mut element: usize| {
        let mut place = 0;
        for (&size, &stride) in array.shape().iter().zip(&strides).rev() {
            place += element % size * stride.unsigned_abs();
            element /= size;
        }
        place
    };
    if let Ok(strings) = array.as_strings() {
        let mut all = vec![Vec::new(); whole.elements()];
        for (element, string) in strings.iter().enumerate() {
            all[place(element)].clone_from(string);
        }
        return Ok(Array::strings(whole, all)?);
    }
    let mut all = Array::zeros(array.dtype(), whole)?;
    let size = array.dtype().size().unwrap_or(1);
    let (into, from) = (all.bytes_mut()?, array.bytes()?);
    for (element, bytes) in from.chunks_exact(size).enumerate() {
        let at = place(element) * size;
        into[at..at + size].copy_from_slice(bytes);
    }
    Ok(all)
}

/// The rows of arrays of one length as elements.
pub(super) fn rows(components: &[Array], count: usize) -> Result<Vec<Element>, Reason> {
    let element = |row: usize| {
        let part = |array: &Array| Ok(array.rows(row, 1)?.reshape(Shape::from(&array.shape()[1..]))?);
        components.iter().map(part).collect::<Result<Element, Reason>>()
    };
    (0..count).map(element).collect()
}
