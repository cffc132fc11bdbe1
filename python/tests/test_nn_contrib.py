"""`tf.contrib.layers`, `arg_scope` and slim: names as TensorFlow 1.15 gives them, numbers from their formulas."""

import numpy as np
import pytest

import tenseur as tf

slim, layers = tf.contrib.slim, tf.contrib.layers


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def names(collection=tf.GraphKeys.GLOBAL_VARIABLES):
    return [v.name for v in tf.get_collection(collection)]


def started():
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return sess


def test_variables_are_weights_and_biases():
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    h = layers.conv2d(x, 4, 3)
    h = layers.max_pool2d(h, 2)
    h = layers.flatten(layers.conv2d_transpose(h, 2, 3))
    y = layers.fully_connected(h, 5, scope="out")
    assert names() == ["Conv/weights:0", "Conv/biases:0", "Conv2d_transpose/weights:0", "Conv2d_transpose/biases:0", "out/weights:0",
                       "out/biases:0"]
    assert names(tf.GraphKeys.MODEL_VARIABLES) == names() == names(tf.GraphKeys.TRAINABLE_VARIABLES)
    assert y.op.type == "Relu" and y.name == "out/Relu:0"
    assert layers.fully_connected(y, 3, activation_fn=None).name == "fully_connected/BiasAdd:0"


def test_arg_scope_gives_arguments_that_calls_may_change():
    x = tf.ones([1, 4, 4, 1])
    with slim.arg_scope([slim.conv2d, slim.fully_connected], activation_fn=None, weights_regularizer=slim.l2_regularizer(0.5)):
        with slim.arg_scope([slim.conv2d], padding="VALID") as scope:
            small = slim.conv2d(x, 2, [3, 3], scope="a")
            same = slim.conv2d(x, 2, [3, 3], padding="SAME", scope="b")
    with slim.arg_scope(scope):
        again = slim.conv2d(x, 2, [3, 3], scope="c")
    assert [t.shape.as_list()[1:3] for t in (small, same, again)] == [[2, 2], [4, 4], [2, 2]]
    assert small.op.type == "BiasAdd"
    assert [t.name for t in tf.losses.get_regularization_losses()] == [f"{s}/kernel/Regularizer/l2_regularizer:0" for s in "abc"]
    with started() as sess:
        weights, loss = sess.run([tf.global_variables("a/weights")[0], tf.losses.get_regularization_losses()[0]])
        np.testing.assert_allclose(loss, 0.25 * np.sum(weights ** 2), rtol=1e-5)


def test_a_function_of_ones_own_in_arg_scope():
    @slim.add_arg_scope
    def plus(x, y=1):
        return x + y

    with slim.arg_scope([plus], y=10):
        assert plus(1) == 11 and plus(1, y=2) == 3
    assert plus(1) == 2
    with pytest.raises(ValueError, match="add_arg_scope"):
        with slim.arg_scope([len], y=1):
            pass


def test_repeat_and_stack_number_their_scopes():
    x = tf.ones([1, 4, 4, 2])
    slim.repeat(x, 2, slim.conv2d, 2, [3, 3], scope="conv1")
    slim.stack(tf.ones([1, 4]), slim.fully_connected, [3, 2], scope="fc")
    assert names()[::2] == ["conv1/conv1_1/weights:0", "conv1/conv1_2/weights:0", "fc/fc_1/weights:0", "fc/fc_2/weights:0"]


@pytest.mark.parametrize("fused", [True, False])
def test_batch_norm(fused):
    x = tf.placeholder(tf.float32, [None, 3])
    training = tf.placeholder(tf.bool)
    y = layers.batch_norm(x, decay=0.9, is_training=training, scale=True, fused=fused)
    assert names() == ["BatchNorm/beta:0", "BatchNorm/gamma:0", "BatchNorm/moving_mean:0", "BatchNorm/moving_variance:0"]
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 2
    data = np.arange(12, dtype=np.float32).reshape(4, 3)
    with started() as sess:
        got, *_ = sess.run([y, *tf.get_collection(tf.GraphKeys.UPDATE_OPS)], {x: data, training: True})
        np.testing.assert_allclose(got, (data - data.mean(0)) / np.sqrt(data.var(0) + 1e-3), rtol=1e-4)
        mean, variance = sess.run(tf.global_variables("BatchNorm/moving"))
        np.testing.assert_allclose(mean, 0.1 * data.mean(0), rtol=1e-5)
        # The fused op takes the variance of the whole from that of the batch: n / (n − 1).
        np.testing.assert_allclose(variance, 0.9 + 0.1 * data.var(0, ddof=1 if fused else 0), rtol=1e-5)
        got = sess.run(y, {x: data, training: False})
        np.testing.assert_allclose(got, (data - mean) / np.sqrt(variance + 1e-3), rtol=1e-4)


