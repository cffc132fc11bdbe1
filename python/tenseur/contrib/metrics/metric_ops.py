"""Metrics that only contrib has."""

from tenseur.python.framework import ops
from tenseur.python.ops import math_ops, metrics_impl


def f1_score(labels, predictions, weights=None, num_thresholds=200, metrics_collections=None,
             updates_collections=None, name=None):
    """The best 2 · precision · recall / (precision + recall) over the thresholds: (value, operation that updates it)."""
    thresholds = [-1e-7] + [(number + 1) / (num_thresholds - 1) for number in range(num_thresholds - 2)] + [1.0 + 1e-7]
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
