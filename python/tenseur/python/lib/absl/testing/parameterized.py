"""`absl.testing.parameterized`: a test method that runs once for each of a list of arguments."""

import collections.abc
import functools
import itertools

from tenseur.python.lib.absl.testing import absltest


class _Cases:
    """A test method, or a whole class of them, with its cases."""

    def __init__(self, method, cases, named):
        self.cases = list(cases)
        self.method = method.method if isinstance(method, _Cases) else method
        self.named = named
        if isinstance(method, _Cases):
            # Two decorators one above the other: every case of one with every case of the other.
            self.cases = [_joined(outer, inner) for outer, inner in itertools.product(self.cases, method.cases)]
            self.named = named or method.named
        self.__name__ = self.method.__name__

    def methods(self):
        """Name and function of each case."""
        for number, case in enumerate(self.cases):
            suffix, arguments, named = _read(case, self.named)
            if suffix is None:
                suffix = str(number)
            elif suffix and suffix[0] != "_" and not self.__name__[-1:] == "_" and not suffix[:1].isupper():
                suffix = f"_{suffix}"
            yield f"{self.__name__}{suffix}", _bound(self.method, arguments, named)


def _joined(outer, inner):
    if isinstance(outer, collections.abc.Mapping) and isinstance(inner, collections.abc.Mapping):
        name = "".join(str(one.get("testcase_name", "")) for one in (inner, outer))
        return {**outer, **inner, **({"testcase_name": name} if name else {})}
    return (*_listed(outer), *_listed(inner))


def _listed(case):
    return tuple(case) if isinstance(case, collections.abc.Sequence) and not isinstance(case, (str, bytes)) else (case,)


def _read(case, named):
    """What is put behind the test's name (`None`: a number), and the arguments."""
    if isinstance(case, collections.abc.Mapping):
        rest = dict(case)
        name = rest.pop("testcase_name", None)
        if named and name is None:
            raise RuntimeError("Dict for named_parameters must contain testcase_name.")
        return name, (), rest
    arguments = _listed(case)
    if not named:
        return None, arguments, {}
    if not arguments or not isinstance(arguments[0], str):
        raise RuntimeError("Named tests must be passed a string as their first argument.")
    return arguments[0], arguments[1:], {}


def _bound(method, arguments, named):
    @functools.wraps(method)
    def test(self):
        return method(self, *arguments, **named)
    # The arguments are there already: nobody shall ask for them by the signature of what is wrapped.
    del test.__wrapped__
    return test


def _decorator(cases, named):
    if len(cases) == 1 and not isinstance(cases[0], (tuple, str, bytes, collections.abc.Mapping)) and isinstance(
            cases[0], collections.abc.Iterable):
        cases = list(cases[0])
    if not cases:
        raise ValueError("There are no cases to run the test with.")

    def decorate(made):
        if not isinstance(made, type):
            return _Cases(made, cases, named)
        for name, method in list(vars(made).items()):
            if name.startswith("test") and callable(method):
                delattr(made, name)
                for case, function in _Cases(method, cases, named).methods():
                    setattr(made, case, function)
        return made

    return decorate


def parameters(*testcases):
    """Runs the test for each case: one argument, a tuple of them, or a dictionary of named ones.

        @parameterized.parameters((1, 2), (3, 4))
        def testSmaller(self, a, b): ...
    """
    return _decorator(testcases, named=False)


def named_parameters(*testcases):
    """As `parameters`, where each case begins with the name that the test has for it (`testcase_name` in a dictionary)."""
    return _decorator(testcases, named=True)


def product(*kwargs_seqs, **testgrid):
    """Runs the test for all combinations of the values that each name has."""
    grid = [[{name: value} for value in values] for name, values in testgrid.items()]
    cases = [{name: value for part in parts for name, value in part.items()}
             for parts in itertools.product(*kwargs_seqs, *grid)]
    return _decorator(cases, named=False) if len(cases) != 1 else _decorator([cases], named=False)


class TestGeneratorMetaclass(type):
    """Makes a method of each case."""

    def __new__(cls, name, bases, members):
        expanded = {}
        for key, member in members.items():
            if isinstance(member, _Cases):
                for case, function in member.methods():
                    if case in expanded:
                        raise ValueError(f"{name}.{case} is there twice: give the cases names of their own")
                    function.__name__ = case
                    expanded[case] = function
            else:
                expanded[key] = member
        return type.__new__(cls, name, bases, expanded)


class TestCase(absltest.TestCase, metaclass=TestGeneratorMetaclass):
    """A test case whose methods may have parameters."""


def CoopTestCase(other_base_class):
    """A class of test cases with parameters that is another kind of test case too."""
    kinds = type("CoopMetaclass", (type(other_base_class), TestGeneratorMetaclass), {}) \
        if not issubclass(TestGeneratorMetaclass, type(other_base_class)) else TestGeneratorMetaclass
    return kinds("CoopTestCase", (other_base_class, TestCase), {})
