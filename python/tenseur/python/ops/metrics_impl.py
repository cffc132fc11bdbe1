"""Measures that gather over many runs: `tf.metrics`. Each gives a value and an operation that takes in another batch."""

from tenseur.python.framework import dtypes, ops, sparse_tensor
from tenseur.python.ops import array_ops, check_ops, confusion_matrix, control_flow_ops, math_ops, nn, sparse_ops, state_ops
from tenseur.python.ops import variable_scope, weights_broadcast_ops


_NO_LABEL = -(2 ** 62)


def metric_variable(shape, dtype, validate_shape=True, name=None):
    """A local variable of zeros, in the collection of metrics' variables."""
    return variable_scope.variable(
        lambda: array_ops.zeros(shape, dtype), trainable=False,
        collections=[ops.GraphKeys.LOCAL_VARIABLES, ops.GraphKeys.METRIC_VARIABLES], validate_shape=validate_shape, name=name)


def _remove_squeezable_dimensions(predictions, labels, weights):
    """(predictions, labels, weights) without last axes of size 1 that make their ranks differ."""
    predictions = ops.convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = confusion_matrix.remove_squeezable_dimensions(labels, predictions)
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    if weights is None:
        return predictions, labels, None
    weights = ops.convert_to_tensor(weights)
    rank, weights_rank = predictions.get_shape().ndims, weights.get_shape().ndims
    if weights_rank == 0:
        return predictions, labels, weights
    if rank is not None and weights_rank is not None:
        if weights_rank - rank == 1:
            weights = array_ops.squeeze(weights, [-1])
        elif rank - weights_rank == 1:
            weights = array_ops.expand_dims(weights, [-1])
        return predictions, labels, weights
    # One or both ranks are known only when the graph runs.
    given, rank, weights_rank = weights, array_ops.rank(predictions), array_ops.rank(weights)
    difference = weights_rank - rank

    def widened():
        return control_flow_ops.cond(math_ops.equal(difference, -1), lambda: array_ops.expand_dims(given, [-1]),
                                     lambda: given)

    def fitted():
        if given.get_shape().ndims is not None and not given.get_shape().dims[-1].is_compatible_with(1):
            return widened()
        return control_flow_ops.cond(math_ops.equal(difference, 1), lambda: array_ops.squeeze(given, [-1]), widened)

    weights = control_flow_ops.cond(math_ops.equal(weights_rank, 0), lambda: given, fitted)
    return predictions, labels, weights


def _maybe_expand_labels(labels, predictions):
    """Labels [d₀, …] as [d₀, …, 1] where predictions have an axis more."""
    if type(labels).__name__ in ("SparseTensor", "SparseTensorValue"):
        if type(labels).__name__ == "SparseTensorValue":
            labels = sparse_tensor.SparseTensor.from_value(labels)
        # Rows are filled up with what is no class.
        filled = sparse_ops.sparse_to_dense(labels.indices, labels.dense_shape, math_ops.cast(labels.values, dtypes.int64),
                                            default_value=_NO_LABEL, validate_indices=False)
        if labels.dense_shape.get_shape().is_fully_defined():
            filled.set_shape([None] * labels.dense_shape.get_shape().as_list()[0])
        rank = predictions.get_shape().ndims
        return filled if filled.get_shape().ndims in (None, rank) else array_ops.expand_dims(filled, -1)
    labels = ops.convert_to_tensor(labels)
    if labels.get_shape().ndims == predictions.get_shape().ndims:
        return labels
    return array_ops.expand_dims(labels, -1)


def _safe_scalar_div(numerator, denominator, name):
    return math_ops.div_no_nan(numerator, denominator, name=name)


def _collect(value, update_op, metrics_collections, updates_collections):
    if metrics_collections:
        ops.add_to_collections(metrics_collections, value)
    if updates_collections:
        ops.add_to_collections(updates_collections, update_op)
    return value, update_op


def mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The weighted mean of all values so far."""
    with variable_scope.variable_scope(name, "mean", (values, weights)):
        values = math_ops.cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, name="total")
        count = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            num_values = math_ops.cast(array_ops.size(values), dtypes.float32)
        else:
            values, _, weights = _remove_squeezable_dimensions(values, None, weights)
            weights = weights_broadcast_ops.broadcast_weights(math_ops.cast(weights, dtypes.float32), values)
            values = math_ops.multiply(values, weights)
            num_values = math_ops.reduce_sum(weights)
        update_total_op = state_ops.assign_add(total, math_ops.reduce_sum(values))
        with ops.control_dependencies([values]):
            update_count_op = state_ops.assign_add(count, num_values)
        value = _safe_scalar_div(total, math_ops.maximum(count, 0), "value")
        update_op = _safe_scalar_div(update_total_op, math_ops.maximum(update_count_op, 0), "update_op")
        return _collect(value, update_op, metrics_collections, updates_collections)


def mean_tensor(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The weighted mean of all tensors so far, element by element."""
    with variable_scope.variable_scope(name, "mean", (values, weights)):
        values = math_ops.cast(values, dtypes.float32)
        total = metric_variable(values.get_shape(), dtypes.float32, name="total_tensor")
        count = metric_variable(values.get_shape(), dtypes.float32, name="count_tensor")
        num_values = array_ops.ones_like(values)
        if weights is not None:
            values, _, weights = _remove_squeezable_dimensions(values, None, weights)
            weights = weights_broadcast_ops.broadcast_weights(math_ops.cast(weights, dtypes.float32), values)
            values = math_ops.multiply(values, weights)
            num_values = math_ops.multiply(num_values, weights)
        update_total_op = state_ops.assign_add(total, values)
        with ops.control_dependencies([values]):
            update_count_op = state_ops.assign_add(count, num_values)
        value = math_ops.div_no_nan(total, math_ops.maximum(count, 0), name="value")
        update_op = math_ops.div_no_nan(update_total_op, math_ops.maximum(update_count_op, 0), name="update_op")
        return _collect(value, update_op, metrics_collections, updates_collections)


def accuracy(labels, predictions, weights=None, metrics_collections=None, updates_collections=None,
             name=None):
    """How often predictions are the labels."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    if labels.dtype != predictions.dtype:
        predictions = math_ops.cast(predictions, labels.dtype)
    is_correct = math_ops.cast(math_ops.equal(predictions, labels), dtypes.float32)
    return mean(is_correct, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None,
                        name=None):
    """The mean of `|prediction − label|`."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    errors = math_ops.abs(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_squared_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None,
                       name=None):
    """The mean of `(prediction − label)²`."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    errors = math_ops.squared_difference(labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(labels, predictions, weights=None, metrics_collections=None,
                            updates_collections=None, name=None):
    """The root of the mean of `(prediction − label)²`."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    mse, update_mse_op = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    return _collect(math_ops.sqrt(mse), math_ops.sqrt(update_mse_op), metrics_collections, updates_collections)


