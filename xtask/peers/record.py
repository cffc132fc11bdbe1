"""Records TensorFlow's answers on state and random numbers as cases of the suite's format (see check.py).

    python record.py OUT

writes OUT/state/NAME/{graph.pb,case.json,data.npz} and OUT/random/NAME/…: small graphs, one for each thing that is said
of the order of reads and writes, and one for each random op, type and kind of seed. Packed, they are what the tests compare
with:

    tar --sort=name --owner=0 --group=0 --mtime=@0 -C OUT -czf crates/conformance/peers.tar.gz state random
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()


class Case:
    """A graph being built, with the runs that are to be made of it."""

    def __init__(self, name):
        self.name, self.graph = name, v1.Graph()
        self.steps = []

    def run(self, *fetches, feeds=None, tolerance=0.0):
        """Adds a run: tensors to be compared, operations to be run."""
        self.steps.append((fetches, feeds or {}, tolerance))

    def write(self, folder):
        # One thread, so that what TensorFlow leaves open comes out the same each time.
        config = v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
        config.graph_options.optimizer_options.opt_level = -1
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        os.makedirs(os.path.join(folder, self.name), exist_ok=True)
        steps, arrays = [], {}
        with v1.Session(graph=self.graph, config=config) as session:
            for number, (fetches, feeds, tolerance) in enumerate(self.steps):
                step = {"feeds": [], "fetches": []}
                for index, (tensor, value) in enumerate(feeds.items()):
                    value = np.asarray(value, tensor.dtype.as_numpy_dtype)
                    step["feeds"].append(
                        {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(value.shape)})
                    arrays[f"f{number}__{index}"] = value
                try:
                    values = session.run(list(fetches), feeds)
                except tf.errors.OpError as error:
                    code = CODES[error.error_code]
                    step["error"] = {"stage": "run", "code": code, "message": error.message[:200]}
                    values = [None] * len(fetches)
                for index, (fetch, value) in enumerate(zip(fetches, values)):
                    if isinstance(fetch, tf.Operation):
                        step["fetches"].append({"name": fetch.name, "kind": "op"})
                        continue
                    entry = {"name": fetch.name, "kind": "tensor", "rtol": tolerance, "atol": 0.0}
                    if value is not None:
                        value = np.asarray(value)
                        entry["shape"] = list(value.shape)
                        if fetch.dtype == tf.string:
                            text = [item.decode() for item in value.reshape(-1)]
                            entry["dtype"], entry["string"] = "string", {"shape": entry["shape"], "values": text}
                        else:
                            entry["dtype"] = value.dtype.name
                            arrays[f"e{number}__{index}"] = value
                    step["fetches"].append(entry)
                steps.append(step)
        case = {"name": self.name, "area": "peers", "steps": steps}
        base = os.path.join(folder, self.name)
        with open(os.path.join(base, "graph.pb"), "wb") as file:
            file.write(self.graph.as_graph_def().SerializeToString(deterministic=True))
        with open(os.path.join(base, "case.json"), "w") as file:
            json.dump(case, file, separators=(",", ":"), sort_keys=True)
        np.savez(os.path.join(base, "data.npz"), **arrays)


CODES = {3: "INVALID_ARGUMENT", 5: "NOT_FOUND", 9: "FAILED_PRECONDITION", 11: "OUT_OF_RANGE"}


def state(folder):
    """Order of reads and writes, for reference variables and for resource variables."""
    for resource in (False, True):
        kind = "resource" if resource else "reference"

        def case(name):
            return Case(f"{kind}_{name}")

        def variable(value=1.0, name="w"):
            return v1.get_variable(name, initializer=np.float32(value), use_resource=resource)

        def read(w, name=None):
            """A reading that begins when it runs, and whose result is nobody's but its own."""
            return w.read_value() if resource else tf.add(w._ref(), 0.0, name=name)

        # What no path orders after a write sees the value from before the run.
        c = case("read_without_order_sees_before")
        with c.graph.as_default():
            w = variable()
            before = tf.multiply(read(w), 10.0)
            write = v1.assign_add(w, 5.0).op
            c.run(w.initializer)
            c.run(before, write)
            c.run(before)
        c.write(folder)

        # Also where the write's node comes first.
        c = case("read_after_in_the_file_sees_before")
        with c.graph.as_default():
            w = variable()
            write = v1.assign(w, 7.0).op
            before = tf.multiply(read(w), 10.0)
            c.run(w.initializer)
            c.run(write, before)
            c.run(before)
        c.write(folder)

        # A control edge orders.
        c = case("read_with_control_sees_after")
        with c.graph.as_default():
            w = variable()
            write = v1.assign_add(w, 5.0).op
            with tf.control_dependencies([write]):
                after = tf.multiply(read(w), 10.0)
            c.run(w.initializer)
            c.run(after)
            c.run(after)
        c.write(folder)

        # A path through other nodes orders as well.
        c = case("read_behind_a_path_sees_after")
        with c.graph.as_default():
            w = variable()
            write = v1.assign_add(w, 5.0).op
            with tf.control_dependencies([write]):
                token = tf.constant(2.0) + 1.0
            with tf.control_dependencies([token]):
                after = read(w) * token
            c.run(w.initializer)
            c.run(after)
        c.write(folder)

        # A read that a write waits for sees before, whatever else there is.
        c = case("write_waits_for_read")
        with c.graph.as_default():
            w = variable()
            before = tf.multiply(read(w), 10.0)
            with tf.control_dependencies([before]):
                write = v1.assign(w, 3.0).op
            with tf.control_dependencies([write]):
                after = tf.multiply(read(w), 100.0)
            c.run(w.initializer)
            c.run(before, after)
        c.write(folder)

        # Data orders: what is assigned comes of what was read.
        c = case("write_of_what_was_read")
        with c.graph.as_default():
            w = variable(3.0)
            value = read(w) * 2.0
            write = v1.assign(w, value + 1.0).op
            c.run(w.initializer)
            c.run(value, write)
            c.run(value, write)
        c.write(folder)

        # Fetching the variable itself: a reference's value at the end of the run, a reading of a resource.
        c = case("fetched_itself_with_a_write")
        with c.graph.as_default():
            w = variable()
            own = w.read_value() if resource else w._ref()
            write = v1.assign_add(w, 5.0).op
            c.run(w.initializer)
            c.run(own, write)
            c.run(write, own)
            c.run(own)
        c.write(folder)

        # Writes that nothing orders, in node order.
        c = case("writes_without_order")
        with c.graph.as_default():
            w = variable()
            first = v1.assign(w, 10.0).op
            second = v1.assign_add(w, 5.0).op
            own = w.read_value() if resource else w._ref()
            c.run(w.initializer)
            c.run(first, second)
            c.run(own)
            c.run(second, first)
            c.run(own)
        c.write(folder)

        # Several additions, whose order does not matter: none is lost.
        c = case("additions_without_order")
        with c.graph.as_default():
            w = variable(0.0)
            writes = [v1.assign_add(w, float(2**i)).op for i in range(6)]
            own = w.read_value() if resource else w._ref()
            c.run(w.initializer)
            c.run(*writes)
            c.run(own)
        c.write(folder)

        # Two variables swapped, each written with what the other held before.
        c = case("swap")
        with c.graph.as_default():
            a, b = variable(1.0, "a"), variable(2.0, "b")
            old_a, old_b = read(a), read(b)
            with tf.control_dependencies([old_a, old_b]):
                writes = [v1.assign(a, old_b).op, v1.assign(b, old_a).op]
            c.run(a.initializer, b.initializer)
            c.run(*writes)
            c.run(read(a, "a_now"), read(b, "b_now"))
        c.write(folder)

        # Reading what was never written.
        c = case("uninitialized")
        with c.graph.as_default():
            w = variable()
            c.run(read(w))
            c.run(w.initializer)
            c.run(read(w, "again"))
        c.write(folder)

        # A run that fails: TensorFlow keeps what was written before the failure, tenseur nothing.
        c = case("failed_run_keeps_its_writes")
        with c.graph.as_default():
            w = variable()
            write = v1.assign_add(w, 5.0).op
            wrong = v1.placeholder(tf.int32, [], "index")
            with tf.control_dependencies([write]):
                fails = tf.gather(tf.constant([1.0, 2.0]), wrong)
            c.run(w.initializer)
            c.run(fails, feeds={wrong: 9})
            c.run(read(w, "now"))
        c.write(folder)

    # An Identity of a reference hands the variable on: who reads it sees what it holds by then.
    c = Case("reference_identity_read_by_who_comes_after_a_write")
    with c.graph.as_default():
        w = v1.get_variable("w", initializer=np.float32(1.0), use_resource=False)
        seen = tf.identity(w._ref(), name="seen")
        write = v1.assign_add(w, 5.0).op
        with tf.control_dependencies([write]):
            after = tf.multiply(seen, 10.0)
        c.run(w.initializer)
        c.run(after)
    c.write(folder)

    # The outputs of writes are the variable.
    c = Case("reference_output_of_a_write")
    with c.graph.as_default():
        w = v1.get_variable("w", initializer=np.float32(1.0), use_resource=False)
        write = v1.assign_add(w, 5.0)
        doubled = write * 2.0
        c.run(w.initializer)
        c.run(doubled)
        c.run(write)
    c.write(folder)


