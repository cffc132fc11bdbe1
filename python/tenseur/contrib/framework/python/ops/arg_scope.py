"""Arguments that functions take unless they are called with others: `tf.contrib.framework.arg_scope`.

    with arg_scope([conv2d], padding="SAME"):
        net = conv2d(inputs, 64, [11, 11])
"""

import contextlib
import functools

_ARGSTACK = [{}]
_DECORATED_OPS = {}


def _current_arg_scope():
    if not _ARGSTACK:
        _ARGSTACK.append({})
    return _ARGSTACK[-1]


current_arg_scope = _current_arg_scope


def arg_scope_func_key(op):
    """By what a function's arguments are kept."""
    return getattr(op, "_key_op", str(op))


_key_op = arg_scope_func_key


def _name_op(op):
    return (op.__module__, op.__name__)


@contextlib.contextmanager
def arg_scope(list_ops_or_scope, **kwargs):
    """Gives these functions these arguments while within, unless a call says otherwise; or enters a scope again."""
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        scope = dict(list_ops_or_scope)
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = dict(_current_arg_scope())
        for op in list_ops_or_scope:
            key = arg_scope_func_key(op)
            if not has_arg_scope(op):
                raise ValueError(f"{_name_op(op)} is not decorated with @add_arg_scope")
            scope[key] = {**scope.get(key, {}), **kwargs}
    _ARGSTACK.append(scope)
    try:
        yield scope
    finally:
        _ARGSTACK.pop()


def add_arg_scope(func):
    """Makes a function one whose arguments `arg_scope` can give."""
    @functools.wraps(func)
    def func_with_args(*args, **kwargs):
        given = _current_arg_scope().get(getattr(func_with_args, "_key_op"))
        return func(*args, **({**given, **kwargs} if given else kwargs))

    setattr(func_with_args, "_key_op", getattr(func, "_key_op", str(func)))
    code = getattr(func, "__code__", None)
    if code is not None:
        count = len(func.__defaults__ or ())
        _DECORATED_OPS[func_with_args._key_op] = code.co_varnames[code.co_argcount - count:code.co_argcount]
    return func_with_args


def has_arg_scope(func):
    """Whether a function was made such by `add_arg_scope`."""
    return arg_scope_func_key(func) in _DECORATED_OPS


def arg_scoped_arguments(func):
    """The names of the arguments that `arg_scope` can give it."""
    if not has_arg_scope(func):
        raise ValueError(f"{_name_op(func)} is not decorated with @add_arg_scope")
    return _DECORATED_OPS[arg_scope_func_key(func)]
