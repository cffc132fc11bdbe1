"""What the nodes of a run took."""

from tenseur.core import messages
from tenseur.core.framework import allocation_description_pb2  # noqa: F401
from tenseur.core.framework import tensor_description_pb2  # noqa: F401

messages.define(globals(), """
AllocationRecord
  1 alloc_micros int64
  2 alloc_bytes int64
AllocatorMemoryUsed
  1 allocator_name string
  2 total_bytes int64
  3 peak_bytes int64
  4 live_bytes int64
  5 allocator_bytes_in_use int64
  6 allocation_records repeated AllocationRecord
NodeOutput
  1 slot int32
  3 tensor_description TensorDescription
MemoryStats
  1 temp_memory_size int64
  2 device_temp_memory_size int64
  3 persistent_memory_size int64
  4 device_persistent_memory_size int64
  5 persistent_tensor_alloc_ids repeated int64
  6 device_persistent_tensor_alloc_ids repeated int64
NodeExecStats
  1 node_name string
  2 all_start_micros int64
  3 op_start_rel_micros int64
  4 op_end_rel_micros int64
  5 all_end_rel_micros int64
  6 memory repeated AllocatorMemoryUsed
  7 output repeated NodeOutput
  8 timeline_label string
  9 scheduled_micros int64
  10 thread_id uint32
  11 referenced_tensor repeated AllocationDescription
  12 memory_stats MemoryStats
  13 all_start_nanos int64
  14 op_start_rel_nanos int64
  15 op_end_rel_nanos int64
  16 all_end_rel_nanos int64
  17 scheduled_nanos int64
DeviceStepStats
  1 device string
  2 node_stats repeated NodeExecStats
  3 thread_names map uint32 string
StepStats
  1 dev_stats repeated DeviceStepStats
""")
