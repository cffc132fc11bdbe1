"""The ways in: `python -m tenseur`, `tenseur.install()`, names of TensorFlow's modules."""

import os
import subprocess
import sys
import textwrap

import pytest

import tenseur


def start(command, cwd=None):
    """Another process, which finds the package wherever it starts."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(tenseur.__file__)))
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": package})


def run(tmp_path, source, *options, arguments=(), name="program.py"):
    """What the program prints, run in a process of its own."""
    (tmp_path / name).write_text(textwrap.dedent(source))
    done = start([sys.executable, "-m", "tenseur", *options, name, *arguments], cwd=tmp_path)
    return done.returncode, done.stdout, done.stderr


def test_runs_a_program_as_python_would(tmp_path):
    (tmp_path / "beside.py").write_text("value = 3\n")
    status, out, errors = run(tmp_path, """
        import sys
        import tensorflow as tf
        import beside
        print(__name__, __file__, sys.argv, beside.value)
        with tf.Session() as sess:
            print(sess.run(tf.constant(2.0) * 3.0))
        if __name__ == "__main__":
            sys.exit(7)
        """, arguments=["--steps", "5"])
    assert (status, errors) == (7, "")
    assert out == "__main__ program.py ['program.py', '--steps', '5'] 3\n6.0\n"


def test_an_error_shows_the_programs_lines_alone(tmp_path):
    status, _, errors = run(tmp_path, "def f():\n    raise KeyError('x')\n\nf()\n")
    assert status == 1
    # Newer Pythons underline what they quote.
    lines = [line for line in errors.splitlines() if line.strip("~^ ")]
    assert lines == ["Traceback (most recent call last):", '  File "program.py", line 4, in <module>', "    f()",
                     '  File "program.py", line 2, in f', "    raise KeyError('x')", "KeyError: 'x'"]


def test_without_a_program(tmp_path):
    done = start([sys.executable, "-m", "tenseur", "none.py"], cwd=tmp_path)
    assert done.returncode == 2 and "can't open file 'none.py'" in done.stderr


def test_runs_a_module(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("")
    (tmp_path / "package/train.py").write_text("import sys, tensorflow\nprint(__name__, sys.argv[1:], tensorflow.__name__)\n")
    done = start([sys.executable, "-m", "tenseur", "-m", "package.train", "a"], cwd=tmp_path)
    assert done.stdout == "__main__ ['a'] tenseur\n", done.stderr


def test_the_same_objects(tmp_path):
    status, out, errors = run(tmp_path, """
        import tenseur
        import tensorflow as tf
        import tensorflow.compat.v1 as tf1
        from tensorflow.python.framework import ops
        from tensorflow.python.ops import array_ops, rnn_cell
        import tensorflow.python.framework.dtypes as dtypes
        from tensorflow.core.framework import graph_pb2
        from tensorflow import nn
        print(tf is tenseur, tf1 is tenseur, tf.compat.v1 is tenseur, ops.Graph is tf.Graph, dtypes.float32 is tf.float32,
              nn is tf.nn, array_ops.reshape is tf.reshape, graph_pb2.__name__)
        print(tenseur.__spec__.name, tf.__version__)
        """)
    assert errors == "" and status == 0
    assert out == "True True True True True True True tenseur.core.framework.graph_pb2\ntenseur 1.15.0\n"


def test_what_is_not_there_says_so(tmp_path):
    status, out, _ = run(tmp_path, """
        import tensorflow as tf
        try:
            import tensorflow.contrib.nothing
        except ImportError as error:
            print(type(error).__name__, error)
        try:
            tf.reduce_summ
        except AttributeError as error:
            print(error)
        """)
    assert status == 0
    assert out.splitlines()[0] == "ModuleNotFoundError No module named 'tensorflow.contrib.nothing': tenseur does not have it"
    assert "the nearest that there is: tf.reduce_sum" in out


def test_install_in_a_notebook():
    source = "import tenseur\ntenseur.install()\ntenseur.install()\nimport tensorflow\nprint(tensorflow is tenseur)"
    assert start([sys.executable, "-c", source]).stdout == "True\n"


def test_install_refuses_where_tensorflow_is():
    source = "import sys, types, tenseur\nsys.modules['tensorflow'] = types.ModuleType('tensorflow')\ntenseur.install()"
    assert "imported already" in start([sys.executable, "-c", source]).stderr


def test_import_is_quick():
    source = ("import time, numpy\nstart = time.process_time()\nimport tenseur\nprint(time.process_time() - start)")
    found = min(float(start([sys.executable, "-c", source]).stdout) for _ in range(3))
    assert found < 0.15


@pytest.mark.parametrize("program, used, missing", [
    ("import tensorflow as tf\nx = tf.nn.relu(tf.constant(1.0))\n", {"nn.relu", "constant"}, []),
    ("from tensorflow.python.framework import ops\nops.reset_default_graph()\n", {"python.framework.ops", "python.framework.ops.reset_default_graph"}, []),
    ("import tensorflow as tf\nm = tf.nn\nm.relu; m.no_such_thing(1).x\n", {"nn", "nn.relu", "nn.no_such_thing"}, ["nn.no_such_thing"]),
    ("import tensorflow as tf\nprint tf.float32, tf.Session.nothing\n", {"float32", "Session.nothing"}, ["Session.nothing"]),
    ("import numpy as tf\ntf.nothing\n", set(), []),
])
def test_coverage(tmp_path, program, used, missing):
    (tmp_path / "program.py").write_text(program)
    found = tenseur.coverage(str(tmp_path))
    assert {symbol for symbol in found.used if symbol} >= used and found.missing == missing
    assert bool(found) == (not missing)
    if missing:
        assert f"missing: tf.{missing[0]}" in str(found) and f":{program.count(chr(10))}" in str(found)


NOTEBOOK = """
{"cells": [
  {"cell_type": "markdown", "source": ["import tensorflow as tf"]},
  {"cell_type": "code", "source": ["%%bash\\n", "pip install tensorflow"]},
  {"cell_type": "code", "source": ["%matplotlib inline\\n", "import tensorflow as tf\\n", "try:\\n", "    %pylab inline\\n",
    "except Exception: pass\\n"]},
  {"cell_type": "code", "source": "%%time\\nfiles = !ls\\ntf.add?\\nprint('%d is not %d'\\n    % (tf.Session().run(tf.add(1, 2)),\\n  4))"},
  {"cell_type": "code", "source": "# Later.\\nfrom __future__ import print_function, division\\nprint(end='')"},
  {"cell_type": "code", "source": "text = '''a\\n%d\\n''' \\\\\\n  % 5\\nprint(text)"}]}
