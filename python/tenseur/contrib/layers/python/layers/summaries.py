"""Summaries of tensors, activations and variables: `tf.contrib.layers.summarize_collection` and its kin."""

import re

from tenseur.python.framework import ops
from tenseur.python.ops import math_ops
from tenseur.python.summary import summary


def _add_scalar_summary(tensor, tag=None):
    tensor.get_shape().assert_has_rank(0)
    return summary.scalar(tag or f"{tensor.op.name}_summary", tensor)


def _add_histogram_summary(tensor, tag=None):
    return summary.histogram(tag or f"{tensor.op.name}_summary", tensor)


def summarize_tensor(tensor, tag=None):
    """A number as a scalar, anything else as a histogram."""
    if tensor.get_shape().ndims == 0:
        return _add_scalar_summary(tensor, tag)
    return _add_histogram_summary(tensor, tag)


def _part(flags):
    return math_ops.reduce_mean(math_ops.cast(flags, "float32"))


def summarize_activation(op):
    """A histogram, and for activations the part that is at their bounds."""
    if op.op.type in ("Relu", "Softplus", "Relu6"):
        _add_scalar_summary(_part(math_ops.less(op.op.inputs[0], math_ops.cast(0.0, op.op.inputs[0].dtype))),
                            f"{op.op.name}/zeros")
    if op.op.type == "Relu6":
        six = math_ops.cast(6.0, op.op.inputs[0].dtype)
        _add_scalar_summary(_part(math_ops.greater(op.op.inputs[0], six)), f"{op.op.name}/sixes")
    return _add_histogram_summary(op, f"{op.op.name}/activation")


def summarize_tensors(tensors, summarizer=summarize_tensor):
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(collection, name_filter=None, summarizer=summarize_tensor):
    """Summaries of a collection's tensors whose names match."""
    found = ops.get_collection(collection)
    return summarize_tensors([op for op in found if name_filter is None or re.match(name_filter, op.op.name)], summarizer)


def summarize_variables(name_filter=None, summarizer=summarize_tensor):
    return summarize_collection(ops.GraphKeys.GLOBAL_VARIABLES, name_filter, summarizer)


def summarize_weights(name_filter=None, summarizer=summarize_tensor):
    return summarize_collection(ops.GraphKeys.WEIGHTS, name_filter, summarizer)


def summarize_biases(name_filter=None, summarizer=summarize_tensor):
    return summarize_collection(ops.GraphKeys.BIASES, name_filter, summarizer)


def summarize_activations(name_filter=None, summarizer=summarize_activation):
    return summarize_collection(ops.GraphKeys.ACTIVATIONS, name_filter, summarizer)
