"""`tf.get_variable` and `tf.variable_scope`, with the names and errors that TensorFlow gives."""

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def test_names_of_variables_and_nodes():
    with tf.variable_scope("a") as scope:
        v = tf.get_variable("w", [2, 3])
        with tf.variable_scope("b"):
            u = tf.get_variable("w", [1])
            x = tf.constant(1.0, name="c")
    assert (v.name, u.name, x.name, scope.name, scope.original_name_scope) == ("a/w:0", "a/b/w:0", "a/b/c:0", "a", "a/")
    with tf.variable_scope("a"):
        y = tf.constant(1.0, name="c")
        z = tf.get_variable("z", [1])
    assert (y.name, z.name) == ("a_1/c:0", "a/z:0")
    with tf.variable_scope(scope):
        assert tf.constant(1.0, name="c").name == "a_2/c:0"
        assert tf.get_variable("s", [1]).name == "a/s:0"
    with tf.name_scope("n"):
        with tf.variable_scope("m"):
            assert tf.get_variable("v", [1]).name == "m/v:0"
            assert tf.Variable(1.0, name="v").name == "n/m/v:0"
            assert tf.constant(1.0, name="c").name == "n/m/c:0"


def test_nodes_of_the_initializer():
    tf.get_variable("w", [2, 3])
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names == ["w/Initializer/random_uniform/" + part for part in (
        "shape", "min", "max", "RandomUniform", "sub", "mul")] + ["w/Initializer/random_uniform", "w", "w/Assign", "w/read"]


def test_making_twice_is_an_error():
    tf.get_variable("w", [1])
    with pytest.raises(ValueError, match="Variable w already exists, disallowed. Did you mean to set reuse=True"):
        tf.get_variable("w", [1])
    with tf.variable_scope("", reuse=True):
        with pytest.raises(ValueError, match="Variable u does not exist, or was not created with tf.get_variable"):
            tf.get_variable("u", [1])


def test_reuse():
    with tf.variable_scope("a"):
        v = tf.get_variable("w", [1])
        tf.get_variable_scope().reuse_variables()
        assert tf.get_variable("w", [1]) is v
        with tf.variable_scope("b"):
            assert tf.get_variable_scope().reuse is True
    with tf.variable_scope("a", reuse=True) as scope:
        assert tf.get_variable("w") is v
        with pytest.raises(ValueError, match=r"specified shape \(2,\) and found shape \(1,\)"):
            tf.get_variable("w", [2])
        with pytest.raises(ValueError, match="dtype"):
            tf.get_variable("w", [1], dtype=tf.int32)
    with tf.variable_scope(scope):
        assert tf.get_variable("w") is v
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        assert tf.get_variable("w", [1]) is v
        u = tf.get_variable("u", [1])
        assert tf.get_variable("u", [1]) is u
    with tf.variable_scope("a", reuse=False):
        with pytest.raises(ValueError):
            tf.get_variable("w", [1])


def test_reuse_of_the_root_scope():
    v = tf.get_variable("w", [1])
    tf.get_variable_scope().reuse_variables()
    assert tf.get_variable("w", [1]) is v


def test_default_names_are_made_unique():
    with tf.variable_scope(None, "layer") as one:
        v = tf.get_variable("w", [1])
    with tf.variable_scope(None, "layer") as two:
        u = tf.get_variable("w", [1])
    assert [one.name, two.name, v.name, u.name] == ["layer", "layer_1", "layer/w:0", "layer_1/w:0"]
    with tf.variable_scope("outer"):
        with tf.variable_scope(None, "layer") as inner:
            assert inner.name == "outer/layer"
    with tf.variable_scope("outer"):
        with tf.variable_scope(None, "layer") as inner:
            assert inner.name == "outer/layer"
        with tf.variable_scope(None, "layer") as inner:
            assert inner.name == "outer/layer_1"
    with tf.variable_scope("given", "layer") as scope:
        assert scope.name == "given"
    with pytest.raises(TypeError):
        tf.variable_scope(None)


