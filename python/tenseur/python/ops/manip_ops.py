"""Elements moved about: `tf.roll`."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops


def roll(input, shift, axis, name=None):
    """The elements moved on by `shift` places along `axis`; what leaves at one end comes in at the other."""
    with ops.name_scope(name, "roll", [input, shift, axis]) as scope:
        tensor = ops.convert_to_tensor(input, name="input")
        shifts = list(shift) if isinstance(shift, (list, tuple)) else [shift]
        axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        if len(shifts) != len(axes):
            raise ValueError(f"shift and axis must have the same size, got {len(shifts)} and {len(axes)}")
        for one, along in zip(shifts, axes):
            size = array_ops.shape(tensor)[along]
            places = (math_ops.range(size) - math_ops.cast(ops.convert_to_tensor(one), dtypes.int32)) % size
            shape = tensor.shape
            tensor = array_ops.gather(tensor, places, axis=along)
            tensor.set_shape(shape)
        return array_ops.identity(tensor, name=scope)
