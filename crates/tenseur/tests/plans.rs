//! What the compiler makes of a few shapes of work: as many steps as there should be, and the numbers of the graph as written.

use tenseur::prelude::*;
use tenseur::{Executor, Feeds, Result};

/// The numbers of both executors, which are to be the same bits.
fn same_bits(sess: &Session, fetch: &Tensor, feeds: Feeds) -> Result<Array> {
    let planned = sess.run(fetch, feeds.clone())?;
    let reference = sess.clone().executor(Executor::Reference).run(fetch, feeds)?;
    assert_eq!(planned.bytes()?, reference.bytes()?, "{planned} and {reference}");
    Ok(planned)
}

#[test]
fn scalars_are_one_straight_line_and_so_are_their_gradients() -> Result<()> {
    let tf = Graph::new();
    let (x, w) = (tf.placeholder::<f32>((), "x"), tf.placeholder::<f32>([1], "w"));
    let y = (0..300).fold(x.clone(), |y, i| match i % 4 {
        0 => &y * &x,
        1 => y - w.reshape([0i32; 0]),
        2 => -&y / &x,
        _ => y + 0.25,
    });
    let slopes = gradients(&[&y], &[&x, &w]);
    let sess = Session::new(&tf)?;
    let feeds = feeds![x => 1.01, w => array![0.3]];
    for fetch in [&y, slopes[0].as_ref().unwrap(), slopes[1].as_ref().unwrap()] {
        same_bits(&sess, fetch, feeds.clone())?;
        let steps = sess.explain(fetch, feeds.clone())?.steps.len();
        assert!(steps < 40, "{steps} steps");
    }
    assert_eq!(sess.explain(&y, feeds)?.steps.len(), 1);
    Ok(())
}

#[test]
fn what_is_cheap_is_computed_where_it_is_wanted() -> Result<()> {
    let tf = Graph::new();
    let shape = [4usize, 24, 24, 8];
    let (x, g) = (tf.placeholder::<f32>(shape, "x"), tf.placeholder::<f32>(shape, "g"));
    let alpha = tf.placeholder::<f32>([8], "alpha");
    let loss = (nn::prelu(&x, &alpha) * &g).reduce_sum(..);
    let slopes = gradients(&[&loss], &[&x, &alpha]);
    let (dx, dalpha) = (slopes[0].clone().unwrap(), slopes[1].clone().unwrap());
    let numbers = |seed| tf.random_uniform(shape).range(-1.0, 1.0).seed(seed).tensor();
    let (a, b) = (numbers(1), numbers(2));
    let sess = Session::new(&tf)?;
    let (a, b) = sess.run((&a, &b), feeds![])?;
    let feeds = feeds![x => &a, g => &b, alpha => array![0.1, -0.2, 0.3, 0.0, 1.0, 2.0, 0.25, -1.0]];
    let steps = sess.explain((&loss, &dx, &dalpha), feeds.clone())?;
    // The mask x > 0, and what each side of it lets through, are in no memory; and 0 is part of the loops.
    assert_eq!(steps.steps.len(), 3, "{steps}");
    let text = steps.to_string();
    for part in ["sum(where(x > 0, x, alpha * x) * g)", "sum(where(x > 0, 0, g) * x, axes 0, 1, 2)"] {
        assert!(text.contains(part), "{text}");
    }
    same_bits(&sess, &dx, feeds.clone())?;
    let reference = sess.clone().executor(Executor::Reference);
    for fetch in [&loss, &dalpha] {
        let (got, want) =
            (sess.run(fetch, feeds.clone())?.to_f64()?, reference.run(fetch, feeds.clone())?.to_f64()?);
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= 1e-4 * want.abs().max(1.0), "{got} and {want}");
        }
    }
    Ok(())
}

