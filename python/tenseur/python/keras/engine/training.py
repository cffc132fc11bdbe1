"""Models: networks that are compiled, fitted, evaluated (`tf.keras.Model`)."""

import numpy as np

from tenseur.python.framework import dtypes, ops
from tenseur.python.keras import backend as K
from tenseur.python.keras import callbacks as cbks
from tenseur.python.keras import losses as losses_module
from tenseur.python.keras import metrics as metrics_module
from tenseur.python.keras import optimizers
from tenseur.python.keras.engine.network import Network
from tenseur.python.keras.engine.training_data import Batches, as_arrays, count_of, is_generator, parts_of
from tenseur.python.ops import array_ops, math_ops


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Model(Network):
    """A network of layers, `Model(inputs, outputs)`, or a class of one's own whose `call` says what it computes.

    `compile` says how it is to learn, `fit` makes it learn, `evaluate` and `predict` use it.
    """

    def compile(self, optimizer="rmsprop", loss=None, metrics=None, loss_weights=None, sample_weight_mode=None,
                weighted_metrics=None, target_tensors=None, **kwargs):
        """Settles optimizer, losses and metrics: one for all outputs, a list, or a dictionary by the outputs' names."""
        self.optimizer = optimizers.get(optimizer)
        self.loss, self._metric_arguments, self.loss_weights = loss, metrics or [], loss_weights
        self._compiled = True
        self._functions = {}
        self.stop_training = False
        if self.outputs:
            self._prepare_losses()

    def _for_outputs(self, given):
        """What was given for each output."""
        names = self.output_names
        if isinstance(given, dict):
            return [given.get(name) for name in names]
        if isinstance(given, (list, tuple)):
            return list(given)
        return [given] * len(names)

    def _prepare_losses(self):
        """Placeholders of targets and weights, the loss, the metrics."""
        if self._functions.get("prepared"):
            return
        self._functions["prepared"] = True
        functions = [losses_module.get(loss) for loss in self._for_outputs(self.loss)]
        weights = self._for_outputs(self.loss_weights)
        self._targets, self._weights, total, self._loss_parts = [], [], None, []
        self.metrics_names = ["loss"]
        with ops.name_scope("loss"):
            for output, name, function, weight in zip(self.outputs, self.output_names, functions, weights):
                if function is None:
                    self._targets.append(None)
                    self._weights.append(None)
                    continue
                sparse = "sparse_categorical_crossentropy" in (getattr(function, "__name__", ""),
                                                               getattr(function, "name", ""))
                shape = [None] * output.shape.ndims if output.shape.ndims is not None else None
                target = array_ops.placeholder(dtypes.float32 if not sparse else dtypes.as_dtype(K.floatx()),
                                               shape=None if sparse or shape is None else shape, name=f"{name}_target")
                if sparse and output.shape.ndims is not None:
                    target.set_shape([None] * output.shape.ndims)
                sample_weight = array_ops.placeholder_with_default(np.ones([1], np.float32), [None],
                                                                   name=f"{name}_sample_weights")
                self._targets.append(target)
                self._weights.append(sample_weight)
                with ops.name_scope(f"{name}_loss"):
                    part = self._weighted(function, target, output, sample_weight)
                self._loss_parts.append(part)
                part = part if weight is None else part * weight
                total = part if total is None else total + part
            for extra in self.losses:
                total = extra if total is None else total + extra
        if total is None:
            raise ValueError("The model cannot be compiled because it has no loss to optimize.")
        self.total_loss = total
        several = len([target for target in self._targets if target is not None]) > 1
        self._metric_tensors = []
        if several:
            self.metrics_names += [f"{name}_loss" for name, t in zip(self.output_names, self._targets) if t is not None]
            self._metric_tensors += self._loss_parts
        self._batch_means = len(self._metric_tensors)
        self._stateful_metrics = []
        for output, name, target, weight, given, function in zip(
                self.outputs, self.output_names, self._targets, self._weights, self._metrics_of_outputs(), functions):
            for metric in given:
                label, made = _as_metric(metric, output, function)
                with ops.name_scope("metrics"):
                    self._metric_tensors.append(made(target, output))
                self._stateful_metrics.append(made)
                self.metrics_names.append(f"{name}_{label}" if several else label)
        self.metrics_names += [name for layer in self._all_layers() for name, _ in layer.metrics]
        self._metric_tensors += [value for layer in self._all_layers() for _, value in layer.metrics]

    def _metrics_of_outputs(self):
        given = self._metric_arguments
        if isinstance(given, dict):
            return [_listed(given.get(name) or []) for name in self.output_names]
        if given and isinstance(given[0], (list, tuple)):
            return [_listed(part) for part in given]
        return [list(given)] * len(self.output_names)

    @staticmethod
    def _weighted(function, target, output, sample_weight):
        """The mean over examples of the loss times their weights."""
        if isinstance(function, losses_module.Loss) and function.reduction in ("sum",):
            return function(target, output)
        values = function.call(target, output) if isinstance(function, losses_module.Loss) else function(target, output)
        if values.shape.ndims == 0:
            return values
        rank = values.shape.ndims or 1
        weights = array_ops.reshape(sample_weight, [-1] + [1] * (rank - 1))
        return math_ops.reduce_mean(values * weights)

    def _all_layers(self):
        return [self, *self.layers]

    # --- functions -------------------------------------------------------------------------------------------------

    def _feeds(self, x, y=None, sample_weight=None):
        feeds = dict(zip(self._feed_inputs(), self._fitted(as_arrays(x, self.input_names), self.inputs)))
        if y is not None:
            wanted = [target for target in self._targets if target is not None]
            arrays = as_arrays(y, [name for name, t in zip(self.output_names, self._targets) if t is not None])
            if len(arrays) != len(wanted):
                raise ValueError(f"The model has {len(wanted)} outputs with a loss, but {len(arrays)} arrays of targets were given")
            feeds.update(zip(wanted, self._fitted(arrays, wanted)))
        if sample_weight is not None:
            for tensor, weights in zip([w for w in self._weights if w is not None], _listed(sample_weight)):
                feeds[tensor] = np.asarray(weights, np.float32)
        if getattr(K.get_graph(), "_keras_learning_phase", None) is not None and not isinstance(K.learning_phase(), (bool, int)):
            feeds[K.learning_phase()] = False
        return feeds

    def _feed_inputs(self):
        return [tensor for tensor in self.inputs if tensor.op.type in ("Placeholder", "PlaceholderWithDefault")]

    @staticmethod
    def _fitted(arrays, tensors):
        """Arrays with an axis more or less of size 1, where the tensors have one."""
        made = []
        for array, tensor in zip(arrays, tensors):
            array = np.asarray(array)
            rank = tensor.shape.ndims
            if rank is not None and array.ndim == rank - 1:
                array = np.expand_dims(array, -1)
            made.append(array)
        return made

    def _graph_scope(self):
        return self.outputs[0].graph.as_default()

    def _train_function(self):
        if "train" not in self._functions:
            self._prepare_losses()
            with ops.name_scope("training"):
                updates = self.optimizer.get_updates(self.total_loss, _distinct(self.trainable_weights))
            self._functions["train"] = [self.total_loss, self._metric_tensors, updates, self.updates]
        return self._functions["train"]

    def _run(self, mode, x, y=None, sample_weight=None):
        """The values of a batch: loss and metrics, or predictions."""
        self._check_compiled(mode)
        self._from_data(x)
        with self._graph_scope():
            if mode == "train":
                fetches = self._train_function()
            elif mode == "test":
                self._prepare_losses()
                fetches = [self.total_loss, self._metric_tensors]
            else:
                fetches = self.outputs
            feeds = self._feeds(x, y if mode != "predict" else None, sample_weight)
            if mode == "train" and getattr(K.get_graph(), "_keras_learning_phase", None) is not None:
                if not isinstance(K.learning_phase(), (bool, int)):
                    feeds[K.learning_phase()] = True
            results = K.get_session().run(fetches, feeds)
        return results if mode == "predict" else [results[0], *results[1]]

    def _check_compiled(self, mode):
        if mode != "predict" and not getattr(self, "_compiled", False):
            raise RuntimeError("You must compile your model before training/testing. Use `model.compile(optimizer, loss)`.")

    def _from_data(self, x):
        """A model that was not told the shapes of its inputs takes those of the data."""
        if not self.outputs:
            self._build_from(as_arrays(x, None))

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=True):
        """Makes a step; gives loss and metrics."""
        self._from_data(x)
        with self._graph_scope():
            self._train_function()
        if reset_metrics:
            self.reset_metrics()
        values = self._run("train", x, y, _sample_weights(sample_weight, class_weight, y))
        return values[0] if len(values) == 1 else values

    def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=True):
        """Loss and metrics of a batch."""
        self._from_data(x)
        with self._graph_scope():
            self._prepare_losses()
        if reset_metrics:
            self.reset_metrics()
        values = self._run("test", x, y, sample_weight)
        return values[0] if len(values) == 1 else values

    def predict_on_batch(self, x):
        """What the model gives for a batch."""
        values = self._run("predict", x)
        return values[0] if len(values) == 1 else values

    def reset_metrics(self):
        """Lets the metrics begin anew."""
        for metric in getattr(self, "_stateful_metrics", ()):
            metric.reset_states()

    # --- loops -----------------------------------------------------------------------------------------------------

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose=1, callbacks=None, validation_split=0.0, validation_data=None,
            shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, steps_per_epoch=None, validation_steps=None,
            validation_freq=1, max_queue_size=10, workers=1, use_multiprocessing=False, **kwargs):
        """Learns from arrays, a generator, or a dataset; gives the `History`.

        Args:
          validation_split: the part of the arrays, their last, that is kept for evaluation after each epoch.
        """
        epochs = kwargs.pop("nb_epoch", epochs)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        if is_generator(x):
            batches = Batches.of_generator(x, steps_per_epoch)
        else:
            if validation_split and validation_data is None:
                (x, y, sample_weight), validation_data = parts_of(x, y, sample_weight, validation_split)
            if y is None and not isinstance(x, (np.ndarray, list, tuple, dict)):
                batches = Batches.of_dataset(x, steps_per_epoch)
            else:
                batches = Batches.of_arrays(x, y, _sample_weights(sample_weight, class_weight, y), batch_size or 32, shuffle,
                                            steps_per_epoch)
        self._from_data(batches.example())
        self._check_compiled("train")
        with self._graph_scope():
            self._train_function()
        history = cbks.History()
        names = list(self.metrics_names)
        shown = names + [f"val_{name}" for name in names] if validation_data is not None else names
        params = {"batch_size": batch_size or 32, "epochs": epochs, "steps": batches.steps, "samples": batches.samples,
                  "verbose": verbose, "do_validation": validation_data is not None, "metrics": shown}
        self.history = history
        all_callbacks = cbks.CallbackList(
            [*(callbacks or []), *([cbks.ProgbarLogger()] if verbose else []), history], self, params)
        if verbose and batches.samples:
            also = ""
            if validation_data is not None and not is_generator(validation_data) and isinstance(validation_data, (list, tuple)):
                also = f", validate on {count_of(validation_data[0])} samples"
            print(f"Train on {batches.samples} samples{also}")
        self.stop_training = False
        all_callbacks.call("on_train_begin", {})
        for epoch in range(initial_epoch, epochs):
            self.reset_metrics()
            all_callbacks.call("on_epoch_begin", epoch, {})
            logs, sums, seen = {}, None, 0
            for number, (bx, by, bw) in enumerate(batches):
                size = count_of(bx)
                all_callbacks.call("on_train_batch_begin", number, {"batch": number, "size": size})
                values = self._run("train", bx, by, bw)
                sums, seen, logs = self._gathered(names, values, sums, seen, size)
                all_callbacks.call("on_train_batch_end", number, {"batch": number, "size": size, **logs})
                if self.stop_training:
                    break
            if validation_data is not None and (epoch + 1) % validation_freq == 0:
                values = self._evaluated(validation_data, batch_size, validation_steps)
                logs.update({f"val_{name}": value for name, value in zip(names, values)})
            all_callbacks.call("on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        all_callbacks.call("on_train_end", {})
        return history

    def _gathered(self, names, values, sums, seen, size):
        """Sums over batches of what each gave, and the logs so far: metrics that gather themselves as they are."""
        means = 1 + self._batch_means
        own = [float(value) * size for value in values[:means]]
        sums = own if sums is None else [a + b for a, b in zip(sums, own)]
        seen += size
        logs = dict(zip(names, [total / seen for total in sums] + [np.float32(value) for value in values[means:]]))
        return sums, seen, logs

    def _evaluated(self, data, batch_size=None, steps=None):
        if is_generator(data):
            batches = Batches.of_generator(data, steps)
        elif isinstance(data, (list, tuple)):
            batches = Batches.of_arrays(data[0], data[1], data[2] if len(data) > 2 else None, batch_size or 32,
                                        False, steps)
        else:
            batches = Batches.of_dataset(data, steps)
        with self._graph_scope():
            self._prepare_losses()
        self.reset_metrics()
        sums, seen, logs = None, 0, {}
        for bx, by, bw in batches:
            sums, seen, logs = self._gathered(self.metrics_names, self._run("test", bx, by, bw), sums, seen,
                                              count_of(bx))
        return [logs[name] for name in self.metrics_names]

    def evaluate(self, x=None, y=None, batch_size=None, verbose=1, sample_weight=None, steps=None,
                 callbacks=None, **kwargs):
        """The loss over arrays or a generator, or a list of loss and metrics."""
        data = x if is_generator(x) or y is None else (x, y, sample_weight)
        if not is_generator(data) and isinstance(data, tuple):
            self._from_data(data[0])
        values = self._evaluated(data, batch_size, steps)
        return values[0] if len(values) == 1 else values

    def predict(self, x, batch_size=None, verbose=0, steps=None, callbacks=None, **kwargs):
        """What the model gives for arrays or a generator."""
        if is_generator(x):
            batches = Batches.of_generator(x, steps)
        elif isinstance(x, (np.ndarray, list, tuple, dict)):
            batches = Batches.of_arrays(x, None, None, batch_size or 32, False, steps)
        else:
            batches = Batches.of_dataset(x, steps)
        parts = [self._run("predict", bx) for bx, _, _ in batches]
        outputs = [np.concatenate([part[number] for part in parts]) for number in range(len(parts[0]))] if parts else []
        return outputs[0] if len(outputs) == 1 else outputs

    def fit_generator(self, generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None, validation_data=None,
                      validation_steps=None, class_weight=None, max_queue_size=10, workers=1, use_multiprocessing=False,
                      shuffle=True, initial_epoch=0, **kwargs):
        return self.fit(generator, epochs=epochs, verbose=verbose, callbacks=callbacks, validation_data=validation_data,
                        steps_per_epoch=steps_per_epoch, validation_steps=validation_steps, initial_epoch=initial_epoch)

    def evaluate_generator(self, generator, steps=None, callbacks=None, verbose=0, **kwargs):
        return self.evaluate(generator, steps=steps)

    def predict_generator(self, generator, steps=None, callbacks=None, verbose=0, **kwargs):
        return self.predict(generator, steps=steps)


def _distinct(items):
    return list({id(item): item for item in items}.values())


def _sample_weights(sample_weight, class_weight, y):
    """The weight of each example, by itself or by its class."""
    if class_weight is None or y is None:
        return sample_weight
    y = np.asarray(y)
    classes = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1)
    weights = np.array([class_weight.get(int(c), 1.0) for c in classes], np.float32)
    return weights if sample_weight is None else weights * sample_weight


def _as_metric(metric, output, loss):
    """(the name under which it is shown, the metric as an object)."""
    label = metric if isinstance(metric, str) else getattr(metric, "name", getattr(metric, "__name__", str(metric)))
    if isinstance(metric, metrics_module.Metric):
        return label, metric
    if metric in ("accuracy", "acc", "crossentropy", "ce"):
        wanted = "accuracy" if metric in ("accuracy", "acc") else "crossentropy"
        label = "acc" if wanted == "accuracy" else "ce"
        name = getattr(loss, "name", getattr(loss, "__name__", ""))
        last = output.shape.as_list()[-1] if output.shape.ndims else None
        kind = "binary" if last == 1 or "binary" in str(name) else "sparse_categorical" if "sparse" in str(name) else "categorical"
        return label, metrics_module.MeanMetricWrapper(getattr(metrics_module, f"{kind}_{wanted}"), name=label)
    function = metrics_module.get(metric)
    if isinstance(function, metrics_module.Metric):
        return function.name, function
    return getattr(function, "__name__", label), metrics_module.MeanMetricWrapper(function, name=label)


