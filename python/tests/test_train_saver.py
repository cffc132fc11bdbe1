"""Checkpoints: what TensorFlow's savers do, and its files."""

import os

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def session():
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return sess


def files(folder):
    return sorted(name for name in os.listdir(folder) if name != "checkpoint")


def test_nodes():
    tf.Variable(2.0, name="b")
    tf.Variable(1.0, name="a")
    saver = tf.train.Saver()
    names = [op.name for op in tf.get_default_graph().get_operations() if op.name.startswith("save/")]
    assert names == ["save/" + name for name in (
        "filename/input", "filename", "Const", "SaveV2/tensor_names", "SaveV2/shape_and_slices", "SaveV2",
        "control_dependency", "RestoreV2/tensor_names", "RestoreV2/shape_and_slices", "RestoreV2", "Assign", "Assign_1",
        "restore_all")]
    assert saver.saver_def.filename_tensor_name == "save/Const:0"
    assert saver.saver_def.save_tensor_name == "save/control_dependency:0"
    assert saver.saver_def.restore_op_name == "save/restore_all"
    tf.train.Saver()
    assert tf.get_default_graph().get_operation_by_name("save_1/restore_all").type == "NoOp"


@pytest.mark.parametrize("use_resource", [False, True])
def test_there_and_back(tmp_path, use_resource):
    a = tf.get_variable("a", initializer=[[1.0, 2.0]], use_resource=use_resource)
    b = tf.get_variable("b", initializer=3, use_resource=use_resource)
    s = tf.get_variable("s", initializer=tf.constant(["x", "yz"]), trainable=False, use_resource=use_resource)
    saver = tf.train.Saver()
    prefix = str(tmp_path / "model.ckpt")
    with session() as sess:
        assert saver.save(sess, prefix) == prefix
        sess.run([a.assign([[0.0, 0.0]]), b.assign(0)])
        saver.restore(sess, prefix)
        assert sess.run(a).tolist() == [[1, 2]] and sess.run(b) == 3 and sess.run(s).tolist() == [b"x", b"yz"]
    with tf.Session() as sess:
        saver.restore(sess, prefix)
        assert sess.run(a).tolist() == [[1, 2]]
    assert files(tmp_path) == ["model.ckpt.data-00000-of-00001", "model.ckpt.index", "model.ckpt.meta"]


def test_steps_and_what_is_kept(tmp_path):
    step = tf.Variable(0, name="global_step", trainable=False)
    saver = tf.train.Saver(max_to_keep=2)
    prefix = os.path.join(str(tmp_path), "m")
    with session() as sess:
        for number in range(4):
            sess.run(step.assign(number))
            assert saver.save(sess, prefix, global_step=step, write_meta_graph=number == 3) == f"{prefix}-{number}"
        saver.save(sess, prefix, global_step=10)
    assert saver.last_checkpoints == [f"{prefix}-3", f"{prefix}-10"]
    assert [name for name in files(tmp_path) if name.endswith(".index")] == ["m-10.index", "m-3.index"]
    assert tf.train.latest_checkpoint(str(tmp_path)) == f"{prefix}-10"
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert state.model_checkpoint_path == f"{prefix}-10"
    assert list(state.all_model_checkpoint_paths) == [f"{prefix}-3", f"{prefix}-10"]
    text = open(os.path.join(str(tmp_path), "checkpoint")).read()
    assert text == (f'model_checkpoint_path: "{prefix}-10"\nall_model_checkpoint_paths: "{prefix}-3"\n'
                    f'all_model_checkpoint_paths: "{prefix}-10"\n')


