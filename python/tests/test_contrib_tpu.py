"""`tf.contrib.tpu` on a machine without TPUs, and parts of contrib that are not there."""

import numpy as np
import pytest

import tenseur as tf


def input_fn(params):
    x = np.arange(32, dtype=np.float32).reshape(-1, 1) / 32
    data = tf.data.Dataset.from_tensor_slices(({"x": x}, 3 * x)).repeat(10)
    return data.batch(params["batch_size"], drop_remainder=True)


def model_fn(features, labels, mode, params):
    assert features["x"].shape[0] == params["batch_size"] == {"train": 8, "eval": 4, "infer": 2}[mode]
    y = tf.layers.dense(features["x"], 1, name="out")
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.contrib.tpu.TPUEstimatorSpec(mode, predictions={"y": y})
    loss = tf.losses.mean_squared_error(labels, y)
    if mode == tf.estimator.ModeKeys.EVAL:
        metrics = (lambda labels, y: {"mae": tf.metrics.mean_absolute_error(labels, y)}, [labels, y])
        return tf.contrib.tpu.TPUEstimatorSpec(mode, loss=loss, eval_metrics=metrics)
    optimizer = tf.contrib.tpu.CrossShardOptimizer(tf.train.GradientDescentOptimizer(params["rate"]))
    calls = tf.get_variable("calls", [], initializer=tf.zeros_initializer(), trainable=False)
    return tf.contrib.tpu.TPUEstimatorSpec(
        mode, loss=loss, train_op=optimizer.minimize(loss, tf.train.get_global_step()),
        host_call=(lambda by: tf.assign_add(calls, by), [tf.constant(1.0)]), scaffold_fn=lambda: tf.train.Scaffold())


def made(folder, **kwargs):
    config = tf.contrib.tpu.RunConfig(model_dir=folder, tpu_config=tf.contrib.tpu.TPUConfig(
        iterations_per_loop=100, per_host_input_for_training=tf.contrib.tpu.InputPipelineConfig.PER_HOST_V2))
    return tf.contrib.tpu.TPUEstimator(model_fn, config=config, params={"rate": 0.3}, train_batch_size=8, eval_batch_size=4,
                                       predict_batch_size=2, **kwargs)


def test_it_trains_on_processors(tmp_path):
    estimator = made(str(tmp_path), use_tpu=False)
    estimator.train(input_fn, max_steps=40)
    assert estimator.get_variable_value("calls") == 40
    found = estimator.evaluate(input_fn, steps=4)
    assert found["global_step"] == 40 and found["mae"] < 0.5
    first = next(estimator.predict(input_fn))
    assert first["y"].shape == (1,)
    assert estimator.params == {"rate": 0.3}


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(NotImplementedError, match="no TPUs here; with use_tpu=False"):
        made(str(tmp_path))
    with pytest.raises(NotImplementedError, match="use_tpu=False"):
        tf.contrib.cluster_resolver.TPUClusterResolver("mine")
    with pytest.raises(ValueError, match="reserved"):
        tf.contrib.tpu.TPUEstimator(model_fn, config=tf.contrib.tpu.RunConfig(), params={"batch_size": 3}, use_tpu=False)
    with pytest.raises(ValueError, match="positive"):
        tf.contrib.tpu.TPUConfig(iterations_per_loop=0)
    with pytest.raises(ValueError, match="tuple of a function"):
        tf.contrib.tpu.TPUEstimatorSpec("train", eval_metrics=[1])


@pytest.mark.parametrize("name", ["tensor_forest", "boosted_trees", "gan"])
def test_what_is_not_there_says_what_is(name):
    tf.install()
    with pytest.raises(AttributeError, match="is not there in tenseur; the nearest that there is: tf"):
        getattr(tf.contrib, name)
    with pytest.raises(ModuleNotFoundError, match="is not there in tenseur; the nearest that there is: tf"):
        __import__(f"tensorflow.contrib.{name}.python")


def test_learns_own_modules():
    tf.install()
    from tensorflow.contrib.learn.python.learn import Estimator, learn_runner
    from tensorflow.contrib.learn.python.learn.estimators import model_fn as model_fn_lib
    from tensorflow.contrib.learn.python.learn.estimators import run_config
    assert model_fn_lib.ModeKeys.TRAIN == "train" and run_config.RunConfig is tf.contrib.learn.RunConfig
    assert Estimator is tf.contrib.learn.Estimator and learn_runner.run is tf.contrib.learn.learn_runner.run
