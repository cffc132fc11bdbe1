"""Parts of pictures, records of sequences, sparse tensors as strings and variants, and the best boxes of several classes."""

import numpy as np
import tensorflow as tf

raw, v1 = tf.raw_ops, tf.compat.v1


def computed(build):
    with v1.Graph().as_default(), v1.Session() as session:
        return session.run(build())


def pictures(family):
    """Windows in pictures that are smooth, so that decoders differ little."""
    for channels in (1, 3):
        x = (np.add.outer(np.arange(24) * 4, np.arange(40) * 3)[:, :, None] + np.arange(channels) * 20).astype(np.uint8)
        file = computed(lambda: raw.EncodeJpeg(image=x, quality=97))
        for wanted in (0, 1, 3):
            for ratio, method in ((1, ""), (2, "INTEGER_ACCURATE"), (4, "INTEGER_FAST")):
                for number, window in enumerate(([0, 0, 24, 40], [3, 5, 11, 17], [20, 33, 4, 7], [16, 8, 1, 1])):
                    window = np.int32([part // ratio for part in window[:2]] + [max(1, part // ratio) for part in window[2:]])
                    options = dict(channels=wanted, ratio=ratio, dct_method=method)
                    answer = computed(lambda: raw.DecodeAndCropJpeg(contents=file, crop_window=window, **options)).astype(np.float32)

                    def near(window):
                        got = raw.DecodeAndCropJpeg(contents=tf.constant(file), crop_window=window, **options)
                        far = tf.abs(tf.cast(got, tf.float32) - answer)
                        return tf.shape(got), tf.reduce_max(far) <= 12.0, tf.reduce_mean(far) <= 3.0

                    family.case(f"window_{channels}_{wanted}_{ratio}_{number}", {"window": window}, near)
    file = computed(lambda: raw.EncodeJpeg(image=np.full([16, 16, 3], 77, np.uint8)))
    for label, window in (("below", [12, 12, 5, 4]), ("beside", [0, 15, 1, 2]), ("negative", [-1, 0, 2, 2]),
                          ("empty", [0, 0, 0, 4]), ("three", [0, 0, 1]), ("matrix", [[0, 0, 1, 1]])):
        family.refused(f"window_{label}", {"window": np.array(window, np.int32)},
                       lambda window: raw.DecodeAndCropJpeg(contents=tf.constant(file), crop_window=window))
    family.case("window_known", {}, lambda: tf.cast(raw.DecodeAndCropJpeg(contents=tf.constant(file), crop_window=[2, 3, 4, 5]), tf.int32))
    png = computed(lambda: raw.EncodePng(image=np.full([16, 16, 3], 77, np.uint8)))
    for label, contents in (("png", png), ("cut", file[:300]), ("junk", b"abc"), ("nothing", b"")):
        family.refused(f"window_of_{label}", {"window": np.int32([0, 0, 1, 1])},
                       lambda window: raw.DecodeAndCropJpeg(contents=tf.constant(contents), crop_window=window))


LONG = np.int64
DTYPES = (np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_,
          np.complex64, np.complex128, np.object_)


def values_of(dtype, count):
    if dtype == np.object_:
        return np.array(["", "a", "bc", "ü"] * 2, object)[:count]
    return np.array([1, 0, 3, 2, 5, 4, 7, 6][:count]).astype(dtype)


INDICES, SHAPE = LONG([[0, 1], [0, 2], [2, 0], [2, 3]]), LONG([4, 5])


def strings(family):
    """Sparse tensors as strings and variants, and back. Bytes are told in base 64."""
    text = raw.EncodeBase64
    for dtype in DTYPES:
        name = "string" if dtype == np.object_ else np.dtype(dtype).name
        kind = tf.string if dtype == np.object_ else tf.as_dtype(dtype)
        for count in (4, 1, 0):
            feeds = {"i": INDICES[:count], "v": values_of(dtype, count), "s": SHAPE}

            def one(i, v, s):
                parts = dict(sparse_indices=i, sparse_values=v, sparse_shape=s)
                out = []
                for call in (raw.SerializeSparse, raw.SerializeManySparse):
                    as_strings, as_variants = call(**parts), call(**parts, out_type=tf.variant)
                    out += [text(input=as_strings), *raw.DeserializeSparse(serialized_sparse=as_strings, dtype=kind),
                            *raw.DeserializeSparse(serialized_sparse=as_variants, dtype=kind)]
                return out + list(raw.DeserializeManySparse(serialized_sparse=as_strings, dtype=kind))

            family.case(f"strings_{name}_{count}", feeds, one)
            if count == 4:
                family.case(f"strings_unknown_{name}", feeds, one, known=False)
    for count in (1, 3):
        family.case(f"tensor_bytes_{count}", {"x": np.float32([1.5, 2, 3][:count])}, lambda x: [
            text(input=raw.SerializeTensor(tensor=tf.cast(x, kind))) for kind in (
                tf.float16, tf.float32, tf.float64, tf.int32, tf.int64, tf.uint8, tf.bool, tf.complex64)])
    stacked = lambda i, v, s: raw.SerializeManySparse(sparse_indices=i, sparse_values=v, sparse_shape=s)
    feeds = lambda: {"i": INDICES.copy(), "v": np.float32([1, 2, 3, 4]), "s": SHAPE.copy()}
    for label, shape in (("2x2", [2, 2, 3]), ("1x4", [1, 4, 3]), ("4x1x1", [4, 1, 1, 3])):
        family.case(f"strings_stacked_{label}", feeds(), lambda i, v, s: list(
            raw.DeserializeSparse(serialized_sparse=tf.reshape(stacked(i, v, s), shape), dtype=tf.float32)))
    deep = lambda: {"i": LONG([[0, 0, 1], [1, 2, 0]]), "v": np.float32([1, 2]), "s": LONG([2, 3, 4])}
    family.case("strings_deep", deep(), lambda i, v, s: list(
        raw.DeserializeManySparse(serialized_sparse=stacked(i, v, s), dtype=tf.float32)))
    family.case("variants_deep", deep(), lambda i, v, s: list(raw.DeserializeSparse(serialized_sparse=raw.SerializeManySparse(
        sparse_indices=i, sparse_values=v, sparse_shape=s, out_type=tf.variant), dtype=tf.float32)))
    tensor = lambda x: raw.SerializeTensor(tensor=x)
    several = lambda i, v, s: tf.stack([tensor(i), tensor(v), tensor(s)])

    def sizes(i, v, s):
        other = several(i[:1], v[:1], tf.constant([9, 2], tf.int64))
        return list(raw.DeserializeManySparse(serialized_sparse=tf.stack([several(i, v, s), other]), dtype=tf.float32))

    family.case("strings_sizes", feeds(), sizes)
    # One tensor alone need not fit together as long as nobody reads it.
    family.case("strings_unfit", {"i": INDICES[:2], "v": np.float32([1, 2, 3]), "s": LONG([3])},
                lambda i, v, s: text(input=raw.SerializeSparse(sparse_indices=i, sparse_values=v, sparse_shape=s)), known=False)
    changed = {
        "unordered": {"i": INDICES[::-1].copy()}, "repeated": {"i": INDICES[[0, 0, 2, 3]]}, "outside": {"i": INDICES + LONG([[0, 9]])},
        "outside_rows": {"i": INDICES + LONG([[9, 0]])}, "negative": {"i": INDICES - LONG([[0, 1]]) * 4}, "short": {"i": INDICES[:3]},
        "rank": {"s": LONG([4, 5, 6])}, "vector": {"i": LONG([0, 2]), "v": np.float32([1, 2]), "s": LONG([4])},
        "one_axis": {"i": INDICES[:, :1], "s": LONG([4])}, "negative_size": {"s": LONG([4, -5])}, "matrix_shape": {"s": SHAPE[None]},
        "matrix_values": {"v": np.float32([[1, 2, 3, 4]])},
    }
    for label, change in changed.items():
        family.refused(f"strings_many_{label}", {**feeds(), **change}, lambda i, v, s: text(input=stacked(i, v, s)))
        family.case(f"strings_one_{label}", {**feeds(), **change}, lambda i, v, s: text(
            input=raw.SerializeSparse(sparse_indices=i, sparse_values=v, sparse_shape=s)), known=False)
    for label, build in {
        "none": lambda x: tf.zeros([0, 3], tf.string), "two": lambda x: tf.zeros([2, 2], tf.string),
        "scalar": lambda x: v1.placeholder_with_default("", None), "bytes": lambda x: tf.constant(["a", "b", "c"]),
        "type": lambda x: several(INDICES, LONG([1, 2, 3, 4]), SHAPE), "count": lambda x: several(INDICES, x[:3], SHAPE),
        "axes": lambda x: several(INDICES, x, SHAPE[:1]), "vector": lambda x: several(SHAPE, x, SHAPE),
        "matrix": lambda x: several(INDICES, x[None], SHAPE), "whole": lambda x: several(INDICES, x, SHAPE[None]),
        "ranks": lambda x: tf.stack([several(INDICES, x, SHAPE), several(INDICES[:, :1], x, SHAPE[:1])]),
    }.items():
        family.case(f"from_strings_{label}", {"x": np.float32([1, 2, 3, 4])}, lambda x: list(
            raw.DeserializeSparse(
            serialized_sparse=v1.placeholder_with_default(build(x), None), dtype=tf.float32)), known=False)
        if label not in ("scalar",):
            family.case(f"many_from_strings_{label}", {"x": np.float32([1, 2, 3, 4])}, lambda x: list(raw.DeserializeManySparse(
                serialized_sparse=v1.placeholder_with_default(build(x), None), dtype=tf.float32)), known=False)
    variants = lambda kind, **parts: raw.DeserializeSparse(serialized_sparse=raw.SerializeManySparse(**parts, out_type=tf.variant), dtype=kind)
    family.refused("from_variants_none", {"x": np.zeros([0, 2], LONG)}, lambda x: list(variants(
        tf.float32, sparse_indices=x, sparse_values=np.float32([]), sparse_shape=LONG([0, 2]))))
    family.refused("from_variants_type", feeds(), lambda i, v, s: list(variants(
        tf.int32, sparse_indices=i, sparse_values=v, sparse_shape=s)))
    family.refused("from_variant_type", feeds(), lambda i, v, s: list(raw.DeserializeSparse(serialized_sparse=raw.SerializeSparse(
        sparse_indices=i, sparse_values=v, sparse_shape=s, out_type=tf.variant), dtype=tf.int32)))


def boxes(family):
    """The best boxes of several classes."""
    draw = np.random.RandomState(3)

    def best(b, s, per_class=3, total=5, overlap=0.4, score=0.1, **options):
        return list(raw.CombinedNonMaxSuppression(
            boxes=b, scores=s, max_output_size_per_class=per_class, max_total_size=total, iou_threshold=overlap,
            score_threshold=score, **options))

    corners = draw.uniform(-0.3, 1.2, [2, 12, 1, 4]).astype(np.float32)
    of_each = draw.uniform(-0.3, 1.2, [2, 12, 3, 4]).astype(np.float32)
    scores = draw.permutation(72).reshape(2, 12, 3).astype(np.float32) / 72
    for padded in (False, True):
        for clipped in (False, True):
            for per_class, total in ((3, 5), (1, 9), (50, 2), (12, 50)):
                label, options = f"{padded}_{clipped}_{per_class}_{total}", dict(pad_per_class=padded, clip_boxes=clipped)
                family.case(f"boxes_{label}", {"b": corners, "s": scores}, lambda b, s: best(b, s, per_class, total, **options))
                family.case(f"boxes_each_{label}", {"b": of_each, "s": scores}, lambda b, s: best(b, s, per_class, total, **options))
    family.case("boxes_fed", {"b": of_each, "s": scores, "n": np.int32(2), "t": np.int32(7), "o": np.float32(0.3), "l": np.float32(0.2)},
                lambda b, s, n, t, o, l: best(b, s, n, t, o, l), known=False)
    for label, limit in (("all", -np.inf), ("none", 2.0), ("half", 0.5)):
        family.case(f"boxes_score_{label}", {"b": corners, "s": scores}, lambda b, s: best(b, s, score=np.float32(limit)))
    for overlap in (0.0, 1.0):
        family.case(f"boxes_overlap_{overlap}", {"b": corners, "s": scores}, lambda b, s: best(b, s, 12, 30, overlap))
    for label, shape in (("pictures", (0, 12, 3)), ("boxes", (2, 0, 3)), ("classes", (2, 12, 0))):
        family.case(f"boxes_no_{label}", {"b": np.zeros([shape[0], shape[1], 1, 4], np.float32), "s": np.zeros(shape, np.float32)}, best)
    # Equal scores: classes in order, and in a class TensorFlow's heap.
    family.case("boxes_equal", {"b": corners * 0 + np.arange(12, dtype=np.float32)[None, :, None, None] + np.float32([0, 0, 0.5, 0.5]),
                                "s": np.full([2, 12, 3], 0.5, np.float32)}, lambda b, s: best(b, s, 2, 9, clip_boxes=False))
    for count, classes in ((7, 1), (12, 3), (33, 2), (8, 30)):
        steps = np.arange(count, dtype=np.float32)[None, :, None, None] + np.float32([0, 0, 0.5, 0.5])
        for few in (1, 3):
            some = (draw.randint(1, few + 1, [1, count, classes]) / 4).astype(np.float32)
            for total in (5, count * classes):
                family.case(f"boxes_equal_{count}_{classes}_{few}_{total}", {"b": steps, "s": some},
                            lambda b, s: best(b, s, count, total, clip_boxes=False))
                family.case(f"boxes_few_equal_{count}_{classes}_{few}_{total}", {"b": steps, "s": some},
                            lambda b, s: best(b, s, 6, total, clip_boxes=False))
    for label, options in (("class", dict(per_class=0)), ("total", dict(total=0)), ("below", dict(overlap=-0.1)),
                           ("above", dict(overlap=1.1)), ("vector", dict(total=[3]))):
        family.refused(f"boxes_{label}", {"b": corners, "s": scores}, lambda b, s: best(
            b, s, **{key: v1.placeholder_with_default(value, None) for key, value in options.items()}))
    for label, b, s in (("classes", of_each[:, :, :2], scores), ("boxes", corners[:, :5], scores), ("pictures", corners[:1], scores),
                        ("columns", corners[..., :3], scores), ("rank", corners[0], scores), ("scores_rank", corners, scores[0])):
        family.refused(f"boxes_of_other_{label}", {"b": b, "s": s}, best)


def record(family):
    for part in (pictures, strings, boxes):
        part(family)
