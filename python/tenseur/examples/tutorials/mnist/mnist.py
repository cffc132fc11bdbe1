"""The network of TensorFlow's tutorial: two hidden layers of rectifiers."""

import math

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import math_ops, nn_ops, random_ops, variables

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def _layer(inputs, size, units):
    from tenseur.python.ops import array_ops
    weights = variables.VariableV1(random_ops.truncated_normal([size, units], stddev=1.0 / math.sqrt(float(size))), name="weights")
    biases = variables.VariableV1(array_ops.zeros([units]), name="biases")
    return math_ops.matmul(inputs, weights) + biases


def inference(images, hidden1_units, hidden2_units):
    """The logits of the images."""
    with ops.name_scope("hidden1"):
        hidden1 = nn_ops.relu(_layer(images, IMAGE_PIXELS, hidden1_units))
    with ops.name_scope("hidden2"):
        hidden2 = nn_ops.relu(_layer(hidden1, hidden1_units, hidden2_units))
    with ops.name_scope("softmax_linear"):
        return _layer(hidden2, hidden2_units, NUM_CLASSES)


def loss(logits, labels):
    """The mean cross-entropy."""
    from tenseur.python.ops.losses import losses
    return losses.sparse_softmax_cross_entropy(labels=math_ops.cast(labels, dtypes.int64), logits=logits)


def training(loss, learning_rate):
    """The operation that goes a step down the gradient; the loss is summarized."""
    from tenseur.python.summary import summary
    from tenseur.python.training import gradient_descent
    summary.scalar("loss", loss)
    global_step = variables.VariableV1(0, name="global_step", trainable=False)
    return gradient_descent.GradientDescentOptimizer(learning_rate).minimize(loss, global_step=global_step)


def evaluation(logits, labels):
    """How many of the images are recognized."""
    correct = nn_ops.in_top_k(logits, labels, 1)
    return math_ops.reduce_sum(math_ops.cast(correct, dtypes.int32))
