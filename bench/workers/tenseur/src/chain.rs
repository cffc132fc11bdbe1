//! What a node costs: a chain of products x·x·x·…, fed at run time so that nothing of it is constant. Every measurement makes
//! a new graph.

use std::collections::BTreeMap;
use std::time::Instant;

use tenseur::prelude::*;
use tenseur_bench_protocol::{Job, Request};

use crate::Mistake;

/// Runs that are timed together.
const RUNS: usize = 10;

pub(crate) fn chain(request: &Request) -> Result<Job, Mistake> {
    let nodes = request.sizes["nodes"].as_u64().ok_or("a chain has \"nodes\"")? as usize;
    let matrices = match request.sizes["factors"].as_str() {
        Some("scalars") => false,
        Some("matrices") => true,
        _ => return Err("a chain's \"factors\" are \"scalars\" or \"matrices\"".into()),
    };
    let threads = request.threads;
    let (figures, slope) = cycle(nodes, matrices, threads)?;
    drop(figures);
    let measure = move |_| Ok(cycle(nodes, matrices, threads).map_err(|error| error.to_string())?.0);
    let job = Job { losses: Vec::new(), check: BTreeMap::new(), measure: Box::new(measure) };
    Ok(job.check("slope at 1", slope))
}

/// The seconds a node takes to build, to differentiate and to run, and the slope where x is 1.
fn cycle(nodes: usize, matrices: bool, threads: usize) -> Result<(BTreeMap<String, f64>, f64), Mistake> {
    let mut figures = BTreeMap::new();
    let mut clock = Instant::now();
    let mut note = |name: &str, clock: &mut Instant, times: usize| {
        figures.insert(name.to_string(), clock.elapsed().as_secs_f64() / (nodes * times) as f64);
        *clock = Instant::now();
    };
    let tf = Graph::new();
    let (x, one) = match matrices {
        false => (tf.placeholder::<f32>((), "x"), Array::scalar(1f32)),
        true => (tf.placeholder::<f32>([1, 1], "x"), array![[1.0]]),
    };
    let next = |y: Tensor| if matrices { y.matmul(&x) } else { &y * &x };
    let y = (0..nodes).fold(x.clone(), |y, _| next(y));
    note("build", &mut clock, 1);
    let sess = Session::new(&tf)?.threads(threads);
    clock = Instant::now();
    let mut call = sess.prepare(&y, &[(&x, &one)])?;
    call.run(&[&one])?;
    note("first run", &mut clock, 1);
    (0..RUNS).try_for_each(|_| call.run(&[&one]))?;
    note("run", &mut clock, RUNS);
    let slope = gradients(&[&y], &[&x])[0].clone().ok_or("y depends on x")?;
    note("gradients", &mut clock, 1);
    let mut call = sess.prepare(&slope, &[(&x, &one)])?;
    call.run(&[&one])?;
    note("first run of the gradient", &mut clock, 1);
    (0..RUNS).try_for_each(|_| call.run(&[&one]))?;
    note("run of the gradient", &mut clock, RUNS);
    let slope = f64::from(call.output(0).as_slice::<f32>()?[0]);
    Ok((figures, slope))
}
