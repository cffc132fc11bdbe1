"""Sequences out of the steps of a beam search."""

import numpy as np

from tenseur.python.framework import dtypes, ops


def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token, name=None):
    """The sequences that the beams hold at the end, with `end_token` after each one's end.

    Args:
      step_ids, parent_ids: (time, batch, beams), what each step chose and from which beam.
      max_sequence_lengths: (batch,), how many steps count.
    """
    with ops.name_scope(name, "GatherTree", [step_ids, parent_ids, max_sequence_lengths, end_token]) as scope:
        step_ids = ops.convert_to_tensor(step_ids, dtypes.int32, name="step_ids")
        inputs = [step_ids] + [ops.convert_to_tensor(one, dtypes.int32) for one in (
            parent_ids, max_sequence_lengths, end_token)]
        sizes = step_ids.shape
        fact = (dtypes.int32.as_datatype_enum, None if sizes.ndims is None else tuple(sizes.as_list()))
        attrs = {"T": ("type", dtypes.int32.as_datatype_enum)}
        return ops.get_default_graph().create_op("GatherTree", inputs, name=scope, attrs=attrs,
                                                 host=([fact], _walk)).outputs[0]


def _walk(values):
    steps, parents, lengths, end = values
    time, batch, beams = steps.shape
    result = np.full(steps.shape, end, dtype=np.int32)
    every = np.arange(beams)
    for row in range(batch):
        length = min(time, int(lengths[row]))
        at = every
        for level in range(length - 1, -1, -1):
            result[level, row] = steps[level, row, at]
            at = parents[level, row, at]
        if length:
            over = np.cumsum(result[:length, row] == end, axis=0) > 0
            result[:length, row][over] = end
    return [result]
