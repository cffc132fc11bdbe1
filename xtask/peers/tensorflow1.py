"""TensorFlow 1 as far as TensorFlow 2.21 still has it: after `install()`, `import tensorflow as tf` gives it.

That is `tensorflow.compat.v1` with the graphs, reference variables and control flow of version 1, the layers and cells
from `tf_keras`, and in place of `tf.contrib` and `tf.estimator`, which are gone, the little of them below that the
programs in python/programs use, written over what is there.
"""

import functools
import os
import sys
import types
import warnings

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops


def arguments_of(scopes, function):
    """`function`, with the arguments that the surrounding `arg_scope`s give."""

    @functools.wraps(function)
    def call(*arguments, **keywords):
        for functions, defaults in scopes:
            if call in functions:
                keywords = {**defaults, **keywords}
        return function(*arguments, **keywords)

    return call


class arg_scope:
    """Within it, calls of `functions` have these defaults."""

    active = []

    def __init__(self, functions, **defaults):
        self.scope = (functions, defaults)

    def __enter__(self):
        arg_scope.active.append(self.scope)

    def __exit__(self, *error):
        arg_scope.active.remove(self.scope)


def xavier_initializer(uniform=True, seed=None, dtype=tf.float32):
    distribution = "uniform" if uniform else "truncated_normal"
    return tf.variance_scaling_initializer(1.0, "fan_avg", distribution, seed=seed, dtype=dtype)


def l2_regularizer(scale):
    return lambda weights: tf.multiply(tf.nn.l2_loss(weights), scale)


def variables_of_layer(shape, weights_initializer, biases_initializer, weights_regularizer):
    weights = tf.get_variable("weights", shape, initializer=weights_initializer, regularizer=weights_regularizer)
    return weights, tf.get_variable("biases", shape[-1:], initializer=biases_initializer)


def fully_connected(inputs, num_outputs, activation_fn=tf.nn.relu, weights_initializer=xavier_initializer(),
                    weights_regularizer=None, biases_initializer=tf.zeros_initializer(), reuse=None, scope=None):
    with tf.variable_scope(scope, "fully_connected", reuse=reuse):
        shape = [int(inputs.shape[-1]), num_outputs]
        weights, biases = variables_of_layer(shape, weights_initializer, biases_initializer, weights_regularizer)
        sums = tf.nn.bias_add(tf.matmul(inputs, weights), biases)
        return sums if activation_fn is None else activation_fn(sums)


def conv2d(inputs, num_outputs, kernel_size, stride=1, padding="SAME", activation_fn=tf.nn.relu,
           weights_initializer=xavier_initializer(), weights_regularizer=None,
           biases_initializer=tf.zeros_initializer(), scope=None):
    with tf.variable_scope(scope, "Conv"):
        shape = [*np.broadcast_to(kernel_size, 2), int(inputs.shape[-1]), num_outputs]
        weights, biases = variables_of_layer(shape, weights_initializer, biases_initializer, weights_regularizer)
        sums = tf.nn.bias_add(tf.nn.conv2d(inputs, weights, [1, stride, stride, 1], padding), biases)
        return sums if activation_fn is None else activation_fn(sums)


def max_pool2d(inputs, kernel_size, stride=2, padding="VALID", scope=None):
    height, width = np.broadcast_to(kernel_size, 2)
    return tf.nn.max_pool(inputs, [1, height, width, 1], [1, stride, stride, 1], padding, name=scope)


def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
    assert average_across_timesteps and average_across_batch
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_sum(losses * weights) / (tf.reduce_sum(weights) + 1e-12)




