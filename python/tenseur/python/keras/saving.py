"""Networks and weights in files."""

import json
import os

import numpy as np

from tenseur.python.keras import backend as K
from tenseur.python.keras.utils.generic_utils import with_custom


def _is_hdf5(path):
    return str(path).endswith((".h5", ".hdf5", ".keras"))


def _h5py():
    try:
        import h5py
    except ImportError:
        raise ImportError("HDF5 files need the package h5py (pip install h5py); names without .h5 are kept in TensorFlow's checkpoint "
                          "format, which needs nothing") from None
    return h5py


def _by_name(model):
    """The variables by the names under which a checkpoint has them."""
    return {f"layer-{place}/{number}": weight for place, layer in enumerate(model.layers)
            for number, weight in enumerate(layer.weights)}


def save_weights(model, path):
    if _is_hdf5(path):
        with _h5py().File(path, "w") as file:
            _write_hdf5(file, model.layers)
        return
    from tenseur.python.training import saver
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with model.weights[0].graph.as_default():
        saver.Saver(_by_name(model)).save(K.get_session(), path, write_meta_graph=False)


def load_weights(model, path, by_name=False):
    if not model.built:
        raise ValueError("Unable to load weights saved in HDF5 format into a subclassed Model which has not created its variables "
                         "yet. Call the Model first, then load the weights.")
    if _is_hdf5(path):
        with _h5py().File(path, "r") as file:
            _read_hdf5(file["model_weights"] if "model_weights" in file else file, model.layers, by_name)
        return
    from tenseur.python.training import saver
    with model.weights[0].graph.as_default():
        saver.Saver(_by_name(model)).restore(K.get_session(), path)


def _write_hdf5(group, layers):
    group.attrs["layer_names"] = [layer.name.encode() for layer in layers]
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.2.4-tf"
    for layer in layers:
        own = group.create_group(layer.name)
        weights = layer.weights
        own.attrs["weight_names"] = [weight.name.encode() for weight in weights]
        for weight, value in zip(weights, K.batch_get_value(weights)):
            own.create_dataset(weight.name, data=value)


def _read_hdf5(group, layers, by_name):
    names = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["layer_names"]]
    stored = [(name, [np.asarray(group[name][w]) for w in group[name].attrs["weight_names"]]) for name in names]
    if by_name:
        found = dict(stored)
        pairs = [(layer, found[layer.name]) for layer in layers if layer.name in found]
    else:
        stored = [pair for pair in stored if pair[1]]
        layers = [layer for layer in layers if layer.weights]
        if len(stored) != len(layers):
            raise ValueError(f"You are trying to load a weight file containing {len(stored)} layers into a model with {len(layers)} "
                             "layers.")
        pairs = [(layer, values) for layer, (_, values) in zip(layers, stored)]
    for layer, values in pairs:
        layer.set_weights(values)


def _layer_classes():
    from tenseur.python.keras import layers
    return {name: value for name, value in vars(layers).items() if isinstance(value, type)}


def config_of(model):
    """A Sequential model as a dictionary."""
    from tenseur.python.keras.engine.sequential import Sequential
    if not isinstance(model, Sequential):
        raise NotImplementedError("only Sequential models are kept with their layers in tenseur; for others keep the program, and the "
                                  "weights with save_weights")
    return {"class_name": "Sequential", "config": model.get_config(), "keras_version": "2.2.4-tf", "backend": "tensorflow"}


def to_json(model):
    return json.dumps(config_of(model), default=lambda value: getattr(value, "__name__", str(value)))


def model_from_config(config, custom_objects=None):
    """The model that `config_of` described."""
    from tenseur.python.keras.engine.sequential import Sequential
    if config["class_name"] != "Sequential":
        raise NotImplementedError("only Sequential models can be read with their layers in tenseur")
    classes = with_custom(_layer_classes(), custom_objects)
    inner = config["config"]
    layers = inner["layers"] if isinstance(inner, dict) else inner
    made = Sequential(name=inner.get("name") if isinstance(inner, dict) else None)
    for layer in layers:
        made.add(classes[layer["class_name"]].from_config(_known(classes[layer["class_name"]], layer["config"])))
    return made


def _known(layer_class, config):
    """The entries of a configuration that the class takes, with initializers and the like as their dictionaries."""
    import inspect
    names = set()
    for kind in layer_class.__mro__:
        if "__init__" in vars(kind):
            names |= set(inspect.signature(kind.__init__).parameters)
    names |= {"batch_input_shape", "dtype", "name", "trainable"}
    return {key: value for key, value in config.items() if key in names}


def model_from_json(text, custom_objects=None):
    return model_from_config(json.loads(text), custom_objects)


def save_model(model, path, overwrite=True, include_optimizer=True):
    """Keeps a Sequential model in an HDF5 file."""
    with _h5py().File(path, "w") as file:
        file.attrs["model_config"] = to_json(model).encode()
        file.attrs["keras_version"] = b"2.2.4-tf"
        file.attrs["backend"] = b"tensorflow"
        if include_optimizer and model.optimizer is not None and isinstance(model.loss, str):
            file.attrs["training_config"] = json.dumps({
                "optimizer_config": {"class_name": model.optimizer.__class__.__name__, "config": model.optimizer.get_config()},
                "loss": model.loss, "metrics": [m for m in model._metric_arguments if isinstance(m, str)]}).encode()
        _write_hdf5(file.create_group("model_weights"), model.layers)


def load_model(path, custom_objects=None, compile=True):
    """The model of an HDF5 file."""
    with _h5py().File(path, "r") as file:
        config = file.attrs["model_config"]
        model = model_from_json(config.decode() if isinstance(config, bytes) else config, custom_objects)
        _read_hdf5(file["model_weights"], model.layers, False)
        training = file.attrs.get("training_config")
    if compile and training is not None:
        training = json.loads(training.decode() if isinstance(training, bytes) else training)
        model.compile(optimizer=training["optimizer_config"], loss=training["loss"], metrics=training.get("metrics"))
    return model
