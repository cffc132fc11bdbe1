"""Feature columns by their names in contrib: those of `tf.feature_column`."""

from tenseur.python.feature_column import feature_column as columns
from tenseur.python.framework import dtypes


def real_valued_column(column_name, dimension=1, default_value=None, dtype=dtypes.float32, normalizer=None):
    """`tf.feature_column.numeric_column`."""
    return columns.numeric_column(column_name, (dimension,), default_value, dtype, normalizer)


def sparse_column_with_hash_bucket(column_name, hash_bucket_size, combiner="sum", dtype=dtypes.string,
                                   hash_keys=None):
    """`tf.feature_column.categorical_column_with_hash_bucket`."""
    return columns.categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype)


def sparse_column_with_keys(column_name, keys, default_value=-1, combiner="sum", dtype=dtypes.string):
    """`tf.feature_column.categorical_column_with_vocabulary_list`."""
    return columns.categorical_column_with_vocabulary_list(column_name, keys, dtype, default_value)


def sparse_column_with_integerized_feature(column_name, bucket_size, combiner="sum", dtype=dtypes.int64):
    """`tf.feature_column.categorical_column_with_identity`."""
    return columns.categorical_column_with_identity(column_name, bucket_size)


def sparse_column_with_vocabulary_file(column_name, vocabulary_file, num_oov_buckets=0, vocab_size=None, default_value=-1,
                                       combiner="sum", dtype=dtypes.string):
    """`tf.feature_column.categorical_column_with_vocabulary_file`."""
    return columns.categorical_column_with_vocabulary_file(column_name, vocabulary_file, vocab_size, num_oov_buckets, default_value,
                                                           dtype)


def weighted_sparse_column(sparse_id_column, weight_column_name, dtype=dtypes.float32):
    """`tf.feature_column.weighted_categorical_column`."""
    return columns.weighted_categorical_column(sparse_id_column, weight_column_name, dtype)


def embedding_column(sparse_id_column, dimension, combiner="mean", initializer=None, ckpt_to_load_from=None,
                     tensor_name_in_ckpt=None, max_norm=None, trainable=True):
    """`tf.feature_column.embedding_column`."""
    return columns.embedding_column(sparse_id_column, dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt,
                                    max_norm, trainable)


def one_hot_column(sparse_id_column):
    """`tf.feature_column.indicator_column`."""
    return columns.indicator_column(sparse_id_column)


bucketized_column = columns.bucketized_column


def crossed_column(columns_, hash_bucket_size, combiner="sum", ckpt_to_load_from=None,
                   tensor_name_in_ckpt=None, hash_key=None):
    """`tf.feature_column.crossed_column`."""
    return columns.crossed_column(list(columns_), hash_bucket_size, hash_key)


def input_from_feature_columns(columns_to_tensors, feature_columns, weight_collections=None, trainable=True, scope=None,
                               cols_to_outs=None):
    """`tf.feature_column.input_layer`."""
    return columns.input_layer(columns_to_tensors, feature_columns, weight_collections, trainable)


def create_feature_spec_for_parsing(feature_columns):
    """`tf.feature_column.make_parse_example_spec`."""
    return columns.make_parse_example_spec(feature_columns)
