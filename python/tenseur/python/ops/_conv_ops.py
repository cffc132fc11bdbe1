"""Convolutions and pools of `nn_ops`: the forms in which TensorFlow 1 programs write them, over the engine's ops."""

import collections

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops


def either(new_name, new, old_name, old):
    """The argument under whichever of its two names it was given.

    Raises:
      ValueError: where both were.
    """
    if old is None:
        return new
    if new is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old


def _get_sequence(value, n, channel_index, name):
    """A size for every axis of the input, from one number, from those of the `n` spatial axes, or from all."""
    if value is None:
        value = [1]
    elif not isinstance(value, (list, tuple)) and not hasattr(value, "__iter__"):
        value = [value]
    value = [int(item) for item in value]
    if len(value) == n + 2:
        return value
    if len(value) == 1:
        value = value * n
    elif len(value) != n:
        raise ValueError(f"{name} should be of length 1, {n} or {n + 2} but was {len(value)}")
    return [1] + value + [1] if channel_index == n + 1 else [1, 1] + value


def _channels_first(data_format):
    return data_format is not None and data_format.startswith("NC")


def _channel_index(data_format, n):
    return 1 if _channels_first(data_format) else n + 1


def _padding(padding, data_format, n):
    """The padding as attributes: a name, or sizes before and after each axis."""
    if isinstance(padding, (list, tuple)):
        if len(padding) != n + 2:
            raise ValueError(f"Explicit padding must be a list of {n + 2} pairs, got {padding}")
        return {"padding": "EXPLICIT", "explicit_paddings": [int(size) for pair in padding for size in pair]}
    if not isinstance(padding, (str, bytes)):
        raise ValueError(f"padding must be \"SAME\", \"VALID\" or a list, got {padding!r}")
    return {"padding": padding.upper() if isinstance(padding, str) else padding.decode().upper()}


def conv2d(input, filter=None, strides=None, padding=None, use_cudnn_on_gpu=True, data_format="NHWC",
           dilations=[1, 1, 1, 1], name=None, filters=None):
    """Convolution of pictures [batch, height, width, in] with filters [height, width, in, out]:
    `y[b, i, j, k] = Σ x[b, s₁i + di, s₂j + dj, q] · f[di, dj, q, k]`."""
    filter = either("filters", filters, "filter", filter)
    data_format = data_format or "NHWC"
    channel = _channel_index(data_format, 2)
    return raw_ops.Conv2D(
        input=input, filter=filter, strides=_get_sequence(strides, 2, channel, "strides"),
        dilations=_get_sequence(dilations, 2, channel, "dilations"), data_format=data_format,
        use_cudnn_on_gpu=use_cudnn_on_gpu, name=name, **_padding(padding, data_format, 2))


def conv2d_v2(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    return conv2d(input, filters, strides, padding, True, data_format, dilations or 1, name)


def conv2d_backprop_filter(input, filter_sizes, out_backprop, strides, padding, use_cudnn_on_gpu=True, data_format="NHWC",
                           dilations=[1, 1, 1, 1], name=None):
    """The gradient of `conv2d` with respect to its filter."""
    return raw_ops.Conv2DBackpropFilter(
        input=input, filter_sizes=filter_sizes, out_backprop=out_backprop, strides=list(strides), data_format=data_format,
        use_cudnn_on_gpu=use_cudnn_on_gpu, dilations=list(dilations), name=name, **_padding(padding, data_format, 2))


def conv2d_backprop_input(input_sizes, filter=None, out_backprop=None, strides=None, padding=None, use_cudnn_on_gpu=True,
                          data_format="NHWC", dilations=[1, 1, 1, 1], name=None, filters=None):
    """The gradient of `conv2d` with respect to its input."""
    return raw_ops.Conv2DBackpropInput(
        input_sizes=input_sizes, filter=either("filters", filters, "filter", filter), out_backprop=out_backprop,
        strides=list(strides), data_format=data_format, use_cudnn_on_gpu=use_cudnn_on_gpu, dilations=list(dilations),
        name=name, **_padding(padding, data_format, 2))


def conv2d_transpose(value=None, filter=None, output_shape=None, strides=None, padding="SAME", data_format="NHWC", name=None,
                     input=None, filters=None, dilations=None):
    """The transpose of `conv2d`: what a convolution with this filter, [height, width, out, in], would have as its gradient."""
    value = either("input", input, "value", value)
    filter = either("filters", filters, "filter", filter)
    with ops.name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as name:
        data_format = data_format or "NHWC"
        channel = _channel_index(data_format, 2)
        return raw_ops.Conv2DBackpropInput(
            input_sizes=output_shape, filter=filter, out_backprop=value,
            strides=_get_sequence(strides, 2, channel, "strides"), data_format=data_format,
            dilations=_get_sequence(dilations, 2, channel, "dilations"), name=name, **_padding(padding, data_format, 2))


conv2d_transpose_v2 = conv2d_transpose


def atrous_conv2d(value, filters, rate, padding, name=None):
    """Convolution with holes: the filter's elements stand `rate` apart."""
    with ops.name_scope(name, "atrous_conv2d", [value, filters]) as name:
        return conv2d(value, filters, [1, 1, 1, 1], padding, dilations=[1, rate, rate, 1], name=name)


def atrous_conv2d_transpose(value, filters, output_shape, rate, padding, name=None):
    """The transpose of `atrous_conv2d`."""
    with ops.name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]) as name:
        return conv2d_transpose(value, filters, output_shape, [1, 1, 1, 1], padding,
                                dilations=[1, rate, rate, 1], name=name)


