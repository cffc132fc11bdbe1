"""Python functions as operations: `tf.py_func`."""

import itertools

import numpy as np

from tenseur.python.framework import dtypes, errors_impl, op_def_library, ops, tensor_util

_tokens = itertools.count()


def _internal_py_func(func, inp, Tout, stateful=None, eager=False, is_grad_func=False, name=None):
    single = not isinstance(Tout, (list, tuple))
    types = [dtypes.as_dtype(one).base_dtype for one in ([Tout] if single else Tout)]
    token = f"pyfunc_{next(_tokens)}"

    def call(values):
        try:
            result = func(*values)
        except Exception as error:
            raise _in_a_run(error) from error
        return _results(result, types, token)

    op_type = "PyFunc" if stateful or stateful is None else "PyFuncStateless"
    facts = [(one._enum, None) for one in types]
    op = op_def_library.make_op(op_type, name, {"input": list(inp), "token": token, "Tout": types}, host=(facts, call))
    op._py_function = func
    if single:
        return op.outputs[0]
    return list(op.outputs) if types or op_type == "PyFuncStateless" else op


def _in_a_run(error):
    """The error of a run that an exception of the function becomes."""
    if isinstance(error, (errors_impl.OpError, TypeError, ValueError)):
        return error
    kinds = ((StopIteration, errors_impl.OutOfRangeError), (MemoryError, errors_impl.ResourceExhaustedError),
             (NotImplementedError, errors_impl.UnimplementedError), (Exception, errors_impl.UnknownError))
    kind = next(made for raised, made in kinds if isinstance(error, raised))
    return kind(None, None, f"{type(error).__name__}: {error}")


def _results(result, types, token):
    if not types:
        return []
    if len(types) == 1 and not (isinstance(result, (list, tuple)) and len(result) == 1):
        result = [result]
    elif not isinstance(result, (list, tuple)):
        result = [result]
    if len(result) != len(types):
        raise ValueError(f"{token} returns {len(result)} values and was to return {len(types)}")
    return [_converted(value, dtype, token, place) for place, (value, dtype) in enumerate(zip(result, types))]


def _converted(value, dtype, token, place):
    """The value as the engine takes it. Python's numbers become what is wanted; an array must be of that type.

    Raises:
      tf.errors.InvalidArgumentError: where it is of another.
    """
    if dtype == dtypes.string:
        return tensor_util.to_engine(np.asarray(value, dtype=object))
    array = np.asarray(value)
    if array.dtype.kind in "OV":
        raise errors_impl.UnimplementedError(None, None, f"Unsupported object type {type(value).__name__}")
    wanted = np.dtype(dtype.as_numpy_dtype)
    if array.dtype == wanted:
        return np.ascontiguousarray(array).reshape(array.shape)
    natural = not isinstance(value, (np.ndarray, np.generic)) and not tensor_util._holds_numpy(value)
    fits = array.dtype.kind == wanted.kind or (array.dtype.kind in "ib" and wanted.kind in "fc")
    if not (natural and fits):
        raise errors_impl.InvalidArgumentError(
            None, None, f"{place}-th value returned by {token} is {array.dtype.name}, but expects {dtype.name}")
    return np.ascontiguousarray(array.astype(wanted)).reshape(array.shape)


def py_func(func, inp, Tout, stateful=True, name=None):
    """What the Python function `func` returns for the values of `inp`, when the graph runs.

    Args:
      func: takes a NumPy array for each tensor of `inp`, and gives an array, or a list of them.
      inp: a list of tensors.
      Tout: the types of what it returns: a list, or one type.

    Raises (when it runs):
      tf.errors.InvalidArgumentError: where the function returns another type.
      tf.errors.UnknownError: where it raises.
    """
    return _internal_py_func(func, inp, Tout, stateful, name=name)


py_func_common = py_func


def numpy_function(func, inp, Tout, name=None):
    """As `py_func`."""
    return py_func(func, inp, Tout, stateful=True, name=name)


def eager_py_func(func, inp, Tout, name=None):
    """TensorFlow calls the function with eager tensors, which there are none of in tenseur."""
    raise NotImplementedError(
        "tf.py_function: there are no eager tensors in tenseur; tf.py_func calls the function with NumPy "
                              "arrays")

