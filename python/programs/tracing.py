"""What a run did: RunMetadata and a timeline, tf.Print, checks of numbers, what graph and session say of themselves."""

import json

import numpy as np
import tensorflow as tf
from tensorflow.python.client import device_lib, timeline

a = tf.placeholder(tf.float32, [None, 4], name="a")
w = tf.Variable(np.arange(8, dtype=np.float32).reshape(4, 2) / 8, name="w")
product = tf.matmul(a, w, name="product")
loss = tf.reduce_mean(tf.square(product), name="loss")
loss = tf.Print(loss, [loss, tf.shape(product)], message="loss and shape: ")
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
checked = tf.check_numerics(tf.log(a), "log of a")
verified = tf.verify_tensor_all_finite(a, "not finite")

run_options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
run_metadata = tf.RunMetadata()
ones = np.ones([3, 4], np.float32)

with tf.Session(config=tf.ConfigProto(log_device_placement=False)) as sess:
    sess.run(tf.global_variables_initializer())
    value, _ = sess.run([loss, train], {a: ones}, options=run_options, run_metadata=run_metadata)
    trace = json.loads(timeline.Timeline(run_metadata.step_stats).generate_chrome_trace_format())
    print("events:", len(trace["traceEvents"]))
    print("RESULT loss", value)
    for name, tensor in (("checked", checked), ("verified", verified)):
        try:
            sess.run(tensor, {a: [[0., 1., 2., np.nan]]})
        except tf.errors.InvalidArgumentError as error:
            print("RESULT", name, type(error).__name__, error.error_code, error.op is not None)
    print("RESULT fine", *sess.run(checked, {a: ones})[0])
    print("RESULT devices", sess.list_devices()[0].device_type, device_lib.list_local_devices()[0].device_type)

graph = tf.get_default_graph()
definition = graph.as_graph_def()
print("RESULT graph", {node.name: node.op for node in definition.node}["product"], list(definition.node[0].attr)[:1] != [])
operation = graph.get_operation_by_name("product")
print("RESULT operation", operation.type, [t.name for t in operation.inputs], operation.get_attr("transpose_a"))
print("RESULT consumers", [op.name for op in product.consumers()])
print("RESULT builds", tf.test.is_built_with_cuda(), tf.test.gpu_device_name() == "", tf.VERSION.split(".")[0] in "12")
