"""Files, records, flags and messages of programs."""

import subprocess
import sys

import numpy as np
import pytest

import tenseur as tf
from tenseur.python.platform import flags as flags_lib


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_records(tmp_path, kind):
    records = [b"", b"abc", bytes(range(256)) * 50]
    options = tf.python_io.TFRecordOptions(kind)
    with tf.python_io.TFRecordWriter(str(tmp_path / "r"), options) as writer:
        for record in records:
            writer.write(record)
    assert list(tf.python_io.tf_record_iterator(str(tmp_path / "r"), options)) == records


def test_a_record_of_tensorflows(tmp_path):
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        writer.write(b"abc")
    assert (tmp_path / "r").read_bytes().hex() == "0300000000000000b099490e6162636e57f121"


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c[:5], lambda c: c[:13] + b"X" + c[14:], lambda c: b"\x09" + c[1:]])
def test_damaged_records_are_told(tmp_path, change):
    path = tmp_path / "r"
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        writer.write(b"abcdef")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(tf.errors.DataLossError):
        list(tf.python_io.tf_record_iterator(str(path)))


def test_files(tmp_path):
    name = str(tmp_path / "a" / "b.txt")
    tf.gfile.MakeDirs(str(tmp_path / "a"))
    with tf.gfile.GFile(name, "w") as file:
        file.write("one\ntwo\n")
    assert tf.gfile.Exists(name) and tf.gfile.IsDirectory(str(tmp_path / "a"))
    assert tf.gfile.GFile(name).read() == "one\ntwo\n" and tf.gfile.FastGFile(name, "rb").read(3) == b"one"
    assert list(tf.gfile.Open(name)) == ["one\n", "two\n"] and tf.gfile.GFile(name).size() == 8
    file = tf.gfile.Open(name)
    assert (file.readline(), file.tell()) == ("one\n", 4)
    file.seek(1)
    assert file.read(2) == "ne"
    tf.gfile.Copy(name, str(tmp_path / "c.txt"))
    assert tf.gfile.Glob(str(tmp_path / "*.txt")) == [str(tmp_path / "c.txt")] and tf.gfile.ListDirectory(str(tmp_path)) == ["a", "c.txt"]
    tf.gfile.Rename(str(tmp_path / "c.txt"), str(tmp_path / "d.txt"))
    assert [(folder, sorted(files)) for folder, _, files in tf.gfile.Walk(str(tmp_path))] == [
        (str(tmp_path), ["d.txt"]), (str(tmp_path / "a"), ["b.txt"])]
    tf.gfile.Remove(str(tmp_path / "d.txt"))
    tf.gfile.DeleteRecursively(str(tmp_path / "a"))
    assert tf.gfile.ListDirectory(str(tmp_path)) == []


def test_file_errors(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="nothing"):
        tf.gfile.GFile(str(tmp_path / "nothing")).read()
    (tmp_path / "x").write_text("x")
    (tmp_path / "y").write_text("y")
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Copy(str(tmp_path / "x"), str(tmp_path / "y"))
    tf.gfile.Copy(str(tmp_path / "x"), str(tmp_path / "y"), overwrite=True)
    with pytest.raises(tf.errors.PermissionDeniedError):
        tf.gfile.GFile(str(tmp_path / "x"), "w").read()


@pytest.fixture
def flags():
    return flags_lib.FlagValues()


def define(flags):
    flags_lib.DEFINE_string("name", "x", "a name", flag_values=flags)
    flags_lib.DEFINE_integer("count", 3, "a count", flag_values=flags)
    flags_lib.DEFINE_float("rate", 0.1, "a rate", flag_values=flags)
    flags_lib.DEFINE_boolean("on", False, "a switch", flag_values=flags)
    flags_lib.DEFINE_bool(flag_name="off", default_value=True, docstring="another", flag_values=flags)
    flags_lib.DEFINE_list("words", "a,b", "words", flag_values=flags)
    flags_lib.DEFINE_enum("kind", "one", ["one", "two"], "a kind", flag_values=flags)


