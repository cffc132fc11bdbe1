"""Networks' ops: convolutions, pools, activations, losses from logits, dropout (`tf.nn`)."""

import collections
import numbers

from tenseur import raw_ops
from tenseur.python.framework import dtypes, errors_impl, ops, tensor_util
from tenseur.python.ops import array_ops, math_ops, random_ops
from tenseur.python.ops._conv_ops import (  # noqa: F401
    Convolution, MaxPoolWithArgmax, _get_sequence, atrous_conv2d, atrous_conv2d_transpose, avg_pool, avg_pool1d, avg_pool2d,
    avg_pool3d, avg_pool_v2, conv1d, conv1d_transpose, conv2d, conv2d_backprop_filter, conv2d_backprop_input,
    conv2d_transpose, conv2d_transpose_v2, conv2d_v2, conv3d, conv3d_transpose, conv3d_v1, conv3d_v2, convolution,
    convolution_v2, dilation2d, dilation2d_v1, either, erosion2d, max_pool, max_pool1d, max_pool2d, max_pool3d, max_pool_v2,
    max_pool_with_argmax, max_pool_with_argmax_v1, pool, with_space_to_batch,
)

conv3d_backprop_filter = conv3d_backprop_filter_v2 = raw_ops.Conv3DBackpropFilterV2
depthwise_conv2d_native = raw_ops.DepthwiseConv2dNative
depthwise_conv2d_native_backprop_input = raw_ops.DepthwiseConv2dNativeBackpropInput
depthwise_conv2d_native_backprop_filter = raw_ops.DepthwiseConv2dNativeBackpropFilter
depthwise_conv2d_backprop_input = depthwise_conv2d_native_backprop_input
depthwise_conv2d_backprop_filter = depthwise_conv2d_native_backprop_filter

# --- activations ---------------------------------------------------------------------------------------------------


def relu(features, name=None):
    """`max(x, 0)`."""
    return raw_ops.Relu(features=features, name=name)


def relu6(features, name=None):
    """`min(max(x, 0), 6)`."""
    with ops.name_scope(name, "Relu6", [features]) as name:
        return raw_ops.Relu6(features=ops.convert_to_tensor(features, name="features"), name=name)


def crelu(features, name=None, axis=-1):
    """`relu` of the features and of their negatives, side by side along `axis`."""
    with ops.name_scope(name, "CRelu", [features]) as name:
        features = ops.convert_to_tensor(features, name="features")
        return relu(array_ops.concat([features, -features], axis, name=name))


crelu_v2 = crelu


def leaky_relu(features, alpha=0.2, name=None):
    """`x` where that is positive, else `alpha · x`."""
    with ops.name_scope(name, "LeakyRelu", [features, alpha]) as name:
        features = ops.convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = math_ops.cast(features, dtypes.float32)
        if tensor_util.is_tensor(alpha):
            return math_ops.maximum(alpha * features, features, name=name)
        return raw_ops.LeakyRelu(features=features, alpha=float(alpha), name=name)


def elu(features, name=None):
    """`x` where that is positive, else `exp(x) − 1`."""
    return raw_ops.Elu(features=features, name=name)


def selu(features, name=None):
    """`elu` scaled so that layers keep mean 0 and variance 1."""
    return raw_ops.Selu(features=features, name=name)


def softplus(features, name=None):
    """`log(1 + exp(x))`."""
    return raw_ops.Softplus(features=features, name=name)


def softsign(features, name=None):
    """`x / (1 + |x|)`."""
    return raw_ops.Softsign(features=features, name=name)


def _along(compute, logits, dim, name):
    """`compute` along the axis `dim`, which the ops themselves take to be the last."""
    logits = ops.convert_to_tensor(logits)
    rank = logits.get_shape().ndims
    if dim == -1 or (rank is not None and dim == rank - 1):
        return compute(logits=logits, name=name)
    if rank is None:
        raise ValueError(f"softmax along axis {dim} needs a tensor whose rank is known")
    if not -rank <= dim < rank:
        raise errors_impl.InvalidArgumentError(
            None, None, f"Dimension ({dim}) must be in the range [{-rank}, {rank}) where {rank} is the number of dimensions in "
            "the input.")
    order = list(range(rank))
    order[dim], order[-1] = order[-1], order[dim]
    moved = compute(logits=array_ops.transpose(logits, order))
    return array_ops.transpose(moved, order, name=name)


