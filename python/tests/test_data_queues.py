"""Queues, readers, batches and tables."""

import threading
import time

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def in_thread(work):
    """Begins `work` in another thread; gives the function that waits for its result."""
    results = []

    def run():
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 (it is handed on)
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(0.05)

    def result():
        thread.join(10)
        assert not thread.is_alive(), "it waits for ever"
        return results[0]
    return result


def test_first_in_first_out():
    queue = tf.FIFOQueue(10, [tf.float32, tf.string], shapes=[[2], []])
    one = queue.enqueue([[1.0, 2.0], "a"])
    many = queue.enqueue_many([[[3.0, 4.0], [5.0, 6.0]], ["b", "c"]])
    first, rest, size = queue.dequeue(), queue.dequeue_many(2), queue.size()
    assert first[0].shape.as_list() == [2] and rest[0].shape.as_list() == [2, 2] and rest[1].dtype == tf.string
    with tf.Session() as sess:
        sess.run(one)
        sess.run(many)
        assert sess.run(size) == 3
        numbers, text = sess.run(first)
        assert numbers.tolist() == [1.0, 2.0] and text == b"a"
        numbers, text = sess.run(rest)
        assert numbers.tolist() == [[3.0, 4.0], [5.0, 6.0]] and text.tolist() == [b"b", b"c"]
    assert names()[0] == "fifo_queue" and "fifo_queue_enqueue" in names() and "fifo_queue_DequeueMany/n" in names()


def test_elements_by_name():
    queue = tf.FIFOQueue(10, [tf.int32, tf.float32], shapes=[[], []], names=["n", "x"])
    put, got = queue.enqueue({"x": 0.5, "n": 3}), queue.dequeue()
    with tf.Session() as sess:
        sess.run(put)
        assert sess.run(got) == {"n": 3, "x": 0.5}
    with pytest.raises(ValueError, match="dictionary"):
        queue.enqueue([3, 0.5])


def test_closed_queues():
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    put, got, some, close, closed = queue.enqueue(1), queue.dequeue(), queue.dequeue_up_to(5), queue.close(), queue.is_closed()
    with tf.Session() as sess:
        sess.run(put)
        assert not sess.run(closed)
        sess.run(close)
        assert sess.run(closed)
        with pytest.raises(tf.errors.CancelledError, match="is closed"):
            sess.run(put)
        assert sess.run(some).tolist() == [1]
        with pytest.raises(tf.errors.OutOfRangeError, match=r"is closed and has insufficient elements \(requested 1, current size 0\)"):
            sess.run(got)


def test_too_few_elements_stay():
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    put, many, close, size = queue.enqueue_many([[1, 2]]), queue.dequeue_many(3), queue.close(), queue.size()
    with tf.Session() as sess:
        sess.run(put)
        sess.run(close)
        with pytest.raises(tf.errors.OutOfRangeError):
            sess.run(many)
        assert sess.run(size) == 2


def test_chance_is_tensorflows():
    queue = tf.RandomShuffleQueue(100, 0, tf.int32, shapes=[[]], seed=3)
    put, got = queue.enqueue_many([list(range(10))]), queue.dequeue_many(10)
    with tf.Session() as sess:
        sess.run(put)
        assert sess.run(got).tolist() == [7, 1, 4, 5, 6, 8, 0, 9, 2, 3]


def test_padding():
    queue = tf.PaddingFIFOQueue(10, [tf.int32, tf.string], [[None], []])
    puts = [queue.enqueue([[1] * n, "x" * n]) for n in (1, 3)]
    got = queue.dequeue_many(2)
    with tf.Session() as sess:
        for put in puts:
            sess.run(put)
        numbers, text = sess.run(got)
        assert numbers.tolist() == [[1, 0, 0], [1, 1, 1]] and text.tolist() == [b"x", b"xxx"]


def test_priorities():
    queue = tf.PriorityQueue(10, [tf.string], [[]])
    put, got = queue.enqueue_many([np.array([3, 1, 2]), ["c", "a", "b"]]), queue.dequeue()
    with tf.Session() as sess:
        sess.run(put)
        assert [sess.run(got)[1] for _ in range(3)] == [b"a", b"b", b"c"]


