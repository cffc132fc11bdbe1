"""Convolutions as layers, and what goes with them: padding, cropping, enlarging."""

from tenseur.python.framework import tensor_shape
from tenseur.python.keras import activations, constraints, initializers, regularizers
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.keras.engine.input_spec import InputSpec
from tenseur.python.keras.utils import conv_utils
from tenseur.python.ops import array_ops, nn, nn_ops


class Conv(Layer):
    """A convolution over `rank` axes, with bias and activation; kernel `[*kernel_size, in, filters]`."""

    def __init__(self, rank, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation=None,
                 use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, trainable=True,
                 name=None, **kwargs):
        super().__init__(trainable=trainable, name=name,
                         activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.rank = rank
        self.filters = None if filters is None else int(filters)
        self.kernel_size = conv_utils.normalize_tuple(kernel_size, rank, "kernel_size")
        self.strides = conv_utils.normalize_tuple(strides, rank, "strides")
        self.padding = conv_utils.normalize_padding(padding)
        if self.padding == "causal" and rank != 1:
            raise ValueError("Causal padding is only supported for `Conv1D` and ``SeparableConv1D`.")
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.dilation_rate = conv_utils.normalize_tuple(dilation_rate, rank, "dilation_rate")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=rank + 2)

    def _channels(self, input_shape):
        axis = 1 if self.data_format == "channels_first" else -1
        channels = tensor_shape.TensorShape(input_shape).as_list()[axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_bias(self):
        self.bias = self.add_weight(
            "bias", shape=(self.filters,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
            constraint=self.bias_constraint, trainable=True, dtype=self.dtype) if self.use_bias else None

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = self.add_weight(
            "kernel", shape=self.kernel_size + (channels, self.filters), initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint, trainable=True, dtype=self.dtype)
        self._add_bias()
        self._convolution_op = nn_ops.Convolution(
            input_shape, None, padding=(self.padding if self.padding != "causal" else "valid").upper(), strides=self.strides,
            dilation_rate=self.dilation_rate, data_format=conv_utils.convert_data_format(self.data_format, self.rank + 2))
        self.built = True

    def call(self, inputs):
        if self.padding == "causal":
            left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            middle = [[left, 0]]
            pads = [[0, 0], *middle, [0, 0]] if self.data_format == "channels_last" else [[0, 0], [0, 0], *middle]
            inputs = array_ops.pad(inputs, pads)
        return self._finished(self._convolution_op(inputs, self.kernel))

    def _finished(self, outputs):
        if self.use_bias:
            outputs = _with_bias(outputs, self.bias, self.data_format, self.rank)
        return self.activation(outputs) if self.activation is not None else outputs

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "kernel_size": self.kernel_size, "strides": self.strides,
                "padding": self.padding, "data_format": self.data_format, "dilation_rate": self.dilation_rate,
                "activation": activations.serialize(self.activation), "use_bias": self.use_bias}


def _with_bias(outputs, bias, data_format, rank):
    if data_format == "channels_first" and rank == 1:
        return outputs + array_ops.reshape(bias, (1, bias.shape.as_list()[0], 1))
    return nn.bias_add(outputs, bias, data_format="NCHW" if data_format == "channels_first" else "NHWC")


class Conv1D(Conv):
    """A convolution over series."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format="channels_last",
                 dilation_rate=1, **kwargs):
        super().__init__(1, filters, kernel_size, strides, padding, data_format, dilation_rate, **kwargs)


class Conv2D(Conv):
    """A convolution over pictures."""

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1),
                 activation=None, **kwargs):
        super().__init__(2, filters, kernel_size, strides, padding, data_format, dilation_rate, activation, **kwargs)


class Conv3D(Conv):
    """A convolution over volumes."""

    def __init__(self, filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1),
                 activation=None, **kwargs):
        super().__init__(3, filters, kernel_size, strides, padding, data_format, dilation_rate, activation, **kwargs)


class _Transposed:
    """What transposed convolutions have in common."""

    output_padding = None

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = self.add_weight(
            "kernel", shape=self.kernel_size + (self.filters, channels), initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint, trainable=True, dtype=self.dtype)
        self._add_bias()
        self.built = True

    def call(self, inputs):
        sizes = array_ops.shape(inputs)
        known = inputs.shape.as_list()
        first = 2 if self.data_format == "channels_first" else 1
        spatial, static = [], []
        for axis in range(self.rank):
            pad = None if self.output_padding is None else self.output_padding[axis]
            arguments = (self.kernel_size[axis], self.padding, pad, self.strides[axis], self.dilation_rate[axis])
            static.append(conv_utils.deconv_output_length(known[first + axis], *arguments))
            spatial.append(conv_utils.deconv_output_length(sizes[first + axis], *arguments) if static[-1] is None else static[-1])
        batch = sizes[0]
        if self.data_format == "channels_first":
            shape, full = (batch, self.filters, *spatial), [known[0], self.filters, *static]
        else:
            shape, full = (batch, *spatial, self.filters), [known[0], *static, self.filters]
        transpose = nn_ops.conv2d_transpose if self.rank == 2 else nn_ops.conv3d_transpose
        outputs = transpose(inputs, self.kernel, array_ops.stack(shape), strides=self.strides, padding=self.padding.upper(),
                            data_format=conv_utils.convert_data_format(self.data_format, self.rank + 2),
                            dilations=self.dilation_rate)
        outputs.set_shape(full)
        return self._finished(outputs)


class Conv2DTranspose(_Transposed, Conv2D):
    """The transpose of a convolution over pictures; kernel `[height, width, filters, in]`."""

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", output_padding=None,
                 data_format=None, **kwargs):
        Conv2D.__init__(self, filters, kernel_size, strides, padding, data_format, **kwargs)
        if output_padding is not None:
            self.output_padding = conv_utils.normalize_tuple(output_padding, 2, "output_padding")


class Conv3DTranspose(_Transposed, Conv3D):
    """The transpose of a convolution over volumes; kernel `[depth, height, width, filters, in]`."""

    def __init__(self, filters, kernel_size, strides=(1, 1, 1), padding="valid", output_padding=None,
                 data_format=None, **kwargs):
        Conv3D.__init__(self, filters, kernel_size, strides, padding, data_format, **kwargs)
        if output_padding is not None:
            self.output_padding = conv_utils.normalize_tuple(output_padding, 3, "output_padding")


class SeparableConv(Conv):
    """A convolution of each channel by itself, then one of single pixels."""

    def __init__(self, rank, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
                 pointwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
                 pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
                 pointwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(rank, filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         bias_initializer=bias_initializer, bias_regularizer=bias_regularizer,
                         activity_regularizer=activity_regularizer, bias_constraint=bias_constraint, **kwargs)
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", shape=self.kernel_size + (channels, self.depth_multiplier),
            initializer=self.depthwise_initializer, regularizer=self.depthwise_regularizer, constraint=self.depthwise_constraint,
            trainable=True, dtype=self.dtype)
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", shape=(1,) * self.rank + (self.depth_multiplier * channels, self.filters),
            initializer=self.pointwise_initializer, regularizer=self.pointwise_regularizer, constraint=self.pointwise_constraint,
            trainable=True, dtype=self.dtype)
        self._add_bias()
        self.built = True

    def call(self, inputs):
        if self.rank == 2:
            strides = (1, *self.strides, 1) if self.data_format == "channels_last" else (1, 1, *self.strides)
            outputs = nn.separable_conv2d(
                inputs, self.depthwise_kernel, self.pointwise_kernel, strides=strides, padding=self.padding.upper(),
                rate=self.dilation_rate, data_format=conv_utils.convert_data_format(self.data_format, 4))
            return self._finished(outputs)
        if self.padding == "causal":
            left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            inputs = array_ops.pad(inputs, [[0, 0], [left, 0], [0, 0]] if self.data_format == "channels_last"
                                   else [[0, 0], [0, 0], [left, 0]])
        axis = 1 if self.data_format == "channels_last" else 2
        strides = (1, *self.strides * 2, 1) if self.data_format == "channels_last" else (1, 1, *self.strides * 2)
        outputs = nn.separable_conv2d(
            array_ops.expand_dims(inputs, axis), array_ops.expand_dims(self.depthwise_kernel, 0),
            array_ops.expand_dims(self.pointwise_kernel, 0), strides=strides,
            padding="VALID" if self.padding == "causal" else self.padding.upper(), rate=(1, *self.dilation_rate),
            data_format=conv_utils.convert_data_format(self.data_format, 4))
        outputs = outputs if not self.use_bias else nn.bias_add(
            outputs, self.bias, data_format="NCHW" if self.data_format == "channels_first" else "NHWC")
        outputs = array_ops.squeeze(outputs, [axis])
        return self.activation(outputs) if self.activation is not None else outputs


class SeparableConv1D(SeparableConv):
    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 **kwargs):
        super().__init__(1, filters, kernel_size, strides, padding, data_format, dilation_rate, **kwargs)


class SeparableConv2D(SeparableConv):
    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
                 dilation_rate=(1, 1), **kwargs):
        super().__init__(2, filters, kernel_size, strides, padding, data_format, dilation_rate, **kwargs)


class DepthwiseConv2D(Conv2D):
    """A convolution of each channel by its own filters."""

    def __init__(self, kernel_size, strides=(1, 1), padding="valid", depth_multiplier=1, data_format=None, activation=None,
                 use_bias=True, depthwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(None, kernel_size, strides, padding, data_format, activation=activation, use_bias=use_bias,
                         bias_initializer=bias_initializer, bias_regularizer=bias_regularizer,
                         activity_regularizer=activity_regularizer, bias_constraint=bias_constraint, **kwargs)
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", shape=self.kernel_size + (channels, self.depth_multiplier),
            initializer=self.depthwise_initializer, regularizer=self.depthwise_regularizer, constraint=self.depthwise_constraint)
        self.filters = channels * self.depth_multiplier
        self._add_bias()
        self.built = True

    def call(self, inputs):
        strides = (1, *self.strides, 1) if self.data_format == "channels_last" else (1, 1, *self.strides)
        outputs = nn.depthwise_conv2d(inputs, self.depthwise_kernel, strides, self.padding.upper(), rate=self.dilation_rate,
                                      data_format=conv_utils.convert_data_format(self.data_format, 4))
        return self._finished(outputs)


class _Sized(Layer):
    """A layer with a size along each spatial axis."""

    _rank, _what, _default = 2, "size", 1

    def __init__(self, size=None, data_format=None, **kwargs):
        for other in ("size", "padding", "cropping"):
            size = kwargs.pop(other, size)
        super().__init__(**kwargs)
        self.data_format = conv_utils.normalize_data_format(data_format) if self._rank > 1 else "channels_last"
        self.size = self._normalized(self._default if size is None else size)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _normalized(self, size):
        return conv_utils.normalize_tuple(size, self._rank, self._what)

    def _first(self):
        return 2 if self.data_format == "channels_first" else 1


class _Paired(_Sized):
    """Sizes before and after along each axis."""

    def _normalized(self, size):
        if isinstance(size, int):
            return ((size, size),) * self._rank
        size = tuple(size)
        if self._rank == 1:
            return (size,)
        return tuple((one, one) if isinstance(one, int) else tuple(one) for one in size)


class _UpSampling(_Sized):
    _default = 2

    def call(self, inputs):
        for axis, times in enumerate(self.size):
            inputs = _repeated(inputs, times, self._first() + axis)
        return inputs


def _repeated(tensor, times, axis):
    """Each slice along the axis `times` times in a row."""
    rank = tensor.shape.ndims
    known = tensor.shape.as_list()
    apart = array_ops.expand_dims(tensor, axis + 1)
    tiled = array_ops.tile(apart, [times if a == axis + 1 else 1 for a in range(rank + 1)])
    sizes = array_ops.shape(tensor)
    made = array_ops.reshape(tiled, array_ops.stack([sizes[a] * times if a == axis else sizes[a] for a in range(rank)]))
    made.set_shape([size * times if a == axis and size is not None else size for a, size in enumerate(known)])
    return made


class UpSampling1D(_UpSampling):
    """Each step `size` times in a row."""

    _rank = 1


class UpSampling2D(_UpSampling):
    """Each row and column `size` times in a row, or bilinear between."""

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(size, data_format, **kwargs)
        self.interpolation = interpolation

    def call(self, inputs):
        if self.interpolation == "nearest":
            return super().call(inputs)
        from tenseur.python.ops import image_ops
        sizes = array_ops.shape(inputs)
        return image_ops.resize_bilinear(inputs, array_ops.stack([sizes[1] * self.size[0], sizes[2] * self.size[1]]))


class UpSampling3D(_UpSampling):
    _rank = 3


class _ZeroPadding(_Paired):
    def call(self, inputs):
        pads = [[0, 0]] * self._first() + [list(pair) for pair in self.size]
        return array_ops.pad(inputs, pads + [[0, 0]] * (self._rank + 2 - len(pads)))


class ZeroPadding1D(_ZeroPadding):
    _rank = 1


class ZeroPadding2D(_ZeroPadding):
    """Rows and columns of zeros around pictures."""


class ZeroPadding3D(_ZeroPadding):
    _rank = 3


class _Cropping(_Paired):
    def call(self, inputs):
        cuts = [slice(None)] * self._first() + [slice(before, -after if after else None) for before, after in self.size]
        return inputs[tuple(cuts)]


class Cropping1D(_Cropping):
    _rank = 1


class Cropping2D(_Cropping):
    """Pictures without their outer rows and columns."""


class Cropping3D(_Cropping):
    _rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
Convolution2DTranspose, Convolution3DTranspose = Conv2DTranspose, Conv3DTranspose
Deconv2D = Deconvolution2D = Conv2DTranspose
Deconv3D = Deconvolution3D = Conv3DTranspose
