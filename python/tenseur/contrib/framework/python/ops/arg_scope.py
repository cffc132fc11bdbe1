"""Arguments that hold within a block: `with arg_scope([layer], stride=2): …`."""

import contextlib
import functools

_STACK = [{}]


def _key(function):
    return getattr(function, "_key_op", str(function))


def arg_scope_func_key(op):
    return _key(op)


def current_arg_scope():
    """The arguments that hold now: function → its arguments."""
    return _STACK[-1]


def _check(function):
    if not has_arg_scope(function):
        raise ValueError(f"{getattr(function, '__name__', function)} is not decorated with @add_arg_scope")


@contextlib.contextmanager
def arg_scope(list_ops_or_scope, **kwargs):
    """Within the block the functions of the list take these arguments, unless they are given others.

    Args:
      list_ops_or_scope: functions that were made with `add_arg_scope`, or a scope that an earlier block gave.

    Raises:
      TypeError, ValueError: where it is neither.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        _STACK.append(dict(list_ops_or_scope))
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = dict(_STACK[-1])
        for function in list_ops_or_scope:
            _check(function)
            scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
        _STACK.append(scope)
    try:
        yield _STACK[-1]
    finally:
        _STACK.pop()


def add_arg_scope(func):
    """Makes the function heed `arg_scope`."""
    @functools.wraps(func)
    def with_scope(*arguments, **named):
        held = _STACK[-1].get(with_scope._key_op)
        return func(*arguments, **({**held, **named} if held else named))
    with_scope._key_op = f"{func.__module__}.{func.__qualname__}"
    return with_scope


def has_arg_scope(func):
    return hasattr(func, "_key_op")


def arg_scoped_arguments(func):
    """The arguments that hold for the function now."""
    _check(func)
    return _STACK[-1].get(_key(func), {})
