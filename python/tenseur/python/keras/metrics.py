"""Measures of predictions: `tf.keras.metrics`."""

import numpy as np

from tenseur.python.framework import dtypes, ops
from tenseur.python.keras import backend as K
from tenseur.python.keras import losses as _losses
from tenseur.python.keras.engine.base_layer import to_snake_case
from tenseur.python.keras.losses import (  # noqa: F401
    KLD, MAE, MAPE, MSE, MSLE, binary_crossentropy, categorical_crossentropy, categorical_hinge, cosine_proximity,
    cosine_similarity, hinge, kullback_leibler_divergence, logcosh, mae, mape, mean_absolute_error,
    mean_absolute_percentage_error, mean_squared_error, mean_squared_logarithmic_error, mse, msle, poisson,
    sparse_categorical_crossentropy, squared_hinge,
)
from tenseur.python.keras.utils.generic_utils import with_custom
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, metrics_impl, nn, state_ops, variables


def binary_accuracy(y_true, y_pred, threshold=0.5):
    positive = math_ops.cast(y_pred > threshold, y_pred.dtype)
    return math_ops.reduce_mean(math_ops.cast(math_ops.equal(math_ops.cast(y_true, y_pred.dtype), positive), K.floatx()), axis=-1)


def categorical_accuracy(y_true, y_pred):
    return math_ops.cast(math_ops.equal(math_ops.argmax(y_true, -1), math_ops.argmax(y_pred, -1)), K.floatx())


def sparse_categorical_accuracy(y_true, y_pred):
    y_true = ops.convert_to_tensor(y_true)
    if y_true.get_shape().ndims is not None and y_true.get_shape().ndims == y_pred.get_shape().ndims:
        y_true = array_ops.squeeze(y_true, [-1])
    found = math_ops.cast(math_ops.argmax(y_pred, -1), K.floatx())
    return math_ops.cast(math_ops.equal(math_ops.cast(y_true, K.floatx()), found), K.floatx())


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    return math_ops.cast(nn.in_top_k(y_pred, math_ops.argmax(y_true, -1), k), K.floatx())


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5):
    return math_ops.cast(nn.in_top_k(y_pred, math_ops.cast(array_ops.reshape(y_true, [-1]), "int32"), k), K.floatx())


def accuracy(y_true, y_pred):
    return math_ops.cast(math_ops.equal(math_ops.cast(y_true, y_pred.dtype), y_pred), K.floatx())


class Metric:
    """A measure that gathers over batches: variables, an operation that takes in a batch, and the result so far."""

    def __init__(self, name=None, dtype=None):
        self.name = name or to_snake_case(self.__class__.__name__)
        self.dtype = dtype or K.floatx()
        self._variables = []
        self._updates = []
        self.stateful = True

    def add_weight(self, name, shape=(), initializer="zeros", dtype=None, aggregation=None,
                   synchronization=None):
        """A variable of the metric's, that `reset_states` makes zero."""
        from tenseur.python.keras import initializers
        make = initializers.get(initializer)
        dtype = dtypes.as_dtype(dtype or self.dtype)
        with ops.control_dependencies(None):
            variable = variables.VariableV1(
                lambda: make(list(shape), dtype=dtype), trainable=False, dtype=dtype, name=name, use_resource=True,
                collections=[ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.METRIC_VARIABLES])
        self._variables.append(variable)
        return variable

    @property
    def variables(self):
        return self._variables

    weights = variables

    @property
    def updates(self):
        return self._updates

    def update_state(self, *args, **kwargs):
        raise NotImplementedError("Must be implemented in subclasses.")

    def result(self):
        raise NotImplementedError("Must be implemented in subclasses.")

    def reset_states(self):
        """Begins anew."""
        K.batch_set_value([(v, np.zeros(v.shape.as_list())) for v in self._variables])

    def __call__(self, *args, **kwargs):
        with ops.name_scope(self.name):
            update = self.update_state(*args, **kwargs)
            if update is not None:
                self._updates.append(update)
            with ops.control_dependencies([update] if update is not None else []):
                return array_ops.identity(self.result())

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


