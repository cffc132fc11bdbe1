"""Queues: what comes out of what was put in, in an order that waiting keeps; and readers."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


class Chain:
    """Ops on a queue, each after the one before."""

    def __init__(self, version, kind, types, **options):
        self.version, self.types = version, types
        made = {"PriorityQueue": types[1:]}.get(kind, types)
        self.handle = self.call(kind, component_types=made, **options)
        self.last, self.results = [], []

    def call(self, name, **options):
        return getattr(raw, name + ("V2" if self.version == 2 else ""))(**options)

    def do(self, name, **options):
        with tf.control_dependencies(self.last):
            result = self.call(name, handle=self.handle, **options)
            tensors = list(result) if isinstance(result, (list, tuple)) else [result]
            kept = [tf.identity(tensor) for tensor in tensors if isinstance(tensor, tf.Tensor)]
        self.results += kept
        self.last = kept or [result]
        return self

    def put(self, *components):
        return self.do("QueueEnqueue", components=list(components))

    def put_rows(self, *components):
        return self.do("QueueEnqueueMany", components=list(components))

    def one(self):
        return self.do("QueueDequeue", component_types=self.types)

    def many(self, n):
        return self.do("QueueDequeueMany", n=n, component_types=self.types)

    def up_to(self, n):
        return self.do("QueueDequeueUpTo", n=n, component_types=self.types)

    def size(self):
        return self.do("QueueSize").do("QueueIsClosed")

    def close(self, cancel=False):
        return self.do("QueueClose", cancel_pending_enqueues=cancel)

    def end(self):
        with tf.control_dependencies(self.last):
            return self.results + [tf.constant(1)]


def record(family):
    x = np.arange(12.0).reshape(4, 3).astype(np.float32)
    for version in (1, 2):
        def two(x, kind, **options):
            chain = Chain(version, kind, [tf.float32, tf.string], shapes=[[3], []], **options)
            texts = tf.as_string(tf.range(4))
            chain.size().put(x[3], "first").put_rows(x, texts).size().one().many(2).size().many(2).many(0).put(x[0] * 2.0, "last").size()
            return chain.one().size().end()

        family.case(f"fifo_{version}", {"x": x}, lambda x: two(x, "FIFOQueue"), runs=2)
        family.case(f"padding_{version}", {"x": x}, lambda x: two(x, "PaddingFIFOQueue"), runs=2)
        family.case(f"shared_{version}", {"x": x}, lambda x: two(x, "FIFOQueue", shared_name="q"), runs=2)
        family.case(f"shuffle_{version}", {"x": x}, lambda x: two(x, "RandomShuffleQueue", seed=3, seed2=9), runs=3)

        def shuffled(x):
            chain = Chain(version, "RandomShuffleQueue", [tf.int32], shapes=[[]], seed=-5, seed2=2, min_after_dequeue=4)
            chain.put_rows(tf.range(30)).many(9).one().many(13).size().close().size()
            return chain.up_to(5).size().end() + [x]

        family.case(f"shuffle_least_{version}", {"x": x}, shuffled)

        def padded(x):
            chain = Chain(version, "PaddingFIFOQueue", [tf.float32, tf.string], shapes=[[None, 2], [None]])
            chain.put(x[:2, :2], ["a"]).put(x[:, :2], ["b", "c"]).put(x[:1, 1:], []).put(x[:0, 1:], ["d"])
            return chain.many(3).one().many(0).size().end()

        family.case(f"padding_shapes_{version}", {"x": x}, padded, runs=2)

        def by_priority(x):
            chain = Chain(version, "PriorityQueue", [tf.int64, tf.float32], shapes=[[3]])
            chain.put_rows(tf.constant([5, -2, 7, 0], tf.int64), x).put(tf.constant(3, tf.int64), x[0] + 100.0)
            return chain.size().one().many(3).size().one().end()

        family.case(f"priority_{version}", {"x": x}, by_priority, runs=2)

        def priorities(x):
            chain = Chain(version, "PriorityQueue", [tf.int64], shapes=[])
            return chain.put_rows(tf.constant([5, -2, 7], tf.int64)).many(2).one().end() + [x]

        family.case(f"priority_alone_{version}", {"x": x}, priorities)

        def left(x):
            chain = Chain(version, "FIFOQueue", [tf.float32], shapes=[[3]], capacity=10)
            return chain.put_rows(x).close().size().up_to(3).up_to(3).size().many(0).up_to(0).end()

        family.case(f"closed_{version}", {"x": x}, left)

        def refused(label, build, **options):
            def whole(x):
                chain = Chain(version, options.pop("kind", "FIFOQueue"), options.pop("types", [tf.float32]), **options)
                return build(chain, x).end()[-1]
            family.refused(f"refused_{label}_{version}", {"x": x}, whole)

        refused("empty", lambda q, x: q.put(x).close().one().one())
        refused("too_few", lambda q, x: q.put_rows(x).close().many(5), shapes=[[3]])
        refused("none_left", lambda q, x: q.put_rows(x).close().up_to(4).up_to(1), shapes=[[3]])
        refused("put_closed", lambda q, x: q.close().put(x))
        refused("closed_twice", lambda q, x: q.close().close())
        refused("shape", lambda q, x: q.put(x), shapes=[[3]])
        refused("rows", lambda q, x: q.put_rows(x), shapes=[[4]])
        refused("scalar_rows", lambda q, x: q.put_rows(x[0, 0]), shapes=[[]])
        refused("lengths", lambda q, x: q.put_rows(x, x[1:]), types=[tf.float32, tf.float32], shapes=[[3], [3]])
        refused("type", lambda q, x: q.put(tf.cast(x, tf.int32)))
        refused("components", lambda q, x: q.put(x, x))
        refused("many_shapes", lambda q, x: q.put(x).many(1))
        refused("negative", lambda q, x: q.put(x).many(tf.cast(x[0, 0], tf.int32) - 1), shapes=[[4, 3]])
        refused("wanted", lambda q, x: q.put(x).do("QueueDequeue", component_types=[tf.int32]))

    # TensorFlow has forgotten the first readers.
    for version, own in [(2, "V2")]:

        def named(x):
            with tf.control_dependencies([]):
                queue = Chain(version, "FIFOQueue", [tf.string], shapes=[[]])
            return queue.put_rows(x).close(), getattr(raw, "IdentityReader" + own)()

        def identity(x):
            queue, reader = named(x)
            call = lambda name, **options: getattr(raw, name + own)(reader_handle=reader, **options)
            with tf.control_dependencies(queue.last):
                first = call("ReaderRead", queue_handle=queue.handle)
            with tf.control_dependencies(list(first)):
                rest = call("ReaderReadUpTo", queue_handle=queue.handle, num_records=np.int64(2))
            with tf.control_dependencies(list(rest)):
                counts = [tf.identity(call("ReaderNumRecordsProduced")), tf.identity(call("ReaderNumWorkUnitsCompleted"))]
            with tf.control_dependencies(counts):
                reset = call("ReaderReset")
            with tf.control_dependencies([reset]):
                return [*first, *rest, *counts, call("ReaderNumRecordsProduced")]

        family.case(f"identity_reader_{version}", {"x": np.array(["a", "b", "c"], object)}, identity)

        def ended(x):
            queue, reader = named(x)
            with tf.control_dependencies(queue.last):
                first = getattr(raw, "ReaderRead" + own)(reader_handle=reader, queue_handle=queue.handle)
            with tf.control_dependencies(list(first)):
                return getattr(raw, "ReaderRead" + own)(reader_handle=reader, queue_handle=queue.handle)[0]

        family.refused(f"identity_reader_ended_{version}", {"x": np.array(["a"], object)}, ended)
