"""Records read as tensors: `tf.parse_example`, `tf.decode_csv`, `tf.decode_raw`, …."""

import collections

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, sparse_tensor, tensor_shape
from tenseur.python.ops import array_ops
from tenseur.python.util import deprecation

VarLenFeature = collections.namedtuple("VarLenFeature", ["dtype"])
SparseFeature = collections.namedtuple("SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"],
                                       defaults=(False,))
FixedLenFeature = collections.namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"], defaults=(None,))
FixedLenSequenceFeature = collections.namedtuple(
    "FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"], defaults=(False, None)
)


class _Wanted:
    """What is read of a record: sparse keys with their types, dense keys with types, shapes and defaults."""

    def __init__(self, features):
        self.sparse, self.dense = {}, {}
        for key in sorted(features):
            feature = features[key]
            if isinstance(feature, VarLenFeature):
                self._add_sparse(key, feature.dtype)
            elif isinstance(feature, SparseFeature):
                keys = feature.index_key if isinstance(feature.index_key, (list, tuple)) else [feature.index_key]
                for one in sorted(keys):
                    self._add_sparse(one, dtypes.int64)
                self._add_sparse(feature.value_key, feature.dtype)
            elif isinstance(feature, FixedLenFeature):
                shape = tensor_shape.as_shape(feature.shape)
                if not shape.is_fully_defined():
                    raise ValueError(f"dense_shape must be fully defined for FixedLenFeature {key}, got {shape}")
                self.dense[key] = (dtypes.as_dtype(feature.dtype), shape, feature.default_value)
            elif isinstance(feature, FixedLenSequenceFeature):
                if not feature.allow_missing:
                    raise ValueError(f"Unsupported: FixedLenSequenceFeature requires allow_missing to be True. ({key})")
                shape = tensor_shape.TensorShape([None]).concatenate(tensor_shape.as_shape(feature.shape))
                self.dense[key] = (dtypes.as_dtype(feature.dtype), shape, feature.default_value)
            else:
                raise ValueError(f"Invalid feature {key}:{feature}.")

    def _add_sparse(self, key, dtype):
        dtype = dtypes.as_dtype(dtype)
        if self.sparse.setdefault(key, dtype) != dtype:
            raise ValueError(f"Conflicting type {self.sparse[key]} vs {dtype} for feature {key}.")

    def defaults(self):
        """For each dense key what stands where a record has none: an empty tensor is nothing."""
        found = []
        for key, (dtype, shape, default) in self.dense.items():
            zero = "" if dtype == dtypes.string else 0
            if shape.ndims and shape._dims[0] is None:
                found.append(ops.convert_to_tensor(zero if default is None else np.reshape(default, []).item(), dtype))
            elif default is None:
                found.append(constant_op.constant([], dtype=dtype))
            else:
                name = "key_" + "".join(c if c.isalnum() or c in "_." else "_" for c in str(key))
                default = ops.convert_to_tensor(default, dtype=dtype, name=name)
                found.append(array_ops.reshape(default, shape))
        return found


def parse_example(serialized, features, name=None, example_names=None):
    """What the Examples in a vector of strings hold: a dictionary from each key of `features` to a tensor
    (`FixedLenFeature`) or a sparse one (`VarLenFeature`, `SparseFeature`).

    Raises:
      tf.errors.InvalidArgumentError: in a run, where a string is no Example or has no feature that is needed.
    """
    if not features:
        raise ValueError("Missing: features was %s." % features)
    wanted = _Wanted(features)
    with ops.name_scope(name, "ParseExample", [serialized, example_names]):
        serialized = ops.convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        if serialized.shape.ndims == 0:
            raise ValueError("Input serialized must be a vector; parse_single_example takes a scalar")
        names = ops.convert_to_tensor(example_names if example_names is not None else [], dtype=dtypes.string)
        indices, values, shapes, dense = raw_ops.ParseExample(
            serialized=serialized,
            names=names,
            sparse_keys=[_scalar(key) for key in wanted.sparse],
            sparse_types=list(wanted.sparse.values()),
            dense_keys=[_scalar(key) for key in wanted.dense],
            dense_defaults=wanted.defaults(),
            dense_shapes=[shape for _, shape, _ in wanted.dense.values()],
            Nsparse=len(wanted.sparse),
            Ndense=len(wanted.dense),
            Tdense=[dtype for dtype, _, _ in wanted.dense.values()],
            name="ParseExample",
        )
        return _found(features, wanted, indices, values, shapes, dense)


parse_example_v2 = parse_example


def _scalar(key):
    return constant_op.constant(key, dtypes.string)


