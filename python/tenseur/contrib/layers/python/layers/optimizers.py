"""A training operation in one call: `tf.contrib.layers.optimize_loss`."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, clip_ops, control_flow_ops, init_ops, math_ops, random_ops
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops import variables as vars_
from tenseur.python.training import (
    adagrad, adam, ftrl, gradient_descent, momentum, moving_averages, optimizer as optimizer_, rmsprop, training_util,
)

OPTIMIZER_CLS_NAMES = {
    "Adagrad": adagrad.AdagradOptimizer,
    "Adam": adam.AdamOptimizer,
    "Ftrl": ftrl.FtrlOptimizer,
    "Momentum": lambda learning_rate: momentum.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": rmsprop.RMSPropOptimizer,
    "SGD": gradient_descent.GradientDescentOptimizer,
}

OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]


def optimize_loss(loss, global_step, learning_rate, optimizer, gradient_noise_scale=None, gradient_multipliers=None,
                  clip_gradients=None, learning_rate_decay_fn=None, update_ops=None, variables=None, name=None, summaries=None,
                  colocate_gradients_with_ops=False, increment_global_step=True):
    """An operation that makes a step, and gives the loss before it.

    Args:
      optimizer: "SGD", "Adam", …, a class, an optimizer, or a function of the learning rate.
      clip_gradients: the largest global norm, or a function of the list of (gradient, variable).
      learning_rate_decay_fn: of (learning rate, global step).
      update_ops: what runs before the loss: by default all of `tf.GraphKeys.UPDATE_OPS`.
    """
    loss = ops.convert_to_tensor(loss)
    if loss.get_shape().ndims not in (None, 0):
        raise ValueError(f"Shape {loss.get_shape()} must have rank 0")
    global_step = training_util.get_global_step() if global_step is None else global_step
    if global_step is not None:
        training_util.assert_global_step(global_step)
    with vs.variable_scope(name, "OptimizeLoss", [loss, global_step]):
        if update_ops is None:
            update_ops = set(ops.get_collection(ops.GraphKeys.UPDATE_OPS))
        if update_ops:
            loss = control_flow_ops.with_dependencies(list(update_ops), loss)
        lr = None
        if learning_rate is not None:
            if isinstance(learning_rate, ops.Tensor) and learning_rate.get_shape().ndims == 0:
                lr = learning_rate
            elif isinstance(learning_rate, float):
                if learning_rate < 0.0:
                    raise ValueError("Invalid learning_rate %s.", learning_rate)
                lr = vs.get_variable("learning_rate", [], trainable=False,
                                     initializer=init_ops.constant_initializer(learning_rate))
            else:
                raise ValueError("Learning rate should be 0d Tensor or float. Got "
                                 f"{learning_rate} of type {type(learning_rate)}")
        summaries = ["loss", "learning_rate", "global_gradient_norm"] if summaries is None else summaries
        for summary in summaries:
            if summary not in OPTIMIZER_SUMMARIES:
                raise ValueError(f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {summary}.")
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            lr = learning_rate_decay_fn(lr, global_step)
            if "learning_rate" in summaries:
                _scalar("learning_rate", lr)
        opt = _optimizer(optimizer, lr)
        variables = vars_.trainable_variables() if variables is None else variables
        gradients = opt.compute_gradients(loss, variables, colocate_gradients_with_ops=colocate_gradients_with_ops)
        if gradient_noise_scale is not None:
            gradients = _add_scaled_noise_to_gradients(gradients, gradient_noise_scale)
        if gradient_multipliers is not None:
            gradients = _multiply_gradients(gradients, gradient_multipliers)
        if "global_gradient_norm" in summaries or "gradient_norm" in summaries:
            _scalar("global_norm/gradient_norm", clip_ops.global_norm([g for g, _ in gradients]))
        if isinstance(clip_gradients, float):
            clipped, _ = clip_ops.clip_by_global_norm([g for g, _ in gradients], clip_gradients)
            gradients = list(zip(clipped, [v for _, v in gradients]))
        elif callable(clip_gradients):
            gradients = clip_gradients(gradients)
        elif clip_gradients is not None:
            raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients")
        if "loss" in summaries:
            _scalar("loss", loss)
        for gradient, variable in gradients:
            values = gradient.values if isinstance(gradient, ops.IndexedSlices) else gradient
            if values is not None:
                if "gradients" in summaries:
                    _histogram("gradients/" + variable.op.name, values)
                if "gradient_norm" in summaries:
                    _scalar("gradient_norm/" + variable.op.name, clip_ops.global_norm([values]))
        if clip_gradients is not None and ("global_gradient_norm" in summaries or "gradient_norm" in summaries):
            _scalar("global_norm/clipped_gradient_norm", clip_ops.global_norm([g for g, _ in gradients]))
        step = opt.apply_gradients(gradients, global_step=global_step if increment_global_step else None, name="train")
        return control_flow_ops.with_dependencies([step], loss)


def _scalar(name, tensor):
    from tenseur.python.summary import summary
    summary.scalar(name, tensor)


def _histogram(name, tensor):
    from tenseur.python.summary import summary
    summary.histogram(name, tensor)


def _optimizer(optimizer, lr):
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {optimizer}.")
        if lr is None:
            raise ValueError("Learning rate is None, but should be specified.")
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=lr)
    if isinstance(optimizer, type) and issubclass(optimizer, optimizer_.Optimizer):
        if lr is None:
            raise ValueError("Learning rate is None, but should be specified.")
        return optimizer(learning_rate=lr)
    if isinstance(optimizer, optimizer_.Optimizer):
        return optimizer
    if callable(optimizer):
        made = optimizer(lr) if lr is not None else optimizer()
        if not isinstance(made, optimizer_.Optimizer):
            raise ValueError(f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.")
        return made
    raise ValueError(f"Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or "
                     f"function with one argument. Got {optimizer}.")


def _add_scaled_noise_to_gradients(grads_and_vars, gradient_noise_scale):
    made = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            made.append((None, variable))
            continue
        shape = gradient.dense_shape if isinstance(gradient, ops.IndexedSlices) else gradient.get_shape()
        noise = random_ops.truncated_normal(shape) * gradient_noise_scale
        made.append((gradient + noise, variable))
    return made


def _multiply_gradients(grads_and_vars, gradient_multipliers):
    made = []
    for gradient, variable in grads_and_vars:
        factor = gradient_multipliers.get(variable, gradient_multipliers.get(getattr(variable, "name", None)))
        if gradient is not None and factor is not None:
            factor = math_ops.cast(factor, gradient.dtype)
            gradient = ops.IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape) \
                if isinstance(gradient, ops.IndexedSlices) else gradient * factor
        made.append((gradient, variable))
    return made


def adaptive_clipping_fn(std_factor=2.0, decay=0.95, static_max_norm=None, global_step=None, report_summary=False,
                         epsilon=1e-8, name=None):
    """A clipping function whose largest norm is `exp(mean + std_factor · deviation)` of the logarithm of norms so far."""
    def gradient_clipping(grads_and_vars):
        grads, variables = zip(*grads_and_vars)
        norm = clip_ops.global_norm(grads)
        with vs.variable_scope(name, "AdaptiveMaxNorm", [norm]):
            log_norm = math_ops.log(norm + epsilon)
            mean, sq_mean = (vs.get_variable(which, shape=(), dtype=dtypes.float32, initializer=init_ops.zeros_initializer(),
                                             trainable=False) for which in ("mean", "sq_mean"))
            rate = decay
            if global_step is not None:
                n = math_ops.cast(global_step, dtypes.float32)
                rate = math_ops.minimum(decay, n / (n + 1.0))
            mean = moving_averages.assign_moving_average(mean, log_norm, rate, zero_debias=False)
            sq_mean = moving_averages.assign_moving_average(sq_mean, math_ops.square(log_norm), rate, zero_debias=False)
            std = math_ops.sqrt(math_ops.maximum(epsilon, sq_mean - math_ops.square(mean)))
            max_norm = math_ops.exp(mean + std_factor * std)
            if static_max_norm is not None:
                max_norm = math_ops.minimum(max_norm, static_max_norm)
        factor = array_ops.where(norm < max_norm, array_ops.ones_like(norm), math_ops.exp(mean) / norm)
        return list(zip([None if g is None else g * factor for g in grads], variables))
    return gradient_clipping


