"""What happens around epochs and batches: `tf.keras.callbacks`."""

import collections
import csv
import sys
import time

import numpy as np

from tenseur.python.keras import backend as K


class CallbackList:
    """Callbacks that are called together."""

    def __init__(self, callbacks, model, params):
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(model)

    def __iter__(self):
        return iter(self.callbacks)

    def call(self, name, *arguments):
        for callback in self.callbacks:
            getattr(callback, name)(*arguments)


class Callback:
    """Does nothing at any time: make your own of it. `self.model` is the model, `self.params` the run's facts."""

    def __init__(self):
        self.validation_data = None
        self.model = None
        self.params = {}

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_batch_begin(self, batch, logs=None):
        pass

    def on_batch_end(self, batch, logs=None):
        pass

    def on_epoch_begin(self, epoch, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        pass

    def on_train_batch_begin(self, batch, logs=None):
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch, logs=None):
        pass

    def on_test_batch_end(self, batch, logs=None):
        pass

    def on_predict_batch_begin(self, batch, logs=None):
        pass

    def on_predict_batch_end(self, batch, logs=None):
        pass

    def on_train_begin(self, logs=None):
        pass

    def on_train_end(self, logs=None):
        pass

    def on_test_begin(self, logs=None):
        pass

    def on_test_end(self, logs=None):
        pass

    def on_predict_begin(self, logs=None):
        pass

    def on_predict_end(self, logs=None):
        pass


class BaseLogger(Callback):
    def __init__(self, stateful_metrics=None):
        super().__init__()


class TerminateOnNaN(Callback):
    """Stops when the loss is no number any more."""

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


class History(Callback):
    """Keeps what each epoch gave: `model.fit(…).history["loss"]`."""

    def on_train_begin(self, logs=None):
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)


class ProgbarLogger(Callback):
    """Prints how far training is."""

    def __init__(self, count_mode="samples", stateful_metrics=None):
        super().__init__()

    def on_train_begin(self, logs=None):
        self.verbose, self.epochs = self.params.get("verbose", 1), self.params.get("epochs", 1)
        self.target = self.params.get("samples") or self.params.get("steps")
        self._unit = "sample" if self.params.get("samples") else "step"

    def on_epoch_begin(self, epoch, logs=None):
        self.seen, self.started, self.shown = 0, time.time(), 0.0
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")

    def on_batch_end(self, batch, logs=None):
        logs = logs or {}
        self.seen += logs.get("size", 1) if self._unit == "sample" else 1
        if self.verbose == 1 and time.time() - self.shown > 0.5 and sys.stdout.isatty():
            self.shown = time.time()
            self._print(logs, "\r", "")

    def on_epoch_end(self, epoch, logs=None):
        if self.verbose:
            self._print(logs or {}, "\r" if self.verbose == 1 and sys.stdout.isatty() else "", "\n")

    def _print(self, logs, begin, end):
        total = self.target or self.seen
        elapsed = time.time() - self.started
        done = min(30, int(30 * self.seen / max(total, 1)))
        bar = "=" * done + ("" if done == 30 else ">" + "." * (29 - done))
        each = elapsed / max(self.seen, 1)
        rate = f"{each:.0f}s" if each >= 1 else f"{each * 1e3:.0f}ms" if each >= 1e-3 else f"{each * 1e6:.0f}us"
        names = self.params.get("metrics", list(logs))
        values = "".join(f" - {name}: {logs[name]:.4f}" for name in names if name in logs)
        head = f"{self.seen}/{total} [{bar}] - " if self.verbose == 1 else ""
        sys.stdout.write(f"{begin}{head}{elapsed:.0f}s {rate}/{self._unit}{values}{end}")
        sys.stdout.flush()


def _better(monitor, mode):
    """(a function that tells whether a value is better than another, the worst there is)."""
    if mode == "max" or (mode == "auto" and ("acc" in monitor or monitor.startswith("fmeasure"))):
        return np.greater, -np.inf
    return np.less, np.inf


class ModelCheckpoint(Callback):
    """Saves the weights after each epoch, or whenever `monitor` is better than ever."""

    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False, mode="auto",
                 save_freq="epoch", period=1, **kwargs):
        super().__init__()
        self.filepath, self.monitor, self.verbose = filepath, monitor, verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.period, self._since = period, 0
        self.monitor_op, self.best = _better(monitor, mode)

    def on_epoch_end(self, epoch, logs=None):
        self._since += 1
        if self._since < self.period:
            return
        self._since = 0
        logs = logs or {}
        path = self.filepath.format(epoch=epoch + 1, **logs)
        if self.save_best_only:
            current = logs.get(self.monitor)
            if current is None:
                print(f"WARNING: Can save best model only with {self.monitor} available, skipping.")
                return
            if not self.monitor_op(current, self.best):
                if self.verbose:
                    print(f"\nEpoch {epoch + 1:05d}: {self.monitor} did not improve from {self.best:0.5f}")
                return
            if self.verbose:
                print(f"\nEpoch {epoch + 1:05d}: {self.monitor} improved from {self.best:0.5f} to {current:0.5f}, saving model "
                      f"to {path}")
            self.best = current
        elif self.verbose:
            print(f"\nEpoch {epoch + 1:05d}: saving model to {path}")
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


