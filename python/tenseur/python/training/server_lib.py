"""Clusters by TensorFlow's names, which here are one process: `tf.train.Server`, `tf.train.ClusterSpec`."""


from tenseur.core.protobuf import cluster_pb2, tensorflow_server_pb2
from tenseur.python.platform import tf_logging as logging


class ClusterSpec:
    """The jobs of a cluster, and the addresses of their tasks: `{"ps": ["host:2222"], "worker": [...]}`."""

    def __init__(self, cluster):
        self._jobs = {}
        if isinstance(cluster, ClusterSpec):
            cluster = cluster._jobs
        elif isinstance(cluster, cluster_pb2.ClusterDef):
            cluster = {job.name: dict(job.tasks) for job in cluster.job}
        elif isinstance(cluster, tensorflow_server_pb2.ServerDef):
            cluster = {job.name: dict(job.tasks) for job in cluster.cluster.job}
        if not isinstance(cluster, dict):
            raise TypeError("`cluster` must be a dictionary mapping one or more job names to lists of network addresses, or a "
                            "`ClusterDef` protocol buffer")
        for name, tasks in cluster.items():
            if isinstance(tasks, (list, tuple)):
                tasks = dict(enumerate(tasks))
            elif not isinstance(tasks, dict):
                raise TypeError(f"The tasks for job {name!r} must be a list or a dictionary from integers to strings.")
            for number, address in tasks.items():
                if not isinstance(number, int):
                    raise TypeError(f"The task index must be an integer: {number!r}")
                if not isinstance(address, str):
                    raise TypeError(f"Task address must be bytes or unicode: {address!r}")
            self._jobs[str(name)] = dict(sorted(tasks.items()))

    def __bool__(self):
        return bool(self._jobs)

    def __eq__(self, other):
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __repr__(self):
        return f"ClusterSpec({self.as_dict()!r})"

    def as_dict(self):
        """Jobs with their addresses: in a list, or by number where some are missing."""
        return {name: list(tasks.values()) if list(tasks) == list(range(len(tasks))) else dict(tasks)
                for name, tasks in self._jobs.items()}

    def as_cluster_def(self):
        definition = cluster_pb2.ClusterDef()
        for name in sorted(self._jobs):
            job = definition.job.add(name=name)
            for number, address in self._jobs[name].items():
                job.tasks[number] = address
        return definition

    @property
    def jobs(self):
        return list(self._jobs)

    def num_tasks(self, job_name):
        return len(self._job(job_name))

    def task_indices(self, job_name):
        return list(self._job(job_name))

    def task_address(self, job_name, task_index):
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name):
        tasks = self._job(job_name)
        return [tasks.get(number) for number in range(max(tasks, default=-1) + 1)]

    def _job(self, name):
        if name not in self._jobs:
            raise ValueError(f"No such job in cluster: {name!r}")
        return self._jobs[name]


class Server:
    """A task of a cluster. Sessions on its `target` run in this process, and alone: nothing goes over a network."""

    def __init__(self, server_or_cluster_def, job_name=None, task_index=None, protocol=None, config=None,
                 start=True):
        if isinstance(server_or_cluster_def, tensorflow_server_pb2.ServerDef):
            job_name = job_name or server_or_cluster_def.job_name
            task_index = server_or_cluster_def.task_index if task_index is None else task_index
        cluster = ClusterSpec(server_or_cluster_def)
        if job_name is None:
            if len(cluster.jobs) != 1:
                raise ValueError("Must specify an explicit `job_name`.")
            job_name = cluster.jobs[0]
        if task_index is None:
            if cluster.num_tasks(job_name) != 1:
                raise ValueError("Must specify an explicit `task_index`.")
            task_index = cluster.task_indices(job_name)[0]
        self._address = cluster.task_address(job_name, task_index)
        self._server_def = tensorflow_server_pb2.ServerDef(
            cluster=cluster.as_cluster_def(), job_name=job_name, task_index=task_index, protocol=protocol or "grpc")
        if sum(cluster.num_tasks(job) for job in cluster.jobs) > 1:
            logging.warning("tenseur runs one process: /job:%s/task:%d works alone, without the other tasks of the cluster.",
                            job_name, task_index)

    def start(self):
        """There is nothing to start."""

    def join(self):
        """Returns at once: nobody comes to a server of one process, and a program that starts one for each task ends so."""

    @property
    def server_def(self):
        return self._server_def

    @property
    def target(self):
        """What a session on this server is given."""
        return f"{self._server_def.protocol}://{self._address}"

    @staticmethod
    def create_local_server(config=None, start=True):
        """A cluster of this process alone."""
        return Server({"localhost": ["localhost:0"]}, protocol="grpc", config=config, start=start)
