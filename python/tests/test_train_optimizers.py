"""Optimizers: three steps of each, with the values, slots and names that TensorFlow gives."""

import numpy as np
import pytest

import tenseur as tf

MADE = {
    "gd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "mom": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "nes": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda: tf.train.AdamOptimizer(0.05),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0),
    "rms": lambda: tf.train.RMSPropOptimizer(0.05, momentum=0.5),
    "rmsc": lambda: tf.train.RMSPropOptimizer(0.05, centered=True),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.02),
    "ftrl2": lambda: tf.train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=0.1),
    "pgd": lambda: tf.train.ProximalGradientDescentOptimizer(
        0.1, l1_regularization_strength=0.05, l2_regularization_strength=0.1),
    "pada": lambda: tf.train.ProximalAdagradOptimizer(0.1, l1_regularization_strength=0.05),
    "da": lambda: tf.train.AdagradDAOptimizer(
        0.1, tf.constant(0, tf.int64), l1_regularization_strength=0.01, l2_regularization_strength=0.01),
}

#: The variables and slots that each makes.
SLOTS = {
    "gd": ([], []),
    "mom": (['w/Momentum:0'], ['momentum']),
    "nes": (['w/Momentum:0'], ['momentum']),
    "adam": (['beta1_power:0', 'beta2_power:0', 'w/Adam:0', 'w/Adam_1:0'], ['m', 'v']),
    "adagrad": (['w/Adagrad:0'], ['accumulator']),
    "adadelta": (['w/Adadelta:0', 'w/Adadelta_1:0'], ['accum', 'accum_update']),
    "rms": (['w/RMSProp:0', 'w/RMSProp_1:0'], ['momentum', 'rms']),
    "rmsc": (['w/RMSProp:0', 'w/RMSProp_1:0', 'w/RMSProp_2:0'], ['mg', 'momentum', 'rms']),
    "ftrl": (['w/Ftrl:0', 'w/Ftrl_1:0'], ['accum', 'linear']),
    "ftrl2": (['w/Ftrl:0', 'w/Ftrl_1:0'], ['accum', 'linear']),
    "pgd": ([], []),
    "pada": (['w/ProximalAdagrad:0'], ['accumulator']),
    "da": (['w/AdagradDA:0', 'w/AdagradDA_1:0'], ['gradient_accumulator', 'gradient_squared_accumulator']),
}

