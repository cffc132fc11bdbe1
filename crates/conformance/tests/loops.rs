//! Second derivatives through loops, conditionals and functions that TensorFlow wrote: of S = Σ ‖∂loss/∂x‖², along a
//! random direction, against central differences of S.

use std::path::Path;

use tenseur::formats::npz;
use tenseur::{Array, DType, Feeds, Graph, Session, Tensor, gradients};
use tenseur_conformance::case::Case;
use tenseur_conformance::{run, suite};

/// The cases of loops, conditionals and functions, those that draw numbers and write variables among them.
fn cases() -> impl Iterator<Item = (String, suite::Files)> {
    let archive = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("reach").join(name);
    let archives = ["loops.tar.gz", "handed_over.tar.gz"].map(archive);
    archives.into_iter().flat_map(|archive| suite::load(&archive).unwrap())
}

/// What a case's first step feeds.
fn feeds(graph: &Graph, case: &Case, files: &suite::Files) -> Feeds {
    let data = npz::decode(&files.data).unwrap();
    case.steps[0].feeds.iter().enumerate().fold(Feeds::new(), |feeds, (i, feed)| {
        feeds.with(graph.tensor(&feed.name).unwrap(), data[&format!("f0__{i}")].clone())
    })
}

#[test]
fn gradients_of_gradients_are_those_of_the_numbers() {
    let mut seen = 0;
    for (_, files) in cases() {
        let case = run::read(&files).unwrap();
        let Some(entry) = &case.gradients else { continue };
        let graph = Graph::from_graph_def(&files.graph).unwrap();
        let wrt: Vec<Tensor> = entry.wrt.iter().map(|name| graph.tensor(name).unwrap()).collect();
        let first = gradients(&[&graph.tensor(&entry.loss).unwrap()], &wrt);
        let squares = first.iter().flatten().map(|g| (g * g).reduce_sum(..));
        let norm = squares.reduce(|sum, square| sum + square).unwrap();
        let second = gradients(&[&norm], &wrt);
        graph.check().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let data = npz::decode(&files.data).unwrap();
        let values: Vec<(Tensor, Array)> = case.steps[0]
            .feeds
            .iter()
            .enumerate()
            .map(|(i, feed)| (graph.tensor(&feed.name).unwrap(), data[&format!("f0__{i}")].clone()))
            .collect();
        // In a session of its own, for those that draw to draw the same.
        let at = |step: f64, fetch: &Tensor| -> Vec<f64> {
            let numbered = values.iter().enumerate();
            let feeds = numbered.fold(Feeds::new(), |feeds, (number, (tensor, value))| {
                feeds.with(tensor, moved(value, number, step))
            });
            let got = Session::new(&graph).unwrap().run(fetch, feeds);
            got.unwrap_or_else(|error| panic!("{}: {error}", case.name)).to_f64().unwrap()
        };
        let h = 1e-5;
        let s = |step: f64| at(step, &norm)[0];
        let expected = (s(h) - s(-h)) / (2.0 * h);
        let mut along = 0.0;
        for (x, gradient) in wrt.iter().zip(&second) {
            let Some(gradient) = gradient else { continue };
            let number = values.iter().position(|(tensor, _)| tensor.name() == x.name()).unwrap();
            let gradient = at(0.0, gradient);
            along += gradient.iter().enumerate().map(|(i, g)| g * direction(number, i)).sum::<f64>();
        }
        let scale = expected.abs().max(s(0.0).abs()).max(1e-3);
        assert!((along - expected).abs() < 1e-6 * scale, "{}: {along} and {expected}", case.name);
        seen += 1;
    }
    assert!(seen > 85);
}

/// What is handed over is handed over once: who differentiates the same again finds it there.
#[test]
fn differentiated_again_nothing_hands_over_more() {
    for (name, files) in cases() {
        let case = run::read(&files).unwrap();
        let entry = case.gradients.as_ref().unwrap();
        let graph = Graph::from_graph_def(&files.graph).unwrap();
        let wrt: Vec<Tensor> = entry.wrt.iter().map(|name| graph.tensor(name).unwrap()).collect();
        let own = graph.operations();
        let outputs = || -> Vec<usize> { own.iter().map(|operation| operation.outputs()).collect() };
        let differentiate = || gradients(&[&graph.tensor(&entry.loss).unwrap()], &wrt);
        let first = differentiate();
        let handed_over = outputs();
        let again = differentiate();
        assert_eq!(outputs(), handed_over, "{name}");
        let both: Vec<Tensor> = first.into_iter().chain(again).flatten().collect();
        assert!(!both.is_empty(), "{name}");
        let values = Session::new(&graph).unwrap().run(&both[..], feeds(&graph, &case, &files));
        let values = values.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (first, again) = values.split_at(both.len() / 2);
        assert_eq!(first, again, "{name}");
    }
}

/// Element `i` of the direction in which feed `number` moves.
fn direction(number: usize, i: usize) -> f64 {
    ((3 * number + i) as f64 * 1.7 + 0.3).cos()
}

fn moved(value: &Array, number: usize, step: f64) -> Array {
    if value.dtype() != DType::Float64 {
        return value.clone();
    }
    let values = value.to_f64().unwrap();
    let moved = values.iter().enumerate().map(|(i, x)| x + step * direction(number, i));
    Array::new(value.shape().clone(), moved.collect::<Vec<f64>>()).unwrap()
}

/// The way back through a loop is made of functions, which a file holds.
#[test]
fn gradients_through_loops_come_back_from_a_file() {
    for (name, files) in cases() {
        let case = run::read(&files).unwrap();
        let entry = case.gradients.as_ref().unwrap();
        let graph = Graph::from_graph_def(&files.graph).unwrap();
        let wrt: Vec<Tensor> = entry.wrt.iter().map(|name| graph.tensor(name).unwrap()).collect();
        let found = gradients(&[&graph.tensor(&entry.loss).unwrap()], &wrt)[0].clone().unwrap();
        let again = Graph::from_graph_def(&graph.as_graph_def().unwrap()).unwrap();
        let run = |graph: &Graph| {
            let feeds = feeds(graph, &case, &files);
            let gradient = graph.tensor(&found.name()).unwrap();
            Session::new(graph)
                .unwrap()
                .run(&gradient, feeds)
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        assert_eq!(run(&again), run(&graph), "{name}");
    }
}

/// The loop of a case, by the name of a tensor within it.
#[test]
fn what_is_within_a_loop_is_not_differentiated() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("reach/loops.tar.gz");
    let cases = suite::load(&archive).unwrap();
    let graph = Graph::from_graph_def(&cases["loops_v1_turns"].graph).unwrap();
    let (x, inside) = (graph.tensor("x:0").unwrap(), graph.tensor("while/Identity_1:0").unwrap());
    for (y, x) in [(&inside, &x), (&graph.tensor("while/Exit_1:0").unwrap(), &inside)] {
        assert!(gradients(&[y], &[x])[0].is_none());
        let error = graph.take_error().unwrap().to_string();
        assert!(error.contains("\"while/Identity_1:0\" is within a loop"), "{error}");
    }
}
