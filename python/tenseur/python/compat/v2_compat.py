"""TensorFlow 2's switches for TensorFlow 1's behaviour, which is the only one here."""

from tenseur.python.eager.context import enable_eager_execution


def disable_v2_behavior():
    """Nothing: this is TensorFlow 1."""


disable_eager_execution = disable_v2_tensorshape = disable_tensor_equality = disable_v2_behavior
disable_control_flow_v2 = enable_v2_tensorshape = enable_control_flow_v2 = disable_v2_behavior


def enable_v2_behavior():
    """Refused, as `enable_eager_execution` is."""
    enable_eager_execution()


def enable_tensor_equality():
    """Refused: `==` compares tensors as objects, as in TensorFlow 1."""
    raise NotImplementedError("enable_tensor_equality is not there in tenseur: write tf.equal(a, b)")
