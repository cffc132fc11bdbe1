"""How features of examples become a layer's input: `tf.feature_column`.

A dense column gives numbers; a categorical one gives ids, which `indicator_column` and `embedding_column` make dense.
"""

import collections
import math

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, sparse_tensor, tensor_shape
from tenseur.python.ops import (array_ops, embedding_ops, init_ops, lookup_ops, math_ops, parsing_ops, sparse_ops, string_ops,
                                variable_scope)


class _FeatureColumn:
    """What all columns have: a name, and how they read features."""

    @property
    def _var_scope_name(self):
        return self.name

    @property
    def parse_example_spec(self):
        return self._parse_example_spec

    def _sparse_ids(self, features):
        """The ids as a sparse tensor."""
        raise ValueError(f"{self.name} is no categorical column: wrap nothing around it")

    def __lt__(self, other):
        return str(self) < str(other)


class _Dense(_FeatureColumn):
    """A column of numbers."""

    @property
    def variable_shape(self):
        return self._variable_shape

    def _weighted(self, features, units, combiner, trainable, collections_):
        tensor = self._dense(features, collections_, trainable)
        size = self._variable_shape.num_elements()
        weights = variable_scope.get_variable("weights", [size, units], initializer=init_ops.zeros_initializer(),
                                              trainable=trainable, collections=collections_)
        return math_ops.matmul(array_ops.reshape(tensor, [-1, size]), weights, name="weighted_sum")


class _Categorical(_FeatureColumn):
    """A column of ids from 0 to `_num_buckets` − 1."""

    def _weights(self, features):
        return None

    def _weighted(self, features, units, combiner, trainable, collections_):
        weights = variable_scope.get_variable("weights", [self._num_buckets, units], initializer=init_ops.zeros_initializer(),
                                              trainable=trainable, collections=collections_)
        return embedding_ops.safe_embedding_lookup_sparse(weights, _rows_of_two(self._sparse_ids(features)),
                                                          sparse_weights=self._weights(features), combiner=combiner,
                                                          name="weighted_sum")


def _rows_of_two(ids):
    """[batch, all further axes] of ids of any rank."""
    if ids.shape.ndims is not None and ids.shape.ndims <= 2:
        return ids
    return sparse_ops.sparse_reshape(ids, array_ops.stack([ids.dense_shape[0], -1]))


def _feature(features, key):
    if key not in features:
        raise ValueError(f"Feature {key} is not in features dictionary.")
    value = features[key]
    if not isinstance(value, sparse_tensor.SparseTensor):
        value = ops.convert_to_tensor(value)
        if value.shape.ndims == 1:
            value = array_ops.expand_dims(value, -1)
    return value


def _sparse(value):
    """Dense ids as sparse ones: "" and −1 stand for none."""
    if isinstance(value, sparse_tensor.SparseTensor):
        return value
    ignored = "" if value.dtype == dtypes.string else -1
    indices = array_ops.where(math_ops.not_equal(value, ops.convert_to_tensor(ignored, dtype=value.dtype)))
    return sparse_tensor.SparseTensor(indices, array_ops.gather_nd(value, indices),
                                      array_ops.shape(value, out_type=dtypes.int64))


def _with_values(ids, values):
    return sparse_tensor.SparseTensor(ids.indices, values, ids.dense_shape)


class _NumericColumn(_Dense, collections.namedtuple("_NumericColumn", ["key", "shape", "default_value", "dtype", "normalizer_fn"])):
    """Numbers as they are, or through a function."""

    @property
    def name(self):
        return self.key

    @property
    def _parse_example_spec(self):
        return {self.key: parsing_ops.FixedLenFeature(self.shape, self.dtype, self.default_value)}

    @property
    def _variable_shape(self):
        return tensor_shape.TensorShape(self.shape)

    def _dense(self, features, collections_=None, trainable=None):
        value = _feature(features, self.key)
        if isinstance(value, sparse_tensor.SparseTensor):
            raise ValueError(f"The corresponding Tensor of numerical column must be a Tensor. SparseTensor is not supported. key: {self.key}")
        if self.normalizer_fn is not None:
            value = self.normalizer_fn(value)
        return math_ops.cast(value, dtypes.float32)


