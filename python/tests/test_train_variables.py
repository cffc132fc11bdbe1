"""Variables, with the names, values and errors that TensorFlow gives."""

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def run(*fetches):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        results = [sess.run(fetch) for fetch in fetches]
    return results[0] if len(results) == 1 else results


def test_nodes_of_a_variable():
    tf.Variable([1.0, 2.0], name="w")
    tf.Variable(3)
    tf.Variable(4)
    assert names() == ["w/initial_value", "w", "w/Assign", "w/read", "Variable/initial_value", "Variable", "Variable/Assign",
                       "Variable/read", "Variable_1/initial_value", "Variable_1", "Variable_1/Assign", "Variable_1/read"]
    assert [op.type for op in tf.get_default_graph().get_operations()][:4] == ["Const", "VariableV2", "Assign", "Identity"]


def test_nodes_of_a_resource_variable():
    tf.Variable([1.0], name="r", use_resource=True)
    assert names() == ["r/Initializer/initial_value", "r", "r/IsInitialized/VarIsInitializedOp", "r/Assign",
                       "r/Read/ReadVariableOp"]


def test_initial_value_from_a_function():
    v = tf.Variable(lambda: tf.constant([1.0, 2.0]), name="f", dtype=tf.float32)
    assert names()[0] == "f/Initializer/Const"
    assert run(v).tolist() == [1.0, 2.0]


def test_types_and_shapes():
    v = tf.Variable([[1.0, 2.0]])
    assert v.dtype.name == "float32_ref" and v.dtype.base_dtype == tf.float32
    assert v.shape.as_list() == [1, 2] and v.get_shape() == v.shape
    assert tf.Variable(1).dtype.base_dtype == tf.int32
    assert tf.Variable(1, dtype=tf.float64).dtype.base_dtype == tf.float64
    assert tf.Variable(1.0, use_resource=True).dtype == tf.float32
    assert repr(v) == "<tf.Variable 'Variable:0' shape=(1, 2) dtype=float32_ref>"


def test_collections():
    a = tf.Variable(1.0)
    b = tf.Variable(1.0, trainable=False)
    c = tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    d = tf.Variable(1.0, collections=["mine"])
    assert tf.global_variables() == [a, b]
    assert tf.trainable_variables() == [a, d]
    assert tf.local_variables() == [c]
    assert tf.get_collection("mine") == [d]


def test_a_variable_needs_a_value_and_a_shape():
    with pytest.raises(ValueError):
        tf.Variable(None)
    with pytest.raises(ValueError, match="must have a shape"):
        tf.Variable(tf.placeholder(tf.float32, [None]))
    v = tf.Variable(tf.placeholder(tf.float32, [None]), validate_shape=False)
    assert v.shape.ndims is None


def test_a_variable_without_validated_shape_takes_others():
    x = tf.placeholder(tf.float32, None)
    v = tf.Variable(x, validate_shape=False)
    with tf.Session() as sess:
        sess.run(v.initializer, {x: [1.0, 2.0]})
        assert sess.run(v).tolist() == [1.0, 2.0]
        sess.run(tf.assign(v, [[3.0]], validate_shape=False))
        assert sess.run(v).tolist() == [[3.0]]


def test_reading_before_initializing():
    v = tf.Variable(1.0, name="v")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="v"):
            sess.run(v)
        with pytest.raises(tf.errors.FailedPreconditionError):
            sess.run(v + 1.0)


