"""The ops that write and read checkpoints: SaveV2, RestoreV2 and what goes with them."""

import os
import re

import numpy as np

from tenseur import _core
from tenseur.python.framework import dtypes, errors_impl, host_ops
from tenseur.python.ops import _checkpoint_v1


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _texts(value):
    return [_text(item) for item in np.asarray(value, dtype=object).reshape(-1).tolist()]


def parse_slice(spec):
    """(the whole's shape, the part as slices) of TensorFlow's text for a part: `4 8 0,2:-`. `None` for the empty text."""
    if not spec:
        return None
    *sizes, parts = spec.split(" ")
    shape = tuple(int(size) for size in sizes)
    slices = []
    for size, part in zip(shape, parts.split(":")):
        start, length = (0, size) if part == "-" else map(int, part.split(","))
        slices.append(slice(start, start + length))
    return shape, tuple(slices)


def write(prefix, names, specs, values, types=()):
    """Writes a checkpoint; parts of one variable are put together.

    Args:
      types: of the values, in their order: bfloat16, which NumPy does not have, comes as float32.
    """
    arrays = {}
    narrow = {name for name, dtype in zip(names, types) if dtype == dtypes.bfloat16}
    for name, spec, value in zip(names, specs, values):
        part = parse_slice(spec)
        if part is None:
            arrays[name] = value
            continue
        shape, place = part
        whole = arrays.get(name)
        if whole is None:
            whole = arrays[name] = np.zeros(shape, np.asarray(value).dtype)
        whole[place] = value
    folder = os.path.dirname(prefix)
    if folder and not os.path.isdir(folder):
        # As TensorFlow: the folder itself is made, those above it are not.
        try:
            os.mkdir(folder)
        except FileExistsError:
            pass
        except OSError as error:
            raise errors_impl.NotFoundError(None, None, f"{folder}: {error.strerror}") from None
    _core.write_checkpoint(prefix, {name: _for_engine(value) for name, value in arrays.items()}, narrow)


def _for_engine(value):
    from tenseur.python.framework import tensor_util
    if isinstance(value, bytes):
        return [value], ()
    return tensor_util.to_engine(np.asarray(value, order="C"))


def read(prefix, names, specs=None):
    """The arrays of a checkpoint, in the order of the names.

    Raises:
      NotFoundError: where there is no such checkpoint, or names are not in it: all of them are told.
    """
    there = {name for name, _, _ in entries(prefix)}
    missing = [name for name in dict.fromkeys(names) if name not in there]
    if missing:
        raise errors_impl.NotFoundError(None, None, missing_text(prefix, missing, there))
    distinct = list(dict.fromkeys(names))
    old = [] if os.path.exists(prefix + ".index") else _checkpoint_v1.files(prefix)
    arrays = _checkpoint_v1.read(old, distinct) if old else _core.read_checkpoint(prefix, distinct)
    found = []
    for name, spec in zip(names, specs or [""] * len(names)):
        array = np.asarray(arrays[name], dtype=object) if isinstance(arrays[name], bytes) else np.asarray(arrays[name])
        part = parse_slice(spec)
        if part is not None:
            if part[0] != array.shape:
                raise errors_impl.InvalidArgumentError(
                    None, None, f"Shape in shape_and_slice spec {list(part[0])} does not match the shape in the save file "
                                f"{list(array.shape)}: {name} in {prefix}")
            array = np.ascontiguousarray(array[part[1]])
        found.append(array)
    return found


def entries(prefix):
    """(name, number of its type, shape) of all that a checkpoint holds.

    Raises:
      NotFoundError: where there is none called so.
    """
    if not os.path.exists(prefix + ".index"):
        old = _checkpoint_v1.files(prefix)
        if old:
            return _checkpoint_v1.entries(old)
        raise errors_impl.NotFoundError(
            None, None, f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}")
    return [(name, dtype, tuple(shape)) for name, dtype, shape in _core.checkpoint_entries(prefix)
            if not name.startswith("_tenseur/")]


def missing_text(prefix, missing, there):
    """What is said of names that a checkpoint does not have: the nearest that it has."""
    import difflib
    lines = []
    for name in missing:
        near = difflib.get_close_matches(name, there, 1, 0.5)
        lines.append(f"Key {name} not found in checkpoint" + (f" (the nearest there: {near[0]})" if near else ""))
    return "\n".join([*lines, f"The checkpoint is {prefix}, and holds {len(there)} tensors."])


@host_ops.register("SaveV2")
def _save(node):
    types = [dtypes.as_dtype(dtype) for _, dtype in node.attrs.get("dtypes", ())]

    def save(inputs):
        prefix, names, specs, *values = inputs
        write(_text(prefix), _texts(names), _texts(specs), values, types)
        return []

    return [], save


@host_ops.register("RestoreV2")
def _restore(node):
    types = [dtype for _, dtype in node.attrs["dtypes"]]

    def restore(inputs):
        from tenseur.python.framework import tensor_util
        names = _texts(inputs[1])
        arrays = read(_text(inputs[0]), names, _texts(inputs[2]))
        for name, array, number in zip(names, arrays, types):
            wanted = dtypes.as_dtype(number)
            found = dtypes.string if array.dtype == object else dtypes.as_dtype(array.dtype)
            if wanted != found and not (wanted == dtypes.bfloat16 and found == dtypes.float32):
                raise errors_impl.InvalidArgumentError(
                    None, None, f"tensor_name = {name}; expected dtype {wanted.name} does not equal original dtype {found.name}")
        return [tensor_util.to_engine(np.ascontiguousarray(array)) if array.ndim else tensor_util.to_engine(array)
                for array in arrays]

    return [(number, None) for number in types], restore


@host_ops.register("ShardedFilename")
def _sharded_filename(node):
    def name(inputs):
        text = f"{_text(inputs[0])}-{int(inputs[1]):05d}-of-{int(inputs[2]):05d}"
        return [([text.encode()], ())]

    return [(dtypes.string, ())], name


@host_ops.register("MergeV2Checkpoints")
def _merge(node):
    delete = bool(node.attrs.get("delete_old_dirs", True))

    def merge(inputs):
        prefixes, target = _texts(inputs[0]), _text(inputs[1])
        arrays, types = {}, {}
        for prefix in prefixes:
            arrays.update(_core.read_checkpoint(prefix))
            types.update((name, dtypes.as_dtype(number)) for name, number, _ in entries(prefix))
        write(target, list(arrays), [""] * len(arrays), list(arrays.values()), [types.get(name) for name in arrays])
        for prefix in prefixes if delete else ():
            for name in os.listdir(os.path.dirname(prefix) or "."):
                if re.fullmatch(re.escape(os.path.basename(prefix)) + r"\.(index|data-\d+-of-\d+)", name):
                    os.remove(os.path.join(os.path.dirname(prefix), name))
            try:
                os.rmdir(os.path.dirname(prefix))
            except OSError:
                pass
        return []

    return [], merge
