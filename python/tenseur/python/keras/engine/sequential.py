"""Layers one after another: `tf.keras.Sequential`."""

from tenseur.python.keras.engine.input_layer import Input, InputLayer
from tenseur.python.keras.engine.training import Model
from tenseur.python.util import nest


class Sequential(Model):
    """A model of layers one after another; it is built once the shape of its input is known."""

    def __init__(self, layers=None, name=None):
        super().__init__(name=name)
        for layer in layers or []:
            self.add(layer)

    @property
    def layers(self):
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def add(self, layer):
        """Adds a layer at the end."""
        if not hasattr(layer, "call"):
            if hasattr(layer, "_keras_history"):
                layer = layer._keras_history[0]
            else:
                raise TypeError(f"The added layer must be an instance of class Layer. Found: {layer}")
        self.built = False
        if not self._layers:
            if isinstance(layer, InputLayer):
                self._layers.append(layer)
                self.inputs = [layer._inbound_nodes[0].output_tensors]
                self.outputs = list(self.inputs)
                return
            shape = getattr(layer, "_batch_input_shape", None)
            if shape is None and isinstance(layer, Model) and layer.inputs:
                shape = layer.input_shape
            if shape is not None:
                begin = Input(batch_shape=shape, dtype=layer.dtype if type(layer).__name__ != "Embedding" else None,
                              name=f"{layer.name}_input")
                self._layers.append(begin._keras_history[0])
                self.inputs, self.outputs = [begin], [begin]
        self._layers.append(layer)
        if self.inputs:
            outputs = nest.flatten(layer(self.outputs[0]))
            if len(outputs) != 1:
                raise ValueError("All layers in a Sequential model should have a single output tensor. For multi-output layers, use "
                                 "the functional API.")
            self._again(outputs[0])

    def _again(self, output):
        begin = self.inputs[0]
        self._settle(begin, output)

    def pop(self):
        """Takes away the last layer."""
        if not self.layers:
            raise TypeError("There are no layers in the model.")
        self._layers.pop()
        if self.inputs and self.layers:
            self._again(self._layers[-1]._inbound_nodes[-1].output_tensors)
        elif not self.layers:
            self.inputs, self.outputs, self.built = [], [], False

    def call(self, inputs, training=None, mask=None):
        if self.outputs:
            return super().call(inputs, training=training)
        for layer in self.layers:
            arguments = {"training": training} if "training" in layer._call_arguments() and training is not None else {}
            inputs = layer(inputs, **arguments)
        return inputs

    def build(self, input_shape=None):
        if input_shape is not None and not self.outputs and self.layers and not getattr(self, "_building", False):
            self._building = True
            shape = input_shape.as_list() if hasattr(input_shape, "as_list") else list(input_shape)
            begin = Input(batch_shape=shape)
            made = begin
            for layer in self.layers:
                made = layer(made)
            self._layers.insert(0, begin._keras_history[0])
            self._settle(begin, made)
        self.built = True

    def predict_classes(self, x, batch_size=32, verbose=0):
        """The class with the largest prediction, or whether the only one is above 1/2."""
        probabilities = self.predict(x, batch_size=batch_size)
        return probabilities.argmax(axis=-1) if probabilities.shape[-1] > 1 else (probabilities > 0.5).astype("int32")

    def predict_proba(self, x, batch_size=32, verbose=0):
        return self.predict(x, batch_size=batch_size)

    def _build_from(self, arrays):
        import numpy as np
        self.build([None, *np.shape(arrays[0])[1:]])

    def get_config(self):
        return {"name": self.name, "layers": [{"class_name": layer.__class__.__name__, "config": layer.get_config()}
                                              for layer in self.layers]}
