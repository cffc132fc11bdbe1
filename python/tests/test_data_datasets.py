"""Datasets and iterators. What chance decides is what TensorFlow draws from the same seeds."""

import collections

import numpy as np
import pytest

import tenseur as tf

Dataset = tf.data.Dataset


def drain(make, count=60, seed=None):
    """The elements that a session gets."""
    with tf.Graph().as_default():
        if seed is not None:
            tf.set_random_seed(seed)
        following = make().make_one_shot_iterator().get_next()
        with tf.Session() as sess:
            found = []
            try:
                for _ in range(count):
                    found.append(sess.run(following))
            except tf.errors.OutOfRangeError:
                pass
            return found


def plain(make, **named):
    return [np.asarray(one).tolist() for one in drain(make, **named)]


@pytest.mark.parametrize("make, expected", [
    (lambda: Dataset.range(3), [0, 1, 2]),
    (lambda: Dataset.range(1, 8, 3), [1, 4, 7]),
    (lambda: Dataset.from_tensors([1.0, 2.0]), [[1.0, 2.0]]),
    (lambda: Dataset.from_tensor_slices([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (lambda: Dataset.from_tensor_slices(["a", "b"]), [b"a", b"b"]),
    (lambda: Dataset.range(3).repeat(2), [0, 1, 2, 0, 1, 2]),
    (lambda: Dataset.range(5).batch(2), [[0, 1], [2, 3], [4]]),
    (lambda: Dataset.range(5).batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
    (lambda: Dataset.range(9).skip(2).take(3), [2, 3, 4]),
    (lambda: Dataset.range(9).shard(3, 1), [1, 4, 7]),
    (lambda: Dataset.range(2).concatenate(Dataset.range(5, 7)), [0, 1, 5, 6]),
    (lambda: Dataset.range(6).filter(lambda x: tf.equal(x % 2, 0)), [0, 2, 4]),
    (lambda: Dataset.range(4).map(lambda x: x * x, num_parallel_calls=2).prefetch(1), [0, 1, 4, 9]),
    (lambda: Dataset.range(3).flat_map(lambda x: Dataset.from_tensor_slices([x, x + 10])), [0, 10, 1, 11, 2, 12]),
    (lambda: Dataset.range(3).cache().repeat(2), [0, 1, 2, 0, 1, 2]),
    (lambda: Dataset.range(2).enumerate(5).map(lambda n, x: n + 100 * x), [5, 106]),
    (lambda: Dataset.range(2).apply(lambda one: one.map(lambda x: x + 1)), [1, 2]),
    (lambda: Dataset.range(7).window(3, 2).flat_map(lambda w: w.batch(3)), [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]),
    (lambda: Dataset.range(3, 9).interleave(lambda x: Dataset.from_tensors(x).repeat(3), cycle_length=3, block_length=2),
     [3, 3, 4, 4, 5, 5, 3, 4, 5, 6, 6, 7, 7, 8, 8, 6, 7, 8]),
    (lambda: Dataset.range(4).map(lambda x: tf.fill([tf.cast(x, tf.int32)], x)).padded_batch(
        2, [None], padding_values=tf.constant(-1, tf.int64)), [[[-1], [1]], [[2, 2, -1], [3, 3, 3]]]),
    (lambda: Dataset.range(8).shuffle(3, seed=42), [0, 3, 4, 2, 1, 5, 6, 7]),
    (lambda: Dataset.range(5).shuffle(5, seed=3).repeat(3), [4, 3, 2, 1, 0, 3, 4, 1, 2, 0, 3, 1, 0, 4, 2]),
    (lambda: Dataset.range(10).shuffle(10, seed=7, reshuffle_each_iteration=False).repeat(2),
     [7, 2, 0, 9, 8, 4, 5, 1, 6, 3] * 2),
    (lambda: Dataset.range(4).apply(tf.data.experimental.map_and_batch(lambda x: x + 1, 2)), [[1, 2], [3, 4]]),
    (lambda: Dataset.range(4).apply(tf.contrib.data.batch_and_drop_remainder(3)), [[0, 1, 2]]),
    (lambda: Dataset.from_tensor_slices([[1, 2], [3, 4]]).apply(tf.contrib.data.unbatch()), [1, 2, 3, 4]),
    (lambda: Dataset.range(4).apply(tf.data.experimental.scan(np.int64(1), lambda s, x: (s * 2, s + x))), [1, 3, 6, 11]),
    (lambda: Dataset.range(9).apply(tf.data.experimental.take_while(lambda x: x < 3)), [0, 1, 2]),
    (lambda: Dataset.from_tensor_slices([1, 2, 1, 3]).apply(tf.data.experimental.unique()), [1, 2, 3]),
    (lambda: Dataset.range(10).apply(tf.data.experimental.group_by_window(lambda x: x % 2, lambda key, own: own.batch(3), 3)),
     [[0, 2, 4], [1, 3, 5], [6, 8], [7, 9]]),
    (lambda: tf.data.experimental.choose_from_datasets([Dataset.range(3), Dataset.range(10, 13)], Dataset.from_tensor_slices(
        np.array([0, 1, 1, 0]))), [0, 10, 11, 1]),
    (lambda: Dataset.from_tensor_slices([1.0, 0.0, 4.0]).map(lambda x: tf.check_numerics(1.0 / x, "bad")).apply(
        tf.data.experimental.ignore_errors()), [1.0, 0.25]),
])
def test_elements(make, expected):
    assert plain(make) == expected


def test_structures():
    Point = collections.namedtuple("Point", ["x", "y"])
    got = drain(lambda: Dataset.from_tensor_slices(({"b": [1, 2], "a": [1.5, 2.5]}, Point(["p", "q"], [[1], [2]]))))
    assert got[1][0] == {"b": 2, "a": 2.5} and got[1][1].x == b"q" and got[1][1].y.tolist() == [2]
    assert list(got[0][0]) == ["b", "a"]
    zipped = Dataset.zip((Dataset.range(3), {"k": Dataset.from_tensor_slices(["a", "b"])}))
    assert zipped.output_types == (tf.int64, {"k": tf.string}) and zipped.output_shapes == (tf.TensorShape([]), {"k": tf.TensorShape([])})
    assert drain(lambda: Dataset.zip((Dataset.range(3), {"k": Dataset.from_tensor_slices(["a", "b"])}))) == [(0, {"k": b"a"}), (1, {"k": b"b"})]


def test_types_and_shapes():
    data = Dataset.from_tensor_slices((np.zeros((6, 2, 3), np.float32), np.zeros(6, np.int64)))
    assert data.output_shapes == (tf.TensorShape([2, 3]), tf.TensorShape([]))
    assert data.batch(4).output_shapes[0].as_list() == [None, 2, 3]
    assert data.batch(4, drop_remainder=True).output_shapes[0].as_list() == [4, 2, 3]
    assert str(data) == "<DatasetV1Adapter shapes: ((2, 3), ()), types: (tf.float32, tf.int64)>"
    mapped = data.map(lambda x, y: {"x": tf.reshape(x, [-1]), "y": [y, y + 1]})
    assert mapped.output_types == {"x": tf.float32, "y": tf.int64} and mapped.output_shapes["y"].as_list() == [2]
    following = mapped.make_one_shot_iterator().get_next()
    assert following["x"].shape.as_list() == [6] and following["x"].dtype == tf.float32


def test_from_generator():
    def numbers(end):
        for number in range(end):
            yield number, [number] * number
    got = drain(lambda: Dataset.from_generator(numbers, (tf.int64, tf.float32), ([], [None]), args=[3]))
    assert [(int(n), values.tolist()) for n, values in got] == [(0, []), (1, [1.0]), (2, [2.0, 2.0])]
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected type was int64"):
        drain(lambda: Dataset.from_generator(lambda: iter(["a"]), tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="shape"):
        drain(lambda: Dataset.from_generator(lambda: iter([[1, 2]]), tf.int64, [3]))


def test_iterators_that_are_initialized():
    x = tf.placeholder(tf.float32, [None])
    count = tf.placeholder(tf.int64, [])
    iterator = Dataset.from_tensor_slices(x).map(lambda e: e * x[0]).batch(count).make_initializable_iterator()
    following = iterator.get_next()
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="has not been initialized"):
            sess.run(following)
        sess.run(iterator.initializer, {x: [2.0, 3.0, 4.0], count: 2})
        assert sess.run(following).tolist() == [4.0, 6.0]
        assert sess.run(following).tolist() == [8.0]
        with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
            sess.run(following)
        sess.run(iterator.initializer, {x: [5.0], count: 1})
        assert sess.run(following).tolist() == [25.0]


def test_one_iterator_for_two_datasets():
    train, test = Dataset.range(3), Dataset.range(10, 12)
    iterator = tf.data.Iterator.from_structure(train.output_types, train.output_shapes)
    following = iterator.get_next()
    begin_train, begin_test = iterator.make_initializer(train), iterator.make_initializer(test)
    with tf.Session() as sess:
        for begin, expected in ((begin_train, [0, 1, 2]), (begin_test, [10, 11])):
            sess.run(begin)
            assert [sess.run(following) for _ in expected] == expected
    with pytest.raises(TypeError, match="output types"):
        iterator.make_initializer(Dataset.from_tensors("a"))


def test_handles_choose_the_iterator():
    one, other = Dataset.range(3).make_one_shot_iterator(), Dataset.range(10, 13).make_initializable_iterator()
    handle = tf.placeholder(tf.string, [])
    following = tf.data.Iterator.from_string_handle(handle, tf.int64, []).get_next()
    with tf.Session() as sess:
        first, second = sess.run([one.string_handle(), other.string_handle()])
        sess.run(other.initializer)
        assert [sess.run(following, {handle: which}) for which in (first, second, first, second)] == [0, 10, 1, 11]


def test_sessions_have_their_own_place():
    following = Dataset.range(5).make_one_shot_iterator().get_next()
    with tf.Session() as one, tf.Session() as other:
        assert [one.run(following), one.run(following), other.run(following)] == [0, 1, 0]


def test_functions_take_tensors_from_around():
    scale = tf.constant(3.0)
    data = Dataset.from_tensor_slices([1.0, 2.0]).map(lambda x: x * scale + tf.cast(tf.size([1, 2]), tf.float32))
    following = data.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [sess.run(following), sess.run(following)] == [5.0, 8.0]
    variable = tf.Variable(2.0)
    with pytest.raises(tf.errors.FailedPreconditionError, match="make_initializable_iterator"):
        with tf.Session() as sess:
            sess.run(Dataset.from_tensors(1.0).map(lambda x: x * variable).make_one_shot_iterator().get_next())
    iterator = Dataset.from_tensors(1.0).map(lambda x: x * variable).make_initializable_iterator()
    following = iterator.get_next()
    with tf.Session() as sess:
        sess.run(variable.initializer)
        sess.run(iterator.initializer)
        assert sess.run(following) == 2.0


def test_python_functions_in_datasets():
    got = plain(lambda: Dataset.range(3).map(lambda x: tf.py_func(lambda v: v * np.int64(7), [x], tf.int64)))
    assert got == [0, 7, 14]


def test_random_numbers_differ_from_element_to_element():
    got = plain(lambda: Dataset.range(3).map(lambda _: tf.random_uniform([], seed=1)))
    assert len(set(got)) == 3 and got == plain(lambda: Dataset.range(3).map(lambda _: tf.random_uniform([], seed=1)))


def test_examples_are_parsed(tmp_path):
    with tf.python_io.TFRecordWriter(str(tmp_path / "r")) as writer:
        for number in range(3):
            feature = {"x": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
                       "y": tf.train.Feature(float_list=tf.train.FloatList(value=[number, 0.5]))}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())

    def parse(record):
        return tf.parse_single_example(record, {"x": tf.FixedLenFeature([], tf.int64), "y": tf.FixedLenFeature([2], tf.float32)})

    got = drain(lambda: tf.data.TFRecordDataset([str(tmp_path / "r")]).map(parse).batch(3))
    assert got[0]["x"].tolist() == [0, 1, 2] and got[0]["y"].tolist() == [[0, 0.5], [1, 0.5], [2, 0.5]]


def test_files(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\n\nfour")
    (tmp_path / "b.txt").write_bytes(b"five\n")
    (tmp_path / "f.bin").write_bytes(b"HEAD" + bytes(range(6)) + b"F")
    names = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert plain(lambda: tf.data.TextLineDataset(names)) == [b"one", b"two", b"", b"four", b"five"]
    assert plain(lambda: Dataset.from_tensor_slices(names).flat_map(lambda name: tf.data.TextLineDataset(name).skip(1))) == [
        b"two", b"", b"four"]
    assert plain(lambda: tf.data.FixedLengthRecordDataset(str(tmp_path / "f.bin"), 2, 4, 1)) == [b"\x00\x01", b"\x02\x03", b"\x04\x05"]
    assert plain(lambda: Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)) == [name.encode() for name in names]
    with pytest.raises(tf.errors.NotFoundError, match="nothing"):
        plain(lambda: tf.data.TextLineDataset(str(tmp_path / "nothing")))


def test_csv(tmp_path):
    (tmp_path / "x.csv").write_text("x,y,l\n1,2.5,a\n3,,b\n")
    got = drain(lambda: tf.data.experimental.make_csv_dataset(str(tmp_path / "x.csv"), 2, shuffle=False, num_epochs=1, label_name="l"))
    assert got[0][0]["x"].tolist() == [1, 3] and got[0][0]["y"].tolist() == [2.5, 0.0] and got[0][1].tolist() == [b"a", b"b"]


def test_buckets_by_length():
    lengths = [1, 2, 3, 2, 1]
    make = lambda: Dataset.from_generator(lambda: ([n] * n for n in lengths), tf.int32, [None]).apply(  # noqa: E731
        tf.data.experimental.bucket_by_sequence_length(lambda x: tf.shape(x)[0], [2], [2, 2]))
    assert plain(make) == [[[2, 2, 0], [3, 3, 3]], [[1], [1]], [[2, 2]]]


def test_sparse_elements():
    data = Dataset.from_tensor_slices(tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3]))
    (batch,) = drain(lambda: Dataset.from_tensor_slices(tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3])).batch(2))
    assert data.output_classes is tf.SparseTensor
    assert batch.indices.tolist() == [[0, 0], [1, 2]] and batch.values.tolist() == [1.0, 2.0] and batch.dense_shape.tolist() == [2, 3]


