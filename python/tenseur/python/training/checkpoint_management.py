"""Which checkpoints a folder has: the file `checkpoint`, `tf.train.latest_checkpoint`, ….

A checkpoint is called by the prefix of its files: `model.ckpt-100` for `model.ckpt-100.index` and `model.ckpt-100.data-…`.
"""

import collections
import glob
import os
import re
import time

from tenseur.core.protobuf import saver_pb2
from tenseur.python.framework import errors_impl
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training.checkpoint_state_pb2 import CheckpointState


def _state_filename(save_dir, latest_filename=None):
    return os.path.join(save_dir, latest_filename or "checkpoint")


_GetCheckpointFilename = _state_filename


def generate_checkpoint_state_proto(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None,
                                    all_model_checkpoint_timestamps=None, last_preserved_timestamp=None):
    """What the file `checkpoint` says; paths in it are relative to the folder where the folder is given by such a path."""
    paths = list(all_model_checkpoint_paths or [])
    if not paths or paths[-1] != model_checkpoint_path:
        logging.info("%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path)
        paths.append(model_checkpoint_path)
    if all_model_checkpoint_timestamps and len(all_model_checkpoint_timestamps) != len(paths):
        raise ValueError("Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
                         f"{paths} and timestamps {all_model_checkpoint_timestamps})")
    if not os.path.isabs(save_dir):
        def relative(path):
            return path if os.path.isabs(path) else os.path.relpath(path, save_dir)
        paths = [relative(path) for path in paths]
        model_checkpoint_path = relative(model_checkpoint_path)
    state = CheckpointState(model_checkpoint_path=model_checkpoint_path)
    state.all_model_checkpoint_paths.extend(paths)
    state.all_model_checkpoint_timestamps.extend(all_model_checkpoint_timestamps or [])
    if last_preserved_timestamp is not None:
        state.last_preserved_timestamp = last_preserved_timestamp
    return state


def update_checkpoint_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None, latest_filename=None,
                            all_model_checkpoint_timestamps=None, last_preserved_timestamp=None):
    """Writes the file `checkpoint`."""
    update_checkpoint_state_internal(
        save_dir, model_checkpoint_path, all_model_checkpoint_paths, latest_filename, False,
        all_model_checkpoint_timestamps, last_preserved_timestamp)


def update_checkpoint_state_internal(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None, latest_filename=None,
                                     save_relative_paths=False, all_model_checkpoint_timestamps=None,
                                     last_preserved_timestamp=None):
    filename = _state_filename(save_dir, latest_filename)
    paths = list(all_model_checkpoint_paths or [])
    if save_relative_paths:
        def relative(path):
            return os.path.relpath(path, save_dir) if os.path.isabs(path) else path
        model_checkpoint_path, paths = relative(model_checkpoint_path), [relative(path) for path in paths]
    state = generate_checkpoint_state_proto(
        save_dir, model_checkpoint_path, paths, all_model_checkpoint_timestamps, last_preserved_timestamp)
    if filename == state.model_checkpoint_path:
        raise RuntimeError(f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  Please use a "
                           "different save path.")
    file_io.atomic_write_string_to_file(filename, text_format.MessageToString(state))


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """What the file `checkpoint` of a folder says, with paths that begin with the folder's; `None` where there is none.

    Raises:
      ValueError: where the file names no checkpoint.
    """
    if isinstance(checkpoint_dir, os.PathLike):
        checkpoint_dir = os.fspath(checkpoint_dir)
    filename = _state_filename(checkpoint_dir, latest_filename)
    if not file_io.file_exists(filename):
        return None
    try:
        state = text_format.Merge(file_io.read_file_to_string(filename), CheckpointState())
    except (errors_impl.OpError, text_format.ParseError) as error:
        logging.warning("%s: %s", type(error).__name__, error)
        logging.warning("%s: Checkpoint ignored", filename)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir}")
    if not os.path.isabs(state.model_checkpoint_path):
        state.model_checkpoint_path = os.path.join(checkpoint_dir, state.model_checkpoint_path)
    for number, path in enumerate(state.all_model_checkpoint_paths):
        if not os.path.isabs(path):
            state.all_model_checkpoint_paths[number] = os.path.join(checkpoint_dir, path)
    return state


