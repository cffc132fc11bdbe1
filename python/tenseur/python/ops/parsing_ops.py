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
        context, steps = _Sequence(context_features, FixedLenFeature), _Sequence(sequence_features, FixedLenSequenceFeature)
        outputs = raw_ops.ParseSingleSequenceExample(
            serialized=ops.convert_to_tensor(serialized, dtype=dtypes.string, name="serialized"),
            feature_list_dense_missing_assumed_empty=_keys(steps.may_be_missing()),
            context_sparse_keys=[_scalar(key) for key in context.sparse],
            context_dense_keys=[_scalar(key) for key in context.dense],
            feature_list_sparse_keys=[_scalar(key) for key in steps.sparse],
            feature_list_dense_keys=[_scalar(key) for key in steps.dense],
            debug_name=ops.convert_to_tensor("" if example_name is None else example_name, dtype=dtypes.string),
            name="ParseSingleSequenceExample",
            **_lists(context, steps),
        )
        return context.found(outputs, "context"), steps.found(outputs, "feature_list")


def parse_sequence_example(serialized, context_features=None, sequence_features=None, example_names=None, name=None):
    """What the SequenceExamples in a vector of strings hold: (context, sequences, lengths), three dictionaries of tensors; the
    last says of each dense feature of the steps how many steps each record has.

    Raises:
      tf.errors.InvalidArgumentError: in a run, as of `parse_single_sequence_example`.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    with ops.name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        context, steps = _Sequence(context_features, FixedLenFeature), _Sequence(sequence_features, FixedLenSequenceFeature)
        missing = [key in steps.may_be_missing() for key in steps.dense]
        outputs = raw_ops.ParseSequenceExampleV2(
            serialized=ops.convert_to_tensor(serialized, dtype=dtypes.string, name="serialized"),
            debug_name=_keys([]) if example_names is None else ops.convert_to_tensor(example_names, dtype=dtypes.string),
            context_sparse_keys=_keys(context.sparse),
            context_dense_keys=_keys(context.dense),
            context_ragged_keys=_keys([]),
            feature_list_sparse_keys=_keys(steps.sparse),
            feature_list_dense_keys=_keys(steps.dense),
            feature_list_ragged_keys=_keys([]),
            feature_list_dense_missing_assumed_empty=constant_op.constant(missing, dtypes.bool, [len(missing)]),
            Ncontext_sparse=len(context.sparse),
            Nfeature_list_sparse=len(steps.sparse),
            Nfeature_list_dense=len(steps.dense),
            name="ParseSequenceExample",
            **_lists(context, steps),
        )
        lengths = dict(zip(steps.dense, outputs.feature_list_dense_lengths))
        return context.found(outputs, "context"), steps.found(outputs, "feature_list"), lengths


class _Sequence:
    """What is read of a sequence's context or of its steps; features of the kind `dense` have a shape."""

    def __init__(self, features, dense):
        self._features = features or {}
        self.sparse, self.dense = {}, {}
        for key in sorted(self._features):
            feature = self._features[key]
            dtype = dtypes.as_dtype(feature.dtype) if hasattr(feature, "dtype") else None
            if isinstance(feature, VarLenFeature):
                self.sparse[key] = dtype
            elif isinstance(feature, dense):
                self.dense[key] = (dtype, tensor_shape.as_shape(feature.shape))
            else:
                raise ValueError(f"Invalid feature {key}:{feature}.")

    def may_be_missing(self):
        """The keys of dense features that a record need not have."""
        return [key for key in self.dense if self._features[key].allow_missing]

    def defaults(self):
        return _Wanted({key: self._features[key] for key in self.dense}).defaults()

    def found(self, outputs, part):
        """The tensors by their keys, of the outputs whose names begin with `part`."""
        get = lambda name: getattr(outputs, f"{part}_{name}")
        parts = zip(get("sparse_indices"), get("sparse_values"), get("sparse_shapes"))
        found = {key: sparse_tensor.SparseTensor(*three) for key, three in zip(self.sparse, parts)}
        found.update(zip(self.dense, get("dense_values")))
        return {key: found[key] for key in sorted(found)}


def _keys(keys):
    keys = list(keys)
    return constant_op.constant(keys, dtypes.string, [len(keys)])


def _lists(context, steps):
    """What both ops are told of the features' types and shapes."""
    return {
        "context_sparse_types": list(context.sparse.values()),
        "Tcontext_dense": [dtype for dtype, _ in context.dense.values()],
        "context_dense_shapes": [shape for _, shape in context.dense.values()],
        "context_dense_defaults": context.defaults(),
        "feature_list_sparse_types": list(steps.sparse.values()),
        "feature_list_dense_types": [dtype for dtype, _ in steps.dense.values()],
        "feature_list_dense_shapes": [shape for _, shape in steps.dense.values()],
    }
