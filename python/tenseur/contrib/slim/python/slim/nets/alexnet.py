"""AlexNet as it was made for one graphics card (Krizhevsky, 2014)."""

from tenseur.contrib.layers.python.layers import layers
from tenseur.contrib.slim.python.slim.nets import _stack
from tenseur.python.ops import init_ops


def alexnet_v2_arg_scope(weight_decay=0.0005):
    """The arguments of layers with which it is trained."""
    return _stack.arguments(weight_decay, init_ops.constant_initializer(0.1), pooling="VALID")


def _features(net):
    net = layers.conv2d(net, 64, [11, 11], 4, padding="VALID", scope="conv1")
    net = layers.max_pool2d(net, [3, 3], 2, scope="pool1")
    net = layers.conv2d(net, 192, [5, 5], scope="conv2")
    net = layers.max_pool2d(net, [3, 3], 2, scope="pool2")
    for number, depth in ((3, 384), (4, 384), (5, 256)):
        net = layers.conv2d(net, depth, [3, 3], scope=f"conv{number}")
    return layers.max_pool2d(net, [3, 3], 2, scope="pool5")


def alexnet_v2(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.5, spatial_squeeze=True, scope="alexnet_v2"):
    """AlexNet: (the scores, everything on the way by name). Pictures of 224×224 give one score a class."""
    narrow = {"weights_initializer": init_ops.truncated_normal_initializer(0.0, 0.005),
              "biases_initializer": init_ops.constant_initializer(0.1)}
    return _stack.network("alexnet_v2", _features, (4096, 4096), [5, 5], inputs, num_classes, is_training, dropout_keep_prob,
                          spatial_squeeze, scope, last=(narrow, _stack.ZEROS))


alexnet_v2.default_image_size = 224
