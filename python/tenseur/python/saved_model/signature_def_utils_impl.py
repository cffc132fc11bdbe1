"""Signatures: what a model takes and gives, by name."""

from tenseur.core.protobuf import meta_graph_pb2
from tenseur.python.framework import dtypes, ops
from tenseur.python.saved_model import signature_constants, utils_impl


def build_signature_def(inputs=None, outputs=None, method_name=None):
    """A signature of TensorInfos."""
    signature = meta_graph_pb2.SignatureDef()
    for name, info in (inputs or {}).items():
        signature.inputs[name].CopyFrom(info)
    for name, info in (outputs or {}).items():
        signature.outputs[name].CopyFrom(info)
    if method_name is not None:
        signature.method_name = method_name
    return signature


def _infos(tensors):
    return {name: utils_impl.build_tensor_info(ops.convert_to_tensor(tensor) if not hasattr(tensor, "dense_shape") else tensor)
            for name, tensor in tensors.items()}


def predict_signature_def(inputs, outputs):
    """The signature of a model with any tensors, by name."""
    if not inputs:
        raise ValueError("Prediction inputs cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction outputs cannot be None or empty.")
    return build_signature_def(_infos(inputs), _infos(outputs), signature_constants.PREDICT_METHOD_NAME)


def classification_signature_def(examples, classes, scores):
    """The signature of a model that gives classes or scores of serialized Examples."""
    if examples is None:
        raise ValueError("Classification examples cannot be None.")
    if classes is None and scores is None:
        raise ValueError("Classification classes and scores cannot both be None.")
    outputs = {}
    if classes is not None:
        outputs[signature_constants.CLASSIFY_OUTPUT_CLASSES] = classes
    if scores is not None:
        outputs[signature_constants.CLASSIFY_OUTPUT_SCORES] = scores
    return build_signature_def(_infos({signature_constants.CLASSIFY_INPUTS: examples}), _infos(outputs),
                               signature_constants.CLASSIFY_METHOD_NAME)


def regression_signature_def(examples, predictions):
    """The signature of a model that gives numbers for serialized Examples."""
    if examples is None or predictions is None:
        raise ValueError("Regression examples and predictions cannot be None.")
    return build_signature_def(_infos({signature_constants.REGRESS_INPUTS: examples}),
                               _infos({signature_constants.REGRESS_OUTPUTS: predictions}), signature_constants.REGRESS_METHOD_NAME)


def is_valid_signature(signature_def):
    """Whether it has inputs, outputs and the name of a method that servers know."""
    return bool(signature_def is not None and signature_def.inputs and signature_def.outputs and signature_def.method_name in (
        signature_constants.CLASSIFY_METHOD_NAME, signature_constants.PREDICT_METHOD_NAME,
        signature_constants.REGRESS_METHOD_NAME)) and _types_fit(signature_def)


def _types_fit(signature_def):
    if signature_def.method_name == signature_constants.PREDICT_METHOD_NAME:
        return True
    return all(info.dtype == dtypes.string.as_datatype_enum for info in signature_def.inputs.values())
