"""Functions that make their variables once and share them from then on: `tf.make_template`."""

import functools

from tenseur.python.framework import ops
from tenseur.python.ops import variable_scope


def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None, **kwargs):
    """A function that calls `func_` in a variable scope of its own: the first call makes the variables, the others find them.

    Args:
      name_: the name of the scope, made unique.
      create_scope_now_: whether the scope is opened now rather than by the first call.
      unique_name_: the name of the scope, taken as it is.
      kwargs: arguments that every call passes.
    """
    function = functools.partial(func_, **kwargs) if kwargs else func_
    return Template(name_, function, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """A function with variables."""

    def __init__(self, name, func, create_scope_now=False, unique_name=None, custom_getter=None):
        if not name:
            raise ValueError("name cannot be None.")
        self._func = func
        self._name = name
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._variables_created = False
        self._variable_scope = None
        self.__wrapped__ = func
        if create_scope_now:
            # No name scope yet: the first call has the variables' own.
            name = self._unique_name or variable_scope._get_unique_variable_scope(self._name)
            with variable_scope._pure_variable_scope(name, custom_getter=custom_getter, dtype=None) as scope:
                self._variable_scope = scope

    def __call__(self, *args, **kwargs):
        if self._variable_scope is None:
            with variable_scope.variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
                self._variable_scope = scope
                return self._call(args, kwargs)
        with variable_scope.variable_scope(self._variable_scope, reuse=self._variables_created or None):
            return self._call(args, kwargs)

    def _call(self, args, kwargs):
        trainable = len(ops.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES))
        result = self._func(*args, **kwargs)
        if self._variables_created:
            if trainable != len(ops.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES)):
                raise ValueError("Trainable variable created when calling a template after the first time, perhaps you used "
                                 f"tf.Variable when you meant tf.get_variable, in {self._name}")
        self._variables_created = True
        return result

    @property
    def name(self):
        return self._name

    @property
    def func(self):
        return self._func

    @property
    def variable_scope(self):
        return self._variable_scope

    @property
    def variable_scope_name(self):
        name = self._variable_scope.name if self._variable_scope else ""
        return name[:-1] if name.endswith("/") else name

    @property
    def var_scope(self):
        return self._variable_scope

    @property
    def variables(self):
        return self.global_variables + self.local_variables

    @property
    def trainable_variables(self):
        return self._of(ops.GraphKeys.TRAINABLE_VARIABLES)

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self):
        trainable = set(self.trainable_variables)
        return [variable for variable in self.variables if variable not in trainable]

    @property
    def global_variables(self):
        return self._of(ops.GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self):
        return self._of(ops.GraphKeys.LOCAL_VARIABLES)

    @property
    def weights(self):
        return self.variables

    def _of(self, collection):
        return [] if self._variable_scope is None else self._variable_scope.get_collection(collection)