def test_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tf.Variable(0, name="v")
    saver = tf.train.Saver()
    with session() as sess:
        assert saver.save(sess, "./models/m", global_step=1) == "./models/m-1"
        assert open("models/checkpoint").read().splitlines()[0] == 'model_checkpoint_path: "m-1"'
        assert tf.train.latest_checkpoint("models") == "models/m-1"
        assert tf.train.latest_checkpoint("./models/") == "./models/m-1"
        assert saver.save(sess, "here") == "here"
        assert tf.train.latest_checkpoint(".") == "./here" and tf.train.latest_checkpoint("") == "here"
        with pytest.raises(ValueError, match="Parent directory of a/b/c doesn't exist, can't save."):
            saver.save(sess, "a/b/c")
        with pytest.raises(ValueError, match="collides"):
            saver.save(sess, "checkpoint")
    assert tf.train.latest_checkpoint("nowhere") is None
    assert tf.train.get_checkpoint_state("nowhere") is None
    assert tf.train.checkpoint_exists("here") and not tf.train.checkpoint_exists("there")


def test_some_variables_and_other_names(tmp_path):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")
    prefix = str(tmp_path / "m")
    with session() as sess:
        tf.train.Saver([a]).save(sess, prefix)
        assert tf.train.list_variables(prefix) == [("a", [])]
        tf.train.Saver({"a": b}).restore(sess, prefix)
        assert sess.run([a, b]) == [1.0, 1.0]
    with pytest.raises(ValueError, match="same name"):
        tf.train.Saver([a, a, tf.get_variable("a", initializer=1.0), _called(a)])
    with pytest.raises(TypeError):
        tf.train.Saver([tf.constant(1.0)])


def _called(variable):
    with tf.Graph().as_default():
        return tf.Variable(1.0, name=variable.op.name)


def test_nothing_to_save():
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    assert tf.train.Saver(allow_empty=True) is not None


def test_all_that_does_not_fit_is_told_at_once(tmp_path):
    tf.Variable([1.0, 2.0], name="w")
    tf.Variable(1, name="n")
    tf.Variable(1.0, name="weights")
    prefix = str(tmp_path / "m")
    with session() as sess:
        tf.train.Saver().save(sess, prefix)
    with tf.Graph().as_default():
        w = tf.Variable([1.0, 2.0, 3.0], name="w")
        tf.Variable(1.0, name="n")
        tf.Variable(1.0, name="weight")
        tf.Variable(1.0, name="q")
        saver = tf.train.Saver()
        with session() as sess:
            with pytest.raises(tf.errors.NotFoundError) as caught:
                saver.restore(sess, prefix)
            assert sess.run(w).tolist() == [1, 2, 3]
            text = str(caught.value)
            assert "Key q not found in checkpoint" in text
            assert "Key weight not found in checkpoint (the nearest there: weights)" in text
            assert "n is float32 in the graph and int32 in the checkpoint" in text
            assert "w has the shape (3,) in the graph and (2,) in the checkpoint" in text
            assert "not asked for: weights" in text
            with pytest.raises(ValueError, match="not a valid checkpoint"):
                saver.restore(sess, str(tmp_path / "other"))
            with pytest.raises(ValueError, match="when it is None"):
                saver.restore(sess, None)


def test_other_shapes(tmp_path):
    tf.Variable([1.0, 2.0, 3.0, 4.0], name="w")
    prefix = str(tmp_path / "m")
    with session() as sess:
        tf.train.Saver().save(sess, prefix)
    with tf.Graph().as_default():
        w = tf.Variable([[0.0, 0.0], [0.0, 0.0]], name="w")
        saver = tf.train.Saver(reshape=True)
        with session() as sess:
            saver.restore(sess, prefix)
            assert sess.run(w).tolist() == [[1, 2], [3, 4]]


def test_parts_are_saved_as_one(tmp_path):
    prefix = str(tmp_path / "m")
    value = np.arange(10, dtype=np.float32).reshape(5, 2)
    with tf.Graph().as_default():
        tf.get_variable("w", initializer=tf.constant(value), partitioner=tf.fixed_size_partitioner(2))
        with session() as sess:
            tf.train.Saver().save(sess, prefix)
    assert tf.train.list_variables(prefix) == [("w", [5, 2])]
    for partitioner in (None, tf.fixed_size_partitioner(3)):
        with tf.Graph().as_default():
            w = tf.get_variable("w", [5, 2], partitioner=partitioner)
            saver = tf.train.Saver()
            with session() as sess:
                saver.restore(sess, prefix)
                assert np.array_equal(sess.run(tf.convert_to_tensor(w)), value)


