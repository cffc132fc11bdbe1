"""What is refused when, and what is not: graphs that load although a node of them cannot run, because TensorFlow looks at less
before a run than in it; inputs that it refuses, and inputs out of the ordinary that it takes."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
NUMBERS = np.array([[1.5, -2.0, 3.0], [4.0, 0.5, -6.0]], np.float32)


def whole(*values):
    return np.array(values, np.int32)


def record(family):
    places(family)
    segments(family)
    scattered(family)
    convolutions(family)
    windows(family)
    penalties(family)
    products(family)
    variables(family)
    scalars(family)
    texts(family)
    sparse(family)
    queues(family)


def places(family):
    """OneHot, GatherV2 and Where."""
    one_hot = {"i": whole(0, 2), "on": np.float32(1.0), "off": np.float32(0.0)}
    family.loads("one_hot_axis_outside", dict(one_hot), lambda i, on, off: raw.OneHot(
        indices=i, depth=3, on_value=on, off_value=off, axis=5))
    family.loads("one_hot_on_vector", {**one_hot, "on": np.ones(1, np.float32)}, lambda i, on, off: raw.OneHot(
        indices=i, depth=3, on_value=on, off_value=off))
    family.loads("one_hot_off_vector", {**one_hot, "off": np.ones(2, np.float32)}, lambda i, on, off: raw.OneHot(
        indices=i, depth=3, on_value=on, off_value=off))
    family.loads("gather_batch_behind_axis", {"x": NUMBERS.copy(), "i": whole([0], [1])}, lambda x, i: raw.GatherV2(
        params=x, indices=i, axis=0, batch_dims=1))
    family.loads("gather_of_other_batches", {"x": NUMBERS.copy(), "i": whole([0])}, lambda x, i: raw.GatherV2(
        params=x, indices=i, axis=1, batch_dims=1))
    family.loads("where_scalar", {"x": np.bool_(True)}, lambda x: raw.Where(condition=x))
    family.loads("where_nine_axes", {"x": np.ones([1] * 9, np.bool_)}, lambda x: raw.Where(condition=x))


def segments(family):
    for fold in ("Sum", "Mean", "Max", "Min", "Prod"):
        op = getattr(raw, f"Segment{fold}")
        segment = lambda x, s: op(data=x, segment_ids=s)
        family.loads(f"segment_{fold}_other_count", {"x": NUMBERS.copy(), "s": whole(0)}, segment)
        family.loads(f"segment_{fold}_none", {"x": NUMBERS.copy(), "s": np.zeros(0, np.int32)}, segment)
        family.refused(f"segment_{fold}_matrix", {"x": NUMBERS.copy(), "s": whole([0, 1], [1, 1])}, segment)
        family.refused(f"segment_{fold}_scalar", {"x": np.float32(1.0), "s": whole(0)}, segment)
        family.refused(f"segment_{fold}_one", {"x": NUMBERS.copy(), "s": np.int32(0)}, segment)


def scattered(family):
    """Slices put where indices say. Of what does not fit, what TensorFlow sees before a run is not recorded with known shapes."""
    ways = {
        "updates_scalar": (np.arange(3), [[0]], 1.0),
        "tuple_too_long": (np.arange(3), [[0, 1]], [1.0]),
        "one_tuple": (np.arange(3), [0], 1.0),
        "no_tuples": (np.arange(3), np.zeros([0, 1]), np.zeros([0])),
        "empty_tuple": (np.arange(3), np.zeros([1, 0]), np.ones([1, 3])),
        "empty_tuples": (np.arange(3), np.zeros([2, 0]), np.ones([2, 3])),
        "outside": (np.arange(3), [[7]], [1.0]),
        "negative": (np.arange(3), [[-1]], [1.0]),
        "into_nothing": (np.zeros(0), np.zeros([0, 1]), np.zeros([0])),
        "rows": (NUMBERS, [[1]], [[7.0, 8.0, 9.0]]),
    }
    unknown = {
        **ways,
        "more_updates": (np.arange(3), [[0]], [1.0, 2.0]),
        "updates_of_more_axes": (np.arange(3), [[0]], [[1.0]]),
        "into_scalar": (1.0, [[0]], [1.0]),
        "index_scalar": (np.arange(3), 0, 1.0),
        "no_tuples_but_updates": (np.arange(3), np.zeros([0, 1]), np.zeros([2])),
        "empty_tuple_other_updates": (np.arange(3), np.zeros([1, 0]), np.ones([1])),
        "something_into_nothing": (np.zeros(0), [[0]], [1.0]),
        "rows_too_short": (NUMBERS, [[1]], [[7.0, 8.0]]),
    }
    for op in ("TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "TensorScatterMin", "TensorScatterMax",
               "ScatterNdNonAliasingAdd"):
        function = getattr(raw, op)
        first = "input" if op == "ScatterNdNonAliasingAdd" else "tensor"
        build = lambda x, i, u: function(**{first: x}, indices=i, updates=u)
        put(family, op, build, ways, unknown)
    for op in ("Update", "Add", "Sub", "Min", "Max"):
        put(family, f"ScatterNd{op}", nd_reference(getattr(raw, f"ScatterNd{op}")), ways, unknown)
        put(family, f"ResourceScatterNd{op}", nd_resource(getattr(raw, f"ResourceScatterNd{op}")), ways, unknown)
    for name, (x, i, u) in unknown.items():
        feeds = {"i": np.array(i, np.int32), "u": np.array(u, np.float32)}
        shape = np.array(np.shape(x), np.int32)
        build = lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=tf.constant(shape))
        attempt(family, f"ScatterNd_{name}_unknown", dict(feeds), build, known=False)
        attempt(family, f"ScatterNd_{name}", dict(feeds), build)


def put(family, op, build, ways, unknown):
    for cases, known in ((ways, True), (unknown, False)):
        for name, (x, i, u) in cases.items():
            feeds = {"x": np.array(x, np.float32), "i": np.array(i, np.int32), "u": np.array(u, np.float32)}
            suffix = "" if known else "_unknown"
            attempt(family, f"{op}_{name}{suffix}", feeds, build, known=known)


def attempt(family, name, feeds, build, known=True):
    """Records a case, unless TensorFlow refuses the node as it is made."""
    try:
        family.case(name, feeds, build, known=known, beside=True)
    except (TypeError, ValueError):
        pass


def nd_reference(op):
    def build(x, i, u):
        shape = x.shape.as_list() if x.shape.rank is not None else tf.TensorShape(None)
        variable = raw.VariableV2(shape=shape, dtype=tf.float32)
        with tf.control_dependencies([raw.Assign(ref=variable, value=x, validate_shape=x.shape.rank is not None).op]):
            return tf.identity(op(ref=variable, indices=i, updates=u))
    return build


def nd_resource(op):
    def build(x, i, u):
        variable = raw.VarHandleOp(shape=x.shape, dtype=tf.float32, shared_name="w", name="w")
        with tf.control_dependencies([raw.AssignVariableOp(resource=variable, value=x)]):
            change = op(ref=variable, indices=i, updates=u)
        with tf.control_dependencies([change]):
            return raw.ReadVariableOp(resource=variable, dtype=tf.float32)
    return build


def convolutions(family):
    """Conv2DBackpropFilter looks at nothing but the filter's shape."""
    ways = {
        "other_size": ([1, 4, 4, 1], [2, 2, 1, 1], [1, 2, 2, 1]),
        "other_channels": ([1, 4, 4, 1], [2, 2, 2, 1], [1, 3, 3, 1]),
        "other_filters": ([1, 4, 4, 1], [2, 2, 1, 2], [1, 3, 3, 1]),
        "other_batch": ([1, 4, 4, 1], [2, 2, 1, 1], [2, 3, 3, 1]),
        "three_axes": ([4, 4, 1], [2, 2, 1, 1], [1, 3, 3, 1]),
        "three_axes_back": ([1, 4, 4, 1], [2, 2, 1, 1], [3, 3, 1]),
        "too_large": ([1, 4, 4, 1], [7, 7, 1, 1], [1, 3, 3, 1]),
        "no_images": ([0, 4, 4, 1], [2, 2, 1, 1], [0, 3, 3, 1]),
        "no_filters": ([1, 4, 4, 1], [2, 2, 1, 0], [1, 3, 3, 0]),
    }
    draw = np.random.RandomState(3)
    for name, (x, shape, dy) in ways.items():
        feeds = {"x": draw.uniform(-1, 1, x).astype(np.float32), "dy": draw.uniform(-1, 1, dy).astype(np.float32)}
        family.case(f"filter_gradient_{name}", feeds, lambda x, dy: raw.Conv2DBackpropFilter(
            input=x, filter_sizes=shape, out_backprop=dy, strides=[1, 1, 1, 1], padding="VALID"), beside=True)


