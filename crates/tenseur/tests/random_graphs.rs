//! Random graphs: the planned executor computes what the reference computes, and what it optimises away, shares, fuses
//! or places in another's memory never shows.

use proptest::prelude::*;
use tenseur::Executor;
use tenseur::prelude::*;

/// How the next node is made from earlier ones.
#[derive(Clone, Debug)]
enum Step {
    Unary(u8, usize),
    Binary(u8, usize, usize),
    Matmul(usize, usize),
    Sum(usize, i32),
    Number(usize, f32),
    Update(usize, f32),
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0usize..1000;
    prop_oneof![
        (0u8..6, at()).prop_map(|(op, x)| Step::Unary(op, x)),
        (0u8..4, at(), at()).prop_map(|(op, x, y)| Step::Binary(op, x, y)),
        (at(), at()).prop_map(|(x, y)| Step::Matmul(x, y)),
        (at(), -2i32..2).prop_map(|(x, axis)| Step::Sum(x, axis)),
        (at(), -2.0f32..2.0).prop_map(|(x, number)| Step::Number(x, number)),
        (at(), -0.5f32..0.5).prop_map(|(x, rate)| Step::Update(x, rate)),
    ]
}

struct Program {
    graph: Graph,
    x: Tensor,
    values: Vec<Tensor>,
    updates: Vec<tenseur::Operation>,
}

/// Matrices of `rows` × `columns`, a square of weights, a row and a scalar, and whatever the steps make of them.
fn build(steps: &[Step], columns: usize) -> Program {
    let graph = Graph::new();
    let tf = &graph;
    let x = tf.placeholder::<f32>([None, Some(columns)], "x");
    let grid = |n: usize| (0..n).map(|i| ((i * 7 + 3) % 11) as f32 / 11.0 - 0.5).collect::<Vec<f32>>();
    let square = Array::new([columns, columns], grid(columns * columns)).unwrap();
    let weights =
        [tf.variable(&square, "w"), tf.variable(Array::new([columns], grid(columns)).unwrap(), "b")];
    let mut values = vec![x.clone(), (*weights[0]).clone(), (*weights[1]).clone(), tf.constant(0.75)];
    let mut updates = Vec::new();
    for step in steps {
        let pick = |at: &usize| values[at % values.len()].clone();
        let made = match step {
            Step::Unary(op, x) => {
                let x = pick(x);
                match op {
                    0 => -x,
                    1 => nn::relu(x),
                    2 => nn::tanh(x),
                    3 => nn::sigmoid(x),
                    4 => x.abs(),
                    _ => x.identity(),
                }
            }
            Step::Binary(op, x, y) => {
                let (x, y) = (pick(x), pick(y));
                match op {
                    0 => x + y,
                    1 => x * y,
                    2 => x - y,
                    _ => x.maximum(y),
                }
            }
            Step::Matmul(x, y) => pick(x).matmul(pick(y)),
            Step::Sum(x, axis) => pick(x).reduce_sum(*axis),
            Step::Number(x, number) => pick(x) * *number,
            Step::Update(x, rate) => {
                let x = pick(x);
                let fitting = weights.iter().find(|weight| weight.shape() == x.shape());
                updates.extend(fitting.map(|weight| weight.assign_sub(x * *rate)));
                continue;
            }
        };
        // A step that does not fit is taken back, as a user of the Python door would see it.
        match tf.take_error() {
            Some(_) => {}
            None => values.push(made),
        }
    }
    Program { graph, x, values, updates }
}

fn close(a: &Array, b: &Array) -> bool {
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        return false;
    }
    let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
    let scale = b.iter().filter(|x| x.is_finite()).fold(1e-6f64, |most, x| most.max(x.abs()));
    a.iter().zip(&b).all(|(a, b)| a == b || (a - b).abs() <= 2e-5 * scale || !b.is_finite() && !a.is_finite())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planned_is_reference(
        steps in prop::collection::vec(step(), 1..25),
        rows in 0usize..5,
        columns in 1usize..5,
        wanted in prop::collection::vec(0usize..1000, 1..5),
        differentiate in any::<bool>(),
    ) {
        let mut program = build(&steps, columns);
        let fetches: Vec<Tensor> =
            wanted.iter().map(|at| program.values[at % program.values.len()].clone()).collect();
        let mut fetches = fetches;
        if differentiate {
            let y = fetches[0].clone();
            let weights = program.graph.trainable_variables();
            fetches.extend(gradients(&[&y], &weights).into_iter().flatten());
        }
        program.graph.check().unwrap();
        program.graph.verify().unwrap();
        let batch: Vec<f32> = (0..rows * columns).map(|i| (i % 5) as f32 / 3.0 - 0.6).collect();
        let batch = Array::new([rows, columns], batch).unwrap();
        let all = program.graph.group(&std::mem::take(&mut program.updates), "updates");
        let variables = program.graph.global_variables();
        let run = |executor: Executor| {
            let sess = Session::new(&program.graph).unwrap().executor(executor).threads(1);
            sess.run_op(&program.graph.global_variables_initializer(), feeds![]).unwrap();
            let mut seen = Vec::new();
            for _ in 0..2 {
                let (values, ()) = sess.run((&fetches[..], &all), feeds![program.x => &batch])?;
                seen.extend(values);
                for variable in &variables {
                    seen.push(sess.run(variable, feeds![])?);
                }
            }
            Ok::<Vec<Array>, tenseur::Error>(seen)
        };
        // Sizes that the graph leaves open may turn out not to fit; then neither may run.
        let (planned, reference) = match (run(Executor::Planned), run(Executor::Reference)) {
            (Ok(planned), Ok(reference)) => (planned, reference),
            (Err(planned), Err(reference)) => {
                prop_assert_eq!(planned.message(), reference.message());
                return Ok(());
            }
            (planned, reference) => {
                return Err(TestCaseError::fail(format!("planned {planned:?}, reference {reference:?}")));
            }
        };
        for (got, want) in planned.iter().zip(&reference) {
            prop_assert!(close(got, want), "planned {got:?}, reference {want:?}");
        }
    }
}
