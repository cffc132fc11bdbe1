"""Tables from keys to values: `tf.contrib.lookup`, `tf.lookup`."""

import collections

from tenseur.python.framework import dtypes, host_ops, ops, sparse_tensor
from tenseur.python.ops._tables import TextFileIndex


def initialize_all_tables(name="init_all_tables"):
    """The operation that fills all tables of the graph."""
    return tables_initializer(name)


def tables_initializer(name="init_all_tables"):
    """The operation that fills all tables of the graph."""
    from tenseur.python.ops import control_flow_ops
    initializers = ops.get_collection(ops.GraphKeys.TABLE_INITIALIZERS)
    return control_flow_ops.group(*initializers, name=name) if initializers else control_flow_ops.no_op(name=name)


class LookupInterface:
    """A table from keys to values."""

    def __init__(self, key_dtype, value_dtype):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self):
        return self._key_dtype

    @property
    def value_dtype(self):
        return self._value_dtype

    @property
    def name(self):
        return self._name

    @property
    def resource_handle(self):
        return self._resource_handle

    @property
    def table_ref(self):
        return self._resource_handle

    def size(self, name=None):
        """The number of entries."""
        return host_ops.create("LookupTableSizeV2", [self._resource_handle], {}, name or f"{self._name}_Size").outputs[0]

    def __getitem__(self, keys):
        return self.lookup(keys)

    def export(self, name=None):
        """(keys, values) of all entries."""
        return tuple(host_ops.create("LookupTableExportV2", [self._resource_handle], {
            "Tkeys": ("type", self._key_dtype.as_datatype_enum), "Tvalues": ("type", self._value_dtype.as_datatype_enum)},
            name or f"{self._name}_lookup_table_export_values").outputs)

    def _find(self, keys, default, name):
        if keys.dtype.base_dtype != self._key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {keys.dtype}.")
        default = ops.convert_to_tensor(default, dtype=self._value_dtype, name="default_value")
        own = keys.values if isinstance(keys, sparse_tensor.SparseTensor) else keys
        values = host_ops.create("LookupTableFindV2", [self._resource_handle, own, default], {
            "Tin": ("type", self._key_dtype.as_datatype_enum), "Tout": ("type", self._value_dtype.as_datatype_enum)}, name).outputs[0]
        if isinstance(keys, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(keys.indices, values, keys.dense_shape)
        return values


def _keys(keys, dtype):
    if isinstance(keys, (sparse_tensor.SparseTensor, sparse_tensor.SparseTensorValue)):
        return sparse_tensor.SparseTensor.from_value(keys)
    return ops.convert_to_tensor(keys, name="keys") if isinstance(keys, ops.Tensor) else \
        ops.convert_to_tensor(keys, dtype=dtype, name="keys")


def _created(op_type, key_dtype, value_dtype, name, shared_name=None, **attrs):
    return host_ops.create(op_type, [], {
        "container": "", "shared_name": shared_name or "", "use_node_name_sharing": False,
        "key_dtype": ("type", dtypes.as_dtype(key_dtype).as_datatype_enum),
        "value_dtype": ("type", dtypes.as_dtype(value_dtype).as_datatype_enum), **attrs}, name).outputs[0]


class InitializableLookupTableBase(LookupInterface):
    """A table that is filled once, by its `initializer`."""

    def __init__(self, default_value, initializer, name="hash_table", shared_name=None):
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._resource_handle = _created("HashTableV2", self._key_dtype, self._value_dtype, name, shared_name)
        self._name = self._resource_handle.op.name.split("/")[-1]
        self._default_value = ops.convert_to_tensor(default_value, dtype=self._value_dtype, name="default_value")
        self._initializer = initializer
        self._init_op = initializer.initialize(self)

    @property
    def default_value(self):
        return self._default_value

    @property
    def initializer(self):
        return self._init_op

    @property
    def init(self):
        return self._init_op

    def lookup(self, keys, name=None):
        """The values of the keys; the table's default for those that it has not.

        Raises:
          FailedPreconditionError: in a run, where the table was not filled.
        """
        with ops.name_scope(name, f"{self._name}_Lookup", [self._resource_handle, self._default_value]) as scope:
            return self._find(_keys(keys, self._key_dtype), self._default_value, scope + "LookupTableFindV2/")


class HashTable(InitializableLookupTableBase):
    """A table that is filled once: `HashTable(KeyValueTensorInitializer(keys, values), default_value)`."""

    def __init__(self, initializer, default_value, shared_name=None, name="hash_table"):
        super().__init__(default_value, initializer, name, shared_name)


StaticHashTable = StaticHashTableV1 = HashTable


class TableInitializerBase:
    """What fills a table."""

    def __init__(self, key_dtype, value_dtype):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self):
        return self._key_dtype

    @property
    def value_dtype(self):
        return self._value_dtype

    def _check(self, table):
        if (table.key_dtype, table.value_dtype) != (self._key_dtype, self._value_dtype):
            raise TypeError(f"Invalid table key or value dtype: {table.key_dtype}, {table.value_dtype}")


