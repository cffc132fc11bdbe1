//! Runs that no plan holds as a whole: they give what the reference gives, hold no lock while a function of the program waits,
//! and take back what they wrote if they fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use tenseur::error::Reason;
use tenseur::graph::{Fact, Facts};
use tenseur::ops::control_flow::{Merge, Switch};
use tenseur::ops::host::HostOp;
use tenseur::prelude::*;
use tenseur::session::{Cancellation, Fetch, Wanted};
use tenseur::{Code, Executor};

fn on_both(program: impl Fn(Executor)) {
    program(Executor::Reference);
    program(Executor::Planned);
}

fn initialized(tf: &Graph, executor: Executor) -> Session {
    let sess = Session::new(tf).unwrap().executor(executor);
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    sess
}

fn any_floats() -> Facts {
    Fact::new(DType::Float32, tenseur::PartialShape::unknown()).one()
}

/// x, through a function of the program.
fn handed(x: &Tensor) -> Tensor {
    let dtype = x.dtype().unwrap();
    let like = Fact::new(dtype, x.shape()).one();
    x.graph().add(HostOp::new("Handed", like, |x| Ok(vec![x[0].clone()])), &[x])
}

/// A queue of arrays, whose two ends are nodes.
struct Queue {
    sender: Sender<Array>,
    receiver: Arc<Mutex<Receiver<Array>>>,
    waits: Arc<AtomicBool>,
}

impl Queue {
    fn new() -> Queue {
        let (sender, receiver) = channel();
        Queue { sender, receiver: Arc::new(Mutex::new(receiver)), waits: Arc::default() }
    }

    fn enqueue(&self, x: &Tensor) -> Operation {
        let sender = self.sender.clone();
        let put = move |x: &[Array]| {
            sender.send(x[0].clone()).map_err(|_| Reason::from("nobody takes it"))?;
            Ok(Vec::new())
        };
        x.graph().add_op(HostOp::new("Enqueue", Facts::new(), put), &[x], None)
    }

    /// Gives what was put in, after `before` is there.
    fn dequeue(&self, before: &Tensor) -> Tensor {
        let (receiver, waits) = (self.receiver.clone(), self.waits.clone());
        let take = move |_: &[Array]| {
            let receiver = receiver.lock().unwrap();
            loop {
                match receiver.recv_timeout(Duration::from_millis(5)) {
                    Ok(array) => return Ok(vec![array]),
                    Err(RecvTimeoutError::Disconnected) => return Err("the queue is closed".into()),
                    Err(RecvTimeoutError::Timeout) => {}
                }
                waits.store(true, Ordering::SeqCst);
                if Cancellation::of_this_run().is_some_and(|run| run.is_cancelled()) {
                    return Err("it gave up".into());
                }
            }
        };
        before.graph().add(HostOp::new("Dequeue", any_floats(), take), &[before])
    }

    fn until_it_waits(&self) {
        while !self.waits.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Two ways to a value that is dequeued: as it is, and on one side of a conditional.
fn dequeued(queue: &Queue, x: &Tensor, within: bool) -> Tensor {
    if !within {
        return queue.dequeue(x) * 2.0 + x;
    }
    let tf = x.graph();
    let sides = tf.add_op(Switch::new(), &[x, &x.reduce_sum(..).greater(0.0)], None);
    let taken = queue.dequeue(&sides.output(1)) * 2.0 + sides.output(1);
    tf.add_op(Merge::new(2), &[&sides.output(0), &taken], None).output(0)
}

#[test]
fn a_run_that_waits_lets_others_run_and_the_graph_grow() {
    for within in [false, true] {
        on_both(|executor| {
            let tf = Graph::new();
            let queue = Queue::new();
            let x = tf.placeholder::<f32>([2], "x");
            let count = tf.variable_untrained(0, "count");
            let (put, more) = (queue.enqueue(&(&x + 0.5)), count.assign_add(1));
            let got = dequeued(&queue, &x, within);
            let sess = initialized(&tf, executor);
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| sess.run(&got, feeds![x => array![1.0, 2.0]]));
                queue.until_it_waits();
                let grown = &tf.constant(array![1.0]) + 1.0;
                assert_eq!(sess.run(&grown, feeds![]).unwrap(), array![2.0]);
                sess.run_op(&more, feeds![]).unwrap();
                assert_eq!(sess.run(&count, feeds![]).unwrap(), 1.into());
                sess.run_op(&put, feeds![x => array![10.0, 20.0]]).unwrap();
                assert_eq!(waiting.join().unwrap().unwrap(), array![22.0, 43.0]);
            });
        });
    }
}