def windows(family):
    """Attributes of convolutions and poolings that TensorFlow looks at only as it makes a kernel, and odd sizes."""
    x, w, volume = (np.ones(shape, np.float32) for shape in ([1, 4, 4, 2], [2, 2, 2, 2], [1, 4, 4, 4, 2]))
    pooled = lambda op, **attrs: lambda x: op(**{key: x for key in ("value",) if op is raw.AvgPool} or {"input": x}, padding="SAME",
                                              **attrs)
    for name, attrs in {
            "batch": dict(ksize=[2, 1, 1, 1], strides=[1, 1, 1, 1]),
            "batch_strides": dict(ksize=[1, 2, 2, 1], strides=[2, 1, 1, 1]),
            "channels_and_pixels": dict(ksize=[1, 2, 2, 2], strides=[1, 1, 1, 2]),
            "channels_overlapping": dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 1]),
            "channels": dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2]),
            "no_size": dict(ksize=[1, 0, 2, 1], strides=[1, 1, 1, 1]),
            "negative_size": dict(ksize=[1, -2, 2, 1], strides=[1, 1, 1, 1]),
            "no_strides": dict(ksize=[1, 2, 2, 1], strides=[1, 0, 1, 1]),
            "negative_strides": dict(ksize=[1, 2, 2, 1], strides=[1, -1, 1, 1]),
            "strides_of_channels": dict(ksize=[1, 2, 2, 1], strides=[1, 1, 1, 2]),
            "five_sizes": dict(ksize=[1, 2, 2, 1, 1], strides=[1, 1, 1, 1, 1]),
    }.items():
        # What AvgPool and MaxPoolWithArgmax do with channels, TensorFlow leaves open.
        for op in ("MaxPool", "AvgPool", "MaxPoolWithArgmax")[:1 if name == "channels" else 3]:
            attempt(family, f"{op}_{name}", {"x": x.copy()}, pooled(getattr(raw, op), **attrs))
            attempt(family, f"{op}_{name}_unknown", {"x": x.copy()}, pooled(getattr(raw, op), **attrs), known=False)
        for op in ("MaxPool3D", "AvgPool3D"):
            deep = {key: [value[0], 1, *value[1:]] for key, value in attrs.items()}
            attempt(family, f"{op}_{name}", {"x": volume.copy()}, pooled(getattr(raw, op), **deep))
    for name, attrs in {
            "batch_strides": dict(strides=[2, 1, 1, 1]),
            "channel_strides": dict(strides=[1, 1, 1, 2]),
            "no_strides": dict(strides=[1, 0, 1, 1]),
            "negative_strides": dict(strides=[1, -1, 1, 1]),
            "batch_dilations": dict(strides=[1, 1, 1, 1], dilations=[2, 1, 1, 1]),
            "channel_dilations": dict(strides=[1, 1, 1, 1], dilations=[1, 1, 1, 2]),
            "no_dilations": dict(strides=[1, 1, 1, 1], dilations=[1, 0, 1, 1]),
            "five_strides": dict(strides=[1, 1, 1, 1, 1]),
            "explicit_of_same": dict(strides=[1, 1, 1, 1], explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0]),
            "other_strides": dict(strides=[1, 1, 2, 1]),
    }.items():
        attempt(family, f"Conv2D_{name}", {"x": x.copy(), "w": w.copy()}, lambda x, w: raw.Conv2D(
            input=x, filter=w, padding="SAME", **attrs))
        attempt(family, f"Conv2D_{name}_unknown", {"x": x.copy(), "w": w.copy()}, lambda x, w: raw.Conv2D(
            input=x, filter=w, padding="SAME", **attrs), known=False)
        if "explicit_paddings" not in attrs:
            attempt(family, f"DepthwiseConv2dNative_{name}", {"x": x.copy(), "w": w.copy()}, lambda x, w: raw.DepthwiseConv2dNative(
                input=x, filter=w, padding="SAME", **attrs))
            deep = {key: [value[0], 1, *value[1:]] for key, value in attrs.items()}
            attempt(family, f"Conv3D_{name}", {"x": volume.copy(), "w": np.ones([1, 2, 2, 2, 2], np.float32)}, lambda x, w: raw.Conv3D(
                input=x, filter=w, padding="SAME", **deep))
        attempt(family, f"Conv2DBackpropInput_{name}", {"w": w.copy(), "dy": x.copy()}, lambda w, dy: raw.Conv2DBackpropInput(
            input_sizes=[1, 4, 4, 2], filter=w, out_backprop=dy, padding="SAME", **attrs))
        if "explicit_paddings" not in attrs and "dilations" not in name:
            attempt(family, f"DepthwiseBackpropInput_{name}", {"w": w.copy(), "dy": np.ones([1, 4, 4, 4], np.float32)},
                    lambda w, dy: raw.DepthwiseConv2dNativeBackpropInput(
                        input_sizes=[1, 4, 4, 2], filter=w, out_backprop=dy, padding="SAME", **attrs))
    for name, (image, filters) in {
            "no_window": ([1, 4, 4, 2], [0, 2, 2, 2]),
            "no_filters": ([1, 4, 4, 2], [2, 2, 2, 0]),
            "no_channels": ([1, 4, 4, 0], [2, 2, 0, 2]),
            "no_channels_seen": ([1, 4, 4, 2], [2, 2, 0, 2]),
            "no_images": ([0, 4, 4, 2], [2, 2, 2, 2]),
            "no_pixels": ([1, 0, 4, 2], [2, 2, 2, 2]),
            "nothing": ([0, 4, 4, 0], [2, 2, 0, 2]),
    }.items():
        for padding in ("SAME", "VALID"):
            for known in (True, False):
                feeds = {"x": np.ones(image, np.float32), "w": np.ones(filters, np.float32)}
                suffix = padding + ("" if known else "_unknown")
                attempt(family, f"Conv2D_{name}_{suffix}", dict(feeds), lambda x, w: raw.Conv2D(
                    input=x, filter=w, strides=[1, 1, 1, 1], padding=padding), known=known)
                # Windows of no places TensorFlow lays down once more than there is room for.
                if name == "no_window" and padding == "VALID":
                    continue
                attempt(family, f"DepthwiseConv2dNative_{name}_{suffix}", dict(feeds), lambda x, w: raw.DepthwiseConv2dNative(
                    input=x, filter=w, strides=[1, 1, 1, 1], padding=padding), known=known)