class Sum(Metric):
    """The sum of all values."""

    def __init__(self, name="sum", dtype=None):
        super().__init__(name, dtype)
        self.total = self.add_weight("total")

    def update_state(self, values, sample_weight=None):
        values = math_ops.cast(values, self.dtype)
        if sample_weight is not None:
            values = values * math_ops.cast(sample_weight, self.dtype)
        return state_ops.assign_add(self.total, math_ops.reduce_sum(values))

    def result(self):
        return array_ops.identity(self.total)


class Mean(Metric):
    """The weighted mean of all values."""

    def __init__(self, name="mean", dtype=None):
        super().__init__(name, dtype)
        self.total, self.count = self.add_weight("total"), self.add_weight("count")

    def update_state(self, values, sample_weight=None):
        values = math_ops.cast(values, self.dtype)
        if sample_weight is None:
            count = math_ops.cast(array_ops.size(values), self.dtype)
        else:
            weights = math_ops.cast(sample_weight, self.dtype)
            if values.shape.ndims is not None and weights.shape.ndims is not None:
                if values.shape.ndims > weights.shape.ndims > 0:
                    values = math_ops.reduce_mean(values, list(range(weights.shape.ndims, values.shape.ndims)))
                elif weights.shape.ndims > values.shape.ndims:
                    weights = array_ops.squeeze(weights, [-1])
            weights = weights * array_ops.ones_like(values)
            values, count = values * weights, math_ops.reduce_sum(weights)
        return control_flow_ops.group(state_ops.assign_add(self.total, math_ops.reduce_sum(values)),
                                      state_ops.assign_add(self.count, count))

    def result(self):
        return math_ops.div_no_nan(self.total.read_value(), self.count.read_value())


class MeanMetricWrapper(Mean):
    """The mean of a function of (y_true, y_pred)."""

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name or fn.__name__, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        return super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)


def _wrapped(class_name, fn, *names):
    """A class of the mean of `fn`, whose arguments `names` it takes after name and type."""
    def __init__(self, *args, **kwargs):
        own = {key: kwargs.pop(key) for key in names if key in kwargs}
        MeanMetricWrapper.__init__(self, fn, *args, **{"name": to_snake_case(class_name), **kwargs} if not args else kwargs, **own)
    return type(class_name, (MeanMetricWrapper,), {"__init__": __init__, "__doc__": f"The mean of `{fn.__name__}`.",
                                                   "__module__": __name__})


