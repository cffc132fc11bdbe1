"""The body that both versions of ResNet have."""

import contextlib

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import layers, utils
from tenseur.contrib.slim.python.slim.nets import resnet_utils
from tenseur.python.ops import math_ops, variable_scope


def network(kind, bottleneck, root_arguments, postnorm, inputs, blocks, num_classes, is_training, global_pool, output_stride,
            include_root_block, reuse, scope):
    """A ResNet: (what comes out, everything on the way by name).

    Args:
      root_arguments: arguments of the first convolution's layer.
      postnorm: what is done with what the blocks give.
    """
    with variable_scope.variable_scope(scope, kind, [inputs], reuse=reuse) as sc:
        collection = sc.original_name_scope + "_end_points"
        mode = contextlib.nullcontext() if is_training is None else arg_scope([layers.batch_norm], is_training=is_training)
        with arg_scope([layers.conv2d, bottleneck, resnet_utils.stack_blocks_dense], outputs_collections=collection), mode:
            net = inputs
            if include_root_block:
                if output_stride is not None:
                    if output_stride % 4 != 0:
                        raise ValueError("The output_stride needs to be a multiple of 4.")
                    output_stride //= 4
                with arg_scope([layers.conv2d], **root_arguments):
                    net = resnet_utils.conv2d_same(net, 64, 7, stride=2, scope="conv1")
                net = layers.max_pool2d(net, [3, 3], stride=2, scope="pool1")
            net = postnorm(resnet_utils.stack_blocks_dense(net, blocks, output_stride))
            if global_pool:
                net = math_ops.reduce_mean(net, [1, 2], name="pool5", keepdims=True)
            if num_classes is not None:
                net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
            end_points = utils.convert_collection_to_dict(collection)
            if num_classes is not None:
                end_points["predictions"] = layers.softmax(net, scope="predictions")
            return net, end_points


def of_layers(make, block, version, number):
    """The network `resnet_v…_50` and the like."""
    name = f"resnet_{version}_{number}"

    def made(inputs, num_classes=None, is_training=None, global_pool=True, output_stride=None, reuse=None, scope=name):
        strides = (2, 2, 2, 1)
        blocks = [block(f"block{place}", 64 << (place - 1), units, strides[place - 1])
                  for place, units in enumerate(resnet_utils.UNITS[number], 1)]
        return make(inputs, blocks, num_classes, is_training, global_pool, output_stride, include_root_block=True, reuse=reuse,
                    scope=scope)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"ResNet of {number} layers, version {version[1:]}: (what comes out, everything on the way by name)."
    made.default_image_size = 224
    return made
