"""Estimators with `fit`: `tf.contrib.learn.Estimator`, over `tf.estimator`."""

import collections

import numpy as np

from tenseur.python.estimator import estimator, model_fn, run_config
from tenseur.python.estimator.canned import estimators
from tenseur.python.estimator.inputs import numpy_io
from tenseur.python.feature_column import feature_column
from tenseur.python.framework import dtypes, ops

RunConfig = run_config.RunConfig


class ModeKeys:
    """What a graph is built for."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"


class ModelFnOps(collections.namedtuple("ModelFnOps", ["predictions", "loss", "train_op", "eval_metric_ops", "mode",
                                                       "output_alternatives"])):
    """The operations of a model."""

    def __new__(cls, mode, predictions=None, loss=None, train_op=None, eval_metric_ops=None, output_alternatives=None,
                training_chief_hooks=None, training_hooks=None, scaffold=None):
        return super().__new__(cls, predictions, loss, train_op, eval_metric_ops, mode, output_alternatives)


class MetricSpec:
    """A metric, and what of the predictions and labels it is of."""

    def __init__(self, metric_fn, prediction_key=None, label_key=None, weight_key=None):
        self.metric_fn = metric_fn
        self.prediction_key, self.label_key, self.weight_key = prediction_key, label_key, weight_key

    def create_metric_ops(self, inputs, labels, predictions):
        """(value, operation that updates it)."""
        if isinstance(predictions, dict):
            predictions = predictions[self.prediction_key] if self.prediction_key else next(iter(predictions.values()))
        if isinstance(labels, dict):
            labels = labels[self.label_key] if self.label_key else next(iter(labels.values()))
        named = {"weights": inputs[self.weight_key]} if self.weight_key else {}
        try:
            return self.metric_fn(predictions=predictions, labels=labels, **named)
        except TypeError:
            return self.metric_fn(predictions, labels, **named)


class _Fitting:
    """`fit`, `evaluate` and `predict` with arrays or input functions."""

    _metrics = None

    def fit(self, x=None, y=None, input_fn=None, steps=None, batch_size=None, monitors=None, max_steps=None):
        """Trains, on arrays or on what `input_fn` gives. Gives the estimator itself."""
        if steps is None and max_steps is None and input_fn is None:
            raise ValueError("Either steps or max_steps must be provided.")
        return self.train(input_fn or self._inputs(x, y, batch_size, None, True), hooks=monitors, steps=steps,
                          max_steps=max_steps)

    def partial_fit(self, x=None, y=None, input_fn=None, steps=1, batch_size=None, monitors=None):
        return self.fit(x, y, input_fn, steps, batch_size, monitors)

    def evaluate(self, x=None, y=None, input_fn=None, feed_fn=None, batch_size=None, steps=None, metrics=None, name=None,
                 checkpoint_path=None, hooks=None, log_progress=True):
        """The metrics: a dictionary."""
        self._metrics = metrics
        try:
            return super().evaluate(input_fn or self._inputs(x, y, batch_size, 1, False), steps=steps, hooks=hooks,
                                    checkpoint_path=checkpoint_path, name=name)
        finally:
            self._metrics = None

    def predict(self, x=None, input_fn=None, batch_size=None, outputs=None, as_iterable=True,
                iterate_batches=False):
        """The predictions one after another, or all in an array."""
        found = super().predict(input_fn or self._inputs(x, None, batch_size, 1, False), predict_keys=outputs)
        found = self._shown(found)
        return found if as_iterable else np.array(list(found))

    def _shown(self, predictions):
        return predictions

    def score(self, x, y, **options):
        return self.evaluate(x, y, **options)["accuracy"]

    @staticmethod
    def _inputs(x, y, batch_size, epochs, shuffle):
        if x is None:
            raise ValueError("Either x or input_fn must be provided.")
        features = x if isinstance(x, dict) else {"": np.asarray(x)}
        rows = len(next(iter(features.values())))
        features = {key: value.astype(np.float32) if value.dtype == np.float64 else value for key, value in features.items()}
        make = numpy_io.numpy_input_fn(features, None if y is None else np.asarray(y), batch_size or min(rows, 128) if epochs is None
                                       else batch_size or rows, epochs, shuffle)
        if isinstance(x, dict):
            return make

        def input_fn():
            found = make()
            return _Plain(found) if y is None else (_Plain(found[0]), found[1])
        return input_fn


class _Plain(dict):
    """Features that came as one array: a dictionary for columns; models of one's own get the array."""


