"""AdaMax: Adam with the largest gradient in the place of the average of squares."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, state_ops
from tenseur.python.training import adam, optimizer


class AdaMaxOptimizer(adam.AdamOptimizer):
    """m ← β₁ m + (1 − β₁) g, v ← max(β₂ v, |g|), w ← w − lr / (1 − β₁ᵗ) · m / (v + ε)."""

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False,
                 name="AdaMax"):
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _get_beta_accumulators(self):
        return self._get_non_slot_variable("beta1_power", graph=ops.get_default_graph())

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda variable: variable.name)
        self._create_non_slot_variable(self._beta1, name="beta1_power", colocate_with=first)
        for v in var_list:
            self._zeros_slot(v, "m", self._name)
            self._zeros_slot(v, "v", self._name)

    def _apply_dense(self, grad, var):
        return self._update(
            "AdaMax", var, {"m": self.get_slot(var, "m"), "v": self.get_slot(var, "v")}, grad,
            {"beta1_power": self._get_beta_accumulators(), "lr": self._lr_t, "beta1": self._beta1_t, "beta2": self._beta2_t,
             "epsilon": self._epsilon_t})

    _resource_apply_dense = _apply_dense

    def _apply_sparse_shared(self, grad, var, indices, scatter_add):
        dtype = var.dtype.base_dtype
        beta1_power, lr_t, beta1_t, beta2_t, epsilon_t = (optimizer._cast(value, dtype) for value in (
            self._get_beta_accumulators(), self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t))
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = array_ops.gather(m, indices) * beta1_t + grad * (1 - beta1_t)
        v_rows = math_ops.maximum(array_ops.gather(v, indices) * beta2_t, math_ops.abs(grad))
        step = lr_t / (1 - beta1_power) * (m_rows / (v_rows + epsilon_t))
        return optimizer._group([
            state_ops.scatter_sub(var, indices, step, use_locking=self._use_locking),
            state_ops.scatter_update(m, indices, m_rows, use_locking=self._use_locking),
            state_ops.scatter_update(v, indices, v_rows, use_locking=self._use_locking)], None)

    def _finish(self, update_ops, name_scope):
        with ops.control_dependencies(update_ops):
            beta1_power = self._get_beta_accumulators()
            update_beta1 = beta1_power.assign(beta1_power * self._beta1_t, use_locking=self._use_locking)
        return optimizer._group([*update_ops, update_beta1], name_scope)