def test_scopes_without_a_name_scope():
    with tf.variable_scope("a") as scope:
        pass
    with tf.variable_scope(scope, auxiliary_name_scope=False) as again:
        with tf.name_scope(again.original_name_scope):
            assert tf.constant(1.0, name="c").name == "a/c:0"
        assert tf.get_variable("w", [1]).name == "a/w:0"
        assert tf.constant(1.0, name="d").name == "d:0"


def test_initializers():
    def run(variable):
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            return sess.run(variable)

    assert run(tf.get_variable("a", initializer=[1.0, 2.0])).tolist() == [1, 2]
    assert run(tf.get_variable("b", [2], initializer=tf.ones_initializer())).tolist() == [1, 1]
    assert run(tf.get_variable("c", [2], initializer=tf.zeros_initializer)).tolist() == [0, 0]
    assert run(tf.get_variable("d", [2], initializer=lambda shape, dtype=None, partition_info=None:
                               tf.fill(shape, tf.cast(4.0, dtype)))).tolist() == [4, 4]
    assert run(tf.get_variable("e", initializer=lambda: tf.constant([5.0]))).tolist() == [5]
    assert run(tf.get_variable("f", [2], dtype=tf.int32)).tolist() == [0, 0]
    assert run(tf.get_variable("g", initializer=np.arange(3))).dtype == np.int64
    assert run(tf.get_variable("h", initializer=tf.constant(3.0))) == 3
    with tf.variable_scope("s", initializer=tf.constant_initializer(7.0)):
        assert run(tf.get_variable("a", [1])).tolist() == [7]
        with tf.variable_scope("t"):
            assert run(tf.get_variable("a", [1])).tolist() == [7]
            assert run(tf.get_variable("b", [1], initializer=tf.zeros_initializer())).tolist() == [0]
    with pytest.raises(ValueError, match="do not specify shape"):
        tf.get_variable("x", [2], initializer=tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match="don't match"):
        tf.get_variable("y", dtype=tf.float64, initializer=tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError):
        tf.get_variable("z")


def test_regularizers():
    regularizer = lambda x: tf.reduce_sum(x * x)  # noqa: E731
    with tf.variable_scope("s", regularizer=regularizer):
        tf.get_variable("w", initializer=[3.0, 4.0])
        tf.get_variable("b", initializer=[1.0], regularizer=tf.no_regularizer)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert [loss.name for loss in losses] == ["s/w/Regularizer/Sum:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(losses) == [25.0]


def test_types_of_a_scope():
    with tf.variable_scope("s", dtype=tf.float64, use_resource=True):
        v = tf.get_variable("v", [1])
        assert v.dtype == tf.float64 and v.op.type == "VarHandleOp"
        assert tf.get_variable("u", [1], dtype=tf.float32).dtype == tf.float32


def test_getters():
    calls = []

    def outer(getter, name, *args, **kwargs):
        calls.append(("outer", name))
        return getter(name, *args, **kwargs)

    def inner(getter, name, *args, **kwargs):
        calls.append(("inner", name))
        return getter(name + "_changed", *args, **kwargs) * 2.0

    with tf.variable_scope("a", custom_getter=outer):
        with tf.variable_scope("b", custom_getter=inner):
            v = tf.get_variable("w", initializer=[3.0])
    assert calls == [("inner", "a/b/w"), ("outer", "a/b/w_changed")]
    assert isinstance(v, tf.Tensor) and tf.global_variables()[0].name == "a/b/w_changed:0"


def test_collections_of_a_scope():
    with tf.variable_scope("a") as scope:
        v = tf.get_variable("w", [1])
        u = tf.get_variable("u", [1], trainable=False)
        tf.get_local_variable("l", [1])
    tf.get_variable("ab", [1])
    assert scope.global_variables() == [v, u]
    assert scope.trainable_variables() == [v]
    assert [x.name for x in scope.local_variables()] == ["a/l:0"]
    assert tf.global_variables("a/") == [v, u]
    assert tf.trainable_variables(scope="a") == [v, tf.trainable_variables()[-1]]


def test_partitions():
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(3)):
        v = tf.get_variable("w", [4, 2], initializer=tf.ones_initializer())
    assert [part.name for part in v] == ["s/w/part_0:0", "s/w/part_1:0", "s/w/part_2:0"]
    assert [part.shape.as_list() for part in v] == [[2, 2], [1, 2], [1, 2]]
    whole = tf.convert_to_tensor(v)
    assert v.name == "s/w" and whole.shape.as_list() == [4, 2]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(v + 1.0).tolist() == [[2, 2]] * 4
    with tf.variable_scope("s", reuse=True):
        assert tf.get_variable("w", [4, 2]) is v
    assert tf.variable_axis_size_partitioner(32)(tf.TensorShape([8, 4]), tf.float32) == [4, 1]
    assert tf.min_max_variable_partitioner(max_partitions=4, min_slice_size=32)(tf.TensorShape([8, 4]), tf.float32) == [4, 1]


