"""Optimizers that live outside of the graph: `tf.contrib.opt.ScipyOptimizerInterface`."""

import numpy as np

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, gradients_impl, variables
from tenseur.python.platform import tf_logging as logging


class ExternalOptimizerInterface:
    """Minimizes a loss with a method that gets the variables as one vector, and gives them back as one.

    Args:
      loss: a scalar.
      var_list: what is to be changed; by default all trainable variables.
      equalities, inequalities: tensors that shall be 0, or not negative.
      var_to_bounds: variable → (lower, upper), which broadcast to it.
      optimizer_kwargs: for the method.
    """

    def __init__(self, loss, var_list=None, equalities=None, inequalities=None, var_to_bounds=None,
                 **optimizer_kwargs):
        self._loss = loss
        self._equalities = list(equalities or [])
        self._inequalities = list(inequalities or [])
        self._vars = variables.trainable_variables() if var_list is None else list(var_list)
        self.optimizer_kwargs = optimizer_kwargs
        self._packed_bounds = None if var_to_bounds is None else self._pack_bounds(var_to_bounds)
        self._update_placeholders = [array_ops.placeholder(var.dtype.base_dtype) for var in self._vars]
        self._var_updates = [var.assign(array_ops.reshape(placeholder, var.get_shape().as_list()))
                             for var, placeholder in zip(self._vars, self._update_placeholders)]
        loss_grads = self._gradients(loss)
        constraints_grads = [self._gradients(one) for one in self._equalities + self._inequalities]
        self._packed_var = self._pack(self._vars)
        self._packed_loss_grad = self._pack(loss_grads)
        packed = [self._pack(one) for one in constraints_grads]
        self._packed_equality_grads = packed[: len(self._equalities)]
        self._packed_inequality_grads = packed[len(self._equalities):]
        sizes = [var.get_shape().num_elements() for var in self._vars]
        ends = np.cumsum([0, *sizes])
        self._packing_slices = [slice(start, end) for start, end in zip(ends, ends[1:])]

    def _gradients(self, value):
        return [array_ops.zeros_like(var) if gradient is None else gradient
                for gradient, var in zip(gradients_impl.gradients(value, self._vars), self._vars)]

    def _pack_bounds(self, var_to_bounds):
        lower, upper = [], []
        for var in self._vars:
            shape = var.get_shape().as_list()
            low, high = var_to_bounds.get(var, (-np.inf, np.inf))
            lower.extend(np.broadcast_to(low, shape).ravel())
            upper.extend(np.broadcast_to(high, shape).ravel())
        return list(zip(lower, upper))

    @staticmethod
    def _pack(tensors):
        if not tensors:
            return None
        flat = [array_ops.reshape(one, [-1]) for one in tensors]
        return flat[0] if len(flat) == 1 else array_ops.concat(flat, 0)

    def minimize(self, session=None, feed_dict=None, fetches=None, step_callback=None, loss_callback=None,
                 **run_kwargs):
        """Changes the variables in `session` until the method ends.

        Args:
          fetches: computed at each evaluation of the loss, for `loss_callback(*fetched)`.
          step_callback: called with the variables' vector after each step.
        """
        session = session or ops.get_default_session()
        feed_dict = feed_dict or {}
        fetches = list(fetches or [])
        loss_callback = loss_callback or (lambda *_: None)
        step_callback = step_callback or (lambda _: None)
        loss_and_gradient = self._make_eval_func([self._loss, self._packed_loss_grad], session, feed_dict,
                                                 fetches, loss_callback)
        equalities = self._make_eval_funcs(self._equalities, session, feed_dict, fetches)
        equality_grads = self._make_eval_funcs(self._packed_equality_grads, session, feed_dict, fetches)
        inequalities = self._make_eval_funcs(self._inequalities, session, feed_dict, fetches)
        inequality_grads = self._make_eval_funcs(self._packed_inequality_grads, session, feed_dict, fetches)
        found = self._minimize(
            initial_val=session.run(self._packed_var), loss_grad_func=loss_and_gradient, equality_funcs=equalities,
            equality_grad_funcs=equality_grads, inequality_funcs=inequalities, inequality_grad_funcs=inequality_grads,
            packed_bounds=self._packed_bounds, step_callback=step_callback, optimizer_kwargs=self.optimizer_kwargs)
        values = [found[part] for part in self._packing_slices]
        session.run(self._var_updates, feed_dict=dict(zip(self._update_placeholders, values)), **run_kwargs)

    def _make_eval_func(self, tensors, session, feed_dict, fetches, callback=None):
        wanted = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]

        def evaluate(x):
            feeds = dict(feed_dict)
            feeds.update((var, x[part].reshape(var.get_shape().as_list())) for var, part in zip(self._vars, self._packing_slices))
            values = session.run(wanted + fetches, feed_dict=feeds)
            if callback is not None:
                callback(*values[len(wanted):])
            own = values[: len(wanted)]
            return own if isinstance(tensors, (list, tuple)) else own[0]
        return evaluate

    def _make_eval_funcs(self, tensors, session, feed_dict, fetches):
        return [self._make_eval_func(one, session, feed_dict, fetches) for one in tensors]

    def _minimize(self, initial_val, loss_grad_func, equality_funcs, equality_grad_funcs, inequality_funcs, inequality_grad_funcs,
                  packed_bounds, step_callback, optimizer_kwargs):
        """Gives the vector at which the loss is least; for subclasses."""
        raise NotImplementedError("To use ExternalOptimizerInterface, subclass from it and implement the _minimize() method.")


class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """Minimizes with `scipy.optimize.minimize`: `method="L-BFGS-B"` unless another is named ("SLSQP" with constraints)."""

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(self, initial_val, loss_grad_func, equality_funcs, equality_grad_funcs, inequality_funcs, inequality_grad_funcs,
                  packed_bounds, step_callback, optimizer_kwargs):
        import scipy.optimize

        def loss_and_gradient(x):
            loss, gradient = loss_grad_func(x)
            return loss, gradient.astype("float64")

        def in_doubles(function):
            return lambda x: np.asarray(function(x), np.float64)

        options = dict(optimizer_kwargs)
        method = options.pop("method", self._DEFAULT_METHOD)
        constraints = [{"type": "eq", "fun": in_doubles(function), "jac": in_doubles(gradient)}
                       for function, gradient in zip(equality_funcs, equality_grad_funcs)]
        constraints += [{"type": "ineq", "fun": in_doubles(function), "jac": in_doubles(gradient)}
                        for function, gradient in zip(inequality_funcs, inequality_grad_funcs)]
        arguments = {"jac": True, "callback": step_callback, "method": method, "constraints": constraints,
                     "bounds": packed_bounds}
        for name in ("jac", "constraints", "bounds"):
            if name in options and name in arguments:
                raise ValueError(f"Optimizer keyword arg '{name}' is set automatically and cannot be injected manually")
        arguments.update(options)
        if not constraints:
            del arguments["constraints"]
        found = scipy.optimize.minimize(loss_and_gradient, np.asarray(initial_val, np.float64), **arguments)
        message = getattr(found, "message", "")
        logging.info("Optimization terminated with:\n  Message: %s\n  Objective function value: %f\n  Number of iterations: %s\n"
                     "  Number of functions evaluations: %s",
                     message.decode("utf-8", "replace") if isinstance(message, bytes) else message, found.fun,
                     getattr(found, "nit", ""), getattr(found, "nfev", ""))
        return found.x
