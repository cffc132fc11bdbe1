"""Arithmetic, comparison, reduction, products of matrices, and tensors' operators: `tf.add`, `tf.reduce_mean`,
`tf.matmul`.
"""

import builtins

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, sparse_tensor, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, gen_ops
from tenseur.python.util import deprecation

# --- element by element: one tensor ----------------------------------------------------------------------------------


def _of_one(op_type, text):
    """A function of one tensor; of a sparse one, it changes the values that are there."""
    dense = gen_ops.function(op_type, text)

    def make(x, name=None):
        if isinstance(x, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(x.indices, make(x.values, name=name), x.dense_shape)
        if isinstance(x, ops.Tensor) and x.dtype.is_complex:
            from tenseur.python.ops import _complex_math
            if op_type in _complex_math.FUNCTIONS:
                return _complex_math.of_one(op_type, x, name)
        return dense(x, name=name)

    make.__name__ = make.__qualname__ = dense.__name__
    make.__doc__ = text
    return make


acos = _of_one("Acos", "arccos(x)")
acosh = _of_one("Acosh", "arcosh(x)")
asin = _of_one("Asin", "arcsin(x)")
asinh = _of_one("Asinh", "arsinh(x)")
atan = _of_one("Atan", "arctan(x)")
atanh = _of_one("Atanh", "artanh(x)")
ceil = _of_one("Ceil", "The least integer that is not below x.")
cos = _of_one("Cos", "cos(x)")
cosh = _of_one("Cosh", "cosh(x)")
digamma = _of_one("Digamma", "The derivative of lgamma(x).")
erf = _of_one("Erf", "The error function, 2/√π ∫₀ˣ exp(−t²) dt.")
erfc = _of_one("Erfc", "1 − erf(x)")
exp = _of_one("Exp", "eˣ")
expm1 = _of_one("Expm1", "eˣ − 1, exact for small x.")
floor = _of_one("Floor", "The greatest integer that is not above x.")
is_finite = _of_one("IsFinite", "Whether x is neither infinite nor NaN.")
is_inf = _of_one("IsInf", "Whether x is infinite.")
is_nan = _of_one("IsNan", "Whether x is NaN.")
lgamma = _of_one("Lgamma", "log |Γ(x)|")
log = _of_one("Log", "ln x")
log1p = _of_one("Log1p", "ln(1 + x), exact for small x.")
logical_not = _of_one("LogicalNot", "Not x.")
negative = _of_one("Neg", "−x")
reciprocal = _of_one("Reciprocal", "1/x")
inv = _of_one("Inv", "1/x")
rint = _of_one("Rint", "The nearest integer; of two, the even one.")
rsqrt = _of_one("Rsqrt", "1/√x")
sign = _of_one("Sign", "−1, 0 or 1.")
sin = _of_one("Sin", "sin(x)")
sinh = _of_one("Sinh", "sinh(x)")
sqrt = _of_one("Sqrt", "√x")
square = _of_one("Square", "x²")
tan = _of_one("Tan", "tan(x)")
tanh = _of_one("Tanh", "tanh(x)")


def abs(x, name=None):
    """|x|; of complex numbers, √(re² + im²)."""
    with ops.name_scope(name, "Abs", [x]) as name:
        if isinstance(x, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(x.indices, abs(x.values, name=name), x.dense_shape)
        x = ops.convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw_ops.ComplexAbs(x=x, Tout=x.dtype.real_dtype, name=name)
        return raw_ops.Abs(x=x, name=name)


def round(x, name=None):
    """The nearest integer; of two, the even one."""
    x = ops.convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else raw_ops.Round(x=x, name=name)


def sigmoid(x, name=None):
    """1/(1 + e⁻ˣ)"""
    with ops.name_scope(name, "Sigmoid", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            from tenseur.python.ops import _complex_math
            return _complex_math.of_one("Sigmoid", x, name)
        return raw_ops.Sigmoid(x=x, name=name)


def log_sigmoid(x, name=None):
    """ln(1/(1 + e⁻ˣ)), as −softplus(−x)."""
    with ops.name_scope(name, "LogSigmoid", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        return raw_ops.Neg(x=raw_ops.Softplus(features=-x), name=name)


def reciprocal_no_nan(x, name=None):
    """1/x, and 0 where x is 0."""
    with ops.name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = ops.convert_to_tensor(x, name="x")
        return raw_ops.DivNoNan(x=constant_op.constant(1, dtype=x.dtype.base_dtype, name="one"), y=x, name=scope)


def cast(x, dtype, name=None):
    """The numbers as another type: what was after the point is cut off, `False` and `True` are 0 and 1."""
    wanted = dtypes.as_dtype(dtype).base_dtype
    if isinstance(x, ops.Tensor) and x.dtype == wanted:
        return x
    with ops.name_scope(name, "Cast", [x]) as name:
        if isinstance(x, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(x.indices, cast(x.values, wanted, name=name), x.dense_shape)
        if isinstance(x, ops.IndexedSlices):
            return ops.IndexedSlices(cast(x.values, wanted, name=name), x.indices, x.dense_shape)
        x = ops.convert_to_tensor(x, name="x")
        return x if x.dtype.base_dtype == wanted else raw_ops.Cast(x=x, DstT=wanted, name=name)


def saturate_cast(value, dtype, name=None):
    """As `cast`; what is out of the type's range becomes its least or greatest number."""
    with ops.name_scope(name, "saturate_cast", [value]) as name:
        value = ops.convert_to_tensor(value, name="value")
        dtype = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.min < dtype.min:
            value = raw_ops.Maximum(x=value, y=ops.convert_to_tensor(dtype.min, dtype=value.dtype, name="min"))
        if value.dtype.max > dtype.max:
            value = raw_ops.Minimum(x=value, y=ops.convert_to_tensor(dtype.max, dtype=value.dtype, name="max"))
        return cast(value, dtype, name=name)


def _caster(dtype, default):
    def make(x, name=default):
        return cast(x, dtype, name=name)

    make.__name__ = make.__qualname__ = f"to_{default[2:].lower()}"
    make.__doc__ = f"`tf.cast` to {dtype.name}."
    return make


to_float = _caster(dtypes.float32, "ToFloat")
to_double = _caster(dtypes.float64, "ToDouble")
to_int32 = _caster(dtypes.int32, "ToInt32")
to_int64 = _caster(dtypes.int64, "ToInt64")
to_bfloat16 = _caster(dtypes.bfloat16, "ToBFloat16")
to_complex64 = _caster(dtypes.complex64, "ToComplex64")
to_complex128 = _caster(dtypes.complex128, "ToComplex128")

# --- complex numbers -------------------------------------------------------------------------------------------------


def complex(real, imag, name=None):
    """real + i·imag"""
    real, imag = ops.convert_to_tensor(real, name="real"), ops.convert_to_tensor(imag, name="imag")
    with ops.name_scope(name, "Complex", [real, imag]) as name:
        if real.dtype.base_dtype != imag.dtype.base_dtype or real.dtype.base_dtype not in (
            dtypes.float32,
            dtypes.float64,
        ):
            raise TypeError(f"real and imag have incorrect types: {real.dtype.name} {imag.dtype.name}")
        wide = dtypes.complex128 if real.dtype.base_dtype == dtypes.float64 else dtypes.complex64
        return raw_ops.Complex(real=real, imag=imag, Tout=wide, name=name)


def real(input, name=None):
    """The real part."""
    with ops.name_scope(name, "Real", [input]) as name:
        input = ops.convert_to_tensor(input, name="input")
        return raw_ops.Real(input=input, Tout=input.dtype.real_dtype, name=name) if input.dtype.is_complex else input


def imag(input, name=None):
    """The imaginary part."""
    with ops.name_scope(name, "Imag", [input]) as name:
        input = ops.convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw_ops.Imag(input=input, Tout=input.dtype.real_dtype, name=name)
        return array_ops.zeros_like(input)


def angle(input, name=None):
    """The argument of complex numbers, atan2(im, re); of others 0 or π."""
    with ops.name_scope(name, "Angle", [input]) as name:
        input = ops.convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw_ops.Angle(input=input, Tout=input.dtype.real_dtype, name=name)
        return array_ops.where(input < 0, np.pi * array_ops.ones_like(input), array_ops.zeros_like(input))


def conj(x, name=None):
    """The complex conjugate."""
    if isinstance(x, ops.Tensor) and not x.dtype.is_complex:
        return x
    with ops.name_scope(name, "Conj", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        if x.dtype.is_complex or x.dtype == dtypes.variant:
            return raw_ops.Conj(input=x, name=name)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}")


complex_abs = gen_ops.function("ComplexAbs", "√(re² + im²)")

# --- element by element: two tensors ---------------------------------------------------------------------------------


def _of_two(op_type, text, names=None):
    return gen_ops.function(op_type, text, names=names)


def _of_strings(x, y):
    """Whether the first of two that is a tensor, else x, is of strings."""
    known = next((one for one in (x, y) if hasattr(one, "dtype")), x)
    if hasattr(known, "dtype"):
        return dtypes.as_dtype(known.dtype).base_dtype == dtypes.string
    while isinstance(known, (list, tuple)) and known:
        known = known[0]
    return isinstance(known, (str, bytes)) or getattr(known, "dtype", None) == dtypes.string


def add(x, y, name=None):
    """x + y; of strings, one after the other."""
    return (
        raw_ops.StringJoin(inputs=[x, y], name=name or "Add") if _of_strings(x, y) else raw_ops.Add(x=x, y=y, name=name)
    )


subtract = _of_two("Sub", "x − y")
multiply = _of_two("Mul", "x·y")
maximum = _of_two("Maximum", "The greater of x and y.")
minimum = _of_two("Minimum", "The lesser of x and y.")
squared_difference = _of_two("SquaredDifference", "(x − y)²")
atan2 = _of_two("Atan2", "The angle of the point (x, y).")
multiply_no_nan = _of_two("MulNoNan", "x·y, and 0 where y is 0.")
realdiv = _of_two("RealDiv", "x/y")
truncatediv = _of_two("TruncateDiv", "x/y without what is after the point.")
truncatemod = _of_two("TruncateMod", "What a truncating division leaves; it has the sign of x.")
floor_div = _of_two("FloorDiv", "The greatest integer that is not above x/y.")
floormod = _of_two("FloorMod", "What `floordiv` leaves; it has the sign of y.")
mod = floormod
equal = _of_two("Equal", "x = y")
not_equal = _of_two("NotEqual", "x ≠ y")
less = _of_two("Less", "x < y")
less_equal = _of_two("LessEqual", "x ≤ y")
greater = _of_two("Greater", "x > y")
greater_equal = _of_two("GreaterEqual", "x ≥ y")
logical_and = _of_two("LogicalAnd", "x and y")
logical_or = _of_two("LogicalOr", "x or y")
approximate_equal = gen_ops.function("ApproximateEqual", "|x − y| < tolerance")
zeta = gen_ops.function("Zeta", "Hurwitz's zeta function, Σ (q + n)⁻ˣ.")
polygamma = gen_ops.function("Polygamma", "Derivative number a of digamma(x).")
cross = gen_ops.function("Cross", "The vector product of vectors of three numbers.")
xdivy = _of_two("Xdivy", "x/y, and 0 where x is 0.")
xlogy = _of_two("Xlogy", "x·ln y, and 0 where x is 0.")


def logical_xor(x, y, name="LogicalXor"):
    """Either x or y, not both."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)


def pow(x, y, name=None):
    """xʸ"""
    with ops.name_scope(name, "Pow", [x]) as name:
        if any(isinstance(one, ops.Tensor) and one.dtype.is_complex for one in (x, y)):
            x, y = _pair(x, y)
            return exp(y * log(x), name=name)
        return raw_ops.Pow(x=x, y=y, name=name)


def scalar_mul(scalar, x, name=None):
    """x times a number; of `IndexedSlices`, the values."""
    scalar = ops.convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if scalar.get_shape().ndims != 0:
        raise ValueError(f"Only scalar multiply works, got shape {scalar.get_shape()}")
    if isinstance(x, ops.IndexedSlices):
        return ops.IndexedSlices(raw_ops.Mul(x=scalar, y=x.values, name=name), x.indices, x.dense_shape)
    return raw_ops.Mul(x=scalar, y=x, name=name)


# What a quotient of integers becomes, by the type of both.
_QUOTIENTS = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.float16: None,
    dtypes.bfloat16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}


def _pair(x, y):
    x, y = ops.convert_to_tensor(x, name="x"), ops.convert_to_tensor(y, name="y")
    if x.dtype.base_dtype != y.dtype.base_dtype:
        raise TypeError(f"x and y must have the same dtype, got {x.dtype.base_dtype!r} != {y.dtype.base_dtype!r}")
    return x, y


def _truediv(x, y, name=None):
    with ops.name_scope(name, "truediv", [x, y]) as name:
        x, y = _pair(x, y)
        if x.dtype.base_dtype not in _QUOTIENTS:
            raise TypeError(f"Invalid dtype {x.dtype.base_dtype!r} in __truediv__")
        wide = _QUOTIENTS[x.dtype.base_dtype]
        if wide is not None:
            x, y = cast(x, wide), cast(y, wide)
        return raw_ops.RealDiv(x=x, y=y, name=name)


def truediv(x, y, name=None):
    """x/y; integers are made floating point first (float64, or float32 where they are of 16 bits or fewer)."""
    return _truediv(x, y, name)


def div(x, y, name=None):
    """x/y, as Python 2 has it: of integers, the greatest integer that is not above."""
    with ops.name_scope(name, "div", [x, y]) as name:
        x = ops.convert_to_tensor(x, name="x")
        y = ops.convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        if x.dtype.is_floating or x.dtype.is_complex:
            return raw_ops.RealDiv(x=x, y=y, name=name)
        return raw_ops.FloorDiv(x=x, y=y, name=name)


def divide(x, y, name=None):
    """x/y, as Python 3 has it."""
    if name is not None:
        return _truediv(x, y, name)
    if not tensor_util.is_tensor(x):
        x = ops.convert_to_tensor(x, dtype=y.dtype.base_dtype if tensor_util.is_tensor(y) else None)
    return x / y


def div_no_nan(x, y, name=None):
    """x/y, and 0 where y is 0."""
    with ops.name_scope(name, "div_no_nan", [x, y]) as name:
        x = ops.convert_to_tensor(x, name="x")
        return raw_ops.DivNoNan(x=x, y=ops.convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype), name=name)


def floordiv(x, y, name=None):
    """The greatest integer that is not above x/y."""
    with ops.name_scope(name, "floordiv", [x, y]) as name:
        return raw_ops.FloorDiv(x=x, y=y, name=name)


def add_v2(x, y, name=None):
    return (
        raw_ops.StringJoin(inputs=[x, y], name=name or "Add")
        if _of_strings(x, y)
        else raw_ops.AddV2(x=x, y=y, name=name)
    )


# --- tensors' operators ----------------------------------------------------------------------------------------------


def _binary(function, op_name, kind=ops.Tensor):
    """Gives tensors the operator `__op_name__` and its reverse."""

    def forward(x, y):
        with ops.name_scope(None, op_name, [x, y]) as name:
            if not isinstance(y, (ops.Tensor, sparse_tensor.SparseTensor)):
                try:
                    y = ops.convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
                except TypeError:
                    if hasattr(type(y), f"__r{op_name}__"):
                        return NotImplemented
                    raise
            return function(x, y, name=name)

    def backward(y, x):
        with ops.name_scope(None, op_name, [x, y]) as name:
            return function(ops.convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, name=name)

    kind._override_operator(f"__{op_name}__", forward)
    kind._override_operator(f"__r{op_name}__", backward)


def _multiply(x, y, name=None):
    if isinstance(y, sparse_tensor.SparseTensor):
        values = raw_ops.SparseDenseCwiseMul(
            sp_indices=y.indices, sp_values=y.values, sp_shape=y.dense_shape, dense=x, name=name
        )
        return sparse_tensor.SparseTensor(y.indices, values, y.dense_shape)
    return raw_ops.Mul(x=x, y=y, name=name)


def _comparison(function):
    def compare(x, y):
        return function(x, y)
    return compare


_binary(add_v2, "add")
_binary(subtract, "sub")
_binary(_multiply, "mul")
_binary(_truediv, "truediv")
_binary(floordiv, "floordiv")
_binary(floormod, "mod")
_binary(pow, "pow")
_binary(lambda x, y, name=None: logical_and(x, y, name=name), "and")
_binary(lambda x, y, name=None: logical_or(x, y, name=name), "or")
_binary(lambda x, y, name=None: logical_xor(x, y, name=name), "xor")
_binary(lambda x, y, name=None: matmul(x, y, name=name), "matmul")
for _name, _function in (("lt", less), ("le", less_equal), ("gt", greater), ("ge", greater_equal)):
    ops.Tensor._override_operator(f"__{_name}__", _comparison(_function))
ops.Tensor._override_operator("__invert__", lambda x: logical_not(x))
ops.Tensor._override_operator("__neg__", lambda x: negative(x))
ops.Tensor._override_operator("__abs__", lambda x: abs(x))
# Python 2's division, which programs call by name.
ops.Tensor.__div__ = ops.Tensor.__truediv__
ops.Tensor.__rdiv__ = ops.Tensor.__rtruediv__

# --- reduced along axes ----------------------------------------------------------------------------------------------


def _axes(tensor, axis):
    """The axes of a reduction; all by default."""
    if axis is not None:
        return axis
    if isinstance(tensor, ops.Tensor) and tensor.shape.ndims is not None:
        return constant_op.constant(np.arange(tensor.shape.ndims, dtype=np.int32), dtype=dtypes.int32)
    if isinstance(tensor, sparse_tensor.SparseTensor) and tensor.dense_shape.shape.is_fully_defined():
        return constant_op.constant(np.arange(tensor.dense_shape.shape._dims[0], dtype=np.int32), dtype=dtypes.int32)
    return range(0, array_ops.rank(tensor))


def _reduction(op_type, text):
    def reduce(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
        axis = deprecation.deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
        keepdims = deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
        if not isinstance(input_tensor, ops.Tensor) and axis is None:
            input_tensor = ops.convert_to_tensor(input_tensor)
        if isinstance(input_tensor, ops.Tensor) and input_tensor.dtype.is_complex and op_type in ("Mean", "Prod"):
            from tenseur.python.ops import _complex_math

            return _complex_math.reduced(
                op_type, input_tensor, _axes(input_tensor, axis), builtins.bool(keepdims), name
            )
        make = getattr(raw_ops, op_type)
        return make(
            input=input_tensor,
            reduction_indices=_axes(input_tensor, axis),
            keep_dims=builtins.bool(keepdims),
            name=name,
        )

    reduce.__name__ = reduce.__qualname__ = f"reduce_{op_type.lower()}"
    reduce.__doc__ = text + " along `axis` (a number, several, or all); with `keepdims` those axes stay, with size 1."
    return reduce


reduce_sum = _reduction("Sum", "The sum")
reduce_mean = _reduction("Mean", "The mean")
reduce_prod = _reduction("Prod", "The product")
reduce_min = _reduction("Min", "The least element")
reduce_max = _reduction("Max", "The greatest element")
reduce_all = _reduction("All", "Whether all elements hold,")
reduce_any = _reduction("Any", "Whether any element holds,")


def reduce_logsumexp(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None,
                     keep_dims=None):
    """ln Σ eˣ along `axis`, without overflow."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    keepdims = builtins.bool(deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    input_tensor = ops.convert_to_tensor(input_tensor)
    with ops.name_scope(name, "ReduceLogSumExp", [input_tensor]) as name:
        most = reduce_max(input_tensor, axis=axis, keepdims=True)
        most = array_ops.stop_gradient(
            array_ops.where(is_finite(most), most, array_ops.zeros_like(most)))
        result = log(reduce_sum(exp(subtract(input_tensor, most)), axis, keepdims=keepdims))
        if not keepdims:
            most = array_ops.reshape(most, array_ops.shape(result))
        return add(result, most, name=name)


def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """The mean of (x − mean)² along `axis`."""
    with ops.name_scope(name if name else "reduce_variance"):
        means = reduce_mean(input_tensor, axis=axis, keepdims=True)
        return reduce_mean(square(input_tensor - means), axis=axis, keepdims=keepdims)


def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """The square root of the variance along `axis`."""
    with ops.name_scope(name if name else "reduce_std"):
        return sqrt(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """√Σx² along `axis`."""
    input_tensor = ops.convert_to_tensor(input_tensor)
    return raw_ops.EuclideanNorm(
        input=input_tensor, reduction_indices=_axes(input_tensor, axis), keep_dims=builtins.bool(keepdims), name=name
    )


def count_nonzero(input_tensor=None, axis=None, keepdims=None, dtype=dtypes.int64, name=None, reduction_indices=None,
                  keep_dims=None, input=None):
    """How many elements are not 0 along `axis`."""
    input_tensor = deprecation.deprecated_argument_lookup("input", input, "input_tensor", input_tensor)
    axis = deprecation.deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    keepdims = deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    with ops.name_scope(name, "count_nonzero", [input_tensor]):
        input_tensor = ops.convert_to_tensor(input_tensor, name="input")
        zero = "" if input_tensor.dtype == dtypes.string else array_ops.zeros([], dtype=input_tensor.dtype)
        return cast(
            reduce_sum(cast(not_equal(input_tensor, zero), dtypes.int64), axis=axis, keepdims=keepdims), dtype=dtype
        )


def zero_fraction(value, name=None):
    """The share of the elements that are 0."""
    with ops.name_scope(name, "zero_fraction", [value]):
        value = ops.convert_to_tensor(value, name="value")
        zero = constant_op.constant(0, dtype=value.dtype, name="zero")
        return reduce_mean(cast(equal(value, zero), dtypes.float32))


def argmax(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Where the greatest element is along `axis` (0); the first of several."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "dimension", dimension)
    return raw_ops.ArgMax(input=input, dimension=0 if axis is None else axis, output_type=output_type, name=name)


def argmin(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Where the least element is along `axis` (0); the first of several."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "dimension", dimension)
    return raw_ops.ArgMin(input=input, dimension=0 if axis is None else axis, output_type=output_type, name=name)


def arg_max(input, dimension, output_type=dtypes.int64, name=None):
    """Where the greatest element is along an axis."""
    return raw_ops.ArgMax(input=input, dimension=dimension, output_type=output_type, name=name)


def arg_min(input, dimension, output_type=dtypes.int64, name=None):
    """Where the least element is along an axis."""
    return raw_ops.ArgMin(input=input, dimension=dimension, output_type=output_type, name=name)


def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """The sums of all that comes up to each element (before it, if `exclusive`; from the end, if `reverse`)."""
    with ops.name_scope(name, "Cumsum", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            from tenseur.python.ops import _complex_math
            return _complex_math.by_parts(lambda part: cumsum(part, axis, exclusive, reverse), x, name)
        return raw_ops.Cumsum(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)


def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """As `cumsum`, with products."""
    with ops.name_scope(name, "Cumprod", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        return raw_ops.Cumprod(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)


def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """As `cumsum`, ln Σ eˣ."""
    with ops.name_scope(name, "CumulativeLogsumexp", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        return raw_ops.CumulativeLogsumexp(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)


def trace(x, name=None):
    """The sum of the diagonal of each matrix."""
    with ops.name_scope(name, "Trace", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        return reduce_sum(array_ops.matrix_diag_part(x), [-1], name=name)


# --- several tensors -------------------------------------------------------------------------------------------------


def add_n(inputs, name=None):
    """The sum of tensors of one shape."""
    if isinstance(inputs, (ops.Tensor, ops.IndexedSlices)) or not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    if not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape")
    inputs = ops.convert_n_to_tensor_or_indexed_slices(inputs)
    if len(inputs) == 1:
        values = ops.convert_to_tensor(inputs[0]) if isinstance(inputs[0], ops.IndexedSlices) else inputs[0]
        return array_ops.identity(values, name=name) if name else values
    return raw_ops.AddN(inputs=[ops.convert_to_tensor(one) for one in inputs], name=name)


def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """As `add_n`."""
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    inputs = [ops.convert_to_tensor(one) for one in inputs]
    if any(one.dtype.base_dtype != inputs[0].dtype.base_dtype for one in inputs):
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    whole = tensor_shape.as_shape(shape)
    for one in inputs:
        whole = whole.merge_with(one.get_shape())
    if tensor_dtype is not None and dtypes.as_dtype(tensor_dtype) != inputs[0].dtype.base_dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {inputs[0].dtype}")
    if len(inputs) == 1:
        return inputs[0] if name is None else array_ops.identity(inputs[0], name=name)
    return raw_ops.AccumulateNV2(inputs=inputs, shape=whole, name=name)


def polyval(coeffs, x, name=None):
    """The polynomial with these coefficients (that of the highest power first) at x."""
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type found {type(coeffs)}.")
    with ops.name_scope(name, "polyval", [*coeffs, x]):
        x = ops.convert_to_tensor(x, name="x")
        if not coeffs:
            return array_ops.zeros_like(x, name=name)
        coeffs = [ops.convert_to_tensor(one, name=f"coeff_{number}") for number, one in enumerate(coeffs)]
        result = coeffs[0]
        for one in coeffs[1:]:
            result = one + result * x
        return result


# --- rows of numbers -------------------------------------------------------------------------------------------------

_RANGE_TYPES = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """The numbers start, start + delta, … below `limit` (above, for a negative delta); `range(n)` is 0 … n − 1."""
    if limit is None:
        start, limit = 0, start
    with ops.name_scope(name, "Range", [start, limit, delta]) as name:
        start = ops.convert_to_tensor(start, dtype=dtype, name="start")
        limit = ops.convert_to_tensor(limit, dtype=dtype, name="limit")
        delta = ops.convert_to_tensor(delta, dtype=dtype, name="delta")
        given = start, limit, delta
        if dtype is None:
            found = [one.dtype.base_dtype for one in given]
            for one in found:
                if one not in _RANGE_TYPES:
                    raise ValueError(f"tf.range is not defined for {one.name}")
            wanted = max(found, key=_RANGE_TYPES.index)
            start, limit, delta = cast(start, wanted), cast(limit, wanted), cast(delta, wanted)
        made = raw_ops.Range(start=start, limit=limit, delta=delta, name=name)
        if made.shape.num_elements() is None:
            known = [tensor_util.constant_value(one) for one in given]
            if all(one is not None for one in known):
                made.set_shape([max(0, int(np.ceil((known[1] - known[0]) / known[2])))])
        return made


lin_space = linspace = gen_ops.function(
    "LinSpace", "`num` numbers from `start` to `stop`, both included, at equal distances."
)


def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=dtypes.int32):
    """How often (with which total weight) each number 0, 1, … comes in an array of integers."""
    arr = ops.convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
    some = reduce_prod(array_ops.shape(arr)) > 0
    size = cast(some, dtypes.int32) * (reduce_max(arr) + 1)
    if minlength is not None:
        size = raw_ops.Maximum(x=ops.convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32), y=size)
    if maxlength is not None:
        size = raw_ops.Minimum(x=ops.convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32), y=size)
    weights = ops.convert_to_tensor(weights, name="weights") if weights is not None else constant_op.constant([], dtype)
    return raw_ops.Bincount(arr=arr, size=size, weights=weights)


# Names of earlier versions, which modules still import.
mul, sub, neg = multiply, subtract, negative

# The parts of this module that stand by themselves; they need what is above.
from tenseur.python.ops._products import (  # noqa: E402, F401
    batch_matmul, matmul, matvec, sparse_matmul, tensordot,
)
from tenseur.python.ops._segments import (  # noqa: E402, F401
    segment_max, segment_mean, segment_min, segment_prod, segment_sum, sparse_segment_mean, sparse_segment_sqrt_n,
    sparse_segment_sum, unsorted_segment_max, unsorted_segment_mean, unsorted_segment_min, unsorted_segment_prod,
    unsorted_segment_sqrt_n, unsorted_segment_sum,
)


def __getattr__(name):
    # Functions of modules that need this one.
    if name in ("igamma", "igammac", "betainc", "nextafter"):
        from tenseur.python.ops import _special_functions
        return getattr(_special_functions, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
