"""Optimizers with decoupled weight decay: AdamW and its like."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, state_ops
from tenseur.python.training import adam, momentum as momentum_opt, optimizer


class DecoupledWeightDecayExtension:
    """Before the optimizer's own step, w ← w − weight_decay · w (not times the learning rate).

    Args:
      weight_decay: a number, a tensor or a function without arguments that gives one.
    """

    def __init__(self, weight_decay, **kwargs):
        self._decay_var_list = None
        self._weight_decay = weight_decay
        super().__init__(**kwargs)

    def minimize(self, loss, global_step=None, var_list=None, gate_gradients=optimizer.Optimizer.GATE_OP,
                 aggregation_method=None, colocate_gradients_with_ops=False, name=None, grad_loss=None, decay_var_list=None):
        """As `Optimizer.minimize`; `decay_var_list` says which variables decay."""
        self._decay_var_list = None if decay_var_list is None else set(decay_var_list)
        return super().minimize(loss, global_step=global_step, var_list=var_list, gate_gradients=gate_gradients,
                                aggregation_method=aggregation_method,
                                colocate_gradients_with_ops=colocate_gradients_with_ops, name=name, grad_loss=grad_loss)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None, decay_var_list=None):
        if decay_var_list is not None:
            self._decay_var_list = set(decay_var_list)
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def _prepare(self):
        decay = self._call_if_callable(self._weight_decay)
        self._weight_decay_tensor = ops.convert_to_tensor(decay, name="weight_decay")
        super()._prepare()

    def _decays(self, var):
        return self._decay_var_list is None or var in self._decay_var_list

    def _decay(self, var, indices=None):
        """The operations that make the variable, or its rows, smaller."""
        if not self._decays(var):
            return []
        rate = optimizer._cast(self._weight_decay_tensor, var.dtype.base_dtype)
        if indices is None:
            return [var.assign_sub(rate * var, use_locking=self._use_locking, read_value=False)]
        done = state_ops.scatter_sub(var, indices, rate * array_ops.gather(var, indices), use_locking=self._use_locking)
        return [done.op]

    def _apply_dense(self, grad, var):
        with ops.control_dependencies(self._decay(var)):
            return super()._apply_dense(grad, var)

    def _resource_apply_dense(self, grad, var):
        with ops.control_dependencies(self._decay(var)):
            return super()._resource_apply_dense(grad, var)

    def _apply_sparse(self, grad, var):
        with ops.control_dependencies(self._decay(var, grad.indices)):
            return super()._apply_sparse(grad, var)

    def _resource_apply_sparse(self, grad, var, indices):
        with ops.control_dependencies(self._decay(var, indices)):
            return super()._resource_apply_sparse(grad, var, indices)


def extend_with_decoupled_weight_decay(base_optimizer):
    """The class of optimizers `base_optimizer` with weight decay: its first argument is `weight_decay`."""
    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):
        def __init__(self, weight_decay, *args, **kwargs):
            self._decay_var_list = None
            self._weight_decay = weight_decay
            base_optimizer.__init__(self, *args, **kwargs)

    return OptimizerWithDecoupledWeightDecay


class MomentumWOptimizer(DecoupledWeightDecayExtension, momentum_opt.MomentumOptimizer):
    """`tf.train.MomentumOptimizer` with weight decay."""

    def __init__(self, weight_decay, learning_rate, momentum, use_locking=False, name="MomentumW",
                 use_nesterov=False):
        super().__init__(weight_decay, learning_rate=learning_rate, momentum=momentum, use_locking=use_locking, name=name,
                         use_nesterov=use_nesterov)


class AdamWOptimizer(DecoupledWeightDecayExtension, adam.AdamOptimizer):
    """`tf.train.AdamOptimizer` with weight decay."""

    def __init__(self, weight_decay, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False,
                 name="AdamW"):
        super().__init__(weight_decay, learning_rate=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon,
                         use_locking=use_locking, name=name)
