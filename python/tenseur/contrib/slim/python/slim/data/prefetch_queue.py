"""Batches that are made while others are used: `slim.prefetch_queue.prefetch_queue`."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import data_flow_ops, math_ops
from tenseur.python.summary import summary
from tenseur.python.training import queue_runner_impl


def prefetch_queue(tensors, capacity=8, num_threads=1, dynamic_pad=False, shared_name=None, name=None):
    """A queue of `capacity` elements that threads fill with the tensors, which may be a dictionary or a list.

    Its `dequeue()` gives the tensors of one element.
    """
    tensors = {key: ops.convert_to_tensor(value) for key, value in tensors.items()} if isinstance(tensors, dict) else [
        ops.convert_to_tensor(value) for value in tensors]
    names = sorted(tensors) if isinstance(tensors, dict) else None
    values = [tensors[key] for key in names] if names else tensors
    with ops.name_scope(name, "prefetch_queue", values) as name:
        kind = data_flow_ops.PaddingFIFOQueue if dynamic_pad else data_flow_ops.FIFOQueue
        queue = kind(capacity=capacity, dtypes=[value.dtype for value in values], shapes=[value.shape for value in values],
                     names=names, shared_name=shared_name)
        queue_runner_impl.add_queue_runner(queue_runner_impl.QueueRunner(queue, [queue.enqueue(tensors)] * num_threads))
        summary.scalar(f"fraction_of_{capacity}_full", math_ops.cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return queue