class _BucketizedColumn(_Dense, collections.namedtuple("_BucketizedColumn", ["source_column", "boundaries"])):
    """The number of the bucket into which a number falls, as a one-hot vector."""

    @property
    def name(self):
        return f"{self.source_column.name}_bucketized"

    @property
    def _parse_example_spec(self):
        return self.source_column._parse_example_spec

    @property
    def _variable_shape(self):
        return tensor_shape.TensorShape([*self.source_column.shape, len(self.boundaries) + 1])

    @property
    def _num_buckets(self):
        return (len(self.boundaries) + 1) * int(np.prod(self.source_column.shape))

    def _buckets(self, features):
        value = self.source_column._dense(features)
        boundaries = ops.convert_to_tensor(np.asarray(self.boundaries, np.float32))
        over = math_ops.greater_equal(array_ops.expand_dims(value, -1), boundaries)
        return math_ops.reduce_sum(math_ops.cast(over, dtypes.int64), axis=-1)

    def _dense(self, features, collections_=None, trainable=None):
        return array_ops.one_hot(self._buckets(features), len(self.boundaries) + 1, dtype=dtypes.float32)

    def _sparse_ids(self, features):
        buckets = self._buckets(features)
        size = int(np.prod(self.source_column.shape))
        flat = array_ops.reshape(buckets, [-1, size])
        offsets = np.arange(size, dtype=np.int64) * (len(self.boundaries) + 1)
        return _sparse(flat + ops.convert_to_tensor(offsets))

    def _weights(self, features):
        return None

    _weighted = _Categorical._weighted


class _HashedColumn(_Categorical, collections.namedtuple("_HashedColumn", ["key", "hash_bucket_size", "dtype"])):
    """The hash of text or of whole numbers."""

    @property
    def name(self):
        return self.key

    @property
    def _num_buckets(self):
        return self.hash_bucket_size

    @property
    def _parse_example_spec(self):
        return {self.key: parsing_ops.VarLenFeature(self.dtype)}

    def _sparse_ids(self, features):
        value = _sparse(_feature(features, self.key))
        text = value.values if value.dtype == dtypes.string else string_ops.as_string(value.values)
        return _with_values(value, string_ops.string_to_hash_bucket_fast(text, self.hash_bucket_size))


class _VocabularyListColumn(_Categorical, collections.namedtuple("_VocabularyListColumn", [
        "key", "vocabulary_list", "dtype", "default_value", "num_oov_buckets"])):
    """The place in a list."""

    @property
    def name(self):
        return self.key

    @property
    def _num_buckets(self):
        return len(self.vocabulary_list) + self.num_oov_buckets

    @property
    def _parse_example_spec(self):
        return {self.key: parsing_ops.VarLenFeature(self.dtype)}

    def _sparse_ids(self, features):
        value = _sparse(_feature(features, self.key))
        kind = self.dtype
        if value.dtype.is_integer:
            value, kind = _with_values(value, math_ops.cast(value.values, dtypes.int64)), dtypes.int64
        words = [one.encode() if isinstance(one, str) else one for one in self.vocabulary_list]
        vocabulary = np.array(words, dtype=object) if kind == dtypes.string else np.array(words, np.int64)
        table = lookup_ops.index_table_from_tensor(ops.convert_to_tensor(vocabulary, dtype=kind), self.num_oov_buckets,
                                                   self.default_value, dtype=kind, name=f"{self.key}_lookup")
        return _with_values(value, table.lookup(value.values))


class _VocabularyFileColumn(_Categorical, collections.namedtuple("_VocabularyFileColumn", [
        "key", "vocabulary_file", "vocabulary_size", "num_oov_buckets", "dtype", "default_value"])):
    """The number of the line in a file."""

    @property
    def name(self):
        return self.key

    @property
    def _num_buckets(self):
        return self.vocabulary_size + self.num_oov_buckets

    @property
    def _parse_example_spec(self):
        return {self.key: parsing_ops.VarLenFeature(self.dtype)}

    def _sparse_ids(self, features):
        value = _sparse(_feature(features, self.key))
        table = lookup_ops.index_table_from_file(self.vocabulary_file, self.num_oov_buckets, self.vocabulary_size,
                                                 self.default_value, key_dtype=self.dtype, name=f"{self.key}_lookup")
        return _with_values(value, table.lookup(value.values))


