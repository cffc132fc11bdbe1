"""What both versions of ResNet are made of: blocks of units, and convolutions that pad by their kernel alone."""

import collections

from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope, arg_scope
from tenseur.contrib.layers.python.layers import initializers, layers, regularizers, utils
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, nn_ops, variable_scope

#: A name, the function that makes a unit, and the arguments of each unit.
Block = collections.namedtuple("Block", ["scope", "unit_fn", "args"])

#: How many units each of the four blocks has, by the number of layers.
UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def bottleneck_block(scope, unit_fn, base_depth, num_units, stride):
    """A block of bottlenecks, whose last unit takes the stride."""
    one = {"depth": 4 * base_depth, "depth_bottleneck": base_depth, "stride": 1}
    return Block(scope, unit_fn, [one] * (num_units - 1) + [dict(one, stride=stride)])


def subsample(inputs, factor, scope=None):
    """Every `factor`-th pixel, along both sides."""
    return inputs if factor == 1 else layers.max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(inputs, num_outputs, kernel_size, stride, rate=1, scope=None):
    """A convolution with padding "SAME" whose padding does not depend on the size of the picture: where the stride is not 1
    it is that of stride 1, of which every `stride`-th pixel is taken."""
    if stride == 1:
        return layers.conv2d(inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope)
    total = (kernel_size - 1) * rate
    sides = [total // 2, total - total // 2]
    inputs = array_ops.pad(inputs, [[0, 0], sides, sides, [0, 0]])
    return layers.conv2d(inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope)


@add_arg_scope
def stack_blocks_dense(net, blocks, output_stride=None, outputs_collections=None):
    """The blocks one after another. Once the picture is smaller by `output_stride`, strides become rates of dilation.

    Raises:
      ValueError: where the strides do not come to `output_stride`.
    """
    stride, rate = 1, 1
    for block in blocks:
        with variable_scope.variable_scope(block.scope, "block", [net]) as scope:
            for number, arguments in enumerate(block.args, 1):
                if output_stride is not None and stride > output_stride:
                    raise ValueError("The target output_stride cannot be reached.")
                with variable_scope.variable_scope(f"unit_{number}", values=[net]):
                    own = arguments.get("stride", 1)
                    if output_stride is not None and stride == output_stride:
                        net = block.unit_fn(net, rate=rate, **dict(arguments, stride=1))
                        rate *= own
                    else:
                        net = block.unit_fn(net, rate=1, **arguments)
                        stride *= own
            net = utils.collect_named_outputs(outputs_collections, scope.name, net)
    if output_stride is not None and stride != output_stride:
        raise ValueError("The target output_stride cannot be reached.")
    return net


def resnet_arg_scope(weight_decay=0.0001, batch_norm_decay=0.997, batch_norm_epsilon=1e-5, batch_norm_scale=True,
                     activation_fn=nn_ops.relu, use_batch_norm=True):
    """The arguments of layers with which ResNets are trained."""
    norm = {"decay": batch_norm_decay, "epsilon": batch_norm_epsilon, "scale": batch_norm_scale,
            "updates_collections": ops.GraphKeys.UPDATE_OPS}
    with arg_scope([layers.conv2d], weights_regularizer=regularizers.l2_regularizer(weight_decay),
                   weights_initializer=initializers.variance_scaling_initializer(), activation_fn=activation_fn,
                   normalizer_fn=layers.batch_norm if use_batch_norm else None, normalizer_params=norm):
        with arg_scope([layers.batch_norm], **norm):
            # The paper pads no pooling; with padding features stay aligned with pixels.
            with arg_scope([layers.max_pool2d], padding="SAME") as scope:
                return scope
