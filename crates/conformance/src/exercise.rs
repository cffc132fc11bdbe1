//! Does with a graph from anywhere what a program would do: import, differentiate, run. What comes of it is an error or
//! arrays; it is not to panic, overflow the stack, or allocate without bound.

use std::time::Duration;

use tenseur::session::Cancellation;
use tenseur::{Array, DType, Executor, Feeds, Graph, Operation, Session, Shape, Tensor, gradients};

use crate::mutate::Choices;

/// The most elements of an array that is fed.
const FED: usize = 4096;

/// The op that writes a file.
const WRITE_FILE: &[u8] = b"WriteFile";

/// Imports the bytes as a GraphDef, exports and imports it again, takes gradients, and runs every operation that no
/// other reads on both executors, twice. Each run ends after `patience`.
///
/// # Errors
/// What is wrong with the graph itself. What is wrong with single runs is no error here.
pub fn exercise(graph: &[u8], seed: u64, patience: Duration) -> Result<(), tenseur::Error> {
    let choices = &mut Choices::new(seed);
    // What nobody wrote is not to write files.
    let writes = graph.windows(WRITE_FILE.len()).any(|bytes| bytes == WRITE_FILE);
    let graph = Graph::from_graph_def(graph)?;
    Graph::from_graph_def(&graph.as_graph_def()?)?;
    if writes {
        return Ok(());
    }
    let feeds = feeds(&graph, choices)?;
    let ends = ends(&graph);
    for executor in [Executor::Planned, Executor::Reference] {
        let cancellation = Cancellation::new();
        let session = Session::new(&graph)?.executor(executor).threads(1).cancelled_by(&cancellation);
        let watchdog = watchdog(&cancellation, patience);
        for operation in ends.iter().chain(&ends) {
            let outcome = match operation.outputs() {
                0 => session.run_op(operation, feeds.clone()).err(),
                outputs => session.run(&operation.output(choices.below(outputs)), feeds.clone()).err(),
            };
            // An error is also to be told.
            drop(outcome.map(|error| error.to_string()));
        }
        drop(watchdog);
    }
    if let Some(end) = choices.pick(&ends) {
        differentiate(&graph, end, &feeds, patience);
    }
    Ok(())
}

/// Gradients of the sum of what `end` gives, with respect to all that is fed.
fn differentiate(graph: &Graph, end: &Operation, feeds: &Feeds, patience: Duration) {
    let fed: Vec<Tensor> = placeholders(graph).iter().map(|operation| operation.output(0)).collect();
    let loss = end.output(0).reduce_sum(..);
    if graph.check().is_err() {
        return;
    }
    let found: Vec<Tensor> = gradients(&[&loss], &fed).into_iter().flatten().collect();
    let cancellation = Cancellation::new();
    let watchdog = watchdog(&cancellation, patience);
    if let Ok(session) = Session::new(graph) {
        // As above: only that it ends.
        let _ = session.threads(1).cancelled_by(&cancellation).run(&found[..], feeds.clone());
    }
    drop(watchdog);
}

/// Cancels after `patience`, unless what is given back is dropped before.
fn watchdog(cancellation: &Cancellation, patience: Duration) -> impl Drop + use<> {
    struct Watchdog(Option<std::sync::mpsc::Sender<()>>, Option<std::thread::JoinHandle<()>>);
    impl Drop for Watchdog {
        fn drop(&mut self) {
            self.0.take();
            let _ = self.1.take().map(std::thread::JoinHandle::join);
        }
    }
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let cancellation = cancellation.clone();
    let thread = std::thread::spawn(move || {
        if receiver.recv_timeout(patience) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            cancellation.cancel();
        }
    });
    Watchdog(Some(sender), Some(thread))
}

fn placeholders(graph: &Graph) -> Vec<Operation> {
    graph
        .operations()
        .into_iter()
        .filter(|operation| operation.op_type().starts_with("Placeholder"))
        .collect()
}

/// The operations that no other reads; at most so many that a large graph does not take for ever.
fn ends(graph: &Graph) -> Vec<Operation> {
    let operations = graph.operations();
    let mut read = vec![false; operations.len()];
    for operation in &operations {
        if let Some(node) = graph.node(operation.id()) {
            node.inputs.iter().for_each(|edge| read[edge.node.index()] = true);
            node.control_inputs.iter().for_each(|id| read[id.index()] = true);
        }
    }
    let unread = operations.into_iter().zip(read).filter(|(_, read)| !read).map(|(operation, _)| operation);
    unread.take(12).collect()
}

/// A value for every placeholder, of a size that is not known by now as the choices have it.
fn feeds(graph: &Graph, choices: &mut Choices) -> Result<Feeds, tenseur::Error> {
    let mut feeds = Feeds::new();
    for operation in placeholders(graph) {
        let tensor = operation.output(0);
        let (Some(dtype), shape) = (tensor.dtype(), tensor.shape()) else { continue };
        let shape: Shape = match shape.sizes() {
            Some(sizes) => sizes.iter().map(|size| size.unwrap_or_else(|| choices.below(4))).collect(),
            None => (0..choices.below(4)).map(|_| choices.below(4)).collect(),
        };
        let Some(count) = shape.checked_elements().filter(|&count| count <= FED) else { continue };
        let value = match dtype.size() {
            Some(size) => {
                // Small numbers of either sign and, now and then, any bits at all.
                let wild = choices.below(8) == 0 && dtype != DType::Bool;
                let mut bytes = Vec::with_capacity(count * size);
                for _ in 0..count {
                    let number = choices.below(9) as f64 - 3.0;
                    match wild {
                        true => bytes.extend((0..size).map(|_| choices.number() as u8)),
                        false => bytes.extend_from_slice(Array::scalar_of(dtype, number)?.bytes()?),
                    }
                }
                Array::from_bytes(dtype, shape, &bytes)?
            }
            None if dtype == DType::String => Array::strings(shape, (0..count).map(|_| "1.5".to_string()))?,
            None => continue,
        };
        feeds = feeds.with(tensor, value);
    }
    Ok(feeds)
}
