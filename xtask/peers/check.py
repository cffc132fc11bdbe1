"""Loads cases into TensorFlow, runs them and compares what comes with the answers they hold.

    python check.py FOLDER

FOLDER/NAME holds graph.pb, case.json and data.npz; names.json, where it is there, says what in the graph stands for
what the case calls @train, @init or @grad/0. Prints a line for each case that differs, and how many passed.
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()


def expected_strings(entry):
    values = [text.encode() for text in entry["values"]]
    return np.array(values, dtype=object).reshape(entry["shape"])


def differs(got, want, fetch):
    """Why `got` is not `want`; None if it is."""
    got = np.asarray(got)
    if got.shape != want.shape:
        return f"shape {got.shape} for {want.shape}"
    if want.dtype == object:
        return None if (got == want).all() else f"{got} for {want}"
    if got.dtype != want.dtype:
        return f"{got.dtype} for {want.dtype}"
    if not np.issubdtype(want.dtype, np.floating):
        return None if (got == want).all() else f"{got} for {want}"
    with np.errstate(all="ignore"):
        same = np.where(np.isfinite(want), np.abs(got.astype(np.float64) - want.astype(np.float64))
                        <= fetch.get("atol", 0.0) + fetch.get("rtol", 0.0) * np.abs(want.astype(np.float64)),
                        (got == want) | (np.isnan(got) & np.isnan(want)))
    return None if same.all() else f"{got} for {want}"


def dtype_of(graph, name):
    """The type of a tensor; None where there is no such tensor."""
    try:
        return graph.get_tensor_by_name(name).dtype.name
    except (KeyError, ValueError):
        return None


def check(folder):
    """What is wrong with a case; None if nothing is."""
    with open(os.path.join(folder, "case.json")) as file:
        case = json.load(file)
    names = {}
    if os.path.exists(os.path.join(folder, "names.json")):
        with open(os.path.join(folder, "names.json")) as file:
            names = json.load(file)
    data = np.load(os.path.join(folder, "data.npz"))
    definition = v1.GraphDef()
    with open(os.path.join(folder, "graph.pb"), "rb") as file:
        definition.ParseFromString(file.read())
    graph = v1.Graph()
    try:
        with graph.as_default():
            tf.import_graph_def(definition, name="")
    except Exception as error:
        if case.get("load_error") or case["name"].startswith("error_load_"):
            return None
        raise error
    config = v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    with v1.Session(graph=graph, config=config) as session:
        for number, step in enumerate(case["steps"]):
            feeds, converted = {}, False
            for index, feed in enumerate(step.get("feeds", [])):
                text = feed.get("string")
                converted |= dtype_of(graph, feed["name"]) != feed["dtype"]
                feeds[feed["name"]] = expected_strings(text) if text else data[f"f{number}__{index}"]
            fetches = [names.get(fetch["name"], fetch["name"]) for fetch in step["fetches"]]
            try:
                values = session.run(fetches, feeds)
            except Exception as error:
                if step.get("error"):
                    continue
                return f"step {number}: {type(error).__name__}: {str(error).splitlines()[0]}"
            if step.get("error"):
                # Without a code it is TensorFlow's Python client that refuses, and that by other feeds than these; and
                # feeds of another type it converts.
                if step["error"].get("code") and not converted:
                    return f"step {number} ran and should not"
                continue
            for index, (fetch, value) in enumerate(zip(step["fetches"], values)):
                if fetch["kind"] == "op":
                    continue
                text = fetch.get("string")
                want = expected_strings(text) if text else data[f"e{number}__{index}"]
                why = differs(value, want, fetch)
                if why:
                    return f"step {number}, {fetch['name']}: {why}"
    return None


def main():
    root = sys.argv[1]
    passed, failed = 0, 0
    for name in sorted(os.listdir(root)):
        if not os.path.exists(os.path.join(root, name, "case.json")):
            continue
        try:
            why = check(os.path.join(root, name))
        except Exception as error:
            why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        if why:
            failed += 1
            print(f"{name}: {why}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