def parse_single_example(serialized, features, name=None, example_names=None):
    """As `parse_example`, for one string."""
    if not features:
        raise ValueError("Missing features.")
    wanted = _Wanted(features)
    with ops.name_scope(name, "ParseSingleExample", [serialized, example_names]):
        serialized = ops.convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        indices, values, shapes, dense = raw_ops.ParseSingleExample(
            serialized=serialized,
            dense_defaults=wanted.defaults(),
            num_sparse=len(wanted.sparse),
            sparse_keys=list(wanted.sparse),
            sparse_types=list(wanted.sparse.values()),
            dense_keys=list(wanted.dense),
            dense_shapes=[shape for _, shape, _ in wanted.dense.values()],
            Tdense=[dtype for dtype, _, _ in wanted.dense.values()],
            name="ParseSingleExample",
        )
        return _found(features, wanted, indices, values, shapes, dense)


def _found(features, wanted, indices, values, shapes, dense):
    found = {key: sparse_tensor.SparseTensor(*parts) for key, parts in zip(wanted.sparse, zip(indices, values, shapes))}
    found.update(zip(wanted.dense, dense))
    results = {}
    for key in sorted(features):
        feature = features[key]
        results[key] = _sparse_feature(found, feature) if isinstance(feature, SparseFeature) else found[key]
    return results


def _sparse_feature(found, feature):
    """The sparse tensor of which one feature has the places and another the values."""
    from tenseur.python.ops import sparse_ops
    keys, sizes = feature.index_key, feature.size
    if not isinstance(keys, (list, tuple)):
        return sparse_ops.sparse_merge(
            found[keys], found[feature.value_key], sizes, already_sorted=feature.already_sorted
        )
    return sparse_ops.sparse_merge([found[key] for key in keys], found[feature.value_key], list(sizes),
                                   already_sorted=feature.already_sorted)


def parse_tensor(serialized, out_type, name=None):
    """The tensor that a TensorProto in a string describes."""
    return raw_ops.ParseTensor(serialized=serialized, out_type=out_type, name=name)


def serialize_tensor(tensor, name=None):
    """The tensor as a TensorProto in a string."""
    return raw_ops.SerializeTensor(tensor=tensor, name=name)


def decode_raw(input_bytes=None, out_type=None, little_endian=True, name=None, bytes=None):
    """The bytes of strings as numbers, along a new last axis."""
    input_bytes = deprecation.deprecated_argument_lookup("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw_v1() missing 1 positional argument: 'out_type'")
    return raw_ops.DecodeRaw(bytes=input_bytes, out_type=out_type, little_endian=little_endian, name=name)


def decode_compressed(bytes, compression_type="", name=None):
    """Strings without their compression: "", "ZLIB" or "GZIP"."""
    import zlib

    if compression_type not in ("", "ZLIB", "GZIP"):
        raise ValueError(f'compression_type is "", "ZLIB" or "GZIP", not {compression_type!r}')
    bytes = ops.convert_to_tensor(bytes, dtype=dtypes.string, name="bytes")

    def work(arrays):
        whole = np.asarray(arrays[0], dtype=object)
        flat = whole.reshape(-1).tolist()
        if compression_type:
            # 32 more than the greatest window: the header tells which of the two it is.
            flat = [zlib.decompress(one, zlib.MAX_WBITS + 32) for one in flat]
        return [(flat, whole.shape)]

    graph = ops.get_default_graph()
    attrs, facts = {"compression_type": compression_type}, [(dtypes.string.as_datatype_enum, bytes.shape._dims)]
    name = name or "DecodeCompressed"
    return graph.create_op("DecodeCompressed", [bytes], name=name, attrs=attrs, host=(facts, work)).outputs[0]


def decode_csv(
    records, record_defaults, field_delim=",", use_quote_delim=True, name=None, na_value="", select_cols=None
):
    """One tensor for each column of comma-separated lines; an empty field takes the column's default."""
    defaults = [_default_of_column(default, number) for number, default in enumerate(record_defaults)]
    return raw_ops.DecodeCSV(
        records=records,
        record_defaults=defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=select_cols or [],
        name=name,
    )


def _default_of_column(default, number):
    """A type, or an empty list of it, stands for a column that must not be empty."""
    if isinstance(default, (dtypes.DType, type)):
        return constant_op.constant([], dtypes.as_dtype(default))
    if isinstance(default, (list, tuple)) and len(default) == 0:
        return constant_op.constant([], dtypes.float32)
    shape = default.shape if isinstance(default, ops.Tensor) else tensor_shape.TensorShape(np.shape(default))
    if shape.ndims is not None and (shape.ndims > 1 or (shape.ndims == 1 and shape._dims[0] not in (None, 0, 1))):
        raise ValueError(
            f"record_defaults[{number}] must be a scalar or a vector of at most one element, got shape {shape}"
        )
    return default


decode_csv_v2 = decode_csv


