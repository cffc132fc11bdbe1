"""An Estimator with its own model function. TensorFlow 2 has none: numpy computes the same, and both are printed."""

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
rng = np.random.RandomState(0)
x_train = rng.uniform(-1, 1, 60).astype(np.float32)
y_train = (2 * x_train - 0.5 + 0.1 * rng.randn(60)).astype(np.float32)
x_eval, y_eval = x_train[:20], y_train[:20]


def model_fn(features, labels, mode, params):
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    y = w * features["x"] + b
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": y, "twice": 2 * y})
    loss = tf.reduce_mean(tf.square(y - labels))
    if mode == tf.estimator.ModeKeys.EVAL:
        metrics = {"mae": tf.metrics.mean_absolute_error(labels, y)}
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
    optimizer = tf.train.GradientDescentOptimizer(params["learning_rate"])
    train = optimizer.minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)


estimator = tf.estimator.Estimator(model_fn=model_fn, params={"learning_rate": 0.1})
train_input = tf.estimator.inputs.numpy_input_fn({"x": x_train}, y_train, batch_size=20, num_epochs=None, shuffle=False)
eval_input = tf.estimator.inputs.numpy_input_fn({"x": x_eval}, y_eval, batch_size=20, num_epochs=1, shuffle=False)


def predict_input():
    return tf.data.Dataset.from_tensor_slices({"x": np.array([0., 1.], np.float32)}).batch(2)


estimator.train(train_input, steps=25)
estimator.train(train_input, steps=15)  # goes on with what it has learned
scores = estimator.evaluate(eval_input)
predictions = list(estimator.predict(predict_input))
print("evaluation:", scores)

# The same descent in numpy; each call of train begins with the first batch
w = b = 0.0
for steps in (25, 15):
    for step in range(steps):
        x, y = x_train[step % 3 * 20:][:20], y_train[step % 3 * 20:][:20]
        error = w * x + b - y
        w, b = w - 0.1 * np.mean(2 * error * x), b - 0.1 * np.mean(2 * error)
error = w * x_eval + b - y_eval

print("RESULT step", scores["global_step"])
print("RESULT evaluation", scores["loss"], scores["mae"])
print("RESULT numpy_evaluation", np.mean(error ** 2), np.mean(np.abs(error)))
print("RESULT predictions", *[p[key] for p in predictions for key in ("y", "twice")])
print("RESULT numpy_predictions", b, 2 * b, w + b, 2 * (w + b))
print("RESULT agrees", bool(abs(scores["loss"] - np.mean(error ** 2)) < 1e-5))
