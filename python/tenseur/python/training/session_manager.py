"""Sessions that begin from a checkpoint, or from the initial values: `tf.train.SessionManager`."""

import os
import time

import numpy as np

from tenseur.python.client import session
from tenseur.python.framework import errors_impl, ops
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import checkpoint_management


class SessionManager:
    """Makes sessions that are ready to train.

    Args:
      ready_op: a tensor of strings, empty when all is ready: `tf.report_uninitialized_variables()`.
      ready_for_local_init_op: the same, for what `local_init_op` needs.
    """

    def __init__(self, local_init_op=None, ready_op=None, ready_for_local_init_op=None, graph=None,
                 recovery_wait_secs=30, local_init_run_options=None, local_init_feed_dict=None):
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = ops.get_default_graph() if graph is None else graph
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_feed_dict = local_init_feed_dict
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError("If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                             f"ready_for_local_init_op [{ready_for_local_init_op}]")

    def _restore_checkpoint(self, master, saver=None, checkpoint_dir=None, checkpoint_filename_with_path=None,
                            wait_for_checkpoint=False, max_wait_secs=7200, config=None):
        sess = session.Session(master, graph=self._graph, config=config)
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError("Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
        if not saver or not (checkpoint_dir or checkpoint_filename_with_path):
            return sess, False
        if checkpoint_filename_with_path:
            saver.restore(sess, checkpoint_filename_with_path)
            return sess, True
        waited = 0.0
        state = checkpoint_management.get_checkpoint_state(checkpoint_dir)
        while not state or not state.model_checkpoint_path:
            if not wait_for_checkpoint or waited >= max_wait_secs:
                return sess, False
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs
            state = checkpoint_management.get_checkpoint_state(checkpoint_dir)
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        return sess, True

    def prepare_session(self, master, init_op=None, saver=None, checkpoint_dir=None, checkpoint_filename_with_path=None,
                        wait_for_checkpoint=False, max_wait_secs=7200, config=None, init_feed_dict=None, init_fn=None):
        """A session with the last checkpoint, or else initialized by `init_op` and `init_fn(session)`.

        Raises:
          RuntimeError: where the model is not ready after that.
        """
        sess, loaded = self._restore_checkpoint(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config)
        if not loaded:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError("Model is not initialized and no init_op or init_fn or local_init_op was given")
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        local_init_success, message = self._try_run_local_init_op(sess)
        if not local_init_success:
            raise RuntimeError(f"Init operations did not make model ready for local_init.  Init op: {_name(init_op)}, init fn: "
                               f"{init_fn}, local_init_op: {_name(self._local_init_op)}, error: {message}")
        is_ready, message = self._model_ready(sess)
        if not is_ready:
            raise RuntimeError(f"Init operations did not make model ready.  Init op: {_name(init_op)}, init fn: {init_fn}, "
                               f"local_init_op: {_name(self._local_init_op)}, error: {message}")
        return sess

    def recover_session(self, master, saver=None, checkpoint_dir=None, checkpoint_filename_with_path=None,
                        wait_for_checkpoint=False, max_wait_secs=7200, config=None):
        """(session, whether it has been initialized from a checkpoint and is ready)."""
        sess, loaded = self._restore_checkpoint(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config)
        local_init_success, message = self._try_run_local_init_op(sess)
        if not loaded:
            return sess, False
        restoring = os.fspath(checkpoint_dir or checkpoint_filename_with_path)
        if not local_init_success:
            logging.info("Restoring model from %s did not make model ready for local init: %s", restoring, message)
            return sess, False
        is_ready, message = self._model_ready(sess)
        if not is_ready:
            logging.info("Restoring model from %s did not make model ready: %s", restoring, message)
            return sess, False
        logging.info("Restored model from %s", restoring)
        return sess, True

    def wait_for_session(self, master, config=None, max_wait_secs=float("Inf")):
        """A session, when the model is ready in it.

        Raises:
          DeadlineExceededError: where it is not within `max_wait_secs`.
        """
        stop = time.time() + max_wait_secs
        while True:
            sess = session.Session(master, graph=self._graph, config=config)
            ready, message = self._try_run_local_init_op(sess)
            if ready:
                ready, message = self._model_ready(sess)
                if ready:
                    return sess
            sess.close()
            if time.time() + self._recovery_wait_secs > stop:
                raise errors_impl.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {max_wait_secs} secs: {message}. In one process, only the "
                                "session that initializes the variables has their values.")
            logging.info("Waiting for model to be ready.  Ready_for_local_init_op: %s, ready: %s", ready, message)
            time.sleep(self._recovery_wait_secs)

    def _model_ready(self, sess):
        return _ready(self._ready_op, sess, "Model not ready")

    def _model_ready_for_local_init(self, sess):
        return _ready(self._ready_for_local_init_op, sess, "Model not ready for local init")

    def _try_run_local_init_op(self, sess):
        if self._local_init_op is None:
            return True, None
        is_ready, message = self._model_ready_for_local_init(sess)
        if not is_ready:
            return False, message
        logging.info("Running local_init_op.")
        sess.run(self._local_init_op, feed_dict=self._local_init_feed_dict)
        logging.info("Done running local_init_op.")
        return True, None


def _ready(op, sess, message):
    """(whether there is nothing in what `op` gives, what is said otherwise)."""
    if op is None:
        return True, None
    try:
        value = sess.run(op)
    except errors_impl.FailedPreconditionError as error:
        if "uninitialized" not in str(error) and "nothing yet" not in str(error):
            logging.warning("%s : error [%s]", message, error)
            raise
        return False, str(error)
    # Operations that fail where something is not ready give nothing, or numbers.
    if value is None or value.dtype == np.int32 or value.size == 0:
        return True, None
    names = ", ".join(name.decode() if isinstance(name, bytes) else str(name) for name in value.reshape(-1))
    return False, f"Variables not initialized: {names}"


def _name(op):
    if isinstance(op, (list, tuple)):
        return ", ".join(_name(one) for one in op)
    return getattr(op, "name", str(op))
