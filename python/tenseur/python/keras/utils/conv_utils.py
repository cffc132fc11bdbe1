"""Arguments of convolutions in all the forms in which they are given."""


def normalize_tuple(value, n, name):
    """`n` whole numbers, from one or from as many."""
    if isinstance(value, int) or hasattr(value, "__index__"):
        return (int(value),) * n
    try:
        made = tuple(int(item) for item in value)
    except (TypeError, ValueError):
        raise ValueError(f"The `{name}` argument must be a tuple of {n} integers. Received: {value}") from None
    if len(made) != n:
        raise ValueError(f"The `{name}` argument must be a tuple of {n} integers. Received: {value}")
    return made


def normalize_padding(value):
    if isinstance(value, (list, tuple)):
        return value
    padding = value.lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError("The `padding` argument must be a list/tuple or one of \"valid\", \"same\" (or \"causal\", only for "
                         f"`Conv1D`). Received: {padding}")
    return padding


def normalize_data_format(value):
    from tenseur.python.keras import backend
    value = backend.image_data_format() if value is None else value
    data_format = value.lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError("The `data_format` argument must be one of \"channels_first\", \"channels_last\". Received: " + str(value))
    return data_format


def convert_data_format(data_format, ndim):
    """`channels_last` as the ops call it: "NWC", "NHWC", "NDHWC"."""
    middle = {3: "W", 4: "HW", 5: "DHW"}[ndim]
    return f"N{middle}C" if data_format == "channels_last" else f"NC{middle}"


def conv_output_length(input_length, filter_size, padding, stride, dilation=1):
    """How many places a filter of this size finds along an axis."""
    if input_length is None:
        return None
    reach = filter_size + (filter_size - 1) * (dilation - 1)
    length = input_length if padding in ("same", "causal") else \
        input_length - reach + 1 if padding == "valid" else input_length + reach - 1
    return (length + stride - 1) // stride


def deconv_output_length(input_length, filter_size, padding, output_padding=None, stride=0, dilation=1):
    """The length whose convolution would have this one."""
    if input_length is None:
        return None
    filter_size = filter_size + (filter_size - 1) * (dilation - 1)
    if output_padding is None:
        if padding == "valid":
            return input_length * stride + max(filter_size - stride, 0)
        return input_length * stride - (stride + filter_size - 2 if padding == "full" else 0)
    pad = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
    return (input_length - 1) * stride + filter_size - 2 * pad + output_padding