class _IdentityColumn(_Categorical, collections.namedtuple("_IdentityColumn", ["key", "num_buckets", "default_value"])):
    """Ids as they are."""

    @property
    def name(self):
        return self.key

    @property
    def _num_buckets(self):
        return self.num_buckets

    @property
    def _parse_example_spec(self):
        return {self.key: parsing_ops.VarLenFeature(dtypes.int64)}

    def _sparse_ids(self, features):
        value = _sparse(_feature(features, self.key))
        ids = math_ops.cast(value.values, dtypes.int64)
        if self.default_value is not None:
            wrong = math_ops.logical_or(ids < 0, ids >= self.num_buckets)
            ids = array_ops.where(wrong, array_ops.zeros_like(ids) + self.default_value, ids)
        return _with_values(value, ids)


class _CrossedColumn(_Categorical, collections.namedtuple("_CrossedColumn", ["keys", "hash_bucket_size", "hash_key"])):
    """The hash of several features together."""

    @property
    def name(self):
        return "_X_".join(sorted(one if isinstance(one, str) else one.name for one in self.keys))

    @property
    def _num_buckets(self):
        return self.hash_bucket_size

    @property
    def _parse_example_spec(self):
        found = {}
        for one in self.keys:
            found.update({one: parsing_ops.VarLenFeature(dtypes.string)} if isinstance(one, str) else one._parse_example_spec)
        return found

    def _sparse_ids(self, features):
        parts = []
        for one in self.keys:
            if isinstance(one, str):
                value = _feature(features, one)
            elif isinstance(one, _BucketizedColumn):
                value = one._buckets(features)
            else:
                value = _feature(features, one.key)
            if isinstance(value, sparse_tensor.SparseTensor):
                value = sparse_ops.sparse_tensor_to_dense(value, default_value="" if value.dtype == dtypes.string else -1)
            parts.append(value if value.dtype == dtypes.string else string_ops.as_string(value))
        # Every combination of the features' values: [batch, n₁·n₂·…].
        crossed = parts[0]
        for part in parts[1:]:
            pair = string_ops.string_join([_spread(crossed, part, 2), _spread(part, crossed, 1)], "_X_")
            crossed = array_ops.reshape(pair, [array_ops.shape(pair)[0], -1])
        ids = string_ops.string_to_hash_bucket_fast(crossed, self.hash_bucket_size)
        return _sparse(ids)


class _WeightedColumn(_Categorical, collections.namedtuple("_WeightedColumn", ["categorical_column", "weight_feature_key", "dtype"])):
    """Ids with weights."""

    @property
    def name(self):
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def _num_buckets(self):
        return self.categorical_column._num_buckets

    @property
    def _parse_example_spec(self):
        return {**self.categorical_column._parse_example_spec, self.weight_feature_key: parsing_ops.VarLenFeature(self.dtype)}

    def _sparse_ids(self, features):
        return self.categorical_column._sparse_ids(features)

    def _weights(self, features):
        weights = _feature(features, self.weight_feature_key)
        if not isinstance(weights, sparse_tensor.SparseTensor):
            weights = _sparse(math_ops.cast(weights, dtypes.float32))
        return _with_values(weights, math_ops.cast(weights.values, dtypes.float32))


class _IndicatorColumn(_Dense, collections.namedtuple("_IndicatorColumn", ["categorical_column"])):
    """How often each id comes."""

    @property
    def name(self):
        return f"{self.categorical_column.name}_indicator"

    @property
    def _parse_example_spec(self):
        return self.categorical_column._parse_example_spec

    @property
    def _variable_shape(self):
        return tensor_shape.TensorShape([self.categorical_column._num_buckets])

    def _dense(self, features, collections_=None, trainable=None):
        size = self.categorical_column._num_buckets
        ids = _rows_of_two(self.categorical_column._sparse_ids(features))
        dense = sparse_ops.sparse_tensor_to_dense(ids, default_value=-1)
        hot = array_ops.one_hot(dense, size, on_value=1.0, off_value=0.0)
        weights = self.categorical_column._weights(features)
        if weights is not None:
            hot = hot * array_ops.expand_dims(sparse_ops.sparse_tensor_to_dense(weights, default_value=0.0), -1)
        return array_ops.reshape(math_ops.reduce_sum(hot, axis=-2), [-1, size])


