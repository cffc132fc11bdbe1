"""Layers as functions, with normalization, collections and `arg_scope`: `tf.contrib.layers`."""

import functools

from tenseur.contrib.framework.python.ops import variables
from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.contrib.layers.python.layers import initializers, utils
from tenseur.contrib.layers.python.layers._variable_getter import biases_and_weights, build_variable_getter
from tenseur.contrib.layers.python.layers.normalization import batch_norm, group_norm, instance_norm, layer_norm  # noqa: F401
from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.layers import convolutional as convolutional_layers
from tenseur.python.layers import core as core_layers
from tenseur.python.layers import pooling as pooling_layers
from tenseur.python.ops import array_ops, init_ops, math_ops, nn, variable_scope

DATA_FORMAT_NCHW, DATA_FORMAT_NHWC = "NCHW", "NHWC"
DATA_FORMAT_NCDHW, DATA_FORMAT_NDHWC = "NCDHW", "NDHWC"


def _checked_format(data_format, allowed):
    if data_format not in allowed:
        names = [str(one) for one in allowed]
        raise ValueError(f"data_format has to be either {' or '.join(names)}.")
    return "channels_first" if data_format and data_format.startswith("NC") else "channels_last"


def _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc):
    """Normalizes, activates and collects what a layer has made."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


def _collect_weights(layer, variables_collections):
    utils.add_variable_to_collections(layer.kernel, variables_collections, "weights")
    if layer.use_bias:
        utils.add_variable_to_collections(layer.bias, variables_collections, "biases")


@add_arg_scope
def fully_connected(inputs, num_outputs, activation_fn=nn.relu, normalizer_fn=None, normalizer_params=None,
                    weights_initializer=initializers.xavier_initializer(), weights_regularizer=None,
                    biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
                    variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """`activation_fn(inputs · weights + biases)`; with `normalizer_fn` there are no biases.

    Shapes: inputs `[…, in]`, weights `[in, num_outputs]`.
    """
    if not isinstance(num_outputs, int) and not hasattr(num_outputs, "__index__"):
        raise ValueError(f"num_outputs type should be one of int, got {type(num_outputs)}.")
    with variable_scope.variable_scope(scope, "fully_connected", [inputs], reuse=reuse, custom_getter=biases_and_weights()) as sc:
        inputs = ops.convert_to_tensor(inputs)
        layer = core_layers.Dense(
            units=int(num_outputs), activation=None, use_bias=not normalizer_fn and bool(biases_initializer),
            kernel_initializer=weights_initializer, bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer, activity_regularizer=None, trainable=trainable, name=sc.name,
            dtype=inputs.dtype.base_dtype, _scope=sc, _reuse=reuse)
        outputs = layer.apply(inputs)
        _collect_weights(layer, variables_collections)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


@add_arg_scope
def convolution(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=None, rate=1, activation_fn=nn.relu,
                normalizer_fn=None, normalizer_params=None, weights_initializer=initializers.xavier_initializer(),
                weights_regularizer=None, biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
                variables_collections=None, outputs_collections=None, trainable=True, scope=None, conv_dims=None):
    """A convolution over as many axes as the inputs have, with biases (or normalization) and activation."""
    with variable_scope.variable_scope(scope, "Conv", [inputs], reuse=reuse, custom_getter=biases_and_weights()) as sc:
        inputs = ops.convert_to_tensor(inputs)
        rank = inputs.get_shape().ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        classes = {3: convolutional_layers.Conv1D, 4: convolutional_layers.Conv2D, 5: convolutional_layers.Conv3D}
        if rank not in classes:
            raise ValueError("Convolution not supported for input with rank", rank)
        layer = classes[rank](
            filters=num_outputs, kernel_size=kernel_size, strides=stride, padding=padding,
            data_format=_checked_format(data_format, (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW")), dilation_rate=rate,
            activation=None, use_bias=not normalizer_fn and bool(biases_initializer), kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer, bias_regularizer=biases_regularizer,
            activity_regularizer=None, trainable=trainable, name=sc.name, dtype=inputs.dtype.base_dtype, _scope=sc, _reuse=reuse)
        outputs = layer.apply(inputs)
        _collect_weights(layer, variables_collections)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


def _of_rank(conv_dims):
    @add_arg_scope
    def conv(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=None, rate=1, activation_fn=nn.relu,
             normalizer_fn=None, normalizer_params=None, weights_initializer=initializers.xavier_initializer(),
             weights_regularizer=None, biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
             variables_collections=None, outputs_collections=None, trainable=True, scope=None):
        return convolution(
            inputs, num_outputs, kernel_size, stride, padding, data_format, rate, activation_fn, normalizer_fn, normalizer_params,
            weights_initializer, weights_regularizer, biases_initializer, biases_regularizer, reuse, variables_collections,
            outputs_collections, trainable, scope, conv_dims=conv_dims)
    conv.__name__ = conv.__qualname__ = f"convolution{conv_dims}d"
    conv.__doc__ = f"`tf.contrib.layers.convolution` over {conv_dims} axes."
    return conv


convolution1d, convolution2d, convolution3d = _of_rank(1), _of_rank(2), _of_rank(3)


@add_arg_scope
def convolution2d_transpose(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=DATA_FORMAT_NHWC,
                            activation_fn=nn.relu, normalizer_fn=None, normalizer_params=None,
                            weights_initializer=initializers.xavier_initializer(), weights_regularizer=None,
                            biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
                            variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """The transpose of a convolution: `stride` times as high and wide."""
    with variable_scope.variable_scope(scope, "Conv2d_transpose", [inputs], reuse=reuse, custom_getter=biases_and_weights()) as sc:
        inputs = ops.convert_to_tensor(inputs)
        layer = convolutional_layers.Conv2DTranspose(
            filters=num_outputs, kernel_size=kernel_size, strides=stride, padding=padding,
            data_format=_checked_format(data_format, ("NCHW", "NHWC")), activation=None,
            use_bias=not normalizer_fn and bool(biases_initializer), kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer, bias_regularizer=biases_regularizer,
            activity_regularizer=None, trainable=trainable, name=sc.name, dtype=inputs.dtype.base_dtype, _scope=sc, _reuse=reuse)
        outputs = layer.apply(inputs)
        _collect_weights(layer, variables_collections)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


@add_arg_scope
def convolution3d_transpose(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=DATA_FORMAT_NDHWC,
                            activation_fn=nn.relu, normalizer_fn=None, normalizer_params=None,
                            weights_initializer=initializers.xavier_initializer(), weights_regularizer=None,
                            biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
                            variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """The transpose of a convolution over volumes."""
    with variable_scope.variable_scope(scope, "Conv3d_transpose", [inputs], reuse=reuse, custom_getter=biases_and_weights()) as sc:
        inputs = ops.convert_to_tensor(inputs)
        layer = convolutional_layers.Conv3DTranspose(
            filters=num_outputs, kernel_size=kernel_size, strides=stride, padding=padding,
            data_format=_checked_format(data_format, ("NCDHW", "NDHWC")), activation=None,
            use_bias=not normalizer_fn and bool(biases_initializer), kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer, bias_regularizer=biases_regularizer,
            activity_regularizer=None, trainable=trainable, name=sc.name, dtype=inputs.dtype.base_dtype, _scope=sc, _reuse=reuse)
        outputs = layer.apply(inputs)
        _collect_weights(layer, variables_collections)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


@add_arg_scope
def separable_convolution2d(inputs, num_outputs, kernel_size, depth_multiplier=1, stride=1, padding="SAME",
                            data_format=DATA_FORMAT_NHWC, rate=1, activation_fn=nn.relu, normalizer_fn=None, normalizer_params=None,
                            weights_initializer=initializers.xavier_initializer(), pointwise_initializer=None,
                            weights_regularizer=None, biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None,
                            reuse=None, variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """A convolution of each channel by itself, then one of single pixels; without `num_outputs` only the first."""
    getter = build_variable_getter({"bias": "biases", "depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"})
    with variable_scope.variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=getter) as sc:
        inputs = ops.convert_to_tensor(inputs)
        layout = _checked_format(data_format, ("NCHW", "NHWC"))
        if num_outputs is not None:
            layer = convolutional_layers.SeparableConv2D(
                filters=num_outputs, kernel_size=kernel_size, strides=stride, padding=padding, data_format=layout,
                dilation_rate=utils.two_element_tuple(rate), activation=None, depth_multiplier=depth_multiplier,
                use_bias=not normalizer_fn and bool(biases_initializer), depthwise_initializer=weights_initializer,
                pointwise_initializer=pointwise_initializer or weights_initializer, bias_initializer=biases_initializer,
                depthwise_regularizer=weights_regularizer, pointwise_regularizer=weights_regularizer,
                bias_regularizer=biases_regularizer, activity_regularizer=None, trainable=trainable, name=sc.name,
                dtype=inputs.dtype.base_dtype, _scope=sc, _reuse=reuse)
            outputs = layer.apply(inputs)
            for variable in (layer.depthwise_kernel, layer.pointwise_kernel):
                utils.add_variable_to_collections(variable, variables_collections, "weights")
            if layer.bias is not None:
                utils.add_variable_to_collections(layer.bias, variables_collections, "biases")
        else:
            kernel_h, kernel_w = utils.two_element_tuple(kernel_size)
            stride_h, stride_w = utils.two_element_tuple(stride)
            channels = utils.channel_dimension(inputs.get_shape(), data_format, min_rank=4)
            weights = variables.model_variable(
                "depthwise_weights", shape=[kernel_h, kernel_w, channels, depth_multiplier], dtype=inputs.dtype.base_dtype,
                initializer=weights_initializer, regularizer=weights_regularizer, trainable=trainable,
                collections=utils.get_variable_collections(variables_collections, "weights"))
            strides = [1, 1, stride_h, stride_w] if data_format.startswith("NC") else [1, stride_h, stride_w, 1]
            outputs = nn.depthwise_conv2d(inputs, weights, strides, padding, rate=utils.two_element_tuple(rate),
                                          data_format=data_format)
            if normalizer_fn is None and biases_initializer is not None:
                biases = variables.model_variable(
                    "biases", shape=[depth_multiplier * channels], dtype=inputs.dtype.base_dtype, initializer=biases_initializer,
                    regularizer=biases_regularizer, trainable=trainable,
                    collections=utils.get_variable_collections(variables_collections, "biases"))
                outputs = nn.bias_add(outputs, biases, data_format=data_format)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


@add_arg_scope
def convolution2d_in_plane(inputs, kernel_size, stride=1, padding="SAME", activation_fn=nn.relu, normalizer_fn=None,
                           normalizer_params=None, weights_initializer=initializers.xavier_initializer(), weights_regularizer=None,
                           biases_initializer=init_ops.zeros_initializer(), biases_regularizer=None, reuse=None,
                           variables_collections=None, outputs_collections=None, trainable=True, scope=None):
    """One filter for all channels alike."""
    with variable_scope.variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as sc:
        dtype = inputs.dtype.base_dtype
        kernel_h, kernel_w = utils.two_element_tuple(kernel_size)
        stride_h, stride_w = utils.two_element_tuple(stride)
        channels = utils.last_dimension(inputs.get_shape(), min_rank=4)
        weights = variables.model_variable(
            "weights", shape=[kernel_h, kernel_w, 1, 1], dtype=dtype, initializer=weights_initializer,
            regularizer=weights_regularizer, trainable=trainable,
            collections=utils.get_variable_collections(variables_collections, "weights"))
        outputs = nn.depthwise_conv2d(inputs, array_ops.tile(weights, [1, 1, channels, 1]),
                                      [1, stride_h, stride_w, 1], padding)
        if normalizer_fn is None and biases_initializer is not None:
            biases = variables.model_variable(
                "biases", shape=[channels], dtype=dtype, initializer=biases_initializer, regularizer=biases_regularizer,
                trainable=trainable, collections=utils.get_variable_collections(variables_collections, "biases"))
            outputs = nn.bias_add(outputs, biases)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc)


# --- pools -----------------------------------------------------------------------------------------------------------


def _pool_function(name, layer_class, scope_name, formats, default_format, summary):
    @add_arg_scope
    def pool(inputs, kernel_size, stride=2, padding="VALID", data_format=default_format,
             outputs_collections=None, scope=None):
        layout = _checked_format(data_format, formats)
        with ops.name_scope(scope, scope_name, [inputs]) as sc:
            inputs = ops.convert_to_tensor(inputs)
            layer = layer_class(pool_size=kernel_size, strides=stride, padding=padding, data_format=layout, _scope=sc)
            outputs = layer.apply(inputs)
            return utils.collect_named_outputs(outputs_collections, sc, outputs)
    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = summary
    return pool


max_pool2d = _pool_function("max_pool2d", pooling_layers.MaxPooling2D, "MaxPool2D", ("NCHW", "NHWC"), DATA_FORMAT_NHWC,
                            "The largest element of each window of a picture.")
avg_pool2d = _pool_function("avg_pool2d", pooling_layers.AveragePooling2D, "AvgPool2D", ("NCHW", "NHWC"), DATA_FORMAT_NHWC,
                            "The mean of each window of a picture.")
max_pool3d = _pool_function("max_pool3d", pooling_layers.MaxPooling3D, "MaxPool3D", ("NCDHW", "NDHWC"), DATA_FORMAT_NDHWC,
                            "The largest element of each window of a volume.")
avg_pool3d = _pool_function("avg_pool3d", pooling_layers.AveragePooling3D, "AvgPool3D", ("NCDHW", "NDHWC"), DATA_FORMAT_NDHWC,
                            "The mean of each window of a volume.")


@add_arg_scope
def pool(inputs, kernel_size, pooling_type, padding="VALID", data_format=None, dilation_rate=1, stride=1,
         outputs_collections=None, scope=None):
    """`tf.nn.pool`; `pooling_type` is "MAX" or "AVG"."""
    with ops.name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as sc:
        inputs = ops.convert_to_tensor(inputs)
        n = inputs.get_shape().ndims - 2
        outputs = nn.pool(inputs, utils.n_positive_integers(n, kernel_size), pooling_type, padding,
                          dilation_rate=utils.n_positive_integers(n, dilation_rate), strides=utils.n_positive_integers(n, stride),
                          data_format=data_format, name=sc)
        return utils.collect_named_outputs(outputs_collections, sc, outputs)


# --- the rest --------------------------------------------------------------------------------------------------------


@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None, scope=None,
            seed=None):
    """Where `is_training` (a bool or a tensor), keeps elements with probability `keep_prob` and scales them by its inverse."""
    with variable_scope.variable_scope(scope, "Dropout", [inputs], custom_getter=build_variable_getter()) as sc:
        inputs = ops.convert_to_tensor(inputs)
        layer = core_layers.Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=sc.name, _scope=sc)
        outputs = layer.apply(inputs, training=is_training)
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


@add_arg_scope
def flatten(inputs, outputs_collections=None, scope=None):
    """[batch, d₁, d₂, …] → [batch, d₁ · d₂ · …]."""
    with ops.name_scope(scope, "Flatten", [inputs]) as sc:
        outputs = core_layers.flatten(ops.convert_to_tensor(inputs))
        return utils.collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def bias_add(inputs, activation_fn=None, initializer=init_ops.zeros_initializer(), regularizer=None, reuse=None,
             variables_collections=None, outputs_collections=None, trainable=True, data_format=DATA_FORMAT_NHWC, scope=None):
    """Adds a bias for each channel."""
    with variable_scope.variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        inputs = ops.convert_to_tensor(inputs)
        axis = 1 if data_format == DATA_FORMAT_NCHW else -1
        biases = variables.model_variable(
            "biases", shape=[inputs.get_shape().as_list()[axis]], dtype=inputs.dtype.base_dtype, initializer=initializer,
            regularizer=regularizer, trainable=trainable,
            collections=utils.get_variable_collections(variables_collections, "biases"))
        outputs = nn.bias_add(inputs, biases, data_format=data_format)
        return _finished(outputs, None, None, activation_fn, outputs_collections, sc)


@add_arg_scope
def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, outputs_collections=None, scope=None):
    """Numbers of classes as rows with a one."""
    with ops.name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = ops.convert_to_tensor(labels)
        if labels.dtype == dtypes.int32:
            labels = math_ops.cast(labels, dtypes.int64)
        outputs = array_ops.one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return utils.collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def softmax(logits, scope=None):
    """`tf.nn.softmax` along the last axis."""
    with variable_scope.variable_scope(scope, "softmax", [logits]):
        predictions = nn.softmax(array_ops.reshape(logits, [-1, utils.last_dimension(logits.get_shape(), min_rank=2)]))
        predictions = array_ops.reshape(predictions, array_ops.shape(logits))
        predictions.set_shape(logits.get_shape())
        return predictions


@add_arg_scope
def unit_norm(inputs, dim, epsilon=1e-7, scope=None):
    """The inputs divided by their norm along the axis `dim`."""
    with variable_scope.variable_scope(scope, "UnitNorm", [inputs]):
        return math_ops.div(inputs, math_ops.sqrt(epsilon + math_ops.reduce_sum(math_ops.square(inputs), dim, keepdims=True)))


@add_arg_scope
def maxout(inputs, num_units, axis=-1, scope=None):
    """The largest of each group of channels, of which `num_units` are left."""
    with variable_scope.variable_scope(scope, "MaxOut", [inputs]):
        inputs = ops.convert_to_tensor(inputs)
        sizes = inputs.get_shape().as_list()
        axis %= len(sizes)
        if sizes[axis] % num_units:
            raise ValueError(f"number of features({sizes[axis]}) is not a multiple of num_units({num_units})")
        dynamic = array_ops.shape(inputs)
        shape = [dynamic[place] if size is None else size for place, size in enumerate(sizes)]
        shape[axis:axis + 1] = [num_units, sizes[axis] // num_units]
        outputs = math_ops.reduce_max(array_ops.reshape(inputs, array_ops.stack(shape)), axis + 1)
        outputs.set_shape(sizes[:axis] + [num_units] + sizes[axis + 1:])
        return outputs


@add_arg_scope
def spatial_softmax(features, temperature=None, name=None, variables_collections=None, trainable=True,
                    data_format="NHWC"):
    """Where each channel is: the expected place under its softmax, `[batch, channels · 2]`, from −1 to 1."""
    with variable_scope.variable_scope(name, "spatial_softmax"):
        if data_format == "NHWC":
            features = array_ops.transpose(features, [0, 3, 1, 2])
        _, channels, height, width = features.get_shape().as_list()
        pos_x, pos_y = array_ops.meshgrid(math_ops.lin_space(-1.0, 1.0, num=height), math_ops.lin_space(-1.0, 1.0, num=width),
                                          indexing="ij")
        pos_x, pos_y = (array_ops.reshape(place, [height * width]) for place in (pos_x, pos_y))
        if temperature is None:
            temperature = variables.model_variable(
                "temperature", shape=(), dtype=dtypes.float32, initializer=init_ops.ones_initializer(), trainable=trainable,
                collections=utils.get_variable_collections(variables_collections, "temperature"))
        attention = nn.softmax(array_ops.reshape(features, [-1, height * width]) / temperature)
        expected = [math_ops.reduce_sum(place * attention, [1], keepdims=True) for place in (pos_x, pos_y)]
        keypoints = array_ops.reshape(array_ops.concat(expected, 1), [-1, channels * 2])
        keypoints.set_shape([None, channels * 2])
        return keypoints


def _name_of(layer, otherwise):
    """The name of a function, within `functools.partial` too."""
    return getattr(layer, "__name__", None) or getattr(getattr(layer, "func", None), "__name__", otherwise)


def repeat(inputs, repetitions, layer, *args, **kwargs):
    """A layer after itself: `repeat(x, 3, conv2d, 64, [3, 3], scope="conv1")` has scopes conv1/conv1_1, …."""
    scope = kwargs.pop("scope", None)
    with variable_scope.variable_scope(scope, "Repeat", [inputs]):
        inputs = ops.convert_to_tensor(inputs)
        if scope is None:
            scope = _name_of(layer, "repeat")
        outputs = inputs
        for number in range(repetitions):
            kwargs["scope"] = f"{scope}_{number + 1}"
            outputs = layer(outputs, *args, **kwargs)
        return outputs


def stack(inputs, layer, stack_args, **kwargs):
    """A layer after itself with arguments of its own each time: `stack(x, fully_connected, [32, 64], scope="fc")`."""
    scope = kwargs.pop("scope", None)
    with variable_scope.variable_scope(scope, "Stack", [inputs]):
        inputs = ops.convert_to_tensor(inputs)
        if scope is None:
            scope = _name_of(layer, "stack")
        outputs = inputs
        for number, layer_args in enumerate(stack_args):
            kwargs["scope"] = f"{scope}_{number + 1}"
            outputs = layer(outputs, *(layer_args if isinstance(layer_args, (list, tuple)) else [layer_args]), **kwargs)
        return outputs


def legacy_fully_connected(x, num_output_units, activation_fn=None, weight_init=initializers.xavier_initializer(),
                           bias_init=init_ops.zeros_initializer(), name=None, weight_collections=(ops.GraphKeys.WEIGHTS,),
                           bias_collections=(ops.GraphKeys.BIASES,), output_collections=(ops.GraphKeys.ACTIVATIONS,),
                           trainable=True, weight_regularizer=None, bias_regularizer=None):
    """`fully_connected` by the arguments of its first version, of which the weights are in `tf.GraphKeys.WEIGHTS`."""
    with variable_scope.variable_scope(name, "fully_connected", [x]):
        x = ops.convert_to_tensor(x)
        if x.get_shape().ndims is None:
            raise ValueError("dims of x must be known but is None")
        dims = x.get_shape().as_list()
        if len(dims) < 2:
            raise ValueError(f"rank of x must be at least 2 not: {len(dims)}")
        if dims[-1] is None:
            raise ValueError("last dimension of x must be known but is None")
        dtype = x.dtype.base_dtype
        weights = variable_scope.get_variable(
            "weights", shape=[dims[-1], num_output_units], dtype=dtype, initializer=weight_init,
            collections=set(list(weight_collections or []) + [ops.GraphKeys.GLOBAL_VARIABLES]), regularizer=weight_regularizer,
            trainable=trainable)
        flat = x if len(dims) == 2 else array_ops.reshape(x, array_ops.stack([-1, dims[-1]]))
        y = math_ops.matmul(flat, weights)
        if bias_init is not None:
            bias = variable_scope.get_variable(
                "bias", shape=[num_output_units], dtype=dtype, initializer=bias_init,
                collections=set(list(bias_collections or []) + [ops.GraphKeys.GLOBAL_VARIABLES]), regularizer=bias_regularizer,
                trainable=trainable)
            y = nn.bias_add(y, bias)
        if len(dims) > 2:
            y = array_ops.reshape(y, array_ops.concat([array_ops.shape(x)[:-1], [num_output_units]], 0))
            y.set_shape(tensor_shape.TensorShape(dims[:-1] + [num_output_units]))
        if activation_fn is not None:
            y = activation_fn(y)
        for collection in output_collections or ():
            ops.add_to_collection(collection, y)
        return y


@add_arg_scope
def dense_to_sparse(tensor, eos_token=0, outputs_collections=None, scope=None):
    """The elements that are not `eos_token`, as a sparse tensor."""
    from tenseur.python.framework import sparse_tensor
    with variable_scope.variable_scope(scope, "dense_to_sparse", [tensor]) as sc:
        tensor = ops.convert_to_tensor(tensor)
        indices = array_ops.where(math_ops.not_equal(tensor, ops.convert_to_tensor(eos_token, tensor.dtype)))
        outputs = sparse_tensor.SparseTensor(indices, array_ops.gather_nd(tensor, indices),
                                             array_ops.shape(tensor, out_type=dtypes.int64))
        return utils.collect_named_outputs(outputs_collections, sc.name, outputs)


def scale_gradient(inputs, gradient_multiplier):
    """The inputs, of which the gradient is multiplied."""
    return gradient_multiplier * inputs + array_ops.stop_gradient((1 - gradient_multiplier) * inputs)


@add_arg_scope
def images_to_sequence(inputs, data_format=DATA_FORMAT_NHWC, outputs_collections=None, scope=None):
    """[batch, height, width, channels] → [width, batch · height, channels]."""
    with ops.name_scope(scope, "ImagesToSequence", [inputs]) as sc:
        inputs = ops.convert_to_tensor(inputs)
        _, _, width, depth = inputs.get_shape().as_list()
        outputs = array_ops.transpose(array_ops.reshape(inputs, [-1, width, depth]), [1, 0, 2])
        return utils.collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def sequence_to_images(inputs, height, output_data_format="channels_last", outputs_collections=None,
                       scope=None):
    """[width, batch · height, channels] → [batch, height, width, channels]."""
    with ops.name_scope(scope, "SequenceToImages", [inputs]) as sc:
        inputs = ops.convert_to_tensor(inputs)
        width, _, depth = inputs.get_shape().as_list()
        sizes = array_ops.shape(inputs)
        width = sizes[0] if width is None else width
        apart = array_ops.reshape(inputs, array_ops.stack([width, -1, height, depth]))
        order = [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3]
        return utils.collect_named_outputs(outputs_collections, sc, array_ops.transpose(apart, order))


elu = functools.partial(fully_connected, activation_fn=nn.elu)
legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu = functools.partial(legacy_fully_connected, activation_fn=nn.relu)
linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=nn.relu6)

conv1d, conv2d, conv3d = convolution1d, convolution2d, convolution3d
conv2d_transpose, conv3d_transpose = convolution2d_transpose, convolution3d_transpose
conv2d_in_plane = convolution2d_in_plane
separable_conv2d = separable_convolution2d