def penalties(family):
    """Learning rates and penalties that TensorFlow refuses."""
    settings = {"good": {}, "no_rate": {"lr": 0.0}, "negative_rate": {"lr": -0.5}, "negative_l1": {"l1": -0.1}, "negative_l2": {"l2": -0.1},
                "positive_power": {"power": 0.5}, "zero_power": {"power": 0.0}, "negative_shrinkage": {"shrinkage": -0.1},
                "nan_rate": {"lr": float("nan")}}
    for setting, changed in settings.items():
        numbers = {"lr": 0.5, "l1": 0.1, "l2": 0.2, "shrinkage": 0.1, "power": -0.5, **changed}
        for form in ("", "Resource"):
            for rows in ("", "Sparse"):
                for op in ("ApplyFtrl", "ApplyFtrlV2", "ApplyProximalAdagrad", "ApplyProximalGradientDescent", "ApplyGradientDescent",
                           "ApplyAdagrad", "ApplyAdagradDA"):
                    name = f"{form}{rows}{op}"
                    if hasattr(raw, name):
                        build = lambda x: applied(name, form, rows, numbers)
                        family.case(f"{name}_{setting}", {"x": np.float32(1.0)}, build)


def applied(name, form, rows, numbers):
    """A variable after an optimizer's op, by its arguments' names."""
    import inspect
    op = getattr(raw, name)
    wanted = inspect.signature(op).parameters
    start = {"var": [1.0, 2.0], "accum": [0.5, 0.25], "linear": [0.1, -0.2], "gradient_accumulator": [0.5, 0.5],
             "gradient_squared_accumulator": [0.5, 0.5]}
    gradient = np.array([0.5], np.float32) if rows else np.array([0.5, -1.0], np.float32)
    others = {"grad": gradient, "delta": gradient, "indices": whole(1), "lr": numbers["lr"], "alpha": numbers["lr"], "l1": numbers["l1"],
              "l2": numbers["l2"], "l2_shrinkage": numbers["shrinkage"], "lr_power": numbers["power"], "global_step": np.int64(1)}
    arguments, sets, variables = {}, [], []
    for key in wanted:
        if key in start:
            value = np.array(start[key], np.float32)
            if form:
                variable = raw.VarHandleOp(shape=[2], dtype=tf.float32, shared_name=key, name=key)
                sets.append(raw.AssignVariableOp(resource=variable, value=value))
            else:
                variable = raw.VariableV2(shape=[2], dtype=tf.float32, name=key)
                sets.append(raw.Assign(ref=variable, value=value).op)
            arguments[key] = variable
            variables.append(variable)
        elif key in others:
            value = others[key]
            arguments[key] = tf.constant(value, tf.float32) if isinstance(value, float) else tf.constant(value)
    with tf.control_dependencies(sets):
        change = op(**arguments)
    with tf.control_dependencies([change.op if isinstance(change, tf.Tensor) else change]):
        if form:
            return [raw.ReadVariableOp(resource=variable, dtype=tf.float32) for variable in variables]
        return [variable + 0.0 for variable in variables]


