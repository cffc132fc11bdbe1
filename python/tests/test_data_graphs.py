"""Graphs as messages and files: import, freezing, meta graphs, saved models; summaries and event files."""

import glob
import os

import numpy as np
import pytest

import tenseur as tf
from tenseur.core.util import event_pb2


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def names(graph=None):
    return [op.name for op in (graph or tf.get_default_graph()).get_operations()]


def doubled():
    """A graph y = 2x, then z = y."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        tf.identity(tf.multiply(x, 2.0, name="y"), name="z")
    return graph.as_graph_def()


def test_import_names():
    first = tf.import_graph_def(doubled())
    assert first is None and names() == ["import/x", "import/y/y", "import/y", "import/z"]
    (z,) = tf.import_graph_def(doubled(), return_elements=["z:0"])
    assert z.name == "import_1/z:0"
    (z,) = tf.import_graph_def(doubled(), return_elements=["z"], name="own")
    assert z.name == "own/z" and z.type == "Identity"
    tf.import_graph_def(doubled(), name="")
    assert tf.get_default_graph().get_tensor_by_name("z:0").shape.as_list() == [None, 2]
    with tf.name_scope("outer"):
        assert tf.import_graph_def(doubled(), return_elements=["z"], name="in")[0].name == "outer/in/z"


def test_import_with_other_inputs():
    x = tf.constant([[1.0, 2.0]])
    z, = tf.import_graph_def(doubled(), {"x": x}, ["z:0"])
    w, = tf.import_graph_def(doubled(), {"y:0": [[5.0, 6.0]]}, ["z:0"])
    with tf.Session() as sess:
        assert sess.run(z).tolist() == [[2.0, 4.0]] and sess.run(w).tolist() == [[5.0, 6.0]]


@pytest.mark.parametrize("named, kind, said", [
    ({"input_map": {"nothing:0": 1.0}}, ValueError, "nothing:0"), ({"return_elements": ["nothing:0"]}, ValueError, "Requested return_element"),
    ({"return_elements": [3]}, TypeError, "strings"),
])
def test_imports_that_fail(named, kind, said):
    with pytest.raises(kind, match=said):
        tf.import_graph_def(doubled(), **named)


def test_what_is_no_graph_is_not_imported():
    with pytest.raises(TypeError, match="GraphDef"):
        tf.import_graph_def("x")


def test_graphs_with_python_ops_are_imported():
    with tf.Graph().as_default() as own:
        x = tf.placeholder(tf.float32, [], name="x")
        queue = tf.FIFOQueue(10, tf.float32, shapes=[[]])
        queue.enqueue(x * 2.0, name="put")
        queue.dequeue(name="got")
        tf.summary.scalar("s", tf.identity(x, name="i"))
        tf.while_loop(lambda n: n < 10.0, lambda n: n + x, [0.0], name="loop")
    tf.import_graph_def(own.as_graph_def(), name="")
    assert names() != [] and sorted(names()) == sorted(names(own))
    with tf.Session() as sess:
        sess.run("put", {"x:0": 3.0})
        assert sess.run("got:0") == 6.0
        assert sess.run("loop/Exit:0", {"x:0": 4.0}) == 12.0
        assert tf.Summary.FromString(sess.run("s:0", {"x:0": 3.0})).value[0].simple_value == 3.0


def test_write_graph(tmp_path):
    for as_text in (True, False):
        path = tf.train.write_graph(tf.get_default_graph(), str(tmp_path / "deep"), f"g{as_text}", as_text=as_text)
        assert path == str(tmp_path / "deep" / f"g{as_text}") and os.path.exists(path)
    path = tf.train.write_graph(doubled(), str(tmp_path), "g.pb", as_text=False)
    with tf.gfile.FastGFile(path, "rb") as file:
        assert tf.GraphDef.FromString(file.read()) == doubled()


def test_parts_of_graphs():
    part = tf.graph_util.extract_sub_graph(doubled(), ["y"])
    assert [node.name for node in part.node] == ["x", "y/y", "y"]
    bare = tf.graph_util.remove_training_nodes(doubled())
    assert [node.name for node in bare.node] == ["x", "y/y", "y"]
    with pytest.raises(AssertionError, match="nothing is not in graph"):
        tf.graph_util.extract_sub_graph(doubled(), ["nothing"])


@pytest.mark.parametrize("use_resource", [False, True])
def test_frozen_graphs(use_resource):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", [2, 1], use_resource=use_resource)
    tf.matmul(x, w, name="y")
    given = {"x:0": [[1.0, 2.0]]}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        expected = sess.run("y:0", given)
        frozen = tf.graph_util.convert_variables_to_constants(sess, sess.graph_def, ["y"])
    assert "Const" in {node.op for node in frozen.node} and not {"VariableV2", "VarHandleOp", "Assign"} & {node.op for node in frozen.node}
    with tf.Graph().as_default(), tf.Session() as sess:
        y, = tf.import_graph_def(frozen, return_elements=["y:0"], name="")
        assert np.array_equal(sess.run(y, given), expected)


def model():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", [2, 1], initializer=tf.constant_initializer([[1.0], [10.0]]))
    y = tf.matmul(x, w, name="y")
    tf.add_to_collection("outputs", y)
    tf.add_to_collection("numbers", 3)
    tf.summary.scalar("mean", tf.reduce_mean(y))
    return x, y


def test_meta_graphs(tmp_path):
    model()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tf.train.Saver().save(sess, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.train.import_meta_graph(str(tmp_path / "m.meta")).restore(sess, str(tmp_path / "m"))
        assert tf.get_collection("numbers") == [3]
        assert [v.name for v in tf.trainable_variables()] == ["w:0"] and tf.trainable_variables()[0] is tf.global_variables()[0]
        y, = tf.get_collection("outputs")
        assert sess.run(y, {"x:0": [[1.0, 2.0]]}).tolist() == [[21.0]]
        assert sess.run(tf.summary.merge_all(), {"x:0": [[1.0, 2.0]]})


def test_saved_models(tmp_path):
    x, y = model()
    folder = str(tmp_path / "saved")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(sess, folder, {"in": x}, {"out": y})
        with pytest.raises(AssertionError, match="already exists"):
            tf.saved_model.simple_save(sess, folder, {"in": x}, {"out": y})
    assert sorted(os.listdir(folder)) == ["saved_model.pb", "variables"]
    with tf.Graph().as_default(), tf.Session() as sess:
        meta = tf.saved_model.loader.load(sess, [tf.saved_model.tag_constants.SERVING], folder)
        signature = meta.signature_def[tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        assert signature.inputs["in"].name == "x:0" and signature.method_name == "tensorflow/serving/predict"
        assert sess.run(signature.outputs["out"].name, {"x:0": [[1.0, 2.0]]}).tolist() == [[21.0]]
        with pytest.raises(RuntimeError, match="train"):
            tf.saved_model.loader.load(sess, ["train"], folder)
    predict = tf.contrib.predictor.from_saved_model(folder)
    assert predict({"in": [[1.0, 2.0]]})["out"].tolist() == [[21.0]]
    with pytest.raises(ValueError, match="unexpected keys"):
        predict({"x": 1})


def test_saved_tables(tmp_path):
    (tmp_path / "words.txt").write_text("a\nb\n")
    table = tf.contrib.lookup.index_table_from_file(str(tmp_path / "words.txt"))
    words = tf.placeholder(tf.string, [None], name="words")
    found = tf.identity(table.lookup(words), name="ids")
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        tf.saved_model.simple_save(sess, str(tmp_path / "saved"), {"w": words}, {"i": found})
    os.remove(tmp_path / "words.txt")
    assert os.listdir(tmp_path / "saved" / "assets") == ["words.txt"]
    predict = tf.contrib.predictor.from_saved_model(str(tmp_path / "saved"))
    assert predict({"w": ["b", "z"]})["i"].tolist() == [1, -1]


# --- summaries ------------------------------------------------------------------------------------------------------------


def test_names_of_summaries():
    a = tf.constant(1.0, name="a")
    with tf.name_scope("sc"):
        tf.summary.scalar("loss", a)
        tf.summary.scalar("not fine", a, family="fam")
    tf.summary.histogram("loss", a)
    assert tf.summary.merge_all().name == "Merge/MergeSummary:0"
    assert names()[1:] == ["sc/loss/tags", "sc/loss", "sc/fam/not_fine/tags", "sc/fam/not_fine", "loss/tag", "loss", "Merge/MergeSummary"]
    with tf.Session() as sess:
        summary = tf.Summary.FromString(sess.run(tf.summary.merge_all()))
    assert [value.tag for value in summary.value] == ["sc/loss", "fam/sc/fam/not_fine", "loss"]


def test_nothing_to_merge():
    assert tf.summary.merge_all() is None


def test_histogram_is_tensorflows():
    summary = tf.summary.histogram("h", tf.constant([0.0, 1.0, -1.0, 2.5, 100.0]))
    with tf.Session() as sess:
        message = tf.Summary.FromString(sess.run(summary)).value[0].histo
    assert (message.min, message.max, message.num, message.sum, message.sum_squares) == (-1.0, 100.0, 5.0, 102.5, 10008.25)
    assert list(message.bucket) == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert message.bucket_limit[0] == -1.0089710279437536 and message.bucket_limit[-1] == np.finfo(float).max


def test_images():
    values = tf.constant([[[[-1.0], [0.0]], [[0.5], [1.0]]]])
    summary, one = tf.summary.image("im", values), tf.summary.image("one", tf.zeros([1, 2, 2, 3], tf.uint8), max_outputs=1)
    with tf.Session() as sess:
        first = tf.Summary.FromString(sess.run(summary)).value[0]
        assert (first.tag, first.image.height, first.image.width, first.image.colorspace) == ("im/image/0", 2, 2, 1)
        pixels = sess.run(tf.image.decode_png(first.image.encoded_image_string))
        assert pixels[..., 0].tolist() == [[1, 128], [191, 255]]
        assert tf.Summary.FromString(sess.run(one)).value[0].tag == "one/image"
    with pytest.raises(ValueError, match="rank 4"):
        tf.summary.image("bad", tf.zeros([2, 2]))


def test_sound_and_text():
    sound = tf.summary.audio("s", tf.constant(np.zeros((2, 100), np.float32)), 8000.0)
    words = tf.summary.text("t", tf.constant(["hi", "you"]))
    with tf.Session() as sess:
        audio = tf.Summary.FromString(sess.run(sound)).value[1]
        assert audio.tag == "s/audio/1" and audio.audio.sample_rate == 8000.0 and audio.audio.length_frames == 100
        assert audio.audio.encoded_audio_string[:4] == b"RIFF" and len(audio.audio.encoded_audio_string) == 244
        text = tf.Summary.FromString(sess.run(words)).value[0]
        assert text.metadata.plugin_data.plugin_name == "text" and tf.make_ndarray(text.tensor).tolist() == [b"hi", b"you"]


def test_event_files(tmp_path):
    summary = tf.summary.scalar("loss", tf.constant(0.5))
    with tf.Session() as sess:
        writer = tf.summary.FileWriter(str(tmp_path / "logs"), sess.graph)
        writer.add_summary(sess.run(summary), 7)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=2.5)]), global_step=8)
        writer.flush()
    (path,) = glob.glob(str(tmp_path / "logs" / "events.out.tfevents.*"))
    events = list(tf.train.summary_iterator(path))
    assert events[0].file_version == "brain.Event:2"
    assert [node.name for node in tf.GraphDef.FromString(events[1].graph_def).node] == ["Const", "loss/tags", "loss"]
    assert events[2].HasField("meta_graph_def")
    assert [(event.step, event.summary.value[0].tag, event.summary.value[0].simple_value) for event in events[3:]] == [
        (7, "loss", 0.5), (8, "own", 2.5)]
    writer.close()
    with pytest.warns(UserWarning, match="closed"):
        writer.add_summary(b"")
    assert len(list(tf.train.summary_iterator(path))) == 5
    assert writer.get_logdir() == str(tmp_path / "logs") and isinstance(events[0], event_pb2.Event)


def test_run_metadata_and_the_cache(tmp_path):
    writer = tf.summary.FileWriterCache.get(str(tmp_path))
    assert tf.summary.FileWriterCache.get(str(tmp_path)) is writer
    writer.add_run_metadata(tf.RunMetadata(), "step 1", 1)
    with pytest.raises(ValueError, match="already used"):
        writer.add_run_metadata(tf.RunMetadata(), "step 1", 2)
    tf.summary.FileWriterCache.clear()


def test_bad_numbers_in_histograms():
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="Nan in summary histogram for: h"):
        sess.run(tf.summary.histogram("h", tf.constant([1.0]) * float("nan")))


def test_projector(tmp_path):
    from tenseur.contrib.tensorboard.plugins.projector.projector import visualize_embeddings
    config = tf.contrib.tensorboard.plugins.projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "words:0"
    embedding.metadata_path = "m.tsv"
    visualize_embeddings(tf.summary.FileWriter(str(tmp_path)), config)
    assert (tmp_path / "projector_config.pbtxt").read_text() == 'embeddings {\n  tensor_name: "words:0"\n  metadata_path: "m.tsv"\n}\n'


def test_devices():
    from tenseur.python.client import device_lib
    (device,) = device_lib.list_local_devices()
    assert device.name == "/device:CPU:0" and device.device_type == "CPU"


def test_names_that_the_graph_has_get_a_number():
    """`a` is `a_1`, and what reads it, is placed by it or is asked for goes along."""
    with tf.Graph().as_default() as graph:
        a = tf.constant(1.0, name="a")
        tf.add(a, 2.0, name="b")
        tf.constant(0.0, name="a_1")
        definition = graph.as_graph_def()
        definition.node[2].attr["_class"].list.s.append(b"loc:@a")
        (same,) = tf.import_graph_def(definition, name="", return_elements=["b:0"])
        (other,) = tf.import_graph_def(definition, name="", return_elements=["b:0"], input_map={"a:0": tf.constant(5.0)})
        assert [same.name, other.name] == ["b_1:0", "b_2:0"]
        assert same.op.inputs[0].name == "a_2:0" and same.op.node_def.attr["_class"].list.s[0] == b"loc:@a_2"
        with tf.Session() as sess:
            assert sess.run([same, other]) == [3.0, 7.0]
        assert [op.name for op in graph.get_operations()][:4] == ["a", "b/y", "b", "a_1"]


def test_a_meta_graph_beside_the_graph_that_it_is_of(tmp_path):
    """A notebook that goes on after `Saver.save`: the saver restores the variables that were there."""
    with tf.Graph().as_default():
        v = tf.Variable(3.0, name="v")
        saver = tf.train.Saver()
        with tf.Session() as sess:
            sess.run(v.initializer)
            saver.save(sess, str(tmp_path / "m"))
        saver = tf.train.import_meta_graph(str(tmp_path / "m.meta"))
        with tf.Session() as sess:
            saver.restore(sess, str(tmp_path / "m"))
            assert sess.run(v) == 3.0
        assert tf.get_default_graph().get_operation_by_name("v_1").type == "VariableV2"
