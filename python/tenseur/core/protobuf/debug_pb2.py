"""What a debugger watches."""

from tenseur.core import messages

messages.define(globals(), """
DebugTensorWatch
  1 node_name string
  2 output_slot int32
  3 debug_ops repeated string
  4 debug_urls repeated string
  5 tolerate_debug_op_creation_failures bool
DebugOptions
  4 debug_tensor_watch_opts repeated DebugTensorWatch
  10 global_step int64
  11 reset_disk_byte_usage bool
DebuggedSourceFile
  1 host string
  2 file_path string
  3 last_modified int64
  4 bytes int64
  5 lines repeated string
DebuggedSourceFiles
  1 source_files repeated DebuggedSourceFile
""")
