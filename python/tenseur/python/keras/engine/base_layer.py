"""Layers: functions of tensors that own variables (`tf.keras.layers.Layer`)."""

import functools
import inspect
import re
import threading

import numpy as np

from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util
from tenseur.python.keras import backend
from tenseur.python.keras.engine.input_spec import InputSpec, assert_input_compatibility  # noqa: F401
from tenseur.python.ops import array_ops, math_ops, variables
from tenseur.python.util import nest


def to_snake_case(name):
    """`Conv2DTranspose` → `conv2d_transpose`."""
    between = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    made = re.sub("([a-z])([A-Z])", r"\1_\2", between).lower()
    return "private" + made if made[0] == "_" else made


def unique_layer_name(base_name, zero_based=False, namespace="", avoid_names=None, name_uid_map=None):
    """`base_name`, or with a number behind it: `dense`, `dense_1`, … in this graph."""
    counts = backend.get_default_graph_uid_map() if name_uid_map is None else name_uid_map
    key = (namespace, base_name)
    while True:
        number = counts.get(key, 0)
        counts[key] = number + 1
        if zero_based:
            name = f"{base_name}_{number}" if number else base_name
        else:
            name = f"{base_name}_{number + 1}"
        if name not in (avoid_names or ()):
            return name


class _CallStack(threading.local):
    """The layers that are being called, outermost first, with whether they train."""

    def __init__(self):
        self.stack = []


_calls = _CallStack()


class Node:
    """A call of a layer: what went in, what came out."""

    def __init__(self, layer, inputs, outputs, arguments):
        self.outbound_layer, self.layer = layer, layer
        self.input_tensors, self.output_tensors = inputs, outputs
        self.arguments = arguments

    @property
    def inbound_layers(self):
        return [tensor._keras_history[0] for tensor in nest.flatten(self.input_tensors) if hasattr(tensor, "_keras_history")]


