"""Conditions that a run, or already the building of the graph, checks: `tf.assert_equal`, `tf.assert_rank`, …."""

import numpy as np

from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, math_ops

NUMERIC_TYPES = frozenset(
    [
        dtypes.float16,
        dtypes.bfloat16,
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.uint16,
        dtypes.uint32,
        dtypes.uint64,
        dtypes.complex64,
        dtypes.complex128,
    ]
)


def _assert(condition, data, summarize=None, name=None):
    """An assertion; where the condition is known to be false, the error comes at once."""
    known = tensor_util.constant_value(condition) if isinstance(condition, ops.Tensor) else condition
    if known is not None and not np.all(known):
        shown = []
        for item in data:
            value = tensor_util.constant_value(item) if isinstance(item, ops.Tensor) else item
            shown.append(str(item if value is None else value))
        raise errors_impl.InvalidArgumentError(None, None, "\n".join(shown))
    return control_flow_ops.Assert(condition, data, summarize=summarize, name=name)


def _binary(function_name, sign, compare, static):
    def check(x, y, data=None, summarize=None, message=None, name=None):
        with ops.name_scope(name, function_name, [x, y, data]):
            x, y = ops.convert_to_tensor(x, name="x"), ops.convert_to_tensor(y, name="y")
            if data is None:
                data = [
                    f"Condition x {sign} y did not hold element-wise:",
                    f"x ({x.name}) = ",
                    x,
                    f"y ({y.name}) = ",
                    y,
                ]
            if message is not None:
                data = [message, *data]
            known = tensor_util.constant_value(x), tensor_util.constant_value(y)
            if known[0] is not None and known[1] is not None:
                _raise_unless(static(*known), data)
            return _assert(math_ops.reduce_all(compare(x, y)), data, summarize=summarize)

    check.__name__ = check.__qualname__ = function_name
    check.__doc__ = f"Checks that x {sign} y for each pair of elements."
    return check


def _raise_unless(holds, data):
    if not np.all(holds):
        _assert(False, data)


assert_equal = _binary("assert_equal", "==", math_ops.equal, np.equal)
assert_none_equal = _binary("assert_none_equal", "!=", math_ops.not_equal, np.not_equal)
assert_less = _binary("assert_less", "<", math_ops.less, np.less)
assert_less_equal = _binary("assert_less_equal", "<=", math_ops.less_equal, np.less_equal)
assert_greater = _binary("assert_greater", ">", math_ops.greater, np.greater)
assert_greater_equal = _binary("assert_greater_equal", ">=", math_ops.greater_equal, np.greater_equal)


def _signed(function_name, sign, against):
    def check(x, data=None, summarize=None, message=None, name=None):
        with ops.name_scope(name, function_name, [x, data]):
            x = ops.convert_to_tensor(x, name="x")
            if data is None:
                data = [message or "", f"Condition x {sign} 0 did not hold element-wise:", f"x ({x.name}) = ", x]
            return against(x, ops.convert_to_tensor(0, dtype=x.dtype), data=data, summarize=summarize)

    check.__name__ = check.__qualname__ = function_name
    check.__doc__ = f"Checks that x {sign} 0 for each element."
    return check


assert_negative = _signed("assert_negative", "<", assert_less)
assert_positive = _signed("assert_positive", ">", assert_greater)
assert_non_negative = _signed("assert_non_negative", ">=", assert_greater_equal)
assert_non_positive = _signed("assert_non_positive", "<=", assert_less_equal)


