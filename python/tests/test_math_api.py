"""Arrays, operators, gradients and sparse tensors, as programs use them."""

import numpy as np
import pytest

import tenseur as tf
from tenseur.python.api import math as table


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def run(fetches, feed=None):
    with tf.Session() as sess:
        return sess.run(fetches, feed)


def test_every_name_of_the_table_is_there():
    import importlib
    for module, namespaces in table.API.items():
        for names in namespaces.values():
            for name in names.split():
                assert hasattr(importlib.import_module(module), name.partition("=")[2] or name), f"{module}.{name}"


def test_the_slides_spelling_of_placeholder():
    x = tf.placeholder(type=tf.float32, shape=[None, 2], name="x")
    assert (x.name, x.dtype, x.shape.as_list()) == ("x:0", tf.float32, [None, 2])
    assert run(x * 2, {x: [[1, 2]]}).tolist() == [[2, 4]]


@pytest.mark.parametrize("make, shape", [
    (lambda p: p[:, 0], [None]),
    (lambda p: p[0], [3]),
    (lambda p: tf.reshape(p, [-1]), [None]),
    (lambda p: tf.reshape(p, [-1, 1, 3]), [None, 1, 3]),
    (lambda p: tf.reshape(p, [tf.shape(p)[0], 3]), [None, 3]),
    (lambda p: tf.concat([p, p], 1), [None, 6]),
    (lambda p: tf.concat([p, p], 0), [None, 3]),
    (lambda p: tf.stack([p, p]), [2, None, 3]),
    (lambda p: tf.matmul(p, tf.ones([3, 4])), [None, 4]),
    (lambda p: tf.transpose(p), [3, None]),
    (lambda p: tf.expand_dims(p, 1), [None, 1, 3]),
    (lambda p: tf.tile(p, [2, 2]), [None, 6]),
    (lambda p: tf.reduce_sum(p, 0), [3]),
    (lambda p: tf.reduce_sum(p, 1, keepdims=True), [None, 1]),
    (lambda p: p + tf.ones([3]), [None, 3]),
    (lambda p: tf.one_hot(tf.argmax(p, 1), 5), [None, 5]),
    (lambda p: tf.zeros([tf.shape(p)[0], 2]), [None, 2]),
    (lambda p: tf.zeros_like(p), [None, 3]),
    (lambda p: tf.ones_like(p), [None, 3]),
    (lambda p: tf.split(p, 3, 1)[0], [None, 1]),
    (lambda p: tf.gather(p, [0, 1]), [2, 3]),
    (lambda p: tf.boolean_mask(p, p[:, 0] > 0), [None, 3]),
    (lambda p: tf.where(p > 0, p, p), [None, 3]),
    (lambda p: tf.pad(p, [[1, 1], [0, 2]]), [None, 5]),
    (lambda p: tf.tensordot(p, tf.ones([3, 2]), 1), [None, 2]),
    (lambda p: tf.random_normal(tf.shape(p)), [None, None]),
    (lambda p: tf.fill([tf.shape(p)[0], 4], 1.0), [None, 4]),
    (lambda p: tf.range(tf.shape(p)[0]), [None]),
    (lambda p: tf.unstack(p, axis=1)[0], [None]),
    (lambda p: tf.cast(p, tf.int32), [None, 3]),
    (lambda p: tf.norm(p, axis=1), [None]),
    (lambda p: tf.clip_by_value(p, 0.0, 1.0), [None, 3]),
    (lambda p: tf.ensure_shape(p, [2, 3]), [2, 3]),
])
def test_shapes_are_known_where_they_can_be(make, shape):
    made = make(tf.placeholder(tf.float32, [None, 3]))
    found = made.shape.as_list()
    assert len(found) == len(shape)
    assert all(want is None or size == want for size, want in zip(found, shape)), found


