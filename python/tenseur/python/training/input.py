"""Input pipelines of queues: names of files, examples, batches. The threads that fill them are started by
`tf.train.start_queue_runners`."""

from tenseur.python.framework import dtypes, ops, sparse_tensor, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, data_flow_ops, io_ops, math_ops
from tenseur.python.summary import summary
from tenseur.python.training import queue_runner

def match_filenames_once(pattern, name=None):
    """A local variable with the names of the files that match the pattern."""
    from tenseur.python.ops import variables
    with ops.name_scope(name, "matching_filenames", [pattern]) as scope:
        return variables.VariableV1(io_ops.matching_files(pattern), name=scope, trainable=False, validate_shape=False,
                                    collections=[ops.GraphKeys.LOCAL_VARIABLES])


def limit_epochs(tensor, num_epochs=None, name=None):
    """The tensor, `num_epochs` times; then a run raises OutOfRangeError. The count is a local variable."""
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    from tenseur.python.ops import state_ops, variable_scope
    with ops.name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs = variable_scope.variable(ops.convert_to_tensor(0, dtype=dtypes.int64), name="epochs", trainable=False,
                                         collections=[ops.GraphKeys.LOCAL_VARIABLES])
        counter = state_ops.count_up_to(epochs, num_epochs)
        with ops.control_dependencies([counter]):
            return array_ops.identity(tensor, name=scope)


def input_producer(input_tensor, element_shape=None, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None,
                   summary_name=None, name=None, cancel_op=None):
    """A queue of the rows of the tensor, again and again or `num_epochs` times."""
    from tenseur.python.ops import random_ops
    with ops.name_scope(name, "input_producer", [input_tensor]):
        input_tensor = ops.convert_to_tensor(input_tensor, name="input_tensor")
        element_shape = input_tensor.shape[1:].merge_with(element_shape)
        if not element_shape.is_fully_defined():
            raise ValueError("Either `input_tensor` must have a fully defined shape or `element_shape` must be specified")
        if shuffle:
            input_tensor = random_ops.random_shuffle(input_tensor, seed=seed)
        input_tensor = limit_epochs(input_tensor, num_epochs)
        queue = data_flow_ops.FIFOQueue(capacity=capacity, dtypes=[input_tensor.dtype.base_dtype], shapes=[element_shape],
                                        shared_name=shared_name, name=name)
        enq = queue.enqueue_many(input_tensor)
        queue_runner.add_queue_runner(queue_runner.QueueRunner(queue, [enq], cancel_op=cancel_op))
        if summary_name is not None:
            summary.scalar(summary_name, math_ops.cast(queue.size(), dtypes.float32) * (1. / capacity))
        return queue


def string_input_producer(string_tensor, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None, name=None,
                          cancel_op=None):
    """A queue of strings, of names of files say, shuffled anew each time round."""
    not_null_err = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, ops.Tensor) and not hasattr(string_tensor, "_as_graph_element") and not len(string_tensor):
        raise ValueError(not_null_err)
    with ops.name_scope(name, "input_producer", [string_tensor]) as scope:
        string_tensor = ops.convert_to_tensor(string_tensor, dtype=dtypes.string)
        with ops.control_dependencies([control_flow_ops.Assert(math_ops.greater(array_ops.size(string_tensor), 0), [not_null_err])]):
            string_tensor = array_ops.identity(string_tensor)
        return input_producer(input_tensor=string_tensor, element_shape=[], num_epochs=num_epochs, shuffle=shuffle, seed=seed,
                              capacity=capacity, shared_name=shared_name, name=scope,
                              summary_name=f"fraction_of_{capacity}_full", cancel_op=cancel_op)


def range_input_producer(limit, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None,
                         name=None):
    """A queue of the numbers from 0 to `limit` - 1."""
    with ops.name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(math_ops.range(limit), [], num_epochs, shuffle, seed, capacity, shared_name,
                              f"fraction_of_{capacity}_full", scope)


