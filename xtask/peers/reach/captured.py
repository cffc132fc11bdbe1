"""Functions that read and write variables which they do not hold: conditionals, loops and calls as TensorFlow 2 writes them,
with the gradients that flow through them to the variables."""

import io
import json

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def variable(initial):
    return v1.get_variable("v", initializer=np.array(initial, np.float32), use_resource=True)


def record(family):
    v1.enable_control_flow_v2()
    try:
        for build in (conditional, loop, call, nested, choice, rows, rows_in_turn):
            recorded(family, build, differentiated=False)
            recorded(family, build, differentiated=True)
        for build in (conditional_writes, loop_writes, call_writes):
            recorded(family, build, differentiated=False)
    finally:
        v1.disable_control_flow_v2()


def conditional(x, n, b):
    v = variable([1.0, 2.0, 3.0])
    return v1.cond(b, lambda: x * v, lambda: x - v)


def loop(x, n, b):
    v = variable([1.0, 0.5, 0.25])
    return v1.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * v + x), [tf.constant(0), x])[1]


def call(x, n, b):
    v = variable([1.0, 2.0, 3.0])
    return tf.function(lambda x: tf.sin(x * v) * v)(x)


def nested(x, n, b):
    v = variable([1.0, 2.0, 3.0])

    def turns():
        return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * v), [tf.constant(0), x])[1]

    return tf.function(lambda: tf.cond(b, lambda: x * v, turns))()


def choice(x, n, b):
    v = variable([1.0, 2.0, 3.0])
    return tf.switch_case(n - 2, [lambda: x * v, lambda: v * v * x, lambda: x])


def rows(x, n, b):
    v = variable(np.arange(12).reshape(4, 3))
    return v1.cond(b, lambda: tf.reduce_sum(tf.gather(v, [1, 2, 1]) * x), lambda: tf.reduce_sum(tf.gather(v, [0, 3]) * x))


def rows_in_turn(x, n, b):
    v = variable(np.arange(12).reshape(4, 3) / 10.0)
    return v1.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * tf.gather(v, i) + x), [tf.constant(0), x])[1]


def conditional_writes(x, n, b):
    v = variable([1.0, 2.0, 3.0])
    return v1.cond(b, lambda: tf.identity(v.assign_add(x)), lambda: tf.identity(v.assign_sub(x * 2.0)))


def loop_writes(x, n, b):
    v = variable([1.0, 0.5, 0.25])

    def turn(i, y):
        with tf.control_dependencies([v.assign_add(y)]):
            return i + 1, y + v.read_value()

    return v1.while_loop(lambda i, y: i < n, turn, [tf.constant(0), x])[1]


def call_writes(x, n, b):
    v = variable([1.0, 2.0, 3.0])

    @tf.function
    def changed(x):
        v.assign_add(x)
        y = v * 2.0
        v.assign(v * y)
        return y + v

    return changed(x)


def recorded(family, build, differentiated):
    """A session's runs: the initializer, and then the value for both sides and several numbers of turns, each followed by a
    reading of the variable. Where it is differentiated, so is the sum, with respect to x and the variable."""
    graph = v1.Graph()
    with graph.as_default():
        x, n, b = v1.placeholder(tf.float32, [3], "x"), v1.placeholder(tf.int32, [], "n"), v1.placeholder(tf.bool, [], "b")
        y = build(x, n, b)
        [v] = v1.global_variables()
        initializer, reading = v.initializer, v.read_value()
        wanted, entry = [(y.name, y)], None
        if differentiated:
            loss = tf.reduce_sum(y, name="loss")
            definition = graph.as_graph_def()
            answers = v1.gradients(loss, [x, v])
            none = [i for i, g in enumerate(answers) if g is None]
            wanted += [(f"@grad/{i}", tf.convert_to_tensor(g)) for i, g in enumerate(answers) if g is not None]
            entry = {"loss": loss.name, "wrt": [x.name, v.handle.name], "none": none}
        else:
            definition = graph.as_graph_def()
        steps, arrays = [{"feeds": [], "fetches": [{"name": initializer.name, "kind": "op"}]}], {}

        def step(session, feeds, fetches):
            values = session.run([tensor for _, tensor in fetches], feeds)
            number = len(steps)
            steps.append({"feeds": [], "fetches": []})
            for i, (tensor, value) in enumerate(feeds.items()):
                value = np.asarray(value, tensor.dtype.as_numpy_dtype)
                steps[-1]["feeds"].append({"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(value.shape)})
                arrays[f"f{number}__{i}"] = value
            for i, ((name, tensor), value) in enumerate(zip(fetches, values)):
                steps[-1]["fetches"].append({"name": name, "kind": "tensor", "dtype": tensor.dtype.base_dtype.name,
                                             "shape": list(np.shape(value)), "rtol": 1e-5, "atol": 1e-5})
                arrays[f"e{number}__{i}"] = np.asarray(value)

        with v1.Session(graph=graph) as session:
            session.run(initializer)
            for turns, side in ((2, True), (3, False), (0, True)):
                step(session, {x: [1.0, 2.0, -0.5], n: turns, b: side}, wanted)
                step(session, {}, [(reading.name, reading)])
    name = build.__name__ + ("_differentiated" if differentiated else "")
    case = {"name": f"{family.name}_{name}", "area": "reach", "steps": steps}
    if entry:
        case["gradients"] = entry
    data = io.BytesIO()
    np.savez(data, **arrays)
    family.cases[name] = {
        "graph.pb": definition.SerializeToString(deterministic=True),
        "case.json": json.dumps(case, separators=(",", ":"), sort_keys=True).encode(),
        "data.npz": data.getvalue(),
    }
