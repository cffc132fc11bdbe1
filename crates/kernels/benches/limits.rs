//! What the machine can do at best: the limits that `cargo xtask bench internal` sets beside the library's own steps.
//!
//! - A network's step cannot take less than its multiply-adds in registers, with nothing read or written.
//! - The step of 2-8-8-1 by hand.

#[path = "limits/small_step.rs"]
mod small_step;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

use small_step::{Network, step};
use tenseur_kernels::limits::multiply_adds;

/// Multiply-adds of a step of 784-512-256-10 on 128 examples: forward, the weights' gradients, and the signals' gradients
/// in all layers but the first.
fn multiply_adds_of_a_step() -> usize {
    let widths = [784, 512, 256, 10];
    let products: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    128 * (3 * products - widths[0] * widths[1])
}
fn limits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step of 784-512-256-10");
    for threads in [1, 2] {
        group.bench_function(format!("limit, threads {threads}"), |bencher| {
            bencher.iter(|| {
                let count = multiply_adds_of_a_step() / threads;
                std::thread::scope(|scope| {
                    (1..threads).for_each(|_| drop(scope.spawn(move || multiply_adds(count))));
                    multiply_adds(count);
                });
            });
        });
    }
    group.finish();

    let (mut network, x, y) = Network::with_examples();
    let mut group = criterion.benchmark_group("step of 2-8-8-1");
    group.bench_function("limit", |bencher| {
        bencher.iter(|| step(black_box(&mut network), black_box(&x), black_box(&y)));
    });
    group.finish();
    assert!(network.is_finite());
}

criterion_group!(benches, limits);
criterion_main!(benches);
