"""Normalization: `tf.contrib.layers.batch_norm`, `layer_norm`, `group_norm`, `instance_norm`."""

from tenseur.contrib.framework.python.ops import variables
from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.contrib.layers.python.layers import utils
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, init_ops, nn, variable_scope
from tenseur.python.training import moving_averages


def _variable(name, shape, initializer, trainable, variables_collections, dtype=dtypes.float32,
              regularizer=None):
    return variables.model_variable(
        name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
        collections=utils.get_variable_collections(variables_collections, name))


def _beta_and_gamma(center, scale, shape, initializers, trainable, variables_collections, dtype):
    """The variables that move and scale what is normalized, by name."""
    wanted = (("beta", center, init_ops.zeros_initializer()), ("gamma", scale, init_ops.ones_initializer()))
    return {name: _variable(name, shape, initializers.get(name, initializer), trainable, variables_collections, dtype)
            for name, is_wanted, initializer in wanted if is_wanted}


@add_arg_scope
def batch_norm(inputs, decay=0.999, center=True, scale=False, epsilon=0.001, activation_fn=None, param_initializers=None,
               param_regularizers=None, updates_collections=ops.GraphKeys.UPDATE_OPS, is_training=True, reuse=None,
               variables_collections=None, outputs_collections=None, trainable=True, batch_weights=None, fused=None,
               data_format="NHWC", zero_debias_moving_mean=False, scope=None, renorm=False, renorm_clipping=None,
               renorm_decay=0.99, adjustment=None):
    """`(x − mean) / √(variance + epsilon) · gamma + beta` for each channel.

    By the batch's moments where `is_training` (a bool or a tensor), else by moving averages, whose updates are put into
    `updates_collections`; `None` there lets them run with the layer itself.
    """
    if renorm or adjustment is not None:
        raise NotImplementedError("tf.contrib.layers.batch_norm with renorm or adjustment is not there in tenseur; the nearest "
                                  "that there is: tf.contrib.layers.batch_norm without them")
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    initializers, regularizers = param_initializers or {}, param_regularizers or {}
    with variable_scope.variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as sc:
        inputs = ops.convert_to_tensor(inputs)
        original_shape, rank = inputs.get_shape(), inputs.get_shape().ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank")
        channel_axis = 1 if data_format == "NCHW" and rank > 2 else rank - 1
        params_shape = original_shape[channel_axis:channel_axis + 1]
        if not params_shape.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {params_shape}.")
        dtype = dtypes.float32 if inputs.dtype == dtypes.float16 else inputs.dtype.base_dtype
        made = {}
        zeros, ones = init_ops.zeros_initializer(), init_ops.ones_initializer()
        wanted = (("beta", center, zeros, trainable), ("gamma", scale, ones, trainable), ("moving_mean", True, zeros, False),
                  ("moving_variance", True, ones, False))
        for name, is_wanted, initializer, is_trained in wanted:
            if is_wanted:
                made[name] = _variable(name, params_shape, initializers.get(name, initializer), is_trained, variables_collections,
                                       dtype, regularizers.get(name))
        beta, gamma = made.get("beta"), made.get("gamma")
        moving_mean, moving_variance = made["moving_mean"], made["moving_variance"]
        can_fuse = fused is not False and batch_weights is None and rank in (2, 4) and inputs.dtype == dtypes.float32
        training = utils.constant_value(is_training)

        if can_fuse:
            shaped = inputs
            if rank == 2:
                shaped = array_ops.reshape(inputs, [-1, 1, 1, params_shape.as_list()[0]])
            layout = data_format if rank == 4 else "NHWC"
            one = gamma if gamma is not None else array_ops.ones(params_shape, dtype)
            zero = beta if beta is not None else array_ops.zeros(params_shape, dtype)

            def by_batch():
                return nn.fused_batch_norm(shaped, one, zero, epsilon=epsilon, data_format=layout)

            def by_average():
                return nn.fused_batch_norm(shaped, one, zero, mean=moving_mean, variance=moving_variance, epsilon=epsilon,
                                           is_training=False, data_format=layout)

            outputs, mean, variance = utils.smart_cond(is_training, by_batch, by_average)
            if rank == 2:
                outputs = array_ops.reshape(outputs, array_ops.shape(inputs))
        elif training is False:
            mean, variance = moving_mean, moving_variance
        else:
            axes = [axis for axis in range(rank) if axis != channel_axis]
            if batch_weights is None:
                mean, variance = nn.moments(inputs, axes)
            else:
                weights = array_ops.reshape(batch_weights, [-1] + [1] * (rank - 1))
                mean, variance = nn.weighted_moments(inputs, axes, weights)
            if training is None:
                batch = mean, variance
                mean, variance = utils.smart_cond(
                    is_training, lambda: batch,
                    lambda: (ops.convert_to_tensor(moving_mean), ops.convert_to_tensor(moving_variance)))

        updates = []
        if training is not False:
            momentum = decay if training is not None else utils.smart_cond(
                is_training, lambda: ops.convert_to_tensor(float(decay)), lambda: ops.convert_to_tensor(1.0))
            updates = [
                moving_averages.assign_moving_average(moving_mean, mean, momentum, zero_debias=zero_debias_moving_mean),
                moving_averages.assign_moving_average(moving_variance, variance, momentum, zero_debias=False),
            ]
        if updates and updates_collections is not None:
            ops.add_to_collections(updates_collections, updates[0])
            ops.add_to_collections(updates_collections, updates[1])
        with ops.control_dependencies(updates if updates_collections is None else []):
            if not can_fuse:
                shape = [1] * rank
                shape[channel_axis] = params_shape.as_list()[0]

                def spread(value):
                    if value is None or channel_axis == rank - 1:
                        return value
                    return array_ops.reshape(value, shape)

                outputs = nn.batch_normalization(inputs, spread(mean), spread(variance), spread(beta),
                                                 spread(gamma), epsilon)
            elif updates and updates_collections is None:
                outputs = array_ops.identity(outputs)
        outputs.set_shape(original_shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


@add_arg_scope
def layer_norm(inputs, center=True, scale=True, activation_fn=None, reuse=None, variables_collections=None,
               outputs_collections=None, trainable=True, begin_norm_axis=1, begin_params_axis=-1, scope=None):
    """Normalizes each example by its own moments over the axes from `begin_norm_axis`."""
    with variable_scope.variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as sc:
        inputs = ops.convert_to_tensor(inputs)
        shape, rank = inputs.get_shape(), inputs.get_shape().ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        begin_norm_axis += rank if begin_norm_axis < 0 else 0
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) must be < "
                             f"rank(inputs) ({rank})")
        params_shape = shape[begin_params_axis:]
        if not params_shape.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: {shape}")
        dtype = inputs.dtype.base_dtype
        made = _beta_and_gamma(center, scale, params_shape, {}, trainable, variables_collections, dtype)
        mean, variance = nn.moments(inputs, list(range(begin_norm_axis, rank)), keep_dims=True)
        epsilon = 1e-12 if dtype != dtypes.float16 else 1e-3
        outputs = nn.batch_normalization(inputs, mean, variance, made.get("beta"), made.get("gamma"),
                                         variance_epsilon=epsilon)
        outputs.set_shape(shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


@add_arg_scope
def instance_norm(inputs, center=True, scale=True, epsilon=1e-6, activation_fn=None, param_initializers=None, reuse=None,
                  variables_collections=None, outputs_collections=None, trainable=True, data_format="NHWC", scope=None):
    """Normalizes each channel of each example by its own moments."""
    initializers = param_initializers or {}
    with variable_scope.variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as sc:
        inputs = ops.convert_to_tensor(inputs)
        shape, rank = inputs.get_shape(), inputs.get_shape().ndims
        channel_axis = 1 if data_format == "NCHW" else rank - 1
        params_shape = shape[channel_axis:channel_axis + 1]
        dtype = inputs.dtype.base_dtype
        spread_shape = [1] * rank
        spread_shape[channel_axis] = params_shape.as_list()[0]
        made = _beta_and_gamma(center, scale, params_shape, initializers, trainable, variables_collections, dtype)
        made = {name: array_ops.reshape(variable, spread_shape) for name, variable in made.items()}
        mean, variance = nn.moments(inputs, [axis for axis in range(1, rank) if axis != channel_axis], keep_dims=True)
        outputs = nn.batch_normalization(inputs, mean, variance, made.get("beta"), made.get("gamma"), epsilon,
                                         name="instancenorm")
        outputs.set_shape(shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


@add_arg_scope
def group_norm(inputs, groups=32, channels_axis=-1, reduction_axes=(-3, -2), center=True, scale=True, epsilon=1e-6,
               activation_fn=None, param_initializers=None, reuse=None, variables_collections=None, outputs_collections=None,
               trainable=True, scope=None, mean_close_to_zero=False):
    """Normalizes groups of channels of each example by their own moments."""
    initializers = param_initializers or {}
    with variable_scope.variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as sc:
        inputs = ops.convert_to_tensor(inputs)
        original, rank = inputs.get_shape(), inputs.get_shape().ndims
        channels_axis %= rank
        channels = original.as_list()[channels_axis]
        if channels is None or groups > channels or channels % groups:
            raise ValueError(f"{channels} channels cannot be divided into {groups} groups.")
        sizes = array_ops.shape(inputs)
        grouped = array_ops.reshape(inputs, array_ops.stack(
            [sizes[axis] for axis in range(channels_axis)] + [groups, channels // groups]
            + [sizes[axis] for axis in range(channels_axis + 1, rank)]))
        axes = sorted({(axis % rank) + (1 if axis % rank > channels_axis else 0) for axis in reduction_axes} | {channels_axis + 1})
        spread_shape = [1] * (rank + 1)
        spread_shape[channels_axis:channels_axis + 2] = [groups, channels // groups]
        made = _beta_and_gamma(center, scale, [channels], initializers, trainable, variables_collections,
                               inputs.dtype.base_dtype)
        made = {name: array_ops.reshape(variable, spread_shape) for name, variable in made.items()}
        mean, variance = nn.moments(grouped, axes, keep_dims=True)
        outputs = nn.batch_normalization(grouped, mean, variance, made.get("beta"), made.get("gamma"), epsilon)
        outputs = array_ops.reshape(outputs, sizes)
        outputs.set_shape(original)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