class Estimator(_Fitting, estimator.Estimator):
    """A model with `model_fn(features, labels, mode, params)`, which gives `ModelFnOps` or (predictions, loss, train_op)."""

    def __init__(self, model_fn=None, model_dir=None, config=None, params=None, feature_engineering_fn=None):
        super().__init__(model_fn, model_dir, config, params)

    def _call_model_fn(self, features, labels, mode, config):
        arguments = estimator._arguments_of(self._model_fn)
        named = {name: value for name, value in (("mode", mode), ("params", self._params), ("config", config)) if name in arguments}
        if isinstance(features, _Plain):
            features = features[""]
        found = self._model_fn(features, labels, **named)
        if isinstance(found, model_fn.EstimatorSpec):
            return found
        metrics = {}
        if isinstance(found, ModelFnOps):
            predictions, loss, train_op, metrics = found.predictions, found.loss, found.train_op, dict(found.eval_metric_ops or {})
        else:
            predictions, loss, train_op = found
        if mode == ModeKeys.EVAL:
            for name, metric in (self._metrics or {}).items():
                if isinstance(metric, MetricSpec):
                    metrics[name] = metric.create_metric_ops(features, labels, predictions)
                elif isinstance(name, tuple):
                    metrics[name[0]] = metric(predictions[name[1]], labels)
                else:
                    metrics[name] = metric(predictions, labels)
            metrics.pop("loss", None)
        metrics = {name: value if isinstance(value, tuple) else (value, value) for name, value in metrics.items()}
        if mode == ModeKeys.INFER:
            return model_fn.EstimatorSpec(mode, predictions=predictions)
        if train_op is not None and not isinstance(train_op, (ops.Operation, ops.Tensor)):
            train_op = ops.convert_to_tensor(train_op)
        return model_fn.EstimatorSpec(mode, predictions=predictions, loss=loss, train_op=train_op,
                                      eval_metric_ops=metrics)


