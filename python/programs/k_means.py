"""k-means, whose steps are assignments to variables."""

import numpy as np
import tensorflow as tf

num_vectors, num_clusters, num_steps = 150, 3, 20
rng = np.random.RandomState(12)
true_centres = np.array([[0., 0.], [3., 1.], [1., 3.]])
vectors = true_centres[np.arange(num_vectors) % 3] + 0.5 * rng.randn(num_vectors, 2)

points = tf.Variable(vectors, trainable=False)
cluster_assignments = tf.Variable(tf.zeros([num_vectors], dtype=tf.int64))
centroids = tf.Variable(tf.slice(points.initialized_value(), [0, 0], [num_clusters, 2]))

rep_centroids = tf.reshape(tf.tile(centroids, [num_vectors, 1]), [num_vectors, num_clusters, 2])
rep_points = tf.reshape(tf.tile(points, [1, num_clusters]), [num_vectors, num_clusters, 2])
sum_squares = tf.reduce_sum(tf.square(rep_points - rep_centroids), reduction_indices=2)
best_centroids = tf.argmin(sum_squares, 1)
did_assignments_change = tf.reduce_any(tf.not_equal(best_centroids, cluster_assignments))


def bucket_mean(data, bucket_ids, num_buckets):
    total = tf.unsorted_segment_sum(data, bucket_ids, num_buckets)
    count = tf.unsorted_segment_sum(tf.ones_like(data), bucket_ids, num_buckets)
    return total / count


means = bucket_mean(points, best_centroids, num_clusters)
with tf.control_dependencies([did_assignments_change]):
    do_updates = tf.group(centroids.assign(means), cluster_assignments.assign(best_centroids))

sess = tf.Session()
sess.run(tf.global_variables_initializer())
changed, iters = True, 0
while changed and iters < num_steps:
    iters += 1
    [changed, _] = sess.run([did_assignments_change, do_updates])

[centers, assignments] = sess.run([centroids, cluster_assignments])
print("Found in {} iterations, centers:".format(iters))
print(centers)
_, _, sizes = sess.run(tf.unique_with_counts(assignments))
print("RESULT iterations", iters)
print("RESULT centers", *centers.ravel())
print("RESULT sizes", *sizes)
print("RESULT inertia", sess.run(tf.reduce_sum(tf.reduce_min(sum_squares, 1))))
