"""The types of the numbers (and strings) in a tensor."""

import numpy as np


class DType:
    """A type of tensors' elements: `tf.float32`."""

    __slots__ = ("_enum", "_name", "_numpy", "_is_ref")

    def __init__(self, type_enum, name=None, numpy_type=None, is_ref=False):
        if name is None:
            known = as_dtype(type_enum)
            name, numpy_type, is_ref = known._name, known._numpy, known._is_ref
        self._enum = type_enum
        self._name = name
        self._numpy = numpy_type
        self._is_ref = is_ref

    @property
    def name(self):
        return self._name

    @property
    def as_datatype_enum(self):
        return self._enum

    @property
    def as_numpy_dtype(self):
        return self._numpy

    @property
    def base_dtype(self):
        return _BY_ENUM[self._enum - 100] if self._is_ref else self

    @property
    def real_dtype(self):
        if self.base_dtype == complex64:
            return float32
        if self.base_dtype == complex128:
            return float64
        return self

    @property
    def _as_ref(self):
        return self if self._is_ref else _BY_ENUM[self._enum + 100]

    @property
    def _is_ref_dtype(self):
        return self._is_ref

    @property
    def is_bool(self):
        return self.base_dtype == bool

    @property
    def is_integer(self):
        return self._enum % 100 in _INTEGERS

    @property
    def is_floating(self):
        return self._enum % 100 in _FLOATS

    @property
    def is_complex(self):
        return self._enum % 100 in _COMPLEX

    @property
    def is_quantized(self):
        return False

    @property
    def is_numpy_compatible(self):
        return self.base_dtype not in (resource, variant)

    @property
    def is_unsigned(self):
        return self.base_dtype in (uint8, uint16, uint32, uint64)

    @property
    def size(self):
        return 1 if self._numpy in (None, object) else np.dtype(self._numpy).itemsize

    @property
    def min(self):
        """The smallest number of the type."""
        if self.is_bool:
            return False
        if self.base_dtype == bfloat16:
            return float.fromhex("-0x1.FEp127")
        info = np.finfo if self.is_floating else np.iinfo
        return info(self._numpy).min

    @property
    def max(self):
        """The largest number of the type."""
        if self.is_bool:
            return True
        if self.base_dtype == bfloat16:
            return float.fromhex("0x1.FEp127")
        info = np.finfo if self.is_floating else np.iinfo
        return info(self._numpy).max

    @property
    def limits(self):
        return self.min, self.max

    def is_compatible_with(self, other):
        """Whether a tensor of `other` may stand where this is wanted: a reference where a value is."""
        other = as_dtype(other)
        return self._enum in (other._enum, other.base_dtype._enum)

    def __eq__(self, other):
        if other is None:
            return False
        if type(other) is not DType:
            try:
                other = as_dtype(other)
            except TypeError:
                return False
        return self._enum == other._enum

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self._enum

    def __int__(self):
        return self._enum

    def __str__(self):
        return f"<dtype: '{self._name}'>"

    def __repr__(self):
        return f"tf.{self._name}"

    def __reduce__(self):
        return as_dtype, (self._name,)


_TABLE = [
    ("float32", 1, np.float32),
    ("float64", 2, np.float64),
    ("int32", 3, np.int32),
    ("uint8", 4, np.uint8),
    ("int16", 5, np.int16),
    ("int8", 6, np.int8),
    ("string", 7, object),
    ("complex64", 8, np.complex64),
    ("int64", 9, np.int64),
    ("bool", 10, np.bool_),
    ("qint8", 11, np.int8),
    ("quint8", 12, np.uint8),
    ("qint32", 13, np.int32),
    ("bfloat16", 14, np.float32),
    ("qint16", 15, np.int16),
    ("quint16", 16, np.uint16),
    ("uint16", 17, np.uint16),
    ("complex128", 18, np.complex128),
    ("float16", 19, np.float16),
    ("resource", 20, None),
    ("variant", 21, None),
    ("uint32", 22, np.uint32),
    ("uint64", 23, np.uint64),
]

# By number: the properties of types are asked for each node that is made.
_INTEGERS = frozenset((3, 4, 5, 6, 9, 17, 22, 23))
_FLOATS = frozenset((1, 2, 14, 19))
_COMPLEX = frozenset((8, 18))

_BY_ENUM = {}
_BY_NAME = {}
for _name, _enum, _numpy in _TABLE:
    for _key in (_name, _name + "_ref"):
        _ref = _key is not _name
        _dtype = DType(_enum + (100 if _ref else 0), _key, _numpy, _ref)
        _BY_ENUM[_dtype._enum] = _BY_NAME[_key] = globals()[_key] = _dtype

half = float16  # noqa: F821
double = float64  # noqa: F821
_BY_NAME.update({
    "half": half, "float": float32, "double": double, "half_ref": float16_ref,  # noqa: F821
    "float_ref": float32_ref, "double_ref": float64_ref, "str": string,  # noqa: F821
})

# What NumPy calls its types, by kind and size: `np.dtype` objects of one type need not be one object.
_BY_NUMPY = {
    np.dtype(_numpy): _BY_NAME[_name]
    for _name, _, _numpy in _TABLE
    if _numpy not in (None, object) and not _name.startswith("q") and _name != "bfloat16"
}
_BY_PYTHON = {float: float32, __builtins__["bool"] if isinstance(__builtins__, dict) else __builtins__.bool: _BY_NAME["bool"],  # noqa: F821
              int: int32, str: string, bytes: string, object: string, complex: complex128}  # noqa: F821

QUANTIZED_DTYPES = frozenset(_BY_NAME[name] for name in ("qint8", "quint8", "qint16", "quint16", "qint32"))


def as_dtype(type_value):
    """The type that is meant: a `DType`, TensorFlow's number, a name, or a type of NumPy's or Python's.

    Raises:
      TypeError: where there is no such type.
    """
    if type(type_value) is DType:
        return type_value
    try:
        found = _BY_PYTHON.get(type_value)
        if found is None:
            found = _BY_NAME.get(type_value) if isinstance(type_value, str) else _BY_ENUM.get(type_value)
        if found is not None:
            return found
    except TypeError:
        pass
    try:
        described = np.dtype(type_value)
    except TypeError:
        described = None
    if described is not None:
        found = _BY_NUMPY.get(described)
        if found is not None:
            return found
        if described.kind in "SUO":
            return string  # noqa: F821
    raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")
