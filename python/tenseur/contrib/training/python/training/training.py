"""Training operations and loops: `tf.contrib.training`."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, clip_ops, control_flow_ops, math_ops
from tenseur.python.training import training_util

#: For `create_train_op`: the global step is the graph's own.
_USE_GLOBAL_STEP = 0


def clip_gradient_norms(gradients_to_variables, max_norm):
    """The pairs, with gradients whose norm is at most `max_norm`."""
    clipped = []
    for gradient, variable in gradients_to_variables:
        if isinstance(gradient, ops.IndexedSlices):
            gradient = ops.IndexedSlices(clip_ops.clip_by_norm(gradient.values, max_norm), gradient.indices, gradient.dense_shape)
        elif gradient is not None:
            gradient = clip_ops.clip_by_norm(gradient, max_norm)
        clipped.append((gradient, variable))
    return clipped


def clip_gradient_norms_fn(max_norm):
    return lambda pairs: clip_gradient_norms(pairs, max_norm)


def multiply_gradients(grads_and_vars, gradient_multipliers):
    """The pairs, with gradients multiplied by their variable's factor."""
    found = []
    for gradient, variable in grads_and_vars:
        factor = gradient_multipliers.get(variable, gradient_multipliers.get(variable.op.name))
        if factor is not None and gradient is not None:
            factor = math_ops.cast(factor, gradient.dtype)
            gradient = (ops.IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
                        if isinstance(gradient, ops.IndexedSlices) else gradient * factor)
        found.append((gradient, variable))
    return found


def create_train_op(total_loss, optimizer, global_step=_USE_GLOBAL_STEP, update_ops=None, variables_to_train=None,
                    transform_grads_fn=None, summarize_gradients=False, gate_gradients=1, aggregation_method=None,
                    colocate_gradients_with_ops=False, check_numerics=True):
    """A tensor whose evaluation trains one step and gives the loss before it; the graph's updates come first."""
    if global_step is _USE_GLOBAL_STEP:
        global_step = training_util.get_or_create_global_step()
    updates = list(ops.get_collection(ops.GraphKeys.UPDATE_OPS) if update_ops is None else update_ops)
    if updates:
        with ops.control_dependencies(updates):
            barrier = control_flow_ops.no_op(name="update_barrier")
        with ops.control_dependencies([barrier]):
            total_loss = array_ops.identity(total_loss)
    pairs = optimizer.compute_gradients(total_loss, variables_to_train, gate_gradients=gate_gradients,
                                        aggregation_method=aggregation_method,
                                        colocate_gradients_with_ops=colocate_gradients_with_ops)
    if transform_grads_fn:
        pairs = transform_grads_fn(pairs)
    with ops.name_scope("train_op"):
        if check_numerics:
            total_loss = array_ops.check_numerics(total_loss, "LossTensor is inf or nan")
        step = optimizer.apply_gradients(pairs, global_step=global_step)
        with ops.control_dependencies([step]):
            train_op = array_ops.identity(total_loss)
    kept = ops.get_collection_ref(ops.GraphKeys.TRAIN_OP)
    if train_op not in kept:
        kept.append(train_op)
    return train_op


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
