"""Ops that hardly any program uses: bits, n-grams, diagonals of systems, pictures that are moved, rows in place, fingerprints,
features crossed."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    draw = np.random.RandomState(7)
    for dtype in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64):
        info, name = np.iinfo(dtype), np.dtype(dtype).name
        family.case(f"bits_{name}", {"x": np.array([[0, 1, 2, 7], [info.max, info.min, 100, 85]], dtype)},
                    lambda x: raw.PopulationCount(x=x))
    family.case("bits_empty", {"x": np.zeros([0, 3], np.int32)}, lambda x: raw.PopulationCount(x=x))
    numbers(family, draw)
    texts(family)
    diagonals(family, draw)
    pictures(family, draw)
    rows(family, draw)
    between(family)
    crossed(family)
    transformed(family, draw)


def numbers(family, draw):
    for dtype in (np.float16, np.float32, np.float64):
        name = np.dtype(dtype).name
        x = draw.uniform(-2.0, 2.0, [2, 3]).astype(dtype)
        family.case(f"checked_{name}", {"x": x}, lambda x: raw.CheckNumericsV2(tensor=x * x, message="x"), wrt=["x"])
        for label, value in (("nan", np.nan), ("infinite", np.inf)):
            family.refused(f"checked_{label}_{name}", {"x": np.array([1.0, value], dtype)},
                           lambda x: raw.CheckNumericsV2(tensor=x, message="x"))
    for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64, tf.uint8, tf.bool, tf.complex64, tf.string):
        family.case(f"empty_{dtype.name}", {"shape": np.array([2, 3], np.int32)},
                    lambda shape: raw.Empty(shape=shape, dtype=dtype, init=True))
    family.case("empty_whatever", {"shape": np.array([2, 3], np.int32)},
                lambda shape: tf.shape(raw.Empty(shape=shape, dtype=tf.float32, init=False)))
    family.case("empty_none", {"shape": np.array([0, 3], np.int32)}, lambda shape: raw.Empty(shape=shape, dtype=tf.float32))
    family.refused("empty_negative", {"shape": np.array([2, -3], np.int32)}, lambda shape: raw.Empty(shape=shape, dtype=tf.float32))
    for dtype in (np.float32, np.int64, np.complex64, np.bool_):
        family.case(f"copied_{np.dtype(dtype).name}", {"x": draw.randint(0, 2, [2, 2]).astype(dtype)}, lambda x: raw.DeepCopy(x=x))
    for dtype in (np.int32, np.float64, np.uint8):
        family.case(f"fingerprint_{np.dtype(dtype).name}", {"x": draw.randint(0, 99, [3, 2, 2]).astype(dtype)},
                    lambda x: raw.Fingerprint(data=x, method="farmhash64"))
    family.case("fingerprint_text", {"x": np.array(["a", "tenseur", "", "a longer text, of more than thirty-two bytes"])},
                lambda x: raw.Fingerprint(data=x, method="farmhash64"))
    family.case("fingerprint_texts", {"x": np.array([["a", "b"], ["cc", ""]])}, lambda x: raw.Fingerprint(data=x, method="farmhash64"))
    family.case("fingerprint_none", {"x": np.zeros([0, 2], np.int32)}, lambda x: raw.Fingerprint(data=x, method="farmhash64"))
    family.refused("fingerprint_unknown", {"x": np.zeros([2], np.int32), "method": np.array("sha")},
                   lambda x, method: raw.Fingerprint(data=x, method=method))


def texts(family):
    words = np.array(["a", "bb", "c", "dd", "e", "f"])
    for splits_type in (np.int32, np.int64):
        splits = np.array([0, 3, 3, 4, 6], splits_type)
        for widths in ([2], [1, 3], [5], []):
            for pad in (-1, 0, 1, 3):
                for keeps in (False, True):
                    label = "".join(map(str, widths)) or "no"
                    name = f"ngrams_{label}_{pad}_{keeps}_{np.dtype(splits_type).name}"
                    family.case(name, {"x": words, "splits": splits}, lambda x, splits: raw.StringNGrams(
                        data=x, data_splits=splits, separator="-", ngram_widths=widths, left_pad="<", right_pad=">>", pad_width=pad,
                        preserve_short_sequences=keeps))
    of = dict(separator=" ", ngram_widths=[2], left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False)
    for label, data, splits in (("empty", [], [0]), ("nothing", [], []), ("rows", [], [0, 0])):
        family.case(f"ngrams_{label}", {"x": np.array(data, "U1"), "splits": np.array(splits, np.int64)},
                    lambda x, splits: raw.StringNGrams(data=x, data_splits=splits, **of))
    for label, splits in (("short", [0, 2]), ("late", [1, 3]), ("falls", [0, 2, 1, 3])):
        family.refused(f"ngrams_{label}", {"x": words[:3], "splits": np.array(splits, np.int64)},
                       lambda x, splits: raw.StringNGrams(data=x, data_splits=splits, **of))
    for index in (np.int32, np.int64):
        for count in (np.int32, np.int64):
            name = f"{np.dtype(index).name}_{np.dtype(count).name}"
            family.case(f"joined_{name}", {"x": words, "at": np.array([2, 0, 2, 0, 2, 3], index), "n": count(5)},
                        lambda x, at, n: raw.UnsortedSegmentJoin(inputs=x, segment_ids=at, num_segments=n, separator=", "))
    pairs = words.reshape(3, 2)
    family.case("joined_rows", {"x": pairs, "at": np.array([1, 0, 1], np.int32)},
                lambda x, at: raw.UnsortedSegmentJoin(inputs=x, segment_ids=at, num_segments=2))
    family.case("joined_matrix", {"x": pairs, "at": np.array([[1, 0], [1, 1], [0, 1]], np.int32)},
                lambda x, at: raw.UnsortedSegmentJoin(inputs=x, segment_ids=at, num_segments=2, separator="+"))
    family.case("joined_none", {"x": np.array([], "U1"), "at": np.array([], np.int32)},
                lambda x, at: raw.UnsortedSegmentJoin(inputs=x, segment_ids=at, num_segments=2, separator="+"))
    for label, at, count in (("negative", [0, -1, 1], 2), ("outside", [0, 2, 1], 2), ("no_segments", [0, 0, 0], -1), ("other", [0, 1], 2)):
        family.refused(f"joined_{label}", {"x": words[:3], "at": np.array(at, np.int32), "n": np.int32(count)},
                       lambda x, at, n: raw.UnsortedSegmentJoin(inputs=x, segment_ids=at, num_segments=n))


def diagonals(family, draw):
    for dtype in (np.float32, np.float64, np.complex64, np.complex128):
        name, is_complex = np.dtype(dtype).name, np.dtype(dtype).kind == "c"

        def values(*shape):
            x = draw.uniform(1.0, 3.0, shape)
            return (x + 1j * draw.uniform(-1.0, 1.0, shape) if is_complex else x).astype(dtype)

        def parts(x):
            return [tf.math.real(x), tf.math.imag(x)] if is_complex else x

        for lower in (True, False):
            for adjoint in (True, False):
                for bands in (1, 2, 3):
                    # TensorFlow's own gradient of one diagonal has another shape than that.
                    family.case(f"banded_{lower}_{adjoint}_{bands}_{name}", {"a": values(bands, 4), "b": values(4, 2)},
                                lambda a, b: parts(raw.BandedTriangularSolve(matrix=a, rhs=b, lower=lower, adjoint=adjoint)),
                                wrt=[] if is_complex or bands == 1 else ["a", "b"], tolerance=20.0)
    x = draw.uniform(1.0, 3.0, [2, 2, 3])
    family.case("banded_batches", {"a": x, "b": draw.uniform(-1.0, 1.0, [3, 1])},
                lambda a, b: raw.BandedTriangularSolve(matrix=a, rhs=b), wrt=["a", "b"])
    family.case("banded_other_batches", {"a": x[0], "b": draw.uniform(-1.0, 1.0, [2, 3, 1])},
                lambda a, b: raw.BandedTriangularSolve(matrix=a, rhs=b, lower=False), wrt=["a", "b"])
    family.case("banded_more_than_fit", {"a": draw.uniform(1.0, 3.0, [5, 3]), "b": draw.uniform(-1.0, 1.0, [3, 1])},
                lambda a, b: raw.BandedTriangularSolve(matrix=a, rhs=b), known=False)
    for label, a, b in (("singular", [[1.0, 0.0]], [[1.0], [1.0]]), ("sizes", [[1.0, 2.0]], [[1.0]]), ("vector", [1.0, 2.0], [[1.0], [1.0]])):
        family.refused(f"banded_{label}", {"a": np.array(a), "b": np.array(b)}, lambda a, b: raw.BandedTriangularSolve(matrix=a, rhs=b))
    family.refused("banded_empty", {"a": np.zeros([1, 0]), "b": np.zeros([0, 2])}, lambda a, b: raw.BandedTriangularSolve(matrix=a, rhs=b))


def pictures(family, draw):
    x = draw.uniform(-1.0, 1.0, [2, 5, 4, 3]).astype(np.float32)
    for kernel in ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"):
        for antialias in (True, False):
            for label, size, scale, moved in (("larger", [7, 9], [1.4, 2.25], [0.0, 0.0]), ("smaller", [3, 2], [0.5, 0.4], [0.25, -0.5]),
                                              ("outside", [6, 6], [0.6, 1.3], [3.0, -4.5])):
                family.case(f"moved_{kernel}_{antialias}_{label}", {"x": x.copy(), "size": np.array(size, np.int32), "scale": np.array(
                    scale, np.float32), "moved": np.array(moved, np.float32)}, lambda x, size, scale, moved: raw.ScaleAndTranslate(
                        images=x, size=size, scale=scale, translation=moved, kernel_type=kernel, antialias=antialias), wrt=["x"],
                            tolerance=5.0)
    for dtype in (np.uint8, np.int8, np.int16, np.uint16, np.int32, np.int64, np.float16, np.float64):
        family.case(f"moved_{np.dtype(dtype).name}", {"x": draw.randint(0, 99, [1, 4, 3, 2]).astype(dtype)}, lambda x: raw.ScaleAndTranslate(
            images=x, size=[5, 5], scale=[1.25, 1.5], translation=[0.5, 0.0]), tolerance=5.0)
    family.case("moved_none", {"x": np.zeros([0, 4, 3, 2], np.float32)}, lambda x: raw.ScaleAndTranslate(
        images=x, size=[5, 5], scale=[1.25, 1.5], translation=[0.5, 0.0]))
    for label, size, scale in (("no_size", [0, 5], [1.0, 1.0]), ("no_scale", [5, 5], [0.0, 1.0]), ("backwards", [5, 5], [-1.0, 1.0])):
        family.refused(f"moved_{label}", {"x": x[:1], "size": np.array(size, np.int32), "scale": np.array(scale, np.float32)},
                       lambda x, size, scale: raw.ScaleAndTranslate(images=x, size=size, scale=scale, translation=[0.0, 0.0]))
    family.refused("moved_no_pixels", {"x": np.zeros([1, 0, 3, 2], np.float32)}, lambda x: raw.ScaleAndTranslate(
        images=x, size=[5, 5], scale=[1.25, 1.5], translation=[0.5, 0.0]))


def rows(family, draw):
    for dtype in (np.float32, np.float64, np.int32, np.int64):
        name, x = np.dtype(dtype).name, draw.randint(-9, 9, [3, 2]).astype(dtype)
        for op in ("InplaceUpdate", "InplaceAdd", "InplaceSub"):
            family.case(f"{op.lower()}_{name}", {"x": x, "i": np.array([2, 0, 2], np.int32), "v": draw.randint(-9, 9, [3, 2]).astype(dtype)},
                        lambda x, i, v: getattr(raw, op)(x=tf.identity(x) + 0, i=i, v=v))
            family.case(f"{op.lower()}_around_{name}", {"x": x, "i": np.array([-1, 5], np.int32), "v": draw.randint(-9, 9, [2, 2]).astype(
                dtype)}, lambda x, i, v: getattr(raw, op)(x=tf.identity(x) + 0, i=i, v=v))
    family.refused("inplaceadd_other", {"x": np.zeros([3, 2], np.float32), "i": np.zeros([2], np.int32), "v": np.zeros([2, 3], np.float32)},
                   lambda x, i, v: raw.InplaceAdd(x=x + 0.0, i=i, v=v))

    def gathered(x, at):
        variable = raw.VarHandleOp(shape=x.shape, dtype=x.dtype, shared_name="w", name="w")
        with tf.control_dependencies([raw.AssignVariableOp(resource=variable, value=x)]):
            return raw.ResourceGatherNd(resource=variable, indices=at, dtype=x.dtype)

    for dtype in (np.float32, np.float64, np.int32, np.bool_):
        for index in (np.int32, np.int64):
            name = f"{np.dtype(dtype).name}_{np.dtype(index).name}"
            x = draw.randint(0, 2, [3, 2, 2]).astype(dtype)
            family.case(f"gathered_{name}", {"x": x, "at": np.array([[2, 0], [0, 1], [2, 0]], index)}, gathered)
    family.case("gathered_rows", {"x": draw.uniform(-1.0, 1.0, [3, 2]), "at": np.array([[[2]], [[0]]], np.int32)}, gathered)
    family.case("gathered_none", {"x": draw.uniform(-1.0, 1.0, [3, 2]), "at": np.zeros([0, 2], np.int32)}, gathered)
    family.case("gathered_outside", {"x": draw.uniform(-1.0, 1.0, [3, 2]), "at": np.array([[2, 0], [0, 2]], np.int32)}, gathered)


def between(family):
    bounds = {"inside": (0.0, 1.0, -2.0, 2.0), "one_side": (0.0, 1.0, 0.5, 0.75), "tail": (0.0, 1.0, 3.0, 9.0), "above": (1.0, 2.0, 2.0, np.inf),
              "below": (0.0, 0.5, -np.inf, -1.0), "far_below": (2.0, 0.5, -4.0, 0.0), "narrow": (0.0, 3.0, -0.5, 1.0)}
    for dtype in (np.float16, np.float32, np.float64):
        for label, values in bounds.items():
            name = f"between_{label}_{np.dtype(dtype).name}"
            feeds = {key: dtype(value) for key, value in zip(("mean", "deviation", "low", "high"), values)}
            family.case(name, feeds, lambda mean, deviation, low, high: raw.ParameterizedTruncatedNormal(
                shape=[5, 50], means=mean, stdevs=deviation, minvals=low, maxvals=high, seed=3, seed2=4), runs=2, tolerance=5.0)
        many = {key: np.array([of[place] for of in bounds.values()], dtype) for place, key in enumerate(("mean", "deviation", "low", "high"))}
        family.case(f"between_rows_{np.dtype(dtype).name}", many, lambda mean, deviation, low, high: raw.ParameterizedTruncatedNormal(
            shape=np.array([7, 3, 5], np.int64), means=mean, stdevs=deviation, minvals=low, maxvals=high, seed=5, seed2=1), runs=2, tolerance=5.0)
    one = {"mean": np.float32(0.0), "deviation": np.float32(1.0), "low": np.float32(1.0), "high": np.float32(2.0)}
    for label, change in (("no_deviation", {"deviation": np.float32(0.0)}), ("no_bounds", {"low": np.float32(-np.inf), "high": np.float32(
            np.inf)}), ("crossed", {"low": np.float32(3.0)}), ("rows", {"mean": np.zeros([3], np.float32)})):
        family.refused(f"between_{label}", {**one, **change}, lambda mean, deviation, low, high: raw.ParameterizedTruncatedNormal(
            shape=[2, 3], means=mean, stdevs=deviation, minvals=low, maxvals=high, seed=3, seed2=4))


def crossed(family):
    words = ([[0, 0], [1, 0], [1, 1], [3, 0]], np.array(["a", "bb", "c", "d"]), [4, 2])
    counts = ([[0, 0], [1, 0], [1, 1], [2, 0]], np.array([10, -20, 30, 40], np.int64), [4, 2])
    texts = np.array([["x", "y"], ["z", ""], ["q", "r"], ["s", "t"]])
    numbers = np.array([[1, 2, 3], [3, 4, -5], [5, 6, 7], [8, 9, 10]], np.int64)
    columns = {"words": ([words], []), "words_texts": ([words, words], [texts]), "texts": ([], [texts, texts]),
               "words_counts": ([words, counts], []), "all": ([counts, words], [texts, numbers]), "numbers": ([], [numbers])}

    def fed(sparse, dense):
        feeds = {}
        for place, (indices, values, shape) in enumerate(sparse):
            feeds.update({f"i{place}": np.array(indices, np.int64), f"v{place}": values, f"s{place}": np.array(shape, np.int64)})
        return {**feeds, **{f"d{place}": value for place, value in enumerate(dense)}}

    def of(build, sparse, dense):
        def built(**given):
            part = lambda letter, count: [given[f"{letter}{place}"] for place in range(count)]
            return build(indices=part("i", len(sparse)), values=part("v", len(sparse)), shapes=part("s", len(sparse)),
                         dense_inputs=part("d", len(dense)))
        return built

    for label, (sparse, dense) in columns.items():
        family.case(f"crossed_second_{label}", fed(sparse, dense), of(lambda **given: raw.SparseCrossV2(sep="-", **given), sparse, dense))
        for buckets, key in ((0, 956888297470), (100, 7)):
            family.case(f"crossed_hashed_{buckets}_{label}", fed(sparse, dense), of(lambda **given: raw.SparseCross(
                hashed_output=True, num_buckets=buckets, hash_key=key, out_type=tf.int64, internal_type=tf.int64, **given), sparse, dense))
        for kind in (tf.string, tf.int64):
            family.case(f"crossed_{kind.name}_{label}", fed(sparse, dense), of(lambda **given: raw.SparseCross(
                hashed_output=False, num_buckets=0, hash_key=0, out_type=tf.string, internal_type=kind, **given), sparse, dense))


def transformed(family, draw):
    x = draw.uniform(-1.0, 1.0, [2, 4, 5, 3]).astype(np.float32)
    turns = {"moved": [[1, 0, 1, 0, 1, -2, 0, 0]], "turned": [[0.8, 0.6, -1.3, -0.6, 0.8, 1.7, 0, 0]], "tilted": [[0.9, 0.2, -1.3, -0.1, 1.1, 0.6, 0.05, 0.08]],
             "each": [[1, 0, 0.5, 0, 1, 0.25, 0, 0], [2, 0, -3, 0, 1.5, 9, 0, 0]], "endless": [[1, 0, 0, 0, 1, 0, -0.5, 0]]}
    for interpolation in ("NEAREST", "BILINEAR"):
        for fill in ("CONSTANT", "REFLECT", "WRAP", "NEAREST"):
            for label, turn in turns.items():
                feeds = {"x": x.copy(), "t": np.array(turn, np.float32)}
                family.case(f"transformed_{interpolation}_{fill}_{label}", feeds, lambda x, t: raw.ImageProjectiveTransformV3(
                    images=x, transforms=t, output_shape=[3, 6], interpolation=interpolation, fill_mode=fill, fill_value=0.5),
                            wrt=["x"] if label == "moved" else [], tolerance=5.0)
                family.case(f"transformed_second_{interpolation}_{fill}_{label}", feeds, lambda x, t: raw.ImageProjectiveTransformV2(
                    images=x, transforms=t, output_shape=[4, 4], interpolation=interpolation, fill_mode=fill), tolerance=5.0)
    for dtype in (np.uint8, np.int32, np.int64, np.float16, np.float64):
        values = draw.randint(0, 99, [1, 4, 3, 2]).astype(dtype)
        for interpolation in ("NEAREST", "BILINEAR"):
            family.case(f"transformed_{interpolation}_{np.dtype(dtype).name}", {"x": values}, lambda x: raw.ImageProjectiveTransformV3(
                images=x, transforms=[[1.0, 0.25, 0.5, 0.0, 1.0, 0.25, 0.0, 0.0]], output_shape=[4, 3], interpolation=interpolation,
                fill_value=3.0))
    for label, t, size in (("few", [[1.0, 0.0]], [3, 3]), ("many", [[1, 0, 0, 0, 1, 0, 0, 0.0]] * 3, [3, 3]),
                           ("no_size", [[1, 0, 0, 0, 1, 0, 0, 0.0]], [0, 3])):
        family.refused(f"transformed_{label}", {"x": x, "t": np.array(t, np.float32), "size": np.array(size, np.int32)},
                       lambda x, t, size: raw.ImageProjectiveTransformV2(images=x, transforms=t, output_shape=size, interpolation="NEAREST"))
