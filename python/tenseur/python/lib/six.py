"""The package six, which came with TensorFlow, for programs where it is not installed: one name for what Python 2 and 3
call otherwise. Its Python is always 3."""

import builtins
import importlib
import io
import operator
import sys
import types

# six counts as a package, for the sake of six.moves.
__path__ = []

PY2, PY3, PY34 = False, True, True

string_types = (str,)
integer_types = (int,)
class_types = (type,)
text_type = str
binary_type = bytes
MAXSIZE = sys.maxsize

StringIO = io.StringIO
BytesIO = io.BytesIO
unichr = chr
int2byte = operator.methodcaller("to_bytes", 1, "big")
byte2int = operator.itemgetter(0)
indexbytes = operator.getitem
iterbytes = iter
next = advance_iterator = builtins.next
callable = builtins.callable
exec_ = builtins.exec
print_ = builtins.print
get_method_function = operator.attrgetter("__func__")
get_method_self = operator.attrgetter("__self__")
get_function_closure = operator.attrgetter("__closure__")
get_function_code = operator.attrgetter("__code__")
get_function_defaults = operator.attrgetter("__defaults__")
get_function_globals = operator.attrgetter("__globals__")


def b(s):
    return s.encode("latin-1")


def u(s):
    return s


def iterkeys(d, **kw):
    return iter(d.keys(**kw))


def itervalues(d, **kw):
    return iter(d.values(**kw))


def iteritems(d, **kw):
    return iter(d.items(**kw))


def iterlists(d, **kw):
    return iter(d.lists(**kw))


viewkeys = operator.methodcaller("keys")
viewvalues = operator.methodcaller("values")
viewitems = operator.methodcaller("items")


def get_unbound_function(unbound):
    return unbound


def create_bound_method(func, obj):
    return types.MethodType(func, obj)


def create_unbound_method(func, cls):
    return func


class Iterator:
    """A class whose `next` is its `__next__`."""

    def next(self):
        return type(self).__next__(self)


def ensure_binary(s, encoding="utf-8", errors="strict"):
    return s.encode(encoding, errors) if isinstance(s, str) else s


def ensure_str(s, encoding="utf-8", errors="strict"):
    return s.decode(encoding, errors) if isinstance(s, bytes) else s


ensure_text = ensure_str


def reraise(tp, value, tb=None):
    """Raises the exception with the traceback."""
    value = tp() if value is None else value
    raise value.with_traceback(tb) if value.__traceback__ is not tb else value


def raise_from(value, from_value):
    raise value from from_value


def with_metaclass(meta, *bases):
    """A base class for a class of this metaclass: `class A(with_metaclass(Meta, Base))`."""
    class Once(type):
        def __new__(cls, name, _, members):
            return meta(name, bases, members)

        @classmethod
        def __prepare__(cls, name, _):
            return meta.__prepare__(name, bases)

    return type.__new__(Once, "Once", (), {})


def add_metaclass(metaclass):
    """A decorator that makes the class again, with this metaclass."""
    def decorate(cls):
        members = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        slots = members.get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            members.pop(slot)
        return metaclass(cls.__name__, cls.__bases__, members)
    return decorate


def wraps(wrapped, *arguments, **named):
    import functools
    return functools.wraps(wrapped, *arguments, **named)


def python_2_unicode_compatible(cls):
    return cls


def assertCountEqual(self, *args, **kwargs):
    return self.assertCountEqual(*args, **kwargs)


def assertRaisesRegex(self, *args, **kwargs):
    return self.assertRaisesRegex(*args, **kwargs)


def assertRegex(self, *args, **kwargs):
    return self.assertRegex(*args, **kwargs)


#: What `six.moves` has: name → module, or module and attribute with a colon between them.
MOVES = {
    "xrange": "builtins:range", "range": "builtins:range", "zip": "builtins:zip", "map": "builtins:map",
    "filter": "builtins:filter", "input": "builtins:input", "intern": "sys:intern", "reduce": "functools:reduce",
    "reload_module": "importlib:reload", "zip_longest": "itertools:zip_longest", "filterfalse": "itertools:filterfalse",
    "getcwd": "os:getcwd", "getcwdb": "os:getcwdb", "shlex_quote": "shlex:quote", "StringIO": "io:StringIO", "cStringIO": "io:StringIO",
    "UserDict": "collections:UserDict", "UserList": "collections:UserList", "UserString": "collections:UserString",
    "builtins": "builtins", "cPickle": "pickle", "configparser": "configparser", "copyreg": "copyreg", "queue": "queue",
    "socketserver": "socketserver", "_thread": "_thread", "http_client": "http.client", "http_cookies": "http.cookies",
    "http_cookiejar": "http.cookiejar", "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server",
    "html_parser": "html.parser", "html_entities": "html.entities", "reprlib": "reprlib", "tkinter": "tkinter",
    "urllib_parse": "urllib.parse", "urllib_error": "urllib.error", "urllib_robotparser": "urllib.robotparser",
    "urllib": "urllib", "urllib.request": "urllib.request", "urllib.parse": "urllib.parse", "urllib.error": "urllib.error",
    "urllib.response": "urllib.response", "urllib.robotparser": "urllib.robotparser",
    "email_mime_text": "email.mime.text", "email_mime_multipart": "email.mime.multipart", "email_mime_base": "email.mime.base",
}


class _Moves(types.ModuleType):
    """`six.moves`: its names are looked up when they are first used."""

    __path__ = []

    def __getattr__(self, name):
        if name not in MOVES:
            raise AttributeError(f"module 'six.moves' has no attribute '{name}'")
        path, _, attribute = MOVES[name].partition(":")
        if path == "urllib":
            for part in ("request", "parse", "error", "response"):
                importlib.import_module(f"urllib.{part}")
        found = importlib.import_module(path)
        value = getattr(found, attribute) if attribute else found
        setattr(self, name, value)
        return value

    def __dir__(self):
        return sorted(MOVES)


moves = _Moves("six.moves")