def test_reading_without_a_graph(tmp_path):
    tf.Variable([1.0, 2.0], name="w")
    tf.Variable(7, name="n")
    prefix = str(tmp_path / "m")
    with session() as sess:
        tf.train.Saver().save(sess, prefix, global_step=5)
    reader = tf.train.NewCheckpointReader(prefix + "-5")
    assert reader.get_variable_to_shape_map() == {"w": [2], "n": []}
    assert reader.get_variable_to_dtype_map() == {"w": tf.float32, "n": tf.int32}
    assert reader.get_tensor("w").tolist() == [1, 2] and reader.get_tensor("n") == 7
    assert reader.has_tensor("w") and not reader.has_tensor("x")
    assert tf.train.load_variable(str(tmp_path), "w").tolist() == [1, 2]
    assert tf.train.list_variables(str(tmp_path)) == [("n", []), ("w", [2])]


def test_graphs_from_files(tmp_path):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", initializer=[[1.0], [2.0]])
    y = tf.matmul(x, w, name="y")
    step = tf.Variable(0, trainable=False, name="step")
    train = tf.train.AdamOptimizer(0.5).minimize(tf.reduce_sum(y), global_step=step, name="train")
    tf.add_to_collection("outputs", y)
    tf.add_to_collection("steps", train)
    prefix = str(tmp_path / "m")
    with session() as sess:
        sess.run(train, {x: [[1.0, 1.0]]})
        tf.train.Saver().save(sess, prefix)
        expected = sess.run(y, {x: [[1.0, 1.0]]})
        sess.run(train, {x: [[1.0, 1.0]]})
        later = sess.run(w)
    with tf.Graph().as_default() as graph:
        saver = tf.train.import_meta_graph(prefix + ".meta")
        assert [v.name for v in tf.trainable_variables()] == ["w:0"]
        assert tf.get_collection("outputs") == [graph.get_tensor_by_name("y:0")]
        with tf.Session() as sess:
            saver.restore(sess, prefix)
            assert np.allclose(sess.run("y:0", {"x:0": [[1.0, 1.0]]}), expected)
            sess.run(tf.get_collection("steps"), {"x:0": [[1.0, 1.0]]})
            assert np.allclose(sess.run("w:0"), later)
            assert sess.run("step:0") == 2
            saver.save(sess, prefix, global_step=2)
    with tf.Graph().as_default():
        saver = tf.train.import_meta_graph(prefix + "-2.meta", import_scope="again", clear_devices=True)
        assert [v.name for v in tf.trainable_variables()] == ["again/w:0"]
        with tf.Session() as sess:
            saver.restore(sess, prefix + "-2")
            assert np.allclose(sess.run("again/w:0"), later)


def test_running_the_nodes_by_name(tmp_path):
    v = tf.Variable(5.0, name="v")
    tf.train.Saver()
    prefix = str(tmp_path / "m")
    with session() as sess:
        assert sess.run("save/control_dependency:0", {"save/Const:0": prefix}) in (prefix.encode(), prefix)
        sess.run(v.assign(0.0))
        sess.run("save/restore_all", {"save/Const:0": prefix})
        assert sess.run(v) == 5.0


