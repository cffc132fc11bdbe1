"""What a model's function gives to an `Estimator`."""

import collections

from tenseur.python.framework import ops


class ModeKeys:
    """What a graph is built for."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


_FIELDS = ["mode", "predictions", "loss", "train_op", "eval_metric_ops", "export_outputs", "training_chief_hooks",
           "training_hooks", "scaffold", "evaluation_hooks", "prediction_hooks"]


class EstimatorSpec(collections.namedtuple("EstimatorSpec", _FIELDS)):
    """The operations of a model: predictions, loss, training, metrics.

    Raises:
      ValueError: where what the mode needs is missing.
      TypeError: where something is of the wrong kind.
    """

    def __new__(cls, mode, predictions=None, loss=None, train_op=None, eval_metric_ops=None, export_outputs=None,
                training_chief_hooks=None, training_hooks=None, scaffold=None, evaluation_hooks=None, prediction_hooks=None):
        if train_op is None and mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        if loss is None and mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError("Missing loss.")
        if predictions is None and mode == ModeKeys.PREDICT:
            raise ValueError("Missing predictions.")
        if loss is not None:
            loss = ops.convert_to_tensor(loss)
            if not loss.shape.is_compatible_with([]) and loss.shape.num_elements() != 1:
                raise ValueError(f"Loss must be scalar, given: {loss}")
            if loss.shape.ndims:
                from tenseur.python.ops import array_ops
                loss = array_ops.reshape(loss, [])
        for name, value in (eval_metric_ops or {}).items():
            if not isinstance(value, tuple) or len(value) != 2:
                if not hasattr(value, "result"):
                    raise TypeError("Values of eval_metric_ops must be (metric_value, update_op) tuples, given: "
                                    f"{value} for key: {name}")
        from tenseur.python.training import monitored_session
        return super().__new__(
            cls, mode, {} if predictions is None else predictions, loss, train_op, eval_metric_ops or {}, export_outputs,
            tuple(training_chief_hooks or ()), tuple(training_hooks or ()), scaffold or monitored_session.Scaffold(),
            tuple(evaluation_hooks or ()), tuple(prediction_hooks or ()))
