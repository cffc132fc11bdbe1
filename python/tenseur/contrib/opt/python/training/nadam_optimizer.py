"""Nadam: Adam with Nesterov's momentum."""

from tenseur.python.framework import ops
from tenseur.python.ops import math_ops, state_ops
from tenseur.python.training import adam, optimizer


class NadamOptimizer(adam.AdamOptimizer):
    """As Adam, with β₁ m + (1 − β₁) g in the place of m in the step."""

    def _apply_dense(self, grad, var):
        beta1_power, beta2_power = self._get_beta_accumulators()
        return self._update(
            "Adam", var, {"m": self.get_slot(var, "m"), "v": self.get_slot(var, "v")}, grad,
            {"beta1_power": beta1_power, "beta2_power": beta2_power, "lr": self._lr_t, "beta1": self._beta1_t,
             "beta2": self._beta2_t, "epsilon": self._epsilon_t}, use_nesterov=True)

    _resource_apply_dense = _apply_dense

    def _apply_sparse_shared(self, grad, var, indices, scatter_add):
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power = (optimizer._cast(power, dtype) for power in self._get_beta_accumulators())
        lr_t, beta1_t, beta2_t, epsilon_t = (optimizer._cast(value, dtype) for value in (
            self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t))
        lr = lr_t * math_ops.sqrt(1 - beta2_power) / (1 - beta1_power)
        m = self.get_slot(var, "m")
        scaled = grad * (1 - beta1_t)
        with ops.control_dependencies([state_ops.assign(m, m * beta1_t, use_locking=self._use_locking)]):
            m_t = scatter_add(m, indices, scaled)
            # The momentum looks one step ahead.
            m_bar = scatter_add_to_tensor(m_t * beta1_t, indices, scaled)
        v = self.get_slot(var, "v")
        with ops.control_dependencies([state_ops.assign(v, v * beta2_t, use_locking=self._use_locking)]):
            v_t = scatter_add(v, indices, (grad * grad) * (1 - beta2_t))
        update = state_ops.assign_sub(var, lr * m_bar / (math_ops.sqrt(v_t) + epsilon_t), use_locking=self._use_locking)
        return optimizer._group([update, m_bar, v_t], None)


def scatter_add_to_tensor(tensor, indices, updates):
    """The tensor with `updates` added to its rows `indices`."""
    from tenseur import raw_ops
    from tenseur.python.ops import array_ops
    return raw_ops.TensorScatterAdd(tensor=tensor, indices=array_ops.expand_dims(indices, -1), updates=updates)
