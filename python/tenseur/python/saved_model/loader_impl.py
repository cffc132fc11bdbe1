"""Loads saved models."""

import os

from tenseur.core.protobuf import meta_graph_pb2, saved_model_pb2
from tenseur.python.framework import ops
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format
from tenseur.python.saved_model import constants, utils_impl


def parse_saved_model(export_dir):
    """The SavedModel message in the folder.

    Raises:
      IOError: where there is none.
    """
    export_dir = os.fsdecode(export_dir)
    binary = os.path.join(export_dir, constants.SAVED_MODEL_FILENAME_PB)
    text = os.path.join(export_dir, constants.SAVED_MODEL_FILENAME_PBTXT)
    if file_io.file_exists(binary):
        return saved_model_pb2.SavedModel.FromString(file_io.read_file_to_string(binary, True))
    if file_io.file_exists(text):
        return text_format.Merge(file_io.read_file_to_string(text), saved_model_pb2.SavedModel())
    raise IOError(f"SavedModel file does not exist at: {export_dir}/{{{constants.SAVED_MODEL_FILENAME_PBTXT}|"
                  f"{constants.SAVED_MODEL_FILENAME_PB}}}")


_parse_saved_model = parse_saved_model


def maybe_saved_model_directory(export_dir):
    """Whether there is a saved model in the folder."""
    return any(file_io.file_exists(os.path.join(os.fsdecode(export_dir), name)) for name in (
        constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT))


contains_saved_model = maybe_saved_model_directory


def load(sess, tags, export_dir, import_scope=None, **saver_kwargs):
    """Adds the meta graph that has just these tags to the session's graph, and gives its variables their values.

    Returns:
      The MetaGraphDef.

    Raises:
      RuntimeError: where there is no such meta graph.
    """
    return SavedModelLoader(export_dir).load(sess, tags, import_scope, **saver_kwargs)


def _assets(meta):
    """The AssetFileDef messages of a meta graph, which TensorFlow 1 wrote as a collection."""
    if meta.asset_file_def or constants.ASSETS_KEY not in meta.collection_def:
        return list(meta.asset_file_def)
    return [meta_graph_pb2.AssetFileDef.FromString(packed.value)
            for packed in meta.collection_def[constants.ASSETS_KEY].any_list.value]


class SavedModelLoader:
    """Loads meta graphs of a folder."""

    def __init__(self, export_dir):
        self._export_dir = os.fsdecode(export_dir)
        self._saved_model = parse_saved_model(export_dir)

    @property
    def export_dir(self):
        return self._export_dir

    def get_meta_graph_def_from_tags(self, tags):
        wanted = {tags} if isinstance(tags, str) else set(tags)
        for meta in self._saved_model.meta_graphs:
            if set(meta.meta_info_def.tags) == wanted:
                return meta
        there = [sorted(meta.meta_info_def.tags) for meta in self._saved_model.meta_graphs]
        raise RuntimeError(f"MetaGraphDef associated with tags {sorted(wanted)} could not be found in SavedModel; it has those with {there}")

    def load_graph(self, graph, tags, import_scope=None, **saver_kwargs):
        from tenseur.python.training import saver as saver_lib
        meta = self.get_meta_graph_def_from_tags(tags)
        with graph.as_default():
            return saver_lib._import_meta_graph_with_return_elements(meta, import_scope=import_scope, **saver_kwargs) \
                if hasattr(saver_lib, "_import_meta_graph_with_return_elements") else \
                (saver_lib.import_meta_graph(meta, import_scope=import_scope, **saver_kwargs), None)

    def load(self, sess, tags, import_scope=None, **saver_kwargs):
        with sess.graph.as_default():
            saver, _ = self.load_graph(sess.graph, tags, import_scope, **saver_kwargs)
            meta = self.get_meta_graph_def_from_tags(tags)
            path = utils_impl.get_variables_path(self._export_dir)
            if saver is not None and file_io.file_exists(path + ".index"):
                saver.restore(sess, path)
            self._run_main_op(sess, meta, import_scope)
        return meta

    def _run_main_op(self, sess, meta, import_scope):
        feeds = {}
        for asset in _assets(meta):
            name = ops.prepend_name_scope(asset.tensor_info.name, import_scope)
            feeds[name] = os.path.join(utils_impl.get_assets_dir(self._export_dir), asset.filename)
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if key in meta.collection_def:
                for name in meta.collection_def[key].node_list.value:
                    sess.run(sess.graph.as_graph_element(ops.prepend_name_scope(name, import_scope)), feeds)
                return
