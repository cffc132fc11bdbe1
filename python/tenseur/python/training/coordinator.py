"""Threads that stop together: `tf.train.Coordinator`."""

import contextlib
import sys
import threading
import time

from tenseur.python.framework import errors_impl
from tenseur.python.platform import tf_logging as logging


class Coordinator:
    """Tells threads when to stop, and raises in the main thread what one of them has raised.

        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(coord=coord)
        …
        coord.request_stop()
        coord.join(threads)

    Args:
      clean_stop_exception_types: what a thread may raise to say that all is well; `(tf.errors.OutOfRangeError,)`.
    """

    def __init__(self, clean_stop_exception_types=None):
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (errors_impl.OutOfRangeError,)
        self._clean_stop_exception_types = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._exception = None
        self._joined = False
        self._registered_threads = set()

    def request_stop(self, ex=None):
        """Asks the threads to stop; `ex`, an exception or what `sys.exc_info()` gives, is raised again by `join`."""
        with self._lock:
            exception = ex[1] if isinstance(ex, tuple) else ex
            exception = self._unless_clean(exception)
            if self._joined:
                # There is no join to come that would raise it.
                if exception is not None:
                    raise exception
                return
            if not self._stop_event.is_set():
                if exception is not None and self._exception is None:
                    logging.info("Error reported to Coordinator: %s, %s", type(exception), exception)
                    self._exception = exception
                self._stop_event.set()

    def _unless_clean(self, exception):
        return None if isinstance(exception, self._clean_stop_exception_types) else exception

    def clear_stop(self):
        """Forgets that the threads were to stop."""
        with self._lock:
            self._joined = False
            self._exception = None
            self._stop_event.clear()

    def should_stop(self):
        """Whether the threads are to stop."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self):
        """A context in which any exception asks the threads to stop, and is kept for `join`."""
        try:
            yield
        except:  # noqa: E722 (whatever it is, join raises it)
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout=None):
        """Waits until the threads are to stop, or `timeout` seconds; gives whether they are."""
        return self._stop_event.wait(timeout)

    def register_thread(self, thread):
        """`join` waits for this thread too."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(self, threads=None, stop_grace_period_secs=120, ignore_live_threads=False):
        """Waits for the threads to end: as long as they go on by themselves, and `stop_grace_period_secs` once they are to
        stop.

        Raises:
          RuntimeError: where threads still run after that.
          The exception with which a thread ended, if one did.
        """
        with self._lock:
            threads = self._registered_threads if threads is None else self._registered_threads.union(set(threads))
            threads = list(threads)
        while any(thread.is_alive() for thread in threads) and not self.wait_for_stop(1.0):
            pass
        grace = stop_grace_period_secs
        while any(thread.is_alive() for thread in threads) and grace >= 0.0:
            start = time.monotonic()
            for thread in threads:
                thread.join(0.05)
                if thread.is_alive():
                    break
            grace -= time.monotonic() - start
        stragglers = [thread.name for thread in threads if thread.is_alive()]
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._exception is not None:
                exception, self._exception = self._exception, None
                raise exception
            if stragglers and not ignore_live_threads:
                raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(stragglers)}")
            if stragglers:
                logging.info("Coordinator stopped with threads still running: %s", " ".join(stragglers))

    @property
    def joined(self):
        return self._joined

    def raise_requested_exception(self):
        """Raises what a thread has raised, if one did."""
        with self._lock:
            if self._exception is not None:
                raise self._exception


class LooperThread(threading.Thread):
    """Calls a function every `timer_interval_secs` seconds (at once again, where that is `None`), until it is to stop."""

    def __init__(self, coord, timer_interval_secs, target=None, args=None, kwargs=None):
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__()
        self.daemon = True
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._target_and_arguments = (target, args or (), kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(coord, timer_interval_secs, target, args=None, kwargs=None):
        """Starts such a thread."""
        looper = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        return looper

    def run(self):
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                following = time.time()
                while not self._coord.wait_for_stop(following - time.time()):
                    following += self._timer_interval_secs
                    self.run_loop()
            self.stop_loop()

    def start_loop(self):
        """Called when the thread begins."""

    def stop_loop(self):
        """Called when the thread ends."""

    def run_loop(self):
        """What is called again and again."""
        target, args, kwargs = self._target_and_arguments
        if target:
            target(*args, **kwargs)
