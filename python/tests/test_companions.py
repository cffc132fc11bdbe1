"""absl and six, which came with TensorFlow, where they are not installed."""

import os
import re
import subprocess
import sys
import textwrap
import unittest

import pytest

import tenseur as tf
from tenseur.python.lib import six
from tenseur.python.lib.absl.testing import absltest, flagsaver, parameterized

PROGRAM = """
    import six
    from absl import app, flags, logging
    from six.moves import cPickle, queue, range, urllib, xrange
    import six.moves.urllib.request as request
    import tensorflow as tf

    flags.DEFINE_integer("steps", 3, "how many")
    tf.app.flags.DEFINE_string("log_dir", "/tmp/x", "defined by absl.logging too")
    flags.DEFINE_enum("kind", "a", ["a", "b"], "which")
    flags.mark_flag_as_required("name")
    FLAGS = flags.FLAGS

    def main(argv):
        assert tf.app.flags.FLAGS is FLAGS
        print(argv[1:], FLAGS.steps, FLAGS.kind, FLAGS.log_dir, FLAGS.name)
        logging.info("not shown")
        logging.set_verbosity(logging.INFO)
        logging.info("shown %d", 7)
        assert urllib.request is request and cPickle.loads(cPickle.dumps([1])) == [1]
        print(sum(xrange(3)), list(six.iteritems({1: 2})), isinstance(u"", six.string_types), queue.Queue().empty())
        if FLAGS.kind == "b":
            raise app.UsageError("too b")

    if __name__ == "__main__":
        flags.DEFINE_string("name", None, "a name")
        app.run(main)
"""




def _run(path, *arguments):
    """Runs the program with `python -m tenseur`; absl and six are tenseur's, whether or not others are installed."""
    start = "import sys; from tenseur.python.lib import companions; sys.meta_path.insert(0, companions.Finder()); " \
            "from tenseur.__main__ import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-P", "-c", start, path, *arguments], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))


def _program(folder, text):
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text))
    return str(path)


def test_a_program_with_absl_and_six(tmp_path):
    path = _program(tmp_path, PROGRAM)
    done = _run(path, "--steps=5", "--name", "n", "--logtostderr", "rest")
    assert done.stdout.split("\n") == ["['rest'] 5 a /tmp/x n", "3 [(1, 2)] True True", ""], done.stderr
    assert re.search(r"^I\d{4} \d\d:\d\d:\d\d\.\d{6} \d+ program.py:\d+\] shown 7$", done.stderr, re.M)
    assert "not shown" not in done.stderr and done.returncode == 0
    for arguments, said in (([], "--name must have a value"), (["--name=n", "--stepz=1"], "Unknown command line flag 'stepz'"),
                            (["--name=n", "--kind=c"], "one of <a|b>"), (["--name=n", "--kind=b"], "too b")):
        done = _run(path, *arguments)
        assert said in done.stderr and done.returncode == 1, done.stderr


def test_flags_of_an_installed_absl_are_parsed_too(tmp_path):
    (tmp_path / "absl").mkdir()
    (tmp_path / "absl" / "__init__.py").write_text("")
    (tmp_path / "absl" / "flags.py").write_text("seen = []\ndef FLAGS(argv, known_only): seen.append(argv[1:])\n")
    path = _program(tmp_path, """
        from absl import flags
        import tensorflow as tf

        def main(_):
            print(flags.seen)

        tf.app.run()
    """)
    done = subprocess.run([sys.executable, "-P", "-m", "tenseur", path, "--a=1"], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path])))
    assert done.stdout == "[['--a=1']]\n", done.stderr


