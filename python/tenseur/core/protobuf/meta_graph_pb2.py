"""Graphs with their collections and signatures."""

from tenseur.core import messages
from tenseur.core.framework import graph_pb2  # noqa: F401
from tenseur.core.framework import op_def_pb2  # noqa: F401
from tenseur.core.framework import tensor_pb2  # noqa: F401
from tenseur.core.framework import tensor_shape_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401
from tenseur.core.protobuf import saver_pb2  # noqa: F401

messages.define(globals(), """
Any
  1 type_url string
  2 value bytes
MetaGraphDef
  1 meta_info_def MetaGraphDef.MetaInfoDef
  2 graph_def GraphDef
  3 saver_def SaverDef
  4 collection_def map string CollectionDef
  5 signature_def map string SignatureDef
  6 asset_file_def repeated AssetFileDef
MetaGraphDef.MetaInfoDef
  1 meta_graph_version string
  2 stripped_op_list OpList
  3 any_info Any
  4 tags repeated string
  5 tensorflow_version string
  6 tensorflow_git_version string
  7 stripped_default_attrs bool
  8 function_aliases map string string
CollectionDef
  1 node_list CollectionDef.NodeList in kind
  2 bytes_list CollectionDef.BytesList in kind
  3 int64_list CollectionDef.Int64List in kind
  4 float_list CollectionDef.FloatList in kind
  5 any_list CollectionDef.AnyList in kind
CollectionDef.NodeList
  1 value repeated string
CollectionDef.BytesList
  1 value repeated bytes
CollectionDef.Int64List
  1 value repeated int64
CollectionDef.FloatList
  1 value repeated float
CollectionDef.AnyList
  1 value repeated Any
TensorInfo
  1 name string in encoding
  2 dtype DataType
  3 tensor_shape TensorShapeProto
  4 coo_sparse TensorInfo.CooSparse in encoding
  5 composite_tensor TensorInfo.CompositeTensor in encoding
TensorInfo.CooSparse
  1 values_tensor_name string
  2 indices_tensor_name string
  3 dense_shape_tensor_name string
TensorInfo.CompositeTensor
  2 components repeated TensorInfo
SignatureDef
  1 inputs map string TensorInfo
  2 outputs map string TensorInfo
  3 method_name string
  4 defaults map string TensorProto
AssetFileDef
  1 tensor_info TensorInfo
  2 filename string
""")
