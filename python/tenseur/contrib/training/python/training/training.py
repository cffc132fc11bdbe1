"""Training operations and loops: `tf.contrib.training`."""

from tenseur.contrib.slim.python.slim import learning


def clip_gradient_norms_fn(max_norm):
    return lambda pairs: learning.clip_gradient_norms(pairs, max_norm)


def create_train_op(total_loss, optimizer, global_step=learning._USE_GLOBAL_STEP, update_ops=None, variables_to_train=None,
                    transform_grads_fn=None, summarize_gradients=False, gate_gradients=1, aggregation_method=None,
                    colocate_gradients_with_ops=False, check_numerics=True):
    """A tensor whose evaluation trains one step and gives the loss; the graph's updates come first."""
    return learning.create_train_op(
        total_loss, optimizer, global_step=global_step, update_ops=update_ops, variables_to_train=variables_to_train,
        clip_gradient_norm=transform_grads_fn or 0, summarize_gradients=summarize_gradients, gate_gradients=gate_gradients,
        aggregation_method=aggregation_method, colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics)


def train(train_op, logdir, master="", is_chief=True, scaffold=None, hooks=None, chief_only_hooks=None, save_checkpoint_secs=600,
          save_summaries_steps=100, config=None, max_wait_secs=7200, run_metadata=None):
    """Runs `train_op` until a hook stops it; gives its last value."""
    from tenseur.python.training import monitored_session
    loss = None
    with monitored_session.MonitoredTrainingSession(
            master=master, is_chief=is_chief, checkpoint_dir=logdir, scaffold=scaffold, hooks=hooks,
            chief_only_hooks=chief_only_hooks, save_checkpoint_secs=save_checkpoint_secs,
            save_summaries_steps=save_summaries_steps, config=config) as session:
        while not session.should_stop():
            loss = session.run(train_op)
    return loss


def byte_size_load_fn(op):
    """The bytes of an operation's first output, for device placement.

    Raises:
      ValueError: where its shape is not known.
    """
    shape = op.outputs[0].shape
    if not shape.is_fully_defined():
        raise ValueError(f"The shape of {op.name} is not fully defined")
    return max(1, shape.num_elements()) * op.outputs[0].dtype.size


class GreedyLoadBalancingStrategy:
    """Gives each operation to the task that has the least so far."""

    def __init__(self, num_tasks, load_fn):
        self._load = load_fn
        self._loads = [0] * num_tasks

    def __call__(self, op):
        task = self._loads.index(min(self._loads))
        self._loads[task] += self._load(op)
        return task
