"""Pools as layers."""

from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.keras.engine.input_spec import InputSpec
from tenseur.python.keras.utils import conv_utils
from tenseur.python.ops import array_ops, math_ops, nn


class Pooling1D(Layer):
    """A pool over series."""

    def __init__(self, pool_function, pool_size, strides, padding="valid", data_format="channels_last",
                 name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.pool_function = pool_function
        self.pool_size = conv_utils.normalize_tuple(pool_size, 1, "pool_size")
        self.strides = conv_utils.normalize_tuple(pool_size if strides is None else strides, 1, "strides")
        self.padding = conv_utils.normalize_padding(padding)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs):
        axis = 2 if self.data_format == "channels_last" else 3
        inputs = array_ops.expand_dims(inputs, axis)
        over = (1, *self.pool_size, 1, 1) if axis == 2 else (1, 1, *self.pool_size, 1)
        step = (1, *self.strides, 1, 1) if axis == 2 else (1, 1, *self.strides, 1)
        outputs = self.pool_function(inputs, ksize=over, strides=step, padding=self.padding.upper(),
                                     data_format=conv_utils.convert_data_format(self.data_format, 4))
        return array_ops.squeeze(outputs, [axis])

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}


class MaxPooling1D(Pooling1D):
    def __init__(self, pool_size=2, strides=None, padding="valid", data_format="channels_last", **kwargs):
        super().__init__(nn.max_pool, pool_size, strides, padding, data_format, **kwargs)


class AveragePooling1D(Pooling1D):
    def __init__(self, pool_size=2, strides=None, padding="valid", data_format="channels_last", **kwargs):
        super().__init__(nn.avg_pool, pool_size, strides, padding, data_format, **kwargs)


class _Pooling(Layer):
    """A pool over two or three axes."""

    _rank = 2

    def __init__(self, pool_function, pool_size, strides, padding="valid", data_format=None, name=None,
                 **kwargs):
        super().__init__(name=name, **kwargs)
        self.pool_function = pool_function
        self.pool_size = conv_utils.normalize_tuple(pool_size, self._rank, "pool_size")
        self.strides = conv_utils.normalize_tuple(pool_size if strides is None else strides, self._rank, "strides")
        self.padding = conv_utils.normalize_padding(padding)
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs):
        if self.data_format == "channels_last":
            over, step = (1, *self.pool_size, 1), (1, *self.strides, 1)
        else:
            over, step = (1, 1, *self.pool_size), (1, 1, *self.strides)
        return self.pool_function(inputs, ksize=over, strides=step, padding=self.padding.upper(),
                                  data_format=conv_utils.convert_data_format(self.data_format, self._rank + 2))

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size, "strides": self.strides, "padding": self.padding,
                "data_format": self.data_format}


class Pooling2D(_Pooling):
    """A pool over pictures."""


class Pooling3D(_Pooling):
    """A pool over volumes."""

    _rank = 3


class MaxPooling2D(Pooling2D):
    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(nn.max_pool, pool_size, strides, padding, data_format, **kwargs)


class AveragePooling2D(Pooling2D):
    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(nn.avg_pool, pool_size, strides, padding, data_format, **kwargs)


class MaxPooling3D(Pooling3D):
    def __init__(self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(nn.max_pool3d, pool_size, strides, padding, data_format, **kwargs)


class AveragePooling3D(Pooling3D):
    def __init__(self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(nn.avg_pool3d, pool_size, strides, padding, data_format, **kwargs)


class _GlobalPooling(Layer):
    """The mean or the largest element of each channel."""

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = conv_utils.normalize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs):
        first = 1 if self.data_format == "channels_last" else 2
        return self._reduce(inputs, axis=list(range(first, first + self._rank)))


def _global(name, rank, reduce, summary):
    return type(name, (_GlobalPooling,), {"_rank": rank, "_reduce": staticmethod(reduce), "__doc__": summary,
                                          "__module__": __name__})


for _rank in (1, 2, 3):
    for _kind, _reduce in (("Average", math_ops.reduce_mean), ("Max", math_ops.reduce_max)):
        _made = _global(f"Global{_kind}Pooling{_rank}D", _rank, _reduce, f"The {_kind.lower()} of each channel.")
        globals()[_made.__name__] = _made
        globals()[_made.__name__.replace("Average", "Avg").replace("Pooling", "Pool")] = _made

MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
