"""Packages that came with TensorFlow, so that its programs import them without a thought: absl and six. They are found here
where they are not installed."""

import importlib
import importlib.machinery
import sys

from tenseur.python.api import borrowed

_PACKAGES = ("absl", "six")

#: Modules of these packages that are others of tenseur's.
_ELSEWHERE = {"absl.flags": "tenseur.python.platform.flags"}


class Finder:
    """Finds the modules of these packages, after all other finders."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in _PACKAGES:
            return None
        module = _module(name)
        if module is None:
            return None
        return importlib.machinery.ModuleSpec(name, borrowed.Loader(module), is_package=hasattr(module, "__path__"))


def _module(name):
    if name.startswith("six."):
        from tenseur.python.lib import six
        rest = name.removeprefix("six.moves.")
        if name == "six.moves":
            return six.moves
        return importlib.import_module(six.MOVES[rest]) if ":" not in six.MOVES.get(rest, ":") else None
    try:
        return importlib.import_module(_ELSEWHERE.get(name, f"tenseur.python.lib.{name}"))
    except ModuleNotFoundError as error:
        if error.name != f"tenseur.python.lib.{name}":
            raise
        return None


def install():
    """Puts the finder behind the others, once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())
