"""Networks of layers and what TensorFlow makes of them (`nn_layers.json`): names, losses, weights after steps.

Run with TensorFlow's Python (with the package tf_keras, and TF_USE_LEGACY_KERAS=1), it writes the file anew.
"""

import json
import os

import numpy as np

PATH = os.path.join(os.path.dirname(__file__), "nn_layers.json")


def wave(*shape, start=1.0):
    return np.sin(start + 0.7 * np.arange(int(np.prod(shape)))).astype("float32").reshape(shape)


# --- tf.layers -------------------------------------------------------------------------------------------------------


def convolutional(tf, x, training):
    layers = tf.layers
    h = layers.conv2d(x, 4, 3, activation=tf.nn.relu, padding="same", kernel_regularizer=lambda w: 0.1 * tf.reduce_sum(w * w))
    h = layers.max_pooling2d(h, 2, 2)
    h = layers.batch_normalization(h, training=training)
    h = layers.conv2d(h, 4, [3, 3], strides=(2, 2), name="second", padding="SAME")
    h = layers.batch_normalization(h, training=True, name="normal", momentum=0.9, scale=False)
    h = layers.conv2d_transpose(h, 5, 4, strides=2, padding="same")
    h = layers.separable_conv2d(h, 6, 3)
    return layers.flatten(layers.average_pooling2d(h, 2, 1))


def dense(tf, x, training):
    layers = tf.layers
    h = layers.dense(layers.flatten(x), 3, activation=tf.nn.tanh)
    h = layers.dropout(h, 0.0, training=training)
    h = layers.batch_normalization(h, training=training)
    h = layers.dense(h, 3, name="out", bias_initializer=tf.constant_initializer(0.1))
    with tf.variable_scope("other"):
        shared = layers.Dense(3, use_bias=False, activation="sigmoid")
        h = shared(h) + shared(2.0 * h)
    return layers.dense(h, 3, name="out", reuse=tf.AUTO_REUSE)


def series(tf, x, training):
    layers = tf.layers
    with tf.variable_scope("scope"):
        h = layers.conv1d(tf.reshape(x, [-1, 24, 8]), 3, 5, activation=tf.nn.elu)
        h = layers.max_pooling1d(h, 2, 2)
        h = layers.average_pooling1d(h, 2, 1, padding="same")
        h = layers.separable_conv1d(h, 2, 3, padding="same")
        return layers.flatten(layers.dense(h, 2))


LAYERS = {function.__name__: function for function in (convolutional, dense, series)}


