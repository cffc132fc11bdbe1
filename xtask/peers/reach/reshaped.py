"""Variables that take another shape in the midst of a run, and between runs."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


class Handle:
    """A resource variable that was declared with `shape`."""

    def __init__(self, shape, dtype):
        self.handle = raw.VarHandleOp(shape=tf.TensorShape(shape), dtype=dtype, shared_name="v", name="v")
        self.dtype = dtype

    def set(self, value, strictly=False):
        return raw.AssignVariableOp(resource=self.handle, value=value, validate_shape=strictly)

    def add(self, value):
        return raw.AssignAddVariableOp(resource=self.handle, value=value)

    def read(self):
        return raw.ReadVariableOp(resource=self.handle, dtype=self.dtype)


class Reference:
    """The same as a reference variable."""

    def __init__(self, shape, dtype):
        self.reference = raw.VariableV2(shape=tf.TensorShape(shape), dtype=dtype, name="v")

    def set(self, value, strictly=False):
        return raw.Assign(ref=self.reference, value=value, validate_shape=strictly)

    def add(self, value):
        return raw.AssignAdd(ref=self.reference, value=value)

    def read(self):
        return tf.identity(self.reference)


def after(operation, what):
    with tf.control_dependencies([operation]):
        return what()


def record(family):
    kinds = {"handle": Handle, "reference": Reference}
    shapes = {"rank": [None], "open": None, "partly": [None, 2], "declared": [3, 2]}
    for kind, variable in kinds.items():
        for name, shape in shapes.items():
            for known in (True, False):
                # A reference variable has a shape from the beginning; a handle's is what is put in.
                if (kind == "handle") == (name == "declared"):
                    continue
                columns = () if name == "rank" else (2,)
                x = np.arange(1.0, 4.0, dtype=np.float32).reshape((3,) + (1,) * len(columns)) * np.ones(columns, np.float32)

                def longer(x):
                    v = variable(shape, tf.float32)
                    begun = v.set(x)
                    first = after(begun, v.read)
                    grown = after(first, lambda: v.set(tf.concat([first, 10.0 * first], 0)))
                    second = after(grown, v.read)
                    added = after(second, lambda: v.add(tf.ones_like(second)))
                    last = after(added, v.read)
                    return [tf.reduce_sum(first), second + 0.0, tf.shape(last), last * 2.0]

                family.case(f"{kind}_{name}_{known}", {"x": x.copy()}, longer, runs=3, known=known)

                def derived(x):
                    v = variable(shape, tf.float32)
                    begun = v.set(x)
                    read = after(begun, v.read)
                    grown = after(read, lambda: v.set(tf.concat([x, x], 0)))
                    return [tf.square(after(grown, v.read)), read * 1.0]

                # What a reference is said to hold is what it held at first, so that gradients do not fit.
                if kind == "handle":
                    family.case(f"{kind}_{name}_{known}_derived", {"x": x.copy()}, derived, wrt=["x"], runs=2, known=known)

        first = [None] if kind == "handle" else [2]

        def strictly(x):
            v = variable(first, tf.float32)
            begun = after(v.set(x), v.read)
            return after(after(begun, lambda: v.set(tf.concat([x, x], 0), strictly=True)), v.read)

        family.refused(f"{kind}_strictly", {"x": np.float32([1, 2])}, strictly)

        def left_alone(x):
            v = variable(first, tf.float32)
            begun = after(v.set(x), v.read)
            return after(after(begun, lambda: v.set(x + begun, strictly=True)), v.read)

        family.case(f"{kind}_strictly_alike", {"x": np.float32([1, 2])}, left_alone, runs=2)

        def wrongly_added(x):
            v = variable(first, tf.float32)
            begun = after(v.set(x), v.read)
            return after(after(begun, lambda: v.add(tf.concat([x, x], 0))), v.read)

        family.refused(f"{kind}_added", {"x": np.float32([1, 2])}, wrongly_added)

        def texts(x):
            v = variable(None if kind == "handle" else [3], tf.string)
            begun = after(v.set(x), v.read)
            grown = after(begun, lambda: v.set(tf.reshape(tf.concat([begun, x], 0), [2, -1])))
            return after(grown, v.read)

        family.case(f"{kind}_texts", {"x": np.array(["a", "b", "c"])}, texts, runs=2)

        for modern in (True, False):
            if kind == "reference" and modern:
                continue

            def grows(x):
                (v1.enable_control_flow_v2 if modern else v1.disable_control_flow_v2)()
                v = variable(first, tf.float32)
                begun = after(v.set(x), v.read)

                def turn(i):
                    old = after(i, v.read)
                    return after(v.set(tf.concat([old, tf.cast([i], tf.float32)], 0)), lambda: i + 1)

                with tf.control_dependencies([begun]):
                    start = tf.constant(0)
                turns = v1.while_loop(lambda i: i < 4, turn, [start], back_prop=False, parallel_iterations=1)
                return [turns, after(turns, v.read) * 1.0]

            # A reference enters the loop before anything is put in.
            if kind == "handle":
                family.case(f"{kind}_loop_{modern}", {"x": np.float32([7, 8])}, grows, runs=2)

            def chosen(x):
                (v1.enable_control_flow_v2 if modern else v1.disable_control_flow_v2)()
                v = variable(first, tf.float32)
                begun = after(v.set(x), v.read)
                with tf.control_dependencies([begun]):
                    long = tf.reduce_sum(begun) > 10.0
                one = v1.cond(long, lambda: after(v.set(x[:1]), lambda: tf.constant(1)),
                              lambda: after(v.set(tf.concat([x, x], 0)), lambda: tf.constant(2)))
                return [one, after(one, v.read) * 1.0]

            for x in ([7, 8], [1, 2]):
                family.case(f"{kind}_chosen_{modern}_{x[0]}", {"x": np.float32(x)}, chosen, runs=2)
