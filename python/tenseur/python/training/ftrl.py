"""FTRL-proximal: follow the regularized leader."""

from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class FtrlOptimizer(optimizer.Optimizer):
    """With n = a + g²: z ← z + g − (n⁻ᵖ − a⁻ᵖ) / lr · w, w ← (sign(z) l1 − z) / (n⁻ᵖ / lr + 2 l2) where |z| > l1 and 0
    elsewhere, a ← n; p is `learning_rate_power`. With `l2_shrinkage`, z takes g + 2 · l2_shrinkage · w."""

    def __init__(self, learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name="Ftrl",
                 accum_name=None, linear_name=None, l2_shrinkage_regularization_strength=0.0):
        super().__init__(use_locking, name)
        for what, value in (("initial_accumulator_value", initial_accumulator_value),
                            ("l1_regularization_strength", l1_regularization_strength),
                            ("l2_regularization_strength", l2_regularization_strength),
                            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength)):
            if value < 0.0:
                raise ValueError(f"{what} {value} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power} needs to be negative or zero")
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._accum_name = accum_name
        self._linear_name = linear_name

    def _create_slots(self, var_list):
        from tenseur.python.ops import init_ops
        for v in var_list:
            dtype = v.dtype.base_dtype
            start = init_ops.constant_initializer(self._initial_accumulator_value, dtype=dtype)
            self._get_or_make_slot_with_initializer(v, start, v.get_shape(), dtype, "accum",
                                                    self._accum_name or self._name)
            self._zeros_slot(v, "linear", self._linear_name or self._name)

    def _prepare(self):
        for name in ("learning_rate", "l1_regularization_strength", "l2_regularization_strength",
                     "l2_shrinkage_regularization_strength", "learning_rate_power"):
            setattr(self, f"_{name}_tensor", ops.convert_to_tensor(getattr(self, f"_{name}"), name=name))

    def _apply_dense(self, grad, var, indices=None):
        slots = {"accum": self.get_slot(var, "accum"), "linear": self.get_slot(var, "linear")}
        scalars = {"lr": self._learning_rate_tensor, "l1": self._l1_regularization_strength_tensor,
                   "l2": self._l2_regularization_strength_tensor, "lr_power": self._learning_rate_power_tensor}
        if self._l2_shrinkage_regularization_strength <= 0.0:
            return self._update("Ftrl", var, slots, grad, scalars, indices)
        scalars["l2_shrinkage"] = self._l2_shrinkage_regularization_strength_tensor
        return self._update("FtrlV2", var, slots, grad, scalars, indices)

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