def mean_relative_error(labels, predictions, normalizer, weights=None, metrics_collections=None, updates_collections=None,
                        name=None):
    """The mean of `|label − prediction| / normalizer`."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    predictions, normalizer = confusion_matrix.remove_squeezable_dimensions(predictions, normalizer)
    predictions.get_shape().assert_is_compatible_with(normalizer.get_shape())
    errors = array_ops.where(math_ops.equal(normalizer, 0.0), array_ops.zeros_like(labels),
                             math_ops.div(math_ops.abs(labels - predictions), normalizer))
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(labels, predictions, dim, weights=None, metrics_collections=None,
                         updates_collections=None, name=None):
    """One minus the mean of `Σ label · prediction` along `dim`, for vectors of length 1."""
    predictions, labels, weights = _remove_squeezable_dimensions(predictions, labels, weights)
    radial = math_ops.reduce_sum(math_ops.multiply(predictions, labels), axis=[dim], keepdims=True)
    distance, update = mean(radial, weights, None, None, name or "mean_cosine_distance")
    return _collect(math_ops.subtract(1.0, distance), math_ops.subtract(1.0, update), metrics_collections,
                    updates_collections)


def percentage_below(values, threshold, weights=None, metrics_collections=None, updates_collections=None,
                     name=None):
    """The part of the values that are below `threshold`."""
    below = math_ops.cast(math_ops.less(values, threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


# --- counts ----------------------------------------------------------------------------------------------------------


def _count_condition(values, weights=None, metrics_collections=None, updates_collections=None):
    """The weighted number of true values so far."""
    check_ops.assert_type(values, dtypes.bool)
    count = metric_variable([], dtypes.float32, name="count")
    values = math_ops.cast(values, dtypes.float32)
    if weights is not None:
        with ops.control_dependencies((check_ops.assert_rank_in(weights, (0, array_ops.rank(values))),)):
            values = math_ops.multiply(values, math_ops.cast(weights, dtypes.float32))
    update_op = state_ops.assign_add(count, math_ops.reduce_sum(values))
    return _collect(array_ops.identity(count), update_op, metrics_collections, updates_collections)


def _counts(name, label_value, prediction_value, summary):
    def count(labels, predictions, weights=None, metrics_collections=None, updates_collections=None,
              name=None):
        with variable_scope.variable_scope(name, count.__name__, (predictions, labels, weights)):
            predictions, labels, weights = _remove_squeezable_dimensions(
                math_ops.cast(predictions, dtypes.bool), math_ops.cast(labels, dtypes.bool), weights)
            is_such = math_ops.logical_and(math_ops.equal(labels, label_value),
                                           math_ops.equal(predictions, prediction_value))
            return _count_condition(is_such, weights, metrics_collections, updates_collections)
    count.__name__ = count.__qualname__ = name
    count.__doc__ = summary
    return count


true_positives = _counts("true_positives", True, True, "How often label and prediction were both true.")
false_positives = _counts("false_positives", False, True, "How often the prediction was true and the label false.")
false_negatives = _counts("false_negatives", True, False, "How often the prediction was false and the label true.")
true_negatives = _counts("true_negatives", False, False, "How often label and prediction were both false.")


def precision(labels, predictions, weights=None, metrics_collections=None, updates_collections=None,
              name=None):
    """What part of the predictions that are true is right: `tp / (tp + fp)`."""
    return _rate(labels, predictions, weights, metrics_collections, updates_collections, name, "precision",
                 false_positives)


def recall(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """What part of the labels that are true was predicted: `tp / (tp + fn)`."""
    return _rate(labels, predictions, weights, metrics_collections, updates_collections, name, "recall",
                 false_negatives)


def _rate(labels, predictions, weights, metrics_collections, updates_collections, name, default_name, others):
    with variable_scope.variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = _remove_squeezable_dimensions(
            math_ops.cast(predictions, dtypes.bool), math_ops.cast(labels, dtypes.bool), weights)
        right, right_update = true_positives(labels, predictions, weights)
        other, other_update = others(labels, predictions, weights)

        def rate(tp, rest, name):
            return array_ops.where(math_ops.greater(tp + rest, 0), math_ops.div(tp, tp + rest), 0, name)

        return _collect(rate(right, other, "value"), rate(right_update, other_update, "update_op"), metrics_collections,
                        updates_collections)


# --- counts at thresholds --------------------------------------------------------------------------------------------


def _confusion_matrix_at_thresholds(labels, predictions, thresholds, weights=None, includes=None):
    """For each threshold, the numbers of true and false positives and negatives so far: (values, updates) by "tp", "fp", ….

    Labels and predictions are taken as flat; a prediction is positive where it is greater than the threshold.
    """
    includes = ("tp", "fn", "tn", "fp") if includes is None else includes
    labels = math_ops.cast(labels, dtypes.bool)
    predictions, labels, weights = _remove_squeezable_dimensions(math_ops.cast(predictions, dtypes.float32),
                                                                 labels, weights)
    count = len(thresholds)
    predictions_row = array_ops.reshape(predictions, [1, -1])
    labels_row = array_ops.reshape(labels, [1, -1])
    thresholds_column = array_ops.expand_dims(ops.convert_to_tensor([float(t) for t in thresholds]), 1)
    positive = math_ops.greater(predictions_row, thresholds_column)
    negative = math_ops.logical_not(positive)
    size = array_ops.stack([count, 1])
    is_true = array_ops.tile(labels_row, size)
    is_false = math_ops.logical_not(is_true)
    if weights is not None:
        weights = weights_broadcast_ops.broadcast_weights(math_ops.cast(weights, dtypes.float32), predictions)
        weights = array_ops.tile(array_ops.reshape(weights, [1, -1]), size)
    places = {"tp": ("true_positives", is_true, positive), "fn": ("false_negatives", is_true, negative),
              "tn": ("true_negatives", is_false, negative), "fp": ("false_positives", is_false, positive)}
    values, update_ops = {}, {}
    for key in ("tp", "fn", "tn", "fp"):
        if key in includes:
            name, labels_such, predictions_such = places[key]
            variable = metric_variable([count], dtypes.float32, name=name)
            such = math_ops.cast(math_ops.logical_and(labels_such, predictions_such), dtypes.float32)
            if weights is not None:
                such *= weights
            update_ops[key] = state_ops.assign_add(variable, math_ops.reduce_sum(such, 1))
            values[key] = variable
    return values, update_ops


def _at_thresholds(default_name, keys, make):
    """A metric of the counts `keys` at given thresholds."""
    def metric(labels, predictions, thresholds, weights=None, metrics_collections=None,
               updates_collections=None, name=None):
        with variable_scope.variable_scope(name, default_name, (predictions, labels, weights)):
            values, update_ops = _confusion_matrix_at_thresholds(labels, predictions, thresholds, weights,
                                                                 includes=keys)
            return _collect(make(values, "value"), make(update_ops, "update_op"), metrics_collections,
                            updates_collections)
    metric.__name__ = metric.__qualname__ = f"{default_name}_at_thresholds" if "at_" not in default_name else default_name
    metric.__doc__ = f"`tf.metrics.{metric.__name__}`: for each threshold, above which predictions count as true."
    return metric


def _ratio(one, other):
    def make(values, name):
        return math_ops.div(values[one], 1e-7 + values[one] + values[other], name=f"{_RATIO_NAMES[other]}_{name}")
    return make


def _only(key):
    def make(values, name):
        return array_ops.identity(values[key]) if name == "value" else values[key]
    return make


_RATIO_NAMES = {"fp": "precision", "fn": "recall"}

precision_at_thresholds = _at_thresholds("precision_at_thresholds", ("tp", "fp"), _ratio("tp", "fp"))
recall_at_thresholds = _at_thresholds("recall_at_thresholds", ("tp", "fn"), _ratio("tp", "fn"))
true_positives_at_thresholds = _at_thresholds("true_positives", ("tp",), _only("tp"))
false_negatives_at_thresholds = _at_thresholds("false_negatives", ("fn",), _only("fn"))
true_negatives_at_thresholds = _at_thresholds("true_negatives", ("tn",), _only("tn"))
false_positives_at_thresholds = _at_thresholds("false_positives", ("fp",), _only("fp"))


def _even_thresholds(num_thresholds):
    epsilon = 1e-7
    inner = [(i + 1) * 1.0 / (num_thresholds - 1) for i in range(num_thresholds - 2)]
    return [0.0 - epsilon, *inner, 1.0 + epsilon]


def auc(labels, predictions, weights=None, num_thresholds=200, metrics_collections=None, updates_collections=None, curve="ROC",
        name=None, summation_method="trapezoidal", thresholds=None):
    """The area under the curve of recall over the rate of false positives ("ROC") or of precision over recall ("PR")."""
    with variable_scope.variable_scope(name, "auc", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        if thresholds is not None:
            thresholds = [0.0 - 1e-7, *sorted(thresholds), 1.0 + 1e-7]
        else:
            thresholds = _even_thresholds(num_thresholds)
        count = len(thresholds)
        values, update_ops = _confusion_matrix_at_thresholds(labels, predictions, thresholds, weights)
        epsilon = 1.0e-6

        def interpolate_pr(tp, fp, fn):
            # Davis and Goadrich (2006): true positives between two thresholds grow linearly with positives.
            dtp = tp[:count - 1] - tp[1:]
            p = tp + fp
            dp = p[:count - 1] - p[1:]
            slope = math_ops.div_no_nan(dtp, math_ops.maximum(dp, 0), name="prec_slope")
            intercept = tp[1:] - math_ops.multiply(slope, p[1:])
            safe = array_ops.where(math_ops.logical_and(p[:count - 1] > 0, p[1:] > 0),
                                   math_ops.div_no_nan(p[:count - 1], math_ops.maximum(p[1:], 0), name="recall_relative_ratio"),
                                   array_ops.ones_like(p[1:]))
            return math_ops.reduce_sum(
                math_ops.div_no_nan(slope * (dtp + intercept * math_ops.log(safe)), math_ops.maximum(tp[1:] + fn[1:], 0),
                                    name="pr_auc_increment"), name="interpolate_pr_auc")

        def area(counts, name):
            tp, fn, tn, fp = (counts[key] for key in ("tp", "fn", "tn", "fp"))
            if curve == "PR" and summation_method == "careful_interpolation":
                return interpolate_pr(tp, fp, fn)
            rec = math_ops.div(tp + epsilon, tp + fn + epsilon)
            if curve == "ROC":
                x, y = math_ops.div(fp, fp + tn + epsilon), rec
            else:
                x, y = rec, math_ops.div(tp + epsilon, tp + fp + epsilon)
            width = x[:count - 1] - x[1:]
            if summation_method in ("trapezoidal", "careful_interpolation"):
                height = (y[:count - 1] + y[1:]) / 2.0
            elif summation_method == "minoring":
                height = math_ops.minimum(y[:count - 1], y[1:])
            elif summation_method == "majoring":
                height = math_ops.maximum(y[:count - 1], y[1:])
            else:
                raise ValueError(f"Invalid summation_method: {summation_method}")
            return math_ops.reduce_sum(math_ops.multiply(width, height), name=name)

        return _collect(area(values, "value"), area(update_ops, "update_op"), metrics_collections, updates_collections)


def sensitivity_at_specificity(labels, predictions, specificity, weights=None, num_thresholds=200, metrics_collections=None,
                               updates_collections=None, name=None):
    """The sensitivity `tp / (tp + fn)` at the threshold whose specificity is nearest to the one that is asked for."""
    if not 0 <= specificity <= 1:
        raise ValueError("`specificity` must be in the range [0, 1].")
    return _at_other(labels, predictions, specificity, weights, num_thresholds, metrics_collections, updates_collections, name,
                     "sensitivity_at_specificity", ("tn", "fp"), ("tp", "fn"))


def specificity_at_sensitivity(labels, predictions, sensitivity, weights=None, num_thresholds=200, metrics_collections=None,
                               updates_collections=None, name=None):
    """The specificity `tn / (tn + fp)` at the threshold whose sensitivity is nearest to the one that is asked for."""
    if not 0 <= sensitivity <= 1:
        raise ValueError("`sensitivity` must be in the range [0, 1].")
    return _at_other(labels, predictions, sensitivity, weights, num_thresholds, metrics_collections, updates_collections, name,
                     "specificity_at_sensitivity", ("tp", "fn"), ("tn", "fp"), last=True)


def _at_other(labels, predictions, wanted, weights, num_thresholds, metrics_collections, updates_collections, name, default_name,
              fixed, measured, last=False):
    with variable_scope.variable_scope(name, default_name, (predictions, labels, weights)):
        values, update_ops = _confusion_matrix_at_thresholds(labels, predictions,
                                                             _even_thresholds(num_thresholds), weights)

        def compute(counts, name):
            rates = math_ops.div(counts[fixed[0]], counts[fixed[0]] + counts[fixed[1]] + 1e-7)
            distances = math_ops.abs(rates - wanted)
            if last:
                # Of thresholds that are as near, the last.
                nearest = math_ops.equal(distances, math_ops.reduce_min(distances))
                place = math_ops.argmax(math_ops.cumsum(math_ops.cast(nearest, dtypes.int64)), 0)
            else:
                place = math_ops.argmin(distances, 0)
            place = math_ops.cast(place, dtypes.int32)
            one, other = counts[measured[0]], counts[measured[1]]
            return math_ops.div(one[place], one[place] + other[place] + 1e-7, name)

        return _collect(compute(values, "value"), compute(update_ops, "update_op"), metrics_collections,
                        updates_collections)


# --- classes -----------------------------------------------------------------------------------------------------------


def _streaming_confusion_matrix(labels, predictions, num_classes, weights=None):
    """(the counts of label × prediction so far, the operation that adds a batch)."""
    total = metric_variable([num_classes, num_classes], dtypes.float64, name="total_confusion_matrix")
    predictions = math_ops.cast(predictions, dtypes.int64)
    labels = math_ops.cast(labels, dtypes.int64)
    if predictions.get_shape().ndims != 1:
        predictions = array_ops.reshape(predictions, [-1])
    if labels.get_shape().ndims != 1:
        labels = array_ops.reshape(labels, [-1])
    if weights is not None:
        weights = ops.convert_to_tensor(weights)
        if weights.get_shape().ndims not in (None, 0, 1):
            weights = array_ops.reshape(weights, [-1])
    current = confusion_matrix.confusion_matrix(labels, predictions, num_classes, weights=weights, dtype=dtypes.float64)
    return total, state_ops.assign_add(total, current)


def mean_iou(labels, predictions, num_classes, weights=None, metrics_collections=None,
             updates_collections=None, name=None):
    """The mean over classes of `tp / (tp + fp + fn)`; the operation gives the confusion matrix."""
    with variable_scope.variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
        total, update_op = _streaming_confusion_matrix(labels, predictions, num_classes, weights)
        over_row = math_ops.cast(math_ops.reduce_sum(total, 0), dtypes.float32)
        over_column = math_ops.cast(math_ops.reduce_sum(total, 1), dtypes.float32)
        diagonal = math_ops.cast(array_ops.diag_part(ops.convert_to_tensor(total)), dtypes.float32)
        denominator = over_row + over_column - diagonal
        valid = math_ops.reduce_sum(math_ops.cast(math_ops.not_equal(denominator, 0), dtypes.float32))
        denominator = array_ops.where(denominator > 0, denominator, array_ops.ones_like(denominator))
        iou = math_ops.div(diagonal, denominator)
        value = array_ops.where(math_ops.greater(valid, 0), math_ops.reduce_sum(iou, name="mean_iou") / valid, 0)
        return _collect(value, update_op, metrics_collections, updates_collections)


def mean_per_class_accuracy(labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None,
                            name=None):
    """The mean over classes of how often those of the class were predicted rightly."""
    with variable_scope.variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = math_ops.cast(labels, dtypes.int64)
        total = metric_variable([num_classes], dtypes.float32, name="total")
        count = metric_variable([num_classes], dtypes.float32, name="count")
        ones = array_ops.ones([array_ops.size(labels)], dtypes.float32)
        if labels.get_shape().ndims != 1:
            labels = array_ops.reshape(labels, [-1])
        predictions = ops.convert_to_tensor(predictions)
        if predictions.get_shape().ndims != 1:
            predictions = array_ops.reshape(predictions, [-1])
        if predictions.dtype != labels.dtype:
            predictions = math_ops.cast(predictions, labels.dtype)
        is_correct = math_ops.cast(math_ops.equal(predictions, labels), dtypes.float32)
        if weights is not None:
            weights = ops.convert_to_tensor(weights)
            if weights.get_shape().ndims != 1:
                weights = array_ops.reshape(weights, [-1])
            weights = math_ops.cast(weights, dtypes.float32)
            is_correct *= weights
            ones *= weights
        update_total_op = state_ops.scatter_add(total, labels, ones)
        update_count_op = state_ops.scatter_add(count, labels, is_correct)
        value = math_ops.reduce_mean(math_ops.div_no_nan(count, math_ops.maximum(total, 0)), name="mean_accuracy")
        update_op = math_ops.div_no_nan(update_count_op, math_ops.maximum(update_total_op, 0), name="update_op")
        return _collect(value, update_op, metrics_collections, updates_collections)


# --- the top k -----------------------------------------------------------------------------------------------------------


def _hits(labels, predictions_idx, class_id=None):
    """Whether each of the top predictions, `[…, k]`, is one of its example's labels, `[…, number of labels]`."""
    same = math_ops.equal(array_ops.expand_dims(predictions_idx, -1), array_ops.expand_dims(labels, -2))
    hits = math_ops.reduce_any(same, -1)
    if class_id is not None:
        hits = math_ops.logical_and(hits, math_ops.equal(predictions_idx, class_id))
    return hits


