"""Checkpoints of a session's variables: `tf.train.Saver`."""

import os
import time

import numpy as np

from tenseur import raw_ops
from tenseur.core.protobuf import saver_pb2
from tenseur.python.framework import dtypes, errors_impl, host_ops, ops, tensor_util
from tenseur.python.ops import _checkpoint_ops, resource_variable_ops, state_ops, variables
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import checkpoint_management, training_util
from tenseur.python.training.checkpoint_management import (  # noqa: F401 — TensorFlow has them here too
    checkpoint_exists, generate_checkpoint_state_proto, get_checkpoint_mtimes, get_checkpoint_state, latest_checkpoint,
    remove_checkpoint, update_checkpoint_state, update_checkpoint_state_internal)

_VERSION = saver_pb2.SaverDef.V2


class SaveSpec:
    """One tensor of a checkpoint: what is saved, which part of a whole it is, and what it is called there."""

    def __init__(self, tensor, slice_spec, name, dtype=None, device=None):
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        self.dtype = dtype if dtype is not None else self.tensor.dtype
        self.device = device

    @property
    def tensor(self):
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """Something that is saved as tensors and restored from them. Subclasses say how: `restore`."""

    def __init__(self, op, specs, name):
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def device(self):
        return getattr(self.op, "device", "")

    def restore(self, restored_tensors, restored_shapes):
        raise NotImplementedError("Calling an abstract method.")


class _VariableSaveable(SaveableObject):
    """A variable, or a part of one."""

    def __init__(self, variable, slice_spec, name):
        self._variable = variable
        resource = isinstance(variable, resource_variable_ops.ResourceVariable)
        reference = variable._ref() if hasattr(variable, "_ref") else variable
        tensor = variable._snapshot_tensor() if resource else reference
        super().__init__(variable, [SaveSpec(tensor, slice_spec, name, variable.dtype.base_dtype)], name)

    def restore(self, restored_tensors, restored_shapes):
        tensor = restored_tensors[0]
        if restored_shapes is not None:
            from tenseur.python.ops import array_ops
            tensor = array_ops.reshape(tensor, restored_shapes[0])
        shape = self._variable.get_shape()
        if isinstance(self._variable, resource_variable_ops.ResourceVariable):
            tensor = raw_ops.Identity(input=tensor)
            if shape.is_fully_defined():
                tensor.set_shape(shape)
            return raw_ops.AssignVariableOp(resource=self._variable.handle, value=tensor)
        return state_ops.assign(self.specs[0].tensor, tensor,
                                validate_shape=restored_shapes is None and shape.is_fully_defined())


def _slice_spec(variable):
    info = getattr(variable, "_save_slice_info", None)
    return info.spec if info is not None else ""


def _is_variable(value):
    return isinstance(value, variables.Variable) or (
        isinstance(value, ops.Tensor) and value.op.type in ("Variable", "VariableV2", "AutoReloadVariable"))


def op_list_to_dict(op_list, convert_variable_to_tensor=True):
    """The variables by the names that they have in a checkpoint; the parts of one variable are a list.

    Raises:
      TypeError: where one is no variable.
      ValueError: where two are called alike.
    """
    if not isinstance(op_list, (list, tuple, set)):
        raise TypeError(f"Variables to save should be passed in a dict or a list: {op_list}")
    found = {}
    for value in sorted(set(op_list), key=lambda value: value.name):
        if isinstance(value, variables.PartitionedVariable):
            name, value = value.name, list(value)
        elif isinstance(value, SaveableObject):
            name = value.name
        elif _is_variable(value):
            info = getattr(value, "_save_slice_info", None)
            if info is not None:
                parts = found.setdefault(info.full_name, [])
                if not isinstance(parts, list):
                    raise ValueError(f"Mixing slices and non-slices with the same name: {info.full_name}")
                parts.append(value)
                continue
            name = value.op.name
        else:
            raise TypeError(f"Variable to save is not a Variable: {value}")
        if name in found:
            raise ValueError(f"At least two variables have the same name: {name}")
        found[name] = value
    return found


