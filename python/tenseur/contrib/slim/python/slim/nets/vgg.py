"""The networks of Oxford's Visual Geometry Group (Simonyan and Zisserman, 2014): convolutions of 3×3 pixels alone."""

from tenseur.contrib.layers.python.layers import layers
from tenseur.contrib.slim.python.slim.nets import _stack
from tenseur.python.ops import init_ops

_DEPTHS = (64, 128, 256, 512, 512)


def vgg_arg_scope(weight_decay=0.0005):
    """The arguments of layers with which these networks are trained."""
    return _stack.arguments(weight_decay, init_ops.zeros_initializer())


def _of_layers(name, title, repetitions):
    def features(net):
        for number, (depth, times) in enumerate(zip(_DEPTHS, repetitions), 1):
            net = layers.repeat(net, times, layers.conv2d, depth, [3, 3], scope=f"conv{number}")
            net = layers.max_pool2d(net, [2, 2], scope=f"pool{number}")
        return net

    def made(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.5, spatial_squeeze=True, scope=name):
        return _stack.network(name, features, (4096, 4096), [7, 7], inputs, num_classes, is_training, dropout_keep_prob,
                              spatial_squeeze, scope)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"VGG, {title}: (the scores, everything on the way by name). Pictures of 224×224 give one score a class."
    made.default_image_size = 224
    return made


vgg_a = _of_layers("vgg_a", "11 layers", (1, 1, 2, 2, 2))
vgg_16 = vgg_d = _of_layers("vgg_16", "16 layers", (2, 2, 3, 3, 3))
vgg_19 = vgg_e = _of_layers("vgg_19", "19 layers", (2, 2, 4, 4, 4))
