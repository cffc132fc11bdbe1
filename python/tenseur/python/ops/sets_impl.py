"""Sets in the last axis: `tf.sets`."""

import numpy as np

from tenseur.python.framework import dtypes, ops, sparse_tensor

_OPERATIONS = {
    "a-b": np.setdiff1d,
    "b-a": lambda a, b: np.setdiff1d(b, a),
    "intersection": np.intersect1d,
    "union": np.union1d,
}


def _rows(indices, values, shape):
    """The values by all axes but the last."""
    rows = {}
    for place, value in zip(indices.tolist(), values.tolist()):
        rows.setdefault(tuple(place[:-1]), []).append(value)
    return rows, tuple(int(size) for size in shape)


def _rows_of_dense(array):
    return {place: array[place].tolist() for place in np.ndindex(array.shape[:-1])}, array.shape


def _set_operation(a, b, operation, validate_indices=True):
    """The sparse tensor of the sets that `operation` makes of those of a and b."""
    del validate_indices
    flat, kinds = [], []
    for one in (a, b):
        if isinstance(one, sparse_tensor.SparseTensor):
            flat += [one.indices, one.values, one.dense_shape]
            kinds.append(3)
            dtype = one.values.dtype.base_dtype
            rank = one.shape.ndims
        else:
            one = ops.convert_to_tensor(one)
            flat.append(one)
            kinds.append(1)
            dtype, rank = one.dtype.base_dtype, one.shape.ndims

    def work(arrays):
        sides, at = [], 0
        for kind in kinds:
            sides.append(_rows(*arrays[at:at + 3]) if kind == 3 else _rows_of_dense(np.asarray(arrays[at])))
            at += kind
        places, found, most = [], [], 0
        (first, shape), (second, _) = sides
        numpy_type = object if dtype == dtypes.string else dtype.as_numpy_dtype
        for place in sorted({*first, *second}):
            values = _OPERATIONS[operation](
                np.array(first.get(place, []), numpy_type), np.array(second.get(place, []), numpy_type)
            )
            most = max(most, len(values))
            places += [(*place, column) for column in range(len(values))]
            found += values.tolist()
        values = (found, (len(found),)) if dtype == dtypes.string else np.array(found, numpy_type)
        return [np.array(places, np.int64).reshape(-1, len(shape)), values, np.array([*shape[:-1], most], np.int64)]

    graph = ops.get_default_graph()
    facts = [(9, (None, rank)), (dtype.as_datatype_enum, (None,)), (9, (rank,))]
    first, second = ("Sparse" if kind == 3 else "Dense" for kind in kinds)
    node = graph.create_op(f"{first}To{second}SetOperation", flat, name=f"{first}To{second}SetOperation",
                           attrs={"set_operation": operation}, host=(facts, work))
    return sparse_tensor.SparseTensor(*node.outputs)


def set_intersection(a, b, validate_indices=True):
    """What is in both sets, for each index of the other axes."""
    return _set_operation(a, b, "intersection", validate_indices)


def set_difference(a, b, aminusb=True, validate_indices=True):
    """What is in a and not in b (in b and not in a, without `aminusb`)."""
    return _set_operation(a, b, "a-b" if aminusb else "b-a", validate_indices)


def set_union(a, b, validate_indices=True):
    """What is in either set."""
    return _set_operation(a, b, "union", validate_indices)


def set_size(a, validate_indices=True):
    """How many different elements each set has."""
    def work(arrays):
        rows, shape = _rows(*arrays)
        counts = np.zeros(shape[:-1], np.int32)
        for place, values in rows.items():
            counts[place] = len(set(values))
        return [counts]

    graph = ops.get_default_graph()
    rank = a.shape.ndims
    sizes = None if rank is None else (None,) * (rank - 1)
    return graph.create_op("SetSize", [a.indices, a.values, a.dense_shape], name="SetSize", attrs={},
                           host=([(3, sizes)], work)).outputs[0]
