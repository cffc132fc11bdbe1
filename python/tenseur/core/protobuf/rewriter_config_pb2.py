"""Rewritings of graphs before they run."""

from tenseur.core import messages
from tenseur.core.framework import attr_value_pb2  # noqa: F401
from tenseur.core.protobuf import verifier_config_pb2  # noqa: F401

messages.define(globals(), """
AutoParallelOptions
  1 enable bool
  2 num_replicas int32
ScopedAllocatorOptions
  1 enable_op repeated string
RewriterConfig
  1 layout_optimizer RewriterConfig.Toggle
  2 disable_model_pruning bool
  3 constant_folding RewriterConfig.Toggle
  4 memory_optimization RewriterConfig.MemOptType
  5 auto_parallel AutoParallelOptions
  6 memory_optimizer_target_node_name_scope string
  7 arithmetic_optimization RewriterConfig.Toggle
  8 dependency_optimization RewriterConfig.Toggle
  9 loop_optimization RewriterConfig.Toggle
  10 function_optimization RewriterConfig.Toggle
  11 debug_stripper RewriterConfig.Toggle
  12 meta_optimizer_iterations RewriterConfig.NumIterationsType
  13 shape_optimization RewriterConfig.Toggle
  14 remapping RewriterConfig.Toggle
  15 scoped_allocator_optimization RewriterConfig.Toggle
  16 scoped_allocator_opts ScopedAllocatorOptions
  17 min_graph_nodes int32
  18 pin_to_host_optimization RewriterConfig.Toggle
  19 disable_meta_optimizer bool
  20 meta_optimizer_timeout_ms int64
  21 fail_on_optimizer_errors bool
  22 implementation_selector RewriterConfig.Toggle
  23 auto_mixed_precision RewriterConfig.Toggle
  24 common_subgraph_elimination RewriterConfig.Toggle
  25 auto_mixed_precision_mkl RewriterConfig.Toggle
  26 experimental_disable_compressed_tensor_optimization bool
  27 experimental_disable_folding_quantization_emulation bool
  28 use_plugin_optimizers RewriterConfig.Toggle
  29 auto_mixed_precision_cpu RewriterConfig.Toggle
  30 experimental_conditional_code_motion RewriterConfig.Toggle
  31 auto_mixed_precision_onednn_bfloat16 RewriterConfig.Toggle
  32 disable_tfg_optimizer bool
  50 cpu_layout_conversion RewriterConfig.CpuLayout
  100 optimizers repeated string
  200 custom_optimizers repeated RewriterConfig.CustomGraphOptimizer
  300 inter_optimizer_verifier_config VerifierConfig
  301 post_optimization_verifier_config VerifierConfig
enum RewriterConfig.Toggle
  DEFAULT=0 ON=1 OFF=2 AGGRESSIVE=3 EXPERIMENTAL_MLIR=4 EXPERIMENTAL_BOTH=5
enum RewriterConfig.CpuLayout
  NO_CONVERSION_ON_CPU=0 NCHW_TO_NHWC=1 NHWC_TO_NCHW=2
enum RewriterConfig.NumIterationsType
  DEFAULT_NUM_ITERS=0 ONE=1 TWO=2
enum RewriterConfig.MemOptType
  DEFAULT_MEM_OPT=0 NO_MEM_OPT=1 MANUAL=2 SWAPPING_HEURISTICS=4 RECOMPUTATION_HEURISTICS=5
  SCHEDULING_HEURISTICS=6 HEURISTICS=3
RewriterConfig.CustomGraphOptimizer
  1 name string
  2 parameter_map map string AttrValue
""")
