"""What `keep.rs` writes is read in TensorFlow and TensorBoard; and files are written for it to read.

python keep.py FOLDER: reads FOLDER/ours, and writes FOLDER/theirs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import tensorflow as tf2  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

X = np.array([[1, 2, 3], [-1, 0, 0.5]], np.float32)
W = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
Y = X @ W + np.array([0.5, -0.5], np.float32)


def checkpoints(ours):
    for name in ("sharded-7", "plain"):
        reader = tf.train.load_checkpoint(str(ours / name))
        found = {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map()}
        w = found["w"] if name == "sharded-7" else np.concatenate([found["w/part_0"], found["w/part_1"]])
        np.testing.assert_array_equal(w, W)
        with tf.Graph().as_default(), tf.Session() as sess:
            saver = tf.train.import_meta_graph(str(ours / f"{name}.meta"))
            saver.restore(sess, str(ours / name))
            np.testing.assert_allclose(sess.run("y:0", {"x:0": X}), Y, rtol=1e-6)
    assert tf.train.latest_checkpoint(str(ours)) == str(ours / "plain")
    print("checkpoints, sharded and in slices, and their graphs are read in TensorFlow")


def models(ours):
    with tf.Graph().as_default(), tf.Session() as sess:
        meta = tf.saved_model.loader.load(sess, ["serve"], str(ours / "model"))
        signature = meta.signature_def["serving_default"]
        got = sess.run(signature.outputs["y"].name, {signature.inputs["x"].name: X})
        np.testing.assert_allclose(got, Y, rtol=1e-6)
    graph = tf.GraphDef.FromString((ours / "frozen.pb").read_bytes())
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(graph, name="")
        np.testing.assert_allclose(sess.run("y:0", {"x:0": X}), Y, rtol=1e-6)
    # In a process of its own: as TensorFlow 2 loads it.
    program = ("import sys, numpy as np, tensorflow as tf; f = tf.saved_model.load(sys.argv[1]).signatures['serving_default'];"
               "print(f(x=tf.constant(np.array(eval(sys.argv[2]), np.float32)))['y'].numpy().tolist())")
    told = subprocess.run([sys.executable, "-c", program, str(ours / "model"), str(X.tolist())], check=True, capture_output=True, text=True)
    np.testing.assert_allclose(json.loads(told.stdout.strip().splitlines()[-1]), Y, rtol=1e-6)
    print("a model is loaded by TensorFlow 1's loader and by TensorFlow 2's, a frozen graph too")


def records(ours):
    for name, compression in (("plain", ""), ("gzip", "GZIP"), ("zlib", "ZLIB")):
        options = tf.io.TFRecordOptions(compression) if compression else None
        examples = [tf.train.Example.FromString(record)
                    for record in tf.io.tf_record_iterator(str(ours / f"{name}.tfrecord"), options)]
        assert [example.features.feature["number"].int64_list.value[0] for example in examples] == [0, 1, 2]
        assert examples[2].features.feature["half"].float_list.value[0] == 1.0
        assert examples[0].features.feature["name"].bytes_list.value[0] == "é".encode()
    events = list(tf.train.summary_iterator(str(next((ours / "events").iterdir()))))
    assert [event.summary.value[0].simple_value for event in events if event.summary.value] == [
        np.float32(1 / (step + 1)) for step in range(5)]
    print("records and events are read in TensorFlow")


def tensorboard(ours):
    """Starts TensorBoard on the events, and asks it for tags and values."""
    server = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", str(ours / "events"), "--host", "127.0.0.1",
                               "--port", "0", "--load_fast", "false"], stderr=subprocess.PIPE, text=True)
    try:
        address = None
        for line in server.stderr:
            if "http://127.0.0.1:" in line:
                address = line[line.index("http://"):].split()[0].rstrip("/")
                break
        assert address, "TensorBoard did not start"

        def ask(path, **query):
            query = "?" + urllib.parse.urlencode(query) if query else ""
            with urllib.request.urlopen(f"{address}/data/plugin/{path}{query}", timeout=30) as answer:
                return json.load(answer)

        for _ in range(60):
            tags = ask("scalars/tags")
            if tags.get("."):
                break
            time.sleep(0.5)
        assert list(tags["."]) == ["loss"], tags
        values = ask("scalars/scalars", run=".", tag="loss")
        assert [(step, round(value, 6)) for _, step, value in values] == [(s, round(1 / (s + 1), 6)) for s in range(5)], values
        assert list(ask("histograms/tags")["."]) == ["weights"]
        assert len(ask("histograms/histograms", run=".", tag="weights")) == 5
        assert list(ask("images/tags")["."]) == ["picture/image"]
        assert "remark" in str(ask("text/tags"))
        assert "<strong>4</strong>" in str(ask("text/text", run=".", tag="remark"))
        assert "graph" in str(ask("graphs/info"))
        print("TensorBoard shows scalars, histograms, pictures, texts and the graph")
    finally:
        server.terminate()
        server.wait()


def write(theirs):
    shutil.rmtree(theirs, ignore_errors=True)
    theirs.mkdir(parents=True)
    for name, resource in (("reference", False), ("resource", True)):
        with tf.Graph().as_default(), tf.Session() as sess:
            x = tf.placeholder(tf.float32, [None, 3], name="x")
            w = tf.get_variable("w", initializer=W, use_resource=resource)
            b = tf.get_variable("b", initializer=np.array([0.5, -0.5], np.float32), use_resource=resource)
            y = tf.identity(tf.matmul(x, w) + b, name="y")
            sess.run(tf.global_variables_initializer())
            tf.saved_model.simple_save(sess, str(theirs / name), {"x": x}, {"y": y})
    np.save(theirs / "y.npy", Y)
    with tf2.io.TFRecordWriter(str(theirs / "examples.tfrecord"), "GZIP") as writer:
        for label in range(5):
            feature = {"label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                       "values": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5] * 4))}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


if __name__ == "__main__":
    tf.disable_eager_execution()
    folder = pathlib.Path(sys.argv[1]).resolve()
    checkpoints(folder / "ours")
    models(folder / "ours")
    records(folder / "ours")
    tensorboard(folder / "ours")
    write(folder / "theirs")
