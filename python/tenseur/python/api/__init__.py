"""What `tf.…` names: a table for each area, from namespaces and names to the modules that have them.

A table is a dictionary `API`: module → namespace ("" for `tf` itself, "nn" for `tf.nn`) → names, separated by spaces;
`log=log_v1` gives `log_v1` of the module the name `log`. Nothing is imported before it is used.
"""

import importlib
import os
import sys
import types

from tenseur.python.api import absent, borrowed

AREAS = ("core", "math", "nn", "train", "control", "data", "more")

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _tables():
    found = {}
    for area in AREAS:
        table = importlib.import_module(f"tenseur.python.api.{area}").API
        for module, namespaces in table.items():
            for namespace, names in namespaces.items():
                own = found.setdefault(namespace, {})
                for name in names.split():
                    name, _, attribute = name.partition("=")
                    own[name] = (module, attribute or name)
    return found


class Namespace(types.ModuleType):
    """`tf.nn` and the like: a module whose names are looked up in the table when they are first used."""

    def __init__(self, path, entries):
        super().__init__(f"tenseur.{path}" if path else "tenseur")
        self.__dict__["_entries"] = entries
        # Modules that lie in a folder of this name can be imported too.
        self.__dict__["__path__"] = [os.path.join(_ROOT, *path.split("."))]

    def __getattr__(self, name):
        return lookup(self, self.__name__, self._entries, name)

    def __dir__(self):
        return sorted({*self._entries, *(key for key in self.__dict__ if not key.startswith("_"))})


def lookup(module, path, entries, name):
    """The value of `path.name`, which becomes an attribute of the module."""
    entry = entries.get(name)
    if entry is None:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(missing(path, name, entries))
    source, attribute = entry
    if source is None:
        value = importlib.import_module(attribute)
    elif attribute == "*":
        value = importlib.import_module(source)
    else:
        value = getattr(importlib.import_module(source), attribute)
    setattr(module, name, value)
    return value


def missing(path, name, entries):
    """What is said of a name that there is not: the nearest that there is."""
    import difflib
    public = path.replace("tenseur", "tf", 1)
    told = absent.told(f"{public}.{name}".removeprefix("tf."))
    if told:
        return f"module '{path}' has no attribute '{name}': {told}"
    near = difflib.get_close_matches(name, entries, 1, 0.6)
    hint = f"; the nearest that there is: {public}.{near[0]}" if near else ""
    return f"module '{path}' has no attribute '{name}': {public}.{name} is not there in tenseur{hint}"


def install(root):
    """Gives the module `tenseur` its table and makes its namespaces modules."""
    tables = _tables()
    for namespace in list(tables):
        # tf.a.b is a namespace of tf.a, whether or not that has names of its own.
        parts = namespace.split(".")
        for end in range(1, len(parts)):
            tables.setdefault(".".join(parts[:end]), {})
    tables.setdefault("", {})
    # TensorFlow 2 calls TensorFlow 1 `tf.compat.v1`.
    tables.setdefault("compat", {})["v1"] = (None, "tenseur")
    sys.modules["tenseur.compat.v1"] = root
    sys.meta_path.append(borrowed.Finder())
    root.__dict__["_entries"] = tables[""]
    root.__dict__["_namespaces"] = tables
    modules = {"": root}
    for namespace in sorted(tables):
        if not namespace:
            continue
        module = Namespace(namespace, tables[namespace])
        modules[namespace] = module
        sys.modules[module.__name__] = module
    for namespace, module in modules.items():
        if namespace:
            parent, _, name = namespace.rpartition(".")
            modules[parent].__dict__[name] = module
            modules[parent].__dict__["_entries"].setdefault(name, (None, module.__name__))
