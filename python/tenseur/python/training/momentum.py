"""Gradient descent with momentum."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class MomentumOptimizer(optimizer.Optimizer):
    """a ← momentum · a + g, w ← w − lr · a; with Nesterov's momentum w ← w − lr · (g + momentum · a)."""

    def __init__(self, learning_rate, momentum, use_locking=False, name="Momentum", use_nesterov=False):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, "momentum", self._name)

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._call_if_callable(self._learning_rate),
                                                           name="learning_rate")
        self._momentum_tensor = ops.convert_to_tensor(self._call_if_callable(self._momentum), name="momentum")

    def _apply_dense(self, grad, var, indices=None):
        return self._update("Momentum", var, {"accum": self.get_slot(var, "momentum")}, grad,
                            {"lr": self._learning_rate_tensor, "momentum": self._momentum_tensor}, indices,
                            use_nesterov=self._use_nesterov)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
