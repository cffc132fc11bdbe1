"""Gradients of which nothing is known of the shapes of what is fed: cases of the suite and of the other families, with their answers,
as few as have each op once."""

from left_out import cases, covering, put


def record(family):
    found = []
    for name, case, graph, files in cases():
        placeholders = [node for node in graph.node if node.op == "Placeholder" and "shape" in node.attr]
        if "gradients" not in case or not placeholders:
            continue
        for node in placeholders:
            del node.attr["shape"]
        found.append((sum(map(len, files.values())), name, {node.op for node in graph.node}, (name, case, graph, files)))
    for chosen in covering(found):
        put(family, *chosen)
