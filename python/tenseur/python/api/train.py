"""Variables and training: `tf.Variable`, `tf.get_variable`, `tf.train.…`."""

API = {
    "tenseur.python.ops.variables": {
        "": """Variable=VariableV1 PartitionedVariable VariableSynchronization VariableAggregation global_variables all_variables
            local_variables model_variables trainable_variables moving_average_variables variables_initializer
            initialize_variables global_variables_initializer initialize_all_variables local_variables_initializer
            initialize_local_variables is_variable_initialized report_uninitialized_variables assert_variables_initialized""",
        "initializers": "variables=variables_initializer global_variables=global_variables_initializer "
                        "local_variables=local_variables_initializer",
    },
    "tenseur.python.ops.state_ops": {
        "": """assign assign_add assign_sub count_up_to scatter_update scatter_add scatter_sub scatter_mul scatter_div scatter_min
            scatter_max scatter_nd_update scatter_nd_add scatter_nd_sub batch_scatter_update""",
    },
    "tenseur.python.ops.variable_scope": {
        "": """AUTO_REUSE VariableScope variable_scope variable_op_scope get_variable get_local_variable get_variable_scope
            no_regularizer variable_creator_scope enable_resource_variables disable_resource_variables
            resource_variables_enabled""",
    },
    "tenseur.python.ops.resource_variable_ops": {"": "is_resource_variable", "contrib.eager": "Variable=ResourceVariable"},
    "tenseur.python.ops.partitioned_variables": {
        "": """create_partitioned_variables variable_axis_size_partitioner min_max_variable_partitioner
            fixed_size_partitioner""",
    },
    "tenseur.python.ops.template": {"": "make_template"},
    "tenseur.python.training.optimizer": {"train": "Optimizer"},
    "tenseur.python.training.gradient_descent": {"train": "GradientDescentOptimizer"},
    "tenseur.python.training.momentum": {"train": "MomentumOptimizer"},
    "tenseur.python.training.adam": {"train": "AdamOptimizer"},
    "tenseur.python.training.adagrad": {"train": "AdagradOptimizer"},
    "tenseur.python.training.adadelta": {"train": "AdadeltaOptimizer"},
    "tenseur.python.training.adagrad_da": {"train": "AdagradDAOptimizer"},
    "tenseur.python.training.rmsprop": {"train": "RMSPropOptimizer"},
    "tenseur.python.training.ftrl": {"train": "FtrlOptimizer"},
    "tenseur.python.training.proximal_gradient_descent": {"train": "ProximalGradientDescentOptimizer"},
    "tenseur.python.training.proximal_adagrad": {"train": "ProximalAdagradOptimizer"},
    "tenseur.python.training.moving_averages": {"train": "ExponentialMovingAverage"},
    "tenseur.python.training.learning_rate_decay": {
        "train": """exponential_decay piecewise_constant piecewise_constant_decay polynomial_decay natural_exp_decay
            inverse_time_decay cosine_decay cosine_decay_restarts linear_cosine_decay noisy_linear_cosine_decay""",
    },
    "tenseur.python.training.training_util": {
        "train": "global_step get_global_step create_global_step get_or_create_global_step assert_global_step",
        "contrib.framework": "get_global_step create_global_step get_or_create_global_step assert_global_step",
    },
    "tenseur.python.training.saver": {"train": "Saver import_meta_graph export_meta_graph"},
    "tenseur.python.training.checkpoint_management": {
        "train": """latest_checkpoint checkpoint_exists get_checkpoint_state update_checkpoint_state generate_checkpoint_state_proto
            get_checkpoint_mtimes remove_checkpoint CheckpointManager""",
    },
    "tenseur.python.training.py_checkpoint_reader": {"train": "NewCheckpointReader"},
    "tenseur.python.training.checkpoint_utils": {
        "train": "list_variables load_checkpoint load_variable init_from_checkpoint checkpoints_iterator",
        "contrib.framework": "list_variables load_checkpoint load_variable init_from_checkpoint",
    },
    "tenseur.python.training.coordinator": {"train": "Coordinator LooperThread"},
    "tenseur.python.training.queue_runner_impl": {
        "train": "QueueRunner add_queue_runner start_queue_runners queue_runner=*",
    },
    "tenseur.python.training.session_run_hook": {
        "train": "SessionRunHook SessionRunArgs SessionRunContext SessionRunValues",
    },
    "tenseur.python.training.basic_session_run_hooks": {
        "train": """LoggingTensorHook StopAtStepHook CheckpointSaverHook CheckpointSaverListener StepCounterHook NanTensorHook
            NanLossDuringTrainingError SummarySaverHook GlobalStepWaiterHook FinalOpsHook FeedFnHook ProfilerHook
            SecondOrStepTimer""",
    },
    "tenseur.python.training.session_manager": {"train": "SessionManager"},
    "tenseur.python.training.monitored_session": {
        "train": """MonitoredSession MonitoredTrainingSession SingularMonitoredSession Scaffold SessionCreator ChiefSessionCreator
            WorkerSessionCreator""",
    },
    "tenseur.python.training.supervisor": {"train": "Supervisor"},
    "tenseur.python.training.server_lib": {"train": "ClusterSpec Server"},
    "tenseur.core.protobuf.cluster_pb2": {"train": "ClusterDef JobDef"},
    "tenseur.core.protobuf.saver_pb2": {"train": "SaverDef"},
    "tenseur.core.protobuf.tensorflow_server_pb2": {"train": "ServerDef"},
    "tenseur.python.training.device_setter": {"train": "replica_device_setter"},
    "tenseur.python.training.sync_replicas_optimizer": {"train": "SyncReplicasOptimizer"},
    "tenseur.contrib.opt.python.training.nadam_optimizer": {"contrib.opt": "NadamOptimizer"},
    "tenseur.contrib.opt.python.training.lazy_adam_optimizer": {"contrib.opt": "LazyAdamOptimizer"},
    "tenseur.contrib.opt.python.training.adamax": {"contrib.opt": "AdaMaxOptimizer"},
    "tenseur.contrib.opt.python.training.sign_optimizers": {
        "contrib.opt": "AddSignOptimizer PowerSignOptimizer",
        "contrib.opt.sign_decay": "get_linear_decay_fn get_cosine_decay_fn",
    },
    "tenseur.contrib.opt.python.training.weight_decay_optimizers": {
        "contrib.opt": "AdamWOptimizer MomentumWOptimizer DecoupledWeightDecayExtension extend_with_decoupled_weight_decay",
    },
    "tenseur.contrib.opt.python.training.moving_average_optimizer": {"contrib.opt": "MovingAverageOptimizer"},
}
