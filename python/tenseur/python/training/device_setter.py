"""On which tasks of a cluster variables lie: names only, for there is one process."""

from tenseur.python.framework import device as device_lib
from tenseur.python.training import server_lib

STANDARD_PS_OPS = ("Variable", "VariableV2", "AutoReloadVariable", "MutableHashTable", "MutableHashTableV2",
                   "MutableHashTableOfTensors", "MutableHashTableOfTensorsV2", "MutableDenseHashTable",
                   "MutableDenseHashTableV2", "VarHandleOp", "BoostedTreesEnsembleResourceHandleOp")


class _RoundRobinStrategy:
    """One task after the other."""

    def __init__(self, num_tasks):
        self._num_tasks = num_tasks
        self._next_task = 0

    def __call__(self, op):
        task = self._next_task
        self._next_task = (self._next_task + 1) % self._num_tasks
        return task


def replica_device_setter(ps_tasks=0, ps_device="/job:ps", worker_device="/job:worker", merge_devices=True, cluster=None,
                          ps_ops=None, ps_strategy=None):
    """A device function for `tf.device`: variables go to the tasks of the job `ps` in turn, all else to the worker.

    Returns:
      `None` where there are no such tasks.
    """
    if cluster is not None:
        jobs = cluster.as_dict() if isinstance(cluster, server_lib.ClusterSpec) else server_lib.ClusterSpec(cluster).as_dict()
        job = ps_device.lstrip("/").partition("/")[0].partition(":")[2] or "ps"
        ps_tasks = len(jobs.get(job, []))
    if not ps_tasks:
        return None
    ps_ops = STANDARD_PS_OPS if ps_ops is None else ps_ops
    strategy = _RoundRobinStrategy(ps_tasks) if ps_strategy is None else ps_strategy
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")

    def choose(op):
        if not merge_devices and op.device:
            return op.device
        if op.type in ps_ops:
            chosen = ps_device
            if "/job:" in ps_device and "/task:" not in ps_device and "/job:" not in op.device:
                chosen = f"{ps_device}/task:{strategy(op)}"
        else:
            chosen = worker_device or ""
        return device_lib.merged(chosen, op.device)

    return choose