class _EmbeddingColumn(_Dense, collections.namedtuple("_EmbeddingColumn", [
        "categorical_column", "dimension", "combiner", "initializer", "ckpt_to_load_from", "tensor_name_in_ckpt", "max_norm",
        "trainable"])):
    """The mean of the ids' vectors, which are trained."""

    @property
    def name(self):
        return f"{self.categorical_column.name}_embedding"

    @property
    def _parse_example_spec(self):
        return self.categorical_column._parse_example_spec

    @property
    def _variable_shape(self):
        return tensor_shape.TensorShape([self.dimension])

    def _dense(self, features, collections_=None, trainable=None):
        weights = variable_scope.get_variable(
            "embedding_weights", [self.categorical_column._num_buckets, self.dimension], dtypes.float32,
            initializer=self.initializer, trainable=self.trainable and trainable is not False, collections=collections_)
        return embedding_ops.safe_embedding_lookup_sparse(
            weights, _rows_of_two(self.categorical_column._sparse_ids(features)),
            sparse_weights=self.categorical_column._weights(features), combiner=self.combiner, max_norm=self.max_norm,
            name=f"{self.name}_weights")


def _spread(part, other, axis):
    """The part along a further axis as long as the other."""
    size = array_ops.shape(other)[1]
    multiples = array_ops.stack([1, 1, size] if axis == 2 else [1, size, 1])
    return array_ops.tile(array_ops.expand_dims(part, axis), multiples)


# --- making them ---------------------------------------------------------------------------------------------------


def numeric_column(key, shape=(1,), default_value=None, dtype=dtypes.float32, normalizer_fn=None):
    """Numbers, of this shape for an example."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return _NumericColumn(key, shape, default_value, dtypes.as_dtype(dtype), normalizer_fn)


def bucketized_column(source_column, boundaries):
    """Which of the len(boundaries) + 1 buckets a number falls into.

    Raises:
      ValueError: where the boundaries do not rise, or the source is no numeric column.
    """
    if not isinstance(source_column, _NumericColumn):
        raise ValueError(f"source_column must be a column generated with numeric_column(). Given: {source_column}")
    if list(boundaries) != sorted(set(boundaries)):
        raise ValueError("boundaries must be a sorted list.")
    return _BucketizedColumn(source_column, tuple(boundaries))


def categorical_column_with_hash_bucket(key, hash_bucket_size, dtype=dtypes.string):
    """Ids by hash, of text or whole numbers."""
    if hash_bucket_size is None or hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}")
    return _HashedColumn(key, hash_bucket_size, dtypes.as_dtype(dtype))


def categorical_column_with_vocabulary_list(key, vocabulary_list, dtype=None, default_value=-1,
                                            num_oov_buckets=0):
    """Ids by place in a list; what is not in it has the default, or one of the further buckets."""
    if not len(vocabulary_list):
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}")
    if dtype is None:
        dtype = dtypes.int64 if np.asarray(vocabulary_list).dtype.kind in "iu" else dtypes.string
    return _VocabularyListColumn(key, tuple(vocabulary_list), dtypes.as_dtype(dtype), default_value, num_oov_buckets)


def categorical_column_with_vocabulary_file(key, vocabulary_file, vocabulary_size=None, num_oov_buckets=0, default_value=None,
                                            dtype=dtypes.string):
    """Ids by line of a file."""
    if vocabulary_size is None:
        with open(vocabulary_file, "rb") as file:
            vocabulary_size = sum(1 for _ in file)
    return _VocabularyFileColumn(key, vocabulary_file, vocabulary_size, num_oov_buckets, dtypes.as_dtype(dtype),
                                 -1 if default_value is None else default_value)


def categorical_column_with_identity(key, num_buckets, default_value=None):
    """Ids as they are, from 0 to num_buckets − 1; others have the default."""
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    return _IdentityColumn(key, num_buckets, default_value)


def crossed_column(keys, hash_bucket_size, hash_key=None):
    """Ids by hash of every combination of the features' values."""
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    return _CrossedColumn(tuple(keys), hash_bucket_size, hash_key)


def weighted_categorical_column(categorical_column, weight_feature_key, dtype=dtypes.float32):
    return _WeightedColumn(categorical_column, weight_feature_key, dtypes.as_dtype(dtype))


def indicator_column(categorical_column):
    """How often each id comes, as numbers."""
    return _IndicatorColumn(categorical_column)