@pytest.mark.parametrize("make, kind, words", [
    (lambda: tf.matmul(tf.ones([2, 3]), tf.ones([2, 3])), ValueError, "inner sizes differ: 3 and 2"),
    (lambda: tf.ones([2]) + tf.ones([3]), ValueError, r"shapes \[2\] and \[3\] do not broadcast"),
    (lambda: tf.constant(1) + 0.5, TypeError, "float32 that does not match"),
    (lambda: tf.ones([2]) + "a", TypeError, "'y' of 'AddV2' op has type string"),
    (lambda: tf.add(tf.constant(1), tf.constant(1.0)), TypeError, "float32 that does not match expected type of int32"),
    (lambda: tf.truediv(tf.constant(1), tf.constant(1.0)), TypeError, "must have the same dtype"),
    (lambda: tf.reshape([1, 2, 3], [2, 2]), ValueError, "3 elements"),
    (lambda: tf.unstack(tf.placeholder(tf.float32)), ValueError, "Cannot infer num"),
    (lambda: tf.expand_dims([1]), ValueError, "Must specify an axis"),
    (lambda: tf.constant([1, 2])[1.5], TypeError, "Only integers, slices"),
    (lambda: tf.constant([1, 2])[3], ValueError, "index 3 is outside axis 0"),
    (lambda: tf.random_uniform([2], dtype=tf.int32), ValueError, "Must specify maxval"),
    (lambda: tf.boolean_mask([1, 2], True), ValueError, "mask cannot be scalar"),
    (lambda: tf.gradients(tf.ones([2]), tf.ones([2]), grad_ys=[1.0, 2.0]), ValueError, "Passed 2 grad_ys for 1 ys"),
    (lambda: tf.assert_equal(1, 2), tf.errors.InvalidArgumentError, "Condition x == y did not hold"),
    (lambda: tf.assert_rank([1], 2), ValueError, "must have rank 2"),
    (lambda: tf.assert_type(1, tf.float32), TypeError, "must be of type"),
    (lambda: tf.placeholder(), TypeError, "missing 1 required positional argument: 'dtype'"),
    (lambda: bool(tf.constant(True)), TypeError, "Using a `tf.Tensor` as a Python `bool`"),
    (lambda: tf.SparseTensor([0], [1], [2]), ValueError, "must have rank 2"),
    (lambda: tf.variance_scaling_initializer(mode="x"), ValueError, "mode"),
    (lambda: tf.einsum("i,i", tf.ones([2])), ValueError, "expecting 2"),
])
def test_errors_come_where_the_node_is_made(make, kind, words):
    with pytest.raises(kind, match=words):
        make()


@pytest.mark.parametrize("make, words", [
    (lambda: tf.gather([1, 2], 5), "index 5"),
    (lambda: tf.check_numerics(tf.log(tf.placeholder_with_default([0.0], [None])), "no number"), "no number|infinity"),
    (lambda: tf.verify_tensor_all_finite(tf.placeholder_with_default([np.inf], [None]), "no number"), "no number|infinity"),
    (lambda: tf.matrix_inverse([[1.0, 2.0], [2.0, 4.0]]), "no inverse"),
    (lambda: tf.string_to_number("a"), "is no number"),
    (lambda: tf.decode_csv("1", [[0], [0]]), "2 fields"),
    (lambda: tf.constant([1]) // 0, "division by zero"),
    (lambda: tf.assert_positive(tf.placeholder_with_default([-1], [None])), "did not hold"),
    (lambda: tf.ensure_shape(tf.placeholder_with_default([1.0], [None]), [2]), "not compatible with expected shape"),
])
def test_errors_of_a_run(make, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        run(make())


def test_a_graph_seed_counts_the_nodes_made_before():
    tf.set_random_seed(42)
    first = tf.random_normal([2])
    assert [first.op.inputs[0].op.inputs[0].op.get_attr(name) for name in ("seed", "seed2")] == [42, 3]
    again = run(first)
    with tf.Graph().as_default():
        tf.set_random_seed(42)
        assert np.array_equal(run(tf.random_normal([2])), again)


def test_without_a_seed_sessions_differ():
    drawn = tf.random_uniform([8])
    assert not np.array_equal(run(drawn), run(drawn))


def test_gradients_of_what_is_gathered_are_rows():
    table_of_rows = tf.Variable(np.ones([10, 3], np.float32))
    picked = tf.gather(table_of_rows, [[1, 2], [2, 3]])
    found = tf.gradients(tf.reduce_sum(picked ** 2), table_of_rows)[0]
    assert isinstance(found, tf.IndexedSlices)
    assert found.dense_shape is not None and found.values.shape.as_list() == [4, 3]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        rows = sess.run(found)
        assert rows.indices.tolist() == [1, 2, 2, 3]
        assert sess.run(tf.convert_to_tensor(found))[:, 0].tolist() == [0, 2, 4, 2, 0, 0, 0, 0, 0, 0]


def test_gradients_of_rows_and_of_the_whole_are_whole():
    x = tf.ones([3, 2])
    found = tf.gradients(tf.reduce_sum(tf.gather(x, [0])) + tf.reduce_sum(x), x)[0]
    assert isinstance(found, tf.Tensor)
    assert run(found).tolist() == [[2, 2], [1, 1], [1, 1]]


def test_gradients_of_two_gathers_are_rows_of_both():
    x = tf.ones([3, 2])
    found = tf.gradients(tf.reduce_sum(tf.gather(x, [0])) + tf.reduce_sum(3 * tf.gather(x, [2])), x)[0]
    assert isinstance(found, tf.IndexedSlices)
    assert run(tf.convert_to_tensor(found)).tolist() == [[1, 1], [0, 0], [3, 3]]


def test_what_does_not_depend_has_no_gradient():
    x, y = tf.constant(1.0), tf.constant(2.0)
    assert tf.gradients(x * 2, [y]) == [None]
    assert run(tf.gradients(x * 2, [y], unconnected_gradients="zero")[0]) == 0
    assert tf.gradients(tf.constant(1), x) == [None]


def test_stop_gradients_takes_tensors_for_constants():
    a = tf.constant([1.0, 2.0])
    b = a * 2
    product = a * b
    assert run(tf.gradients(product, a)[0]).tolist() == [4, 8]
    assert [one.tolist() for one in run(tf.gradients(product, [a, b], stop_gradients=[b]))] == [[2, 4], [1, 2]]


def test_custom_gradient():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))

    x = tf.constant(100.0)
    assert run(tf.gradients(log1pexp(x), x)[0]) == 1.0


