"""Accumulators: gradients of several runs, taken as their mean."""

import threading

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.framework import dtypes as _dtypes
from tenseur.python.framework import errors_impl, ops, tensor_shape
from tenseur.python.ops._queues import _array, _kept, resource


class ConditionalAccumulatorBase:
    """Gradients that are summed up in a session, and taken as their mean."""

    def __init__(self, dtype, shape, accumulator_ref):
        self._dtype = _dtypes.as_dtype(dtype)
        self._shape = tensor_shape.as_shape(shape)
        self._accumulator_ref = accumulator_ref

    @property
    def accumulator_ref(self):
        return self._accumulator_ref

    @property
    def name(self):
        return self._accumulator_ref.op.name

    @property
    def dtype(self):
        return self._dtype


class _Accumulated:
    """The gradients of a session: those of an older step than the accumulator's are left out."""

    def __init__(self):
        self.total, self.count, self.step = None, 0, 0
        self.changed = threading.Condition()
        self.cancelled = False

    def close_with_session(self):
        with self.changed:
            self.cancelled = True
            self.changed.notify_all()


class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Dense gradients that are summed up in a session; `take_grad(n)` waits for `n` of them and gives their mean."""

    def __init__(self, dtype, shape=None, shared_name=None, name="conditional_accumulator",
                 reduction_type="MEAN"):
        graph = ops.get_default_graph()
        full = graph.unique_name(name)
        key = (shared_name or full).encode()

        def work(_):
            _kept(key, _Accumulated)
            return [([key], ())]

        self._mean = reduction_type.upper() == "MEAN"
        kind = ("type", _dtypes.as_dtype(dtype).as_datatype_enum)
        attrs = {"dtype": kind, "shape": ("shape", tensor_shape.as_shape(shape)._dims), "reduction_type": reduction_type.upper(),
                 "shared_name": shared_name or ""}
        op = graph.create_op("ConditionalAccumulator", [], name=full + "/", attrs=attrs, host=([(7, ())], work))
        super().__init__(dtype, shape, op.outputs[0])

    def _kind(self):
        return {"dtype": ("type", self._dtype.as_datatype_enum)}

    def apply_grad(self, grad, local_step=0, name=None):
        """The operation that adds a gradient, unless its step is older than the accumulator's."""
        grad = ops.convert_to_tensor(grad, self._dtype)
        grad.shape.assert_is_compatible_with(self._shape)
        step = ops.convert_to_tensor(local_step, dtype=_dtypes.int64)

        def work(inputs):
            own = resource(inputs[0], "accumulator")
            with own.changed:
                if int(inputs[2]) >= own.step:
                    own.total = inputs[1] if own.total is None else own.total + inputs[1]
                    own.count += 1
                    own.changed.notify_all()
            return []

        return ops.get_default_graph().create_op("AccumulatorApplyGradient", [self._accumulator_ref, grad, step], name=name,
                                                 attrs=self._kind(), host=([], work))

    def take_grad(self, num_required, name=None):
        """The mean of the gradients, when there are so many; the accumulator is empty then, and a step further."""
        wanted = ops.convert_to_tensor(num_required, dtype=_dtypes.int32)

        def work(inputs):
            own = resource(inputs[0], "accumulator")
            with own.changed:
                while own.count < int(inputs[1]):
                    if own.cancelled:
                        raise errors_impl.CancelledError(None, None, "TakeGrad operation was cancelled")
                    if not own.changed.wait(session_lib.time_left()):
                        raise errors_impl.DeadlineExceededError(None, None, "Timed out: TakeGrad")
                found = own.total / own.count if self._mean else own.total
                own.total, own.count, own.step = None, 0, own.step + 1
            return [_array(found, self._dtype)]

        op = ops.get_default_graph().create_op("AccumulatorTakeGradient", [self._accumulator_ref, wanted], name=name,
                                               attrs=self._kind(), host=([(self._dtype.as_datatype_enum, self._shape._dims)], work))
        return op.outputs[0]

    def set_global_step(self, new_global_step, name=None):
        """The operation that says at which step the accumulator is."""
        step = ops.convert_to_tensor(new_global_step, dtype=_dtypes.int64)

        def work(inputs):
            own = resource(inputs[0], "accumulator")
            with own.changed:
                own.step = int(inputs[1])
            return []

        return ops.get_default_graph().create_op("AccumulatorSetGlobalStep", [self._accumulator_ref, step], name=name, attrs={},
                                                 host=([], work))

    def num_accumulated(self, name=None):
        return ops.get_default_graph().create_op(
            "AccumulatorNumAccumulated", [self._accumulator_ref], name=name, attrs={},
            host=([(_dtypes.int32.as_datatype_enum, ())],
                  lambda inputs: [np.array(resource(inputs[0], "accumulator").count, np.int32)])).outputs[0]
