"""Training loops: `tf.contrib.slim.learning`."""

import os
import time

from tenseur.python.framework import errors_impl, ops
from tenseur.python.ops import array_ops, clip_ops, control_flow_ops, math_ops
from tenseur.python.ops import variables as tf_variables
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import training_util

_USE_GLOBAL_STEP = 0


def clip_gradient_norms(gradients_to_variables, max_norm):
    """Each gradient with a norm of `max_norm` at most."""
    made = []
    for gradient, variable in gradients_to_variables:
        if gradient is not None:
            if isinstance(gradient, ops.IndexedSlices):
                gradient = ops.IndexedSlices(clip_ops.clip_by_norm(gradient.values, max_norm), gradient.indices,
                                             gradient.dense_shape)
            else:
                gradient = clip_ops.clip_by_norm(gradient, max_norm)
        made.append((gradient, variable))
    return made


def multiply_gradients(grads_and_vars, gradient_multipliers):
    """Gradients times what is given for their variables."""
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    made = []
    for gradient, variable in grads_and_vars:
        factor = gradient_multipliers.get(variable, gradient_multipliers.get(variable.op.name))
        if factor is not None:
            if gradient is None:
                raise ValueError("Requested multiple of `None` gradient.")
            gradient = ops.IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape) \
                if isinstance(gradient, ops.IndexedSlices) else gradient * factor
        made.append((gradient, variable))
    return made


def add_gradients_summaries(grads_and_vars):
    """Histograms and norms of gradients."""
    from tenseur.python.summary import summary
    found = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            logging.info("Var %s has no gradient", variable.op.name)
            continue
        values = gradient.values if isinstance(gradient, ops.IndexedSlices) else gradient
        found.append(summary.histogram(variable.op.name + "/gradient", values))
        found.append(summary.scalar(variable.op.name + "/gradient_norm", clip_ops.global_norm([values])))
    return found


def create_train_op(total_loss, optimizer, global_step=_USE_GLOBAL_STEP, update_ops=None, variables_to_train=None,
                    clip_gradient_norm=0, summarize_gradients=False, gate_gradients=1, aggregation_method=None,
                    colocate_gradients_with_ops=False, gradient_multipliers=None, check_numerics=True):
    """An operation that makes a step, and gives the loss; `tf.GraphKeys.UPDATE_OPS` run before."""
    if global_step is _USE_GLOBAL_STEP:
        global_step = training_util.get_or_create_global_step()
    update_ops = set(ops.get_collection(ops.GraphKeys.UPDATE_OPS) if update_ops is None else update_ops)
    if update_ops:
        with ops.control_dependencies(list(update_ops)):
            barrier = control_flow_ops.no_op(name="update_barrier")
        total_loss = control_flow_ops.with_dependencies([barrier], total_loss)
    if variables_to_train is None:
        variables_to_train = tf_variables.trainable_variables()
    if not variables_to_train:
        raise ValueError("No variables to train.")
    grads = optimizer.compute_gradients(total_loss, variables_to_train, gate_gradients=gate_gradients,
                                        aggregation_method=aggregation_method,
                                        colocate_gradients_with_ops=colocate_gradients_with_ops)
    if gradient_multipliers:
        grads = multiply_gradients(grads, gradient_multipliers)
    if callable(clip_gradient_norm):
        grads = clip_gradient_norm(grads)
    elif clip_gradient_norm > 0:
        grads = clip_gradient_norms(grads, clip_gradient_norm)
    if summarize_gradients:
        with ops.name_scope("summarize_grads"):
            add_gradients_summaries(grads)
    grad_updates = optimizer.apply_gradients(grads, global_step=global_step)
    with ops.name_scope("train_op"):
        if check_numerics:
            total_loss = array_ops.check_numerics(total_loss, "LossTensor is inf or nan")
        train_op = control_flow_ops.with_dependencies([grad_updates], total_loss)
    ops.get_collection_ref(ops.GraphKeys.TRAIN_OP).append(train_op)
    return train_op


def train_step(sess, train_op, global_step, train_step_kwargs):
    """A step of `train`: (the loss, whether to stop)."""
    start = time.time()
    total_loss, np_global_step = sess.run([train_op, global_step])
    elapsed = time.time() - start
    if train_step_kwargs.get("should_log") is not None and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", np_global_step, total_loss, elapsed)
    stop = train_step_kwargs.get("should_stop")
    return total_loss, bool(sess.run(stop)) if stop is not None else False