def test_registered_gradient_takes_the_place_of_the_rule():
    @tf.RegisterGradient("TwiceForTestMathApi")
    def twice(op, grad):
        return 2 * grad

    x = tf.constant([3.0])
    with tf.get_default_graph().gradient_override_map({"Identity": "TwiceForTestMathApi"}):
        y = tf.identity(x)
    assert run(tf.gradients(y, x)[0]).tolist() == [2]


def test_sparse_placeholders_are_fed_with_values_or_triples():
    sp = tf.sparse_placeholder(tf.float32, [None, 2])
    whole = tf.sparse_tensor_to_dense(sp)
    value = tf.SparseTensorValue([[0, 1]], [2.0], [2, 2])
    assert run(whole, {sp: value}).tolist() == [[0, 2], [0, 0]]
    assert run(whole, {sp: ([[1, 0]], [3.0], [2, 2])}).tolist() == [[0, 0], [3, 0]]
    assert run(whole, {sp: (np.empty([0, 2]), [], [1, 2])}).tolist() == [[0, 0]]
    fetched = run(sp, {sp: value})
    assert isinstance(fetched, tf.SparseTensorValue)
    assert (fetched.indices.tolist(), fetched.values.tolist(), fetched.dense_shape.tolist()) == ([[0, 1]], [2.0], [2, 2])


def test_sparse_tensors_evaluate():
    sp = tf.SparseTensor([[0, 1]], [2.0], [2, 2])
    assert sp.shape.as_list() == [2, 2] and sp.dtype == tf.float32
    with tf.Session():
        assert sp.eval().values.tolist() == [2.0]


def test_examples_are_parsed():
    message = tf.train.Example(features=tf.train.Features(feature={
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[7])),
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"ab"])),
        "sizes": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, 2.5])),
    })).SerializeToString()
    features = {
        "label": tf.FixedLenFeature([], tf.int64), "image": tf.FixedLenFeature([], tf.string), "sizes": tf.VarLenFeature(tf.float32),
        "missing": tf.FixedLenFeature([2], tf.float32, default_value=[0.5, 0.5]),
        "list": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    }
    one = run(tf.parse_single_example(message, features))
    assert (one["label"], one["image"], one["sizes"].values.tolist(), one["missing"].tolist()) == (7, b"ab", [1.5, 2.5], [0.5, 0.5])
    assert one["list"].tolist() == []
    two = run(tf.parse_example([message, message], features))
    assert two["label"].tolist() == [7, 7]
    assert two["sizes"].indices.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tf.parse_single_example(message, {"other": tf.FixedLenFeature([], tf.int64)})["other"])