def _saveables(names):
    """What is to be saved, in the order of names."""
    if not isinstance(names, dict):
        names = op_list_to_dict(names)
    found, seen = [], set()
    for name in sorted(names):
        if not isinstance(name, str):
            raise TypeError(f"names_to_saveables must be a dict mapping string names to checkpointable operations. Name is not a "
                            f"string: {name}")
        value = names[name]
        parts = list(value) if isinstance(value, (list, tuple, variables.PartitionedVariable)) else [value]
        for part in parts:
            if not isinstance(part, SaveableObject):
                if not _is_variable(part):
                    raise TypeError(f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
                                    f"variable: {part}")
                own = part if isinstance(part, variables.Variable) else variables._variable_of(part.op) or part
                part = _VariableSaveable(own, _slice_spec(own), name)
            key = part.op.op if hasattr(part.op, "op") else part.op
            if key in seen:
                raise ValueError(f"The same saveable will be restored with two names: {name}")
            seen.add(key)
            found.append(part)
    return found


class BaseSaverBuilder:
    """Makes the nodes that save and restore."""

    SaveSpec = SaveSpec
    SaveableObject = SaveableObject
    VariableSaveable = _VariableSaveable

    def __init__(self, write_version=_VERSION):
        self._write_version = write_version

    @staticmethod
    def OpListToDict(op_list, convert_variable_to_tensor=True):
        return op_list_to_dict(op_list, convert_variable_to_tensor)

    def build(self, names_to_saveables, reshape=False, sharded=False, max_to_keep=5, keep_checkpoint_every_n_hours=10000.0,
              name=None, restore_sequentially=False, filename="model"):
        """The SaverDef of new nodes `save/…`."""
        return self._build_internal(names_to_saveables, reshape, sharded, max_to_keep, keep_checkpoint_every_n_hours, name,
                                    restore_sequentially, filename)

    def _build_internal(self, names_to_saveables, reshape, sharded, max_to_keep, keep_checkpoint_every_n_hours, name,
                        restore_sequentially, filename):
        saveables = _saveables(names_to_saveables)
        max_to_keep = 0 if max_to_keep is None else max_to_keep
        with ops.name_scope(name, "save", [saveable.op for saveable in saveables]):
            filename_tensor = raw_ops.PlaceholderWithDefault(input=filename or "model", shape=[], name="filename")
            filename_tensor = raw_ops.PlaceholderWithDefault(input=filename_tensor, shape=[], name="Const")
            save_tensor = self._save_ops(filename_tensor, saveables)
            restore_op = self._restore_ops(filename_tensor, saveables, reshape, restore_sequentially)
        return saver_pb2.SaverDef(
            filename_tensor_name=filename_tensor.name, save_tensor_name=save_tensor.name, restore_op_name=restore_op.name,
            max_to_keep=max_to_keep, sharded=sharded, keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version)

    def _save_ops(self, filename_tensor, saveables):
        specs = [spec for saveable in saveables for spec in saveable.specs]
        tensors = [spec.tensor for spec in specs]
        with ops.name_scope("SaveV2") as scope:
            names, slices = _names_and_slices(specs)
        attrs = {"dtypes": [("type", spec.dtype.base_dtype.as_datatype_enum) for spec in specs]}
        save = host_ops.create("SaveV2", [filename_tensor, names, slices, *tensors], attrs, scope)
        with ops.control_dependencies([save]):
            return raw_ops.Identity(input=filename_tensor, name="control_dependency")

    def _restore_ops(self, filename_tensor, saveables, reshape, sequentially):
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with ops.name_scope("RestoreV2") as scope:
            names, slices = _names_and_slices(specs)
        attrs = {"dtypes": [("type", spec.dtype.base_dtype.as_datatype_enum) for spec in specs]}
        restored = list(host_ops.create("RestoreV2", [filename_tensor, names, slices], attrs, scope).outputs)
        assigns = []
        for saveable in saveables:
            tensors, restored = restored[:len(saveable.specs)], restored[len(saveable.specs):]
            shapes = None
            if reshape:
                shapes = []
                for spec in saveable.specs:
                    shape = spec.tensor.get_shape()
                    shapes.append(shape.as_list() if shape.is_fully_defined() else raw_ops.Shape(input=spec.tensor))
            with ops.control_dependencies(assigns[-1:] if sequentially else []):
                assigns.append(saveable.restore(tensors, shapes))
        with ops.control_dependencies(assigns):
            return raw_ops.NoOp(name="restore_all")


