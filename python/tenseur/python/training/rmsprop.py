"""RMSProp: steps divided by the root of an average of squared gradients."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class RMSPropOptimizer(optimizer.Optimizer):
    """s ← ρ s + (1 − ρ) g², m ← momentum · m + lr · g / √(s + ε), w ← w − m; centered, s − (average of g)² takes the place
    of s."""

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False,
                 name="RMSProp"):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered
        self._learning_rate_tensor = self._decay_tensor = self._momentum_tensor = self._epsilon_tensor = None

    def _create_slots(self, var_list):
        from tenseur.python.ops import array_ops, init_ops
        for v in var_list:
            dtype = v.dtype.base_dtype
            if v.get_shape().is_fully_defined():
                self._get_or_make_slot_with_initializer(v, init_ops.ones_initializer(dtype=dtype), v.get_shape(), dtype, "rms",
                                                        self._name)
            else:
                self._get_or_make_slot(v, array_ops.ones_like(v), "rms", self._name)
            if self._centered:
                self._zeros_slot(v, "mg", self._name)
            self._zeros_slot(v, "momentum", self._name)

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._call_if_callable(self._learning_rate),
                                                           name="learning_rate")
        self._decay_tensor = ops.convert_to_tensor(self._call_if_callable(self._decay), name="decay")
        self._momentum_tensor = ops.convert_to_tensor(self._call_if_callable(self._momentum), name="momentum")
        self._epsilon_tensor = ops.convert_to_tensor(self._call_if_callable(self._epsilon), name="epsilon")

    def _apply_dense(self, grad, var, indices=None):
        slots = {"ms": self.get_slot(var, "rms"), "mom": self.get_slot(var, "momentum")}
        if self._centered:
            slots["mg"] = self.get_slot(var, "mg")
        return self._update(
            "CenteredRMSProp" if self._centered else "RMSProp", var, slots, grad,
            {"lr": self._learning_rate_tensor, "rho": self._decay_tensor, "momentum": self._momentum_tensor,
             "epsilon": self._epsilon_tensor}, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
