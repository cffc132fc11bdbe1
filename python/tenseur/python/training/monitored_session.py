"""Sessions that initialize or restore themselves, start queues, call hooks and stop: `tf.train.MonitoredTrainingSession`."""

from tenseur import raw_ops
from tenseur.python.framework import errors_impl, ops
from tenseur.python.ops import control_flow_ops, variables
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import (
    basic_session_run_hooks, coordinator, queue_runner_impl, saver as training_saver, session_manager as sm,
    session_run_hook)

_PREEMPTION_ERRORS = (errors_impl.AbortedError, errors_impl.UnavailableError)
USE_DEFAULT = object()


class Scaffold:
    """The parts that a session needs: what initializes, says what is ready, saves and summarizes.

    Each is given, or taken from the graph's collection, or made; `finalize` does that, and then the graph is final.
    """

    def __init__(self, init_op=None, init_feed_dict=None, init_fn=None, ready_op=None, ready_for_local_init_op=None,
                 local_init_op=None, summary_op=None, saver=None, copy_from_scaffold=None, local_init_feed_dict=None):
        if copy_from_scaffold is not None:
            if not isinstance(copy_from_scaffold, Scaffold):
                raise TypeError(f"copy_from_scaffold is not a Scaffold instance, got {copy_from_scaffold}.")
            other = copy_from_scaffold

            def or_its(name, value):
                return getattr(other, name) if value is None else value

            init_op, init_feed_dict = or_its("init_op", init_op), or_its("init_feed_dict", init_feed_dict)
            init_fn = init_fn if init_fn is not None else other._user_init_fn
            ready_op = or_its("ready_op", ready_op)
            ready_for_local_init_op = or_its("ready_for_local_init_op", ready_for_local_init_op)
            local_init_op, summary_op = or_its("local_init_op", local_init_op), or_its("summary_op", summary_op)
            local_init_feed_dict = or_its("local_init_feed_dict", local_init_feed_dict)
            saver = or_its("saver", saver)
        self._user_init_fn = init_fn
        self._init_fn = (lambda sess: init_fn(self, sess)) if init_fn else None
        self._init_op = init_op
        self._init_feed_dict = init_feed_dict
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._local_init_op = local_init_op
        self._local_init_feed_dict = local_init_feed_dict
        self._summary_op = summary_op
        self._saver = saver

    init_op = property(lambda self: self._init_op)
    init_feed_dict = property(lambda self: self._init_feed_dict)
    init_fn = property(lambda self: self._init_fn)
    ready_op = property(lambda self: self._ready_op)
    ready_for_local_init_op = property(lambda self: self._ready_for_local_init_op)
    local_init_op = property(lambda self: self._local_init_op)
    local_init_feed_dict = property(lambda self: self._local_init_feed_dict)
    summary_op = property(lambda self: self._summary_op)
    saver = property(lambda self: self._saver)

    def finalize(self):
        """Makes what is missing, and makes the graph final."""
        from tenseur.python.summary import summary
        keys = ops.GraphKeys
        if self._init_op is None:
            self._init_op = Scaffold.get_or_default("init_op", keys.INIT_OP, variables.global_variables_initializer)
        if self._ready_op is None:
            self._ready_op = Scaffold.get_or_default("ready_op", keys.READY_OP,
                                                     variables.report_uninitialized_variables)
        if self._ready_for_local_init_op is None:
            self._ready_for_local_init_op = Scaffold.get_or_default(
                "ready_for_local_init_op", keys.READY_FOR_LOCAL_INIT_OP,
                lambda: variables.report_uninitialized_variables(variables.global_variables()))
        if self._local_init_op is None:
            self._local_init_op = Scaffold.get_or_default("local_init_op", keys.LOCAL_INIT_OP,
                                                          Scaffold.default_local_init_op)
        if self._summary_op is None:
            self._summary_op = Scaffold.get_or_default("summary_op", keys.SUMMARY_OP, summary.merge_all)
        if self._saver is None:
            self._saver = training_saver._get_saver_or_default()
        self._saver.build()
        ops.get_default_graph().finalize()
        logging.info("Graph was finalized.")
        return self

    @staticmethod
    def get_or_default(arg_name, collection_key, default_constructor):
        """What is in the graph's collection, or else what is made, which goes there.

        Raises:
          RuntimeError: where there is more than one in the collection.
        """
        elements = ops.get_collection(collection_key)
        if elements:
            if len(elements) > 1:
                raise RuntimeError(f'More than one item in the collection "{collection_key}". Please indicate which one to use '
                                   f"by passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)")
            return elements[0]
        op = default_constructor()
        if op is not None:
            ops.add_to_collection(collection_key, op)
        return op

    @staticmethod
    def default_local_init_op():
        """Initializes local variables and tables."""
        return control_flow_ops.group(variables.local_variables_initializer(), _initialize_tables())


