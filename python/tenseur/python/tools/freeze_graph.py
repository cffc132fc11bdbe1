"""A graph and a checkpoint made into one file, in which the variables are constants."""

from tenseur.core.framework import graph_pb2
from tenseur.core.protobuf import saver_pb2
from tenseur.python.client import session
from tenseur.python.framework import graph_util, importer, meta_graph, ops
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format
from tenseur.python.training import checkpoint_management, saver as saver_lib


def _parsed(path, binary, message):
    if not file_io.file_exists(path):
        raise IOError(f"Input file '{path}' does not exist!")
    content = file_io.read_file_to_string(path, True)
    return message.FromString(content) if binary else text_format.Parse(content.decode(), message())


def freeze_graph_with_def_protos(input_graph_def, input_saver_def, input_checkpoint, output_node_names, restore_op_name,
                                 filename_tensor_name, output_graph, clear_devices, initializer_nodes,
                                 variable_names_whitelist="", variable_names_blacklist="", input_meta_graph_def=None,
                                 input_saved_model_dir=None, saved_model_tags=None, checkpoint_version=saver_pb2.SaverDef.V2):
    """The GraphDef in which the variables have become constants with the checkpoint's values.

    Args:
      output_node_names: the nodes to keep, with all that they need; names with commas between.
      initializer_nodes: what to run after restoring.
      output_graph: the file to write, or `None`.
    """
    if not saver_lib.checkpoint_exists(input_checkpoint):
        raise ValueError(f"Input checkpoint '{input_checkpoint}' doesn't exist!")
    if not output_node_names:
        raise ValueError("You need to supply the name of a node to --output_node_names.")
    source = input_meta_graph_def.graph_def if input_meta_graph_def is not None else input_graph_def
    if clear_devices:
        for node in source.node:
            node.device = ""
    with ops.Graph().as_default() as graph:
        if input_meta_graph_def is not None:
            saver = saver_lib.import_meta_graph(input_meta_graph_def, clear_devices=True)
        else:
            importer.import_graph_def(source, name="")
            saver = saver_lib.Saver(saver_def=input_saver_def) if input_saver_def is not None else None
        with session.Session() as sess:
            if saver is not None:
                saver.restore(sess, input_checkpoint)
            else:
                sess.run(restore_op_name, {filename_tensor_name: input_checkpoint})
            if initializer_nodes:
                sess.run(initializer_nodes.replace(" ", "").split(","))

            def names(text):
                return text.replace(" ", "").split(",") if text else None

            frozen = graph_util.convert_variables_to_constants(
                sess, graph.as_graph_def(), names(output_node_names), variable_names_whitelist=names(variable_names_whitelist),
                variable_names_blacklist=names(variable_names_blacklist))
    if output_graph:
        file_io.write_string_to_file(output_graph, frozen.SerializeToString())
    return frozen


def freeze_graph(input_graph, input_saver, input_binary, input_checkpoint, output_node_names, restore_op_name,
                 filename_tensor_name, output_graph, clear_devices, initializer_nodes, variable_names_whitelist="",
                 variable_names_blacklist="", input_meta_graph=None, input_saved_model_dir=None, saved_model_tags=None,
                 checkpoint_version=saver_pb2.SaverDef.V2):
    """As `freeze_graph_with_def_protos`, from files."""
    if input_saved_model_dir:
        raise NotImplementedError("freeze_graph takes a graph and a checkpoint; load a saved model by tf.saved_model.loader.load "
                                  "and use tf.graph_util.convert_variables_to_constants")
    graph_def = _parsed(input_graph, input_binary, graph_pb2.GraphDef) if input_graph else None
    meta = meta_graph.read_meta_graph_file(input_meta_graph) if input_meta_graph else None
    saver_def = _parsed(input_saver, input_binary, saver_pb2.SaverDef) if input_saver else None
    checkpoint = checkpoint_management.latest_checkpoint(input_checkpoint) or input_checkpoint
    return freeze_graph_with_def_protos(
        graph_def, saver_def, checkpoint, output_node_names, restore_op_name, filename_tensor_name, output_graph, clear_devices,
        initializer_nodes, variable_names_whitelist, variable_names_blacklist, meta)