def test_reduce_and_single_elements():
    total = Dataset.range(5).reduce(np.int64(10), lambda state, x: state + x)
    one = tf.data.experimental.get_single_element(Dataset.range(3).batch(3))
    with tf.Session() as sess:
        assert sess.run(total) == 20 and sess.run(one).tolist() == [0, 1, 2]


@pytest.mark.parametrize("make, kind, said", [
    (lambda: Dataset.from_tensor_slices(([1, 2], [1, 2, 3])), ValueError, "Dimensions"),
    (lambda: Dataset.from_tensor_slices(3), ValueError, "rank"),
    (lambda: Dataset.range(3).flat_map(lambda x: x), TypeError, "Dataset"),
    (lambda: Dataset.range(3).filter(lambda x: x), ValueError, "boolean"),
    (lambda: Dataset.zip([Dataset.range(3)]), TypeError, "not lists"),
    (lambda: Dataset.range(3).concatenate(Dataset.from_tensors("a")), TypeError, "types"),
    (lambda: iter(Dataset.range(3)), RuntimeError, "eager"),
])
def test_what_cannot_be_made(make, kind, said):
    with pytest.raises(kind, match=said):
        make()


def test_batches_of_different_shapes_are_refused():
    ragged = lambda: Dataset.range(1, 3).map(lambda x: tf.fill([tf.cast(x, tf.int32)], x)).batch(2)  # noqa: E731
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"First element had shape \[1\] and element 1 had shape \[2\]"):
        drain(ragged)


def test_errors_of_functions_are_told():
    with pytest.raises(tf.errors.InvalidArgumentError, match="infinity|bad"):
        drain(lambda: Dataset.from_tensors(0.0).map(lambda x: tf.check_numerics(1.0 / x, "bad")))


def test_names_of_nodes():
    with tf.Graph().as_default() as graph:
        Dataset.range(3).make_one_shot_iterator().get_next()
        iterator = Dataset.range(3).make_initializable_iterator()
        iterator.get_next("following")
        assert [op.name for op in graph.get_operations()] == ["OneShotIterator", "IteratorGetNext", "IteratorV2", "MakeIterator", "following"]


def test_datasets_are_sampled_by_weights_in_a_list():
    sample = tf.data.experimental.sample_from_datasets
    made = plain(lambda: sample([Dataset.range(3), Dataset.range(10, 13)], [0.5, 0.5], seed=3))
    assert sorted(made) == [0, 1, 2, 10, 11, 12]
    assert plain(lambda: sample([Dataset.range(2), Dataset.range(9)], [1.0, 0.0])) == [0, 1]