def _initialize_tables():
    with ops.control_dependencies(ops.get_collection(ops.GraphKeys.TABLE_INITIALIZERS)):
        return raw_ops.NoOp(name="init_all_tables")


class SessionCreator:
    """Makes sessions: `create_session`."""

    def create_session(self):
        raise NotImplementedError(f"create_session is not implemented for {self}.")


class ChiefSessionCreator(SessionCreator):
    """Sessions that are restored from a checkpoint, or else initialized."""

    def __init__(self, scaffold=None, master="", config=None, checkpoint_dir=None,
                 checkpoint_filename_with_path=None):
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path
        self._scaffold = scaffold or Scaffold()
        self._session_manager = None
        self._master = master
        self._config = config

    def create_session(self):
        self._scaffold.finalize()
        if self._session_manager is None:
            self._session_manager = sm.SessionManager(
                local_init_op=self._scaffold.local_init_op, local_init_feed_dict=self._scaffold.local_init_feed_dict,
                ready_op=self._scaffold.ready_op, ready_for_local_init_op=self._scaffold.ready_for_local_init_op,
                graph=ops.get_default_graph())
        return self._session_manager.prepare_session(
            self._master, saver=self._scaffold.saver, checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path, config=self._config,
            init_op=self._scaffold.init_op, init_feed_dict=self._scaffold.init_feed_dict, init_fn=self._scaffold.init_fn)


class WorkerSessionCreator(SessionCreator):
    """Sessions of workers that are not the chief: they would wait for another process, and there is one only."""

    def __init__(self, scaffold=None, master="", config=None, max_wait_secs=30 * 60):
        self._scaffold = scaffold or Scaffold()

    def create_session(self):
        raise NotImplementedError("tenseur runs one process: a worker that is not the chief has nobody to wait for. Run the "
                                  "chief alone (task_index=0, is_chief=True).")


def MonitoredTrainingSession(master="", is_chief=True, checkpoint_dir=None, scaffold=None, hooks=None, chief_only_hooks=None,
                             save_checkpoint_secs=USE_DEFAULT, save_summaries_steps=USE_DEFAULT,
                             save_summaries_secs=USE_DEFAULT, config=None, stop_grace_period_secs=120,
                             log_step_count_steps=100, max_wait_secs=7200, save_checkpoint_steps=USE_DEFAULT,
                             summary_dir=None, save_graph_def=True):
    """A session for training: it restores the last checkpoint of `checkpoint_dir` or initializes, saves checkpoints (every
    600 seconds) and summaries (every 100 steps), and calls `hooks` around each run.

        with tf.train.MonitoredTrainingSession(checkpoint_dir=…, hooks=[tf.train.StopAtStepHook(last_step=1000)]) as sess:
            while not sess.should_stop():
                sess.run(train_op)
    """
    def chosen(first, second, default):
        if first is USE_DEFAULT and second is USE_DEFAULT:
            return default
        return (None if first is USE_DEFAULT else first), (None if second is USE_DEFAULT else second)

    save_summaries_steps, save_summaries_secs = chosen(save_summaries_steps, save_summaries_secs, (100, None))
    save_checkpoint_secs, save_checkpoint_steps = chosen(save_checkpoint_secs, save_checkpoint_steps, (600, None))
    scaffold = scaffold or Scaffold()
    if not is_chief:
        creator = WorkerSessionCreator(scaffold=scaffold, master=master, config=config, max_wait_secs=max_wait_secs)
        return MonitoredSession(session_creator=creator, hooks=hooks or [],
                                stop_grace_period_secs=stop_grace_period_secs)
    all_hooks = list(chief_only_hooks or [])
    creator = ChiefSessionCreator(scaffold=scaffold, checkpoint_dir=checkpoint_dir, master=master, config=config)
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir:
        if log_step_count_steps and log_step_count_steps > 0:
            all_hooks.append(basic_session_run_hooks.StepCounterHook(
                output_dir=summary_dir, every_n_steps=log_step_count_steps))
        if save_summaries_steps or save_summaries_secs:
            all_hooks.append(basic_session_run_hooks.SummarySaverHook(
                scaffold=scaffold, save_steps=save_summaries_steps, save_secs=save_summaries_secs, output_dir=summary_dir))
    if checkpoint_dir and (save_checkpoint_secs or save_checkpoint_steps):
        all_hooks.append(basic_session_run_hooks.CheckpointSaverHook(
            checkpoint_dir, save_steps=save_checkpoint_steps, save_secs=save_checkpoint_secs, scaffold=scaffold,
            save_graph_def=save_graph_def))
    all_hooks.extend(hooks or [])
    return MonitoredSession(session_creator=creator, hooks=all_hooks, stop_grace_period_secs=stop_grace_period_secs)


