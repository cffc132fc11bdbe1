"""Checks for numbers that are infinite or NaN."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, control_flow_ops


def verify_tensor_all_finite(t=None, msg=None, name=None, x=None, message=None):
    """The tensor, where all of it is finite; else a run fails with `msg`."""
    t = x if t is None else t
    msg = message if msg is None else msg
    with ops.name_scope(name, "VerifyFinite", [t]):
        t = ops.convert_to_tensor(t, name="t")
        return array_ops.identity(array_ops.check_numerics(t, message=msg))


def add_check_numerics_ops():
    """An operation that checks every floating point tensor of the graph."""
    checks = []
    for op in ops.get_default_graph().get_operations():
        for output in op.outputs:
            if output.dtype.is_floating and not output.dtype._is_ref_dtype and op._get_control_flow_context() is None:
                with ops.control_dependencies(checks[-1:]):
                    checks.append(array_ops.check_numerics(output, message=output.name).op)
    return control_flow_ops.group(*checks)
