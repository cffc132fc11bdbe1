"""How an `Estimator` runs: where it writes, and how often."""

import copy


class TaskType:
    """Kinds of tasks in a cluster."""

    MASTER = "master"
    PS = "ps"
    WORKER = "worker"
    CHIEF = "chief"
    EVALUATOR = "evaluator"


class RunConfig:
    """Settings: the model's folder, the seed, and every how many steps or seconds something is written."""

    def __init__(self, model_dir=None, tf_random_seed=None, save_summary_steps=100, save_checkpoints_steps=None,
                 save_checkpoints_secs=None, session_config=None, keep_checkpoint_max=5, keep_checkpoint_every_n_hours=10000,
                 log_step_count_steps=100, train_distribute=None, device_fn=None, protocol=None, eval_distribute=None,
                 experimental_distribute=None, experimental_max_worker_delay_secs=None, session_creation_timeout_secs=7200,
                 **other):
        if save_checkpoints_steps is not None and save_checkpoints_secs is not None:
            raise ValueError("`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set.")
        if save_checkpoints_steps is None and save_checkpoints_secs is None:
            save_checkpoints_secs = 600
        self.model_dir = model_dir
        self.tf_random_seed = 1 if tf_random_seed is None else tf_random_seed
        self.save_summary_steps = save_summary_steps
        self.save_checkpoints_steps = save_checkpoints_steps
        self.save_checkpoints_secs = save_checkpoints_secs
        self.session_config = session_config
        self.keep_checkpoint_max = keep_checkpoint_max
        self.keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self.log_step_count_steps = log_step_count_steps
        self.train_distribute = train_distribute
        self.eval_distribute = eval_distribute
        self.device_fn = device_fn
        self.protocol = protocol
        self.session_creation_timeout_secs = session_creation_timeout_secs
        #: One process: this task is the chief, and the only one.
        self.is_chief, self.master, self.evaluation_master = True, "", ""
        self.task_type, self.task_id = TaskType.WORKER, 0
        self.num_ps_replicas, self.num_worker_replicas = 0, 1
        self.global_id_in_cluster = 0
        from tenseur.python.training import server_lib
        self.cluster_spec = server_lib.ClusterSpec({})
        for name, value in other.items():
            setattr(self, name, value)

    def replace(self, **kwargs):
        """The same settings with others for some."""
        found = copy.copy(self)
        if kwargs.get("save_checkpoints_steps") is not None:
            found.save_checkpoints_secs = None
        if kwargs.get("save_checkpoints_secs") is not None:
            found.save_checkpoints_steps = None
        for name, value in kwargs.items():
            if not hasattr(found, name):
                raise ValueError(f"Replacing {name} is not supported.")
            setattr(found, name, value)
        return found
