"""What the three Inceptions are made of: layers, and mixtures of branches, written as text.

A line is a layer, `Conv2d_2b_1x1 64` or `MaxPool_3a_3x3/2` (after the slash the stride, where it is not 1), or a mixture of
branches, `Mixed_3b: 1x1 64 | 1x1 96 > 3x3 128 | max > 1x1 32`. In a branch `>` goes on and `&` puts side by side; layers have
the names `Conv2d_0a_1x1`, `Conv2d_0b_3x3`, …, those with a stride `Conv2d_1a_3x3`, and after an `@` another one.
"""

import re

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import layers, regularizers
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, init_ops, nn_ops, variable_scope


def trunc_normal(stddev):
    """Initial values around 0."""
    return init_ops.truncated_normal_initializer(0.0, stddev)


class Body:
    """The layers of an Inception, up to the classifier.

    Args:
      table: the lines.
      padding: of layers that stand alone.
      strided_padding: of those with a stride in a mixture.
      first: makes the first layer, `first(inputs, depth)`, with its name; without it that is in the table.
      reductions: initial values of convolutions of 1×1 that others follow, and of those after a pooling.
    """

    def __init__(self, name, table, padding, strided_padding, first=None, reductions=(None, None)):
        self.name, self._first = name, first
        self._padding, self._strided_padding = padding, strided_padding
        self._lines = [line.strip() for line in table.strip().splitlines()]
        self._reductions = reductions

    def __call__(self, inputs, final_endpoint, scope, depth):
        end_points, net = {}, inputs
        with variable_scope.variable_scope(scope, self.name, [inputs]):
            with arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], stride=1, padding=self._padding):
                if self._first is not None:
                    name, net = self._first(inputs, depth)
                    end_points[name] = net
                    if name == final_endpoint:
                        return net, end_points
                for line in self._lines:
                    name = re.match(r"\w+", line).group()
                    net = self._mixture(net, name, line, depth) if ":" in line else self._alone(net, line, depth)
                    end_points[name] = net
                    if name == final_endpoint:
                        return net, end_points
        raise ValueError(f"Unknown final endpoint {final_endpoint}")

    def _alone(self, net, line, depth):
        name, *rest = line.split()
        name, _, stride = name.partition("/")
        size = [int(side) for side in name.rpartition("_")[2].split("x")]
        if name.startswith("MaxPool"):
            return layers.max_pool2d(net, size, stride=int(stride or 1), scope=name)
        initial = {} if self._reductions[1] is None or size != [1, 1] else {"weights_initializer": trunc_normal(self._reductions[1])}
        padding = "SAME" if "same" in rest else self._padding
        return layers.conv2d(net, depth(int(rest[0])), size, stride=int(stride or 1), padding=padding, scope=name, **initial)

    def _mixture(self, net, name, line, depth):
        with arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], padding="SAME"):
            with variable_scope.variable_scope(name):
                branches = []
                for number, branch in enumerate(line.partition(":")[2].split("|")):
                    with variable_scope.variable_scope(f"Branch_{number}"):
                        branches.append(self._branch(net, branch.split(">"), depth))
                return array_ops.concat(branches, 3)

    def _branch(self, net, steps, depth):
        letters = iter("abcdefgh")
        for number, step in enumerate(steps):
            made = []
            for layer in step.split("&"):
                what, *rest = layer.split()
                named = next((word[1:] for word in rest if word.startswith("@")), None)
                kind, _, stride = what.partition("/")
                place = "1a" if stride else f"0{next(letters)}"
                how = {"stride": int(stride), "padding": self._strided_padding} if stride else {}
                if kind in ("max", "avg"):
                    pool, prefix = (layers.max_pool2d, "MaxPool") if kind == "max" else (layers.avg_pool2d, "AvgPool")
                    made.append(pool(net, [3, 3], scope=f"{prefix}_{place}_3x3", **how))
                    continue
                followed, after_pool = number == 0 and len(steps) > 1, steps[0].split()[0] in ("max", "avg")
                initial = self._reductions[0] if followed else self._reductions[1] if after_pool else None
                if initial is not None and kind == "1x1":
                    how["weights_initializer"] = trunc_normal(initial)
                size = [int(side) for side in kind.split("x")]
                made.append(layers.conv2d(net, depth(int(rest[0])), size, scope=named or f"Conv2d_{place}_{kind}", **how))
            net = made[0] if len(made) == 1 else array_ops.concat(made, 3)
        return net


def depths(depth_multiplier, min_depth):
    """What gives a layer's depth.

    Raises:
      ValueError: where the multiplier is not greater than zero.
    """
    if depth_multiplier <= 0:
        raise ValueError("depth_multiplier is not greater than zero.")
    return lambda depth: max(int(depth * depth_multiplier), min_depth)


def fitting(net, size):
    """The size of a kernel over features, as far as these are so large."""
    return [side if known is None else min(known, side) for known, side in zip(net.shape.as_list()[1:3], size)]


def scores(end_points, pooled, dropout, convolution, num_classes, dropout_keep_prob, spatial_squeeze, features=None):
    """Classifies what a pooling has left of the features."""
    net = layers.dropout(pooled, keep_prob=dropout_keep_prob, scope=dropout)
    if features is not None:
        end_points[features] = net
    logits = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=convolution)
    if spatial_squeeze:
        logits = array_ops.squeeze(logits, [1, 2], name="SpatialSqueeze")
    end_points["Logits"] = logits
    return logits


def arguments(weight_decay, batch_norm_var_collection, weights_initializer, use_batch_norm=True):
    """The arguments of layers with which Inceptions are trained."""
    averages = [batch_norm_var_collection]
    norm = {"decay": 0.9997, "epsilon": 0.001, "updates_collections": ops.GraphKeys.UPDATE_OPS,
            "variables_collections": {"beta": None, "gamma": None, "moving_mean": averages, "moving_variance": averages}}
    with arg_scope([layers.conv2d, layers.fully_connected], weights_regularizer=regularizers.l2_regularizer(weight_decay)):
        with arg_scope([layers.conv2d], weights_initializer=weights_initializer, activation_fn=nn_ops.relu,
                       normalizer_fn=layers.batch_norm if use_batch_norm else None,
                       normalizer_params=norm if use_batch_norm else {}) as scope:
            return scope
