"""What RNN cells have of a layer: a variable scope of their own, and variables that are made at the first call."""

import re

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import variable_scope as vs
from tenseur.python.util import nest


def snake_case(name):
    """`BasicLSTMCell` → `basic_lstm_cell`."""
    name = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return name if name[0] != "_" else "private" + name


class InputSpec:
    """What a layer takes: the type, rank and sizes of its input."""

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype, self.shape, self.ndim = dtype, shape, ndim
        self.max_ndim, self.min_ndim, self.axes = max_ndim, min_ndim, axes or {}


class CellLayer:
    """A layer whose variables are made in a variable scope that it finds at its first call, and keeps."""

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        self._reuse = kwargs.pop("_reuse", None)
        scope = kwargs.pop("_scope", None)
        kwargs.pop("activity_regularizer", None)
        kwargs.pop("input_shape", None)
        if kwargs:
            raise TypeError("Keyword argument not understood: " + ", ".join(kwargs))
        self.trainable = trainable
        self.stateful = False
        self.built = False
        self.input_spec = None
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        self._trainable_weights, self._non_trainable_weights = [], []
        self._losses, self._updates = [], []
        self._base_name = snake_case(type(self).__name__) if name is None else name
        self._given_name = name
        self._scope = None
        if scope:
            with vs.variable_scope(scope) as captured:
                self._scope = captured

    # Cells of a program's own may not call `__init__` before they are used.
    def __getattr__(self, name):
        found = _DEFAULTS.get(name)
        if found is None:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        value = found(self)
        self.__dict__[name] = value
        return value

    @property
    def name(self):
        return self._base_name

    @property
    def dtype(self):
        return None if self._dtype is None else self._dtype.name

    @property
    def scope_name(self):
        if self._scope is None:
            raise ValueError('No name available for layer scope because the layer "' + self.name
                             + '" has not been used yet.')
        return self._scope.name

    @property
    def trainable_weights(self):
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self):
        rest = [] if self.trainable else list(self._trainable_weights)
        return rest + list(self._non_trainable_weights)

    @property
    def weights(self):
        return self.trainable_weights + self.non_trainable_weights

    @property
    def variables(self):
        return self.weights

    @property
    def trainable_variables(self):
        return self.trainable_weights

    @property
    def non_trainable_variables(self):
        return self.non_trainable_weights

    @property
    def losses(self):
        return self._losses

    @property
    def updates(self):
        return self._updates

    @property
    def graph(self):
        return ops.get_default_graph()

    def count_params(self):
        """How many numbers its variables have."""
        return sum(variable.shape.num_elements() for variable in self.weights)

    def get_config(self):
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def build(self, _):
        """Makes the variables."""
        self.built = True

    def call(self, inputs, *args, **kwargs):
        """Computes the outputs."""
        return inputs

    def add_weight(self, name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True,
                   constraint=None,
                   use_resource=None, partitioner=None, **kwargs):
        """A variable in the layer's scope."""
        self._set_scope(None)
        reuse = self.built or self._reuse
        dtype = dtype or self._dtype or dtypes.float32
        with vs.variable_scope(self._scope, reuse=reuse or None, auxiliary_name_scope=False) as scope:
            with ops.name_scope(scope.original_name_scope or None):
                variable = vs.get_variable(name, shape=tensor_shape.TensorShape(shape), dtype=dtypes.as_dtype(dtype),
                                           initializer=initializer, regularizer=regularizer, trainable=trainable
                                           and self.trainable,
                                           constraint=constraint, partitioner=partitioner, use_resource=use_resource)
        self._track(variable, trainable and getattr(variable, "trainable", True))
        return variable

    add_variable = add_weight

    def add_loss(self, losses, inputs=None):
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            self._losses.append(loss)
            ops.add_to_collection(ops.GraphKeys.REGULARIZATION_LOSSES, loss)

    def add_update(self, updates, inputs=None):
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            self._updates.append(update)
            ops.add_to_collection(ops.GraphKeys.UPDATE_OPS, update)

    def _track(self, variable, trainable):
        kept = self._trainable_weights if trainable else self._non_trainable_weights
        if all(variable is not one for one in kept):
            kept.append(variable)

    def _set_scope(self, scope):
        if self._scope is not None:
            return
        if self._reuse:
            with vs.variable_scope(scope if scope is not None else self._base_name) as captured:
                self._scope = captured
        else:
            with vs.variable_scope(scope, default_name=self._base_name) as captured:
                self._scope = captured

    def __call__(self, inputs, *args, **kwargs):
        """Makes the variables, if there are none yet, and computes the outputs."""
        self._set_scope(kwargs.pop("scope", None))
        reuse = True if self.built else self._reuse
        with vs.variable_scope(self._scope, reuse=reuse or None, auxiliary_name_scope=False) as scope:
            with ops.name_scope(scope.original_name_scope or None):
                if not self.built:
                    tensors = [ops.convert_to_tensor(one) if not isinstance(one, ops.Tensor) else one
                               for one in nest.flatten(inputs) if one is not None]
                    if self._dtype is None and tensors:
                        self._dtype = tensors[0].dtype.base_dtype
                    shapes = nest.map_structure(lambda x: None if x is None else ops.convert_to_tensor(x).shape, inputs)
                    self._check_rank(inputs)
                    self.build(shapes)
                    self.built = True
                return self.call(inputs, *args, **kwargs)

    def _check_rank(self, inputs):
        wanted = getattr(self.input_spec, "ndim", None)
        rank = getattr(getattr(inputs, "shape", None), "ndims", None)
        if wanted is not None and rank is not None and rank != wanted:
            raise ValueError(
                f"Input 0 of layer {self.name} is incompatible with the layer: expected ndim={wanted}, found "
                             f"ndim={rank}. Full shape received: {inputs.shape.as_list()}")

    def apply(self, inputs, *args, **kwargs):
        return self(inputs, *args, **kwargs)

    def __deepcopy__(self, memo):
        import copy
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            shared = key in ("_scope", "_rnncell_scope") or isinstance(value, (ops.Tensor, ops.Graph))
            made.__dict__[key] = value if shared else copy.deepcopy(value, memo)
        return made


_DEFAULTS = {
    "_reuse": lambda own: None, "trainable": lambda own: True, "built": lambda own: False,
    "input_spec": lambda own: None,
    "_dtype": lambda own: None, "_trainable_weights": lambda own: [], "_non_trainable_weights": lambda own: [],
    "_losses": lambda own: [], "_updates": lambda own: [], "_scope": lambda own: None, "stateful": lambda own: False,
    "_base_name": lambda own: snake_case(type(own).__name__),
}
