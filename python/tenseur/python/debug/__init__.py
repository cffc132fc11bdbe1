"""`tensorflow.python.debug`: programs import it, and wrap sessions only where they are told to debug."""

import numpy as np

_INSTEAD = "is not there in tenseur; sess.run of the tensors in question, tf.Print and tf.add_check_numerics_ops are"


def has_inf_or_nan(datum, tensor):
    """Whether there is a number that is infinite or none."""
    array = np.asarray(tensor)
    return array.dtype.kind in "fc" and not np.isfinite(array).all()


def _absent(name):
    def __init__(self, *_, **__):
        raise NotImplementedError(f"tensorflow.python.debug.{name} {_INSTEAD}")
    return type(name, (), {"__init__": __init__, "__doc__": f"TensorFlow's debugger: {name} {_INSTEAD}."})


DebugDumpDir, DumpingDebugHook, DumpingDebugWrapperSession, LocalCLIDebugHook, LocalCLIDebugWrapperSession, \
    TensorBoardDebugHook, TensorBoardDebugWrapperSession, GrpcDebugHook, GrpcDebugWrapperSession, WatchOptions = map(_absent, (
        "DebugDumpDir", "DumpingDebugHook", "DumpingDebugWrapperSession", "LocalCLIDebugHook", "LocalCLIDebugWrapperSession",
        "TensorBoardDebugHook", "TensorBoardDebugWrapperSession", "GrpcDebugHook", "GrpcDebugWrapperSession", "WatchOptions"))
