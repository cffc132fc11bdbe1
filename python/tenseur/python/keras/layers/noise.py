"""Noise while training."""

from tenseur.python.keras import backend
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.ops import array_ops, random_ops


class GaussianNoise(Layer):
    """Adds normally distributed noise while training."""

    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.stddev = stddev

    def call(self, inputs, training=None):
        def noised():
            return inputs + random_ops.random_normal(array_ops.shape(inputs), stddev=self.stddev, dtype=inputs.dtype)
        return backend.in_train_phase(noised, lambda: array_ops.identity(inputs), training=training)


class GaussianDropout(Layer):
    """Multiplies by noise of mean 1 and variance `rate / (1 − rate)` while training."""

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.rate = rate

    def call(self, inputs, training=None):
        def noised():
            stddev = (self.rate / (1.0 - self.rate)) ** 0.5
            return inputs * random_ops.random_normal(array_ops.shape(inputs), 1.0, stddev, dtype=inputs.dtype)
        return backend.in_train_phase(noised, lambda: array_ops.identity(inputs), training=training)