def assert_near(x, y, rtol=None, atol=None, data=None, summarize=None, message=None, name=None):
    """Checks that |x − y| ≤ atol + rtol·|y|; both are ten times the type's precision by default."""
    with ops.name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = ops.convert_to_tensor(x, name="x")
        y = ops.convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        precision = 10 * np.finfo(x.dtype.as_numpy_dtype).eps
        rtol = ops.convert_to_tensor(
            precision if rtol is None else rtol, name="rtol", dtype=x.dtype.real_dtype.base_dtype
        )
        atol = ops.convert_to_tensor(
            precision if atol is None else atol, name="atol", dtype=x.dtype.real_dtype.base_dtype
        )
        if data is None:
            data = [
                message or "",
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        condition = math_ops.reduce_all(math_ops.less_equal(math_ops.abs(x - y), atol + rtol * math_ops.abs(y)))
        return control_flow_ops.Assert(condition, data, summarize=summarize)


def assert_integer(x, message=None, name=None):
    """Checks that a tensor holds integers."""
    with ops.name_scope(name, "assert_integer", [x]):
        x = ops.convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(f"{message or ''}  Expected \"x\" to be integer type.  Found: {x.dtype} of {x.name}")
        return control_flow_ops.no_op("statically_determined_was_integer")


def assert_type(tensor, tf_type, message=None, name=None):
    """Checks that a tensor is of a type."""
    with ops.name_scope(name, "assert_type", [tensor]):
        if not isinstance(tensor, sparse_tensor.SparseTensor):
            tensor = ops.convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            raise TypeError(f"{message or ''} tensor must be of type {tf_type!r}; got {tensor.dtype!r}")
        return control_flow_ops.no_op("statically_determined_correct_type")


def assert_proper_iterable(values):
    """Checks that `values` is a list or the like of tensors, and no tensor, array or string."""
    unsuited = (ops.Tensor, sparse_tensor.SparseTensor, np.ndarray, bytes, str)
    if isinstance(values, unsuited) or not hasattr(values, "__iter__"):
        raise TypeError(f"Expected argument \"values\" to be iterable.  Found: {type(values)}")


def _rank(x, ranks, holds, condition_of, function_name, said, data, summarize, message, name):
    with ops.name_scope(name, function_name, [x, *ranks]):
        if not isinstance(x, sparse_tensor.SparseTensor):
            x = ops.convert_to_tensor(x, name="x")
        known = [tensor_util.constant_value(one) if isinstance(one, ops.Tensor) else one for one in ranks]
        for one in known:
            if one is not None and np.ndim(one) != 0:
                raise ValueError("Rank must be a scalar.")
        message = message or ""
        own = x.get_shape().ndims
        if all(one is not None for one in known) and own is not None:
            if not holds(own, known):
                message = message + ".  " if message else ""
                raise ValueError(f"{message}Tensor {x.name} {said(known)}.  Received rank {own}, shape {x.get_shape()}")
            return control_flow_ops.no_op(name="static_checks_determined_all_ok")
        found = array_ops.rank(x)
        if data is None:
            data = [message, f"Tensor {x.name} {said(known)}. Received shape: ", array_ops.shape(x)]
        return control_flow_ops.Assert(condition_of(found, ranks), data, summarize=summarize)


def assert_rank(x, rank, data=None, summarize=None, message=None, name=None):
    """Checks how many axes a tensor has."""
    return _rank(x, [rank], lambda own, ranks: own == ranks[0], lambda own, ranks: math_ops.equal(own, ranks[0]),
                 "assert_rank", lambda ranks: f"must have rank {ranks[0]}", data, summarize, message, name)


def assert_rank_at_least(x, rank, data=None, summarize=None, message=None, name=None):
    """Checks that a tensor has at least `rank` axes."""
    return _rank(
        x,
        [rank],
        lambda own, ranks: own >= ranks[0],
        lambda own, ranks: math_ops.greater_equal(own, ranks[0]),
        "assert_rank_at_least",
        lambda ranks: f"must have rank at least {ranks[0]}",
        data,
        summarize,
        message,
        name,
    )


def assert_rank_in(x, ranks, data=None, summarize=None, message=None, name=None):
    """Checks that the number of a tensor's axes is one of `ranks`."""
    return _rank(x, list(ranks), lambda own, ranks: own in ranks,
                 lambda own, ranks: math_ops.reduce_any(array_ops.stack([math_ops.equal(own, one) for one in ranks])),
                 "assert_rank_in", lambda ranks: f"must have rank in {tuple(ranks)}", data, summarize, message, name)


def assert_scalar(tensor, name=None, message=None):
    """Checks that a tensor has no axes."""
    with ops.name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = ops.convert_to_tensor(tensor, name=scope)
        if tensor.get_shape().ndims != 0:
            raise ValueError(
                f"{message or ''}Expected scalar shape for {tensor.name}, saw shape: {tensor.get_shape()}."
            )
        return tensor


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Checks tensors' shapes, in which a letter stands for one size everywhere: {x: ("N", 3), y: ("N",)}."""
    checks, sizes = [], {}
    with ops.name_scope(name, "assert_shapes", [shapes, data]):
        for x, wanted in dict(shapes).items():
            x = ops.convert_to_tensor(x)
            wanted = [wanted] if isinstance(wanted, (int, str)) else list(wanted)
            checks.append(assert_rank(x, len(wanted), message=message))
            for axis, size in enumerate(wanted):
                known = sizes.get(size, size) if isinstance(size, str) else size
                if known in (None, ".") or (isinstance(known, str) and known == "..."):
                    continue
                own = array_ops.shape(x)[axis]
                if isinstance(known, str):
                    sizes[size] = own
                    continue
                said = data or [
                    message or "",
                    f"Tensor {x.name} dimension {axis} must have size {size}. Received shape: ",
                    array_ops.shape(x),
                ]
                checks.append(_assert(math_ops.equal(own, known), said, summarize=summarize))
        return control_flow_ops.group(*checks)


def assert_same_float_dtype(tensors=None, dtype=None):
    """The floating point type that all tensors have, or that is told.

    Raises:
      ValueError: where they have several, or one that is not floating point.
    """
    wanted = dtype and dtypes.as_dtype(dtype)
    for tensor in tensors or []:
        if tensor is None:
            continue
        if wanted is not None and tensor.dtype.base_dtype != wanted:
            raise ValueError(
                f"Tensor {tensor.name} must be the same type as the others: {wanted.name}, got {tensor.dtype.name}"
            )
        wanted = tensor.dtype.base_dtype
    wanted = wanted or dtypes.float32
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted}.")
    return wanted


