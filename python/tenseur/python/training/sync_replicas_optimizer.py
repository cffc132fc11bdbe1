"""Gradients of several replicas applied as one: `tf.train.SyncReplicasOptimizer`, with the one replica that there is."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import control_flow_ops, math_ops, variable_scope, variables
from tenseur.python.training import optimizer, session_run_hook


class SyncReplicasOptimizer(optimizer.Optimizer):
    """Applies, by the optimizer `opt`, the mean of the gradients of `replicas_to_aggregate` runs; the step counter goes on
    with each such change."""

    def __init__(self, opt, replicas_to_aggregate, total_num_replicas=None, variable_averages=None,
                 variables_to_average=None, use_locking=False, name="sync_replicas", replica_id=None):
        super().__init__(use_locking, name)
        if total_num_replicas is None:
            total_num_replicas = replicas_to_aggregate
        self._opt = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = total_num_replicas
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._gradients_applied = False
        self.local_step_init_op = self.chief_init_op = self.ready_for_local_init_op = None
        # Replicas that are not there cannot give gradients: their runs are this one's.
        self._runs = max(1, -(-replicas_to_aggregate // max(1, total_num_replicas)))

    def compute_gradients(self, *args, **kwargs):
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        if not grads_and_vars:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        with ops.name_scope(None, self._name):
            self._local_step = variable_scope.variable(
                0, trainable=False, collections=[ops.GraphKeys.LOCAL_VARIABLES], dtype=dtypes.int64, name="sync_rep_local_step")
        self.local_step_init_op = self._local_step.assign(math_ops.cast(global_step, dtypes.int64))
        self.chief_init_op = raw_ops.NoOp(name="chief_init")
        self.ready_for_local_init_op = variables.report_uninitialized_variables(variables.global_variables())
        if self._runs == 1:
            train_op = self._applied(grads_and_vars, global_step, name)
        else:
            train_op = self._gathered(list(grads_and_vars), global_step, name)
        with ops.control_dependencies([train_op]):
            train_op = self._local_step.assign(math_ops.cast(global_step, dtypes.int64)).op
        self._gradients_applied = True
        return train_op

    def _applied(self, grads_and_vars, global_step, name):
        update = self._opt.apply_gradients(grads_and_vars, global_step, name)
        if self._variable_averages is None:
            return update
        with ops.control_dependencies([update]):
            return self._variable_averages.apply(self._variables_to_average)

    def _gathered(self, grads_and_vars, global_step, name):
        """Adds up the gradients of several runs; the last of them applies the mean."""
        sums, adds = [], []
        for grad, var in grads_and_vars:
            if grad is None:
                continue
            total = variable_scope.variable(
                lambda var=var: ops.convert_to_tensor(raw_ops.Fill(dims=var.get_shape().as_list(), value=0.0)),
                trainable=False, collections=[ops.GraphKeys.LOCAL_VARIABLES], name=var.op.name + "/grad_accum",
                dtype=var.dtype.base_dtype)
            sums.append((total, var))
            adds.append(total.assign_add(ops.convert_to_tensor(grad)))
        runs = variable_scope.variable(0, trainable=False, collections=[ops.GraphKeys.LOCAL_VARIABLES], name="runs")
        with ops.control_dependencies(adds):
            now = ops.convert_to_tensor(runs.assign_add(1))

        def apply():
            means = [(total.read_value() / self._runs, var) for total, var in sums]
            with ops.control_dependencies([mean for mean, _ in means]):
                update = self._applied(means, global_step, name)
            with ops.control_dependencies([update]):
                return control_flow_ops.group(runs.assign(0), *[
                    total.assign(raw_ops.ZerosLike(x=total.read_value())) for total, _ in sums])

        return control_flow_ops.cond(math_ops.equal(now, self._runs), apply, control_flow_ops.no_op)

    def get_chief_queue_runner(self):
        """What would hand out tokens to the replicas; there are none to wait for."""
        if not self._gradients_applied:
            raise ValueError("Should be called after apply_gradients().")
        return _NothingToRun()

    def get_slot(self, *args, **kwargs):
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        return self._opt.get_slot_names(*args, **kwargs)

    def variables(self):
        return self._opt.variables()

    def get_init_tokens_op(self, num_tokens=-1):
        """What would make the first tokens."""
        if not self._gradients_applied:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        return raw_ops.NoOp(name="no_init_tokens")

    def make_session_run_hook(self, is_chief, num_tokens=-1):
        """The hook for a `MonitoredSession`."""
        return _SyncReplicasOptimizerHook(self, is_chief)


class _NothingToRun:
    """A runner of queues that has no queue."""

    name = "sync_token_q"

    def create_threads(self, sess, coord=None, daemon=False, start=False):
        return []


class _SyncReplicasOptimizerHook(session_run_hook.SessionRunHook):
    def __init__(self, sync_optimizer, is_chief):
        self._sync_optimizer = sync_optimizer
        self._is_chief = is_chief

    def begin(self):
        if not self._sync_optimizer._gradients_applied:
            raise ValueError("SyncReplicasOptimizer.apply_gradient should be called before using the hook.")
        self._local_init_op = self._sync_optimizer.local_step_init_op

    def after_create_session(self, session, coord):
        session.run(self._local_init_op)