def _names_and_slices(specs):
    names = ops.convert_to_tensor([spec.name for spec in specs], dtype=dtypes.string, name="tensor_names")
    slices = ops.convert_to_tensor([spec.slice_spec for spec in specs], dtype=dtypes.string, name="shape_and_slices")
    return names, slices


class BulkSaverBuilder(BaseSaverBuilder):
    """The same here: one op restores all."""


class Saver:
    """Saves the variables of a session in checkpoints that TensorFlow reads, and restores them.

    Args:
      var_list: the variables, or a dictionary from names in the checkpoint to variables; all global variables.
      reshape: whether variables may have other shapes in the checkpoint, with as many elements.
      max_to_keep: how many checkpoints to keep; all where it is 0 or `None`.
      keep_checkpoint_every_n_hours: keeps one more for each so many hours.
      name: the name scope of the nodes, "save".
      saver_def: what describes nodes that the graph has already.
      defer_build: whether the nodes are made by `build()` only.
      allow_empty: whether there may be no variables.
      pad_step_number: whether steps in names have eight digits.
      save_relative_paths: whether the file `checkpoint` says paths from its own folder.

    Raises:
      TypeError, ValueError: where what is to be saved is no variable, is called as another is, or is nothing.
    """

    def __init__(self, var_list=None, reshape=False, sharded=False, max_to_keep=5, keep_checkpoint_every_n_hours=10000.0,
                 name=None, restore_sequentially=False, saver_def=None, builder=None, defer_build=False, allow_empty=False,
                 write_version=_VERSION, pad_step_number=False, save_relative_paths=False, filename=None):
        if defer_build and var_list:
            raise ValueError("If `var_list` is provided then build cannot be deferred. Either set defer_build=False or "
                             "var_list=None.")
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty = None
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._filename = filename
        self._save_relative_paths = save_relative_paths
        self._last_checkpoints = []
        self._checkpoints_to_be_deleted = []
        self._next_checkpoint_time = time.time() + self._keep_checkpoint_every_n_hours * 3600
        if not defer_build:
            self.build()
        if self.saver_def:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self):
        """Makes the nodes."""
        if self._is_built:
            return
        self._is_built = True
        if self.saver_def is None:
            if self._builder is None:
                self._builder = BulkSaverBuilder(self._write_version)
            if self._var_list is None:
                self._var_list = variables._all_saveable_objects()
            if not self._var_list:
                if not self._allow_empty:
                    raise ValueError("No variables to save")
                self._is_empty = True
                return
            self._is_empty = False
            self.saver_def = self._builder._build_internal(
                self._var_list, self._reshape, self._sharded, self._max_to_keep, self._keep_checkpoint_every_n_hours,
                self._name, self._restore_sequentially, self._filename)
        elif self.saver_def and self._name:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                setattr(self.saver_def, field, ops.prepend_name_scope(getattr(self.saver_def, field), self._name))
        self._check_saver_def()
        self._next_checkpoint_time = time.time() + self.saver_def.keep_checkpoint_every_n_hours * 3600

    _build = build

    def _check_saver_def(self):
        if not isinstance(self.saver_def, saver_pb2.SaverDef):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    # --- which checkpoints there are -------------------------------------------------------------------------------

    @property
    def last_checkpoints(self):
        """The checkpoints that have been saved and kept, oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints):
        """Says which checkpoints there are; deprecated in TensorFlow."""
        self._last_checkpoints = [(path, np.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time):
        """Says which checkpoints there are, as pairs (path, seconds)."""
        self._last_checkpoints = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths):
        """Says which checkpoints there were before this program began: they count among those to keep."""
        times = checkpoint_management.get_checkpoint_mtimes(checkpoint_paths)
        self.set_last_checkpoints_with_time(list(zip(checkpoint_paths, times)))

    def _record_last_checkpoint(self, path):
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [(own, seconds) for own, seconds in self._last_checkpoints if own != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _maybe_delete_old_checkpoints(self, meta_graph_suffix="meta"):
        if not self._checkpoints_to_be_deleted:
            return
        path, seconds = self._checkpoints_to_be_deleted.pop(0)
        if seconds > self._next_checkpoint_time:
            self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            checkpoint_management.remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except OSError as error:
            logging.warning("Ignoring: %s", error)

    # --- saving and restoring --------------------------------------------------------------------------------------

    def save(self, sess, save_path, global_step=None, latest_filename=None, meta_graph_suffix="meta", write_meta_graph=True,
             write_state=True, strip_default_attrs=False, save_debug_info=False):
        """Saves the session's variables as `save_path`, or `save_path-STEP`, and gives that name.

        Args:
          global_step: the step, as a number, a tensor or a variable.
          latest_filename: what the file `checkpoint` is to be called.
          write_meta_graph: whether the graph is written too, as `….meta`.

        Raises:
          TypeError: where `sess` is no session.
          ValueError: where the folder cannot be made.
        """
        if not self._is_built and self.saver_def is None:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = "checkpoint" if latest_filename is None else latest_filename
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        save_path = _path(save_path)
        if global_step is not None:
            if not isinstance(global_step, (int, np.integer)):
                global_step = training_util.global_step(sess, global_step)
            checkpoint_file = f"{save_path}-{global_step:08d}" if self._pad_step_number else f"{save_path}-{global_step}"
        else:
            checkpoint_file = save_path
            if os.path.basename(save_path) == latest_filename and not self._sharded:
                raise ValueError(f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{save_path}'")
        if not hasattr(sess, "run") or not hasattr(sess, "graph"):
            raise TypeError(f"'sess' must be a Session; {sess}")
        folder = os.path.dirname(save_path)
        saved = None
        if not self._is_empty:
            try:
                saved = sess.run(self.saver_def.save_tensor_name,
                                 {self.saver_def.filename_tensor_name: checkpoint_file})
            except (errors_impl.FailedPreconditionError, errors_impl.NotFoundError):
                if folder and not os.path.isdir(folder):
                    raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.") from None
                raise
            saved = saved.decode() if isinstance(saved, bytes) else str(saved)
            if write_state:
                self._record_last_checkpoint(saved)
                checkpoint_management.update_checkpoint_state_internal(
                    save_dir=folder, model_checkpoint_path=saved, all_model_checkpoint_paths=self.last_checkpoints,
                    latest_filename=latest_filename, save_relative_paths=self._save_relative_paths)
                self._maybe_delete_old_checkpoints(meta_graph_suffix)
        if write_meta_graph:
            filename = checkpoint_management.meta_graph_filename(checkpoint_file, meta_graph_suffix)
            with sess.graph.as_default():
                self.export_meta_graph(filename, strip_default_attrs=strip_default_attrs)
        return saved

    def restore(self, sess, save_path):
        """Sets the session's variables to what the checkpoint `save_path` holds.

        Raises:
          ValueError: where there is no such checkpoint.
          NotFoundError, InvalidArgumentError: where it does not hold them all, or in other types or shapes; everything that
            does not fit is told at once, and no variable is changed.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        save_path = _path(save_path)
        if not checkpoint_management.checkpoint_exists(save_path):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {save_path}")
        logging.info("Restoring parameters from %s", save_path)
        self._check_fits(sess.graph, save_path)
        sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: save_path})

    def _check_fits(self, graph, path):
        """Says all that keeps the checkpoint from being restored."""
        wanted = _restored_tensors(graph, self.saver_def.restore_op_name)
        entries = {name: (number, shape) for name, number, shape in _checkpoint_ops.entries(path)}
        missing = [name for name, _, _, _ in wanted if name not in entries]
        wrong = []
        for name, spec, dtype, shape in wanted:
            if name in missing:
                continue
            number, there = entries[name]
            part = _checkpoint_ops.parse_slice(spec)
            if part is not None:
                shape = part[0]
            if dtype.as_datatype_enum != number and dtype != dtypes.bfloat16:
                wrong.append(f"{name} is {dtype.name} in the graph and {dtypes.as_dtype(number).name} in the checkpoint")
            elif shape is not None and tuple(shape) != tuple(there):
                wrong.append(f"Assign requires shapes of both tensors to match. {name} has the shape {tuple(shape)} in the graph "
                             f"and {tuple(there)} in the checkpoint")
        if not missing and not wrong:
            return
        spare = sorted(set(entries) - {name for name, *_ in wanted})
        lines = [_checkpoint_ops.missing_text(path, missing, set(entries))] if missing else []
        lines += wrong
        if missing and spare:
            shown = ", ".join(spare[:20]) + (", …" if len(spare) > 20 else "")
            lines.append(f"In the checkpoint, and not asked for: {shown}.")
        kind = errors_impl.NotFoundError if missing else errors_impl.InvalidArgumentError
        what = "the graph and the checkpoint are not of the same model"
        if not missing:
            what = "a mismatch between the graph and the checkpoint"
        raise kind(None, None, f"Restoring from checkpoint failed; {what}:\n" + "\n".join(lines))

    # --- meta graphs -----------------------------------------------------------------------------------------------

    def as_saver_def(self):
        return self.saver_def

    def to_proto(self, export_scope=None):
        """What describes it, as a SaverDef."""
        if export_scope is None:
            return self.saver_def
        if not (self.saver_def.filename_tensor_name.startswith(export_scope)
                and self.saver_def.save_tensor_name.startswith(export_scope)
                and self.saver_def.restore_op_name.startswith(export_scope)):
            return None
        stripped = saver_pb2.SaverDef()
        stripped.CopyFrom(self.saver_def)
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            setattr(stripped, field, ops.strip_name_scope(getattr(stripped, field), export_scope))
        return stripped

    @staticmethod
    def from_proto(saver_def, import_scope=None):
        return Saver(saver_def=saver_def, name=import_scope)

    def export_meta_graph(self, filename=None, collection_list=None, as_text=False, export_scope=None, clear_devices=False,
                          clear_extraneous_savers=False, strip_default_attrs=False, save_debug_info=False):
        """Writes the default graph, its collections and this saver as a MetaGraphDef, and gives it."""
        return export_meta_graph(
            filename=filename, graph_def=ops.get_default_graph().as_graph_def(add_shapes=True), saver_def=self.saver_def,
            collection_list=collection_list, as_text=as_text, export_scope=export_scope, clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers, strip_default_attrs=strip_default_attrs)


