"""Threads that fill queues: `tf.train.QueueRunner`, `tf.train.start_queue_runners`."""

import threading
import weakref

from tenseur.core.protobuf import queue_runner_pb2
from tenseur.python.framework import errors_impl, ops
from tenseur.python.platform import tf_logging as logging

_DEFAULT_CLOSED = (errors_impl.OutOfRangeError,)


class QueueRunner:
    """Runs each of `enqueue_ops` again and again in a thread of its own, until the queue is closed or all is to stop.

    Args:
      close_op: closes the queue when all threads have come to their end.
      cancel_op: closes it at once.
      queue_closed_exception_types: what enqueueing raises when there is no more to enqueue.
    """

    def __init__(self, queue=None, enqueue_ops=None, close_op=None, cancel_op=None, queue_closed_exception_types=None,
                 queue_runner_def=None, import_scope=None):
        if queue_runner_def is not None:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._init_from_proto(queue_runner_def, import_scope)
        else:
            self._init_from_args(queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types)
        self._lock = threading.Lock()
        self._runs_per_session = weakref.WeakKeyDictionary()
        self._exceptions_raised = []

    def _init_from_args(self, queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types):
        if not queue or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = list(enqueue_ops)
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op
        if queue_closed_exception_types is None:
            queue_closed_exception_types = _DEFAULT_CLOSED
        if not isinstance(queue_closed_exception_types, tuple) or not all(
                issubclass(kind, errors_impl.OpError) for kind in queue_closed_exception_types):
            raise TypeError("queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: "
                            f"{queue_closed_exception_types}")
        self._queue_closed_exception_types = queue_closed_exception_types

    def _init_from_proto(self, definition, import_scope=None):
        graph = ops.get_default_graph()

        def named(name):
            return graph.as_graph_element(ops.prepend_name_scope(name, import_scope))

        self._queue = named(definition.queue_name)
        self._enqueue_ops = [named(name) for name in definition.enqueue_op_name]
        self._close_op = named(definition.close_op_name)
        self._cancel_op = named(definition.cancel_op_name)
        codes = tuple(errors_impl.exception_type_from_error_code(code)
                      for code in definition.queue_closed_exception_types)
        self._queue_closed_exception_types = codes or _DEFAULT_CLOSED

    @property
    def queue(self):
        return self._queue

    @property
    def enqueue_ops(self):
        return self._enqueue_ops

    @property
    def close_op(self):
        return self._close_op

    @property
    def cancel_op(self):
        return self._cancel_op

    @property
    def queue_closed_exception_types(self):
        return self._queue_closed_exception_types

    @property
    def exceptions_raised(self):
        """What threads have raised without a coordinator that would have been told."""
        return self._exceptions_raised

    @property
    def name(self):
        return self._queue.name

    def _run(self, sess, enqueue_op, coord=None):
        """A thread's work."""
        decremented = False
        try:
            while not (coord and coord.should_stop()):
                try:
                    sess.run(enqueue_op)
                except self._queue_closed_exception_types:
                    with self._lock:
                        self._runs_per_session[sess] -= 1
                        decremented = True
                        if self._runs_per_session[sess] == 0:
                            # The last one closes the queue: what reads it learns that there is no more to come.
                            try:
                                sess.run(self._close_op)
                            except Exception as error:  # noqa: BLE001
                                logging.vlog(1, "Ignored exception: %s", error)
                        return
        except Exception as error:  # noqa: BLE001 (join raises it)
            if coord:
                coord.request_stop(error)
            elif not isinstance(error, (errors_impl.CancelledError, RuntimeError)):
                logging.error("Exception in QueueRunner: %s", error)
                with self._lock:
                    self._exceptions_raised.append(error)
            else:
                # The session has been closed, as it is at the end of a program.
                with self._lock:
                    self._exceptions_raised.append(error)
        finally:
            if not decremented:
                with self._lock:
                    self._runs_per_session[sess] -= 1

    def _close_on_stop(self, sess, cancel_op, coord):
        """The work of the thread that closes the queue when all is to stop."""
        coord.wait_for_stop()
        try:
            sess.run(cancel_op)
        except Exception as error:  # noqa: BLE001
            logging.vlog(1, "Ignored exception: %s", error)

    def create_threads(self, sess, coord=None, daemon=False, start=False):
        """The threads, one for each enqueueing operation and one that closes the queue; none where they run already."""
        with self._lock:
            try:
                if self._runs_per_session[sess] > 0:
                    return []
            except KeyError:
                pass
            self._runs_per_session[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        threads = [
            threading.Thread(target=self._run, args=(sess, op, coord),
                             name=f"QueueRunnerThread-{self.name}-{getattr(op, 'name', op)}")
            for op in self._enqueue_ops]
        if coord:
            threads.append(threading.Thread(target=self._close_on_stop, args=(sess, self._cancel_op, coord),
                                            name=f"QueueRunnerThread-{self.name}-close_on_stop"))
        for thread in threads:
            if coord:
                coord.register_thread(thread)
            if daemon:
                thread.daemon = True
            if start:
                thread.start()
        return threads

    def to_proto(self, export_scope=None):
        """What describes it, as a QueueRunnerDef."""
        if export_scope is not None and not self.queue.name.startswith(export_scope):
            return None
        definition = queue_runner_pb2.QueueRunnerDef(
            queue_name=ops.strip_name_scope(self.queue.name, export_scope),
            close_op_name=ops.strip_name_scope(self.close_op.name, export_scope),
            cancel_op_name=ops.strip_name_scope(self.cancel_op.name, export_scope))
        definition.enqueue_op_name.extend(ops.strip_name_scope(op.name, export_scope) for op in self.enqueue_ops)
        definition.queue_closed_exception_types.extend(
            errors_impl.error_code_from_exception_type(kind) for kind in self._queue_closed_exception_types)
        return definition

    @staticmethod
    def from_proto(queue_runner_def, import_scope=None):
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def add_queue_runner(qr, collection=ops.GraphKeys.QUEUE_RUNNERS):
    """Adds a runner to those that `start_queue_runners` starts."""
    ops.add_to_collection(collection, qr)


def start_queue_runners(sess=None, coord=None, daemon=True, start=True,
                        collection=ops.GraphKeys.QUEUE_RUNNERS):
    """Starts the threads of all the graph's runners, and gives them.

    Raises:
      ValueError: where there is no session.
    """
    if sess is None:
        sess = ops.get_default_session()
        if not sess:
            raise ValueError("Cannot start queue runners: No default session is registered. Use `with sess.as_default()` or "
                             "pass an explicit session to tf.start_queue_runners(sess=sess)")
    if not hasattr(sess, "run"):
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {sess.__class__}")
    runners = sess.graph.get_collection(collection)
    if not runners:
        logging.warning("`tf.train.start_queue_runners()` was called when no queue runners were defined. You can safely remove "
                        "the call to this deprecated function.")
    with sess.graph.as_default():
        threads = []
        for runner in runners:
            threads.extend(runner.create_threads(sess, coord=coord, daemon=daemon, start=start))
    return threads