/// The gates of an LSTM are read where they lie, and of the gradient that reaches its input and its state only the state's
/// columns are computed.
#[test]
fn parts_are_computed_as_parts() -> Result<()> {
    let tf = Graph::new();
    let frames = tf.placeholder::<f32>([3, 32, 6], "frames");
    let w = tf.placeholder::<f32>([6 + 8, 32], "w");
    let (mut memory, mut state) = (tf.zeros::<f32>([32, 8]), tf.zeros::<f32>([32, 8]));
    for frame in frames.unstack(0) {
        let gates = tf.concat(&[&frame, &state], 1).matmul(&w);
        let [input, new, forget, output] = &gates.split_evenly(4, 1)[..] else { panic!("four gates") };
        memory = memory * nn::sigmoid(&(forget + 1.0)) + nn::sigmoid(input) * nn::tanh(new);
        state = nn::tanh(&memory) * nn::sigmoid(output);
    }
    let loss = state.square().reduce_sum(..);
    let slope = gradients(&[&loss], &[&w])[0].clone().unwrap();
    let sess = Session::new(&tf)?;
    let (frames_value, w_value) = sess.run(
        (
            &tf.random_uniform([3, 32, 6]).range(-1.0, 1.0).seed(1).tensor(),
            &tf.random_uniform([14, 32]).range(-1.0, 1.0).seed(2).tensor(),
        ),
        feeds![],
    )?;
    let feeds = feeds![frames => &frames_value, w => &w_value];
    let explanation = sess.explain((&loss, &slope), feeds.clone())?;
    assert!(!explanation.to_string().contains("Split"), "{explanation}");
    let products = explanation.steps.iter().filter(|step| step.text.contains("transpose(%"));
    let shapes: Vec<String> = products.map(|step| step.results[0].shape.to_string()).collect();
    // Two gradients reach a state before them; three, of which two are added to it, the weights.
    assert_eq!(shapes.iter().filter(|shape| **shape == "[32, 8]").count(), 2, "{explanation}");
    same_bits(&sess, &loss, feeds.clone())?;
    let (got, want) = (
        sess.run(&slope, feeds.clone())?.to_f64()?,
        sess.clone().executor(Executor::Reference).run(&slope, feeds)?.to_f64()?,
    );
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= 1e-5 * want.abs().max(1.0), "{got} and {want}");
    }
    Ok(())
}

/// What else is read of a product, or is most of it, is not cut.
#[test]
fn products_that_are_wanted_whole_stay_whole() -> Result<()> {
    let tf = Graph::new();
    let (x, w) = (tf.placeholder::<f32>([64, 16], "x"), tf.placeholder::<f32>([16, 24], "w"));
    let product = x.matmul(&w);
    let few = product.slice([0, 16], [64, 8]);
    let rows = product.slice([0, 0], [8, 24]);
    let most = product.slice([0, 1], [64, 23]);
    let numbers = |rows: usize, columns: usize| {
        let numbers = (0..rows * columns).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect::<Vec<_>>();
        Array::new([rows, columns], numbers).unwrap()
    };
    let feeds = feeds![x => numbers(64, 16), w => numbers(16, 24)];
    let sess = Session::new(&tf)?;
    let whole = |fetches: &[Tensor]| {
        let explanation = sess.explain(fetches, feeds.clone()).unwrap();
        explanation.steps.iter().any(|step| step.results[0].shape.to_string() == "[64, 24]")
    };
    assert!(!whole(std::slice::from_ref(&few)));
    assert!(whole(&[few.clone(), product.clone()]));
    assert!(whole(&[few.clone(), most.clone()]));
    assert!(whole(std::slice::from_ref(&rows)) && whole(std::slice::from_ref(&most)));
    for fetch in [&few, &rows, &most] {
        same_bits(&sess, fetch, feeds.clone())?;
    }
    Ok(())
}

