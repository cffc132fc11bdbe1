"""Einstein's sums and special functions: `tf.einsum`, `tf.lbeta`, ndtri, Bessel functions."""

import re

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import array_ops, math_ops


def einsum(equation, *inputs, **kwargs):
    """Σ over the products of tensors' elements, by an equation like `ij,jk->ik`: each axis has a letter, and those
    that are not in the result are summed.
    """
    name = kwargs.pop("name", None)
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(sorted(kwargs))}")
    equation = equation.replace(" ", "")
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)):
        inputs = inputs[0]
    if not re.match(r"^([a-zA-Z.]*,)*[a-zA-Z.]*(->[a-zA-Z.]*)?$", equation):
        raise ValueError(f"Indices have incorrect format: {equation}")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(inputs):
        raise ValueError(f"Got {len(inputs)} arguments for equation \"{equation}\", expecting {len(terms)}")
    if not arrow:
        letters = sorted(set(left) - {",", "."})
        result = ("..." if "..." in left else "") + "".join(one for one in letters if left.count(one) == 1)
    with ops.name_scope(name, "einsum", list(inputs)) as name:
        tensors = [ops.convert_to_tensor(one, name=f"input_{number}") for number, one in enumerate(inputs)]
        for term, tensor in zip(terms, tensors):
            if "." not in term and tensor.shape.ndims is not None and tensor.shape.ndims != len(term):
                raise ValueError(f"Invalid number of subscripts: {term} for a tensor of shape {tensor.shape}")
        # Pairs from the left; a letter is kept for as long as a later term or the result has it.
        while len(tensors) > 2:
            rest = "".join(terms[2:]) + result
            both = [one for one in dict.fromkeys((terms[0] + terms[1]).replace(".", "")) if one in rest]
            between = ("..." if "..." in terms[0] + terms[1] else "") + "".join(both)
            tensors[:2] = [raw_ops.Einsum(inputs=tensors[:2], equation=f"{terms[0]},{terms[1]}->{between}")]
            terms[:2] = [between]
        return raw_ops.Einsum(inputs=tensors, equation=f"{','.join(terms)}->{result}", name=name)


def lbeta(x, name=None):
    """ln |B(x)| along the last axis, Σ lgamma(x) − lgamma(Σ x)."""
    with ops.name_scope(name, "lbeta", [x]):
        x = ops.convert_to_tensor(x, name="x")
        return math_ops.subtract(math_ops.reduce_sum(math_ops.lgamma(x), axis=[-1]),
                                 math_ops.lgamma(math_ops.reduce_sum(x, axis=[-1])))


def _normal_cdf(x):
    """The normal distribution function."""
    x = ops.convert_to_tensor(x)
    return 0.5 * math_ops.erfc(-x * constant_op.constant(np.sqrt(0.5), x.dtype))


def ndtri(x, name=None):
    """The inverse of the normal distribution function, by rational approximations (Acklam) and one step of Halley's
    method.
    """
    with ops.name_scope(name, "ndtri", [x]):
        p = ops.convert_to_tensor(x, name="p")
        lower = math_ops.minimum(p, 1 - p)
        safe = math_ops.maximum(lower, constant_op.constant(np.finfo(p.dtype.as_numpy_dtype).tiny, p.dtype))
        q = lower - 0.5
        r = q * q
        middle = q * _polynomial(r, _MIDDLE[0]) / _polynomial(r, _MIDDLE[1])
        t = math_ops.sqrt(-2 * math_ops.log(safe))
        tail = _polynomial(t, _TAIL[0]) / _polynomial(t, _TAIL[1])
        x = array_ops.where(lower > 0.02425, middle, tail)
        error = _normal_cdf(x) - lower
        step = error * np.sqrt(2 * np.pi) * math_ops.exp(x * x / 2)
        refined = x - step / (1 + x * step / 2)
        x = array_ops.where(lower > 1e-30, refined, x)
        x = array_ops.where(p > 0.5, -x, x)
        infinite = array_ops.ones_like(x) * np.inf
        x = array_ops.where(math_ops.equal(p, 0), -infinite, array_ops.where(math_ops.equal(p, 1), infinite, x))
        return array_ops.where(math_ops.logical_or(p < 0, p > 1), infinite * 0, x)


