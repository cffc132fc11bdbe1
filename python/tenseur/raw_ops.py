"""Every op under TensorFlow's own name for it, with its arguments by name or in the order of its definition:
`raw_ops.MatMul(a=x, b=w, transpose_b=True)`."""

from tenseur.python.framework import op_def_library as _library


def __getattr__(op_type):
    if op_type.startswith("_"):
        raise AttributeError(op_type)
    try:
        definition = _library.op_def(op_type)
    except KeyError:
        raise AttributeError(f"there is no op \"{op_type}\"") from None

    def make(*arguments, name=None, **named):
        named.update(zip(definition.parameters, arguments))
        return _library.apply_op(op_type, name=name, **named)

    make.__name__ = make.__qualname__ = op_type
    make.__doc__ = f"TensorFlow's op {op_type}({', '.join(definition.parameters)})."
    globals()[op_type] = make
    return make


def __dir__():
    return _library.op_types()
