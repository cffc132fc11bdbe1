"""The edges of ops: constants that are out of range, in graphs that load all the same; indices outside that are passed over;
lists and stacks that grow, are full, or whose elements do not fit; sizes of 0 where something is to be made of nothing."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def constants_out_of_range(family):
    """TensorFlow looks at these in a run alone."""
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    segments = {"few": [0], "falling": [1, 0], "negative": [-1, 0]}
    ops = {
        "broadcast_args": lambda x: raw.BroadcastArgs(s0=[2], s1=[3]),
        "broadcast_gradient_args": lambda x: raw.BroadcastGradientArgs(s0=[2], s1=[3]),
        "broadcast_to": lambda x: raw.BroadcastTo(input=x[0], shape=[2, -1]),
        "concat_offset": lambda x: raw.ConcatOffset(concat_dim=1, shape=[[2, 3], [3, 3]]),
        "dynamic_partition": lambda x: raw.DynamicPartition(data=x, partitions=[0, 3], num_partitions=3),
        "dynamic_stitch": lambda x: raw.DynamicStitch(indices=[[-1, 0]], data=[x]),
        "gather_batches": lambda x: raw.GatherV2(params=x, indices=[[1], [0], [1]], axis=1, batch_dims=1),
        "gather_batch_dims": lambda x: raw.GatherV2(params=x, indices=[0, 1], axis=0, batch_dims=1),
        "mirror_pad": lambda x: raw.MirrorPad(input=x, paddings=[[0, 0], [3, 0]], mode="REFLECT"),
        "one_hot": lambda x: raw.OneHot(indices=[0, 1], depth=3, on_value=1.0, off_value=0.0, axis=2),
        "reshape": lambda x: raw.Reshape(tensor=x, shape=[-1, -1]),
        "roll": lambda x: raw.Roll(input=x, shift=[1], axis=[2]),
        "scatter_nd": lambda x: raw.ScatterNd(indices=[[0, 0, 0]], updates=[1.0], shape=[4, 3]),
        "slice_begin": lambda x: raw.Slice(input=x, begin=[-1, 0], size=[1, 1]),
        "slice_size": lambda x: raw.Slice(input=x, begin=[0, 0], size=[3, 3]),
        "strided_slice_grad": lambda x: raw.StridedSliceGrad(shape=[4, 3], begin=[0], end=[3], strides=[1], dy=x),
        "tile": lambda x: raw.Tile(input=x, multiples=[-1, 1]),
        "transpose": lambda x: raw.Transpose(x=x, perm=[0, 0]),
        **{f"segment_sum_{name}": lambda x, ids=ids: raw.SegmentSum(data=x, segment_ids=ids)
           for name, ids in segments.items()},
    }
    for name, op in ops.items():
        family.case(f"constant_{name}", {"x": x}, op)


def bad_indices(family):
    x = np.arange(12, dtype=np.float64).reshape(4, 3) + 0.5
    updates = np.array([[1.0, -2.0, 4.0], [0.25, 3.0, -1.0], [7.0, 8.0, 9.0]])
    for dtype in (np.int32, np.int64):
        indices = np.array([[1], [4], [-1]], dtype)
        shape = np.array([4, 3], dtype)
        for policy in ("IGNORE", "ERROR", ""):
            name = f"{np.dtype(dtype).name}_{policy or 'usual'}"
            family.case(f"gather_nd_{name}", {"x": x.copy(), "i": indices.copy()},
                        lambda x, i: raw.GatherNd(params=x, indices=i, bad_indices_policy=policy))
            family.case(f"scatter_nd_{name}", {"u": updates.copy(), "i": indices.copy()},
                        lambda u, i: raw.ScatterNd(indices=i, updates=u, shape=shape, bad_indices_policy=policy))
            for change in ("Update", "Add", "Sub", "Min", "Max"):
                op = getattr(raw, "TensorScatter" + change)
                family.case(f"tensor_scatter_{change.lower()}_{name}", {"x": x.copy(), "u": updates.copy(), "i": indices.copy()},
                            lambda x, u, i: op(tensor=x, indices=i, updates=u, bad_indices_policy=policy))
            for resource in (False, True):
                def changed(x, u, i):
                    if resource:
                        variable = raw.VarHandleOp(dtype=tf.float64, shape=[4, 3], shared_name="v")
                        set_ = raw.AssignVariableOp(resource=variable, value=x)
                    else:
                        variable = raw.VariableV2(dtype=tf.float64, shape=[4, 3])
                        set_ = raw.Assign(ref=variable, value=x).op
                    op = raw.ResourceScatterNdAdd if resource else raw.ScatterNdAdd
                    with tf.control_dependencies([set_]):
                        change = op(ref=variable, indices=i, updates=u, bad_indices_policy=policy)
                    with tf.control_dependencies([change if resource else change.op]):
                        return raw.ReadVariableOp(resource=variable, dtype=tf.float64) if resource else tf.identity(variable)
                kind = "resource" if resource else "reference"
                family.case(f"variable_{kind}_{name}", {"x": x.copy(), "u": updates.copy(), "i": indices.copy()}, changed)
    strings = np.array(["a", "b"], object)
    family.case("gather_nd_strings", {"x": strings},
                lambda x: raw.GatherNd(params=x, indices=[[1], [2]], bad_indices_policy="IGNORE"))
    for name, tensor, index in (("gather", [4, 0], [[], []]), ("rows", [4, 0], [[1], [2]])):
        index = np.array(index, np.int32).reshape(2, -1)
        rest = tensor[index.shape[1]:]
        family.case(f"into_nothing_{name}", {"x": np.zeros(tensor, np.float32), "i": index, "u": np.zeros([2] + rest, np.float32)},
                    lambda x, i, u: [raw.GatherNd(params=x, indices=i), raw.TensorScatterUpdate(tensor=x, indices=i, updates=u)],
                    known=False)


def lists(family):
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    kind = {"element_dtype": tf.float64}

    def grown(x):
        """As a tensor array of dynamic size does it in a functional loop."""
        grows = raw.EmptyTensorList(element_shape=[2], max_num_elements=-1, **kind)
        for place, row in ((2, x[0]), (0, x[1]), (2, x[2])):
            grows = raw.TensorListSetItem(input_handle=grows, index=place, item=row * row, resize_if_index_out_of_bounds=True)
        return raw.TensorListStack(input_handle=grows, element_shape=[2], num_elements=3, **kind)

    def looped(x):
        v1.enable_control_flow_v2()
        try:
            array = tf.TensorArray(tf.float64, size=0, dynamic_size=True, element_shape=[2])
            turn = lambda i, array: (i + 1, array.write(i, x[i] * tf.cast(i + 1, tf.float64)))
            return v1.while_loop(lambda i, array: i < 3, turn, [0, array])[1].stack()
        finally:
            v1.disable_control_flow_v2()

    for name, build in (("set", grown), ("looped", looped)):
        for alone in (False, True):
            family.case(f"grows_{name}_{'ours' if alone else 'theirs'}", {"x": x.copy()}, build, wrt=["x"], alone=alone)

    full = lambda most: raw.EmptyTensorList(element_shape=[2], max_num_elements=most, **kind)
    push = lambda list_, row: raw.TensorListPushBack(input_handle=list_, tensor=row)
    length = lambda list_: raw.TensorListLength(input_handle=list_)
    rows = lambda x: raw.TensorListFromTensor(tensor=x, element_shape=[2])
    family.case("within_bounds", {"x": x.copy()}, lambda x: length(push(push(full(2), x[0]), x[1])))
    family.refused("full", {"x": x.copy()}, lambda x: length(push(push(full(1), x[0]), x[1])))
    family.refused("another_shape", {"x": x.copy()}, lambda x: length(push(full(2), x[0, :1])))
    family.refused("another_shape_set", {"x": x.copy()}, lambda x: length(
        raw.TensorListSetItem(input_handle=rows(x), index=0, item=x[0, :1])))
    family.refused("another_number", {"x": x.copy()}, lambda x: raw.TensorListStack(
        input_handle=rows(x), element_shape=[2], num_elements=4, **kind))

    def pushed(x, most):
        stack = raw.StackV2(max_size=most, elem_type=tf.float64)
        for row in (x[0], x[1]):
            with tf.control_dependencies([row.op] if most < 0 else []):
                last = raw.StackPushV2(handle=stack, elem=row)
            x = tf.stack([x[0], last])
        return last

    for most in (-1, 2, 1):
        family.case(f"stack_of_{most if most >= 0 else 'any'}", {"x": x.copy()}, lambda x: pushed(x, most))
    family.refused("nothing_stacked", {"x": x.copy()}, lambda x: tf.TensorArray(tf.float64, size=0).stack() + x[0, 0])


def nothing(family):
    empty = np.zeros([0, 3], np.float32)
    for shape in ([0, -1], [0, -1, 1], [3, -1], [-1, 0], [5, -1, 0]):
        family.case(f"reshape_{'_'.join(str(size).replace('-', 'n') for size in shape)}", {"x": empty.copy()},
                    lambda x: raw.Reshape(tensor=x, shape=shape))
    for mode in ("REFLECT", "SYMMETRIC"):
        family.case(f"mirror_{mode}", {"x": empty.copy()}, lambda x: raw.MirrorPad(input=x, paddings=[[0, 0], [1, 1]], mode=mode))
    family.refused("where_of_a_scalar", {"x": np.array(True)}, lambda x: raw.Where(condition=x))
    family.refused("switch_by_a_list", {"x": empty.copy(), "p": np.array([True])}, lambda x, p: raw.Switch(data=x, pred=p)[1])
    for lengths in ([-1], [4], [3]):
        family.case(f"one_part_{str(lengths[0]).replace('-', 'n')}", {"x": np.ones([2, 3], np.float32), "n": np.array(lengths)},
                    lambda x, n: raw.SplitV(value=x, size_splits=n, axis=1, num_split=1))
    family.refused("cross_of_two", {"x": np.ones([2, 2], np.float32)}, lambda x: raw.Cross(a=x, b=x))


def numbers(family):
    limits = np.array([0.0, 1.0, np.inf, -np.inf, np.nan, -2.5])
    for dtype in (np.float32, np.float64):
        for op in ("BesselJ0", "BesselJ1"):
            family.case(f"{op}_{np.dtype(dtype).name}", {"x": limits.astype(dtype)}, lambda x: getattr(raw, op)(x=x))
    largest = np.array([np.finfo(np.float64).max, -np.finfo(np.float64).max, 700.0, -700.0])
    for op in ("BesselI0", "BesselI1", "BesselI0e", "BesselI1e"):
        family.case(f"{op}_largest", {"x": largest.copy()}, lambda x: getattr(raw, op)(x=x))
    for dtype in (np.complex64, np.complex128):
        family.case(f"truth_of_{np.dtype(dtype).name}", {"x": np.array([0, 1, 1j, -2 + 1j, 0j], dtype)}, lambda x: tf.cast(x, tf.bool))


def ranks(family):
    """Gradients where only a run shows how many axes there are."""
    x = np.linspace(0.5, 2.0, 12).reshape(2, 3, 2)
    x[0, 1, 1] = 0.0
    for axes in ([1], [0, -1], [], [0, 1, 2]):
        for keep in (False, True):
            name = "_".join(str(axis).replace("-", "n") for axis in axes) or "none"
            family.case(f"prod_{name}_{keep}", {"x": x.copy()}, lambda x: tf.square(
                tf.reduce_prod(x, np.array(axes, np.int32), keepdims=keep)), wrt=["x"], alone=True, known=False)
    family.case("prod_axes_fed", {"x": x.copy(), "axes": np.array([-1, 0], np.int32)}, lambda x, axes: tf.square(
        raw.Prod(input=x, axis=axes)), wrt=["x"], alone=True, known=False)
    for name, axis, batch, indices in (("last", -1, 0, [1, 0, 1]), ("middle", 1, 0, [[2, 0], [1, 1]]), ("one", 1, 0, 2),
                                       ("batch", 1, 1, [[2, 0, 2], [1, 1, 1]]), ("deeper", 2, 1, [[1], [0]]), ("first", 0, 0, [1, 1])):
        for dtype in (np.int32, np.int64):
            family.case(f"gather_{name}_{np.dtype(dtype).name}", {"x": x.copy(), "i": np.array(indices, dtype)}, lambda x, i: tf.square(
                tf.gather(x, i, axis=axis, batch_dims=batch)), wrt=["x"], alone=True, known=False)


def record(family):
    constants_out_of_range(family)
    bad_indices(family)
    lists(family)
    nothing(family)
    numbers(family)
    ranks(family)
