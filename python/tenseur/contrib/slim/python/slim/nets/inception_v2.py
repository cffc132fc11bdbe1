"""The Inception of the paper on batch normalisation (Ioffe and Szegedy, 2015)."""

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import initializers, layers
from tenseur.contrib.slim.python.slim.nets import _inception
from tenseur.python.ops import variable_scope


def _first(inputs, depth):
    name = "Conv2d_1a_7x7"
    return name, layers.separable_conv2d(inputs, depth(64), [7, 7], depth_multiplier=min(depth(64) // 3, 8), stride=2,
                                         weights_initializer=_inception.trunc_normal(1.0), scope=name)


_body = _inception.Body("InceptionV2", """
    MaxPool_2a_3x3/2
    Conv2d_2b_1x1 64
    Conv2d_2c_3x3 192
    MaxPool_3a_3x3/2
    Mixed_3b: 1x1 64 | 1x1 64 > 3x3 64 | 1x1 64 > 3x3 96 > 3x3 96 | avg > 1x1 32
    Mixed_3c: 1x1 64 | 1x1 64 > 3x3 96 | 1x1 64 > 3x3 96 > 3x3 96 | avg > 1x1 64
    Mixed_4a: 1x1 128 > 3x3/2 160 | 1x1 64 > 3x3 96 > 3x3/2 96 | max/2
    Mixed_4b: 1x1 224 | 1x1 64 > 3x3 96 | 1x1 96 > 3x3 128 > 3x3 128 | avg > 1x1 128
    Mixed_4c: 1x1 192 | 1x1 96 > 3x3 128 | 1x1 96 > 3x3 128 > 3x3 128 | avg > 1x1 128
    Mixed_4d: 1x1 160 | 1x1 128 > 3x3 160 | 1x1 128 > 3x3 160 > 3x3 160 | avg > 1x1 96
    Mixed_4e: 1x1 96 | 1x1 128 > 3x3 192 | 1x1 160 > 3x3 192 > 3x3 192 | avg > 1x1 96
    Mixed_5a: 1x1 128 > 3x3/2 192 | 1x1 192 > 3x3 256 > 3x3/2 256 | max/2
    Mixed_5b: 1x1 352 | 1x1 192 > 3x3 320 | 1x1 160 > 3x3 224 > 3x3 224 | avg > 1x1 128
    Mixed_5c: 1x1 352 | 1x1 192 > 3x3 320 | 1x1 192 > 3x3 224 > 3x3 224 | max > 1x1 128
    """, padding="SAME", strided_padding="SAME", first=_first, reductions=(0.09, 0.1))


def inception_v2_base(inputs, final_endpoint="Mixed_5c", min_depth=16, depth_multiplier=1.0, scope=None):
    """The layers up to `final_endpoint`: (what that gives, everything on the way by name).

    Args:
      depth_multiplier: times this many channels, but `min_depth` at least.

    Raises:
      ValueError: where there is no such layer, or the multiplier is not greater than zero.
    """
    return _body(inputs, final_endpoint, scope, _inception.depths(depth_multiplier, min_depth))


def inception_v2(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.8, min_depth=16, depth_multiplier=1.0,
                 prediction_fn=layers.softmax, spatial_squeeze=True, reuse=None, scope="InceptionV2"):
    """(the scores, everything on the way by name). Pictures of 224×224 give one score a class."""
    _inception.depths(depth_multiplier, min_depth)
    with variable_scope.variable_scope(scope, "InceptionV2", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([layers.batch_norm, layers.dropout], is_training=is_training):
            net, end_points = inception_v2_base(inputs, scope=scope, min_depth=min_depth, depth_multiplier=depth_multiplier)
            with variable_scope.variable_scope("Logits"):
                size = _inception.fitting(net, [7, 7])
                pooled = layers.avg_pool2d(net, size, padding="VALID", scope="AvgPool_1a_{}x{}".format(*size))
                logits = _inception.scores(end_points, pooled, "Dropout_1b", "Conv2d_1c_1x1", num_classes, dropout_keep_prob,
                                           spatial_squeeze)
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
            return logits, end_points


inception_v2.default_image_size = 224


def inception_v2_arg_scope(weight_decay=0.00004, batch_norm_var_collection="moving_vars"):
    """The arguments of layers with which it is trained."""
    return _inception.arguments(weight_decay, batch_norm_var_collection, initializers.variance_scaling_initializer())
