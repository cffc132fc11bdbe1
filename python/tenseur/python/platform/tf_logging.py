"""Messages of programs: `tf.logging`."""

import logging as _logging
import os as _os
import sys as _sys
import threading as _threading

DEBUG = _logging.DEBUG
ERROR = _logging.ERROR
FATAL = _logging.FATAL
INFO = _logging.INFO
WARN = _logging.WARN
WARNING = _logging.WARNING

_lock = _threading.Lock()
_logger = None
_counts = {}


def get_logger():
    """Python's logger called tensorflow; it writes `INFO:tensorflow:message` to standard error."""
    global _logger
    with _lock:
        if _logger is None:
            _logger = _logging.getLogger("tensorflow")
            if not _logger.handlers and not _logging.getLogger().handlers:
                _logger.setLevel(WARN)
                handler = _logging.StreamHandler(_sys.stdout if hasattr(_sys, "ps1") else None)
                handler.setFormatter(_logging.Formatter(_logging.BASIC_FORMAT, None))
                _logger.addHandler(handler)
    return _logger


def log(level, msg, *args, **kwargs):
    get_logger().log(level, msg, *args, **kwargs)


def debug(msg, *args, **kwargs):
    get_logger().debug(msg, *args, **kwargs)


def info(msg, *args, **kwargs):
    get_logger().info(msg, *args, **kwargs)


def warning(msg, *args, **kwargs):
    get_logger().warning(msg, *args, **kwargs)


warn = warning


def error(msg, *args, **kwargs):
    get_logger().error(msg, *args, **kwargs)


def fatal(msg, *args, **kwargs):
    get_logger().fatal(msg, *args, **kwargs)


def TaskLevelStatusMessage(msg):
    error(msg)


def flush():
    for handler in get_logger().handlers:
        handler.flush()


def vlog(level, msg, *args, **kwargs):
    get_logger().log(level, msg, *args, **kwargs)


def _count(msg):
    frame = _sys._getframe(2)
    key = (frame.f_code.co_filename, frame.f_lineno)
    _counts[key] = _counts.get(key, -1) + 1
    return _counts[key]


def log_every_n(level, msg, n, *args):
    """Logs the first of every `n` calls from this line."""
    if _count(msg) % n == 0:
        log(level, msg, *args)


def log_first_n(level, msg, n, *args):
    """Logs the first `n` calls from this line."""
    if _count(msg) < n:
        log(level, msg, *args)


def log_if(level, msg, condition, *args):
    if condition:
        log(level, msg, *args)


def get_verbosity():
    return get_logger().getEffectiveLevel()


def set_verbosity(v):
    get_logger().setLevel(v)


def _get_file_and_line():
    frame = _sys._getframe(2)
    return _os.path.basename(frame.f_code.co_filename), frame.f_lineno
