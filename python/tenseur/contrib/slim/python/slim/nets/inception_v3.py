"""Inception v3 (Szegedy and others, 2015): large convolutions as several small ones, and a classifier on the way."""

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import layers
from tenseur.contrib.slim.python.slim.nets import _inception
from tenseur.python.ops import array_ops, init_ops, variable_scope

_body = _inception.Body("InceptionV3", """
    Conv2d_1a_3x3/2 32
    Conv2d_2a_3x3 32
    Conv2d_2b_3x3 64 same
    MaxPool_3a_3x3/2
    Conv2d_3b_1x1 80
    Conv2d_4a_3x3 192
    MaxPool_5a_3x3/2
    Mixed_5b: 1x1 64 | 1x1 48 > 5x5 64 | 1x1 64 > 3x3 96 > 3x3 96 | avg > 1x1 32
    Mixed_5c: 1x1 64 | 1x1 48 @Conv2d_0b_1x1 > 5x5 64 @Conv_1_0c_5x5 | 1x1 64 > 3x3 96 > 3x3 96 | avg > 1x1 64
    Mixed_5d: 1x1 64 | 1x1 48 > 5x5 64 | 1x1 64 > 3x3 96 > 3x3 96 | avg > 1x1 64
    Mixed_6a: 3x3/2 384 @Conv2d_1a_1x1 | 1x1 64 > 3x3 96 > 3x3/2 96 @Conv2d_1a_1x1 | max/2
    Mixed_6b: 1x1 192 | 1x1 128 > 1x7 128 > 7x1 192 | 1x1 128 > 7x1 128 > 1x7 128 > 7x1 128 > 1x7 192 | avg > 1x1 192
    Mixed_6c: 1x1 192 | 1x1 160 > 1x7 160 > 7x1 192 | 1x1 160 > 7x1 160 > 1x7 160 > 7x1 160 > 1x7 192 | avg > 1x1 192
    Mixed_6d: 1x1 192 | 1x1 160 > 1x7 160 > 7x1 192 | 1x1 160 > 7x1 160 > 1x7 160 > 7x1 160 > 1x7 192 | avg > 1x1 192
    Mixed_6e: 1x1 192 | 1x1 192 > 1x7 192 > 7x1 192 | 1x1 192 > 7x1 192 > 1x7 192 > 7x1 192 > 1x7 192 | avg > 1x1 192
    Mixed_7a: 1x1 192 > 3x3/2 320 | 1x1 192 > 1x7 192 > 7x1 192 > 3x3/2 192 | max/2
    Mixed_7b: 1x1 320 | 1x1 384 > 1x3 384 & 3x1 384 @Conv2d_0b_3x1 | 1x1 448 > 3x3 384 > 1x3 384 & 3x1 384 | avg > 1x1 192
    Mixed_7c: 1x1 320 | 1x1 384 > 1x3 384 & 3x1 384 | 1x1 448 > 3x3 384 > 1x3 384 & 3x1 384 | avg > 1x1 192
    """, padding="VALID", strided_padding="VALID")


def inception_v3_base(inputs, final_endpoint="Mixed_7c", min_depth=16, depth_multiplier=1.0, scope=None):
    """The layers up to `final_endpoint`: (what that gives, everything on the way by name).

    Args:
      depth_multiplier: times this many channels, but `min_depth` at least.

    Raises:
      ValueError: where there is no such layer, or the multiplier is not greater than zero.
    """
    return _body(inputs, final_endpoint, scope, _inception.depths(depth_multiplier, min_depth))


def inception_v3(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.8, min_depth=16, depth_multiplier=1.0,
                 prediction_fn=layers.softmax, spatial_squeeze=True, reuse=None, scope="InceptionV3"):
    """(the scores, everything on the way by name, among it "AuxLogits", the scores of the classifier on the way). Pictures of
    299×299 give one score a class."""
    depth = _inception.depths(depth_multiplier, min_depth)
    with variable_scope.variable_scope(scope, "InceptionV3", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([layers.batch_norm, layers.dropout], is_training=is_training):
            net, end_points = inception_v3_base(inputs, scope=scope, min_depth=min_depth, depth_multiplier=depth_multiplier)
            end_points["AuxLogits"] = _scores_on_the_way(end_points["Mixed_6e"], num_classes, depth, spatial_squeeze)
            with variable_scope.variable_scope("Logits"):
                size = _inception.fitting(net, [8, 8])
                pooled = layers.avg_pool2d(net, size, padding="VALID", scope="AvgPool_1a_{}x{}".format(*size))
                logits = _inception.scores(end_points, pooled, "Dropout_1b", "Conv2d_1c_1x1", num_classes, dropout_keep_prob,
                                           spatial_squeeze, features="PreLogits")
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
            return logits, end_points


inception_v3.default_image_size = 299


def _scores_on_the_way(net, num_classes, depth, spatial_squeeze):
    with arg_scope([layers.conv2d], stride=1, padding="SAME"), variable_scope.variable_scope("AuxLogits"):
        net = layers.avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
        net = layers.conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
        size = _inception.fitting(net, [5, 5])
        net = layers.conv2d(net, depth(768), size, weights_initializer=_inception.trunc_normal(0.01), padding="VALID",
                            scope="Conv2d_2a_{}x{}".format(*size))
        net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None,
                            weights_initializer=_inception.trunc_normal(0.001), scope="Conv2d_2b_1x1")
        return array_ops.squeeze(net, [1, 2], name="SpatialSqueeze") if spatial_squeeze else net


def inception_v3_arg_scope(weight_decay=0.00004, stddev=0.1, batch_norm_var_collection="moving_vars"):
    """The arguments of layers with which it is trained."""
    return _inception.arguments(weight_decay, batch_norm_var_collection, init_ops.truncated_normal_initializer(stddev=stddev))
