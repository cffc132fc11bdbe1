"""Graphs as things: several of them, names, collections, dependencies, default values, feeding what is inside."""

import numpy as np
import tensorflow as tf

g1, g2 = tf.Graph(), tf.Graph()
with g1.as_default():
    a = tf.constant(3, name="a")
    with tf.name_scope("outer"):
        with tf.name_scope("inner"):
            b = tf.add(a, 2, name="b")
        again = tf.add(b, b, name="b")
        with tf.name_scope("inner"):
            c = tf.multiply(a, b)
with g2.as_default():
    x = tf.placeholder_with_default([1.0, 2.0], [2], name="x")
    v = tf.Variable(x * 10, name="v")
    tf.add_to_collection("keep", v)
    tf.add_to_collection("keep", x)
    with tf.control_dependencies([v.assign_add([1.0, 1.0])]):
        after = tf.identity(v.read_value(), name="after")
    with tf.device("/cpu:0"):
        on_cpu = tf.reduce_sum(v, name="on_cpu")

print("RESULT names", a.name, b.name, again.name, c.name)
print("RESULT ops", ",".join(op.type.replace("V2", "") for op in g1.get_operations()))
print("RESULT collection", [thing.name for thing in g2.get_collection("keep")], sorted(g2.get_all_collection_keys()))
print("RESULT device", on_cpu.device, on_cpu.op.node_def.op, on_cpu.graph is g2, a.graph is tf.get_default_graph())

with tf.Session(graph=g1) as sess:
    print("RESULT first", *sess.run([b, again, c]), *sess.run([b, c], {a: 10}),
          sess.run("outer/b:0", {"outer/inner/b:0": 7}))
    nested = sess.run({"sum": b, "both": (a, [c])})
    print("RESULT nested", nested["sum"], nested["both"][0], nested["both"][1][0])
    handle = sess.make_callable(again, [a])
    print("RESULT callable", handle(1), handle(5))

config = tf.ConfigProto(allow_soft_placement=True, log_device_placement=False, inter_op_parallelism_threads=1)
config.gpu_options.allow_growth = True
with tf.Session(graph=g2, config=config) as sess:
    try:
        sess.run(v)
    except tf.errors.FailedPreconditionError as error:
        print("RESULT uninitialized", "uninitialized value" in error.message)
    with g2.as_default():
        print("RESULT report", *sess.run(tf.report_uninitialized_variables()))
    sess.run(v.initializer, {x: [5.0, 6.0]})
    print("RESULT second", *sess.run(after), *sess.run(after), *sess.run(v), sess.run(on_cpu))
    v.load([0.5, 0.25], sess)
    print("RESULT loaded", *v.eval(sess), *sess.run(x))
    with tf.Session(graph=g2) as other:
        other.run(v.initializer)
        print("RESULT other", *other.run(v), *sess.run(v))

try:
    with g1.as_default():
        tf.matmul(tf.ones([2, 3]), tf.ones([4, 5]))
except ValueError as error:
    print("RESULT shapes", "MatMul" in str(error))
g1.finalize()
try:
    with g1.as_default():
        tf.constant(1)
except RuntimeError as error:
    print("RESULT finalized", "finalized" in str(error))
with tf.Graph().as_default() as g3:
    tf.import_graph_def(g1.as_graph_def(), name="copy")
    with tf.Session() as sess:
        print("RESULT imported", sess.run("copy/outer/b:0"), len(g3.get_operations()) == len(g1.get_operations()))
