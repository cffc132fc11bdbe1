"""Histograms."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops


def histogram_fixed_width_bins(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """For each value the number of the bin in which it is; what is out of range is in the first or last."""
    with ops.name_scope(name, "histogram_fixed_width_bins", values=[values, value_range, nbins]):
        values = ops.convert_to_tensor(values, name="values")
        shape = array_ops.shape(values)
        values = array_ops.reshape(values, [-1])
        value_range = ops.convert_to_tensor(value_range, name="value_range")
        nbins = ops.convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        count = math_ops.cast(nbins, values.dtype)
        share = math_ops.truediv(values - value_range[0], value_range[1] - value_range[0], name="scaled_values")
        places = math_ops.cast(math_ops.floor(count * share), dtypes.int32, name="indices")
        places = math_ops.minimum(math_ops.maximum(places, 0), nbins - 1)
        return math_ops.cast(array_ops.reshape(places, shape), dtype)


def histogram_fixed_width(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """How many values each of `nbins` equal bins of a range holds; what is out of range counts in the first or last."""
    with ops.name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as name:
        return raw_ops.HistogramFixedWidth(values=values, value_range=value_range, nbins=nbins, dtype=dtype, name=name)
