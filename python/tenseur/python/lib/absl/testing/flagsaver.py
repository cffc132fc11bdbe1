"""`absl.testing.flagsaver`: flags that are as they were when a test ends."""

import functools

from tenseur.python.platform import flags

FLAGS = flags.FLAGS


def save_flag_values(flag_values=FLAGS):
    """What `restore_flag_values` takes."""
    return {name: dict(flag.__dict__) for name, flag in flag_values._flags().items()}


def restore_flag_values(saved_flag_values, flag_values=FLAGS):
    """Flags that were defined since are gone; the others have the values they had."""
    for name, flag in list(flag_values._flags().items()):
        if name in saved_flag_values:
            flag.__dict__.clear()
            flag.__dict__.update(saved_flag_values[name])
        else:
            del flag_values._flags()[name]


class _Saver:
    """A `with` statement and a decorator."""

    def __init__(self, values):
        self._values = values

    def __enter__(self):
        self._saved = save_flag_values()
        try:
            for name, value in self._values.items():
                setattr(FLAGS, name, value)
        except Exception:
            restore_flag_values(self._saved)
            raise

    def __exit__(self, *_):
        restore_flag_values(self._saved)

    def __call__(self, function):
        @functools.wraps(function)
        def call(*arguments, **named):
            with _Saver(self._values):
                return function(*arguments, **named)
        return call


def flagsaver(*functions, **values):
    """`@flagsaver`, `@flagsaver(flag=value)` or `with flagsaver(flag=value):` restores all flags at the end."""
    return _Saver({})(functions[0]) if functions else _Saver(values)
