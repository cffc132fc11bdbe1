"""Tensors and their messages: `tf.saved_model.utils`."""

import os

from tenseur.core.protobuf import meta_graph_pb2
from tenseur.python.framework import ops, sparse_tensor
from tenseur.python.saved_model import constants


def build_tensor_info(tensor):
    """The TensorInfo of a tensor: its name, type and shape."""
    info = meta_graph_pb2.TensorInfo(dtype=tensor.dtype.base_dtype.as_datatype_enum,
                                     tensor_shape=tensor.get_shape().as_proto())
    if isinstance(tensor, sparse_tensor.SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def get_tensor_from_tensor_info(tensor_info, graph=None, import_scope=None):
    """The tensor that a TensorInfo means."""
    graph = graph or ops.get_default_graph()

    def named(name):
        return graph.as_graph_element(ops.prepend_name_scope(name, import_scope), allow_operation=False)

    if tensor_info.WhichOneof("encoding") == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return sparse_tensor.SparseTensor(named(sparse.indices_tensor_name), named(sparse.values_tensor_name),
                                          named(sparse.dense_shape_tensor_name))
    return named(tensor_info.name)


def get_variables_dir(export_dir):
    return os.path.join(export_dir, constants.VARIABLES_DIRECTORY)


def get_variables_path(export_dir):
    return os.path.join(get_variables_dir(export_dir), constants.VARIABLES_FILENAME)


def get_assets_dir(export_dir):
    return os.path.join(export_dir, constants.ASSETS_DIRECTORY)
