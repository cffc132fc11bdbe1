"""Proximal gradient descent: gradient descent, and then a step towards zero."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class ProximalGradientDescentOptimizer(optimizer.Optimizer):
    """p = w − lr · g, w ← sign(p) · max(|p| − lr · l1, 0) / (1 + lr · l2)."""

    def __init__(self, learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False,
                 name="ProximalGradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._learning_rate, name="learning_rate")
        self._l1_regularization_strength_tensor = ops.convert_to_tensor(
            self._l1_regularization_strength, name="l1_regularization_strength")
        self._l2_regularization_strength_tensor = ops.convert_to_tensor(
            self._l2_regularization_strength, name="l2_regularization_strength")

    def _apply_dense(self, grad, var, indices=None):
        return self._update(
            "ProximalGradientDescent", var, {}, grad,
            {"alpha": self._learning_rate_tensor, "l1": self._l1_regularization_strength_tensor,
             "l2": self._l2_regularization_strength_tensor}, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
