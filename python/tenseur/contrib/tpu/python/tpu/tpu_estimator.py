"""`TPUEstimator` on this machine's processors, which is what `use_tpu=False` asks for."""

import collections

from tenseur.contrib.tpu.python.tpu import tpu_config
from tenseur.python.estimator import estimator, model_fn as model_fn_lib
from tenseur.python.training import session_run_hook

_FIELDS = ["mode", "predictions", "loss", "train_op", "eval_metrics", "export_outputs", "scaffold_fn", "host_call",
           "training_hooks", "evaluation_hooks", "prediction_hooks"]


class TPUEstimatorSpec(collections.namedtuple("TPUEstimatorSpec", _FIELDS)):
    """The operations of a model.

    Args:
      eval_metrics: (function, tensors): the function gives the metrics of those, as `eval_metric_ops` has them.
      scaffold_fn: gives the scaffold.
      host_call: (function, tensors): what the function gives runs with every training step.
    """

    def __new__(cls, mode, predictions=None, loss=None, train_op=None, eval_metrics=None, export_outputs=None,
                scaffold_fn=None, host_call=None, training_hooks=None, evaluation_hooks=None, prediction_hooks=None):
        for name, pair in (("eval_metrics", eval_metrics), ("host_call", host_call)):
            if pair is not None and (not isinstance(pair, tuple) or len(pair) != 2 or not callable(pair[0])):
                raise ValueError(f"{name} should be a tuple of a function and its tensors, given: {pair}")
        return super().__new__(cls, mode, predictions, loss, train_op, eval_metrics, export_outputs, scaffold_fn, host_call,
                               tuple(training_hooks or ()), tuple(evaluation_hooks or ()), tuple(prediction_hooks or ()))

    def as_estimator_spec(self):
        """The same as a `tf.estimator.EstimatorSpec`."""
        hooks = list(self.training_hooks)
        if self.host_call is not None and self.mode == model_fn_lib.ModeKeys.TRAIN:
            hooks.append(_WithEveryStep(_called(self.host_call)))
        return model_fn_lib.EstimatorSpec(
            mode=self.mode, predictions=self.predictions, loss=self.loss, train_op=self.train_op,
            eval_metric_ops=None if self.eval_metrics is None else _called(self.eval_metrics),
            export_outputs=self.export_outputs, scaffold=None if self.scaffold_fn is None else self.scaffold_fn(),
            training_hooks=hooks, evaluation_hooks=self.evaluation_hooks, prediction_hooks=self.prediction_hooks)


def _called(pair):
    function, tensors = pair
    return function(**tensors) if isinstance(tensors, dict) else function(*tensors)


class _WithEveryStep(session_run_hook.SessionRunHook):
    """Runs an operation with every step."""

    def __init__(self, operation):
        self._operation = operation

    def before_run(self, run_context):
        return session_run_hook.SessionRunArgs(self._operation)


class TPUEstimator(estimator.Estimator):
    """A `tf.estimator.Estimator` whose input function and model are told their batch size, as `params["batch_size"]`.

    Raises:
      NotImplementedError: where `use_tpu` is true.
    """

    def __init__(self, model_fn=None, model_dir=None, config=None, params=None, use_tpu=True, train_batch_size=None,
                 eval_batch_size=None, predict_batch_size=None, batch_axis=None, eval_on_tpu=True, export_to_tpu=True,
                 export_to_cpu=True, warm_start_from=None, **_):
        if not isinstance(config, tpu_config.RunConfig):
            raise ValueError("`config` must be provided with type `tpu_config.RunConfig`")
        if params is not None and "batch_size" in params:
            raise ValueError("batch_size are reserved keys but existed in params {}.".format(params))
        if use_tpu:
            raise NotImplementedError("tf.contrib.tpu.TPUEstimator: there are no TPUs here; with use_tpu=False it trains on this "
                                      "machine's processors")
        super().__init__(model_fn, model_dir, config, params, warm_start_from)
        self._batch_sizes = {model_fn_lib.ModeKeys.TRAIN: train_batch_size, model_fn_lib.ModeKeys.EVAL: eval_batch_size,
                             model_fn_lib.ModeKeys.PREDICT: predict_batch_size}

    def _with_batch_size(self, mode):
        """The parameters, and the size of this mode's batches where one was given."""
        size = self._batch_sizes[mode]
        if size is None:
            return self._params
        if hasattr(self._params, "add_hparam"):
            params = type(self._params)(**self._params.values())
            params.add_hparam("batch_size", size)
            return params
        return dict(self._params, batch_size=size)

    def _call_input_fn(self, input_fn, mode):
        given, self._params = self._params, self._with_batch_size(mode)
        try:
            return super()._call_input_fn(input_fn, mode)
        finally:
            self._params = given

    def _call_model_fn(self, features, labels, mode, config):
        given, self._params = self._params, self._with_batch_size(mode)
        made = self._model_fn

        def as_estimators(features, labels, mode, params, config):
            known = estimator._arguments_of(made)
            named = {name: value for name, value in (("labels", labels), ("mode", mode), ("params", params), ("config", config))
                     if name in known}
            if labels is not None and "labels" not in known:
                raise ValueError("model_fn does not take labels, but input_fn returns labels.")
            spec = made(features=features, **named)
            return spec.as_estimator_spec() if isinstance(spec, TPUEstimatorSpec) else spec

        self._model_fn = as_estimators
        try:
            return super()._call_model_fn(features, labels, mode, config)
        finally:
            self._params, self._model_fn = given, made