def embedding_column(categorical_column, dimension, combiner="mean", initializer=None, ckpt_to_load_from=None,
                     tensor_name_in_ckpt=None, max_norm=None, trainable=True):
    """A vector for each id."""
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}.")
    if initializer is None:
        initializer = init_ops.truncated_normal_initializer(mean=0.0, stddev=1 / math.sqrt(dimension))
    return _EmbeddingColumn(categorical_column, dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm,
                            trainable)


def shared_embedding_columns(categorical_columns, dimension, combiner="mean", initializer=None,
                             shared_embedding_collection_name=None, ckpt_to_load_from=None, tensor_name_in_ckpt=None,
                             max_norm=None, trainable=True):
    """Refused: columns that share vectors."""
    raise NotImplementedError("shared_embedding_columns is not there in tenseur: embedding_column for each column is")


def _sorted_columns(feature_columns):
    columns = list(feature_columns.values()) if isinstance(feature_columns, dict) else (
        [feature_columns] if isinstance(feature_columns, _FeatureColumn) else list(feature_columns))
    if not columns:
        raise ValueError("feature_columns must not be empty.")
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"Duplicate feature column name found for columns: {name}.")
    return sorted(columns, key=lambda column: column.name)


def input_layer(features, feature_columns, weight_collections=None, trainable=True, cols_to_vars=None):
    """The columns' numbers side by side, in the order of their names: [batch, all].

    Raises:
      ValueError: where a column gives ids and not numbers.
    """
    columns = _sorted_columns(feature_columns)
    for column in columns:
        if not isinstance(column, _Dense):
            raise ValueError("Items of feature_columns must be a _DenseColumn. You can wrap a categorical column with an "
                             f"embedding_column or indicator_column. Given: {column}")
    collections_ = _collections(weight_collections)
    tensors = []
    with variable_scope.variable_scope(None, default_name="input_layer", values=list(features.values())):
        for column in columns:
            with variable_scope.variable_scope(None, default_name=column._var_scope_name):
                before = len(ops.get_collection(ops.GraphKeys.GLOBAL_VARIABLES))
                tensor = column._dense(features, collections_, trainable)
                size = column._variable_shape.num_elements()
                tensors.append(array_ops.reshape(tensor, [array_ops.shape(tensor)[0], size]))
                tensors[-1].set_shape([tensor.shape[0].value if tensor.shape.ndims else None, size])
                if cols_to_vars is not None:
                    cols_to_vars[column] = ops.get_collection(ops.GraphKeys.GLOBAL_VARIABLES)[before:]
        return array_ops.concat(tensors, axis=1)


def _collections(weight_collections):
    found = list(weight_collections or [])
    if ops.GraphKeys.GLOBAL_VARIABLES not in found:
        found.append(ops.GraphKeys.GLOBAL_VARIABLES)
    return found


def linear_model(features, feature_columns, units=1, sparse_combiner="sum", weight_collections=None, trainable=True,
                 cols_to_vars=None):
    """Σ over the columns of their weights, plus a bias: [batch, units]."""
    columns = _sorted_columns(feature_columns)
    collections_ = _collections(weight_collections)
    sums = []
    with variable_scope.variable_scope(None, default_name="linear_model"):
        for column in columns:
            with variable_scope.variable_scope(None, default_name=column._var_scope_name):
                before = len(ops.get_collection(ops.GraphKeys.GLOBAL_VARIABLES))
                sums.append(column._weighted(features, units, sparse_combiner, trainable, collections_))
                if cols_to_vars is not None:
                    cols_to_vars[column] = ops.get_collection(ops.GraphKeys.GLOBAL_VARIABLES)[before:]
        total = math_ops.add_n(sums, name="weighted_sum_no_bias")
        bias = variable_scope.get_variable("bias_weights", [units], initializer=init_ops.zeros_initializer(), trainable=trainable,
                                           collections=collections_)
        if cols_to_vars is not None:
            cols_to_vars["bias"] = [bias]
        return raw_ops.BiasAdd(value=total, bias=bias, name="weighted_sum")


def make_parse_example_spec(feature_columns):
    """What `tf.parse_example` takes to read the columns' features."""
    found = {}
    for column in feature_columns:
        found.update(column._parse_example_spec)
    return found