#[test]
fn a_run_that_waits_can_be_cancelled() {
    on_both(|executor| {
        let tf = Graph::new();
        let queue = Queue::new();
        let x = tf.placeholder::<f32>([2], "x");
        let got = dequeued(&queue, &x, true);
        let cancellation = Cancellation::new();
        let sess = initialized(&tf, executor).cancelled_by(&cancellation);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sess.run(&got, feeds![x => array![1.0, 2.0]]));
            queue.until_it_waits();
            cancellation.cancel();
            assert_eq!(waiting.join().unwrap().unwrap_err().code(), Code::Cancelled);
        });
    });
}

#[test]
fn a_long_run_asks_whether_it_is_to_end_and_the_next_goes_on() {
    let tf = Graph::from_graph_def(include_bytes!("../benches/data/count.pb")).unwrap();
    let tensor = |name: &str| tf.tensor(name).unwrap();
    let (turns, x, y) = (tensor("turns"), tensor("x"), tensor("y"));
    let wanted = Arc::new(AtomicBool::new(true));
    let ends = wanted.clone();
    let asking = Cancellation::asking(move || ends.swap(false, Ordering::Relaxed));
    on_both(|executor| {
        wanted.store(true, Ordering::Relaxed);
        let sess = Session::new(&tf).unwrap().executor(executor).cancelled_by(&asking);
        let error = sess.run(&y, feeds![turns => i32::MAX, x => 1.0]).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
        sess.run(&y, feeds![turns => 3, x => 1.0]).unwrap();
    });
}

#[test]
fn a_run_that_fails_takes_back_what_it_wrote_and_nothing_else() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0, 2.0], "w");
        let shared = tf.variable(array![1.0], "shared");
        let other = tf.variable_untrained(0, "other");
        let session: Arc<OnceLock<Session>> = Arc::default();
        let (to_shared, to_other) = (shared.assign(array![100.0]), other.assign_add(1));
        let writes = [w.assign_add(array![10.0, 10.0]), shared.assign_add(array![5.0])];
        let after = tf.control_dependencies(&writes);
        let (inner, run) = (session.clone(), [to_shared, to_other]);
        let fail = move |_: &[Array]| {
            // Another run, while this one has written and is not at its end.
            let sess = inner.get().unwrap();
            run.iter().try_for_each(|operation| sess.run_op(operation, feeds![]))?;
            Err("it fails".into())
        };
        let failing = tf.add_op(HostOp::new("Fail", Facts::new(), fail), &[], None);
        drop(after);
        let sess = initialized(&tf, executor);
        session.set(sess.clone()).ok().unwrap();
        let error = sess.run_op(&failing, feeds![]).unwrap_err();
        assert!(
            error.to_string().contains("it fails") && error.to_string().contains("islands.rs"),
            "{error}"
        );
        assert_eq!(sess.run(&w, feeds![]).unwrap(), array![1.0, 2.0]);
        // What another run wrote since stays.
        assert_eq!(sess.run(&shared, feeds![]).unwrap(), array![100.0]);
        assert_eq!(sess.run(&other, feeds![]).unwrap(), 1.into());
    });
}

#[test]
fn a_run_that_fails_takes_back_what_it_drew() {
    on_both(|executor| {
        let tf = Graph::new();
        let fails = Arc::new(AtomicBool::new(false));
        let asked = fails.clone();
        let drawn = tf.random_uniform([3]).seed(7).tensor() * 2.0;
        let maybe = move |x: &[Array]| match asked.load(Ordering::SeqCst) {
            true => Err("it fails".into()),
            false => Ok(vec![x[0].clone()]),
        };
        let handed = tf.add(HostOp::new("Maybe", any_floats(), maybe), &[&drawn]) + 1.0;
        let numbers = |failures: bool| {
            let sess = Session::new(&tf).unwrap().executor(executor);
            let run = |_| {
                if failures {
                    fails.store(true, Ordering::SeqCst);
                    sess.run(&handed, feeds![]).unwrap_err();
                    fails.store(false, Ordering::SeqCst);
                }
                sess.run(&handed, feeds![]).unwrap()
            };
            [0, 1, 2].map(run)
        };
        assert_eq!(numbers(true), numbers(false));
    });
}

