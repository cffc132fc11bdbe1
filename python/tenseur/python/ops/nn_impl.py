"""Losses, normalization and depthwise convolutions that are built of other ops (`tf.nn`)."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops, nn_ops
from tenseur.python.ops._conv_ops import either, with_space_to_batch
from tenseur.python.ops._sampled_ops import (  # noqa: F401
    _compute_sampled_logits, _sum_rows, nce_loss, nce_loss_v2, sampled_softmax_loss, sampled_softmax_loss_v2,
)


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """`exp(c) − z · c` for targets `z` and the logarithm `c` of the prediction; with Stirling's terms if it is to be full."""
    with ops.name_scope(name, "log_poisson_loss", [log_input, targets]) as name:
        log_input = ops.convert_to_tensor(log_input, name="log_input")
        targets = ops.convert_to_tensor(targets, name="targets")
        _same_shapes(log_input, targets, "log_input and targets")
        result = math_ops.exp(log_input) - log_input * targets
        if compute_full_loss:
            half = ops.convert_to_tensor(0.5, dtype=targets.dtype)
            two_pi = ops.convert_to_tensor(2 * np.pi, dtype=targets.dtype)
            stirling = targets * math_ops.log(targets) - targets + half * math_ops.log(two_pi * targets)
            zeros = array_ops.zeros_like(targets, dtype=targets.dtype)
            ones = array_ops.ones_like(targets, dtype=targets.dtype)
            within = math_ops.logical_and(targets >= zeros, targets <= ones)
            result += array_ops.where(within, zeros, stirling)
        return result


def _same_shapes(one, other, what):
    try:
        one.get_shape().merge_with(other.get_shape())
    except ValueError:
        raise ValueError(f"{what} must have the same shape ({one.get_shape()} vs {other.get_shape()})") from None


def sigmoid_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """`−z · log σ(x) − (1 − z) · log(1 − σ(x))`, as `max(x, 0) − x · z + log(1 + exp(−|x|))`."""
    nn_ops._ensure_xent_args("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with ops.name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = ops.convert_to_tensor(logits, name="logits")
        labels = ops.convert_to_tensor(labels, name="labels")
        _same_shapes(logits, labels, "logits and labels")
        zeros = array_ops.zeros_like(logits, dtype=logits.dtype)
        positive = logits >= zeros
        relu_logits = array_ops.where(positive, logits, zeros)
        negative_absolute = array_ops.where(positive, -logits, logits)
        return math_ops.add(relu_logits - logits * labels, math_ops.log1p(math_ops.exp(negative_absolute)), name=name)


def sigmoid_cross_entropy_with_logits_v2(labels=None, logits=None, name=None):
    return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight=None, name=None, targets=None):
    """`sigmoid_cross_entropy_with_logits` in which positive examples count `pos_weight` times."""
    labels = either("labels", labels, "targets", targets)
    with ops.name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = ops.convert_to_tensor(logits, name="logits")
        labels = ops.convert_to_tensor(labels, name="labels")
        _same_shapes(logits, labels, "logits and labels")
        log_weight = 1 + (pos_weight - 1) * labels
        return math_ops.add(
            (1 - labels) * logits,
            log_weight * (math_ops.log1p(math_ops.exp(-math_ops.abs(logits))) + nn_ops.relu(-logits)), name=name)


weighted_cross_entropy_with_logits_v2 = weighted_cross_entropy_with_logits


def relu_layer(x, weights, biases, name=None):
    """`relu(x · weights + biases)`."""
    with ops.name_scope(name, "relu_layer", [x, weights, biases]) as name:
        made = math_ops.matmul(ops.convert_to_tensor(x, name="x"), ops.convert_to_tensor(weights, name="weights"))
        return nn_ops.relu(nn_ops.bias_add(made, ops.convert_to_tensor(biases, name="biases")), name=name)


def swish(features):
    """`x · σ(x)`."""
    features = ops.convert_to_tensor(features, name="features")
    return features * math_ops.sigmoid(features)


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """The tensor divided by its norm along `axis`, and that norm."""
    from tenseur.python.ops import linalg_ops
    with ops.name_scope(name, "normalize", [tensor]) as name:
        tensor = ops.convert_to_tensor(tensor)
        norm = math_ops.cast(linalg_ops.norm(tensor, ord, axis, keepdims=True), tensor.dtype)
        return tensor / norm, norm


