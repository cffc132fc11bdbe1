"""Classes and functions of a program that Keras finds by name: `tf.keras.utils.custom_object_scope`."""

_CUSTOM_OBJECTS = {}


class CustomObjectScope:
    """While it lasts, layers, initializers and functions of these names are found.

    Args:
      args: dictionaries, name → class or function.
    """

    def __init__(self, *args):
        self.custom_objects = args
        self.backup = None

    def __enter__(self):
        self.backup = dict(_CUSTOM_OBJECTS)
        for objects in self.custom_objects:
            _CUSTOM_OBJECTS.update(objects)
        return self

    def __exit__(self, *args, **kwargs):
        _CUSTOM_OBJECTS.clear()
        _CUSTOM_OBJECTS.update(self.backup)


def custom_object_scope(*args):
    """`CustomObjectScope` as a function."""
    return CustomObjectScope(*args)


def get_custom_objects():
    """The dictionary of what is found everywhere; a program may add to it."""
    return _CUSTOM_OBJECTS


def with_custom(known, custom_objects=None):
    """What names stand for: Keras's own (`known`), the program's, and what a call gives, the last before the first."""
    return {**known, **_CUSTOM_OBJECTS, **(custom_objects or {})}
