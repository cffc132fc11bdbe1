"""Contexts of conditions and loops."""

from tenseur.core import messages

messages.define(globals(), """
ValuesDef
  1 values repeated string
  2 external_values map string string
ControlFlowContextDef
  1 cond_ctxt CondContextDef in ctxt
  2 while_ctxt WhileContextDef in ctxt
CondContextDef
  1 context_name string
  2 pred_name string
  3 pivot_name string
  4 branch int32
  5 values_def ValuesDef
  6 nested_contexts repeated ControlFlowContextDef
WhileContextDef
  1 context_name string
  2 parallel_iterations int32
  3 back_prop bool
  4 swap_memory bool
  5 pivot_name string
  6 pivot_for_pred_name string
  7 pivot_for_body_name string
  8 loop_exit_names repeated string
  9 values_def ValuesDef
  10 loop_enter_names repeated string
  11 maximum_iterations_name string
  12 nested_contexts repeated ControlFlowContextDef
""")
