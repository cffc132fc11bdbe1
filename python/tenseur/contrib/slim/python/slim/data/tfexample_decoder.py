"""Items of tf.Example records: `slim.tfexample_decoder`."""

import abc

from tenseur.contrib.slim.python.slim.data import data_decoder
from tenseur.python.framework import dtypes, sparse_tensor
from tenseur.python.ops import array_ops, control_flow_ops, image_ops, map_fn, math_ops, parsing_ops, sparse_ops


class ItemHandler(abc.ABC):
    """Makes an item of the tensors of some features."""

    def __init__(self, keys):
        self._keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]

    @property
    def keys(self):
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors):
        """The item."""


class ItemHandlerCallback(ItemHandler):
    """The item is what a function gives for the dictionary of these features' tensors."""

    def __init__(self, keys, func):
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors):
        return self._func({key: keys_to_tensors[key] for key in self._keys})


class BoundingBox(ItemHandler):
    """Boxes, `[number, 4]`, of features with a coordinate each: `prefix` + "ymin", …"""

    def __init__(self, keys=None, prefix=""):
        keys = ["ymin", "xmin", "ymax", "xmax"] if keys is None else keys
        if len(keys) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(keys)}")
        self._full_keys = [prefix + key for key in keys]
        super().__init__(self._full_keys)

    def tensors_to_item(self, keys_to_tensors):
        sides = []
        for key in self._full_keys:
            side = keys_to_tensors[key]
            sides.append(array_ops.expand_dims(side.values if isinstance(side, sparse_tensor.SparseTensor) else side, 0))
        return array_ops.transpose(array_ops.concat(sides, 0))


class Tensor(ItemHandler):
    """The feature's tensor; a sparse one is made dense.

    Args:
      tensor_key: the feature.
      shape_keys: features whose values are the shape, one for all axes or one each.
      shape: the shape.
      default_value: what stands where a sparse tensor has nothing.
    """

    def __init__(self, tensor_key, shape_keys=None, shape=None, default_value=0):
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        shape_keys = [shape_keys] if shape_keys and not isinstance(shape_keys, list) else shape_keys
        self._tensor_key, self._shape_keys, self._shape, self._default_value = tensor_key, shape_keys, shape, default_value
        super().__init__([tensor_key, *(shape_keys or [])])

    def tensors_to_item(self, keys_to_tensors):
        tensor, shape = keys_to_tensors[self._tensor_key], self._shape
        if self._shape_keys:
            sizes = [keys_to_tensors[key] for key in self._shape_keys]
            sizes = [size.values if isinstance(size, sparse_tensor.SparseTensor) else size for size in sizes]
            shape = array_ops.reshape(array_ops.stack(sizes), [-1])
        if isinstance(tensor, sparse_tensor.SparseTensor):
            if shape is not None:
                tensor = sparse_ops.sparse_reshape(tensor, shape)
            return sparse_ops.sparse_tensor_to_dense(tensor, self._default_value)
        return tensor if shape is None else array_ops.reshape(tensor, shape)


class LookupTensor(Tensor):
    """What a table has for the feature's values."""

    def __init__(self, tensor_key, table, shape_keys=None, shape=None, default_value=""):
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors):
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class BackupHandler(ItemHandler):
    """The item of `handler`, or that of `backup` where it is empty."""

    def __init__(self, handler, backup):
        if not isinstance(handler, ItemHandler) or not isinstance(backup, ItemHandler):
            raise ValueError("Primary and backup handlers are ItemHandlers.")
        self._handler, self._backup = handler, backup
        super().__init__([*handler.keys, *backup.keys])

    def tensors_to_item(self, keys_to_tensors):
        item = self._handler.tensors_to_item(keys_to_tensors)
        return control_flow_ops.cond(math_ops.equal(math_ops.reduce_prod(array_ops.shape(item)), 0),
                                     lambda: self._backup.tensors_to_item(keys_to_tensors), lambda: item)