def products(family):
    """BatchMatMul, the first, does not broadcast."""
    for name, x, y in (("same", [2, 3, 4], [2, 4, 5]), ("one", [2, 3, 4], [1, 4, 5]), ("fewer", [2, 3, 4], [4, 5]), ("matrices", [3, 4], [4, 5]),
                       ("other_rank", [1, 2, 3, 4], [2, 4, 5]), ("vectors", [3], [3]), ("other_inner", [2, 3, 4], [2, 3, 4])):
        for op in ("BatchMatMul", "BatchMatMulV2"):
            for known in (True, False):
                feeds = {"x": np.ones(x, np.float32), "y": np.ones(y, np.float32)}
                suffix = "" if known else "_unknown"
                attempt(family, f"{op}_{name}{suffix}", feeds, lambda x, y: getattr(raw, op)(x=x, y=y), known=known)


def variables(family):
    """Values of another shape than the variable's, and changes of variables of bools."""
    for name, shape in (("known", [2]), ("rank", [None]), ("unknown", None)):
        for validate in (False, True):
            def build(x, y):
                variable = raw.VarHandleOp(shape=tf.TensorShape(shape), dtype=tf.float32, shared_name="w", name="w")
                first = raw.AssignVariableOp(resource=variable, value=x)
                with tf.control_dependencies([first]):
                    before = raw.ReadVariableOp(resource=variable, dtype=tf.float32)
                with tf.control_dependencies([before]):
                    second = raw.AssignVariableOp(resource=variable, value=y, validate_shape=validate)
                with tf.control_dependencies([second]):
                    return [before, raw.ReadVariableOp(resource=variable, dtype=tf.float32), raw.VariableShape(input=variable)]
            others = (("longer", np.ones(3)), ("matrix", np.ones([2, 2])), ("scalar", np.float64(1.0)))
            for label, y in (("same", np.ones(2)), *(others if validate else ())):
                for known in (True, False):
                    suffix = f"{name}_{validate}_{label}" + ("" if known else "_fed")
                    attempt(family, f"assigned_{suffix}", {"x": np.zeros(2, np.float32), "y": np.asarray(y, np.float32)}, build, known=known)
    for op in ("Update", "Add", "Sub"):
        def build(x, i, u):
            variable = raw.VarHandleOp(shape=x.shape, dtype=tf.bool, shared_name="w", name="w")
            with tf.control_dependencies([raw.AssignVariableOp(resource=variable, value=x)]):
                change = getattr(raw, f"ResourceScatterNd{op}")(ref=variable, indices=i, updates=u)
            with tf.control_dependencies([change]):
                return raw.ReadVariableOp(resource=variable, dtype=tf.bool)
        feeds = {"x": np.array([True, False, True, False]), "i": whole([0], [1], [2], [3]), "u": np.array([True, True, False, False])}
        attempt(family, f"bools_ResourceScatterNd{op}", feeds, build)


