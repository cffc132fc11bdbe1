"""Training on several shards, of which there is one here."""

from tenseur.python.ops.losses import losses_impl
from tenseur.python.training import optimizer


class CrossShardOptimizer(optimizer.Optimizer):
    """Averages gradients over all shards: with one shard it is the optimizer that it is given."""

    def __init__(self, opt, reduction=losses_impl.Reduction.MEAN, name="CrossShardOptimizer", group_assignment=None):
        if reduction not in (losses_impl.Reduction.SUM, losses_impl.Reduction.MEAN):
            raise ValueError(f"Unsupported reduction: {reduction}.")
        super().__init__(False, name)
        self._opt = opt

    def compute_gradients(self, loss, var_list=None, **kwargs):
        return self._opt.compute_gradients(loss, var_list=var_list, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        return self._opt.apply_gradients(grads_and_vars, global_step, name)

    def get_slot(self, *args, **kwargs):
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        return self._opt.get_slot_names(*args, **kwargs)

    def variables(self):
        return self._opt.variables()
