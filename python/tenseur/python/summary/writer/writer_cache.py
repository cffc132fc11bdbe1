"""One `FileWriter` a folder: `tf.summary.FileWriterCache`."""

import threading

from tenseur.python.framework import ops
from tenseur.python.summary.writer.writer import FileWriter


class FileWriterCache:
    """The writers that were asked for, by folder."""

    _cache = {}
    _lock = threading.RLock()

    @staticmethod
    def clear():
        """Closes all."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache = {}

    @staticmethod
    def get(logdir):
        """The writer of the folder, made when it is first asked for."""
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=ops.get_default_graph())
            return FileWriterCache._cache[logdir]
