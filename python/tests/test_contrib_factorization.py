"""k-means: TensorFlow's numbers for whole batches, a plain loop for mini-batches, and the choice of first centers."""

import numpy as np
import pytest

import tenseur as tf

POINTS = (np.sin(np.arange(24) * 1.7).reshape(12, 2) * 3 + 0.5).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def _started(sess, init_op):
    sess.run(tf.global_variables_initializer())
    sess.run(init_op)
    return tf.global_variables()[0]


# TensorFlow 2.21's clustering_ops: centers and nearest after three steps from the first three points.
@pytest.mark.parametrize("metric, centers, nearest", [
    ("squared_euclidean", [[-0.99612, 2.83224], [-0.5408, -1.45196], [2.92426, 0.87572]],
     [0, 1, 2, 1, 2, 1, 2, 0, 2, 0, 1, 0]),
    ("cosine", [[-0.56206, 0.8271], [-0.08242, -0.9966], [0.95985, 0.2805]], [0, 1, 2, 1, 2, 0, 2, 0, 2, 0, 1, 0]),
])
@pytest.mark.parametrize("parts", [1, 2])
def test_whole_batches(metric, centers, nearest, parts):
    inputs = [tf.constant(part) for part in np.split(POINTS, [7][:parts - 1])]
    kmeans = tf.contrib.factorization.KMeans(inputs, 3, initial_clusters=POINTS[:3], distance_metric=metric)
    all_scores, indices, scores, initialized, init_op, train_op = kmeans.training_graph()
    with tf.Session() as sess:
        variable = _started(sess, init_op)
        assert variable.op.name == "clusters" and sess.run(initialized)
        for _ in range(3):
            sess.run(train_op)
        np.testing.assert_allclose(sess.run(variable), centers, atol=1e-5)
        assert np.concatenate(sess.run(indices)).tolist() == nearest
        for one, every in zip(sess.run(scores), sess.run(all_scores)):
            np.testing.assert_array_equal(one, every.min(1))
        sess.run(init_op)
        np.testing.assert_allclose(sess.run(variable), centers, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("parts", [1, 2])
def test_mini_batches_are_means_of_all_that_came(steps, parts):
    inputs = [tf.constant(part) for part in np.split(POINTS, [7][:parts - 1])]
    kmeans = tf.contrib.factorization.KMeans(inputs, 3, initial_clusters=POINTS[:3], use_mini_batch=True,
                                             mini_batch_steps_per_iteration=steps)
    *_, init_op, train_op = kmeans.training_graph()
    moved, used = POINTS[:3].astype(np.float64), POINTS[:3].astype(np.float64)
    counts, left = np.full(3, 1.0 if steps == 1 else 0.0), steps
    with tf.Session() as sess:
        variable = _started(sess, init_op)
        for _ in range(5):
            sess.run(train_op)
            nearest = ((POINTS[:, None] - used) ** 2).sum(2).argmin(1)
            if steps > 1 and left <= 0:
                # The centers that are taken over serve from the next step on.
                used, counts, left = moved.copy(), np.zeros(3), steps
            left -= 1
            for center in range(3):
                own = POINTS[nearest == center]
                counts[center] += len(own)
                moved[center] += (own - moved[center]).sum(0) / max(counts[center], 1)
            if steps == 1:
                used = moved.copy()
        np.testing.assert_allclose(sess.run(variable), used, atol=1e-5)


@pytest.mark.parametrize("way", ["random", "kmeans_plus_plus", "kmc2"])
@pytest.mark.parametrize("metric", ["squared_euclidean", "cosine"])
def test_first_centers_are_among_the_points(way, metric):
    x = tf.placeholder(tf.float32, [None, 2])
    kmeans = tf.contrib.factorization.KMeans(x, 4, initial_clusters=way, distance_metric=metric, random_seed=3)
    *_, initialized, init_op, _ = kmeans.training_graph()
    points = POINTS if metric == "squared_euclidean" else POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert not sess.run(initialized)
        sess.run(init_op, {x: POINTS})
        assert sess.run(initialized)
        for center in sess.run(tf.global_variables()[0]):
            assert np.abs(points - center).sum(1).min() < 1e-6


def test_few_points_give_some_of_the_centers():
    x = tf.placeholder(tf.float32, [None, 2])
    *_, initialized, init_op, _ = tf.contrib.factorization.KMeans(x, 5).training_graph()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(init_op, {x: POINTS[:3]})
        assert not sess.run(initialized)
        np.testing.assert_array_equal(sess.run(tf.global_variables()[0]), POINTS[:3])
        sess.run(init_op, {x: POINTS[3:5]})
        assert sess.run(initialized)
        np.testing.assert_array_equal(sess.run(tf.global_variables()[0]), POINTS[:5])


def test_plus_plus_finds_groups_that_lie_apart():
    groups = np.repeat(np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32), 5, 0) + np.tile(POINTS[:5] / 100, (4, 1))
    kmeans = tf.contrib.factorization.KMeans(tf.constant(groups), 4, initial_clusters="kmeans_plus_plus")
    _, indices, _, _, init_op, train_op = kmeans.training_graph()
    with tf.Session() as sess:
        _started(sess, init_op)
        sess.run(train_op)
        found = sess.run(indices[0]).reshape(4, 5)
        assert (found == found[:, :1]).all() and len(set(found[:, 0])) == 4


def test_what_there_is_not():
    for wrong in ({"distance_metric": "manhattan"}, {"initial_clusters": "best"}):
        with pytest.raises(ValueError, match=f"not '{next(iter(wrong.values()))}'"):
            tf.contrib.factorization.KMeans(tf.constant(POINTS), 2, **wrong)
    *_, init_op, _ = tf.contrib.factorization.KMeans(tf.constant(POINTS), 13, initial_clusters="kmc2").training_graph()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="13 centers among 12 points"):
            sess.run(init_op)