def test_flags(flags):
    define(flags)
    left = flags(["prog", "--name=y", "--count", "5", "-on", "file", "--nooff", "--rate=1e-3", "--words=c,d,e", "--kind=two", "--", "--z"])
    assert left == ["prog", "file", "--z"]
    assert (flags.name, flags.count, flags.rate, flags.on, flags.off, flags.words, flags.kind) == (
        "y", 5, 1e-3, True, False, ["c", "d", "e"], "two")
    flags.count = 8
    assert flags.count == 8 and flags.flag_values_dict()["name"] == "y"
    assert flags["rate"].value == 1e-3 and sorted(flags.__flags) == sorted(flags)


def test_flags_keep_their_defaults(flags):
    define(flags)
    flags(["prog"])
    assert (flags.name, flags.count, flags.rate, flags.on, flags.off, flags.words, flags.kind) == (
        "x", 3, 0.1, False, True, ["a", "b"], "one")


@pytest.mark.parametrize("argument, kind", [("--count=x", flags_lib.IllegalFlagValueError), ("--on=perhaps", flags_lib.IllegalFlagValueError),
                                            ("--kind=three", flags_lib.IllegalFlagValueError), ("--nam=x", flags_lib.UnrecognizedFlagError),
                                            ("--name", flags_lib.Error)])
def test_flags_that_do_not_fit(flags, argument, kind):
    define(flags)
    with pytest.raises(kind):
        flags(["prog", argument])


def test_flags_that_must_be_given(flags):
    flags_lib.DEFINE_string("path", None, "a path", flag_values=flags)
    flags_lib.mark_flag_as_required("path", flag_values=flags)
    with pytest.raises(flags_lib.IllegalFlagValueError, match="--path must have a value"):
        flags(["prog"])
    assert flags(["prog", "--path=x"]) == ["prog"]


PROGRAM = """
import tenseur as tf
tf.app.flags.DEFINE_integer("n", 1, "n")
FLAGS = tf.app.flags.FLAGS
def main(argv):
    tf.logging.set_verbosity(tf.logging.INFO)
    tf.logging.info("n is %d", FLAGS.n)
    tf.logging.debug("not shown")
    print(argv[1:], FLAGS.n)
    return 3
if __name__ == "__main__":
    tf.app.run()
"""


def test_a_program_with_flags(tmp_path):
    (tmp_path / "p.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, tmp_path / "p.py", "--n=7", "a", "--other=2"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "['a', '--other=2'] 7\n")
    assert done.stderr == "INFO:tensorflow:n is 7\n"
    done = subprocess.run([sys.executable, tmp_path / "p.py", "--n=x"], capture_output=True, text=True)
    assert done.returncode == 1 and "--n=x" in done.stderr


class TestCase(tf.test.TestCase):
    """The assertions of programs' tests."""

    def test_assertions(self):
        with self.test_session() as sess:
            x = tf.constant([1.0, 2.0])
            self.assertAllClose(x.eval(), [1.0, 2.0 + 1e-7])
            self.assertAllEqual(sess.run(x * 2), [2.0, 4.0])
            self.assertAllClose({"a": [1.0], "b": (x, 2.0)}, {"a": [1.0], "b": (np.array([1.0, 2.0]), 2.0)})
            with self.assertRaises(AssertionError):
                self.assertAllClose(x, [1.0, 2.1])
            with self.assertRaises(AssertionError):
                self.assertAllEqual(x, [1.0, 2.0, 3.0])
            with self.assertRaisesOpError("Nan"):
                sess.run(tf.summary.histogram("h", x * float("nan")))
            self.assertShapeEqual(np.zeros((2,)), x)
            self.assertProtoEquals("allow_soft_placement: true", tf.ConfigProto(allow_soft_placement=True))
            self.assertStartsWith("abc", "ab")
            self.assertLess(tf.test.compute_gradient_error(x, [2], x * x * x, [2]), 1e-2)

    def test_seeds_are_the_same(self):
        self.assertEqual(tf.get_default_graph().seed, 87654321)
