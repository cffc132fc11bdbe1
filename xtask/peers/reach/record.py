"""Records TensorFlow's answers for families of ops beyond the suite, in the suite's format, one archive a family.

    python xtask/peers/reach/record.py OUT [FAMILY…]

A family is a file beside this one with a function `record(family)`; its cases are packed as OUT/FAMILY.tar.gz. What is in
crates/conformance/reach/ was made so, and the tests run all of it.
"""

import gzip
import importlib
import io
import json
import os
import sys
import tarfile
import zlib

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()

CODES = {1: "CANCELLED", 3: "INVALID_ARGUMENT", 5: "NOT_FOUND", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 10: "ABORTED", 11: "OUT_OF_RANGE", 12: "UNIMPLEMENTED",
         13: "INTERNAL"}

# Relative tolerances, for answers that sums in another order may change.
TOLERANCES = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-10}


class Family:
    """The cases of a family, by name: each a dictionary of files."""

    def __init__(self, name):
        self.name, self.cases = name, {}

    def case(self, name, feeds, build, wrt=(), second=False, runs=1, exact=False, tolerance=1.0, known=True,
             alone=False, beside=False):
        """Records what TensorFlow computes.

        `feeds` are arrays by name, each fed to a placeholder of its shape (of an unknown one, if not `known`); `build`
        gets the placeholders by name and gives tensors, which are fetched in `runs` runs. With respect to the feeds that
        `wrt` names, a weighted sum of all floating outputs is differentiated, by TensorFlow in the graph and by tenseur
        after it; with `second`, tenseur differentiates a weighted sum of TensorFlow's gradients, and TensorFlow too.
        With `alone`, the graph is written as it was before TensorFlow differentiated it; with `beside`, a node beside those
        that `build` makes is run first, alone, which shows that the graph loads whatever comes of the others.
        `exact` answers are compared to the bit; `tolerance` widens the usual one. Where TensorFlow refuses to run, its
        refusal is what is recorded.
        """
        seed = np.random.RandomState(zlib.crc32(name.encode()))
        graph = v1.Graph()
        with graph.as_default():
            v1.set_random_seed(1)
            inputs = {}
            for key, value in feeds.items():
                value = np.asarray(value)
                feeds[key] = value
                kind = tf.string if value.dtype.kind in "SUO" else value.dtype
                inputs[key] = v1.placeholder(kind, value.shape if known else None, key)
            outputs = build(**inputs)
            outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
            # NumPy has no bfloat16; as float32 it is the same number.
            outputs = [tf.cast(y, tf.float32) if y.dtype == tf.bfloat16 else y for y in outputs]

            def weighted(tensors, name):
                terms = []
                values = v1.Session().run([y for y in tensors], {inputs[k]: v for k, v in feeds.items()})
                for y, value in zip(tensors, values):
                    weights = seed.uniform(-1.0, 1.0, np.shape(value))
                    terms.append(tf.reduce_sum(tf.cast(y, tf.float64) * tf.constant(weights, tf.float64)))
                return tf.add_n(terms, name=name)

            other = tf.constant(1.0, name="beside") if beside else None
            extra, entry, before = [], None, None
            if wrt:
                loss = weighted([y for y in outputs if y.dtype.is_floating], "loss")
                before = graph.as_graph_def() if alone else None
                first = v1.gradients(loss, [inputs[key] for key in wrt])
                extra = [g for g in first if g is not None]
                extra = [tf.convert_to_tensor(g) for g in extra]
                answers = first
                if second:
                    loss = weighted(extra, "loss_of_gradients")
                    answers = v1.gradients(loss, [inputs[key] for key in wrt])
                answers = [None if g is None else tf.convert_to_tensor(g) for g in answers]
                none = [number for number, g in enumerate(answers) if g is None]
                entry = {"loss": loss.name, "wrt": [inputs[key].name for key in wrt], "none": none}
        fetches = [(y.name, y) for y in outputs + ([] if before else extra)]
        if entry:
            fetches += [(f"@grad/{number}", g) for number, g in enumerate(answers) if g is not None]
        each = [[("beside:0", other)]] * beside + [fetches] * runs
        self._write(name, graph, before, inputs, feeds, each, entry, exact, tolerance)

    def refused(self, name, feeds, build):
        """Records how TensorFlow refuses to run; the shapes of the feeds are not known before."""
        self.case(name, feeds, build, known=False)
        case = json.loads(self.cases[name]["case.json"])
        assert "error" in case["steps"][0], f"{self.name}_{name} runs"

    def loads(self, name, feeds, build):
        """Records that a graph loads although a run of all that `build` makes is refused."""
        self.case(name, feeds, build, beside=True)
        case = json.loads(self.cases[name]["case.json"])
        assert "error" in case["steps"][1], f"{self.name}_{name} runs"

    def _write(self, name, graph, before, inputs, feeds, each, entry, exact, tolerance):
        # One thread and no rewriting, so that the answers come out the same each time.
        config = v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
        config.graph_options.optimizer_options.opt_level = -1
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        steps, arrays = [], {}
        with v1.Session(graph=graph, config=config) as session:
            for run, fetches in enumerate(each):
                step = {"feeds": [], "fetches": []}
                for index, (key, value) in enumerate(feeds.items()):
                    tensor = inputs[key]
                    feed = {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(value.shape)}
                    if tensor.dtype == tf.string:
                        feed["string"] = strings(value)
                    else:
                        arrays[f"f{run}__{index}"] = value
                    step["feeds"].append(feed)
                values = [None] * len(fetches)
                try:
                    values = session.run([y for _, y in fetches], {inputs[k]: v for k, v in feeds.items()})
                except tf.errors.OpError as error:
                    step["error"] = {"stage": "run", "code": CODES[error.error_code], "message": error.message.split("\n")[0][:200]}
                for index, ((fetched, y), value) in enumerate(zip(fetches, values)):
                    step["fetches"].append(answer(fetched, y, value, exact, tolerance))
                    if value is not None and y.dtype != tf.string:
                        arrays[f"e{run}__{index}"] = np.asarray(value)
                steps.append(step)
        full = f"{self.name}_{name}"
        case = {"name": full, "area": "reach", "steps": steps}
        if entry:
            case["gradients"] = entry
        data = io.BytesIO()
        np.savez(data, **arrays)
        assert name not in self.cases, full
        self.cases[name] = {
            "graph.pb": (before or graph.as_graph_def()).SerializeToString(deterministic=True),
            "case.json": json.dumps(case, separators=(",", ":"), sort_keys=True).encode(),
            "data.npz": data.getvalue(),
        }

    def pack(self, path):
        """Writes all cases as one archive, the same bytes for the same cases."""
        with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
            with tarfile.open(fileobj=packed, mode="w") as archive:
                for name, files in sorted(self.cases.items()):
                    for part, content in files.items():
                        entry = tarfile.TarInfo(f"{self.name}_{name}/{part}")
                        entry.size = len(content)
                        archive.addfile(entry, io.BytesIO(content))


