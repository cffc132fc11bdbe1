"""Residual networks whose units normalise before they convolve (He and others, 2016), so that what is added stays as it is."""

from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.contrib.layers.python.layers import layers, utils
from tenseur.contrib.slim.python.slim.nets import _resnet, resnet_utils
from tenseur.python.ops import nn_ops, variable_scope

resnet_arg_scope = resnet_utils.resnet_arg_scope


@add_arg_scope
def bottleneck(inputs, depth, depth_bottleneck, stride, rate=1, outputs_collections=None, scope=None):
    """A unit of three convolutions, of 1×1, 3×3 and 1×1 pixels, normalised before each."""
    with variable_scope.variable_scope(scope, "bottleneck_v2", [inputs]) as sc:
        depth_in = utils.last_dimension(inputs.get_shape(), min_rank=4)
        preact = layers.batch_norm(inputs, activation_fn=nn_ops.relu, scope="preact")
        if depth == depth_in:
            shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
        else:
            shortcut = layers.conv2d(preact, depth, [1, 1], stride=stride, normalizer_fn=None, activation_fn=None, scope="shortcut")
        residual = layers.conv2d(preact, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = resnet_utils.conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = layers.conv2d(residual, depth, [1, 1], stride=1, normalizer_fn=None, activation_fn=None, scope="conv3")
        return utils.collect_named_outputs(outputs_collections, sc.name, shortcut + residual)


def resnet_v2(inputs, blocks, num_classes=None, is_training=None, global_pool=True, output_stride=None,
              include_root_block=True, reuse=None, scope=None):
    """A network of these blocks: (what comes out, everything on the way by name).

    Args:
      num_classes: without it the features come out.
      is_training: without it `batch_norm` has what an outer `arg_scope` says.
      output_stride: by how much smaller than the picture the features may become.
    """
    def postnorm(net):
        return layers.batch_norm(net, activation_fn=nn_ops.relu, scope="postnorm")

    # The first unit normalises what the first convolution gives.
    root = {"activation_fn": None, "normalizer_fn": None}
    return _resnet.network("resnet_v2", bottleneck, root, postnorm, inputs, blocks, num_classes, is_training, global_pool,
                           output_stride, include_root_block, reuse, scope)


def resnet_v2_block(scope, base_depth, num_units, stride):
    """A block of `bottleneck`s for `resnet_v2`, the last of which takes the stride."""
    return resnet_utils.bottleneck_block(scope, bottleneck, base_depth, num_units, stride)


resnet_v2.default_image_size = 224
resnet_v2_50, resnet_v2_101, resnet_v2_152, resnet_v2_200 = (
    _resnet.of_layers(resnet_v2, resnet_v2_block, "v2", number) for number in (50, 101, 152, 200))
