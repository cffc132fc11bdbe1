"""Layers of several inputs."""

import functools

from tenseur.python.keras import backend
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.ops import array_ops, math_ops, nn


class _Merge(Layer):
    """Merges inputs of shapes that fit."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        return None

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)):
            raise ValueError("A merge layer should be called on a list of inputs.")
        rank = max(tensor.shape.ndims for tensor in inputs)
        # A batch of fewer axes is given the missing ones behind the first.
        inputs = [functools.reduce(lambda t, _: array_ops.expand_dims(t, 1), range(rank - tensor.shape.ndims), tensor)
                  for tensor in inputs]
        return self._merge_function(list(inputs))


class Add(_Merge):
    def _merge_function(self, inputs):
        return functools.reduce(math_ops.add, inputs)


class Subtract(_Merge):
    def _merge_function(self, inputs):
        if len(inputs) != 2:
            raise ValueError("A `Subtract` layer should be called on exactly 2 inputs")
        return inputs[0] - inputs[1]


class Multiply(_Merge):
    def _merge_function(self, inputs):
        return functools.reduce(math_ops.multiply, inputs)


class Average(_Merge):
    def _merge_function(self, inputs):
        return functools.reduce(math_ops.add, inputs) / len(inputs)


class Maximum(_Merge):
    def _merge_function(self, inputs):
        return functools.reduce(math_ops.maximum, inputs)


class Minimum(_Merge):
    def _merge_function(self, inputs):
        return functools.reduce(math_ops.minimum, inputs)


class Concatenate(_Merge):
    """The inputs behind each other along an axis."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        return backend.concatenate(list(inputs), axis=self.axis)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merge):
    """Products along axes."""

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        self.axes, self.normalize = axes, normalize

    def call(self, inputs):
        x, y = inputs
        axes = [self.axes % t.shape.ndims for t in (x, y)] if isinstance(self.axes, int) else \
            [axis % t.shape.ndims for axis, t in zip(self.axes, (x, y))]
        if self.normalize:
            x, y = nn.l2_normalize(x, axes[0]), nn.l2_normalize(y, axes[1])
        return backend.batch_dot(x, y, axes)


def _function(layer_class):
    def merged(inputs, **kwargs):
        return layer_class(**kwargs)(inputs)
    merged.__name__ = layer_class.__name__.lower()
    return merged


add, subtract, multiply, average = (_function(c) for c in (Add, Subtract, Multiply, Average))
maximum, minimum = _function(Maximum), _function(Minimum)


def concatenate(inputs, axis=-1, **kwargs):
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes, normalize=False, **kwargs):
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
