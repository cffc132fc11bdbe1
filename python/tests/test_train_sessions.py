"""Sessions with hooks, coordinators and threads."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


def model():
    w = tf.Variable(2.0, name="w")
    step = tf.train.get_or_create_global_step()
    loss = tf.square(w - 5.0, name="loss")
    return w, step, loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)


class Recorder(tf.train.SessionRunHook):
    def __init__(self, fetches):
        self.calls, self.fetches = [], fetches

    def begin(self):
        self.calls.append("begin")

    def after_create_session(self, session, coord):
        self.calls.append("created")

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.fetches)

    def after_run(self, run_context, run_values):
        self.calls.append([np.asarray(value).item() for value in run_values.results])

    def end(self, session):
        self.calls.append("end")


def test_a_monitored_session(tmp_path):
    w, step, loss, train = model()
    folder = str(tmp_path)
    for last, expected in ((3, [[9.0, 1], [5.76, 2], [3.6864, 3]]), (5, [[2.359296, 4], [1.5099496, 5]])):
        hook = Recorder([loss, step])
        with tf.train.MonitoredTrainingSession(checkpoint_dir=folder, save_checkpoint_steps=2, log_step_count_steps=2, hooks=[
                hook, tf.train.StopAtStepHook(last_step=last)]) as sess:
            while not sess.should_stop():
                sess.run(train)
        assert hook.calls[:2] == ["begin", "created"] and hook.calls[-1] == "end"
        assert np.allclose(hook.calls[2:-1], expected)
    names = os.listdir(folder)
    assert {"checkpoint", "graph.pbtxt", "model.ckpt-0.index", "model.ckpt-2.index", "model.ckpt-3.index",
            "model.ckpt-5.index", "model.ckpt-5.meta"} <= set(names)
    assert "model.ckpt-4.index" not in names and any("events" in name for name in names)
    with tf.train.SingularMonitoredSession(checkpoint_dir=folder) as sess:
        assert np.allclose(sess.run(w), 4.01696) and sess.raw_session().run(step) == 5


def test_exceptions_go_through_and_ends_do_not():
    model()
    with pytest.raises(KeyError):
        with tf.train.MonitoredSession():
            raise KeyError("mine")
    with tf.train.MonitoredSession() as sess:
        raise tf.errors.OutOfRangeError(None, None, "no more")
    with pytest.raises(RuntimeError):
        sess.run("loss:0")


def test_the_graph_is_final_meanwhile():
    w, *_ = model()
    with tf.train.MonitoredSession() as sess:
        with pytest.raises(RuntimeError, match="finalized"):
            tf.constant(1.0)
        assert sess.run(w) == 2.0
    tf.constant(1.0)


def test_losses_that_are_no_numbers():
    model()
    nan = tf.constant(float("nan"))
    with pytest.raises(tf.train.NanLossDuringTrainingError):
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(nan)]) as sess:
            sess.run(nan)
    with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(nan, fail_on_nan_loss=False)]) as sess:
        sess.run(nan)
        assert sess.should_stop()


def test_stopping_after_a_number_of_steps():
    _, step, _, train = model()
    with tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(num_steps=4)]) as sess:
        count = 0
        while not sess.should_stop():
            sess.run(train)
            count += 1
        with pytest.raises(RuntimeError, match="should_stop"):
            sess.run(train)
    assert count == 4
    with pytest.raises(ValueError):
        tf.train.StopAtStepHook()


def test_logging(capfd):
    _, _, loss, train = model()
    lines = []
    hook = tf.train.LoggingTensorHook({"l": loss}, every_n_iter=2, formatter=lambda values: lines.append(values["l"]) or "x")
    with tf.train.MonitoredSession(hooks=[hook]) as sess:
        for _ in range(5):
            sess.run(train)
    assert np.allclose(lines, [9.0, 3.6864, 1.5099496])


def test_feeds_and_last_values():
    x = tf.placeholder(tf.float32, [])
    tf.train.get_or_create_global_step()
    final = tf.train.FinalOpsHook(x * 3.0, final_ops_feed_dict={x: 2.0})
    y = x + 1.0
    with tf.train.MonitoredSession(hooks=[tf.train.FeedFnHook(lambda: {x: 7.0}), final]) as sess:
        assert sess.run(y) == 8.0
        with pytest.raises(RuntimeError, match="fed"):
            sess.run(x, {x: 1.0})
    assert final.final_ops_values == 6.0


def test_scaffolds():
    w = tf.Variable(1.0)
    local = tf.Variable(2.0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    x = tf.placeholder(tf.float32, [])
    v = tf.Variable(x)
    seen = []
    scaffold = tf.train.Scaffold(init_feed_dict={x: 4.0}, init_fn=lambda scaffold, sess: seen.append(sess.run(v)))
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold=scaffold)) as sess:
        assert sess.run([w, local, v]) == [1.0, 2.0, 4.0]
    assert seen == [4.0]


def test_step_functions():
    w, step, loss, train = model()

    def one(step_context):
        step_context.run_with_hooks(train)
        if step_context.session.run(step) >= 3:
            step_context.request_stop()

    with tf.train.MonitoredSession() as sess:
        while not sess.should_stop():
            sess.run_step_fn(one)
        assert sess._inner.session.run(step) == 3


def test_summaries(tmp_path):
    w, step, loss, train = model()
    tf.summary.scalar("loss", loss)
    with tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path), save_summaries_steps=1,
                                           hooks=[tf.train.StopAtStepHook(3)]) as sess:
        while not sess.should_stop():
            sess.run(train)
    (events,) = [name for name in os.listdir(str(tmp_path)) if "events" in name]
    values = {event.step: event.summary.value[0].simple_value
              for event in tf.train.summary_iterator(os.path.join(str(tmp_path), events))
              if event.summary.value and event.summary.value[0].tag == "loss_1"}
    assert len(values) == 3 and np.isclose(values[1], 9.0)


def test_a_supervisor(tmp_path):
    w, step, loss, train = model()
    supervisor = tf.train.Supervisor(logdir=str(tmp_path), save_model_secs=0)
    with supervisor.managed_session() as sess:
        while not supervisor.should_stop():
            if sess.run([train, step])[1] >= 5:
                break
        supervisor.saver.save(sess, supervisor.save_path, global_step=step)
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-5")
    with tf.Graph().as_default():
        w, step, loss, train = model()
        with tf.train.Supervisor(logdir=str(tmp_path)).managed_session() as sess:
            assert sess.run(step) == 5
    with tf.Graph().as_default():
        model()
        with pytest.raises(KeyError):
            with tf.train.Supervisor().managed_session():
                raise KeyError("mine")


def test_a_coordinator_stops_threads():
    coord = tf.train.Coordinator()
    counts = []

    def work():
        while not coord.should_stop():
            counts.append(1)
            time.sleep(0.001)
            if len(counts) > 5:
                coord.request_stop()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    coord.join(threads)
    assert coord.should_stop() and coord.joined and len(counts) > 5


def test_a_coordinator_raises_what_a_thread_raised():
    coord = tf.train.Coordinator()

    def work():
        with coord.stop_on_exception():
            raise ValueError("in the thread")

    thread = threading.Thread(target=work)
    thread.start()
    with pytest.raises(ValueError, match="in the thread"):
        coord.join([thread])
    coord = tf.train.Coordinator()
    coord.request_stop(tf.errors.OutOfRangeError(None, None, "no more"))
    coord.join([])
    coord = tf.train.Coordinator()
    event = threading.Event()
    thread = threading.Thread(target=event.wait, daemon=True)
    thread.start()
    coord.request_stop()
    with pytest.raises(RuntimeError, match="still running"):
        coord.join([thread], stop_grace_period_secs=0.1)
    event.set()


def test_loopers():
    coord = tf.train.Coordinator()
    calls = []
    tf.train.LooperThread.loop(coord, 0.01, target=lambda: calls.append(1) or (len(calls) > 2 and coord.request_stop()))
    coord.join()
    assert len(calls) >= 3


def test_queues_are_filled_by_threads():
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    number = tf.Variable(0)
    enqueue = queue.enqueue(number.assign_add(1))
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [enqueue]))
    value = queue.dequeue()
    coord = tf.train.Coordinator()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        threads = tf.train.start_queue_runners(sess, coord)
        assert [sess.run(value) for _ in range(30)] == list(range(1, 31))
        coord.request_stop()
        coord.join(threads)
    with tf.Session():
        pass


def test_the_end_of_a_queue_ends_the_loop():
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    epoch = tf.Variable(0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(epoch.count_up_to(5))]))
    value = queue.dequeue()
    seen = []
    with tf.train.MonitoredSession() as sess:
        while not sess.should_stop():
            seen.append(sess.run(value))
    assert seen == [0, 1, 2, 3, 4]


def test_clusters_are_one_process():
    cluster = tf.train.ClusterSpec({"ps": ["a:1"], "worker": ["b:1", "c:1"]})
    assert cluster.as_dict() == {"ps": ["a:1"], "worker": ["b:1", "c:1"]}
    assert cluster.num_tasks("worker") == 2 and cluster.task_address("ps", 0) == "a:1"
    server = tf.train.Server.create_local_server()
    with tf.device(tf.train.replica_device_setter(cluster=cluster, worker_device="/job:worker/task:0")):
        v = tf.Variable(3.0)
        step = tf.train.get_or_create_global_step()
        train = tf.train.GradientDescentOptimizer(0.5).minimize(v, global_step=step)
    with tf.train.MonitoredTrainingSession(master=server.target, is_chief=True) as sess:
        sess.run(train)
        assert sess.run([v, step]) == [2.5, 1]


def test_synchronous_replicas():
    w = tf.Variable(3.0)
    step = tf.train.get_or_create_global_step()
    optimizer = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.5), replicas_to_aggregate=1)
    train = optimizer.minimize(w * 1.0, global_step=step)
    with tf.train.MonitoredTrainingSession(hooks=[optimizer.make_session_run_hook(True)]) as sess:
        for _ in range(3):
            sess.run(train)
        assert sess.run([w, step]) == [1.5, 3]


def test_gradients_of_several_runs():
    w = tf.Variable(3.0)
    x = tf.placeholder(tf.float32, [])
    step = tf.train.get_or_create_global_step()
    optimizer = tf.train.SyncReplicasOptimizer(
        tf.train.GradientDescentOptimizer(1.0), replicas_to_aggregate=2, total_num_replicas=1)
    train = optimizer.minimize(w * x, global_step=step)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        values = []
        for value in (1.0, 3.0, 0.5, 0.5):
            sess.run(train, {x: value})
            values.append(sess.run([w, step]))
    assert values == [[3.0, 0], [1.0, 1], [1.0, 1], [0.5, 2]]


def test_a_parameter_server_of_one_process_ends():
    cluster = tf.train.ClusterSpec({"ps": ["localhost:2220"], "worker": ["localhost:2221", "localhost:2222"]})
    server = tf.train.Server(cluster, job_name="ps", task_index=0)
    joined = threading.Thread(target=server.join, daemon=True)
    joined.start()
    joined.join(10)
    assert not joined.is_alive()


def test_a_program_ends_while_its_threads_run(tmp_path):
    """Threads that fill queues, wait for them, train or call Python: none of them takes the process down with it."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent("""
        import threading, time
        import numpy as np
        import tensorflow as tf
        queue = tf.FIFOQueue(2, tf.float32, shapes=[])
        v = tf.Variable(0.0)
        long = tf.while_loop(lambda i: i < 10**9, lambda i: i + 1, [tf.constant(0)])
        called = tf.py_func(lambda x: x + np.float32(1), [v], tf.float32)
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(v)] * 2))
        sess = tf.Session()
        sess.run(tf.global_variables_initializer())
        tf.train.start_queue_runners(sess)
        def work(what):
            while True:
                sess.run(what)
        for what in (v.assign_add(1.0), long, called, queue.dequeue()):
            threading.Thread(target=work, args=(what,), daemon=True).start()
        time.sleep(0.3)
        print("done")
    """))
    done = subprocess.run([sys.executable, "-P", "-m", "tenseur", str(program)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