def strings(value):
    texts = [item.decode() if isinstance(item, bytes) else str(item) for item in np.asarray(value).reshape(-1)]
    return {"shape": list(np.shape(value)), "values": texts}


def answer(name, tensor, value, exact, tolerance):
    """The entry of a fetch."""
    entry = {"name": name, "kind": "tensor", "rtol": 0.0, "atol": 0.0}
    if value is None:
        return entry
    value = np.asarray(value)
    entry["shape"], entry["dtype"] = list(value.shape), tensor.dtype.name
    if tensor.dtype == tf.string:
        entry["string"] = strings(value)
    elif tensor.dtype.is_floating and not exact:
        finite = np.abs(value[np.isfinite(value)].astype(np.float64))
        usual = TOLERANCES[value.dtype.name] * tolerance
        entry["rtol"], entry["atol"] = usual, usual * 0.1 * max(1.0, float(finite.mean()) if finite.size else 0.0)
    return entry


def main():
    out, families = sys.argv[1], sys.argv[2:]
    here = os.path.dirname(os.path.abspath(__file__))
    everything = sorted(file[:-3] for file in os.listdir(here) if file.endswith(".py") and file != "record.py")
    os.makedirs(out, exist_ok=True)
    for name in families or everything:
        family = Family(name)
        importlib.import_module(name).record(family)
        family.pack(os.path.join(out, f"{name}.tar.gz"))
        print(f"{name}: {len(family.cases)} cases")


if __name__ == "__main__":
    main()
