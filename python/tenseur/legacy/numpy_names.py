"""What NumPy removed, given back."""

import functools
import math

import numpy as np

_TYPES = {
    "int": int, "float": float, "bool": bool, "object": object, "str": str, "complex": complex, "long": int, "unicode": str,
    "float_": np.float64, "complex_": np.complex128, "int0": np.intp, "uint0": np.uintp, "bool8": np.bool_, "str0": np.str_,
    "bytes0": np.bytes_, "object0": np.object_, "unicode_": np.str_, "string_": np.bytes_, "singlecomplex": np.complex64,
    "cfloat": np.complex128, "longfloat": np.longdouble, "clongfloat": np.clongdouble, "longcomplex": np.clongdouble,
}

_VALUES = {"NaN": math.nan, "NAN": math.nan, "Inf": math.inf, "Infinity": math.inf, "infty": math.inf, "PINF": math.inf,
           "NINF": -math.inf, "PZERO": 0.0, "NZERO": -0.0}

_FUNCTIONS = {
    "product": "prod", "cumproduct": "cumprod", "alltrue": "all", "sometrue": "any", "round_": "round", "row_stack": "vstack",
    "in1d": "isin", "trapz": "trapezoid", "find_common_type": "result_type", "fastCopyAndTranspose": "transpose",
}


def _or_list(function):
    """Joins what a generator gives too."""
    @functools.wraps(function)
    def join(arrays, *arguments, **options):
        if not isinstance(arrays, (list, tuple, np.ndarray)) and not hasattr(arrays, "__array__"):
            arrays = list(arrays)
        return function(arrays, *arguments, **options)
    return join


def _ragged(function):
    """Lists of unequal lengths give an array of objects; `copy=False` copies where it must."""
    @functools.wraps(function)
    def make(*arguments, **options):
        try:
            return function(*arguments, **options)
        except ValueError as error:
            if "inhomogeneous" in str(error) and "dtype" not in options and len(arguments) < 2:
                return function(*arguments, dtype=object, **options)
            if "copy" in options and "copy" in str(error):
                del options["copy"]
                return function(*arguments, **options)
            raise
    return make


def _whole_number(function, *places):
    """Counts may come as floats that are whole."""
    @functools.wraps(function)
    def call(*arguments, **options):
        arguments = [int(value) if at in places and isinstance(value, float) and value.is_integer() else value
                     for at, value in enumerate(arguments)]
        return function(*arguments, **options)
    return call


def _fromstring(function):
    @functools.wraps(function)
    def read(string, dtype=float, count=-1, sep="", **options):
        if sep == "":
            data = string.encode("latin-1") if isinstance(string, str) else string
            return np.frombuffer(data, dtype, count).copy()
        return function(string, dtype=dtype, count=count, sep=sep, **options)
    return read


def _histogram(function):
    @functools.wraps(function)
    def count(*arguments, normed=None, **options):
        if normed is not None:
            options.setdefault("density", normed)
        return function(*arguments, **options)
    return count


def _nan_to_num(function):
    @functools.wraps(function)
    def convert(x, *arguments, **options):
        try:
            return function(x, *arguments, **options)
        except ValueError as error:
            if "inhomogeneous" not in str(error):
                raise
            return np.array(x, dtype=object)
    return convert


def _reshape(function):
    @functools.wraps(function)
    def reshape(a, *arguments, newshape=None, **options):
        return function(a, *arguments, **options) if newshape is None else function(a, newshape, **options)
    return reshape


def _load(function):
    @functools.wraps(function)
    def load(file, mmap_mode=None, allow_pickle=True, fix_imports=True, encoding="latin1", **options):
        return function(file, mmap_mode, allow_pickle, fix_imports, encoding, **options)
    return load


def _alone(value):
    """An array of one element as that element; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def formatted(text, values):
    """`text % values`; arrays of one element stand for it."""
    try:
        return text % values
    except TypeError:
        if not isinstance(text, str):
            raise
        return text % (tuple(map(_alone, values)) if isinstance(values, tuple) else _alone(values))


def scalar(function, *arguments):
    """`float(x)` and the like; arrays of one element stand for it."""
    try:
        return function(*arguments)
    except TypeError:
        alone = tuple(map(_alone, arguments))
        if all(one is other for one, other in zip(alone, arguments)):
            raise
        return function(*alone)


def fitted(value):
    """What goes into one element of an array where `value` did not: an array's only element.

    Raises:
      ValueError: where it has several.
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.item()
    raise ValueError("setting an array element with a sequence.")


def _lenient_math():
    """The functions of `math` take arrays of one element."""
    for name in ("exp", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "atan", "atan2", "tanh", "pow", "floor", "ceil",
                 "fabs", "isnan"):
        function = getattr(math, name)
        setattr(math, name, functools.wraps(function)(functools.partial(scalar, function)))


def install():
    """Gives NumPy its names of old, and lets it be as lenient as it was."""
    for name, value in {**_TYPES, **_VALUES}.items():
        if name not in np.__dict__:
            setattr(np, name, value)
    for name, now in _FUNCTIONS.items():
        if not hasattr(np, name) and hasattr(np, now):
            setattr(np, name, getattr(np, now))
    for name, function in (("asscalar", lambda array: array.item()), ("rank", np.ndim),
                           ("msort", lambda array: np.sort(array, axis=0)), ("mat", np.asmatrix),
                           ("issubsctype", np.issubdtype)):
        if not hasattr(np, name):
            setattr(np, name, function)
    for name in ("vstack", "hstack", "stack", "concatenate", "column_stack", "dstack"):
        setattr(np, name, _or_list(getattr(np, name)))
    np.array, np.asarray = _ragged(np.array), _ragged(np.asarray)
    np.linspace = _whole_number(np.linspace, 2)
    np.fromstring = _fromstring(np.fromstring)
    np.histogram = _histogram(np.histogram)
    np.load = _load(np.load)
    np.nan_to_num, np.reshape = _nan_to_num(np.nan_to_num), _reshape(np.reshape)
    _lenient_math()
    # Numbers print as numbers, not as np.float32(…).
    try:
        np.set_printoptions(legacy="1.25")
    except ValueError:
        pass
