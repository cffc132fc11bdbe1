"""`--legacy`: Python 2's source, names that libraries removed, TensorFlow 0."""

import ast
import os
import subprocess
import sys
import textwrap

import pytest

import tenseur
from tenseur.legacy import lexer, source


def start(command, cwd=None):
    """Another process, which finds the package wherever it starts."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(tenseur.__file__)))
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": package})


def run(tmp_path, text):
    (tmp_path / "program.py").write_text(textwrap.dedent(text))
    done = start([sys.executable, "-m", "tenseur", "--legacy", "program.py"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("old, new", [
    ("print 'a', b", "print('a', b)"),
    ("print", "print()"),
    ("print 'a',", "print('a', end=' ')"),
    ("print >>f, 'a', 1", "print('a', 1, file=f)"),
    ("print >>f", "print(file=f)"),
    ("print ('a')", "print ('a')"),
    ("print ('a') % 3, 'b'", "print(('a') % 3, 'b')"),
    ("if x: print 'a: %d' % y  # why", "if x: print('a: %d' % y)  # why"),
    ("x = 1; print x; print 'b'", "x = 1; print(x); print('b')"),
    ("exec code in space", "exec(code, space)"),
    ("exec 'x = 1'", "exec('x = 1')"),
    ("raise ValueError, 'no'", "raise ValueError('no')"),
    ("try: f()\nexcept (A, B), e:\n  pass", "try: f()\nexcept (A, B) as e:\n  pass"),
    ("x = `y` + `z`", "x = repr(y) + repr(z)"),
    ("a <> 0777 + 10L + 0xFFl + 0", "a != 0o777 + 10 + 0xFF + 0"),
    ("x = ur'a'", "x = u'a'"),
    ("print {'a': 1}['a'], lambda x: x", "print({'a': 1}['a'], lambda x: x)"),
    ('print """a\nb""", c', 'print("""a\nb""", c)'),
])
def test_repairs(old, new):
    assert source.repair(old + "\n") == new + "\n"
    ast.parse(new)


def test_the_lexer_loses_nothing():
    text = open(source.__file__, encoding="utf-8").read() + "x = 'open\n`$?\x00 <> 07L"
    assert "".join(token.text for piece in lexer.statements(text) for token in piece) == text


def test_python2_runs(tmp_path):
    assert run(tmp_path, """
        import cPickle, StringIO, urllib
        class A:
        \tdef f(self, (a, b), c=2):
                    return a + b + c
        d = {'a': 1}
        print d.has_key('a'), d.keys() + ['b'], 7 / 2, 7.0 / 2, [i / 2 for i in xrange(4)], range(3) + [9]
        print sorted({'x': 2, 'y': 1}.iteritems(), key=lambda (k, v): v), map(None, [1, 2], [3, 4])
        print A().f((1, 2)), unicode('u'), long(3), cPickle.loads(cPickle.dumps(d)), reduce(lambda x, y: x * y, [2, 3])
        n = 7
        n /= 2
        print n, urllib.quote('a b'), `n`
        try:
            raise ValueError, 'no'
        except ValueError, error:
            print error
        """) == ("True ['a', 'b'] 3 3.5 [0, 0, 1, 1] [0, 1, 2, 9]\n[('y', 1), ('x', 2)] [(1, 3), (2, 4)]\n5 u 3 {'a': 1} 6\n"
                 "3 a%20b 3\nno\n")


def test_true_division_where_it_is_asked_for(tmp_path):
    assert run(tmp_path, "from __future__ import division\nprint 7 / 2\n") == "3.5\n"


def test_python3_divides_as_it_does(tmp_path):
    assert run(tmp_path, "print(7 / 2)\n") == "3.5\n"


def test_a_programs_own_modules_are_repaired_too(tmp_path):
    (tmp_path / "beside.py").write_text("def f(x):\n    print 'x:', x\n")
    assert run(tmp_path, "import beside\nbeside.f(1)\n") == "x: 1\n"
    assert not (tmp_path / "__pycache__").exists()


def test_what_is_no_python_at_all(tmp_path):
    (tmp_path / "program.py").write_text("x = = 1\n")
    done = start([sys.executable, "-m", "tenseur", "--legacy", "program.py"], cwd=tmp_path)
    assert done.returncode == 1 and 'File "program.py", line 1' in done.stderr and "SyntaxError" in done.stderr


def test_numpys_names_of_old(tmp_path):
    assert run(tmp_path, """
        import numpy as np
        print(np.int is int, np.float is float, np.bool(1), np.product([2, 3]), np.array([[1], [1, 2]]).dtype)
        print(np.vstack(x for x in [[1], [2]]).shape, np.fromstring(b'ab', dtype=np.uint8), np.linspace(0, 1, 3.0))
        print(np.asscalar(np.array([2.5])), np.arange(2).tostring() == np.arange(2).tobytes(), np.float32(0.5), [np.float32(0.5)])
        """) == "True True True 6 object\n(2, 1) [97 98] [0.  0.5 1. ]\n2.5 True 0.5 [0.5]\n"


def test_collections_and_time(tmp_path):
    assert run(tmp_path, """
        import collections, time, itertools, inspect
        print(isinstance([], collections.Iterable), time.clock() >= 0, list(itertools.izip([1], [2])))
        print(inspect.getargspec(lambda a, b=1: 0).args)
        """) == "True True [(1, 2)]\n['a', 'b']\n"


def test_tensorflow0(tmp_path):
    assert run(tmp_path, """
        import tensorflow as tf
        x, y = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
        s = tf.Session()
        print(s.run(tf.sub(tf.mul(x, y), tf.neg(x))).tolist(), s.run(tf.concat(1, [x, y])).tolist(), s.run(tf.concat([x, y], 0)).tolist())
        print([v.tolist() for v in s.run(tf.split(1, 2, x))], [v.tolist() for v in s.run(tf.split(x, 2, 1))])
        print(s.run(tf.pack([1, 2])).tolist(), s.run(tf.unpack(x)[0]).tolist(), s.run(tf.select([[True, False]], x, y)).tolist())
        print(s.run(tf.batch_matmul([[[1.0, 2.0]]], [[[1.0, 2.0]]], adj_y=True)).tolist())
        print('%.6f' % s.run(tf.nn.softmax_cross_entropy_with_logits(x, tf.constant([[1.0, 0.0]])))[0])
        v = tf.Variable(2.0)
        s.run(tf.initialize_all_variables())
        print(s.run(v), tf.all_variables()[0].name)
        """) == ("[[4.0, 10.0]] [[1.0, 2.0, 3.0, 4.0]] [[1.0, 2.0], [3.0, 4.0]]\n[[[1.0]], [[2.0]]] [[[1.0]], [[2.0]]]\n"
                 "[1, 2] [1.0, 2.0] [[1.0, 4.0]]\n[[[5.0]]]\n1.313262\n2.0 Variable:0\n")


def test_without_legacy_names_of_old_are_refused(tmp_path):
    (tmp_path / "program.py").write_text("import tensorflow as tf\ntf.mul\n")
    done = start([sys.executable, "-m", "tenseur", "program.py"], cwd=tmp_path)
    assert done.returncode == 1 and "tf.mul is not there" in done.stderr


def test_arrays_of_one_element_stand_for_it(tmp_path):
    assert run(tmp_path, """
        import math
        import numpy as np
        a = np.zeros(3)
        a[0] = np.array([1.5])
        print('%d %.2f' % (np.array([3]), np.array([[1.5]])), float(np.array([2.5])), int('7'), a.tolist(), math.exp(np.array([0.0])))
        print(round(2.567, 1), '%s' % np.array([1]), '%g' % 2)
        try:
            a[0] = np.arange(2)
        except ValueError as error:
            print(error)
        """) == "3 1.50 2.5 7 [1.5, 0.0, 0.0] 1.0\n2.6 [1] 2\nsetting an array element with a sequence.\n"


def test_keys_and_values_are_lists_and_still_sets(tmp_path):
    assert run(tmp_path, """
        import random
        d = {'a': 1, 'b': 2}
        values = d.values()
        keys = d.keys()
        keys.sort(reverse=True)
        print(d.keys()[0], values[1], random.choice(d.items()) in d.items(), keys, len(d.values()))
        print(sorted(d.keys() & {'a'}), sorted({'c'} | d.keys()), d.keys() - {'a'}, d.keys() == {'a', 'b'}, d.items() != {('a', 1)})
        print(d.keys() == ['a', 'b'], {'a', 'z'} - d.keys(), d.keys() ^ {'a'}, d.keys().isdisjoint({'q'}))
    """) == ("a 2 True ['b', 'a'] 2\n['a'] ['a', 'b', 'c'] {'b'} True True\n"
             "True {'z'} {'b'} True\n")


def test_iterators(tmp_path):
    assert run(tmp_path, """
        class Down(object):
            def __init__(self, start):
                self.at = start
            def __iter__(self):
                return self
            def next(self):
                if self.at == 0:
                    raise StopIteration
                self.at -= 1
                return self.at

        print(list(Down(3)), Down(2).next(), next(Down(5)))
    """) == "[2, 1, 0] 1 4\n"


def test_methods_of_arrays(tmp_path):
    assert run(tmp_path, """
        import numpy as np
        a = np.arange(6).reshape(2, 3)
        print(a.ptp(), a.ptp(axis=0).tolist(), a.ptp(1).tolist(), np.ptp(a))
        a.itemset(1, 10)
        a.itemset((1, 2), 20)
        a.itemset(1, 0, 30)
        print(a.tolist(), np.array([1], np.int16).newbyteorder().tolist())

        class Own(object):
            def ptp(self, at):
                return at + 1

        print(Own().ptp(at=1))
    """) == "5 [3, 3, 3] [2, 2] 5\n[[0, 10, 2], [30, 4, 20]] [256]\n2\n"


def test_worlds_have_the_registry_they_had():
    import types
    from tenseur.legacy import libraries, old_gym
    registration = types.SimpleNamespace(registry={"World-v0": "spec"})
    gym = types.SimpleNamespace(make=lambda name, **options: name)
    gym.envs = types.SimpleNamespace(make=gym.make, registry=registration.registry, registration=registration)
    old_gym.patch(gym)
    assert gym.envs.make is gym.make and registration.registry is gym.envs.registry
    assert list(gym.envs.registry.all()) == ["spec"] and gym.envs.registry.spec("World-v0") == "spec"
    assert gym.envs.registry.env_specs["World-v0"] == "spec"
    show = libraries._show(lambda block=None: block)
    assert (show("figure"), show(False), show(block=True)) == (None, False, True)


def test_what_is_compared_by_cmp(tmp_path):
    assert run(tmp_path, """
        import heapq

        class Word(object):
            def __init__(self, score):
                self.score = score

            def __cmp__(self, other):
                return cmp(self.score, other.score)

        a, b, c = Word(2), Word(1), Word(2)
        heap = [a, b, c]
        heapq.heapify(heap)
        print(heapq.heappop(heap).score, max(heap).score, a == c, a != b, b < a, a >= c, len({a, b, c}))
        """) == "1 2 True True True True 3\n"


def test_the_first_reader_of_mnist(tmp_path):
    assert run(tmp_path, """
        import io, numpy

        def _read32(bytestream):
            kind = numpy.dtype(numpy.uint32).newbyteorder('>')
            return numpy.frombuffer(bytestream.read(4), dtype=kind)

        stream = io.BytesIO(b'\\0\\0\\0\\2\\7\\7')
        print(numpy.frombuffer(stream.read(_read32(stream)), numpy.uint8).reshape(1, 2))
        """) == "[[7 7]]\n"


def test_a_message_where_tensorflow0_had_it(tmp_path):
    assert run(tmp_path, """
        from tensorflow.core.framework import graph_pb2
        print(graph_pb2.NodeDef(name="a").name)
        """) == "a\n"


def test_losses_that_took_the_inputs_first(tmp_path):
    assert run(tmp_path, """
        import numpy as np
        import tensorflow as tf

        weights, biases = tf.ones([5, 2]), tf.zeros([5])
        inputs, labels = tf.constant([[1.0, 2.0]]), np.array([[3]])
        sess = tf.Session()
        for loss in (tf.nn.nce_loss, tf.nn.sampled_softmax_loss):
            sampled = (np.array([0, 1]), np.array([[0.5]], np.float32), np.array([0.5, 0.5], np.float32))
            old = loss(weights, biases, inputs, labels, 2, 5, sampled_values=sampled)
            new = loss(weights, biases, labels, inputs, 2, 5, sampled_values=sampled)
            print(sess.run(old) == sess.run(new))
        """) == "[ True]\n[ True]\n"


def test_a_pickle_from_a_file_opened_as_text(tmp_path):
    assert run(tmp_path, """
        import cPickle
        with open("a.pkl", "wb") as file:
            cPickle.dump([1, u"\\u00e4"], file)
        print cPickle.load(open("a.pkl"))
        """) == "[1, '\u00e4']\n"