def random(folder):
    """Each random op with seeds as programs set them, several shapes and types, three runs in a row."""
    raw = tf.raw_ops
    seeds = {"small": (1, 2), "graph": (87654321, 5), "large": (-(2**40), 2**62 + 3)}
    shapes = {"scalar": [], "one": [1], "odd": [7], "matrix": [3, 5], "empty": [0, 4], "long": [1030]}
    floats = {"half": tf.float16, "bfloat16": tf.bfloat16, "float": tf.float32, "double": tf.float64}
    # A few units in the last place: the logarithms and sines are not the same to the bit.
    ulps = {"half": 2.0**-9, "bfloat16": 2.0**-7, "float": 2.0**-21, "double": 2.0**-49}

    def fetched(x):
        # NumPy has no bfloat16; as float32 it is the same number.
        return tf.cast(x, tf.float32) if x.dtype == tf.bfloat16 else x

    for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        for type_name, dtype in floats.items():
            c = Case(f"{op}_{type_name}")
            with c.graph.as_default():
                drawn = []
                for seed_name, (seed, seed2) in seeds.items():
                    for shape_name, shape in shapes.items():
                        # The long ones of one seed are enough.
                        if shape_name == "long" and seed_name != "small":
                            continue
                        drawn.append(fetched(getattr(raw, op)(
                            shape=tf.constant(shape, tf.int32), dtype=dtype, seed=seed, seed2=seed2, name=f"{seed_name}_{shape_name}")))
                tolerance = 0.0 if op == "RandomUniform" else ulps[type_name]
                for _ in range(3):
                    c.run(*drawn, tolerance=tolerance)
            c.write(folder)

    for type_name, dtype in (("int32", tf.int32), ("int64", tf.int64)):
        c = Case(f"RandomUniformInt_{type_name}")
        with c.graph.as_default():
            limits = np.iinfo(dtype.as_numpy_dtype)
            ranges = [(0, 10), (-5, 2), (0, 1), (limits.min, limits.max), (100, limits.max), (0, 3 * 2**29)]
            drawn = []
            for seed, seed2 in seeds.values():
                for shape in ([], [9], [2, 3, 4], [0]):
                    for low, high in ranges:
                        drawn.append(raw.RandomUniformInt(
                            shape=tf.constant(shape, tf.int32), minval=tf.constant(low, dtype), maxval=tf.constant(high, dtype),
                            seed=seed, seed2=seed2))
            for _ in range(3):
                c.run(*drawn)
        c.write(folder)

    c = Case("RandomShuffle")
    with c.graph.as_default():
        drawn = []
        values = [np.arange(10, dtype=np.float32), np.arange(7, dtype=np.int64), np.arange(300, dtype=np.int32),
                  np.arange(24, dtype=np.float64).reshape(8, 3), np.arange(12, dtype=np.uint8).reshape(3, 2, 2),
                  np.array([True, False, False, True, False]), np.zeros([0, 2], np.float32), np.float32(3.5),
                  np.arange(1, dtype=np.float32)]
        for seed, seed2 in seeds.values():
            for value in values:
                drawn.append(raw.RandomShuffle(value=tf.constant(value), seed=seed, seed2=seed2))
        for _ in range(3):
            c.run(*drawn)
    c.write(folder)

    c = Case("RandomShuffle_string")
    with c.graph.as_default():
        c.run(raw.RandomShuffle(value=tf.constant(["a", "bc", "", "d"]), seed=1, seed2=2))
    c.write(folder)

    for type_name, dtype in (("float", tf.float32), ("double", tf.float64), ("half", tf.float16)):
        c = Case(f"Multinomial_{type_name}")
        with c.graph.as_default():
            drawn = []
            rows = [[[0.1, 0.2, 0.7]], [[0.0, -1.0, 2.0, 0.5], [3.0, 3.0, -3.0, 0.0]], [[5.0]],
                    [[-np.inf, 0.0, 1.0]]]
            for seed, seed2 in seeds.values():
                for logits in rows:
                    for samples in (1, 6, 50):
                        for output in (tf.int32, tf.int64):
                            drawn.append(raw.Multinomial(
                                logits=tf.constant(logits, dtype), num_samples=samples, seed=seed, seed2=seed2,
                                output_dtype=output))
            for _ in range(3):
                c.run(*drawn)
        c.write(folder)

    # A loop's turns draw one after the other, and the next run goes on where they ended.
    for version in (1, 2):
        c = Case(f"turns_of_a_loop_v{version}")
        with c.graph.as_default():
            (v1.disable_control_flow_v2 if version == 1 else v1.enable_control_flow_v2)()

            def turn(i, numbers):
                drawn = raw.RandomUniform(shape=[3], dtype=tf.float32, seed=4, seed2=6)
                return i + 1, numbers + drawn * 10.0 ** tf.cast(i, tf.float32)

            # Turns that overlap may draw in any order.
            _, numbers = v1.while_loop(
                lambda i, _: i < 4, turn, [tf.constant(0), tf.zeros([3])], parallel_iterations=1)
            for _ in range(3):
                c.run(numbers, tolerance=1e-6)
        c.write(folder)

    # The seeds that programs set: the graph's, the op's, both, numbered by node where there is none of its own.
    for name, graph_seed, op_seed in (("both", 7, 3), ("graph", 7, None), ("op", None, 3), ("zeros", 0, 0)):
        c = Case(f"seeds_{name}")
        with c.graph.as_default():
            if graph_seed is not None:
                v1.set_random_seed(graph_seed)
            drawn = [v1.random_uniform([4], seed=op_seed), v1.random_normal([5], stddev=2.0, seed=op_seed),
                     v1.truncated_normal([5], mean=1.0, seed=op_seed),
                     v1.random_uniform([6], 0, 50, tf.int32, seed=op_seed),
                     v1.random_shuffle(tf.range(8), seed=op_seed)]
            for _ in range(2):
                c.run(*drawn, tolerance=2.0**-20)
        c.write(folder)


if __name__ == "__main__":
    state(os.path.join(sys.argv[1], "state"))
    random(os.path.join(sys.argv[1], "random"))
