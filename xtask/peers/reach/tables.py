"""Tables from keys to values, in the forms that TensorFlow has had, and counters."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def pairs(key, value):
    keys = {"string": ["a", "b", "longer"], "int64": [7, -3, 2**40], "int32": [7, -3, 9]}[key]
    values = {"string": ["one", "", "three"], "int64": [1, -2, 2**41], "int32": [1, -2, 3], "float32": [0.5, -1.0, 3.0],
              "float64": [0.25, -1.5, 3.0], "bool": [True, False, True]}[value]
    return tf.constant(keys, key), tf.constant(values, value)


def wanted(key):
    return np.array({"string": [["b", "x"], ["longer", "a"]], "int64": [[-3, 5], [2**40, 7]], "int32": [[-3, 5], [9, 7]]}[key],
                    object if key == "string" else key)


def default(value):
    return tf.constant({"string": "none", "bool": True}.get(value, -9), value)


KINDS = [("string", "int64"), ("string", "int32"), ("string", "float32"), ("string", "float64"), ("string", "bool"),
         ("string", "string"), ("int64", "string"), ("int64", "int64"), ("int64", "int32"), ("int64", "float32"), ("int64", "float64"),
         ("int32", "string"), ("int32", "int32"), ("int32", "float32"), ("int32", "float64")]


def sorted_entries(keys, values):
    order = tf.argsort(keys) if keys.dtype != tf.string else tf.argsort(tf.strings.to_hash_bucket_fast(keys, 1000))
    return tf.gather(keys, order), tf.gather(values, order)


def record(family):
    for key, value in KINDS:
        def static(x, version):
            table = raw.HashTableV2(key_dtype=key, value_dtype=value) if version == 2 else raw.HashTable(
                key_dtype=key, value_dtype=value)
            fill = raw.InitializeTableV2 if version == 2 else raw.InitializeTable
            keys, values = pairs(key, value)
            with tf.control_dependencies([fill(table_handle=table, keys=keys, values=values)]):
                find = raw.LookupTableFindV2 if version == 2 else raw.LookupTableFind
                size = raw.LookupTableSizeV2 if version == 2 else raw.LookupTableSize
                export = raw.LookupTableExportV2 if version == 2 else raw.LookupTableExport
                return [find(table_handle=table, keys=x, default_value=default(value)), size(table_handle=table),
                        *sorted_entries(*export(table_handle=table, Tkeys=key, Tvalues=value))]

        for version in (1, 2):
            family.case(f"static_{version}_{key}_{value}", {"x": wanted(key)}, lambda x: static(x, version), runs=2)

    mutable = [("string", "int64"), ("string", "float32"), ("string", "bool"), ("int64", "string"), ("int64", "int64"),
               ("int64", "float32"), ("int32", "float64")]
    for key, value in mutable:
        def changed(x, version):
            own = "V2" if version == 2 else ""
            call = lambda name, **options: getattr(raw, name + own)(**options)
            table = call("MutableHashTable", key_dtype=key, value_dtype=value)
            keys, values = pairs(key, value)
            with tf.control_dependencies([call("LookupTableInsert", table_handle=table, keys=keys[:2], values=values[:2])]):
                before = call("LookupTableFind", table_handle=table, keys=x, default_value=default(value))
                first = call("LookupTableSize", table_handle=table)
            with tf.control_dependencies([before, first]):
                insert = call("LookupTableInsert", table_handle=table, keys=keys[1:], values=values[:2])
            with tf.control_dependencies([insert]):
                second = tf.identity(call("LookupTableFind", table_handle=table, keys=x, default_value=default(value)))
            with tf.control_dependencies([second]):
                remove = raw.LookupTableRemoveV2(table_handle=table, keys=keys[:1]) if version == 2 else tf.no_op()
            with tf.control_dependencies([remove]):
                third = call("LookupTableSize", table_handle=table)
                exported = call("LookupTableExport", table_handle=table, Tkeys=key, Tvalues=value)
            with tf.control_dependencies([third, exported[0]]):
                put = call("LookupTableImport", table_handle=table, keys=keys[2:], values=values[2:])
            with tf.control_dependencies([put]):
                last = call("LookupTableSize", table_handle=table)
            return [before, second, third, last, *sorted_entries(*exported)]

        for version in (1, 2):
            family.case(f"mutable_{version}_{key}_{value}", {"x": wanted(key)}, lambda x: changed(x, version))

    def vectors(x):
        table = raw.MutableHashTableOfTensorsV2(key_dtype=tf.int64, value_dtype=tf.float32, value_shape=[2])
        insert = raw.LookupTableInsertV2(table_handle=table, keys=np.array([3, 4], np.int64), values=[[1.0, 2.0], [3.0, 4.0]])
        with tf.control_dependencies([insert]):
            return [raw.LookupTableFindV2(table_handle=table, keys=x, default_value=[-1.0, -2.0]),
                    raw.LookupTableFindV2(table_handle=table, keys=x[0], default_value=[[9.0, 8.0], [7.0, 6.0]])]

    family.case("vectors", {"x": np.array([[4, 5], [3, 4]], np.int64)}, vectors)

    def dense(x):
        table = raw.MutableDenseHashTableV2(empty_key=np.int64(-1), deleted_key=np.int64(-2), value_dtype=tf.float32)
        insert = raw.LookupTableInsertV2(table_handle=table, keys=np.arange(100), values=np.arange(100).astype(np.float32) / 2)
        with tf.control_dependencies([insert]):
            remove = raw.LookupTableRemoveV2(table_handle=table, keys=np.arange(0, 100, 3))
        with tf.control_dependencies([remove]):
            return [raw.LookupTableFindV2(table_handle=table, keys=x, default_value=-7.0), raw.LookupTableSizeV2(table_handle=table)]

    family.case("dense", {"x": np.array([4, 5, 6, 99, 100, 1], np.int64)}, dense)
    family.case("dense_one", {"x": np.array(4, np.int64)}, dense)
    family.refused("dense_matrix", {"x": np.array([[4, 5, 6], [99, 100, 1]], np.int64)}, lambda x: dense(x)[0])

    def dense_rows(x):
        table = raw.MutableDenseHashTableV2(empty_key=np.array([-1, 0]), deleted_key=np.array([-2, 0]), value_dtype=tf.float64,
                                            value_shape=[3])
        insert = raw.LookupTableInsertV2(table_handle=table, keys=np.array([[1, 2], [3, 4]]), values=np.arange(6.0).reshape(2, 3))
        with tf.control_dependencies([insert]):
            return raw.LookupTableFindV2(table_handle=table, keys=x, default_value=np.zeros([3]) - 1)

    family.case("dense_rows", {"x": np.array([[3, 4], [1, 3], [1, 2]])}, dense_rows)

    def wrong(label, build, feed=np.array(["a"], object)):
        family.refused(f"refused_{label}", {"x": feed}, build)

    def made():
        return raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)

    def two(x, keys, values):
        table = made()
        fill = raw.InitializeTableV2(table_handle=table, keys=np.array(["a"], object), values=np.array([1]))
        with tf.control_dependencies([fill]):
            again = raw.InitializeTableV2(table_handle=table, keys=keys, values=values)
        with tf.control_dependencies([again]):
            return raw.LookupTableFindV2(table_handle=table, keys=x, default_value=np.int64(0))

    family.case("filled_twice_alike", {"x": np.array(["a"], object)}, lambda x: two(x, np.array(["a"], object), np.array([1])))
    # TensorFlow looks only at how many entries there are.
    family.case("filled_twice", {"x": np.array(["a", "b"], object)}, lambda x: two(x, np.array(["b"], object), np.array([1])))
    wrong("filled_twice", lambda x: two(x, np.array(["a", "b"], object), np.array([1, 2])))
    wrong("two_values", lambda x: two(x, np.array(["b", "b"], object), np.array([1, 2])))
    wrong("not_filled", lambda x: raw.LookupTableFindV2(table_handle=made(), keys=x, default_value=np.int64(0)))
    wrong("export_not_filled", lambda x: raw.LookupTableExportV2(table_handle=made(), Tkeys=tf.string, Tvalues=tf.int64)[0])
    family.case("size_not_filled", {"x": np.array(["a"], object)}, lambda x: [raw.LookupTableSizeV2(table_handle=made()), x])

    def after(op, handle):
        with tf.control_dependencies([op]):
            return raw.LookupTableSizeV2(table_handle=handle)

    def put(op):
        handle = made()
        return after(op(table_handle=handle, keys=np.array(["b"], object), values=np.array([1])), handle)

    wrong("insert", lambda x: put(raw.LookupTableInsertV2))
    family.case("import_static", {"x": np.array(["a"], object)}, lambda x: [put(raw.LookupTableImportV2), x])

    def removed(x):
        handle = made()
        return after(raw.LookupTableRemoveV2(table_handle=handle, keys=x), handle)

    wrong("remove", removed)

    def keys_of_another_type(x):
        handle = made()
        return raw.LookupTableFindV2(table_handle=handle, keys=np.array([1]), default_value=np.int64(0))

    wrong("key_type", keys_of_another_type)

    def lengths(x):
        handle = raw.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
        return after(raw.LookupTableInsertV2(table_handle=handle, keys=x, values=tf.range(tf.size(x, tf.int64) + 1)), handle)

    wrong("lengths", lengths)

    def empty_key(x):
        handle = raw.MutableDenseHashTableV2(empty_key=np.int64(-1), deleted_key=np.int64(-2), value_dtype=tf.float32)
        return raw.LookupTableFindV2(table_handle=handle, keys=x, default_value=1.0)

    wrong("empty_key", empty_key, np.array([-1], np.int64))

    for dtype in (tf.int32, tf.int64):
        def counted(x, resource):
            if resource:
                v = v1.get_variable("v", initializer=tf.cast(0, dtype), use_resource=True)
                with tf.control_dependencies([v.assign(x)]):
                    count = raw.ResourceCountUpTo(resource=v.handle, limit=3, T=dtype)
                with tf.control_dependencies([count]):
                    return [count, v.read_value()]
            v = raw.VariableV2(shape=[], dtype=dtype)
            with tf.control_dependencies([raw.Assign(ref=v, value=x)]):
                count = raw.CountUpTo(ref=v, limit=3)
            with tf.control_dependencies([count]):
                return [count, tf.identity(v)]

        for resource in (False, True):
            for start in (-1, 2, 3, 4):
                family.case(f"count_{dtype.name}_{resource}_{start}", {"x": np.array(start, dtype.as_numpy_dtype)},
                            lambda x: counted(x, resource))