def softmax(logits, axis=None, name=None, dim=None):
    """`exp(xᵢ) / Σⱼ exp(xⱼ)` along an axis, the last unless said."""
    axis = either("axis", axis, "dim", dim)
    return _along(raw_ops.Softmax, logits, -1 if axis is None else axis, name)


def softmax_v2(logits, axis=None, name=None):
    return softmax(logits, axis, name)


def log_softmax(logits, axis=None, name=None, dim=None):
    """`xᵢ − log Σⱼ exp(xⱼ)` along an axis, the last unless said."""
    axis = either("axis", axis, "dim", dim)
    return _along(raw_ops.LogSoftmax, logits, -1 if axis is None else axis, name)


def log_softmax_v2(logits, axis=None, name=None):
    return log_softmax(logits, axis, name)


# --- losses from logits --------------------------------------------------------------------------------------------


def _ensure_xent_args(name, sentinel, labels, logits):
    if sentinel is not None:
        raise ValueError(f"Only call `{name}` with named arguments (labels=..., logits=..., ...)")
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


def _flatten_outer_dims(logits):
    """The tensor as a matrix whose rows go along the last axis."""
    rank = array_ops.rank(logits)
    last = array_ops.slice(array_ops.shape(logits), [math_ops.subtract(rank, 1)], [1])
    flat = array_ops.reshape(logits, array_ops.concat([[-1], last], 0))
    shape = logits.get_shape()
    if shape.ndims is not None:
        sizes = shape.as_list()
        outer = 1
        for size in sizes[:-1]:
            outer = None if outer is None or size is None else outer * size
        flat.set_shape([outer, sizes[-1]])
    return flat


