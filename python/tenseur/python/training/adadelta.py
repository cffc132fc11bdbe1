"""Adadelta: steps by the ratio of averages of squared updates and of squared gradients."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class AdadeltaOptimizer(optimizer.Optimizer):
    """a ← ρ a + (1 − ρ) g², d = √(u + ε) / √(a + ε) · g, u ← ρ u + (1 − ρ) d², w ← w − lr · d."""

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name="Adadelta"):
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon
        self._lr_t = self._rho_t = self._epsilon_t = None

    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, "accum", self._name)
            self._zeros_slot(v, "accum_update", self._name)

    def _prepare(self):
        self._lr_t = ops.convert_to_tensor(self._call_if_callable(self._lr), name="lr")
        self._rho_t = ops.convert_to_tensor(self._call_if_callable(self._rho), name="rho")
        self._epsilon_t = ops.convert_to_tensor(self._call_if_callable(self._epsilon), name="epsilon")

    def _apply_dense(self, grad, var, indices=None):
        slots = {"accum": self.get_slot(var, "accum"), "accum_update": self.get_slot(var, "accum_update")}
        return self._update("Adadelta", var, slots, grad,
                            {"lr": self._lr_t, "rho": self._rho_t, "epsilon": self._epsilon_t}, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
