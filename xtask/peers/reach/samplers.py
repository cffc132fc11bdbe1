"""Samples of classes, with TensorFlow's numbers for a seed, and the losses that are made of them."""

import tempfile

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1

CLASSES = np.array([[0, 3], [2, 2], [5, 1]], np.int64)


def record(family):
    for unique in (False, True):
        for seeds in ((3, 4), (87654321, 0), (0, 7)):
            def case(label, op, **attributes):
                options = {"num_true": 2, "num_sampled": 5, "unique": unique, "seed": seeds[0], "seed2": seeds[1], **attributes}
                family.case(f"{label}_{unique}_{seeds[0]}", {"c": CLASSES}, lambda c: list(op(true_classes=c, **options)), runs=3)

            for size in (6, 8, 1000):
                case(f"uniform_{size}", raw.UniformCandidateSampler, range_max=size)
                case(f"log_uniform_{size}", raw.LogUniformCandidateSampler, range_max=size)
                case(f"learned_{size}", raw.LearnedUnigramCandidateSampler, range_max=size)
            case("thread_unsafe", raw.ThreadUnsafeUnigramCandidateSampler, range_max=9)
            case("all", raw.AllCandidateSampler, num_sampled=7)
            counts = [1.0, 4.0, 2.5, 8.0, 0.0, 3.0, 16.0]
            for distortion in (1.0, 0.75):
                case(f"fixed_{distortion}", raw.FixedUnigramCandidateSampler, range_max=7, distortion=distortion, unigrams=counts)
            case("fixed_reserved", raw.FixedUnigramCandidateSampler, range_max=9, num_reserved_ids=2, unigrams=counts)
            case("fixed_shard", raw.FixedUnigramCandidateSampler, range_max=3, num_shards=3, shard=1, unigrams=counts + [2.0, 2.0],
                 num_sampled=2)
    # Those of a part of the classes; the cases above name some that are outside.
    family.case("fixed_part", {"c": np.array([[0, 2]], np.int64)}, lambda c: list(raw.FixedUnigramCandidateSampler(
        true_classes=c, num_true=2, num_sampled=2, unique=True, range_max=3, num_shards=3, shard=1, num_reserved_ids=1,
        unigrams=[1.0, 4.0, 2.5, 8.0, 3.0, 16.0, 2.0, 2.0], seed=1, seed2=2)), runs=2)
    for name in ("Uniform", "LogUniform", "LearnedUnigram"):
        family.refused(f"refused_class_{name}", {"c": np.array([[0, 9]], np.int64)}, lambda c: list(
            getattr(raw, f"{name}CandidateSampler")(true_classes=c, num_true=2, num_sampled=2, unique=True, range_max=9)))
    family.case("one_row", {"c": np.array([[4]], np.int64)}, lambda c: list(raw.LogUniformCandidateSampler(
        true_classes=c, num_true=1, num_sampled=3, unique=True, range_max=50, seed=1, seed2=2)), runs=2)
    family.case("no_rows", {"c": np.zeros([0, 2], np.int64)}, lambda c: list(raw.UniformCandidateSampler(
        true_classes=c, num_true=2, num_sampled=3, unique=False, range_max=50, seed=1, seed2=2)), runs=2)

    def refused(label, op, **attributes):
        options = {"num_true": 2, "num_sampled": 5, "unique": True, "seed": 1, "seed2": 2, **attributes}
        family.refused(f"refused_{label}", {"c": CLASSES}, lambda c: list(op(true_classes=c, **options)))

    refused("range", raw.UniformCandidateSampler, range_max=4)
    refused("columns", raw.UniformCandidateSampler, range_max=40, num_true=3)
    refused("counts", raw.FixedUnigramCandidateSampler, range_max=4, unigrams=[1.0, 2.0, 3.0])
    refused("learned", raw.LearnedUnigramCandidateSampler, range_max=4)

    for number, (truth, sampled) in enumerate((
            ([[1, 2], [3, 4]], [4, 1, 9]), ([[1, 1]], [1, 1, 2]), ([[7, 8]], [1, 2]), (np.zeros([0, 2]), [1, 2]), ([[1, 2]], []))):
        family.case(f"hits_{number}", {"c": np.array(truth, np.int64), "s": np.array(sampled, np.int64)},
                    lambda c, s: list(raw.ComputeAccidentalHits(true_classes=c, sampled_candidates=s, num_true=2)))
    family.refused("hits_columns", {"c": np.array([[1, 2]], np.int64)}, lambda c: list(raw.ComputeAccidentalHits(
        true_classes=c, sampled_candidates=[1], num_true=3)))

    random = np.random.RandomState(2)
    feeds = {"w": random.uniform(-1, 1, [20, 4]).astype(np.float32), "b": random.uniform(-1, 1, [20]).astype(np.float32),
             "x": random.uniform(-1, 1, [3, 4]).astype(np.float32)}
    for hits in (False, True):
        for name, loss in (("nce", v1.nn.nce_loss), ("sampled_softmax", v1.nn.sampled_softmax_loss)):
            for true in (1, 2):
                family.case(f"{name}_{true}_{hits}", dict(feeds), lambda w, b, x: loss(
                    weights=w, biases=b, labels=CLASSES[:, :true], inputs=x, num_sampled=6, num_classes=20, num_true=true,
                    remove_accidental_hits=hits), wrt=["w", "b", "x"], tolerance=10.0)
