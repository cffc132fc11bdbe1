"""What nodes are thought to cost."""

from tenseur.core import messages
from tenseur.core.framework import tensor_shape_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401

messages.define(globals(), """
CostGraphDef
  1 node repeated CostGraphDef.Node
  2 cost repeated CostGraphDef.AggregatedCost
CostGraphDef.Node
  1 name string
  2 device string
  3 id int32
  4 input_info repeated CostGraphDef.Node.InputInfo
  5 output_info repeated CostGraphDef.Node.OutputInfo
  6 temporary_memory_size int64
  7 is_final bool
  8 control_input repeated int32
  9 compute_cost int64
  10 host_temp_memory_size int64
  11 device_temp_memory_size int64
  12 persistent_memory_size int64
  14 compute_time int64
  15 memory_time int64
  16 device_persistent_memory_size int64
  17 inaccurate bool
CostGraphDef.Node.InputInfo
  1 preceding_node int32
  2 preceding_port int32
CostGraphDef.Node.OutputInfo
  1 size int64
  2 alias_input_port int64
  3 shape TensorShapeProto
  4 dtype DataType
CostGraphDef.AggregatedCost
  1 cost float
  2 dimension string
""")