def is_numeric_tensor(tensor):
    """Whether it is a tensor of numbers."""
    return isinstance(tensor, ops.Tensor) and tensor.dtype.base_dtype in NUMERIC_TYPES


def _differences(x):
    x = array_ops.reshape(x, [-1])
    return x[1:] - x[:-1]


def is_non_decreasing(x, name=None):
    """Whether no element is smaller than the one before."""
    with ops.name_scope(name, "is_non_decreasing", [x]):
        difference = _differences(ops.convert_to_tensor(x, name="x"))
        return math_ops.reduce_all(difference >= ops.convert_to_tensor(0, dtype=difference.dtype))


def is_strictly_increasing(x, name=None):
    """Whether every element is greater than the one before."""
    with ops.name_scope(name, "is_strictly_increasing", [x]):
        difference = _differences(ops.convert_to_tensor(x, name="x"))
        return math_ops.reduce_all(difference > ops.convert_to_tensor(0, dtype=difference.dtype))


def ensure_shape(x, shape, name=None):
    """The tensor, of which a run checks the shape; its shape is then known."""
    shape = tensor_shape.TensorShape(shape)
    with ops.name_scope(name, "EnsureShape", [x]) as scope:
        x = ops.convert_to_tensor(x)
        if shape.ndims is None:
            return array_ops.identity(x, name=scope)
        wanted = [-1 if size is None else size for size in shape.as_list()]
        own = array_ops.shape_internal(x, optimize=False)
        said = ["Shape of tensor ", x.name, own, f" is not compatible with expected shape {shape}."]
        with ops.control_dependencies([control_flow_ops.Assert(math_ops.equal(array_ops.rank(x), shape.ndims), said)]):
            fits = math_ops.reduce_all(math_ops.logical_or(math_ops.less(wanted, 0), math_ops.equal(own, wanted)))
        with ops.control_dependencies([control_flow_ops.Assert(fits, said)]):
            made = array_ops.identity(x, name=scope)
        made.set_shape(shape)
        return made
