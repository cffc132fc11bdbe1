"""What a model runs when it is loaded: `tf.saved_model.main_op`."""

from tenseur.python.ops import control_flow_ops, lookup_ops, variables


def main_op():
    """The operation that initializes variables and tables."""
    return control_flow_ops.group(variables.global_variables_initializer(), variables.local_variables_initializer(),
                                  lookup_ops.tables_initializer())


def main_op_with_restore(restore_op_name):
    """As `main_op`, after the operation called so."""
    return control_flow_ops.group(main_op(), restore_op_name)
