"""Writes the models `served` and `object` beside this file, and prints what TensorFlow computes with them: the answers that the
tests expect. Run with TensorFlow 2.21: `python make.py`."""

import json
import os
import shutil

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
tf1 = tf.compat.v1


def folder(name):
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def served():
    """A model of TensorFlow 1 with a signature for each method of a server, and one for each kind of value."""
    path = folder("served")
    graph = tf.Graph()
    with graph.as_default(), tf1.Session() as session:
        x = tf1.placeholder(tf.float32, [None, 2], "x")
        w = tf1.get_variable("w", initializer=np.array([[1, -1, 0.5], [0.25, 2, -3]], np.float32), use_resource=False)
        names = tf.constant([["cat", "dog", "fox"]])

        def network(x):
            scores = tf.nn.softmax(tf.matmul(x, w))
            classes = tf.tile(names, tf.stack([tf.shape(x)[0], 1]))
            return scores, classes

        scores, classes = network(x)
        best = tf.gather(names[0], tf.argmax(scores, 1))
        records = tf1.placeholder(tf.string, [None], "records")
        parsed = tf1.parse_example(records, {
            "size": tf1.FixedLenFeature([2], tf.float32),
            "name": tf1.FixedLenFeature([], tf.string, default_value=""),
        })
        parsed_scores, parsed_classes = network(parsed["size"])
        total = tf.reduce_sum(parsed["size"], 1) + tf.cast(tf1.strings.length(parsed["name"]), tf.float32)
        kinds = {
            "flag": tf1.placeholder(tf.bool, [None], "flag"),
            "byte": tf1.placeholder(tf.uint8, [None, 2], "byte"),
            "whole": tf1.placeholder(tf.int32, [None], "whole"),
            "long": tf1.placeholder(tf.int64, [None], "long"),
            "double": tf1.placeholder(tf.float64, [None], "double"),
            "half": tf1.placeholder(tf.float16, [None], "half"),
            "word": tf1.placeholder(tf.string, [None], "word"),
            "blob_bytes": tf1.placeholder(tf.string, [None], "blob"),
        }
        same = {name: tf.identity(value) for name, value in kinds.items()}
        divided = tf1.placeholder(tf.float32, [None], "divided")
        quotient = tf.divide(divided, tf.zeros_like(divided))
        scalar = tf1.placeholder(tf.float32, [], "scalar")
        centred = x - tf.reduce_mean(x, 0)
        session.run(tf1.global_variables_initializer())

        def signature(inputs, outputs, method="predict"):
            info = tf1.saved_model.build_tensor_info
            return tf1.saved_model.build_signature_def(
                {name: info(tensor) for name, tensor in inputs.items()},
                {name: info(tensor) for name, tensor in outputs.items()},
                "tensorflow/serving/" + method)

        signatures = {
            "serving_default": ({"x": x}, {"scores": scores, "class": best}),
            "scores": ({"x": x}, {"scores": scores}),
            "classify": ({"inputs": records}, {"classes": parsed_classes, "scores": parsed_scores}, "classify"),
            "regress": ({"inputs": records}, {"outputs": total}, "regress"),
            "kinds": (kinds, same),
            "quotient": ({"divided": divided}, {"quotient": quotient}),
            "twice": ({"scalar": scalar}, {"twice": scalar * 2}),
            "centred": ({"x": x}, {"centred": centred}),
        }
        builder = tf1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(
            session, ["serve"], {name: signature(*parts) for name, parts in signatures.items()}, strip_default_attrs=True)
        builder.save()

        rows = [[1.0, 2.0], [-0.5, 0.25], [3.0, 0.0]]
        run = lambda *tensors: [np.asarray(value).tolist() for value in session.run(tensors, {x: rows})]
        print("served scores, class:", json.dumps(run(scores, best), default=bytes.decode))
        print("served centred:", json.dumps(run(centred)))
        Feature = tf.train.Feature
        examples = [tf.train.Example(features=tf.train.Features(feature={
            "size": Feature(float_list=tf.train.FloatList(value=row)),
            "name": Feature(bytes_list=tf.train.BytesList(value=[name])),
        })).SerializeToString() for row, name in zip(rows, [b"a", b"bcd", b""])]
        values = session.run([parsed_classes, parsed_scores, total], {records: examples})
        print("served classify:", json.dumps([value.tolist() for value in values], default=bytes.decode))
        print("served quotient:", session.run(quotient, {divided: [1, -1, 0]}).tolist())
        print("served numbers:", json.dumps(session.run(same["half"], {kinds["half"]: [0.1, 2.0]}).tolist()))


def objects():
    """A model of TensorFlow 2's objects: two layers, whose variables functions capture, and a function without any."""
    path = folder("object")

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.hidden = tf.Variable([[1.0, -2.0, 0.5], [0.25, 2.0, -1.0]], name="hidden")
            self.bias = tf.Variable([0.1, 0.2, 0.3], name="bias")
            self.output = [tf.Variable([[1.0], [2.0], [3.0]], name="output")]

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
        def score(self, x):
            hidden = tf.nn.relu(tf.matmul(x, self.hidden) + self.bias)
            return {"score": tf.squeeze(tf.matmul(hidden, self.output[0]), 1), "hidden": hidden}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def twice(self, x):
            return {"twice": x * 2.0}

    model = Model()
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(model, path, {"serving_default": model.score, "twice": model.twice}, options=options)
    for name in ["fingerprint.pb"]:
        if os.path.exists(os.path.join(path, name)):
            os.remove(os.path.join(path, name))
    for name in ["assets"]:
        shutil.rmtree(os.path.join(path, name), ignore_errors=True)
    loaded = tf.saved_model.load(path)
    answers = loaded.signatures["serving_default"](x=tf.constant([[1.0, 2.0], [-0.5, 0.25]]))
    print("object:", {name: value.numpy().tolist() for name, value in answers.items()})


served()
objects()
