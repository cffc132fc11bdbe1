"""Every loss on the same numbers with weights, and metrics that are updated batch by batch."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
labels = tf.constant(rng.rand(6, 3).astype(np.float32))
predictions = tf.constant(rng.rand(6, 3).astype(np.float32))
classes = tf.constant([0, 2, 1, 0, 2, 2])
onehot = tf.one_hot(classes, 3)
weights = tf.constant([[1.], [0.], [2.], [1.], [0.5], [1.]])

losses = {
    "absolute": tf.losses.absolute_difference(labels, predictions),
    "squared": tf.losses.mean_squared_error(labels, predictions, weights=weights),
    "summed": tf.losses.mean_squared_error(labels, predictions, reduction=tf.losses.Reduction.SUM),
    "huber": tf.losses.huber_loss(labels, predictions, delta=0.3),
    "hinge": tf.losses.hinge_loss(tf.round(labels), predictions),
    "log": tf.losses.log_loss(tf.round(labels), predictions),
    "cosine": tf.losses.cosine_distance(tf.nn.l2_normalize(labels, 1), tf.nn.l2_normalize(predictions, 1), axis=1),
    "pairwise": tf.losses.mean_pairwise_squared_error(labels, predictions),
    "softmax": tf.losses.softmax_cross_entropy(onehot, predictions, label_smoothing=0.1),
    "sparse": tf.losses.sparse_softmax_cross_entropy(classes, predictions, weights=tf.squeeze(weights, 1)),
    "sigmoid": tf.losses.sigmoid_cross_entropy(onehot, predictions),
}
tf.losses.add_loss(tf.constant(0.25))
total = tf.losses.get_total_loss()

# Metrics: a value and an update each, in local variables
truth = tf.placeholder(tf.int64, [None])
guess = tf.placeholder(tf.int64, [None])
score = tf.placeholder(tf.float32, [None])
with tf.name_scope("evaluation"):
    metrics = {
        "accuracy": tf.metrics.accuracy(truth, guess),
        "precision": tf.metrics.precision(truth, guess),
        "recall": tf.metrics.recall(truth, guess),
        "auc": tf.metrics.auc(truth, score),
        "mean": tf.metrics.mean(score),
        "rmse": tf.metrics.root_mean_squared_error(tf.cast(truth, tf.float32), score),
        "mae": tf.metrics.mean_absolute_error(tf.cast(truth, tf.float32), score),
        "false_positives": tf.metrics.false_positives(truth, guess),
        "mean_iou": tf.metrics.mean_iou(truth, guess, num_classes=2),
        "per_class": tf.metrics.mean_per_class_accuracy(truth, guess, num_classes=2),
    }
values = {name: value for name, (value, _) in metrics.items()}
updates = [update for _, update in metrics.values()]
confusion = tf.confusion_matrix(truth, guess, num_classes=2)
top = tf.nn.in_top_k(predictions, classes, 2)

with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    for name, value in sess.run(losses).items():
        print("RESULT", name, value)
    print("RESULT total", sess.run(total), len(tf.losses.get_losses()))
    for batch in range(3):
        right, scores = rng.randint(0, 2, 20), rng.rand(20)
        sess.run(updates, {truth: right, guess: (scores > 0.6).astype(int), score: scores})
    for name, value in sess.run(values).items():
        print("%s after three batches: %.5f" % (name, value))
        print("RESULT", "metric_" + name, value)
    print("RESULT confusion", *sess.run(confusion, {truth: right, guess: (scores > 0.6).astype(int)}).ravel(),
          *sess.run(top).astype(int))
    print("RESULT locals", len(tf.local_variables()), tf.local_variables()[0].name)
