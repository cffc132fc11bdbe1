"""What Python 2 had: functions that programs call by names of old, and where its modules are now."""

import builtins
import functools
import io
import numbers
from collections import abc

#: Tuple parameters go by a name that tells their parts.
TUPLE_NAME = "tuple__of__"

#: Methods that are gone → how many arguments they took.
METHODS = {"iteritems": 0, "itervalues": 0, "iterkeys": 0, "viewitems": 0, "viewvalues": 0, "viewkeys": 0, "has_key": 1,
           "next": 0, "tostring": 0}

#: Methods of arrays that NumPy has no more, with whatever arguments.
ARRAY_METHODS = ("ptp", "itemset", "newbyteorder")

#: Functions whose result was a list.
LISTS = ("range", "map", "filter", "zip")

#: Module → what it is called today.
MODULES = {
    "cPickle": "pickle", "Queue": "queue", "ConfigParser": "configparser", "StringIO": "io", "cStringIO": "io",
    "Tkinter": "tkinter", "HTMLParser": "html.parser", "urlparse": "urllib.parse", "urllib2": "urllib.request",
    "__builtin__": "builtins", "SocketServer": "socketserver", "SimpleHTTPServer": "http.server", "BaseHTTPServer": "http.server",
    "cookielib": "http.cookiejar", "httplib": "http.client", "thread": "_thread", "commands": "subprocess",
    "copy_reg": "copyreg", "exceptions": "builtins", "UserDict": "collections", "xmlrpclib": "xmlrpc.client",
    "tkMessageBox": "tkinter.messagebox", "itertools2": "itertools",
}


def tuple_names(name):
    return name[len(TUPLE_NAME):].split("__and__") if name.startswith(TUPLE_NAME) else None


def _method(name, otherwise):
    def call(value, *arguments):
        method = getattr(value, name, None)
        return otherwise(value, *arguments) if method is None else method(*arguments)
    call.__name__ = name
    return call


iteritems = viewitems = _method("iteritems", lambda value: iter(value.items()))
itervalues = viewvalues = _method("itervalues", lambda value: iter(value.values()))
iterkeys = viewkeys = _method("iterkeys", lambda value: iter(value.keys()))
has_key = _method("has_key", lambda value, key: key in value)
next = _method("next", builtins.next)
tostring = _method("tostring", lambda value: value.tobytes())


def _array_method(name, otherwise):
    def call(value, *arguments, **named):
        method = getattr(value, name, None)
        return otherwise(value, *arguments, **named) if method is None else method(*arguments, **named)
    call.__name__ = name
    return call


def _ptp(value, *arguments, **named):
    import numpy
    return numpy.ptp(value, *arguments, **named)


def _itemset(value, *arguments):
    *place, item = arguments
    if not place:
        value[...] = item
    elif len(place) == 1 and not isinstance(place[0], tuple):
        value.flat[place[0]] = item
    else:
        value[tuple(place) if len(place) > 1 else place[0]] = item


ptp = _array_method("ptp", _ptp)
itemset = _array_method("itemset", _itemset)
newbyteorder = _array_method("newbyteorder", lambda value, order="S": value.view(value.dtype.newbyteorder(order)))


def less(left, right):
    return left.__cmp__(right) < 0


def less_or_equal(left, right):
    return left.__cmp__(right) <= 0


def greater(left, right):
    return left.__cmp__(right) > 0


def greater_or_equal(left, right):
    return left.__cmp__(right) >= 0


def equal(left, right):
    return left.__cmp__(right) == 0


def hashed(value):
    return object.__hash__(value)


#: What Python asks a class for that Python 2 compared by `__cmp__` → the function here that asks that.
COMPARISONS = {"__lt__": "less", "__le__": "less_or_equal", "__gt__": "greater", "__ge__": "greater_or_equal", "__eq__": "equal",
               "__hash__": "hashed"}


def one_number(value):
    """An array of one number as that number."""
    return value.item() if getattr(value, "shape", None) == (1,) else value


class Listed(list):
    """A dictionary's keys, values or items: Python 2's list, which keys and items of Python 3 can be a set beside."""

    __hash__ = None

    def __eq__(self, other):
        return set(self) == other if isinstance(other, abc.Set) else list.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    def __and__(self, other):
        return set(self) & set(other)

    def __or__(self, other):
        return set(self) | set(other)

    def __sub__(self, other):
        return set(self) - set(other)

    def __xor__(self, other):
        return set(self) ^ set(other)

    def __rand__(self, other):
        return set(other) & set(self)

    def __ror__(self, other):
        return set(other) | set(self)

    def __rsub__(self, other):
        return set(other) - set(self)

    def __rxor__(self, other):
        return set(other) ^ set(self)

    def isdisjoint(self, other):
        return set(self).isdisjoint(other)


def listed(value):
    """A dictionary's keys, values or items as a list."""
    return Listed(value) if isinstance(value, (abc.KeysView, abc.ValuesView, abc.ItemsView)) else value


def chosen(name, function):
    """The function that gives a list, where a program means Python's own `map`, `range`, …"""
    return _lists[name] if function is getattr(builtins, name) else function