def test_partitions_are_trained():
    v = tf.get_variable("w", [4, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    train = tf.train.AdamOptimizer(0.5).minimize(tf.reduce_sum(tf.nn.embedding_lookup(v, [0, 3], partition_strategy="div")))
    assert [x.name for x in tf.global_variables()][-2:] == ["w/part_1/Adam:0", "w/part_1/Adam_1:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert np.allclose(sess.run(tf.convert_to_tensor(v)), [[0.5, 0.5], [1, 1], [1, 1], [0.5, 0.5]])


def test_templates():
    def layer(x, size):
        w = tf.get_variable("w", [1, size], initializer=tf.ones_initializer())
        return tf.matmul(x, w)

    shared = tf.make_template("layer", layer, size=2)
    x = tf.constant([[3.0]])
    a, b = shared(x), shared(x * 2.0)
    other = tf.make_template("layer", layer, size=2)
    other(x)
    assert [v.name for v in tf.global_variables()] == ["layer/w:0", "layer_1/w:0"]
    assert [v.name for v in shared.trainable_variables] == ["layer/w:0"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run([a, b])[1].tolist() == [[6, 6]]


def test_variable_op_scope_and_decorators():
    with tf.variable_op_scope([tf.constant(1.0)], None, "old") as scope:
        assert tf.get_variable("w", [1]).name == "old/w:0" and scope.name == "old"


def test_scopes_of_another_graph_and_thread():
    import threading
    names = []
    graph = tf.get_default_graph()

    def work():
        with graph.as_default():
            names.append(tf.get_variable("w", [1]).name)

    with tf.variable_scope("a"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with tf.Graph().as_default():
            assert tf.get_variable("w", [1]).name == "w:0"
    assert names == ["w:0"]


def test_name_scopes_of_templates():
    shared = tf.make_template("foo", lambda x: x + tf.get_variable("w", initializer=1.0), create_scope_now_=True)
    x = tf.constant(1.0)
    assert [shared(x).name, shared(x).name] == ["foo/add:0", "foo_1/add:0"]
    assert shared.variable_scope.name == "foo" and tf.global_variables()[0].name == "foo/w:0"


def test_device_functions():
    cluster = tf.train.ClusterSpec({"ps": ["a:1", "b:1"], "worker": ["c:1"]})
    with tf.device(tf.train.replica_device_setter(cluster=cluster, worker_device="/job:worker/task:0")):
        u, v = tf.Variable(1.0), tf.Variable(2.0)
        w = u + v
    assert [u.device, v.device, w.device] == ["/job:ps/task:0", "/job:ps/task:1", "/job:worker/task:0"]


def test_a_custom_getter_is_told_whether_a_variable_is_trained():
    told = []

    def custom_getter(getter, name, *arguments, **named):
        told.append(named["trainable"])
        return getter(name, *arguments, **named)

    with tf.variable_scope("a", custom_getter=custom_getter):
        tf.get_variable("v", [1])
        tf.get_variable("w", [1], trainable=False)
        tf.get_local_variable("x", [1])
    assert told == [True, False, False]