class _Classifier(_Fitting):
    """Predicts numbers of classes."""

    def _shown(self, predictions):
        return (int(one["class_ids"][0]) for one in predictions)

    def predict_classes(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self.predict(x, input_fn, batch_size, as_iterable=as_iterable)

    def predict_proba(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        """The probabilities of the classes."""
        made = input_fn or self._inputs(x, None, batch_size, 1, False)
        found = (one["probabilities"] for one in estimator.Estimator.predict(self, made))
        return found if as_iterable else np.array(list(found))


class _Regressor(_Fitting):
    """Predicts numbers."""

    def _shown(self, predictions):
        return (one["predictions"][0] if one["predictions"].size == 1 else one["predictions"] for one in predictions)

    def predict_scores(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self.predict(x, input_fn, batch_size, as_iterable=as_iterable)


class DNNClassifier(_Classifier, estimators.DNNClassifier):
    """`tf.estimator.DNNClassifier` with `fit`."""

    def __init__(self, hidden_units, feature_columns, model_dir=None, n_classes=2, weight_column_name=None, optimizer=None,
                 activation_fn=None, dropout=None, gradient_clip_norm=None, enable_centered_bias=False, config=None, **_):
        from tenseur.python.ops import nn
        estimators.DNNClassifier.__init__(self, hidden_units, feature_columns, model_dir, n_classes, weight_column_name,
                                          optimizer=optimizer or "Adagrad", activation_fn=activation_fn or nn.relu, dropout=dropout,
                                          config=config, loss_reduction="weighted_mean")


class DNNRegressor(_Regressor, estimators.DNNRegressor):
    """`tf.estimator.DNNRegressor` with `fit`."""

    def __init__(self, hidden_units, feature_columns, model_dir=None, weight_column_name=None, optimizer=None, activation_fn=None,
                 dropout=None, gradient_clip_norm=None, enable_centered_bias=False, config=None, label_dimension=1, **_):
        from tenseur.python.ops import nn
        estimators.DNNRegressor.__init__(self, hidden_units, feature_columns, model_dir, label_dimension, weight_column_name,
                                         optimizer=optimizer or "Adagrad", activation_fn=activation_fn or nn.relu, dropout=dropout,
                                         config=config, loss_reduction="weighted_mean")


class LinearClassifier(_Classifier, estimators.LinearClassifier):
    """`tf.estimator.LinearClassifier` with `fit`."""

    def __init__(self, feature_columns, model_dir=None, n_classes=2, weight_column_name=None, optimizer=None,
                 gradient_clip_norm=None, enable_centered_bias=False, config=None, **_):
        estimators.LinearClassifier.__init__(self, feature_columns, model_dir, n_classes, weight_column_name,
                                             optimizer=optimizer or "Ftrl", config=config, loss_reduction="weighted_mean")


class LinearRegressor(_Regressor, estimators.LinearRegressor):
    """`tf.estimator.LinearRegressor` with `fit`."""

    def __init__(self, feature_columns, model_dir=None, weight_column_name=None, optimizer=None, gradient_clip_norm=None,
                 enable_centered_bias=False, label_dimension=1, config=None, **_):
        estimators.LinearRegressor.__init__(self, feature_columns, model_dir, label_dimension, weight_column_name,
                                            optimizer=optimizer or "Ftrl", config=config, loss_reduction="weighted_mean")


class DNNLinearCombinedClassifier(_Classifier, estimators.DNNLinearCombinedClassifier):
    """`tf.estimator.DNNLinearCombinedClassifier` with `fit`."""

    def __init__(self, model_dir=None, n_classes=2, weight_column_name=None, linear_feature_columns=None, linear_optimizer=None,
                 dnn_feature_columns=None, dnn_optimizer=None, dnn_hidden_units=None, dnn_activation_fn=None, dnn_dropout=None,
                 config=None, **_):
        from tenseur.python.ops import nn
        estimators.DNNLinearCombinedClassifier.__init__(
            self, model_dir, linear_feature_columns, linear_optimizer or "Ftrl", dnn_feature_columns, dnn_optimizer or "Adagrad",
            dnn_hidden_units, dnn_activation_fn or nn.relu, dnn_dropout, n_classes, weight_column_name, config=config,
            loss_reduction="weighted_mean")


class SKCompat:
    """An estimator as scikit-learn has them: arrays only, predictions all at once."""

    def __init__(self, estimator):
        self._estimator = estimator

    def fit(self, x, y, batch_size=128, steps=None, max_steps=None, monitors=None):
        self._estimator.fit(x, y, batch_size=batch_size, steps=steps, max_steps=max_steps, monitors=monitors)
        return self

    def score(self, x, y, batch_size=128, steps=None, metrics=None, name=None):
        return self._estimator.evaluate(x, y, batch_size=batch_size, steps=steps, metrics=metrics, name=name)

    def predict(self, x, batch_size=128, outputs=None):
        found = list(self._estimator.predict(x, batch_size=batch_size, outputs=outputs))
        if found and isinstance(found[0], dict):
            return {key: np.array([one[key] for one in found]) for key in found[0]}
        return np.array(found)


class Experiment:
    """An estimator with the inputs of its training and evaluation."""

    def __init__(self, estimator, train_input_fn, eval_input_fn, eval_metrics=None, train_steps=None, eval_steps=100,
                 train_monitors=None, eval_hooks=None, **_):
        self.estimator = estimator
        self._train, self._eval, self._metrics = train_input_fn, eval_input_fn, eval_metrics
        self._train_steps, self._eval_steps, self._monitors = train_steps, eval_steps, train_monitors

    def train(self, delay_secs=None):
        return self.estimator.train(self._train, max_steps=self._train_steps, hooks=self._monitors)

    def evaluate(self, delay_secs=None):
        return self.estimator.evaluate(input_fn=self._eval, steps=self._eval_steps, **(
            {"metrics": self._metrics} if isinstance(self.estimator, _Fitting) else {}))

    def train_and_evaluate(self):
        self.train()
        return self.evaluate(), []

    continuous_train_and_eval = train_and_evaluate


def run(experiment_fn, output_dir=None, schedule="train_and_evaluate", run_config=None, hparams=None):
    """Makes the experiment and runs its method `schedule`: `learn_runner.run`."""
    experiment = experiment_fn(run_config, hparams) if output_dir is None else experiment_fn(output_dir)
    return getattr(experiment, schedule)()


def infer_real_valued_columns_from_input(x):
    """One column of as many numbers as the array has columns."""
    shape = np.asarray(x).shape
    return [feature_column.numeric_column("", (int(np.prod(shape[1:])),), dtype=dtypes.float32)]


def infer_real_valued_columns_from_input_fn(input_fn):
    """A column for each feature that the function gives."""
    with ops.Graph().as_default():
        features, _ = estimator._tensors(input_fn())
        if not isinstance(features, dict):
            features = {"": features}
        return [feature_column.numeric_column(key, tuple(value.shape.as_list()[1:]) or (1,)) for key, value in sorted(features.items())]
