//! What the machine can do at best, for the side-by-side benchmark: a worker like those of the systems that are compared,
//! whose figures are the seconds of one multiply-add in registers, of a byte that is read or written by a copy, and of a
//! step of 2-8-8-1 by hand.

#[path = "../benches/limits/small_step.rs"]
mod small_step;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use small_step::{Network, step};
use tenseur_bench_protocol::{Job, Request, serve};
use tenseur_kernels::limits::multiply_adds;

/// Multiply-adds, and steps, that are timed together.
const MULTIPLY_ADDS: usize = 1 << 31;
const STEPS: usize = 20_000;

/// Numbers that are copied together: more than caches hold.
const COPIED: usize = 1 << 24;

fn main() {
    serve(|request| match request.work.as_str() {
        "limits" => Ok(limits(request)),
        _ => request.unknown(),
    });
}

fn limits(request: &Request) -> Job {
    let threads = request.threads.max(1);
    let from = vec![1f32; COPIED];
    let mut to = vec![0f32; COPIED];
    let (mut network, x, y) = Network::with_examples();
    let measure = move |seconds: f64| {
        let third = seconds / 3.0;
        let multiply_add = fastest(third, || {
            std::thread::scope(|scope| {
                (1..threads).for_each(|_| drop(scope.spawn(|| multiply_adds(MULTIPLY_ADDS / threads))));
                multiply_adds(MULTIPLY_ADDS / threads);
            });
        });
        let copy = fastest(third, || {
            let part = COPIED.div_ceil(threads);
            std::thread::scope(|scope| {
                for (from, to) in from.chunks(part).zip(to.chunks_mut(part)) {
                    scope.spawn(|| black_box(to).copy_from_slice(black_box(from)));
                }
            });
        });
        let steps = fastest(third, || {
            (0..STEPS).for_each(|_| step(black_box(&mut network), black_box(&x), black_box(&y)));
        });
        if !network.is_finite() {
            return Err("the small network has left the numbers there are".into());
        }
        Ok(BTreeMap::from([
            ("multiply-add".to_string(), multiply_add / MULTIPLY_ADDS as f64),
            ("byte".to_string(), copy / (2 * size_of::<f32>() * COPIED) as f64),
            ("small step".to_string(), steps / STEPS as f64),
        ]))
    };
    Job { losses: Vec::new(), check: BTreeMap::new(), measure: Box::new(measure) }
}

/// The seconds that `work` takes at best, tried for so long: a limit is what nothing goes below.
fn fastest(seconds: f64, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    while best.is_infinite() || start.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        work();
        best = best.min(begin.elapsed().as_secs_f64());
    }
    best
}