def _counted(values, weights, name):
    """The weighted sum of a number for each example, so far."""
    values = math_ops.cast(values, dtypes.float64)
    if weights is not None:
        values = math_ops.multiply(values, math_ops.cast(weights, dtypes.float64))
    variable = metric_variable([], dtypes.float64, name=name)
    return variable, state_ops.assign_add(variable, math_ops.reduce_sum(values))


def _float_sum(flags):
    return math_ops.reduce_sum(math_ops.cast(flags, dtypes.float64), -1)


def _top(labels, predictions, k):
    predictions = ops.convert_to_tensor(predictions)
    labels = math_ops.cast(_maybe_expand_labels(labels, predictions), dtypes.int64)
    return labels, math_ops.cast(nn.top_k(predictions, k)[1], dtypes.int64)


def recall_at_k(labels, predictions, k, class_id=None, weights=None, metrics_collections=None,
                updates_collections=None, name=None):
    """What part of the labels is among the `k` classes with the largest predictions."""
    with ops.name_scope(name, _k_name("recall", k, class_id), (predictions, labels, weights)) as scope:
        labels, top_k_idx = _top(labels, predictions, k)
        return _recall_at_top_k(labels, top_k_idx, class_id, weights, metrics_collections, updates_collections,
                                k, scope)


