"""An optimizer whose variables are followed by averages."""

from tenseur.python.framework import ops
from tenseur.python.ops import control_flow_ops, variables
from tenseur.python.training import moving_averages, optimizer, saver


class MovingAverageOptimizer(optimizer.Optimizer):
    """Changes variables by the optimizer `opt`, and brings their averages up to date; `swapping_saver` saves the averages
    under the variables' names."""

    def __init__(self, opt, average_decay=0.9999, num_updates=None, sequential_update=True):
        self._optimizer = opt
        self._ema = moving_averages.ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._swapped_variable_name_map = None
        self._sequential_update = sequential_update

    def compute_gradients(self, *args, **kwargs):
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        train_op = self._optimizer.apply_gradients(grads_and_vars, global_step=global_step, name=name)
        var_list = [var for grad, var in grads_and_vars if grad is not None]
        self._swapped_variable_name_map = {}
        with ops.control_dependencies([train_op] if self._sequential_update else []):
            average_op = self._ema.apply(var_list)
        for var in var_list:
            self._swapped_variable_name_map[var.op.name] = self._ema.average(var).op.name
        return control_flow_ops.group(train_op, average_op, name="train_with_avg")

    def swapping_saver(self, var_list=None, name="swapping_saver", **kwargs):
        """A saver that saves each average under the name of its variable, and the variable under the average's."""
        if self._swapped_variable_name_map is None:
            raise RuntimeError("Must call apply_gradients or minimize before creating the swapping_saver")
        if var_list is None:
            var_list = variables.global_variables()
        named = saver.op_list_to_dict(var_list) if not isinstance(var_list, dict) else dict(var_list)
        swapped = {}
        averages = {average: own for own, average in self._swapped_variable_name_map.items()}
        for key, value in named.items():
            other = self._swapped_variable_name_map.get(key) or averages.get(key)
            if other is not None and other not in named:
                raise ValueError(f"Variable to swap {other} is not in variables to save.")
            swapped[key] = value if other is None else named[other]
        return saver.Saver(swapped, name=name, **kwargs)

    def get_slot(self, var, name):
        return self._optimizer.get_slot(var, name)

    def get_slot_names(self):
        return self._optimizer.get_slot_names()

    def variables(self):
        return self._optimizer.variables()
