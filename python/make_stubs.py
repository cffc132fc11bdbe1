"""Writes the type stubs of `tenseur`: what each name that the tables in tenseur/python/api give to `tf` takes.

usage: python make_stubs.py [FOLDER]    (into the package itself, without a folder)
"""

import importlib
import inspect
import keyword
import pathlib
import sys
import types

# The package that is asked is the one with an engine, not the sources beside this file.
sys.path.pop(0)

from tenseur.python import api  # noqa: E402

#: What the package itself has.
OWN = ["__version__: str", "VERSION: str", "version_info: Any", "tenseur_version: str"]


def signature(function, own_first):
    """The parameters as a stub writes them; anything, where Python cannot tell them."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ["*args: Any", "**kwargs: Any"]
    if own_first:
        parameters = parameters[1:]
    written, keywords_only = [], False
    for parameter in parameters:
        default = "" if parameter.default is parameter.empty else " = ..."
        if parameter.kind is parameter.VAR_POSITIONAL:
            written.append(f"*{parameter.name}: Any")
            keywords_only = True
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            written.append(f"**{parameter.name}: Any")
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords_only:
            written.append("*")
            keywords_only = True
        written.append(f"{parameter.name}: Any{default}")
    return written


def lines_of(name, value):
    """How a stub describes the value."""
    if inspect.isclass(value):
        made = type(value).__call__ if type(value) is not type and "__call__" in vars(type(value)) else value.__init__
        parameters = ", ".join(["self", *signature(made, True)])
        return [f"class {name}(Any):", f"    def __init__({parameters}) -> None: ..."]
    if isinstance(value, types.ModuleType):
        return [f"{name}: Any"]
    if callable(value) and not isinstance(value, type):
        return [f"def {name}({', '.join(signature(value, False))}) -> Any: ..."]
    kind = type(value).__name__ if isinstance(value, (str, int, float, bool)) else "Any"
    return [f"{name}: {kind}"]


def value_of(module, attribute):
    if module is None:
        return importlib.import_module(attribute)
    found = importlib.import_module(module)
    return found if attribute == "*" else getattr(found, attribute)


def stubs():
    """The text of each stub, by its path within the package."""
    tables = api._tables()
    for namespace in list(tables):
        parts = namespace.split(".")
        for end in range(1, len(parts)):
            tables.setdefault(".".join(parts[:end]), {})
    files = {}
    for namespace, entries in tables.items():
        inner = {other[len(namespace):].lstrip(".").split(".")[0] for other in tables
                 if other and other != namespace and (not namespace or other.startswith(namespace + "."))}
        path = "tenseur" + (f".{namespace}" if namespace else "")
        lines = ["from typing import Any", ""]
        lines += [f"from {path} import {name} as {name}" for name in sorted(inner)]
        for name, (module, attribute) in sorted(entries.items()):
            if name not in inner and not keyword.iskeyword(name):
                lines += lines_of(name, value_of(module, attribute))
        lines += OWN if not namespace else []
        files["/".join([*filter(None, namespace.split(".")), "__init__.pyi"])] = "\n".join(lines) + "\n"
    return files


def main():
    package = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "tenseur")
    for path, text in stubs().items():
        place = package / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (package / "py.typed").write_text("")


if __name__ == "__main__":
    main()