def test_which_of_several_queues():
    queues = [tf.FIFOQueue(10, tf.int32, shapes=[[]], name=f"q{n}") for n in range(2)]
    puts = [queue.enqueue(n + 5) for n, queue in enumerate(queues)]
    index = tf.placeholder(tf.int32, [])
    got = tf.QueueBase.from_list(index, queues).dequeue()
    with tf.Session() as sess:
        sess.run(puts)
        assert sess.run(got, {index: 1}) == 6


def test_shared_names_are_one_queue():
    one, other = (tf.FIFOQueue(10, tf.int32, shapes=[[]], shared_name="s") for _ in range(2))
    put, got = one.enqueue(4), other.dequeue()
    with tf.Session() as sess:
        sess.run(put)
        assert sess.run(got) == 4


@pytest.mark.parametrize("make, kind", [
    (lambda: tf.FIFOQueue(10, tf.int32, shapes=[[None]]), ValueError), (lambda: tf.FIFOQueue(10, tf.int32, shapes=[[2]]).enqueue([3]), ValueError),
    (lambda: tf.FIFOQueue(10, tf.int32).enqueue("a"), TypeError),
])
def test_what_does_not_fit(make, kind):
    with pytest.raises((kind, ValueError)):
        make()


def test_several_elements_of_unknown_shape():
    queue = tf.FIFOQueue(10, tf.int32)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="specified shapes"):
        sess.run(queue.dequeue_many(2))


def test_a_run_waits_for_an_element():
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, got = queue.enqueue(3), queue.dequeue()
    with tf.Session() as sess:
        result = in_thread(lambda: sess.run(got))
        sess.run(put)
        assert result() == 3


def test_a_run_waits_for_room():
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, got, stop = queue.enqueue(3), queue.dequeue(), queue.close(cancel_pending_enqueues=True)
    with tf.Session() as sess:
        sess.run(put)
        result = in_thread(lambda: sess.run(put))
        assert sess.run(got) == 3 and result() is None
        result = in_thread(lambda: sess.run(put))
        sess.run(stop)
        assert isinstance(result(), tf.errors.CancelledError)


def test_graphs_grow_while_a_run_waits():
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    got, put = queue.dequeue(), queue.enqueue(3)
    with tf.Session() as sess:
        result = in_thread(lambda: sess.run(got))
        assert sess.run(tf.constant(1) + 1) == 2
        sess.run(put)
        assert result() == 3


def test_closing_the_session_ends_what_waits():
    got = tf.FIFOQueue(1, tf.int32, shapes=[[]]).dequeue()
    sess = tf.Session()
    result = in_thread(lambda: sess.run(got))
    sess.close()
    assert isinstance(result(), tf.errors.CancelledError)


def lines(tmp_path):
    (tmp_path / "a").write_text("".join(f"a{n}\n" for n in range(7)))
    (tmp_path / "b").write_text("".join(f"b{n}\n" for n in range(6)))
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def all_of(fetch, sess):
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess, coordinator)
    found = []
    try:
        while not coordinator.should_stop():
            found += list(sess.run(fetch))
    except tf.errors.OutOfRangeError:
        pass
    finally:
        coordinator.request_stop()
    coordinator.join(threads, stop_grace_period_secs=10)
    return found


def test_lines_in_batches_by_chance(tmp_path):
    producer = tf.train.string_input_producer(lines(tmp_path), num_epochs=2, seed=1)
    _, line = tf.TextLineReader().read(producer)
    batch = tf.train.shuffle_batch([line], 4, capacity=10, min_after_dequeue=2, num_threads=2, allow_smaller_final_batch=True)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        found = all_of(batch, sess)
    assert sorted(found) == sorted([b"a%d" % n for n in range(7)] * 2 + [b"b%d" % n for n in range(6)] * 2)


def test_rows_in_batches():
    number, text = tf.train.slice_input_producer([[1, 2, 3, 4], ["a", "b", "c", "d"]], num_epochs=1, shuffle=False)
    batch = tf.train.batch({"n": number, "t": text}, 2)
    assert batch["n"].shape.as_list() == [2]
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coordinator)
        assert sess.run(batch)["n"].tolist() == [1, 2]
        assert sess.run(batch)["t"].tolist() == [b"c", b"d"]
        with pytest.raises(tf.errors.OutOfRangeError):
            sess.run(batch)
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=10)


