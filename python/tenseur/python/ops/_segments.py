"""Rows that belong together, summed or the like: a part of `math_ops`."""

from tenseur import raw_ops
from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import array_ops, gen_ops, math_ops

segment_sum = gen_ops.function("SegmentSum", "The sums of rows whose segment numbers, in rising order, are equal.")
segment_mean = gen_ops.function("SegmentMean", "The means of rows whose segment numbers, in rising order, are equal.")
segment_prod = gen_ops.function(
    "SegmentProd", "The products of rows whose segment numbers, in rising order, are equal."
)
segment_min = gen_ops.function("SegmentMin", "The least of rows whose segment numbers, in rising order, are equal.")
segment_max = gen_ops.function("SegmentMax", "The greatest of rows whose segment numbers, in rising order, are equal.")
unsorted_segment_sum = gen_ops.function("UnsortedSegmentSum", "The sums of rows whose segment numbers are equal.")
unsorted_segment_prod = gen_ops.function("UnsortedSegmentProd", "The products of rows whose segment numbers are equal.")
unsorted_segment_min = gen_ops.function("UnsortedSegmentMin", "The least of rows whose segment numbers are equal.")
unsorted_segment_max = gen_ops.function("UnsortedSegmentMax", "The greatest of rows whose segment numbers are equal.")


def _segment_counts(data, segment_ids, num_segments):
    """How many rows there are of each segment, at least 1, in a shape that goes with the sums."""
    counts = unsorted_segment_sum(array_ops.ones_like(segment_ids, dtype=data.dtype), segment_ids, num_segments)
    missing = data.shape.ndims - segment_ids.shape.ndims
    counts = (
        array_ops.reshape(counts, array_ops.concat([array_ops.shape(counts), [1] * missing], 0)) if missing else counts
    )
    return raw_ops.Maximum(x=counts, y=constant_op.constant(1, data.dtype))


def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The means of rows whose segment numbers are equal."""
    with ops.name_scope(name, "UnsortedSegmentMean"):
        data, segment_ids = ops.convert_to_tensor(data), ops.convert_to_tensor(segment_ids)
        counts = _segment_counts(data, segment_ids, num_segments)
        return unsorted_segment_sum(data, segment_ids, num_segments) / counts


def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sums of rows whose segment numbers are equal, divided by the square roots of their numbers."""
    with ops.name_scope(name, "UnsortedSegmentSqrtN"):
        data, segment_ids = ops.convert_to_tensor(data), ops.convert_to_tensor(segment_ids)
        counts = _segment_counts(data, segment_ids, num_segments)
        return unsorted_segment_sum(data, segment_ids, num_segments) / math_ops.sqrt(counts)


def _sparse_segment(op_type, text):
    def make(data, indices, segment_ids, name=None, num_segments=None):
        if num_segments is not None:
            op = getattr(raw_ops, f"{op_type}WithNumSegments")
            return op(data=data, indices=indices, segment_ids=segment_ids, num_segments=num_segments, name=name)
        return getattr(raw_ops, op_type)(data=data, indices=indices, segment_ids=segment_ids, name=name)

    make.__name__ = make.__qualname__ = gen_ops.snake_case(op_type)
    make.__doc__ = text
    return make


sparse_segment_sum = _sparse_segment(
    "SparseSegmentSum", "The sums of the rows `indices` whose segment numbers are equal."
)
sparse_segment_mean = _sparse_segment(
    "SparseSegmentMean", "The means of the rows `indices` whose segment numbers are equal."
)
sparse_segment_sqrt_n = _sparse_segment(
    "SparseSegmentSqrtN", "As `sparse_segment_sum`, divided by √ of the number of rows."
)