Accuracy = _wrapped("Accuracy", accuracy)
BinaryAccuracy = _wrapped("BinaryAccuracy", binary_accuracy, "threshold")
CategoricalAccuracy = _wrapped("CategoricalAccuracy", categorical_accuracy)
SparseCategoricalAccuracy = _wrapped("SparseCategoricalAccuracy", sparse_categorical_accuracy)
TopKCategoricalAccuracy = _wrapped("TopKCategoricalAccuracy", top_k_categorical_accuracy, "k")
SparseTopKCategoricalAccuracy = _wrapped("SparseTopKCategoricalAccuracy", sparse_top_k_categorical_accuracy, "k")
MeanSquaredError = _wrapped("MeanSquaredError", mean_squared_error)
MeanAbsoluteError = _wrapped("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = _wrapped("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredLogarithmicError = _wrapped("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
BinaryCrossentropy = _wrapped("BinaryCrossentropy", binary_crossentropy, "from_logits", "label_smoothing")
CategoricalCrossentropy = _wrapped("CategoricalCrossentropy", categorical_crossentropy, "from_logits",
                                   "label_smoothing")
SparseCategoricalCrossentropy = _wrapped("SparseCategoricalCrossentropy", sparse_categorical_crossentropy,
                                         "from_logits")
Hinge, SquaredHinge = _wrapped("Hinge", hinge), _wrapped("SquaredHinge", squared_hinge)
CosineSimilarity = _wrapped("CosineSimilarity", cosine_similarity, "axis")
KLDivergence, Poisson = _wrapped("KLDivergence", kullback_leibler_divergence), _wrapped("Poisson", poisson)


class RootMeanSquaredError(Mean):
    """The root of the mean of squared errors."""

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        return super().update_state(math_ops.squared_difference(y_pred, math_ops.cast(y_true, y_pred.dtype)),
                                    sample_weight)

    def result(self):
        return math_ops.sqrt(super().result())


class _Counts(Metric):
    """Counts of true and false positives and negatives at thresholds."""

    _kinds = ("tp",)

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(name, dtype)
        self._single = not isinstance(thresholds, (list, tuple))
        self.thresholds = [0.5 if thresholds is None else thresholds] if self._single else list(thresholds)
        names = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives", "fn": "false_negatives"}
        self._counts = {kind: self.add_weight(names[kind], shape=(len(self.thresholds),)) for kind in self._kinds}

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = array_ops.reshape(math_ops.cast(y_pred, "float32"), [1, -1])
        y_true = array_ops.reshape(math_ops.cast(y_true, "bool"), [1, -1])
        positive = math_ops.greater(y_pred, array_ops.expand_dims(ops.convert_to_tensor([float(t) for t in self.thresholds]), 1))
        truth = math_ops.logical_and(y_true, array_ops.ones_like(positive))
        negative, untruth = math_ops.logical_not(positive), math_ops.logical_not(truth)
        pairs = {"tp": (truth, positive), "fp": (untruth, positive), "tn": (untruth, negative), "fn": (truth, negative)}
        weights = None if sample_weight is None else array_ops.reshape(math_ops.cast(sample_weight, "float32"), [1, -1])
        updates = []
        for kind, variable in self._counts.items():
            such = math_ops.cast(math_ops.logical_and(*pairs[kind]), "float32")
            such = such if weights is None else such * weights
            updates.append(state_ops.assign_add(variable, math_ops.reduce_sum(such, 1)))
        return control_flow_ops.group(*updates)

    def _count(self, kind):
        return self._counts[kind].read_value()

    def _shown(self, value):
        return value[0] if self._single else value

    def result(self):
        return self._shown(self._count(self._kinds[0]))


class TruePositives(_Counts):
    _kinds = ("tp",)


class FalsePositives(_Counts):
    _kinds = ("fp",)


class TrueNegatives(_Counts):
    _kinds = ("tn",)


class FalseNegatives(_Counts):
    _kinds = ("fn",)


class Precision(_Counts):
    """What part of what was predicted is true."""

    _kinds = ("tp", "fp")

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, name, dtype)

    def result(self):
        tp = self._count("tp")
        return self._shown(math_ops.div_no_nan(tp, tp + self._count(self._kinds[1])))


class Recall(Precision):
    """What part of what is true was predicted."""

    _kinds = ("tp", "fn")


class AUC(_Counts):
    """The area under the curve of recall over false positives, or of precision over recall."""

    _kinds = ("tp", "fn", "tn", "fp")

    def __init__(self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None,
                 dtype=None, thresholds=None):
        super().__init__(thresholds or metrics_impl._even_thresholds(num_thresholds), name, dtype)
        self.curve = curve

    def result(self):
        tp, fn, tn, fp = (self._count(kind) for kind in self._kinds)
        recall = math_ops.div_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            x, y = math_ops.div_no_nan(fp, fp + tn), recall
        else:
            x, y = recall, math_ops.div_no_nan(tp, tp + fp)
        return math_ops.reduce_sum((x[:-1] - x[1:]) * (y[:-1] + y[1:]) / 2.0)


acc = ACC = accuracy


def get(identifier):
    """The metric of this name; a function or object as it is."""
    if callable(identifier) or identifier is None:
        return identifier
    found = with_custom(globals()).get(identifier) or getattr(_losses, identifier, None)
    if found is None:
        raise ValueError(f"Unknown metric function: {identifier}")
    return found() if isinstance(found, type) else found