class EarlyStopping(Callback):
    """Stops when `monitor` has not become better for `patience` epochs."""

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False):
        super().__init__()
        self.monitor, self.patience, self.verbose, self.baseline = monitor, patience, verbose, baseline
        self.monitor_op, self._worst = _better(monitor, mode)
        self.min_delta = abs(min_delta) * (1 if self.monitor_op is np.greater else -1)
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs=None):
        self.wait, self.stopped_epoch, self.best_weights = 0, 0, None
        self.best = self._worst if self.baseline is None else self.baseline

    def on_epoch_end(self, epoch, logs=None):
        current = (logs or {}).get(self.monitor)
        if current is None:
            return
        if self.monitor_op(current - self.min_delta, self.best):
            self.best, self.wait = current, 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch, self.model.stop_training = epoch, True
            if self.best_weights is not None:
                self.model.set_weights(self.best_weights)

    def on_train_end(self, logs=None):
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch: `schedule(epoch)` or `schedule(epoch, rate)`."""

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        if not hasattr(self.model.optimizer, "lr"):
            raise ValueError("Optimizer must have a \"lr\" attribute.")
        try:
            rate = self.schedule(epoch, float(K.get_value(self.model.optimizer.lr)))
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError("The output of the \"schedule\" function should be float.")
        K.set_value(self.model.optimizer.lr, rate)
        if self.verbose:
            print(f"\nEpoch {epoch + 1:05d}: LearningRateScheduler reducing learning rate to {rate}.")


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by `factor` when `monitor` has not become better for `patience` epochs."""

    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4, cooldown=0, min_lr=0,
                 **kwargs):
        super().__init__()
        self.monitor, self.factor, self.patience, self.verbose = monitor, factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.monitor_op, self._worst = _better(monitor, mode)
        self.min_delta = min_delta * (1 if self.monitor_op is np.greater else -1)

    def on_train_begin(self, logs=None):
        self.wait, self.cooldown_counter, self.best = 0, 0, self._worst

    def on_epoch_end(self, epoch, logs=None):
        logs = logs if logs is not None else {}
        logs["lr"] = K.get_value(self.model.optimizer.lr)
        current = logs.get(self.monitor)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.monitor_op(current - self.min_delta, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience:
                old = float(K.get_value(self.model.optimizer.lr))
                if old > self.min_lr:
                    new = max(old * self.factor, self.min_lr)
                    K.set_value(self.model.optimizer.lr, new)
                    if self.verbose:
                        print(f"\nEpoch {epoch + 1:05d}: ReduceLROnPlateau reducing learning rate to {new}.")
                    self.cooldown_counter, self.wait = self.cooldown, 0


class CSVLogger(Callback):
    """Writes what each epoch gave to a table."""

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename, self.separator, self.append = filename, separator, append

    def on_train_begin(self, logs=None):
        self._file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")
        self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        row = collections.OrderedDict(epoch=epoch, **(logs or {}))
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, fieldnames=list(row), delimiter=self.separator)
            if not self.append:
                self._writer.writeheader()
        self._writer.writerow(row)
        self._file.flush()

    def on_train_end(self, logs=None):
        self._file.close()


class LambdaCallback(Callback):
    """Calls functions."""

    def __init__(self, on_epoch_begin=None, on_epoch_end=None, on_batch_begin=None, on_batch_end=None, on_train_begin=None,
                 on_train_end=None, **kwargs):
        super().__init__()
        given = dict(on_epoch_begin=on_epoch_begin, on_epoch_end=on_epoch_end, on_batch_begin=on_batch_begin,
                     on_batch_end=on_batch_end, on_train_begin=on_train_begin, on_train_end=on_train_end)
        for name, function in {**given, **kwargs}.items():
            if function is not None:
                setattr(self, name, function)


class TensorBoard(Callback):
    """Writes what each epoch gave to event files."""

    def __init__(self, log_dir="./logs", histogram_freq=0, batch_size=32, write_graph=True, **kwargs):
        super().__init__()
        self.log_dir, self.write_graph = log_dir, write_graph

    def on_train_begin(self, logs=None):
        from tenseur.python.summary import summary
        self.writer = summary.FileWriter(self.log_dir, K.get_graph() if self.write_graph else None)

    def on_epoch_end(self, epoch, logs=None):
        from tenseur.core.framework import summary_pb2
        for name, value in (logs or {}).items():
            if name not in ("batch", "size"):
                message = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="epoch_" + name, simple_value=float(value))])
                self.writer.add_summary(message, epoch)
        self.writer.flush()

    def on_train_end(self, logs=None):
        self.writer.close()


class RemoteMonitor(Callback):
    def __init__(self, *_, **__):
        raise NotImplementedError("tf.keras.callbacks.RemoteMonitor is not there in tenseur; the nearest that there is: "
                                  "tf.keras.callbacks.CSVLogger")
