"""What estimators write for serving: `tf.estimator.export`."""

import collections

from tenseur.python.framework import dtypes
from tenseur.python.ops import array_ops


class ServingInputReceiver(collections.namedtuple("ServingInputReceiver", ["features", "receiver_tensors",
                                                                            "receiver_tensors_alternatives"])):
    """The features of a served model, and the tensors that requests fill."""

    def __new__(cls, features, receiver_tensors, receiver_tensors_alternatives=None):
        if not isinstance(receiver_tensors, dict):
            receiver_tensors = {"input": receiver_tensors}
        return super().__new__(cls, features, receiver_tensors, receiver_tensors_alternatives)


TensorServingInputReceiver = ServingInputReceiver


class ExportOutput:
    """Outputs of a served model under one signature."""

    method_name = "tensorflow/serving/predict"

    def __init__(self, outputs):
        self._outputs = outputs if isinstance(outputs, dict) else {"output": outputs}

    @property
    def outputs(self):
        return self._outputs

    def as_signature_def(self, receiver_tensors):
        from tenseur.python.saved_model import signature_def_utils, utils
        inputs = {name: utils.build_tensor_info(one) for name, one in receiver_tensors.items()}
        outputs = {name: utils.build_tensor_info(one) for name, one in self._outputs.items()}
        return signature_def_utils.build_signature_def(inputs, outputs, self.method_name)


class PredictOutput(ExportOutput):
    """Any tensors by name."""


class ClassificationOutput(ExportOutput):
    """Scores and classes."""

    method_name = "tensorflow/serving/classify"

    def __init__(self, scores=None, classes=None):
        if scores is None and classes is None:
            raise ValueError("At least one of scores and classes must be set.")
        self.scores, self.classes = scores, classes
        super().__init__({name: one for name, one in (("scores", scores), ("classes", classes)) if one is not None})


class RegressionOutput(ExportOutput):
    """A value."""

    method_name = "tensorflow/serving/regress"

    def __init__(self, value):
        self.value = value
        super().__init__({"outputs": value})


def build_raw_serving_input_receiver_fn(features, default_batch_size=None):
    """A receiver whose requests are the features' values."""
    def receiver_fn():
        tensors = {}
        for name, one in features.items():
            shape = one.shape.as_list()
            tensors[name] = array_ops.placeholder(one.dtype, [default_batch_size, *shape[1:]], name=name)
        return ServingInputReceiver(tensors, dict(tensors))
    return receiver_fn


def build_parsing_serving_input_receiver_fn(feature_spec, default_batch_size=None):
    """A receiver whose requests are serialized `Example`s."""
    def receiver_fn():
        from tenseur.python.ops import parsing_ops
        serialized = array_ops.placeholder(dtypes.string, [default_batch_size], name="input_example_tensor")
        return ServingInputReceiver(parsing_ops.parse_example(serialized, feature_spec), {"examples": serialized})
    return receiver_fn


class Exporter:
    """Exports a model after evaluations."""

    def __init__(self, name, serving_input_receiver_fn, assets_extra=None, as_text=False, exports_to_keep=5):
        self._name, self._receiver, self._as_text = name, serving_input_receiver_fn, as_text

    @property
    def name(self):
        return self._name

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        return estimator.export_savedmodel(export_path, self._receiver, as_text=self._as_text,
                                           checkpoint_path=checkpoint_path)


class FinalExporter(Exporter):
    """Exports at the end alone."""

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        if is_the_final_export:
            return super().export(estimator, export_path, checkpoint_path, eval_result, is_the_final_export)
        return None


class LatestExporter(Exporter):
    """Exports after each evaluation."""
