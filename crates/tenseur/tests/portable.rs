//! Portable sessions: the same bits on every machine, whatever else runs beside them.

use tenseur::prelude::*;

/// A network that has learned a little, and the bits of its weights folded into one number.
fn learned(threads: usize) -> u64 {
    let tf = Graph::new();
    tf.set_random_seed(3);
    let x = tf.placeholder::<f32>([None, Some(7)], "x");
    let y = tf.placeholder::<f32>([None, Some(3)], "y");
    let hidden = nn::dense(nn::dense(&x, 19, nn::tanh, "first"), 11, nn::gelu, "second");
    let logits = nn::dense(&hidden, 3, nn::linear, "output");
    let cost = nn::softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    let train = train::AdamOptimizer::new(0.02).minimize(&cost);
    let sess = Session::new(&tf).unwrap().threads(threads).portable();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let inputs: Vec<f32> = (0..23 * 7).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
    let labels: Vec<f32> = (0..23 * 3).map(|i| f32::from(u8::from(i % 3 == i / 3 % 3))).collect();
    let (inputs, labels) = (Array::new([23, 7], inputs).unwrap(), Array::new([23, 3], labels).unwrap());
    let mut call = sess.prepare(&train, &[(&x, &inputs), (&y, &labels)]).unwrap();
    call.run_steps(30, &[&inputs, &labels]).unwrap();
    let values = tf.trainable_variables().into_iter().flat_map(|variable| {
        let value = sess.run(&variable, feeds![]).unwrap();
        value.as_slice::<f32>().unwrap().to_vec()
    });
    values.fold(0xcbf2_9ce4_8422_2325, |hash: u64, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn training_gives_the_same_bits_on_every_machine() {
    let found = learned(1);
    assert_eq!(found, learned(4), "threads");
    assert_eq!(found, 0x7d89_501e_e442_782e, "{found:#018x}");
}

#[test]
fn a_session_and_its_portable_twin_share_variables_and_not_plans() {
    let tf = Graph::new();
    let w = tf.variable(tf.random_normal([40, 40]).seed(5), "w");
    let y = w.matmul(&w).exp().reduce_sum(..);
    let fast = Session::new(&tf).unwrap();
    fast.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let portable = fast.clone().portable();
    let bits = |sess: &Session| sess.run(&y, feeds![]).unwrap().item::<f32>().unwrap().to_bits();
    let (first, other) = (bits(&fast), bits(&portable));
    for _ in 0..3 {
        assert_eq!((bits(&fast), bits(&portable)), (first, other));
    }
    // Alone, it has the same bits as after the other.
    let alone = Session::new(&tf).unwrap().portable();
    alone.set_variable(&w, &fast.run(&w, feeds![]).unwrap()).unwrap();
    assert_eq!(bits(&alone), other);
}
