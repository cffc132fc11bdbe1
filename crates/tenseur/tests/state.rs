//! The order of reads and writes, on both executors.
//!
//! Of each thing that is said of state, which test shows it; those with `recorded:` are runs of TensorFlow's in
//! `crates/conformance/peers.tar.gz`, of reference variables and of resource variables, named without that prefix.
//!
//! | what is said | what shows it |
//! |---|---|
//! | variables live in the session | `sessions_keep_their_own_variables_and_may_be_shared`; recorded: `uninitialized` |
//! | readings that no path orders after a write see the value from before the run | `a_reading_that_nothing_orders_sees_the_value_from_before`, and across islands in `islands.rs`; recorded: `read_without_order_sees_before`, `read_after_in_the_file_sees_before` |
//! | data and control order | `a_reading_after_a_write_sees_it`, `what_runs_after_a_write_sees_it_even_through_a_reading_made_before`; recorded: `read_with_control_sees_after`, `read_behind_a_path_sees_after`, `write_waits_for_read`, `write_of_what_was_read`, `swap`, `reference_identity_read_by_who_comes_after_a_write` |
//! | a fetched reference variable is its value at the end of the run, a resource variable a reading | `fetching_the_variable_gives_its_value_at_the_end`, `a_reading_of_a_resource_variable_keeps_what_it_saw`; recorded: `fetched_itself_with_a_write`, `reference_output_of_a_write` |
//! | writes that nothing orders run in node order, each seeing the one before | `writes_that_nothing_orders_run_in_the_order_they_were_made`; recorded: `writes_without_order`, `additions_without_order` |
//! | a run that fails leaves every variable as it was | `a_run_that_fails_takes_back_what_it_wrote_and_nothing_else` in `islands.rs`; recorded: `failed_run_keeps_its_writes`, where TensorFlow differs |
//! | queues, tables and functions of the program keep what they did | `what_a_failed_run_put_into_a_table_stays` |
//! | a random op's place in its stream is the session's, and a failed run takes it back | `a_run_that_fails_takes_back_what_it_drew` in `islands.rs`; recorded: each random op's runs in a row |
//! | a NaN stops a run with the weights as they were, and its node is named | `the_first_nan_is_named_where_values_decide_what_runs` in `islands.rs` |
//! | sessions are shared, and no lock is held while a run waits | `a_run_that_waits_lets_others_run_and_the_graph_grow`, `a_run_that_waits_can_be_cancelled` in `islands.rs` |

use tenseur::Executor;
use tenseur::ops::lookup::HashTable;
use tenseur::prelude::*;

/// Runs `program` once on each executor.
fn on_both(program: impl Fn(Executor)) {
    program(Executor::Reference);
    program(Executor::Planned);
}

fn initialized(tf: &Graph, executor: Executor) -> Session {
    let sess = Session::new(tf).unwrap().executor(executor);
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    sess
}

#[test]
fn a_reading_that_nothing_orders_sees_the_value_from_before() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0, 2.0], "w");
        let write = w.assign(array![10.0, 20.0]);
        let read = &*w + 0.5; // made after the write, and not ordered after it
        let sess = initialized(&tf, executor);
        let (seen, ()) = sess.run((&read, &write), feeds![]).unwrap();
        assert_eq!(seen, array![1.5, 2.5]);
        assert_eq!(sess.run(&read, feeds![]).unwrap(), array![10.5, 20.5]);
    });
}

#[test]
fn a_reading_after_a_write_sees_it() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0], "w");
        let write = w.assign(array![10.0]);
        let _after = tf.control_dependencies([&write]);
        let read = w.reference().identity() + 0.5;
        let sess = initialized(&tf, executor);
        assert_eq!(sess.run(&read, feeds![]).unwrap(), array![10.5]);
    });
}

#[test]
fn what_runs_after_a_write_sees_it_even_through_a_reading_made_before() {
    // TensorFlow's answers: its w/read is the variable's own memory. What was computed from it before stays.
    type Write = fn(&Variable, &Tensor) -> Operation;
    let writes: [(Write, f32); 4] = [
        (|w, x| w.assign(&**w * 10.0 + x * 0.0), 10.0),
        (|w, x| w.assign(x), 5.0),
        (|w, x| w.assign_add(x), 6.0),
        (|w, _| w.assign_sub(&**w * 2.0), -1.0),
    ];
    for (write, after) in writes {
        on_both(|executor| {
            let tf = Graph::new();
            let x = tf.placeholder::<f32>([1], "x");
            let w = tf.variable(array![1.0], "w");
            let computed = &*w * 1.0;
            let write = write(&w, &x);
            let _after = tf.control_dependencies([&write, &computed.op()]);
            let (late, handed_on) = (&*w * 3.0, w.identity() + 0.0);
            let kept = &computed + 0.0;
            let sess = Session::new(&tf).unwrap().executor(executor);
            sess.run_op(w.initializer(), feeds![]).unwrap();
            let feed = feeds![x => array![5.0]];
            let (late, handed_on, kept) = sess.run((&late, &handed_on, &kept), feed).unwrap();
            assert_eq!((late, handed_on), (array![3.0 * after], array![after]), "{executor:?}");
            assert_eq!(kept, array![1.0], "{executor:?}");
        });
    }
}

#[test]
fn a_reading_of_a_resource_variable_keeps_what_it_saw() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.resource_variable(array![1.0], "w");
        let write = w.assign(&*w * 10.0);
        let _after = tf.control_dependencies([&write]);
        let late = &*w + 0.0; // of the reading made with the variable, which nothing orders after the write
        let sess = Session::new(&tf).unwrap().executor(executor);
        sess.run_op(w.initializer(), feeds![]).unwrap();
        assert_eq!(sess.run(&late, feeds![]).unwrap(), array![1.0]);
        assert_eq!(sess.run(&w, feeds![]).unwrap(), array![10.0]);
    });
}

