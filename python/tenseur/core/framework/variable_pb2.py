"""Variables, as meta graphs keep them."""

from tenseur.core import messages

messages.define(globals(), """
enum VariableSynchronization
  VARIABLE_SYNCHRONIZATION_AUTO=0 VARIABLE_SYNCHRONIZATION_NONE=1 VARIABLE_SYNCHRONIZATION_ON_WRITE=2
  VARIABLE_SYNCHRONIZATION_ON_READ=3
enum VariableAggregation
  VARIABLE_AGGREGATION_NONE=0 VARIABLE_AGGREGATION_SUM=1 VARIABLE_AGGREGATION_MEAN=2
  VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA=3
VariableDef
  1 variable_name string
  2 initializer_name string
  3 snapshot_name string
  4 save_slice_info_def SaveSliceInfoDef
  5 is_resource bool
  6 initial_value_name string
  7 trainable bool
  8 synchronization VariableSynchronization
  9 aggregation VariableAggregation
SaveSliceInfoDef
  1 full_name string
  2 full_shape repeated int64
  3 var_offset repeated int64
  4 var_shape repeated int64
""")
