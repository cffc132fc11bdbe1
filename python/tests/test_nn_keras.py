"""Keras's models: data of all kinds, callbacks, files, the backend."""

import numpy as np
import pytest

import tenseur as tf

keras, K = tf.keras, tf.keras.backend


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default(), tf.Session().as_default():
        yield


def small(units=2, **compiled):
    model = keras.Sequential([keras.layers.Dense(4, activation="relu", input_shape=(3,)), keras.layers.Dense(units)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


X, Y = np.random.RandomState(0).rand(20, 3), np.random.RandomState(1).rand(20, 2)


def test_names_of_layers_and_variables():
    model = small()
    assert model.name == "sequential" and [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert [v.name for v in model.weights] == ["dense/kernel:0", "dense/bias:0", "dense_1/kernel:0", "dense_1/bias:0"]
    assert model.count_params() == 26 and model.output_shape == (None, 2)


def test_history_has_what_each_epoch_gave():
    history = small(metrics=["mae"]).fit(X, Y, epochs=3, batch_size=8, verbose=0, validation_split=0.25)
    assert sorted(history.history) == ["loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"]
    assert history.epoch == [0, 1, 2]


def test_generators_and_sequences():
    class Numbered(keras.utils.Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return X[index * 5:index * 5 + 5], Y[index * 5:index * 5 + 5]

    def endless():
        while True:
            yield X[:5], Y[:5]

    model = small()
    assert len(model.fit_generator(endless(), steps_per_epoch=3, epochs=2, verbose=0).history["loss"]) == 2
    np.testing.assert_allclose(model.evaluate(Numbered()), model.evaluate(X, Y, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(model.predict_generator(Numbered()), model.predict(X), rtol=1e-5)


def test_learning_rate_is_a_variable():
    model = small(optimizer=keras.optimizers.SGD(lr=0.5))
    np.testing.assert_allclose(K.get_value(model.optimizer.lr), 0.5)
    rates = []
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(float(K.get_value(model.optimizer.lr))))])
    np.testing.assert_allclose(rates, [0.1, 0.05], rtol=1e-6)


def test_early_stopping_and_checkpoints(tmp_path):
    model = small(optimizer=keras.optimizers.SGD(lr=0.0))
    path = str(tmp_path / "w-{epoch}")
    history = model.fit(X, Y, epochs=9, verbose=0, shuffle=False, callbacks=[
        keras.callbacks.EarlyStopping(monitor="loss", patience=2),
        keras.callbacks.ModelCheckpoint(path, monitor="loss", save_best_only=True, save_weights_only=True)])
    assert len(history.epoch) == 3
    assert (tmp_path / "w-1.index").exists() and not (tmp_path / "w-2.index").exists()


def test_weights_are_kept(tmp_path):
    model = small()
    before = model.predict(X)
    model.save_weights(str(tmp_path / "weights"))
    model.fit(X, Y, epochs=1, verbose=0)
    assert np.abs(model.predict(X) - before).max() > 0
    model.load_weights(str(tmp_path / "weights"))
    np.testing.assert_array_equal(model.predict(X), before)


def test_json_makes_the_same_network():
    model = small()
    made = keras.models.model_from_json(model.to_json())
    made.set_weights(model.get_weights())
    np.testing.assert_array_equal(made.predict(X), model.predict(X))


def test_a_model_of_ones_own():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)

        def call(self, inputs):
            return self.out(self.hidden(inputs))

    model = Own()
    model.compile("adam", "mse")
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, epochs=30, verbose=0)
    assert model.evaluate(X, Y, verbose=0) < first and len(model.trainable_weights) == 4


def test_several_inputs_and_outputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = keras.layers.concatenate([keras.layers.Dense(4)(a), b])
    model = keras.Model([a, b], [keras.layers.Dense(2, name="one")(joined), keras.layers.Dense(1, name="other")(joined)])
    model.compile("sgd", {"one": "mse", "other": "mae"}, loss_weights={"one": 1.0, "other": 0.5})
    model.fit({"a": X, "b": Y}, {"one": Y, "other": X[:, :1]}, epochs=1, verbose=0)
    total, one, other = model.evaluate([X, Y], [Y, X[:, :1]], verbose=0)
    np.testing.assert_allclose(total, one + 0.5 * other, rtol=1e-5)
    assert model.metrics_names == ["loss", "one_loss", "other_loss"]


def test_a_layer_of_ones_own():
    class Scaled(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight("scale", shape=[int(input_shape[-1])], initializer="ones")

        def call(self, inputs):
            return inputs * self.scale

    layer = Scaled()
    y = layer(tf.constant([[1.0, 2.0]]))
    assert [v.name for v in layer.trainable_weights] == ["scaled/scale:0"] and y.shape.as_list() == [1, 2]


def test_dropout_and_frozen_layers():
    model = keras.Sequential([keras.layers.Dropout(0.5, input_shape=(3,)), keras.layers.Dense(2, trainable=False)])
    np.testing.assert_allclose(model.predict(X), model.predict(X))
    assert model.trainable_weights == [] and len(model.non_trainable_weights) == 2


def test_layers_within_a_graph_of_ones_own():
    x = tf.placeholder(tf.float32, [None, 3])
    h = keras.layers.Dense(4, activation="relu")(x)
    h = keras.layers.Dropout(0.9)(h, training=tf.constant(False))
    loss = tf.reduce_mean(tf.square(keras.layers.Dense(1)(h)))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    sess = tf.get_default_session()
    sess.run(tf.global_variables_initializer())
    first = sess.run(loss, {x: X})
    for _ in range(5):
        sess.run(train, {x: X})
    assert sess.run(loss, {x: X}) < first


def test_the_backend():
    x = K.variable([[1.0, 2.0], [3.0, 4.0]])
    assert K.eval(K.mean(x)) == 2.5 and K.int_shape(x) == (2, 2) and K.floatx() == "float32" and K.epsilon() == 1e-7
    doubled = K.function([x], [x * 2.0])
    np.testing.assert_array_equal(doubled([np.ones((2, 2))])[0], np.full((2, 2), 2.0))
    K.set_value(x, np.zeros((2, 2)))
    assert K.get_value(x).sum() == 0.0


def test_to_categorical_and_pad_sequences():
    np.testing.assert_array_equal(keras.utils.to_categorical([0, 2], 3), [[1, 0, 0], [0, 0, 1]])
    pad = keras.preprocessing.sequence.pad_sequences
    np.testing.assert_array_equal(pad([[1, 2, 3], [4]], maxlen=2), [[2, 3], [0, 4]])
    np.testing.assert_array_equal(pad([[1], [2, 3]], padding="post", value=9), [[1, 9], [2, 3]])


def test_tokenizer():
    tokenizer = keras.preprocessing.text.Tokenizer(num_words=3)
    tokenizer.fit_on_texts(["The cat, the dog.", "the cat"])
    assert tokenizer.word_index == {"the": 1, "cat": 2, "dog": 3}
    assert tokenizer.texts_to_sequences(["the dog cat"]) == [[1, 2]]


def test_what_is_wrong_is_said():
    with pytest.raises(RuntimeError, match="must compile"):
        keras.Sequential([keras.layers.Dense(1, input_shape=(3,))]).fit(X, Y)
    with pytest.raises(ValueError, match="Unknown loss function"):
        small(loss="no_such")
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer = keras.layers.Dense(2)
        layer(tf.ones([1, 3]))
        layer(tf.ones([1, 4]))
    with pytest.raises(ImportError, match="h5py") if not _has_h5py() else pytest.raises(OSError):
        small().save_weights("/no/such/folder/w.h5")


def _has_h5py():
    try:
        import h5py  # noqa: F401
    except ImportError:
        return False
    return True


def test_custom_objects():
    """Names of a program's own, for what finds layers, losses and the like by name."""
    def steep(x):
        return 10.0 * x

    with pytest.raises(ValueError, match="Unknown activation"):
        tf.keras.activations.get("steep")
    with tf.keras.utils.custom_object_scope({"steep": steep, "mine": steep}):
        assert tf.keras.activations.get("steep") is steep and tf.keras.losses.get("mine") is steep
        assert tf.keras.regularizers.get("mine") is steep
    with pytest.raises(ValueError, match="Unknown loss"):
        tf.keras.losses.get("mine")
    tf.keras.utils.get_custom_objects()["steep"] = steep
    try:
        assert tf.keras.metrics.get("steep") is steep
    finally:
        tf.keras.utils.get_custom_objects().clear()


def test_initializers_by_name():
    kept = tf.keras.initializers.serialize(tf.keras.initializers.RandomUniform(-1.0, 1.0))
    assert kept["class_name"] == "RandomUniform" and kept["config"]["minval"] == -1.0
    assert isinstance(tf.keras.initializers.deserialize(kept), tf.keras.initializers.RandomUniform)
    assert tf.keras.initializers.get("random_normal").stddev == 0.05