class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with keys and values."""

    def __init__(self, keys, values, key_dtype=None, value_dtype=None, name=None):
        with ops.name_scope(name, "key_value_init", [keys, values]):
            self._keys = ops.convert_to_tensor(keys, dtype=key_dtype, name="keys")
            self._values = ops.convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = name if name is not None else "key_value_init"
        super().__init__(self._keys.dtype.base_dtype, self._values.dtype.base_dtype)

    def initialize(self, table):
        self._check(table)
        with ops.name_scope(self._name, values=(table.resource_handle, self._keys, self._values)) as scope:
            op = host_ops.create("InitializeTableV2", [table.resource_handle, self._keys, self._values], {
                "Tkey": ("type", self._key_dtype.as_datatype_enum), "Tval": ("type", self._value_dtype.as_datatype_enum)}, scope)
        ops.add_to_collection(ops.GraphKeys.TABLE_INITIALIZERS, op)
        return op


class TextFileInitializer(TableInitializerBase):
    """Fills a table with the lines of a file."""

    def __init__(self, filename, key_dtype, key_index, value_dtype, value_index, vocab_size=None,
                 delimiter="\t", name=None):
        if not isinstance(filename, ops.Tensor) and not filename:
            raise ValueError("Filename required")
        key_dtype, value_dtype = dtypes.as_dtype(key_dtype), dtypes.as_dtype(value_dtype)
        for what, index, dtype in (("key", key_index, key_dtype), ("value", value_index, value_dtype)):
            if index < -2:
                raise ValueError(f"Invalid {what} index {index}.")
            if index == TextFileIndex.LINE_NUMBER and dtype != dtypes.int64:
                raise ValueError(f"Signature mismatch. {what}s must be dtype {dtypes.int64}, got {dtype}.")
            if index == TextFileIndex.WHOLE_LINE and dtype != dtypes.string and not (dtype.is_integer and what == "key"):
                raise ValueError(f"Signature mismatch. {what}s must be dtype {dtypes.string}, got {dtype}.")
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"Invalid vocab_size {vocab_size}.")
        self._key_index, self._value_index = key_index, value_index
        self._vocab_size, self._delimiter, self._name = vocab_size, delimiter, name
        self._filename = filename
        super().__init__(key_dtype, value_dtype)

    def initialize(self, table):
        self._check(table)
        with ops.name_scope(self._name, "text_file_init", (table.resource_handle,)) as scope:
            filename = ops.convert_to_tensor(self._filename, dtypes.string, name="asset_filepath")
            op = host_ops.create("InitializeTableFromTextFileV2", [table.resource_handle, filename], {
                "key_index": self._key_index, "value_index": self._value_index,
                "vocab_size": -1 if self._vocab_size is None else self._vocab_size, "delimiter": self._delimiter}, scope)
        ops.add_to_collection(ops.GraphKeys.TABLE_INITIALIZERS, op)
        if filename.op.type == "Const":
            ops.add_to_collection(ops.GraphKeys.ASSET_FILEPATHS, filename)
        return op


class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from line numbers to lines."""

    def __init__(self, filename, key_column_index=TextFileIndex.LINE_NUMBER, value_column_index=TextFileIndex.WHOLE_LINE,
                 vocab_size=None, delimiter="\t", name="text_file_string_table_init"):
        super().__init__(filename, dtypes.int64, key_column_index, dtypes.string, value_column_index,
                         vocab_size, delimiter, name)