#[test]
fn the_mean_of_a_cross_entropy_scales_its_gradient_where_it_is_made() -> Result<()> {
    let tf = Graph::new();
    let logits = tf.placeholder::<f32>([None, Some(3)], "logits");
    let labels = tf.placeholder::<f32>([None, Some(3)], "labels");
    let classes = tf.placeholder::<i32>([None], "classes");
    let sess = Session::new(&tf)?;
    let feeds = feeds![
        logits => array![[1.0, -2.0, 0.5], [0.25, 3.0, 1.0], [-1.0, 0.0, 4.0]],
        labels => array![[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7]],
        classes => array![2, 0, 1],
    ];
    let losses = [
        nn::softmax_cross_entropy_with_logits(&labels, &logits),
        nn::sparse_softmax_cross_entropy_with_logits(&classes, &logits),
    ];
    for losses in losses {
        let mean = losses.reduce_mean(..);
        let slope = gradients(&[&mean], &[&logits])[0].clone().unwrap();
        same_bits(&sess, &slope, feeds.clone())?;
        assert_eq!(sess.explain(&slope, feeds.clone())?.steps.len(), 1);
        assert_eq!(sess.explain((&mean, &slope), feeds.clone())?.steps.len(), 2);
    }
    Ok(())
}

#[test]
fn a_sum_of_much_is_the_same_for_any_number_of_threads() -> Result<()> {
    let tf = Graph::new();
    let x = tf.random_normal([700, 1_000]).seed(5).tensor();
    let sess = Session::new(&tf)?;
    let x_value = sess.run(&x, feeds![])?;
    let fed = tf.placeholder::<f32>([700, 1_000], "x");
    for sum in [fed.reduce_sum(..), fed.reshape([-1, 50]).reduce_sum(0), fed.square().reduce_max(..)] {
        let feeds = feeds![fed => &x_value];
        let one = sess.clone().threads(1).run(&sum, feeds.clone())?;
        let three = sess.clone().threads(3).run(&sum, feeds)?;
        assert_eq!(one.bytes()?, three.bytes()?);
    }
    let total: f64 = x_value.to_f64()?.iter().sum();
    let sum: f32 = sess.run(&fed.reduce_sum(..), feeds![fed => &x_value])?.item()?;
    assert!((f64::from(sum) - total).abs() < 1e-2, "{sum} and {total}");
    Ok(())
}

#[test]
fn products_add_themselves_to_the_sum_of_them() -> Result<()> {
    let tf = Graph::new();
    let x: Vec<Tensor> = (0..20).map(|i| tf.placeholder::<f32>([6, 3], &format!("x{i}"))).collect();
    let w = tf.placeholder::<f32>([3, 4], "w");
    let products: Vec<Tensor> = x.iter().map(|x| x.matmul(&w)).collect();
    let more = w.reduce_sum(..) + tf.ones::<f32>([6, 4]);
    let terms: Vec<&Tensor> = products.iter().collect();
    let sum = tf.add_n(&terms);
    let others = tf.add_n(&[&[&more][..], &terms[..5], &[&more]].concat());
    let mut feeds = feeds![w => array![[0.5, -1.0, 2.0, 0.25], [1.0, 0.0, -0.5, 3.0], [0.1, 0.2, 0.3, 0.4]]];
    for (i, x) in x.iter().enumerate() {
        let numbers: Vec<f32> = (0..18).map(|k| (k as f32 - 7.5) / (i as f32 + 2.0)).collect();
        feeds = feeds.with(x, Array::new([6, 3], numbers)?);
    }
    let sess = Session::new(&tf)?;
    let reference = sess.clone().executor(Executor::Reference);
    for (fetch, steps) in [(&sum, 20), (&others, 7)] {
        let (got, want) =
            (sess.run(fetch, feeds.clone())?.to_f64()?, reference.run(fetch, feeds.clone())?.to_f64()?);
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= 1e-5 * want.abs().max(1.0), "{got} and {want}");
        }
        let plan = sess.explain(fetch, feeds.clone())?;
        assert_eq!(plan.steps.len(), steps, "{plan}");
        assert!(plan.to_string().contains(" + matmul("), "{plan}");
    }
    Ok(())
}