def slice_input_producer(tensor_list, num_epochs=None, shuffle=True, seed=None, capacity=32, shared_name=None,
                         name=None):
    """A row of each tensor, the same of all."""
    with ops.name_scope(name, "input_producer", tensor_list):
        tensor_list = [ops.convert_to_tensor(tensor) if not isinstance(tensor, ops.IndexedSlices) else tensor
                       for tensor in tensor_list]
        if not tensor_list:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        range_size = array_ops.shape(tensor_list[0])[0]
        queue = range_input_producer(range_size, num_epochs=num_epochs, shuffle=shuffle, seed=seed, capacity=capacity,
                                     shared_name=shared_name)
        index = queue.dequeue()
        return [array_ops.gather(tensor, index) for tensor in tensor_list]


# --- batches ------------------------------------------------------------------------------------------------------------


def _flattened(tensors):
    """The tensors as a list, and the function that puts such a list back into what they came in."""
    if isinstance(tensors, dict):
        keys = sorted(tensors)
        return [tensors[key] for key in keys], lambda found: {key: value for key, value in zip(keys, found)}
    # One tensor comes back as such, in a list or not.
    tensors = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    return tensors, lambda found: list(found) if len(found) != 1 else found[0]


class _Sparse:
    """What is known of a sparse tensor that goes through a queue."""

    def __init__(self, rank, dtype):
        self.rank, self.dtype = rank, dtype


def _stored(tensors, enqueue_many):
    """The tensors that go into the queue for these, and what makes them again."""
    flat, infos = [], []
    for tensor in tensors:
        if isinstance(tensor, sparse_tensor.SparseTensor):
            from tenseur.python.ops import _sparse_through_queues as through
            flat.append(through.packed(tensor, enqueue_many))
            infos.append(_Sparse(tensor.shape.ndims, tensor.dtype.base_dtype))
        else:
            flat.append(ops.convert_to_tensor(tensor))
            infos.append(None)
    return flat, infos


def _restored(tensors, infos, enqueue_many):
    found = []
    for tensor, info in zip(tensors, infos):
        if info is None:
            found.append(tensor)
        else:
            from tenseur.python.ops import _sparse_through_queues as through
            rank = None if info.rank is None else info.rank - (1 if enqueue_many else 0)
            found.append(through.unpacked(tensor, info.dtype, rank))
    return found


def _shapes(tensor_list_list, shapes, enqueue_many):
    if shapes is not None:
        return data_flow_ops._as_shape_list(shapes, None, unknown_dim_allowed=True, unknown_rank_allowed=True)
    merged = []
    for together in zip(*tensor_list_list):
        for one in together:
            if one.get_shape().ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {one}")
        shape = together[0].get_shape()
        for other in together[1:]:
            shape = shape.most_specific_compatible_shape(other.get_shape())
        if enqueue_many:
            shape = shape.with_rank_at_least(1)[1:]
        merged.append(shape)
    return merged


def _types(tensor_list_list):
    first = [tensor.dtype.base_dtype for tensor in tensor_list_list[0]]
    for other in tensor_list_list[1:]:
        found = [tensor.dtype.base_dtype for tensor in other]
        if found != first:
            raise TypeError(f"Expected types to be consistent: {[t.name for t in first]} vs {[t.name for t in found]}.")
    return first


def _enqueued(queue, tensor_list_list, threads, enqueue_many, keep_input):
    """Adds the runner whose threads put the tensors into the queue."""
    enqueue = queue.enqueue_many if enqueue_many else queue.enqueue
    known = tensor_util.constant_value(keep_input) if keep_input.shape.ndims == 0 else None
    ops_of = []
    for tensors in tensor_list_list:
        if known is not None and bool(known) is True:
            ops_of.append(enqueue(tensors))
        elif known is not None:
            ops_of.append(control_flow_ops.no_op())
        elif keep_input.shape.ndims == 1:
            chosen = array_ops.where(keep_input)[:, 0]
            ops_of.append(enqueue([array_ops.gather(tensor, chosen) for tensor in tensors]))
        else:
            ops_of.append(control_flow_ops.cond(keep_input, lambda own=tensors: enqueue(own), control_flow_ops.no_op))
    queue_runner.add_queue_runner(queue_runner.QueueRunner(queue, ops_of * threads if len(ops_of) == 1 else ops_of))


