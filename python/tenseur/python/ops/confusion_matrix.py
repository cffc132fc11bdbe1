"""How often each class was taken for each."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, check_ops, control_flow_ops, math_ops


def remove_squeezable_dimensions(labels, predictions, expected_rank_diff=0, name=None):
    """(labels, predictions), of which one loses a last axis of size 1 where its rank is one too many."""
    with ops.name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = ops.convert_to_tensor(predictions)
        labels = ops.convert_to_tensor(labels)
        ranks = predictions.shape.ndims, labels.shape.ndims
        if None not in ranks:
            difference = ranks[0] - ranks[1]
            if difference == expected_rank_diff + 1 and predictions.shape.dims[-1].is_compatible_with(1):
                predictions = array_ops.squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1 and labels.shape.dims[-1].is_compatible_with(1):
                labels = array_ops.squeeze(labels, [-1])
            return labels, predictions
        difference = array_ops.rank(predictions) - array_ops.rank(labels)
        if ranks[0] is None or predictions.shape.dims[-1].is_compatible_with(1):
            whole = predictions
            predictions = control_flow_ops.cond(math_ops.equal(expected_rank_diff + 1, difference),
                                                lambda: array_ops.squeeze(whole, [-1]), lambda: whole)
        if ranks[1] is None or labels.shape.dims[-1].is_compatible_with(1):
            all_labels = labels
            labels = control_flow_ops.cond(math_ops.equal(expected_rank_diff - 1, difference),
                                           lambda: array_ops.squeeze(all_labels, [-1]), lambda: all_labels)
        return labels, predictions


def confusion_matrix(labels, predictions, num_classes=None, dtype=dtypes.int32, name=None, weights=None):
    """A matrix of which row i and column j counts (weighs) the elements of class i that were taken for class j."""
    with ops.name_scope(name, "confusion_matrix", (predictions, labels, num_classes, weights)) as name:
        labels, predictions = remove_squeezable_dimensions(ops.convert_to_tensor(labels, name="labels"),
                                                           ops.convert_to_tensor(predictions, name="predictions"))
        predictions, labels = math_ops.cast(predictions, dtypes.int64), math_ops.cast(labels, dtypes.int64)
        labels = control_flow_ops.with_dependencies(
            [check_ops.assert_non_negative(labels, message="`labels` contains negative values")], labels)
        predictions = control_flow_ops.with_dependencies(
            [check_ops.assert_non_negative(predictions, message="`predictions` contains negative values")], predictions)
        if num_classes is None:
            num_classes = math_ops.maximum(math_ops.reduce_max(predictions), math_ops.reduce_max(labels)) + 1
        else:
            num_classes = math_ops.cast(num_classes, dtypes.int64)
            labels = _below(labels, num_classes, "labels")
            predictions = _below(predictions, num_classes, "predictions")
        if weights is not None:
            weights = ops.convert_to_tensor(weights, name="weights")
            predictions.get_shape().assert_is_compatible_with(weights.get_shape())
            weights = math_ops.cast(weights, dtype)
        shape = array_ops.stack([num_classes, num_classes])
        places = array_ops.stack([labels, predictions], axis=1)
        values = array_ops.ones_like(predictions, dtype) if weights is None else weights
        return array_ops.scatter_nd(places, values, shape, name=name)


def _below(classes, count, what):
    check = check_ops.assert_less(classes, count, message=f"`{what}` out of bound")
    return control_flow_ops.with_dependencies([check], classes)
