"""Strings in buckets."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops

TEXT = "Un graphe est une suite de nœuds et d’arêtes; on le lit une fois, puis on le parcourt souvent: "


def record(family):
    # One string of each length up to past 64, and some longer ones, so that every way to hash is taken.
    strings = np.array([TEXT[:n] for n in range(85)] + [TEXT * n for n in range(2, 8)] + ["é" * 64, "a" * 128, "\0" * 65])
    for buckets in (1, 10, 2**31 - 1, 2**62 + 11):
        family.case(f"buckets_{buckets}", {"s": strings}, lambda s: [
            raw.StringToHashBucket(string_tensor=s, num_buckets=buckets), raw.StringToHashBucketFast(input=s, num_buckets=buckets),
            raw.StringToHashBucketStrong(input=s, num_buckets=buckets, key=[123456789, -5])])
    family.case("buckets_matrix", {"s": strings[:12].reshape(3, 4)}, lambda s: raw.StringToHashBucketFast(input=s, num_buckets=99))
    family.case("buckets_empty", {"s": np.zeros([0, 2], "S1")}, lambda s: raw.StringToHashBucketFast(input=s, num_buckets=99))