def conv1d(value=None, filters=None, stride=None, padding=None, use_cudnn_on_gpu=None, data_format=None, name=None,
           input=None, dilations=None):
    """Convolution of series [batch, width, in] with filters [width, in, out]."""
    value = either("input", input, "value", value)
    with ops.name_scope(name, "conv1d", [value, filters]) as name:
        axis = 2 if data_format in ("NCHW", "NCW") else 1
        if data_format not in (None, "NHWC", "NWC", "NCHW", "NCW"):
            raise ValueError("data_format must be \"NWC\" or \"NCW\".")
        strides = _along_width(stride, axis)
        made = conv2d(array_ops.expand_dims(value, axis), array_ops.expand_dims(filters, 0), strides, padding,
                      data_format="NCHW" if axis == 2 else "NHWC", dilations=_along_width(dilations, axis), name=name)
        return array_ops.squeeze(made, [axis])


def _along_width(size, axis):
    """A size along a series as one along a picture that is one pixel high."""
    size = 1 if size is None else size
    if isinstance(size, (list, tuple)):
        size = size[0] if len(size) == 1 else size[axis]
    return [1, 1, 1, size] if axis == 2 else [1, 1, size, 1]


def conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None,
                     name=None):
    """The transpose of `conv1d`."""
    with ops.name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as name:
        axis = 2 if data_format in ("NCHW", "NCW") else 1
        input = array_ops.expand_dims(input, axis)
        filters = array_ops.expand_dims(filters, 0)
        shape = list(output_shape) if isinstance(output_shape, (list, tuple)) else output_shape
        if isinstance(shape, list):
            shape = shape[:axis] + [1] + shape[axis:]
        else:
            shape = array_ops.concat([shape[:axis], [1], shape[axis:]], 0)
        made = conv2d_transpose(input, filters, shape, _along_width(strides, axis), padding,
                                "NCHW" if axis == 2 else "NHWC", dilations=_along_width(dilations, axis), name=name)
        return array_ops.squeeze(made, [axis])


def conv3d(input, filter=None, strides=None, padding=None, data_format="NDHWC", dilations=[1, 1, 1, 1, 1], name=None,
           filters=None):
    """Convolution of volumes [batch, depth, height, width, in] with filters [depth, height, width, in, out]."""
    filter = either("filters", filters, "filter", filter)
    data_format = data_format or "NDHWC"
    channel = _channel_index(data_format, 3)
    return raw_ops.Conv3D(input=input, filter=filter, strides=_get_sequence(strides, 3, channel, "strides"), padding=padding.upper(),
                          data_format=data_format, dilations=_get_sequence(dilations, 3, channel, "dilations"), name=name)


conv3d_v1 = conv3d


def conv3d_v2(input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None):
    return conv3d(input, filters, strides, padding, data_format, dilations or 1, name)


def conv3d_transpose(value, filter=None, output_shape=None, strides=None, padding="SAME", data_format="NDHWC", name=None,
                     input=None, filters=None, dilations=None):
    """The transpose of `conv3d`."""
    value = either("input", input, "value", value)
    filter = either("filters", filters, "filter", filter)
    with ops.name_scope(name, "conv3d_transpose", [value, filter, output_shape]) as name:
        channel = _channel_index(data_format, 3)
        return raw_ops.Conv3DBackpropInputV2(
            input_sizes=output_shape, filter=filter, out_backprop=value, padding=padding.upper(), data_format=data_format,
            strides=_get_sequence(strides, 3, channel, "strides"),
            dilations=_get_sequence(dilations, 3, channel, "dilations"), name=name)


def convolution(input, filter, padding, strides=None, dilation_rate=None, name=None, data_format=None, filters=None,
                dilations=None):
    """Convolution over one, two or three spatial axes, as many as the filter has."""
    filter = either("filters", filters, "filter", filter)
    dilation_rate = either("dilations", dilations, "dilation_rate", dilation_rate)
    with ops.name_scope(name, "convolution", [input, filter]) as name:
        return _convolution(input, filter, padding, strides, dilation_rate, data_format, name)


