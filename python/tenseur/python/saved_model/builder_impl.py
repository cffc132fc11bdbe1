"""Saved models: a graph, its variables and files in a folder."""

import os

from tenseur.core.protobuf import meta_graph_pb2, saved_model_pb2
from tenseur.python.framework import ops, tensor_util
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format
from tenseur.python.saved_model import constants, utils_impl


class SavedModelBuilder:
    """Writes a saved model to a new folder: one `add_meta_graph_and_variables`, perhaps more meta graphs, then `save`."""

    def __init__(self, export_dir):
        self._saved_model = saved_model_pb2.SavedModel(saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION)
        self._export_dir = os.fsdecode(export_dir)
        if file_io.file_exists(self._export_dir):
            if os.listdir(self._export_dir):
                raise AssertionError("Export directory already exists, and isn't empty. Please choose a different export directory, "
                                     f"or delete all the contents of the specified directory: {self._export_dir}")
        else:
            file_io.recursive_create_dir(self._export_dir)
        self._has_saved_variables = False

    def add_meta_graph_and_variables(self, sess, tags, signature_def_map=None, assets_collection=None, legacy_init_op=None,
                                     clear_devices=False, main_op=None, strip_default_attrs=False, saver=None, assets_list=None,
                                     train_op=None):
        """Adds the session's graph under these tags, with the signatures by name, and writes the values of its variables.

        Raises:
          AssertionError: where variables were written already.
        """
        from tenseur.python.training import saver as saver_lib
        if self._has_saved_variables:
            raise AssertionError("Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` "
                                 "instead.")
        self._check(signature_def_map)
        with sess.graph.as_default():
            file_io.recursive_create_dir(utils_impl.get_variables_dir(self._export_dir))
            self._assets(assets_collection)
            self._keep(constants.MAIN_OP_KEY, main_op or legacy_init_op)
            saver = saver or saver_lib.Saver(sharded=False, allow_empty=True)
            saver.save(sess, utils_impl.get_variables_path(self._export_dir), write_meta_graph=False, write_state=False)
            self._tag(sess.graph, saver, tags, signature_def_map, clear_devices)
        self._has_saved_variables = True

    def add_meta_graph(self, tags, signature_def_map=None, assets_collection=None, legacy_init_op=None, clear_devices=False,
                       main_op=None, strip_default_attrs=False, saver=None, assets_list=None, train_op=None):
        """Adds the default graph under these tags, for the same variables."""
        from tenseur.python.training import saver as saver_lib
        if not self._has_saved_variables:
            raise AssertionError("Graph state including variables and assets has not been saved yet. Please invoke "
                                 "`add_meta_graph_and_variables()` first.")
        self._check(signature_def_map)
        self._assets(assets_collection)
        self._keep(constants.MAIN_OP_KEY, main_op or legacy_init_op)
        saver = saver or saver_lib.Saver(sharded=False, allow_empty=True)
        self._tag(ops.get_default_graph(), saver, tags, signature_def_map, clear_devices)

    @staticmethod
    def _check(signatures):
        for name, signature in (signatures or {}).items():
            for info in [*signature.inputs.values(), *signature.outputs.values()]:
                if info.WhichOneof("encoding") is None:
                    raise AssertionError(f"All TensorInfo protos used in the SignatureDefs must have one of the `name` or `coo_sparse` "
                                         f"fields populated: {name}")

    @staticmethod
    def _keep(key, op):
        if op is not None:
            ops.add_to_collection(key, op)

    def _assets(self, collection):
        """Copies the files whose names the tensors have, and tells their names."""
        for tensor in collection or []:
            path = tensor_util.constant_value(tensor)
            path = path.decode() if isinstance(path, bytes) else str(path)
            folder = utils_impl.get_assets_dir(self._export_dir)
            file_io.recursive_create_dir(folder)
            file_io.copy(path, os.path.join(folder, os.path.basename(path)), overwrite=True)
            asset = meta_graph_pb2.AssetFileDef(filename=os.path.basename(path))
            asset.tensor_info.name = tensor.name
            ops.get_default_graph().add_to_collection(constants.ASSETS_KEY, _Message(asset))

    def _tag(self, graph, saver, tags, signatures, clear_devices):
        from tenseur.python.framework import meta_graph
        assets = graph._collections.pop(constants.ASSETS_KEY, [])
        meta, _ = meta_graph.export_scoped_meta_graph(graph=graph, clear_devices=clear_devices,
                                                      saver_def=saver.as_saver_def() if hasattr(saver, "as_saver_def") else None)
        meta.meta_info_def.tags.extend(tags)
        for asset in assets:
            meta.asset_file_def.append(asset.message)
            packed = meta.collection_def[constants.ASSETS_KEY].any_list.value.add()
            packed.type_url, packed.value = "type.googleapis.com/tensorflow.AssetFileDef", asset.message.SerializeToString()
        for name, signature in (signatures or {}).items():
            meta.signature_def[name].CopyFrom(signature)
        self._saved_model.meta_graphs.append(meta)

    def save(self, as_text=False):
        """Writes the model's file; gives its path."""
        file_io.recursive_create_dir(self._export_dir)
        if as_text:
            path = os.path.join(self._export_dir, constants.SAVED_MODEL_FILENAME_PBTXT)
            file_io.write_string_to_file(path, text_format.MessageToString(self._saved_model))
        else:
            path = os.path.join(self._export_dir, constants.SAVED_MODEL_FILENAME_PB)
            file_io.write_string_to_file(path, self._saved_model.SerializeToString())
        return path.encode()


class _Message:
    """A message in a collection."""

    def __init__(self, message):
        self.message = message