def _path(path):
    path = os.fspath(path) if isinstance(path, os.PathLike) else path
    path = path.decode() if isinstance(path, bytes) else str(path)
    return path[len("file://"):] if path.startswith("file://") else path


def _restored_tensors(graph, restore_op_name):
    """(name, part, type, shape or `None`) of each tensor that the restoring operation reads from a checkpoint."""
    found, seen = [], set()
    pending = [graph.get_operation_by_name(restore_op_name)]
    while pending:
        op = pending.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type == "RestoreV2":
            names, specs = (np.asarray(tensor_util.constant_value(tensor), dtype=object).reshape(-1) for tensor in op.inputs[1:3])
            shapes = _shapes_of(op)
            for number, (name, spec) in enumerate(zip(names, specs)):
                found.append((name.decode(), spec.decode(), op.outputs[number].dtype, shapes.get(number)))
            continue
        pending.extend(op.control_inputs)
        pending.extend(tensor.op for tensor in op.inputs)
    return found


def _shapes_of(restore):
    """The shapes that the variables have to which the outputs of a RestoreV2 go, where they must be those."""
    shapes = {}
    for output in restore.outputs:
        for reader in output.consumers():
            if reader.type == "Identity":
                reader = (reader.outputs[0].consumers() or [reader])[0]
            if reader.type == "Assign" and reader.get_attr("validate_shape") and reader.inputs[1].op.type != "Reshape":
                shape = reader.inputs[0].get_shape()
            elif reader.type == "AssignVariableOp" and reader.inputs[1].op.type != "Reshape":
                shape = reader.inputs[0].op.get_attr("shape")
            else:
                continue
            if shape.is_fully_defined():
                shapes[output.value_index] = tuple(shape.as_list())
    return shapes


