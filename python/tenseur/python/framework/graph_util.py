"""Parts of graphs, and graphs whose variables became constants: `tf.graph_util`."""

from tenseur.python.framework.graph_util_impl import (convert_variables_to_constants, extract_sub_graph,  # noqa: F401
                                                      must_run_on_cpu, remove_training_nodes, tensor_shape_from_node_def_name)