def test_names_of_a_batch():
    tf.train.batch([tf.constant(1.0)], 2)
    assert names() == ["Const", "batch/Const", "batch/fifo_queue", "batch/fifo_queue_enqueue", "batch/fifo_queue_Close",
                       "batch/fifo_queue_Close_1", "batch/fifo_queue_Size", "batch/Cast", "batch/mul/y", "batch/mul",
                       "batch/fraction_of_32_full/tags", "batch/fraction_of_32_full", "batch/n", "batch"]


def test_readers(tmp_path):
    names_of = lines(tmp_path)
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        writer.write(b"abc")
        writer.write(b"de")
    (tmp_path / "f").write_bytes(b"H1234")
    queue = tf.FIFOQueue(10, tf.string, shapes=[[]])
    path = tf.placeholder(tf.string, [])
    put = queue.enqueue(path)
    cases = [(tf.TextLineReader(skip_header_lines=5), names_of[0], [(f"{names_of[0]}:6", b"a5"), (f"{names_of[0]}:7", b"a6")]),
             (tf.TFRecordReader(), str(tmp_path / "r"), [(f"{tmp_path / 'r'}:0", b"abc"), (f"{tmp_path / 'r'}:19", b"de")]),
             (tf.FixedLengthRecordReader(2, header_bytes=1), str(tmp_path / "f"), [(f"{tmp_path / 'f'}:0", b"12"), (f"{tmp_path / 'f'}:1", b"34")]),
             (tf.WholeFileReader(), str(tmp_path / "f"), [(str(tmp_path / "f"), b"H1234")]),
             (tf.IdentityReader(), "x", [("x", b"x")])]
    with tf.Session() as sess:
        for reader, name, expected in cases:
            sess.run(put, {path: name})
            read = reader.read(queue)
            for key, value in expected:
                assert sess.run(read) == (key.encode(), value)
            assert sess.run(reader.num_records_produced()) == len(expected)


def test_files_as_a_whole(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"a\x00b")
    with tf.Session() as sess:
        assert sess.run(tf.read_file(str(tmp_path / "x.txt"))) == b"a\x00b"
        assert sess.run(tf.matching_files(str(tmp_path / "*.txt"))).tolist() == [str(tmp_path / "x.txt").encode()]
        with pytest.raises(tf.errors.NotFoundError):
            sess.run(tf.read_file(str(tmp_path / "nothing")))


# --- tables -------------------------------------------------------------------------------------------------------------

def test_words_and_numbers(tmp_path):
    (tmp_path / "v").write_text("a\nb\nc\n")
    tables = tf.contrib.lookup
    words = tables.index_table_from_tensor(["x", "y"], num_oov_buckets=2).lookup(tf.constant(["y", "q", "x"]))
    lines_ = tables.index_table_from_file(str(tmp_path / "v")).lookup(tf.constant([["c", "z"]]))
    back = tables.index_to_string_table_from_file(str(tmp_path / "v"), default_value="?").lookup(tf.constant([1, 7], tf.int64))
    numbers = tables.HashTable(tables.KeyValueTensorInitializer([1, 2], [0.5, 1.5], tf.int64, tf.float32), -1.0)
    found = numbers.lookup(tf.constant([2, 9], tf.int64))
    assert lines_.shape.as_list() == [1, 2] and found.dtype == tf.float32
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="not initialized"):
            sess.run(words)
        sess.run(tf.tables_initializer())
        assert sess.run(words).tolist() == [1, 3, 0]
        assert sess.run(lines_).tolist() == [[2, -1]]
        assert sess.run(back).tolist() == [b"b", b"?"]
        assert sess.run(found).tolist() == [1.5, -1.0] and sess.run(numbers.size()) == 2


def test_sparse_words():
    table = tf.contrib.lookup.index_table_from_tensor(["x", "y"])
    found = table.lookup(tf.SparseTensor([[0, 0], [1, 1]], ["y", "z"], [2, 2]))
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        assert sess.run(found).values.tolist() == [1, -1]


def test_tables_that_change():
    table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1)
    vectors = tf.contrib.lookup.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])
    with tf.Session() as sess:
        sess.run(table.insert(["a", "b"], np.array([5, 6])))
        sess.run(table.insert(["a"], np.array([7])))
        assert sess.run(table.lookup(tf.constant(["a", "b", "c"]))).tolist() == [7, 6, -1]
        sess.run(table.remove(["a"]))
        keys, values = sess.run(table.export())
        assert keys.tolist() == [b"b"] and values.tolist() == [6]
        sess.run(vectors.insert(np.array([3]), [[1.0, 2.0]]))
        assert sess.run(vectors.lookup(tf.constant([3, 4], tf.int64))).tolist() == [[1.0, 2.0], [0.0, 0.0]]


