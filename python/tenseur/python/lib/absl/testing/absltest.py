"""`absl.testing.absltest`: Python's unit tests with more assertions."""

import os
import sys
import tempfile
import unittest
from unittest import mock  # noqa: F401
from unittest import *  # noqa: F401, F403

from tenseur.python.platform import flags

FLAGS = flags.FLAGS


class TestCase(unittest.TestCase):
    """A test case with the assertions that Google's tests use."""

    def assertLen(self, container, expected_len, msg=None):
        if len(container) != expected_len:
            self.fail(self._formatMessage(msg, f"{container!r} has length of {len(container)}, expected {expected_len}."))

    def assertEmpty(self, container, msg=None):
        if len(container):
            self.fail(self._formatMessage(msg, f"{container!r} has length of {len(container)}."))

    def assertNotEmpty(self, container, msg=None):
        if not len(container):
            self.fail(self._formatMessage(msg, f"{container!r} has length of 0."))

    def assertBetween(self, value, minv, maxv, msg=None):
        if not minv <= value <= maxv:
            self.fail(self._formatMessage(msg, f"{value!r} unexpectedly not between {minv!r} and {maxv!r}"))

    def assertSameElements(self, expected_seq, actual_seq, msg=None):
        """The same elements, however often, in whatever order."""
        missing = [one for one in expected_seq if one not in actual_seq]
        unexpected = [one for one in actual_seq if one not in expected_seq]
        if missing or unexpected:
            self.fail(self._formatMessage(msg, f"Expected, but missing: {missing!r}\nUnexpected, but present: {unexpected!r}"))

    def assertSequenceAlmostEqual(self, expected_seq, actual_seq, places=None, msg=None, delta=None):
        self.assertEqual(len(expected_seq), len(actual_seq), msg)
        for expected, actual in zip(expected_seq, actual_seq):
            self.assertAlmostEqual(expected, actual, places, msg, delta)

    def assertSequenceStartsWith(self, prefix, whole, msg=None):
        self.assertSequenceEqual(prefix, whole[:len(prefix)], msg)

    def assertContainsSubset(self, expected_subset, actual_set, msg=None):
        missing = set(expected_subset) - set(actual_set)
        if missing:
            self.fail(self._formatMessage(msg, f"Missing elements {missing!r} in {actual_set!r}"))

    def assertNoCommonElements(self, expected_seq, actual_seq, msg=None):
        common = set(expected_seq) & set(actual_seq)
        if common:
            self.fail(self._formatMessage(msg, f"Common elements {common!r}"))

    def assertStartsWith(self, actual, expected_start, msg=None):
        if not actual.startswith(expected_start):
            self.fail(self._formatMessage(msg, f"{actual!r} does not start with {expected_start!r}"))

    def assertEndsWith(self, actual, expected_end, msg=None):
        if not actual.endswith(expected_end):
            self.fail(self._formatMessage(msg, f"{actual!r} does not end with {expected_end!r}"))

    def assertItemsEqual(self, expected_seq, actual_seq, msg=None):
        self.assertCountEqual(expected_seq, actual_seq, msg)

    def assertRaisesWithLiteralMatch(self, expected_exception, expected_exception_message, callable_obj=None,
                                     *args, **kwargs):
        """An exception with exactly this message."""
        import re
        return self.assertRaisesRegex(expected_exception, f"^{re.escape(expected_exception_message)}$",
                                      *([callable_obj] if callable_obj else []), *args, **kwargs)

    def assertRaisesWithPredicateMatch(self, expected_exception, predicate, callable_obj=None, *args,
                                       **kwargs):
        """An exception for which `predicate` is true."""
        context = _Predicate(self, expected_exception, predicate)
        if callable_obj is None:
            return context
        with context:
            callable_obj(*args, **kwargs)

    def create_tempdir(self, name=None, **_):
        """A folder that is there as long as the test runs."""
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        path = os.path.join(made.name, name) if name else made.name
        os.makedirs(path, exist_ok=True)
        return _Place(path)

    def create_tempfile(self, file_path=None, content=None, mode="w", **_):
        """A file that is there as long as the test runs."""
        path = os.path.join(self.create_tempdir().full_path, file_path or "file")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode + ("b" if isinstance(content, bytes) and "b" not in mode else "")) as file:
            if content is not None:
                file.write(content)
        return _Place(path)


class _Place:
    """The path of a file or folder."""

    def __init__(self, path):
        self.full_path = path

    def __fspath__(self):
        return self.full_path

    def create_file(self, file_path, content=""):
        path = os.path.join(self.full_path, file_path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return _Place(path)

    def mkdir(self, dir_path):
        path = os.path.join(self.full_path, dir_path)
        os.makedirs(path)
        return _Place(path)

    def read_text(self):
        with open(self.full_path, encoding="utf-8") as file:
            return file.read()

    def read_bytes(self):
        with open(self.full_path, "rb") as file:
            return file.read()


class _Predicate:
    def __init__(self, test, kind, predicate):
        self._test, self._kind, self._predicate = test, kind, predicate

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        self._test.assertIsNotNone(kind, f"{self._kind.__name__} not raised")
        if not issubclass(kind, self._kind):
            return False
        self._test.assertTrue(self._predicate(error), f"{error!r} does not match")
        return True


def main(*args, **kwargs):
    """Runs the tests of the program; flags that it defined are parsed first."""
    argv = kwargs.pop("argv", None) or sys.argv
    unittest.main(*args, argv=FLAGS(argv, known_only=True), **kwargs)


def get_default_test_tmpdir():
    return os.environ.get("TEST_TMPDIR") or os.path.join(tempfile.gettempdir(), "absl_testing")


if "test_tmpdir" not in FLAGS:
    flags.DEFINE_string("test_tmpdir", get_default_test_tmpdir(), "Where tests put their files", allow_override=True)
    flags.DEFINE_string("test_srcdir", os.environ.get("TEST_SRCDIR", ""), "Where tests find their files",
                        allow_override=True)
