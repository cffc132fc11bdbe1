"""OverFeat (Sermanet and others, 2013), the fast model."""

from tenseur.contrib.layers.python.layers import layers
from tenseur.contrib.slim.python.slim.nets import _stack
from tenseur.python.ops import init_ops


def overfeat_arg_scope(weight_decay=0.0005):
    """The arguments of layers with which it is trained."""
    return _stack.arguments(weight_decay, init_ops.zeros_initializer(), pooling="VALID")


def _features(net):
    net = layers.conv2d(net, 64, [11, 11], 4, padding="VALID", scope="conv1")
    net = layers.max_pool2d(net, [2, 2], scope="pool1")
    net = layers.conv2d(net, 256, [5, 5], padding="VALID", scope="conv2")
    net = layers.max_pool2d(net, [2, 2], scope="pool2")
    for number, depth in ((3, 512), (4, 1024), (5, 1024)):
        net = layers.conv2d(net, depth, [3, 3], scope=f"conv{number}")
    return layers.max_pool2d(net, [2, 2], scope="pool5")


def overfeat(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.5, spatial_squeeze=True, scope="overfeat"):
    """OverFeat: (the scores, everything on the way by name). Pictures of 231×231 give one score a class."""
    return _stack.network("overfeat", _features, (3072, 4096), [6, 6], inputs, num_classes, is_training, dropout_keep_prob,
                          spatial_squeeze, scope, last=({}, _stack.ZEROS))


overfeat.default_image_size = 231