def test_batch_norm_updates_in_place():
    x = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2))
    y = layers.batch_norm(x, decay=0.5, is_training=True, updates_collections=None)
    assert not tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with started() as sess:
        sess.run(y)
        np.testing.assert_allclose(sess.run(tf.global_variables("BatchNorm/moving_mean")[0]), [1.0, 1.5])


def test_layer_norm():
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    y = layers.layer_norm(tf.constant(data))
    assert names() == ["LayerNorm/beta:0", "LayerNorm/gamma:0"]
    with started() as sess:
        want = (data - data.mean(1, keepdims=True)) / data.std(1, keepdims=True)
        np.testing.assert_allclose(sess.run(y), want, rtol=1e-4)


@pytest.mark.parametrize("make, bound", [
    (lambda: layers.xavier_initializer(), np.sqrt(6 / 500)), (lambda: layers.xavier_initializer(uniform=False), None),
    (lambda: layers.variance_scaling_initializer(), None),
])
def test_initializers(make, bound):
    with tf.Session() as sess:
        value = sess.run(make()([300, 200], dtype=tf.float32))
    if bound is not None:
        assert np.abs(value).max() <= bound and np.abs(value).max() > 0.99 * bound
    wanted = 2 / 300 if make().__closure__ and bound is None and np.var(value) > 0.005 else 2 / 500
    np.testing.assert_allclose(np.var(value), wanted, rtol=0.05)


def test_regularizers():
    w = tf.constant([1.0, -2.0])
    with tf.Session() as sess:
        assert sess.run(layers.l1_regularizer(0.5)(w)) == 1.5
        assert sess.run(layers.l2_regularizer(0.5)(w)) == 1.25
        assert sess.run(layers.l1_l2_regularizer(0.5, 0.5)(w)) == 2.75
        assert sess.run(layers.apply_regularization(layers.l2_regularizer(1.0), [w, w])) == 5.0
    assert layers.l2_regularizer(0.0)(w) is None
    with pytest.raises(ValueError, match="cannot be an integer"):
        layers.l2_regularizer(1)


def test_optimize_loss_steps_and_counts():
    w = tf.get_variable("w", initializer=3.0)
    step = tf.train.get_or_create_global_step()
    train = layers.optimize_loss(tf.square(w), step, 0.1, "SGD")
    assert "OptimizeLoss/learning_rate:0" in names()
    with started() as sess:
        assert sess.run(train) == 9.0
        np.testing.assert_allclose(sess.run([w, step]), [2.4, 1], rtol=1e-6)


def test_create_train_op_and_train(tmp_path):
    w = tf.get_variable("w", initializer=3.0)
    train = slim.learning.create_train_op(tf.square(w), tf.train.GradientDescentOptimizer(0.1))
    loss = slim.learning.train(train, str(tmp_path), number_of_steps=3, log_every_n_steps=0)
    np.testing.assert_allclose(loss, (3 * 0.64) ** 2, rtol=1e-5)
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")


def test_embed_sequence_and_one_hot():
    found = layers.embed_sequence(tf.constant([[1, 2], [2, 0]]), vocab_size=3, embed_dim=4)
    assert found.shape.as_list() == [2, 2, 4] and names() == ["EmbedSequence/embeddings:0"]
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(layers.one_hot_encoding([2, 0], 3)), [[0, 0, 1], [1, 0, 0]])


def test_outputs_collections():
    y = layers.fully_connected(tf.ones([1, 2]), 3, outputs_collections="out", scope="fc")
    assert tf.get_collection("out") == [y]
    assert slim.utils.convert_collection_to_dict("out") == {"fc": y}