# --- sequences -------------------------------------------------------------------------------------------------------


def parse_single_sequence_example(
    serialized, context_features=None, sequence_features=None, example_name=None, name=None
):
    """What a SequenceExample in a string holds: (context, sequences), two dictionaries of tensors.

    Raises:
      tf.errors.InvalidArgumentError: in a run, where the string is no SequenceExample or a feature that is needed is
        missing.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    with ops.name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        serialized = ops.convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        parts = [(key, feature, False) for key, feature in sorted((context_features or {}).items())]
        parts += [(key, feature, True) for key, feature in sorted((sequence_features or {}).items())]
        return _sequence_node(serialized, parts)


def _sequence_node(serialized, parts):
    facts = []
    for key, feature, in_sequence in parts:
        number = dtypes.as_dtype(feature.dtype).as_datatype_enum
        if isinstance(feature, VarLenFeature):
            axes = 2 if in_sequence else 1
            facts += [(9, (None, axes)), (number, (None,)), (9, (axes,))]
        elif isinstance(feature, (FixedLenFeature, FixedLenSequenceFeature)):
            if in_sequence != isinstance(feature, FixedLenSequenceFeature):
                raise ValueError(f"Invalid feature {key}:{feature}.")
            sizes = tuple(tensor_shape.as_shape(feature.shape).as_list())
            facts.append((number, (None, *sizes) if in_sequence else sizes))
        else:
            raise ValueError(f"Invalid feature {key}:{feature}.")
    graph = ops.get_default_graph()
    attrs = {
        "context_dense_keys": [key for key, feature, _ in parts if isinstance(feature, FixedLenFeature)],
        "feature_list_dense_keys": [key for key, feature, _ in parts if isinstance(feature, FixedLenSequenceFeature)],
    }
    node = graph.create_op("ParseSingleSequenceExample", [serialized], name="ParseSingleSequenceExample", attrs=attrs,
                           host=(facts, lambda arrays: _read_sequence(arrays[0], parts)))
    outputs = list(node.outputs)
    context, sequences = {}, {}
    for key, feature, in_sequence in parts:
        into = sequences if in_sequence else context
        if isinstance(feature, VarLenFeature):
            into[key] = sparse_tensor.SparseTensor(*outputs[:3])
            outputs = outputs[3:]
        else:
            into[key] = outputs.pop(0)
    return context, sequences


def _read_sequence(serialized, parts):
    """The arrays of all features, in order."""
    from tenseur.core.example import example_pb2
    from tenseur.python.framework import errors_impl
    record = example_pb2.SequenceExample.FromString(serialized if isinstance(serialized, bytes) else serialized.item())
    results = []
    for key, feature, in_sequence in parts:
        dtype = dtypes.as_dtype(feature.dtype)
        rows = [_numbers(one, dtype) for one in record.feature_lists.feature_list[key].feature] if in_sequence and \
            key in record.feature_lists.feature_list else []
        if not in_sequence:
            rows = _numbers(record.context.feature[key], dtype) if key in record.context.feature else None
        if isinstance(feature, VarLenFeature):
            if in_sequence:
                places = [(row, column) for row, values in enumerate(rows) for column in range(len(values))]
                flat = [value for values in rows for value in values]
                shape = (len(rows), max((len(values) for values in rows), default=0))
            else:
                flat = list(rows or [])
                places, shape = [(place,) for place in range(len(flat))], (len(flat),)
            axes = 2 if in_sequence else 1
            results += [
                np.array(places, np.int64).reshape(-1, axes),
                _array(flat, dtype, (len(flat),)),
                np.array(shape, np.int64),
            ]
            continue
        sizes = tuple(tensor_shape.as_shape(feature.shape).as_list())
        if in_sequence:
            if not rows and not feature.allow_missing and key not in record.feature_lists.feature_list:
                raise errors_impl.InvalidArgumentError(
                    None, None, f"Feature list '{key}' is required but could not be found."
                )
            flat = [value for values in rows for value in values]
            results.append(_array(flat, dtype, (len(rows), *sizes)))
        else:
            if rows is None:
                if feature.default_value is None:
                    raise errors_impl.InvalidArgumentError(
                        None, None, f"Context feature '{key}' is required but could not be found."
                    )
                rows = np.reshape(feature.default_value, -1).tolist()
            results.append(_array(list(rows), dtype, sizes))
    return results


def _numbers(feature, dtype):
    field = {dtypes.string: "bytes_list", dtypes.int64: "int64_list", dtypes.float32: "float_list"}[dtype]
    return list(getattr(feature, field).value)


def _array(values, dtype, shape):
    if dtype == dtypes.string:
        return [value if isinstance(value, bytes) else str(value).encode() for value in values], shape
    return np.array(values, dtype.as_numpy_dtype).reshape(shape)