def _keep(keep_input, enqueue_many):
    keep_input = ops.convert_to_tensor(keep_input, dtype=dtypes.bool)
    if keep_input.shape.ndims is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and keep_input.shape.ndims == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if keep_input.shape.ndims > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep_input


def _queue_of_batch(tensor_list_list, capacity, shapes, dynamic_pad, enqueue_many, shared_name):
    types = _types(tensor_list_list)
    shapes = _shapes(tensor_list_list, shapes, enqueue_many)
    if dynamic_pad:
        return data_flow_ops.PaddingFIFOQueue(capacity=capacity, dtypes=types, shapes=shapes, shared_name=shared_name)
    if any(not shape.is_fully_defined() for shape in shapes):
        raise ValueError(f"All shapes must be fully defined: {shapes}")
    return data_flow_ops.FIFOQueue(capacity=capacity, dtypes=types, shapes=shapes, shared_name=shared_name)


def _random_queue_of_batch(tensor_list_list, capacity, least, shapes, seed, enqueue_many, shared_name):
    types = _types(tensor_list_list)
    shapes = _shapes(tensor_list_list, shapes, enqueue_many)
    return data_flow_ops.RandomShuffleQueue(capacity=capacity, min_after_dequeue=least, seed=seed, dtypes=types, shapes=shapes,
                                            shared_name=shared_name)


def _dequeued(queue, batch_size, allow_smaller_final_batch, name):
    found = queue.dequeue_up_to(batch_size, name=name) if allow_smaller_final_batch else queue.dequeue_many(batch_size, name=name)
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _batch(tensors_list, batch_size, keep_input, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
           allow_smaller_final_batch, shared_name, name, least=None, seed=None, default="batch"):
    """What all of `batch`, `batch_join`, `shuffle_batch` and `shuffle_batch_join` do."""
    if any(isinstance(tensors, dict) and (not isinstance(tensors_list[0], dict) or sorted(tensors) != sorted(tensors_list[0]))
           for tensors in tensors_list):
        raise ValueError("All dictionaries must have the same keys")
    flat, rebuild = zip(*map(_flattened, tensors_list))
    if not flat or not flat[0]:
        raise ValueError("Expected at least one tensor in the list to batch.")
    with ops.name_scope(name, default, [tensor for part in flat for tensor in part if isinstance(tensor, ops.Tensor)]) as scope:
        keep_input = _keep(keep_input, enqueue_many)
        stored, infos = zip(*(_stored(part, enqueue_many) for part in flat))
        if least is None:
            queue = _queue_of_batch(stored, capacity, shapes, dynamic_pad, enqueue_many, shared_name)
            _enqueued(queue, stored, num_threads, enqueue_many, keep_input)
            summary.scalar(f"fraction_of_{capacity}_full",
                           math_ops.cast(queue.size(), dtypes.float32) * (1. / capacity))
        else:
            if capacity <= least:
                raise ValueError(f"capacity {capacity} must be bigger than min_after_dequeue {least}.")
            queue = _random_queue_of_batch(stored, capacity, least, shapes, seed, enqueue_many, shared_name)
            _enqueued(queue, stored, num_threads, enqueue_many, keep_input)
            full = math_ops.cast(math_ops.maximum(0, queue.size() - least), dtypes.float32) * (1. / (capacity - least))
            summary.scalar(f"fraction_over_{least}_of_{capacity - least}_full", full)
        dequeued = _dequeued(queue, batch_size, allow_smaller_final_batch, scope)
        return rebuild[0](_restored(dequeued, infos[0], enqueue_many))


