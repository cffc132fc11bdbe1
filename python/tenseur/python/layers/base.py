"""Layers whose variables come of `tf.get_variable`: `tf.layers.Layer`."""

import copy

from tenseur.python.framework import dtypes, ops
from tenseur.python.keras.engine import base_layer
from tenseur.python.keras.engine.base_layer import to_snake_case
from tenseur.python.keras.engine.input_spec import InputSpec  # noqa: F401
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops import variables as tf_variables


class Layer(base_layer.Layer):
    """A layer whose variables live in a variable scope called like it: `dense/kernel`, `dense_1/kernel`, ….

    Its regularization losses are in `tf.GraphKeys.REGULARIZATION_LOSSES`, its updates in `tf.GraphKeys.UPDATE_OPS`.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        self._use_resource_variables = False
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._graph = None
        self._scope = None
        if scope:
            with vs.variable_scope(scope) as captured_scope:
                self._scope = captured_scope
        self._current_scope = None

    @property
    def graph(self):
        return self._graph

    @property
    def scope_name(self):
        """The name of its variable scope.

        Raises:
          ValueError: before it was called.
        """
        if not self._scope:
            raise ValueError("No name available for layer scope because the layer \"" + self._name + "\" has not been used yet. "
                             "The scope name is determined the first time the layer instance is called. You must therefore call "
                             "the layer before querying `scope_name`.")
        return self._scope.name

    def _init_set_name(self, name, zero_based=True):
        # The name of a layer that got none is its base name with a number behind it, from 1; its scope has its own count.
        if isinstance(name, vs.VariableScope):
            base_name = name.name
            self._name, _ = self._make_unique_name()
        else:
            base_name = self._name = name
        if not name:
            self._name, base_name = self._make_unique_name()
        self._base_name = base_name

    def _make_unique_name(self, name_uid_map=None, avoid_names=None, namespace="", zero_based=False):
        base_name = to_snake_case(self.__class__.__name__)
        return base_layer.unique_layer_name(base_name, zero_based, namespace, avoid_names, name_uid_map), base_name

    def add_loss(self, losses, inputs=None):
        tensors, functions = len(self._losses), len(self._callable_losses)
        super().add_loss(losses, inputs=inputs)
        made = self._losses[tensors:] + [function() for function in self._callable_losses[functions:]]
        # From now on they are tensors, each made once.
        self._losses = self._losses[:tensors] + [loss for loss in made if loss is not None]
        self._callable_losses = self._callable_losses[:functions]
        _add_elements_to_collection(self._losses[tensors:], ops.GraphKeys.REGULARIZATION_LOSSES)

    def _name_scope(self):
        return self._current_scope.original_name_scope

    def _set_scope(self, scope=None):
        if self._scope is not None:
            return
        if self._reuse:
            with vs.variable_scope(scope if scope is not None else self._base_name) as captured_scope:
                self._scope = captured_scope
        else:
            with vs.variable_scope(scope, default_name=self._base_name) as captured_scope:
                self._scope = captured_scope

    def add_weight(self, name, shape, dtype=None, initializer=None, regularizer=None, trainable=None, constraint=None,
                   use_resource=None, synchronization=None, aggregation=None, partitioner=None, **kwargs):
        existing = {id(variable) for variable in tf_variables.global_variables()}
        dtype = dtypes.as_dtype(dtype or self.dtype or dtypes.float32)
        self._set_scope(None)
        reuse = self.built or self._reuse
        kwargs.pop("getter", None)
        with vs.variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with ops.name_scope(self._name_scope()):
                variable = super().add_weight(
                    name, shape, dtype=dtype, initializer=scope.initializer if initializer is None else initializer,
                    trainable=trainable, constraint=constraint, partitioner=partitioner,
                    use_resource=use_resource or self._use_resource_variables or scope.use_resource or None,
                    synchronization=synchronization, aggregation=aggregation, getter=vs.get_variable, **kwargs)
                if regularizer:
                    parts = list(variable) if isinstance(variable, tf_variables.PartitionedVariable) else [variable]
                    # A variable that is shared is penalized once.
                    if not all(id(part) in existing for part in parts):
                        self._handle_weight_regularization(name, variable, regularizer)
        return variable

    add_variable = add_weight

    def __call__(self, inputs, *args, **kwargs):
        scope = kwargs.pop("scope", None)
        self._set_scope(scope)
        if self.built:
            entered = self.__dict__.get("_always_reuse_variable_scope")
            if entered is None:
                entered = vs.variable_scope(self._scope, reuse=True, auxiliary_name_scope=False)
                object.__setattr__(self, "_always_reuse_variable_scope", entered)
        else:
            entered = vs.variable_scope(self._scope, reuse=self._reuse, auxiliary_name_scope=False)
        with entered as scope:
            self._current_scope = scope
            if "scope" in self._call_arguments():
                kwargs["scope"] = scope
            outputs = super().__call__(inputs, *args, **kwargs)
        self._graph = ops.get_default_graph()
        _add_elements_to_collection(self.updates, ops.GraphKeys.UPDATE_OPS)
        return outputs

    apply = __call__

    def __deepcopy__(self, memo):
        kept = {"_graph", "_scope", "_always_reuse_variable_scope", "_current_scope"}
        made = self.__class__.__new__(self.__class__)
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            object.__setattr__(made, key, value if key in kept else copy.deepcopy(value, memo))
        return made


def keras_style_scope():
    raise NotImplementedError("tf.compat.v1.layers.experimental.keras_style_scope is not there in tenseur; the nearest that there "
                              "is: tf.keras.layers")


set_keras_style = keras_style_scope


def _add_elements_to_collection(elements, collections):
    """Adds what is not yet in them."""
    for name in [collections] if isinstance(collections, str) else collections:
        collection = ops.get_collection_ref(name)
        present = {id(element) for element in collection}
        collection.extend(element for element in elements if id(element) not in present)
