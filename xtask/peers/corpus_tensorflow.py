"""Runs a TensorFlow 1 program with TensorFlow 2, as far as its compatibility mode goes: the peer of `python -m tenseur`.

    python xtask/peers/corpus_tensorflow.py program.py [arguments]

Needs TensorFlow 2, tf_keras (with TF_USE_LEGACY_KERAS=1) and the package tenseur on the path, whose `--legacy` repairs and
whose reader of MNIST are used, and whose contrib is not: names of contrib are mapped to what TensorFlow 2 has of them.
"""

import os
import sys
import types

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow  # noqa: E402

tf = tensorflow.compat.v1
tf.disable_v2_behavior()


def module(name, **values):
    made = types.ModuleType(name)
    made.__dict__.update(values)
    made.__path__ = []
    sys.modules[name] = made
    return made


def _xavier(uniform=True, seed=None, dtype=None):
    return tf.initializers.variance_scaling(1.0, "fan_avg", "uniform" if uniform else "truncated_normal", seed=seed)


def _fully_connected(inputs, num_outputs, activation_fn=tf.nn.relu, weights_initializer=None, biases_initializer=None, scope=None,
                     reuse=None, trainable=True, weights_regularizer=None, **_):
    return tf.layers.dense(inputs, num_outputs, activation=activation_fn, kernel_initializer=weights_initializer or _xavier(),
                           name=scope, reuse=reuse, trainable=trainable, kernel_regularizer=weights_regularizer)


def _sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True, **_):
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits) * weights
    return tf.reduce_sum(loss) / (tf.reduce_sum(weights) + 1e-12)


def _seed_by_place(op_seed):
    """TensorFlow 1's seeds of ops that are given none: the graph's, and how many nodes there are before the op."""
    from tensorflow.python.framework import ops, random_seed
    graph = ops.get_default_graph()
    if graph.seed is None:
        return (None, None) if op_seed is None else (random_seed.DEFAULT_GRAPH_SEED, op_seed)
    seeds = (graph.seed, graph.num_operations() if op_seed is None else op_seed)
    return (0, 2**31 - 1) if seeds == (0, 0) else seeds


def install():
    from tensorflow.python.framework import random_seed
    random_seed.get_seed = _seed_by_place
    rnn = module("tensorflow.contrib.rnn", **{
        name: getattr(tf.nn.rnn_cell, name) for name in dir(tf.nn.rnn_cell) if not name.startswith("_")},
        static_rnn=tf.nn.static_rnn, static_bidirectional_rnn=tf.nn.static_bidirectional_rnn)
    layers = module("tensorflow.contrib.layers", xavier_initializer=_xavier, xavier_initializer_conv2d=_xavier,
                    fully_connected=_fully_connected, flatten=tf.layers.flatten, l2_regularizer=tf.keras.regularizers.l2,
                    variance_scaling_initializer=lambda factor=2.0, mode="FAN_IN", uniform=False, **_:
                    tf.initializers.variance_scaling(factor, mode.lower(), "uniform" if uniform else "truncated_normal"))
    seq2seq = module("tensorflow.contrib.seq2seq", sequence_loss=_sequence_loss)
    contrib = module("tensorflow.contrib", rnn=rnn, layers=layers, seq2seq=seq2seq, distributions=tf.distributions,
                     framework=module("tensorflow.contrib.framework", get_or_create_global_step=tf.train.get_or_create_global_step))
    tf.contrib = contrib
    legacy = {
        "mul": tf.multiply, "sub": tf.subtract, "neg": tf.negative, "pack": tf.stack, "unpack": tf.unstack,
        "initialize_all_variables": tf.global_variables_initializer, "merge_all_summaries": tf.summary.merge_all,
    }
    for name, value in legacy.items():
        if not hasattr(tf, name):
            setattr(tf, name, value)
    tf.train.SummaryWriter = tf.summary.FileWriter
    real = sys.modules["tensorflow"]
    tf.__path__, tf.python = real.__path__, tensorflow.python if hasattr(tensorflow, "python") else None
    sys.modules["tensorflow"] = tf
    _mnist()


def _mnist():
    """The reader of MNIST, which is NumPy's work alone."""
    import gzip

    def images(path):
        data = gzip.open(path).read()
        return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784)

    def labels(path):
        return np.frombuffer(gzip.open(path).read(), np.uint8, offset=8)

    class DataSet:
        def __init__(self, pictures, classes, one_hot, reshape, dtype=None):
            self.images = pictures.astype(np.float32) / 255.0
            if not reshape:
                self.images = self.images.reshape(-1, 28, 28, 1)
            self.labels = np.eye(10)[classes] if one_hot else classes
            self.num_examples, self.epochs_completed, self._at = len(pictures), 0, 0

        def next_batch(self, size, fake_data=False, shuffle=True):
            if self._at == 0 and self.epochs_completed == 0 and shuffle:
                self._shuffle()
            if self._at + size > self.num_examples:
                self.epochs_completed += 1
                self._at = 0
                if shuffle:
                    self._shuffle()
            self._at += size
            return self.images[self._at - size:self._at], self.labels[self._at - size:self._at]

        def _shuffle(self):
            order = np.random.permutation(self.num_examples)
            self.images, self.labels = self.images[order], self.labels[order]

    def read_data_sets(train_dir=None, fake_data=False, one_hot=False, dtype=None, reshape=True, validation_size=5000, **_):
        folder = os.environ["CORPUS_STANDINS"]
        x, y = images(f"{folder}/train-images-idx3-ubyte.gz"), labels(f"{folder}/train-labels-idx1-ubyte.gz")
        tx, ty = images(f"{folder}/t10k-images-idx3-ubyte.gz"), labels(f"{folder}/t10k-labels-idx1-ubyte.gz")
        return types.SimpleNamespace(train=DataSet(x[validation_size:], y[validation_size:], one_hot, reshape),
                                     validation=DataSet(x[:validation_size], y[:validation_size], one_hot, reshape),
                                     test=DataSet(tx, ty, one_hot, reshape))

    reader = module("tensorflow.examples.tutorials.mnist.input_data", read_data_sets=read_data_sets)
    mnist = module("tensorflow.examples.tutorials.mnist", input_data=reader)
    tutorials = module("tensorflow.examples.tutorials", mnist=mnist)
    tf.examples = module("tensorflow.examples", tutorials=tutorials)


def main():
    install()
    path = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    from tenseur.legacy import libraries, numpy_names, python2, repairs, source, tensorflow0
    tensorflow0.install = lambda: None
    repairs.install()
    _ = libraries, numpy_names, python2
    with open(path, "rb") as file:
        code = source.compile_source(file.read(), path)
    program = types.ModuleType("__main__")
    program.__file__ = path
    sys.modules["__main__"] = program
    exec(code, program.__dict__)


if __name__ == "__main__":
    main()
