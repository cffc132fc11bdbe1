"""Threads that fill queues, as long as a `with` statement lasts: `slim.queues.QueueRunners`."""

import contextlib
import threading

from tenseur.python.training import coordinator, queue_runner_impl

_running = threading.local()


class NestedQueueRunnerError(Exception):
    """Two of these statements one in the other."""


@contextlib.contextmanager
def QueueRunners(session):
    """Starts the session's queue runners, and stops them at the end.

    Raises:
      NestedQueueRunnerError: where this thread is in such a statement already.
    """
    if getattr(_running, "within", False):
        raise NestedQueueRunnerError()
    _running.within = True
    coord = coordinator.Coordinator()
    try:
        threads = queue_runner_impl.start_queue_runners(session, coord, daemon=True)
        try:
            yield
        finally:
            coord.request_stop()
            coord.join(threads, stop_grace_period_secs=120, ignore_live_threads=True)
    finally:
        _running.within = False
