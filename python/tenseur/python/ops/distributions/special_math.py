"""The normal distribution's functions, without loss where they are nearly 0 or 1."""

import math

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops


def ndtr(x, name="ndtr"):
    """The area under the normal curve left of x."""
    with ops.name_scope(name, values=[x]):
        x = ops.convert_to_tensor(x, name="x")
        half_sqrt_2 = ops.convert_to_tensor(0.5 * math.sqrt(2.0), dtype=x.dtype.base_dtype)
        w = x * half_sqrt_2
        z = math_ops.abs(w)
        y = array_ops.where(math_ops.less(z, half_sqrt_2), 1.0 + math_ops.erf(w),
                            array_ops.where(math_ops.greater(w, array_ops.zeros_like(w)), 2.0 - math_ops.erfc(z), math_ops.erfc(z)))
        return 0.5 * y


def ndtri(p, name="ndtri"):
    """The x left of which lies the area p."""
    with ops.name_scope(name, values=[p]):
        return raw_ops.Ndtri(x=p)


def log_ndtr(x, series_order=3, name="log_ndtr"):
    """log ndtr(x); far to the left by the asymptotic series."""
    with ops.name_scope(name, values=[x]):
        x = ops.convert_to_tensor(x, name="x")
        lower, upper = (-20.0, 8.0) if x.dtype.base_dtype == dtypes.float64 else (-10.0, 5.0)
        return array_ops.where(
            math_ops.greater(x, upper), -ndtr(-x),
            array_ops.where(math_ops.greater(x, lower), math_ops.log(ndtr(math_ops.maximum(x, lower))),
                            _log_ndtr_lower(math_ops.minimum(x, lower), series_order)))


def _log_ndtr_lower(x, order):
    x2 = math_ops.square(x)
    series, term = array_ops.ones_like(x), array_ops.ones_like(x)
    for number in range(1, order + 1):
        term = term * (-(2.0 * number - 1.0)) / x2
        series = series + term
    return -0.5 * x2 - math_ops.log(-x) - 0.5 * math.log(2.0 * math.pi) + math_ops.log(series)


def log_cdf_laplace(x, name="log_cdf_laplace"):
    """log of the Laplace distribution's cumulative function."""
    with ops.name_scope(name, values=[x]):
        x = ops.convert_to_tensor(x, name="x")
        lower = -math.log(2.0) + x
        upper = log1p(-0.5 * math_ops.exp(-math_ops.abs(x)))
        return array_ops.where(math_ops.less(x, array_ops.zeros_like(x)), lower, upper)


def log1p(x):
    """log(1 + x)."""
    return math_ops.log1p(x)


def lbeta(x):
    """log Πᵢ Γ(xᵢ) − log Γ(Σᵢ xᵢ) over the last axis."""
    return math_ops.reduce_sum(math_ops.lgamma(x), -1) - math_ops.lgamma(math_ops.reduce_sum(x, -1))


def embedded(values, dtype):
    """A constant of the type."""
    return ops.convert_to_tensor(np.array(values, dtypes.as_dtype(dtype).as_numpy_dtype))
