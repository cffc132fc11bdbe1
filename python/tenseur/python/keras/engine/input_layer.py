"""Where networks begin: `tf.keras.Input`."""

from tenseur.python.framework import dtypes
from tenseur.python.keras import backend
from tenseur.python.keras.engine.base_layer import Layer, Node
from tenseur.python.ops import array_ops


class InputLayer(Layer):
    """A placeholder, or a tensor that is given."""

    def __init__(self, input_shape=None, batch_size=None, dtype=None, input_tensor=None, sparse=False, name=None,
                 batch_input_shape=None, **kwargs):
        super().__init__(dtype=dtype or backend.floatx(), name=name or f"input_{backend.get_uid('input')}")
        self.built = True
        if input_tensor is None:
            shape = batch_input_shape if batch_input_shape is not None else (batch_size, *(input_shape or ()))
            if sparse:
                input_tensor = array_ops.sparse_placeholder(dtypes.as_dtype(self.dtype), shape=shape, name=self.name)
            else:
                input_tensor = array_ops.placeholder(dtypes.as_dtype(self.dtype), shape=shape, name=self.name)
            self._batch_input_shape = tuple(shape)
            self.is_placeholder = True
        else:
            self._batch_input_shape = tuple(input_tensor.shape.as_list())
            self.is_placeholder = False
        node = Node(self, [], input_tensor, ((), {}))
        self._inbound_nodes.append(node)
        input_tensor._keras_history = (self, 0, 0)
        self._last_inputs = self._last_outputs = input_tensor

    def get_config(self):
        return {"batch_input_shape": self._batch_input_shape, "dtype": self.dtype, "name": self.name}


def Input(shape=None, batch_size=None, name=None, dtype=None, sparse=False, tensor=None, batch_shape=None,
          **kwargs):
    """A placeholder for a network's input; `shape` is that of an example, `batch_shape` that of a batch."""
    if batch_shape is None and shape is None and tensor is None:
        raise ValueError("Please provide to Input a `shape` or a `tensor` or a `batch_shape` argument.")
    shape = (shape,) if isinstance(shape, int) else shape
    layer = InputLayer(batch_input_shape=batch_shape, input_shape=shape, batch_size=batch_size, name=name, dtype=dtype, sparse=sparse,
                       input_tensor=tensor)
    return layer._inbound_nodes[0].output_tensors
