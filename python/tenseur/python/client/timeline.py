"""What a run took, as Chrome's tracing shows it (`chrome://tracing`)."""

import json


class Timeline:
    """The nodes of a run's `step_stats`, with when each began and how long it took."""

    def __init__(self, step_stats, graph=None):
        self._step_stats = step_stats
        self._graph = graph

    @property
    def step_stats(self):
        return self._step_stats

    def generate_chrome_trace_format(self, show_dataflow=True, show_memory=False, op_time="schedule"):
        """The trace as JSON text."""
        events = []
        for process, device in enumerate(self._step_stats.dev_stats):
            events.append({"name": "process_name", "ph": "M", "pid": process, "args": {"name": device.device + " Compute"}})
            for node in device.node_stats:
                op = node.timeline_label.partition("=")[2].strip().partition("(")[0] or node.node_name.split("/")[-1].split("_")[0]
                events.append({"ph": "X", "cat": "Op", "name": op, "pid": process, "tid": node.thread_id,
                               "ts": node.all_start_micros, "dur": max(node.op_end_rel_micros, 1),
                               "args": {"name": node.node_name, "op": op}})
        return json.dumps({"traceEvents": events}, indent=4, separators=(",", ": "))
