"""Reading checkpoints without a graph: `tf.train.NewCheckpointReader`."""

import os

from tenseur.python.framework import dtypes, errors_impl
from tenseur.python.ops import _checkpoint_ops


class CheckpointReader:
    """A checkpoint's tensors, by name."""

    def __init__(self, filename):
        filename = os.fspath(filename)
        self._prefix = filename.decode() if isinstance(filename, bytes) else filename
        self._entries = {name: (dtypes.as_dtype(number), shape) for name, number, shape in _checkpoint_ops.entries(self._prefix)}

    def get_variable_to_shape_map(self):
        """Name → list of sizes."""
        return {name: list(shape) for name, (_, shape) in self._entries.items()}

    def get_variable_to_dtype_map(self):
        """Name → type."""
        return {name: dtype for name, (dtype, _) in self._entries.items()}

    def has_tensor(self, tensor_str):
        name = tensor_str.decode() if isinstance(tensor_str, bytes) else tensor_str
        return name in self._entries

    def get_tensor(self, tensor_str):
        """The array called so.

        Raises:
          NotFoundError: where there is none.
        """
        name = tensor_str.decode() if isinstance(tensor_str, bytes) else tensor_str
        if name not in self._entries:
            raise errors_impl.NotFoundError(None, None, _checkpoint_ops.missing_text(self._prefix, [name], set(self._entries)))
        array = _checkpoint_ops.read(self._prefix, [name])[0]
        return array if array.ndim else array[()]

    def debug_string(self):
        """All names with types and shapes, as bytes."""
        lines = [f"{name} (DT_{dtype.name.upper().replace('FLOAT32', 'FLOAT')}) "
                 f"[{','.join(map(str, shape))}]" for name, (dtype, shape) in sorted(self._entries.items())]
        return ("\n".join(lines) + "\n").encode()


def NewCheckpointReader(filepattern):
    """What reads the checkpoint called so."""
    return CheckpointReader(filepattern)
