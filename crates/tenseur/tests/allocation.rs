//! After its first run a prepared call allocates nothing: counted by an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use tenseur::learn::{Network, Options};
use tenseur::prelude::*;

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is the system allocator's, which keeps its promises.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often memory is allocated in ten runs of a call, after three to warm up.
fn allocations(call: &mut tenseur::Prepared, feeds: &[&Array]) -> usize {
    for _ in 0..3 {
        call.run(feeds).unwrap();
    }
    let before = COUNT.load(Ordering::Relaxed);
    for _ in 0..10 {
        call.run(feeds).unwrap();
    }
    COUNT.load(Ordering::Relaxed) - before
}

#[test]
fn a_training_step_allocates_nothing() {
    // The digits network, as `train digits` makes it.
    let network = Network::new(&Options::default(), 64, 10, true).unwrap();
    let session = Session::new(&network.graph).unwrap().threads(1);
    session.run_op(&network.initializer, feeds![]).unwrap();
    let x = Array::full(DType::Float32, [32, 64], 0.5).unwrap();
    let y = Array::zeros(DType::Int32, [32]).unwrap();
    let fetch = (&network.objective, &network.train);
    let mut digits = session.prepare(fetch, &[(&network.x, &x), (&network.y, &y)]).unwrap();
    assert_eq!(allocations(&mut digits, &[&x, &y]), 0, "digits");

    // 2-8-8-1 with tanh, batch 10, mean square, gradient descent.
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = tf.placeholder::<f32>([None, Some(1)], "y");
    let mut signal = x.clone();
    for (i, (fan_in, fan_out)) in [(2, 8), (8, 8), (8, 1)].into_iter().enumerate() {
        let w = tf.variable(tf.truncated_normal([fan_in, fan_out]).seed(i as i64 + 1), "w");
        let b = tf.variable(tf.zeros::<f32>([fan_out]), "b");
        signal = signal.matmul(&w) + &b;
        signal = if i < 2 { nn::tanh(&signal) } else { signal };
    }
    let cost = (signal - &y).square().reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(0.03).minimize(&cost);
    let session = Session::new(&tf).unwrap().threads(1);
    session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let (inputs, targets) = (
        Array::full(DType::Float32, [10, 2], 0.5).unwrap(),
        Array::full(DType::Float32, [10, 1], 0.25).unwrap(),
    );
    let mut tiny = session.prepare(&train, &[(&x, &inputs), (&y, &targets)]).unwrap();
    assert_eq!(allocations(&mut tiny, &[&inputs, &targets]), 0, "2-8-8-1");

    // A convolutional network: 5×5, batch norm, pooling, 3×3, a mean, and a dense layer.
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(12), Some(12), Some(1)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let weights = |shape: [usize; 4]| tf.variable(tf.truncated_normal(shape).seed(1), "w");
    let signal = nn::conv2d(&x, weights([5, 5, 1, 8]), [1, 1], nn::Padding::Same);
    let (signal, _, _) = nn::fused_batch_norm(
        &signal,
        Array::full(DType::Float32, [8], 1.0).unwrap(),
        tf.zeros::<f32>([8]),
        1e-3,
    );
    let signal = nn::max_pool(nn::relu(&signal), [2, 2], [2, 2], nn::Padding::Same);
    let signal = nn::conv2d(&signal, weights([3, 3, 8, 16]), [2, 2], nn::Padding::Valid);
    let signal = nn::avg_pool(nn::relu(&signal), [2, 2], [2, 2], nn::Padding::Valid);
    let logits = nn::dense(signal.reshape([-1, 16]), 10, nn::linear, "logits");
    let cost = nn::sparse_softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(0.03).minimize(&cost);
    let session = Session::new(&tf).unwrap().threads(1);
    session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let images = Array::full(DType::Float32, [8, 12, 12, 1], 0.5).unwrap();
    let classes = Array::zeros(DType::Int32, [8]).unwrap();
    let mut net = session.prepare(&train, &[(&x, &images), (&y, &classes)]).unwrap();
    assert_eq!(allocations(&mut net, &[&images, &classes]), 0, "convolutions");
}
