"""Arrays of tensors that loops write and read element by element: `tf.TensorArray`."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util


class TensorArray:
    """Elements of one type, each written once: `ta = ta.write(i, x)`, `ta.read(i)`, `ta.stack()`.

    A write gives another object for the same elements; what is read from that one comes after the write.

    Args:
      dtype: the type of the elements.
      size: how many there are.
      dynamic_size: whether a write beyond the end makes it longer.
      clear_after_read: whether an element can be read once only.
      infer_shape: whether all elements have one shape.
      element_shape: what is known of it.
    """

    def __init__(self, dtype, size=None, dynamic_size=None, clear_after_read=None, tensor_array_name=None, handle=None,
                 flow=None, infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None):
        if handle is not None and tensor_array_name:
            raise ValueError("Cannot construct with both handle and tensor_array_name")
        if handle is not None and not isinstance(handle, ops.Tensor):
            raise TypeError("Handle must be a Tensor")
        if handle is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        if handle is not None and size is not None:
            raise ValueError("Cannot provide both a handle and size at the same time")
        if handle is not None and element_shape is not None:
            raise ValueError("Cannot provide both a handle and element_shape at the same time")
        if handle is not None and dynamic_size is not None:
            raise ValueError("Cannot provide both a handle and dynamic_size at the same time")
        if handle is not None and clear_after_read is not None:
            raise ValueError("Cannot provide both a handle and clear_after_read at the same time")
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = element_shape is not None or infer_shape
        # One element: what is known of the shape, shared by all objects for the same elements.
        self._element_shape = [tensor_shape.TensorShape(element_shape)]
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._size = None
        with ops.name_scope(name, "TensorArray", [handle, size, flow]) as scope:
            if handle is None:
                self._handle, self._flow = raw_ops.TensorArrayV3(
                    size=size, dtype=self._dtype, element_shape=self._element_shape[0], dynamic_size=self._dynamic_size,
                    clear_after_read=clear_after_read is None or bool(clear_after_read),
                    identical_element_shapes=bool(infer_shape), tensor_array_name=tensor_array_name or "", name=scope)
                self._size = None if self._dynamic_size else size
            else:
                self._handle = handle
                self._flow = handle if flow is None else flow
        if flow is not None:
            self._flow = flow

    @property
    def flow(self):
        """What orders reads after writes."""
        return self._flow

    @property
    def dtype(self):
        return self._dtype

    @property
    def handle(self):
        return self._handle

    @property
    def element_shape(self):
        return self._element_shape[0]

    @property
    def dynamic_size(self):
        return self._dynamic_size

    @property
    def infer_shape(self):
        return self._infer_shape

    def _with_flow(self, flow):
        made = object.__new__(TensorArray)
        made.__dict__.update(self.__dict__)
        made._flow = flow
        return made

    def _check_element_shape(self, shape):
        """Refuses elements of another shape, and learns from this one."""
        if not self._element_shape[0].is_compatible_with(shape):
            raise ValueError("Inconsistent shapes: saw %s but expected %s (and infer_shape=True)" % (
                shape, self._element_shape[0]))
        if self._infer_shape:
            self._element_shape[0] = self._element_shape[0].merge_with(shape)

    def identity(self):
        """The same elements, after what has been written to this one."""
        return self._with_flow(raw_ops.Identity(input=self._flow))

    def grad(self, source, flow=None, name=None):
        """The array of the elements' gradients."""
        with ops.name_scope(name, "TensorArrayGrad", [self._handle]):
            handle, flow = raw_ops.TensorArrayGradV3(handle=self._handle, source=source,
                                                     flow_in=self._flow if flow is None else flow, name=name)
            made = TensorArray(self._dtype, handle=handle, flow=flow, infer_shape=self._infer_shape)
            made._element_shape = self._element_shape
            return made

    def read(self, index, name=None):
        """The element at `index`."""
        value = raw_ops.TensorArrayReadV3(handle=self._handle, index=index, flow_in=self._flow, dtype=self._dtype,
                                          name=name)
        value.set_shape(self._element_shape[0])
        return value

    def write(self, index, value, name=None):
        """This array with `value` at `index`."""
        with ops.name_scope(name, "TensorArrayWrite", [self._handle, index, value]) as scope:
            value = ops.convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_dtype(value)
            self._check_element_shape(value.shape)
            flow = raw_ops.TensorArrayWriteV3(handle=self._handle, index=index, value=value, flow_in=self._flow,
                                              name=None if name is None else scope)
        return self._with_flow(flow)

    def _check_dtype(self, value):
        if value.dtype.base_dtype != self._dtype:
            raise ValueError("TensorArray dtype is %s but Op is trying to write dtype %s." % (
                self._dtype.name, value.dtype.base_dtype.name))

    def stack(self, name=None):
        """All elements along a new first axis."""
        with ops.name_scope(name, "TensorArrayStack", [self._handle]):
            indices = raw_ops.Range(start=0, limit=self.size(), delta=1, name="range")
            return self.gather(indices, name=name)

    def gather(self, indices, name=None):
        """The elements at these indices along a new first axis."""
        value = raw_ops.TensorArrayGatherV3(handle=self._handle, indices=indices, flow_in=self._flow, dtype=self._dtype,
                                            element_shape=self._element_shape[0], name=name)
        if self._element_shape[0].ndims is not None:
            value.set_shape([None] + self._element_shape[0].as_list())
        return value

    def concat(self, name=None):
        """All elements behind each other along their first axis."""
        shape = self._element_shape[0]
        rest = None if shape.ndims is None else shape.as_list()[1:]
        value, _ = raw_ops.TensorArrayConcatV3(handle=self._handle, flow_in=self._flow, dtype=self._dtype,
                                               element_shape_except0=rest, name=name)
        if rest is not None:
            value.set_shape([None] + rest)
        return value

    def unstack(self, value, name=None):
        """This array with the slices of `value` along its first axis."""
        with ops.name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            value = ops.convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            count = raw_ops.StridedSlice(input=raw_ops.Shape(input=value), begin=[0], end=[1], strides=[1],
                                         shrink_axis_mask=1)
            indices = raw_ops.Range(start=0, limit=count, delta=1, name="range")
            return self.scatter(indices, value, name=name)

    def scatter(self, indices, value, name=None):
        """This array with the slices of `value` along its first axis at these indices."""
        with ops.name_scope(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = ops.convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_dtype(value)
            if value.shape.ndims is not None:
                self._check_element_shape(value.shape[1:])
            flow = raw_ops.TensorArrayScatterV3(handle=self._handle, indices=indices, value=value, flow_in=self._flow,
                                                name=name)
        return self._with_flow(flow)

    def split(self, value, lengths, name=None):
        """This array with pieces of `value` along its first axis, of these lengths."""
        with ops.name_scope(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = ops.convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_dtype(value)
            lengths = ops.convert_to_tensor(lengths)
            known = tensor_util.constant_value(lengths)
            if self._infer_shape and value.shape.ndims is not None and known is not None and known.size:
                if (known == known[0]).all():
                    self._check_element_shape(tensor_shape.TensorShape([int(known[0])]).concatenate(value.shape[1:]))
            lengths = raw_ops.Cast(x=lengths, DstT=dtypes.int64)
            flow = raw_ops.TensorArraySplitV3(handle=self._handle, value=value, lengths=lengths, flow_in=self._flow,
                                              name=name)
        return self._with_flow(flow)

    def size(self, name=None):
        """How many elements there are."""
        if self._size is not None:
            return ops.convert_to_tensor(self._size, dtype=dtypes.int32)
        return raw_ops.TensorArraySizeV3(handle=self._handle, flow_in=self._flow, name=name)

    def close(self, name=None):
        """An operation that forgets the elements."""
        return raw_ops.TensorArrayCloseV3(handle=self._handle, name=name)

    def mark_used(self):
        pass


def build_ta_with_new_flow(old_ta, flow):
    """The same elements, in the order of another flow."""
    return old_ta._with_flow(flow)


build_ta_with_new_flow_v1 = build_ta_with_new_flow
