"""MonitoredTrainingSession with hooks: stops at a step, saves, restores, a hook of one's own, a NaN."""

import tempfile

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
folder = tempfile.mkdtemp()
rng = np.random.RandomState(0)
data = rng.randn(32, 3).astype(np.float32)


class LossHook(tf.train.SessionRunHook):
    """Counts its calls, and keeps what the loss was."""

    def __init__(self, loss):
        self.loss, self.seen, self.calls = loss, [], []

    def begin(self):
        self.calls.append("begin")

    def after_create_session(self, session, coord):
        self.calls.append("created")

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        self.seen.append(run_values.results)
        if len(self.seen) == 25:
            run_context.request_stop()

    def end(self, session):
        self.calls.append("end")


def train(last_step):
    with tf.Graph().as_default():
        global_step = tf.train.get_or_create_global_step()
        x = tf.constant(data)
        w = tf.get_variable("w", [3, 1], initializer=tf.zeros_initializer())
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - tf.reduce_sum(x, 1, keepdims=True)))
        train_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=global_step)
        hook = LossHook(loss)
        logging = tf.train.LoggingTensorHook({"loss": loss}, every_n_iter=10)
        hooks = [tf.train.StopAtStepHook(last_step=last_step), tf.train.NanTensorHook(loss), hook, logging]
        with tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=hooks, save_checkpoint_secs=None,
                                               save_checkpoint_steps=5, save_summaries_steps=None,
                                               log_step_count_steps=None) as sess:
            start = sess.run(global_step)
            while not sess.should_stop():
                sess.run(train_op)
        return start, hook


start, hook = train(12)
print("RESULT first", start, len(hook.seen), hook.seen[-1])
print("RESULT calls", ",".join(hook.calls))
start, hook = train(20)  # goes on where the first ended
print("RESULT second", start, len(hook.seen), hook.seen[-1])
start, hook = train(1000)  # its own hook stops it
print("RESULT third", start, len(hook.seen))
print("RESULT latest", tf.train.latest_checkpoint(folder).split("-")[-1])

with tf.Graph().as_default():
    step = tf.train.create_global_step()
    value = tf.log(tf.cast(-step, tf.float32))
    increment = tf.assign_add(step, 1)
    try:
        with tf.train.SingularMonitoredSession(hooks=[tf.train.NanTensorHook(value)]) as sess:
            while not sess.should_stop():
                sess.run([increment, value])
    except tf.train.NanLossDuringTrainingError:
        print("RESULT nan", "noticed")

with tf.Graph().as_default():
    step = tf.train.create_global_step()
    increment = step.assign_add(1)
    scaffold = tf.train.Scaffold(init_fn=lambda scaffold, session: step.load(40, session))
    creator = tf.train.ChiefSessionCreator(scaffold)
    with tf.train.MonitoredSession(creator, [tf.train.StopAtStepHook(num_steps=3)]) as sess:
        while not sess.should_stop():
            last = sess.run(increment)
    print("RESULT scaffold", last)