def recall_at_top_k(labels, predictions_idx, k=None, class_id=None, weights=None, metrics_collections=None,
                    updates_collections=None, name=None):
    """`recall_at_k`, of the classes that are given."""
    with ops.name_scope(name, _k_name("recall", k, class_id), (predictions_idx, labels, weights)) as scope:
        predictions_idx = math_ops.cast(predictions_idx, dtypes.int64)
        labels = math_ops.cast(_maybe_expand_labels(labels, predictions_idx), dtypes.int64)
        return _recall_at_top_k(labels, predictions_idx, class_id, weights, metrics_collections,
                                updates_collections, k, scope)


def _recall_at_top_k(labels, top_k_idx, class_id, weights, metrics_collections, updates_collections, k,
                     scope):
    hits = _float_sum(_hits(labels, top_k_idx, class_id))
    if class_id is None:
        relevant = _float_sum(math_ops.not_equal(labels, _NO_LABEL))
    else:
        relevant = math_ops.cast(math_ops.reduce_any(math_ops.equal(labels, class_id), -1), dtypes.float64)
    tp, tp_update = _counted(hits, weights, _k_name("true_positive", k, class_id))
    fn, fn_update = _counted(relevant - hits, weights, _k_name("false_negative", k, class_id))
    return _collect(math_ops.div(tp, math_ops.add(tp, fn), name=scope),
                    math_ops.div(tp_update, math_ops.add(tp_update, fn_update), name="update"), metrics_collections,
                    updates_collections)


