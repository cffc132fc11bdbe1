"""What layers share (`tensorflow.python.layers.utils`)."""

from tenseur.python.keras.utils.conv_utils import (  # noqa: F401
    conv_output_length, deconv_output_length, normalize_data_format, normalize_padding, normalize_tuple,
)
from tenseur.python.keras.utils.tf_utils import constant_value, smart_cond  # noqa: F401


def convert_data_format(data_format, ndim):
    """`channels_last` as the ops call it: "NWC", "NHWC", "NDHWC"."""
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError("Invalid data_format:", data_format)
    from tenseur.python.keras.utils import conv_utils
    if ndim not in (3, 4, 5):
        raise ValueError("Input rank not supported:", ndim)
    return conv_utils.convert_data_format(data_format, ndim)


