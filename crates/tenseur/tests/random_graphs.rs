//! Random graphs: the planned executor computes what the reference computes, and what it optimises away, shares, fuses
//! or places in another's memory never shows. The one exception, logarithms of softmax where a probability underflows, is
//! asked for here: see `unsaturated`.

use proptest::prelude::*;
use tenseur::Executor;
use tenseur::conformance::as_type;
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
    LogSoftmax(u8, usize, i32),
    View(u8, usize),
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
        (0u8..5, at()).prop_map(|(view, x)| Step::View(view, x)),
        (0u8..6, at(), -2i32..2).prop_map(|(spelling, x, axis)| Step::LogSoftmax(spelling, x, axis)),
    ]
}

struct Program {
    graph: Graph,
    x: Tensor,
    values: Vec<Tensor>,
    updates: Vec<tenseur::Operation>,
    logarithms: Vec<Tensor>,
}

/// The logarithm of the softmax of x along an axis, spelled in one way or another, or something that resembles it.
fn log_softmax(spelling: u8, x: &Tensor, axis: i32) -> Tensor {
    let exponentials = match spelling {
        0 => return nn::softmax(x).log(),
        1 => return (nn::softmax(x) + 0.125).log(),
        2 => return x - x.exp().reduce_sum_keeping(axis).log(),
        3 => (x - x.reduce_max_keeping(axis)).exp(),
        _ => x.exp(),
    };
    match spelling {
        4 => (&exponentials / exponentials.reduce_sum(axis)).log(),
        _ => (&exponentials / exponentials.reduce_sum_keeping(axis)).log(),
    }
}

/// Matrices of `rows` × `columns`, a square of weights, a row and a scalar, and whatever the steps make of them.
fn build(steps: &[Step], columns: usize, dtype: DType) -> Program {
    let graph = Graph::new();
    let tf = &graph;
    let x = tf.placeholder_of(dtype, [None, Some(columns)], "x");
    let grid = |n: usize| (0..n).map(|i| ((i * 7 + 3) % 11) as f32 / 11.0 - 0.5).collect::<Vec<f32>>();
    let square = as_type(Array::new([columns, columns], grid(columns * columns)).unwrap(), dtype);
    let row = as_type(Array::new([columns], grid(columns)).unwrap(), dtype);
    let weights = [tf.variable(&square, "w"), tf.variable(&row, "b")];
    let number = tf.constant(as_type(0.75.into(), dtype));
    let mut values = vec![x.clone(), (*weights[0]).clone(), (*weights[1]).clone(), number];
    let (mut updates, mut logarithms) = (Vec::new(), Vec::new());
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
            Step::View(view, x) => {
                let x = pick(x);
                match view {
                    0 => x.transpose(),
                    1 => x.reshape([-1]),
                    2 => x.reshape([1, -1]),
                    3 => x.expand_dims(-1),
                    _ => x.reshape([-1, columns as i32]),
                }
            }
            Step::Number(x, number) => pick(x) * *number,
            // In float32 the two ways to it differ by rounding, of which a difference of two may be all that is left.
            Step::LogSoftmax(..) if dtype != DType::Float64 => continue,
            Step::LogSoftmax(spelling, x, axis) => log_softmax(*spelling, &pick(x), *axis),
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
            None => {
                if matches!(step, Step::LogSoftmax(..)) {
                    logarithms.push(made.clone());
                }
                values.push(made);
            }
        }
    }
    Program { graph, x, values, updates, logarithms }
}

/// Whether the reference executor finds every logarithm well away from where probabilities underflow. Elsewhere a plan
/// may give the limit where the graph as it is written gives −∞ or NaN.
fn unsaturated(logarithms: &[Array]) -> bool {
    logarithms.iter().all(|log| log.to_f64().unwrap().iter().all(|log| (-600.0..600.0).contains(log)))
}

fn close(a: &Array, b: &Array) -> bool {
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        return false;
    }
    let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
    let scale = b.iter().filter(|x| x.is_finite()).fold(1e-6f64, |most, x| most.max(x.abs()));
    a.iter().zip(&b).all(|(a, b)| a == b || (a - b).abs() <= 2e-5 * scale || !b.is_finite() && !a.is_finite())
}

/// So many rows that loops over them go together.
const MANY_ROWS: usize = 33_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planned_is_reference(
        steps in prop::collection::vec(step(), 1..25),
        // Some have so many rows that what is cheap is computed again, and sums come in parts; a few so many that loops go together.
        rows in prop_oneof![16 => 0usize..5, 2 => Just(4200usize), 1 => Just(MANY_ROWS)],
        columns in 1usize..5,
        wanted in prop::collection::vec(0usize..1000, 1..5),
        differentiate in any::<bool>(),
        double in any::<bool>(),
    ) {
        let dtype = if double { DType::Float64 } else { DType::Float32 };
        let (mut steps, mut columns) = (steps, columns);
        if rows == MANY_ROWS {
            // Turned round, they would make matrices of so many columns as well.
            steps.retain(|step| !matches!(step, Step::View(..)));
            columns = columns.max(2);
        }
        let mut program = build(&steps, columns, dtype);
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
        let batch = as_type(Array::new([rows, columns], batch).unwrap(), dtype);
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
        let sess = Session::new(&program.graph).unwrap().executor(Executor::Reference);
        sess.run_op(&program.graph.global_variables_initializer(), feeds![]).unwrap();
        for _ in 0..2 {
            // Sizes may not fit for one that nothing of what was asked for depends on.
            let logarithms = program.logarithms.iter();
            let found: Vec<Array> =
                logarithms.flat_map(|log| sess.run(log, feeds![program.x => &batch])).collect();
            prop_assume!(unsaturated(&found));
            sess.run_op(&all, feeds![program.x => &batch]).unwrap();
        }
        for (got, want) in planned.iter().zip(&reference) {
            prop_assert!(close(got, want), "planned {got:?}, reference {want:?}");
        }
    }
}
