"""Graphs from which attributes with TensorFlow's default values are left out, as TensorFlow writes them when asked to
(`strip_default_attrs`) and as versions wrote them that did not have the attributes yet: cases of the suite and of the other
families, with their answers, as few as leave out each such attribute of each op once."""

import json
import tarfile
from pathlib import Path

from tensorflow.core.framework import graph_pb2, op_def_pb2
from tensorflow.python.client import pywrap_tf_session

CONFORMANCE = Path(__file__).resolve().parents[3] / "crates/conformance"

# Families that are made of the others.
MADE_OF_OTHERS = ("left_out", "reordered", "unknown_shapes", "wrong_attributes", "wrong_types")


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
    """Every case recorded in which TensorFlow runs: its name, what is asked, its graph, and its files."""
    archives = [CONFORMANCE / "suite.tar.gz", *sorted((CONFORMANCE / "reach").glob("*.tar.gz"))]
    for path in archives:
        if path.name.split(".")[0] in MADE_OF_OTHERS:
            continue
        with tarfile.open(path) as archive:
            files = {}
            for entry in archive:
                if entry.isfile() and "/" in entry.name:
                    case, file = entry.name.split("/")[-2:]
                    files.setdefault(case, {})[file] = archive.extractfile(entry).read()
        for name, files in files.items():
            case, graph = json.loads(files.get("case.json", "{}")), graph_pb2.GraphDef()
            if case and "error" not in case and not any("error" in step for step in case["steps"]):
                graph.ParseFromString(files["graph.pb"])
                yield name, case, graph, files


def put(family, name, case, graph, files):
    """A case of another family, with another graph."""
    case = {**case, "name": f"{family.name}_{name}", "area": "reach"}
    family.cases[name] = {**files, "graph.pb": graph.SerializeToString(deterministic=True),
                          "case.json": json.dumps(case, separators=(",", ":"), sort_keys=True).encode()}


def covering(found):
    """As few as cover all that there is: of entries of a size, a name, a set and the rest, the rest."""
    covered = set()
    for _, _, covers, rest in sorted(found, key=lambda entry: (entry[0] / max(1, len(entry[2])), entry[1])):
        if covers - covered:
            covered |= covers
            yield rest


def record(family):
    known, found = defaults(), []
    for name, case, graph, files in cases():
        pairs = left_out(graph, known)
        found.append((sum(map(len, files.values())), name, pairs, (name, case, graph, files)))
    for chosen in covering(found):
        put(family, *chosen)