convolution_v2 = convolution


def _convolution(input, filter, padding, strides, dilation_rate, data_format, name):
    """As `convolution`, with node names that begin with what the layers want."""
    filter = filter if hasattr(filter, "get_shape") else ops.convert_to_tensor(filter, name="filter")
    input = ops.convert_to_tensor(input, name="input")
    spatial = filter.get_shape().with_rank_at_least(3).ndims
    if spatial is None:
        raise ValueError("The number of the filter's axes must be known")
    spatial -= 2
    if input.get_shape().ndims not in (None, spatial + 2):
        raise ValueError(f"Input tensor must have rank {spatial + 2}, got shape {input.get_shape()}")
    strides = [1] * spatial if strides is None else strides
    rate = [1] * spatial if dilation_rate is None else dilation_rate
    if spatial == 1:
        strides, rate = (part[0] if isinstance(part, (list, tuple)) else part for part in (strides, rate))
        return conv1d(input, filter, strides, padding, data_format=data_format, dilations=rate, name=name)
    if spatial == 2:
        return conv2d(input, filter, _spatial(strides, 2), padding, data_format=data_format, dilations=_spatial(rate, 2),
                      name=name)
    if spatial == 3:
        return conv3d(input, filter, _spatial(strides, 3), padding, data_format=data_format, dilations=_spatial(rate, 3),
                      name=name)
    raise ValueError(f"There are convolutions over one, two and three axes, not over {spatial}")


def _spatial(value, n):
    return [value] * n if isinstance(value, int) else list(value)


class Convolution:
    """A convolution whose form is settled once, for layers: call it with the input and the filter."""

    def __init__(self, input_shape, filter_shape, padding, strides=None, dilation_rate=None, name=None,
                 data_format=None):
        self._arguments = (padding, strides, dilation_rate, data_format, name)

    def __call__(self, inp, filter):
        return _convolution(inp, filter, *self._arguments)


# --- pools -----------------------------------------------------------------------------------------------------------


def _pool2d(op_type, value, ksize, strides, padding, data_format, name):
    with ops.name_scope(name, op_type, [value]) as name:
        data_format = data_format or "NHWC"
        channel = _channel_index(data_format, 2)
        make = getattr(raw_ops, op_type)
        value = ops.convert_to_tensor(value, name="input")
        return make(**{"input" if op_type == "MaxPool" else "value": value},
                    ksize=_get_sequence(ksize, 2, channel, "ksize"), strides=_get_sequence(strides, 2, channel, "strides"),
                    padding=padding.upper(), data_format=data_format, name=name)


def max_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """The largest element of each window of a picture."""
    return _pool2d("MaxPool", either("input", input, "value", value), ksize, strides, padding, data_format, name)


max_pool2d = max_pool


def avg_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """The mean of each window of a picture; what lies outside of it does not count."""
    return _pool2d("AvgPool", either("input", input, "value", value), ksize, strides, padding, data_format, name)


avg_pool2d = avg_pool


def _pool3d(op_type, input, ksize, strides, padding, data_format, name):
    with ops.name_scope(name, op_type, [input]) as name:
        data_format = data_format or "NDHWC"
        channel = _channel_index(data_format, 3)
        return getattr(raw_ops, op_type)(
            input=input, ksize=_get_sequence(ksize, 3, channel, "ksize"), padding=padding.upper(),
            strides=_get_sequence(strides, 3, channel, "strides"), data_format=data_format, name=name)


def max_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """The largest element of each window of a volume."""
    return _pool3d("MaxPool3D", input, ksize, strides, padding, data_format, name)


def avg_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """The mean of each window of a volume."""
    return _pool3d("AvgPool3D", input, ksize, strides, padding, data_format, name)


def _pool1d(pool, scope, input, ksize, strides, padding, data_format, name):
    with ops.name_scope(name, scope, [input]) as name:
        axis = 2 if data_format in ("NCHW", "NCW") else 1
        made = pool(array_ops.expand_dims(input, axis), _along_width(ksize, axis), _along_width(strides, axis), padding,
                    "NCHW" if axis == 2 else "NHWC")
        return array_ops.squeeze(made, [axis])


def max_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """The largest element of each window of a series."""
    return _pool1d(max_pool, "max_pool1d", input, ksize, strides, padding, data_format, name)


def avg_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """The mean of each window of a series."""
    return _pool1d(avg_pool, "avg_pool1d", input, ksize, strides, padding, data_format, name)


def max_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """`max_pool` over as many spatial axes as the input has."""
    by_rank = {3: max_pool1d, 4: max_pool, 5: max_pool3d}
    return by_rank[input.shape.ndims](input, ksize, strides, padding, data_format=data_format, name=name)


