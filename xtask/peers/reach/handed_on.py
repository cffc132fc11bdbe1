"""What a session keeps for other runs beside queues: sparse tensors by numbers, buffers of tuples, gradients that add up."""

import numpy as np
import tensorflow as tf

raw, v1 = tf.raw_ops, tf.compat.v1
LONG = np.int64


class Chain:
    """Ops one after the other, and what they give."""

    def __init__(self):
        self.last, self.results = [], []

    def do(self, build):
        with tf.control_dependencies(self.last):
            result = build()
            tensors = list(result) if isinstance(result, (list, tuple)) else [result]
            kept = [tf.identity(tensor) for tensor in tensors if isinstance(tensor, tf.Tensor)]
        self.results += kept
        self.last = kept or [result]
        return self

    def end(self):
        with tf.control_dependencies(self.last):
            return self.results + [tf.constant(1)]


INDICES, SHAPE = LONG([[0, 1], [0, 2], [2, 0], [2, 3]]), LONG([4, 5])


def values_of(dtype):
    if dtype == np.object_:
        return np.array(["", "a", "bc", "ü"], object)
    return np.array([1, 0, 3, 2]).astype(dtype)


def maps(family):
    """Sparse tensors in maps."""
    parts = lambda i, v, s: dict(sparse_indices=i, sparse_values=v, sparse_shape=s)
    for dtype in (np.float16, np.float32, np.float64, np.int8, np.int32, np.int64, np.uint8, np.bool_, np.complex64, np.object_):
        kind = tf.string if dtype == np.object_ else tf.as_dtype(dtype)

        def through(i, v, s):
            rows = raw.AddManySparseToTensorsMap(**parts(i, v, s), shared_name="rows")
            whole = raw.AddSparseToTensorsMap(**parts(i, v, s), shared_name="wholes")
            with tf.control_dependencies([whole]):
                other = raw.AddSparseToTensorsMap(**parts(i[:1], v[:1], s + 1), shared_name="wholes")
            taken = raw.TakeManySparseFromTensorsMap(sparse_handles=tf.gather(rows, [2, 0, 1]), dtype=kind, shared_name="rows")
            wholes = raw.TakeManySparseFromTensorsMap(sparse_handles=tf.stack([other, whole]), dtype=kind, shared_name="wholes")
            return [rows, whole, other, *taken, *wholes]

        family.case(f"map_{kind.name}", {"i": INDICES, "v": values_of(dtype), "s": SHAPE}, through, runs=3)
    feeds = lambda: {"i": INDICES.copy(), "v": np.float32([1, 2, 3, 4]), "s": SHAPE.copy()}
    family.case("map_unknown", feeds(), lambda i, v, s: list(raw.TakeManySparseFromTensorsMap(
        sparse_handles=raw.AddManySparseToTensorsMap(**parts(i, v, s), shared_name="m"), dtype=tf.float32, shared_name="m")),
        known=False, runs=2)

    def by_node(i, v, s):
        handle = raw.AddManySparseToTensorsMap(**parts(i, v, s), name="adds")
        one = raw.AddSparseToTensorsMap(**parts(i, v, s), name="in/another")
        return [*raw.TakeManySparseFromTensorsMap(sparse_handles=handle, dtype=tf.float32, shared_name="adds"),
                *raw.TakeManySparseFromTensorsMap(sparse_handles=one[None], dtype=tf.float32, shared_name="in/another")]

    family.case("map_of_node", feeds(), by_node, runs=2)
    take = lambda numbers, name="m", kind=tf.float32: raw.TakeManySparseFromTensorsMap(
        sparse_handles=numbers, dtype=kind, shared_name=name)
    for label, build in {
        "absent": lambda h: take(h + 9), "twice": lambda h: take(tf.concat([h, h], 0)), "none": lambda h: take(h[:0]),
        "type": lambda h: take(h, kind=tf.int32), "other": lambda h: take(h, "n"), "own": lambda h: take(h, ""),
        "scalar": lambda h: take(v1.placeholder_with_default(h[0], None)),
    }.items():
        family.refused(f"map_{label}", feeds(), lambda i, v, s: list(
            build(raw.AddManySparseToTensorsMap(**parts(i, v, s), shared_name="m"))))

    def ranks(i, v, s):
        two = raw.AddSparseToTensorsMap(**parts(i, v, s), shared_name="m")
        one = raw.AddSparseToTensorsMap(**parts(i[:, :1], v, s[:1]), shared_name="m")
        return list(take(tf.stack([two, one])))

    family.refused("map_ranks", feeds(), ranks)
    changed = {
        "unordered": {"i": INDICES[::-1].copy()}, "repeated": {"i": INDICES[[0, 0, 2, 3]]}, "outside": {"i": INDICES + LONG([[0, 9]])},
        "outside_rows": {"i": INDICES + LONG([[9, 0]])}, "short": {"i": INDICES[:3]}, "rank": {"s": LONG([4, 5, 6])},
        "vector": {"i": LONG([0, 2]), "v": np.float32([1, 2]), "s": LONG([4])}, "one_axis": {"i": INDICES[:, :1], "s": LONG([4])},
        "negative_size": {"s": LONG([4, -5])}, "matrix_shape": {"s": SHAPE[None]}, "matrix_values": {"v": np.float32([[1, 2, 3, 4]])},
        "no_rows": {"i": INDICES[:0], "v": np.float32([]), "s": LONG([0, 5])}, "empty_rows": {"i": INDICES[:0], "v": np.float32([])},
    }
    for label, change in changed.items():
        family.case(f"add_many_{label}", {**feeds(), **change}, lambda i, v, s: raw.AddManySparseToTensorsMap(**parts(i, v, s)), known=False)
        family.case(f"add_one_{label}", {**feeds(), **change}, lambda i, v, s: raw.AddSparseToTensorsMap(**parts(i, v, s)), known=False)
        family.case(f"add_and_take_{label}", {**feeds(), **change}, lambda i, v, s: list(
            take(raw.AddSparseToTensorsMap(**parts(i, v, s), shared_name="m")[None])), known=False)


