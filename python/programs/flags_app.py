"""A program of tf.app: flags of every kind, main with argv, logging, gfile."""

import os
import sys

import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('train_dir', None, 'Directory to put the training data.')
flags.DEFINE_integer('max_steps', 40, 'Number of steps to run trainer.')
flags.DEFINE_float('learning_rate', 0.5, 'Initial learning rate.')
flags.DEFINE_boolean('fake_data', False, 'If true, uses fake data for unit testing.')
flags.DEFINE_bool('verbose', True, 'Says more.')
tf.flags.DEFINE_enum('mode', 'train', ['train', 'test'], 'What to do.')
tf.flags.DEFINE_list('layers', '8,4', 'Sizes of the hidden layers.')


def run_training():
    with tf.Graph().as_default():
        x = tf.constant(np.random.RandomState(0).rand(16, 4).astype(np.float32))
        net = x
        for i, size in enumerate(int(size) for size in FLAGS.layers):
            net = tf.layers.dense(net, size, tf.nn.tanh,
                                  kernel_initializer=tf.random_normal_initializer(0, 0.5, seed=i))
        loss = tf.reduce_mean(tf.square(net - 0.5))
        train = tf.train.GradientDescentOptimizer(FLAGS.learning_rate).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for step in range(FLAGS.max_steps):
                value, _ = sess.run([loss, train])
        return value


def main(argv):
    tf.logging.set_verbosity(tf.logging.INFO)
    tf.logging.info("training for %d steps", FLAGS.max_steps)
    if tf.gfile.Exists(FLAGS.train_dir):
        tf.gfile.DeleteRecursively(FLAGS.train_dir)
    tf.gfile.MakeDirs(FLAGS.train_dir)
    value = run_training()
    path = os.path.join(FLAGS.train_dir, "loss.txt")
    with tf.gfile.GFile(path, "w") as f:
        f.write("loss\n%.6f\n" % value)
    with tf.gfile.Open(path) as f:
        lines = f.readlines()
    print("RESULT loss", value)
    print("RESULT file", len(lines), lines[0].strip(), tf.gfile.Stat(path).length,
          tf.gfile.IsDirectory(FLAGS.train_dir))
    print("RESULT listing", *tf.gfile.ListDirectory(FLAGS.train_dir), len(tf.gfile.Glob(FLAGS.train_dir + "/*.txt")))
    print("RESULT flags", FLAGS.max_steps, FLAGS.learning_rate, FLAGS.fake_data, FLAGS.verbose, FLAGS.mode,
          FLAGS.layers)
    print("RESULT rest", argv[1:])
    try:
        FLAGS.mode = 'dance'
    except Exception as error:
        print("RESULT refused", "dance" in str(error) or "should be one of" in str(error))


if __name__ == '__main__':
    sys.argv += ['--max_steps=25', '--learning_rate', '0.25', '--noverbose',
                 '--train_dir=' + os.path.join(os.getcwd(), 'run'), 'left', 'over']
    tf.app.run()
