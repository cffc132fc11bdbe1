"""Variables in parts."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_shape


class PartitionedVariable:
    """A variable in parts along one axis, which stands for the whole where a tensor is wanted."""

    def __init__(self, name, shape, dtype, variable_list, partitions):
        if not isinstance(variable_list, (list, tuple)):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(part >= 1 for part in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        if any(variable._get_save_slice_info() is None for variable in variable_list):
            raise ValueError("All variables must have a save_slice_info available: " + str([v.name for v in variable_list]))
        if len(shape) != len(partitions):
            raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
        for variable in variable_list:
            if list(variable._get_save_slice_info().full_shape) != list(shape):
                raise ValueError("All variables' full shapes must match shape: "
                                 f"{variable._get_save_slice_info().full_shape} of {variable.name} vs. {shape}")
        self._name = name
        self._shape = tensor_shape.TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._variable_list = sorted(variable_list, key=lambda variable: variable._get_save_slice_info().var_offset)
        self._partitions = list(partitions)

    def __iter__(self):
        return iter(self._variable_list)

    def __len__(self):
        return len(self._variable_list)

    def _partition_axes(self):
        split = [axis for axis, count in enumerate(self._partitions) if count > 1]
        return split or [0]

    def as_tensor(self):
        """The whole."""
        with ops.control_dependencies(None):
            return self._joined([variable.value() for variable in self._variable_list])

    def _joined(self, parts):
        with ops.name_scope(self._name + "/ConcatPartitions/"):
            if len(parts) == 1:
                whole = raw_ops.Identity(input=parts[0])
            else:
                whole = raw_ops.ConcatV2(values=parts, axis=self._partition_axes()[0], name="concat")
        with ops.name_scope(None):
            return raw_ops.Identity(input=whole, name=self._name)

    @property
    def name(self):
        return self._name

    @property
    def dtype(self):
        return self._dtype

    @property
    def shape(self):
        return self._shape

    def get_shape(self):
        return self._shape

    @property
    def graph(self):
        return self._variable_list[0].graph

    def _get_variable_list(self):
        return self._variable_list

    def _get_partitions(self):
        return self._partitions

    def _as_graph_element(self):
        return self.as_tensor()

    def initialized_value(self):
        return self._joined([variable.initialized_value() for variable in self._variable_list])

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Sets it to `value`, part by part."""
        return self._each("assign", value, use_locking, name, read_value)

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        return self._each("assign_add", value, use_locking, name, read_value)

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        return self._each("assign_sub", value, use_locking, name, read_value)

    def _each(self, method, value, use_locking, name, read_value):
        from tenseur.python.ops import array_ops
        axis = self._partition_axes()[0]
        sizes = [variable.shape.as_list()[axis] for variable in self._variable_list]
        if isinstance(value, (list, tuple)) and len(value) == len(self._variable_list):
            parts = value
        else:
            parts = array_ops.split(ops.convert_to_tensor(value, dtype=self._dtype), sizes, axis=axis)
        done = [getattr(variable, method)(part, use_locking, name, read_value)
                for variable, part in zip(self._variable_list, parts)]
        return done if read_value else [getattr(one, "op", one) for one in done]


ops.register_tensor_conversion_function(
    PartitionedVariable, lambda value, dtype=None, name=None, as_ref=False: value.as_tensor())
for _operator in sorted(ops.Tensor.OVERLOADABLE_OPERATORS):
    def _on_whole(self, *arguments, _operator=_operator):
        from tenseur.python.ops import math_ops  # noqa: F401
        return getattr(ops.Tensor, _operator)(self.as_tensor(), *arguments)
    setattr(PartitionedVariable, _operator, _on_whole)
