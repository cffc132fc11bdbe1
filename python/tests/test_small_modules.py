"""Devices, versions, libraries of ops, and how long a run waits."""

import threading
import time

import pytest

import tenseur as tf
from tenseur.python.framework import device


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


# What TensorFlow 2.21's DeviceSpecV1 gives.
@pytest.mark.parametrize("text, whole", [
    ("/job:ps/task:1/gpu:0", "/job:ps/task:1/device:GPU:0"),
    ("/device:CPU:*", "/device:CPU:*"),
    ("/cpu:0", "/device:CPU:0"),
    ("/job:worker/replica:2", "/job:worker/replica:2"),
    ("/gpu", "/device:GPU:*"),
    ("", ""),
])
def test_device_specs(text, whole):
    assert tf.DeviceSpec.from_string(text).to_string() == whole == device.canonical_name(text)


def test_devices_of_nodes():
    spec = tf.DeviceSpec(job="worker", task=1)
    spec.merge_from(tf.DeviceSpec(device_type="gpu", device_index=2))
    with tf.device(spec):
        assert tf.constant(1).device == "/job:worker/task:1/device:GPU:2"
        with tf.device(device.merge_device("/cpu:0")):
            assert tf.constant(1).device == "/job:worker/task:1/device:CPU:0"
    for wrong in ("/rank:1", "/task:x", "gpu:0"):
        with pytest.raises(ValueError):
            tf.DeviceSpec.from_string(wrong)
    tf.test.TestCase().assertDeviceEqual("/cpu:0", "/device:CPU:0")
    with pytest.raises(AssertionError):
        tf.test.TestCase().assertDeviceEqual("/cpu:0", "/cpu:1")


def test_functions_that_choose_devices():
    """They look at the operation, or at its NodeDef."""
    def choose(op):
        node = op if isinstance(op, tf.NodeDef) else op.node_def
        return "/cpu:0" if node.op in ("Variable", "VariableV2") and op.type == node.op else "/gpu:1"

    with tf.device(choose):
        assert tf.Variable(1.0, use_resource=False, name="v").op.device == "/cpu:0"
        assert tf.constant(1.0).device == "/gpu:1"


def test_versions():
    assert tf.version.VERSION == tf.VERSION == tf.__version__
    assert tf.GRAPH_DEF_VERSION == tf.constant(1).graph.as_graph_def().versions.producer
    assert tf.GIT_VERSION == tf.__git_version__ and isinstance(tf.COMPILER_VERSION, str)


def test_libraries_of_ops(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="none.so"):
        tf.load_op_library("none.so")
    (tmp_path / "ops.so").write_bytes(b"")
    with pytest.raises(tf.errors.UnimplementedError, match="tf.py_func"):
        tf.load_op_library(str(tmp_path / "ops.so"))


def test_dimensions():
    shape = tf.TensorShape([2, None])
    assert tf.compat.dimension_value(tf.compat.dimension_at_index(shape, 0)) == 2
    assert tf.dimension_at_index(tf.TensorShape(None), 3).value is None


def test_runs_that_wait_too_long():
    queue = tf.FIFOQueue(1, tf.float32, shapes=[])
    value = tf.placeholder(tf.float32)
    enqueue, dequeue = queue.enqueue(value), queue.dequeue()
    two = queue.dequeue_many(2)
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=50)) as sess:
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(dequeue)
        sess.run(enqueue, {value: 1.0})
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(enqueue, {value: 2.0})
        # What was taken while the others did not come is there still.
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(two)
        assert sess.run([dequeue, queue.size()])[0] == 1.0
        begin = time.monotonic()
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(dequeue, options=tf.RunOptions(timeout_in_ms=200))
        assert time.monotonic() - begin > 0.15
        later = threading.Timer(0.1, lambda: sess.run(enqueue, {value: 3.0}))
        later.start()
        assert sess.run(dequeue, options=tf.RunOptions(timeout_in_ms=60000)) == 3.0
        later.join()


def test_names_of_messages():
    log = tf.SessionLog(status=tf.SessionLog.START)
    assert tf.Event(session_log=log).session_log.status == tf.summary.SessionLog.START
    assert tf.SummaryMetadata(display_name="a").display_name == "a"
    assert tf.saved_model.MAIN_OP_KEY == tf.saved_model.constants.MAIN_OP_KEY == "saved_model_main_op"
