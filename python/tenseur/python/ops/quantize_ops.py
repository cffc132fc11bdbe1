"""Numbers rounded to those that a few bits can hold, as if they were quantized: `tf.fake_quant_with_min_max_args`."""

from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import array_ops, clip_ops, math_ops


def _nudged(low, high, num_bits, narrow_range):
    """(Least number, greatest number, step), moved so that 0 is one of the numbers."""
    first, last = float(1 if narrow_range else 0), float(2 ** num_bits - 1)
    step = (high - low) / (last - first)
    zero = first - low / step
    zero = clip_ops.clip_by_value(math_ops.round(zero), first, last)
    return (first - zero) * step, (last - zero) * step, step


def _quantized(inputs, low, high, num_bits, narrow_range, name):
    if not 2 <= num_bits <= 16:
        raise ValueError(f"num_bits is 2 to 16, not {num_bits}")
    low, high, step = _nudged(low, high, num_bits, narrow_range)
    clipped = math_ops.minimum(math_ops.maximum(inputs, low), high)
    rounded = math_ops.floor((clipped - low) / step + 0.5) * step + low
    # Gradients go through as if nothing were rounded.
    return math_ops.add(clipped, array_ops.stop_gradient(rounded - clipped), name=name)


def fake_quant_with_min_max_args(inputs, min=-6, max=6, num_bits=8, narrow_range=False, name=None):
    """The nearest of the 2ⁿ numbers at equal distances from `min` to `max`."""
    with ops.name_scope(name, "FakeQuantWithMinMaxArgs", [inputs]) as scope:
        inputs = ops.convert_to_tensor(inputs, name="inputs")
        low, high = constant_op.constant(float(min), inputs.dtype), constant_op.constant(float(max), inputs.dtype)
        return _quantized(inputs, low, high, num_bits, narrow_range, scope)


def fake_quant_with_min_max_vars(inputs, min, max, num_bits=8, narrow_range=False, name=None):
    """As `fake_quant_with_min_max_args`, with bounds that are tensors and have gradients."""
    with ops.name_scope(name, "FakeQuantWithMinMaxVars", [inputs, min, max]) as scope:
        inputs = ops.convert_to_tensor(inputs, name="inputs")
        return _quantized(inputs, ops.convert_to_tensor(min), ops.convert_to_tensor(max), num_bits, narrow_range, scope)


def fake_quant_with_min_max_vars_per_channel(inputs, min, max, num_bits=8, narrow_range=False, name=None):
    """As `fake_quant_with_min_max_vars`, with bounds for each place of the last axis."""
    return fake_quant_with_min_max_vars(
        inputs, min, max, num_bits, narrow_range, name or "FakeQuantWithMinMaxVarsPerChannel"
    )
