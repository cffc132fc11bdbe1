"""Summaries of tensors, and of their mean over many batches: `slim.summaries`."""

from tenseur.python.framework import ops
from tenseur.python.ops import nn_impl
from tenseur.python.summary import summary


def _name(tensor, name, prefix):
    name = name or tensor.op.name
    return f"{prefix}/{name}" if prefix else name


def add_histogram_summary(tensor, name=None, prefix=None):
    return summary.histogram(_name(tensor, name, prefix), tensor)


def add_image_summary(tensor, name=None, prefix=None, print_summary=False):
    return summary.image(_name(tensor, name, prefix), tensor)


def add_scalar_summary(tensor, name=None, prefix=None, print_summary=False):
    """A summary of the value; with `print_summary` it is printed too, in every run."""
    from tenseur.python.ops import logging_ops
    collections = [] if print_summary else None
    name = _name(tensor, name, prefix)
    op = summary.scalar(name, tensor, collections=collections)
    if print_summary:
        op = logging_ops.Print(op, [tensor], name)
        ops.add_to_collection(ops.GraphKeys.SUMMARIES, op)
    return op


def add_zero_fraction_summary(tensor, name=None, prefix=None, print_summary=False):
    """Which part of the tensor is zero."""
    name = _name(tensor, name, prefix)
    return add_scalar_summary(nn_impl.zero_fraction(tensor), name, "zero_fraction", print_summary)


def add_histogram_summaries(tensors, prefix=None):
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors, prefix=None):
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(tensors, prefix=None, print_summary=False):
    return [add_scalar_summary(tensor, prefix=prefix, print_summary=print_summary) for tensor in tensors]


def add_zero_fraction_summaries(tensors, prefix=None):
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]
