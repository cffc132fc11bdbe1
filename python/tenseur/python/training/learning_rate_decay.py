"""Learning rates that change with the step."""

import math

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import control_flow_ops, math_ops, random_ops


def _step(global_step, what):
    if global_step is None:
        raise ValueError(f"global_step is required for {what}.")


def _cast(value, dtype):
    return math_ops.cast(value, dtype)


def exponential_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate · decay_rate ^ (global_step / decay_steps); with `staircase`, the quotient is an integer."""
    _step(global_step, "exponential_decay")
    with ops.name_scope(name, "ExponentialDecay", [learning_rate, global_step, decay_steps, decay_rate]) as scope:
        learning_rate = ops.convert_to_tensor(learning_rate, name="learning_rate")
        dtype = learning_rate.dtype
        decay_steps, decay_rate = _cast(decay_steps, dtype), _cast(decay_rate, dtype)
        p = _cast(global_step, dtype) / decay_steps
        if staircase:
            p = math_ops.floor(p)
        return math_ops.multiply(learning_rate, math_ops.pow(decay_rate, p), name=scope)


def piecewise_constant(x, boundaries, values, name=None):
    """`values[0]` while x ≤ boundaries[0], `values[1]` while x ≤ boundaries[1], … and the last of the values after that.

    Raises:
      ValueError: where the types do not fit, or there is not one value more than boundaries.
    """
    boundaries, values = list(boundaries), list(values)
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with ops.name_scope(name, "PiecewiseConstant", [x, boundaries, values, name]):
        x = ops.convert_to_tensor(x)
        boundaries = ops.convert_n_to_tensor(boundaries)
        for number, boundary in enumerate(boundaries):
            if boundary.dtype.base_dtype == x.dtype.base_dtype:
                continue
            # Steps of 64 bits with boundaries of 32 are so common that they are let through.
            if boundary.dtype.base_dtype == dtypes.int32 and x.dtype.base_dtype == dtypes.int64:
                boundaries[number] = _cast(boundary, dtypes.int64)
            else:
                raise ValueError(f"Boundaries ({boundary.dtype.base_dtype}) must have the same dtype as x "
                                 f"({x.dtype.base_dtype}).")
        values = ops.convert_n_to_tensor(values)
        for value in values[1:]:
            if value.dtype.base_dtype != values[0].dtype.base_dtype:
                raise ValueError(f"Values must have elements all with the same dtype ({values[0].dtype.base_dtype} vs "
                                 f"{value.dtype.base_dtype}).")
        pairs = [(x <= boundaries[0], lambda: values[0]), (x > boundaries[-1], lambda: values[-1])]
        for low, high, value in zip(boundaries[:-1], boundaries[1:], values[1:-1]):
            pairs.append(((x > low) & (x <= high), lambda value=value: value))
        return control_flow_ops.case(pairs, lambda: values[0], exclusive=True)


piecewise_constant_decay = piecewise_constant


def polynomial_decay(learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0,
                     cycle=False, name=None):
    """(learning_rate − end) · (1 − step / decay_steps)^power + end, for steps up to `decay_steps`; with `cycle`, it begins
    anew with a multiple of `decay_steps` whenever it has come to the end."""
    _step(global_step, "polynomial_decay")
    with ops.name_scope(name, "PolynomialDecay",
                        [learning_rate, global_step, decay_steps, end_learning_rate, power]) as scope:
        learning_rate = ops.convert_to_tensor(learning_rate, name="learning_rate")
        dtype = learning_rate.dtype
        end_learning_rate, power = _cast(end_learning_rate, dtype), _cast(power, dtype)
        step, steps = _cast(global_step, dtype), _cast(decay_steps, dtype)
        if cycle:
            turns = control_flow_ops.cond(math_ops.equal(step, 0), lambda: _cast(1.0, dtype),
                                          lambda: math_ops.ceil(_cast(global_step, dtype) / _cast(decay_steps, dtype)))
            steps = math_ops.multiply(steps, turns)
        else:
            step = math_ops.minimum(step, steps)
        p = math_ops.divide(step, steps)
        return math_ops.add(math_ops.multiply(learning_rate - end_learning_rate, math_ops.pow(1 - p, power)),
                            end_learning_rate, name=scope)


def natural_exp_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate · exp(−decay_rate · global_step / decay_steps)."""
    _step(global_step, "natural_exp_decay")
    natural = math_ops.exp(math_ops.negative(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, natural, staircase=staircase, name=name)


def inverse_time_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate / (1 + decay_rate · global_step / decay_steps)."""
    _step(global_step, "inverse_time_decay")
    with ops.name_scope(name, "InverseTimeDecay", [learning_rate, global_step, decay_rate]) as scope:
        learning_rate = ops.convert_to_tensor(learning_rate, name="learning_rate")
        dtype = learning_rate.dtype
        p = _cast(global_step, dtype) / _cast(decay_steps, dtype)
        if staircase:
            p = math_ops.floor(p)
        denominator = math_ops.add(_cast(1, dtype), math_ops.multiply(_cast(decay_rate, dtype), p))
        return math_ops.divide(learning_rate, denominator, name=scope)


def cosine_decay(learning_rate, global_step, decay_steps, alpha=0.0, name=None):
    """learning_rate · ((1 − alpha) · (1 + cos(π · step / decay_steps)) / 2 + alpha), for steps up to `decay_steps`."""
    _step(global_step, "cosine decay")
    with ops.name_scope(name, "CosineDecay", [learning_rate, global_step]):
        learning_rate = ops.convert_to_tensor(learning_rate, name="learning_rate")
        dtype = learning_rate.dtype
        steps = _cast(decay_steps, dtype)
        step = math_ops.minimum(_cast(global_step, dtype), steps)
        cosine = 0.5 * (1.0 + math_ops.cos(math.pi * (step / steps)))
        return math_ops.multiply(learning_rate, (1 - alpha) * cosine + alpha)


def cosine_decay_restarts(learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0,
                          name=None):
    """As `cosine_decay`, again and again: each time `t_mul` times as long, from `m_mul` times the rate."""
    _step(global_step, "cosine decay restarts")
    with ops.name_scope(name, "SGDRDecay", [learning_rate, global_step]) as scope:
        learning_rate = ops.convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = learning_rate.dtype
        alpha, m_mul, t_mul = _cast(alpha, dtype), _cast(m_mul, dtype), _cast(t_mul, dtype)
        completed = _cast(global_step, dtype) / _cast(first_decay_steps, dtype)

        def geometric():
            restart = math_ops.floor(math_ops.log(1.0 - completed * (1.0 - t_mul)) / math_ops.log(t_mul))
            before = (1.0 - t_mul ** restart) / (1.0 - t_mul)
            return restart, (completed - before) / t_mul ** restart

        def equal():
            restart = math_ops.floor(completed)
            return restart, completed - restart

        restart, fraction = control_flow_ops.cond(math_ops.equal(t_mul, 1.0), equal, geometric)
        decayed = 0.5 * m_mul ** restart * (1.0 + math_ops.cos(math.pi * fraction))
        return math_ops.multiply(learning_rate, (1 - alpha) * decayed + alpha, name=scope)


def _linear_cosine(learning_rate, global_step, decay_steps, num_periods, alpha, beta, noise, scope):
    learning_rate = ops.convert_to_tensor(learning_rate, name="learning_rate")
    dtype = learning_rate.dtype
    steps, periods = _cast(decay_steps, dtype), _cast(num_periods, dtype)
    step = math_ops.minimum(_cast(global_step, dtype), steps)
    linear = (steps - step) / steps
    linear = linear if noise is None else noise(linear, step, dtype)
    cosine = 0.5 * (1.0 + math_ops.cos(math.pi * 2.0 * periods * (step / steps)))
    return math_ops.multiply(learning_rate, (_cast(alpha, dtype) + linear) * cosine + _cast(beta, dtype), name=scope)


def linear_cosine_decay(learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001,
                        name=None):
    """learning_rate · ((alpha + 1 − step / decay_steps) · (1 + cos(2π · num_periods · step / decay_steps)) / 2 + beta)."""
    _step(global_step, "linear cosine decay")
    with ops.name_scope(name, "LinearCosineDecay", [learning_rate, global_step]) as scope:
        return _linear_cosine(learning_rate, global_step, decay_steps, num_periods, alpha, beta, None, scope)


def noisy_linear_cosine_decay(learning_rate, global_step, decay_steps, initial_variance=1.0, variance_decay=0.55,
                              num_periods=0.5, alpha=0.0, beta=0.001, name=None):
    """As `linear_cosine_decay`, with normal noise of variance initial_variance / (1 + step)^variance_decay in the linear
    part."""
    _step(global_step, "noisy linear cosine decay")

    def noise(linear, step, dtype):
        variance = _cast(initial_variance, dtype) / math_ops.pow(1.0 + step, _cast(variance_decay, dtype))
        return linear + random_ops.random_normal(linear.shape, stddev=math_ops.sqrt(variance))

    with ops.name_scope(name, "NoisyLinearCosineDecay", [learning_rate, global_step]) as scope:
        return _linear_cosine(learning_rate, global_step, decay_steps, num_periods, alpha, beta, noise, scope)
