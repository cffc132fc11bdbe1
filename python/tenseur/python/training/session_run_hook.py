"""What hooks are given around a run, and what they ask for."""

import collections


class SessionRunHook:
    """Something that is called at each step of a `MonitoredSession`."""

    def begin(self):
        """Called before the session is made: the graph may still be changed."""

    def after_create_session(self, session, coord):
        """Called when a session has been made, after a failure too."""

    def before_run(self, run_context):
        """Called before each run; gives `SessionRunArgs`, what else to run, or `None`."""
        return None

    def after_run(self, run_context, run_values):
        """Called after each run, with what it has asked for: `run_values.results`."""

    def end(self, session):
        """Called at the end, unless an exception ends it."""


class SessionRunArgs(collections.namedtuple("SessionRunArgs", ["fetches", "feed_dict", "options"])):
    """What a hook adds to a run: fetches, feeds, options."""

    def __new__(cls, fetches, feed_dict=None, options=None):
        return super().__new__(cls, fetches, feed_dict, options)


class SessionRunContext:
    """The run that is about to be, or has been, made."""

    def __init__(self, original_args, session):
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self):
        """What the program itself asked for."""
        return self._original_args

    @property
    def session(self):
        return self._session

    @property
    def stop_requested(self):
        return self._stop_requested

    def request_stop(self):
        """Asks that there be no further run."""
        self._stop_requested = True


class SessionRunValues(collections.namedtuple("SessionRunValues", ["results", "options", "run_metadata"])):
    """What a run gave to a hook."""
