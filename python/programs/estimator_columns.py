"""A LinearRegressor over feature columns. TensorFlow 2 has none: numpy computes the same, and both are printed."""

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
rng = np.random.RandomState(4)
sizes = rng.uniform(0.5, 2.0, 48).astype(np.float32)
cities = np.array(["Lyon", "Lille", "Nice"])[rng.randint(0, 3, 48)]
offsets = {"Lyon": 0.5, "Lille": -0.5, "Nice": 1.0}
prices = (1.5 * sizes + [offsets[city] for city in cities] + 0.1 * rng.randn(48)).astype(np.float32)

size = tf.feature_column.numeric_column("size")
city = tf.feature_column.categorical_column_with_vocabulary_list("city", ["Lyon", "Lille", "Nice"])


def input_fn(number=48, repeat=None):
    def make():
        features = {"size": sizes[:number], "city": cities[:number]}
        return tf.data.Dataset.from_tensor_slices((features, prices[:number])).repeat(repeat).batch(16)
    return make


regressor = tf.estimator.LinearRegressor(feature_columns=[size, city],
                                         optimizer=tf.train.GradientDescentOptimizer(0.01))
regressor.train(input_fn(), steps=60)
evaluation = regressor.evaluate(input_fn(16, 1))
predictions = [p["predictions"][0] for p in regressor.predict(input_fn(3, 1))]
print("evaluation:", evaluation)

# What a column makes of the features
with tf.Graph().as_default():
    bucketized = tf.feature_column.bucketized_column(size, [1.0, 1.5])
    features = {"size": tf.constant([0.7, 1.2, 1.9]), "city": tf.constant(["Nice", "Lyon", "Paris"])}
    columns = [bucketized, tf.feature_column.indicator_column(city), size]
    dense = tf.feature_column.input_layer(features, columns)
    with tf.Session() as sess:
        sess.run(tf.tables_initializer())
        print("RESULT columns", *sess.run(dense).ravel())

# The same descent in numpy: by the sum over a batch, as a canned estimator has it
inputs = np.column_stack([sizes] + [cities == name for name in ("Lyon", "Lille", "Nice")] + [np.ones(48)])
w = np.zeros(5)
for step in range(60):
    batch = np.arange(step * 16, step * 16 + 16) % 48
    w -= 0.01 * 2 * inputs[batch].T @ (inputs[batch] @ w - prices[batch])
errors = inputs[:16] @ w - prices[:16]

print("RESULT evaluation", evaluation["average_loss"], evaluation["loss"], evaluation["global_step"])
print("RESULT numpy_evaluation", np.mean(errors ** 2), np.sum(errors ** 2), 60)
print("RESULT predictions", *predictions)
print("RESULT numpy_predictions", *(inputs[:3] @ w))
print("RESULT weights", *np.ravel(regressor.get_variable_value("linear/linear_model/size/weights")),
      *np.ravel(regressor.get_variable_value("linear/linear_model/city/weights")),
      *np.ravel(regressor.get_variable_value("linear/linear_model/bias_weights")))
print("RESULT numpy_weights", *w)