#[test]
fn fetching_the_variable_gives_its_value_at_the_end() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0], "w");
        let write = w.assign_add(array![2.0]);
        let sess = initialized(&tf, executor);
        let (end, before, ()) = sess.run((&w, &*w, &write), feeds![]).unwrap();
        assert_eq!((end, before), (array![3.0], array![1.0]));
    });
}

#[test]
fn writes_that_nothing_orders_run_in_the_order_they_were_made() {
    on_both(|executor| {
        let tf = Graph::new();
        let w = tf.variable(array![1.0], "w");
        let add = w.assign_add(array![2.0]);
        let set = w.assign(array![7.0]);
        let sub = w.assign_sub(array![0.5]);
        let sess = initialized(&tf, executor);
        sess.run((&sub, &set, &add), feeds![]).unwrap();
        assert_eq!(sess.run(&w, feeds![]).unwrap(), array![6.5]);
    });
}

#[test]
fn two_variables_can_be_swapped() {
    on_both(|executor| {
        let tf = Graph::new();
        let (a, b) = (tf.variable(array![1.0], "a"), tf.variable(array![2.0], "b"));
        let (to_a, to_b) = (a.assign(&*b), b.assign(&*a));
        let sess = initialized(&tf, executor);
        sess.run((&to_a, &to_b), feeds![]).unwrap();
        assert_eq!(sess.run((&a, &b), feeds![]).unwrap(), (array![2.0], array![1.0]));
    });
}

#[test]
fn variables_made_from_others_are_initialized_in_order() {
    on_both(|executor| {
        let tf = Graph::new();
        let a = tf.variable(array![1.0, 2.0], "a");
        let b = tf.variable(a.initial_value() * 2.0, "b");
        let sess = initialized(&tf, executor);
        assert_eq!(sess.run(&b, feeds![]).unwrap(), array![2.0, 4.0]);
    });
}

#[test]
fn sessions_keep_their_own_variables_and_may_be_shared() {
    let tf = Graph::new();
    let count = tf.variable_untrained(0, "count");
    let increment = count.assign_add(1);
    let (one, other) = (initialized(&tf, Executor::Planned), initialized(&tf, Executor::Planned));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    one.run_op(&increment, feeds![]).unwrap();
                }
            });
        }
    });
    assert_eq!(one.run(&count, feeds![]).unwrap(), 400.into());
    assert_eq!(other.run(&count, feeds![]).unwrap(), 0.into());
}

#[test]
fn an_intermediate_tensor_can_be_fed() {
    on_both(|executor| {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>((), "x");
        let middle = &x * 2.0;
        let y = &middle + 1.0;
        let sess = initialized(&tf, executor);
        assert_eq!(sess.run(&y, feeds![middle => 10.0]).unwrap(), 11.0.into());
        assert_eq!(sess.run((&middle, &y), feeds![x => 3.0]).unwrap(), (6.0.into(), 7.0.into()));
    });
}

/// Fused into the update, the reading would meet elements that are written already.
#[test]
fn an_update_from_another_place_of_the_variable_reads_what_was_there() {
    let tf = Graph::new();
    let w = tf.variable(array![[1.0, 2.0], [3.0, 4.0]], "w");
    let b = tf.variable(array![1.0, 2.0], "b");
    let updates = [
        w.assign_sub(w.transpose() * 0.5),
        w.assign_sub(w.matmul(&w) * 0.5),
        w.assign_sub(&w * w.reduce_sum(0)),
        w.assign_add(&*w * &*w + 1.0),
        b.assign_sub((tf.constant(array![[1.0, 1.0], [2.0, 3.0]]) + &*b).reduce_sum(0) * 0.5),
        b.assign_add(b.reduce_sum(0) * &*b),
    ];
    for update in &updates {
        let after = |executor| {
            let sess = Session::new(&tf).unwrap().executor(executor);
            sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
            sess.run_op(update, feeds![]).unwrap();
            sess.run((&w, &b), feeds![]).unwrap()
        };
        assert_eq!(after(Executor::Planned), after(Executor::Reference), "{update:?}");
    }
}

#[test]
fn what_a_failed_run_put_into_a_table_stays() {
    on_both(|executor| {
        let tf = Graph::new();
        let index = tf.placeholder::<i32>((), "index");
        let w = tf.variable(array![1.0], "w");
        let (keys, values) = (tf.constant(array!["a"]), tf.constant(array![7]));
        let table = HashTable::new(&keys, &values, &tf.constant(-1));
        let found = table.lookup(&keys);
        let write = w.assign_add(array![2.0]);
        let after = tf.control_dependencies([&write, table.initializer()]);
        let fails = tf.constant(array![1.0, 2.0]).gather(&index);
        drop(after);
        let sess = initialized(&tf, executor);
        assert_eq!(sess.run(&found, feeds![]).unwrap_err().code(), tenseur::Code::FailedPrecondition);
        assert!(sess.run(&fails, feeds![index => 9]).is_err());
        assert_eq!(sess.run(&found, feeds![]).unwrap(), array![7], "{executor:?}");
        assert_eq!(sess.run(&w, feeds![]).unwrap(), array![1.0], "{executor:?}");
        // Another session has a table of its own.
        let other = Session::new(&tf).unwrap().executor(executor);
        assert!(other.run(&found, feeds![]).is_err());
    });
}
