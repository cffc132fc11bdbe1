"""Ops that only graphs of TensorFlow's first versions may have: such graphs say an older producer."""

import io
import json

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def record(family):
    picture, channels = [2, 3, 2, 4], [4]
    for scaled in (True, False):
        recorded(family, f"batch_norm_{scaled}", "BatchNormWithGlobalNormalization", [picture] + [channels] * 4, 1, scaled)
        recorded(family, f"batch_norm_grad_{scaled}", "BatchNormWithGlobalNormalizationGrad", [picture] + [channels] * 3 + [picture], 5,
                 scaled)


def recorded(family, name, op, shapes, outputs, scaled):
    """A node of type `op` on placeholders of these shapes, in a graph of producer 8."""
    graph = v1.Graph()
    with graph.as_default():
        inputs = [v1.placeholder(tf.float32, shape, f"p{number}") for number, shape in enumerate(shapes)]
    definition = graph.as_graph_def()
    definition.versions.producer = 8
    for node in definition.node:
        for key in [key for key in node.attr if key.startswith("_")]:
            del node.attr[key]
    node = definition.node.add()
    node.name, node.op = "op", op
    node.input.extend(x.op.name for x in inputs)
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["variance_epsilon"].f = 0.001
    node.attr["scale_after_normalization"].b = scaled
    random = np.random.RandomState(len(shapes[-1]))
    values = [random.uniform(0.5, 1.5, shape).astype(np.float32) for shape in shapes]
    fetches = [f"op:{number}" for number in range(outputs)]
    with v1.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        with v1.Session() as session:
            answers = session.run(fetches, {f"p{number}:0": value for number, value in enumerate(values)})
    data = io.BytesIO()
    np.savez(data, **{f"f0__{number}": value for number, value in enumerate(values)},
             **{f"e0__{number}": value for number, value in enumerate(answers)})
    step = {"feeds": [{"name": f"p{number}:0", "dtype": "float32", "shape": list(value.shape)} for number, value in enumerate(values)],
            "fetches": [{"name": fetch, "kind": "tensor", "dtype": "float32", "shape": list(np.shape(value)), "rtol": 1e-5, "atol": 1e-5}
                        for fetch, value in zip(fetches, answers)]}
    family.cases[name] = {
        "graph.pb": definition.SerializeToString(deterministic=True),
        "case.json": json.dumps({"name": f"{family.name}_{name}", "area": "reach", "steps": [step]}, separators=(",", ":"),
                                sort_keys=True).encode(),
        "data.npz": data.getvalue(),
    }
