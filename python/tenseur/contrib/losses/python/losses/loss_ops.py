"""Losses by slim's names and order of arguments: `tf.contrib.slim.losses`, `tf.contrib.losses`."""

from tenseur.python.ops.losses import losses_impl, util
from tenseur.python.ops.losses.util import add_loss, get_losses, get_regularization_losses, get_total_loss  # noqa: F401


def compute_weighted_loss(losses, weights=1.0, scope=None):
    return losses_impl.compute_weighted_loss(losses, weights, scope)


def absolute_difference(predictions, labels=None, weights=1.0, scope=None):
    return losses_impl.absolute_difference(labels, predictions, weights, scope)


def sigmoid_cross_entropy(logits, multi_class_labels, weights=1.0, label_smoothing=0, scope=None):
    return losses_impl.sigmoid_cross_entropy(multi_class_labels, logits, weights, label_smoothing, scope)


def softmax_cross_entropy(logits, onehot_labels, weights=1.0, label_smoothing=0, scope=None):
    return losses_impl.softmax_cross_entropy(onehot_labels, logits, weights, label_smoothing, scope)


def sparse_softmax_cross_entropy(logits, labels, weights=1.0, scope=None):
    return losses_impl.sparse_softmax_cross_entropy(labels, logits, weights, scope)


def log_loss(predictions, labels=None, weights=1.0, epsilon=1e-7, scope=None):
    return losses_impl.log_loss(labels, predictions, weights, epsilon, scope)


def hinge_loss(logits, labels=None, scope=None):
    return losses_impl.hinge_loss(labels, logits, 1.0, scope, reduction=losses_impl.Reduction.NONE,
                                  loss_collection=None)


def mean_squared_error(predictions, labels=None, weights=1.0, scope=None):
    return losses_impl.mean_squared_error(labels, predictions, weights, scope)


def mean_pairwise_squared_error(predictions, labels=None, weights=1.0, scope=None):
    return losses_impl.mean_pairwise_squared_error(labels, predictions, weights, scope)


def cosine_distance(predictions, labels=None, axis=None, weights=1.0, scope=None, dim=None):
    return losses_impl.cosine_distance(labels, predictions, dim if axis is None else axis, weights, scope)



get_regularization_loss = util.get_regularization_loss