def test_sequence_examples_are_parsed():
    def number(*values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    message = tf.train.SequenceExample(
        context=tf.train.Features(feature={"length": number(2)}),
        feature_lists=tf.train.FeatureLists(feature_list={
            "tokens": tf.train.FeatureList(feature=[number(1), number(5)]),
            "many": tf.train.FeatureList(feature=[number(1, 2), number(3)]),
        })).SerializeToString()
    context, sequences = run(tf.parse_single_sequence_example(
        message, context_features={"length": tf.FixedLenFeature([], tf.int64)},
        sequence_features={"tokens": tf.FixedLenSequenceFeature([], tf.int64), "many": tf.VarLenFeature(tf.int64)}))
    assert context["length"] == 2
    assert sequences["tokens"].tolist() == [1, 5]
    assert sequences["many"].indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    context, sequences, lengths = run(tf.io.parse_sequence_example(
        [message, message], {"length": tf.FixedLenFeature([1], tf.int64), "none": tf.VarLenFeature(tf.string)},
        {"tokens": tf.FixedLenSequenceFeature([], tf.int64), "none": tf.FixedLenSequenceFeature([2], tf.float32, allow_missing=True)}))
    assert context["length"].tolist() == [[2], [2]] and context["none"].dense_shape.tolist() == [2, 0]
    assert sequences["tokens"].tolist() == [[1, 5], [1, 5]] and sequences["none"].shape == (2, 0, 2)
    assert lengths["tokens"].tolist() == [2, 2] and lengths["none"].tolist() == [0, 0]
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tf.parse_single_sequence_example(message, sequence_features={"no": tf.FixedLenSequenceFeature([], tf.int64)})[1]["no"])


def test_sparse_tensors_go_through_strings():
    x = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    assert run(tf.shape(tf.serialize_sparse(x))).tolist() == [3]
    rows = tf.serialize_many_sparse(x)
    back = run(tf.deserialize_many_sparse(tf.gather(rows, [2, 0]), tf.float32, rank=1))
    assert back.indices.tolist() == [[0, 0], [1, 1]] and back.values.tolist() == [2, 1]
    assert back.dense_shape.tolist() == [2, 2]


def test_the_best_boxes_of_all_classes():
    boxes = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1], [0, 0.5, 0.2, 0.6]]], np.float32)[:, :, None]
    scores = np.array([[[0.7, 0.1], [0.9, 0.2], [0, 0.8]]], np.float32)
    _, scores, classes, count = run(tf.image.combined_non_max_suppression(boxes, scores, 2, 3, 0.5, 0.15))
    assert np.allclose(scores, [[0.9, 0.8, 0.2]]) and classes.tolist() == [[0, 1, 1]] and count.tolist() == [3]


def test_a_part_of_a_jpeg():
    file = tf.image.encode_jpeg(np.full([16, 16, 3], 77, np.uint8))
    assert run(tf.image.decode_and_crop_jpeg(file, [1, 2, 3, 4])).shape == (3, 4, 3)


def test_stateful_initializers_say_how_they_were_made():
    made = tf.variance_scaling_initializer(scale=2.0, mode="fan_out", seed=3)
    assert made.get_config() == {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal", "seed": 3, "dtype": "float32"}
    assert type(made).from_config(made.get_config()).mode == "fan_out"


def test_xavier_initializer_of_contrib():
    limit = np.sqrt(6.0 / (3 + 2))
    drawn = run(tf.contrib.layers.xavier_initializer(seed=1)([3, 2]))
    assert drawn.shape == (3, 2) and np.all(np.abs(drawn) < limit)
    assert np.allclose(drawn, run(tf.random_uniform([3, 2], -limit, limit, seed=1)))


def test_generated_modules_have_every_op():
    from tenseur.python.ops import gen_array_ops, gen_math_ops, gen_nn_ops
    assert run(gen_math_ops.mat_mul([[1.0]], [[2.0]], name="product")).tolist() == [[2]]
    assert gen_array_ops.gather_v2([1, 2], [1], 0).op.type == "GatherV2"
    assert gen_nn_ops.relu([1.0], "r").name == "r:0"
    with pytest.raises(TypeError, match="missing required argument: 'b'"):
        gen_math_ops.mat_mul([[1.0]])


def test_custom_gradient_of_a_function_with_variables():
    @tf.custom_gradient
    def scaled(x):
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0), use_resource=True)

        def grad(dy, variables=None):
            return dy * 2, [tf.ones_like(variable) * 7 for variable in variables]

        return x * w, grad

    @tf.custom_gradient
    def both(a, b):
        return [a * b, a + b], lambda first, second: (first + second, first * 10)

    x = tf.constant(5.0)
    y = scaled(x)
    product, total = both(x, tf.constant(2.0))
    gradients = tf.gradients(y, [x, *tf.trainable_variables()]) + tf.gradients([product, total], x)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run([y, *gradients]) == [15, 2, 7, 2]


