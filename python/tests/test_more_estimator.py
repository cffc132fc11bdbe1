"""Estimators and feature columns."""

import numpy as np
import pytest

import tenseur as tf

F = tf.feature_column


def columns(features, make):
    with tf.Graph().as_default(), tf.Session() as sess:
        tensor = make(features)
        sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return sess.run(tensor), [v.op.name for v in tf.global_variables()]


def test_input_layer_puts_columns_in_the_order_of_their_names():
    features = {"b": np.array([[1.0, 2.0], [3.0, 4.0]]), "a": np.array([5, 6]), "c": np.array(["u", "w"])}
    found, names = columns(features, lambda f: F.input_layer(f, [
        F.numeric_column("b", 2), F.numeric_column("a", normalizer_fn=lambda x: tf.cast(x, tf.float32) * 2.0),
        F.indicator_column(F.categorical_column_with_vocabulary_list("c", ["u", "v"])),
        F.bucketized_column(F.numeric_column("a"), [5.5])]))
    assert found.tolist() == [[10, 1, 0, 1, 2, 1, 0], [12, 0, 1, 3, 4, 0, 0]] and names == []


def test_embedding_is_trained_and_named():
    ids = F.categorical_column_with_identity("a", 3)
    one = F.embedding_column(ids, 2, initializer=tf.constant_initializer([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    found, names = columns({"a": np.array([[0, 2], [1, -1]])}, lambda f: F.input_layer(f, [one]))
    assert found.tolist() == [[3.0, 4.0], [3.0, 4.0]]
    assert names == ["input_layer/a_embedding/embedding_weights"]


def test_linear_model():
    found, names = columns({"a": np.array([1.0, 2.0]), "b": np.array(["x", "y"])}, lambda f: F.linear_model(f, [
        F.numeric_column("a"), F.categorical_column_with_hash_bucket("b", 5),
        F.crossed_column(["b", F.bucketized_column(F.numeric_column("a"), [1.5])], 7)]))
    assert found.tolist() == [[0.0], [0.0]]
    assert names == ["linear_model/a/weights", "linear_model/a_bucketized_X_b/weights", "linear_model/b/weights",
                     "linear_model/bias_weights"]


def test_a_categorical_column_alone_is_refused():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="embedding_column or indicator_column"):
        F.input_layer({"a": np.array([1])}, [F.categorical_column_with_identity("a", 3)])


def model_fn(features, labels, mode, params):
    logits = tf.layers.dense(features["x"], 2, name="dense", kernel_initializer=tf.zeros_initializer())
    classes = tf.argmax(logits, 1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"class": classes})
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    train = tf.train.GradientDescentOptimizer(params["rate"]).minimize(loss, global_step=tf.train.get_global_step())
    metrics = {"accuracy": tf.metrics.accuracy(labels, classes)}
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train, eval_metric_ops=metrics)


def data():
    x = np.random.RandomState(0).randn(100, 2).astype(np.float32)
    return {"x": x}, (x[:, 0] > x[:, 1]).astype(np.int32)


def test_a_model_of_ones_own(tmp_path):
    x, y = data()
    made = tf.estimator.Estimator(model_fn, str(tmp_path / "model"), params={"rate": 0.5})
    inputs = tf.estimator.inputs
    assert made.train(inputs.numpy_input_fn(x, y, batch_size=20, num_epochs=None, shuffle=True), steps=100) is made
    found = made.evaluate(inputs.numpy_input_fn(x, y, batch_size=30, num_epochs=1, shuffle=False))
    assert found["global_step"] == 100 and found["accuracy"] > 0.9 and 0.0 < found["loss"] < 0.5
    predicted = [one["class"] for one in made.predict(inputs.numpy_input_fn(x, batch_size=30, shuffle=False))]
    assert np.mean(np.array(predicted) == y) == pytest.approx(float(found["accuracy"]))
    assert made.get_variable_names() == ["dense/bias", "dense/kernel", "global_step"]
    again = tf.estimator.Estimator(model_fn, str(tmp_path / "model"), params={"rate": 0.5})
    again.train(lambda: tf.data.Dataset.from_tensor_slices((x, y)).repeat().batch(10), max_steps=105)
    assert again.get_variable_value("global_step") == 105
    again.train(lambda: None, max_steps=105)


def test_training_ends_with_its_input(tmp_path):
    x, y = data()
    made = tf.estimator.Estimator(model_fn, str(tmp_path), params={"rate": 0.5})
    made.train(tf.estimator.inputs.numpy_input_fn(x, y, batch_size=50, num_epochs=3, shuffle=False))
    assert made.get_variable_value("global_step") == 6


def test_nothing_trained(tmp_path):
    made = tf.estimator.Estimator(model_fn, str(tmp_path), params={"rate": 0.5})
    # As in TensorFlow, the variables have their initial values.
    assert next(made.predict(lambda: {"x": tf.zeros([1, 2])})) == {"class": 0}
    x, y = data()
    found = made.evaluate(tf.estimator.inputs.numpy_input_fn(x, y, num_epochs=1, shuffle=False))
    assert found["global_step"] == 0 and found["loss"] > 0


@pytest.mark.parametrize("make", [
    lambda c: tf.estimator.DNNClassifier([8], c), lambda c: tf.estimator.LinearClassifier(c),
    lambda c: tf.estimator.DNNClassifier([8], c, n_classes=3, optimizer="Adam"),
    lambda c: tf.estimator.DNNLinearCombinedClassifier(linear_feature_columns=c, dnn_feature_columns=c, dnn_hidden_units=[4]),
    lambda c: tf.estimator.DNNRegressor([8], c), lambda c: tf.estimator.LinearRegressor(c)])
def test_models_that_come_with_it(make):
    x, y = data()
    made = make([F.numeric_column("x", 2)])
    inputs = tf.estimator.inputs.numpy_input_fn(x, y, batch_size=50, num_epochs=1, shuffle=False)
    made.train(inputs)
    before = made.evaluate(inputs)["loss"]
    made.train(tf.estimator.inputs.numpy_input_fn(x, y, batch_size=50, num_epochs=20, shuffle=True))
    after = made.evaluate(inputs)
    assert after["loss"] < before and after["global_step"] == 42


def test_train_and_evaluate(tmp_path):
    x, y = data()
    made = tf.estimator.Estimator(model_fn, str(tmp_path), params={"rate": 0.5})
    train = tf.estimator.TrainSpec(tf.estimator.inputs.numpy_input_fn(x, y, 10, None, True), max_steps=30)
    evaluation = tf.estimator.EvalSpec(tf.estimator.inputs.numpy_input_fn(x, y, 50, 1, False), steps=None)
    found, _ = tf.estimator.train_and_evaluate(made, train, evaluation)
    assert found["global_step"] == 30
