"""Functions over the elements of tensors: `tf.map_fn`, `tf.foldl`, `tf.foldr`, `tf.scan`."""

from tenseur.python.framework import constant_op, ops, tensor_shape
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, tensor_array_ops  # noqa: F401
from tenseur.python.util import nest


def _elements(elems):
    """The tensors of a structure, their arrays of elements, and how many elements there are."""
    flat = [ops.convert_to_tensor(elem, name="elem") for elem in nest.flatten(elems)]
    if any(elem.shape.ndims == 0 for elem in flat):
        raise ValueError("elements in elems must be 1+ dimensional Tensors, not scalars")
    count = None if flat[0].shape.ndims is None else tensor_shape.dimension_value(flat[0].shape[0])
    if not count:
        count = array_ops.shape(flat[0])[0]
    arrays = [tensor_array_ops.TensorArray(dtype=elem.dtype, size=count, dynamic_size=False,
                                           infer_shape=True).unstack(elem)
              for elem in flat]
    return flat, arrays, count


def _check(fn, elems):
    if not callable(fn):
        raise TypeError("fn must be callable.")
    for elem in nest.flatten(elems):
        if type(elem).__name__ == "SparseTensor":
            raise TypeError(
                "Unable to perform map or scan over sparse tensors. Convert them to dense ones (tf.sparse.to_dense) "
                            "or use tf.while_loop.")


def _known_count(flat):
    known = tensor_shape.Dimension(None)
    for elem in flat:
        if elem.shape.ndims is not None:
            known = known.merge_with(elem.shape[0])
    return known


def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """`fn(… fn(fn(initializer, elems[0]), elems[1]) …, elems[n-1])`; without initializer it begins with the first
    element."""
    return _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name or None, "foldl", False)


def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """`fn(… fn(fn(initializer, elems[n-1]), elems[n-2]) …, elems[0])`; without initializer it begins with the last
    one."""
    return _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name or None, "foldr", True)


def _fold(fn, elems, initializer, parallel_iterations, back_prop, swap_memory, name, default_name, backwards):
    _check(fn, elems)
    with ops.name_scope(name, default_name, nest.flatten(elems)):
        _, arrays, count = _elements(elems)

        def element(i):
            return nest.pack_sequence_as(elems, [array.read(i) for array in arrays])

        step = -1 if backwards else 1
        if initializer is None:
            first = (count - 1) if backwards else constant_op.constant(0)
            value, start = element(first), first + step
        else:
            value, start = initializer, (count - 1) if backwards else constant_op.constant(0)

        def goes_on(i, _):
            return i >= 0 if backwards else i < count

        def turn(i, value):
            return [i + step, fn(value, element(i))]

        _, result = control_flow_ops.while_loop(goes_on, turn, [ops.convert_to_tensor(start), value],
                                                parallel_iterations=parallel_iterations, back_prop=back_prop,
                                                swap_memory=swap_memory)
        return result


def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True,
           name=None):
    """`fn` of each element along the first axis, stacked.

    Args:
      elems: a tensor, or a structure of tensors of one length; `fn` gets their elements in that structure.
      dtype: the types of what `fn` returns, in its structure, where they are not those of `elems`.
    """
    _check(fn, elems)
    structure = elems if dtype is None else dtype
    with ops.name_scope(name, "map", nest.flatten(elems)):
        flat, arrays, count = _elements(elems)
        types = [elem.dtype for elem in flat] if dtype is None else nest.flatten(dtype)
        results = [tensor_array_ops.TensorArray(dtype=one, size=count, dynamic_size=False, infer_shape=infer_shape)
                   for one in types]

        def turn(i, results):
            values = fn(nest.pack_sequence_as(elems, [array.read(i) for array in arrays]))
            nest.assert_same_structure(structure, values)
            values = nest.flatten(values)
            return i + 1, [array.write(i, value) for array, value in zip(results, values)]

        _, results = control_flow_ops.while_loop(lambda i, _: i < count, turn, (constant_op.constant(0), results),
                                                 parallel_iterations=parallel_iterations or 10, back_prop=back_prop,
                                                 swap_memory=swap_memory)
        return nest.pack_sequence_as(structure, _stacked(results, flat))


def _stacked(arrays, flat):
    results = [array.stack() for array in arrays]
    length = _known_count(flat)
    for result in results:
        result.set_shape(tensor_shape.TensorShape([length]).concatenate(result.shape[1:]))
    return results


def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True,
         reverse=False, name=None):
    """All values that `a = fn(a, elems[i])` takes, stacked; `a` begins as `initializer`, or as the first element.

    Args:
      reverse: whether it goes from the last element to the first.
    """
    _check(fn, elems)
    structure = elems if initializer is None else initializer
    with ops.name_scope(name, "scan", nest.flatten(elems)):
        flat, arrays, count = _elements(elems)
        first = count - 1 if reverse else 0
        if initializer is None:
            values = [array.read(first) for array in arrays]
        else:
            values = [ops.convert_to_tensor(one) for one in nest.flatten(initializer)]
        results = [tensor_array_ops.TensorArray(dtype=one.dtype, size=count, element_shape=one.shape if infer_shape
                                                else None,
                                                dynamic_size=False, infer_shape=infer_shape) for one in values]
        if initializer is None:
            results = [array.write(first, one) for array, one in zip(results, values)]
            first = first - 1 if reverse else first + 1

        def goes_on(i, *_):
            return i >= 0 if reverse else i < count

        def turn(i, values, results):
            element = nest.pack_sequence_as(elems, [array.read(i) for array in arrays])
            value = fn(nest.pack_sequence_as(structure, values), element)
            nest.assert_same_structure(structure, value)
            values = nest.flatten(value)
            results = [array.write(i, one) for array, one in zip(results, values)]
            return i - 1 if reverse else i + 1, values, results

        _, _, results = control_flow_ops.while_loop(goes_on, turn, (ops.convert_to_tensor(first), values, results),
                                                    parallel_iterations=parallel_iterations, back_prop=back_prop,
                                                    swap_memory=swap_memory)
        return nest.pack_sequence_as(structure, _stacked(results, flat))
