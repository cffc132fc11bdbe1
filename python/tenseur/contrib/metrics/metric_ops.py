"""Metrics by their names in contrib: `tf.metrics` with the arguments in their order of old (predictions first)."""

from tenseur.python.ops import array_ops, math_ops


def _predictions_first(name):
    def metric(predictions, labels, weights=None, metrics_collections=None, updates_collections=None, name=None, **options):
        from tenseur.python.ops import metrics_impl
        function = getattr(metrics_impl, metric.metric)
        return function(labels, predictions, weights=weights, metrics_collections=metrics_collections,
                        updates_collections=updates_collections, name=name, **options)
    metric.metric = name
    metric.__name__ = f"streaming_{name}"
    metric.__doc__ = f"`tf.metrics.{name}`: (value, operation that updates it)."
    return metric


streaming_accuracy = _predictions_first("accuracy")
streaming_precision = _predictions_first("precision")
streaming_recall = _predictions_first("recall")
streaming_auc = _predictions_first("auc")
streaming_mean_absolute_error = _predictions_first("mean_absolute_error")
streaming_mean_squared_error = _predictions_first("mean_squared_error")
streaming_root_mean_squared_error = _predictions_first("root_mean_squared_error")
streaming_true_positives = _predictions_first("true_positives")
streaming_false_positives = _predictions_first("false_positives")
streaming_true_negatives = _predictions_first("true_negatives")
streaming_false_negatives = _predictions_first("false_negatives")


def streaming_mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """`tf.metrics.mean`."""
    from tenseur.python.ops import metrics_impl
    return metrics_impl.mean(values, weights, metrics_collections, updates_collections, name)


def streaming_mean_iou(predictions, labels, num_classes, weights=None, metrics_collections=None, updates_collections=None,
                       name=None):
    """`tf.metrics.mean_iou`."""
    from tenseur.python.ops import metrics_impl
    return metrics_impl.mean_iou(labels, predictions, num_classes, weights, metrics_collections, updates_collections, name)


def accuracy(predictions, labels, weights=None, name=None):
    """The part of predictions that are the labels.

    Raises:
      ValueError: where the two are of different types, or of floats.
    """
    if labels.dtype.is_floating or predictions.dtype.is_floating or predictions.dtype != labels.dtype:
        raise ValueError(f"Labels and predictions should have the same integer, bool or string dtype, not {labels.dtype.name} "
                         f"and {predictions.dtype.name}.")
    right = math_ops.cast(math_ops.equal(predictions, labels), "float32")
    if weights is not None:
        weights = math_ops.cast(weights, "float32") * array_ops.ones_like(right)
        return math_ops.reduce_sum(right * weights) / math_ops.reduce_sum(weights)
    return math_ops.reduce_mean(right)


def f1_score(labels, predictions, weights=None, num_thresholds=200, metrics_collections=None, updates_collections=None, name=None):
    """The best 2 · precision · recall / (precision + recall) over the thresholds: (value, operation that updates it)."""
    from tenseur.python.framework import ops
    from tenseur.python.ops import metrics_impl
    thresholds = [1e-7 * -1.0] + [(number + 1) / (num_thresholds - 1) for number in range(num_thresholds - 2)] + [1.0 + 1e-7]
    with ops.name_scope(name, "f1", [labels, predictions]):
        counts = {kind: getattr(metrics_impl, f"{kind}_at_thresholds")(labels, predictions, thresholds, weights)
                  for kind in ("true_positives", "false_positives", "false_negatives")}

        def best(at):
            true, wrong, missed = (counts[kind][at] for kind in ("true_positives", "false_positives", "false_negatives"))
            precision, recall = true / (1e-7 + true + wrong), true / (1e-7 + true + missed)
            return math_ops.reduce_max(2.0 * precision * recall / (precision + recall + 1e-7))
        value, update = best(0), best(1)
    for collection, one in ((metrics_collections, value), (updates_collections, update)):
        if collection:
            ops.add_to_collections(collection, one)
    return value, update
