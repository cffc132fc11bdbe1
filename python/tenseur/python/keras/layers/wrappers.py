"""Layers around layers: over time, in both directions."""

from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.ops import array_ops, math_ops


class Wrapper(Layer):
    """A layer that has another."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer


class TimeDistributed(Wrapper):
    """Calls a layer on each step: `[batch, time, …]` → `[batch, time, …]`."""

    def call(self, inputs, training=None, mask=None):
        sizes = array_ops.shape(inputs)
        known = inputs.shape.as_list()
        flat = array_ops.reshape(inputs, array_ops.concat([[-1], sizes[2:]], 0))
        flat.set_shape([None, *known[2:]])
        arguments = {"training": training} if "training" in self.layer._call_arguments() else {}
        made = self.layer(flat, **arguments)
        outputs = array_ops.reshape(made, array_ops.concat([sizes[:2], array_ops.shape(made)[1:]], 0))
        outputs.set_shape([*known[:2], *made.shape.as_list()[1:]])
        return outputs


class Bidirectional(Wrapper):
    """A recurrent layer forwards, and one like it backwards; `merge_mode` says how their outputs become one."""

    def __init__(self, layer, merge_mode="concat", weights=None, **kwargs):
        super().__init__(layer, **kwargs)
        config = layer.get_config()
        config.pop("batch_input_shape", None)
        name = config.pop("name")
        config["go_backwards"] = not layer.go_backwards
        self.merge_mode = merge_mode
        self.forward_layer = layer
        self.forward_layer._name = "forward_" + name
        self.backward_layer = layer.__class__(name="backward_" + name, **config)
        self.return_sequences = layer.return_sequences
        self.supports_masking = True

    def call(self, inputs, mask=None, training=None):
        one = self.forward_layer(inputs, mask=mask, training=training)
        other = self.backward_layer(inputs, mask=mask, training=training)
        if self.return_sequences:
            other = array_ops.reverse(other, [1])
        if self.merge_mode == "concat":
            return array_ops.concat([one, other], -1)
        merge = {"sum": math_ops.add, "mul": math_ops.multiply, "ave": lambda a, b: (a + b) / 2, None: lambda a, b: [a, b]}
        return merge[self.merge_mode](one, other)

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None
