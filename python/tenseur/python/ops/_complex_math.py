"""Functions of complex numbers that are computed from their real and imaginary parts."""

from tenseur import raw_ops
from tenseur.python.ops import array_ops, math_ops


def _log(z):
    return math_ops.complex(math_ops.log(math_ops.abs(z)), math_ops.angle(z))


def _sqrt(z):
    """√z on the right half plane: √((|z| + re)/2) + i·sgn(im)·√((|z| − re)/2)"""
    size, real, imag = math_ops.abs(z), math_ops.real(z), math_ops.imag(z)
    upper = math_ops.sqrt((size - real) / 2)
    return math_ops.complex(math_ops.sqrt((size + real) / 2), array_ops.where(imag < 0, -upper, upper))


def _sinh(z):
    real, imag = math_ops.real(z), math_ops.imag(z)
    return math_ops.complex(math_ops.sinh(real) * math_ops.cos(imag), math_ops.cosh(real) * math_ops.sin(imag))


def _cosh(z):
    real, imag = math_ops.real(z), math_ops.imag(z)
    return math_ops.complex(math_ops.cosh(real) * math_ops.cos(imag), math_ops.sinh(real) * math_ops.sin(imag))


def _turned(z):
    """i·z"""
    return math_ops.complex(-math_ops.imag(z), math_ops.real(z))


def _sin(z):
    return -_turned(_sinh(_turned(z)))


def _cos(z):
    return _cosh(_turned(z))


FUNCTIONS = {
    "Log": _log,
    "Sqrt": _sqrt,
    "Rsqrt": lambda z: math_ops.reciprocal(_sqrt(z)),
    "Sinh": _sinh,
    "Cosh": _cosh,
    "Tanh": lambda z: _sinh(z) / _cosh(z),
    "Sin": _sin,
    "Cos": _cos,
    "Tan": lambda z: _sin(z) / _cos(z),
    "Sigmoid": lambda z: math_ops.reciprocal(1 + math_ops.exp(-z)),
    "Log1p": lambda z: _log(z + 1),
    "Expm1": lambda z: math_ops.exp(z) - 1,
    "Sign": lambda z: math_ops.cast(math_ops.reciprocal_no_nan(math_ops.abs(z)), z.dtype) * z,
}


def of_one(op_type, z, name):
    """The function called `op_type` of complex numbers."""
    return array_ops.identity(FUNCTIONS[op_type](z), name=name)


def reduced(op_type, z, axis, keepdims, name):
    """The mean or product of complex numbers along axes."""
    if op_type == "Mean":
        count = math_ops.cast(raw_ops.Size(input=z), z.dtype.real_dtype)
        total = raw_ops.Sum(input=z, reduction_indices=axis, keep_dims=keepdims)
        share = count / math_ops.cast(array_ops.size(total), z.dtype.real_dtype)
        return math_ops.multiply(total, math_ops.cast(1 / share, z.dtype), name=name)
    total = raw_ops.Sum(input=_log(z), reduction_indices=axis, keep_dims=keepdims)
    return math_ops.exp(total, name=name)


def by_parts(function, z, name):
    """A linear function of the real and of the imaginary parts."""
    return math_ops.complex(function(math_ops.real(z)), function(math_ops.imag(z)), name=name)