def of_layers(tf, build):
    """Names and numbers of a network of `tf.layers`, whose variables are waves."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 8, 8, 3], name="x")
        training = tf.placeholder(tf.bool, name="training")
        y = build(tf, x, training)
        penalties, updates = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES), tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        variables = tf.global_variables()
        names = {"variables": [v.name for v in variables], "trainable": [v.name for v in tf.trainable_variables()],
                 "penalties": [p.name for p in penalties], "updates": [u.name for u in updates], "output": y.name}
        gradients = tf.gradients(tf.reduce_sum(tf.square(y)), tf.trainable_variables())
        feed = {x: wave(2, 8, 8, 3, start=0.3), training: False}
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for number, v in enumerate(variables):
                value = 0.4 * wave(*v.shape.as_list(), start=number)
                v.load(np.abs(value) + 0.5 if "variance" in v.name else value, sess)
            numbers = [sess.run(y, feed), *sess.run(penalties), *sess.run(gradients, feed)]
            sess.run(updates, {**feed, training: True})
            numbers += sess.run([v for v in variables if "moving" in v.name])
    return names, [_shortened(number) for number in numbers]


def _shortened(array):
    """The shape, the sum, and some elements."""
    flat = np.asarray(array, np.float64).reshape(-1)
    return [list(np.shape(array)), float(f"{flat.sum():.6g}"), [float(f"{v:.6g}") for v in flat[:: max(1, len(flat) // 5)][:6]]]


# --- tf.keras --------------------------------------------------------------------------------------------------------

_X = wave(12, 6, start=0.2)
_Y = (0.5 + 0.4 * wave(12, 2)).astype("float32")
_CLASSES = np.arange(12) * 7 % 3
_SERIES = wave(12, 5, 4)


def _dense(keras, units=2, activation=None):
    layers = keras.layers
    return keras.Sequential([layers.Dense(5, activation="tanh", input_shape=(6,)), layers.Dense(units, activation=activation)])


def _optimizer(name, *args, **kwargs):
    return lambda keras: (_dense(keras), _X, _Y, getattr(keras.optimizers, name)(*args, **kwargs), "mse", ["mae"])


def _loss(name):
    return lambda keras: (_dense(keras, 2, "sigmoid"), _X, _Y, keras.optimizers.SGD(0.1), name, ["mse"])


def _network(layers, x=_SERIES):
    return lambda keras: (keras.Sequential(layers(keras.layers)), x, _Y, keras.optimizers.SGD(0.1), "mse", None)


def _functional(keras):
    layers = keras.layers
    a = layers.Input((6,))
    b, c = layers.Dense(4, activation="relu")(a), layers.Dense(4)(a)
    merged = layers.concatenate([layers.add([b, c]), layers.multiply([b, c])])
    return keras.Model(a, layers.Dense(2)(merged)), _X, _Y, keras.optimizers.SGD(0.1), "mse", None


KERAS = {
    "SGD": _optimizer("SGD", 0.1), "momentum": _optimizer("SGD", 0.1, momentum=0.9),
    "Nesterov": _optimizer("SGD", 0.1, momentum=0.9, nesterov=True), "Adam": _optimizer("Adam", 0.01),
    "AMSGrad": _optimizer("Adam", 0.01, amsgrad=True), "RMSprop": _optimizer("RMSprop", 0.01),
    "Adagrad": _optimizer("Adagrad", 0.1), "Adadelta": _optimizer("Adadelta", 1.0), "Adamax": _optimizer("Adamax", 0.01),
    "Nadam": _optimizer("Nadam", 0.01), "clipnorm": _optimizer("SGD", 0.1, clipnorm=0.1),
    "mae": _loss("mae"), "hinge": _loss("hinge"), "kld": _loss("kullback_leibler_divergence"), "logcosh": _loss("logcosh"),
    "categorical": lambda keras: (_dense(keras, 3, "softmax"), _X, np.eye(3, dtype="float32")[_CLASSES],
                                  keras.optimizers.SGD(0.1), "categorical_crossentropy", ["accuracy"]),
    "sparse": lambda keras: (_dense(keras, 3, "softmax"), _X, _CLASSES, keras.optimizers.SGD(0.1),
                             "sparse_categorical_crossentropy", ["accuracy"]),
    "binary": lambda keras: (_dense(keras, 1, "sigmoid"), _X, (_CLASSES[:, None] > 0).astype("float32"), keras.optimizers.SGD(0.1),
                             "binary_crossentropy", ["accuracy", keras.metrics.AUC(), keras.metrics.Precision()]),
    "LSTM": _network(lambda layers: [
        layers.LSTM(3, recurrent_activation="hard_sigmoid", return_sequences=True, input_shape=(5, 4)), layers.Flatten(),
        layers.Dense(2)]),
    "GRU": _network(lambda layers: [
        layers.GRU(3, recurrent_activation="hard_sigmoid", reset_after=False, return_sequences=True, input_shape=(5, 4)),
        layers.Flatten(), layers.Dense(2)]),
    "SimpleRNN": _network(lambda layers: [
        layers.SimpleRNN(3, return_sequences=True, input_shape=(5, 4)), layers.Flatten(), layers.Dense(2)]),
    "Bidirectional": _network(lambda layers: [
        layers.Bidirectional(layers.LSTM(2, recurrent_activation="hard_sigmoid", return_sequences=True), input_shape=(5, 4)),
        layers.TimeDistributed(layers.Dense(2)), layers.Flatten(), layers.Dense(2)]),
    "Embedding": _network(lambda layers: [
        layers.Embedding(9, 4, input_length=5), layers.Conv1D(3, 2, padding="causal"), layers.GlobalMaxPooling1D(),
        layers.Dense(2)], np.arange(60).reshape(12, 5) * 5 % 9),
    "Conv2D": _network(lambda layers: [
        layers.Conv2D(3, 3, activation="relu", padding="same", input_shape=(6, 6, 2)), layers.MaxPooling2D(),
        layers.BatchNormalization(), layers.Conv2DTranspose(2, 3, strides=2), layers.ZeroPadding2D(1), layers.Cropping2D(1),
        layers.UpSampling2D(2), layers.SeparableConv2D(3, 3), layers.DepthwiseConv2D(3), layers.LeakyReLU(), layers.PReLU(),
        layers.GlobalAveragePooling2D(), layers.Dense(2)], wave(12, 6, 6, 2)),
    "functional": _functional,
}


def of_keras(tf, make):
    """Losses of steps, weights after them, and what an epoch gives."""
    keras = tf.keras
    with tf.Graph().as_default(), tf.Session().as_default():
        model, x, y, optimizer, loss, metrics = make(keras)
        model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
        model.set_weights([0.4 * wave(*w.shape, start=number) + (1.0 if "variance" in v.name else 0.0)
                           for number, (w, v) in enumerate(zip(model.get_weights(), model.weights))])
        found = [model.predict(x)] + [np.ravel(model.train_on_batch(x, y)) for _ in range(3)]
        found += [np.ravel(model.evaluate(x, y, verbose=0)), *model.get_weights()]
        history = model.fit(x, y, epochs=2, batch_size=5, shuffle=False, verbose=0, validation_split=0.25).history
        found += [np.ravel(history[key]) for key in ("loss", "val_loss")]
        return [_shortened(number) for number in found]


def main():
    import tensorflow.compat.v1 as tf
    tf.disable_eager_execution()
    tf.disable_resource_variables()
    tf.disable_control_flow_v2()
    table = {"layers": {name: of_layers(tf, build) for name, build in LAYERS.items()},
             "keras": {name: of_keras(tf, make) for name, make in KERAS.items()}}
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(table, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
