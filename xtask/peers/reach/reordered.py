"""Loops of TensorFlow 1 whose files have their nodes in other orders than they were made in: cases of the suite and of the other
families, with their answers."""

from left_out import cases, put


def record(family):
    for name, case, graph, files in cases():
        if any(node.op.endswith("NextIteration") for node in graph.node) and len(graph.node) < 250:
            nodes = [*graph.node][::-1]
            del graph.node[:]
            graph.node.extend(nodes)
            put(family, name, case, graph, files)
