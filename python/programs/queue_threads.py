"""Queues and threads: QueueRunner, Coordinator, a shuffling queue, a closed queue's end."""

import threading

import numpy as np
import tensorflow as tf

N_SAMPLES, NUM_THREADS = 60, 3
data = np.arange(N_SAMPLES * 2, dtype=np.float32).reshape(N_SAMPLES, 2)
label = (np.arange(N_SAMPLES) % 2).astype(np.int32)

queue = tf.FIFOQueue(capacity=20, dtypes=[tf.float32, tf.int32], shapes=[[2], []])
limited = tf.train.limit_epochs(tf.constant(1.0), num_epochs=None)
enqueue_op = queue.enqueue_many([data, label])
dequeue_op = queue.dequeue_many(6)
size = queue.size()

qr = tf.train.QueueRunner(queue, [enqueue_op] * NUM_THREADS)
with tf.Session() as sess:
    # Create a coordinator, launch the queue runner threads.
    coord = tf.train.Coordinator()
    enqueue_threads = qr.create_threads(sess, coord=coord, start=True)
    total, rows = 0, 0
    for step in range(20):
        if coord.should_stop():
            break
        one_data, one_label = sess.run(dequeue_op)
        total, rows = total + one_label.sum(), rows + len(one_data)
        assert (one_data[:, 0] / 2 % 2 == one_label).all()
    coord.request_stop()
    sess.run(queue.close(cancel_pending_enqueues=True))
    coord.join(enqueue_threads)
    print("RESULT rows", rows)

# A producer in a thread of one's own, and a consumer that learns of the end by OutOfRangeError
numbers = tf.RandomShuffleQueue(capacity=50, min_after_dequeue=5, dtypes=tf.int64, shapes=[], seed=1)
value = tf.placeholder(tf.int64, [])
put, take, close = numbers.enqueue(value), numbers.dequeue(), numbers.close()
with tf.Session() as sess:
    def produce():
        for i in range(40):
            sess.run(put, {value: i})
        sess.run(close)

    thread = threading.Thread(target=produce)
    thread.start()
    taken = []
    try:
        while True:
            taken.append(sess.run(take))
    except tf.errors.OutOfRangeError as error:
        print("the queue is closed:", type(error).__name__)
    thread.join()
    print("RESULT taken", len(taken), sum(taken), len(set(taken)))
    print("RESULT shuffled", taken != sorted(taken))

# Padding and priorities
padding = tf.PaddingFIFOQueue(10, [tf.int32], shapes=[[None]])
fill = [padding.enqueue([[1]]), padding.enqueue([[2, 3, 4]])]
priority = tf.PriorityQueue(10, [tf.string], shapes=[[]])
order = priority.enqueue_many([np.array([3, 1, 2], np.int64), [b"three", b"one", b"two"]])
with tf.Session() as sess:
    for op in fill + [order]:
        sess.run(op)
    print("RESULT padded", *sess.run(padding.dequeue_many(2)).ravel(), sess.run(padding.size()))
    print("RESULT priority", *[sess.run(priority.dequeue())[1].decode() for _ in range(3)])
