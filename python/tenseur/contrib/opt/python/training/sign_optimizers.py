"""AddSign and PowerSign: steps that are larger where gradient and momentum agree in sign."""

from tenseur.python.framework import ops
from tenseur.python.ops import math_ops
from tenseur.python.training import optimizer


class _SignOptimizer(optimizer.Optimizer):
    def __init__(self, learning_rate, base, beta, sign_decay_fn, use_locking, name, kind, base_name):
        super().__init__(use_locking, name)
        self._lr, self._base, self._beta = learning_rate, base, beta
        self._sign_decay_fn = sign_decay_fn
        self._kind, self._base_name = kind, base_name

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        if self._sign_decay_fn is not None:
            self._sign_decay_t = ops.convert_to_tensor(self._sign_decay_fn(global_step), name="sign_decay")
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, "m", self._name)

    def _prepare(self):
        self._lr_t = ops.convert_to_tensor(self._lr, name="learning_rate")
        self._beta_t = ops.convert_to_tensor(self._beta, name="beta")
        self._base_t = ops.convert_to_tensor(self._base, name=self._base_name)
        if self._sign_decay_fn is None:
            self._sign_decay_t = ops.convert_to_tensor(1.0, name="sign_decay")

    def _apply_dense(self, grad, var):
        return self._update(self._kind, var, {"m": self.get_slot(var, "m")}, grad,
                            {"lr": self._lr_t, self._base_name: self._base_t, "sign_decay": self._sign_decay_t,
                             "beta": self._beta_t})

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        raise NotImplementedError(f"{self._name} has no sparse step; tf.contrib.opt.LazyAdamOptimizer has one")


class AddSignOptimizer(_SignOptimizer):
    """m ← β m + (1 − β) g, w ← w − lr · (α + decay · sign(g) sign(m)) · g."""

    def __init__(self, learning_rate=0.1, alpha=1.0, beta=0.9, sign_decay_fn=None, use_locking=False,
                 name="AddSignOptimizer"):
        super().__init__(learning_rate, alpha, beta, sign_decay_fn, use_locking, name, "AddSign", "alpha")


class PowerSignOptimizer(_SignOptimizer):
    """m ← β m + (1 − β) g, w ← w − lr · base^(decay · sign(g) sign(m)) · g."""

    def __init__(self, learning_rate=0.1, base=2.718281828459045, beta=0.9, sign_decay_fn=None, use_locking=False,
                 name="PowerSignOptimizer"):
        import math
        super().__init__(learning_rate, math.log(base), beta, sign_decay_fn, use_locking, name, "PowerSign", "logbase")


def _share(global_step, decay_steps):
    step = math_ops.cast(global_step, ops.convert_to_tensor(1.0).dtype)
    return math_ops.minimum(step, float(decay_steps)) / float(decay_steps)


def get_linear_decay_fn(decay_steps):
    """A function of the step: 1 − step / decay_steps, and 0 after that."""
    return lambda global_step: 1.0 - _share(global_step, decay_steps)


def get_cosine_decay_fn(decay_steps, num_periods=0.5, zero_after=None):
    """A function of the step: (1 + cos(2π · num_periods · step / decay_steps)) / 2."""
    return lambda global_step: 0.5 * (1.0 + math_ops.cos(6.283185307179586 * num_periods * _share(global_step, decay_steps)))