#: What the variable is after three steps; where the gradient is sparse, one row comes twice and one not at all.
AFTER = [
    ("gd", False, [0.5392, 0.8272, 0.9552, 0.6928, 0.892, 0.9744, 0.8464, 0.9568, 0.9936, 1.0, 1.0216, 1.0128]),
    ("gd", True, [0.5392, 0.8272, 0.9552, 0.6928, 0.892, 0.9744, 0.9352, 0.9984, 1.0008, 1.0, 1.1, 1.2]),
    ("mom", False, [0.9442, 1.432, 1.5978, 0.9628, 1.27, 1.3416, 0.9814, 1.108, 1.0854, 1.0, 0.946, 0.8292]),
    ("mom", True, [0.9442, 1.432, 1.5978, 0.9628, 1.27, 1.3416, 1.162, 1.1856, 1.0548, 1.0, 1.1, 1.2]),
    ("nes", False, [1.0975, 1.3466, 1.2128, 1.065, 1.2166, 1.1216, 1.0325, 1.0867, 1.0304, 1.0, 0.9567, 0.9392]),
    ("nes", True, [1.0975, 1.3466, 1.2128, 1.065, 1.2166, 1.1216, 1.13, 1.01, 1.0484, 1.0, 1.1, 1.2]),
    ("adam", False, [0.2496, 0.3496, 0.4495, 0.5494, 0.6492, 0.7489, 0.8482, 0.9463, 1.0336, 1.0, 0.9664, 1.0537]),
    ("adam", True, [0.2496, 0.3496, 0.4495, 0.5494, 0.6492, 0.7489, 0.8482, 0.9463, 1.0336, 1.0, 1.1, 1.2]),
    ("adagrad", False, [0.3162, 0.4164, 0.5149, 0.608, 0.7074, 0.8021, 0.8783, 0.9627, 0.9998, 1.0, 1.0011, 1.034]),
    ("adagrad", True, [0.3162, 0.4164, 0.5149, 0.608, 0.7074, 0.8021, 0.8887, 0.9671, 1.0, 1.0, 1.1, 1.2]),
    ("adadelta", False, [0.1014, 0.2014, 0.3014, 0.4014, 0.5014, 0.6014, 0.7014, 0.8014, 0.9014, 1.0, 1.0986, 1.1986]),
    ("adadelta", True, [0.1014, 0.2014, 0.3014, 0.4014, 0.5014, 0.6014, 0.7014, 0.8014, 0.9014, 1.0, 1.1, 1.2]),
    ("rms", False, [0.4064, 0.598, 0.7249, 0.6269, 0.8064, 0.9212, 0.8225, 0.9445, 0.9984, 1.0, 1.0256, 1.0123]),
    ("rms", True, [0.4064, 0.598, 0.7249, 0.6269, 0.8064, 0.9212, 0.9073, 1.017, 1.032, 1.0, 1.1, 1.2]),
    ("rmsc", False, [0.3216, 0.4901, 0.6103, 0.5626, 0.7205, 0.8309, 0.7871, 0.9024, 0.9694, 1.0, 1.0475, 1.0669]),
    ("rmsc", True, [0.3216, 0.4901, 0.6103, 0.5626, 0.7205, 0.8309, 0.8477, 0.9542, 0.9946, 1.0, 1.1, 1.2]),
    ("ftrl", False, [0.2991, 0.3977, 0.494, 0.515, 0.6387, 0.7369, 0.6005, 0.7399, 0.7208, 0.1645, 0.497, 0.9066]),
    ("ftrl", True, [0.2991, 0.3977, 0.494, 0.515, 0.6387, 0.7369, 0.7459, 0.8671, 0.9044, 1.0, 1.1, 1.2]),
    ("ftrl2", False, [0.2961, 0.3946, 0.4907, 0.5027, 0.6289, 0.7272, 0.5729, 0.7156, 0.6932, 0.1028, 0.4552, 0.8806]),
    ("ftrl2", True, [0.2961, 0.3946, 0.4907, 0.5027, 0.6289, 0.7272, 0.7277, 0.8518, 0.8871, 1.0, 1.1, 1.2]),
    ("pgd", False, [0.5168, 0.8034, 0.9335, 0.6659, 0.8663, 0.9521, 0.815, 0.9292, 0.9707, 0.9641, 0.992, 0.9894]),
    ("pgd", True, [0.5168, 0.8034, 0.9335, 0.6659, 0.8663, 0.9521, 0.9082, 0.9801, 0.9883, 1.0, 1.1, 1.2]),
    ("pada", False, [0.31, 0.4128, 0.5122, 0.5988, 0.7019, 0.7976, 0.8624, 0.9518, 0.9915, 0.9763, 0.9887, 1.0266]),
    ("pada", True, [0.31, 0.4128, 0.5122, 0.5988, 0.7019, 0.7976, 0.8802, 0.9615, 0.9958, 1.0, 1.1, 1.2]),
    ("da", False, [0.1719, 0.1726, 0.172, 0.1692, 0.1679, 0.1648, 0.159, 0.1548, 0.1485, 0.1398, 0.1331, 0.1255]),
    ("da", True, [0.1719, 0.1726, 0.172, 0.1692, 0.1679, 0.1648, 0.1602, 0.1551, 0.1487, 1.0, 1.1, 1.2]),
]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def run(train, variable, steps=3):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            sess.run(train)
        return sess.run(variable)


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("name, sparse, after", AFTER, ids=[f"{row[0]}-{'sparse' if row[1] else 'dense'}" for row in AFTER])
def test_three_steps(name, sparse, after, use_resource):
    w = tf.get_variable("w", initializer=np.arange(1, 13, dtype=np.float32).reshape(4, 3) / 10, use_resource=use_resource)
    rows = tf.nn.embedding_lookup(w, tf.constant([2, 0, 2, 1])) if sparse else w
    loss = tf.reduce_sum(tf.square(rows - 1.0) * [1.0, 2.0, 3.0])
    optimizer = MADE[name]()
    grads = optimizer.compute_gradients(loss)
    assert isinstance(grads[0][0], tf.IndexedSlices) == sparse
    assert np.allclose(run(optimizer.apply_gradients(grads), w).reshape(-1), after, rtol=1e-4, atol=1e-4)
    assert ([v.name for v in optimizer.variables()], optimizer.get_slot_names()) == SLOTS[name]


def test_nodes_of_adam():
    w = tf.Variable(1.0, name="w")
    step = tf.Variable(0, trainable=False, name="global_step")
    loss = tf.square(w)
    before = len(tf.get_default_graph().get_operations())
    train = tf.train.AdamOptimizer().minimize(loss, global_step=step)
    names = [op.name for op in tf.get_default_graph().get_operations()[before:] if not op.name.startswith("gradients")]
    assert names == [
        "beta1_power/initial_value", "beta1_power", "beta1_power/Assign", "beta1_power/read", "beta2_power/initial_value",
        "beta2_power", "beta2_power/Assign", "beta2_power/read", "w/Adam/Initializer/zeros", "w/Adam", "w/Adam/Assign",
        "w/Adam/read", "w/Adam_1/Initializer/zeros", "w/Adam_1", "w/Adam_1/Assign", "w/Adam_1/read", "Adam/learning_rate",
        "Adam/beta1", "Adam/beta2", "Adam/epsilon", "Adam/update_w/ApplyAdam", "Adam/mul", "Adam/Assign", "Adam/mul_1",
        "Adam/Assign_1", "Adam/update", "Adam/value", "Adam"]
    assert train is tf.get_default_graph().get_operation_by_name("Adam")
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train]
    assert [v.name for v in tf.global_variables()] == [
        "w:0", "global_step:0", "beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"]
    assert tf.trainable_variables() == [w]


