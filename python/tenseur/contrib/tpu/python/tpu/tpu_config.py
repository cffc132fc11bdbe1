"""Settings of a `TPUEstimator`. There are no TPUs here: what is only about those is kept and not used."""

import collections

from tenseur.python.estimator import run_config


class InputPipelineConfig:
    """Where input functions run: with one processor, always there."""

    PER_SHARD_V1 = 1
    PER_HOST_V1 = 2
    PER_HOST_V2 = 3
    BROADCAST = 4
    SLICED = 5


_FIELDS = ["iterations_per_loop", "num_shards", "num_cores_per_replica", "per_host_input_for_training", "tpu_job_name",
           "initial_infeed_sleep_secs", "input_partition_dims", "eval_training_input_configuration",
           "experimental_host_call_every_n_steps"]


class TPUConfig(collections.namedtuple("TPUConfig", _FIELDS)):
    """How TPUs would be used."""

    def __new__(cls, iterations_per_loop=2, num_shards=None, num_cores_per_replica=None, per_host_input_for_training=True,
                tpu_job_name=None, initial_infeed_sleep_secs=None, input_partition_dims=None,
                eval_training_input_configuration=InputPipelineConfig.PER_HOST_V1, experimental_host_call_every_n_steps=1):
        if iterations_per_loop < 1:
            raise ValueError(f"TPUConfig.iterations_per_loop must be positive, got {iterations_per_loop}")
        return super().__new__(cls, iterations_per_loop, num_shards, num_cores_per_replica, per_host_input_for_training,
                               tpu_job_name, initial_infeed_sleep_secs, input_partition_dims,
                               eval_training_input_configuration, experimental_host_call_every_n_steps)


class RunConfig(run_config.RunConfig):
    """`tf.estimator.RunConfig` with settings for TPUs."""

    def __init__(self, tpu_config=None, evaluation_master=None, master=None, cluster=None, **kwargs):
        super().__init__(**kwargs)
        self.tpu_config = tpu_config or TPUConfig()
        self.cluster = cluster
        self.master = master or ""
        self.evaluation_master = self.master if evaluation_master is None else evaluation_master
