//! Every case of every op in the table: shapes inferred are shapes computed, the planned executor agrees with the
//! reference, answers that are known come out, and derivatives, first and second, agree with finite differences.
//!
//! The cases of softmax include its logarithm at ordinary logits. Where a probability underflows the executors are meant to
//! differ, which `log_of_softmax.rs` tests.

use tenseur::conformance::Case;
use tenseur::ops::{OPS, OpEntry};
use tenseur::prelude::*;
use tenseur::{Executor, gradients};

/// A case as a graph: its inputs and what it looks at.
struct Built {
    graph: Graph,
    placeholders: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

/// Builds a case over feeds that may have been converted to another type.
fn build(case: &Case, feeds: &[Array]) -> Built {
    let graph = Graph::new();
    graph.set_random_seed(7);
    let mut placeholders = Vec::new();
    let mut inputs = Vec::new();
    for (i, feed) in feeds.iter().enumerate() {
        if i < case.variables {
            inputs.push(graph.variable(feed, &format!("v{i}")).reference().clone());
        } else {
            // Only the rank is known, so that shapes have to be found at the run.
            let shape = tenseur::PartialShape::of_rank(feed.shape().rank());
            let placeholder = graph.placeholder_of(feed.dtype(), shape, &format!("x{i}"));
            placeholders.push(placeholder.clone());
            inputs.push(placeholder);
        }
    }
    let outputs = (case.build)(&graph, &inputs);
    Built { graph, placeholders, outputs }
}

impl Built {
    fn feeds(&self, values: &[Array]) -> Feeds {
        self.placeholders.iter().zip(values).fold(Feeds::new(), |feeds, (x, value)| feeds.with(x, value))
    }

    /// The outputs of each run, after the variables have been initialized.
    fn runs(&self, executor: Executor, values: &[Array], runs: usize) -> tenseur::Result<Vec<Vec<Array>>> {
        let session = Session::new(&self.graph)?.executor(executor);
        session.run_op(&self.graph.global_variables_initializer(), feeds![])?;
        let outputs: Vec<&Tensor> = self.outputs.iter().collect();
        (0..runs).map(|_| fetch_all(&session, &outputs, self.feeds(values))).collect()
    }
}

fn fetch_all(session: &Session, tensors: &[&Tensor], feeds: Feeds) -> tenseur::Result<Vec<Array>> {
    let owned: Vec<Tensor> = tensors.iter().copied().cloned().collect();
    session.run(&owned[..], feeds)
}

/// Whether both have the same type and shape, and the same numbers up to `tolerance` relative to the largest.
fn same(a: &Array, b: &Array, tolerance: f64) -> bool {
    if a.dtype() != b.dtype() || a.shape() != b.shape() {
        return false;
    }
    let (Ok(x), Ok(y)) = (a.to_f64(), b.to_f64()) else { return a == b };
    let scale = y.iter().filter(|v| v.is_finite()).fold(1e-30f64, |largest, v| largest.max(v.abs()));
    x.iter().zip(&y).all(|(x, y)| match (x.is_nan(), y.is_nan()) {
        (false, false) => x == y || (x - y).abs() <= tolerance * scale,
        (x, y) => x == y,
    })
}

fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::Float64 => 1e-12,
        DType::Float32 => 2e-6,
        DType::Float16 => 2e-3,
        DType::BFloat16 => 2e-2,
        _ => 0.0,
    }
}

/// What is wrong with a case, if anything.
fn check(case: &Case) -> Result<(), String> {
    let built = build(case, &case.feeds);
    let values = &case.feeds[case.variables..];
    let said = |error: tenseur::Error| error.to_string();
    built.graph.check().map_err(said)?;
    built.graph.verify().map_err(said)?;
    let reference = built.runs(Executor::Reference, values, case.runs).map_err(said)?;
    let planned = built.runs(Executor::Planned, values, case.runs).map_err(said)?;
    for (run, (reference, planned)) in reference.iter().zip(&planned).enumerate() {
        for ((output, want), got) in built.outputs.iter().zip(reference).zip(planned) {
            let name = output.name();
            if !output.shape().accepts(want.shape()) || output.dtype() != Some(want.dtype()) {
                return Err(format!(
                    "{name}: inferred {output:?}, computed {} {}",
                    want.dtype(),
                    want.shape()
                ));
            }
            if !same(got, want, tolerance(want.dtype())) {
                return Err(format!("{name}, run {run}: planned {got:?}, reference {want:?}"));
            }
        }
    }
    if let Some(expected) = &case.expected {
        for (want, got) in expected.iter().zip(&reference[case.runs - 1]) {
            // What was written down may come from another machine's elementary functions.
            if !same(got, want, 4.0 * tolerance(want.dtype())) {
                return Err(format!("expected {want:?}, got {got:?}"));
            }
        }
    }
    if case.smooth { derivatives(case) } else { Ok(()) }
}

/// The feeds with float32 ones turned into float64, or nothing if none of them is a float.
fn in_f64(feeds: &[Array]) -> Option<Vec<Array>> {
    let convert = |array: &Array| match array.dtype() {
        DType::Float32 => Array::new(array.shape().clone(), array.to_f64().ok()?).ok(),
        _ => Some(array.clone()),
    };
    let feeds: Option<Vec<Array>> = feeds.iter().map(convert).collect();
    feeds.filter(|feeds| feeds.iter().any(|feed| feed.dtype() == DType::Float64))
}

/// Numbers in [-1, 1] that look random and are the same every time.
fn directions(like: &[Array]) -> Vec<Array> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let like = like.iter().map(|array| {
        let values: Vec<f64> = (0..array.len()).map(|_| next()).collect();
        Array::new(array.shape().clone(), values).unwrap()
    });
    like.collect()
}