def _prefix_to_checkpoint_path(prefix, format_version):
    return prefix + ".index" if format_version == saver_pb2.SaverDef.V2 else prefix


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The last checkpoint of a folder, as its file `checkpoint` says; `None` where there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state and state.model_checkpoint_path:
        if checkpoint_exists(state.model_checkpoint_path):
            return state.model_checkpoint_path
        logging.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


def checkpoint_exists(checkpoint_prefix):
    """Whether there is a checkpoint called so."""
    prefix = os.fspath(checkpoint_prefix)
    prefix = prefix.decode() if isinstance(prefix, bytes) else prefix
    return bool(file_io.get_matching_files(prefix + ".index") or file_io.get_matching_files(prefix))


checkpoint_exists_internal = checkpoint_exists


def get_checkpoint_mtimes(checkpoint_prefixes):
    """When those of the checkpoints that there are were written, in seconds."""
    times = []
    for prefix in checkpoint_prefixes:
        for path in (prefix + ".index", prefix):
            if os.path.exists(path):
                times.append(os.stat(path).st_mtime)
                break
    return times


def remove_checkpoint(checkpoint_prefix, checkpoint_format_version=saver_pb2.SaverDef.V2,
                      meta_graph_suffix="meta"):
    """Removes the files of a checkpoint."""
    _delete(meta_graph_filename(checkpoint_prefix, meta_graph_suffix))
    escaped = glob.escape(checkpoint_prefix)
    for pattern in (escaped + ".data-?????-of-?????", escaped + ".index", escaped):
        for path in glob.glob(pattern):
            _delete(path)


def _delete(path):
    if os.path.isfile(path):
        os.remove(path)


_delete_file_if_exists = _delete


def meta_graph_filename(checkpoint_filename, meta_graph_suffix="meta"):
    """The meta graph's file beside a checkpoint: `model.ckpt-100.meta`."""
    return re.sub(r"-[\d\?]+-of-\d+$", "", checkpoint_filename) + "." + meta_graph_suffix


class CheckpointManager:
    """Saves a `tf.train.Checkpoint` again and again, and keeps the last ones.

    Args:
      max_to_keep: how many to keep; all where it is `None`.
      keep_checkpoint_every_n_hours: keeps one more for each so many hours.
    """

    def __init__(self, checkpoint, directory, max_to_keep, keep_checkpoint_every_n_hours=None,
                 checkpoint_name="ckpt"):
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        self._checkpoint = checkpoint
        self._directory = directory
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._checkpoint_prefix = os.path.join(directory, checkpoint_name)
        self._maybe_delete = collections.OrderedDict()
        self._latest_checkpoint = None
        state = get_checkpoint_state(directory)
        now = time.time()
        self._last_preserved_timestamp = now
        if state is not None:
            self._latest_checkpoint = state.model_checkpoint_path
            times = list(state.all_model_checkpoint_timestamps) or [now] * len(state.all_model_checkpoint_paths)
            self._maybe_delete.update(zip(state.all_model_checkpoint_paths, times))
            self._last_preserved_timestamp = state.last_preserved_timestamp or now

    @property
    def directory(self):
        return self._directory

    @property
    def latest_checkpoint(self):
        return self._latest_checkpoint

    @property
    def checkpoints(self):
        return list(self._maybe_delete)

    def save(self, checkpoint_number=None, session=None):
        """Saves, and gives the path."""
        path = self._checkpoint.save(self._checkpoint_prefix) if checkpoint_number is None else self._checkpoint.write(
            f"{self._checkpoint_prefix}-{checkpoint_number}")
        now = time.time()
        self._latest_checkpoint = path
        self._maybe_delete.pop(path, None)
        self._maybe_delete[path] = now
        while self._max_to_keep is not None and len(self._maybe_delete) > self._max_to_keep:
            old, timestamp = self._maybe_delete.popitem(last=False)
            hours = self._keep_checkpoint_every_n_hours
            if hours and timestamp - self._last_preserved_timestamp >= hours * 3600:
                self._last_preserved_timestamp = timestamp
                continue
            remove_checkpoint(old)
        update_checkpoint_state_internal(
            self._directory, path, list(self._maybe_delete), save_relative_paths=True,
            all_model_checkpoint_timestamps=list(self._maybe_delete.values()),
            last_preserved_timestamp=self._last_preserved_timestamp)
        return path
