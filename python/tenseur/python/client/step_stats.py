"""What a run took, step by step: what fills `tf.RunMetadata`."""

import time

#: The device that all nodes run on.
DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


def fill(run_metadata, graph, steps):
    """Writes the steps of a run that has just ended into `run_metadata.step_stats`.

    Several nodes may have become one step; it has the name of the last.

    Args:
      steps: for each, the name of its node, its kernel, and when it began and how long it took, in nanoseconds.
    """
    run_metadata.Clear()
    end = max((began + took for _, _, began, took in steps), default=0)
    start = time.time_ns() - end
    device = run_metadata.step_stats.dev_stats.add(device=DEVICE)
    for name, kernel, began, took in steps:
        node = device.node_stats.add(
            node_name=name, timeline_label=_label(graph, name, kernel),
            all_start_micros=(start + began) // 1000, op_end_rel_micros=took // 1000, all_end_rel_micros=took // 1000,
            scheduled_micros=(start + began) // 1000,
            all_start_nanos=start + began, op_end_rel_nanos=took, all_end_rel_nanos=took, scheduled_nanos=start + began)
        node.thread_id = 0


def _label(graph, name, kernel):
    """The node as TensorFlow's trace writes it: `name = Op(input, …)`."""
    op = graph._named(name)
    if op is None:
        return f"{name} = {kernel}()"
    return f"{name} = {op.type}({', '.join(tensor.name.removesuffix(':0') for tensor in op.inputs)})"


def fill_graphs(run_metadata, graph, names):
    """Writes the part of the graph that a run of these operations needs into `run_metadata.partition_graphs`."""
    from tenseur.python.framework import graph_util_impl
    part = graph_util_impl.extract_sub_graph(graph.as_graph_def(), sorted(names))
    run_metadata.partition_graphs.add().CopyFrom(part)
