"""`tf.saved_model.signature_def_utils`."""

from tenseur.python.saved_model.signature_def_utils_impl import (build_signature_def, classification_signature_def,  # noqa: F401
                                                                 is_valid_signature, predict_signature_def,
                                                                 regression_signature_def)
