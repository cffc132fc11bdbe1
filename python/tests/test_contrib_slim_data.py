"""slim's readers, decoders and providers of data, its summaries, and evaluations with hooks."""

import os

import numpy as np
import pytest

import tenseur as tf

slim = tf.contrib.slim
decoders = slim.tfexample_decoder


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def _feature(value):
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    value = np.asarray(value)
    if value.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=value.reshape(-1).tolist()))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value.reshape(-1).tolist()))


def _example(**features):
    named = {name.replace("__", "/"): _feature(value) for name, value in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()


def _decoded(example, features, handlers):
    decoder = decoders.TFExampleDecoder(features, handlers)
    assert decoder.list_items() == list(handlers)
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        return sess.run(decoder.decode(tf.constant(example)))


PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


@pytest.mark.parametrize("kind", [b"png", b"raw"])
def test_pictures(kind):
    with tf.Session() as sess:
        encoded = sess.run(tf.image.encode_png(PICTURE)) if kind == b"png" else PICTURE.tobytes()
    features = {"image/encoded": tf.FixedLenFeature((), tf.string), "image/format": tf.FixedLenFeature((), tf.string, "png")}
    shape = None if kind == b"png" else (4, 5, 3)
    (image,) = _decoded(_example(image__encoded=encoded, image__format=kind), features, {"image": decoders.Image(shape=shape)})
    np.testing.assert_array_equal(image, PICTURE)


def test_items():
    sides = {f"box/{side}": tf.VarLenFeature(tf.float32) for side in ("ymin", "xmin", "ymax", "xmax")}
    features = {**sides, "label": tf.FixedLenFeature([1], tf.int64), "values": tf.VarLenFeature(tf.float32),
                "sizes": tf.FixedLenFeature([2], tf.int64), "places": tf.VarLenFeature(tf.int64),
                "none": tf.VarLenFeature(tf.float32)}
    table = tf.contrib.lookup.index_to_string_table_from_tensor(["a", "b", "c"])
    values = decoders.Tensor("values", shape_keys="sizes")
    handlers = {
        "boxes": decoders.BoundingBox(prefix="box/"),
        "label": decoders.Tensor("label", shape=[]),
        "values": values,
        "word": decoders.LookupTensor("label", table),
        "backup": decoders.BackupHandler(decoders.Tensor("none"), decoders.Tensor("values")),
        "double": decoders.ItemHandlerCallback(["label"], lambda found: found["label"] * 2),
        "spread": decoders.SparseTensor("places", "values", shape=[8], densify=True),
    }
    example = _example(box__ymin=[0.0, 0.25], box__xmin=[0.5, 0.25], box__ymax=[1.0, 0.5], box__xmax=[1.0, 0.75], label=[2],
                       values=[1.0, 2.0, 3.0, 4.0], sizes=[2, 2], places=[0, 3, 4, 7])
    boxes, label, values, word, backup, double, spread = _decoded(example, features, handlers)
    np.testing.assert_array_equal(boxes, [[0, 0.5, 1, 1], [0.25, 0.25, 0.5, 0.75]])
    assert label == 2 and word.tolist() == [b"c"] and double.tolist() == [4]
    np.testing.assert_array_equal(values, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(backup, [1, 2, 3, 4])
    np.testing.assert_array_equal(spread, [1, 0, 0, 2, 3, 0, 0, 4])
    for make in (lambda: decoders.Tensor("a", shape_keys="b", shape=[1]), lambda: decoders.BoundingBox(["a"]),
                 lambda: decoders.BackupHandler(None, None)):
        with pytest.raises(ValueError):
            make()


def _dataset(folder, number=20):
    for shard in range(2):
        with tf.python_io.TFRecordWriter(os.path.join(str(folder), f"data-{shard}")) as writer:
            for value in range(shard, number, 2):
                writer.write(_example(label=[value]))
    decoder = decoders.TFExampleDecoder({"label": tf.FixedLenFeature([], tf.int64)}, {"label": decoders.Tensor("label")})
    return slim.dataset.Dataset(os.path.join(str(folder), "data-*"), tf.TFRecordReader, decoder, number, {"label": "a number"},
                                num_classes=3)


@pytest.mark.parametrize("shuffle", [False, True])
def test_providers(tmp_path, shuffle):
    dataset = _dataset(tmp_path)
    assert dataset.num_classes == 3
    provider = slim.dataset_data_provider.DatasetDataProvider(dataset, shuffle=shuffle, num_epochs=1, common_queue_min=5)
    assert sorted(provider.list_items()) == ["label", "record_key"] and provider.num_samples() == 20
    label, key = provider.get(["label", "record_key"])
    with pytest.raises(ValueError, match="other"):
        provider.get(["other"])
    found = []
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        with slim.queues.QueueRunners(sess):
            with pytest.raises(slim.queues.NestedQueueRunnerError), slim.queues.QueueRunners(sess):
                pass
            with pytest.raises(tf.errors.OutOfRangeError):
                while True:
                    value, name = sess.run([label, key])
                    assert b"data-" in name
                    found.append(int(value))
    assert sorted(found) == list(range(20)) and (shuffle or found != sorted(found, reverse=True))


def test_files_of_a_pattern(tmp_path):
    _dataset(tmp_path)
    assert len(slim.parallel_reader.get_data_files([str(tmp_path / "data-*"), "one"])) == 3
    with pytest.raises(ValueError, match="No data files"):
        slim.parallel_reader.get_data_files(str(tmp_path / "none*"))
    key, record = slim.parallel_reader.single_pass_read(str(tmp_path / "data-*"), tf.TFRecordReader)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        with slim.queues.QueueRunners(sess):
            labels = [tf.train.Example.FromString(sess.run(record)).features.feature["label"].int64_list.value[0]
                      for _ in range(20)]
    assert labels == [*range(0, 20, 2), *range(1, 20, 2)]


def test_summaries(capfd):
    ops = [slim.summaries.add_scalar_summary(tf.constant(2.0), "s", print_summary=True),
           slim.summaries.add_histogram_summary(tf.constant([1.0]), "h"),
           slim.summaries.add_image_summary(tf.zeros([1, 2, 2, 1]), "i"),
           slim.summaries.add_zero_fraction_summary(tf.constant([0.0, 1.0]), "z")]
    assert len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == len(ops)
    with tf.Session() as sess:
        tags = [value.tag for op in sess.run(ops) for value in tf.Summary.FromString(op).value]
    assert tags == ["s", "h", "i/image/0", "zero_fraction/z"] and "s[2]" in capfd.readouterr().err


def test_evaluation(tmp_path):
    folder = str(tmp_path / "model")
    weight = tf.Variable(3.0, name="w")
    tf.train.create_global_step()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tf.train.Saver().save(sess, os.path.join(folder, "m"))
    mean, update = tf.metrics.mean(weight)
    tf.summary.scalar("average", mean)
    path = tf.train.latest_checkpoint(folder)
    training = tf.contrib.training
    hooks = [training.StopAfterNEvalsHook(4), training.SummaryAtEndHook(str(tmp_path / "log"))]
    count = training.get_or_create_eval_step()
    values = training.evaluate_once(path, eval_ops=update, hooks=hooks,
                                    final_ops={"mean": mean, "times": count})
    assert values == {"mean": 3.0, "times": 4}
    (file,) = os.listdir(tmp_path / "log")
    events = list(tf.train.summary_iterator(str(tmp_path / "log" / file)))
    assert events[-1].summary.value[0].tag == "average"
    assert list(training.checkpoints_iterator(folder, timeout=0)) == [path] == [
        slim.evaluation.wait_for_new_checkpoint(folder)]
    with pytest.raises(ValueError, match="exactly one"):
        training.SummaryAtEndHook()
