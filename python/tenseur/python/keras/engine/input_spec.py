"""What a layer takes: rank, sizes and type of its inputs (`tf.keras.layers.InputSpec`)."""

from tenseur.python.util import nest


class InputSpec:
    """Says what rank, shape, type and sizes an input must have."""

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(getattr(size, "value", size) for size in shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}

    def __repr__(self):
        facts = (("dtype", self.dtype), ("shape", self.shape), ("ndim", self.ndim), ("max_ndim", self.max_ndim),
                 ("min_ndim", self.min_ndim), ("axes", self.axes or None))
        return f"InputSpec({', '.join(f'{name}={value}' for name, value in facts if value is not None)})"


def assert_input_compatibility(input_spec, inputs, layer_name):
    """Compares inputs with what a layer takes.

    Raises:
      ValueError: where they do not fit.
    """
    if not input_spec:
        return
    specs, inputs = nest.flatten(input_spec), nest.flatten(inputs)
    if len(specs) != len(inputs):
        raise ValueError(f"Layer {layer_name} expects {len(specs)} inputs, but it received {len(inputs)} input tensors. "
                         f"Inputs received: {inputs}")
    for number, (tensor, spec) in enumerate(zip(inputs, specs)):
        if spec is None:
            continue
        shape = tensor.shape
        where = f"Input {number} of layer {layer_name} is incompatible with the layer: "
        if shape.ndims is None:
            if spec.ndim is not None or spec.min_ndim is not None:
                raise ValueError(where + "its rank is undefined, but the layer requires a defined rank.")
            continue
        if spec.ndim is not None and shape.ndims != spec.ndim:
            raise ValueError(f"{where}expected ndim={spec.ndim}, found ndim={shape.ndims}. Full shape received: "
                             f"{shape.as_list()}")
        if spec.max_ndim is not None and shape.ndims > spec.max_ndim:
            raise ValueError(f"{where}expected max_ndim={spec.max_ndim}, found ndim={shape.ndims}")
        if spec.min_ndim is not None and shape.ndims < spec.min_ndim:
            raise ValueError(f"{where}: expected min_ndim={spec.min_ndim}, found ndim={shape.ndims}. Full shape received: "
                             f"{shape.as_list()}")
        sizes = shape.as_list()
        for axis, size in spec.axes.items():
            size = getattr(size, "value", size)
            if size is not None and sizes[axis] not in (size, None):
                raise ValueError(f"{where}expected axis {axis} of input shape to have value {size} but received input with "
                                 f"shape {sizes}")
        if spec.shape is not None:
            for expected, size in zip(spec.shape, sizes):
                if expected is not None and size is not None and expected != size:
                    raise ValueError(f"{where}expected shape={spec.shape}, found shape={sizes}")
