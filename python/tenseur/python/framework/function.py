"""Functions of the graph: `Defun`. Here a call runs the Python function again, where it is called."""

import inspect

from tenseur.python.framework import dtypes, ops
from tenseur.python.util import nest


class Defun:
    """Decorates a function of tensors, of the given types: a call converts its arguments and adds the function's nodes.

    Keyword arguments: `func_name`, `grad_func` and `python_grad_func` (how gradients go through a call), `shape_func`,
    `out_names`, and others that say how TensorFlow compiles it.
    """

    def __init__(self, *input_types, **kwargs):
        self._input_types = [dtypes.as_dtype(one) for one in input_types]
        self._func_name = kwargs.pop("func_name", None)
        self._grad_func = kwargs.pop("grad_func", None)
        self._python_grad_func = kwargs.pop("python_grad_func", None)
        self._extra = kwargs

    def __call__(self, func):
        if not callable(func):
            raise ValueError("function %s must be callable" % func)
        named = [one for one in inspect.signature(func).parameters.values() if one.default is inspect.Parameter.empty
                 and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        variable = any(one.kind == one.VAR_POSITIONAL for one in inspect.signature(func).parameters.values())
        if self._input_types and not variable and len(named) > len(self._input_types):
            raise ValueError("The function has fewer arguments than the number of specified input types.")
        return _DefinedFunction(func, self._input_types, self._func_name or func.__name__, self._grad_func,
                                self._python_grad_func)


class _DefinedFunction:
    """A function that adds its nodes where it is called."""

    def __init__(self, func, input_types, name, grad_func, python_grad_func):
        self._func = func
        self._input_types = input_types
        self._name = name
        self._grad_func = grad_func
        self._python_grad_func = python_grad_func
        self.__name__ = name
        self.__doc__ = func.__doc__

    @property
    def name(self):
        return self._name

    @property
    def python_grad_func(self):
        return self._python_grad_func

    @property
    def declared_input_types(self):
        return self._input_types

    def add_to_graph(self, g):
        pass

    def __call__(self, *args, **kwargs):
        name = kwargs.pop("name", None)
        if self._input_types and len(args) != len(self._input_types):
            raise ValueError("Expected number of arguments: %d, received: %d" % (len(self._input_types), len(args)))
        types = self._input_types or [None] * len(args)
        args = [ops.convert_to_tensor(arg, dtype) for arg, dtype in zip(args, types)]
        with ops.name_scope(name, self._name, args):
            if self._grad_func is None and self._python_grad_func is None:
                return self._func(*args)
            return _with_gradient(self, args)


def _with_gradient(function, args):
    """A call through which gradients go by the function's own rule: one node stands for all of it."""
    from tenseur.python.ops import custom_gradient

    def called(*inputs):
        result = function._func(*inputs)
        outputs = nest.flatten(result)

        def gradient(*gradients):
            if function._python_grad_func is not None:
                return function._python_grad_func(_Call(list(inputs), outputs), *gradients)
            return function._grad_func(*inputs, *gradients)

        return result, gradient

    return custom_gradient.custom_gradient(called)(*args)


class _Call:
    """What a rule of differentiation sees of a call."""

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs


class Declare:
    """The name of a function that is defined later, for recursion; TensorFlow only."""

    def __init__(self, func_name, inputs, outputs):
        raise NotImplementedError(
            "function.Declare: a Defun here adds its nodes where it is called, and cannot call itself; "
                                  "tf.while_loop repeats")
