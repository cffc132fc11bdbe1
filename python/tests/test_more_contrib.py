"""arg_scope, variables by scope, HParams, training operations, vocabularies, texts and bytes."""

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def test_arg_scope():
    framework = tf.contrib.framework

    @framework.add_arg_scope
    def layer(x, y=1, z=2):
        return x, y, z

    with framework.arg_scope([layer], y=5) as outer:
        assert layer(1) == (1, 5, 2) and layer(1, y=7) == (1, 7, 2)
        with framework.arg_scope([layer], z=6):
            assert layer(1) == (1, 5, 6)
    assert layer(1) == (1, 1, 2)
    with framework.arg_scope(outer):
        assert layer(1) == (1, 5, 2)
    with pytest.raises(ValueError, match="add_arg_scope"):
        with framework.arg_scope([len], y=1):
            pass


def test_hparams():
    hparams = tf.contrib.training.HParams(rate=0.1, layers=[1, 2], name="x", flag=True, count=3)
    hparams.parse("rate=3,layers=[4,5,6],flag=false,name=abc,layers[1]=9")
    assert hparams.values() == {"rate": 3.0, "layers": [4, 9, 6], "name": "abc", "flag": False, "count": 3}
    assert "rate" in hparams and hparams.get("none", 7) == 7
    hparams.set_hparam("count", 4)
    assert hparams.count == 4
    assert tf.contrib.training.HParams(a=1).parse_json('{"a": 2}').to_json() == '{"a": 2}'
    for wrong in ("none=1", "rate=x", "count=1.5", "rate"):
        with pytest.raises(ValueError):
            hparams.parse(wrong)


def test_training_operation():
    v = tf.contrib.framework.model_variable("v", [2], initializer=tf.ones_initializer())
    assert tf.contrib.framework.get_model_variables() == [v]
    loss = tf.reduce_sum(v * v)
    step = tf.contrib.training.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(step) == 2.0 and sess.run(step) == pytest.approx(1.28)
        assert sess.run(tf.train.get_global_step()) == 2


def test_vocabulary():
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(4, min_frequency=1)
    rows = list(processor.fit_transform(["a b a c", "b a x"]))
    assert np.array(rows).tolist() == [[1, 2, 1, 0], [2, 1, 0, 0]] and len(processor.vocabulary_) == 3
    assert list(processor.reverse([[1, 2]])) == ["a b"]


def test_text_and_bytes():
    assert (tf.compat.as_bytes("é"), tf.compat.as_text(b"\xc3\xa9"), tf.compat.as_str(b"a"), tf.compat.as_str_any(3)) == (
        b"\xc3\xa9", "é", "a", "3")
    with pytest.raises(TypeError):
        tf.compat.as_bytes(3)


def test_eager_execution_is_refused():
    assert not tf.executing_eagerly()
    tf.disable_v2_behavior()
    tf.disable_eager_execution()
    for refused in (tf.enable_eager_execution, tf.enable_v2_behavior, tf.contrib.eager.enable_eager_execution):
        with pytest.raises(NotImplementedError, match="build a graph, and run it with tf.Session"):
            refused()


def test_scipy_minimizes():
    pytest.importorskip("scipy")
    v = tf.Variable([7.0, 7.0], name="v")
    loss = tf.reduce_sum(tf.square(v - [1.0, 2.0]))
    plain = tf.contrib.opt.ScipyOptimizerInterface(loss, options={"maxiter": 100})
    constrained = tf.contrib.opt.ScipyOptimizerInterface(tf.reduce_sum(tf.square(v)), equalities=[v[0] - 2.0],
                                                         inequalities=[v[1] - 1.0], method="SLSQP")
    bounded = tf.contrib.opt.ScipyOptimizerInterface(loss, var_to_bounds={v: (1.5, np.inf)})
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for one, expected in ((plain, [1.0, 2.0]), (constrained, [2.0, 1.0]), (bounded, [1.5, 2.0])):
            one.minimize(sess, fetches=[loss], loss_callback=losses.append)
            np.testing.assert_allclose(sess.run(v), expected, atol=1e-4)
    assert losses[0] == 61.0
