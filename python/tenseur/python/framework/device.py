"""Names of devices: `/job:worker/replica:0/task:1/device:GPU:0`, or parts of it."""

_ORDER = ("job", "replica", "task", "device")


def _parts(text):
    """Part → what is said of it. `/gpu:0` is short for `/device:GPU:0`."""
    found = {}
    for part in filter(None, text.split("/")):
        key, _, value = part.partition(":")
        key = key.lower()
        if key in ("cpu", "gpu", "tpu"):
            key, value = "device", f"{key.upper()}:{value or '*'}"
        elif key == "device":
            kind, colon, index = value.partition(":")
            value = f"{kind.upper()}{colon}{index}"
        found[key] = value
    return found


def _text(parts):
    return "".join(f"/{key}:{parts[key]}" for key in _ORDER if key in parts)


def merged(outer, inner):
    """The parts of `inner`, and those of `outer` that it does not speak of."""
    return _text({**_parts(outer), **_parts(inner)})


def check_valid(spec):
    """Raises ValueError where the text is no device's name."""
    DeviceSpec.from_string(spec)


def canonical_name(device):
    """The name with its parts in order; "" for `None`."""
    if device is None:
        return ""
    return device.to_string() if isinstance(device, DeviceSpec) else _text(_parts(device))


def is_device_spec(obj):
    return isinstance(obj, DeviceSpec)


class DeviceSpec:
    """A device, as far as it is named: `DeviceSpec(job="ps", device_type="CPU", device_index=0)`.

    Args:
      job, replica, task: which process it belongs to.
      device_type: "CPU" or "GPU".
      device_index: which one of these; without it any.
    """

    def __init__(self, job=None, replica=None, task=None, device_type=None, device_index=None):
        self.job = job
        self.replica = None if replica is None else int(replica)
        self.task = None if task is None else int(task)
        self.device_type = None if device_type is None else str(device_type).upper()
        self.device_index = None if device_index is None else int(device_index)

    @classmethod
    def from_string(cls, spec):
        return cls().parse_from_string(spec)

    def parse_from_string(self, spec):
        """Takes over what the name says.

        Raises:
          ValueError: where it is no device's name.
        """
        parts = _parts(spec)
        unknown = [part for part in parts if part not in _ORDER]
        if unknown or spec and not spec.startswith("/"):
            raise ValueError(f"Unknown attribute: '{(unknown or [spec])[0]}' in '{spec}'")
        kind, _, index = parts.get("device", "").partition(":")
        try:
            self.__init__(parts.get("job"), parts.get("replica"), parts.get("task"), kind if kind not in ("", "*") else None,
                          index if index not in ("", "*") else None)
        except ValueError:
            raise ValueError(f"'{spec}' is no device's name: a number is missing in it") from None
        return self

    def merge_from(self, dev):
        """Takes over what the other says."""
        self.__init__(**{name: getattr(self, name) if getattr(dev, name) is None else getattr(dev, name)
                         for name in ("job", "replica", "task", "device_type", "device_index")})

    def to_string(self):
        parts = {name: getattr(self, name) for name in ("job", "replica", "task") if getattr(self, name) is not None}
        if self.device_type is not None:
            parts["device"] = f"{self.device_type}:{'*' if self.device_index is None else self.device_index}"
        return _text(parts)

    def __eq__(self, other):
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self):
        return hash(self.to_string())

    def __repr__(self):
        return f"DeviceSpec({self.to_string()!r})"


def merge_device(spec):
    """A function for `tf.device` that says `spec` where a node does not yet say more."""
    text = canonical_name(spec)

    def choose(node_def):
        return merged(text, node_def.device or "")

    return choose