def test_keys_of_another_type():
    with pytest.raises(TypeError, match="Keys must be dtype"):
        tf.contrib.lookup.index_table_from_tensor(["x"]).lookup(tf.constant([1]))


def test_tables_in_datasets():
    table = tf.contrib.lookup.index_table_from_tensor(["x", "y"])
    iterator = tf.data.Dataset.from_tensor_slices(["y", "x"]).map(table.lookup).make_initializable_iterator()
    following = iterator.get_next()
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        sess.run(iterator.initializer)
        assert [sess.run(following), sess.run(following)] == [1, 0]


# --- runs in stages -------------------------------------------------------------------------------------------------------


def test_functions_before_between_and_after_the_engine():
    calls = []

    def function(values):
        calls.append(values.tolist())
        return values * 2.0

    x = tf.placeholder(tf.float32, [None])
    before = tf.py_func(function, [tf.reshape(x, [-1, 1])], tf.float32)
    before.set_shape([None, 1])
    w = tf.Variable([[3.0]])
    inside = tf.matmul(before, w)
    after = tf.py_func(function, [inside], tf.float32)
    behind = tf.identity(after) + 1.0
    with tf.Session() as sess:
        sess.run(w.initializer)
        assert sess.run(after, {x: [1.0, 2.0]}).tolist() == [[12.0], [24.0]]
        assert calls == [[[1.0], [2.0]], [[6.0], [12.0]]]
        assert sess.run(behind, {x: [1.0]}).tolist() == [[13.0]]
        assert sess.run([after, w], {inside: [[5.0]], x: [7.0]})[0].tolist() == [[10.0]]


def test_a_function_that_a_node_waits_for_runs_first():
    order = []
    first = tf.py_func(lambda: order.append("function") or np.float32(0), [], tf.float32)
    with tf.control_dependencies([first]):
        second = tf.py_func(lambda v: order.append("second") or v, [tf.constant(1.0) + tf.constant(1.0)], tf.float32)
    with tf.control_dependencies([second]):
        third = tf.constant(5.0) * 2.0
    with tf.Session() as sess:
        assert sess.run(third) == 10.0 and order == ["function", "second"]


def test_errors_of_functions_have_their_op():
    def fail():
        raise ValueError("no good")
    failing = tf.py_func(fail, [], tf.float32, name="failing")
    with tf.Session() as sess:
        for fetch in (failing, failing + 1.0):
            with pytest.raises(tf.errors.InvalidArgumentError, match="no good") as caught:
                sess.run(fetch)
            assert caught.value.op.name == "failing" and "test_data_queues.py" in str(caught.value)


def test_more_names_of_files_than_the_queue_holds(tmp_path):
    names_of = []
    for number in range(40):
        (tmp_path / f"{number}").write_text(f"line {number}\n")
        names_of.append(str(tmp_path / f"{number}"))
    producer = tf.train.string_input_producer(names_of, num_epochs=2, capacity=3)
    _, line = tf.TextLineReader().read(producer)
    batch = tf.train.batch([line], 5, allow_smaller_final_batch=True)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        assert len(all_of(batch, sess)) == 80


def test_staging_areas_and_accumulators(tmp_path):
    area = tf.contrib.staging.StagingArea([tf.float32, tf.int32], shapes=[[2], []])
    put, got = area.put([[1.0, 2.0], 3]), area.get()
    assert got[0].shape.as_list() == [2]
    gradients = tf.ConditionalAccumulator(tf.float32, [2])
    add, mean, count = gradients.apply_grad([1.0, 3.0]), gradients.take_grad(2), gradients.num_accumulated()
    with tf.Session() as sess:
        sess.run(put)
        assert sess.run(got)[1] == 3
        sess.run(add)
        assert sess.run(count) == 1
        sess.run(add)
        assert sess.run(mean).tolist() == [1.0, 3.0]
        sess.run(add)
        assert sess.run(count) == 0  # The gradient's step is older now.
