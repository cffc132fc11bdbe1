"""`tf.layers.max_pooling2d` and its kin, and their classes."""

from tenseur.python.keras.layers import pooling as keras_pooling
from tenseur.python.layers import base


def _class(name, keras_class, summary):
    def __init__(self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs):
        if strides is None:
            raise ValueError("Argument `strides` must not be None.")
        super(made, self).__init__(pool_size=pool_size, strides=strides, padding=padding, data_format=data_format, name=name,
                                   **kwargs)
    made = type(name, (keras_class, base.Layer), {"__init__": __init__, "__doc__": summary, "__module__": __name__})
    return made


AveragePooling1D = _class("AveragePooling1D", keras_pooling.AveragePooling1D, "The mean of each window of a series.")
MaxPooling1D = _class("MaxPooling1D", keras_pooling.MaxPooling1D, "The largest element of each window of a series.")
AveragePooling2D = _class("AveragePooling2D", keras_pooling.AveragePooling2D, "The mean of each window of a picture.")
MaxPooling2D = _class("MaxPooling2D", keras_pooling.MaxPooling2D, "The largest element of each window of a picture.")
AveragePooling3D = _class("AveragePooling3D", keras_pooling.AveragePooling3D, "The mean of each window of a volume.")
MaxPooling3D = _class("MaxPooling3D", keras_pooling.MaxPooling3D, "The largest element of each window of a volume.")


def average_pooling1d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The mean of each window of `[batch, length, channels]`."""
    return AveragePooling1D(pool_size, strides, padding, data_format, name).apply(inputs)


def max_pooling1d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The largest element of each window of `[batch, length, channels]`."""
    return MaxPooling1D(pool_size, strides, padding, data_format, name).apply(inputs)


def average_pooling2d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The mean of each window of `[batch, height, width, channels]`."""
    return AveragePooling2D(pool_size, strides, padding, data_format, name).apply(inputs)


def max_pooling2d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The largest element of each window of `[batch, height, width, channels]`."""
    return MaxPooling2D(pool_size, strides, padding, data_format, name).apply(inputs)


def average_pooling3d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The mean of each window of `[batch, depth, height, width, channels]`."""
    return AveragePooling3D(pool_size, strides, padding, data_format, name).apply(inputs)


def max_pooling3d(inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None):
    """The largest element of each window of `[batch, depth, height, width, channels]`."""
    return MaxPooling3D(pool_size, strides, padding, data_format, name).apply(inputs)


AvgPool2D, MaxPool2D = AveragePooling2D, MaxPooling2D
max_pool2d, avg_pool2d = max_pooling2d, average_pooling2d