def softmax_cross_entropy_with_logits_v2(labels=None, logits=None, axis=None, name=None, dim=None,
                                         _sentinel=None):
    """Cross entropy `−Σ labels · log softmax(logits)` along an axis, the last unless said; gradients go to the labels too."""
    axis = either("axis", axis, "dim", dim)
    _ensure_xent_args("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return _softmax_cross_entropy(labels, logits, -1 if axis is None else axis, name)


def softmax_cross_entropy_with_logits_v2_helper(labels, logits, axis=None, name=None, dim=None):
    return softmax_cross_entropy_with_logits_v2(labels, logits, axis, name, dim)


def _softmax_cross_entropy(labels, logits, axis, name):
    with ops.name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as name:
        logits = ops.convert_to_tensor(logits, name="logits")
        labels = ops.convert_to_tensor(labels, name="labels")
        narrow = logits.dtype in (dtypes.float16, dtypes.bfloat16)
        precise = math_ops.cast(logits, dtypes.float32) if narrow else logits
        labels = math_ops.cast(labels, precise.dtype)
        rank = array_ops.rank(precise)
        shape = logits.get_shape()
        if axis not in (-1, None) and not (shape.ndims is not None and axis == shape.ndims - 1):
            precise, labels = (_moved_to_end(tensor, axis) for tensor in (precise, labels))
        input_shape = array_ops.shape(precise)
        cost, _ = raw_ops.SoftmaxCrossEntropyWithLogits(
            features=_flatten_outer_dims(precise), labels=_flatten_outer_dims(labels), name=name)
        output_shape = array_ops.slice(input_shape, [0], [math_ops.subtract(rank, 1)])
        cost = array_ops.reshape(cost, output_shape)
        if shape.ndims is not None:
            sizes = shape.as_list()
            del sizes[axis]
            cost.set_shape(sizes)
        return math_ops.cast(cost, logits.dtype) if narrow else cost


def _moved_to_end(tensor, axis):
    rank = tensor.get_shape().ndims
    if rank is None:
        raise ValueError(f"cross entropy along axis {axis} needs a tensor whose rank is known")
    order = [other for other in range(rank) if other != axis % rank]
    return array_ops.transpose(tensor, order + [axis % rank])


def softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, dim=-1, name=None, axis=None):
    """Cross entropy `−Σ labels · log softmax(logits)`, through which no gradient goes to the labels."""
    axis = dim if axis is None else axis
    _ensure_xent_args("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with ops.name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as name:
        labels = array_ops.stop_gradient(labels, name="labels_stop_gradient")
    return _softmax_cross_entropy(labels, logits, axis, name)


def sparse_softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross entropy `−log softmax(logits)[label]`, for labels that are numbers of classes.

    Shapes: logits `[d₀, …, classes]`, labels and result `[d₀, …]`.
    """
    _ensure_xent_args("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with ops.name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = ops.convert_to_tensor(labels)
        logits = ops.convert_to_tensor(logits)
        precise = math_ops.cast(logits, dtypes.float32) if logits.dtype == dtypes.float16 else logits
        labels_static = labels.get_shape()
        labels_shape = array_ops.shape(labels)
        shape = logits.get_shape()
        if shape.ndims == 0:
            raise ValueError(f"Logits cannot be scalars - received shape {shape}.")
        if shape.ndims is not None and labels_static.ndims is not None:
            if labels_static.ndims != shape.ndims - 1:
                raise ValueError(f"Rank mismatch: Rank of labels (received {labels_static.ndims}) should equal rank of logits "
                                 f"minus 1 (received {shape.ndims}).")
            if not labels_static.is_compatible_with(shape[:-1]):
                raise ValueError(f"Shape mismatch: The shape of labels (received {labels_static}) should equal the shape of "
                                 f"logits except for the last dimension (received {shape}).")
        if shape.ndims == 2:
            cost, _ = raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)
        else:
            classes = array_ops.shape(logits)[array_ops.rank(logits) - 1]
            cost, _ = raw_ops.SparseSoftmaxCrossEntropyWithLogits(
                features=array_ops.reshape(precise, [-1, classes]), labels=array_ops.reshape(labels, [-1]), name=name)
            cost = array_ops.reshape(cost, labels_shape)
            cost.set_shape(labels_static)
        return math_ops.cast(cost, dtypes.float16) if logits.dtype == dtypes.float16 else cost


def sparse_softmax_cross_entropy_with_logits_v2(labels, logits, name=None):
    return sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


# --- the rest ------------------------------------------------------------------------------------------------------


def bias_add(value, bias, data_format=None, name=None):
    """Adds a vector along the axis of channels: the last, or the second where `data_format` is "NCHW"."""
    with ops.name_scope(name, "BiasAdd", [value, bias]) as name:
        if data_format is not None:
            if not data_format.startswith(("NC", "N")):
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
            data_format = "NCHW" if data_format.startswith("NC") else "NHWC"
        value = ops.convert_to_tensor(value, name="input")
        bias = ops.convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return raw_ops.BiasAdd(value=value, bias=bias, data_format=data_format or "NHWC", name=name)


def bias_add_v1(value, bias, name=None):
    """`bias_add`, with channels last."""
    with ops.name_scope(name, "BiasAddV1", [value, bias]) as name:
        value = ops.convert_to_tensor(value, name="input")
        return raw_ops.BiasAddV1(value=value, bias=ops.convert_to_tensor(bias, dtype=value.dtype, name="bias"),
                                 name=name)


def xw_plus_b(x, weights, biases, name=None):
    """`x · weights + biases`."""
    with ops.name_scope(name, "xw_plus_b", [x, weights, biases]) as name:
        x = ops.convert_to_tensor(x, name="x")
        weights = ops.convert_to_tensor(weights, name="weights")
        biases = ops.convert_to_tensor(biases, name="biases")
        return bias_add(math_ops.matmul(x, weights), biases, name=name)


def xw_plus_b_v1(x, weights, biases, name=None):
    return xw_plus_b(x, weights, biases, name)


def l2_loss(t, name=None):
    """`Σ t² / 2`."""
    return raw_ops.L2Loss(t=t, name=name)


def _get_noise_shape(x, noise_shape):
    if noise_shape is None:
        shape = x.get_shape()
        return shape if shape.is_fully_defined() else array_ops.shape(x)
    if isinstance(noise_shape, ops.Tensor):
        return noise_shape
    sizes = [None if size is None else int(size) for size in (
        noise_shape.as_list() if hasattr(noise_shape, "as_list") else
        [getattr(size, "value", size) for size in noise_shape])] if not _has_tensors(noise_shape) else None
    if sizes is None:
        return noise_shape
    shape = x.get_shape()
    if None in sizes and shape.ndims == len(sizes):
        dynamic = None
        for axis, size in enumerate(sizes):
            if size is None:
                static = shape.as_list()[axis]
                if static is None:
                    dynamic = array_ops.shape(x) if dynamic is None else dynamic
                    static = dynamic[axis]
                sizes[axis] = static
    return sizes


def _has_tensors(sizes):
    return not hasattr(sizes, "as_list") and any(tensor_util.is_tensor(size) for size in sizes)


def dropout(x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None):
    """Sets elements to 0 with probability `rate = 1 − keep_prob`, and divides the others by `keep_prob`."""
    keep = None
    if keep_prob is not None:
        try:
            keep = 1.0 - keep_prob
        except TypeError:
            raise ValueError(f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})") from None
    rate = either("rate", rate, "keep_prob", keep)
    if rate is None:
        raise ValueError("You must provide a rate to dropout.")
    return dropout_v2(x, rate, noise_shape=noise_shape, seed=seed, name=name)


def dropout_v2(x, rate, noise_shape=None, seed=None, name=None):
    """Sets elements to 0 with probability `rate`, and divides the others by `1 − rate`."""
    with ops.name_scope(name, "dropout", [x]):
        x = ops.convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError("x has to be a floating point tensor since it's going to be scaled. Got a "
                             f"{x.dtype.name} tensor instead.")
        if isinstance(rate, numbers.Real):
            # Callers give 1 − keep_prob, which may miss a bound by rounding.
            if not 0 <= rate < 1:
                raise ValueError(f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}")
            if rate == 0:
                return x
        rate = ops.convert_to_tensor(rate, dtype=x.dtype, name="rate")
        rate.get_shape().with_rank(0)
        if tensor_util.constant_value(rate) == 0:
            return x
        noise_shape = _get_noise_shape(x, noise_shape)
        # Uniform in [0, 1): what is at least `rate` stays.
        random_tensor = random_ops.random_uniform(noise_shape, seed=seed, dtype=x.dtype)
        keep_prob = 1 - rate
        scale = 1 / keep_prob
        keep_mask = random_tensor >= rate
        kept = x * scale * math_ops.cast(keep_mask, x.dtype)
        kept.set_shape(x.get_shape())
        return kept


TopKV2 = collections.namedtuple("TopKV2", ["values", "indices"])


def top_k(input, k=1, sorted=True, name=None):
    """The `k` largest elements along the last axis, and where they are."""
    return TopKV2(*raw_ops.TopKV2(input=input, k=k, sorted=sorted, name=name))


def nth_element(input, n, reverse=False, name=None):
    """The element that would be the `n`-th along the last axis, were they sorted."""
    input = ops.convert_to_tensor(input)
    n = ops.convert_to_tensor(n, dtype=dtypes.int32)
    size = array_ops.shape(input)[-1]
    values = raw_ops.TopKV2(input=input, k=size)[0]
    return array_ops.gather(values, n if reverse else size - 1 - n, axis=-1, name=name or "nth_element")


def in_top_k(predictions, targets, k, name=None):
    """Whether the class `targets[i]` is among the `k` with the largest predictions in row `i`."""
    with ops.name_scope(name, "in_top_k"):
        predictions = ops.convert_to_tensor(predictions, dtype=dtypes.float32, name="predictions")
        targets = ops.convert_to_tensor(targets, name="targets", preferred_dtype=dtypes.int32)
        return raw_ops.InTopKV2(predictions=predictions, targets=targets,
                                k=math_ops.cast(k, targets.dtype) if tensor_util.is_tensor(k) else k)


def in_top_k_v2(targets, predictions, k, name=None):
    return in_top_k(predictions, targets, k, name)


def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """`x / (bias + alpha · Σ x²)^beta`, summed over `depth_radius` channels to either side."""
    return raw_ops.LRN(input=input, depth_radius=int(depth_radius), bias=bias, alpha=alpha, beta=beta, name=name)


lrn = local_response_normalization


def conv1d_v2(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    return conv1d(input, filters, stride, padding, data_format=data_format, name=name, dilations=dilations)


def fractional_max_pool(value, pooling_ratio, pseudo_random=False, overlapping=False, deterministic=False, seed=0, seed2=0,
                        name=None):
    raise NotImplementedError("tf.nn.fractional_max_pool is not there in tenseur; the nearest that there is: tf.nn.max_pool")


def fractional_avg_pool(value, pooling_ratio, pseudo_random=False, overlapping=False, deterministic=False, seed=0, seed2=0,
                        name=None):
    raise NotImplementedError("tf.nn.fractional_avg_pool is not there in tenseur; the nearest that there is: tf.nn.avg_pool")