@pytest.mark.parametrize("resource", [False, True])
def test_variables_stand_where_tensors_are_wanted(resource):
    v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=resource)
    made = {
        "add": (tf.add(v, 1.0), [2, 3]), "lists": (tf.add([v, v], v), [[2, 4], [2, 4]]), "plus": (1 + v, [2, 3]),
        "list": ([1.0, 2.0] + v, [2, 4]), "power": (v ** 2, [1, 4]), "product": (tf.matmul([v], [v], transpose_b=True), [[5]]),
        "sum": (tf.reduce_sum([v, v]), 6), "joined": (tf.concat([v, v], 0), [1, 2, 1, 2]), "stacked": (tf.stack([v, v]), [[1, 2]] * 2),
        "cast": (tf.cast(v, tf.int32), [1, 2]), "zeros": (tf.zeros_like(v), [0, 0]), "shape": (tf.shape(v), [2]),
        "rows": (tf.gather(v, [1]), [2]), "places": (tf.gather_nd(v, [[0]]), [1]), "chosen": (tf.where(v > 1, v, -v), [-1, 2]),
        "clipped": (tf.clip_by_value(v, 0.0, 1.5), [1, 1.5]), "argmax": (tf.argmax(v), 1), "equal": (tf.equal(v, v), [True, True]),
        "norm": (tf.global_norm([v, v]), np.sqrt(10)), "split": (tf.split(v, 2)[1], [2]), "part": (v[1], 2), "rank": (tf.rank(v), 1),
        "dot": (tf.tensordot(v, v, 1), 5), "sum of all": (tf.add_n([v, v]), [2, 4]), "second": (tf.hessians(tf.reduce_sum(v ** 3), v)[0], [[6, 0], [0, 12]]),
        "slope": (tf.gradients(v * v, v)[0], [2, 4]), "identity": (tf.identity(v), [1, 2]), "array": (np.ones(2, np.float32) * v, [1, 2]),
    }
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for name, value in sess.run({name: tensor for name, (tensor, _) in made.items()}).items():
            assert np.allclose(value, made[name][1]), name


def test_tensors_of_strings_are_joined_by_plus():
    assert run([tf.add("a", ["b"]), tf.constant("a") + "b", "b" + tf.constant(["a"])][0]).tolist() == [b"ab"]
    with pytest.raises(TypeError):
        tf.add(1.0, "a")


def test_names_are_the_last_argument_of_functions_of_ops():
    made = [tf.equal(1, 2, "a"), tf.add(1, 2, "b"), tf.exp(1.0, "c"), tf.less(1, 2, "d"), tf.not_equal(1, 2, "e"), tf.floormod(5, 3, "f")]
    assert [tensor.op.name for tensor in made] == ["a", "b", "c", "d", "e", "f"]


def test_compressed_strings_are_decoded():
    import gzip
    import zlib
    assert run(tf.io.decode_compressed([zlib.compress(b"abc"), zlib.compress(b"")], "ZLIB")).tolist() == [b"abc", b""]
    assert run(tf.decode_compressed(gzip.compress(b"abc"), "GZIP")) == b"abc"
    assert run(tf.decode_compressed("abc")) == b"abc"


@pytest.mark.parametrize("given, wanted", [([1.0], [2.0, 4.0]), (2.0, [4.0, 8.0]), ([[3.0]], None), ([[1.0], [2.0]], None)])
def test_gradients_that_are_given_go_round(given, wanted):
    """As in TensorFlow, whose rules broadcast them."""
    x = tf.constant([1.0, 2.0])
    if wanted is None:
        with pytest.raises(ValueError, match="incompatible"):
            tf.gradients(x * x, x, tf.constant(given))
        return
    assert run(tf.gradients(x * x, x, tf.constant(given))[0]).tolist() == wanted


def test_a_gradient_of_one_number_for_a_scalar():
    x = tf.constant([1.0, 2.0])
    assert run(tf.gradients(tf.reduce_sum(x * x), x, tf.constant([3.0]))[0]).tolist() == [6.0, 12.0]


def test_a_permutation_of_more_numbers_than_axes():
    with tf.Session() as sess:
        order = np.random.RandomState(0).permutation(1000).astype(np.int32)
        assert (sess.run(tf.invert_permutation(order)) == np.argsort(order)).all()
        with pytest.raises(tf.errors.InvalidArgumentError, match="1000 numbers"):
            sess.run(tf.invert_permutation(tf.placeholder_with_default(np.zeros(1000, np.int32), [None])))
