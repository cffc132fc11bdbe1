"""Puts the repairs in place: modules that moved are found, those that lost names get them back when they are imported."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import warnings

from tenseur.legacy import libraries, numpy_names, python2, source, tensorflow0

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSTALLED = tuple(filter(None, {os.path.dirname(os.__file__), *(
    path for path in sys.path if path.rstrip("/").endswith(("site-packages", "dist-packages")))}))


class _Source(importlib.machinery.SourceFileLoader):
    """Loads a program's own modules through the repairs; what is compiled is not kept."""

    def get_code(self, name):
        path = self.get_filename(name)
        return source.compile_source(self.get_data(path), path)


class _Patched(importlib.abc.Loader):
    """Loads a module, then gives it back what it lost."""

    def __init__(self, loader, patch):
        self._loader = loader
        self._patch = patch

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            self._patch(module)
        except (AttributeError, ImportError, TypeError) as error:
            # The library has changed since: what is there of it still works.
            warnings.warn(f"{module.__name__} has no longer what its names of old stand for: {error}", stacklevel=2)

    def __getattr__(self, name):
        return getattr(self._loader, name)


class _Repairs(importlib.abc.MetaPathFinder):
    """Comes before Python's own finders."""

    def __init__(self):
        self._busy = set()

    def find_spec(self, name, path=None, target=None):
        if name in self._busy:
            return None
        patch = libraries.PATCHES.get(name)
        if patch is not None:
            self._busy.add(name)
            try:
                spec = importlib.util.find_spec(name)
            except (ImportError, ValueError):
                spec = None
            finally:
                self._busy.discard(name)
            if spec is not None and spec.loader is not None:
                spec.loader = _Patched(spec.loader, patch)
            return spec
        if name.partition(".")[0] in ("tenseur", "tensorflow"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader and _is_programs(spec.origin):
            spec.loader = _Source(name, spec.origin)
        return spec


def _is_programs(path):
    path = os.path.abspath(path)
    return not path.startswith((_OWN + os.sep, *(folder + os.sep for folder in _INSTALLED)))


class _Moved(importlib.abc.MetaPathFinder):
    """Comes last: modules under their names of old, and those that lie beside the file that imports them."""

    def find_spec(self, name, path=None, target=None):
        from tenseur.python.api import borrowed
        made = libraries.MADE.get(name)
        moved = {**python2.MODULES, **libraries.MODULES}.get(name)
        if made is not None:
            module = made()
        elif moved is not None:
            try:
                module = importlib.import_module(moved)
            except ImportError:
                return None
        else:
            return self._beside(name) if path is None else None
        return importlib.machinery.ModuleSpec(name, borrowed.Loader(module), is_package=True)

    def _beside(self, name):
        """Python 2's imports within a package needed no dot."""
        frame = sys._getframe(2)
        while frame is not None:
            path = frame.f_globals.get("__file__")
            if path and frame.f_globals.get("__name__") != "importlib._bootstrap" and "importlib" not in path and _is_programs(path):
                spec = importlib.machinery.PathFinder.find_spec(name, [os.path.dirname(os.path.abspath(path))])
                if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
                    spec.loader = _Source(name, spec.origin)
                return spec
            frame = frame.f_back
        return None


def install():
    """Puts all repairs in place for this process."""
    python2.install()
    numpy_names.install()
    tensorflow0.install()
    for name, patch in libraries.PATCHES.items():
        if name in sys.modules:
            patch(sys.modules[name])
    at = next((place for place, finder in enumerate(sys.meta_path) if finder is importlib.machinery.PathFinder), 0)
    sys.meta_path.insert(at, _Repairs())
    sys.meta_path.append(_Moved())
