"""Evaluation of checkpoints: `tf.contrib.slim.evaluation`."""

from tenseur.python.framework import ops
from tenseur.python.training.checkpoint_utils import checkpoints_iterator, wait_for_new_checkpoint  # noqa: F401


def get_variables_or_all(variables_to_restore):
    from tenseur.contrib.framework.python.ops import variables
    return variables_to_restore or variables.get_variables_to_restore()


def evaluate_once(master, checkpoint_path, logdir, num_evals=1, initial_op=None, initial_op_feed_dict=None, eval_op=None,
                  eval_op_feed_dict=None, final_op=None, final_op_feed_dict=None, summary_op=None, summary_op_feed_dict=None,
                  variables_to_restore=None, session_config=None, hooks=None):
    """Restores a checkpoint, runs `eval_op` `num_evals` times, and gives the value of `final_op`."""
    from tenseur.python.client import session as session_lib
    from tenseur.python.ops import control_flow_ops, lookup_ops
    from tenseur.python.ops import variables as tf_variables
    from tenseur.python.summary import summary as summary_lib
    from tenseur.python.training import coordinator, queue_runner_impl, saver as saver_lib
    graph = ops.get_default_graph()
    saver = saver_lib.Saver(get_variables_or_all(variables_to_restore))
    local = initial_op if initial_op is not None else control_flow_ops.group(
        tf_variables.local_variables_initializer(), lookup_ops.tables_initializer())
    summary_op = summary_lib.merge_all() if summary_op is None else summary_op
    with session_lib.Session(master, graph=graph, config=session_config) as sess:
        sess.run(tf_variables.global_variables_initializer())
        saver.restore(sess, checkpoint_path)
        sess.run(local, initial_op_feed_dict)
        coord = coordinator.Coordinator()
        threads = queue_runner_impl.start_queue_runners(sess, coord)
        if eval_op is not None:
            for _ in range(num_evals):
                sess.run(eval_op, eval_op_feed_dict)
        if summary_op is not None and logdir:
            writer = summary_lib.FileWriter(logdir)
            writer.add_summary(sess.run(summary_op, summary_op_feed_dict), 0)
            writer.close()
        result = sess.run(final_op, final_op_feed_dict) if final_op is not None else None
        coord.request_stop()
        coord.join(threads, stop_grace_period_secs=5, ignore_live_threads=True)
        return result


def evaluation_loop(master, checkpoint_dir, logdir, num_evals=1, initial_op=None, initial_op_feed_dict=None, init_fn=None,
                    eval_op=None, eval_op_feed_dict=None, final_op=None, final_op_feed_dict=None, summary_op=None,
                    summary_op_feed_dict=None, variables_to_restore=None, eval_interval_secs=60, max_number_of_evaluations=None,
                    session_config=None, timeout=None, timeout_fn=None, hooks=None):
    """Evaluates each new checkpoint of a folder."""
    from tenseur.python.training import checkpoint_utils
    result, number = None, 0
    for path in checkpoint_utils.checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn):
        result = evaluate_once(master, path, logdir, num_evals, initial_op, initial_op_feed_dict, eval_op, eval_op_feed_dict,
                               final_op, final_op_feed_dict, summary_op, summary_op_feed_dict, variables_to_restore,
                               session_config, hooks)
        number += 1
        if max_number_of_evaluations is not None and number >= max_number_of_evaluations:
            break
    return result