/// Weights that the gradients of many frames read transposed are transposed before the first.
#[test]
fn what_many_products_read_transposed_is_transposed_once() -> Result<()> {
    let tf = Graph::new();
    let w = tf.placeholder::<f32>([24, 40], "w");
    let frames: Vec<Tensor> = (0..5).map(|i| tf.placeholder::<f32>([7, 40], &format!("frame_{i}"))).collect();
    let product = |frame: &Tensor| frame.matmul_with(&w, false, true);
    let (few, all) = (&frames[..3], &frames[..]);
    let [few, all] = [few, all].map(|frames| {
        // Each is wanted, so that none adds itself to the others.
        tf.concat(&frames.iter().map(product).collect::<Vec<_>>().iter().collect::<Vec<_>>(), 0)
    });
    let sess = Session::new(&tf)?;
    let numbers = |rows: usize, seed: usize| {
        let numbers: Vec<f32> = (0..rows * 40).map(|i| ((i + seed) * 37 % 101) as f32 / 50.0 - 1.0).collect();
        Array::new([rows, 40], numbers).unwrap()
    };
    let mut feeds = feeds![w => numbers(24, 0)];
    for (seed, frame) in frames.iter().enumerate() {
        feeds = feeds.with(frame, numbers(7, seed + 1));
    }
    let counts = |fetch: &Tensor| -> Result<(usize, usize)> {
        let explanation = sess.explain(fetch, feeds.clone())?;
        let count = |text: &str| explanation.steps.iter().filter(|step| step.text.contains(text)).count();
        Ok((count("transpose(w)"), count("view(w)")))
    };
    assert_eq!(counts(&few)?, (3, 0), "{}", sess.explain(&few, feeds.clone())?);
    assert_eq!(counts(&all)?, (0, 1), "{}", sess.explain(&all, feeds.clone())?);
    same_bits(&sess, &few, feeds.clone())?;
    same_bits(&sess, &all, feeds)?;
    Ok(())
}

/// Many steps in one call are those steps, one by one: of a small plan several are made together.
#[test]
fn steps_in_one_call_are_the_steps_one_by_one() -> Result<()> {
    let trained = |calls: &[usize]| -> Result<Vec<u32>> {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(2)], "x");
        let w = tf.variable(array![[0.1_f32, -0.2, 0.3], [0.4, 0.5, -0.6]], "w");
        let b = tf.variable(array![0.1_f32, 0.0, -0.1], "b");
        let count = tf.variable_untrained(0, "count");
        let cost = nn::tanh(x.matmul(&w) + &b).square().reduce_mean(..);
        let train = train::GradientDescentOptimizer::new(0.05).minimize(&cost);
        let sess = Session::new(&tf)?;
        sess.run_op(&tf.global_variables_initializer(), feeds![])?;
        let batch = array![[0.5_f32, -1.0], [2.0, 0.25], [-0.75, 1.5]];
        let counted = count.assign_add(1);
        let mut call = sess.prepare((&cost, &train, &counted), &[(&x, &batch)])?;
        for &steps in calls {
            call.run_steps(steps, &[&batch])?;
        }
        assert_eq!(sess.run(&count, feeds![])?, Array::from(calls.iter().sum::<usize>() as i32));
        let (w, b) = sess.run((&w, &b), feeds![])?;
        let mut bits: Vec<u32> = call.output(0).as_slice::<f32>()?.iter().map(|x| x.to_bits()).collect();
        bits.extend(w.as_slice::<f32>()?.iter().chain(b.as_slice::<f32>()?).map(|x| x.to_bits()));
        Ok(bits)
    };
    let one_by_one = trained(&[1; 100])?;
    assert_eq!(trained(&[100])?, one_by_one);
    assert_eq!(trained(&[31, 33, 0, 4, 32])?, one_by_one);
    Ok(())
}