def scalars(family):
    """Where TensorFlow takes vectors of one element for scalars, and scalars for vectors."""
    one, none = np.array([3], np.int32), np.int32(3)
    for known in (True, False):
        suffix = "" if known else "_unknown"
        for label, dims in (("scalar", none), ("vector", one), ("matrix", np.array([[3]], np.int32))):
            for value_label, value in (("scalar", np.float32(2.0)), ("vector", np.array([2.0], np.float32)), ("two", np.ones(2, np.float32))):
                attempt(family, f"Fill_{label}_of_{value_label}{suffix}", {"d": dims.copy(), "v": value.copy()},
                        lambda d, v: raw.Fill(dims=d, value=v), known=known)
            attempt(family, f"Reshape_{label}{suffix}", {"x": np.arange(3, dtype=np.float32), "s": dims.copy()},
                    lambda x, s: raw.Reshape(tensor=x, shape=s), known=known)
            attempt(family, f"Range_limit_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.Range(start=0, limit=n, delta=1), known=known)
            attempt(family, f"Range_start_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.Range(start=n, limit=5, delta=1), known=known)
            attempt(family, f"Range_delta_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.Range(start=0, limit=5, delta=n), known=known)
            attempt(family, f"LinSpace_num_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.LinSpace(start=0.0, stop=1.0, num=n), known=known)
            attempt(family, f"ExpandDims_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.ExpandDims(input=np.ones([1, 1, 1], np.float32), axis=n),
                    known=known)
            attempt(family, f"RandomUniform_{label}{suffix}", {"n": dims.copy()},
                    lambda n: tf.shape(raw.RandomUniform(shape=n, dtype=tf.float32)), known=known)
            attempt(family, f"BroadcastTo_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.BroadcastTo(input=np.float32(1.0), shape=n),
                    known=known)
            attempt(family, f"Tile_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.Tile(input=np.ones(1, np.float32), multiples=n), known=known)
            attempt(family, f"Sum_axis_{label}{suffix}", {"n": dims - 3}, lambda n: raw.Sum(input=np.ones([2, 3], np.float32), axis=n), known=known)
            attempt(family, f"OneHot_depth_{label}{suffix}", {"n": dims.copy()},
                    lambda n: raw.OneHot(indices=[0], depth=n, on_value=1.0, off_value=0.0), known=known)
            # What these say before a run of vectors in the place of scalars, tenseur says too.
            if known and label != "scalar":
                continue
            attempt(family, f"TopK_{label}{suffix}", {"n": dims.copy()}, lambda n: raw.TopKV2(input=np.arange(4, dtype=np.float32), k=n)[0], known=known)
            attempt(family, f"Concat_axis_{label}{suffix}", {"n": dims - 3}, lambda n: raw.Concat(concat_dim=n, values=[[1.0], [2.0]]), known=known)
            attempt(family, f"ConcatV2_axis_{label}{suffix}", {"n": dims - 3}, lambda n: raw.ConcatV2(axis=n, values=[[1.0], [2.0]]), known=known)
            attempt(family, f"Split_axis_{label}{suffix}", {"n": dims - 3}, lambda n: raw.Split(axis=n, value=[1.0, 2.0], num_split=2), known=known)
            attempt(family, f"SegmentCount_{label}{suffix}", {"n": dims.copy()},
                    lambda n: raw.UnsortedSegmentSum(data=[1.0, 2.0], segment_ids=[0, 2], num_segments=n), known=known)


def texts(family):
    """Regular expressions and numbers as text."""
    text = np.array(["ab12", "", "aé"])
    for name, pattern, rewrite in (("missing_group", "a", r"<\1>"), ("one_group", "(a)", r"<\1\1>"), ("group_not_matched", "(b)?1", r"<\1>"),
                                   ("whole", "a.", r"[\0]"), ("bad_rewrite", "a", "x\\"), ("bad_digit", "a", r"\a"), ("backslash", "a", r"\\\\"),
                                   ("nothing", "", "-"), ("nothing_or_more", "x*", "-"), ("bad_pattern", "(", "x"), ("end", "$", "!"), ("start", "^", "!")):
        for every in (True, False):
            family.case(f"replaced_{name}_{every}", {"x": text.copy()}, lambda x: raw.RegexReplace(
                input=x, pattern=pattern, rewrite=rewrite, replace_global=every))
            family.case(f"replaced_statically_{name}_{every}", {"x": text.copy()}, lambda x: raw.StaticRegexReplace(
                input=x, pattern=pattern, rewrite=rewrite, replace_global=every))
    for number, text in enumerate(["0x10", "0X1F", "0x1p3", "-0x10", "0x", "0x1.8", "1e5", "1e400", "-1e400", "1e-400", "inf", "-Infinity", "nan",
                                   "NaN(1)", " 12 ", "12a", "", " ", "+5", "1_0", "1.", ".5", ".", "1e", "1f", "1d", "0b1", "1,5", "infinit",
                                   "9223372036854775807", "9223372036854775808", "-9223372036854775809", "2147483648", "00012", "- 1", "1 2"]):
        for kind in ("float32", "float64", "int32", "int64"):
            family.case(f"number_{number}_{kind}", {"x": np.array([text])}, lambda x: raw.StringToNumber(string_tensor=x, out_type=kind))


def sparse(family):
    """Sparse tensors whose indices lie outside of their shapes."""
    draws = {"outside": [[0, 1], [5, 2]], "negative": [[-1, 0], [1, 1]], "unordered": [[1, 0], [0, 1]], "twice": [[0, 1], [0, 1]], "inside": [[0, 1], [1, 2]]}
    for name, indices in draws.items():
        feeds = {"i": np.array(indices, np.int64), "v": np.array([1.5, -2.0], np.float32), "s": np.array([2, 3], np.int64)}
        ways = {
            "reorder": lambda i, v, s: list(raw.SparseReorder(input_indices=i, input_values=v, input_shape=s)),
            "slice": lambda i, v, s: list(raw.SparseSlice(indices=i, values=v, shape=s, start=np.int64([0, 1]), size=np.int64([2, 2]))),
            "reshape": lambda i, v, s: list(raw.SparseReshape(input_indices=i, input_shape=s, new_shape=np.int64([3, -1]))),
            "split": lambda i, v, s: [y for part in raw.SparseSplit(split_dim=np.int64(1), indices=i, values=v, shape=s, num_split=2) for y in part],
            "concat": lambda i, v, s: list(raw.SparseConcat(indices=[i, i], values=[v, v], shapes=[s, s], concat_dim=1)),
            "add": lambda i, v, s: list(raw.SparseAdd(a_indices=i, a_values=v, a_shape=s, b_indices=i, b_values=v, b_shape=s, thresh=0.0)),
            "add_dense": lambda i, v, s: raw.SparseTensorDenseAdd(a_indices=i, a_values=v, a_shape=s, b=np.ones([2, 3], np.float32)),
            "times_dense": lambda i, v, s: raw.SparseDenseCwiseMul(sp_indices=i, sp_values=v, sp_shape=s, dense=np.ones([2, 3], np.float32)),
            "product": lambda i, v, s: raw.SparseTensorDenseMatMul(a_indices=i, a_values=v, a_shape=s, b=np.ones([3, 2], np.float32)),
            "sum": lambda i, v, s: raw.SparseReduceSum(input_indices=i, input_values=v, input_shape=s, reduction_axes=[1]),
            "sum_sparse": lambda i, v, s: list(raw.SparseReduceSumSparse(input_indices=i, input_values=v, input_shape=s, reduction_axes=[1])),
            "max": lambda i, v, s: raw.SparseReduceMax(input_indices=i, input_values=v, input_shape=s, reduction_axes=[0]),
            "softmax": lambda i, v, s: raw.SparseSoftmax(sp_indices=i, sp_values=v, sp_shape=s),
            "dense": lambda i, v, s: raw.SparseToDense(sparse_indices=i, output_shape=s, sparse_values=v, default_value=0.0),
            "dense_unchecked": lambda i, v, s: raw.SparseToDense(
                sparse_indices=i, output_shape=s, sparse_values=v, default_value=0.0, validate_indices=False),
            "filled": lambda i, v, s: list(raw.SparseFillEmptyRows(indices=i, values=v, dense_shape=s, default_value=7.0)),
            "maximum": lambda i, v, s: list(raw.SparseSparseMaximum(
                a_indices=i, a_values=v, a_shape=s, b_indices=i, b_values=v, b_shape=s)),
            "cross": lambda i, v, s: raw.SparseReorder(input_indices=i, input_values=v, input_shape=s)[1],
        }
        for way, build in ways.items():
            attempt(family, f"sparse_{way}_{name}", dict(feeds), build)


def queues(family):
    """What is taken out of a queue in the run that puts it in: nothing orders the two, and TensorFlow lets the one wait for the other."""
    for name, dtypes, many in (("one", [tf.float32], False), ("several", [tf.float32], True), ("text", [tf.string], False)):
        def build(x):
            queue = raw.FIFOQueueV2(component_types=dtypes, shapes=[[]], capacity=8, shared_name="q")
            if many:
                taken = raw.QueueDequeueManyV2(handle=queue, n=2, component_types=dtypes)[0]
                put = raw.QueueEnqueueManyV2(handle=queue, components=[x * 2.0])
            else:
                taken = raw.QueueDequeueV2(handle=queue, component_types=dtypes)[0]
                put = raw.QueueEnqueueV2(handle=queue, components=[raw.StringJoin(inputs=[x, x]) if dtypes == [tf.string] else x * 2.0])
            after = taken + 1.0 if dtypes != [tf.string] else raw.StringLength(input=taken)
            with tf.control_dependencies([put]):
                return [after, tf.constant(1.0)]
        x = {"one": np.float32(1.5), "several": np.array([1.5, -2.0], np.float32), "text": np.array("ab")}[name]
        family.case(f"taken_as_it_is_put_{name}", {"x": x}, build, runs=2)
