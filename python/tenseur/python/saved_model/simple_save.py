"""`tf.saved_model.simple_save`."""

from tenseur.python.framework import ops
from tenseur.python.ops import lookup_ops
from tenseur.python.saved_model import builder_impl, signature_constants, signature_def_utils_impl, tag_constants


def simple_save(session, export_dir, inputs, outputs, legacy_init_op=None):
    """Writes the session's graph and variables as a saved model with one signature, from `inputs` to `outputs` by name."""
    with session.graph.as_default():
        signatures = {signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY:
                      signature_def_utils_impl.predict_signature_def(inputs, outputs)}
        builder = builder_impl.SavedModelBuilder(export_dir)
        main_op = legacy_init_op
        if main_op is None and ops.get_collection(ops.GraphKeys.TABLE_INITIALIZERS):
            main_op = lookup_ops.tables_initializer()
        builder.add_meta_graph_and_variables(session, tags=[tag_constants.SERVING], signature_def_map=signatures,
                                             assets_collection=ops.get_collection(ops.GraphKeys.ASSET_FILEPATHS),
                                             main_op=main_op, clear_devices=True)
        builder.save()
