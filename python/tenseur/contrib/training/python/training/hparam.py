"""Hyperparameters by name: `tf.contrib.training.HParams`."""

import json
import re


class HParams:
    """Values with names, as attributes; a value keeps its type.

        hparams = HParams(learning_rate=0.1, layers=[64, 32])
        hparams.parse("learning_rate=0.3,layers=[128]")
    """

    def __init__(self, hparam_def=None, model_structure=None, **kwargs):
        self._hparam_types = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name, value):
        """Raises ValueError where there is one of that name already, or the value is an empty list."""
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name, value):
        """Gives a hyperparameter that there is another value, of its type."""
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, one) for one in value])
        else:
            if is_list:
                raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name):
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values):
        """Sets values that are written as "name=value,name=[value,value],name[1]=value".

        Raises:
          ValueError: where the text cannot be read, or names what there is not.
        """
        for name, index, value in _pairs(values):
            if name not in self._hparam_types:
                raise ValueError(f"Unknown hyperparameter type for {name}")
            kind, is_list = self._hparam_types[name]
            if index is not None:
                if not is_list:
                    raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
                getattr(self, name)[index] = _read(name, kind, value)
            elif isinstance(value, list):
                self.set_hparam(name, [_read(name, kind, one) for one in value])
            else:
                self.set_hparam(name, [_read(name, kind, value)] if is_list else _read(name, kind, value))
        return self

    def override_from_dict(self, values_dict):
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json):
        return self.override_from_dict(json.loads(values_json))

    def values(self):
        """The values by name."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def to_json(self, indent=None, separators=None, sort_keys=False):
        return json.dumps({name: value for name, value in self.values().items() if not callable(value)}, indent=indent,
                          separators=separators, sort_keys=sort_keys)

    def get(self, key, default=None):
        return getattr(self, key) if key in self._hparam_types else default

    def get_model_structure(self):
        return self._model_structure

    def set_model_structure(self, model_structure):
        self._model_structure = model_structure

    def __contains__(self, key):
        return key in self._hparam_types

    def __str__(self):
        return str(sorted(self.values().items()))

    def __repr__(self):
        return f"HParams({self})"


def _cast(name, kind, value):
    if value is None or kind is type(None):
        return value
    if isinstance(value, bool) != (kind is bool) or (kind in (int, float) and isinstance(value, str)):
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    if kind is int and isinstance(value, float) and not value.is_integer():
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return value if isinstance(value, kind) else kind(value)


def _read(name, kind, text):
    if kind is bool:
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() not in known:
            raise ValueError(f"Could not parse hparam '{name}' of type 'bool' with value {text!r}")
        return known[text.lower()]
    try:
        return kind(text) if kind is not type(None) else text
    except ValueError:
        raise ValueError(f"Could not parse hparam '{name}' of type '{kind.__name__}' with value {text!r}") from None


def _pairs(text):
    at = 0
    pattern = re.compile(r"\s*(\w[\w.]*)\s*(?:\[(\d+)\])?\s*=\s*(?:\[([^\]]*)\]|([^,\[]*))\s*(?:,|$)")
    while at < len(text):
        found = pattern.match(text, at)
        if found is None:
            raise ValueError(f"Malformed hyperparameter value: {text[at:]}")
        name, index, many, one = found.groups()
        value = [part.strip() for part in many.split(",")] if many is not None else one.strip()
        yield name, None if index is None else int(index), value
        at = found.end()
