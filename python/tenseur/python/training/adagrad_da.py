"""Adagrad with dual averaging: weights from the sums of all gradients and of their squares, many of them zero."""

from tenseur import raw_ops
from tenseur.python.framework import ops
from tenseur.python.training import optimizer


class AdagradDAOptimizer(optimizer.Optimizer):
    """G ← G + g, Q ← Q + g², w ← −sign(G) · lr · max(|G| − l1 · t, 0) / (l2 · t · lr + √Q), at step t = global_step + 1."""

    def __init__(self, learning_rate, global_step, initial_gradient_squared_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name="AdagradDA"):
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(f"initial_gradient_squared_accumulator_value must be positive: "
                             f"{initial_gradient_squared_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_gradient_squared_accumulator_value = initial_gradient_squared_accumulator_value
        self._learning_rate_tensor = None
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._global_step = global_step
        self._global_step_on_worker = None

    def _create_slots(self, var_list):
        from tenseur.python.ops import init_ops
        for v in var_list:
            dtype = v.dtype.base_dtype
            self._get_or_make_slot_with_initializer(v, init_ops.zeros_initializer(dtype), v.get_shape(), dtype,
                                                    "gradient_accumulator", self._name)
            start = init_ops.constant_initializer(self._initial_gradient_squared_accumulator_value, dtype=dtype)
            self._get_or_make_slot_with_initializer(v, start, v.get_shape(), dtype, "gradient_squared_accumulator",
                                                    self._name)

    def _prepare(self):
        self._learning_rate_tensor = ops.convert_to_tensor(self._learning_rate, name="learning_rate")
        self._global_step_on_worker = raw_ops.Identity(input=self._global_step) + 1

    def _apply_dense(self, grad, var, indices=None):
        from tenseur.python.ops import array_ops, math_ops, state_ops
        dtype = var.dtype.base_dtype
        sums, squares = self.get_slot(var, "gradient_accumulator"), self.get_slot(var, "gradient_squared_accumulator")
        step, rate = (optimizer._cast(value, dtype) for value in (self._global_step_on_worker, self._learning_rate_tensor))
        if indices is None:
            sum_now = state_ops.assign_add(sums, grad)
            square_now = state_ops.assign_add(squares, grad * grad)
        else:
            sum_now = array_ops.gather(ops.convert_to_tensor(state_ops.scatter_add(sums, indices, grad)), indices)
            square_now = array_ops.gather(ops.convert_to_tensor(state_ops.scatter_add(squares, indices, grad * grad)), indices)
        size = math_ops.maximum(math_ops.abs(sum_now) - self._l1_regularization_strength * step, 0.0)
        new = -math_ops.sign(sum_now) * rate * size / (
            self._l2_regularization_strength * step * rate + math_ops.sqrt(square_now))
        done = state_ops.assign(var, new) if indices is None else state_ops.scatter_update(var, indices, new)
        return done.op

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._apply_dense(grad, handle, indices)
