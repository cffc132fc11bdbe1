"""Residual networks (He and others, 2015): convolutions, and what comes in added to what comes out."""

from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.contrib.layers.python.layers import layers, utils
from tenseur.contrib.slim.python.slim.nets import _resnet, resnet_utils
from tenseur.python.ops import nn_ops, variable_scope

resnet_arg_scope = resnet_utils.resnet_arg_scope


@add_arg_scope
def bottleneck(inputs, depth, depth_bottleneck, stride, rate=1, outputs_collections=None, scope=None):
    """A unit of three convolutions, of 1×1, 3×3 and 1×1 pixels, normalised after each."""
    with variable_scope.variable_scope(scope, "bottleneck_v1", [inputs]) as sc:
        if depth == utils.last_dimension(inputs.get_shape(), min_rank=4):
            shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
        else:
            shortcut = layers.conv2d(inputs, depth, [1, 1], stride=stride, activation_fn=None, scope="shortcut")
        residual = layers.conv2d(inputs, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = resnet_utils.conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = layers.conv2d(residual, depth, [1, 1], stride=1, activation_fn=None, scope="conv3")
        return utils.collect_named_outputs(outputs_collections, sc.name, nn_ops.relu(shortcut + residual))


def resnet_v1(inputs, blocks, num_classes=None, is_training=None, global_pool=True, output_stride=None,
              include_root_block=True, reuse=None, scope=None):
    """A network of these blocks: (what comes out, everything on the way by name).

    Args:
      num_classes: without it the features come out.
      is_training: without it `batch_norm` has what an outer `arg_scope` says.
      output_stride: by how much smaller than the picture the features may become.
    """
    return _resnet.network("resnet_v1", bottleneck, {}, lambda net: net, inputs, blocks, num_classes, is_training, global_pool,
                           output_stride, include_root_block, reuse, scope)


def resnet_v1_block(scope, base_depth, num_units, stride):
    """A block of `bottleneck`s for `resnet_v1`, the last of which takes the stride."""
    return resnet_utils.bottleneck_block(scope, bottleneck, base_depth, num_units, stride)


resnet_v1.default_image_size = 224
resnet_v1_50, resnet_v1_101, resnet_v1_152, resnet_v1_200 = (
    _resnet.of_layers(resnet_v1, resnet_v1_block, "v1", number) for number in (50, 101, 152, 200))
