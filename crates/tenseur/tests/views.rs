//! Large values go in and out without copies: feeds are read where they lie, and results come in the memory in which they
//! were computed. Counted by an allocator that adds up bytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use proptest::prelude::*;
use tenseur::prelude::*;
use tenseur::{ArrayView, Executor, Shape};

struct Counting;

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is the system allocator's, which keeps its promises.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes this thread allocates in `work`.
fn bytes<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = BYTES.get();
    let result = work();
    (BYTES.get() - before, result)
}

#[test]
fn a_large_feed_is_not_copied_and_a_large_result_is_made_once() {
    // Less than what is mapped, which the allocator does not see.
    const COUNT: usize = 1 << 19;
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let doubled = &x * 2.0;
    let total = x.reduce_sum(..);
    let session = Session::new(&tf).unwrap().threads(1);
    let mine = vec![0.5f32; COUNT];
    let shape = Shape::from([COUNT]);
    let view = ArrayView::new(&shape, &mine).unwrap();
    let sum = || session.run_with_views(&total, feeds![], &[(&x, view)]).unwrap();
    let double = || session.run_with_views(&doubled, feeds![], &[(&x, view)]).unwrap();
    // The first runs make the plans.
    assert_eq!(sum(), Array::scalar(0.5 * COUNT as f32));
    double();
    assert!(bytes(sum).0 < 10_000, "{} bytes for a sum", bytes(sum).0);
    let (made, result) = bytes(double);
    assert!((4 * COUNT..4 * COUNT + 10_000).contains(&made), "{made} bytes for {} of results", 4 * COUNT);
    assert!(result.as_slice::<f32>().unwrap().iter().all(|&x| x == 1.0));
}

#[test]
fn results_stay_what_they_were() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let square = x.square();
    let column = square.reshape([-1, 1]);
    let count = tf.variable_untrained(tf.zeros::<f32>([40_000]), "count");
    let added = count.assign_add(&square).output(0);
    let session = Session::new(&tf).unwrap();
    session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let feed = |value: f64| Array::full(DType::Float32, [40_000], value).unwrap();
    let run =
        |value: f64| session.run((&square, &column, &square, &added), feeds![x => feed(value)]).unwrap();
    let first = run(2.0);
    let (second, third) = (run(3.0), run(4.0));
    for (results, square, total) in [(&first, 4.0, 4.0), (&second, 9.0, 13.0), (&third, 16.0, 29.0)] {
        assert_eq!(results.0, feed(square));
        assert_eq!(results.1, feed(square).reshape([40_000, 1]).unwrap());
        assert_eq!(results.2, feed(square));
        assert_eq!(results.3, feed(total));
    }
    // Who writes one of two results that share their memory leaves the other as it was.
    let (mut one, _, other, mut total) = first;
    one.as_mut_slice::<f32>().unwrap()[0] = 7.0;
    assert_eq!(other, feed(4.0));
    // And a result is not the variable's memory.
    total.as_mut_slice::<f32>().unwrap().fill(0.0);
    assert_eq!(session.run(&count, feeds![]).unwrap(), feed(29.0));
}

#[test]
fn a_variable_does_not_keep_a_view() {
    let tf = Graph::new();
    let x = tf.placeholder::<f64>([Some(20_000)], "x");
    let kept = tf.variable_untrained(tf.zeros::<f64>([20_000]), "kept");
    let assigned = kept.assign(&x).output(0);
    let session = Session::new(&tf).unwrap();
    let shape = Shape::from([20_000]);
    let mut mine = vec![1.0f64; 20_000];
    let view = ArrayView::new(&shape, &mine).unwrap();
    let (copy, given) = session.run_with_views((&assigned, &x), feeds![], &[(&x, view)]).unwrap();
    mine.fill(2.0);
    let ones = Array::full(DType::Float64, [20_000], 1.0).unwrap();
    assert_eq!(copy, ones);
    assert_eq!(given, ones);
    assert_eq!(session.run(&kept, feeds![]).unwrap(), ones);
}

#[test]
fn views_that_are_no_arrays_are_refused() {
    let tf = Graph::new();
    let x = tf.placeholder::<bool>([None], "x");
    let y = x.logical_not();
    let session = Session::new(&tf).unwrap();
    let shape = Shape::from([3]);
    let run = |bytes: &[u8]| {
        let view = ArrayView { dtype: DType::Bool, shape: &shape, bytes };
        session.run_with_views(&y, feeds![], &[(&x, view)])
    };
    assert_eq!(run(&[0, 1, 0]).unwrap().to_string(), "[true, false, true]");
    assert!(run(&[0, 1]).unwrap_err().message().contains("shape [3] has 3 elements and 2 were given"));
    assert!(run(&[0, 1, 2]).unwrap_err().message().contains("neither 0 nor 1"));
    let twice = ArrayView { dtype: DType::Bool, shape: &shape, bytes: &[0, 1, 0] };
    let error = session.run_with_views(&y, feeds![x => array![true]], &[(&x, twice)]).unwrap_err();
    assert!(error.message().contains("is fed twice"), "{error}");
    assert!(ArrayView::new(&shape, &[1.0f32]).is_err());
}

proptest! {
    /// Wherever a view begins, and whoever runs it, it does what an array does.
    #[test]
    fn a_view_does_what_an_array_does(
        values in prop::collection::vec(-9.0f32..9.0, 0..50), skipped in 0usize..4, reference in any::<bool>(),
    ) {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None], "x");
        // Which elements there are shows only in the run, so that no plan holds the second as a whole.
        let positive = x.boolean_mask(&x.greater(0.0));
        let mut session = Session::new(&tf).unwrap();
        if reference {
            session = session.executor(Executor::Reference);
        }
        let mine = &values[skipped.min(values.len())..];
        let shape = Shape::from([mine.len()]);
        let view = ArrayView::new(&shape, mine).unwrap();
        let fetch = (&x.exp(), &positive);
        let array = session.run(fetch, feeds![x => view.to_array().unwrap()]).unwrap();
        prop_assert_eq!(session.run_with_views(fetch, feeds![], &[(&x, view)]).unwrap(), array);
    }
}
