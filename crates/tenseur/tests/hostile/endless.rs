//! Arrays without elements whose axes are as long as no memory holds: `[0, 2⁴⁴]` is an array like any other, and takes none.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tenseur::conformance::Case;
use tenseur::formats::proto::Attr;
use tenseur::ops::OPS;
use tenseur::prelude::*;
use tenseur::session::Cancellation;
use tenseur::{Executor, PartialShape, Shape, gradients};

use super::builder::{INT, cancel_after, fed_op};

/// A shape of as many axes, of which one is 0, and another, or every other, far longer than anything; the rest stay.
fn without_elements(shape: &Shape, empty: usize, long: Option<usize>) -> Shape {
    let size = |(axis, &size): (usize, &usize)| match axis {
        _ if axis == empty => 0,
        _ if long.is_none_or(|long| long == axis) => 1 << 44,
        _ => size,
    };
    shape.iter().enumerate().map(size).collect()
}

/// Runs the case over these arrays on both executors, and its gradients: what comes of it is an error or arrays.
fn run(case: &Case, feeds: &[Array]) {
    let graph = Graph::new();
    let mut fed = Feeds::new();
    let mut inputs = Vec::new();
    for (i, feed) in feeds.iter().enumerate() {
        if i < case.variables {
            inputs.push(graph.variable(feed, &format!("v{i}")).reference().clone());
            continue;
        }
        let shape = PartialShape::of_rank(feed.shape().rank());
        let placeholder = graph.placeholder_of(feed.dtype(), shape, &format!("x{i}"));
        fed = fed.with(&placeholder, feed);
        inputs.push(placeholder);
    }
    let placeholders = inputs[case.variables..].to_vec();
    let mut outputs = (case.build)(&graph, &inputs);
    if graph.check().is_err() {
        return;
    }
    if case.smooth {
        let losses: Vec<&Tensor> = outputs.iter().collect();
        let found: Vec<Tensor> = gradients(&losses, &placeholders).into_iter().flatten().collect();
        if graph.check().is_ok() {
            outputs.extend(found);
        }
    }
    for executor in [Executor::Planned, Executor::Reference] {
        let cancellation = Cancellation::new();
        cancel_after(&cancellation, 500);
        let Ok(session) = Session::new(&graph) else { return };
        let session = session.executor(executor).threads(1).cancelled_by(&cancellation);
        let _ = session.run_op(&graph.global_variables_initializer(), feeds![]);
        for output in &outputs {
            let _ = session.run(output, fed.clone()).map_err(|error| error.to_string());
        }
    }
}

#[test]
fn strings_of_an_endless_axis_are_joined_at_once() {
    let graph =
        fed_op("ReduceJoin", &[7, INT], [("separator", Attr::S(Vec::new())), ("keep_dims", Attr::B(false))]);
    let strings = Array::zeros(DType::String, [2, 2, 1 << 60, 0]).unwrap();
    let places = Array::new([2], [0, 1]).unwrap();
    for executor in [Executor::Planned, Executor::Reference] {
        let session = Session::new(&graph).unwrap().executor(executor);
        let feeds = Feeds::new()
            .with(graph.tensor("x0").unwrap(), &strings)
            .with(graph.tensor("x1").unwrap(), &places);
        assert_eq!(
            *session.run(&graph.tensor("y").unwrap(), feeds).unwrap().shape(),
            Shape::from([1 << 60, 0])
        );
    }
}

/// How long a case may take, also beside others: it has nothing to compute.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn arrays_without_elements_and_with_endless_axes_are_computed_or_refused_at_once() {
    let mut failures = Vec::new();
    // A case is tried with one in twelve, the next with others: all of them take minutes.
    let (mut turn, mut tried) = (0.., 0);
    for entry in OPS {
        for (at, case) in (entry.cases)().iter().enumerate() {
            for feeds in endless(case).into_iter().filter(|_| turn.next().is_some_and(|turn| turn % 12 == 0))
            {
                tried += 1;
                let shapes: Vec<String> = feeds.iter().map(|feed| feed.shape().to_string()).collect();
                let (sender, receiver) = std::sync::mpsc::channel();
                std::thread::spawn(move || {
                    run(&(entry.cases)()[at], &feeds);
                    sender.send(())
                });
                let what = match receiver.recv_timeout(PATIENCE) {
                    Ok(()) => continue,
                    Err(RecvTimeoutError::Timeout) => "does not end",
                    Err(RecvTimeoutError::Disconnected) => "panics",
                };
                failures.push(format!("{} ({}) of {shapes:?} {what}", entry.name, case.name));
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n"));
}

/// The arrays of a case with endless axes: each input alone, and all that have these axes.
fn endless(case: &Case) -> Vec<Vec<Array>> {
    let rank = |i: usize| case.feeds[i].shape().rank();
    let changed: Vec<usize> = (case.variables..case.feeds.len()).filter(|&i| rank(i) > 0).collect();
    let ranks = changed.iter().map(|&i| rank(i)).max().unwrap_or(0);
    let mut found: Vec<Vec<Array>> = Vec::new();
    for (empty, long) in
        (0..ranks).flat_map(|empty| (0..ranks).map(Some).chain([None]).map(move |long| (empty, long)))
    {
        for which in changed.iter().map(std::slice::from_ref).chain([&changed[..]]) {
            let mut feeds = case.feeds.clone();
            for &i in which {
                let shape = without_elements(feeds[i].shape(), empty, long);
                if shape.elements() == 0
                    && let Ok(array) = Array::zeros(feeds[i].dtype(), shape)
                {
                    feeds[i] = array;
                }
            }
            if feeds != case.feeds && !found.contains(&feeds) {
                found.push(feeds);
            }
        }
    }
    found
}