"""


def test_a_notebook_is_a_program(tmp_path):
    """What is Jupyter's own is left out; a line that begins with `%` within a statement is Python."""
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(NOTEBOOK)
    for options in ([], ["--legacy"]):
        done = start([sys.executable, "-m", "tenseur", *options, str(notebook)])
        assert done.stdout == "3 is not 4\na\n5\n\n", done.stderr
    found = tenseur.coverage(str(notebook))
    assert found and {"Session", "add"} <= set(found.used)


def test_what_is_no_notebook_says_so(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    assert "not a notebook" in start([sys.executable, "-m", "tenseur", str(tmp_path / "a.ipynb")]).stderr
    assert "not a notebook" in str(tenseur.coverage(str(tmp_path / "a.ipynb")))


def test_coverage_tells_what_legacy_gives(tmp_path):
    (tmp_path / "a.py").write_text("import tensorflow as tf\ntf.mul(1, 2)\ntf.nn.seq2seq.rnn_decoder\ntf.pack.more\n")
    found = tenseur.coverage(str(tmp_path / "a.py"))
    assert found.legacy == ["mul", "nn.seq2seq", "pack"] and found.missing == []
    assert "with --legacy: tf.mul  (" in str(found)


def test_coverage_of_what_is_no_program(tmp_path):
    (tmp_path / "a.py").write_text("def (:\n")
    found = tenseur.coverage(str(tmp_path / "a.py"))
    assert not found and list(found.unread) == [str(tmp_path / "a.py")]
    with pytest.raises(FileNotFoundError):
        tenseur.coverage(str(tmp_path / "none.py"))


def test_what_the_table_has_as_a_module_can_be_imported(tmp_path):
    """`from tensorflow.keras.layers import Dense`, as well as `tf.keras.layers.Dense`."""
    status, out, errors = run(tmp_path, """
        import importlib, sys, types
        import tensorflow as tf
        from tensorflow.keras.layers import Dense
        from tensorflow.contrib.slim.learning import train
        assert Dense is tf.keras.layers.Dense and train is tf.contrib.slim.learning.train
        for namespace, names in tf._namespaces.items():
            owner = sys.modules[f"tenseur.{namespace}" if namespace else "tenseur"]
            for name in names:
                value = getattr(owner, name)
                if isinstance(value, types.ModuleType):
                    path = ".".join(filter(None, ("tensorflow", namespace, name)))
                    assert importlib.import_module(path) is value, path
        try:
            import tensorflow.keras.nothing
        except ModuleNotFoundError as error:
            print(error)
    """)
    assert (status, out) == (0, "No module named 'tensorflow.keras.nothing': tenseur does not have it\n"), errors


@pytest.mark.parametrize("line", [
    "from tensorflow.contrib.layers.python.layers import batch_norm, layers, initializers",
    "from tensorflow.contrib.legacy_seq2seq.python.ops import rnn_decoder, seq2seq",
    "from tensorflow.contrib.learn.python.learn import monitored_session, datasets, Estimator",
    "from tensorflow.contrib.rnn.python.ops import rnn_cell, LSTMBlockCell",
    "from tensorflow.contrib.eager.python import tfe",
    "from tensorflow.python.data.ops import dataset_ops, Dataset",
    "from tensorflow.python.keras import Input, Model, layers, backend",
    "from tensorflow.python.ops import constant_op",
    "from tensorflow.python.ops.losses import softmax_cross_entropy, losses_impl",
    "from tensorflow.python.saved_model import tag_constants, loader",
])
def test_packages_have_the_names_of_their_modules(line):
    source = f"import tenseur; tenseur.install()\n{line}\n"
    done = start([sys.executable, "-c", source])
    assert done.returncode == 0, done.stderr
