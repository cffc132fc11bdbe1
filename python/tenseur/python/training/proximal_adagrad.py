"""Proximal Adagrad: Adagrad, and then a step towards zero."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class ProximalAdagradOptimizer(optimizer.Optimizer):
    """a ← a + g², r = lr / √a, p = w − r · g, w ← sign(p) · max(|p| − r · l1, 0) / (1 + r · l2)."""

    def __init__(self, learning_rate, initial_accumulator_value=0.1, l1_regularization_strength=0.0,
                 l2_regularization_strength=0.0, use_locking=False, name="ProximalAdagrad"):
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list):
        from tenseur.python.ops import init_ops
        for v in var_list:
            dtype = v.dtype.base_dtype
            start = init_ops.constant_initializer(self._initial_accumulator_value, dtype=dtype)
            self._get_or_make_slot_with_initializer(v, start, v.get_shape(), dtype, "accumulator", self._name)

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._learning_rate, name="learning_rate")
        self._l1_regularization_strength_tensor = ops.convert_to_tensor(
            self._l1_regularization_strength, name="l1_regularization_strength")
        self._l2_regularization_strength_tensor = ops.convert_to_tensor(
            self._l2_regularization_strength, name="l2_regularization_strength")

    def _apply_dense(self, grad, var, indices=None):
        return self._update(
            "ProximalAdagrad", var, {"accum": self.get_slot(var, "accumulator")}, grad,
            {"lr": self._learning_rate_tensor, "l1": self._l1_regularization_strength_tensor,
             "l2": self._l2_regularization_strength_tensor}, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
