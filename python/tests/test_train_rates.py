"""Learning rates that change, and averages that follow, with TensorFlow's numbers."""

import numpy as np
import pytest

import tenseur as tf

STEPS = (0, 3, 5, 10, 16, 25)
RATES = [
    (lambda g: tf.train.exponential_decay(0.1, g, 10, 0.5), "ExponentialDecay", [0.1, 0.081225, 0.070711, 0.05, 0.032988, 0.017678]),
    (lambda g: tf.train.exponential_decay(0.1, g, 10, 0.5, staircase=True), "ExponentialDecay", [0.1, 0.1, 0.1, 0.05, 0.05, 0.025]),
    (lambda g: tf.train.piecewise_constant(g, [5, 15], [1.0, 0.5, 0.1]), "PiecewiseConstant/case/cond/Merge", [1.0, 1.0, 1.0, 0.5, 0.1, 0.1]),
    (lambda g: tf.train.polynomial_decay(0.1, g, 20, 0.01, power=2.0), "PolynomialDecay", [0.1, 0.075025, 0.060625, 0.0325, 0.0136, 0.01]),
    (lambda g: tf.train.polynomial_decay(0.1, g, 8, 0.01, cycle=True), "PolynomialDecay", [0.1, 0.06625, 0.04375, 0.04375, 0.01, 0.029687]),
    (lambda g: tf.train.natural_exp_decay(0.1, g, 10, 0.5), "ExponentialDecay", [0.1, 0.086071, 0.07788, 0.060653, 0.044933, 0.02865]),
    (lambda g: tf.train.inverse_time_decay(0.1, g, 10, 0.5), "InverseTimeDecay", [0.1, 0.086957, 0.08, 0.066667, 0.055556, 0.044444]),
    (lambda g: tf.train.inverse_time_decay(0.1, g, 10, 0.5, staircase=True), "InverseTimeDecay", [0.1, 0.1, 0.1, 0.066667, 0.066667, 0.05]),
    (lambda g: tf.train.cosine_decay(0.1, g, 20, alpha=0.1), "CosineDecay/Mul_3", [0.1, 0.095095, 0.08682, 0.055, 0.018594, 0.01]),
    (lambda g: tf.train.cosine_decay_restarts(0.1, g, 6, t_mul=2.0, m_mul=0.9, alpha=0.01), "SGDRDecay", [0.1, 0.0505, 0.007632, 0.067825, 0.006969, 0.065503]),
    (lambda g: tf.train.cosine_decay_restarts(0.1, g, 6, t_mul=1.0), "SGDRDecay", [0.1, 0.05, 0.006699, 0.025, 0.025, 0.093301]),
    (lambda g: tf.train.linear_cosine_decay(0.1, g, 20), "LinearCosineDecay", [0.1001, 0.080468, 0.064117, 0.0251, 0.00201, 0.0001]),
]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


@pytest.mark.parametrize("make, name, values", RATES)
def test_rate(make, name, values):
    step = tf.placeholder(tf.int32, [])
    rate = make(step)
    assert rate.op.name == name
    with tf.Session() as sess:
        assert np.allclose([sess.run(rate, {step: number}) for number in STEPS], values, rtol=1e-5, atol=2e-6)


def test_noise_has_the_shape_and_is_seldom_the_same():
    step = tf.Variable(3)
    rate = tf.train.noisy_linear_cosine_decay(0.1, step, 20)
    assert rate.shape.as_list() == []
    with tf.Session() as sess:
        sess.run(step.initializer)
        assert sess.run(rate) != sess.run(rate)


def test_a_step_is_needed():
    with pytest.raises(ValueError, match="global_step is required"):
        tf.train.exponential_decay(0.1, None, 10, 0.5)
    with pytest.raises(ValueError):
        tf.train.piecewise_constant(tf.constant(1), [5.0], [1.0, 2.0])


def test_averages_of_variables():
    w = tf.Variable([1.0, 2.0], name="w")
    average = tf.train.ExponentialMovingAverage(0.9)
    follow = average.apply([w])
    shadow = average.average(w)
    assert (shadow.name, average.average_name(w)) == ("w/ExponentialMovingAverage:0", "w/ExponentialMovingAverage")
    assert tf.moving_average_variables() == [w] and shadow not in tf.trainable_variables()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(w.assign([3.0, 4.0]))
        sess.run(follow)
        assert np.allclose(sess.run(shadow), [1.2, 2.2])
        sess.run(follow)
        assert np.allclose(sess.run(shadow), [1.38, 2.38])


def test_averages_with_few_updates():
    w = tf.Variable(1.0, name="w")
    step = tf.Variable(0, trainable=False)
    average = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    follow = average.apply()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(w.assign(11.0))
        sess.run(follow)
        assert np.allclose(sess.run(average.average(w)), 10.0)
        sess.run(step.assign(90))
        sess.run(w.assign(0.0))
        sess.run(follow)
        assert np.allclose(sess.run(average.average(w)), 9.1)


def test_averages_of_tensors():
    x = tf.placeholder(tf.float32, [2], name="x")
    for zero_debias, values in ((False, [[0.1, 0.2], [0.19, 0.38]]), (True, [[1.0, 2.0], [1.0, 2.0]])):
        average = tf.train.ExponentialMovingAverage(0.9, zero_debias=zero_debias, name="A" + str(int(zero_debias)))
        follow = average.apply([x])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for value in values:
                sess.run(follow, {x: [1.0, 2.0]})
                assert np.allclose(sess.run(average.average(x)), value)
    assert [v.name for v in tf.global_variables()] == [
        "x/A0:0", "x/A1:0", "x/A1/biased:0", "x/A1/local_step:0"]


def test_variables_to_restore():
    w = tf.Variable(1.0, name="w")
    step = tf.Variable(0, name="step", trainable=False)
    average = tf.train.ExponentialMovingAverage(0.9)
    average.apply()
    found = average.variables_to_restore()
    assert found == {"w/ExponentialMovingAverage": w, "step": step}
