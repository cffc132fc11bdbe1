"""GoogLeNet (Szegedy and others, 2014), with batch normalisation."""

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import initializers, layers
from tenseur.contrib.slim.python.slim.nets import _inception
from tenseur.python.ops import variable_scope

_body = _inception.Body("InceptionV1", """
    Conv2d_1a_7x7/2 64
    MaxPool_2a_3x3/2
    Conv2d_2b_1x1 64
    Conv2d_2c_3x3 192
    MaxPool_3a_3x3/2
    Mixed_3b: 1x1 64 | 1x1 96 > 3x3 128 | 1x1 16 > 3x3 32 | max > 1x1 32
    Mixed_3c: 1x1 128 | 1x1 128 > 3x3 192 | 1x1 32 > 3x3 96 | max > 1x1 64
    MaxPool_4a_3x3/2
    Mixed_4b: 1x1 192 | 1x1 96 > 3x3 208 | 1x1 16 > 3x3 48 | max > 1x1 64
    Mixed_4c: 1x1 160 | 1x1 112 > 3x3 224 | 1x1 24 > 3x3 64 | max > 1x1 64
    Mixed_4d: 1x1 128 | 1x1 128 > 3x3 256 | 1x1 24 > 3x3 64 | max > 1x1 64
    Mixed_4e: 1x1 112 | 1x1 144 > 3x3 288 | 1x1 32 > 3x3 64 | max > 1x1 64
    Mixed_4f: 1x1 256 | 1x1 160 > 3x3 320 | 1x1 32 > 3x3 128 | max > 1x1 128
    MaxPool_5a_2x2/2
    Mixed_5b: 1x1 256 | 1x1 160 > 3x3 320 | 1x1 32 > 3x3 128 @Conv2d_0a_3x3 | max > 1x1 128
    Mixed_5c: 1x1 384 | 1x1 192 > 3x3 384 | 1x1 48 > 3x3 128 | max > 1x1 128
    """, padding="SAME", strided_padding="SAME")


def inception_v1_base(inputs, final_endpoint="Mixed_5c", scope="InceptionV1"):
    """The layers up to `final_endpoint`: (what that gives, everything on the way by name).

    Raises:
      ValueError: where there is no such layer.
    """
    with arg_scope([layers.conv2d, layers.fully_connected], weights_initializer=_inception.trunc_normal(0.01)):
        return _body(inputs, final_endpoint, scope, lambda depth: depth)


def inception_v1(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.8, prediction_fn=layers.softmax,
                 spatial_squeeze=True, reuse=None, scope="InceptionV1"):
    """(the scores, everything on the way by name). Pictures of 224×224 give one score a class."""
    with variable_scope.variable_scope(scope, "InceptionV1", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([layers.batch_norm, layers.dropout], is_training=is_training):
            net, end_points = inception_v1_base(inputs, scope=scope)
            with variable_scope.variable_scope("Logits"):
                # A mean, whatever its name says.
                pooled = layers.avg_pool2d(net, [7, 7], stride=1, scope="MaxPool_0a_7x7")
                logits = _inception.scores(end_points, pooled, "Dropout_0b", "Conv2d_0c_1x1", num_classes, dropout_keep_prob,
                                           spatial_squeeze)
                end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
                return logits, end_points


inception_v1.default_image_size = 224


def inception_v1_arg_scope(weight_decay=0.00004, use_batch_norm=True, batch_norm_var_collection="moving_vars"):
    """The arguments of layers with which it is trained."""
    return _inception.arguments(weight_decay, batch_norm_var_collection, initializers.variance_scaling_initializer(),
                                use_batch_norm)
