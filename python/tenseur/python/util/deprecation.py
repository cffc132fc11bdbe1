"""Names and arguments that TensorFlow 1 calls deprecated: here they simply work."""


def deprecated_argument_lookup(new_name, new_value, old_name, old_value):
    """The value of an argument that has an old and a new name.

    Raises:
      ValueError: where both are given.
    """
    if old_value is not None:
        if new_value is not None:
            raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
        return old_value
    return new_value


def _as_it_is(*_, **__):
    return lambda function: function


deprecated = deprecated_args = deprecated_arg_values = deprecated_endpoints = deprecated_alias_of = _as_it_is


def deprecated_alias(deprecated_name, name, func_or_class, warn_once=True):
    return func_or_class


class _silence:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def silence():
    """A context without warnings of deprecation; there are none anyway."""
    return _silence()
