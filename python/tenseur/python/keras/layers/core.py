"""Layers that are used most: dense ones, dropout, activations, changes of shape."""

import numpy as np

from tenseur.python.framework import ops, tensor_shape
from tenseur.python.keras import activations, backend, constraints, initializers, regularizers
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.keras.engine.input_spec import InputSpec
from tenseur.python.keras.utils import conv_utils, tf_utils
from tenseur.python.ops import array_ops, math_ops, nn


class Masking(Layer):
    """Steps all of whose features are `mask_value` are masked for the layers behind it."""

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mask_value = mask_value

    def compute_mask(self, inputs, mask=None):
        return math_ops.reduce_any(math_ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs):
        mask = math_ops.reduce_any(math_ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * math_ops.cast(mask, inputs.dtype)


class Dropout(Layer):
    """Sets elements to 0 with probability `rate` while training, and scales the others by `1 / (1 − rate)`."""

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        self.supports_masking = True

    def _get_noise_shape(self, inputs):
        if self.noise_shape is None:
            return None
        sizes = array_ops.shape(inputs)
        return ops.convert_to_tensor([sizes[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]) \
            if isinstance(self.noise_shape, (list, tuple)) else self.noise_shape

    def call(self, inputs, training=None):
        if training is None:
            training = backend.learning_phase()
        return tf_utils.smart_cond(
            training,
            lambda: nn.dropout(inputs, noise_shape=self._get_noise_shape(inputs), seed=self.seed, rate=self.rate),
            lambda: array_ops.identity(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}


class _SpatialDropout(Dropout):
    """Dropout of whole channels."""

    def __init__(self, rate, data_format=None, **kwargs):
        super().__init__(rate, **kwargs)
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank)

    def _get_noise_shape(self, inputs):
        sizes = array_ops.shape(inputs)
        ones = (1,) * (self._rank - 2)
        if self.data_format == "channels_first":
            return ops.convert_to_tensor([sizes[0], sizes[1], *ones])
        return ops.convert_to_tensor([sizes[0], *ones, sizes[self._rank - 1]])


class SpatialDropout1D(_SpatialDropout):
    _rank = 3


class SpatialDropout2D(_SpatialDropout):
    _rank = 4


class SpatialDropout3D(_SpatialDropout):
    _rank = 5


class Activation(Layer):
    """Applies an activation."""

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)

    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class Reshape(Layer):
    """Gives each example the shape `target_shape`; one size may be −1."""

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def call(self, inputs):
        sizes = list(self.target_shape)
        known = inputs.shape.as_list()[1:]
        if -1 in sizes and None not in known:
            rest = int(np.prod([size for size in sizes if size != -1]))
            sizes[sizes.index(-1)] = int(np.prod(known)) // rest
        made = array_ops.reshape(inputs, (array_ops.shape(inputs)[0], *sizes))
        made.set_shape([inputs.shape.as_list()[0], *[None if size == -1 else size for size in sizes]])
        return made

    def get_config(self):
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Permutes the axes of each example, which are numbered from 1."""

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return array_ops.transpose(inputs, perm=(0,) + self.dims)

    def get_config(self):
        return {**super().get_config(), "dims": self.dims}


class Flatten(Layer):
    """Gives each example one axis."""

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = array_ops.transpose(inputs, [0, *range(2, rank), 1])
        sizes = inputs.shape.as_list() if rank is not None else []
        if rank is not None and None not in sizes[1:]:
            outputs = array_ops.reshape(inputs, (-1, int(np.prod(sizes[1:]))))
            outputs.set_shape((sizes[0], int(np.prod(sizes[1:]))))
            return outputs
        outputs = array_ops.reshape(inputs, (array_ops.shape(inputs)[0], -1))
        outputs.set_shape((sizes[0] if sizes else None, None))
        return outputs

    def compute_output_shape(self, input_shape):
        sizes = tensor_shape.TensorShape(input_shape).as_list()
        return tensor_shape.TensorShape([sizes[0], None if None in sizes[1:] else int(np.prod(sizes[1:]))])

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class RepeatVector(Layer):
    """[batch, features] → [batch, n, features]."""

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        return backend.repeat(inputs, self.n)

    def get_config(self):
        return {**super().get_config(), "n": self.n}


class Lambda(Layer):
    """Any function of tensors as a layer."""

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        self.function = function
        self.arguments = arguments or {}
        self._mask = mask

    def call(self, inputs, mask=None, training=None):
        arguments = dict(self.arguments)
        names = getattr(getattr(self.function, "__code__", None), "co_varnames", ())
        if "mask" in names:
            arguments["mask"] = mask
        if "training" in names:
            arguments["training"] = training
        return self.function(inputs, **arguments)

    def compute_mask(self, inputs, mask=None):
        return self._mask(inputs, mask) if callable(self._mask) else self._mask

    def get_config(self):
        return {**super().get_config(), "function": self.function, "arguments": self.arguments}


class Dense(Layer):
    """`activation(x · kernel + bias)`.

    Shapes: x `[…, in]`, kernel `[in, units]`, result `[…, units]`.
    """

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        last = tensor_shape.TensorShape(input_shape).as_list()[-1] if tensor_shape.TensorShape(input_shape).ndims else None
        if last is None:
            raise ValueError("The last dimension of the inputs to `Dense` should be defined. Found `None`.")
        self.input_spec = InputSpec(min_ndim=2, axes={-1: last})
        self.kernel = self.add_weight(
            "kernel", shape=[last, self.units], initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint, dtype=self.dtype, trainable=True)
        self.bias = self.add_weight(
            "bias", shape=[self.units], initializer=self.bias_initializer, regularizer=self.bias_regularizer,
            constraint=self.bias_constraint, dtype=self.dtype, trainable=True) if self.use_bias else None
        self.built = True

    def call(self, inputs):
        rank = inputs.shape.ndims
        if rank is not None and rank > 2:
            outputs = math_ops.tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape(inputs.shape.as_list()[:-1] + [self.units])
        else:
            inputs = math_ops.cast(inputs, self.dtype or inputs.dtype)
            outputs = math_ops.matmul(inputs, self.kernel)
        if self.use_bias:
            outputs = nn.bias_add(outputs, self.bias)
        return self.activation(outputs) if self.activation is not None else outputs

    def compute_output_shape(self, input_shape):
        shape = tensor_shape.TensorShape(input_shape)
        return shape[:-1].concatenate(self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "activation": activations.serialize(self.activation),
                "use_bias": self.use_bias}


class ActivityRegularization(Layer):
    """Adds a loss by the activations that pass through."""

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1, self.l2 = l1, l2

    def get_config(self):
        return {**super().get_config(), "l1": self.l1, "l2": self.l2}


