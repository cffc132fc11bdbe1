"""Checkpoints without savers: `tf.train.list_variables`, `tf.train.init_from_checkpoint`, …."""

import os
import time

from tenseur.python.framework import ops
from tenseur.python.ops import _checkpoint_ops, state_ops, variable_scope, variables  # noqa: F401 — RestoreV2 is there
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import checkpoint_management
from tenseur.python.training.py_checkpoint_reader import NewCheckpointReader


def load_checkpoint(ckpt_dir_or_file):
    """What reads a checkpoint, or the last one of a folder.

    Raises:
      ValueError: where the folder has none.
    """
    filename = _get_checkpoint_filename(ckpt_dir_or_file)
    if filename is None:
        raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}")
    return NewCheckpointReader(filename)


def load_variable(ckpt_dir_or_file, name):
    """The array called `name` (or `name:0`) in a checkpoint."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name[:-2] if name.endswith(":0") else name)


def list_variables(ckpt_dir_or_file):
    """All (name, shape) of a checkpoint, in the order of names."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def _get_checkpoint_filename(ckpt_dir_or_file):
    path = os.fspath(ckpt_dir_or_file)
    return checkpoint_management.latest_checkpoint(path) if os.path.isdir(path) else path


def wait_for_new_checkpoint(checkpoint_dir, last_checkpoint=None, seconds_to_sleep=1, timeout=None):
    """The last checkpoint of a folder as soon as it is another than `last_checkpoint`; `None` after `timeout` seconds."""
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    stop = None if timeout is None else time.time() + timeout
    while True:
        path = checkpoint_management.latest_checkpoint(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            logging.info("Found new checkpoint at %s", path)
            return path
        if stop is not None and time.time() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(checkpoint_dir, min_interval_secs=0, timeout=None, timeout_fn=None):
    """The checkpoints of a folder as they come."""
    path = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if not timeout_fn:
                logging.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        start = time.time()
        path = new
        yield path
        left = start + min_interval_secs - time.time()
        if left > 0:
            time.sleep(left)


def init_from_checkpoint(ckpt_dir_or_file, assignment_map):
    """Variables begin, when they are initialized, as a checkpoint has them.

    Args:
      assignment_map: name in the checkpoint → variable, list of a variable's parts, or variable's name; or scope in the
        checkpoint (`"bert/"`, `"/"`) → scope in the graph.

    Raises:
      ValueError: where names are not in the checkpoint or in the graph, or shapes differ.
    """
    filename = _get_checkpoint_filename(ckpt_dir_or_file)
    reader = load_checkpoint(ckpt_dir_or_file)
    shapes = reader.get_variable_to_shape_map()
    pairs = assignment_map.items() if hasattr(assignment_map, "items") else assignment_map
    store = variable_scope._get_default_variable_store()
    for there, here in sorted(pairs, key=lambda pair: str(pair[0])):
        if _is_variable(here) or isinstance(here, (list, tuple)) and all(_is_variable(one) for one in here):
            _init_one(here, filename, there, shapes)
            continue
        if isinstance(here, variables.PartitionedVariable):
            _init_one(list(here), filename, there, shapes)
            continue
        if "/" not in there or not there.endswith("/"):
            variable = store._vars.get(here)
            if variable is None:
                variable = _parts(store, here)
            if variable is None:
                raise ValueError(f"Assignment map with scope only name {there} should map to scope only {here}. "
                                 f"Should be 'scope/': 'other_scope/'." if there in ("", "/") else
                                 f"Variable {here} is not in the graph: assignment map names {there} of {filename}")
            _init_one(variable, filename, there, shapes)
            continue
        _init_scope(store, filename, there, here, shapes)


def _is_variable(value):
    return isinstance(value, variables.Variable)


def _parts(store, name):
    parts = []
    while f"{name}/part_{len(parts)}" in store._vars:
        parts.append(store._vars[f"{name}/part_{len(parts)}"])
    return parts or None


def _init_scope(store, filename, there, here, shapes):
    """All variables of the scope `here` from those of the scope `there`."""
    if there != "/" and not there.endswith("/") or here and here != "/" and not here.endswith("/"):
        raise ValueError(f"Assignment map with scope only name {here} should map to scope only {there}. Should be 'scope/': "
                         "'other_scope/'.")
    scope, prefix = here.strip("/"), "" if there == "/" else there
    found = 0
    for name in sorted(store._vars):
        if scope and not name.startswith(scope + "/"):
            continue
        own = name[len(scope) + 1:] if scope else name
        if "/part_" in own:
            whole = own[: own.index("/part_")]
            full = name[: name.index("/part_")]
            if own.endswith("/part_0"):
                _init_one(_parts(store, full), filename, prefix + whole, shapes)
                found += 1
            continue
        if prefix + own not in shapes:
            raise ValueError(f"Tensor {prefix + own} ({own} in {here}) is not found in {filename} checkpoint "
                             f"{{{', '.join(sorted(shapes)[:20])}}}")
        _init_one(store._vars[name], filename, prefix + own, shapes)
        found += 1
    if not found:
        raise ValueError(f"Assignment map with scope only name {here} has no variables in the graph")


def _init_one(variable, filename, name, shapes):
    """One variable, or the parts of one."""
    if name not in shapes:
        raise ValueError(f"Tensor {name} is not found in {filename} checkpoint {{{', '.join(sorted(shapes)[:20])}}}")
    if isinstance(variable, (list, tuple)):
        for part in variable:
            _set_initializer(part, filename, name, part._get_save_slice_info().spec)
        return
    if not variable.shape.is_compatible_with(shapes[name]):
        raise ValueError(f"Shape of variable {variable.name} ({variable.shape}) doesn't match with shape of tensor {name} "
                         f"({shapes[name]}) from checkpoint reader.")
    _set_initializer(variable, filename, name, "")


def _set_initializer(variable, filename, name, spec):
    """The variable's initializer now reads the checkpoint."""
    from tenseur import raw_ops
    from tenseur.python.framework import dtypes, host_ops
    dtype = variable.dtype.base_dtype
    with ops.init_scope(), ops.name_scope("checkpoint_initializer"):
        inputs = [ops.convert_to_tensor(value, dtype=dtypes.string) for value in (filename, [name], [spec])]
        restored = host_ops.create("RestoreV2", inputs, {"dtypes": [("type", dtype.as_datatype_enum)]}).outputs[0]
        restored.set_shape(variable.shape)
        if state_ops.is_reference(variable):
            initializer = raw_ops.Assign(ref=variable._ref(), value=restored).op
        else:
            initializer = raw_ops.AssignVariableOp(resource=variable.handle, value=restored)
    variable._initializer_op = initializer
    variable._initial_value = restored
    logging.info("Initialize variable %s from checkpoint %s with %s", variable.name, filename, name)