@pytest.mark.parametrize("use_resource", [False, True])
def test_assigning(use_resource):
    v = tf.Variable([1.0, 2.0], use_resource=use_resource)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(tf.assign(v, [3.0, 4.0])).tolist() == [3.0, 4.0]
        assert sess.run(tf.assign_add(v, [1.0, 1.0])).tolist() == [4.0, 5.0]
        assert sess.run(tf.assign_sub(v, [1.0, 1.0])).tolist() == [3.0, 4.0]
        assert sess.run(v.assign([5.0, 6.0])).tolist() == [5.0, 6.0]
        assert sess.run(v.assign_add([1.0, 0.0])).tolist() == [6.0, 6.0]
        assert sess.run(v.assign_sub([1.0, 0.0])).tolist() == [5.0, 6.0]
        assert sess.run(v.assign([0.0, 0.0], read_value=False)) is None
        assert sess.run(v).tolist() == [0.0, 0.0]
        v.load([7.0, 8.0], sess)
        assert v.eval(sess).tolist() == [7.0, 8.0]
        with pytest.raises(ValueError):
            tf.assign(v, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("use_resource", [False, True])
def test_scattering(use_resource):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], use_resource=use_resource)

    def after(op):
        with tf.Session() as sess:
            sess.run(v.initializer)
            sess.run(op)
            return sess.run(v).tolist()

    assert after(tf.scatter_update(v, [0, 2], [[9.0, 9.0], [8.0, 8.0]])) == [[9, 9], [3, 4], [8, 8]]
    assert after(tf.scatter_add(v, [0, 0], [[1.0, 1.0], [1.0, 2.0]])) == [[3, 5], [3, 4], [5, 6]]
    assert after(tf.scatter_sub(v, [1], [[1.0, 1.0]])) == [[1, 2], [2, 3], [5, 6]]
    assert after(tf.scatter_mul(v, [1], [[2.0, 3.0]])) == [[1, 2], [6, 12], [5, 6]]
    assert after(tf.scatter_div(v, [1], [[3.0, 2.0]])) == [[1, 2], [1, 2], [5, 6]]
    assert after(tf.scatter_min(v, [1], [[3.5, 1.0]])) == [[1, 2], [3, 1], [5, 6]]
    assert after(tf.scatter_max(v, [1], [[3.5, 1.0]])) == [[1, 2], [3.5, 4], [5, 6]]
    assert after(tf.scatter_nd_update(v, [[0, 1], [2, 0]], [7.0, 7.0])) == [[1, 7], [3, 4], [7, 6]]
    assert after(tf.scatter_nd_add(v, [[0, 1]], [7.0])) == [[1, 9], [3, 4], [5, 6]]
    assert after(tf.scatter_nd_sub(v, [[0, 1]], [7.0])) == [[1, -5], [3, 4], [5, 6]]
    assert after(v.scatter_add(tf.IndexedSlices(tf.constant([[1.0, 1.0]]), tf.constant([2])))) == [[1, 2], [3, 4], [6, 7]]
    assert after(v.scatter_sub(tf.IndexedSlices(tf.constant([[1.0, 1.0]]), tf.constant([2])))) == [[1, 2], [3, 4], [4, 5]]
    assert after(v.scatter_nd_update([[0, 0]], [5.0])) == [[5, 2], [3, 4], [5, 6]]


def test_a_part_can_be_assigned():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(v[0].assign([7.0, 8.0]))
        assert sess.run(v).tolist() == [[7, 8], [3, 4]]
        sess.run(v[:, 1].assign([0.0, 1.0]))
        assert sess.run(v).tolist() == [[7, 0], [3, 1]]
        assert sess.run(v[1, 0]) == 3.0


def test_count_up_to():
    v = tf.Variable(0, name="epochs")
    count = v.count_up_to(2)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert [sess.run(count), sess.run(count)] == [0, 1]
        with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 2"):
            sess.run(count)
        assert sess.run(v) == 2


def test_fetching_a_variable_gives_its_value_after_the_step():
    v = tf.Variable(1.0)
    step = tf.assign_add(v, 1.0)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run([v, step.op]) == [2.0, None]
        assert sess.run([step, v]) == [3.0, 3.0]
        before, _ = sess.run([tf.identity(v.initial_value), step])
        assert before == 1.0


