"""Adagrad: steps divided by the root of the sum of all squared gradients."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class AdagradOptimizer(optimizer.Optimizer):
    """a ← a + g², w ← w − lr · g / √a."""

    def __init__(self, learning_rate, initial_accumulator_value=0.1, use_locking=False, name="Adagrad"):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._learning_rate_tensor = None

    def _create_slots(self, var_list):
        from tenseur.python.ops import array_ops, init_ops, math_ops
        for v in var_list:
            dtype = v.dtype.base_dtype
            if v.get_shape().is_fully_defined():
                init = init_ops.constant_initializer(self._initial_accumulator_value, dtype=dtype)
                self._get_or_make_slot_with_initializer(v, init, v.get_shape(), dtype, "accumulator", self._name)
            else:
                init = math_ops.cast(array_ops.fill(array_ops.shape(v), self._initial_accumulator_value), dtype)
                self._get_or_make_slot(v, init, "accumulator", self._name)

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._call_if_callable(self._learning_rate),
                                                           name="learning_rate")

    def _apply_dense(self, grad, var, indices=None):
        return self._update("Adagrad", var, {"accum": self.get_slot(var, "accumulator")}, grad,
                            {"lr": self._learning_rate_tensor}, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
