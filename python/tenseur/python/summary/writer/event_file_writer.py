"""Event files: records of Event messages, as TensorBoard reads them."""

import os
import socket
import threading
import time

from tenseur.core.util import event_pb2
from tenseur.python.lib.io import file_io
from tenseur.python.lib.io.tf_record import TFRecordWriter


class EventsWriter:
    """One event file, `PREFIX.out.tfevents.SECONDS.HOST`."""

    def __init__(self, prefix, suffix=""):
        host = socket.gethostname()
        path = f"{prefix}.out.tfevents.{int(time.time()):010d}.{host}{suffix}"
        base, number = path, 0
        while os.path.exists(path):
            number += 1
            path = f"{base}.{number}"
        self._path = path
        self._writer = TFRecordWriter(path)
        self.WriteEvent(event_pb2.Event(wall_time=time.time(), file_version="brain.Event:2"))
        self.Flush()

    def FileName(self):
        return self._path

    def WriteEvent(self, event):
        self._writer.write(event.SerializeToString())

    def Flush(self):
        self._writer.flush()

    def Close(self):
        self._writer.close()


class EventFileWriter:
    """Writes events to a file in `logdir`; what was added is in the file `flush_secs` later, or after `flush`."""

    def __init__(self, logdir, max_queue=10, flush_secs=120, filename_suffix=None):
        self._logdir = os.fsdecode(logdir)
        self._suffix = filename_suffix or ""
        self._flush_secs = flush_secs
        self._lock = threading.Lock()
        if not file_io.is_directory(self._logdir):
            file_io.recursive_create_dir(self._logdir)
        self._open()

    def _open(self):
        self._writer = EventsWriter(os.path.join(self._logdir, "events"), self._suffix)
        self._flushed = time.monotonic()

    def get_logdir(self):
        return self._logdir

    def reopen(self):
        """Goes on in a new file, where this one was closed."""
        with self._lock:
            if self._writer is None:
                self._open()

    def add_event(self, event):
        with self._lock:
            if self._writer is None:
                return
            self._writer.WriteEvent(event)
            if time.monotonic() - self._flushed >= self._flush_secs:
                self._writer.Flush()
                self._flushed = time.monotonic()

    def flush(self):
        with self._lock:
            if self._writer is not None:
                self._writer.Flush()

    def close(self):
        with self._lock:
            if self._writer is not None:
                self._writer.Close()
                self._writer = None
