"""Graphs from which attributes with TensorFlow's default values are left out, as TensorFlow writes them when asked to
(`strip_default_attrs`) and as versions wrote them that did not have the attributes yet: cases of the suite and of the other
families, with their answers, as few as leave out each such attribute of each op once."""

import json
import tarfile
from pathlib import Path

from tensorflow.core.framework import graph_pb2, op_def_pb2
from tensorflow.python.client import pywrap_tf_session

CONFORMANCE = Path(__file__).resolve().parents[3] / "crates/conformance"


def defaults():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {op.name: {attr.name: attr.default_value for attr in op.attr if attr.HasField("default_value")} for op in ops.op}


def left_out(graph, defaults):
    """Leaves them out, and gives them as pairs of op and attribute."""
    pairs = set()
    for node in [*graph.node, *(node for function in graph.library.function for node in function.node_def)]:
        for name, default in defaults.get(node.op, {}).items():
            if name in node.attr and node.attr[name] == default:
                del node.attr[name]
                pairs.add((node.op, name))
    return pairs


def cases():
    """Every case recorded, as a dictionary of files by name."""
    archives = [CONFORMANCE / "suite.tar.gz", *sorted((CONFORMANCE / "reach").glob("*.tar.gz"))]
    for path in archives:
        if path.name == f"{Path(__file__).stem}.tar.gz":
            continue
        with tarfile.open(path) as archive:
            files = {}
            for entry in archive:
                if entry.isfile() and "/" in entry.name:
                    case, file = entry.name.split("/")[-2:]
                    files.setdefault(case, {})[file] = archive.extractfile(entry).read()
            yield from ((case, files) for case, files in files.items() if "case.json" in files)


def record(family):
    known, found = defaults(), []
    for name, files in cases():
        case, graph = json.loads(files["case.json"]), graph_pb2.GraphDef()
        if any("error" in step for step in case["steps"]) or "error" in case:
            continue
        graph.ParseFromString(files["graph.pb"])
        pairs = left_out(graph, known)
        size = sum(map(len, files.values()))
        found.append((len(pairs) / size, name, pairs, graph, case, files))
    covered = set()
    for _, name, pairs, graph, case, files in sorted(found, key=lambda entry: (-entry[0], entry[1])):
        if pairs - covered:
            covered |= pairs
            case = {**case, "name": f"{family.name}_{name}", "area": "reach"}
            family.cases[name] = {**files, "graph.pb": graph.SerializeToString(deterministic=True),
                                  "case.json": json.dumps(case, separators=(",", ":"), sort_keys=True).encode()}
    print(f"{len(covered)} attributes of ops")