def avg_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """`avg_pool` over as many spatial axes as the input has."""
    by_rank = {3: avg_pool1d, 4: avg_pool, 5: avg_pool3d}
    return by_rank[input.shape.ndims](input, ksize, strides, padding, data_format=data_format, name=name)


MaxPoolWithArgmax = collections.namedtuple("MaxPoolWithArgmax", ["output", "argmax"])


def max_pool_with_argmax(input, ksize, strides, padding, data_format="NHWC", Targmax=None, name=None, output_dtype=None,
                         include_batch_in_index=False):
    """`max_pool`, and where in the picture each largest element was: `(row · width + column) · channels + channel`."""
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    return MaxPoolWithArgmax(*raw_ops.MaxPoolWithArgmax(
        input=input, ksize=_get_sequence(ksize, 2, 3, "ksize"), strides=_get_sequence(strides, 2, 3, "strides"),
        padding=padding.upper(), Targmax=either("output_dtype", output_dtype, "Targmax", Targmax) or dtypes.int64,
        include_batch_in_index=include_batch_in_index, name=name))


max_pool_with_argmax_v1 = max_pool_with_argmax


def pool(input, window_shape, pooling_type, padding, dilation_rate=None, strides=None, name=None, data_format=None,
         dilations=None):
    """A pool over one, two or three spatial axes; `pooling_type` is "MAX" or "AVG"."""
    with ops.name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = ops.convert_to_tensor(input, name="input")
        n = len(window_shape)
        rate = either("dilations", dilations, "dilation_rate", dilation_rate)
        if rate is not None and any(size != 1 for size in rate):
            return _dilated_pool(input, window_shape, pooling_type, padding, list(rate), strides, data_format)
        functions = {("MAX", 1): max_pool1d, ("MAX", 2): max_pool, ("MAX", 3): max_pool3d,
                     ("AVG", 1): avg_pool1d, ("AVG", 2): avg_pool, ("AVG", 3): avg_pool3d}
        if (pooling_type, n) not in functions:
            raise ValueError(f"pooling_type must be \"MAX\" or \"AVG\" over one to three axes, got {pooling_type!r} over {n}")
        default = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[n]
        return functions[pooling_type, n](input, list(window_shape), list(strides or [1] * n), padding,
                                          data_format=data_format or default, name=scope)


def _dilated_pool(input, window_shape, pooling_type, padding, rate, strides, data_format):
    """Windows whose elements stand apart: pools over the pictures that every so many pixels make."""
    if strides is not None and any(stride != 1 for stride in strides):
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    if _channels_first(data_format):
        raise NotImplementedError("tf.nn.pool with dilation_rate takes channels last; transpose the input")
    n = len(window_shape)

    def plain(apart, _, __):
        return pool(apart, window_shape, pooling_type, "VALID", strides=[1] * n)

    return with_space_to_batch(input, rate, padding, plain, window_shape)


def with_space_to_batch(input, dilation_rate, padding, op, filter_shape=None, spatial_dims=None,
                        data_format=None):
    """Runs `op(input, number of spatial axes, padding)` on pictures of every `dilation_rate`-th pixel, which makes it dilated."""
    rate = [int(size) for size in dilation_rate]
    n = len(rate)
    if all(size == 1 for size in rate):
        return op(input, n, padding)
    window = [int(size) for size in (filter_shape if not hasattr(filter_shape, "as_list") else filter_shape.as_list())[:n]]
    base = [0] * n, [0] * n
    if padding.upper() == "SAME":
        reach = [(size - 1) * step for size, step in zip(window, rate)]
        base = [size // 2 for size in reach], [size - size // 2 for size in reach]
    shape = array_ops.shape(input)[1:1 + n]
    paddings, crops = array_ops.required_space_to_batch_paddings(shape, rate, [[a, b] for a, b in zip(*base)])
    apart = raw_ops.SpaceToBatchND(input=input, block_shape=rate, paddings=paddings)
    made = op(apart, n, "VALID")
    return raw_ops.BatchToSpaceND(input=made, block_shape=rate, crops=crops)


def dilation2d(input, filter=None, strides=None, rates=None, padding=None, name=None, filters=None,
               dilations=None):
    """Grey dilation: the largest of `x + f` in each window."""
    return raw_ops.Dilation2D(input=input, filter=either("filters", filters, "filter", filter), strides=list(strides),
                              rates=list(either("dilations", dilations, "rates", rates)), padding=padding, name=name)


dilation2d_v1 = dilation2d


def erosion2d(value, kernel, strides, rates, padding, name=None):
    """Grey erosion: the smallest of `x − f` in each window, with the kernel mirrored."""
    with ops.name_scope(name, "erosion2d", [value, kernel]) as name:
        return math_ops.negative(dilation2d(math_ops.negative(value), array_ops.reverse_v2(kernel, [0, 1]), strides, rates,
                                            padding), name=name)