def import_meta_graph(meta_graph_or_file, clear_devices=False, import_scope=None, **kwargs):
    """Adds a meta graph to the default graph, and gives the saver that it describes; `None` where there are no variables."""
    return _import_meta_graph_with_return_elements(meta_graph_or_file, clear_devices, import_scope, **kwargs)[0]


def _import_meta_graph_with_return_elements(meta_graph_or_file, clear_devices=False, import_scope=None,
                                            return_elements=None, **kwargs):
    from tenseur.core.protobuf import meta_graph_pb2
    from tenseur.python.framework import meta_graph
    if isinstance(meta_graph_or_file, meta_graph_pb2.MetaGraphDef):
        definition = meta_graph_or_file
    else:
        definition = meta_graph.read_meta_graph_file(meta_graph_or_file)
    imported, elements = meta_graph.import_scoped_meta_graph_with_return_elements(
        definition, clear_devices=clear_devices, import_scope=import_scope, return_elements=return_elements, **kwargs)
    if definition.HasField("saver_def"):
        # What is imported into a scope has the scope in its names, which the definition has not.
        scope = import_scope
        if imported:
            name, variable = sorted(imported.items())[0]
            if variable.name.endswith("/" + name):
                scope = variable.name[: -len(name) - 1]
        saver_def = saver_pb2.SaverDef()
        saver_def.CopyFrom(definition.saver_def)
        return Saver(saver_def=saver_def, name=scope or ""), elements
    if variables._all_saveable_objects(scope=import_scope):
        return Saver(), elements
    logging.info("Saver not created because there are no variables in the graph to restore")
    return None, elements


def export_meta_graph(filename=None, meta_info_def=None, graph_def=None, saver_def=None, collection_list=None, as_text=False,
                      graph=None, export_scope=None, clear_devices=False, clear_extraneous_savers=False,
                      strip_default_attrs=False, save_debug_info=False, **kwargs):
    """Writes a graph and its collections as a MetaGraphDef, and gives it."""
    from tenseur.python.framework import meta_graph
    return meta_graph.export_scoped_meta_graph(
        filename=filename, meta_info_def=meta_info_def, graph_def=graph_def, saver_def=saver_def,
        collection_list=collection_list, as_text=as_text, graph=graph, export_scope=export_scope,
        clear_devices=clear_devices, clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs, **kwargs)[0]


def _get_saver_or_default():
    """The graph's saver, which is made where there is none.

    Raises:
      RuntimeError: where there are several.
    """
    savers = ops.get_collection(ops.GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError("More than one item in collection SAVERS. Please indicate which one to use by passing it to the "
                           "constructor.")
    if savers:
        return savers[0]
    saver = Saver(sharded=True, allow_empty=True)
    ops.add_to_collection(ops.GraphKeys.SAVERS, saver)
    return saver