def test_variables_that_begin_as_a_checkpoint_has_them(tmp_path):
    prefix = str(tmp_path / "m")
    with tf.Graph().as_default():
        with tf.variable_scope("old"):
            tf.get_variable("w", initializer=[1.0, 2.0])
            tf.get_variable("b", initializer=3.0)
        with session() as sess:
            tf.train.Saver().save(sess, prefix)
    with tf.variable_scope("new"):
        w = tf.get_variable("w", [2])
        b = tf.get_variable("b", [], use_resource=True)
    tf.train.init_from_checkpoint(prefix, {"old/": "new/"})
    c = tf.get_variable("c", [2])
    tf.train.init_from_checkpoint(str(tmp_path), {"old/w": c})
    with session() as sess:
        assert sess.run(w).tolist() == [1, 2] and sess.run(b) == 3 and sess.run(c).tolist() == [1, 2]
    with pytest.raises(ValueError, match="old/q is not found"):
        tf.train.init_from_checkpoint(prefix, {"old/q": c})
    with pytest.raises(ValueError, match="doesn't match"):
        tf.train.init_from_checkpoint(prefix, {"old/b": c})


def test_averages_in_the_place_of_variables(tmp_path):
    prefix = str(tmp_path / "m")
    w = tf.Variable(1.0, name="w")
    average = tf.train.ExponentialMovingAverage(0.5)
    follow = average.apply()
    with session() as sess:
        sess.run(w.assign(3.0))
        sess.run(follow)
        tf.train.Saver().save(sess, prefix)
        tf.train.Saver(average.variables_to_restore()).restore(sess, prefix)
        assert sess.run(w) == 2.0


def test_freezing(tmp_path, capsys):
    from tenseur.python.tools import freeze_graph, inspect_checkpoint
    x = tf.placeholder(tf.float32, [2], name="x")
    w = tf.Variable([2.0, 3.0], name="w")
    tf.multiply(x, w, name="y")
    saver = tf.train.Saver()
    folder = str(tmp_path)
    with session() as sess:
        path = saver.save(sess, folder + "/m")
        tf.train.write_graph(sess.graph, folder, "g.pbtxt")
    freeze_graph.freeze_graph(folder + "/g.pbtxt", "", False, path, "y", "save/restore_all", "save/Const:0", folder + "/f.pb",
                              True, "")
    with tf.Graph().as_default():
        definition = tf.GraphDef()
        definition.ParseFromString(open(folder + "/f.pb", "rb").read())
        assert {node.op for node in definition.node} <= {"Placeholder", "Const", "Identity", "Mul"}
        (y,) = tf.import_graph_def(definition, return_elements=["y:0"], name="")
        with tf.Session() as sess:
            assert sess.run(y, {"x:0": [1.0, 1.0]}).tolist() == [2, 3]
    inspect_checkpoint.print_tensors_in_checkpoint_file(path, tensor_name="", all_tensors=True)
    assert "tensor: w (float32) [2]\n[2. 3.]" in capsys.readouterr().out


def test_bfloat16_is_kept_as_it_is(tmp_path):
    """NumPy has no bfloat16: programs see float32, and files have bfloat16, as TensorFlow's."""
    values = [1.5, 2.25, -3.0, 1e30]
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(tf.cast(tf.constant(values), tf.bfloat16), name="v")
        part = tf.get_variable("part", [4, 2], tf.bfloat16, tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver()
        path = saver.save(session, str(tmp_path / "model"))
        expected = session.run(v)
        assert expected.dtype == np.float32
        session.run(v.assign(tf.zeros_like(v)))
        saver.restore(session, path)
        assert (session.run(v) == expected).all()
        assert (session.run(tf.cast(tf.convert_to_tensor(part), tf.float32)) == 1).all()
        fed = tf.placeholder(tf.bfloat16, [None])
        # 1 + 2⁻⁹ lies between two, and rounds to the even one.
        assert session.run(tf.cast(fed * 2, tf.float32), {fed: [1.0, 2.5, 1 + 2.0**-9]}).tolist() == [2.0, 5.0, 2.0]
        assert session.run(tf.py_func(lambda x: x + 1, [v], tf.bfloat16))[0] == 2.5
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_dtype_map() == {"v": tf.bfloat16, "part": tf.bfloat16}
    assert (reader.get_tensor("v") == expected).all()
    # Two bytes a number: four of one, eight of the other.
    assert (tmp_path / "model.data-00000-of-00001").stat().st_size == 2 * (4 + 8)
