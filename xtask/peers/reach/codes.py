"""Of which kind an error is that only a run shows."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    for op in ("TruncateDiv", "TruncateMod", "Div", "Mod", "FloorDiv", "FloorMod", "Pow"):
        for kind in (np.int32, np.int64, np.int8, np.uint8):
            by = 0 if op != "Pow" else -1
            if op in ("Mod", "Pow") and kind in (np.int8, np.uint8):
                continue
            attempt(family, f"{op}_{np.dtype(kind).name}", {"x": kind([1, 2]), "y": kind([1, by])}, lambda x, y: getattr(raw, op)(x=x, y=y))
            attempt(family, f"{op}_{np.dtype(kind).name}_unknown", {"x": kind([1, 2]), "y": kind([by])},
                    lambda x, y: getattr(raw, op)(x=x, y=y) + 1, known=False)
    family.case("truncated_variable", {"y": np.int32(0)}, lambda y: tf.exp(tf.cast(raw.TruncateDiv(x=np.int32(4), y=y), tf.float32)))
    uninitialised(family)
    pictures(family)
    others(family)


def attempt(family, name, feeds, build, known=True):
    """Records a case, unless TensorFlow refuses the node as it is made."""
    try:
        family.case(name, feeds, build, known=known)
    except (TypeError, ValueError):
        pass


def uninitialised(family):
    """Optimizers, reads and changes of variables that hold nothing."""
    import inspect
    # Of resource variables TensorFlow says something else from op to op.
    for form in ("",):
        for name in sorted(dir(raw)):
            sparse = "Sparse" in name
            if not name.startswith(f"{form}Apply") and not name.startswith(f"{form}SparseApply"):
                continue
            op = getattr(raw, name)

            def build(x):
                arguments = {}
                for key in inspect.signature(op).parameters:
                    if key in ("use_locking", "use_nesterov", "update_slots", "multiply_linear_by_lr", "name"):
                        continue
                    if key in ("var", "m", "v", "vhat", "accum", "accum_update", "ms", "mom", "mg", "linear", "gradient_accumulator",
                               "gradient_squared_accumulator"):
                        arguments[key] = (raw.VarHandleOp(shape=[2], dtype=tf.float32, shared_name=key, name=key) if form
                                          else raw.VariableV2(shape=[2], dtype=tf.float32, name=key))
                    elif key in ("grad", "delta"):
                        arguments[key] = x[:1] if sparse else x
                    elif key == "indices":
                        arguments[key] = np.int32([0])
                    elif key == "global_step":
                        arguments[key] = np.int64(1)
                    else:
                        arguments[key] = np.float32(0.5)
                change = op(**arguments)
                with tf.control_dependencies([change.op if isinstance(change, tf.Tensor) else change]):
                    return tf.constant(1.0)
            attempt(family, f"empty_{name}", {"x": np.ones(2, np.float32)}, build)
    handle = lambda: raw.VarHandleOp(shape=[2], dtype=tf.float32, shared_name="w", name="w")
    reference = lambda: raw.VariableV2(shape=[2], dtype=tf.float32, name="w")

    def after(change):
        with tf.control_dependencies([change.op if isinstance(change, tf.Tensor) else change]):
            return tf.constant(1.0)

    i, u = np.int32([0]), np.float32([1.0])
    ways = {
        "read": lambda x: raw.ReadVariableOp(resource=handle(), dtype=tf.float32),
        "reference_read": lambda x: raw.Identity(input=reference()),
        "reference_add": lambda x: after(raw.AssignAdd(ref=reference(), value=x)),
        "reference_scatter": lambda x: after(raw.ScatterAdd(ref=reference(), indices=i, updates=u)),
        "reference_scatter_nd": lambda x: after(raw.ScatterNdAdd(ref=reference(), indices=[i], updates=u)),
        "reference_count": lambda x: raw.CountUpTo(ref=raw.VariableV2(shape=[], dtype=tf.int32, name="n"), limit=3),
        "reference_strided": lambda x: after(raw.StridedSliceAssign(ref=reference(), begin=i, end=i + 1, strides=i + 1, value=u)),
    }
    for way, build in ways.items():
        attempt(family, f"empty_{way}", {"x": np.ones(2, np.float32)}, build)

    def counted(x):
        counter = raw.VariableV2(shape=[], dtype=tf.int32, name="n")
        with tf.control_dependencies([raw.Assign(ref=counter, value=x).op]):
            return raw.CountUpTo(ref=counter, limit=3)
    family.case("counted_up", {"x": np.int32(3)}, counted)


def pictures(family):
    image, boxes = np.ones([2, 4, 4, 3], np.float32), np.float32([[0, 0, 1, 1], [0, 0, 0.5, 0.5]])
    for name, which in (("outside", [0, 5]), ("negative", [-1, 0]), ("too_many", [0, 0, 1])):
        for known in (True, False):
            family.case(f"crop_{name}_{known}", {"x": image.copy(), "b": boxes.copy(), "i": np.int32(which)}, lambda x, b, i: raw.CropAndResize(
                image=x, boxes=b, box_ind=i, crop_size=[2, 2]), known=known) if known is False or name != "too_many" else None
            if name != "too_many":
                family.case(f"crop_gradient_{name}_{known}", {"g": np.ones([2, 2, 2, 3], np.float32), "b": boxes.copy(), "i": np.int32(which)},
                            lambda g, b, i: raw.CropAndResizeGradImage(grads=g, boxes=b, box_ind=i, image_size=[2, 4, 4, 3], T=tf.float32), known=known)
                family.case(f"crop_gradient_of_boxes_{name}_{known}",
                            {"g": np.ones([2, 2, 2, 3], np.float32), "x": image.copy(), "b": boxes.copy(), "i": np.int32(which)},
                            lambda g, x, b, i: raw.CropAndResizeGradBoxes(grads=g, image=x, boxes=b, box_ind=i), known=known)


def others(family):
    """One refusal each of ops whose errors may be of other kinds."""
    f, ways = np.float32, {}
    ways["gather"] = ({"x": f([1, 2]), "i": np.int32([5])}, lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
    ways["gather_nd"] = ({"x": f([1, 2]), "i": np.int32([[5]])}, lambda x, i: raw.GatherNd(params=x, indices=i))
    ways["scatter"] = ({"i": np.int32([[5]]), "u": f([1])}, lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=[2]))
    ways["segment"] = ({"x": f([1, 2]), "i": np.int32([1, 0])}, lambda x, i: raw.SegmentSum(data=x, segment_ids=i))
    ways["segment_unsorted"] = ({"x": f([1, 2]), "i": np.int32([1, 9])}, lambda x, i: raw.UnsortedSegmentSum(data=x, segment_ids=i, num_segments=3))
    ways["sparse_segment"] = ({"x": f([1, 2]), "i": np.int32([1, 9])}, lambda x, i: raw.SparseSegmentSum(data=x, indices=i, segment_ids=[0, 1]))
    ways["cross_entropy"] = ({"x": f([[1, 2]]), "i": np.int32([5])}, lambda x, i: raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=i)[0])
    ways["numerics"] = ({"x": f([1, np.nan])}, lambda x: raw.CheckNumerics(tensor=x, message="it"))
    ways["assert"] = ({"x": np.bool_(False)}, with_assert)
    ways["inverse"] = ({"x": f([[1, 1], [1, 1]])}, lambda x: raw.MatrixInverse(input=x))
    ways["solve"] = ({"x": f([[1, 1], [1, 1]]), "y": f([[1], [1]])}, lambda x, y: raw.MatrixSolve(matrix=x, rhs=y))
    ways["reshape"] = ({"x": f([1, 2, 3]), "s": np.int32([2, 2])}, lambda x, s: raw.Reshape(tensor=x, shape=s))
    ways["slice"] = ({"x": f([1, 2, 3]), "b": np.int32([2])}, lambda x, b: raw.Slice(input=x, begin=b, size=[2]))
    ways["strided"] = ({"x": f([1, 2, 3]), "b": np.int32([5])}, lambda x, b: raw.StridedSlice(
        input=x, begin=b, end=b + 1, strides=[1], shrink_axis_mask=1))
    ways["concat"] = ({"x": f([[1]]), "y": f([1])}, lambda x, y: raw.ConcatV2(values=[x, y], axis=0))
    ways["split"] = ({"x": f([1, 2, 3])}, lambda x: raw.Split(axis=0, value=x, num_split=2))
    ways["split_sizes"] = ({"x": f([1, 2, 3]), "s": np.int32([1, 1])}, lambda x, s: raw.SplitV(value=x, size_splits=s, axis=0, num_split=2))
    ways["unpack"] = ({"x": f([1, 2, 3])}, lambda x: raw.Unpack(value=x, num=2))
    ways["tile"] = ({"x": f([1, 2]), "m": np.int32([-1])}, lambda x, m: raw.Tile(input=x, multiples=m))
    ways["pad"] = ({"x": f([1, 2]), "p": np.int32([[-1, 0]])}, lambda x, p: raw.Pad(input=x, paddings=p))
    ways["mirror"] = ({"x": f([1, 2]), "p": np.int32([[5, 0]])}, lambda x, p: raw.MirrorPad(input=x, paddings=p, mode="REFLECT"))
    ways["transpose"] = ({"x": f([[1, 2]]), "p": np.int32([0, 0])}, lambda x, p: raw.Transpose(x=x, perm=p))
    ways["top"] = ({"x": f([1, 2]), "k": np.int32(5)}, lambda x, k: raw.TopKV2(input=x, k=k)[0])
    ways["nth"] = ({"x": f([1, 2]), "k": np.int32(5)}, lambda x, k: raw.NthElement(input=x, n=k))
    ways["one_hot"] = ({"k": np.int32(-5)}, lambda k: raw.OneHot(indices=[0], depth=k, on_value=1.0, off_value=0.0))
    ways["range"] = ({"k": np.int32(0)}, lambda k: raw.Range(start=0, limit=5, delta=k))
    ways["linspace"] = ({"k": np.int32(0)}, lambda k: raw.LinSpace(start=0.0, stop=1.0, num=k))
    ways["fill"] = ({"k": np.int32([-1])}, lambda k: raw.Fill(dims=k, value=1.0))
    ways["number"] = ({"x": np.array(["x"])}, lambda x: raw.StringToNumber(string_tensor=x))
    ways["base64"] = ({"x": np.array(["?"])}, lambda x: raw.DecodeBase64(input=x))
    ways["decode_raw"] = ({"x": np.array(["abc"])}, lambda x: raw.DecodeRaw(bytes=x, out_type=tf.float32))
    ways["csv"] = ({"x": np.array(["a,b"])}, lambda x: raw.DecodeCSV(records=x, record_defaults=[[1.0], [2.0]]))
    ways["png"] = ({"x": np.array("x")}, lambda x: raw.DecodePng(contents=x))
    ways["jpeg"] = ({"x": np.array("x")}, lambda x: raw.DecodeJpeg(contents=x))
    ways["gif"] = ({"x": np.array("x")}, lambda x: raw.DecodeGif(contents=x))
    ways["bmp"] = ({"x": np.array("x")}, lambda x: raw.DecodeBmp(contents=x))
    ways["wav"] = ({"x": np.array("x")}, lambda x: raw.DecodeWav(contents=x)[0])
    ways["parse_tensor"] = ({"x": np.array("x")}, lambda x: raw.ParseTensor(serialized=x, out_type=tf.float32))
    ways["example"] = ({"x": np.array(["x"])}, lambda x: raw.ParseSingleExample(
        serialized=x[0], dense_defaults=[0.0], num_sparse=0, sparse_keys=[], dense_keys=["a"], sparse_types=[], dense_shapes=[[]])[3])
    ways["read_file"] = ({"x": np.array("/nothing/there")}, lambda x: raw.ReadFile(filename=x))
    ways["bincount"] = ({"i": np.int32([-1])}, lambda i: raw.Bincount(arr=i, size=3, weights=np.zeros(0, np.float32)))
    ways["reverse_sequence"] = ({"x": f([[1, 2]]), "n": np.int32([5])}, lambda x, n: raw.ReverseSequence(input=x, seq_lengths=n, seq_dim=1))
    ways["stitch"] = ({"i": np.int32([-1])}, lambda i: raw.DynamicStitch(indices=[i], data=[f([1])]))
    ways["partition"] = ({"i": np.int32([7])}, lambda i: raw.DynamicPartition(data=f([1]), partitions=i, num_partitions=2)[0])
    ways["matmul"] = ({"x": f([[1, 2]]), "y": f([[1, 2]])}, lambda x, y: raw.MatMul(a=x, b=y))
    ways["add"] = ({"x": f([1, 2]), "y": f([1, 2, 3])}, lambda x, y: raw.Add(x=x, y=y))
    ways["reduction"] = ({"x": f([1, 2]), "a": np.int32([3])}, lambda x, a: raw.Sum(input=x, axis=a))
    ways["argmax"] = ({"x": f([1, 2]), "a": np.int32(3)}, lambda x, a: raw.ArgMax(input=x, dimension=a))
    ways["argmax_nothing"] = ({"x": np.zeros([2, 0], f)}, lambda x: raw.ArgMax(input=x, dimension=1))
    ways["switch"] = ({"x": f([1])}, lambda x: raw.Switch(data=x, pred=tf.constant(True))[0])
    ways["unravel"] = ({"i": np.int32([99])}, lambda i: raw.UnravelIndex(indices=i, dims=[2, 3]))
    ways["invert"] = ({"i": np.int32([1, 1])}, lambda i: raw.InvertPermutation(x=i))
    ways["random"] = ({"k": np.int32([-1])}, lambda k: raw.RandomUniform(shape=k, dtype=tf.float32))
    ways["random_int"] = ({"k": np.int32(5)}, lambda k: raw.RandomUniformInt(shape=[2], minval=k, maxval=5))
    ways["multinomial"] = ({"x": f([[1, 2]]), "k": np.int32(-1)}, lambda x, k: raw.Multinomial(logits=x, num_samples=k))
    ways["placeholder"] = ({"x": f([1])}, lambda x: raw.Placeholder(dtype=tf.float32) + x)
    for name, (feeds, build) in ways.items():
        attempt(family, f"of_{name}", feeds, build, known=False)
    array = lambda **k: raw.TensorArrayV3(size=2, dtype=tf.float32, **k)

    def read(x, index, **k):
        handle, flow = array(**k)
        return raw.TensorArrayReadV3(handle=handle, index=index, flow_in=flow, dtype=tf.float32)

    def write(x, index, twice=False, **k):
        handle, flow = array(**k)
        flow = raw.TensorArrayWriteV3(handle=handle, index=index, value=x, flow_in=flow)
        if twice:
            flow = raw.TensorArrayWriteV3(handle=handle, index=index, value=x, flow_in=flow)
        return flow

    for name, build in {
            "array_read_outside": lambda x: read(x, 5), "array_read_unwritten": lambda x: read(x, 0), "array_write_outside": lambda x: write(x, 5),
            "array_write_negative": lambda x: write(x, -1), "array_write_twice": lambda x: write(x, 0, twice=True),
            "array_gather": lambda x: raw.TensorArrayGatherV3(handle=array()[0], indices=[7], flow_in=1.0, dtype=tf.float32),
            "array_concat": lambda x: raw.TensorArrayConcatV3(handle=array()[0], flow_in=1.0, dtype=tf.float32)[0],
            "list_item_outside": lambda x: raw.TensorListGetItem(
                input_handle=raw.TensorListReserve(element_shape=[1], num_elements=2, element_dtype=tf.float32), index=5, element_shape=[1],
                element_dtype=tf.float32),
            "list_pop_nothing": lambda x: raw.TensorListPopBack(
                input_handle=raw.EmptyTensorList(element_shape=[1], max_num_elements=2, element_dtype=tf.float32), element_shape=[1],
                element_dtype=tf.float32)[1],
            "stack_pop_nothing": lambda x: raw.StackPopV2(handle=raw.StackV2(max_size=2, elem_type=tf.float32), elem_type=tf.float32),
    }.items():
        attempt(family, f"of_{name}", {"x": f([1])}, build)


def with_assert(x):
    with tf.control_dependencies([raw.Assert(condition=x, data=["no"])]):
        return tf.constant(1.0)
