"""What programs use of TensorFlow, and what of it tenseur lacks: read from their source, which is not run."""

import ast
import importlib
import inspect
import os
import types

from tenseur.import_hook import own_name


_NOTHING = object()


class Coverage:
    """What was found.

    Attributes:
      used: each symbol, such as `nn.relu`, with the places of its use: (file, line).
      missing: those symbols that tenseur does not have, in the order of the alphabet.
      legacy: those that TensorFlow 1 does not have either, and that are there with `--legacy`: `mul`, `merge_all_summaries`.
      unread: files that are not Python, with the error.
    """

    def __init__(self):
        self.used = {}
        self.missing = []
        self.legacy = []
        self.unread = {}

    def __bool__(self):
        return not self.missing and not self.unread

    def __str__(self):
        lines = [f"{len(self.used)} names of TensorFlow used, {len(self.missing)} missing"]
        lines += [f"  missing: tf.{symbol}  ({self._places(symbol)})" for symbol in self.missing]
        lines += [f"  with --legacy: tf.{symbol}  ({self._places(symbol)})" for symbol in self.legacy]
        for path, error in self.unread.items():
            lines.append(f"  not read: {path}: {error}")
        for symbol in sorted(set(self.used) - set(self.missing) - set(self.legacy)):
            lines.append(f"  there:   tf.{symbol}")
        return "\n".join(lines)

    __repr__ = __str__

    def _places(self, symbol):
        path, line = self.used[symbol][0]
        more = len(self.used[symbol]) - 1
        return f"{path}:{line}{f' and {more} more' if more else ''}"


def coverage(path):
    """What the program at `path`, or all programs in that folder, use of TensorFlow.

    Raises:
      FileNotFoundError: where there is no such file or folder.
    """
    found = Coverage()
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    for file in sorted(_files(path)):
        try:
            with open(file, "rb") as opened:
                tree = _parse(opened.read(), file)
        except (SyntaxError, ValueError) as error:
            found.unread[file] = str(error)
            continue
        for symbol, line in _Uses(tree).symbols:
            found.used.setdefault(symbol, []).append((file, line))
    for symbol in sorted(found.used):
        if not _is_there(symbol):
            (found.legacy if _is_legacy(symbol) else found.missing).append(symbol)
    return found


def _files(path):
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        for name in names:
            if name.endswith((".py", ".ipynb")):
                yield os.path.join(folder, name)


def _parse(data, path):
    if path.endswith(".ipynb"):
        from tenseur import notebook_source
        data = notebook_source.program(data)
    try:
        return ast.parse(data, path)
    except SyntaxError:
        from tenseur.legacy import source
        return source.parse(data, path)


class _Uses(ast.NodeVisitor):
    """Follows the names that imports and assignments give to TensorFlow's modules."""

    def __init__(self, tree):
        self.symbols = []
        self._names = {}
        # Imports may stand in functions that come before their use in the order of the file, or after.
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                path = self._path(node.value)
                if path and node.targets[0].id not in self._names:
                    self._names[node.targets[0].id] = path
        self.visit(tree)

    def _import(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                own = own_name(alias.name)
                if own is None:
                    continue
                path = _rest(own)
                self._names[alias.asname or alias.name.partition(".")[0]] = path if alias.asname else ""
                self._use(path, node)
        elif node.level == 0 and node.module and own_name(node.module):
            path = _rest(own_name(node.module))
            for alias in node.names:
                whole = f"{path}.{alias.name}" if path else alias.name
                if alias.name != "*":
                    self._names[alias.asname or alias.name] = whole
                self._use(path if alias.name == "*" else whole, node)

    def _path(self, node):
        """`tf.a.b` as "a.b"; `None` where the expression is something else."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._path(node.value)
            return None if owner is None else f"{owner}.{node.attr}" if owner else node.attr
        return None

    def _use(self, path, node):
        symbol = _symbol(path)
        if symbol:
            self.symbols.append((symbol, node.lineno))

    def visit_Attribute(self, node):
        path = self._path(node)
        if path:
            self._use(path, node)
        else:
            self.generic_visit(node)


def _rest(own):
    return own.removeprefix("tenseur").lstrip(".")


def _find(owner, name):
    """The attribute or module; `_NOTHING` where there is none."""
    try:
        return getattr(owner, name)
    except AttributeError:
        pass
    if isinstance(owner, types.ModuleType):
        try:
            return importlib.import_module(f"{owner.__name__}.{name}")
        except ImportError:
            pass
    return _NOTHING


def _walk(path):
    """The parts of a path as far as they are modules, and whether all that was asked for is there."""
    owner = importlib.import_module("tenseur")
    parts = path.split(".") if path else []
    for at, part in enumerate(parts):
        owner = _find(owner, part)
        if owner is _NOTHING:
            return parts[: at + 1], False
        if not isinstance(owner, types.ModuleType):
            rest = parts[at + 1:]
            # Of a class its own attributes are known; what a value has, only a run would tell.
            if rest and inspect.isclass(owner) and not hasattr(owner, rest[0]):
                return parts[: at + 2], hasattr(owner, "__getattr__")
            return parts[: at + 1], True
    return parts, True


def _symbol(path):
    return ".".join(_walk(path)[0])


def _is_there(symbol):
    return _walk(symbol)[1]


def _is_legacy(symbol):
    from tenseur.legacy import tensorflow0
    return any(tensorflow0.has(*place) for place in _cuts(symbol))


def _cuts(symbol):
    """`a.b.c` as ("", "a"), ("a", "b") and ("a.b", "c"): where a name of old may stand in it."""
    parts = symbol.split(".")
    return [(".".join(parts[:at]), part) for at, part in enumerate(parts)]
