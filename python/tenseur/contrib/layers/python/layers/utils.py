"""What the layers of contrib share: collections, names of outputs."""

import collections

from tenseur.python.framework import ops, tensor_shape
from tenseur.python.keras.utils.tf_utils import constant_value, smart_cond
from tenseur.python.ops import variables

static_cond = smart_cond


class NamedOutputs(collections.namedtuple("NamedOutputs", ["name", "outputs"])):
    pass


def collect_named_outputs(collections_, alias, outputs):
    """Puts the outputs into the collections under another name, and gives them back."""
    if collections_:
        append_tensor_alias(outputs, alias)
        ops.add_to_collections(collections_, outputs)
    return outputs


def append_tensor_alias(tensor, alias):
    alias = alias[:-1] if alias.endswith("/") else alias
    tensor.aliases = getattr(tensor, "aliases", []) + [alias]


def gather_tensors_aliases(tensors):
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def get_tensor_aliases(tensor):
    """The names under which it is known."""
    if hasattr(tensor, "aliases"):
        return tensor.aliases
    name = tensor.op.name if isinstance(tensor, ops.Tensor) else tensor.name
    return [name[:-1] if name.endswith("/") else name]


def convert_collection_to_dict(collection, clear_collection=False):
    """A collection's tensors by their names."""
    from collections import OrderedDict
    outputs = OrderedDict((alias, tensor) for tensor in ops.get_collection(collection) for alias in get_tensor_aliases(tensor))
    if clear_collection:
        ops.get_default_graph().clear_collection(collection)
    return outputs


def channel_dimension(shape, data_format, min_rank=1):
    """The number of channels."""
    return _get_dimension(shape, 1 if data_format.startswith("NC") else -1, min_rank)


def last_dimension(shape, min_rank=1):
    return _get_dimension(shape, -1, min_rank)


def _get_dimension(shape, dim, min_rank=1):
    sizes = tensor_shape.TensorShape(shape)
    if sizes.ndims is None:
        raise ValueError("dims of shape must be known but is None")
    if sizes.ndims < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {sizes.ndims}")
    value = sizes.as_list()[dim]
    if value is None:
        raise ValueError(f"dimension {dim} shape must be known but is None: {shape}")
    return value


def two_element_tuple(int_or_tuple):
    """A size as (height, width)."""
    if isinstance(int_or_tuple, (list, tuple)):
        if len(int_or_tuple) != 2:
            raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    if isinstance(int_or_tuple, tensor_shape.TensorShape) and len(int_or_tuple) == 2:
        return tuple(int_or_tuple.as_list())
    raise ValueError("Must be an int, a list with 2 elements or a TensorShape of length 2")


def n_positive_integers(n, value):
    """`n` whole numbers, from one or from as many."""
    if not isinstance(n, int) or n < 1:
        raise ValueError("n must be a positive integer")
    if isinstance(value, int):
        if value < 1:
            raise ValueError("value must be a positive integer")
        return (value,) * n
    try:
        made = tuple(int(item) for item in (value.as_list() if isinstance(value, tensor_shape.TensorShape) else value))
    except (TypeError, ValueError):
        raise ValueError(f"Expected {n} positive integers, but got {value}") from None
    if len(made) != n or any(item < 1 for item in made):
        raise ValueError(f"Expected {n} positive integers, but got {value}")
    return made


def add_variable_to_collections(variable, collections_set, collections_name):
    """Puts a variable into collections: a list of them, or a dictionary by the variable's kind."""
    names = collections_set.get(collections_name) if isinstance(collections_set, dict) else collections_set
    if isinstance(names, str):
        names = [names]
    for name in names or []:
        for part in list(variable) if isinstance(variable, variables.PartitionedVariable) else [variable]:
            ops.add_to_collection(name, part)


def get_variable_collections(variables_collections, name):
    if isinstance(variables_collections, dict):
        return variables_collections.get(name)
    return variables_collections


__all__ = ["collect_named_outputs", "constant_value", "static_cond", "smart_cond", "get_variable_collections",
           "two_element_tuple", "n_positive_integers", "channel_dimension", "last_dimension", "convert_collection_to_dict",
           "append_tensor_alias", "gather_tensors_aliases", "get_tensor_aliases"]
