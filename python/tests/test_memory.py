"""Large arrays go in and out without copies, and nobody sees another's memory."""

import gc
import resource
import threading

import numpy as np
import pytest

import tenseur as tf

#: 64 MB of float32.
LARGE = 1 << 24
MEGABYTE = 1 << 20


def resident():
    """How many bytes of this process are in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def peak(work):
    """(what `work` gives, by how many bytes the process was larger at most while it ran)."""
    gc.collect()
    before = most = resident()
    ended = threading.Event()

    def watch():
        nonlocal most
        while not ended.wait(0.0005):
            most = max(most, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = work()
    most = max(most, resident())
    ended.set()
    watcher.join()
    return result, most - before


def test_a_large_feed_is_read_where_it_lies():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        total = tf.reduce_sum(x)
        fed = np.full(LARGE, 0.5, np.float32)
        session.run(total, {x: fed})
        result, more = peak(lambda: session.run(total, {x: fed}))
    assert result == LARGE / 2
    assert more < 16 * MEGABYTE, f"{more / MEGABYTE:.0f} MB for a feed of 64"


def test_a_large_result_is_made_once():
    with tf.Graph().as_default(), tf.Session() as session:
        size = tf.placeholder(tf.int32, [])
        x = tf.placeholder(tf.float32, [])
        filled = tf.fill([LARGE], x) * 2
        result, more = peak(lambda: session.run(filled, {x: 3}))
        again, more_again = peak(lambda: session.run(filled, {x: 4}))
    del size
    for each in (more, more_again):
        assert 60 * MEGABYTE < each < 96 * MEGABYTE, f"{each / MEGABYTE:.0f} MB for a result of 64"
    assert (result == 6).all() and (again == 8).all()
    # What nobody has is given back.
    before = resident()
    del result, again
    assert before - resident() > 100 * MEGABYTE


KINDS = [np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_,
         np.complex64, np.complex128]


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_goes_in_and_out(kind):
    """Small and large, in every layout, as views and as copies."""
    values = np.random.default_rng(1).integers(0, 2, [300, 400]).astype(kind)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.as_dtype(kind), [None, None])
        same, turned = tf.identity(x), tf.transpose(x)
        for fed in (values, values.T, values[::2], values[:, 1:], values[:3, :3], np.asfortranarray(values), values[5:, :]):
            given, other = session.run([same, turned], {x: fed})
            assert given.dtype == kind and given.tobytes() == fed.tobytes()
            assert other.tobytes() == fed.T.tobytes()


def test_results_belong_to_who_asked():
    """As TensorFlow's: written at will, without others noticing, and there when graph and session are gone."""
    fed = np.ones([50_000], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        variable = tf.Variable(tf.zeros([50_000]))
        constant = tf.constant(np.full([50_000], 7, np.float32))
        assigned = tf.assign(variable, x)
        session.run(variable.initializer)
        wanted = [x, x * 1, tf.reshape(x * 1, [2, -1]), assigned, variable, constant, x * 1]
        results = session.run(wanted, {x: fed})
        fed[:] = 2
        for number, result in enumerate(results):
            expected = 7 if number == 5 else 1
            assert result.flags.writeable and result.flags.c_contiguous and result.flags.aligned
            assert (result == expected).all(), number
            result[...] = number + 100
        for number, result in enumerate(results):
            assert (result == number + 100).all(), number
        assert (session.run(variable) == 1).all()
        assert (session.run(constant) == 7).all()
        assert (session.run(x * 1, {x: fed}) == 2).all()
    del session, x, variable, constant, assigned, wanted
    gc.collect()
    assert all((result == number + 100).all() for number, result in enumerate(results))


def test_writing_to_a_feed_while_it_is_read_harms_nothing():
    """What another thread writes in the middle of a run is seen or not; nothing else comes of it."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        smallest, largest = tf.reduce_min(tf.sqrt(x)), tf.reduce_max(tf.sqrt(x))
        fed = np.full(1 << 20, 4, np.float32)
        done = threading.Event()

        def write():
            while not done.is_set():
                fed[:] = 9
                fed[:] = 4

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(50):
                low, high = session.run([smallest, largest], {x: fed})
                assert {low, high} <= {2, 3}
        finally:
            done.set()
            writer.join()


def test_an_array_may_not_be_resized_under_a_run():
    """Nor does a run hold on to what it was fed."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        fed = np.ones(100_000, np.float32)
        assert session.run(tf.reduce_sum(x), {x: fed}) == 100_000
        fed.resize(50_000, refcheck=True)
        fed.flags.writeable = False
        assert session.run(tf.reduce_sum(x), {x: fed}) == 50_000
