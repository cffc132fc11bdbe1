"""The losses that a graph collects: `tf.losses.get_total_loss` and its kin."""

from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import math_ops


def add_loss(loss, loss_collection=ops.GraphKeys.LOSSES):
    """Adds a loss to those of the graph."""
    if loss_collection:
        ops.add_to_collection(loss_collection, loss)


def get_losses(scope=None, loss_collection=ops.GraphKeys.LOSSES):
    """The losses of the graph, without those of regularizers."""
    return ops.get_collection(loss_collection, scope)


def get_regularization_losses(scope=None):
    """The losses of regularizers."""
    return ops.get_collection(ops.GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """The sum of the regularizers' losses; 0 where there are none."""
    losses = get_regularization_losses(scope)
    return math_ops.add_n(losses, name=name) if losses else constant_op.constant(0.0)


def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of the graph's losses, with those of regularizers unless said."""
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope=scope)
    return math_ops.add_n(losses, name=name)
