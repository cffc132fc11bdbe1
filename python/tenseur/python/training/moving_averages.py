"""Averages that follow variables."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import control_flow_ops, math_ops, state_ops, variable_scope, variables
from tenseur.python.training import optimizer, slot_creator


def assign_moving_average(variable, value, decay, zero_debias=True, name=None):
    """variable ← decay · variable + (1 − decay) · value; with `zero_debias`, divided by 1 − decayᵗ at step t, as an average
    that begins at zero needs."""
    with ops.name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        decay = ops.convert_to_tensor(1.0 - decay, name="decay")
        dtype = variable.dtype.base_dtype
        decay = optimizer._cast(decay, dtype)
        if zero_debias:
            return _zero_debias(variable, value, decay)
        return state_ops.assign_sub(variable, (variable - value) * decay, name=scope)


def weighted_moving_average(value, decay, weight, truediv=True, collections=None, name=None):
    """Σ wᵢ vᵢ / Σ wᵢ, where both sums forget by `decay` each step."""
    from tenseur.python.ops import init_ops
    if collections is None:
        collections = [ops.GraphKeys.GLOBAL_VARIABLES]
    with variable_scope.variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        def total(own):
            return variable_scope.get_variable(own, initializer=init_ops.zeros_initializer(), shape=value.get_shape(),
                                               dtype=value.dtype, trainable=False, collections=collections)
        value_x_weight_var, weight_var = total("value_x_weight"), variable_scope.get_variable(
            "weight", initializer=init_ops.zeros_initializer(), shape=weight.get_shape(), dtype=weight.dtype, trainable=False,
            collections=collections)
        numerator = assign_moving_average(value_x_weight_var, value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(weight_var, weight, decay, zero_debias=False)
        divide = math_ops.truediv if truediv else math_ops.div
        return divide(numerator, denominator, name=scope.name)


def _zero_debias(variable, value, decay):
    """Sets the variable to the average since the beginning, from one that begins at zero."""
    from tenseur.python.ops import init_ops
    dtype = variable.dtype.base_dtype
    with variable_scope.variable_scope(variable.op.name, values=[variable, value, decay]) as scope:
        taken = {} if scope.reuse else {other.op.name for other in scope.global_variables()}

        def free(name):
            names = [name] + [f"{name}_{number}" for number in range(1, len(taken) + 2)]
            return next(own for own in names if f"{scope.name}/{own}" not in taken)

        zeros = init_ops.zeros_initializer()
        biased = variable_scope.get_variable(free("biased"), initializer=zeros, shape=variable.get_shape(), dtype=dtype,
                                             trainable=False)
        steps = variable_scope.get_variable(free("local_step"), shape=[], dtype=dtype, initializer=zeros,
                                            trainable=False)
        biased_now = state_ops.assign_sub(biased, (biased - value) * decay)
        factor = 1 - math_ops.pow(1.0 - decay, steps.assign_add(1))
        return state_ops.assign(variable, biased_now / factor, name=ops.get_name_scope() + "/")


class ExponentialMovingAverage:
    """Keeps, for each variable, shadow ← decay · shadow + (1 − decay) · variable.

    Args:
      decay: close to 1; with `num_updates` at most (1 + num_updates) / (10 + num_updates).
      zero_debias: whether averages of tensors are divided by 1 − decayᵗ.
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages = {}

    @property
    def name(self):
        return self._name

    def apply(self, var_list=None):
        """The operation that brings the averages up to date; the first call for a variable makes its shadow, called
        `VARIABLE/ExponentialMovingAverage`.

        Raises:
          TypeError: where one of them is not of a float type.
        """
        if var_list is None:
            var_list = variables.trainable_variables()
        elif not isinstance(var_list, (list, tuple)):
            var_list = [var_list]
        debiased = set()
        for var in var_list:
            if var.dtype.base_dtype not in (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64):
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if var in self._averages:
                continue
            with ops.init_scope():
                if isinstance(var, variables.Variable):
                    average = slot_creator.create_slot(var, var.initialized_value(), self.name)
                    # Averages of variables are among those that are averaged: a saver may swap them.
                    ops.add_to_collection(ops.GraphKeys.MOVING_AVERAGE_VARIABLES, var)
                else:
                    average = slot_creator.create_zeros_slot(
                        var, self.name, colocate_with_primary=var.op.type in ("Variable", "VariableV2", "VarHandleOp"))
                    if self._zero_debias:
                        debiased.add(average)
            self._averages[var] = average
        with ops.name_scope(self.name) as scope:
            decay = ops.convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                num_updates = math_ops.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = math_ops.minimum(decay, (1.0 + num_updates) / (10.0 + num_updates))
            updates = [assign_moving_average(self._averages[var], var, decay, zero_debias=self._averages[var] in debiased)
                       for var in var_list]
            return control_flow_ops.group(*updates, name=scope)

    def average(self, var):
        """The shadow of a variable, or `None`."""
        return self._averages.get(var)

    def average_name(self, var):
        """What the shadow of a variable is called, whether or not it has been made."""
        if var in self._averages:
            return self._averages[var].op.name
        return ops.get_default_graph().unique_name(var.op.name + "/" + self.name, mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables=None):
        """A map, for `tf.train.Saver`, from names in a checkpoint to variables: averaged ones take their averages."""
        if moving_avg_variables is None:
            moving_avg_variables = variables.trainable_variables() + variables.moving_average_variables()
        moving = list(dict.fromkeys(moving_avg_variables))
        found = {self.average_name(var): var for var in moving}
        names = {var.name for var in moving}
        for var in list(dict.fromkeys(variables.global_variables())):
            if var.name not in names and var.op.name not in found:
                found[var.op.name] = var
        return found
