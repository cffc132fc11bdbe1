"""What few programs do: poolings along channels, vectors where a number belongs, variables that hold nothing, and
gradients of picked slices."""

import inspect

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    channels(family)
    empty(family)
    ranks(family)
    gradients(family)


def attempt(family, name, feeds, build, **how):
    """Records a case, unless TensorFlow refuses the node as it is made."""
    try:
        family.case(name, feeds, build, **how)
    except (TypeError, ValueError, LookupError) as error:
        print(f"{name}: {str(error)[:100]}")


def channels(family):
    """Windows along the channels."""
    x = np.arange(64, dtype=np.float32).reshape(1, 4, 4, 4)
    window = dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding="SAME")
    ways = {
        "greatest": ({"x": x}, lambda x: raw.MaxPool(input=x, **window)),
        "greatest_v2": ({"x": x}, lambda x: raw.MaxPoolV2(input=x, **window)),
    }
    for name, (feeds, build) in ways.items():
        for known in (True, False):
            attempt(family, f"channels_{name}_{known}", {key: value.copy() for key, value in feeds.items()}, build, known=known)


def empty(family):
    """Of which kind the error is, op by op, where a resource variable holds nothing."""
    handle = lambda name="w", kind=tf.float32, shape=(2,): raw.VarHandleOp(shape=shape, dtype=kind, shared_name=name, name=name)

    def after(change):
        with tf.control_dependencies([change]):
            return tf.constant(1.0)

    i, u = np.int32([0]), np.float32([1.0])
    ways = {
        "read": lambda x: raw.ReadVariableOp(resource=handle(), dtype=tf.float32),
        "read_and_added": lambda x: raw.ReadVariableOp(resource=handle(), dtype=tf.float32) + x,
        "add": lambda x: after(raw.AssignAddVariableOp(resource=handle(), value=x)),
        "sub": lambda x: after(raw.AssignSubVariableOp(resource=handle(), value=x)),
        "gather": lambda x: raw.ResourceGather(resource=handle(), indices=i, dtype=tf.float32),
        "gather_nd": lambda x: raw.ResourceGatherNd(resource=handle(), indices=[[0]], dtype=tf.float32),
        "strided": lambda x: after(raw.ResourceStridedSliceAssign(ref=handle(), begin=i, end=i + 1, strides=i + 1, value=u)),
        "count": lambda x: raw.ResourceCountUpTo(resource=handle("n", tf.int32, ()), limit=3, T=tf.int32),
    }
    for change in ("Update", "Add", "Sub", "Min", "Max"):
        ways[f"scatter_{change}"] = lambda x, op=getattr(raw, f"ResourceScatter{change}"): after(op(resource=handle(), indices=i, updates=u))
        ways[f"scatter_nd_{change}"] = lambda x, op=getattr(raw, f"ResourceScatterNd{change}"): after(op(ref=handle(), indices=[[0]], updates=u))
    for name in sorted(dir(raw)):
        if name.startswith(("ResourceApply", "ResourceSparseApply")):
            ways[name] = lambda x, name=name: after(applied(name, x, handle))
    for name, build in ways.items():
        attempt(family, f"empty_{name}", {"x": np.ones(2, np.float32)}, build)


def applied(name, gradient, handle):
    """An update of variables that hold nothing."""
    op, arguments = getattr(raw, name), {}
    for key in inspect.signature(op).parameters:
        if key in ("use_locking", "use_nesterov", "update_slots", "multiply_linear_by_lr", "name"):
            continue
        if key in ("var", "m", "v", "vhat", "accum", "accum_update", "ms", "mom", "mg", "linear", "gradient_accumulator",
                   "gradient_squared_accumulator"):
            arguments[key] = handle(key)
        elif key in ("grad", "delta"):
            arguments[key] = gradient[:1] if "Sparse" in name else gradient
        elif key == "indices":
            arguments[key] = np.int32([0])
        elif key == "global_step":
            arguments[key] = np.int64(1)
        else:
            arguments[key] = np.float32(0.5)
    return op(**arguments)


def ranks(family):
    """Vectors where one number belongs."""
    x = np.float32([3.0, 1.0, 2.0, 4.0])
    for name, value in (("one", [0]), ("none", []), ("two", [0, 0]), ("matrix", [[0]])):
        feeds = lambda: {"x": x.copy(), "n": np.array(value, np.int32)}
        attempt(family, f"vector_top_{name}", feeds(), lambda x, n: raw.TopKV2(input=x, k=n)[0], known=False)
        attempt(family, f"vector_split_{name}", feeds(), lambda x, n: raw.Split(axis=n, value=x, num_split=2), known=False)
        # A vector of one number SplitV takes where it could not be seen before the run.
        if name in ("none", "two"):
            attempt(family, f"vector_split_sizes_{name}", feeds(), lambda x, n: raw.SplitV(
                value=x, size_splits=[2, 2], axis=n, num_split=2), known=False)
    for little in (True, False):
        attempt(family, f"padded_half_{little}", {"n": np.int32(8)}, lambda n: raw.DecodePaddedRaw(
            input_bytes=["abcdefgh", "ab"], fixed_length=n, out_type=tf.float16, little_endian=little))


def gradients(family):
    """Of slices of a variable that tuples of indices name."""
    for name, indices in (("one", [[1, 0]]), ("twice", [[0], [0], [1]])):
        def build(x, i):
            variable = raw.VarHandleOp(shape=[2, 3], dtype=tf.float32, shared_name="w", name="w")
            with tf.control_dependencies([raw.AssignVariableOp(resource=variable, value=np.arange(6, dtype=np.float32).reshape(2, 3))]):
                gathered = raw.ResourceGatherNd(resource=variable, indices=i, dtype=tf.float32)
                picked = tf.gradients(tf.reduce_sum(gathered * gathered) * x, variable)[0]
            return [gathered, tf.convert_to_tensor(picked)]
        attempt(family, f"gathered_gradient_{name}", {"x": np.float32(2.0), "i": np.array(indices, np.int32)}, build)