#[test]
fn a_reading_that_nothing_orders_sees_the_value_from_before_across_islands() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0, 2.0], "w");
        let write = w.assign_add(array![10.0, 20.0]);
        let early = handed(&(&*w * 1.0));
        let read = &early + &*w;
        let after = tf.control_dependencies([&write]);
        let late = handed(&(w.reference().identity() * 1.0)) + w.reference().identity();
        drop(after);
        let sess = initialized(&tf, executor);
        let (read, late) = sess.run((&read, &late), feeds![]).unwrap();
        assert_eq!(read, array![2.0, 4.0]);
        assert_eq!(late, array![22.0, 44.0]);
    });
}

#[test]
fn a_switch_after_a_write_hands_on_what_was_written() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0, 2.0], "w");
        let read = w.identity();
        let after = tf.control_dependencies([&w.assign_add(array![10.0, 20.0])]);
        let positive = w.reference().identity().reduce_sum(..).greater(20.0);
        drop(after);
        let sides = tf.add_op(Switch::new(), &[&read, &positive], None);
        let merged =
            tf.add_op(Merge::new(2), &[&(sides.output(0) * 1.0), &handed(&sides.output(1))], None).output(0);
        let sess = initialized(&tf, executor);
        assert_eq!(sess.run(&merged, feeds![]).unwrap(), array![11.0, 22.0]);
    });
}

#[test]
fn the_first_nan_is_named_where_values_decide_what_runs() {
    on_both(|executor| {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([2], "x");
        let sides = tf.add_op(Switch::new(), &[&x, &x.reduce_sum(..).greater(0.0)], None);
        let logarithm = (sides.output(1) - 1.0).log() * 2.0;
        let merged = tf.add_op(Merge::new(2), &[&sides.output(0), &logarithm], None);
        let checked = merged.output(0).check_numerics("nan");
        let error = Session::new(&tf).unwrap().executor(executor);
        let error = error.run(&checked, feeds![x => array![0.5, 3.0]]).unwrap_err();
        if executor == Executor::Planned {
            assert_eq!(error.node().unwrap().op, "Log", "{error}");
        }
    });
}

#[test]
fn more_shapes_than_plans_are_kept_for_run_all_the_same() {
    on_both(|executor| {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None], "x");
        let positive = x.boolean_mask(&x.greater(0.0));
        let y = (&positive * 2.0 + 1.0).square().reduce_sum(..) + positive.reduce_sum(..);
        let sess = Session::new(&tf).unwrap().executor(executor);
        for _ in 0..2 {
            for length in 0..9 {
                let values: Vec<f32> = (-3..length).map(|value| value as f32).collect();
                let expected: f32 =
                    values.iter().filter(|x| **x > 0.0).map(|x| (2.0 * x + 1.0).powi(2) + x).sum();
                let fed = Array::new([values.len()], values).unwrap();
                assert_eq!(sess.run(&y, feeds![x => fed]).unwrap(), expected.into());
            }
        }
    });
}

#[test]
fn a_long_loop_and_its_gradient() {
    let tf = Graph::from_graph_def(include_bytes!("../benches/data/count.pb")).unwrap();
    let [turns, x, y] = ["turns", "x", "y"].map(|name| tf.tensor(name).unwrap());
    let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
    let sess = Session::new(&tf).unwrap();
    // y becomes 0.999·y + 0.5, which rests at 500.
    let (y, slope) = sess.run((&y, &slope), feeds![turns => 20_000, x => 1.0]).unwrap();
    assert!((y.item::<f32>().unwrap() - 500.0).abs() < 0.1, "{y}");
    let expected = 0.999f64.powi(20_000);
    assert!((f64::from(slope.item::<f32>().unwrap()) / expected - 1.0).abs() < 1e-2, "{slope}");
}

