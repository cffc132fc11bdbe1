"""Lets the layers of `tf.layers` have the variables' names and collections of contrib: `weights` for `kernel`."""

import functools

from tenseur.contrib.framework.python.ops import variables
from tenseur.python.framework import dtypes


def _model_variable_getter(getter, name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True,
                           collections=None, caching_device=None, partitioner=None, rename=None, use_resource=None,
                           synchronization=None, aggregation=None, **_):
    *scope, short = name.split("/")
    if rename and short in rename:
        name = "/".join([*scope, rename[short]])
    return variables.model_variable(
        name, shape=shape, dtype=dtype or dtypes.float32, initializer=initializer, regularizer=regularizer, collections=collections,
        trainable=trainable, caching_device=caching_device, partitioner=partitioner, custom_getter=getter,
        use_resource=use_resource, synchronization=synchronization, aggregation=aggregation)


def build_variable_getter(rename=None):
    """A custom getter that makes models' variables, called by other names."""
    def layer_variable_getter(getter, *args, **kwargs):
        return _model_variable_getter(getter, *args, rename=rename, **kwargs)
    return layer_variable_getter


biases_and_weights = functools.partial(build_variable_getter, {"bias": "biases", "kernel": "weights"})
