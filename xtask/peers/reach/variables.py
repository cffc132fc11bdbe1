"""Reference variables that loops read and write: what is read within a loop is the variable's own memory."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def record(family):
    def case(name, condition, body, start=0.0):
        def build(limit):
            # What is read and written is the reference that the first Assign passes on, so that it comes first.
            v = raw.Assign(ref=raw.VariableV2(shape=[], dtype=tf.float64), value=tf.constant(start, tf.float64))
            read = tf.identity(v, name="read")
            with tf.control_dependencies([read.op]):
                i = tf.identity(tf.constant(0))
            turns = v1.while_loop(lambda i: condition(i, read, limit), lambda i: body(i, v, read), [i], back_prop=False,
                                  parallel_iterations=1)
            with tf.control_dependencies([turns.op]):
                return [turns, tf.identity(v, name="end")]

        v1.disable_control_flow_v2()
        family.case(name, {"limit": np.array(3.0)}, build)

    def counted(i, v, read):
        with tf.control_dependencies([raw.AssignAdd(ref=v, value=tf.constant(1.0, tf.float64))]):
            return tf.identity(i) + 1

    def doubled(i, v, read):
        with tf.control_dependencies([raw.Assign(ref=v, value=2.0 * read)]):
            return tf.identity(i) + 1

    def seen_after(i, v, read):
        with tf.control_dependencies([raw.AssignAdd(ref=v, value=tf.constant(1.0, tf.float64))]):
            return tf.identity(i) + tf.cast(read + 0.0, tf.int32)

    case("condition_reads", lambda i, read, limit: read < limit, counted)
    case("body_reads", lambda i, read, limit: i < 4, doubled, start=1.0)
    case("both_read", lambda i, read, limit: read < 20.0 * limit, doubled, start=1.0)
    case("read_after_write", lambda i, read, limit: read < limit, seen_after)
