//! A frame of the largest network of TensorFlow Playground, all features and six layers of eight: an epoch of training, the
//! map of the output and the maps of all neurons. Sixty a second are to be had.

use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use tenseur_playground::Simulation;

fn frame(criterion: &mut Criterion) {
    let hash = "#dataset=spiral&networkShape=8,8,8,8,8,8&xSquared=true&ySquared=true&xTimesY=true&sinX=true&sinY=true";
    let mut simulation = Simulation::new(hash).expect("the address makes sense");
    let start = Instant::now();
    let mut clock = || start.elapsed().as_secs_f64() * 1000.0;
    simulation.command(r#"{ "type": "play" }"#, &mut clock);
    let mut group = criterion.benchmark_group("frame of the playground, 7-8-8-8-8-8-8-1");
    group.bench_function("native", |bencher| {
        bencher.iter(|| {
            simulation.command(r#"{ "type": "frame", "wanted": { "maps": true } }"#, &mut clock);
            let mut messages = Vec::new();
            while messages.is_empty() {
                messages = simulation.advance(10.0, &mut clock);
            }
            messages
        });
    });
    group.finish();
}

criterion_group!(benches, frame);
criterion_main!(benches);