def precision_at_k(labels, predictions, k, class_id=None, weights=None, metrics_collections=None, updates_collections=None,
                   name=None):
    """What part of the `k` classes with the largest predictions are labels."""
    with ops.name_scope(name, _k_name("precision", k, class_id), (predictions, labels, weights)) as scope:
        labels, top_k_idx = _top(labels, predictions, k)
        return _precision_at_top_k(labels, top_k_idx, class_id, weights, metrics_collections,
                                   updates_collections, k, scope)


def precision_at_top_k(labels, predictions_idx, k=None, class_id=None, weights=None, metrics_collections=None,
                       updates_collections=None, name=None):
    """`precision_at_k`, of the classes that are given."""
    with ops.name_scope(name, _k_name("precision", k, class_id), (predictions_idx, labels, weights)) as scope:
        predictions_idx = math_ops.cast(predictions_idx, dtypes.int64)
        labels = math_ops.cast(_maybe_expand_labels(labels, predictions_idx), dtypes.int64)
        return _precision_at_top_k(labels, predictions_idx, class_id, weights, metrics_collections,
                                   updates_collections, k, scope)


def _precision_at_top_k(labels, top_k_idx, class_id, weights, metrics_collections, updates_collections, k,
                        scope):
    hits = _float_sum(_hits(labels, top_k_idx, class_id))
    if class_id is None:
        predicted = _float_sum(array_ops.ones_like(top_k_idx))
    else:
        predicted = _float_sum(math_ops.equal(top_k_idx, class_id))
    tp, tp_update = _counted(hits, weights, _k_name("true_positive", k, class_id))
    fp, fp_update = _counted(predicted - hits, weights, _k_name("false_positive", k, class_id))
    return _collect(math_ops.div(tp, math_ops.add(tp, fp), name=scope),
                    math_ops.div(tp_update, math_ops.add(tp_update, fp_update), name="update"), metrics_collections,
                    updates_collections)


