"""Normalization as layers."""

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.keras import backend, constraints, initializers, regularizers
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.keras.engine.input_spec import InputSpec
from tenseur.python.keras.utils import tf_utils
from tenseur.python.ops import array_ops, init_ops, math_ops, nn, state_ops


class BatchNormalization(Layer):
    """`(x − mean) / √(variance + epsilon) · gamma + beta`, by the batch's moments while training, else by moving averages.

    Args:
      axis: the axis of channels, or several.
      momentum: `moving ← moving · momentum + batch · (1 − momentum)`.
      fused: whether one op does it all; unless said, where it can.
    """

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None, renorm=False,
                 renorm_clipping=None, renorm_momentum=0.99, fused=None, trainable=True, virtual_batch_size=None, adjustment=None,
                 name=None, **kwargs):
        super().__init__(name=name, trainable=trainable, **kwargs)
        if renorm or virtual_batch_size is not None or adjustment is not None:
            raise NotImplementedError("batch normalization with renorm, virtual_batch_size or adjustment is not there in tenseur; "
                                      "the nearest that there is: batch normalization without them")
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else [int(axis)]
        self.momentum, self.epsilon, self.center, self.scale = momentum, epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.fused = fused
        self.renorm = False
        self.supports_masking = True

    def build(self, input_shape):
        shape = tensor_shape.TensorShape(input_shape)
        if not shape.ndims:
            raise ValueError("Input has undefined rank:", shape)
        rank, sizes = shape.ndims, shape.as_list()
        self.axis = [axis + rank if axis < 0 else axis for axis in self.axis]
        if any(not 0 <= axis < rank for axis in self.axis):
            raise ValueError(f"Invalid axis: {self.axis}")
        if len(set(self.axis)) != len(self.axis):
            raise ValueError(f"Duplicate axis: {self.axis}")
        can_fuse = rank == 4 and self.axis in ([1], [3])
        if self.fused and not can_fuse:
            if rank != 4:
                raise ValueError("Batch normalization layers with fused=True only support 4D input tensors.")
            raise ValueError("Unsupported axis, fused batch norm only supports axis == [1] or axis == [3]")
        if self.fused is None:
            self.fused = can_fuse
        self._data_format = "NCHW" if self.fused and self.axis == [1] else "NHWC"
        param_dtype = self._param_dtype
        channels = {axis: sizes[axis] for axis in self.axis}
        for axis, size in channels.items():
            if size is None:
                raise ValueError(f"Input has undefined `axis` dimension. Input shape: {shape}")
        self.input_spec = InputSpec(ndim=rank, axes=channels)
        if len(self.axis) == 1:
            param_shape = (sizes[self.axis[0]],)
        else:
            param_shape = [channels.get(axis, 1) for axis in range(rank)]
        self.gamma = self.add_weight(
            name="gamma", shape=param_shape, dtype=param_dtype, initializer=self.gamma_initializer,
            regularizer=self.gamma_regularizer, constraint=self.gamma_constraint, trainable=True) if self.scale else None
        self.beta = self.add_weight(
            name="beta", shape=param_shape, dtype=param_dtype, initializer=self.beta_initializer,
            regularizer=self.beta_regularizer, constraint=self.beta_constraint, trainable=True) if self.center else None
        self._param_shape = param_shape
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=param_shape, dtype=param_dtype, initializer=self.moving_mean_initializer, trainable=False)
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=param_shape, dtype=param_dtype, initializer=self.moving_variance_initializer,
            trainable=False)
        self.built = True

    @property
    def _param_dtype(self):
        return dtypes.float32 if self.dtype in ("float16", "bfloat16", None) else dtypes.as_dtype(self.dtype)

    def _assign_moving_average(self, variable, value, momentum):
        with ops.name_scope("AssignMovingAvg") as scope:
            decay = ops.convert_to_tensor(1.0 - momentum, name="decay")
            if decay.dtype != variable.dtype.base_dtype:
                decay = math_ops.cast(decay, variable.dtype.base_dtype)
            update_delta = (variable - math_ops.cast(value, variable.dtype.base_dtype)) * decay
            return state_ops.assign_sub(variable, update_delta, name=scope)

    def _fused_batch_norm(self, inputs, training):
        gamma = self.gamma if self.scale else init_ops.Ones()(self._param_shape, dtype=self._param_dtype)
        beta = self.beta if self.center else init_ops.Zeros()(self._param_shape, dtype=self._param_dtype)

        def by_batch():
            return nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, data_format=self._data_format)

        def by_average():
            return nn.fused_batch_norm(inputs, gamma, beta, mean=self.moving_mean, variance=self.moving_variance,
                                       epsilon=self.epsilon, is_training=False, data_format=self._data_format)

        output, mean, variance = tf_utils.smart_cond(training, by_batch, by_average)
        known = tf_utils.constant_value(training)
        if known is None:
            momentum = tf_utils.smart_cond(training, lambda: ops.convert_to_tensor(self.momentum),
                                           lambda: ops.convert_to_tensor(1.0))
        else:
            momentum = ops.convert_to_tensor(self.momentum)
        if known is not False:
            self.add_update(lambda: self._assign_moving_average(self.moving_mean, mean, momentum))
            self.add_update(lambda: self._assign_moving_average(self.moving_variance, variance, momentum))
        return output

    def call(self, inputs, training=None):
        if training is None:
            training = backend.learning_phase()
        if not self.trainable and getattr(self, "_frozen_infers", False):
            training = False
        if self.fused:
            return self._fused_batch_norm(inputs, training)
        rank = inputs.shape.ndims
        reduction_axes = [axis for axis in range(rank) if axis not in self.axis]
        broadcast_shape = [1] * rank
        if len(self.axis) == 1:
            broadcast_shape[self.axis[0]] = inputs.shape.as_list()[self.axis[0]]

        def broadcast(v):
            if v is not None and len(v.shape.as_list()) != rank and reduction_axes != list(range(rank - 1)):
                return array_ops.reshape(v, broadcast_shape)
            return v

        scale, offset = broadcast(self.gamma), broadcast(self.beta)
        known = tf_utils.constant_value(training)
        if known is False:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            batch_mean, batch_variance = nn.moments(inputs, reduction_axes, keep_dims=len(self.axis) > 1)
            mean = tf_utils.smart_cond(training, lambda: batch_mean, lambda: ops.convert_to_tensor(self.moving_mean))
            variance = tf_utils.smart_cond(training, lambda: batch_variance,
                                           lambda: ops.convert_to_tensor(self.moving_variance))

            def update(moving, value):
                return tf_utils.smart_cond(training, lambda: self._assign_moving_average(moving, value, self.momentum),
                                           lambda: ops.convert_to_tensor(moving))

            self.add_update(lambda: update(self.moving_mean, mean))
            self.add_update(lambda: update(self.moving_variance, variance))
        mean, variance = math_ops.cast(mean, inputs.dtype), math_ops.cast(variance, inputs.dtype)
        offset = offset if offset is None else math_ops.cast(offset, inputs.dtype)
        scale = scale if scale is None else math_ops.cast(scale, inputs.dtype)
        outputs = nn.batch_normalization(inputs, broadcast(mean), broadcast(variance), offset, scale, self.epsilon)
        outputs.set_shape(inputs.shape)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon,
                "center": self.center, "scale": self.scale}