def stages(family):
    """Buffers of tuples."""
    x = np.float32([[1, 2], [3, 4]])
    types = [tf.float32, tf.string]

    def several(x, **options):
        put = lambda *values: lambda: raw.Stage(values=list(values), **options)
        size = lambda: raw.StageSize(dtypes=types, **options)
        peek = lambda index: lambda: raw.StagePeek(index=index, dtypes=types, **options)
        one = lambda: raw.Unstage(dtypes=types, **options)
        chain = Chain().do(size).do(put(x, "a")).do(put(x[0] * 2.0, ["b", "c"])).do(size).do(peek(1)).do(peek(0)).do(one).do(size)
        chain.do(put(x[:0], "d")).do(one).do(peek(0)).do(size)
        return chain.do(lambda: raw.StageClear(dtypes=types, **options)).do(size).end()

    for label, options in (("plain", {}), ("room", dict(capacity=2)), ("bytes", dict(memory_limit=4000)),
                           ("both", dict(capacity=3, memory_limit=4000))):
        family.case(f"stage_{label}", {"x": x}, lambda x: several(x, shared_name="s", **options), runs=2)
        family.case(f"stage_unknown_{label}", {"x": x}, lambda x: several(x, shared_name="s", **options), runs=2, known=False)

    def of_node(x):
        chain = Chain().do(lambda: raw.Stage(values=[x], name="in/stage"))
        return chain.do(lambda: raw.Unstage(dtypes=[tf.float32], shared_name="in/stage")).end()

    family.case("stage_of_node", {"x": x}, of_node, runs=2)

    # A variable does not change afterwards: TensorFlow keeps its memory, and would show that.
    def of_variable(x):
        variable = raw.VariableV2(shape=[2, 2], dtype=tf.float32)
        chain = Chain().do(lambda: raw.Assign(ref=variable, value=x))
        chain.do(lambda: raw.Stage(values=[variable], shared_name="s"))
        return chain.do(lambda: raw.Unstage(dtypes=[tf.float32], shared_name="s")).end()

    family.case("stage_of_variable", {"x": x}, of_variable)

    def queued(x):
        variable = raw.VariableV2(shape=[2, 2], dtype=tf.float32)
        queue = raw.FIFOQueueV2(component_types=[tf.float32])
        array, flow = raw.TensorArrayV3(size=1, dtype=tf.float32)
        chain = Chain().do(lambda: raw.Assign(ref=variable, value=x)).do(lambda: raw.QueueEnqueueV2(handle=queue, components=[variable]))
        chain.do(lambda: raw.TensorArrayWriteV3(handle=array, index=0, value=variable, flow_in=flow))
        flow = chain.last[0]
        chain.do(lambda: raw.QueueDequeueV2(handle=queue, component_types=[tf.float32]))
        return chain.do(lambda: raw.TensorArrayReadV3(handle=array, index=0, flow_in=flow, dtype=tf.float32)).end()

    family.case("queue_of_variable", {"x": x}, queued)

    def left(x):
        chain = Chain().do(lambda: raw.Stage(values=[x], shared_name="s"))
        return chain.do(lambda: raw.StageSize(dtypes=[], shared_name="s")).end()

    family.case("stage_left", {"x": x}, left, runs=3)

    def refused(label, *builds):
        def whole(x):
            chain = Chain()
            for build in builds:
                chain.do(lambda: build(x))
            return chain.end()[-1]
        family.refused(f"stage_{label}", {"x": x}, whole)

    put = lambda x: raw.Stage(values=[x, x], shared_name="s")
    refused("few", put, lambda x: raw.Unstage(dtypes=[tf.float32], shared_name="s"))
    refused("many", put, lambda x: raw.Unstage(dtypes=[tf.float32] * 3, shared_name="s"))
    refused("few_seen", put, lambda x: raw.StagePeek(index=0, dtypes=[tf.float32], shared_name="s"))
    refused("vector", put, lambda x: raw.StagePeek(index=v1.placeholder_with_default([0], None), dtypes=[tf.float32] * 2, shared_name="s"))
    refused("heavy", lambda x: raw.Stage(values=[x, x], memory_limit=31, shared_name="s"))


