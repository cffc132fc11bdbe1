"""Special functions that are computed by NumPy while a graph runs: incomplete gamma and beta functions, `nextafter`."""

import math

import numpy as np

from tenseur.python.framework import common_shapes, ops
from tenseur.python.ops import math_ops

_gammaln = np.vectorize(lambda x: math.lgamma(x) if x > 0 else math.nan, otypes=[np.float64])


def _node(op_type, inputs, function, name, gradient=None):
    """A node whose result has the inputs' type and the shape to which they are stretched."""
    tensors = []
    with ops.name_scope(name, op_type, inputs) as scope:
        dtype = next((one.dtype.base_dtype for one in inputs if isinstance(one, ops.Tensor)), None)
        for number, one in enumerate(inputs):
            tensors.append(ops.convert_to_tensor(one, dtype=dtype, name=f"input_{number}"))
            dtype = tensors[0].dtype.base_dtype
        if not dtype.is_floating:
            raise TypeError(f"{op_type} takes floating point numbers, not {dtype.name}")
        shape = tensors[0].shape
        for one in tensors[1:]:
            shape = common_shapes.broadcast_shape(shape, one.shape)

        def work(arrays):
            wide = np.broadcast_arrays(*[np.asarray(array, np.float64) for array in arrays])
            with np.errstate(all="ignore"):
                return [np.asarray(function(*wide), dtype.as_numpy_dtype)]

        graph = ops.get_default_graph()
        attrs = {"T": ("type", dtype.as_datatype_enum)}
        op = graph.create_op(
            op_type, tensors, name=scope, attrs=attrs, host=([(dtype.as_datatype_enum, shape._dims)], work)
        )
        if gradient is not None:
            graph._override_gradient(op, gradient)
        return op.outputs[0]


def _lower_by_series(a, x):
    """P(a, x) = xᵃ e⁻ˣ / Γ(a + 1) · Σ xⁿ / ((a + 1) … (a + n)), for x < a + 1."""
    term, total, n = np.ones_like(x), np.ones_like(x), np.array(a)
    for _ in range(2000):
        n = n + 1
        term = term * x / n
        total = total + term
        if not np.any(np.abs(term) > 1e-16 * np.abs(total)):
            break
    return total * np.exp(a * np.log(x) - x - _gammaln(a + 1))


def _upper_by_fraction(a, x):
    """Q(a, x) by Lentz's way through its continued fraction, for x ≥ a + 1."""
    tiny = 1e-300
    b = x + 1 - a
    c = np.full_like(x, 1 / tiny)
    d = 1 / np.where(b == 0, tiny, b)
    found = d
    for n in range(1, 2000):
        factor = -n * (n - a)
        b = b + 2
        d = factor * d + b
        d = 1 / np.where(np.abs(d) < tiny, tiny, d)
        c = b + factor / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        change = c * d
        found = found * change
        if not np.any(np.abs(change - 1) > 1e-15):
            break
    return found * np.exp(a * np.log(x) - x - _gammaln(a))


def lower_gamma(a, x):
    """The regularized lower incomplete gamma function P(a, x)."""
    a, x = np.broadcast_arrays(a, x)
    result = np.full(x.shape, np.nan)
    fine = (a > 0) & (x >= 0)
    near = fine & (x < a + 1) & (x > 0)
    far = fine & (x >= a + 1) & np.isfinite(x)
    result[fine & (x == 0)] = 0.0
    result[fine & np.isinf(x)] = 1.0
    result[near] = _lower_by_series(a[near], x[near])
    result[far] = 1 - _upper_by_fraction(a[far], x[far])
    return result


def upper_gamma(a, x):
    """The regularized upper incomplete gamma function Q(a, x) = 1 − P(a, x)."""
    a, x = np.broadcast_arrays(a, x)
    result = 1 - lower_gamma(a, x)
    far = (a > 0) & (x >= a + 1) & np.isfinite(x)
    result[far] = _upper_by_fraction(a[far], x[far])
    return result


def _beta_fraction(a, b, x):
    tiny = 1e-300
    c = np.ones_like(x)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    found = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            d = 1 + factor * d
            d = 1 / np.where(np.abs(d) < tiny, tiny, d)
            c = 1 + factor / c
            c = np.where(np.abs(c) < tiny, tiny, c)
            change = c * d
            found = found * change
        if not np.any(np.abs(change - 1) > 1e-15):
            break
    return found


def incomplete_beta(a, b, x):
    """The regularized incomplete beta function Iₓ(a, b)."""
    a, b, x = np.broadcast_arrays(a, b, x)
    result = np.full(x.shape, np.nan)
    fine = (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    result[fine & (x == 0)] = 0.0
    result[fine & (x == 1)] = 1.0
    for mirrored in (False, True):
        own = fine & (x > 0) & (x < 1) & ((x >= (a + 1) / (a + b + 2)) == mirrored)
        p, q, t = a[own], b[own], x[own]
        if mirrored:
            p, q, t = q, p, 1 - t
        front = np.exp(_gammaln(p + q) - _gammaln(p) - _gammaln(q) + p * np.log(t) + q * np.log1p(-t)) / p
        value = front * _beta_fraction(p, q, t)
        result[own] = 1 - value if mirrored else value
    return result


def _sum_to(gradient, x):
    """A gradient summed back to the shape of what was stretched."""
    from tenseur import raw_ops
    from tenseur.python.ops import array_ops
    axes, _ = raw_ops.BroadcastGradientArgs(s0=array_ops.shape(x), s1=array_ops.shape(gradient))
    return array_ops.reshape(math_ops.reduce_sum(gradient, axes), array_ops.shape(x))


def _gamma_slope(sign):
    def gradient(op, dy):
        a, x = op.inputs
        slope = math_ops.exp((a - 1) * math_ops.log(x) - x - math_ops.lgamma(a))
        return None, _sum_to(sign * slope * dy, x)
    return gradient


def _beta_slope(op, dy):
    a, b, x = op.inputs
    log_beta = math_ops.lgamma(a) + math_ops.lgamma(b) - math_ops.lgamma(a + b)
    slope = math_ops.exp((b - 1) * math_ops.log1p(-x) + (a - 1) * math_ops.log(x) - log_beta)
    return None, None, _sum_to(slope * dy, x)


def igamma(a, x, name=None):
    """The regularized lower incomplete gamma function P(a, x); its gradient is that of x."""
    return _node("Igamma", [a, x], lower_gamma, name, _gamma_slope(1.0))


def igammac(a, x, name=None):
    """The regularized upper incomplete gamma function Q(a, x) = 1 − P(a, x); its gradient is that of x."""
    return _node("Igammac", [a, x], upper_gamma, name, _gamma_slope(-1.0))


def betainc(a, b, x, name=None):
    """The regularized incomplete beta function Iₓ(a, b); its gradient is that of x."""
    return _node("Betainc", [a, b, x], incomplete_beta, name, _beta_slope)


def nextafter(x1, x2, name=None):
    """The number of the type that is next to x1 towards x2."""
    kind = x1.dtype.as_numpy_dtype if isinstance(x1, ops.Tensor) else np.float32
    return _node("NextAfter", [x1, x2], lambda a, b: np.nextafter(a.astype(kind), b.astype(kind)), name)