BatchNormalizationV1 = BatchNormalization


class LayerNormalization(Layer):
    """Normalizes each example along `axis` by its own moments."""

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros", gamma_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self._beta = (beta_initializer, beta_regularizer, beta_constraint)
        self._gamma = (gamma_initializer, gamma_regularizer, gamma_constraint)

    def build(self, input_shape):
        sizes = tensor_shape.TensorShape(input_shape).as_list()
        self.axis = [axis % len(sizes) for axis in self.axis]
        shape = [sizes[axis] for axis in self.axis]
        made = {}
        for name, wanted, facts in (("gamma", self.scale, self._gamma), ("beta", self.center, self._beta)):
            made[name] = self.add_weight(name, shape=shape, initializer=facts[0], regularizer=facts[1], constraint=facts[2]) \
                if wanted else None
        self.gamma, self.beta = made["gamma"], made["beta"]
        self.built = True

    def call(self, inputs):
        mean, variance = nn.moments(inputs, self.axis, keep_dims=True)
        shape = [size if axis in self.axis else 1 for axis, size in enumerate(inputs.shape.as_list())]
        scale = None if self.gamma is None else array_ops.reshape(self.gamma, shape)
        offset = None if self.beta is None else array_ops.reshape(self.beta, shape)
        return nn.batch_normalization(inputs, mean, variance, offset, scale, self.epsilon)
