"""Evaluation of checkpoints by sessions with hooks: `tf.contrib.training.evaluate_once` and its like."""

import time

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import init_ops, state_ops, variable_scope
from tenseur.python.platform import tf_logging as logging
from tenseur.python.summary import summary
from tenseur.python.training import basic_session_run_hooks, monitored_session, session_run_hook, training_util
from tenseur.python.training.checkpoint_utils import checkpoints_iterator, wait_for_new_checkpoint  # noqa: F401

_EVAL_STEP = "eval_step"


def get_or_create_eval_step():
    """The variable that counts evaluations.

    Raises:
      ValueError: where there are several.
    """
    found = ops.get_collection(ops.GraphKeys.EVAL_STEP)
    if len(found) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if found:
        return found[0]
    return variable_scope.get_variable(
        _EVAL_STEP, shape=[], dtype=dtypes.int64, initializer=init_ops.zeros_initializer(), trainable=False,
        collections=[ops.GraphKeys.LOCAL_VARIABLES, ops.GraphKeys.EVAL_STEP])


class StopAfterNEvalsHook(session_run_hook.SessionRunHook):
    """Stops when so many evaluations are done."""

    def __init__(self, num_evals, log_progress=True):
        self._num_evals, self._log_progress = num_evals, log_progress
        self._evals_completed = None

    def _set_evals_completed_tensor(self, updated_eval_step):
        self._evals_completed = updated_eval_step

    def before_run(self, run_context):
        return session_run_hook.SessionRunArgs({"evals_completed": self._evals_completed})

    def after_run(self, run_context, run_values):
        done = run_values.results["evals_completed"]
        if self._log_progress:
            logging.info("Evaluation [%d/%s]", done, self._num_evals)
        if self._num_evals is not None and done >= self._num_evals:
            run_context.request_stop()


class SummaryAtEndHook(session_run_hook.SessionRunHook):
    """Writes a summary when all evaluations of a checkpoint are done.

    Args:
      log_dir: where, unless there is a `summary_writer`.
      summary_op: the summary; all of the graph's without it.
    """

    def __init__(self, log_dir=None, summary_writer=None, summary_op=None, feed_dict=None):
        if (log_dir is None) == (summary_writer is None):
            raise ValueError("exactly one of log_dir and summary_writer should be provided")
        self._log_dir, self._summary_writer = log_dir, summary_writer
        self._replace_summary_op = summary_op is None
        self._summary_op, self._feed_dict = summary_op, feed_dict

    def begin(self):
        if self._replace_summary_op:
            self._summary_op = summary.merge_all()
        self._global_step = training_util.get_or_create_global_step()

    def after_create_session(self, session, coord):
        if self._summary_writer is None and self._log_dir:
            self._summary_writer = summary.FileWriterCache.get(self._log_dir)

    def end(self, session):
        step = session.run(self._global_step)
        if self._summary_writer is not None and self._summary_op is not None:
            self._summary_writer.add_summary(session.run(self._summary_op, self._feed_dict), step)
            self._summary_writer.flush()


def evaluate_once(checkpoint_path, master="", scaffold=None, eval_ops=None, feed_dict=None, final_ops=None,
                  final_ops_feed_dict=None, hooks=None, config=None):
    """Restores the checkpoint, runs `eval_ops` until a hook stops or the data ends, and gives the values of `final_ops`."""
    hooks = list(hooks or [])
    eval_step = get_or_create_eval_step()
    counted = state_ops.assign_add(eval_step, 1)
    if isinstance(eval_ops, dict):
        eval_ops = {**eval_ops, "update_eval_step": counted}
    elif eval_ops is not None:
        eval_ops = [*(eval_ops if isinstance(eval_ops, (list, tuple)) else [eval_ops]), counted]
    for hook in hooks:
        if isinstance(hook, StopAfterNEvalsHook):
            hook._set_evals_completed_tensor(counted)
    logging.info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%S"))
    final = basic_session_run_hooks.FinalOpsHook(final_ops, final_ops_feed_dict)
    creator = monitored_session.ChiefSessionCreator(scaffold=scaffold, checkpoint_filename_with_path=checkpoint_path,
                                                    master=master, config=config)
    with monitored_session.MonitoredSession(session_creator=creator, hooks=[*hooks, final]) as session:
        while eval_ops is not None and not session.should_stop():
            session.run(eval_ops, feed_dict)
    return final.final_ops_values


def evaluate_repeatedly(checkpoint_dir, master="", scaffold=None, eval_ops=None, feed_dict=None, final_ops=None,
                        final_ops_feed_dict=None, eval_interval_secs=60, hooks=None, config=None,
                        max_number_of_evaluations=None, timeout=None, timeout_fn=None):
    """`evaluate_once` of each new checkpoint of a folder; gives the last values of `final_ops`."""
    values = None
    for number, path in enumerate(checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn), 1):
        values = evaluate_once(path, master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict,
                               hooks, config)
        if max_number_of_evaluations is not None and number >= max_number_of_evaluations:
            break
    return values