def train(train_op, logdir, train_step_fn=train_step, train_step_kwargs=_USE_GLOBAL_STEP, log_every_n_steps=1, graph=None, master="",
          is_chief=True, global_step=None, number_of_steps=None, init_op=_USE_GLOBAL_STEP, init_feed_dict=None,
          local_init_op=_USE_GLOBAL_STEP, init_fn=None, ready_op=_USE_GLOBAL_STEP, summary_op=_USE_GLOBAL_STEP,
          save_summaries_secs=600, summary_writer=_USE_GLOBAL_STEP, startup_delay_steps=0, saver=None, save_interval_secs=600,
          sync_optimizer=None, session_config=None, session_wrapper=None, trace_every_n_steps=None, ignore_live_threads=False):
    """Runs `train_op` until `number_of_steps`, keeps checkpoints and summaries in `logdir`, and gives the last loss."""
    from tenseur.python.client import session as session_lib
    from tenseur.python.ops import lookup_ops
    from tenseur.python.summary import summary as summary_lib
    from tenseur.python.training import checkpoint_management, coordinator, queue_runner_impl
    from tenseur.python.training import saver as saver_lib
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None and (saver is not None or trace_every_n_steps is not None):
        raise ValueError("Cannot provide saver with logdir=None")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    graph = graph or ops.get_default_graph()
    with graph.as_default():
        global_step = training_util.get_or_create_global_step() if global_step is None else global_step
        saver = saver or (saver_lib.Saver() if logdir else None)
        if init_op is _USE_GLOBAL_STEP:
            init_op = tf_variables.global_variables_initializer()
        local = control_flow_ops.group(tf_variables.local_variables_initializer(), lookup_ops.tables_initializer()) \
            if local_init_op is _USE_GLOBAL_STEP else local_init_op
        merged = summary_lib.merge_all() if summary_op is _USE_GLOBAL_STEP else summary_op
        kwargs = {} if train_step_kwargs is _USE_GLOBAL_STEP else dict(train_step_kwargs or {})
        if train_step_kwargs is _USE_GLOBAL_STEP:
            kwargs = {"should_stop": None, "should_log": None, "logdir": logdir}
            if number_of_steps:
                kwargs["should_stop"] = math_ops.greater_equal(global_step, number_of_steps)
            if log_every_n_steps > 0:
                kwargs["should_log"] = math_ops.equal(math_ops.mod(global_step, log_every_n_steps), 0)
        writer = None
        if logdir and merged is not None and summary_writer is _USE_GLOBAL_STEP:
            writer = summary_lib.FileWriter(logdir, graph)
        elif summary_writer is not _USE_GLOBAL_STEP:
            writer = summary_writer
        session = session_lib.Session(master, graph=graph, config=session_config)
        if session_wrapper is not None:
            session = session_wrapper(session)
        with session as sess:
            path = checkpoint_management.latest_checkpoint(logdir) if logdir else None
            if path:
                saver.restore(sess, path)
            else:
                if init_op is not None:
                    sess.run(init_op, init_feed_dict)
                if init_fn is not None:
                    init_fn(sess)
            if local is not None:
                sess.run(local)
            coord = coordinator.Coordinator()
            threads = queue_runner_impl.start_queue_runners(sess, coord)
            saved = summarized = time.time()
            total_loss = None
            try:
                while not coord.should_stop():
                    total_loss, should_stop = train_step_fn(sess, train_op, global_step, kwargs)
                    now = time.time()
                    if writer is not None and merged is not None and (should_stop or now - summarized > save_summaries_secs):
                        writer.add_summary(sess.run(merged), sess.run(global_step))
                        summarized = now
                    if logdir and now - saved > save_interval_secs:
                        saver.save(sess, os.path.join(logdir, "model.ckpt"), global_step=global_step)
                        saved = now
                    if should_stop:
                        coord.request_stop()
            except errors_impl.OutOfRangeError as error:
                logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
                coord.request_stop()
            coord.join(threads, ignore_live_threads=ignore_live_threads, stop_grace_period_secs=5)
            if logdir and is_chief:
                saver.save(sess, os.path.join(logdir, "model.ckpt"), global_step=global_step)
            if writer is not None:
                writer.flush()
        return total_loss