def test_parameterized():
    class Sums(parameterized.TestCase, tf.test.TestCase):
        seen = []

        @parameterized.parameters((1, 2, 3), dict(a=2, b=2, total=4))
        def test_numbered(self, a, b, total):
            with self.test_session():
                self.assertAllEqual(tf.constant(a) + b, total)
            self.seen.append((a, b, total))

        @parameterized.named_parameters(("Small", 1), {"testcase_name": "large", "a": 100})
        def test_named(self, a):
            self.seen.append(a)

        @parameterized.parameters([1, 2])
        @parameterized.parameters([3, 4])
        def test_crossed(self, a, b):
            self.seen.append((a, b))

        @parameterized.product(a=[5, 6], b=[7, 8])
        def test_product(self, a, b):
            self.seen.append((a, b))

        @parameterized.parameters(0)
        def test_fails(self, a):
            self.assertLen([a], 2)

    names = unittest.TestLoader().getTestCaseNames(Sums)
    assert {"test_numbered0", "test_numbered1", "test_namedSmall", "test_named_large"} < set(names)
    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(Sums).run(result)
    assert len(result.failures) == 1 and "length of 1, expected 2" in result.failures[0][1] and not result.errors
    assert sorted(map(str, Sums.seen)) == sorted(map(str, [
        (1, 2, 3), (2, 2, 4), 1, 100, (1, 3), (1, 4), (2, 3), (2, 4), (5, 7), (5, 8), (6, 7), (6, 8)]))
    with pytest.raises(RuntimeError, match="a string"):
        type("Unnamed", (parameterized.TestCase,), {"test": parameterized.named_parameters((1, 2))(lambda self, a: None)})


def test_flagsaver():
    tf.flags.DEFINE_integer("flagsaver_number", 1, "")
    flags = tf.flags.FLAGS
    flags(["program"])
    with flagsaver.flagsaver(flagsaver_number=5):
        assert flags.flagsaver_number == 5
    assert flags.flagsaver_number == 1

    @flagsaver.flagsaver
    def change():
        flags.flagsaver_number = 7
        tf.flags.DEFINE_integer("flagsaver_other", 1, "")

    change()
    assert flags.flagsaver_number == 1 and "flagsaver_other" not in flags
    with pytest.raises(AttributeError), flagsaver.flagsaver(flagsaver_number=9, flagsaver_none=1):
        pass
    assert flags.flagsaver_number == 1
    del flags.flagsaver_number


def test_assertions():
    class Assertions(absltest.TestCase):
        def runTest(self):
            self.assertSameElements([1, 2, 2], [2, 1])
            self.assertContainsSubset({1}, {1, 2})
            self.assertBetween(1.5, 1, 2)
            with self.assertRaisesWithLiteralMatch(ValueError, "a (b)"):
                raise ValueError("a (b)")
            place = self.create_tempfile("a/b", "text")
            assert open(place).read() == place.read_text() == "text"
            for check, *values in ((self.assertSameElements, [1], [2]), (self.assertContainsSubset, {3}, {1}),
                                   (self.assertBetween, 3, 1, 2), (self.assertEmpty, [1]), (self.assertNotEmpty, []),
                                   (self.assertSequenceAlmostEqual, [1.0], [1.1]), (self.assertStartsWith, "ab", "b"),
                                   (self.assertNoCommonElements, [1], [1]), (self.assertItemsEqual, [1, 1], [1])):
                with self.assertRaises(AssertionError):
                    check(*values)

    assert Assertions().run().wasSuccessful()


def test_six():
    class Meta(type):
        pass

    @six.add_metaclass(Meta)
    class Decorated:
        __slots__ = ("a",)

    class Derived(six.with_metaclass(Meta, dict)):
        pass

    assert type(Decorated) is Meta and type(Derived) is Meta and Derived.__mro__[1] is dict
    assert (six.b("é"), six.ensure_str(b"a"), six.unichr(97), six.int2byte(3)) == (b"\xe9", "a", "a", b"\x03")
    assert list(six.moves.zip_longest([1], [2, 3])) == [(1, 2), (None, 3)] and six.moves.reduce(max, [1, 3, 2]) == 3
    for name in set(dir(six.moves)) - {"tkinter"}:
        getattr(six.moves, name)
    with pytest.raises(ZeroDivisionError):
        try:
            1 / 0
        except ZeroDivisionError:
            six.reraise(*sys.exc_info())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        six.moves.nothing
