"""`google.protobuf` for programs: what they do with text forms works on tenseur's messages, whether or not that package is
installed."""

import importlib
import importlib.machinery
import sys
import types

from tenseur.core import messages

_OWN = ("text_format", "json_format", "message")


class Finder:
    """Finds the modules of `google.protobuf` that programs of TensorFlow use."""

    def find_spec(self, name, path=None, target=None):
        if name != "google" and not (name + ".").startswith("google.protobuf."):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        part = name.rpartition(".")[2]
        if found is not None:
            # The installed module keeps its messages, and learns of these.
            if name == f"google.protobuf.{part}" and part in ("text_format", "json_format"):
                found.loader = _Taught(found.loader, part)
            return found
        if name in ("google", "google.protobuf") or part in _OWN:
            return importlib.machinery.ModuleSpec(name, _Own(part), is_package=name in ("google", "google.protobuf"))
        return None


class _Own:
    """Loads a module of tenseur's in the other's place."""

    def __init__(self, part):
        self._part = part

    def create_module(self, spec):
        if self._part in _OWN:
            return importlib.import_module(f"tenseur.python.lib.protobuf.{self._part}")
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        pass


class _Taught:
    """Loads an installed module, whose functions then hand tenseur's messages on."""

    def __init__(self, loader, part):
        self._loader = loader
        self._part = part

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        own = importlib.import_module(f"tenseur.python.lib.protobuf.{self._part}")
        for name in [name for name in dir(own) if name[0].isupper() and callable(getattr(module, name, None))
                     and not isinstance(getattr(own, name), type)]:
            setattr(module, name, _either(getattr(own, name), getattr(module, name)))


def _either(own, others):
    def function(*arguments, **named):
        mine = any(isinstance(one, messages.Message) for one in (*arguments, *named.values()))
        return (own if mine else others)(*arguments, **named)
    function.__name__, function.__doc__ = others.__name__, others.__doc__
    return function


def install():
    """Puts the finder before the others, once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
