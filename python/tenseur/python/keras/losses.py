"""Losses of predictions: `tf.keras.losses`."""

from tenseur.python.framework import ops
from tenseur.python.keras import backend as K
from tenseur.python.keras.utils.generic_utils import with_custom
from tenseur.python.ops import array_ops, math_ops, nn
from tenseur.python.ops.losses import losses_impl


def _both(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return math_ops.cast(y_true, y_pred.dtype), y_pred


def mean_squared_error(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_mean(math_ops.squared_difference(y_pred, y_true), axis=-1)


def mean_absolute_error(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_mean(math_ops.abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return 100.0 * math_ops.reduce_mean(math_ops.abs((y_true - y_pred) / K.maximum(math_ops.abs(y_true), K.epsilon())), axis=-1)


def mean_squared_logarithmic_error(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    logs = [math_ops.log(K.maximum(y, K.epsilon()) + 1.0) for y in (y_pred, y_true)]
    return math_ops.reduce_mean(math_ops.squared_difference(*logs), axis=-1)


def _signs(y_true):
    """Labels 0 and 1 as −1 and 1; those that are so already as they are."""
    binary = math_ops.reduce_all(math_ops.logical_or(math_ops.equal(y_true, 0), math_ops.equal(y_true, 1)))
    return array_ops.where(math_ops.logical_and(binary, array_ops.ones_like(y_true, "bool")),
                           2.0 * y_true - 1.0, y_true)


def hinge(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_mean(math_ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_mean(math_ops.square(math_ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    positive = math_ops.reduce_sum(y_true * y_pred, axis=-1)
    return math_ops.maximum(0.0, math_ops.reduce_max((1.0 - y_true) * y_pred, axis=-1) - positive + 1.0)


def huber_loss(y_true, y_pred, delta=1.0):
    y_true, y_pred = _both(y_true, y_pred)
    error = math_ops.abs(y_pred - y_true)
    quadratic = math_ops.minimum(error, delta)
    return 0.5 * quadratic * quadratic + delta * (error - quadratic)


def logcosh(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    x = y_pred - y_true
    return math_ops.reduce_mean(x + nn.softplus(-2.0 * x) - math_ops.log(2.0), axis=-1)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0):
    y_true, y_pred = _both(y_true, y_pred)
    if label_smoothing:
        classes = math_ops.cast(array_ops.shape(y_true)[1], y_pred.dtype)
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return K.categorical_crossentropy(y_true, y_pred, from_logits=from_logits)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, axis=-1):
    return K.sparse_categorical_crossentropy(y_true, ops.convert_to_tensor(y_pred), from_logits=from_logits, axis=axis)


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0):
    y_true, y_pred = _both(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return math_ops.reduce_mean(K.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=-1)


def kullback_leibler_divergence(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    y_true, y_pred = K.clip(y_true, K.epsilon(), 1), K.clip(y_pred, K.epsilon(), 1)
    return math_ops.reduce_sum(y_true * math_ops.log(y_true / y_pred), axis=-1)


def poisson(y_true, y_pred):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_mean(y_pred - y_true * math_ops.log(y_pred + K.epsilon()), axis=-1)


def cosine_similarity(y_true, y_pred, axis=-1):
    y_true, y_pred = _both(y_true, y_pred)
    return math_ops.reduce_sum(nn.l2_normalize(y_true, axis=axis) * nn.l2_normalize(y_pred, axis=axis), axis=axis)


class Reduction:
    """How the losses of examples become one."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


class Loss:
    """A loss as an object: `call(y_true, y_pred)` gives those of the examples."""

    def __init__(self, reduction=Reduction.AUTO, name=None):
        self.reduction, self.name = reduction, name

    def call(self, y_true, y_pred):
        raise NotImplementedError("Must be implemented in subclasses.")

    def __call__(self, y_true, y_pred, sample_weight=None):
        with ops.name_scope(self.name or self.__class__.__name__):
            losses = self.call(y_true, y_pred)
            reduction = {Reduction.AUTO: losses_impl.Reduction.SUM_OVER_BATCH_SIZE, Reduction.NONE: losses_impl.Reduction.NONE,
                         Reduction.SUM: losses_impl.Reduction.SUM,
                         Reduction.SUM_OVER_BATCH_SIZE: losses_impl.Reduction.SUM_OVER_BATCH_SIZE}[self.reduction]
            weights = 1.0 if sample_weight is None else sample_weight
            return losses_impl.compute_weighted_loss(losses, weights, reduction=reduction, loss_collection=None)

    def get_config(self):
        return {"reduction": self.reduction, "name": self.name}


class LossFunctionWrapper(Loss):
    """A function of (y_true, y_pred) as an object."""

    def __init__(self, fn, reduction=Reduction.AUTO, name=None, **kwargs):
        super().__init__(reduction, name)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true, y_pred):
        return self.fn(y_true, y_pred, **self._fn_kwargs)


def _wrapped(class_name, fn, *names):
    """A class of the loss `fn`, whose arguments `names` it takes first."""
    def __init__(self, *args, **kwargs):
        own = dict(zip(names, args))
        own.update({key: kwargs.pop(key) for key in names if key in kwargs})
        rest = dict(zip(("reduction", "name"), args[len(names):]))
        LossFunctionWrapper.__init__(self, fn, **{"name": fn.__name__, **rest, **kwargs}, **own)
    return type(class_name, (LossFunctionWrapper,), {"__init__": __init__, "__doc__": f"`{fn.__name__}` as an object.",
                                                     "__module__": __name__})


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
CategoricalHinge = _wrapped("CategoricalHinge", categorical_hinge)
Poisson, LogCosh = _wrapped("Poisson", poisson), _wrapped("LogCosh", logcosh)
KLDivergence = _wrapped("KLDivergence", kullback_leibler_divergence)
Huber = _wrapped("Huber", huber_loss, "delta")


def _negative_cosine(y_true, y_pred, axis=-1):
    return -cosine_similarity(y_true, y_pred, axis)


CosineSimilarity = _wrapped("CosineSimilarity", _negative_cosine, "axis")

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence
cosine = cosine_proximity = cosine_similarity


def get(identifier):
    """The loss of this name; a function or object as it is."""
    if identifier is None or callable(identifier):
        return identifier
    found = with_custom(globals()).get(identifier)
    if not isinstance(identifier, str) or found is None:
        raise ValueError(f"Unknown loss function: {identifier}")
    return found() if isinstance(found, type) else found


def serialize(loss):
    return loss.__name__
