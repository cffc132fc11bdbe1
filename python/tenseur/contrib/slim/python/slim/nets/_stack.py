"""Networks of one stack of convolutions that ends in three layers over the whole picture: AlexNet, VGG, OverFeat."""

from tenseur.contrib.framework.python.ops.arg_scope import arg_scope
from tenseur.contrib.layers.python.layers import layers, regularizers, utils
from tenseur.python.ops import array_ops, init_ops, nn_ops, variable_scope


def arguments(weight_decay, biases_initializer, pooling=None):
    """The arguments of layers with which such networks are trained."""
    with arg_scope([layers.conv2d, layers.fully_connected], activation_fn=nn_ops.relu, biases_initializer=biases_initializer,
                   weights_regularizer=regularizers.l2_regularizer(weight_decay)):
        with arg_scope([layers.conv2d], padding="SAME") as scope:
            if pooling is None:
                return scope
        with arg_scope(scope), arg_scope([layers.max_pool2d], padding=pooling) as scope:
            return scope


def network(name, features, widths, kernel, inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze, scope,
            last=None):
    """(the scores, everything on the way by name).

    Args:
      features: gives what the convolutions make of the picture.
      widths: of the two layers before the last.
      kernel: the size of the first of them, which is that of the features.
      last: arguments of convolutions in the last three layers: a dictionary for all, and one for the very last.
    """
    with variable_scope.variable_scope(scope, name, [inputs]) as sc:
        collection = sc.original_name_scope + "_end_points"
        with arg_scope([layers.conv2d, layers.fully_connected, layers.max_pool2d], outputs_collections=collection):
            net = features(inputs)
            for_all, for_last = last or ({}, {})
            with arg_scope([layers.conv2d], **for_all):
                net = layers.conv2d(net, widths[0], kernel, padding="VALID", scope="fc6")
                net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
                net = layers.conv2d(net, widths[1], [1, 1], scope="fc7")
                net = layers.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
                net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8", **for_last)
            end_points = utils.convert_collection_to_dict(collection)
            if spatial_squeeze:
                net = array_ops.squeeze(net, [1, 2], name="fc8/squeezed")
                end_points[sc.name + "/fc8"] = net
            return net, end_points


ZEROS = {"biases_initializer": init_ops.zeros_initializer()}
