//! Elements made ahead of time, on a thread of their own.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use super::{Dataset, Element, Result, Source, Stage};
use crate::error::{Code, Error};

impl Dataset {
    /// The same elements, up to `count` of which are made ahead of time on a thread, while the program does other things. The
    /// thread ends with the pipeline.
    #[must_use]
    pub fn prefetch(&self, count: usize) -> Dataset {
        Dataset::new(Prefetched { input: self.clone(), count: count.max(1) })
    }
}

struct Prefetched {
    input: Dataset,
    count: usize,
}

impl Source for Prefetched {
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Prefetching {
            input: Some(self.input.source.open(turn)?),
            count: self.count,
            worker: None,
        }))
    }
}

struct Prefetching {
    /// None once the thread has it.
    input: Option<Box<dyn Stage>>,
    count: usize,
    worker: Option<Worker>,
}

struct Worker {
    /// None when the thread is to end.
    elements: Option<Receiver<Result<Element>>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(mut input: Box<dyn Stage>, count: usize) -> Result<Worker> {
        let (sender, elements) = sync_channel(count);
        let work = move || {
            while let Some(element) = input.next().transpose() {
                let last = element.is_err();
                if sender.send(element).is_err() || last {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("prefetch".to_string()).spawn(work).map_err(|error| {
            Error::new(Code::ResourceExhausted, format!("there is no thread to prefetch elements: {error}"))
        })?;
        Ok(Worker { elements: Some(elements), thread: Some(thread) })
    }
}

impl Stage for Prefetching {
    fn next(&mut self) -> Result<Option<Element>> {
        if let Some(input) = self.input.take() {
            self.worker = Some(Worker::start(input, self.count)?);
        }
        let Some(worker) = &mut self.worker else { return Ok(None) };
        if let Some(Ok(element)) = worker.elements.as_ref().map(Receiver::recv) {
            return element.map(Some);
        }
        worker.elements = None;
        // A function of the program that panicked has ended the thread.
        match worker.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(Error::new(Code::Internal, "a function of the pipeline panicked")),
            _ => Ok(None),
        }
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        if let Some(input) = &mut self.input {
            return input.skip(count);
        }
        for passed in 0..count {
            if self.next()?.is_none() {
                return Ok(passed);
            }
        }
        Ok(count)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // What the thread wants to give finds nobody.
        self.elements = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