def test_names_in_scopes_and_of_a_second_optimizer():
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    with tf.variable_scope("train"):
        tf.train.AdamOptimizer(name="Own").minimize(tf.reduce_sum(w * w))
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(w * w))
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(w * w))
    assert [v.name for v in tf.global_variables()] == [
        "net/w:0", "train/beta1_power:0", "train/beta2_power:0", "train/net/w/Own:0", "train/net/w/Own_1:0",
        "beta1_power:0", "beta2_power:0", "net/w/Adam:0", "net/w/Adam_1:0", "beta1_power_1:0", "beta2_power_1:0",
        "net/w/Adam_2:0", "net/w/Adam_3:0"]


def test_gradients_can_be_changed_between():
    w = tf.Variable([3.0, 4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = [(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in optimizer.compute_gradients(tf.reduce_sum(w * w))]
    assert run(optimizer.apply_gradients(pairs), w, 1).tolist() == [2.0, 3.0]


def test_clipping_by_global_norm():
    w = tf.Variable([3.0, 4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    grads, norm = tf.clip_by_global_norm(tf.gradients(tf.reduce_sum(w * w), [w]), 5.0)
    assert np.allclose(run(optimizer.apply_gradients(zip(grads, [w])), w, 1), [0.0, 0.0])


def test_variables_to_change():
    a, b = tf.Variable(1.0, name="a"), tf.Variable(1.0, name="b")
    c = tf.Variable(1.0, name="c", trainable=False)
    loss = a + b * 2.0 + c * 3.0
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss, var_list=[b])
    assert run(train, [a, b, c], 1) == [1.0, -1.0, 1.0]
    pairs = tf.train.GradientDescentOptimizer(1.0).compute_gradients(a * a)
    assert pairs[1] == (None, b) and len(pairs) == 2


def test_the_step_counter():
    w = tf.Variable(1.0)
    step = tf.train.get_or_create_global_step()
    assert step.name == "global_step:0" and step.dtype.base_dtype == tf.int64
    assert tf.train.get_global_step() is step and tf.train.get_or_create_global_step() is step
    train = tf.train.GradientDescentOptimizer(0.1).minimize(w * w, global_step=step)
    assert run(train, step, 4) == 4
    with pytest.raises(ValueError):
        tf.train.create_global_step()


def test_learning_rates_may_be_tensors():
    w = tf.Variable(1.0)
    rate = tf.placeholder(tf.float32, [])
    train = tf.train.GradientDescentOptimizer(rate).minimize(w)
    with tf.Session() as sess:
        sess.run(w.initializer)
        sess.run(train, {rate: 0.25})
        assert sess.run(w) == 0.75
        sess.run(train, {rate: 0.5})
        assert sess.run(w) == 0.25


def test_refusals():
    w, i = tf.Variable(1.0), tf.Variable(1)
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.minimize(tf.constant(1.0), var_list=[w])
    with pytest.raises(ValueError, match="No variables provided"):
        optimizer.apply_gradients([])
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.apply_gradients([(None, w)])
    with pytest.raises(ValueError, match="Invalid type"):
        optimizer.compute_gradients(tf.cast(i, tf.int32))
    with pytest.raises(ValueError, match="No variables to optimize"):
        optimizer.minimize(w * w, var_list=[])


def test_an_optimizer_of_ones_own():
    class Sign(tf.train.Optimizer):
        def __init__(self, rate):
            super().__init__(False, "Sign")
            self._rate = rate

        def _create_slots(self, var_list):
            for v in var_list:
                self._zeros_slot(v, "count", self._name)

        def _apply_dense(self, grad, var):
            count = self.get_slot(var, "count")
            return tf.group(var.assign_sub(self._rate * tf.sign(grad)), count.assign_add(tf.ones_like(grad)))

    w = tf.Variable([1.0, -1.0], name="w")
    optimizer = Sign(0.25)
    train = optimizer.minimize(tf.reduce_sum(w * w))
    values = run(train, [w, optimizer.get_slot(w, "count")])
    assert values[0].tolist() == [0.25, -0.25] and values[1].tolist() == [3, 3]
    assert optimizer.get_slot(w, "count").name == "w/Sign:0"


def test_losses_of_several_runs_fall():
    x = np.linspace(-1, 1, 20).astype(np.float32)[:, None]
    w, b = tf.Variable([[0.0]]), tf.Variable([0.0])
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - (3.0 * x + 2.0)))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([train, loss])[1] for _ in range(100)]
        assert losses[-1] < 1e-5 < losses[0]
        assert np.allclose(sess.run([w[0, 0], b[0]]), [3.0, 2.0], atol=0.01)


def test_variables_may_be_the_values_of_a_dictionary():
    with tf.Graph().as_default():
        weights = {"b": tf.Variable(1.0), "a": tf.Variable(2.0)}
        other = tf.Variable(3.0)
        loss = (weights["a"] + weights["b"] + other) ** 2
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=weights.values())
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(step)
            assert sess.run([weights, other]) == [{"a": pytest.approx(0.8), "b": pytest.approx(-0.2)}, 3.0]
