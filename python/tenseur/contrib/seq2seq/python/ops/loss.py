"""The loss of sequences."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops

__all__ = ["sequence_loss"]


def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True,
                  sum_over_timesteps=False, sum_over_batch=False, softmax_loss_function=None, name=None):
    """The weighted cross-entropy of sequences of classes.

    Args:
      logits: (batch, time, classes).
      targets: (batch, time), whole numbers.
      weights: (batch, time), how much each step counts.
      average_across_timesteps, average_across_batch: over which axes the sum is divided by that of the weights.
      sum_over_timesteps, sum_over_batch: over which axes it is divided by how many weights are not zero.
      softmax_loss_function: of `labels` and `logits`, in place of the softmax cross-entropy.

    Returns:
      A scalar, (time,), (batch,) or (batch, time), by what is averaged or summed over.
    """
    if len(logits.shape) != 3:
        raise ValueError("Logits must be a [batch_size x sequence_length x logits] tensor")
    targets, weights = ops.convert_to_tensor(targets), ops.convert_to_tensor(weights)
    if len(targets.shape) != 2:
        raise ValueError("Targets must be a [batch_size x sequence_length] tensor")
    if len(weights.shape) != 2:
        raise ValueError("Weights must be a [batch_size x sequence_length] tensor")
    if average_across_timesteps and sum_over_timesteps:
        raise ValueError("average_across_timesteps and sum_over_timesteps cannot be set to True at same time.")
    if average_across_batch and sum_over_batch:
        raise ValueError("average_across_batch and sum_over_batch cannot be set to True at same time.")
    with ops.name_scope(name, "sequence_loss", [logits, targets, weights]):
        classes = array_ops.shape(logits)[2]
        flat = array_ops.reshape(logits, [-1, classes])
        labels = array_ops.reshape(targets, [-1])
        if softmax_loss_function is None:
            losses = nn_ops.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=flat)
        else:
            losses = softmax_loss_function(labels=labels, logits=flat)
        losses = losses * array_ops.reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return math_ops.divide(math_ops.reduce_sum(losses), math_ops.reduce_sum(weights) + 1e-12)
        if sum_over_timesteps and sum_over_batch:
            count = math_ops.cast(math_ops.count_nonzero(weights), losses.dtype)
            return math_ops.div_no_nan(math_ops.reduce_sum(losses), count)
        losses = array_ops.reshape(losses, array_ops.shape(logits)[0:2])
        for averages, sums, axis in ((average_across_batch, sum_over_batch, 0),
                                     (average_across_timesteps, sum_over_timesteps, 1)):
            if averages:
                return math_ops.reduce_sum(losses, axis=[axis]) / (math_ops.reduce_sum(weights, axis=[axis]) + 1e-12)
            if sums:
                count = math_ops.cast(math_ops.count_nonzero(weights, axis=axis), losses.dtype)
                return math_ops.div_no_nan(math_ops.reduce_sum(losses, axis=[axis]), count)
        return losses