class SparseTensor(ItemHandler):
    """A sparse tensor of its indices and values.

    Args:
      indices_key, values_key, shape_key: the features: "indices", "values", and its shape.
      shape: its shape, where no feature tells it.
      densify: whether it is made dense.
      default_value: what stands in the dense tensor where it has nothing.
    """

    def __init__(self, indices_key=None, values_key=None, shape_key=None, shape=None, densify=False,
                 default_value=0):
        self._indices_key, self._values_key = indices_key or "indices", values_key or "values"
        self._shape_key, self._shape, self._densify, self._default_value = shape_key, shape, densify, default_value
        super().__init__([self._indices_key, self._values_key, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors):
        indices, values = keys_to_tensors[self._indices_key], keys_to_tensors[self._values_key]
        if self._shape_key:
            shape = keys_to_tensors[self._shape_key]
            shape = shape.values if isinstance(shape, sparse_tensor.SparseTensor) else shape
        else:
            shape = self._shape if self._shape else indices.dense_shape
        shape = math_ops.cast(shape, dtypes.int64)
        # What the feature lists is where values lie along the last axis.
        last = math_ops.cast(array_ops.reshape(indices.values, [-1, 1]), dtypes.int64)
        places = array_ops.concat([indices.indices[:, :-1], last], 1)
        tensor = sparse_tensor.SparseTensor(places, values.values, shape)
        return sparse_ops.sparse_tensor_to_dense(tensor, self._default_value) if self._densify else tensor


class Image(ItemHandler):
    """The picture that a feature has as PNG, JPEG, BMP or GIF file, or as its bytes ("raw").

    Args:
      image_key, format_key: the features: "image/encoded", "image/format".
      shape: the picture's shape.
      channels: how many colours it is to have.
      dtype: uint8, or what "raw" bytes are of.
      repeated: whether the feature has several pictures; the item has another axis then.
      dct_method: without effect.
    """

    def __init__(self, image_key=None, format_key=None, shape=None, channels=3, dtype=dtypes.uint8, repeated=False,
                 dct_method=""):
        self._image_key, self._format_key = image_key or "image/encoded", format_key or "image/format"
        self._shape, self._channels, self._dtype, self._repeated = shape, channels, dtype, repeated
        super().__init__([self._image_key, self._format_key])

    def tensors_to_item(self, keys_to_tensors):
        buffers, kind = keys_to_tensors[self._image_key], keys_to_tensors[self._format_key]
        if self._repeated:
            return map_fn.map_fn(lambda buffer: self._decode(buffer, kind), buffers, dtype=self._dtype)
        return self._decode(buffers, kind)

    def _decode(self, buffer, kind):
        def file():
            if self._dtype == dtypes.uint16:
                return image_ops.decode_png(buffer, self._channels, dtype=self._dtype)
            return math_ops.cast(image_ops.decode_image(buffer, self._channels), self._dtype)

        def raw():
            return parsing_ops.decode_raw(buffer, out_type=self._dtype)

        is_raw = math_ops.logical_or(math_ops.equal(kind, "raw"), math_ops.equal(kind, "RAW"))
        picture = control_flow_ops.cond(is_raw, raw, file)
        if self._shape is not None:
            return array_ops.reshape(picture, self._shape)
        picture.set_shape([None, None, self._channels])
        return picture


class TFExampleDecoder(data_decoder.DataDecoder):
    """Makes items of a serialized tf.Example.

    Args:
      keys_to_features: feature → what it is, as for `tf.parse_single_example`.
      items_to_handlers: item → the handler that makes it.
    """

    def __init__(self, keys_to_features, items_to_handlers):
        self._keys_to_features = keys_to_features
        self._items_to_handlers = items_to_handlers

    def list_items(self):
        return list(self._items_to_handlers)

    def decode(self, serialized_example, items=None):
        """The tensors of these items (of all), in a list."""
        example = parsing_ops.parse_single_example(serialized_example, self._keys_to_features)
        items = self._items_to_handlers if items is None else items
        return [self._items_to_handlers[item].tensors_to_item(
            {key: example[key] for key in self._items_to_handlers[item].keys}) for item in items]