def test_operators_act_on_the_value():
    v = tf.Variable([1.0, 4.0])
    values = run(v + 1.0, 1.0 - v, v * v, 2.0 / v, -v, v > 2.0, v ** 2.0, abs(-v), v[1], tf.sqrt(v), v // 3.0, v % 3.0)
    assert [np.asarray(value).tolist() for value in values] == [
        [2, 5], [0, -3], [1, 16], [2, 0.5], [-1, -4], [False, True], [1, 16], [1, 4], 4, [1, 2], [0, 1], [1, 1]]


def test_a_variable_may_begin_as_another():
    a = tf.Variable(3.0, name="a")
    b = tf.Variable(a.initialized_value() * 2.0, name="b")
    c = tf.Variable(a * 4.0, name="c")
    d = tf.Variable(b + c)
    for _ in range(3):
        assert run(a, b, c, d) == [3.0, 6.0, 12.0, 18.0]


def test_initializers():
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")
    local = tf.Variable(3.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], name="local")
    missing = tf.report_uninitialized_variables()
    is_a = tf.is_variable_initialized(a)
    init = tf.variables_initializer([a])
    assert init.type == "NoOp" and init.name == "init"
    with tf.Session() as sess:
        assert sess.run(missing).tolist() == [b"a", b"b", b"local"]
        assert not sess.run(is_a)
        assert sess.run(init) is None
        assert sess.run(is_a)
        assert sess.run(missing).tolist() == [b"b", b"local"]
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        assert sess.run(missing).tolist() == []
        assert sess.run([a, b, local]) == [1.0, 2.0, 3.0]


def test_variables_cannot_be_gone_through():
    v = tf.Variable([1.0])
    with pytest.raises(TypeError):
        list(v)


def test_feeding_a_variable():
    v = tf.Variable(1.0)
    y = v * 2.0
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(y, {v.value(): 5.0}) == 10.0
        assert sess.run(y) == 2.0


def test_constraints_are_kept():
    v = tf.Variable(5.0, constraint=lambda x: tf.clip_by_value(x, 0.0, 4.5))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(-v)
    assert v.constraint is not None
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(train)
        assert sess.run(v) == 4.5


def test_as_and_from_a_message():
    v = tf.Variable([1.0, 2.0], name="v", trainable=False)
    message = v.to_proto()
    assert (message.variable_name, message.initializer_name, message.snapshot_name, message.initial_value_name,
            message.trainable) == ("v:0", "v/Assign", "v/read:0", "v/initial_value:0", False)
    again = tf.Variable.from_proto(message)
    assert again.name == "v:0" and not again.trainable and again.initializer is v.initializer


def test_creator_scopes():
    seen = []

    def creator(next_creator, **arguments):
        seen.append(arguments["name"])
        arguments["initial_value"] = 7.0
        return next_creator(**arguments)

    with tf.variable_creator_scope(creator):
        v = tf.Variable(1.0, name="v")
        w = tf.get_variable("w", initializer=2.0)
    u = tf.Variable(1.0)
    assert seen == ["v", "w"]
    assert run(v, w, u) == [7.0, 7.0, 1.0]


def test_variables_in_conditionals_and_loops():
    v = tf.Variable(2.0)
    x = tf.placeholder(tf.bool, [])
    y = tf.cond(x, lambda: v * 3.0, lambda: v + 1.0)
    grad = tf.gradients(y, v)[0]
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run([y, grad], {x: True}) == [6.0, 3.0]
        assert sess.run([y, grad], {x: False}) == [3.0, 1.0]
        total = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * v), [0, 1.0])[1]
        assert sess.run([total, tf.gradients(total, v)[0]]) == [8.0, 12.0]


def test_deprecated_names():
    a = tf.Variable(1.0)
    assert tf.all_variables() == [a]
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        sess.run(tf.initialize_variables([a]))
        sess.run(tf.initialize_local_variables())
        assert a.eval() == 1.0


def test_whether_there_is_a_variable():
    """`if not self.weights:` is a question that programs ask of variables of the older kind."""
    with tf.Graph().as_default():
        assert tf.Variable(0.0, use_resource=False)
        with pytest.raises(TypeError, match="as a Python `bool`"):
            bool(tf.Variable(0.0, use_resource=True))
