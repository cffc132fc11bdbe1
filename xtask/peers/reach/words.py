"""Variables of strings: their slices changed and looked up."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def record(family):
    words = np.array([["a", "b"], ["c", "d"], ["e", "f"]], object)
    updates = np.array([["x", "y"], ["z", ""]], object)

    def held(x, change, resource):
        if resource:
            v = raw.VarHandleOp(dtype=tf.string, shape=[3, 2])
            with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=x)]):
                changed = change(v)
            with tf.control_dependencies([changed]):
                return [raw.ReadVariableOp(resource=v, dtype=tf.string),
                        raw.ResourceGather(resource=v, indices=[[2, 0], [1, 1]], dtype=tf.string)]
        v = raw.VariableV2(shape=[3, 2], dtype=tf.string)
        with tf.control_dependencies([raw.Assign(ref=v, value=x)]):
            changed = change(v)
        with tf.control_dependencies([changed]):
            return tf.identity(v)

    for dtype in (np.int32, np.int64):
        name = np.dtype(dtype).name
        rows, places = np.array([2, 0], dtype), np.array([[2], [0]], dtype)
        one, pair = np.array(1, dtype), np.array([[0, 1], [2, 0]], dtype)
        for label, index, new in (("rows", rows, updates), ("row", one, updates[0])):
            family.case(f"update_{label}_{name}", {"x": words, "u": new}, lambda x, u: held(
                x, lambda v: raw.ScatterUpdate(ref=v, indices=index, updates=u).op, False))
            family.case(f"resource_update_{label}_{name}", {"x": words, "u": new}, lambda x, u: held(
                x, lambda v: raw.ResourceScatterUpdate(resource=v, indices=index, updates=u), True))
        for label, index, new in (("rows", places, updates), ("pairs", pair, updates[:, 0])):
            family.case(f"update_nd_{label}_{name}", {"x": words, "u": new}, lambda x, u: held(
                x, lambda v: raw.ScatterNdUpdate(ref=v, indices=index, updates=u).op, False))
            family.case(f"resource_update_nd_{label}_{name}", {"x": words, "u": new}, lambda x, u: held(
                x, lambda v: raw.ResourceScatterNdUpdate(ref=v, indices=index, updates=u), True))
    family.refused("outside", {"i": np.array([3], np.int32)}, lambda i: held(
        tf.constant(words), lambda v: raw.ScatterUpdate(ref=v, indices=i, updates=updates[:1]).op, False))
