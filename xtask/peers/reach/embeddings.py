"""Optimizers on embeddings: which rows of a table change, and which of the slots, where a step picks only some. The graphs
are TensorFlow's forward graphs, the optimizers' steps tenseur's, and the numbers TensorFlow's."""

import io
import json

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
train = v1.train

OPTIMIZERS = {
    "sgd": (lambda: train.GradientDescentOptimizer(0.1), "GradientDescent", {}),
    "momentum": (lambda: train.MomentumOptimizer(0.1, 0.9), "Momentum", {"momentum": 0.9}),
    "nesterov": (lambda: train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), "Momentum", {"momentum": 0.9, "use_nesterov": True}),
    "adagrad": (lambda: train.AdagradOptimizer(0.1, 0.2), "Adagrad", {"initial_accumulator_value": 0.2}),
    "adadelta": (lambda: train.AdadeltaOptimizer(0.1, 0.9, 1e-3), "Adadelta", {"rho": 0.9, "epsilon": 1e-3}),
    "rmsprop": (lambda: train.RMSPropOptimizer(0.1, 0.8, 0.1, 1e-4), "RMSProp", {"decay": 0.8, "momentum": 0.1, "epsilon": 1e-4}),
    "centered": (lambda: train.RMSPropOptimizer(0.1, 0.8, 0.1, 1e-4, centered=True), "RMSProp",
                 {"decay": 0.8, "momentum": 0.1, "epsilon": 1e-4, "centered": True}),
    "adam": (lambda: train.AdamOptimizer(0.1, 0.8, 0.9, 1e-4), "Adam", {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-4}),
    "ftrl": (lambda: train.FtrlOptimizer(0.1, -0.5, 0.2, 0.01, 0.02), "Ftrl",
             {"learning_rate_power": -0.5, "initial_accumulator_value": 0.2, "l1_regularization_strength": 0.01,
              "l2_regularization_strength": 0.02}),
}

# Rows that come twice, rows that rest for a step, and one that never comes.
IDS = [[0, 2, 2, 1], [2, 2, 2, 2], [1, 0, 4, 4], [0, 1, 0, 1]]


def once(table, ids, x):
    return tf.gather(table, ids) * x


def twice(table, ids, x):
    """Two look-ups of one table, by indices of two types."""
    return tf.gather(table, ids) * tf.gather(table, tf.cast(ids[::-1], tf.int64)) * x


def looked_up(table, ids, x):
    return tf.nn.embedding_lookup(table, tf.reshape(ids, [2, 2])) * tf.reshape(x, [2, 2, 2])


def with_all(table, ids, x):
    """Part of the loss is of all rows."""
    return tf.concat([tf.gather(table, ids) * x, 0.1 * table * table], 0)


def case(family, name, optimizer, model, resource):
    make, kind, hyperparameters = OPTIMIZERS[optimizer]
    random = np.random.RandomState(5)
    graph = v1.Graph()
    with graph.as_default():
        start = random.uniform(-1.0, 1.0, [5, 2])
        table = v1.get_variable("table", initializer=tf.constant(start), use_resource=resource)
        ids, x = v1.placeholder(tf.int32, [4], "ids"), v1.placeholder(tf.float64, [4, 2], "x")
        loss = tf.reduce_sum(tf.square(model(table, ids, x) - 1.0), name="loss")
        read = table._graph_element if resource else table._snapshot
        handle = table.handle if resource else table._variable
        before = graph.as_graph_def()
        step = make().minimize(loss)
        initialize = v1.global_variables_initializer()
    steps, arrays = [{"feeds": [], "fetches": [{"name": "@init", "kind": "op"}]}], {}
    with v1.Session(graph=graph) as session:
        session.run(initialize)
        for number, picked in enumerate(IDS):
            run = len(steps)
            feeds = {ids: np.array(picked, np.int32), x: random.uniform(-1.0, 1.0, [4, 2])}
            value, _ = session.run([loss, step], feeds)
            entries = [{"name": t.name, "dtype": t.dtype.name, "shape": list(v.shape)} for t, v in feeds.items()]
            arrays.update({f"f{run}__{i}": v for i, v in enumerate(feeds.values())})
            arrays[f"e{run}__1"] = value
            steps.append({"feeds": entries, "fetches": [{"name": "@train", "kind": "op"}, number_of(loss, value)]})
            value = session.run(read)
            arrays[f"e{run + 1}__0"] = value
            steps.append({"feeds": [], "fetches": [number_of(read, value)]})
    entry = {"name": "table", "resource": resource, "trainable": True, "dtype": "float64", "shape": [5, 2], "tensor": handle.name,
             "initializer": table.initializer.name, "read": read.name}
    full = f"{family.name}_{name}"
    described = {"name": full, "area": "minimize", "steps": steps, "variables": [entry], "minimize": {
        "loss": loss.name, "optimizer": kind, "hyperparameters": {"learning_rate": 0.1, **hyperparameters}, "var_list": ["table"],
        "global_step": None}}
    data = io.BytesIO()
    np.savez(data, **arrays)
    family.cases[name] = {
        "graph.pb": before.SerializeToString(deterministic=True),
        "case.json": json.dumps(described, separators=(",", ":"), sort_keys=True).encode(),
        "data.npz": data.getvalue(),
    }


def number_of(tensor, value):
    return {"name": tensor.name, "kind": "tensor", "dtype": tensor.dtype.base_dtype.name, "shape": list(np.shape(value)),
            "rtol": 1e-9, "atol": 1e-11}


def record(family):
    for optimizer in OPTIMIZERS:
        for model in (once, twice, looked_up, with_all):
            for resource in (False, True):
                kind = "resource" if resource else "reference"
                case(family, f"{optimizer}_{model.__name__}_{kind}", optimizer, model, resource)