class Layer:
    """A function of tensors that owns variables.

    A layer of one's own has `build(input_shape)`, which makes variables with `add_weight`, and `call(inputs)`.
    """

    def __init__(self, trainable=True, name=None, dtype=None, dynamic=False, **kwargs):
        allowed = {"input_shape", "batch_input_shape", "batch_size", "weights", "activity_regularizer", "input_dim", "input_dtype",
                   "autocast", "input_length"}
        unknown = set(kwargs) - allowed
        if unknown:
            raise TypeError(f"Keyword argument not understood: {sorted(unknown)[0]}")
        self._trainable = trainable
        self.stateful = False
        self.built = False
        self.supports_masking = False
        self.input_spec = None
        self._init_set_name(name)
        self._activity_regularizer = kwargs.get("activity_regularizer")
        self._own_trainable_weights, self._own_non_trainable_weights = [], []
        self._layers = []
        self._updates, self._losses, self._callable_losses, self._metrics = [], [], [], []
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self._inbound_nodes = []
        self._initial_weights = kwargs.get("weights")
        if "input_dim" in kwargs and "input_shape" not in kwargs:
            length = kwargs.get("input_length")
            kwargs["input_shape"] = (kwargs["input_dim"],) if "input_length" not in kwargs else (length, kwargs["input_dim"])
        if "batch_input_shape" in kwargs:
            self._batch_input_shape = tuple(kwargs["batch_input_shape"])
        elif "input_shape" in kwargs:
            shape = kwargs["input_shape"]
            self._batch_input_shape = (kwargs.get("batch_size"),
                                       *((shape,) if isinstance(shape, int) else tuple(shape)))

    # --- what a layer of one's own gives ---------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the variables; called before the first call."""
        self.built = True

    def call(self, inputs, **kwargs):
        """What the layer computes."""
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape that comes of this one, found by calling the layer in a graph of its own."""
        with ops.Graph().as_default():
            shapes = tensor_shape.TensorShape(input_shape) if not _is_list_of_shapes(input_shape) else input_shape
            inputs = nest.map_structure(lambda s: array_ops.placeholder(self.dtype or backend.floatx(), s), shapes) \
                if isinstance(shapes, list) else array_ops.placeholder(self.dtype or backend.floatx(), shapes)
            own = self.__class__.from_config(self.get_config())
            return nest.map_structure(lambda t: t.shape, own(inputs))

    def compute_mask(self, inputs, mask=None):
        """The mask of the outputs: that of the inputs, where the layer can do with masks."""
        return mask if self.supports_masking else None

    def get_config(self):
        """What makes a layer like this one, as a dictionary."""
        config = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        if self._dtype is not None:
            config["dtype"] = self._dtype
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    # --- variables and losses --------------------------------------------------------------------------------------

    def add_weight(self, name=None, shape=None, dtype=None, initializer=None, regularizer=None, trainable=None, constraint=None,
                   partitioner=None, use_resource=None, synchronization=None, aggregation=None, getter=None, collections=None,
                   **kwargs):
        """Makes a variable of the layer's.

        Args:
          initializer: what fills it: by default Glorot's uniform initializer, zeros for integers.
          regularizer: a function whose value becomes one of the layer's losses.
        """
        from tenseur.python.keras import constraints, initializers, regularizers
        dtype = dtypes.as_dtype(dtype or self._dtype or backend.floatx())
        shape = () if shape is None else shape
        initializer = initializers.get(initializer)
        regularizer = regularizers.get(regularizer)
        constraint = constraints.get(constraint)
        trainable = True if trainable is None else trainable
        if initializer is None and getter is None:
            initializer = initializers.get("glorot_uniform" if dtype.is_floating else "zeros")
        if getter is not None:
            variable = getter(name, shape=shape, dtype=dtype, initializer=initializer, trainable=trainable and self.trainable,
                              constraint=constraint, partitioner=partitioner, use_resource=use_resource, collections=collections,
                              **{key: value for key, value in (("synchronization", synchronization), ("aggregation", aggregation))
                                 if value is not None}, **kwargs)
        else:
            variable = _make_variable(name, shape, dtype, initializer, trainable, constraint)
        if regularizer is not None:
            self._handle_weight_regularization(name, variable, regularizer)
        self._track_weight(variable, trainable)
        return variable

    add_variable = add_weight

    def _track_weight(self, variable, trainable):
        parts = list(variable) if isinstance(variable, variables.PartitionedVariable) else [variable]
        own = self._own_trainable_weights if trainable else self._own_non_trainable_weights
        own.extend(part for part in parts if not any(part is other for other in own))

    def _handle_weight_regularization(self, name, variable, regularizer):
        def loss():
            with ops.name_scope(f"{name}/Regularizer"):
                return regularizer(variable)
        self.add_loss(loss)

    def add_loss(self, losses, inputs=None):
        """Adds to what is to be made small: tensors, or functions without arguments that give some."""
        for loss in nest.flatten(losses):
            if callable(loss) and not tensor_util.is_tensor(loss):
                self._callable_losses.append(loss)
            elif loss is not None:
                self._losses.append(loss if tensor_util.is_tensor(loss) else ops.convert_to_tensor(loss, dtype=backend.floatx()))

    def add_update(self, updates, inputs=None):
        """Adds operations that are to run in each training step: `tf.GraphKeys.UPDATE_OPS` has those of `tf.layers`."""
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            made = update() if callable(update) and not tensor_util.is_tensor(update) else update
            if made is not None:
                self._updates.append(made if isinstance(made, ops.Operation) else made.op)

    def add_metric(self, value, aggregation=None, name=None):
        self._metrics.append((name, value))

    @property
    def losses(self):
        """The losses of its variables and calls, and of the layers within it."""
        found = list(self._losses)
        if self._callable_losses:
            made = self.__dict__.setdefault("_made_losses", {})
            graph = ops.get_default_graph()
            for loss in self._callable_losses:
                key = (id(loss), id(graph))
                if key not in made:
                    made[key] = (loss, loss())
                if made[key][1] is not None:
                    found.append(made[key][1])
        return found + [loss for layer in self._layers for loss in layer.losses]

    @property
    def updates(self):
        if not self.trainable and not self.stateful:
            return []
        return self._updates + [update for layer in self._layers for update in layer.updates]

    def get_losses_for(self, inputs):
        return self.losses if inputs is None or self._losses else []

    def get_updates_for(self, inputs):
        return self.updates

    @property
    def metrics(self):
        return self._metrics

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = value
        for layer in self._layers:
            layer.trainable = value

    @property
    def activity_regularizer(self):
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer):
        self._activity_regularizer = regularizer

    @property
    def trainable_weights(self):
        if not self.trainable:
            return []
        return _once(self._own_trainable_weights + [w for layer in self._layers for w in layer.trainable_weights])

    @property
    def non_trainable_weights(self):
        within = [w for layer in self._layers for w in layer.non_trainable_weights]
        if self.trainable:
            return _once(self._own_non_trainable_weights + within)
        within = [w for layer in self._layers for w in layer.weights]
        return _once(self._own_trainable_weights + self._own_non_trainable_weights + within)

    @property
    def weights(self):
        return _once(self.trainable_weights + self.non_trainable_weights)

    variables = property(lambda self: self.weights)
    trainable_variables = property(lambda self: self.trainable_weights)
    non_trainable_variables = property(lambda self: self.non_trainable_weights)

    @property
    def _trainable_weights(self):
        return self._own_trainable_weights

    @property
    def _non_trainable_weights(self):
        return self._own_non_trainable_weights

    def get_weights(self):
        """The variables' values, as arrays."""
        return backend.batch_get_value(self.weights)

    def set_weights(self, weights):
        """Gives the variables these values.

        Raises:
          ValueError: where their number or shapes are others.
        """
        params = self.weights
        if len(params) != len(weights):
            raise ValueError(f"You called `set_weights(weights)` on layer \"{self.name}\" with a  weight list of length "
                             f"{len(weights)}, but the layer was expecting {len(params)} weights.")
        for param, weight in zip(params, weights):
            if param.shape.as_list() != list(np.shape(weight)):
                raise ValueError(f"Layer weight shape {param.shape} not compatible with provided weight shape {np.shape(weight)}")
        backend.batch_set_value(list(zip(params, weights)))

    def count_params(self):
        if not self.built:
            raise ValueError(f"You tried to call `count_params` on {self.name}, but the layer isn't built.")
        return int(sum(np.prod(w.shape.as_list()) for w in self.weights))

    # --- calls -----------------------------------------------------------------------------------------------------

    def __call__(self, inputs, *args, **kwargs):
        """Calls the layer; the first call makes its variables."""
        arguments = self._call_arguments()
        if any(isinstance(value, (np.ndarray, float, int)) for value in nest.flatten(inputs)):
            inputs = nest.map_structure(
                lambda v: ops.convert_to_tensor(v) if isinstance(v, (np.ndarray, float, int)) else v, inputs)
        if "mask" in arguments and kwargs.get("mask") is None and not (len(args) > arguments.index("mask")):
            masks = [getattr(tensor, "_keras_mask", None) for tensor in nest.flatten(inputs)]
            if any(mask is not None for mask in masks):
                kwargs["mask"] = masks if isinstance(inputs, (list, tuple)) else masks[0]
        training = self._training_argument(arguments, args, kwargs)
        graph = next((t.graph for t in nest.flatten(inputs) if isinstance(t, ops.Tensor)), ops.get_default_graph())
        _calls.stack.append((self, training))
        try:
            with graph.as_default(), ops.name_scope(self._name_scope()):
                self._maybe_build(inputs)
                outputs = self.call(inputs, *args, **kwargs)
                # Only now: variables may be made in the first call too.
                self.built = True
                if outputs is None:
                    raise ValueError("A layer's `call` method should return a Tensor or a list of Tensors, not None (layer: "
                                     f"{self.name}).")
                outputs = _distinct(inputs, outputs)
                self._handle_activity_regularization(inputs, outputs)
                self._set_mask_metadata(inputs, outputs, kwargs.get("mask"))
        finally:
            _calls.stack.pop()
        if any(hasattr(tensor, "_keras_history") for tensor in nest.flatten(inputs)):
            self._add_inbound_node(inputs, outputs, (args, kwargs))
        self._last_inputs, self._last_outputs = inputs, outputs
        return outputs

    apply = __call__

    def _call_arguments(self):
        found = self.__dict__.get("_call_argument_names")
        if found is None:
            found = list(inspect.signature(self.call).parameters)[1:]
            self.__dict__["_call_argument_names"] = found
        return found

    @property
    def _call_fn_args(self):
        return ["self", "inputs", *self._call_arguments()]

    def _training_argument(self, arguments, args, kwargs):
        """Whether the call is one of training: as it says, or as the call within which it is says."""
        outer = _calls.stack[-1][1] if _calls.stack else None
        if "training" not in arguments:
            return kwargs.pop("training", None) if "training" in kwargs and not self._takes_any() else outer
        place = arguments.index("training")
        if len(args) > place:
            return args[place]
        if kwargs.get("training") is None and outer is not None:
            kwargs["training"] = outer
        return kwargs.get("training")

    def _takes_any(self):
        return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(self.call).parameters.values())

    def _name_scope(self):
        return self.name

    def _maybe_build(self, inputs):
        if not self.built or self.input_spec is not None:
            assert_input_compatibility(self.input_spec, inputs, self.name)
        if self.built:
            return
        first = nest.flatten(inputs)
        if self._dtype is None and first and hasattr(first[0], "dtype"):
            dtype = dtypes.as_dtype(first[0].dtype).base_dtype
            self._dtype = dtype.name if dtype.is_floating or dtype.is_complex else backend.floatx()
        shapes = nest.map_structure(lambda x: getattr(x, "shape", None), inputs)
        with ops.init_scope() if self._builds_outside() else _nothing():
            self.build(shapes)
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _builds_outside(self):
        return ops.get_default_graph()._get_control_flow_context() is not None

    def _handle_activity_regularization(self, inputs, outputs):
        if self._activity_regularizer is None:
            return
        with ops.name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                batch_size = math_ops.cast(array_ops.shape(output)[0], loss.dtype)
                self.add_loss(loss / batch_size, inputs=inputs)

    def _set_mask_metadata(self, inputs, outputs, mask):
        if not self.supports_masking and type(self).compute_mask is Layer.compute_mask:
            return
        if mask is None:
            masks = [getattr(tensor, "_keras_mask", None) for tensor in nest.flatten(inputs)]
            mask = (masks if isinstance(inputs, (list, tuple)) else masks[0]) if any(m is not None for m in masks) else None
        made = self.compute_mask(inputs, mask)
        if made is not None:
            for tensor, own in zip(nest.flatten(outputs), nest.flatten(made)):
                tensor._keras_mask = own

    def _add_inbound_node(self, inputs, outputs, arguments):
        node = Node(self, inputs, outputs, arguments)
        self._inbound_nodes.append(node)
        for place, tensor in enumerate(nest.flatten(outputs)):
            tensor._keras_history = (self, len(self._inbound_nodes) - 1, place)

    # --- names and what has been -----------------------------------------------------------------------------------

    def _init_set_name(self, name, zero_based=True):
        self._name = unique_layer_name(to_snake_case(self.__class__.__name__), zero_based=zero_based) if not name else name

    @property
    def name(self):
        return self._name

    @property
    def dtype(self):
        return self._dtype

    @property
    def dynamic(self):
        return False

    def _node(self, what):
        if not hasattr(self, "_last_inputs"):
            raise AttributeError(f"The layer \"{self.name}\" has never been called and thus has no defined {what}.")

    @property
    def input(self):
        self._node("input")
        return self._inbound_nodes[0].input_tensors if self._inbound_nodes else self._last_inputs

    @property
    def output(self):
        self._node("output")
        return self._inbound_nodes[0].output_tensors if self._inbound_nodes else self._last_outputs

    @property
    def input_shape(self):
        return nest.map_structure(lambda t: tuple(t.shape.as_list()), self.input)

    @property
    def output_shape(self):
        return nest.map_structure(lambda t: tuple(t.shape.as_list()), self.output)

    def get_input_at(self, node_index):
        return self._inbound_nodes[node_index].input_tensors

    def get_output_at(self, node_index):
        return self._inbound_nodes[node_index].output_tensors

    @property
    def inbound_nodes(self):
        return self._inbound_nodes

    def __setattr__(self, name, value):
        """Layers and variables that become attributes are the layer's own."""
        object.__setattr__(self, name, value)
        if name.startswith("_last") or name in ("_layers", "_own_trainable_weights", "_own_non_trainable_weights"):
            return
        layers = self.__dict__.get("_layers")
        if layers is None:
            return
        for item in value if type(value) in (list, tuple) else (value,):
            if isinstance(item, Layer):
                if not any(item is layer for layer in layers):
                    layers.append(item)
            elif isinstance(item, variables.Variable) and getattr(self, "_tracks_variables", True):
                if not any(item is w for w in self._own_trainable_weights + self._own_non_trainable_weights):
                    self._track_weight(item, item.trainable)


class _nothing:
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return False


def _make_variable(name, shape, dtype, initializer, trainable, constraint):
    shape = tensor_shape.as_shape(shape).as_list()
    if inspect.isclass(initializer):
        initializer = initializer()
    return variables.VariableV1(
        initial_value=functools.partial(_initial, initializer, shape, dtype), name=name, trainable=trainable, dtype=dtype,
        constraint=constraint, use_resource=True)


def _initial(initializer, shape, dtype):
    return initializer(shape, dtype=dtype)


def _once(items):
    found, seen = [], set()
    for item in items:
        if id(item) not in seen:
            seen.add(id(item))
            found.append(item)
    return found


def _distinct(inputs, outputs):
    """The outputs, with copies of those that are inputs too, so that each tensor comes of one layer."""
    given = {id(tensor) for tensor in nest.flatten(inputs)}
    if not any(id(tensor) in given for tensor in nest.flatten(outputs)):
        return outputs
    return nest.map_structure(lambda t: array_ops.identity(t) if id(t) in given and isinstance(t, ops.Tensor) else t, outputs)


def _is_list_of_shapes(shape):
    return isinstance(shape, list) and all(isinstance(item, (list, tuple, tensor_shape.TensorShape)) for item in shape)