class _HookedSession:
    """A session whose runs are made with hooks around them, which may ask to stop."""

    def __init__(self, sess, hooks):
        self._sess = sess
        self._hooks = hooks
        self._should_stop = False

    @property
    def graph(self):
        return self._sess.graph

    def should_stop(self):
        return self._should_stop

    def close(self):
        self._sess.close()

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """As `Session.run`; the hooks' fetches and feeds go with the program's."""
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        context = session_run_hook.SessionRunContext(
            original_args=session_run_hook.SessionRunArgs(fetches, feed_dict), session=self._sess)
        wanted, places, feeds = [fetches], {}, dict(feed_dict or {})
        fed_by_hooks = set()
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                places[hook] = len(wanted)
                wanted.append(request.fetches)
            for key, value in (request.feed_dict or {}).items():
                if key in fed_by_hooks:
                    raise RuntimeError("Same tensor is fed by two hooks.")
                if key in feeds:
                    raise RuntimeError(f"Same tensor is fed by a SessionRunHook and user. Tensor: {key}")
                fed_by_hooks.add(key)
                feeds[key] = value
        results = self._sess.run(wanted, feed_dict=feeds or None, options=options, run_metadata=run_metadata)
        for hook in self._hooks:
            hook.after_run(context, session_run_hook.SessionRunValues(
                results=results[places[hook]] if hook in places else None, options=options, run_metadata=run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return results[0]


class _Coordinated:
    """A session with hooks and with its coordinator, whose threads fill queues."""

    def __init__(self, creator, hooks, stop_grace_period_secs):
        self.session = creator.create_session()
        self.coord = coordinator.Coordinator(clean_stop_exception_types=[])
        self._stop_grace_period_secs = stop_grace_period_secs
        if ops.get_collection(ops.GraphKeys.QUEUE_RUNNERS):
            queue_runner_impl.start_queue_runners(sess=self.session, coord=self.coord)
        for hook in hooks:
            hook.after_create_session(self.session, self.coord)
        self.hooked = _HookedSession(self.session, hooks)

    def run(self, *arguments):
        """As the hooked session's; where it fails because a thread has failed, what the thread raised is raised."""
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        try:
            return self.hooked.run(*arguments)
        except _PREEMPTION_ERRORS:
            raise
        except Exception as error:
            try:
                self.coord.raise_requested_exception()
            except Exception as requested:
                raise requested from error
            raise

    def should_stop(self):
        self.coord.raise_requested_exception()
        return self.coord.should_stop() or self.hooked.should_stop()

    def close(self):
        self.coord.request_stop()
        try:
            self.coord.join(stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True)
        finally:
            try:
                self.session.close()
            except Exception:  # noqa: BLE001 (what closing says is not what the program waits for)
                pass


class _MonitoredSession:
    """What `MonitoredSession` and `SingularMonitoredSession` share."""

    def __init__(self, session_creator, hooks, should_recover, stop_grace_period_secs=120):
        self._graph_was_finalized = ops.get_default_graph().finalized
        self._graph = ops.get_default_graph()
        self._hooks = hooks or []
        self._creator = session_creator or ChiefSessionCreator()
        self._should_recover = should_recover
        self._stop_grace_period_secs = stop_grace_period_secs
        self._should_stop = False
        for hook in self._hooks:
            hook.begin()
        self._inner = self._made()

    def _made(self):
        while True:
            try:
                return _Coordinated(self._creator, self._hooks, self._stop_grace_period_secs)
            except _PREEMPTION_ERRORS as error:
                if not self._should_recover:
                    raise
                logging.info("An error was raised while a session was being created. Error: %s", error)

    @property
    def graph(self):
        return None if self._inner is None else self._inner.session.graph

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """As `Session.run`, with the hooks before and after it."""
        if self._inner is None:
            raise RuntimeError("Attempted to use a closed Session.")
        while True:
            try:
                return self._inner.run(fetches, feed_dict, options, run_metadata)
            except _PREEMPTION_ERRORS as error:
                if not self._should_recover:
                    raise
                logging.info("An error was raised. A new session will be created. Error: %s", error)
                self._inner.close()
                self._inner = self._made()

    def run_step_fn(self, step_fn):
        """Calls `step_fn(step_context)`, which runs what it wants by `step_context.session` (without hooks) and
        `step_context.run_with_hooks`."""
        import inspect
        names = list(inspect.signature(step_fn).parameters)
        if names not in (["step_context"], ["self", "step_context"]):
            raise ValueError(f"'step_fn' may either have one 'step_context' argument, or 'self' and 'step_context' arguments if "
                             f"it's an instance method. Got {names} instead.")
        try:
            return step_fn(_MonitoredSession.StepContext(self._inner.session, self.run, self))
        except StopIteration:
            return None

    class StepContext:
        """What a step function is given."""

        def __init__(self, session, run_with_hooks_fn, monitored):
            self._session = session
            self._run_with_hooks_fn = run_with_hooks_fn
            self._monitored = monitored

        @property
        def session(self):
            return self._session

        def run_with_hooks(self, *args, **kwargs):
            return self._run_with_hooks_fn(*args, **kwargs)

        def request_stop(self):
            self._monitored._should_stop = True
            raise StopIteration("step_fn has requested the iterations to stop.")

    def should_stop(self):
        """Whether a hook or a thread has asked to stop."""
        return self._inner is None or self._should_stop or self._inner.should_stop()

    def _is_closed(self):
        return self._inner is None

    def close(self):
        """Ends it: hooks are told, threads stop."""
        self._close_internal()

    def __enter__(self):
        return self

    def __exit__(self, exception_type, exception_value, traceback):
        if exception_type in (errors_impl.OutOfRangeError, StopIteration):
            exception_type = None
        self._close_internal(exception_type)
        return exception_type is None

    def _close_internal(self, exception_type=None):
        if self._inner is None:
            raise RuntimeError("Session is already closed.")
        try:
            if not exception_type:
                for hook in self._hooks:
                    hook.end(self._inner.session)
        finally:
            inner, self._inner = self._inner, None
            try:
                inner.close()
            finally:
                if not self._graph_was_finalized:
                    self._graph._unsafe_unfinalize()


class MonitoredSession(_MonitoredSession):
    """A session with hooks; it is made again where it is lost."""

    def __init__(self, session_creator=None, hooks=None, stop_grace_period_secs=120):
        super().__init__(session_creator, hooks, should_recover=True, stop_grace_period_secs=stop_grace_period_secs)


MonitoredSession.ChiefSessionCreator = ChiefSessionCreator
MonitoredSession.WorkerSessionCreator = WorkerSessionCreator


class SingularMonitoredSession(_MonitoredSession):
    """A session with hooks; `raw_session()` is the session itself."""

    def __init__(self, hooks=None, scaffold=None, master="", config=None, checkpoint_dir=None, stop_grace_period_secs=120,
                 checkpoint_filename_with_path=None):
        creator = ChiefSessionCreator(scaffold=scaffold, master=master, config=config, checkpoint_dir=checkpoint_dir,
                                      checkpoint_filename_with_path=checkpoint_filename_with_path)
        super().__init__(creator, hooks, should_recover=False, stop_grace_period_secs=stop_grace_period_secs)

    def raw_session(self):
        return self._inner.session
