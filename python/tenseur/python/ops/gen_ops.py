"""Ops as functions, as TensorFlow's generated modules (`gen_math_ops`, …) have them: `gen_ops.mat_mul(a, b,
name=None)`.

The arguments are those of the op's definition: inputs and attributes without a default first, then those with one, then
the name. The names are the op's type in snake case.
"""

import re

from tenseur.python.framework import op_def_library

_by_name = {}

# Attributes that came after TensorFlow 1: functions do not take them, so that the name has its place.
_LATER = {"incompatible_shape_error", "bad_indices_policy", "grad_a", "grad_b", "grad_x", "grad_y", "sparse_gradient"}


def function(op_type, text=None, defaults=None, names=None):
    """A function that makes nodes of type `op_type`.

    Args:
      text: what it says of itself.
      defaults: values of inputs that need not be given, by name.
      names: other names for the definition's, as TensorFlow's Python has them (`{"x1": "x"}`).
    """
    definition = op_def_library.op_def(op_type)
    defaults = defaults or {}
    needed, others = [], []
    for name in definition.parameters:
        if name in _LATER:
            continue
        attribute = definition.by_name.get(name)
        has_default = name in defaults or (attribute is not None and attribute.has_default)
        (others if has_default else needed).append(name)
    order = needed + others
    renamed = names or {}
    public = [renamed.get(name, name) for name in order]
    back = dict(zip(public, order))

    def make(*arguments, **named):
        if len(arguments) > len(order) + 1:
            raise TypeError(f"{make.__name__}() takes at most {len(order) + 1} arguments, got {len(arguments)}")
        given = dict(defaults)
        name = named.pop("name", None)
        if len(arguments) > len(order):
            name = arguments[-1]
        given.update(zip(order, arguments))
        for key, value in named.items():
            if key not in back:
                raise TypeError(f"{make.__name__}() got an unexpected keyword argument '{key}'")
            given[back[key]] = value
        for key in needed:
            if key not in given:
                raise TypeError(f"{make.__name__}() missing required argument: '{renamed.get(key, key)}'")
        return op_def_library.apply_op(op_type, name=name, **given)

    make.__name__ = make.__qualname__ = snake_case(op_type)
    make.__doc__ = text or f"TensorFlow's op {op_type}({', '.join(public)}, name=None)."
    return make


def snake_case(op_type):
    """`MatMul` → `mat_mul`, `IFFT2D` → `ifft2d`."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", op_type)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text).lower().replace("2_d", "2d").replace("3_d", "3d")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if not _by_name:
        _by_name.update((snake_case(op_type), op_type) for op_type in op_def_library.op_types())
    op_type = _by_name.get(name.lstrip("_"))
    if op_type is None:
        raise AttributeError(f"there is no op called {name}")
    made = globals()[name] = function(op_type)
    return made
