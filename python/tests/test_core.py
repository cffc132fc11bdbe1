"""Graphs, sessions and their manners: names, errors, memory, threads, processes."""

import gc
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


def test_names_are_unique_by_tensorflows_rule():
    assert [tf.constant(1).name for _ in range(3)] == ["Const:0", "Const_1:0", "Const_2:0"]
    with tf.name_scope("a") as scope:
        assert scope == "a/"
        assert tf.constant(1, name="x").name == "a/x:0"
    with tf.name_scope("a"):
        assert tf.constant(1, name="x").name == "a_1/x:0"
    with tf.name_scope("a/"):
        assert tf.constant(1, name="x").name == "a/x_1:0"
    with tf.name_scope(None):
        assert tf.constant(1, name="Const").name == "Const_3:0"
    with pytest.raises(ValueError, match="not a valid"):
        tf.constant(1, name="no spaces")


def test_gradients_do_not_take_names_twice():
    x = tf.placeholder(tf.float32, [], name="x")
    y = x * x
    first, second = tf.gradients(y, x)[0], tf.gradients(y, x)[0]
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert len(names) == len(set(names))
    assert first.name.startswith("gradients/") and second.name.startswith("gradients_1/")


def test_a_mistake_is_told_where_it_is_made_and_leaves_no_node():
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    w = tf.zeros([748, 10], name="w")
    before = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match="inner sizes differ: 784 and 748") as caught:
        tf.matmul(x, w, name="product")
    assert "test_core.py" in str(caught.value)
    assert len(tf.get_default_graph().get_operations()) == before


def test_what_a_run_finds_impossible_names_the_operation_and_the_users_line():
    table = tf.placeholder(tf.float32, [3])
    found = tf.gather(table, tf.placeholder(tf.int32, [], name="index"), name="look_up")
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        sess.run(found, {table: [1, 2, 3], "index:0": 7})
    assert caught.value.op.name.startswith("look_up") and "test_core.py" in caught.value.message


def test_fetches_keep_their_structure():
    from collections import OrderedDict, namedtuple
    pair = namedtuple("pair", "a b")
    a, b = tf.constant(1), tf.constant([2.0, 3.0])
    with tf.Session() as sess:
        got = sess.run({"p": pair(a, [b, b]), "o": OrderedDict(x=(a,)), "n": tf.no_op(), "s": "Const:0"})
    assert got["p"].a == 1 and isinstance(got["p"], pair) and got["p"].b[1].tolist() == [2.0, 3.0]
    assert isinstance(got["o"], OrderedDict) and got["o"]["x"] == (1,) and got["n"] is None and got["s"] == 1


def test_feeds_that_do_not_fit_are_refused():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.Session() as sess:
        with pytest.raises(ValueError, match=r"Cannot feed value of shape \(3,\) for Tensor 'x:0', which has shape '\(\?, 2\)'"):
            sess.run(x, {x: [1, 2, 3]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x'"):
            sess.run(x)
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key"):
            sess.run(x, {"y:0": 1})
        with pytest.raises(ValueError, match="not an element of this graph"), tf.Graph().as_default():
            sess.run(tf.constant(1))


def test_any_tensor_can_be_fed():
    x = tf.constant(1.0)
    y = x + 1.0
    with tf.Session() as sess:
        assert sess.run(y * 2.0, {y: 10.0}) == 20.0


def test_results_can_be_changed_without_changing_what_the_session_keeps():
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        got = sess.run(v)
        got[0] = 9.0
        assert sess.run(v).tolist() == [1.0, 2.0]


def test_arrays_that_are_not_contiguous_are_fed_as_they_read():
    x = tf.placeholder(tf.float32, [3, 2])
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    with tf.Session() as sess:
        assert sess.run(x, {x: array}).tolist() == array.tolist()
        assert sess.run(x, {x: array.astype(">f4")}).tolist() == array.tolist()


def test_graphs_and_sessions_are_let_go():
    def make():
        graph = tf.Graph()
        with graph.as_default():
            w = tf.Variable(tf.zeros([1000]))
            loss = tf.reduce_sum(tf.py_func(lambda x: x, [w], tf.float32))
            tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w * w))
        with tf.Session(graph=graph) as sess:
            sess.run(w.initializer)
            sess.run(loss)
        return weakref.ref(graph)

    gone = [make() for _ in range(5)]
    gc.collect()
    assert [reference() for reference in gone] == [None] * 5


