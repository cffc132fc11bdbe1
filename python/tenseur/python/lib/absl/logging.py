"""`absl.logging`: messages with a letter for their importance, the time and the line, on standard error."""

import logging as _logging
import os
import sys
import time

from tenseur.python.platform import flags

FATAL, ERROR, WARNING, INFO, DEBUG = -3, -2, -1, 0, 1
WARN = WARNING

_NAMES = {"fatal": FATAL, "error": ERROR, "warning": WARNING, "warn": WARNING, "info": INFO, "debug": DEBUG}
_STANDARD = {FATAL: _logging.CRITICAL, ERROR: _logging.ERROR, WARNING: _logging.WARNING, INFO: _logging.INFO,
             DEBUG: _logging.DEBUG}
_LETTERS = {"CRITICAL": "F", "ERROR": "E", "WARNING": "W", "INFO": "I", "DEBUG": "I"}
_OWN = os.path.normcase(__file__)

_counts = {}
_verbosity = WARNING


class PythonFormatter(_logging.Formatter):
    """`I0131 14:05:07.123456 1234 program.py:12] message`."""

    def format(self, record):
        when = time.strftime("%m%d %H:%M:%S", time.localtime(record.created))
        letter = _LETTERS.get(record.levelname, "I")
        return (f"{letter}{when}.{int(record.created % 1 * 1e6):06d} {record.process} {record.filename}:"
                f"{record.lineno}] {super().format(record)}")


class _Handler(_logging.StreamHandler):
    """Writes to what is standard error at the time."""

    def emit(self, record):
        self.stream = sys.stderr
        super().emit(record)


_logger = _logging.getLogger("absl")
_handler = _Handler()
_handler.setFormatter(PythonFormatter())
_logger.addHandler(_handler)
_logger.propagate = False


def _standard(level):
    """Python's level for one of absl's: above 1 they go on below DEBUG, one by one."""
    level = _NAMES[level.lower()] if isinstance(level, str) else level
    return _STANDARD.get(level, _logging.DEBUG - level + 1)


def _depth():
    """How far up the caller of this module is."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and os.path.normcase(frame.f_code.co_filename) == _OWN:
        depth, frame = depth + 1, frame.f_back
    return depth


def log(level, msg, *args, **kwargs):
    """Logs `msg % args` at one of this module's levels."""
    _logger.log(_standard(level), msg, *args, stacklevel=_depth(), **kwargs)


def fatal(msg, *args, **kwargs):
    """Logs the message, and ends the process as a crash would."""
    log(FATAL, msg, *args, **kwargs)
    flush()
    os.abort()


def error(msg, *args, **kwargs):
    log(ERROR, msg, *args, **kwargs)


def warning(msg, *args, **kwargs):
    log(WARNING, msg, *args, **kwargs)


warn = warning


def info(msg, *args, **kwargs):
    log(INFO, msg, *args, **kwargs)


def debug(msg, *args, **kwargs):
    log(DEBUG, msg, *args, **kwargs)


def exception(msg, *args, exc_info=True, **kwargs):
    error(msg, *args, exc_info=exc_info, **kwargs)


def vlog(level, msg, *args, **kwargs):
    log(level, msg, *args, **kwargs)


def log_if(level, msg, condition, *args, **kwargs):
    if condition:
        log(level, msg, *args, **kwargs)


def _times():
    """How often the caller's line was here before."""
    frame = sys._getframe(2)
    key = frame.f_code.co_filename, frame.f_lineno
    _counts[key] = _counts.get(key, -1) + 1
    return _counts[key]


def log_every_n(level, msg, n, *args, **kwargs):
    """Logs the first of every `n` calls from this line."""
    log_if(level, msg, _times() % n == 0, *args, **kwargs)


def log_first_n(level, msg, n, *args, **kwargs):
    """Logs the first `n` calls from this line."""
    log_if(level, msg, _times() < n, *args, **kwargs)


def vlog_is_on(level):
    return level_debug_at_least(level)


def level_debug_at_least(level):
    """Whether messages of this level are written."""
    return _verbosity >= (_NAMES[level.lower()] if isinstance(level, str) else level)


def level_debug():
    return level_debug_at_least(DEBUG)


def level_info():
    return level_debug_at_least(INFO)


def level_warning():
    return level_debug_at_least(WARNING)


level_warn = level_warning


def level_error():
    return level_debug_at_least(ERROR)


def get_verbosity():
    return _verbosity


def set_verbosity(v):
    """Messages up to this level are written: `logging.INFO`, or its name."""
    global _verbosity
    _verbosity = _NAMES[v.lower()] if isinstance(v, str) and v.lower() in _NAMES else int(v)
    _logger.setLevel(_standard(_verbosity))
    if "verbosity" in flags.FLAGS:
        flags.FLAGS["verbosity"].value = _verbosity


def set_stderrthreshold(s):
    """All messages go to standard error here."""


def use_absl_handler():
    """The handler is there from the beginning."""


def use_python_logging(quiet=False):
    pass


def get_absl_logger():
    return _logger


def get_absl_handler():
    return _handler


def flush():
    _handler.flush()


def _define_flags():
    flags.DEFINE_integer("verbosity", WARNING, "Logging verbosity level: messages at this level or lower are shown.",
                         short_name="v", allow_override=True)
    for name in ("logtostderr", "alsologtostderr", "showprefixforinfo"):
        flags.DEFINE_boolean(name, name == "showprefixforinfo", "All messages go to standard error.",
                             allow_override=True)
    for name, default in (("log_dir", ""), ("stderrthreshold", "fatal")):
        flags.DEFINE_string(name, default, "Without effect: all messages go to standard error.", allow_override=True)


_define_flags()
set_verbosity(WARNING)