_MIDDLE = (
    [
        -3.969683028665376e01,
        2.209460984245205e02,
        -2.759285104469687e02,
        1.383577518672690e02,
        -3.066479806614716e01,
        2.506628277459239e00,
    ],
    [
        -5.447609879822406e01,
        1.615858368580409e02,
        -1.556989798598866e02,
        6.680131188771972e01,
        -1.328068155288572e01,
        1.0,
    ],
)
_TAIL = (
    [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e00,
        -2.549732539343734e00,
        4.374664141464968e00,
        2.938163982698783e00,
    ],
    [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00, 3.754408661907416e00, 1.0],
)


def _polynomial(x, coefficients):
    result = constant_op.constant(coefficients[0], x.dtype)
    for one in coefficients[1:]:
        result = result * x + one
    return result


def erfinv(x, name=None):
    """The inverse of the error function."""
    with ops.name_scope(name, "erfinv", [x]):
        x = ops.convert_to_tensor(x, name="x")
        return ndtri((x + 1) / 2) * constant_op.constant(np.sqrt(0.5), x.dtype)


def _bessel(coefficients_small, coefficients_large, odd, default):
    def function(x, name=None):
        with ops.name_scope(name, default, [x]) as scope:
            x = ops.convert_to_tensor(x, name="x")
            size = math_ops.abs(x)
            near = size <= 8.0
            small = _chebyshev(size / 2.0 - 2.0, coefficients_small)
            small = small * size if odd else small
            large = _chebyshev(
                32.0 / math_ops.maximum(size, constant_op.constant(8.0, x.dtype)) - 2.0, coefficients_large
            )
            large = large / math_ops.sqrt(math_ops.maximum(size, constant_op.constant(8.0, x.dtype)))
            result = array_ops.where(near, small, large)
            return math_ops.multiply(math_ops.sign(x) if odd else array_ops.ones_like(x), result, name=scope)

    function.__name__ = function.__qualname__ = default
    function.__doc__ = f"e⁻ˣ I{1 if odd else 0}(x), with the modified Bessel function of order {1 if odd else 0}."
    return function


def _chebyshev(x, coefficients):
    """Σ' c[n] T[n](x/2), by Clenshaw's recurrence, coefficients from the highest."""
    first, second = constant_op.constant(0.0, x.dtype), constant_op.constant(0.0, x.dtype)
    third = second
    for one in coefficients:
        third, second, first = second, first, x * first - second + one
    return 0.5 * (first - third)


def _chebyshev_coefficients(function, count=30):
    """Coefficients of Σ' c[n] T[n](t) of a function on [−1, 1], from the highest."""
    nodes = np.cos(np.pi * (np.arange(200) + 0.5) / 200)
    values = np.array([function(node) for node in nodes])
    found = [2.0 / 200 * float(np.sum(values * np.cos(n * np.pi * (np.arange(200) + 0.5) / 200))) for n in range(count)]
    return found[::-1]


def _scaled_bessel(order, x):
    """e⁻ˣ I(x) by its integral, (1/π) ∫₀^π e^(x(cos θ − 1)) cos(order·θ) dθ."""
    theta = (np.arange(2000) + 0.5) * np.pi / 2000
    return float(np.mean(np.exp(x * (np.cos(theta) - 1)) * np.cos(order * theta)))


_made = {}


def _bessel_of(order):
    if order not in _made:
        def near(t):
            x = 4.0 * (t + 1)
            return _scaled_bessel(order, x) / (x if order else 1.0) if x > 1e-9 else (0.5 if order else 1.0)

        def far(t):
            x = 16.0 / (t + 1)
            return _scaled_bessel(order, x) * np.sqrt(x) if x < 1e5 else 1 / np.sqrt(2 * np.pi)

        _made[order] = _bessel(
            _chebyshev_coefficients(near), _chebyshev_coefficients(far, 25), bool(order), f"bessel_i{order}e"
        )
    return _made[order]


def bessel_i0e(x, name=None):
    """e^(−|x|) I₀(x)"""
    return _bessel_of(0)(x, name)


def bessel_i1e(x, name=None):
    """e^(−|x|) I₁(x)"""
    return _bessel_of(1)(x, name)


def bessel_i0(x, name=None):
    """The modified Bessel function of order 0."""
    with ops.name_scope(name, "bessel_i0", [x]):
        return math_ops.exp(math_ops.abs(x)) * bessel_i0e(x)


def bessel_i1(x, name=None):
    """The modified Bessel function of order 1."""
    with ops.name_scope(name, "bessel_i1", [x]):
        return math_ops.exp(math_ops.abs(x)) * bessel_i1e(x)
