"""Layers joined to a network: from input tensors to output tensors."""

import numpy as np

from tenseur.python.framework import ops
from tenseur.python.keras import backend as K
from tenseur.python.keras.engine.base_layer import Layer, _once
from tenseur.python.keras.engine.input_layer import Input, InputLayer
from tenseur.python.util import nest


class Network(Layer):
    """The layers between tensors, in the order in which they are to be called."""

    def __init__(self, *args, **kwargs):
        name = kwargs.pop("name", None)
        inputs = args[0] if args else kwargs.pop("inputs", kwargs.pop("input", None))
        outputs = args[1] if len(args) > 1 else kwargs.pop("outputs", kwargs.pop("output", None))
        super().__init__(name=name, **kwargs)
        self.inputs, self.outputs, self._nodes = [], [], []
        self.input_names, self.output_names = [], []
        self._compiled = False
        self.optimizer = None
        self.history = None
        if inputs is not None and outputs is not None:
            self._settle(inputs, outputs)

    def _init_set_name(self, name, zero_based=False):
        # `model`, `model_1`, …, and `sequential`, as TensorFlow 1.15 counts them.
        super()._init_set_name(name, zero_based=True)

    def _settle(self, inputs, outputs):
        """Finds the layers between the tensors."""
        self._input_structure, self._output_structure = inputs, outputs
        self.inputs, self.outputs = nest.flatten(inputs), nest.flatten(outputs)
        self._nodes = _nodes_between(self.inputs, self.outputs)
        known = {id(layer) for layer in self._layers}
        for tensor in self.inputs:
            self._remember(tensor._keras_history[0] if hasattr(tensor, "_keras_history") else None, known)
        for node in self._nodes:
            self._remember(node.layer, known)
        self.input_names = [tensor._keras_history[0].name if hasattr(tensor, "_keras_history") else tensor.op.name
                            for tensor in self.inputs]
        names = []
        for tensor in self.outputs:
            name = tensor._keras_history[0].name if hasattr(tensor, "_keras_history") else tensor.op.name
            count = sum(other == name or other.startswith(f"{name}_") and other[len(name) + 1:].isdigit() for other in names)
            names.append(f"{name}_{count}" if count else name)
        self.output_names = names
        self.built = True

    def _remember(self, layer, known):
        if layer is not None and id(layer) not in known:
            known.add(id(layer))
            self._layers.append(layer)

    @property
    def layers(self):
        return self._layers

    @property
    def weights(self):
        found = [weight for layer in self._layers for weight in layer.weights]
        return _once(found + self._own_trainable_weights + self._own_non_trainable_weights)

    def get_layer(self, name=None, index=None):
        """The layer of this name or place."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}")

    @property
    def input(self):
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self):
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self):
        shapes = [tuple(tensor.shape.as_list()) for tensor in self.inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self):
        shapes = [tuple(tensor.shape.as_list()) for tensor in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def state_updates(self):
        return [update for layer in self._layers if layer.stateful for update in layer.updates]

    def reset_states(self):
        for layer in self._layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()

    def call(self, inputs, training=None, mask=None):
        """Calls the layers on other tensors."""
        if not self._nodes and not self.outputs:
            raise NotImplementedError("When subclassing the `Model` class, you should implement a `call` method.")
        values = {id(tensor): value for tensor, value in zip(self.inputs, nest.flatten(inputs))}
        for node in self._nodes:
            if all(id(tensor) in values for tensor in nest.flatten(node.output_tensors)):
                continue
            given = nest.map_structure(lambda t: values.get(id(t), t), node.input_tensors)
            args, kwargs = node.arguments
            kwargs = {key: value for key, value in kwargs.items() if key != "mask" and not (key == "training" and value is None)}
            if "training" in node.layer._call_arguments() and "training" not in kwargs and training is not None:
                kwargs["training"] = training
            made = node.layer(given, *args, **kwargs)
            values.update(zip(map(id, nest.flatten(node.output_tensors)), nest.flatten(made)))
        outputs = [values[id(tensor)] for tensor in self.outputs]
        return outputs[0] if len(outputs) == 1 else outputs

    def _build_from(self, arrays):
        """Makes a model of one's own, or one without an input shape, into a network, by the data's shapes."""
        inputs = []
        for array in arrays:
            array = np.asarray(array)
            dtype = array.dtype.name if array.dtype.kind in "iu" and array.dtype.itemsize >= 4 else K.floatx()
            inputs.append(Input(shape=array.shape[1:], dtype=dtype))
        given = inputs[0] if len(inputs) == 1 else inputs
        outputs = self(given)
        self.inputs, self.outputs = inputs, nest.flatten(outputs)
        self.input_names = [tensor._keras_history[0].name for tensor in inputs]
        self.output_names = [f"output_{number + 1}" for number in range(len(self.outputs))]

    def build(self, input_shape=None):
        if input_shape is not None and not self.outputs and not self.built and type(self).call is not Network.call:
            shape = input_shape.as_list() if hasattr(input_shape, "as_list") else list(input_shape)
            if ops.get_default_graph()._get_control_flow_context() is None and not getattr(self, "_building", False):
                self._building = True
                if not any(layer.built for layer in self._layers):
                    self(Input(batch_shape=shape))
        self.built = True

    # --- words -----------------------------------------------------------------------------------------------------

    def summary(self, line_length=None, positions=None, print_fn=None):
        """Prints the layers, the shapes that they give and the numbers of their weights."""
        if not self.built:
            raise ValueError("This model has not yet been built. Build the model first by calling `build()` or calling `fit()` with "
                             "some data, or specify an `input_shape` argument in the first layer(s) for automatic build.")
        print_fn = print_fn or print
        line_length = line_length or 65
        columns = [int(line_length * part) for part in (0.45, 0.85, 1.0)]

        def row(*fields):
            line = ""
            for field, end in zip(fields, columns):
                line = (line + str(field))[:end].ljust(end)
            print_fn(line)

        print_fn(f"Model: \"{self.name}\"")
        print_fn("_" * line_length)
        row("Layer (type)", "Output Shape", "Param #")
        print_fn("=" * line_length)
        layers = self.layers
        for number, layer in enumerate(layers):
            try:
                shape = layer.output_shape
                if isinstance(layer, InputLayer):
                    shape = [tuple(layer._batch_input_shape)]
            except (AttributeError, ValueError):
                shape = "multiple"
            row(f"{layer.name} ({layer.__class__.__name__})", shape, layer.count_params() if layer.built else 0)
            print_fn(("=" if number == len(layers) - 1 else "_") * line_length)
        trainable = int(sum(np.prod(w.shape.as_list()) for w in self.trainable_weights))
        fixed = int(sum(np.prod(w.shape.as_list()) for w in self.non_trainable_weights))
        print_fn(f"Total params: {trainable + fixed:,}")
        print_fn(f"Trainable params: {trainable:,}")
        print_fn(f"Non-trainable params: {fixed:,}")
        print_fn("_" * line_length)

    # --- files -----------------------------------------------------------------------------------------------------

    def save_weights(self, filepath, overwrite=True, save_format=None):
        """Keeps the weights: in TensorFlow's checkpoint format, or in HDF5 for names that end in .h5 or .hdf5."""
        from tenseur.python.keras import saving
        saving.save_weights(self, filepath)

    def load_weights(self, filepath, by_name=False):
        """Takes weights that `save_weights` kept."""
        from tenseur.python.keras import saving
        saving.load_weights(self, filepath, by_name)

    def save(self, filepath, overwrite=True, include_optimizer=True, save_format=None):
        """Keeps the network and its weights."""
        from tenseur.python.keras import saving
        saving.save_model(self, filepath)

    def to_json(self, **kwargs):
        """The network without its weights, as JSON."""
        from tenseur.python.keras import saving
        return saving.to_json(self)


def _nodes_between(inputs, outputs):
    """The calls that lead from the inputs to the outputs, in order."""
    wanted, seen, order = {id(tensor) for tensor in inputs}, set(), []

    def visit(tensor):
        if id(tensor) in wanted or not hasattr(tensor, "_keras_history"):
            return
        layer, node_index, _ = tensor._keras_history
        node = layer._inbound_nodes[node_index]
        if id(node) in seen:
            return
        seen.add(id(node))
        for before in nest.flatten(node.input_tensors):
            visit(before)
        order.append(node)

    for tensor in outputs:
        if not hasattr(tensor, "_keras_history"):
            raise ValueError(f"Output tensors to a Model must be the output of a TensorFlow `Layer` (thus holding past layer "
                             f"metadata). Found: {tensor}. tf.keras.layers.Lambda makes a layer of a function of tensors.")
        visit(tensor)
    return order
