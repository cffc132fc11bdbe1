"""Records of sequences: what their context and their steps have, as dense, sparse and ragged tensors."""

import numpy as np
import tensorflow as tf

raw, v1 = tf.raw_ops, tf.compat.v1


def feature(values):
    if values is None:
        return tf.train.Feature()
    kind = np.asarray(values).dtype.kind
    if isinstance(values, tuple):  # An empty list, of a kind.
        return tf.train.Feature(**{values[0]: {"bytes_list": tf.train.BytesList(), "float_list": tf.train.FloatList(),
                                               "int64_list": tf.train.Int64List()}[values[0]]})
    if kind == "i":
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode() for text in values]))


def sequence(context, steps):
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={key: feature(values) for key, values in context.items()}),
        feature_lists=tf.train.FeatureLists(feature_list={
            key: tf.train.FeatureList(feature=[feature(values) for values in lists]) for key, lists in steps.items()})
    ).SerializeToString(deterministic=True)


TYPES = {"string": tf.string, "float": tf.float32, "int": tf.int64}
EMPTY = {"string": "", "float": np.float32(0), "int": np.int64(0)}


def record(family):
    full = sequence({"id": [7], "weights": [0.5, -1.0], "tags": ["a", "b", "c"]},
                    {"pairs": [[1, 2], [3, 4], [5, 6]], "words": [["x"], ("bytes_list",), ["y", "z"]], "one": [[0.5]]})
    short = sequence({"id": [8], "weights": [2.0, 3.0]}, {"pairs": [[9, 8]], "words": [["u", "v", "w"]], "one": []})
    bare = sequence({"id": [9], "tags": ("bytes_list",)}, {"pairs": []})
    wrong = sequence({"id": [1.5], "weights": [1, 2]}, {"pairs": [[1.0, 2.0]], "words": [[1], ["a"]]})
    ragged = sequence({"id": [1, 2]}, {"pairs": [[1, 2], [3]], "words": [None, ["a"], ("bytes_list",)]})
    unset = sequence({"id": None, "weights": None, "tags": None}, {"pairs": [None], "words": [None, None], "one": [("int64_list",)]})
    records = {"full": full, "short": short, "bare": bare, "wrong": wrong, "ragged": ragged, "unset": unset, "empty": b"",
               "junk": b"\x07\x7f"}

    # What is asked for: of the context and of the steps sparse, dense and ragged lists: keys with types, shapes, defaults.
    asked = {
        "id": dict(context_dense=[("id", "int", [], None)]),
        "id_of_two": dict(context_dense=[("id", "int", [2], None)]),
        "id_given": dict(context_dense=[("id", "int", [], np.int64(-5))]),
        "weights": dict(context_dense=[("weights", "float", [2], np.float32([9.0, 10.0])), ("id", "int", [1], None)]),
        "weights_badly": dict(context_dense=[("weights", "float", [2], np.float32([9.0]))]),
        "tags": dict(context_sparse=[("tags", "string"), ("id", "int")]),
        "tags_as_numbers": dict(context_sparse=[("tags", "float")]),
        "nothing_there": dict(context_sparse=[("none", "float")], steps_sparse=[("none", "int")]),
        "pairs": dict(steps_dense=[("pairs", "int", [2])]),
        "pairs_or_none": dict(steps_dense=[("pairs", "int", [2]), ("none", "string", [])], missing=["none", "pairs"]),
        "one": dict(steps_dense=[("one", "float", [1])], missing=["one"]),
        "words": dict(steps_sparse=[("words", "string"), ("pairs", "int")]),
        "words_dense": dict(steps_dense=[("words", "string", [])], missing=["words"]),
        "one_sparse": dict(steps_sparse=[("one", "float")]),
        "all": dict(context_dense=[("id", "int", [1], None)], context_sparse=[("tags", "string")],
                    steps_dense=[("pairs", "int", [1, 2])], steps_sparse=[("words", "string")]),
        "twice": dict(context_dense=[("id", "int", [], None)], context_sparse=[("id", "int")]),
        "twice_dense": dict(context_dense=[("id", "int", [], None), ("id", "int", [1], None)]),
        "nothing": dict(),
    }
    rows = {
        "ragged_tags": dict(context_ragged=[("tags", "string", tf.int64), ("weights", "float", tf.int32)]),
        "ragged_words": dict(steps_ragged=[("words", "string", tf.int32), ("pairs", "int", tf.int64), ("none", "float", tf.int32)]),
        "ragged_all": dict(context_dense=[("id", "int", [1], None)], context_ragged=[("tags", "string", tf.int64)],
                           steps_sparse=[("one", "float")], steps_ragged=[("words", "string", tf.int32)],
                           steps_dense=[("pairs", "int", [2])], missing=["pairs"]),
        "ragged_twice": dict(steps_ragged=[("words", "string", tf.int32)], steps_sparse=[("words", "string")]),
    }

    def parts(wanted):
        get = lambda name: wanted.get(name, [])
        dense, steps_dense = get("context_dense"), get("steps_dense")
        keys = {name: [item[0] for item in get(name)] for name in
                ("context_sparse", "context_dense", "context_ragged", "steps_sparse", "steps_dense", "steps_ragged")}
        types = {name: [TYPES[item[1]] for item in get(name)] for name in keys}
        defaults = [tf.constant(np.zeros([0], object) if kind == "string" else np.zeros([0], EMPTY[kind].dtype), TYPES[kind])
                    if default is None else tf.constant(default) for _, kind, _, default in dense]
        shapes = dict(context_dense_shapes=[item[2] for item in dense], feature_list_dense_shapes=[item[2] for item in steps_dense])
        common = dict(context_sparse_types=types["context_sparse"], feature_list_sparse_types=types["steps_sparse"],
                      feature_list_dense_types=types["steps_dense"], context_dense_defaults=defaults, **shapes)
        return get, keys, types, common

    def single(record, wanted, name=""):
        get, keys, types, common = parts(wanted)
        text = lambda names: [tf.constant(name) for name in names]
        return raw.ParseSingleSequenceExample(
            serialized=record, feature_list_dense_missing_assumed_empty=tf.constant(get("missing"), tf.string, [len(get("missing"))]),
            context_sparse_keys=text(keys["context_sparse"]), context_dense_keys=text(keys["context_dense"]),
            feature_list_sparse_keys=text(keys["steps_sparse"]), feature_list_dense_keys=text(keys["steps_dense"]),
            debug_name=tf.constant(name), **common)

    def batch(records, wanted, names=()):
        get, keys, types, common = parts(wanted)
        return raw.ParseSequenceExample(
            serialized=records, debug_name=tf.constant(list(names), tf.string, [len(names)]),
            feature_list_dense_missing_assumed_empty=get("missing"),
            context_sparse_keys=keys["context_sparse"], context_dense_keys=keys["context_dense"],
            feature_list_sparse_keys=keys["steps_sparse"], feature_list_dense_keys=keys["steps_dense"],
            Ncontext_sparse=len(keys["context_sparse"]), Ncontext_dense=len(keys["context_dense"]),
            Nfeature_list_sparse=len(keys["steps_sparse"]), Nfeature_list_dense=len(keys["steps_dense"]), **common)

    def second(records, wanted, names=()):
        get, keys, types, common = parts(wanted)
        text = lambda names: tf.constant(names, tf.string, [len(names)])
        splits = lambda name: [item[2] for item in get(name)]
        return raw.ParseSequenceExampleV2(
            serialized=records, debug_name=text(list(names)), context_sparse_keys=text(keys["context_sparse"]),
            context_dense_keys=text(keys["context_dense"]), context_ragged_keys=text(keys["context_ragged"]),
            feature_list_sparse_keys=text(keys["steps_sparse"]), feature_list_dense_keys=text(keys["steps_dense"]),
            feature_list_ragged_keys=text(keys["steps_ragged"]),
            feature_list_dense_missing_assumed_empty=tf.constant(
                [key in get("missing") for key in keys["steps_dense"]], tf.bool, [len(keys["steps_dense"])]),
            Ncontext_sparse=len(keys["context_sparse"]), Nfeature_list_sparse=len(keys["steps_sparse"]),
            Nfeature_list_dense=len(keys["steps_dense"]),
            context_ragged_value_types=types["context_ragged"], context_ragged_split_types=splits("context_ragged"),
            feature_list_ragged_value_types=types["steps_ragged"], feature_list_ragged_split_types=splits("steps_ragged"), **common)

    def all_of(outputs):
        flat = [y for part in outputs for y in (part if isinstance(part, list) else [part])]
        return flat + [tf.constant(1)]

    def of_one(outputs):
        """As `all_of`; of one record, the ends of records are memory that nobody wrote."""
        names = ("context_ragged_row_splits", "feature_list_ragged_outer_splits")
        return all_of([[tf.shape(y) for y in part] if name in names else part for name, part in outputs._asdict().items()])

    for label, wanted in asked.items():
        for name, record in records.items():
            family.case(f"sequence_{label}_{name}", {}, lambda: all_of(single(tf.constant(record), wanted)))
        for name in ("full", "short", "unset"):
            family.case(f"sequence_alone_{label}_{name}", {}, lambda: all_of(second(tf.constant(records[name]), wanted)))
        for chosen in (["full", "short"], ["short", "bare", "full"], ["full", "wrong"], ["full", "ragged"], ["unset", "full"],
                       ["full", "empty"], ["bare", "junk"], []):
            some = np.array([records[name] for name in chosen] + [None], object)[:-1]
            name = "_".join(chosen) or "none"
            family.case(f"sequences_{label}_{name}", {}, lambda: all_of(
                batch(tf.constant(list(some), tf.string, [len(some)]), wanted)))
            family.case(f"sequences_v2_{label}_{name}", {}, lambda: all_of(
                second(tf.constant(list(some), tf.string, [len(some)]), wanted)))
    for label, wanted in rows.items():
        for name in ("full", "bare", "unset", "wrong"):
            family.case(f"sequence_{label}_{name}", {}, lambda: of_one(second(tf.constant(records[name]), wanted)))
        for chosen in (["full", "short"], ["short", "bare", "full"], ["unset", "full"], ["full", "ragged"], ["full", "empty"], []):
            some = [records[name] for name in chosen]
            name = "_".join(chosen) or "none"
            family.case(f"sequences_v2_{label}_{name}", {}, lambda: all_of(
                second(tf.constant(some, tf.string, [len(some)]), wanted)))
    family.case("sequence_named", {}, lambda: all_of(single(tf.constant(full), asked["pairs"], "some record")))
    family.case("sequences_named", {}, lambda: all_of(batch(tf.constant([full, short]), asked["pairs"], ["a", "b"])))
    family.case("sequences_named_badly", {}, lambda: all_of(batch(tf.constant([full, short]), asked["pairs"], ["a"])))
    for rank, shape in ((1, [1]), (2, [1, 1])):
        of_rank = lambda: v1.placeholder_with_default(tf.constant([full], tf.string, shape), None)
        family.case(f"sequence_of_rank_{rank}", {}, lambda: all_of(single(of_rank(), asked["pairs"])))
        family.case(f"sequences_of_rank_{rank}", {}, lambda: all_of(batch(of_rank(), asked["pairs"])))
        family.case(f"sequences_v2_of_rank_{rank}", {}, lambda: all_of(second(of_rank(), asked["pairs"])))