def test_a_thousand_graphs_take_no_more_memory_than_a_few():
    def work():
        with tf.Graph().as_default(), tf.Session() as sess:
            x = tf.placeholder(tf.float32, [None, 8])
            w = tf.Variable(tf.ones([8, 64]))
            y = tf.reduce_sum(tf.matmul(x, w))
            sess.run(w.initializer)
            sess.run(y, {x: np.ones((4, 8), np.float32)})

    for _ in range(100):
        work()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(1000):
        work()
    gc.collect()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_threads_share_a_session():
    v = tf.Variable(0)
    add = v.assign_add(1)
    with tf.Session() as sess:
        sess.run(v.initializer)
        threads = [threading.Thread(target=lambda: [sess.run(add) for _ in range(100)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sess.run(v) == 400


def test_other_threads_go_on_while_a_run_computes():
    x = tf.placeholder(tf.float32, [700, 700])
    y = x
    for _ in range(12):
        y = tf.matmul(y, x)
    count = 0
    with tf.Session() as sess:
        array = np.zeros((700, 700), np.float32)
        sess.run(y, {x: array})
        thread = threading.Thread(target=lambda: sess.run(y, {x: array}))
        thread.start()
        while thread.is_alive():
            count += 1
            time.sleep(0.0005)
        thread.join()
    assert count > 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_computes_too():
    x = tf.placeholder(tf.float32, [400, 400])
    y = tf.reduce_sum(tf.matmul(x, x))
    with tf.Session() as sess:
        ones = np.ones((400, 400), np.float32)
        assert sess.run(y, {x: ones}) == 400.0 ** 3
        child = os.fork()
        if child == 0:
            os._exit(0 if sess.run(y, {x: ones}) == 400.0 ** 3 else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0


def test_what_is_a_part_of_a_graph_cannot_be_pickled_and_says_so():
    x = tf.constant(1)
    for thing in (x, x.op, tf.get_default_graph(), tf.Session()):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)
    assert pickle.loads(pickle.dumps(tf.float32)) is tf.float32
    assert pickle.loads(pickle.dumps(tf.TensorShape([None, 2]))).as_list() == [None, 2]
    error = pickle.loads(pickle.dumps(tf.errors.OutOfRangeError(None, None, "the end")))
    assert isinstance(error, tf.errors.OutOfRangeError) and error.message == "the end"


def test_ctrl_c_ends_a_run():
    # Where the tests themselves run in the background, Ctrl-C is ignored, and so it would be by what they start.
    program = """
import signal
import tenseur as tf
signal.signal(signal.SIGINT, signal.default_int_handler)
loop = tf.while_loop(lambda i: i >= 0, lambda i: (i + 1) % 1000, [tf.constant(0)])
with tf.Session() as sess:
    print("running", flush=True)
    try:
        sess.run(loop)
    except KeyboardInterrupt:
        print("interrupted", sess.run(tf.constant(1)))
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "running\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    try:
        assert child.communicate(timeout=20)[0] == "interrupted 1\n"
    finally:
        child.kill()


def test_a_gradient_that_raises_is_heard():
    @tf.RegisterGradient("Raises")
    def raises(op, grad):
        raise KeyError("no such rule")

    @tf.RegisterGradient("GivesTooMany")
    def gives_too_many(op, grad):
        return grad, grad

    x = tf.placeholder(tf.float32, [])
    for name, kind, words in (("Raises", KeyError, "no such rule"), ("GivesTooMany", ValueError, "2 values .* 1 inputs")):
        with tf.get_default_graph().gradient_override_map({"Square": name}):
            y = tf.square(x)
        with pytest.raises(kind, match=words):
            tf.gradients(y, x)
    assert tf.gradients(tf.square(x), x)[0] is not None


def test_a_notebook_shows_graphs_and_tensors():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    assert "(?, 3)" in x._repr_html_() and "float32" in x._repr_html_()
    assert tf.get_default_graph()._repr_html_().startswith("<svg")


def test_names_that_there_are_not_say_what_is_near():
    with pytest.raises(AttributeError, match="the nearest that there is: tf.Session"):
        tf.Sesion
    with pytest.raises(AttributeError, match="tf.nn.relu"):
        tf.nn.rellu
