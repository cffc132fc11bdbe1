"""Training that saves itself: `tf.train.Supervisor`, which `MonitoredTrainingSession` has replaced in TensorFlow."""

import contextlib
import os
import time

from tenseur.core.framework.summary_pb2 import Summary
from tenseur.core.util.event_pb2 import SessionLog
from tenseur.python.framework import graph_io, meta_graph, ops
from tenseur.python.ops import control_flow_ops, variables
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import (
    coordinator, monitored_session, saver as saver_mod, session_manager as session_manager_mod, training_util)


class Supervisor:
    """Initializes or restores a model, and saves it and its summaries as it is trained.

        sv = tf.train.Supervisor(logdir=…)
        with sv.managed_session() as sess:
            while not sv.should_stop():
                sess.run(train_op)

    Args:
      logdir: where checkpoints and summaries go; there are none without it.
      save_summaries_secs, save_model_secs: how often; 0 for never.
      init_fn: called with the session after `init_op` has run.
    """

    USE_DEFAULT = 0

    def __init__(self, graph=None, ready_op=USE_DEFAULT, ready_for_local_init_op=USE_DEFAULT, is_chief=True,
                 init_op=USE_DEFAULT, init_feed_dict=None, local_init_op=USE_DEFAULT, logdir=None, summary_op=USE_DEFAULT,
                 saver=USE_DEFAULT, global_step=USE_DEFAULT, save_summaries_secs=120, save_model_secs=600,
                 recovery_wait_secs=30, stop_grace_secs=120, checkpoint_basename="model.ckpt", session_manager=None,
                 summary_writer=USE_DEFAULT, init_fn=None, local_init_run_options=None):
        default = Supervisor.USE_DEFAULT
        self._graph = graph or ops.get_default_graph()
        keys = ops.GraphKeys
        with self._graph.as_default():
            if ready_op is default:
                ready_op = self._first(keys.READY_OP, variables.report_uninitialized_variables)
            if ready_for_local_init_op is default:
                ready_for_local_init_op = self._first(keys.READY_FOR_LOCAL_INIT_OP, lambda: None)
            if init_op is default:
                init_op = self._first(keys.INIT_OP, variables.global_variables_initializer)
            if local_init_op is default:
                local_init_op = self._first(keys.LOCAL_INIT_OP, self._default_local_init_op)
            if saver is default:
                saver = self._first(keys.SAVERS, lambda: saver_mod.Saver() if variables.global_variables() else None)
            if summary_op is default:
                from tenseur.python.summary import summary
                summary_op = self._first(keys.SUMMARY_OP, summary.merge_all)
            if global_step is default:
                global_step = training_util.get_global_step(self._graph)
        self._ready_op, self._ready_for_local_init_op = ready_op, ready_for_local_init_op
        self._init_op, self._local_init_op, self._init_feed_dict, self._init_fn = (
            init_op, local_init_op, init_feed_dict, init_fn)
        self._saver, self._summary_op, self._global_step = saver, summary_op, global_step
        self._is_chief = is_chief
        self._logdir = logdir if is_chief else None
        self._save_summaries_secs = save_summaries_secs if is_chief else None
        self._save_model_secs = save_model_secs if is_chief else None
        self._recovery_wait_secs = recovery_wait_secs
        self._stop_grace_secs = stop_grace_secs
        self._save_path = os.path.join(self._logdir, checkpoint_basename) if self._logdir else None
        self._coord = coordinator.Coordinator()
        self._started_threads = []
        if summary_writer is default:
            summary_writer = None
            if self._logdir:
                from tenseur.python.summary.writer.writer import FileWriter
                summary_writer = FileWriter(self._logdir)
        self._summary_writer = summary_writer
        self._graph_added_to_summary = False
        self._session_manager = session_manager or session_manager_mod.SessionManager(
            local_init_op=local_init_op, ready_op=ready_op,
            ready_for_local_init_op=ready_for_local_init_op if local_init_op is not None else None, graph=self._graph,
            recovery_wait_secs=recovery_wait_secs)
        self._graph.finalize()

    @staticmethod
    def _first(collection, make):
        """What is first in the graph's collection, or what is made, which goes there."""
        found = ops.get_collection(collection)
        if found:
            return found[0]
        made = make()
        if made is not None:
            ops.add_to_collection(collection, made)
        return made

    @staticmethod
    def _default_local_init_op():
        inits = [variables.local_variables_initializer()] if variables.local_variables() else []
        if ops.get_collection(ops.GraphKeys.TABLE_INITIALIZERS):
            inits.append(monitored_session._initialize_tables())
        return control_flow_ops.group(*inits) if inits else None

    coord = property(lambda self: self._coord)
    init_op = property(lambda self: self._init_op)
    init_feed_dict = property(lambda self: self._init_feed_dict)
    is_chief = property(lambda self: self._is_chief)
    session_manager = property(lambda self: self._session_manager)
    ready_op = property(lambda self: self._ready_op)
    ready_for_local_init_op = property(lambda self: self._ready_for_local_init_op)
    summary_writer = property(lambda self: self._summary_writer)
    summary_op = property(lambda self: self._summary_op)
    save_summaries_secs = property(lambda self: self._save_summaries_secs)
    save_model_secs = property(lambda self: self._save_model_secs)
    global_step = property(lambda self: self._global_step)
    saver = property(lambda self: self._saver)
    save_path = property(lambda self: self._save_path)

    def _write_graph(self):
        if self._logdir:
            graph_io.write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self._summary_writer and not self._graph_added_to_summary:
            self._summary_writer.add_graph(self._graph)
            self._summary_writer.add_meta_graph(meta_graph.create_meta_graph_def(
                graph_def=self._graph.as_graph_def(add_shapes=True),
                saver_def=self._saver.saver_def if self._saver else None))
            self._graph_added_to_summary = True

    def prepare_or_wait_for_session(self, master="", config=None, wait_for_checkpoint=False, max_wait_secs=7200,
                                    start_standard_services=True):
        """A session that is ready, with the threads that save and summarize, and those that fill queues."""
        self._coord.clear_stop()
        if self._summary_writer:
            self._summary_writer.reopen()
        if not self._is_chief:
            return monitored_session.WorkerSessionCreator().create_session()
        sess = self._session_manager.prepare_session(
            master, init_op=self._init_op, saver=self._saver, checkpoint_dir=self._logdir,
            wait_for_checkpoint=wait_for_checkpoint, max_wait_secs=max_wait_secs, config=config,
            init_feed_dict=self._init_feed_dict, init_fn=self._init_fn)
        self._write_graph()
        if start_standard_services:
            self.start_standard_services(sess)
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(self, master="", config=None, start_standard_services=True,
                        close_summary_writer=True):
        """A context with a session; at its end all threads stop, and what one of them raised is raised."""
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(master=master, config=config,
                                                    start_standard_services=start_standard_services)
            yield sess
        except Exception as error:  # noqa: BLE001 (stop raises it)
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if sess is not None:
                    sess.close()

    PrepareSession = prepare_or_wait_for_session

    def start_standard_services(self, sess):
        """Starts the threads that save checkpoints, summaries and how fast steps are made."""
        if not self._is_chief:
            raise RuntimeError("Only chief supervisor can start standard services. Because only chief supervisors can write "
                               "events.")
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer:
            step = training_util.global_step(sess, self._global_step)
            self._summary_writer.add_session_log(SessionLog(status=SessionLog.START), step)
        threads = []
        if self._save_summaries_secs and self._summary_writer:
            if self._summary_op is not None:
                threads.append(self.loop(self._save_summaries_secs, self._save_summaries, (sess,)))
            if self._global_step is not None:
                self._last_time, self._last_step = time.time(), training_util.global_step(sess, self._global_step)
                threads.append(self.loop(self._save_summaries_secs, self._save_speed, (sess,)))
        if self._saver and self._save_model_secs:
            threads.append(self.loop(self._save_model_secs, self._save_model, (sess,)))
        self._started_threads.extend(threads)
        return threads

    def _save_summaries(self, sess):
        if self._global_step is not None:
            summary, step = sess.run([self._summary_op, self._global_step])
        else:
            summary, step = sess.run(self._summary_op), None
        if self._summary_writer:
            self._summary_writer.add_summary(summary, step)

    def _save_speed(self, sess):
        now, step = time.time(), training_util.global_step(sess, self._global_step)
        seconds, self._last_time = now - self._last_time, now
        steps, self._last_step = step - self._last_step, step
        rate = steps / seconds if seconds > 0 else float("inf")
        summary = Summary()
        summary.value.add(tag=f"{self._global_step.op.name}/sec", simple_value=rate)
        if self._summary_writer:
            self._summary_writer.add_summary(summary, step)
        logging.info("%s/sec: %g", self._global_step.op.name, rate)

    def _save_model(self, sess):
        logging.info("Saving checkpoint to path %s", self._save_path)
        self._saver.save(sess, self._save_path, global_step=self._global_step)
        if self._summary_writer and self._global_step is not None:
            self._summary_writer.add_session_log(
                SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._save_path),
                training_util.global_step(sess, self._global_step))

    def start_queue_runners(self, sess, queue_runners=None):
        """Starts the threads that fill queues."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(ops.GraphKeys.QUEUE_RUNNERS)
        threads = []
        for runner in queue_runners:
            threads.extend(runner.create_threads(sess, coord=self._coord, daemon=True, start=True))
        self._started_threads.extend(threads)
        return threads

    StartStandardServices = start_standard_services
    StartQueueRunners = start_queue_runners

    def loop(self, timer_interval_secs, target, args=None, kwargs=None):
        """Starts a thread that calls a function every so many seconds."""
        thread = coordinator.LooperThread(self._coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        thread.start()
        return thread

    Loop = loop

    def stop(self, threads=None, close_summary_writer=True, ignore_live_threads=False):
        """Stops the threads; raises what one of them has raised."""
        self._coord.request_stop()
        try:
            self._coord.join(threads, stop_grace_period_secs=self._stop_grace_secs,
                             ignore_live_threads=ignore_live_threads)
        finally:
            if close_summary_writer and self._summary_writer:
                self._summary_writer.add_session_log(SessionLog(status=SessionLog.STOP))
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def request_stop(self, ex=None):
        self._coord.request_stop(ex=ex)

    def should_stop(self):
        return self._coord.should_stop()

    def stop_on_exception(self):
        return self._coord.stop_on_exception()

    def wait_for_stop(self):
        self._coord.wait_for_stop()

    def summary_computed(self, sess, summary, global_step=None):
        """Writes a summary that the program has computed."""
        if not self._summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self._global_step is not None:
            global_step = training_util.global_step(sess, self._global_step)
        self._summary_writer.add_summary(summary, global_step)

    Stop = stop
    RequestStop = request_stop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed
