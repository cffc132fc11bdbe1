"""References to variables that are passed on or chosen, and variables for the time of a run."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def variable(value):
    v = raw.VariableV2(shape=[3], dtype=value.dtype)
    return v, raw.Assign(ref=v, value=value)


def record(family):
    x = np.array([1.0, 2.0, 3.0], np.float32)

    def identity(x):
        v, begun = variable(x)
        with tf.control_dependencies([begun]):
            same = raw.RefIdentity(input=v)
        added = raw.AssignAdd(ref=same, value=[0.5, 0.25, 1.0])
        with tf.control_dependencies([added]):
            return [v + 0.0, tf.identity(added) * 2.0]

    family.case("identity", {"x": x}, identity, runs=2)

    def derivative(x):
        v, begun = variable(x)
        with tf.control_dependencies([begun]):
            return tf.square(raw.RefIdentity(input=v)) * x

    family.case("identity_derivative", {"x": x}, derivative, wrt=["x"])

    for index in (0, 1, 2, -1, 3):
        def chosen(x):
            variables = [variable(x + i) for i in range(3)]
            with tf.control_dependencies([begun for _, begun in variables]):
                one = raw.RefSelect(index=index, inputs=[v for v, _ in variables])
            with tf.control_dependencies([raw.AssignSub(ref=one, value=x * 10.0)]):
                return [v + 0.0 for v, _ in variables]

        if 0 <= index < 3:
            family.case(f"select_{index}", {"x": x}, chosen)
        else:
            family.refused(f"select_{index}".replace("-", "m"), {"x": x}, lambda x: chosen(x)[0])

    def fed(index, x):
        variables = [variable(x + i) for i in range(3)]
        with tf.control_dependencies([begun for _, begun in variables]):
            one = raw.RefSelect(index=index, inputs=[v for v, _ in variables])
        return [tf.identity(one), tf.identity(raw.Assign(ref=one, value=x * 5.0))]

    family.case("select_fed", {"index": np.array(2, np.int32), "x": x}, lambda index, x: fed(index, x)[1])

    for dtype in (tf.float32, tf.int64, tf.complex64, tf.bool, tf.string):
        def temporary(x):
            value = tf.as_string(x) if dtype == tf.string else tf.cast(x, dtype)
            v = raw.TemporaryVariable(shape=[3], dtype=dtype, var_name="t")
            begun = raw.Assign(ref=v, value=value)
            if dtype not in (tf.bool, tf.string):
                begun = raw.AssignAdd(ref=begun, value=value)
            return raw.DestroyTemporaryVariable(ref=begun, var_name="t")

        family.case(f"temporary_{dtype.name}", {"x": x}, temporary, runs=2)