def _map(function, *values):
    return list(zip(*values)) if function is None else list(map(function, *values))


_lists = {
    "range": lambda *arguments: list(range(*arguments)),
    "map": _map,
    "filter": lambda function, values: list(filter(function, values)),
    "zip": lambda *values: list(zip(*values)),
}


def _is_whole(value):
    return isinstance(value, numbers.Integral) or getattr(getattr(value, "dtype", None), "kind", None) in ("i", "u")


def divide(left, right):
    """Python 2's `/`: whole numbers give a whole number."""
    if _is_whole(left) and _is_whole(right):
        return left // right
    return left / right


def future_utils():
    """`future.utils`, where the package `future` is not installed."""
    import types
    module = types.ModuleType("future.utils")
    module.__dict__.update(
        PY2=False, PY3=True, iteritems=lambda value: iter(value.items()), itervalues=lambda value: iter(value.values()),
        iterkeys=lambda value: iter(value.keys()), listitems=lambda value: list(value.items()),
        listvalues=lambda value: list(value.values()), lmap=lambda *values: list(map(*values)),
        lrange=lambda *values: list(range(*values)), lzip=lambda *values: list(zip(*values)),
        lfilter=lambda *values: list(filter(*values)), native_str=str, string_types=(str,), integer_types=(int,),
        text_type=str, binary_type=bytes)
    return module


def future():
    """`future`, of whose modules `future.utils` is the one that is used."""
    import types
    module = types.ModuleType("future")
    module.__path__ = []
    return module


def _reload(module):
    import importlib
    import sys
    return module if module is sys else importlib.reload(module)


def _execfile(path, *scopes):
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), *scopes)


def _cmp(left, right):
    return (left > right) - (left < right)


def install():
    """Gives Python the functions and names that it had."""
    import inspect
    import itertools
    import math
    import os
    import pickle
    import string
    import sys
    import time
    for name, value in {
        "xrange": range, "unicode": str, "raw_input": input, "unichr": chr, "basestring": str, "long": int,
        "reduce": functools.reduce, "reload": _reload, "cmp": _cmp, "execfile": _execfile, "file": open, "buffer": memoryview,
        "intern": sys.intern, "StandardError": Exception,
    }.items():
        _give(builtins, name, value)
    for name, value in (("izip", zip), ("imap", map), ("ifilter", filter), ("izip_longest", itertools.zip_longest),
                        ("ifilterfalse", itertools.filterfalse)):
        _give(itertools, name, value)
    _give(sys, "maxint", sys.maxsize)
    _give(sys, "setdefaultencoding", lambda name: None)
    _give(os, "getcwdu", os.getcwd)
    _give(time, "clock", time.perf_counter)
    for name, value in (("letters", string.ascii_letters), ("lowercase", string.ascii_lowercase),
                        ("uppercase", string.ascii_uppercase), ("maketrans", str.maketrans), ("join", _join),
                        ("replace", str.replace), ("split", str.split), ("atoi", int), ("atof", float)):
        _give(string, name, value)
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = _getargspec
    import fractions
    _give(fractions, "gcd", math.gcd)
    pickle.load, pickle.loads = _readable(pickle.load), _readable(pickle.loads)
    _old_urllib()
    _old_collections()


def _join(words, between=" "):
    return between.join(words)


def _getargspec(function):
    import collections
    import inspect
    found = inspect.getfullargspec(function)
    return collections.namedtuple("ArgSpec", "args varargs keywords defaults")(*found[:4])


def _readable(load):
    """Pickles that Python 2 wrote: their strings are read as Latin-1, and from files that were opened as text."""
    @functools.wraps(load)
    def read(opened, **options):
        # The file itself is kept: it closes its bytes when nobody has it.
        file = opened.buffer if isinstance(opened, io.TextIOWrapper) else opened
        if options:
            return load(file, **options)
        place = file.tell() if hasattr(file, "tell") else None
        try:
            return load(file)
        except UnicodeDecodeError:
            if place is not None:
                file.seek(place)
            return load(file, encoding="latin1")
    return read


def _old_urllib():
    import urllib
    import urllib.error
    import urllib.parse
    import urllib.request
    for name in ("urlopen", "urlretrieve", "pathname2url", "url2pathname", "URLopener", "FancyURLopener"):
        if hasattr(urllib.request, name):
            _give(urllib, name, getattr(urllib.request, name))
    for name in ("urlencode", "quote", "quote_plus", "unquote", "unquote_plus"):
        _give(urllib, name, getattr(urllib.parse, name))
        _give(urllib.request, name, getattr(urllib.parse, name))
    _give(urllib.request, "HTTPError", urllib.error.HTTPError)
    _give(urllib.request, "URLError", urllib.error.URLError)


def _old_collections():
    import collections
    import collections.abc
    for name in collections.abc.__all__:
        _give(collections, name, getattr(collections.abc, name))
    _give(collections, "UserDict", collections.UserDict)


def _give(owner, name, value):
    if not hasattr(owner, name):
        setattr(owner, name, value)