/// First and second derivatives along a direction, in float64, against central differences.
fn derivatives(case: &Case) -> Result<(), String> {
    if case.variables > 0 {
        return Ok(());
    }
    let Some(feeds) = in_f64(&case.feeds) else { return Ok(()) };
    let built = build(case, &feeds);
    let said = |error: tenseur::Error| error.to_string();
    // Constants of the case may be float32, which then does not meet float64.
    if built.graph.check().is_err() {
        return Ok(());
    }
    let outputs: Vec<&Tensor> =
        built.outputs.iter().filter(|output| output.dtype() == Some(DType::Float64)).collect();
    let smooth: Vec<usize> = (0..feeds.len()).filter(|&i| feeds[i].dtype() == DType::Float64).collect();
    if outputs.is_empty() || feeds.iter().all(|feed| feed.is_empty()) {
        return Ok(());
    }
    let first_outputs =
        fetch_all(&Session::new(&built.graph).map_err(said)?, &outputs, built.feeds(&feeds)).map_err(said)?;
    let weights = directions(&first_outputs);
    let terms: Vec<Tensor> = outputs.iter().zip(&weights).map(|(y, w)| (*y * w).reduce_sum(..)).collect();
    let loss = terms.into_iter().reduce(|a, b| a + b).unwrap();
    let xs: Vec<Tensor> = smooth.iter().map(|&i| built.placeholders[i].clone()).collect();
    let along = directions(&smooth.iter().map(|&i| feeds[i].clone()).collect::<Vec<_>>());

    let mut order = 0;
    let mut of = Some(loss);
    while let (Some(quantity), true) = (of.take(), order < 2) {
        order += 1;
        let slopes = gradients(&[&quantity], &xs);
        let used: Vec<(usize, Tensor)> =
            slopes.into_iter().enumerate().filter_map(|(i, slope)| Some((i, slope?))).collect();
        if used.is_empty() {
            return Ok(());
        }
        let along_tensors: Vec<Tensor> =
            used.iter().map(|(i, slope)| (slope * &along[*i]).reduce_sum(..)).collect();
        let directional = along_tensors.into_iter().reduce(|a, b| a + b).unwrap();
        built.graph.check().map_err(said)?;
        let session = Session::new(&built.graph).map_err(said)?;
        let at = |distance: f64, tensor: &Tensor| -> Result<f64, String> {
            let mut moved = feeds.clone();
            for (&i, direction) in smooth.iter().zip(&along) {
                if used.iter().all(|(used, _)| smooth[*used] != i) {
                    continue;
                }
                let sum: Vec<f64> = feeds[i]
                    .to_f64()
                    .unwrap()
                    .iter()
                    .zip(direction.to_f64().unwrap())
                    .map(|(x, d)| x + distance * d)
                    .collect();
                moved[i] = Array::new(feeds[i].shape().clone(), sum).unwrap();
            }
            let value = session.run(tensor, built.feeds(&moved)).map_err(said)?;
            value.item::<f64>().map_err(said)
        };
        // Richardson's extrapolation of central differences: the error is of the fourth order.
        let difference = |h: f64| Ok::<f64, String>((at(h, &quantity)? - at(-h, &quantity)?) / (2.0 * h));
        let (coarse, fine) = (difference(2e-3)?, difference(1e-3)?);
        let (want, got) = ((4.0 * fine - coarse) / 3.0, at(0.0, &directional)?);
        let scale = want.abs().max(at(0.0, &quantity)?.abs()).max(1e-3);
        if (want - got).abs() > 1e-6 * scale || got.is_nan() != want.is_nan() {
            return Err(format!("derivative {order}: finite differences say {want}, gradients {got}"));
        }
        of = Some(directional);
    }
    Ok(())
}

#[test]
fn every_case_of_every_op() {
    let mut failed = Vec::new();
    let mut passed = 0;
    for OpEntry { name, cases, .. } in OPS {
        let cases = cases();
        assert!(!cases.is_empty(), "op {name} has no cases");
        for case in cases {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&case)));
            match outcome.unwrap_or_else(|_| Err("it panicked".to_string())) {
                Ok(()) => passed += 1,
                Err(reason) => failed.push(format!("{name} \"{}\": {reason}", case.name)),
            }
        }
    }
    assert!(failed.is_empty(), "{passed} cases passed, {} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_suite_sees_a_wrong_answer_and_a_wrong_derivative() {
    let wrong = Case::fed("wrong", [array![1.0]], |_, x| vec![&x[0] + 1.0]).expecting([array![3.0]]);
    assert!(check(&wrong).unwrap_err().starts_with("expected"));
    // |x| near its kink: the difference across it is not the slope beside it.
    let kink = Case::fed("kink", [array![0.0001]], |_, x| vec![nn::relu(&x[0])]);
    assert!(check(&kink).unwrap_err().starts_with("derivative 1"));
}

#[test]
fn every_op_comes_back_from_its_attributes() {
    for OpEntry { name, from_attrs, cases, .. } in OPS {
        for case in cases() {
            let built = build(&case, &case.feeds);
            for operation in built.graph.operations().iter().filter(|op| op.op_type() == *name) {
                let attrs = operation.attrs();
                let again = from_attrs(&attrs).unwrap_or_else(|reason| panic!("{name}: {}", reason.text));
                let node = built.graph.node(operation.id()).unwrap();
                assert_eq!(format!("{again:?}"), format!("{:?}", node.op), "{name}");
            }
        }
    }
}