def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """`x / √max(Σ x², epsilon)`, summed along `axis`."""
    axis = either("axis", axis, "dim", dim)
    with ops.name_scope(name, "l2_normalize", [x]) as name:
        x = ops.convert_to_tensor(x, name="x")
        square_sum = math_ops.reduce_sum(math_ops.square(x), axis, keepdims=True)
        inverse = math_ops.rsqrt(math_ops.maximum(square_sum, epsilon))
        return math_ops.multiply(x, inverse, name=name)


def l2_normalize_v2(x, axis=None, epsilon=1e-12, name=None):
    return l2_normalize(x, axis, epsilon, name)


def zero_fraction(value, name=None):
    """The part of the elements that are zero."""
    with ops.name_scope(name, "zero_fraction", [value]):
        value = ops.convert_to_tensor(value, name="value")
        size = array_ops.size(value, out_type=dtypes.int64)
        nonzero = math_ops.count_nonzero(value, dtype=dtypes.int64)
        with ops.name_scope("counts_to_fraction"):
            zeros = size - nonzero
            fraction = math_ops.cast(zeros, dtypes.float32) / math_ops.cast(size, dtypes.float32)
        return array_ops.identity(fraction, "fraction")


def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Convolution of each channel by its own filters: filter [height, width, in, multiplier], result [b, h, w, in · multiplier]."""
    rate = either("dilations", dilations, "rate", rate)
    with ops.name_scope(name, "depthwise", [input, filter]) as name:
        input = ops.convert_to_tensor(input, name="tensor_in")
        filter = ops.convert_to_tensor(filter, name="filter_in")
        rate = [1, 1] if rate is None else nn_ops._get_sequence(rate, 2, 3, "rate")[1:3]

        def op(converted, _, padding):
            return raw_ops.DepthwiseConv2dNative(input=converted, filter=filter, strides=list(strides), padding=padding,
                                                 data_format=data_format or "NHWC", name=name if rate == [1, 1] else None)

        return with_space_to_batch(input, rate, padding, op, filter.get_shape(), data_format=data_format)


def depthwise_conv2d_v2(input, filter, strides, padding, data_format=None, dilations=None, name=None):
    return depthwise_conv2d(input, filter, strides, padding, dilations, name, data_format)


def separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, rate=None, name=None, data_format=None,
                     dilations=None):
    """`depthwise_conv2d`, then a convolution with filters of one pixel: pointwise_filter [1, 1, in · multiplier, out]."""
    rate = either("dilations", dilations, "rate", rate)
    with ops.name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as name:
        input = ops.convert_to_tensor(input, name="tensor_in")
        depthwise_filter = ops.convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = ops.convert_to_tensor(pointwise_filter, name="pointwise_filter")
        shape = pointwise_filter.get_shape().with_rank(4).as_list()
        if shape[:2] != [1, 1]:
            raise ValueError(f"pointwise_filter must be of shape [1, 1, …], got {shape}")
        depthwise = depthwise_conv2d(input, depthwise_filter, strides, padding, rate, "depthwise", data_format)
        return nn_ops.conv2d(depthwise, pointwise_filter, [1, 1, 1, 1], padding="VALID", data_format=data_format or "NHWC",
                             name=name)


def separable_conv2d_v2(input, depthwise_filter, pointwise_filter, strides, padding, data_format=None,
                        dilations=None, name=None):
    return separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, dilations, name, data_format)


# --- moments and normalization -------------------------------------------------------------------------------------


def sufficient_statistics(x, axes, shift=None, keep_dims=None, name=None, keepdims=None):
    """(count, Σ(x − shift), Σ(x − shift)², shift) along `axes`, of which mean and variance follow."""
    keep = bool(either("keepdims", keepdims, "keep_dims", keep_dims))
    axes = sorted(set(axes))
    with ops.name_scope(name, "sufficient_statistics", [x, shift]):
        x = ops.convert_to_tensor(x, name="x")
        shape = x.get_shape()
        if shape.ndims is not None and all(shape.as_list()[axis] is not None for axis in axes):
            count = 1
            for axis in axes:
                count *= shape.as_list()[axis]
            counts = ops.convert_to_tensor(count, dtype=x.dtype, name="count")
        else:
            sizes = array_ops.gather(math_ops.cast(array_ops.shape(x), x.dtype), axes)
            counts = math_ops.reduce_prod(sizes, name="count")
        if shift is not None:
            shift = ops.convert_to_tensor(shift, name="shift")
            means, variances = math_ops.subtract(x, shift), math_ops.squared_difference(x, shift)
        else:
            means, variances = x, math_ops.square(x)
        means = math_ops.reduce_sum(means, axes, keepdims=keep, name="mean_ss")
        variances = math_ops.reduce_sum(variances, axes, keepdims=keep, name="var_ss")
    return counts, means, variances, shift


def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """Mean and variance from `sufficient_statistics`."""
    with ops.name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = math_ops.reciprocal(counts, name="divisor")
        if shift is not None:
            shifted_mean = math_ops.multiply(mean_ss, divisor, name="shifted_mean")
            mean = math_ops.add(shifted_mean, shift, name="mean")
        else:
            shifted_mean = mean = math_ops.multiply(mean_ss, divisor, name="mean")
        variance = math_ops.subtract(math_ops.multiply(variance_ss, divisor), math_ops.square(shifted_mean),
                                     name="variance")
    return mean, variance


def moments(x, axes, shift=None, name=None, keep_dims=None, keepdims=None):
    """Mean and variance along `axes`; `shift` is not used."""
    keep = bool(either("keepdims", keepdims, "keep_dims", keep_dims))
    with ops.name_scope(name, "moments", [x, axes]):
        x = ops.convert_to_tensor(x, name="x")
        y = math_ops.cast(x, dtypes.float32) if x.dtype == dtypes.float16 else x
        mean = math_ops.reduce_mean(y, axes, keepdims=True, name="mean")
        difference = math_ops.squared_difference(y, array_ops.stop_gradient(mean))
        variance = math_ops.reduce_mean(difference, axes, keepdims=True, name="variance")
        if not keep:
            mean, variance = array_ops.squeeze(mean, axes), array_ops.squeeze(variance, axes)
        if x.dtype == dtypes.float16:
            return math_ops.cast(mean, dtypes.float16), math_ops.cast(variance, dtypes.float16)
        return mean, variance


def moments_v2(x, axes, shift=None, keepdims=False, name=None):
    return moments(x, axes, shift, name, keepdims=keepdims)


def weighted_moments(x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None):
    """Mean and variance along `axes`, of elements that count as often as their weights say."""
    keep = bool(either("keepdims", keepdims, "keep_dims", keep_dims))
    with ops.name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = ops.convert_to_tensor(x, name="x")
        weights = ops.convert_to_tensor(frequency_weights, name="frequency_weights")
        weights = math_ops.cast(weights, x.dtype)
        weighted_input_sum = math_ops.reduce_sum(weights * x, axes, keepdims=True, name="weighted_input_sum")
        sum_of_weights = math_ops.reduce_sum(weights + array_ops.zeros_like(x), axes, keepdims=True,
                                             name="sum_of_weights")
        mean = weighted_input_sum / sum_of_weights
        distance = math_ops.reduce_sum(weights * math_ops.squared_difference(x, mean), axes, keepdims=True,
                                       name="weighted_distsq")
        variance = distance / sum_of_weights
        if not keep:
            mean, variance = array_ops.squeeze(mean, axes), array_ops.squeeze(variance, axes)
        return mean, variance


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """`(x − mean) / √(variance + epsilon) · scale + offset`."""
    with ops.name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = math_ops.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse *= scale
        moved = offset - mean * inverse if offset is not None else -mean * inverse
        return x * math_ops.cast(inverse, x.dtype) + math_ops.cast(moved, x.dtype)


def fused_batch_norm(x, scale, offset, mean=None, variance=None, epsilon=0.001, data_format="NHWC",
                     is_training=True, name=None):
    """Normalizes every channel of pictures; gives that, the batch's means and its variances.

    With `is_training` by the batch's own moments, else by `mean` and `variance`.
    """
    x = ops.convert_to_tensor(x, name="input")
    scale = ops.convert_to_tensor(scale, name="scale")
    offset = ops.convert_to_tensor(offset, name="offset")
    if is_training:
        if mean is not None or variance is not None:
            raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
        mean, variance = (ops.convert_to_tensor(np.zeros([0], np.float32), name="Const") for _ in range(2))
    # What cuDNN takes at least.
    epsilon = max(epsilon, 1.001e-5)
    y, batch_mean, batch_variance, *_ = raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=mean, variance=variance, epsilon=epsilon, data_format=data_format,
        is_training=is_training, name=name)
    return y, batch_mean, batch_variance


def batch_norm_with_global_normalization(t=None, m=None, v=None, beta=None, gamma=None, variance_epsilon=None,
                                         scale_after_normalization=None, name=None, input=None, mean=None, variance=None):
    """`batch_normalization`, as TensorFlow's first versions called it."""
    t, m, v = (either("input", input, "t", t), either("mean", mean, "m", m), either("variance", variance, "v", v))
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


batch_norm_with_global_normalization_v2 = batch_norm_with_global_normalization