def accumulators(family):
    """Gradients that add up, as a whole and as rows."""
    x = np.float32([[1, 2], [3, 4]])
    for prefix, own in (("", "plain"), ("Resource", "resource")):
        call = lambda name, **options: getattr(raw, prefix + name)(**options)

        def chain(dtype=tf.float32, shape=(2, 2), **options):
            handle = call("ConditionalAccumulator", dtype=dtype, shape=list(shape) if shape is not None else tf.TensorShape(None), **options)
            steps = Chain()
            steps.put = lambda step, gradient: steps.do(lambda: call(
                "AccumulatorApplyGradient", handle=handle, local_step=tf.cast(step, tf.int64), gradient=gradient))
            steps.take = lambda count, kind=dtype: steps.do(lambda: call("AccumulatorTakeGradient", handle=handle, num_required=count, dtype=kind))
            steps.count = lambda: steps.do(lambda: call("AccumulatorNumAccumulated", handle=handle))
            steps.at = lambda step: steps.do(lambda: call("AccumulatorSetGlobalStep", handle=handle, new_global_step=tf.cast(step, tf.int64)))
            return steps

        for kind in (tf.float32, tf.float64, tf.float16, tf.bfloat16, tf.int32, tf.complex64):
            for reduction in ("MEAN", "SUM"):
                def sums(x):
                    y = tf.cast(x, kind)
                    steps = chain(kind, reduction_type=reduction).at(0).count().put(0, y).put(1, y * y).put(5, y + y).count().take(2).count()
                    return steps.put(0, y).put(1, y).count().take(1).count().end()

                family.case(f"{own}_{kind.name}_{reduction}", {"x": x}, sums, runs=2)
        for label, shape in (("any", None), ("rank", [None, None]), ("rows", [None, 2])):
            family.case(f"{own}_shape_{label}", {"x": x}, lambda x: chain(shape=shape).at(0).put(0, x).put(0, x).take(2).put(1, x[:1]).take(1).end())
        family.case(f"{own}_steps", {"x": x}, lambda x: chain().at(7).put(6, x).count().put(7, x).count().at(3).put(3, x).count()
                    .take(1).put(3, x).put(4, x).count().take(1).end(), runs=2)
        family.case(f"{own}_shared", {"x": x}, lambda x: chain(shared_name="a").at(0).put(0, x).take(1).end(), runs=2)
        family.case(f"{own}_unknown", {"x": x}, lambda x: chain().at(0).put(0, x).take(1).end(), known=False)

        def of_variable(x):
            variable = raw.VariableV2(shape=[2, 2], dtype=tf.float32)
            steps = chain().do(lambda: raw.Assign(ref=variable, value=x))
            return steps.at(0).put(0, variable).take(1).end()

        family.case(f"{own}_of_variable", {"x": x}, of_variable)
        # A gradient of a former step is not even looked at.
        family.case(f"{own}_former", {"x": x}, lambda x: chain().at(5).put(4, x[0]).count().end(), known=False)

        def refused(label, build):
            family.refused(f"{own}_{label}", {"x": x}, lambda x: build(x).end()[-1])

        refused("none_required", lambda x: chain().put(0, x).take(0))
        refused("shape", lambda x: chain().put(0, x[0]))
        refused("other_shape", lambda x: chain(shape=None).put(0, x).put(0, x[0]))

    def rows(dtype=tf.float32, shape=(None, 2), known=True, **options):
        handle = raw.SparseConditionalAccumulator(dtype=dtype, shape=list(shape) if shape is not None else tf.TensorShape(None), **options)
        steps = Chain()
        steps.put = lambda step, indices, values, whole=(9, 2): steps.do(lambda: raw.SparseAccumulatorApplyGradient(
            handle=handle, local_step=tf.cast(step, tf.int64), gradient_indices=tf.cast(indices, tf.int64), gradient_values=values,
            gradient_shape=tf.constant(list(whole), tf.int64, [len(whole)]), has_known_shape=known))
        steps.take = lambda count, kind=dtype: steps.do(lambda: list(raw.SparseAccumulatorTakeGradient(handle=handle, num_required=count, dtype=kind)))
        steps.count = lambda: steps.do(lambda: raw.AccumulatorNumAccumulated(handle=handle))
        steps.at = lambda step: steps.do(lambda: raw.AccumulatorSetGlobalStep(handle=handle, new_global_step=tf.cast(step, tf.int64)))
        return steps

    for kind in (tf.float32, tf.float64, tf.float16, tf.bfloat16, tf.int32):
        for reduction in ("MEAN", "SUM"):
            def sums(x):
                y = tf.cast(x, kind)
                steps = rows(kind, reduction_type=reduction).at(0).put(0, [0, 3], y).put(1, [3, 5], y * y).put(5, [1, 3], y + y).count().take(2)
                return steps.count().put(0, [0, 1], y).put(1, [7, 8], y).count().take(1).end()

            family.case(f"rows_{kind.name}_{reduction}", {"x": x}, sums, runs=2)
    for label, shape in (("any", None), ("known", [9, 2]), ("one", [9])):
        for known in (True, False):
            family.case(f"rows_shape_{label}_{known}", {"x": x}, lambda x: rows(shape=shape, known=known).at(0).put(0, [1, 2], x)
                        .put(0, [1, 8], x).take(2).put(9, [1], x[:1]).take(1).end())
    family.case("rows_order", {"x": x}, lambda x: rows().at(0).put(0, [5, 2], x).put(0, [4, 3], x).put(0, [2, 2], x).take(3).end())
    family.case("rows_negative", {"x": x}, lambda x: rows().at(0).put(0, [-1, 2], x).put(0, [-2, -1], x).take(2).end())
    family.case("rows_none", {"x": x}, lambda x: rows().at(0).put(0, tf.zeros([0]), x[:0]).put(0, [3], x[:1]).put(0, tf.zeros([0]), x[:0]).take(3)
                .put(9, tf.zeros([0]), x[:0]).take(1).end())
    family.case("rows_numbers", {"x": x[0]}, lambda x: rows(shape=[None]).at(0).put(0, [1, 3], x, (9,)).put(0, [3, 4], x, (9,)).take(2).end())
    family.case("rows_deep", {"x": x[..., None]}, lambda x: rows(shape=[None, 2, 1]).at(0).put(0, [1, 3], x, (9, 2, 1))
                .put(0, [3, 4], x, (9, 2, 1)).take(2).end())

    def refused(label, build):
        family.refused(f"rows_{label}", {"x": x}, lambda x: build(x).end()[-1])

    refused("lengths", lambda x: rows().put(0, [1], x))
    refused("matrix", lambda x: rows().put(0, [[1, 2]], x))
    refused("scalar", lambda x: rows(shape=None).put(0, [1], x[0, 0]))
    refused("beyond", lambda x: rows(shape=[5, 2]).put(0, [1, 5], x, (5, 2)))
    refused("columns", lambda x: rows().put(0, [1, 5], x[:, :1]))
    refused("other_columns", lambda x: rows(shape=None).put(0, [1, 5], x).put(0, [1, 5], x[:, :1]))
    refused("told", lambda x: rows(shape=[8, 2]).put(0, [1, 5], x))
    refused("told_short", lambda x: rows().put(0, [1, 5], x, (9,)))
    refused("none_required", lambda x: rows().put(0, [1, 5], x).take(0))


def record(family):
    for part in (maps, stages, accumulators):
        part(family)