/// How the next value is made from earlier ones.
#[derive(Clone, Debug)]
enum Step {
    Unary(u8, usize),
    Binary(u8, usize, usize),
    Handed(usize),
    Masked(usize, usize),
    Conditional(usize, usize, usize),
    Update(bool, usize),
    After(usize),
    Drawn(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0usize..1000;
    prop_oneof![
        (0u8..5, at()).prop_map(|(op, x)| Step::Unary(op, x)),
        (0u8..3, at(), at()).prop_map(|(op, x, y)| Step::Binary(op, x, y)),
        at().prop_map(Step::Handed),
        (at(), at()).prop_map(|(x, y)| Step::Masked(x, y)),
        (at(), at(), at()).prop_map(|(by, x, y)| Step::Conditional(by, x, y)),
        (any::<bool>(), at()).prop_map(|(which, x)| Step::Update(which, x)),
        at().prop_map(Step::After),
        at().prop_map(Step::Drawn),
    ]
}

/// What is fetched of a graph of these steps, and the variables it updates.
fn build(steps: &[Step], conditionals: bool) -> (Graph, Tensor, Vec<Tensor>, Vec<Operation>) {
    let graph = Graph::new();
    let tf = &graph;
    let x = tf.placeholder::<f32>([3], "x");
    let variables = [tf.variable(array![0.5, -1.0, 2.0], "v"), tf.variable(array![1.5, 0.25, -0.5], "w")];
    let mut values = vec![x.clone(), variables[0].identity(), variables[1].identity()];
    let mut updates: Vec<Operation> = Vec::new();
    for step in steps {
        let pick = |at: &usize| &values[at % values.len()];
        let made = match step {
            Step::Unary(op, x) => match op {
                0 => -pick(x),
                1 => nn::tanh(pick(x)),
                2 => pick(x).square() * 0.25,
                3 => pick(x).abs() + 0.125,
                _ => pick(x).clip_by_value(-2.0, 2.0),
            },
            Step::Binary(op, x, y) => match op {
                0 => pick(x) + pick(y),
                1 => pick(x) * pick(y) * 0.5,
                _ => pick(x).maximum(pick(y)),
            },
            Step::Handed(x) => handed(pick(x)),
            Step::Masked(x, y) => {
                pick(x) + pick(y).boolean_mask(&pick(y).greater(0.0)).abs().reduce_max(..).tanh()
            }
            Step::Conditional(..) if !conditionals => continue,
            Step::Conditional(by, x, y) => {
                let positive = pick(by).at(0).greater(0.0);
                let first = tf.add_op(Switch::new(), &[pick(x), &positive], None);
                let second = tf.add_op(Switch::new(), &[pick(y), &positive], None);
                let yes = nn::tanh(first.output(1)) * second.output(1) - 1.0;
                let no = handed(&(first.output(0) - second.output(0))) * 0.5;
                tf.add_op(Merge::new(2), &[&no, &yes], None).output(0)
            }
            Step::Update(which, x) => {
                updates.push(variables[usize::from(*which)].assign_add(nn::tanh(pick(x))));
                continue;
            }
            Step::After(x) => {
                let _after =
                    updates.get(x % (updates.len() + 1)).map(|write| tf.control_dependencies([write]));
                pick(x) + variables[x % 2].reference().identity() * 0.5
            }
            Step::Drawn(x) => pick(x) + tf.random_uniform([3]).seed(*x as i64).tensor(),
        };
        values.push(made);
    }
    graph.check().unwrap();
    (graph, x, values, updates)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn islands_give_what_the_reference_gives(
        steps in prop::collection::vec(step(), 1..24),
        conditionals: bool,
        picks in prop::collection::vec(0usize..1000, 1..4),
    ) {
        let (graph, x, values, updates) = build(&steps, conditionals);
        let mut wanted = Wanted::default();
        picks.iter().for_each(|pick| (&values[pick % values.len()]).ask(&mut wanted));
        // With conditionals, when a write comes that nothing orders depends on when each side of it is ready.
        updates.iter().take(if conditionals { 1 } else { 9 }).for_each(|update| update.ask(&mut wanted));
        let outcome = |executor| -> tenseur::Result<Vec<Array>> {
            let sess = initialized(&graph, executor);
            let mut all = Vec::new();
            for run in 0..3 {
                let fed = Array::new([3], vec![run as f32 - 1.0, 0.5, -0.25])?;
                all.extend(sess.run(&wanted, feeds![x => fed])?);
                all.extend(sess.variables().into_iter().map(|(_, value)| value));
            }
            Ok(all)
        };
        match (outcome(Executor::Planned), outcome(Executor::Reference)) {
            (Ok(planned), Ok(reference)) => prop_assert_eq!(planned, reference),
            (Err(planned), Err(reference)) => prop_assert_eq!(planned.code(), reference.code()),
            (planned, reference) => prop_assert!(false, "{:?} and {:?}", planned, reference),
        }
    }
}
