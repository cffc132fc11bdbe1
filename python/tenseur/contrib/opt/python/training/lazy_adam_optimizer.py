"""Adam that leaves alone the rows which have no gradient."""

from tenseur.python.ops import array_ops, math_ops, state_ops
from tenseur.python.training import adam, optimizer


class LazyAdamOptimizer(adam.AdamOptimizer):
    """As Adam; where a gradient is sparse, averages and weights of the other rows stay as they are."""

    def _apply_sparse_shared(self, grad, var, indices, scatter_add):
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power = (optimizer._cast(power, dtype) for power in self._get_beta_accumulators())
        lr_t, beta1_t, beta2_t, epsilon_t = (optimizer._cast(value, dtype) for value in (
            self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t))
        lr = lr_t * math_ops.sqrt(1 - beta2_power) / (1 - beta1_power)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1_t * array_ops.gather(m, indices) + (1 - beta1_t) * grad
        v_rows = beta2_t * array_ops.gather(v, indices) + (1 - beta2_t) * math_ops.square(grad)
        step = lr * m_rows / (math_ops.sqrt(v_rows) + epsilon_t)
        return optimizer._group([
            state_ops.scatter_sub(var, indices, step, use_locking=self._use_locking),
            state_ops.scatter_update(m, indices, m_rows, use_locking=self._use_locking),
            state_ops.scatter_update(v, indices, v_rows, use_locking=self._use_locking)], None)