def average_precision_at_k(labels, predictions, k, weights=None, metrics_collections=None,
                           updates_collections=None, name=None):
    """The mean over examples of the precision at each of the first `k` places that has a label."""
    with ops.name_scope(name, _k_name("average_precision", k), (predictions, labels, weights)) as scope:
        labels, top_k_idx = _top(labels, predictions, k)
        hits = math_ops.cast(_hits(labels, top_k_idx), dtypes.float64)
        precision_per_k = math_ops.cumsum(hits, -1) / math_ops.cast(math_ops.range(1, k + 1), dtypes.float64)
        relevant_items = math_ops.minimum(_float_sum(math_ops.not_equal(labels, _NO_LABEL)),
                                          math_ops.cast(k, dtypes.float64))
        average = math_ops.div_no_nan(math_ops.reduce_sum(precision_per_k * hits, -1), relevant_items)
        if weights is None:
            weights = array_ops.ones_like(average)
        weights = math_ops.cast(weights, dtypes.float64) * array_ops.ones_like(average)
        top, top_update = _counted(average, weights, "total")
        count, count_update = _counted(array_ops.ones_like(average), weights, "max")
        return _collect(math_ops.div_no_nan(top, count, name="mean"), math_ops.div_no_nan(top_update, count_update, name=scope),
                        metrics_collections, updates_collections)


sparse_average_precision_at_k = average_precision_at_k
sparse_precision_at_k = precision_at_k


def _k_name(name, k=None, class_id=None):
    name = f"{name}_at_{k}" if k is not None else f"{name}_at_k"
    return f"{name}_class{class_id}" if class_id is not None else name


