"""`tensorflow` as another name of `tenseur`: the same modules, the same objects.

    import tenseur
    tenseur.install()

    import tensorflow as tf                                  # tenseur itself
    from tensorflow.examples.tutorials.mnist import input_data
    from tensorflow.python.framework import ops
"""

import importlib
import importlib.abc
import importlib.machinery
import sys

from tenseur.python.api import absent, borrowed
from tenseur.python.lib import companions
from tenseur.python.lib.protobuf import finder as protobuf

#: The names under which programs ask for TensorFlow.
NAMES = ("tensorflow", "tensorflow_core")


def own_name(name):
    """The module of tenseur that a module of TensorFlow is, by name; `None` where it is not TensorFlow's."""
    root, _, rest = name.partition(".")
    if root not in NAMES:
        return None
    for version in ("compat.v1.", "_api.v1."):
        rest = (rest + ".").removeprefix(version).removesuffix(".") if (rest + ".").startswith(version) else rest
    return f"tenseur.{rest}" if rest else "tenseur"


class Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow's modules in tenseur."""

    def find_spec(self, name, path=None, target=None):
        own = own_name(name)
        if own is None:
            return None
        try:
            module = importlib.import_module(own)
        except ModuleNotFoundError as error:
            if error.name is None or not (own + ".").startswith(error.name + "."):
                raise
            told = absent.told(own.removeprefix("tenseur.")) or "tenseur does not have it"
            raise ModuleNotFoundError(f"No module named '{name}': {told}", name=name) from None
        return importlib.machinery.ModuleSpec(name, borrowed.Loader(module), is_package=hasattr(module, "__path__"))


def install():
    """Lets programs of this process that say `import tensorflow` find tenseur.

    Raises:
      RuntimeError: where another TensorFlow has been imported already.
    """
    import tenseur
    found = sys.modules.get("tensorflow")
    if found is not None and found is not tenseur:
        raise RuntimeError("tensorflow is imported already: call tenseur.install() before that")
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
    protobuf.install()
    companions.install()
