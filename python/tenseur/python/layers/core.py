"""`tf.layers.dense`, `dropout`, `flatten`, and their classes."""

from tenseur.python.keras.layers import core as keras_core
from tenseur.python.layers import base
from tenseur.python.ops import init_ops


class Dense(keras_core.Dense, base.Layer):
    """`activation(x · kernel + bias)`; see `tf.layers.dense`."""

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer=None, bias_initializer=init_ops.zeros_initializer(),
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, trainable=True, name=None, **kwargs):
        super().__init__(
            units=units, activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint, bias_constraint=bias_constraint,
            trainable=trainable, name=name, **kwargs)


def dense(inputs, units, activation=None, use_bias=True, kernel_initializer=None, bias_initializer=init_ops.zeros_initializer(),
          kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None,
          trainable=True, name=None, reuse=None):
    """`activation(inputs · kernel + bias)`, with variables `kernel` of shape `[in, units]` and `bias`.

    Args:
      kernel_initializer: by default that of the variable scope, else Glorot's uniform one.
      reuse: whether to take the variables of an earlier layer of the same name.
    """
    layer = Dense(
        units, activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer, activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint, bias_constraint=bias_constraint, trainable=trainable, name=name, _scope=name,
        _reuse=reuse)
    return layer.apply(inputs)


class Dropout(keras_core.Dropout, base.Layer):
    """Dropout with probability `rate`; see `tf.layers.dropout`."""

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(rate=rate, noise_shape=noise_shape, seed=seed, name=name, **kwargs)

    def call(self, inputs, training=False):
        return super().call(inputs, training=training)


def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """Sets elements to 0 with probability `rate` where `training` is true (a bool or a tensor), and scales the others."""
    return Dropout(rate, noise_shape=noise_shape, seed=seed, name=name).apply(inputs, training=training)


class Flatten(keras_core.Flatten, base.Layer):
    """Gives each example one axis; see `tf.layers.flatten`."""


def flatten(inputs, name=None, data_format="channels_last"):
    """[batch, d₁, d₂, …] → [batch, d₁ · d₂ · …]."""
    return Flatten(name=name, data_format=data_format).apply(inputs)


FullyConnected = Dense
fully_connected = dense