def batch(tensors, batch_size, num_threads=1, capacity=32, enqueue_many=False, shapes=None, dynamic_pad=False,
          allow_smaller_final_batch=False, shared_name=None, name=None):
    """Batches of `batch_size` of the tensors, by a queue that `num_threads` threads fill.

    Args:
      tensors: a list or dictionary of tensors: an example; with `enqueue_many`, their rows are examples.
      dynamic_pad: whether examples of different sizes are filled up with zeros.
      allow_smaller_final_batch: whether what is left at the end makes a batch.
    """
    return _batch([tensors], batch_size, True, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
                  allow_smaller_final_batch, shared_name, name)


def maybe_batch(tensors, keep_input, batch_size, num_threads=1, capacity=32, enqueue_many=False, shapes=None,
                dynamic_pad=False, allow_smaller_final_batch=False, shared_name=None, name=None):
    """As `batch`, of the examples for which `keep_input` is true."""
    return _batch([tensors], batch_size, keep_input, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
                  allow_smaller_final_batch, shared_name, name)


def batch_join(tensors_list, batch_size, capacity=32, enqueue_many=False, shapes=None, dynamic_pad=False,
               allow_smaller_final_batch=False, shared_name=None, name=None):
    """As `batch`, with a thread for each of several examples."""
    return _batch(list(tensors_list), batch_size, True, 1, capacity, enqueue_many, shapes, dynamic_pad,
                  allow_smaller_final_batch, shared_name, name, default="batch_join")


def maybe_batch_join(tensors_list, keep_input, batch_size, capacity=32, enqueue_many=False, shapes=None, dynamic_pad=False,
                     allow_smaller_final_batch=False, shared_name=None, name=None):
    return _batch(list(tensors_list), batch_size, keep_input, 1, capacity, enqueue_many, shapes, dynamic_pad,
                  allow_smaller_final_batch, shared_name, name, default="batch_join")


def shuffle_batch(tensors, batch_size, capacity, min_after_dequeue, num_threads=1, seed=None, enqueue_many=False, shapes=None,
                  allow_smaller_final_batch=False, shared_name=None, name=None):
    """As `batch`, of examples drawn by chance, of which `min_after_dequeue` at least are there to draw from."""
    return _batch([tensors], batch_size, True, num_threads, capacity, enqueue_many, shapes, False, allow_smaller_final_batch,
                  shared_name, name, min_after_dequeue, seed, "shuffle_batch")


def maybe_shuffle_batch(tensors, batch_size, capacity, min_after_dequeue, keep_input, num_threads=1, seed=None,
                        enqueue_many=False, shapes=None, allow_smaller_final_batch=False, shared_name=None, name=None):
    return _batch([tensors], batch_size, keep_input, num_threads, capacity, enqueue_many, shapes, False,
                  allow_smaller_final_batch, shared_name, name, min_after_dequeue, seed, "shuffle_batch")


def shuffle_batch_join(tensors_list, batch_size, capacity, min_after_dequeue, seed=None, enqueue_many=False, shapes=None,
                       allow_smaller_final_batch=False, shared_name=None, name=None):
    """As `shuffle_batch`, with a thread for each of several examples."""
    return _batch(list(tensors_list), batch_size, True, 1, capacity, enqueue_many, shapes, False, allow_smaller_final_batch,
                  shared_name, name, min_after_dequeue, seed, "shuffle_batch_join")


def maybe_shuffle_batch_join(tensors_list, batch_size, capacity, min_after_dequeue, keep_input, seed=None, enqueue_many=False,
                             shapes=None, allow_smaller_final_batch=False, shared_name=None, name=None):
    return _batch(list(tensors_list), batch_size, keep_input, 1, capacity, enqueue_many, shapes, False,
                  allow_smaller_final_batch, shared_name, name, min_after_dequeue, seed, "shuffle_batch_join")