class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from lines to their numbers."""

    def __init__(self, filename, key_column_index=TextFileIndex.WHOLE_LINE, value_column_index=TextFileIndex.LINE_NUMBER,
                 vocab_size=None, delimiter="\t", name="text_file_id_table_init", key_dtype=dtypes.string):
        super().__init__(filename, key_dtype, key_column_index, dtypes.int64, value_column_index, vocab_size,
                         delimiter, name)


class HasherSpec(collections.namedtuple("HasherSpec", ["hasher", "key"])):
    """How words that a table has not are spread over buckets."""

    __slots__ = ()


FastHashSpec = HasherSpec("fasthash", None)


class StrongHashSpec(HasherSpec):
    """A hash with a key: two numbers."""

    __slots__ = ()

    def __new__(cls, key):
        if len(key) != 2 or not all(isinstance(one, int) for one in key):
            raise ValueError(f"key must have size 2 and be of integers, got {key}.")
        return super().__new__(cls, "stronghash", list(key))


class IdTableWithHashBuckets(LookupInterface):
    """A table from words to numbers that gives words that it has not one of the numbers behind."""

    def __init__(self, table, num_oov_buckets, hasher_spec=FastHashSpec, name=None, key_dtype=None):
        key_dtype = key_dtype or (table.key_dtype if table else dtypes.string)
        self._table = table
        if table is None and num_oov_buckets <= 0:
            raise ValueError("oov_buckets must be > 0 if no table is supplied.")
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"hasher_spec must be of type HasherSpec, got {hasher_spec}")
        self._num_oov_buckets = num_oov_buckets
        self._hasher_spec = hasher_spec
        self._table_name = name if name else "id_table_with_hash_buckets"
        super().__init__(key_dtype, dtypes.int64)

    @property
    def name(self):
        return self._table_name

    @property
    def initializer(self):
        from tenseur.python.ops import control_flow_ops
        return self._table.initializer if self._table is not None else control_flow_ops.no_op()

    init = initializer

    @property
    def resource_handle(self):
        return self._table.resource_handle if self._table is not None else None

    def size(self, name=None):
        if self._table is None:
            return ops.convert_to_tensor(self._num_oov_buckets, dtype=dtypes.int64)
        return self._table.size() + ops.convert_to_tensor(self._num_oov_buckets, dtype=dtypes.int64)

    def lookup(self, keys, name=None):
        """The numbers of the words."""
        from tenseur.python.ops import array_ops, math_ops, string_ops
        keys = _keys(keys, self._key_dtype)
        values = keys.values if isinstance(keys, sparse_tensor.SparseTensor) else keys
        if self._table is not None and self._table.key_dtype.base_dtype == dtypes.int64:
            values = math_ops.cast(values, dtypes.int64)
        if self._num_oov_buckets == 0:
            ids = self._table.lookup(values, name=name)
        else:
            words = values if values.dtype.base_dtype == dtypes.string else string_ops.as_string(values)
            with ops.name_scope(name, f"{self._table_name}_Lookup"):
                if self._hasher_spec.hasher == "fasthash":
                    buckets = string_ops.string_to_hash_bucket_fast(words, self._num_oov_buckets, name="hash_bucket")
                else:
                    buckets = string_ops.string_to_hash_bucket_strong(words, self._num_oov_buckets, self._hasher_spec.key,
                                                                      name="hash_bucket")
                ids = buckets
                if self._table is not None:
                    found = self._table.lookup(values)
                    ids = array_ops.where(math_ops.not_equal(found, self._table.default_value), found,
                                          math_ops.add(buckets, self._table.size()))
        if isinstance(keys, sparse_tensor.SparseTensor):
            return sparse_tensor.SparseTensor(keys.indices, ids, keys.dense_shape)
        return ids


def index_table_from_file(vocabulary_file=None, num_oov_buckets=0, vocab_size=None, default_value=-1, hasher_spec=FastHashSpec,
                          key_dtype=dtypes.string, name=None, key_column_index=TextFileIndex.WHOLE_LINE,
                          value_column_index=TextFileIndex.LINE_NUMBER, delimiter="\t"):
    """A table from the words of a file, one a line, to their numbers."""
    if vocabulary_file is None or isinstance(vocabulary_file, str) and not vocabulary_file:
        raise ValueError("vocabulary_file must be specified and must not be empty.")
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    with ops.name_scope(name, "string_to_index"):
        with ops.name_scope(None, "hash_table"):
            init = TextFileIdTableInitializer(vocabulary_file, vocab_size=vocab_size, name="table_init",
                                              key_dtype=key_dtype if not dtypes.as_dtype(key_dtype).is_integer else dtypes.int64,
                                              key_column_index=key_column_index, value_column_index=value_column_index,
                                              delimiter=delimiter)
            table = HashTable(init, default_value)
        if num_oov_buckets or dtypes.as_dtype(key_dtype) != table.key_dtype:
            table = IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, name, key_dtype)
    return table


def index_table_from_tensor(vocabulary_list=None, num_oov_buckets=0, default_value=-1, hasher_spec=FastHashSpec,
                            dtype=dtypes.string, name=None, mapping=None):
    """A table from the words of a list to their numbers."""
    vocabulary_list = mapping if vocabulary_list is None else vocabulary_list
    if vocabulary_list is None:
        raise ValueError("vocabulary_list must be specified.")
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    with ops.name_scope(name, "string_to_index"):
        keys = ops.convert_to_tensor(vocabulary_list)
        if keys.dtype.base_dtype.is_integer != dtypes.as_dtype(dtype).is_integer:
            raise ValueError(f"Invalid dtype: Expected {dtype}, got {keys.dtype}.")
        from tenseur.python.ops import array_ops, math_ops
        if keys.dtype.base_dtype.is_integer:
            keys = math_ops.cast(keys, dtypes.int64)
        values = math_ops.cast(math_ops.range(array_ops.size(keys)), dtypes.int64)
        with ops.name_scope(None, "hash_table"):
            init = KeyValueTensorInitializer(keys, values, keys.dtype.base_dtype, dtypes.int64, name="table_init")
            table = HashTable(init, default_value)
        if num_oov_buckets or dtypes.as_dtype(dtype) != table.key_dtype:
            table = IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, name, dtype)
    return table


def index_to_string_table_from_file(vocabulary_file, vocab_size=None, default_value="UNK", name=None,
                                    key_column_index=TextFileIndex.LINE_NUMBER, value_column_index=TextFileIndex.WHOLE_LINE,
                                    delimiter="\t"):
    """A table from numbers to the words of a file, one a line."""
    if not isinstance(vocabulary_file, ops.Tensor) and not vocabulary_file:
        raise ValueError("vocabulary_file must be specified.")
    with ops.name_scope(name, "index_to_string"):
        init = TextFileStringTableInitializer(vocabulary_file, vocab_size=vocab_size, name="table_init",
                                              key_column_index=key_column_index, value_column_index=value_column_index,
                                              delimiter=delimiter)
        return HashTable(init, default_value)


def index_to_string_table_from_tensor(vocabulary_list=None, default_value="UNK", name=None, mapping=None):
    """A table from numbers to the words of a list."""
    vocabulary_list = mapping if vocabulary_list is None else vocabulary_list
    if vocabulary_list is None:
        raise ValueError("vocabulary_list must be specified.")
    from tenseur.python.ops import array_ops, math_ops
    with ops.name_scope(name, "index_to_string"):
        words = ops.convert_to_tensor(vocabulary_list, dtypes.string)
        keys = math_ops.cast(math_ops.range(array_ops.size(words)), dtypes.int64)
        init = KeyValueTensorInitializer(keys, words, dtypes.int64, dtypes.string, name="table_init")
        return HashTable(init, default_value)


string_to_index_table_from_file, string_to_index_table_from_tensor = index_table_from_file, index_table_from_tensor


def string_to_index(tensor, mapping, default_value=-1, name=None):
    """The numbers of the words, by their places in `mapping`."""
    return index_table_from_tensor(mapping, default_value=default_value, name=name).lookup(tensor)


def index_to_string(tensor, mapping, default_value="UNK", name=None):
    """The words of the numbers."""
    return index_to_string_table_from_tensor(mapping, default_value=default_value, name=name).lookup(tensor)


class MutableHashTable(LookupInterface):
    """A table whose entries runs put in and take out."""

    def __init__(self, key_dtype, value_dtype, default_value, shared_name=None, name="MutableHashTable",
                 checkpoint=True):
        super().__init__(key_dtype, value_dtype)
        self._default_value = ops.convert_to_tensor(default_value, dtype=self._value_dtype)
        shape = self._default_value.shape
        if shape.ndims == 0:
            self._resource_handle = _created("MutableHashTableV2", key_dtype, value_dtype, name, shared_name)
        else:
            self._resource_handle = _created("MutableHashTableOfTensorsV2", key_dtype, value_dtype, name, shared_name,
                                             value_shape=("shape", shape._dims))
        self._name = self._resource_handle.op.name.split("/")[-1]

    def lookup(self, keys, dynamic_default_values=None, name=None):
        """The values of the keys; the default for those that are not there."""
        with ops.name_scope(name, f"{self._name}_lookup_table_find"):
            return self._find(_keys(keys, self._key_dtype), self._default_value, None)

    def insert(self, keys, values, name=None):
        """The operation that puts in entries; a key that is there gets the new value."""
        with ops.name_scope(name, f"{self._name}_lookup_table_insert") as scope:
            keys = ops.convert_to_tensor(keys, self._key_dtype, name="keys")
            values = ops.convert_to_tensor(values, self._value_dtype, name="values")
            return host_ops.create("LookupTableInsertV2", [self._resource_handle, keys, values], {
                "Tin": ("type", self._key_dtype.as_datatype_enum), "Tout": ("type", self._value_dtype.as_datatype_enum)},
                scope + "LookupTableInsertV2/")

    def remove(self, keys, name=None):
        """The operation that takes out entries."""
        keys = ops.convert_to_tensor(keys, self._key_dtype, name="keys")
        return host_ops.create("LookupTableRemoveV2", [self._resource_handle, keys], {
            "Tin": ("type", self._key_dtype.as_datatype_enum)}, name)


class MutableDenseHashTable(MutableHashTable):
    """A table whose entries runs put in and take out."""

    def __init__(self, key_dtype, value_dtype, default_value, empty_key, deleted_key=None, initial_num_buckets=None,
                 shared_name=None, name="MutableDenseHashTable", checkpoint=True):
        super().__init__(key_dtype, value_dtype, default_value, shared_name, name, checkpoint)


DenseHashTable = MutableDenseHashTable