class Estimator:
    """`tf.estimator.Estimator`: a graph for each call, the variables' values kept from one to the next."""

    def __init__(self, model_fn, model_dir=None, params=None):
        self.model_fn, self.params, self.values = model_fn, params, {}

    def _run(self, input_fn, mode, work):
        with tf.Graph().as_default():
            tf.set_random_seed(1)
            step = tf.train.create_global_step()
            inputs = input_fn()
            if isinstance(inputs, tf.data.Dataset):
                inputs = tf.data.make_one_shot_iterator(inputs).get_next()
            features, labels = inputs if isinstance(inputs, tuple) else (inputs, None)
            keywords = {"labels": labels, "mode": mode, "params": self.params}
            wanted = self.model_fn.__code__.co_varnames[:self.model_fn.__code__.co_argcount]
            spec = self.model_fn(features, **{name: keywords[name] for name in wanted[1:]})
            with tf.Session() as sess:
                sess.run([tf.global_variables_initializer(), tf.local_variables_initializer(), tf.tables_initializer()])
                for variable in tf.global_variables():
                    if variable.op.name in self.values:
                        variable.load(self.values[variable.op.name], sess)
                result = work(sess, spec, step)
                self.values = {variable.op.name: sess.run(variable) for variable in tf.global_variables()}
                return result

    def train(self, input_fn, steps=None):
        def work(sess, spec, step):
            try:
                while steps is None or work.done < steps:
                    sess.run(spec.train_op)
                    work.done += 1
            except tf.errors.OutOfRangeError:
                pass

        work.done = 0
        self._run(input_fn, ModeKeys.TRAIN, work)
        return self

    def evaluate(self, input_fn):
        def work(sess, spec, step):
            losses = []
            updates = [update for _, update in (spec.eval_metric_ops or {}).values()]
            try:
                while True:
                    losses.append(sess.run([spec.loss, *updates])[0])
            except tf.errors.OutOfRangeError:
                pass
            values = {name: sess.run(value) for name, (value, _) in (spec.eval_metric_ops or {}).items()}
            return {**values, "loss": np.mean(losses), "global_step": sess.run(step)}

        return self._run(input_fn, ModeKeys.EVAL, work)

    def predict(self, input_fn):
        def work(sess, spec, step):
            rows = []
            try:
                while True:
                    batch = sess.run(spec.predictions)
                    rows += [dict(zip(batch, row)) for row in zip(*batch.values())]
            except tf.errors.OutOfRangeError:
                pass
            return rows

        return iter(self._run(input_fn, ModeKeys.PREDICT, work))


    def get_variable_value(self, name):
        return self.values[name]


class LinearRegressor(Estimator):
    """`tf.estimator.LinearRegressor` with its loss, the sum over a batch."""

    def __init__(self, feature_columns, optimizer):
        def model(features, labels, mode):
            with tf.variable_scope("linear"):
                values = tf.feature_column.linear_model(features, feature_columns)
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(mode, {"predictions": values})
            errors = tf.square(values - tf.expand_dims(labels, 1))
            loss = tf.reduce_sum(errors)
            metrics = {"average_loss": tf.metrics.mean(errors)}
            return EstimatorSpec(mode, None, loss, optimizer.minimize(loss, tf.train.get_global_step()), metrics)

        super().__init__(model)


class ModeKeys:
    TRAIN, EVAL, PREDICT = "train", "eval", "infer"


class EstimatorSpec:
    def __init__(self, mode, predictions=None, loss=None, train_op=None, eval_metric_ops=None):
        self.predictions, self.loss, self.train_op, self.eval_metric_ops = predictions, loss, train_op, eval_metric_ops


def numpy_input_fn(x, y=None, batch_size=128, num_epochs=1, shuffle=None):
    assert not shuffle, "the order would be another"
    arrays = x if y is None else (x, y)
    return lambda: tf.data.Dataset.from_tensor_slices(arrays).repeat(num_epochs).batch(batch_size)


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made
    return made


def install():
    """Puts it in the place of `tensorflow`."""
    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.disable_v2_behavior()
    real = sys.modules["tensorflow"]
    scopes = arg_scope.active
    layers = {function.__name__: arguments_of(scopes, function) for function in (fully_connected, conv2d, max_pool2d)}
    layers.update(xavier_initializer=xavier_initializer, l2_regularizer=l2_regularizer, flatten=tf.layers.flatten)
    cells = tf.nn.rnn_cell
    rnn = {name: getattr(cells, name) for name in dir(cells) if name.endswith(("Cell", "Wrapper", "Tuple"))}
    rnn.update(static_rnn=tf.nn.static_rnn, static_bidirectional_rnn=tf.nn.static_bidirectional_rnn)
    contrib = module(
        "tensorflow.contrib",
        layers=module("tensorflow.contrib.layers", **layers),
        rnn=module("tensorflow.contrib.rnn", **rnn),
        seq2seq=module("tensorflow.contrib.seq2seq", sequence_loss=sequence_loss),
        lookup=module("tensorflow.contrib.lookup", index_table_from_tensor=lookup_ops.index_table_from_tensor,
                      index_to_string_table_from_tensor=lookup_ops.index_to_string_table_from_tensor),
        slim=module("tensorflow.contrib.slim", arg_scope=arg_scope, **layers, losses=tf.losses),
        framework=module("tensorflow.contrib.framework", arg_scope=arg_scope))
    contrib.__path__ = []
    estimator = module("tensorflow.estimator", Estimator=Estimator, EstimatorSpec=EstimatorSpec, ModeKeys=ModeKeys,
                       LinearRegressor=LinearRegressor, inputs=types.SimpleNamespace(numpy_input_fn=numpy_input_fn))
    fake = module("tensorflow", contrib=contrib, estimator=estimator)
    fake.__path__ = real.__path__
    fake.__getattr__ = lambda name: getattr(tf, name)
