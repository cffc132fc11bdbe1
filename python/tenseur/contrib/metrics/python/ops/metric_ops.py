"""Metrics by contrib's names: `tf.contrib.metrics.streaming_accuracy`, `aggregate_metric_map`."""

from tenseur.python.ops import metrics_impl, math_ops
from tenseur.python.framework import dtypes


def _swapped(metric):
    """A metric whose predictions come before the labels."""
    def streaming(predictions, labels, *args, **kwargs):
        return metric(labels, predictions, *args, **kwargs)
    streaming.__name__ = streaming.__qualname__ = f"streaming_{metric.__name__}"
    streaming.__doc__ = f"`tf.metrics.{metric.__name__}`, with the predictions first."
    return streaming


streaming_mean = metrics_impl.mean
streaming_mean_tensor = metrics_impl.mean_tensor
streaming_percentage_less = metrics_impl.percentage_below
for _name in ("accuracy", "auc", "false_negatives", "false_positives", "true_negatives", "true_positives", "mean_absolute_error",
              "mean_cosine_distance", "mean_iou", "mean_relative_error", "mean_squared_error", "precision",
              "precision_at_thresholds", "recall", "recall_at_k", "recall_at_thresholds", "root_mean_squared_error",
              "sensitivity_at_specificity", "specificity_at_sensitivity"):
    globals()[f"streaming_{_name}"] = _swapped(getattr(metrics_impl, _name))


def accuracy(predictions, labels, weights=None, name=None):
    """How often predictions are the labels, in this batch alone."""
    is_correct = math_ops.cast(math_ops.equal(predictions, labels), dtypes.float32)
    if weights is not None:
        weights = math_ops.cast(weights, dtypes.float32)
        return math_ops.div_no_nan(math_ops.reduce_sum(is_correct * weights), math_ops.reduce_sum(weights), name=name)
    return math_ops.reduce_mean(is_correct, name=name)


def aggregate_metrics(*value_update_tuples):
    """([values], [updates]) of several metrics."""
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples):
    """({name: value}, {name: update}) of metrics by name."""
    return ({name: pair[0] for name, pair in names_to_tuples.items()}, {name: pair[1] for name, pair in names_to_tuples.items()})
