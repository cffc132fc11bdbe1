"""Gradient descent: w ← w − lr · g."""

from tenseur import raw_ops
from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class GradientDescentOptimizer(optimizer.Optimizer):
    """w ← w − learning_rate · g."""

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor = None

    def _prepare(self):
        learning_rate = self._call_if_callable(self._learning_rate)
        self._learning_rate_tensor = ops.convert_to_tensor(learning_rate, name="learning_rate")

    def _apply_dense(self, grad, var):
        return self._update("GradientDescent", var, {}, grad, {"alpha": self._learning_rate_tensor})

    _resource_apply_dense = _apply_dense

    def _rate(self, var):
        return optimizer._cast(self._learning_rate_tensor, var.dtype.base_dtype)

    def _apply_sparse_duplicate_indices(self, grad, var):
        delta = ops.IndexedSlices(grad.values * self._rate(var), grad.indices, grad.dense_shape)
        return var.scatter_sub(delta, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        return raw_ops.ResourceScatterAdd(resource=handle.handle, indices=indices, updates=-grad * self._rate(handle))
